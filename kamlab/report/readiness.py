"""Blocks of the readiness page: the general ledger against what is here, and what every analysis needs.

A result in, a piece of safe HTML out; `hindrances`, `lost` and `request` are also what the command line says.
"""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from kamlab.notebooks import OR, Lack, Possibility
from kamlab.report.blocks import Html
from kamlab.report.tables import html_table
from kamlab.results import Result
from kamlab.tables import TABLES, column_label, table_label
from kamlab.text import MISSING, Words


def against_ledger(result: Result, words: Words) -> Html:
    """Show every control total with what of it is here, and behind a fold all positions; nothing without totals."""
    totals, bridge = result.tables.get("control_totals"), result.tables.get("bridge")
    if totals is None or bridge is None:
        return Html("")
    if (totals["comparison"] == "whole").all():
        totals = totals.drop(columns="comparison")
    if totals["measure"].nunique() == 1:
        totals = totals.drop(columns="measure")
    title = words("data_readiness.table.control_totals")
    shown = Markup(html_table(totals, words, "data_readiness-control_totals", title, most=len(totals)))
    if bridge.empty:
        return Html(shown)
    positions = [position(step, reason, words) for step, reason in zip(bridge["step"], bridge["reason"], strict=True)]
    frame = bridge.assign(position=positions)[["period", "measure", "source", "position", "rows", "amount"]]
    fold = words("data_readiness.table.bridge")
    inside = Markup(html_table(frame, words, "data_readiness-bridge", fold, most=len(frame)))
    return Html(Markup("{}<details><summary>{}</summary>{}</details>").format(shown, fold, inside))


def position(step: str, reason: str, words: Words) -> str:
    """Name a step of the bridge: the rule of the settings that left lines out, or one of ours."""
    if step == "left_out":
        return words("basis.left_out", reason=words.named("basis.reason", reason))
    return words(f"value.bridge.{step}")


def possibilities(result: Result, words: Words) -> Html:
    """Show of every analysis that lacks something what is not there, what is lost and what to ask the client for."""
    rows, lacking = [], result.tables["analyses"][result.tables["analyses"]["lack"] != ""]
    for (analysis, state), lacks in lacking.groupby(["analysis", "possible"], sort=False):
        cells = {"analysis": words(f"analysis.{analysis}"), "possible": words(f"value.possible.{state}")}
        found = _found(str(analysis), str(state), lacks)
        cells["lost"] = " ".join([*hindrances(found, words), *(lost(found.name, gap, words) for gap in found.gaps)])
        cells["request"] = "; ".join(request(lack, words) for lack in (*found.lacking, *found.gaps))
        rows.append({name: text or MISSING for name, text in cells.items()})
    if not rows:
        return Html("")
    title = words("data_readiness.table.analyses")
    return Html(html_table(pd.DataFrame(rows), words, "data_readiness-analyses", title, most=len(rows)))


def _found(analysis: str, state: str, lacks: pd.DataFrame) -> Possibility:
    """Bring what was judged of an analysis back from the rows of its table."""
    parts: dict[str, list[Lack]] = {"refused": [], "lacking": [], "gap": [], "result": [], "personal": []}
    for row in lacks.itertuples():
        columns = tuple(str(row.columns).split(", ")) if row.columns else ()
        if row.lack:
            parts[str(row.lack)].append(Lack(table=str(row.table), whole=bool(row.whole), columns=columns))
    return Possibility(
        name=analysis,
        status=state,
        refused=tuple(lack.table for lack in parts["refused"]),
        lacking=tuple(parts["lacking"]),
        gaps=tuple(parts["gap"]),
        results=tuple(lack.table for lack in parts["result"]),
        personal=bool(parts["personal"]),
    )


def hindrances(found: Possibility, words: Words) -> list[str]:
    """Say why an analysis is not possible; nothing where it is."""
    said = []
    if tables := [table_label(table, words.language) for table in found.refused]:
        said.append(words("possible.refused", tables=tables))
    if names := [request(lack, words) for lack in found.lacking]:
        said.append(words("possible.lacks", names=names))
    if analyses := [words(f"analysis.{result}") for result in found.results]:
        said.append(words("possible.results", analyses=analyses))
    if found.personal:
        said.append(words("possible.personal"))
    return said


def lost(analysis: str, lack: Lack, words: Words) -> str:
    """Say what an analysis goes without."""
    place = lack.table if lack.whole else f"{lack.table}.{lack.columns[0].partition(OR)[0]}"
    return words(f"without.{analysis}.{place}")


def request(lack: Lack, words: Words) -> str:
    """Name what to ask the client for, in the words of the contract."""
    columns = [_either(lack.table, column, words) for column in lack.columns]
    if lack.whole:
        table = TABLES[lack.table]
        required = [column_label(lack.table, name, words.language) for name in table.required]
        return words("possible.table", table=table_label(lack.table, words.language), columns=[*required, *columns])
    if lack.table == "transactions":
        return words("possible.line", columns=columns)
    return words("possible.columns", columns=columns, table=table_label(lack.table, words.language))


def _either(table: str, column: str, words: Words) -> str:
    labels = [column_label(table, name, words.language) for name in column.split(OR)]
    said = labels[0]
    for label in labels[1:]:
        said = words("text.or", one=said, other=label)
    return said
