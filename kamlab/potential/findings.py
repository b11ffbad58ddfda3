"""What an account dossier tells, from its numbers: the message, where the account stands, what moved, how it orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from kamlab.facts.account import AccountSales
from kamlab.facts.rhythm import Rhythm, last_order
from kamlab.results import Finding, Value

Numbers = Mapping[str, int | float | str | None]
Tables = dict[str, pd.DataFrame]


def findings_of(sold: AccountSales, tables: Tables, numbers: Numbers, rhythm: Rhythm) -> list[Finding]:
    """Say what was found, the message of the page first; keys of three parts belong to sections of their own."""
    findings = [_title(sold, numbers), *_standing(tables)]
    if sold.basis.rows.used:
        findings += [*_margin(sold, numbers), *_moved(sold, tables), _compared(sold)]
        if "product_groups" not in tables:
            findings.append(Finding(key="account_dossier.groups.none"))
    findings += [*_came_and_left(tables), *_ordering(sold, numbers, rhythm), _counted(sold)]
    return [*findings, *_to_do(findings)]


def _title(sold: AccountSales, numbers: Numbers) -> Finding:
    """Say in one sentence how the business goes."""
    now, before = numbers["revenue_now"], numbers["revenue_before"]
    change = change_of(_number(now), _number(before))
    values: dict[str, Value] = {"name": sold.name, "revenue": numbers["revenue"]}
    if not sold.basis.rows.used:
        last = numbers["last_order"]
        ended: dict[str, Value] = {"name": sold.name, "last": date.fromisoformat(str(last)) if last else None}
        return Finding(key="account_dossier.title_" + ("ended" if last else "none"), values=ended)
    if round(float(numbers["revenue"] or 0), 4) <= 0:
        return Finding(key="account_dossier.title_not_positive", values=values)
    if sold.comparison is None or (_number(before) or 0) < 0:
        return Finding(key="account_dossier.title", values=values)
    if change is None:
        is_first = not (_number(now) or 0) <= 0 and not _had_before(sold)
        return Finding(key="account_dossier.title" + ("_first" if is_first else ""), values=values)
    if is_same_span(sold):
        return Finding(key="account_dossier.title_change", values=values | {"change": change})
    months: dict[str, Value] = {"change": change, "months": len(sold.comparison[0].months)}
    return Finding(key="account_dossier.title_compared", values=values | months)


def _number(value: Value) -> float | None:
    return None if value is None else float(str(value))


def _had_before(sold: AccountSales) -> bool:
    """Say whether there are lines before the months that are compared."""
    assert sold.comparison
    return bool((sold.months["month"] < sold.comparison[0].months[0]).any())


def _standing(tables: Tables) -> list[Finding]:
    """Say where the account stands among all; that it stands nowhere, or that nothing is known, in the profile."""
    account = tables["accounts"].iloc[0]
    if account["ranked_accounts"] is None:
        return [Finding(key="account_dossier.profile.no_rank")]
    if account["rank"] is None:
        return [Finding(key="account_dossier.profile.not_ranked")]
    values: dict[str, Value] = {"rank": int(account["rank"]), "class": account["class"]}
    return [Finding(key="account_dossier.rank", values=values | {"accounts": int(account["ranked_accounts"])})]


def _margin(sold: AccountSales, numbers: Numbers) -> list[Finding]:
    """Say what the account brings, and its margin of the year before where the two can be compared."""
    margin, rate, before = (numbers[name] for name in ("contribution_margin", "margin_rate", "margin_rate_before"))
    values: dict[str, Value] = {"margin": margin, "rate": rate, "before": before}
    if margin is None:
        return [Finding(key="account_dossier.development.no_margin")]
    if rate is None:
        return [Finding(key="account_dossier.margin_alone", values={"margin": margin})]
    if before is None or not is_same_span(sold):
        return [Finding(key="account_dossier.margin", values={"margin": margin, "rate": rate})]
    return [Finding(key="account_dossier.margin_compared", values=values)]


def _moved(sold: AccountSales, tables: Tables) -> list[Finding]:
    """Name the product group, else the site, that grew most and the one that lost most, by money."""
    for table, key in (("product_groups", "product_group"), ("sites", "site_id")):
        frame = tables.get(table)
        if frame is None or sold.comparison is None or len(frame) < 2:
            continue
        named = frame[frame[key].notna()]
        current = named["compared"] if "compared" in named else named["revenue"]
        moved = (current - named["before"]).round(4)
        names = (named["site_name"].fillna(named[key]) if table == "sites" else named[key]).tolist()
        values: dict[str, Value] = {}
        found = []
        if (moved > 0).any():
            values |= {"up": names[int(moved.argmax())], "gain": float(moved.max())}
            found.append("grew")
        if (moved < 0).any():
            values |= {"down": names[int(moved.argmin())], "loss": -float(moved.min())}
            found.append("fell")
        return [Finding(key="account_dossier.moved_" + "_and_".join(found), values=values)] if found else []
    return []


def _compared(sold: AccountSales) -> Finding:
    """Name the spans compared; `other_span` where the page is about another."""
    if not sold.comparison:
        return Finding(key="account_dossier.development.no_comparison")
    now, before = sold.comparison
    values: dict[str, Value] = {"now_start": now.start, "now_end": now.end, "months": len(now.months)}
    values |= {"before_start": before.start, "before_end": before.end}
    key = "compared" if now == sold.period else "other_span"
    return Finding(key=f"account_dossier.development.{key}", values=values)


def _came_and_left(tables: Tables) -> list[Finding]:
    findings = []
    products = tables.get("products", pd.DataFrame({"product_movement": []}))
    for movement, money in (("came", "revenue"), ("left", "before")):
        moved = products[products["product_movement"] == movement]
        if len(moved):
            values: dict[str, Value] = {"count": len(moved), "revenue": round(float(moved[money].sum()), 4)}
            findings.append(Finding(key=f"account_dossier.products.{movement}", values=values))
    return findings


def _ordering(sold: AccountSales, numbers: Numbers, rhythm: Rhythm) -> list[Finding]:
    """Say how the account orders, or why that cannot be said; and when it ordered last."""
    findings: list[Finding] = []
    last, since = last_order(sold), numbers["days_since_order"]
    if last is None:
        return [Finding(key="account_dossier.rhythm.none")]
    if sold.calendar.grain != "day":
        reason: dict[str, Value] = {"reason": f"value.grain.{sold.calendar.grain}"}
        return [Finding(key="account_dossier.rhythm.coarse", values=reason)]
    if rhythm.typical is None:
        few: dict[str, Value] = {"count": rhythm.days}
        findings.append(Finding(key="account_dossier.rhythm." + ("few" if rhythm.days else "none_here"), values=few))
    else:
        findings += _regular(rhythm)
    findings.append(Finding(key="account_dossier.rhythm.last", values={"last": last, "as_of": sold.as_of}))
    if rhythm.unusual_from is not None:
        values: dict[str, Value] = {"count": since, "unusual_from": rhythm.unusual_from}
        findings.append(Finding(key="account_dossier.rhythm.overdue", values=values))
    return findings


def _regular(rhythm: Rhythm) -> list[Finding]:
    """Say how often, and how many days lie between two days with orders: a number, or from a quarter to three."""
    findings = []
    if rhythm.per_month is not None:
        values: dict[str, Value] = {"count": rhythm.orders, "per_month": rhythm.per_month}
        findings.append(Finding(key="account_dossier.rhythm.orders", values=values))
    typical, low, high = (round(float(days or 0)) for days in (rhythm.typical, rhythm.low, rhythm.high))
    if low == high:
        return [*findings, Finding(key="account_dossier.rhythm.steady", values={"count": typical})]
    values = {"typical": typical, "low": low, "high": high}
    return [*findings, Finding(key="account_dossier.rhythm.spread", values=values)]


def _counted(sold: AccountSales) -> Finding:
    period = sold.period
    return Finding(key="account_dossier.sure.counted", values={"start": period.start, "end": period.end})


def _to_do(findings: Sequence[Finding]) -> list[Finding]:
    """Choose what to do by what was found."""
    keys = {finding.key.removeprefix("account_dossier.") for finding in findings}
    do = []
    if "rhythm.overdue" in keys:
        do.append("overdue")
    if any(key.endswith("fell") for key in keys):
        do.append("fell")
    if "products.left" in keys:
        do.append("left")
    if keys & {"title_none", "title_ended"}:
        do.append("no_business")
    if "title_not_positive" in keys:
        do.append("credits")
    return [Finding(key=f"account_dossier.do.{key}") for key in (*do, "visit")]


def change_of(now: float | None, before: float | None) -> float | None:
    """Return the relative change; None where there was nothing, or less, before."""
    return now / before - 1 if now is not None and before is not None and round(before, 4) > 0 else None


def is_same_span(sold: AccountSales) -> bool:
    """Say whether exactly the reported period is compared."""
    return sold.comparison is not None and sold.comparison[0] == sold.period
