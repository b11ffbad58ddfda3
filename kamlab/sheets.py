"""Excel workbooks: opened so that no cell comes alive, and that the same content is the same bytes. Knows no table."""

from __future__ import annotations

import io
import re
from datetime import datetime
from typing import Any

import xlsxwriter

LONGEST_CELL = 32_000  # Excel ends at 32,767
_INERT = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_BIRTH = datetime(2026, 1, 1)  # noqa: DTZ001  no clock: the same content is the same bytes
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # what XML does not know
_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")


def workbook(stream: io.BytesIO, title: str) -> Any:
    """Open a new workbook; closing it (or leaving its `with` block) writes it into the stream."""
    book = xlsxwriter.Workbook(stream, _INERT)
    book.set_properties({"title": cell_text(title), "created": _BIRTH})
    return book


def cell_text(text: str) -> str:
    """Make a text safe for a cell: what XML does not know is gone, what is too long for Excel is cut and says so."""
    clean = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    if clean.startswith("<r>"):  # the writer would take it for markup of its own and put it down unescaped
        clean = f"\N{ZERO WIDTH SPACE}{clean}"
    return clean if len(clean) <= LONGEST_CELL else clean[:LONGEST_CELL] + "…"


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Make a name that Excel accepts for a sheet, unlike any taken (case does not count); long ones end with "…"."""
    clean = _UNPRINTABLE.sub("", _NOT_IN_NAMES.sub("-", wanted)).strip("' ") or "-"
    clean = f"{clean}-" if clean.lower() == "history" else clean  # a word of Excel's own
    used = {name.lower() for name in taken}
    name, number = _cut(clean, ""), 1
    while name.lower() in used:
        number += 1
        name = _cut(clean, f" ({number})")
    return name


def _cut(name: str, ending: str) -> str:
    room = _LONGEST_NAME - len(ending)
    return (name if len(name) <= room else name[: room - 1].rstrip("' ") + "…") + ending
