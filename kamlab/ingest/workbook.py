"""Sheets of Excel workbooks as text columns with the row numbers that Excel shows.

Numbers and dates are cells with a type of their own: a column of nothing else keeps it, so that nothing is parsed that
was never text. Hidden rows are rows like any other; an Excel error keeps its word; a formula that was never calculated
is refused, also where the program that wrote it put a 0 in the place of the result. Knows no mapping.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from kamlab.errors import DataRefused, Problem
from kamlab.ingest.cells import as_written, columns_of
from kamlab.ingest.header import SEARCHED, Wanted, fit_headings, folded

_CHUNK = 1 << 20
_WORTH_A_LOOK = re.compile(rb'[ ]t="e"|[ ]hidden="(?:1|true)"|<(?:\w+:)?f[ />]')
_FAR_CELL = re.compile(rb'[ ]r="([A-Z]{2,3})(\d+)"')
_ROW = re.compile(rb'<row [^>]*?r="(\d+)"')
_LOOKED_AT = 200  # rows by which the format of a column is told
_MOST_CELLS = 100_000_000  # rows by columns, the empty ones too: about 3 GiB in the reader's memory
_CELL = re.compile(r"([A-Z]+)(\d+)")
_SUM = re.compile(r"(?:SUM|SUBTOTAL)\((?:\d+,)?\$?([A-Z]+)\$?\d+:\$?([A-Z]+)\$?\d+\)")


@dataclass(frozen=True)
class Sheet:
    """One sheet as read: `table` has `line` first, then a column per heading; `percent` are those shown as per cent."""

    table: pa.Table
    name: str
    header_row: int
    hidden_rows: int = 0
    percent: frozenset[str] = frozenset()


@dataclass
class _Marks:
    """What the cells' values do not tell: Excel errors by (row, column), formulas never calculated, hidden rows.

    `zeros` are formulas whose 0 nobody may have calculated, `formulas` counts those with a value by column.
    """

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    uncalculated: list[tuple[int, int]] = field(default_factory=list)
    zeros: list[tuple[int, int]] = field(default_factory=list)
    formulas: Counter[int] = field(default_factory=Counter)
    hidden: set[int] = field(default_factory=set)

    @property
    def without_result(self) -> list[tuple[int, int]]:
        """Return the formulas that have no result, or a 0 where none of their column has anything else.

        Programs that do not calculate write 0 into every formula. Where a column holds other results too, somebody has
        calculated, and a 0 is one.
        """
        zeros = Counter(column for _, column in self.zeros)
        doubted = [at for at in self.zeros if zeros[at[1]] == self.formulas[at[1]]]
        return sorted([*self.uncalculated, *doubted])


def read_sheets(path: Path, name: str, sheets: Sequence[str], wanted: Wanted | None = None) -> list[Sheet]:
    """Read sheets of a workbook.

    Parameters
    ----------
    sheets : sequence of str
        Their names; none where the workbook has a single visible one.

    Raises
    ------
    DataRefused
        No workbook, protected by a password, no such sheet, several visible sheets and none named, an empty sheet,
        double headings, a formula without a value in a column that is used.
    """
    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError:
        raise DataRefused(Problem(code="KL-E220", values={"file": name})) from None
    except (CalamineError, OSError) as error:
        raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": str(error)})) from None
    tables = [sheet for sheet in workbook.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in tables if sheet.visible is SheetVisibleEnum.Visible]
    if not workbook.sheet_names:
        raise DataRefused(Problem(code="KL-E208", values={"file": name}))
    if not sheets and len(visible) != 1:
        raise DataRefused(Problem(code="KL-E211", values={"file": name, "sheets": visible}))
    if lacking := [sheet for sheet in sheets if sheet not in workbook.sheet_names]:
        raise DataRefused(
            *(
                Problem(code="KL-E210", values={"file": name, "sheet": sheet, "sheets": workbook.sheet_names})
                for sheet in lacking
            )
        )
    try:
        return [_read(workbook, path, name, sheet, wanted or Wanted()) for sheet in sheets or visible]
    except (CalamineError, ElementTree.ParseError, zipfile.BadZipFile) as error:
        raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": str(error)})) from None


def _read(workbook: CalamineWorkbook, path: Path, name: str, chosen: str, wanted: Wanted) -> Sheet:
    marks = _marks(path, f"{name} ({chosen})", chosen)
    rows = _rows(workbook, chosen, marks)
    first = list(islice(rows, SEARCHED))
    if not first:
        raise DataRefused(Problem(code="KL-E201", values={"file": f"{name} ({chosen})"}))
    texts = [(line, [as_written(cell) for cell in row]) for line, row in first]
    found = wanted.find(texts)
    header_row = texts[found][0]
    headings = fit_headings(wanted.headings(texts, found), name, header_row)
    _refuse_uncalculated(marks, headings, header_row, f"{name} ({chosen})", wanted)
    lines: list[int] = []

    def data() -> Iterator[list[Any]]:
        for line, row in chain(first[found + 1 :], rows):
            lines.append(line)
            yield row

    columns = columns_of(data(), len(headings))
    kept = {
        f"text {heading or f'kamlab ({at})'}": column if heading else column.cast(pa.string())
        for at, (heading, column) in enumerate(zip(headings, columns, strict=True), 1)
    }
    table = pa.table({"line": pa.array(lines, pa.int64())} | kept)
    return Sheet(
        table.rename_columns([column.removeprefix("text ") for column in table.column_names]),
        chosen,
        header_row,
        len(marks.hidden.intersection(lines)),
        frozenset(headings[at] for at in _shown_as_percent(path, chosen, header_row) if at < len(headings)),
    )


def _rows(workbook: CalamineWorkbook, name: str, marks: _Marks) -> Iterator[tuple[int, list[Any]]]:
    """Yield the rows that are not empty, with their number in Excel; errors stand in their cells again."""
    sheet = workbook.get_sheet_by_name(name)
    if sheet.start is None:
        return
    top, left = sheet.start
    in_row: dict[int, list[tuple[int, str]]] = {}
    for (line, column), word in marks.errors.items():
        in_row.setdefault(line, []).append((column, word))
    for line, cells in enumerate(sheet.iter_rows(), top + 1):
        row = [""] * left + cells
        for column, word in in_row.get(line, ()):
            row[column] = word
        if any(cell != "" for cell in row):
            yield line, row


def _refuse_uncalculated(marks: _Marks, headings: Sequence[str], header_row: int, place: str, wanted: Wanted) -> None:
    """Refuse formulas that no program has calculated, in the columns that are used: they look like empty cells."""
    bad = [
        (line, headings[column])
        for line, column in marks.without_result
        if line > header_row and column < len(headings) and folded(headings[column]) in wanted.all_names
    ]
    if bad:
        values = {"file": place, "count": len(bad), "line": bad[0][0], "column": bad[0][1]}
        raise DataRefused(Problem(code="KL-E221", values=values))


def _marks(path: Path, place: str, chosen: str) -> _Marks:
    """Look into the sheet's XML for what the reader leaves out; other formats than .xlsx have none."""
    marks = _Marks()
    if not zipfile.is_zipfile(path):
        return marks
    with zipfile.ZipFile(path) as book:
        part = _part(book, chosen)
        if part is None or not _is_worth_a_look(book, part, place):
            return marks
        nothing = ("0", "0.0") if _calculates_on_load(book) else ("0.0",)
        with book.open(part) as xml:
            for _, element in ElementTree.iterparse(xml):
                tag = element.tag.rpartition("}")[2]
                if tag == "c":
                    _mark_cell(element, marks, nothing)
                elif tag == "row":
                    if element.get("hidden") in ("1", "true"):
                        marks.hidden.add(int(element.get("r", 0)))
                    element.clear()
    return marks


def _shown_as_percent(path: Path, chosen: str, header_row: int) -> set[int]:
    """Find the columns whose numbers have a format of per cent, by the first rows below the headings."""
    if not zipfile.is_zipfile(path):
        return set()
    with zipfile.ZipFile(path) as book:
        part, styles = _part(book, chosen), _percent_styles(book)
        if part is None or not styles:
            return set()
        shown: Counter[int] = Counter()
        with book.open(part) as xml:
            for _, element in ElementTree.iterparse(xml):
                at = _CELL.fullmatch(element.get("r", ""))
                if at and int(at[2]) > header_row + _LOOKED_AT:
                    break
                if at and int(at[2]) > header_row and element.get("t", "n") == "n" and len(element):
                    shown[_column_number(at[1].encode()) - 1] += 1 if element.get("s") in styles else -1
    return {column for column, more in shown.items() if more > 0}


def _percent_styles(book: zipfile.ZipFile) -> set[str]:
    """Return the numbers of the cell styles that show a number as per cent."""
    formats = {"9", "10"}  # Excel's own
    for made in _elements(book, "xl/styles.xml", "numFmt"):
        if "%" in re.sub(r'"[^"]*"|\\.', "", made.get("formatCode", "")):
            formats.add(made.get("numFmtId", ""))
    cells = next(_elements(book, "xl/styles.xml", "cellXfs"), ())
    return {str(at) for at, style in enumerate(cells) if style.get("numFmtId") in formats}


def _sums_up(formula: str, column: str) -> bool:
    """Say whether a formula is the total of the cells above it: no line of its own, whether calculated or not."""
    found = _SUM.fullmatch(formula)
    return found is not None and set(found.groups()) == {column}


def _calculates_on_load(book: zipfile.ZipFile) -> bool:
    """Say whether a workbook asks to be calculated when it is opened: Excel saves none that does."""
    calculation = next(_elements(book, "xl/workbook.xml", "calcPr"), None)
    return calculation is not None and calculation.get("fullCalcOnLoad") in ("1", "true")


def _mark_cell(cell: ElementTree.Element, marks: _Marks, nothing: tuple[str, ...]) -> None:
    """Mark a cell; a formula with a value in `nothing` may be one that was never calculated (Java writes 0.0)."""
    parts = {child.tag.rpartition("}")[2]: child for child in cell}
    value = parts["v"].text if "v" in parts else None
    at = _CELL.fullmatch(cell.get("r", ""))
    if at is None:
        return
    place = int(at[2]), _column_number(at[1].encode()) - 1
    if cell.get("t") == "e":
        marks.errors[place] = value or "#N/A"
    elif "f" not in parts or _sums_up(parts["f"].text or "", at[1]):
        return
    elif not value and cell.get("t") != "str":
        marks.uncalculated.append(place)
    else:
        marks.formulas[place[1]] += 1
        if value in nothing:
            marks.zeros.append(place)


def _is_worth_a_look(book: zipfile.ZipFile, part: str, place: str) -> bool:
    """Search a sheet for errors, hidden rows and formulas: most have none and need no closer reading.

    Raises
    ------
    DataRefused
        A cell far from the others: the reader would take memory for all the empty ones between.
    """
    found, farthest, rows = False, b"", 0
    with book.open(part) as xml:
        tail = b""
        while chunk := xml.read(_CHUNK):
            found = found or _WORTH_A_LOOK.search(tail + chunk) is not None
            for letters, row in _FAR_CELL.findall(tail + chunk):
                farthest, rows = max(farthest, letters, key=_column_number), max(rows, int(row))
            if (last := chunk.rfind(b"<row ")) >= 0 and (number := _ROW.match(chunk, last)):
                rows = max(rows, int(number[1]))
            tail = chunk[-32:]
    if rows * _column_number(farthest) > _MOST_CELLS:
        values = {"file": place, "cell": f"{farthest.decode()}{rows}"}
        raise DataRefused(Problem(code="KL-E264", values=values))
    return found


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _part(book: zipfile.ZipFile, chosen: str) -> str | None:
    """Find the part of the package that holds a sheet."""
    relations = _elements(book, "xl/_rels/workbook.xml.rels", "Relationship")
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in _elements(book, "xl/workbook.xml", "sheet"):
        if sheet.get("name") == chosen:
            key = next((value for name, value in sheet.attrib.items() if name.rpartition("}")[2] == "id"), None)
            target = targets.get(key, "").lstrip("/")
            part = target if target.startswith("xl/") else f"xl/{target}"
            return part if part in book.namelist() else None
    return None


def _elements(book: zipfile.ZipFile, part: str, tag: str) -> Iterator[ElementTree.Element]:
    """Yield the elements of one kind in a part of the package; none where there is no such part."""
    try:
        root = ElementTree.fromstring(book.read(part))
    except (KeyError, ElementTree.ParseError):
        return
    yield from (element for element in root.iter() if element.tag.rpartition("}")[2] == tag)
