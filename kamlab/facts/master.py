"""Master data of accounts: old numbers brought to the new, joined with the ledger's sites, what is unknown noted.

In go the typed tables, out come frames with one row per site. Knows no file and no analysis.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

import pandas as pd

from kamlab.errors import Problem
from kamlab.facts.groups import ATTRIBUTES, SUMS
from kamlab.ingest import Ingested
from kamlab.results import Value
from kamlab.tables import ACCOUNTS


def master_data(ingested: Ingested) -> pd.DataFrame:
    """Return the master data with all columns of the contract, None or NaN where the source has none."""
    table = ingested.tables.get("accounts")
    frame = pd.DataFrame() if table is None else table.drop("kamlab file", "kamlab line").to_pandas()
    frame = frame.reindex(columns=list(ACCOUNTS.names)).astype(dict.fromkeys(ACCOUNTS.names, object))
    frame[SUMS] = frame[SUMS].astype("float64")
    frame["max_supplier_share"] = frame["max_supplier_share"].astype("float64")
    return frame.where(frame.notna(), None)


def renumbered(ingested: Ingested) -> tuple[dict[str, str], list[str]]:
    """Resolve old customer numbers to the newest; numbers that lead back to themselves stay, and are returned apart."""
    table = ingested.tables.get("account_mapping")
    if table is None:
        return {}, []
    frame = table.select("old_id", "account_id").to_pandas()
    return follow(dict(zip(frame["old_id"], frame["account_id"], strict=True)))


def follow(direct: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Follow chains of replacements to their ends; those that lead in a circle are returned apart, in order."""
    newest, circles = {}, []
    for old in direct:
        seen, at = set(), old
        while at in direct and at not in seen:
            seen.add(at)
            at = direct[at]
        if at in seen:
            circles.append(old)
        else:
            newest[old] = at
    return newest, sorted(circles)


def with_new_numbers(master: pd.DataFrame, newest: dict[str, str]) -> pd.DataFrame:
    """Bring master data to the new numbers; the row of an old one stands in where the new one has none."""
    renewed = {
        key: pd.Series([newest.get(number, number) for number in master[key]], dtype=object)
        for key in ("account_id", "group_id", "parent_id", "payer_id")
    }
    was_old = master["account_id"].isin(list(newest))
    ordered = master.assign(**renewed, was_old=was_old).sort_values("was_old", kind="stable")
    return ordered.drop_duplicates("account_id").drop(columns="was_old").sort_index(ignore_index=True)


def booked_revenue(ingested: Ingested, newest: Mapping[str, str]) -> dict[str, Decimal]:
    """Sum up the used lines of the ledger by site, old numbers as their newest."""
    ledger = ingested.tables["transactions"]
    sums = ledger.group_by("account_id").agg(revenue=ledger.revenue.sum()).to_pyarrow().to_pylist()
    booked: dict[str, Decimal] = {}
    for row in sums:
        site = newest.get(row["account_id"], row["account_id"])
        booked[site] = booked.get(site, Decimal(0)) + row["revenue"]
    return booked


def site_frame(master: pd.DataFrame, booked: Mapping[str, Decimal], groups: Mapping[str, str]) -> pd.DataFrame:
    """Join master data and ledger: one row per site of either.

    Parameters
    ----------
    booked : mapping
        Revenue by site of the ledger.
    groups : mapping
        Corporate group by site, of master data and ledger.
    """
    known = master.rename(columns={"account_id": "site_id"}).set_index("site_id")
    ids = sorted({*known.index, *booked})
    sites = known.reindex(ids).rename_axis("site_id").reset_index()
    sites["account_id"] = sites["site_id"].map(groups)
    sites["in_ledger"] = sites["site_id"].isin(list(booked))
    sites["in_master"] = sites["site_id"].isin(known.index)
    sites["revenue"] = [float(booked.get(site, 0)) for site in ids]
    return sites[["site_id", "account_id", "name", "in_ledger", "in_master", "revenue", *ATTRIBUTES, *SUMS]]


def orphans(sites: pd.DataFrame) -> list[Problem]:
    """Note the numbers of the ledger that the master data do not know: they have no name and belong to no group."""
    unknown = sites[~sites["in_master"]].sort_values(["revenue", "site_id"], ascending=[False, True])
    total = float(sites["revenue"].sum())
    if unknown.empty:
        return []
    revenue = float(round(unknown["revenue"].sum(), 4))
    values: dict[str, Value] = {
        "count": len(unknown),
        "revenue": revenue,
        "share": revenue / total if total else None,
        "examples": unknown["site_id"].head(3).tolist(),
    }
    return [Problem(code="KL-W113", values=values)]


def settlers(central: Collection[str], booked: Mapping[str, Decimal]) -> list[Problem]:
    """Note payers of buying associations that have lines of their own: revenue of members booked on who pays."""
    found = sorted((payer for payer in central if payer in booked), key=lambda payer: (-booked[payer], payer))
    if not found:
        return []
    revenue = float(sum((booked[payer] for payer in found), Decimal(0)))
    return [Problem(code="KL-W125", values={"count": len(found), "revenue": revenue, "examples": found[:3]})]
