"""Figure of the target accounts: which procedure would choose whom."""

from __future__ import annotations

from kamlab.figures.theme import ACCENT, INK, MAIN, MUTED, NARROW, PAPER, RULE, WIDE, Drawing, fit, sheet, width
from kamlab.results import Result
from kamlab.text import Words

MOST_ROWS = 30
_ROW = 0.2  # inches
_SHOWN = ("stays", "probation", "enters", "waits", "leaves")


def choices_by_procedure(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw a row per account of the list, a mark under each procedure that would choose it; in front its status."""
    frame = result.tables["chosen_by"]
    frame = frame[frame["status"].isin(_SHOWN)].head(MOST_ROWS)
    procedures = [str(name) for name in frame.columns if str(name).startswith("by_")]
    if frame.empty or len(procedures) < 2:
        return None
    heads = [words(f"value.procedure.{name.removeprefix('by_')}") for name in procedures]
    is_wide = size > NARROW
    statuses = [words(f"value.status.{status}") for status in frame["status"]] if is_wide else []
    room = max(width(statuses), 0) + 0.15 if is_wide else 0.0
    step = 0.85 if is_wide else 0.27
    left = size - step * len(procedures)
    top = 0.5 if is_wide else 0.75 * width(heads) + 0.25
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
            for at, procedure in enumerate(procedures):
                fill = MAIN if row[procedure] else PAPER
                axes.plot(
                    left + step * (at + 0.5),
                    y,
                    "o",
                    markersize=7,
                    markerfacecolor=fill,
                    markeredgecolor=MAIN,
                    markeredgewidth=0.8,
                )
    votes = [name for name in procedures if name != "by_is_key_account"]
    unanimous = int(frame[votes].all(axis="columns").sum())
    said = {"count": unanimous, "accounts": len(frame), "procedures": len(votes)}
    return Drawing("choices_by_procedure", axes, frame, said)


def _broken(head: str) -> str:
    """Break a heading of two words into two lines."""
    first, _, rest = head.partition(" ")
    return f"{first}\n{rest}" if rest else head
