"""A mapping proposed: which heading of a client's file feeds which canonical column, with confidence and reason.

In goes a file as it came, out comes a plan that can be shown and, where the user says so, written into
`engagement.yml`. Opens no input itself: the look into the file is ingest's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kamlab.engagement import DEMO, Source, nearest, settings_file, settings_text
from kamlab.engagement.additions import NotAddable, SourceAddition, added, freed
from kamlab.engagement.document import Document, read
from kamlab.engagement.settings import typed
from kamlab.errors import Problem, SettingsError, bare_url
from kamlab.ingest.sampling import Sample, files_of, sample
from kamlab.mapping.currency import currency_of
from kamlab.mapping.proposal import Proposal, best_tables, propose
from kamlab.publish import publish
from kamlab.tables import TABLES, TRANSACTIONS
from kamlab.templates import WORKBOOKS

_NO_SETTINGS = "KL-S307"
_OF_A_SHEET = ("path", "sheet")
# What a settings file may still lack while its sources are being mapped one after the other.
_UNFINISHED = ("settings.no_transactions", "settings.one_place")


@dataclass(frozen=True)
class Plan:
    """What `kamlab map` found out about a file.

    Attributes
    ----------
    settings : Path or None
        The settings file in scope.
    path : str
        The file as `path:` would name it, relative to the settings.
    other : str
        A second table that fits nearly as well; empty where there is none.
    has_path : bool
        The settings read this file as this table already.
    is_named : bool
        The table was named, by the user or by the settings.
    obstacle : Problem or None
        Why nothing can be written.
    replaces_sheet : bool
        The table is still to come from the workbook of `kamlab init`: the file takes its place.
    currencies : tuple of str
        The currency that the file speaks of and that of the settings, where they differ; else empty.
    """

    sample: Sample
    proposal: Proposal
    settings: Path | None
    path: str
    sheet: str
    other: str = ""
    has_path: bool = False
    is_named: bool = False
    obstacle: Problem | None = None
    language: str | None = None
    lacks_transactions: bool = False
    replaces_sheet: bool = False
    currencies: tuple[str, ...] = ()


def plan(file: str, table: str | None = None, place: str | None = None, sheet: str | None = None) -> Plan:
    """Look into a file and propose a mapping.

    Parameters
    ----------
    file : str
        A file, or a pattern of files with the same headings.
    table : str, optional
        The input table it is; default: the one that the settings read it as, else the one that fits best.
    place : str, optional
        The engagement, as everywhere.
    sheet : str, optional
        The sheet of a workbook.

    Raises
    ------
    SettingsError
        No such file (KL-S330), no such table (KL-S331), a file that is like no table (KL-S332), settings that cannot be
        read.
    DataRefused
        The file cannot be opened.
    """
    if table is not None and table not in TABLES:
        values: dict[str, Any] = {"given": table, "nearest": nearest(table, TABLES) or "–", "known": list(TABLES)}
        raise SettingsError(Problem(code="KL-S331", values=values))
    here = Path.cwd()
    named = Source(path=(str(Path(file).expanduser().absolute()),))
    files = files_of(here, named)
    if not files:
        raise SettingsError(Problem(code="KL-S330", values={"file": file}))
    settings, obstacle = _settings(place)
    document = read(settings_text(settings), settings.name) if settings else Document("")
    _refuse_broken(document)
    folder = settings.parent if settings else here
    sources = _sources(document)
    waiting = {name for name, source in sources.items() if _waits_for_data(source)}
    reading = [name for name, source in sources.items() if source.path and files <= files_of(folder, source)]
    known = table or (reading[0] if len(reading) == 1 else None)

    source = sources[known] if known in reading else Source(path=named.path)
    source = source.model_copy(
        update={"path": named.path, "columns": {}, "exclude": {}, "line_kinds": {}, "not_in_ledger": ()}
    )
    if sheet:
        source = source.model_copy(update={"sheet": (sheet,)})
    own = document.tree.get("currency", "EUR")
    seen = sample(here, source, known or TRANSACTIONS.name, own)
    ranked = [propose(seen, TABLES[known])] if known else best_tables(seen)
    best = ranked[0]
    if not known and not set(best.table.required) - set(best.missing):
        values = {"file": file, "headings": [heading.name for heading in seen.headings], "known": list(TABLES)}
        raise SettingsError(Problem(code="KL-S332", values=values))
    others = [one.table.name for one in ranked[1:2] if one.fit > best.fit - 0.1]
    name = best.table.name
    if name not in sources or name in reading or name in waiting:
        best = propose(seen, best.table, _given(document, name))
    else:
        values = {"key": f"sources.{name}", "file": file, "there": _place_of(sources[name])}
        obstacle = obstacle or Problem(code="KL-S335", values=values)
    currency = currency_of(seen)
    return Plan(
        sample=seen,
        proposal=best,
        settings=settings,
        path=_relative(Path(named.path[0]), here if place == DEMO else folder),
        sheet=sheet or "",
        other=others[0] if others else "",
        has_path=name in reading,
        is_named=bool(known),
        obstacle=obstacle,
        language=document.tree.get("language"),
        lacks_transactions=TRANSACTIONS.name not in sources,
        replaces_sheet=name in waiting and name not in reading,
        currencies=(currency, own) if currency and settings and currency != own else (),
    )


def write(plan: Plan, addition: SourceAddition) -> None:
    """Write an addition into the settings; afterwards they say what they said before, and the addition.

    Raises
    ------
    SettingsError
        There is nothing to write into, the table has another source (KL-S335), or the file is laid out so that only
        the user can tell where the lines belong (KL-S336).
    StorageFailed
        The file cannot be written.
    """
    if plan.obstacle or plan.settings is None:
        raise SettingsError(plan.obstacle or Problem(code="KL-S333"))
    file = plan.settings.resolve()
    try:
        text = settings_text(file)
        if plan.replaces_sheet:
            text = freed(text, addition.table, _OF_A_SHEET)
        text = added(text, addition)
        _refuse_broken(read(text, file.name))
    except (NotAddable, SettingsError):
        raise SettingsError(Problem(code="KL-S336", values={"file": file.name})) from None
    publish(file, text.encode())


def _settings(place: str | None) -> tuple[Path | None, Problem | None]:
    """Find the settings, and why nothing can be written into them."""
    if place == DEMO:
        return settings_file(DEMO), Problem(code="KL-S334")
    try:
        return settings_file(place), None
    except SettingsError as error:
        if error.problems[0].code != _NO_SETTINGS:
            raise
        return None, Problem(code="KL-S333")


def _refuse_broken(document: Document) -> None:
    """Refuse settings that are wrong; that a source is still to be mapped is no mistake here."""
    if not document.tree and not document.problems:
        return
    try:
        typed(document)
    except SettingsError as error:
        wrong = [problem for problem in error.problems if not _is_unfinished(problem)]
        if wrong:
            raise SettingsError(*wrong) from None


def _is_unfinished(problem: Problem) -> bool:
    lacks_sources = problem.code == "KL-S303" and problem.values.get("key") == "sources"
    return lacks_sources or problem.values.get("reason") in _UNFINISHED


def _sources(document: Document) -> dict[str, Source]:
    """Read the sources that say where they come from."""
    sources = document.tree.get("sources")
    found = {}
    for name, source in sources.items() if isinstance(sources, dict) else ():
        try:
            found[name] = Source.model_validate(source)
        except ValidationError:
            continue
    return found


def _given(document: Document, table: str) -> Mapping[str, str]:
    """Return the columns that the user has set; what is taken out of a heading by a pattern leaves the heading free."""
    found: Any = document.tree
    for key in ("sources", table, "columns"):
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return {
        name: mapped if isinstance(mapped, str) else f"{mapped['from']} ~ {mapped['pattern']}"
        for name, mapped in found.items()
    }


def _waits_for_data(source: Source) -> bool:
    """Say whether a source is still the sheet that `kamlab init` made for it: an export may take its place."""
    return source.path in {(name,) for name in WORKBOOKS.values()} and not source.columns and not source.exclude


def _place_of(source: Source) -> str:
    return ", ".join(source.path) or bare_url(source.database or "") or ", ".join(source.files.values())


def _relative(file: Path, folder: Path) -> str:
    try:
        inside = Path(os.path.relpath(file, folder.absolute()))
        if inside.parts[0] == "..":  # a way up through a link would lead elsewhere
            inside = Path(os.path.relpath(file.parent.resolve() / file.name, folder.resolve()))
    except ValueError:  # another drive of Windows
        return file.as_posix()
    return inside.as_posix()
