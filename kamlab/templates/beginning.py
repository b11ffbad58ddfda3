"""A new engagement: settings with explanations, and the workbook to fill in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kamlab.errors import Problem, SettingsError
from kamlab.publish import publish
from kamlab.templates.workbook import filled_in, input_workbook
from kamlab.text import Language

SETTINGS = "engagement.yml"
WORKBOOKS: dict[Language, str] = {"de": "inputs/eingaben.xlsx", "en": "inputs/input.xlsx"}


@dataclass(frozen=True)
class Beginning:
    """What was made: the folder, and its two files relative to it."""

    folder: Path
    settings: str
    workbook: str


def begin(folder: Path, language: Language, currency: str = "EUR") -> Beginning:
    """Make a new engagement in a folder, which may be there and hold other files already.

    Raises
    ------
    SettingsError
        The place is no folder, or one of the files is there already: nothing is overwritten.
    StorageFailed
        The folder cannot be written.
    """
    for place in (folder, folder / "inputs"):
        if place.exists() and not place.is_dir():
            raise SettingsError(Problem(code="KL-S321", values={"place": str(place)}))
    files = (WORKBOOKS[language], SETTINGS)
    if there := [name for name in files if (folder / name).exists()]:
        raise SettingsError(Problem(code="KL-S320", values={"folder": str(folder), "files": there}))
    publish(folder / WORKBOOKS[language], input_workbook(language))
    publish(folder / SETTINGS, settings_text(folder.absolute().name, language, currency).encode())
    return Beginning(folder, SETTINGS, WORKBOOKS[language])


def settings_text(name: str, language: Language, currency: str = "EUR") -> str:
    """Write the settings of a new engagement: complete as they stand, everything else as a comment."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    labels = [(table.name, getattr(table.label, language)) for table in filled_in()]
    template = environment.get_template(f"engagement.{language}.yml.j2")
    named = json.dumps(name, ensure_ascii=False)
    return template.render(name=named, currency=currency, workbook=WORKBOOKS[language], tables=labels)
