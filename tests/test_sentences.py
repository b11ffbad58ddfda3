"""Every sentence of both catalogues, filled with none, one and many of all that it names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from grammar import faults, fields, leftover, unsaid

from kamlab.results import Finding
from kamlab.text import LANGUAGES, Language, Words, catalogue

NAMES = ["Nordlicht KG", "Ostwind AG", "Südstern SE", "Westkap Ltd", "Mittelmark Oy"]
KINDS: dict[str, Any] = {
    "number": 2.5,
    "number1": 71.5,
    "index": 0.0447,
    "points": 0.782,
    "percent": 0.35,
    "percent1": 0.351,
    "percent2": 0.0044,
    "change": 0.12,
    "money": 5_173_456.0,
    "money2": 5_173_456.0,
    "estimate": 5_173_456.0,
    "cents": 5_173_456.78,
    "measured": 2.5,
    "of_hundred": 0.87,
    "date": date(2025, 12, 31),
    "month": date(2025, 12, 1),
    "": "Nordlicht KG",
}
TEXTS = {
    language: {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in catalogue(language) if m.id}
    for language in LANGUAGES
}


def samples(key: str, language: Language) -> Iterator[dict[str, Any]]:
    """Fill a text: all its numbers none, one, two or five; each alone none, one or two where the others are five.

    A text that ends with `_many` is only said of more than can be named.
    """
    text = TEXTS[language][key]
    forms = (text,) if isinstance(text, str) else text
    named = {name: spec for form in forms for name, spec in fields(form).items()}
    if not isinstance(text, str):
        named.setdefault("count", "n")
    numbers = [name for name, spec in named.items() if spec.partition(" ")[0] == "n"]
    fillings = [dict.fromkeys(numbers, n) for n in (0, 1, 2, 5)]
    fillings += [dict.fromkeys(numbers, 5) | {name: n} for name in numbers for n in (0, 1, 2) if len(numbers) > 1]
    name, least = SAID_OF.get(key, ("count", 3 if key.endswith("_many") else 0))
    for filling in [filling for filling in fillings if filling.get(name, least) >= least]:
        names = NAMES[: max(1, filling.get("count", 2))]
        yield {name: filling[name] if name in filling else _plausible(spec, names) for name, spec in named.items()}


def _plausible(spec: str, names: list[str]) -> Any:
    kind, _, group = spec.partition(" ")
    if kind == "list":
        return names
    if kind == "named":
        return next(iter(key.removeprefix(f"{group}.") for key in TEXTS["de"] if key.startswith(f"{group}.")))
    return KINDS[kind]


# What a text is said of at least, where another one speaks of fewer: `scoring.title_open` of none, `title_one` of one.
SAID_OF = {"scoring.title": ("firm", 2)}
# Blanks that lay a text out.
LAID_OUT = {"cli.begun", "figure.charter_rules.rule"}
FOREIGN = {
    "de": re.compile(r"\b(?:the|of|and|with|are|which)\b"),
    "en": re.compile(r"\b(?:der|die|das|und|oder|nicht|nach|über|wird|sind)\b"),
}


def is_label(text: Any) -> bool:
    """Say whether a text names the number before it, as in `36|A-Kunden`: it stands apart and agrees with nothing."""
    return isinstance(text, str) and re.match(r"\{\w+:\w+\}[^|{]*(?:\{\w+:\w+\})?\|", text) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_agrees_with_its_numbers(language: Language) -> None:
    words, wrong = Words(language), defaultdict(set)
    for key, text in TEXTS[language].items():
        if is_label(text) or key in LAID_OUT:
            continue
        for values in samples(key, language):
            said = words(key, **values)
            wrong[key] |= {*faults(said, language), *({"{}"} if leftover(said, str(text)) else ())}
    assert {key: found for key, found in wrong.items() if found} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_speaks_the_other_language(language: Language) -> None:
    texts = {
        key: str(text)
        for key, text in TEXTS[language].items()
        if key.partition(".")[0] not in ("language", "error", "expression")
    }
    assert {key: text for key, text in texts.items() if FOREIGN[language].search(text)} == {}


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("1 von 6 Verfahren wählen diesen Kunden", "de"),
        ("2 von 6 Kunden hat das Feld gewechselt", "de"),
        ("Sie braucht 1 Stunden im Jahr", "de"),
        ("Vorschlag: 5 Schlüsselkunden; 1 scheiden aus", "de"),
        ("Bei 5 Kunde fehlen Werte", "de"),
        ("einer sind gesetzt", "de"),
        ("Es ist alles  gesagt..", "de"),
        ("1 of 6 accounts are large", "en"),
        ("It takes 1 hours a year", "en"),
        ("1 accounts are new", "en"),
    ],
)
def test_wrong_grammar_is_found(sentence: str, language: Language) -> None:
    assert faults(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("1 von 6 Verfahren wählt diesen Kunden; bei 1 Kunden fehlt der Wert", "de"),
        ("Größte von 5 Warengruppen: 2 sind neu, 1 ist weg", "de"),
        ("1 of 6 accounts is large, 5 product groups are shown", "en"),
    ],
)
def test_right_grammar_is_none(sentence: str, language: Language) -> None:
    assert faults(sentence, language) == []


def test_a_finding_without_its_count_is_found() -> None:
    wrong = Finding(key="portfolio.move.none", values={"accounts": 3})
    assert unsaid([wrong])[0] == "portfolio.move.none: nothing says whether it is one or many"
    assert unsaid([Finding(key="concentration.do.fell", values={"count": 2, "names": []})])[0].endswith("no names")
