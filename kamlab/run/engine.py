"""Executing one notebook with papermill, in a kernel of this very Python; its metadata is not trusted.

`execute` is the one place that knows how a notebook runs: another engine takes this place without anyone noticing.
"""

from __future__ import annotations

import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from papermill.exceptions import PapermillExecutionError
from traitlets import CaselessStrEnum

from kamlab.errors import KamlabError, KernelDied, Problem, TimedOut
from kamlab.notebooks import Notebook
from kamlab.results import Value

CELL_TIMEOUT = 3600  # seconds


def execute(notebook: Notebook, parameters: dict[str, Any], environment: dict[str, str]) -> NotebookNode:
    """Execute a notebook and return it with its outputs.

    Parameters
    ----------
    parameters : dict
        Typed values of parameters that the notebook declares.
    environment : dict
        Variables for the process of the notebook, beside those of this one.

    Raises
    ------
    KamlabError
        A cell failed; the message names notebook, section and cause.
    KernelDied, TimedOut
        The process is gone, or a cell took longer than an hour.
    """
    undeclared = parameters.keys() - notebook.parameters.keys()
    if undeclared:  # names go into code: only those that the parameters cell has itself
        raise ValueError(f"{notebook.stem} does not declare {sorted(undeclared)}")
    source = notebook.read()
    source.metadata = NotebookNode(kernelspec=_PYTHON, language_info={"name": "python"})
    end = f"kamlab-end-{uuid.uuid4().hex}"
    source.cells.append(new_code_cell(f"print({end!r})", metadata={"tags": ["setup"]}))
    with tempfile.TemporaryDirectory(prefix="kamlab-") as folder:
        scratch = Path(folder)
        isolated = {"IPYTHONDIR": str(scratch / "ipython"), "MPLBACKEND": "agg", "PYTHONSAFEPATH": "1"}
        manager = _kernel_manager({**isolated, **environment})
        try:
            executed = papermill.execute_notebook(
                source,
                None,
                parameters=parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                cwd=scratch,
                execution_timeout=CELL_TIMEOUT,
                kernel_manager_class=manager,
                shutdown_kernel="immediate",
            )
        except PapermillExecutionError as error:
            raise _failed(notebook, source, error) from None
        except (DeadKernelError, RuntimeError):  # the latter: it did not even start
            raise KernelDied(Problem(code="KL-R403", values={"notebook": notebook.stem})) from None
        except CellTimeoutError:
            raise TimedOut(
                Problem(code="KL-R404", values={"notebook": notebook.stem, "seconds": CELL_TIMEOUT})
            ) from None
    last = executed.cells[-1].outputs
    if not last or end not in last[0].get("text", ""):
        raise KernelDied(Problem(code="KL-R403", values={"notebook": notebook.stem}))
    executed.cells.pop()
    return executed


_PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


def _kernel_manager(environment: dict[str, str]) -> type[AsyncKernelManager]:
    """Make a manager that starts this very interpreter, whatever kernels are installed under the name."""
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    curve = {"supported_encryption": ["curve"]}
    spec = KernelSpec(argv=command, display_name="Python 3", language="python", env=environment, metadata=curve)

    class ThisPython(AsyncKernelManager):
        transport_encryption = CaselessStrEnum(["disabled", "auto", "required"], default_value="auto")

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return ThisPython


def _failed(notebook: Notebook, source: NotebookNode, error: PapermillExecutionError) -> KamlabError:
    """Name the section and the cause of a failed cell."""
    section = ""
    for cell in source.cells:
        if cell.cell_type == "markdown" and "lang-en" not in cell.metadata.get("tags", []):
            headings = [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")]
            section = headings[-1] if headings else section
        elif cell.source == error.source:
            break
    cause = _without_places(f"{error.ename}: {error.evalue}")
    values: dict[str, Value] = {"notebook": notebook.stem, "section": section, "cause": cause}
    return KamlabError(Problem(code="KL-R402", values=values))


def _without_places(text: str) -> str:
    """Take the folders of this machine out of a text: it stands in the index and in the manifest."""
    for place in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
        if place != Path(place.anchor):
            text = text.replace(str(place), "…")
    return text
