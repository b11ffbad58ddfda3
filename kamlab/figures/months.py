"""Months beside those of the year before, with the variance absolute and in per cent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamlab.figures.amounts import Amount, amounts, scenarios
from kamlab.figures.ranked import ranked
from kamlab.figures.rows import legend
from kamlab.figures.theme import EDGE, INK, MUTED, NARROW, SCENARIOS, by_meaning, sheet
from kamlab.text import Words

TALL = 1.1  # inches for the columns of amounts and variances together
WIDEST = 0.8  # inches of a month


def months_beside(frame: pd.DataFrame, words: Words, size: float) -> tuple[Axes, str]:
    """Draw months, each on the same one a year before; on a phone they are lines.

    Parameters
    ----------
    frame : DataFrame
        month, revenue, before (NaN where it is not compared), complete; at most 13 months have room.

    Returns
    -------
    The axes, and the unit of the amounts.
    """
    names = [_name(month, at, words) for at, month in enumerate(frame["month"])]
    partial = [at for at, complete in enumerate(frame["complete"]) if not complete]
    rows, money = amounts(zip(names, frame["revenue"], frame["before"], strict=True), words, partial=partial)
    if size > NARROW:
        return _columns(rows, size, words), money
    return ranked(rows, size, words, above=False), money


def _columns(rows: Sequence[Amount], size: float, words: Words) -> Axes:
    """Draw a column per month, under it the variance as a column and in per cent, all columns on one scale."""
    compared = any(row.said_variance for row in rows)
    pitch = min(WIDEST, (size - 0.04) / len(rows))
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    lowest, highest = min(0.0, *(row.variance for row in rows)), max(0.0, *(row.variance for row in rows))
    scale = TALL / ((high - low + highest - lowest) or 1)
    top = 0.44 if compared or any(row.scenario == "partial" for row in rows) else 0.2
    zero = top + scale * high
    named = zero - scale * low + 0.13
    axis = named + 0.52 + scale * highest
    ratios = axis - scale * lowest + (0.3 if lowest else 0.12)
    right = 0.02 + pitch * len(rows)
    with sheet((ratios if compared else named) + 0.12, size) as axes:
        legend(axes, scenarios(rows, words), size)
        axes.plot([0.02, right], [zero, zero], color=EDGE, linewidth=0.8)
        if compared:
            axes.text(0.02, named + 0.25, words("figure.variance"), va="center_baseline", color=MUTED)
            axes.plot([0.02, right], [axis, axis], color=EDGE, linewidth=0.8)
        for at, row in enumerate(rows):
            x = 0.02 + pitch * (at + 0.5)
            if row.before:
                _column(axes, x - 0.1 * pitch, 0.5 * pitch, zero, scale * row.before, **SCENARIOS["previous"])
            _column(
                axes,
                x + 0.1 * pitch * bool(row.said_variance),
                0.5 * pitch,
                zero,
                scale * row.now,
                **SCENARIOS[row.scenario],
            )
            place: Any = {"ha": "center", "va": "center_baseline", "color": INK if _is_meant(row, rows) else MUTED}
            axes.text(x, zero - scale * row.high - 0.09, row.said, **place)
            axes.text(x, named, row.name, fontweight="bold" if _is_meant(row, rows) else "normal", **place)
            if row.said_variance:
                colour = by_meaning(row.variance)
                _column(axes, x, 0.36 * pitch, axis, scale * row.variance, color=colour, linewidth=0)
                tip = axis - scale * row.variance + (-0.09 if row.variance >= 0 else 0.1)
                axes.text(x, tip, row.said_variance, ha="center", va="center_baseline", color=colour)
                ratio = row.said_ratio.replace("> ", ">")  # beside another one as long there is no room for the blank
                axes.text(x, ratios, ratio, ha="center", va="center_baseline", color=colour)
    return axes


def _is_meant(row: Amount, rows: Sequence[Amount]) -> bool:
    """Say whether the message is about a month: more than the year before, or where none is known the highest."""
    if any(one.said_variance for one in rows):
        return row.variance > 0
    return row.now == max(one.now for one in rows)


def _column(axes: Axes, middle: float, thickness: float, zero: float, height: float, **style: Any) -> None:
    axes.add_patch(Rectangle((middle - thickness / 2, min(zero, zero - height)), thickness, abs(height), **style))


def _name(month: pd.Timestamp, place: int, words: Words) -> str:
    """Name a month; the first, and every January, with its year."""
    name = words.short_month(month)
    return f"{name} {month.year}" if place == 0 or month.month == 1 else name
