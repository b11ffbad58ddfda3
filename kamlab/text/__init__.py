"""Words and formats of a language: sentences from the catalogues, numbers, money, shares and dates by Babel.

A `Words` is made once at the edge and handed down; nothing here is global state. The catalogues (`de.po`, `en.po`) hold
every word that code says, under keys; a template may format its values: `{share:percent}`, `{revenue:money}`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import babel.dates
import babel.lists
import babel.numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

Language = Literal["de", "en"]
LANGUAGES: tuple[Language, ...] = ("de", "en")
_LARGEST_CHANGE = 9.99
_WIDE = Context(prec=60)  # no sum is too long to be rounded
MISSING = "–"  # what stands in the place of a number that is not there
NBSP = "\N{NO-BREAK SPACE}"


# Control characters but for tab and line end, those that turn the direction of writing, and what XML does not know.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str) -> str:
    """Put a blank in the place of every character that shows nothing, or makes others look like what they are not."""
    return _UNPRINTABLE.sub(" ", text)


@cache
def catalogue(language: Language) -> Catalog:
    """Read the catalogue of a language."""
    with (Path(__file__).parent / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@dataclass(frozen=True)
class Words:
    """The words of one language.

    Parameters
    ----------
    language : "de" or "en"
    currency : str
        ISO code of the money that `money` and `cents` speak of.
    """

    language: Language
    currency: str = "EUR"

    def __call__(self, key: str, /, **values: Any) -> str:
        """Phrase a text of the catalogue.

        A text with a plural form is chosen by the value `count`. Values are formatted as the template says: `n` (whole
        number), `n hour|hours` (the same, with what follows one and what follows any other number), `number` (two
        decimals), `number1` (one), `index` (four), `points` (a mark from 0 to 1 as points of 100), `percent`,
        `percent1`, `percent2`, `money` (short), `money2` (short, two decimals: to compare), `estimate` (money of two
        digits that count), `cents` (to the cent), `date`, `month`, `list`, `measured` (as many decimals as needed),
        `of_hundred` (96 out of 100), `named value.measure` (a word of ours, or several, under its group); without a
        format they stand as they are.

        Raises
        ------
        KeyError
            The catalogue has no such text.
        """
        message = catalogue(self.language).get(key)
        if message is None:
            raise KeyError(f"no text {key!r} in {self.language}.po")
        template = message.string
        if isinstance(template, (tuple, list)):
            template = template[0 if values["count"] == 1 else 1]
        text = _Template(self).vformat(str(template), (), values)
        return re.sub(r"(?<!\.)\.\.$", ".", text).replace("….", "…")  # a sentence that ends with a name like "N.V."

    def knows(self, key: str) -> bool:
        """Say whether the catalogue has a text under this key."""
        return catalogue(self.language).get(key) is not None

    def named(self, group: str, word: str) -> str:
        """Name a word of ours (`<group>.<word>` in the catalogue); a word that is not ours stands as it is."""
        key = f"{group}.{word}"
        return self(key) if self.knows(key) else word

    def number(self, value: Any, decimals: int = 0) -> str:
        """Format a number with grouping and exactly so many decimals."""
        if _is_missing(value):
            return MISSING
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        text = babel.numbers.format_decimal(_rounded(value, decimals), format=pattern, locale=self.language)
        return text.replace("-", "−")

    def signed(self, value: Any, decimals: int = 0) -> str:
        """Format a variance: like a number, with its sign."""
        text = self.number(value, decimals)
        return f"+{text}" if text != MISSING and value > 0 and text.strip("0.,") else text

    def about(self, value: Any) -> str:
        """Format an estimate: a whole number of two digits that count; more would be pretended."""
        if _is_missing(value):
            return MISSING
        return self.number(_two_digits(value))

    def percent(self, share: Any, decimals: int = 0) -> str:
        """Format a share (0 to 1) as per cent."""
        if _is_missing(share):
            return MISSING
        space = NBSP if self.language == "de" else ""
        return f"{self.number(100 * float(share), decimals)}{space}%"

    def points(self, mark: Any) -> str:
        """Format a mark (0 to 1) as points of 100, wherever it stands: with one decimal, as scores are written."""
        return MISSING if _is_missing(mark) else self.number(100 * float(mark), 1)

    def of_hundred(self, share: Any) -> str:
        """Say how often out of a hundred: never none or all where it is only almost so."""
        return MISSING if _is_missing(share) else self("text.of_hundred", often=self.hundredths(share))

    def hundredths(self, share: Any) -> str:
        """Write a share (0 to 1) as how many of a hundred: never none or all where it is only almost so."""
        if _is_missing(share):
            return MISSING
        return self.number(100 * (share if share in (0, 1) else min(max(float(share), 0.01), 0.99)))

    def measured(self, value: Any) -> str:
        """Format a number of any kind with as many decimals as it needs, two at most; large ones without."""
        if _is_missing(value):
            return MISSING
        decimals = 0 if abs(float(value)) >= 100 else 2
        text = babel.numbers.format_decimal(_rounded(value, decimals), format="#,##0.##", locale=self.language)
        return text.replace("-", "−")

    def change(self, ratio: Any) -> str:
        """Format a relative change with its sign; beyond tenfold it says no more; MISSING where there is no base."""
        if _is_missing(ratio):
            return MISSING
        if ratio > _LARGEST_CHANGE:
            return f"> +{self.percent(_LARGEST_CHANGE)}"
        sign = "+" if round(float(ratio), 2) > 0 else ""
        return sign + self.percent(ratio)

    def estimate(self, value: Any) -> str:
        """Format estimated money short, with the two digits that `about` writes: 43 Mio. €, 5,2 Mio. €, 770.000 €."""
        if _is_missing(value):
            return MISSING
        amount = _two_digits(value)
        return self.money(amount, 1 if len(str(int(abs(amount)))) % 3 == 1 else 0)

    def money(self, value: Any, decimals: int = 1) -> str:
        """Format money short, as one says it: 52,3 Mio. € / €52.3 million; below a million in full units."""
        if _is_missing(value):
            return MISSING
        amount = float(value)
        for size, word in ((1e9, "billion"), (1e6, "million")):
            if abs(amount) >= 0.9995 * size:
                return self._with_symbol(f"{self.number(amount / size, decimals)}{NBSP}{self(f'unit.{word}')}")
        return self._with_symbol(self.number(amount))

    def cents(self, value: Any) -> str:
        """Format money to the cent, with the currency's sign."""
        return MISSING if _is_missing(value) else self._with_symbol(self.number(value, 2))

    def symbol(self) -> str:
        """Return the sign of the currency: €, or the ISO code where there is none."""
        return babel.numbers.get_currency_symbol(self.currency, locale=self.language)

    def date(self, day: Any) -> str:
        """Format a day: 31.12.2025 / 31 Dec 2025."""
        pattern = "dd.MM.yyyy" if self.language == "de" else "d MMM yyyy"
        return babel.dates.format_date(_as_date(day), format=pattern, locale=self.language)

    def month(self, day: Any) -> str:
        """Format a month by one of its days: Dezember 2025."""
        return babel.dates.format_date(_as_date(day), format="MMMM yyyy", locale=self.language)

    def short_month(self, day: Any) -> str:
        """Format a month as short as on an axis: Dez, Dec."""
        return babel.dates.format_date(_as_date(day), format="LLL", locale=self.language)

    def span(self, start: Any, end: Any) -> str:
        """Name a period of days as short as it can be said: 2025, Juli 2025, or from day to day."""
        first, last = _as_date(start), _as_date(end)
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
            return f"{first.year}" if first.year == last.year else f"{first.year}–{last.year}"
        return self("text.from_to", start=self.date(first), end=self.date(last))

    def listing(self, items: Sequence[str]) -> str:
        """Join names as one says them: A, B und C."""
        return babel.lists.format_list(list(items), locale=self.language) if items else MISSING

    def _with_symbol(self, text: str) -> str:
        symbol = self.symbol()
        if self.language == "de":
            return f"{text}{NBSP}{symbol}"
        sign, digits = ("−", text[1:]) if text.startswith("−") else ("", text)
        return f"{sign}{symbol}{NBSP if symbol.isalpha() else ''}{digits}"


class _Template(string.Formatter):
    """Fill a template with values in the formats of a language; attributes and indexes of values are out of reach."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        words = self.words
        match format_spec:
            case "":
                return MISSING if value is None else str(value)
            case "n":
                return words.number(value)
            case "number":
                return words.number(value, 2)
            case "number1":
                return words.number(value, 1)
            case "index":
                return words.number(value, 4)
            case "points":
                return words.points(value)
            case "percent":
                return words.percent(value)
            case "percent2":
                return words.percent(value, 2)
            case "percent1":
                return words.percent(value, 1)
            case "measured":
                return words.measured(value)
            case "of_hundred":
                return words.of_hundred(value)
            case "change":
                return words.change(value)
            case "money":
                return words.money(value)
            case "money2":
                return words.money(value, 2)
            case "estimate":
                return words.estimate(value)
            case "cents":
                return words.cents(value)
            case "date":
                return words.date(value)
            case "month":
                return words.month(value)
            case "list":
                return words.listing(value)
        kind, _, group = format_spec.partition(" ")
        if kind == "n":
            return f"{words.number(value)} {group.split('|')[value != 1]}"
        if kind == "named" and isinstance(value, list):
            return words.listing([words.named(group, str(word)) for word in value])
        if kind == "named":
            return words.named(group, str(value))
        raise ValueError(f"unknown format {format_spec!r} in a text of the catalogue")


def _is_missing(value: Any) -> bool:
    return value is None or value != value


def _two_digits(value: Any) -> float:
    """Round to a whole number of two digits that count; more would be pretended of an estimate."""
    digits = len(str(int(abs(value)))) if abs(value) >= 1 else 1
    return round(float(value), min(0, 2 - digits))


def _rounded(value: Any, decimals: int) -> Decimal:
    """Round half away from zero, as controllers do; never to a negative zero."""
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_WIDE)
    return abs(rounded) if rounded == 0 else rounded


def _as_date(day: Any) -> date:
    if isinstance(day, str):
        return date.fromisoformat(day)
    return day.date() if isinstance(day, datetime) else day
