"""The building blocks of a page: a result in, a piece of safe HTML out. Every value from data is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd
from markupsafe import Markup

from kamlab.figures import Drawing, to_svg
from kamlab.report.tables import html_table
from kamlab.results import Finding, Result
from kamlab.text import MISSING, Words

BULLETS = 3  # sentences under the message
OUTSIDE = "outside_period"  # rows left out by the period; what was rejected is of all years
LONGEST = 50  # rows of a table that shows some rows without exception


class Html(Markup):
    """A piece of a page; JupyterLab shows it as it will look there, roughly."""

    def _repr_html_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"<{len(self)} characters of HTML>"


def sentence(finding: Finding, words: Words) -> str:
    """Phrase a finding; a value `reason` that is the key of a text of its own stands in it as `what`."""
    values = dict(finding.values)
    if isinstance(reason := values.get("reason"), str) and words.knows(reason):
        values["what"] = words(reason, **values)
    if isinstance(reasons := values.get("reasons"), list):  # rules that left rows out: of the settings, or ours
        values["reasons"] = [words.named("basis.reason", rule) for rule in reasons]
    return words(finding.key, **values)


def bottom_line(result: Result, words: Words, *key_figures: str | Sequence[str]) -> Html:
    """Open the page: the message as its heading, what is measured, the sentences that matter, the key figures.

    Parameters
    ----------
    key_figures : names of key numbers
        Of several names in one place, the first that has a number is shown.
    """
    message = result.findings[0]
    others = [finding for finding in result.findings[1:] if _is_general(finding)]
    period = result.basis.period
    what = f"{result.analysis}.what"
    covered = words.span(period.start, period.end) if period else ""
    parts = [Markup("<h1>{}</h1>").format(sentence(message, words))]
    if period:
        parts.append(Markup('<p class="what">{}</p>').format(words(what, period=covered, symbol=words.symbol())))
    lines = [Markup("<p>{}</p>").format(sentence(finding, words)) for finding in others[:BULLETS]]
    if lines:
        parts.append(Markup('<div class="bottom">{}</div>').format(Markup("").join(lines)))
    if figures := [_key_figure(result, words, name) for names in key_figures for name in _first_known(result, names)]:
        parts.append(Markup('<dl class="key">{}</dl>').format(Markup("").join(figures)))
    return Html(Markup("\n").join(parts))


def _is_general(finding: Finding) -> bool:
    """Say whether a finding stands at the top; errors and what has a third part in its key have their own section."""
    return finding.key.count(".") == 1 and not finding.key.startswith("error")


def _first_known(result: Result, names: str | Sequence[str]) -> list[str]:
    """Choose the first of these key numbers that is there, if any."""
    choices = [names] if isinstance(names, str) else names
    return [name for name in choices if result.key_numbers[name] is not None][:1]


def _key_figure(result: Result, words: Words, name: str) -> Markup:
    period = result.basis.period
    covered = words.span(period.start, period.end) if period else ""
    said = words(f"{result.analysis}.key.{name}", **{**result.key_numbers, "period": covered})
    number, _, meaning = said.partition("|")
    return Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(meaning, number)


def sentences(result: Result, words: Words, *keys: str) -> Html:
    """Phrase the findings with these keys (an ending `*` takes all that begin so); what was not found says nothing."""
    said = [Markup("<p>{}</p>").format(sentence(finding, words)) for finding in _chosen(result, keys)]
    return Html(Markup("\n").join(said))


def heading(result: Result, words: Words, *keys: str) -> Html:
    """Head a section with the first that was found of these; nothing found, no heading."""
    said = [sentence(finding, words) for finding in _chosen(result, keys)[:1]]
    return Html(Markup("<h2>{}</h2>").format(said[0].rstrip(".")) if said else "")


def _chosen(result: Result, keys: Sequence[str]) -> list[Finding]:
    return [
        finding
        for key in keys
        for finding in result.findings
        if finding.key == key or (key.endswith("*") and finding.key.startswith(key[:-1]))
    ]


def paragraph(text: str) -> Html:
    """Show a text as it is."""
    return Html(Markup("<p>{}</p>").format(text))


def certainty(result: Result, words: Words, *keys: str) -> Html:
    """Phrase how sure the numbers are, in a box of its own; nothing to say, no box."""
    said = sentences(result, words, *keys)
    return Html(f'<div class="sure">{said}</div>') if said else said


def figure(wide: Drawing, narrow: Drawing, result: Result, words: Words) -> Html:
    """Show a figure under its message and what it measures, for page and phone, with its numbers behind a fold.

    Parameters
    ----------
    wide, narrow : Drawing
        The same figure for the width of a page and for that of a phone; the stylesheet shows one of them.
    """
    said = captions(wide, result, words)
    numbers = html_table(wide.numbers, words, f"{result.analysis}-{wide.name}", said.name, most=30)
    block = Markup(
        '<figure><figcaption><span class="message">{title}</span> <span class="measure">{measure}</span></figcaption>'
        '{wide}{narrow}<p class="source">{source}</p></figure>'
        "{numbers}"
    ).format(
        title=said.title,
        measure=said.measure,
        wide=Markup(to_svg(wide, said.alternative, "wide")),
        narrow=Markup(to_svg(narrow, said.alternative, "narrow")),
        source=said.source,
        numbers=Markup(fold(words("figure.numbers"), numbers)),
    )
    return Html(block)


class Captions(NamedTuple):
    """The texts of a figure: its message, what it measures, where that comes from, what it shows in words, its name."""

    title: str
    measure: str
    source: str
    alternative: str
    name: str


def captions(drawing: Drawing, result: Result, words: Words) -> Captions:
    """Phrase the texts of a figure."""
    key = f"figure.{drawing.name}"
    sources = [words(f"figure.from.{name}") for name in drawing.sources]
    meant = [words("figure.meant", names=drawing.meant)] if drawing.meant else []
    return Captions(
        title=words(f"{key}.{drawing.title}", **drawing.values),
        measure=words(f"{key}.{drawing.caption}", **drawing.values),
        source=words("figure.source", sources=sources, as_of=words.date(result.as_of) if result.as_of else ""),
        alternative=" ".join([words(f"{key}.alt", **drawing.values), *meant]),
        name=words(f"{key}.name"),
    )


def table(
    result: Result,
    words: Words,
    name: str,
    most: int = 12,
    only: dict[str, Sequence[str]] | None = None,
    whole: dict[str, Sequence[str]] | None = None,
    columns: Sequence[str] = (),
    folded: bool = False,
) -> Html:
    """Show a table of the result, the first rows and the others summed up; where it has no row, nothing.

    Parameters
    ----------
    only : dict of column to values
        Keep the rows with one of these values.
    whole : dict of column to values
        Show at least the rows with one of these values, which come first, up to fifty rows.
    columns : names of columns
        Show these, where they are there; none named: all.
    folded : bool
        Behind a fold: for those who want to drill down.
    """
    frame = result.tables.get(name)
    if frame is None:
        return Html("")
    for column, values in (only or {}).items():
        frame = frame[frame[column].isin(list(values))]
    for column, values in (whole or {}).items():
        most = max(most, min(int(frame[column].isin(list(values)).sum()), LONGEST))
    if frame.empty:
        return Html("")
    if columns:
        frame = frame[[column for column in columns if column in frame]]
    title = words(f"{result.analysis}.table.{name}")
    shown = html_table(frame, words, f"{result.analysis}-{name}", title, most)
    return fold(title, shown) if folded else Html(shown)


def fold(title: str, inside: str) -> Html:
    """Put safe HTML behind a fold."""
    return Html(Markup("<details><summary>{}</summary>{}</details>").format(title, Markup(inside)))


def key_table(result: Result, words: Words, *names: str) -> Html:
    """Show further key numbers in a line each: for those who know them."""
    texts = [
        words(f"{result.analysis}.key.{n}", **result.key_numbers).split("|")
        for n in names
        if result.key_numbers[n] is not None
    ]
    items = [Markup("<li>{}: {}</li>").format(meaning, number) for number, meaning in texts]
    return Html(Markup("<ul>{}</ul>").format(Markup("").join(items)) if items else "")


def basis(result: Result, words: Words) -> Html:
    """Say in one line what the numbers rest on, with the choices that were made behind a fold."""
    period, revenue = result.basis.period, result.basis.revenue
    covered = words.span(period.start, period.end) if period else MISSING
    line = Markup('<p class="basis">{}</p>').format(words("basis.line", period=covered, revenue=revenue.used))
    items = [Markup("<li>{}</li>").format(sentence(choice, words)) for choice in result.basis.choices]
    return Html(line + (fold(words("basis.choices"), f"<ul>{''.join(items)}</ul>") if items else ""))


def rows_accounted_for(result: Result, words: Words) -> Html:
    """Show rows and revenue from read to used: what was left out, by which rule, and what was rejected."""
    rows, revenue = result.basis.rows, result.basis.revenue
    steps = [("basis.read", "", rows.read, revenue.read)]
    steps += [("basis.left_out", part.reason, -part.rows, -part.revenue) for part in result.basis.left_out]
    rejected = "basis.rejected_all" if OUTSIDE in {part.reason for part in result.basis.left_out} else "basis.rejected"
    steps += [(rejected, "", -rows.rejected, -revenue.rejected), ("basis.used", "", rows.used, revenue.used)]
    frame = pd.DataFrame(
        [
            (words(key, reason=words.named("basis.reason", reason)), count, float(money))
            for key, reason, count, money in steps
        ],
        columns=["step", "rows", "revenue_cents"],
    )
    parts = [Markup("<p>{}</p>").format(words("basis.intro"))]
    parts.append(Markup(html_table(frame, words, f"{result.analysis}-basis", words("basis.caption"), most=len(frame))))
    if revenue.unreadable_rows:
        parts.append(Markup("<p>{}</p>").format(words("basis.unreadable", count=revenue.unreadable_rows)))
    return Html(Markup("\n").join(parts))
