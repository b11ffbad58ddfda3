"""Working off units: order, skipping, publishing whole or not at all, whatever write fails or whenever it is killed."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.engagement import Engagement
from kamlab.errors import Exit, Problem, StorageFailed
from kamlab.notebooks import Declaration, Notebook
from kamlab.publish import prune
from kamlab.run.failure import EXECUTED
from kamlab.run.job import OUTBOX, Answer, Job
from kamlab.run.made import FAILED, forget, recorded
from kamlab.run.plan import Execution, Plan
from kamlab.run.pool import ProcessDied
from kamlab.run.work import Fate, Task, Unit, Work

Files = Mapping[str, str]


class Bench(Executor):
    """Carries out jobs at once, in this process: puts files into the outbox, or raises what it is told to."""

    def __init__(self, made: Callable[[Job], Files] | None = None, lost: Mapping[str, Exception] | None = None) -> None:
        self.made, self.lost = made or (lambda job: dict.fromkeys(job.pages, "page")), lost or {}
        self.jobs: list[Job] = []

    def submit(self, fn: Any, /, job: Job, **_: Any) -> Future[Any]:  # type: ignore[override]
        self.jobs.append(job)
        future: Future[Any] = Future()
        (job.folder / EXECUTED).write_text("{}", encoding="utf-8")
        lost: Any = self.lost.get(job.notebook.stem)
        try:
            for name, content in self.made(job).items():
                file = job.folder / OUTBOX / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content, encoding="utf-8")
        except OSError as error:  # in its own process it would be told like this
            lost = RuntimeError(str(error))
        if isinstance(lost, Exception):
            future.set_exception(lost)
        else:
            failed = Answer((Problem(code="KL-R402", values={"notebook": "x", "section": "–", "cause": "y"}),), Exit(1))
            future.set_result(failed if lost else Answer())
        return future


@pytest.fixture
def wanted(opened: Callable[..., Engagement]) -> Plan:
    return Plan(opened(), (), [], [], {}, ("de",))


def unit(name: str, run_id: str = "1", languages: tuple[str, ...] = ("de",), **more: Any) -> Unit:
    notebook = Notebook(Path(f"{name}.ipynb"), Declaration(block="data"))
    pages: Any = {language: {f"{name}.{language}.html": None} for language in languages}
    return Unit(name, notebook, {}, run_id, pages, **more)


def tasks(*units: Unit) -> list[Task]:
    return [Task(one.name, lambda one=one: one) for one in units]  # type: ignore[misc]


def work(wanted: Plan, bench: Bench, *units: Unit) -> dict[str, Fate]:
    fates: dict[str, Fate] = {}
    Work(wanted, Path("facts"), bench, lambda one, fate: fates.update({one.name: fate})).off(tasks(*units))
    return fates


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


# Order


def test_a_task_begins_when_all_before_it_have_ended(wanted: Plan) -> None:
    seen: list[str] = []
    before = {"a": ("c",), "b": ("a", "d"), "c": (), "d": ("nobody",)}
    Work(wanted, Path("facts"), Bench(), lambda one, _: seen.append(one.name)).off(
        Task(name, lambda name=name: unit(name), frozenset(others))  # type: ignore[misc]
        for name, others in before.items()
    )
    assert sorted(seen) == ["a", "b", "c", "d"]
    assert seen.index("c") < seen.index("a") < seen.index("b")
    assert seen.index("d") < seen.index("b")


def test_a_task_that_turns_out_to_be_none_holds_up_nobody(wanted: Plan) -> None:
    seen: list[str] = []
    later = Task("b", lambda: unit("b"), frozenset({"a"}))
    Work(wanted, Path("facts"), Bench(), lambda one, _: seen.append(one.name)).off([Task("a", lambda: None), later])
    assert seen == ["b"]


def test_only_as_many_are_begun_as_can_be_worked_on(wanted: Plan) -> None:
    class Counting(Bench):
        most = 0

        def submit(self, fn: Any, /, job: Job, **more: Any) -> Future[Any]:  # type: ignore[override]
            self.most = max(self.most, len(list(wanted.engagement.workplace.glob(".kamlab-part-*"))))
            return super().submit(fn, job, **more)

    bench = Counting()
    work(replace(wanted, execution=Execution(jobs=2)), bench, *(unit(f"u{n}") for n in range(30)))
    assert len(bench.jobs) == 30
    assert bench.most <= 4


# Publishing


def both(job: Job) -> Files:
    return {
        **dict.fromkeys(job.pages, f"page {job.language}"),
        "results/x/t.parquet": f"table {job.language}",
        "results/x/result.json": f"result {job.language}",
        f"figures/x.f.{job.language}.svg": f"figure {job.language}",
    }


def test_pages_and_figures_come_in_all_languages_results_once(wanted: Plan) -> None:
    work(replace(wanted, languages=("de", "en")), Bench(both), unit("x", languages=("de", "en")))
    assert contents(wanted.engagement.reports) == {
        "x.de.html": "page de",
        "x.en.html": "page en",
        "results/x/t.parquet": "table de",
        "results/x/result.json": "result de",
        "figures/x.f.de.svg": "figure de",
        "figures/x.f.en.svg": "figure en",
    }


def test_files_go_where_the_unit_places_them(wanted: Plan) -> None:
    places = {"results/x/": "results/x/meier-1/", "figures/": "figures/meier-1."}
    work(wanted, Bench(both), unit("x", places=places))
    assert set(contents(wanted.engagement.reports)) == {
        "x.de.html",
        "results/x/meier-1/t.parquet",
        "results/x/meier-1/result.json",
        "figures/meier-1.x.f.de.svg",
    }


def test_what_is_no_longer_made_goes_but_the_other_language_stays(wanted: Plan) -> None:
    work(replace(wanted, languages=("de", "en")), Bench(both), unit("x", languages=("de", "en")))
    work(wanted, Bench(), unit("x", "2"))
    assert set(contents(wanted.engagement.reports)) == {"x.de.html", "x.en.html", "figures/x.f.en.svg"}


def test_nothing_is_left_in_the_workplace_but_the_record(wanted: Plan) -> None:
    work(wanted, Bench(both), unit("x"))
    (name,) = contents(wanted.engagement.workplace)
    assert re.fullmatch("made/[0-9a-f]+/x.json", name)


def test_records_of_another_reports_folder_are_others(wanted: Plan) -> None:
    other = replace(wanted.engagement, reports=wanted.engagement.reports.with_name("other"))
    work(wanted, Bench(both), unit("x"))
    assert work(replace(wanted, engagement=other), Bench(both), unit("x", "2"))["x"].status == "done"
    assert work(wanted, Bench(both), unit("x"))["x"].status == "unchanged"
    forget(other, "x")
    assert contents(other.reports) == {}
    assert len(contents(wanted.engagement.reports)) == 4


def test_a_unit_is_forgotten_in_all_languages_and_with_its_failures(wanted: Plan) -> None:
    work(replace(wanted, languages=("de", "en")), Bench(both), unit("x", languages=("de", "en")))
    work(wanted, Bench(both), unit("x", "2"))
    assert work(wanted, Bench(both), unit("x", "2"))["x"].status == "unchanged"
    work(wanted, Bench(lost={"x": RuntimeError("x")}), unit("x", "3"))
    assert (wanted.engagement.workplace / FAILED / "x.de.ipynb").is_file()
    forget(wanted.engagement, "x")
    assert contents(wanted.engagement.reports) == contents(wanted.engagement.workplace) == {}


def test_a_page_in_another_language_that_somebody_changed_keeps_no_unit_from_being_unchanged(wanted: Plan) -> None:
    work(replace(wanted, languages=("de", "en")), Bench(both), unit("x", languages=("de", "en")))
    (wanted.engagement.reports / "x.en.html").write_text("anders", encoding="utf-8")
    work(wanted, Bench(both), unit("x"))
    assert work(wanted, Bench(both), unit("x"))["x"].status == "unchanged"


# Skipping


def test_what_is_unchanged_is_not_executed_again(wanted: Plan) -> None:
    work(wanted, Bench(both), unit("x"))
    bench = Bench(both)
    assert work(wanted, bench, unit("x"))["x"].status == "unchanged"
    assert not bench.jobs


@pytest.mark.parametrize(
    "change",
    [
        lambda wanted: (wanted, unit("x", "2")),
        lambda wanted: (replace(wanted, code=True), unit("x")),
        lambda wanted: (replace(wanted, languages=("de", "en")), unit("x", languages=("de", "en"))),
        lambda wanted: (replace(wanted, execution=Execution(force=True)), unit("x")),
    ],
    ids=["state", "code", "languages", "force"],
)
def test_what_has_changed_is_executed_again(wanted: Plan, change: Callable[[Plan], tuple[Plan, Unit]]) -> None:
    work(wanted, Bench(both), unit("x"))
    changed, one = change(wanted)
    assert work(changed, Bench(both), one)["x"].status == "done"


@pytest.mark.parametrize("name", ["x.de.html", "results/x/t.parquet", "results/x/result.json", "figures/x.f.de.svg"])
@pytest.mark.parametrize("how", ["gone", "other"])
def test_a_file_that_was_touched_is_made_again(wanted: Plan, name: str, how: str) -> None:
    work(wanted, Bench(both), unit("x"))
    file = wanted.engagement.reports / name
    file.unlink() if how == "gone" else file.write_text("anders", encoding="utf-8")
    before = contents(wanted.engagement.reports)
    assert work(wanted, Bench(both), unit("x"))["x"].status == "done"
    assert contents(wanted.engagement.reports) != before


def test_a_record_that_cannot_be_read_counts_as_none(wanted: Plan) -> None:
    work(wanted, Bench(both), unit("x"))
    (record,) = wanted.engagement.workplace.glob("made/*/x.json")
    record.write_text("{", encoding="utf-8")
    assert work(wanted, Bench(both), unit("x"))["x"].status == "done"


# Failing


@pytest.mark.parametrize(
    ("lost", "status", "code"),
    [
        (True, "failed", Exit.ANALYSIS_FAILED),
        (TimeoutError(), "timed_out", Exit.TIMED_OUT),
        (ProcessDied(), "failed", Exit.KERNEL),
        (RuntimeError("KeyError: 'x'"), "failed", Exit.ANALYSIS_FAILED),
    ],
)
def test_a_failure_leaves_the_old_files_keeps_the_notebook_and_stops_no_other(
    wanted: Plan, lost: Any, status: str, code: Exit
) -> None:
    work(wanted, Bench(both), unit("x"), unit("y"))
    before = contents(wanted.engagement.reports)
    fates = work(wanted, Bench(both, {"x": lost}), unit("x", "2"), unit("y", "2"))
    assert (fates["x"].status, fates["x"].code, fates["y"].status) == (status, code, "done")
    assert contents(wanted.engagement.reports) == before
    assert contents(wanted.engagement.workplace / FAILED) == {"x.de.ipynb": "{}"}
    made = recorded(wanted.engagement, "x")
    assert made is not None
    assert made.run_id == "1"


def test_a_kept_notebook_goes_with_the_next_success(wanted: Plan) -> None:
    work(wanted, Bench(both, {"x": ProcessDied()}), unit("x"))
    work(wanted, Bench(both), unit("x"))
    assert contents(wanted.engagement.workplace / FAILED) == {}


def test_one_language_that_fails_fails_the_unit(wanted: Plan) -> None:
    class Half(Bench):
        def submit(self, fn: Any, /, job: Job, **more: Any) -> Future[Any]:  # type: ignore[override]
            self.lost = {"x": ProcessDied()} if job.language == "en" else {}
            return super().submit(fn, job, **more)

    two = replace(wanted, languages=("de", "en"))
    assert work(two, Half(both), unit("x", languages=("de", "en")))["x"].status == "failed"
    assert contents(wanted.engagement.reports) == {}


# Faults of the disk, and being killed


class Killed(BaseException):
    """Stands for a process that is killed at this moment: nothing of ours runs after it."""


def states(job: Job) -> Files:
    """Make files that all carry the same number; a later state has another table."""
    number = job.facts
    more = {"results/x/new.parquet": number} if number == "2" else {"results/x/old.parquet": number}
    return dict.fromkeys(both(job), number) | more


def attempt(wanted: Plan, state: str) -> dict[str, Fate]:
    fates: dict[str, Fate] = {}
    run = Work(wanted, Path(state), Bench(states), lambda one, fate: fates.update({one.name: fate}))
    run.off(tasks(unit("x", state)))
    return fates


def calls(monkeypatch: pytest.MonkeyPatch, nth: int, error: BaseException) -> list[int]:
    """Let the n-th call that changes the disk fail; return a list that grows with every call."""
    made: list[int] = []

    def failing(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            made.append(1)
            if len(made) == nth:
                raise error
            return real(*arguments, **options)

        return call

    for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (Path, "chmod")):
        monkeypatch.setattr(owner, name, failing(getattr(owner, name)))
    return made


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), Killed()], ids=["full", "killed"])
@pytest.mark.parametrize("nth", range(1, 61))
def test_whichever_write_fails_every_file_is_old_or_new_and_the_next_run_mends(
    wanted: Plan, monkeypatch: pytest.MonkeyPatch, nth: int, error: BaseException
) -> None:
    reports = wanted.engagement.reports
    attempt(wanted, "1")
    with monkeypatch.context() as patched:
        made = calls(patched, nth, error)
        with suppress(StorageFailed, Killed):
            attempt(wanted, "2")
    left = contents(reports)
    assert {content for name, content in left.items() if ".kamlab-part-" not in name} <= {"1", "2"}
    if left["x.de.html"] == "2":  # who sees the new page finds all that belongs to it
        assert {left[name] for name in both_names()} == {"2"}
    made_now = recorded(wanted.engagement, "x")
    assert made_now is not None
    if made_now.run_id == "2":
        assert left["x.de.html"] == "2"
    prune(reports)
    prune(wanted.engagement.workplace)
    attempt(wanted, "2")
    assert contents(reports) == dict.fromkeys([*both_names(), "x.de.html", "results/x/new.parquet"], "2")
    assert len(made) < 60, "all calls are tried"


def both_names() -> list[str]:
    return ["results/x/t.parquet", "results/x/result.json", "figures/x.f.de.svg"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("12"), st.integers(1, 30), st.booleans()), min_size=1, max_size=4))
def test_property_after_any_faults_a_run_leaves_exactly_its_own_files(
    tmp_path_factory: pytest.TempPathFactory, faults: list[tuple[str, int, bool]]
) -> None:
    from conftest import LEDGER, SETTINGS

    from kamlab.engagement import open_engagement

    home = tmp_path_factory.mktemp("faults")
    (home / "umsatz.csv").write_text(LEDGER, encoding="utf-8")
    (home / "engagement.yml").write_text(SETTINGS, encoding="utf-8")
    wanted = Plan(open_engagement(home), (), [], [], {}, ("de",))
    for state, nth, is_full in faults:
        with pytest.MonkeyPatch.context() as patched:
            calls(patched, nth, OSError(errno.ENOSPC, "voll") if is_full else Killed())
            with suppress(StorageFailed, Killed):
                attempt(wanted, state)
    prune(wanted.engagement.reports)
    last = faults[-1][0]
    attempt(wanted, last)
    found = contents(wanted.engagement.reports)
    own = {"1": "results/x/old.parquet", "2": "results/x/new.parquet"}[last]
    assert {name: content for name, content in found.items() if not name.endswith(".parquet")} == dict.fromkeys(
        ["results/x/result.json", "figures/x.f.de.svg", "x.de.html"], last
    )
    assert found[own] == last
