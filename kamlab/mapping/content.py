"""Whether the values of a heading can be what a canonical column holds: a factor from 0 to 1, with its reasons."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kamlab.ingest.sampling import Heading
from kamlab.tables import TRANSACTIONS, Column, Kind, Table

_MOST = 0.95
_PERIOD = re.compile(r"(19|20)\d\d([-/. ]?(Q[1-4]|0?[1-9]|1[0-2]))?", re.IGNORECASE)
_NAMED = ("name", "product_name", "city", "street", "sector")  # texts that are no bare numbers
_FEW = 20  # rows below which it says nothing that a number never repeats


@dataclass(frozen=True)
class Reason:
    """Why a heading is taken for a column, or not: a text `map.reason.<key>` with its values."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)


def content(heading: Heading, rows: int, table: Table, column: Column) -> tuple[float, list[Reason]]:
    """Judge the values of a heading as those of a column.

    Returns
    -------
    What is left of the likeness of the name (1: the values fit, near 0: they cannot be meant), and the reasons.
    """
    if not heading.filled:
        return 0.6, [Reason("empty")]
    factor, reasons = _BY_KIND.get(column.kind, _anything)(heading, column)
    unique = heading.distinct == rows
    if table.key == (column.name,):
        if not unique:
            return factor * 0.5, [*reasons, Reason("repeats", {"rows": rows, "distinct": heading.distinct})]
        return factor, [*reasons, Reason("unique")]
    if table is TRANSACTIONS and column.name == "account_id" and unique and rows >= _FEW:
        return factor * 0.55, [*reasons, Reason("never_repeats", {"rows": rows})]
    return factor, reasons


def share(heading: Heading, holds: Callable[[str], bool]) -> tuple[float, int, int]:
    """Return of how many filled cells of the sample something holds: share, number, cells."""
    fitting = sum(map(holds, heading.filled))
    return fitting / len(heading.filled), fitting, len(heading.filled)


def _readable(heading: Heading, read: Sequence[Any], key: str) -> tuple[float, list[Reason]]:
    filled = len(heading.filled)
    fitting = sum(value is not None for value in read)
    reasons = [Reason(key, {"fitting": fitting, "filled": filled})]
    if heading.undecided:
        reasons.append(Reason("undecided"))
    if fitting >= _MOST * filled:
        return 1.0, reasons
    return (0.7 if fitting >= 0.7 * filled else 0.1), reasons


def _dates(heading: Heading, column: Column) -> tuple[float, list[Reason]]:
    factor, reasons = _readable(heading, heading.dates, "dates")
    return (factor, reasons) if factor == 1 else max((factor, reasons), _periods(heading, column), key=lambda f: f[0])


def _periods(heading: Heading, column: Column) -> tuple[float, list[Reason]]:
    part, fitting, filled = share(heading, lambda text: bool(_PERIOD.fullmatch(text)))
    reasons = [Reason("periods", {"fitting": fitting, "filled": filled})]
    if part >= _MOST:
        return (0.85 if column.kind is Kind.DATE else 1.0), reasons
    dates = sum(day is not None for day in heading.dates)
    return (0.9, [Reason("dates", {"fitting": dates, "filled": filled})]) if dates >= _MOST * filled else (0.2, reasons)


def _numbers(heading: Heading, column: Column) -> tuple[float, list[Reason]]:
    if heading.percent:
        return 1.0, []
    factor, reasons = _readable(heading, heading.numbers, "numbers")
    if share(heading, lambda text: bool(re.fullmatch(r"0\d+", text)))[0] > 0.2:
        return 0.2, [Reason("leading_zeros")]
    numbers = [number for number in heading.numbers if number is not None]
    if column.kind is Kind.SHARE and not all(0 <= number <= 1 for number in numbers):
        return factor * 0.6, [*reasons, Reason("no_share")]
    if column.name == "quantity" and sum(number == int(number) for number in numbers) < 0.7 * len(numbers):
        return factor * 0.8, [*reasons, Reason("not_whole")]
    return factor, reasons


def _currency(heading: Heading, _column: Column) -> tuple[float, list[Reason]]:
    part, fitting, filled = share(heading, lambda text: bool(re.fullmatch(r"[A-Za-z]{3}", text)))
    return (1.0 if part >= _MOST else 0.2), [Reason("currencies", {"fitting": fitting, "filled": filled})]


def _ids(heading: Heading, column: Column) -> tuple[float, list[Reason]]:
    if is_dates(heading):
        return 0.2, [Reason("are_dates")]
    numbers = [number for number in heading.numbers if number is not None]
    if sum(number != int(number) for number in numbers) > 0.2 * len(heading.texts):
        return 0.2, [Reason("decimals")]
    if share(heading, lambda text: " " in text and not any(map(str.isdigit, text)))[0] > 0.4:
        return (0.65 if column.required else 0.9), [Reason("names")]
    return 1.0, []


def _text(heading: Heading, column: Column) -> tuple[float, list[Reason]]:
    if is_dates(heading):
        return 0.2, [Reason("are_dates")]
    numbers = sum(number is not None for number in heading.numbers)
    if numbers >= _MOST * len(heading.filled):
        return (0.55, [Reason("only_numbers")]) if column.name in _NAMED else (0.95, [])
    return 1.0, []


def _choice(heading: Heading, column: Column) -> tuple[float, list[Reason]]:
    words = {word.casefold() for one in column.allowed for word in (one.value, *one.label)}
    texts = [part.strip().casefold() for text in heading.filled for part in text.split(",")]
    fitting = sum(text in words for text in texts)
    reasons = [Reason("choices", {"fitting": fitting, "filled": len(texts)})]
    return (1.0 if fitting >= 0.9 * len(texts) else 0.75), reasons


def _anything(_heading: Heading, _column: Column) -> tuple[float, list[Reason]]:
    return 1.0, []


def is_dates(heading: Heading) -> bool:
    """Say whether a heading holds days that cannot be taken for numbers."""
    days = sum(day is not None for day in heading.dates)
    return days > 0 and days >= _MOST * len(heading.filled) and all(number is None for number in heading.numbers)


_BY_KIND: dict[Kind, Callable[[Heading, Column], tuple[float, list[Reason]]]] = {
    Kind.DATE: _dates,
    Kind.MONTH: _periods,
    Kind.PERIOD: _periods,
    Kind.MONEY: _numbers,
    Kind.NUMBER: _numbers,
    Kind.SHARE: _numbers,
    Kind.CURRENCY: _currency,
    Kind.ID: _ids,
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choice,
}
