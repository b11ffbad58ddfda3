"""The examples of the contracts as values: a day, a number, the words of a language."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Literal

from kamlab.tables.contract import Both, Column, Kind

NUMERIC = (Kind.MONEY, Kind.NUMBER, Kind.SHARE)
_NUMBER = re.compile(r"-?(\d+|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?")
_SHAPES = {
    Kind.CURRENCY: re.compile(r"[A-Z]{3}"),
    Kind.MONTH: re.compile(r"\d{4}-(0[1-9]|1[0-2])"),
    Kind.PERIOD: re.compile(r"\d{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?"),
}


def example(column: Column, language: Literal["de", "en"]) -> str | Decimal | date:
    """Read the example of a column by the column's kind.

    Raises
    ------
    ValueError
        It is no value of this kind, no allowed word, or outside the scale.
    """
    text = getattr(column.example, language) if isinstance(column.example, Both) else column.example
    if column.kind is Kind.DATE:
        day, month, year = text.split(".")
        return date(int(year), int(month), int(day))
    if column.kind in NUMERIC:
        return _number(column, text)
    if column.words:
        labels = {word.label.de: getattr(word.label, language) for word in column.words}
        parts = text.split(", ") if column.kind is Kind.CHOICES else [text]
        if not set(parts) <= set(labels):
            raise ValueError(f"{column.name}: {text!r} is none of {', '.join(labels)}")
        return ", ".join(labels[part] for part in parts)
    shape = _SHAPES.get(column.kind)
    if not text or (shape and not shape.fullmatch(text)):
        raise ValueError(f"{column.name}: {text!r} is no {column.kind.value}")
    return str(text)


def _number(column: Column, text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{column.name}: {text!r} is no number")
    number = Decimal(text.replace(".", "").replace(",", "."))
    low, high = (0, 1) if column.kind is Kind.SHARE else (column.low, column.high)
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"{column.name}: {text} lies outside {low} to {high}")
    return number
