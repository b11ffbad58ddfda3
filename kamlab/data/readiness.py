"""Data readiness: what was read, used, left out and rejected, how it agrees with the general ledger, what it allows.

In go the facts (or the refusal) and what was judged of the notebooks, out comes a `Result` like every other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import pandas as pd

from kamlab.data.findings import findings_of
from kamlab.facts import Facts
from kamlab.facts.calendar import MONTHS
from kamlab.facts.reconciliation import Bridge, Reconciliation
from kamlab.ingest import SourceRead
from kamlab.notebooks import Lack, Possibility
from kamlab.results import Basis, Result, RevenueTally, RowTally

_NOTHING = RevenueTally(read=Decimal(0), used=Decimal(0), left_out=Decimal(0), rejected=Decimal(0))


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
        findings=tuple(findings_of(facts, tables, numbers)),
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
