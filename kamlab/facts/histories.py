"""The whole history of every account: on which days it ordered, what each month brought, when it was a key account.

In go the facts, out come `Histories`. What looks back or ahead starts here. Knows no analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from kamlab.facts import Facts
from kamlab.facts.calendar import Calendar
from kamlab.facts.measures import is_key_account
from kamlab.facts.sales import Sales, sales


@dataclass(frozen=True)
class Histories:
    """What every account did, over the whole ledger.

    Attributes
    ----------
    sales : Sales
        Of the whole ledger: all accounts, their attributes, the basis.
    days : DataFrame
        One row per account and day with an order, that is with positive revenue at one of its sites, by both:
        account_id, date, amount (what these sites brought that day, in the measure).
    months : DataFrame
        One row per account and month of the whole ledger: account_id, month (Period), revenue, contribution_margin
        (NaN where the ledger has none).
    """

    sales: Sales
    days: pd.DataFrame
    months: pd.DataFrame
    calendar: Calendar

    @property
    def measure(self) -> str:
        """What a value is made of: contribution margin where the ledger has it, else revenue."""
        return "contribution_margin" if self.sales.has_margin else "revenue"

    @property
    def end(self) -> pd.Timestamp:
        """Return the last day that counts."""
        return pd.Timestamp(self.calendar.as_of)

    @cached_property
    def names(self) -> pd.Series:
        """Return the names of all accounts of ledger and master data, by account_id."""
        return self.sales.accounts.set_index("account_id")["name"]

    def key_accounts(self, day: date) -> set[str]:
        """Name the accounts that were key accounts on a day."""
        accounts = self.sales.accounts
        return set(accounts.loc[is_key_account(accounts, day), "account_id"])

    @cached_property
    def _grid(self) -> tuple[pd.Index, np.ndarray, np.ndarray]:
        """All accounts by complete month: what each brought in the measure, and whether it ordered."""
        months, accounts = self.calendar.complete_months, pd.Index(self.names.index.sort_values())
        amounts, ordered = np.zeros((len(accounts), len(months))), np.zeros((len(accounts), len(months)), dtype=bool)
        inside = self.months[self.months["month"].isin(months)]
        rows, columns = accounts.get_indexer(inside["account_id"]), months.get_indexer(pd.Index(inside["month"]))
        np.add.at(amounts, (rows, columns), inside[self.measure].fillna(0.0).to_numpy())
        when = months.get_indexer(pd.PeriodIndex(self.days["date"], freq="M"))
        rows = accounts.get_indexer(self.days["account_id"])[when >= 0]
        ordered[rows, when[when >= 0]] = True
        return accounts, amounts, ordered

    def span(self, start: int, end: int) -> pd.DataFrame:
        """Sum up complete months from one to before another, counted from the first.

        Returns
        -------
        DataFrame, one row per account of ledger or master data, by account_id: account_id, amount (in the measure,
        rounded to four decimals), ordered (whether there was an order).
        """
        accounts, amounts, ordered = self._grid
        sums, any_ = amounts[:, start:end].sum(axis=1).round(4), ordered[:, start:end].any(axis=1)
        return pd.DataFrame({"account_id": accounts, "amount": sums, "ordered": any_})


def histories(facts: Facts) -> Histories:
    """Read the whole history of every account.

    Raises
    ------
    DataRefused
        The data were refused.
    """
    sold = sales(facts, "all")
    measure = "contribution_margin" if sold.has_margin else "revenue"
    orders = facts.orders
    bought = orders.filter(orders.revenue > 0)  # a credit note is no order
    days = bought.group_by(["account_id", "date"]).agg(amount=bought[measure].sum().cast("float64"))
    frame = days.order_by(["account_id", "date"]).to_pyarrow().to_pandas()
    months = facts.months
    money = {name: months[name].sum().cast("float64") for name in ("revenue", "contribution_margin")}
    by_month = months.group_by(["account_id", "month"]).agg(**money).order_by(["account_id", "month"])
    sums = by_month.to_pyarrow().to_pandas()
    return Histories(
        sales=sold,
        days=frame.assign(date=pd.to_datetime(frame["date"])),
        months=sums.assign(month=pd.PeriodIndex(pd.to_datetime(sums["month"]), freq="M")),
        calendar=facts.calendar,
    )
