"""One account out of the facts: who it is and what it bought; only its own rows become pandas.

In go the facts and a number, out comes an `AccountSales`. Knows no analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import pandas as pd

from kamlab.errors import Problem, SettingsError
from kamlab.facts import NO_MARGIN, Facts
from kamlab.facts.calendar import Calendar
from kamlab.facts.groups import ATTRIBUTES, SUMS
from kamlab.facts.pseudonyms import TOLD, secret_of, stand_ins
from kamlab.facts.sales import OUTSIDE_PERIOD
from kamlab.results import Basis, Finding, LeftOut, Period, RevenueTally, RowTally, Value

ADDRESS = ("street", "postal_code", "city")
NEAREST = 3  # accounts named where a number is not known
LIKE = 0.5  # how like they must be, 0 to 1


@dataclass(frozen=True)
class AccountSales:
    """What one corporate group bought, with the year before and the basis.

    Attributes
    ----------
    profile : mapping
        The attributes of the master data, None where unknown; beside pseudonyms only those that may be told.
    sites : DataFrame
        One row per site of ledger or master data, by site_id: site_id, name, street, postal_code, city, country.
    months : DataFrame
        One row per site, month (Period) and product group (None where unknown) of the whole ledger: lines, revenue,
        contribution_margin (NaN where unknown), money as float.
    days : DataFrame
        One row per site and day of the whole ledger: date, documents (0 without numbers), revenue.
    items : DataFrame
        One row per product and month (Period) of the whole ledger: product_id, revenue; lines without product are not
        in it.
    chosen : Period
        The period as it was asked for; that of `basis` has whole months.
    comparison : pair of Period, or None
        Complete months and the same months a year before; None where the ledger is too short.
    """

    account_id: str
    name: str
    in_master: bool
    profile: Mapping[str, Any]
    sites: pd.DataFrame
    months: pd.DataFrame
    days: pd.DataFrame
    items: pd.DataFrame
    calendar: Calendar
    chosen: Period
    comparison: tuple[Period, Period] | None
    basis: Basis
    currency: str

    @property
    def period(self) -> Period:
        """Return the whole months that are reported."""
        assert self.basis.period
        return self.basis.period

    @property
    def as_of(self) -> date:
        """Return the last day that counts."""
        return self.calendar.as_of


def find_account(facts: Facts, number: str) -> str:
    """Find the corporate group that a number stands for: its own, or that of one of its sites.

    Where the facts have pseudonyms, a number is found by its pseudonym.

    Raises
    ------
    SettingsError
        Ledger and master data have no such number (KL-S350); the nearest are named, unless they have pseudonyms.
    """
    is_veiled = facts.state.pseudonyms
    wanted = [number, *(stand_ins(number, secret_of(facts.engagement)) if is_veiled else ())]
    sites = facts.table("sites")
    found = sites.filter(sites.account_id.isin(wanted) | sites.site_id.isin(wanted)).select("account_id").to_pyarrow()
    groups = set(found["account_id"].to_pylist())
    if not groups:
        values: dict[str, Value] = {"account": number, "nearest": [] if is_veiled else _nearest(facts, number)}
        raise SettingsError(Problem(code="KL-S350", values=values))
    return next((name for name in wanted if name in groups), None) or groups.pop()


def largest_accounts(facts: Facts, period: str = "", count: int | None = None) -> list[str]:
    """Name the corporate groups with lines in a period by revenue, largest first, ties by number; `count` of them."""
    chosen = facts.calendar.period(period or facts.engagement.settings.period)
    orders = facts.orders
    inside = orders.filter(orders.date.between(chosen.start, chosen.end))
    sums = inside.group_by("account_id").agg(revenue=inside.revenue.sum())
    ordered = sums.order_by([sums.revenue.desc(), sums.account_id]).limit(count)
    return [str(number) for number in ordered.to_pyarrow()["account_id"].to_pylist()]


def account_sales(facts: Facts, account: str = "", period: str = "") -> AccountSales:
    """Read what one account bought.

    Parameters
    ----------
    account : str
        Number of a corporate group or of one of its sites; empty: the largest of the period.
    period : str
        As in the settings; empty: the settings' own. Months that it cuts are taken whole: product groups are known by
        month only.

    Raises
    ------
    SettingsError
        No such account (KL-S350).
    DataRefused
        The data were refused, or the ledger does not touch the period.
    """
    calendar, settings = facts.calendar, facts.engagement.settings
    chosen = calendar.period(period or settings.period)
    whole = calendar.whole_months(chosen)
    largest = [] if account else largest_accounts(facts, period, 1)
    account_id = find_account(facts, account or (largest[0] if largest else ""))
    accounts = facts.table("accounts")
    [described] = accounts.filter(accounts.account_id == account_id).to_pyarrow().to_pylist()
    sites = _sites(facts, account_id)
    days, basis = _days(facts, sites["site_id"].tolist(), whole)
    described["account_manager"] = _managers(facts, days, whole) or described["account_manager"]
    return AccountSales(
        account_id=account_id,
        name=described["name"],
        in_master=described["in_master"],
        profile={
            name: _or_none(described[name])
            for name in (*ATTRIBUTES, *SUMS)
            if name in TOLD or not facts.state.pseudonyms
        },
        sites=sites,
        months=_months(facts, sites["site_id"].tolist()),
        days=days,
        items=_items(facts, sites["site_id"].tolist()),
        calendar=calendar,
        chosen=chosen,
        comparison=calendar.comparison(whole),
        basis=basis,
        currency=settings.currency,
    )


def _nearest(facts: Facts, number: str) -> list[str]:
    """Name the accounts and sites most like a number or a name, each as one would write it."""
    sites = facts.table("sites").select("site_id", "account_id", "name").distinct().to_pyarrow().to_pylist()
    known: dict[str, str] = {}
    for site in sites:
        for key in ("account_id", "site_id", "name"):
            if site[key]:
                shown = site["account_id"] if key == "account_id" else site["site_id"]
                known.setdefault(str(site[key]).casefold(), f"{shown} ({site['name']})" if site["name"] else shown)
    wanted = number.casefold()
    ending = sorted(key for key in known if wanted and key.lstrip("0") == wanted.lstrip("0"))
    matches = [*ending, *get_close_matches(wanted, known, n=NEAREST, cutoff=LIKE)]
    return list(dict.fromkeys(known[match] for match in matches))[:NEAREST]


def _sites(facts: Facts, account_id: str) -> pd.DataFrame:
    sites, known = facts.table("sites"), facts.table("identities")
    own = sites.filter(sites.account_id == account_id).select("site_id", "name", "country").order_by("site_id")
    addresses = known.filter(known.account_id == account_id).select("site_id", *ADDRESS)
    frame = own.to_pyarrow().to_pandas().merge(addresses.to_pyarrow().to_pandas(), on="site_id", how="left")
    return frame[["site_id", "name", *ADDRESS, "country"]]


def _managers(facts: Facts, days: pd.DataFrame, period: Period) -> str | None:
    """Name all who take care of sites with lines in the period, as the charter counts them; None where nobody does."""
    active = days.loc[days["date"].between(period.start, period.end), "site_id"].unique().tolist()
    sites = facts.table("sites")
    names = sites.filter(sites.site_id.isin(active)).select("account_manager").distinct().to_pyarrow()
    return ", ".join(sorted(filter(None, names["account_manager"].to_pylist()))) or None


def _days(facts: Facts, sites: list[str], period: Period) -> tuple[pd.DataFrame, Basis]:
    """Read the days of these sites, and account for their rows: used, or left out by the period."""
    orders = facts.orders
    own = orders.filter(orders.site_id.isin(sites)).order_by(["date", "site_id"])
    days = own.select("site_id", "date", "documents", "lines", "revenue").to_pyarrow().to_pandas()
    is_used = days["date"].between(period.start, period.end)
    rows = [int(part["lines"].sum()) for part in (days, days[is_used])]
    money = [sum(part["revenue"], Decimal(0)) for part in (days, days[is_used])]
    left_out = LeftOut(reason=OUTSIDE_PERIOD, rows=rows[0] - rows[1], revenue=money[0] - money[1])
    basis = Basis(
        period=period,
        rows=RowTally(read=rows[0], used=rows[1], left_out=left_out.rows, rejected=0),
        revenue=RevenueTally(read=money[0], used=money[1], left_out=left_out.revenue, rejected=Decimal(0)),
        left_out=(left_out,) if left_out.rows else (),
        choices=_of_all_accounts(facts),
    )
    return days.drop(columns="lines").astype({"revenue": "float64"}), basis


def _of_all_accounts(facts: Facts) -> tuple[Finding, ...]:
    """Say what was lost on the way over all accounts: whose rows these were is not known."""
    ledger, found = facts.ledger, []
    if ledger.left_out:
        values: dict[str, Value] = {"count": ledger.rows.left_out, "reasons": [part.reason for part in ledger.left_out]}
        found.append(Finding(key="basis.of_all.left_out", values=values))
    if ledger.rows.rejected:
        found.append(Finding(key="basis.of_all.rejected", values={"count": ledger.rows.rejected}))
    notes = [note for note in facts.state.notes if note.code == NO_MARGIN]
    return (*found, *(Finding(key="basis.of_all.no_margin", values=note.values) for note in notes))


def _months(facts: Facts, sites: list[str]) -> pd.DataFrame:
    months = facts.months
    own = months.filter(months.site_id.isin(sites)).order_by(["month", "site_id", "product_group", "line_kind"])
    money = {name: own[name].cast("float64") for name in ("revenue", "contribution_margin")}
    return _by_month(own.select("site_id", "month", "product_group", "line_kind", "lines", **money))


def _items(facts: Facts, sites: list[str]) -> pd.DataFrame:
    items = facts.items
    own = items.filter(items.site_id.isin(sites), items.product_id.notnull())
    sums = own.group_by("product_id", "month").agg(revenue=own.revenue.sum().cast("float64"))
    return _by_month(sums.order_by(["product_id", "month"]))


def _by_month(table: Any) -> pd.DataFrame:
    frame = table.to_pyarrow().to_pandas()
    return frame.assign(month=pd.PeriodIndex(pd.to_datetime(frame["month"]), freq="M"))


def _or_none(value: Any) -> Any:
    return None if value is None or value != value else value
