"""The look of all figures: colours, type, and labels that data cannot break."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from markupsafe import escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from kamlab.text import Words

INK, MUTED, RULE = "#1b1f24", "#5b6570", "#d9dee3"
MAIN, ACCENT, PALE = "#2f4858", "#b5541c", "#b9c5ce"
WIDTH = 8.4  # inches; the page scales it
# Control characters, those that turn the direction of writing, and what XML does not know.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": RULE,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "kamlab",
    "path.simplify": True,
}


@dataclass(frozen=True)
class Drawing:
    """A drawn figure: its axes, the numbers behind it, and what its texts need.

    `caption` chooses one of the captions `figure.<name>.<caption>`; `values` fill it and the alternative text.
    """

    name: str
    axes: Axes
    numbers: pd.DataFrame
    values: Mapping[str, Any] = field(default_factory=dict)
    caption: str = "caption"


@contextmanager
def canvas(height: float) -> Iterator[Axes]:
    """Offer axes in the theme; no global state of matplotlib is touched."""
    with sns.axes_style("white"), mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure.add_subplot()


def label(text: str, most: int = 42) -> str:
    """Make a name from data safe and short enough to draw: no mathtext, nothing hidden, no control characters."""
    clean = _UNPRINTABLE.sub(" ", str(text)).replace("$", r"\$")
    return clean if len(clean) <= most else clean[: most - 1].rstrip() + "…"


def width(texts: Iterable[str]) -> float:
    """Measure the widest of these texts in inches."""
    family = FontProperties(family=_STYLE["font.family"])
    paths = [TextPath((0, 0), text, size=_STYLE["font.size"], prop=family) for text in texts if text.strip()]
    return max((path.get_extents().width for path in paths), default=0.0) / 72


def to_svg(drawing: Drawing, alternative: str) -> str:
    """Turn a drawing into SVG for a page: same bytes every time, ids of its own, an alternative text."""
    buffer = io.StringIO()
    figure = drawing.axes.get_figure()
    assert isinstance(figure, Figure)
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    own = re.compile(r'\bid="|url\(#|href="#')  # in tags only: a name from data may look like one
    svg = re.sub("<[^>]*>", lambda tag: own.sub(lambda found: f"{found[0]}{drawing.name}-", tag[0]), svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(_UNPRINTABLE.sub(" ", alternative))}"', 1).strip()


def unit(largest: float, words: Words) -> tuple[str, float]:
    """Choose the unit of an axis by its largest value."""
    if largest >= 1e9:
        return words("unit.in_billions", symbol=words.symbol()), 1e9
    if largest >= 1e6:
        return words("unit.in_millions", symbol=words.symbol()), 1e6
    if largest >= 1e4:
        return words("unit.in_thousands", symbol=words.symbol()), 1e3
    return words.symbol(), 1.0
