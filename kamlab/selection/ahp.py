"""Weights from judgements in pairs: the principal eigenvector, and whether the judgements agree with each other.

Numbers in, numbers out. Source: Saaty (1980), *The Analytic Hierarchy Process*; judgements that are not there: Harker
(1987), *Incomplete pairwise comparisons in the analytic hierarchy process*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np

# Mean consistency index of random judgements by number of criteria, from 1 (Saaty 1980); from 15 on the last counts.
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
LIMITS = {3: 0.05, 4: 0.08}
LIMIT = 0.10  # from five criteria on


class Judged(NamedTuple):
    """Weights that add up to one, and the consistency ratio: None where a judgement is missing."""

    weights: np.ndarray
    consistency_ratio: float | None


class Contradiction(NamedTuple):
    """A judgement and what the weights say instead: how many times as important the first criterion is."""

    criterion: str
    other: str
    stated: float
    implied: float


def matrix_of(judgements: Mapping[str, str], names: Sequence[str]) -> np.ndarray:
    """Write judgements as a reciprocal matrix; NaN where a pair was not judged.

    Parameters
    ----------
    judgements : "A : B" to how many times as important A is, as a text ("3", "1/5")
    names : the criteria in order

    A pair that was judged in both directions counts with the geometric mean.
    """
    at = {name: index for index, name in enumerate(names)}
    logs: dict[tuple[int, int], list[float]] = {}
    for pair, stated in judgements.items():
        one, other = (at[part.strip()] for part in pair.split(" : "))
        value = float(np.log(float(Fraction(stated))))
        logs.setdefault((min(one, other), max(one, other)), []).append(value if one < other else -value)
    matrix = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    for (one, other), values in logs.items():
        matrix[one, other] = np.exp(np.mean(values))
        matrix[other, one] = 1 / matrix[one, other]
    return matrix


def together(matrices: Sequence[np.ndarray]) -> np.ndarray:
    """Put the judgements of several judges together: the geometric mean of a pair over those who judged it."""
    logs = np.log(np.stack(matrices))
    known = ~np.isnan(logs)
    sums, counts = np.where(known, logs, 0.0).sum(axis=0), known.sum(axis=0)
    return np.exp(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def connected(matrix: np.ndarray) -> np.ndarray:
    """Say which criteria judgements link to the first one, over however many others."""
    links = ~np.isnan(matrix)
    reached = links[0]
    for _ in range(len(matrix)):
        reached = links[reached].any(axis=0)
    return reached


def weights(matrix: np.ndarray) -> Judged:
    """Return the principal eigenvector of a reciprocal matrix, and its consistency ratio.

    A missing judgement counts as the ratio of the weights themselves (Harker). The random indices hold for complete
    judgements only: with a gap there is no consistency ratio.

    Raises
    ------
    ValueError
        Some criteria are not linked to the others by any judgement: no weights follow.
    """
    n = len(matrix)
    if not connected(matrix).all():
        raise ValueError("judgements do not link all criteria")
    missing = np.isnan(matrix)
    filled = np.where(missing, 0.0, matrix) + np.diag(missing.sum(axis=1).astype(float))
    values, vectors = np.linalg.eig(filled)
    largest = int(values.real.argmax())
    vector = np.abs(vectors[:, largest].real)
    random = RANDOM_INDEX[min(n, len(RANDOM_INDEX)) - 1]
    ratio = max(0.0, (float(values[largest].real) - n) / (n - 1) / random) if random else 0.0
    return Judged(vector / vector.sum(), None if missing.any() else ratio)


def limit(n: int) -> float:
    """Return the consistency ratio up to which judgements on so many criteria agree well enough (Saaty)."""
    return LIMITS.get(n, LIMIT)


def contradictions(
    matrix: np.ndarray, agreed: np.ndarray, names: Sequence[str], most: int = 3
) -> tuple[Contradiction, ...]:
    """Name the judgements that stand farthest from the weights; each so that it says one or more."""
    found = []
    for one, other in combinations(range(len(names)), 2):
        if np.isnan(matrix[one, other]):
            continue
        first, second = (one, other) if matrix[one, other] >= 1 else (other, one)
        implied = float(agreed[first] / agreed[second])
        found.append(Contradiction(names[first], names[second], float(matrix[first, second]), implied))
    far = [abs(float(np.log(one.stated / one.implied))) for one in found]
    order = sorted(range(len(found)), key=lambda at: (-round(far[at], 9), at))
    return tuple(found[at] for at in order[:most] if far[at] > 1e-9)
