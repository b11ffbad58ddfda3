"""Opening what the settings name as one raw table in the database: every column as it came, with file and line.

Magic bytes decide what a file is, not its ending. Nothing is typed here.
"""

from __future__ import annotations

import codecs
import os
import re
import shutil
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from kamlab.engagement import Engagement, Source
from kamlab.errors import DataRefused, Problem
from kamlab.ingest.archives import GZIP, ZIP, is_workbook, refuse_bomb, unpacked
from kamlab.ingest.databases import address, check_query, draw
from kamlab.ingest.delimited import WHITESPACE, normalise
from kamlab.ingest.header import Wanted, fit_headings, wanted
from kamlab.ingest.raw import FILE, LINE, FileRead, Raw, Stored, as_text, stored_as, united
from kamlab.ingest.wide import spread, spread_criteria
from kamlab.ingest.workbook import read_sheets
from kamlab.tables import CRITERIA, TABLES

__all__ = [
    "FILE",
    "LINE",
    "FileRead",
    "Raw",
    "Stored",
    "as_text",
    "draw_source",
    "forget_drawn",
    "input_files",
    "literally",
    "open_source",
]

_NOT_DATA = ("~$", ".")  # what Excel and others leave beside an open file
_OLE = b"\xd0\xcf\x11\xe0"  # .xls, and an .xlsx with a password
_NEVER = (  # often called .xls or .csv by those who made it
    *(b"%pdf", b"<html", b"<!doctype", b"<table", b"<?xml", b"<!--", b"mime-version", b"{\\rtf"),
    *(b"7z\xbc\xaf", b"rar!\x1a", b"pk\x05\x06", b"sqlite format 3", b"\x89png"),
)
ROW_NUMBER = "file_row_number"  # the database's own
QUERY = "query"
_DEEPEST = 3  # archives in archives: more is no export


def input_files(engagement: Engagement, source: Source) -> list[tuple[Path, str]]:
    """Resolve the paths and patterns of a source to files, each once, with the names shown to users.

    Raises
    ------
    DataRefused
        A path or pattern finds no file.
    """
    found: dict[Path, str] = {}
    missing = []
    for pattern in source.path or source.files.values():
        files = _matches(engagement, pattern)
        if not files:
            missing.append(Problem(code="KL-E202", values={"file": pattern, "folder": engagement.folder.name}))
        for file in files:
            found.setdefault(file.resolve(), _shown(file.resolve(), engagement.folder.resolve()))
    if missing:
        raise DataRefused(*missing)
    return list(found.items())


def _matches(engagement: Engagement, pattern: str) -> list[Path]:
    path = engagement.folder / pattern
    try:
        is_file = path.is_file()
    except OSError:  # a name longer than any file's
        return []
    if is_file or not any(c in path.name for c in "*?["):
        return [path] if is_file else []
    return [match for match in sorted(path.parent.glob(path.name)) if _is_data(match)]


def _is_data(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(_NOT_DATA)


def _shown(file: Path, folder: Path) -> str:
    """Name a file for pages and messages: no folder outside the engagement, nothing that cannot be written as UTF-8."""
    name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    return os.fsencode(name).decode("utf-8", "replace")


def drawn_file(engagement: Engagement, table: str) -> Path:
    """Name the place where what a table's source draws out of a database is kept during a run."""
    return engagement.workplace / "drawn" / f"{table}.parquet"


def draw_source(engagement: Engagement, table: str) -> tuple[Path, str]:
    """Draw the rows of a database source into a file of the run, anew; return it and the name shown to users."""
    target = drawn_file(engagement, table)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target, draw(engagement, engagement.settings.sources[table], target)


def forget_drawn(engagement: Engagement) -> None:
    """Remove what was drawn out of databases: a client's data are not kept twice."""
    shutil.rmtree(engagement.workplace / "drawn", ignore_errors=True)


def open_source(con: Backend, engagement: Engagement, table: str, scratch: Path) -> Raw:
    """Open all files of a source as one raw table.

    Raises
    ------
    DataRefused
        A file is missing, of an unknown kind, or has other headings than the first.
    """
    source = engagement.settings.sources[table]
    opening = _Opening(con, source, wanted(source, TABLES[table]), scratch, table)
    if source.database:
        target = drawn_file(engagement, table)
        name = f"{address(engagement, source).shown}: {source.table or QUERY}"
        raws = opening.parquet(target, name) if target.is_file() else opening.parquet(*draw_source(engagement, table))
    elif source.query:
        raws = [_queried(opening, engagement)]
    else:
        raws = [raw for path, name in input_files(engagement, source) for raw in opening.open(path, name)]
    _same_headings(raws)
    raw = united(raws)
    if source.layout == "long":
        return raw
    kept = _kept(opening.wanted, raw)
    return spread_criteria(raw, kept, engagement.settings.rated) if table == CRITERIA.name else spread(raw, kept)


def _kept(looked_for: Wanted, raw: Raw) -> set[str]:
    return {heading for heading in raw.stored if unicodedata.normalize("NFC", heading).casefold() in looked_for.used}


def _queried(opening: _Opening, engagement: Engagement) -> Raw:
    """Join files by a query: every column of theirs is text, the result is the source's table."""
    source, con = opening.source, opening.con
    check_query(source.query or "", QUERY, "duckdb", tuple(source.files))
    parts = []
    for name, pattern in source.files.items():
        one = source.model_copy(update={"path": (pattern,), "query": None, "files": {}})
        inner = replace(opening, source=one, wanted=Wanted(), table=f"{opening.table}_{name}")
        raws = [raw for path, shown in input_files(engagement, one) for raw in inner.open(path, shown)]
        _same_headings(raws)
        raw = united(raws)
        texts = {heading: as_text(raw.table[heading], kind) for heading, kind in raw.stored.items()}
        con.create_table(name, raw.table.select(**texts))
        parts.append(raw)
    try:
        query = (source.query or "").strip().rstrip(";")
        con.raw_sql(
            f'create table "raw_{opening.table}" as select row_number() over () as "{LINE}", * '
            f"from (select * from (\n{query}\n) order by all)"  # a comment may close it
        )
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        values = {"file": QUERY, "what": str(error).splitlines()[0]}
        raise DataRefused(Problem(code="KL-E225", values=values)) from error
    finally:
        for name in source.files:
            con.raw_sql(f'drop table if exists "{name}"')
    result = con.table(f"raw_{opening.table}")
    fit_headings([name for name in result.columns if name != LINE], QUERY)
    result = _plainly(result)
    rows = int(result.count().to_pyarrow().as_py())
    files = (FileRead(name=QUERY, rows=rows), *(file for part in parts for file in part.files))
    broken, before = [], 1
    for part in parts:
        broken += [(at + before, line) for at, line in part.broken]
        before += len(part.files)
    return Raw(_in_file(result), stored_as(result), files, tuple(broken))


@dataclass
class _Opening:
    """Opens the files of one source, each under a name of its own in the database."""

    con: Backend
    source: Source
    wanted: Wanted
    scratch: Path
    table: str
    opened: int = 0

    def open(self, path: Path, name: str, depth: int = 0) -> list[Raw]:
        """Open a file by what its first bytes say it is; an archive by what is in it."""
        magic = _magic(path, name)
        if magic.startswith(b"PAR1"):
            return self.parquet(path, name)
        if magic.startswith(GZIP) or (magic.startswith(ZIP) and not is_workbook(path)):
            if depth == _DEEPEST:
                raise DataRefused(Problem(code="KL-E263", values={"file": name}))
            refuse_bomb(path, name)
            inside = unpacked(path, name, magic, self.scratch / self._new_name())
            return [raw for file, shown in inside for raw in self.open(file, shown, depth + 1)]
        if magic.startswith((ZIP, _OLE)):
            refuse_bomb(path, name)
            return self._workbook(path, name)
        if magic.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(_NEVER):
            raise DataRefused(Problem(code="KL-E208", values={"file": name}))
        return self._text(path, name)

    def _new_name(self) -> str:
        self.opened += 1
        return f"raw_{self.table}_{self.opened}"

    def _text(self, path: Path, name: str) -> list[Raw]:
        table = self._new_name()
        target = self.scratch / f"{table}.csv"
        delimiter = "\t" if self.source.delimiter == "tab" else self.source.delimiter
        text = normalise(path, name, target, self.source.encoding, delimiter, self.wanted)
        fit_headings(text.headings, name, text.header_row)
        columns = {LINE: "BIGINT"} | {
            heading or f"kamlab ({at})": "VARCHAR" for at, heading in enumerate(text.headings, 1)
        }
        read = self.con.read_csv(
            literally(target),
            table_name=f"file_{table}",
            header=False,
            columns=columns,
            auto_detect=False,
            delim="\t" if text.delimiter == WHITESPACE else text.delimiter,
            quote='"',
            escape='"',
            max_line_size=8_000_000,
        )
        stored = self.con.create_table(table, read)
        target.unlink()
        if (rows := stored.count().to_pyarrow().as_py()) != text.records:
            raise RuntimeError(f"{name}: {text.records} records were written, {rows} came back")
        kinds = {heading: Stored.TEXT for heading in text.headings if heading}  # the others keep their place only
        file = FileRead(
            name=name,
            rows=rows + len(text.broken),
            encoding=text.encoding,
            delimiter=text.delimiter,
            header_row=text.header_row,
        )
        return [Raw(_in_file(stored), kinds, (file,), tuple((0, broken) for broken in text.broken))]

    def _workbook(self, path: Path, name: str) -> list[Raw]:
        raws = []
        for sheet in read_sheets(path, name, self.source.sheet, self.wanted):
            table = sheet.table.rename_columns([LINE, *sheet.table.column_names[1:]])
            stored = self.con.create_table(self._new_name(), ibis.memtable(table))
            file = FileRead(
                name=name,
                rows=table.num_rows,
                sheet=sheet.name,
                header_row=sheet.header_row,
                hidden_rows=sheet.hidden_rows,
            )
            raws.append(Raw(_in_file(stored), stored_as(stored), (file,), percent=sheet.percent))
        return raws

    def parquet(self, path: Path, name: str) -> list[Raw]:
        """Open a Parquet file; columns of odd types become text."""
        try:
            content = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError):
            raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": "Parquet"})) from None
        rows, names = content.metadata.num_rows, content.schema_arrow.names
        if not names:
            raise DataRefused(Problem(code="KL-E201", values={"file": name}))
        fit = fit_headings(names, name, reserved=(ROW_NUMBER,))
        read = self.con.read_parquet(
            literally(path), table_name=self._new_name(), file_row_number=True, hive_partitioning=False
        )
        found = [column for column in read.columns if column != ROW_NUMBER]  # the database names the nameless
        named = {heading or f"kamlab ({at})": read[found[at - 1]] for at, heading in enumerate(fit, 1)}
        numbered = read.select(**named, **{LINE: read[ROW_NUMBER] + 1})
        if numbered.count().to_pyarrow().as_py() != rows:
            raise RuntimeError(f"{name}: {rows} rows are in the file, others came back")
        numbered = _plainly(numbered)
        floats = [h for h, type_ in numbered.schema().items() if type_.is_floating()]
        # Compared as text: DuckDB answers isnan() from the file's minimum and maximum, which leave NaN out.
        numbers = {h: ibis.cases((numbered[h].cast("string") != "nan", numbered[h])) for h in floats}
        numbered = numbered.mutate(**numbers)
        return [Raw(_in_file(numbered), stored_as(numbered), (FileRead(name=name, rows=rows),))]


def damaged_parquet(engagement: Engagement, source: Source) -> Problem | None:
    """Find a Parquet file among those of a source that cannot be read to its end."""
    files = [] if source.database else input_files(engagement, source)
    for path, name in files:
        if _magic(path, name).startswith(b"PAR1"):
            try:
                for _ in pq.ParquetFile(path).iter_batches():
                    pass
            except (pa.ArrowException, OSError):
                return Problem(code="KL-E209", values={"file": name, "what": "Parquet"})
    return None


def _magic(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": error.strerror or ""})) from None


def _in_file(table: ibis.Table) -> ibis.Table:
    """Say that all rows are of the first file of their part."""
    return table.mutate(**{FILE: ibis.literal(0, "int32")})


def literally(path: Path) -> str:
    """Write a path for the database, which would take these signs in a file name for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _plainly(table: ibis.Table) -> ibis.Table:
    """Turn columns of odd types into text."""
    others = [heading for heading, type_ in table.schema().items() if not _is_plain(type_)]
    return table.mutate(**{heading: table[heading].cast("string") for heading in others})


def _is_plain(type_: dt.DataType) -> bool:
    return type_.is_string() or type_.is_numeric() or type_.is_date() or type_.is_timestamp()


def _same_headings(raws: list[Raw]) -> None:
    first = raws[0]
    problems = []
    for other in raws[1:]:
        lacking, extra = first.stored.keys() - other.stored.keys(), other.stored.keys() - first.stored.keys()
        if lacking or extra:
            values = {"file": other.files[0].place, "first": first.files[0].place, "columns": sorted(lacking | extra)}
            problems.append(Problem(code="KL-E212", values=values))
    if problems:
        raise DataRefused(*problems)
