"""The one way bytes get on disk: a temporary file beside the target, flushed, then put in its place in one step.

A reader sees the old content or the new one, never a mixture. Knows nothing of what it writes.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kamlab.errors import Problem, StorageFailed

_PREFIX = ".kamlab-part-"
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "ł": "l", "đ": "d"}
)
_LONGEST = 60  # characters of a name made from data
_DIGITS = 12  # of the hash: among a hundred thousand accounts no two are alike
_ATTEMPTS = 5  # on Windows a target that Excel or a browser holds cannot be replaced at once


def publish(target: Path, content: bytes, mode: int = 0o644) -> None:
    """Put a file in its place.

    Parameters
    ----------
    mode : int
        Who may read it, where the system knows such a thing; default: everybody who may see the folder.

    Raises
    ------
    StorageFailed
        The folder cannot be written, the disk is full, or another program holds the file.
    """
    with as_storage_failure(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(mode)
            _replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _flush_folder(target.parent)


def withdraw(target: Path) -> None:
    """Remove a published file, if it is there.

    Raises
    ------
    StorageFailed
        It cannot be removed: on Windows while Excel or a browser holds it.
    """
    with as_storage_failure(target):
        target.unlink(missing_ok=True)


def slug(account_id: str, name: str) -> str:
    """Make a file name of an account: its name readable, then a short hash of its number, which tells it apart.

    Only a-z, 0-9 and hyphens, so nothing in it leads to another folder; by the hash no name that Windows reserves.
    """
    lower = unicodedata.normalize("NFC", name).lower().translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode()
    readable = re.sub("[^a-z0-9]+", "-", plain)[: _LONGEST - _DIGITS - 1].strip("-")
    digest = hashlib.sha256(account_id.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{readable}-{digest}" if readable else digest


@contextmanager
def publishing_folder(target: Path) -> Iterator[Path]:
    """Offer a new folder beside the target; when the block ends well, it becomes the target with all that is in it.

    Where the target is there by then, somebody else has made the same: theirs stays.
    """
    with scratch_folder(target.parent) as part:
        yield part
        with as_storage_failure(target):
            for file in (path for path in part.rglob("*") if path.is_file()):
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())
            if not target.exists():
                _replace(part, target)
                _flush_folder(target.parent)


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """Offer a folder for what is not published yet; what an interrupted run leaves in it, `prune` removes."""
    with as_storage_failure(place):
        place.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prune(folder: Path) -> None:
    """Remove what an interrupted run left behind; only to be called by the holder of the engagement's lock."""
    for part in folder.rglob(f"{_PREFIX}*"):
        shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)


@contextmanager
def as_storage_failure(target: Path) -> Iterator[None]:
    """Tell what the system says of a place as a problem of the user's; the folders above it are not named."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            Problem(code="KL-R401", values={"file": target.name, "what": error.strerror or str(error)})
        ) from error


def _replace(part: Path, target: Path) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            part.replace(target)
            return
        except PermissionError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.1 * 2**attempt)


def _flush_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
