"""Figures of the data readiness page."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from kamlab.figures.theme import MAIN, PALE, Drawing, canvas, unit
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
        years = [(i, month.year) for i, month in enumerate(months["month"]) if month.month == 1 or i == 0]
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
