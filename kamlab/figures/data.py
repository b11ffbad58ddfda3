"""Figures of the data readiness page."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from kamlab.figures.rows import DOWN, Mark, Panel, Row, Said, rows
from kamlab.figures.theme import (
    BAD,
    EDGE,
    INK,
    MAIN,
    MUTED,
    SCENARIOS,
    WIDE,
    Drawing,
    canvas,
    label,
    ruled,
    unit,
)
from kamlab.results import Result
from kamlab.text import Words


def ledger_months(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the used revenue of every month; months that are not complete are hollow, empty ones a gap."""
    months = result.tables.get("months")
    if months is None:  # the data were refused
        return None
    money, divisor = unit(months["revenue"].abs().max(), words)
    complete = months[months["complete"]] if months["complete"].any() else months
    highest = complete.iloc[int(complete["revenue"].to_numpy().argmax())]
    mean, place = float(complete["revenue"].mean()), int(np.flatnonzero(months["month"] == highest["month"])[0])
    with canvas(2.5, size) as axes:
        for at, (revenue, whole) in enumerate(zip(months["revenue"], months["complete"], strict=True)):
            ink = MAIN if at == place else EDGE  # the month of the title is inked
            style = {**SCENARIOS["actual"], "facecolor": ink, "edgecolor": ink} if whole else SCENARIOS["partial"]
            axes.bar([at], [revenue / divisor], width=0.76, **style)
        axes.axhline(mean / divisor, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        said = words("figure.ledger_months.mark", month=highest["month"], revenue=highest["revenue"])
        side, away = ("right", 6) if place > len(months) / 2 else ("left", -6)
        style = {"textcoords": "offset points", "ha": side, "fontweight": "bold"}
        axes.annotate(said, (place, highest["revenue"] / divisor), (away, 3), **style)
        axes.margins(x=0.01, y=0.16)
        year_of = months["month"].dt.year.tolist()
        years = [(i, year) for i, year in enumerate(year_of) if i == 0 or year != year_of[i - 1]]
        years = _apart(years, 0.42 * len(months) / (size - 0.5))
        axes.set_xticks([i - 0.5 for i, _ in years], [str(year) for _, year in years], ha="left")
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter(lambda value, _: words.number(value, 0 if value == int(value) else 1))
        ruled(axes)
    partial = int((~months["complete"]).sum())
    values = {
        "count": len(months),
        "unit": money,
        "start": months["month"].iloc[0].date(),
        "end": months["month"].iloc[-1].date(),
        "partial": partial,
        "mean": mean,
        "highest": float(highest["revenue"]),
        "month": highest["month"].date(),
    }
    numbers = months[["month", "lines", "revenue", "complete"]]
    return Drawing("ledger_months", axes, numbers, values, "caption_partial" if partial else "caption")


def _apart(years: list[tuple[int, int]], least: float) -> list[tuple[int, int]]:
    """Keep the years whose labels have room, so many months each."""
    kept = years[:1]
    for year in years[1:]:
        if year[0] - kept[-1][0] >= least:
            kept.append(year)
    return kept


def ledger_bridge(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the steps from the general ledger to what is here, for the period that is told first."""
    period, bridge = result.key_numbers.get("ledger_period"), result.tables.get("bridge")
    if period is None or bridge is None:
        return None
    steps = bridge[(bridge["period"] == period) & (bridge["measure"] == "revenue")]
    steps = steps[steps["source"] == steps["source"].iloc[0]].reset_index(drop=True)  # of several sources the first
    money, divisor = unit(steps["amount"].abs().max(), words)
    names = [_step(step, reason, words) for step, reason in zip(steps["step"], steps["reason"], strict=True)]
    amounts = steps["amount"].astype(float)
    is_sum = steps["step"].isin(["ledger", "here"])
    ends = amounts.where(is_sum, amounts.cumsum())
    starts = (ends - amounts).where(~is_sum, 0.0)
    texts = [_amount(amount, divisor, bool(sums), words) for amount, sums in zip(amounts, is_sum, strict=True)]
    lines = []
    for at, step in enumerate(steps["step"]):
        ink = BAD if step == "unexplained" else INK if is_sum[at] else MUTED
        look = SCENARIOS["actual"] if is_sum[at] else {"facecolor": BAD if ink == BAD else EDGE, "linewidth": 0}
        on = [Mark(ends[at], DOWN)] if at + 1 < len(steps) else []  # what is left is where the next begins
        marks = [*on, Mark(starts[at], look, ends[at])]
        lines.append(Row(names[at], [marks], [Said(texts[at], ink)], ink=ink, strong=ink == BAD))
    reach = [0.0, *starts, *ends]
    axes = rows(lines, size, [Panel(min(reach), max(reach) or 1.0, lines=[0.0])])
    values = {
        "period": period,
        "unit": money,
        "source": steps["source"].iloc[0],
        "ledger": result.key_numbers["ledger_total"],
        "here": result.key_numbers["ledger_here"],
        "unexplained": result.key_numbers["ledger_unexplained"],
        "share": abs(float(result.key_numbers["ledger_unexplained"] or 0)) / abs(float(amounts.iloc[0]) or 1),
    }
    return Drawing(
        "ledger_bridge",
        axes,
        pd.DataFrame({"position": names, "amount": steps["amount"]}),
        values,
        sources=("transactions", "control_totals"),
    )


def _amount(amount: float, divisor: float, is_sum: bool, words: Words) -> str:
    """Write an amount in the unit of the picture, a step with its sign; one too small for its decimals in full."""
    text = words.number(amount / divisor, 2) if abs(amount) / divisor >= 0.005 else label(words.money(amount))
    return f"+{text}" if amount > 0 and not is_sum else text


def _step(step: str, reason: str, words: Words) -> str:
    return words.named("basis.reason", reason) if step == "left_out" else words(f"value.bridge.{step}")
