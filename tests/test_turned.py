"""What says the opposite if it is turned round: values in sentences, bases, spans, orders, limits, sums, axes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from selecting import measured, scored

from kamlab.comparison import Run, compare
from kamlab.facts.sales import Sales
from kamlab.figures import account_months, ledger_months, to_svg
from kamlab.figures.amounts import amounts
from kamlab.potential.findings import change_of
from kamlab.report import sentence
from kamlab.report.columns import FORMATS, SUMMED
from kamlab.report.comparison import headlines
from kamlab.report.tables import html_table, with_variance
from kamlab.results import Basis, Period, Result, RevenueTally, RowTally
from kamlab.selection import concentration, portfolio
from kamlab.selection.criteria import overlaps
from kamlab.selection.decision_list import because, hours_of, latest
from kamlab.selection.movement import usual_change
from kamlab.text import LANGUAGES, MISSING, Language, Words

DE = Words("de")
Sold = Callable[..., Sales]


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def told(analysis: str, key_numbers: dict[str, Any] | None = None, **tables: pd.DataFrame) -> Result:
    nothing = RevenueTally(read=0, used=0, left_out=0, rejected=0)  # type: ignore[arg-type]
    basis = Basis(
        period=Period(start=date(2025, 1, 1), end=date(2025, 12, 31)),
        rows=RowTally(read=0, used=0, left_out=0, rejected=0),
        revenue=nothing,
    )
    if analysis == "concentration":
        nobody = pd.DataFrame({"account_id": [], "name": [], "class": [], "revenue": []})
        tables = {"accounts": nobody, "not_positive": nobody.drop(columns="class")} | tables
    return Result(analysis, date(2025, 12, 31), "EUR", basis, key_numbers=key_numbers or {}, tables=tables)


def compared(earlier: list[Result], later: list[Result]) -> Result:
    """Compare two runs of these results by different versions."""
    runs = [
        Run(
            "run",
            "x",
            "EUR",
            date(2025, 12, 31),
            (),
            {},
            {},
            {"kamlab": str(at), "code": str(at)},
            {r.analysis: r for r in results},
        )
        for at, results in enumerate((earlier, later))
    ]
    return compare(*runs)


# values in sentences


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", r"groß und komplex sind, 2 € .* großen einfachen 9 €"),
        ("en", r"€2 with accounts that are large and complex, of €9 with large simple ones"),
    ],
)
def test_the_margin_of_an_hour_is_said_of_the_accounts_that_bring_it(language: Language, said: str) -> None:
    ledger = {
        "A": {"revenue": 500.0, "contribution_margin": 100.0, "hours": 50.0, "is_key_account": True},
        "B": {"revenue": 300.0, "contribution_margin": 90.0, "hours": 10.0, "is_key_account": True},
    }
    criteria = [("Wachstum", "attractiveness", 0.5, None), ("Produkte", "complexity", 0.5, None)]
    rated = {"A": {"Wachstum": 0.8, "Produkte": 0.8}, "B": {"Wachstum": 0.8, "Produkte": 0.1}}
    found = portfolio(measured(ledger), scored(rated, criteria, places=2)).finding("portfolio.effort.compared")
    assert found
    assert found.values == {"margin": 2.0, "other": 9.0}
    assert re.search(said, plain(sentence(found, Words(language))))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Der Umsatz im Zeitraum beträgt 150 €, vorher waren es 200 € (−25 %)."),
        ("en", "Revenue in the period is €150; it was €200 before (−25%)."),
    ],
)
def test_the_later_revenue_is_said_to_be_the_later(language: Language, said: str) -> None:
    pair = [[told("concentration", {"revenue": revenue})] for revenue in (200.0, 150.0)]
    assert said in [plain(line) for line in headlines(compared(*pair), Words(language, "EUR"))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_months_are_said_from_the_first_to_the_last(language: Language) -> None:
    starts = pd.to_datetime(["2025-03-01", "2025-01-01", "2025-02-01"])
    months = pd.DataFrame({"month": starts, "revenue": [1.0, 2.0, 4.0], "complete": True})
    pair = [[told("data_readiness", months=rows)] for rows in (months.head(0), months)]
    found = compared(*pair).finding("comparison.months_new")
    assert found
    assert found.values == {"count": 3, "first": date(2025, 1, 1), "last": date(2025, 3, 1), "difference": 7.0}
    words = Words(language)
    text = sentence(found, words)
    assert text.index(words.month(date(2025, 1, 1))) < text.index(words.month(date(2025, 3, 1)))


# bases of a change


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (150.0, 100.0, 0.5),
        (50.0, 100.0, -0.5),
        (-5.0, 10.0, -1.5),
        (5.0, 0.0, None),
        (5.0, -10.0, None),
        (5.0, 0.00001, None),
        (5.0, None, None),
        (None, 5.0, None),
    ],
)
def test_a_change_needs_something_before(now: float | None, before: float | None, change: float | None) -> None:
    assert change_of(now, before) == (None if change is None else pytest.approx(change))
    if now is None:
        return
    (row,), _ = amounts([("x", now, before)], DE)
    shown = {None: "", 0.0: "neu"}.get(before, MISSING) if change is None else DE.change(change)
    assert row.said_ratio == (shown if before != 0.00001 else "neu")


def test_a_table_has_no_variance_in_per_cent_of_nothing_or_less() -> None:
    frame = with_variance(
        pd.DataFrame({"revenue_now": [5.0, 5.0, 5.0, None], "revenue_before": [0.0, -10.0, 4.0, 8.0]})
    )
    assert list(frame["variance"]) == [5.0, 15.0, 1.0, -8.0]
    assert [None if ratio != ratio else ratio for ratio in frame["variance_ratio"]] == [None, None, 0.25, -1.0]


@pytest.mark.parametrize("before", [0.0, -100.0])
def test_revenue_has_no_change_on_a_year_without(sold: Sold, before: float) -> None:
    numbers = concentration(sold({"1": 50.0, "2": 50.0}, before={"1": before})).key_numbers
    assert numbers["revenue_change"] is None


def test_a_key_number_that_was_negative_grows_upwards() -> None:
    pair = [[told("concentration", {"loss": loss, "none": none})] for loss, none in ((-100, 0), (-50, 5))]
    numbers = compared(*pair).tables["key_numbers"].set_index("key")
    assert numbers.loc["loss", "difference"] == 50
    assert numbers.loc["loss", "relative"] == pytest.approx(0.5)
    assert np.isnan(numbers.loc["none", "relative"])


# spans other than a year, entries without a day


@pytest.mark.parametrize(("end", "factor"), [((2025, 6, 30), 2), ((2025, 12, 31), 1), ((2026, 12, 31), 0.5), (None, 1)])
def test_hours_of_any_period_are_told_of_a_year(end: tuple[int, int, int] | None, factor: float) -> None:
    own = measured({"A": {"revenue": 1.0}, "B": {"revenue": 1.0}})
    period = Period(start=date(2025, 1, 1), end=date(*end)) if end else None
    basis = own.sales.basis.model_copy(update={"period": period})
    pool = pd.DataFrame({"is_key_account": [True, False], "hours": [30.0, 10.0], "cost_to_serve": [90.0, 50.0]})
    yearly, known = hours_of(pool, replace(own, sales=replace(own.sales, basis=basis)), 0.0, None)
    assert known
    assert list(yearly["hours"]) == [30 * factor, 30 * factor]  # who is no key account takes what one usually does
    assert yearly["cost"].iloc[0] == 90 * factor
    assert list(yearly["spent"]) == [90 * factor, 50 * factor]


def test_a_decision_without_a_day_is_older_than_any_with_one() -> None:
    rows = [("1", "in", "2025-03-01"), ("1", "out", None), ("2", "in", None), ("2", "watch", None), ("3", "out", None)]
    rows += [("4", "in", "2025-05-01"), ("4", "out", "2025-04-01")]
    frame = pd.DataFrame(rows, columns=["account_id", "decision", "date"]).assign(reason="")
    assert latest(frame)["decision"].to_dict() == {"1": "in", "2": "watch", "3": "out", "4": "in"}


# orders


def test_changed_accounts_stand_by_class_then_size_then_number() -> None:
    def classed(**classes: str) -> Result:
        frame = pd.DataFrame({"account_id": list(classes), "class": list(classes.values())})
        sizes = {"small": 10.0, "large": 900.0, "first": 500.0, "second": 500.0, "top": 20.0, "fallen": 30.0}
        frame["revenue"] = frame["account_id"].map(sizes)
        return told("concentration", accounts=frame.assign(name=frame["account_id"]))

    earlier = classed(small="B", second="B", first="C", large="C", top="B", fallen="A")
    later = classed(second="C", small="C", large="B", first="B", fallen="B", top="A")
    listed = compared([earlier], [later]).tables["accounts"]["account_id"]
    assert list(listed) == ["fallen", "top", "large", "first", "second", "small"]


def test_causes_stand_by_their_number() -> None:
    def chosen(**status: str) -> Result:
        return told("scoring", accounts=pd.DataFrame({"account_id": list(status), "status": list(status.values())}))

    def of_value(**kinds: str) -> Result:
        return told("customer_value", accounts=pd.DataFrame({"account_id": list(kinds), "kind": list(kinds.values())}))

    earlier = [chosen(a="in", b="in"), of_value(a="x", b="x", c="x")]
    later = [chosen(a="out", b="in"), of_value(a="y", b="y", c="x")]
    assert list(compared(earlier, later).tables["causes"]["accounts"]) == [2, 1]


def test_results_that_differ_for_no_known_reason_are_compared_all_the_same() -> None:
    pair = [
        Run("run", "x", "EUR", date(2025, 12, 31), (), {}, {}, {}, {"scoring": told("scoring", accounts=frame)})
        for frame in (pd.DataFrame({"account_id": ["1"], "status": [status]}) for status in ("set", "out"))
    ]
    found = compare(*pair)
    assert found.tables["circumstances"].empty
    assert found.tables["accounts"]["later"].tolist() == ["out"]


# limits at which something else is said


def test_accounts_tell_what_is_usual_from_eight_on() -> None:
    revenue = np.linspace(100.0, 10.0, 11)
    for count, is_told in ((10, False), (11, True)):  # the first three are too large to be near a cut behind the eighth
        now = revenue[:count] * np.linspace(1.0, 1.3, count)
        assert (usual_change(now, revenue[:count], above=8) is not None) == is_told


def test_two_criteria_measure_the_same_from_the_limit_on() -> None:
    ranks = np.arange(10.0)
    alike, apart = ranks.copy(), ranks.copy()
    alike[[0, 4]] = alike[[4, 0]]  # correlated by 0.81
    apart[[0, 5]] = apart[[5, 0]]  # by 0.70
    frame = pd.DataFrame({"one": ranks, "alike": alike, "apart": apart})
    weights = pd.Series(0.2, index=frame.columns)
    found = overlaps(frame, weights)
    assert found[["criterion", "other"]].to_numpy().tolist() == [["one", "alike"]]
    assert found["correlation"].iloc[0] == pytest.approx(1 - 6 * 2 * 16 / 990)
    frame = pd.DataFrame({"one": ranks, "same": ranks}).head(8)
    assert [
        len(overlaps(frame.head(count), weights.rename({"alike": "same"})[["one", "same"]])) for count in (7, 8)
    ] == [0, 1]


@pytest.mark.parametrize(("opinions", "says"), [(2, False), (3, True)])
@pytest.mark.parametrize(("status", "on_list"), [("stays", True), ("waits", True), ("leaves", False), ("watch", False)])
def test_votes_are_a_reason_from_three_opinions_on(opinions: int, says: bool, status: str, on_list: bool) -> None:
    row = {"by": "computed", "knock_out": np.nan, "stability": None, "fits": None, "rank": 3.0, "status": status}
    codes = because(row | {"coverage_model": np.nan}, opinions, "places").split()
    assert ("votes" in codes) == (says and on_list)


# sums


RATIOS = {"percent", "change", "points", "of_hundred", "measured", "date", "month"}


def test_nothing_is_summed_up_but_amounts_counts_and_shares_of_one_whole() -> None:
    ratios = {name for name, form in FORMATS.items() if form[0] in RATIOS} | {"margin_per_hour", "score", "rank"}
    assert len(ratios) > 30
    assert ratios & SUMMED == {"share"}  # of all, and all of them are one


def test_a_ratio_has_no_sum_and_the_total_its_own_variance() -> None:
    frame = pd.DataFrame({"coverage_model": ["key_account", "watch"], "accounts": [1, 2], "hours": [10.0, 30.0]})
    frame = frame.assign(contribution_margin=[100.0, 50.0], margin_rate=[0.5, 0.25], margin_per_hour=[10.0, 5.0])
    table = BeautifulSoup(html_table(frame, DE, "portfolio-coverage", "x"), "html.parser")
    head = [cell.get_text(strip=True) for cell in table.select("thead th")]
    total = [cell.get_text(strip=True) for cell in table.select("tr.total")[0].find_all(["th", "td"])]
    assert total[1:] == ["3", "40", "150", "", ""], head
    compared = pd.DataFrame({"class": ["A", "B"], "revenue_now": [150.0, 30.0], "revenue_before": [100.0, 50.0]})
    table = BeautifulSoup(html_table(compared, DE, "concentration-x", "x"), "html.parser")
    total = [plain(cell.get_text(strip=True)) for cell in table.select("tr.total")[0].find_all(["th", "td"])]
    assert total[1:] == ["180", "150", "+30", "+20 %"]


# axes


def texts(svg: str) -> list[tuple[str, float]]:
    """Return the texts of a figure with how far to the right they stand."""
    found = []
    for text in BeautifulSoup(svg, "html.parser").find_all("text"):
        place = re.search(r"translate\(([-\d.]+)", str(text.get("transform", "")))
        found.append((text.get_text(), float(place[1] if place else str(text["x"]))))
    return found


def test_years_stand_under_their_first_month() -> None:
    starts = pd.period_range("2023-11", periods=20, freq="M").to_timestamp()
    frame = pd.DataFrame({"month": starts, "lines": 1, "revenue": 5.0, "complete": True})
    drawing = ledger_months(told("data_readiness", months=frame), DE)
    assert drawing
    years = {text: x for text, x in texts(to_svg(drawing, "x")) if re.fullmatch(r"20\d\d", text)}
    assert list(years) == sorted(years)
    assert {"2024", "2025"} <= set(years)
    if "2023" in years:  # has two months of room
        assert (years["2025"] - years["2024"]) / (years["2024"] - years["2023"]) == pytest.approx(6, rel=0.1)


def test_each_month_has_its_own_name_and_january_its_year() -> None:
    starts = pd.period_range("2024-11", periods=4, freq="M").to_timestamp()
    frame = pd.DataFrame({"month": starts, "revenue": [1.0, 2, 3, 4], "before": float("nan"), "complete": True})
    result = told("account_dossier", accounts=pd.DataFrame({"name": ["A"]}), months=frame)
    drawing = account_months(result, DE)
    assert drawing
    named = sorted((x, text) for text, x in texts(to_svg(drawing, "x")) if re.match(r"(Nov|Dez|Jan|Feb)", text))
    assert [text.replace(".", "") for _, text in named] == ["Nov 2024", "Dez", "Jan 2025", "Feb"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
@settings(derandomize=True, max_examples=30, deadline=None, database=None)
def test_bars_reach_from_the_lowest_to_the_highest(values: list[float]) -> None:
    rows, _ = amounts([(str(at), value, None) for at, value in enumerate(values)], DE)
    assert [(row.low, row.high) for row in rows] == [(min(0.0, value), max(0.0, value)) for value in values]
