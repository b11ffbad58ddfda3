"""Public ledgers: figures that others have published or that were counted by hand, to the cent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from conftest import ROOT

from kamlab.engagement import open_engagement
from kamlab.facts import Facts, prepare
from kamlab.facts.histories import histories
from kamlab.facts.sales import Sales, sales
from kamlab.results import Result
from kamlab.selection import concentration, customer_value
from kamlab.selection.warning import warnings

pytestmark = pytest.mark.real_data

# Online Retail II (Chen 2019, UCI, doi:10.24432/C5CG6D); sums of Quantity × Price counted with exact decimals.
ALL_ROWS, ALL_REVENUE = 1_067_371, Decimal("19287250.57")
NET = ("sources.transactions.exclude.quantity=", "sources.transactions.exclude.price=")


@pytest.fixture(scope="module")
def retail_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("retail") / "online_retail_ii"
    shutil.copytree(
        ROOT / "data" / "online_retail_ii", folder, ignore=shutil.ignore_patterns("inputs", "reports", ".*")
    )
    return folder


@pytest.fixture
def retail(retail_folder: Path, real_data: Callable[[str], Path]) -> Callable[..., Facts]:
    """Read Online Retail II; the second time a state is asked for it comes from the cache."""

    def facts(*assignments: str) -> Facts:
        path = real_data("online_retail_ii/online_retail_II.parquet")
        return prepare(open_engagement(retail_folder, (f"sources.transactions.path={path}", *assignments)))

    return facts


def cents(amount: Decimal | float) -> Decimal:
    return round(Decimal(str(amount)), 2)


def assert_all_accounted_for(facts: Facts) -> None:
    ledger = facts.state.reads[0]
    assert ledger.revenue is not None
    assert ledger.rows.read == ALL_ROWS
    assert cents(ledger.revenue.read) == ALL_REVENUE
    assert ledger.rows.rejected == ledger.revenue.unreadable_rows == 0
    for name in ("months", "orders", "items"):
        assert getattr(facts, name).revenue.sum().to_pyarrow().as_py() == ledger.revenue.used


def test_online_retail_gives_the_published_lines_and_revenue(retail: Callable[..., Facts]) -> None:
    facts = retail()
    ledger = facts.state.reads[0]
    assert ledger.revenue is not None
    assert (ledger.rows.used, cents(ledger.revenue.used)) == (791_045, Decimal("17431551.18"))
    assert [part.reason for part in ledger.left_out] == ["both_sheets", "quantity", "price", "no_customer"]
    assert ledger.left_out[0].rows == 22_523
    assert_all_accounted_for(facts)


def test_online_retail_gives_the_published_concentration(retail: Callable[..., Facts]) -> None:
    numbers = concentration(sales(retail())).key_numbers
    assert (numbers["accounts"], numbers["accounts_for_80"], numbers["accounts_not_positive"]) == (5_878, 1_358, 0)
    assert numbers["top20_share"] == pytest.approx(0.77184, abs=5e-6)
    assert numbers["hhi"] == pytest.approx(0.004207, abs=5e-7)
    assert numbers["gini"] == pytest.approx(0.7409, abs=5e-5)


def test_online_retail_names_its_largest_customer(retail: Callable[..., Facts]) -> None:
    largest = concentration(sales(retail())).tables["accounts"].iloc[0]
    assert (largest["account_id"], cents(largest["revenue"])) == ("18102", Decimal("580987.04"))


def test_online_retail_ends_in_a_partial_december(retail: Callable[..., Facts]) -> None:
    calendar = retail().calendar
    assert calendar.partial_months.strftime("%Y-%m").tolist() == ["2011-12"]
    assert len(calendar.complete_months) == 24


def test_net_of_cancellations_online_retail_still_accounts_for_every_cent(retail: Callable[..., Facts]) -> None:
    facts = retail(*NET)
    ledger = facts.state.reads[0]
    assert ledger.revenue is not None
    assert (ledger.rows.used, cents(ledger.revenue.used)) == (809_561, Decimal("16343669.04"))
    assert_all_accounted_for(facts)


def test_net_of_cancellations_some_customers_come_to_nothing_or_less(retail: Callable[..., Facts]) -> None:
    sold = sales(retail(*NET))
    not_positive = concentration(sold).tables["not_positive"]
    assert (len(not_positive), int((not_positive["revenue"] == 0).sum())) == (105, 24)
    assert cents(not_positive["revenue"].sum()) == Decimal("-92649.69")
    of_16446 = sold.accounts.set_index("account_id")["revenue"]["16446"]
    assert of_16446 == -6.1


def test_online_retail_is_valued_and_checked_against_its_past(retail: Callable[..., Facts]) -> None:
    """Buying without contract: the gate holds, and both rules beat the simple ones at three and four earlier days."""
    result = customer_value(histories(retail()))
    numbers = result.key_numbers
    assert (numbers["accounts"], numbers["accounts_silent"], numbers["gate"]) == (4_297, 1_553, "holds")
    assert numbers["amount_12"] == pytest.approx(8_393_215.11, abs=0.01)
    retention = result.tables["retention"].set_index("class")
    assert retention["accounts"].to_dict() == {"A": 1_175, "B": 1_411, "C": 1_680}
    assert retention["stayed"].to_dict() == {"A": 1_036, "B": 982, "C": 695}
    assert numbers["r"] == pytest.approx(0.6635, abs=5e-4)
    assert numbers["b"] == pytest.approx(2.4157, abs=5e-3)
    checks = result.tables["value_checks"].set_index("rule")
    assert checks["error_accounts"].round(2).to_dict() == {"retention": 0.78, "last": 0.88, "lifetime": 0.77}
    assert checks.loc["retention", "covered"] == pytest.approx(0.86, abs=0.02)
    ranked = result.tables["ranking_checks"].set_index("rule")
    assert ranked.loc["lifetime", "sorted"] > ranked.loc["recency", "sorted"] + 0.05
    assert ranked.loc["lifetime", "predicted_inactive"] == pytest.approx(10_551, rel=0.05)


def test_online_retail_is_warned_as_seldom_falsely_as_stated(retail: Callable[..., Facts]) -> None:
    """Nine months of checks; 'longer than ever before' alone flagged 38% of those who went on ordering."""
    known = histories(retail())
    own = warnings(known.days, known.end, 90, None).checked.set_index("rule").loc["rhythm"]
    assert (own["cuts"], own["accounts"], own["named"], own["hits"]) == (9, 1_351, 155, 79)
    assert own["false_alarms"] / own["active"] == pytest.approx(0.074, abs=0.005)


# Northwind: the sample database of Microsoft, MIT licence.


@pytest.fixture(scope="module")
def northwind_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("northwind") / "northwind"
    shutil.copytree(ROOT / "data" / "northwind", folder, ignore=shutil.ignore_patterns("inputs", "reports", ".*"))
    (folder / "inputs").mkdir()
    return folder


@pytest.fixture
def northwind(northwind_folder: Path, real_data: Callable[[str], Path]) -> tuple[Sales, Result]:
    inputs = northwind_folder / "inputs"
    for name in ("orders", "order_details", "customers", "products", "categories"):
        shutil.copyfile(real_data(f"northwind/{name}.csv"), inputs / f"{name}.csv")
    sold = sales(prepare(open_engagement(northwind_folder)))
    return sold, concentration(sold)


def test_northwind_gives_its_revenue_net_of_discount(northwind: tuple[Sales, Result]) -> None:
    basis = northwind[0].basis
    assert (basis.rows.read, basis.rows.used) == (2_155, 2_155)
    assert cents(basis.revenue.used) == Decimal("1265793.04")


def test_northwind_has_two_customers_without_an_order(northwind: tuple[Sales, Result]) -> None:
    numbers = northwind[1].key_numbers
    assert (numbers["accounts"], numbers["accounts_without_lines"]) == (89, 2)


def test_northwind_names_its_largest_customer(northwind: tuple[Sales, Result]) -> None:
    largest = northwind[1].tables["accounts"].iloc[0]
    assert (largest["account_id"], largest["name"]) == ("QUICK", "QUICK-Stop")
    assert cents(largest["revenue"]) == Decimal("110277.30")


def test_northwind_has_a_group_for_every_product(northwind_folder: Path, northwind: tuple[Sales, Result]) -> None:
    months = prepare(open_engagement(northwind_folder)).months
    groups = months.group_by("product_group").agg(revenue=months.revenue.sum()).to_pandas()
    assert len(groups) == 8
    assert "Beverages" in set(groups["product_group"])


# Other shapes of public data: settings as a consultant would write them.


@pytest.fixture
def opened_as(tmp_path: Path) -> Callable[[str], Facts]:
    """Read an engagement made of settings alone."""

    def read(settings: str) -> Facts:
        (tmp_path / "engagement.yml").write_text(settings, encoding="utf-8")
        facts = prepare(open_engagement(tmp_path))
        assert not facts.state.problems, [problem.message("en") for problem in facts.state.problems]
        return facts

    return read


def used(facts: Facts) -> tuple[int, Decimal]:
    ledger = facts.state.reads[0]
    assert ledger.revenue is not None
    return ledger.rows.used, cents(ledger.revenue.used)


def test_the_older_online_retail_has_other_headings(
    opened_as: Callable[[str], Facts], real_data: Callable[[str], Path]
) -> None:
    path = real_data("online_retail/online_retail_2010-2011.parquet")
    names = pd.read_parquet(path, columns=None).columns.tolist()
    customer = next(name for name in names if name.lower().startswith("customer"))
    price = next(name for name in names if "price" in name.lower())
    facts = opened_as(f"""
name: Online Retail
currency: GBP
sources:
  transactions:
    path: {path}
    columns: {{account_id: {customer}, date: InvoiceDate, revenue: "= Quantity * {price}", quantity: Quantity}}
    exclude:
      quantity: "= Quantity <= 0"
      price: "= {price} <= 0"
      no_customer: '= "{customer}" is missing'
""")
    assert used(facts)[1] == Decimal("8911407.90")
    assert len(facts.accounts) == 4_338
    assert facts.state.reads[0].rows.read == 541_909
    numbers = concentration(sales(facts)).key_numbers
    assert numbers["accounts_for_80"] == 1_133
    assert numbers["hhi"] == pytest.approx(0.004644, abs=5e-7)


def counted(frame: pd.DataFrame) -> tuple[int, Decimal, list[int], Decimal, int]:
    """Count by hand, exactly: rows and revenue, rows by sheet, then revenue and customers that the settings use."""
    amounts = frame["Quantity"] * (frame["Price"] * 1000).round().astype("int64")  # prices have three decimals at most
    used = (frame["Quantity"] > 0) & (frame["Price"] > 0) & frame["Customer ID"].notna()
    all_revenue, revenue = (cents(Decimal(int(sum_)) / 1000) for sum_ in (amounts.sum(), amounts[used].sum()))
    customers = frame.loc[used, "Customer ID"].nunique()
    return len(frame), all_revenue, frame.groupby("sheet").size().tolist(), revenue, customers


def test_online_retail_reads_the_same_from_a_workbook_of_two_sheets(
    opened_as: Callable[[str], Facts], real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    """The whole of it under `make proof`; else one row of fifty, held against the same count by hand."""
    frame = pd.read_parquet(real_data("online_retail_ii/online_retail_II.parquet"))
    assert counted(frame) == (ALL_ROWS, ALL_REVENUE, [525_461, 541_910], Decimal("17743429.18"), 5_878)
    frame = frame if os.environ.get("KAMLAB_PROOF") else frame.iloc[::50]
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(tmp_path / "online_retail_II.xlsx", options) as book:
        moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        for name in ("2009-2010", "2010-2011"):
            part = frame[frame["sheet"] == name].drop(columns=["sheet", "row_origin"])
            cells = part.astype(object).where(part.notna(), None)
            sheet = book.add_worksheet(f"Year {name}")
            sheet.write_row(0, 0, list(part.columns))
            for at, row in enumerate(cells.itertuples(index=False), 1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    elif isinstance(cell, datetime):
                        sheet.write_datetime(at, column, cell, moment)
                    elif cell is not None:
                        sheet.write_number(at, column, cell)
    facts = opened_as("""
name: Online Retail II
currency: GBP
sources:
  transactions:
    path: online_retail_II.xlsx
    sheet: [Year 2009-2010, Year 2010-2011]
    columns: {account_id: Customer ID, date: InvoiceDate, revenue: "= Quantity * Price", quantity: Quantity}
    exclude:
      quantity: "= Quantity <= 0"
      price: "= Price <= 0"
      no_customer: '= "Customer ID" is missing'
""")
    ledger = facts.state.reads[0]
    assert ledger.revenue is not None
    rows = [file.rows for file in ledger.files]
    read = (ledger.rows.read, cents(ledger.revenue.read), rows, used(facts)[1], len(facts.accounts))
    assert read == counted(frame)
    assert [file.sheet for file in ledger.files] == ["Year 2009-2010", "Year 2010-2011"]


def test_wholesale_customers_run_from_a_long_table(
    opened_as: Callable[[str], Facts], real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    frame = pd.read_csv(real_data("wholesale_customers/wholesale_customers.csv"))
    frame["account_id"] = [str(line) for line in range(2, len(frame) + 2)]
    groups = [name for name in frame.columns if name not in ("Channel", "Region", "account_id")]
    long = frame.melt("account_id", groups, "product_group", "revenue").assign(date="2011-12-31")
    long.to_csv(tmp_path / "wholesale.csv", index=False)
    facts = opened_as("name: Wholesale\nsources: {transactions: {path: wholesale.csv}}\n")
    assert used(facts) == (2_640, Decimal("14619500.00"))
    months = facts.months
    sums = months.group_by("product_group").agg(revenue=months.revenue.sum().cast("float64")).to_pandas()
    by_group = dict(zip(sums["product_group"], sums["revenue"], strict=True))
    assert by_group["Fresh"] == 5_280_131
    assert by_group["Delicassen"] == 670_943
    assert len(facts.accounts) == 440


def test_the_cdnow_master_is_separated_by_blanks(
    opened_as: Callable[[str], Facts], real_data: Callable[[str], Path]
) -> None:
    path = real_data("cdnow/CDNOW_master.txt")
    facts = opened_as(f"""
name: CDNOW
currency: USD
sources:
  transactions:
    path: {path}
    delimiter: whitespace
    columns: {{account_id: customer_id, date: date, revenue: dollar_value, quantity: number_of_cds}}
""")
    by_hand = pd.read_csv(path, sep=r"\s+", dtype={"customer_id": str})
    assert used(facts) == (69_659, cents(by_hand["dollar_value"].sum()))
    assert len(facts.accounts) == by_hand["customer_id"].nunique() == 23_570
    assert facts.sites["site_id"].iloc[0] == "00001"
    assert f"{facts.state.first:%Y%m%d}" == "19970101"


def test_northwind_is_too_short_to_be_valued(northwind_folder: Path, northwind: tuple[Sales, Result]) -> None:
    result = customer_value(histories(prepare(open_engagement(northwind_folder))))
    assert (result.key_numbers["value"], result.key_numbers["gate"]) == (None, "accounts")
    assert result.tables["unusual"]["account_id"].tolist() == ["MEREP"]
