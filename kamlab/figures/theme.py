"""The look of all figures: the notation of scenarios, type, and labels that data cannot break.

Every figure is drawn twice, for the width of a page and for that of a phone: its text has the same size on both.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from markupsafe import escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from kamlab.design import COLOURS, light
from kamlab.text import Words, printable

PAPER, INK, MUTED, RULE = (light(name) for name in ("paper", "ink", "muted", "rule"))
MAIN, PALE, EDGE, ACCENT, GOOD, BAD = (light(name) for name in ("main", "pale", "edge", "accent", "good", "bad"))
WIDE, NARROW = 8.4, 3.6  # inches: on a page, on a phone
TALLEST = 6.9  # inches: half of an A4 sheet, where the width of the sheet shrinks it
Scenario = Literal["actual", "previous", "plan", "forecast", "partial"]
# How a bar says what it stands for, by fill and outline: solid, lighter, hollow, hatched; dotted: not yet complete.
SCENARIOS: dict[Scenario, dict[str, Any]] = {
    "actual": {"facecolor": MAIN, "edgecolor": MAIN, "linewidth": 0.8},
    "previous": {"facecolor": PALE, "edgecolor": EDGE, "linewidth": 0.8},
    "plan": {"facecolor": PAPER, "edgecolor": MAIN, "linewidth": 1.2},
    "forecast": {"facecolor": PAPER, "edgecolor": MAIN, "linewidth": 0.8, "hatch": "//////"},
    "partial": {"facecolor": PAPER, "edgecolor": MAIN, "linewidth": 0.9, "linestyle": (0, (1, 1.5))},
}
# How a state shows, by shape and fill: met, missed, open; and what is neither good nor bad.
FILLED: dict[str, Any] = {"marker": "o", "markersize": 7, "color": MAIN, "markeredgecolor": MAIN}
CROSSED: dict[str, Any] = {"marker": "x", "markersize": 7, "markeredgewidth": 1.8, "color": BAD}
RING: dict[str, Any] = {"marker": "o", "markersize": 7, "color": EDGE, "markerfacecolor": PAPER}
WHISKER: dict[str, Any] = {"facecolor": EDGE, "linewidth": 0}
FONT, _SIZE = "DejaVu Sans", 9
_STYLE: Any = {
    "font.family": FONT,
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
    `values` fill them and the alternative text. `sources` are the inputs that feed it: `figure.from.…`; `meant` are the
    names of those whom its title is about.
    """

    name: str
    axes: Axes
    numbers: pd.DataFrame
    values: Mapping[str, Any] = field(default_factory=dict)
    caption: str = "caption"
    title: str = "title"
    sources: tuple[str, ...] = ("transactions",)
    meant: tuple[str, ...] = ()

    @cached_property
    def svg(self) -> str:
        """The drawing as an SVG element; drawn once for the page and for slides."""
        return _svg(self)


@contextmanager
def canvas(height: float, width: float = WIDE, margins: tuple[float, float] | None = None) -> Iterator[Axes]:
    """Offer axes in the theme; no global state of matplotlib is touched.

    Parameters
    ----------
    margins : inches left of and below the axes, for what must know where it draws; default: as the labels need
    """
    with sns.axes_style("white"), mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout=None if margins else "constrained")
        if margins:
            left, below = margins[0] / width, margins[1] / height
            yield figure.add_axes((left, below, 1 - left - 0.04 / width, 1 - below - 0.04 / height))
        else:
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


def ruled(axes: Axes) -> None:
    """Let thin lines behind the marks carry the scale."""
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(length=0)


def by_meaning(variance: float) -> str:
    """Return the colour of a variance of what is good when it grows."""
    return GOOD if variance > 0 else BAD if variance < 0 else MUTED


def label(text: str, most: int = 42) -> str:
    """Make a name from data safe and short enough to draw: no mathtext, nothing hidden, no control characters."""
    plain = clean(str(text))
    return (plain if len(plain) <= most else plain[: most - 1].rstrip() + "…").replace("$", r"\$")


def fit(text: str, room: float, most: int = 42, bold: bool = False) -> str:
    """Make a name from data safe, and short enough for a room in inches."""
    while (wide := width([label(text, most)], bold)) > room and most > 1:
        most = max(1, min(most - 1, int(most * room / wide) + 1))
    return label(text, most)


def width(texts: Iterable[str], bold: bool = False) -> float:
    """Measure the widest of these texts in inches."""
    return 1.04 * max((_width(t, bold) for t in texts if t.strip()), default=0.0) / 72  # on a screen a little wider


@lru_cache(maxsize=4096)
def _width(text: str, bold: bool) -> float:
    font = FontProperties(family=FONT, weight="bold" if bold else "normal")
    return float(TextPath((0, 0), text, size=_SIZE, prop=font).get_extents().width)


def to_svg(drawing: Drawing, alternative: str, style: str = "") -> str:
    """Turn a drawing into SVG for a page: same bytes every time, ids of its own, colours that follow the page's theme.

    Parameters
    ----------
    style : str
        Class of the element; it also tells apart the ids of two drawings of one name.
    """
    svg = _themed(own_ids(drawing.svg, f"{drawing.name}-{style}-" if style else f"{drawing.name}-"))
    hidden = ' style="display: none"' if style == "narrow" else ""  # without the page's stylesheet one is enough
    shape = f' class="{style}"{hidden}' if style else ""
    return svg.replace("<svg", f'<svg{shape} role="img" aria-label="{escape(clean(alternative))}"', 1)


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


def own_ids(svg: str, prefix: str) -> str:
    """Give the elements of a drawing ids of their own."""
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


def clean(text: str) -> str:
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
