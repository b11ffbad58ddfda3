"""What was rejected: `rejects.csv`, every bad value with its place; `rejects.xlsx`, whole rows, bad cells marked."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kamlab.sheets import cell_text, workbook
from kamlab.tables import table_label
from kamlab.text import Words

HEADER = ("file", "line", "column", "value", "code", "revenue")
MOST_ROWS, MOST_COLUMNS = 10_000, 500  # Excel ends at 1,048,576 and 16,384
_NUMBER = re.compile(r"[+-]?[\d.,]+")


class Rejected(Protocol):
    """What a rejected value must say of itself."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def value(self) -> str | None: ...
    @property
    def code(self) -> str: ...
    @property
    def revenue(self) -> Decimal | None: ...


def rejects_csv(rejects: Iterable[Rejected]) -> bytes:
    """Write the file as Excel opens it in German: semicolons, decimal comma, a byte order mark.

    Text that Excel would run as a formula gets a leading apostrophe; numbers stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for reject in rejects:
        revenue = "" if reject.revenue is None else f"{reject.revenue:f}".replace(".", ",")
        cells = (reject.file, str(reject.line), reject.column, reject.value or "", reject.code)
        writer.writerow([*(_harmless(cell) for cell in cells), revenue])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return "'" + cell if cell[:1] in "=+-@\t\r\n" and cell and not _NUMBER.fullmatch(cell) else cell


def rejects_xlsx(rejects: Mapping[str, Sequence[Rejected]], rows: Mapping[str, pd.DataFrame], words: Words) -> bytes:
    """Write the rejected rows whole, a sheet per input table, the bad cells marked and the reason as a comment.

    Parameters
    ----------
    rejects : input table to its bad values; lines that are no rows carry their text as the value, and no column
    rows : input table to its rejected rows
        File and line first, then the cells as text, under the headings of the file.
    """
    content = io.BytesIO()
    book = workbook(content, "rejects")
    formats = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "bad": book.add_format({"bg_color": "#f6c9a8", "border": 1, "border_color": "#a84d18"}),
    }
    for table, found in rejects.items():
        sheet = book.add_worksheet(table_label(table, words.language))
        _sheet(sheet, table, found, rows.get(table, pd.DataFrame(columns=["file", "line"])), formats, words)
    book.close()
    return content.getvalue()


def _sheet(
    sheet: Worksheet,
    table: str,
    rejects: Sequence[Rejected],
    rows: pd.DataFrame,
    formats: Mapping[str, Format],
    words: Words,
) -> None:
    """Write title, legend of the codes, headings, then the rows in the order of the files."""
    broken = [reject for reject in rejects if not reject.column]
    cells = rows.iloc[:MOST_ROWS, : MOST_COLUMNS + 2]
    headings = [str(heading) for heading in cells.columns[2:]]
    count = len({(reject.file, reject.line) for reject in rejects})
    lines = [words("rejects.legend")]
    lines += [
        words("rejects.code", code=code, what=words(f"error.{code}")) for code in sorted({r.code for r in rejects})
    ]
    if len(cells) + len(broken) < count or len(broken) > MOST_ROWS:
        shown = len(cells) + min(len(broken), MOST_ROWS - len(cells))
        lines.append(words("rejects.most", shown=shown, count=count))
    if len(headings) < rows.shape[1] - 2:
        lines.append(words("rejects.wide", shown=len(headings)))
    sheet.write_string(0, 0, words("rejects.title", table=table_label(table, words.language)), formats["title"])
    for at, line in enumerate(lines, 1):
        sheet.write_string(at, 0, line)
    top = len(lines) + 2
    labels = [words("rejects.file"), words("rejects.line"), *headings]
    labels += [words("rejects.broken")] if broken and not headings else []
    for at, label in enumerate(labels):
        sheet.write_string(top, at, cell_text(label), formats["head"])
    sheet.set_column(0, 0, 28)
    sheet.set_column(2, max(2, len(labels) - 1), 18)
    sheet.freeze_panes(top + 1, 2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    reasons = _reasons(rejects, words)
    listed: list[tuple[tuple[str, int], dict[str, object]]] = []
    for file, line, *values in cells.itertuples(index=False, name=None):
        listed.append(((file, int(line)), dict(zip(headings, values, strict=True))))
    listed += [((reject.file, reject.line), {"": reject.value}) for reject in broken[: MOST_ROWS - len(listed)]]
    listed.sort(key=lambda row: row[0])
    for at, (place, row) in enumerate(listed, top + 1):
        _row(sheet, at, place, row, reasons[place], formats["bad"])


def _row(
    sheet: Worksheet,
    at: int,
    place: tuple[str, int],
    cells: Mapping[str, object],
    reasons: Mapping[str, list[str]],
    bad: Format,
) -> None:
    """Write one row; a reason whose column is not shown, or is calculated, stands at the line number."""
    elsewhere = [f"{column}: {reason}" for column, said in reasons.items() if column not in cells for reason in said]
    sheet.write_string(at, 0, cell_text(place[0]))
    sheet.write_number(at, 1, place[1], bad if elsewhere else None)
    if elsewhere:
        sheet.write_comment(at, 1, cell_text("\n".join(elsewhere)), {"author": ""})
    for column, (heading, cell) in enumerate(cells.items(), 2):
        text = "" if cell is None or cell != cell else cell_text(str(cell))
        if heading in reasons:
            sheet.write_string(at, column, text, bad) if text else sheet.write_blank(at, column, None, bad)
            sheet.write_comment(at, column, cell_text("\n".join(reasons[heading])), {"author": ""})
        elif text:
            sheet.write_string(at, column, text)


def _reasons(rejects: Iterable[Rejected], words: Words) -> Mapping[tuple[str, int], dict[str, list[str]]]:
    """Phrase what is wrong, by file and line, then by column."""
    found: defaultdict[tuple[str, int], dict[str, list[str]]] = defaultdict(dict)
    for reject in rejects:
        what = words("rejects.reason", what=words(f"error.{reject.code}"), code=reject.code)
        said = found[reject.file, reject.line].setdefault(reject.column, [])
        if what not in said:  # the customer of a pivot's line feeds several rows
            said.append(what)
    return found
