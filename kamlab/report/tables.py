"""Tables of a page: great_tables lays them out, Babel writes the numbers, the page's stylesheet dresses them.

Where a column stands beside that of the year before, the variance follows, absolute and in per cent. Rows that are not
shown are summed up in one; where the rows are accounts, sites or classes, the sum of all of them comes last.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
from bs4 import BeautifulSoup
from great_tables import GT, loc, style
from markupsafe import Markup

from kamlab.tables import column_label, table_label
from kamlab.text import MISSING, Words

# How a column is written, by its name: (method of Words, arguments). Anything else is text.
_WHOLE, _MONEY, _CENTS, _SHARE, _SHARE1 = ("number",), ("number",), ("number", 2), ("percent",), ("percent", 1)
_ABOUT = ("about",)  # estimates
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
    "variance": ("signed",),
    "variance_ratio": ("change",),
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
    "read": _WHOLE,
    "used": _WHOLE,
    "left_out": _WHOLE,
    "rejected": _WHOLE,
    "hidden_rows": _WHOLE,
    "header_row": _WHOLE,
    "month": ("month",),
    "revenue_earlier": _MONEY,
    "revenue_later": _MONEY,
    "revenue_difference": _MONEY,
    "relative": ("change",),
    "worth": _ABOUT,
    "worth_low": _ABOUT,
    "worth_high": _ABOUT,
    "contracted": _ABOUT,
    "framework": _ABOUT,
    "expected": _ABOUT,
    "lifetime_value": _ABOUT,
    "at_stake": _ABOUT,
    "predicted": _ABOUT,
    "actual": _ABOUT,
    "margin_12": _MONEY,
    "revenue_12": _MONEY,
    "contracted_until": ("date",),
    "retention": _SHARE1,
    "retention_low": _SHARE1,
    "retention_high": _SHARE1,
    "p_inactive": _SHARE,
    "kept": _SHARE,
    "rests_on": _WHOLE,
    "stayed": _WHOLE,
    "orders": _WHOLE,
    "days_silent": _WHOLE,
    "usual_gap": _WHOLE,
    "longest_gap": _WHOLE,
    "orders_expected": _WHOLE,
    "orders_actual": _WHOLE,
    "cuts": _WHOLE,
    "months": _WHOLE,
    "inactive": _WHOLE,
    "named": _WHOLE,
    "hits": _WHOLE,
    "predicted_inactive": _WHOLE,
    "cut_day": ("date",),
    "error_total": _SHARE1,
    "error_signed": ("change",),
    "error_accounts": _SHARE1,
    "top_share": _SHARE1,
    "covered": _SHARE,
    "sorted": _SHARE,
}
WRITTEN = {"number_earlier", "number_later", "number_difference"}  # numbers of several kinds, as text already
# Words that stand in cells: phrased under `value.<column>.<cell>`.
SPOKEN = {"movement", "complete", "file", "mapped", "encoding", "delimiter", "convention", "measure", "comparison"}
SPOKEN |= {"product_movement", "key_account", "pooled", "rule", "choice", "circle"}
SUMMED = {"revenue", "revenue_now", "revenue_before", "compared", "before", "variance", "contribution_margin", "share"}
SUMMED |= {"lines", "rows", "sites", "accounts"}
SUMMED |= {"worth", "contracted", "framework", "expected", "margin_12", "revenue_12", "at_stake", "stayed"}
DISJOINT = {"account_id", "class", "product_group"}  # a table with such a column has no row that contains another
COMPARED = [("revenue_now", "revenue_before"), ("compared", "before"), ("revenue", "before")]
CLASSES = ["class", "class_now", "class_before"]  # shown beside the name: a phone shows the left of a table
_CODE = re.compile(r"\[?KL-[A-Z]\d{3}\]?")
_UNBROKEN = {"account_id", "site_id", "movement"}
HIDDEN = {"spread", "numeric_id", "cumulative_share_now", "cumulative_share_before"}


def html_table(frame: pd.DataFrame, words: Words, identifier: str, caption: str, most: int = 30) -> str:
    """Lay out a table: units in the heading, numbers to the right, no false decimals.

    Parameters
    ----------
    most : int
        Rows shown; the others are summed up in one row where a sum makes sense.
    """
    shown = frame.drop(columns=[name for name in frame.columns if name in HIDDEN]).dropna(axis="columns", how="all")
    shown = _with_variance(shown[_order(list(shown.columns))])
    written = [_written(shown.head(most), words)]
    if len(shown) > most:
        written.append(_summed(shown.iloc[most:], words, words("table.others", count=len(shown) - most)))
    has_total = len(shown) > 1 and bool(DISJOINT & set(shown.columns)) and bool(SUMMED & set(shown.columns))
    if has_total:
        written.append(_summed(shown, words, words("table.total")))
    body = pd.concat(written, ignore_index=True)
    labels: dict[str, Any] = {name: words(f"column.{name}", symbol=words.symbol()) for name in body.columns}
    right = [name for name in body.columns[1:] if name in FORMATS or name in WRITTEN]  # the first column names the row
    layout = GT(body, id=identifier).cols_label(**labels).cols_align("left")
    if right:
        layout = layout.cols_align("right", columns=right)
    if unbroken := [name for name in body.columns if name in _UNBROKEN]:
        layout = layout.tab_style(style.css("white-space: nowrap"), loc.body(columns=unbroken))
    for meaning, sign in (("good", "+"), ("bad", "−")):
        for name in {"variance", "variance_ratio"} & set(body.columns):
            rows = [at for at, cell in enumerate(body[name]) if cell.removeprefix("> ").startswith(sign)]
            if rows:
                layout = layout.tab_style(style.css(f"color: var(--{meaning})"), loc.body(columns=[name], rows=rows))
    namer = "name" if "name" in body.columns else str(body.columns[0])
    return _plain(layout.as_raw_html(), caption, list(body.columns).index(namer), has_total)


def _with_variance(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the variance behind the columns that are compared; what was nothing before has none in per cent."""
    for now, before in COMPARED:
        if {now, before} <= set(frame.columns):
            frame = frame.drop(columns="change", errors="ignore")  # the same, without the amount
            variance = frame[now].fillna(0) - frame[before].fillna(0)
            ratio = variance / frame[before].where(frame[before] > 0)
            at = list(frame.columns).index(before) + 1
            compared = pd.DataFrame({"variance": variance, "variance_ratio": ratio})
            return pd.concat([frame.iloc[:, :at], compared, frame.iloc[:, at:]], axis="columns")
    return frame


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


def _summed(rows: pd.DataFrame, words: Words, title: str) -> pd.DataFrame:
    """Sum rows into one with this title; a ratio is that of the sums."""
    first = "name" if "name" in rows.columns else str(rows.columns[0])
    sums = pd.DataFrame({name: [rows[name].sum()] for name in rows.columns if name in SUMMED})
    if "variance_ratio" in rows.columns:
        sums = _with_variance(sums.drop(columns="variance"))
    cells = {name: _writer(name, words)(sums[name].iloc[0]) if name in sums else "" for name in map(str, rows.columns)}
    return pd.DataFrame([cells | {first: title}])


def _plain(html: str, caption: str, namer: int, has_total: bool) -> str:
    """Keep the table, leave its own stylesheet: the page has one for screen, phone, print and the dark.

    Parameters
    ----------
    namer : int
        The column whose cell names its row.
    """
    soup = BeautifulSoup(html[html.index("<table") : html.rindex("</table>") + len("</table>")], "html.parser")
    table = soup.table
    assert table is not None
    table.attrs = {}
    table.insert(0, soup.new_tag("caption", string=caption))
    rows = table.select("tbody tr")
    for row in rows:
        name = row.find_all("td")[namer]
        name.name = "th"
        name["scope"] = "row"
    for cell in table.select("th, td"):
        kept = {key: value for key, value in cell.attrs.items() if key in ("scope", "style")}
        cell.attrs = kept | ({"class": "n"} if "gt_right" in cell.get_attribute_list("class") else {})
    if has_total:
        rows[-1]["class"] = "total"
    for body in table.select("thead tr, tbody"):
        del body["class"]
    text = Markup(_CODE.sub(r'<span class="code">\g<0></span>', str(table)))
    box = Markup('<div class="scroll" tabindex="0" role="region" aria-label="{}">{}</div>')
    return str(box.format(caption, text))
