"""From a look into a file to a proposal: which heading feeds which canonical column, how sure that is, and why.

Where two headings may be meant and nothing tells them apart, the column stays open: it is asked, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kamlab.engagement.expression import ExpressionError, headings, is_expression, parse_value, reference
from kamlab.ingest.sampling import Heading, Sample
from kamlab.mapping.calculated import calculated_revenue
from kamlab.mapping.content import Reason, content, is_dates
from kamlab.mapping.names import GROSS, PAYERS, is_preferred, is_rate, likeness, says
from kamlab.mapping.units import JUDGED, Unit, in_units, numbers_of, offer, unit_of
from kamlab.tables import TABLES, TRANSACTIONS, Column, Kind, Table

SURE, LIKELY, UNCERTAIN = 0.9, 0.7, 0.5
_NEARLY = 0.08  # confidences nearer than this are equal
_VAT = (1.19, 1.07, 1.2, 1.081, 1.077, 1.16, 1.21, 1.22)

State = Literal["proposed", "set", "open"]


@dataclass(frozen=True)
class ColumnProposal:
    """What is proposed for one canonical column.

    Attributes
    ----------
    state : "proposed", "set" or "open"
        Proposed here, set by the user already, or left to the user.
    mapped : str
        A heading, or an expression after `=`, as it stands in the settings; empty where the column is open.
    confidence : float
        0 to 1; what the user has set is 1.
    rivals : tuple of str
        Other headings that may be meant as well.
    """

    column: str
    state: State
    mapped: str = ""
    confidence: float = 1.0
    reasons: tuple[Reason, ...] = ()
    rivals: tuple[str, ...] = ()
    first: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """Say in a word how sure it is: sure, likely, uncertain."""
        return "sure" if self.confidence >= SURE else "likely" if self.confidence >= LIKELY else "uncertain"


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a file: the input table it is, and its columns in the order of the contract.

    `unused` are the headings that feed nothing, `fit` is 0 to 1.
    """

    table: Table
    columns: tuple[ColumnProposal, ...]
    unused: tuple[str, ...]
    fit: float

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the required columns that nothing feeds yet."""
        fed = {column.column for column in self.columns if column.mapped}
        return tuple(name for name in self.table.required if name not in fed)


@dataclass(frozen=True)
class _Candidate:
    column: Column
    heading: Heading
    confidence: float
    reasons: tuple[Reason, ...]


def best_tables(sample: Sample) -> list[Proposal]:
    """Propose for every input table, the one first whose required columns are there and that leaves little over."""
    proposals = [propose(sample, table) for table in TABLES.values()]
    return sorted(proposals, key=lambda proposal: -proposal.fit)


def propose(sample: Sample, table: Table, given: Mapping[str, str] | None = None) -> Proposal:
    """Propose a mapping of a file to one input table.

    Parameters
    ----------
    given : mapping of str to str
        Columns that the user has set: they stay, and their headings are taken.
    """
    given = given or {}
    taken = {heading.lower() for mapped in given.values() for heading in feeds(mapped)}
    free = [heading for heading in sample.headings if heading.name.lower() not in taken]
    wanted = [column for column in table.columns if column.name not in given]
    candidates = [c for column in wanted for c in _candidates(sample, table, column, free)]
    chosen = _settled(table, candidates, wanted, free)
    seen = {heading.name: heading for heading in sample.headings}
    if table is TRANSACTIONS:
        fed = {name: one.mapped for name, one in chosen.items()} | dict(given)
        revenue = numbers_of(fed.get("revenue", ""), seen)
        judged = [(one, unit_of(one.heading, one.column.name, revenue)) for one in candidates if _is_judged(one)]
        others = [(one, unit) for one, unit in judged if unit != "amount"]
        if others:
            rest = [one for one in candidates if all(one is not other for other, _ in others)]
            chosen = _offered(_settled(table, rest, wanted, free), others, given)
    for name, mapped in given.items():
        chosen[name] = ColumnProposal(name, "set", mapped, first=_first(sample, mapped))
    columns = tuple(chosen[name] for name in table.names if name in chosen)
    used = {heading for column in columns if column.mapped for heading in feeds(column.mapped)}
    unused = tuple(heading.name for heading in sample.headings if heading.name not in used)
    return Proposal(table, columns, unused, _fit(table, columns, sample, used))


def _settled(
    table: Table, candidates: list[_Candidate], wanted: list[Column], free: list[Heading]
) -> dict[str, ColumnProposal]:
    chosen = _related(_chosen(table, candidates, wanted, free), candidates, table)
    if table is TRANSACTIONS and any(column.name == "revenue" for column in wanted):
        chosen = _revenue(chosen, free)
    return {name: _in_units(one, table) for name, one in chosen.items()}


def _is_judged(one: _Candidate) -> bool:
    return one.column.name in JUDGED and one.confidence >= UNCERTAIN


def _offered(
    chosen: dict[str, ColumnProposal], others: Sequence[tuple[_Candidate, Unit]], given: Mapping[str, str]
) -> dict[str, ColumnProposal]:
    """Calculate costs and margins from rates and amounts per piece, where no heading holds their amounts."""
    fed = {name: one.mapped for name, one in chosen.items()} | dict(given)
    taken = {heading for mapped in fed.values() if mapped for heading in feeds(mapped)}
    for one, unit in sorted(others, key=lambda other: -other[0].confidence):
        name = one.column.name
        if (name in chosen and (chosen[name].mapped or chosen[name].rivals)) or one.heading.name in taken:
            continue
        found = offer(one.heading, unit, fed.get("revenue", ""), fed.get("quantity", ""))
        state: State = "proposed" if found.mapped else "open"
        confidence = min(one.confidence, 0.65) if found.mapped else 0.0
        rivals = () if found.mapped else (one.heading.name,)
        chosen[name] = ColumnProposal(
            name, state, found.mapped, confidence, (one.reasons[0], found.reason), rivals, one.heading.first
        )
    return chosen


def _in_units(one: ColumnProposal, table: Table) -> ColumnProposal:
    """Multiply an amount whose heading says thousands."""
    if one.state != "proposed" or table.column(one.column).kind is not Kind.MONEY:
        return one
    mapped, reasons = in_units(one.mapped)
    confidence = min(one.confidence, 0.65) if reasons else one.confidence
    return replace(one, mapped=mapped, reasons=(*one.reasons, *reasons), confidence=confidence)


def written(heading: str) -> str:
    """Write a heading as a mapping: plain, or as an expression where it would be taken for one."""
    return f"= {reference(heading)}" if is_expression(heading) else heading


def feeds(mapped: str) -> list[str]:
    """List the headings that a mapping reads."""
    if not is_expression(mapped):
        return [mapped]
    try:
        return list(headings(parse_value(mapped)))
    except ExpressionError:
        return []


def _first(sample: Sample, mapped: str) -> tuple[str, ...]:
    by_name = {heading.name: heading.first for heading in sample.headings}
    read = feeds(mapped)
    return by_name.get(read[0], ()) if len(read) == 1 else ()


def _candidates(sample: Sample, table: Table, column: Column, free: list[Heading]) -> Iterable[_Candidate]:
    for heading in free:
        like = likeness(heading.name, table, column)
        is_share = column.kind is Kind.MONEY and (heading.percent or is_rate(heading.name))
        if not like.degree or (is_share and not (table is TRANSACTIONS and column.name in JUDGED)):
            continue
        factor, reasons = content(heading, sample.rows, table, column)
        why = Reason(like.why, {"known": like.known})
        yield _Candidate(column, heading, round(like.degree * factor, 2), (why, *reasons))


def _chosen(
    table: Table, candidates: list[_Candidate], wanted: list[Column], free: list[Heading]
) -> dict[str, ColumnProposal]:
    """Give each heading to the column it fits best; what two headings fit alike is decided or left open."""
    chosen: dict[str, ColumnProposal] = {}
    taken: set[str] = set()
    for best in sorted(candidates, key=lambda one: -one.confidence):
        name = best.column.name
        if best.confidence < UNCERTAIN or name in chosen or best.heading.name in taken:
            continue
        alike = [
            one
            for one in candidates
            if one.column is best.column
            and one.heading.name not in taken
            and one.confidence >= max(best.confidence - _NEARLY, UNCERTAIN)
            and not _belongs_elsewhere(one, candidates)
        ]
        winner, why = _decided(table, best.column, alike, candidates) if len(alike) > 1 else (best, "")
        rivals = tuple(one.heading.name for one in alike if winner is None or one.heading is not winner.heading)
        if winner is None:
            chosen[name] = ColumnProposal(name, "open", confidence=0.0, reasons=(Reason("alike"),), rivals=rivals)
            continue
        taken.add(winner.heading.name)
        reasons = (*winner.reasons, Reason(why, {"others": list(rivals)})) if why else winner.reasons
        chosen[name] = ColumnProposal(
            name, "proposed", written(winner.heading.name), winner.confidence, reasons, rivals, winner.heading.first
        )
    for column in wanted:
        if column.name not in chosen and (left := _left_open(column, candidates, free, taken)):
            chosen[column.name] = left
    return chosen


def _belongs_elsewhere(one: _Candidate, candidates: list[_Candidate]) -> bool:
    """Say whether the heading names another column clearly better."""
    return any(
        other.heading is one.heading and other.column is not one.column and other.confidence > one.confidence + 0.02
        for other in candidates
    )


def _decided(
    table: Table, column: Column, alike: list[_Candidate], candidates: list[_Candidate]
) -> tuple[_Candidate | None, str]:
    """Choose between headings that fit alike, and say why; none where nothing tells them apart."""
    if all(one.heading.texts == alike[0].heading.texts for one in alike):
        return alike[0], ""
    if column.name == "revenue":
        net = [one for one in alike if not any(_is_gross_of(one.heading, other.heading) for other in alike)]
        if len(net) == 1:
            return net[0], "net_of"
    if table.key == (column.name,):
        parents = {
            text
            for one in candidates
            if one.column.name == "parent_id" and one.confidence >= LIKELY
            for text in one.heading.texts
            if text
        }
        referred = [one for one in alike if parents & set(one.heading.texts)]
        if len(referred) == 1:
            return referred[0], "referred"
    own = [one for one in alike if one.heading.name.lower() in (column.name, *(word.lower() for word in column.label))]
    exact = [one for one in alike if is_preferred(one.heading.name, table, column)] or own
    return (exact[0], "preferred") if len(exact) == 1 else (None, "")


def _left_open(
    column: Column, candidates: list[_Candidate], free: list[Heading], taken: set[str]
) -> ColumnProposal | None:
    """Say why a column stays open, where there is something to say; a lone column of days is taken for the date."""
    if column.kind is Kind.DATE and column.required:
        days = [heading for heading in free if is_dates(heading)]
        if len(days) == 1 and days[0].name not in taken:
            reasons = (Reason("only_dates"),)
            return ColumnProposal(column.name, "proposed", written(days[0].name), 0.5, reasons, (), days[0].first)
    left = [heading for heading in free if heading.name not in taken]
    if column.name == "revenue" and (gross := [h.name for h in left if says(h.name, GROSS) and any(h.numbers)]):
        return ColumnProposal(column.name, "open", "", 0.0, (Reason("gross"),), tuple(gross))
    if column.name == "account_id" and (payers := [h.name for h in left if says(h.name, PAYERS)]):
        return ColumnProposal(column.name, "open", "", 0.0, (Reason("payer"),), tuple(payers))
    if not column.required:
        return None
    weak = [one for one in candidates if one.column is column and one.heading.name not in taken]
    if not weak:
        return ColumnProposal(column.name, "open", "", 0.0, (Reason("nothing"),))
    best = max(weak, key=lambda one: one.confidence)
    why = best.reasons if best.reasons[0].key == "part_of" else (Reason("unfit"), *best.reasons[1:])
    return ColumnProposal(column.name, "open", "", 0.0, why, (best.heading.name,))


def _related(
    chosen: dict[str, ColumnProposal], candidates: list[_Candidate], table: Table
) -> dict[str, ColumnProposal]:
    """Hold the columns against each other: gross above net, cost above revenue, parents that are no accounts."""
    by_mapped = {written(one.heading.name): one.heading for one in candidates}
    found = {name: by_mapped[one.mapped] for name, one in chosen.items() if one.mapped in by_mapped}
    revenue = found.get("revenue") if table is TRANSACTIONS else None
    if revenue:
        others = [c.heading for c in candidates if c.column.name == "revenue" and c.heading is not revenue]
        if net := next((other.name for other in others if _is_gross_of(revenue, other)), None):
            rivals = (revenue.name, net)
            chosen["revenue"] = ColumnProposal("revenue", "open", "", 0.0, (Reason("with_vat", {"net": net}),), rivals)
        for name, low in (("cost", 0.7), ("contribution_margin", 0.9)):
            if name in found and (part := _within(found[name], revenue)) < low:
                chosen[name] = _weaker(chosen[name], 0.6, Reason("above_revenue", {"share": 1 - part}))
    if "parent_id" in found and "account_id" in found:
        parents = {text for text in found["parent_id"].texts if text}
        if parents and not parents & set(found["account_id"].texts):
            chosen["parent_id"] = _weaker(chosen["parent_id"], 0.7, Reason("no_such_parents"))
    return chosen


def _weaker(column: ColumnProposal, factor: float, reason: Reason) -> ColumnProposal:
    confidence = round(column.confidence * factor, 2)
    weaker = replace(column, confidence=confidence, reasons=(*column.reasons, reason))
    if confidence >= UNCERTAIN:
        return weaker
    return replace(weaker, state="open", mapped="", confidence=0.0, rivals=(column.mapped,))


def _is_gross_of(gross: Heading, net: Heading) -> bool:
    """Say whether nearly every value is that of the other with value added tax."""
    pairs = [(a, b) for a, b in zip(gross.numbers, net.numbers, strict=True) if a is not None and b]
    taxed = sum(any(abs(a / b - rate) < 0.002 for rate in _VAT) for a, b in pairs)
    return len(pairs) >= 5 and taxed >= 0.9 * len(pairs)


def _within(part: Heading, whole: Heading) -> float:
    pairs = [(a, b) for a, b in zip(part.numbers, whole.numbers, strict=True) if a is not None and b]
    return sum(abs(a) <= abs(b) for a, b in pairs) / len(pairs) if len(pairs) >= 5 else 1.0


def _revenue(chosen: dict[str, ColumnProposal], free: list[Heading]) -> dict[str, ColumnProposal]:
    """Calculate the revenue from quantity and price where no heading holds it."""
    now = chosen.get("revenue")
    quantity = chosen.get("quantity")
    if (now and (now.mapped or now.reasons[0].key == "alike")) or not quantity or not quantity.mapped:
        return chosen
    taken = {heading for one in chosen.values() if one.mapped for heading in feeds(one.mapped)}
    rest = [heading for heading in free if heading.name not in taken]
    calculated = calculated_revenue(feeds(quantity.mapped)[0], quantity.confidence, rest)
    if calculated:
        mapped, confidence, reasons = calculated
        state: State = "proposed" if mapped else "open"
        chosen["revenue"] = ColumnProposal("revenue", state, mapped, confidence, reasons)
    return chosen


def _fit(table: Table, columns: tuple[ColumnProposal, ...], sample: Sample, used: set[str]) -> float:
    """Rate a table: how surely its required columns are there, and how much of the file it explains."""
    fed = {column.column: column.confidence for column in columns if column.mapped}
    needed = [*table.required, *("either" for group in table.either if not fed.keys() & set(group))]
    sure = sum(fed.get(name, 0.0) for name in needed) / len(needed) if needed else 0.0
    return 0.7 * sure + 0.3 * len(used) / len(sample.headings)
