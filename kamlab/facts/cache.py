"""What a state of an engagement's data is known by: the hashes of its inputs, of its settings and of our own code.

What is kept of it is sealed: a file that is not as it was written is never read.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import cache
from pathlib import Path

from kamlab.engagement import Engagement
from kamlab.errors import DataRefused
from kamlab.facts.pseudonyms import fingerprint
from kamlab.ingest import draw_source, input_files
from kamlab.publish import publish
from kamlab.results import Frozen, to_json

_KEPT = 3  # states of an engagement that stay in the cache
_SUMS = "sums.json"  # in the folder of a state: the hash of each of its files


class InputFile(Frozen):
    """One input file of a state; the name carries no folder outside the engagement."""

    table: str
    name: str
    sha256: str


@cache
def package_hash(*suffixes: str) -> str:
    """Hash the package's own files of these kinds: what is made with other code is made anew."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        if file.suffix in suffixes and "bundled" not in file.relative_to(root).parts:
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def known_inputs(engagement: Engagement) -> tuple[tuple[InputFile, ...], bool]:
    """Name the input files with their hashes; a file whose size and time have not changed is not hashed again.

    Returns
    -------
    The files, and whether they are all of the inputs: a database that does not answer may do so the next time.
    """
    memory = engagement.workplace / "inputs.json"
    known = _remembered(memory)
    found, files, is_known = {}, [], True
    for table, source in engagement.settings.sources.items():
        try:
            paths = [draw_source(engagement, table)] if source.database else input_files(engagement, source)
        except DataRefused:
            is_known = is_known and not source.database
            continue  # ingest says what is missing
        for path, name in paths:
            stamp = f"{path.stat().st_size} {path.stat().st_mtime_ns}"
            place = str(path)
            if place not in known or known[place][0] != stamp:
                known[place] = (stamp, _sha256(path))
            found[place] = known[place]
            files.append(InputFile(table=table, name=name, sha256=known[place][1]))
    content = to_json(_Hashes(files=found, seal=_seal(found)))
    if not memory.is_file() or memory.read_bytes() != content:
        publish(memory, content)
    return tuple(files), is_known


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # ingest says that it cannot be opened


class _Hashes(Frozen):
    """Size and time of each file, and its hash; `seal` hashes both, so that no damaged one is taken for known."""

    files: dict[str, tuple[str, str]]
    seal: str


def _seal(files: dict[str, tuple[str, str]]) -> str:
    return hashlib.sha256(repr(sorted(files.items())).encode("utf-8", "surrogateescape")).hexdigest()


def _remembered(memory: Path) -> dict[str, tuple[str, str]]:
    """Read what is known of the input files; nothing where it is not as it was written: they are hashed anew."""
    try:
        read = _Hashes.model_validate_json(memory.read_bytes())
    except (OSError, ValueError):
        return {}
    return read.files if read.seal == _seal(read.files) else {}


class _Sums(Frozen):
    files: dict[str, str]


def seal(folder: Path) -> None:
    """Note the hash of every file of a state; the last thing that is written of it."""
    publish(folder / _SUMS, to_json(_sums(folder)))


def is_intact(folder: Path) -> bool:
    """Say whether all files of a state are there as they were written, and no others."""
    try:
        return _Sums.model_validate_json((folder / _SUMS).read_bytes()) == _sums(folder)
    except (OSError, ValueError):
        return False


def _sums(folder: Path) -> _Sums:
    files = sorted(path for path in folder.iterdir() if path.name != _SUMS)
    return _Sums(files={file.name: _sha256(file) for file in files})


def key_of(engagement: Engagement, inputs: tuple[InputFile, ...], strict: bool, secret: bytes | None) -> str:
    """Hash all that the facts depend on: inputs, the settings that ingest reads, the key of pseudonyms, the code."""
    settings = engagement.settings.model_dump_json(
        include={"as_of", "currency", "fiscal_year_start", "max_rejected", "sources"}, by_alias=True
    )
    ratings = engagement.settings.sources.get("criteria")
    by_heading = engagement.settings.rated if ratings and ratings.layout == "wide" else ()
    parts = [
        settings,
        *by_heading,
        str(strict),
        fingerprint(secret) if secret else "",
        package_hash(".py"),
        *(file.model_dump_json() for file in inputs),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def forget_old(place: Path, current: str) -> None:
    """Remove all states but the last few and the current one."""
    states = sorted((path for path in place.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime_ns)
    for path in states[:-_KEPT]:
        if path.name != current:
            shutil.rmtree(path, ignore_errors=True)
