"""Would the value have been right? Predicted at several days of the past, against what came, beside simple rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from math import ceil

import numpy as np
import pandas as pd

from kamlab.facts.histories import Histories
from kamlab.selection import lifetime
from kamlab.selection.carrying import Outlook, outlook
from kamlab.selection.lifetime_gate import fits
from kamlab.selection.present_value import flows, ranges
from kamlab.selection.retention_classes import WIDTH_80, classed, is_new

FULL_YEAR = 12
STEP = 3  # months between two days of prediction
TOP = 0.1  # share of the accounts that a rule would have put first
RULES = ("retention", "last", "lifetime")
COLUMNS = ["cut_day", "rule", "months", "accounts", "predicted", "actual", "error_signed", "error_accounts"]
COLUMNS += ["top_share", "covered", "predicted_low", "predicted_high"]


def span_of(histories: Histories) -> int | None:
    """Choose the months that are predicted: a year, or half a one where the ledger is short; None below two years."""
    months = len(histories.calendar.complete_months)
    return FULL_YEAR if months >= 3 * FULL_YEAR else FULL_YEAR // 2 if months >= 2 * FULL_YEAR else None


def value_backtest(histories: Histories, with_lifetime: bool, years: int = 1) -> pd.DataFrame:
    """Predict the amount of the next months from what was known at a day, account by account, and compare.

    Parameters
    ----------
    years : int
        Predicted as far as the ledger reaches, so many years at most; half a year where it is short.

    Returns
    -------
    DataFrame, one row per horizon, day and rule (`retention`: the rule of this page; `last`: as much as before, every
    year; `lifetime`: orders and amounts of the model, the first year): cut_day, rule, months, accounts, predicted,
    actual, error_signed (predicted per actual, less one), error_accounts (sum of the absolute errors per actual),
    top_share (of the actual amount, what the tenth of the accounts with the highest prediction brought), covered (share
    of the accounts inside their range of 80 of 100), predicted_low and predicted_high (of the sum, by chance alone; the
    last three NaN but for `retention`). Accounts that came later are in nothing.
    """
    span, months = span_of(histories), len(histories.calendar.complete_months)
    if not span:
        return pd.DataFrame(columns=COLUMNS)
    rows: list[dict[str, object]] = []
    for ahead in range(1, years + 1 if span == FULL_YEAR else 2):
        cuts = range(2 * span, months - ahead * span + 1, STEP)
        found = (_predicted(histories, cut, span, ahead, with_lifetime and ahead == 1) for cut in cuts)
        days = [day for day in found if day]
        rows += [row for at, day in enumerate(days) for row in _rows(day, days[:at] + days[at + 1 :])]
    return pd.DataFrame(rows, columns=COLUMNS)


@dataclass(frozen=True)
class _Day:
    """What was known at a day, what was predicted by each rule, and what came, by account."""

    day: date
    months: int
    base: pd.DataFrame
    years: int
    ahead: Outlook
    predicted: dict[str, np.ndarray]
    actual: np.ndarray

    def ranges(self, common: float) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
        """Give the ranges that the rule would have given."""
        nothing = np.zeros((len(self.base), self.years))
        without = dict.fromkeys(("certain", "framework", "renewed", "probability"), nothing)
        amount = self.base["amount"].to_numpy(dtype=float)
        return ranges(flows(amount, without), self.ahead.chances(self.base, self.years, common), 0.0)

    @cached_property
    def by_chance(self) -> tuple[float, float]:
        """The range of the sum by chance alone."""
        return self.ranges(0.0)[2]

    @property
    def beyond_chance(self) -> float:
        """How far the sum was off beyond what chance explains: of the logarithm, squared."""
        return _beyond_chance(self.actual.sum(), self.predicted["retention"].sum(), *self.by_chance)


def _beyond_chance(actual: float, predicted: float, low: float, high: float) -> float:
    by_chance = np.log(high / low) / WIDTH_80 if low > 0 else np.inf
    return float(np.log(actual / predicted) ** 2 - by_chance**2)


def _predicted(histories: Histories, cut: int, span: int, years: int, with_lifetime: bool) -> _Day | None:
    """Predict at one day: the end of a month, counted from the first; None where there is nothing to predict."""
    ahead, base = outlook(histories, span, cut), classed(histories, cut - span, cut)
    if ahead is None or base.empty:
        return None
    day = histories.calendar.complete_months[cut - 1].end_time.normalize()
    after = histories.span(cut, cut + years * span).set_index("account_id")["amount"]
    actual = base["account_id"].map(after).to_numpy(dtype=float)
    if actual.sum() <= 0:
        return None
    amount = base["amount"].to_numpy(dtype=float)
    base["new"] = is_new(histories, base["account_id"], cut - span, cut)
    predicted = {"retention": amount * ahead.kept(base, years).sum(axis=1), "last": amount * years}
    if predicted["retention"].sum() <= 0:
        return None
    if with_lifetime and (modelled := _modelled(histories, day, base["account_id"], span)) is not None:
        predicted["lifetime"] = modelled
    return _Day(day.date(), years * span, base, years, ahead, predicted, actual)


def _rows(day: _Day, others: list[_Day]) -> list[dict[str, object]]:
    low, high, _ = day.ranges(_common([other.beyond_chance for other in others]))
    inside = (day.actual >= low - 1e-4) & (day.actual <= high + 1e-4)
    own = dict(zip(("covered", "predicted_low", "predicted_high"), (float(inside.mean()), *day.by_chance), strict=True))
    known = {"cut_day": day.day, "months": day.months, "accounts": len(day.base), "actual": float(day.actual.sum())}
    return [
        known
        | {"rule": rule, "predicted": float(values.sum())}
        | (own if rule == "retention" else {})
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
    """Sum up the days by horizon and rule: means of the errors, of the sum with its sign.

    Only days at which every rule of the horizon predicted: of unlike days nothing can be compared. `apart` counts the
    days whose months do not overlap, `too_low` those at which less was predicted than came.
    """
    columns = ["months", "rule", "cuts", "apart", "too_low", "error_signed", "error_accounts"]
    found = []
    for months in sorted(compared["months"].unique()):
        of_span = compared[compared["months"] == months]
        alike = of_span[of_span.groupby("cut_day")["rule"].transform("size") == of_span["rule"].nunique()]
        by_rule = alike.assign(too_low=alike["error_signed"] < 0).groupby("rule")
        means = by_rule.agg(
            cuts=("cut_day", "size"),
            apart=("cut_day", partial(_apart, months=months)),
            too_low=("too_low", "sum"),
            error_signed=("error_signed", "mean"),
            error_accounts=("error_accounts", "mean"),
            top_share=("top_share", "mean"),
            covered=("covered", "mean"),
        )
        ordered = means.loc[[rule for rule in RULES if rule in means.index]].reset_index()
        found.append(ordered.assign(months=months))
    return (
        pd.concat(found, ignore_index=True)[[*columns, "top_share", "covered"]]
        if found
        else pd.DataFrame(columns=[*columns, "top_share", "covered"])
    )


def _apart(days: pd.Series, months: int) -> int:
    """Count how many of the predicted spans lie apart from each other, taken from the first on."""
    at = pd.PeriodIndex(pd.to_datetime(days), freq="M").astype("int64")
    return int((at.max() - at.min()) // months) + 1


def common_error(compared: pd.DataFrame) -> float:
    """Measure how far the sum was off beyond chance (standard deviation of the logarithm); 0 without comparison."""
    own = compared[(compared["rule"] == "retention") & (compared["months"] == compared["months"].min())]
    columns = ["actual", "predicted", "predicted_low", "predicted_high"]
    return _common([_beyond_chance(*row) for row in own[columns].to_numpy(dtype=float)])


def _common(squares: list[float]) -> float:
    return float(np.sqrt(max(0.0, float(np.mean(squares))))) if squares else 0.0
