"""Ingest: whatever the dialect, every row and every cent is used, left out or rejected, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from conftest import SETTINGS

from kamlab.engagement import Engagement
from kamlab.errors import Problem
from kamlab.facts import prepare
from kamlab.ingest import Ingested, Reject, SourceRead, connect, ingest

SMALL = """name: Beispiel GmbH
sources:
  transactions:
    path: umsatz.csv
    columns:
      account_id: Kunde
      date: Tag
      revenue: Umsatz
"""
HEAD = "Kunde;Tag;Umsatz\n"
GOOD = "0001;05.01.2024;10,50\n"


class Outcome:
    """What became of the sources: the report on each, and the used rows of each in the order of the files."""

    def __init__(self, ingested: Ingested) -> None:
        self.ingested = ingested
        self.ledger: SourceRead = ingested.reads[0]
        order = ["kamlab file", "kamlab line"]
        self.tables = {name: t.order_by(order).to_pyarrow().to_pylist() for name, t in ingested.tables.items()}
        self.rows: list[dict[str, Any]] = self.tables.get("transactions", [])

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def problem(self) -> Problem:
        assert len(self.ingested.problems) == 1, self.ingested.problems
        return self.ingested.problems[0]

    @property
    def rejects(self) -> list[Reject]:
        return list(self.ledger.rejects)


Read = Callable[..., Outcome]


@pytest.fixture
def read(opened: Callable[..., Engagement], tmp_path: Path) -> Read:
    """Read the small engagement with three columns; `good` pads the ledger so that one reject is below one per cent."""

    def make(
        *assignments: str,
        ledger: str | bytes | None = None,
        rows: str | None = None,
        settings: str = SMALL,
        strict: bool = False,
        limit: str = "1",
    ) -> Outcome:
        engagement = opened(
            f"max_rejected={limit}", *assignments, ledger=HEAD + rows if rows is not None else ledger, settings=settings
        )
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        con = connect(scratch)
        try:
            return Outcome(ingest(con, engagement, scratch, strict))
        finally:
            con.disconnect()

    return make


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    """Write an .xlsx; days and moments become Excel dates."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, column, cell, day)  # type: ignore[arg-type]
                    elif cell is not None:
                        sheet.write(at, column, cell)


def money(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


# Dialects


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_umlauts_are_read_in_every_encoding(read: Read, encoding: str) -> None:
    text = "Kunde;Tag;Umsatz\nMüller & Söhne €;05.01.2024;1.234,50\n"
    assert read(ledger=text.encode(encoding)).column("account_id") == ["Müller & Söhne €"]


def test_an_umlaut_far_below_decides_the_encoding_too(read: Read) -> None:
    rows = GOOD * 3000 + "Ö;05.01.2024;1,50\n"
    assert read(ledger=(HEAD + rows).encode("cp1252")).column("account_id")[-1] == "Ö"


@pytest.mark.parametrize(("delimiter", "ending"), [(";", "\n"), (",", "\r\n"), ("\t", "\r"), ("|", "\r\n")])
def test_delimiters_and_line_ends_are_recognised(read: Read, delimiter: str, ending: str) -> None:
    text = 'Kunde;Tag;Umsatz~"0001";2024-01-05;10.50~0002;2024-01-06;-3.25~'.replace(";", delimiter).replace(
        "~", ending
    )
    outcome = read(ledger=text)
    assert outcome.column("account_id") == ["0001", "0002"]
    assert outcome.column("revenue") == money("10.50", "-3.25")


def test_a_german_file_with_commas_between_fields_quotes_its_numbers(read: Read) -> None:
    outcome = read(ledger='Kunde,Tag,Umsatz\n1,05.01.2024,"1.234,50"\n2,06.01.2024,"0,50"\n')
    assert outcome.column("revenue") == money("1234.50", "0.50")


def test_the_last_line_needs_no_end(read: Read) -> None:
    assert read(rows=GOOD + GOOD.strip()).ledger.rows.used == 2


def test_blank_lines_are_no_rows_but_count_as_lines(read: Read) -> None:
    outcome = read(ledger="\n" + HEAD + "\n  \n" + GOOD + "\n\n0002;kein;1,00\n\n")
    assert (outcome.ledger.rows.read, outcome.rejects[0].line) == (2, 8)


def test_quoted_fields_may_hold_delimiters_quotes_and_line_breaks(read: Read) -> None:
    outcome = read(rows='"a;b";05.01.2024;1,00\n"c ""d""";05.01.2024;1,00\n"e\nf";05.01.2024;1,00\ng;x;1,00\n')
    assert outcome.column("account_id") == ["a;b", 'c "d"', "e\nf"]
    assert [reject.line for reject in outcome.rejects] == [6]


def test_only_line_ends_end_a_line(read: Read) -> None:
    ids = [f"{quote}a{odd}b{quote}" for odd in "\x0b\x0c\x1c\x85\u2028" for quote in ("", '"')]
    outcome = read(rows="".join(f'{i};"05.01.2024";1,00\n' for i in ids))
    assert outcome.column("account_id") == [i.strip('"') for i in ids]


def test_a_quote_inside_a_field_is_an_inch(read: Read) -> None:
    assert read(rows='Rohr 5";05.01.2024;1,00\n' + GOOD).column("account_id") == ['Rohr 5"', "0001"]


def test_a_stray_quote_costs_its_own_line_only(read: Read) -> None:
    outcome = read(rows=GOOD + '"0002;06.01.2024;1,00\n' + GOOD * 3)
    assert (outcome.ledger.rows.read, outcome.ledger.rows.used) == (5, 4)
    assert [(r.line, r.code, r.revenue) for r in outcome.rejects] == [(3, "KL-W103", None)]


def test_two_stray_quotes_do_not_swallow_what_lies_between(read: Read) -> None:
    outcome = read(rows=GOOD + '"0002;06.01.2024;1,00\n' + GOOD * 3 + '0003;"06.01.2024;2,00\n' + GOOD)
    assert outcome.ledger.rows.used == 5
    assert [reject.line for reject in outcome.rejects] == [3, 7]


@pytest.mark.parametrize("bad", ["0002;06.01.2024", "0002;06.01.2024;1,00;x", "0002", "0002;06.01.2024;1\x00;"])
def test_a_ragged_line_is_rejected_with_its_number_and_text(read: Read, bad: str) -> None:
    outcome = read(rows=f"{GOOD}\n{bad}\n{GOOD}")
    assert [(r.line, r.code, r.value) for r in outcome.rejects] == [(4, "KL-W103", bad)]
    assert (outcome.ledger.rows.read, outcome.ledger.rows.used, outcome.ledger.rows.rejected) == (3, 2, 1)


def test_an_endless_line_is_rejected_and_not_choked_on(read: Read) -> None:
    outcome = read(rows=GOOD + "x" * 1_500_000 + ";05.01.2024;1,00\n" + GOOD)
    assert (outcome.ledger.rows.used, [r.line for r in outcome.rejects]) == (2, [3])


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_long_field_is_read_or_rejected(read: Read, quote: str) -> None:
    outcome = read(rows=f"{GOOD}{quote}{'x' * 200_000}{quote};05.01.2024;1,00\n")
    assert (outcome.ledger.rows.read, outcome.ledger.rows.used + outcome.ledger.rows.rejected) == (2, 2)


def test_headings_lose_their_blanks_and_may_be_quoted(read: Read) -> None:
    assert read(ledger='"Kunde" ; Tag;Umsatz  \n' + GOOD).ledger.rows.used == 1


def test_columns_without_heading_do_no_harm(read: Read) -> None:
    assert read(ledger="Kunde;;Tag;Umsatz;\n0001;x;05.01.2024;10,50;\n").column("revenue") == money("10.50")


def test_delimiter_and_encoding_can_be_set(read: Read) -> None:
    text = "Kunde|Tag|Umsatz;€\nÄ|05.01.2024|1,00\n".encode("cp1252")
    to = "sources.transactions"
    outcome = read(f"{to}.delimiter=|", f"{to}.encoding=cp1252", f"{to}.columns.revenue=Umsatz;€", ledger=text)
    assert outcome.column("account_id") == ["Ä"]
    assert (outcome.ledger.files[0].delimiter, outcome.ledger.files[0].encoding) == ("|", "cp1252")


def test_what_was_understood_of_a_file_is_reported(read: Read) -> None:
    outcome = read(rows="0001;05.01.2024;1.234,50\n")
    file = outcome.ledger.files[0]
    assert (file.name, file.rows, file.encoding, file.delimiter) == ("umsatz.csv", 1, "utf-8", ";")
    assert [column.convention for column in outcome.ledger.columns] == [None, "dd.mm.yyyy", ","]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "KL-E201"),
        (b"\n \r\n\n", "KL-E201"),
        (HEAD.encode(), "KL-E201"),
        (HEAD.encode("utf-16")[2:], "KL-E206"),
        (b"Kunde;Tag;Umsatz\n\xff\x81\x8d;05.01.2024;1,00\n", "KL-E206"),
        ("Kunde;Tag;Umsatz\nMÃ¼ller;05.01.2024;1,00\n".encode(), "KL-E207"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "KL-E209"),
        (b"\x1f\x8b\x08\x00", "KL-E209"),
        (b"%PDF-1.7", "KL-E208"),
        (b"PK\x03\x04 but no workbook", "KL-E209"),
        (b"PAR1 but no Parquet", "KL-E209"),
        (b"Kunde;Tag;Umsatz;Tag\n1;1;1;1\n", "KL-E205"),
        (b"Kunde;Tag;Umsatz;umsatz\n1;1;1;1\n", "KL-E205"),
    ],
)
def test_a_file_that_cannot_be_read_without_guessing_is_refused(read: Read, content: bytes, code: str) -> None:
    outcome = read(ledger=content)
    assert outcome.problem.code == code
    assert "umsatz.csv" in str(outcome.problem.values["file"])


def test_encoding_that_was_set_and_is_not_is_refused(read: Read) -> None:
    outcome = read("sources.transactions.encoding=utf-8", ledger=(HEAD + "Ä;05.01.2024;1,00\n").encode("cp1252"))
    assert outcome.problem.code == "KL-E206"


def test_double_headings_are_named_with_their_columns(read: Read) -> None:
    outcome = read(ledger="Kunde;Tag;Umsatz;Tag\n1;1;1;1\n")
    assert (outcome.problem.values["column"], outcome.problem.values["positions"]) == ("Tag", ["2", "4"])


# Text


def test_leading_zeros_and_long_numbers_stay(read: Read) -> None:
    ids = ["0001", "00", "123456789012345678901234567890", "1e5", "1.0"]
    assert read(rows="".join(f"{i};05.01.2024;1,00\n" for i in ids)).column("account_id") == ids


def test_namibia_is_not_missing(read: Read) -> None:
    ids = ["NA", "null", "None", "nan", "N/A", "-", "TRUE"]
    assert read(rows="".join(f"{i};05.01.2024;1,00\n" for i in ids)).column("account_id") == ids


def test_blanks_around_a_value_do_not_count(read: Read) -> None:
    outcome = read(rows=' 0001 ; 05.01.2024 ;\t10,50\n"\N{NO-BREAK SPACE}0001 ";05.01.2024;" 1,00 "\n')
    assert outcome.column("account_id") == ["0001", "0001"]
    assert outcome.column("revenue") == money("10.50", "1.00")


def test_a_blank_required_value_rejects_its_row(read: Read) -> None:
    blanks = ["", " ", "\t", "\N{NO-BREAK SPACE}", '""', '" "']
    outcome = read(rows=GOOD + "".join(f"{blank};05.01.2024;2,50\n" for blank in blanks))
    assert [r.line for r in outcome.rejects] == [3, 4, 5, 6, 7, 8]
    assert {(r.column, r.code, r.value, r.revenue) for r in outcome.rejects} == {
        ("Kunde", "KL-W101", None, Decimal("2.5"))
    }


# Excel


def test_numeric_ids_from_excel_become_text_without_a_point_and_say_so(read: Read, folder: Path) -> None:
    workbook(folder / "u.xlsx", {"A": [["Kunde", "Tag", "Umsatz"], [123456789012, date(2024, 1, 5), 10.5]]})
    outcome = read("sources.transactions.path=u.xlsx")
    assert outcome.column("account_id") == ["123456789012"]
    assert [column.numeric_id for column in outcome.ledger.columns] == [True, False, False]


def test_excel_dates_and_numbers_keep_their_value(read: Read, folder: Path) -> None:
    rows = [
        ["Kunde", "Tag", "Umsatz"],
        ["0001", date(2024, 2, 29), 1234.5],
        ["0002", datetime(2024, 12, 31, 23, 59), -0.1],
    ]
    workbook(folder / "u.xlsx", {"A": rows})
    outcome = read("sources.transactions.path=u.xlsx")
    assert outcome.column("date") == [date(2024, 2, 29), date(2024, 12, 31)]
    assert outcome.column("revenue") == money("1234.5", "-0.1")


def test_a_mixed_excel_column_loses_only_what_is_no_number(read: Read, folder: Path) -> None:
    values = [1234, 0.5, 1.234, "k.A.", 1e15, 0.00001]
    workbook(folder / "u.xlsx", {"A": [["Kunde", "Tag", "Umsatz"], *(["K", date(2024, 1, 5), v] for v in values)]})
    outcome = read("sources.transactions.path=u.xlsx")
    assert outcome.column("revenue") == money("1234", "0.5", "1.234", "0")
    assert [(r.line, r.value, r.code) for r in outcome.rejects] == [
        (5, "k.A.", "KL-W104"),
        (6, "1000000000000000", "KL-W106"),
    ]


def test_mixed_ids_from_excel_read_as_people_see_them(read: Read, folder: Path) -> None:
    ids = [1001, "0001", "A-1", 1.5, True]
    workbook(folder / "u.xlsx", {"A": [["Kunde", "Tag", "Umsatz"], *([i, date(2024, 1, 5), 1] for i in ids)]})
    assert read("sources.transactions.path=u.xlsx").column("account_id") == ["1001", "0001", "A-1", "1.5", "true"]


def test_rows_of_a_sheet_go_by_the_numbers_that_excel_shows(read: Read, folder: Path) -> None:
    rows = [["Kunde", "Tag", "Umsatz"], [], ["A", date(2024, 1, 5), 1], [], [None, None, None], ["B", "nie", 2]]
    workbook(folder / "u.xlsx", {"A": rows})
    outcome = read("sources.transactions.path=u.xlsx")
    assert (outcome.ledger.rows.read, [r.line for r in outcome.rejects]) == (2, [6])


def test_one_of_several_sheets_must_be_named(read: Read, folder: Path) -> None:
    good = [["Kunde", "Tag", "Umsatz"], ["A", date(2024, 1, 5), 1]]
    workbook(folder / "u.xlsx", {"Info": [["Text"]], "Daten": good})
    path = "sources.transactions.path=u.xlsx"
    assert (read(path).problem.code, read(path).problem.values["sheets"]) == ("KL-E211", ["Info", "Daten"])
    assert read(path, "sources.transactions.sheet=Daten").ledger.rows.used == 1


def test_a_named_sheet_that_is_missing_is_refused_with_those_there(read: Read, folder: Path) -> None:
    workbook(folder / "u.xlsx", {"Info": [["Text"]], "Daten": [["Text"]]})
    problem = read("sources.transactions.path=u.xlsx", "sources.transactions.sheet=daten").problem
    assert (problem.code, problem.values["sheet"], problem.values["sheets"]) == ("KL-E210", "daten", ["Info", "Daten"])


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "KL-E201"),
        ([["Kunde", "Tag", "Umsatz"]], "KL-E201"),
        ([["Kunde", "Tag", "Umsatz", "Tag"], [1, 1, 1, 1]], "KL-E205"),
        ([["Kunde", "Tag", "Umsatz", "TAG"], [1, 1, 1, 1]], "KL-E205"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_refused(read: Read, folder: Path, rows: list[list[Any]], code: str) -> None:
    workbook(folder / "u.xlsx", {"A": rows})
    assert read("sources.transactions.path=u.xlsx").problem.code == code


# Parquet


def test_parquet_keeps_types_and_counts_rows_from_one(read: Read, folder: Path) -> None:
    frame = pd.DataFrame(
        {
            "Kunde": pd.array([17850, None, 13047], dtype="Int64"),
            "Tag": pd.to_datetime(["2010-12-01 08:26", "2010-12-02 00:00", "2010-12-03 00:00"]),
            "Umsatz": [2.55, 1.0, -0.1],
        }
    )
    frame.to_parquet(folder / "u.parquet")
    outcome = read("sources.transactions.path=u.parquet")
    assert outcome.column("account_id") == ["17850", "13047"]
    assert outcome.column("date") == [date(2010, 12, 1), date(2010, 12, 3)]
    assert outcome.column("revenue") == money("2.55", "-0.1")
    assert [(r.line, r.column) for r in outcome.rejects] == [(2, "Kunde")]


def test_a_number_that_is_none_is_missing(read: Read, folder: Path) -> None:
    columns = {
        "Kunde": pa.array([1.0, float("nan"), 3.0, 4.0]),
        "Tag": pa.array([date(2024, 1, 5)] * 4),
        "Umsatz": pa.array([1.5, 2.0, float("nan"), float("inf")]),
    }
    pq.write_table(pa.table(columns), folder / "u.parquet")
    outcome = read("sources.transactions.path=u.parquet")
    assert outcome.column("account_id") == ["1"]
    assert [(r.line, r.code) for r in outcome.rejects] == [(2, "KL-W101"), (3, "KL-W101"), (4, "KL-W106")]


def test_exact_and_labelled_parquet_columns_are_read(read: Read, folder: Path) -> None:
    columns = {
        "Kunde": pa.array(["0001", "0001"]).dictionary_encode(),
        "Tag": pa.array([datetime(2024, 1, 5)] * 2, pa.timestamp("ns")),
        "Umsatz": pa.array(money("12345678901234.5678", "0.0001"), pa.decimal128(18, 4)),
    }
    pq.write_table(pa.table(columns), folder / "u.parquet")
    outcome = read("sources.transactions.path=u.parquet")
    assert outcome.column("revenue") == money("12345678901234.5678", "0.0001")
    assert outcome.column("account_id") == ["0001", "0001"]


def test_a_moment_with_a_time_zone_is_its_day_there_or_refused(read: Read, folder: Path) -> None:
    moment = pa.array([datetime(2024, 1, 5, 23, 30)], pa.timestamp("us", tz="Europe/Berlin"))
    pq.write_table(pa.table({"Kunde": ["1"], "Tag": moment, "Umsatz": [1.0]}), folder / "u.parquet")
    outcome = read("sources.transactions.path=u.parquet")
    assert outcome.ingested.problems or outcome.column("date") in ([date(2024, 1, 5)], [date(2024, 1, 6)])


# Numbers and dates


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["1.234,50", "1.234", "12"], ["1234.5", "1234", "12"]),
        (["1,234.50", "1,234", "12"], ["1234.5", "1234", "12"]),
        (["12,5", "1.234"], ["12.5", "1234"]),
        (["1.234.567", "1.234"], ["1234567", "1234"]),
        ([",5", "-,25"], ["0.5", "-0.25"]),
        ([".5", "+1.25"], ["0.5", "1.25"]),
        (["1234", "-7"], ["1234", "-7"]),
        (["0.123", "1.234"], ["0.123", "1.234"]),
        (["1234.567", "1.234"], ["1234.567", "1.234"]),
    ],
)
def test_a_column_is_read_in_its_unanimous_convention(read: Read, written: list[str], meant: list[str]) -> None:
    assert read(rows="".join(f"1;05.01.2024;{number}\n" for number in written)).column("revenue") == money(*meant)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (["1.234,50", "12.5"], "KL-E203"),
        (["1,5", "2", "1.5"], "KL-E203"),
        (["1.234", "5"], "KL-E204"),
        (["-1,234"], "KL-E204"),
    ],
)
def test_mixed_and_ambiguous_numbers_are_asked_about(read: Read, written: list[str], code: str) -> None:
    problem = read(rows="".join(f"1;05.01.2024;{number}\n" for number in written)).problem
    assert (problem.code, problem.values["column"], problem.values["setting"]) == (code, "Umsatz", "decimal: ','")
    assert any(example.startswith("2: ") for example in problem.values["examples"])  # type: ignore[union-attr]


def test_mixed_conventions_are_shown_with_lines_of_each(read: Read) -> None:
    problem = read(rows="1;05.01.2024;1,5\n1;05.01.2024;2,5\n1;05.01.2024;3.5\n").problem
    assert problem.values["examples"] == ["2: '1,5'", "3: '2,5'", "4: '3.5'"]


@pytest.mark.parametrize(("sign", "meant"), [(",", "1234"), (".", "1.234")])
def test_the_setting_decides_what_is_ambiguous(read: Read, sign: str, meant: str) -> None:
    outcome = read(f"sources.transactions.decimal={sign}", rows="1;05.01.2024;1.234\n")
    assert outcome.column("revenue") == money(meant)


def test_with_a_set_convention_other_values_are_rejected(read: Read) -> None:
    outcome = read("sources.transactions.decimal=,", rows="1;05.01.2024;1,5\n1;05.01.2024;12.50\n")
    assert [(r.line, r.value, r.code) for r in outcome.rejects] == [(3, "12.50", "KL-W104")]


NO_NUMBERS = [
    *(
        "k.A.",
        "1.2.3",
        "12,34,5",
        "--5",
        "1e3",
        "0.123,5",
        "1.23,4",
        "+",
        ",",
        "NaN",
        "∞",
    ),
    *("１２", "0x10", "12,", "1;2"),
]


def test_what_is_no_number_rejects_its_row(read: Read) -> None:
    outcome = read(rows=GOOD + "".join(f'2;05.01.2024;"{bad}"\n' for bad in NO_NUMBERS))
    assert [r.value for r in outcome.rejects] == NO_NUMBERS
    assert {(r.column, r.code, r.revenue) for r in outcome.rejects} == {("Umsatz", "KL-W104", None)}
    assert outcome.ledger.revenue is not None
    assert outcome.ledger.revenue.unreadable_rows == len(NO_NUMBERS)


def test_a_number_too_large_rejects_its_row(read: Read) -> None:
    big = ["100000000000000,00", "99999999999999,99999", "-" + "9" * 40, "9" * 300]
    outcome = read(rows=GOOD + "".join(f"2;05.01.2024;{number}\n" for number in big))
    assert [(r.line, r.code) for r in outcome.rejects] == [(line, "KL-W106") for line in (3, 4, 5, 6)]
    assert outcome.column("revenue") == money("10.5")


def test_the_largest_numbers_are_exact_and_so_is_their_sum(read: Read) -> None:
    outcome = read(rows="1;05.01.2024;99999999999999,9999\n" * 3)
    assert outcome.ledger.revenue is not None
    assert outcome.ledger.revenue.used == Decimal("299999999999999.9997")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("05.01.2024", date(2024, 1, 5)),
        ("5.1.2024", date(2024, 1, 5)),
        ("29.02.2024 23:59:59", date(2024, 2, 29)),
        ("2024-01-05", date(2024, 1, 5)),
        ("2024-01-05T10:00:00.123", date(2024, 1, 5)),
        ("20240105", date(2024, 1, 5)),
        ("31/01/2024", date(2024, 1, 31)),
        ("01/31/2024", date(2024, 1, 31)),
        ("1/31/2024 8:26", date(2024, 1, 31)),
    ],
)
def test_dates_are_read_in_their_format(read: Read, written: str, meant: date) -> None:
    assert read(rows=f"1;{written};1,00\n").column("date") == [meant]


@pytest.mark.parametrize(
    ("written", "meant"),
    [(["01/02/2024", "13/02/2024"], date(2024, 2, 1)), (["01/02/2024", "02/13/2024"], date(2024, 1, 2))],
)
def test_one_telling_date_decides_day_or_month_first(read: Read, written: list[str], meant: date) -> None:
    assert read(rows="".join(f"1;{day};1,00\n" for day in written)).column("date")[0] == meant


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (["01/02/2024", "03/04/2024"], "KL-E204"),
        (["13/02/2024", "02/13/2024"], "KL-E203"),
        (["01.02.2024", "2024-02-01"], "KL-E203"),
        (["01.02.2024", "01/02/2024"], "KL-E203"),
        (["01.02.2024", "1.2.24"], "KL-E203"),
        (["01.02.2024", "45000"], "KL-E203"),
        (["01.02.2024", "2024"], "KL-E203"),
    ],
)
def test_mixed_and_ambiguous_dates_are_asked_about(read: Read, written: list[str], code: str) -> None:
    problem = read(rows="".join(f"1;{day};1,00\n" for day in written)).problem
    assert (problem.code, problem.values["column"]) == (code, "Tag")
    assert "date_format" in str(problem.values["setting"])


def test_the_setting_decides_which_comes_first(read: Read) -> None:
    outcome = read("sources.transactions.date_format=dd/mm/yyyy", rows="1;01/02/2024;1,00\n1;02/13/2024;1,00\n")
    assert outcome.column("date") == [date(2024, 2, 1)]
    assert [(r.line, r.value, r.code) for r in outcome.rejects] == [(3, "02/13/2024", "KL-W105")]


NO_DAYS = [
    *("30.02.2024", "29.02.2023", "32.01.2024", "00.01.2024", "01.13.2024", "01.01.1899", "01.01.2101"),
    *("morgen", "01.02.2024x", "05.01.2024 25h", "2024-W05"),
]


def test_a_day_that_is_none_rejects_its_row(read: Read) -> None:
    outcome = read(rows=GOOD + "".join(f"2;{bad};2,50\n" for bad in NO_DAYS))
    assert [r.value for r in outcome.rejects] == NO_DAYS
    assert {(r.column, r.code, r.revenue) for r in outcome.rejects} == {("Tag", "KL-W105", Decimal("2.5"))}


# Expressions

WIDE = "Kunde;Tag;Menge;Preis;Rabatt;Art\n"


def calculated(read: Read, expression: str, *rows: str) -> Outcome:
    settings = SMALL.replace("revenue: Umsatz", f'revenue: "= {expression}"')
    return read(ledger=WIDE + "".join(f"1;05.01.2024;{row};X\n" for row in rows), settings=settings)


def test_products_keep_every_digit(read: Read) -> None:
    outcome = calculated(
        read, "Menge * Preis", "3;0,1;", "1000000;0,333333;", "0,000001;1000000;", "99999999;99999,9999;"
    )
    assert outcome.column("revenue") == money("0.3", "333333", "1", "9999999890000.0001")


def test_an_invoice_line_is_quantity_times_price_less_discount(read: Read) -> None:
    outcome = calculated(read, "Menge * Preis * (1 - Rabatt)", "12;34,80;0,05", "-2;9,99;0,00")
    assert outcome.column("revenue") == money("396.72", "-19.98")


def test_rounding_happens_once_and_at_the_end(read: Read) -> None:
    outcome = calculated(read, "Menge * Preis * 3", "0,00001;0,5;", "0,33333333;1,0;")
    assert outcome.column("revenue") == money("0", "1")


def test_division_is_calculated_and_by_zero_rejected(read: Read) -> None:
    outcome = calculated(read, "Preis / Menge", "4;1,00;", "0;5,00;", "3;1,00;")
    assert outcome.column("revenue") == money("0.25", "0.3333")
    assert [(r.line, r.column, r.code) for r in outcome.rejects] == [(3, "revenue", "KL-W106")]


def test_an_overflow_rejects_its_row_and_not_the_query(read: Read) -> None:
    outcome = calculated(read, "Menge * Preis", "99999999999999;99999999999999,0;", "2;3,5;", "10000000;10000000,0;")
    assert outcome.column("revenue") == money("7")
    assert [(r.line, r.column, r.code) for r in outcome.rejects] == [
        (2, "revenue", "KL-W106"),
        (4, "revenue", "KL-W106"),
    ]


def test_every_unreadable_factor_is_named(read: Read) -> None:
    outcome = calculated(read, "Menge * Preis", "x;y;", "2;;", "2;3,5;")
    assert [(r.line, r.column, r.value, r.code) for r in outcome.rejects] == [
        (2, "Menge", "x", "KL-W104"),
        (2, "Preis", "y", "KL-W104"),
        (3, "Preis", None, "KL-W101"),
    ]


def test_a_bad_value_that_feeds_two_columns_is_rejected_once(read: Read) -> None:
    settings = SMALL.replace("revenue: Umsatz", 'revenue: "= Menge * Preis"\n      quantity: Menge')
    outcome = read(ledger=WIDE + "1;05.01.2024;x;2,5;;\n1;05.01.2024;2;2,5;;\n", settings=settings)
    assert [(r.line, r.column, r.value) for r in outcome.rejects] == [(2, "Menge", "x")]


def test_sixteen_columns_can_be_added_up(read: Read) -> None:
    months = [f"M{n}" for n in range(1, 17)]
    settings = SMALL.replace("revenue: Umsatz", f'revenue: "= {" + ".join(months)}"')
    outcome = read(
        ledger=";".join(["Kunde", "Tag", *months]) + "\n1;05.01.2024" + ";0,5" * 16 + "\n", settings=settings
    )
    assert outcome.column("revenue") == money("8")


def test_a_constant_can_stand_for_a_column(read: Read) -> None:
    settings = SMALL + '      document_id: "= \'D\'"\n      quantity: "= 2"\n      product_id: "= Kunde"\n'
    (row,) = read(rows=GOOD, settings=settings).rows
    assert (row["document_id"], row["quantity"], row["product_id"]) == ("D", 2, "0001")


def test_a_text_cannot_be_calculated(read: Read) -> None:
    settings = SMALL.replace("account_id: Kunde", 'account_id: "= Kunde * 2"')
    assert read(rows=GOOD, settings=settings).problem.code == "KL-E214"


# Excludes


def excluding(read: Read, rows: str, *conditions: str, settings: str = SMALL) -> Outcome:
    lines = "".join(f'      r{at}: "= {condition}"\n' for at, condition in enumerate(conditions, 1))
    return read(ledger="Kunde;Tag;Umsatz;Art\n" + rows, settings=settings + "    exclude:\n" + lines)


def left_out(outcome: Outcome) -> dict[str, tuple[int, Decimal]]:
    return {part.reason: (part.rows, part.revenue) for part in outcome.ledger.left_out}


def test_the_first_exclude_that_holds_counts(read: Read) -> None:
    rows = "1;05.01.2024;1,00;S\n1;05.01.2024;-2,00;S\n1;05.01.2024;-4,00;\n1;05.01.2024;8,00;\n"
    outcome = excluding(read, rows, "Umsatz < 0", "Art = 'S'")
    assert left_out(outcome) == {"r1": (2, Decimal(-6)), "r2": (1, Decimal(1))}
    assert outcome.column("revenue") == money("8")


def test_excludes_come_before_required_and_typed_values(read: Read) -> None:
    rows = ";kein Tag;k.A.;S\n;05.01.2024;5,00;\n1;05.01.2024;8,00;\n"
    outcome = excluding(read, rows, "Art = 'S'", "Kunde is missing")
    assert left_out(outcome) == {"r1": (1, Decimal(0)), "r2": (1, Decimal(5))}
    assert outcome.rejects == []


def test_an_exclude_that_cannot_be_evaluated_does_not_hold(read: Read) -> None:
    rows = "1;05.01.2024;k.A.;\n1;05.01.2024;8,00;\n"
    for condition in ("Umsatz < 100 and Art = 'S'", "not (Umsatz = 8)", "Art <> 'S'", "1 / 0 = 1"):
        assert left_out(excluding(read, rows, condition)) == {}


def test_half_a_condition_is_enough_for_or(read: Read) -> None:
    assert left_out(excluding(read, "1;05.01.2024;k.A.;S\n" + "1;05.01.2024;8,00;\n", "Umsatz < 0 or Art = 'S'")) == {
        "r1": (1, Decimal(0))
    }


@pytest.mark.parametrize(
    ("condition", "rows_out"),
    [
        ("Tag < 2024-02-01", 1),
        ("Tag >= 2024-02-01 and Tag <= 2024-02-29", 1),
        ("2024-02-01 > Tag", 1),
        ("Umsatz * 2 > 4", 1),
        ("Umsatz = 1.50", 1),
        ("Kunde = '0001'", 1),
        ("Kunde = 1", 1),
        ("Art starts with 'G'", 1),
        ("Art is missing", 1),
        ("not Art is missing", 1),
        ("'a' = 'a'", 2),
        ("1 > 2", 0),
    ],
)
def test_a_heading_takes_the_type_of_the_literal(read: Read, condition: str, rows_out: int) -> None:
    outcome = excluding(read, "0001;05.01.2024;1,50;GS\n0002;29.02.2024;2,50;\n", condition)
    assert outcome.ledger.rows.left_out == rows_out


def test_a_heading_can_be_a_date_here_and_a_number_there(read: Read) -> None:
    assert excluding(read, "0001;20240105;1,50;\n", "Tag > 20240000").ledger.rows.left_out == 1
    assert excluding(read, "0001;05.01.2024;1,50;\n", "Tag > 5").ledger.rows.left_out == 0


def test_an_unknown_heading_in_an_exclude_is_refused(read: Read) -> None:
    problem = excluding(read, "1;05.01.2024;1,00;\n", "Atr = 'S'").problem
    assert (problem.code, problem.values["canonical"], problem.values["nearest"]) == ("KL-E213", "exclude r1", "Art")


# Accounting

DIRT = (
    "0001;05.01.2024;100,00;\n"  # used
    "0002;06.01.2024;-20,50;\n"  # used
    "0003;07.01.2024;30,25;S\n"  # left out
    ";08.01.2024;7,00;\n"  # rejected, revenue known
    "0005;nie;k.A.;\n"  # rejected, revenue unreadable
    "0006;09.01.2024\n"  # broken
    "0007;31.12.2024;1,00;\n"  # after as_of
)


def test_rows_and_revenue_are_used_left_out_or_rejected(read: Read) -> None:
    settings = SMALL + "    exclude: {storno: \"= Art = 'S'\"}\nas_of: 2024-06-30\n"
    outcome = read(ledger="Kunde;Tag;Umsatz;Art\n" + DIRT, settings=settings)
    rows, revenue = outcome.ledger.rows, outcome.ledger.revenue
    assert (rows.read, rows.used, rows.left_out, rows.rejected) == (7, 2, 2, 3)
    assert revenue is not None
    assert [revenue.read, revenue.used, revenue.left_out, revenue.rejected] == money("117.75", "79.5", "31.25", "7")
    assert revenue.unreadable_rows == 2
    assert left_out(outcome) == {"storno": (1, Decimal("30.25")), "after_as_of": (1, Decimal(1))}


def test_rejects_carry_place_and_value_and_the_revenue_once_per_line(read: Read) -> None:
    outcome = read(rows=GOOD + ";nie;7,00\n" + "x;y\n" + "0005;06.01.2024;k.A.\n")
    assert [(r.file, r.line, r.column, r.value, r.code, r.revenue) for r in outcome.rejects] == [
        ("umsatz.csv", 3, "Kunde", None, "KL-W101", Decimal(7)),
        ("umsatz.csv", 3, "Tag", "nie", "KL-W105", None),
        ("umsatz.csv", 4, "", "x;y", "KL-W103", None),
        ("umsatz.csv", 5, "Umsatz", "k.A.", "KL-W104", None),
    ]


def test_the_last_day_that_counts_is_the_last_used_one(read: Read) -> None:
    assert read(rows=GOOD + "1;01.03.2024;1,00\n;01.04.2024;1,00\n").ingested.as_of == date(2024, 3, 1)


def test_as_of_keeps_its_own_day(read: Read) -> None:
    outcome = read("as_of=2024-03-01", rows=GOOD + "1;01.03.2024;1,00\n1;02.03.2024;1,00\n")
    assert (outcome.ledger.rows.used, left_out(outcome)) == (2, {"after_as_of": (1, Decimal(1))})


def test_one_per_cent_of_rows_may_be_rejected_and_not_more(read: Read) -> None:
    rows = GOOD * 99 + "1;nie;0,00\n"
    assert read(rows=rows, limit="0.01").ingested.problems == ()
    problem = read(rows=rows + "1;nie;0,00\n", limit="0.01").problem
    assert (problem.code, problem.values["count"], problem.values["line"]) == ("KL-E217", 2, 101)


def test_one_per_cent_of_revenue_may_be_rejected_and_not_more(read: Read) -> None:
    rows = "1;05.01.2024;1,00\n" * 198 + "1;nie;{}\n" + "1;05.01.2024;-1,00\n"
    assert read(rows=rows.format("2,01"), limit="0.01").ingested.problems == ()
    assert read(rows=rows.format("-2,02"), limit="0.01").problem.code == "KL-E217"


def test_broken_lines_count_as_rejected_rows(read: Read) -> None:
    assert read(rows=GOOD * 9 + "x\n", limit="0.1").ingested.problems == ()
    assert read(rows=GOOD * 9 + "x\n", limit="0.09").problem.code == "KL-E217"


def test_strict_refuses_a_single_reject(read: Read) -> None:
    assert read(rows=GOOD * 999 + "1;nie;1,00\n", strict=True).problem.code == "KL-E217"
    assert read(rows=GOOD, strict=True).ingested.problems == ()


def test_refused_data_still_say_what_was_rejected(read: Read) -> None:
    outcome = read(rows="1;nie;1,00\n" + GOOD, limit="0")
    assert [r.line for r in outcome.rejects] == [2]
    assert outcome.ingested.tables == {}


def test_a_ledger_of_which_nothing_is_left_is_refused(read: Read) -> None:
    assert read("sources.transactions.exclude.all== Umsatz > 0", rows=GOOD).problem.code == "KL-E216"
    assert {p.code for p in read(rows="1;nie;1,00\n").ingested.problems} >= {"KL-E216"}


# Columns


def test_every_missing_column_is_named_at_once_with_the_nearest(read: Read) -> None:
    settings = SMALL.replace("Kunde", "Kundn").replace("Umsatz", "= Menge * Umstaz")
    problems = read(rows=GOOD, settings=settings.replace("= Menge * Umstaz", '"= Menge * Umstaz"')).ingested.problems
    assert [(p.code, p.values["column"], p.values["nearest"]) for p in problems] == [
        ("KL-E213", "Kundn", "Kunde"),
        ("KL-E213", "Menge", "–"),
        ("KL-E213", "Umstaz", "Umsatz"),
    ]


def test_a_required_column_that_is_not_mapped_is_refused(read: Read) -> None:
    problem = read(rows=GOOD, settings=SMALL.replace("      date: Tag\n", "")).problem
    assert (problem.code, problem.values["canonical"]) == ("KL-E215", "date")


def test_headings_that_are_canonical_names_need_no_mapping(read: Read) -> None:
    settings = SMALL.partition("    columns:")[0]
    outcome = read(ledger="Account_ID;DATE;revenue;quantity\n0001;05.01.2024;1,50;2\n", settings=settings)
    assert (outcome.column("account_id"), outcome.column("quantity")) == (["0001"], [Decimal(2)])


def test_a_product_group_can_be_cut_out_of_a_number(read: Read) -> None:
    settings = SMALL + "      product_group: {from: Artikel, pattern: '^([A-Z]+)-'}\n"
    ledger = "Kunde;Tag;Umsatz;Artikel\n1;05.01.2024;1,0;AB-12\n1;05.01.2024;1,0;12\n1;05.01.2024;1,0;\n"
    assert read(ledger=ledger, settings=settings).column("product_group") == ["AB", None, None]


# Several files


def test_files_of_a_pattern_are_one_source_in_the_order_of_their_names(read: Read, folder: Path) -> None:
    (folder / "u_2.csv").write_text("Umsatz,Tag,Kunde\n2.50,2024-01-06,B\nx,2024-01-06,B\n", encoding="utf-8")
    (folder / "u_1.csv").write_text(HEAD + "A;2024-01-05;1.5\n", encoding="utf-8")
    outcome = read("sources.transactions.path=u_*.csv")
    assert outcome.column("account_id") == ["A", "B"]
    assert [(r.file, r.line) for r in outcome.rejects] == [("u_2.csv", 3)]
    assert [(f.name, f.rows) for f in outcome.ledger.files] == [("u_1.csv", 1), ("u_2.csv", 2)]


def test_files_of_several_kinds_can_be_one_source(read: Read, folder: Path) -> None:
    (folder / "u_1.csv").write_text(HEAD + "0001;2024-01-05;1,50\n", encoding="utf-8")
    workbook(folder / "u_2.xlsx", {"A": [["Kunde", "Tag", "Umsatz"], [2, date(2024, 1, 6), "2,25"]]})
    outcome = read("sources.transactions.path=u_*", rows="")
    assert outcome.column("account_id") == ["0001", "2"]
    assert outcome.column("revenue") == money("1.5", "2.25")


def test_different_headings_are_refused_with_their_names(read: Read, folder: Path) -> None:
    (folder / "u_1.csv").write_text(HEAD + GOOD, encoding="utf-8")
    (folder / "u_2.csv").write_text("Kunde;Tag;Erlös\n" + GOOD, encoding="utf-8")
    problem = read("sources.transactions.path=u_*.csv").problem
    assert (problem.code, problem.values["file"]) == ("KL-E212", "u_2.csv")
    assert problem.values["columns"] == ["Erlös", "Umsatz"]


def test_a_file_named_twice_is_read_once(read: Read) -> None:
    settings = SMALL.replace("path: umsatz.csv", "path: [umsatz.csv, ./umsatz.csv, 'ums*.csv']")
    assert read(rows=GOOD, settings=settings).ledger.rows.read == 1


def test_a_name_with_brackets_is_a_name_first(read: Read, folder: Path) -> None:
    (folder / "umsatz [1].csv").write_text(HEAD + GOOD, encoding="utf-8")
    assert read("sources.transactions.path=umsatz [1].csv").ledger.rows.used == 1


def test_every_path_without_a_file_is_named(read: Read) -> None:
    settings = SMALL.replace("path: umsatz.csv", "path: [a.csv, 'b_*.csv', umsatz.csv]")
    problems = read(rows=GOOD, settings=settings).ingested.problems
    assert [(p.code, p.values["file"]) for p in problems] == [("KL-E202", "a.csv"), ("KL-E202", "b_*.csv")]


# Master tables


def test_a_key_that_stands_twice_is_refused_with_its_lines(read: Read, folder: Path) -> None:
    (folder / "k.csv").write_text("account_id;name\n0001;A\n0002;B\n0001;C\n1;D\n0001;E\n", encoding="utf-8")
    outcome = read(rows=GOOD, settings=SMALL + "  accounts: {path: k.csv}\n")
    assert (outcome.problem.code, outcome.problem.values["key"]) == ("KL-E218", "0001")
    assert outcome.problem.values["lines"] == ["2", "4", "6"]
    assert set(outcome.ingested.tables) == {"transactions"}


def test_master_tables_are_typed_and_their_rows_accounted_for(read: Read, folder: Path) -> None:
    text = "account_id;employees;max_supplier_share\n0001;1.250;0,5\n0002;1,5;1,2\n0003;;\n;7,0;\n"
    (folder / "k.csv").write_text(text, encoding="utf-8")
    outcome = read(rows=GOOD, settings=SMALL + "  accounts: {path: k.csv}\n")
    assert [(row["account_id"], row["employees"]) for row in outcome.tables["accounts"]] == [
        ("0001", 1250),
        ("0003", None),
    ]
    accounts = outcome.ingested.reads[1]
    assert [(r.line, r.column, r.code) for r in accounts.rejects] == [
        (3, "max_supplier_share", "KL-W107"),
        (5, "account_id", "KL-W101"),
    ]


def test_a_source_that_is_refused_does_not_hide_the_problems_of_another(read: Read, folder: Path) -> None:
    (folder / "k.csv").write_text("account_id\n1\n1\n", encoding="utf-8")
    outcome = read(
        rows="1;nie;1,00\n", settings=SMALL + "  accounts: {path: k.csv}\n  products: {path: p.csv}\n", limit="0"
    )
    assert {p.code for p in outcome.ingested.problems} >= {"KL-E217", "KL-E218", "KL-E202"}


# Names that the database would take for something else


def test_a_file_name_with_brackets_is_the_file_of_that_name(opened: Callable[..., Engagement], folder: Path) -> None:
    for name, money_ in (("t[1].parquet", 1.0), ("t1.parquet", 999.0)):
        pd.DataFrame({"account_id": ["1"], "date": [date(2024, 1, 5)], "revenue": [money_]}).to_parquet(folder / name)
    (ledger,) = prepare(opened(settings="name: X\nsources: {transactions: {path: 't[1].parquet'}}\n")).state.reads
    assert ledger.revenue is not None
    assert ledger.revenue.used == 1


def test_a_folder_name_is_no_column(opened: Callable[..., Engagement], folder: Path) -> None:
    (folder / "revenue=5").mkdir()
    frame = pd.DataFrame({"account_id": ["1"], "date": [date(2024, 1, 5)], "revenue": [1.0]})
    frame.to_parquet(folder / "revenue=5" / "t.parquet")
    settings = "name: X\nsources: {transactions: {path: revenue=5/t.parquet}}\n"
    (ledger,) = prepare(opened(settings=settings)).state.reads
    assert ledger.revenue is not None
    assert ledger.revenue.used == 1


def test_a_file_reached_by_two_paths_is_read_once(opened: Callable[..., Engagement], folder: Path) -> None:
    settings = SETTINGS.replace("path: umsatz.csv", "path: [umsatz.csv, ../auftrag/umsatz.csv]")
    (ledger,) = prepare(opened(settings=settings)).state.reads
    assert ledger.rows.read == 5


def test_a_file_elsewhere_is_shown_without_its_folder(opened: Callable[..., Engagement], folder: Path) -> None:
    (folder.parent / "privat").mkdir()
    (folder / "umsatz.csv").rename(folder.parent / "privat" / "u.csv")
    settings = SETTINGS.replace("path: umsatz.csv", "path: ../privat/u.csv")
    assert [file.name for file in prepare(opened(settings=settings)).state.inputs] == ["u.csv"]


def test_parquet_columns_of_odd_types_are_read_as_text(opened: Callable[..., Engagement], folder: Path) -> None:
    columns = {
        "account_id": pa.array([True, False]),
        "date": pa.array([date(2024, 1, 5)] * 2),
        "revenue": pa.array([1.0, 2.0]),
        "product_id": pa.nulls(2),
    }
    pq.write_table(pa.table(columns), folder / "t.parquet")
    facts = prepare(opened(settings="name: X\nsources: {transactions: {path: t.parquet}}\n"))
    assert facts.sites["site_id"].tolist() == ["false", "true"]


def test_double_headings_in_parquet_are_refused(opened: Callable[..., Engagement], folder: Path) -> None:
    pq.write_table(pa.table({"Umsatz": [1.0], "umsatz": [2.0]}), folder / "t.parquet")
    (ledger,) = prepare(opened(settings="name: X\nsources: {transactions: {path: t.parquet}}\n")).state.reads
    assert [problem.code for problem in ledger.problems] == ["KL-E205"]


def test_a_heading_may_hold_a_line_break(opened: Callable[..., Engagement]) -> None:
    ledger = '"account_id";"da\nte";revenue\n1;05.01.2024;1,50\n;;\n'
    settings = 'name: X\nsources: {transactions: {path: umsatz.csv, columns: {date: "da\\nte"}}}\n'
    (read,) = prepare(opened(ledger=ledger, settings=settings)).state.reads
    assert (read.rows.read, read.rows.used) == (1, 1)  # a line of nothing but delimiters is no row


def test_dividing_by_zero_rejects_the_row(opened: Callable[..., Engagement]) -> None:
    ledger = "account_id;date;revenue;n\n1;05.01.2024;1,50;0\n1;05.01.2024;1,50;2\n"
    settings = (
        'name: X\nmax_rejected: 1\nsources: {transactions: {path: umsatz.csv, columns: {revenue: "= revenue / n"}}}\n'
    )
    (read,) = prepare(opened(ledger=ledger, settings=settings)).state.reads
    assert [(reject.line, reject.code) for reject in read.rejects] == [(2, "KL-W106")]
