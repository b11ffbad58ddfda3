"""Figures of the concentration page."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlab.figures.theme import ACCENT, INK, MAIN, MUTED, PALE, RULE, WIDTH, Drawing, canvas, label, unit, width
from kamlab.results import Result
from kamlab.text import Words

MOST_BARS = 12
MOST_POINTS = 300
SMALLEST = 0.01  # of the unit; below, a bar says only that it is less
APART = 0.12  # of the revenue: labels closer to each other would overlap
FAR_RIGHT = 0.6  # of the curve: from here on labels stand at the left of their point


def largest_accounts(result: Result, words: Words) -> Drawing | None:
    """Draw the largest accounts as bars, the year before as a mark, the cumulative share at the right.

    Where complete months can be compared, bars, marks and shares are those of the comparison; else of the whole period.
    """
    top, compared = _largest(result)
    if top.empty:
        return None
    values = top["revenue"].to_numpy(dtype=float)
    before = top["before"].to_numpy(dtype=float) if compared else np.zeros(len(top))
    reach = float(np.maximum(values, before).max())
    money, divisor = unit(reach, words)
    names = [label(name) for name in top["name"]]
    texts = [_beside(value, earlier, divisor, compared, words) for value, earlier in zip(values, before, strict=True)]
    room = WIDTH - width(names) - 0.3
    heading = words("figure.cumulative")
    beside = max(width(texts) + width([words.percent(1)]), width([heading])) + 0.2
    right = 1.02 * reach / max(0.2, 1 - beside / room)
    with canvas(0.9 + 0.31 * max(len(top), 3)) as axes:
        axes.barh(np.arange(len(top)), values, height=0.62, color=np.where(top["class"] == "A", MAIN, PALE).tolist())
        for at, (value, earlier, share, text) in enumerate(
            zip(values, before, top["cumulative_share"], texts, strict=True)
        ):
            if earlier > 0:
                axes.plot([earlier, earlier], [at - 0.43, at + 0.43], color=ACCENT, linewidth=2, solid_capstyle="butt")
            axes.text(max(value, earlier) + 0.012 * reach, at, text, va="center", color=INK)
            axes.text(right, at, words.percent(share), va="center", ha="right", color=MUTED)
        axes.text(right, -0.72, heading, ha="right", color=MUTED)
        axes.text(-0.012 * reach, -0.72, money, ha="right", color=MUTED)
        if before[0] > 0:
            side = "right" if before[0] > reach / 4 else "left"
            axes.text(float(before[0]), -0.72, words("figure.before"), ha=side, color=ACCENT)
        axes.set_yticks(np.arange(len(top)), names)
        axes.set_xlim(0, 1.01 * right)
        axes.set_ylim(len(top) - 0.4, -1.1)
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
    columns = ["name", "revenue", *(["before"] if compared else []), "cumulative_share", "class"]
    said = {"count": len(top), "unit": money, "period": _period(result, words)}
    said |= {"name": top["name"].iloc[0], "revenue": values[0]}
    return Drawing("largest_accounts", axes, top[columns], said, "caption" if compared else "caption_alone")


def concentration_curve(result: Result, words: Words) -> Drawing | None:
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
    with canvas(3.9) as axes:
        axes.plot([0, 1], [0, 1], color=RULE, linewidth=1.2)
        axes.plot(part, reached, color=MAIN, linewidth=2.2)
        axes.fill_between(part, part, reached, color=MAIN, alpha=0.08, linewidth=0)
        for count, share, key in _marks(result):
            axes.plot([count / n], [share], "o", color=ACCENT, markersize=6)
            text = words(key, count=count, share=share)
            right = count / n < FAR_RIGHT
            offset, across, down = ((12, -4), "left", "top") if right else ((-12, 4), "right", "bottom")
            axes.annotate(text, (count / n, share), offset, textcoords="offset points", color=INK, ha=across, va=down)
        axes.text(0.62, 0.56, words("figure.equal"), color=MUTED, rotation=0, va="top")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.03)
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        axes.set_xticks(ticks, [words.percent(tick) for tick in ticks])
        axes.set_yticks(ticks, ["", *(words.percent(tick) for tick in ticks[1:])])  # the origin has its label below
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
    numbers_ = result.key_numbers
    values = {"count": numbers_["accounts_for_80"], "accounts": n, "share": numbers_["top20_share"]}
    return Drawing("concentration_curve", axes, numbers, values)


def _beside(value: float, earlier: float, divisor: float, compared: bool, words: Words) -> str:
    """Write a bar's value and, where the year before is known, its change."""
    text = _short(value / divisor, words)
    if earlier > 0:
        return f"{text}\N{EN SPACE}{words.change(value / earlier - 1)}"
    return f"{text}\N{EN SPACE}{words('figure.new')}" if compared else text


def _short(value: float, words: Words) -> str:
    """Write a positive number with three significant digits, two decimals at most."""
    if value < SMALLEST:
        return f"< {words.number(SMALLEST, 2)}"
    return words.number(value, 0 if value >= 99.95 else 1 if value >= 9.995 else 2)


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


def _marks(result: Result) -> list[tuple[int, float, str]]:
    """Name the points worth a label on the curve: class A, and the largest 20 % unless the labels would overlap."""
    accounts, numbers = result.tables["accounts"], result.key_numbers
    if len(accounts) < 5:
        return []
    class_a = (int(numbers["class_a_accounts"] or 1), float(numbers["class_a_share"] or 0))
    twenty = int(np.ceil(0.2 * len(accounts)))
    reached = float(accounts["cumulative_share"].iloc[twenty - 1])
    marks = [(*class_a, "figure.mark_class_a")]
    return marks if abs(reached - class_a[1]) <= APART else [(twenty, reached, "figure.mark_top20"), *marks]
