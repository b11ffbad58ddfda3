"""Cells that carry a type of their own, as Excel and SQLite hand them out: collected into columns, batch by batch.

A column of nothing but numbers or days keeps its type; a mixed one becomes text, in which a fraction that was a number
is marked: no convention of the texts beside it applies to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow as pa

TYPED = "\ue000"  # before a fraction in a column of texts; of the signs that Unicode leaves to everyone
_BATCH = 20_000  # rows that are Python objects at a time
_WHOLE = range(-(2**63), 2**63)
_EMPTY = ("", None)


def columns_of(rows: Iterable[Sequence[Any]], width: int) -> list[pa.ChunkedArray]:
    """Collect rows into columns.

    Parameters
    ----------
    rows : iterable of sequences of str, bool, int, float, date, datetime, time, timedelta or None
        Each at least `width` long; an empty text is an empty cell.

    Returns
    -------
    One column per place: whole numbers, numbers, days with time, else text.
    """
    chunks: list[list[pa.Array]] = [[] for _ in range(width)]
    for batch in _batches(rows):
        for at, chunk in enumerate(chunks):
            chunk.append(_column([row[at] for row in batch]))
    return [_joined(column) for column in chunks]


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch


def _column(cells: list[Any]) -> pa.Array:
    kinds = {_kind(cell) for cell in cells if cell not in _EMPTY}
    filled = [None if cell in _EMPTY else cell for cell in cells]
    if kinds == {"whole"}:
        return pa.array(filled, pa.int64())
    if kinds and kinds <= {"whole", "number"}:
        return pa.array([None if cell is None else float(cell) for cell in filled], pa.float64())
    if kinds == {"date"}:
        return pa.array([None if cell is None else _moment(cell) for cell in filled], pa.timestamp("us"))
    return pa.array([None if cell is None else _marked(cell) or None for cell in filled], pa.string())


def _marked(cell: Any) -> str:
    """Write a cell of a mixed column, a fraction with its mark."""
    return TYPED + as_written(cell) if isinstance(cell, float) and not cell.is_integer() else as_written(cell)


def _joined(chunks: list[pa.Array]) -> pa.ChunkedArray:
    """Join the chunks of a column: as numbers or days where all are, else as text."""
    types = {chunk.type for chunk in chunks if chunk.null_count < len(chunk)}
    if types == {pa.int64(), pa.float64()}:
        types = {pa.float64()}
    kind = types.pop() if len(types) == 1 else pa.string()
    if not pa.types.is_string(kind):
        return pa.chunked_array([chunk.cast(kind) for chunk in chunks], kind)
    texts = [chunk if pa.types.is_string(chunk.type) else _as_texts(chunk) for chunk in chunks]
    return pa.chunked_array(texts, kind)


def _as_texts(chunk: pa.Array) -> pa.Array:
    return pa.array([None if value is None else _marked(value) for value in chunk.to_pylist()], pa.string())


def _kind(cell: Any) -> str:
    match cell:
        case bool():
            return "text"
        case int():
            return "whole" if cell in _WHOLE else "text"
        case float():
            return "number"
        case date():
            return "date"
    return "text"


def _moment(cell: date) -> datetime:
    return cell if isinstance(cell, datetime) else datetime.combine(cell, time())


def as_written(cell: Any) -> str:
    """Write a cell as text that can only be read one way: whole numbers without a point, days as ISO."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case float():
            text = f"{Decimal(repr(cell)):f}".removesuffix(".0")
            return f"{text}0" if len(text.partition(".")[2]) == 3 else text
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
        case date():
            return cell.isoformat()
        case time() | timedelta():
            return str(cell)
        case bytes():
            return cell.decode("utf-8", "replace")
    return str(cell).strip()
