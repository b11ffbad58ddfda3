"""What the numbers under a heading count: amounts of the line, a rate, an amount per piece, thousands.

Judged by heading, format of the cells and range of the values; where that leaves a doubt the column stays open.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kamlab.engagement.expression import (
    Calculation,
    Constant,
    ExpressionError,
    Node,
    is_expression,
    parse_value,
    reference,
)
from kamlab.engagement.expression import Heading as Named
from kamlab.ingest.sampling import Heading
from kamlab.ingest.units import of_revenue, spread_of
from kamlab.mapping.content import Reason
from kamlab.mapping.names import is_each, is_rate, may_be_rate, thousands

JUDGED = ("cost", "contribution_margin")
_OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
Unit = Literal["amount", "share", "points", "each", "unknown"]
Numbers = Sequence[float | None]


@dataclass(frozen=True)
class Offer:
    """How a column is calculated from a heading that is no amount of the line; empty where that cannot be told."""

    mapped: str
    reason: Reason


def unit_of(heading: Heading, column: str, revenue: Numbers) -> Unit:
    """Judge what a heading of money counts, beside the revenue of the same lines."""
    if is_each(heading.name):
        return "each"
    if heading.percent:
        return "share"
    pairs = list(zip(heading.numbers, revenue, strict=True)) if revenue else []
    found = spread_of(pairs).behaviour(by_size=column == "contribution_margin")
    if is_rate(heading.name) and found in ("amount", "unknown"):
        return _by_range(heading)
    if found == "unknown" and not may_be_rate(heading.name):
        return "amount"
    return found


def _by_range(heading: Heading) -> Unit:
    numbers = [abs(number) for number in heading.numbers if number is not None]
    if not numbers or max(numbers) > 100:
        return "unknown"
    return "share" if max(numbers) <= 1 else "points"


def offer(heading: Heading, unit: Unit, revenue: str, quantity: str) -> Offer:
    """Say how an amount comes out of what is none; `revenue` and `quantity` are what they are mapped to."""
    if unit == "each" and quantity:
        return Offer(f"= {_factor(quantity)} * {reference(heading.name)}", Reason("per_piece", {"quantity": quantity}))
    if unit in ("share", "points") and revenue:
        numbers = sorted(number for number in heading.numbers if number is not None)
        values = {"low": numbers[0], "high": numbers[-1]} if numbers else {}
        return Offer(of_revenue(revenue, heading.name, unit), Reason("is_rate" if values else "is_percent", values))
    keys = {"each": "per_piece_alone", "share": "rate_alone", "points": "rate_alone"}
    return Offer("", Reason(keys.get(unit, "rate_or_amount")))


def in_units(mapped: str) -> tuple[str, tuple[Reason, ...]]:
    """Multiply what stands in thousands or millions; other mappings stay."""
    factor = 1 if is_expression(mapped) else thousands(mapped)
    if factor == 1:
        return mapped, ()
    return f"= {reference(mapped)} * {factor}", (Reason("in_thousands" if factor == 1000 else "in_millions"),)


def numbers_of(mapped: str, headings: Mapping[str, Heading]) -> Numbers:
    """Work out the sampled values of a mapping; none where it is no calculation of numbers."""
    if not mapped:
        return ()
    if not is_expression(mapped):
        return headings[mapped].numbers if mapped in headings else ()
    try:
        node = parse_value(mapped)
        return [_value(node, headings, at) for at in range(len(next(iter(headings.values())).numbers))]
    except (ExpressionError, KeyError, TypeError):
        return ()


def _value(node: Node, headings: Mapping[str, Heading], at: int) -> float | None:
    match node:
        case Named(name):
            return headings[name].numbers[at]
        case Constant(Decimal() as number):
            return float(number)
        case Calculation(sign, left, right):
            both = _value(left, headings, at), _value(right, headings, at)
            if both[0] is None or both[1] is None or (sign == "/" and not both[1]):
                return None
            return float(_OPERATIONS[sign](*both))
    raise TypeError(f"no value: {node!r}")


def _factor(mapped: str) -> str:
    return f"({mapped.lstrip().removeprefix('=').strip()})" if is_expression(mapped) else reference(mapped)
