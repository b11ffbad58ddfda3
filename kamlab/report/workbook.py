"""`workbook.xlsx`: every table of the results on a sheet of its own, behind a list of contents. Opens nothing.

In go results and words, out come bytes. Text from data stays text: no formula, no link but those to the sheets.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import pandas as pd

from kamlab import __version__
from kamlab.report.columns import FORMATS, heading
from kamlab.report.tables import explained
from kamlab.results import Result
from kamlab.sheets import cell_text, sheet_name, workbook
from kamlab.tables import TABLES, column_label, table_label
from kamlab.text import MISSING, Words

MOST_ROWS = 1_048_576  # of a sheet, headings included
UNIT = "unit"  # a column that says how the numbers of its row are written
_HEADING = 5  # the row of the headings, counted from 0; above it stand title, measure, source, notes and the way back
_WIDEST, _NARROWEST, _LOOKED_AT = 48, 9, 500  # widths in characters; rows that a width is taken from
_NAMED_AS = {"analysis": "analysis", "reason": "basis.reason"}  # whose words are not under `value.<column>`
_INK, _MUTED, _LINE, _HEAD = "#1f2933", "#59636e", "#9aa5b1", "#e4e7eb"


@dataclass(frozen=True)
class _Sheet:
    """A table with its place in the workbook."""

    name: str
    table: str
    result: Result

    @property
    def frame(self) -> pd.DataFrame:
        return self.result.tables[self.table]

    def shown(self, words: Words) -> pd.DataFrame:
        """Return the rows that fit on a sheet, columns of input tables named as in their contracts."""
        rows = explained(self.frame.head(MOST_ROWS - _HEADING - 1), words)
        if not {"table", "canonical"} <= set(rows.columns):
            return rows
        pairs = zip(rows["table"], rows["canonical"], strict=True)
        return rows.assign(canonical=[column_label(t, c, words.language) if t in TABLES else c for t, c in pairs])


def tables_workbook(
    results: Mapping[str, Result], words: Words, engagement: str, run_id: str, preliminary: str = ""
) -> bytes:
    """Write all tables of results.

    Parameters
    ----------
    results : mapping of a notebook's name to its result
        The number of the name, if it has one, leads the names of the sheets.
    preliminary : str
        Why the numbers are preliminary; empty where they are not.
    """
    content = io.BytesIO()
    with workbook(content, words("workbook.title", name=engagement)) as book:
        contents = book.add_worksheet(words("workbook.contents"))
        sheets = _sheets(results, words)
        looks = _Looks(book, words)
        _write_contents(contents, sheets, looks, words, engagement, run_id, preliminary)
        for sheet in sheets:
            _write_table(book.add_worksheet(sheet.name), sheet, looks, words, run_id, preliminary)
    return content.getvalue()


def _sheets(results: Mapping[str, Result], words: Words) -> list[_Sheet]:
    """Name a sheet per table: the number of its notebook, and what the table is."""
    sheets: list[_Sheet] = []
    taken = {words("workbook.contents")}
    for stem, result in results.items():
        number = stem.partition("_")[0]
        for table in result.tables:
            what = _what(result, table, words)
            name = sheet_name(f"{number} {what}" if number.isdecimal() else what, taken)
            taken.add(name)
            sheets.append(_Sheet(name, table, result))
    return sheets


def _what(result: Result, table: str, words: Words) -> str:
    """Say what a table is: its caption, or its plain name."""
    key = f"{result.analysis}.table.{table}"
    return words(key) if words.knows(key) else table.replace("_", " ")


class _Looks:
    """The formats of the cells, made once for a workbook."""

    def __init__(self, book: Any, words: Words) -> None:
        self._book, self._made = book, {}  # type: Any, dict[str, Any]
        self._percent = "%" if words.language == "en" else " %"
        self.title = self._add(bold=True, font_size=14)
        self.note = self._add(font_color=_MUTED)
        self.mark = self._add(bold=True, font_color="#a84d18")
        self.link = self._add(font_color="#1a5c8a", underline=1)
        head = {"bold": True, "bg_color": _HEAD, "text_wrap": True, "bottom": 1, "bottom_color": _LINE}
        self.heading = self._add(**head, align="left", indent=1)
        self.number_heading = self._add(**head, align="right")

    def _add(self, **look: Any) -> Any:
        return self._book.add_format({"font_color": _INK, "valign": "top", "font_size": 10} | look)

    def of(self, kind: str) -> Any:
        """Return the format of a kind of cell: money, share with its decimals, points of 100, number, date, text."""
        if kind not in self._made:
            self._made[kind] = self._add(**self._number_format(kind))
        return self._made[kind]

    def _number_format(self, kind: str) -> dict[str, Any]:
        name, _, decimals = kind.partition(" ")
        places = "." + "0" * int(decimals) if decimals and int(decimals) else ""
        match name:
            case "share":
                return {"num_format": f"0{places}{self._percent}"}
            case "points":
                return {"num_format": "0.0"}
            case "money":
                return {"num_format": "#,##0.00"}
            case "number":
                return {"num_format": f"#,##0{places}"}
            case "date":
                return {"num_format": 14, "align": "left", "indent": 1}  # the short date of whoever opens it
            case "month":
                return {"num_format": "mmm yyyy", "align": "left", "indent": 1}
        return {"num_format": "@", "align": "left", "indent": 1, "text_wrap": True}


def kind_of(column: str, words: Words) -> str:
    """Say how the numbers of a column are written; empty where nothing is known of it."""
    key = f"column.{column}"
    if words.knows(key) and words(key, symbol="") != words(key, symbol="€"):
        return "money"
    method, *arguments = FORMATS.get(column, ("",))
    decimals = str(arguments[0]) if arguments else "0"
    kinds = {"number": f"number {decimals}", "signed": f"number {decimals}", "percent": f"share {decimals}"}
    kinds |= {"month": "month", "change": "share 1", "points": "points"}
    return kinds.get(str(method), "")


def _write_contents(
    sheet: Any,
    listed: Sequence[_Sheet],
    looks: _Looks,
    words: Words,
    engagement: str,
    run_id: str,
    preliminary: str,
) -> None:
    """Write the first sheet: what the workbook is about, and a line per table with a link to it."""
    days = [one.result.as_of for one in listed if one.result.as_of]
    as_of = words.date(max(days)) if days else MISSING
    sheet.write_string(0, 0, cell_text(words("workbook.title", name=engagement)), looks.title)
    sheet.write_string(1, 0, words("workbook.facts", as_of=as_of, currency=words.currency, run=run_id), looks.note)
    if preliminary:
        sheet.write_string(2, 0, cell_text(f"{words('page.preliminary')}: {preliminary}"), looks.mark)
    headings = ("sheet", "analysis", "what", "rows", "period", "as_of", "source")
    for at, name in enumerate(headings):
        look = looks.number_heading if name == "rows" else looks.heading
        sheet.write_string(_HEADING, at, words(f"workbook.head.{name}"), look)
    for line, one in enumerate(listed, _HEADING + 1):
        place = one.name.replace("'", "''")
        sheet.write_url(line, 0, f"internal:'{place}'!A1", looks.link, one.name)
        cells = (
            words.named("analysis", one.result.analysis),
            _what(one.result, one.table, words),
            len(one.frame),
            _period(one.result, words),
            words.date(one.result.as_of) if one.result.as_of else MISSING,
            _source(one.result, words),
        )
        for at, cell in enumerate(cells, 1):
            if isinstance(cell, int):
                sheet.write_number(line, at, cell, looks.of("number 0"))
            else:
                sheet.write_string(line, at, cell_text(str(cell)), looks.of("text"))
    for at, width in enumerate((34, 20, 44, 10, 26, 12, 68)):
        sheet.set_column(at, at, width)
    sheet.autofilter(_HEADING, 0, _HEADING + max(len(listed), 1), len(headings) - 1)
    _set_up(sheet)


def _write_table(sheet: Any, one: _Sheet, looks: _Looks, words: Words, run_id: str, preliminary: str) -> None:
    """Write a table: what it is and rests on, then headings and rows."""
    result, frame = one.result, one.frame
    shown = one.shown(words)
    kinds = {str(name): kind_of(str(name), words) for name in frame.columns}
    sheet.write_string(0, 0, cell_text(_what(result, one.table, words)), looks.title)
    sheet.write_string(1, 0, _measure(one, kinds, words), looks.note)
    version = words("page.version", version=__version__, run=run_id)
    sheet.write_string(2, 0, cell_text(f"{_source(result, words)} {version}"), looks.note)
    notes = [words("workbook.cut", shown=len(shown), count=len(frame))] if len(shown) < len(frame) else []
    notes = [f"{words('page.preliminary')}: {preliminary}", *notes] if preliminary else notes
    sheet.write_string(3, 0, cell_text(" ".join(notes)), looks.mark)
    contents = words("workbook.contents")
    sheet.write_url(4, 0, f"internal:'{contents}'!A1", looks.link, words("workbook.back"))
    units = [str(unit) for unit in shown[UNIT]] if UNIT in shown.columns else None
    for at, name in enumerate(str(name) for name in shown.columns):
        column = shown.iloc[:, at].astype(object).tolist()
        head = heading(name, words, result.analysis, one.table)
        texts = _write_column(sheet, at, name, head, column, kinds[name], units, looks, words)
        sheet.set_column(at, at, min(max(_NARROWEST, *texts), _WIDEST))
    last = max(len(shown.columns) - 1, 0)
    sheet.autofilter(_HEADING, 0, _HEADING + max(len(shown), 1), last)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{_HEADING + 1 + len(shown)}"})
    _set_up(sheet)


def _source(result: Result, words: Words) -> str:
    rows = result.basis.rows
    name = words.named("analysis", result.analysis)
    return words("workbook.source", analysis=name, used=rows.used, read=rows.read)


def _measure(one: _Sheet, kinds: Mapping[str, str], words: Words) -> str:
    """Say unit, period and number of rows of a table."""
    parts = [words("workbook.money", currency=words.currency)] if "money" in kinds.values() else []
    parts += [_period(one.result, words)] if one.result.basis.period else []
    return " · ".join([*parts, words("workbook.rows", count=len(one.frame))])


def _write_column(
    sheet: Any,
    at: int,
    name: str,
    head: str,
    cells: Sequence[Any],
    kind: str,
    units: Sequence[str] | None,
    looks: _Looks,
    words: Words,
) -> tuple[int, ...]:
    """Write heading and cells of a column; returns the lengths that its width has to hold."""
    is_number = any(_is_number(cell) for cell in cells if not _is_missing(cell))
    sheet.write_string(_HEADING, at, cell_text(head), looks.number_heading if is_number else looks.heading)
    said: dict[Any, str] = {}
    for line, cell in enumerate(cells, _HEADING + 1):
        if _is_missing(cell):
            continue
        if isinstance(cell, date) and cell.year >= 1900:  # what Excel knows as days
            day = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
            sheet.write_datetime(line, at, day, looks.of(kind if kind == "month" else "date"))
        elif _is_number(cell):
            row_kind = kind or (units[line - _HEADING - 1] if units else "") or _guess(cell)
            sheet.write_number(line, at, float(cell) * (100 if row_kind == "points" else 1), looks.of(row_kind))
        else:
            if cell not in said:
                said[cell] = cell_text(_spoken(name, cell, words))
            sheet.write_string(line, at, said[cell], looks.of("text"))
    longest = max((len(text) for text in list(said.values())[:_LOOKED_AT]), default=0)
    return (min(len(head) + 3, 18), longest + 2, 14 if is_number else 0)


def _is_number(cell: Any) -> bool:
    return not isinstance(cell, bool) and isinstance(cell, Real | Decimal)


def _is_missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, Real) and not math.isfinite(cell))


def _guess(cell: Any) -> str:
    return "number 0" if float(cell).is_integer() else "number 2"


def _spoken(name: str, cell: Any, words: Words) -> str:
    """Say a cell in the words of the catalogue; what is none of ours stands as it is."""
    text = str(cell)
    if name == "table":
        return table_label(text, words.language)
    if name == "code":
        return f"{words.named('error', text)} [{text}]"
    if isinstance(cell, bool):
        return words(f"value.complete.{text}")
    return words.named(_NAMED_AS.get(name, f"value.{name}"), text)


def _period(result: Result, words: Words) -> str:
    period = result.basis.period
    return words.span(period.start, period.end) if period else MISSING


def _set_up(sheet: Any) -> None:
    """Keep the headings in sight, on the screen and on every printed page."""
    sheet.set_row(_HEADING, 30)  # two lines
    sheet.freeze_panes(_HEADING + 1, 0)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADING)
