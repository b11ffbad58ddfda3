"""Rows that a report prints beside its data: sums of others, and its headings once more on the next page.

They are left out under names of their own. A row is a sum where a cell says so (Summe, Gesamtergebnis, Nord Ergebnis,
*) and what makes a row is missing: a customer who is called Total stays one, its rows have dates. The sums of a pivot
are held against its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import reduce
from operator import or_

import ibis

from kamlab.errors import Problem
from kamlab.ingest.raw import FILE, LINE, Raw, Stored, trimmed
from kamlab.ingest.wide import ABOVE, VALUE
from kamlab.tables import Kind, Table

TOTAL_ROW, HEADING_AGAIN = "total_row", "heading_again"
_WORDS = "gesamt|gesamtsumme|gesamtergebnis|summe|zwischensumme|teilsumme|ergebnis|insgesamt"
_WORDS += "|total|grand total|subtotal|sum"
_TOTAL = rf"^(?:\*{{1,4}}|(?:.* )?(?:{_WORDS})(?: .*)?):?$"
_EXACT = rf"^(?:|\*{{1,4}}|{_WORDS}):?$"
_HALF_A_CENT = Decimal("0.005")  # what rounding may make of every row that was summed up


Rule = Callable[[ibis.Table], ibis.Value]


def total_row(raw: Raw, table: Table, mapping: Mapping[str, object]) -> Rule | None:
    """Make the rule that tells rows of sums; None where the table has no account, or no other column to tell by.

    Parameters
    ----------
    mapping : canonical name to heading, pattern or expression
        Only plain headings are looked at.
    """
    account = mapping.get("account_id")
    others = [
        mapping[column.name]
        for column in table.columns
        if column.required and column.name != "account_id" and column.kind not in (Kind.MONEY, Kind.NUMBER)
    ]
    plain = [] if raw.spread else [heading for heading in others if isinstance(heading, str)]
    if not isinstance(account, str) or not (plain or raw.spread):
        return None

    def judge(rows: ibis.Table) -> ibis.Value:
        def lacks(heading: str) -> ibis.Value:
            cell = rows[heading]
            if raw.stored[heading] is not Stored.TEXT:
                return cell.isnull()
            return cell.isnull() | trimmed(cell).lower().re_search(_EXACT)

        texts = [name for name, type_ in rows.schema().items() if type_.is_string()]
        says_so = _any([trimmed(rows[text]).lower().re_search(_TOTAL) for text in texts])
        lacking = reduce(or_, map(lacks, plain), ibis.literal(False)) if plain else ibis.literal(True)
        return (lacks(account) & lacking & says_so).fill_null(False)

    return judge


def _any(conditions: list[ibis.Value]) -> ibis.Value:
    """Join conditions pair by pair: a chain of two thousand would be deeper than the interpreter goes."""
    while len(conditions) > 1:
        conditions = [reduce(or_, conditions[at : at + 2]) for at in range(0, len(conditions), 2)]
    return conditions[0] if conditions else ibis.literal(False)


def heading_again(raw: Raw, table: Table, mapping: Mapping[str, object]) -> Rule | None:
    """Make the rule that tells headings that stand again between the rows; None where no required column is text."""
    read = [mapping.get(name) for name in table.required]
    texts = [heading for heading in read if isinstance(heading, str) and raw.stored[heading] is Stored.TEXT]
    texts = [heading for heading in texts if heading not in (ABOVE, VALUE)]
    if not texts:
        return None
    return lambda rows: ibis.and_(*(trimmed(rows[heading]) == heading for heading in texts)).fill_null(False)


def hidden_rows(raw: Raw) -> tuple[Problem, ...]:
    """Note by sheet how many rows Excel hides: they are read, though nobody sees them there."""
    return tuple(
        Problem(code="KL-W115", values={"file": file.name, "sheet": file.sheet, "count": file.hidden_rows})
        for file in raw.files
        if file.hidden_rows
    )


def wrong_totals(raw: Raw, typed: ibis.Table, period: str, amount: str, is_total: ibis.Value) -> list[Problem]:
    """Hold the last line of a pivot against the rows above it: one that is no sum of them may be a customer.

    Parameters
    ----------
    typed : Table
        All cells of the pivot, with FILE, LINE, account_id, the period and the amount.
    is_total : boolean column of `typed`
    """
    cells = typed.select(
        file=typed[FILE],
        line=typed[LINE] // len(raw.spread),
        account=typed.account_id,
        period=typed[period],
        amount=typed[amount],
        total=is_total & typed.account_id.notnull(),
        part=~is_total,
    )
    rows = cells.filter(cells.total).to_pyarrow().to_pylist()
    if not rows:
        return []
    sums = cells.group_by(["file", "period"]).agg(
        amount=cells.amount.sum(where=cells.part).fill_null(0), rows=cells.part.sum().fill_null(0)
    )
    known = {(row["file"], row["period"]): row for row in sums.to_pyarrow().to_pylist()}
    problems = []
    for row in rows:
        parts = known[row["file"], row["period"]]
        difference = (row["amount"] or Decimal(0)) - parts["amount"]
        if abs(difference) > _HALF_A_CENT * (parts["rows"] + 1):
            values = {
                "file": raw.files[row["file"]].name,
                "line": row["line"],
                "account": row["account"],
                "given": float(row["amount"] or 0),
                "sum": float(parts["amount"]),
            }
            problems.append(Problem(code="KL-E229", values=values))
    return problems[:5]
