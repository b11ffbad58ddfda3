"""Figures of the data readiness page."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from kamlab.figures.theme import ACCENT, INK, MAIN, PALE, RULE, Drawing, canvas, label, unit, width
from kamlab.results import Result
from kamlab.text import Words


def ledger_months(result: Result, words: Words) -> Drawing | None:
    """Draw the used revenue of every month; months that are not complete are pale, empty ones a gap."""
    months = result.tables.get("months")
    if months is None:  # the data were refused
        return None
    money, divisor = unit(months["revenue"].abs().max(), words)
    with canvas(2.7) as axes:
        at = np.arange(len(months))
        axes.bar(at, months["revenue"] / divisor, width=0.8, color=np.where(months["complete"], MAIN, PALE))
        year_of = months["month"].dt.year.tolist()
        years = [(i, year) for i, year in enumerate(year_of) if i == 0 or year != year_of[i - 1]]
        axes.set_xticks([i - 0.5 for i, _ in years], [str(year) for _, year in years], ha="left")
        axes.tick_params(length=0)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter(lambda value, _: words.number(value, 0 if value == int(value) else 1))
        axes.set_ylabel(money, loc="top")
        axes.margins(x=0.01)
    values = {
        "count": len(months),
        "unit": money,
        "start": months["month"].iloc[0].date(),
        "end": months["month"].iloc[-1].date(),
        "partial": int((~months["complete"]).sum()),
    }
    return Drawing("ledger_months", axes, months[["month", "lines", "revenue", "complete"]], values)


def ledger_bridge(result: Result, words: Words) -> Drawing | None:
    """Draw the steps from the general ledger to what is here, for the period that is told first."""
    period, bridge = result.key_numbers.get("ledger_period"), result.tables.get("bridge")
    if period is None or bridge is None:
        return None
    steps = bridge[(bridge["period"] == period) & (bridge["measure"] == "revenue")]
    steps = steps[steps["source"] == steps["source"].iloc[0]].reset_index(drop=True)  # of several sources the first
    money, divisor = unit(steps["amount"].abs().max(), words)
    names = [label(_step(step, reason, words)) for step, reason in zip(steps["step"], steps["reason"], strict=True)]
    ends = steps["amount"].cumsum()
    is_sum = steps["step"].isin(["ledger", "here"])
    starts = (ends - steps["amount"]).where(~is_sum, 0.0)
    lengths = steps["amount"]
    colours = np.where(is_sum, MAIN, np.where(steps["step"] == "unexplained", ACCENT, PALE))
    with canvas(0.42 * len(steps) + 0.35) as axes:
        at = np.arange(len(steps))
        axes.barh(at, lengths / divisor, left=starts / divisor, height=0.62, color=colours)
        for row in range(len(steps) - 1):  # what is left after a step is where the next begins
            level = (ends[row] if not is_sum[row] else lengths[row]) / divisor
            axes.plot([level, level], [row - 0.31, row + 1.31], color=RULE, linewidth=0.8, zorder=0)
        largest = max(0.0, float(np.maximum(starts, starts + lengths).max())) / divisor
        written = [_amount(amount, divisor, words) for amount in steps["amount"]]
        for row, text in enumerate(written):
            edge = max(starts[row], starts[row] + lengths[row], 0.0) / divisor
            colour = ACCENT if steps["step"][row] == "unexplained" else INK
            axes.annotate(text, (edge, row), (5, 0), textcoords="offset points", va="center", color=colour)
        axes.set_yticks(at, names)
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        left = min(0.0, float(np.minimum(starts, starts + lengths).min())) / divisor
        axes.set_xlim(left, largest + (largest - left) * (width(written) + 0.15) / 6)
    values = {
        "period": period,
        "unit": money,
        "source": steps["source"].iloc[0],
        "ledger": result.key_numbers["ledger_total"],
        "here": result.key_numbers["ledger_here"],
        "unexplained": result.key_numbers["ledger_unexplained"],
    }
    return Drawing("ledger_bridge", axes, pd.DataFrame({"position": names, "amount": steps["amount"]}), values)


def _amount(amount: float, divisor: float, words: Words) -> str:
    """Write an amount in the unit of the axis; one too small for its decimals in full."""
    return words.number(amount / divisor, 2) if abs(amount) / divisor >= 0.005 else label(words.money(amount))


def _step(step: str, reason: str, words: Words) -> str:
    return words.named("basis.reason", reason) if step == "left_out" else words(f"value.bridge.{step}")
