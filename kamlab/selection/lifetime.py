"""Buying without a contract: how often accounts order until they silently stop (BG/NBD), and what an order is worth.

Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way: while active, an account orders at random with a
rate of its own (gamma distributed); after each order it stops with a probability of its own (beta distributed). Fader
and Hardie (2013), The Gamma-Gamma Model of Monetary Value. Time in weeks. Pure numbers: no facts, no result.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import digamma, expit, gammaln, hyp2f1

DAYS_OF_A_WEEK = 7
LARGEST = 1_000.0  # a parameter beyond has run away
FLAT = 1e-5  # largest slope per account at an optimum
NORMAL_80 = 1.2816  # quantile of the normal distribution for 80 of 100


@dataclass(frozen=True)
class Fit:
    """What a likelihood was highest at.

    Attributes
    ----------
    parameters : their values by name
    covariance : of the logarithms of the parameters, in their order; None where it could not be computed
    ll : log-likelihood
    holds : converged, at an optimum, with parameters below `LARGEST`
    """

    parameters: dict[str, float]
    covariance: np.ndarray | None
    ll: float
    holds: bool


def purchases(days: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Sum up what the model needs of days with orders (account_id, date, amount) up to the end of a day.

    Returns
    -------
    DataFrame by account_id: x (orders after the first), tx (weeks from the first to the last), T (weeks from the first
    to the end), mean (amount per order).
    """
    seen = days[days["date"] <= end].groupby("account_id")
    sums = seen.agg(orders=("date", "size"), first=("date", "min"), last=("date", "max"), mean=("amount", "mean"))
    tx = (sums["last"] - sums["first"]).dt.days / DAYS_OF_A_WEEK
    span = (end - sums["first"]).dt.days / DAYS_OF_A_WEEK
    return pd.DataFrame({"x": sums["orders"] - 1.0, "tx": tx, "T": span, "mean": sums["mean"]})


def fit_orders(x: np.ndarray, tx: np.ndarray, span: np.ndarray) -> Fit:
    """Fit the BG/NBD model: r and alpha of the rate (per week), a and b of the chance to stop after an order."""

    def parts(logs: np.ndarray) -> tuple[np.ndarray, ...]:
        r, alpha, a, b = np.exp(logs)
        active = -(r + x) * np.log(alpha + span)
        stopped = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx)
        return active, np.where(x > 0, stopped, -np.inf)

    def likelihood(logs: np.ndarray) -> np.ndarray:
        r, alpha, a, b = np.exp(logs)
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        dropout = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        return rate + dropout + np.logaddexp(*parts(logs))

    def slopes(logs: np.ndarray) -> np.ndarray:
        r, alpha, a, b = np.exp(logs)
        active, stopped = parts(logs)
        gone = expit(stopped - active)
        here = 1 - gone
        both = digamma(a + b) - digamma(a + b + x)
        by_r = digamma(r + x) - digamma(r) + np.log(alpha) - here * np.log(alpha + span) - gone * np.log(alpha + tx)
        by_alpha = r / alpha - (r + x) * (here / (alpha + span) + gone / (alpha + tx))
        by_a = both + gone / a
        by_b = both + digamma(b + x) - digamma(b) - gone / (b + np.maximum(x, 1) - 1)
        return np.column_stack([by_r * r, by_alpha * alpha, by_a * a, by_b * b])

    middle = float(np.mean(span)) or 1.0
    return _fit(("r", "alpha", "a", "b"), likelihood, slopes, len(x), [1.0, middle / 2, 1.0, 1.0])


def fit_amounts(count: np.ndarray, mean: np.ndarray) -> Fit:
    """Fit the gamma-gamma model to the positive mean amounts of so many orders: p and q without unit, v in money."""
    scale = float(np.mean(mean))  # the likelihood knows no unit; near one it is well conditioned
    m = mean / scale

    def likelihood(logs: np.ndarray) -> np.ndarray:
        p, q, v = np.exp(logs)
        n = p * count
        shape = gammaln(n + q) - gammaln(n) - gammaln(q) + q * np.log(v)
        return shape + (n - 1) * np.log(m) + n * np.log(count) - (n + q) * np.log(v + count * m)

    def slopes(logs: np.ndarray) -> np.ndarray:
        p, q, v = np.exp(logs)
        n, total = p * count, np.log(v + count * m)
        by_p = count * (digamma(n + q) - digamma(n) + np.log(m) + np.log(count) - total)
        by_q = digamma(n + q) - digamma(q) + np.log(v) - total
        by_v = q / v - (n + q) / (v + count * m)
        return np.column_stack([by_p * p, by_q * q, by_v * v])

    found = _fit(("p", "q", "v"), likelihood, slopes, len(m), [1.0, 2.0, 1.0])
    in_money = found.parameters | {"v": found.parameters["v"] * scale}
    return Fit(in_money, found.covariance, found.ll - len(m) * float(np.log(scale)), found.holds)


def _fit(
    names: Sequence[str],
    likelihood: Callable[[np.ndarray], np.ndarray],
    slopes: Callable[[np.ndarray], np.ndarray],
    count: int,
    start: Sequence[float],
) -> Fit:
    """Maximise a likelihood over the logarithms of its parameters; an optimiser's word is checked, not believed."""
    from statsmodels.base.model import GenericLikelihoodModel  # takes a second: only where a model is fitted
    from statsmodels.tools.numdiff import approx_fprime

    class Likelihood(GenericLikelihoodModel):  # type: ignore[misc]
        def loglikeobs(self, params: Any) -> Any:
            return likelihood(np.asarray(params))

        def score(self, params: Any) -> Any:
            return slopes(np.asarray(params)).sum(axis=0)

        def hessian(self, params: Any) -> Any:
            return approx_fprime(np.asarray(params), self.score, centered=True)

    model = Likelihood(np.zeros(count), extra_params_names=list(names))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what they would say is checked below
        done = model.fit(start_params=np.log(start), method="bfgs", maxiter=500, gtol=1e-7, disp=0)
        logs = np.asarray(done.params, dtype=float)
        ll, slope = float(likelihood(logs).sum()), slopes(logs).sum(axis=0)
        covariance = _inverse(-np.asarray(model.hessian(logs)))
    values = np.exp(logs)
    is_flat = bool(np.isfinite(ll) and np.abs(slope).max() < FLAT * count)
    holds = (
        bool(done.mle_retvals["converged"]) and is_flat and covariance is not None and bool((values < LARGEST).all())
    )
    return Fit(dict(zip(names, map(float, values), strict=True)), covariance, ll, holds)


def _inverse(information: np.ndarray) -> np.ndarray | None:
    """Invert the curvature at a maximum; None where it is none."""
    if not np.isfinite(information).all() or np.linalg.eigvalsh((information + information.T) / 2).min() <= 0:
        return None
    inverse: np.ndarray = np.linalg.inv(information)
    return inverse


def dropout_factor(fit: Fit) -> float:
    """Upper end of the 80 of 100 interval of the mean chance to stop, a/(a+b), as a multiple of its lower end."""
    if fit.covariance is None:
        return float("inf")
    a, b = fit.parameters["a"], fit.parameters["b"]
    slope = np.array([b / (a + b), -b / (a + b)])  # of the logarithm of a/(a+b) by those of a and b
    error = float(np.sqrt(slope @ fit.covariance[2:, 2:] @ slope))
    return float(np.exp(min(2 * NORMAL_80 * error, 50.0)))


def active(fit: Fit, x: np.ndarray, tx: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Give the probability that an account has not stopped; one that has ordered once cannot have, in this model."""
    r, alpha, a, b = (fit.parameters[name] for name in ("r", "alpha", "a", "b"))
    odds = np.log(a) - np.log(b + np.maximum(x, 1) - 1) + (r + x) * (np.log(alpha + span) - np.log(alpha + tx))
    return np.where(x > 0, expit(-odds), 1.0)


def silent(fit: Fit, x: np.ndarray, tx: np.ndarray, span: np.ndarray, weeks: float) -> np.ndarray:
    """Give the probability of no order in the next weeks."""
    r, alpha = fit.parameters["r"], fit.parameters["alpha"]
    none_while_active = ((alpha + span) / (alpha + span + weeks)) ** (r + x)
    return 1 - active(fit, x, tx, span) * (1 - none_while_active)


def expected(fit: Fit, x: np.ndarray, tx: np.ndarray, span: np.ndarray, weeks: float) -> np.ndarray:
    """Give the expected number of orders in the next weeks.

    Fader, Hardie and Lee (2005), equation 10; its hypergeometric function after Euler's transformation, which does not
    overflow for accounts with hundreds of orders.
    """
    r, alpha, a, b = (fit.parameters[name] for name in ("r", "alpha", "a", "b"))
    a = a if abs(a - 1) > 1e-6 else 1 + 1e-6  # a removable gap of the formula
    far = alpha + span + weeks
    left = ((alpha + span) / far) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, weeks / far)
    return (a + b + x - 1) / (a - 1) * (1 - left) * active(fit, x, tx, span)


def mean_amount(fit: Fit, count: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Give the expected amount of an order, between the account's own mean and that of all; q must be above one."""
    p, q, v = (fit.parameters[name] for name in ("p", "q", "v"))
    return p * (v + count * mean) / (p * count + q - 1)
