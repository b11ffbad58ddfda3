"""What the page of goals says: findings from the tables, the message first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    found = [_title(numbers), *_away(tables), *_margins(tables, numbers), *_sums(tables)]
    found += [*_incomplete(numbers), *_unclear(numbers)]
    found += [*_accounts(tables, numbers), *_progress(tables, numbers, start), *_benefits(tables)]
    found += [*_actions(tables, numbers), Finding(key="kam_goals.read.cascade"), Finding(key="kam_goals.sure.written")]
    return found + _to_do(tables, numbers)


def _title(numbers: Numbers) -> Finding:
    values: dict[str, Value] = {name: numbers[name] for name in ("goals", "complete", "key_accounts")}
    without = numbers["key_accounts_without_goal"]
    if not numbers["key_accounts"]:
        return Finding(key="kam_goals.title_alone", values=values | {"count": numbers["goals"]})
    if without:
        return Finding(key="kam_goals.title", values=values | {"count": without})
    return Finding(key="kam_goals.title_all", values=values)


def _naming(key: str, names: Sequence[str], **values: Value) -> Finding:
    """Name accounts or goals, of many the first."""
    values |= {"count": len(names), "names": list(names[:NAMED])}
    return Finding(key=key + ("_many" if len(names) > NAMED else ""), values=values)


def _away(tables: Tables) -> list[Finding]:
    """Name the goals that move away from their target, the furthest first."""
    table = tables["progress"]
    away = table[table["standing"] == "away"].sort_values("progress", kind="stable")
    if away.empty:
        return []
    measured = int((table["standing"] != "not_measured").sum())
    return [_naming("kam_goals.away", away["name"].fillna(away["goal"]).tolist(), measured=measured)]


def _margins(tables: Tables, numbers: Numbers) -> list[Finding]:
    """Say whether what actions shall bring is enough for the goals that are not reached."""
    if numbers["margin_needed"] is None:
        return []
    table = tables["margins"]
    values: dict[str, Value] = {"needed": numbers["margin_needed"], "expected": numbers["margin_expected"]}
    short = table.loc[table["gap"] > CENT, "name"].tolist()
    if not short:
        return [Finding(key="kam_goals.margins_enough", values=values | {"count": len(table)})]
    return [_naming("kam_goals.margins_short", short, goals=len(table), **values)]


def _incomplete(numbers: Numbers) -> list[Finding]:
    names = ("goals", "complete", "without_indicator", "without_target", "without_due", "without_owner")
    values: dict[str, Value] = {name: numbers[name] for name in names}
    if numbers["complete"] == numbers["goals"]:
        return [Finding(key="kam_goals.gaps.complete", values=values | {"count": numbers["goals"]})]
    return [Finding(key="kam_goals.gaps.incomplete", values=values)]


def _unclear(numbers: Numbers) -> list[Finding]:
    found = [
        Finding(key=f"kam_goals.gaps.{key}", values={"count": numbers[key]})
        for key in ("hanging", "contradictions")
        if numbers[key]
    ]
    if numbers["contradictions"] is None:
        return [*found, Finding(key="kam_goals.gaps.unchecked")]
    return found or [Finding(key="kam_goals.gaps.consistent")]


def _sums(tables: Tables) -> list[Finding]:
    """Compare the programme's goals with the sum of the account goals, the largest rest first."""
    if "sums" not in tables:
        return []
    all_added = tables["sums"][tables["sums"]["added"] == "added"]
    added = all_added[all_added["unit"] == "money"]
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
    if quantities := len(all_added) - len(added):
        found.append(Finding(key="kam_goals.sums.quantity", values={"count": quantities}))
    return found or [Finding(key="kam_goals.sums.none")]


def _accounts(tables: Tables, numbers: Numbers) -> list[Finding]:
    if numbers["key_accounts"] is None:
        return [Finding(key="kam_goals.accounts.unknown")]
    without = tables["accounts"].loc[~tables["accounts"]["has_goal"], "name"]
    return [_naming("kam_goals.accounts.without", without.tolist())] if len(without) else []


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


def _actions(tables: Tables, numbers: Numbers) -> list[Finding]:
    """Count the actions, name the goals without any, and say what those that are done have brought."""
    if numbers["actions"] is None:
        return [Finding(key="kam_goals.actions.none")]
    values: dict[str, Value] = {"count": numbers["actions"], "actions_overdue": numbers["actions_overdue"]}
    found = [Finding(key="kam_goals.actions.counted", values=values)]
    without = tables["without_action"]
    if len(without):
        whose = zip(without["goal"], without["name"], strict=True)
        named = [f"{goal} ({name})" if isinstance(name, str) else str(goal) for goal, name in whose]
        found.append(_naming("kam_goals.actions.without", named))
    done = tables["actions"][tables["actions"]["status"] == "done"]
    hoped, brought = float(done["expected_margin"].sum()), float(done["booked_margin"].sum())
    if hoped > CENT:
        proved = float(done.loc[done["evidence"] == "booked", "booked_margin"].sum())
        money: dict[str, Value] = {"hoped": hoped, "brought": brought, "share": brought / hoped, "proved": proved}
        found.append(Finding(key="kam_goals.actions.brought", values=money | {"count": len(done)}))
    return found


def _to_do(tables: Tables, numbers: Numbers) -> list[Finding]:
    reasons = {
        "away": numbers["away"],
        "accounts": numbers["key_accounts_without_goal"],
        "complete": numbers["complete"] != numbers["goals"],
        "contradictions": numbers["contradictions"],
        "rest": "sums" in tables and (tables["sums"]["rest"] > CENT).any(),
        "overdue": numbers["actions_overdue"],
        "benefit": numbers["only_us"],
    }
    found = [Finding(key=f"kam_goals.do.{key}") for key, given in reasons.items() if given]
    return found or [Finding(key="kam_goals.do.keep")]
