"""JupyterLab: every notebook from top to bottom, in a kernel of its own accord, wherever it was started."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from kamlab import study as studies
from kamlab.engagement import Engagement
from kamlab.errors import SettingsError
from kamlab.facts import prepare
from kamlab.facts.sales import sales
from kamlab.notebooks import discover, refuse_unfitting
from kamlab.run.engine import _kernel_manager
from kamlab.selection import concentration
from kamlab.study import Study, open_study

Opened = Callable[..., Engagement]
WRONG = "engagement, language, period, cut_a, cut_b = 'demo', 'de', '', 70, 0.95\nkamlab.open(engagement, language)"


def failing(source: str) -> NotebookNode:
    return new_code_cell(source, metadata={"tags": ["raises-exception"]})


def test_every_notebook_runs_in_a_kernel_in_any_folder_one_after_the_other(tmp_path: Path) -> None:
    """All of them in one session, on the demo; before and after, what a user may do wrong."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    cells = [failing("import kamlab\nkamlab.open('demo', 'de').result('scoring')")]
    for notebook in discover():
        cells += [cell for cell in nbformat.read(notebook.path, as_version=4).cells if cell.cell_type == "code"]
    cells += [failing(WRONG)]
    manager = _kernel_manager({"XDG_CACHE_HOME": str(tmp_path / "cache")}, tmp_path / "kernel.log")
    notebook = new_notebook(cells=[new_code_cell(cell.source, metadata=cell.metadata) for cell in cells])
    path = {"metadata": {"path": str(elsewhere)}}
    NotebookClient(notebook, kernel_manager_class=manager, timeout=None, resources=path).execute()
    told = [output for cell in notebook.cells for output in cell.outputs if output.output_type == "error"]
    assert len(told) == 2
    assert "".join(told[0].traceback).startswith("Dieses Notebook baut auf 22_scoring auf. Führen Sie zuerst")
    assert "".join(told[1].traceback).startswith("Parameter „cut_a“: 70 liegt außerhalb von 0 < cut_a ≤ cut_b")
    assert not list(elsewhere.iterdir())
    kept = {path.parent.name for path in (tmp_path / "cache").rglob("result.json")}
    assert kept == {notebook.name for notebook in discover()}


@pytest.fixture
def lab(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Study]:
    """Open the small engagement as a notebook in JupyterLab does."""
    monkeypatch.delenv(studies.ORDER_FILE, raising=False)
    return lambda *assignments, **texts: Study(opened(*assignments, **texts), "de")


def test_a_result_is_kept_for_the_notebooks_that_build_on_it(lab: Callable[..., Study]) -> None:
    made = lab().keep(concentration(sales(prepare(lab().engagement))))
    found = lab().result("concentration")
    assert found.key_numbers == made.key_numbers
    assert not (lab().engagement.reports / "results").exists()


def test_a_result_of_other_data_or_settings_is_none(lab: Callable[..., Study], folder: Path) -> None:
    study = lab()
    study.keep(concentration(study.sales()))
    assert lab("analyses.concentration.cut_a=0.7").earlier("concentration") is not None
    assert lab("period=last12").earlier("concentration") is None
    ledger = (folder / "umsatz.csv").read_text(encoding="utf-8")
    assert lab(ledger=ledger.replace("1.200,00", "1.300,00")).earlier("concentration") is None


def test_a_missing_result_names_the_notebook_to_begin_with(lab: Callable[..., Study]) -> None:
    with pytest.raises(SettingsError, match=r"builds on 22_scoring\. Execute 22_scoring first.*KL-S359") as missing:
        lab().result("scoring")
    missing.value.language = "de"
    (line,) = missing.value._render_traceback_()
    assert line.startswith("Dieses Notebook baut auf 22_scoring auf.")
    assert lab().those_of("scoring", "charter") == {}


def test_the_demo_has_a_place_of_its_own_unless_a_run_has_left_its_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(studies.ORDER_FILE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "project" / "notebooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "notebooks")
    assert open_study("demo").engagement.workplace == tmp_path / "cache" / "kamlab" / "demo" / ".kamlab"
    reports = tmp_path / "project" / "reports" / "demo"
    reports.mkdir(parents=True)
    (reports / "manifest.json").write_text("{}", encoding="utf-8")
    assert open_study("demo").engagement.reports == reports


def test_variables_are_parameters_only_where_a_parameters_cell_was_executed() -> None:
    own = {"engagement": "demo", "language": "de", "period": "", "cut_a": 0.7, "cut_b": 0.95}
    refuse_unfitting(own | {"days": 4000, "places": -1})
    with pytest.raises(SettingsError, match="'cut_a': 70"):
        refuse_unfitting(own | {"cut_a": 70})
    with pytest.raises(SettingsError, match="Period 'foo'"):
        refuse_unfitting(own | {"period": "foo"})
