"""Account dossier: hand case, parts that add up, short with little data, and nothing internal for the customer."""

from __future__ import annotations

import ast
import copy
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup, Comment
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_output

from kamlab.engagement import Engagement, open_engagement
from kamlab.errors import SettingsError
from kamlab.facts import Facts, prepare
from kamlab.facts.account import AccountSales, account_sales, find_account, largest_accounts
from kamlab.facts.calendar import Calendar
from kamlab.facts.measures import measures
from kamlab.facts.sales import sales
from kamlab.figures import Drawing, account_months, account_product_groups
from kamlab.figures.measured import group_names
from kamlab.notebooks import discover
from kamlab.potential import account_dossier, customer_edition
from kamlab.potential.editions import FINDINGS, KEY_NUMBERS, TABLES
from kamlab.publish import slug
from kamlab.report import bottom_line, sentence
from kamlab.report.dossier import profile
from kamlab.report.page import page
from kamlab.results import Basis, Finding, LeftOut, Period, Result, RevenueTally, RowTally, to_files
from kamlab.run.engine import execute
from kamlab.run.entrance import page_head
from kamlab.selection import concentration
from kamlab.study import open_study
from kamlab.text import Language, Words

Opened = Callable[..., Engagement]
DE, EN = Words("de"), Words("en")
NOTEBOOK = next(notebook for notebook in discover() if notebook.name == "account_dossier")
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)

# The hand case: group G of the sites 01 (head) and 02; 03 is another customer. 2024 and 2025 are complete.

LEDGER = """Kundennr;Datum;Umsatz;Kosten;Artikel;Gruppe;Beleg
01;02.01.2024;100,00;60,00;A;Motoren;1
01;15.03.2024;200,00;140,00;B;Pumpen;2
02;20.03.2024;100,00;60,00;A;Motoren;3
01;10.01.2025;300,00;180,00;A;Motoren;4
01;10.01.2025;50,00;40,00;C;;4
02;11.01.2025;60,00;30,00;A;Motoren;5
02;14.04.2025;-10,00;-6,00;A;Motoren;6
03;01.01.2025;900,00;400,00;A;Motoren;7
"""
MASTER = """Kundennr;Name;Konzern;Land;Ort;Branche
01;Kopf GmbH;G;DE;Kiel;Fördertechnik
02;Fuß AG;G;CH;Bern;
03;Anderer Kunde;;DE;Köln;
"""
SETTINGS = """name: Beispiel GmbH
as_of: 2025-12-31
period: fiscal_year
sources:
  transactions:
    path: umsatz.csv
    columns:
      account_id: Kundennr
      date: Datum
      revenue: Umsatz
      cost: Kosten
      product_id: Artikel
      product_group: Gruppe
      document_id: Beleg
  accounts:
    path: kunden.csv
    columns: {account_id: Kundennr, name: Name, group_id: Konzern, country: Land, city: Ort, sector: Branche}
"""


@pytest.fixture
def hand(opened: Opened, folder: Path) -> Facts:
    (folder / "kunden.csv").write_text(MASTER, encoding="utf-8")
    return prepare(opened(ledger=LEDGER, settings=SETTINGS))


def test_a_dossier_sums_up_all_sites_of_the_group(hand: Facts) -> None:
    numbers = account_dossier(account_sales(hand, "G")).key_numbers
    money = {"revenue": 400, "revenue_before": 400, "revenue_change": 0, "contribution_margin": 156}
    expected = money | {"margin_rate": 156 / 400, "margin_rate_before": 140 / 400, "sites": 2}
    for key, value in expected.items():
        assert numbers[key] == pytest.approx(value), key


def test_orders_are_documents_on_days_with_positive_revenue(hand: Facts) -> None:
    numbers = account_dossier(account_sales(hand, "G")).key_numbers
    assert (numbers["orders"], numbers["orders_per_month"]) == (2, pytest.approx(2 / 12))
    assert (numbers["last_order"], numbers["days_since_order"]) == ("2025-01-11", 354)  # the credit note is no order


def test_product_groups_have_their_year_before_and_the_unassigned_a_row(hand: Facts) -> None:
    groups = account_dossier(account_sales(hand, "G")).tables["product_groups"]
    assert list(groups.columns) == [
        "product_group",
        "line_kind",
        "revenue",
        "before",
        "change",
        "contribution_margin",
        "margin_rate",
    ]
    assert groups["product_group"].fillna("-").tolist() == ["Motoren", "-", "Pumpen"]
    assert groups["revenue"].tolist() == [350, 50, 0]
    assert groups["before"].tolist() == [200, 0, 200]
    assert groups["change"].fillna(9).tolist() == pytest.approx([0.75, 9, -1])
    assert groups["contribution_margin"].fillna(0).tolist() == [146, 10, 0]


def test_a_dossier_counts_sites_and_managers_as_concentration_and_charter_do(opened: Opened, folder: Path) -> None:
    master = MASTER.replace("Branche\n", "Branche;Betreuer\n").replace("Fördertechnik\n", "Fördertechnik;AD-03\n")
    master = master.replace("Bern;\n", "Bern;;KAM-01\n").replace("Köln;\n", "Köln;;\n")
    (folder / "kunden.csv").write_text(master + "04;Ruhe GmbH;G;DE;Ulm;;KAM-09\n", encoding="utf-8")
    settings_ = SETTINGS.replace("sector: Branche}", "sector: Branche, account_manager: Betreuer}")
    facts = prepare(opened(ledger=LEDGER, settings=settings_))
    result = account_dossier(account_sales(facts, "G"))
    account, measured = result.tables["accounts"].iloc[0], measures(facts).accounts.set_index("account_id").loc["G"]
    assert (account["sites"], account["active_sites"], account["account_manager"]) == (3, 2, "AD-03, KAM-01")
    assert (measured["sites"], measured["managers"]) == (2, 2)
    assert "2 mit Umsatz im Zeitraum, 3 insgesamt" in profile(result, DE)


def test_customers_of_one_name_carry_their_numbers(opened: Opened, folder: Path) -> None:
    (folder / "kunden.csv").write_text(MASTER.replace("Anderer Kunde", "Kopf GmbH"), encoding="utf-8")
    facts = prepare(opened(ledger=LEDGER, settings=SETTINGS))
    named = account_sales(facts, "G").name, account_sales(facts, "03").name
    assert named == ("Kopf GmbH (G)", "Kopf GmbH (03)")


KINDS = """0001;10.02.2025;1.000,00;A;Motoren;1
0001;10.02.2025;300,00;B;Pumpen;1
0001;11.02.2025;45,00;FR-1;Pumpen;2
0001;20.12.2025;-90,00;;;3
0001;21.12.2025;-12,00;;;4
0001;22.12.2025;7,00;C;;5
"""


@pytest.mark.parametrize("rules", ["", "{freight: \"= Artikel starts with 'FR'\", bonus: \"= Beleg = '3'\"}"])
def test_lines_without_goods_stand_apart_under_their_name_and_all_adds_up(
    opened: Opened, rules: str, folder: Path
) -> None:
    text = SETTINGS.partition("  accounts:")[0].replace("      cost: Kosten\n", "")
    facts = prepare(
        opened(
            ledger="Kundennr;Datum;Umsatz;Artikel;Gruppe;Beleg\n" + KINDS,
            settings=text + (f"    line_kinds: {rules}\n" if rules else ""),
        )
    )
    dossier = account_dossier(account_sales(facts, "0001"))
    groups = dossier.tables["product_groups"]
    shown = dict(zip(group_names(groups, DE), groups["revenue"], strict=True))
    plain = {"Motoren": 1000, "Pumpen": 345, "ohne Warengruppe": 7, "Zeilen ohne Artikel": -102}
    named = {"Motoren": 1000, "Pumpen": 300, "ohne Warengruppe": 7}
    named |= {"Fracht und Verpackung": 45, "Zeilen ohne Artikel": -12, "Boni": -90}
    assert list(shown.items()) == list((named if rules else plain).items())
    assert sum(shown.values()) == dossier.key_numbers["revenue"] == 1250
    assert group_names(customer_edition(dossier).tables["product_groups"], DE).tolist() == list(shown)
    bare = next(note for note in facts.state.notes if note.code == "KL-W150")
    assert bare.values == {"count": 1, "revenue": -12} if rules else {"count": 2, "revenue": -102}
    drawing = account_product_groups(dossier, DE)
    assert drawing is not None
    assert (drawing.values["count"], drawing.values["name"]) == (3, "Motoren")
    assert measures(facts).accounts["product_groups"].tolist() == [2]


def test_only_the_ledger_has_kinds_of_lines(opened: Opened) -> None:
    wrong = SETTINGS + "    line_kinds: {bonus: \"= Ort = 'x'\"}\n"
    with pytest.raises(SettingsError, match="line_kinds"):
        opened(settings=wrong)


def test_a_rule_for_a_kind_names_a_heading_that_is_there(opened: Opened) -> None:
    text = SETTINGS.partition("  accounts:")[0] + "    line_kinds: {bonus: \"= Belgart = 'BO'\"}\n"
    problem = prepare(opened(ledger=LEDGER, settings=text)).state.problems[0]
    assert (problem.code, problem.values["column"], problem.values["canonical"]) == (
        "KL-E213",
        "Belgart",
        "line_kinds bonus",
    )


def test_sites_have_address_share_and_last_order(hand: Facts) -> None:
    sites = account_dossier(account_sales(hand, "G")).tables["sites"].set_index("site_id")
    assert sites["site_name"].to_dict() == {"01": "Kopf GmbH", "02": "Fuß AG"}
    assert sites[["city", "country"]].loc["02"].tolist() == ["Bern", "CH"]
    assert sites["revenue"].to_dict() == {"01": 350, "02": 50}
    assert sites["last_order"].to_dict() == {"01": date(2025, 1, 10), "02": date(2025, 1, 11)}


def test_years_are_those_of_the_whole_ledger(hand: Facts) -> None:
    years = account_dossier(account_sales(hand, "G")).tables["years"]
    assert years["year"].tolist() == ["2024", "2025"]
    assert years["revenue"].tolist() == [400, 400]
    assert years["change"].fillna(9).tolist() == [9, 0]


def test_fiscal_years_go_by_the_year_in_which_they_end(opened: Opened, folder: Path) -> None:
    (folder / "kunden.csv").write_text(MASTER, encoding="utf-8")
    facts = prepare(opened(ledger=LEDGER, settings=SETTINGS.replace("period:", "fiscal_year_start: 4\nperiod:")))
    years = account_dossier(account_sales(facts, "G", "all")).tables["years"].set_index("year")
    assert years["revenue"].to_dict() == {"2024": 400, "2025": 410, "2026": -10}
    assert years["complete"].to_dict() == {"2024": False, "2025": True, "2026": False}
    assert years["change"].isna().all()  # no two complete years


def test_products_that_came_or_left_are_named(hand: Facts) -> None:
    products = account_dossier(account_sales(hand, "G")).tables["products"]
    assert products["product_id"].tolist() == ["C", "B"]
    assert products["product_movement"].tolist() == ["came", "left"]


def test_a_product_bought_at_any_time_before_is_not_new() -> None:
    rows = [("1", "2022-05-01", "G", 10.0), ("1", "2024-01-02", "G", 5.0), ("1", "2025-05-01", "G", 10.0)]
    result = account_dossier(bought(rows, products=["old", "other", "old"]))
    assert result.tables["products"]["product_id"].tolist() == ["other"]


def test_the_basis_is_that_of_the_account_and_exact(hand: Facts) -> None:
    basis = account_dossier(account_sales(hand, "G")).basis
    assert (basis.rows.read, basis.rows.used, basis.rows.left_out) == (7, 4, 3)
    assert (basis.revenue.used, basis.revenue.left_out) == (Decimal(400), Decimal(400))


def test_money_of_the_basis_keeps_every_digit(opened: Opened) -> None:
    lines = "".join(f"0001;05.01.2024;0,0001;0;A;{at}\n" for at in range(3))
    ledger = f"Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg\n0001;05.01.2024;99999999999999,0000;0;A;9\n{lines}"
    used = account_sales(prepare(opened(ledger=ledger)), "0001", "all").basis.revenue.used
    assert used == Decimal("99999999999999.0003")


# Which account


def test_a_site_number_leads_to_its_group(hand: Facts) -> None:
    assert [find_account(hand, number) for number in ("G", "01", "02", "03")] == ["G", "G", "G", "03"]


def test_without_a_number_it_is_the_largest_of_the_period(hand: Facts) -> None:
    assert account_sales(hand).account_id == "03"
    assert account_sales(hand, period="2024-01-01..2024-12-31").account_id == "G"
    assert largest_accounts(hand, count=5) == ["03", "G"]


@pytest.mark.parametrize(("number", "nearest"), [("1", "01"), ("kopf gmbh", "01"), ("04", "01"), ("xyzzy", None)])
def test_an_unknown_number_names_the_nearest(hand: Facts, number: str, nearest: str | None) -> None:
    with pytest.raises(SettingsError, match=r"KL-S350") as caught:
        find_account(hand, number)
    [problem] = caught.value.problems
    named = problem.values["nearest"]
    assert isinstance(named, list)
    assert any(name.startswith(nearest) for name in named) if nearest else named == []


def test_only_the_rows_of_the_account_are_read(hand: Facts) -> None:
    sold = account_sales(hand, "G")
    assert set(sold.months["site_id"]) | set(sold.days["site_id"]) | set(sold.sites["site_id"]) == {"01", "02"}
    assert sold.items["revenue"].sum() == 800


# Periods


def test_a_period_that_cuts_a_month_is_widened_and_says_so(hand: Facts) -> None:
    result = account_dossier(account_sales(hand, "G", "2025-01-11..2025-03-15"))
    assert result.basis.period == Period(start=date(2025, 1, 1), end=date(2025, 3, 31))
    assert result.key_numbers["revenue"] == 410
    assert "account_dossier.choice.whole_months" in {choice.key for choice in result.basis.choices}


def test_no_period_is_widened_beyond_the_ledger(hand: Facts) -> None:
    calendar = Calendar(date(2024, 1, 10), date(2025, 3, 20))
    assert calendar.whole_months(calendar.covered) == calendar.covered
    asked = Period(start=date(2024, 1, 12), end=date(2025, 3, 1))
    assert calendar.whole_months(asked) == calendar.covered


def test_a_month_that_is_not_over_is_in_no_comparison() -> None:
    rows = [("1", f"{year}-{month:02d}-03", "G", 10.0) for year in (2024, 2025) for month in range(1, 13)]
    result = account_dossier(bought(rows, as_of=date(2025, 12, 15)))
    months = result.tables["months"].set_index("month")
    assert pd.isna(months["before"].loc["2025-12-01"])
    assert not months["complete"].loc["2025-12-01"]
    assert result.key_numbers["revenue_change"] is None  # the period is longer than what is compared
    assert result.finding("account_dossier.development.other_span")
    assert "11" in sentence(result.findings[0], DE)


def test_a_short_ledger_is_compared_with_nothing_and_says_so() -> None:
    result = account_dossier(bought([("1", "2025-02-03", "G", 10.0)], first=date(2025, 2, 3)))
    assert result.findings[0].key == "account_dossier.title"
    assert result.finding("account_dossier.development.no_comparison")
    assert "products" not in result.tables


# Invariants


def bought(
    rows: Sequence[tuple[str, str, str | None, float]],
    margin: float | None = 0.5,
    products: Sequence[str] | None = None,
    first: date = date(2022, 1, 1),
    as_of: date = date(2025, 12, 31),
    profile: Mapping[str, Any] | None = None,
) -> AccountSales:
    """Make the sales of an account out of site, day, product group and revenue; reported is the last year."""
    frame = pd.DataFrame(rows, columns=["site_id", "date", "product_group", "revenue"])
    frame["date"] = [date.fromisoformat(day) for day in frame["date"]]
    frame["month"] = pd.PeriodIndex(pd.to_datetime(frame["date"]), freq="M")
    frame["contribution_margin"] = frame["revenue"] * margin if margin is not None else float("nan")
    frame["product_id"] = list(products) if products else None
    calendar, period = Calendar(first, as_of), Period(start=max(first, date(2025, 1, 1)), end=as_of)
    inside = frame["date"].between(period.start, period.end)
    read, used = (
        sum((Decimal(str(x)) for x in part), Decimal(0)) for part in (frame["revenue"], frame["revenue"][inside])
    )
    outside = LeftOut(reason="outside_period", rows=int((~inside).sum()), revenue=read - used)
    sites = pd.DataFrame({"site_id": sorted(set(frame["site_id"])) or ["1"]})
    nothing = Decimal(0)
    empty: dict[str, Any] = dict.fromkeys(["sector", "country", "region", "account_manager", "key_account_since"])
    empty |= dict.fromkeys(["key_account_until", "max_supplier_share", "employees", "annual_revenue"])
    return AccountSales(
        account_id="1",
        name="Muster AG",
        in_master=profile is not None,
        profile=empty | dict(profile or {}),
        sites=sites.assign(name=None, street=None, postal_code=None, city=None, country=None),
        months=frame.assign(lines=1, line_kind=None)[
            ["site_id", "month", "product_group", "line_kind", "lines", "revenue", "contribution_margin"]
        ].astype({"contribution_margin": "float64", "revenue": "float64"}),
        days=frame.assign(documents=1)
        .groupby(["site_id", "date"], as_index=False)
        .agg(documents=("documents", "sum"), revenue=("revenue", "sum")),
        items=frame.loc[frame["product_id"].notna(), ["product_id", "month", "revenue"]],
        calendar=calendar,
        chosen=period,
        comparison=calendar.comparison(period),
        basis=Basis(
            period=period,
            rows=RowTally(read=len(frame), used=int(inside.sum()), left_out=outside.rows, rejected=0),
            revenue=RevenueTally(read=read, used=used, left_out=outside.revenue, rejected=nothing),
            left_out=(outside,) if outside.rows else (),
        ),
        currency="EUR",
    )


days = st.dates(date(2022, 1, 1), date(2025, 12, 31)).map(date.isoformat)
amounts = st.integers(-(10**9), 10**9).map(lambda cents: cents / 100)
groups = st.sampled_from(["A", "B", None])
lines = st.lists(st.tuples(st.sampled_from(["1", "2", "3"]), days, groups, amounts), max_size=25)


@given(rows=lines)
@quick
def test_months_sites_and_product_groups_add_up_to_the_revenue(rows: list[Any]) -> None:
    result = account_dossier(bought(rows))
    parts = {"months", "sites", "product_groups"} & set(result.tables)
    assert "sites" in parts or not rows
    for name in parts:
        assert float(result.tables[name]["revenue"].sum()) == pytest.approx(result.key_numbers["revenue"], abs=0.01)


@given(rows=lines)
@quick
def test_the_sales_are_left_as_they_were(rows: list[Any]) -> None:
    sold = bought(rows)
    before = copy.deepcopy(sold)
    account_dossier(sold)
    for name in ("sites", "months", "days", "items"):
        pd.testing.assert_frame_equal(getattr(sold, name), getattr(before, name))


@given(rows=lines)
@quick
def test_every_finding_is_phrased_for_both_readers(rows: list[Any]) -> None:
    result = account_dossier(bought(rows))
    for edition in (result, customer_edition(result)):
        for words in (DE, EN):
            assert bottom_line(edition, words, ("revenue_change", "revenue"), "orders")
            assert all(sentence(finding, words) for finding in (*edition.findings, *edition.basis.choices))


def test_parts_that_do_not_add_up_are_no_result() -> None:
    sold = bought([("1", "2025-02-03", "G", 10.0)])
    with pytest.raises(ValueError, match="months do not add up"):
        account_dossier(replace(sold, months=sold.months.assign(revenue=11.0)))


def test_key_numbers_and_tables_survive_saving(hand: Facts) -> None:
    result = account_dossier(account_sales(hand, "G"))
    assert {type(value) for value in result.key_numbers.values()} <= {int, float, str, type(None)}
    saved = to_files(result, lambda language, finding: sentence(finding, DE if language == "de" else EN))
    assert json.loads(saved["result.json"])["key_numbers"]["revenue"] == 400


# What is said


def keys(result: Result) -> set[str]:
    return {finding.key.removeprefix("account_dossier.") for finding in result.findings}


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "title_none"),
        ([("1", "2025-02-03", "G", -10.0)], "title_not_positive"),
        ([("1", "2025-02-03", "G", 10.0), ("1", "2025-02-04", "G", -10.0)], "title_not_positive"),
        ([("1", "2025-02-03", "G", 10.0)], "title_first"),
        ([("1", "2022-02-03", "G", 5.0), ("1", "2025-02-03", "G", 10.0)], "title"),  # away for years, no percentage
        ([("1", "2024-02-03", "G", -5.0), ("1", "2025-02-03", "G", 10.0)], "title"),  # no percentage of a debt
        ([("1", "2024-02-03", "G", 5.0), ("1", "2025-02-03", "G", 10.0)], "title_change"),
        ([("1", "2023-02-03", "G", 5.0)], "title_ended"),
        ([("1", "2023-02-03", "G", -5.0)], "title_none"),  # a credit note is no order
    ],
)
def test_the_message_fits_the_business(rows: list[Any], title: str) -> None:
    assert account_dossier(bought(rows)).findings[0].key == f"account_dossier.{title}"


def test_five_days_with_orders_are_no_rhythm_and_six_are_one() -> None:
    rows = [("1", f"2025-03-{day:02d}", "G", 10.0) for day in (1, 4, 7, 10, 13, 16)]
    few, enough = account_dossier(bought(rows[:5])), account_dossier(bought(rows))
    assert few.key_numbers["days_between_orders"] is None
    assert "(n" not in (said := sentence(few.finding("account_dossier.rhythm.few") or Finding(key=""), DE))
    assert "5" in said
    assert "too few" in sentence(few.finding("account_dossier.rhythm.few") or Finding(key=""), EN)
    assert enough.key_numbers["days_between_orders"] == 3
    assert "rhythm.steady" in keys(enough)


def test_an_account_that_is_later_than_ever_is_to_be_asked() -> None:
    rows = [("1", f"2025-03-{day:02d}", "G", 10.0) for day in (1, 4, 7, 10, 13, 16)]
    assert {"rhythm.overdue", "do.overdue"} <= keys(account_dossier(bought(rows)))
    assert "rhythm.overdue" not in keys(account_dossier(bought([*rows, ("1", "2025-12-30", "G", 10.0)])))


def test_a_ledger_by_year_shows_no_rhythm() -> None:
    sold = bought([("1", f"{year}-12-31", "G", 10.0) for year in range(2022, 2026)])
    result = account_dossier(replace(sold, calendar=replace(sold.calendar, grain="year")))
    assert "rhythm.coarse" in keys(result)
    assert len(result.tables["months"]) == 1
    assert result.key_numbers["revenue"] == 10


def test_without_margin_nothing_is_said_of_margins() -> None:
    result = account_dossier(bought([("1", "2025-02-03", "G", 10.0)], margin=None))
    assert "development.no_margin" in keys(result)
    assert result.key_numbers["contribution_margin"] is None
    assert result.tables["product_groups"]["margin_rate"].isna().all()


def test_without_product_groups_one_sentence_says_so() -> None:
    result = account_dossier(bought([("1", "2025-02-03", None, 10.0)]))
    assert "product_groups" not in result.tables
    assert "groups.none" in keys(result)


def test_rank_and_class_come_from_the_concentration_of_the_same_day(hand: Facts) -> None:
    found = concentration(sales(hand))
    ranked = account_dossier(account_sales(hand, "G"), found)
    assert (ranked.key_numbers["rank"], ranked.key_numbers["class"]) == (2, "A")
    older = account_dossier(account_sales(hand, "G"), replace(found, as_of=date(2025, 11, 30)))
    assert "profile.no_rank" in keys(older) & keys(account_dossier(account_sales(hand, "G")))


# Figures


@pytest.mark.parametrize("draw", [account_months, account_product_groups])
@pytest.mark.parametrize("rows", [[], [("1", "2025-02-03", "$x$ <b>", 1e9), ("1", "2024-02-03", "_y", -5.0)]])
def test_figures_draw_or_say_nothing(draw: Callable[..., Drawing | None], rows: list[Any]) -> None:
    drawing = draw(customer_edition(account_dossier(bought(rows))), DE)
    assert (drawing is None) == (not rows)
    if drawing:
        assert DE(f"figure.{drawing.name}.alt", **drawing.values)
        assert DE(f"figure.{drawing.name}.{drawing.caption}", **drawing.values)


def test_many_product_groups_are_summed_up_to_the_same_total() -> None:
    rows = [("1", "2025-02-03", f"G{at:02d}", 10.0 + at) for at in range(20)]
    drawing = account_product_groups(account_dossier(bought(rows)), DE)
    assert drawing
    assert len(drawing.numbers) == 8
    assert drawing.numbers["revenue"].sum() == sum(10 + at for at in range(20))


# The customer's edition: an allow-list


MARK = "Marker-4711"


def planted(result: Result) -> Result:
    """Put a marker wherever a later section could put something: columns, tables, numbers, findings, their values."""
    marked = {name: frame.assign(secret=MARK) for name, frame in result.tables.items()} | {
        "secret": pd.DataFrame([MARK])
    }
    findings = [Finding(key=f.key, values={**f.values, "secret": MARK}) for f in result.findings]
    findings += [Finding(key=f"account_dossier.{MARK}", values={"name": MARK}), Finding(key=f"other.{MARK}")]
    choices = (*result.basis.choices, Finding(key="basis.of_all.left_out", values={"count": 1, "reasons": [MARK]}))
    left_out = LeftOut(reason=MARK, rows=0, revenue=Decimal(0))
    return replace(
        result,
        tables=marked,
        findings=tuple(findings),
        key_numbers={**result.key_numbers, "secret": MARK},
        parameters={**result.parameters, "secret": MARK},
        basis=result.basis.model_copy(update={"choices": choices, "left_out": (*result.basis.left_out, left_out)}),
    )


def written(result: Result) -> str:
    return "".join(frame.to_csv() for frame in result.tables.values()) + repr(replace(result, tables={}))


def test_nothing_that_is_not_named_reaches_the_customer(hand: Facts) -> None:
    result = planted(account_dossier(account_sales(hand, "G"), concentration(sales(hand))))
    assert MARK in written(result)
    assert MARK not in written(customer_edition(result))


@given(rows=lines)
@quick
def test_the_customers_edition_is_within_the_allow_list(rows: list[Any]) -> None:
    shared = customer_edition(account_dossier(bought(rows)))
    assert set(shared.key_numbers) == set(KEY_NUMBERS)
    assert all(set(frame.columns) <= set(TABLES[name]) for name, frame in shared.tables.items())
    for finding in shared.findings:
        assert set(finding.values) <= set(FINDINGS[finding.key.removeprefix("customer_dossier.")])
    assert not shared.parameters
    assert not shared.basis.choices
    assert not shared.basis.left_out


def test_the_allow_list_names_nothing_internal() -> None:
    allowed = {*KEY_NUMBERS, *(column for columns in TABLES.values() for column in columns)}
    allowed |= {value for values in FINDINGS.values() for value in values}
    internal = "margin|cost|class|rank|share|manager|sector|region|employees|annual|key_account|product_id|accounts"
    assert not [name for name in allowed if re.search(internal, name)]


def test_every_sentence_for_the_customer_is_in_the_catalogue() -> None:
    assert not [name for name in FINDINGS if not DE.knows(f"customer_dossier.{name}")]


def test_cells_for_the_customer_know_the_shared_result_alone() -> None:
    cells = [cell for cell in NOTEBOOK.read().cells if "customer" in cell.metadata.get("tags", [])]
    code = [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]
    assert len(code) > 5
    for cell in code:
        nodes = list(ast.walk(cell))
        assert {node.id for node in nodes if isinstance(node, ast.Name)} <= {"study", "report", "figures", "shared"}
        of_study = [n for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
        assert {node.attr for node in of_study if node.value.id == "study"} == {"show"}  # type: ignore[attr-defined]


# Pages, with markers in every field that is not for the customer


@dataclass(frozen=True)
class Editions:
    internal: str
    customer: str


SECRET_LEDGER = """Kundennr;Datum;Umsatz;Kosten;Artikel;Gruppe;Beleg;Vertreter;Art
01;02.01.2024;40000,00;20123,00;A;Motoren;1;REPMARKE;RE
01;15.03.2024;20000,00;12345,00;B;Pumpen;2;REPMARKE;RE
02;10.01.2025;50000,00;28642,00;A;Motoren;4;REPMARKE;RE
01;12.02.2025;10000,00;9753,00;B;Pumpen;5;REPMARKE;RE
03;01.01.2025;987654,00;31415,00;A;Motoren;7;REPMARKE;RE
01;01.01.2025;5000,00;1,00;A;Motoren;8;REPMARKE;MU
02;01.01.2025;kaputt;1,00;A;Motoren;9;REPMARKE;RE
"""
SECRET_MASTER = """Kundennr;Name;Konzern;Land;Ort;Branche;Region;MA;JU;Seit;Bis;Betreuer;Anteil
01;Kopf GmbH;G;DE;Kiel;Branchenmarke;Gebietsmarke;77431;913370000;07.03.2019;08.04.2031;Betreuermarke;0,37
G;Gruppe Kopf;;DE;;Branchenmarke;Gebietsmarke;77431;913370000;07.03.2019;08.04.2031;Betreuermarke;0,37
02;Fuß AG;G;CH;Bern;;;;;;;;
03;Fremdmarke Werke AG;;DE;Köln;;;;;;;;
"""
SECRET_REVIEWS = (
    "Vorschlag;Kundennr;Entscheidung;Bemerkung\nV-001;01;nein;Bemerkungsmarke\nV-001;03;nein;Bemerkungsmarke\n"
)
SECRET_SETTINGS = """name: Beispiel GmbH
as_of: 2025-12-31
period: last12
max_rejected: 0.5
sources:
  transactions:
    path: umsatz_dateimarke.csv
    columns: {account_id: Kundennr, date: Datum, revenue: Umsatz, cost: Kosten, product_id: Artikel,
      product_group: Gruppe, document_id: Beleg, sales_rep: Vertreter}
    exclude: {regelmarke: "= Art = 'MU'"}
  accounts:
    path: kunden_dateimarke.csv
    columns: {account_id: Kundennr, name: Name, group_id: Konzern, country: Land, city: Ort, sector: Branche,
      region: Region, employees: MA, annual_revenue: JU, key_account_since: Seit, key_account_until: Bis,
      account_manager: Betreuer, max_supplier_share: Anteil}
  group_reviews:
    path: gruppen_dateimarke.csv
    columns: {proposal: Vorschlag, account_id: Kundennr, decision: Entscheidung, note: Bemerkung}
  control_totals:
    path: hauptbuch_dateimarke.csv
    columns: {period: Jahr, measure: Groesse, value: Wert, source: Quelle}
analyses:
  concentration: {cut_a: 0.8123}
"""
# Margins of 2025: 50000 - 28642 and 10000 - 9753; 36.0 % of the revenue, 45.9 % the year before.
SHOWN_INTERNALLY = ["Betreuermarke", "Branchenmarke", "Gebietsmarke", "77431", "913,4", "regelmarke"]
SHOWN_INTERNALLY += [
    "07.03.2019|7 Mar 2019",
    "08.04.2031|8 Apr 2031",
    "37%",
    "21605",
    "360%",
    "459%",
    "guvmarke",
    "laufmarke",
]
NEVER_SHOWN = ["REPMARKE", "Fremdmarke", "Bemerkungsmarke", "mandatsmarke", "987654", "31415", "28642", "8123"]
NEVER_SHOWN += ["dateimarke", "21358", "247", "SHA-256"]  # sources stand on the readiness page
RANKED = {"de": ["Rang", "Klasse", "DB-Quote", "Deckungsbeitrag", "Intern", "Konzentration"]}
RANKED["en"] = ["Rank", "class", "Margin", "Contribution margin", "Internal", "Concentration"]


def executed_here(values: Mapping[str, Any]) -> nbformat.NotebookNode:
    """Execute the dossier's notebook in this process: quick, for what is not about engines."""
    notebook, names = NOTEBOOK.read(), dict[str, Any]()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            *body, last = ast.parse(cell.source).body
            is_shown = isinstance(last, ast.Expr)
            exec(compile(ast.Module(body if is_shown else [*body, last], []), "cell", "exec"), names)
            if isinstance(last, ast.Expr):
                shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
                cell.outputs = [new_output("execute_result", {"text/html": shown._repr_html_()})]
        if "parameters" in cell.metadata.get("tags", []):
            names |= values
    return notebook


def head_of(facts: Facts, language: Language, title: str) -> Any:
    return replace(page_head(facts, NOTEBOOK, Words(language), ("de", "en"), "laufmarke", {}), title=title)


def both_editions(notebook: nbformat.NotebookNode, facts: Facts, language: Language, title: str) -> Editions:
    made = [
        page(notebook, replace(head_of(facts, language, title), edition=edition), Words(language), code=True)
        for edition in ("internal", "customer")
    ]
    return Editions(*(content.decode() for content in made))


def made_here(folder: Path, account: str, language: Language = "de") -> Editions:
    facts = prepare(open_engagement(folder))
    values = {"engagement": str(folder), "language": language, "account": account}
    return both_editions(executed_here(values), facts, language, account_sales(facts, account).name)


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an engagement whose every field that is not for the customer carries a marker."""
    home = tmp_path_factory.mktemp("mandatsmarke")
    files = {"umsatz": SECRET_LEDGER, "kunden": SECRET_MASTER, "gruppen": SECRET_REVIEWS}
    files["hauptbuch"] = "Jahr;Groesse;Wert;Quelle\n2025;Umsatz;2000000;guvmarke\n"
    for name, content in files.items():
        (home / f"{name}_dateimarke.csv").write_text(content, encoding="utf-8")
    (home / "engagement.yml").write_text(SECRET_SETTINGS, encoding="utf-8")
    study = open_study(home)
    study.keep(concentration(study.sales(), cut_a=0.8123))
    return home


@pytest.fixture(scope="module", params=["de", "en"])
def secret_pages(
    request: pytest.FixtureRequest, secretive: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Language, Editions]:
    """Make both editions: the German ones as a run does, in a process of its own."""
    if request.param == "en":
        return "en", made_here(secretive, "G", "en")
    facts = prepare(open_engagement(secretive))
    values = {"engagement": str(secretive), "language": "de", "account": "02"}
    executed = execute(NOTEBOOK, values, {}, "kernel", tmp_path_factory.mktemp("job"))
    return "de", both_editions(executed, facts, "de", "Gruppe Kopf")


def everything(html: str) -> str:
    """All of a page that is not a stylesheet or a drawn line: texts, attributes, comments, folded and in figures."""
    soup = BeautifulSoup(html, "html.parser")
    for style in soup.find_all("style"):
        style.decompose()
    found = [*soup.find_all(string=True), *soup.find_all(string=lambda text: isinstance(text, Comment))]
    for element in soup.find_all(True):
        found += [
            f"{name}={value}" for name, value in element.attrs.items() if name not in ("d", "transform", "points")
        ]
        found.append(str(element.name))
    return " ".join(map(str, found))


def squeezed(text: str) -> str:
    """Leave out what languages put between digits, so that one marker is found in both."""
    return re.sub(r"(?<=\d)[.,\s](?=\d)|(?<=\d)\s(?=%)", "", unicodedata.normalize("NFKC", text))


def holds(html: str, marker: str) -> bool:
    """Say whether a page has a marker, in one of its spellings; a number only where no digit is beside it."""
    text = squeezed(everything(html))
    spelled = "|".join(map(re.escape, squeezed(marker).split("|")))
    return bool(re.search(rf"(?<!\d)({spelled})(?!\d)", text))


@pytest.mark.parametrize("marker", SHOWN_INTERNALLY)
def test_what_is_internal_is_in_the_internal_edition_only(secret_pages: tuple[Language, Editions], marker: str) -> None:
    _, pages = secret_pages
    assert holds(pages.internal, marker)
    assert not holds(pages.customer, marker)


@pytest.mark.parametrize("marker", NEVER_SHOWN)
def test_what_no_dossier_tells_is_in_neither(secret_pages: tuple[Language, Editions], marker: str) -> None:
    _, pages = secret_pages
    assert not holds(pages.internal, marker)
    assert not holds(pages.customer, marker)


def test_the_customer_reads_no_word_of_rank_class_and_margin(secret_pages: tuple[Language, Editions]) -> None:
    language, pages = secret_pages
    for word in RANKED[language]:
        assert re.search(rf"\b{word}\b", said(pages.internal)), word
        assert not re.search(rf"\b{word}\b", said(pages.customer)), word


def said(html: str) -> str:
    """The text of a page, folded or not: of attributes, `class` belongs to the stylesheet."""
    return " ".join(
        text for element in BeautifulSoup(html, "html.parser").select("title, body") for text in element.strings
    )


def test_the_customer_reads_what_it_bought(secret_pages: tuple[Language, Editions]) -> None:
    _, pages = secret_pages
    for bought_here in (
        "60000",
        "50000",
        "10000",
        "Motoren",
        "Pumpen",
        "Kopf GmbH",
        "Fuß AG",
        "Bern",
        "Gruppe Kopf",
        "02",
    ):
        assert holds(pages.customer, bought_here), bought_here


def test_the_customers_head_is_neutral(secret_pages: tuple[Language, Editions]) -> None:
    _, pages = secret_pages
    soup = BeautifulSoup(pages.customer, "html.parser")
    assert soup.title
    assert soup.title.get_text() == "Gruppe Kopf – Beispiel GmbH"
    assert not soup.find("footer")
    assert not soup.select(".preliminary, .mark")
    assert all(str(link["href"]).startswith("#") for link in soup.find_all("a"))
    assert {meta.get("name") or meta.get("http-equiv") or "charset" for meta in soup.find_all("meta")} == {
        "charset",
        "viewport",
        "Content-Security-Policy",
    }


def test_the_internal_edition_is_marked(secret_pages: tuple[Language, Editions]) -> None:
    language, pages = secret_pages
    [mark] = BeautifulSoup(pages.internal, "html.parser").select(".mark")
    assert mark.get_text() == Words(language)("dossier.internal")


def test_a_page_without_an_edition_is_not_marked(hand: Facts) -> None:
    made = page(nbformat.v4.new_notebook(), head_of(hand, "de", "Seite"), DE)
    assert not BeautifulSoup(made, "html.parser").select(".mark, .dossier")


# With little data a dossier is short, not empty


def edge(folder: Path, ledger: str, master: str | None, account: str = "01", drop: Sequence[str] = ()) -> Editions:
    text = SETTINGS if master else SETTINGS[: SETTINGS.index("  accounts:")]
    for column in drop:
        text = re.sub(rf"\n      {column}: .*", "", text)
    (folder / "umsatz.csv").write_text(ledger, encoding="utf-8")
    (folder / "kunden.csv").write_text(master or "", encoding="utf-8")
    (folder / "engagement.yml").write_text(text, encoding="utf-8")
    return made_here(folder, account)


HEADING = LEDGER.splitlines()[0] + "\n"
OTHER = "03;02.01.2024;900,00;400,00;A;Motoren;7\n03;01.12.2025;900,00;400,00;A;Motoren;7\n"
LONE = "Kundennr;Name;Konzern;Land;Ort;Branche\n01;Kopf GmbH;;DE;Kiel;\n03;Anderer;;DE;;\n"
EDGES: dict[str, dict[str, Any]] = {
    "one order": {"ledger": HEADING + OTHER + "01;10.01.2025;300,00;180,00;A;Motoren;4\n", "master": LONE},
    "master data and no line": {"ledger": HEADING + OTHER, "master": LONE},
    "negative": {"ledger": HEADING + OTHER + "01;10.01.2025;-300,00;-180,00;A;Motoren;4\n", "master": LONE},
    "cancelled": {
        "ledger": HEADING + OTHER + "01;10.01.2025;30,00;18,00;A;M;4\n01;10.01.2025;-30,00;-18,00;A;M;5\n",
        "master": LONE,
    },
    "no product group": {"ledger": LEDGER, "master": LONE, "drop": ["product_group"]},
    "no margin": {"ledger": LEDGER, "master": LONE, "drop": ["cost"]},
    "no master data": {"ledger": LEDGER, "master": None},
    "no product, no document": {"ledger": LEDGER, "master": LONE, "drop": ["product_id", "document_id"]},
    "hostile": {
        "ledger": LEDGER.replace("Motoren", "<b>$x$</b>"),
        "master": LONE.replace("Kopf", "<script>1</script>"),
    },
}


@pytest.mark.parametrize("case", EDGES)
def test_a_dossier_with_little_data_is_short_not_empty(folder: Path, case: str) -> None:
    pages = edge(folder, **EDGES[case])
    for html in (pages.internal, pages.customer):
        soup = BeautifulSoup(html, "html.parser")
        [message] = soup.find_all("h1")
        assert len(message.get_text()) > 10
        for heading in soup.select("main > h2"):
            following = heading.find_next_sibling()
            assert following is not None, heading
            assert following.name not in ("h2", "footer"), heading
        assert not re.search(r"\bnan\b|\bNone\b|NaT", soup.get_text(" "))
        assert not soup.find_all(["script", "b"]) or case != "hostile" or len(soup.find_all("b")) == 1  # the head's own


def test_without_business_there_is_no_section_about_it(folder: Path) -> None:
    pages = edge(folder, **EDGES["master data and no line"])
    headings = [h.get_text() for h in BeautifulSoup(pages.customer, "html.parser").select("main h2")]
    assert headings == ["Standorte", "Worauf diese Zahlen beruhen"]
    assert "noch keine Bestellung" in pages.customer


def test_without_margin_no_table_has_a_column_for_it(folder: Path) -> None:
    html = edge(folder, **EDGES["no margin"]).internal
    assert not [th for th in BeautifulSoup(html, "html.parser").find_all("th") if "DB-Quote" in th.get_text()]


def test_without_master_data_the_profile_says_so(folder: Path) -> None:
    assert "steht nicht in den Stammdaten" in edge(folder, **EDGES["no master data"]).internal


# The run leaves dossiers to a command of their own; check says whether they are possible


def test_a_run_of_dossiers_alone_points_to_their_command(kamlab: Callable[..., Any], folder: Path) -> None:
    done = kamlab("run", "account_dossier", "-e", folder)
    assert done.returncode == 2
    assert "kamlab dossier" in done.stderr
    assert "KL-S351" in done.stderr
    assert not (folder / "reports").exists()


def test_check_says_whether_dossiers_are_possible(kamlab: Callable[..., Any], folder: Path) -> None:
    done = kamlab("check", "-e", folder, "--json")
    [found] = [one for one in json.loads(done.stdout)["analyses"] if one["name"] == "account_dossier"]
    assert found["status"] == "with_gaps"
    assert found["lost"]


# File names


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("Süßwasser Öl & Ærø GmbH", "suesswasser-oel-aeroe-gmbh-"),
        ("Łódź S.A.", "lodz-s-a-"),
        ("CON", "con-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("Fu\u0308r", "fuer-"),
        ("名前", ""),
    ],
)
def test_slug_is_readable(name: str, begins: str) -> None:
    assert re.fullmatch(re.escape(begins) + "[0-9a-f]{12}", slug("1", name))


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=90))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_slugs_of_different_accounts_differ_and_are_plain(one: str, other: str, name: str) -> None:
    assert (slug(one, name) == slug(other, name)) == (one == other)
    assert re.fullmatch("[a-z0-9]([a-z0-9-]*[a-z0-9])?", slug(one, name))
    assert len(slug(one, name)) <= 60


def test_the_notebook_says_that_it_is_per_account() -> None:
    metadata = json.loads((ROOT / "notebooks" / "36_account_dossier.ipynb").read_text(encoding="utf-8"))["metadata"]
    assert metadata["kamlab"]["per"] == "account"
