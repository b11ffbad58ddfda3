"""Tables of a page: Babel writes the numbers, the page's stylesheet dresses them; on a phone each row is a card.

Where a column stands beside that of the year before, the variance follows, absolute and in per cent. Rows that are not
shown are summed up in one; where the rows are accounts, sites or classes, the sum of all of them comes last.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup, escape

from kamlab.figures.measured import demanded, group_names, in_unit, measured
from kamlab.report.columns import (
    CLASSES,
    COMPARED,
    DISJOINT,
    FORMATS,
    HIDDEN,
    LIKE,
    MIXED,
    MONEY,
    OF_REASONS,
    RANGES,
    SPOKEN,
    SUMMED,
    WRITTEN,
    heading,
)
from kamlab.tables import column_label, table_label
from kamlab.text import MISSING, Words

_OF_A_TREE = "goal"  # is indented by `depth`
_CODE = re.compile(r"\[?KL-[A-Z]\d{3}\]?")
MOST_COLUMNS = 7  # that fit beside each other; a table with more scrolls
_UNBROKEN = {"account_id", "site_id", "movement"}


def html_table(
    frame: pd.DataFrame, words: Words, identifier: str, caption: str, most: int = 12, is_decision: bool = False
) -> str:
    """Lay out a table: units in the heading, numbers to the right, no false decimals.

    Parameters
    ----------
    identifier : str
        Analysis and table, joined by `-`: where they have words of their own for a column, it is headed by these.
    most : int
        Rows shown; the others are summed up in one row where a sum makes sense.
    is_decision : bool
        The table is the list that the page is for: it may have more rows.
    """
    depths = list(frame["depth"]) if "depth" in frame else [0] * len(frame)
    frame = _by_unit(_by_measure(explained(frame, words), words), words)
    shown = frame.drop(columns=[name for name in frame.columns if name in HIDDEN]).dropna(axis="columns", how="all")
    shown = with_variance(shown[_order(list(shown.columns))])
    has_total = len(shown) > 1 and bool(DISJOINT & set(shown.columns)) and bool(SUMMED & set(shown.columns))
    if {"account_id", "name"} <= set(shown.columns) and "site_id" not in shown and shown["name"].is_unique:
        shown = shown.drop(columns="account_id")  # the name is enough; the workbook has the number
    units = _units(shown)
    shown = shown.assign(**{name: shown[name].astype(float) / size for name, size in units.items()})
    written = [_written(shown.head(most), words)]
    if len(shown) > most:
        written.append(_summed(shown.iloc[most:], words, words("table.others", count=len(shown) - most)))
    if has_total:
        written.append(_summed(shown, words, words("table.total")))
    body = pd.concat(written, ignore_index=True)
    analysis, _, table = identifier.partition("-")
    namer = "name" if "name" in body.columns else str(body.columns[0])
    columns = [
        {
            "name": name,
            "heading": heading(name, words, analysis, table, _symbol(units.get(name, 1), words)),
            "is_namer": name == namer,
            "kind": _kind(name, at == 0),  # the first column names the row
        }
        for at, name in enumerate(map(str, body.columns))
    ]
    return _template().render(
        caption=caption,
        columns=columns,
        rows=[
            [(column, cell, _judged(str(column["name"]), cell)) for column, cell in zip(columns, row, strict=True)]
            for row in body.itertuples(index=False)
        ],
        depths=depths[:most],
        tree=_OF_A_TREE,
        has_total=has_total,
        scrolls=len(columns) > MOST_COLUMNS,
        is_decision=is_decision,
    )


def _units(frame: pd.DataFrame) -> dict[str, int]:
    """Write money from a million on in thousands, from a thousand millions on in millions; what is compared, alike."""
    money = [name for name in frame.columns if name in MONEY]
    highest = {name: float(pd.to_numeric(frame[name]).abs().max()) for name in money}
    for together in [*COMPARED, *RANGES]:
        alike = [name for name in (*together, "variance") if name in highest and set(together) <= set(money)]
        highest |= dict.fromkeys(alike, max((highest[name] for name in alike), default=0.0))
    sizes = {
        name: next((size for size in (1_000_000, 1_000) if top >= 1_000 * size), 1) for name, top in highest.items()
    }
    return {name: size for name, size in sizes.items() if size > 1}


def _symbol(size: int, words: Words) -> str:
    symbol = words.symbol()
    return symbol if size == 1 else words(f"table.unit.{size}", symbol=symbol)


def _kind(name: str, is_first: bool) -> str:
    """Name the style of a column's cells."""
    if (name in FORMATS or name in WRITTEN | MIXED) and not is_first:
        return "n"
    return name if name in ("because", "verdict") else "whole" if name in _UNBROKEN else ""


def _judged(name: str, cell: str) -> str:
    """Say whether a variance is good or bad, by its sign."""
    if name not in ("variance", "variance_ratio"):
        return ""
    return {"+": "good", "−": "bad"}.get(cell.removeprefix("> ")[:1], "")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["coded"] = lambda cell: Markup(_CODE.sub(r'<span class="code">\g<0></span>', str(escape(cell))))
    return environment.get_template("table.html.j2")


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
    if failing := values.get("failing"):  # rules in the client's own words
        values["failing"] = ", ".join(words("text.quoted", text=rule) for rule in str(failing).split("; "))
    return " ".join(words(f"because.{code}", **values) for code in row["because"].split())


def with_variance(frame: pd.DataFrame) -> pd.DataFrame:
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
        sums = with_variance(sums.drop(columns="variance"))
    cells = {name: _writer(name, words)(sums[name].iloc[0]) if name in sums else "" for name in map(str, rows.columns)}
    return pd.DataFrame([cells | {first: title}])
