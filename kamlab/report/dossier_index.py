"""The list of all dossiers: per account its two editions, its revenue and its message; or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from kamlab.errors import Problem
from kamlab.report.frame import Head, framed
from kamlab.text import MISSING, Words


@dataclass(frozen=True)
class Entry:
    """One account of the list.

    Attributes
    ----------
    name : str
        Tells the account from all others: customers of one name carry their number, those without a name are a number.
    pages : mapping of edition to file name
        Empty where there are none.
    revenue : float or None
        Of the period of the dossier.
    problem : Problem or None
        Why the last attempt failed.
    is_stale : bool
        The pages are older than the data or the code.
    """

    account_id: str
    name: str
    pages: Mapping[str, str]
    revenue: int | float | str | None
    sentence: str
    problem: Problem | None
    is_stale: bool


def dossier_index(head: Head, entries: Sequence[Entry], words: Words) -> bytes:
    """Make the list of dossiers, the account with the highest revenue first."""
    ordered = sorted(entries, key=lambda entry: (-float(entry.revenue or 0), entry.account_id))
    heads = [
        words("column.name"),
        words("column.revenue", symbol=words.symbol()),
        words("dossiers.message"),
        words("dossiers.customer"),
    ]
    cells = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(' class="n"') if at == 1 else "", text)
        for at, text in enumerate(heads)
    )
    rows = Markup("\n").join(_row(entry, words) for entry in ordered)
    failed = sum(entry.problem is not None for entry in entries)
    parts = [
        Markup('<div class="question"><p class="asked">{}</p></div>').format(words("dossiers.question")),
        Markup("<h1>{}</h1>").format(words("dossiers.title", count=len(entries))),
        Markup('<p class="what">{}</p>').format(words("dossiers.what")),
    ]
    if failed:
        parts.append(Markup('<p class="warn">{}</p>').format(words("dossiers.failed", count=failed)))
    if entries:
        parts.append(
            Markup(
                '<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table class="dossiers">'
                "<caption>{label}</caption><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"
            ).format(label=words("dossiers.caption"), cells=cells, rows=rows)
        )
    return framed(str(Markup("\n").join(parts)), head, words)


def _row(entry: Entry, words: Words) -> Markup:
    name = Markup('<a href="{}">{}</a>').format(entry.pages["internal"], entry.name) if entry.pages else entry.name
    customer = Markup("{}").format(MISSING)
    if entry.pages:
        customer = Markup('<a href="{}" aria-label="{}">{}</a>').format(
            entry.pages["customer"], words("dossiers.for_customer", name=entry.name), words("dossiers.page")
        )
    told = [Markup("{}").format(entry.sentence)] if entry.sentence else []
    if entry.problem:
        told.append(Markup('<span class="warn">{}</span>').format(entry.problem.message(words.language)))
    if entry.is_stale:
        told.append(Markup('<span class="warn">{}</span>').format(words("dossiers.stale")))
    return Markup('<tr><th scope="row">{}</th><td class="n">{}</td><td>{}</td><td>{}</td></tr>').format(
        name, words.number(entry.revenue), Markup("<br>").join(told), customer
    )
