"""What is known of a run once it is over: its inputs, settings, parameters, versions and results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kamlab.results import Result, Value


@dataclass(frozen=True)
class Input:
    """One input file: the input table it fed, its name, the hash of its bytes, rows read (None where unknown)."""

    table: str
    name: str
    sha256: str
    rows: int | None


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes
    ----------
    settings : mapping of a setting's path (`period`, `sources.transactions.exclude.storno`) to its value as text
    parameters : mapping of an analysis to the parameters it was given
    results : mapping of an analysis to its result, in the order of the notebooks
    """

    run_id: str
    engagement: str
    currency: str
    as_of: date | None
    inputs: tuple[Input, ...]
    settings: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, Value]]
    versions: Mapping[str, str]
    results: Mapping[str, Result]
