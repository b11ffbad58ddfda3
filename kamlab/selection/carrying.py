"""What goes on of an amount: the reorder rate of its class, times the growth of those who stay, year by year.

Both are counted in the ledger's own past, and drawn again for every future as surely as they were counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamlab.facts.histories import Histories
from kamlab.selection.present_value import Chances
from kamlab.selection.retention_classes import (
    CERTAIN,
    FEWEST_STAYED,
    HALF,
    LEANING,
    levels,
    looked_up,
    pairs,
    pooled,
    retention,
)

FUTURES = 1_000  # that are played through
MONTHS = 12  # of a year, in which all seasons are
SEED = 20_250_101
USUAL = 0.04  # by how much the growth of those who stay differs from none between businesses (standard deviation)
USUAL_NEW = 0.5  # the same of new accounts, which had only a part of the year


@dataclass(frozen=True)
class Growth:
    """What those who were expected to stay bring, per amount before.

    Attributes
    ----------
    counted : as in the past
    believed : as much of it as stands out from chance
    drawn : believed, by future
    leaning : by how much of one per cent it is higher if all of the last amounts are one per cent higher
    """

    counted: float
    believed: float
    drawn: np.ndarray
    leaning: float


@dataclass(frozen=True)
class Outlook:
    """What goes on of the accounts' amounts, as it was seen before a day.

    Attributes
    ----------
    classes : as `retention_classes.retention` measures them
    stays : chance to order again in each future, class × future
    levels : as `retention_classes.levels` measures them
    first, new, later : growth in the first span ahead, of new accounts in it, and of all in each one after it
    widening : spread of the level of those who stay two spans ahead, per that of one (variance)
    lasting : correlation between these two levels: 1 where one level lasts, 0 where each span is its own
    """

    classes: pd.DataFrame
    stays: np.ndarray
    levels: pd.DataFrame
    first: Growth
    new: Growth
    later: Growth
    widening: float
    lasting: float

    def kept(self, accounts: pd.DataFrame, years: int, column: str = "retention") -> np.ndarray:
        """Give what is expected to be left of an amount, account (class, key_account, new) × year."""
        stays = looked_up(accounts, self.classes, [column])[column].to_numpy(dtype=float)
        at = np.arange(years)
        first = np.where(accounts["new"], self.new.believed, self.first.believed)
        kept: np.ndarray = stays[:, None] ** (at + 1) * first[:, None] * self.later.believed**at
        return kept

    def chances(self, accounts: pd.DataFrame, years: int, common: float) -> Chances:
        """Say how far the accounts' futures may be from that."""
        numbered = self.classes.assign(at=np.arange(len(self.classes)))
        level = looked_up(accounts, self.levels, ["middle", "below", "above"])
        wider = np.sqrt(1 + (self.widening - 1) * np.arange(years))
        return Chances(
            stays=self.stays,
            places=looked_up(accounts, numbered, ["at"])["at"].to_numpy(dtype=int),
            brings=(self.first.drawn, self.later.drawn),
            new=accounts["new"].to_numpy(dtype=bool),
            brings_new=self.new.drawn / self.first.drawn,
            leaning=(self.first.leaning, self.later.leaning),
            middle=level["middle"].to_numpy(dtype=float) - np.log(self.first.counted),
            below=level["below"].to_numpy(dtype=float)[:, None] * wider,
            above=level["above"].to_numpy(dtype=float)[:, None] * wider,
            lasting=self.lasting,
            common=common,
        )


def outlook(histories: Histories, span: int, end: int) -> Outlook | None:
    """Look back from the end of a month, in spans of so many months; None where there are no two spans.

    The rates are those of classes by the span before: who is classed by the amount that is compared is a survivor. Only
    where there are no three spans, there is no other.
    """
    seen, beyond = pairs(histories, span, end), pairs(histories, span, end, back=1)
    if seen.empty:
        return None
    counted = beyond if len(beyond) else seen
    classes = retention(counted)
    rng = np.random.default_rng(SEED)
    names = pd.Index(np.unique(seen["account_id"].to_numpy(dtype=str)))
    weights = np.vstack([np.ones(len(names)), rng.standard_exponential((FUTURES, len(names)))])
    stays = _stays(counted, classes, names, weights, rng)
    if span % MONTHS:  # half years differ by their season
        first = new = later = Growth(1.0, 1.0, np.ones(FUTURES), 0.0)
    else:
        others, begun = seen[~seen["new"].astype(bool)], seen[seen["new"].astype(bool)]
        first = _growth(others, classes, stays, names, weights, USUAL)
        new = _growth(begun, classes, stays, names, weights, USUAL_NEW) if len(begun) else first
        later = _growth(beyond, classes, stays, names, weights, USUAL) if len(beyond) else first
    lasting = _lasting(seen, pairs(histories, span, end, ahead=2))
    return Outlook(classes, stays[:, 1:], levels(seen), first, new, later, *lasting)


def _stays(
    counted: pd.DataFrame, classes: pd.DataFrame, names: pd.Index, weights: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw the reorder rates: class × future; the first is the one that was counted.

    Each future weighs the accounts anew, with all their pairs (Bayesian bootstrap, Rubin 1981).
    """
    half = rng.standard_gamma(HALF, (len(weights), 2))
    added = rng.standard_gamma(LEANING, len(weights))
    half[0], added[0] = HALF, LEANING
    at, stayed = names.get_indexer(pd.Index(counted["account_id"])), counted["stayed"].to_numpy(dtype=float)
    ones = np.ones(len(counted))
    all_stayed, all_seen = (weights @ np.bincount(at, each, len(names)) for each in (stayed, ones))
    of_all, drawn = (all_stayed + half[:, 0]) / (all_seen + half.sum(axis=1)), []
    for name, is_key in zip(classes["class"], classes["key_account"], strict=True):
        members = pooled(counted, name, is_key)[0]
        sums = [weights @ np.bincount(at, members * each, len(names)) for each in (stayed, ones)]
        drawn.append(of_all if members.all() else (sums[0] + added * of_all) / (sums[1] + added))
    return np.stack(drawn)


def _growth(
    seen: pd.DataFrame,
    classes: pd.DataFrame,
    stays: np.ndarray,
    names: pd.Index,
    weights: np.ndarray,
    usual: float,
) -> Growth:
    """Compare what came with what the rates alone would have expected, over all classes; believe what stands out."""
    numbered = classes.assign(at=np.arange(len(classes)))
    places = looked_up(seen, numbered, ["at"])["at"].to_numpy(dtype=int)
    at, amount = names.get_indexer(pd.Index(seen["account_id"])), seen["amount"].to_numpy(dtype=float).clip(min=0.0)
    following, borders = seen["following"].to_numpy(dtype=float), seen["border"].to_numpy(dtype=int)
    came = weights @ np.bincount(at, following, len(names))
    expected = np.zeros(len(weights))
    for place in np.unique(places):
        expected += stays[place] * (weights @ np.bincount(at, amount * (places == place), len(names)))
    if not (expected > 0).all() or came[0] <= 0:
        return Growth(1.0, 1.0, np.ones(len(weights) - 1), 0.0)
    ratio = np.maximum(came / expected, 1e-6)
    error = np.log(ratio[1:]).std()
    trust = usual**2 / (usual**2 + error**2)
    center = trust * np.log(ratio[0])
    drawn = np.exp(center + (np.log(ratio[1:]) - np.log(ratio[1:]).mean()) * np.sqrt(trust))
    last = float(following[borders == borders.max()].sum() / following.sum())
    return Growth(float(ratio[0]), float(np.exp(center)), drawn, trust * last)


def _lasting(first: pd.DataFrame, second: pd.DataFrame) -> tuple[float, float]:
    """Compare the levels one and two spans after a base: one that lasts where too few were seen."""
    both = first.merge(second[["account_id", "border", "following"]], on=["account_id", "border"], suffixes=("", "_2"))
    both = both[(both["amount"] > 0) & (both["following"] > 0) & (both["following_2"] > 0)]
    if len(both) < FEWEST_STAYED:
        return 1.0, 1.0
    amount, *followed = (np.log(both[name].to_numpy(dtype=float)) for name in ("amount", "following", "following_2"))
    changes = [following - amount for following in followed]
    ends = [np.quantile(level, (CERTAIN[0], 0.5, CERTAIN[1])) for level in changes]
    above = [max(float(high - middle), 1e-9) for _, middle, high in ends]  # who stops within the year is below
    clipped = [level.clip(low, high) for level, (low, _, high) in zip(changes, ends, strict=True)]
    with np.errstate(invalid="ignore"):
        lasting = float(np.nan_to_num(np.corrcoef(*clipped)[0, 1], nan=1.0))
    widening = min(max((above[1] / above[0]) ** 2, 1.0), 2.0)  # 2: each span adds as much as the first
    return widening, min(max(lasting, 0.0), 1.0)
