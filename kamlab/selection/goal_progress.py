"""How far goals have come: where the ledger measures the indicator, start value, now and target.

In go linked goals and the measures of a year, out comes a row per goal with what could be measured, or why not.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kamlab.facts.measures import Measures, is_key_account
from kamlab.selection.goal_indicators import MARGIN, REVENUE, Indicator

FULL_YEAR = 12  # months
OTHER_UNIT = 50  # times: a target further away from what is booked is meant in another unit
ALIKE = 0.01  # relative: a start value is what was booked
_SHARES = ("revenue_share", "margin_share")


class Start(NamedTuple):
    """The day on which the start values held, and how many of those that could be checked say so."""

    day: date
    agreeing: int
    checked: int


def start_in_ledger(goals: pd.DataFrame, measures: Measures) -> Start | None:
    """Find the day on which the start values held in the bookings of the year before.

    Start values of revenue and margin are held against the year before the period. Where more than half of them are
    what was booked then, to one per cent, the values are those of its last day; else nobody knows.
    """
    spans, period = measures.sales.comparison, measures.sales.basis.period
    if spans is None or period is None or spans[0] != period or len(period.months) != FULL_YEAR:
        return None
    checked, agreeing = 0, 0
    for goal in goals[goals["start_value"].notna()].to_dict("records"):
        meant: Indicator = goal["meant"]
        if meant.why or meant.kind or meant.measure not in (REVENUE, MARGIN):
            continue
        own = _population(goal, measures)
        before = measures.sales.accounts.loc[measures.sales.accounts["account_id"].isin(own), f"{meant.measure}_before"]
        checked += 1
        agreeing += abs(before.sum() - goal["start_value"]) <= ALIKE * abs(goal["start_value"])
    return Start(spans[1].end, agreeing, checked) if 2 * agreeing > checked else None


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
    start_value, now, target_value, unit (of these three), progress (share of the way from start value to target; NaN
    without a start value), due, elapsed (share of the time, 0 to 1), standing: `reached`; `missed` (the day is over);
    `away` (further from the target than at the start, by at least half a per cent of the way); `ahead` or `behind` of
    the time elapsed; `open` where that is not compared; `not_measured`. why: `indicator`, `name`, `ambiguous`, `level`
    (see `goal_indicators.read`), `no_target`, `no_margin`, `period`, `account`, `key_accounts`, `unit`.
    """
    rows = [_row(goal, measures, start) for goal in goals.to_dict("records")]
    columns = ["goal_id", "level", "account_id", "name", "goal", "indicator", "start_value", "now", "target_value"]
    columns += ["unit", "progress", "due", "elapsed", "standing", "why"]
    frame = pd.DataFrame(rows, columns=columns)
    numbers = ["start_value", "now", "target_value", "progress", "elapsed"]
    return frame.astype(dict.fromkeys(numbers, "float64")).assign(due=pd.to_datetime(frame["due"]))


def _row(goal: dict[Any, Any], measures: Measures, start: date | None) -> dict[Any, Any]:
    own = _population(goal, measures)
    why = _hindrance(goal, measures)
    if why is None and not own:
        why = "account" if goal["level"] == "account" else "key_accounts"
    row = goal | {"now": np.nan, "standing": "not_measured", "why": why}
    if why:
        return row
    now, target, begin = _booked(goal["meant"], own, measures), goal["target_value"], goal["start_value"]
    if _is_other_unit(goal["meant"], now, target):
        return row | {"why": "unit"}
    way = target - begin if pd.notna(begin) else np.nan
    part = (now - begin) / way if pd.notna(way) and way else np.nan
    as_of = measures.sales.as_of
    elapsed = _elapsed(start, goal["due"], as_of)
    reached = now <= target if way < 0 else now >= target
    standing = _standing(bool(reached), goal["due"], as_of, part, elapsed)
    return row | {"now": now, "progress": part, "elapsed": elapsed, "standing": standing}


def _population(goal: dict[Any, Any], measures: Measures) -> list[str]:
    """Name the accounts that a goal is about: its own, the key accounts, or all."""
    accounts = measures.sales.accounts
    if goal["level"] == "account":
        return accounts.loc[accounts["account_id"] == goal["account_id"], "account_id"].tolist()
    if goal["level"] == "kam":
        accounts = accounts[is_key_account(accounts, measures.sales.as_of)]
    return accounts["account_id"].tolist()


def _booked(meant: Indicator, own: list[str], measures: Measures) -> float:
    """Measure an indicator on accounts."""
    accounts = measures.sales.accounts
    accounts = accounts[accounts["account_id"].isin(own)]
    if meant.measure == "product_groups":
        counted = measures.accounts.set_index("account_id")["product_groups"]
        is_all = len(own) == len(measures.sales.accounts)  # of all, those who bought
        return float(counted.mean() if is_all else counted.reindex(own).fillna(0.0).mean())
    money = MARGIN if meant.measure in (MARGIN, "margin_share") else REVENUE
    part, whole = accounts, accounts
    if meant.kind == "sector":
        part = accounts[accounts["sector"] == meant.name]
    elif meant.kind == "product_group":
        whole = measures.by_field[measures.by_field["account_id"].isin(own)]
        part = whole[whole["product_group"] == meant.name]
    elif meant.kind == "product":
        sold = measures.of_products([str(meant.name)])
        part = sold[sold["account_id"].isin(own)]
    if meant.measure == "accounts":
        return float((part.groupby("account_id")["revenue"].sum().round(4) > 0).sum())
    amount, total = float(part[money].sum()), float(whole[money].sum())
    if meant.measure in _SHARES:
        return amount / total if total > 0 else np.nan
    return amount


def _hindrance(goal: dict[Any, Any], measures: Measures) -> str | None:
    period, meant = measures.sales.basis.period, goal["meant"]
    if meant.why or meant.measure not in (REVENUE, MARGIN, *_SHARES, "accounts", "product_groups"):
        return meant.why or "indicator"
    if pd.isna(goal["target_value"]):
        return "no_target"
    if meant.measure in (MARGIN, "margin_share") and not measures.sales.has_margin:
        return "no_margin"
    if period is None or len(period.months) != FULL_YEAR:
        return "period"
    return None


def _is_other_unit(meant: Indicator, now: float, target: float) -> bool:
    """Say whether a target is meant in another unit than the ledger measures in, or nothing is measured at all."""
    if meant.measure in _SHARES:
        return not 0 <= target <= 1 or now != now
    return now > 0 and target > 0 and not 1 / OTHER_UNIT <= now / target <= OTHER_UNIT


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
