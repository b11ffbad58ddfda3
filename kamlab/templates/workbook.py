"""The input workbook: a sheet per table, made from the contracts, to be filled in by hand.

Above the heading of a sheet stand its purpose, the meaning of every column and an example; what is above the heading is
never read as data. The headings are the labels of the contracts, so that no mapping is needed.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from kamlab.sheets import cell_text, workbook
from kamlab.tables import BASICS, Column, Kind, Table, example, presented
from kamlab.templates.columns import allowed_words, takes
from kamlab.text import Language, Words

TITLE, HINT, MEANING, EXAMPLE, HEADING = range(5)
_TEXT_FORMAT = 49  # Excel's own number of the format "Text"
_LAST_ROW = 1_048_575
_DAYS = (date(1900, 1, 1), date(2100, 12, 31))
_NUMERIC = (Kind.MONEY, Kind.NUMBER, Kind.SHARE)
_AS_TEXT = (Kind.ID, Kind.PERIOD, Kind.MONTH, Kind.CURRENCY)  # Excel would drop zeros and turn 2025-01 into a day
_PLAIN = (Kind.TEXT, Kind.ID, Kind.DATE, Kind.CURRENCY, Kind.YES_NO, Kind.CHOICE)  # a list or the meaning suffices
_WIDTHS = {Kind.DATE: 14, Kind.SHARE: 14, Kind.CURRENCY: 18, Kind.YES_NO: 14, Kind.TEXT: 30, Kind.CHOICES: 30}
_LINES = {"left": 1, "right": 1, "left_color": "#D9D9D9", "right_color": "#D9D9D9"}
_BLUE, _LIGHT_BLUE, _GREY, _INK = "#1F4E79", "#9DC3E6", "#E7E6E6", "#595959"

_WRITTEN_BY_KAMLAB = "group_reviews"  # `kamlab groups` writes the list anew, as a file of its own: never into this one

Rows = Mapping[str, Iterable[Mapping[str, Any]]]


def input_workbook(language: Language, rows: Rows | None = None) -> bytes:
    """Make the workbook.

    Parameters
    ----------
    rows : mapping of table name to rows, optional
        What is known already; each row maps canonical columns to text, numbers or days.

    Returns
    -------
    bytes of an .xlsx file, the same for the same contracts and rows
    """
    stream = io.BytesIO()
    words = Words(language)
    with workbook(stream, words("template.howto_title")) as book:
        _Book(book, words).write(rows or {})
    return stream.getvalue()


def filled_in() -> tuple[Table, ...]:
    """Return the tables that users fill in, in the order of their sheets."""
    return tuple(table for table in presented() if table.name != _WRITTEN_BY_KAMLAB)


@dataclass(frozen=True)
class _Book:
    """The workbook under construction."""

    book: Any
    words: Words

    def write(self, rows: Rows) -> None:
        self._write_howto(self.book.add_worksheet(self.words("template.howto")))
        for table in filled_in():
            sheet = self.book.add_worksheet(self._label(table))
            self._write_table(sheet, table, rows.get(table.name, ()))

    def _label(self, of: Table | Column) -> str:
        return str(getattr(of.label, self.words.language))

    def _format(self, **properties: Any) -> Any:
        return self.book.add_format({"valign": "top", "font_name": "Calibri", "font_size": 11} | properties)

    # The first sheet

    def _write_howto(self, sheet: Any) -> None:
        words = self.words
        wrapped = self._format(text_wrap=True)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 76)
        sheet.set_column(2, 2, 44)
        sheet.set_row(0, 26)
        sheet.write(0, 0, words("template.howto_title"), self._format(bold=True, font_size=16, font_color=_BLUE))
        row = 1
        for key in ("begin", "rows", "headings", "formats", "values", "exports", "persons"):
            text = words(f"template.howto_{key}", basics=[self._label(table) for table in filled_in()[: len(BASICS)]])
            sheet.merge_range(row, 0, row, 2, text, wrapped)
            sheet.set_row(row, 15.5 * math.ceil(len(text) / 160) + 4)
            row += 1
        for need in ("required", "either", "optional"):
            sheet.write(row, 0, words(f"template.{need}"), self._heading_format(need))
            sheet.write(row, 1, words(f"template.colour_{need}"), wrapped)
            row += 1
        row += 1
        for at, key in enumerate(("sheet", "purpose", "needed")):
            sheet.write(row, at, words(f"template.{key}"), self._format(bold=True, bottom=1))
        link = self._format(font_color="#0563C1", underline=1)
        for table in filled_in():
            row += 1
            about, needed = getattr(table.about, words.language), self._needed(table)
            sheet.write_url(row, 0, f"internal:'{self._label(table)}'!A1", link, self._label(table))
            sheet.write(row, 1, about, wrapped)
            sheet.write(row, 2, needed, wrapped)
            sheet.set_row(row, 15.5 * max(math.ceil(len(about) / 78), math.ceil(len(needed) / 44)))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _needed(self, table: Table) -> str:
        needed = [self._label(table.column(name)) for name in table.required]
        needed += [
            self.words("template.one_of", names=[self._label(table.column(name)) for name in group])
            for group in table.either
        ]
        return ", ".join(needed)

    # A table's sheet

    def _write_table(self, sheet: Any, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        words = self.words
        small = {"font_size": 9, "font_color": _INK}
        # One cell: a title alone could be a heading that some export is known to use, like "Artikel".
        title, rest = (
            self.book.add_format({"font_name": "Calibri"} | look)
            for look in ({"bold": True, "font_size": 14, "font_color": _BLUE}, {"font_size": 11})
        )
        about = f"   {getattr(table.about, words.language)}"
        sheet.write_rich_string(TITLE, 0, title, self._label(table), rest, about, self._format(valign="vcenter"))
        hint = words("template.hint", example=EXAMPLE + 1, first=HEADING + 2)
        sheet.write(HINT, 0, hint, self._format(italic=True, **small))
        sheet.set_row(TITLE, 22)
        lines = 1
        for at, column in enumerate(table.columns):
            lines = max(lines, self._write_column(sheet, table, column, at))
        sheet.set_row(MEANING, 12.5 * lines + 2)
        sheet.set_row(HEADING, 20)
        self._write_rows(sheet, table, rows)
        last = len(table.columns) - 1
        sheet.autofilter(HEADING, 0, _LAST_ROW, last)
        sheet.freeze_panes(HEADING + 1, 0)
        sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_rowcol_to_cell(_LAST_ROW, last)}"})
        if table.name in BASICS:
            sheet.set_tab_color(_BLUE)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADING)

    def _write_column(self, sheet: Any, table: Table, column: Column, at: int) -> int:
        """Write what stands above a column and its checks; return how many lines its meaning takes."""
        need, text = self._need(table, column), self._meaning(column)
        shown = example(column, self.words.language)
        width = max(len(self._label(column)) + 6, _WIDTHS.get(column.kind, 20), len(str(shown)) + 2)
        sheet.set_column(at, at, width, self._format(**self._number_format(column)))
        plain = self._format(text_wrap=True, font_size=9, font_color=_INK, **_LINES)
        if need == "optional":
            sheet.write(MEANING, at, text, plain)
        else:
            bold, rest = (
                self.book.add_format({"font_name": "Calibri", "font_size": 9, "font_color": _INK, "bold": is_bold})
                for is_bold in (True, False)
            )
            said = self.words(f"template.{need}") + ". "
            sheet.write_rich_string(MEANING, at, bold, said, rest, text, plain)
            text = said + text
        grey = {"italic": True, "font_color": "#7F7F7F", "bottom": 1, "bottom_color": "#BFBFBF", "align": "left"}
        looks = self._format(**self._number_format(column), **grey, **_LINES)
        self._write_value(sheet, EXAMPLE, at, shown, looks)
        sheet.write(HEADING, at, self._label(column), self._heading_format(need))
        sheet.data_validation(HEADING + 1, at, _LAST_ROW, at, self._validation(table, column))
        return math.ceil(len(text) / width)

    def _need(self, table: Table, column: Column) -> str:
        if column.required:
            return "required"
        return "either" if any(column.name in group for group in table.either) else "optional"

    def _meaning(self, column: Column) -> str:
        about = str(getattr(column.about, self.words.language))
        end = "" if about.endswith("?") else "."
        said = f"{about[:1].upper()}{about[1:]}{end}"
        says_it_all = column.high is not None or column.kind in _PLAIN
        return said if says_it_all else f"{said} {takes(column, self.words)}."

    def _heading_format(self, need: str) -> Any:
        fill = {"required": _BLUE, "either": _LIGHT_BLUE, "optional": _GREY}[need]
        ink = "#FFFFFF" if need == "required" else "#000000"
        return self._format(
            bold=True, bg_color=fill, font_color=ink, border=1, border_color="#BFBFBF", valign="vcenter"
        )

    def _number_format(self, column: Column) -> dict[str, Any]:
        if column.kind in _AS_TEXT:
            return {"num_format": _TEXT_FORMAT}
        if column.kind is Kind.DATE:
            return {"num_format": "dd.mm.yyyy" if self.words.language == "de" else "yyyy-mm-dd"}
        if column.kind is Kind.MONEY:
            return {"num_format": "#,##0.00"}
        return {"num_format": "0.0###"} if column.kind is Kind.SHARE else {}

    def _validation(self, table: Table, column: Column) -> dict[str, Any]:
        """Check what Excel can check while a user types, as a warning; say meaning and values beside the cell."""
        words = self.words
        need = self._need(table, column)
        message = self._meaning(column)
        if need != "optional":
            message = f"{words(f'template.{need}')}. {message}"
        rule: dict[str, Any] = {
            "input_title": self._label(column),
            "input_message": message,
            "error_type": "warning",
            "error_title": self._label(column),
            "error_message": words("template.expected", values=takes(column, words)),
        }
        low, high = (0, 1) if column.kind is Kind.SHARE else (column.low, column.high)
        allowed = allowed_words(column, words)
        if column.kind is Kind.DATE:
            return rule | {"validate": "date", "criteria": "between", "minimum": _DAYS[0], "maximum": _DAYS[1]}
        if allowed and column.kind in _NUMERIC:
            scale = range(int(column.low or 0), int(column.high or 0) + 1)
            return rule | {"validate": "list", "source": [*map(str, scale), *allowed]}
        if allowed and column.kind is not Kind.CHOICES:  # Excel's lists cannot choose several
            open_to_others = column.kind is Kind.TEXT
            return rule | {"validate": "list", "source": list(allowed), "show_error": not open_to_others}
        if low is not None and high is not None:
            return rule | {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
        if column.kind in _NUMERIC:
            limit = {"criteria": ">=", "value": -1e14 if low is None else low}
            return rule | {"validate": "decimal"} | limit
        return rule | {"validate": "any"}

    def _write_rows(self, sheet: Any, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        formats = {column.name: self._format(**self._number_format(column)) for column in table.columns}
        for line, row in enumerate(rows, HEADING + 1):
            for at, column in enumerate(table.columns):
                if (value := row.get(column.name)) is not None:
                    self._write_value(sheet, line, at, value, formats[column.name])

    def _write_value(self, sheet: Any, row: int, at: int, value: str | float | Decimal | date, looks: Any) -> None:
        if isinstance(value, date):
            sheet.write_datetime(row, at, value, looks)
        elif isinstance(value, str):
            sheet.write_string(row, at, cell_text(value), looks)
        else:
            sheet.write_number(row, at, float(value), looks)
