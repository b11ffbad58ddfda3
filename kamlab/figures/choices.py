"""Figure of the target accounts: which procedure would choose whom; those of one opinion share a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamlab.figures.theme import ACCENT, INK, MAIN, MUTED, NARROW, PAPER, RULE, WIDE, Drawing, fit, sheet, width
from kamlab.results import Result
from kamlab.text import Words

MOST_ROWS = 30
_ROW = 0.2  # inches
_SHOWN = ("stays", "probation", "enters", "waits", "leaves")
_TODAY = "is_key_account"  # today's list: no opinion


def choices_by_procedure(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw a row per account of the list, a mark under each opinion that is for it; in front its status."""
    frame = result.tables["chosen_by"]
    frame = frame[frame["status"].isin(_SHOWN)].head(MOST_ROWS)
    columns = _columns(result)
    if frame.empty or len(columns) < 2:
        return None
    heads = ["/".join(words(f"value.procedure.{name}") for name in names) for names in columns]
    is_wide = size > NARROW
    statuses = [words(f"value.status.{status}") for status in frame["status"]] if is_wide else []
    room = max(width(statuses), 0) + 0.15 if is_wide else 0.0
    step = 0.85 if is_wide else 0.27
    left = size - step * len(columns)
    lines = max(_broken(head).count("\n") for head in heads)
    top = 0.36 + 0.14 * lines if is_wide else 0.75 * width(heads) + 0.25
    with sheet(top + _ROW * len(frame) + 0.05, size) as axes:
        for at, head in enumerate(heads):
            x = left + step * (at + 0.5)
            if is_wide:
                axes.text(x, top - 0.16, _broken(head), ha="center", va="bottom", color=MUTED, fontsize=8)
            else:
                axes.text(x - 0.05, top - 0.12, head, ha="left", va="bottom", color=MUTED, rotation=48, fontsize=8)
        for line, row in enumerate(frame.to_dict("records")):
            y = top + _ROW * (line + 0.5)
            axes.plot([0, size], [y + _ROW / 2] * 2, color=RULE, linewidth=0.5)
            is_out = row["status"] in ("leaves", "waits")
            if is_wide:
                colour = ACCENT if row["status"] != "stays" else MUTED
                axes.text(0, y, statuses[line], va="center_baseline", color=colour)
            name = fit(row["name"], left - room - 0.1)
            axes.text(room, y, name, va="center_baseline", color=MUTED if is_out else INK)
            for at, names in enumerate(columns):
                fill = MAIN if _is_for(row, names) else PAPER
                axes.plot(
                    left + step * (at + 0.5),
                    y,
                    "o",
                    markersize=7,
                    markerfacecolor=fill,
                    markeredgecolor=MAIN,
                    markeredgewidth=0.8,
                )
    opinions = [names for names in columns if names != (_TODAY,)]
    unanimous = sum(all(_is_for(row, names) for names in opinions) for row in frame.to_dict("records"))
    said = {"count": unanimous, "accounts": len(frame), "procedures": len(opinions)}
    return Drawing("choices_by_procedure", axes, frame, said)


def _columns(result: Result) -> list[tuple[str, ...]]:
    """Return the procedures, those of one opinion together, today's list last."""
    table = result.tables["procedures"]
    rest = table["opinion"].isna()
    opinions = table[~rest].groupby("opinion")["procedure"].agg(tuple).tolist()
    return [*opinions, *((name,) for name in table.loc[rest, "procedure"])]


def _is_for(row: Mapping[Any, Any], names: tuple[str, ...]) -> bool:
    """Say whether at least half of the procedures choose an account."""
    return 2 * sum(bool(row[f"by_{name}"]) for name in names) >= len(names)


def _broken(head: str) -> str:
    """Break a heading at its blanks and strokes."""
    return head.replace("/", "/\n") if "/" in head else head.replace(" ", "\n", 1)
