"""Two runs side by side: each cause by hand, the same in both directions, nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.comparison import CAUSES, Input, Run, compare
from kamlab.errors import SettingsError
from kamlab.facts.sales import Sales
from kamlab.report.comparison import comparison_page, comparison_workbook, headlines
from kamlab.report.frame import Head, Link
from kamlab.results import Basis, Period, Result, RevenueTally, RowTally
from kamlab.selection import concentration
from kamlab.text import LANGUAGES, Language, Words, printable

DE = Words("de")
HEAD = Head("Beispiel GmbH", "Vergleich", "Vergleich", links=[Link("Übersicht", "index.html")])
OPPOSITE = {"merged": "split", "growth": "decline", "came": "left"}
OPPOSITE |= {after: before for before, after in OPPOSITE.items()}
Booked = Mapping[str, Mapping[int, float]]  # revenue of the months of 2025 by site

# Three accounts of 800, 150 and 50 in each of two months: A, B and C at the cuts of 80 and 95 %.
BOOKED: Booked = {site: dict.fromkeys((1, 2), money) for site, money in (("1", 800.0), ("2", 150.0), ("3", 50.0))}


def run(
    booked: Booked = BOOKED,
    groups: Mapping[str, str] | None = None,
    months: int = 2,
    start: int = 1,
    cut_a: float = 0.80,
    inputs: str = "",
    options: Mapping[str, str] | None = None,
    **more: Any,
) -> Run:
    """Make a run whose ledger has `months` months of 2025; classes are those of the months from `start` on.

    The hash of its ledger is that of its bookings, unless `inputs` names another.
    """
    of = {site: (groups or {}).get(site, site) for site in booked}
    rows = [
        (site, of[site], pd.Timestamp(2025, month, 1), revenue)
        for site, by_month in booked.items()
        for month, revenue in by_month.items()
        if month <= months
    ]
    site_months = pd.DataFrame(rows, columns=["site_id", "account_id", "month", "revenue"])
    inside = site_months[site_months["month"] >= pd.Timestamp(2025, start, 1)]
    end = date(2025, months, [31, 28, 31, 30, 31, 30][months - 1])
    basis = _basis(Period(start=date(2025, start, 1), end=end), float(inside["revenue"].sum()))
    classed = concentration(_sales(inside, basis, end), cut_a=cut_a)
    every = [pd.Timestamp(2025, month, 1) for month in range(1, months + 1)]
    sums = site_months.groupby("month")["revenue"].sum().reindex(every).fillna(0.0)
    by_month = pd.DataFrame({"month": every, "revenue": sums.to_numpy(), "complete": True})
    ready = Result(
        "data_readiness", end, "EUR", basis, tables={"months": by_month, "site_months": site_months}, key_numbers={}
    )
    known: dict[str, Any] = {
        "run_id": "run",
        "engagement": "Beispiel GmbH",
        "currency": "EUR",
        "as_of": end,
        "inputs": (
            Input("transactions", "umsatz.csv", inputs or str(sorted(site_months.itertuples(index=False))), len(rows)),
            Input("accounts", "kunden.xlsx", str(sorted(of.items())), len(of)),
        ),
        "settings": {"period": "all", **(options or {})},
        "parameters": {"concentration": {}},
        "versions": {"kamlab": "0.1.0", "code": "1"},
        "results": {"data_readiness": ready, "concentration": classed},
    }
    return Run(**known | more)


def _basis(period: Period, revenue: float) -> Basis:
    nothing, all_ = Decimal(0), Decimal(str(revenue))
    return Basis(
        period=period,
        rows=RowTally(read=1, used=1, left_out=0, rejected=0),
        revenue=RevenueTally(read=all_, used=all_, left_out=nothing, rejected=nothing),
    )


def _sales(inside: pd.DataFrame, basis: Basis, as_of: date) -> Sales:
    by_account = inside.groupby("account_id").agg(revenue=("revenue", "sum"), lines=("revenue", "size"))
    accounts = by_account.round(4).reset_index()
    accounts = accounts.assign(name="Kunde " + accounts["account_id"], in_master=True, contribution_margin=float("nan"))
    for when in ("now", "before"):
        accounts[f"revenue_{when}"] = 0.0
    sites = inside.groupby(["site_id", "account_id"]).agg(revenue=("revenue", "sum"), lines=("revenue", "size"))
    sites = sites.reset_index().assign(name="Standort", contribution_margin=float("nan"))
    return Sales(accounts, sites, None, has_margin=False, basis=basis, as_of=as_of, currency="EUR")


def causes(earlier: Run, later: Run) -> dict[str, tuple[Any, Any, str]]:
    frame = compare(earlier, later).tables["accounts"]
    cells = frame[["account_id", "earlier", "later", "cause"]].astype(object)
    return {row[0]: tuple(None if cell != cell else cell for cell in row[1:]) for row in cells.to_numpy()}


def booked(**changed: Mapping[int, float]) -> Booked:
    """Bookings as they were, with some sites (s1, s2, …) other."""
    return {**BOOKED, **{site.removeprefix("s"): months for site, months in changed.items()}}


# nothing


def test_a_run_compared_with_itself_has_not_changed() -> None:
    found = compare(run(), run())
    assert all(table.empty for table in found.tables.values())
    assert headlines(found, DE) == ["Es hat sich nichts geändert."]


def test_the_same_numbers_from_other_code_are_the_same_results() -> None:
    found = compare(run(), run(versions={"kamlab": "0.1.0", "code": "2"}))
    assert found.tables["accounts"].empty
    assert headlines(found, DE) == ["Die Ergebnisse sind dieselben."]
    assert found.tables["circumstances"][["kind", "place", "earlier", "later"]].to_numpy().tolist() == [
        ["version", "code", "1", "2"]
    ]


# each cause


def test_a_new_month_makes_accounts_grow_and_decline() -> None:
    grown = booked(s1={1: 800, 2: 800, 3: -1300}, s2={1: 150, 2: 150, 3: 1300})
    assert causes(run(), run(grown, months=3)) == {"1": ("A", "B", "decline"), "2": ("B", "A", "growth")}


def test_an_account_whose_own_revenue_stayed_crosses_a_border_that_others_moved() -> None:
    grown = booked(s2={1: 150, 2: 150, 3: 7000})
    assert causes(run(), run(grown, months=3)) == {"1": ("A", "B", "border"), "2": ("B", "A", "growth")}


def test_an_account_with_its_first_revenue_came_and_one_without_any_left() -> None:
    came = booked(s4={3: 40})
    assert causes(run(), run(came, months=3))["4"] == (None, "C", "came")
    slid = {"1": {1: 800, 2: 800, 3: 800}, "2": {1: 150, 2: 150, 3: 150}, "3": {1: 50}}
    found = causes(run(slid, options={"period": "last2"}), run(slid, months=3, start=2, options={"period": "last2"}))
    assert found["3"] == ("C", None, "left")


def test_a_corrected_month_is_named_as_corrected_data() -> None:
    corrected = booked(s2={1: 50, 2: 10}, s3={1: 50, 2: 290})
    assert causes(run(), run(corrected)) == {"2": ("B", "C", "corrected"), "3": ("C", "B", "corrected")}


def test_other_values_from_the_same_files_come_from_settings_or_the_version() -> None:
    other = booked(s2={1: 150, 2: 40}, s3={1: 50, 2: 160})
    storno = {"sources.transactions.exclude.storno": "= Art = 'S'"}
    assert {cause for *_, cause in causes(run(inputs="x"), run(other, inputs="x", options=storno)).values()} == {
        "settings"
    }
    newer = run(other, inputs="x", versions={"kamlab": "0.2.0", "code": "2"})
    assert {cause for *_, cause in causes(run(inputs="x"), newer).values()} == {"version"}


def test_several_reasons_for_other_values_are_not_told_apart() -> None:
    other = booked(s2={1: 150, 2: 40}, s3={1: 50, 2: 160})
    newer = run(other, versions={"kamlab": "0.2.0", "code": "2"})
    assert {cause for *_, cause in causes(run(), newer).values()} == {"several"}


def test_accounts_that_became_one_group_are_merged() -> None:
    found = causes(run(), run(groups={"2": "G", "3": "G"}))
    assert found == {"2": ("B", None, "merged"), "3": ("C", None, "merged"), "G": (None, "B", "merged")}


def test_sites_that_left_a_group_are_split() -> None:
    found = causes(run(groups={"2": "1"}), run())
    assert found["2"] == (None, "B", "split")


def test_an_account_with_another_number_is_renumbered() -> None:
    assert causes(run(), run(groups={"2": "9"})) == {"2": ("B", None, "renumbered"), "9": (None, "B", "renumbered")}


def test_a_group_that_gave_one_site_and_got_another_is_regrouped() -> None:
    four = {**BOOKED, "4": {1: 300.0, 2: 300.0}}
    found = causes(run(four, groups={"3": "2"}), run(four, groups={"4": "2", "3": "3"}))
    assert found["2"][2] == "regrouped"


def test_an_account_that_only_sees_others_merge_has_a_moved_border() -> None:
    four = {"1": {1: 500.0}, "2": {1: 300.0}, "3": {1: 150.0}, "4": {1: 50.0}}
    found = causes(run(four, months=1, cut_a=0.7), run(four, groups={"3": "1", "4": "1"}, months=1, cut_a=0.7))
    assert found["2"] == ("A", "B", "border")


def test_another_cut_is_a_changed_parameter() -> None:
    assert causes(run(), run(cut_a=0.90)) == {"2": ("B", "A", "parameters")}


def test_another_period_over_the_same_data_is_named() -> None:
    moved = booked(s1={1: 800, 2: 10}, s2={1: 150, 2: 900})
    found = causes(run(moved), run(moved, start=2, options={"period": "2025-02-01..2025-02-28"}))
    assert {cause for *_, cause in found.values()} == {"period"}


def test_two_things_that_explain_alike_are_several() -> None:
    grown = booked(s2={1: 150, 2: 150, 3: 900}, s1={1: 800, 2: 800, 3: -100})
    found = causes(run(), run(grown, months=3, cut_a=0.90))
    assert found["2"] == ("B", "A", "several")


def test_merger_and_growth_at_once_are_told_apart() -> None:
    five = {"1": {1: 700.0}, "2": {1: 60.0}, "3": {1: 60.0}, "4": {1: 70.0}, "5": {1: 110.0}}
    later = {**five, "4": {1: 70.0, 2: 600.0}}
    found = causes(run(five, months=1), run(later, groups={"2": "G", "3": "G"}, months=2))
    assert {found[account][2] for account in ("2", "3", "G")} == {"merged"}
    assert found["4"] == ("B", "A", "growth")


def test_without_revenue_by_site_a_single_difference_is_the_cause_and_several_are_not_guessed() -> None:
    def without_sites(one: Run) -> Run:
        ready = one.results["data_readiness"]
        tables = {name: table for name, table in ready.tables.items() if name != "site_months"}
        return replace(one, results={**one.results, "data_readiness": replace(ready, tables=tables)})

    assert causes(without_sites(run()), run(cut_a=0.90)) == {"2": ("B", "A", "parameters")}
    corrected = booked(s2={1: 150, 2: 40}, s3={1: 50, 2: 160})
    assert {cause for *_, cause in causes(without_sites(run()), run(corrected)).values()} == {"data"}
    both = causes(without_sites(run()), run(corrected, cut_a=0.90))
    assert {cause for *_, cause in both.values()} == {"unclear"}


def test_classes_that_the_data_do_not_give_are_laid_on_the_version_only_if_nothing_else_differs() -> None:
    def odd(one: Run, versions: Mapping[str, str]) -> Run:
        classed = one.results["concentration"]
        accounts = classed.tables["accounts"].assign(**{"class": "B"})
        tables = {**classed.tables, "accounts": accounts}
        return replace(
            one, versions=versions, results={**one.results, "concentration": replace(classed, tables=tables)}
        )

    assert causes(run(), odd(run(), {"code": "2"}))["1"] == ("A", "B", "version")
    assert causes(run(), odd(run(cut_a=0.9), {"code": "2"}))["1"][2] == "unclear"


def test_selections_of_other_analyses_are_compared_too() -> None:
    def with_selection(one: Run, decision: str) -> Run:
        accounts = pd.DataFrame({"account_id": ["1"], "name": ["Kunde 1"], "decision": [decision], "score": [0.5]})
        chosen = replace(one.results["concentration"], analysis="scoring", tables={"accounts": accounts})
        return replace(one, results={**one.results, "scoring": chosen})

    later = replace(with_selection(run(), "out"), settings={"period": "all", "max_rejected": "0.1"})
    table = compare(with_selection(run(), "in"), later).tables["accounts"]
    assert table[["analysis", "what", "earlier", "later", "cause"]].to_numpy().tolist() == [
        ["scoring", "decision", "in", "out", "settings"]
    ]


# what else is told


def test_key_numbers_months_and_inputs_are_listed_with_their_differences() -> None:
    grown = booked(s2={1: 150, 2: 100, 3: 900})
    found = compare(run(), run(grown, months=3))
    numbers = found.tables["key_numbers"].set_index(["analysis", "key"])
    assert numbers.loc[("concentration", "revenue"), "difference"] == pytest.approx(850)
    assert numbers.loc[("concentration", "revenue"), "relative"] == pytest.approx(850 / 2000)
    months = found.tables["months"].set_index("event")
    assert months.loc["corrected", "revenue_difference"] == -50
    assert months.loc["new", "month"] == pd.Timestamp(2025, 3, 1)
    assert found.tables["circumstances"]["place"].tolist() == ["umsatz.csv"]


def test_runs_of_two_engagements_or_currencies_are_refused() -> None:
    for other in ({"engagement": "Andere AG"}, {"currency": "CHF"}):
        with pytest.raises(SettingsError, match="KL-S354"):
            compare(run(), run(**other))


def test_the_message_counts_new_top_accounts_by_cause() -> None:
    small = {str(at): {1: 60.0} for at in range(2, 8)}
    earlier = {"1": {1: 800.0}, **small, "8": {1: 90.0}}
    later = {**earlier, "8": {1: 90.0, 2: 500.0}}
    groups = {"2": "G", "3": "G", "4": "G", "5": "H", "6": "H", "7": "H"}
    found = compare(run(earlier, months=1, cut_a=0.6), run(later, groups=groups, cut_a=0.9))
    assert headlines(found, DE)[0] == "3 neue A-Kunden: 2 durch Zusammenführung und 1 durch Wachstum."


# invariants

MONEY = st.sampled_from([-50.0, 10.0, 40.0, 90.0, 200.0, 500.0])
LEDGERS = st.dictionaries(
    st.sampled_from("123456"), st.dictionaries(st.sampled_from([1, 2, 3]), MONEY, min_size=1), min_size=2
)
RUNS = st.builds(
    run,
    LEDGERS.filter(lambda ledger: any(month <= 2 for months in ledger.values() for month in months)),
    st.dictionaries(st.sampled_from("123456"), st.sampled_from(["G", "1", "2"])),
    st.sampled_from([2, 3]),
    cut_a=st.sampled_from([0.5, 0.8]),
)


@given(earlier=RUNS, later=RUNS)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_backwards_is_the_mirror_of_forwards(earlier: Run, later: Run) -> None:
    forwards, backwards = causes(earlier, later), causes(later, earlier)
    mirrored = {
        account: (after, before, OPPOSITE.get(cause, cause)) for account, (before, after, cause) in forwards.items()
    }
    assert backwards == mirrored


@given(earlier=RUNS, later=RUNS)
@settings(derandomize=True, max_examples=40, deadline=None)
def test_counts_by_cause_add_up_to_the_changes_and_every_cause_has_words(earlier: Run, later: Run) -> None:
    found = compare(earlier, later)
    accounts, counted = found.tables["accounts"], found.tables["causes"]
    assert counted["accounts"].sum() == len(accounts)
    assert set(accounts["cause"]) <= set(CAUSES)
    assert len(headlines(found, DE)) >= 1
    for finding in found.findings:
        parts = [int(str(finding.values[cause])) for cause in CAUSES if cause in finding.values]
        assert not parts or sum(parts) == finding.values["count"]


def test_the_runs_are_not_changed_by_comparing() -> None:
    earlier, later = run(), run(groups={"2": "G"}, cut_a=0.9)
    before = [
        table.copy() for one in (earlier, later) for result in one.results.values() for table in result.tables.values()
    ]
    compare(earlier, later)
    after = [table for one in (earlier, later) for result in one.results.values() for table in result.tables.values()]
    for first, second in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(first, second)


# page and table


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("later", [run(), run(cut_a=0.9), run(groups={"2": "G", "3": "G"}, months=2)])
def test_page_and_workbook_are_the_same_bytes_every_time(language: Language, later: Run) -> None:
    words = Words(language)
    found = compare(run(), later)
    assert comparison_page(found, words, HEAD) == comparison_page(found, words, HEAD)
    assert comparison_workbook(found, words, HEAD) == comparison_workbook(found, words, HEAD)


HOSTILE = [
    "<script>alert(1)</script>",
    "=1+1",
    "<r><t>x</t></r>",
    "$a_{b}$",
    "{count}",
    "\u202eevil",
    "https://x.example",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str) -> None:
    later = run(groups={"2": text}, settings={"period": text})
    found = compare(run(engagement=text), replace(later, engagement=text))
    page = BeautifulSoup(comparison_page(found, DE, replace(HEAD, engagement=text)), "html.parser")
    assert not page.find_all("script")
    assert all(a["href"].startswith(("#", "index", "compare")) for a in page.find_all("a"))
    assert printable(text) in {cell.get_text() for cell in page.find_all(["td", "th"])}


def test_runs_without_a_common_analysis_say_so() -> None:
    assert headlines(compare(run(results={}), run()), DE)[0] == "Die beiden Läufe haben keine Auswertung gemeinsam."
    assert headlines(compare(run(), run(results={})), DE)[0] == "Die beiden Läufe haben keine Auswertung gemeinsam."
