"""The entrance to a reports folder, one sheet: how things stand, then what every page has found, with its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kamlab.report.frame import Head, Link, framed
from kamlab.report.state import Part
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
    part : Part, optional
        The page's number.
    """

    name: str
    block: str
    href: str | None
    status: str
    sentence: str
    stale: bool = False
    part: Part | None = None


def index(
    head: Head,
    title: str,
    state: str,
    entries: Sequence[Entry],
    downloads: Sequence[Link],
    changes: Sequence[str],
    words: Words,
) -> bytes:
    """Make the index page of a language.

    Parameters
    ----------
    state : str
        How the client's key account management stands, or what became of the data.
    downloads : links to what lies beside the pages
    changes : sentences on what is not as it was in the run before
    """
    parts = [
        Markup('<div class="question"><p class="asked">{}</p></div>').format(words("index.question")),
        Markup("<h1>{}</h1>").format(title),
        Markup('<p class="state">{}</p>').format(state) if state else Markup(""),
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
    """Show what a page has found and leads to, its number and a bar; of a page that is not as it should be, why."""
    name = words(f"analysis.{entry.name}")
    found = entry.sentence if entry.status == "done" and entry.sentence else name
    link = Markup('<a href="{}">{}</a>').format(entry.href, found) if entry.href else Markup("<b>{}</b>").format(found)
    said = [Markup("<p>{}</p>").format(link)]
    if found != name:
        said.insert(0, Markup('<p class="page-name">{}</p>').format(name))
    elif entry.sentence:
        said.append(Markup("<p>{}</p>").format(entry.sentence))
    states = [words(f"status.{entry.status}")] if entry.status != "done" else []
    states += [words("index.stale")] if entry.stale else []
    if states:
        said.append(Markup('<p class="warn">{}</p>').format(" – ".join(states)))
    return Markup("<li><div>{}</div>{}</li>").format(Markup("").join(said), _drawn(entry.part, words))


def _drawn(part: Part | None, words: Words) -> Markup:
    """Draw the number of a page as a bar: its part of the whole."""
    if part is None:
        return Markup("")
    return Markup(
        '<p class="number"><strong>{}</strong> {}</p>'
        '<svg class="part" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="whole" width="100" height="8"/><rect width="{}" height="8"/></svg>'
    ).format(part.number, part.meaning, words("index.bar", share=part.share), f"{100 * part.share:.1f}")
