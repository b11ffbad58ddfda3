"""Which contracts ended lately, which end or are tendered soon, and what of the business hangs on them."""

from __future__ import annotations

import pandas as pd

from kamlab.selection.contracted import KINDS

STATES = ("ended", "ends", "tender")  # the most pressing first
_READ = ["account_id", "contract_id", "site_id", "kind", "start", "end", "tender_date", "annual_value"]
_COLUMNS = ["account_id", "name", "contract_id", "kind", "state", "end", "tender_date", "annual_value"]
_COLUMNS += ["contribution_margin", "value"]


def contract_ends(contracts: pd.DataFrame, day: pd.Timestamp, accounts: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """List the contracts that ended in the twelve months up to a day, or end or are tendered in the twelve after it.

    One that a later contract of the same account and site goes on from has not ended. An agreement without commitment
    does not end either, but may be tendered.

    Parameters
    ----------
    contracts : as entered
    accounts : account_id, margin_12, revenue_12, value; those without a row have no margin and no value here
    names : of all accounts, by account_id

    Returns
    -------
    DataFrame, one row per contract, what ended first, then by margin: account_id, name, contract_id, kind, state
    (`STATES`; one that ends and is tendered `ends`), end, tender_date, annual_value, contribution_margin (what the
    account brought in twelve months, as much of it as the annual value is of its revenue, all of it at most; NaN where
    the ledger has no margin), value (of the account in the coming years).
    """
    frame = contracts.reindex(columns=_READ).astype({"annual_value": "float64"})
    for name in ("start", "end", "tender_date"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[ns]")
    frame["site_id"] = frame["site_id"].where(frame["site_id"].notna(), frame["account_id"])
    frame["state"] = _states(frame, day)
    listed = frame[frame["state"].notna()].merge(
        accounts[["account_id", "margin_12", "revenue_12", "value"]], on="account_id", how="left", validate="m:1"
    )
    agreed = listed.groupby("account_id")["annual_value"].transform("sum")
    share: pd.Series = listed["annual_value"] / agreed.where(agreed > listed["revenue_12"], listed["revenue_12"])
    listed = listed.assign(
        name=listed["account_id"].map(names).fillna(listed["account_id"]),
        contribution_margin=(listed["margin_12"] * share).round(4),
        at=listed["state"].map(STATES.index),
    )
    by = ["at", "contribution_margin", "annual_value", "contract_id"]
    ordered = listed.sort_values(by, ascending=[True, False, False, True], ignore_index=True)
    return ordered[_COLUMNS]


def _states(contracts: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    before, after = day - pd.DateOffset(years=1), day + pd.DateOffset(years=1)
    end, tender = contracts["end"], contracts["tender_date"]
    binds = contracts["kind"].isin(KINDS)
    own = contracts[["account_id", "site_id", "start", "end"]].assign(at=contracts.index)
    others = own.merge(own[binds], on=["account_id", "site_id"], suffixes=("", "_next"))
    goes_on = others["start_next"].gt(others["start"]) & others["end_next"].gt(others["end"])
    open_ = binds & ~contracts.index.isin(others.loc[goes_on & others["end_next"].gt(day), "at"])
    state = pd.Series(None, index=contracts.index, dtype="object")
    state[tender.gt(day) & tender.le(after)] = "tender"
    state[open_ & end.gt(day) & end.le(after)] = "ends"
    state[open_ & end.gt(before) & end.le(day)] = "ended"
    return state
