"""Figures of the concentration page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns

from kamlab.figures.amounts import amounts, days_shown
from kamlab.figures.ranked import ranked
from kamlab.figures.theme import EDGE, INK, MAIN, MUTED, NARROW, WIDE, Drawing, canvas, ruled, width
from kamlab.results import Result
from kamlab.text import Words

MOST_BARS = 12
MOST_POINTS = 300


def largest_accounts(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the largest accounts: this year on last year, the variance absolute and in per cent, the cumulative share.

    Where complete months can be compared, all is that of the comparison; else of the whole period.
    """
    top, compared = _largest(result)
    if top.empty:
        return None
    before = top["before"] if compared else [None] * len(top)
    asides = [words.percent(share) for share in top["cumulative_share"]]
    rows, money = amounts(zip(top["name"], top["revenue"], before, strict=True), words, asides)
    axes = ranked(rows, size, words, words("figure.cumulative"))
    columns = ["name", "revenue", *(["before"] if compared else []), "cumulative_share", "class"]
    said = {"count": len(top), "unit": money, "period": days_shown(result, words)}
    said |= {"share": top["cumulative_share"].iloc[-1], "name": top["name"].iloc[0], "revenue": rows[0].now}
    said |= {"up": sum(row.variance > 0 for row in rows), "down": sum(row.variance < 0 for row in rows)}
    alone = "" if compared else "_alone"
    return Drawing("largest_accounts", axes, top[columns], said, f"caption{alone}", f"title{alone}")


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
    count_a = int(result.key_numbers["class_a_accounts"] or 1)
    with canvas(3.7 if size > NARROW else 3.0, size) as axes:
        axes.plot([0, 1], [0, 1], color=EDGE, linewidth=1, linestyle=(0, (4, 3)))
        axes.fill_between(part, part, reached, color=MAIN, alpha=0.08, linewidth=0)
        sns.lineplot(x=part, y=reached, color=MAIN, linewidth=2, ax=axes)
        part_a, share_a = count_a / n, float(result.key_numbers["class_a_share"] or 0)
        axes.plot([part_a], [share_a], "o", color=INK, markersize=6)
        text = words("figure.mark_class_a", count=count_a, share=share_a)
        right = (1 - part_a) * (size - 0.8) > width(text.split("\n"), bold=True) + 0.2
        offset, across, down = ((9, -5), "left", "top") if right else ((-9, 4), "right", "bottom")
        place: Any = {"textcoords": "offset points", "ha": across, "va": down}
        axes.annotate(text, (part_a, share_a), offset, color=INK, fontweight="bold", **place)
        free = 0.26 if 0.45 < share_a < 0.75 else 0.5
        axes.text(0.99, free, words("figure.equal"), color=MUTED, ha="right", va="top")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        axes.set_xticks(ticks, [words.percent(tick) for tick in ticks])
        axes.set_yticks(ticks, ["", *(words.percent(tick) for tick in ticks[1:])])  # the origin has its label below
        ruled(axes)
        axes.set_xlabel(words("figure.concentration_curve.x"), loc="left")
        axes.set_ylabel(words("figure.concentration_curve.y"), loc="top")
    tenths = np.unique(np.ceil(np.arange(1, 11) / 10 * n).astype(int))
    numbers = pd.DataFrame(
        {
            "accounts": tenths,
            "share_of_accounts": tenths / n,
            "share": accounts["cumulative_share"].to_numpy()[tenths - 1],
        }
    )
    values = {"count": count_a, "accounts": n, "share": share_a, "top20": result.key_numbers["top20_share"]}
    period = result.basis.period
    values["period"] = words.span(period.start, period.end) if period else ""
    return Drawing("concentration_curve", axes, numbers, values)


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
