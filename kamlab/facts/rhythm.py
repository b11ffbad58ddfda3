"""How often accounts order; an order is a document on a day with positive revenue.

Of one account in a period (`rhythm_of`), and of all accounts up to a day (`rhythms`). Knows no analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kamlab.facts import silence
from kamlab.facts.account import AccountSales

FEWEST_ORDERS = 6  # days with orders from which on one speaks of a rhythm


@dataclass(frozen=True)
class Rhythm:
    """How often an account orders in a period; None where there are too few orders to say it.

    Attributes
    ----------
    unusual_from : days of silence from which on it is unusual, by all orders up to the day that counts; None where the
        account is not silent for so long
    """

    orders: int
    days: int
    per_month: float | None
    typical: float | None
    low: float | None
    high: float | None
    unusual_from: int | None


def days_with_orders(days: pd.DataFrame) -> pd.DataFrame:
    """Keep the days on which a site bought: a credit note is no order."""
    return days[days["revenue"].round(4) > 0]


def rhythm_of(sold: AccountSales) -> Rhythm:
    """Measure how often the account orders in the period, and how many days lie between two days with orders."""
    period = sold.period
    days = days_with_orders(sold.days)
    days = days[days["date"].between(period.start, period.end)]
    months = pd.PeriodIndex(pd.to_datetime(days["date"]), freq="M")
    complete = period.months.intersection(sold.calendar.complete_months)
    documents = days["documents"].clip(lower=1)
    per_month = float(documents[months.isin(complete)].sum()) / len(complete) if len(complete) else None
    dates = pd.to_datetime(pd.Series(sorted(set(days["date"])), dtype=object))
    gaps = dates.diff().dropna().dt.days
    typical, low, high = (
        [float(gaps.quantile(part)) for part in (0.5, 0.25, 0.75)] if len(dates) >= FEWEST_ORDERS else [None] * 3
    )
    return Rhythm(int(documents.sum()), len(dates), per_month, typical, low, high, _unusual_from(sold))


def _unusual_from(sold: AccountSales) -> int | None:
    dates = pd.to_datetime(pd.Series(sorted(set(days_with_orders(sold.days)["date"])), dtype=object))
    measured = rhythms(pd.DataFrame({"account_id": sold.account_id, "date": dates}), pd.Timestamp(sold.as_of))
    is_late = len(measured) > 0 and bool(is_unusual(measured).iloc[0])
    return int(unusual_from(measured).iloc[0]) if is_late else None


def last_order(sold: AccountSales) -> date | None:
    """Return the last day with an order, in the period or before it; None without any."""
    days = days_with_orders(sold.days)
    return None if days.empty else max(days["date"])


def gaps(days: pd.DataFrame) -> pd.Series:
    """Count the days since the account's order before, NaN for its first; `days` as in `rhythms`."""
    return days["date"].diff().dt.days.where(days["account_id"].eq(days["account_id"].shift()))


def rhythms(days: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Measure the rhythm of all accounts as one sees it at the end of a day.

    Parameters
    ----------
    days : DataFrame
        One row per account and day with an order, sorted by both: account_id, date. Later days are not looked at.

    Returns
    -------
    DataFrame by account_id: orders (days with orders), last_order, days_silent, and of the days between two of them
    usual_gap (median; NaN where there are fewer than `FEWEST_ORDERS` days with orders: that is no rhythm), longest_gap,
    mean_gap and log_gap (mean of `silence.log_of_merged`); NaN after a single order.
    """
    seen = days.loc[days["date"] <= end, ["account_id", "date"]]
    gap = gaps(seen)
    by_account = seen.assign(gap=gap, log=silence.log_of_merged(gap.to_numpy())).groupby("account_id")
    measured = by_account.agg(
        orders=("date", "size"),
        last_order=("date", "max"),
        usual_gap=("gap", "median"),
        longest_gap=("gap", "max"),
        mean_gap=("gap", "mean"),
        log_gap=("log", "mean"),
    )
    measured["usual_gap"] = measured["usual_gap"].where(measured["orders"] >= FEWEST_ORDERS)
    measured.insert(2, "days_silent", (end - measured["last_order"]).dt.days)
    return measured


def is_unusual(measured: pd.DataFrame) -> pd.Series:
    """Say which accounts with a rhythm have been silent for longer than ever before, and for rarely long.

    Rarely: of healthy accounts with such gaps, at most `silence.YEARLY` are found so at a monthly check within a year.
    """
    longer = measured["usual_gap"].notna() & (measured["days_silent"] > measured["longest_gap"])
    of = measured[longer]
    chance = silence.yearly_chance(of["days_silent"].to_numpy(dtype=float), *_known(of))
    return longer & longer.index.isin(of.index[chance < silence.YEARLY])


def unusual_from(measured: pd.DataFrame) -> pd.Series:
    """Give the days of silence from which on `is_unusual` names an account with a rhythm."""
    rarely = silence.rare_from(*_known(measured))
    return pd.Series(np.maximum(rarely, measured["longest_gap"] + 1), index=measured.index, dtype="float64")


def _known(measured: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bring what `rhythms` measured into the form of `silence`: gaps, mean and mean logarithm of the time they took."""
    count, mean = measured["orders"].to_numpy() - 1.0, measured["mean_gap"].to_numpy() - 0.5
    return count, mean, measured["log_gap"].to_numpy()
