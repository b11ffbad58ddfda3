"""The last section of a page: parameters, sources and versions, to trace every number by."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from kamlab.report.blocks import Html, fold
from kamlab.report.frame import Provenance
from kamlab.report.tables import html_table
from kamlab.text import Words


def provenance(known: Provenance, words: Words) -> Html:
    """Close a page: its parameters behind a fold, and the run; sources and versions on the readiness page alone."""
    parts: list[Markup] = []
    if known.parameters:
        frame = pd.DataFrame(list(known.parameters), columns=["parameter", "set_to", "meaning"])
        parts.append(fold(words("provenance.parameters"), _table("parameters", frame, words)))
    if known.readiness:
        parts.append(Markup('<p><a href="{}">{}</a></p>').format(known.readiness, words("provenance.readiness")))
    else:
        parts.append(_sources(known, words))
    return Html(Markup('<section class="provenance">{}</section>').format(Markup("\n").join(parts)))


def _sources(known: Provenance, words: Words) -> Html:
    files = pd.DataFrame(list(known.files), columns=["table", "file", "rows", "sha256"])
    tables = pd.DataFrame(list(known.tables), columns=["table", "read", "used", "left_out", "rejected"])
    named = [f"{name} {version}" for name, version in known.versions.items()]
    none = Markup("<p>{}</p>").format(words("provenance.none"))
    parts = [_table("files", files, words) if len(files) else none, _table("tables", tables, words)]
    said = Markup("<p>{}</p>").format(words("provenance.versions", versions=", ".join(named), run=known.run_id))
    return Html(fold(words("provenance.title"), Markup("\n").join(parts)) + said)


def _table(name: str, frame: pd.DataFrame, words: Words) -> Markup:
    title = words(f"provenance.{name}")
    return Markup(html_table(frame, words, f"provenance-{name}", title, most=len(frame)))
