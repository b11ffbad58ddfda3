"""The last section of a page: parameters, sources and versions, to trace every number by."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from kamlab.report.blocks import Html
from kamlab.report.frame import Provenance
from kamlab.report.tables import html_table
from kamlab.text import Words


def provenance(known: Provenance, words: Words) -> Html:
    """Show where the numbers of a page come from."""
    parts = [Markup("<h2>{}</h2>").format(words("provenance.title"))]
    if known.parameters:
        frame = pd.DataFrame(list(known.parameters), columns=["parameter", "set_to", "meaning"])
        parts.append(_table("parameters", frame, words))
    files = pd.DataFrame(list(known.files), columns=["table", "file", "rows", "sha256"])
    parts.append(_table("files", files, words) if len(files) else Markup("<p>{}</p>").format(words("provenance.none")))
    tables = pd.DataFrame(list(known.tables), columns=["table", "read", "used", "left_out", "rejected"])
    parts.append(_table("tables", tables, words))
    named = [f"{name} {version}" for name, version in known.versions.items()]
    said = words("provenance.versions", versions=", ".join(named), run=known.run_id)
    parts.append(Markup("<p>{}</p>").format(said))
    return Html(Markup('<section class="provenance">{}</section>').format(Markup("\n").join(parts)))


def _table(name: str, frame: pd.DataFrame, words: Words) -> Markup:
    title = words(f"provenance.{name}")
    return Markup(html_table(frame, words, f"provenance-{name}", title, most=len(frame)))
