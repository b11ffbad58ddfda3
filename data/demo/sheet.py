"""One sheet of a workbook, as a client's system or hand would leave it; the same content is the same bytes."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter


def write_sheet(
    path: Path,
    sheet: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[Any]],
    formats: dict[str, str],
    above: Sequence[str] = (),
) -> None:
    """Write one sheet; text stays text, dates become date cells, None stays empty, `above` stands over the headings."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": datetime(2026, 1, 5), "author": "kamlab", "comments": "synthetic"})
        page = book.add_worksheet(sheet)
        for number, line in enumerate(above):
            page.write(number, 0, line)
        page.write_row(len(above), 0, headings, book.add_format({"bold": True}))
        styles = {heading: book.add_format({"num_format": style}) for heading, style in formats.items()}
        for number, row in enumerate(rows, start=len(above) + 1):
            for column, (heading, value) in enumerate(zip(headings, row, strict=True)):
                if isinstance(value, date):
                    page.write_datetime(number, column, datetime(value.year, value.month, value.day), styles[heading])
                elif value is not None and value != "":
                    page.write(number, column, value, styles.get(heading))
        page.freeze_panes(len(above) + 1, 0)
        page.set_column(0, 0, 12)
        page.set_column(1, 1, 46)
        page.set_column(2, len(headings) - 1, 16)
