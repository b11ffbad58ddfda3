"""How far goals have come: where the indicator is an amount of the ledger, start value, now and target.

In go linked goals and the measures of a year, out comes a row per goal with what could be measured, or why not.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from kamlab.facts.measures import Measures, is_key_account

FULL_YEAR = 12  # months
OTHER_UNIT = 50  # times: a target further away from what is booked is meant in another unit


def progress(goals: pd.DataFrame, measures: Measures, start: date | None) -> pd.DataFrame:
    """Compare what is booked with start value and target.

    Parameters
    ----------
    goals : DataFrame
        As `goal_cascade.linked` returns them.
    start : date, optional
        Day of which the start values are; without it nothing is compared with the time elapsed.

    Returns
    -------
    DataFrame, a row per goal: goal_id, level, account_id (None where the goal is of no account), name, goal, indicator,
    start_value, now, target_value, progress (share of the way from start value to target; NaN without a start value),
    due, elapsed (share of the time, 0 to 1), standing: `reached`; `missed` (the day is over); `away` (further from the
    target than at the start, by at least half a per cent of the way); `ahead` or `behind` of the time elapsed; `open`
    where that is not compared; `not_measured`. why: `indicator`, `no_target`, `no_margin`, `period`, `account`,
    `key_accounts`, `unit`.
    """
    values = {scope: _booked(measures, scope) for scope in ("account", "kam", "all")}
    rows = [_row(goal, measures, values, start) for goal in goals.to_dict("records")]
    columns = ["goal_id", "level", "account_id", "name", "goal", "indicator", "start_value", "now", "target_value"]
    columns += ["progress", "due", "elapsed", "standing", "why"]
    frame = pd.DataFrame(rows, columns=columns)
    numbers = ["start_value", "now", "target_value", "progress", "elapsed"]
    return frame.astype(dict.fromkeys(numbers, "float64")).assign(due=pd.to_datetime(frame["due"]))


def _booked(measures: Measures, scope: str) -> pd.DataFrame:
    """Sum up revenue and margin by account, of the key accounts, or of all."""
    accounts = measures.sales.accounts
    money = accounts.set_index("account_id")[["revenue", "contribution_margin"]].fillna(0.0)
    if scope == "account":
        return money
    if scope == "kam":
        money = money[is_key_account(accounts, measures.sales.as_of).to_numpy()]
    return money.sum().to_frame().T if len(money) else money


def _row(
    goal: dict[Any, Any], measures: Measures, values: dict[str, pd.DataFrame], start: date | None
) -> dict[Any, Any]:
    scope = goal["level"] if goal["level"] in ("account", "kam") else "all"
    booked, why = values[scope], _hindrance(goal, measures)
    row = goal | {"now": np.nan, "standing": "not_measured", "why": why}
    if why:
        return row
    key = goal["account_id"] if scope == "account" else 0
    if key not in booked.index:
        return row | {"why": "account" if scope == "account" else "key_accounts"}
    now, target, begin = float(booked[goal["measure"]].to_dict()[key]), goal["target_value"], goal["start_value"]
    if now > 0 and target > 0 and not 1 / OTHER_UNIT <= now / target <= OTHER_UNIT:
        return row | {"why": "unit"}
    way = target - begin if pd.notna(begin) else np.nan
    part = (now - begin) / way if pd.notna(way) and way else np.nan
    as_of = measures.sales.as_of
    elapsed = _elapsed(start, goal["due"], as_of)
    reached = now <= target if way < 0 else now >= target
    return row | {
        "now": now,
        "progress": part,
        "elapsed": elapsed,
        "standing": _standing(bool(reached), goal["due"], as_of, part, elapsed),
    }


def _hindrance(goal: dict[Any, Any], measures: Measures) -> str | None:
    period = measures.sales.basis.period
    if goal["measure"] not in ("revenue", "contribution_margin"):
        return "indicator"
    if pd.isna(goal["target_value"]):
        return "no_target"
    if goal["measure"] == "contribution_margin" and not measures.sales.has_margin:
        return "no_margin"
    if period is None or len(period.months) != FULL_YEAR:
        return "period"
    return None


def _elapsed(start: date | None, due: pd.Timestamp, as_of: date) -> float:
    """Return the share of the time from the start to the due day that is over; NaN where one is not known."""
    if start is None or pd.isna(due) or due.date() <= start:
        return np.nan
    return float(np.clip((as_of - start).days / (due.date() - start).days, 0.0, 1.0))


def _standing(reached: bool, due: pd.Timestamp, as_of: date, part: float, elapsed: float) -> str:
    if reached:
        return "reached"
    if pd.notna(due) and due.date() <= as_of:
        return "missed"
    if round(part, 2) < 0:
        return "away"
    if np.isnan(part) or np.isnan(elapsed):
        return "open"
    return "behind" if part < elapsed - 1e-9 else "ahead"
