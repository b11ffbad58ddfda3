"""Amounts beside those of the year before, and how they are written: what rows and columns of figures are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from matplotlib.axes import Axes

from kamlab.figures.theme import Scenario, legend, unit
from kamlab.text import MISSING, Words

SMALLEST = 0.01  # of the unit; below, it is only said that it is less


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
    digits : how many of a number count, two decimals at most: three, and two of an estimate

    Returns
    -------
    The amounts, and the unit in which they are written.
    """
    known = [(name, float(now), _number(before)) for name, now, before in rows]
    money, divisor = unit(
        max((abs(each) for _, now, before in known for each in (now, before or 0.0)), default=0), words
    )
    ends, dotted = list(asides) or [""] * len(known), set(partial)
    written = [
        Amount(
            name=name,
            now=now,
            before=before or 0.0,
            said=_short(now / divisor, words, digits),
            said_variance="" if before is None else _signed((now - before) / divisor, words),
            said_ratio="" if before is None else _ratio(now, before, words),
            scenario="partial" if at in dotted else "actual",
            aside=end,
        )
        for at, ((name, now, before), end) in enumerate(zip(known, ends, strict=True))
    ]
    return written, money


def scenarios(axes: Axes, left: float, middle: float, rows: Iterable[Amount], words: Words) -> None:
    """Name the scenarios of rows where there is more than one."""
    shown = list(rows)
    entries: list[tuple[Scenario, str]] = [("actual", words("figure.actual"))]
    if any(row.said_variance for row in shown):
        entries.append(("previous", words("figure.before")))
    if any(row.scenario == "partial" for row in shown):
        entries.append(("partial", words("figure.partial")))
    if len(entries) > 1:
        legend(axes, left, middle, entries)


def _number(before: float | None) -> float | None:
    return None if before is None or before != before else float(before)


def _ratio(now: float, before: float, words: Words) -> str:
    if round(before, 4) > 0:
        return words.change(now / before - 1)
    return words("figure.new") if round(before, 4) == 0 and now > 0 else MISSING


def _short(value: float, words: Words, digits: int = 3) -> str:
    """Write a number with so many significant digits, two decimals at most."""
    if value == 0:
        return "0"
    sign, size = "" if value > 0 else "−", abs(value)
    if size < SMALLEST / 2:
        return f"{'<' if value > 0 else '>'} {sign}{words.number(SMALLEST, 2)}"
    whole = next(places for places in range(20) if size < 10**places - 0.5 * 10 ** (places - digits))
    return sign + words.number(size, min(max(digits - whole, 0), 2))


def _signed(value: float, words: Words) -> str:
    """Write a variance with its sign and as many decimals as an amount of its size."""
    if value and round(abs(value), 2) == 0:
        return words.number(0, 2)
    return _short(value, words) if value < 0 or value < SMALLEST else f"+{_short(value, words)}"
