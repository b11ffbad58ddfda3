"""`workbook.xlsx`: first all accounts with all that is known of them, then the contents and a sheet per page.

In go results and words, out come bytes. Text from data stays text: no formula, no link but those to the sheets. What a
table tells of accounts stands on the first sheet and nowhere else; a table that is a list to work with has a sheet of
its own, where the catalogue names it (`<analysis>.sheet.<table>`); the others stand below each other, a sheet per page.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pandas as pd

from kamlab import __version__
from kamlab.report.columns import heading
from kamlab.report.sheet_cells import Looks, Written, set_heights, write_column
from kamlab.report.side_by_side import Column, is_told, side_by_side
from kamlab.report.tables import explained
from kamlab.results import Result
from kamlab.sheets import cell_text, sheet_name, workbook
from kamlab.tables import TABLES, column_label
from kamlab.text import MISSING, Words

MOST_ROWS = 1_048_576  # of a sheet, headings included
UNIT = "unit"  # a column that says how the numbers of its row are written
_HEADING = 5  # the row of the headings, counted from 0; above it stand title, rows, source, notes and the way back
_HEADING_HEIGHT = 42  # three lines
_PRINTED = 200  # rows of a long list that are printed unless somebody wants more
_NARROW, _WIDEST = 14, 48  # characters: a column of a table gives up no more, takes no more
_SHEET = 215  # characters beside each other that can be read when they are printed
_NAME, _TEXT, _FOLDED = 36, 46, 90  # what columns of accounts take at most
_PAPER, _SMALLEST = 1_045, 0.65  # pixels between the margins of A4, landscape; 6.5 of 10 points


@dataclass(frozen=True)
class _Sheet:
    """A sheet of tables of one result, below each other."""

    name: str
    title: str
    result: Result
    tables: Sequence[str]

    @property
    def is_list(self) -> bool:
        """A single table, which can be filtered."""
        return len(self.tables) == 1

    @property
    def tops(self) -> dict[str, int]:
        """The rows of the headings, by table; above each but a single one stands what it is."""
        ends = accumulate((len(self.result.tables[table]) + 3 for table in self.tables), initial=_HEADING)
        return {table: end + (not self.is_list) for table, end in zip(self.tables, ends, strict=False)}

    def shown(self, table: str, words: Words) -> pd.DataFrame:
        """Return the rows that fit on the sheet, columns of input tables named as in their contracts."""
        room = max(MOST_ROWS - self.tops[table] - 1, 0)
        rows = explained(self.result.tables[table].head(room), words)
        rows = rows if self.is_list else rows.dropna(axis="columns", how="all")
        if not {"table", "canonical"} <= set(rows.columns):
            return rows
        pairs = zip(rows["table"], rows["canonical"], strict=True)
        return rows.assign(canonical=[column_label(t, c, words.language) if t in TABLES else c for t, c in pairs])


@dataclass(frozen=True)
class _Place:
    """A line of the contents: a table, and the sheet and row where it stands; no sheet where it has no rows."""

    result: Result
    table: str
    sheet: str
    row: int


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
    columns = side_by_side(results, words)
    sheets = _sheets(results, columns, words)
    note = f"{words('page.preliminary')}: {preliminary}" if preliminary else ""
    with workbook(content, words("workbook.title", name=engagement)) as book:
        looks = Looks(book, words)
        facts = _facts(results, words, run_id)
        if columns:
            numbers = {result.analysis: _number(stem) for stem, result in results.items()}
            _write_accounts(book.add_worksheet(words("workbook.accounts")), columns, numbers, looks, words)
            _write_top(book.worksheets()[0], words("workbook.accounts.title", name=engagement), facts, note, looks)
        contents = book.add_worksheet(words("workbook.contents"))
        _write_top(contents, words("workbook.title", name=engagement), facts, note, looks)
        _write_contents(contents, list(_places(results, sheets, words)), looks, words)
        for one in sheets:
            _write_tables(book.add_worksheet(one.name), one, looks, words, run_id, note)
    return content.getvalue()


def _number(stem: str) -> str:
    """Return what leads the titles of a notebook: its number and a space; nothing where it has none."""
    number = stem.partition("_")[0]
    return f"{number} " if number.isdecimal() else ""


def _sheets(results: Mapping[str, Result], columns: list[Column], words: Words) -> list[_Sheet]:
    """Say which tables stand on which sheet: lists to work with on their own, behind the others of their page."""
    found: list[_Sheet] = []
    taken = {words("workbook.accounts"), words("workbook.contents")}
    for stem, result in results.items():
        filled = [table for table, frame in result.tables.items() if len(frame)]
        lists = [table for table in filled if words.knows(f"{result.analysis}.sheet.{table}")]
        others = [table for table in filled if table not in lists and not is_told(result, table, columns, words)]
        titled = [(words.named("analysis", result.analysis), others)] if others else []
        titled += [(words(f"{result.analysis}.sheet.{table}"), [table]) for table in lists]
        for short, tables in titled:
            title = _what(result, tables[0], words) if len(tables) == 1 else short
            found.append(_Sheet(sheet_name(f"{_number(stem)}{short}", taken), title, result, tables))
            taken.add(found[-1].name)
    return found


def _places(results: Mapping[str, Result], sheets: Sequence[_Sheet], words: Words) -> Iterator[_Place]:
    for result in results.values():
        for table, frame in result.tables.items():
            one = next((one for one in sheets if one.result is result and table in one.tables), None)
            if one:
                yield _Place(result, table, one.name, 0 if one.is_list else one.tops[table] - 1)
            else:
                yield _Place(result, table, words("workbook.accounts") if len(frame) else "", 0)


def _what(result: Result, table: str, words: Words) -> str:
    """Say what a table is: its caption, or its plain name."""
    key = f"{result.analysis}.table.{table}"
    return words(key) if words.knows(key) else table.replace("_", " ")


def _facts(results: Mapping[str, Result], words: Words, run_id: str) -> str:
    days = [result.as_of for result in results.values() if result.as_of]
    as_of = words.date(max(days)) if days else MISSING
    return words("workbook.facts", as_of=as_of, currency=words.currency, run=run_id)


def _write_top(sheet: Any, title: str, facts: str, note: str, looks: Looks) -> None:
    sheet.write_string(0, 0, cell_text(title), looks.title)
    sheet.write_string(1, 0, cell_text(facts), looks.note)
    sheet.write_string(2, 0, cell_text(note), looks.mark)


def _write_accounts(
    sheet: Any, columns: Sequence[Column], numbers: Mapping[str, str], looks: Looks, words: Words
) -> None:
    """Write a row per account, headed by page; what is not in sight is folded behind its page's columns."""
    written = [
        write_column(sheet, _HEADING, at, one.name, one.head, one.cells.astype(object).tolist(), looks, words)
        for at, one in enumerate(columns)
    ]
    widths = [
        min(wanted.width, _FOLDED if one.folded else _NAME if one.key == "name" else _TEXT)
        for one, wanted in zip(columns, written, strict=True)
    ]
    starts = [at for at, one in enumerate(columns) if at == 0 or one.home != columns[at - 1].home]
    for start, end in zip(starts, [*starts[1:], len(columns)], strict=True):
        home = columns[start].home
        title = f"{numbers[home]}{words.named('analysis', home)}" if home else ""
        seen = [at for at in range(start, end) if not columns[at].folded]
        widths[start] += max(len(title) + 2 - sum(widths[at] for at in seen), 0)
        for at in range(start, end):
            sheet.write_string(_HEADING - 1, at, cell_text(title) if at == start else "", looks.group)
            folds = {"level": 1, "hidden": True} if at not in seen else {"collapsed": at == seen[-1] < end - 1}
            sheet.set_column(at, at, widths[at], None, folds)
    shown = zip(columns, written, widths, strict=True)
    set_heights(sheet, [(wanted, width) for one, wanted, width in shown if not one.folded])
    sheet.outline_settings(symbols_right=False)
    _link_back(sheet, 3, looks, words)
    sheet.write_string(3, 2, words("workbook.unfold"), looks.note)  # behind what is printed on every page
    last = _HEADING + len(columns[0].cells)
    sheet.autofilter(_HEADING, 0, last, len(columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    _set_up(sheet, _HEADING + 1, 2)
    sheet.repeat_rows(_HEADING - 1, _HEADING)
    sheet.repeat_columns(0, 1)
    in_sight = [0 if one.folded else _pixels(width) for one, width in zip(columns, widths, strict=True)]
    _on_pages(sheet, in_sight, starts)


def _on_pages(sheet: Any, pixels: Sequence[int], starts: Sequence[int]) -> None:
    """Print as many groups of columns beside each other as can be read, each time behind number and name."""
    who = sum(pixels[:2])
    breaks, widest, used = [], 0, who
    for start, end in zip(starts, [*starts[1:], len(pixels)], strict=True):
        wanted = sum(pixels[max(start, 2) : end])
        if used > who and used + wanted > _PAPER / _SMALLEST:
            breaks.append(start)
            used = who
        used += wanted
        widest = max(widest, used)
    sheet.set_v_pagebreaks(breaks)
    sheet.set_print_scale(max(min(int(100 * _PAPER / widest), int(100 * _SMALLEST)), 10))


def _write_contents(sheet: Any, places: Sequence[_Place], looks: Looks, words: Words) -> None:
    """Write a line per table, with a link to where it stands."""
    columns: dict[str, list[Any]] = {
        "analysis": [place.result.analysis for place in places],
        "what": [_what(place.result, place.table, words) for place in places],
        "sheet": [place.sheet or MISSING for place in places],
        "rows": [len(place.result.tables[place.table]) for place in places],
        "period": [_period(place.result, words) for place in places],
    }
    for at, (name, cells) in enumerate(columns.items()):
        written = write_column(sheet, _HEADING, at, name, words(f"workbook.head.{name}"), cells, looks, words)
        sheet.set_column(at, at, min(written.width, _FOLDED))
    for line, place in enumerate(places, _HEADING + 1):
        if place.sheet:
            target = f"internal:'{place.sheet.replace(chr(39), 2 * chr(39))}'!A{place.row + 1}"
            sheet.write_url(line, 1, target, looks.link, cell_text(_what(place.result, place.table, words)))
    sheet.autofilter(_HEADING, 0, _HEADING + max(len(places), 1), len(columns) - 1)
    _set_up(sheet, _HEADING + 1)
    sheet.repeat_rows(_HEADING)
    sheet.fit_to_pages(1, 0)


def _write_tables(sheet: Any, one: _Sheet, looks: Looks, words: Words, run_id: str, preliminary: str) -> None:
    """Write the tables of a sheet: what they are and rest on, then headings and rows."""
    result, notes = one.result, [preliminary] if preliminary else []
    written: dict[int, list[Written]] = defaultdict(list)
    last = 0
    for table, top in one.tops.items():
        count, shown = len(result.tables[table]), one.shown(table, words)
        notes += [words("workbook.cut", shown=len(shown), count=count)] if len(shown) < count else []
        units = [str(unit) for unit in shown[UNIT]] if UNIT in shown.columns else None
        for at, name in enumerate(map(str, shown.columns)):
            head, cells = heading(name, words, result.analysis, table), shown.iloc[:, at].astype(object).tolist()
            written[at].append(write_column(sheet, top, at, name, head, cells, looks, words, units))
        last = top + len(shown)
        sheet.set_row(top, _HEADING_HEIGHT if one.is_list else 28)  # three lines, two
        if not one.is_list:
            sheet.write_string(top - 1, 0, cell_text(_what(result, table, words)), looks.caption)
    if one.is_list:
        sheet.autofilter(_HEADING, 0, last, max(written))
        sheet.repeat_rows(_HEADING)
        notes += [words("workbook.printed", count=_PRINTED)] if last > _HEADING + _PRINTED else []
    rows = words("workbook.rows", count=sum(len(result.tables[table]) for table in one.tables))
    version = words("page.version", version=__version__, run=run_id)
    _write_top(sheet, one.title, f"{_source(result, words)} {version}", " ".join(notes), looks)
    sheet.write_string(3, 0, f"{_period(result, words)} · {rows}", looks.note)
    _link_back(sheet, 4, looks, words)
    widths = _narrowed({at: max(one.width for one in column) for at, column in written.items()})
    for at, width in widths.items():
        sheet.set_column(at, at, width)
    set_heights(sheet, [(one, widths[at]) for at, column in written.items() for one in column])
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    _set_up(sheet, _HEADING + 1 if one.is_list else 0)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, min(last, _HEADING + _PRINTED) if one.is_list else last, max(written))


def _narrowed(widths: Mapping[int, int]) -> dict[int, int]:
    """Take room from the widest columns until the sheet can be read when it is printed."""
    found = {at: min(width, _WIDEST) for at, width in widths.items()}
    while sum(found.values()) > _SHEET and (widest := max(found.values())) > _NARROW:
        found = {at: min(width, widest - 1) for at, width in found.items()}
    return found


def _pixels(width: int) -> int:
    return 10 * width  # of the broadest font that may stand in for that of Excel


def _link_back(sheet: Any, row: int, looks: Looks, words: Words) -> None:
    sheet.write_url(row, 0, f"internal:'{words('workbook.contents')}'!A1", looks.link, words("workbook.back"))


def _source(result: Result, words: Words) -> str:
    rows = result.basis.rows
    name = words.named("analysis", result.analysis)
    return words("workbook.source", analysis=name, used=rows.used, read=rows.read)


def _period(result: Result, words: Words) -> str:
    period = result.basis.period
    return words.span(period.start, period.end) if period else MISSING


def _set_up(sheet: Any, rows: int, columns: int = 0) -> None:
    """Keep headings in sight, and print on A4, landscape, with numbers of pages."""
    if rows:
        sheet.set_row(_HEADING, _HEADING_HEIGHT)
        sheet.freeze_panes(rows, columns)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&R&P / &N")
