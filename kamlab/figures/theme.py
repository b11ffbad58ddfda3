"""The look of all figures: the notation of scenarios, type, and labels that data cannot break.

Every figure is drawn twice, for the width of a page and for that of a phone: its text has the same size on both.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from kamlab.design import COLOURS, light
from kamlab.text import Words, printable

PAPER, INK, MUTED, RULE = (light(name) for name in ("paper", "ink", "muted", "rule"))
MAIN, PALE, EDGE, ACCENT, GOOD, BAD = (light(name) for name in ("main", "pale", "edge", "accent", "good", "bad"))
WIDE, NARROW = 8.4, 3.6  # inches: on a page, on a phone
Scenario = Literal["actual", "previous", "plan", "forecast", "partial"]
# How a bar says what it stands for, by fill and outline: solid, lighter, hollow, hatched; dotted: not yet complete.
SCENARIOS: dict[Scenario, dict[str, Any]] = {
    "actual": {"facecolor": MAIN, "edgecolor": MAIN, "linewidth": 0.8},
    "previous": {"facecolor": PALE, "edgecolor": EDGE, "linewidth": 0.8},
    "plan": {"facecolor": PAPER, "edgecolor": MAIN, "linewidth": 1.2},
    "forecast": {"facecolor": PAPER, "edgecolor": MAIN, "linewidth": 0.8, "hatch": "//////"},
    "partial": {"facecolor": PAPER, "edgecolor": MAIN, "linewidth": 0.9, "linestyle": (0, (1, 1.5))},
}
_FONT, _SIZE = "DejaVu Sans", 9
_STYLE: Any = {
    "font.family": _FONT,
    "font.size": _SIZE,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "hatch.linewidth": 0.7,
    "svg.fonttype": "none",
    "svg.hashsalt": "kamlab",
    "path.simplify": True,
}


@dataclass(frozen=True)
class Drawing:
    """A drawn figure: its axes, the numbers behind it, and what its texts need.

    `title` and `caption` choose among the texts `figure.<name>.…` the message above the figure, and what it measures;
    `values` fill them and the alternative text.
    """

    name: str
    axes: Axes
    numbers: pd.DataFrame
    values: Mapping[str, Any] = field(default_factory=dict)
    caption: str = "caption"
    title: str = "title"

    @cached_property
    def svg(self) -> str:
        """The drawing as an SVG element; drawn once for the page and for slides."""
        return _svg(self)


@contextmanager
def canvas(height: float, width: float = WIDE) -> Iterator[Axes]:
    """Offer axes in the theme; no global state of matplotlib is touched."""
    with sns.axes_style("white"), mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure.add_subplot()


@contextmanager
def sheet(height: float, width: float = WIDE) -> Iterator[Axes]:
    """Offer the whole picture as axes in inches from its top left corner: for bars beside columns of text."""
    with sns.axes_style("white"), mpl.rc_context(_STYLE):
        axes = Figure(figsize=(width, height)).add_axes((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        yield axes


def bar(axes: Axes, start: float, end: float, middle: float, thickness: float, **style: Any) -> None:
    """Draw a lying bar of a sheet from one place to another, all in inches."""
    corner = (min(start, end), middle - thickness / 2)
    axes.add_patch(Rectangle(corner, abs(end - start), thickness, **style))


def legend(axes: Axes, left: float, middle: float, entries: Sequence[tuple[Scenario, str]]) -> None:
    """Name the scenarios of a sheet, each beside a sample of its fill."""
    for scenario, text in entries:
        bar(axes, left, left + 0.16, middle, 0.11, **SCENARIOS[scenario])
        axes.text(left + 0.22, middle, text, va="center_baseline", color=MUTED)
        left += 0.22 + width([text]) + 0.18


def by_meaning(variance: float) -> str:
    """Return the colour of a variance of what is good when it grows."""
    return GOOD if variance > 0 else BAD if variance < 0 else MUTED


def label(text: str, most: int = 42) -> str:
    """Make a name from data safe and short enough to draw: no mathtext, nothing hidden, no control characters."""
    clean = _clean(str(text))
    return (clean if len(clean) <= most else clean[: most - 1].rstrip() + "…").replace("$", r"\$")


def fit(text: str, room: float) -> str:
    """Make a name from data safe, and short enough for a room in inches."""
    most = 42
    while (wide := width([label(text, most)])) > room and most > 1:
        most = max(1, min(most - 1, int(most * room / wide) + 1))
    return label(text, most)


def width(texts: Iterable[str]) -> float:
    """Measure the widest of these texts in inches."""
    return 1.04 * max((_width(text) for text in texts if text.strip()), default=0.0) / 72  # on a screen a little wider


@lru_cache(maxsize=4096)
def _width(text: str) -> float:
    return float(TextPath((0, 0), text, size=_SIZE, prop=FontProperties(family=_FONT)).get_extents().width)


def to_svg(drawing: Drawing, alternative: str, style: str = "") -> str:
    """Turn a drawing into SVG for a page: same bytes every time, ids of its own, colours that follow the page's theme.

    Parameters
    ----------
    style : str
        Class of the element; it also tells apart the ids of two drawings of one name.
    """
    svg = _themed(_own_ids(drawing.svg, f"{drawing.name}-{style}-" if style else f"{drawing.name}-"))
    hidden = ' style="display: none"' if style == "narrow" else ""  # without the page's stylesheet one is enough
    shape = f' class="{style}"{hidden}' if style else ""
    return svg.replace("<svg", f'<svg{shape} role="img" aria-label="{escape(_clean(alternative))}"', 1)


def to_file(drawing: Drawing, title: str, measure: str, source: str) -> bytes:
    """Turn a drawing into a picture of its own for slides: title and measure above it, the source below, on white."""
    inner = _own_ids(drawing.svg, f"{drawing.name}-")
    across, down = (72 * inches for inches in drawing.axes.get_figure().get_size_inches())  # type: ignore[union-attr]
    margin, y, content = 12, 12, []
    for text, size, style in ((title, 13, f"font-weight: bold; fill: {INK}"), (measure, 9, f"fill: {MUTED}")):
        for line in _lines(text, across / size):
            y += size + 4
            content.append(_line(line, f"font-size: {size}px; {style}", margin, y))
    inner = re.sub(r'\b(width|height)="([\d.]+)pt"', r'\1="\2"', inner, count=2)
    content.append(inner.replace("<svg", f'<svg x="{margin}" y="{y + 8}"', 1))
    y += round(down) + 12
    for line in _lines(source, across / 8):
        y += 11
        content.append(_line(line, f"font-size: 8px; fill: {MUTED}", margin, y))
    size_ = f'width="{round(across) + 2 * margin}pt" height="{y + margin}pt"'
    box = f'viewBox="0 0 {round(across) + 2 * margin} {y + margin}"'
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    named = Markup("<title>{}</title>").format(_clean(title))
    ground = f'<rect width="100%" height="100%" style="fill: {PAPER}"/>'
    lines = [f'<svg {space} role="img" {size_} {box}>', named, ground, *content, "</svg>\n"]
    return ('<?xml version="1.0" encoding="utf-8"?>\n' + "\n".join(lines)).encode()


def _svg(drawing: Drawing) -> str:
    """Write a drawing as an SVG element that names no time, no tool and no address."""
    buffer = io.StringIO()
    figure = drawing.axes.get_figure()
    assert isinstance(figure, Figure)
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    return re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)


def _own_ids(svg: str, prefix: str) -> str:
    own = re.compile(r'\bid="|url\(#|href="#')  # in tags only: a name from data may look like one
    return re.sub("<[^>]*>", lambda tag: own.sub(lambda found: f"{found[0]}{prefix}", tag[0]), svg)


_NAMES = {pair[0]: name for name, pair in COLOURS.items()}
_COLOUR = re.compile("|".join(map(re.escape, _NAMES)))


def _themed(svg: str) -> str:
    """Let colours follow the page's theme: in tags only, each by its name, with what was drawn as the last resort."""

    def follow(tag: re.Match[str]) -> str:
        styled = re.sub(r'\bfill="(#\w{6})"', r'style="fill: \1"', tag[0])
        return _COLOUR.sub(lambda colour: f"var(--{_NAMES[colour[0]]}, {colour[0]})", styled)

    return re.sub("<[^>]*>", follow, svg)


def _lines(text: str, most: float) -> list[str]:
    """Break a text into lines of so many times the size of its letters, which are 0.6 of it wide on average."""
    return textwrap.wrap(_clean(text), int(most / 0.6))


def _line(text: str, style: str, x: int, y: int) -> str:
    return str(
        Markup('<text x="{}" y="{}" style="font-family: \'{}\', sans-serif; {}">{}</text>').format(
            x, y, _FONT, style, text
        )
    )


def _clean(text: str) -> str:
    """Make a text one line of printable characters."""
    return re.sub(r"[\t\n]", " ", printable(text))


def unit(largest: float, words: Words) -> tuple[str, float]:
    """Choose the unit of an axis by its largest value."""
    if largest >= 1e9:
        return words("unit.in_billions", symbol=words.symbol()), 1e9
    if largest >= 1e6:
        return words("unit.in_millions", symbol=words.symbol()), 1e6
    if largest >= 1e4:
        return words("unit.in_thousands", symbol=words.symbol()), 1e3
    return words.symbol(), 1.0
