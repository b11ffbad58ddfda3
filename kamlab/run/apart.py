"""Pages with names and pages with pseudonyms never lie in one reports folder: together they would tell who is who."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kamlab.publish import withdraw
from kamlab.run.made import forget, recorded, units
from kamlab.run.manifest import previous
from kamlab.run.plan import Plan

FOLDERS = ("dossiers", "figures", "results", "runs")
# What a run leaves beside what is on record; files of other names are somebody else's.
FILES = (
    *("index.html", "index.??.html", "[0-9][0-9]_*.??.html", "workbook.xlsx", "rejects.csv", "rejects.xlsx"),
    *("compare.??.html", "compare.xlsx"),
    *(f"dossiers/{name}.??.html" for name in ("index", "*.internal", "*.customer")),
    f"runs/{'[0-9a-f]' * 12}/**/*",
)


def keep_apart(wanted: Plan) -> None:
    """Remove what runs of the other kind have left in the reports folder, the manifest last.

    Of which kind the folder is, its manifest says; where there is none, the records of what was made in it. Of what is
    in the folder only the package's own files go, and with them folders that are empty by then: those of dossiers are
    named after accounts.

    Raises
    ------
    StorageFailed
        Something cannot be removed.
    """
    engagement, reports = wanted.engagement, wanted.engagement.reports
    before = previous(reports)
    if before is None:
        kinds = {made.pseudonyms for unit in units(engagement) if (made := recorded(engagement, unit))}
    else:
        kinds = {before.pseudonyms}
    if kinds <= {wanted.pseudonyms}:
        return
    for file in _left_by_runs(wanted):
        withdraw(file)
    for unit in units(engagement):
        forget(engagement, unit)
    for folder in FOLDERS:
        for path in sorted((reports / folder).rglob("*"), reverse=True):
            with suppress(OSError):  # a file, or a folder that something is in
                path.rmdir()
    withdraw(reports / "manifest.json")


def _left_by_runs(wanted: Plan) -> Iterator[Path]:
    """Name the files in the reports folder that runs make, on record or not; a result's tables before itself."""
    reports = wanted.engagement.reports
    figures = [
        f"figures/{beginning}{notebook.name}.*.??.svg" for notebook in wanted.known for beginning in ("", "dossiers/*.")
    ]
    for pattern in (*FILES, *figures):
        yield from (path for path in list(reports.glob(pattern)) if path.is_file())
    for result in list((reports / "results").rglob("result.json")):
        yield from sorted(result.parent.glob("*.parquet"))
        yield result
