"""Figures of the customer value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes

from kamlab.figures.amounts import amounts
from kamlab.figures.theme import (
    ACCENT,
    EDGE,
    INK,
    MUTED,
    NARROW,
    RULE,
    SCENARIOS,
    WIDE,
    Drawing,
    Scenario,
    bar,
    canvas,
    fit,
    legend,
    sheet,
    width,
)
from kamlab.results import Result
from kamlab.text import Words

MOST_BARS = 12
GAP = 0.14  # inches
PARTS: dict[str, Scenario] = {"contracted": "actual", "framework": "plan", "expected": "forecast"}


class _Row(NamedTuple):
    """An account: its parts one after the other, the ends of its range, and how its value is written."""

    name: str
    parts: tuple[float, ...]
    low: float
    high: float
    said: str


def value_parts(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the most valuable accounts: what is certain, under a framework and expected, with the range of the sum."""
    top = result.tables["accounts"].head(MOST_BARS)
    if top.empty or not result.key_numbers["value"]:
        return None
    written, money = amounts(
        ((name, value, None) for name, value in zip(top["name"], top["value"], strict=True)), words, digits=2
    )
    rows = [
        _Row(
            str(line["name"]),
            tuple(float(line[part]) for part in PARTS),
            line["value_low"],
            line["value_high"],
            one.said,
        )
        for line, one in zip(top.to_dict("records"), written, strict=True)
    ]
    shown = [part for part in PARTS if top[part].gt(0).any()]
    entries = [(PARTS[part], words(f"figure.value_parts.{part}")) for part in shown]
    axes = (_beside if size > NARROW else _above)(rows, size, words, entries if len(entries) > 1 else [])
    columns = ["name", "contracted", "framework", "expected", "value_low", "value_high"]
    numbers = top[columns].rename(columns={"value_low": "worth_low", "value_high": "worth_high"})
    numbers.insert(1, "worth", top["value"])
    said = {"count": len(top), "unit": money, "years": int(str(result.parameters["years"]))}
    said |= {"name": top["name"].iloc[0], "value": float(top["value"].iloc[0]), "measure": _measure(result)}
    said["share"] = float(top["value"].sum()) / float(result.key_numbers["value"])
    return Drawing("value_parts", axes, numbers, said)


def _measure(result: Result) -> str:
    return "revenue" if result.finding("customer_value.revenue_based") else "contribution_margin"


def _beside(rows: Sequence[_Row], size: float, words: Words, entries: Sequence[tuple[Scenario, str]]) -> Axes:
    """Draw a line per account: name, bar, range, value."""
    names = [fit(row.name, 0.37 * size) for row in rows]
    left, texts = width(names) + GAP, width(row.said for row in rows) + 0.08
    scale = (size - left - texts - 0.04) / max(row.high for row in rows)
    with sheet(0.5 + 0.32 * len(rows), size) as axes:
        _heads(axes, left, 0.13, size, words, entries)
        axes.plot([left, left], [0.3, 0.34 + 0.32 * len(rows)], color=EDGE, linewidth=0.8)
        for at, (name, row) in enumerate(zip(names, rows, strict=True)):
            y = 0.5 + 0.32 * at
            axes.text(left - GAP / 2, y, name, ha="right", va="center_baseline", color=INK)
            _bars(axes, left, y, scale, row)
    return axes


def _above(rows: Sequence[_Row], size: float, words: Words, entries: Sequence[tuple[Scenario, str]]) -> Axes:
    """Draw two lines per account, for a phone: its name above its bar."""
    texts = width(row.said for row in rows) + 0.1
    scale = (size - texts - 0.04) / max(row.high for row in rows)
    top = 0.22 * (len(entries) + 1)
    with sheet(top + 0.12 + 0.46 * len(rows), size) as axes:
        for at, entry in enumerate(entries):
            legend(axes, 0.01, 0.1 + 0.22 * at, [entry])
        _range(axes, 0.01, 0.1 + 0.22 * len(entries), words)
        for at, row in enumerate(rows):
            y = top + 0.16 + 0.46 * at
            axes.text(0.01, y, fit(row.name, size - 0.1), va="center_baseline", color=INK)
            _bars(axes, 0.01, y + 0.2, scale, row)
    return axes


def _heads(
    axes: Axes, left: float, y: float, size: float, words: Words, entries: Sequence[tuple[Scenario, str]]
) -> None:
    """Name the fills, then the range; above the bars if there is room, else from as far left as need be."""
    fills = sum(0.4 + width([text]) for _, text in entries)
    start = max(0.01, min(left, size - fills - 0.32 - width([words("figure.value_parts.range")])))
    legend(axes, start, y, entries)
    _range(axes, start + fills, y, words)


def _range(axes: Axes, left: float, y: float, words: Words) -> None:
    axes.plot([left, left + 0.22], [y, y], color=ACCENT, linewidth=1.6, solid_capstyle="butt")
    axes.text(left + 0.28, y, words("figure.value_parts.range"), va="center_baseline", color=MUTED)


def _bars(axes: Axes, left: float, y: float, scale: float, row: _Row) -> None:
    """Draw the parts one behind the other, the range below them, the value behind both."""
    place = left
    for part, scenario in zip(row.parts, PARTS.values(), strict=True):
        if part > 0:
            bar(axes, place, place + scale * part, y, 0.13, **SCENARIOS[scenario])
            place += scale * part
    ends = (left + scale * row.low, left + scale * row.high)
    axes.plot(ends, [y + 0.1, y + 0.1], color=ACCENT, linewidth=1.6, solid_capstyle="butt")
    axes.text(max(place, ends[1]) + 0.06, y, row.said, va="center_baseline", color=INK)


def repeat_orders(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw what the order model expected of the last months beside what came, by how often one had ordered before."""
    compared = result.tables.get("calibration")
    if compared is None or compared.empty:
        return None
    numbers = compared.assign(
        **{name: compared[name] / compared["accounts"] for name in ("orders_expected", "orders_actual")}
    )
    with canvas(3.2 if size > NARROW else 2.8, size) as axes:
        places = list(range(len(numbers)))
        both: list[tuple[float, str, Scenario]] = [
            (-0.2, "orders_expected", "forecast"),
            (0.2, "orders_actual", "actual"),
        ]
        for shift, name, scenario in both:
            label = words(f"figure.repeat_orders.{name}")
            axes.bar([place + shift for place in places], numbers[name], width=0.36, label=label, **SCENARIOS[scenario])
        axes.set_xticks(places, numbers["frequency"].tolist())
        axes.set_xlabel(words("figure.repeat_orders.x"), loc="left")
        axes.set_ylabel(words("figure.repeat_orders.y"), loc="top")
        axes.grid(axis="y", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        axes.tick_params(length=0)
        axes.legend(frameon=False, loc="upper left", labelcolor=MUTED)
    expected, actual = (float(compared[name].sum()) for name in ("orders_expected", "orders_actual"))
    values = {"expected": expected, "actual": actual, "error": expected / actual - 1 if actual else None}
    shown = pd.DataFrame(compared)
    return Drawing("repeat_orders", axes, shown, values)
