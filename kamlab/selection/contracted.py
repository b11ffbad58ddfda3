"""What contracts say about the coming years: what is certain, what is likely, until when.

A minimum volume is certain within its term. A framework is no obligation: within its term its call-offs are expected,
at most what the account has bought. After the term of either the agreed amount goes on with its renewal probability;
where none is known, the account counts as one without a contract.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

KINDS = ("minimum_volume", "framework")
COLUMNS = ("kind", "start", "end", "annual_value", "renewal_probability")


def binding(contracts: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame:
    """Keep the contracts that speak of the time after a day: kind, term not over, a value a year.

    Returns
    -------
    DataFrame, one row per contract: account_id and `COLUMNS`, days as timestamps.
    """
    frame = (pd.DataFrame() if contracts is None else contracts).reindex(columns=["account_id", *COLUMNS])
    frame = frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))
    frame = frame.astype({"annual_value": "float64", "renewal_probability": "float64"})
    speaks = frame["kind"].isin(KINDS) & frame["annual_value"].gt(0) & frame["end"].gt(day)
    return frame[speaks].reset_index(drop=True)


def years_ahead(day: pd.Timestamp, years: int) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Give the first and last day of the years after a day."""
    ends = [day + pd.DateOffset(years=at) for at in range(years + 1)]
    return [(before + pd.Timedelta(days=1), end) for before, end in pairwise(ends)]


def by_year(contracts: pd.DataFrame, day: pd.Timestamp, years: int) -> pd.DataFrame:
    """Divide contracts as `binding` keeps them into the coming years.

    Returns
    -------
    DataFrame, one row per contract and year: account_id, year (from 0), and of the annual value: certain (minimum
    volume within its term), framework (within its term), renewed (after the term of either, where a probability is
    known), renewal_probability.
    """
    parts = []
    for at, (first, last) in enumerate(years_ahead(day, years)):
        length = (last - first).days + 1
        begins = contracts["start"].where(contracts["start"] > first, first)
        ends = contracts["end"].where(contracts["end"] < last, last)
        inside = ((ends - begins).dt.days + 1).clip(lower=0) / length
        after = contracts["end"].where(contracts["end"] >= first, first - pd.Timedelta(days=1))
        behind = (last - after).dt.days.clip(lower=0) / length
        value, is_certain = contracts["annual_value"], contracts["kind"] == KINDS[0]
        known = contracts["renewal_probability"]
        parts.append(
            pd.DataFrame(
                {
                    "account_id": contracts["account_id"],
                    "year": at,
                    "certain": (value * inside).where(is_certain, 0.0),
                    "framework": (value * inside).where(~is_certain, 0.0),
                    "renewed": (value * behind).where(known.notna(), 0.0),
                    "renewal_probability": known.fillna(0.0),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def per_account(divided: pd.DataFrame, accounts: pd.Index, years: int) -> dict[str, np.ndarray]:
    """Sum up what `by_year` divides, account × year; `probability` is that of renewal, weighted by what is renewed."""
    shape = (len(accounts), years)
    found = {name: np.zeros(shape) for name in ("certain", "framework", "renewed", "probability")}
    known = divided[divided["account_id"].isin(accounts)]
    at = (accounts.get_indexer(pd.Index(known["account_id"])), known["year"].to_numpy(dtype=int))
    for name in ("certain", "framework", "renewed"):
        np.add.at(found[name], at, known[name].to_numpy())
    np.add.at(found["probability"], at, (known["renewed"] * known["renewal_probability"]).to_numpy())
    with np.errstate(invalid="ignore"):
        found["probability"] = np.nan_to_num(found["probability"] / found["renewed"])
    return found
