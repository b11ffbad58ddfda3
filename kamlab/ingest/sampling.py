"""A look into a source before anybody has said what its columns mean: some rows, read every way they can be read.

What counts as a number or a date is decided by the same reader as in a run. Knows no mapping.
"""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kamlab.engagement import Engagement, Settings, Source
from kamlab.errors import DataRefused, Problem
from kamlab.ingest import connect
from kamlab.ingest.conventions import AMBIGUOUS
from kamlab.ingest.sources import FILE, LINE, FileRead, Raw, Stored, input_files, open_source
from kamlab.ingest.typing import Reader

_ROWS = 1_000
_DATE_LIKE = re.compile(r"\d\W+\w+\W+\d|\d{8}|\d{5}")
_NUMBER_LIKE = re.compile(r"(?=.*\d)[^A-Za-z]*[A-Za-z]{0,3}[^A-Za-z]*")
_FIRST = 50  # rows in which the first values of a column are looked for


@dataclass(frozen=True)
class Heading:
    """One column of a file as it came.

    Attributes
    ----------
    first : tuple of str
        Up to three different values from the top of the file.
    texts, numbers, dates : tuple
        The sampled rows read as text, as number and as day; None where a cell is empty or cannot be read so.
    undecided : bool
        Its numbers or its dates can be read in two ways.
    distinct : int
        Different values in all rows; exact where nearly all differ.
    percent : bool
        Its numbers are shown as per cent: by the format of their cells, or with a sign.
    follows : (str, str) or None
        Setting and value, `decimal` or `date_format`, where it could be read in two ways and all others of the file say
        which.
    """

    name: str
    first: tuple[str, ...]
    texts: tuple[str | None, ...]
    numbers: tuple[float | None, ...]
    dates: tuple[str | None, ...]
    undecided: bool
    distinct: int
    percent: bool = False
    follows: tuple[str, str] | None = None

    @property
    def filled(self) -> list[str]:
        """Return the texts of the sampled cells that hold something."""
        return [text for text in self.texts if text is not None]


@dataclass(frozen=True)
class Sample:
    """What a look into a source shows: its files, its rows, its headings in their order."""

    files: tuple[FileRead, ...]
    rows: int
    headings: tuple[Heading, ...]


def files_of(folder: Path, source: Source) -> set[Path]:
    """Return the files that a source names now; none where it names no file."""
    try:
        return {file for file, _ in input_files(_look(folder, source, "transactions"), source)}
    except DataRefused:
        return set()


def sample(folder: Path, source: Source, table: str, currency: str = "EUR") -> Sample:
    """Look into a source.

    Parameters
    ----------
    folder : Path
        Where the paths of the source start.
    table : str
        The input table it may be; it helps to find the row of the headings.
    currency : str
        Whose sign may stand beside a number.

    Raises
    ------
    DataRefused
        The source cannot be opened, or there is no row under its headings (KL-E201).
    """
    with tempfile.TemporaryDirectory(prefix="kamlab-") as scratch:
        con = connect(Path(scratch))
        try:
            raw = open_source(con, _look(folder, source, table), table, Path(scratch))
            rows = raw.table.count().to_pyarrow().as_py()
            if not rows or not raw.stored:
                files = ", ".join(file.name for file in raw.files)
                raise DataRefused(Problem(code="KL-E201", values={"file": files}))
            top = raw.table.order_by([FILE, LINE]).limit(_FIRST)
            spread = raw.table[LINE].hash().abs() % math.ceil(rows / _ROWS) == 0  # over the whole file
            some = con.create_table("some rows", raw.table.filter(spread) if rows > _ROWS else raw.table)
            part = replace(raw, table=some)
            texts = _texts(part, source, currency)
            if rows > _ROWS:
                first = _texts(replace(raw, table=con.create_table("top rows", top)), source, currency)
                distinct = _distinct(raw, rows)
            else:
                first = texts
                distinct = {name: len({*cells} - {None}) for name, cells in texts.items()}
            headings = tuple(
                Heading(
                    name,
                    tuple(dict.fromkeys(text for text in (*first[name], *texts[name]) if text is not None))[:3],
                    texts[name],
                    *_readings(part, source, currency, name, texts[name]),
                    distinct[name],
                    name in raw.percent or _are_percent(texts[name]),
                )
                for name in raw.stored
            )
            whole = Reader(raw, source, currency)
            return Sample(raw.files, rows, tuple(_as_its_file(whole, heading) for heading in headings))
        finally:
            con.disconnect()


def _as_its_file(whole: Reader, heading: Heading) -> Heading:
    """Say which convention a column follows, judged by all rows: those of the sample may not show the others."""
    if not heading.undecided:
        return heading
    is_date = any(heading.dates) and not any(number is not None for number in heading.numbers)
    before = len(whole.followed)
    chosen = whole.date_format(heading.name) if is_date else whole.decimal_sign(heading.name)
    if len(whole.followed) == before:
        return heading
    return replace(heading, undecided=False, follows=("date_format" if is_date else "decimal", chosen))


def _are_percent(texts: tuple[str | None, ...]) -> bool:
    filled = [text for text in texts if text]
    return bool(filled) and all(text.endswith("%") for text in filled)


def _look(folder: Path, source: Source, table: str) -> Engagement:
    """Make an engagement of one source, for the door through which all files are opened."""
    settings = Settings(name="-", sources={"transactions": source, table: source})
    return Engagement(settings, folder / "engagement.yml", folder, folder)


def _texts(raw: Raw, source: Source, currency: str) -> dict[str, tuple[str | None, ...]]:
    reader = Reader(raw, source, currency)
    columns = [reader.text(name).name(name) for name in raw.stored]
    read = raw.table.order_by([FILE, LINE]).select(*columns).to_pyarrow()
    return {name: tuple(read.column(name).to_pylist()) for name in raw.stored}


def _readings(
    raw: Raw, source: Source, currency: str, name: str, texts: tuple[str | None, ...]
) -> tuple[tuple[float | None, ...], tuple[str | None, ...], bool]:
    """Read a column as numbers and as dates; where a convention is open, as one of those it is open to.

    Each reading costs queries: what looks like neither is not tried.
    """
    nothing: dict[str, tuple[Any, ...]] = {"number": (None,) * len(texts), "day": (None,) * len(texts)}
    tries = {"number", "day"} if raw.stored[name] is not Stored.DATE else {"day"}
    if not any(_DATE_LIKE.search(text) for text in texts if text):
        tries.discard("day")
    if not any(_NUMBER_LIKE.fullmatch(text) for text in texts if text):
        tries.discard("number")
    if not tries:
        return nothing["number"], nothing["day"], False
    undecided = False
    for choice in (source, source.model_copy(update={"decimal": ",", "date_format": "dd/mm/yyyy"})):
        reader = Reader(raw, choice, currency)
        columns = {}
        if "day" in tries:
            columns["day"] = reader.date(name).cast("string")
        if "number" in tries:
            columns["number"] = reader.amount(name).cast("float64")
        undecided = undecided or bool(reader.followed)
        if not any(problem.code == AMBIGUOUS for problem in reader.problems):
            break
        undecided = True
    read = raw.table.order_by([FILE, LINE]).select(**columns).to_pyarrow().to_pydict()
    found = nothing | {kind: tuple(cells) for kind, cells in read.items()}
    return found["number"], found["day"], undecided


def _distinct(raw: Raw, rows: int) -> dict[str, int]:
    """Count the different values of every column; exactly only where a key is possible: it costs more."""
    columns = {name: raw.table[name] for name in raw.stored}
    if rows < 100 * _ROWS:
        return {name: column.nunique().to_pyarrow().as_py() for name, column in columns.items()}
    rough = raw.table.aggregate(**{name: column.approx_nunique() for name, column in columns.items()}).to_pyarrow()
    return {
        name: (column.nunique().to_pyarrow() if count[0].as_py() > 0.8 * rows else count[0]).as_py()
        for (name, column), count in zip(columns.items(), rough.columns, strict=True)
    }
