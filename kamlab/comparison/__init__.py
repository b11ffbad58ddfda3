"""Two runs side by side: which key numbers and classes changed, and why.

In go two runs, out comes a `Result` like every other. It has no notebook: it is about runs, not about an engagement's
data, and `kamlab compare` shows it on a page of its own. Knows no file and no words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd

from kamlab.comparison.causes import (
    CAUSES,
    NOT_POSITIVE,
    Circumstances,
    Rebuilding,
    cause_by_exclusion,
    cause_of_class,
    classes,
    revenues,
)
from kamlab.comparison.circumstances import circumstances
from kamlab.comparison.runs import Input, Run
from kamlab.errors import Problem, SettingsError
from kamlab.results import Basis, Finding, Result, RevenueTally, RowTally, Value

__all__ = ["CAUSES", "NOT_POSITIVE", "Input", "Run", "compare"]

TOP = "A"
_CLASSED, _READY = "concentration", "data_readiness"
_CENT = 0.005
_NOTHING = Basis(
    period=None,
    rows=RowTally(read=0, used=0, left_out=0, rejected=0),
    revenue=RevenueTally(read=Decimal(0), used=Decimal(0), left_out=Decimal(0), rejected=Decimal(0)),
)


def compare(earlier: Run, later: Run) -> Result:
    """Compare two runs of an engagement.

    Returns
    -------
    Result with the tables `accounts` (account_id, name, analysis, what, earlier, later, cause, revenue_earlier,
    revenue_later: one row per class or selection that changed; None where a run does not have the account), `causes`
    (how often each), `key_numbers` (analysis, key, earlier, later, difference, relative), `months` (month, event,
    revenue_earlier, revenue_later, revenue_difference) and `circumstances`. Basis and currency are the
    later run's.

    Raises
    ------
    SettingsError
        Runs of two engagements or in two currencies (KL-S354).
    """
    if (earlier.engagement, earlier.currency) != (later.engagement, later.currency):
        values: dict[str, Value] = {"engagement": earlier.engagement, "currency": earlier.currency}
        values |= {"other": later.engagement, "other_currency": later.currency}
        raise SettingsError(Problem(code="KL-S354", values=values))
    differing = circumstances(earlier, later)
    accounts = _accounts(earlier, later, Circumstances(differing))
    sizes = accounts.groupby(["analysis", "what", "cause"], sort=False).size()
    counted = sizes.sort_values(ascending=False, kind="stable")
    tables = {
        "accounts": accounts,
        "causes": counted.rename("accounts").reset_index(),
        "key_numbers": _key_numbers(earlier, later),
        "months": _months(earlier, later),
        "circumstances": differing,
    }
    return Result(
        analysis="comparison",
        as_of=later.as_of,
        currency=later.currency,
        basis=next((result.basis for result in reversed(list(later.results.values()))), _NOTHING),
        parameters={"earlier": earlier.run_id, "later": later.run_id},
        key_numbers={"changed_accounts": len(accounts), "changed_key_numbers": len(tables["key_numbers"])},
        findings=tuple(_findings(earlier, later, tables)),
        tables=tables,
    )


def _accounts(earlier: Run, later: Run, differing: Circumstances) -> pd.DataFrame:
    columns = [
        "account_id",
        "name",
        "analysis",
        "what",
        "earlier",
        "later",
        "cause",
        "revenue_earlier",
        "revenue_later",
    ]
    rows = []
    rebuilding = Rebuilding(earlier, later)
    for analysis in (name for name in later.results if name in earlier.results):
        pair = earlier.results[analysis], later.results[analysis]
        for what, before, after in _kinds(analysis, pair):
            names, revenue = _names(pair), _revenues(analysis, pair)
            for account in sorted({*before.index, *after.index}):
                was, is_ = before.get(account), after.get(account)
                if was == is_:
                    continue
                money = revenue[0].get(account), revenue[1].get(account)
                if analysis == _CLASSED and rebuilding.is_possible:
                    cause = cause_of_class(rebuilding, differing, account, (was, is_), money)
                else:
                    cause = cause_by_exclusion(analysis, differing)
                rows.append((account, names.get(account, account), analysis, what, was, is_, cause, *money))
    frame = pd.DataFrame(rows, columns=columns).astype({"revenue_earlier": "float64", "revenue_later": "float64"})
    weight = frame[["revenue_earlier", "revenue_later"]].max(axis=1).fillna(0)
    at_top = (frame["earlier"] == TOP) | (frame["later"] == TOP)
    order = pd.DataFrame({"top": ~at_top, "weight": -weight, "id": frame["account_id"]})
    return frame.loc[order.sort_values(["top", "weight", "id"]).index].reset_index(drop=True)


def _kinds(analysis: str, pair: tuple[Result, Result]) -> list[tuple[str, pd.Series, pd.Series]]:
    """Find the classes and selections of an analysis: every text that its table of accounts holds beside the names."""
    if analysis == _CLASSED:
        return [("class", *(classes(result) for result in pair))]  # type: ignore[list-item]
    frames = [result.tables.get("accounts", pd.DataFrame()) for result in pair]
    if any("account_id" not in frame.columns for frame in frames):
        return []
    first, second = (frame.drop_duplicates("account_id").set_index("account_id") for frame in frames)
    texts = [
        name for name in second.columns if name in first and name != "name" and second[name].dtype.kind not in "iufbM"
    ]
    return [(str(name), first[name].dropna(), second[name].dropna()) for name in texts]


def _names(pair: tuple[Result, Result]) -> dict[str, str]:
    """Name the accounts, as the later run does where it knows them."""
    named: dict[str, str] = {}
    for result in pair:
        for table in ("not_positive", "accounts"):
            frame = result.tables.get(table, pd.DataFrame())
            if {"account_id", "name"} <= set(frame.columns):
                named |= dict(zip(frame["account_id"], frame["name"], strict=True))
    return named


def _revenues(analysis: str, pair: tuple[Result, Result]) -> list[pd.Series]:
    return [revenues(result) if analysis == _CLASSED else pd.Series(dtype="float64") for result in pair]


def _key_numbers(earlier: Run, later: Run) -> pd.DataFrame:
    """List the key numbers that changed; what a gate keeps back is NaN."""
    rows = []
    for analysis, result in later.results.items():
        before = earlier.results[analysis].key_numbers if analysis in earlier.results else {}
        for key in (key for key in result.key_numbers if key in before):
            pair = before[key], result.key_numbers[key]
            if any(isinstance(value, str) for value in pair):
                continue
            was, is_ = (math.nan if value is None else float(value) for value in pair)
            if not (math.isclose(was, is_, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(was) and math.isnan(is_))):
                relative = (is_ - was) / abs(was) if was else math.nan
                rows.append((analysis, key, was, is_, is_ - was, relative))
    return pd.DataFrame(rows, columns=["analysis", "key", "earlier", "later", "difference", "relative"])


def _months(earlier: Run, later: Run) -> pd.DataFrame:
    """List the months whose revenue differs: `new`, `gone`, `completed` (was not over, or is not), `corrected`."""
    columns = ["month", "event", "revenue_earlier", "revenue_later", "revenue_difference"]
    known = [run.results[_READY].tables.get("months") if _READY in run.results else None for run in (earlier, later)]
    if any(months is None for months in known):
        return pd.DataFrame(columns=columns)
    first, second = (
        months.set_index("month")[["revenue", "complete"]].add_suffix(f"_{when}")
        for months, when in zip(known, ("earlier", "later"), strict=True)
        if months is not None
    )
    both = first.join(second, how="outer").astype({"revenue_earlier": "float64", "revenue_later": "float64"})
    both = both.assign(revenue_difference=both["revenue_later"].fillna(0) - both["revenue_earlier"].fillna(0))
    is_new, is_gone = both["revenue_earlier"].isna(), both["revenue_later"].isna()
    is_whole = (both["complete_earlier"] == True) & (both["complete_later"] == True)  # noqa: E712  None is no month
    event = np.select([is_new, is_gone, is_whole], ["new", "gone", "corrected"], default="completed")
    moved = is_new | is_gone | (both["revenue_difference"].abs() > _CENT)
    return both.assign(event=event)[moved].rename_axis("month").reset_index()[columns]


def _findings(earlier: Run, later: Run, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Say what changed, the message first, then what may have caused it."""
    accounts, differing = tables["accounts"], tables["circumstances"]
    classed = accounts[(accounts["analysis"] == _CLASSED)]
    findings = _into_and_out_of(classed)
    others = len(classed) - int(((classed["earlier"] == TOP) | (classed["later"] == TOP)).sum())
    if others:
        findings.append(
            Finding(key="comparison.elsewhere" if findings else "comparison.below", values={"count": others})
        )
    rest = accounts[accounts["analysis"] != _CLASSED]
    for analysis, group in rest.groupby("analysis", sort=False):
        findings.append(Finding(key="comparison.selections", values={"count": len(group), "analysis": str(analysis)}))
    findings += _revenue(tables["key_numbers"])
    if not findings and len(tables["key_numbers"]):
        findings.append(Finding(key="comparison.numbers", values={"count": len(tables["key_numbers"])}))
    if not earlier.results.keys() & later.results.keys():
        findings.append(Finding(key="comparison.nothing_common"))
    elif not findings:
        findings.append(Finding(key="comparison.same_results" if len(differing) else "comparison.same"))
    return findings + _of_months(tables["months"]) + _of_circumstances(earlier, later, differing)


def _into_and_out_of(classed: pd.DataFrame) -> list[Finding]:
    """Count who came into class A and who left it, by cause."""
    findings = []
    for key, here, there in (("into", "later", "earlier"), ("out_of", "earlier", "later")):
        moved = classed[(classed[here] == TOP) & (classed[there] != TOP)]
        if len(moved):
            counts = moved["cause"].value_counts()
            ordered = sorted(counts.index, key=lambda cause: (-counts[cause], CAUSES.index(cause)))
            values: dict[str, Value] = {"count": len(moved), **{cause: int(counts[cause]) for cause in ordered}}
            findings.append(Finding(key=f"comparison.{key}", values=values))
    return findings


def _revenue(numbers: pd.DataFrame) -> list[Finding]:
    found = numbers[(numbers["analysis"] == _CLASSED) & (numbers["key"] == "revenue")]
    if found.empty:
        return []
    row = found.iloc[0]
    values: dict[str, Value] = {name: float(row[name]) for name in ("earlier", "later", "difference")}
    if math.isnan(row["relative"]):  # there was none before
        return [Finding(key="comparison.revenue_from_none", values=values)]
    return [Finding(key="comparison.revenue", values=values | {"relative": float(row["relative"])})]


def _of_months(months: pd.DataFrame) -> list[Finding]:
    findings = []
    for event in ("new", "completed", "corrected", "gone"):
        found = months[months["event"] == event]
        if len(found):
            first, last = (found["month"].iloc[at].date() for at in (0, -1))
            values: dict[str, Value] = {"count": len(found), "first": first, "last": last}
            total = float(round(found["revenue_difference"].sum(), 4))
            findings.append(Finding(key=f"comparison.months_{event}", values=values | {"difference": total}))
    return findings


def _of_circumstances(earlier: Run, later: Run, differing: pd.DataFrame) -> list[Finding]:
    findings = []
    if earlier.as_of and later.as_of and earlier.as_of != later.as_of:
        days: dict[str, date] = {"earlier": earlier.as_of, "later": later.as_of}
        findings.append(Finding(key="comparison.as_of", values=dict(days)))
    for kind in ("input", "setting", "parameter", "version"):
        count = int((differing["kind"] == kind).sum())
        if count:
            findings.append(Finding(key=f"comparison.{kind}s", values={"count": count}))
    return findings
