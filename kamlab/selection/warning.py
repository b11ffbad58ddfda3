"""Early warning: who has been silent for longer than ever before, who will not order soon, was it right before.

The rhythm tells of single accounts with a rhythm of their own; the probability of the model ranks the many small ones,
where its gate holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import rankdata

from kamlab.facts.rhythm import is_unusual, rhythms
from kamlab.selection import lifetime
from kamlab.selection.lifetime import Fit

CUTS = 4  # days of the past at which warnings are checked
A_YEAR = 365  # days after which an account without an order is no customer any more


@dataclass(frozen=True)
class Warnings:
    """What was said at several days, and what came.

    Attributes
    ----------
    checked : DataFrame
        One row per circle (`rhythm`: customers whose rhythm is known; `all`) and rule (`rhythm`: silent for longer than
        ever before; `recency`: silent the longest; `lifetime`: highest probability), all days together: circle, rule,
        cuts, accounts (customers of the year before), inactive (without an order in the days that followed), named (by
        the rule: as many as the rhythm names), hits (of those, inactive), sorted (of pairs of one that stayed away and
        one that did not, the share in the right order; NaN for the rhythm, which ranks nobody), predicted_inactive (by
        probability; NaN but for `lifetime`).
    inactive : probability by account_id of no order in the coming days, as it was right in the last ones; or empty
    """

    checked: pd.DataFrame
    inactive: pd.Series


def warnings(days: pd.DataFrame, end: pd.Timestamp, ahead: int, fit: Fit | None) -> Warnings:
    """Warn as of the end of a day, and check the same rules at days before.

    Parameters
    ----------
    days : DataFrame
        account_id, date, amount; sorted.
    ahead : int
        Days in which an order is missed.
    fit : the model of the orders as of the end; None where its gate does not hold
    """
    first = days["date"].min()
    cuts = [end - pd.Timedelta(days=ahead * at) for at in range(CUTS, 0, -1)]
    cuts = [cut for cut in cuts if first + pd.Timedelta(days=A_YEAR) <= cut]
    found, lines = [], (0.0, 1.0)
    for cut in cuts:
        known = _known(days, cut, ahead)
        if fit:
            raw = _silent(days, cut, ahead, _refitted(days, cut)).reindex(known.index)
            known["probability"] = _bent(raw, lines)
            lines = _lines(raw.to_numpy(), known["inactive"].to_numpy())
        found.append(known)
    inactive = pd.Series(dtype="float64")
    if fit:
        inactive = _bent(_silent(days, end, ahead, fit), lines)
    return Warnings(_checked(found), inactive)


def _known(days: pd.DataFrame, cut: pd.Timestamp, ahead: int) -> pd.DataFrame:
    """Say of the customers of the year before a day what was known then, and who then placed no order."""
    measured = rhythms(days, cut)
    customers = measured[measured["days_silent"] < A_YEAR]
    after = days[(days["date"] > cut) & (days["date"] <= cut + pd.Timedelta(days=ahead))]
    inactive = ~customers.index.isin(after["account_id"].unique())
    return customers.assign(inactive=inactive, unusual=is_unusual(customers))


def _refitted(days: pd.DataFrame, cut: pd.Timestamp) -> Fit:
    bought = lifetime.purchases(days, cut)
    return lifetime.fit_orders(*(bought[name].to_numpy() for name in ("x", "tx", "T")))


def _silent(days: pd.DataFrame, end: pd.Timestamp, ahead: int, fit: Fit) -> pd.Series:
    bought = lifetime.purchases(days, end)
    x, tx, span = (bought[name].to_numpy() for name in ("x", "tx", "T"))
    return pd.Series(lifetime.silent(fit, x, tx, span, ahead / lifetime.DAYS_OF_A_WEEK), index=bought.index)


def _logit(probability: np.ndarray) -> np.ndarray:
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    logit: np.ndarray = np.log(inside / (1 - inside))
    return logit


def _lines(raw: np.ndarray, inactive: np.ndarray) -> tuple[float, float]:
    """Find the straight line through the logits that was right in a window (Platt); as it is where all did the same."""
    if inactive.all() or not inactive.any():
        return 0.0, 1.0
    logits, came = _logit(raw), inactive.astype(float)

    def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
        at = line[0] + line[1] * logits
        wrong = 1 / (1 + np.exp(-at)) - came
        return float((np.logaddexp(0, at) - came * at).mean()), np.array([wrong.mean(), (wrong * logits).mean()])

    found = minimize(loss, (0.0, 1.0), jac=True, method="BFGS")
    shift, slope = map(float, found.x)
    return (shift, slope) if found.success and slope > 0 else (0.0, 1.0)


def _bent(raw: pd.Series, lines: tuple[float, float]) -> pd.Series:
    shift, slope = lines
    return pd.Series(1 / (1 + np.exp(-(shift + slope * _logit(raw.to_numpy())))), index=raw.index)


def _checked(found: list[pd.DataFrame]) -> pd.DataFrame:
    """Sum up the days by circle and rule."""
    columns = ["of", "rule", "cuts", "accounts", "inactive", "named", "hits", "sorted", "predicted_inactive"]
    if not found:
        return pd.DataFrame(columns=columns)
    rules = {"rhythm": "unusual", "recency": "days_silent", "lifetime": "probability"}
    circles = {"rhythm": [frame[frame["usual_gap"].notna()] for frame in found], "all": found}
    rows = [
        {"of": circle, "rule": rule} | _summed(frames, rule, column)
        for circle, frames in circles.items()
        for rule, column in rules.items()
        if column in found[0] and not (circle == "all" and rule == "rhythm")
    ]
    return pd.DataFrame(rows, columns=columns)


def _summed(frames: list[pd.DataFrame], rule: str, column: str) -> dict[str, float]:
    pairs = [_in_order(frame[column].to_numpy(dtype=float), frame["inactive"].to_numpy()) for frame in frames]
    is_ranked = rule != "rhythm" and not np.isnan(pairs).all()
    return {
        "cuts": len(frames),
        "accounts": sum(map(len, frames)),
        "inactive": sum(int(frame["inactive"].sum()) for frame in frames),
        "named": sum(int(frame["unusual"].sum()) for frame in frames),
        "hits": sum(int(frame.loc[_first(frame, column), "inactive"].sum()) for frame in frames),
        "sorted": float(np.nanmean(pairs)) if is_ranked else np.nan,
        "predicted_inactive": sum(float(f[column].sum()) for f in frames) if rule == "lifetime" else np.nan,
    }


def _first(frame: pd.DataFrame, column: str) -> pd.Index:
    """Name as many accounts as the rhythm names, those first by a column; ties by account_id."""
    ordered = frame.sort_index().sort_values(column, ascending=False, kind="stable")
    return ordered.index[: int(frame["unusual"].sum())]


def _in_order(score: np.ndarray, inactive: np.ndarray) -> float:
    """Share of the pairs of one inactive and one active account in which the former scores higher; ties count half.

    The statistic of Mann and Whitney (1947), the area under the ROC curve; NaN where there is no pair.
    """
    away, here = int(inactive.sum()), int((~inactive).sum())
    if not away or not here:
        return float("nan")
    return float((rankdata(score)[inactive].sum() - away * (away + 1) / 2) / (away * here))
