"""The manifest of a run: what went in, what came out, with which versions; only here are clock times written."""

from __future__ import annotations

import platform
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from pydantic import Field

from kamlab.errors import Problem
from kamlab.facts import State
from kamlab.results import Frozen, LeftOut, RevenueTally, RowTally, Value

Status = Literal["done", "unchanged", "not_possible", "failed", "timed_out"]
LIBRARIES = ("duckdb", "ibis-framework", "kamlab", "nbconvert", "numpy", "pandas", "papermill", "matplotlib", "seaborn")


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


class Manifest(Frozen):
    """The layout of `manifest.json`.

    `preliminary`: more than 1 % of a control total is unexplained; `pseudonyms`: nothing tells who the accounts are.
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
    inputs: tuple[ManifestInput, ...]
    tables: tuple[ManifestTable, ...]
    notebooks: tuple[ManifestNotebook, ...]
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


def versions() -> dict[str, str]:
    """Name the versions that numbers and pages depend on."""
    return {"python": platform.python_version(), "platform": sys.platform} | {name: version(name) for name in LIBRARIES}


def previous(reports: Path) -> Manifest | None:
    """Load the manifest of the last run; None where there is none that can be read."""
    try:
        return Manifest.model_validate_json((reports / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return None
