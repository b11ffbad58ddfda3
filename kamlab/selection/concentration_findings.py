"""What the page of concentration says: findings from the tables, the message first."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import numpy as np
import pandas as pd

from kamlab.facts.sales import Sales
from kamlab.results import Finding, Value
from kamlab.selection.shares import hhi

NAMED = 3  # accounts named in a sentence
FULL_YEAR = 12  # months
Numbers = Mapping[str, int | float | str | None]


def findings(sales: Sales, tables: Mapping[str, pd.DataFrame], numbers: Numbers) -> list[Finding]:
    """Say what was found, the message of the page first; keys with a third part belong to sections of their own."""
    accounts = tables["accounts"]
    if accounts.empty:
        return [Finding(key="concentration.title_none"), Finding(key="concentration.do.none")]
    several = len(accounts) > 1
    found = [_title(accounts, numbers)]
    if several:
        found += [_dependence(sales, numbers), _largest(tables)]
    if several and "by_margin" in tables and not tables["by_margin"].empty:
        found += _by_margin(sales, tables)
    found += _movements(sales, tables, numbers)
    if several:
        found += [_top20(accounts, numbers), _sensitivity_said(tables), Finding(key="concentration.sure.exact")]
    return found + _to_do(tables)


def _to_do(tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Advise on the accounts by name: the shortlist, the dependence, margins that do not fit, who fell."""
    accounts = tables["accounts"]
    if len(accounts) == 1:
        return [Finding(key="concentration.do.one")]
    class_a = int((accounts["class"] == "A").sum())
    found = [Finding(key="concentration.do.shortlist", values={"count": class_a})]
    more, less = _differing(tables)
    found += _naming("concentration.do.more", more)
    if accounts["revenue"].iloc[0] > accounts["revenue"].iloc[-1]:
        found.append(Finding(key="concentration.do.limit", values={"name": accounts["name"].iloc[0]}))
    found += _naming("concentration.do.little_margin", less)
    changes = tables.get("changes")
    if changes is not None:  # not those who still stand on the border
        fell = (changes["movement"] == "fell") & ~changes["on_cut"].fillna(False)
        found += _naming("concentration.do.fell", changes.loc[fell, "name"].tolist())
    return found


def _naming(key: str, names: list[str], values: Mapping[str, Value] | None = None) -> list[Finding]:
    """Name accounts, of many the first; none, nothing."""
    said: dict[str, Value] = {**(values or {}), "count": len(names), "names": names[:NAMED]}
    return [Finding(key=key + ("_many" if len(names) > NAMED else ""), values=said)] if names else []


def _title(accounts: pd.DataFrame, numbers: Numbers) -> Finding:
    if len(accounts) == 1:
        return Finding(key="concentration.title_one", values={"name": accounts["name"].iloc[0]})
    values: dict[str, Value] = {"count": numbers["class_a_accounts"], "accounts": len(accounts)}
    return Finding(key="concentration.title", values=values | {"share": numbers["class_a_share"]})


def _dependence(sales: Sales, numbers: Numbers) -> Finding:
    """As how many equal accounts: now, and a year before where that can be compared and is another number."""
    values: dict[str, Value] = {"count": max(1, round(float(numbers["equal_accounts"] or 1)))}
    values["accounts"] = numbers["accounts"]
    now, before = (_equal_accounts(sales.accounts[f"revenue_{when}"].to_numpy()) for when in ("now", "before"))
    if not sales.comparison or not now or not before or now == before:
        return Finding(key="concentration.dependence", values=values)
    values |= {"before": before, "months": len(sales.comparison[0].months)}
    if not is_same_span(sales):
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


def _top20(accounts: pd.DataFrame, numbers: Numbers) -> Finding:
    values: dict[str, Value] = {"count": ceil(0.2 * len(accounts)), "accounts": len(accounts)}
    return Finding(key="concentration.head.top20", values=values | {"share": numbers["top20_share"]})


def _sensitivity_said(tables: Mapping[str, pd.DataFrame]) -> Finding:
    around = tables["sensitivity"].set_index("cut")["accounts"]
    values: dict[str, Value] = {"count": int(around[0.75]), "middle": int(around[0.80]), "high": int(around[0.85])}
    return Finding(key="concentration.sure.cuts", values=values)


def _movements(sales: Sales, tables: Mapping[str, pd.DataFrame], numbers: Numbers) -> list[Finding]:
    """How many moved into class A or out of it, how much business came and left, and which spans that compares."""
    if not sales.comparison:
        return [Finding(key="concentration.sure.no_comparison")]
    changes, fewer = tables["changes"], _fewer_months(sales)
    months: dict[str, Value] = {"months": len(sales.comparison[0].months)}
    found = [_crossed(changes, numbers) or Finding(key="concentration.head.steady" + fewer, values=months)]
    if numbers["usual_change"] is not None:
        found += _on_the_cut(changes, numbers)
    for movement, money in (("came", "revenue_now"), ("left", "revenue_before")):
        moved = changes.loc[changes["movement"] == movement, money]
        if len(moved):
            sums: dict[str, Value] = {"count": len(moved), "revenue": float(round(moved.sum(), 4))}
            found.append(Finding(key=f"concentration.change.{movement}" + fewer, values=sums | months))
    return [*found, _compared(sales)]


def _crossed(changes: pd.DataFrame, numbers: Numbers) -> Finding | None:
    """Count who crossed the border of class A, and where a usual change is known, who of them stands on it still."""
    counts = changes["movement"].value_counts()
    values: dict[str, Value] = {movement: int(counts.get(movement, 0)) for movement in ("rose", "fell")}
    crossed = changes[changes["movement"].isin(["rose", "fell"])]
    if crossed.empty:
        return None
    values |= {"count": len(crossed), "on_cut": int(crossed["on_cut"].fillna(False).sum())}
    known = "moved" if numbers["usual_change"] is not None else "crossed"
    return Finding(key=f"concentration.head.{known}", values=values)


def _on_the_cut(changes: pd.DataFrame, numbers: Numbers) -> list[Finding]:
    """Name the accounts on the border of class A, the largest first; say what chance alone would move."""
    names = changes.loc[changes["on_cut"].fillna(False), "name"].tolist()
    usual = float(numbers["usual_change"] or 0)
    values: dict[str, Value] = {"less": -float(np.expm1(-usual)), "more": float(np.expm1(usual))}
    values["expected"] = numbers["rise_by_chance"]
    swing = Finding(key="concentration.sure.swing", values=values)
    return [*_naming("concentration.cut.on_it", names, values), swing]


def _compared(sales: Sales) -> Finding:
    """Name the spans compared; `other_span` where the rest of the page is about another."""
    assert sales.comparison
    now, before = sales.comparison
    values: dict[str, Value] = {"now_start": now.start, "now_end": now.end, "months": len(now.months)}
    values |= {"before_start": before.start, "before_end": before.end}
    reported = sales.basis.period
    if reported and reported != now:
        return Finding(
            key="concentration.sure.other_span", values=values | {"start": reported.start, "end": reported.end}
        )
    return Finding(key="concentration.method.compared", values=values)


def _by_margin(sales: Sales, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """How the view changes when margin counts instead of revenue, and who is in no class by it."""
    more, less = _differing(tables)
    values: dict[str, Value] = {"count": int((tables["by_margin"]["class"] == "A").sum())}
    values |= {"more": len(more), "less": len(less)}
    found = [Finding(key="concentration.margin" + ("" if more or less else "_same"), values=values)]
    margins = sales.accounts.loc[sales.accounts["lines"] > 0, "contribution_margin"]
    none = margins[margins.round(4) <= 0]
    if len(none):
        values = {"count": len(none), "margin": float(round(none.sum(), 4))}
        found.append(Finding(key="concentration.by_margin.not_positive", values=values))
    return found


def _differing(tables: Mapping[str, pd.DataFrame]) -> tuple[list[str], list[str]]:
    """Name the accounts of class A by margin alone, and by revenue alone; without any margin above zero, none."""
    by_margin = tables.get("by_margin")
    if by_margin is None or by_margin.empty:
        return [], []
    revenue, margin = (frame[frame["class"] == "A"] for frame in (tables["accounts"], by_margin))
    more = margin.loc[~margin["account_id"].isin(revenue["account_id"]), "name"]
    less = revenue.loc[~revenue["account_id"].isin(margin["account_id"]), "name"]
    return more.tolist(), less.tolist()


def is_same_span(sales: Sales) -> bool:
    """Say whether exactly the reported period is compared with the year before."""
    return sales.comparison is not None and sales.comparison[0] == sales.basis.period
