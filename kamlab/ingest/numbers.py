"""How numbers are written: the one way in that each writing has, as database expressions.

Texts go in, decimals come out, null where a text is no number. Knows no columns and no checks.
"""

from __future__ import annotations

import re
from typing import Literal

import ibis
from babel.numbers import list_currencies
from ibis import udf

DecimalSign = Literal[",", "."]


def _number(sign: str, grouping: str) -> str:
    """Write the pattern of a number: groups of three, none beginning with zero, one sign between all of them."""
    grouped = "|".join(rf"(?:{separator}\d{{3}})+" for separator in (grouping, " ", "'"))
    whole = rf"(?:\d+|[1-9]\d{{0,2}}(?:{grouped}))"
    return rf"^(?:[+-]?|\)\()(?:{whole}(?:{sign}\d+)?|{sign}\d+)$"  # )( is what `undressed` makes of brackets


NUMBERS: dict[DecimalSign, str] = {",": _number(",", r"\."), ".": _number(r"\.", ",")}
_PLAIN = r"^[+-]?[0-9.,]+$"
_UNGROUPED = r"^(?:[+-]?|\)\()[\d ']+$"
_EITHER = r"^(?:[+-]?|\)\()[1-9]\d{0,2}[.,]\d{3}$"
SCIENTIFIC = r"^[+-]?\d+(?:[.,]\d+)?[Ee][+-]\d{1,3}$"

_BLANKS = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
PERCENT = rf"^(.*[\d)-])[ {_BLANKS}]?%$"
_MINUS = "\N{MINUS SIGN}\N{EN DASH}"
_LOOKALIKES = (f"{_BLANKS}{_MINUS}\N{RIGHT SINGLE QUOTATION MARK}", " " * len(_BLANKS) + "-" * len(_MINUS) + "'")

# A sign that several currencies share is the engagement's where that is one of them.
CURRENCY_SIGNS = {
    "€": ("EUR",),
    "£": ("GBP",),
    "US$": ("USD",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "¥": ("JPY", "CNY"),
    "Fr.": ("CHF",),
    "SFr.": ("CHF",),
    "kr": ("SEK", "NOK", "DKK"),
    "zł": ("PLN",),
    "Kč": ("CZK",),
    "Ft": ("HUF",),
}
ISO_CODES = frozenset(list_currencies())


@udf.scalar.builtin(name="translate")
def translate(text: str, signs: str, by: str) -> str:
    """Exchange signs, one for one; those without a partner vanish."""
    raise NotImplementedError  # the database's own


@udf.scalar.builtin(name="rtrim")
def _trim(text: str) -> str:
    raise NotImplementedError  # the database's own


def decimal_label(text: ibis.Value) -> ibis.Value:
    """Say which decimal sign a number shows: `,` or `.`, `,|.` where it may be either, null where neither."""
    return ibis.cases(
        (text.re_search(_UNGROUPED), ibis.null("string")),
        (text.re_search(_EITHER), ",|."),
        (text.re_search(NUMBERS[","]), ","),
        (text.re_search(NUMBERS["."]), "."),
    )


def is_plain(text: ibis.Value) -> ibis.Value:
    """Say whether a number has nothing around it: nearly all are so, and cost nothing for what the others need."""
    return text.re_search(_PLAIN)


def undressed(text: ibis.Value, currency: str) -> ibis.Value:
    """Take from a number what people and programs put around it, and put a closing minus or bracket in front.

    That is the engagement's currency before or after, and typographic blanks, minus signs and apostrophes. What is
    none of this stays, so that it is no number.
    """
    own = _own(currency)
    dress = rf"^([(+-]?) *(?:{own})? *([(+-]?) *([\d.,][\d.,' ]*) *(?:{own})? *([)-]?) *(?:{own})?$"
    bare = translate(text, *_LOOKALIKES).re_replace(dress, r"\4\1\2\3")
    return _trim(bare)


def without_percent(text: ibis.Value) -> ibis.Value:
    """Take the percent sign from the end; a text without one stays."""
    return text.re_replace(PERCENT, r"\1")


def to_decimal(text: ibis.Value, sign: DecimalSign, currency: str, type_: str) -> ibis.Value:
    """Read a number; null where it is none or too large."""
    bare = undressed(text, currency).re_extract(NUMBERS[sign], 0)  # each step looks at the one before only once
    return ibis.cases(
        (is_plain(text), ibis.cases((text.re_search(NUMBERS[sign]), _digits(text, sign).try_cast(type_)))),
        else_=_digits(bare, sign).try_cast(type_),
    )


def is_dash(text: ibis.Value, currency: str) -> ibis.Value:
    """Say whether nothing but a dash stands where a number would, with or without a currency."""
    own = _own(currency)
    return translate(text, *_LOOKALIKES).re_search(rf"^(?:{own})? *(?:--?|—) *(?:{own})?$")


def names_other_currency(text: ibis.Value, currency: str) -> ibis.Value:
    """Say whether a currency other than the engagement's stands before or after digits."""
    others = [code for code in ISO_CODES if code != currency]
    others += [sign for sign, codes in CURRENCY_SIGNS.items() if currency not in codes]
    named = "|".join(re.escape(word) for word in sorted(others, key=lambda word: (-len(word), word)))
    bare = translate(text, *_LOOKALIKES)
    return bare.re_search(rf"^[(+-]? ?(?:{named}) ?[(+-]?[\d.,]") | bare.re_search(rf"[\d)-] ?(?:{named}) ?[)-]?$")


def _own(currency: str) -> str:
    signs = [sign for sign, codes in CURRENCY_SIGNS.items() if currency in codes]
    words = [re.escape(sign) for sign in sorted(signs, key=len, reverse=True)]
    return "|".join([f"(?i:{currency})", *(["(?i:Euro)"] if currency == "EUR" else []), *words])


def _digits(text: ibis.Value, sign: DecimalSign) -> ibis.Value:
    """Write a number as the database reads it; what groups vanishes, a bracket is a minus."""
    return translate(text, "),.(' +" if sign == "," else ").,(' +", "-.")
