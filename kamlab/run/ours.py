"""What in a reports folder is ours: only that is written over or removed, and where others' files lie, no run begins.

A folder is ours if the manifest of this engagement lies in it, or if this engagement has begun to write there before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from kamlab.engagement import Engagement
from kamlab.errors import Problem, SettingsError
from kamlab.notebooks import discover
from kamlab.results import Value
from kamlab.run.made import claim, is_claimed

FOLDERS = ("dossiers", "figures", "results", "runs")
_RUN = "[0-9a-f]" * 12
# What a run leaves beside what is on record; files of other names are somebody else's.
_FILES = (
    *("index.html", "index.??.html", "workbook.xlsx", "rejects.csv", "rejects.xlsx", "compare.??.html", "compare.xlsx"),
    *(f"dossiers/{name}.??.html" for name in ("index", "*.internal", "*.customer")),
)
OF_A_RUN = ("manifest.json", "results/*/result.json", "results/*/*.parquet")  # in its folder in the history
_PAGE = b"default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # every page of ours says so at its beginning
_TOLD = 5


def enter(engagement: Engagement) -> None:
    """Make sure that the reports folder is ours before anything is written into it.

    Raises
    ------
    SettingsError
        Others' files have names that a run would write (KL-S357), or the reports are of another engagement (KL-S358).
    """
    reports, name = engagement.reports, engagement.settings.name
    owner = _owner(reports)
    if is_claimed(engagement):
        if owner is None:  # interrupted before there was a manifest, or another folder has taken its place
            _refuse(reports, [page for page in _pages(reports) if not _is_page(page)])
        return
    if owner is None:
        in_the_way = [reports / folder for folder in FOLDERS if (reports / folder).is_file()]
        _refuse(reports, [*in_the_way, *left_by_runs(reports), *reports.glob("manifest.json")])
    elif owner != name:
        raise SettingsError(Problem(code="KL-S358", values={"folder": reports.name, "name": owner}))
    claim(engagement)


def left_by_runs(reports: Path) -> Iterator[Path]:
    """Name the files in a reports folder that runs make, on record or not; a result's tables before itself."""
    yield from _pages(reports)
    yield from (path for path in reports.glob("[0-9][0-9]_*.??.html") if _is_page(path))  # of a notebook that was
    begin = [f"figures/{folder}{notebook.name}" for notebook in discover() for folder in ("", "dossiers/*.")]
    figures = [f"{start}.*.??.{ending}" for start in begin for ending in ("svg", "png")]
    for pattern in (*_FILES, *figures):
        yield from (path for path in list(reports.glob(pattern)) if not path.is_dir())
    for run in list(reports.glob(f"runs/{_RUN}")):
        yield from (path for pattern in OF_A_RUN for path in list(run.glob(pattern)) if is_run(run))
    for result in list((reports / "results").rglob("result.json")):
        yield from sorted(result.parent.glob("*.parquet"))
        yield result


def _pages(reports: Path) -> list[Path]:
    """Name the pages and the entrances that there are."""
    patterns = ["index.html", "index.??.html", *(f"{notebook.stem}.??.html" for notebook in discover())]
    return [path for pattern in patterns for path in reports.glob(pattern)]


def is_run(folder: Path) -> bool:
    """Say whether a folder of the history is a run of ours, or what an interrupted removal left of one."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    named = _read(folder / "manifest.json").get("run_id") == folder.name
    return named or bool(re.fullmatch(_RUN, folder.name))


def _owner(reports: Path) -> str | None:
    """Name the engagement whose manifest lies in a folder, None where there is none of ours; any version's will do."""
    found = _read(reports / "manifest.json")
    return str(found["engagement"]) if {"engagement", "run_id", "notebooks"} <= found.keys() else None


def _read(manifest: Path) -> dict[str, str]:
    try:
        found = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_page(page: Path) -> bool:
    try:
        with page.open("rb") as file:
            return _PAGE in file.read(1000)
    except OSError:
        return False


def _refuse(reports: Path, others: list[Path]) -> None:
    names = list(dict.fromkeys(path.relative_to(reports).as_posix() for path in others))
    if names:
        told = names[:_TOLD] + (["…"] if len(names) > _TOLD else [])
        values: dict[str, Value] = {"folder": reports.name, "files": told}
        raise SettingsError(Problem(code="KL-S357", values=values))
