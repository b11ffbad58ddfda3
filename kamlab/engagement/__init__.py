"""An engagement: one client study, a folder with `engagement.yml`, its inputs and its reports.

In goes a path (or `demo`), out comes an `Engagement` with typed settings. Knows nothing of what the data say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kamlab.engagement.document import read
from kamlab.engagement.places import bundled
from kamlab.engagement.settings import Settings, Source, nearest, typed
from kamlab.errors import Problem, SettingsError

__all__ = [
    "DEMO",
    "Engagement",
    "Settings",
    "Source",
    "bundled",
    "nearest",
    "open_engagement",
    "settings_file",
    "settings_text",
]

FILE_NAME = "engagement.yml"
DEMO = "demo"


@dataclass(frozen=True)
class Engagement:
    """Settings and places of one client study.

    Attributes
    ----------
    folder : Path
        Where `engagement.yml` lies; paths in the settings are relative to it.
    reports : Path
        Where the run puts its pages.
    workplace : Path
        Cache and lock: beside the settings, for the demo beside its reports (the package stays untouched).
    """

    settings: Settings
    file: Path
    reports: Path
    workplace: Path

    @property
    def folder(self) -> Path:
        """Where the settings lie; paths in them start here."""
        return self.file.parent


def open_engagement(place: str | Path | None = None, assignments: Iterable[str] = ()) -> Engagement:
    """Find and read an engagement.

    Parameters
    ----------
    place : str or Path, optional
        Folder, settings file or `demo`; default: `engagement.yml` here or in a parent folder.
    assignments : iterable of "key.path=value"
        Settings that outrank the file.

    Raises
    ------
    SettingsError
        No settings file, or it cannot be meant like this; all problems at once.
    """
    is_demo = place == DEMO
    file = settings_file(place)
    document = read(settings_text(file), file.name)
    for assignment in assignments:
        document.set(assignment)
    settings = typed(document)
    folder = file.parent
    home = Path.cwd() if is_demo else folder  # the package stays untouched
    reports = home / "reports" / DEMO if is_demo and settings.reports == "reports" else home / settings.reports
    if file.resolve().is_relative_to(reports.resolve()):
        raise SettingsError(
            Problem(code="KL-S316", values={"where": document.where(("reports",)), "given": settings.reports})
        )
    workplace = (reports if is_demo else folder) / ".kamlab"
    return Engagement(settings, file, reports, workplace)


def settings_text(file: Path) -> str:
    """Read the text of a settings file as it stands: with its byte order mark and its line ends.

    Raises
    ------
    SettingsError
        It cannot be read, or is no UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise SettingsError(Problem(code="KL-S317", values={"file": file.name, "why": error.strerror or ""})) from None
    except UnicodeDecodeError:
        raise SettingsError(
            Problem(code="KL-S304", values={"where": file.name, "reason": "settings.yaml_encoding"})
        ) from None


def settings_file(place: str | Path | None) -> Path:
    """Find the settings file of a folder, a file or `demo`; default: `engagement.yml` here or in a parent folder.

    Raises
    ------
    SettingsError
        There is none.
    """
    if place == DEMO:
        return bundled("data/demo") / FILE_NAME
    if place is None:
        for folder in (Path.cwd(), *Path.cwd().parents):
            if (folder / FILE_NAME).is_file():
                return folder / FILE_NAME
        raise SettingsError(Problem(code="KL-S307"))
    path = Path(place).expanduser().absolute()
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise SettingsError(Problem(code="KL-S309", values={"place": str(place)}))
    return file
