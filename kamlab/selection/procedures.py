"""The procedures of customer selection side by side: whom each would choose, how stable it is, where they disagree.

In go the frame of all accounts with what every procedure says of them, out come the tables of the appraisal. Procedures
that agree nearly always are one opinion, and opinions are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

ORDERED = ("revenue", "contribution_margin", "score", "customer_value")  # by a number, the largest first
TODAY = "is_key_account"  # today's list: shown beside the others, it does not vote
NAMED = ("key_account_model", "fits", TODAY)  # by what an account is
SAME = 0.95  # agreement above which two procedures are one opinion
FEWEST_FOR_CORRELATION = 5  # accounts that two procedures both order
DISPUTED = (1 / 3, 2 / 3)  # share of the procedures that would choose an account: between, they disagree


@dataclass(frozen=True)
class Procedures:
    """What the procedures choose.

    Attributes
    ----------
    chosen : DataFrame of booleans
        By account_id, a column per procedure that can be carried out.
    before : DataFrame of booleans
        The same a year earlier, for the procedures of which that is known.
    opinions : tuple of tuples
        The procedures that vote; those that agree above `SAME` (in how they order, else in whom they choose) together.
    """

    chosen: pd.DataFrame
    before: pd.DataFrame
    opinions: tuple[tuple[str, ...], ...]

    @property
    def votes(self) -> pd.Series:
        """Count for each account the opinions that choose it: those of which at least half of the procedures do."""
        votes = [self.chosen[list(names)].mean(axis="columns").ge(0.5) for names in self.opinions]
        return pd.DataFrame(votes, columns=self.chosen.index).sum().astype("int64")

    @property
    def count(self) -> int:
        """Count the opinions."""
        return len(self.opinions)

    @property
    def disputed(self) -> pd.Series:
        """Say of which accounts the opinions differ most; nobody where there are fewer than three."""
        share = self.votes / max(self.count, 1)
        return share.between(*DISPUTED) & (self.count >= 3)


def choices(accounts: pd.DataFrame, earlier: pd.DataFrame, places: int) -> Procedures:
    """Let every procedure choose.

    Parameters
    ----------
    accounts, earlier : DataFrame by account_id
        Now and a year before, a column per procedure: numbers for those that order (the largest are chosen, ties by
        account_id), yes or no for the others. A column without any value is no procedure.
    places : int
        How many accounts a procedure that orders may choose.
    """
    chosen = _chosen(accounts, places)
    before = _chosen(earlier, places).reindex(accounts.index, fill_value=False)
    names = [str(name) for name in chosen.columns if name != TODAY]
    return Procedures(chosen, before, _opinions(_pairs(chosen, accounts), names))


def allowed(accounts: pd.DataFrame, out: pd.Series) -> pd.DataFrame:
    """Take from the procedures whom none may choose; on today's list they stay."""
    names = [name for name in (*ORDERED, *NAMED) if name in accounts and name != TODAY]
    is_out = out.reindex(accounts.index, fill_value=False)
    return accounts.assign(**{name: accounts[name].mask(is_out) for name in names})


def _opinions(pairs: pd.DataFrame, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Bring together procedures that agree, also by way of a third."""
    chosen_alike = pairs["both"] / pairs["either"].where(pairs["either"] > 0)
    agree = pairs["rank_correlation"].fillna(chosen_alike) > SAME
    group = {name: name for name in names}
    for one, other in pairs.loc[agree, ["procedure", "other_procedure"]].itertuples(index=False):
        if one in group and other in group:
            group = {name: group[one] if own == group[other] else own for name, own in group.items()}
    return tuple(tuple(name for name in names if group[name] == first) for first in dict.fromkeys(group.values()))


def _chosen(accounts: pd.DataFrame, places: int) -> pd.DataFrame:
    found: dict[str, pd.Series] = {}
    for name in ORDERED:
        if name in accounts and accounts[name].notna().any():
            ordered = accounts.sort_index().sort_values(name, ascending=False, kind="stable")[name].dropna()
            found[name] = pd.Series(accounts.index.isin(ordered.index[:places]), index=accounts.index)
    for name in NAMED:
        if name in accounts and accounts[name].notna().any():
            found[name] = accounts[name].fillna(value=False).astype(bool)
    return pd.DataFrame(found, index=accounts.index)


def appraisal(procedures: Procedures, revenue: pd.Series, selected: pd.Series) -> pd.DataFrame:
    """Appraise the procedures.

    Returns
    -------
    DataFrame, one row per procedure: procedure, opinion (its number; none of today's list), chosen (accounts), in_list
    (of them in the decision list), stable (share of those chosen a year before that are chosen again, NaN where
    unknown), small (chosen though not among as many largest by revenue); needs, workload, bendable hold the procedure's
    name: what they say is a matter of words.
    """
    rows = []
    opinion = {name: at for at, names in enumerate(procedures.opinions, 1) for name in names}
    for name in procedures.chosen.columns:
        chosen = procedures.chosen[name]
        before = procedures.before.get(name)
        had = int(before.sum()) if before is not None else 0
        largest = revenue.sort_values(ascending=False, kind="stable").index[: int(chosen.sum())]
        rows.append(
            {
                "procedure": name,
                "opinion": opinion.get(name),
                "chosen": int(chosen.sum()),
                "in_list": int((chosen & selected).sum()),
                "stable": float((chosen & before).sum() / had) if before is not None and had else np.nan,
                "small": int((chosen & ~chosen.index.isin(largest)).sum()),
                **dict.fromkeys(("needs", "workload", "bendable"), name),
            }
        )
    columns = ["procedure", "opinion", "chosen", "in_list", "stable", "small", "needs", "workload", "bendable"]
    return pd.DataFrame(rows, columns=columns).astype({"opinion": "float64"})


def agreement(procedures: Procedures, accounts: pd.DataFrame) -> pd.DataFrame:
    """Compare the procedures in pairs.

    Returns
    -------
    DataFrame: procedure, other_procedure, both (accounts that both choose), either (that at least one chooses),
    rank_correlation (Spearman, of accounts that both order; NaN for fewer than five).
    """
    return _pairs(procedures.chosen, accounts)


def _pairs(chosen: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for one, other in combinations(chosen.columns, 2):
        first, second = chosen[one], chosen[other]
        pair = {"procedure": one, "other_procedure": other, "both": int((first & second).sum())}
        correlation = _rank_correlation(accounts, (one, other))
        rows.append(pair | {"either": int((first | second).sum()), "rank_correlation": correlation})
    frame = pd.DataFrame(rows, columns=["procedure", "other_procedure", "both", "either", "rank_correlation"])
    return frame.astype({"both": "int64", "either": "int64", "rank_correlation": "float64"})


def _rank_correlation(accounts: pd.DataFrame, pair: Sequence[str]) -> float:
    if not set(pair) <= set(ORDERED):
        return float("nan")
    known = accounts[list(pair)].dropna()
    if len(known) < FEWEST_FOR_CORRELATION or (known.nunique() < 2).any():
        return float("nan")
    ranks = known.rank()
    return float(ranks[pair[0]].corr(ranks[pair[1]]))
