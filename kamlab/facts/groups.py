"""Corporate groups: which account every site belongs to, and what the group is called.

The rule: a site's own group id; else that of the nearest parent that has one; else the topmost parent; else itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

ATTRIBUTES = [
    "sector",
    "country",
    "region",
    "account_manager",
    "key_account_since",
    "key_account_until",
    "max_supplier_share",
]
SUMS = ["employees", "annual_revenue"]


@dataclass(frozen=True)
class Groups:
    """`of` maps site to group; `cycles` lists the sites whose chain of parents never ends."""

    of: dict[str, str]
    cycles: list[str]


def resolve(master: pd.DataFrame) -> Groups:
    """Resolve every site of the master data to its corporate group.

    Parameters
    ----------
    master : DataFrame
        account_id, group_id and parent_id (None where unknown); account_id is unique.

    Returns
    -------
    Groups; a site whose parents lead in a circle counts for itself and is reported.
    """
    group = dict(zip(master["account_id"], master["group_id"], strict=True))
    parent = dict(zip(master["account_id"], master["parent_id"], strict=True))
    of, cycles = {}, []
    for site in master["account_id"]:
        seen, at = {site}, site
        while not group.get(at) and parent.get(at) and parent[at] != at:
            at = parent[at]
            if at in seen:
                cycles.append(site)
                at = site
                break
            seen.add(at)
        of[site] = group.get(at) or at
    return Groups(of, sorted(cycles))


def describe(sites: pd.DataFrame) -> pd.DataFrame:
    """Describe every group by its head, or by its largest site.

    Parameters
    ----------
    sites : DataFrame
        site_id, account_id, name, in_master, revenue (0 without lines), the attributes of the master data.

    Returns
    -------
    DataFrame, one row per group: account_id, name, sites (their number), in_master (any of them), attributes. Name and
    attributes come from the row of the master data whose site_id is the group id; without one, the name of the largest
    site by revenue (ties: smallest site_id), employees and annual_revenue as sums over the sites. Where groups have one
    name, the number of each stands behind it.
    """
    is_head = (sites["site_id"] == sites["account_id"]) & sites["in_master"]
    ordered = sites.assign(_head=is_head).sort_values(
        ["account_id", "_head", "revenue", "site_id"], ascending=[True, False, False, True], kind="stable"
    )
    groups = ordered.groupby("account_id", sort=True)
    described = groups.first(skipna=False)[["name", *ATTRIBUTES, *SUMS, "_head"]]
    sums = groups[SUMS].sum(min_count=1)
    described[SUMS] = described[SUMS].where(described["_head"], sums)
    described.insert(1, "sites", groups.size())
    described.insert(2, "in_master", groups["in_master"].any())
    described = described.drop(columns="_head").reset_index()
    named = ordered[ordered["name"].notna()].groupby("account_id")["name"].first()
    described["name"] = described["name"].fillna(described["account_id"].map(named)).fillna(described["account_id"])
    is_shared = described["name"].duplicated(keep=False)
    described["name"] = described["name"].where(~is_shared, described["name"] + " (" + described["account_id"] + ")")
    return described
