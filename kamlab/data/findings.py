"""What the readiness page finds: the verdict, what to correct and to confirm, what was understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from kamlab.errors import Problem
from kamlab.facts import Facts
from kamlab.facts.reconciliation import fiscal_span
from kamlab.ingest import CONVERTED, FOLLOWED, QUERY
from kamlab.ingest.asides import HEADING_AGAIN, TOTAL_ROW
from kamlab.ingest.tally import AFTER_AS_OF, DOUBLE
from kamlab.results import Finding, Value

OURS = (TOTAL_ROW, HEADING_AGAIN, DOUBLE, AFTER_AS_OF)  # left out by no rule of the settings
_NEARLY_ALL = 0.9994  # the largest share below one that does not round to 100.0 %


def findings_of(
    facts: Facts, tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, int | float | str | None]
) -> list[Finding]:
    """Put together what is told of the data, the message first; of refused data what is wrong with them."""
    state = facts.state
    rows: dict[str, Value] = {name: numbers[f"rows_{name}"] for name in ("read", "used", "left_out", "rejected")}
    notes = [note for note in state.notes if note.code not in (CONVERTED, FOLLOWED)]
    problems = [*_told(state.problems), *_of_ledger(facts.reconciliation.problems), *_told(notes)]
    if state.problems:
        return [Finding(key="data_readiness.title_refused", values={"count": len(state.problems)}), *problems]
    findings = [_verdict(facts, tables["analyses"], rows), _counted(rows, numbers)]
    findings += [*_ledger_findings(facts), Finding(key="data_readiness.used.accounted", values=rows)]
    calendar = facts.calendar
    findings.append(
        Finding(
            key="data_readiness.period",
            values={"start": calendar.first, "end": calendar.as_of, "complete": numbers["complete_months"]},
        )
    )
    if calendar.grain != "day":
        findings.append(Finding(key="data_readiness.covered.grain", values={"reason": f"value.grain.{calendar.grain}"}))
    if numbers["revenue_assigned"] is not None:
        known = {"known": numbers["revenue_assigned"], "revenue": numbers["revenue_used"]}
        findings.append(Finding(key="data_readiness.used.assigned", values=dict(known)))
    partial = [month.start_time.date() for month in calendar.partial_months]
    findings += [Finding(key="data_readiness.covered.partial_month", values={"month": month}) for month in partial]
    empty = tables["months"].loc[tables["months"]["lines"] == 0, "month"]
    if len(empty):
        values: dict[str, Value] = {"count": len(empty), "month": empty.iloc[0].date()}
        findings.append(Finding(key="data_readiness.covered.empty_months", values=values))
    numeric = tables["columns"].loc[tables["columns"]["numeric_id"], "mapped"].tolist()
    if numeric:
        findings.append(
            Finding(key="data_readiness.keys.numeric_ids", values={"names": numeric, "count": len(numeric)})
        )
    if not state.has_margin:
        findings.append(Finding(key="data_readiness.no_margin"))
    return findings + _to_do(facts, tables) + _understood(facts) + problems


def _verdict(facts: Facts, analyses: pd.DataFrame, rows: Mapping[str, Value]) -> Finding:
    """Say whether the data suffice: the ledger is explained, and every analysis has what it can use."""
    worst = facts.reconciliation.worst if facts.reconciliation.is_preliminary else None
    if worst is not None:
        values = {"period": worst.total.period, "share": worst.unexplained_share}
        return Finding(key="data_readiness.partly_ledger", values=values)
    wanting = analyses.loc[~analyses["lack"].isin(["", "personal"]), "analysis"].nunique()
    if wanting:
        count = analyses["analysis"].nunique()
        return Finding(key="data_readiness.partly", values={"whole": count - wanting, "count": count})
    return Finding(key="data_readiness.yes", values=dict(rows))


def _to_do(facts: Facts, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Say what to correct, what to have confirmed, what to ask for."""
    findings, rejects = [], tables["rejects"]
    if len(rejects):
        count, files = int(rejects["values"].sum()), rejects["file"].nunique()
        findings.append(Finding(key="data_readiness.do.correct", values={"count": count, "files": files}))
    rules = [part for part in facts.ledger.left_out if part.reason not in OURS]
    if rules:
        values: dict[str, Value] = {"count": len(rules), "rules": [part.reason for part in rules]}
        values["rows"] = sum(part.rows for part in rules)
        findings.append(Finding(key="data_readiness.do.confirm", values=values))
    if tables["analyses"]["lack"].isin(["refused", "lacking", "gap"]).any():
        findings.append(Finding(key="data_readiness.do.request"))
    return findings


def _told(problems: Iterable[Problem]) -> list[Finding]:
    return [Finding(key=f"error.{problem.code}", values=problem.values) for problem in problems]


def _of_ledger(problems: Iterable[Problem]) -> list[Finding]:
    """Tell what is wrong with control totals once, and for which other periods the same holds."""
    alike: dict[tuple[str, Value], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.code, problem.values["measure"]), []).append(problem)
    findings = []
    for first, *others in alike.values():
        findings += _told([first])
        if others:
            periods = list(dict.fromkeys(str(other.values["period"]) for other in others))
            findings.append(Finding(key="errors.same_for", values={"periods": periods}))
    return findings


def _understood(facts: Facts) -> list[Finding]:
    """Tell what was made of the values: read as the rest of their file, converted, cells of a pivot as rows."""
    keys = {CONVERTED: "data_readiness.understood.currency", FOLLOWED: "data_readiness.understood.convention"}
    findings = [Finding(key=keys[note.code], values=note.values) for note in facts.state.notes if note.code in keys]
    if facts.ledger.files[0].name == QUERY:
        result, *files = facts.ledger.files
        counts = [f"{file.name} ({file.rows})" for file in files]
        findings.append(Finding(key="data_readiness.understood.query", values={"count": result.rows, "files": counts}))
    if any(file.periods for file in facts.ledger.files):
        count = facts.ledger.rows.read
        findings.append(Finding(key="data_readiness.understood.pivot", values={"count": count}))
    return findings


def _counted(rows: Mapping[str, Value], numbers: Mapping[str, int | float | str | None]) -> Finding:
    """Say in one sentence what the data hold, with what there is to say it: master data, general ledger."""
    share = numbers["assigned_share"]
    key, values = "data_readiness.counted", dict(rows) | {"count": rows["rejected"], "share": _share_used(numbers)}
    if share is not None:
        # not 100 % where some is not assigned
        key, values["assigned"] = f"{key}_assigned", share if share == 1 else min(float(share), _NEARLY_ALL)
    if numbers["ledger_period"] is not None:
        key, values["period"] = f"{key}_ledger", numbers["ledger_period"]
        values |= {"ledger": numbers["ledger_total"], "here": numbers["ledger_here"]}
    return Finding(key=key, values=values)


def _ledger_findings(facts: Facts) -> list[Finding]:
    """Tell the difference to the general ledger, the convention for fiscal years, and what could lie in any period."""
    found, findings = facts.reconciliation, []
    if (bridge := found.main) and bridge.here is not None and bridge.unexplained is not None:
        difference = bridge.total.value - bridge.here
        key = "data_readiness.bridge" + ("_equal" if not difference else "" if difference > 0 else "_below")
        values: dict[str, Value] = {"period": bridge.total.period, "source": bridge.total.source}
        values |= {"difference": abs(difference), "unexplained": abs(bridge.unexplained)}
        findings.append(Finding(key=key, values=values | {"share": float(bridge.unexplained_share or 0)}))
    start = facts.engagement.settings.fiscal_year_start
    if start != 1 and (years := [b.total.period[:4] for b in found.bridges if len(b.total.period) != len("2025-01")]):
        span = fiscal_span(years[0], start)
        findings.append(
            Finding(
                key="data_readiness.fiscal.convention",
                values={"year": years[0], "start": span.start, "end": span.end},
            )
        )
    if found.undated_rows and found.undated:
        values = {"count": found.undated_rows, "revenue": found.undated}
        findings.append(Finding(key="data_readiness.undated.lines", values=values))
    return findings


def _share_used(numbers: Mapping[str, int | float | str | None]) -> float:
    """Return the share of the read rows that is used, 0 without any."""
    read, used = numbers["rows_read"], numbers["rows_used"]
    return int(used or 0) / int(read) if read else 0.0
