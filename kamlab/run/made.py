"""What was made when: per unit a record of the state it was made from and of the files it left.

A unit whose record has the same state, and whose files are all as they were made, need not be made again. Records lie
in the workplace, those of every reports folder in a folder of their own; one is written when everything it names is in
its place.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from kamlab.engagement import Engagement
from kamlab.publish import publish, withdraw
from kamlab.results import Frozen, to_json

_DIGITS = 12  # of the hash that tells reports folders apart
FAILED = "failed"  # folder in the workplace: notebooks as far as they came


class Made(Frozen):
    """What a unit left behind.

    Attributes
    ----------
    run_id : str
        Identifies inputs, parameters and code.
    edition : str
        What else the pages depend on: their languages, and whether they show code.
    files : dict of path in the reports folder to sha256
    pseudonyms : bool
        Nothing of it tells who the accounts are.
    """

    run_id: str
    edition: str
    files: dict[str, str]
    pseudonyms: bool = False


def claim(engagement: Engagement) -> None:
    """Note that the reports folder is ours: it held nothing of others when the first run began."""
    _records(engagement).mkdir(parents=True, exist_ok=True)


def is_claimed(engagement: Engagement) -> bool:
    """Say whether a run of this engagement has begun to write into its reports folder before."""
    return _records(engagement).is_dir()


def record(engagement: Engagement, unit: str, made: Made) -> None:
    """Note what a unit left behind."""
    publish(_place(engagement, unit), to_json(made))


def recorded(engagement: Engagement, unit: str) -> Made | None:
    """Return what a unit left behind; None where it has not been made, or the record cannot be read."""
    try:
        return Made.model_validate_json(_place(engagement, unit).read_bytes())
    except (OSError, ValueError):
        return None


def units(engagement: Engagement, folder: str = "") -> list[str]:
    """Name the units that have left something behind; those below a folder only, if one is named."""
    root = _records(engagement)
    return sorted(file.relative_to(root).with_suffix("").as_posix() for file in (root / folder).rglob("*.json"))


def forget(engagement: Engagement, unit: str) -> None:
    """Remove what a unit left behind, the notebooks that are kept of its failures, and the record of it."""
    made = recorded(engagement, unit)
    for name in made.files if made else ():
        withdraw(engagement.reports / name)
    for kept in list((engagement.workplace / FAILED).glob(f"{unit}.*.ipynb")):
        withdraw(kept)
    withdraw(_place(engagement, unit))


def is_untouched(made: Made, reports: Path) -> bool:
    """Say whether all files of a unit are there, as they were made."""
    try:
        return all(sha256((reports / name).read_bytes()) == known for name, known in made.files.items())
    except OSError:
        return False


def sha256(content: bytes) -> str:
    """Hash the content of a file."""
    return hashlib.sha256(content).hexdigest()


def _place(engagement: Engagement, unit: str) -> Path:
    return _records(engagement) / f"{unit}.json"


def _records(engagement: Engagement) -> Path:
    """Say where the records of the reports folder lie; within the engagement it may move with it."""
    reports, home = engagement.reports.resolve(), engagement.workplace.parent.resolve()
    place = reports.relative_to(home) if reports.is_relative_to(home) else reports
    return engagement.workplace / "made" / sha256(place.as_posix().encode("utf-8", "surrogateescape"))[:_DIGITS]
