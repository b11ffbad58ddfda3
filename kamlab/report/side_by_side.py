"""All that results tell of an account, side by side: the columns of the first sheet of the workbook. Computes nothing.

A number that several results tell stands once; where they mean different things by one name, each says whose it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from kamlab.report.columns import heading
from kamlab.report.tables import explained, with_variance
from kamlab.results import Result
from kamlab.text import Words

_WHO = ("account_id", "name", "is_key_account")
# By analysis, in the order of the sheet: the columns in sight. Of an analysis that is not here, the first few.
_IN_SIGHT: dict[str, tuple[str, ...]] = {
    "target_accounts": ("status", "because", "hours"),
    "scoring": ("score", "rank", "status"),
    "concentration": ("class", "revenue", "variance_ratio", "contribution_margin"),
    "portfolio": ("quadrant", "quadrant_before", "coverage_model"),
    "customer_value": ("worth", "worth_low", "worth_high", "unusual", "end"),
    "kam_goals": ("goals",),
    "charter": ("fits", "rules_met"),
}
_FIRST = 3
# The tables that tell of accounts, where there are more than `accounts`: the first that tells a number owns it.
_TABLES: dict[str, tuple[str, ...]] = {
    "target_accounts": ("accounts", "list", "off_list", "why_not"),
    "scoring": ("accounts", "not_judged", "topsis"),
    "concentration": ("accounts", "by_margin", "changes", "not_positive"),
    "portfolio": ("accounts", "movement"),
    "customer_value": ("values", "accounts", "not_positive", "unusual", "tail", "contract_ends"),
}
_ONLY = {"contract_ends": ("account_id", "end", "annual_value", "tender_date")}  # of the most pressing contract
# One thing under two names, by analysis: the values decide whether it is.
_SAME: dict[str, dict[str, str]] = {
    "target_accounts": {"stability": "status", "customer_value": "worth"},
    "concentration": {
        "revenue_now": "revenue",
        "class_now": "class",
        "revenue_class": "class",
        "cumulative_share_now": "cumulative_share",
    },
    "portfolio": {"before": "revenue_before"},
    "customer_value": {
        "value": "worth",
        "value_low": "worth_low",
        "value_high": "worth_high",
        "key_account": "is_key_account",
    },
}


@dataclass(frozen=True)
class Column:
    """A column with the table that owns it.

    Attributes
    ----------
    key : str
        What it tells, whatever its name in its table.
    cells : Series
        By account_id.
    told_by : frozenset
        All analyses that tell the same.
    home : str
        The analysis that it stands with; empty for what says who the account is.
    folded : bool
        It stands behind those of its analysis that are in sight.
    """

    analysis: str
    table: str
    name: str
    key: str
    cells: pd.Series
    told_by: frozenset[str]
    home: str = ""
    folded: bool = False
    head: str = ""

    def tells(self, cells: pd.Series) -> bool:
        """Say whether these cells are its own, as far as both are filled in."""
        mine, other = self.cells.dropna().align(cells.dropna(), join="inner")
        return _are_equal(mine, other)

    def joined(self, other: Column) -> Column:
        """Add the accounts that only the other tells of."""
        new = other.cells.dropna().drop(self.cells.dropna().index, errors="ignore").astype(object)
        cells = pd.concat([self.cells.drop(new.index, errors="ignore").astype(object), new]) if len(new) else self.cells
        return replace(self, cells=cells, told_by=self.told_by | other.told_by)


def side_by_side(results: Mapping[str, Result], words: Words) -> list[Column]:
    """Put what results tell of accounts side by side, each account in one row.

    Parameters
    ----------
    results : mapping of a notebook's name to its result
        In this order: the first that tells a number owns it.

    Returns
    -------
    list of Column, by analysis, who it is about first, headed unlike each other; none where nothing tells of accounts.
    """
    columns: list[Column] = []
    for told in (one for result in results.values() for one in _told(result, words)):
        at = next((at for at, one in enumerate(columns) if one.key == told.key and one.tells(told.cells)), None)
        if at is None:
            columns.append(told)
        else:
            columns[at] = columns[at].joined(told)
    order = _accounts(results)
    filled = [replace(one, cells=one.cells.reindex(order)) for one in columns]
    return _headed(_in_order([one for one in filled if one.cells.notna().any()]), words)


def is_told(result: Result, table: str, columns: list[Column], words: Words) -> bool:
    """Say whether the columns tell all that a table does."""
    if table in _ONLY or not _is_of_accounts(result, table):
        return False
    told = [(one.key, one.cells.dropna()) for one in _columns(result, table, words)]
    return all(
        any(key == one.key and one.tells(cells) and one.cells[cells.index].notna().all() for one in columns)
        for key, cells in told
        if len(cells)
    )


def _in_order(columns: list[Column]) -> list[Column]:
    """Give each column its home, and stand those in sight before the others."""
    homed = [replace(one, home=_home(one)) for one in columns]
    led = {one.key for one in homed if one.key in _IN_SIGHT.get(one.home, ())}
    wanted = {key for keys in _IN_SIGHT.values() for key in keys} - led
    found: list[Column] = []
    for home in sorted({one.home for one in homed}, key=lambda home: _place(home, homed)):
        own = [one for one in homed if one.home == home]
        first = [*_WHO] if not home else [*_IN_SIGHT.get(home, ()), *sorted(wanted)]
        seen = [next(one for one in own if one.key == key) for key in first if any(one.key == key for one in own)]
        seen = seen or own[:_FIRST]
        found += seen + [replace(one, folded=True) for one in own if one not in seen]
    return found


def _home(column: Column) -> str:
    """Say which analysis a column stands with: its own, unless only another that tells it too has it in sight."""
    if column.key in _WHO:
        return ""
    named = [name for name, keys in _IN_SIGHT.items() if column.key in keys and name in column.told_by]
    return column.analysis if column.analysis in named or not named else named[0]


def _place(home: str, columns: list[Column]) -> int:
    known = ["", *_IN_SIGHT, *(one.home for one in columns)]
    return known.index(home)


def _headed(columns: list[Column], words: Words) -> list[Column]:
    """Head the columns; of those that would be headed alike, all but the one in sight say whose they are."""
    heads = [heading(one.name, words, one.analysis, one.table) for one in columns]
    for whose in ("analysis.{0.analysis}", "{0.analysis}.table.{0.table}"):
        many, seen = (
            Counter(map(str.casefold, heads)),
            Counter(head.casefold() for head, one in zip(heads, columns, strict=True) if not one.folded),
        )
        heads = [
            f"{head} ({words(whose.format(one))})"
            if many[head.casefold()] > 1
            and (one.folded or seen[head.casefold()] > 1)
            and words.knows(whose.format(one))
            else head
            for head, one in zip(heads, columns, strict=True)
        ]
    return [replace(one, head=head) for one, head in zip(columns, heads, strict=True)]


def _accounts(results: Mapping[str, Result]) -> pd.Index:
    """Order the accounts as the first analysis of the sheet does, then as the others do."""
    known = list(_IN_SIGHT)
    ranked = sorted(results.values(), key=lambda one: [*known, one.analysis].index(one.analysis))
    listed = [result.tables[table]["account_id"] for result in ranked for table in _tables(result)]
    return pd.Index(pd.concat(listed).drop_duplicates()) if listed else pd.Index([])


def _tables(result: Result) -> Iterator[str]:
    for table in _TABLES.get(result.analysis, ("accounts",)):
        if table in result.tables and (table in _ONLY or _is_of_accounts(result, table)):
            yield table


def _is_of_accounts(result: Result, table: str) -> bool:
    frame = result.tables[table]
    ids = frame.get("account_id", pd.Series([None]))
    return bool(ids.notna().all() and ids.is_unique)


def _told(result: Result, words: Words) -> Iterator[Column]:
    for table in _tables(result):
        yield from _columns(result, table, words)


def _columns(result: Result, table: str, words: Words) -> Iterator[Column]:
    frame = result.tables[table]
    if table in _ONLY:
        frame = frame[list(_ONLY[table])].drop_duplicates("account_id")
    said, varied = explained(frame, words), with_variance(frame)
    same = _SAME.get(result.analysis, {})
    for name in varied.columns:
        cells = (said if name in said.columns and name in frame.columns else varied)[name]
        cells = pd.Series(cells.array, index=pd.Index(frame["account_id"]))
        key = same.get(str(name), str(name))
        yield Column(result.analysis, table, str(name), key, cells, frozenset({result.analysis}))


def _are_equal(one: pd.Series, other: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
        one, other = one.astype(float), other.astype(float)
        return bool(((one - other).abs() <= 1e-9 * one.abs().clip(lower=1.0)).all())
    return one.astype(object).tolist() == other.astype(object).tolist()
