"""Where a table begins: the row of headings below whatever a report prints above it, and headings fit for the database.

In go the first rows of a file as text and what the settings ask for, out comes the row. Knows no file.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kamlab.engagement.expression import headings, is_expression, parse
from kamlab.engagement.settings import Extract, Source
from kamlab.errors import DataRefused, Problem
from kamlab.ingest.periods import is_bare_month
from kamlab.tables import CRITERIA, Column, Kind, Table

# Signs without width: two texts that look the same shall be the same.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_VANISHING = dict.fromkeys(map(ord, INVISIBLE + "\0"))
_OURS = re.compile(r"kamlab (?:file|line|\(\d+\))")  # what `raw` calls columns of its own
SEARCHED = 60  # rows in which the headings are looked for


def folded(heading: str) -> str:
    """Fold a heading to what it is compared by: composed, no capitals, single blanks."""
    return plain(heading).casefold()


def plain(heading: str) -> str:
    """Bring a heading to what the eye sees of it: composed, without signs of no width, single blanks."""
    return " ".join(unicodedata.normalize("NFC", heading).translate(_VANISHING).split())


def _letters(heading: str) -> str:
    """Reduce a heading to its letters and digits: `Kundennr.` is `Kundennr`."""
    return "".join(sign for sign in folded(heading) if sign.isalnum())


def own_names(column: Column) -> list[str]:
    """List the headings that mean a column without being mapped: its canonical name and its labels."""
    return [column.name, *column.label]


@dataclass(frozen=True)
class Wanted:
    """What the row of headings must hold.

    Attributes
    ----------
    groups : tuple of frozenset of str
        Folded headings; of every group one must be there.
    used : frozenset of str
        All folded headings that the settings read.
    row : int or None
        The line of the headings, where the settings name it.
    is_wide : bool
        The table is a pivot: years may stand above the months.
    """

    groups: tuple[frozenset[str], ...] = ()
    used: frozenset[str] = frozenset()
    row: int | None = None
    is_wide: bool = False

    @property
    def all_names(self) -> frozenset[str]:
        """All folded headings that may be read."""
        return self.used.union(*self.groups)

    def met(self, cells: Sequence[str]) -> int:
        """Count the groups of which a row holds a heading."""
        there = {_letters(cell) for cell in cells}
        return sum(any(_letters(name) in there for name in group) for group in self.groups)

    def find(self, rows: Sequence[tuple[int, Sequence[str]]]) -> int:
        """Find the row of headings among the first rows of a file.

        Parameters
        ----------
        rows : sequence of (line, cells)

        Returns
        -------
        Index into `rows`: the line that the settings name, else the first row that meets every group, else the one that
        meets most; where nothing is met, the first of the rows with most cells filled.
        """
        if self.row is not None:
            return next((at for at, (line, _) in enumerate(rows) if line >= self.row), 0)
        if not rows or not self.groups:
            return 0
        met = [(self.met(cells), sum(bool(cell.strip()) for cell in cells)) for _, cells in rows]
        most = max(met)[0]
        return met.index(max(met)) if most == 0 else [groups for groups, _ in met].index(most)

    def headings(self, rows: Sequence[tuple[int, Sequence[str]]], found: int) -> Sequence[str]:
        """Return the cells of the row of headings; months of a pivot get the year that stands above them."""
        cells = rows[found][1]
        if not self.is_wide or not found or sum(is_bare_month(cell) for cell in cells) < 2:
            return cells
        above, year, dated = list(rows[found - 1][1]), "", []
        for at, cell in enumerate(cells):
            if at < len(above) and above[at].strip():
                year = above[at].strip()
            dated.append(f"{cell} {year}" if year and is_bare_month(cell) else cell)
        return dated


def wanted(source: Source, table: Table) -> Wanted:
    """Work out by which headings a source is recognised: those that feed the required columns."""
    groups: list[frozenset[str]] = []
    read = {name for names in map(_feeds, source.columns.values()) for name in names}
    for condition in (*source.exclude.values(), *source.line_kinds.values()):
        read |= set(headings(parse(condition)))
    for column in table.columns:
        if column.name in source.columns:
            if column.required:
                groups += [frozenset({folded(name)}) for name in _feeds(source.columns[column.name])]
        elif column.required and not (source.layout == "wide" and column.name in pivoted(table)):
            groups.append(frozenset(map(folded, [*own_names(column), *column.aliases])))
        else:
            read |= set(own_names(column))
    return Wanted(tuple(groups), frozenset(map(folded, read)), source.header_row, source.layout == "wide")


def pivoted(table: Table) -> tuple[str, str]:
    """Name the columns that a pivot spreads: the period or criterion in its headings, the amount in its cells."""
    if table is CRITERIA:
        return "criterion", "value"
    required = [column for column in table.columns if column.required]
    period = next((c.name for c in required if c.kind in (Kind.DATE, Kind.PERIOD, Kind.MONTH)), "")
    amount = next((c.name for c in required if c.kind in (Kind.MONEY, Kind.NUMBER)), "")
    return period, amount


def _feeds(mapped: str | Extract) -> list[str]:
    """List the headings that a setting of `columns` reads."""
    if isinstance(mapped, Extract):
        return [mapped.source]
    return list(headings(parse(mapped))) if is_expression(mapped) else [mapped]


def fit_headings(cells: Sequence[str], name: str, line: int = 1, reserved: Sequence[str] = ()) -> tuple[str, ...]:
    """Bring headings to one form: composed Unicode, no blanks at the ends.

    Raises
    ------
    DataRefused
        Headings that differ in capitals at most: the database does not tell them apart. Headings that are names of
        ours.
    """
    fit = tuple(map(plain, cells))
    taken = [heading for heading in fit if heading.lower() in reserved or _OURS.fullmatch(heading.lower())]
    if taken:
        raise DataRefused(
            *(Problem(code="KL-E262", values={"file": name, "line": line, "column": heading}) for heading in taken)
        )
    lower = [heading.lower() for heading in fit]
    times = Counter(lower)
    doubled = [h for at, h in enumerate(fit) if h and times[lower[at]] > 1 and lower.index(lower[at]) == at]
    if doubled:
        raise DataRefused(
            *(
                Problem(
                    code="KL-E205",
                    values={
                        "file": name,
                        "line": line,
                        "column": heading,
                        "positions": [str(at) for at, h in enumerate(lower, 1) if h == heading.lower()],
                    },
                )
                for heading in doubled
            )
        )
    return fit
