"""Values that are words: choices, yes or no, periods, months, currencies; few distinct ones, read one by one.

A text goes in, its canonical form comes out, None where it is none. Knows no database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from kamlab.ingest.dates import MONTH_NAMES, MONTHS
from kamlab.ingest.numbers import CURRENCY_SIGNS, ISO_CODES
from kamlab.tables import Column, Kind

_YES_NO = {
    **dict.fromkeys(("ja", "j", "yes", "y", "true", "wahr", "x", "1"), "true"),
    **dict.fromkeys(("nein", "n", "no", "false", "falsch", "0"), "false"),
}
_YEAR = r"((?:19|20)\d\d)"
_MONTH = "(0[1-9]|1[0-2])"
_QUARTERS = (
    re.compile(rf"{_YEAR}[ /-]?q([1-4])"),
    re.compile(rf"(?:q([1-4])|([1-4])\. ?quartal)[ /-]?{_YEAR}"),
)
_MONTHS = (
    re.compile(rf"(?P<year>{_YEAR})[/-]?(?P<month>{_MONTH})"),
    re.compile(rf"(?P<month>{_MONTH})[./-](?P<year>{_YEAR})"),
    re.compile(rf"(?P<year>{_YEAR})-(?P<month>{_MONTH})-01(?: 00:00:00)?"),  # what Excel makes of a month
    re.compile(rf"01\.(?P<month>{_MONTH})\.(?P<year>{_YEAR})"),
)
_NAMED_MONTH = re.compile(rf"{MONTH_NAMES}[. /-]{{1,2}}{_YEAR}")


def read_words(texts: Iterable[str], column: Column, currency: str) -> dict[str, str]:
    """Read the distinct texts of a column of words; those that are none are left out."""
    read = _reader(column, currency)
    return {text: word for text in texts if (word := read(text)) is not None}


def _reader(column: Column, currency: str) -> Callable[[str], str | None]:
    match column.kind:
        case Kind.CHOICE:
            return lambda text: read_choice(text, column)
        case Kind.CHOICES:
            return lambda text: read_choices(text, column)
        case Kind.YES_NO:
            return lambda text: _YES_NO.get(text.casefold())
        case Kind.PERIOD:
            return read_period
        case Kind.MONTH:
            return read_month
        case Kind.CURRENCY:
            return lambda text: read_currency(text, currency)
    raise TypeError(f"no words: {column.kind}")


def read_choice(text: str, column: Column) -> str | None:
    """Read one of the allowed words, in German, English or as code says it, in capitals or not."""
    wanted = _folded(text)
    for choice in column.allowed:
        if wanted in map(_folded, (choice.value, *choice.label)):
            return choice.value
    return None


def read_choices(text: str, column: Column) -> str | None:
    """Read several of the allowed words, each once, in the order of the contract; one unknown word spoils all."""
    if (whole := read_choice(text, column)) is not None:
        return whole
    words = {read_choice(part, column) for part in re.split(r"[,;/|+\n]", text) if part.strip()}
    if not words or None in words:
        return None
    return ",".join(choice.value for choice in column.allowed if choice.value in words)


def read_period(text: str) -> str | None:
    """Read a year, a quarter or a month: 2025, 2025-Q1, 2025-01."""
    small = text.casefold()
    if re.fullmatch(_YEAR, small):
        return small
    for pattern in _QUARTERS:
        if found := pattern.fullmatch(small):
            parts = [part for part in found.groups() if part]
            year, quarter = parts if len(parts[0]) == 4 else reversed(parts)
            return f"{year}-Q{quarter}"
    return read_month(text)


def read_month(text: str) -> str | None:
    """Read a month: 2025-01; the first of a month, which Excel makes of it, is that month."""
    small = text.casefold()
    for pattern in _MONTHS:
        if found := pattern.fullmatch(small):
            return f"{found['year']}-{found['month']}"
    if found := _NAMED_MONTH.fullmatch(small):
        return f"{found[2]}-{MONTHS[found[1][:3]].zfill(2)}"
    return None


def read_currency(text: str, own: str) -> str | None:
    """Read an ISO code, or a sign that can only mean one currency; `$` is the engagement's where that is a dollar."""
    if text.upper() in ISO_CODES:
        return text.upper()
    if text.casefold() == "euro":
        return "EUR"
    codes = CURRENCY_SIGNS.get(text, ())
    return own if own in codes else codes[0] if len(codes) == 1 else None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
