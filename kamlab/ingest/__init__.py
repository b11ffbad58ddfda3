"""Sources to checked tables: opened as text, mapped, typed strictly, every row and every cent accounted for.

In goes an engagement, out come typed tables in the database and a report of what was read, used, left out and rejected.
Knows no analysis and no words of the report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from pathlib import Path

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from kamlab.engagement import Engagement, nearest
from kamlab.engagement.expression import Node, headings, is_expression, parse, parse_condition
from kamlab.engagement.settings import Extract
from kamlab.errors import DataRefused, Problem
from kamlab.ingest.asides import HEADING_AGAIN, TOTAL_ROW, Rule, heading_again, hidden_rows, total_row, wrong_totals
from kamlab.ingest.currencies import CONVERTED, FOREIGN, Rates, conversions, in_own_currency, overlooked, rates_of
from kamlab.ingest.dates import Grain
from kamlab.ingest.header import folded, own_names, pivoted, plain
from kamlab.ingest.reading import FOLLOWED
from kamlab.ingest.sources import (
    FILE,
    LINE,
    QUERY,
    FileRead,
    Raw,
    Stored,
    damaged_parquet,
    draw_source,
    forget_drawn,
    input_files,
    literally,
    open_source,
)
from kamlab.ingest.tally import (
    AFTER_AS_OF,
    DOUBLE,
    LEFT_OUT,
    REJECTED,
    STATUS,
    USED,
    ColumnRead,
    MonthSum,
    Reject,
    SourceRead,
    keep_rejected,
    month_sums,
    refusals,
    rejects_of,
    tally,
)
from kamlab.ingest.typing import TEXTS, WORDS, Check, Mapped, Reader, feeds, neither, unmapped
from kamlab.ingest.undecided import dispensable, left_unread
from kamlab.ingest.units import rates_for_amounts
from kamlab.ingest.wide import ABOVE, VALUE
from kamlab.tables import TABLES, Kind, Table

__all__ = [
    "CONVERTED",
    "DOUBLE",
    "FILE",
    "FOLLOWED",
    "LEDGER",
    "LINE",
    "LINE_KIND",
    "QUERY",
    "TOTAL_ROW",
    "ColumnRead",
    "FileRead",
    "Ingested",
    "MonthSum",
    "Reject",
    "SourceRead",
    "connect",
    "draw_source",
    "forget_drawn",
    "ingest",
    "input_files",
    "literally",
]

LEDGER = "transactions"
LINE_KIND = "line_kind"  # of lines that sell no goods: by which of the settings' rules
_MEMORY = "700MB"  # of the database; with Python beside it the peak stays below 1 GiB


@dataclass(frozen=True)
class Ingested:
    """All sources of an engagement: the typed tables that stand, and the report on every one.

    `as_of` is the last day that counts: the settings' own, or the last date of the ledger; where it is dated by
    month or more coarsely, the end of its last period.
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
    tables: dict[str, ibis.Table] = {}
    reads, as_of = [], engagement.settings.as_of
    for name in sorted(engagement.settings.sources, key=list(TABLES).index):
        try:
            rates = rates_of(tables.get("currency_rates"))
            table, read, last = _read(con, engagement, TABLES[name], scratch, strict, rates)
        except DataRefused as refused:
            reads.append(SourceRead(table=name, problems=refused.problems))
            continue
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:  # the pages of a Parquet file are read late
            if (problem := damaged_parquet(engagement, engagement.settings.sources[name])) is None:
                raise
            reads.append(SourceRead(table=name, problems=(problem,)))
            continue
        reads.append(read)
        if name == LEDGER and (as_of is None or read.grain != "day"):
            as_of = last  # figures of a year say nothing of the days after it
        if read.rows.read and not read.problems:  # an empty sheet of the input workbook is no table
            tables[name] = table
    return Ingested(tables, tuple(reads), as_of, engagement.settings.as_of is not None)


def _read(
    con: Backend, engagement: Engagement, table: Table, scratch: Path, strict: bool, rates: Rates | None
) -> tuple[ibis.Table, SourceRead, date | None]:
    source = engagement.settings.sources[table.name]
    raw = open_source(con, engagement, table.name, scratch)
    mapping = _mapping(raw, table, source.columns)
    conditions = {name: parse_condition(text) for name, text in source.exclude.items()}
    kinds: dict[str, Node] = {name: parse_condition(text) for name, text in source.line_kinds.items()}
    judged = {f"exclude {name}": node for name, node in conditions.items()}
    judged |= {f"line_kinds {name}": node for name, node in kinds.items()}
    unknown = _unknown_headings(raw, table, mapping, judged, source.distinct)
    if unknown:
        raise DataRefused(*unknown)
    fed = [heading for mapped in mapping.values() for heading in feeds(mapped)]
    judged_by = [heading for node in judged.values() for heading in headings(node)]
    currency, year_start = engagement.settings.currency, engagement.settings.fiscal_year_start
    if "currency" not in mapping and (problems := overlooked(raw, table, {*fed, *judged_by}, currency)):
        raise DataRefused(*problems)

    naming = [column.name for column in table.columns if column.kind in (*TEXTS, *WORDS)]
    names = frozenset(heading for name in naming if name in mapping for heading in feeds(mapping[name]))
    reader = Reader(raw, source, currency, year_start, (*fed, *judged_by, *source.distinct), names)
    asides = {TOTAL_ROW: total_row(raw, table, mapping), HEADING_AGAIN: heading_again(raw, table, mapping)}
    rules = _Rules(mapping, conditions, kinds, source.distinct, {name: rule for name, rule in asides.items() if rule})
    _judge(table, reader, rules, rates)  # asks for every cell
    unread: list[Problem] = []
    if gone := dispensable(table, mapping, (*judged_by, *source.distinct), reader.problems):
        unread = left_unread(reader)
        rules = replace(rules, mapping={name: mapped for name, mapped in mapping.items() if name not in gone})
        reader = replace(reader, problems=[], _asked={})
        _judge(table, reader, rules, rates)
    if reader.problems:
        raise DataRefused(*(_with_canonical(problem, mapping, raw) for problem in reader.problems))
    notes = [_with_canonical(note, mapping, raw) for note in (*unread, *reader.followed)]
    mapping = rules.mapping
    reader.stage()
    _judge(table, reader, rules, rates)  # asks for every calculated value
    cells = reader.stage()
    values, checks, excluded = _judge(table, reader, rules, rates)

    typed_rows = cells.select(
        FILE,
        LINE,
        *(value.name(name) for name, value in values.items()),
        **{STATUS: _status(table, values, checks, excluded, engagement.settings.as_of)},
        **{f"distinct {at}": reader.text(heading) for at, heading in enumerate(source.distinct)},
    )
    typed = con.create_table(f"typed_{table.name}", _without_doubles(typed_rows))
    rows, revenue, left_out = tally(raw, typed, list(excluded))
    rejects = rejects_of(raw, cells, typed, checks) if rows.rejected else ()
    if rejects:
        keep_rejected(con, table.name, raw, typed)
    read = SourceRead(
        table=table.name,
        files=raw.files,
        columns=tuple(_column_read(table, reader, name, mapped) for name, mapped in mapping.items()),
        rows=rows,
        revenue=revenue,
        left_out=left_out,
        by_month=month_sums(typed) if table.name == "transactions" else (),
        rejects=rejects,
        notes=(*notes, *hidden_rows(raw), *conversions(table, typed)),
        grain=_grain(reader, mapping),
    )
    used = typed.filter(typed[STATUS] == USED)
    problems = list(refusals(engagement, table, read, used, typed, strict))
    plain_ = {name: mapped for name, mapped in mapping.items() if isinstance(mapped, str)}
    fed_by = source.columns.get("revenue", plain_.get("revenue", ""))
    problems += rates_for_amounts(table, raw, plain_, fed_by if isinstance(fed_by, str) else "", used)
    if raw.spread:
        problems += wrong_totals(raw, typed, *pivoted(table), typed[STATUS] == LEFT_OUT + TOTAL_ROW)
    last = used.date.max().to_pyarrow().as_py() if "date" in values else None
    if table.name == LEDGER and last and not engagement.settings.as_of and last > _tomorrow():
        values_ = {"file": ", ".join(file.name for file in raw.files), "day": last, "iso": f"{last}"}
        problems.append(Problem(code="KL-E260", values=values_))
    typed = used.drop(STATUS, *({FOREIGN} & set(used.columns)))
    return typed, read.model_copy(update={"problems": tuple(problems)}), last


def _with_canonical(problem: Problem, mapping: dict[str, Mapped], raw: Raw) -> Problem:
    """Name the canonical columns that a heading feeds beside it; a heading that only rules read feeds none.

    The amounts of a pivot stand below its periods: their first and last is what the user sees.
    """
    heading = problem.values.get("column")
    names = [name for name, mapped in mapping.items() if heading in feeds(mapped)]
    values = {"canonical": ", ".join(names) or "exclude", **problem.values}
    if heading == VALUE and raw.spread:
        values["column"] = f"{raw.spread[0]} … {raw.spread[-1]}"
    return problem.model_copy(update={"values": values})


def _grain(reader: Reader, mapping: dict[str, Mapped]) -> Grain:
    """Tell how finely a source is dated: by day, or by month, quarter or year."""
    dated = mapping.get("date")
    return reader.grains.get(dated, "day") if isinstance(dated, str) else "day"


def _tomorrow() -> date:
    """Return the day that no booking can be later than, wherever on earth it was made."""
    return datetime.now(UTC).date() + timedelta(days=1)


@dataclass(frozen=True)
class _Rules:
    """How a source is read: what feeds its columns, what is left out and by which rule."""

    mapping: dict[str, Mapped]
    conditions: dict[str, Node]
    kinds: dict[str, Node]
    distinct: tuple[str, ...]
    asides: dict[str, Rule]


def _judge(
    table: Table, reader: Reader, rules: _Rules, rates: Rates | None
) -> tuple[dict[str, ibis.Value], list[Check], dict[str, ibis.Value]]:
    """Read the canonical columns with their checks; judge the excludes, one that cannot be evaluated does not hold."""
    values: dict[str, ibis.Value] = {}
    checks: list[Check] = []
    for column in table.columns:
        if column.name in rules.mapping:
            values[column.name], column_checks = reader.canonical(column, rules.mapping[column.name])
            checks += column_checks
    values, checks = in_own_currency(table, rules.mapping, reader, rates, values, checks)
    checks += neither(table, values)
    if rules.kinds:
        holds = ((reader.condition(node).fill_null(False), kind) for kind, node in rules.kinds.items())
        values[LINE_KIND] = ibis.cases(*holds)
    for heading in rules.distinct:
        reader.text(heading)
    excluded = {LEFT_OUT + name: reader.rule(name, rule) for name, rule in rules.asides.items()}
    excluded |= {LEFT_OUT + name: reader.condition(node).fill_null(False) for name, node in rules.conditions.items()}
    return values, checks, excluded


def _without_doubles(judged: ibis.Table) -> ibis.Table:
    """Leave out the rows that are in the chosen headings what an earlier one is; those left out anyway do not count."""
    keys = [name for name in judged.columns if name.startswith("distinct ")]
    if not keys:
        return judged
    is_out = judged[STATUS].startswith(LEFT_OUT)
    window = ibis.window(group_by=[*(judged[key] for key in keys), is_out], order_by=[judged[FILE], judged[LINE]])
    is_double = ~is_out & (ibis.row_number().over(window) > 0)
    return judged.mutate(**{STATUS: ibis.ifelse(is_double, LEFT_OUT + DOUBLE, judged[STATUS])}).drop(*keys)


def _mapping(raw: Raw, table: Table, columns: dict[str, str | Extract]) -> dict[str, Mapped]:
    """Bring the settings' columns and the headings that speak for themselves together: canonical names and labels."""
    there = {folded(heading): heading for heading in raw.stored}
    taken = {folded(mapped) for mapped in columns.values() if isinstance(mapped, str)}
    mapping: dict[str, Mapped] = {}
    for column in table.columns:
        names = [name for name in map(folded, own_names(column)) if name in there and name not in taken]
        if column.name not in columns and names:
            mapping[column.name] = there[names[0]]
    if raw.spread:
        mapping |= dict(zip(pivoted(table), (ABOVE, VALUE), strict=True))
    for name, mapped in columns.items():
        if isinstance(mapped, str):
            mapping[name] = parse(mapped) if is_expression(mapped) else plain(mapped)
        else:
            mapping[name] = mapped
    return {name: mapping[name] for name in table.names if name in mapping}


def _unknown_headings(
    raw: Raw, table: Table, mapping: dict[str, Mapped], judged: dict[str, Node], distinct: tuple[str, ...]
) -> list[Problem]:
    file = raw.files[0].name
    wanted = [(name, heading) for name, mapped in mapping.items() for heading in feeds(mapped)]
    wanted += [(name, heading) for name, node in judged.items() for heading in headings(node)]
    wanted += [("distinct", heading) for heading in distinct]
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
    return problems + unmapped(table, mapping, file)


def _status(
    table: Table,
    values: dict[str, ibis.Value],
    checks: list[Check],
    excluded: dict[str, ibis.Value],
    as_of: date | None,
) -> ibis.Value:
    """Judge a row: the first exclude that holds, else rejected for a bad value, else used."""
    wrong = reduce(lambda a, b: a | b, (check.code.notnull() for check in checks), ibis.literal(False))
    branches = [*((condition, word) for word, condition in excluded.items()), (wrong, REJECTED)]
    if as_of and table.name == LEDGER:
        branches.append(((values["date"] > as_of).fill_null(False), LEFT_OUT + AFTER_AS_OF))
    return ibis.cases(*((condition, ibis.literal(word)) for condition, word in branches), else_=USED)


def _column_read(table: Table, reader: Reader, name: str, mapped: Mapped) -> ColumnRead:
    read = feeds(mapped)
    kind = next(column.kind for column in table.columns if column.name == name)
    numeric = kind in TEXTS and any(
        reader.raw.stored[h] in (Stored.WHOLE, Stored.NUMBER) or reader.look(h).floats for h in read
    )
    source = reader.source.columns.get(name)
    return ColumnRead(
        canonical=name,
        mapped=source if isinstance(source, str) else read[0],
        convention=next((c for h in read if (c := reader.conventions.get((h, kind is Kind.DATE)))), None),
        numeric_id=numeric,
    )
