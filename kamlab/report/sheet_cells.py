"""The cells of `workbook.xlsx`: how each is written, by its column, and how wide a column has to be for it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

import pandas as pd

from kamlab.report.columns import FORMATS, MONEY
from kamlab.sheets import cell_text
from kamlab.tables import table_label
from kamlab.text import Words

_NARROWEST, _NUMBER, _DATE, _FILTER = 8, 12, 11, 3  # widths in characters; of the button that filters
_LINE_HEIGHT = 13  # points
_NAMED_AS = {"analysis": "analysis", "reason": "basis.reason"}  # whose words are not under `value.<column>`
_INK, _MUTED, _LINE, _HEAD, _GROUP = "#1f2933", "#59636e", "#9aa5b1", "#e4e7eb", "#cbd2d9"


@dataclass(frozen=True)
class Written:
    """What a column wants: its width in characters, and the lengths of its texts by row."""

    width: int
    texts: Mapping[int, int]


class Looks:
    """The formats of the cells, made once for a workbook."""

    def __init__(self, book: Any, words: Words) -> None:
        self._book, self._made = book, {}  # type: Any, dict[str, Any]
        self._percent = "%" if words.language == "en" else " %"
        self.title = self._add(bold=True, font_size=12)
        self.note = self._add(font_color=_MUTED)
        self.mark = self._add(bold=True, font_color="#a84d18")
        self.link = self._add(font_color="#1a5c8a", underline=1, align="left", indent=1)
        self.caption = self._add(bold=True, font_size=11)
        self.group = self._add(bold=True, bg_color=_GROUP)
        head = {
            "bold": True,
            "bg_color": _HEAD,
            "text_wrap": True,
            "valign": "bottom",
            "bottom": 1,
            "bottom_color": _LINE,
        }
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
            case "money" | "number":
                return {"num_format": f"#,##0{places}"}
            case "date":
                return {"num_format": 14, "align": "left", "indent": 1}  # the short date of whoever opens it
            case "month":
                return {"num_format": "mmm yyyy", "align": "left", "indent": 1}
        return {"num_format": "@", "align": "left", "indent": 1, "text_wrap": True}


def kind_of(column: str) -> str:
    """Say how the numbers of a column are written, as on the pages; empty where nothing is known of it."""
    if column in MONEY:
        return "money"
    method, *arguments = FORMATS.get(column, ("",))
    decimals = str(arguments[0]) if arguments else "0"
    kinds = {"number": f"number {decimals}", "signed": f"number {decimals}", "percent": f"share {decimals}"}
    kinds |= {"month": "month", "change": "share 1", "points": "points", "of_hundred": "share 0"}
    return kinds.get(str(method), "")


def write_column(
    sheet: Any,
    top: int,
    at: int,
    name: str,
    head: str,
    cells: Sequence[Any],
    looks: Looks,
    words: Words,
    units: Sequence[str] | None = None,
) -> Written:
    """Write a column with its heading in row `top`.

    Parameters
    ----------
    units : sequence of str
        How the number of each row is written, where the column's name does not say it.
    """
    kind = kind_of(name)
    is_number = any(_is_number(cell) for cell in cells if not _is_missing(cell))
    sheet.write_string(top, at, cell_text(head), looks.number_heading if is_number else looks.heading)
    said: dict[Any, str] = {}
    texts: dict[int, int] = {}
    for line, cell in enumerate(cells, top + 1):
        if _is_missing(cell):
            continue
        if isinstance(cell, date) and cell.year >= 1900:  # what Excel knows as days
            day = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
            texts[line] = _DATE
            sheet.write_datetime(line, at, day, looks.of(kind if kind == "month" else "date"))
        elif _is_number(cell):
            row_kind = kind or (units[line - top - 1] if units else "") or _guess(cell)
            sheet.write_number(line, at, float(cell) * (100 if row_kind == "points" else 1), looks.of(row_kind))
        else:
            if cell not in said:
                said[cell] = cell_text(_spoken(name, cell, words))
            sheet.write_string(line, at, said[cell], looks.of("text"))
            texts[line] = len(said[cell])
    of_heading = max(max(map(len, head.split()), default=0), min(len(head) // 2, _NUMBER)) + _FILTER
    longest = max(texts.values(), default=0) + 2
    return Written(max(_NARROWEST, of_heading, longest, _NUMBER if is_number else 0), texts)


def set_heights(sheet: Any, columns: Iterable[tuple[Written, int]]) -> None:
    """Make rows high enough for their texts in columns of these widths: not every program does by itself."""
    lines: dict[int, int] = {}
    for written, width in columns:
        for row, length in written.texts.items():
            count = math.ceil(length / (1.1 * width))  # letters are narrower than the digits that widths are told in
            if count > 1:
                lines[row] = max(lines.get(row, 1), count)
    for row, count in lines.items():
        sheet.set_row(row, min(_LINE_HEIGHT * count + 2, 400))  # Excel ends at 409


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
