"""Early warning: the rhythm of an account, its pauses, and whether the same rules would have been right before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

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
from kamlab.facts.rhythm import is_unusual, rhythm_of, rhythms
from kamlab.report import sentence
from kamlab.selection import customer_value
from kamlab.selection.warning import _bent, _in_order, _lines, warnings
from kamlab.text import Words

END = pd.Timestamp("2025-12-31")
DE = Words("de")
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
    assert (one.typical, one.longest) == (measured["usual_gap"], measured["longest_gap"])


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


def test_the_past_is_checked_only_where_a_year_lies_before_it() -> None:
    young = warnings(days(a=list(range(5, 400, 24))), END, 90, None)
    assert young.checked.empty
    old = warnings(days(a=list(range(5, 1_000, 24)), b=list(range(300, 1_000, 24))), END, 90, None)
    own = old.checked.iloc[0]
    assert (own["of"], own["rule"], own["cuts"]) == ("rhythm", "rhythm", 4)
    assert own["accounts"] == 8
    # b fell silent 300 days ago: at 270, 180 and 90 days before the end longer than ever, and no order came any more
    assert (own["named"], own["hits"], own["inactive"]) == (3, 3, 3)


def test_as_many_are_named_by_every_rule() -> None:
    found = warnings(days(**{f"k{at}": list(range(at, 900, 20 + at)) for at in range(1, 9)}), END, 60, None).checked
    assert found["named"].nunique() == 1
    assert (found["hits"] <= found["named"]).all()


def test_the_sentence_of_a_silent_account_and_what_sales_knows(opened: Callable[..., Engagement]) -> None:
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
    said = sentence(result.finding("customer_value.rhythm.known"), DE)  # type: ignore[arg-type]
    assert said == (
        "3: auffällig, seit 119 Tagen keine Bestellung; üblich sind 31, die längste Pause bisher waren 31 Tage. "
        "Im Vertrieb bekannt: Werk steht still."
    )
    unknown = customer_value(known)
    assert unknown.tables["unusual"]["known_reason"].tolist() == [""]
    assert unknown.finding("customer_value.rhythm.account")
    assert unknown.key_numbers["unusual"] == 1
