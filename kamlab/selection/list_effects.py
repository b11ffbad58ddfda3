"""What the decision list brings and costs beside today's list and those of the procedures.

In go the accounts with their status and what the procedures choose, out come a table and what it says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamlab.facts.measures import Measures
from kamlab.results import Finding, Value
from kamlab.selection.decision_list import SELECTED
from kamlab.selection.procedures import TODAY, Procedures
from kamlab.selection.shares import hhi

LIST = "list"


def lists(accounts: pd.DataFrame, procedures: Procedures, measured: Measures) -> pd.DataFrame:
    """Compare lists: the decision list, those of the procedures, today's where anybody is on it.

    Returns
    -------
    DataFrame: procedure (`list`, or as in `procedures`), accounts, revenue, contribution_margin, share (of all
    revenue), margin_share (of all margin), share_without and margin_share_without (the same, without the largest
    account that enters), largest_share (of the largest in the list), equal_accounts, hours and cost as key accounts
    (cost: NaN where that of one is not known).
    """
    chosen = {LIST: accounts["status"].isin(SELECTED)}
    chosen |= {
        str(name): accounts["account_id"].map(own)
        for name, own in procedures.chosen.items()
        if name != TODAY or own.any()
    }
    totals = measured.accounts[["revenue", "contribution_margin"]].sum(min_count=1)
    others = accounts["account_id"] != largest_newcomer(accounts).get("account_id")
    rows = []
    for name, own in chosen.items():
        part, without = accounts[own], accounts[own & others]
        positive = part.loc[part["revenue"] > 0, "revenue"].to_numpy()
        rows.append(
            {
                "procedure": name,
                "accounts": len(part),
                "revenue": part["revenue"].sum(),
                "contribution_margin": part["contribution_margin"].sum(min_count=1),
                "share": _share(part, "revenue", totals),
                "margin_share": _share(part, "contribution_margin", totals),
                "share_without": _share(without, "revenue", totals) if (~others).any() else np.nan,
                "margin_share_without": _share(without, "contribution_margin", totals) if (~others).any() else np.nan,
                "largest_share": float(positive.max() / positive.sum()) if len(positive) else np.nan,
                "equal_accounts": 1 / hhi(positive) if len(positive) else np.nan,
                "hours": part["hours"].sum(min_count=1),
                "cost": part["cost"].sum(skipna=False) if len(part) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def largest_newcomer(accounts: pd.DataFrame) -> pd.Series:
    """Return the largest account that enters, by margin where it is known; empty where nobody does."""
    enters = accounts[accounts["status"] == "enters"]
    if enters.empty:
        return pd.Series(dtype="object")
    size = enters["contribution_margin"].fillna(-np.inf)
    return enters.assign(size=size).sort_values(["size", "revenue"], ascending=False, kind="stable").iloc[0]


def _share(part: pd.DataFrame, money: str, totals: pd.Series) -> float:
    return part[money].sum(min_count=1) / totals[money] if totals[money] > 0 else float("nan")


def on_effects(accounts: pd.DataFrame, table: pd.DataFrame) -> list[Finding]:
    """Say what the list holds and costs beside today's and a plain ABC, with and without the largest newcomer."""
    rows: dict[Any, dict[Any, Any]] = table.set_index("procedure").to_dict("index")
    by_margin = pd.notna(rows[LIST]["margin_share"])
    money, share = ("contribution_margin", "margin_share") if by_margin else ("revenue", "share")
    ours, today, abc = rows[LIST], rows.get(TODAY), rows.get(money)
    if not ours["accounts"] or abc is None or pd.isna(ours[share]):
        return []
    key = f"target_accounts.{'margin' if by_margin else 'revenue'}"
    values: dict[str, Value] = {"share": ours[share], "abc": abc[share], "count": int(abc["accounts"])}
    if today is None:
        findings = [Finding(key=f"{key}_first", values=values)]
    else:
        findings = [Finding(key=key, values=values | {"today": today[share]})]
        without = f"{share}_without"
        if pd.notna(ours[without]):
            name = str(largest_newcomer(accounts)["name"])
            values = {"name": name, "share": ours[without], "today": today[without], "abc": abc[without]}
            sign = "less" if ours[without] < today[without] else "more"
            findings.append(Finding(key=f"target_accounts.brings.without_{sign}", values=values))
    return [*findings, *_on_cost(accounts, ours, today)]


def _on_cost(accounts: pd.DataFrame, ours: dict[Any, Any], today: dict[Any, Any] | None) -> list[Finding]:
    if pd.isna(ours["cost"]):
        return []
    values: dict[str, Value] = {"cost": ours["cost"]}
    if today is None or pd.isna(today["cost"]):
        findings = [Finding(key="target_accounts.brings.cost_first", values=values)]
    else:
        findings = [Finding(key="target_accounts.brings.cost", values=values | {"today": today["cost"]})]
    known = accounts.loc[accounts["status"] == "enters", "spent"].dropna()
    if len(known):
        spent: dict[str, Value] = {"count": len(known), "spent": float(known.sum())}
        findings.append(Finding(key="target_accounts.brings.spent", values=spent))
    return findings
