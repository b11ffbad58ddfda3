"""Figures of the scoring page: the accounts around the line, the weights, their variants."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlab.figures.rows import Look, Mark, Panel, Row, Said, rows
from kamlab.figures.theme import ACCENT, EDGE, FILLED, INK, MAIN, MUTED, NARROW, PAPER, RULE, WIDE, Drawing
from kamlab.results import Result
from kamlab.text import Words

BEFORE_LINE, BEHIND_LINE = 17, 6  # accounts shown at most on either side of the line
MOST_MOVED = 16
MOST_VARIANTS = {True: 5, False: 3}  # columns beside the agreed weights, by whether there is the room of a page
# Shapes of their own: a disc, a diamond in ink for those that the title is about, a ring.
LOOKS: dict[str, dict[str, Any]] = {
    "set": {**FILLED, "color": EDGE, "markeredgecolor": EDGE},
    "borderline": {**FILLED, "marker": "D"},
    "out": {**FILLED, "color": EDGE, "markeredgecolor": EDGE, "markerfacecolor": PAPER},
}
JUDGE: Look = {"marker": "o", "color": ACCENT, "markerfacecolor": PAPER, "markersize": 5}
WEIGHT: Look = {"facecolor": EDGE, "linewidth": 0}


def scoring_ranks(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw rank, score and stability of the accounts around the line; the borderline ones are inked."""
    accounts, places = result.tables["accounts"], int(result.key_numbers["places"] or 0)
    ranked = accounts[accounts["status"] != "knocked_out"]
    if ranked.empty:
        return None
    shown = ranked.iloc[max(0, min(places, len(ranked)) - BEFORE_LINE) :].head(BEFORE_LINE + BEHIND_LINE)
    shown = shown if places > BEFORE_LINE else ranked.head(places + BEHIND_LINE)
    above = int((shown["rank"] <= places).sum())
    lines = []
    for row in shown.to_dict("records"):
        is_close, look = row["status"] == "borderline", LOOKS[row["status"]]
        ink = INK if is_close else MUTED
        often: list[Mark] = [Mark(0.0, {"facecolor": RULE, "linewidth": 0}, 1.0, thick=0.02)]
        lines.append(
            Row(
                row["name"],
                marks=[[Mark(row["score"], look)], [*often, Mark(row["in_circle"], look)]],
                said=[Said(words.number(row["score"], 1), ink), Said(words.of_hundred(row["in_circle"]), ink)],
                front=words.number(row["rank"]),
                ink=ink,
                strong=is_close,
            )
        )
    scores = shown["score"]
    margin = 0.04 * (scores.max() - scores.min()) or 1.0
    panels = [
        Panel(scores.min() - margin, scores.max() + margin, 0.62, title=words("figure.scoring_ranks.score")),
        Panel(-0.02, 1.02, 0.38, title=words("figure.scoring_ranks.often", places=places)),
    ]
    line = words("figure.scoring_ranks.line", count=places)
    close = ranked[ranked["status"] == "borderline"]
    axes = rows(
        lines,
        size,
        panels,
        keys=[(look, words(f"value.status.{status}")) for status, look in LOOKS.items()],
        front=words("figure.scoring_ranks.rank"),
        cut=(above, line) if 0 < above < len(shown) else None,
        step=0.215,
    )
    values: dict[str, Any] = {"count": len(close), "places": places, "name": shown["name"].iloc[0]}
    values |= {status: int((ranked["status"] == status).sum()) for status in LOOKS}
    values |= {"first": int(shown["rank"].iloc[0]), "last": int(shown["rank"].iloc[-1])}
    values |= {"score": float(scores.iloc[0])}
    title = "title" if len(close) else "title_firm"
    columns = ["name", "score", "rank", "status", "in_circle"]
    return Drawing(
        "scoring_ranks", axes, shown[columns], values, "caption", title, _sources(result), tuple(close["name"])
    )


def criteria_weights(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the weight of every criterion, with that of each judge as a ring; the heaviest is inked."""
    criteria, judges = result.tables["criteria"], result.tables["weights"]
    criteria = criteria[criteria["weight"] > 0]
    if criteria.empty:
        return None
    count = judges["judge"].nunique()
    lines = []
    for at, row in enumerate(criteria.to_dict("records")):
        own = judges.loc[judges["criterion"] == row["criterion"], "weight"]
        look = {"facecolor": MAIN, "linewidth": 0} if at == 0 else WEIGHT
        rings = [Mark(weight, JUDGE) for weight in own]
        name = words.named("value.criterion", row["criterion"])
        said, axis = words.percent(row["weight"]), words(f"value.axis.{row['axis']}")
        ink = INK if at == 0 else MUTED
        marks = [Mark(0.0, look, row["weight"]), *rings]
        lines.append(Row(name, [marks], [Said(said, ink)], cells=[Said(axis, MUTED)], ink=ink, strong=at == 0))
    keys: list[tuple[Look, str]] = []
    if count:
        keys = [(WEIGHT, words("figure.criteria_weights.agreed"))]
        keys += [(JUDGE, words("figure.criteria_weights.judges", count=count))]
    most = max(criteria["weight"].max(), judges["weight"].max() if count else 0)
    axes = rows(lines, size, [Panel(0.0, most)], keys=keys, columns=[""])
    numbers = criteria[["criterion", "axis", "weight"]]
    if count:
        ends = judges.groupby("criterion")["weight"].agg(lowest_weight="min", highest_weight="max").reset_index()
        numbers = numbers.merge(ends, on="criterion", how="left")
    values: dict[str, Any] = {"count": len(criteria), "weight": float(criteria["weight"].iloc[0]), "judges": count}
    values["criterion"] = words.named("value.criterion", criteria["criterion"].iloc[0])
    caption = "caption_judges" if count else "caption"
    return Drawing("criteria_weights", axes, numbers, values, caption, sources=("settings",))


def variant_ranks(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the ranks of those who come or go when criteria weigh otherwise: a column per variant, the circle filled."""
    table = result.tables["variants"]
    moved = table[table["circle"].isin(["enters", "leaves"])]
    if moved.empty:
        return None
    variants = list(table["variant"].unique())[: MOST_VARIANTS[size > NARROW]]
    ids = list(moved.sort_values("rank", kind="stable")["account_id"].unique())[:MOST_MOVED]
    places = int(result.key_numbers["places"] or 0)
    known = table[table["account_id"].isin(ids)].drop_duplicates("account_id").set_index("account_id").loc[ids]
    ranks = table.pivot(index="account_id", columns="variant", values="rank_variant").loc[ids, variants]
    ranks.insert(0, "", known["rank"])
    heads = [words("figure.variant_ranks.agreed"), *(words.named("value.variant", name) for name in variants)]
    lines = [
        Row(str(known.at[name, "name"]), [[_rank(at, rank, places, words) for at, rank in enumerate(ranks.loc[name])]])
        for name in ids
    ]
    axes = rows(lines, size, [Panel(-0.5, len(heads) - 0.5, heads=[*enumerate(heads)])])
    numbers = moved[["variant", "name", "rank", "rank_variant", "circle"]]
    values = {"count": moved["account_id"].nunique(), "places": places, "shown": len(ids)}
    values |= {"variants": table["variant"].nunique(), "name": known["name"].iloc[0]}
    return Drawing("variant_ranks", axes, numbers, values, sources=_sources(result), meant=tuple(known["name"]))


def _rank(at: int, rank: float, places: int, words: Words) -> Mark:
    """Write a rank; on a filled ground where it is within the circle."""
    inside = rank <= places
    look = {"facecolor": MAIN if inside else PAPER, "edgecolor": MAIN if inside else RULE, "linewidth": 0.8}
    return Mark(at - 0.44, look, at + 0.44, words.number(rank), PAPER if inside else INK, thick=0.19)


def _sources(result: Result) -> tuple[str, ...]:
    """Name what the scores come from: the ledger, rating sheets, the settings."""
    criteria: pd.DataFrame = result.tables["criteria"]
    rated, measured = bool(criteria["source"].isna().any()), bool(criteria["source"].notna().any())
    return (*["transactions"] * measured, *["criteria"] * rated, "settings")
