"""Amounts beside those of the year before, and how they are written: what rows and columns of figures are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from kamlab.figures.rows import Look
from kamlab.figures.theme import SCENARIOS, Scenario, unit
from kamlab.results import Result
from kamlab.text import MISSING, Words


class Amount(NamedTuple):
    """An amount and the one before it, and how they are written; nothing of a variance where none is known."""

    name: str
    now: float
    before: float
    said: str
    said_variance: str
    said_ratio: str
    scenario: Scenario
    aside: str

    @property
    def variance(self) -> float:
        """What the amount is above the year before; 0 where it is not compared."""
        return self.now - self.before if self.said_variance else 0.0

    @property
    def low(self) -> float:
        """The lower end of its bars."""
        return min(0.0, self.now, self.before)

    @property
    def high(self) -> float:
        """The upper end of its bars."""
        return max(0.0, self.now, self.before)


def amounts(
    rows: Iterable[tuple[str, float, float | None]],
    words: Words,
    asides: Iterable[str] = (),
    partial: Iterable[int] = (),
    digits: int = 3,
) -> tuple[list[Amount], str]:
    """Write amounts in one unit.

    Parameters
    ----------
    rows : name, amount and that of the year before, None or NaN where it is not compared
    asides : texts for the end of each line, none or as many
    partial : places of those that are not complete
    digits : how many of the largest number count, two decimals at most: three, and two of an estimate

    Returns
    -------
    The amounts, and the unit in which they are written.
    """
    known = [(name, float(now), _number(before)) for name, now, before in rows]
    money, divisor = unit(
        max((abs(each) for _, now, before in known for each in (now, before or 0.0)), default=0), words
    )
    ends, dotted = list(asides) or [""] * len(known), set(partial)
    decimals = _decimals([value / divisor for _, now, before in known for value in (now, before or 0.0)], digits)
    written = [
        Amount(
            name=name,
            now=now,
            before=before or 0.0,
            said=short(now / divisor, words, decimals),
            said_variance="" if before is None else _signed((now - before) / divisor, words, decimals),
            said_ratio="" if before is None else _ratio(now, before, words),
            scenario="partial" if at in dotted else "actual",
            aside=end,
        )
        for at, ((name, now, before), end) in enumerate(zip(known, ends, strict=True))
    ]
    return written, money


def scenarios(rows: Iterable[Amount], words: Words) -> list[tuple[Look, str]]:
    """Name the scenarios of rows where there is more than one."""
    shown = list(rows)
    entries: list[tuple[Look, str]] = [(SCENARIOS["actual"], words("figure.actual"))]
    if any(row.said_variance for row in shown):
        entries.append((SCENARIOS["previous"], words("figure.before")))
    if any(row.scenario == "partial" for row in shown):
        entries.append((SCENARIOS["partial"], words("figure.partial")))
    return entries if len(entries) > 1 else []


def days_shown(result: Result, words: Words) -> str:
    """Name the days that bars show: those of the comparison, or the whole period."""
    for key in ("method.compared", "sure.other_span", "development.compared", "development.other_span"):
        if compared := result.finding(f"{result.analysis}.{key}"):
            return words.span(compared.values["now_start"], compared.values["now_end"])
    period = result.basis.period
    return words.span(period.start, period.end) if period else ""


def _number(before: float | None) -> float | None:
    return None if before is None or before != before else float(before)


def _ratio(now: float, before: float, words: Words) -> str:
    if round(before, 4) > 0:
        return words.change(now / before - 1)
    return words("figure.new") if round(before, 4) == 0 and now > 0 else MISSING


def _decimals(values: list[float], digits: int) -> int:
    """Choose the decimals of all: so many digits of the largest, one more for the smallest; two at most."""
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return 0
    largest, smallest = (1 + math.floor(math.log10(size)) for size in (max(sizes), min(sizes)))
    return max(0, min(2, digits + 1 - largest, max(digits - max(1, largest), 1 - smallest)))


def short(value: float, words: Words, decimals: int) -> str:
    """Write a number with so many decimals; of one too small for them only that it is less."""
    least = 10.0**-decimals
    sign, size = "" if value > 0 else "−", abs(value)
    if 0 < size < least / 2:
        return f"{'<' if value > 0 else '>'} {sign}{words.number(least, decimals)}"
    return words.number(value, decimals)


def _signed(value: float, words: Words, decimals: int) -> str:
    """Write a variance with its sign and as many decimals as the amounts."""
    if abs(value) < 10.0**-decimals / 2:
        return words.number(0, decimals)
    return f"+{words.number(value, decimals)}" if value > 0 else words.number(value, decimals)
