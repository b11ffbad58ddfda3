"""Figures of an account dossier; none of them shows a margin, so both editions have the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from kamlab.figures.theme import INK, MUTED, NARROW, RULE, SCENARIOS, WIDE, Drawing, canvas, fit, label, unit, width
from kamlab.results import Result
from kamlab.text import Words

MOST_MONTHS = 12
MOST_GROUPS = 7  # the others are summed up


def account_months(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the months that are compared, each beside the same one a year before; else the last of the period."""
    months = result.tables["months"]
    if months["before"].notna().any():
        months = months[months["before"].notna()]
    months = months.tail(MOST_MONTHS).reset_index(drop=True)
    if len(months) < 2 or not months[["revenue", "before"]].fillna(0).any(axis=None):
        return None
    compared = bool(months["before"].notna().any())
    values, before = (months[name].fillna(0.0).to_numpy(dtype=float) for name in ("revenue", "before"))
    money, divisor = unit(float(np.abs(np.concatenate([values, before])).max()), words)
    at = np.arange(len(months))
    with canvas(2.35, size) as axes:
        if compared:
            axes.bar(at - 0.2, before / divisor, width=0.4, **SCENARIOS["previous"])
        axes.bar(at + 0.2 * compared, values / divisor, width=0.4 if compared else 0.62, **SCENARIOS["actual"])
        axes.axhline(0, color=RULE, linewidth=0.8)
        for place, value in zip(at, values, strict=True):
            if value > 0 and size > NARROW:
                text = label(_short(value / divisor, words))
                axes.text(
                    place + 0.2 * compared, value / divisor, text, ha="center", va="bottom", color=INK, fontsize=8
                )
        axes.set_xticks(at, [_tick(row, place, words) for place, row in enumerate(months["month"])])
        axes.tick_params(length=0)
        axes.yaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_formatter(lambda value, _: words.number(value, 0 if value == int(value) else 1))
        axes.set_title(money, loc="left", fontsize=9, color=MUTED, pad=4)
        axes.margins(x=0.01, y=0.12)
    said = {"unit": money, "start": months["month"].iloc[0].date(), "end": months["month"].iloc[-1].date()}
    said |= {"count": len(months), "revenue": float(values.sum())}
    columns = ["month", "revenue", *(["before"] if compared else [])]
    caption = "caption" if compared else "caption_alone"
    return Drawing("account_months", axes, months[columns], said, caption)


def account_product_groups(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the revenue of the product groups, largest first, each above the year before where it is compared."""
    frame = result.tables.get("product_groups")
    if frame is None:
        return None
    shown, compared = _largest_groups(frame, words)
    if not shown[["revenue", "before"]].any(axis=None):
        return None
    values, before = (shown[name].to_numpy(dtype=float) for name in ("revenue", "before"))
    money, divisor = unit(float(np.abs(np.concatenate([values, before])).max()), words)
    names = [fit(name, 0.35 * size) for name in shown["product_group"]]
    texts = [_beside(value, past, divisor, compared, words) for value, past in zip(values, before, strict=True)]
    reach = max(0.0, float(np.maximum(values, before).max())) / divisor
    low = min(0.0, float(np.minimum(values, before).min())) / divisor
    room = size - width(names) - 0.3
    right = reach + (reach - low) * (width(texts) + 0.15) / max(1.0, room - width(texts))
    with canvas(0.45 + 0.34 * len(shown), size) as axes:
        at = np.arange(len(shown))
        if compared:
            axes.barh(at + 0.16, before / divisor, height=0.3, **SCENARIOS["previous"])
        axes.barh(at - 0.16 * compared, values / divisor, height=0.3 if compared else 0.6, **SCENARIOS["actual"])
        for place, (value, past, text) in enumerate(zip(values, before, texts, strict=True)):
            edge = max(value, past, 0.0) / divisor
            axes.annotate(text, (edge, place), (5, 0), textcoords="offset points", va="center", color=INK)
        axes.set_yticks(at, names)
        axes.text(0, -0.75, money, ha="left", va="center", color=MUTED)
        axes.set_ylim(len(shown) - 0.45, -1.05)
        axes.set_xlim(low, right)
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
    largest = shown.iloc[0]
    said = {"count": len(frame), "unit": money, "name": largest["product_group"], "revenue": float(largest["revenue"])}
    caption = "caption" if compared else "caption_alone"
    columns = ["product_group", "revenue", *(["before"] if compared else [])]
    return Drawing("account_product_groups", axes, shown[columns], said, caption)


def _largest_groups(frame: pd.DataFrame, words: Words) -> tuple[pd.DataFrame, bool]:
    """Take the largest groups and sum up the others: product_group, revenue, before; and whether they are compared.

    Where the comparison is about other months than the period, the bars are those of the comparison.
    """
    compared = "before" in frame.columns
    now = frame["compared"] if "compared" in frame.columns else frame["revenue"]
    shown = pd.DataFrame(
        {
            "product_group": frame["product_group"].fillna(words("value.product_group.none")),
            "revenue": now,
            "before": frame["before"] if compared else 0.0,
        }
    ).sort_values(["revenue", "before"], ascending=False, kind="stable", ignore_index=True)
    rest = shown.iloc[MOST_GROUPS:]
    if len(rest) < 2:
        return shown, compared
    others = {"product_group": words("table.others", count=len(rest)), **rest[["revenue", "before"]].sum()}
    return pd.concat([shown.head(MOST_GROUPS), pd.DataFrame([others])], ignore_index=True), compared


def _beside(value: float, before: float, divisor: float, compared: bool, words: Words) -> str:
    """Write a bar's value and, where the year before is known, its change."""
    text = label(_short(value / divisor, words))
    if compared and before > 0:
        return f"{text}\N{EN SPACE}{words.change(value / before - 1)}"
    return f"{text}\N{EN SPACE}{words('figure.new')}" if compared and value > 0 else text


def _short(value: float, words: Words) -> str:
    """Write a number with three significant digits, two decimals at most."""
    size = abs(value)
    return words.number(value, 0 if size >= 99.95 or not size else 1 if size >= 9.995 else 2)


def _tick(month: pd.Timestamp, place: int, words: Words) -> str:
    """Name a month on the axis; the first, and every January, with its year."""
    name = words.short_month(month)
    return f"{name}\n{month.year}" if place == 0 or month.month == 1 else name
