"""Names, addresses and mail domains of companies in the form in which they are compared.

In go the words of the master data, out come keys: two spellings of one thing have one key. Knows no table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from kamlab.facts.vocabulary import (
    BUSINESS,
    FREE_MAIL,
    FREE_MAIL_EVERYWHERE,
    JOINING,
    LEGAL_FORMS,
    PARTS,
    PLACES,
    SECOND_LEVEL,
)

_EXPANDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "ł": "l"})
_PLAIN = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


@dataclass(frozen=True)
class Name:
    """A company's name without legal form, place and joining words.

    Attributes
    ----------
    written, expanded, plain : tuple of str
        Its words as they came, with umlauts written out (mueller), with umlauts dropped (muller).
    """

    written: tuple[str, ...]
    expanded: tuple[str, ...]
    plain: tuple[str, ...]

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Return its telling words, each in one spelling: Müller, Mueller and Muller are the same."""
        words = (collapse(word) for word in self.plain)
        return tuple(w for w in words if w not in _COLLAPSED_BUSINESS and not w.endswith(_BUSINESS_ENDINGS))

    def spelling(self, token: str) -> str:
        """Return one of the telling words as it is written."""
        return next(written for written, word in zip(self.written, self.plain, strict=True) if collapse(word) == token)

    @cached_property
    def key(self) -> str:
        """Return the name in one spelling, whatever the order of its words."""
        return " ".join(sorted(collapse(word) for word in self.plain))


def read_name(text: str | None, cities: Collection[str] = ()) -> Name | None:
    """Reduce a name to what tells companies apart; None where nothing is left.

    Parameters
    ----------
    cities : collection of str
        Words of places, plain; they are left out, except at the beginning of a name.
    """
    if not text:
        return None
    words = _words(text)
    end = next((at for at, word in enumerate(words) if at and word.plain in PLACES), len(words))
    words = words[:end]
    kept = [
        at
        for at, word in enumerate(words)
        if not ((word.plain in LEGAL_FORMS and at) or word.plain in PARTS or word.plain in JOINING)
        and not (at and word.plain in cities)
    ]
    chosen = [words[at] for at in kept] or words
    if not chosen:
        return None
    return Name(tuple(w.written for w in chosen), tuple(w.expanded for w in chosen), tuple(w.plain for w in chosen))


def likeness(left: Name, right: Name) -> float:
    """Say how alike two names are, 0 to 1: as a whole and in their telling words, whichever is less."""
    whole = max(_ratio(left.expanded, right.expanded), _ratio(left.plain, right.plain))
    if whole < _FAR or not (left.tokens and right.tokens):
        return whole
    return min(whole, _ratio(left.tokens, right.tokens))


def place_words(cities: Collection[str]) -> frozenset[str]:
    """Return the words of the places of a master table that may stand in names."""
    return frozenset(word.plain for city in cities for word in _words(city) if len(word.plain) > 2)


def mail_domain(text: str | None) -> str | None:
    """Take the company's domain out of an address, a domain or a web address; None for free-mail providers."""
    if not text:
        return None
    first = re.split(r"[;,\s]", text.strip().casefold())[0]
    host = re.sub(r"^[a-z]+://", "", first).split("/")[0].rsplit("@", 1)[-1].split(":")[0].strip(".<>")
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or len(labels[-1]) < 2:
        return None
    depth = 3 if len(labels) > 2 and labels[-2] in SECOND_LEVEL and len(labels[-1]) == 2 else 2
    domain = ".".join(labels[-depth:])
    return None if domain in FREE_MAIL or domain.split(".")[0] in FREE_MAIL_EVERYWHERE else domain


def read_vat_id(text: str | None) -> str | None:
    """Bring a VAT id to one spelling; None for what is none, such as placeholders of one digit."""
    compact = re.sub(r"[^A-Z0-9]", "", (text or "").upper())
    compact = re.sub(r"(MWST|TVA|IVA)$", "", compact)
    digits = re.sub(r"\D", "", compact)
    return compact if 8 <= len(compact) <= 14 and len(digits) >= 5 and len(set(digits)) > 1 else None


def read_address(street: str | None, postal_code: str | None) -> str | None:
    """Bring street and postal code to one spelling; None without a number or for a post-office box."""
    text = " ".join(word.plain for word in _words(street or ""))
    code = re.sub(r"[^A-Z0-9]", "", (postal_code or "").upper()).lstrip("0")
    if not code or not re.search(r"\d", text) or text.startswith(("postfach", "po box", "p o box", "pf ", "bp ")):
        return None
    return re.sub(r"str(?:asse|eet)?(?=\W|\d|$)", "str", collapse(text)).replace(" ", "") + " " + code


def collapse(word: str) -> str:
    """Write ae, oe and ue as a, o and u, so that all spellings of an umlaut agree."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


_COLLAPSED_BUSINESS = frozenset(collapse(word) for word in BUSINESS | PARTS | LEGAL_FORMS)
_BUSINESS_ENDINGS = ("technik", "technologie", "anlagen", "systeme", "maschinenbau", "maschinen", "handel", "industrie")
_FAR = 0.5


@dataclass(frozen=True)
class _Word:
    written: str
    expanded: str
    plain: str


def _words(text: str) -> list[_Word]:
    """Split into words: case, accents and punctuation gone, letters with points between them joined (G.m.b.H.)."""
    composed = unicodedata.normalize("NFC", text)
    joined = re.sub(r"\b(?:\w\.\s?){2,}", lambda match: re.sub(r"[.\s]", "", match[0]) + " ", composed)
    spaced = re.sub(r"['’`´]|(?<=\b\w)/(?=\w\b)", "", joined)  # O'Neil, A/S
    folded = ((word, word.casefold()) for word in re.findall(r"\w+", spaced))
    return [
        _Word(written, _without_accents(small.translate(_EXPANDED)), _without_accents(small.translate(_PLAIN)))
        for written, small in folded
    ]


def _without_accents(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))


def _ratio(left: tuple[str, ...], right: tuple[str, ...]) -> float:
    return fuzz.token_sort_ratio(" ".join(left), " ".join(right)) / 100
