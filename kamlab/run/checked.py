"""What a check found, as one document: the layout of `kamlab check --json`, and what the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field

from kamlab.errors import Exit, Problem
from kamlab.facts import Facts
from kamlab.facts.entries import OF_THE_FACTS
from kamlab.facts.reconciliation import Bridge, Position
from kamlab.ingest import ColumnRead, FileRead, Reject, SourceRead
from kamlab.notebooks import Possibility, discover
from kamlab.report.readiness import hindrances, lost, request
from kamlab.results import Frozen, LeftOut, Period, RevenueTally, RowTally, Value
from kamlab.text import Language, Words

MOST_REJECTS = 100  # of a source; a run writes all of them to rejects.csv


class CheckedProblem(Frozen):
    """A problem or a note: the code and its values for a script, the message for people."""

    code: str
    message: str
    values: dict[str, Value] = Field(default_factory=dict)


class CheckedSource(Frozen):
    """What became of a source; of its rejected values the first hundred."""

    table: str
    files: tuple[FileRead, ...]
    columns: tuple[ColumnRead, ...]
    rows: RowTally
    revenue: RevenueTally | None
    left_out: tuple[LeftOut, ...]
    rejects: tuple[Reject, ...]
    refused: bool


class CheckedTotal(Frozen):
    """A control total and what of it is here: ledger = here + positions + unexplained, where it can be compared."""

    period: str
    start: date
    end: date
    measure: str
    source: str
    ledger: Decimal
    here: Decimal | None
    positions: tuple[Position, ...]
    unexplained: Decimal | None
    unexplained_share: Decimal | None
    comparison: str
    slip: str | None
    preliminary: bool


class CheckedAnalysis(Possibility):
    """Whether an analysis can run; `reasons`, `lost` and `ask_for` say in words what the other fields hold."""

    reasons: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    ask_for: tuple[str, ...] = ()


class Checked(Frozen):
    """The layout of `kamlab check --json`; where the settings are wrong, only problems and exit code are filled.

    `unused` names the tables that were read and that no analysis works on yet, whatever was named.
    """

    engagement: str | None = None
    as_of: date | None = None
    currency: str | None = None
    period: Period | None = None
    preliminary: bool = False
    exit_code: int
    problems: tuple[CheckedProblem, ...] = ()
    notes: tuple[CheckedProblem, ...] = ()
    sources: tuple[CheckedSource, ...] = ()
    reconciliation: tuple[CheckedTotal, ...] = ()
    analyses: tuple[CheckedAnalysis, ...] = ()
    unused: tuple[str, ...] = ()


def checked(facts: Facts, judged: Sequence[tuple[Possibility, Problem | None]], words: Words) -> Checked:
    """Put together what a check found, messages in the language of `words`."""
    state, settings = facts.state, facts.engagement.settings
    own = [problem for _, problem in judged if problem]
    mended = [facts.mended] if facts.mended else []
    problems = [*state.problems, *(problem for at, problem in enumerate(own) if problem not in own[:at])]
    possible = not state.problems and any(found.status != "not_possible" for found, _ in judged)
    return Checked(
        engagement=settings.name,
        as_of=state.as_of,
        currency=settings.currency,
        period=_period(facts, problems),
        preliminary=facts.reconciliation.is_preliminary,
        exit_code=Exit.DONE if possible else Exit.DATA_REFUSED,
        problems=told(problems, words.language),
        notes=told((*mended, *facts.reconciliation.problems, *state.notes), words.language),
        sources=tuple(_source(read) for read in state.reads),
        reconciliation=tuple(_total(bridge) for bridge in facts.reconciliation.bridges),
        analyses=tuple(_analysis(found, problem, words) for found, problem in judged),
        unused=unused(facts.columns),
    )


def unused(read: Iterable[str]) -> tuple[str, ...]:
    """Name those of the tables that no notebook and no fact works on."""
    wants = [want for notebook in discover() for want in (notebook.declaration.needs, notebook.declaration.optional)]
    worked_on = OF_THE_FACTS.union(*(want.tables for want in wants))
    return tuple(table for table in read if table not in worked_on)


def told(problems: Iterable[Problem], language: Language) -> tuple[CheckedProblem, ...]:
    """Phrase problems."""
    return tuple(CheckedProblem(code=p.code, message=p.message(language), values=p.values) for p in problems)


def _period(facts: Facts, problems: Sequence[Problem]) -> Period | None:
    if problems:
        return None
    return facts.calendar.period(facts.engagement.settings.period)


def _source(read: SourceRead) -> CheckedSource:
    names = ("table", "files", "columns", "rows", "revenue", "left_out")
    parts: dict[str, Any] = {name: getattr(read, name) for name in names}
    return CheckedSource(**parts, rejects=read.rejects[:MOST_REJECTS], refused=bool(read.problems))


def _total(bridge: Bridge) -> CheckedTotal:
    return CheckedTotal(
        period=bridge.total.period,
        start=bridge.span.start,
        end=bridge.span.end,
        measure=bridge.total.measure,
        source=bridge.total.source,
        ledger=bridge.total.value,
        here=bridge.here,
        positions=bridge.positions,
        unexplained=bridge.unexplained,
        unexplained_share=bridge.unexplained_share,
        comparison=bridge.comparison,
        slip=bridge.slip,
        preliminary=bridge.is_preliminary,
    )


def _analysis(found: Possibility, problem: Problem | None, words: Words) -> CheckedAnalysis:
    return CheckedAnalysis(
        **dict(found),
        reasons=(*hindrances(found, words), *([problem.message(words.language)] if problem else [])),
        lost=tuple(lost(found.name, gap, words) for gap in found.gaps),
        ask_for=tuple(request(lack, words) for lack in (*found.lacking, *found.gaps)),
    )
