"""The procedures of customer selection side by side: whom each would choose, how stable it is, where they disagree.

In go the frame of all accounts with what every procedure says of them, out come the tables of the appraisal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

ORDERED = ("revenue", "contribution_margin", "score", "customer_value")  # by a number, the largest first
NAMED = ("key_account_model", "fits", "is_key_account")  # by what an account is
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
    """

    chosen: pd.DataFrame
    before: pd.DataFrame

    @property
    def votes(self) -> pd.Series:
        """Count for each account the procedures that choose it; today's list is none."""
        return self.chosen.drop(columns="is_key_account", errors="ignore").sum(axis="columns")

    @property
    def count(self) -> int:
        """Count the procedures that vote."""
        return len(self.chosen.columns.drop("is_key_account", errors="ignore"))

    @property
    def disputed(self) -> pd.Series:
        """Say of which accounts the procedures disagree most; nobody where fewer than three vote."""
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
    return Procedures(_chosen(accounts, places), _chosen(earlier, places).reindex(accounts.index, fill_value=False))


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
    DataFrame, one row per procedure: procedure, chosen (accounts), in_list (of them in the decision list), stable
    (share of those chosen a year before that are chosen again, NaN where unknown), small (chosen though not among as
    many largest by revenue); needs, workload, bendable hold the procedure's name: what they say is a matter of words.
    """
    rows = []
    for name in procedures.chosen.columns:
        chosen = procedures.chosen[name]
        before = procedures.before.get(name)
        had = int(before.sum()) if before is not None else 0
        largest = revenue.sort_values(ascending=False, kind="stable").index[: int(chosen.sum())]
        rows.append(
            {
                "procedure": name,
                "chosen": int(chosen.sum()),
                "in_list": int((chosen & selected).sum()),
                "stable": float((chosen & before).sum() / had) if before is not None and had else np.nan,
                "small": int((chosen & ~chosen.index.isin(largest)).sum()),
                **dict.fromkeys(("needs", "workload", "bendable"), name),
            }
        )
    columns = ["procedure", "chosen", "in_list", "stable", "small", "needs", "workload", "bendable"]
    return pd.DataFrame(rows, columns=columns)


def agreement(procedures: Procedures, accounts: pd.DataFrame) -> pd.DataFrame:
    """Compare the procedures in pairs.

    Returns
    -------
    DataFrame: procedure, other_procedure, both (accounts that both choose), either (that at least one chooses),
    rank_correlation (Spearman, of accounts that both order; NaN for fewer than five).
    """
    rows = []
    for one, other in combinations(procedures.chosen.columns, 2):
        first, second = procedures.chosen[one], procedures.chosen[other]
        pair = {"procedure": one, "other_procedure": other, "both": int((first & second).sum())}
        correlation = _rank_correlation(accounts, (one, other))
        rows.append(pair | {"either": int((first | second).sum()), "rank_correlation": correlation})
    return pd.DataFrame(rows, columns=["procedure", "other_procedure", "both", "either", "rank_correlation"])


def _rank_correlation(accounts: pd.DataFrame, pair: Sequence[str]) -> float:
    if not set(pair) <= set(ORDERED):
        return float("nan")
    known = accounts[list(pair)].dropna()
    if len(known) < FEWEST_FOR_CORRELATION or (known.nunique() < 2).any():
        return float("nan")
    ranks = known.rank()
    return float(ranks[pair[0]].corr(ranks[pair[1]]))
