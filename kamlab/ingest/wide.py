"""Pivots brought to long form: customer by period, or customer by criterion, becomes a row per filled cell.

In goes a raw table, out comes one with the headings ABOVE and VALUE in place of the pivot's columns. What is no period,
no total and no criterion stays a heading like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import ibis

from kamlab.errors import DataRefused, Problem
from kamlab.ingest.header import folded
from kamlab.ingest.periods import is_bare_month, is_total, period_of
from kamlab.ingest.raw import FILE, LINE, Raw, Stored, beside_texts, trimmed

ABOVE, VALUE = "(heading)", "(value)"
_AT = "kamlab (0)"  # which of the columns
_NUMBERS = {Stored.WHOLE, Stored.NUMBER}


def spread(raw: Raw, kept: set[str]) -> Raw:
    """Bring a pivot of periods to long form.

    Parameters
    ----------
    kept : set of str
        Headings that the settings read: never taken for a period.

    Returns
    -------
    Raw whose LINE counts cells: `Raw.place` gives line and heading. Empty cells are
    no rows, columns of sums are dropped.

    Raises
    ------
    DataRefused
        No column is a period (KL-E227), two are the same one, or they mix years with months (KL-E228).
    """
    name = raw.files[0].name
    candidates = [heading for heading in raw.stored if heading not in kept]
    totals = [heading for heading in candidates if is_total(heading)]
    periods = {heading: period for heading in candidates if (period := period_of(heading)) and heading not in totals}
    if not periods:
        months = [heading for heading in candidates if is_bare_month(heading)]
        reason = "ingest.months_without_year" if months else "ingest.no_period"
        raise DataRefused(Problem(code="KL-E227", values={"file": name, "reason": reason, "headings": candidates}))
    periods, sums = _without_sums(periods)
    _refuse_mixed(name, periods)
    unpivoted = _unpivoted(raw, periods, [*totals, *sums])
    update = {"periods": _span(periods), "sums": (*totals, *sums)}
    return replace(unpivoted, files=tuple(file.model_copy(update=update) for file in raw.files))


def spread_criteria(raw: Raw, kept: set[str], criteria: Collection[str]) -> Raw:
    """Bring a scoring sheet to long form: a column per criterion, whose heading is its name in the settings.

    Parameters
    ----------
    kept : set of str
        Headings that the settings read: never taken for a criterion.
    criteria : collection of str
        Names of the criteria that people rate.

    Returns
    -------
    Raw as of `spread`.

    Raises
    ------
    DataRefused
        No column is a criterion (KL-E231).
    """
    names = {folded(name): name for name in criteria}
    candidates = [heading for heading in raw.stored if heading not in kept]
    found = {heading: names[folded(heading)] for heading in candidates if folded(heading) in names}
    if not found:
        values = {"file": raw.files[0].name, "headings": candidates, "known": list(criteria)}
        raise DataRefused(Problem(code="KL-E231", values=values))
    return _unpivoted(raw, found)


def _unpivoted(raw: Raw, columns: Mapping[str, str], dropped: Sequence[str] = ()) -> Raw:
    """Turn every filled cell of some columns into a row: what its heading means in ABOVE, the cell in VALUE."""
    if taken := [heading for heading in (ABOVE, VALUE) if heading in raw.stored]:
        file = raw.files[0]
        place = {"file": file.name, "line": file.header_row}
        raise DataRefused(*(Problem(code="KL-E262", values=place | {"column": heading}) for heading in taken))
    others = [heading for heading in raw.stored if heading not in columns and heading not in dropped]
    table, width = raw.table, len(columns)
    kinds = {raw.stored[heading] for heading in columns}
    kind = Stored.NUMBER if kinds <= _NUMBERS else Stored.TEXT
    values = [
        table[heading].cast("float64") if kind is Stored.NUMBER else beside_texts(table[heading], raw.stored[heading])
        for heading in columns
    ]
    cells = table.select(  # unnested side by side, in one pass over the rows
        FILE,
        LINE,
        *others,
        **{
            _AT: ibis.array(list(range(width))).unnest(),
            ABOVE: ibis.array(list(columns.values())).unnest(),
            VALUE: ibis.array(values).unnest(),
        },
    )
    filled = cells[VALUE].notnull() if kind is Stored.NUMBER else trimmed(cells[VALUE]).nullif("").notnull()
    cells = cells.filter(filled).mutate(**{LINE: cells[LINE] * width + cells[_AT]}).drop(_AT)
    stored = {heading: raw.stored[heading] for heading in others} | {ABOVE: Stored.TEXT, VALUE: kind}
    return replace(raw, table=cells, stored=stored, spread=tuple(columns))


def _without_sums(periods: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Set apart the columns whose period is made of finer ones that all stand there too: a year beside its months."""
    there = set(periods.values())
    sums = [heading for heading, period in periods.items() if any(parts <= there for parts in _parts(period))]
    return {heading: period for heading, period in periods.items() if heading not in sums}, sums


def _parts(period: str) -> list[set[str]]:
    """List the ways in which a period is made of finer ones."""
    year, _, quarter = period.partition("-Q")
    if quarter:
        return [{f"{year}-{month:02d}" for month in range(3 * int(quarter) - 2, 3 * int(quarter) + 1)}]
    if len(period) > 4:
        return []
    return [{f"{year}-Q{quarter}" for quarter in range(1, 5)}, {f"{year}-{month:02d}" for month in range(1, 13)}]


def _refuse_mixed(name: str, periods: dict[str, str]) -> None:
    grains = {("Q" in period, len(period)) for period in periods.values()}
    doubled = [h for h, period in periods.items() if list(periods.values()).count(period) > 1]
    if len(grains) > 1 or doubled:
        raise DataRefused(Problem(code="KL-E228", values={"file": name, "headings": doubled or list(periods)}))


def _span(periods: dict[str, str]) -> str:
    ordered = sorted(periods.values())
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} … {ordered[-1]}"
