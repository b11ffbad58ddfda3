"""From the last twelve months and contracts of every account to what the coming years are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kamlab.facts.histories import Histories
from kamlab.selection.carrying import Outlook
from kamlab.selection.contracted import by_year, per_account
from kamlab.selection.present_value import closed_form, flows, present_values, ranges
from kamlab.selection.retention_classes import classed, is_new, looked_up

FULL_YEAR = 12
PARTS = ("contracted", "framework", "expected")
POINTS = 0.02  # by which another discount rate differs


@dataclass(frozen=True)
class Book:
    """What is known of the accounts, before anything is predicted.

    Attributes
    ----------
    accounts : DataFrame
        One row per account with a positive amount and an order in the last twelve complete months, or with a contract:
        account_id, name, class, key_account, margin_12 (NaN where the ledger has no margin), revenue_12,
        contracted_until.
    not_positive : DataFrame
        Accounts with orders or amounts that come to zero or less, without a contract: account_id, name, margin_12,
        revenue_12.
    silent : accounts without an order in these months, later : those that ordered only after them
    months : complete months that are summed up, twelve unless the ledger is shorter
    contracts : amounts by account and year, in the measure
    new : which accounts ordered for the first time in these months
    """

    accounts: pd.DataFrame
    not_positive: pd.DataFrame
    silent: int
    later: int
    months: int
    contracts: Mapping[str, np.ndarray]
    base: str
    new: np.ndarray

    @property
    def amounts(self) -> np.ndarray:
        """The amounts of the last twelve months, in the measure."""
        return self.accounts[self.base].to_numpy(dtype=float)


def book(histories: Histories, contracts: pd.DataFrame, years: int) -> Book:
    """Sum up the last twelve complete months; `contracts` are those that speak of the time after."""
    months = len(histories.calendar.complete_months)
    start = max(0, months - FULL_YEAR)
    frame = histories.span(start, months) if months else histories.span(0, 0)
    base = "margin_12" if histories.sales.has_margin else "revenue_12"
    frame["name"] = frame["account_id"].map(histories.names)
    revenue = _revenue(histories, start)
    frame["revenue_12"] = frame["account_id"].map(revenue).fillna(0.0)
    frame["margin_12"] = frame["amount"] if histories.sales.has_margin else np.nan
    until = contracts.groupby("account_id")["end"].max().reindex(frame["account_id"])
    frame["contracted_until"] = until.to_numpy(dtype="datetime64[ns]")
    frame["key_account"] = frame["account_id"].isin(histories.key_accounts(histories.calendar.as_of))
    classes = classed(histories, start, months).set_index("account_id")["class"] if months else pd.Series(dtype=object)
    frame["class"] = frame["account_id"].map(classes)
    is_valued = frame["class"].notna() | frame["contracted_until"].notna()
    columns = ["account_id", "name", "class", "key_account", "margin_12", "revenue_12", "contracted_until"]
    accounts = frame.loc[is_valued, columns].reset_index(drop=True)
    accounts["class"] = accounts["class"].fillna("C")  # nothing bought, a contract only
    moved = ~is_valued & (frame["ordered"] | (frame["amount"] != 0))
    not_positive = frame.loc[moved, ["account_id", "name", "margin_12", "revenue_12"]]
    still = set(frame.loc[~is_valued & ~moved, "account_id"]) & set(histories.days["account_id"])
    first = histories.days.groupby("account_id")["date"].min()
    border = histories.calendar.complete_months[-1].end_time if months else histories.end
    later = int((first[first.index.isin(still)] > border).sum())
    divided = by_year(contracts, histories.end, years)
    agreed = per_account(divided, pd.Index(accounts["account_id"]), years)
    rates = _rates(accounts)[:, None] if histories.sales.has_margin else 1.0
    in_measure = {name: part if name == "probability" else part * rates for name, part in agreed.items()}
    return Book(
        accounts,
        not_positive.sort_values([base, "account_id"], ignore_index=True),
        len(still) - later,
        later,
        min(months, FULL_YEAR),
        in_measure,
        base,
        is_new(histories, accounts["account_id"], start, months),
    )


def _revenue(histories: Histories, start: int) -> pd.Series:
    months = histories.calendar.complete_months[start:]
    inside = histories.months[histories.months["month"].isin(months)]
    return inside.groupby("account_id")["revenue"].sum().round(4)


def _rates(accounts: pd.DataFrame) -> np.ndarray:
    """Give the margin per revenue by which a contract's revenue counts: the account's own, else that of all."""
    revenue, margin = accounts["revenue_12"], accounts["margin_12"]
    of_all = margin.sum() / revenue.sum() if revenue.sum() > 0 else 0.0
    own = (margin / revenue.where(revenue > 0)).where(margin > 0)
    rates: np.ndarray = own.fillna(max(0.0, float(of_all))).to_numpy(dtype=float)
    return rates


def valued(known: Book, ahead: Outlook, common: float, rate: float) -> tuple[Book, tuple[float, float]]:
    """Value every account: value with value_low and value_high (80 of 100), its parts, the retention of its class.

    Parameters
    ----------
    common : how far the sum was off in the past beyond chance (standard deviation of the logarithm)
    rate : discount rate a year

    Returns
    -------
    The book with these columns, and the range of the sum.
    """
    accounts, given = known.accounts, flows(known.amounts, dict(known.contracts))
    years = given.certain.shape[1]
    parts = present_values(given, ahead.kept(accounts.assign(new=known.new), years), rate)
    value = sum(parts.values(), np.zeros(len(accounts)))
    low, high, total = ranges(given, ahead.chances(accounts.assign(new=known.new), years, common), rate)
    figures = {"value": value, "value_low": np.minimum(low, value), "value_high": np.maximum(high, value), **parts}
    stays = looked_up(accounts, ahead.classes, ["retention"])["retention"]
    return replace(known, accounts=accounts.assign(**figures, retention=stays)), total


def sensitivity(known: Book, ahead: Outlook, rate: float) -> pd.DataFrame:
    """Sum up the value under other choices.

    Returns
    -------
    DataFrame: choice (`chosen`; `discount_lower`, `discount_higher`: two points; `retention_lower`, `retention_higher`:
    all classes at the ends of their intervals; `unlimited`: without end, contracts and growth after the first year, by
    the closed form), worth.
    """
    given = flows(known.amounts, dict(known.contracts))
    years = given.certain.shape[1]

    def total(column: str, at: float) -> float:
        parts = present_values(given, ahead.kept(known.accounts.assign(new=known.new), years, column), at)
        return float(sum(part.sum() for part in parts.values()))

    stays = looked_up(known.accounts, ahead.classes, ["retention"])["retention"]
    begun = np.maximum(known.amounts, 0.0) * np.where(known.new, ahead.new.believed, ahead.first.believed)
    unlimited = sum(closed_form(amount, chance, rate) for amount, chance in zip(begun, stays, strict=True))
    values = {
        "chosen": total("retention", rate),
        "discount_lower": total("retention", max(0.0, rate - POINTS)),
        "discount_higher": total("retention", rate + POINTS),
        "retention_lower": total("retention_low", rate),
        "retention_higher": total("retention_high", rate),
        "unlimited": unlimited,
    }
    if not np.isfinite(unlimited):
        del values["unlimited"]
    return pd.DataFrame({"choice": list(values), "worth": list(values.values())})
