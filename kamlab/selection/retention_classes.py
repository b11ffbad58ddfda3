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


def pairs(histories: Histories, span: int, end: int) -> pd.DataFrame:
    """Look at all pairs of spans, so many months each, that follow each other and end before a month.

    Returns
    -------
    DataFrame, one row per account and pair, the latest pair first: what `classed` says of the first span, following
    (the amount of the second) and stayed (whether it ordered in it).
    """
    found = []
    for border in range(end - span, span - 1, -span):
        base, after = classed(histories, border - span, border), histories.span(border, border + span)
        after = after.rename(columns={"amount": "following", "ordered": "stayed"})
        found.append(base.merge(after, on="account_id", how="left", validate="1:1"))
    columns = ["account_id", "amount", "class", "key_account", "following", "stayed"]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


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
    before), log_spread (standard deviation of the logarithm of that among those who stayed, from its quantiles).
    """
    rows = []
    for (name, is_key), own in seen.groupby(["class", "key_account"], sort=True):
        circles = [("own", own), ("class", seen[seen["class"] == name]), ("all", seen)]
        pooled, used = next((c for c in circles if len(c[1]) >= FEWEST), circles[-1])
        known = {"class": name, "key_account": bool(is_key), "accounts": len(own), "stayed": int(own["stayed"].sum())}
        rows.append(known | {"pooled": pooled} | _measured(used, seen))
    frame = pd.DataFrame(rows)
    return frame.sort_values(["class", "key_account"], ascending=[True, False], ignore_index=True)


def _measured(used: pd.DataFrame, seen: pd.DataFrame) -> dict[str, float]:
    """Measure a pool of observations; the spread of all where too few stayed."""
    n, stayed = len(used), int(used["stayed"].sum())
    low, high = beta.ppf(CERTAIN, stayed + 0.5, n - stayed + 0.5)
    spread = next((s for s in map(_spread, (used, seen)) if s is not None), 0.0)
    return {
        "rests_on": n,
        "retention": (stayed + 0.5) / (n + 1),
        "retention_low": float(low),
        "retention_high": float(high),
        "kept": float(used["following"].sum() / used["amount"].sum()),
        "log_spread": spread,
    }


def _spread(used: pd.DataFrame) -> float | None:
    both = used[used["stayed"].astype(bool) & (used["following"] > 0)]
    if len(both) < FEWEST_STAYED:
        return None
    low, high = np.quantile(np.log(both["following"].astype(float) / both["amount"]), CERTAIN)
    return float((high - low) / WIDTH_80)


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
