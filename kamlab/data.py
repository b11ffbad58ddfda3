"""Data readiness: what was read, used, left out and rejected, and how far the ledger carries.

In go the facts (or the refusal), out comes a `Result` like every other's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pandas as pd

from kamlab.facts import Facts
from kamlab.ingest import SourceRead
from kamlab.results import Basis, Finding, Result, RevenueTally, RowTally, Value

_NOTHING = RevenueTally(read=Decimal(0), used=Decimal(0), left_out=Decimal(0), rejected=Decimal(0))


def readiness(facts: Facts) -> Result:
    """Report on the data of an engagement; works for refused data too.

    Returns
    -------
    Result with the tables `files`, `columns`, `reconciliation` and `rejects`, and `months` where facts are there. Its
    findings carry every problem and note under `error.<code>`.
    """
    state = facts.state
    ledger = next(read for read in state.reads if read.table == "transactions")
    revenue = ledger.revenue or _NOTHING
    tables = {
        "files": _files(state.reads),
        "columns": _columns(state.reads),
        "reconciliation": _reconciliation(ledger.rows, revenue, ledger),
        "rejects": _rejects(state.reads),
    }
    stands = not state.problems
    if stands:
        tables["months"] = _months(facts)
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
    rows = [
        (read.table, file.name, file.rows, file.sheet, file.encoding, file.delimiter)
        for read in reads
        for file in read.files
    ]
    return pd.DataFrame(rows, columns=["table", "file", "rows", "sheet", "encoding", "delimiter"])


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
        return pd.DataFrame(columns=["file", "column", "code", "values", "line", "value"])
    groups = pd.DataFrame(rows).groupby(["file", "column", "code"], sort=False, dropna=False)
    first = groups[["line", "value"]].first().assign(values=groups.size()).reset_index()
    return first[["file", "column", "code", "values", "line", "value"]]


def _months(facts: Facts) -> pd.DataFrame:
    """Lines and revenue of every month from the first to the last, complete or not."""
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
    frame["complete"] = frame["month"].isin(calendar.complete_months)
    return frame.assign(month=frame["month"].dt.start_time, lines=frame["lines"].astype("int64"))


def _key_numbers(
    rows: RowTally, revenue: RevenueTally, tables: Mapping[str, pd.DataFrame], facts: Facts | None
) -> dict[str, int | float | str | None]:
    months = tables.get("months")
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
        "accounts": len(facts.accounts) if facts else None,
        "sites": len(facts.sites) if facts else None,
        "sites_without_lines": int((~facts.sites["in_ledger"]).sum()) if facts else None,
        "months": None if months is None else len(months),
        "complete_months": None if months is None else int(months["complete"].sum()),
        "empty_months": None if months is None else int((months["lines"] == 0).sum()),
    }


def _findings(
    facts: Facts, tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, int | float | str | None]
) -> list[Finding]:
    state = facts.state
    rows: dict[str, Value] = {name: numbers[f"rows_{name}"] for name in ("read", "used", "left_out", "rejected")}
    problems = [
        Finding(key=f"error.{problem.code}", values=problem.values) for problem in (*state.problems, *state.notes)
    ]
    if state.problems:
        return [Finding(key="data_readiness.title_refused", values={"count": len(state.problems)}), *problems]
    findings = [Finding(key="data_readiness.title", values=rows | {"share": _share_used(numbers)})]
    findings.append(Finding(key="data_readiness.accounted", values=rows))
    calendar = facts.calendar
    findings.append(
        Finding(
            key="data_readiness.period",
            values={"start": calendar.first, "end": calendar.as_of, "complete": numbers["complete_months"]},
        )
    )
    partial = [month.start_time.date() for month in calendar.partial_months]
    findings += [Finding(key="data_readiness.partial_month", values={"month": month}) for month in partial]
    empty = tables["months"].loc[tables["months"]["lines"] == 0, "month"]
    if len(empty):
        values: dict[str, Value] = {"count": len(empty), "month": empty.iloc[0].date()}
        findings.append(Finding(key="data_readiness.empty_months", values=values))
    if not rows["rejected"]:
        findings.append(Finding(key="data_readiness.no_rejects"))
    if unreadable := numbers["unreadable_rows"]:
        findings.append(Finding(key="data_readiness.unreadable", values={"count": unreadable}))
    numeric = tables["columns"].loc[tables["columns"]["numeric_id"], "mapped"].tolist()
    if numeric:
        findings.append(Finding(key="data_readiness.numeric_ids", values={"names": numeric, "count": len(numeric)}))
    if not state.has_margin:
        findings.append(Finding(key="data_readiness.no_margin"))
    return findings + problems


def _share_used(numbers: Mapping[str, int | float | str | None]) -> float:
    """Return the share of the read rows that is used, 0 without any."""
    read, used = numbers["rows_read"], numbers["rows_used"]
    return int(used or 0) / int(read) if read else 0.0
