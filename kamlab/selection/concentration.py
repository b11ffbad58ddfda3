"""Concentration: on how few accounts the business rests, and who moved since the year before.

In go the sales of a period, out comes a `Result`. Conventions: net revenue per corporate group; accounts at or below
zero are shown apart and are in no share; the account that crosses a cut belongs to the better class; equal revenue is
ordered by account_id.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import numpy as np
import pandas as pd

from kamlab.facts.sales import Sales
from kamlab.results import Finding, Result, Value
from kamlab.selection.concentration_findings import findings, is_same_span
from kamlab.selection.movement import crossings_by_chance, distances, usual_change
from kamlab.selection.shares import accounts_for, gini, hhi

CUTS_TRIED = (0.70, 0.75, 0.80, 0.85, 0.90)
Numbers = dict[str, int | float | str | None]


def rank(frame: pd.DataFrame, measure: str, cut_a: float, cut_b: float) -> pd.DataFrame:
    """Rank accounts by a measure and class them A, B, C.

    Parameters
    ----------
    frame : DataFrame
        account_id, name and the measure; rows at or below zero are left out.

    Returns
    -------
    DataFrame, one row per account, largest first (ties: smaller account_id first): account_id, name, the measure, share
    and cumulative_share (0 to 1), rank (from 1), class (A up to cut_a, B up to cut_b, C).
    """
    positive = frame.loc[frame[measure].round(4) > 0, ["account_id", "name", measure]]
    ranked = positive.sort_values([measure, "account_id"], ascending=[False, True], ignore_index=True)
    values = ranked[measure].to_numpy()
    in_a, in_b = (accounts_for(values, cut) for cut in (cut_a, cut_b))
    ranked["share"] = values / values.sum() if len(values) else values
    ranked["cumulative_share"] = ranked["share"].cumsum().clip(upper=1.0)
    ranked["rank"] = np.arange(1, len(ranked) + 1)
    ranked["class"] = np.where(ranked["rank"] <= in_a, "A", np.where(ranked["rank"] <= in_b, "B", "C"))
    return ranked


def concentration(sales: Sales, cut_a: float = 0.80, cut_b: float = 0.95) -> Result:
    """Measure on how few accounts the business rests.

    Parameters
    ----------
    cut_a, cut_b : float
        Cumulative shares that class A and class B reach, 0 < cut_a <= cut_b <= 1.

    Returns
    -------
    Result with the tables `accounts`, `classes`, `not_positive`, `sites`, `sensitivity`; `changes` where a year before
    is there; `by_margin` where the ledger has contribution margins.

    Raises
    ------
    ValueError
        Cuts out of order.
    """
    if not 0 < cut_a <= cut_b <= 1:
        raise ValueError(f"cuts must rise from 0 to 1: cut_a={cut_a}, cut_b={cut_b}")
    booked = sales.accounts[sales.accounts["lines"] > 0]
    ranked = rank(booked, "revenue", cut_a, cut_b)
    accounts = ranked.assign(sites=_sites_of(sales, ranked))
    not_positive = booked.loc[booked["revenue"].round(4) <= 0, ["account_id", "name", "revenue", "lines"]]
    tables = {
        "accounts": accounts,
        "classes": _classes(sales, accounts),
        "not_positive": not_positive.sort_values(["revenue", "account_id"], ignore_index=True),
        "sites": _sites(sales, accounts),
        "sensitivity": _sensitivity(accounts),
    }
    at_the_cut: Numbers = dict.fromkeys(("usual_change", "on_the_cut", "rise_by_chance"))
    if sales.comparison:
        tables["changes"], at_the_cut = _at_the_cut(_changes(sales, cut_a, cut_b), at_the_cut)
    if sales.has_margin:
        by_margin = rank(booked, "contribution_margin", cut_a, cut_b)
        revenue_class = accounts.set_index("account_id")["class"]
        tables["by_margin"] = by_margin.assign(revenue_class=by_margin["account_id"].map(revenue_class))
    key_numbers = _key_numbers(sales, tables, at_the_cut)
    return Result(
        analysis="concentration",
        as_of=sales.as_of,
        currency=sales.currency,
        basis=sales.basis.model_copy(update={"choices": sales.basis.choices + _choices(tables, sales, cut_a, cut_b)}),
        parameters={"cut_a": cut_a, "cut_b": cut_b},
        key_numbers=key_numbers,
        findings=tuple(findings(sales, tables, key_numbers)),
        tables=tables,
    )


def _key_numbers(sales: Sales, tables: Mapping[str, pd.DataFrame], at_the_cut: Numbers) -> Numbers:
    """Give the key numbers; shares and indices are None where no account has positive revenue.

    largest_share_of_positive is largest_share where some accounts are in no share, else None. usual_change, on_the_cut
    and rise_by_chance are None without a year before, accounts on both sides of class A, or enough of them.
    """
    accounts, not_positive = tables["accounts"], tables["not_positive"]
    revenue = accounts["revenue"].to_numpy()
    some = len(revenue) > 0
    class_a = accounts[accounts["class"] == "A"]
    spread = hhi(revenue) if some else None
    return {
        "accounts": len(accounts),
        "accounts_not_positive": len(not_positive),
        "accounts_without_lines": _without_lines(sales),
        "revenue": float(sales.basis.revenue.used),
        "revenue_change": _revenue_change(sales),
        "revenue_not_positive": float(round(not_positive["revenue"].sum(), 4)),
        "accounts_for_80": accounts_for(revenue, 0.8) if some else None,
        "top20_share": float(revenue[: ceil(0.2 * len(revenue))].sum() / revenue.sum()) if some else None,
        "largest_share": float(accounts["share"].iloc[0]) if some else None,
        "largest_share_of_positive": float(accounts["share"].iloc[0]) if some and len(not_positive) else None,
        "gini": gini(revenue) if some else None,
        "hhi": spread,
        "equal_accounts": 1 / spread if spread else None,
        "class_a_accounts": len(class_a) if some else None,
        "class_a_share": float(class_a["revenue"].sum() / revenue.sum()) if some else None,
        "contribution_margin": _total_margin(sales),
        **at_the_cut,
    }


def _without_lines(sales: Sales) -> int:
    """Count the accounts of the master data that have no line in the period."""
    return int(((sales.accounts["lines"] == 0) & sales.accounts["in_master"]).sum())


def _total_margin(sales: Sales) -> float | None:
    return float(round(sales.accounts["contribution_margin"].sum(), 4)) if sales.has_margin else None


def _revenue_change(sales: Sales) -> float | None:
    """Relative change on the year before; None unless exactly the reported period is compared, with revenue before."""
    before = float(round(sales.accounts["revenue_before"].sum(), 4))
    if not is_same_span(sales) or before <= 0:
        return None
    return float(sales.accounts["revenue_now"].sum()) / before - 1


def _sites_of(sales: Sales, accounts: pd.DataFrame) -> pd.Series:
    """Count the sites with lines in the period, account by account."""
    return accounts["account_id"].map(sales.sites["account_id"].value_counts()).fillna(0).astype("int64")


def _classes(sales: Sales, accounts: pd.DataFrame) -> pd.DataFrame:
    """Sum up the classes A, B, C: class, accounts, revenue, share (0 to 1), contribution_margin where known."""
    frame = accounts.merge(sales.accounts[["account_id", "contribution_margin"]], on="account_id", validate="1:1")
    sums = frame.groupby("class").agg(
        accounts=("account_id", "size"),
        revenue=("revenue", "sum"),
        share=("share", "sum"),
        contribution_margin=("contribution_margin", "sum"),
    )
    return (sums if sales.has_margin else sums.drop(columns="contribution_margin")).reset_index()


def _sites(sales: Sales, accounts: pd.DataFrame) -> pd.DataFrame:
    """Drill down: every site of the accounts with positive revenue, in their order, the larger site first."""
    joined = accounts[["account_id", "rank"]].merge(sales.sites, on="account_id", validate="1:m")
    joined["share_of_account"] = joined["revenue"] / joined.groupby("account_id")["revenue"].transform("sum")
    joined = joined.sort_values(["rank", "revenue", "site_id"], ascending=[True, False, True], ignore_index=True)
    return joined[["account_id", "site_id", "name", "revenue", "share_of_account", "lines"]]


def _sensitivity(accounts: pd.DataFrame) -> pd.DataFrame:
    """Count the accounts up to other cuts: cut, accounts, share (0 to 1) that they really reach; empty without any."""
    revenue = accounts["revenue"].to_numpy()
    counts = [accounts_for(revenue, cut) for cut in CUTS_TRIED]
    reached = [float(revenue[:count].sum() / revenue.sum()) if count else 0.0 for count in counts]
    frame = pd.DataFrame({"cut": CUTS_TRIED, "accounts": counts, "share": reached})
    return frame[frame["accounts"] > 0]


def _changes(sales: Sales, cut_a: float, cut_b: float) -> pd.DataFrame:
    """Compare with the year before: account_id, name, and with `_now` and `_before` revenue, class, cumulative_share.

    movement: `came` (nothing or less before, positive now), `left` (the reverse), `rose` (into A), `fell` (out of A),
    `stayed`. Accounts without positive revenue in both are not in it. `on_cut`, added by `_at_the_cut`: whether the
    account is no further from the border of class A than a usual change of a year; NA where that is not known.
    """
    frame = sales.accounts[["account_id", "name", "revenue_now", "revenue_before"]].copy()
    for when in ("now", "before"):
        ranked = rank(frame, f"revenue_{when}", cut_a, cut_b).set_index("account_id")
        frame[f"class_{when}"] = frame["account_id"].map(ranked["class"])
        frame[f"cumulative_share_{when}"] = frame["account_id"].map(ranked["cumulative_share"])
    now, before = frame["class_now"], frame["class_before"]
    frame = frame.assign(
        movement=np.select(
            [
                before.isna() & now.notna(),
                before.notna() & now.isna(),
                (now == "A") & (before != "A"),
                (now != "A") & (before == "A"),
            ],
            ["came", "left", "rose", "fell"],
            default="stayed",
        )
    )
    frame = frame[now.notna() | before.notna()]
    frame["larger"] = frame[["revenue_now", "revenue_before"]].max(axis=1)
    ordered = frame.sort_values(["larger", "account_id"], ascending=[False, True], ignore_index=True)
    return ordered.drop(columns="larger")


def _at_the_cut(changes: pd.DataFrame, unknown: Numbers) -> tuple[pd.DataFrame, Numbers]:
    """Say who is on the border of class A, and what is usual there."""
    ranked = changes[changes["class_now"].notna()].sort_values("cumulative_share_now", kind="stable")
    above = int((ranked["class_now"] == "A").sum())
    away = pd.Series(distances(ranked["revenue_now"].to_numpy(), above), index=ranked.index)
    usual = usual_change(changes["revenue_now"].to_numpy(), changes["revenue_before"].to_numpy(), above)
    if usual is None or away.isna().any() or away.empty:
        return changes.assign(on_cut=pd.Series(pd.NA, index=changes.index, dtype="boolean")), unknown
    is_on = (away.abs() <= usual).astype("boolean")
    numbers: Numbers = {"usual_change": usual, "on_the_cut": int(is_on.sum())}
    numbers["rise_by_chance"] = crossings_by_chance(away.to_numpy(), usual)
    return changes.assign(on_cut=is_on), numbers  # NA for those without revenue now


def _choices(tables: Mapping[str, pd.DataFrame], sales: Sales, cut_a: float, cut_b: float) -> tuple[Finding, ...]:
    """Print the conventions that could have been others, and where they mattered."""
    accounts = tables["accounts"]
    reached = float(accounts.loc[accounts["class"] == "A", "share"].sum())
    cuts: dict[str, Value] = {"cut_a": cut_a, "cut_b": cut_b, "share": reached}
    choices = [Finding(key="concentration.choice.cuts", values=cuts)]
    last_a = accounts.loc[accounts["class"] == "A", "revenue"].min()
    tied = int(((accounts["revenue"] == last_a) & (accounts["class"] != "A")).sum())
    if tied:
        choices.append(Finding(key="concentration.choice.ties", values={"count": tied, "revenue": float(last_a)}))
    if len(tables["not_positive"]):
        values: dict[str, Value] = {
            "count": len(tables["not_positive"]),
            "revenue": float(round(tables["not_positive"]["revenue"].sum(), 4)),
        }
        choices.append(Finding(key="concentration.choice.not_positive", values=values))
    if without_lines := _without_lines(sales):
        choices.append(Finding(key="concentration.choice.without_lines", values={"count": without_lines}))
    return tuple(choices)
