"""Rows of marks with labels: a name, marks on one scale or under heads, texts before and behind them.

On a page a row is a line; on a phone its name stands above its marks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamlab.figures.theme import EDGE, INK, MUTED, NARROW, PAPER, RULE, fit, label, sheet, width

GAP, LINE = 0.16, 0.15  # inches: between columns, height of a line of a head
HEAD, MOST_LINES = 8, 4  # of a head: points, breaks
BAR = 0.13  # inches: thickness of a bar
Look = Mapping[str, Any]
DOWN: Look = {"color": EDGE, "linewidth": 0.7}  # a line to the next row
BREAK: Look = {"color": PAPER, "linewidth": 1.6}  # the mark of a bar that goes further


@dataclass(frozen=True)
class Mark:
    """A marker at a place, a bar from there to its end, or a text alone; the text of a bar stands within it."""

    place: float
    look: Look | None = None
    end: float | None = None
    text: str = ""
    ink: str = INK
    thick: float = BAR
    drop: float = 0.0  # inches below the middle of its row


@dataclass(frozen=True)
class Said:
    """A text behind the marks of a panel, or left of them, or in a column."""

    text: str
    ink: str = INK
    left: bool = False


@dataclass(frozen=True)
class Row:
    """A row: what stands in front, its name, marks and a text per panel, texts in the columns at its end.

    One without panels is a heading of those below it.
    """

    name: str
    marks: Sequence[Sequence[Mark]] = ()
    said: Sequence[Said] = ()
    front: str = ""
    cells: Sequence[Said] = ()
    ink: str = INK
    strong: bool = False


@dataclass(frozen=True)
class Panel:
    """A scale: its ends, its share of the room (None: all such panels have one scale), heads and upright lines."""

    low: float
    high: float
    share: float | None = None
    heads: Sequence[tuple[float, str]] = ()
    lines: Sequence[float] = ()
    title: str = ""


def rows(
    lines: Sequence[Row],
    size: float,
    panels: Sequence[Panel],
    *,
    keys: Sequence[tuple[Look, str]] = (),
    columns: Sequence[str] = (),
    front: str = "",
    cut: tuple[int, str] | None = None,
    above: bool | None = None,
    step: float = 0.24,
    ruled: bool = False,
) -> Axes:
    """Draw rows.

    Parameters
    ----------
    keys : looks and what they stand for
    columns : heads of the columns at the end
    front : head of what stands in front
    cut : before which row a dashed line is drawn, and its text
    above : names stand above the marks, which only the first panel then has; default: on a phone
    """
    above = size <= NARROW if above is None else above
    shown = panels[:1] if above else panels
    fronts = width([front, *(row.front for row in lines)])
    start = fronts + 0.1 if fronts else 0.01
    said = [
        ["" if above else head, *(row.cells[at].text for row in lines if row.cells)] for at, head in enumerate(columns)
    ]
    widths, right = [width(texts) for texts in said], size - 0.02
    ends = [right - sum(w + GAP for w in widths[at + 1 :]) for at in range(len(widths))]
    names = []
    for row in lines:
        behind = width([row.cells[-1].text]) + GAP if above and row.cells else 0.0
        room = (right - behind if above else 0.49 * size) - (start if row.marks else 0.0)
        names.append(fit(row.name, room, bold=row.strong))
    if above:
        left, edge = 0.01, right - 0.1 - max((_behind(row) for row in lines), default=0.0)
    else:
        named = [(name, row.strong) for name, row in zip(names, lines, strict=True) if row.marks]
        left = start + max((width([name], bold) for name, bold in named), default=0.0) + GAP
        edge = right - sum(w + GAP for w in widths)
    places = _scales(shown, lines, left, edge, labelled=not above)
    heads, listed = _heads(places, shown)
    keys = [*keys, *(({}, fit(text, size - 0.05, 200)) for text in listed)]
    titles = [(end, "right", text) for end, text in zip(ends, columns, strict=True)][-1 if above else 0 :]
    if not above:
        titles += [(0.01, "left", front)]
        titles += [(zero, "left", panel.title) for (zero, _), panel in zip(places, shown, strict=True)]
    has_heads = any(text for *_, text in titles)
    head_lines = max((text.count("\n") + 1 for _, text in heads), default=int(has_heads))
    base = 0.01 + 0.19 * len(key_lines(keys, size)) + LINE * head_lines
    heights = [step + (0.19 if above and row.marks else 0.0) for row in lines]
    extra = 0.24 if cut else 0.0
    tops = [base + 0.05 + sum(heights[:at]) + (extra if cut and at >= cut[0] else 0.0) for at in range(len(lines))]
    with sheet(base + 0.09 + sum(heights) + extra, size) as axes:
        legend(axes, keys, size)
        for place, text in heads:
            axes.text(place, base, text, ha="center", va="bottom", color=MUTED, linespacing=1.1, fontsize=HEAD)
        for place, side, text in titles:
            axes.text(place, base + 0.03, text, ha=side, va="bottom", color=MUTED)
        for top, high, name, row in zip(tops, heights, names, lines, strict=True):
            y = top + step / 2
            middle = y + 0.19 if above and row.marks else y
            for (zero, scale), panel in zip(places, shown, strict=True):
                for line in panel.lines:  # not through a name above the marks
                    x, begin = zero + scale * (line - panel.low), middle - 0.1 if above else top
                    axes.plot([x, x], [begin, top + high], color=EDGE, linewidth=0.7 * bool(row.marks), zorder=0)
            if ruled:
                axes.plot([0, size], [top + high] * 2, color=RULE, linewidth=0.5, zorder=0)
            _say(axes, 0.01, y, row.front, row.ink)
            _say(axes, start if row.marks else 0.01, y, name, row.ink, weight="bold" if row.strong else "normal")
            behind = _panels(axes, row, places, shown, middle, high, labelled=not above)
            if above:
                for beside in (*row.said, *row.cells[:-1]):
                    _say(axes, behind + 0.07, middle, beside.text, beside.ink)
                    behind += (width([beside.text]) + 0.09) if beside.text else 0
                _say(axes, right, y, row.cells[-1].text if row.cells else "", MUTED, "right")
            else:
                for end, cell in zip(ends, row.cells, strict=False):
                    _say(axes, end, y, cell.text, cell.ink, "right")
        if cut:
            y = tops[cut[0]] - extra / 2
            _say(axes, 0.01, y, cut[1], INK, weight="bold")
            axes.plot([width([cut[1]], True) + GAP, right], [y, y], color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    return axes


def _heads(places: Sequence[tuple[float, float]], panels: Sequence[Panel]) -> tuple[list[tuple[float, str]], list[str]]:
    """Break the heads of the panels into lines; where one has no room, number them and list them."""
    heads = [
        (zero + scale * (place - panel.low), text)
        for (zero, scale), panel in zip(places, panels, strict=True)
        for place, text in panel.heads
    ]
    room = min((b - a for (a, _), (b, _) in pairwise(heads)), default=2.4) * 9 / HEAD
    broken = [(place, _broken(text, room)) for place, text in heads]
    if any(width(text.split("\n")) > room or text.count("\n") > MOST_LINES for _, text in broken):
        listed = [f"{at}  {text}" for at, (_, text) in enumerate(heads, 1)]
        return [(place, str(at)) for at, (place, _) in enumerate(heads, 1)], listed
    return broken, []


def _broken(text: str, room: float) -> str:
    """Break a head at its blanks into lines of so many inches."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        lines = [*lines[:-1], longer] if width([longer]) <= room - 0.1 else [*lines, word]
    return "\n".join(map(label, lines))


def legend(axes: Axes, keys: Sequence[tuple[Look, str]], size: float) -> None:
    """Name the looks of a sheet at its top."""
    for at, entries in enumerate(key_lines(keys, size)):
        for place, look, text in entries:
            _sample(axes, place, 0.1 + 0.19 * at, look)
            _say(axes, place + 0.22 * bool(look), 0.1 + 0.19 * at, text, MUTED)


def _behind(row: Row) -> float:
    """Return the room of the texts behind the marks of a row with its name above."""
    texts = [said.text for said in (*row.said, *row.cells[:-1]) if said.text]
    return sum(width([text]) + 0.09 for text in texts)


def _scales(
    panels: Sequence[Panel], lines: Sequence[Row], left: float, right: float, *, labelled: bool
) -> list[tuple[float, float]]:
    """Place the panels beside each other: where each begins, and how many inches one of its scale is."""
    spaces = [(_beside(lines, at, left=True), _beside(lines, at, left=False)) for at in range(len(panels) * labelled)]
    spaces = spaces or [(0.0, 0.0)] * len(panels)
    titles = [width([panel.title]) * labelled for panel in panels]  # each begins above the left end of its scale
    spaces = [(before, max(behind, title)) for (before, behind), title in zip(spaces, titles, strict=True)]
    room = max(0.3, right - left - sum(map(sum, spaces)) - GAP * (len(panels) - 1))
    whole = sum(panel.high - panel.low for panel in panels if panel.share is None) or 1
    places, start = [], left
    for panel, (before, behind) in zip(panels, spaces, strict=True):
        extent = panel.high - panel.low
        scale = room / whole if panel.share is None else panel.share * room / extent
        places.append((start + before, scale))
        start += before + scale * extent + behind + GAP
    return places


def _beside(lines: Sequence[Row], at: int, *, left: bool) -> float:
    """Return the room of the texts beside the marks of a panel."""
    texts = [row.said[at].text for row in lines if len(row.said) > at and row.said[at].left == left]
    return width(texts) + 0.13 if any(texts) else 0.0


def _panels(
    axes: Axes,
    row: Row,
    places: Sequence[tuple[float, float]],
    panels: Sequence[Panel],
    y: float,
    step: float,
    *,
    labelled: bool,
) -> float:
    """Draw the marks of a row and the texts beside them; return where its first panel ends."""
    furthest = [places[0][0]]
    for at, marks in enumerate(row.marks[: len(panels)]):
        zero, scale = places[at][0] - places[at][1] * panels[at].low, places[at][1]
        beside = [mark for mark in marks if mark.drop < BAR / 2]  # a whisker below the bar leaves its number at it
        ends = [zero + scale * place for mark in beside for place in (mark.place, mark.end) if place is not None]
        for mark in marks:
            _mark(axes, mark, zero, scale, y, step)
        loose = 0.05 if any(mark.end is None for mark in marks) else 0.0  # half a marker
        furthest.append(max(ends, default=places[at][0]) + loose)
        if labelled and len(row.said) > at:
            said = row.said[at]
            place = min(ends) - 0.06 - loose if said.left else furthest[-1] + 0.07
            _say(axes, place, y, said.text, said.ink, "right" if said.left else "left")
    return furthest[1] if len(furthest) > 1 else furthest[0]


def _mark(axes: Axes, mark: Mark, zero: float, scale: float, y: float, step: float) -> None:
    x, y = zero + scale * mark.place, y + mark.drop
    if mark.look is DOWN:
        axes.plot([x, x], [y, y + step], zorder=0, **DOWN)
    elif mark.look is BREAK:
        for shift in (0.0, 0.06):
            axes.plot([x - 0.03 + shift, x + 0.03 + shift], [y + 0.09, y - 0.09], **BREAK)
    elif mark.end is not None:
        other = zero + scale * mark.end
        corner = (min(x, other), y - mark.thick / 2)
        axes.add_patch(Rectangle(corner, abs(other - x), mark.thick, **(mark.look or {})))
        _say(axes, (x + other) / 2, y, mark.text, mark.ink, "center")
    else:
        if mark.look:
            axes.plot([x], [y], **mark.look)
        _say(axes, x + 0.13 if mark.look else x, y, mark.text, mark.ink, "left" if mark.look else "center")


def _say(axes: Axes, x: float, y: float, text: str, ink: str, side: str = "left", weight: str = "normal") -> None:
    if text:
        axes.text(x, y, text, ha=side, va="center_baseline", color=ink, fontweight=weight)


def _sample(axes: Axes, x: float, y: float, look: Look) -> None:
    """Show a look of the marks beside its meaning: a bar, or a marker or line."""
    if "facecolor" in look:
        axes.add_patch(Rectangle((x, y - 0.055), 0.16, 0.11, **look))
    elif "marker" in look and look["marker"] != "|":
        axes.plot([x + 0.08], [y], **look)
    elif look:
        axes.plot([x, x + 0.16], [y, y], color=look["color"], linewidth=1.2)


def key_lines(keys: Sequence[tuple[Look, str]], size: float) -> list[list[tuple[float, Look, str]]]:
    """Place looks and their meanings in lines that the picture has room for."""
    found: list[list[tuple[float, Look, str]]] = []
    left = size
    for look, text in keys:
        long = 0.22 * bool(look) + width([text])
        if left + long > size - 0.02 or (not look and found and found[-1][0][1]):
            found, left = [*found, []], 0.01
        found[-1].append((left, look, text))
        left += long + 0.2
    return found
