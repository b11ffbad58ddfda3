"""What a machine can see of wrong grammar in a sentence with its numbers, in German and English."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from functools import cache
from typing import Any

from kamlab.comparison import CAUSES
from kamlab.results import Finding
from kamlab.text import LANGUAGES, Language, catalogue

NUMBER = re.compile(r"\{\w+:n\}")
# Nouns of sentences without a plural form of their own; those of the others are learnt from the catalogues.
NOUNS: dict[Language, dict[str, str]] = {
    "de": {
        "Stunden": "Stunde",
        "Tage": "Tag",
        "Tagen": "Tag",
        "Monate": "Monat",
        "Monaten": "Monat",
        "Jahre": "Jahr",
        "Jahren": "Jahr",
        "Plätze": "Platz",
        "Plätzen": "Platz",
        "Kunden": "Kunde",
        "Schlüsselkunden": "Schlüsselkunde",
        "Zeilen": "Zeile",
        "Regeln": "Regel",
        "Ziele": "Ziel",
        "Zielen": "Ziel",
        "Maßnahmen": "Maßnahme",
        "Gewichtungen": "Gewichtung",
        "Kriterien": "Kriterium",
        "Spalten": "Spalte",
        "Werte": "Wert",
        "Beobachtungen": "Beobachtung",
        "Bestellungen": "Bestellung",
        "Grenzfälle": "Grenzfall",
        "Formeln": "Formel",
        "Sekunden": "Sekunde",
        "Standorte": "Standort",
        "Standorten": "Standort",
        "Warengruppen": "Warengruppe",
        "Stichtagen": "Stichtag",
        "Verträge": "Vertrag",
        "Überschriften": "Überschrift",
    },
    "en": {},
}
VERBS: dict[Language, dict[str, str]] = {
    "de": {
        "sind": "ist",
        "haben": "hat",
        "werden": "wird",
        "wählen": "wählt",
        "bringen": "bringt",
        "gehören": "gehört",
        "erfüllen": "erfüllt",
        "fehlen": "fehlt",
        "liegen": "liegt",
        "stehen": "steht",
        "sprechen": "spricht",
        "bleiben": "bleibt",
        "scheiden": "scheidet",
        "hängen": "hängt",
        "wechseln": "wechselt",
        "kommen": "kommt",
        "fallen": "fällt",
        "stimmen": "stimmt",
        "waren": "war",
        "beginnen": "beginnt",
        "kaufen": "kauft",
        "passen": "passt",
        "tragen": "trägt",
        "können": "kann",
        "verfehlen": "verfehlt",
        "genügen": "genügt",
    },
    "en": {
        "are": "is",
        "have": "has",
        "were": "was",
        "belong": "belongs",
        "bring": "brings",
        "meet": "meets",
        "lack": "lacks",
        "choose": "chooses",
        "vote": "votes",
        "stand": "stands",
        "stay": "stays",
        "leave": "leaves",
        "fail": "fails",
        "remain": "remains",
        "do": "does",
        "hang": "hangs",
        "carry": "carries",
        "change": "changes",
        "move": "moves",
        "fit": "fits",
        "fall": "falls",
    },
}
# Before a noun of the kind of "Kunde", these ask for a case that looks like the plural.
BEFORE = r"(?:bei|Bei|von|Von|mit|für|Für|auf|an|An|aus|nach|um|ohne|über|zu|ab|durch|je|gegen|einen|einem|den|dem)"
WEAK = {"Kunden", "Schlüsselkunden", "A-Kunden"}
ONE = r"(?<![\w.,:/–-])1(?![\w.,:/–-])"
MANY = r"(?<![\w.,:/–-])(?:0|2|5)(?![\w.,:/–-])"


@cache
def nouns(language: Language) -> dict[str, str]:
    """Learn nouns with their singular from sentences with both forms."""
    found = dict(NOUNS[language])
    for message in catalogue(language):
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        pairs = [spec[2:].split("|") for form in forms for spec in fields(str(form)).values() if spec.startswith("n ")]
        if len(forms) == 2:
            one, many = ([word.strip(".,;:()|") for word in form.split()] for form in forms)
            place = next((at for at, word in enumerate(one[:-1]) if NUMBER.search(word)), None)
            after = [many[at + 1] for at, word in enumerate(many[:-1]) if NUMBER.search(word)]
            pairs += [[one[place + 1], word] for word in after if place is not None]
        for single, plural in pairs:
            words = single.split()[-1], plural.split()[-1]
            if words[1].isalpha() and _is_plural(words[1], words[0], language):
                found[words[1]] = words[0]
    return found


def _is_plural(many: str, one: str, language: Language) -> bool:
    if language == "en":
        return many in (one + "s", one + "es", one.removesuffix("y") + "ies")
    return many != one and many[0].isupper() and many[:3].lower() == one[:3].lower()


def faults(text: str, language: Language) -> list[str]:
    """Name what is wrong with a sentence; nothing, if it is right as far as a machine can see."""
    plurals, verbs = nouns(language), VERBS[language]
    noun_many = "|".join(sorted(map(re.escape, plurals), key=len, reverse=True))
    noun_one = "|".join(sorted(map(re.escape, set(plurals.values()) - set(plurals)), key=len, reverse=True))
    singular = "|".join(map(re.escape, plurals.values()))
    described = rf"(?:(?!(?:von|der|den|dem|ohne|erst|ein|of|in|the|without|with|two|{singular}) )[a-zäöüß]+ ){{0,2}}"
    many, one = "|".join(verbs), "|".join(verbs.values())
    clause = r"(?:(?! and | und | not )[^.;:,()|–]){0,60}?"
    found = []
    ones = re.finditer(rf"(?:{BEFORE} )?{ONE} {described}({noun_many})\b", text)
    found += [match[0] for match in ones if not (match[1] in WEAK and re.match(BEFORE + " ", match[0]))]
    after = "" if language == "de" else r"(?= (?:is|has|was)\b|[.,;:)]|$)"  # "5 product groups" is no fault
    found += [match[0] for match in re.finditer(rf"{MANY} (?:{noun_one})\b{after}", text)]
    found += [match[0] for match in re.finditer(rf"^{ONE}{clause} (?:{many})\b", text)]
    found += [match[0] for match in re.finditer(rf"[;:,] {ONE} (?:davon |of them )?(?:{many})\b", text)]
    found += [
        match[0] for match in re.finditer(rf"\b(?:{many}) (?:nur |noch |only )?{ONE}(?! von| of| \w+ {many})", text)
    ]
    found += [match[0] for match in re.finditer(rf"^{MANY} (?:von|of){clause} (?:{one})\b", text)]
    found += [match[0] for match in re.finditer(r"\b[Ee]iner?(?: von \S+ \w+)? (?:sind|haben|fehlen|werden)\b", text)]
    found += [match[0] for match in re.finditer(r"\b[Oo]ne(?: of \S+ \w+)? (?:are|have|were)\b", text)]
    found += [
        match[0]
        for match in re.finditer(
            r"(?<![.\d(])\.\.(?![.\d)])|(?<=[^\s\d])  +(?=\S)| [.,;](?= |$)|\bNone\b(?! of|, )|\bnan\b", text
        )
    ]
    return found


def leftover(text: str, template: str) -> bool:
    """Say whether a brace is left that the text does not ask for."""
    return "{{" not in template and bool(set("{}") & set(text))


def fields(template: str) -> dict[str, str]:
    """Return the values that a text names, with their formats."""
    return {name: spec or "" for _, name, spec, _ in string.Formatter().parse(template) if name is not None}


_SAID: set[tuple[Any, ...]] = set()


def unsaid(findings: Iterable[Finding]) -> list[str]:
    """Name the findings that cannot be phrased: a value is missing, or a list is empty; each kind once a run."""
    wrong = []
    for finding in findings:
        kinds = tuple((name, value is None, value == 1, value == []) for name, value in finding.values.items())
        if (finding.key, kinds) not in _SAID:
            _SAID.add((finding.key, kinds))
            wrong += [fault for language in LANGUAGES if (fault := _unsaid(finding, language))]
    return wrong


def _unsaid(finding: Finding, language: Language) -> str:
    message = catalogue(language).get(finding.key)
    if message is None:  # of a test's own analysis
        return ""
    forms = (message.string,) if isinstance(message.string, str) else message.string
    if len(forms) > 1 and "count" not in finding.values:
        return f"{finding.key}: nothing says whether it is one or many"
    form = str(forms[0 if len(forms) == 1 or finding.values["count"] == 1 else 1])
    composed = {"what": {"reason", "what"}, "causes": set(CAUSES)}  # made by the page, of the first of these it finds
    values = finding.values | {name: "…" for name, made_of in composed.items() if made_of & set(finding.values)}
    lacking = [name for name in fields(form) if name not in values or values[name] in (None, [])]
    return f"{finding.key}: no {', '.join(lacking)}" if lacking else ""
