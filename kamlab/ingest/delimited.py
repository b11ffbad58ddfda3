"""Delimited text files, made harmless in one streaming pass.

The pass decides encoding and delimiter, finds the row of headings, gives every record the line on which it starts, sets
apart what is no record of the right width, and writes clean UTF-8 that the database reads without guessing. Knows no
types and no mapping.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from kamlab.errors import DataRefused, Problem
from kamlab.ingest.header import SEARCHED, Wanted, fit_headings
from kamlab.results import Value

DELIMITERS = (";", ",", "\t", "|")
WHITESPACE = "whitespace"
_MAX_RECORD_LINES = 200
_MAX_LINE = 1_000_000
_SAMPLE_RECORDS = 100
_CHUNK = 1 << 22
csv.field_size_limit(_MAX_LINE * _MAX_RECORD_LINES)  # the standard 131,072 would stop at a field, not reject it
# The UTF-8 bytes of text that was UTF-8, taken for cp1252 and written as UTF-8 again: "MÃ¼ller".
_MOJIBAKE = [b"\xc3\x83" + follower for follower in (b"\xc2", b"\xc5", b"\xe2")]
_UTF8_UMLAUT = re.compile(rb"\xc3[\x80-\xbf]|\xc2[\xa0-\xbf]")
# Möbel from DOS and Müller from an old Mac look like M”bel and MŸller.
_OTHER_PAGE = re.compile(rb"[A-Za-z]{1,12}[\x84\x94\x9f][a-z]{1,12}")
_RULE = re.compile(r"[\s|+=_-]*-{3}[\s|+=_-]*")  # a line drawn in a printed list


@dataclass(frozen=True)
class Broken:
    """A line that is no record of the table; `line` as the user counts it."""

    line: int
    text: str


@dataclass(frozen=True)
class Delimited:
    """What was understood of a file; `records` counts the rows written."""

    headings: tuple[str, ...]
    encoding: str
    delimiter: str
    records: int
    broken: tuple[Broken, ...]
    header_row: int = 1


def normalise(
    path: Path,
    name: str,
    target: Path,
    encoding: str | None = None,
    delimiter: str | None = None,
    wanted: Wanted | None = None,
) -> Delimited:
    """Write the clean copy of a file: UTF-8, the line number as first field, no heading, only whole records.

    Parameters
    ----------
    delimiter : str, optional
        One of `DELIMITERS`, or `whitespace` for any run of blanks; by default the one that fits.
    wanted : Wanted, optional
        By which headings their row is found; by default it is the first.

    Raises
    ------
    DataRefused
        Empty file, broken encoding, double headings: nothing that could be read without guessing.
    """
    encoding = encoding or _encoding(path, name)
    wanted = wanted or Wanted()
    try:
        with path.open(encoding=_codec(encoding), newline=None) as lines:
            sample = [line.rstrip("\n") for line, _ in zip(lines, range(_SAMPLE_RECORDS), strict=False)]
        if not any(line.strip() for line in sample):
            raise DataRefused(Problem(code="KL-E201", values={"file": name}))
        delimiter = delimiter or _delimiter(sample, wanted)
        with (
            path.open(encoding=_codec(encoding), newline=None) as lines,
            target.open("w", encoding="utf-8", newline="\n") as out,
        ):
            return _copy(lines, out, name, encoding, delimiter, wanted)
    except UnicodeError:
        raise _undecodable(path, name, encoding) from None


def _copy(
    lines: Iterable[str], out: io.TextIOBase, name: str, encoding: str, delimiter: str, wanted: Wanted
) -> Delimited:
    records = _records(lines, delimiter)
    first = list(islice(records, SEARCHED))
    rows = [(line, _cells(fields, delimiter)) for line, fields in first]
    if not rows:  # nothing but separators
        raise DataRefused(Problem(code="KL-E201", values={"file": name}))
    found = wanted.find(rows)
    header_row = rows[found][0]
    headings = fit_headings(wanted.headings(rows, found), name, header_row)
    broken, written = [], 0
    separator = "\t" if delimiter == WHITESPACE else delimiter
    writer = csv.writer(out, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
    width = len(headings)
    for line, fields in chain(first[found + 1 :], records):
        if isinstance(fields, str):  # neither quotes nor tabs to strip: goes through as it is
            if fields.count(delimiter) == width - 1 and "\0" not in fields:
                out.write(f"{line}{delimiter}{fields}\n")
                written += 1
                continue
        elif len(fields) == width and not any("\0" in field for field in fields):
            writer.writerow([line, *(field.strip() for field in fields)])
            written += 1
            continue
        broken.append(Broken(line, fields if isinstance(fields, str) else separator.join(fields)))
    return Delimited(headings, encoding, delimiter, written, tuple(broken), header_row)


def _cells(fields: str | list[str], delimiter: str) -> list[str]:
    """Split what may be the row of headings; quotes that do not fit are no reason not to know it."""
    if isinstance(fields, list) and len(fields) == 1 and delimiter in fields[0] and '"' in fields[0]:
        return next(csv.reader(fields, delimiter=delimiter))
    return fields.split(delimiter) if isinstance(fields, str) else fields


def _records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, str | list[str]]]:
    """Yield the first line and the fields of each record; a line without quotes stays one text, empty ones vanish.

    So do the lines drawn in a printed list. A line whose quotes do not close is a record of its own, one field wide.
    """
    ahead: deque[str] = deque()
    source = iter(lines)
    number, blank = 0, f" \t{delimiter}"
    is_printed = delimiter in ("|", WHITESPACE)

    def following() -> str | None:
        return ahead.popleft() if ahead else next(source, None)

    while (line := following()) is not None:
        number += 1
        line = line.rstrip("\n")
        if not line.strip(blank) or (is_printed and _RULE.fullmatch(line)):
            continue
        if len(line) > _MAX_LINE:
            yield number, [line[:80] + "…"]
        elif delimiter == WHITESPACE:
            yield number, line.split()
        elif '"' not in line and ("\t" not in line or delimiter == "\t"):
            yield number, line
        elif (fields := _fields(line, delimiter)) is not None:
            yield number, fields
        else:
            taken: list[str] = []
            record = line
            while len(taken) < _MAX_RECORD_LINES and (more := following()) is not None:
                taken.append(more)
                record += "\n" + more.rstrip("\n")
                if len(record) > _MAX_LINE:
                    break
                if record.count('"') % 2 == 0:
                    fields = _fields(record, delimiter)
                    break
            if fields is not None:
                yield number, fields
                number += len(taken)
            else:
                ahead.extendleft(reversed(taken))
                yield number, [line]


def _fields(record: str, delimiter: str) -> list[str] | None:
    """Split one record; None where its quotes do not fit or it is not exactly one."""
    try:
        rows = list(csv.reader(io.StringIO(record), delimiter=delimiter, strict=True))  # no other line ends than \n
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _encoding(path: Path, name: str) -> str:
    """Decide the encoding: byte order mark, else strict UTF-8, else cp1252. Mojibake is refused."""
    with path.open("rb") as file:
        head = file.read(4)
        if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
            raise _not_encoded(name, "utf-8", "utf_32")
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in head:
            raise _not_encoded(name, "utf-8", "no_byte_order_mark")
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
            _refuse_other_code_pages(path, name)
            return "cp1252"
    return "utf-8"


def _refuse_other_code_pages(path: Path, name: str) -> None:
    """Refuse what is no cp1252 though every byte may be one: broken UTF-8, and umlauts of DOS or an old Mac."""
    with path.open("rb") as file:
        line, tail = 1, b""
        while chunk := file.read(_CHUNK):
            if _UTF8_UMLAUT.search(tail + chunk):
                raise _undecodable(path, name, "utf-8")
            if odd := _OTHER_PAGE.search(tail + chunk):
                at = line + (tail + chunk).count(b"\n", 0, odd.start())
                word = odd[0].decode("cp1252", "replace")
                raise _not_encoded(name, "cp1252", "other_code_page", line=at, word=word)
            tail = (tail + chunk)[-40:]
            line += chunk.count(b"\n") - tail.count(b"\n")


def _undecodable(path: Path, name: str, encoding: str) -> DataRefused:
    """Say which line cannot be read in an encoding."""
    if encoding != "utf-16":  # there a line end is no byte of its own
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode(encoding)
                except UnicodeDecodeError as error:
                    byte = f"0x{line[error.start]:02X}"
                    return _not_encoded(name, encoding, "undecodable", line=number, byte=byte)
    return _not_encoded(name, encoding, "cut_off")


def _not_encoded(name: str, encoding: str, reason: str, **values: Value) -> DataRefused:
    found: dict[str, Value] = {"file": name, "encoding": encoding, "reason": f"ingest.{reason}", **values}
    return DataRefused(Problem(code="KL-E206", values=found))


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _delimiter(sample: list[str], wanted: Wanted) -> str:
    """Choose the delimiter under which a row holds the headings; else most records are equally wide, and widest."""

    def fitness(delimiter: str) -> tuple[int, float, int]:
        rows = list(csv.reader([line for line in sample if line.strip()], delimiter=delimiter))
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, times = max(widths.items(), key=lambda entry: (entry[1], entry[0]), default=(0, 0))
        return max((wanted.met(row) for row in rows[:SEARCHED]), default=0), times / len(rows), width

    return max(DELIMITERS, key=fitness)
