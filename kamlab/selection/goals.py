"""Goals of key account management: the cascade from the company to actions, what is missing in it, how far it has come.

In go goals and actions as they were entered and the measures of a year, out comes a `Result`. Knows roles, no persons.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from kamlab.facts.measures import Measures, is_key_account
from kamlab.results import Finding, Result, Value
from kamlab.selection.goal_actions import actions_due, margins, without_action
from kamlab.selection.goal_cascade import LEVELS, LOOSE, WANTED, comparable, contradictions, issues, linked, sums, walk
from kamlab.selection.goal_findings import findings
from kamlab.selection.goal_indicators import names_in
from kamlab.selection.goal_progress import progress, start_in_ledger

BENEFITS = ("both", "customer", "us", "nobody")
ACTION = "action"


def kam_goals(
    measures: Measures, goals: pd.DataFrame, actions: pd.DataFrame | None = None, start: date | str | None = None
) -> Result:
    """Measure the cascade of goals.

    Parameters
    ----------
    goals, actions : DataFrame
        As they were entered, with the corporate group in account_id.
    start : date or its ISO text, optional
        Day of which the start values are; empty: as the bookings show it, and where they do not, nothing is compared
        with the time elapsed.

    Returns
    -------
    Result with the tables `cascade` (a row per goal, below the one it serves), `levels`, `issues`, `progress`,
    `benefits`, `only_us`; `contradictions` and `sums` where an indicator is named; `accounts` where key accounts are
    known (account_id, name, goals, revenue); `actions`, `without_action` and `margins` (what actions shall bring
    against what goals still need) where there are actions.

    Raises
    ------
    ValueError
        start is no day, or after the last day that counts.
    """
    everyone = measures.sales.accounts
    known = bool(everyone["key_account_since"].notna().any())
    frame = linked(
        goals, everyone, names_in(measures, goals.reindex(columns=["indicator"])["indicator"].dropna().tolist())
    )
    given = _day(start, measures.sales.as_of)
    found = None if given else start_in_ledger(frame, measures)
    begun = found.day if found else given
    tree = walk(frame)
    tables = {"issues": issues(frame), "progress": progress(tree, measures, begun), "benefits": _benefits(frame)}
    if comparable(frame).any():
        tables |= {"contradictions": contradictions(frame), "sums": sums(frame)}
    only_us = frame[(frame["level"] == "account") & (frame["benefit_for"] == "us")]
    tables["only_us"] = only_us[["goal_id", "name", "goal"]].reset_index(drop=True)
    if known:
        tables["accounts"] = _accounts(everyone, frame, measures.sales.as_of)
    if actions is not None:
        tables["actions"] = actions_due(actions, frame, everyone, measures.sales.as_of)
        tables["without_action"] = without_action(frame, tables["actions"])
        tables["margins"] = margins(frame, tables["progress"], tables["actions"])
    tables["cascade"] = _cascade(tree, frame, tables.get("actions"))
    tables["levels"] = _levels(frame, tables.get("actions"))
    numbers = _key_numbers(frame, tables)
    choices: list[Finding] = []
    if found:
        values: dict[str, Value] = {"start": found.day, "count": found.agreeing, "checked": found.checked}
        choices.append(Finding(key="kam_goals.choice.start_found", values=values))
    elif given:
        choices.append(Finding(key="kam_goals.choice.start", values={"start": given}))
    if (frame["measure"].notna() & frame["start_value"].isna()).any():
        choices.append(Finding(key="kam_goals.choice.rise"))
    basis = measures.sales.basis.model_copy(update={"choices": (*measures.sales.basis.choices, *choices)})
    return Result(
        analysis="kam_goals",
        as_of=measures.sales.as_of,
        currency=measures.sales.currency,
        basis=basis,
        parameters={"start": given},
        key_numbers=numbers,
        findings=tuple(findings(tables, numbers, begun)),
        tables=tables,
    )


def _day(start: date | str | None, last: date) -> date | None:
    """Read the day of the start values."""
    if not start:
        return None
    try:
        day = date.fromisoformat(start) if isinstance(start, str) else start
    except ValueError:
        raise ValueError(f"start={start!r}: expected a day as 2024-12-31, or nothing") from None
    if day > last:
        raise ValueError(f"start={start!s}: expected a day up to {last}, the last one that counts")
    return day


def _accounts(everyone: pd.DataFrame, frame: pd.DataFrame, day: date) -> pd.DataFrame:
    """List the key accounts with the number of their goals, those without any first, then the largest."""
    keys = everyone.loc[is_key_account(everyone, day), ["account_id", "name", "revenue"]]
    own = frame.loc[frame["level"] == "account", "account_id"].value_counts()
    keys = keys.assign(goals=keys["account_id"].map(own).fillna(0).astype("int64"))
    keys = keys.assign(has_goal=keys["goals"] > 0)
    ordered = keys.sort_values(["has_goal", "revenue", "account_id"], ascending=[True, False, True], ignore_index=True)
    return ordered[["account_id", "name", "goals", "has_goal", "revenue"]]


def _cascade(tree: pd.DataFrame, frame: pd.DataFrame, actions: pd.DataFrame | None) -> pd.DataFrame:
    numbers = frame["goal_id"].tolist()
    served = [numbers[row] if row >= 0 else None for row in tree["parent"]]
    columns = ["goal_id", "depth", "goal", "name", "level", "indicator", "target_value", "unit", "due"]
    shown = tree[[*columns, "owner_role", "link", "is_complete"]].assign(
        serves_goal=pd.Series(served, index=tree.index, dtype="object")
    )
    if actions is not None:
        counts = actions.loc[actions["status"] != "dropped", "goal_id"].value_counts()
        shown["actions"] = shown["goal_id"].map(counts).fillna(0).astype("int64")
    return shown.reset_index(drop=True)


def _levels(frame: pd.DataFrame, actions: pd.DataFrame | None) -> pd.DataFrame:
    """Count per level: goals, complete_goals, hanging (serving nothing); actions last, hanging those without a goal."""
    rows = []
    for level in LEVELS:
        own = frame[frame["level"] == level]
        rows.append((level, len(own), int(own["is_complete"].sum()), int(own["link"].isin(LOOSE).sum())))
    table = pd.DataFrame(rows, columns=["level", "goals", "complete_goals", "hanging"]).astype(
        {"complete_goals": "float64"}
    )
    if actions is not None:
        counted = [(ACTION, len(actions), float("nan"), int((~actions["serves"]).sum()))]
        table = pd.concat([table, pd.DataFrame(counted, columns=table.columns)], ignore_index=True)
    return table


def _sum(tables: Mapping[str, pd.DataFrame], column: str) -> float | None:
    """Sum up a column of the margins; None where nothing can be held against each other."""
    table = tables.get("margins")
    return None if table is None or table.empty else float(round(table[column].sum(), 4))


def _benefits(frame: pd.DataFrame) -> pd.DataFrame:
    counts = frame["benefit_for"].fillna("nobody").value_counts()
    return pd.DataFrame({"benefit_for": BENEFITS, "goals": [int(counts.get(name, 0)) for name in BENEFITS]})


def _key_numbers(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> dict[str, int | float | str | None]:
    """Count; None where key accounts, actions or measurable goals are not there."""
    missing = {issue.replace("no_", "without_"): int(frame[column].isna().sum()) for column, issue in WANTED.items()}
    accounts, actions = tables.get("accounts"), tables.get("actions")
    measured = tables["progress"][tables["progress"]["standing"] != "not_measured"]
    some = len(measured) > 0
    counts: dict[str, int | float | str | None] = {
        "goals": len(frame),
        "complete": int(frame["is_complete"].sum()),
        **missing,
        "hanging": int(frame["link"].isin(LOOSE).sum()),
        "contradictions": len(tables["contradictions"]) if "contradictions" in tables else None,
        "key_accounts": None if accounts is None else len(accounts),
        "key_accounts_without_goal": None if accounts is None else int((~accounts["has_goal"]).sum()),
        "only_us": len(tables["only_us"]),
        "measured": len(measured),
        "away": int((measured["standing"] == "away").sum()) if some else None,
        "reached": int((measured["standing"] == "reached").sum()) if some else None,
        "behind": int(measured["standing"].isin(["away", "behind", "missed"]).sum()) if some else None,
        "actions": None if actions is None else len(actions),
        "actions_overdue": None if actions is None else int(actions["overdue"].sum()),
        "goals_without_action": len(tables["without_action"]) if actions is not None else None,
        "margin_needed": _sum(tables, "still_needed"),
        "margin_expected": _sum(tables, "expected_margin"),
    }
    return counts
