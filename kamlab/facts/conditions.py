"""Conditions of the settings judged on accounts: a frame in, true, false or unknown out, row by row."""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import Any

import pandas as pd

from kamlab.engagement.expression import (
    RELATIONS,
    Calculation,
    Comparison,
    Constant,
    Heading,
    IsMissing,
    Junction,
    Node,
    Not,
    StartsWith,
)

_ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def holds(condition: Node, frame: pd.DataFrame) -> pd.Series:
    """Judge a condition on every row.

    Parameters
    ----------
    frame : DataFrame
        A column for every heading that the condition speaks of; one that is not there is missing everywhere.

    Returns
    -------
    Series of nullable booleans: NA where a value is missing that decides; a division by zero is missing, and so is a
    text where a number is asked for. Numbers are rounded to ten decimals before they are compared: 0.02 is no less than
    0.02.
    """
    match condition:
        case IsMissing(heading):
            return _column(heading.name, frame).isna().astype("boolean")
        case StartsWith(heading, prefix):
            column = _column(heading.name, frame)
            return column.astype("string").str.startswith(prefix).astype("boolean")
        case Not(inner):
            return ~holds(inner, frame)
        case Junction("and", left, right):
            return holds(left, frame) & holds(right, frame)
        case Junction(_, left, right):
            return holds(left, frame) | holds(right, frame)
        case Comparison(relation, left, right):
            sides = [_value(side, frame) for side in (left, right)]
            if any(_is_number(side) for side in (left, right)):
                sides = [_numbers(side).round(10) for side in sides]
            else:
                sides = [side.astype("string") for side in sides]
            judged = RELATIONS[relation](*sides).astype("boolean")
            return judged.mask(sides[0].isna() | sides[1].isna())
    raise TypeError(f"no condition: {condition!r}")


def _is_number(node: Node) -> bool:
    """Say whether an operand makes numbers of what it is compared with."""
    return isinstance(node, Calculation) or (isinstance(node, Constant) and isinstance(node.value, Decimal))


def _value(node: Node, frame: pd.DataFrame) -> pd.Series:
    match node:
        case Heading(name):
            return _column(name, frame)
        case Constant(value):
            return pd.Series(float(value) if isinstance(value, Decimal) else str(value), index=frame.index)
        case Calculation(sign, left, right):
            result = _ARITHMETIC[sign](*(_numbers(_value(side, frame)) for side in (left, right)))
            return result.where(result.abs() != float("inf"))
    raise TypeError(f"no value: {node!r}")


def _column(name: str, frame: pd.DataFrame) -> pd.Series:
    if name not in frame:
        return pd.Series(None, index=frame.index, dtype="float64")
    column = frame[name]
    return _numbers(column) if pd.api.types.is_numeric_dtype(column) else column


def _numbers(column: Any) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").astype("float64")
