"""Figures of the concentration page."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamlab.figures.theme import (
    ACCENT,
    EDGE,
    INK,
    MAIN,
    MUTED,
    NARROW,
    RULE,
    SCENARIOS,
    WIDE,
    Drawing,
    bar,
    by_meaning,
    canvas,
    fit,
    legend,
    sheet,
    unit,
    width,
)
from kamlab.results import Result
from kamlab.text import Words

MOST_BARS = 12
MOST_POINTS = 300
APART = 0.5  # inches: marks on the curve closer to each other have labels that would overlap
GAP = 0.14  # inches between columns


class Row(NamedTuple):
    """An account among the largest: amounts, and how they are written; no texts of a variance without a year before."""

    name: str
    revenue: float
    before: float
    variance: float
    said: str
    said_variance: str
    said_ratio: str
    said_share: str


def largest_accounts(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the largest accounts: this year on last year, the variance absolute and in per cent, the cumulative share.

    Where complete months can be compared, all is that of the comparison; else of the whole period.
    """
    top, compared = _largest(result)
    if top.empty:
        return None
    values = top["revenue"].astype(float)
    before = top["before"].astype(float) if compared else 0 * values
    money, divisor = unit(max(values.max(), before.max()), words)
    rows = [
        Row(
            name=name,
            revenue=value,
            before=earlier,
            variance=value - earlier,
            said=_short(value / divisor, words),
            said_variance=_signed((value - earlier) / divisor, words) if compared else "",
            said_ratio=_ratio(value, earlier, words) if compared else "",
            said_share=words.percent(share),
        )
        for name, value, earlier, share in zip(top["name"], values, before, top["cumulative_share"], strict=True)
    ]
    draw = _beside if size > NARROW else _above
    axes = draw(rows, size, compared, words)
    columns = ["name", "revenue", *(["before"] if compared else []), "cumulative_share", "class"]
    said = {"count": len(top), "unit": money, "period": _period(result, words)}
    said |= {"share": top["cumulative_share"].iloc[-1], "name": top["name"].iloc[0], "revenue": values.iloc[0]}
    said |= {"up": sum(row.variance > 0 for row in rows), "down": sum(row.variance < 0 for row in rows)}
    alone = "" if compared else "_alone"
    return Drawing("largest_accounts", axes, top[columns], said, f"caption{alone}", f"title{alone}")


def _beside(rows: list[Row], size: float, compared: bool, words: Words) -> Axes:
    """Draw a line per account: name, bars, variance as bar and in per cent, cumulative share."""
    names = [fit(row.name, 0.37 * size) for row in rows]
    variance_head, ratio_head, share_head = (words(f"figure.{key}") for key in ("variance", "ratio", "cumulative"))
    left, right = width(names) + GAP, size - 0.04
    ratio_end = right - width([share_head, *(row.said_share for row in rows)]) - GAP
    end = ratio_end - width([ratio_head, *(row.said_ratio for row in rows)]) - GAP if compared else ratio_end
    lowest = min(0.0, *(row.variance for row in rows)) if compared else 0.0
    highest = max(0.0, *(row.variance for row in rows)) if compared else 0.0
    texts = width(row.said for row in rows) + 0.08
    beside = width(row.said_variance for row in rows) + 0.06
    reach = max(max(row.revenue, row.before) for row in rows) + highest - lowest
    room = end - left - texts - (2 * beside + GAP if compared else 0)
    scale = max(0.1, room) / reach  # one scale for amounts and variances: their bars can be compared
    zero, bottom = end - beside - highest * scale, 0.34 + 0.32 * len(rows)
    with sheet(0.5 + 0.32 * len(rows), size) as axes:
        _legend(axes, left, 0.13, compared, words)
        heads = [(right, share_head), *([(ratio_end, ratio_head), (end, variance_head)] if compared else [])]
        for place, head in heads:
            axes.text(place, 0.13, head, ha="right", va="center_baseline", color=MUTED)
        for axis in (left, zero) if compared else (left,):
            axes.plot([axis, axis], [0.3, bottom], color=EDGE, linewidth=0.8)
        for at, (name, row) in enumerate(zip(names, rows, strict=True)):
            y = 0.5 + 0.32 * at
            axes.text(left - GAP / 2, y, name, ha="right", va="center_baseline", color=INK)
            _bars(axes, left, y, scale, row)
            tip = left + scale * max(row.revenue, row.before)
            axes.text(tip + 0.06, y, row.said, va="center_baseline", color=INK)
            axes.text(right, y, row.said_share, ha="right", va="center_baseline", color=MUTED)
            if compared:
                colour = by_meaning(row.variance)
                tip = zero + scale * row.variance
                bar(axes, zero, tip, y, 0.13, color=colour, linewidth=0)
                side, away = ("left", 0.05) if row.variance >= 0 else ("right", -0.05)
                axes.text(tip + away, y, row.said_variance, ha=side, va="center_baseline", color=colour)
                axes.text(ratio_end, y, row.said_ratio, ha="right", va="center_baseline", color=colour)
    return axes


def _above(rows: list[Row], size: float, compared: bool, words: Words) -> Axes:
    """Draw two lines per account, for a phone: name and cumulative share, then bars with their numbers."""
    texts = width(f"{row.said}  {row.said_variance}  {row.said_ratio}" for row in rows)
    scale = (size - texts - 0.16) / max(max(row.revenue, row.before) for row in rows)
    with sheet(0.3 + 0.46 * len(rows), size) as axes:
        _legend(axes, 0.01, 0.1, compared, words)
        axes.text(size - 0.02, 0.1, words("figure.cumulative"), ha="right", va="center_baseline", color=MUTED)
        for at, row in enumerate(rows):
            y = 0.36 + 0.46 * at
            axes.text(0.01, y, fit(row.name, size - 0.7), va="center_baseline", color=INK)
            axes.text(size - 0.02, y, row.said_share, ha="right", va="center_baseline", color=MUTED)
            _bars(axes, 0.01, y + 0.2, scale, row)
            place, colour = scale * max(row.revenue, row.before) + 0.07, by_meaning(row.variance)
            for text, ink in ((row.said, INK), (row.said_variance, colour), (row.said_ratio, colour)):
                axes.text(place, y + 0.2, text, va="center_baseline", color=ink)
                place += width([text]) + 0.09
    return axes


def _legend(axes: Axes, left: float, y: float, compared: bool, words: Words) -> None:
    if compared:
        legend(axes, left, y, [("actual", words("figure.actual")), ("previous", words("figure.before"))])


def _bars(axes: Axes, left: float, y: float, scale: float, row: Row) -> None:
    """Draw last year's bar, and this year's a little below in front of it."""
    if row.before > 0:
        bar(axes, left, left + scale * row.before, y - 0.035, 0.13, **SCENARIOS["previous"])
    bar(axes, left, left + scale * row.revenue, y + 0.035, 0.13, **SCENARIOS["actual"])


def concentration_curve(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the concentration curve: which share of the accounts, largest first, brings which share of the revenue.

    It is the Lorenz curve read from the other end; the diagonal is what equal accounts would give.
    """
    accounts = result.tables["accounts"]
    n = len(accounts)
    if not n:
        return None
    points = np.unique(np.linspace(0, n, min(n, MOST_POINTS) + 1).round().astype(int))
    reached = np.concatenate([[0.0], accounts["cumulative_share"].to_numpy()])[points]
    part = points / n
    height = 3.7 if size > NARROW else 3.0
    with canvas(height, size) as axes:
        axes.plot([0, 1], [0, 1], color=EDGE, linewidth=1, linestyle=(0, (4, 3)))
        axes.fill_between(part, part, reached, color=MAIN, alpha=0.08, linewidth=0)
        axes.plot(part, reached, color=MAIN, linewidth=2)
        marks = _marks(result, height)
        for count, share, key in marks:
            axes.plot([count / n], [share], "o", color=ACCENT, markersize=6)
            text = words(key, count=count, share=share)
            right = (1 - count / n) * (size - 0.8) > width(text.split("\n")) + 0.2
            offset, across, down = ((9, -5), "left", "top") if right else ((-9, 4), "right", "bottom")
            axes.annotate(text, (count / n, share), offset, textcoords="offset points", color=INK, ha=across, va=down)
        free = 0.26 if any(0.45 < share < 0.75 for _, share, _ in marks) else 0.5
        axes.text(0.99, free, words("figure.equal"), color=MUTED, ha="right", va="top")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        axes.set_xticks(ticks, [words.percent(tick) for tick in ticks])
        axes.set_yticks(ticks, ["", *(words.percent(tick) for tick in ticks[1:])])  # the origin has its label below
        axes.grid(axis="y", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(words("figure.concentration_curve.x"), loc="left")
        axes.set_ylabel(words("figure.concentration_curve.y"), loc="top")
        axes.tick_params(length=0)
    tenths = np.unique(np.ceil(np.arange(1, 11) / 10 * n).astype(int))
    numbers = pd.DataFrame(
        {
            "accounts": tenths,
            "share_of_accounts": tenths / n,
            "share": accounts["cumulative_share"].to_numpy()[tenths - 1],
        }
    )
    numbers_, period = result.key_numbers, result.basis.period
    values = {"count": numbers_["accounts_for_80"], "accounts": n, "share": numbers_["top20_share"]}
    values["period"] = words.span(period.start, period.end) if period else ""
    return Drawing("concentration_curve", axes, numbers, values)


def _ratio(value: float, earlier: float, words: Words) -> str:
    return words.change(value / earlier - 1) if earlier > 0 else words("figure.new")


def _short(value: float, words: Words) -> str:
    """Write a positive number with three significant digits, two decimals at most."""
    smallest = 0.01  # of the unit; below, it is only said that it is less
    if value < smallest:
        return f"< {words.number(smallest, 2)}"
    return words.number(value, 0 if value >= 99.95 else 1 if value >= 9.995 else 2)


def _signed(value: float, words: Words) -> str:
    """Write a variance with its sign and as many decimals as an amount of its size."""
    if round(abs(value), 2) == 0:
        return words.number(0, 2)
    return ("+" if value > 0 else "−") + _short(abs(value), words)


def _largest(result: Result) -> tuple[pd.DataFrame, bool]:
    """Take the largest accounts: name, revenue, before, cumulative_share, class; and whether they are compared."""
    changes = result.tables.get("changes")
    if changes is None or result.tables["accounts"].empty:
        return result.tables["accounts"].head(MOST_BARS), False
    now = changes[changes["class_now"].notna()].sort_values(
        "revenue_now", ascending=False, kind="stable", ignore_index=True
    )
    names = {
        "revenue_now": "revenue",
        "revenue_before": "before",
        "cumulative_share_now": "cumulative_share",
        "class_now": "class",
    }
    return now.rename(columns=names).head(MOST_BARS), True


def _period(result: Result, words: Words) -> str:
    """Name the days that the bars show: those of the comparison, or the whole period."""
    if compared := result.finding("concentration.compared") or result.finding("concentration.other_span"):
        return words.span(compared.values["now_start"], compared.values["now_end"])
    period = result.basis.period
    return words.span(period.start, period.end) if period else ""


def _marks(result: Result, height: float) -> list[tuple[int, float, str]]:
    """Name the points worth a label on the curve: class A, and the largest 20 % unless the labels would overlap."""
    accounts, numbers = result.tables["accounts"], result.key_numbers
    if len(accounts) < 5:
        return []
    class_a = (int(numbers["class_a_accounts"] or 1), float(numbers["class_a_share"] or 0))
    twenty = int(np.ceil(0.2 * len(accounts)))
    reached = float(accounts["cumulative_share"].iloc[twenty - 1])
    marks = [(*class_a, "figure.mark_class_a")]
    apart = abs(reached - class_a[1]) * (height - 0.6)
    return marks if apart <= APART else [(twenty, reached, "figure.mark_top20"), *marks]
