"""The history of runs: `runs/<id>/` keeps manifest and results of the last twelve, for `kamlab compare`.

A run's folder appears whole or not at all; one without a manifest is what an interrupted removal left. Files of others
beside and in these folders stay.
"""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kamlab.comparison.runs import Input, Run
from kamlab.errors import Problem, SettingsError
from kamlab.publish import as_storage_failure, publish, publishing_folder
from kamlab.results import Result, from_folder, to_json
from kamlab.run.manifest import Manifest, ManifestNotebook, previous
from kamlab.run.ours import OF_A_RUN, is_run
from kamlab.text import Words

KEPT = 12
LAST, PREVIOUS = "last", "previous"
_SENTENCES = 3


@dataclass(frozen=True)
class Kept:
    """A run on disk: a folder with `manifest.json` and `results/`."""

    folder: Path
    manifest: Manifest


def keep(reports: Path, manifest: Manifest) -> None:
    """Keep manifest and results of a run that is over; the same run again renews its manifest.

    Raises
    ------
    StorageFailed
        The reports folder cannot be written.
    """
    target = reports / "runs" / manifest.run_id
    names = [fate.analysis for fate in manifest.notebooks if _is_its_own(fate)]
    with as_storage_failure(target):
        if (target / "manifest.json").is_file() and _same_results(reports / "results", target / "results", names):
            publish(target / "manifest.json", to_json(manifest))
        else:
            _forget(target)
            if target.is_symlink() or target.is_file():  # of others: the run is not kept
                return
            with nullcontext(target) if target.is_dir() else publishing_folder(target) as part:
                for file in _result_files(reports / "results", names):
                    copy = part / "results" / file
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(reports / "results" / file, copy)
                publish(part / "manifest.json", to_json(manifest))
    kept = {run.folder for run in runs(reports)[:KEPT]}
    for folder in (reports / "runs").iterdir():
        if folder not in kept:
            _forget(folder)


def runs(reports: Path) -> list[Kept]:
    """List the runs that are kept, the latest first."""
    found = [kept for folder in (reports / "runs").glob("*") if is_run(folder) and (kept := _kept(folder))]
    return sorted(found, key=lambda run: (run.manifest.finished, run.manifest.run_id), reverse=True)


def find(reports: Path, name: str) -> Kept:
    """Find a run by `last`, `previous`, its id or the beginning of it, or a folder that holds manifest and results.

    Raises
    ------
    SettingsError
        There is none (KL-S353), or several ids begin like this (KL-S355).
    """
    known = runs(reports)
    if name in (LAST, PREVIOUS):
        place = 0 if name == LAST else 1
        if place < len(known):
            return known[place]
    elif fitting := [run for run in known if run.manifest.run_id.startswith(name)]:
        if len(fitting) > 1:
            ids = [run.manifest.run_id for run in fitting]
            raise SettingsError(Problem(code="KL-S355", values={"run": name, "known": ids}))
        return fitting[0]
    elif found := _kept(Path(name)):
        return found
    there = [f"{run.manifest.run_id} ({run.manifest.finished:%Y-%m-%d %H:%M})" for run in known]
    raise SettingsError(Problem(code="KL-S353", values={"run": name, "known": there}))


def load(kept: Kept) -> Run:
    """Load a run for comparison."""
    return as_run(kept.manifest, kept.folder / "results")


def as_run(manifest: Manifest, folder: Path) -> Run:
    """Put together what is known of a run from its manifest and its results."""
    return Run(
        run_id=manifest.run_id,
        engagement=manifest.engagement,
        currency=manifest.currency,
        as_of=date.fromisoformat(manifest.as_of) if manifest.as_of else None,
        inputs=tuple(Input(**given.model_dump()) for given in manifest.inputs),
        settings=manifest.settings,
        parameters={fate.analysis: fate.parameters for fate in manifest.notebooks},
        versions=manifest.versions,
        results={result.analysis: result for result in results(folder, manifest).values()},
    )


def results(folder: Path, manifest: Manifest) -> dict[str, Result]:
    """Load the results of a folder, by the names of their notebooks and in the order of the manifest.

    One that cannot be read, e.g. of another version, is left out, and so is what an earlier run left.
    """
    loaded = {fate.notebook: _loaded(folder / fate.analysis) for fate in manifest.notebooks if _is_its_own(fate)}
    return {stem: result for stem, result in loaded.items() if result}


def changes(reports: Path, manifest: Manifest, words: Words) -> list[str]:
    """Say in up to three sentences what changed since the last run that was another; nothing where there is none."""
    from kamlab.comparison import compare  # slow to import, and mostly nothing has changed
    from kamlab.report.comparison import headlines

    try:
        earlier = next((run for run in runs(reports) if run.manifest.run_id != manifest.run_id), None)
        if earlier is None:
            return []
        before, now = load(earlier), as_run(manifest, reports / "results")
        if not before.results.keys() & now.results.keys():
            return []
        return headlines(compare(before, now), words)[:_SENTENCES]
    except Exception:  # a history that cannot be read, e.g. of an older version, must never end a run
        return []


def _kept(folder: Path) -> Kept | None:
    manifest = previous(folder)
    return Kept(folder, manifest) if manifest else None


def _loaded(folder: Path) -> Result | None:
    try:
        return from_folder(folder)
    except (OSError, ValueError):
        return None


def _is_its_own(fate: ManifestNotebook) -> bool:
    """Say whether the results on disk are of the run that a manifest tells of."""
    return fate.is_done and not fate.stale


def _result_files(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Name the files of these results below their folder; those per account, by the thousand, lie deeper."""
    for name in sorted(names):
        yield from (file.relative_to(folder) for file in sorted((folder / name).glob("*")) if file.is_file())


def _same_results(first: Path, second: Path, names: list[str]) -> bool:
    files = list(_result_files(first, names))
    if files != list(_result_files(second, names)):
        return False
    return all(filecmp.cmp(first / file, second / file, shallow=False) for file in files)


def _forget(folder: Path) -> None:
    """Remove a run, its manifest first: without one it counts as gone, even if the rest stays, or files of others."""
    if not is_run(folder):
        return
    with as_storage_failure(folder):
        (folder / "manifest.json").unlink(missing_ok=True)
    for file in [path for pattern in OF_A_RUN for path in folder.glob(pattern)]:
        with suppress(OSError):
            file.unlink()
    for empty in (*folder.glob("results/*/"), folder / "results", folder):
        with suppress(OSError):
            empty.rmdir()
