"""A run: read the data once, execute the notebooks that are wanted and possible, publish what they made.

Knows no analysis by name but the data readiness page, which is made even where the data are refused.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from kamlab.engagement import Engagement
from kamlab.errors import DataRefused, Exit, KamlabError, Locked, Problem, SettingsError, StorageFailed, TimedOut, worst
from kamlab.facts import Facts, package_hash, prepare
from kamlab.notebooks import PERIOD, Notebook, Possibility, chosen, discover, parameter_values, possibility
from kamlab.publish import prune, publish, scratch_folder
from kamlab.report.index import index_name
from kamlab.report.page import page
from kamlab.report.rejects import rejects_csv, rejects_xlsx
from kamlab.results import Value, to_json
from kamlab.run.engine import execute
from kamlab.run.entrance import entrance, page_head, page_name
from kamlab.run.manifest import Manifest, ManifestNotebook, inputs_of, previous, tables_of, versions
from kamlab.study import ORDER_FILE, Order
from kamlab.text import LANGUAGES, Language, Words

READINESS = "data_readiness"
Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


@dataclass(frozen=True)
class Plan:
    """What a run was asked for, checked against settings and notebooks before anything starts."""

    engagement: Engagement
    assignments: tuple[str, ...]
    notebooks: list[Notebook]
    parameters: dict[str, dict[str, Any]]
    languages: tuple[Language, ...]
    strict: bool = False


@dataclass
class Outcome:
    """How a run went: the exit code, the notebooks' fates and every problem to tell."""

    facts: Facts
    statuses: list[ManifestNotebook] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    codes: list[Exit] = field(default_factory=list)

    @property
    def exit_code(self) -> Exit:
        """The exit code that outranks the others."""
        return worst(self.codes)


def plan(
    engagement: Engagement,
    assignments: Iterable[str] = (),
    names: Iterable[str] = (),
    options: Iterable[str] = (),
    language: Literal["de", "en", "both"] | None = None,
    strict: bool = False,
) -> Plan:
    """Check what is asked for.

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
    return Plan(engagement, tuple(assignments), notebooks, parameters, languages, strict)


@dataclass(frozen=True)
class Obstacle:
    """Why a notebook cannot run: what it lacks, or a problem of its own."""

    found: Possibility
    problem: Problem | None = None

    @property
    def lacking(self) -> tuple[str, ...]:
        """Name the tables, columns and results that are not there, for the manifest."""
        found = self.found
        columns = [f"{lack.table}.{column}" for lack in found.lacking for column in lack.columns if not lack.whole]
        tables = [lack.table for lack in found.lacking if lack.whole]
        return (*found.refused, *tables, *columns, *(f"results/{result}" for result in found.results))


def check(wanted: Plan) -> tuple[Facts, list[tuple[Possibility, Problem | None]]]:
    """Read and judge the data only.

    Returns
    -------
    The facts, and for every notebook whether it can run on them, with a problem of its own where it has one.
    """
    with holding(wanted.engagement):
        facts = prepare(wanted.engagement, wanted.strict)
    done = _results_on_disk(wanted.engagement)
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
    Locked, StorageFailed
        Another run holds the engagement; the reports cannot be written.
    """
    started = datetime.now(UTC)
    with holding(wanted.engagement):
        progress("ingest", 0, 1)
        facts = prepare(wanted.engagement, wanted.strict)
        outcome = Outcome(facts, problems=list(facts.state.problems))
        notebooks = wanted.notebooks
        if facts.state.problems:
            outcome.codes.append(Exit.DATA_REFUSED)
            readiness = [n for n in discover() if n.name == READINESS]
            notebooks = readiness + [n for n in notebooks if n not in readiness]
        done = _results_on_disk(wanted.engagement)
        steps = len(notebooks) * len(wanted.languages)
        for at, notebook in enumerate(notebooks):
            if obstacle := _obstacle(wanted, notebook, facts, done):
                outcome.problems += [obstacle.problem] if obstacle.problem else []
                more = {"lacking": obstacle.lacking, "problem": obstacle.problem}
                outcome.statuses.append(_status(wanted, notebook, facts, "not_possible", **more))
                continue
            _make(wanted, notebook, facts, outcome, partial(_tell, progress, at * len(wanted.languages), steps))
            done.add(notebook.name)
        if outcome.statuses and all(status.status == "not_possible" for status in outcome.statuses):
            outcome.codes.append(Exit.DATA_REFUSED)
        progress("publish", steps, steps)
        _finish(wanted, facts, outcome, started)
    return outcome


def _tell(progress: Progress, done: int, steps: int, what: str) -> None:
    progress(what, done, steps)


def _make(wanted: Plan, notebook: Notebook, facts: Facts, outcome: Outcome, tell: Callable[[str], None]) -> None:
    """Execute a notebook in every language and publish its pages, and once its results; note how it went."""
    began = time.perf_counter()
    with scratch_folder(wanted.engagement.workplace) as folder:
        try:
            pages = {}
            for language in wanted.languages:
                tell(f"{notebook.stem} ({language})")
                pages[language] = _page(wanted, notebook, facts, language, folder)
            _publish_results(wanted.engagement, folder / wanted.languages[0])
            for language, content in pages.items():
                publish(wanted.engagement.reports / page_name(notebook.stem, language), content)
        except StorageFailed:
            raise
        except KamlabError as error:
            outcome.problems += error.problems
            outcome.codes.append(error.exit_code)
            word: Literal["failed", "timed_out"] = "timed_out" if isinstance(error, TimedOut) else "failed"
            outcome.statuses.append(_status(wanted, notebook, facts, word, problem=error.problems[0]))
            return
    seconds = round(time.perf_counter() - began, 2)
    outcome.statuses.append(_status(wanted, notebook, facts, "done", seconds=seconds, languages=wanted.languages))


def _page(wanted: Plan, notebook: Notebook, facts: Facts, language: Language, folder: Path) -> bytes:
    """Execute a notebook in one language; its results land in a folder of that name, its page is returned."""
    engagement = wanted.engagement
    assignments = (*wanted.assignments, f"reports={engagement.reports}")
    order = Order(assignments=assignments, facts=str(facts.folder), outbox=str(folder / language))
    order_file = folder / f"order.{language}.json"
    order_file.write_text(order.model_dump_json(), encoding="utf-8")
    values = wanted.parameters[notebook.name] | {"engagement": str(engagement.file), "language": language}
    executed = execute(notebook, values, {ORDER_FILE: str(order_file)})
    words = Words(language, engagement.settings.currency)
    run_id = _run_id(wanted, notebook, facts)
    head = page_head(facts, notebook, words, wanted.languages, run_id, wanted.parameters[notebook.name])
    return page(executed, head, words)


def _publish_results(engagement: Engagement, outbox: Path) -> None:
    """Put the results of a notebook in their place, `result.json` last; tables that are no more go."""
    results = outbox / "results"
    for analysis in sorted(results.iterdir()) if results.is_dir() else ():
        target = engagement.reports / "results" / analysis.name
        files = sorted(analysis.iterdir(), key=lambda file: (file.name == "result.json", file.name))
        for file in files:
            publish(target / file.name, file.read_bytes())
        for old in {file.name for file in target.glob("*.parquet")} - {file.name for file in files}:
            (target / old).unlink(missing_ok=True)


def _finish(wanted: Plan, facts: Facts, outcome: Outcome, started: datetime) -> None:
    """Publish rejects, index and, last of all, the manifest."""
    reports = wanted.engagement.reports
    before = previous(reports)
    made = {status.notebook for status in outcome.statuses}
    now = {notebook.stem: _run_id(wanted, notebook, facts) for notebook in discover()}
    kept = [
        status.model_copy(update={"stale": status.stale or status.run_id != now.get(status.notebook)})
        for status in (before.notebooks if before else ())
        if status.notebook not in made
    ]
    statuses = tuple(sorted([*outcome.statuses, *kept], key=lambda status: status.notebook))
    publish(reports / "rejects.csv", rejects_csv(reject for read in facts.state.reads for reject in read.rejects))
    _publish_rejected_rows(wanted, facts)
    run_id = _digest([status.run_id for status in outcome.statuses])
    older = [language for language in LANGUAGES if list(reports.glob(f"[0-9]*.{language}.html"))]
    languages = tuple(dict.fromkeys([*wanted.languages, *older]))  # an older page in another language stays reachable
    for language in languages:
        page_of = entrance(
            wanted.engagement, facts, statuses, Words(language, wanted.engagement.settings.currency), languages, run_id
        )
        publish(reports / index_name(language, languages), page_of)
    settings = wanted.engagement.settings
    manifest = Manifest(
        engagement=settings.name,
        run_id=run_id,
        exit_code=outcome.exit_code,
        started=started,
        finished=datetime.now(UTC),
        as_of=facts.state.as_of.isoformat() if facts.state.as_of else None,
        currency=settings.currency,
        preliminary=facts.reconciliation.is_preliminary,
        inputs=inputs_of(facts.state),
        tables=tables_of(facts.state),
        notebooks=statuses,
        versions=versions(),
    )
    publish(reports / "manifest.json", to_json(manifest))


def _publish_rejected_rows(wanted: Plan, facts: Facts) -> None:
    """Publish the rejected rows as a workbook, in the first language; without any an older one goes."""
    target = wanted.engagement.reports / "rejects.xlsx"
    words = Words(wanted.languages[0], wanted.engagement.settings.currency)
    rejects = {read.table: read.rejects for read in facts.state.reads if read.rejects}
    if rejects:
        publish(target, rejects_xlsx(rejects, facts.rejected, words))
        return
    try:
        target.unlink(missing_ok=True)
    except OSError as error:  # on Windows while Excel holds it
        values: dict[str, Value] = {"file": target.name, "what": error.strerror or str(error)}
        raise StorageFailed(Problem(code="KL-R401", values=values)) from error


def _status(
    wanted: Plan,
    notebook: Notebook,
    facts: Facts,
    status: Literal["done", "not_possible", "failed", "timed_out"],
    **more: Any,
) -> ManifestNotebook:
    return ManifestNotebook(
        notebook=notebook.stem,
        status=status,
        run_id=_run_id(wanted, notebook, facts),
        parameters=wanted.parameters[notebook.name],
        **more,
    )


def _run_id(wanted: Plan, notebook: Notebook, facts: Facts) -> str:
    """Hash inputs, parameters and code of a page: the same page has the same id, whenever it was made."""
    settings = wanted.engagement.settings.model_dump_json(exclude={"reports"}, by_alias=True)
    parameters = json.dumps(wanted.parameters[notebook.name], sort_keys=True, default=str)
    code = package_hash(".py", ".po", ".css", ".j2")
    return _digest([facts.state.key, settings, parameters, code, notebook.path.read_text(encoding="utf-8")])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _obstacle(wanted: Plan, notebook: Notebook, facts: Facts, done: set[str]) -> Obstacle | None:
    found, problem = _judge(wanted, notebook, facts, done)
    return Obstacle(found, problem) if problem or found.status == "not_possible" else None


def _judge(wanted: Plan, notebook: Notebook, facts: Facts, done: set[str]) -> tuple[Possibility, Problem | None]:
    """Say whether a notebook can run on what is there, and what else stands in its way."""
    found = possibility(notebook, facts.columns, done, facts.refused)
    if found.status != "not_possible" and not facts.state.problems and PERIOD in notebook.parameters:
        try:
            facts.calendar.period(wanted.parameters[notebook.name].get(PERIOD) or wanted.engagement.settings.period)
        except DataRefused as refused:
            return found.model_copy(update={"status": "not_possible"}), refused.problems[0]
    return found, None


def _results_on_disk(engagement: Engagement) -> set[str]:
    return {file.parent.name for file in (engagement.reports / "results").glob("*/result.json")}


@contextmanager
def holding(engagement: Engagement) -> Any:
    """Hold the engagement alone; what an interrupted run left is removed first."""
    try:
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


__all__ = ["Outcome", "Plan", "check", "holding", "plan", "run"]
