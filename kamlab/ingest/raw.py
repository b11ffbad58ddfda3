"""A source as it came: every column as text or as it was stored, with file and line. Nothing is typed here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

import ibis
import ibis.expr.datatypes as dt
from ibis import udf

from kamlab.ingest.cells import TYPED
from kamlab.ingest.delimited import Broken
from kamlab.results import Frozen

FILE, LINE = "kamlab file", "kamlab line"
NAMELESS = re.compile(r"kamlab \(\d+\)")  # a column without heading, by its place: it may hold the star of a total


class Stored(Enum):
    """How a column came: as text that has to be read, or as a value with a type."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    DATE = "date"


class FileRead(Frozen):
    """One input file, as it was understood; names carry no folder outside the engagement.

    Attributes
    ----------
    rows : int
        Records of the file, broken lines included.
    header_row : int
        Line of the headings, as the user counts.
    hidden_rows : int
        Rows that Excel hides; they are read like the others.
    periods : str or None
        First and last period of a pivot.
    sums : tuple of str
        Columns of a pivot that hold sums of others and were not read.
    """

    name: str
    rows: int
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int = 1
    hidden_rows: int = 0
    periods: str | None = None
    sums: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Name the file, and the sheet where it is a workbook."""
        return f"{self.name} ({self.sheet})" if self.sheet else self.name


@dataclass(frozen=True)
class Raw:
    """A source as it came: `table` has FILE (index into `files`), LINE, one column per heading, NAMELESS ones as text.

    `spread` lists the columns of a pivot: there LINE counts cells, not lines, and `place` tells both. `percent` are the
    headings whose numbers a workbook shows as per cent.
    """

    table: ibis.Table
    stored: dict[str, Stored]
    files: tuple[FileRead, ...]
    broken: tuple[tuple[int, Broken], ...] = ()
    spread: tuple[str, ...] = ()
    percent: frozenset[str] = frozenset()

    def place(self, line: int) -> tuple[int, str | None]:
        """Return the line as the user counts it, and the pivot's column."""
        if not self.spread:
            return line, None
        return line // len(self.spread), self.spread[line % len(self.spread)]


@udf.scalar.builtin(name="trim")  # all blanks of Unicode; ibis' own strip knows ASCII only and takes four times as long
def trimmed(text: str) -> str:
    """Return a text without blanks at its ends."""
    raise NotImplementedError  # the database's own


def stored_as(table: ibis.Table) -> dict[str, Stored]:
    """Tell how every heading of a table is stored."""
    return {name: _kind(type_) for name, type_ in table.schema().items() if _is_heading(name)}


def _is_heading(name: str) -> bool:
    return name not in (LINE, FILE) and not NAMELESS.fullmatch(name)


def _kind(type_: dt.DataType) -> Stored:
    if type_.is_integer():
        return Stored.WHOLE
    if type_.is_numeric():
        return Stored.NUMBER
    return Stored.DATE if type_.is_date() or type_.is_timestamp() else Stored.TEXT


def as_text(column: ibis.Value, kind: Stored) -> ibis.Value:
    """Write a value as text that can only be read one way: whole numbers without a point, days as ISO.

    A number with three decimals gets a fourth: `1.234` could be a thousand.
    """
    match kind:
        case Stored.TEXT if column.type().is_string():
            return column.replace(TYPED, "")
        case Stored.NUMBER:
            whole = column.try_cast("int64")
            text = column.cast("string")
            unmistakable = ibis.ifelse(text.re_search(r"\.\d{3}$"), text + "0", text)
            return ibis.ifelse(whole.cast("float64") == column, whole.cast("string"), unmistakable)
        case Stored.DATE:
            day = column.cast("date").cast("string")
            midnight = column.try_cast("timestamp") == column.cast("date").try_cast("timestamp")
            return ibis.cases((midnight, day), else_=column.cast("string"))
    return column.cast("string")


def beside_texts(column: ibis.Value, kind: Stored) -> ibis.Value:
    """Write a value for a column of texts, whose conventions say nothing of it: a fraction with its mark."""
    if kind is Stored.TEXT:
        return column if column.type().is_string() else as_text(column, kind)
    text = as_text(column, kind)
    return ibis.ifelse(text.contains("."), TYPED + text, text) if kind is Stored.NUMBER else text


def united(raws: list[Raw]) -> Raw:
    """Put the parts of a source into one; what they store differently becomes text or, of numbers, a number."""
    first = raws[0]
    stored = {heading: _common({raw.stored[heading] for raw in raws}) for heading in first.stored}
    nameless = [h for h in first.table.columns if NAMELESS.fullmatch(h) and all(h in r.table.columns for r in raws)]
    parts: list[ibis.Table] = []
    files: list[FileRead] = []
    broken: list[tuple[int, Broken]] = []
    for raw in raws:
        parts.append(
            raw.table.select(
                (raw.table[FILE] + len(files)).cast("int32").name(FILE),
                raw.table[LINE],
                *(_alike(raw.table[h], raw.stored[h], kind).name(h) for h, kind in stored.items()),
                *nameless,
            )
        )
        broken += [(at + len(files), line) for at, line in raw.broken]
        files += raw.files
    percent = frozenset().union(*(raw.percent for raw in raws))
    table = parts[0] if len(parts) == 1 else ibis.union(*parts)
    return Raw(table, stored, tuple(files), tuple(broken), percent=percent)


def _common(kinds: set[Stored]) -> Stored:
    if len(kinds) == 1:
        return kinds.copy().pop()
    return Stored.NUMBER if kinds == {Stored.WHOLE, Stored.NUMBER} else Stored.TEXT


def _alike(column: ibis.Value, kind: Stored, common: Stored) -> ibis.Value:
    if kind is common:
        return column
    return column.cast("float64") if common is Stored.NUMBER else beside_texts(column, kind)
