"""What can go wrong for a user: stable codes, exit codes, and the exceptions that carry them.

A problem is a code with values; its text stands in the catalogues under `error.<code>`. S: settings and usage, E: data
refused, W: rows rejected or worth knowing, R: the run. Codes are never reused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from kamlab.results import Frozen, Value
from kamlab.text import Language, Words


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    ANALYSIS_FAILED = 1
    USAGE = 2
    DATA_REFUSED = 3
    KERNEL = 4
    TIMED_OUT = 5
    STORAGE = 6
    LOCKED = 7
    INTERRUPTED = 130
    TERMINATED = 143


WORST_FIRST = (
    Exit.INTERRUPTED,
    Exit.TERMINATED,
    Exit.LOCKED,
    Exit.USAGE,
    Exit.DATA_REFUSED,
    Exit.STORAGE,
    Exit.KERNEL,
    Exit.TIMED_OUT,
    Exit.ANALYSIS_FAILED,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the exit code that outranks the others."""
    present = set(codes)
    return next((code for code in WORST_FIRST if code in present), Exit.DONE)


_URL = re.compile(r"(?i)[a-z][a-z0-9+.:-]*://\S*")
_NO_PORT = re.compile(r"[^/:]+:(?!\d*(?:/|$)|[/\\])")  # nor the drive of a path
_SECRET = r"pass(?:wor[dt]|wd|phrase)|pwd|kennwort|secret"
_ASSIGNED = re.compile(rf"(?i)({_SECRET})([\"']?\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s&;,]+)")
HIDDEN = "…"


def without_passwords(text: str) -> str:
    """Take the passwords out of a text: of an address only scheme, host and path stay, of `password=…` the name.

    Where it cannot be told at which sign a password ends, nothing stays but the scheme.
    """
    bare = _URL.sub(lambda found: bare_url(found[0]), text)
    return _ASSIGNED.sub(rf"\1\2{HIDDEN}", bare)


def bare_url(url: str) -> str:
    """Leave of an address what `without_passwords` leaves; all of the text is the address, blanks too."""
    scheme, separator, rest = url.partition("://")
    before, at, after = rest.rpartition("@")
    unclear = re.search("[?#&]", before) or (not at and _NO_PORT.match(after))
    return scheme + separator + (HIDDEN if unclear else re.split("[?#&;]", after)[0])


def is_secret(name: str) -> bool:
    """Say whether a key of this name holds a password."""
    return bool(re.search(_SECRET, name, re.IGNORECASE))


def _told(values: dict[str, Value]) -> dict[str, Value]:
    def bare(value: Value) -> Value:
        if isinstance(value, list):
            return [without_passwords(item) for item in value]
        return without_passwords(value) if isinstance(value, str) else value

    return {name: bare(value) for name, value in values.items()}


class Problem(Frozen):
    """One thing wrong, with everything its message needs: where, what is there, what was expected, what to do.

    A value `reason` is the key of a text of its own; the message has it under `what`. No value holds a password.
    """

    code: str
    values: Annotated[dict[str, Value], AfterValidator(_told)] = Field(default_factory=dict)

    def message(self, language: Language) -> str:
        """Phrase the problem; the code stands last."""
        words, values = Words(language), dict(self.values)
        if isinstance(reason := values.get("reason"), str):
            values["what"] = words(reason, **values)
        return f"{words(f'error.{self.code}', **values)} [{self.code}]"


class KamlabError(Exception):
    """A user's mistake or misfortune: all its problems at once, and the exit code it means."""

    exit_code = Exit.ANALYSIS_FAILED
    language: Language = "en"

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.message("en") for problem in problems))

    def _render_traceback_(self) -> list[str]:
        """Say what JupyterLab shows instead of a traceback."""
        return [problem.message(self.language) for problem in self.problems]


class SettingsError(KamlabError):
    """The settings or the command line cannot be meant like this: nothing was written."""

    exit_code = Exit.USAGE


class DataRefused(KamlabError):
    """The data cannot be read without guessing."""

    exit_code = Exit.DATA_REFUSED


class KernelDied(KamlabError):
    """The process that executed a notebook is gone: killed, or out of memory."""

    exit_code = Exit.KERNEL


class MemoryShort(KamlabError):
    """The data need more memory than the database may take."""

    exit_code = Exit.KERNEL


class TimedOut(KamlabError):
    """A notebook took longer than allowed."""

    exit_code = Exit.TIMED_OUT


class StorageFailed(KamlabError):
    """The reports folder cannot be written."""

    exit_code = Exit.STORAGE


class Locked(KamlabError):
    """Another run holds the engagement."""

    exit_code = Exit.LOCKED
