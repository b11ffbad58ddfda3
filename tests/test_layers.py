"""The rooms of the house import one way, and the doors to the disk are few."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

from conftest import ROOT, each

PACKAGE = ROOT / "kamlab"
ORDER = ["results", "text", "errors", "publish", "sheets", "tables", "engagement", "templates", "parameters"]
ORDER += ["notebooks", "ingest", "mapping", "facts", "analyses", "comparison", "design", "figures", "report", "study"]
ORDER += ["run", "cli"]
ANALYSES = ["data", "fitness", "selection", "potential"]
READERS = {"results", "text", "engagement", "ingest", "facts"}  # rooms that open files to read data or words
OWN_FILES = {"publish", "report", "study", "run"}  # these open what the package, or the run itself, has written
OPENING = {"open", "read_text", "read_bytes", "read_csv", "read_excel", "read_parquet", "read_json", "connect"}
WRITING = {"write_text", "write_bytes", "to_csv", "to_excel", "mkstemp", "savefig"}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "bundled" not in path.parts)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def storey(name: str) -> int:
    return ORDER.index("analyses" if name in ANALYSES else name)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Modules that a file imports, anywhere in it: `kamlab.facts.sales`, `os`, …"""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def rooms_of(path: Path) -> set[str]:
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("kamlab.")}
    return {name for name in rooms if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()} - {room(path)}


def calls(path: Path) -> set[str]:
    found = [node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    return {f.attr if isinstance(f, ast.Attribute) else f.id for f in found if isinstance(f, ast.Attribute | ast.Name)}


ROOMS = [path for path in FILES if room(path) != "__init__"]  # kamlab/__init__.py is the front door, see below


def test_every_room_has_its_place() -> None:
    assert {room(path) for path in ROOMS} <= {*ORDER, *ANALYSES}


@each("path", ROOMS)
def test_rooms_import_one_way(path: Path) -> None:
    upwards = {other for other in rooms_of(path) if storey(other) >= storey(room(path))}
    assert not upwards, f"{room(path)} must not know {upwards}"


def test_front_door_opens_late() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    top = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert not [name for name in top if name and name.startswith("kamlab")]


@each("path", [p for p in ROOMS if room(p) in ANALYSES])
def test_analyses_know_no_figure_no_page_no_word_no_file(path: Path) -> None:
    known = {name.split(".")[0] for name in imported(path)} | rooms_of(path)
    assert not known & {"figures", "report", "text", "study", "run", "os", "io", "pathlib", "shutil", "tempfile"}
    assert not known & {"matplotlib", "seaborn", "nbformat", "papermill", "babel"}
    assert not calls(path) & (OPENING | WRITING)


@each("path", ROOMS)
def test_few_rooms_open_files(path: Path) -> None:
    if room(path) not in READERS | OWN_FILES:
        assert not calls(path) & OPENING


@each("path", ROOMS)
def test_report_and_study_open_nothing_of_the_clients(path: Path) -> None:
    if room(path) in OWN_FILES:
        libraries = {name.split(".")[0] for name in imported(path)}
        assert not libraries & {"ibis", "duckdb", "python_calamine", "pyarrow"}
        assert not calls(path) & {"read_csv", "read_excel", "read_parquet", "connect"}


@each("path", [p for p in ROOMS if room(p) == "results"])
def test_results_know_no_other_room(path: Path) -> None:
    assert not rooms_of(path)


def test_processes_are_started_by_run_only() -> None:
    starters = {"subprocess", "multiprocessing", "papermill", "nbclient", "jupyter_client"}
    harmless = {"papermill.translators", "papermill.translators.PythonTranslator"}  # reads a parameters cell
    found = {room(path) for path in ROOMS if {n.split(".")[0] for n in imported(path) - harmless} & starters}
    assert found <= {"run"}


def test_command_line_is_light_to_import() -> None:
    script = "import sys, kamlab.cli; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"pandas", "numpy", "ibis", "duckdb", "papermill", "nbformat", "nbconvert", "matplotlib", "seaborn"}
    assert not heavy & set(done.stdout.split())
