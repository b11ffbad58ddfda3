"""Early warning: who has been silent for unusually long, who will not order soon, was it right before.

The rhythm tells of single accounts with a rhythm of their own; the probability of the model ranks the many small ones,
where its gate holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import rankdata

from kamlab.facts.rhythm import is_unusual, rhythms
from kamlab.facts.silence import CHECKS
from kamlab.selection import lifetime
from kamlab.selection.lifetime import Fit
from kamlab.selection.lifetime_gate import SILENT, lost

CUTS = 4  # days of the past at which probabilities are checked
A_YEAR = 365  # days after which an account without an order is no customer any more
CHECKED = ["rule", "silent_from", "cuts", "accounts", "named", "hits", "active", "false_alarms", "losses"]
CHECKED += ["losses_named", "days_before"]


@dataclass(frozen=True)
class Warnings:
    """What was said at several days, and what came.

    Attributes
    ----------
    checked : DataFrame
        The warnings of a year (or as much of it as the ledger has), looked at month by month as a user would: one row
        per rule (`rhythm`: unusually silent; `recency`: silent for the same number of days `silent_from`, so chosen
        that it names no more customers): cuts (months), accounts (customers with a rhythm who were not unusual before),
        named (each once, when it is named first), hits (of those, without an order in the days that followed), active
        (ordered to the last), false_alarms (of those, named), losses (were lost in these months), losses_named (of
        those, named before), days_before (the loss; mean). Empty where the ledger is too short or no rhythm known.
    ranked : DataFrame
        One row per rule (`lifetime`: highest probability; `recency`: silent the longest), several days together: cuts,
        cases (customers at a day), inactive (without an order in the days that followed), sorted (of pairs of one that
        stayed away and one that did not, the share in the right order), predicted_inactive (by probability; NaN for
        `recency`). Empty without a model.
    inactive : probability by account_id of no order in the coming days, as it was right in the last ones; or empty
    """

    checked: pd.DataFrame
    ranked: pd.DataFrame
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
    checked = _checked(days, end, ahead)
    if not fit:
        return Warnings(checked, pd.DataFrame(), pd.Series(dtype="float64"))
    first = days["date"].min()
    cuts = [end - pd.Timedelta(days=ahead * at) for at in range(CUTS, 0, -1)]
    found, lines = [], (0.0, 1.0)
    for cut in (cut for cut in cuts if first + pd.Timedelta(days=A_YEAR) <= cut):
        known = _known(days, cut, ahead)
        raw = _silent(days, cut, ahead, _refitted(days, cut)).reindex(known.index)
        found.append(known.assign(probability=_bent(raw, lines)))
        lines = _lines(raw.to_numpy(), known["inactive"].to_numpy())
    return Warnings(checked, _ranked(found), _bent(_silent(days, end, ahead, fit), lines))


def _known(days: pd.DataFrame, cut: pd.Timestamp, ahead: int) -> pd.DataFrame:
    """Say of the customers of the year before a day what was known then, and who then placed no order."""
    measured = rhythms(days, cut)
    customers = measured[measured["days_silent"] < A_YEAR]
    after = days[(days["date"] > cut) & (days["date"] <= cut + pd.Timedelta(days=ahead))]
    return customers.assign(inactive=~customers.index.isin(after["account_id"].unique()))


def _checked(days: pd.DataFrame, end: pd.Timestamp, ahead: int) -> pd.DataFrame:
    """Look month by month who was named first, by the rhythm and by one limit for all."""
    known, latest = days["date"].min() + pd.Timedelta(days=A_YEAR), end - pd.Timedelta(days=ahead)
    months = (end - pd.DateOffset(months=back) for back in range(ahead // 28 + CHECKS + 2))
    cuts = [cut for cut in months if known <= cut <= latest][: CHECKS + 1][::-1]
    if len(cuts) < 2:
        return pd.DataFrame(columns=CHECKED)
    frames = [_known(days, cut, ahead).assign(cut=cut) for cut in cuts]
    seen = pd.concat([frame.assign(unusual=is_unusual(frame)) for frame in frames]).reset_index()
    before = seen.loc[(seen["cut"] == cuts[0]) & seen["unusual"], "account_id"]  # is no news any more
    seen = seen[(seen["cut"] > cuts[0]) & seen["usual_gap"].notna() & ~seen["account_id"].isin(before)]
    if seen.empty:
        return pd.DataFrame(columns=CHECKED)
    now = rhythms(days, end).loc[seen["account_id"].unique()]
    gone = lost(now) & (now["last_order"] + pd.Timedelta(days=SILENT)).between(cuts[1], cuts[-1])
    came = {"active": now.index[now["last_order"] > cuts[-1]], "losses": now.index[gone]}
    own = _first_named(seen, seen["unusual"], came)
    longest = seen.groupby("account_id")["days_silent"].max().sort_values(ascending=False)
    limit = int(longest.iloc[own["named"]]) + 1 if own["named"] < len(longest) else 0
    rules: list[dict[str, Any]] = [{"rule": "rhythm"} | own]
    if own["named"]:
        rules += [{"rule": "recency", "silent_from": limit} | _first_named(seen, seen["days_silent"] >= limit, came)]
    return pd.DataFrame(rules).assign(cuts=len(cuts) - 1, accounts=len(now)).reindex(columns=CHECKED)


def _first_named(seen: pd.DataFrame, by_rule: pd.Series, came: dict[str, pd.Index]) -> dict[str, Any]:
    """Count customers by the first day at which a rule names them, and what came."""
    named = seen[by_rule].drop_duplicates("account_id").set_index("account_id")
    early = named[named.index.isin(came["losses"]) & (named["days_silent"] <= SILENT)]
    return {
        "named": len(named),
        "hits": int(named["inactive"].sum()),
        "active": len(came["active"]),
        "false_alarms": int(came["active"].isin(named.index).sum()),
        "losses": len(came["losses"]),
        "losses_named": len(early),
        "days_before": float((SILENT - early["days_silent"]).mean()),
    }


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


def _ranked(found: list[pd.DataFrame]) -> pd.DataFrame:
    """Sum up the days by rule."""
    came = {"cuts": len(found), "cases": sum(map(len, found)), "inactive": sum(int(f["inactive"].sum()) for f in found)}
    rules = {"lifetime": "probability", "recency": "days_silent"} if found else {}
    predicted = {"lifetime": sum(float(frame["probability"].sum()) for frame in found)}
    return pd.DataFrame(
        [
            {"rule": rule} | came | {"sorted": _sorted(found, by), "predicted_inactive": predicted.get(rule, np.nan)}
            for rule, by in rules.items()
        ]
    )


def _sorted(found: list[pd.DataFrame], by: str) -> float:
    pairs = np.array([_in_order(frame[by].to_numpy(dtype=float), frame["inactive"].to_numpy()) for frame in found])
    return float(np.nanmean(pairs)) if not np.isnan(pairs).all() else np.nan


def _in_order(score: np.ndarray, inactive: np.ndarray) -> float:
    """Share of the pairs of one inactive and one active account in which the former scores higher; ties count half.

    The statistic of Mann and Whitney (1947), the area under the ROC curve; NaN where there is no pair.
    """
    away, here = int(inactive.sum()), int((~inactive).sum())
    if not away or not here:
        return float("nan")
    return float((rankdata(score)[inactive].sum() - away * (away + 1) / 2) / (away * here))
