"""The entrance to a reports folder: every page with its message, or why it is not there.

Knows notebooks, their fates and their saved results; lays nothing out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kamlab import __version__
from kamlab.engagement import Engagement
from kamlab.facts import Facts
from kamlab.notebooks import Notebook, discover
from kamlab.report.frame import Head, Link
from kamlab.report.index import Entry, index, index_name
from kamlab.results import SavedResult
from kamlab.run.manifest import ManifestNotebook
from kamlab.tables import table_label
from kamlab.text import Language, Words


def entrance(
    engagement: Engagement,
    facts: Facts,
    statuses: Sequence[ManifestNotebook],
    words: Words,
    languages: tuple[Language, ...],
    run_id: str,
) -> bytes:
    """Make the entrance to the reports in one language, from what the notebooks left and how they fared."""
    notebooks = {notebook.stem: notebook for notebook in discover()}
    entries = [
        _entry(status, notebooks[status.notebook], engagement.reports, words)
        for status in statuses
        if status.notebook in notebooks
    ]
    ledger = next(read for read in facts.state.reads if read.table == "transactions")
    key = "index.refused" if facts.state.problems else "index.readiness"
    readiness = words(key, read=ledger.rows.read, used=ledger.rows.used, rejected=ledger.rows.rejected)
    name = engagement.settings.name
    lines = footer(facts, words, run_id)
    return index(
        name,
        facts.state.as_of,
        readiness,
        entries,
        lines,
        words,
        languages,
        preliminary(facts, words),
        facts.state.pseudonyms,
    )


def _entry(status: ManifestNotebook, notebook: Notebook, reports: Path, words: Words) -> Entry:
    """Describe a page for the index: what it says, or why it was not made; whether it is from an earlier run."""
    file = page_name(notebook.stem, words.language)
    there = (reports / file).is_file()
    is_done = status.status in ("done", "unchanged")
    return Entry(
        name=notebook.name,
        block=notebook.declaration.block,
        href=file if there else None,
        status=status.status,
        sentence=_message(reports, notebook.name, words.language) if is_done else _why_not(status, words),
        stale=there and (not is_done or status.stale or words.language not in status.languages),
    )


def _why_not(status: ManifestNotebook, words: Words) -> str:
    """Say why a page was not made."""
    if status.problem:
        return status.problem.message(words.language)
    if "personnel.level" in status.lacking:
        return words("possible.personal")
    return words("index.lacking", lacking=[table_label(name, words.language) for name in status.lacking])


def _message(reports: Path, analysis: str, language: Language) -> str:
    """Read the message of a page from its result; empty where the page has none."""
    file = reports / "results" / analysis / "result.json"
    if not file.is_file():
        return ""
    findings = SavedResult.model_validate_json(file.read_bytes()).findings
    return str(getattr(findings[0], language)) if findings else ""


def page_head(facts: Facts, notebook: Notebook, words: Words, languages: Sequence[Language], run_id: str) -> Head:
    """Say what stands around the page of a notebook, with links to the index and to the page in other languages."""
    links = [Link(words("index.name"), index_name(words.language, languages))]
    links += _other_languages(notebook.stem, words, languages)
    return Head(
        engagement=facts.engagement.settings.name,
        title=words(f"analysis.{notebook.name}"),
        block=words(f"block.{notebook.declaration.block}"),
        as_of=facts.state.as_of,
        links=links,
        footer=footer(facts, words, run_id),
        preliminary=preliminary(facts, words),
        pseudonyms=facts.state.pseudonyms,
    )


def dossier_head(
    facts: Facts, notebook: Notebook, name: str, words: Words, languages: Sequence[Language], slug: str, run_id: str
) -> Head:
    """Say what stands around the internal edition of a dossier, with links to the list and to its other edition."""
    links = [Link(words("dossiers.name"), f"index.{words.language}.html")]
    links += [Link(words("dossiers.customer"), f"{slug}.customer.{words.language}.html")]
    links += _other_languages(f"{slug}.internal", words, languages)
    return replace(page_head(facts, notebook, words, languages, run_id), title=name, links=links)


def dossier_list_head(facts: Facts, words: Words, languages: Sequence[Language], run_id: str) -> Head:
    """Say what stands around the list of dossiers."""
    links = [Link(words("index.name"), f"../{index_name(words.language, languages)}")]
    links += _other_languages("index", words, languages)
    return Head(
        engagement=facts.engagement.settings.name,
        title=words("dossiers.name"),
        block=words("block.potential"),
        as_of=facts.state.as_of,
        links=links,
        footer=footer(facts, words, run_id),
        preliminary=preliminary(facts, words),
        pseudonyms=facts.state.pseudonyms,
    )


def _other_languages(stem: str, words: Words, languages: Sequence[Language]) -> list[Link]:
    return [
        Link(words(f"language.{other}"), page_name(stem, other), other)
        for other in languages
        if other != words.language
    ]


def footer(facts: Facts, words: Words, run_id: str) -> list[str]:
    """Name the inputs with their hashes, the version and the run; no clock time."""
    named = dict.fromkeys(f"{file.name} (sha256 {file.sha256[:8]}…)" for file in facts.state.inputs)
    return [
        words("page.inputs", inputs=", ".join(named) or "–"),
        words("page.version", version=__version__, run=run_id),
    ]


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
