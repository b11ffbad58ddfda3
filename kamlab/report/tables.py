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

from kamlab.figures.measured import demanded, group_names, in_unit, measured
from kamlab.report.columns import (
    CLASSES,
    COMPARED,
    DISJOINT,
    FORMATS,
    HIDDEN,
    LIKE,
    MIXED,
    OF_REASONS,
    SPOKEN,
    SUMMED,
    WRITTEN,
    heading,
)
from kamlab.tables import column_label, table_label
from kamlab.text import MISSING, Words

_OF_A_TREE = "goal"  # is indented by `depth`
_CODE = re.compile(r"\[?KL-[A-Z]\d{3}\]?")
_UNBROKEN = {"account_id", "site_id", "movement"}


def html_table(frame: pd.DataFrame, words: Words, identifier: str, caption: str, most: int = 30) -> str:
    """Lay out a table: units in the heading, numbers to the right, no false decimals.

    Parameters
    ----------
    identifier : str
        Analysis and table, joined by `-`: where they have words of their own for a column, it is headed by these.
    most : int
        Rows shown; the others are summed up in one row where a sum makes sense.
    """
    frame = _by_unit(_by_measure(explained(frame, words), words), words)
    shown = frame.drop(columns=[name for name in frame.columns if name in HIDDEN]).dropna(axis="columns", how="all")
    shown = _with_variance(shown[_order(list(shown.columns))])
    written = [_written(shown.head(most), words)]
    if len(shown) > most:
        written.append(_summed(shown.iloc[most:], words, words("table.others", count=len(shown) - most)))
    has_total = len(shown) > 1 and bool(DISJOINT & set(shown.columns)) and bool(SUMMED & set(shown.columns))
    if has_total:
        written.append(_summed(shown, words, words("table.total")))
    body = pd.concat(written, ignore_index=True)
    analysis, _, table = identifier.partition("-")
    labels: dict[str, Any] = {name: heading(str(name), words, analysis, table) for name in body.columns}
    right = [
        name for name in body.columns[1:] if name in FORMATS or name in WRITTEN | MIXED
    ]  # the first column names the row
    layout = GT(body, id=identifier).cols_label(**labels).cols_align("left")
    if right:
        layout = layout.cols_align("right", columns=right)
    if "because" in body.columns:
        layout = layout.tab_style(style.css("min-width: 22em"), loc.body(columns=["because"]))
    if unbroken := [name for name in body.columns if name in _UNBROKEN]:
        layout = layout.tab_style(style.css("white-space: nowrap"), loc.body(columns=unbroken))
    for depth in sorted(set(frame["depth"].head(most))) if "depth" in frame.columns else ():
        rows = [at for at, own in enumerate(frame["depth"].head(most)) if own == depth]
        indent = f"padding-left: {1.2 * depth:.1f}em; min-width: 16em"
        layout = layout.tab_style(style.css(indent), loc.body(columns=[_OF_A_TREE], rows=rows))
    for meaning, sign in (("good", "+"), ("bad", "−")):
        for name in {"variance", "variance_ratio"} & set(body.columns):
            rows = [at for at, cell in enumerate(body[name]) if cell.removeprefix("> ").startswith(sign)]
            if rows:
                layout = layout.tab_style(style.css(f"color: var(--{meaning})"), loc.body(columns=[name], rows=rows))
    namer = "name" if "name" in body.columns else str(body.columns[0])
    return _plain(layout.as_raw_html(), caption, list(body.columns).index(namer), has_total)


def explained(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Say in words why an account has its status; what only the words speak of is no column of its own."""
    if "line_kind" in frame:
        frame = frame.assign(product_group=group_names(frame, words)).drop(columns="line_kind")
    if "because" not in frame:
        return frame
    said = [_because(row, words) for row in frame.to_dict("records")]
    return frame.assign(because=said).drop(columns=list(OF_REASONS & set(frame.columns)))


def _because(row: dict[Any, Any], words: Words) -> str:
    values = {str(name): None if value is pd.NaT or value != value else value for name, value in row.items()}
    in_circle = values.get("in_circle")
    values["of_100"] = None if in_circle is None else round(100 * float(in_circle))
    values["count"] = values.get("votes")
    return " ".join(words(f"because.{code}", **values) for code in row["because"].split())


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
    if name == "code":
        return lambda cell: f"{words.named('error', str(cell))} [{cell}]"
    if name in SPOKEN:
        return lambda cell: _spoken(name, cell, words)
    if name.startswith("by_"):  # yes or no, by procedure
        return lambda cell: words(f"value.complete.{bool(cell)}")
    if name == "periods":
        return lambda cell: MISSING if cell is None or cell != cell else _from_to(cell, words)
    return lambda cell: MISSING if cell is None or cell != cell else str(cell)


def _by_measure(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Write what was measured, and what a rule demands of it, in the unit of the measure of its row."""
    if not {"measure", "measured"} <= set(frame.columns):
        return frame
    rows = frame.reindex(columns=["measure", "measured", "measured_text", "relation", "limit", "limit_text"])
    said = [
        row.measured_text
        if isinstance(row.measured_text, str)
        else measured(str(row.measure), row.measured, words, row.limit)
        for row in rows.itertuples()
    ]
    required = [
        demanded(
            str(row.measure), row.relation, row.limit_text if isinstance(row.limit_text, str) else row.limit, words
        )
        if isinstance(row.relation, str)
        else None
        for row in rows.itertuples()
    ]
    others = frame.drop(columns=["measured", "measured_text", "relation", "limit", "limit_text"], errors="ignore")
    return others.assign(measured=said, required=pd.Series(required, index=frame.index, dtype="object"))


def _by_unit(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Write numbers of several kinds in the unit of their row."""
    if "unit" not in frame or not (mixed := MIXED & set(frame.columns)):
        return frame
    said = {name: [in_unit(*row, words) for row in zip(frame[name], frame["unit"], strict=True)] for name in mixed}
    return frame.assign(**said).drop(columns="unit")


def _spoken(name: str, cell: Any, words: Words) -> str:
    return MISSING if cell is None or pd.isna(cell) else words.named(f"value.{LIKE.get(name, name)}", str(cell))


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
