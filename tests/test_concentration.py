"""Concentration: hand case, references, invariants and the edges that were decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations
from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.facts.sales import Sales
from kamlab.results import Period, Result
from kamlab.selection import concentration
from kamlab.selection.shares import accounts_for, gini, hhi
from kamlab.text import Words

Sold = Callable[..., Sales]
DE = Words("de")

HAND = {"1": 500.0, "2": 300.0, "3": 150.0, "4": 50.0, "5": -20.0, "6": 0.0}
PROMISED = {
    "accounts",
    "accounts_not_positive",
    "accounts_without_lines",
    "revenue",
    "revenue_not_positive",
    "accounts_for_80",
    "top20_share",
    "largest_share",
    "gini",
    "hhi",
    "class_a_accounts",
    "class_a_share",
}
SHARES = {"accounts_for_80", "top20_share", "largest_share", "gini", "hhi", "class_a_accounts", "class_a_share"}

cents = st.integers(1, 10**9)
ledgers = st.lists(cents, min_size=1, max_size=30)
signed_ledgers = st.lists(st.integers(-(10**7), 10**8), min_size=1, max_size=30)
cuts = st.integers(1, 100).map(lambda n: n / 100)
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def named(amounts: list[int]) -> dict[str, float]:
    return {f"{at:03d}": amount / 100 for at, amount in enumerate(amounts)}


def classes(result: Result) -> dict[str, str]:
    accounts = result.tables["accounts"]
    return dict(zip(accounts["account_id"], accounts["class"], strict=True))


def movements(result: Result) -> dict[str, str]:
    changes = result.tables["changes"]
    return dict(zip(changes["account_id"], changes["movement"], strict=True))


# The hand case: 500, 300, 150, 50 of 1000; one account below zero, one at zero.


def test_hand_case_key_numbers(sold: Sold) -> None:
    numbers = concentration(sold(HAND)).key_numbers
    counted = {"accounts": 4, "accounts_not_positive": 2, "accounts_for_80": 2, "class_a_accounts": 2}
    money = {"revenue": 980, "revenue_not_positive": -20}
    shares = {"largest_share": 0.5, "top20_share": 0.5, "class_a_share": 0.8}
    # Gini: 2·(1·50 + 2·150 + 3·300 + 4·500) / (4·1000) − 5/4; HHI: .5² + .3² + .15² + .05²
    for key, expected in (counted | money | shares | {"gini": 0.375, "hhi": 0.365}).items():
        assert numbers[key] == pytest.approx(expected), key


def test_hand_case_table(sold: Sold) -> None:
    accounts = concentration(sold(HAND)).tables["accounts"]
    first = ["account_id", "name", "revenue", "share", "cumulative_share", "rank", "class"]
    assert list(accounts.columns) == [*first, "sites"]
    assert accounts["account_id"].tolist() == ["1", "2", "3", "4"]
    assert accounts["share"].tolist() == pytest.approx([0.5, 0.3, 0.15, 0.05])
    assert accounts["cumulative_share"].tolist() == pytest.approx([0.5, 0.8, 0.95, 1])
    assert accounts["rank"].tolist() == [1, 2, 3, 4]
    assert accounts["class"].tolist() == ["A", "A", "B", "C"]


def test_hand_case_classes(sold: Sold) -> None:
    classes = concentration(sold(HAND, margin={"1": 10.0, "2": 20.0, "3": 30.0, "4": -5.0})).tables["classes"]
    assert classes["class"].tolist() == ["A", "B", "C"]
    assert classes["accounts"].tolist() == [2, 1, 1]
    assert classes["revenue"].tolist() == pytest.approx([800, 150, 50])
    assert classes["share"].tolist() == pytest.approx([0.8, 0.15, 0.05])
    assert classes["contribution_margin"].tolist() == pytest.approx([30, 30, -5])


def test_classes_without_margin_have_no_column_for_it(sold: Sold) -> None:
    assert "contribution_margin" not in concentration(sold(HAND)).tables["classes"]


def test_sites_of_an_account_are_counted(sold: Sold) -> None:
    sales = sold(HAND)
    second = sales.sites.head(1).assign(site_id="1b")
    result = concentration(replace(sales, sites=pd.concat([sales.sites, second], ignore_index=True)))
    assert result.tables["accounts"]["sites"].tolist() == [2, 1, 1, 1]


def test_all_promised_key_numbers_are_there(sold: Sold) -> None:
    assert concentration(sold(HAND)).key_numbers.keys() >= PROMISED


def test_key_numbers_are_plain_values(sold: Sold) -> None:
    kinds = {type(value) for value in concentration(sold(HAND, margin=HAND)).key_numbers.values()}
    assert kinds <= {int, float, str, type(None)}  # no numpy scalar, which JSON does not know


# References


def test_gini_of_one_to_five() -> None:
    assert gini(np.array([1, 2, 3, 4, 5])) == pytest.approx(4 / 15)  # .26667: ineq::Gini(1:5) in R


def test_hhi_of_a_textbook_market() -> None:
    assert hhi(np.array([50, 30, 20])) == pytest.approx(0.38)  # .25 + .09 + .04


@quick
@given(ledgers)
def test_gini_is_half_the_relative_mean_difference(amounts: list[int]) -> None:
    n, total = len(amounts), sum(amounts)
    differences = 2 * sum(abs(a - b) for a, b in combinations(amounts, 2))
    expected = Fraction(differences, 2 * n * total)  # Kendall & Stuart: Δ / 2μ, over all n² pairs
    assert gini(np.array(amounts) / 100) == pytest.approx(float(expected), abs=1e-9)


@quick
@given(ledgers)
def test_hhi_is_the_sum_of_squared_shares(amounts: list[int]) -> None:
    expected = sum(Fraction(amount, sum(amounts)) ** 2 for amount in amounts)
    assert hhi(np.array(amounts) / 100) == pytest.approx(float(expected))


@quick
@given(ledgers, st.integers(1, 100))
def test_accounts_for_agrees_with_exact_arithmetic(amounts: list[int], hundredths: int) -> None:
    ordered, reached, expected = sorted(amounts, reverse=True), 0, 0
    for amount in ordered:
        if Fraction(reached) < Fraction(hundredths, 100) * sum(ordered):
            expected += 1
        reached += amount
    assert accounts_for(np.array(ordered) / 100, hundredths / 100) == expected


# Invariants


@quick
@given(amounts=signed_ledgers, cut_a=cuts, cut_b=cuts)
def test_shares_add_up_to_one(sold: Sold, amounts: list[int], cut_a: float, cut_b: float) -> None:
    cut_a, cut_b = sorted((cut_a, cut_b))
    accounts = concentration(sold(named(amounts)), cut_a, cut_b).tables["accounts"]
    assert len(accounts) == sum(amount > 0 for amount in amounts)
    if len(accounts):
        assert accounts["share"].sum() == pytest.approx(1)
        assert accounts["cumulative_share"].iloc[-1] == pytest.approx(1)
        assert accounts["cumulative_share"].is_monotonic_increasing
        assert accounts["cumulative_share"].between(0, 1).all()


@quick
@given(amounts=signed_ledgers, cut_a=cuts, cut_b=cuts)
def test_classes_never_get_better_down_the_ranking(sold: Sold, amounts: list[int], cut_a: float, cut_b: float) -> None:
    cut_a, cut_b = sorted((cut_a, cut_b))
    result = concentration(sold(named(amounts)), cut_a, cut_b)
    accounts = result.tables["accounts"]
    assert accounts["class"].is_monotonic_increasing
    assert accounts["revenue"].is_monotonic_decreasing
    assert result.key_numbers["class_a_accounts"] == ((accounts["class"] == "A").sum() or None)


@quick
@given(amounts=signed_ledgers)
def test_every_account_is_ranked_or_shown_apart(sold: Sold, amounts: list[int]) -> None:
    sales = sold(named(amounts), without_lines=["never"])
    result = concentration(sales)
    ranked, apart = (result.tables[name]["account_id"].tolist() for name in ("accounts", "not_positive"))
    assert sorted(ranked + apart) == sorted(set(sales.accounts["account_id"]) - {"never"})


@quick
@given(amounts=signed_ledgers)
def test_revenue_of_both_tables_adds_up_to_the_total(sold: Sold, amounts: list[int]) -> None:
    result = concentration(sold(named(amounts)))
    total = sum(result.tables[name]["revenue"].sum() for name in ("accounts", "not_positive"))
    assert total == pytest.approx(sum(amounts) / 100, abs=0.005)
    assert result.key_numbers["revenue"] == pytest.approx(sum(amounts) / 100, abs=0.005)


@quick
@given(amounts=ledgers, one=cuts, other=cuts)
def test_accounts_for_rises_with_the_cut(amounts: list[int], one: float, other: float) -> None:
    values = np.sort(np.array(amounts) / 100)[::-1]
    low, high = (accounts_for(values, cut) for cut in sorted((one, other)))
    assert 1 <= low <= high <= len(values)


@quick
@given(amounts=ledgers, power=st.integers(-2, 8))
def test_scaling_revenue_changes_no_share(sold: Sold, amounts: list[int], power: int) -> None:
    small = concentration(sold(named(amounts)))
    large = concentration(sold({name: value * 2.0**power for name, value in named(amounts).items()}))
    assert classes(small) == classes(large)
    for key in SHARES:
        assert small.key_numbers[key] == pytest.approx(large.key_numbers[key]), key


@quick
@given(amounts=signed_ledgers, seed=st.randoms(use_true_random=False))
def test_order_of_the_accounts_changes_nothing(sold: Sold, amounts: list[int], seed: object) -> None:
    sales = sold(named(amounts), before=named(amounts[::-1]), margin=named(amounts))
    order = list(range(len(sales.accounts)))
    seed.shuffle(order)  # type: ignore[attr-defined]
    one = concentration(sales)
    other = concentration(replace(sales, accounts=sales.accounts.iloc[order].reset_index(drop=True)))
    for name in ("accounts", "not_positive", "changes", "by_margin"):
        pd.testing.assert_frame_equal(one.tables[name], other.tables[name])
    assert [finding.key for finding in one.findings] == [finding.key for finding in other.findings]


def test_input_is_not_changed(sold: Sold) -> None:
    sales = sold(HAND, before=HAND, margin=HAND)
    accounts, sites = sales.accounts.copy(deep=True), sales.sites.copy(deep=True)
    concentration(sales)
    pd.testing.assert_frame_equal(sales.accounts, accounts)
    pd.testing.assert_frame_equal(sales.sites, sites)


# Edges


def test_account_that_crosses_a_cut_belongs_to_the_better_class(sold: Sold) -> None:
    assert classes(concentration(sold({"1": 79, "2": 11, "3": 6, "4": 4}))) == {"1": "A", "2": "A", "3": "B", "4": "C"}


def test_cut_reached_exactly_takes_no_further_account(sold: Sold) -> None:
    assert classes(concentration(sold({"1": 80, "2": 15, "3": 5}))) == {"1": "A", "2": "B", "3": "C"}


def test_cut_reached_exactly_survives_float_dust(sold: Sold) -> None:
    tenths = concentration(sold({str(at): 0.1 for at in range(10)}))  # .1 + .1 + … is not .8 in floats
    assert tenths.key_numbers["accounts_for_80"] == 8


def test_cut_of_one_takes_everybody(sold: Sold) -> None:
    assert set(classes(concentration(sold({"1": 99.99, "2": 0.01}), 1.0, 1.0)).values()) == {"A"}


def test_equal_cuts_leave_no_class_b(sold: Sold) -> None:
    assert set(classes(concentration(sold(HAND), 0.8, 0.8)).values()) == {"A", "C"}


def test_ties_are_ordered_by_account_id(sold: Sold) -> None:
    accounts = concentration(sold({"30": 10, "4": 10, "1": 10, "9": 40})).tables["accounts"]
    assert accounts["account_id"].tolist() == ["9", "1", "30", "4"]


def test_tie_at_the_border_of_class_a_is_printed(sold: Sold) -> None:
    result = concentration(sold({str(at): 10.0 for at in range(10)}))
    tie = next(choice for choice in result.basis.choices if choice.key == "concentration.choice.ties")
    assert tie.values == {"count": 2, "revenue": 10}


def test_tie_away_from_the_border_is_no_choice(sold: Sold) -> None:
    keys = {choice.key for choice in concentration(sold({"1": 80, "2": 10, "3": 10})).basis.choices}
    assert "concentration.choice.ties" not in keys


def test_accounts_at_or_below_zero_stand_apart(sold: Sold) -> None:
    result = concentration(sold(HAND))
    apart = result.tables["not_positive"]
    assert list(apart.columns)[:3] == ["account_id", "name", "revenue"]
    assert apart["revenue"].tolist() == [-20, 0]
    choice = next(c for c in result.basis.choices if c.key == "concentration.choice.not_positive")
    assert choice.values == {"count": 2, "revenue": -20}


def test_accounts_below_zero_are_in_no_share(sold: Sold) -> None:
    with_them, without = (concentration(sold(ledger)) for ledger in (HAND, {k: v for k, v in HAND.items() if v > 0}))
    assert {key: with_them.key_numbers[key] for key in SHARES} == {key: without.key_numbers[key] for key in SHARES}


@pytest.mark.parametrize("dust", [0.00004, -0.00004, 1e-12])
def test_dust_below_the_fourth_decimal_is_zero(sold: Sold, dust: float) -> None:
    result = concentration(sold({"1": 10, "2": dust}))
    assert result.tables["accounts"]["account_id"].tolist() == ["1"]
    assert result.tables["not_positive"]["account_id"].tolist() == ["2"]


def test_smallest_amount_that_counts(sold: Sold) -> None:
    assert concentration(sold({"1": 10, "2": 0.0001})).key_numbers["accounts"] == 2


def test_one_account(sold: Sold) -> None:
    result = concentration(sold({"1": 10}))
    assert result.findings[0].key == "concentration.title_one"
    expected = {"accounts": 1, "accounts_for_80": 1, "largest_share": 1, "gini": 0, "hhi": 1, "class_a_accounts": 1}
    assert {key: result.key_numbers[key] for key in expected} == pytest.approx(expected)


def test_all_accounts_equal(sold: Sold) -> None:
    numbers = concentration(sold({f"{at:02d}": 7.0 for at in range(25)})).key_numbers
    expected = {"gini": 0, "hhi": 1 / 25, "equal_accounts": 25, "accounts_for_80": 20, "top20_share": 0.2}
    assert {key: numbers[key] for key in expected} == pytest.approx(expected)


@pytest.mark.parametrize("ledger", [{}, {"1": 0.0}, {"1": -5.0, "2": 0.0}], ids=["none", "zero", "negative"])
def test_no_positive_account_says_what_is_not_possible(sold: Sold, ledger: dict[str, float]) -> None:
    result = concentration(sold(ledger, before={"1": 10.0}, margin=ledger))
    assert {key: result.key_numbers[key] for key in SHARES} == dict.fromkeys(SHARES)
    assert result.key_numbers["accounts"] == 0
    assert "ABC-Analyse ist nicht möglich" in Words("de")(result.findings[0].key, **result.findings[0].values)


def test_top_20_per_cent_are_rounded_up_to_whole_accounts(sold: Sold) -> None:
    for n in (1, 4, 5, 6, 11):
        amounts = [float(n - at) for at in range(n)]
        numbers = concentration(sold({f"{at:02d}": amount for at, amount in enumerate(amounts)})).key_numbers
        assert numbers["top20_share"] == pytest.approx(sum(amounts[: ceil(n / 5)]) / sum(amounts))


def test_accounts_without_a_line_are_counted_only(sold: Sold) -> None:
    result = concentration(sold(HAND, without_lines=["7", "8", "9"]))
    assert result.key_numbers["accounts_without_lines"] == 3
    assert "7" not in set(result.tables["not_positive"]["account_id"])


@pytest.mark.parametrize(("cut_a", "cut_b"), [(0.9, 0.8), (0, 0.5), (-0.1, 0.5), (0.8, 1.01), (80, 95)])
def test_cuts_out_of_order_are_refused(sold: Sold, cut_a: float, cut_b: float) -> None:
    with pytest.raises(ValueError, match=f"cut_a={cut_a}, cut_b={cut_b}"):
        concentration(sold(HAND), cut_a, cut_b)


def test_cut_that_is_no_number_is_refused(sold: Sold) -> None:
    with pytest.raises(ValueError, match="cut_a=nan"):
        concentration(sold(HAND), float("nan"), 0.9)


def test_other_cuts_are_shown_as_sensitivity(sold: Sold) -> None:
    table = concentration(sold(HAND)).tables["sensitivity"]
    assert table["cut"].tolist() == [0.7, 0.75, 0.8, 0.85, 0.9]
    assert table["accounts"].tolist() == [2, 2, 2, 3, 3]
    assert table["share"].tolist() == pytest.approx([0.8, 0.8, 0.8, 0.95, 0.95])
    assert (table["share"] >= table["cut"] - 1e-9).all()


# The year before

BEFORE = {"1": 60.0, "2": 20.0, "3": 10.0, "4": 10.0}
NOW = {"1": 60.0, "3": 30.0, "2": 5.0, "5": 5.0}


def test_movements(sold: Sold) -> None:
    result = concentration(sold(NOW, before=BEFORE))
    assert movements(result) == {"1": "stayed", "3": "rose", "2": "fell", "5": "came", "4": "left"}


def test_movements_become_findings(sold: Sold) -> None:
    result = concentration(sold(NOW, before=BEFORE, names={"3": "Steiger", "2": "Faller"}))
    found = {finding.key: finding.values for finding in result.findings}
    assert found["concentration.head.crossed"] == {"count": 2, "rose": 1, "fell": 1, "on_cut": 0}
    assert found["concentration.do.fell"]["names"] == ["Faller"]
    assert found["concentration.change.came"] == {"count": 1, "revenue": 5, "months": 12}
    assert found["concentration.change.left"] == {"count": 1, "revenue": 10, "months": 12}
    assert "concentration.head.steady" not in found


def test_more_than_three_names_are_counted(sold: Sold) -> None:
    now = {"0": 100.0} | {str(at): 1.0 for at in range(1, 6)}
    before = {"0": 100.0} | {str(at): 100.0 for at in range(1, 6)}
    fell = concentration(sold(now, before=before), 0.95, 0.99).finding("concentration.do.fell_many")
    assert fell is not None
    assert (fell.values["count"], fell.values["names"]) == (5, ["Kunde 1", "Kunde 2", "Kunde 3"])


def test_same_accounts_in_class_a_are_steady(sold: Sold) -> None:
    result = concentration(sold(HAND, before=HAND))
    assert set(movements(result).values()) == {"stayed"}
    assert result.finding("concentration.head.steady")


def test_account_that_turns_negative_has_left(sold: Sold) -> None:
    result = concentration(sold({"1": 10, "2": -1}, before={"1": 10, "2": 5}))
    assert movements(result) == {"1": "stayed", "2": "left"}


def test_account_without_positive_revenue_in_both_years_moves_nowhere(sold: Sold) -> None:
    assert movements(concentration(sold({"1": 10, "2": -1}, before={"1": 10, "2": 0}))) == {"1": "stayed"}


def test_no_comparison_says_so(sold: Sold) -> None:
    result = concentration(sold(HAND))
    assert "changes" not in result.tables
    assert result.finding("concentration.sure.no_comparison")
    assert not result.finding("concentration.head.steady")


def test_year_before_without_positive_revenue(sold: Sold) -> None:
    result = concentration(sold({"1": 10, "2": 5}, before={}))
    assert set(movements(result).values()) == {"came"}
    assert result.finding("concentration.dependence")


def spanning(sales: Sales, first: date, last: date) -> Sales:
    """Compare these days with the same a year before; the period stays the year 2025."""
    spans = [Period(start=first.replace(year=year), end=last.replace(year=year)) for year in (2025, 2024)]
    return replace(sales, comparison=(spans[0], spans[1]))


def test_other_span_of_the_comparison_is_said(sold: Sold) -> None:
    result = concentration(spanning(sold(NOW, before=BEFORE), date(2025, 1, 1), date(2025, 11, 30)))
    said = result.finding("concentration.sure.other_span")
    assert said is not None
    assert (said.values["months"], said.values["now_end"], said.values["end"]) == (
        11,
        date(2025, 11, 30),
        date(2025, 12, 31),
    )
    assert not result.finding("concentration.method.compared")


def test_same_span_needs_no_word_about_another(sold: Sold) -> None:
    result = concentration(sold(NOW, before=BEFORE))
    assert result.finding("concentration.method.compared")
    assert not result.finding("concentration.sure.other_span")


def test_fewer_months_than_a_year_are_said(sold: Sold) -> None:
    result = concentration(spanning(sold(NOW, before=BEFORE), date(2025, 7, 1), date(2025, 12, 31)))
    for key in ("came_months", "left_months"):
        found = result.finding(f"concentration.change.{key}")
        assert found is not None
        assert "6 verglichenen Monaten" in DE(found.key, **found.values)


def test_revenue_change_is_that_of_the_reported_period(sold: Sold) -> None:
    sales = sold({"1": 120.0, "2": -10.0}, before={"1": 100.0})
    assert concentration(sales).key_numbers["revenue_change"] == pytest.approx(0.1)
    other = spanning(sales, date(2025, 1, 1), date(2025, 11, 30))
    assert concentration(other).key_numbers["revenue_change"] is None


@pytest.mark.parametrize("before", [None, {}, {"1": -5.0}], ids=["none", "empty", "negative"])
def test_without_revenue_before_there_is_no_change(sold: Sold, before: dict[str, float] | None) -> None:
    assert concentration(sold(HAND, before=before)).key_numbers["revenue_change"] is None


def test_dependence_that_did_not_change_is_not_compared(sold: Sold) -> None:
    assert concentration(sold(HAND, before=HAND)).finding("concentration.dependence")
    assert concentration(sold(NOW, before={"1": 1.0, "2": 1.0, "3": 1.0})).finding("concentration.dependence_year")


@pytest.mark.parametrize("ledger", [{"1": 5.0}, {"1": 5.0, "2": 5.0}], ids=["one", "equal"])
def test_nobody_is_largest_among_equals(sold: Sold, ledger: dict[str, float]) -> None:
    result = concentration(sold(ledger, margin=ledger))
    assert not [f.key for f in result.findings if f.key.startswith("concentration.largest")]


def test_without_positive_account_nothing_is_advised_on_them(sold: Sold) -> None:
    result = concentration(sold({"1": -5.0}, before={"1": 3.0}))
    assert [finding.key for finding in result.findings] == ["concentration.title_none", "concentration.do.none"]
    assert result.tables["sensitivity"].empty
    assert result.tables["classes"].empty


def test_share_is_said_of_the_positive_only_where_some_are_not(sold: Sold) -> None:
    assert concentration(sold(HAND)).key_numbers["largest_share_of_positive"] == 0.5
    assert concentration(sold({"1": 5.0, "2": 5.0})).key_numbers["largest_share_of_positive"] is None


# Contribution margin


def test_margin_share_of_the_largest_is_that_of_the_table(sold: Sold) -> None:
    result = concentration(sold({"1": 80, "2": 15, "3": 5}, margin={"1": 30, "2": 10, "3": -20}))
    found = result.finding("concentration.largest_margin")
    assert found is not None
    assert found.values["margin_share"] == pytest.approx(0.75)
    assert found.values["margin_share"] == result.tables["by_margin"]["share"].iloc[0]


def test_by_margin_ranks_by_margin(sold: Sold) -> None:
    result = concentration(sold({"1": 80, "2": 20}, margin={"1": 10, "2": 15}))
    by_margin = result.tables["by_margin"]
    assert by_margin["account_id"].tolist() == ["2", "1"]
    assert by_margin["share"].tolist() == pytest.approx([0.6, 0.4])
    assert by_margin["revenue_class"].tolist() == ["B", "A"]


def test_negative_margins_are_in_no_margin_share(sold: Sold) -> None:
    result = concentration(sold({"1": 80, "2": 15, "3": 5}, margin={"1": -10, "2": 6, "3": 2}))
    assert result.tables["by_margin"]["account_id"].tolist() == ["2", "3"]
    assert result.tables["by_margin"]["share"].sum() == pytest.approx(1)
    assert result.key_numbers["contribution_margin"] == pytest.approx(-2)


def test_large_account_without_margin_is_named(sold: Sold) -> None:
    names = {"1": "Groß GmbH"}
    result = concentration(sold({"1": 80, "2": 15, "3": 5}, margin={"1": -10, "2": 6, "3": 2}, names=names))
    named_ = result.finding("concentration.do.little_margin")
    assert named_ is not None
    assert named_.values["names"] == ["Groß GmbH"]
    counted = result.finding("concentration.margin")
    assert counted is not None
    assert counted.values == {"count": 2, "more": 2, "less": 1}


def test_loss_of_an_account_with_negative_margin_is_told_in_revenue(sold: Sold) -> None:
    result = concentration(sold({"1": 80, "2": 20}, margin={"1": -10, "2": 6}))
    assert result.finding("concentration.largest")
    assert not result.finding("concentration.largest_margin")


def test_all_margins_negative(sold: Sold) -> None:
    result = concentration(sold({"1": 80, "2": 20}, margin={"1": -10, "2": -6}))
    assert result.tables["by_margin"].empty
    assert not result.finding("concentration.margin")


def test_without_margin_there_is_no_view_by_margin(sold: Sold) -> None:
    result = concentration(sold(HAND))
    assert "by_margin" not in result.tables
    assert result.key_numbers["contribution_margin"] is None


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("before", [None, {}, BEFORE, HAND], ids=["short", "empty", "moved", "steady"])
@pytest.mark.parametrize("ledger", [{}, {"1": 5.0}, NOW, HAND], ids=["none", "one", "moved", "hand"])
def test_every_finding_can_be_phrased(sold: Sold, language: str, before: dict | None, ledger: dict) -> None:
    result = concentration(sold(ledger, before=before, margin={k: v / 3 for k, v in ledger.items()}))
    words = Words(language)  # type: ignore[arg-type]
    for finding in (*result.findings, *result.basis.choices):
        assert "{" not in words(finding.key, **finding.values)
