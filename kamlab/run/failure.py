"""How far a notebook came that did not come to its end, and what can be said of it without saying where it ran."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat

from kamlab.errors import KernelDied, Problem
from kamlab.results import Value
from kamlab.text import Language

EXECUTED = "executed.ipynb"  # in the folder of an execution: the notebook as far as it came


def died(title: str, folder: Path, language: Language) -> KernelDied:
    """Say that the process is gone, and how far the notebook had come."""
    values: dict[str, Value] = {"notebook": title, "section": section(folder, language)}
    return KernelDied(Problem(code="KL-R403", values=values))


def section(folder: Path, language: Language) -> str:
    """Name the section that was being executed: the heading above the last cell that began; a dash before any."""
    try:
        cells = nbformat.read(folder / EXECUTED, as_version=4).cells
    except (OSError, ValueError, nbformat.ValidationError):  # it had not begun, or the process died while it wrote
        return "–"
    begun = [at for at, cell in enumerate(cells) if cell.metadata.get("papermill", {}).get("start_time")]
    headings = [
        line.lstrip("# ")
        for cell in cells[: begun[-1] if begun else 0]
        if cell.cell_type == "markdown" and f"lang-{language}" in cell.metadata.get("tags", [])
        for line in cell.source.splitlines()
        if line.startswith("#")
    ]
    return headings[-1] if headings else "–"


def without_places(text: str) -> str:
    """Take the folders of this machine out of a text: it stands in the index and in the manifest."""
    places = (Path.cwd(), Path.home(), Path(tempfile.gettempdir()))
    for place in sorted(places, key=lambda place: -len(str(place))):  # one may lie in another
        if place != Path(place.anchor):
            text = text.replace(str(place), "…").replace(repr(str(place))[1:-1], "…")  # as Windows' errors have it
    return text
