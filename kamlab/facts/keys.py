"""Numbers that do not find each other: unknown to the other side, or the same but for zeros, case, blanks and hyphens.

In go the typed tables, out come notes with the revenue at stake and a remedy. Nothing is brought together here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

import pandas as pd

from kamlab.errors import Problem
from kamlab.facts.products import Products
from kamlab.ingest import Ingested
from kamlab.results import Value

_OF_THEIR_OWN = {"transactions", "accounts", "account_mapping", "group_reviews"}  # noted elsewhere, or by their columns
_SHOWN = 3


def account_notes(
    ingested: Ingested, master: pd.DataFrame, newest: Mapping[str, str], booked: Mapping[str, Decimal]
) -> list[Problem]:
    """Note customer numbers that other tables have and ledger and master data do not, or in another spelling.

    Parameters
    ----------
    master : DataFrame
        The master data with new numbers.
    newest : mapping
        Old numbers to the newest.
    booked : mapping
        Revenue by site of the ledger.
    """
    in_master = set(master["account_id"])
    sites = in_master | set(booked)
    groups = set(master["group_id"].dropna())
    notes, told = [], set()
    if "accounts" in ingested.tables:
        pairs = _variants(set(booked) - in_master, in_master)
        told = {frozenset(pair) for pair in pairs}
        notes += _differing("transactions", "accounts", "account_id", pairs, booked)
    inside = [pair for pair in _variants(booked, booked) if pair[0] < pair[1] and frozenset(pair) not in told]
    notes += _within("transactions", "account_id", inside, booked)
    notes += _within("accounts", "group_id", [pair for pair in _variants(groups, groups) if pair[0] < pair[1]], {})
    for column in ("parent_id", "payer_id"):
        numbers = set(master[column].dropna())
        notes += _differing("accounts", "accounts", column, _variants(numbers - sites - groups, sites), booked)
    raw = set(_distinct(ingested, "transactions", "account_id"))
    old = set(_distinct(ingested, "account_mapping", "old_id")) - raw
    notes += _differing("account_mapping", "transactions", "old_id", _variants(old, raw), booked)
    for name in ingested.tables:
        if name in _OF_THEIR_OWN or "account_id" not in ingested.tables[name].columns:
            continue
        numbers = {newest.get(number, number) for number in _distinct(ingested, name, "account_id")}
        unknown = numbers - sites - groups
        pairs = _variants(unknown, sites | groups)
        notes += _differing(name, "accounts", "account_id", pairs, booked)
        if strangers := sorted(unknown - {number for number, _ in pairs}):
            values: dict[str, Value] = {"table": name, "count": len(strangers), "examples": strangers[:_SHOWN]}
            notes.append(Problem(code="KL-W121", values=values))
    return notes


def product_notes(ingested: Ingested, products: Products | None) -> list[Problem]:
    """Note product numbers of the ledger that the product master does not know, with their revenue."""
    ledger = ingested.tables["transactions"]
    if products is None or "product_id" not in ledger.columns:
        return []
    sums = ledger.group_by("product_id").agg(revenue=ledger.revenue.sum()).to_pyarrow().to_pylist()
    total = sum((row["revenue"] for row in sums), Decimal(0))
    sold = {row["product_id"]: row["revenue"] for row in sums if row["product_id"] is not None}
    known = products.known | set(products.newest.values())
    pairs = _variants(set(sold) - known, known)
    notes = _differing("transactions", "products", "product_id", pairs, sold)
    unknown = sorted(set(sold) - known - {number for number, _ in pairs}, key=lambda number: (-sold[number], number))
    if unknown:
        revenue = sum((sold[number] for number in unknown), Decimal(0))
        values: dict[str, Value] = {
            "count": len(unknown),
            "revenue": float(revenue),
            "share": float(revenue / total) if total else None,
            "examples": unknown[:_SHOWN],
        }
        notes.append(Problem(code="KL-W120", values=values))
    return notes


def loosened(number: str) -> str:
    """Write a number without case, blanks, hyphens and leading zeros."""
    text = unicodedata.normalize("NFKC", number).casefold()
    return re.sub(r"[\s\u00ad\u2010-\u2015\u2212-]", "", text).lstrip("0")


def _distinct(ingested: Ingested, table: str, column: str) -> list[str]:
    found = ingested.tables.get(table)
    if found is None:
        return []
    return [value for value in found.select(column).distinct().to_pyarrow().column(0).to_pylist() if value is not None]


def _variants(numbers: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    """Pair numbers with others that are the same but for their spelling, in order."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for number in known:
        spellings[loosened(number)].append(number)
    return sorted((number, other) for number in numbers for other in spellings[loosened(number)] if other != number)


def _differing(
    table: str, other: str, column: str, pairs: Collection[tuple[str, str]], revenue: Mapping[str, Decimal]
) -> list[Problem]:
    """Note numbers that differ between two tables, those by leading zeros only apart from the others."""
    return _noted("KL-W122", {"table": table, "other": other, "column": column}, pairs, revenue)


def _within(
    table: str, column: str, pairs: Collection[tuple[str, str]], revenue: Mapping[str, Decimal]
) -> list[Problem]:
    """Note numbers that stand in one column in several spellings."""
    return _noted("KL-W124", {"table": table, "column": column}, pairs, revenue)


def _noted(
    code: str, place: dict[str, Value], pairs: Collection[tuple[str, str]], revenue: Mapping[str, Decimal]
) -> list[Problem]:
    notes = []
    for by_zeros in (True, False):
        chosen = [pair for pair in pairs if (pair[0].lstrip("0") == pair[1].lstrip("0")) is by_zeros]
        if not chosen:
            continue
        numbers = {number for number, _ in chosen}
        at_stake = numbers if numbers & revenue.keys() else {other for _, other in chosen}
        values: dict[str, Value] = {
            "count": len(numbers),
            "examples": [f"{number} / {other}" for number, other in chosen[:_SHOWN]],
            "revenue": float(sum((revenue.get(number, Decimal(0)) for number in at_stake), Decimal(0))),
            "reason": "keys.zeros" if by_zeros else "keys.spelling",
        }
        notes.append(Problem(code=code, values=place | values))
    return notes
