"""Actions behind goals: what is due, which goals have none, and whether what actions shall bring is enough.

In go actions as they were entered, linked goals and their progress, out come frames. Knows no persons.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from kamlab.selection.goal_indicators import MARGIN

UNDER_WAY = ("planned", "running")
CENT = 0.005


def actions_due(actions: pd.DataFrame, frame: pd.DataFrame, everyone: pd.DataFrame, day: date) -> pd.DataFrame:
    """List the actions by due day: action_id, name, title, goal_id, due, status, overdue, serves (a goal there is).

    With expected_margin, booked_margin and evidence as they were entered.
    """
    money = ["expected_margin", "booked_margin", "evidence"]
    rows = actions.reindex(columns=["action_id", "account_id", "title", "goal_id", "due", "status", *money])
    rows["due"] = pd.to_datetime(rows["due"])
    names = rows["account_id"].map(everyone.set_index("account_id")["name"]).fillna(rows["account_id"])
    overdue = rows["status"].isin(UNDER_WAY) & (rows["due"] < pd.Timestamp(day))
    rows = rows.assign(name=names, overdue=overdue, serves=rows["goal_id"].isin(frame["goal_id"]))
    rows = rows.astype({"expected_margin": "float64", "booked_margin": "float64"})
    columns = ["action_id", "name", "title", "goal_id", "due", "status", "overdue", "serves", *money]
    return rows.sort_values(["due", "action_id"], kind="stable", ignore_index=True)[columns]


def without_action(frame: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """List the goals of accounts for which nothing is done or was: dropped actions do not count."""
    served = actions.loc[actions["status"] != "dropped", "goal_id"]
    rows = frame[(frame["level"] == "account") & ~frame["goal_id"].isin(served)]
    return rows[["goal_id", "name", "goal", "due"]].reset_index(drop=True)


def margins(frame: pd.DataFrame, progress: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """Hold what actions under way shall bring against what goals still need.

    Goals of accounts on the contribution margin that are measured and not reached, the largest gap first. What a
    finished action has brought is in the bookings already.

    Returns
    -------
    DataFrame: goal_id, name, goal, due, still_needed (target less what is booked, a year), actions (planned or
    running), expected_margin of these, gap (what they leave of it, never below zero).
    """
    is_margin = pd.Series([meant.measure == MARGIN and meant.kind is None for meant in frame["meant"]], dtype=bool)
    wanted = frame.loc[is_margin.to_numpy() & (frame["level"] == "account").to_numpy(), "goal_id"]
    is_open = progress["now"].notna() & (progress["standing"] != "reached")
    rows = progress.loc[is_open & progress["goal_id"].isin(wanted), ["goal_id", "name", "goal", "due"]].copy()
    rows["still_needed"] = (progress["target_value"] - progress["now"])[rows.index]
    rows = rows[rows["still_needed"] > CENT]
    under_way = actions[actions["status"].isin(UNDER_WAY)].groupby("goal_id")
    rows["actions"] = rows["goal_id"].map(under_way.size()).fillna(0).astype("int64")
    rows["expected_margin"] = rows["goal_id"].map(under_way["expected_margin"].sum()).astype("float64").fillna(0.0)
    rows["gap"] = (rows["still_needed"] - rows["expected_margin"]).clip(lower=0.0)
    return rows.sort_values(["gap", "goal_id"], ascending=[False, True], ignore_index=True)
