"""The state of a client's key account management: one paragraph, and a number for every page, each from its result.

Saved results in, sentences and numbers out; what a result does not say, or a result that is not there, is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kamlab.results import SavedResult
from kamlab.text import Words

PARTS = {  # part and whole of the number of a page; a share is its own
    "data_readiness": ("rows_used", "rows_read"),
    "charter": ("failing", "key_accounts"),
    "kam_goals": ("key_accounts_without_goal", "key_accounts"),
    "concentration": ("class_a_accounts", "accounts"),
    "scoring": ("set", "places"),
    "portfolio": ("key_account", "judged"),
    "customer_value": ("contracted_share", None),
    "target_accounts": ("entered", "selected"),
}


class Part(NamedTuple):
    """The number of a page: as text, what it means, and as a share of one to draw."""

    number: str
    meaning: str
    share: float


def headline(name: str, results: Mapping[str, SavedResult], words: Words) -> str:
    """Say for how many key accounts the list is, or whose key account management it is about."""
    known = _values(results, "target_accounts")
    key = "index.title_list" if known.get("selected") else "index.title"
    return words(key, name=name, **known)


def state(results: Mapping[str, SavedResult], words: Words) -> str:
    """Say in a paragraph how things stand: list, dependence, contracts, goals, data."""
    listed, depends, worth, goals, data = (
        _values(results, name)
        for name in ("target_accounts", "concentration", "customer_value", "kam_goals", "data_readiness")
    )
    said = []
    if listed.get("selected"):
        by = "margin" if listed["margin_share"] is not None else "revenue"
        said.append(words(f"index.state.list_{by}", **listed))
    if depends.get("equal_accounts") and depends.get("largest_share") is not None:
        said.append(words("index.state.dependence", **depends))
    if (worth.get("contracted_share") or 0) + (worth.get("framework_share") or 0):
        said.append(words("index.state.contracts", **worth))
    if goals.get("goals"):
        said.append(words("index.state.goals", **goals, count=goals["key_accounts_without_goal"]))
    if data.get("ledger_unexplained") is not None and data["ledger_total"]:
        share = abs(data["ledger_unexplained"] / data["ledger_total"])
        said.append(words("index.state.data_ledger", **data, share=share))
    elif data.get("rows_read"):
        said.append(words("index.state.data", **data))
    return " ".join(said)


def part(analysis: str, result: SavedResult, words: Words) -> Part | None:
    """Return the number of a page; None where it has none."""
    of, whole = PARTS.get(analysis, (None, None))
    known = {**result.findings[0].values, **result.key_numbers} if result.findings else result.key_numbers
    value, total = known.get(of or ""), known.get(whole) if whole else 1
    if not isinstance(value, int | float) or not isinstance(total, int | float) or not total > 0:
        return None
    number = words("index.part", part=value, whole=total) if whole else words.percent(value)
    return Part(number, words(f"index.meaning.{analysis}"), min(max(value / total, 0.0), 1.0))


def _values(results: Mapping[str, SavedResult], analysis: str) -> dict[str, Any]:
    return dict(results[analysis].key_numbers) if analysis in results else {}
