"""What results and pages say of one account, or of one thing, in several places."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from bs4 import BeautifulSoup

from kamlab.report.columns import heading
from kamlab.results import Result
from kamlab.text import Language, Words

KEYS = [["account_id", "site_id"], ["site_id"], ["account_id"]]
SENTENCES = "p, li, h1, figcaption, td, th"
MONEY: dict[Language, str] = {
    "de": r"−?\d[\d.]*(?:,\d+)?(?: (?:Mio\.|Mrd\.))? €",
    "en": r"−?€\d[\d,]*(?:\.\d+)?(?: (?:million|billion))?",
}
RANKED = re.compile(r"(?:Rang|[Rr]ank) ([\d.,]+)|([\d.,]+) (?:Punkten|points)\b(?! (?:of|von))")


class Said(NamedTuple):
    """Something that is told of an account: under which heading, where, by which column."""

    heading: str
    account: tuple[str, ...]
    value: Any
    place: str
    column: str


def _key(frame: pd.DataFrame) -> list[str]:
    """Return the columns that name a row: those of a site, else of an account; none where rows are something else."""
    columns = next((names for names in KEYS if set(names) <= set(frame.columns)), [])
    return columns if columns and not frame.duplicated(columns).any() else []


def told(results: Iterable[Result], words: Words) -> Iterator[Said]:
    """List what the tables of results tell of every account; a choice of a procedure is headed by its name alone."""
    for result in results:
        for name, frame in result.tables.items():
            keys = _key(frame)
            for column in [str(c) for c in frame.columns if keys and c not in {*keys, "name"}]:
                head = heading(column, words, result.analysis, name)
                cells = zip(frame[keys].itertuples(index=False, name=None), frame[column], strict=True)
                found = [(tuple(map(str, key)), value) for key, value in cells if not column.startswith("by_")]
                place = f"{result.analysis}.{name}"
                yield from (Said(head, key, _plain(v), place, column) for key, v in found if not _is_missing(v))


def shown(results: Iterable[Result], pages: Mapping[str, BeautifulSoup], words: Words) -> Iterator[Said]:
    """List what the tables of pages show of every account or site, as it is written."""
    number, name = (words(f"column.{column}") for column in ("account_id", "name"))
    others = [words(f"column.{column}") for column in ("site_id", "goal_id", "contract_id")]  # of which one has several
    numbers = _numbers(results)
    for page, soup in pages.items():
        for heads, rows in map(_cells, soup.select("table")):
            own = [dict(zip(heads, row, strict=True)) for row in rows]
            what = next((other for other in others if other in heads), number)
            keys = [(what, row.get(what) or numbers.get(row.get(name, ""), "")) for row in own]
            named = [(key, row) for key, row in zip(keys, own, strict=True) if key[1]]
            if len({key for key, _ in named}) == len(named):
                for key, row in named:
                    yield from (
                        Said(h, key, c, page, h) for h, c in row.items() if c not in ("ja", "nein", "yes", "no")
                    )


def _numbers(results: Iterable[Result]) -> dict[str, str]:
    """Return the number of each account whose name is its own."""
    frames = [frame for result in results for frame in result.tables.values() if {"account_id", "name"} <= set(frame)]
    accounts = pd.concat([frame[["account_id", "name"]] for frame in frames if "site_id" not in frame])
    known = accounts.drop_duplicates().drop_duplicates("name", keep=False)
    return dict(zip(known["name"].astype(str), known["account_id"].astype(str), strict=True))


def contradictions(said: Iterable[Said]) -> dict[str, list[str]]:
    """Name the headings under which one account has two values, with a few of them."""
    values: dict[tuple[str, tuple[str, ...]], dict[Any, str]] = defaultdict(dict)
    for one in said:
        values[one.heading, one.account].setdefault(one.value, f"{one.place}.{one.column}")
    found: dict[str, list[str]] = defaultdict(list)
    for (head, account), places in values.items():
        if len(places) > 1:
            found[head].append(f"{account}: " + ", ".join(f"{value} in {place}" for value, place in places.items()))
    return {head: all_[:3] for head, all_ in found.items()}


def opened(paths: Iterable[Path]) -> dict[str, BeautifulSoup]:
    """Read pages."""
    return {path.name: BeautifulSoup(path.read_bytes(), "html.parser") for path in paths}


def sentences(soup: BeautifulSoup) -> list[str]:
    """Return what a page says in its text and in the descriptions of its figures, ordinary blanks throughout."""
    texts = [part.get_text(" ", strip=True) for part in soup.select(SENTENCES)]
    texts += [str(part["aria-label"]) for part in soup.select("[aria-label]")]
    return [" ".join(text.split()) for text in dict.fromkeys(texts)]


def numbers_of_names(results: Iterable[Result], words: Words) -> dict[str, set[str]]:
    """Write all numbers that results tell of an account, by its name, in every way in which they are written."""
    known: dict[str, set[str]] = defaultdict(set)
    for result in results:
        for frame in result.tables.values():
            if {"account_id", "name"} <= set(frame.columns):
                for row in frame.to_dict("records"):
                    known[str(row["name"])] |= {text for value in row.values() for text in _written(value, words)}
    return known


def beside_a_name(known: Mapping[str, set[str]], soup: BeautifulSoup, words: Words) -> Iterator[tuple[str, bool, str]]:
    """List the money, ranks and points in sentences about one account, and whether a result tells them of it."""
    names = sorted(known, key=len, reverse=True)
    for text in sentences(soup):
        rest, found = text, []
        for name in names:
            if name in rest:
                found.append(name)
                rest = rest.replace(name, "#")
        if len(found) == 1:
            numbers = re.findall(MONEY[words.language], rest)
            numbers += [(rank or points).rstrip(".,") for rank, points in RANKED.findall(rest)]
            yield from ((number, number in known[found[0]], text) for number in numbers)


def _cells(table: Any) -> tuple[list[str], list[list[str]]]:
    heads = [head.get_text(" ", strip=True) for head in table.select("thead th")]
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("td, th")] for row in table.select("tbody tr")]
    return heads, rows


def _written(value: Any, words: Words) -> set[str]:
    """Write a number in every way in which money, ranks and points are written."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return set()
    said = {form(value) for form in (words.money, words.estimate, words.cents, words.number, words.points)}
    return {" ".join(text.split()) for text in said | {words.number(value, 1)}}


def _plain(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)
