"""Sales of a period by site and corporate group, with the year before and the basis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd

from kamlab.facts import NO_MARGIN, Facts
from kamlab.results import Basis, Finding, LeftOut, Period, RevenueTally, RowTally

OUTSIDE_PERIOD = "outside_period"
MEASURES = ("revenue", "contribution_margin")


@dataclass(frozen=True)
class Sales:
    """What was sold in a period.

    Attributes
    ----------
    accounts : DataFrame
        One row per corporate group of ledger or master data, by account_id: account_id, name, sites, in_master,
        attributes, lines (0 without any in the period), revenue, contribution_margin; the same two with `_now` and
        `_before` for the comparison. Money as float, rounded to four decimals; margin is NaN where the ledger has none.
    sites : DataFrame
        One row per site with lines in the period: site_id, account_id, name, lines, revenue, contribution_margin.
    comparison : pair of Period, or None
        Complete months and the same months a year before; None where the ledger is too short.
    """

    accounts: pd.DataFrame
    sites: pd.DataFrame
    comparison: tuple[Period, Period] | None
    has_margin: bool
    basis: Basis
    as_of: date
    currency: str


def sales(facts: Facts, period: str = "") -> Sales:
    """Sum up the ledger for a period.

    Parameters
    ----------
    period : str
        As in the settings (`all`, `last12`, `fiscal_year`, two days); empty: the settings' own.

    Raises
    ------
    DataRefused
        The data were refused, or the ledger does not touch the period.
    """
    calendar = facts.calendar
    settings = facts.engagement.settings
    chosen = calendar.period(period or settings.period)
    comparison = calendar.comparison(chosen)
    now, before = comparison or (None, None)
    orders = facts.orders
    spans = {"": chosen, "_now": now, "_before": before}
    sums = {
        measure + suffix: orders[measure].sum(where=_within(orders, span)).cast("float64")
        for suffix, span in spans.items()
        for measure in MEASURES
    }
    lines = orders.lines.sum(where=_within(orders, chosen))
    by_site = orders.group_by(["site_id", "account_id"]).agg(lines=lines.fill_null(0), **sums).order_by("site_id")
    sites = by_site.to_pandas()
    columns = ["lines", *sums]
    by_account = sites.groupby("account_id")[columns].sum(min_count=1).round(4).reset_index()
    accounts = facts.accounts.merge(by_account, on="account_id", how="left", validate="1:1")
    accounts["lines"] = accounts["lines"].fillna(0).astype("int64")
    revenues = [column for column in sums if column.startswith("revenue")]
    accounts[revenues] = accounts[revenues].fillna(0.0)
    names = facts.sites[["site_id", "name"]]
    sites = sites[sites["lines"] > 0].merge(names, on="site_id", how="left", validate="1:1")
    return Sales(
        accounts=accounts,
        sites=sites[["site_id", "account_id", "name", "lines", *MEASURES]].reset_index(drop=True),
        comparison=comparison,
        has_margin=bool(sites["contribution_margin"].notna().any()),
        basis=_basis(facts, chosen),
        as_of=calendar.as_of,
        currency=settings.currency,
    )


def _within(orders: ibis.Table, span: Period | None) -> Any:
    return orders.date.between(span.start, span.end) if span else ibis.literal(False)


def _basis(facts: Facts, period: Period) -> Basis:
    """Account for all rows of the ledger; used lines of other days are left out by the period."""
    ledger = next(read for read in facts.state.reads if read.table == "transactions")
    assert ledger.revenue is not None
    orders = facts.orders
    inside = orders.filter(_within(orders, period))
    lines = int(inside.lines.sum().fill_null(0).to_pyarrow().as_py())
    revenue: Decimal = inside.revenue.sum().fill_null(0).to_pyarrow().as_py()
    left_out = list(ledger.left_out)
    if outside := ledger.rows.used - lines:
        left_out.append(LeftOut(reason=OUTSIDE_PERIOD, rows=outside, revenue=ledger.revenue.used - revenue))
    return Basis(
        period=period,
        rows=RowTally(
            read=ledger.rows.read,
            used=lines,
            left_out=sum(part.rows for part in left_out),
            rejected=ledger.rows.rejected,
        ),
        revenue=RevenueTally(
            read=ledger.revenue.read,
            used=revenue,
            left_out=sum((part.revenue for part in left_out), Decimal(0)),
            rejected=ledger.revenue.rejected,
            unreadable_rows=ledger.revenue.unreadable_rows,
        ),
        left_out=tuple(left_out),
        choices=tuple(
            Finding(key=f"error.{note.code}", values=note.values)
            for note in facts.state.notes
            if note.code == NO_MARGIN
        ),
    )
