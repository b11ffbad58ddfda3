"""Tables and queries of databases, drawn once per run into a Parquet file that is read like any other.

Nothing is ever written to a database; a query is a single SELECT.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_plus

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlglot
from sqlglot import expressions as sql

from kamlab.engagement import Engagement, Source
from kamlab.errors import HIDDEN, DataRefused, Problem, bare_url, is_secret
from kamlab.ingest.cells import columns_of

_GROUP = 100_000
_EXACT = pa.decimal128(38, 12)
_DIALECT = {"duckdb": "duckdb", "sqlite": "sqlite", "postgresql": "postgres"}


@dataclass(frozen=True)
class Address:
    """Where a database is: `kind` of DATABASES, its file if it is one, and its URL, which may hold a password."""

    kind: str
    file: Path | None = field(repr=False)
    url: str = field(repr=False)

    @property
    def shown(self) -> str:
        """Name it without user and password."""
        _, _, place = bare_url(self.url).partition("://")
        name = place.rpartition("/")[2]
        return name if self.file else f"{self.kind} {name if '/' in place else ''}".strip()


def address(engagement: Engagement, source: Source) -> Address:
    """Resolve `database:`; the path of a file starts in the engagement's folder."""
    url = source.database or ""
    kind, _, rest = url.partition("://")
    if kind == "postgresql":
        return Address(kind, None, url)
    path = Path(rest)
    if not path.is_file() and path.is_absolute():
        path = Path(rest.lstrip("/"))  # three slashes are often written for a relative path
    return Address(kind, engagement.folder / path, url)


def draw(engagement: Engagement, source: Source, target: Path) -> str:
    """Draw what a source names out of its database into a Parquet file.

    Returns
    -------
    The name shown to users: file or database, and table.

    Raises
    ------
    DataRefused
        No such file or table, no connection, a query that is no single SELECT, numbers too large.
    """
    place = address(engagement, source)
    name = f"{place.shown}: {source.table or 'query'}"
    if place.file and not place.file.is_file():
        raise DataRefused(Problem(code="KL-E202", values={"file": place.shown, "folder": engagement.folder.name}))
    query = sql.select("*").from_(sql.to_table(source.table)).sql(identify=True) if source.table else source.query or ""
    check_query(query, name, _DIALECT[place.kind])
    part = target.with_suffix(".part")
    try:
        with pa.OSFile(str(part), "wb") as file:
            _write(_batches(place, query), file)
        part.replace(target)
    except (duckdb.Error, sqlite3.Error, pa.ArrowInvalid) as error:
        raise _refused(name, error, place.url) from None
    except ImportError:
        raise DataRefused(Problem(code="KL-E224", values={"file": name})) from None
    except Exception as error:  # the errors of ADBC are known only where it is installed
        if type(error).__module__.startswith("adbc_driver_manager"):
            raise _refused(name, error, place.url) from None
        raise
    return name


def _refused(name: str, error: Exception, url: str) -> DataRefused:
    what = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return DataRefused(Problem(code="KL-E223", values={"file": name, "what": without_secrets(what, url)}))


def without_secrets(text: str, url: str) -> str:
    """Take the password of a URL out of what a driver says, who may quote it whole, in part or decoded."""
    rest = url.partition("://")[2]
    user, at, _ = rest.rpartition("@")
    login = (user if at else rest.partition("/")[0]).partition(":")[2]
    secrets = [] if not at and login.isdigit() else [login]  # else it is the port of a host
    is_open = False
    for pair in re.split("[?&]", rest)[1:]:
        key, equals, value = pair.partition("=")
        is_open = is_secret(unquote(key)) or (is_open and not equals)  # of a password with & in it
        secrets += [value or key] if is_open else []
    forms = {form for secret in secrets for form in (secret, unquote(secret), unquote_plus(secret))}
    pieces = forms | {piece for form in forms for piece in re.split(r"[@/:?#&=%\s]+", form)}
    for piece in sorted(filter(None, pieces), key=len, reverse=True):
        edge = "" if len(piece) > 3 else r"(?!\w)"  # a short one is found where it stands alone
        pattern = (r"(?<!\w)" if edge else "") + re.escape(piece) + edge
        text = re.sub(pattern, HIDDEN, text, flags=re.IGNORECASE)
    return text


def check_query(query: str, name: str, dialect: str, known: tuple[str, ...] | None = None) -> None:
    """Refuse what is no single SELECT, or reads more than the tables that are known.

    Parameters
    ----------
    known : tuple of str, optional
        The tables it may read; by default any of its database.
    """
    try:
        statements = [statement for statement in sqlglot.parse(query, read=dialect) if statement]
    except sqlglot.errors.SqlglotError as error:
        what = str(error).splitlines()[0]
        raise DataRefused(Problem(code="KL-E225", values={"file": name, "what": what})) from None
    if len(statements) != 1 or not isinstance(statements[0], sql.Query):
        raise DataRefused(Problem(code="KL-E225", values={"file": name, "what": query.strip()[:60]}))
    if known is None:
        return
    own = {cte.alias_or_name.lower() for cte in statements[0].find_all(sql.CTE)}
    read = [table for table in statements[0].find_all(sql.Table) if table.name.lower() not in own]
    allowed = {table.lower() for table in known}
    strange = [table.sql() for table in read if table.name.lower() not in allowed or table.db]
    if strange:
        values = {"file": name, "tables": sorted(set(strange)), "known": list(known)}
        raise DataRefused(Problem(code="KL-E226", values=values))


def _batches(place: Address, query: str) -> Iterator[pa.Table]:
    """Yield the rows of a query; at least one table, so that an empty result has its columns."""
    match place.kind:
        case "duckdb":
            options: dict[str, Any] = {"enable_external_access": "false", "autoinstall_known_extensions": "false"}
            with closing(duckdb.connect(str(place.file), read_only=True, config=options)) as base:
                yield from _with_schema(base.execute(query).to_arrow_reader(100_000))
        case "sqlite":
            with closing(sqlite3.connect(f"{(place.file or Path()).as_uri()}?mode=ro", uri=True)) as library:
                cursor = library.execute(query)
                names = [column[0] for column in cursor.description]
                yield pa.table(columns_of(cursor, len(names)), names=names)
        case _:
            from adbc_driver_postgresql import dbapi

            with dbapi.connect(place.url) as connection, connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute(query)
                yield from _with_schema(cursor.fetch_record_batch())


def _with_schema(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    yield reader.schema.empty_table()
    for batch in reader:
        yield pa.Table.from_batches([batch])


def _write(tables: Iterator[pa.Table], file: Any) -> None:
    """Write tables in row groups of one size: the same rows are the same bytes, however the database hands them out."""
    waiting = _plain(next(tables))
    with pq.ParquetWriter(file, waiting.schema) as writer:
        for table in tables:
            waiting = pa.concat_tables([waiting, _plain(table)])
            while waiting.num_rows >= _GROUP:
                writer.write_table(waiting.slice(0, _GROUP))
                waiting = waiting.slice(_GROUP)
        writer.write_table(waiting)


def _plain(table: pa.Table) -> pa.Table:
    """Turn numbers of any precision, which PostgreSQL hands out as text, into exact decimals."""
    for at, column in enumerate(table.schema):
        if isinstance(column.type, pa.OpaqueType):
            text = table.column(at).cast(column.type.storage_type)
            is_number = column.type.type_name == "numeric"
            table = table.set_column(at, column.name, pc.cast(text, _EXACT) if is_number else text)
    return table
