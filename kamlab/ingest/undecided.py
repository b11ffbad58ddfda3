"""Columns whose writing can be read in two ways, or is mixed: what nobody must have is left unread and said.

In go the problems that a reader met, out come the optional columns to go without, and notes with the remedy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kamlab.errors import Problem
from kamlab.ingest.conventions import AMBIGUOUS, MIXED
from kamlab.ingest.reading import Cells
from kamlab.ingest.typing import Mapped, feeds, unmapped
from kamlab.tables import Table

_NOTES = {AMBIGUOUS: "KL-W117", MIXED: "KL-W119"}


def dispensable(
    table: Table, mapping: Mapping[str, Mapped], ruled: Collection[str], problems: Collection[Problem]
) -> set[str]:
    """Name the columns that a source can go without; none where that would not mend all that is wrong.

    Parameters
    ----------
    ruled : collection of str
        Headings that decide which rows are left out: without them others would be.
    """
    bad = {str(problem.values["column"]) for problem in problems if problem.code in _NOTES}
    fed = {heading: {name for name, mapped in mapping.items() if heading in feeds(mapped)} for heading in bad}
    gone = set().union(*fed.values())
    left = {name: mapped for name, mapped in mapping.items() if name not in gone}
    is_mended = len(bad) == len(problems) and all(fed.values()) and not bad.intersection(ruled)
    if not is_mended or gone.intersection(table.required) or unmapped(table, left, ""):
        return set()
    return gone


def left_unread(cells: Cells) -> list[Problem]:
    """Note every column that is left unread: how many values, why, and what would decide."""
    notes = []
    for problem in cells.problems:
        filled = cells.text(str(problem.values["column"])).notnull().sum()
        count = cells.raw.table.agg(count=filled).to_pyarrow()["count"][0].as_py()
        notes.append(Problem(code=_NOTES[problem.code], values={**problem.values, "count": count or 0}))
    return notes
