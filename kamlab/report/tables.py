"""Tables of a page: great_tables lays them out, Babel writes the numbers, the page's stylesheet dresses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
from great_tables import GT, loc, style
from markupsafe import escape

from kamlab.tables import column_label, table_label
from kamlab.text import MISSING, Words

# How a column is written, by its name: (method of Words, arguments). Anything else is text.
_WHOLE, _MONEY, _CENTS, _SHARE, _SHARE1 = ("number",), ("number",), ("number", 2), ("percent",), ("percent", 1)
FORMATS: dict[str, tuple[Any, ...]] = {
    "revenue": _MONEY,
    "revenue_cents": _CENTS,
    "revenue_now": _MONEY,
    "revenue_before": _MONEY,
    "before": _MONEY,
    "compared": _MONEY,
    "change": ("change",),
    "margin_rate": _SHARE1,
    "last_order": ("date",),
    "contribution_margin": _MONEY,
    "ledger": _MONEY,
    "here": _MONEY,
    "explained": _MONEY,
    "unexplained": _MONEY,
    "unexplained_share": ("percent", 2),
    "amount": _CENTS,
    "share": _SHARE1,
    "share_of_account": _SHARE1,
    "share_of_accounts": _SHARE,
    "cumulative_share": _SHARE1,
    "cut": _SHARE,
    "rank": _WHOLE,
    "rows": _WHOLE,
    "lines": _WHOLE,
    "values": _WHOLE,
    "accounts": _WHOLE,
    "sites": _WHOLE,
    "line": _WHOLE,
    "hidden_rows": _WHOLE,
    "header_row": _WHOLE,
    "month": ("month",),
    "revenue_earlier": _MONEY,
    "revenue_later": _MONEY,
    "revenue_difference": _MONEY,
    "relative": ("change",),
}
WRITTEN = {"number_earlier", "number_later", "number_difference"}  # numbers of several kinds, as text already
# Words that stand in cells: phrased under `value.<column>.<cell>`.
SPOKEN = {"movement", "complete", "file", "mapped", "encoding", "delimiter", "convention", "measure", "comparison"}
SPOKEN |= {"product_movement"}
SUMMED = {"revenue", "compared", "before", "contribution_margin", "share", "lines", "rows", "sites"}
CLASSES = ["class", "class_now", "class_before"]  # shown beside the name: a phone shows the left of a table
_CODE = re.compile(r"\[?KL-[A-Z]\d{3}\]?")
_UNBROKEN = {"account_id", "site_id"}
HIDDEN = {"numeric_id", "cumulative_share_now", "cumulative_share_before"}


def html_table(frame: pd.DataFrame, words: Words, identifier: str, caption: str, most: int = 30) -> str:
    """Lay out a table: units in the heading, numbers to the right, no false decimals.

    Parameters
    ----------
    most : int
        Rows shown; the others are summed up in one row where a sum makes sense.
    """
    shown = frame.drop(columns=[name for name in frame.columns if name in HIDDEN]).dropna(axis="columns", how="all")
    shown = shown[_order(list(shown.columns))]
    written = _written(shown.head(most), words)
    if len(shown) > most:
        written = pd.concat([written, _others(shown.iloc[most:], words)], ignore_index=True)
    labels: dict[str, Any] = {name: words(f"column.{name}", symbol=words.symbol()) for name in written.columns}
    right = [
        name for name in written.columns[1:] if name in FORMATS or name in WRITTEN
    ]  # the first column names the row
    layout = GT(written, id=identifier).cols_label(**labels).cols_align("left")
    if right:
        layout = layout.cols_align("right", columns=right)
    if unbroken := [name for name in written.columns if name in _UNBROKEN]:
        layout = layout.tab_style(style.css("white-space: nowrap"), loc.body(columns=unbroken))
    return _plain(layout.as_raw_html(), caption)


def _order(columns: list[str]) -> list[str]:
    """Put the classes behind the name."""
    if "name" not in columns:
        return columns
    moved = [name for name in CLASSES if name in columns]
    rest = [name for name in columns if name not in moved]
    behind = rest.index("name") + 1
    return [*rest[:behind], *moved, *rest[behind:]]


def _written(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    frame = _named(frame, words)
    return pd.DataFrame({name: [_writer(str(name), words)(cell) for cell in frame[name]] for name in frame.columns})


def _named(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Name input tables and their columns as the contracts do."""
    if "table" not in frame.columns:
        return frame
    if "canonical" in frame.columns:
        pairs = zip(frame["table"], frame["canonical"], strict=True)
        frame = frame.assign(canonical=[column_label(table, column, words.language) for table, column in pairs])
    return frame.assign(table=[table_label(table, words.language) for table in frame["table"]])


def _writer(name: str, words: Words) -> Callable[[Any], str]:
    if name in FORMATS:
        method, *arguments = FORMATS[name]
        return lambda cell: MISSING if cell is None or cell != cell else getattr(words, method)(cell, *arguments)
    if name == "product_group":
        return lambda cell: words("value.product_group.none") if cell is None or cell != cell else str(cell)
    if name == "code":
        return lambda cell: f"{words.named('error', str(cell))} [{cell}]"
    if name in SPOKEN:
        return lambda cell: _spoken(name, cell, words)
    if name == "periods":
        return lambda cell: MISSING if cell is None or cell != cell else _from_to(cell, words)
    return lambda cell: MISSING if cell is None or cell != cell else str(cell)


def _spoken(name: str, cell: Any, words: Words) -> str:
    return MISSING if cell is None or cell != cell else words.named(f"value.{name}", str(cell))


def _from_to(span: str, words: Words) -> str:
    """Write the first and last period of a pivot as one says it."""
    first, _, last = span.replace("-", "\N{NON-BREAKING HYPHEN}").partition(" … ")
    return words("text.from_to", start=first, end=last) if last else first


def _others(rest: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Sum the rows that are not shown into one."""
    first = "name" if "name" in rest.columns else str(rest.columns[0])
    cells = {str(name): _writer(str(name), words)(rest[name].sum()) if name in SUMMED else "" for name in rest.columns}
    return pd.DataFrame([cells | {first: words("table.others", count=len(rest))}])


def _plain(html: str, caption: str) -> str:
    """Keep the table, leave its own stylesheet: the page has one for screen, phone, print and the dark."""
    table = html[html.index("<table") : html.index("</table>") + len("</table>")]
    opened = f'<table class="gt_table"><caption>{escape(caption)}</caption>'
    table = re.sub(r"^<table[^>]*>", lambda _: opened, table)
    table = _CODE.sub(r'<span class="code">\g<0></span>', table)
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">{table}</div>'
