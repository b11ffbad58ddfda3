"""Jobs, each in a process of its own, through the interface of `concurrent.futures`.

Where there is fork, every process is a copy of a template that has imported everything: it starts in milliseconds, and
whatever happens in it happens to nobody else. Knows nothing of what a job does.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()
_WAITING = {signal.SIGINT, signal.SIGTERM}


class ProcessDied(Exception):
    """The process of a job is gone without an answer: killed, or out of memory."""


class ProcessPerJob(Executor):
    """Runs every job in a new process, a few at a time.

    Parameters
    ----------
    jobs : int
        Processes at the same time, at least 1.
    timeout : float
        Seconds that a job may take; then its process and all that it has started are killed.
    preload : names of modules
        What the template imports once; without fork every process imports for itself.

    A future raises what the job raised; ProcessDied where its process is gone; TimeoutError where it took too long.
    """

    def __init__(self, jobs: int, timeout: float, preload: Sequence[str] = ()) -> None:
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(jobs)
        self._alive: set[BaseProcess] = set()
        self._given_up = False
        self._preload = list(preload)
        self._context: Any = multiprocessing.get_context("forkserver" if CAN_FORK else "spawn")

    def warm_up(self) -> None:
        """Start the template, which takes seconds and can be done beside other work; else the first job does.

        Where it cannot be, with a temporary folder whose path is too long for a socket say, every process starts anew.
        """
        if self._context.get_start_method() == "forkserver":
            try:
                _start_template(self._preload)
            except OSError:
                self._context = multiprocessing.get_context("spawn")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function that can be named, with arguments that can be pickled, in a process of its own."""
        self.warm_up()
        return self._threads.submit(self._in_process, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what runs; with `cancel_futures` kill it, and what is just being started as soon as it is there."""
        self._given_up = self._given_up or cancel_futures
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        if cancel_futures:
            for process in list(self._alive):
                _kill(process)
        self._threads.shutdown(wait=wait)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Kill what runs where an exception, an interruption say, ends the block."""
        self.shutdown(cancel_futures=kind is not None)

    def _in_process(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_answer, args=(theirs, fn, args, kwargs), daemon=True)
        with ours:
            process.start()
            self._alive.add(process)
            if self._given_up:
                _kill(process)
            theirs.close()
            try:
                if not wait([ours, process.sentinel], self._timeout):
                    raise TimeoutError(f"no answer in {self._timeout} seconds")
                try:
                    error, answer = ours.recv() if ours.poll() else (ProcessDied(), None)
                except EOFError:
                    raise ProcessDied from None
            finally:
                _kill(process)
                self._alive.discard(process)
        if error is not None:
            raise error
        return answer


def _start_template(preload: list[str]) -> None:
    """Start the template: deaf to an interruption, which is the run's business, and to modules that lie about here."""
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # it unblocks signals when it starts
    multiprocessing.set_forkserver_preload(preload)
    safe = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITING)
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if safe is None:
            del os.environ["PYTHONSAFEPATH"]


def _answer(pipe: Connection, fn: Callable[..., Any], args: Any, kwargs: Any) -> None:
    """Do a job and send its answer, or what it raised; go when the run is gone."""
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own: what it starts is killed with it
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITING)
    threading.Thread(target=_go_with_parent, daemon=True).start()
    try:
        pipe.send((None, fn(*args, **kwargs)))
    except Exception as error:
        pipe.send((_portable(error), None))


def _go_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _kill_group(os.getpid())
        os._exit(1)


def _portable(error: Exception) -> Exception:
    """Give an exception that survives the way to another process."""
    return RuntimeError(f"{type(error).__name__}: {error}")


def _kill(process: BaseProcess) -> None:
    if process.pid:
        _kill_group(process.pid)  # what a process that is gone already has started, too
    process.kill()
    process.join()


def _kill_group(pid: int) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # it has not come so far as to have a group, or is gone
            os.killpg(pid, signal.SIGKILL)
