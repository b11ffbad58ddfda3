"""Words and formats: both catalogues say the same things, in the manner of their language."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, each
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.text import LANGUAGES, MISSING, NBSP, Language, Words, catalogue

DE, EN = Words("de"), Words("en")
FORMATS = {
    "",
    "n",
    "number",
    "number1",
    "index",
    "percent",
    "percent1",
    "percent2",
    "points",
    "change",
    "money",
    "money2",
    "estimate",
    "cents",
    "date",
}
FORMATS |= {"month", "list", "named value.measure", "named analysis"}
FORMATS |= {"named value.status", "measured", "of_hundred", "named value.criterion", "named value.variant"}
FORMATS |= {"named value.gate", "named value.procedure", "named value.computed"}
SOURCES = sorted((ROOT / "kamlab").rglob("*.py"))


def texts(language: Language) -> dict[str, tuple[str, ...]]:
    """Return the texts of a catalogue by key, one or two forms each."""
    found = {}
    for message in catalogue(language):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


def placeholders(text: str) -> set[tuple[str, str]]:
    fields = ((name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None)
    return {(name, "n" if spec.startswith("n ") else spec) for name, spec in fields}  # "n hour|hours" is a number


def codes_in(path: Path) -> set[str]:
    """Return the problem codes that stand in the code of a module, not in its prose."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str) and re.fullmatch(r"KL-[SEWR]\d+", text)}


KEYS = sorted(texts("de").keys() | texts("en").keys())


def test_german_groups_with_points_and_english_with_commas() -> None:
    assert (DE.number(1234567.5, 2), EN.number(1234567.5, 2)) == ("1.234.567,50", "1,234,567.50")


def test_decimals_are_exactly_as_many_as_asked() -> None:
    assert [DE.number(2, decimals) for decimals in (0, 1, 4)] == ["2", "2,0", "2,0000"]


@pytest.mark.parametrize("value", [-0.0, -0.4, Decimal("-0.004"), "-0"])
def test_nothing_is_ever_minus_zero(value: Any) -> None:
    assert DE.number(value) == "0"
    assert DE.cents(0 if value == -0.4 else value) == f"0,00{NBSP}€"


def test_negative_numbers_carry_a_true_minus() -> None:
    assert (DE.number(-1234), DE.cents(Decimal("-6.10"))) == ("−1.234", f"−6,10{NBSP}€")
    assert EN.cents(Decimal("-6.10")) == "−€6.10"


def test_exact_money_keeps_every_digit() -> None:
    assert DE.number(Decimal("12345678901234.5678"), 4) == "12.345.678.901.234,5678"


def test_per_cent_stands_off_in_german_and_close_in_english() -> None:
    assert (DE.percent(0.77184, 1), EN.percent(0.77184, 1)) == (f"77,2{NBSP}%", "77.2%")


@pytest.mark.parametrize(
    ("ratio", "said"), [(0.12, "+12"), (-0.12, "−12"), (0, "0"), (0.004, "0"), (-0.004, "0"), (0.006, "+1")]
)
def test_a_change_shows_its_sign_unless_it_rounds_to_nothing(ratio: float, said: str) -> None:
    assert DE.change(ratio) == f"{said}{NBSP}%"


@pytest.mark.parametrize(
    ("amount", "german", "english"),
    [
        (999_499, "999.499 €", "€999,499"),
        (999_500, "1,0 Mio. €", "€1.0 million"),
        (52_300_000, "52,3 Mio. €", "€52.3 million"),
        (-52_300_000, "−52,3 Mio. €", "−€52.3 million"),
        (999_500_000, "1,0 Mrd. €", "€1.0 billion"),
        (-0.2, "0 €", "€0"),
    ],
)
def test_money_is_said_short(amount: float, german: str, english: str) -> None:
    assert (DE.money(amount), EN.money(amount)) == (german.replace(" ", NBSP), english.replace(" ", NBSP))


def test_money_that_is_compared_has_two_decimals() -> None:
    assert (DE.money(48_204_000, 2), EN.money(48_204_000, 2)) == (f"48,20{NBSP}Mio.{NBSP}€", f"€48.20{NBSP}million")


@pytest.mark.parametrize(
    ("amount", "said", "table"),
    [
        (43_310_000, "43 Mio. €", "43.000.000"),
        (5_173_456, "5,2 Mio. €", "5.200.000"),
        (996_000, "1,0 Mio. €", "1.000.000"),
        (772_400, "770.000 €", "770.000"),
        (-1_234, "−1.200 €", "−1.200"),
        (0.0, "0 €", "0"),
        (None, MISSING, MISSING),
    ],
)
def test_an_estimate_has_the_same_two_digits_in_sentences_and_tables(amount: Any, said: str, table: str) -> None:
    assert (DE.estimate(amount), DE.about(amount)) == (said.replace(" ", NBSP), table)


@pytest.mark.parametrize(("mark", "said"), [(0.7823, "78,2"), (1, "100,0"), (0.0, "0,0"), (None, MISSING)])
def test_a_mark_is_said_in_points_of_a_hundred_with_one_decimal(mark: Any, said: str) -> None:
    assert DE.points(mark) == said


def test_a_currency_without_a_sign_goes_by_its_code() -> None:
    assert Words("de", "CHF").cents(5) == f"5,00{NBSP}CHF"
    assert Words("en", "CHF").cents(-5) == f"−CHF{NBSP}5.00"


@pytest.mark.parametrize("method", ["number", "percent", "change", "money", "cents"])
@pytest.mark.parametrize("nothing", [None, float("nan"), Decimal("NaN")])
def test_a_number_that_is_not_there_is_a_dash(method: str, nothing: Any) -> None:
    assert getattr(DE, method)(nothing) == MISSING


@pytest.mark.parametrize("day", [date(2025, 12, 31), datetime(2025, 12, 31, 23, 59, tzinfo=UTC), "2025-12-31"])
def test_days_are_written_as_the_language_does(day: Any) -> None:
    assert (DE.date(day), EN.date(day)) == ("31.12.2025", "31 Dec 2025")
    assert (DE.month(day), EN.month(day)) == ("Dezember 2025", "December 2025")


def test_whole_years_go_by_their_number() -> None:
    assert DE.span(date(2025, 1, 1), date(2025, 12, 31)) == "2025"
    assert DE.span(date(2024, 1, 1), date(2025, 12, 31)) == "2024–2025"
    assert DE.span(date(2024, 2, 1), date(2025, 1, 31)) == "01.02.2024 bis 31.01.2025"


def test_names_are_listed_as_one_says_them() -> None:
    assert [DE.listing(["A", "B", "C"][:n]) for n in range(4)] == [MISSING, "A", "A und B", "A, B und C"]


def test_one_is_singular_and_everything_else_plural() -> None:
    said = [DE("basis.unreadable", count=n) for n in (0, 1, 2)]
    assert ["Zeilen" in text for text in said] == [True, False, True]


@pytest.mark.parametrize(("rows", "said"), [(0, "0 Umsatzzeilen"), (1, "1 Umsatzzeile"), (1234, "1.234 Umsatzzeilen")])
def test_a_number_takes_its_noun_along(rows: int, said: str) -> None:
    assert DE("workbook.source", analysis="x", used=1, read=rows).endswith(f"von {said}.")


def test_a_sentence_that_ends_with_an_abbreviation_keeps_one_point() -> None:
    assert DE("concentration.do.fell_many", count=4, names=["Philips N.V."]).endswith("über Philips N.V.")


def test_a_text_that_is_not_there_says_which() -> None:
    with pytest.raises(KeyError, match=r"no text 'nothing\.here' in de\.po"):
        DE("nothing.here")


def test_values_cannot_reach_into_objects() -> None:
    assert DE("page.version", run="x", version="{run.__class__}") == "kamlab {run.__class__}, Lauf x."


@given(value=st.decimals(-(10**13), 10**13, places=2))
@settings(derandomize=True, max_examples=50, deadline=None)
def test_german_money_reads_back_to_the_cent(value: Decimal) -> None:
    text = DE.number(value, 2).replace(".", "").replace(",", ".").replace("−", "-")
    assert Decimal(text) == value


def test_both_catalogues_have_the_same_keys() -> None:
    assert texts("de").keys() ^ texts("en").keys() == set()


@each("key", KEYS)
def test_both_languages_fill_in_the_same_values_in_the_same_formats(key: str) -> None:
    german, english = texts("de")[key], texts("en")[key]
    assert set().union(*map(placeholders, german)) == set().union(*map(placeholders, english))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_both_forms(language: Language) -> None:
    plurals = {key for key in KEYS if len(texts("de")[key]) > 1 or len(texts("en")[key]) > 1}
    assert plurals
    assert [key for key in plurals if len(texts(language)[key]) != 2 or not all(texts(language)[key])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_asks_for_an_unknown_format(language: Language) -> None:
    for key, forms in texts(language).items():
        assert all(forms), key
        assert {spec for form in forms for _, spec in placeholders(form)} <= FORMATS, key


def test_every_format_of_the_catalogues_is_understood() -> None:
    used = {spec for forms in texts("de").values() for form in forms for _, spec in placeholders(form)}
    samples = {"date": date(2025, 1, 1), "month": date(2025, 1, 1), "list": ["A"]}
    for spec in used:
        key, name = next(
            (k, n) for k, forms in texts("de").items() for form in forms for n, s in placeholders(form) if s == spec
        )
        values = {n: samples.get(s, 1) for form in texts("de")[key] for n, s in placeholders(form)}
        assert DE(key, **{"count": 2, **values}), (key, name)


# Words that German spells with these letters, umlauts apart: "neue", "aktuell", "Quelle", "dauert", "Auswertung" …
ASCII_UMLAUT = re.compile(
    r"\b\w*(?:fuer|ueber|koenn|moeg|muess|wuerd|groess|schluess|waehr|haeng|laess|naechst|zurueck|gueltig"
    r"|pruef|faell|verfueg|veraend|vollstaend|enthael|erklaer|ergaenz|duerf|hoech|loesch|oeffn|aehnl)\w*",
    re.IGNORECASE,
)


def test_german_texts_have_real_umlauts() -> None:
    wrong = {key: ASCII_UMLAUT.findall(" ".join(forms)) for key, forms in texts("de").items()}
    found = {key: words for key, words in wrong.items() if words and words != ["schluessel"]}  # as in key.path
    assert found == {}


def test_german_texts_quote_the_german_way() -> None:
    wrong = [key for key, forms in texts("de").items() if re.search(r'["”‘’]', " ".join(forms))]
    assert wrong == []
    assert all(" ".join(forms).count("„") == " ".join(forms).count("“") for forms in texts("de").values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_package_has_its_text(language: Language) -> None:
    codes = set().union(*map(codes_in, SOURCES))
    assert len(codes) > 30
    assert sorted(code for code in codes if f"error.{code}" not in texts(language)) == []


def test_no_code_has_a_text_that_nothing_can_say() -> None:
    codes = set().union(*map(codes_in, SOURCES))
    assert {key.removeprefix("error.") for key in KEYS if key.startswith("error.")} - codes == set()


@pytest.mark.parametrize(("value", "text"), [(10.5, "11"), (2.5, "3"), (-10.5, "−11"), (-0.4, "0"), (0.5, "1")])
def test_halves_are_rounded_away_from_zero(value: float, text: str) -> None:
    assert Words("de").number(value) == text
