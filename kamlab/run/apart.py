"""Pages with names and pages with pseudonyms never lie in one reports folder: together they would tell who is who."""

from __future__ import annotations

from contextlib import suppress

from kamlab.publish import withdraw
from kamlab.run.made import forget, recorded, units
from kamlab.run.manifest import previous
from kamlab.run.plan import Plan

FOLDERS = ("dossiers", "figures", "results", "runs")
FILES = ("*.html", "*.csv", "*.xlsx", "manifest.json")


def keep_apart(wanted: Plan) -> None:
    """Remove what a run of the other kind has left in the reports folder, the manifest last.

    Where no manifest says how the folder was made, only what is on record stays beside pseudonyms. Folders go too:
    those of dossiers are named after accounts.

    Raises
    ------
    StorageFailed
        Something cannot be removed.
    """
    reports = wanted.engagement.reports
    own: set[str] = set()
    for unit in units(wanted.engagement):
        made = recorded(wanted.engagement, unit)
        if made and made.pseudonyms == wanted.pseudonyms:
            own |= made.files.keys()
        else:
            forget(wanted.engagement, unit)
    before = previous(reports)
    if (before.pseudonyms if before else False) == wanted.pseudonyms:
        return
    inside = [path for name in FOLDERS for path in sorted((reports / name).rglob("*"), reverse=True)]
    for path in (*inside, *(file for pattern in FILES for file in reports.glob(pattern))):
        if path.is_dir():
            with suppress(OSError):  # something of this run is in it
                path.rmdir()
        elif path.relative_to(reports).as_posix() not in own:
            withdraw(path)
