"""How much every criterion counts: points or judgements of several judges put together, or the weights of the settings.

In go the criteria and `weighting` of the settings, out come `Weights` that add up to one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
import pandas as pd

from kamlab.engagement.choosing import Criterion, Weighting
from kamlab.selection import ahp

HALF_A_POINT = (
    0.005  # of all: what counts for a criterion that a judge gave nothing, so that nobody strikes it out alone
)
Way = Literal["points", "judgements", "weights", "equal"]


@dataclass(frozen=True)
class Weights:
    """The weights of the criteria, and how they came about.

    Attributes
    ----------
    agreed : Series
        Share of all weights by criterion.
    by_judge : DataFrame
        criterion, judge, weight: what each judge alone would give; empty where nobody was asked.
    way : what they come from; "equal": nothing was said
    consistency_ratio : float or None
        Of all judgements together; None without judgements in pairs, or where some are missing.
    contradictions : of the judgements together, those farthest from the weights; only where they contradict too much
    missing_pairs : how many pairs nobody has judged
    unlinked : criteria that no judgement links to the first: then judgements could not be used
    lifted : criteria that some judge, but not all, gave no points
    """

    agreed: pd.Series
    by_judge: pd.DataFrame
    way: Way
    consistency_ratio: float | None = None
    contradictions: tuple[ahp.Contradiction, ...] = ()
    missing_pairs: int = 0
    unlinked: tuple[str, ...] = ()
    lifted: tuple[str, ...] = ()

    @property
    def is_consistent(self) -> bool:
        """Whether judgements agree well enough; true where there are none, or too few to say."""
        ratio = self.consistency_ratio
        return ratio is None or ratio <= ahp.limit(len(self.agreed))


def weigh(criteria: Mapping[str, Criterion], weighting: Weighting) -> Weights:
    """Weigh the criteria: by points, else judgements in pairs, else their own weights, else all alike.

    Points of several judges: each judge's as shares, their geometric mean, made to sum to one. Judgements of several
    judges: the geometric mean of each pair, then the principal eigenvector (Aczél & Saaty 1983).
    """
    names = list(criteria)
    if weighting.points and (found := _by_points(names, weighting.points)):
        return found
    unlinked: tuple[str, ...] = ()
    if weighting.judgements and len(names) > 1:
        matrices = {judge: ahp.matrix_of(pairs, names) for judge, pairs in weighting.judgements.items()}
        joint = ahp.together(list(matrices.values()))
        linked = ahp.connected(joint)
        if linked.all():
            return _by_judgements(names, matrices, joint)
        unlinked = tuple(name for name, is_linked in zip(names, linked, strict=True) if not is_linked)
    own = np.array([float(criterion.weight or 0) for criterion in criteria.values()])
    way: Way = "weights" if own.sum() > 0 else "equal"
    return Weights(_shares(own, names), _of_judges({}, names), way, unlinked=unlinked)


def shares_of(points: Mapping[str, Decimal], names: list[str]) -> pd.Series | None:
    """Turn points into shares of all by criterion; one that got none has 0. None where there are no points at all."""
    given = np.array([float(points.get(name, 0)) for name in names])
    return _shares(given, names) if given.sum() > 0 else None


def _shares(given: np.ndarray, names: list[str]) -> pd.Series:
    counted = given if given.sum() > 0 else np.ones(len(names))
    return pd.Series(counted / max(counted.sum(), 1e-300), index=pd.Index(names, name="criterion"), dtype="float64")


def _by_points(names: list[str], points: Mapping[str, Mapping[str, Decimal]]) -> Weights | None:
    given = {judge: shares for judge in points if (shares := shares_of(points[judge], names)) is not None}
    if not given:
        return None
    table = np.column_stack([shares.to_numpy() for shares in given.values()])
    wanted = table.max(axis=1) > 0
    lifted = wanted & (table.min(axis=1) == 0)
    floor = np.where(wanted.reshape(-1, 1), np.maximum(table, HALF_A_POINT), 1.0)
    mean = np.where(wanted, np.exp(np.log(floor).mean(axis=1)), 0.0)
    struck = tuple(name for name, is_lifted in zip(names, lifted, strict=True) if is_lifted)
    return Weights(_shares(mean, names), _of_judges(given, names), "points", lifted=struck)


def _by_judgements(names: list[str], matrices: Mapping[str, np.ndarray], joint: np.ndarray) -> Weights:
    agreed, ratio = ahp.weights(joint)
    alone = {
        judge: _shares(ahp.weights(matrix).weights, names)
        for judge, matrix in matrices.items()
        if ahp.connected(matrix).all()
    }
    too_much = ratio is not None and ratio > ahp.limit(len(names))
    return Weights(
        agreed=_shares(agreed, names),
        by_judge=_of_judges(alone, names),
        way="judgements",
        consistency_ratio=ratio,
        contradictions=ahp.contradictions(joint, agreed, names) if too_much else (),
        missing_pairs=int(np.isnan(joint).sum()) // 2,
    )


def _of_judges(given: Mapping[str, pd.Series], names: list[str]) -> pd.DataFrame:
    rows = [(name, judge, float(shares[name])) for name in names for judge, shares in given.items()]
    return pd.DataFrame(rows, columns=["criterion", "judge", "weight"])
