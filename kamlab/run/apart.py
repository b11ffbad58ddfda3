"""Pages with names and pages with pseudonyms never lie in one reports folder: together they would tell who is who."""

from __future__ import annotations

from contextlib import suppress

from kamlab.publish import withdraw
from kamlab.run.made import forget, recorded, units
from kamlab.run.manifest import previous
from kamlab.run.ours import left_by_runs
from kamlab.run.plan import Plan


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
    records = [recorded(engagement, unit) for unit in units(engagement)]
    files = [*left_by_runs(reports), *(reports / name for one in records if one for name in one.files)]
    for file in files:
        withdraw(file)
    for unit in units(engagement):
        forget(engagement, unit)
    folders = {folder for file in files for folder in file.parents if folder.is_relative_to(reports)} - {reports}
    for folder in sorted(folders | set((reports / "results").glob("*/*/")), reverse=True):
        with suppress(OSError):  # something else is in it
            folder.rmdir()
    withdraw(reports / "manifest.json")
