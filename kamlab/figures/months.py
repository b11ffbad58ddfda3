"""Months beside those of the year before, with the variance absolute and in per cent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamlab.figures.amounts import Amount, amounts, scenarios
from kamlab.figures.ranked import GAP, bars
from kamlab.figures.theme import EDGE, INK, MUTED, NARROW, SCENARIOS, by_meaning, sheet, width
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
    return (_columns if size > NARROW else _lines)(rows, size, words), money


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
        scenarios(axes, 0.02, 0.13, rows, words)
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
            axes.text(x, zero - scale * row.high - 0.09, row.said, ha="center", va="center_baseline", color=INK)
            axes.text(x, named, row.name, ha="center", va="center_baseline", color=MUTED)
            if row.said_variance:
                colour = by_meaning(row.variance)
                _column(axes, x, 0.36 * pitch, axis, scale * row.variance, color=colour, linewidth=0)
                tip = axis - scale * row.variance + (-0.09 if row.variance >= 0 else 0.1)
                axes.text(x, tip, row.said_variance, ha="center", va="center_baseline", color=colour)
                ratio = row.said_ratio.replace("> ", ">")  # beside another one as long there is no room for the blank
                axes.text(x, ratios, ratio, ha="center", va="center_baseline", color=colour)
    return axes


def _column(axes: Axes, middle: float, thickness: float, zero: float, height: float, **style: Any) -> None:
    axes.add_patch(Rectangle((middle - thickness / 2, min(zero, zero - height)), thickness, abs(height), **style))


def _lines(rows: Sequence[Amount], size: float, words: Words) -> Axes:
    """Draw a line per month, for a phone: bars with their number, the variance absolute and in per cent."""
    compared = any(row.said_variance for row in rows)
    heads = [words("figure.variance"), words("figure.ratio")] if compared else ["", ""]
    left, right = 0.01 + width(row.name for row in rows) + GAP / 2, size - 0.02
    end = right - width([heads[1], *(row.said_ratio for row in rows)]) - GAP
    room = (end - width(row.said_variance for row in rows) if compared else right) - left
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    scale = max(0.1, room - width(row.said for row in rows) - GAP) / ((high - low) or 1)
    zero, first = left - low * scale, 0.55 if compared else 0.4
    with sheet(first + 0.26 * len(rows) - 0.1, size) as axes:
        scenarios(axes, 0.01, 0.1, rows, words)
        for place, head in zip((end, right), heads, strict=True):
            axes.text(place, 0.32, head, ha="right", va="center_baseline", color=MUTED)
        for at, row in enumerate(rows):
            y, colour = first + 0.26 * at, by_meaning(row.variance)
            axes.text(0.01, y, row.name, va="center_baseline", color=MUTED)
            bars(axes, zero, y, scale, row)
            axes.text(zero + scale * row.high + 0.06, y, row.said, va="center_baseline", color=INK)
            axes.text(end, y, row.said_variance, ha="right", va="center_baseline", color=colour)
            axes.text(right, y, row.said_ratio, ha="right", va="center_baseline", color=colour)
    return axes


def _name(month: pd.Timestamp, place: int, words: Words) -> str:
    """Name a month; the first, and every January, with its year."""
    name = words.short_month(month)
    return f"{name} {month.year}" if place == 0 or month.month == 1 else name
