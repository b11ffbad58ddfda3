"""Facts: the ledger by site and group, by month, day and product; corporate groups, the calendar and the cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from conftest import LEDGER, SETTINGS

import kamlab.facts as facts_room
import kamlab.facts.cache as facts_cache
from kamlab.engagement import Engagement
from kamlab.errors import DataRefused, KamlabError, MemoryShort, Problem, StorageFailed
from kamlab.facts import Facts, prepare
from kamlab.facts.calendar import Calendar
from kamlab.facts.groups import ATTRIBUTES, SUMS, describe, resolve
from kamlab.facts.sales import sales
from kamlab.results import Period

Opened = Callable[..., Engagement]


def rows(table: Any, *columns: str) -> list[tuple[Any, ...]]:
    found = table.select(*columns).to_pyarrow().to_pylist()
    return sorted((tuple(row.values()) for row in found), key=str)


# The three tables, by hand
#
# 0001 and 0002 belong to G; 0009 is the old number of 0002; products A and B are in groups Pumpen and (none)

CASE = """Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg;Menge
0001;05.01.2024;100,00;60,00;A;R1;2
0001;05.01.2024;50,50;;A;R1;1
0001;31.01.2024;-10,25;-6,00;A;R2;-1
0009;31.01.2024;7,00;3,00;B;;
0002;01.02.2024;1,00;0,50;B;R3;1
0003;01.02.2024;0,00;0,00;;R4;0
"""
CASE_SETTINGS = (
    SETTINGS
    + """      quantity: Menge
  accounts: {path: kunden.csv}
  products: {path: artikel.csv}
  account_mapping: {path: nummern.csv}
"""
)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    from kamlab.engagement import open_engagement

    folder = tmp_path_factory.mktemp("case")
    files = {
        "umsatz.csv": CASE,
        "engagement.yml": CASE_SETTINGS,
        "kunden.csv": "account_id;name;group_id;sector\n0001;Alpha;G;Bau\n0002;Beta;G;Chemie\n0004;Ohne;;\n",
        "artikel.csv": "product_id;product_group\nA;Pumpen\nB;\n",
        "nummern.csv": "old_id;account_id\n0009;0002\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return prepare(open_engagement(folder))


def test_months_sum_up_by_site_and_product_group(case: Facts) -> None:
    january, february = (pd.Timestamp(2024, month, 1) for month in (1, 2))
    assert rows(case.months, "site_id", "account_id", "month", "product_group", "revenue", "lines") == [
        ("0001", "G", january, "Pumpen", Decimal("140.2500"), 3),
        ("0002", "G", january, None, Decimal("7.0000"), 1),
        ("0002", "G", february, None, Decimal("1.0000"), 1),
        ("0003", "0003", february, None, Decimal("0.0000"), 1),
    ]


def test_orders_count_the_documents_of_a_day(case: Facts) -> None:
    assert rows(case.orders, "site_id", "date", "documents", "lines", "revenue") == [
        ("0001", date(2024, 1, 31), 1, 1, Decimal("-10.2500")),
        ("0001", date(2024, 1, 5), 1, 2, Decimal("150.5000")),
        ("0002", date(2024, 1, 31), 0, 1, Decimal("7.0000")),
        ("0002", date(2024, 2, 1), 1, 1, Decimal("1.0000")),
        ("0003", date(2024, 2, 1), 1, 1, Decimal("0.0000")),
    ]


def test_items_sum_up_by_site_and_product(case: Facts) -> None:
    assert rows(case.items, "site_id", "product_id", "quantity", "cost") == [
        ("0001", "A", Decimal("2.0000"), Decimal("54.0000")),
        ("0002", "B", Decimal("1.0000"), Decimal("0.5000")),
        ("0002", "B", None, Decimal("3.0000")),
        ("0003", None, Decimal("0.0000"), Decimal("0.0000")),
    ]


def test_the_margin_is_revenue_less_cost_where_there_is_a_cost(case: Facts) -> None:
    margins = dict(rows(case.orders.group_by("site_id").agg(m=case.orders.contribution_margin.sum()), "site_id", "m"))
    assert margins == {"0001": Decimal("35.75"), "0002": Decimal("4.5"), "0003": Decimal(0)}
    assert case.state.has_margin


@pytest.mark.parametrize("table", ["months", "orders", "items"])
def test_every_table_adds_up_to_the_ledger(case: Facts, table: str) -> None:
    total = getattr(case, table).revenue.sum().to_pyarrow().as_py()
    ledger = case.state.reads[0].revenue
    assert ledger is not None
    assert total == ledger.used == Decimal("148.25")


def test_sites_of_ledger_and_master_data_are_listed_once(case: Facts) -> None:
    sites = case.sites.set_index("site_id")
    assert sites["account_id"].to_dict() == {"0001": "G", "0002": "G", "0003": "0003", "0004": "0004"}
    assert sites["in_ledger"].tolist() == [True, True, True, False]


def test_accounts_are_groups_with_the_name_of_their_largest_site(case: Facts) -> None:
    accounts = case.accounts.set_index("account_id")
    assert accounts["name"].to_dict() == {"0003": "0003", "0004": "Ohne", "G": "Alpha"}
    assert accounts["sites"].to_dict() == {"0003": 1, "0004": 1, "G": 2}
    assert accounts.loc["G", "sector"] == "Bau"


def test_a_margin_that_is_booked_is_not_calculated(opened: Opened) -> None:
    settings = SETTINGS.replace("cost: Kosten", "contribution_margin: Kosten")
    facts = prepare(opened(settings=settings))
    assert facts.orders.contribution_margin.sum().to_pyarrow().as_py() == Decimal(1950)


def test_without_cost_there_is_no_margin(opened: Opened) -> None:
    facts = prepare(opened(settings=SETTINGS.replace("      cost: Kosten\n", "")))
    assert not facts.state.has_margin
    assert sales(facts).accounts["contribution_margin"].isna().all()


# Corporate groups


def noted(facts: Facts) -> list[Problem]:
    """Leave out that March is not over: every ledger here ends so."""
    return [note for note in facts.state.notes if note.code != "KL-W114"]


def test_a_last_month_that_is_not_over_is_noted_unless_the_settings_say_more(opened: Opened) -> None:
    assert [note.code for note in prepare(opened()).state.notes] == ["KL-W114"]
    assert prepare(opened("as_of=2025-03-20")).state.notes == ()


def test_lines_of_another_currency_are_rejected(opened: Opened) -> None:
    ledger = LEDGER.replace("Beleg\n", "Beleg;currency\n").replace(";1\n", ";1;EUR\n").replace(";2\n", ";2;JPY\n")
    ledger = ledger.replace(";3\n", ";3;eur\n").replace(";4\n", ";4;\n").replace(";5\n", ";5;EUR\n")
    (read,) = prepare(opened("max_rejected=1", ledger=ledger)).state.reads
    assert [(reject.line, reject.value, reject.code) for reject in read.rejects] == [(3, "JPY", "KL-W108")]


def test_lines_without_a_margin_are_counted_where_others_have_one(opened: Opened) -> None:
    facts = prepare(opened(ledger=LEDGER.replace("500,00;300,00", "500,00;")))
    (note,) = noted(facts)
    assert (note.code, note.values) == ("KL-W111", {"count": 1, "revenue": 500.0})
    assert [choice.key for choice in sales(facts).basis.choices] == ["error.KL-W111"]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(duckdb.OutOfMemoryException("full"), MemoryShort), (duckdb.IOException("no space"), StorageFailed)],
)
def test_a_database_out_of_room_is_told_as_such_and_leaves_no_state(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: type[KamlabError]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise raised

    engagement = opened()
    monkeypatch.setattr(facts_room, "ingest", fails)
    with pytest.raises(expected, match=r"full|no space"):
        prepare(engagement)
    assert not list((engagement.workplace / "cache").iterdir())


def master(*sites: tuple[str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(sites, columns=["account_id", "group_id", "parent_id"], dtype=object)


@pytest.mark.parametrize(
    ("sites", "groups"),
    [
        ([("1", None, None)], {"1": "1"}),
        ([("1", "G", "2"), ("2", None, None)], {"1": "G", "2": "2"}),
        ([("1", None, "2"), ("2", None, "3"), ("3", None, None)], {"1": "3", "2": "3", "3": "3"}),
        ([("1", None, "2"), ("2", "G", "3"), ("3", None, None)], {"1": "G", "2": "G", "3": "3"}),
        ([("1", None, "8")], {"1": "8"}),
        ([("1", None, "1"), ("2", None, "1")], {"1": "1", "2": "1"}),
        ([("1", None, "2"), ("2", "G", "1")], {"1": "G", "2": "G"}),
        ([("1", "2", None), ("2", None, "3"), ("3", None, None)], {"1": "2", "2": "3", "3": "3"}),
    ],
)
def test_the_group_is_the_own_the_nearest_parents_or_the_topmost_parent(
    sites: list[tuple[str, str | None, str | None]], groups: dict[str, str]
) -> None:
    resolved = resolve(master(*sites))
    assert (resolved.of, resolved.cycles) == (groups, [])


def test_sites_in_a_circle_count_for_themselves_and_are_reported() -> None:
    resolved = resolve(master(("3", None, "2"), ("1", None, "2"), ("2", None, "1"), ("4", "G", "1")))
    assert resolved.of == {"1": "1", "2": "2", "3": "3", "4": "G"}
    assert resolved.cycles == ["1", "2", "3"]


def test_a_long_chain_of_parents_is_followed() -> None:
    chain = [(str(at), None, str(at + 1)) for at in range(3000)]
    assert set(resolve(master(*chain)).of.values()) == {"3000"}


def sites(*described: dict[str, Any]) -> pd.DataFrame:
    columns = ["site_id", "account_id", "name", "in_master", "revenue", *ATTRIBUTES, *SUMS]
    return pd.DataFrame([{"in_master": True} | site for site in described]).reindex(columns=columns)


def test_the_head_of_a_group_gives_name_and_attributes() -> None:
    head = {"site_id": "G", "account_id": "G", "name": "Haupt", "revenue": 0.0, "sector": "Bau", "employees": 5.0}
    site = {"site_id": "1", "account_id": "G", "name": "Zweig", "revenue": 9.0, "sector": "Chemie", "employees": 7.0}
    described = describe(sites(site, head)).iloc[0]
    assert (described["name"], described["sector"], described["employees"], described["sites"]) == (
        "Haupt",
        "Bau",
        5,
        2,
    )


def test_without_a_head_the_largest_site_gives_the_name_and_sizes_are_summed() -> None:
    small = {
        "site_id": "1",
        "account_id": "G",
        "name": "Klein",
        "revenue": 1.0,
        "employees": 5.0,
        "annual_revenue": None,
    }
    large = {"site_id": "2", "account_id": "G", "name": "Groß", "revenue": 2.0, "employees": 7.0, "annual_revenue": 1.5}
    described = describe(sites(small, large)).iloc[0]
    assert (described["name"], described["employees"], described["annual_revenue"]) == ("Groß", 12, 1.5)


def test_of_sites_of_one_size_the_smallest_number_gives_the_name() -> None:
    twins = [{"site_id": n, "account_id": "G", "name": f"Haus {n}", "revenue": 1.0} for n in ("2", "1", "3")]
    assert describe(sites(*twins))["name"].tolist() == ["Haus 1"]


def test_a_head_that_only_the_ledger_knows_describes_nothing() -> None:
    head = {"site_id": "G", "account_id": "G", "name": None, "revenue": 9.0, "in_master": False}
    site = {"site_id": "1", "account_id": "G", "name": "Zweig", "revenue": 1.0, "employees": 7.0}
    described = describe(sites(head, site)).iloc[0]
    assert (described["name"], described["employees"], described["in_master"]) == ("Zweig", 7, True)


def grouped(opened: Opened, folder: Path, accounts: str, mapping: str = "") -> Facts:
    (folder / "k.csv").write_text(accounts, encoding="utf-8")
    settings = SETTINGS + "  accounts: {path: k.csv}\n"
    if mapping:
        (folder / "n.csv").write_text(mapping, encoding="utf-8")
        settings += "  account_mapping: {path: n.csv}\n"
    return prepare(opened(settings=settings))


def belongs(facts: Facts) -> dict[str, str]:
    return dict(zip(facts.sites["site_id"], facts.sites["account_id"], strict=True))


def test_a_circle_of_parents_is_noted_and_costs_no_revenue(opened: Opened, folder: Path) -> None:
    facts = grouped(opened, folder, "account_id;parent_id\n0001;0002\n0002;0001\n")
    circle, unknown = noted(facts)
    assert (circle.code, circle.values["accounts"]) == ("KL-W110", ["0001", "0002"])
    assert (unknown.code, unknown.values["examples"]) == ("KL-W113", ["0003"])
    assert "0001 und 0002" in circle.message("de")
    assert sales(facts).accounts["revenue"].sum() == 3200


def test_groups_and_master_rows_follow_a_renumbering(opened: Opened, folder: Path) -> None:
    master_data = "account_id;name;group_id\n0001;Kopf;\n0002;Tochter;0001\n0003;Dritter;K1\n"
    facts = grouped(opened, folder, master_data, "old_id;account_id\n0001;9001\n0003;9003\n")
    assert belongs(facts) == {"9001": "9001", "0002": "9001", "9003": "K1"}
    assert facts.accounts["name"].tolist() == ["Kopf", "Dritter"]


def test_a_circle_of_numbers_is_noted(opened: Opened, folder: Path) -> None:
    facts = grouped(opened, folder, "account_id\n0001\n0002\n0003\n", "old_id;account_id\n0001;0002\n0002;0001\n")
    (note,) = noted(facts)
    assert (note.code, note.values["accounts"]) == ("KL-W112", ["0001", "0002"])


def test_numbers_without_master_data_are_noted_with_their_revenue(opened: Opened, folder: Path) -> None:
    facts = grouped(opened, folder, "account_id;name\nA1;Eins\nA2;Zwei\n")
    (note,) = noted(facts)
    assert note.code == "KL-W113"
    assert (note.values["count"], note.values["share"]) == (3, 1.0)


def test_a_damaged_state_of_the_cache_is_built_anew(opened: Opened) -> None:
    facts = prepare(opened())
    (facts.folder / "orders.parquet").write_bytes(b"")
    assert prepare(opened()).orders.count().to_pyarrow().as_py() == 5


def test_a_parent_that_is_not_in_the_master_data_is_the_group(opened: Opened, folder: Path) -> None:
    facts = grouped(opened, folder, "account_id;parent_id\n0001;K9\n0002;K9\n")
    assert belongs(facts) == {"0001": "K9", "0002": "K9", "0003": "0003"}


def test_an_old_number_leads_over_others_to_the_newest(opened: Opened, folder: Path) -> None:
    facts = grouped(opened, folder, "account_id;group_id\n0005;G\n", "old_id;account_id\n0001;0004\n0004;0005\n")
    assert belongs(facts) == {"0002": "0002", "0003": "0003", "0005": "G"}


def test_numbers_that_lead_in_a_circle_stay(opened: Opened, folder: Path) -> None:
    facts = grouped(opened, folder, "account_id\n0001\n", "old_id;account_id\n0001;0002\n0002;0001\n0003;0003\n")
    assert set(belongs(facts)) == {"0001", "0002", "0003"}


def test_a_parent_with_a_new_number_keeps_its_children(opened: Opened, folder: Path) -> None:
    accounts = "account_id;name;parent_id\n0002;Kind;0001\n0005;Haupt;\n"
    facts = grouped(opened, folder, accounts, "old_id;account_id\n0001;0005\n")
    assert belongs(facts) == {"0002": "0005", "0003": "0003", "0005": "0005"}


# The calendar

YEARS = Calendar(date(2023, 1, 2), date(2025, 6, 30))


def months(calendar: Calendar) -> tuple[str, str]:
    complete = calendar.complete_months.strftime("%Y-%m").tolist()
    return complete[0], complete[-1]


@pytest.mark.parametrize(("day", "first"), [(1, "2024-01"), (5, "2024-01"), (6, "2024-02"), (31, "2024-02")])
def test_a_first_month_begun_after_its_fifth_day_is_not_complete(day: int, first: str) -> None:
    assert months(Calendar(date(2024, 1, day), date(2024, 12, 31)))[0] == first


@pytest.mark.parametrize(
    ("as_of", "last"),
    [(date(2024, 2, 28), "2024-01"), (date(2024, 2, 29), "2024-02"), (date(2024, 3, 1), "2024-02")],
)
def test_a_last_month_is_complete_on_its_last_day(as_of: date, last: str) -> None:
    assert months(Calendar(date(2024, 1, 1), as_of))[1] == last


@pytest.mark.parametrize("last", [date(2024, 1, 20), date(2024, 2, 20)])
def test_a_short_ledger_has_no_complete_month(last: date) -> None:
    calendar = Calendar(date(2024, 1, 10), last)
    assert len(calendar.complete_months) == 0
    assert calendar.comparison(calendar.period("all")) is None
    assert calendar.period("last12") == calendar.covered


def test_partial_months_are_those_that_are_not_complete() -> None:
    partial = Calendar(date(2024, 1, 10), date(2024, 3, 20)).partial_months
    assert partial.strftime("%Y-%m").tolist() == ["2024-01", "2024-03"]


def test_last12_are_the_last_twelve_complete_months() -> None:
    period = Calendar(date(2023, 1, 2), date(2025, 6, 29)).period("last12")
    assert period == Period(start=date(2024, 6, 1), end=date(2025, 5, 31))


def test_last12_are_fewer_where_there_are_fewer() -> None:
    period = Calendar(date(2025, 1, 10), date(2025, 6, 29)).period("last12")
    assert period == Period(start=date(2025, 2, 1), end=date(2025, 5, 31))


def test_all_is_every_day_of_the_ledger() -> None:
    assert YEARS.period("all") == Period(start=date(2023, 1, 2), end=date(2025, 6, 30))


@pytest.mark.parametrize(
    ("first", "as_of", "begins", "start", "end"),
    [
        (date(2022, 1, 3), date(2025, 6, 30), 1, date(2024, 1, 1), date(2024, 12, 31)),
        (date(2022, 1, 3), date(2025, 12, 31), 1, date(2025, 1, 1), date(2025, 12, 31)),
        (date(2022, 1, 3), date(2025, 6, 30), 7, date(2024, 7, 1), date(2025, 6, 30)),
        (date(2022, 1, 3), date(2025, 6, 29), 7, date(2023, 7, 1), date(2024, 6, 30)),
        (date(2022, 1, 3), date(2025, 1, 15), 10, date(2023, 10, 1), date(2024, 9, 30)),
        (date(2022, 1, 3), date(2024, 2, 29), 3, date(2023, 3, 1), date(2024, 2, 29)),
        (date(2025, 2, 3), date(2025, 6, 30), 1, date(2025, 1, 1), date(2025, 6, 30)),
    ],
)
def test_the_fiscal_year_is_the_last_that_ended_or_the_first(
    first: date, as_of: date, begins: int, start: date, end: date
) -> None:
    assert Calendar(first, as_of, begins).period("fiscal_year") == Period(start=start, end=end)


def test_days_outside_the_ledger_are_no_period() -> None:
    with pytest.raises(DataRefused, match=r"2022-01-01\.\.2022-12-31.*2 Jan 2023.*30 Jun 2025"):
        YEARS.period("2022-01-01..2022-12-31")


def test_two_years_compare_the_last_twelve_months() -> None:
    now, before = YEARS.comparison(YEARS.covered) or (None, None)
    assert now == Period(start=date(2024, 7, 1), end=date(2025, 6, 30))
    assert before == Period(start=date(2023, 7, 1), end=date(2024, 6, 30))


def test_eighteen_months_compare_the_six_that_repeat() -> None:
    calendar = Calendar(date(2024, 1, 1), date(2025, 6, 30))
    now, before = calendar.comparison(calendar.covered) or (None, None)
    assert now == Period(start=date(2025, 1, 1), end=date(2025, 6, 30))
    assert before == Period(start=date(2024, 1, 1), end=date(2024, 6, 30))


def test_twelve_months_compare_with_nothing() -> None:
    calendar = Calendar(date(2024, 7, 1), date(2025, 6, 30))
    assert calendar.comparison(calendar.covered) is None


def test_partial_months_are_in_no_comparison() -> None:
    calendar = Calendar(date(2024, 1, 6), date(2025, 5, 30))
    now, before = calendar.comparison(calendar.covered) or (None, None)
    assert now == Period(start=date(2025, 2, 1), end=date(2025, 4, 30))
    assert before == Period(start=date(2024, 2, 1), end=date(2024, 4, 30))


def test_two_months_are_no_comparison() -> None:
    calendar = Calendar(date(2024, 1, 1), date(2025, 2, 28))
    assert calendar.comparison(calendar.covered) is None


def test_a_chosen_period_is_compared_with_days_outside_it() -> None:
    chosen = Period(start=date(2025, 1, 1), end=date(2025, 4, 15))
    now, before = YEARS.comparison(chosen) or (None, None)
    assert now == Period(start=date(2025, 1, 1), end=date(2025, 3, 31))
    assert before == Period(start=date(2024, 1, 1), end=date(2024, 3, 31))


def test_the_settings_decide_where_fiscal_years_begin(opened: Opened) -> None:
    facts = prepare(opened("fiscal_year_start=2"))
    assert facts.calendar.period("fiscal_year") == Period(start=date(2024, 2, 1), end=date(2025, 1, 31))


# Sales of a period


def test_sales_of_a_period_account_for_the_whole_ledger(opened: Opened) -> None:
    sold = sales(prepare(opened()), "2025-01-01..2025-12-31")
    assert (sold.basis.rows.read, sold.basis.rows.used, sold.basis.rows.left_out) == (5, 3, 2)
    assert (sold.basis.revenue.read, sold.basis.revenue.used) == (Decimal(3200), Decimal(1700))
    assert [(part.reason, part.rows) for part in sold.basis.left_out] == [("outside_period", 2)]


def test_accounts_without_lines_in_the_period_stay_with_nothing(opened: Opened) -> None:
    accounts = sales(prepare(opened()), "2024-01-01..2024-12-31").accounts.set_index("account_id")
    assert accounts["lines"].to_dict() == {"0001": 1, "0002": 1, "0003": 0}
    assert accounts["revenue"].to_dict() == {"0001": 1000.0, "0002": 500.0, "0003": 0.0}


# The cache


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by one whenever the sources are read."""
    made: list[str] = []
    build = facts_room._build

    def counted(*arguments: Any) -> None:
        made.append("read")
        build(*arguments)

    monkeypatch.setattr(facts_room, "_build", counted)
    return made


def total(facts: Facts) -> Decimal:
    return Decimal(facts.orders.revenue.sum().to_pyarrow().as_py())


def test_unchanged_inputs_are_not_read_again(opened: Opened, builds: list[str]) -> None:
    assert total(prepare(opened())) == total(prepare(opened()))
    assert len(builds) == 1


def test_a_touched_file_with_the_same_content_is_not_read_again(
    opened: Opened, folder: Path, builds: list[str]
) -> None:
    prepare(opened())
    os.utime(folder / "umsatz.csv", (1, 1))
    prepare(opened())
    assert len(builds) == 1


def test_settings_that_ingest_does_not_see_are_not_a_reason_to_read(opened: Opened, builds: list[str]) -> None:
    prepare(opened())
    prepare(opened("name=Anders", "language=en", "analyses.concentration.cut_a=0.7", "period=last12"))
    assert len(builds) == 1


def test_a_changed_file_is_read_again(opened: Opened, builds: list[str]) -> None:
    prepare(opened())
    facts = prepare(opened(ledger=LEDGER.replace("99,50", "98,50")))
    assert (len(builds), total(facts)) == (2, Decimal(3199))


@pytest.mark.parametrize(
    "assignment", ["as_of=2024-12-31", "sources.transactions.exclude.x== Artikel = 'B'", "max_rejected=0.5"]
)
def test_a_setting_that_ingest_sees_is_a_reason_to_read(opened: Opened, builds: list[str], assignment: str) -> None:
    prepare(opened())
    prepare(opened(assignment))
    assert len(builds) == 2


def test_a_new_file_of_a_pattern_is_read(opened: Opened, folder: Path, builds: list[str]) -> None:
    path = "sources.transactions.path=umsatz*.csv"
    prepare(opened(path))
    (folder / "umsatz_2.csv").write_text(LEDGER, encoding="utf-8")
    assert (total(prepare(opened(path))), len(builds)) == (Decimal(6400), 2)


def test_strict_and_lenient_reading_do_not_share_a_state(opened: Opened) -> None:
    engagement = opened("max_rejected=0.5", ledger=LEDGER + ";05.01.2024;1,00;1,00;A;9\n")
    assert prepare(engagement).state.problems == ()
    assert [p.code for p in prepare(engagement, strict=True).state.problems] == ["KL-E217"]


def test_changed_code_is_a_reason_to_read(opened: Opened, builds: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(opened())
    monkeypatch.setattr(facts_cache, "package_hash", lambda *_: "other code")
    prepare(opened())
    assert len(builds) == 2


def state_of(folder: Path) -> Path:
    (state,) = (folder / ".kamlab" / "cache").iterdir()
    return state


@pytest.mark.parametrize("lost", ["state.json", "months.parquet", "sites.parquet"])
def test_a_half_written_state_is_not_used(opened: Opened, folder: Path, lost: str) -> None:
    prepare(opened())
    (state_of(folder) / lost).unlink()
    facts = prepare(opened())
    assert (total(facts), facts.months.count().to_pyarrow().as_py()) == (Decimal(3200), 5)
    assert len(facts.sites) == 3


def test_a_reading_that_fails_leaves_no_state(opened: Opened, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(facts_room, "_write_facts", fails)
    with pytest.raises(RuntimeError, match="power cut"):
        prepare(opened())
    assert list((folder / ".kamlab" / "cache").iterdir()) == []


def test_only_the_last_states_are_kept(opened: Opened, folder: Path) -> None:
    for part in range(4):
        last = prepare(opened(f"max_rejected=0.{part + 1}"))
    kept = [path.name for path in (folder / ".kamlab" / "cache").iterdir()]
    assert len(kept) == 3
    assert last.state.key in kept


def test_a_state_keeps_money_to_the_last_digit(opened: Opened) -> None:
    engagement = opened(ledger=LEDGER.replace("99,50", "12345678901234,5678"))
    prepare(engagement)
    assert total(prepare(engagement)) == Decimal("12345678904335.0678")
    assert prepare(engagement).state.reads[0].revenue.used == Decimal("12345678904335.0678")  # type: ignore[union-attr]


def test_refused_data_have_a_state_and_no_facts(opened: Opened) -> None:
    facts = prepare(opened(ledger="Kundennr;Datum\n1;2\n"))
    assert {p.code for p in facts.state.problems} == {"KL-E213"}
    with pytest.raises(DataRefused, match="KL-E213"):
        _ = facts.months
    with pytest.raises(DataRefused, match="KL-E213"):
        _ = facts.calendar


def test_inputs_are_named_without_folders_outside_the_engagement(opened: Opened, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "u.csv"
    outside.write_text(LEDGER, encoding="utf-8")
    facts = prepare(opened(f"sources.transactions.path={outside}"))
    assert [(file.table, file.name) for file in facts.state.inputs] == [("transactions", "u.csv")]
    assert str(tmp_path) not in (facts.folder / "state.json").read_text(encoding="utf-8")
