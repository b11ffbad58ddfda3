"""How a total is spread over accounts: Gini, Herfindahl-Hirschman, and how many accounts reach a share of it."""

from __future__ import annotations

import numpy as np


def gini(values: np.ndarray) -> float:
    """Return the Gini coefficient of positive values.

    0 for one value or equal values, (n-1)/n at most. Source: Gini (1912), in the form over sorted values; without
    small-sample correction.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    ranks = np.arange(1, n + 1)
    return float(2 * (ranks * ordered).sum() / (n * ordered.sum()) - (n + 1) / n)


def hhi(values: np.ndarray) -> float:
    """Return the Herfindahl-Hirschman index, the sum of squared shares: 1/n for equal values, 1 for one.

    Its inverse says as how many equal accounts the values are spread. Source: Hirschman (1945), Herfindahl (1950).
    """
    shares = np.asarray(values, dtype=float) / np.sum(values)
    return float((shares**2).sum())


def accounts_for(values: np.ndarray, cut: float) -> int:
    """Count the accounts that together reach a share of the total.

    Parameters
    ----------
    values : array, positive, sorted from large to small
    cut : share of the total, 0 to 1

    The account that crosses the cut is counted. Sums are rounded to four decimals before they are compared.
    """
    ordered = np.asarray(values, dtype=float)
    reached_before = ordered.cumsum() - ordered
    return int((np.round(reached_before - cut * ordered.sum(), 4) < 0).sum())
