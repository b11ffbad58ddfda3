"""What speaks against the proposals of the decision list: definition, portfolio, contracts, goals.

In go the accounts with their status and the results of other analyses, out come tables.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kamlab.results import Result
from kamlab.selection.decision_list import SELECTED

LITTLE_EFFORT = "maintain"  # the strategy of the portfolio that asks for it
SIMPLE = ("large_account", "classical")  # coverage models without complexity
COLUMNS = ["account_id", "name", "status", "because", "failing", "contract_day"]
CONTRACTS = ["account_id", "name", "status", "contract_id", "state", "end", "tender_date", "annual_value"]
CONTRACTS += ["contribution_margin"]


def contracts(accounts: pd.DataFrame, known: Mapping[str, Result]) -> pd.DataFrame:
    """List the contracts that ended or end within twelve months, of accounts on the list or leaving it.

    Returns
    -------
    DataFrame, as `contract_ends` of customer value, with the status; without contracts, without rows.
    """
    value = known.get("customer_value")
    if value is None or "contract_ends" not in value.tables:
        return pd.DataFrame(columns=CONTRACTS).astype({"end": "datetime64[ns]", "tender_date": "datetime64[ns]"})
    status = accounts.set_index("account_id")["status"]
    found = value.tables["contract_ends"].reset_index(drop=True)
    found = found.assign(status=found["account_id"].map(status))
    return found.loc[found["status"].isin([*SELECTED, "leaves"]), CONTRACTS].reset_index(drop=True)


def conflicts(accounts: pd.DataFrame, known: Mapping[str, Result], ending: pd.DataFrame) -> pd.DataFrame:
    """List the accounts whose proposed status another analysis speaks against, in the order of the list.

    Parameters
    ----------
    ending : DataFrame
        As `contracts` returns it.

    Returns
    -------
    DataFrame: account_id, name, status, because (codes joined by blanks), failing (rules of the definition),
    contract_day (the next end or tender of a contract).
    """
    status, is_in = accounts["status"], accounts["status"].isin(SELECTED)
    days = _next_days(ending)
    with_goals, open_goals = _goals(known)
    against = {
        "conflict_definition": is_in & accounts["fits"].eq(other=False).fillna(value=False).astype(bool),
        "conflict_little_effort": is_in & (accounts["quadrant"] == LITTLE_EFFORT),
        "conflict_simple": is_in & accounts["coverage_model"].isin(SIMPLE),
        "conflict_contract": (status == "leaves") & accounts["account_id"].isin(days.index),
        "conflict_goals": (status == "leaves") & accounts["account_id"].isin(open_goals),
        "conflict_no_goal": (status == "enters") & ~accounts["account_id"].isin(with_goals) & ("kam_goals" in known),
    }
    codes = [" ".join(code for code, own in against.items() if own.loc[row]) for row in accounts.index]
    frame = accounts.assign(because=codes, contract_day=days.reindex(accounts["account_id"]).to_numpy())
    return frame.loc[frame["because"] != "", COLUMNS].reset_index(drop=True)


def _next_days(ending: pd.DataFrame) -> pd.Series:
    """Return by account_id the next day on which a contract ends or is tendered, else the last on which one ended."""
    day = ending["end"].where(ending["state"] != "tender", ending["tender_date"])
    days = ending.assign(day=pd.to_datetime(day).astype("datetime64[ns]"), over=ending["state"] == "ended").sort_values(
        ["over", "day"]
    )
    return days.drop_duplicates("account_id").set_index("account_id")["day"]


def _goals(known: Mapping[str, Result]) -> tuple[set[str], set[str]]:
    """Return whose goals there are, and of whom one is not reached."""
    if "kam_goals" not in known:
        return set(), set()
    goals = known["kam_goals"].tables["progress"]
    own = goals[(goals["level"] == "account") & goals["account_id"].notna()]
    return set(own["account_id"]), set(own.loc[own["standing"] != "reached", "account_id"])
