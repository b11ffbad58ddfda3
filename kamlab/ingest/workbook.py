"""Excel sheets (.xlsx) as text columns with the row numbers that Excel shows.

Numbers and dates are cells with a type of their own: a column of nothing else keeps it, so that nothing is parsed that
was never text. Knows no mapping.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from kamlab.errors import DataRefused, Problem
from kamlab.ingest.delimited import check_headings


def read_sheet(path: Path, name: str, sheet: str | None) -> tuple[pa.Table, str]:
    """Read one sheet whose heading is in row 1.

    Returns
    -------
    Arrow table with the column `line` first, then one per heading: double, timestamp or text; and the sheet's name.

    Raises
    ------
    DataRefused
        No workbook, no such sheet, several sheets and none named, an empty sheet, double headings.
    """
    try:
        workbook = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": str(error)})) from None
    names = workbook.sheet_names
    if sheet is None and len(names) != 1:
        raise DataRefused(Problem(code="KL-E211", values={"file": name, "sheets": names}))
    if sheet is not None and sheet not in names:
        raise DataRefused(Problem(code="KL-E210", values={"file": name, "sheet": sheet, "sheets": names}))
    chosen = sheet or names[0]
    rows = workbook.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    if not rows or not any(_text(cell) for cell in rows[0]):
        raise DataRefused(Problem(code="KL-E201", values={"file": f"{name} ({chosen})"}))
    headings = [_text(cell) for cell in rows[0]]
    check_headings(headings, name)
    filled = [(line, row) for line, row in enumerate(rows[1:], 2) if any(cell != "" for cell in row)]
    columns: dict[str, pa.Array] = {"line": pa.array([line for line, _ in filled], pa.int64())}
    for at, heading in enumerate(headings):
        if heading:
            columns[f"text {heading}"] = _column([row[at] for _, row in filled])
    table = pa.table(columns)
    return table.rename_columns([c.removeprefix("text ") for c in table.column_names]), chosen


def _column(cells: list[Any]) -> pa.Array:
    kinds = {_kind(cell) for cell in cells if cell != ""}
    if kinds == {"number"}:
        return pa.array([None if cell == "" else float(cell) for cell in cells], pa.float64())
    if kinds == {"date"}:
        return pa.array([None if cell == "" else _moment(cell) for cell in cells], pa.timestamp("us"))
    return pa.array([_text(cell) or None for cell in cells], pa.string())


def _kind(cell: Any) -> str:
    if isinstance(cell, bool):
        return "text"
    if isinstance(cell, int | float):
        return "number"
    return "date" if isinstance(cell, date | datetime) else "text"


def _moment(cell: date | datetime) -> datetime:
    return cell if isinstance(cell, datetime) else datetime.combine(cell, time())


def _text(cell: Any) -> str:
    """Write a cell as text that can only be read one way: whole numbers without a point, days as ISO."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        text = f"{Decimal(repr(cell)):f}".removesuffix(".0")
        return f"{text}0" if len(text.partition(".")[2]) == 3 else text
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time | timedelta):
        return str(cell)
    return str(cell).strip()
