"""Ledger to ledger: what the general ledger says of a period, what is here, and what explains the difference.

In go the sums of the transactions by status and month and the control totals, out comes one `Bridge` per control total,
exact. Knows no file, no database and no words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import model_validator

from kamlab.errors import Problem
from kamlab.ingest import MonthSum
from kamlab.results import Frozen, Period, Value

MOST_UNEXPLAINED = Decimal("0.01")  # of the control total; beyond it the study is preliminary
_NEARLY = 2  # how far a ratio may be from 1,000 or -1, as a factor, to look like a slip of unit or sign
_PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?", re.IGNORECASE)

Measure = Literal["revenue", "contribution_margin"]
Comparison = Literal["whole", "partly", "not_comparable"]


class ControlTotal(Frozen):
    """One total of the general ledger; `period` is 2025, 2025-Q1 (both fiscal) or 2025-01."""

    period: str
    measure: Measure
    value: Decimal
    source: str


class Position(Frozen):
    """A named part of the difference between the general ledger and here.

    `kind` is `left_out` (by the rule `reason`), `rejected` or `undated` (no readable date, and no other period that
    the lines could belong to).
    """

    kind: Literal["left_out", "rejected", "undated"]
    reason: str = ""
    rows: int
    amount: Decimal


class Bridge(Frozen):
    """From a control total to what is here: value = here + positions + unexplained, exactly.

    Attributes
    ----------
    comparison : str
        `whole`: every month of the period has its bookings here; `partly`: the ledger here begins later or ends
        earlier, the rest says nothing; `not_comparable`: no month of the period is here, or the measure is not.
    here, unexplained : Decimal or None
        None where nothing can be compared.
    slip : str, optional
        `thousands` or `sign`: what the control total looks like.
    """

    total: ControlTotal
    span: Period
    comparison: Comparison
    here: Decimal | None = None
    positions: tuple[Position, ...] = ()
    unexplained: Decimal | None = None
    slip: Literal["thousands", "sign"] | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Bridge:
        if self.here is not None and self.unexplained is not None:
            explained = sum((position.amount for position in self.positions), Decimal(0))
            if self.total.value != self.here + explained + self.unexplained:
                raise ValueError(f"the bridge does not add up: {self!r}")
        return self

    @property
    def unexplained_share(self) -> Decimal | None:
        """Return the unexplained part of the control total, without sign; None where nothing can be compared."""
        if self.unexplained is None:
            return None
        if not self.total.value:
            return Decimal(1) if self.unexplained else Decimal(0)
        return abs(self.unexplained / self.total.value)

    @property
    def is_preliminary(self) -> bool:
        """Say whether more is unexplained than a study can stand on; a period covered partly says nothing."""
        share = self.unexplained_share
        return self.comparison == "whole" and share is not None and share > MOST_UNEXPLAINED


class Reconciliation(Frozen):
    """All control totals with their bridges, the latest and longest periods first.

    `undated` is the revenue of lines without a readable date that could belong to several periods.
    """

    bridges: tuple[Bridge, ...] = ()
    undated_rows: int = 0
    undated: Decimal = Decimal(0)

    @property
    def worst(self) -> Bridge | None:
        """Return the bridge with the largest unexplained share that makes the study preliminary, None if none does.

        What looks like a slip of unit or sign comes last: it says more of the control total than of the data.
        """
        found = [bridge for bridge in self.bridges if bridge.is_preliminary]
        return max(found, key=lambda bridge: (not bridge.slip, bridge.unexplained_share or Decimal(0)), default=None)

    @property
    def is_preliminary(self) -> bool:
        """Say whether any control total leaves more than 1 % unexplained."""
        return self.worst is not None

    @property
    def main(self) -> Bridge | None:
        """Return the bridge to tell first: revenue, the latest period that is compared whole, the longest of those."""
        found = [b for b in self.bridges if b.total.measure == "revenue" and b.comparison == "whole"]
        return next((bridge for bridge in found if not bridge.slip), found[0] if found else None)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Tell what is to be clarified with the client, what makes the study preliminary first."""
        found = [problem for bridge in self.bridges for problem in _problems(bridge)]
        return tuple(sorted(found, key=lambda problem: problem.code))


def fiscal_span(period: str, fiscal_year_start: int) -> Period:
    """Resolve a period of the contract to days; a fiscal year is named by the calendar year in which it ends.

    Raises
    ------
    ValueError
        No such period.
    """
    found = _PERIOD.fullmatch(period)
    if not found:
        raise ValueError(f"{period!r} is no period: 2025, 2025-Q1 or 2025-01")
    year = int(found["year"])
    if found["month"]:
        start, months = date(year, int(found["month"]), 1), 1
    else:
        first = date(year - (fiscal_year_start > 1), fiscal_year_start, 1)
        quarter = int(found["quarter"] or 1)
        start, months = _later(first, 3 * (quarter - 1)), 3 if found["quarter"] else 12
    return Period(start=start, end=_later(start, months) - timedelta(days=1))


def reconcile(
    totals: Iterable[ControlTotal],
    sums: Sequence[MonthSum],
    as_of: date,
    fiscal_year_start: int = 1,
    not_in_ledger: Sequence[str] = (),
) -> Reconciliation:
    """Compare the transactions with the general ledger, control total by control total.

    Parameters
    ----------
    sums : of the transactions, by status and month
    as_of : date
        Last day that counts; later lines are a position of their own.
    not_in_ledger : names of excludes
        Their lines stand in no general ledger either and explain nothing.

    Returns
    -------
    Reconciliation, empty without control totals. Several sources for one period are bridges of their own.
    """
    sums = [part for part in sums if not (part.is_left_out and part.status in not_in_ledger)]
    bridges = [
        _bridge(total, fiscal_span(total.period, fiscal_year_start), sums, as_of)
        for total in sorted(totals, key=lambda total: (total.measure != "revenue", total.source))
    ]
    bridges.sort(key=lambda bridge: (bridge.span.end, bridge.span.end - bridge.span.start), reverse=True)
    taken = any(position.kind == "undated" for bridge in bridges for position in bridge.positions)
    undated = [] if taken else [part for part in sums if part.month is None and part.revenue]
    return Reconciliation(
        bridges=tuple(bridges),
        undated_rows=sum(part.rows for part in undated) if bridges else 0,
        undated=sum((part.revenue for part in undated), Decimal(0)) if bridges else Decimal(0),
    )


def _bridge(total: ControlTotal, span: Period, sums: Sequence[MonthSum], as_of: date) -> Bridge:
    known = any(getattr(part, total.measure) is not None for part in sums)
    comparison = _comparison(span, sums, as_of) if known else "not_comparable"
    if comparison == "not_comparable":
        return Bridge(total=total, span=span, comparison=comparison)
    inside = [part for part in sums if part.month and span.start <= part.month <= span.end]
    here = _amount([part for part in inside if _is_used(part)], total.measure)
    positions = _positions(total.measure, inside)
    if all(span.start <= part.month <= span.end for part in sums if part.month):
        positions += _position("undated", "", [part for part in sums if part.month is None], total.measure)
    unexplained = total.value - here - sum((position.amount for position in positions), Decimal(0))
    return Bridge(
        total=total,
        span=span,
        comparison=comparison,
        here=here,
        positions=tuple(positions),
        unexplained=unexplained,
        slip=_slip(total.value, total.value - unexplained),
    )


def _is_used(part: MonthSum) -> bool:
    return part.status == "used" and not part.is_left_out


def _comparison(span: Period, sums: Sequence[MonthSum], as_of: date) -> Comparison:
    """Say whether the months of a period are here, from the first with a used line to the last that is known."""
    used = [part.month for part in sums if part.month and _is_used(part)]
    if not used:
        return "not_comparable"
    known = [part.month for part in sums if part.month and part.is_left_out and part.month > as_of]
    first, last = min(used), max([as_of, *known])
    if span.end < first or span.start > last:
        return "not_comparable"
    return "whole" if first <= span.start and span.end.replace(day=1) <= last else "partly"


def _positions(measure: Measure, inside: Sequence[MonthSum]) -> list[Position]:
    left_out = [part for part in inside if part.is_left_out]
    positions: list[Position] = []
    for reason in dict.fromkeys(part.status for part in left_out):
        positions += _position("left_out", reason, [part for part in left_out if part.status == reason], measure)
    rejected = [part for part in inside if not part.is_left_out and not _is_used(part)]
    return positions + _position("rejected", "", rejected, measure)


def _position(
    kind: Literal["left_out", "rejected", "undated"], reason: str, parts: Sequence[MonthSum], measure: Measure
) -> list[Position]:
    """Make a position of lines; none where they come to nothing, for nothing needs no explanation."""
    amount = _amount(parts, measure)
    rows = sum(part.rows for part in parts)
    return [Position(kind=kind, reason=reason, rows=rows, amount=amount)] if amount else []


def _amount(parts: Iterable[MonthSum], measure: Measure) -> Decimal:
    return sum((getattr(part, measure) or Decimal(0) for part in parts), Decimal(0))


def _slip(value: Decimal, expected: Decimal) -> Literal["thousands", "sign"] | None:
    """Recognise a control total in thousands, or with the sign that credits have in a general ledger."""
    if not value or not expected:
        return None
    ratio = expected / value
    if any(thousand / _NEARLY < abs(ratio) < thousand * _NEARLY for thousand in (Decimal(1000), Decimal("0.001"))):
        return "thousands"
    return "sign" if -_NEARLY < ratio < -1 / Decimal(_NEARLY) else None


def _problems(bridge: Bridge) -> list[Problem]:
    total = bridge.total
    place: dict[str, Value] = {"period": total.period, "measure": total.measure, "source": total.source}
    span: dict[str, Value] = {"start": bridge.span.start, "end": bridge.span.end}
    if bridge.comparison == "not_comparable":
        code = "KL-W134" if total.measure == "revenue" else "KL-W135"
        return [Problem(code=code, values=place | span)]
    amounts: dict[str, Value] = {"ledger": total.value, "unexplained": abs(bridge.unexplained or Decimal(0))}
    amounts |= {"share": float(bridge.unexplained_share or 0), "here": bridge.here}
    if bridge.slip:
        return [Problem(code="KL-W131" if bridge.slip == "thousands" else "KL-W132", values=place | amounts)]
    if bridge.comparison == "partly":
        return [Problem(code="KL-W133", values=place | span | amounts)]
    return [Problem(code="KL-W130", values=place | amounts)] if bridge.is_preliminary else []


def _later(day: date, months: int) -> date:
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)
