"""Working off the units of a run: each is executed in its languages and published whole, or not at all.

A unit is a notebook with its parameters. Knows neither what a notebook is about nor why it is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from kamlab.errors import Exit, KernelDied, Problem, StorageFailed, TimedOut, without_passwords
from kamlab.notebooks import Notebook
from kamlab.publish import publish, scratch_folder, withdraw
from kamlab.report.frame import Head
from kamlab.run.failure import EXECUTED, died, section, without_places
from kamlab.run.job import OUTBOX, Job, carry_out
from kamlab.run.made import FAILED, Made, is_untouched, record, recorded, sha256
from kamlab.run.plan import Plan
from kamlab.run.pool import CAN_FORK, ProcessDied
from kamlab.text import LANGUAGES, Language


@dataclass(frozen=True)
class Unit:
    """A notebook to be made with these parameters.

    Attributes
    ----------
    name : str
        Unique in the engagement: the notebook's stem, or the path of a dossier.
    run_id : str
        Identifies inputs, parameters and code: of the same id the same bytes.
    pages : mapping of language to (mapping of path in the reports folder to Head)
    results : names of analyses
        Whose results it may read.
    places : mapping of beginning to beginning
        Where in the reports folder a file goes whose path begins so in the outbox; others keep their path.
    subject : str
        What it is about, where there are many of the notebook: an account.
    """

    name: str
    notebook: Notebook
    parameters: Mapping[str, Any]
    run_id: str
    pages: Mapping[Language, Mapping[str, Head]]
    results: frozenset[str] = frozenset()
    places: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""

    @property
    def title(self) -> str:
        """Name the unit as its problems do."""
        return f"{self.notebook.stem} ({self.subject})" if self.subject else self.notebook.stem


@dataclass(frozen=True)
class Fate:
    """How a unit fared."""

    status: Literal["done", "unchanged", "failed", "timed_out"]
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()
    code: Exit = Exit.DONE


@dataclass(frozen=True)
class Task:
    """A unit to be: put together when all those before it have ended; it may turn out that there is none."""

    name: str
    unit: Callable[[], Unit | None]
    after: frozenset[str] = frozenset()


@dataclass
class _Begun:
    """A unit whose jobs are at work, each in a folder of its own."""

    unit: Unit
    since: float
    folders: dict[Language, Path]
    scratch: ExitStack
    fates: list[Fate] = field(default_factory=list)


class Work:
    """Works off tasks, several at a time.

    Parameters
    ----------
    facts : Path
        The state in the cache that notebooks read.
    ended : function
        Told of every unit that is done, unchanged or failed, in the order in which they end.
    """

    def __init__(self, wanted: Plan, facts: Path, pool: Executor, ended: Callable[[Unit, Fate], None]) -> None:
        self._wanted, self._facts, self._pool, self._ended = wanted, facts, pool, ended
        self._begun: dict[str, _Begun] = {}
        self._running: dict[Future[Any], tuple[str, Language]] = {}

    def off(self, tasks: Iterable[Task]) -> None:
        """Work off tasks, each after those it names."""
        waiting = {task.name: task for task in tasks}
        most = 2 * self._wanted.execution.processes  # one works, one waits
        with ExitStack() as scratch, ExitStack() as first:
            first.push(self._stop)
            while waiting or self._running:
                ready = (task for task in waiting.values() if not self._is_blocked(task, waiting))
                for task in list(islice(ready, max(0, most - len(self._running)))):
                    del waiting[task.name]
                    if unit := task.unit():
                        self._begin(unit, scratch)
                if self._running:
                    done, _ = wait(self._running, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._note(future)

    def _stop(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the jobs before their folders go, where an exception, an interruption say, ends the work."""
        if kind is not None:
            self._pool.shutdown(cancel_futures=True)

    def _is_blocked(self, task: Task, waiting: Mapping[str, Task]) -> bool:
        return any(name in waiting or name in self._begun for name in task.after)

    def _begin(self, unit: Unit, scratch: ExitStack) -> None:
        engagement, execution = self._wanted.engagement, self._wanted.execution
        made = recorded(engagement, unit.name)
        if made and not execution.force and self._is_current(unit, made):
            self._ended(unit, Fate("unchanged"))
            return
        folders = scratch.enter_context(ExitStack())
        begun = _Begun(unit, time.perf_counter(), {}, folders)
        self._begun[unit.name] = begun
        for language, pages in unit.pages.items():
            folder = folders.enter_context(scratch_folder(engagement.workplace))
            begun.folders[language] = folder
            job = Job(
                notebook=unit.notebook,
                values={**unit.parameters, "engagement": str(engagement.file), "language": language},
                assignments=(*map(without_passwords, self._wanted.assignments), f"reports={engagement.reports}"),
                facts=str(self._facts),
                results=tuple(sorted(unit.results)),
                language=language,
                currency=engagement.settings.currency,
                pages=pages,
                engine=execution.engine or ("fork" if CAN_FORK else "kernel"),
                code=self._wanted.code,
                folder=folder,
            )
            self._running[self._pool.submit(carry_out, job)] = (unit.name, language)

    def _is_current(self, unit: Unit, made: Made) -> bool:
        same = (made.run_id, made.edition) == (unit.run_id, _edition(self._wanted))
        return same and is_untouched(made, self._wanted.engagement.reports)

    def _note(self, future: Future[Any]) -> None:
        """Note how a job went; the last one of a unit ends it."""
        name, language = self._running.pop(future)
        begun = self._begun[name]
        begun.fates.append(self._fate(begun, language, future))
        if len(begun.fates) < len(begun.folders):
            return
        with begun.scratch:
            failed = [fate for fate in begun.fates if fate.problems]
            fate = failed[0] if failed else Fate("done", round(time.perf_counter() - begun.since, 2))
            if not failed:
                try:
                    _publish(begun, self._wanted)
                except StorageFailed as error:  # another program holds a file, say: the others can still be made
                    fate = Fate("failed", problems=error.problems, code=error.exit_code)
        del self._begun[name]
        self._ended(begun.unit, fate)

    def _fate(self, begun: _Begun, language: Language, future: Future[Any]) -> Fate:
        """Say how a job went; of a failed one the notebook is kept as far as it came."""
        folder, named = begun.folders[language], {"notebook": begun.unit.title}
        kept = self._wanted.engagement.workplace / FAILED / f"{begun.unit.name}.{language}.ipynb"
        try:
            answer = future.result()
            told = tuple(problem.model_copy(update={"values": problem.values | named}) for problem in answer.problems)
            fate = Fate("failed", problems=told, code=answer.code)
        except TimeoutError:
            values = named | {"section": section(folder, language)}
            error = TimedOut(Problem(code="KL-R404", values=values | {"seconds": self._wanted.execution.timeout}))
            fate = Fate("timed_out", problems=error.problems, code=error.exit_code)
        except ProcessDied:
            gone: KernelDied = died(begun.unit.title, folder, language)
            fate = Fate("failed", problems=gone.problems, code=gone.exit_code)
        except Exception as error:  # a mistake of ours, not of the notebook: it ends this page, not the run
            values = named | {"section": section(folder, language), "cause": without_places(f"{error}")}
            fate = Fate("failed", problems=(Problem(code="KL-R402", values=values),), code=Exit.ANALYSIS_FAILED)
        if not fate.problems:
            withdraw(kept)
        elif (folder / EXECUTED).is_file():
            publish(kept, (folder / EXECUTED).read_bytes())
        return fate


def _edition(wanted: Plan) -> str:
    return " ".join([*wanted.languages, *(["code"] if wanted.code else [])])


def _publish(begun: _Begun, wanted: Plan) -> None:
    """Put what a unit made in its place: results, figures, pages; what an earlier one left beside them goes."""
    unit, reports = begun.unit, wanted.engagement.reports
    files: dict[str, Path] = {}
    for language, folder in begun.folders.items():
        for file in sorted((folder / OUTBOX).rglob("*")):
            path = file.relative_to(folder / OUTBOX).as_posix()
            if file.is_file() and (not path.startswith("results/") or language == next(iter(begun.folders))):
                files[_placed(path, unit.places)] = file
    hashes = {}
    for path in sorted(files, key=_turn):
        content = files[path].read_bytes()
        hashes[path] = sha256(content)
        publish(reports / path, content)
    before = recorded(wanted.engagement, unit.name)
    for path in (before.files if before else {}).keys() - hashes.keys():
        if not _is_in_another_language(path, begun.folders):
            withdraw(reports / path)
        elif (reports / path).is_file():
            hashes[path] = sha256((reports / path).read_bytes())
    record(
        wanted.engagement,
        unit.name,
        Made(run_id=unit.run_id, edition=_edition(wanted), files=hashes, pseudonyms=wanted.pseudonyms),
    )


def _turn(path: str) -> tuple[bool, bool, bool, str]:
    """Order files: tables, then `result.json`, then figures, then pages: who sees one finds all that belongs to it."""
    return (path.endswith(".html"), not path.startswith("results/"), path.endswith("/result.json"), path)


def _placed(path: str, places: Mapping[str, str]) -> str:
    for beginning, place in places.items():
        if path.startswith(beginning):
            return place + path.removeprefix(beginning)
    return path


def _is_in_another_language(path: str, languages: Iterable[Language]) -> bool:
    """Say whether a file is of a language that is not made now: such pages stay."""
    others = set(LANGUAGES) - set(languages)
    return any(f".{language}." in path for language in others)
