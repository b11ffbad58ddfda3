"""Reviewed proposals of corporate groups: what somebody has answered with yes becomes one group.

In go the rows of the reviewed list, out come the merged groups. Nothing is merged without a yes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

import pandas as pd

from kamlab.errors import Problem
from kamlab.ingest import Ingested
from kamlab.tables import TABLES

YES, NO = "yes", "no"
_SHOWN = 10  # accounts named in a message


def read_reviews(ingested: Ingested, newest: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of the reviewed list, old customer numbers as their newest, None where a cell is empty."""
    columns = list(TABLES["group_reviews"].names)
    table = ingested.tables.get("group_reviews")
    frame = pd.DataFrame() if table is None else table.select(*(c for c in columns if c in table.columns)).to_pandas()
    frame = frame.reindex(columns=columns).astype(object)
    frame["account_id"] = [newest.get(number, number) for number in frame["account_id"]]
    return frame.where(frame.notna(), None)


def merge(
    groups: Mapping[str, str], reviews: pd.DataFrame, booked: Mapping[str, Decimal], central: Collection[str]
) -> tuple[dict[str, str], list[Problem]]:
    """Merge the groups whose accounts have a yes in the same proposal.

    Parameters
    ----------
    groups : mapping
        Every site of ledger and master data to its group.
    reviews : DataFrame
        proposal, account_id (a site or a group), decision ("yes", "no", "later" or None).
    booked : mapping
        Revenue by site.
    central : collection of str
        Payers of buying associations: a yes on them is noted and changes nothing.

    Returns
    -------
    Every site with its group after the merging, and notes. Whole groups are united; the group with the largest revenue
    (ties: the smallest number) gives the number.
    """
    known = set(groups.values())
    yes = reviews[reviews["decision"] == YES]
    ids = [groups.get(account, account if account in known else None) for account in yes["account_id"]]
    yes = yes.assign(group=pd.Series(ids, index=yes.index, dtype=object))
    unknown = sorted(set(yes.loc[yes["group"].isna(), "account_id"]))
    payers = sorted(set(yes["account_id"]) & set(central))
    alone = yes.groupby("proposal")["account_id"].transform("nunique") == 1
    notes = [
        _note("KL-W126", yes.loc[alone, "proposal"].unique()),
        _note("KL-W127", unknown),
        _note("KL-W128", payers),
    ]
    valid = yes[yes["group"].notna() & ~yes["account_id"].isin(payers)]
    root = {group: group for group in known}
    for _, united in valid.groupby("proposal")["group"]:
        for other in united.iloc[1:]:
            root[_top(root, other)] = _top(root, united.iloc[0])
    number = _numbers(root, groups, booked)
    merged = {site: number[_top(root, group)] for site, group in groups.items()}
    notes.append(_note("KL-W123", _against_a_no(groups, merged, reviews)))
    return merged, [note for note in notes if note]


def _numbers(root: dict[str, str], groups: Mapping[str, str], booked: Mapping[str, Decimal]) -> dict[str, str]:
    """Choose for each united set of groups the number of the largest."""
    revenue = dict.fromkeys(root, Decimal(0))
    for site, group in groups.items():
        revenue[group] += booked.get(site, Decimal(0))
    number: dict[str, str] = {}
    for group in sorted(root, key=lambda name: (-revenue[name], name)):
        number.setdefault(_top(root, group), group)
    return number


def _top(root: dict[str, str], group: str) -> str:
    while root[group] != group:
        root[group] = root[root[group]]
        group = root[group]
    return group


def _against_a_no(groups: Mapping[str, str], merged: Mapping[str, str], reviews: pd.DataFrame) -> list[str]:
    """List proposals with a no whose accounts have become one group over other proposals."""
    of_group = {group: merged[site] for site, group in groups.items()}
    rows = reviews[reviews["account_id"].notna()]
    before = pd.Series([groups.get(account, account) for account in rows["account_id"]], rows.index, dtype=object)
    after = pd.Series([of_group.get(group, group) for group in before], rows.index, dtype=object)
    found = [
        str(name)
        for (name, _), united in rows.assign(before=before, after=after).groupby(["proposal", "after"])
        if united["before"].nunique() > 1 and (united["decision"] == NO).any()
    ]
    return list(dict.fromkeys(found))


def _note(code: str, names: Collection[str]) -> Problem | None:
    return Problem(code=code, values={"count": len(names), "names": list(names)[:_SHOWN]}) if len(names) else None
