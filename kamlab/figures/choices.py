"""Figure of the target accounts: which procedure would choose whom; those of one opinion share a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamlab.figures.rows import Mark, Panel, Row, rows
from kamlab.figures.theme import EDGE, FILLED, INK, MUTED, NARROW, RING, WIDE, Drawing
from kamlab.results import Result
from kamlab.text import Words

MOST_ROWS = 25
_SHOWN = ("stays", "probation", "enters", "waits", "leaves")
_TODAY = "is_key_account"  # today's list: no opinion


def choices_by_procedure(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw a row per account of the list, a filled mark under each opinion that is for it; in front its status.

    Accounts that all opinions are for are inked.
    """
    frame = result.tables["chosen_by"]
    frame = frame[frame["status"].isin(_SHOWN)].head(MOST_ROWS)
    columns = _columns(result)
    if frame.empty or len(columns) < 2:
        return None
    heads = [" / ".join(words(f"value.procedure.{name}") for name in names) for names in columns]
    opinions = [names for names in columns if names != (_TODAY,)]
    records = frame.to_dict("records")
    unanimous = [row for row in records if all(_is_for(row, names) for names in opinions)]
    lines = []
    for row in records:
        is_meant = row in unanimous
        filled = FILLED if is_meant else {**FILLED, "color": EDGE, "markeredgecolor": EDGE}
        marks = [Mark(at, filled if _is_for(row, names) else RING) for at, names in enumerate(columns)]
        front = words(f"value.status.{row['status']}") if size > NARROW else ""
        lines.append(Row(row["name"], [marks], front=front, ink=INK if is_meant else MUTED))
    panel = Panel(-0.5, len(columns) - 0.5, heads=[*enumerate(heads)])
    axes = rows(lines, size, [panel], ruled=True, step=0.21)
    said = {"count": len(unanimous), "accounts": len(frame), "procedures": len(opinions)}
    sources = ("transactions", "scoring", "settings")
    return Drawing(
        "choices_by_procedure", axes, frame, said, sources=sources, meant=tuple(row["name"] for row in unanimous)
    )


def _columns(result: Result) -> list[tuple[str, ...]]:
    """Return the procedures, those of one opinion together, today's list last."""
    table = result.tables["procedures"]
    rest = table["opinion"].isna()
    opinions = table[~rest].groupby("opinion")["procedure"].agg(tuple).tolist()
    return [*opinions, *((name,) for name in table.loc[rest, "procedure"])]


def _is_for(row: Mapping[Any, Any], names: tuple[str, ...]) -> bool:
    """Say whether at least half of the procedures choose an account."""
    return 2 * sum(bool(row[f"by_{name}"]) for name in names) >= len(names)
