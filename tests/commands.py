"""The command line as users start it, at a tenth of the time: every call is a copy of a template that has imported all.

A template per test process reads one call per line and answers with its exit code. What hangs on how Python itself is
started, on its environment or on how it is stopped starts a process of its own instead.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

GERMAN = {"LC_ALL": "de_DE.UTF-8", "COLUMNS": "200"}


def run(*arguments: str | Path, cwd: Path, script: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with German messages; `script` runs before it in the same process.

    Where variables of the environment are named, Python is started anew: its jobs shall have them too.
    """
    if environment:
        return _started(arguments, cwd, script, environment)
    with tempfile.TemporaryDirectory() as folder:
        streams = [str(Path(folder) / name) for name in ("out", "err")]
        call = {"arguments": [*map(str, arguments)], "cwd": str(cwd), "script": script, "streams": streams}
        template = _template()
        assert template.stdin is not None
        assert template.stdout is not None
        template.stdin.write(json.dumps(call | {"environment": dict(os.environ)}) + "\n")
        template.stdin.flush()
        code = int(template.stdout.readline())
        out, err = (Path(stream).read_text(encoding="utf-8") for stream in streams)
    return subprocess.CompletedProcess(call["arguments"], code, out, err)


def inside(*arguments: str | Path) -> int:
    """Run the command line in this very process and return its exit code; what it does not catch is raised.

    Whoever ends the tests ends them: the handler of the command line would make an exit code of it.
    """
    import pytest

    from kamlab.cli import main

    argv = patch.object(sys, "argv", ["kamlab", *map(str, arguments)])
    with argv, patch("signal.signal"), pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def _started(
    arguments: tuple[str | Path, ...], cwd: Path, script: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    code = f"{script}\nfrom kamlab.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | GERMAN | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@cache
def _template() -> subprocess.Popen[str]:
    command = [sys.executable, __file__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def _serve() -> None:
    """Answer calls until the tests are over: one at a time, each in a copy of this process."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    import kamlab.cli
    import kamlab.run.template  # noqa: F401
    from kamlab.run.pool import ProcessPerJob

    ProcessPerJob(1, 1, preload=["kamlab.run.template"]).warm_up()  # of the jobs: all calls share it
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _carry_out(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    os._exit(0)


def _carry_out(call: Mapping[str, Any]) -> None:
    """Be the command line, once: streams, folder, environment and arguments of the call."""
    from multiprocessing import forkserver

    from kamlab.cli import main

    forkserver.ensure_running = forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined,method-assign]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, stream in enumerate(call["streams"], 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8") for number in (1, 2))
    os.environ.clear()
    os.environ.update(call["environment"] | GERMAN)
    os.chdir(call["cwd"])
    sys.argv = ["kamlab", *call["arguments"]]
    code = 1
    try:
        exec(call["script"], {})
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
