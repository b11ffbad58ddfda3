"""Sources to checked tables: opened as text, mapped, typed strictly, every row and every cent accounted for.

In goes an engagement, out come typed tables in the database and a report of what was read, used, left out and rejected.
Knows no analysis and no words of the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend

from kamlab.engagement import Engagement, nearest
from kamlab.engagement.expression import Node, headings, is_expression, parse_condition, parse_value
from kamlab.engagement.settings import Extract
from kamlab.errors import DataRefused, Problem
from kamlab.ingest.sources import FILE, LINE, FileRead, Raw, Stored, input_files, literally, open_source
from kamlab.ingest.typing import TEXTS, Check, Reader
from kamlab.results import Frozen, LeftOut, RevenueTally, RowTally
from kamlab.tables import TABLES, Kind, Table

__all__ = [
    "ColumnRead",
    "FileRead",
    "Ingested",
    "Reject",
    "SourceRead",
    "connect",
    "ingest",
    "input_files",
    "literally",
]

_MEMORY = "700MB"  # of the database; with Python beside it the peak stays below 1 GiB
AFTER_AS_OF = "after_as_of"
BROKEN_LINE = "KL-W103"
_USED, _REJECTED, _LEFT_OUT = "used", "rejected", "left out: "


class ColumnRead(Frozen):
    """How a canonical column was understood; `numeric_id`: numbers became text without a decimal part."""

    canonical: str
    mapped: str
    convention: str | None = None
    numeric_id: bool = False


class Reject(Frozen):
    """One bad value; the revenue stands only at a line's first, None where it could not be read."""

    file: str
    line: int
    column: str
    value: str | None
    code: str
    revenue: Decimal | None = None


class SourceRead(Frozen):
    """What became of one source; files and columns are empty where it was refused before they were known."""

    table: str
    files: tuple[FileRead, ...] = ()
    columns: tuple[ColumnRead, ...] = ()
    rows: RowTally = RowTally(read=0, used=0, left_out=0, rejected=0)
    revenue: RevenueTally | None = None
    left_out: tuple[LeftOut, ...] = ()
    rejects: tuple[Reject, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Ingested:
    """All sources of an engagement: the typed tables that stand, and the report on every one.

    `as_of` is the last day that counts: the settings' own, or the last date of the ledger.
    """

    tables: dict[str, ibis.Table]
    reads: tuple[SourceRead, ...]
    as_of: date | None
    as_of_is_set: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What refuses the data; empty where all is well."""
        return tuple(problem for read in self.reads for problem in read.problems)


def connect(scratch: Path) -> Backend:
    """Open the embedded database: no download, no more memory than a small laptop has, the rest spills to `scratch`."""
    return ibis.duckdb.connect(
        temp_directory=str(scratch),
        memory_limit=_MEMORY,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )


def ingest(con: Backend, engagement: Engagement, scratch: Path, strict: bool = False) -> Ingested:
    """Read all sources of an engagement.

    Parameters
    ----------
    scratch : Path
        Folder for intermediate files.
    strict : bool
        Refuse a source with a single rejected row.

    Returns
    -------
    Ingested; a refused source has problems and no table.
    """
    tables, reads, as_of = {}, [], engagement.settings.as_of
    for name in sorted(engagement.settings.sources, key=list(TABLES).index):
        try:
            table, read, last = _read(con, engagement, TABLES[name], scratch, strict)
        except DataRefused as refused:
            reads.append(SourceRead(table=name, problems=refused.problems))
            continue
        reads.append(read)
        as_of = as_of or last
        if not read.problems:
            tables[name] = table
    return Ingested(tables, tuple(reads), as_of, engagement.settings.as_of is not None)


def _read(
    con: Backend, engagement: Engagement, table: Table, scratch: Path, strict: bool
) -> tuple[ibis.Table, SourceRead, date | None]:
    source = engagement.settings.sources[table.name]
    raw = open_source(con, engagement, table.name, scratch)
    mapping = _mapping(raw, table, source.columns)
    conditions = {name: parse_condition(text) for name, text in source.exclude.items()}
    unknown = _unknown_headings(raw, table, mapping, conditions)
    if unknown:
        raise DataRefused(*unknown)

    reader = Reader(raw, source, engagement.settings.currency)
    _judge(table, reader, mapping, conditions)  # asks for every cell
    if reader.problems:
        raise DataRefused(*reader.problems)
    reader.stage()
    _judge(table, reader, mapping, conditions)  # asks for every calculated value
    cells = reader.stage()
    values, checks, excluded = _judge(table, reader, mapping, conditions)

    judged = cells.select(
        FILE,
        LINE,
        *(value.name(name) for name, value in values.items()),
        status=_status(table, values, checks, excluded, engagement.settings.as_of),
    )
    typed = con.create_table(f"typed_{table.name}", judged)
    rows, revenue, left_out = _tally(raw, typed, list(excluded))
    rejects = _rejects(raw, cells, typed, checks) if rows.rejected else ()
    read = SourceRead(
        table=table.name,
        files=raw.files,
        columns=tuple(_column_read(table, reader, name, mapped) for name, mapped in mapping.items()),
        rows=rows,
        revenue=revenue,
        left_out=left_out,
        rejects=rejects,
    )
    used = typed.filter(typed.status == _USED)
    problems = _refusals(engagement, table, read, used, typed, strict)
    last = used.date.max().to_pyarrow().as_py() if "date" in values else None
    return used.drop("status"), read.model_copy(update={"problems": problems}), last


Mapped = str | Extract | Node


def _judge(
    table: Table, reader: Reader, mapping: dict[str, Mapped], conditions: dict[str, Node]
) -> tuple[dict[str, ibis.Value], list[Check], dict[str, ibis.Value]]:
    """Read the canonical columns with their checks; judge the excludes, one that cannot be evaluated does not hold."""
    values, checks = {}, []
    for column in table.columns:
        if column.name in mapping:
            values[column.name], column_checks = reader.canonical(column, mapping[column.name])
            checks += column_checks
    excluded = {_LEFT_OUT + name: reader.condition(node).fill_null(False) for name, node in conditions.items()}
    return values, checks, excluded


def _mapping(raw: Raw, table: Table, columns: dict[str, str | Extract]) -> dict[str, Mapped]:
    """Bring the settings' columns and the headings that are canonical names themselves together."""
    own = {heading.lower(): heading for heading in raw.stored}
    mapping: dict[str, Mapped] = {name: own[name] for name in table.names if name in own and name not in columns}
    for name, mapped in columns.items():
        mapping[name] = parse_value(mapped) if isinstance(mapped, str) and is_expression(mapped) else mapped
    return {name: mapping[name] for name in table.names if name in mapping}


def _feeds(mapped: Mapped) -> list[str]:
    """List the headings that a mapping reads."""
    if isinstance(mapped, str):
        return [mapped]
    return [mapped.source] if isinstance(mapped, Extract) else list(headings(mapped))


def _unknown_headings(raw: Raw, table: Table, mapping: dict[str, Mapped], conditions: dict[str, Node]) -> list[Problem]:
    file = raw.files[0].name
    wanted = [(name, heading) for name, mapped in mapping.items() for heading in _feeds(mapped)]
    wanted += [(f"exclude {name}", heading) for name, node in conditions.items() for heading in headings(node)]
    problems = [
        Problem(
            code="KL-E213",
            values={
                "file": file,
                "column": heading,
                "canonical": name,
                "nearest": nearest(heading, raw.stored) or "–",
                "headings": list(raw.stored),
            },
        )
        for name, heading in dict.fromkeys(wanted)
        if heading not in raw.stored
    ]
    problems += [
        Problem(
            code="KL-E215", values={"file": file, "canonical": name, "table": table.name, "headings": list(raw.stored)}
        )
        for name in table.required
        if name not in mapping
    ]
    return problems


def _status(
    table: Table,
    values: dict[str, ibis.Value],
    checks: list[Check],
    excluded: dict[str, ibis.Value],
    as_of: date | None,
) -> ibis.Value:
    """Judge a row: the first exclude that holds, else rejected for a bad value, else used."""
    wrong = reduce(lambda a, b: a | b, (check.code.notnull() for check in checks), ibis.literal(False))
    branches = [*((condition, word) for word, condition in excluded.items()), (wrong, _REJECTED)]
    if as_of and table.name == "transactions":
        branches.append(((values["date"] > as_of).fill_null(False), _LEFT_OUT + AFTER_AS_OF))
    return ibis.cases(*((condition, ibis.literal(word)) for condition, word in branches), else_=_USED)


def _tally(
    raw: Raw, typed: ibis.Table, excludes: list[str]
) -> tuple[RowTally, RevenueTally | None, tuple[LeftOut, ...]]:
    """Account for every row and all readable revenue, broken lines included."""
    has_revenue = "revenue" in typed.columns
    counted = typed if has_revenue else typed.mutate(revenue=ibis.literal("0").cast("decimal(18, 4)"))
    parts = counted.group_by("status").agg(
        rows=counted.count(),
        revenue=counted.revenue.sum().fill_null(0),
        unreadable=counted.revenue.isnull().sum().fill_null(0),
    )
    by_status = {row["status"]: row for row in parts.to_pyarrow().to_pylist()}
    left_out = tuple(
        LeftOut(reason=status.removeprefix(_LEFT_OUT), rows=part["rows"], revenue=part["revenue"])
        for status in dict.fromkeys([*excludes, _LEFT_OUT + AFTER_AS_OF])
        if (part := by_status.get(status))
    )
    used, rejected = (
        by_status.get(status, {"rows": 0, "revenue": Decimal(0), "unreadable": 0}) for status in (_USED, _REJECTED)
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


def _rejects(raw: Raw, cells: ibis.Table, typed: ibis.Table, checks: list[Check]) -> tuple[Reject, ...]:
    """List the bad values of the rejected rows, and the lines that are no rows, in the order of the files."""
    money = typed.revenue if "revenue" in typed.columns else ibis.null("decimal(18, 4)")
    bad = typed.filter(typed.status == _REJECTED).select(at=FILE, row=LINE, money=money)
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
                line=row[LINE],
                column=check.column,
                value=row[f"value {at}"],
                code=row[f"code {at}"],
                revenue=row["money"] if first else None,
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


def _bad(row: dict[str, Any], checks: list[Check]) -> list[tuple[int, Check]]:
    """Choose the checks that a row failed: a value that feeds several columns is one bad value."""
    failed: dict[tuple[str, str], tuple[int, Check]] = {}
    for at, check in enumerate(checks):
        if code := row[f"code {at}"]:
            failed.setdefault((check.column, code), (at, check))
    return list(failed.values())


def _refusals(
    engagement: Engagement, table: Table, read: SourceRead, used: ibis.Table, typed: ibis.Table, strict: bool
) -> tuple[Problem, ...]:
    """Say why a source cannot stand as a whole."""
    file = ", ".join(part.name for part in read.files)
    problems = []
    if read.rows.read == 0 and table.required and table.name == "transactions":
        problems.append(Problem(code="KL-E201", values={"file": file}))
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
    known = typed.agg(all=typed.revenue.abs().sum(), rejected=typed.revenue.abs().sum(where=typed.status == _REJECTED))
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


def _column_read(table: Table, reader: Reader, name: str, mapped: Mapped) -> ColumnRead:
    feeds = _feeds(mapped)
    kind = next(column.kind for column in table.columns if column.name == name)
    numeric = kind in TEXTS and any(reader.raw.stored[h] in (Stored.WHOLE, Stored.NUMBER) for h in feeds)
    source = reader.source.columns.get(name)
    return ColumnRead(
        canonical=name,
        mapped=source if isinstance(source, str) else feeds[0],
        convention=next((c for h in feeds if (c := reader.conventions.get((h, kind is Kind.DATE)))), None),
        numeric_id=numeric,
    )
