"""A run: read the data once, execute the notebooks that are wanted and possible, publish what they made.

Knows no analysis by name but the data readiness page, which is made even where the data are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from filelock import FileLock, Timeout

from kamlab.engagement import Engagement
from kamlab.errors import DataRefused, Exit, Locked, Problem, SettingsError, StorageFailed
from kamlab.facts import Facts, prepare
from kamlab.notebooks import Notebook, Possibility, possibility
from kamlab.parameters import PERIOD
from kamlab.publish import prune
from kamlab.run.apart import keep_apart
from kamlab.run.entrance import page_head, page_name
from kamlab.run.finish import Outcome, finish
from kamlab.run.identity import current_results, reads_from, run_id
from kamlab.run.manifest import ManifestNotebook
from kamlab.run.ours import enter
from kamlab.run.plan import Execution, Plan, plan
from kamlab.run.pool import ProcessPerJob
from kamlab.run.work import Fate, Task, Unit, Work
from kamlab.text import Words

READINESS = "data_readiness"
Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


@dataclass(frozen=True)
class Obstacle:
    """Why a notebook cannot run: what it lacks, or a problem of its own."""

    found: Possibility
    problem: Problem | None = None

    @property
    def lacking(self) -> tuple[str, ...]:
        """Name the tables, columns, results and settings that are not there, for the manifest."""
        found = self.found
        columns = [f"{lack.table}.{column}" for lack in found.lacking for column in lack.columns if not lack.whole]
        tables = [lack.table for lack in found.lacking if lack.whole]
        personal = ["personnel.level"] if found.personal else []
        return (*found.refused, *tables, *columns, *(f"results/{result}" for result in found.results), *personal)


def check(wanted: Plan) -> tuple[Facts, list[tuple[Possibility, Problem | None]]]:
    """Read and judge the data only.

    Returns
    -------
    The facts, and for every notebook whether it can run on them, with a problem of its own where it has one.
    """
    with holding(wanted.engagement):
        facts = prepare(wanted.engagement, wanted.strict)
    done = current_results(wanted, facts)
    judged: list[tuple[Possibility, Problem | None]] = []
    for notebook in wanted.notebooks:
        found, problem = _judge(wanted, notebook, facts, done)
        judged.append((found, problem))
        if problem is None and found.status != "not_possible":
            done.add(notebook.name)
    return facts, judged


def run(wanted: Plan, progress: Progress) -> Outcome:
    """Read the data, execute, publish.

    Where the data are refused, the readiness page is made whatever was named.

    Raises
    ------
    SettingsError
        All that is named is made per account.
    Locked, StorageFailed
        Another run holds the engagement; the reports cannot be written.
    """
    started = datetime.now(UTC)
    notebooks = _of_the_engagement(wanted.notebooks)
    with holding(wanted.engagement), workers(wanted) as pool:
        progress("ingest", 0, 1)
        facts = prepare(wanted.engagement, wanted.strict, pool.warm_up, wanted.pseudonyms)
        keep_apart(wanted)
        outcome = Outcome(facts)
        outcome.problems += facts.state.problems
        if facts.state.problems:
            outcome.codes.append(Exit.DATA_REFUSED)
            readiness = [n for n in wanted.known if n.name == READINESS]
            notebooks = readiness + [n for n in notebooks if n not in readiness]
        done = current_results(wanted, facts)

        def unit(notebook: Notebook) -> Unit | None:
            if obstacle := _obstacle(wanted, notebook, facts, done):
                outcome.problems += [obstacle.problem] if obstacle.problem else []
                more = {"lacking": obstacle.lacking, "problem": obstacle.problem}
                outcome.statuses.append(_status(wanted, notebook, facts, "not_possible", **more))
                return None
            progress(notebook.stem, len(outcome.statuses), len(notebooks))
            return _unit(wanted, notebook, facts, done)

        def ended(unit: Unit, fate: Fate) -> None:
            outcome.note(unit, fate, wanted.languages)
            if not fate.problems:
                done.add(unit.notebook.name)
            progress(unit.name, len(outcome.statuses), len(notebooks))

        Work(wanted, facts.folder, pool, ended).off(
            Task(n.stem, partial(unit, n), frozenset(other.stem for other in reads_from(n, notebooks)))
            for n in notebooks
        )
        if outcome.statuses and all(status.status == "not_possible" for status in outcome.statuses):
            outcome.codes.append(Exit.DATA_REFUSED)
        progress("publish", len(notebooks), len(notebooks))
        finish(wanted, facts, outcome, started)
    return outcome


def workers(wanted: Plan) -> ProcessPerJob:
    """Make the pool that notebooks are executed in."""
    execution = wanted.execution
    return ProcessPerJob(execution.processes, execution.timeout, preload=["kamlab.run.template"])


def _of_the_engagement(notebooks: list[Notebook]) -> list[Notebook]:
    """Leave the notebooks that are made per account to `kamlab dossier`; to name nothing else is a mistake."""
    found = [notebook for notebook in notebooks if notebook.declaration.per == "engagement"]
    if notebooks and not found:
        raise SettingsError(Problem(code="KL-S351", values={"names": [notebook.name for notebook in notebooks]}))
    return found


def _unit(wanted: Plan, notebook: Notebook, facts: Facts, results: Iterable[str]) -> Unit:
    """Put together what is to be made of a notebook, with the results of others that are there now."""
    identity = run_id(wanted, notebook, facts)
    parameters = wanted.parameters[notebook.name]
    currency = wanted.engagement.settings.currency
    pages = {
        language: {
            page_name(notebook.stem, language): page_head(
                facts, notebook, Words(language, currency), wanted.languages, identity, parameters
            )
        }
        for language in wanted.languages
    }
    return Unit(notebook.stem, notebook, parameters, identity, pages, frozenset(results))


def _status(
    wanted: Plan, notebook: Notebook, facts: Facts, status: Literal["not_possible"], **more: Any
) -> ManifestNotebook:
    parameters = wanted.parameters[notebook.name]
    identity = run_id(wanted, notebook, facts)
    return ManifestNotebook(notebook=notebook.stem, status=status, run_id=identity, parameters=parameters, **more)


def _obstacle(wanted: Plan, notebook: Notebook, facts: Facts, done: set[str]) -> Obstacle | None:
    found, problem = _judge(wanted, notebook, facts, done)
    return Obstacle(found, problem) if problem or found.status == "not_possible" else None


def _judge(wanted: Plan, notebook: Notebook, facts: Facts, done: set[str]) -> tuple[Possibility, Problem | None]:
    """Say whether a notebook can run on what is there, and what else stands in its way."""
    found = possibility(notebook, facts.columns, done, facts.refused, wanted.engagement.settings.personnel.level)
    if found.status != "not_possible" and not facts.state.problems and PERIOD in notebook.parameters:
        try:
            facts.calendar.period(wanted.parameters[notebook.name].get(PERIOD) or wanted.engagement.settings.period)
        except DataRefused as refused:
            return found.model_copy(update={"status": "not_possible"}), refused.problems[0]
    return found, None


@contextmanager
def holding(engagement: Engagement) -> Any:
    """Hold the engagement alone; what an interrupted run left is removed first.

    Raises
    ------
    SettingsError
        The reports folder holds what is not ours.
    Locked, StorageFailed
        Another run holds the engagement; the reports cannot be written.
    """
    try:
        enter(engagement)
        engagement.workplace.mkdir(parents=True, exist_ok=True)
        engagement.reports.mkdir(parents=True, exist_ok=True)
        lock = FileLock(engagement.workplace / "lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise Locked(Problem(code="KL-R405", values={"name": engagement.settings.name})) from None
    except OSError as error:
        raise StorageFailed(
            Problem(code="KL-R401", values={"file": engagement.reports.name, "what": error.strerror or str(error)})
        ) from error
    try:
        prune(engagement.workplace)
        prune(engagement.reports)
        yield
    finally:
        lock.release()


__all__ = ["Execution", "Outcome", "Plan", "check", "holding", "plan", "run"]
