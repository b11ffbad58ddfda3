"""The line of the decision list: one walk through the order, whatever the list and whatever is decided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.selection.decision_list import SELECTED, because, judged

WORST_FIRST = ("leaves", "not_selected", "watch", "waits", "probation", "stays", "enters")
BETTER = {status: at for at, status in enumerate(WORST_FIRST)}
quick = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def pool(*rows: dict[str, Any]) -> pd.DataFrame:
    """Make a pool in the order of rank; an account is a newcomer of 100 hours unless said otherwise."""
    usual = {"is_key_account": False, "hours": 100.0, "decision": None, "knock_out": None, "coverage_model": None}
    frame = pd.DataFrame([usual | {"account_id": f"{at:02d}", "rank": at + 1.0} | row for at, row in enumerate(rows)])
    for name in ("decision", "knock_out", "coverage_model"):
        frame[name] = frame[name].astype("object").where(frame[name].notna(), np.nan)
    frame["rank_before"] = frame.get("rank_before", frame["rank"]).astype("float64")
    return frame.assign(key_account_since=None)


def statuses(frame: pd.DataFrame, capacity: float = 0.0, places: int = 2) -> dict[str, str]:
    found = judged(frame, capacity, places)
    return dict(zip(found["account_id"], found["status"], strict=True))


KEY = {"is_key_account": True}


def test_a_decided_account_takes_its_hours_once() -> None:
    # 200 hours are left beside the one decided in: for the two best, one of them today's key account
    frame = pool({}, KEY, {"decision": "in"}, {}, KEY)
    assert statuses(frame, 300.0) == {
        "00": "enters",
        "01": "stays",
        "02": "enters",
        "03": "not_selected",
        "04": "leaves",
    }


def test_who_is_decided_out_leaves_the_hours_to_the_next_in_order() -> None:
    frame = pool({}, KEY | {"decision": "out"}, {}, KEY, {})
    assert statuses(frame, 300.0) == {
        "00": "enters",
        "01": "leaves",
        "02": "enters",
        "03": "stays",
        "04": "not_selected",
    }


def test_a_key_account_above_the_line_keeps_its_place_before_better_newcomers() -> None:
    assert statuses(pool({}, KEY, KEY), 150.0) == {"00": "waits", "01": "stays", "02": "leaves"}


def test_the_order_is_not_a_knapsack() -> None:
    # the second does not fit into the 50 hours that are left, so the third has to wait for it, though it would
    assert statuses(pool({}, {}, {"hours": 50.0}), 150.0)["02"] == "not_selected"


def test_a_key_account_on_probation_takes_its_hours_before_newcomers() -> None:
    frame = pool({"rank_before": 3.0}, {"rank_before": 2.0}, KEY | {"rank_before": 1.0})
    assert statuses(frame, 200.0) == {"00": "enters", "01": "waits", "02": "probation"}


def test_a_key_account_without_a_place_in_the_year_before_is_not_two_years_below() -> None:
    assert statuses(pool({}, KEY | {"rank_before": np.nan}), 100.0)["01"] == "probation"


def test_decisions_for_more_hours_than_there_are_let_nobody_else_in() -> None:
    frame = pool({}, {"decision": "in", "hours": 500.0}, {"hours": 0.0})
    assert statuses(frame, 300.0) == {"00": "waits", "01": "enters", "02": "not_selected"}


def test_accounts_that_take_nothing_fit_into_nothing() -> None:
    assert statuses(pool({"hours": 0.0}, {"hours": 0.0}, {}), 50.0)["01"] == "enters"


def test_hours_with_fractions_add_up() -> None:
    assert statuses(pool(*({"hours": 0.1} for _ in range(3))), 0.3)["02"] == "enters"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"status": "waits"}, {"hours": "waits_hours", "places": "waits_places"}),
        ({"status": "leaves"}, {"hours": "leaves", "places": "leaves"}),
        ({"status": "not_selected", "coverage_model": "classical"}, {"hours": "small_model", "places": "small_model"}),
        ({"status": "not_selected", "coverage_model": "large_account"}, {"hours": "other_model"}),
        ({"status": "not_selected", "coverage_model": "key_account"}, {"hours": "below"}),
        ({"status": "not_selected", "rank": np.nan}, {"hours": "not_scored"}),
    ],
)
def test_the_reason_names_the_rule_that_decided(row: dict[str, Any], expected: dict[str, str]) -> None:
    usual = {"by": "computed", "knock_out": np.nan, "stability": None, "fits": None, "rank": 3.0}
    usual |= {"coverage_model": np.nan}
    for limit, code in expected.items():
        assert because(usual | row, 2, limit).split()[0] == code


accounts = st.fixed_dictionaries(
    {
        "is_key_account": st.booleans(),
        "hours": st.integers(0, 30).map(float),
        "decision": st.sampled_from([None, None, None, "in", "out", "watch"]),
        "knock_out": st.sampled_from([None, None, None, None, "Zahlung"]),
        "coverage_model": st.sampled_from([None, "key_account", "key_account", "large_account", "watch"]),
        "rank": st.sampled_from([1.0, 1.0, 1.0, np.nan]),
        "rank_before": st.sampled_from([1.0, 1.0, np.nan]),
    }
)


@st.composite
def pools(draw: st.DrawFn) -> pd.DataFrame:
    """Any list: who is scored and not knocked out has a rank, by chance another one a year before."""
    rows = draw(st.lists(accounts, min_size=1, max_size=9))
    frame = pool(*rows)
    scored = frame["rank"].notna() & frame["knock_out"].isna()
    frame["rank"] = scored.cumsum().where(scored).astype("float64")
    then = draw(st.permutations(range(len(rows))))
    frame["rank_before"] = pd.Series(then, dtype="float64").add(1).where(scored & frame["rank_before"].notna())
    return frame


def is_left_out_for_want(found: pd.DataFrame) -> pd.Series:
    fits = found["coverage_model"].isna() | (found["coverage_model"] == "key_account") | found["is_key_account"]
    open_to_all = found["rank"].notna() & found["knock_out"].isna() & found["decision"].isna() & fits
    return open_to_all & ~found["status"].isin(SELECTED)


@pytest.mark.parametrize(
    ("row", "opinions", "reasons"),
    [
        ({}, 4, "enters sure votes"),
        ({}, 3, "enters sure votes"),
        ({}, 2, "enters sure"),
        ({"stability": "borderline"}, 2, "enters unsure"),
        ({"stability": "out"}, 2, "enters"),
        ({"stability": "out", "coverage_model": "classical"}, 2, "enters model_classical"),
        ({"fits": False}, 4, "enters sure fails_definition votes"),
        ({"fits": True}, 2, "enters sure"),
        ({"status": "waits"}, 4, "waits_hours sure votes"),
        ({"status": "watch", "stability": "out"}, 4, "watch"),
        ({"status": "not_selected", "coverage_model": "large_account"}, 4, "other_model sure"),
        ({"status": "not_selected", "coverage_model": "classical"}, 4, "small_model sure"),
        (
            {"status": "not_selected", "rank": np.nan, "coverage_model": "classical"},
            4,
            "not_scored sure model_classical",
        ),
        ({"status": "leaves", "knock_out": "k", "fits": False}, 4, "knocked_out fails_definition"),
        ({"status": "probation"}, 2, "probation sure"),
        ({"status": "probation", "rank": np.nan, "stability": "out"}, 2, "stays_unscored"),
        ({"by": "decision", "decision": "in"}, 2, "decided_in sure"),
        ({"by": "decision", "decision": "in", "computed": "waits"}, 2, "decided_in computed_otherwise sure"),
        ({"by": "decision", "decision": "out", "status": "leaves", "computed": "leaves"}, 2, "decided_out sure"),
    ],
)
def test_reasons_are_told_whole_and_in_their_order(row: dict[str, Any], opinions: int, reasons: str) -> None:
    usual = {"by": "computation", "status": "enters", "computed": "enters", "decision": None, "knock_out": None}
    usual |= {"rank": 1.0, "stability": "set", "coverage_model": None, "fits": None}
    assert because(usual | row, opinions, "hours") == reasons


@quick
@given(pools(), st.integers(1, 150), st.booleans())
def test_nobody_is_left_out_for_want_of_room_while_the_next_in_order_fits(
    frame: pd.DataFrame, room: int, has_hours: bool
) -> None:
    found = judged(frame, float(room) if has_hours else 0.0, room % 9)
    takes = found["hours"] if has_hours else pd.Series(1.0, index=found.index)
    free = (room if has_hours else room % 9) - takes[found["status"].isin(SELECTED)].sum()
    left_out = found[is_left_out_for_want(found)].sort_values("rank")
    if len(left_out):
        assert takes[left_out.index[0]] > free
    # and the list is the beginning of the order, but for those on probation or decided in
    kept = found["status"].isin(SELECTED) & (found["by"] == "computed") & ~found["is_key_account"]
    assert found.loc[kept, "rank"].max() < left_out["rank"].min() or not kept.any() or left_out.empty


@quick
@given(pools(), st.integers(1, 150), st.sampled_from(["out", "watch"]), st.integers(0, 8))
def test_hours_that_a_decision_frees_worsen_nobody(frame: pd.DataFrame, capacity: int, decision: str, at: int) -> None:
    of = frame["account_id"].iloc[at % len(frame)]
    freed = frame.assign(decision=frame["decision"].astype("object").mask(frame["account_id"] == of, decision))
    before, after = statuses(frame, float(capacity)), statuses(freed, float(capacity))
    assert all(BETTER[after[name]] >= BETTER[before[name]] for name in before if name != of)


@quick
@given(pools(), st.integers(1, 150), st.integers(1, 60))
def test_more_hours_worsen_nobody(frame: pd.DataFrame, capacity: int, more: int) -> None:
    before, after = statuses(frame, float(capacity)), statuses(frame, float(capacity + more))
    assert all(BETTER[after[name]] >= BETTER[before[name]] for name in before)


@quick
@given(pools(), st.integers(1, 150))
def test_a_key_account_leaves_only_below_the_line_in_both_years(frame: pd.DataFrame, capacity: int) -> None:
    found = judged(frame.assign(decision=None), float(capacity), 0)
    leaves = found[(found["status"] == "leaves") & found["knock_out"].isna()]
    eligible = found[is_left_out_for_want(found.assign(status="", decision=np.nan))]
    for year in ("rank", "rank_before"):
        above = eligible.sort_values(year).index[: int(frame["is_key_account"].sum())]
        assert not set(leaves.index) & set(above)
    assert leaves["rank_before"].notna().all()


@quick
@given(pools(), st.integers(1, 150))
def test_newcomers_never_exceed_the_hours(frame: pd.DataFrame, capacity: int) -> None:
    found = judged(frame, float(capacity), 0)
    enters = (found["status"] == "enters") & (found["by"] == "computed") & (found["hours"] > 0)
    assert not enters.any() or found.loc[found["status"].isin(SELECTED), "hours"].sum() <= capacity


@quick
@given(pools(), st.integers(0, 9))
def test_without_hours_no_reason_speaks_of_hours(frame: pd.DataFrame, places: int) -> None:
    found = judged(frame, 0.0, places).assign(stability=None, fits=None, votes=0)
    codes = {code for _, row in found.iterrows() for code in because(dict(row), 4, "places").split()}
    assert not any("hours" in code for code in codes)
