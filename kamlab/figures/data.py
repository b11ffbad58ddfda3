"""Figures of the data readiness page."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from kamlab.figures.theme import (
    BAD,
    EDGE,
    INK,
    NARROW,
    RULE,
    SCENARIOS,
    WIDE,
    Drawing,
    bar,
    canvas,
    fit,
    label,
    sheet,
    unit,
    width,
)
from kamlab.results import Result
from kamlab.text import Words


def ledger_months(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the used revenue of every month; months that are not complete are hollow, empty ones a gap."""
    months = result.tables.get("months")
    if months is None:  # the data were refused
        return None
    money, divisor = unit(months["revenue"].abs().max(), words)
    with canvas(2.5, size) as axes:
        for scenario, shown in (("actual", months["complete"]), ("partial", ~months["complete"])):
            axes.bar(
                np.arange(len(months))[shown],
                months["revenue"][shown] / divisor,
                width=0.76,
                **SCENARIOS[scenario],  # type: ignore[index]
            )
        year_of = months["month"].dt.year.tolist()
        years = [(i, year) for i, year in enumerate(year_of) if i == 0 or year != year_of[i - 1]]
        years = _apart(years, 0.42 * len(months) / (size - 0.5))
        axes.set_xticks([i - 0.5 for i, _ in years], [str(year) for _, year in years], ha="left")
        axes.tick_params(length=0)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter(lambda value, _: words.number(value, 0 if value == int(value) else 1))
        axes.grid(axis="y", color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.01)
    complete = months[months["complete"]] if months["complete"].any() else months
    highest = complete.iloc[int(complete["revenue"].to_numpy().argmax())]
    partial = int((~months["complete"]).sum())
    values = {
        "count": len(months),
        "unit": money,
        "start": months["month"].iloc[0].date(),
        "end": months["month"].iloc[-1].date(),
        "partial": partial,
        "mean": float(complete["revenue"].mean()),
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
    beside = size > NARROW
    drawn = [fit(name, 0.34 * size if beside else size - 0.1) for name in names]
    left = width(drawn) + 0.14 if beside else 0.02
    lowest, highest = min(0.0, starts.min(), ends.min()), max(0.0, starts.max(), ends.max())
    scale = (size - left - width(texts) - 0.14) / ((highest - lowest) or 1)
    pitch, first = (0.34, 0.2) if beside else (0.44, 0.34)
    with sheet(pitch * len(steps) + 0.06, size) as axes:

        def place(amount: float) -> float:
            return left + scale * (amount - lowest)

        for at, step in enumerate(steps["step"]):
            y = first + pitch * at
            style = SCENARIOS["actual" if is_sum[at] else "previous"]
            if step == "unexplained":
                style = {"facecolor": BAD, "edgecolor": BAD, "linewidth": 0.8}
            if at + 1 < len(steps):  # what is left after a step is where the next begins
                axes.plot([place(ends[at])] * 2, [y, y + pitch], color=EDGE, linewidth=0.7, zorder=0)
            bar(axes, place(starts[at]), place(ends[at]), y, 0.17, **style)
            colour = BAD if step == "unexplained" else INK
            axes.text(place(max(starts[at], ends[at])) + 0.07, y, texts[at], va="center_baseline", color=colour)
            across, up, side = (left - 0.07, y, "right") if beside else (0.02, y - 0.2, "left")
            axes.text(across, up, drawn[at], ha=side, va="center_baseline", color=INK)
        if beside:
            axes.plot([place(0.0)] * 2, [0.04, pitch * len(steps)], color=EDGE, linewidth=0.8, zorder=0)
    values = {
        "period": period,
        "unit": money,
        "source": steps["source"].iloc[0],
        "ledger": result.key_numbers["ledger_total"],
        "here": result.key_numbers["ledger_here"],
        "unexplained": result.key_numbers["ledger_unexplained"],
        "share": abs(float(result.key_numbers["ledger_unexplained"] or 0)) / abs(float(amounts.iloc[0]) or 1),
    }
    return Drawing("ledger_bridge", axes, pd.DataFrame({"position": names, "amount": steps["amount"]}), values)


def _amount(amount: float, divisor: float, is_sum: bool, words: Words) -> str:
    """Write an amount in the unit of the picture, a step with its sign; one too small for its decimals in full."""
    text = words.number(amount / divisor, 2) if abs(amount) / divisor >= 0.005 else label(words.money(amount))
    return f"+{text}" if amount > 0 and not is_sum else text


def _step(step: str, reason: str, words: Words) -> str:
    return words.named("basis.reason", reason) if step == "left_out" else words(f"value.bridge.{step}")
