"""What the page of goals says: findings from the tables, the message first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from kamlab.results import Finding, Value

NAMED = 3  # accounts named in a sentence
CENT = 0.005
Numbers = Mapping[str, int | float | str | None]
Tables = Mapping[str, pd.DataFrame]


def findings(tables: Tables, numbers: Numbers, start: date | None) -> list[Finding]:
    """Say what was found; keys with a third part belong to sections of their own."""
    if not numbers["goals"]:
        return [Finding(key="kam_goals.title_none"), Finding(key="kam_goals.do.write")]
    found = [_title(numbers), *_incomplete(numbers), *_sums(tables), *_unclear(numbers)]
    found += [*_accounts(tables, numbers), *_progress(tables, numbers, start), *_benefits(tables)]
    found += [*_actions(numbers), Finding(key="kam_goals.read.cascade"), Finding(key="kam_goals.sure.written")]
    return found + _to_do(tables, numbers)


def _title(numbers: Numbers) -> Finding:
    values: dict[str, Value] = {name: numbers[name] for name in ("goals", "complete", "key_accounts")}
    without = numbers["key_accounts_without_goal"]
    if not numbers["key_accounts"]:
        return Finding(key="kam_goals.title_alone", values=values | {"count": numbers["goals"]})
    if without:
        return Finding(key="kam_goals.title", values=values | {"count": without})
    return Finding(key="kam_goals.title_all", values=values)


def _incomplete(numbers: Numbers) -> list[Finding]:
    names = ("goals", "complete", "without_indicator", "without_target", "without_due", "without_owner")
    values: dict[str, Value] = {name: numbers[name] for name in names}
    if numbers["complete"] == numbers["goals"]:
        return [Finding(key="kam_goals.complete", values=values | {"count": numbers["goals"]})]
    return [Finding(key="kam_goals.incomplete", values=values)]


def _unclear(numbers: Numbers) -> list[Finding]:
    found = [
        Finding(key=f"kam_goals.{key}", values={"count": numbers[key]})
        for key in ("hanging", "contradictions")
        if numbers[key]
    ]
    if numbers["contradictions"] is None:
        return [*found, Finding(key="kam_goals.unchecked")]
    return found or [Finding(key="kam_goals.consistent")]


def _sums(tables: Tables) -> list[Finding]:
    """Compare the programme's goals with the sum of the account goals, the largest rest first."""
    if "sums" not in tables:
        return []
    added = tables["sums"][tables["sums"]["added"] == "added"]
    found = []
    ordered = added.sort_values("rest", key=lambda rest: rest.abs(), ascending=False, kind="stable")
    for place, row in enumerate(ordered.to_dict("records")):
        by_increase = row["compared_by"] == "increase"
        values: dict[str, Value] = {"goal": row["goal"], "indicator": row["indicator"], "count": row["accounts_goals"]}
        values["wanted"] = row["wanted" if by_increase else "target_value"]
        values |= {"promised": row["promised" if by_increase else "accounts_target"], "rest": abs(row["rest"])}
        way = "short" if row["rest"] > CENT else "over" if row["rest"] < -CENT else "even"
        section = "" if place == 0 else "sums."
        found.append(Finding(key=f"kam_goals.{section}{way}_{row['compared_by']}", values=values))
    if left := int((tables["sums"]["added"] != "added").sum()):
        found.append(Finding(key="kam_goals.sums.not_added", values={"count": left}))
    return found or [Finding(key="kam_goals.sums.none")]


def _accounts(tables: Tables, numbers: Numbers) -> list[Finding]:
    if numbers["key_accounts"] is None:
        return [Finding(key="kam_goals.accounts.unknown")]
    without = tables["accounts"].loc[~tables["accounts"]["has_goal"], "name"]
    values: dict[str, Value] = {"count": len(without), "names": without.head(NAMED).tolist()}
    key = "kam_goals.accounts.without" + ("_many" if len(without) > NAMED else "")
    return [Finding(key=key, values=values)] if len(without) else []


def _progress(tables: Tables, numbers: Numbers, start: date | None) -> list[Finding]:
    table = tables["progress"]
    not_measured = table[table["standing"] == "not_measured"]
    found = []
    if numbers["measured"]:
        counts = table["standing"].value_counts()
        values: dict[str, Value] = {"count": numbers["measured"], "goals": len(table)}
        names = ("reached", "missed", "away", "ahead", "behind", "open")
        values |= {name: int(counts.get(name, 0)) for name in names}
        found.append(Finding(key="kam_goals.progress.counted" + ("_timed" if start else ""), values=values))
        found.append(Finding(key="kam_goals.sure.progress"))
        if not start:
            found.append(Finding(key="kam_goals.progress.no_start"))
    else:
        found.append(Finding(key="kam_goals.progress.nothing"))
    for why, rows in not_measured.groupby("why", sort=True):
        found.append(Finding(key=f"kam_goals.progress.why_{why}", values={"count": len(rows)}))
    return found


def _benefits(tables: Tables) -> list[Finding]:
    counts = tables["benefits"].set_index("benefit_for")["goals"]
    values: dict[str, Value] = {str(name): int(count) for name, count in counts.items()}
    if values["nobody"] == sum(counts):
        return [Finding(key="kam_goals.benefit.unknown")]
    return [Finding(key="kam_goals.benefit.counted", values=values)]


def _actions(numbers: Numbers) -> list[Finding]:
    if numbers["actions"] is None:
        return [Finding(key="kam_goals.actions.none")]
    names = ("actions", "actions_overdue", "goals_without_action")
    values: dict[str, Value] = {name: numbers[name] for name in names}
    return [Finding(key="kam_goals.actions.counted", values=values | {"count": numbers["actions"]})]


def _to_do(tables: Tables, numbers: Numbers) -> list[Finding]:
    reasons = {
        "accounts": numbers["key_accounts_without_goal"],
        "complete": numbers["complete"] != numbers["goals"],
        "contradictions": numbers["contradictions"],
        "rest": "sums" in tables and (tables["sums"]["rest"] > CENT).any(),
        "overdue": numbers["actions_overdue"],
        "benefit": numbers["only_us"],
    }
    found = [Finding(key=f"kam_goals.do.{key}") for key, given in reasons.items() if given]
    return found or [Finding(key="kam_goals.do.keep")]
