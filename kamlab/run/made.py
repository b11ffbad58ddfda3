"""What was made when: per unit a record of the state it was made from and of the files it left.

A unit whose record has the same state, and whose files are all as they were made, need not be made again. Records lie
in the workplace; one is written when everything it names is in its place.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from kamlab.engagement import Engagement
from kamlab.publish import publish, withdraw
from kamlab.results import Frozen, to_json


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
    root = engagement.workplace / "made"
    return sorted(file.relative_to(root).with_suffix("").as_posix() for file in (root / folder).rglob("*.json"))


def forget(engagement: Engagement, unit: str) -> None:
    """Remove what a unit left behind, and the record of it."""
    made = recorded(engagement, unit)
    for name in made.files if made else ():
        withdraw(engagement.reports / name)
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
    return engagement.workplace / "made" / f"{unit}.json"
