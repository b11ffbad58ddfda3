"""The entrance to a reports folder, and what stands around every page: head, provenance, footer.

Knows notebooks, their fates and their saved results; lays nothing out.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from kamlab import __version__
from kamlab.engagement import Engagement
from kamlab.facts import Facts
from kamlab.notebooks import OF_THE_RUN, Notebook, discover
from kamlab.report.frame import Head, Link, Provenance
from kamlab.report.index import Entry, index, index_name
from kamlab.report.state import headline, part, state
from kamlab.results import SavedResult
from kamlab.run.manifest import ManifestNotebook, inputs_of, versions
from kamlab.tables import table_label
from kamlab.text import MISSING, Language, Words

DOSSIERS = "dossiers/index"  # the page that leads to those made per account
READINESS = "01_data_readiness"  # the page that shows where the numbers of all others come from
NUMBERS = ("duckdb", "ibis-framework", "numpy", "pandas")  # libraries that numbers depend on
DOWNLOADS = ("workbook.xlsx", "rejects.xlsx", "rejects.csv")  # what a run may leave beside the pages


def entrance(
    engagement: Engagement,
    facts: Facts,
    statuses: Sequence[ManifestNotebook],
    words: Words,
    languages: tuple[Language, ...],
    run_id: str,
    changes: Sequence[str] = (),
) -> bytes:
    """Make the entrance to the reports in one language, from what the notebooks left and how they fared.

    Parameters
    ----------
    changes : sequence of str
        Sentences on what is not as it was in the run before.
    """
    notebooks = {notebook.stem: notebook for notebook in discover()}
    known = [status for status in statuses if status.notebook in notebooks]
    found = _results(engagement.reports, [notebooks[status.notebook].name for status in known if status.is_done])
    entries = [_entry(status, notebooks[status.notebook], engagement.reports, found, words) for status in known]
    refused = bool(facts.state.problems)
    links = [
        Link(words(f"language.{other}"), index_name(other, languages), other)
        for other in languages
        if other != words.language
    ]
    head = _head(facts, words("index.name"), words("index.block"), links, words, run_id)
    return index(
        head,
        headline(engagement.settings.name, {} if refused else found, words),
        words("index.refused") if refused else state(found, words),
        entries,
        _downloads(engagement.reports, words),
        changes,
        words,
    )


def _downloads(reports: Path, words: Words) -> list[Link]:
    """Link what there is beside the pages."""
    return [Link(words(f"index.file.{name}"), name) for name in DOWNLOADS if (reports / name).is_file()]


def _results(reports: Path, analyses: Sequence[str]) -> dict[str, SavedResult]:
    """Read what the pages have found; a page that is made per account has no result of its own."""
    files = {name: reports / "results" / name / "result.json" for name in analyses}
    return {name: SavedResult.model_validate_json(file.read_bytes()) for name, file in files.items() if file.is_file()}


def _entry(
    status: ManifestNotebook, notebook: Notebook, reports: Path, results: Mapping[str, SavedResult], words: Words
) -> Entry:
    """Describe a page for the index: what it says, or why it was not made; whether it is from an earlier run."""
    stem = DOSSIERS if notebook.declaration.per == "account" else notebook.stem
    file = page_name(stem, words.language)
    there = (reports / file).is_file()
    result = results.get(notebook.name)
    message = str(getattr(result.findings[0], words.language)) if result and result.findings else ""
    return Entry(
        name=notebook.name,
        block=notebook.declaration.block,
        href=file if there else None,
        status="done" if status.is_done else status.status,
        sentence=message if status.is_done else _why_not(status, words),
        stale=there and (not status.is_done or status.stale or words.language not in status.languages),
        part=part(notebook.name, result, words) if result else None,
    )


def _why_not(status: ManifestNotebook, words: Words) -> str:
    """Say why a page was not made."""
    if status.problem:
        return status.problem.message(words.language)
    if "personnel.level" in status.lacking:
        return words("possible.personal")
    return words("index.lacking", lacking=[table_label(name, words.language) for name in status.lacking])


def page_head(
    facts: Facts,
    notebook: Notebook,
    words: Words,
    languages: Sequence[Language],
    run_id: str,
    parameters: Mapping[str, Any],
) -> Head:
    """Say what stands around the page of a notebook, with links to the index and to the page in other languages.

    Where its numbers come from is told by the readiness page alone; every other page leads there.

    Parameters
    ----------
    parameters : typed values of those that do not keep their default
    """
    links = [Link(words("index.name"), index_name(words.language, languages))]
    links += _other_languages(notebook.stem, words, languages)
    title, block = words(f"analysis.{notebook.name}"), words(f"block.{notebook.declaration.block}")
    reads = facts.state.reads
    used = {name: version for name, version in versions().items() if name in NUMBERS}
    known = Provenance(
        parameters=_explained(notebook, parameters, words),
        files=[(item.table, item.name, item.rows, item.sha256[:16]) for item in inputs_of(facts.state)],
        tables=[(r.table, r.rows.read, r.rows.used, r.rows.left_out, r.rows.rejected) for r in reads],
        versions={"kamlab": __version__, **used},
        run_id=run_id,
        readiness="" if notebook.stem == READINESS else page_name(READINESS, words.language),
    )
    return replace(_head(facts, title, block, links, words, run_id), provenance=known)


def _head(facts: Facts, title: str, block: str, links: Sequence[Link], words: Words, run_id: str) -> Head:
    """Say what stands around every page."""
    return Head(
        engagement=facts.engagement.settings.name,
        title=title,
        block=block,
        as_of=facts.state.as_of,
        links=links,
        footer=[words("page.version", version=__version__, run=run_id)],
        preliminary=preliminary(facts, words),
        status=facts.engagement.settings.status,
        pseudonyms=facts.state.pseudonyms,
    )


def dossier_head(
    facts: Facts,
    notebook: Notebook,
    name: str,
    words: Words,
    languages: Sequence[Language],
    slug: str,
    run_id: str,
    parameters: Mapping[str, Any],
) -> Head:
    """Say what stands around the internal edition of a dossier, with links to the list and to its other edition."""
    links = [Link(words("dossiers.name"), f"index.{words.language}.html")]
    links += [Link(words("dossiers.customer"), f"{slug}.customer.{words.language}.html")]
    links += _other_languages(f"{slug}.internal", words, languages)
    head = page_head(facts, notebook, words, languages, run_id, parameters)
    assert head.provenance
    known = replace(head.provenance, readiness=f"../{head.provenance.readiness}")
    return replace(head, title=name, links=links, provenance=known)


def dossier_list_head(facts: Facts, words: Words, languages: Sequence[Language], run_id: str) -> Head:
    """Say what stands around the list of dossiers."""
    links = [Link(words("index.name"), f"../{index_name(words.language, languages)}")]
    links += _other_languages("index", words, languages)
    return _head(facts, words("dossiers.name"), words("block.potential"), links, words, run_id)


def _other_languages(stem: str, words: Words, languages: Sequence[Language]) -> list[Link]:
    return [
        Link(words(f"language.{other}"), page_name(stem, other), other)
        for other in languages
        if other != words.language
    ]


def _explained(notebook: Notebook, given: Mapping[str, Any], words: Words) -> list[tuple[str, str, str]]:
    """Name the parameters of a notebook with value and meaning: in the page's language, else as the notebook says."""
    explained = []
    for name, parameter in notebook.parameters.items():
        if name not in OF_THE_RUN:
            value = given[name] if name in given else ast.literal_eval(parameter.default)
            key = f"parameter.{name}"
            explained.append((name, _said(value, words), words(key) if words.knows(key) else parameter.meaning))
    return explained


def _said(value: Any, words: Words) -> str:
    """Write the value of a parameter."""
    if isinstance(value, bool):
        return words(f"value.complete.{value}")
    if isinstance(value, float):
        return words.number(value, len(f"{value:.8f}".rstrip("0").partition(".")[2]))
    if isinstance(value, date):
        return words.date(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or MISSING
    return str(value) or MISSING


def preliminary(facts: Facts, words: Words) -> str:
    """Say why all pages are preliminary: the control total of which most is unexplained; empty where none is."""
    worst = facts.reconciliation.worst
    if worst is None or worst.unexplained is None:
        return ""
    return words(
        "page.preliminary_why",
        period=worst.total.period,
        measure=worst.total.measure,
        source=worst.total.source,
        ledger=worst.total.value,
        unexplained=abs(worst.unexplained),
        share=worst.unexplained_share,
    )


def page_name(stem: str, language: str) -> str:
    """Name the file of a page."""
    return f"{stem}.{language}.html"
