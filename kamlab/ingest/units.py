"""Whether a column of money behaves like an amount of its line, or like a rate that somebody took for one.

An amount grows with the revenue of its line; a rate stays in one narrow range whatever the revenue is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt
from statistics import median
from typing import Literal

import ibis

from kamlab.engagement.expression import is_expression, reference
from kamlab.errors import Problem
from kamlab.ingest.raw import Raw
from kamlab.tables import TRANSACTIONS, Table

RATE = "KL-E252"
Behaviour = Literal["amount", "share", "points", "unknown"]

_FEWEST = 5  # lines below which nothing is said
_MOST = 0.95  # share of the lines that has to lie in the range of a rate
_VARIED = 0.25  # revenues must differ by about a quarter to show whether a value grows with them
_TINY = 0.01  # a margin of less than a hundredth of the revenue in most lines is none


@dataclass(frozen=True)
class Spread:
    """What the lines show together that have both a revenue and a value, neither of them zero.

    Attributes
    ----------
    within_one, within_hundred : float
        Shares of the values between -1 and 1, and between -100 and 100.
    part : float
        Median of value by revenue, without signs.
    slope, error : float or None
        By how many per cent the value grows with one per cent of revenue, and its standard error; None where the
        revenues hardly differ.
    """

    lines: int
    within_one: float = 0.0
    within_hundred: float = 0.0
    part: float = 0.0
    slope: float | None = None
    error: float = 0.0

    def behaviour(self, by_size: bool = True) -> Behaviour:
        """Say what the values are: amounts, rates written as a share or as points of a hundred, or that it is open.

        Parameters
        ----------
        by_size : bool
            Where growth says nothing, take what is tiny beside the revenue for a rate.
        """
        if self.lines < _FEWEST:
            return "unknown"
        if self.within_hundred < _MOST:
            return "amount"
        rate: Behaviour = "share" if self.within_one >= _MOST else "points"
        if self.slope is not None and abs(self.slope - 0.5) > 2 * self.error:
            return "amount" if self.slope > 0.5 else rate
        return rate if by_size and self.part < _TINY else "unknown"


def spread_of(pairs: Iterable[tuple[float | None, float | None]]) -> Spread:
    """Describe pairs of value and revenue."""
    both = [(abs(value), abs(revenue)) for value, revenue in pairs if value and revenue]
    if not both:
        return Spread(0)
    logs = [(log(value), log(revenue)) for value, revenue in both]
    return _spread(
        {
            "n": len(both),
            "one": sum(value <= 1 for value, _ in both),
            "hundred": sum(value <= 100 for value, _ in both),
            "part": median(value / revenue for value, revenue in both),
            "y": sum(y for y, _ in logs),
            "x": sum(x for _, x in logs),
            "yy": sum(y * y for y, _ in logs),
            "xx": sum(x * x for _, x in logs),
            "xy": sum(x * y for y, x in logs),
        }
    )


def spread_in(table: ibis.Table, name: str) -> Spread:
    """Describe a column of a typed ledger against its revenue."""
    both = table.filter((table[name] != 0) & (table.revenue != 0))
    value, revenue = both[name].abs().cast("float64"), both.revenue.abs().cast("float64")
    y, x = value.ln(), revenue.ln()
    sums = both.agg(
        n=both.count(),
        one=(value <= 1).sum(),
        hundred=(value <= 100).sum(),
        part=(value / revenue).median(),
        y=y.sum(),
        x=x.sum(),
        yy=(y * y).sum(),
        xx=(x * x).sum(),
        xy=(x * y).sum(),
    )
    row = sums.to_pyarrow().to_pylist()[0]
    return _spread(row) if row["n"] else Spread(0)


def _spread(sums: Mapping[str, float]) -> Spread:
    n = sums["n"]
    xx = sums["xx"] - sums["x"] ** 2 / n
    slope, error = None, 0.0
    if n > 2 and xx / n > _VARIED**2:
        xy = sums["xy"] - sums["x"] * sums["y"] / n
        yy = sums["yy"] - sums["y"] ** 2 / n
        slope = xy / xx
        error = sqrt(max(yy - slope * xy, 0.0) / (n - 2) / xx)
    return Spread(int(n), sums["one"] / n, sums["hundred"] / n, sums["part"], slope, error)


def rates_for_amounts(
    table: Table, raw: Raw, columns: Mapping[str, str], revenue: str, used: ibis.Table
) -> list[Problem]:
    """Refuse costs and margins that behave like rates; what the settings say in an expression is believed.

    Parameters
    ----------
    columns : mapping
        The canonical columns that a heading feeds, with it.
    revenue : str
        What feeds the revenue, as in the settings.
    used : Table
        The typed lines that count.
    """
    problems = []
    for name in ("cost", "contribution_margin"):
        if table is not TRANSACTIONS or name not in columns:
            continue
        heading, spread = columns[name], spread_in(used, name)
        behaviour = spread.behaviour(by_size=name == "contribution_margin")
        if heading in raw.percent:
            behaviour = "share"
        if behaviour in ("share", "points"):
            values = {
                "file": ", ".join(file.name for file in raw.files),
                "column": heading,
                "canonical": name,
                "formula": of_revenue(revenue, heading, behaviour),
                "amount": f"= {reference(heading)}",
            }
            problems.append(Problem(code=RATE, values=values))
    return problems


def of_revenue(revenue: str, heading: str, behaviour: Behaviour) -> str:
    """Write the amount that a rate makes of the revenue, as the settings accept it."""
    base = f"({revenue.lstrip().removeprefix('=').strip()})" if is_expression(revenue) else reference(revenue)
    return f"= {base} * {reference(heading)}" + (" / 100" if behaviour == "points" else "")
