"""Movement across a cut: how much a year moves by itself, and who is no further from the cut than that.

In go revenues of two years, out come numbers. Knows neither accounts by name nor words.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

FEWEST = 8  # accounts that show what is usual
NORMAL = 1.4826  # times the median absolute deviation is the standard deviation of a normal distribution
AROUND = 2  # times the accounts above the cut: how far the accounts around it reach


def usual_change(now: np.ndarray, before: np.ndarray, above: int) -> float | None:
    """Estimate by how much an account of the size of the cut changes from one year to the next.

    The robust spread of the changes: 1.4826 times the median absolute deviation of the logarithms of now / before from
    their median. Accounts count that have revenue in both years and by the sum of both stand near the cut: ranked from
    half to twice as far as the accounts above it, for small accounts change more. What grew in earnest is in it.

    Parameters
    ----------
    now, before : arrays, the revenue of the same accounts
    above : how many accounts are above the cut

    Returns
    -------
    Standard deviation of the change of the logarithm; None with fewer than eight such accounts.
    """
    both = (now > 0) & (before > 0)
    changes = np.log(now[both] / before[both])
    ranks = np.argsort(np.argsort(-(now + before)[both], kind="stable"), kind="stable") + 1
    near = changes[(ranks >= above / AROUND) & (ranks <= above * AROUND)]
    if len(near) < FEWEST:
        return None
    return float(NORMAL * np.median(np.abs(near - np.median(near))))


def distances(revenue: np.ndarray, above: int) -> np.ndarray:
    """Say how far accounts are from the cut: the logarithm of revenue / cut, above zero for those above it.

    The cut lies between the last account above it and the first below, in the middle of their logarithms; without
    accounts on both sides there is none, and all is NaN.

    Parameters
    ----------
    revenue : array, positive, sorted from large to small
    """
    if not 0 < above < len(revenue):
        return np.full(len(revenue), np.nan)
    logs = np.log(revenue)
    return np.asarray(logs - (logs[above - 1] + logs[above]) / 2)


def crossings_by_chance(away: np.ndarray, usual: float) -> float:
    """Expect how many accounts rise across the cut from one year to the next though nothing has changed.

    As many fall. Every year's revenue swings on its own around a level that stays; a change has two of them.

    Parameters
    ----------
    away : distances of the levels, here of the revenues booked
    usual : as `usual_change` estimates it
    """
    if usual <= 0:
        return 0.0
    above = norm.cdf(away / (usual / np.sqrt(2)))
    return float((above * (1 - above)).sum())
