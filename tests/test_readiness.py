"""Data readiness: the reconciliation adds up, and refused data are a result too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from kamlab import data
from kamlab.engagement import Engagement
from kamlab.errors import DataRefused
from kamlab.facts import prepare
from kamlab.results import Result, from_folder, to_files
from kamlab.text import Words

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
    assert keys(result)[0] == "data_readiness.title"
    assert "data_readiness.no_rejects" in keys(result)


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
    assert result.finding("data_readiness.unreadable")


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
    assert readiness(opened(ledger=text)).findings[0].key == "data_readiness.title"
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
    said = [f.values["month"] for f in result.findings if f.key == "data_readiness.partial_month"]
    assert said == partial
    months = result.tables["months"]
    assert months.loc[~months["complete"], "month"].dt.date.tolist() == partial


def test_empty_months_are_counted_and_shown(opened: Opened) -> None:
    result = readiness(opened(ledger=ledger("01.01.2025", "02.04.2025", "30.04.2025")))
    found = result.finding("data_readiness.empty_months")
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
    found = readiness(engagement).finding("data_readiness.numeric_ids")
    assert found is not None
    assert found.values["names"] == ["Kundennr"]
    assert prepare(engagement).sites["site_id"].tolist() == ["1001", "1002"]


def test_text_ids_say_nothing(opened: Opened) -> None:
    assert not readiness(opened()).finding("data_readiness.numeric_ids")


def test_ledger_without_cost_says_so(opened: Opened) -> None:
    assert readiness(opened("sources.transactions.columns.cost=")).finding("data_readiness.no_margin")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_finding_can_be_phrased(opened: Opened, language: str) -> None:
    words = Words(language)  # type: ignore[arg-type]
    for sets, text in (((), None), (("max_rejected=1",), DIRTY), ((), DIRTY), (("as_of=2025-02-28",), None)):
        for finding in readiness(opened(*sets, ledger=text)).findings:
            assert "{" not in words(finding.key, **finding.values)
