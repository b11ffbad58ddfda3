"""What a contract is made of: kinds of values, columns, tables; each word for the user in German and English."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a column's text is turned into."""

    TEXT = "text"
    ID = "id"
    """text that names something: compared sign by sign, never calculated with"""
    DATE = "date"
    MONEY = "money"
    """decimal(18,4) in the engagement's currency"""
    NUMBER = "number"
    """decimal(18,4), any unit"""
    SHARE = "share"
    """0 to 1"""
    CURRENCY = "currency"
    """ISO code"""
    CHOICE = "choice"
    """one of the allowed words"""
    CHOICES = "choices"
    """several of the allowed words, joined by commas"""
    YES_NO = "yes or no"
    PERIOD = "period"
    """2025, 2025-Q1 or 2025-01; years and quarters are fiscal"""
    MONTH = "month"
    """2025-01"""


class Both(NamedTuple):
    """A word or a sentence in both languages."""

    de: str
    en: str


@dataclass(frozen=True)
class Choice:
    """An allowed word: `value` is what code compares, `label` what people write; both are read."""

    value: str
    label: Both


YES_OR_NO = (Choice("yes", Both("ja", "yes")), Choice("no", Both("nein", "no")))


@dataclass(frozen=True)
class Column:
    """One canonical column.

    Parameters
    ----------
    label : Both
        Its heading in the Excel template and on pages; files with this heading need no mapping.
    about : Both
        What it means, in one line.
    required : bool
        A row without it is rejected; a source without it is refused.
    unit : Both, optional
        What the numbers count, where that is not money in the engagement's currency.
    low, high : float, optional
        Ends of the scale, both allowed; a value outside rejects its row.
    allowed : tuple of Choice
        The words of a choice. With a number: words that may stand in its place and mean that there is none. With a
        text: words that code knows; any other is allowed and stands as written.
    aliases : tuple of str
        Headings that exports are known to use: proposals for a mapping, never taken without the user's word.
    example : str or Both
        A value as a user would write it in German; dates as 31.12.2025, numbers as 1.234,50, words by their German
        label. Both, where it is a text that the other language says otherwise.
    """

    name: str
    kind: Kind
    label: Both
    about: Both
    required: bool = False
    unit: Both | None = None
    low: float | None = None
    high: float | None = None
    allowed: tuple[Choice, ...] = ()
    aliases: tuple[str, ...] = ()
    example: str | Both = ""

    @property
    def words(self) -> tuple[Choice, ...]:
        """Return the words that are understood: those allowed, or yes and no."""
        return YES_OR_NO if self.kind is Kind.YES_NO else self.allowed


@dataclass(frozen=True)
class Table:
    """One input table.

    Parameters
    ----------
    label : Both
        Its name on pages and as a sheet of the Excel template (at most 31 signs).
    about : Both
        What it holds and what it serves, in one or two sentences.
    key : tuple of str
        Columns whose values together must be unique; empty where rows may repeat.
    either : tuple of tuples of str
        Of each group of columns at least one must be there, in every row.
    """

    name: str
    label: Both
    about: Both
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return a column by its name.

        Raises
        ------
        KeyError
            The table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")
