"""TOPSIS: how close every account is to the best, and how far from the worst. Numbers in, numbers out."""

from __future__ import annotations

import numpy as np


def closeness(matrix: np.ndarray, weights: np.ndarray, more: np.ndarray) -> np.ndarray:
    """Return the relative closeness to the ideal, 0 to 1.

    Parameters
    ----------
    matrix : array, alternatives × criteria, without gaps
    weights : array, one per criterion
    more : array of bool, whether more of a criterion is better

    A criterion that is zero everywhere tells nothing apart; where all alternatives are alike, all are 0.5. Source:
    Hwang & Yoon (1981), with their vector normalisation.
    """
    length = np.sqrt((matrix**2).sum(axis=0))
    weighted = weights * np.divide(matrix, length, out=np.zeros_like(matrix, dtype=float), where=length > 0)
    best = np.where(more, weighted.max(axis=0), weighted.min(axis=0))
    worst = np.where(more, weighted.min(axis=0), weighted.max(axis=0))
    to_best = np.sqrt(((weighted - best) ** 2).sum(axis=1))
    to_worst = np.sqrt(((weighted - worst) ** 2).sum(axis=1))
    both = to_best + to_worst
    return np.divide(to_worst, both, out=np.full(len(matrix), 0.5), where=both > 0)
