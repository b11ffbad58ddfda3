"""The manifest of a run: what went in, what came out, with which versions; only here are clock times written."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from kamlab.engagement.settings import Settings
from kamlab.errors import Problem, without_passwords
from kamlab.facts import State, package_hash
from kamlab.results import Frozen, LeftOut, RevenueTally, RowTally, Value

Status = Literal["done", "unchanged", "not_possible", "failed", "timed_out"]
LIBRARIES = (
    "babel",
    "duckdb",
    "ibis-framework",
    "jinja2",
    "kamlab",
    "matplotlib",
    "mistune",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "seaborn",
)


class ManifestInput(Frozen):
    """One input file."""

    table: str
    name: str
    sha256: str
    rows: int | None = None


class ManifestTable(Frozen):
    """What became of the rows of an input table."""

    table: str
    rows: RowTally
    revenue: RevenueTally | None
    left_out: tuple[LeftOut, ...]
    problems: tuple[str, ...]


class ManifestNotebook(Frozen):
    """How a notebook went; `run_id` of its page; what it lacks or the problem where it did not.

    `stale`: the page is from an earlier run, with other inputs, parameters or code than the last one.
    """

    notebook: str
    status: Status
    run_id: str
    languages: tuple[str, ...] = ()
    parameters: dict[str, Value] = Field(default_factory=dict)
    seconds: float = 0.0
    lacking: tuple[str, ...] = ()
    problem: Problem | None = None
    stale: bool = False

    @property
    def analysis(self) -> str:
        """Name the analysis: the notebook without its number."""
        return self.notebook.partition("_")[2]

    @property
    def is_done(self) -> bool:
        """Say whether the page is as the inputs, parameters and code of this run make it."""
        return self.status in ("done", "unchanged")


class Manifest(Frozen):
    """The layout of `manifest.json`.

    `preliminary`: more than 1 % of a control total is unexplained; `pseudonyms`: nothing tells who the accounts are.
    `settings`: what numbers depend on, by path; where inputs and reports lie is not in it. `changes`: what is not as in
    the last run that was another, in sentences by language.
    """

    engagement: str
    run_id: str
    exit_code: int
    started: datetime
    finished: datetime
    as_of: str | None
    currency: str
    preliminary: bool = False
    pseudonyms: bool = False
    settings: dict[str, str] = Field(default_factory=dict)
    inputs: tuple[ManifestInput, ...]
    tables: tuple[ManifestTable, ...]
    notebooks: tuple[ManifestNotebook, ...]
    changes: dict[str, list[str]] = Field(default_factory=dict)
    versions: dict[str, str]


def inputs_of(state: State) -> tuple[ManifestInput, ...]:
    """List the input files of a state with the rows read from each, where they could be."""
    rows = {(read.table, file.name): file.rows for read in state.reads for file in read.files}
    return tuple(
        ManifestInput(table=i.table, name=i.name, sha256=i.sha256, rows=rows.get((i.table, i.name)))
        for i in state.inputs
    )


def tables_of(state: State) -> tuple[ManifestTable, ...]:
    """Account for every input table."""
    return tuple(
        ManifestTable(
            table=read.table,
            rows=read.rows,
            revenue=read.revenue,
            left_out=read.left_out,
            problems=tuple(problem.code for problem in read.problems),
        )
        for read in state.reads
    )


_ELSEWHERE = {"name", "language", "currency", "reports", "analyses"}  # told elsewhere in the manifest, or no matter
_PLACES = {"path", "database", "files"}  # of a source: its inputs are listed with their hashes


def settings_of(settings: Settings) -> dict[str, str]:
    """Flatten the settings that numbers depend on: path of each that is set, and its value as text."""
    tree = settings.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_ELSEWHERE)
    for source in tree["sources"].values():
        for place in _PLACES:
            source.pop(place, None)
    return dict(_flat("", tree))


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(f"{path}.{key}" if path else key, item)
    elif value not in (None, "", []):
        yield path, without_passwords(", ".join(map(str, value)) if isinstance(value, list) else str(value))


@cache
def versions() -> dict[str, str]:
    """Name the versions that numbers and pages depend on; `code` is the hash of this package's own."""
    known = {"python": platform.python_version(), "platform": sys.platform, "code": package_hash(".py")[:12]}
    return known | {name: version(name) for name in LIBRARIES}


def previous(reports: Path) -> Manifest | None:
    """Load the manifest of the last run; None where there is none that can be read."""
    try:
        return Manifest.model_validate_json((reports / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return None
