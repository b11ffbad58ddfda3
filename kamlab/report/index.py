"""The entrance to a reports folder: what there is, how it went, and the sentence of every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from kamlab.report.frame import Head, Link, framed
from kamlab.text import LANGUAGES, Language, Words


@dataclass(frozen=True)
class Entry:
    """One page of the index.

    Attributes
    ----------
    href : str or None
        The page; None where there is none.
    status : str
        A status word of the run: done, unchanged, not_possible, failed, timed_out.
    sentence : str
        The page's message, or why there is none.
    stale : bool
        The page is older than the data: the last attempt to make it failed.
    """

    name: str
    block: str
    href: str | None
    status: str
    sentence: str
    stale: bool = False


def index(
    engagement: str,
    as_of: date | None,
    readiness: str,
    entries: Sequence[Entry],
    footer: Sequence[str],
    words: Words,
    languages: Sequence[Language],
    preliminary: str = "",
    pseudonyms: bool = False,
) -> bytes:
    """Make the index page of a language; `languages` are those that have one, the first is index.html."""
    parts = [
        Markup('<div class="question"><p class="asked">{}</p></div>').format(words("index.question")),
        Markup("<h1>{}</h1>").format(words("index.title", name=engagement)),
        Markup('<p class="what">{}</p>').format(readiness),
    ]
    for block in dict.fromkeys(entry.block for entry in entries):
        items = [_item(entry, words) for entry in entries if entry.block == block]
        heading = Markup("<h2>{}</h2>").format(words(f"block.{block}"))
        parts.append(Markup('{}<ul class="pages">{}</ul>').format(heading, Markup("").join(items)))
    links = [
        Link(text=words(f"language.{other}"), href=index_name(other, languages), language=other)
        for other in LANGUAGES
        if other != words.language and other in languages
    ]
    head = Head(
        engagement,
        words("index.name"),
        words("index.block"),
        as_of,
        links,
        tuple(footer),
        preliminary,
        pseudonyms=pseudonyms,
    )
    return framed(str(Markup("\n").join(parts)), head, words)


def index_name(language: Language, languages: Sequence[Language]) -> str:
    """Name the index file of a language: index.html for the first, index.en.html beside it."""
    return "index.html" if language == languages[0] else f"index.{language}.html"


def _item(entry: Entry, words: Words) -> Markup:
    title = words(f"analysis.{entry.name}")
    link = Markup('<a href="{}">{}</a>').format(entry.href, title) if entry.href else Markup("<b>{}</b>").format(title)
    state = words(f"status.{entry.status}")
    if entry.stale:
        state = f"{state} – {words('index.stale')}"
    kind = "state" if entry.status in ("done", "unchanged") else "state warn"
    return Markup('<li>{}<p>{}</p><p class="{}">{}</p></li>').format(link, entry.sentence, kind, state)
