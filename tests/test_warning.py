"""Early warning: the rhythm of an account, its pauses, and whether the same rules would have been right before."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_value import MONTHS, described, ledger, steady

from kamlab.engagement import Engagement
from kamlab.facts import prepare
from kamlab.facts.account import account_sales
from kamlab.facts.histories import histories
from kamlab.facts.rhythm import is_unusual, rhythm_of, rhythms, unusual_from
from kamlab.facts.silence import log_of_merged, yearly_chance
from kamlab.report import sentence
from kamlab.selection import customer_value
from kamlab.selection.warning import _bent, _in_order, _lines, warnings
from kamlab.text import Words

END = pd.Timestamp("2025-12-31")
DE = Words("de")
CALIBRATION = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "calibration_warning.py"))
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def days(**accounts: list[int]) -> pd.DataFrame:
    """Make days with orders out of the days before the end."""
    rows = [
        {"account_id": name, "date": END - pd.Timedelta(days=back), "amount": 10.0}
        for name, own in sorted(accounts.items())
        for back in sorted(own, reverse=True)
    ]
    return pd.DataFrame(rows)


RHYTHM = [71 + 24 * at for at in range(6)]  # every 24 days, silent for 71


def test_hand_case_of_a_rhythm() -> None:
    measured = rhythms(days(a=RHYTHM, b=[3, 10]), END)
    assert measured.loc["a", ["orders", "days_silent", "usual_gap", "longest_gap"]].tolist() == [6, 71, 24, 24]
    assert measured.loc["b", ["orders", "days_silent", "longest_gap"]].tolist() == [2, 3, 7]
    assert np.isnan(measured.loc["b", "usual_gap"])  # two orders are no rhythm
    assert is_unusual(measured).to_dict() == {"a": True, "b": False}


def test_the_chance_to_be_found_silent_by_hand() -> None:
    """Orders by chance whose mean gap is known for sure: found silent are 12 × what the checks meet of long gaps."""
    mean, count = 20.0, 1e6
    log = np.log(mean) - 0.57722  # of exponential times, the mean logarithm is that of the mean less Euler's constant
    for silent in (60.0, 90.0, 120.0):
        found = 12 * (np.exp(-(silent - 0.5) / mean) - np.exp(-(silent - 0.5 + 365 / 12) / mean))
        chance = yearly_chance(np.array([silent]), np.array([count]), np.array([mean]), np.array([log]))
        assert chance[0] == pytest.approx(1 - np.exp(-found), rel=0.02)


def test_orders_of_a_day_are_one() -> None:
    """A gap of one day took up to one, on average half: the logarithm of its length averages -1, not 0."""
    assert log_of_merged(np.array([1.0, 2.0, 7.0])) == pytest.approx([-1, 2 * np.log(2) - 1, 1.87081], abs=1e-5)


@settings(quick, max_examples=8)
@given(st.lists(st.integers(1, 90), min_size=5, max_size=40))
def test_an_account_is_unusual_from_the_day_that_is_said(between: list[int]) -> None:
    """The later, the rarer; the first unusual day is later than every pause so far, and the day before is not one."""
    back = np.cumsum([0, *between[::-1]])
    first = int(unusual_from(rhythms(days(a=list(back)), END)).iloc[0])
    assert first > max(between)
    for silent in (first - 1, first, first + 30):
        assert is_unusual(rhythms(days(a=[int(at) + silent for at in back]), END)).to_list() == [silent >= first]


def test_as_long_as_ever_is_not_unusual() -> None:
    measured = rhythms(days(a=[24 + 24 * at for at in range(6)]), END)
    assert not is_unusual(measured).any()


def test_later_orders_are_not_seen() -> None:
    cut = END - pd.Timedelta(days=50)
    one, other = (rhythms(days(a=[*RHYTHM, *later]), cut) for later in ([], [3, 40]))
    pd.testing.assert_frame_equal(one, other)


def test_both_measures_of_a_rhythm_agree(opened: Callable[..., Engagement]) -> None:
    facts = prepare(opened(ledger=ledger({"1": steady(100.0)}), settings=described()))
    one = rhythm_of(account_sales(facts, "1", "all"))
    measured = rhythms(histories(facts).days, END).loc["1"]
    assert one.typical == measured["usual_gap"]


def test_pairs_in_order_by_hand() -> None:
    score, away = np.array([5.0, 3.0, 3.0, 1.0]), np.array([True, True, False, False])
    assert _in_order(score, away) == pytest.approx(3.5 / 4)  # 5>3, 5>1, 3=3 counts half, 3>1
    assert np.isnan(_in_order(score, np.array([True] * 4)))


@quick
@given(st.lists(st.integers(0, 9), min_size=4, max_size=30))
def test_turning_the_score_turns_the_order(scores: list[int]) -> None:
    score, away = np.array(scores, dtype=float), np.arange(len(scores)) % 2 == 0
    assert _in_order(score, away) + _in_order(-score, away) == pytest.approx(1)


def test_probabilities_are_bent_to_what_came() -> None:
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.05, 0.95, 4_000)
    came = rng.random(4_000) < truth
    raw = 1 / (1 + np.exp(-(0.5 * np.log(truth / (1 - truth)) - 1)))  # too timid and too low
    bent = _bent(pd.Series(raw), _lines(raw, came))
    assert bent.mean() == pytest.approx(came.mean(), abs=1e-4)
    assert np.abs(bent - truth).mean() < 0.02


def test_where_all_did_the_same_nothing_is_bent() -> None:
    assert _lines(np.array([0.2, 0.4]), np.array([True, True])) == (0.0, 1.0)


def counted(days: pd.DataFrame, ahead: int = 90) -> pd.DataFrame:
    return warnings(days, END, ahead, None).checked.set_index("rule")


def test_the_past_is_checked_only_where_a_year_lies_before_it() -> None:
    assert counted(days(a=list(range(5, 400, 24)))).empty
    assert counted(days(a=[5, 700])).empty  # nobody with a rhythm
    assert counted(days(a=list(range(5, 1_000, 24)))).loc["rhythm", "cuts"] == 12
    assert counted(days(a=list(range(5, 600, 24)))).loc["rhythm", "cuts"] == 4


def test_customers_are_counted_once_by_their_first_flag() -> None:
    """A goes on; B stopped 300 days ago, is unusual at six of the twelve checks and counts once, lost 118 days ago.

    C paused for 120 days once and came back within 90 days of its flag: a false alarm.
    """
    paused = [*range(11, 276, 24), *range(395, 1_000, 24)]
    found = counted(days(a=list(range(5, 1_000, 24)), b=list(range(300, 1_000, 24)), c=paused))
    own = found.loc["rhythm"]
    assert (own["accounts"], own["named"], own["hits"]) == (3, 2, 1)
    assert (own["active"], own["false_alarms"]) == (2, 1)
    assert (own["losses"], own["losses_named"]) == (1, 1)
    assert own["days_before"] == 182 - 55  # 25 days silent on 31 March is not rare yet, 55 on 30 April are


def test_who_was_unusual_before_is_no_news() -> None:
    old = days(a=list(range(5, 1_000, 24)), b=list(range(600, 1_200, 24)))
    assert counted(old).loc["rhythm", ["accounts", "named"]].tolist() == [1, 0]
    assert "recency" not in counted(old).index


def test_one_limit_for_all_names_no_more_customers() -> None:
    found = counted(days(**{f"k{at}": [*range(at * 9, 1_200, 10 + at)] for at in range(1, 20)}), 60)
    assert 0 < found.loc["recency", "named"] <= found.loc["rhythm", "named"]
    assert (found["hits"] <= found["named"]).all()


def test_a_sample_of_healthy_buyers_is_flagged_as_seldom_as_stated() -> None:
    """Buyers by chance, the hardest case; the whole table is printed by benchmarks/calibration_warning.py."""
    rng = np.random.default_rng(4)
    shares = [CALIBRATION["false_alarms"](rng, 300, gap, 1.0) for gap in (30, 60)]
    assert 0.04 < np.mean(shares) < 0.13


def test_a_sample_of_buyers_by_chance_is_not_called_regular() -> None:
    rng = np.random.default_rng(5)
    for gap in (1.5, 3.0, 8.0, 30.0):
        assert CALIBRATION["called_regular"](rng, 2, 150, gap, 1.0) == 0
    assert CALIBRATION["called_regular"](rng, 2, 150, 8.0, 4.0) == 1


def test_a_silent_account_is_to_be_asked_unless_sales_knows_why(opened: Callable[..., Engagement]) -> None:
    """One account stopped in September: every month usual, silent since; sales knows why."""
    monthly = {name: steady(100.0) for name in "12"} | {"3": steady(100.0, MONTHS[:33])}
    known = histories(prepare(opened(ledger=ledger(monthly), settings=described())))
    decisions = pd.DataFrame(
        [
            {"account_id": "3", "decision": "watch", "reason": "alt", "date": date(2025, 1, 1)},
            {"account_id": "3", "decision": "watch", "reason": "Werk steht still.", "date": date(2025, 11, 1)},
            {"account_id": "3", "decision": "in", "reason": "groß", "date": date(2025, 12, 1)},
        ]
    )
    result = customer_value(known, decisions=decisions)
    assert result.tables["unusual"]["known_reason"].tolist() == ["Werk steht still."]
    silent = result.tables["unusual"][["account_id", "days_silent", "longest_gap"]]
    assert silent.values.tolist() == [["3", 119, 31]]
    assert result.finding("customer_value.do.unusual") is None
    unknown = customer_value(known)
    assert unknown.tables["unusual"]["known_reason"].tolist() == [""]
    asked = unknown.finding("customer_value.do.unusual")
    assert asked is not None
    assert sentence(asked, DE).startswith("Fragen Sie bei 3 nach")
    assert unknown.key_numbers["unusual"] == 1
