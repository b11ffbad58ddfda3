"""Figure of the charter page: key accounts against the rules of the company's own definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlab.figures.measured import UNITS, measured
from kamlab.figures.rows import Look, Mark, Panel, Row, rows
from kamlab.figures.theme import BAD, CROSSED, EDGE, FILLED, INK, MUTED, NARROW, RING, WIDE, Drawing, width
from kamlab.results import Result
from kamlab.text import Words

MOST_ROWS = 24
STATES = {"met": FILLED, "not_met": CROSSED, "unknown": RING}
HEADS = 4.2  # inches for the columns of the rules


def charter_rules(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw which key account meets which rule; above a line, in ink, those that fail the definition.

    Every state has a mark of its own: a disc, a cross, an empty ring. On a page what was measured stands beside it.
    """
    judgements = result.tables.get("judgements")
    if judgements is None or not judgements["is_key_account"].any():
        return None
    ours = judgements[judgements["is_key_account"]]
    accounts = _ordered(ours, result.tables["accounts"])
    rules, shown = list(dict.fromkeys(ours["rule"])), accounts.head(MOST_ROWS)
    cells = {(row["account_id"], row["rule"]): row for row in ours.to_dict("records")}
    met = ours.loc[ours["state"] == "met", "rule"].value_counts()
    heads = [
        words("figure.charter_rules.rule", rule=rule, count=int(met.get(rule, 0)), total=len(accounts))
        for rule in rules
    ]
    keys: list[tuple[Look, str]] = [(look, words(f"figure.charter_rules.{state}")) for state, look in STATES.items()]
    lines = []
    for row in shown.to_dict("records"):
        fails = bool(row["fails"])
        marks = [
            _mark(cells[row["account_id"], rule], at, fails, words, HEADS / len(rules) if size > NARROW else 0)
            for at, rule in enumerate(rules)
        ]
        count = words("figure.charter_rules.of", count=int(row["met"]), total=len(rules))
        lines.append(Row(str(row["name"]), [marks], front=count, ink=INK if fails else MUTED, strong=fails))
    failing, rest = int(shown["fails"].sum()), int((~accounts["fails"]).sum())
    line = "line_open" if accounts["open"].any() else "line"
    cut = (failing, words(f"figure.charter_rules.{line}", count=rest)) if 0 < failing < len(shown) else None
    panel = Panel(-0.35, len(rules) - 0.35, heads=[*enumerate(heads)])
    axes = rows(lines, size, [panel], keys=keys, cut=cut, ruled=True, step=0.22)
    values: dict[str, Any] = {"count": int(accounts["fails"].sum()), "key_accounts": len(accounts)}
    values |= {"rules": len(rules), "shown": len(shown)}
    numbers = ours.set_index("account_id").loc[accounts["account_id"]].reset_index()
    return Drawing(
        "charter_rules",
        axes,
        numbers[["name", "rule", "state", "measure", "measured", "limit"]],
        values,
        "caption" if len(shown) == len(accounts) else "caption_some",
        "title" if values["count"] else "title_all",
        ("transactions", "settings", *(["criteria"] if not set(ours["measure"].dropna()) <= set(UNITS) else [])),
        tuple(accounts.loc[accounts["fails"], "name"]),
    )


def _ordered(ours: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Put those that fail the definition first, then those that miss most rules, then the most unknown."""
    counts = pd.DataFrame(
        {
            state: (ours["state"] == state).groupby(ours["account_id"], sort=False).sum()
            for state in ("met", "not_met", "unknown")
        }
    )
    known = accounts.set_index("account_id").loc[counts.index]
    fails = known["fits"].eq(other=False).fillna(value=False).astype(bool)
    found = counts.assign(name=known["name"], fails=fails, open=known["fits"].isna())
    order = ["fails", "not_met", "unknown"]
    return found.sort_values(order, ascending=False, kind="stable").reset_index(names="account_id")


def _mark(cell: Mapping[Any, Any], place: int, fails: bool, words: Words, room: float) -> Mark:
    """Mark the state of a rule, with what was measured where there is room; of accounts that pass all is grey."""
    state, measure = str(cell["state"]), cell["measure"]
    look = STATES[state] if fails else {**STATES[state], "color": EDGE, "markeredgecolor": EDGE}
    said = measured(measure, cell["measured"], words, cell["limit"]) if isinstance(measure, str) else ""
    said = said if width([said]) + 0.24 < room else ""
    return Mark(place, look, text=said, ink=BAD if fails and state == "not_met" else MUTED)
