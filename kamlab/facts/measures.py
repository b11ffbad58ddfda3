"""What can be measured of every account: size, growth, breadth, reach, effort; the base of customer selection.

In go the facts, out come `Measures`: one row per account with lines in the period. Knows no criteria and no analysis.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import ibis
import numpy as np
import pandas as pd

from kamlab.facts import Facts
from kamlab.facts.calendar import Calendar
from kamlab.facts.reconciliation import fiscal_span
from kamlab.facts.sales import Sales, sales
from kamlab.results import Period

DAYS_OF_A_YEAR = 365.25
OF_NOTHING = ("revenue", "contribution_margin", "revenue_share", "margin_share")  # zero for who bought nothing


@dataclass(frozen=True)
class Measures:
    """Accounts as customer selection sees them.

    Attributes
    ----------
    sales : Sales
        Basis, comparison, currency, and all accounts of ledger and master data.
    accounts : DataFrame
        One row per account with lines in the period, by account_id: account_id, name, and the measures, NaN where
        unknown. Money of the period: revenue, contribution_margin. revenue_share and margin_share of the sum over these
        accounts. margin_rate: margin / revenue. growth: relative change of revenue on the year before, complete months.
        regularity: share of complete months of the period with an order, 0 to 1, at most the last twelve.
        product_groups with revenue above zero, sites with lines, countries of those sites; years since the first line.
        employees, annual_revenue, max_supplier_share; sector, country, region. hours (of effort) and cost_to_serve of
        the period, margin_after_service: margin less cost to serve. is_key_account at the last day that counts;
        key_account_since; managers: how many different ones its sites have, NaN where none is known.
    by_field : DataFrame
        One row per account and product group with lines in the whole months of the period: account_id, product_group
        (None where unknown), revenue, contribution_margin.
    items : ibis.Table, optional
        Those of the facts in the whole months of the period, to ask for single products.
    """

    sales: Sales
    accounts: pd.DataFrame
    by_field: pd.DataFrame
    items: ibis.Table | None = None

    def of_products(self, wanted: Collection[str]) -> pd.DataFrame:
        """Sum up the revenue of products by account: account_id, product_id, revenue.

        Parameters
        ----------
        wanted : numbers of products; capitals make no difference
        """
        if self.items is None:
            return pd.DataFrame({"account_id": [], "product_id": [], "revenue": []}).astype({"revenue": "float64"})
        items = self.items.filter(self.items.product_id.lower().isin([number.lower() for number in wanted]))
        sums = items.group_by(["account_id", "product_id"]).agg(revenue=items.revenue.sum().cast("float64"))
        return sums.order_by(["account_id", "product_id"]).to_pyarrow().to_pandas()

    @cached_property
    def with_silent(self) -> pd.DataFrame:
        """Return `accounts`, and below them today's key accounts without a line in the period, who bought nothing."""
        everyone = self.sales.accounts
        silent = everyone[is_key_account(everyone, self.sales.as_of) & (everyone["lines"] == 0)]
        if silent.empty:
            return self.accounts
        nothing = {name: 0.0 for name in OF_NOTHING if name in self.known}
        silent = silent.assign(is_key_account=True, **nothing).reindex(columns=self.accounts.columns)
        kinds = self.accounts.dtypes.to_dict()
        return pd.concat([self.accounts, silent.astype(kinds, errors="ignore")], ignore_index=True)

    @property
    def known(self) -> list[str]:
        """Name the measures that at least one account has."""
        return [name for name in self.accounts.columns if self.accounts[name].notna().any()]


def measures(facts: Facts, period: str = "") -> Measures:
    """Measure every account in a period; empty: the settings' own.

    Raises
    ------
    DataRefused
        The data were refused, or the ledger does not touch the period.
    """
    sold = sales(facts, period)
    chosen = sold.basis.period
    assert chosen
    accounts = sold.accounts[sold.accounts["lines"] > 0].reset_index(drop=True)
    whole = facts.calendar.whole_months(chosen)
    by_field = _by_field(facts, whole)
    for share, money in (("revenue_share", "revenue"), ("margin_share", "contribution_margin")):
        total = accounts[money].sum()
        accounts[share] = accounts[money] / total if total > 0 else np.nan
    accounts["margin_rate"] = (accounts["contribution_margin"] / accounts["revenue"]).where(accounts["revenue"] > 0)
    growth = accounts["revenue_now"] / accounts["revenue_before"] - 1
    accounts["growth"] = growth.where(accounts["revenue_before"].round(4) > 0) if sold.comparison else np.nan
    of = accounts["account_id"].map
    accounts["regularity"] = of(_regularity(facts, chosen, facts.calendar))
    sold_fields = by_field[(by_field["revenue"].round(4) > 0) & by_field["product_group"].notna()]
    has_fields = bool(by_field["product_group"].notna().any())
    breadth = of(sold_fields.groupby("account_id")["product_group"].nunique()).fillna(0)
    accounts["product_groups"] = breadth if has_fields else np.nan
    accounts["sites"] = of(sold.sites["account_id"].value_counts()).astype("float64")
    accounts["countries"] = of(_distinct(facts, sold.sites["site_id"], "country"))
    accounts["managers"] = of(_distinct(facts, sold.sites["site_id"], "account_manager"))
    accounts["years"] = of(_years(facts))
    hours, cost = _effort(facts, chosen)
    accounts["hours"], accounts["cost_to_serve"] = of(hours), of(cost)
    accounts["margin_after_service"] = accounts["contribution_margin"] - accounts["cost_to_serve"]
    accounts["is_key_account"] = is_key_account(accounts, facts.calendar.as_of)
    return Measures(sold, accounts, by_field, _in_months(facts.items, whole))


def is_key_account(accounts: pd.DataFrame, day: date) -> pd.Series:
    """Say who is a key account on a day by `key_account_since` and `key_account_until`."""
    since, until = (pd.to_datetime(accounts[f"key_account_{end}"]) for end in ("since", "until"))
    return (since <= pd.Timestamp(day)) & ~(until <= pd.Timestamp(day))


def _by_field(facts: Facts, period: Period) -> pd.DataFrame:
    inside = _in_months(facts.months, period)
    sums = inside.group_by(["account_id", "product_group"]).agg(
        revenue=inside.revenue.sum().cast("float64"),
        contribution_margin=inside.contribution_margin.sum().cast("float64"),
    )
    return sums.order_by(["account_id", "product_group"]).to_pyarrow().to_pandas()


def _in_months(table: ibis.Table, period: Period) -> ibis.Table:
    return table.filter(table.month.between(period.months[0].start_time.date(), period.months[-1].start_time.date()))


def _regularity(facts: Facts, period: Period, calendar: Calendar) -> pd.Series:
    """Share of the last complete months of the period, at most twelve, in which an account ordered."""
    complete = calendar.complete_months
    months = [m for m in complete if period.start <= m.start_time.date() and m.end_time.date() <= period.end][-12:]
    if not months or calendar.grain not in ("day", "month"):
        return pd.Series(dtype="float64")
    table = facts.months
    inside = table.filter(
        table.month.between(months[0].start_time.date(), months[-1].start_time.date()), table.revenue > 0
    )
    counts = inside.group_by("account_id").agg(months=inside.month.nunique()).to_pyarrow().to_pandas()
    shares = counts.set_index("account_id")["months"] / len(months)
    return shares.reindex(facts.accounts["account_id"]).fillna(0.0)


def _distinct(facts: Facts, sites: pd.Series, column: str) -> pd.Series:
    """Count the different values that the sites of an account have; accounts without any are not in it."""
    known = facts.sites[facts.sites["site_id"].isin(sites) & facts.sites[column].notna()]
    return known.groupby("account_id")[column].nunique().astype("float64")


def _years(facts: Facts) -> pd.Series:
    orders = facts.orders
    firsts = orders.group_by("account_id").agg(first=orders.date.min()).to_pyarrow().to_pandas().set_index("account_id")
    as_of = pd.Timestamp(facts.calendar.as_of)
    return (as_of - pd.to_datetime(firsts["first"])).dt.days / DAYS_OF_A_YEAR


def _effort(facts: Facts, period: Period) -> tuple[pd.Series, pd.Series]:
    """Sum up hours and cost to serve of a period; an entry of a longer span counts by its months inside."""
    entered, rate = facts.entries.get("effort"), facts.engagement.settings.hourly_rate
    nothing = pd.Series(dtype="float64")
    if entered is None:
        return nothing, nothing
    year_start = facts.engagement.settings.fiscal_year_start
    inside = set(period.months)
    spans = {text: fiscal_span(text, year_start).months for text in entered["period"].unique()}
    share = entered["period"].map(lambda text: len(inside & set(spans[text])) / len(spans[text]))
    wanted = entered.reindex(columns=["account_id", "hours", "amount"])
    wanted = wanted.assign(hours=wanted["hours"] * share, amount=wanted["amount"] * share)[share > 0]
    by_hours = wanted["hours"] * float(rate) if rate is not None else np.nan
    wanted["cost"] = wanted["amount"].fillna(by_hours)
    sums = wanted.groupby("account_id")[["hours", "cost"]].sum(min_count=1)
    return sums["hours"].dropna(), sums["cost"].dropna()
