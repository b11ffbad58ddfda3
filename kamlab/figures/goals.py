"""Figures of the page of goals: the cascade, and how far measurable goals have come."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamlab.figures.measured import in_unit
from kamlab.figures.rows import BREAK, Look, Mark, Panel, Row, Said, key_lines, legend, rows
from kamlab.figures.theme import (
    BAD,
    EDGE,
    GOOD,
    INK,
    MUTED,
    NARROW,
    PAPER,
    RULE,
    WIDE,
    Drawing,
    fit,
    label,
    sheet,
    unit,
    width,
)
from kamlab.results import Result
from kamlab.text import Words

LOOSE = ("no_parent", "unknown_parent", "circle", "order")
MOST_GOALS, MOST_ABOVE, MOST_ACCOUNTS = 21, 9, 30
MOST_MARKS = 7  # of an account; more are counted
LOWEST, FURTHEST = -1.5, 3.5  # of the way to the target; a bar that goes further is interrupted
STEP, APART = 0.22, 0.155  # inches: of a line, from mark to mark
ACTION, ACCOUNT = "action", "account"
# What is there is solid, what lacks something hollow, what is missing dotted, what hangs in the air crossed.
LOOKS: dict[str, Look] = {
    "whole": {"marker": "s", "color": EDGE, "markersize": 7},
    "part": {"marker": "s", "color": EDGE, "markerfacecolor": PAPER, "markersize": 7},
    "loose": {"marker": "x", "color": BAD, "markersize": 6, "markeredgewidth": 1.8},
    "missing": {"facecolor": PAPER, "edgecolor": BAD, "linewidth": 1.1, "linestyle": (0, (2, 1.5))},
    "action": {"marker": "o", "color": EDGE, "markersize": 4},
    "overdue": {"marker": "o", "color": BAD, "markerfacecolor": PAPER, "markersize": 5},
}


def goal_cascade(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the goals of each level by name, below them a small multiple per account; who has no goal is named."""
    if not result.key_numbers["goals"]:
        return None
    levels = result.tables["levels"].set_index("level").to_dict("index")
    cells, whose = _cells(result)
    missing = [name for name, looks in cells.items() if "missing" in looks]
    wide = size > NARROW
    above = _above(result, words, size if wide else 0)
    shown = list(cells.items())[:MOST_ACCOUNTS]
    columns = 2 if wide else 1
    lines, room = -(-len(shown) // columns), size / columns
    used = {look for _, look, _ in above} | {look for looks in cells.values() for look in looks}
    keys = [(LOOKS[look], words(f"figure.goal_cascade.{look}")) for look in LOOKS if look in used]
    head = 0.19 * len(key_lines(keys, size)) + 0.06
    first = max(width([level for level, _, _ in above], bold=True) + 0.14 if wide else 0.0, 0.01)
    counts = {name: int(row["goals"]) for name, row in levels.items()}
    said = words("figure.goal_cascade.accounts", count=counts.get(ACCOUNT, 0), actions=counts.get(ACTION, 0))
    with sheet(head + STEP * (len(above) + lines) + 0.4 * bool(shown), size) as axes:
        legend(axes, keys, size)
        y = head + STEP / 2
        for level, look, goal in above:
            _text(axes, 0.01, y, level, INK, bold=True)
            _squares(axes, first + 0.06, y, [look] if look else [])
            _text(axes, first + 0.18, y, goal, MUTED)
            y += STEP
        if shown:
            axes.plot([0, size], [y - 0.02] * 2, color=RULE, linewidth=0.8)
            _text(axes, 0.01, y + 0.13, said, INK, bold=True)
        y += 0.36
        marks = room - APART * (min(MOST_MARKS, max((len(looks) for _, looks in shown), default=0)) + 1)
        for at, (name, looks) in enumerate(shown):
            x, down = room * (at // lines), y + STEP * (at % lines)
            is_meant = bool({"missing", "loose", "overdue"} & set(looks))
            _text(axes, x + 0.01, down, fit(name, marks - 0.1, bold=is_meant), INK if is_meant else MUTED, is_meant)
            _squares(axes, x + marks, down, looks)
    values = {name: result.key_numbers[name] for name in ("goals", "complete", "hanging")}
    values |= {"count": len(missing), "accounts": len(cells)}
    values["shown"] = len(shown)
    title = "title_missing" if missing else "title" if values["hanging"] else "title_tied"
    caption = "caption" if len(shown) == len(cells) else "caption_some"
    return Drawing("goal_cascade", axes, result.tables["levels"], values, caption, title, tuple(whose), tuple(missing))


def _above(result: Result, words: Words, size: float) -> list[tuple[str, str, str]]:
    """List the goals above the accounts: the level beside its first (without a size above it), its look, its words."""
    found: list[tuple[str, str, str]] = []
    cascade = result.tables["cascade"]
    most = int((size - 1.6 if size else NARROW - 0.3) / 0.078)
    for level in result.tables["levels"]["level"]:
        if level in (ACCOUNT, ACTION):
            continue
        goals = cascade[cascade["level"] == level].to_dict("records")
        texts = [(_look(goal), str(goal["goal"])) for goal in goals[:MOST_ABOVE]]
        texts = texts or [("missing", words("figure.goal_cascade.none_here"))]
        if len(goals) > MOST_ABOVE:
            texts.append(("", words("table.others", count=len(goals) - MOST_ABOVE)))
        lines = [
            ("" if line else look, part)
            for look, text in texts
            for line, part in enumerate(textwrap.wrap(label(text, 160), most) or [""])
        ]
        name = words(f"value.level.{level}")
        lines = lines if size else [("", ""), *lines]
        found += [("" if at else name, look, text) for at, (look, text) in enumerate(lines)]
    return found


def _cells(result: Result) -> tuple[dict[str, list[str]], list[str]]:
    """Say how the goals and actions of every account look, those without a goal first; and what it comes from."""
    cascade, actions, accounts = (result.tables.get(name) for name in ("cascade", "actions", "accounts"))
    assert cascade is not None
    cells: dict[str, list[str]] = {}
    if accounts is not None and "has_goal" in accounts:
        ordered = accounts.sort_values("has_goal", kind="stable")
        cells = {row["name"]: [] if row["has_goal"] else ["missing"] for row in ordered.to_dict("records")}
    for goal in cascade[cascade["level"] == ACCOUNT].to_dict("records"):
        cells.setdefault(str(goal["name"]), []).append(_look(goal))
    for action in [] if actions is None else actions.to_dict("records"):
        look = "loose" if not action["serves"] else "overdue" if action["overdue"] else ACTION
        cells.setdefault(str(action["name"]), []).append(look)
    return cells, ["goals", *([] if actions is None else ["actions"])]


def _look(goal: Mapping[Any, Any]) -> str:
    return "loose" if goal["link"] in LOOSE else "whole" if goal["is_complete"] else "part"


def _squares(axes: Axes, x: float, y: float, looks: Sequence[str]) -> None:
    """Draw marks beside each other; of many kinds of one how many there are."""
    places = [(look, 1) for look in looks]
    if len(looks) > MOST_MARKS:
        places = [(look, looks.count(look)) for look in dict.fromkeys(looks)]
    for look, count in places:
        if look == "missing":
            axes.add_patch(Rectangle((x - 0.055, y - 0.055), 0.11, 0.11, **LOOKS[look]))
        else:
            axes.plot([x], [y], **LOOKS[look])
        if count > 1:
            _text(axes, x + 0.09, y, str(count), MUTED)
        x += APART + (0.1 + width([str(count)]) if count > 1 else 0)


def _text(axes: Axes, x: float, y: float, text: str, ink: str, bold: bool = False) -> None:
    axes.text(x, y, text, va="center_baseline", color=ink, fontweight="bold" if bold else "normal")


def goal_progress(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw how much of the way from start value to target is gone, with the time elapsed where it is known.

    Reached goals are blue, those that move away orange and left of the start, all others grey.
    """
    table = result.tables["progress"]
    measured = table[table["progress"].notna()]
    if measured.empty:
        return None
    kinds = measured["indicator"].value_counts(sort=False)
    ordered = measured.assign(kind=measured["indicator"].map({name: at for at, name in enumerate(kinds.index)}))
    shown = ordered.sort_values(["kind", "progress"], ascending=[True, False], kind="stable").head(MOST_GOALS)
    lines, money = _ways(shown, words, size)
    ends = shown["progress"].astype(float).clip(LOWEST, FURTHEST)
    low, high = min(0.0, ends.min()), max(1.0, ends.max())
    heads = [(0.0, words("figure.goal_progress.start")), (1.0, words("figure.goal_progress.target"))]
    keys: list[tuple[Look, str]] = [
        (look, words(f"figure.goal_progress.{key}")) for key, look in STANDINGS.items() if key != "else"
    ]
    timed = bool(shown["elapsed"].notna().any())
    if timed:
        keys.append(({"color": INK, "marker": "|"}, words("figure.goal_progress.elapsed")))
    columns = [words("figure.goal_progress.head", unit=money)]
    axes = rows(lines, size, [Panel(low, high, heads=heads, lines=[0.0, 1.0])], keys=keys, columns=columns, step=0.225)
    counts = table["standing"].value_counts()
    values: dict[str, Any] = {"count": int(counts.get("reached", 0)), "away": int(counts.get("away", 0)), "unit": money}
    values |= {"measured": len(table) - int(counts.get("not_measured", 0)), "with_start": len(measured)}
    values |= {"shown": len(shown), "names": _whose(table[table["standing"] == "reached"], words)}
    values["others"] = _whose(table[table["standing"] == "away"], words)
    numbers = shown.drop(columns=["level", "due", "why", "kind"])
    sources = ("transactions", "goals")
    return Drawing("goal_progress", axes, numbers, values, "caption_timed" if timed else "caption", sources=sources)


STANDINGS: dict[str, Look] = {
    "reached": {"facecolor": GOOD, "linewidth": 0},
    "away": {"facecolor": BAD, "linewidth": 0},
    "else": {"facecolor": EDGE, "linewidth": 0},
}


def _whose(goals: pd.DataFrame, words: Words) -> list[str]:
    """Name whose goals these are: an account, or a level."""
    whose = zip(goals["name"], goals["level"], strict=True)
    return list(
        dict.fromkeys(name if isinstance(name, str) else words(f"value.level.{level}") for name, level in whose)
    )


def _ways(shown: pd.DataFrame, words: Words, size: float) -> tuple[list[Row], str]:
    """Write the goals below their indicators, amounts in one unit, which is returned too."""
    amounts = shown.loc[shown["unit"] == "money", ["now", "target_value"]].to_numpy(dtype="float64")
    money, divisor = unit(float(np.abs(amounts).max()) if len(amounts) else 0.0, words)
    decimals = 2 if divisor > 1 else 0
    lines: list[Row] = []
    indicator = None
    for goal in shown.to_dict("records"):
        if goal["indicator"] != indicator:
            indicator = goal["indicator"]
            lines.append(Row(str(indicator), strong=True))
        now, target = (
            words.number(goal[name] / divisor, decimals)
            if goal["unit"] == "money"
            else in_unit(goal[name], goal["unit"], words)
            for name in ("now", "target_value")
        )
        standing = goal["standing"] if goal["standing"] in STANDINGS else "else"
        ink = {"reached": GOOD, "away": BAD}.get(standing, MUTED)
        part = float(goal["progress"])
        tip = min(FURTHEST, max(LOWEST, part))
        marks = [Mark(0.0, STANDINGS[standing], tip)]
        marks += [Mark(1.0)] * (part >= 0 or size <= NARROW)  # no number on the line of the target
        marks += [Mark(tip, BREAK)] if tip != part else []
        if goal["elapsed"] == goal["elapsed"]:
            marks.append(Mark(float(goal["elapsed"]), {"marker": "|", "color": INK, "markersize": 11}))
        lines.append(
            Row(
                goal["name"] if isinstance(goal["name"], str) else words(f"value.level.{goal['level']}"),
                [marks],
                [Said(words.percent(part), ink, left=part < 0)],
                cells=[Said(words("figure.goal_progress.of", now=now, target=target), MUTED)],
                ink=MUTED if standing == "else" else INK,
                strong=standing != "else",
            )
        )
    return lines, money
