"""A proposal for the eyes: a table for the terminal, the lines for `engagement.yml`, what to do next.

Values of files are shown as they are, never as commands to the terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from kamlab.engagement.additions import Entry, SourceAddition, snippet
from kamlab.ingest.sampling import Heading
from kamlab.mapping import Plan
from kamlab.mapping.content import Reason
from kamlab.mapping.proposal import LIKELY, ColumnProposal, feeds
from kamlab.tables import TRANSACTIONS, Kind, column_label, table_label
from kamlab.text import Words

_LONGEST = 40


def addition(plan: Plan, words: Words) -> SourceAddition:
    """Turn a plan into lines for the settings: what is proposed, what to look at twice, what is left open."""
    settings = [] if plan.has_path else [Entry("path", plan.path)]
    if plan.sheet:
        settings.append(Entry("sheet", plan.sheet))
    settings += _conventions(plan, words)
    columns = [
        Entry(one.column, one.mapped, "" if one.confidence >= LIKELY else words("map.look", why=_why(one, words)))
        for one in plan.proposal.columns
        if one.state == "proposed"
    ]
    columns += [
        Entry(comment=words("map.left_open", column=one.column, why=_why(one, words)))
        for one in plan.proposal.columns
        if one.state == "open"
    ]
    return SourceAddition(plan.proposal.table.name, tuple(settings), tuple(columns))


def _conventions(plan: Plan, words: Words) -> list[Entry]:
    """Say how the file writes numbers and days, where a column that is read could mean either."""
    fed = {heading for one in plan.proposal.columns if one.mapped for heading in feeds(one.mapped)}
    dates = [one for one in plan.proposal.table.columns if one.kind is Kind.DATE]
    found: dict[str, list[Heading]] = {}
    for heading in plan.sample.headings:
        if heading.follows and heading.name in fed:
            found.setdefault(heading.follows[0], []).append(heading)
    entries = []
    for key, headings in found.items():
        values = {heading.follows[1] for heading in headings if heading.follows}
        if len(values) == 1 and (key == "decimal" or len(dates) == 1):  # a format holds for all days of a source
            why = words("map.follows", headings=[heading.name for heading in headings])
            entries.append(Entry(key, values.pop(), why))
    return entries


def is_complete(plan: Plan) -> bool:
    """Say whether the settings hold all that is proposed."""
    return plan.has_path and not any(one.state == "proposed" for one in plan.proposal.columns)


def next_step(plan: Plan, words: Words, arguments: Sequence[str], place: str | None, is_written: bool) -> str:
    """Say what was done and which command comes next; `arguments` are those of this call, `place` its engagement."""
    if plan.obstacle and not (is_written or is_complete(plan)):
        return plan.obstacle.message(words.language)
    if not is_written and not is_complete(plan):
        return words("map.not_written", command=shlex.join(["kamlab", *arguments, "--write"]))
    file = plan.settings.name if plan.settings else ""
    key = "map.nothing_new" if is_complete(plan) else "map.written"
    there = ["-e", place] if place else []
    if plan.lacks_transactions and plan.proposal.table is not TRANSACTIONS:
        command = f"{shlex.join(['kamlab', 'map', *there])} {words('map.file_name')}"
        return f"{words(key, file=file)} {words('map.transactions_next', command=command)}"
    return f"{words(key, file=file)} {words('map.next', command=shlex.join(['kamlab', 'check', *there]))}"


def show(plan: Plan, words: Words, console: Console) -> None:
    """Show what was recognised, column by column, and the lines for the settings."""
    table = plan.proposal.table.name
    language = words.language
    what = {
        "file": ", ".join(file.name for file in plan.sample.files[:3]),
        "rows": plan.sample.rows,
        "headings": len(plan.sample.headings),
        "table": table_label(table, language),
        "name": table,
    }
    found = [column_label(table, name, language) for name in plan.proposal.table.required]
    lacking = [column_label(table, name, language) for name in plan.proposal.missing]
    _line(console, words("map.file", **what))
    if plan.is_named:
        _line(console, words("map.table_named", **what))
    else:
        _line(console, words("map.table_found" if not lacking else "map.table_partly", required=found, **what))
    if plan.other:
        _line(console, words("map.other_table", table=table_label(plan.other, language), name=plan.other))
    if plan.currencies:
        said, own = plan.currencies
        _line(console, words("map.other_currency", found=said, own=own))
    console.print()
    console.print(_grid(plan, words))
    console.print()
    if plan.proposal.unused:
        _line(console, words("map.unused", headings=list(plan.proposal.unused)))
    if lacking:
        _line(console, words("map.lacking", columns=lacking))
    lines = addition(plan, words)
    if lines.columns or lines.settings:
        _line(console, "\n" + words("map.snippet"))
        console.print(Text(_printable(snippet(lines))), soft_wrap=True)


def _grid(plan: Plan, words: Words) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False, collapse_padding=True)
    grid.add_column(words("map.column"), min_width=15, overflow="fold")
    grid.add_column(words("map.heading"), min_width=14, overflow="fold")
    grid.add_column(words("map.confidence"), min_width=9, overflow="fold")
    grid.add_column(words("map.why"), min_width=16, overflow="fold")
    grid.add_column(words("map.first"), min_width=12, overflow="fold")
    for one in plan.proposal.columns:
        label = column_label(plan.proposal.table.name, one.column, words.language)
        grid.add_row(
            Text(label, style="bold" if one.column in plan.proposal.table.required else ""),
            Text(_printable(one.mapped) or words("map.open")),
            Text(_confidence(one, words), style={"sure": "green", "likely": "", "uncertain": "yellow"}[one.word]),
            Text(_printable(_why(one, words))),
            Text("\n".join(_short(value) for value in one.first)),
        )
    return grid


def _confidence(one: ColumnProposal, words: Words) -> str:
    if one.state == "proposed":
        return f"{words(f'map.word.{one.word}')} {words.number(one.confidence, 2)}"
    return words(f"map.word.{one.state}")


def _why(one: ColumnProposal, words: Words) -> str:
    if one.state == "set":
        return words("map.reason.set")
    why = "; ".join(_phrase(reason, words) for reason in one.reasons)
    return words("map.rivals", headings=list(one.rivals), why=why) if one.state == "open" and one.rivals else why


def _phrase(reason: Reason, words: Words) -> str:
    return words(f"map.reason.{reason.key}", **reason.values)


def _line(console: Console, text: str) -> None:
    console.print(Text(_printable(text)))


def _short(text: str) -> str:
    text = _printable(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
