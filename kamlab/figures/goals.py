"""Figures of the page of goals: the cascade, and how far measurable goals have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamlab.figures.measured import in_unit
from kamlab.figures.theme import (
    BAD,
    EDGE,
    INK,
    MAIN,
    MUTED,
    NARROW,
    PALE,
    PAPER,
    WIDE,
    Drawing,
    bar,
    fit,
    sheet,
    unit,
    width,
)
from kamlab.results import Result
from kamlab.text import Words

SIDE, CLOSEST, WIDEST = 0.12, 0.16, 0.5  # inches: a square, and from one to the next
LOOSE = ("no_parent", "unknown_parent", "circle", "order")
MOST_GOALS = 25
MOST_NAMED = 2  # indicators under the title
LOWEST, FURTHEST = -0.3, 1.2  # of the way to the target; a bar that goes further is interrupted
ACTION = "action"


class _Mark(NamedTuple):
    """A square: its name, the name of the one above, how it looks."""

    name: str
    above: str | None
    look: str


def goal_cascade(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw a row per level and a square per goal, tied to the goal that it serves where all fit side by side."""
    if not result.key_numbers["goals"]:
        return None
    rows = _rows(result)
    levels: dict[Any, dict[Any, Any]] = result.tables["levels"].set_index("level").to_dict("index")
    said = [words(f"value.level.{level}") for level in rows]
    counts = [words(_counted(level, levels[level]), **_count(levels[level])) for level in rows]
    beside = size > NARROW
    left = width([*said, *counts]) + 0.3 if beside else 0.02
    room = size - left - SIDE
    fits = beside and all(len(marks) * CLOSEST <= room for marks in rows.values())
    places = _tree(rows, room) if fits else {level: _wrapped(len(marks), room) for level, marks in rows.items()}
    lines = {level: max((line for _, line in spots), default=0) + 1 for level, spots in places.items()}
    heights = [(0.62 if beside else 0.5) + 0.2 * (lines[level] - 1) + (0 if beside else 0.14) for level in rows]
    with sheet(0.34 + sum(heights), size) as axes:
        _legend(axes, words, size)
        spots: dict[str, tuple[float, float]] = {}
        top = 0.36 if beside else 0.4
        for (level, marks), height, name, count in zip(rows.items(), heights, said, counts, strict=True):
            y = top + (0.22 if beside else 0.36)
            if beside:
                axes.text(0.01, y - 0.09, name, va="center_baseline", color=INK)
                axes.text(0.01, y + 0.1, count, va="center_baseline", color=MUTED)
            else:
                axes.text(0.01, top + 0.1, name, va="center_baseline", color=INK)
                axes.text(size - 0.02, top + 0.1, count, ha="right", va="center_baseline", color=MUTED)
            here: dict[str, tuple[float, float]] = {}
            for mark, (x, line) in zip(marks, places[level], strict=True):
                spot = (left + x + SIDE / 2, y + 0.2 * line)
                if fits and mark.above in spots and mark.look != "loose":
                    above = spots[mark.above]
                    axes.plot([above[0], spot[0]], [above[1], spot[1]], color=EDGE, linewidth=0.6, zorder=0)
                _square(axes, *spot, mark.look)
                here.setdefault(mark.name, spot)
            spots = {**spots, **here} if level != ACTION else spots
            top += height
    numbers = result.tables["levels"]
    values = {name: result.key_numbers[name] for name in ("goals", "complete", "hanging")}
    title = "title" if values["hanging"] else "title_tied"
    return Drawing("goal_cascade", axes, numbers, values, "caption" if fits else "caption_wrapped", title)


def _rows(result: Result) -> dict[str, list[_Mark]]:
    """Sort goals and actions into levels, in the order of the tree."""
    cascade, actions = result.tables["cascade"], result.tables.get("actions")
    rows: dict[str, list[_Mark]] = {level: [] for level in result.tables["levels"]["level"]}
    for goal in cascade.to_dict("records"):
        look = "loose" if goal["link"] in LOOSE else "whole" if goal["is_complete"] else "part"
        above = goal["serves_goal"] if isinstance(goal["serves_goal"], str) else None
        rows[goal["level"]].append(_Mark(goal["goal_id"], above, look))
    if actions is not None:
        place = {number: at for at, number in reversed(list(enumerate(cascade["goal_id"])))}
        ordered = actions.assign(place=actions["goal_id"].map(place)).sort_values("place", kind="stable")
        for action in ordered.to_dict("records"):
            look = "loose" if not action["serves"] else "part" if action["overdue"] else "whole"
            rows[ACTION].append(_Mark(action["action_id"], action["goal_id"] if action["serves"] else None, look))
    return rows


def _tree(rows: Mapping[str, Sequence[_Mark]], room: float) -> dict[str, list[tuple[float, int]]]:
    """Place the squares of a tree: those of the fullest level evenly, others above or below those they belong to."""
    levels = list(rows)
    spread = max((level for level in levels if level != ACTION), key=lambda level: len(rows[level]))
    step = min(WIDEST, room / max(1, len(rows[spread])))
    places = {spread: [step * (at + 0.5) - SIDE / 2 for at in range(len(rows[spread]))]}
    upwards = levels[: levels.index(spread)][::-1]
    for level in [*upwards, *levels[levels.index(spread) + 1 :]]:
        x: dict[str, float] = {}
        for other in places:
            for mark, at in zip(rows[other], places[other], strict=True):
                x.setdefault(mark.name, at)
        wished: list[float] = []
        for mark in rows[level]:
            goals = [m for other in places for m in rows[other] if m.above == mark.name]
            tied = [x[m.name] for m in goals] if level in upwards else [x[mark.above]] if mark.above in x else []
            wished.append(sum(tied) / len(tied) if tied else (wished[-1] + CLOSEST if wished else 0.0))
        order = sorted(range(len(wished)), key=wished.__getitem__)
        settled = dict(zip(order, _apart([wished[at] for at in order], room), strict=True))
        places[level] = [settled[at] for at in range(len(wished))]
    return {level: [(x, 0) for x in places[level]] for level in levels}


def _apart(wished: list[float], room: float) -> list[float]:
    """Move rising places apart so that squares do not touch and none is beyond the room."""
    placed: list[float] = []
    for place in wished:
        placed.append(max(place, placed[-1] + CLOSEST) if placed else place)
    for at in range(len(placed) - 1, -1, -1):
        placed[at] = min(placed[at], placed[at + 1] - CLOSEST if at + 1 < len(placed) else room - SIDE)
    return placed


def _wrapped(count: int, room: float) -> list[tuple[float, int]]:
    across = max(1, int(room / CLOSEST))
    return [(CLOSEST * (at % across), at // across) for at in range(count)]


def _counted(level: str, row: dict[Any, Any]) -> str:
    loose = "_loose" if row["hanging"] else ""
    return f"figure.goal_cascade.{'actions' if level == ACTION else 'goals'}{loose}"


def _count(row: dict[Any, Any]) -> dict[str, int]:
    return {"count": int(row["goals"]), "hanging": int(row["hanging"])}


def _square(axes: Axes, x: float, y: float, look: str) -> None:
    """Draw a square: solid, hollow, or crossed out for what hangs in the air."""
    half = SIDE / 2
    style: dict[str, Any] = {"facecolor": MAIN if look == "whole" else PAPER, "linewidth": 1.0}
    bar(axes, x - half, x + half, y, SIDE, edgecolor=BAD if look == "loose" else MAIN, **style)
    if look == "loose":
        for sign in (1, -1):
            axes.plot([x - half, x + half], [y - sign * half, y + sign * half], color=BAD, linewidth=1.2)


def _legend(axes: Axes, words: Words, size: float) -> None:
    left, y = 0.02 + SIDE / 2, 0.12
    for look in ("whole", "part", "loose"):
        text = words(f"figure.goal_cascade.{look}")
        if left + SIDE + width([text]) > size:
            left, y = 0.02 + SIDE / 2, y + 0.19
        _square(axes, left, y, look)
        axes.text(left + 0.12, y, text, va="center_baseline", color=MUTED)
        left += 0.12 + width([text]) + 0.24


def goal_progress(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw how much of the way from start value to target is gone, with the time elapsed where it is known."""
    table = result.tables["progress"]
    measured = table[table["progress"].notna()]
    if measured.empty:
        return None
    shown = measured.head(MOST_GOALS).reset_index(drop=True)
    rows, money = _ways(shown, words)
    beside, timed = size > NARROW, bool(shown["elapsed"].notna().any())
    of, percents = width(row.of for row in rows), width(row.percent for row in rows)
    drawn = [fit(row.name, 0.36 * size if beside else size - of - 0.2) for row in rows]
    left = width(drawn) + 0.14 if beside else 0.02
    right = size - percents - 0.12 - (of + 0.16 if beside else 0)
    low = min(0.0, max(LOWEST, min(row.part for row in rows)))
    scale = (right - left) / (FURTHEST - low)
    zero, first = left - low * scale, 0.62
    pitch, reach = (0.3, 0.15) if beside else (0.46, 0.1)
    with sheet(first + pitch * len(rows), size) as axes:
        for place, key in ((zero, "start"), (zero + scale, "target")):
            said = words(f"figure.goal_progress.{key}")
            _say(axes, max(place, width([said]) / 2), 0.32, said, "center", MUTED)
        if beside:
            _say(axes, size - 0.02, 0.32, words("figure.goal_progress.head", unit=money), "right", MUTED)
        if timed:
            axes.plot([0.03, 0.03], [0.05, 0.19], color=INK, linewidth=1.6)
            _say(axes, 0.1, 0.12, words("figure.goal_progress.elapsed"), "left", MUTED)
        for at, row in enumerate(rows):
            y = first + pitch * at
            _say(axes, size - 0.02, y, row.of, "right", MUTED)
            _say(axes, left - 0.07 if beside else 0.01, y, drawn[at], "right" if beside else "left", INK)
            y += 0 if beside else 0.21
            tip, colour = zero + scale * min(FURTHEST, max(low, row.part)), BAD if row.is_late else MAIN
            bar(axes, zero, zero + scale, y, 0.13, facecolor=PALE, linewidth=0, zorder=0)
            bar(axes, zero, tip, y, 0.13, facecolor=colour, linewidth=0)
            if not low <= row.part <= FURTHEST:
                for back in (0.09, 0.14):
                    at_break = tip - back if tip > zero else tip + back
                    axes.plot([at_break - 0.03, at_break + 0.03], [y + 0.09, y - 0.09], color=PAPER, linewidth=1.6)
            for place in (zero, zero + scale):
                axes.plot([place] * 2, [y - reach, y + reach], color=EDGE, linewidth=0.9, zorder=0)
            if row.elapsed is not None:
                axes.plot([zero + scale * row.elapsed] * 2, [y - 0.1, y + 0.1], color=INK, linewidth=1.6)
            _say(axes, max(tip, zero + scale) + 0.07, y, row.percent, "left", BAD if row.is_late else INK)
    counts = table["standing"].value_counts()
    values = {"count": int(counts.get("reached", 0)), "away": int(counts.get("away", 0)), "unit": money}
    values |= {"measured": len(table) - int(counts.get("not_measured", 0)), "with_start": len(measured)}
    named = list(dict.fromkeys(shown["indicator"]))
    values |= {"shown": len(shown), "indicators": named[:MOST_NAMED] + ["…"] * (len(named) > MOST_NAMED)}
    numbers = shown.drop(columns=["level", "due", "why"])
    return Drawing("goal_progress", axes, numbers, values, "caption_timed" if timed else "caption")


class _Way(NamedTuple):
    """A goal on its way: what is written of it, the part of the way gone, that of the time where it is known."""

    name: str
    of: str
    percent: str
    part: float
    elapsed: float | None
    is_late: bool


def _ways(shown: pd.DataFrame, words: Words) -> tuple[list[_Way], str]:
    """Write the goals, amounts in one unit, which is returned too."""
    amounts = shown.loc[shown["unit"] == "money", ["now", "target_value"]].to_numpy(dtype="float64")
    money, divisor = unit(float(np.abs(amounts).max()) if len(amounts) else 0.0, words)
    decimals = 2 if divisor > 1 else 0
    rows = []
    for row in shown.to_dict("records"):
        now, target = (
            words.number(row[name] / divisor, decimals)
            if row["unit"] == "money"
            else in_unit(row[name], row["unit"], words)
            for name in ("now", "target_value")
        )
        whose = row["name"] if isinstance(row["name"], str) else words(f"value.level.{row['level']}")
        several = words("figure.goal_progress.row", name=whose, indicator=row["indicator"])
        rows.append(
            _Way(
                name=several if shown["indicator"].nunique() > 1 else whose,
                of=words("figure.goal_progress.of", now=now, target=target),
                percent=words.percent(row["progress"]),
                part=float(row["progress"]),
                elapsed=None if row["elapsed"] != row["elapsed"] else float(row["elapsed"]),
                is_late=row["standing"] in ("behind", "missed") or row["progress"] < 0,
            )
        )
    return rows, money


def _say(axes: Axes, x: float, y: float, text: str, side: str, colour: str) -> None:
    axes.text(x, y, text, ha=side, va="center_baseline", color=colour)
