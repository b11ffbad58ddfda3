"""A process per job: answers and exceptions come back, what is lost is said, nothing outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PATIENCE, until

from kamlab.publish import publish
from kamlab.run.pool import ProcessDied, ProcessPerJob


def process_id(_: object = None) -> int:
    return os.getpid()


def fail(text: str) -> None:
    raise LookupError(text)


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def leave(code: int) -> None:
    os._exit(code)


def wait_with_a_child(file: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    publish(Path(file), f"{os.getpid()} {child.pid}".encode())  # whole, or not there
    time.sleep(3600)


@pytest.fixture
def pool() -> Iterator[ProcessPerJob]:
    with ProcessPerJob(2, timeout=PATIENCE) as made:
        yield made


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_every_job_has_a_process_of_its_own(pool: ProcessPerJob) -> None:
    pids = list(pool.map(process_id, range(4)))
    assert len({*pids, os.getpid()}) == 5


def test_what_a_job_raises_is_told(pool: ProcessPerJob) -> None:
    with pytest.raises(RuntimeError, match="LookupError: <weg>"):
        pool.submit(fail, "<weg>").result()


@pytest.mark.parametrize(("job", "number"), [(die, signal.SIGKILL), (die, signal.SIGTERM), (leave, 0), (leave, 3)])
def test_a_process_without_an_answer_is_a_death_and_hurts_no_other(
    pool: ProcessPerJob, job: object, number: int
) -> None:
    dead, other = pool.submit(job, number), pool.submit(process_id)  # type: ignore[arg-type]
    with pytest.raises(ProcessDied):
        dead.result()
    assert other.result() > 0


def test_an_answer_that_cannot_travel_is_told(pool: ProcessPerJob) -> None:
    with pytest.raises(RuntimeError, match="pickle"):
        pool.submit(iter_of_the_job).result()


def iter_of_the_job() -> Iterator[int]:
    return (number for number in range(3))


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="looks for processes under /proc")
def test_a_job_that_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    seconds = 1
    while not (tmp_path / "pids").is_file():  # on a busy machine a job may not even have begun by then
        seconds *= 3
        with ProcessPerJob(1, timeout=seconds) as pool, pytest.raises(TimeoutError, match=f"{seconds} seconds"):
            pool.submit(wait_with_a_child, str(tmp_path / "pids")).result()
    pids = [int(pid) for pid in (tmp_path / "pids").read_text(encoding="utf-8").split()]
    until(lambda: not any(map(is_alive, pids)))


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="looks for processes under /proc")
def test_an_exception_in_the_run_ends_all_its_jobs(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    pool = ProcessPerJob(2, timeout=PATIENCE)
    for file in files:
        pool.submit(wait_with_a_child, str(file))
    waiting = pool.submit(process_id)
    until(lambda: all(file.is_file() for file in files))
    with pytest.raises(KeyboardInterrupt), pool:
        raise KeyboardInterrupt
    pids = [int(pid) for file in files for pid in file.read_text(encoding="utf-8").split()]
    until(lambda: not any(map(is_alive, pids)))
    assert waiting.cancelled()


RUN = """
import sys
sys.path.insert(0, {tests!r})
from test_pool import wait_with_a_child
from kamlab.run.pool import ProcessPerJob
if __name__ == "__main__":
    with ProcessPerJob(1, 3600) as pool:
        pool.submit(wait_with_a_child, {file!r}).result()
"""


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="looks for processes under /proc")
def test_jobs_go_with_a_run_that_was_killed(tmp_path: Path) -> None:
    script, file = tmp_path / "run.py", tmp_path / "pids"
    script.write_text(RUN.format(tests=str(Path(__file__).parent), file=str(file)), encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)]) as run:
        until(file.is_file)
        run.kill()
    pids = [int(pid) for pid in file.read_text(encoding="utf-8").split()]
    until(lambda: not any(map(is_alive, pids)))


def test_what_is_just_being_started_is_not_waited_for(tmp_path: Path) -> None:
    pool = ProcessPerJob(1, timeout=PATIENCE)
    job = pool.submit(wait_with_a_child, str(tmp_path / "pids"))
    pool.shutdown(cancel_futures=True)  # returns, though the job takes an hour
    assert job.done()
