"""The contracts of the input tables say the same in both languages, and nothing in them contradicts itself."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from conftest import ROOT, each

from kamlab.tables import BASICS, TABLES, Both, Column, Kind, Table, example, presented
from kamlab.templates.dictionary import data_dictionary, file_name
from kamlab.text import LANGUAGES, Language

TABLE = each("table", TABLES.values())
COLUMN = each("table, column", [(table, column) for table in TABLES.values() for column in table.columns])
# What the architecture says of every table: its columns, * required.
ARCHITECTURE = {
    "criteria": "account_id* criterion* value* rater",
    "decisions": "account_id* decision* reason* date by",
    "goals": "goal_id* level* account_id goal* indicator start_value target_value due owner_role benefit_for "
    "parent_goal",
    "actions": "action_id* account_id* title* goal_id owner* due* status* expected_margin booked_margin "
    "evidence benefit_customer",
    "known_wallets": "account_id* demand* year* source* low high confirmed",
    "contacts": "account_id* contact_id* site_id roles* function level influence stance reports_to "
    "our_contact last_contact mentor delete_after",
    "team": "account_id* role* function share_of_time counterpart_contact_id",
    "requirements": "account_id* requirement* kind importance* our_performance best_competitor source",
    "supplier_ratings": "account_id* period* criterion* grade* rank suppliers",
    "market": "account_id sector year* market_size market_growth account_share note",
    "conditions": "account_id* type* rate amount period* reason",
    "contracts": "contract_id* account_id* kind* start* end* annual_value renewal_probability tender_date",
    "service": "account_id* period* indicator* value* target",
    "losses": "account_id* date* kind* reason* competitor value",
    "knowledge": "account_id* topic* statement* source* date* reliability confirmed",
    "plan": "account_id* period* metric* value*",
    "opportunities": "opportunity_id* account_id product_id stage* amount probability created closed won sales_rep",
    "satisfaction": "account_id* respondent_id* date* attribute recommendation performance importance",
    "effort": "account_id* hours amount period* function",
    "fitness_answers": "wave* rater* view* item* score* comment item_bank",
    "competences": "role* competence* target* actual*",
    "phases": "phase* task* start* end* status* owner_role done_on",
    "risks": "risk* probability* impact* impact_amount action owner_role",
    "indicators": "indicator* perspective* period* value* target direction",
    "currency_rates": "currency* month* rate*",
}
SCALES = {
    "contacts.level": (1, 5),
    "contacts.influence": (0, 10),
    "contacts.stance": (-2, 2),
    "requirements.importance": (1, 5),
    "requirements.our_performance": (1, 5),
    "requirements.best_competitor": (1, 5),
    "satisfaction.recommendation": (0, 10),
    "satisfaction.performance": (1, 5),
    "satisfaction.importance": (1, 5),
    "fitness_answers.score": (1, 5),
    "competences.target": (1, 5),
    "competences.actual": (1, 5),
    "risks.probability": (1, 5),
    "risks.impact": (1, 5),
}
ENGLISH = re.compile(r"\b(the|of|and|with|for|number|date|customer|account|value|year|which|that)\b")
GERMAN = re.compile(r"\b(der|die|das|und|mit|für|oder|Kunde|nicht|ein|eine|von)\b")
COMMON = re.compile(r"\b(Key Account Manage(r|ment)s?|Selling Center|Buying Center|Balanced Scorecard)\b")


def folded(both: Both, language: Language) -> str:
    return str(getattr(both, language)).casefold()


@each("name", ARCHITECTURE)
def test_columns_are_those_of_the_architecture(name: str) -> None:
    assert [f"{c.name}*" if c.required else c.name for c in TABLES[name].columns] == ARCHITECTURE[name].split()


def test_scales_have_their_two_ends() -> None:
    scales = {
        f"{table.name}.{column.name}": (column.low, column.high)
        for table in TABLES.values()
        for column in table.columns
        if column.high is not None
    }
    assert scales == SCALES


@each("place", SCALES)
def test_the_meaning_of_a_scale_names_its_two_ends(place: str) -> None:
    table, name = place.split(".")
    for about in TABLES[table].column(name).about:
        numbers = [int(number.replace("−", "-")) for number in re.findall(r"[−-]?\d+", about)]
        assert (min(numbers), max(numbers)) == SCALES[place]


def test_of_some_columns_one_is_enough() -> None:
    groups = {name: table.either for name, table in TABLES.items() if table.either}
    assert groups == {
        "market": (("account_id", "sector"),),
        "conditions": (("rate", "amount"),),
        "effort": (("hours", "amount"),),
    }


def test_contacts_are_unique_within_their_account_and_opportunities_everywhere() -> None:
    assert TABLES["contacts"].key == ("account_id", "contact_id")
    assert TABLES["opportunities"].key == ("opportunity_id",)


def test_a_score_may_be_none_of_the_scale() -> None:
    score = TABLES["fitness_answers"].column("score")
    assert (score.low, score.high, [word.value for word in score.allowed]) == (1, 5, ["n/a"])


@TABLE
def test_keys_and_alternatives_name_columns_and_alternatives_are_optional(table: Table) -> None:
    alternatives = {name for group in table.either for name in group}
    assert {*table.key, *alternatives} <= set(table.names)
    assert not alternatives & set(table.required)
    assert set(table.key) <= set(table.required)


@TABLE
def test_names_of_columns_are_unique(table: Table) -> None:
    assert [name for name, times in Counter(table.names).items() if times > 1] == []


@TABLE
@each("language", LANGUAGES)
def test_a_heading_means_one_column_only(table: Table, language: Language) -> None:
    """Files whose headings are labels or canonical names need no mapping: none may be two columns at once."""
    meant: dict[str, set[str]] = {}
    for column in table.columns:
        for heading in (column.name.casefold(), folded(column.label, language)):
            meant.setdefault(heading, set()).add(column.name)
    assert {heading: names for heading, names in meant.items() if len(names) > 1} == {}


@TABLE
def test_a_known_heading_is_proposed_for_one_column_only(table: Table) -> None:
    meant: dict[str, set[str]] = {}
    for column in table.columns:
        for heading in (column.name, *column.label, *column.aliases):
            meant.setdefault(heading.casefold(), set()).add(column.name)
    assert {heading: names for heading, names in meant.items() if len(names) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_of_tables_are_names_of_sheets(language: Language) -> None:
    labels = [getattr(table.label, language) for table in TABLES.values()]
    assert len({label.casefold() for label in labels}) == len(TABLES)
    assert [label for label in labels if not 0 < len(label) <= 31 or re.search(r"[\[\]:*?/\\']", label)] == []


@COLUMN
def test_examples_are_values_of_their_column(table: Table, column: Column) -> None:
    for language in LANGUAGES:
        value = example(column, language)
        expected = {Kind.DATE: date, Kind.MONEY: Decimal, Kind.NUMBER: Decimal, Kind.SHARE: Decimal}
        assert isinstance(value, expected.get(column.kind, str))


@pytest.mark.parametrize(
    ("kind", "wrong", "told"),
    [
        (Kind.DATE, "31.02.2025", "day"),
        (Kind.SHARE, "1,2", "outside 0 to 1"),
        (Kind.MONEY, "1,234.50", "no number"),
        (Kind.CURRENCY, "Euro", "no currency"),
        (Kind.PERIOD, "2025-Q5", "no period"),
        (Kind.MONTH, "2025", "no month"),
        (Kind.YES_NO, "vielleicht", "none of ja, nein"),
        (Kind.TEXT, "", "no text"),
    ],
)
def test_an_example_of_another_kind_is_told(kind: Kind, wrong: str, told: str) -> None:
    column = Column("x", kind, Both("X", "X"), Both("x", "x"), example=wrong)
    with pytest.raises(ValueError, match=told):
        example(column, "de")


def test_an_example_speaks_the_language_of_its_reader() -> None:
    roles = TABLES["contacts"].column("roles")
    assert (example(roles, "de"), example(roles, "en")) == ("Entscheider, Einkäufer", "decider, buyer")
    with pytest.raises(ValueError, match="none of"):
        example(replace(roles, example="Chef"), "en")


@COLUMN
def test_numbers_say_their_unit_and_money_does_not(table: Table, column: Column) -> None:
    assert bool(column.unit) == (column.kind is Kind.NUMBER)


@COLUMN
def test_choices_have_words_and_words_are_unique(table: Table, column: Column) -> None:
    if column.kind in (Kind.CHOICE, Kind.CHOICES):
        assert len(column.allowed) > 1
    for language in LANGUAGES:
        written = [folded(word.label, language) for word in column.words]
        assert len(set(written)) == len(written)
        assert [word for word in written if "," in word] == []  # commas part several words


@COLUMN
def test_words_are_read_alike_whatever_the_language(table: Table, column: Column) -> None:
    """A word that means one thing in German must not mean another in English or in code."""
    meant: dict[str, set[str]] = {}
    for word in column.words:
        for written in (word.value, *word.label):
            meant.setdefault(written.casefold(), set()).add(word.value)
    assert {written: values for written, values in meant.items() if len(values) > 1} == {}


def texts(table: Table) -> list[Any]:
    both = [table.label, table.about]
    for column in table.columns:
        both += [column.label, column.about, *([column.unit] if column.unit else [])]
        both += [word.label for word in column.allowed]
        both += [column.example] if isinstance(column.example, Both) else []
    return both


@TABLE
def test_german_texts_hold_no_english_and_english_ones_no_german(table: Table) -> None:
    assert [both.de for both in texts(table) if ENGLISH.search(COMMON.sub("", both.de))] == []
    assert [both.en for both in texts(table) if GERMAN.search(both.en) or re.search("[äöüßÄÖÜ]", both.en)] == []


@TABLE
def test_texts_are_complete_and_end_as_they_should(table: Table) -> None:
    for both in texts(table):
        assert all(text == text.strip() and text for text in both)
    assert all(text.endswith(".") for text in table.about)
    assert [c.name for c in table.columns if any(text.endswith(".") for text in c.about)] == []


def test_tables_are_presented_with_the_basic_ones_first_and_none_left_out() -> None:
    names = [table.name for table in presented()]
    assert tuple(names[: len(BASICS)]) == BASICS
    assert sorted(names) == sorted(TABLES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_data_dictionary_is_current(language: Language) -> None:
    committed = (ROOT / "docs" / file_name(language)).read_text(encoding="utf-8")
    assert committed == data_dictionary(language), "run `make docs`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_data_dictionary_has_every_column_once_and_whole_rows(language: Language) -> None:
    text = data_dictionary(language)
    for table in TABLES.values():
        section = text.split(f'<a id="{table.name}"></a>')[1].split('<a id="')[0]
        rows = [re.split(r"(?<!\\)\|", line) for line in section.splitlines() if line.startswith("|")]
        assert {len(row) for row in rows} == {9}
        assert [row[2].strip() for row in rows[2:]] == [f"`{name}`" for name in table.names]
