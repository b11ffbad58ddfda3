"""Figure of the charter page: key accounts against the rules of the company's own definition."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from kamlab.figures.measured import measured
from kamlab.figures.theme import BAD, INK, MAIN, MUTED, NARROW, RULE, WIDE, Drawing, fit, sheet, width
from kamlab.results import Result
from kamlab.text import Words

MOST_ROWS = 30
LINE, MARK = 0.26, 0.075  # inches: height of a row, half the size of a mark


def charter_rules(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw which key account meets which rule, those who miss most first; beside the mark what was measured.

    Every state has a mark of its own: a disc, a cross, an empty ring. On a phone the marks stand alone.
    """
    judgements = result.tables.get("judgements")
    if judgements is None or not judgements["is_key_account"].any():
        return None
    ours = judgements[judgements["is_key_account"]]
    rules, order = list(dict.fromkeys(ours["rule"])), _order(ours)
    shown = ours[ours["account_id"].isin(order[:MOST_ROWS])]
    names = dict(zip(shown["account_id"], shown["name"], strict=True))
    cells = {(row["account_id"], row["rule"]): row for row in shown.to_dict("records")}
    met = ours.loc[ours["state"] == "met", "rule"].value_counts()
    heads = [
        words("figure.charter_rules.rule", number=at, count=int(met.get(rule, 0)), accounts=len(order))
        for at, rule in enumerate(rules, 1)
    ]
    beside = width(heads) + 0.12
    top = 0.3 + 0.22 * len(heads)
    rows = order[:MOST_ROWS]
    with sheet(top + 0.34 + LINE * len(rows), size) as axes:
        _legend(axes, words)
        for at, head in enumerate(heads):
            axes.text(0.01, 0.36 + 0.22 * at, head, va="center_baseline", color=MUTED)
            axes.text(beside, 0.36 + 0.22 * at, fit(rules[at], size - beside), va="center_baseline", color=INK)
        left = width(fit(names[row], 0.4 * size) for row in rows) + 0.16
        step = (size - left) / len(rules)
        for at in range(len(rules)):
            place = left + step * at + MARK
            axes.text(place, top + 0.12, str(at + 1), ha="center", va="center_baseline", color=MUTED)
        for at, row in enumerate(rows):
            y = top + 0.38 + LINE * at
            axes.plot([0.0, size], [y - LINE / 2] * 2, color=RULE, linewidth=0.6, zorder=0)
            axes.text(0.01, y, fit(names[row], 0.4 * size), va="center_baseline", color=INK)
            for column, rule in enumerate(rules):
                cell = cells[row, rule]
                place = left + step * column + MARK
                _mark(axes, place, y, str(cell["state"]))
                text = (
                    measured(str(cell["measure"]), cell["measured"], words, cell["limit"])
                    if isinstance(cell["measure"], str)
                    else ""
                )
                if size > NARROW and text and width([text]) < step - 0.24:
                    colour = BAD if cell["state"] == "not_met" else MUTED
                    axes.text(place + 0.14, y, text, va="center_baseline", color=colour)
    failing = result.key_numbers["failing"]
    values = {"count": failing, "key_accounts": len(order), "rules": len(rules), "shown": len(rows)}
    title = "title" if failing else "title_all"
    caption = "caption" if len(rows) == len(order) else "caption_some"
    numbers = (
        ours.set_index("account_id").loc[order].reset_index()[["name", "rule", "state", "measure", "measured", "limit"]]
    )
    return Drawing("charter_rules", axes, numbers, values, caption, title)


def _order(ours: pd.DataFrame) -> list[str]:
    """Put the accounts that miss most rules first, then those of which most is unknown; else as they stand."""
    counts = pd.DataFrame(
        {
            state: (ours["state"] == state).groupby(ours["account_id"], sort=False).sum()
            for state in ("not_met", "unknown")
        }
    )
    return counts.sort_values(["not_met", "unknown"], ascending=False, kind="stable").index.tolist()


def _legend(axes: Axes, words: Words) -> None:
    left = 0.01 + MARK
    for state in ("met", "not_met", "unknown"):
        text = words(f"figure.charter_rules.{state}")
        _mark(axes, left, 0.13, state)
        axes.text(left + 0.13, 0.13, text, va="center_baseline", color=MUTED)
        left += 0.13 + width([text]) + 0.24


def _mark(axes: Axes, x: float, y: float, state: str) -> None:
    """Draw the mark of a state: disc, cross, ring."""
    if state == "not_met":
        for sign in (1, -1):
            axes.plot([x - MARK, x + MARK], [y - sign * MARK, y + sign * MARK], color=BAD, linewidth=1.8)
    else:
        face = MAIN if state == "met" else "none"
        axes.plot([x], [y], "o", markersize=8.5, markerfacecolor=face, markeredgecolor=MAIN if face == MAIN else MUTED)
