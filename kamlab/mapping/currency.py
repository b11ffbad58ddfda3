"""The currency that files speak of: in a column of codes, in their headings, beside their amounts.

Only a single one is an answer: where files name two, or none, it is the user's to say.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from kamlab.engagement import Source, nearest
from kamlab.errors import DataRefused, Problem, SettingsError
from kamlab.ingest.numbers import CURRENCY_SIGNS, ISO_CODES
from kamlab.ingest.sampling import Heading, Sample, sample
from kamlab.mapping.names import likeness
from kamlab.tables import TRANSACTIONS

_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet")
_MOST = 20  # files of a folder that are looked into
# Codes that stand in headings; others are words too (ALL, TOP, MAD).
_CODES = "EUR|USD|CHF|GBP|SEK|NOK|DKK|PLN|CZK|HUF|JPY|CNY|CAD|AUD"
_SIGNS = {sign: codes[0] for sign, codes in CURRENCY_SIGNS.items() if len(codes) == 1 and not sign.isalpha()}
_NAMED = re.compile(rf"(?<![A-Za-z])(?:{_CODES})(?![A-Za-z])|{'|'.join(map(re.escape, _SIGNS))}")
_AMOUNT = re.compile(rf"(?:({_NAMED.pattern}) ?)?[+-]?\d[\d.,' ]*-?(?: ?({_NAMED.pattern}))?")


def currency_of(seen: Sample) -> str | None:
    """Return the one currency that a file speaks of."""
    found = set().union(*map(_codes, seen.headings))
    return found.pop() if len(found) == 1 else None


def chosen_currency(folder: Path, given: str | None) -> tuple[str, Literal["given", "found", "assumed"]]:
    """Choose the currency of a new engagement: the one given, else that of the exports in its folder, else EUR.

    Raises
    ------
    SettingsError
        What is given is no ISO code (KL-S326).
    """
    if given is not None:
        code = given.strip().upper()
        if code not in ISO_CODES:
            values = {"given": given, "nearest": nearest(code, sorted(ISO_CODES)) or "–"}
            raise SettingsError(Problem(code="KL-S326", values=values))
        return code, "given"
    found = _recognised(folder)
    return (found, "found") if found else ("EUR", "assumed")


def _recognised(folder: Path) -> str | None:
    """Return the one currency that the exports in a folder, or in its `inputs`, speak of."""
    files = [file for place in (folder, folder / "inputs") if place.is_dir() for file in sorted(place.iterdir())]
    found = set()
    for file in [file for file in files if file.suffix.lower() in _ENDINGS][:_MOST]:
        try:
            seen = sample(folder, Source(path=(str(file.absolute()),)), TRANSACTIONS.name)
        except DataRefused:
            continue
        found |= set().union(*map(_codes, seen.headings))
    return found.pop() if len(found) == 1 else None


def _codes(heading: Heading) -> set[str]:
    """Collect the currencies that a column names."""
    texts = {text.strip() for text in heading.filled}
    if likeness(heading.name, TRANSACTIONS, TRANSACTIONS.column("currency")).degree:
        return {text.upper() for text in texts} & ISO_CODES
    named = {_NAMED.search(heading.name)} if any(number is not None for number in heading.numbers) else set()
    named |= {match for text in texts if (match := _AMOUNT.fullmatch(text))}
    words = {word for match in named if match for word in (match.groups() or (match[0],)) if word}
    return {_SIGNS.get(word, word) for word in words}
