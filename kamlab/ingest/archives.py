"""Packed files: what is in a .gz or .zip is unpacked beside the database's own files and read like any other."""

from __future__ import annotations

import gzip
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from kamlab.errors import DataRefused, Problem

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
_LARGE, _MOST_TIMES = 1 << 30, 100  # more than a gigabyte, packed a hundredfold: no ledger is
_CHUNK = 1 << 20
_OFFICE = ("[Content_Types].xml", "content.xml")


def is_workbook(path: Path) -> bool:
    """Say whether a zip file is an Excel or OpenDocument workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name in _OFFICE for name in archive.namelist())
    except zipfile.BadZipFile:
        return True  # told as a workbook that cannot be opened


def refuse_bomb(path: Path, name: str) -> None:
    """Refuse a zip file, packed workbooks included, that would unpack to a hundred times its size."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return
    if size > _LARGE and size > _MOST_TIMES * path.stat().st_size:
        raise DataRefused(Problem(code="KL-E222", values={"file": name}))


def unpacked(path: Path, name: str, magic: bytes, folder: Path) -> list[tuple[Path, str]]:
    """Unpack the files of an archive into a folder of their own.

    Returns
    -------
    Pairs of file and the name shown to users: `archive.zip/umsatz.csv`.

    Raises
    ------
    DataRefused
        Broken, protected by a password, empty, or unpacking to more than any ledger.
    """
    folder.mkdir()
    try:
        if magic.startswith(GZIP):
            target = folder / "0"
            with gzip.open(path) as packed:
                _copy(packed, target, path, name)
            return [(target, name.removesuffix(".gz"))]
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if _is_data(entry)]
            if not entries:
                raise DataRefused(Problem(code="KL-E201", values={"file": name}))
            files = []
            for at, entry in enumerate(sorted(entries, key=lambda entry: entry.filename)):
                with archive.open(entry) as packed:
                    _copy(packed, folder / str(at), path, name)
                files.append((folder / str(at), f"{name}/{entry.filename}"))
            return files
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        what = str(error) or type(error).__name__
        raise DataRefused(Problem(code="KL-E209", values={"file": name, "what": what})) from None


def _is_data(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.split("/")
    return not entry.is_dir() and "__MACOSX" not in parts and not parts[-1].startswith(".")


def _copy(packed: Any, target: Path, path: Path, name: str) -> None:
    most = max(_LARGE, _MOST_TIMES * path.stat().st_size)
    with target.open("wb") as out:
        shutil.copyfileobj(_Counted(packed, most, name), out, _CHUNK)


class _Counted:
    """Reads on until more comes out than may be in a file of data."""

    def __init__(self, packed: IO[bytes], most: int, name: str) -> None:
        self.packed, self.left, self.name = packed, most, name

    def read(self, size: int = -1) -> bytes:
        content = self.packed.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise DataRefused(Problem(code="KL-E222", values={"file": self.name}))
        return content
