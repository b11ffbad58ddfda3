"""A papermill engine that executes a notebook in this very process: no kernel to start, none to shut down.

Meant for a process that executes one notebook and ends. The kernel behind it is ipykernel's own, so outputs are those
of an ordinary kernel; a test compares both cell by cell.
"""

from __future__ import annotations

import json
import logging
import os
import queue
from pathlib import Path
from typing import Any

os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # the debugger, which nobody asks, is silent

from ipykernel.inprocess.manager import InProcessKernelManager
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg
from papermill.engines import Engine, NotebookExecutionManager

from kamlab.run.failure import EXECUTED

OUTPUTS = {"stream", "display_data", "execute_result", "error"}


class Unable(Exception):
    """Only an ordinary kernel can execute this cell: it awaits at its top level, say."""


class InProcessEngine(Engine):  # type: ignore[misc]
    """Executes the cells one after the other and stops at the first that fails."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, *_: Any, **__: Any) -> None:
        """Execute the notebook that papermill manages; which kernel its metadata name does not matter here.

        How far it came lies in the working folder from cell to cell, written by us: papermill's own way of saving
        validates and sorts the whole notebook every time, a quarter of the time of a page.
        """
        file = Path(EXECUTED).resolve()  # a cell may go elsewhere
        manager: Any = InProcessKernelManager()
        manager.start_kernel()
        manager.kernel.shell.history_manager.enabled = False
        manager.kernel.log.setLevel(logging.CRITICAL)  # what it cannot do is told by us
        client = manager.client()
        client.start_channels()
        for index, cell in enumerate(nb_man.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue  # papermill completes it in the end
            nb_man.cell_start(cell, index)
            file.write_text(json.dumps(nb_man.nb), encoding="utf-8")
            if not _execute(client, cell):
                nb_man.cell_exception(cell, index)
                nb_man.cell_complete(cell, index)
                return
            cell.metadata.papermill["status"] = nb_man.COMPLETED


def _execute(client: Any, cell: NotebookNode) -> bool:
    """Execute a cell, note its outputs, say whether it went well."""
    cell.outputs = []
    try:
        client.execute(cell.source)
        reply = client.get_shell_msg()["content"]
    except queue.Empty:
        raise Unable from None
    cell.execution_count = reply["execution_count"]
    while client.iopub_channel.msg_ready():
        message = client.get_iopub_msg()
        if message["msg_type"] in OUTPUTS:
            cell.outputs.append(output_from_msg(message))
        elif message["msg_type"] == "clear_output":
            cell.outputs = []
    return bool(reply["status"] == "ok")
