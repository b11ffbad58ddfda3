"""What a workshop talks about: where raters disagree, what other weights would change, what was decided and why.

In goes a `Comparison` with its ranking, out come tables. Raters appear by their codes, and are not ranked.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamlab.engagement.choosing import VALUE
from kamlab.selection import criteria as judging
from kamlab.selection.comparing import Comparison, ranks, scores

EQUAL = "equal"  # the variant that is always there
NOTABLE = 10  # points of 100 by which a rater is above or below the others on average
FEWEST_COMPARED = 10  # ratings, below which nothing is said of a rater


def disagreements(comparison: Comparison) -> pd.DataFrame:
    """List what raters see differently, the largest first.

    Returns
    -------
    DataFrame, one row per account and criterion: account_id, name, criterion, lowest, highest, spread (highest −
    lowest), raters, rank, rank_lowest and rank_highest: where the account would be if only the one or the other
    counted. Ordered by the spread in points of the criterion, then by how far the rank moves. Only accounts that
    nothing knocks out.
    """
    columns = ["account_id", "name", "criterion", "lowest", "highest", "spread", "raters"]
    columns += ["rank", "rank_lowest", "rank_highest"]
    rated = comparison.ratings[comparison.ratings["account_id"].isin(comparison.running)]
    found = (
        rated.groupby(["account_id", "criterion"])[VALUE].agg(lowest="min", highest="max", raters="size").reset_index()
    )
    found["spread"] = found["highest"] - found["lowest"]
    found = found[(found["spread"] > 0) & (found["criterion"].map(comparison.weights).fillna(0.0) > 0)]
    if found.empty:
        return pd.DataFrame(columns=columns).astype({"spread": "float64"})
    score = scores(comparison.utilities.loc[comparison.running], comparison.weights)
    ends = {side: _points(comparison, found, side) for side in ("lowest", "highest")}
    found["far"] = np.abs(ends["highest"] - ends["lowest"]).round(9)
    for side in ends:
        found[f"rank_{side}"] = _rank_with(comparison, found, ends[side], score)
    found["rank"] = found["account_id"].map(ranks(score))
    found["moved"] = (found["rank_highest"] - found["rank_lowest"]).abs()
    found["name"] = found["account_id"].map(comparison.accounts["name"])
    order = ["far", "moved", "account_id", "criterion"]
    return found.sort_values(order, ascending=[False, False, True, True], ignore_index=True)[columns]


def _points(comparison: Comparison, cells: pd.DataFrame, column: str) -> np.ndarray:
    """Turn ratings of several criteria into utilities."""
    points = np.full(len(cells), np.nan)
    for name, bounds in comparison.bounds.items():
        own = (cells["criterion"] == name).to_numpy()
        points[own] = judging.utility(cells.loc[own, column].to_numpy(), comparison.criteria[name], *bounds)
    return points


def _rank_with(comparison: Comparison, cells: pd.DataFrame, points: np.ndarray, score: pd.Series) -> np.ndarray:
    """Rank each account as if it had these points on this criterion, all others staying as they are."""
    known = (comparison.utilities.notna() * comparison.weights).sum(axis=1)
    weight = cells["criterion"].map(comparison.weights).to_numpy() / cells["account_id"].map(known).to_numpy()
    at = comparison.utilities.index.get_indexer(pd.Index(cells["account_id"]))
    columns = comparison.utilities.columns.get_indexer(pd.Index(cells["criterion"]))
    mean = comparison.utilities.to_numpy()[at, columns]
    own = cells["account_id"].map(score).to_numpy()
    other = (own + weight * (points - mean)).round(9)
    ordered = np.sort(score.to_numpy())
    above = len(ordered) - np.searchsorted(ordered, other, side="right")
    return above - (own > other) + 1


def raters(comparison: Comparison) -> pd.DataFrame:
    """Say of every rater how the ratings differ from those of the others on the same accounts and criteria.

    Returns
    -------
    DataFrame, by code: rater, ratings (that somebody else rated too), difference_of_100 (points of 100, positive:
    more than the others; with criteria of which less is better, more points for less). It is no judgement of a person.
    """
    rated = comparison.ratings[comparison.ratings["criterion"].isin(comparison.bounds)]
    rated = rated.assign(points=_points(comparison, rated, VALUE) * 100)
    cells = rated.groupby(["account_id", "criterion"])["points"]
    count, total = cells.transform("size"), cells.transform("sum")
    shared = rated[count > 1]
    difference = shared["points"] - (total - shared["points"])[count > 1] / (count[count > 1] - 1)
    by_rater = shared.assign(difference=difference).groupby("rater")["difference"]
    return by_rater.agg(ratings="size", difference_of_100="mean").reset_index()


def variants(comparison: Comparison, others: Mapping[str, pd.Series], places: int) -> pd.DataFrame:
    """Rank the accounts under other weights.

    Parameters
    ----------
    others : shares of all weights by criterion, by the name of the variant

    Returns
    -------
    DataFrame, variant by variant, the accounts that are among the first `places` with the agreed weights or with some
    variant, in the order of their rank: variant, account_id, name, rank, rank_variant, circle (`enters`, `leaves`,
    `stays`, `outside`).
    """
    utilities = comparison.utilities.loc[comparison.running]
    agreed = ranks(scores(utilities, comparison.weights))
    found = {}
    for name, shares in others.items():
        own = shares.reindex(utilities.columns).fillna(0.0)
        if own.sum() > 0:
            found[name] = ranks(scores(utilities, own / own.sum()).fillna(-1.0))
    chosen = pd.concat([agreed, *found.values()], axis=1).min(axis=1) <= places
    order = agreed[chosen].sort_values().index
    frames = []
    for name, rank in found.items():
        now, then = agreed[order] <= places, rank[order] <= places
        circle = np.select([~now & then, now & ~then, now & then], ["enters", "leaves", "stays"], default="outside")
        frame = {"variant": name, "account_id": order, "name": comparison.accounts.loc[order, "name"].to_numpy()}
        frames.append(pd.DataFrame(frame | {"rank": agreed[order].to_numpy(), "rank_variant": rank[order].to_numpy()}))
        frames[-1]["circle"] = circle
    columns = ["variant", "account_id", "name", "rank", "rank_variant", "circle"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def decisions(entered: pd.DataFrame, accounts: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Put what was decided beside what was computed: the latest decision of each account.

    Parameters
    ----------
    accounts : the table of accounts with status and rank
    names : of all accounts, by account_id

    Returns
    -------
    DataFrame, those that go against the computation first: account_id, name, decision, status, rank, against, grounds,
    date. against: `in` although out or knocked out, `out` or `watch` although set.
    """
    frame = entered.reindex(columns=["account_id", "decision", "reason", "date"]).dropna(subset=["account_id"])
    frame = (
        frame.rename(columns={"reason": "grounds"})
        .sort_values("date", kind="stable", na_position="first")
        .drop_duplicates("account_id", keep="last")
    )
    computed = accounts.set_index("account_id")
    frame["status"] = frame["account_id"].map(computed["status"])
    frame["rank"] = frame["account_id"].map(computed["rank"])
    frame["name"] = frame["account_id"].map(names).fillna(frame["account_id"])
    is_in = frame["decision"] == "in"
    against = (is_in & frame["status"].isin(["out", "knocked_out"])) | (~is_in & (frame["status"] == "set"))
    frame["against"] = against.map({True: "against", False: None})
    frame = frame.assign(first=~against).sort_values(["first", "rank", "account_id"], ignore_index=True)
    return frame[["account_id", "name", "decision", "status", "rank", "against", "grounds", "date"]]
