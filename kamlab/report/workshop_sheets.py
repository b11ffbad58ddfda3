"""The sheets of a selection workshop: a blind scoring sheet per judge, and the sheet on which decisions are written.

In go accounts and criteria, out come bytes; the headings are those that ingest reads back. Opens nothing.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kamlab.engagement.choosing import Criterion
from kamlab.sheets import cell_text, workbook
from kamlab.tables import TABLES, column_label
from kamlab.text import Words

TITLE, HINT, SCALE, HEADING = range(4)
LOWEST, HIGHEST = Decimal(1), Decimal(5)  # of a criterion that names no scale
_MOST_CHOICES = 11  # a longer scale is typed, not chosen
_LEFT_OF_SCROLLING = 2  # number and name stay in sight
_ROW = 15  # height of a line in points
_DAYS = (pd.Timestamp(1900, 1, 1), pd.Timestamp(2100, 12, 31))
_INK, _MUTED, _LINE, _HEAD, _ASKED, _LACKING = "#1f2933", "#52606d", "#9aa5b1", "#e4e7eb", "#fffbea", "#fbd5d5"


@dataclass(frozen=True)
class _Column:
    """A column of a sheet: heading, what stands above it, the look of its cells, what may be typed."""

    heading: str
    width: float
    above: str = ""
    look: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] | None = None
    values: Sequence[str | None] | None = None


def scoring_sheet(accounts: pd.DataFrame, criteria: Mapping[str, Criterion], rater: str, words: Words) -> bytes:
    """Write the sheet on which one judge rates accounts, a column per criterion.

    Parameters
    ----------
    accounts : DataFrame
        account_id and name, in the order of the rows. Nothing else of them is shown: it would sway the judge.
    criteria : mapping
        The criteria that people rate, by name.
    rater : str
        The judge's code, which stands in every row.
    """
    columns = [
        *_who(accounts, "criteria", words),
        *(_rated(name, criterion, words) for name, criterion in criteria.items()),
        _Column(column_label("criteria", "rater", words.language), 9, look=_QUIET, values=[rater] * len(accounts)),
    ]
    return _sheet(words("workshop.rating_title", rater=rater), words("workshop.rating_hint"), columns, words)


def decision_sheet(accounts: pd.DataFrame, words: Words) -> bytes:
    """Write the sheet on which the committee's decisions are kept.

    Parameters
    ----------
    accounts : DataFrame
        account_id, name and proposal (in, out, watch or None), in the order of the rows.
    """
    label = {name: column_label("decisions", name, words.language) for name in TABLES["decisions"].names}
    choices = {c.value: getattr(c.label, words.language) for c in TABLES["decisions"].column("decision").allowed}
    listed = _rule(label["decision"], words("workshop.help_decision"), validate="list", source=list(choices.values()))
    day = _rule(label["date"], "", validate="date", criteria="between", minimum=_DAYS[0], maximum=_DAYS[1])
    date_format = "dd.mm.yyyy" if words.language == "de" else "yyyy-mm-dd"
    proposals = [choices.get(proposal) for proposal in accounts["proposal"]]
    proposed = [_Column(words("workshop.proposal"), 16, look=_QUIET, values=proposals)] if any(proposals) else []
    columns = [
        *_who(accounts, "decisions", words),
        *proposed,
        _Column(label["decision"], 16, look=_ASKED_FOR, rule=listed),
        _Column(label["reason"], 52, look=_ASKED_FOR | {"text_wrap": True}),
        _Column(label["date"], 15, look=_ASKED_FOR | {"num_format": date_format, "align": "left"}, rule=day),
        _Column(label["by"], 22, look=_ASKED_FOR),
    ]
    reason = len(columns) - 3
    decided, explained = (xl_rowcol_to_cell(HEADING + 1, at, col_abs=True) for at in (reason - 1, reason))
    lacking = (reason, f'=AND({decided}<>"",{explained}="")')
    return _sheet(words("workshop.decision_title"), words("workshop.decision_hint"), columns, words, lacking)


_TEXT: dict[str, Any] = {"num_format": "@", "align": "left", "indent": 1}
_QUIET = _TEXT | {"font_color": _MUTED}
_ASKED_FOR = _TEXT | {"bg_color": _ASKED}


def _who(accounts: pd.DataFrame, table: str, words: Words) -> list[_Column]:
    number = _Column(
        column_label(table, "account_id", words.language), 15, look=_QUIET, values=list(accounts["account_id"])
    )
    return [
        number,
        _Column(column_label("accounts", "name", words.language), 40, look=_TEXT, values=list(accounts["name"])),
    ]


def _rated(name: str, criterion: Criterion, words: Words) -> _Column:
    """Make the column of a criterion: its scale above it, the values of the scale as a drop-down."""
    low = LOWEST if criterion.low is None else criterion.low
    high = HIGHEST if criterion.high is None else criterion.high
    spoken = {"low": _spoken(low, words), "high": _spoken(high, words), "unit": criterion.unit}
    scale = words(f"workshop.scale_{criterion.direction}", **spoken).strip()
    steps = range(int(low), int(high) + 1)
    is_listed = low == int(low) and high == int(high) and len(steps) <= _MOST_CHOICES
    allowed: dict[str, Any] = {"validate": "list", "source": [str(step) for step in steps]}
    if not is_listed:
        allowed = {"validate": "decimal", "criteria": "between", "minimum": float(low), "maximum": float(high)}
    look = {"bg_color": _ASKED, "align": "center"}
    width = max([15, *(len(word) + 3 for word in name.split())])  # words are not broken
    return _Column(name, width, scale, look, _rule(name, f"{scale}. {words('workshop.help_rating')}", **allowed))


def _spoken(number: Decimal, words: Words) -> str:
    return words.number(number, max(0, -int(number.normalize().as_tuple().exponent)))


def _rule(title: str, message: str, **allowed: Any) -> dict[str, Any]:
    """Make a check of what is typed; Excel takes 32 signs of a title and 255 of a message."""
    said = {"input_title": title[:32], "input_message": message[:255]} if message else {}
    return {**allowed, **said, "error_title": title[:32]}


def _sheet(
    title: str, hint: str, columns: Sequence[_Column], words: Words, lacking: tuple[int, str] | None = None
) -> bytes:
    """Write a workbook of one sheet that fits on A4; `lacking` marks cells of a column where a formula holds."""
    content = io.BytesIO()
    rows = max(len(column.values) for column in columns if column.values is not None)
    plain = {"font_color": _INK, "valign": "vcenter", "font_size": 10}
    lined = {"border": 1, "border_color": _LINE}
    with workbook(content, title) as book:
        sheet = book.add_worksheet(words("workshop.sheet"))
        sheet.hide_gridlines(2)
        sheet.write_string(TITLE, 0, cell_text(title), book.add_format(plain | {"bold": True, "font_size": 14}))
        told = book.add_format(plain | {"text_wrap": True, "valign": "top", "font_color": _MUTED})
        sheet.merge_range(HINT, 0, HINT, len(columns) - 1, hint, told)
        across = sum(column.width for column in columns)
        sheet.set_row(TITLE, 22)
        sheet.set_row(HINT, _ROW * _lines(hint, across))
        sheet.set_row(SCALE, _ROW * max(_lines(column.above, column.width) for column in columns))
        sheet.set_row(HEADING, _ROW * max(_lines(column.heading, column.width) for column in columns) + 4)
        for line in range(rows):
            sheet.set_row(HEADING + 1 + line, 1.3 * _ROW)
        above = book.add_format(plain | {"font_size": 9, "font_color": _MUTED, "text_wrap": True, "align": "center"})
        for at, column in enumerate(columns):
            is_centred = column.look.get("align") == "center"
            head: dict[str, Any] = {"bold": True, "bg_color": _HEAD, "text_wrap": True}
            head |= {"align": "center"} if is_centred else {"align": "left", "indent": 1}
            cell = book.add_format(plain | lined | column.look)
            sheet.set_column(at, at, column.width)
            sheet.write_string(SCALE, at, column.above, above)
            sheet.write_string(HEADING, at, cell_text(column.heading), book.add_format(plain | lined | head))
            for line, value in enumerate(column.values or [None] * rows, HEADING + 1):
                if value:
                    sheet.write_string(line, at, cell_text(value), cell)
                else:
                    sheet.write_blank(line, at, None, cell)
            if column.rule and rows:
                sheet.data_validation(HEADING + 1, at, HEADING + rows, at, column.rule)
        if lacking and rows:
            at, formula = lacking
            rule = {"type": "formula", "criteria": formula, "format": book.add_format({"bg_color": _LACKING})}
            sheet.conditional_format(HEADING + 1, at, HEADING + rows, at, rule)
        sheet.freeze_panes(HEADING + 1, _LEFT_OF_SCROLLING)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(SCALE, HEADING)
        sheet.set_footer("&R&P / &N")
    return content.getvalue()


def _lines(text: str, width: float) -> int:
    """Estimate how many lines a text takes in a column: by whole words, which are not broken."""
    lines, room = 1, 0.0
    for word in text.split():
        if room and room + len(word) + 1 > width - 1:
            lines, room = lines + 1, 0.0
        room += len(word) + 1
    return lines
