"""The entrance to a reports folder: what there is, how it went, and the sentence of every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kamlab.report.frame import Head, Link, framed
from kamlab.text import Language, Words


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
    head: Head,
    readiness: str,
    entries: Sequence[Entry],
    downloads: Sequence[Link],
    changes: Sequence[str],
    words: Words,
) -> bytes:
    """Make the index page of a language.

    Parameters
    ----------
    readiness : str
        What became of the data, in a sentence.
    downloads : links to what lies beside the pages
    changes : sentences on what is not as it was in the run before
    """
    fates = Counter(entry.status for entry in entries)
    went = [f"{count} {words(f'status.{status}')}" for status, count in fates.items()]
    parts = [
        Markup('<div class="question"><p class="asked">{}</p></div>').format(words("index.question")),
        Markup("<h1>{}</h1>").format(words("index.title", name=head.engagement)),
        Markup('<p class="what">{} {}</p>').format(readiness, words("index.run", went=went) if went else ""),
    ]
    if changes:
        items = Markup("").join(Markup("<li>{}</li>").format(change) for change in changes)
        parts.append(Markup("<h2>{}</h2><ul>{}</ul>").format(words("index.changes"), items))
    for block in dict.fromkeys(entry.block for entry in entries):
        items = Markup("").join(_item(entry, words) for entry in entries if entry.block == block)
        heading = Markup("<h2>{}</h2>").format(words(f"block.{block}"))
        parts.append(Markup('{}<ul class="pages">{}</ul>').format(heading, items))
    if downloads:
        items = Markup("").join(Markup('<li><a href="{}">{}</a></li>').format(at.href, at.text) for at in downloads)
        parts.append(Markup('<h2>{}</h2><ul class="files">{}</ul>').format(words("index.files"), items))
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
    kind = "state" if entry.status == "done" else "state warn"
    return Markup('<li>{}<p>{}</p><p class="{}">{}</p></li>').format(link, entry.sentence, kind, state)
