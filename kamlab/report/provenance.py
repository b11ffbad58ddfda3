"""The last section of a page: parameters, sources and versions, to trace every number by. No clock time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from markupsafe import Markup

from kamlab.report.blocks import Html
from kamlab.report.tables import html_table
from kamlab.text import Words


def provenance(
    parameters: Sequence[tuple[str, str, str]],
    files: pd.DataFrame,
    tables: pd.DataFrame,
    versions: Mapping[str, str],
    run_id: str,
    words: Words,
) -> Html:
    """Show where the numbers of a page come from.

    Parameters
    ----------
    parameters : name, value and meaning of each, as texts
    files : DataFrame
        table, file, rows (read), sha256.
    tables : DataFrame
        table, read, used, left_out, rejected: what became of the rows of each input table.
    versions : name to version, of what numbers depend on
    """
    parts = [Markup("<h2>{}</h2>").format(words("provenance.title"))]
    if parameters:
        frame = pd.DataFrame(parameters, columns=["parameter", "set_to", "meaning"])
        parts.append(_table("parameters", frame, words))
    parts.append(_table("files", files, words) if len(files) else Markup("<p>{}</p>").format(words("provenance.none")))
    parts.append(_table("tables", tables, words))
    named = [f"{name} {version}" for name, version in versions.items()]
    parts.append(Markup("<p>{}</p>").format(words("provenance.versions", versions=", ".join(named), run=run_id)))
    return Html(Markup('<section class="provenance">{}</section>').format(Markup("\n").join(parts)))


def _table(name: str, frame: pd.DataFrame, words: Words) -> Markup:
    title = words(f"provenance.{name}")
    return Markup(html_table(frame, words, f"provenance-{name}", title, most=len(frame)))
