"""Ranked amounts: a row for each with its bars on those of the year before, the variance absolute and in per cent."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from kamlab.figures.amounts import Amount, scenarios
from kamlab.figures.rows import Mark, Panel, Row, Said, rows
from kamlab.figures.theme import MUTED, NARROW, SCENARIOS, by_meaning
from kamlab.text import Words


def ranked(shown: Sequence[Amount], size: float, words: Words, head: str = "", above: bool | None = None) -> Axes:
    """Draw a row per amount; amounts and variances have one scale, so that their bars can be compared.

    Parameters
    ----------
    head : str
        Stands above the texts at the end of the rows.
    above : bool
        Names stand above the bars; default: on a phone.
    """
    compared = any(row.said_variance for row in shown)
    panels = [Panel(min(row.low for row in shown), max(row.high for row in shown) or 1.0, lines=[0.0])]
    columns = [words("figure.ratio")] * compared + [head] * bool(head)
    variance = words("figure.variance")
    is_list = size <= NARROW and above is False  # variances are numbers in a column
    if compared and is_list:
        columns.insert(0, variance)
    elif compared:
        ends = [row.variance for row in shown]
        panels.append(Panel(min(0.0, *ends), max(0.0, *ends), lines=[0.0], title=variance))
    lines = []
    for row in shown:
        ink = by_meaning(row.variance)
        change = Said(row.said_variance, ink, left=row.variance < 0)
        cells = [change] * (compared and is_list) + [Said(row.said_ratio, ink)] * compared
        cells += [Said(row.aside, MUTED)] * bool(head)
        marks = [_bars(row), [Mark(0.0, {"color": ink, "linewidth": 0}, row.variance)]]
        said = [Said(row.said), *[change] * (compared and not is_list)]
        lines.append(Row(row.name, marks, said, cells=cells))
    return rows(lines, size, panels, keys=scenarios(shown, words), columns=columns, above=above)


def _bars(row: Amount) -> list[Mark]:
    """Draw last year's bar, and this year's a little below in front of it."""
    before = [Mark(0.0, SCENARIOS["previous"], row.before, drop=-0.03)] if row.before else []
    return [*before, Mark(0.0, SCENARIOS[row.scenario], row.now, drop=0.03)]
