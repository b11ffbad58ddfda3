"""What a check found, on the terminal: tables that can be read at eighty columns. Text from data is never markup."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kamlab.ingest import LEDGER
from kamlab.report.readiness import position
from kamlab.run.checked import Checked, CheckedTotal
from kamlab.tables import TABLES, column_label, table_label
from kamlab.text import MISSING, Words

_SHOWN = 5  # rejected values of a source


def show(found: Checked, words: Words) -> None:
    """Print sources, reconciliation and analyses; problems go elsewhere."""
    console = Console(highlight=False, markup=False, emoji=False)
    if beginning := _beginning(found, words):
        console.print(Text(beginning))
        return
    console.print(_sources(found, words))
    for source in found.sources:
        for reject in source.rejects[:_SHOWN]:
            line = words("cli.reject", what=words(f"error.{reject.code}"), **reject.model_dump())
            console.print(Text(line), soft_wrap=True)
        if (more := source.rows.rejected - _SHOWN) > 0 and source.rejects:
            console.print(Text("  " + words("cli.more_rejected", count=more)), soft_wrap=True)
    if found.period:
        console.print(Text(words("cli.period", start=found.period.start, end=found.period.end)), soft_wrap=True)
    if found.reconciliation:
        console.print(_reconciliation(found, words))
    console.print(_analyses(found, words))
    if found.unused:
        tables = [table_label(table, words.language) for table in found.unused]
        console.print(Text(words("cli.unused", tables=tables)))


def _beginning(found: Checked, words: Words) -> str:
    """Say what to fill in first where the ledger is still empty; nothing where it is not."""
    ledger = next((source for source in found.sources if source.table == LEDGER), None)
    if ledger is None or not ledger.refused or ledger.rows.read or not ledger.files:
        return ""
    file = ledger.files[0]
    columns = [column_label(LEDGER, name, words.language) for name in TABLES[LEDGER].required]
    key = "cli.nothing_yet_sheet" if file.sheet else "cli.nothing_yet"
    return words(key, file=file.name, sheet=file.sheet, columns=columns)


def _table(title: str, *columns: str, right: int = 0) -> Table:
    """Make a table; the columns from the second on stand to the right, so many of them."""
    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False, expand=False
    )
    for at, column in enumerate(columns):
        table.add_column(
            column, justify="right" if 0 < at <= right else "left", overflow="fold", no_wrap=0 < at <= right
        )
    return table


def _sources(found: Checked, words: Words) -> Table:
    heads = [words(f"cli.{name}") for name in ("read", "used", "left_out_rows", "rejected_rows")]
    table = _table(words("cli.sources"), words("column.table"), *heads, right=4)
    for source in found.sources:
        rows = source.rows
        if source.files and not rows.read and not source.refused:
            continue  # an empty sheet of the input workbook says nothing
        counts = [words.number(count) for count in (rows.read, rows.used, rows.left_out, rows.rejected)]
        name = table_label(source.table, words.language)
        table.add_row(Text(name, style="bold"), *(counts if source.files or not source.refused else [MISSING] * 4))
        for file in source.files if len(source.files) > 1 else ():
            table.add_row(Text(f"  {words.named('value.file', file.name)}"), words.number(file.rows))
        for part in source.left_out:
            reason = words.named("basis.reason", part.reason)
            if part.revenue:
                reason += f" ({words.money(part.revenue)})"
            table.add_row(Text(f"  {reason}"), "", "", words.number(part.rows))
    return table


def _reconciliation(found: Checked, words: Words) -> Table:
    heads = [words(f"column.{name}", symbol=words.symbol()) for name in ("amount", "unexplained_share")]
    table = _table(words("cli.reconciliation"), words("column.position"), *heads, right=2)
    for at, total in enumerate(found.reconciliation):
        if at:
            table.add_section()
        for name, amount, share in _steps(total, words):
            table.add_row(Text(name), "" if amount is None else words.number(amount, 2), share)
    return table


def _steps(total: CheckedTotal, words: Words) -> list[tuple[str, object, str]]:
    """List the steps from the general ledger to what is here, the unexplained with its share."""
    measure = words(f"value.measure.{total.measure}")
    name = f"{words('value.bridge.ledger')}, {measure} {total.period} ({total.source})"
    steps: list[tuple[str, object, str]] = [(name, total.ledger, "")]
    steps += [("  " + position(part.kind, part.reason, words), -part.amount, "") for part in total.positions]
    if total.unexplained is not None:
        share = words.percent(total.unexplained_share, 2)
        steps.append(("  " + words("value.bridge.unexplained"), -total.unexplained, share))
    if total.here is not None:
        steps.append((words("value.bridge.here"), total.here, ""))
    if total.comparison != "whole":
        steps.append(("  " + words(f"value.comparison.{total.comparison}"), None, ""))
    return steps


def _analyses(found: Checked, words: Words) -> Table:
    table = _table(words("cli.analyses"), words("column.analysis"), words("column.possible"), words("cli.lost"))
    for analysis in found.analyses:
        said = [*analysis.reasons, *analysis.lost, *(f"→ {item}" for item in analysis.ask_for)]
        table.add_row(
            Text(words(f"analysis.{analysis.name}"), style="bold"),
            Text(words(f"value.possible.{analysis.status}")),
            Text("\n".join(said)),
        )
    return table
