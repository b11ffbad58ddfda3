"""The frame of every page: one stylesheet, a contents list, a policy that lets nothing in from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from html import unescape
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from kamlab.design import custom_properties
from kamlab.text import Words, printable

_HERE = Path(__file__).parent
_HEADING = re.compile(r"<h2\b[^>]*>(.*?)</h2>", re.DOTALL)  # in our own pages: what comes from data is escaped
_TAG = re.compile("<[^>]*>")


@dataclass(frozen=True)
class Link:
    """A link of the page's head; `language` where it leads to the page in another one."""

    text: str
    href: str
    language: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Where the numbers of a page come from; no clock time.

    Attributes
    ----------
    parameters : name, value and meaning of each, as texts
    files : input table, file, rows read, sha256
    tables : input table, rows read, used, left out, rejected
    versions : name to version, of what numbers depend on
    readiness : link to the page that shows files, tables and versions; empty on that page itself
    """

    parameters: Sequence[tuple[str, str, str]]
    files: Sequence[tuple[str, str, int | None, str]]
    tables: Sequence[tuple[str, int, int, int, int]]
    versions: Mapping[str, str]
    run_id: str
    readiness: str = ""


@dataclass(frozen=True)
class Head:
    """What stands around the content of a page.

    Attributes
    ----------
    preliminary : str
        Why the page is marked as preliminary; empty where it is not.
    edition : str
        Of a dossier: `internal` is marked on the screen all the time and on every printed page, or `customer`.
    status : str
        How far the page has come: draft, reviewed, released; empty where it is not told.
    provenance : Provenance, optional
        Where the numbers of a page come from.
    pseudonyms : bool
        Accounts stand on the page under pseudonyms.
    """

    engagement: str
    title: str
    block: str
    as_of: date | None = None
    links: Sequence[Link] = ()
    footer: Sequence[str] = field(default_factory=tuple)
    preliminary: str = ""
    edition: Literal["", "internal", "customer"] = ""
    status: Literal["", "draft", "reviewed", "released"] = ""
    provenance: Provenance | None = None
    pseudonyms: bool = False


def framed(body: str, head: Head, words: Words) -> bytes:
    """Put the content of a page into its frame.

    Parameters
    ----------
    body : str
        Safe HTML whose sections begin with h2.
    """
    content, contents = _with_contents(body)
    css = f"{custom_properties()}\n{(_HERE / 'page.css').read_text(encoding='utf-8').strip()}"
    page = _template().render(head=head, contents=contents, body=Markup(content), css=Markup(css), words=words)
    return (printable(page.strip()) + "\n").encode()


def _with_contents(body: str) -> tuple[str, list[dict[str, str]]]:
    """Number the sections for the contents list: ids that no heading's text can break."""
    contents: list[dict[str, str]] = []

    def numbered(heading: re.Match[str]) -> str:
        contents.append({"id": f"s{len(contents) + 1}", "text": unescape(_TAG.sub("", heading[1])).strip()})
        return f'<h2 id="{contents[-1]["id"]}">{heading[1]}</h2>'

    return _HEADING.sub(numbered, body), contents


@cache
def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True)
    return environment.get_template("frame.html.j2")
