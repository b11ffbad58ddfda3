"""Figures of the portfolio page: accounts as circles in four fields, as large as their revenue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamlab.figures.theme import ACCENT, EDGE, INK, MAIN, MUTED, NARROW, PAPER, RULE, WIDE, Drawing, canvas, fit, width
from kamlab.results import Result
from kamlab.text import Words

MOST_NAMED = {WIDE: 12, NARROW: 5}
LEFT = 0.34  # the least share of the width that the field of small accounts has, for its name
MOST_ARROWS = 6  # moves drawn, the largest accounts first
_LARGEST = 620.0  # area of the largest circle in square points
_LINE = 0.155  # inches that a label takes in height
_ROOM = 1.5  # inches for a name
_WORTH = 0.13  # inches across from which on a circle is not written over


@dataclass(frozen=True)
class _Field:
    """The drawn part of a figure: its ends and how many inches they are apart."""

    x: tuple[float, float]
    y: tuple[float, float]
    wide: float
    high: float

    def inches(self, x: float, y: float) -> tuple[float, float]:
        """Say where a point lies from the lower left corner."""
        across, up = (x - self.x[0]) / (self.x[1] - self.x[0]), (y - self.y[0]) / (self.y[1] - self.y[0])
        return across * self.wide, up * self.high


def account_portfolio(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw attractiveness over own position, a circle per account as large as its revenue, moves as arrows."""
    accounts = result.tables["accounts"].dropna(subset=["attractiveness", "own_position"])
    if accounts.empty:
        return None
    line = float(result.parameters["line"])  # type: ignore[arg-type]
    field = _Field((-0.04, 1.04), (-0.12, 1.14), size - 0.75, 4.3)
    with canvas(4.9, size) as axes:
        corners = [words(f"figure.corner.{name}") for name in ("build", "develop", "rationalise", "maintain")]
        _four_fields(axes, field, line, line, corners, size)
        _moves(axes, result.tables.get("movement"), accounts)
        _circles(axes, accounts, accounts["own_position"], accounts["attractiveness"], field, size)
        _ends(axes, words, "account_portfolio")
        axes.set_xticks([0, line, 1], [words("figure.low"), "", words("figure.high")])
        axes.set_yticks([0, line, 1], [words("figure.low"), "", words("figure.high")])
    columns = ["account_id", "name", "attractiveness", "own_position", "quadrant", "revenue"]
    counts = accounts["quadrant"].value_counts()
    said = {"accounts": len(accounts), "count": int(counts.get("develop", 0)), "build": int(counts.get("build", 0))}
    return Drawing("account_portfolio", axes, accounts[columns].head(50), said)


def coverage_models(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw complexity over revenue, a circle per account, today's key accounts filled."""
    accounts = result.tables["accounts"].dropna(subset=["complexity"])
    if accounts.empty:
        return None
    line, limit = float(result.parameters["line"]), float(result.key_numbers["large_revenue"] or 1)  # type: ignore[arg-type]
    logs = np.log10(accounts["revenue"])
    low, high = min(logs.min(), np.log10(limit)) - 0.15, max(logs.max(), np.log10(limit)) + 0.25
    low = min(low, (np.log10(limit) - LEFT * high) / (1 - LEFT))
    field = _Field((low, high), (-0.12, 1.14), size - 0.75, 4.3)
    with canvas(4.9, size) as axes:
        corners = [words(f"figure.corner.{name}") for name in ("watch", "key_account", "classical", "large_account")]
        _four_fields(axes, field, np.log10(limit), line, corners, size)
        _circles(axes, accounts, logs, accounts["complexity"], field, size)
        _ends(axes, words, "coverage_models")
        apart = 0.9 * (high - low) / field.wide  # as wide as an amount
        tens = [ten for ten in range(int(np.ceil(low)), int(high) + 1) if abs(ten - np.log10(limit)) > apart]
        amounts = [words.money(10.0**ten, 0 if ten >= 6 else 1) for ten in tens]
        axes.set_xticks([*tens, np.log10(limit)], [*amounts, words.money(limit)])
        axes.set_yticks([0, line, 1], [words("figure.low"), "", words("figure.high")])
    columns = ["account_id", "name", "revenue", "complexity", "coverage_model"]
    count = int((accounts["coverage_model"] == "key_account").sum())
    said = {"accounts": len(accounts), "count": count, "line": limit}
    said["elsewhere"] = int((accounts["is_key_account"] & (accounts["coverage_model"] != "key_account")).sum())
    return Drawing("coverage_models", axes, accounts[columns].head(50), said)


def _four_fields(axes: Axes, field: _Field, x: float, y: float, corners: Sequence[str], size: float) -> None:
    """Draw the lines between the fields, and name them in their outer corners: above first, from left to right.

    In a name, `|` is where a phone breaks the line, `~` where it does so with a hyphen.
    """
    axes.set_xlim(*field.x)
    axes.set_ylim(*field.y)
    axes.axvline(x, color=EDGE, linewidth=1)
    axes.axhline(y, color=EDGE, linewidth=1)
    hyphen, end = ("-\n", "\n") if size <= NARROW else ("", "")
    for (right, above), text in zip(((0, 1), (1, 1), (0, 0), (1, 0)), corners, strict=True):
        said = text.replace("~", hyphen).replace("| ", end or " ").replace("|", end)
        place: dict[str, Any] = {"ha": "right" if right else "left", "va": "top" if above else "bottom"}
        axes.text(
            0.99 if right else 0.01, above, said, transform=axes.transAxes, color=MUTED, fontweight="bold", **place
        )


def _circles(axes: Axes, accounts: pd.DataFrame, x: pd.Series, y: pd.Series, field: _Field, size: float) -> None:
    """Draw the circles, small ones on top, and name the largest where there is room beside them."""
    areas = _LARGEST * (size / WIDE) ** 0.7 * accounts["revenue"] / accounts["revenue"].max()
    areas = areas.clip(lower=14)
    for is_key, fill in ((True, MAIN), (False, PAPER)):
        chosen = accounts["is_key_account"] == is_key
        alpha = 0.75 if is_key else 0.6
        axes.scatter(x[chosen], y[chosen], s=areas[chosen], facecolor=fill, edgecolor=MAIN, linewidth=0.9, alpha=alpha)
    taken = [_box(field.inches(x[at], y[at]), np.sqrt(areas[at] / np.pi) / 72) for at in accounts.index]
    taken = [box for box in taken if box[2] - box[0] > _WORTH]
    for at in accounts.index[: MOST_NAMED[WIDE if size > NARROW else NARROW]]:
        text = fit(str(accounts.at[at, "name"]), _ROOM if size > NARROW else 0.95)
        long, gap = width([text]), np.sqrt(areas[at] / np.pi) / 72 + 0.04
        left, up = field.inches(x[at], y[at])
        for start, middle in (
            (left + gap, up),
            (left - gap - long, up),
            (left - long / 2, up + gap + 0.08),
            (left - long / 2, up - gap - 0.08),
        ):
            box = (start, middle - _LINE / 2, start + long, middle + _LINE / 2)
            inside = box[0] > 0.02 and box[2] < field.wide - 0.02 and box[1] > 0.2 and box[3] < field.high - 0.2
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                place = (start - left) * 72, (middle - up) * 72
                axes.annotate(
                    text, (x[at], y[at]), place, textcoords="offset points", va="center", color=INK, fontsize=8
                )
                break


def _moves(axes: Axes, movement: pd.DataFrame | None, accounts: pd.DataFrame) -> None:
    """Draw where the accounts come from that stand in another field than a year before."""
    if movement is None:
        return
    moved = movement[movement["account_id"].isin(accounts["account_id"])]
    known = moved.dropna(subset=["quadrant", "quadrant_before"])
    for row in known[known["quadrant"] != known["quadrant_before"]].head(MOST_ARROWS).to_dict("records"):
        then, now = (
            (row["own_position_before"], row["attractiveness_before"]),
            (row["own_position"], row["attractiveness"]),
        )
        style = {"arrowstyle": "->", "color": ACCENT, "linewidth": 1.1, "shrinkB": 4}
        axes.annotate("", now, then, arrowprops=style)


def _ends(axes: Axes, words: Words, name: str) -> None:
    axes.set_xlabel(words(f"figure.{name}.x"), loc="right")
    axes.set_ylabel(words(f"figure.{name}.y"), loc="top")
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(RULE)


def _box(middle: tuple[float, float], radius: float) -> tuple[float, float, float, float]:
    return middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
