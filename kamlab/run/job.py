"""One job of a run: execute a notebook in one language and render its pages, all into a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kamlab.errors import Exit, KamlabError, Problem
from kamlab.notebooks import Notebook
from kamlab.report.frame import Head
from kamlab.run.failure import EXECUTED
from kamlab.text import Language, Words

OUTBOX = "outbox"  # in the job's folder: what is to be published, laid out as in the reports folder


@dataclass(frozen=True)
class Job:
    """What is to be done; travels to another process.

    Attributes
    ----------
    pages : mapping of file name to Head
        The pages to render, by their path in the reports folder.
    folder : Path
        Empty; what the job makes lies in its `outbox`, the executed notebook beside it.
    """

    notebook: Notebook
    values: Mapping[str, Any]
    assignments: tuple[str, ...]
    facts: str
    results: tuple[str, ...]
    language: Language
    currency: str
    pages: Mapping[str, Head]
    engine: Literal["fork", "kernel"]
    code: bool
    folder: Path


@dataclass(frozen=True)
class Answer:
    """How a job went: without problems, or with them and the exit code that they mean."""

    problems: tuple[Problem, ...] = ()
    code: Exit = Exit.DONE


def carry_out(job: Job) -> Answer:
    """Execute and render; a mistake of the notebook is an answer too."""
    from kamlab.report.page import page  # heavy, and needed where a job is done, not where it is handed out
    from kamlab.run.engine import execute
    from kamlab.study import ORDER_FILE, Order

    outbox, order_file = job.folder / OUTBOX, job.folder / "order.json"
    order = Order(assignments=job.assignments, facts=job.facts, results=job.results, outbox=str(outbox))
    words = Words(job.language, job.currency)
    try:
        order_file.write_text(order.model_dump_json(), encoding="utf-8")
        executed = execute(job.notebook, dict(job.values), {ORDER_FILE: str(order_file)}, job.engine, job.folder)
        for name, head in job.pages.items():
            file = outbox / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(page(executed, head, words, job.code))
    except KamlabError as error:
        return Answer(error.problems, error.exit_code)
    except OSError as error:
        problem = Problem(code="KL-R401", values={"file": EXECUTED, "what": error.strerror or str(error)})
        return Answer((problem,), Exit.STORAGE)
    except MemoryError:
        values = {"notebook": job.notebook.stem, "section": "–", "cause": "MemoryError"}
        return Answer((Problem(code="KL-R402", values=dict(values)),), Exit.KERNEL)
    return Answer()
