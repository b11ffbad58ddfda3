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
from kamlab.selection.shares import accounts_for, gini, hhi

CUTS_TRIED = (0.70, 0.75, 0.80, 0.85, 0.90)
NAMED = 3  # accounts named in a sentence
FULL_YEAR = 12  # months


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
    if sales.comparison:
        tables["changes"] = _changes(sales, cut_a, cut_b)
    if sales.has_margin:
        by_margin = rank(booked, "contribution_margin", cut_a, cut_b)
        revenue_class = accounts.set_index("account_id")["class"]
        tables["by_margin"] = by_margin.assign(revenue_class=by_margin["account_id"].map(revenue_class))
    key_numbers = _key_numbers(sales, tables)
    return Result(
        analysis="concentration",
        as_of=sales.as_of,
        currency=sales.currency,
        basis=sales.basis.model_copy(update={"choices": sales.basis.choices + _choices(tables, sales, cut_a, cut_b)}),
        parameters={"cut_a": cut_a, "cut_b": cut_b},
        key_numbers=key_numbers,
        findings=tuple(_findings(sales, tables, key_numbers)),
        tables=tables,
    )


def _key_numbers(sales: Sales, tables: Mapping[str, pd.DataFrame]) -> dict[str, int | float | str | None]:
    """Give the key numbers; shares and indices are None where no account has positive revenue.

    largest_share_of_positive is largest_share where some accounts are in no share, else None.
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
    }


def _without_lines(sales: Sales) -> int:
    """Count the accounts of the master data that have no line in the period."""
    return int(((sales.accounts["lines"] == 0) & sales.accounts["in_master"]).sum())


def _total_margin(sales: Sales) -> float | None:
    return float(round(sales.accounts["contribution_margin"].sum(), 4)) if sales.has_margin else None


def _revenue_change(sales: Sales) -> float | None:
    """Relative change on the year before; None unless exactly the reported period is compared, with revenue before."""
    before = float(round(sales.accounts["revenue_before"].sum(), 4))
    if not _same_span(sales) or before <= 0:
        return None
    return float(sales.accounts["revenue_now"].sum()) / before - 1


def _same_span(sales: Sales) -> bool:
    return sales.comparison is not None and sales.comparison[0] == sales.basis.period


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
    `stayed`. Accounts without positive revenue in both are not in it.
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


def _choices(tables: Mapping[str, pd.DataFrame], sales: Sales, cut_a: float, cut_b: float) -> tuple[Finding, ...]:
    """Print the conventions that could have been others, and where they mattered."""
    accounts = tables["accounts"]
    choices = [Finding(key="concentration.choice.cuts", values={"cut_a": cut_a, "cut_b": cut_b})]
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


def _findings(
    sales: Sales, tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, int | float | str | None]
) -> list[Finding]:
    """Say what was found, the message of the page first; `read` and `do` keys belong to sections of their own."""
    accounts = tables["accounts"]
    if accounts.empty:
        return [Finding(key="concentration.title_none"), Finding(key="concentration.do.none")]
    several = len(accounts) > 1
    findings = [_title(accounts, numbers)]
    if several:
        findings += [_dependence(sales, numbers), _largest(tables)]
    findings += _movements(sales, tables)
    if "by_margin" in tables and not tables["by_margin"].empty:
        findings += _by_margin(sales, tables)
    if several:
        findings += [_top20(accounts, numbers), _sensitivity_said(tables), Finding(key="concentration.exact")]
    read = ("chart", "curve") if sales.comparison else ("chart_alone", "curve")
    do = ("shortlist" if several else "one", *(["fell"] if _any_fell(tables) else []))
    findings += [Finding(key=f"concentration.read.{key}") for key in read]
    return findings + [Finding(key=f"concentration.do.{key}") for key in do]


def _any_fell(tables: Mapping[str, pd.DataFrame]) -> bool:
    return "changes" in tables and bool((tables["changes"]["movement"] == "fell").any())


def _title(accounts: pd.DataFrame, numbers: Mapping[str, int | float | str | None]) -> Finding:
    if len(accounts) == 1:
        return Finding(key="concentration.title_one", values={"name": accounts["name"].iloc[0]})
    values: dict[str, Value] = {"count": numbers["class_a_accounts"], "accounts": len(accounts)}
    return Finding(key="concentration.title", values=values | {"share": numbers["class_a_share"]})


def _dependence(sales: Sales, numbers: Mapping[str, int | float | str | None]) -> Finding:
    """As how many equal accounts: now, and a year before where that can be compared and is another number."""
    values: dict[str, Value] = {"count": max(1, round(float(numbers["equal_accounts"] or 1)))}
    now, before = (_equal_accounts(sales.accounts[f"revenue_{when}"].to_numpy()) for when in ("now", "before"))
    if not sales.comparison or not now or not before or now == before:
        return Finding(key="concentration.dependence", values=values)
    values |= {"before": before, "months": len(sales.comparison[0].months)}
    if not _same_span(sales):
        return Finding(key="concentration.dependence_compared", values=values | {"now": now})
    return Finding(key="concentration.dependence_year" + _fewer_months(sales), values=values)


def _equal_accounts(values: np.ndarray) -> int:
    """Round the inverse of the Herfindahl index of the positive values; 0 without any."""
    positive = values[values > 0]
    return round(1 / hhi(positive)) if len(positive) else 0


def _fewer_months(sales: Sales) -> str:
    """Choose the sentences that name the months where fewer than twelve are compared."""
    return "_months" if sales.comparison and len(sales.comparison[0].months) < FULL_YEAR else ""


def _largest(tables: Mapping[str, pd.DataFrame]) -> Finding:
    """What goes with the largest account: its margin where known, else its revenue; all equal, none is the largest."""
    accounts = tables["accounts"]
    largest = accounts.iloc[0]
    values: dict[str, Value] = {"share": float(largest["share"]), "revenue": float(largest["revenue"])}
    if largest["revenue"] == accounts["revenue"].iloc[-1]:
        return Finding(key="concentration.all_equal", values=values | {"count": len(accounts)})
    values["name"] = largest["name"]
    by_margin = tables.get("by_margin", pd.DataFrame(columns=["account_id"]))
    margin = by_margin[by_margin["account_id"] == largest["account_id"]]
    if margin.empty:
        return Finding(key="concentration.largest", values=values)
    values |= {"margin": float(margin["contribution_margin"].iloc[0]), "margin_share": float(margin["share"].iloc[0])}
    return Finding(key="concentration.largest_margin", values=values)


def _top20(accounts: pd.DataFrame, numbers: Mapping[str, int | float | str | None]) -> Finding:
    values: dict[str, Value] = {"count": ceil(0.2 * len(accounts)), "accounts": len(accounts)}
    return Finding(key="concentration.top20", values=values | {"share": numbers["top20_share"]})


def _sensitivity_said(tables: Mapping[str, pd.DataFrame]) -> Finding:
    around = tables["sensitivity"].set_index("cut")["accounts"]
    values: dict[str, Value] = {"count": int(around[0.75]), "middle": int(around[0.80]), "high": int(around[0.85])}
    return Finding(key="concentration.sensitivity", values=values)


def _movements(sales: Sales, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Who moved into class A or out of it, how much business came and left, and which spans that compares."""
    if not sales.comparison:
        return [Finding(key="concentration.no_comparison")]
    changes, fewer = tables["changes"], _fewer_months(sales)
    months: dict[str, Value] = {"months": len(sales.comparison[0].months)}
    findings = [_crossed(changes, movement) for movement in ("rose", "fell") if (changes["movement"] == movement).any()]
    if not findings:
        findings.append(Finding(key="concentration.steady" + fewer, values=months))
    for movement, money in (("came", "revenue_now"), ("left", "revenue_before")):
        moved = changes.loc[changes["movement"] == movement, money]
        if len(moved):
            sums: dict[str, Value] = {"count": len(moved), "revenue": float(round(moved.sum(), 4))}
            findings.append(Finding(key=f"concentration.{movement}" + fewer, values=sums | months))
    return [*findings, _compared(sales)]


def _crossed(changes: pd.DataFrame, movement: str) -> Finding:
    """Name those who crossed the border of class A, the largest first."""
    names = changes.loc[changes["movement"] == movement, "name"].tolist()
    more = len(names) - NAMED
    values: dict[str, Value] = {"names": names[:NAMED], "count": len(names), "more": more}
    return Finding(key=f"concentration.{movement}" + ("_many" if more > 0 else ""), values=values)


def _compared(sales: Sales) -> Finding:
    """Name the spans compared; `other_span` where the rest of the page is about another."""
    assert sales.comparison
    now, before = sales.comparison
    values: dict[str, Value] = {"now_start": now.start, "now_end": now.end, "months": len(now.months)}
    values |= {"before_start": before.start, "before_end": before.end}
    reported = sales.basis.period
    if reported and reported != now:
        return Finding(key="concentration.other_span", values=values | {"start": reported.start, "end": reported.end})
    return Finding(key="concentration.compared", values=values)


def _by_margin(sales: Sales, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Where the view changes when margin counts instead of revenue, and who is in no class by it."""
    accounts, by_margin = (tables[name][tables[name]["class"] == "A"] for name in ("accounts", "by_margin"))
    findings = [Finding(key="concentration.margin", values={"count": len(by_margin)})]
    for key, here, there in (("only_revenue", accounts, by_margin), ("only_margin", by_margin, accounts)):
        names = here.loc[~here["account_id"].isin(there["account_id"]), "name"].tolist()
        if names:
            listed = names[:NAMED] + ["…"] * (len(names) > NAMED)
            findings.append(Finding(key=f"concentration.margin_{key}", values={"names": listed, "count": len(names)}))
    if len(findings) == 1:
        findings.append(Finding(key="concentration.margin_same"))
    margins = sales.accounts.loc[sales.accounts["lines"] > 0, "contribution_margin"]
    none = margins[margins.round(4) <= 0]
    if len(none):
        values: dict[str, Value] = {"count": len(none), "margin": float(round(none.sum(), 4))}
        findings.append(Finding(key="concentration.margin_not_positive", values=values))
    return findings
