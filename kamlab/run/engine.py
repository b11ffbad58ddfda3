"""Executing one notebook with papermill: in this very process, or in a kernel of this very Python.

Its metadata is not trusted. Papermill takes a notebook whose kernel was killed for complete; here an end mark that was
not reached says otherwise.
"""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any, Literal

import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets import CaselessStrEnum

from kamlab.errors import KamlabError, MemoryShort, Problem, StorageFailed
from kamlab.notebooks import Notebook
from kamlab.results import Value
from kamlab.run.failure import EXECUTED, died, section, without_places
from kamlab.run.inprocess import InProcessEngine, Unable
from kamlab.text import Language

Engine = Literal["fork", "kernel"]

papermill_engines.register("kamlab", InProcessEngine)


def execute(
    notebook: Notebook, parameters: dict[str, Any], environment: dict[str, str], engine: Engine, folder: Path
) -> NotebookNode:
    """Execute a notebook and return it with its outputs.

    Parameters
    ----------
    parameters : dict
        Typed values of parameters that the notebook declares.
    environment : dict
        Variables for the process of the notebook, beside those of this one.
    engine : "fork" or "kernel"
        In this process, whose environment and shell are used up by it; or in a kernel, as what only that can do.
    folder : Path
        Where it works and leaves the notebook, cell by cell, as `executed.ipynb`.

    Raises
    ------
    KamlabError
        A cell failed; the message names notebook, section and cause.
    KernelDied, MemoryShort, StorageFailed
        The kernel is gone; a cell wanted more memory than there is, or could not write.
    """
    undeclared = parameters.keys() - notebook.parameters.keys()
    if undeclared:  # names go into code: only those that the parameters cell has itself
        raise ValueError(f"{notebook.stem} does not declare {sorted(undeclared)}")
    source = notebook.read()
    source.metadata = NotebookNode(kernelspec=_PYTHON, language_info={"name": "python"})
    end = f"kamlab-end-{uuid.uuid4().hex}"
    source.cells.append(new_code_cell(f"print({end!r})", metadata={"tags": ["setup"]}))
    isolated = {"IPYTHONDIR": str(folder / "ipython"), "MPLBACKEND": "agg", "PYTHONSAFEPATH": "1"}
    if engine == "fork":
        os.environ.update(isolated | environment)
        how: dict[str, Any] = {"engine_name": "kamlab", "request_save_on_cell_execute": False}
    else:
        manager = _kernel_manager(isolated | environment, folder / "kernel.log")
        how = {"kernel_manager_class": manager, "shutdown_kernel": "immediate", "execution_timeout": None}
    try:
        executed = papermill.execute_notebook(
            source,
            folder / EXECUTED,
            parameters=parameters,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=folder,
            **how,
        )
    except Unable:
        return execute(notebook, parameters, environment, "kernel", folder)
    except PapermillExecutionError as error:
        raise _failed(notebook, folder, parameters.get("language", "de"), error) from None
    except (DeadKernelError, RuntimeError):  # the latter: it did not even start
        raise died(notebook.stem, folder, parameters.get("language", "de")) from None
    last = executed.cells[-1].outputs
    if not last or end not in last[0].get("text", ""):
        raise died(notebook.stem, folder, parameters.get("language", "de"))
    executed.cells.pop()
    return executed


_PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}


def _kernel_manager(environment: dict[str, str], log: Path) -> type[AsyncKernelManager]:
    """Make a manager that starts this very interpreter, whatever kernels are installed under the name.

    What the kernel itself says goes into the log: it may outlive an interrupted run by a second, and complain.
    """
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
    curve = {"supported_encryption": ["curve"]}
    spec = KernelSpec(argv=command, display_name="Python 3", language="python", env=environment, metadata=curve)

    class ThisPython(AsyncKernelManager):
        transport_encryption = CaselessStrEnum(["disabled", "auto", "required"], default_value="auto")

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

        async def _async_start_kernel(self, **options: Any) -> None:
            with log.open("wb") as said:
                await super()._async_start_kernel(**options, stderr=said)

        start_kernel = _async_start_kernel

    return ThisPython


def _failed(notebook: Notebook, folder: Path, language: Language, error: PapermillExecutionError) -> KamlabError:
    """Name the section and the cause of a failed cell."""
    cause = without_places(f"{error.ename}: {error.evalue}")
    values: dict[str, Value] = {"notebook": notebook.stem, "section": section(folder, language), "cause": cause}
    kinds = {"MemoryError": MemoryShort, "StorageFailed": StorageFailed}
    return kinds.get(error.ename, KamlabError)(Problem(code="KL-R402", values=values))
