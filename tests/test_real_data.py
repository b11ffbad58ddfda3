"""Public ledgers: figures that others have published or that were counted by hand, to the cent."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT

from kamlab.engagement import open_engagement
from kamlab.facts import Facts, prepare
from kamlab.facts.sales import Sales, sales
from kamlab.results import Result
from kamlab.selection import concentration

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
    orders = pd.read_csv(real_data("northwind/orders.csv"), dtype=str, keep_default_na=False)
    details = pd.read_csv(real_data("northwind/order_details.csv"), dtype=str, keep_default_na=False)
    lines = details.merge(orders[["OrderID", "CustomerID", "OrderDate"]], on="OrderID", validate="m:1")
    lines.to_csv(inputs / "order_lines.csv", index=False)
    for name in ("customers.csv", "products.csv"):
        shutil.copyfile(real_data(f"northwind/{name}"), inputs / name)
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
