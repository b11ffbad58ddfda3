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

# Whole numbers may be grouped by the other sign; a group never begins with zero.
NUMBERS: dict[DecimalSign, str] = {
    ",": r"^[+-]?(?:(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?|,\d+)$",
    ".": r"^[+-]?(?:(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?|\.\d+)$",
}
_WHOLE = r"^[+-]?\d+$"
_EITHER = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"
_GROUPED = r"^[+-]?[1-9]\d{{0,2}}(?:{}\d{{3}})+(?:[.,]\d+)?$"
SCIENTIFIC = r"^[+-]?\d+(?:[.,]\d+)?[Ee][+-]\d{1,3}$"
PERCENT = r"^(.*[\d)-])\s?%$"

_BLANKS = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
_MINUS = "\N{MINUS SIGN}\N{EN DASH}"
_LOOKALIKES = (f"{_BLANKS}{_MINUS}\N{RIGHT SINGLE QUOTATION MARK}", " " * len(_BLANKS) + "-" * len(_MINUS) + "'")
_DASHES = ("-", "--", "\N{EM DASH}")

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


def is_grouping_open(text: ibis.Value) -> ibis.Value:
    """Say whether a text can be a thousand or one and a bit: `1.234`."""
    return text.re_search(_EITHER)


def decimal_label(text: ibis.Value) -> ibis.Value:
    """Say which decimal sign a plain number shows: `,` or `.`, `,|.` where it may be either, null where neither."""
    return ibis.cases(
        (text.re_search(_WHOLE), ibis.null("string")),
        (is_grouping_open(text), ",|."),
        (text.re_search(NUMBERS[","]), ","),
        (text.re_search(NUMBERS["."]), "."),
    )


def undressed(text: ibis.Value, currency: str) -> ibis.Value:
    """Take from a number what people and programs put around it, down to sign, digits and decimal sign.

    The engagement's currency before or after, brackets or a trailing minus for negative, typographic minus signs, and
    blanks or apostrophes between groups of three. What is none of this stays, so that it is no number.
    """
    own = _own(currency)
    bare = translate(text, *_LOOKALIKES)
    bare = bare.re_replace(rf"^([(+-]?) ?(?:{own}) ?", r"\1").re_replace(rf" ?(?:{own}) ?([)-]?)$", r"\1")
    bare = bare.re_replace(r"^\( ?([^()+-]+?) ?\)$", r"-\1").re_replace(r"^([^()+-]+?) ?-$", r"-\1")
    bare = bare.re_replace(r"^([+-]) +", r"\1")
    return ibis.cases(
        (bare.re_search(_GROUPED.format(" ")), bare.replace(" ", "")),
        (bare.re_search(_GROUPED.format("'")), bare.replace("'", "")),
        else_=bare,
    )


def without_percent(text: ibis.Value) -> ibis.Value:
    """Take the percent sign from the end; a text without one stays."""
    return text.re_replace(PERCENT, r"\1")


def to_decimal(text: ibis.Value, sign: DecimalSign, currency: str, type_: str) -> ibis.Value:
    """Read a number; the plain ones, which are nearly all, cost nothing for what the others need."""
    bare = undressed(text, currency)
    pattern = NUMBERS[sign]
    return ibis.cases(
        (text.re_search(pattern), _plain(text, sign).try_cast(type_)),
        (bare.re_search(pattern), _plain(bare, sign).try_cast(type_)),
    )


def is_dash(text: ibis.Value, currency: str) -> ibis.Value:
    """Say whether nothing but a dash stands where a number would, with or without a currency."""
    return undressed(text, currency).isin(_DASHES)


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


def _plain(text: ibis.Value, sign: DecimalSign) -> ibis.Value:
    return text.replace(".", "").replace(",", ".") if sign == "," else text.replace(",", "")
