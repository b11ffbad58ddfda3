"""Figures of the portfolio page: accounts as circles in four fields, as large as their revenue."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from kamlab.figures.theme import EDGE, INK, MAIN, MUTED, NARROW, PAPER, RULE, WIDE, Drawing, canvas, fit, label, width
from kamlab.results import Result
from kamlab.text import Words

SOURCES = ("transactions", "scoring")
MOST_NAMED = 12
MOST_CIRCLES = 300  # more are drawn as density
LEFT = 0.34  # the least share of the width that the field of small accounts has, for its name
HIGH, MARGINS = 4.1, (0.68, 0.4)  # inches: of the picture, left of and below the fields
_LARGEST = 620.0  # area of the largest circle in square points
_LINE, _LISTED = 0.17, 0.19  # inches that a label takes in height, and a name below the fields
_AROUND = sorted(np.linspace(0, 2 * math.pi, 24, endpoint=False), key=lambda turn: (-abs(math.cos(turn)), turn))
_AWAY = (0.05, *np.arange(0.2, 2.6, 0.15))  # inches from a circle to its label; those further away have a line

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Field:
    """The drawn part of a figure: its ends, how many inches they are apart, and where labels cannot be."""

    x: tuple[float, float]
    y: tuple[float, float]
    wide: float
    high: float
    taken: list[Box] = field(default_factory=list)
    labels: list[Box] = field(default_factory=list)
    lines: list[Box] = field(default_factory=list)

    def inches(self, x: float, y: float) -> tuple[float, float]:
        """Say where a point lies from the lower left corner."""
        across, up = (x - self.x[0]) / (self.x[1] - self.x[0]), (y - self.y[0]) / (self.y[1] - self.y[0])
        return across * self.wide, up * self.high

    def is_free(self, box: Box, on_lines: bool) -> bool:
        """Say whether a label is within the fields and on no circle and no label, nor on a line between the fields."""
        inside = box[0] > 0.03 and box[2] < self.wide - 0.03 and box[1] > 0.2 and box[3] < self.high - 0.2
        return inside and not any(_overlap(box, other) for other in self.taken + self.lines * (not on_lines))


def account_portfolio(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw attractiveness over own position, a circle per account as large as its revenue.

    Named and inked are those that are attractive and where our position is weak; without one, the strong ones.
    """
    accounts = result.tables["accounts"].dropna(subset=["attractiveness", "own_position"])
    if accounts.empty:
        return None
    line = float(result.parameters["line"])  # type: ignore[arg-type]
    counts = accounts["quadrant"].value_counts()
    develop, build = int(counts.get("develop", 0)), int(counts.get("build", 0))
    drawn = accounts.assign(
        x=accounts["own_position"],
        y=accounts["attractiveness"],
        meant=accounts["quadrant"] == ("build" if build else "develop"),
    )
    corners = [words(f"figure.corner.{name}") for name in ("build", "develop", "rationalise", "maintain")]
    with _four_fields(drawn, (-0.04, 1.04), (line, line), corners, size) as (axes, plane):
        _circles(axes, drawn, plane, size)
        _ends(axes, words, "account_portfolio", line)
        axes.set_xticks([0, line, 1], [words("figure.low"), "", words("figure.high")])
    columns = ["account_id", "name", "attractiveness", "own_position", "quadrant", "revenue"]
    said = {"accounts": len(accounts), "count": build or develop, "attractive": develop + build}
    said |= {"develop": develop, "build": build}
    title, names = "title" if build else "title_strong", _names(drawn, words)
    return Drawing("account_portfolio", axes, accounts[columns].head(50), said, "caption", title, SOURCES, names)


def coverage_models(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw complexity over revenue, a circle per account, today's key accounts filled.

    Named and inked are today's key accounts in other fields than that of key account management; without one, the
    accounts in it.
    """
    accounts = result.tables["accounts"].dropna(subset=["complexity"])
    if accounts.empty:
        return None
    line, limit = float(result.parameters["line"]), float(result.key_numbers["large_revenue"] or 1)  # type: ignore[arg-type]
    logs, middle = np.log10(accounts["revenue"]), math.log10(limit)
    low, high = min(logs.min(), middle) - 0.15, max(logs.max(), middle) + 0.25
    low = min(low, (middle - LEFT * high) / (1 - LEFT))
    is_large = accounts["coverage_model"] == "key_account"
    elsewhere = accounts["is_key_account"] & ~is_large
    drawn = accounts.assign(x=logs, y=accounts["complexity"], meant=elsewhere if elsewhere.any() else is_large)
    corners = [words(f"figure.corner.{name}") for name in ("watch", "key_account", "classical", "large_account")]
    with _four_fields(drawn, (low, high), (middle, line), corners, size) as (axes, plane):
        _circles(axes, drawn, plane, size)
        _ends(axes, words, "coverage_models", line)
        inch = (high - low) / plane.wide
        tens = [ten for ten in range(math.ceil(low), math.ceil(high - 0.35 * inch)) if abs(ten - middle) > 0.9 * inch]
        amounts = [words.money(10.0**ten, 0 if ten >= 6 else 1) for ten in tens]
        axes.set_xticks([*tens, middle], [*amounts, words.money(limit)])
    columns = ["account_id", "name", "revenue", "complexity", "coverage_model"]
    said = {"accounts": len(accounts), "large": int(is_large.sum()), "line": limit}
    said |= {"count": int(drawn["meant"].sum()), "key_accounts": int(accounts["is_key_account"].sum())}
    title, names = "title" if elsewhere.any() else "title_large", _names(drawn, words)
    return Drawing("coverage_models", axes, accounts[columns].head(50), said, "caption", title, SOURCES, names)


def _names(accounts: pd.DataFrame, words: Words) -> tuple[str, ...]:
    """Name those that a message is about, the largest, and say how many there are beyond."""
    named = accounts.loc[accounts["meant"], "name"].astype(str).tolist()
    rest = [words("table.others", count=len(named) - MOST_NAMED)] if len(named) > MOST_NAMED else []
    return (*named[:MOST_NAMED], *rest)


@contextmanager
def _four_fields(
    accounts: pd.DataFrame, x: tuple[float, float], lines: tuple[float, float], corners: Sequence[str], size: float
) -> Iterator[tuple[Axes, _Field]]:
    """Offer four fields with lines between them, named in their outer corners: above first, from left to right.

    In a name, `|` is where a phone breaks the line, `~` where it does so with a hyphen.
    """
    listed = _LISTED * min(MOST_NAMED, int(accounts["meant"].sum())) * (size <= NARROW)
    left, below = MARGINS
    plane = _Field(x, (-0.12, 1.14), size - left - 0.04, HIGH - below - 0.04)
    with canvas(HIGH + listed, size, (left, below + listed)) as axes:
        axes.set_xlim(*plane.x)
        axes.set_ylim(*plane.y)
        axes.axvline(lines[0], color=EDGE, linewidth=1)
        axes.axhline(lines[1], color=EDGE, linewidth=1)
        across, up = plane.inches(*lines)
        plane.lines.extend([(across - 0.02, 0, across + 0.02, plane.high), (0, up - 0.02, plane.wide, up + 0.02)])
        hyphen, end = ("-\n", "\n") if size <= NARROW else ("", "")
        for (right, above), text in zip(((0, 1), (1, 1), (0, 0), (1, 0)), corners, strict=True):
            said = text.replace("~", hyphen).replace("| ", end or " ").replace("|", end)
            place: dict[str, Any] = {"ha": "right" if right else "left", "va": "top" if above else "bottom"}
            spot = (0.99 if right else 0.01, above)
            axes.text(*spot, said, transform=axes.transAxes, color=MUTED, fontweight="bold", **place)
        yield axes, plane


def _circles(axes: Axes, accounts: pd.DataFrame, plane: _Field, size: float) -> None:
    """Draw the circles, those meant in ink and with their names; of thousands the others as density.

    On a phone there is room for a number only; the name stands below.
    """
    areas = _LARGEST * (size / WIDE) ** 0.7 * accounts["revenue"] / accounts["revenue"].max()
    accounts = accounts.assign(area=areas.clip(lower=14))
    named = accounts[accounts["meant"]].head(MOST_NAMED)
    single = accounts if len(accounts) <= MOST_CIRCLES else named
    _density(axes, accounts.drop(single.index), plane)
    for (is_meant, is_key), group in single.groupby(["meant", "is_key_account"]):
        ink = MAIN if is_meant else EDGE
        look = {"facecolor": ink if is_key else PAPER, "edgecolor": ink, "linewidth": 0.9, "alpha": 0.8}
        axes.scatter(group["x"], group["y"], s=group["area"], **look)  # type: ignore[arg-type]
    radii = np.sqrt(accounts["area"] / np.pi) / 72
    plane.taken.extend(_around(plane.inches(row.x, row.y), radii[row.Index]) for row in single.itertuples())  # type: ignore[arg-type]
    high = axes.get_figure().get_size_inches()[1]  # type: ignore[union-attr]
    for number, row in enumerate(named.itertuples(), 1):
        text = label(str(row.name))
        if size <= NARROW:
            below, listed = _LISTED * (len(named) - number), fit(f"{number}  {text}", size - 0.05, 60)
            whole = axes.get_figure().transFigure  # type: ignore[union-attr]
            axes.text(0.01 / size, (below + 0.02) / high, listed, transform=whole, va="bottom", color=INK)
        text = str(number) if size <= NARROW else text
        _name(axes, text, plane.inches(row.x, row.y), radii[row.Index], plane)  # type: ignore[arg-type]


def _density(axes: Axes, accounts: pd.DataFrame, plane: _Field) -> None:
    """Draw how many accounts lie where, in four shades of grey."""
    if accounts.empty:
        return
    grid = (round(plane.wide * 3.5), round(plane.high * 2))
    cells = axes.hexbin(
        accounts["x"], accounts["y"], gridsize=grid, extent=(*plane.x, *plane.y), mincnt=1, linewidths=0
    )
    counts = np.asarray(cells.get_array())
    shades = 0.15 + 0.2 * np.minimum(3, np.log(counts) / max(1e-9, np.log(counts.max())) * 4).astype(int)
    cells.set_array(None)
    cells.set_facecolor([to_rgba(EDGE, float(shade)) for shade in shades])


def _name(axes: Axes, name: str, at: tuple[float, float], radius: float, plane: _Field) -> None:
    """Write a name beside its circle, or further away with a line to it; where nothing is free, not at all."""
    half = np.array([width([name], bold=True), _LINE]) / 2
    for on_lines, away, turn in itertools.product((False, True), _AWAY, _AROUND):
        turned = np.array([math.cos(turn), math.sin(turn)])
        edge, tip = np.array(at) + radius * turned, np.array(at) + (radius + away) * turned
        middle = tip + turned * half
        box: Box = (*(middle - half), *(middle + half))
        way = np.linspace(edge, tip, 12) if away > _AWAY[0] else np.empty((0, 2))
        if not plane.is_free(box, on_lines) or any(
            _overlap((*point, *point), other) for point in way for other in plane.labels
        ):
            continue
        plane.taken.append(box)
        plane.labels.append(box)
        whole = np.array([plane.wide, plane.high])
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontweight": "bold", "transform": axes.transAxes}
        axes.text(middle[0] / plane.wide, middle[1] / plane.high, name, color=INK, **style)
        if len(way):
            axes.plot(*(way[[0, -1]] / whole).T, transform=axes.transAxes, color=EDGE, linewidth=0.7)
        return


def _ends(axes: Axes, words: Words, name: str, line: float) -> None:
    axes.set_xlabel(words(f"figure.{name}.x"), loc="right")
    axes.set_ylabel(words(f"figure.{name}.y"), loc="top")
    axes.set_yticks([0, line, 1], [words("figure.low"), "", words("figure.high")])
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(RULE)


def _around(middle: tuple[float, float], radius: float) -> Box:
    return middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
