"""Figures of the customer value."""

from __future__ import annotations

import pandas as pd

from kamlab.figures.amounts import amounts
from kamlab.figures.rows import Look, Mark, Panel, Row, Said, rows
from kamlab.figures.theme import (
    ACCENT,
    EDGE,
    MUTED,
    NARROW,
    PAPER,
    SCENARIOS,
    WHISKER,
    WIDE,
    Drawing,
    Scenario,
    canvas,
    ruled,
)
from kamlab.results import Result
from kamlab.text import Words

MOST_BARS = 12
PARTS: dict[str, Look] = {
    "contracted": {"facecolor": ACCENT, "edgecolor": ACCENT, "linewidth": 1.0},
    "framework": {"facecolor": PAPER, "edgecolor": ACCENT, "linewidth": 1.0},
    "expected": SCENARIOS["forecast"],
}


def value_parts(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the most valuable accounts: what is certain, under a framework and expected, with the range of the sum."""
    top = result.tables["accounts"].head(MOST_BARS)
    if top.empty or not result.key_numbers["value"]:
        return None
    written, money = amounts(
        ((name, value, None) for name, value in zip(top["name"], top["value"], strict=True)), words, digits=2
    )
    lines = []
    for row, one in zip(top.to_dict("records"), written, strict=True):
        marks, place = [], 0.0
        for part, look in PARTS.items():
            if row[part] > 0:
                marks.append(Mark(place, look, place := place + float(row[part])))
        marks.append(Mark(row["value_low"], WHISKER, row["value_high"], thick=0.018, drop=0.105))
        lines.append(Row(row["name"], [marks], [Said(one.said)]))
    keys = [(PARTS[part], words(f"figure.value_parts.{part}")) for part in PARTS if top[part].gt(0).any()]
    keys = [*(keys if len(keys) > 1 else []), ({"color": EDGE}, words("figure.value_parts.range"))]
    axes = rows(lines, size, [Panel(0.0, top["value_high"].max(), lines=[0.0])], keys=keys, step=0.27)
    columns = ["name", "contracted", "framework", "expected", "value_low", "value_high"]
    numbers = top[columns].rename(columns={"value_low": "worth_low", "value_high": "worth_high"})
    numbers.insert(1, "worth", top["value"])
    said = {"count": len(top), "unit": money, "years": int(str(result.parameters["years"]))}
    said |= {"name": top["name"].iloc[0], "value": float(top["value"].iloc[0]), "measure": _measure(result)}
    said["share"] = float(top["value"].sum()) / float(result.key_numbers["value"])
    contracts = ["contracts"] if "contract_ends" in result.tables else []
    return Drawing("value_parts", axes, numbers, said, sources=("transactions", *contracts))


def _measure(result: Result) -> str:
    return "revenue" if result.finding("customer_value.revenue_based") else "contribution_margin"


def repeat_orders(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw what the order model expected of the last months beside what came, by how often one had ordered before."""
    compared = result.tables.get("calibration")
    if compared is None or compared.empty:
        return None
    numbers = compared.assign(
        **{name: compared[name] / compared["accounts"] for name in ("orders_expected", "orders_actual")}
    )
    with canvas(3.2 if size > NARROW else 2.8, size) as axes:
        places = list(range(len(numbers)))
        both: list[tuple[float, str, Scenario]] = [
            (-0.2, "orders_expected", "forecast"),
            (0.2, "orders_actual", "actual"),
        ]
        for shift, name, scenario in both:
            label = words(f"figure.repeat_orders.{name}")
            axes.bar([place + shift for place in places], numbers[name], width=0.36, label=label, **SCENARIOS[scenario])
        axes.set_xticks(places, numbers["frequency"].tolist())
        axes.set_xlabel(words("figure.repeat_orders.x"), loc="left")
        axes.set_ylabel(words("figure.repeat_orders.y"), loc="top")
        ruled(axes)
        axes.legend(frameon=False, loc="upper left", labelcolor=MUTED)
    expected, actual = (float(compared[name].sum()) for name in ("orders_expected", "orders_actual"))
    values = {"expected": expected, "actual": actual, "error": expected / actual - 1 if actual else None}
    shown = pd.DataFrame(compared)
    return Drawing("repeat_orders", axes, shown, values)
