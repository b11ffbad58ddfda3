"""How long a healthy account is silent: how likely in a year, and from which day on rarely. Pure numbers.

An account that orders is looked at once a month. Its gaps are taken as draws of a gamma distribution (shape 1 for
orders by chance, higher the more regular), of which only its own gaps so far are known: shape and scale count with all
values they may have, each by its likelihood. Rare is a silence in which at most one such account in ten, going on as
before, would be found in any month of a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc, gammaincinv, gammaln, ndtr

YEARLY = 0.1  # of healthy accounts, the share that a year of monthly checks may flag
CHECKS = 12  # in a year
DAYS = 365
SHAPES = 2.0 ** (np.arange(-6, 13) / 3)  # from bursts to a metronome
# How common each shape is taken to be before any gap is seen: chosen so that buyers by chance, who are the hardest to
# tell, are flagged at the rate above (benchmarks/calibration_warning.py).
COMMON = np.log(SHAPES**-1.5)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
LEAST = 1e-4  # a shape less likely than that counts as none


def log_of_merged(gaps: np.ndarray) -> np.ndarray:
    """Mean logarithm of the times that are a gap of so many days: orders of a day are one, a gap of 1 was up to 1."""
    before = np.maximum(gaps - 1, 1)
    logs: np.ndarray = gaps * np.log(gaps) - np.where(gaps > 1, before * np.log(before), 0.0) - 1
    return logs


def yearly_chance(silent: np.ndarray, count: np.ndarray, mean: np.ndarray, log: np.ndarray) -> np.ndarray:
    """Give the chance that a healthy account is found silent for so many days or more at a check within a year.

    Parameters
    ----------
    silent : days since the last order
    count : gaps so far, at least one
    mean : of the gaps, less half a day (orders are merged by day)
    log : mean of `log_of_merged` of the gaps
    """
    return _believed(count, mean, log).chance(silent)


def rare_from(count: np.ndarray, mean: np.ndarray, log: np.ndarray) -> np.ndarray:
    """Give the first day of silence on which the chance is below `YEARLY`."""
    believed = _believed(count, mean, log)
    low, high = np.zeros(len(count)), np.maximum(np.ceil(4 * mean), 8.0)
    while (short := believed.chance(high) >= YEARLY).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        is_rare = believed.chance(middle) < YEARLY
        low, high = np.where(is_rare, low, middle), np.where(is_rare, middle, high)
    return high


@dataclass(frozen=True)
class _Believed:
    """What may be true of so many accounts: row of the account, shape, rates (by node), weight."""

    accounts: int
    row: np.ndarray
    shape: np.ndarray
    rates: np.ndarray
    weight: np.ndarray

    def chance(self, silent: np.ndarray) -> np.ndarray:
        """Count the checks that fall into what is left of a gap beyond the silence; of a gap, one is enough."""
        month, start = DAYS / CHECKS, np.maximum(silent - 0.5, 0.0)[self.row][:, None]
        found = CHECKS * (self._left(start) - self._left(start + month))
        any_ = (1 - np.exp(-found)) @ (WEIGHTS / WEIGHTS.sum())
        return np.bincount(self.row, weights=self.weight * any_, minlength=self.accounts)

    def _left(self, days: np.ndarray) -> np.ndarray:
        """Give what is left of a gap beyond so many days, on average, as a share of the mean gap."""
        shape, time = self.shape[:, None], days * self.rates
        left: np.ndarray = gammaincc(shape + 1, time) - time / shape * gammaincc(shape, time)
        return left


def _believed(count: np.ndarray, mean: np.ndarray, log: np.ndarray) -> _Believed:
    """Weigh shapes and rates by the gaps: with a shape given, the rate times their sum is gamma distributed."""
    total = np.asarray(count, dtype=float)[:, None] * SHAPES
    spread = np.maximum(np.log(mean) - log, 0.0)[:, None]
    likely = COMMON + gammaln(total) - total * (np.log(count)[:, None] + spread) - count[:, None] * gammaln(SHAPES)
    weight = np.exp(likely - likely.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    row, at = np.nonzero(weight > LEAST)
    rates = gammaincinv(total[row, at][:, None], ndtr(NODES)) / (count * mean)[row][:, None]
    return _Believed(len(total), row, SHAPES[at], rates, weight[row, at])
