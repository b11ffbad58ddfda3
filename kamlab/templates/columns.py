"""What a column takes, in words: its kind, unit, scale and allowed words in one phrase."""

from __future__ import annotations

from kamlab.tables import Column, Kind
from kamlab.text import Words


def takes(column: Column, words: Words) -> str:
    """Say which values a column takes: `Zahl von 1 bis 5 oder k. A.`."""
    allowed = ", ".join(allowed_words(column, words))
    if column.kind is Kind.NUMBER:
        number = _number(column, words)
        return words("contract.number_or", number=number, allowed=allowed) if allowed else number
    if column.kind is Kind.MONEY and column.low == 0:
        return words("contract.money_from_zero")
    if column.kind is Kind.TEXT and allowed:
        return words("contract.text_like", allowed=allowed)
    return words(f"contract.{column.kind.name.lower()}", allowed=allowed)


def allowed_words(column: Column, words: Words) -> tuple[str, ...]:
    """List the words that a column understands, as people write them."""
    return tuple(getattr(word.label, words.language) for word in column.words)


def _number(column: Column, words: Words) -> str:
    if column.low is not None and column.high is not None:
        return words("contract.scale", low=words.number(column.low), high=words.number(column.high))
    unit = getattr(column.unit, words.language) if column.unit else ""
    if column.low is not None:
        return words("contract.number_from", low=words.number(column.low), unit=unit)
    return words("contract.number", unit=unit)
