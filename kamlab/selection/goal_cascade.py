"""The cascade of goals: who serves whom, what is missing or contradicts, what account goals come to together.

In go the goals as they were entered, out come frames with a row per goal, in the order of the file. A goal number that
stands there twice means the first of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from kamlab.facts.pseudonyms import MASKED
from kamlab.selection.goal_indicators import AMOUNTS, Names, plain, read, unit_of

LEVELS = ("company", "sales", "kam", "account")  # from the top
COLUMNS = (
    *("goal_id", "level", "account_id", "goal", "indicator", "start_value", "target_value", "due", "owner_role"),
    *("benefit_for", "parent_goal"),
)
NUMBERS = ("start_value", "target_value")
LOOSE = ("no_parent", "unknown_parent", "circle", "order")  # how a goal can hang in the air
WANTED = {"indicator": "no_indicator", "target_value": "no_target", "due": "no_due", "owner_role": "no_owner"}
SMALLEST = 1e-9  # by which targets differ
_NO_NAMES = Names()


def linked(goals: pd.DataFrame, accounts: pd.DataFrame, names: Names = _NO_NAMES) -> pd.DataFrame:
    """Link every goal to the one it serves.

    Parameters
    ----------
    accounts : DataFrame
        account_id and name of all accounts there are.
    names : Names
        What indicators may name beside the whole.

    Returns
    -------
    DataFrame like the goals, numbered from 0, with `name` of the account, `meant` (the Indicator), `measure` of the
    ledger that it is (None: another), `unit` of its numbers, `link` (top, linked, or one of `LOOSE`), `parent` (row of
    the goal it serves, -1 without), `is_complete` (measured by something, with a target, a day and somebody who answers
    for it).
    """
    frame = goals.reindex(columns=list(COLUMNS)).reset_index(drop=True)
    frame = frame.astype({name: "object" for name in COLUMNS if name not in NUMBERS})  # empty ones come as numbers
    frame["due"] = pd.to_datetime(frame["due"])
    frame["name"] = frame["account_id"].map(accounts.set_index("account_id")["name"])
    frame["meant"] = [read(row.indicator, str(row.level), names) for row in frame.itertuples()]
    frame["measure"] = [meant.measure for meant in frame["meant"]]
    said = zip(frame["indicator"], frame["meant"], frame["start_value"], frame["target_value"], strict=True)
    frame["unit"] = [unit_of(text, meant, values) for text, meant, *values in said]
    rows = {number: row for row, number in reversed(list(enumerate(frame["goal_id"])))}
    parents = [rows.get(number, -1) if isinstance(number, str) else -1 for number in frame["parent_goal"]]
    ranks = [LEVELS.index(level) for level in frame["level"]]
    is_free = frame["parent_goal"].isna().tolist()
    frame["link"] = [_link(row, is_free[row], parents, ranks) for row in range(len(frame))]
    frame["parent"] = [p if link == "linked" else -1 for p, link in zip(parents, frame["link"], strict=True)]
    has_account = (frame["level"] != "account") | frame["name"].notna()
    frame["is_complete"] = frame[list(WANTED)].notna().all(axis=1) & has_account
    return frame


def _link(row: int, is_free: bool, parents: list[int], ranks: list[int]) -> str:
    if is_free:
        return "top" if ranks[row] == min(ranks) else "no_parent"
    parent = parents[row]
    if parent < 0:
        return "unknown_parent"
    if row in _above(row, parents):
        return "circle"
    return "order" if ranks[parent] > ranks[row] else "linked"


def _above(row: int, parents: list[int]) -> set[int]:
    """Collect the goals above a goal; itself among them where it stands in a circle."""
    seen: set[int] = set()
    at = parents[row]
    while at >= 0 and at not in seen:
        seen.add(at)
        at = parents[at]
    return seen


def walk(frame: pd.DataFrame) -> pd.DataFrame:
    """Put every goal below the one it serves: the same rows in the order of a tree, with their `depth`."""
    goals = frame[["level", "link", "parent"]].to_dict("records")
    loose_last = [(goal["link"] in LOOSE, LEVELS.index(goal["level"])) for goal in goals]
    children: dict[int, list[int]] = {}
    for row in sorted(range(len(goals)), key=loose_last.__getitem__):
        children.setdefault(goals[row]["parent"], []).append(row)

    def below(row: int, depth: int) -> Iterator[tuple[int, int]]:
        for child in children.get(row, []):
            yield child, depth
            yield from below(child, depth + 1)

    order = list(below(-1, 0))
    return frame.loc[[row for row, _ in order]].assign(depth=[depth for _, depth in order])


def issues(frame: pd.DataFrame) -> pd.DataFrame:
    """List what is wrong with which goal, a row each: goal_id, level, name, goal, issue."""
    is_account = frame["level"] == "account"
    found = {
        "duplicate_id": frame["goal_id"].duplicated(),
        "no_account": is_account & frame["account_id"].isna(),
        "unknown_account": frame["account_id"].notna() & frame["name"].isna(),
    }
    found |= {issue: frame[column].isna() for column, issue in WANTED.items()}
    found |= {link: frame["link"] == link for link in LOOSE}
    columns = ["goal_id", "level", "name", "goal"]
    parts = [frame.loc[where, columns].assign(issue=issue) for issue, where in found.items()]
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def comparable(frame: pd.DataFrame) -> pd.Series:
    """Say which goals have an indicator that can be read: hidden ones all look alike."""
    return frame["indicator"].notna() & (frame["indicator"] != MASKED)


def contradictions(frame: pd.DataFrame) -> pd.DataFrame:
    """List the pairs of goals that cannot both be meant: of one account (or level) and one indicator.

    conflict: `direction` (one shall rise, the other fall), `target` (other targets for the same day).
    """
    measured = frame[comparable(frame)]
    whose = [measured["level"], measured["account_id"].fillna(""), measured["indicator"].map(plain)]
    rows = []
    for _, group in measured.groupby(whose, sort=False):
        for one, other in combinations(group.to_dict("records"), 2):
            ways = [goal["target_value"] - goal["start_value"] for goal in (one, other)]
            differ = one["due"] == other["due"] and abs(one["target_value"] - other["target_value"]) > SMALLEST
            conflict = "direction" if ways[0] * ways[1] < 0 else "target" if differ else None
            if conflict:
                shared = [one[name] for name in ("level", "name", "indicator")]
                rows.append((*shared, one["goal_id"], one["goal"], other["goal_id"], other["goal"], conflict))
    columns = ["level", "name", "indicator", "goal_id", "goal", "other_id", "other_goal", "conflict"]
    return pd.DataFrame(rows, columns=columns)


def sums(frame: pd.DataFrame) -> pd.DataFrame:
    """Add up the account goals below each goal of the programme that is measured by the same indicator.

    Returns
    -------
    DataFrame, one row per goal of level `kam` that account goals with its indicator serve, or that is an amount:
    goal_id, goal, indicator, target_value, accounts_goals, accounts_target, wanted and promised (the increase from the
    start values; NaN where one is missing), rest (wanted less promised, else target less sum), compared_by (`increase`
    or `target`), unit (of all these numbers), added: `added`; `not_added`, because only amounts and quantities may be
    added up; `share`, because all values lie between 0 and 1; `no_target`; `no_goals`, because no account goal serves
    it.
    """
    rows = []
    programme = frame[(frame["level"] == "kam") & comparable(frame)]
    for at, goal in zip(programme.index, programme.to_dict("records"), strict=True):
        below = frame[(frame["parent"] == at) & (frame["level"] == "account")]
        below = below[below["indicator"].map(plain, na_action="ignore") == plain(goal["indicator"])]
        if len(below) or goal["measure"] in AMOUNTS:
            row = {name: goal[name] for name in ("goal_id", "goal", "indicator", "target_value", "unit")}
            rows.append(row | {"accounts_goals": len(below)} | _added(goal, below))
    columns = [
        "goal_id",
        "goal",
        "indicator",
        "accounts_goals",
        "target_value",
        "accounts_target",
        "wanted",
        "promised",
    ]
    table = pd.DataFrame(rows, columns=[*columns, "rest", "compared_by", "added", "unit"])
    return table.astype(dict.fromkeys(["target_value", "accounts_target", "wanted", "promised", "rest"], "float64"))


def _added(goal: dict[Any, Any], below: pd.DataFrame) -> dict[str, Any]:
    start, target = float(goal["start_value"]), float(goal["target_value"])
    values = [target, *below[["start_value", "target_value"]].to_numpy(dtype="float64").ravel()]
    if goal["measure"] not in AMOUNTS:
        return {"added": "not_added"}
    if target != target:
        return {"added": "no_target"}
    if float(np.nanmax(np.abs(values))) <= 1:
        return {"added": "share"}
    if below.empty:
        return {"added": "no_goals"}
    sum_of_targets = float(below["target_value"].sum())
    wanted = target - start
    promised = float((below["target_value"] - below["start_value"]).sum(skipna=False))
    found = {"added": "added", "accounts_target": sum_of_targets}
    if wanted == wanted and promised == promised:
        return found | {"compared_by": "increase", "wanted": wanted, "promised": promised, "rest": wanted - promised}
    return found | {"compared_by": "target", "rest": target - sum_of_targets}
