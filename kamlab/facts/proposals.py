"""Proposals of corporate groups: accounts that names, VAT ids, mail domains and addresses suggest belong together.

In go the sites of the master data with their present groups, out come proposals with their evidence; merging is for
somebody to decide. Knows no file and no language.

Groups are compared that share a VAT id, a mail domain, an address, a name or a rare word of a name, never each with
each. Every piece of evidence has a weight; weights combine as if independent, 1 − (1 − a)(1 − b). From `ENOUGH` on it
is a proposal. The weights order a list for review, they are no probabilities.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import prod
from typing import Any

import pandas as pd

from kamlab.facts.names import Name, collapse, likeness, mail_domain, place_words, read_address, read_name, read_vat_id
from kamlab.results import Finding, Value

COLUMNS = ["site_id", "account_id", "name", "payer_id", "vat_id", "domain", "street", "postal_code", "city", "country"]
ENOUGH, MEDIUM, HIGH = 0.6, 0.7, 0.85
_WEIGHT = {"vat_id": 0.9, "domain": 0.75, "address": 0.55, "payer": 0.4, "leading_word": 0.6, "word": 0.35}
_NAMES = ((0.8, 0.35), (0.9, 0.6), (1.0, 0.85))  # likeness and weight, straight lines between
_DOUBTED = 0.6  # what a name still weighs where VAT id and mail domain both differ
_RARE = 5  # names that share a telling word, at most
_LONG = 5  # letters of a leading word that weighs by itself
_BLOCK = 30  # groups compared each with each, at most
_NAMES_COMPARED = 10  # of a group, its largest
_SAMPLE = 50  # names that tell whether those of many are alike


@dataclass(frozen=True)
class Member:
    """One group of a proposal.

    Attributes
    ----------
    account_id : str
        The group as it is now.
    site_id : str
        The site that the evidence speaks of; of the head its largest.
    evidence : tuple of Finding
        What ties it to the head; empty for the head.
    weight : float
        0 to 1, of all evidence together; 1 for the head.
    """

    account_id: str
    site_id: str
    evidence: tuple[Finding, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Proposal:
    """Groups that may be one: the head first, the others by revenue; each is tied to the head."""

    members: tuple[Member, ...]
    revenue: float

    @property
    def accounts(self) -> frozenset[str]:
        return frozenset(member.account_id for member in self.members)


@dataclass
class _Unit:
    """A present group with everything by which it can be compared, each with its largest site."""

    account_id: str
    site_id: str
    revenue: float
    vat_ids: dict[str, str] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    payers: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[Name, str]] = field(default_factory=dict)

    @property
    def compared(self) -> list[tuple[Name, str]]:
        return list(self.names.values())[:_NAMES_COMPARED]


def identities(master: pd.DataFrame) -> pd.DataFrame:
    """Keep of the master data what tells companies apart: of an e-mail address the company's domain only."""
    known = master.rename(columns={"account_id": "site_id", "group_id": "account_id"})
    domains = [mail_domain(text) for text in known["email"]]
    return known.assign(domain=pd.Series(domains, index=known.index, dtype=object))[COLUMNS].astype("str")


def central_payers(sites: pd.DataFrame) -> list[str]:
    """Name the payers that settle for accounts with unlike names: buying associations, never accounts themselves.

    Parameters
    ----------
    sites : DataFrame
        site_id, account_id (its present group), name, payer_id, city.

    Returns
    -------
    Numbers in order. A payer whose own group or namesakes are as many as the others is the head of a group.
    """
    names = _read_names(sites)
    group = dict(zip(sites["site_id"], sites["account_id"], strict=True))
    paid: dict[str, dict[str, Name | None]] = defaultdict(dict)
    for site, account, payer in _records(sites.sort_values("site_id"), "site_id", "account_id", "payer_id"):
        if payer and payer != site and account:
            paid[payer].setdefault(account, names.get(site))
    found = []
    for payer, accounts in paid.items():
        own = names.get(payer)
        others = {a: name for a, name in accounts.items() if a != group.get(payer, payer)}
        strangers = [name for name in others.values() if name and not (own and _related(own, name))]
        if len(strangers) > len(others) - len(strangers) and _are_unlike(strangers):
            found.append(payer)
    return sorted(found)


def propose(sites: pd.DataFrame, judged: Iterable[frozenset[str]] = ()) -> list[Proposal]:
    """Propose which present groups belong together.

    Parameters
    ----------
    sites : DataFrame
        One row per site of the master data: `COLUMNS` (None where unknown) and revenue.
    judged : iterable of sets of account_id
        Groups that somebody has seen side by side: no two of a set come into one proposal again.

    Returns
    -------
    Proposals by revenue, largest first. A group stands in several where it is tied to heads that are not tied to each
    other. The order of the rows plays no part.
    """
    central = set(central_payers(sites))
    units = _units(sites, central)
    comparison = _Comparison.of(units, central)
    seen = {pair for accounts in judged for pair in combinations(sorted(accounts), 2)}
    ties: dict[str, dict[str, Member]] = defaultdict(dict)
    for left, right in sorted(_pairs(units, comparison) - seen):
        head, other = sorted((units[left], units[right]), key=_rank)
        if member := comparison.member(head, other):
            ties[head.account_id][other.account_id] = member
            ties[other.account_id][head.account_id] = member
    proposals = list(_assembled(units, comparison, ties, seen))
    return sorted(proposals, key=lambda proposal: (-proposal.revenue, sorted(proposal.accounts)))


def evidence_between(sites: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Member]:
    """Weigh pairs of sites as if they were not in any group yet, whatever comes of it."""
    alone = sites.assign(account_id=sites["site_id"])
    central = set(central_payers(sites))
    units = _units(alone, central)
    comparison = _Comparison.of(units, central)
    return {
        (head, other): comparison.weighed(units[head], units[other])
        for head, other in pairs
        if head in units and other in units
    }


def _assembled(
    units: Mapping[str, _Unit],
    comparison: _Comparison,
    ties: Mapping[str, Mapping[str, Member]],
    seen: set[tuple[str, str]],
) -> Iterator[Proposal]:
    """Put ties together to proposals: every member is tied to the head, and no pair is shown twice."""
    shown: set[tuple[str, str]] = set()
    for head in sorted((units[name] for name in ties), key=_rank):
        near = {name for name in ties[head.account_id] if _pair(head.account_id, name) not in shown}
        if not near:
            continue
        further = {two for one in near for two in ties[one]} - near - {head.account_id}
        members = [Member(head.account_id, head.site_id)]
        for other in sorted((units[name] for name in near | further), key=_rank):
            pairs = {_pair(member.account_id, other.account_id) for member in members}
            if pairs & seen or _pair(head.account_id, other.account_id) in shown:
                continue
            if member := comparison.member(head, other):
                members.append(member)
        if len(members) > 1:
            shown |= {_pair(a.account_id, b.account_id) for a, b in combinations(members, 2)}
            yield Proposal(tuple(members), sum(units[member.account_id].revenue for member in members))


@dataclass(frozen=True)
class _Comparison:
    """What must be known of all groups to weigh two: how rare a word is, whose mail domain says something."""

    spread: Mapping[str, int]
    """word: number of names that have it"""
    domains: frozenset[str]
    """mail domains that are evidence"""
    central: frozenset[str]

    @classmethod
    def of(cls, units: Mapping[str, _Unit], central: Iterable[str]) -> _Comparison:
        names = {key: name for unit in units.values() for key, (name, _) in unit.names.items()}
        spread = Counter(token for name in names.values() for token in set(name.tokens))
        users: dict[str, list[_Unit]] = defaultdict(list)
        for unit in units.values():
            for domain in unit.domains:
                users[domain].append(unit)
        telling = {domain for domain, found in users.items() if _is_of_a_company(domain, found)}
        return cls(spread, frozenset(telling), frozenset(central))

    def member(self, head: _Unit, other: _Unit) -> Member | None:
        """Tie a group to a head; None where the evidence is not enough."""
        weighed = self.weighed(head, other)
        return weighed if weighed.weight >= ENOUGH else None

    def weighed(self, head: _Unit, other: _Unit) -> Member:
        """Weigh all evidence between two groups."""
        found: list[tuple[float, Finding, str]] = []
        for key, mine, theirs in (
            ("vat_id", head.vat_ids, other.vat_ids),
            ("domain", self._telling(head.domains), self._telling(other.domains)),
            ("address", head.addresses, other.addresses),
        ):
            if shared := [value for value in theirs if value in mine]:
                values: dict[str, Value] = {"domain": shared[0]} if key == "domain" else {}
                found.append((_WEIGHT[key], Finding(key=f"groups.same_{key}", values=values), theirs[shared[0]]))
        by_name = self._by_name(head, other)
        found += by_name
        payers = [payer for payer in other.payers if payer in head.payers and payer not in self.central]
        if by_name and payers:
            found.append((_WEIGHT["payer"], Finding(key="groups.same_payer"), other.payers[payers[0]]))
        against = prod(1 - weight for weight, _, _ in found)
        site = max(found, key=lambda piece: piece[0])[2] if found else other.site_id
        return Member(other.account_id, site, tuple(finding for _, finding, _ in found), 1 - against)

    def _telling(self, domains: dict[str, str]) -> dict[str, str]:
        return {domain: site for domain, site in domains.items() if domain in self.domains}

    def _by_name(self, head: _Unit, other: _Unit) -> list[tuple[float, Finding, str]]:
        """Weigh the two names most alike, or a rare word that two names share, whichever says more."""
        best, best_site = 0.0, ""
        rare: tuple[tuple[str, bool], str] | None = None
        for mine, _ in head.compared:
            for theirs, site in other.compared:
                alike = likeness(mine, theirs)
                if alike > best:
                    best, best_site = alike, site
                if rare is None and (shared := self._rare_word(mine, theirs)):
                    rare = (shared, site)
        doubted = _contradict(head, other)
        found = []
        if best >= _NAMES[0][0]:
            weight = _on_the_lines(best) * (_DOUBTED if doubted else 1)
            found.append((weight, Finding(key="groups.like_name", values={"share": best}), best_site))
        if rare:
            (word, leads), site = rare
            heavy = leads and len(word) >= _LONG and not doubted
            values: dict[str, Value] = {"word": word}
            found.append(
                (_WEIGHT["leading_word" if heavy else "word"], Finding(key="groups.shared_word", values=values), site)
            )
        return [max(found, key=lambda piece: piece[0])] if found else []

    def _rare_word(self, left: Name, right: Name) -> tuple[str, bool] | None:
        """Find a telling word of both names that few others have, and say whether it leads both."""
        shared = [token for token in left.tokens if token in right.tokens and 1 < self.spread[token] <= _RARE]
        shared = [token for token in shared if len(token) > 2]
        if not shared:
            return None
        word = min(shared, key=lambda token: (self.spread[token], -len(token), token))
        return left.spelling(word), left.tokens[0] == right.tokens[0] == word


def _pairs(units: Mapping[str, _Unit], comparison: _Comparison) -> set[tuple[str, str]]:
    """Choose which groups are compared: those that share a key, in large blocks each with the largest only."""
    certain: dict[tuple[str, object], list[_Unit]] = defaultdict(list)
    places: dict[str, list[_Unit]] = defaultdict(list)
    heads: dict[str, _Unit] = {}
    telling: dict[str, Name] = {}
    for unit in sorted(units.values(), key=_rank):
        for vat_id in unit.vat_ids:
            certain["vat_id", vat_id].append(unit)
        for domain in unit.domains:
            if domain in comparison.domains:
                certain["domain", domain].append(unit)
        for address in unit.addresses:
            places[address].append(unit)
        for key, (name, _) in unit.names.items():
            certain["name", key].append(unit)
            heads.setdefault(key, unit)
            telling.setdefault(key, name)
    words: dict[str, list[_Unit]] = defaultdict(list)
    for key, name in telling.items():
        for token in set(name.tokens):
            if 1 < comparison.spread[token] <= _BLOCK and len(token) > 2:
                words[token].append(heads[key])
    pairs: set[tuple[str, str]] = set()
    for block in certain.values():
        whole = len(block) <= _BLOCK
        pairs |= _each_with_each(block) if whole else {_pair(block[0].account_id, u.account_id) for u in block[1:]}
    for block in (*places.values(), *words.values()):
        if len(block) <= _BLOCK:
            pairs |= _each_with_each(block)
    return pairs


def _each_with_each(block: Iterable[_Unit]) -> set[tuple[str, str]]:
    return set(combinations(sorted({unit.account_id for unit in block}), 2))


def _pair(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left < right else (right, left)


def _rank(unit: _Unit) -> tuple[float, str]:
    return -unit.revenue, unit.account_id


def _units(sites: pd.DataFrame, central: set[str]) -> dict[str, _Unit]:
    """Gather the sites, largest first, into their groups; central payers are left out."""
    ordered = sites.sort_values(["revenue", "site_id"], ascending=[False, True], kind="stable")
    names = _read_names(ordered)
    units: dict[str, _Unit] = {}
    for site, account, payer, vat_id, domain, street, code, revenue in _records(
        ordered, "site_id", "account_id", "payer_id", "vat_id", "domain", "street", "postal_code", "revenue"
    ):
        if site in central or not account:
            continue
        unit = units.setdefault(account, _Unit(account, site, 0.0))
        unit.revenue += revenue
        if number := read_vat_id(vat_id):
            unit.vat_ids.setdefault(number, site)
        if domain:
            unit.domains.setdefault(domain, site)
        if address := read_address(street, code):
            unit.addresses.setdefault(address, site)
        if payer:
            unit.payers.setdefault(payer, site)
        if name := names.get(site):
            unit.names.setdefault(name.key, (name, site))
    return units


def _read_names(sites: pd.DataFrame) -> dict[str, Name]:
    cities = place_words({city for city in sites["city"].dropna() if city})
    read = {site: read_name(text, cities) for site, text in _records(sites, "site_id", "name")}
    return {site: name for site, name in read.items() if name}


def _records(sites: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """List rows with None where nothing is known."""
    frame = sites[list(columns)].astype(object)
    return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def _is_of_a_company(domain: str, users: Sequence[_Unit]) -> bool:
    """Say whether a mail domain belongs to its users, not to a service that unlike companies share."""
    label = collapse(domain.split(".")[0])
    names = [name for unit in users for name, _ in unit.compared][:_SAMPLE]
    if len(users) <= 2 or any(len(token) > 3 and token in label for name in names for token in name.tokens):
        return True
    return not _are_unlike(names)


def _are_unlike(names: Sequence[Name]) -> bool:
    """Say whether no name of two or more is related to more than half of them."""
    sample = names[:_SAMPLE]
    return len(sample) > 1 and max(sum(_related(a, b) for b in sample) for a in sample) <= len(sample) / 2


def _related(left: Name, right: Name) -> bool:
    shares_word = any(len(token) > 2 and token in right.tokens for token in left.tokens)
    return shares_word or likeness(left, right) >= _NAMES[0][0]


def _contradict(left: _Unit, right: _Unit) -> bool:
    """Say whether VAT ids of one country and mail domains both differ: then equal names may be chance."""
    countries = {number[:2] for number in left.vat_ids} & {number[:2] for number in right.vat_ids}
    domains = bool(left.domains and right.domains) and not left.domains.keys() & right.domains.keys()
    return bool(countries) and domains and not left.vat_ids.keys() & right.vat_ids.keys()


def _on_the_lines(alike: float) -> float:
    for (low, under), (high, over) in pairwise(_NAMES):
        if alike <= high:
            return under + (over - under) * (alike - low) / (high - low)
    return _NAMES[-1][1]
