"""Account dossier: who an account is, and how our own business with it develops.

In go the sales of one account, out comes a `Result`. Conventions: net revenue of all sites of the corporate group; the
year before is compared by complete months only; an order is a document on a day with positive revenue, without document
numbers the day itself.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlab.facts.account import AccountSales
from kamlab.facts.calendar import MONTHS
from kamlab.facts.rhythm import Rhythm, days_with_orders, last_order, rhythm_of
from kamlab.potential.findings import Tables, change_of, findings_of, is_same_span
from kamlab.results import Finding, Period, Result, Value

CENT = 0.01
_MONEY = ["revenue", "contribution_margin"]


def account_dossier(sold: AccountSales, concentration: Result | None = None) -> Result:
    """Put together what is known of an account and of our own business with it.

    Parameters
    ----------
    concentration : Result, optional
        Class and rank of the account come from it, if it is of the same day.

    Returns
    -------
    Result with the tables `accounts` (one row: account_id, name, sites, active_sites: those with lines in the
    period, attributes of the master data, rank, class), `months` (those of the period), `years` (fiscal, of the whole
    ledger), `sites`; `product_groups` where there are any, with the lines that sell no goods by their kind behind
    them (`line_kind`);
    `products` (came, left) where the ledger has products and a year before. Shares and margins from 0 to 1, None
    where revenue is not positive.

    Raises
    ------
    ValueError
        Months, sites or product groups do not add up to the revenue of the period: a mistake, never the data.
    """
    tables: Tables = {
        "accounts": _account(sold, concentration),
        "months": _months(sold),
        "years": _years(sold),
        "sites": _sites(sold),
    }
    if sold.months["product_group"].notna().any():
        tables["product_groups"] = _product_groups(sold)
    if sold.comparison and len(sold.items):
        tables["products"] = _products(sold)
    rhythm = rhythm_of(sold)
    numbers = _key_numbers(sold, tables, rhythm)
    _add_up(tables, float(sold.basis.revenue.used))
    return Result(
        analysis="account_dossier",
        as_of=sold.as_of,
        currency=sold.currency,
        basis=sold.basis.model_copy(update={"choices": (*_choices(sold), *sold.basis.choices)}),
        parameters={"account": sold.account_id},
        key_numbers=numbers,
        findings=tuple(findings_of(sold, tables, numbers, rhythm)),
        tables=tables,
    )


def _account(sold: AccountSales, concentration: Result | None) -> pd.DataFrame:
    """Describe the account in one row; rank and class are None where no concentration knows it."""
    row: dict[str, Any] = {"account_id": sold.account_id, "name": sold.name, "in_master": sold.in_master}
    row |= {
        "sites": len(sold.sites),
        "active_sites": _active_sites(sold),
        **sold.profile,
        "rank": None,
        "class": None,
        "ranked_accounts": None,
    }
    if concentration is not None and concentration.as_of == sold.as_of:
        ranked = concentration.tables["accounts"]
        own = ranked[ranked["account_id"] == sold.account_id]
        row["ranked_accounts"] = len(ranked)
        if len(own):
            row |= {"rank": int(own["rank"].iloc[0]), "class": str(own["class"].iloc[0])}
    return pd.DataFrame([row])


def _active_sites(sold: AccountSales) -> int:
    """Count the sites with lines in the period: those that the concentration counts."""
    days = sold.days[sold.days["date"].between(sold.period.start, sold.period.end)]
    return int(days["site_id"].nunique())


def _within(frame: pd.DataFrame, span: Period | None) -> pd.DataFrame:
    return frame[frame["month"].isin(span.months)] if span else frame.iloc[:0]


def _sums(frame: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """Sum up money by keys, to four decimals; margin is NaN where none is known."""
    return frame.groupby(list(keys), dropna=False)[_MONEY].sum(min_count=1).round(4)


def _months(sold: AccountSales) -> pd.DataFrame:
    """Give every month of the period: month, revenue, contribution_margin, before, complete.

    `before` is the same month a year earlier, NaN where it is not compared. A ledger by quarter or year has one row for
    each.
    """
    sums = _sums(sold.months, "month")
    months = sold.period.months
    frame = sums.reindex(months).fillna({"revenue": 0.0}).rename_axis("month").reset_index()
    now, before = sold.comparison or (None, None)
    earlier = sums["revenue"].reindex(months - 12).fillna(0.0).to_numpy()
    is_compared = frame["month"].isin(now.months) if now and before else pd.Series(False, index=frame.index)
    frame["before"] = pd.Series(earlier, index=frame.index).where(is_compared)
    frame["complete"] = frame["month"].isin(sold.calendar.complete_months)
    step = MONTHS.get(sold.calendar.grain, 1)
    frame = frame.iloc[step - 1 :: step].reset_index(drop=True)
    return frame.assign(month=frame["month"].dt.start_time)


def _years(sold: AccountSales) -> pd.DataFrame:
    """Give every fiscal year from the first with lines on: year, revenue, change, contribution_margin, margin_rate.

    `complete` stands where a year is not; changes are only between complete years.
    """
    calendar = sold.calendar
    year_of = {month: calendar.fiscal_year(month) for month in calendar.covered.months}
    sums = _sums(sold.months.assign(year=sold.months["month"].map(year_of)), "year")
    if sums.empty:
        return pd.DataFrame(columns=["year", "revenue", "change", "contribution_margin", "margin_rate"])
    years = range(int(sums.index.min()), max(year_of.values()) + 1)
    frame = sums.reindex(years).fillna({"revenue": 0.0})
    counts = pd.Series([year_of[month] for month in calendar.complete_months]).value_counts()
    complete = pd.Series([counts.get(year, 0) == 12 for year in years], index=frame.index)
    earlier = frame["revenue"].shift().where(complete & complete.shift(fill_value=False))
    frame["change"] = [change_of(now, past) for now, past in zip(frame["revenue"], earlier, strict=True)]
    frame["margin_rate"] = _rates(frame["contribution_margin"], frame["revenue"])
    columns = ["year", "revenue", "change", "contribution_margin", "margin_rate"]
    frame = frame.rename_axis("year").reset_index().astype({"year": "str"})[columns]
    return frame if complete.all() else frame.assign(complete=complete.to_numpy())


def _product_groups(sold: AccountSales) -> pd.DataFrame:
    """Divide the business by product group, largest first; behind them what sells no goods, by kind of line."""
    frame = _parts(sold, "product_group", "line_kind")
    return frame.sort_values("line_kind", key=lambda kind: kind.notna(), kind="stable", ignore_index=True)


def _parts(sold: AccountSales, *keys: str) -> pd.DataFrame:
    """Divide the business by site, or by product group and kind of line, largest first.

    Returns
    -------
    DataFrame: the keys, revenue; `before` and `change` of the comparison, `compared` in front of them where it is not
    all of the period; contribution_margin, margin_rate. Parts with revenue only
    outside of the comparison and the period are not in it.
    """
    now, before = sold.comparison or (None, None)
    period, compared, earlier = (_sums(_within(sold.months, span), *keys) for span in (sold.period, now, before))
    frame = period.join(compared["revenue"].rename("compared"), how="outer")
    frame = frame.join(earlier["revenue"].rename("before"), how="outer")
    frame[["revenue", "compared", "before"]] = frame[["revenue", "compared", "before"]].fillna(0.0)
    frame["change"] = [change_of(one, past) for one, past in zip(frame["compared"], frame["before"], strict=True)]
    frame["margin_rate"] = _rates(frame["contribution_margin"], frame["revenue"])
    spans = ["before", "change"] if now == sold.period else ["compared", "before", "change"] if now else []
    columns = [*keys, "revenue", *spans, "contribution_margin", "margin_rate"]
    ordered = frame.reset_index()
    return ordered.sort_values(
        ["revenue", "before", *keys], ascending=[False, False, *(True for _ in keys)], ignore_index=True
    )[columns]


def _sites(sold: AccountSales) -> pd.DataFrame:
    """Give every site of master data or ledger: site_name, site_id, city, country, as `_parts`, last_order."""
    known = sold.sites.rename(columns={"name": "site_name"})[["site_name", "site_id", "city", "country"]]
    parts = _parts(sold, "site_id").drop(columns="contribution_margin")
    frame = known.merge(parts, on="site_id", how="left", validate="1:1")
    money = [name for name in ("revenue", "compared", "before") if name in frame.columns]
    frame[money] = frame[money].fillna(0.0)
    frame["last_order"] = frame["site_id"].map(days_with_orders(sold.days).groupby("site_id")["date"].max())
    frame["last_order"] = frame["last_order"].astype(object).where(frame["last_order"].notna(), None)
    return frame.sort_values(["revenue", "site_id"], ascending=[False, True], ignore_index=True)


def _products(sold: AccountSales) -> pd.DataFrame:
    """Name the products that came or left: product_id, product_movement, revenue, before (of the comparison).

    `came`: positive revenue now, none at any time before; `left`: positive in the same months a year before, none now.
    """
    assert sold.comparison
    now, before = sold.comparison
    items = sold.items
    first = items["month"] < now.months[0]
    spans = {"revenue": _within(items, now), "before": _within(items, before), "ever": items[first]}
    sums = {name: part.groupby("product_id")["revenue"].sum().round(4) for name, part in spans.items()}
    frame = pd.DataFrame(sums).fillna(0.0).rename_axis("product_id").reset_index()
    came = (frame["revenue"] > 0) & ~frame["product_id"].isin(items.loc[first & (items["revenue"] > 0), "product_id"])
    left = (frame["before"] > 0) & (frame["revenue"] <= 0)
    frame["product_movement"] = pd.Series("came", index=frame.index).where(came, "left")
    frame = frame[came | left]
    frame["larger"] = frame[["revenue", "before"]].max(axis=1)
    ordered = frame.sort_values(
        ["product_movement", "larger", "product_id"], ascending=[True, False, True], ignore_index=True
    )
    return ordered[["product_id", "product_movement", "revenue", "before"]]


def _key_numbers(sold: AccountSales, tables: Tables, rhythm: Rhythm) -> dict[str, int | float | str | None]:
    """Give the key numbers: changes and shares are None without a positive base, margins where none is known."""
    now, before = (_total(sold, span) for span in (sold.comparison or (None, None)))
    here = _total(sold, sold.period)
    account = tables["accounts"].iloc[0]
    last = last_order(sold)
    movements = tables["products"]["product_movement"] if "products" in tables else None
    change = change_of(now["revenue"], before["revenue"])
    return {
        "revenue": float(sold.basis.revenue.used),
        "revenue_now": now["revenue"],
        "revenue_before": before["revenue"],
        "revenue_change": change if is_same_span(sold) else None,
        "contribution_margin": here["contribution_margin"],
        "margin_rate": _rate(here["contribution_margin"], here["revenue"]),
        "margin_rate_now": _rate(now["contribution_margin"], now["revenue"]),
        "margin_rate_before": _rate(before["contribution_margin"], before["revenue"]),
        "sites": len(sold.sites),
        "orders": rhythm.orders,
        "orders_per_month": rhythm.per_month,
        "days_between_orders": rhythm.typical,
        "last_order": last.isoformat() if last else None,
        "days_since_order": (sold.as_of - last).days if last else None,
        "products_came": None if movements is None else int((movements == "came").sum()),
        "products_left": None if movements is None else int((movements == "left").sum()),
        "rank": None if account["rank"] is None else int(account["rank"]),
        "class": account["class"],
    }


def _total(sold: AccountSales, span: Period | None) -> dict[str, float | None]:
    """Sum up revenue and margin of a span, to four decimals; None without the span or where none is known."""
    sums = _within(sold.months, span)[_MONEY].sum(min_count=1).round(4)
    revenue, margin = (None if value != value else float(value) for value in sums)
    return {"revenue": (revenue or 0.0) if span else None, "contribution_margin": margin}


def _rate(margin: float | None, revenue: float | None) -> float | None:
    return margin / revenue if margin is not None and revenue is not None and revenue > 0 else None


def _rates(margin: pd.Series, revenue: pd.Series) -> pd.Series:
    return (margin / revenue.where(revenue > 0)).astype("float64")


def _add_up(tables: Tables, revenue: float) -> None:
    """Refuse a result whose parts are not the whole."""
    for name in ("months", "sites", "product_groups"):
        if name in tables and abs(float(tables[name]["revenue"].sum()) - revenue) > CENT:
            raise ValueError(f"{name} do not add up to {revenue}: {tables[name]['revenue'].sum()}")


def _choices(sold: AccountSales) -> list[Finding]:
    """Print the conventions that could have been others."""
    period, chosen = sold.period, sold.chosen
    choices = [Finding(key="account_dossier.choice.orders")]
    if period != chosen:
        values: dict[str, Value] = {"start": period.start, "end": period.end}
        choices.append(Finding(key="account_dossier.choice.whole_months", values=values))
    return choices
