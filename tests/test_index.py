"""The index: how things stand in a paragraph, then what every page has found, with its number and a bar."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from kamlab.report.frame import Head
from kamlab.report.index import Entry, index
from kamlab.report.state import PARTS, Part, headline, part, state
from kamlab.results import Basis, Finding, Result, RevenueTally, RowTally, SavedResult, to_files
from kamlab.text import Words

DE, EN = Words("de"), Words("en")
SOME = Part("36 von 162", "in Klasse A", 0.222)
NOTHING = RevenueTally(read=Decimal(0), used=Decimal(0), left_out=Decimal(0), rejected=Decimal(0))


def index_page(**more: Any) -> BeautifulSoup:
    entries = [
        Entry("concentration", "selection", "a.html", "done", "x", part=Part("36 von 162", "in Klasse A", 0.222))
    ]
    entries += [Entry("data_readiness", "data", None, "failed", "y")]
    arguments = {"title": "Titel", "state": "Stand.", "entries": entries, "downloads": [], "changes": []} | more
    return BeautifulSoup(index(Head("A", "B", "C"), **arguments, words=DE), "html.parser")


def test_index_says_of_a_page_what_it_found_and_only_of_one_that_is_missing_how_it_went() -> None:
    made, failed = index_page().select("ul.pages li")
    assert made.a.get_text() == "x"
    assert made.get_text(" ") == "Konzentration x 36 von 162  in Klasse A"
    assert made.svg["aria-label"] == "Balken: 22\xa0%"
    assert [rect["width"] for rect in made.svg.find_all("rect")] == ["100", "22.2"]
    assert [p.get_text() for p in failed.find_all("p")] == ["Datenlage", "y", "fehlgeschlagen"]
    assert not failed.svg


def saved(analysis: str, values: dict[str, Any], **numbers: Any) -> SavedResult:
    basis = Basis(period=None, rows=RowTally(read=0, used=0, left_out=0, rejected=0), revenue=NOTHING)
    found = Result(analysis, None, "EUR", basis, key_numbers=numbers, findings=(Finding(key="x", values=values),))
    return SavedResult.model_validate_json(to_files(found, lambda *_: "x")["result.json"])


def test_the_state_takes_every_number_from_the_result_that_owns_it_and_leaves_out_what_is_not_there() -> None:
    listed = {"selected": 18, "entered": 4, "left": 1, "margin_share": 0.5638, "revenue_share": 0.58}
    goals = {"goals": 26, "key_accounts": 17, "key_accounts_without_goal": 1, "away": 8, "measured": 21}
    results = {
        "target_accounts": saved("target_accounts", {}, **listed),
        "concentration": saved("concentration", {}, equal_accounts=24.87, largest_share=0.1264),
        "customer_value": saved("customer_value", {}, contracted_share=0.091, framework_share=0.268),
        "kam_goals": saved("kam_goals", {}, **goals),
        "data_readiness": saved("data_readiness", {}, rows_read=5, rows_used=4, ledger_unexplained=None),
    }
    said = state(results, EN)
    assert said.split(". ") == [
        "The proposed list brings 56.4% of the contribution margin; 1 key account of today leaves",
        "Revenue spreads as if over 25 accounts of equal size; the largest alone brings 12.6%",
        "Contracts secure 9% of the customer value, framework contracts support another 27%",
        "1 of 17 key accounts has no goal of its own; heading the wrong way: 8 of 21 measurable goals",
        "The calculation uses 4 of 5 rows, which are not reconciled with the general ledger.",
    ]
    del results["customer_value"], results["kam_goals"]
    assert state(results, EN).count(". ") == 2
    results["data_readiness"] = saved(
        "data_readiness",
        {},
        rows_read=5,
        rows_used=4,
        ledger_unexplained=-2.0,
        ledger_total=800.0,
        ledger_period="2025",
    )
    assert "general ledger 2025, 0.25% is unexplained" in state(results, EN)
    assert state({}, EN) == ""
    assert headline("Nord", results, EN) == "18 key accounts for Nord, 4 of them new"
    assert headline("Nord", {}, EN) == EN("index.title", name="Nord")


def test_the_number_of_a_page_is_a_part_of_a_whole_a_share_or_not_there() -> None:
    assert part("scoring", saved("scoring", {}, set=13, places=17), EN) == Part("13 of 17", "places set", 13 / 17)
    charter = saved("charter", {"key_accounts": 14}, failing=7)
    assert part("charter", charter, DE) == Part("7 von 14", "außerhalb der Definition", 0.5)
    assert part("customer_value", saved("customer_value", {}, contracted_share=0.25), EN).number == "25%"
    assert part("scoring", saved("scoring", {}, set=0, places=0), EN) is None
    assert part("charter", saved("charter", {}, failing=None), EN) is None
    assert part("account_dossier", charter, EN) is None


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_page_of_the_demo_has_its_number_in_the_index(demo_reports: Path, name: str) -> None:
    soup = BeautifulSoup((demo_reports / "index.html").read_text(encoding="utf-8"), "html.parser")
    (row,) = [li for li in soup.select("ul.pages li") if li.p.get_text() == DE(f"analysis.{name}")]
    assert row.find("p", class_="number").strong.get_text()
    message = json.loads((demo_reports / "results" / name / "result.json").read_bytes())["findings"][0]["de"]
    assert row.a.get_text() == message


def test_index_tells_what_changed_only_where_something_did() -> None:
    assert DE("index.changes") not in index_page().get_text()
    told = index_page(changes=["3 neue A-Kunden."])
    assert told.find("h2").get_text() == DE("index.changes")
    assert told.find("h2").find_next("li").get_text() == "3 neue A-Kunden."


def test_index_links_the_files_that_there_are(demo_reports: Path) -> None:
    soup = BeautifulSoup((demo_reports / "index.html").read_text(encoding="utf-8"), "html.parser")
    linked = {link["href"] for link in soup.select("ul.files a")}
    there = {name for name in ("workbook.xlsx", "rejects.xlsx", "rejects.csv") if (demo_reports / name).is_file()}
    assert there <= linked <= there | {"dossiers/index.de.html"}
    assert "rejects.csv" in linked
