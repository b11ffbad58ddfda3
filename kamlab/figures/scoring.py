"""Figures of the scoring page: the accounts around the line, the borderline ones, the weights, their variants."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamlab.figures.theme import (
    ACCENT,
    EDGE,
    INK,
    MAIN,
    MUTED,
    NARROW,
    PALE,
    PAPER,
    RULE,
    WIDE,
    Drawing,
    bar,
    fit,
    sheet,
    width,
)
from kamlab.results import Result
from kamlab.text import Words

BEFORE_LINE, BEHIND_LINE = 20, 10  # accounts shown at most on either side of the line
MOST_BORDERLINE = 20
MOST_MOVED = 16
MOST_VARIANTS = {True: 5, False: 3}  # columns beside the agreed weights, by whether there is the room of a page
GAP = 0.14  # inches between columns
LOOKS: dict[str, dict[str, Any]] = {
    "set": {"facecolor": MAIN, "edgecolor": MAIN, "linewidth": 0.8},
    "borderline": {"facecolor": ACCENT, "edgecolor": ACCENT, "linewidth": 0.8},
    "out": {"facecolor": PALE, "edgecolor": EDGE, "linewidth": 0.8},
}
DOT: dict[str, Any] = {"marker": "o", "color": ACCENT, "markersize": 7, "zorder": 3}
# Beside the dot where weights and raters both move: what each of them alone would do.
MARKS: dict[str, dict[str, Any]] = {
    "by_weights": {"marker": "o", "color": MAIN, "markerfacecolor": PAPER, "markersize": 6, "zorder": 2},
    "by_raters": {"marker": "D", "color": MAIN, "markerfacecolor": PAPER, "markersize": 5, "zorder": 2},
}


def scoring_ranks(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the scores of the accounts around the line, by status, with how often each is among the first."""
    ranked, places = _running(result), int(result.key_numbers["places"] or 0)
    if ranked.empty:
        return None
    shown = ranked.iloc[max(0, places - BEFORE_LINE) :].head(BEFORE_LINE + BEHIND_LINE)
    shown = shown if places > BEFORE_LINE else ranked.head(places + BEHIND_LINE)
    above = int((shown["rank"] <= places).sum())
    has_line = 0 < above < len(shown)
    wide = size > NARROW
    step, extra = (0.29, 0.3) if wide else (0.46, 0.3)
    head = words("figure.scoring_ranks.often", places=places) if wide else ""
    often = [words.of_hundred(share) for share in shown["in_circle"]]
    said = [words.number(score, 1) for score in shown["score"]]
    names = [f"{rank:.0f}  {name}" for rank, name in zip(shown["rank"], shown["name"], strict=True)]
    names = [fit(name, 0.36 * size if wide else size - width(often) - 0.2) for name in names]
    left = width(names) + GAP if wide else 0.01
    right = size - 0.02
    room = right - (width([head, *often]) + GAP if wide else 0) - left - width(said) - 0.1
    with sheet(0.5 + step * len(shown) + extra * has_line, size) as axes:
        _legend(axes, left, words)
        if head:
            axes.text(right, 0.13, head, ha="right", va="center_baseline", color=MUTED)
        for at, row in enumerate(shown.itertuples()):
            y = (0.48 if wide else 0.4) + step * at + extra * (has_line and at >= above)
            middle = y if wide else y + 0.19
            place, across = (left - GAP / 2, "right") if wide else (left, "left")
            axes.text(place, y, names[at], ha=across, va="center_baseline", color=INK)
            axes.text(right, y, often[at], ha="right", va="center_baseline", color=MUTED)
            end = left + max(0.01, room * float(str(row.score)) / 100)
            bar(axes, left, end, middle, 0.15, **LOOKS[str(row.status)])
            axes.text(end + 0.06, middle, said[at], va="center_baseline", color=INK)
        if has_line:
            y = (0.48 if wide else 0.4) + step * above + (0 if wide else 0.02)
            line = words("figure.scoring_ranks.line", count=places)
            axes.plot([width([line]) + GAP, right], [y, y], color=ACCENT, linewidth=1, linestyle=(0, (4, 3)))
            axes.text(0.01, y, line, va="center_baseline", color=ACCENT)
    columns = ["name", "score", "rank", "status", "in_circle"]
    values = {"count": len(shown), "places": places, "name": shown["name"].iloc[0]}
    values |= {status: int((ranked["status"] == status).sum()) for status in LOOKS}
    last, value = shown["rank"].iloc[-1], float(shown["score"].iloc[0])
    values |= {"first": int(shown["rank"].iloc[0]), "last": int(last), "score": value}
    if not has_line:
        return Drawing("scoring_ranks", axes, shown[columns], values, title="title_room")
    values |= {"lead": float(shown["score"].iloc[above - 1] - shown["score"].iloc[above])}
    return Drawing("scoring_ranks", axes, shown[columns], values)


def scoring_borderline(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw how often each borderline account is among the first, between being out and being set."""
    ranked = _running(result)
    close = ranked[ranked["status"] == "borderline"].sort_values("in_circle", ascending=False, kind="stable")
    if close.empty:
        return None
    shown, places = close.head(MOST_BORDERLINE), result.key_numbers["places"]
    wide = size > NARROW
    step = 0.3 if wide else 0.46
    often = [words.of_hundred(share) for share in shown["in_circle"]]
    names = [fit(name, 0.36 * size if wide else size - 0.1) for name in shown["name"]]
    left = width(names) + GAP + 0.06 if wide else 0.07
    right = size - width(often) - 0.26
    both = result.key_numbers["moves"] == "both"
    marks = MARKS if both else {}
    sources = result.tables["borderline"].set_index("account_id").loc[shown["account_id"]]
    top = 0.3 if both else 0.0
    with sheet(0.42 + top + step * len(shown), size) as axes:
        _marks_explained(axes, marks, words)
        for share, key, across in ((0.0, "out", "left"), (1.0, "set", "right")):
            place = left + share * (right - left)
            axes.text(place, 0.13 + top, words(f"value.status.{key}"), ha=across, va="center_baseline", color=MUTED)
        for at, share in enumerate(shown["in_circle"]):
            y = 0.45 + top + step * at
            middle = y if wide else y + 0.18
            place, across = (left - GAP / 2 - 0.06, "right") if wide else (0.01, "left")
            axes.text(place, y, names[at], ha=across, va="center_baseline", color=INK)
            axes.plot([left, right], [middle, middle], color=RULE, linewidth=0.8, zorder=1)
            for limit in (0.05, 0.5, 0.95):
                mark, reach = left + limit * (right - left), step / 2 if wide else 0.1
                colour = RULE if limit == 0.5 else EDGE
                axes.plot([mark, mark], [middle - reach, middle + reach], color=colour, linewidth=0.8, zorder=1)
            for column, look in marks.items():
                axes.plot([left + float(sources[column].iloc[at]) * (right - left)], [middle], **look)
            axes.plot([left + share * (right - left)], [middle], **DOT)
            axes.text(size - 0.02, middle, often[at], ha="right", va="center_baseline", color=INK)
    values = {"count": len(close), "shown": len(shown), "places": places, "name": shown["name"].iloc[0]}
    values |= {"share": float(shown["in_circle"].iloc[0]), "last": shown["name"].iloc[-1]}
    fewest = float(shown["in_circle"].iloc[-1])
    values |= {"lowest": fewest, "fewest": round(100 * fewest)}
    made_by = result.tables["borderline"]["made_by"]
    values |= {source: int((made_by == source).sum()) for source in ("weights", "raters")}
    values["either"] = int(made_by.isin(["either", "together"]).sum())
    numbers = shown[["name", "in_circle"]].reset_index(drop=True)
    numbers = numbers.join(sources[["by_weights", "by_raters", "made_by"]].reset_index(drop=True))
    return Drawing("scoring_borderline", axes, numbers, values, title="title_both" if both else "title")


def criteria_weights(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the weight of every criterion, with that of each judge as a ring."""
    criteria, judges = result.tables["criteria"], result.tables["weights"]
    criteria = criteria[criteria["weight"] > 0]
    if criteria.empty:
        return None
    wide = size > NARROW
    step = 0.32 if wide else 0.46
    axis_names = [words(f"value.axis.{axis}") for axis in criteria["axis"]]
    names = [words.named("value.criterion", name) for name in criteria["criterion"]]
    shown_names = [fit(name, 0.36 * size if wide else size - width(axis_names) - 0.2) for name in names]
    said = [words.percent(weight) for weight in criteria["weight"]]
    left, right = width(shown_names) + GAP if wide else 0.01, size - 0.02
    room = right - left - width(said) - 0.1 - (width(axis_names) + GAP if wide else 0)
    scale = room / max(criteria["weight"].max(), judges["weight"].max() if len(judges) else 0)
    top = 0.42 if len(judges) else 0.2
    with sheet(top + step * len(criteria), size) as axes:
        if len(judges):
            bar(axes, left, left + 0.16, 0.13, 0.11, **LOOKS["out"])
            agreed = words("figure.criteria_weights.agreed")
            axes.text(left + 0.22, 0.13, agreed, va="center_baseline", color=MUTED)
            place = left + 0.4 + width([agreed]) + 0.06
            _rings(axes, [place], 0.13)
            each = words("figure.criteria_weights.judges", count=judges["judge"].nunique())
            axes.text(place + 0.1, 0.13, each, va="center_baseline", color=MUTED)
        for at, row in enumerate(criteria.itertuples()):
            y = top + step * at
            middle = y if wide else y + 0.19
            own = judges.loc[judges["criterion"] == row.criterion, "weight"]
            place, across = (left - GAP / 2, "right") if wide else (left, "left")
            axes.text(place, y, shown_names[at], ha=across, va="center_baseline", color=INK)
            axes.text(right, y, axis_names[at], ha="right", va="center_baseline", color=MUTED)
            weight = float(str(row.weight))
            bar(axes, left, left + scale * weight, middle, 0.15, **LOOKS["out"])
            end = left + scale * max([weight, *own]) + (0.11 if len(own) else 0.06)
            axes.text(end, middle, said[at], va="center_baseline", color=INK)
            _rings(axes, [left + scale * each for each in own], middle)
    numbers = criteria[["criterion", "axis", "weight"]]
    if len(judges):
        ends = judges.groupby("criterion")["weight"].agg(lowest_weight="min", highest_weight="max").reset_index()
        numbers = numbers.merge(ends, on="criterion", how="left")
    values = {"count": len(criteria), "criterion": names[0], "weight": float(criteria["weight"].iloc[0])}
    values |= {"judges": judges["judge"].nunique()}
    caption = "caption_judges" if len(judges) else "caption"
    return Drawing("criteria_weights", axes, numbers, values, caption)


def variant_ranks(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the ranks of those who come or go when criteria weigh otherwise: a column per variant, the circle filled."""
    table = result.tables["variants"]
    moved = table[table["circle"].isin(["enters", "leaves"])]
    if moved.empty:
        return None
    wide = size > NARROW
    variants = list(table["variant"].unique())[: MOST_VARIANTS[wide]]
    ids = list(moved.sort_values("rank", kind="stable")["account_id"].unique())[:MOST_MOVED]
    places = int(result.key_numbers["places"] or 0)
    rows = table[table["account_id"].isin(ids)].drop_duplicates("account_id").set_index("account_id").loc[ids]
    ranks = table.pivot(index="account_id", columns="variant", values="rank_variant").loc[ids, variants]
    heads = [words("figure.variant_ranks.agreed"), *(words.named("value.variant", name) for name in variants)]
    across = 1.0 if wide else 0.8
    heads = ["\n".join(fit(line, across - 0.04) for line in textwrap.wrap(head, 12)[:2]) for head in heads]
    left = size - across * len(heads)
    names = [fit(name, left - GAP if wide else size - 0.1) for name in rows["name"]]
    step = 0.3 if wide else 0.5
    with sheet(0.56 + step * len(ids), size) as axes:
        for at, head in enumerate(heads):
            axes.text(left + across * (at + 0.5), 0.38, head, ha="center", va="bottom", color=MUTED, linespacing=1)
        for at, name in enumerate(ids):
            y = 0.58 + step * at
            middle = y if wide else y + 0.21
            axes.text(0.01, y, names[at], va="center_baseline", color=INK)
            _row_of_ranks(axes, [rows["rank"][name], *ranks.loc[name]], places, left, across, middle, words)
    numbers = moved[["variant", "name", "rank", "rank_variant", "circle"]]
    values = {"count": moved["account_id"].nunique(), "places": places, "shown": len(ids)}
    values |= {"variants": table["variant"].nunique(), "name": rows["name"].iloc[0]}
    return Drawing("variant_ranks", axes, numbers, values)


def _marks_explained(axes: Axes, marks: Mapping[str, dict[str, Any]], words: Words) -> None:
    """Say in a line what the marks of the borderline accounts stand for."""
    left = 0.07
    for key, look in {"both": {**DOT}, **marks}.items() if marks else ():
        text = words(f"figure.scoring_borderline.{key.removeprefix('by_')}")
        axes.plot([left], [0.13], **look)
        axes.text(left + 0.11, 0.13, text, va="center_baseline", color=MUTED)
        left += 0.11 + width([text]) + 0.22


def _running(result: Result) -> pd.DataFrame:
    accounts = result.tables["accounts"]
    return accounts[accounts["status"] != "knocked_out"]


def _legend(axes: Axes, left: float, words: Words) -> None:
    for status, look in LOOKS.items():
        text = words(f"value.status.{status}")
        bar(axes, left, left + 0.16, 0.13, 0.11, **look)
        axes.text(left + 0.22, 0.13, text, va="center_baseline", color=MUTED)
        left += 0.22 + width([text]) + 0.16


def _rings(axes: Axes, places: Sequence[float], y: float) -> None:
    axes.plot(places, [y] * len(places), "o", color=ACCENT, markerfacecolor=PAPER, markersize=5, zorder=3)


def _row_of_ranks(
    axes: Axes, ranks: Sequence[float], places: int, left: float, across: float, y: float, words: Words
) -> None:
    """Draw a rank per column; on a filled ground where it is within the circle."""
    for at, rank in enumerate(ranks):
        inside = rank <= places
        middle = left + across * (at + 0.5)
        look = {"facecolor": MAIN if inside else PAPER, "edgecolor": MAIN if inside else RULE, "linewidth": 0.8}
        bar(axes, middle - across / 2 + 0.05, middle + across / 2 - 0.05, y, 0.22, **look)
        axes.text(middle, y, words.number(rank), ha="center", va="center_baseline", color=PAPER if inside else INK)
