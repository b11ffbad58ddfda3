"""The page of a comparison of two runs, and its sentences for the index. A result in, HTML and texts out."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
from markupsafe import Markup

from kamlab.comparison import CAUSES
from kamlab.report.blocks import Html, paragraph, sentence
from kamlab.report.frame import Head, framed
from kamlab.report.sheet_cells import kind_of
from kamlab.report.tables import html_table
from kamlab.report.workbook import tables_workbook
from kamlab.results import Finding, Result
from kamlab.text import MISSING, Language, Words, catalogue

_BULLETS, _MOST_ACCOUNTS, _MOST = 4, 40, 60  # sentences under the message; rows shown
_ABOUT = (
    "comparison.as_of",
    "comparison.inputs",
    "comparison.settings",
    "comparison.parameters",
    "comparison.versions",
)
_MONTHS = (
    "comparison.months_new",
    "comparison.months_completed",
    "comparison.months_corrected",
    "comparison.months_gone",
)


def headlines(result: Result, words: Words) -> list[str]:
    """Phrase what changed, the most important first: without what may have caused it."""
    return [_said(finding, words) for finding in result.findings if finding.key not in _ABOUT]


def _said(finding: Finding, words: Words) -> str:
    """Phrase a finding; counts by cause become a list: 2 durch Zusammenführung und 1 durch Wachstum."""
    counts = {cause: finding.values[cause] for cause in CAUSES if cause in finding.values}
    if not counts:
        return sentence(finding, words)
    if len(counts) == 1:
        return words(f"{finding.key}_alone", count=finding.values["count"], by=words(f"value.by.{next(iter(counts))}"))
    ordered = sorted(counts, key=lambda cause: -int(str(counts[cause])))  # as the comparison has it: the most first
    causes = [words("comparison.by", count=counts[cause], by=words(f"value.by.{cause}")) for cause in ordered]
    return words(finding.key, count=finding.values["count"], causes=causes)


def comparison_page(result: Result, words: Words, head: Head) -> bytes:
    """Make the page of a comparison."""
    lines = headlines(result, words)
    runs = words("comparison.what", **result.parameters)
    parts = [
        Markup('<div class="question"><p class="asked">{}</p></div>').format(words("comparison.question")),
        Markup("<h1>{}</h1>").format(lines[0].removesuffix(".")),
        Markup('<p class="what">{}</p>').format(runs),
    ]
    if lines[1:]:
        under = Markup("").join(Markup("<p>{}</p>").format(line) for line in lines[1 : _BULLETS + 1])
        parts.append(Markup('<div class="bottom">{}</div>').format(under))
    for section, content in _sections(result, words):
        parts += [Markup("<h2>{}</h2>").format(words(f"comparison.section.{section}")), Markup(content)]
    return framed(str(Markup("\n").join(parts)), head, words)


def page_file(language: Language) -> str:
    """Name the page of a language."""
    return f"compare.{language}.html"


def comparison_workbook(result: Result, words: Words, head: Head) -> bytes:
    """Write all tables of a comparison as a workbook."""
    numbers = _named(result.tables["key_numbers"], words)
    spoken = replace(result, tables={**result.tables, "key_numbers": numbers})
    return tables_workbook(
        {"comparison": spoken}, words, head.engagement, str(result.parameters["later"]), head.preliminary
    )


def _sections(result: Result, words: Words) -> list[tuple[str, str]]:
    tables = result.tables
    about = [sentence(finding, words) for finding in result.findings if finding.key in _ABOUT]
    sections = [
        ("accounts", _table(_accounts(tables["accounts"], words), "accounts", words, _MOST_ACCOUNTS)),
        ("key_numbers", _table(_written(tables["key_numbers"], words), "key_numbers", words)),
        ("months", _table(_spoken(tables["months"], words, "event"), "months", words)),
        (
            "about",
            "".join(map(paragraph, about)) + _table(_about(tables["circumstances"], words), "circumstances", words),
        ),
        ("how", "".join(paragraph(words(f"comparison.how.{part}")) for part in ("again", "border", "unclear"))),
    ]
    if len(tables["causes"]):
        causes = _without_common(_spoken(tables["causes"], words, "what", "cause"), words)
        sections[0] = ("accounts", _table(causes, "causes", words) + sections[0][1])
    return sections


def _table(frame: pd.DataFrame, name: str, words: Words, most: int = _MOST) -> Html:
    if frame.empty:
        return paragraph(words(f"comparison.empty_table.{name}"))
    return Html(html_table(frame, words, f"comparison-{name}", words(f"comparison.table.{name}"), most))


def _spoken(frame: pd.DataFrame, words: Words, *columns: str) -> pd.DataFrame:
    """Say the words of ours that stand in columns."""
    said = {name: [words.named(f"value.{name}", str(cell)) for cell in frame[name]] for name in columns}
    return frame.assign(**said)


def _accounts(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Say classes and causes; what all rows have in common is left out."""
    said = _spoken(frame, words, "what", "cause")
    for column in ("earlier", "later"):
        said[column] = [MISSING if _is_missing(cell) else words.named("value.class", cell) for cell in said[column]]
    return _without_common(said, words)


def _without_common(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Name the analyses; leave out what all rows have in common."""
    named = frame.assign(analysis=[words.named("analysis", name) for name in frame["analysis"]])
    return named.drop(columns=[name for name in ("analysis", "what") if named[name].nunique() < 2])


def _named(numbers: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Name key numbers, and say how each is written."""
    pairs = list(zip(numbers["analysis"], numbers["key"], strict=True))
    measure = [_label(analysis, key, words) for analysis, key in pairs]
    return numbers.assign(unit=[_kind(analysis, key, words) for analysis, key in pairs]).assign(measure=measure)[
        ["analysis", "measure", "key", "unit", "earlier", "later", "difference", "relative"]
    ]


def _label(analysis: str, key: str, words: Words) -> str:
    for text in (f"comparison.key.{analysis}.{key}", f"{analysis}.key.{key}"):
        if words.knows(text):
            return _template(text, words).partition("|")[2]
    return key.replace("_", " ")


_FORMATS = {"n": "number 0", "number": "number 2", "index": "number 4", "money": "money", "money2": "money"}
_FORMATS |= {"cents": "money", "percent": "share 0", "percent1": "share 1", "percent2": "share 2", "change": "share 1"}


def _kind(analysis: str, key: str, words: Words) -> str:
    """Say how a key number is written: as in its own text, or as columns of its name are."""
    for text in (f"comparison.key.{analysis}.{key}", f"{analysis}.key.{key}"):
        if words.knows(text) and (found := re.search(rf"\{{{key}:(\w+)\}}", _template(text, words))):
            return _FORMATS[found[1]]
    return kind_of(key) or ("money" if key.startswith("revenue") else "")


def _template(key: str, words: Words) -> str:
    message = catalogue(words.language).get(key)
    assert message is not None
    return str(message.string)


def _written(numbers: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Write every key number as its kind wants it; shares differ in percentage points."""
    rows = []
    for row in _named(numbers, words).to_dict("records"):
        name, _, decimals = row["unit"].partition(" ")
        cells: dict[str, Any] = {"analysis": words.named("analysis", row["analysis"]), "measure": row["measure"]}
        for column in ("earlier", "later", "difference"):
            cells[f"number_{column}"] = _number(
                row[column], name, int(decimals or 0), words, is_difference=column == "difference"
            )
        rows.append(cells | {"relative": None if name == "share" else row["relative"]})
    return pd.DataFrame(rows)


def _number(value: float, kind: str, decimals: int, words: Words, is_difference: bool) -> str:
    if _is_missing(value):
        return MISSING
    sign = "+" if is_difference and value > 0 else ""
    if kind == "share" and is_difference:
        return sign + words("comparison.points", points=words.number(100 * value, max(decimals, 1)))
    if kind == "share":
        return words.percent(value, max(decimals, 1))
    if kind == "money":
        return sign + words.money(value, 2)
    return sign + words.number(value, decimals if kind else 0 if float(value).is_integer() else 2)


def _about(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Say what differs."""
    said = _spoken(frame, words, "kind", "event")
    said["place"] = [_place(kind, place, words) for kind, place in zip(frame["kind"], frame["place"], strict=True)]
    for column in ("earlier", "later"):
        said[column] = [_cell(kind, cell, words) for cell, kind in zip(frame[column], frame["kind"], strict=True)]
    return said


def _cell(kind: str, cell: Any, words: Words) -> str:
    """Say rows of inputs as such, numbers as the language writes them, an absent value as a dash."""
    if _is_missing(cell) or cell == "":
        return MISSING
    if kind == "input":
        return words("comparison.rows", count=int(cell))
    if kind == "parameter" and re.fullmatch(r"-?\d+\.\d+", cell):
        return words.number(Decimal(cell), len(cell.partition(".")[2]))
    return str(cell)


def _place(kind: str, place: str, words: Words) -> str:
    """Name an analysis, a parameter with its analysis, a key number; files and settings stand as they are."""
    analysis, _, name = place.partition(".")
    if kind == "analysis":
        return words.named("analysis", place)
    if kind == "key_number":
        name = _label(analysis, name, words)
    return f"{words.named('analysis', analysis)}: {name}" if kind in ("parameter", "key_number") else place


def _is_missing(cell: Any) -> bool:
    return cell is None or cell != cell
