"""Ranked amounts: a line for each with its bars on those of the year before, the variance absolute and in per cent."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from kamlab.figures.amounts import Amount, scenarios
from kamlab.figures.theme import EDGE, INK, MUTED, NARROW, SCENARIOS, bar, by_meaning, fit, sheet, width
from kamlab.text import Words

GAP = 0.14  # inches between columns


def ranked(rows: Sequence[Amount], size: float, words: Words, head: str = "") -> Axes:
    """Draw a line per amount, on a phone two.

    Parameters
    ----------
    head : str
        Stands above the texts at the end of the lines.
    """
    return (_beside if size > NARROW else _above)(rows, size, words, head)


def bars(axes: Axes, zero: float, y: float, scale: float, row: Amount) -> None:
    """Draw last year's bar, and this year's a little below in front of it."""
    if row.before:
        bar(axes, zero, zero + scale * row.before, y - 0.035, 0.13, **SCENARIOS["previous"])
    bar(axes, zero, zero + scale * row.now, y + 0.035, 0.13, **SCENARIOS[row.scenario])


def _beside(rows: Sequence[Amount], size: float, words: Words, head: str) -> Axes:
    """Draw a line per amount: name, bars, variance as bar and in per cent, the text at its end."""
    compared = any(row.said_variance for row in rows)
    names = [fit(row.name, 0.37 * size) for row in rows]
    variance_head, ratio_head = words("figure.variance"), words("figure.ratio")
    left, right = width(names) + GAP, size - 0.04
    ratio_end = right - width([head, *(row.aside for row in rows)]) - GAP if head else right
    end = ratio_end - width([ratio_head, *(row.said_ratio for row in rows)]) - GAP if compared else ratio_end
    lowest, highest = min(0.0, *(row.variance for row in rows)), max(0.0, *(row.variance for row in rows))
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    texts = width(row.said for row in rows) + 0.08
    beside = width(row.said_variance for row in rows) + 0.06
    room = end - left - texts - (2 * beside + GAP if compared else 0)
    # One scale for amounts and variances: their bars can be compared.
    scale = max(0.1, room) / ((high - low + highest - lowest) or 1)
    zero, axis, bottom = left - low * scale, end - beside - highest * scale, 0.34 + 0.32 * len(rows)
    with sheet(0.5 + 0.32 * len(rows), size) as axes:
        scenarios(axes, left, 0.13, rows, words)
        heads = [*([(right, head)] if head else [])]
        heads += [(ratio_end, ratio_head), (end, variance_head)] if compared else []
        for place, text in heads:
            axes.text(place, 0.13, text, ha="right", va="center_baseline", color=MUTED)
        for place in (zero, axis) if compared else (zero,):
            axes.plot([place, place], [0.3, bottom], color=EDGE, linewidth=0.8)
        for at, (name, row) in enumerate(zip(names, rows, strict=True)):
            y = 0.5 + 0.32 * at
            axes.text(left - GAP / 2, y, name, ha="right", va="center_baseline", color=INK)
            bars(axes, zero, y, scale, row)
            axes.text(zero + scale * row.high + 0.06, y, row.said, va="center_baseline", color=INK)
            if row.aside:
                axes.text(right, y, row.aside, ha="right", va="center_baseline", color=MUTED)
            if row.said_variance:
                colour = by_meaning(row.variance)
                tip = axis + scale * row.variance
                bar(axes, axis, tip, y, 0.13, color=colour, linewidth=0)
                side, away = ("left", 0.05) if row.variance >= 0 else ("right", -0.05)
                axes.text(tip + away, y, row.said_variance, ha=side, va="center_baseline", color=colour)
                axes.text(ratio_end, y, row.said_ratio, ha="right", va="center_baseline", color=colour)
    return axes


def _above(rows: Sequence[Amount], size: float, words: Words, head: str) -> Axes:
    """Draw two lines per amount, for a phone: its name and the text at its end, then bars with their numbers."""
    texts = width(f"{row.said}  {row.said_variance}  {row.said_ratio}" for row in rows)
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    scale = (size - texts - 0.16) / ((high - low) or 1)
    zero, name_room = 0.01 - low * scale, size - (0.7 if head else 0.1)
    with sheet(0.3 + 0.46 * len(rows), size) as axes:
        scenarios(axes, 0.01, 0.1, rows, words)
        if head:
            axes.text(size - 0.02, 0.1, head, ha="right", va="center_baseline", color=MUTED)
        for at, row in enumerate(rows):
            y = 0.36 + 0.46 * at
            axes.text(0.01, y, fit(row.name, name_room), va="center_baseline", color=INK)
            if row.aside:
                axes.text(size - 0.02, y, row.aside, ha="right", va="center_baseline", color=MUTED)
            bars(axes, zero, y + 0.2, scale, row)
            place, colour = zero + scale * row.high + 0.07, by_meaning(row.variance)
            for text, ink in ((row.said, INK), (row.said_variance, colour), (row.said_ratio, colour)):
                axes.text(place, y + 0.2, text, va="center_baseline", color=ink)
                place += width([text]) + 0.09
    return axes
