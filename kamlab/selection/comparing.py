"""Who is compared by which criteria: the accounts with their values, utilities and scores, and who is left out and why.

In go measures, ratings, criteria and their weights; out comes a `Comparison`. Knows no findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamlab.engagement.choosing import Criterion
from kamlab.facts.measures import Measures
from kamlab.selection import criteria as judging

LEAST_KNOWN = 0.5  # of all weight that an account must have values for
DIGITS = 9  # of a score: what is alike so far is a tie


@dataclass(frozen=True)
class Comparison:
    """Accounts compared by criteria; all frames by account_id, in its order.

    Attributes
    ----------
    accounts : name, revenue, is_key_account of those that are compared, knocked out or not
    criteria : those that at least one of them has a value for, whatever they weigh; each with its scale
    weights : share of all by criterion; adds up to one
    values, utilities : accounts × criteria; NaN where unknown
    bounds : the values that get no and all points, by criterion
    ratings : account_id, criterion, rater, value of the accounts compared
    knock_out : the criterion that knocks an account out, None where none does
    not_judged : account_id, name, revenue, left_out_for (`not_rated`, `too_little`), largest first
    unmeasured : criteria without any value, with the share of the agreed weight that they had
    rescaled : criteria whose scale or bounds were chosen for want of one that works: "log" or "fenced"
    """

    accounts: pd.DataFrame
    criteria: Mapping[str, Criterion]
    weights: pd.Series
    values: pd.DataFrame
    utilities: pd.DataFrame
    bounds: Mapping[str, tuple[float, float]]
    ratings: pd.DataFrame
    knock_out: pd.Series
    not_judged: pd.DataFrame
    unmeasured: Mapping[str, float]
    rescaled: Mapping[str, str]

    @property
    def running(self) -> pd.Index:
        """The accounts that nothing knocks out."""
        return self.knock_out.index[self.knock_out.isna()]

    @property
    def outlying(self) -> dict[str, list[str]]:
        """Name by criterion with weight the accounts that alone take most of its range."""
        values = self.values.loc[self.running]
        weighty = {name: one for name, one in self.criteria.items() if self.weights[name] > 0}
        found = {name: judging.outlying(values[name], one) for name, one in weighty.items()}
        return {name: self.accounts.loc[far, "name"].tolist() for name, far in found.items() if far}

    @property
    def levelled(self) -> int:
        """Count the accounts that lack the rating of somebody who has rated others on the same criterion."""
        names = [name for name, criterion in self.criteria.items() if criterion.source is None]
        marks = [judging.marks(self.ratings, name) for name in names]
        lacking = [one.index[one.isna().any(axis=1) & one.notna().any(axis=1)] for one in marks]
        return len(set().union(*lacking))


def compare(
    measures: Measures, criteria: Mapping[str, Criterion], agreed: pd.Series, rated: pd.DataFrame
) -> Comparison:
    """Compare the accounts with positive revenue.

    Where rated criteria have weight, only accounts that somebody has rated on at least one of them are compared.
    Criteria without any value are left out, and the weights of the others made to sum to one; if none of them has any,
    they count alike. Accounts without values for more than half of the weight are left out.
    """
    accounts = measures.accounts[measures.accounts["revenue"].round(4) > 0].set_index("account_id").sort_index()
    accounts = accounts[["name", "revenue", "is_key_account"]]
    rated = rated[rated["account_id"].isin(accounts.index)]
    judged = rated.loc[rated["criterion"].isin(agreed.index[agreed > 0]), "account_id"].unique()
    is_rated = pd.Series(accounts.index.isin(judged) if len(judged) else True, index=accounts.index, dtype=bool)
    pool = measures.accounts.set_index("account_id").loc[accounts.index[is_rated]].reset_index()
    values = judging.values(pool, rated, criteria)
    measured = [name for name in criteria if values[name].notna().any()]
    weights = agreed[measured]
    weights = weights / weights.sum() if weights.sum() > 0 else weights * 0 + 1 / max(len(weights), 1)
    values = values[measured]
    known = (values.notna() * weights).sum(axis=1).round(DIGITS)
    enough = known >= LEAST_KNOWN if measured else known > 0
    reasons = is_rated.map({True: "too_little", False: "not_rated"})
    left = accounts[~accounts.index.isin(values.index[enough])]
    not_judged = left[["name", "revenue"]].assign(left_out_for=reasons[left.index]).reset_index()
    values = values[enough]
    kept = {name: criteria[name] for name in measured}
    knock_out = judging.knocked_out(values, kept)
    running = values[knock_out.isna()]
    scaled = {name: judging.scaled(running[name], criterion) for name, criterion in kept.items()}
    rescaled = {name: "log" for name, one in scaled.items() if one.scale == "log" and kept[name].scale is None}
    rescaled |= {
        name: "fenced" for name, one in scaled.items() if (one.low, one.high) != (kept[name].low, kept[name].high)
    }
    kept = scaled
    bounds = {name: judging.bounds(running[name], criterion) for name, criterion in kept.items()}
    return Comparison(
        accounts=accounts.loc[values.index],
        criteria=kept,
        weights=weights,
        values=values,
        utilities=points(values, kept, bounds),
        bounds=bounds,
        ratings=rated[rated["account_id"].isin(values.index)].reset_index(drop=True),
        knock_out=knock_out,
        not_judged=not_judged.sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True),
        rescaled={name: rescaled[name] for name in measured if name in rescaled},
        unmeasured={name: float(agreed[name]) for name in criteria if name not in measured},
    )


def points(
    values: pd.DataFrame, criteria: Mapping[str, Criterion], bounds: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """Turn values into utilities, 0 to 1, column by column."""
    columns = {name: judging.utility(values[name].to_numpy(), criteria[name], *bounds[name]) for name in criteria}
    return pd.DataFrame(columns, index=values.index, dtype="float64")


def scores(utilities: pd.DataFrame, weights: pd.Series) -> pd.Series:
    """Return the weighted mean of the utilities that are known, 0 to 1; NaN where none of them has weight."""
    known = (utilities.notna() * weights).sum(axis=1)
    return ((utilities.fillna(0.0) * weights).sum(axis=1) / known.where(known > 0)).round(DIGITS)


def ranks(score: pd.Series) -> pd.Series:
    """Rank by score from 1; of those that tie, the smaller account_id comes first."""
    ordered = score.sort_index().sort_values(ascending=False, kind="stable")
    return pd.Series(np.arange(1, len(ordered) + 1), index=ordered.index).reindex(score.index)
