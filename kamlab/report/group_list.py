"""The list of group proposals as an Excel workbook, with a drop-down for every decision.

In go the rows of the list, out come bytes. Opens nothing.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from kamlab.facts.review_list import ListedAccount
from kamlab.results import Period
from kamlab.sheets import cell_text, workbook
from kamlab.tables import TABLES, column_label
from kamlab.text import Words

_TABLE = "group_reviews"
_WIDTHS = (12, 15, 17, 42, 18, 9, 15, 12, 15, 16, 42, 17, 30)
_MAY_BE_HIDDEN = (4, 5)  # city and country, where the master data have none
_LEFT_OF_SCROLLING = 4  # proposal, decision, number and name stay in sight
_ROW, _MOST_LINES = 15, 20  # height of a line in points
_INK, _LINE, _HEAD, _ASKED, _YES, _LATER = "#1f2933", "#9aa5b1", "#e4e7eb", "#fffbea", "#e3f3e6", "#fdf0d5"
_MUTED = "#7b8794"


def group_list(rows: Sequence[ListedAccount], period: Period, words: Words) -> bytes:
    """Write the list: headings of the contract for what is read back, one row per account.

    Text stays text, whatever it begins with; customer numbers keep their zeros.
    """
    content = io.BytesIO()
    with workbook(content, words("groups.sheet")) as book:
        sheet = book.add_worksheet(words("groups.sheet"))
        headings, table = _headings(period, words), [_cells(row, words) for row in rows]
        formats = _Formats(book, words)
        for at, (heading, width) in enumerate(zip(headings, _WIDTHS, strict=True)):
            known = at not in _MAY_BE_HIDDEN or any(cells[at] for cells in table)
            sheet.set_column(at, at, width, None, {"hidden": not known})
            sheet.write_string(0, at, heading, formats.heading)
        for line, cells in enumerate(table, 1):
            starts = line == 1 or table[line - 2][0] != cells[0]
            sheet.set_row(line, _ROW * _lines(cells))
            for at, cell in enumerate(cells):
                look = formats.of(at, starts)
                if cell is None or cell == "":
                    sheet.write_blank(line, at, None, look)
                elif isinstance(cell, str):
                    sheet.write_string(line, at, cell_text(cell), look)
                else:
                    sheet.write_number(line, at, cell, look)
        _let_decide(sheet, book, len(rows), words)
        sheet.autofilter(0, 0, max(len(rows), 1), len(headings) - 1)
        sheet.set_row(0, 3 * _ROW)
        sheet.freeze_panes(1, _LEFT_OF_SCROLLING)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
    return content.getvalue()


def _headings(period: Period, words: Words) -> list[str]:
    own = {name: column_label(_TABLE, name, words.language) for name in TABLES[_TABLE].names}
    told = ("name", "city", "country", "group", "sites", "revenue", "at_stake", "evidence", "confidence")
    span = words.span(period.start, period.end)
    return [
        own["proposal"],
        own["decision"],
        own["account_id"],
        *(words(f"groups.{key}", period=span) for key in told),
        own["note"],
    ]


def _cells(row: ListedAccount, words: Words) -> list[Any]:
    evidence = "; ".join(words(finding.key, **finding.values) for finding in row.evidence)
    return [
        row.proposal,
        _choices(words).get(row.decision or "", row.decision),
        row.account_id,
        row.name,
        row.city,
        row.country,
        row.group,
        row.sites,
        row.revenue,
        row.at_stake,
        evidence or words("groups.head"),
        words(f"groups.{row.level}") if row.level else None,
        row.note,
    ]


def _lines(cells: Sequence[Any]) -> int:
    """Estimate how many lines the longest text of a row takes: not every program fits the height by itself."""
    texts = ((cell, width) for cell, width in zip(cells, _WIDTHS, strict=True) if isinstance(cell, str))
    return min(max(-(-len(text) // (width - 3)) for text, width in texts), _MOST_LINES)


def _choices(words: Words) -> dict[str, str]:
    """Map the values of a decision to what people write."""
    allowed = TABLES[_TABLE].column("decision").allowed
    return {choice.value: getattr(choice.label, words.language) for choice in allowed}


def _let_decide(sheet: Any, book: Any, rows: int, words: Words) -> None:
    """Offer the decisions as a drop-down; the colour of a row follows its decision."""
    if not rows:
        return
    choices = _choices(words)
    rule = {
        "validate": "list",
        "source": list(choices.values()),
        "input_title": words("groups.help_title"),
        "input_message": words("groups.help"),
        "error_title": words("groups.wrong_title"),
        "error_message": words("groups.wrong"),
    }
    sheet.data_validation(1, 1, rows, 1, rule)
    looks = {"yes": {"bg_color": _YES}, "no": {"font_color": _MUTED}, "later": {"bg_color": _LATER}}
    for value, look in looks.items():
        criteria = f'=$B2="{choices[value]}"'
        sheet.conditional_format(
            1, 0, rows, len(_WIDTHS) - 1, {"type": "formula", "criteria": criteria, "format": book.add_format(look)}
        )


class _Formats:
    """The formats of the columns, each with and without the line above a new proposal."""

    def __init__(self, book: Any, words: Words) -> None:
        symbol = words.symbol().replace('"', "")
        money = f'#,##0 "{symbol}"' if words.language == "de" else f'"{symbol}"#,##0'
        plain = {"font_color": _INK, "valign": "top", "font_size": 10}
        text = plain | {"num_format": "@", "align": "left", "indent": 1}
        wrapped = text | {"text_wrap": True}
        number = plain | {"num_format": "#,##0"}
        amount = plain | {"num_format": money}
        asked = text | {"bg_color": _ASKED, "border": 1, "border_color": _LINE}
        looks = [text, asked, text, wrapped, wrapped, text, text, number, amount, amount, wrapped, text, wrapped]
        line = {"top": 1, "top_color": _LINE}
        self._within = [book.add_format(look) for look in looks]
        self._starting = [book.add_format(look | line) for look in looks]
        self.heading = book.add_format(
            {
                "bold": True,
                "bg_color": _HEAD,
                "font_color": _INK,
                "text_wrap": True,
                "valign": "top",
                "bottom": 1,
                "indent": 1,
            }
        )

    def of(self, column: int, starts: bool) -> Any:
        return (self._starting if starts else self._within)[column]
