"""How a measure of an account is written, by its name: beside each other in a column stand numbers of many kinds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlab.text import MISSING, Words

_MONEY, _SHARE, _COUNT = ("money",), ("percent", 1), ("number", 0)
UNITS: dict[str, tuple[Any, ...]] = {
    "revenue": _MONEY,
    "contribution_margin": _MONEY,
    "annual_revenue": _MONEY,
    "cost_to_serve": _MONEY,
    "margin_after_service": _MONEY,
    "revenue_share": _SHARE,
    "margin_share": _SHARE,
    "margin_rate": _SHARE,
    "regularity": _SHARE,
    "max_supplier_share": _SHARE,
    "growth": ("change",),
    "product_groups": _COUNT,
    "sites": _COUNT,
    "countries": _COUNT,
    "employees": _COUNT,
    "hours": _COUNT,
}
_OTHERS = ("number", 1)  # years, and what people rate


def measured(measure: str, value: Any, words: Words, limit: Any = None) -> str:
    """Write what was measured, in the unit of the measure; finer where it would look like a limit that it is not."""
    if value is None or value != value:
        return MISSING
    method, *arguments = UNITS.get(measure, _OTHERS)
    write = getattr(words, method)
    said = str(write(value, *arguments))
    if isinstance(limit, float) and value != limit and arguments and said == write(limit, *arguments):
        return str(write(value, arguments[0] + 1))
    return said


def group_names(frame: pd.DataFrame, words: Words) -> pd.Series:
    """Name what a row sums up: its product group, or what kind of lines that sell no goods."""
    kinds = [
        None if kind is None or kind != kind else words.named("value.line_kind", kind) for kind in frame["line_kind"]
    ]
    named = frame["product_group"].astype(object).fillna(pd.Series(kinds, index=frame.index, dtype=object))
    return named.fillna(words("value.product_group.none"))


def in_unit(value: Any, unit: str, words: Words) -> str:
    """Write a number in the unit of its row: `money`, `share 1` (a decimal where it needs one), or as it comes."""
    if value is None or value != value:
        return MISSING
    if unit == "money":
        return words.money(value, 2)
    if unit == "share 1":
        tenths = round(1000 * float(value))
        return words.percent(value, 1 if tenths % 10 else 0)
    return words.measured(value)


def demanded(measure: str, relation: str, limit: Any, words: Words) -> str:
    """Write what a rule demands of a measure: at least 2%."""
    if isinstance(limit, str):
        said = limit
    elif float(limit).is_integer() and measure not in UNITS:
        said = words.number(limit)
    else:
        said = measured(measure, limit, words)
    return words(f"relation.{relation}", limit=said)
