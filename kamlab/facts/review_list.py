"""The list of group proposals for review: what is open, what has been answered, row by row.

In go identities, revenue and the list as it was reviewed so far; out come the rows of the list anew. Knows no file and
no language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from kamlab.facts.proposals import HIGH, MEDIUM, Member, evidence_between, propose
from kamlab.results import Finding

LATER = "later"


@dataclass(frozen=True)
class ListedAccount:
    """One row of the list.

    Attributes
    ----------
    decision : str or None
        "yes", "no", "later"; None where nothing has been decided.
    group : str or None
        The group that the account belongs to by the master data; None where it stands for itself.
    sites : int
        Customer numbers in that group.
    revenue, at_stake : float
        Of the group; of the whole proposal.
    level : str or None
        How much the evidence weighs; None for the head of the proposal.
    """

    proposal: str
    decision: str | None
    account_id: str
    name: str | None
    city: str | None
    country: str | None
    group: str | None
    sites: int
    revenue: float
    at_stake: float
    evidence: tuple[Finding, ...]
    level: Literal["high", "medium", "low"] | None
    note: str | None
    is_open: bool


def review_list(sites: pd.DataFrame, reviews: pd.DataFrame, named: Callable[[int], str]) -> list[ListedAccount]:
    """Bring new proposals and the answers given so far into one list.

    Parameters
    ----------
    sites : DataFrame
        The identities of `Facts` with a column revenue.
    reviews : DataFrame
        proposal, account_id, decision, note: the list as it is in the inputs.
    named : function
        Makes the name of a proposal out of its number.

    Returns
    -------
    Rows by revenue at stake: first the proposals with something still to decide, then the answered ones. A proposal
    with a decision or a note stays as it is, under its name, and its accounts are not proposed together again; one
    without is worked out anew and keeps its name if its accounts are the same.
    """
    earlier = reviews.drop_duplicates(["proposal", "account_id"]).astype(object)
    earlier = earlier.where(earlier.notna(), None)
    touched = earlier["decision"].notna() | earlier["note"].notna()
    kept = earlier[earlier["proposal"].isin(earlier.loc[touched, "proposal"])]
    group_of = dict(zip(sites["site_id"], sites["account_id"], strict=True))
    sets = {
        str(proposal): frozenset(group_of.get(account, account) for account in rows["account_id"])
        for proposal, rows in earlier.groupby("proposal", sort=True)
    }
    proposals = propose(sites, [sets[name] for name in kept["proposal"].unique()])
    undecided = {accounts: name for name, accounts in sets.items() if name not in set(kept["proposal"])}
    number = max((int(digits[0]) for name in sets if (digits := re.findall(r"\d{1,9}", name)[-1:])), default=0)
    now = _Directory.of(sites, "account_id")
    blocks = []
    for proposal in proposals:
        name = undecided.get(proposal.accounts)
        if name is None:
            number += 1
            name = named(number)
        blocks.append([now.row(name, member) for member in proposal.members])
    blocks += _kept_blocks(kept, sites)
    return [row for block in sorted((_at_stake(block) for block in blocks), key=_order) for row in block]


def _kept_blocks(kept: pd.DataFrame, sites: pd.DataFrame) -> list[list[ListedAccount]]:
    """Repeat proposals with an answer, with what the master data say of their accounts today."""
    before = _Directory.of(sites, "master_group")
    groups = [rows for _, rows in kept.groupby("proposal", sort=True)]
    pairs = [(rows["account_id"].iloc[0], other) for rows in groups for other in rows["account_id"].iloc[1:]]
    evidence = evidence_between(sites, pairs)
    blocks = []
    for rows in groups:
        head = rows["account_id"].iloc[0]
        is_open = bool((rows["decision"].isna() | (rows["decision"] == LATER)).any())
        block = []
        for account, decision, note in rows[["account_id", "decision", "note"]].itertuples(index=False):
            found = evidence.get((head, account))
            member = Member(account, account, found.evidence if found else (), found.weight if found else 1.0)
            proposal = str(rows["proposal"].iloc[0])
            block.append(before.row(proposal, member, decision, note, is_open))
        blocks.append(block)
    return blocks


@dataclass(frozen=True)
class _Directory:
    """Looks up what the list says of an account, with sites in groups by one of two columns."""

    sites: Mapping[str, Mapping[str, Any]]
    group_of: Mapping[str, str]
    size: Mapping[str, int]
    revenue: Mapping[str, float]

    @classmethod
    def of(cls, sites: pd.DataFrame, column: str) -> _Directory:
        told = sites[["site_id", "name", "city", "country"]].astype(object)
        told = told.where(told.notna(), None)
        by_group = sites.groupby(column)
        return cls(
            told.set_index("site_id").to_dict("index"),  # type: ignore[arg-type]
            dict(zip(sites["site_id"], sites[column], strict=True)),
            {str(group): int(size) for group, size in by_group.size().items()},
            {str(group): float(total) for group, total in by_group["revenue"].sum().round(4).items()},
        )

    def row(
        self,
        proposal: str,
        member: Member,
        decision: str | None = None,
        note: str | None = None,
        is_open: bool = True,
    ) -> ListedAccount:
        site = self.sites.get(member.site_id, {})
        group = self.group_of.get(member.site_id, member.account_id)
        size = self.size.get(group, 1)
        level: Literal["high", "medium", "low"] = (
            "high" if member.weight >= HIGH else "medium" if member.weight >= MEDIUM else "low"
        )
        return ListedAccount(
            proposal=proposal,
            decision=decision,
            account_id=member.site_id,
            name=site.get("name"),
            city=site.get("city"),
            country=site.get("country"),
            group=group if size > 1 or group != member.site_id else None,
            sites=size,
            revenue=self.revenue.get(group, 0.0),
            at_stake=0.0,
            evidence=member.evidence,
            level=level if member.evidence else None,
            note=note,
            is_open=is_open,
        )


def _at_stake(block: list[ListedAccount]) -> list[ListedAccount]:
    """Give every row of a proposal the revenue of the whole; two accounts of one group count it once."""
    revenue = {row.group or row.account_id: row.revenue for row in block}
    return [replace(row, at_stake=round(sum(revenue.values()), 4)) for row in block]


def _order(block: list[ListedAccount]) -> tuple[bool, float, str]:
    return not block[0].is_open, -block[0].at_stake, block[0].proposal
