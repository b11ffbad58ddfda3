"""Would the value have been right? Predicted at several days of the past, against what came, beside simple rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil

import numpy as np
import pandas as pd

from kamlab.facts.histories import Histories
from kamlab.selection import lifetime
from kamlab.selection.lifetime_gate import fits
from kamlab.selection.present_value import Chances, flows, ranges
from kamlab.selection.retention_classes import classed, looked_up, pairs, retention

FULL_YEAR = 12
STEP = 3  # months between two days of prediction
TOP = 0.1  # share of the accounts that a rule would have put first
RULES = ("retention", "last", "lifetime")


def span_of(histories: Histories) -> int | None:
    """Choose the months that are predicted: a year, or half a one where the ledger is short; None below two years."""
    months = len(histories.calendar.complete_months)
    return FULL_YEAR if months >= 3 * FULL_YEAR else FULL_YEAR // 2 if months >= 2 * FULL_YEAR else None


def value_backtest(histories: Histories, with_lifetime: bool) -> pd.DataFrame:
    """Predict the amount of the next months from what was known at a day, account by account, and compare.

    Returns
    -------
    DataFrame, one row per day and rule (`retention`: the rule of this page; `last`: as much as before; `lifetime`:
    orders and amounts of the model): cut_day, rule, months, accounts, predicted, actual, error_signed (predicted per
    actual, less one), error_accounts (sum of the absolute errors per actual), top_share (of the actual amount, what the
    tenth of the accounts with the highest prediction brought), covered (share of the accounts inside their range of 80
    of 100; NaN but for `retention`; as wide as the sums at the other days were off). Accounts that came later are in
    nothing.
    """
    columns = ["cut_day", "rule", "months", "accounts", "predicted", "actual"]
    span, months = span_of(histories), len(histories.calendar.complete_months)
    cuts = [_predicted(histories, cut, span, with_lifetime) for cut in _cuts(months, span)] if span else []
    days = [day for day in cuts if day]
    rows = [row for at, day in enumerate(days) for row in _rows(day, days[:at] + days[at + 1 :])]
    return pd.DataFrame(rows, columns=[*columns, "error_signed", "error_accounts", "top_share", "covered"])


def _cuts(months: int, span: int) -> range:
    """Name the days of prediction by their month: two spans before them, one behind."""
    return range(2 * span, months - span + 1, STEP)


@dataclass(frozen=True)
class _Day:
    """What was known at a day, what was predicted by each rule, and what came, by account."""

    day: date
    months: int
    amount: np.ndarray
    chance: pd.DataFrame
    predicted: dict[str, np.ndarray]
    actual: np.ndarray

    @property
    def off(self) -> float:
        """The logarithm of what came per what this page's rule predicted."""
        return float(np.log(self.actual.sum() / self.predicted["retention"].sum()))


def _predicted(histories: Histories, cut: int, span: int, with_lifetime: bool) -> _Day | None:
    """Predict at one day: the end of a month, counted from the first; None where there is nothing to predict."""
    seen, base = pairs(histories, span, cut), classed(histories, cut - span, cut)
    if seen.empty or base.empty:
        return None
    day = histories.calendar.complete_months[cut - 1].end_time.normalize()
    after = histories.span(cut, cut + span).set_index("account_id")["amount"]
    actual = base["account_id"].map(after).to_numpy(dtype=float)
    if actual.sum() <= 0:
        return None
    amount = base["amount"].to_numpy(dtype=float)
    chance = looked_up(base, retention(seen), ["retention", "rests_on", "log_spread"])
    predicted = {"retention": amount * chance["retention"].to_numpy(), "last": amount}
    if with_lifetime and (modelled := _modelled(histories, day, base["account_id"], span)) is not None:
        predicted["lifetime"] = modelled
    return _Day(day.date(), span, amount, chance, predicted, actual)


def _rows(day: _Day, others: list[_Day]) -> list[dict[str, object]]:
    covered = _covered(day, _root_mean_square([other.off for other in others]))
    known = {"cut_day": day.day, "months": day.months, "accounts": len(day.amount), "actual": float(day.actual.sum())}
    return [
        known
        | {"rule": rule, "predicted": float(values.sum()), "covered": covered if rule == "retention" else np.nan}
        | _errors(values, day.actual)
        for rule, values in day.predicted.items()
    ]


def _errors(predicted: np.ndarray, actual: np.ndarray) -> dict[str, float]:
    first = np.argsort(-predicted, kind="stable")[: ceil(TOP * len(actual))]
    return {
        "error_signed": float(predicted.sum() / actual.sum() - 1),
        "error_accounts": float(np.abs(predicted - actual).sum() / actual.sum()),
        "top_share": float(actual[first].sum() / actual.sum()),
    }


def _covered(day: _Day, common: float) -> float:
    """Say in how many of one the actual amount lay in the range that the rule would have given."""
    nothing = dict.fromkeys(("certain", "framework", "renewed", "probability"), np.zeros((len(day.amount), 1)))
    stays, rests_on, spread = (day.chance[name].to_numpy() for name in ("retention", "rests_on", "log_spread"))
    chances = Chances(stays, rests_on, spread, pd.factorize(day.chance["retention"])[0], common)
    low, high, _ = ranges(flows(day.amount, nothing), chances, 0.0)
    return float(((day.actual >= low - 1e-4) & (day.actual <= high + 1e-4)).mean())


def _modelled(histories: Histories, day: pd.Timestamp, accounts: pd.Series, span: int) -> np.ndarray | None:
    """Predict by the model as it would have been fitted at that day; None where it does not hold."""
    orders, amounts = fits(histories.days, day)
    if not orders.holds or amounts is None:
        return None
    bought = lifetime.purchases(histories.days, day).loc[accounts]
    x, tx, weeks, mean = (bought[name].to_numpy() for name in ("x", "tx", "T", "mean"))
    ahead = ((day + pd.offsets.MonthEnd(span)) - day).days / lifetime.DAYS_OF_A_WEEK
    return lifetime.expected(orders, x, tx, weeks, ahead) * lifetime.mean_amount(amounts, x + 1, np.maximum(mean, 0))


def summed(compared: pd.DataFrame) -> pd.DataFrame:
    """Sum up the days by rule, in the order of the rules: means of the errors, sizes of those of the sum.

    Only days at which every rule predicted: of unlike days nothing can be compared.
    """
    rules = compared["rule"].nunique()
    alike = compared[compared.groupby("cut_day")["rule"].transform("size") == rules]
    if alike.empty:
        return pd.DataFrame(columns=["rule", "cuts", "error_total", "error_accounts", "top_share", "covered"])
    by_rule = alike.assign(error_total=alike["error_signed"].abs()).groupby("rule")
    means = by_rule.agg(
        cuts=("cut_day", "size"),
        error_total=("error_total", "mean"),
        error_accounts=("error_accounts", "mean"),
        top_share=("top_share", "mean"),
        covered=("covered", "mean"),
    )
    return means.loc[[rule for rule in RULES if rule in means.index]].reset_index()


def common_error(compared: pd.DataFrame) -> float:
    """Measure how far the sum was off: root of the mean square of its logarithm; 0 where nothing was compared."""
    own = compared[compared["rule"] == "retention"]
    return _root_mean_square(np.log(own["actual"].astype(float) / own["predicted"].astype(float)).tolist())


def _root_mean_square(values: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values else 0.0
