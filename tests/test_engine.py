"""Both engines give the same notebook; what goes wrong in one is told with section and cause."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import PATIENCE, ROOT
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from kamlab.errors import Exit, KamlabError
from kamlab.notebooks import Declaration, Notebook
from kamlab.run import engine
from kamlab.run.failure import EXECUTED
from kamlab.run.pool import ProcessDied, ProcessPerJob

ENGINES = ("fork", "kernel")
EVERYTHING = [
    "print('eins'); print('zwei', end='')",
    "import sys; print('Fehler', file=sys.stderr); print('drei')",
    "from IPython.display import display, HTML, Markdown, SVG\ndisplay(HTML('<b>x</b>'), Markdown('*y*'))\n1 + 1",
    "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
    "import pandas as pd; pd.DataFrame({'a': [1.5, None], 'b': ['ä', '<i>']})",
    "from IPython.display import clear_output\nprint('weg'); clear_output(); print('bleibt')",
    "",
    "x = 3;",
    "x",
    "_ + 1",
    "%%html\n<p>Zelle</p>",
    "import warnings; warnings.warn('Vorsicht')",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "import asyncio\nawait asyncio.sleep(0)\n'gewartet'",
    "import os; (os.environ['MPLBACKEND'], __name__, os.path.basename(os.getcwd())[:4])",
]


def attempt(*arguments: Any) -> tuple[NotebookNode | None, tuple[str, int]]:
    """Execute in this process, and return what can travel."""
    try:
        return engine.execute(*arguments), ("", 0)
    except KamlabError as error:
        return None, (error.problems[0].message("de"), int(error.exit_code))


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPerJob]:
    with ProcessPerJob(2, timeout=PATIENCE) as made:
        yield made


@pytest.fixture
def run(pool: ProcessPerJob, tmp_path: Path) -> Callable[..., Any]:
    def start(how: str, notebook: Notebook, **parameters: Any) -> Any:
        folder = tmp_path / f"job-{how}"
        folder.mkdir(exist_ok=True)
        return pool.submit(attempt, notebook, parameters, {}, how, folder)

    return start


def made(folder: Path, *cells: NotebookNode | str) -> Notebook:
    parameters = new_code_cell('language: str = "de"  # Sprache', metadata={"tags": ["parameters"]})
    bodies = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    path = folder / "99_probe.ipynb"
    nbformat.write(new_notebook(cells=[parameters, *bodies]), path)
    return Notebook(path, Declaration(block="data"))


def outputs(notebook: NotebookNode) -> list[tuple[str, list[Any]]]:
    """List sources and outputs, parts of a stream joined, without the numbers of processes and memory."""
    found = []
    for cell in notebook.cells:
        shown: list[Any] = []
        for output in cell.get("outputs", []):
            plain = {
                key: output[key] for key in ("output_type", "name", "data", "text", "ename", "evalue") if key in output
            }
            if shown and plain["output_type"] == "stream" and shown[-1].get("name") == plain["name"]:
                shown[-1] = shown[-1] | {"text": shown[-1]["text"] + plain["text"]}
            else:
                shown.append(plain)
        texts = sorted(re.sub(r"0x[0-9a-f]+|ipykernel_\d+/\d+|\d+ characters", "·", repr(output)) for output in shown)
        found.append((cell.source, [*texts, cell.get("execution_count")]))
    return found


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))])
def test_both_engines_give_the_same_notebook_cell_by_cell(
    run: Callable[..., Any], tmp_path: Path, demo_reports: Path, name: str
) -> None:
    for how in ENGINES:  # what other notebooks have found out
        shutil.copytree(demo_reports / "results", tmp_path / f"job-{how}" / "reports" / "demo" / "results")
    notebook = Notebook(ROOT / "notebooks" / f"{name}.ipynb", Declaration(block="data"))
    jobs = [run(how, notebook, engagement="demo", language="de") for how in ENGINES]
    (forked, said), (kernel, _) = (job.result() for job in jobs)
    assert said == ("", 0)
    for ours, theirs in zip(outputs(forked), outputs(kernel), strict=True):
        assert ours == theirs


def test_both_engines_show_all_kinds_of_output_alike(run: Callable[..., Any], tmp_path: Path) -> None:
    notebook = made(tmp_path, *EVERYTHING)
    jobs = [run(how, notebook, language="en") for how in ENGINES]
    (forked, said), (kernel, _) = (job.result() for job in jobs)
    assert said == ("", 0)
    for ours, theirs in zip(outputs(forked), outputs(kernel), strict=True):
        assert ours == theirs


HEADINGS = [
    new_markdown_cell("# Frage", metadata={"tags": ["lang-de"]}),
    new_markdown_cell("# Question", metadata={"tags": ["lang-en"]}),
    "gut = 1",
    new_markdown_cell("## Zweiter Teil", metadata={"tags": ["lang-de"]}),
    new_markdown_cell("## Second part", metadata={"tags": ["lang-en"]}),
]


@pytest.mark.parametrize("how", ENGINES)
@pytest.mark.parametrize(("language", "section"), [("de", "Zweiter Teil"), ("en", "Second part")])
def test_a_failed_cell_is_told_with_section_and_cause(
    run: Callable[..., Any], tmp_path: Path, how: str, language: str, section: str
) -> None:
    notebook = made(tmp_path, *HEADINGS, "raise ValueError('<b>schief</b>')", "print('nie')")
    executed, (said, code) = run(how, notebook, language=language).result()
    assert executed is None
    assert code == Exit.ANALYSIS_FAILED
    assert f"99_probe, Abschnitt „{section}“: ValueError: <b>schief</b>" in said
    kept = nbformat.read(tmp_path / f"job-{how}" / EXECUTED, as_version=4)
    assert [cell.source for cell in kept.cells if cell.get("execution_count")][-1].startswith("raise ValueError")


@pytest.mark.parametrize("how", ENGINES)
@pytest.mark.parametrize("code", ["raise MemoryError()", "import numpy as np; np.zeros(2**62, dtype='int8')"])
def test_want_of_memory_is_told_apart_from_a_mistake(
    run: Callable[..., Any], tmp_path: Path, how: str, code: str
) -> None:
    _, (said, code_) = run(how, made(tmp_path, *HEADINGS, code), language="de").result()
    assert code_ == Exit.KERNEL
    assert "Zweiter Teil" in said


def test_a_notebook_that_ends_its_process_is_a_death(run: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(ProcessDied):
        run("fork", made(tmp_path, *HEADINGS, "import os; os._exit(0)"), language="de").result()


def test_a_notebook_that_ends_its_kernel_is_a_death(run: Callable[..., Any], tmp_path: Path) -> None:
    _, (said, code) = run("kernel", made(tmp_path, *HEADINGS, "import os; os._exit(0)"), language="de").result()
    assert code == Exit.KERNEL
    assert "Zweiter Teil" in said


@pytest.mark.parametrize("how", ENGINES)
def test_a_notebook_that_leaves_early_is_not_taken_for_complete(
    run: Callable[..., Any], tmp_path: Path, how: str
) -> None:
    _, (_, code) = run(how, made(tmp_path, *HEADINGS, "raise SystemExit(0)", "print('nie')"), language="de").result()
    assert code == Exit.KERNEL


def test_a_parameter_the_notebook_does_not_declare_is_no_code(pool: ProcessPerJob, tmp_path: Path) -> None:
    arguments = (made(tmp_path), {"x=1\nimport os": 1}, {}, "fork", tmp_path)
    with pytest.raises(RuntimeError, match="does not declare"):
        pool.submit(attempt, *arguments).result()
