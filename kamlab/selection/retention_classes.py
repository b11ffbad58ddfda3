"""Who stays: the share of accounts that order again in the following span, by size class, from the ledger's own past.

A pair of spans lies in the past: who ordered in the first, and did it order in the second? Small classes are pooled.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import beta

from kamlab.facts.histories import Histories
from kamlab.selection.concentration import rank

CUT_A, CUT_B = 0.80, 0.95
FEWEST = 20  # observations of an account from which on a class speaks for itself
FEWEST_STAYED = 10  # from which on their spread is measured
CERTAIN = (0.1, 0.9)  # the ends of 80 of 100
HALF = 0.5  # of an account that stays and of one that leaves, added to all that were counted (Jeffreys)
LEANING = 5.0  # accounts like the average that are added to a class
WIDTH_80 = 2.5632  # of a normal distribution, in standard deviations


def classed(histories: Histories, start: int, end: int) -> pd.DataFrame:
    """Class the accounts with orders and a positive amount in a span of complete months, counted from the first.

    Returns
    -------
    DataFrame, largest first: account_id, amount, class (A, B, C by cumulative share), key_account at its end.
    """
    spanned = histories.span(start, end)
    frame = spanned[spanned["ordered"]].assign(name="")
    ranked = rank(frame, "amount", CUT_A, CUT_B)[["account_id", "amount", "class"]]
    day = histories.calendar.complete_months[end - 1].end_time.date()
    return ranked.assign(key_account=ranked["account_id"].isin(histories.key_accounts(day)))


def pairs(histories: Histories, span: int, end: int, back: int = 0, ahead: int = 1) -> pd.DataFrame:
    """Look at all pairs of spans, so many months each, that lie before a month.

    Parameters
    ----------
    back : int
        Spans between that by which an account is classed and the first of the pair; it ordered in both. Who is classed
        by the amount that is compared (0) has just had a good year.
    ahead : int
        Spans from the first of the pair to its second.

    Returns
    -------
    DataFrame, one row per account and pair, the latest pair first: border (month between the spans, counted from the
    first), account_id, class, key_account (as `classed` says), amount (of the first), following (of the second), stayed
    (whether it ordered in that).
    """
    columns = ["border", "account_id", "class", "key_account", "new", "amount", "following", "stayed"]
    found = []
    for border in range(end - ahead * span, (back + 1) * span - 1, -span):
        base = classed(histories, border - (back + 1) * span, border - back * span).drop(columns="amount")
        first = histories.span(border - span, border)
        first["new"] = is_new(histories, first["account_id"], border - span, border)
        after = histories.span(border + (ahead - 1) * span, border + ahead * span)
        both = first.merge(after.rename(columns={"amount": "following", "ordered": "stayed"}), on="account_id")
        found.append(base.merge(both[both["ordered"]], on="account_id", validate="1:1").assign(border=border)[columns])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def is_new(histories: Histories, accounts: pd.Series, start: int, end: int) -> np.ndarray:
    """Say which accounts ordered for the first time in a span of complete months: they had less of it than others.

    Who orders first in the first span of the ledger may be an old customer.
    """
    months = histories.calendar.complete_months[start:end] if start else histories.calendar.complete_months[:0]
    first = histories.days.groupby("account_id")["date"].min()
    begun = set(first.index[pd.PeriodIndex(first, freq="M").isin(months)])
    new: np.ndarray = accounts.isin(begun).to_numpy(dtype=bool)
    return new


def retention(seen: pd.DataFrame) -> pd.DataFrame:
    """Measure who stays, by class and among key accounts and others, each class as it is used.

    Parameters
    ----------
    seen : DataFrame
        As `pairs` gives it, not empty.

    Returns
    -------
    DataFrame, one row per class and kind that was seen: class, key_account, accounts and stayed (of its own), pooled
    (`own`; `class`: key accounts and others together; `all`), and of those pooled: rests_on (their number), retention
    with retention_low and retention_high (Jeffreys, 80 of 100: never zero or one), kept (amount afterwards per amount
    before).
    """
    rows = []
    for (name, is_key), own in seen.groupby(["class", "key_account"], sort=True):
        members, how = pooled(seen, str(name), bool(is_key))
        known = {"class": name, "key_account": bool(is_key), "accounts": len(own), "stayed": int(own["stayed"].sum())}
        rows.append(known | {"pooled": how} | _measured(seen[members], seen))
    frame = pd.DataFrame(rows)
    return frame.sort_values(["class", "key_account"], ascending=[True, False], ignore_index=True)


def pooled(seen: pd.DataFrame, name: str, is_key: bool) -> tuple[np.ndarray, str]:
    """Choose the observations that speak for a class and kind, and say which: `own`, of the `class`, or `all`."""
    of_class = (seen["class"] == name).to_numpy()
    own = of_class & (seen["key_account"] == is_key).to_numpy()
    circles = ((own, "own"), (of_class, "class"), (np.ones(len(seen), dtype=bool), "all"))
    return next((circle for circle in circles if circle[0].sum() >= FEWEST), circles[-1])


def _measured(used: pd.DataFrame, seen: pd.DataFrame) -> dict[str, float]:
    """Measure a pool of observations; one of several leans on all."""
    n, stayed = len(used), int(used["stayed"].sum())
    of_all = (int(seen["stayed"].sum()) + HALF) / (len(seen) + 2 * HALF)
    weight, likely = (2 * HALF, HALF / (2 * HALF)) if n == len(seen) else (LEANING, of_all)
    stays, leaves = stayed + weight * likely, n - stayed + weight * (1 - likely)
    low, high = beta.ppf(CERTAIN, stays, leaves)
    return {
        "rests_on": n,
        "retention": stays / (stays + leaves),
        "retention_low": float(low),
        "retention_high": float(high),
        "kept": float(used["following"].sum() / used["amount"].sum()),
    }


def levels(seen: pd.DataFrame) -> pd.DataFrame:
    """Measure what those who stayed brought afterwards per amount before, by class and kind.

    Returns
    -------
    DataFrame: class, key_account, middle (median of the logarithm), below and above (its spread to either side, as a
    standard deviation, from the quantiles: who stops within the year brings much less, nobody so much more); of all
    classes where too few stayed, 0 where there are too few of all.
    """
    both = seen[seen["stayed"].astype(bool) & (seen["following"] > 0) & (seen["amount"] > 0)]
    both = both.assign(level=np.log(both["following"].astype(float) / both["amount"].astype(float)))
    rows = []
    for (name, is_key), _ in seen.groupby(["class", "key_account"], sort=True):
        of_class = both[both["class"] == name]
        circles = (of_class[of_class["key_account"] == is_key], of_class, both)
        used = next((circle for circle in circles if len(circle) >= FEWEST), both)["level"]
        is_known = len(used) >= FEWEST_STAYED
        low, middle, high = np.quantile(used, (CERTAIN[0], 0.5, CERTAIN[1])) if is_known else np.zeros(3)
        sides = {"below": 2 * (middle - low) / WIDTH_80, "above": 2 * (high - middle) / WIDTH_80}
        rows.append({"class": name, "key_account": is_key, "middle": middle} | sides)
    return pd.DataFrame(rows)


def looked_up(accounts: pd.DataFrame, classes: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Give every account (class, key_account) what was measured of its class, or of its neighbours if it was not seen.

    Neighbours: the other kind of the class, else the next worse class, else the next better.
    """
    measured = classes.set_index(["class", "key_account"])
    order = "ABC"
    wanted = pd.MultiIndex.from_frame(accounts[["class", "key_account"]])
    chosen = {}
    for name, is_key in wanted.unique():
        at = order.index(name)
        near = [name, *order[at + 1 :], *reversed(order[:at])]
        choices = [(letter, kind) for letter in near for kind in (is_key, not is_key)]
        chosen[name, is_key] = next(choice for choice in choices if choice in measured.index)
    found = measured.reindex(pd.MultiIndex.from_tuples([chosen[pair] for pair in wanted], names=measured.index.names))
    return found[list(columns)].set_axis(accounts.index, axis="index")
