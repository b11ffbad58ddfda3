"""What a run was asked for, checked against settings and notebooks before anything starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from kamlab.engagement import Engagement
from kamlab.errors import Problem, SettingsError
from kamlab.notebooks import Notebook, chosen, discover, parameter_values
from kamlab.text import LANGUAGES, Language


@dataclass(frozen=True)
class Execution:
    """How notebooks are executed: all of it leaves the same pages.

    Attributes
    ----------
    engine : "fork", "kernel" or None
        In a copy of a process that has everything ready; in a kernel, as in JupyterLab; None: fork where it can be.
    jobs : int or None
        Processes at the same time; None: as many as there are processors for this process.
    timeout : float
        Seconds for a notebook in one language.
    force : bool
        Execute what is unchanged too.
    """

    engine: Literal["fork", "kernel"] | None = None
    jobs: int | None = None
    timeout: float = 3600
    force: bool = False

    @property
    def processes(self) -> int:
        """Number of processes at the same time."""
        if self.jobs:
            return self.jobs
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Plan:
    """What a run was asked for.

    Attributes
    ----------
    known, notebooks : list of Notebook
        All there are, and those that are wanted.
    parameters : dict of analysis name to typed values
        Without those that keep their default.
    strict : bool
        A single rejected row refuses the data.
    code : bool
        Pages show the code of their cells, folded.
    pseudonyms : bool
        Nothing that is published tells who the accounts are.
    """

    engagement: Engagement
    assignments: tuple[str, ...]
    known: list[Notebook]
    notebooks: list[Notebook]
    parameters: dict[str, dict[str, Any]]
    languages: tuple[Language, ...]
    strict: bool = False
    code: bool = False
    pseudonyms: bool = False
    execution: Execution = field(default_factory=Execution)


def plan(
    engagement: Engagement,
    assignments: Iterable[str] = (),
    names: Iterable[str] = (),
    options: Iterable[str] = (),
    language: Literal["de", "en", "both"] | None = None,
    **more: Any,
) -> Plan:
    """Check what is asked for.

    Parameters
    ----------
    more
        `strict`, `code`, `pseudonyms` and `execution` of the plan.

    Raises
    ------
    SettingsError
        Unknown notebooks or parameters, values of the wrong type: all at once, with the nearest match.
    """
    wanted = language or engagement.settings.language
    languages: tuple[Language, ...] = LANGUAGES if wanted == "both" else (wanted,)
    everything = discover()
    problems: list[Problem] = []
    notebooks, parameters = everything, {}
    try:
        notebooks = chosen(everything, names)
    except SettingsError as error:
        problems += error.problems
    try:
        parameters = parameter_values(everything, engagement.settings.analyses, options)
    except SettingsError as error:
        problems += error.problems
    if problems:
        raise SettingsError(*problems)
    return Plan(engagement, tuple(assignments), everything, notebooks, parameters, languages, **more)
