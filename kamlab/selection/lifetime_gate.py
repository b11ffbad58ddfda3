"""May the model of silent loss be used? Only where buying is without contract and rhythm, and the data can carry it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamlab.facts.rhythm import gaps, rhythms
from kamlab.selection.lifetime import NORMAL_80, Fit, dropout_factor, fit_amounts, fit_orders, purchases

FEWEST_ACCOUNTS = 100
FEWEST_LOSSES = 20
SILENT = 182  # days after which an account that was never silent for so long counts as lost
WIDEST = 3.0  # factor between the ends of the interval of the mean chance to stop
REGULAR = 1.5  # shape of the gaps above which they are clearly more regular than chance, which has 1
METRONOME = 100.0  # no shape is said to be higher
FEWEST_GAPS = 30  # accounts with two gaps from which on that is tested
HOLDS = "holds"


@dataclass(frozen=True)
class Gate:
    """What was asked of the data, and the fits where it holds.

    Attributes
    ----------
    failed : of `accounts`, `losses`, `regular`, `coarse`, `converged`, `wide`, those that do not hold
    shape : of the gaps between orders, 1 for chance, and the lower end of its 80 of 100 interval; None where too few
        accounts have two gaps
    factor : between the ends of the interval of the mean chance to stop; None where nothing was fitted
    amounts : None where the amounts of the orders do not fit the model; the orders may do so nevertheless
    """

    failed: tuple[str, ...]
    accounts: int
    losses: int
    shape: tuple[float, float] | None = None
    factor: float | None = None
    orders: Fit | None = None
    amounts: Fit | None = None

    @property
    def holds(self) -> bool:
        """Say whether the model may be used."""
        return not self.failed

    @property
    def word(self) -> str:
        """Name what fails first, or that it holds."""
        return self.failed[0] if self.failed else HOLDS


def gate(days: pd.DataFrame, end: pd.Timestamp, has_days: bool = True) -> Gate:
    """Judge the days with orders (account_id, date, amount; sorted) up to the end of a day.

    Parameters
    ----------
    has_days : bool
        The ledger knows on which day an order came; by month or coarser, all gaps are those of the calendar.
    """
    measured = rhythms(days, end)
    losses = int(lost(measured).sum())
    found = regularity(days[days["date"] <= end])
    failed = ["accounts"] * (len(measured) < FEWEST_ACCOUNTS) + ["losses"] * (losses < FEWEST_LOSSES)
    is_regular = found is not None and found[1] > REGULAR
    failed += ["regular" if has_days else "coarse"] * (is_regular or not has_days)
    known = Gate(tuple(failed), len(measured), losses, found if has_days else None)
    if failed:
        return known
    orders, amounts = fits(days, end)
    factor = dropout_factor(orders) if orders.holds else None
    failed = ["converged"] * (not orders.holds) + ["wide"] * (factor is not None and factor >= WIDEST)
    fitted = (None, None) if failed else (orders, amounts)
    return Gate(tuple(failed), known.accounts, losses, known.shape, factor, *fitted)


def fits(days: pd.DataFrame, end: pd.Timestamp) -> tuple[Fit, Fit | None]:
    """Fit orders and amounts up to the end of a day; amounts None where their model does not hold."""
    bought = purchases(days, end)
    orders = fit_orders(*(bought[name].to_numpy() for name in ("x", "tx", "T")))
    positive = bought[bought["mean"] > 0]
    amounts = fit_amounts(positive["x"].to_numpy() + 1, positive["mean"].to_numpy()) if len(positive) > 1 else None
    return orders, amounts if amounts and amounts.holds and amounts.parameters["q"] > 1 else None


def lost(measured: pd.DataFrame) -> pd.Series:
    """Say who counts as lost: ordered at least twice, silent for more than half a year and longer than ever before."""
    longer = measured["days_silent"] > measured["longest_gap"]  # never where there is no gap
    return longer & (measured["days_silent"] > SILENT)


def regularity(days: pd.DataFrame) -> tuple[float, float] | None:
    """Estimate the shape of the gaps between orders, and the lower end of its 80 of 100 interval.

    Wheat and Morrison (1990): of two gaps in a row, the share of the one in both varies by 1/12 for orders by chance
    and less the more regular they are: by 1/(4(2k+1)) for gaps of an Erlang distribution of shape k. Orders of a day
    are one here: by chance, and whatever the rate, the first of two gaps of s days together is then any of 1 to s - 1
    alike, and its share varies by (1 - 2/s)/12. Each pair counts with that, each account as one.

    Returns
    -------
    None where fewer than `FEWEST_GAPS` accounts have two gaps.
    """
    known = days[["account_id"]].assign(gap=gaps(days)).dropna(subset="gap")
    pair = known.groupby("account_id").cumcount(ascending=False) // 2  # the last two gaps, the two before, …
    both = known.groupby(["account_id", pair])["gap"].agg(["first", "sum", "size"]).query("size == 2")
    room = 1 - 2 / both["sum"]
    square = (both["first"] / both["sum"] - 0.5) ** 2
    of = pd.DataFrame({"room": room, "square": square}).groupby(level=0).mean()
    if len(of) < FEWEST_GAPS or not of["room"].sum() > 0:
        return None
    variance = float(of["square"].sum() / of["room"].sum())
    error = float(np.sqrt(((of["square"] - variance * of["room"]) ** 2).sum()) / of["room"].sum())
    return _shape(variance), _shape(variance + NORMAL_80 * error)


def _shape(variance: float) -> float:
    return min((1 - 4 * variance) / (8 * variance), METRONOME) if variance > 0 else METRONOME
