"""Delimited text files, made harmless in one streaming pass.

The pass decides encoding and delimiter, gives every record the line on which it starts, sets apart what is no record
of the right width, and writes clean UTF-8 that the database reads without guessing. Knows no types and no mapping.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kamlab.errors import DataRefused, Problem

DELIMITERS = (";", ",", "\t", "|")
_MAX_RECORD_LINES = 200
_MAX_LINE = 1_000_000
_SAMPLE_RECORDS = 100
_CHUNK = 1 << 22
csv.field_size_limit(_MAX_LINE * _MAX_RECORD_LINES)  # the standard 131,072 would stop at a field, not reject it
# The UTF-8 bytes of text that was UTF-8, taken for cp1252 and written as UTF-8 again: "MÃ¼ller".
_MOJIBAKE = [b"\xc3\x83" + follower for follower in (b"\xc2", b"\xc5", b"\xe2")]


@dataclass(frozen=True)
class Broken:
    """A line that is no record of the table; `line` as the user counts it."""

    line: int
    text: str


@dataclass(frozen=True)
class Delimited:
    """What was understood of a file; `records` counts the rows written, without the heading."""

    headings: tuple[str, ...]
    encoding: str
    delimiter: str
    records: int
    broken: tuple[Broken, ...]


def normalise(
    path: Path, name: str, target: Path, encoding: str | None = None, delimiter: str | None = None
) -> Delimited:
    """Write the clean copy of a file: UTF-8, the line number as first field, no heading, only whole records.

    Raises
    ------
    DataRefused
        Empty file, broken encoding, double or empty headings: nothing that could be read without guessing.
    """
    encoding = encoding or _encoding(path, name)
    try:
        with path.open(encoding=_codec(encoding), newline=None) as lines:
            sample = [line.rstrip("\n") for line, _ in zip(lines, range(_SAMPLE_RECORDS), strict=False)]
        if not any(line.strip() for line in sample):
            raise DataRefused(Problem(code="KL-E201", values={"file": name}))
        delimiter = delimiter or _delimiter(sample)
        with (
            path.open(encoding=_codec(encoding), newline=None) as lines,
            target.open("w", encoding="utf-8", newline="\n") as out,
        ):
            return _copy(lines, out, name, encoding, delimiter)
    except UnicodeError as error:
        raise DataRefused(
            Problem(code="KL-E206", values={"file": name, "encoding": encoding, "what": str(error)})
        ) from None


def _copy(lines: Iterable[str], out: io.TextIOBase, name: str, encoding: str, delimiter: str) -> Delimited:
    records = _records(lines, delimiter)
    headings: tuple[str, ...] = ()
    for _, fields in records:
        headings = tuple(heading.strip() for heading in fields)
        break
    check_headings(headings, name)
    broken, written = [], 0
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    width = len(headings)
    for line, fields in records:
        if isinstance(fields, str):  # neither quotes nor tabs to strip: goes through as it is
            if fields.count(delimiter) == width - 1 and "\0" not in fields:
                out.write(f"{line}{delimiter}{fields}\n")
                written += 1
                continue
        elif len(fields) == width and not any("\0" in field for field in fields):
            writer.writerow([line, *(field.strip() for field in fields)])
            written += 1
            continue
        broken.append(Broken(line, fields if isinstance(fields, str) else delimiter.join(fields)))
    return Delimited(headings, encoding, delimiter, written, tuple(broken))


def _records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, str | list[str]]]:
    """Yield the first line and the fields of each record; a line without quotes stays one text, empty ones vanish.

    The heading always comes as fields. A line whose quotes do not close is a record of its own, one field wide.
    """
    ahead: deque[str] = deque()
    source = iter(lines)
    number, first, blank = 0, True, f" \t{delimiter}"

    def following() -> str | None:
        return ahead.popleft() if ahead else next(source, None)

    while (line := following()) is not None:
        number += 1
        line = line.rstrip("\n")
        if not line.strip(blank):
            continue
        is_heading, first = first, False
        is_plain = not is_heading and '"' not in line and ("\t" not in line or delimiter == "\t")
        if len(line) > _MAX_LINE:
            yield number, [line[:80] + "…"]
        elif is_plain:
            yield number, line
        elif (fields := _fields(line, delimiter)) is not None:
            yield number, fields
        else:
            taken: list[str] = []
            record = line
            while line.count('"') and len(taken) < _MAX_RECORD_LINES and (more := following()) is not None:
                taken.append(more)
                record += "\n" + more.rstrip("\n")
                if record.count('"') % 2 == 0:
                    fields = _fields(record, delimiter)
                    break
            if fields is not None:
                yield number, fields
                number += len(taken)
            else:
                ahead.extendleft(reversed(taken))
                yield number, next(csv.reader([line], delimiter=delimiter)) if is_heading else [line]


def _fields(record: str, delimiter: str) -> list[str] | None:
    """Split one record; None where its quotes do not fit or it is not exactly one."""
    try:
        rows = list(csv.reader(io.StringIO(record), delimiter=delimiter, strict=True))  # no other line ends than \n
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def check_headings(headings: Sequence[str], name: str) -> None:
    """Refuse headings that differ in capitals at most: the database does not tell them apart."""
    lower = [heading.lower() for heading in headings]
    times = Counter(lower)
    doubled = [h for at, h in enumerate(headings) if h and times[lower[at]] > 1 and lower.index(lower[at]) == at]
    if doubled:
        raise DataRefused(
            *(
                Problem(
                    code="KL-E205",
                    values={
                        "file": name,
                        "column": heading,
                        "positions": [str(at) for at, h in enumerate(lower, 1) if h == heading.lower()],
                    },
                )
                for heading in doubled
            )
        )


def _encoding(path: Path, name: str) -> str:
    """Decide the encoding: byte order mark, else strict UTF-8, else cp1252. Mojibake is refused."""
    with path.open("rb") as file:
        head = file.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in head:
            what = "NUL, perhaps UTF-16 without a byte order mark"
            raise DataRefused(Problem(code="KL-E206", values={"file": name, "encoding": "utf-8", "what": what}))
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        try:
            while chunk := file.read(_CHUNK):
                for mark in _MOJIBAKE:
                    if (at := chunk.find(mark)) >= 0:
                        raise DataRefused(
                            Problem(code="KL-E207", values={"file": name, "line": line + chunk.count(b"\n", 0, at)})
                        )
                decoder.decode(chunk)
                line += chunk.count(b"\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _delimiter(sample: list[str]) -> str:
    """Choose the delimiter by which most records are as wide as the heading; the widest heading wins."""

    def fitness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader([line for line in sample if line.strip()], delimiter=delimiter)]
        fitting = sum(width == widths[0] for width in widths) / len(widths)
        return (fitting if widths[0] > 1 else 0, widths[0])

    return max(DELIMITERS, key=fitness)
