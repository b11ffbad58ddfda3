"""What became of a source: rows and revenue to the cent, the values that were rejected, and why it cannot stand.

In go the judged table and its checks, out comes a `SourceRead`. Knows no settings but the limits.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend

from kamlab.engagement import Engagement
from kamlab.errors import Problem
from kamlab.ingest.asides import HEADING_AGAIN
from kamlab.ingest.dates import Grain
from kamlab.ingest.sources import FILE, LINE, FileRead, Raw, as_text
from kamlab.ingest.typing import Check
from kamlab.ingest.wide import ABOVE, VALUE
from kamlab.results import Frozen, LeftOut, RevenueTally, RowTally
from kamlab.tables import Table

AFTER_AS_OF = "after_as_of"
DOUBLE = "double"
BROKEN_LINE = "KL-W103"
STATUS = "kamlab status"  # what becomes of a row: one of these
USED, REJECTED, LEFT_OUT = "used", "rejected", "left out: "
MOST_REJECTS = 10_000  # rejected rows of a table that are kept whole


class ColumnRead(Frozen):
    """How a canonical column was understood; `numeric_id`: numbers became text without a decimal part."""

    canonical: str
    mapped: str
    convention: str | None = None
    numeric_id: bool = False


class Reject(Frozen):
    """One bad value of the column that feeds `canonical`; the revenue stands only at a line's first, None if unread."""

    file: str
    line: int
    column: str
    value: str | None
    code: str
    revenue: Decimal | None = None
    canonical: str = ""


class MonthSum(Frozen):
    """What rows of one status and one month sum up to; `month` is its first day, None where no date could be read.

    `status` is used, rejected or the reason why rows were left out; `contribution_margin` is None without any.
    """

    status: str
    is_left_out: bool = False
    month: date | None
    rows: int
    revenue: Decimal
    contribution_margin: Decimal | None = None


class SourceRead(Frozen):
    """What became of one source; files and columns are empty where it was refused before they were known."""

    table: str
    files: tuple[FileRead, ...] = ()
    columns: tuple[ColumnRead, ...] = ()
    rows: RowTally = RowTally(read=0, used=0, left_out=0, rejected=0)
    revenue: RevenueTally | None = None
    left_out: tuple[LeftOut, ...] = ()
    by_month: tuple[MonthSum, ...] = ()
    grain: Grain = "day"
    rejects: tuple[Reject, ...] = ()
    notes: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def tally(
    raw: Raw, typed: ibis.Table, excludes: list[str]
) -> tuple[RowTally, RevenueTally | None, tuple[LeftOut, ...]]:
    """Account for every row and all readable revenue, broken lines included."""
    has_revenue = "revenue" in typed.columns
    counted = typed if has_revenue else typed.mutate(revenue=ibis.literal("0").cast("decimal(18, 4)"))
    parts = counted.group_by(status=counted[STATUS]).agg(
        rows=counted.count(),
        revenue=counted.revenue.sum().fill_null(0),
        unreadable=(counted.revenue.isnull() & (counted[STATUS] != LEFT_OUT + HEADING_AGAIN)).sum().fill_null(0),
    )
    by_status = {row["status"]: row for row in parts.to_pyarrow().to_pylist()}
    left_out = tuple(
        LeftOut(reason=status.removeprefix(LEFT_OUT), rows=part["rows"], revenue=part["revenue"])
        for status in dict.fromkeys([*excludes, LEFT_OUT + DOUBLE, LEFT_OUT + AFTER_AS_OF])
        if (part := by_status.get(status))
    )
    used, rejected = (
        by_status.get(status, {"rows": 0, "revenue": Decimal(0), "unreadable": 0}) for status in (USED, REJECTED)
    )
    broken = len(raw.broken)
    rows = RowTally(
        read=sum(part["rows"] for part in by_status.values()) + broken,
        used=used["rows"],
        left_out=sum(part.rows for part in left_out),
        rejected=rejected["rows"] + broken,
    )
    if not has_revenue:
        return rows, None, left_out
    tally = RevenueTally(
        read=sum((part["revenue"] for part in by_status.values()), Decimal(0)),
        used=used["revenue"],
        left_out=sum((part.revenue for part in left_out), Decimal(0)),
        rejected=rejected["revenue"],
        unreadable_rows=sum(part["unreadable"] for part in by_status.values()) + broken,
    )
    return rows, tally, left_out


def month_sums(typed: ibis.Table) -> tuple[MonthSum, ...]:
    """Sum up the rows of a ledger by status and month, exactly; lines that are no rows have neither."""
    amounts = {"revenue": typed.revenue.sum().fill_null(0)}
    if "contribution_margin" in typed.columns:
        amounts["contribution_margin"] = typed.contribution_margin.sum()
    elif "cost" in typed.columns:
        amounts["contribution_margin"] = (typed.revenue - typed.cost).sum()
    sums = typed.group_by(status=typed[STATUS], month=typed.date.truncate("M").cast("date")).agg(
        rows=typed.count(), **amounts
    )
    ordered = sums.order_by(["status", "month"]).to_pyarrow().to_pylist()
    return tuple(
        MonthSum(
            **{**row, "status": row["status"].removeprefix(LEFT_OUT)}, is_left_out=row["status"].startswith(LEFT_OUT)
        )
        for row in ordered
    )


def keep_rejected(con: Backend, name: str, raw: Raw, typed: ibis.Table) -> None:
    """Keep the rejected rows of an input table whole, all cells as they came, in the database as `rejected_…`.

    A line of a pivot stands once, as it is in the file.
    """
    width = len(raw.spread) or 1
    bad = typed.filter(typed[STATUS] == REJECTED).select(at=FILE, row=typed[LINE] // width).distinct()
    rows = raw.table.inner_join(bad, [raw.table[FILE] == bad["at"], raw.table[LINE] // width == bad["row"]])
    cells = {heading: as_text(rows[heading], kind) for heading, kind in raw.stored.items()}
    if raw.spread:
        lines = rows.group_by(FILE, line=rows[LINE] // width).agg(
            **{heading: cell.arbitrary() for heading, cell in cells.items() if heading not in (ABOVE, VALUE)},
            **{
                heading: cells[VALUE].arbitrary(where=rows[LINE] % width == at) for at, heading in enumerate(raw.spread)
            },
        )
        kept = lines.rename({LINE: "line"})
    else:
        kept = rows.select(FILE, LINE, **cells)
    con.create_table(f"rejected_{name}", kept.order_by([FILE, LINE]).limit(MOST_REJECTS))


def rejects_of(raw: Raw, cells: ibis.Table, typed: ibis.Table, checks: list[Check]) -> tuple[Reject, ...]:
    """List the bad values of the rejected rows, and the lines that are no rows, in the order of the files."""
    money = typed.revenue if "revenue" in typed.columns else ibis.null("decimal(18, 4)")
    bad = typed.filter(typed[STATUS] == REJECTED).select(at=FILE, row=LINE, money=money)
    rejected = cells.inner_join(bad, [cells[FILE] == bad["at"], cells[LINE] == bad["row"]])
    codes = {f"code {at}": check.code for at, check in enumerate(checks)}
    values = {f"value {at}": check.value for at, check in enumerate(checks)}
    rows = rejected.select(FILE, LINE, "money", **codes, **values).order_by([FILE, LINE]).to_pyarrow().to_pylist()
    found = [
        (
            row[FILE],
            row[LINE],
            Reject(
                file=raw.files[row[FILE]].name,
                line=raw.place(row[LINE])[0],
                column=_column(raw, row[LINE], check),
                value=row[f"value {at}"],
                code=row[f"code {at}"],
                revenue=row["money"] if first else None,
                canonical=check.canonical,
            ),
        )
        for row in rows
        for first, (at, check) in zip((True, *(False for _ in checks)), _bad(row, checks), strict=False)
    ]
    found += [
        (
            at,
            broken.line,
            Reject(file=raw.files[at].name, line=broken.line, column="", value=broken.text, code=BROKEN_LINE),
        )
        for at, broken in raw.broken
    ]
    return tuple(reject for _, _, reject in sorted(found, key=lambda entry: entry[:2]))


def _column(raw: Raw, line: int, check: Check) -> str:
    """Name the column of the file that a bad value stands in; in a pivot, amounts stand below their period."""
    is_own = check.column in raw.stored and check.column not in (ABOVE, VALUE)
    return check.column if is_own else raw.place(line)[1] or check.column


def _bad(row: dict[str, Any], checks: list[Check]) -> list[tuple[int, Check]]:
    """Choose the checks that a row failed: a value that feeds several columns is one bad value."""
    failed: dict[tuple[str, str], tuple[int, Check]] = {}
    for at, check in enumerate(checks):
        if code := row[f"code {at}"]:
            failed.setdefault((check.column, code), (at, check))
    return list(failed.values())


def refusals(
    engagement: Engagement, table: Table, read: SourceRead, used: ibis.Table, typed: ibis.Table, strict: bool
) -> tuple[Problem, ...]:
    """Say why a source cannot stand as a whole."""
    file = ", ".join(part.name for part in read.files)
    problems = []
    if read.rows.read == 0 and table.required and table.name == "transactions":
        problems.append(Problem(code="KL-E201", values={"file": ", ".join(part.place for part in read.files)}))
    elif table.name == "transactions" and read.rows.used == 0:
        problems.append(Problem(code="KL-E216", values={"file": file, "rows": read.rows.read}))
    limit = Decimal(0) if strict else engagement.settings.max_rejected
    share, revenue_share = _rejected_shares(read, typed)
    if max(share, revenue_share) > limit:
        first = max(read.rejects, key=lambda reject: abs(reject.revenue or Decimal(0)))  # the first of the largest
        problems.append(
            Problem(
                code="KL-E217",
                values={
                    "file": file,
                    "count": read.rows.rejected,
                    "read": read.rows.read,
                    "share": float(share),
                    "revenue_share": float(revenue_share),
                    "limit": float(limit),
                    "first": first.file,
                    "line": first.line,
                    "column": first.column,
                    "value": first.value or "",
                },
            )
        )
    if table.key:
        problems += _doubled_keys(table.key, file, used)
    return tuple(problems)


def _rejected_shares(read: SourceRead, typed: ibis.Table) -> tuple[Decimal, Decimal]:
    """Return the shares of rows and of known revenue (in absolute amounts) that were rejected."""
    if not read.rows.rejected:
        return Decimal(0), Decimal(0)
    share = Decimal(read.rows.rejected) / read.rows.read
    if read.revenue is None:
        return share, Decimal(0)
    known = typed.agg(all=typed.revenue.abs().sum(), rejected=typed.revenue.abs().sum(where=typed[STATUS] == REJECTED))
    sums = known.to_pyarrow().to_pylist()[0]
    return share, (sums["rejected"] or Decimal(0)) / sums["all"] if sums["all"] else Decimal(0)


def _doubled_keys(key: tuple[str, ...], file: str, used: ibis.Table) -> list[Problem]:
    present = [name for name in key if name in used.columns]
    keys: pd.DataFrame = used.select(*present, line=LINE).to_pandas()
    doubled = keys[keys.duplicated(present, keep=False)].sort_values([*present, "line"], kind="stable")
    return [
        Problem(
            code="KL-E218",
            values={
                "file": file,
                "canonical": ", ".join(present),
                "key": ", ".join(str(part) for part in value),
                "lines": [str(line) for line in rows["line"]],
            },
        )
        for value, rows in list(doubled.groupby(present, dropna=False))[:20]
    ]
