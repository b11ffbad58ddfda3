"""The shape of every notebook: a page to read, with about thirty lines of code and no output stored."""

from __future__ import annotations

import ast
import itertools
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT

from kamlab.notebooks import OR, Declaration, Lack, discover
from kamlab.parameters import TYPES
from kamlab.report.readiness import lost
from kamlab.tables import TABLES
from kamlab.text import LANGUAGES, Language, Words

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BLOCKS = {"data", "fitness", "selection", "introduction", "potential", "people", "processes", "control", "summary"}
FACTS = {"months", "orders", "items"}
PARAMETER = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*): (?P<type>[a-z\[\]]+) = (?P<default>.+?)  # (?P<meaning>\S.*?)(?: \[(?P<allowed>.+)\])?"
)
# What to do stands first, behind the message; how sure it is and how it was calculated come last.
FIRST = {"de": "Was tun?", "en": "What next?"}
LAST = {"de": ["Wie sicher ist das?", "So wurde gerechnet"], "en": ["How sure is this?", "How it was calculated"]}

Cell = Any


def cells(path: Path) -> list[Cell]:
    return nbformat.read(path, as_version=4).cells


def tags(cell: Cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def code(path: Path) -> list[Cell]:
    return [cell for cell in cells(path) if cell.cell_type == "code"]


def lines(cell: Cell) -> list[str]:
    return [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]


def headings(path: Path, language: str) -> list[str]:
    own = [cell for cell in cells(path) if f"lang-{language}" in tags(cell)]
    return [line[3:] for cell in own for line in cell.source.splitlines() if line.startswith("## ")]


each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_every_notebook_is_discovered() -> None:
    assert sorted(notebook.path for notebook in discover()) == PATHS


def test_names_are_those_of_the_analyses() -> None:
    names = [path.stem.partition("_")[2] for path in PATHS]
    assert len(set(names)) == len(names)


@each
def test_notebook_is_valid(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))


@each
def test_stored_without_outputs(path: Path) -> None:
    assert all(not cell.outputs and cell.execution_count is None for cell in code(path))


@each
def test_metadata_holds_nothing_of_a_machine(path: Path) -> None:
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert set(metadata) <= {"kamlab", "kernelspec", "language_info"}
    assert metadata["kernelspec"]["name"] == "python3"
    assert metadata["language_info"] == {"name": "python"}


@each
def test_declaration_validates(path: Path) -> None:
    declaration = Declaration.model_validate(nbformat.read(path, as_version=4).metadata["kamlab"])
    assert declaration.block in BLOCKS
    for wants in (declaration.needs, declaration.optional):
        assert set(wants.tables) <= set(TABLES)
        assert set(wants.facts) <= FACTS
        assert set(wants.results) <= {other.stem.partition("_")[2] for other in PATHS}
        for table, columns in wants.columns.items():
            assert {name for column in columns for name in column.split(OR)} <= set(TABLES[table].names)


@each
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_lost_without_an_optional_input_is_said(path: Path, language: Language) -> None:
    notebook = next(n for n in discover() if n.path == path)
    optional = notebook.declaration.optional
    gaps = [Lack(table=table, whole=True) for table in optional.tables]
    gaps += [
        Lack(table=t, whole=False, columns=(column,)) for t, columns in optional.columns.items() for column in columns
    ]
    assert all(lost(notebook.name, gap, Words(language)) for gap in gaps)


@each
def test_cells_have_ids_of_their_own(path: Path) -> None:
    ids = [cell.id for cell in cells(path)]
    assert len(set(ids)) == len(ids)


@each
def test_begins_with_the_question_in_both_languages(path: Path) -> None:
    for cell, language in zip(cells(path), LANGUAGES, strict=False):
        assert tags(cell) == {f"lang-{language}"}
        question, _, decision = cell.source.partition("\n")
        assert question.startswith("# ")
        assert question.endswith("?")
        assert ("Entscheidung" if language == "de" else "decision") in decision


@each
def test_third_cell_holds_the_parameters(path: Path) -> None:
    assert [at for at, cell in enumerate(cells(path)) if "parameters" in tags(cell)] == [2]


@each
def test_parameters_begin_with_engagement_and_language(path: Path) -> None:
    first, second = cells(path)[2].source.splitlines()[:2]
    assert first.startswith('engagement: str = "demo"  # ')
    assert second.startswith('language: str = "de"  # ')


@each
def test_every_parameter_is_typed_and_explained(path: Path) -> None:
    for line in cells(path)[2].source.splitlines():
        found = PARAMETER.fullmatch(line)
        assert found, line
        assert found["type"] in TYPES
        assert line.count("=") == 1, "papermill cannot parse it, and says so to users"
        default = ast.literal_eval(found["default"])
        assert type(default).__name__ == found["type"].partition("[")[0]


@each
def test_parameters_are_understood_as_they_are_written(path: Path) -> None:
    notebook = next(n for n in discover() if n.path == path)
    written = [PARAMETER.fullmatch(line) for line in cells(path)[2].source.splitlines()]
    assert [(p.name, p.type, p.default, p.meaning, p.allowed) for p in notebook.parameters.values()] == [
        (line["name"], line["type"], line["default"], line["meaning"], line["allowed"] or "")
        for line in written
        if line
    ]


@each
def test_setup_opens_the_study_in_one_line(path: Path) -> None:
    setup = cells(path)[3]
    assert tags(setup) == {"setup"}
    opening = [line for line in lines(setup) if not line.startswith(("import ", "from "))]
    assert opening == ["study = kamlab.open(engagement, language)"]


@each
def test_bottom_line_comes_first(path: Path) -> None:
    assert "report.bottom_line" in cells(path)[4].source
    assert "study.keep(" in cells(path)[4].source


@each
def test_at_most_ten_lines_a_cell(path: Path) -> None:
    assert max(len(lines(cell)) for cell in code(path)) <= 10


@each
def test_about_thirty_lines_in_all(path: Path) -> None:
    assert sum(len(lines(cell)) for cell in code(path) if not tags(cell) & {"parameters", "setup"}) <= 30
    assert sum(len(lines(cell)) for cell in code(path)) <= 40


@each
def test_no_function_no_loop_no_branch(path: Path) -> None:
    barred = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.Try)
    barred += (ast.comprehension, ast.With)
    for cell in code(path):
        found = [type(node).__name__ for node in ast.walk(ast.parse(cell.source)) if isinstance(node, barred)]
        assert not found, cell.source


@each
def test_notebook_opens_nothing_itself(path: Path) -> None:
    imports = [line for cell in code(path) for line in lines(cell) if line.startswith(("import ", "from "))]
    assert all(line == "import kamlab" or line.startswith("from kamlab import ") for line in imports)
    for cell in code(path):
        assert not re.search(r"\b(HTML|Markdown|display|print|read_csv)\(|^[!%]", cell.source, re.MULTILINE)


@each
def test_prose_stands_in_both_languages_side_by_side(path: Path) -> None:
    spoken = [tags(cell) & {"lang-de", "lang-en"} for cell in cells(path)]
    assert all(
        bool(languages) == (cell.cell_type == "markdown") for languages, cell in zip(spoken, cells(path), strict=True)
    )
    runs = ["".join(sorted(languages)) for languages in spoken if languages]
    assert runs == ["lang-de", "lang-en"] * (len(runs) // 2)
    for one, other in itertools.pairwise(spoken):
        assert (one == {"lang-de"}) == (other == {"lang-en"})


@each
def test_prose_says_the_same_in_both_languages(path: Path) -> None:
    prose = [cell for cell in cells(path) if cell.cell_type == "markdown"]
    assert prose
    for german, english in zip(prose[::2], prose[1::2], strict=True):
        assert german.source.count("\n") == english.source.count("\n")
        assert re.findall(r"^#+", german.source, re.MULTILINE) == re.findall(r"^#+", english.source, re.MULTILINE)
        assert re.findall(r"\d{4}", german.source) == re.findall(r"\d{4}", english.source)


@each
@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_stand_in_the_order_of_the_readers(path: Path, language: str) -> None:
    first, *others = headings(path, language)
    assert first == FIRST[language]
    assert [name for name in others if name in LAST[language]] == LAST[language]
    assert others[-1] == LAST[language][-1]


@each
def test_how_it_was_calculated_is_folded(path: Path) -> None:
    folded = [cell.source.partition("\n")[0][3:] for cell in cells(path) if "fold" in tags(cell)]
    assert {LAST["de"][-1], LAST["en"][-1]} <= set(folded)


@each
def test_every_page_shows_its_basis(path: Path) -> None:
    assert any(re.search("report.basis|report.rows_accounted_for", cell.source) for cell in code(path))


@each
def test_prose_holds_no_markup(path: Path) -> None:
    for cell in cells(path):
        if cell.cell_type == "markdown":
            assert not re.search(r"<[a-z/!]|\]\(", cell.source)


@each
@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_stand_in_the_catalogue(path: Path, language: str) -> None:
    words = Words(language)  # type: ignore[arg-type]
    declaration = Declaration.model_validate(nbformat.read(path, as_version=4).metadata["kamlab"])
    assert words.knows(f"analysis.{path.stem.partition('_')[2]}")
    assert words.knows(f"block.{declaration.block}")


@each
def test_findings_asked_for_are_in_the_catalogue(path: Path) -> None:
    asked = {text for cell in code(path) for text in re.findall(r'"([a-z_]+\.[a-z0-9_.]+)"', cell.source)}
    assert not [key for key in asked if not all(Words(language).knows(key) for language in LANGUAGES)]
