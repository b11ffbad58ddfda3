"""What can be measured of every account, what people entered beside the ledger, and conditions judged on accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlab.engagement import Engagement, open_engagement
from kamlab.engagement.expression import parse_condition
from kamlab.facts import Facts, prepare
from kamlab.facts.conditions import holds
from kamlab.facts.measures import Measures, is_key_account, measures

# Group G has two sites in two countries, one of them renumbered from 0009; 0004 buys nothing in 2025.
LEDGER = """Kundennummer;Belegdatum;Nettoumsatz;Variable Kosten;Warengruppe
0001;01.01.2024;1.000,00;600,00;A
0009;10.02.2024;500,00;300,00;B
0003;10.03.2024;200,00;100,00;A
0004;10.03.2024;50,00;20,00;A
0001;10.01.2025;1.200,00;700,00;A
0001;10.04.2025;300,00;200,00;C
0002;10.05.2025;600,00;400,00;B
0003;10.06.2025;-100,00;-40,00;A
0003;10.07.2025;1.000,00;400,00;A
0001;31.12.2025;0,00;0,00;A
"""
ACCOUNTS = """account_id;name;group_id;country;account_manager;employees;key_account_since;key_account_until;sector
0001;Gruppe Kopf;G;DE;KAM-01;100;01.01.2024;;Pumpen
0002;Gruppe Tochter;G;AT;AD-02;20;;;Pumpen
0003;Einzel GmbH;;DE;AD-02;;01.01.2023;31.12.2024;Robotik
0004;Früher KG;;DE;;5;;;
"""
EFFORT = """Kundennummer;Stunden;Kosten;Zeitraum;Funktion
0001;10;;2025;KAM
0009;6;;2025-Q1;Technik
0001;;100;2025-07;Reise
0003;8;500;2024;KAM
"""
CRITERIA = """Kundennummer;Kriterium;Ausprägung;Bewertet von
0001;Ruf;4;R1
0009;Ruf;3;R2
0003;Ruf;5;R1
7777;Ruf;1;R1
"""
DECISIONS = """Kundennummer;Entscheidung;Begründung;Entschieden von
0003;im Kreis;Zugang über Herrn Meier;Vertriebsleitung
"""
SETTINGS = """name: P
max_rejected: 0
hourly_rate: 50
sources:
  transactions: {path: umsatz.csv}
  accounts: {path: kunden.csv}
  account_mapping: {path: neu.csv}
  effort: {path: aufwand.csv}
  criteria: {path: bewertung.csv}
  decisions: {path: entscheidungen.csv}
"""


@pytest.fixture
def client(folder: Path) -> Path:
    texts = {
        "umsatz": LEDGER,
        "kunden": ACCOUNTS,
        "aufwand": EFFORT,
        "bewertung": CRITERIA,
        "entscheidungen": DECISIONS,
    }
    texts["neu"] = "Alte Kundennummer;Neue Kundennummer\n0009;0002\n"
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "engagement.yml").write_text(SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture
def facts(client: Path) -> Facts:
    made = prepare(open_engagement(client))
    assert made.state.problems == ()
    return made


def measured(facts: Facts, period: str = "2025-01-01..2025-12-31") -> pd.DataFrame:
    return measures(facts, period).accounts.set_index("account_id")


# Measures


def test_sites_are_rolled_up_to_their_group(facts: Facts) -> None:
    group = measured(facts).loc["G"]
    assert (group["revenue"], group["contribution_margin"]) == (2100.0, 800.0)
    assert (group["sites"], group["countries"], group["managers"]) == (2, 2, 2)
    assert group["product_groups"] == 3
    assert group["growth"] == pytest.approx(2100 / 1500 - 1)
    assert group["margin_rate"] == pytest.approx(800 / 2100)


def test_shares_are_of_the_accounts_with_lines_and_add_up_to_one(facts: Facts) -> None:
    accounts = measured(facts)
    assert list(accounts.index) == ["0003", "G"]
    assert accounts["revenue_share"].sum() == pytest.approx(1)
    assert accounts.loc["G", "margin_share"] == pytest.approx(800 / (800 + 540))


def test_regularity_is_the_share_of_months_with_revenue(facts: Facts) -> None:
    accounts = measured(facts)
    assert accounts.loc["G", "regularity"] == pytest.approx(3 / 12)  # January, April, May
    assert accounts.loc["0003", "regularity"] == pytest.approx(1 / 12)  # a month of credit notes is none


def test_years_count_from_the_first_line_of_the_group(facts: Facts) -> None:
    assert measured(facts).loc["G", "years"] == pytest.approx((date(2025, 12, 31) - date(2024, 1, 1)).days / 365.25)


def test_what_nobody_knows_is_missing_and_not_zero(facts: Facts) -> None:
    single = measured(facts).loc["0003"]
    assert np.isnan(single["employees"])
    assert np.isnan(single["hours"])
    assert np.isnan(single["margin_after_service"])


def test_key_account_is_who_is_one_at_the_last_day(facts: Facts) -> None:
    accounts = measured(facts)
    assert not accounts.loc["0003", "is_key_account"]
    days = [pd.Timestamp(2023, 1, 1), pd.Timestamp(2024, 6, 1), pd.NaT]
    frame = pd.DataFrame({"key_account_since": days, "key_account_until": [pd.Timestamp(2024, 12, 31), pd.NaT, pd.NaT]})
    assert list(is_key_account(frame, date(2024, 12, 30))) == [True, True, False]
    assert list(is_key_account(frame, date(2024, 12, 31))) == [False, True, False]
    assert list(is_key_account(frame, date(2022, 12, 31))) == [False, False, False]


def test_without_margin_countries_or_effort_those_measures_are_missing(opened: Callable[..., Engagement]) -> None:
    ledger = "Kundennummer;Belegdatum;Nettoumsatz\n1;05.01.2025;10,00\n2;31.12.2025;5,00\n"
    settings = "name: P\nsources:\n  transactions: {path: umsatz.csv}\n"
    found: Measures = measures(prepare(opened(ledger=ledger, settings=settings)))
    lacking = {"contribution_margin", "margin_share", "countries", "managers", "product_groups", "growth", "hours"}
    assert not lacking & set(found.known)
    assert {"revenue", "revenue_share", "regularity", "sites", "years"} <= set(found.known)


def test_business_is_known_by_product_group(facts: Facts) -> None:
    by_field = measures(facts, "2025-01-01..2025-12-31").by_field.set_index(["account_id", "product_group"])
    assert by_field.loc[("G", "C"), "revenue"] == 300.0
    assert by_field["revenue"].sum() == 3000.0


# Effort


def test_effort_of_all_sites_counts_and_hours_have_their_rate(facts: Facts) -> None:
    group = measured(facts).loc["G"]
    assert group["hours"] == 16.0
    assert group["cost_to_serve"] == 16 * 50 + 100
    assert group["margin_after_service"] == 800 - 900


def test_effort_of_a_longer_span_counts_by_its_months_inside(facts: Facts) -> None:
    group = measured(facts, "2025-01-01..2025-06-30").loc["G"]
    assert group["hours"] == pytest.approx(10 / 2 + 6)
    assert group["cost_to_serve"] == pytest.approx(11 * 50)  # the trip of July is not inside


def test_an_amount_outranks_the_rate(facts: Facts) -> None:
    assert measured(facts, "2024-01-01..2024-12-31").loc["0003", "cost_to_serve"] == 500.0


def test_periods_of_effort_are_fiscal(client: Path) -> None:
    text = SETTINGS.replace("hourly_rate", "fiscal_year_start: 7\nhourly_rate")
    (client / "engagement.yml").write_text(text, encoding="utf-8")
    (client / "aufwand.csv").write_text("Kundennummer;Stunden;Zeitraum\n0001;12;2025\n", encoding="utf-8")
    facts = prepare(open_engagement(client))
    assert measured(facts).loc["G", "hours"] == pytest.approx(6)  # the year ends in June 2025


def test_hours_without_a_rate_cost_what_nobody_knows(client: Path) -> None:
    (client / "engagement.yml").write_text(SETTINGS.replace("hourly_rate: 50\n", ""), encoding="utf-8")
    (client / "aufwand.csv").write_text("Kundennummer;Stunden;Zeitraum\n0001;12;2025\n", encoding="utf-8")
    group = measured(prepare(open_engagement(client))).loc["G"]
    assert group["hours"] == 12
    assert np.isnan(group["cost_to_serve"])
    assert np.isnan(group["margin_after_service"])


# Entered tables


def test_entered_tables_name_the_group_and_the_newest_number(facts: Facts) -> None:
    ratings = facts.entries["criteria"]
    assert list(ratings["account_id"]) == ["G", "G", "0003", "7777"]
    assert list(ratings["site_id"]) == ["0001", "0002", "0003", "7777"]
    assert ratings["value"].dtype == "float64"


def test_tables_of_the_ledger_are_no_entries(facts: Facts) -> None:
    assert set(facts.entries) == {"effort", "criteria", "decisions"}


def test_pseudonyms_hide_numbers_codes_and_texts_but_not_words_that_code_knows(client: Path) -> None:
    facts = prepare(open_engagement(client), pseudonyms=True)
    (decision,) = facts.entries["decisions"].to_dict("records")
    assert (decision["decision"], decision["reason"], decision["by"]) == ("in", "…", "…")
    ratings = facts.entries["criteria"]
    assert list(ratings["criterion"]) == ["Ruf"] * 4
    assert ratings["account_id"].isin(facts.accounts["account_id"]).tolist() == [True, True, True, False]
    told = " ".join(frame.to_csv() for frame in facts.entries.values())
    assert not [word for word in ("0001", "0003", "7777", "R1", "R2", "Meier", "KAM") if word in told]
    assert measured(facts)["hours"].sum() == 16.0


def test_weights_do_not_touch_the_state_of_the_data(client: Path) -> None:
    """Only where headings of scoring sheets are criteria, their names are a part of what is read."""
    criteria = "criteria: {{Ruf: {{axis: position, weight: {}}}{}}}\n"

    def key(settings: str) -> str:
        (client / "engagement.yml").write_text(settings, encoding="utf-8")
        return prepare(open_engagement(client)).state.key

    long = [
        key(SETTINGS + criteria.format(weight, more))
        for weight, more in ((1, ""), (2, ""), (2, ", B: {axis: position}"))
    ]
    assert len(set(long)) == 1
    (client / "bewertung.csv").write_text("Kundennummer;Ruf\n0001;4\n", encoding="utf-8")
    wide = SETTINGS.replace("bewertung.csv", "bewertung.csv, layout: wide")
    keys = [
        key(wide + criteria.format(weight, more)) for weight, more in ((1, ""), (2, ""), (2, ", B: {axis: position}"))
    ]
    assert keys[0] == keys[1] != keys[2]


# Conditions

FRAME = pd.DataFrame({
    "sites": [1.0, 2.0, np.nan],
    "margin_share": [0.02, 0.1 + 0.2 - 0.28, 0.5],
    "sector": ["Pumpen", None, "Pumpenbau"],
    "points": pd.Series([4, None, "k. A."], dtype=object),
})  # fmt: skip


def judged(condition: str) -> list[bool | None]:
    return [None if pd.isna(value) else bool(value) for value in holds(parse_condition(condition), FRAME)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("= sites >= 2", [False, True, None]),
        ("= margin_share >= 0.02", [True, True, True]),
        ("= sector = 'Pumpen'", [True, None, False]),
        ("= sector <> 'Pumpen'", [False, None, True]),
        ("= sector starts with 'Pump'", [True, None, True]),
        ("= sector is missing", [False, True, False]),
        ("= unheard is missing", [True, True, True]),
        ("= unheard = 1", [None, None, None]),
        ("= not sites = 1", [False, True, None]),
        ("= sites = 2 or margin_share > 0.4", [False, True, True]),  # one that holds decides
        ("= sites = 2 or margin_share > 0.6", [False, True, None]),
        ("= sites = 2 and margin_share > 0.6", [False, False, False]),  # one that does not decides
        ("= sites = 2 and margin_share > 0.4", [False, False, None]),
        ("= sites / (sites - 1) > 1", [None, True, None]),
        ("= sites + 1 = 2", [True, False, None]),
        ("= points >= 4", [True, None, None]),
    ],
)
def test_conditions_know_true_false_and_unknown(condition: str, expected: list[bool | None]) -> None:
    assert judged(condition) == expected


def test_a_condition_leaves_its_frame_as_it_is() -> None:
    before = FRAME.copy()
    holds(parse_condition("= sites + 1 >= 2 and sector = 'Pumpen'"), FRAME)
    pd.testing.assert_frame_equal(FRAME, before)


def test_a_condition_on_nobody_is_empty() -> None:
    assert holds(parse_condition("= sites >= 2 and sector = 'x'"), FRAME.iloc[:0]).empty


number = st.one_of(st.none(), st.integers(-3, 3).map(float))


@given(st.lists(st.tuples(number, number), max_size=8))
def test_not_of_both_is_one_of_the_opposites(rows: list[tuple[float | None, float | None]]) -> None:
    frame = pd.DataFrame(rows, columns=["a", "b"], dtype="float64")
    left = holds(parse_condition("= not (a > 0 and b > 0)"), frame)
    right = holds(parse_condition("= not a > 0 or not b > 0"), frame)
    pd.testing.assert_series_equal(left, right)


def test_decimals_of_settings_are_compared_exactly() -> None:
    frame = pd.DataFrame({"margin_share": [float(Decimal("0.1") * 3), 0.1 * 3]})
    assert list(holds(parse_condition("= margin_share = 0.3"), frame)) == [True, True]
