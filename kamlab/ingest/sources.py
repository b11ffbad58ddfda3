"""Opening the files of a source as one raw table in the database: every column as it came, with file and line.

Magic bytes decide what a file is. Nothing is typed here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from kamlab.engagement import Engagement, Source
from kamlab.errors import DataRefused, Problem
from kamlab.ingest.delimited import Broken, check_headings, normalise
from kamlab.ingest.workbook import read_sheet
from kamlab.results import Frozen

_NOT_DATA = ("~$", ".")  # what Excel and others leave beside an open file
FILE, LINE = "kamlab file", "kamlab line"
ROW_NUMBER = "file_row_number"  # the database's own


class Stored(Enum):
    """How a column came: as text that has to be read, or as a value with a type."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    DATE = "date"


class FileRead(Frozen):
    """One input file, as it was understood; names carry no folder outside the engagement."""

    name: str
    rows: int
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Raw:
    """A source as it came: `table` has FILE (index into `files`), LINE and one column per heading."""

    table: ibis.Table
    stored: dict[str, Stored]
    files: tuple[FileRead, ...]
    broken: tuple[tuple[int, Broken], ...] = ()


def input_files(engagement: Engagement, source: Source) -> list[tuple[Path, str]]:
    """Resolve the paths and patterns of a source to files, each once, with the names shown to users.

    Raises
    ------
    DataRefused
        A path or pattern finds no file.
    """
    found: dict[Path, str] = {}
    missing = []
    for pattern in source.path:
        path = engagement.folder / pattern
        is_pattern = any(c in path.name for c in "*?[") and not path.is_file()
        matches = sorted(path.parent.glob(path.name)) if is_pattern else [path]
        files = [
            match for match in matches if match.is_file() and not (is_pattern and match.name.startswith(_NOT_DATA))
        ]
        if not files:
            missing.append(Problem(code="KL-E202", values={"file": pattern, "folder": engagement.folder.name}))
        for file in files:
            found.setdefault(file.resolve(), _shown(file.resolve(), engagement.folder.resolve()))
    if missing:
        raise DataRefused(*missing)
    return list(found.items())


def _shown(file: Path, folder: Path) -> str:
    """Name a file for pages and messages: no folder outside the engagement, nothing that cannot be written as UTF-8."""
    name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    return os.fsencode(name).decode("utf-8", "replace")


def open_source(con: Backend, engagement: Engagement, table: str, scratch: Path) -> Raw:
    """Open all files of a source as one raw table.

    Raises
    ------
    DataRefused
        A file is missing, of an unknown kind, or has other headings than the first.
    """
    source = engagement.settings.sources[table]
    raws = [
        _open(con, source, path, name, f"raw_{table}_{at}", scratch)
        for at, (path, name) in enumerate(input_files(engagement, source))
    ]
    _same_headings(raws)
    first = raws[0]
    stored = {heading: _common({raw.stored[heading] for raw in raws}) for heading in first.stored}
    parts = [
        raw.table.select(
            ibis.literal(at, "int32").name(FILE),
            raw.table[LINE],
            *(_alike(raw.table[heading], raw.stored[heading], kind).name(heading) for heading, kind in stored.items()),
        )
        for at, raw in enumerate(raws)
    ]
    return Raw(
        parts[0] if len(parts) == 1 else ibis.union(*parts),
        stored,
        tuple(raw.files[0] for raw in raws),
        tuple((at, broken) for at, raw in enumerate(raws) for _, broken in raw.broken),
    )


def _open(con: Backend, source: Source, path: Path, name: str, table: str, scratch: Path) -> Raw:
    try:
        with path.open("rb") as file:
            magic = file.read(8)
    except OSError as error:
        raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": error.strerror or ""})) from None
    if magic.startswith(b"PAR1"):
        return _open_parquet(con, path, name, table)
    if magic.startswith(b"PK\x03\x04"):
        return _open_workbook(con, source, path, name, table)
    if magic.startswith((b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")):
        raise DataRefused(Problem(code="KL-E208", values={"file": name}))
    return _open_text(con, source, path, name, table, scratch)


def _open_text(con: Backend, source: Source, path: Path, name: str, table: str, scratch: Path) -> Raw:
    target = scratch / f"{table}.csv"
    delimiter = "\t" if source.delimiter == "tab" else source.delimiter
    text = normalise(path, name, target, source.encoding, delimiter)
    check_headings([*text.headings, FILE, LINE], name)
    columns = {LINE: "BIGINT"} | {heading or f"({at})": "VARCHAR" for at, heading in enumerate(text.headings, 1)}
    read = con.read_csv(
        literally(target),
        table_name=f"file_{table}",
        header=False,
        columns=columns,
        auto_detect=False,
        delim=text.delimiter,
        quote='"',
        escape='"',
        max_line_size=8_000_000,
    )
    stored = con.create_table(table, read)
    target.unlink()
    if (rows := stored.count().to_pyarrow().as_py()) != text.records:
        raise RuntimeError(f"{name}: {text.records} records were written, {rows} came back")
    kinds = {heading: Stored.TEXT for heading in text.headings if heading}
    file = FileRead(name=name, rows=rows + len(text.broken), encoding=text.encoding, delimiter=text.delimiter)
    return Raw(stored, kinds, (file,), tuple((0, broken) for broken in text.broken))


def _open_workbook(con: Backend, source: Source, path: Path, name: str, table: str) -> Raw:
    sheet, chosen = read_sheet(path, name, source.sheet[0] if source.sheet else None)
    stored = con.create_table(table, ibis.memtable(sheet.rename_columns([LINE, *sheet.column_names[1:]])))
    return Raw(stored, _stored(stored), (FileRead(name=name, rows=sheet.num_rows, sheet=chosen),))


def _open_parquet(con: Backend, path: Path, name: str, table: str) -> Raw:
    try:
        content = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": "Parquet"})) from None
    rows = content.metadata.num_rows
    check_headings([*content.schema_arrow.names, ROW_NUMBER], name)
    read = con.read_parquet(literally(path), table_name=table, file_row_number=True, hive_partitioning=False)
    numbered = read.rename({LINE: ROW_NUMBER}).mutate(**{LINE: lambda t: t[LINE] + 1})
    if numbered.count().to_pyarrow().as_py() != rows:
        raise RuntimeError(f"{name}: {rows} rows are in the file, others came back")
    others = [h for h, type_ in numbered.schema().items() if not _is_plain(type_)]
    numbered = numbered.mutate(**{h: numbered[h].cast("string") for h in others})
    floats = [h for h, type_ in numbered.schema().items() if type_.is_floating()]
    # Compared as text: DuckDB answers isnan() from the file's minimum and maximum, which leave NaN out.
    numbered = numbered.mutate(**{h: ibis.cases((numbered[h].cast("string") != "nan", numbered[h])) for h in floats})
    return Raw(numbered, _stored(numbered), (FileRead(name=name, rows=rows),))


def literally(path: Path) -> str:
    """Write a path for the database, which would take these signs in a file name for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _is_plain(type_: dt.DataType) -> bool:
    return type_.is_string() or type_.is_numeric() or type_.is_date() or type_.is_timestamp()


def _stored(table: ibis.Table) -> dict[str, Stored]:
    def kind(type_: dt.DataType) -> Stored:
        if type_.is_integer():
            return Stored.WHOLE
        if type_.is_numeric():
            return Stored.NUMBER
        return Stored.DATE if type_.is_date() or type_.is_timestamp() else Stored.TEXT

    return {name: kind(type_) for name, type_ in table.schema().items() if name not in (LINE, FILE)}


def _common(kinds: set[Stored]) -> Stored:
    if len(kinds) == 1:
        return kinds.copy().pop()
    return Stored.NUMBER if kinds == {Stored.WHOLE, Stored.NUMBER} else Stored.TEXT


def _alike(column: ibis.Value, kind: Stored, common: Stored) -> ibis.Value:
    if kind is common:
        return column
    return column.cast("float64") if common is Stored.NUMBER else as_text(column, kind)


def as_text(column: ibis.Value, kind: Stored) -> ibis.Value:
    """Write a value as the text its user would: whole numbers without a point, days as ISO."""
    match kind:
        case Stored.TEXT if column.type().is_string():
            return column
        case Stored.NUMBER:
            whole = column.try_cast("int64")
            return ibis.ifelse(whole.cast("float64") == column, whole.cast("string"), column.cast("string"))
        case Stored.DATE:
            day = column.cast("date").cast("string")
            midnight = column.cast("timestamp") == column.cast("date").cast("timestamp")
            return ibis.cases((midnight, day), else_=column.cast("string"))
    return column.cast("string")


def _same_headings(raws: list[Raw]) -> None:
    first = raws[0]
    problems = []
    for other in raws[1:]:
        lacking, extra = first.stored.keys() - other.stored.keys(), other.stored.keys() - first.stored.keys()
        if lacking or extra:
            values = {"file": other.files[0].name, "first": first.files[0].name, "columns": sorted(lacking | extra)}
            problems.append(Problem(code="KL-E212", values=values))
    if problems:
        raise DataRefused(*problems)
