"""Values: every writing of a number, a day, an id or a word has one decided meaning, or its row is rejected by code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab import ingest as ingest_room
from kamlab.engagement import open_engagement
from kamlab.errors import Problem, SettingsError
from kamlab.ingest import Reject, SourceRead, connect, ingest
from kamlab.tables import TABLES, Both, Choice, Column, Kind, Table

BOTH = Both("unbenannt", "unnamed")
LEVELS = (Choice("high", Both("hoch", "high")), Choice("low", Both("sehr niedrig", "very low")))
SMALL = Table(
    "accounts",
    BOTH,
    BOTH,
    (
        Column("id", Kind.ID, BOTH, BOTH),
        Column("name", Kind.TEXT, BOTH, BOTH),
        Column("amount", Kind.MONEY, BOTH, BOTH),
        Column("needed", Kind.MONEY, BOTH, BOTH),
        Column("share", Kind.SHARE, BOTH, BOTH),
        Column("grade", Kind.NUMBER, BOTH, BOTH, low=1, high=5),
        Column("day", Kind.DATE, BOTH, BOTH),
        Column("choice", Kind.CHOICE, BOTH, BOTH, allowed=LEVELS),
        Column("choices", Kind.CHOICES, BOTH, BOTH, allowed=LEVELS),
        Column("flag", Kind.YES_NO, BOTH, BOTH),
        Column("period", Kind.PERIOD, BOTH, BOTH),
        Column("month", Kind.MONTH, BOTH, BOTH),
        Column("code", Kind.CURRENCY, BOTH, BOTH),
        Column("first", Kind.TEXT, BOTH, BOTH),
        Column("second", Kind.TEXT, BOTH, BOTH),
    ),
    either=(),
)


class Read:
    """What became of one small table."""

    def __init__(self, source: SourceRead, rows: list[dict[str, Any]]) -> None:
        self.source, self.rows = source, rows

    @property
    def codes(self) -> list[str]:
        return [reject.code for reject in self.source.rejects]

    @property
    def rejects(self) -> list[Reject]:
        return list(self.source.rejects)

    @property
    def problem(self) -> Problem:
        (problem,) = self.source.problems
        return problem

    def convention(self, canonical: str) -> str | None:
        return next(column.convention for column in self.source.columns if column.canonical == canonical)


def read_file(folder: Path, file: str, settings_: str = "", more: str = "") -> Read:
    text = f"name: X\nmax_rejected: 1\n{more}\nsources:\n  transactions: {{path: none.csv}}\n"
    text += f"  accounts:\n    path: {file}\n"
    (folder / "engagement.yml").write_text(text + settings_, encoding="utf-8")
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    con = connect(scratch)
    try:
        done = ingest(con, open_engagement(folder), scratch)
        table = done.tables.get("accounts")
        rows = [] if table is None else table.order_by("kamlab line").to_pyarrow().to_pylist()
        return Read(next(read for read in done.reads if read.table == "accounts"), rows)
    finally:
        con.disconnect()


Column_ = Callable[..., Read]


@pytest.fixture
def column(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Column_:
    """Read a CSV file of one column, under the contract of a small table; quotes where needed."""

    def read(
        name: str, *texts: str, required: bool = False, settings_: str = "", more: str = "", table: Table = SMALL
    ) -> Read:
        chosen = table.column(name)
        changed = Column(
            name, chosen.kind, BOTH, BOTH, required=required, low=chosen.low, high=chosen.high, allowed=chosen.allowed
        )
        narrow = Table("accounts", BOTH, BOTH, (Column("other", Kind.TEXT, BOTH, BOTH), changed))
        for place in (TABLES, ingest_room.TABLES):
            monkeypatch.setitem(place, "accounts", narrow)
        cells = "".join('x;"{}"\n'.format(text.replace('"', '""')) for text in texts)
        (tmp_path / "k.csv").write_text(f"other;{name}\n{cells}", encoding="utf-8")
        return read_file(tmp_path, "k.csv", settings_, more)

    return read


def value(column: Column_, name: str, *texts: str, **options: Any) -> Any:
    """Return the value of the first text, or its code."""
    read = column(name, *texts, **options)
    if read.source.problems:
        return read.problem.code
    return read.codes[0] if read.rejects and read.rejects[0].line == 2 else read.rows[0][name]


# Numbers


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1.234,50-", "-1234.5"),
        ("1.234,50 -", "-1234.5"),
        ("(1.234,50)", "-1234.5"),
        ("( 1.234,50 )", "-1234.5"),
        ("€ 1.234,50", "1234.5"),
        ("€1.234,50", "1234.5"),
        ("1.234,50 €", "1234.5"),
        ("1.234,50\N{NO-BREAK SPACE}€", "1234.5"),
        ("1.234,50 EUR", "1234.5"),
        ("EUR 1.234,50", "1234.5"),
        ("eur 1.234,50", "1234.5"),
        ("1.234,50 Euro", "1234.5"),
        ("-€ 1.234,50", "-1234.5"),
        ("€ -1.234,50", "-1234.5"),
        ("- 1.234,50 €", "-1234.5"),
        ("(€ 1.234,50)", "-1234.5"),
        ("€ (1.234,50)", "-1234.5"),
        ("(1.234,50 €)", "-1234.5"),
        ("(1.234,50) €", "-1234.5"),
        ("1.234,50 €-", "-1234.5"),
        ("1.234,50- €", "-1234.5"),
        ("\N{MINUS SIGN}1.234,50", "-1234.5"),
        ("\N{EN DASH}1.234,50", "-1234.5"),
        ("\N{EN DASH} 1.234,50", "-1234.5"),
        ("1.234,50\N{EN DASH}", "-1234.5"),
        ("+1.234,50", "1234.5"),
        ("1 234,50", "1234.5"),
        ("1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,5", "1234567.5"),
        ("1\N{NARROW NO-BREAK SPACE}234,50", "1234.5"),
        ("1\N{THIN SPACE}234.50", "1234.5"),
        ("1'234.50", "1234.5"),
        ("1\N{RIGHT SINGLE QUOTATION MARK}234\N{RIGHT SINGLE QUOTATION MARK}567.5", "1234567.5"),
        ("1'234,50", "1234.5"),
        ("1 234,567", "1234.567"),
        ("1'234.567", "1234.567"),
        ("-1 234", "-1234"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("1,234,567.5", "1234567.5"),
        (".50", "0.5"),
        ("-,5", "-0.5"),
        ("0,00-", "0"),
    ],
)
def test_a_number_is_read_however_it_is_dressed(column: Column_, text: str, meant: str) -> None:
    assert value(column, "amount", text) == Decimal(meant)


NO_NUMBERS = dict(
    [
        *((text, "KL-W104") for text in ("5,", "5.", "+", "--5", "-5-", "(-5)", "(5", "5)", "5 -5", "5,-", "1.234,--")),
        *(
            (text, "KL-W104")
            for text in ("12 34,5", "1 2345,0", "1'23.5", "1 234'567,0", "0 123,5", "1''234,5", "1,2 3")
        ),
        *(
            (text, "KL-W104")
            for text in ("１２,5", "٣,5", "k.A.", "n/a", "NaN", "inf", "∞", "0x10", "TRUE", "NA", "null")
        ),
        *((text, "KL-W104") for text in ("1.234 TEUR", "5 Mio. €", "12 Stk", "1€50", "€", "1,5 S", "1;2", "½", "²")),
        *((text, "KL-W141") for text in ("USD 5,0", "5,0 USD", "$5,0", "5,0 £", "-CHF 5,0", "(5,0 USD)", "US$ 5,0")),
        *((text, "KL-W142") for text in ("12,5 %", "12,5%", "-3\N{NO-BREAK SPACE}%")),
        *((text, "KL-W143") for text in ("1E+05", "1,23457E+11", "1.5e-3", "-2E+10")),
        *((text, "KL-W140") for text in ("#NV", "#N/A", "#DIV/0!", "#WERT!", "#VALUE!", "#BEZUG!", "#REF!", "#NAME?")),
        *((text, "KL-W140") for text in ("#NULL!", "#ZAHL!", "#NUM!", "#ÜBERLAUF!", "#SPILL!", "#nv", "########")),
        *((text, "KL-W140") for text in ("NULL", r"\N", "(null)")),
        ("100000000000000 €", "KL-W106"),
    ]
)


def test_what_is_no_number_is_rejected_by_its_own_code(column: Column_) -> None:
    read = column("amount", *NO_NUMBERS, "1,5")
    assert {reject.value: reject.code for reject in read.rejects} == NO_NUMBERS
    assert {reject.canonical for reject in read.rejects} == {"amount"}
    assert [row["amount"] for row in read.rows] == [Decimal("1.5")]


@pytest.mark.parametrize("text", ["-", "–", "—", "--", "- €", "€ -"])
def test_a_dash_alone_is_an_empty_number(column: Column_, text: str) -> None:
    assert value(column, "amount", text) is None
    assert value(column, "amount", text, required=True) == "KL-W101"


@pytest.mark.parametrize(
    ("currency", "text"), [("USD", "$5.50"), ("CHF", "Fr. 5.50"), ("USD", "US$ 5.50"), ("GBP", "£5.50")]
)
def test_the_sign_of_the_engagements_own_currency_is_taken_off(column: Column_, currency: str, text: str) -> None:
    assert value(column, "amount", text, more=f"currency: {currency}") == Decimal("5.5")


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("1.234 €",), "KL-W117"),
        (("(1,234)",), "KL-W117"),
        (("1.234-", "7"), "KL-W117"),
        (("1 234,5", "1.5"), "KL-W119"),
        (("1.234,50 €", "1,234.50 €"), "KL-W119"),
    ],
)
def test_dressed_numbers_are_as_ambiguous_as_plain_ones(column: Column_, texts: tuple[str, ...], code: str) -> None:
    read = column("amount", *texts)
    (problem,) = read.source.notes  # nobody must have the column: the rest is read without it
    assert (problem.code, [one.canonical for one in read.source.columns]) == (code, ["other"])
    assert f"2: '{texts[0]}'" in problem.values["examples"]  # type: ignore[operator]


def test_blanks_and_apostrophes_tell_the_decimal_sign_of_the_whole_column(column: Column_) -> None:
    read = column("amount", "1 234,5", "1.234")
    assert [row["amount"] for row in read.rows] == [Decimal("1234.5"), Decimal(1234)]
    assert read.convention("amount") == ","


AMOUNTS = st.decimals(-(10**12), 10**12, places=2)


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


WRITERS: dict[str, Callable[[Decimal], str]] = {
    "german": german,
    "english": lambda amount: f"{amount:,.2f}",
    "swiss": lambda amount: f"{amount:,.2f}".replace(",", "’"),
    "french": lambda amount: f"{amount:,.2f}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ","),
    "sap": lambda amount: german(abs(amount)) + ("-" if amount < 0 else " "),
    "accounting": lambda amount: f"({german(-amount)}) €" if amount < 0 else f"{german(amount)} €",
    "typographic": lambda amount: f"EUR {german(amount)}".replace("-", "\N{MINUS SIGN}"),
}


@pytest.mark.parametrize("style", WRITERS)
@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=40))
@settings(derandomize=True, max_examples=3, deadline=None)
def test_a_number_written_in_any_style_reads_back_exactly(
    style: str, amounts: list[Decimal], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("styles")
    lines = "".join(f'x;"{WRITERS[style](amount)}"\n' for amount in amounts)
    (folder / "k.csv").write_text("account_id;annual_revenue\n" + lines.replace("x;", "{};"), encoding="utf-8")
    numbered = [line.replace("{}", str(at)) for at, line in enumerate(lines.replace("x;", "{};").splitlines())]
    (folder / "k.csv").write_text("account_id;annual_revenue\n" + "\n".join(numbered) + "\n", encoding="utf-8")
    read = read_file(folder, "k.csv")
    assert [row["annual_revenue"] for row in read.rows] == amounts


# Shares and scales


@pytest.mark.parametrize(
    ("text", "meant"),
    [("60 %", "0.6"), ("12,5 %", "0.125"), ("12,5%", "0.125"), ("100 %", "1"), ("0,6", "0.6"), ("0", "0"), ("1", "1")],
)
def test_a_share_is_between_zero_and_one_or_carries_a_percent_sign(column: Column_, text: str, meant: str) -> None:
    assert value(column, "share", text) == Decimal(meant)


@pytest.mark.parametrize("text", ["1,2", "-0,1", "101 %", "-5 %"])
def test_a_share_outside_is_rejected(column: Column_, text: str) -> None:
    assert column("share", text, "0,5").codes == ["KL-W107"]


def test_the_rate_of_a_condition_is_a_share_whatever_its_name(column: Column_) -> None:
    conditions = TABLES["conditions"]
    assert value(column, "rate", "3 %", "0,03", table=conditions) == Decimal("0.03")


def test_a_column_of_per_cent_without_the_sign_is_refused(column: Column_) -> None:
    problem = column("share", "60", "25", "1").problem
    assert (problem.code, problem.values["column"], problem.values["count"]) == ("KL-E251", "share", 2)


@pytest.mark.parametrize(
    ("text", "meant"), [("1", Decimal(1)), ("5", Decimal(5)), ("0", "KL-W146"), ("5,1", "KL-W146")]
)
def test_a_scale_includes_its_ends_and_nothing_beyond(column: Column_, text: str, meant: Any) -> None:
    assert value(column, "grade", text) == meant


# Days

FORMATS = {
    "dd.mm.yyyy": "%d.%m.%Y",
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyymmdd": "%Y%m%d",
    "yyyy/mm/dd": "%Y/%m/%d",
    "dd.mm.yy": "%d.%m.%y",
    "dd month yyyy": "%d %B %Y",
    "dd month yy": "%d-%b-%y",
    "month dd yyyy": "%b %d, %Y",
}


@pytest.mark.parametrize(
    ("text", "format_", "meant"),
    [
        ("31.12.24", "dd.mm.yy", date(2024, 12, 31)),
        ("01.01.49", "dd.mm.yy", date(2049, 1, 1)),
        ("31.12.50", "dd.mm.yy", date(1950, 12, 31)),
        ("12/31/24", "mm/dd/yy", date(2024, 12, 31)),
        ("31/12/24", "dd/mm/yy", date(2024, 12, 31)),
        ("05-JAN-24", "dd month yy", date(2024, 1, 5)),
        ("05-JAN-24 10:00:00", "dd month yy", date(2024, 1, 5)),
        ("5. Januar 2024", "dd month yyyy", date(2024, 1, 5)),
        ("5. März 2024", "dd month yyyy", date(2024, 3, 5)),
        ("05-Mrz-2024", "dd month yyyy", date(2024, 3, 5)),
        ("5 January 2024", "dd month yyyy", date(2024, 1, 5)),
        ("5 MAI 2024", "dd month yyyy", date(2024, 5, 5)),
        ("31. Dez. 2024", "dd month yyyy", date(2024, 12, 31)),
        ("Jan 5, 2024", "month dd yyyy", date(2024, 1, 5)),
        ("December 31 2024", "month dd yyyy", date(2024, 12, 31)),
        ("2024/01/05", "yyyy/mm/dd", date(2024, 1, 5)),
        ("31-12-2024", "dd-mm-yyyy", date(2024, 12, 31)),
        ("12-31-2024", "mm-dd-yyyy", date(2024, 12, 31)),
        ("2024-01-05T23:30:00Z", "yyyy-mm-dd", date(2024, 1, 5)),
        ("2024-01-05T23:30:00+01:00", "yyyy-mm-dd", date(2024, 1, 5)),
        ("2024-01-05 23:30:00.5 -0500", "yyyy-mm-dd", date(2024, 1, 5)),
        ("1/31/2024 12:00:00 AM", "mm/dd/yyyy", date(2024, 1, 31)),
        ("45000", "excel", date(2023, 3, 15)),
        ("45000,75", "excel", date(2023, 3, 15)),
        ("18264", "excel", date(1950, 1, 1)),
        ("73415", "excel", date(2100, 12, 31)),
        ("2024", "yyyy", date(2024, 12, 31)),
        ("2024-02", "yyyy-mm", date(2024, 2, 29)),
        ("2024/02", "yyyy-mm", date(2024, 2, 29)),
        ("05.2024", "mm.yyyy", date(2024, 5, 31)),
        ("05/2024", "mm/yyyy", date(2024, 5, 31)),
        ("202405", "yyyymm", date(2024, 5, 31)),
        ("Mai 2024", "month yyyy", date(2024, 5, 31)),
        ("Dec-2024", "month yyyy", date(2024, 12, 31)),
        ("2024-Q1", "yyyy-qn", date(2024, 3, 31)),
        ("Q1 2024", "qn yyyy", date(2024, 3, 31)),
        ("q3/2024", "qn yyyy", date(2024, 9, 30)),
        ("4. Quartal 2024", "qn yyyy", date(2024, 12, 31)),
    ],
)
def test_a_day_is_read_in_the_format_that_it_shows(column: Column_, text: str, format_: str, meant: date) -> None:
    read = column("day", text)
    assert [row["day"] for row in read.rows] == [meant]
    assert read.convention("day") == format_


@pytest.mark.parametrize(
    ("start", "text", "meant"),
    [
        (4, "2024", date(2024, 3, 31)),
        (10, "2024", date(2024, 9, 30)),
        (4, "2024-Q1", date(2023, 6, 30)),
        (4, "2024-Q4", date(2024, 3, 31)),
        (12, "2024-Q1", date(2024, 2, 29)),
        (4, "2024-05", date(2024, 5, 31)),
    ],
)
def test_a_fiscal_year_has_the_name_of_the_year_in_which_it_ends(
    column: Column_, start: int, text: str, meant: date
) -> None:
    assert value(column, "day", text, more=f"fiscal_year_start: {start}") == meant


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("31.12.24", "31.12.2024"), "KL-W119"),
        (("01.02.2024", "45000"), "KL-W119"),
        (("01.02.2024", "2024"), "KL-W119"),
        (("2024", "2024-05"), "KL-W119"),
        (("20240105", "202401"), "KL-W119"),
        (("5. Januar 2024", "Jan 5, 2024"), "KL-W119"),
        (("01-02-2024", "03-04-2024"), "KL-W117"),
        (("01/02/24", "03/04/24"), "KL-W117"),
        (("13-02-2024", "02-13-2024"), "KL-W119"),
    ],
)
def test_mixed_and_ambiguous_days_are_asked_about(column: Column_, texts: tuple[str, ...], code: str) -> None:
    read = column("day", *texts)
    (problem,) = read.source.notes  # nobody must have the column: the rest is read without it
    assert (problem.code, [one.canonical for one in read.source.columns]) == (code, ["other"])
    assert f"2: '{texts[0]}'" in problem.values["examples"]  # type: ignore[operator]


def test_one_telling_day_decides_for_dashes_too(column: Column_) -> None:
    read = column("day", "01-02-2024", "13-02-2024")
    assert read.rows[0]["day"] == date(2024, 2, 1)


EMPTY_DAYS = (
    *("00000000", "00.00.0000", "0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "0", "-", "–", "01.01.1900"),
    *("00.01.1900", "30.12.1899", "31.12.1899", "01.01.1753", "0001-01-01T00:00:00", "01.01.0001"),
)


def test_the_empty_day_of_a_program_is_empty(column: Column_) -> None:
    assert [row["day"] for row in column("day", *EMPTY_DAYS).rows] == [None] * len(EMPTY_DAYS)
    assert column("day", *EMPTY_DAYS, required=True).codes == ["KL-W101"] * len(EMPTY_DAYS)


def test_zeros_do_not_disturb_the_format_of_a_column(column: Column_) -> None:
    read = column("day", "00000000", "05.01.2024")
    assert [row["day"] for row in read.rows] == [None, date(2024, 1, 5)]


@pytest.mark.parametrize("text", ["31.12.9999", "31.12.2999"])
def test_without_end_is_empty_where_a_day_may_be_missing_and_rejected_elsewhere(column: Column_, text: str) -> None:
    assert value(column, "day", text) is None
    assert value(column, "day", text, required=True) == "KL-W105"


NO_DAYS = dict(
    [
        *((text, "KL-W105") for text in ("30.02.2024", "31-12-24", "2024001", "1234", "17000", "74000", "24-01-05")),
        *((text, "KL-W105") for text in ("5. Foo 2024", "Jan 24", "Q5 2024", "2024-13", "05.01.2024 CET", "k.A.")),
        *((text, "KL-W140") for text in ("#NV", "#WERT!", "NULL")),
    ]
)


def test_what_is_no_day_is_rejected(column: Column_) -> None:
    assert {reject.value: reject.code for reject in column("day", *NO_DAYS).rejects} == NO_DAYS


def test_a_set_format_decides(column: Column_) -> None:
    text = "    date_format: dd/mm/yy\n"
    read = column("day", "01/02/24", "02/13/24", "01/02/2024", settings_=text)
    assert [row["day"] for row in read.rows] == [date(2024, 2, 1)]
    assert read.codes == ["KL-W105", "KL-W105"]


@pytest.mark.parametrize("format_", FORMATS)
@given(days=st.lists(st.dates(date(1950, 1, 1), date(2049, 12, 31)), min_size=1, max_size=40))
@settings(derandomize=True, max_examples=3, deadline=None)
def test_a_day_written_in_any_format_reads_back(
    format_: str, days: list[date], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("days")
    lines = "".join(f'{at};"{day.strftime(FORMATS[format_])}"\n' for at, day in enumerate(days))
    (folder / "k.csv").write_text("account_id;key_account_since\n" + lines, encoding="utf-8")
    read = read_file(folder, "k.csv")
    assert [row["key_account_since"] for row in read.rows] == days


@pytest.mark.parametrize(
    ("cells", "format_", "meant"),
    [
        ([45000, 45001.5], "excel", [date(2023, 3, 15), date(2023, 3, 16)]),
        ([2023, 2024], "yyyy", [date(2023, 12, 31), date(2024, 12, 31)]),
        ([202401, 202402], "yyyymm", [date(2024, 1, 31), date(2024, 2, 29)]),
        ([20240105, 20240106], "yyyymmdd", [date(2024, 1, 5), date(2024, 1, 6)]),
    ],
)
@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_numbers_that_are_days_are_told_apart_by_their_digits(
    tmp_path: Path, kind: str, cells: list[float], format_: str, meant: list[date]
) -> None:
    if kind == "xlsx":
        with xlsxwriter.Workbook(tmp_path / "k.xlsx") as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["account_id", "key_account_since"])
            for at, cell in enumerate(cells, 1):
                sheet.write_row(at, 0, [f"A{at}", cell])
    else:
        columns = {"account_id": ["A1", "A2"], "key_account_since": cells}
        pq.write_table(pa.table(columns), tmp_path / "k.parquet")
    read = read_file(tmp_path, f"k.{kind}")
    assert [row["key_account_since"] for row in read.rows] == meant
    assert read.convention("key_account_since") == format_


# Ids and texts


@pytest.mark.parametrize("text", ["1,23457E+11", "1.23E+10", "1E+05"])
def test_an_id_that_excel_has_rounded_is_rejected(column: Column_, text: str) -> None:
    assert column("id", text, "0001").codes == ["KL-W143"]


def test_an_id_is_any_other_text(column: Column_) -> None:
    ids = ["1e5", "1E5", "NA", "null", "k.A.", "-", "1.0", "E+S GmbH", "#1", "NULLNUMMER", "0001"]
    assert [row["id"] for row in column("id", *ids).rows] == ids


@pytest.mark.parametrize("text", ["#NV", "#N/A", " #NV ", "NULL", "\\N"])
def test_an_error_is_no_account(column: Column_, text: str) -> None:
    assert column("id", text, "0001").codes == ["KL-W140"]


@pytest.mark.parametrize("name", ["name", "day", "choice", "flag", "period", "month", "code", "share", "grade"])
def test_an_error_rejects_in_a_column_of_any_kind(column: Column_, name: str) -> None:
    assert column(name, "#NV", "#DIV/0!").codes == ["KL-W140", "KL-W140"]


def test_a_name_may_be_null(column: Column_) -> None:
    assert value(column, "name", "NULL") == "NULL"


def test_ids_written_as_floats_lose_the_point_and_say_so(column: Column_) -> None:
    read = column("id", "1001.0", "", "1002.0")
    assert [row["id"] for row in read.rows] == ["1001", None, "1002"]
    assert [c.numeric_id for c in read.source.columns if c.canonical == "id"] == [True]


def test_one_id_that_is_no_float_leaves_all_as_they_are(column: Column_) -> None:
    assert [row["id"] for row in column("id", "1001.0", "A-1").rows] == ["1001.0", "A-1"]


def test_long_ids_that_were_floats_are_rejected(column: Column_, tmp_path: Path) -> None:
    assert column("id", "1234567890123456.0", "12.0").codes == ["KL-W143"]


def test_ids_of_sixteen_digits_in_number_cells_are_rejected(tmp_path: Path) -> None:
    ids = pa.array([1234567890123456.0, 123456789012345.0, 1e19])
    pq.write_table(pa.table({"account_id": ids}), tmp_path / "k.parquet")
    read = read_file(tmp_path, "k.parquet")
    assert [(reject.line, reject.code) for reject in read.rejects] == [(1, "KL-W143"), (3, "KL-W143")]


def test_whole_numbers_keep_every_digit(tmp_path: Path) -> None:
    pq.write_table(pa.table({"account_id": pa.array([1234567890123456789])}), tmp_path / "k.parquet")
    assert read_file(tmp_path, "k.parquet").rows[0]["account_id"] == "1234567890123456789"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Mu\N{COMBINING DIAERESIS}ller", "Müller"),
        ("A\N{ZERO WIDTH SPACE}1", "A1"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}A1", "A1"),
        ("A\N{SOFT HYPHEN}1\N{ZERO WIDTH SPACE} ", "A1"),
        ("\N{LEFT-TO-RIGHT MARK}A1", "A1"),
        ("ﬁ", "ﬁ"),
    ],
)
@pytest.mark.parametrize("name", ["id", "name"])
def test_texts_that_look_the_same_are_the_same(column: Column_, name: str, text: str, meant: str) -> None:
    assert value(column, name, text) == meant


# Words


WORDS: list[tuple[str, str, Any]] = [
    ("choice", "hoch", "high"),
    ("choice", "HIGH", "high"),
    ("choice", "Sehr  Niedrig", "low"),
    ("choice", "low", "low"),
    ("choice", "mittel", "KL-W144"),
    ("choices", "very low, hoch", "high,low"),
    ("choices", "hoch; hoch", "high"),
    ("choices", "hoch / sehr niedrig", "high,low"),
    ("choices", "hoch, mittel", "KL-W144"),
    ("choices", ",", "KL-W144"),
    *(("flag", text, True) for text in ("ja", "Ja", "yes", "true", "WAHR", "x", "1", "J")),
    *(("flag", text, False) for text in ("nein", "no", "false", "falsch", "0", "N")),
    *(("flag", text, "KL-W144") for text in ("vielleicht", "2", "-")),
    ("period", "2025", "2025"),
    ("period", "2025-Q1", "2025-Q1"),
    ("period", "Q1 2025", "2025-Q1"),
    ("period", "1. Quartal 2025", "2025-Q1"),
    ("period", "2025-01", "2025-01"),
    ("period", "01/2025", "2025-01"),
    ("period", "01.2025", "2025-01"),
    ("period", "Januar 2025", "2025-01"),
    ("period", "2025-01-01", "2025-01"),
    ("period", "01.01.2025", "2025-01"),
    *(("period", text, "KL-W145") for text in ("2025-01-15", "1/2025", "2025-Q5", "2025-13", "2024/25", "25", "k.A.")),
    ("month", "2025-01", "2025-01"),
    ("month", "202501", "2025-01"),
    ("month", "Mrz 2025", "2025-03"),
    *(("month", text, "KL-W145") for text in ("2025", "2025-Q1", "Mrz 25")),
    ("code", "usd", "USD"),
    ("code", "€", "EUR"),
    ("code", "Euro", "EUR"),
    *(("code", text, "KL-W144") for text in ("XX", "US", "$", "Dollar")),
]


@pytest.mark.parametrize("name", ["choice", "choices", "flag", "period", "month", "code"])
def test_words_are_read_as_people_write_them(column: Column_, name: str) -> None:
    meant = {text: word for column_, text, word in WORDS if column_ == name}
    read = column(name, *meant)
    good = [word for word in meant.values() if not str(word).startswith("KL-")]
    assert [row[name] for row in read.rows] == good
    bad = {text: word for text, word in meant.items() if str(word).startswith("KL-")}
    assert {reject.value: reject.code for reject in read.rejects} == bad


@pytest.mark.parametrize("name", ["choice", "choices", "flag", "period", "month", "code"])
def test_an_empty_word_is_missing_and_rejected_where_required(column: Column_, name: str) -> None:
    assert value(column, name, "", "") is None
    assert value(column, name, "", required=True) == "KL-W101"


def test_periods_that_excel_made_numbers_or_dates_of_are_periods(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "g.xlsx") as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "mmm yy"})
        sheet.write_row(0, 0, ["period", "measure", "value", "source"])
        sheet.write_row(1, 0, [2025, "Umsatz", 10, "GuV"])
        sheet.write_datetime(2, 0, date(2025, 1, 1), day)  # type: ignore[arg-type]
        sheet.write_row(2, 1, ["revenue", 20, "GuV"])
    sources = "sources: {transactions: {path: none.csv}, control_totals: {path: g.xlsx}}\n"
    (tmp_path / "engagement.yml").write_text(f"name: X\n{sources}", encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    con = connect(tmp_path / "scratch")
    table = ingest(con, open_engagement(tmp_path), tmp_path / "scratch").tables["control_totals"]
    rows = table.order_by("kamlab line").select("period", "measure", "value").to_pyarrow().to_pylist()
    con.disconnect()
    assert [tuple(row.values()) for row in rows] == [("2025", "revenue", 10), ("2025-01", "revenue", 20)]


def table_of(monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    for place in (TABLES, ingest_room.TABLES):
        monkeypatch.setitem(place, "accounts", table)


def test_a_condition_can_stand_for_yes_or_no(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table_of(monkeypatch, Table("accounts", BOTH, BOTH, (SMALL.column("flag"),)))
    (tmp_path / "k.csv").write_text("Stufe;x\nWon;1\nLost;2\n;3\n", encoding="utf-8")
    read = read_file(tmp_path, "k.csv", "    columns: {flag: \"= Stufe = 'Won'\"}\n")
    assert [row["flag"] for row in read.rows] == [True, False, None]


def test_a_condition_stands_for_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        read_file(tmp_path, "k.csv", "    columns: {name: \"= Stufe = 'Won'\"}\n")
    (problem,) = refused.value.problems
    assert (problem.code, problem.values["key"]) == ("KL-S305", "sources.accounts.columns.name")


# One of several columns


EITHER = Table("accounts", BOTH, BOTH, (SMALL.column("first"), SMALL.column("second")), either=(("first", "second"),))


def test_of_columns_of_which_one_must_be_there_a_row_without_any_is_rejected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table_of(monkeypatch, EITHER)
    (tmp_path / "k.csv").write_text("first;second;x\na;;1\n;b;1\n;;1\n", encoding="utf-8")
    read = read_file(tmp_path, "k.csv")
    assert (len(read.rows), [(r.line, r.column, r.code) for r in read.rejects]) == (
        2,
        [(4, "first / second", "KL-W147")],
    )


def test_a_source_with_none_of_them_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table_of(monkeypatch, EITHER)
    (tmp_path / "k.csv").write_text("x;y\na;1\n", encoding="utf-8")
    problem = read_file(tmp_path, "k.csv").problem
    assert (problem.code, problem.values["columns"]) == ("KL-E250", ["first", "second"])
