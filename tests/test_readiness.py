"""Data readiness: the reconciliation adds up, and refused data are a result too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
import xlsxwriter
from conftest import each

from kamlab import data, figures, report
from kamlab.engagement import Engagement
from kamlab.engagement.settings import DateFormat
from kamlab.errors import DataRefused
from kamlab.facts import prepare
from kamlab.ingest.asides import HEADING_AGAIN, TOTAL_ROW
from kamlab.ingest.tally import AFTER_AS_OF, DOUBLE
from kamlab.notebooks import Lack, Possibility
from kamlab.results import Result, from_folder, to_files
from kamlab.text import Language, Words

Opened = Callable[..., Engagement]

HEADER = "Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg\n"
DIRTY = (
    HEADER
    + "0001;05.01.2024;1.000,00;600,00;A;1\n"
    + "0002;10.02.2024;k.A.;300,00;B;2\n"
    + "0001;31.02.2025;1.200,10;700,00;A;3\n"
    + "0002;10.02.2025;-400,50;-300,00;B;4\n"
    + ";15.03.2025;99,50;50,00;A;5\n"
)


def ledger(*days: str) -> str:
    return HEADER + "".join(f"0001;{day};10,00;5,00;A;{at}\n" for at, day in enumerate(days))


def readiness(engagement: Engagement, strict: bool = False) -> Result:
    return data.readiness(prepare(engagement, strict))


def keys(result: Result) -> list[str]:
    return [finding.key for finding in result.findings]


def test_clean_ledger(opened: Opened) -> None:
    result = readiness(opened())
    expected = {"rows_read": 5, "rows_used": 5, "rows_rejected": 0, "revenue_used": 3200, "accounts": 3, "sites": 3}
    assert {key: result.key_numbers[key] for key in expected} == pytest.approx(expected)
    assert keys(result)[:2] == ["data_readiness.yes", "data_readiness.counted"]
    assert [key for key in keys(result) if key.startswith("error.")] == ["error.KL-W114"]


def test_reconciliation_adds_up(opened: Opened) -> None:
    sets = ("max_rejected=1", "sources.transactions.exclude.gutschrift== Umsatz < 0")
    table = readiness(opened(*sets, ledger=DIRTY)).tables["reconciliation"]
    steps, used = table[table["step"] != "used"], table[table["step"] == "used"]
    assert table["step"].tolist() == ["read", "left_out", "rejected", "used"]
    assert steps["rows"].sum() == used["rows"].item()
    assert round(steps["revenue"].sum() - used["revenue"].item(), 4) == 0


def test_reconciliation_by_hand(opened: Opened) -> None:
    sets = ("max_rejected=1", "sources.transactions.exclude.gutschrift== Umsatz < 0")
    table = readiness(opened(*sets, ledger=DIRTY)).tables["reconciliation"]
    assert table["rows"].tolist() == [5, -1, -3, 1]
    # Read 1000 + 1200.10 − 400.50 + 99.50; the row without a readable revenue is in no sum.
    assert table["revenue"].tolist() == pytest.approx([1899.10, 400.50, -1299.60, 1000])


def test_rows_without_readable_revenue_are_counted_apart(opened: Opened) -> None:
    result = readiness(opened("max_rejected=1", ledger=DIRTY))
    assert result.key_numbers["unreadable_rows"] == 1
    assert result.basis.revenue.unreadable_rows == 1


TWO_WAYS = HEADER + "0001;05.01.2024;46.726,10;26,000;A;1\n0002;10.02.2024;1,50;1,250;B;2\n"


@pytest.mark.parametrize(("language", "said"), [("de", "Angenommen: Dezimalkomma"), ("en", "Assumed: decimal comma")])
def test_a_column_that_follows_its_file_is_told_where_files_are_understood(
    opened: Opened, language: Language, said: str
) -> None:
    facts = prepare(opened(ledger=TWO_WAYS))
    result = data.readiness(facts)
    assert facts.months.contribution_margin.sum().to_pyarrow().as_py() == Decimal("46700.35")  # 27.25 are the costs
    text = report.sentences(result, Words(language), "data_readiness.understood.*")
    assert said in text
    assert "Kosten" in text
    assert "Umsatz" in text
    assert "error.KL-W116" not in keys(result)


@pytest.mark.parametrize(("language", "said"), [("de", "2 Werte nicht gelesen"), ("en", "2 values not read")])
def test_an_optional_column_that_cannot_be_told_is_left_unread_and_missed(
    opened: Opened, language: Language, said: str
) -> None:
    facts = prepare(opened(ledger=TWO_WAYS.replace("46.726,10", "46726").replace("1,50", "2")))
    result = data.readiness(facts)
    assert result.key_numbers["revenue_used"] == 46728
    assert not facts.state.has_margin
    assert "cost" not in facts.columns["transactions"]
    text = report.sentences(result, Words(language), "error*")
    assert (said in text, "decimal: &#39;,&#39;" in text) == (True, True)


def test_rejects_are_grouped_by_column_and_code(opened: Opened) -> None:
    rejects = readiness(opened("max_rejected=1", ledger=DIRTY)).tables["rejects"]
    assert rejects[["column", "line", "values"]].to_numpy().tolist() == [
        ["Umsatz", 3, 1],
        ["Datum", 4, 1],
        ["Kundennr", 6, 1],
    ]


def test_refused_data_are_a_result_with_their_problems(opened: Opened) -> None:
    result = readiness(opened("sources.transactions.columns.revenue=Nettobetrag", "sources.accounts.path=fehlt.xlsx"))
    assert keys(result)[0] == "data_readiness.title_refused"
    assert {"error.KL-E213", "error.KL-E202"} <= set(keys(result))
    assert result.findings[0].values["count"] == 2


@pytest.mark.parametrize("language", ["de", "en"])
def test_findings_of_refused_data_name_column_and_remedy(opened: Opened, language: str) -> None:
    found = readiness(opened("sources.transactions.columns.revenue=Nettobetrag")).finding("error.KL-E213")
    assert found is not None
    sentence = Words(language)(found.key, **found.values)  # type: ignore[arg-type]
    assert all(word in sentence for word in ("umsatz.csv", "Nettobetrag", "revenue", "columns"))


def test_refused_data_give_no_numbers(opened: Opened) -> None:
    result = readiness(opened("sources.transactions.path=fehlt.csv"))
    assert result.basis.period is None
    assert "months" not in result.tables
    assert {result.key_numbers[key] for key in ("accounts", "sites", "months", "complete_months")} == {None}


def test_refused_data_are_saved_and_loaded(opened: Opened, tmp_path: Path) -> None:
    result = readiness(opened("sources.transactions.path=fehlt.csv"))
    for name, content in to_files(result, lambda language, finding: finding.key + language).items():
        (tmp_path / name).write_bytes(content)
    assert from_folder(tmp_path).findings == result.findings


def test_facts_of_refused_data_raise(opened: Opened) -> None:
    facts = prepare(opened("sources.transactions.path=fehlt.csv"))
    with pytest.raises(DataRefused, match="KL-E202"):
        _ = facts.orders


def test_too_many_rejects_refuse_but_are_listed(opened: Opened) -> None:
    result = readiness(opened(ledger=DIRTY))
    assert result.finding("error.KL-E217")
    assert result.tables["rejects"]["values"].sum() == 3
    assert result.key_numbers["rows_read"] == 5


def test_strict_refuses_a_single_reject(opened: Opened) -> None:
    text = ledger(*["05.01.2025"] * 200) + "0001;05.01.2025;k.A.;1,00;A;9\n"
    assert readiness(opened(ledger=text)).findings[1].key == "data_readiness.counted"
    assert readiness(opened(ledger=text), strict=True).findings[0].key == "data_readiness.title_refused"


@pytest.mark.parametrize(
    ("days", "as_of", "partial"),
    [
        (["06.01.2025", "31.03.2025"], None, [date(2025, 1, 1)]),
        (["05.01.2025", "31.03.2025"], None, []),
        (["01.01.2025", "30.03.2025"], None, [date(2025, 3, 1)]),
        (["01.01.2025", "30.03.2025"], "2025-03-31", []),
        (["06.01.2025", "30.03.2025"], None, [date(2025, 1, 1), date(2025, 3, 1)]),
        (["06.01.2025", "20.01.2025"], None, [date(2025, 1, 1)]),
        (["01.02.2024", "29.02.2024"], None, []),
    ],
    ids=["late start", "start by the 5th", "early end", "end by as_of", "both", "one month", "leap day"],
)
def test_partial_months(opened: Opened, days: list[str], as_of: str | None, partial: list[date]) -> None:
    result = readiness(opened(*([f"as_of={as_of}"] if as_of else []), ledger=ledger(*days)))
    said = [f.values["month"] for f in result.findings if f.key == "data_readiness.covered.partial_month"]
    assert said == partial
    months = result.tables["months"]
    assert months.loc[~months["complete"], "month"].dt.date.tolist() == partial


def test_empty_months_are_counted_and_shown(opened: Opened) -> None:
    result = readiness(opened(ledger=ledger("01.01.2025", "02.04.2025", "30.04.2025")))
    found = result.finding("data_readiness.covered.empty_months")
    assert found is not None
    assert found.values == {"count": 2, "month": date(2025, 2, 1)}
    assert result.tables["months"]["lines"].tolist() == [1, 0, 0, 2]
    assert result.key_numbers["empty_months"] == 2


def test_months_add_up_to_the_revenue_used(opened: Opened) -> None:
    result = readiness(opened())
    assert result.tables["months"]["revenue"].sum() == pytest.approx(result.key_numbers["revenue_used"])
    assert result.tables["months"]["lines"].sum() == result.key_numbers["rows_used"]


def test_lines_after_the_reporting_date_are_left_out_by_name(opened: Opened) -> None:
    result = readiness(opened("as_of=2025-02-28"))
    assert [(part.reason, part.rows) for part in result.basis.left_out] == [("after_as_of", 1)]
    assert result.as_of == date(2025, 2, 28)


def test_numeric_ids_become_text_and_say_so(opened: Opened, folder: Path) -> None:
    book = xlsxwriter.Workbook(folder / "umsatz.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER.strip().split(";"))
    for at, customer in enumerate((1001, 1002), 1):
        sheet.write_row(at, 0, [customer, "05.01.2025", 10.5, 5, "A", f"b{at}"])
    book.close()
    engagement = opened("sources.transactions.path=umsatz.xlsx")
    found = readiness(engagement).finding("data_readiness.keys.numeric_ids")
    assert found is not None
    assert found.values["names"] == ["Kundennr"]
    assert prepare(engagement).sites["site_id"].tolist() == ["1001", "1002"]


def test_text_ids_say_nothing(opened: Opened) -> None:
    assert not readiness(opened()).finding("data_readiness.keys.numeric_ids")


def test_ledger_without_cost_says_so(opened: Opened) -> None:
    assert readiness(opened("sources.transactions.columns.cost=")).finding("data_readiness.no_margin")


# Against the general ledger and the master data

ACCOUNTS = "sources.accounts.path=kunden.csv", "sources.accounts.columns.account_id=Nr"


def with_totals(folder: Path, totals: str) -> tuple[str, ...]:
    (folder / "hauptbuch.csv").write_text("Zeit;Was;Betrag;Quelle\n" + totals, encoding="utf-8")
    columns = {"period": "Zeit", "measure": "Was", "value": "Betrag", "source": "Quelle"}
    table = "sources.control_totals"
    return f"{table}.path=hauptbuch.csv", *(f"{table}.columns.{name}={column}" for name, column in columns.items())


def title(result: Result) -> str:
    """Say what the data hold: the first sentence under the verdict."""
    return Words("de")(result.findings[1].key, **result.findings[1].values).removesuffix(".")


def test_title_says_what_there_is_to_say(opened: Opened, folder: Path) -> None:
    (folder / "kunden.csv").write_text("Nr\n0001\n0002\n", encoding="utf-8")
    totals = with_totals(folder, "2024;Umsatz;1.505,00;GuV\n")
    assert title(readiness(opened())) == "5 von 5 Zeilen verwendet, 0 abgelehnt"
    # 0003, which the master data do not know, has 99.50 of 3200
    assert title(readiness(opened(*ACCOUNTS))) == "96,9\xa0% des Umsatzes zugeordnet, 0 Zeilen abgelehnt"
    both = "96,9\xa0% des Umsatzes zugeordnet, 0 Zeilen abgelehnt; 2024 laut Hauptbuch 1.505\xa0€, hier 1.500\xa0€"
    assert title(readiness(opened(*ACCOUNTS, *totals))) == both
    ledger_only = "5 von 5 Zeilen verwendet, 0 abgelehnt; 2024 laut Hauptbuch 1.505\xa0€, hier 1.500\xa0€"
    assert title(readiness(opened(*totals))) == ledger_only


@pytest.mark.parametrize(("total", "verdict"), [("1500", "Ja, die"), ("1510", "Ja, die"), ("1600", "Teilweise: Vom")])
def test_the_page_answers_first_whether_the_data_suffice(
    opened: Opened, folder: Path, total: str, verdict: str
) -> None:
    result = readiness(opened(*with_totals(folder, f"2024;Umsatz;{total};GuV\n")))
    assert Words("de")(result.findings[0].key, **result.findings[0].values).startswith(verdict)
    assert report.possibilities(result, Words("de")) == ""


def test_what_analyses_lack_makes_the_answer_partly_and_is_asked_for(opened: Opened) -> None:
    judged = [
        Possibility(name="charter", status="possible"),
        Possibility(name="portfolio", status="with_gaps", gaps=(Lack(table="accounts", whole=True),)),
        Possibility(name="scoring", status="not_possible", personal=True),
    ]
    result = data.readiness(prepare(opened()), judged)
    assert result.findings[0].values == {"whole": 2, "count": 3}
    assert Words("en")(result.findings[0].key, **result.findings[0].values).startswith("Partly: 2 of 3 analyses")
    assert result.finding("data_readiness.do.request")
    nothing_else = [judged[0], judged[2]]
    assert data.readiness(prepare(opened()), nothing_else).findings[0].key == "data_readiness.yes"


def test_what_to_do_counts_rejected_values_and_names_the_rules_of_the_settings(opened: Opened) -> None:
    sets = ("max_rejected=1", "sources.transactions.exclude.gutschrift== Umsatz < 0")
    result = readiness(opened(*sets, ledger=DIRTY))
    assert result.finding("data_readiness.do.correct").values == {"count": 3, "files": 1}  # type: ignore[union-attr]
    rule = {"count": 1, "rules": ["gutschrift"], "rows": 1}
    assert result.finding("data_readiness.do.confirm").values == rule  # type: ignore[union-attr]


def test_what_is_not_assigned_is_never_rounded_away(opened: Opened, folder: Path) -> None:
    (folder / "kunden.csv").write_text("Nr\n0001\n", encoding="utf-8")
    text = HEADER + "0001;05.01.2025;100.000,00;1,00;A;1\n0002;06.01.2025;1,00;1,00;A;2\n"
    assert title(readiness(opened(*ACCOUNTS, ledger=text))).startswith("99,9\xa0% ")


def test_without_positive_revenue_nothing_is_assigned(opened: Opened, folder: Path) -> None:
    (folder / "kunden.csv").write_text("Nr\n0001\n", encoding="utf-8")
    result = readiness(opened(*ACCOUNTS, ledger=HEADER + "0001;05.01.2025;-1,00;1,00;A;1\n"))
    assert result.key_numbers["assigned_share"] is None
    assert result.findings[1].key == "data_readiness.counted"


def test_control_totals_and_bridge_add_up(opened: Opened, folder: Path) -> None:
    sets = with_totals(folder, "2024;Umsatz;1.600,00;GuV\n2024;Deckungsbeitrag;590;GuV\n2022;Umsatz;1;GuV\n")
    result = readiness(opened(*sets, "sources.transactions.exclude.klein== Umsatz < 600", "max_rejected=1"))
    totals, bridge = result.tables["control_totals"], result.tables["bridge"]
    compared = totals[totals["comparison"] == "whole"]
    assert (compared["ledger"] - compared["here"] - compared["explained"] - compared["unexplained"]).abs().max() < 1e-9
    assert totals[["period", "measure", "here", "explained", "unexplained"]].to_numpy().tolist()[:2] == [
        ["2024", "revenue", 1000, 500, 100],
        ["2024", "contribution_margin", 400, 200, -10],
    ]
    assert totals["comparison"].tolist() == ["whole", "whole", "not_comparable"]
    steps = bridge[bridge["measure"] == "revenue"]
    assert steps["step"].tolist() == ["ledger", "left_out", "unexplained", "here"]
    assert steps["amount"].tolist() == [1600, -500, -100, 1000]


@pytest.mark.parametrize(("total", "key"), [("1600", "bridge"), ("1400", "bridge_below"), ("1500", "bridge_equal")])
def test_the_difference_is_told_in_its_direction(opened: Opened, folder: Path, total: str, key: str) -> None:
    result = readiness(opened(*with_totals(folder, f"2024;Umsatz;{total};GuV\n")))
    assert [k for k in keys(result) if k.startswith("data_readiness.bridge")] == [f"data_readiness.{key}"]


def test_the_convention_for_fiscal_years_is_told_where_it_matters(opened: Opened, folder: Path) -> None:
    sets = with_totals(folder, "2024-01;Umsatz;1.000,00;GuV\n2024;Umsatz;1.500,00;GuV\n")
    assert not readiness(opened(*sets)).finding("data_readiness.fiscal.convention")
    found = readiness(opened(*sets, "fiscal_year_start=7")).finding("data_readiness.fiscal.convention")
    assert found is not None
    assert found.values == {"year": "2024", "start": date(2023, 7, 1), "end": date(2024, 6, 30)}


def test_without_control_totals_there_is_no_bridge(opened: Opened) -> None:
    result = readiness(opened())
    assert not {"control_totals", "bridge"} & set(result.tables)


def test_what_is_judged_of_the_analyses_is_shown_as_it_was(opened: Opened) -> None:
    judged = (
        Possibility(name="data_readiness", status="possible"),
        Possibility(
            name="concentration",
            status="not_possible",
            lacking=(Lack(table="transactions", whole=False, columns=("cost or contribution_margin",)),),
            gaps=(Lack(table="accounts", whole=True, columns=("name", "group_id or parent_id")),),
            results=("data_readiness",),
        ),
    )
    result = data.readiness(prepare(opened()), judged)
    assert result.tables["analyses"]["lack"].tolist() == ["", "lacking", "gap", "result"]
    page = report.possibilities(result, Words("de"))
    for word in ("nicht möglich", "Es fehlt: Variable Kosten oder Deckungsbeitrag je Umsatzzeile.", "Datenlage"):
        assert word in page
    assert "Kunden (Kundennummer, Name und Unternehmensgruppe oder Muttergesellschaft)" in page


@pytest.mark.parametrize("language", ["de", "en"])
def test_page_and_figure_of_the_reconciliation(opened: Opened, folder: Path, language: str) -> None:
    words = Words(language)  # type: ignore[arg-type]
    result = readiness(opened(*with_totals(folder, "2024;Umsatz;1.600,00;<b>$GuV_\n")))
    page = report.against_ledger(result, words)
    assert "1,600.00" in page or "1.600,00" in page
    assert "&lt;b&gt;$GuV_" in page
    drawing = figures.ledger_bridge(result, words)
    assert drawing is not None
    assert drawing.numbers["amount"].tolist() == [1600, -100, 1500]
    assert figures.to_svg(drawing, "x")


def test_nothing_to_reconcile_draws_nothing(opened: Opened, folder: Path) -> None:
    assert figures.ledger_bridge(readiness(opened()), Words("de")) is None
    assert report.against_ledger(readiness(opened()), Words("de")) == ""
    partly = readiness(opened(*with_totals(folder, "2026;Umsatz;1.600,00;GuV\n")))
    assert figures.ledger_bridge(partly, Words("de")) is None
    assert report.against_ledger(partly, Words("de"))


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_finding_of_the_reconciliation_can_be_phrased(opened: Opened, folder: Path, language: str) -> None:
    totals = "2024;Umsatz;1,5;A\n2024;Umsatz;-1500;B\n2024;Umsatz;1000;C\n2025;Umsatz;1;D\n2020;Umsatz;1;E\n"
    totals += "2024;Deckungsbeitrag;1;F\n"
    sets = (*with_totals(folder, totals), "fiscal_year_start=2", "sources.transactions.columns.cost=")
    result = readiness(opened(*sets))
    said = {key for key in keys(result) if key.startswith("error.KL-W13")}
    assert said >= {f"error.KL-W13{at}" for at in (3, 4)}
    for finding in result.findings:
        assert "{" not in Words(language)(finding.key, **finding.values)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_finding_can_be_phrased(opened: Opened, language: str) -> None:
    words = Words(language)  # type: ignore[arg-type]
    for sets, text in (((), None), (("max_rejected=1",), DIRTY), ((), DIRTY), (("as_of=2025-02-28",), None)):
        findings = readiness(opened(*sets, ledger=text)).findings
        assert findings
        for finding in findings:
            assert "{" not in words(finding.key, **finding.values)


# How the files were understood


def pivot_book(folder: Path) -> None:
    with xlsxwriter.Workbook(folder / "umsatz.xlsx") as book:
        sheet = book.add_worksheet("Auswertung")
        rows: list[list[str | float]] = [
            ["Umsatz je Kunde"],
            [],
            ["Kunde", "2024", "2025", "Gesamt"],
            ["0001", 1000, 1200, 2200],
            ["0002", 500, 400, 900],
        ]
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        sheet.set_row(4, None, None, {"hidden": True})


PIVOT = """name: P
sources:
  transactions: {path: umsatz.xlsx, layout: wide, columns: {account_id: Kunde}}
"""


def test_a_pivot_says_where_its_headings_stand_and_what_was_not_read(opened: Opened, folder: Path) -> None:
    pivot_book(folder)
    files = readiness(opened(settings=PIVOT)).tables["files"]
    shown = files[["rows", "hidden_rows", "header_row", "periods", "sums"]].iloc[0].tolist()
    assert shown == [2, 1, 3, "2024 … 2025", "Gesamt"]


def test_hidden_rows_are_a_finding_and_count(opened: Opened, folder: Path) -> None:
    pivot_book(folder)
    result = readiness(opened(settings=PIVOT))
    found = result.finding("error.KL-W115")
    assert found is not None
    assert found.values == {"file": "umsatz.xlsx", "sheet": "Auswertung", "count": 1}
    assert result.key_numbers["revenue_used"] == 3100


def test_a_plain_file_says_nothing_of_its_headings(opened: Opened) -> None:
    files = readiness(opened()).tables["files"]
    assert files[["hidden_rows", "header_row", "periods", "sums"]].isna().all(axis=None)


def test_what_was_converted_is_no_error(opened: Opened, folder: Path) -> None:
    (folder / "kurse.csv").write_text("currency;month;rate\nUSD;2024-01;0,9\n")
    sets = ("sources.currency_rates.path=kurse.csv", "sources.transactions.columns.currency=Cur")
    ledger = "Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg;Cur\n1;05.01.2024;100,00;60,00;A;1;USD\n"
    result = readiness(opened(*sets, ledger=ledger))
    assert "error.KL-W149" not in keys(result)
    found = result.finding("data_readiness.understood.currency")
    assert found is not None
    assert found.values["amount"] == 90


@each("language", ["de", "en"])
@each("written", [*get_args(DateFormat), ",", "."])
def test_every_way_of_writing_has_words(language: Language, written: str) -> None:
    assert Words(language).knows(f"value.convention.{written}")


@each("language", ["de", "en"])
@each("reason", [TOTAL_ROW, HEADING_AGAIN, DOUBLE, AFTER_AS_OF])
def test_every_reason_of_ours_has_words(language: Language, reason: str) -> None:
    assert Words(language).knows(f"basis.reason.{reason}")
