"""How stable a selection is: who is among the first under weights and ratings that could as well have been agreed.

Stochastic multicriteria acceptability analysis (Lahdelma, Hokkanen & Salminen 1998; Lahdelma & Salminen 2001). Arrays
in, arrays out; the same seed gives the same numbers. It measures stability, not being right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DRAWS = 10_000
SEED = 20_170_101
TIE = 1e-9  # scores closer to each other are the same
_CELLS = 2_000_000  # scores held at once: 16 MB
_EDGE = 1e-6  # a weight so near to none or all is one of these
_STRAIGHT = 1e-12  # a polynomial of the second degree with less than that in front is one of the first


class Flip(NamedTuple):
    """The criterion whose weight decides, by its place, and the share of all weights at which it does."""

    criterion: int
    weight: float


def around(weights: np.ndarray, spread: float, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """Draw weights around agreed ones, draws × criteria.

    Each is up to `spread` of itself more or less, then all are made to sum to 1.
    """
    moved = np.random.default_rng(seed).uniform(1 - spread, 1 + spread, (draws, len(weights))) * weights
    return moved / moved.sum(axis=1, keepdims=True)


def uniform(criteria: int, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """Draw weights of which nothing is known, draws × criteria: uniform on all that are positive and sum to 1."""
    return np.random.default_rng(seed).dirichlet(np.ones(criteria), draws)


def acceptability(
    views: Sequence[np.ndarray],
    weights: np.ndarray,
    places: int,
    alone: np.ndarray | None = None,
    seed: int = SEED,
) -> np.ndarray:
    """Return for every account the share of draws in which it is among the first `places`.

    Parameters
    ----------
    views : one array per criterion, accounts × raters
        Utilities 0 to 1, as each rater sees them; one column where there is nothing to differ about. NaN, in all
        columns of an account, where it has no value: the other criteria then count for it.
    weights : array, draws × criteria
    places : int, at least 1
    alone : array, accounts × criteria, optional
        Standard deviation by which the utility of an account could be another where one person alone has rated it; 0
        elsewhere.

    In each draw one rater per criterion counts, drawn at random, for all accounts alike; what one person alone has
    rated is drawn account by account, within 0 to 1. Accounts that tie for the last
    places share them. An account with no value at all is never among the first.
    """
    draws, accounts = len(weights), len(views[0])
    known = np.column_stack([~np.isnan(view).any(axis=1) for view in views]).astype(float)
    stacked = np.nan_to_num(np.column_stack(views)).T
    wide, mask = _of_raters(views, weights, seed), None if known.all() else known.T
    single = _single(views, alone, seed)
    total, rows = np.zeros(accounts), max(1, _CELLS // max(accounts, 1))
    for start in range(0, draws, rows):
        scores = wide[start : start + rows] @ stacked
        for at, who, own, deviation, generator in single:
            seen = own + deviation * generator.standard_normal((len(scores), len(who)))
            scores[:, who] += weights[start : start + rows, [at]] * (np.clip(seen, 0.0, 1.0) - own)
        if mask is not None:
            counted = weights[start : start + rows] @ mask
            scores = np.divide(scores, counted, out=np.full_like(scores, -1.0), where=counted > TIE)
        total += _among_first(scores, places)
    return total / draws


def _single(
    views: Sequence[np.ndarray], alone: np.ndarray | None, seed: int
) -> list[tuple[int, np.ndarray, np.ndarray, np.ndarray, np.random.Generator]]:
    """Pick by criterion the accounts that one person alone has rated: utilities, deviations, and what draws them."""
    if alone is None:
        return []
    found = []
    for at in np.flatnonzero((alone > 0).any(axis=0)).tolist():
        who = np.flatnonzero(alone[:, at] > 0)
        own = views[at][who].mean(axis=1)
        found.append((at, who, own, alone[who, at], np.random.default_rng([seed, 2, at])))
    return found


def _of_raters(views: Sequence[np.ndarray], weights: np.ndarray, seed: int) -> np.ndarray:
    """Spread the weight of every criterion on the column of the rater who counts: draws × columns of all views."""
    generator = np.random.default_rng([seed, 1])
    parts = []
    for at, view in enumerate(views):
        raters = view.shape[1]
        chosen = np.zeros((len(weights), raters))
        counts = generator.integers(raters, size=len(weights)) if raters > 1 else 0
        chosen[np.arange(len(weights)), counts] = weights[:, at]
        parts.append(chosen)
    return np.hstack(parts)


def _among_first(scores: np.ndarray, places: int) -> np.ndarray:
    """Count for every account the rows in which it is among the first; a tie for the last places is shared."""
    if places >= scores.shape[1]:
        return np.full(scores.shape[1], float(len(scores)))
    last = np.partition(scores, -places, axis=1)[:, -places, None]
    within = scores >= last - TIE
    total = within.sum(axis=0, dtype=float)
    tied = within.sum(axis=1) > places
    if tied.any():
        above = scores[tied] > last[tied] + TIE
        at_last = within[tied] & ~above
        left = (places - above.sum(axis=1)) / at_last.sum(axis=1)
        total += (above + at_last * left[:, None] - within[tied]).sum(axis=0)
    return total


def flip(utilities: np.ndarray, weights: np.ndarray, account: int, places: int) -> Flip | None:
    """Find the smallest change of one criterion's weight, all others rescaled, at which an account crosses the line.

    Parameters
    ----------
    utilities : array, accounts × criteria
        NaN where an account has no value; accounts in the order in which ties are decided.
    weights : array, sums to 1
    account : int, its place

    Returns
    -------
    None where no single weight between 0 and 1 makes the account cross. In closed form: the scores of two accounts are
    alike at the roots of a polynomial in that weight, of the first degree without gaps, else of the second.
    """
    known = (~np.isnan(utilities)).astype(float)
    values = np.nan_to_num(utilities)
    found: list[tuple[float, int, float]] = []
    for at, weight in enumerate(weights):
        if weight > 1 - TIE:
            continue
        others = np.where(np.arange(len(weights)) == at, 0.0, weights) / (1 - weight)
        # Score of an account at weight x: (rest + x (own − rest)) / (base + x (has − base))
        own, has, rest, base = values[:, at], known[:, at], values @ others, known @ others
        here = _difference(account, own, rest, has, base)
        found += [(abs(x - weight), at, x) for x in _crossings(here, float(weight), account, places)]
    if not found:
        return None
    _, criterion, x = min(found, key=lambda one: (round(one[0], 12), one[1]))
    return Flip(criterion, x)


def _difference(
    account: int, own: np.ndarray, rest: np.ndarray, has: np.ndarray, base: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the polynomial, lowest degree first, whose sign says whether an account is ahead of each other one."""
    p0, p1, q0, q1 = rest, own - rest, base, has - base
    a0, a1, b0, b1 = p0[account], p1[account], q0[account], q1[account]
    return a0 * q0 - p0 * b0, a0 * q1 + a1 * q0 - p0 * b1 - p1 * b0, a1 * q1 - p1 * b1


def _crossings(
    polynomials: tuple[np.ndarray, np.ndarray, np.ndarray], weight: float, account: int, places: int
) -> list[float]:
    """Find where an account first crosses the line below and above a weight."""
    c0, c1, c2 = polynomials
    value, slope = c0 + c1 * weight + c2 * weight**2, c1 + 2 * c2 * weight
    level = np.abs(value) <= TIE
    others = np.arange(len(c0)) != account
    first = np.arange(len(c0)) < account  # who is ahead where all stays alike
    ahead_now = np.where(level, first, value < 0) & others
    inside = int(ahead_now.sum()) < places
    found = []
    for way in (1.0, -1.0):
        moving = slope * way
        ahead = np.where(level, np.where(np.abs(moving) <= TIE, first, moving < 0), value < 0) & others
        if (int(ahead.sum()) < places) != inside:
            found.append(weight)
            continue
        x, steps = _overtakings(polynomials, weight, way, others)
        counts = int(ahead.sum()) + steps.cumsum()
        settled = np.append(np.abs(np.diff(x)) > TIE, True)[: len(x)]  # of several at one weight, the last counts
        crossed = np.flatnonzero(((counts < places) != inside) & settled)
        found += [float(x[crossed[0]])] if len(crossed) else []
    return found


def _overtakings(
    polynomials: tuple[np.ndarray, np.ndarray, np.ndarray], weight: float, way: float, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """List the weights at which another account gets ahead (+1) or falls behind (−1), the nearest first."""
    c0, c1, c2 = polynomials
    straight = np.abs(c2) <= _STRAIGHT
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(c1**2 - 4 * c0 * c2)
        roots = [
            np.where(straight, -c0 / c1, (root - c1) / (2 * c2)),
            np.where(straight, np.nan, -(root + c1) / (2 * c2)),
        ]
    x = np.concatenate(roots)
    slope = np.tile(c1, 2) + 2 * np.tile(c2, 2) * np.nan_to_num(x)
    counted = np.tile(others, 2) & (x > _EDGE) & (x < 1 - _EDGE) & ((x - weight) * way > TIE) & (np.abs(slope) > TIE)
    order = np.argsort(x[counted] * way, kind="stable")
    return x[counted][order], np.where(slope * way > 0, -1, 1)[counted][order]
