"""How firm a selection is, and what makes it waver: weights, raters, or both.

In go a `Comparison` with the places and the range of the weights, out come shares of what was played through. Another
panel is as large as the one that rated, and its members are as far from each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamlab.facts.ratings import levelled
from kamlab.selection import criteria as judging
from kamlab.selection import smaa
from kamlab.selection.comparing import Comparison

SET, OUT = 0.95, 0.05  # shares of what was played through from which, and up to which, an account is set or out
ASSUMED = 0.25  # of the scale, a step of five: how far the marks of two people lie apart where nobody knows
UNMOVED = 1e-6  # shares no further apart are the same
FEWEST = 10  # marks more than are needed for levels, below which nobody knows
SOURCES = ("weights", "raters", "both")


@dataclass(frozen=True)
class Views:
    """The utilities of the running accounts as another panel could see them.

    Attributes
    ----------
    seen : by criterion, accounts × raters; one column where there is nothing to differ about
    alone : accounts × criteria, by how much the mark of another person would differ where one alone has rated; else 0
    difference : how far the marks of two people on one account lie apart (standard deviation), as a share of the scale
    is_known : whether that was measured on accounts that several have rated, or is `ASSUMED`
    """

    seen: list[np.ndarray]
    alone: np.ndarray
    difference: float
    is_known: bool


@dataclass(frozen=True)
class Stability:
    """What was played through.

    Attributes
    ----------
    moves : which of weights and raters moved: "weights", "raters", "both" or "nothing"
    shares : by account_id of the running accounts, how often each is among the first: a column per source of `SOURCES`
    agreed : the same as agreed, nothing moved: 0 or 1, in between where accounts share the last places
    views : what raters made of it
    """

    moves: str
    shares: pd.DataFrame
    agreed: pd.Series
    views: Views

    @property
    def made_by(self) -> pd.Series:
        """Say what keeps an account from being set or out, None where nothing does.

        `weights` or `raters`: that alone, and the other alone does not; `either` alone; only both `together`; `tie`: it
        shares the last place with its likes, and as often whatever moves.
        """
        close = self.shares.gt(OUT) & self.shares.lt(SET)
        moved = close & self.shares.sub(self.agreed, axis=0).abs().gt(UNMOVED)
        cases = [
            ~close["both"],
            ~moved["both"],
            moved["weights"] & moved["raters"],
            moved["weights"],
            moved["raters"],
        ]
        names = ["", "tie", "either", "weights", "raters"]
        found = pd.Series(np.select(cases, names, default="together"), index=close.index, dtype="object")
        return found.where(found != "", None)

    def counts(self) -> pd.DataFrame:
        """Count who is set, borderline and out by what moves; only where both do, else there is nothing to compare."""
        rows = []
        for source in SOURCES if self.moves == "both" else ():
            share = self.shares[source]
            is_set, is_out = share >= SET, share <= OUT
            row = {"moving": source, "set": is_set.sum(), "borderline": (~is_set & ~is_out).sum(), "out": is_out.sum()}
            rows.append(row)
        return pd.DataFrame(rows, columns=["moving", "set", "borderline", "out"])


def play(comparison: Comparison, places: int, spread: float) -> Stability:
    """Play through what could as well have been agreed: weights in their range, another panel, and both.

    Parameters
    ----------
    spread : by how much of itself each weight moves up and down, 0 to 1 (exclusive)
    """
    seen = views(comparison)
    weights, running = comparison.weights.to_numpy(), comparison.running
    weighty = weights > 0
    apart = [
        bool((np.ptp(view, axis=1) > smaa.TIE).any()) or bool(seen.alone[:, at].any())
        for at, view in enumerate(seen.seen)
    ]
    by_raters = bool(np.logical_and(apart, weighty).any())
    by_weights = spread > 0 and int(weighty.sum()) > 1
    moves = {(1, 1): "both", (1, 0): "weights", (0, 1): "raters"}.get((by_weights, by_raters), "nothing")
    if not len(running):
        nobody = pd.DataFrame(0.0, index=running, columns=list(SOURCES))
        return Stability(moves, nobody, nobody["both"], seen)
    as_agreed = [comparison.utilities.loc[running, [name]].to_numpy() for name in comparison.criteria]
    moved, still = smaa.around(weights, spread), smaa.around(weights, 0.0)
    agreed = smaa.acceptability(as_agreed, still[:1], places)
    shares = {"weights": smaa.acceptability(as_agreed, moved, places) if by_weights else agreed, "raters": agreed}
    shares["both"] = shares["weights"]
    if by_raters:
        shares["raters"] = smaa.acceptability(seen.seen, still, places, seen.alone)
        shares["both"] = smaa.acceptability(seen.seen, moved, places, seen.alone) if by_weights else shares["raters"]
    found = pd.DataFrame(shares, index=running)[list(SOURCES)].round(6)
    return Stability(moves, found, pd.Series(agreed, index=running).round(6), seen)


def views(comparison: Comparison) -> Views:
    """Return what another panel could make of the running accounts.

    In a draw the mark of one rater counts instead of the mean. Of `n` raters its deviation has (n − 1) / n of the
    variance of marks, while the means of two panels of `n` differ by 2 / n of it: deviations are stretched by the root
    of 2 / (n − 1), which is 1 for three. Where one alone has rated an account, the mark of another differs by
    `difference`. A rater who has not rated an account sees it as the others do, at the rater's own level.
    """
    running = comparison.running
    rated = {name: _points(comparison, name) for name, one in comparison.criteria.items() if one.source is None}
    fits = {name: levelled(points) for name, points in rated.items()}
    freedom = sum(fit.freedom for fit in fits.values())
    is_known = freedom >= FEWEST
    squares = sum(float(np.nansum(fit.rests.to_numpy() ** 2)) for fit in fits.values())
    difference = float(np.sqrt(2 * squares / freedom)) if is_known else ASSUMED
    seen, alone = [], np.zeros((len(running), len(comparison.criteria)))
    for at, name in enumerate(comparison.criteria):
        own = comparison.utilities.loc[running, name].to_numpy()[:, None]
        if name not in fits:
            seen.append(own)
            continue
        fit, points = fits[name], rated[name].reindex(running).to_numpy()
        counts = fit.counts.reindex(running, fill_value=0).to_numpy()
        pairs = (counts * (counts - 1))[:, None]
        stretch = np.sqrt(np.divide(2.0 * points.shape[1], pairs, out=np.ones(pairs.shape), where=pairs > 0))
        stretched = points + (stretch - 1) * fit.rests.reindex(running).to_numpy()
        seen.append(np.where(np.isnan(points) | (pairs == 0), own + fit.levels.to_numpy(), stretched))
        alone[:, at] = np.where(counts == 1, difference, 0.0)
    return Views(seen, alone, difference, is_known)


def _points(comparison: Comparison, name: str) -> pd.DataFrame:
    """Turn the marks on a criterion into utilities, accounts × raters."""
    criterion = comparison.criteria[name]
    marks = judging.marks(comparison.ratings, name)
    return marks.apply(lambda column: judging.utility(column.to_numpy(), criterion, *comparison.bounds[name]))
