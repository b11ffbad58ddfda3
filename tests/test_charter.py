"""Charter: rules judged by hand, unknown values, candidates, fields, and what the page says without a definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_figures import misplaced

from kamlab.engagement import Engagement
from kamlab.engagement.choosing import Charter, Principle
from kamlab.engagement.expression import parse_condition
from kamlab.facts import prepare
from kamlab.facts.measures import Measures, measures
from kamlab.facts.sales import Sales
from kamlab.figures import NARROW, WIDE, charter_rules
from kamlab.figures.measured import measured
from kamlab.fitness import charter
from kamlab.fitness.rules import fits, judge, mean_ratings, shortfalls
from kamlab.report.blocks import sentence, table
from kamlab.results import Result
from kamlab.text import LANGUAGES, Language, Words

Sold = Callable[..., Sales]
DE = Words("de")
REVENUE = {"1": 500.0, "2": 300.0, "3": 150.0, "4": 50.0}
MARGIN = {"1": 100.0, "2": 80.0, "3": 15.0, "4": 5.0}
KEYS = ("1", "3")
TWO = Charter(rules={"groß": "margin_share >= 0.1", "breit": "product_groups >= 3"})
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


@pytest.fixture
def measure(sold: Sold) -> Callable[..., Measures]:
    """Make the measures of four accounts, of which 1 and 3 are key accounts; columns are given by account."""

    def make(
        columns: Mapping[str, Mapping[str, Any]] | None = None,
        keys: tuple[str, ...] | None = KEYS,
        margin: Mapping[str, float] | None = MARGIN,
        fields: list[tuple[str, str | None, float]] | None = None,
        silent: tuple[str, ...] = (),
    ) -> Measures:
        sales = sold(REVENUE, margin=margin, without_lines=silent)
        everyone = sales.accounts.assign(sector=None, country=None, region=None)
        everyone["key_account_since"] = [
            date(2020, 1, 1) if n in (keys or ()) else None for n in everyone["account_id"]
        ]
        everyone["key_account_until"] = None
        sales = replace(sales, accounts=everyone)
        accounts = everyone[everyone["lines"] > 0].reset_index(drop=True)
        accounts["revenue_share"] = accounts["revenue"] / accounts["revenue"].sum()
        accounts["margin_share"] = accounts["contribution_margin"] / accounts["contribution_margin"].sum()
        given = {"product_groups": {"1": 4, "2": 5, "3": 2, "4": 1}, "countries": {}, "managers": {}, "sites": {}}
        for name, values in (given | dict(columns or {})).items():
            kind = "object" if name == "sector" else "float64"
            accounts[name] = accounts["account_id"].map(dict(values)).astype(kind)
        accounts["is_key_account"] = accounts["account_id"].isin(keys or ())
        business = pd.DataFrame(fields or [], columns=["account_id", "product_group", "contribution_margin"])
        return Measures(sales, accounts, business.assign(revenue=business["contribution_margin"]))

    return make


def by_account(result: Result, column: str) -> dict[str, Any]:
    accounts = result.tables["accounts"]
    return dict(zip(accounts["account_id"], accounts[column], strict=True))


# The hand case: margin shares .5, .4, .075, .025; product groups 4, 5, 2, 1; key accounts 1 and 3.


def test_hand_case(measure: Callable[..., Measures]) -> None:
    result = charter(measure(), TWO)
    assert by_account(result, "rules_met") == {"1": 2, "2": 2, "3": 0, "4": 0}
    assert by_account(result, "fits") == {"1": True, "2": True, "3": False, "4": False}
    assert by_account(result, "failing") == {"1": "", "2": "", "3": "groß; breit", "4": "groß; breit"}
    counted = {"rules": 2, "key_accounts": 2, "failing": 1, "unjudged": 0, "candidates": 1}
    assert {name: result.key_numbers[name] for name in counted} == counted
    assert result.tables["candidates"]["account_id"].tolist() == ["2"]


def test_table_of_accounts_is_the_one_agreed(measure: Callable[..., Measures]) -> None:
    columns = ["account_id", "name", "is_key_account", "rules_met", "rules", "fits", "failing", "near"]
    assert list(charter(measure(), TWO).tables["accounts"].columns) == columns


def test_as_many_rules_as_needed_are_enough(measure: Callable[..., Measures]) -> None:
    definition = Charter(rules=TWO.rules | {"nie": "years >= 99"}, needed=2)
    assert charter(measure({"years": dict.fromkeys(REVENUE, 5)}), definition).key_numbers["failing"] == 1


def test_a_rule_may_speak_of_a_rated_criterion(measure: Callable[..., Measures]) -> None:
    rows = [("1", "R1", 5), ("1", "R2", 2), ("3", "R1", 4), ("3", "R2", 4)]
    rated = pd.DataFrame(
        [(a, "Bedeutung", r, v) for a, r, v in rows], columns=["account_id", "criterion", "rater", "value"]
    )
    result = charter(measure(), Charter(rules={"bedeutend": "Bedeutung >= 4"}), rated)
    assert by_account(result, "fits") == {"1": False, "2": pd.NA, "3": True, "4": pd.NA}


def test_each_rater_counts_once_whatever_sites_he_rated() -> None:
    rows = [("1", "A", "R1", 1.0), ("1", "A", "R1", 3.0), ("1", "A", "R2", 5.0)]
    frame = pd.DataFrame(rows, columns=["account_id", "criterion", "rater", "value"])
    assert mean_ratings(frame).loc["1", "A"] == 3.5  # (mean of 1 and 3, and 5) / 2


def test_a_mark_that_is_missing_is_brought_to_one_level_as_in_scoring() -> None:
    rows = [("1", "R1", 5.0), ("1", "R2", 4.0), ("2", "R1", 3.0), ("2", "R2", 2.0), ("3", "R1", 4.0)]
    frame = pd.DataFrame(rows, columns=["account_id", "rater", "value"]).assign(criterion="A")
    assert mean_ratings(frame)["A"].tolist() == [4.5, 2.5, 3.5]  # R1 gives half a point more than both on average


def test_the_definition_is_one_sentence(measure: Callable[..., Measures]) -> None:
    said = sentence(charter(measure(), TWO).findings[1], DE)
    assert said == "Ihre Definition: Schlüsselkunde ist, wer alle 2 Regeln erfüllt: groß und breit."
    one_of = Charter(rules=TWO.rules, needed=1)
    assert "mindestens 1 von 2 Regeln" in sentence(charter(measure(), one_of).findings[1], DE)


def test_a_miss_by_little_is_near_and_a_small_count_is_not(measure: Callable[..., Measures]) -> None:
    # 3 has .075 of the margin: 4 % short of .078; of two product groups one more is no little
    near = {"knapp": "margin_share >= 0.078", "breit": "product_groups >= 2"}
    result = charter(measure(), Charter(rules=near))
    assert by_account(result, "near") == {"1": False, "2": False, "3": True, "4": False}
    found = result.finding("charter.near")
    assert found
    assert found.values == {"count": 1, "names": ["Kunde 3"]}
    far = Charter(rules=near | {"breit": "product_groups >= 3"})
    assert not any(by_account(charter(measure(), far), "near").values())


@pytest.mark.parametrize(("marks", "is_near"), [((4, 4, 3), True), ((4, 3, 3), False), ((3,), True)])
def test_what_one_rater_could_change_by_a_point_is_near(
    measure: Callable[..., Measures], marks: tuple[int, ...], is_near: bool
) -> None:
    rows = [("3", "Bedeutung", f"R{at}", mark) for at, mark in enumerate(marks)]
    rated = pd.DataFrame(rows, columns=["account_id", "criterion", "rater", "value"])
    result = charter(measure(), Charter(rules={"bedeutend": "Bedeutung >= 4"}), rated)
    assert bool(by_account(result, "near")["3"]) == is_near


def test_who_meets_as_many_rules_as_needed_misses_nothing(measure: Callable[..., Measures]) -> None:
    definition = Charter(rules=TWO.rules | {"nie": "years >= 99"}, needed=2)
    result = charter(measure({"years": dict.fromkeys(REVENUE, 5)}), definition)
    assert set(result.tables["shortfalls"]["account_id"]) == {"3"}


def test_rules_that_tell_no_key_accounts_apart_are_named(measure: Callable[..., Measures]) -> None:
    rules = {"alle": "margin_share >= 0.05", "keiner": "margin_share < 0.05"}
    result = charter(measure(), Charter(rules=rules, needed=1))
    for key, rule in (("all_keys", "alle"), ("no_key", "keiner")):
        found = result.finding(f"charter.rules.{key}")
        assert found
        assert found.values["rules"] == [rule]
    assert result.finding("charter.rules.sharp") is None


def test_ratings_without_raters_are_averaged() -> None:
    frame = pd.DataFrame({"account_id": ["1", "1"], "criterion": "A", "value": [2.0, 3.0]})
    assert mean_ratings(frame).loc["1", "A"] == 2.5


def test_shortfall_says_what_was_measured_and_what_demanded(measure: Callable[..., Measures]) -> None:
    rows = charter(measure(), TWO).tables["shortfalls"]
    assert rows["account_id"].tolist() == ["3", "3"]
    assert rows[["measure", "relation"]].to_numpy().tolist() == [["margin_share", ">="], ["product_groups", ">="]]
    assert rows["measured"].tolist() == pytest.approx([0.075, 2])
    assert rows["limit"].tolist() == [0.1, 3]


@pytest.mark.parametrize(
    ("rule", "demanded"),
    [
        ("3 <= a", [("a", ">=", 3.0, "not_met")]),
        ("not a > 1", [("a", "<=", 1.0, "not_met")]),
        ("a > 1 and b > 5", [("b", ">", 5.0, "not_met")]),
        ("a > 9 or b > 5", [("a", ">", 9.0, "not_met"), ("b", ">", 5.0, "not_met")]),
        ("a > 9 or c > 5", [("c", ">", 5.0, "unknown")]),
        ("c > 5", [("c", ">", 5.0, "unknown")]),
        ("a * b > 100", [("a", None, None, "not_met"), ("b", None, None, "not_met")]),
    ],
)
def test_only_what_fails_in_a_rule_is_listed(rule: str, demanded: list[tuple[Any, ...]]) -> None:
    accounts = pd.DataFrame({"account_id": ["1"], "name": ["A"], "a": [2.0], "b": [3.0], "c": [float("nan")]})
    rules = {"r": parse_condition(rule)}
    rows = shortfalls(rules, accounts, judge(rules, accounts)).astype({"limit": "object"})
    found = rows[["measure", "relation", "limit", "state"]].astype("object")
    assert [tuple(None if pd.isna(cell) else cell for cell in row) for row in found.to_numpy()] == demanded


def test_rule_on_a_text_shows_the_text(measure: Callable[..., Measures]) -> None:
    result = charter(measure({"sector": {"1": "Chemie", "3": "Bau"}}), Charter(rules={"Bau": "sector = 'Bau'"}))
    row = result.tables["shortfalls"].iloc[0]
    assert (row["measured_text"], row["limit_text"]) == ("Chemie", "Bau")
    assert "genau Bau" in table(result, DE, "shortfalls")


# Missing values


def test_missing_value_is_neither_met_nor_failed(measure: Callable[..., Measures]) -> None:
    result = charter(measure({"countries": {"1": 3}}), Charter(rules={"Länder": "countries >= 2"}))
    assert by_account(result, "fits")["3"] is pd.NA
    assert result.key_numbers["failing"] == 0
    assert result.key_numbers["unjudged"] == 1
    assert result.findings[0].key == "charter.title_open"


def test_missing_value_does_not_matter_where_enough_others_decide(measure: Callable[..., Measures]) -> None:
    rules = TWO.rules | {"Länder": "countries >= 2"}
    result = charter(measure(), Charter(rules=rules, needed=2))
    assert by_account(result, "fits") == {"1": True, "2": True, "3": False, "4": False}


@quick
@given(st.lists(st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=3), min_size=1, max_size=6))
def test_unknown_states_never_contradict_what_they_turn_out_to_be(rows: list[list[bool | None]]) -> None:
    states = pd.DataFrame(rows, dtype="boolean")
    for needed in (1, 2, 3):
        now = fits(states, needed)
        for guess in (True, False):
            later = fits(states.fillna(guess), needed)
            assert ((now == later) | now.isna()).all()
        assert now.isna().sum() == (fits(states.fillna(True), needed) != fits(states.fillna(False), needed)).sum()


@quick
@given(st.lists(st.lists(st.sampled_from([True, False, None]), min_size=4, max_size=4), min_size=1, max_size=8))
def test_more_rules_needed_never_let_more_accounts_in(rows: list[list[bool | None]]) -> None:
    states = pd.DataFrame(rows, dtype="boolean")
    counts = [int((fits(states, needed) == True).sum()) for needed in (1, 2, 3, 4)]  # noqa: E712
    assert counts == sorted(counts, reverse=True)


def test_key_account_without_a_booking_is_judged_with_nothing_bought(measure: Callable[..., Measures]) -> None:
    result = charter(measure(keys=("1", "9"), silent=("9",)), TWO)
    assert result.key_numbers["key_accounts"] == 2
    assert by_account(result, "fits")["9"] == False  # noqa: E712
    assert [c.values for c in result.basis.choices if c.key == "charter.choice.silent"] == [{"count": 1}]


# Rules that tell nobody apart, sensitivity


def test_rules_that_separate_nothing_are_named(measure: Callable[..., Measures]) -> None:
    rules = {"alle": "revenue > 0", "keiner": "revenue > 1000", "offen": "countries > 1", "gut": "revenue > 200"}
    result = charter(measure(), Charter(rules=rules))
    assert result.tables["rules"]["verdict"].tolist() == ["everybody", "nobody", "unmeasured", "separates"]
    said = {f.key: f.values["rules"] for f in result.findings if "rules" in f.values}
    assert said["charter.rules.everybody"] == ["alle"]
    assert said["charter.rules.nobody"] == ["keiner"]
    assert said["charter.judged.unmeasured"] == ["offen"]


def test_sensitivity_has_one_rule_fewer_and_one_more(measure: Callable[..., Measures]) -> None:
    rules = TWO.rules | {"umsatzstark": "revenue >= 150"}
    table_ = charter(measure(), Charter(rules=rules, needed=2)).tables["sensitivity"]
    assert table_["needed"].tolist() == [1, 2, 3]
    assert table_["keys_fit"].tolist() == [2, 1, 1]
    assert table_["others_fit"].tolist() == [1, 1, 1]


def test_all_rules_needed_can_only_be_loosened(measure: Callable[..., Measures]) -> None:
    assert charter(measure(), TWO).tables["sensitivity"]["needed"].tolist() == [1, 2]


# Several managers, principles, fields


def test_several_managers_are_counted_and_nobody_is_named(measure: Callable[..., Measures]) -> None:
    result = charter(measure({"managers": {"1": 1, "2": 2, "3": 2}}), TWO)
    rows = result.tables["managers"]
    assert rows["account_id"].tolist() == ["3", "2"]  # key accounts first
    assert set(rows.columns) == {"account_id", "name", "is_key_account", "managers", "sites", "revenue"}
    assert result.key_numbers["several_managers"] == 2


def test_unknown_managers_are_no_zero(measure: Callable[..., Measures]) -> None:
    assert charter(measure(), TWO).key_numbers["several_managers"] is None


def test_principles_keep_their_order_within_a_kind(measure: Callable[..., Measures]) -> None:
    principles = {"b": Principle(kind="delimitation"), "a": Principle(state="kept"), "c": Principle(state="partly")}
    result = charter(measure(), Charter(principles=principles))
    assert result.tables["principles"]["principle"].tolist() == ["a", "c", "b"]
    shown = table(result, DE, "principles")
    assert "✓ eingehalten" in shown
    assert "◐ teilweise" in shown
    assert "○ offen" in shown


FIELDS = Charter(fields={"Servo": "product_group = 'Servo'", "Chemie": "sector = 'Chemie'"})
BUSINESS: list[tuple[str, str | None, float]] = [
    ("1", "Servo", 60),
    ("1", "Rest", 40),
    ("2", "Servo", 80),
    ("3", "Rest", 15),
]


def test_overlapping_fields_count_once_in_the_total(measure: Callable[..., Measures]) -> None:
    sector = dict.fromkeys(REVENUE, "Bau") | {"1": "Chemie"}
    result = charter(measure({"sector": sector}, fields=BUSINESS), FIELDS)
    table_ = result.tables["fields"].set_index("field")
    assert table_["contribution_margin"].to_dict() == {"Servo": 60, "Chemie": 100, "(any)": 100, "(none)": 15}
    assert result.key_numbers["field_margin_share"] == pytest.approx(100 / 115)
    assert result.tables["field_accounts"]["share_of_account"].tolist() == [1.0, 0.0]


def test_business_without_a_product_group_is_in_no_field_but_told(measure: Callable[..., Measures]) -> None:
    result = charter(measure(fields=[*BUSINESS, ("1", None, 5)]), Charter(fields={"Servo": "product_group = 'Servo'"}))
    table_ = result.tables["fields"].set_index("field")["contribution_margin"]
    assert table_.to_dict() == {"Servo": 60, "(any)": 60, "(none)": 55, "(unknown)": 5}
    assert table_[["(any)", "(none)", "(unknown)"]].sum() == 120


def test_without_margin_fields_are_measured_by_revenue(measure: Callable[..., Measures]) -> None:
    result = charter(measure(margin=None, fields=BUSINESS), Charter(fields={"Servo": "product_group = 'Servo'"}))
    assert result.key_numbers["field_margin_share"] is None
    assert result.key_numbers["field_revenue_share"] == pytest.approx(60 / 115)


def test_no_share_of_nothing(measure: Callable[..., Measures]) -> None:
    result = charter(measure(fields=[("1", "Servo", -5)]), Charter(fields={"Servo": "product_group = 'Servo'"}))
    assert result.key_numbers["field_margin_share"] is None
    assert result.finding("charter.fields.no_share")


# Without a definition, without key accounts


def test_without_a_definition_an_example_is_measured_and_nobody_judged(measure: Callable[..., Measures]) -> None:
    result = charter(measure(), Charter())
    assert result.findings[0].key == "charter.title_undefined"
    assert {name: result.key_numbers[name] for name in ("rules", "failing", "candidates")} == {
        "rules": 0,
        "failing": None,
        "candidates": None,
    }
    assert result.tables["accounts"]["fits"].isna().all()
    assert "nicht Ihre Definition" in table(result, DE, "example")
    assert "mindestens 2 % vom Deckungsbeitrag" in table(result, DE, "example")


def test_example_without_margin_speaks_of_revenue(measure: Callable[..., Measures]) -> None:
    rules = charter(measure(margin=None), Charter()).tables["example"]["rule"].tolist()
    assert rules == ["example.revenue_share", "example.countries", "example.product_groups"]


@pytest.mark.parametrize(("definition", "key"), [(TWO, "charter.title_unknown"), (Charter(), "charter.title_nothing")])
def test_unknown_key_accounts_are_said(measure: Callable[..., Measures], definition: Charter, key: str) -> None:
    result = charter(measure(keys=None), definition)
    assert result.findings[0].key == key
    assert (result.key_numbers["key_accounts"], result.key_numbers["failing"]) == (None, None)
    assert charter_rules(result, DE) is None


def test_all_meet_it(measure: Callable[..., Measures]) -> None:
    result = charter(measure(), Charter(rules={"da": "revenue > 100"}))
    assert result.findings[0].key == "charter.title_all"


def test_input_is_not_changed(measure: Callable[..., Measures]) -> None:
    given_ = measure(fields=BUSINESS)
    before = given_.accounts.copy(deep=True), given_.by_field.copy(deep=True)
    charter(given_, Charter(rules=TWO.rules, fields=FIELDS.fields))
    pd.testing.assert_frame_equal(given_.accounts, before[0])
    pd.testing.assert_frame_equal(given_.by_field, before[1])


def test_key_numbers_are_plain_values(measure: Callable[..., Measures]) -> None:
    result = charter(measure({"managers": {"1": 2}}, fields=BUSINESS), Charter(rules=TWO.rules, fields=FIELDS.fields))
    assert {type(value) for value in result.key_numbers.values()} <= {int, float, str, type(None)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("keys", [KEYS, ("1",), (), None], ids=["two", "one", "none", "unknown"])
@pytest.mark.parametrize("definition", [TWO, Charter(), Charter(rules=TWO.rules, needed=1)], ids=["all", "no", "one"])
def test_every_finding_can_be_phrased(
    measure: Callable[..., Measures], language: Language, keys: tuple[str, ...] | None, definition: Charter
) -> None:
    definition = definition.model_copy(update={"fields": FIELDS.fields, "principles": {"p": Principle()}})
    result = charter(measure({"managers": {"1": 2}}, keys=keys, fields=[*BUSINESS, ("1", None, 5)]), definition)
    words = Words(language)
    for finding in (*result.findings, *result.basis.choices):
        assert "{" not in sentence(finding, words)
    for name in result.tables:
        assert words.knows(f"charter.table.{name}")
        assert bool(table(result, words, name)) == bool(len(result.tables[name]))


# The figure


LONG = "mindestens ein sehr ausführlich beschriebener Anteil am gesamten Deckungsbeitrag aller Kunden"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("count", [1, 3, 9])
def test_labels_of_the_figure_do_not_overlap(measure: Callable[..., Measures], count: int, size: float) -> None:
    rules = {f"{LONG} {at}": f"revenue >= {100 * at}" for at in range(count)}
    drawing = charter_rules(charter(measure(), Charter(rules=rules)), DE, size)
    assert drawing is not None
    assert not misplaced(drawing)


def test_accounts_that_miss_most_come_first(measure: Callable[..., Measures]) -> None:
    drawing = charter_rules(charter(measure(), TWO), DE)
    assert drawing is not None
    assert list(dict.fromkeys(drawing.numbers["name"])) == ["Kunde 3", "Kunde 1"]


@pytest.mark.parametrize(
    ("measure_", "value", "limit", "said"),
    [
        ("margin_share", 0.0196, 0.02, "1,96\N{NO-BREAK SPACE}%"),
        ("margin_share", 0.02, 0.02, "2,0\N{NO-BREAK SPACE}%"),
        ("countries", 1.0, 2.0, "1"),
        ("Bedeutung", 3.6667, 4.0, "3,7"),
        ("Bedeutung", 3.9667, 4.0, "3,97"),
    ],
)
def test_value_just_off_its_limit_does_not_look_like_it(measure_: str, value: float, limit: float, said: str) -> None:
    assert measured(measure_, value, DE, limit) == said


# Through the settings


def test_definition_of_the_settings_is_measured(opened: Callable[..., Engagement]) -> None:
    engagement = opened(settings=SETTINGS)
    result = charter(measures(prepare(engagement), "all"), engagement.settings.charter)
    assert by_account(result, "fits") == {"0001": True, "0002": False, "0003": False}


SETTINGS = """name: Beispiel GmbH
sources:
  transactions:
    path: umsatz.csv
    columns: {account_id: Kundennr, date: Datum, revenue: Umsatz, cost: Kosten}
charter:
  rules:
    über die Hälfte: "= margin_share >= 0.5"
"""
