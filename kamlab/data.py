"""Data readiness: what was read, used, left out and rejected, how it agrees with the general ledger, what it allows.

In go the facts (or the refusal) and what was judged of the notebooks, out comes a `Result` like every other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import pandas as pd

from kamlab.errors import Problem
from kamlab.facts import Facts
from kamlab.facts.calendar import MONTHS
from kamlab.facts.reconciliation import Bridge, Reconciliation, fiscal_span
from kamlab.ingest import CONVERTED, FOLLOWED, QUERY, SourceRead
from kamlab.ingest.asides import HEADING_AGAIN, TOTAL_ROW
from kamlab.ingest.tally import AFTER_AS_OF, DOUBLE
from kamlab.notebooks import Lack, Possibility
from kamlab.results import Basis, Finding, Result, RevenueTally, RowTally, Value

_NOTHING = RevenueTally(read=Decimal(0), used=Decimal(0), left_out=Decimal(0), rejected=Decimal(0))
OURS = (TOTAL_ROW, HEADING_AGAIN, DOUBLE, AFTER_AS_OF)  # left out by no rule of the settings
_NEARLY_ALL = 0.9994  # the largest share below one that does not round to 100.0 %


def readiness(facts: Facts, possibilities: Iterable[Possibility] = ()) -> Result:
    """Report on the data of an engagement; works for refused data too.

    Parameters
    ----------
    possibilities : of every notebook
        Whether it can run on the data, and what it lacks.

    Returns
    -------
    Result with the tables `files`, `columns`, `reconciliation` (from read to used), `rejects` and `analyses`; where
    facts are there also `months` and `site_months` (what two runs are compared by), and where there are control totals
    `control_totals` (one row each) and `bridge` (their positions). Its findings carry every problem and note under
    `error.<code>`.
    """
    state = facts.state
    ledger = facts.ledger
    revenue = ledger.revenue or _NOTHING
    stated = tuple(read for read in state.reads if read.rows.read or read.problems)  # an empty sheet says nothing
    tables = {
        "files": _files(stated),
        "columns": _columns(stated),
        "reconciliation": _reconciliation(ledger.rows, revenue, ledger),
        "rejects": _rejects(state.reads),
        "analyses": _analyses(possibilities),
    }
    stands = not state.problems
    if stands:
        tables |= {"months": _months(facts), "site_months": _site_months(facts)}
    if facts.reconciliation.bridges:
        tables["control_totals"] = _control_totals(facts.reconciliation)
        tables["bridge"] = _bridges(facts.reconciliation)
    numbers = _key_numbers(ledger.rows, revenue, tables, facts if stands else None)
    settings = facts.engagement.settings
    return Result(
        analysis="data_readiness",
        as_of=state.as_of,
        currency=settings.currency,
        basis=Basis(
            period=facts.calendar.covered if stands else None,
            rows=ledger.rows,
            revenue=revenue,
            left_out=ledger.left_out,
        ),
        parameters={"max_rejected": float(settings.max_rejected)},
        key_numbers=numbers,
        findings=tuple(_findings(facts, tables, numbers)),
        tables=tables,
    )


def _files(reads: tuple[SourceRead, ...]) -> pd.DataFrame:
    """Say of every file how it was understood; None where it is as one expects."""
    columns = [
        "table",
        "file",
        "sheet",
        "rows",
        "hidden_rows",
        "header_row",
        "periods",
        "sums",
        "encoding",
        "delimiter",
    ]
    rows = [
        (
            read.table,
            file.name,
            file.sheet,
            file.rows,
            file.hidden_rows or None,
            file.header_row if file.header_row != 1 else None,
            file.periods,
            ", ".join(file.sums) or None,
            file.encoding,
            file.delimiter,
        )
        for read in reads
        for file in read.files
    ]
    return pd.DataFrame(rows, columns=columns).astype({"hidden_rows": "float64", "header_row": "float64"})


def _columns(reads: tuple[SourceRead, ...]) -> pd.DataFrame:
    rows = [
        (read.table, column.canonical, column.mapped, column.convention, column.numeric_id)
        for read in reads
        for column in read.columns
    ]
    return pd.DataFrame(rows, columns=["table", "canonical", "mapped", "convention", "numeric_id"])


def _reconciliation(rows: RowTally, revenue: RevenueTally, ledger: SourceRead) -> pd.DataFrame:
    """From what was read to what is used, step by step; the steps add up in rows and to the cent."""
    steps = [("read", "", rows.read, revenue.read)]
    steps += [("left_out", part.reason, -part.rows, -part.revenue) for part in ledger.left_out]
    steps += [("rejected", "", -rows.rejected, -revenue.rejected), ("used", "", rows.used, revenue.used)]
    frame = pd.DataFrame(steps, columns=["step", "reason", "rows", "revenue"])
    return frame.astype({"revenue": "float64"})


def _rejects(reads: tuple[SourceRead, ...]) -> pd.DataFrame:
    """Bad values by file, column and code, with the first of each."""
    rows = [reject.model_dump() for read in reads for reject in read.rejects]
    if not rows:
        return pd.DataFrame(columns=["file", "column", "code", "values", "line", "first_value"])
    groups = pd.DataFrame(rows).groupby(["file", "column", "code"], sort=False, dropna=False)
    first = (
        groups[["line", "value"]]
        .first()
        .rename(columns={"value": "first_value"})
        .assign(values=groups.size())
        .reset_index()
    )
    return first[["file", "column", "code", "values", "line", "first_value"]]


def _months(facts: Facts) -> pd.DataFrame:
    """Lines and revenue of every month from the first to the last, complete or not; of every quarter or year."""
    sums = facts.months.group_by("month").agg(
        lines=facts.months.lines.sum(), revenue=facts.months.revenue.sum().cast("float64")
    )
    frame = sums.to_pandas()
    frame["month"] = pd.PeriodIndex(frame["month"], freq="M")
    calendar = facts.calendar
    months = calendar.covered.months
    frame = (
        frame.set_index("month").reindex(months).fillna({"lines": 0, "revenue": 0.0}).rename_axis("month").reset_index()
    )
    step = MONTHS.get(calendar.grain, 1)
    frame = frame.iloc[step - 1 :: step]  # a coarser ledger has all of a period in its last month
    frame["complete"] = frame["month"].isin(calendar.complete_months)
    return frame.assign(month=frame["month"].dt.start_time, lines=frame["lines"].astype("int64"))


def _site_months(facts: Facts) -> pd.DataFrame:
    """Revenue by site and month, with the account that the site counts for: site_id, account_id, month, revenue."""
    months = facts.months
    sums = months.group_by(["site_id", "account_id", "month"]).agg(revenue=months.revenue.sum().cast("float64"))
    return sums.order_by(["site_id", "month"]).to_pandas().astype({"month": "datetime64[us]"})


def _control_totals(reconciliation: Reconciliation) -> pd.DataFrame:
    """One row per control total: general ledger = here + explained + unexplained."""
    columns = ["period", "measure", "source", "ledger", "here", "explained", "unexplained", "unexplained_share"]
    rows = [
        (
            bridge.total.period,
            bridge.total.measure,
            bridge.total.source,
            bridge.total.value,
            bridge.here,
            None if bridge.here is None else sum((position.amount for position in bridge.positions), Decimal(0)),
            bridge.unexplained,
            bridge.unexplained_share,
            bridge.comparison,
        )
        for bridge in reconciliation.bridges
    ]
    frame = pd.DataFrame(rows, columns=[*columns, "comparison"])
    return frame.astype(dict.fromkeys(columns[3:], "float64"))


def _bridges(reconciliation: Reconciliation) -> pd.DataFrame:
    """Every position of every control total that can be compared, from the general ledger to what is here."""
    rows = [
        (bridge.total.period, bridge.total.measure, bridge.total.source, *step)
        for bridge in reconciliation.bridges
        for step in _steps(bridge)
    ]
    frame = pd.DataFrame(rows, columns=["period", "measure", "source", "step", "reason", "rows", "amount"])
    return frame.astype({"amount": "float64", "rows": "float64"})


def _steps(bridge: Bridge) -> list[tuple[str, str, int | None, Decimal]]:
    if bridge.here is None or bridge.unexplained is None:
        return []
    steps: list[tuple[str, str, int | None, Decimal]] = [("ledger", "", None, bridge.total.value)]
    steps += [(position.kind, position.reason, position.rows, -position.amount) for position in bridge.positions]
    return [*steps, ("unexplained", "", None, -bridge.unexplained), ("here", "", None, bridge.here)]


def _analyses(possibilities: Iterable[Possibility]) -> pd.DataFrame:
    """One row per analysis and thing that it lacks, a single one where it lacks nothing.

    `lack` says what is not there: `refused`, `lacking` or `gap` (an input `table`, the `whole` or `columns` of it), or
    `result` (of another analysis, under `table`), or `personal`: the settings do not allow what could judge a person.
    """
    rows: list[tuple[str, str, str, str, bool, str]] = []
    for found in possibilities:
        lacks = [("refused", Lack(table=table, whole=True)) for table in found.refused]
        lacks += [("lacking", lack) for lack in found.lacking] + [("gap", lack) for lack in found.gaps]
        lacks += [("result", Lack(table=result, whole=True)) for result in found.results]
        lacks += [("personal", Lack(table="", whole=True))] if found.personal else []
        rows += [(found.name, found.status, kind, x.table, x.whole, ", ".join(x.columns)) for kind, x in lacks]
        if not lacks:
            rows.append((found.name, found.status, "", "", False, ""))
    return pd.DataFrame(rows, columns=["analysis", "possible", "lack", "table", "whole", "columns"])


def _assigned(facts: Facts) -> tuple[float, float] | None:
    """Return the revenue of sites in the master data and that of all; None without master data or revenue."""
    if "accounts" not in facts.tables:
        return None
    orders = facts.orders
    sums = orders.group_by("site_id").agg(revenue=orders.revenue.sum().cast("float64")).to_pandas()
    known = sums["site_id"].isin(facts.sites.loc[facts.sites["in_master"].astype(bool), "site_id"])
    total = float(round(sums["revenue"].sum(), 4))
    return (float(round(sums.loc[known, "revenue"].sum(), 4)), total) if total > 0 else None


def _key_numbers(
    rows: RowTally, revenue: RevenueTally, tables: Mapping[str, pd.DataFrame], facts: Facts | None
) -> dict[str, int | float | str | None]:
    months = tables.get("months")
    assigned = _assigned(facts) if facts else None
    bridge = facts.reconciliation.main if facts else None
    return {
        "rows_read": rows.read,
        "rows_used": rows.used,
        "rows_left_out": rows.left_out,
        "rows_rejected": rows.rejected,
        "revenue_read": float(revenue.read),
        "revenue_used": float(revenue.used),
        "revenue_left_out": float(revenue.left_out),
        "revenue_rejected": float(revenue.rejected),
        "unreadable_rows": revenue.unreadable_rows,
        "revenue_assigned": assigned[0] if assigned else None,
        "assigned_share": assigned[0] / assigned[1] if assigned else None,
        "ledger_period": bridge.total.period if bridge else None,
        "ledger_total": float(bridge.total.value) if bridge else None,
        "ledger_here": float(bridge.here) if bridge and bridge.here is not None else None,
        "ledger_unexplained": float(bridge.unexplained) if bridge and bridge.unexplained is not None else None,
        "accounts": int(facts.sites.loc[facts.sites["in_ledger"], "account_id"].nunique()) if facts else None,
        "sites": len(facts.sites) if facts else None,
        "sites_without_lines": int((~facts.sites["in_ledger"]).sum()) if facts else None,
        "months": len(facts.calendar.covered.months) if facts else None,
        "complete_months": len(facts.calendar.complete_months) if facts else None,
        "empty_months": None if months is None else int((months["lines"] == 0).sum()),
    }


def _findings(
    facts: Facts, tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, int | float | str | None]
) -> list[Finding]:
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
