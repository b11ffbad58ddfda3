"""How a text column writes numbers and dates: decided from all its values together, or by the others of its file.

A convention must be unanimous. `1.234` alone may be a thousand or one and a bit: where every other column that shows a
decimal sign shows the same, that is the file's; else it is asked, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import ibis

from kamlab.errors import Problem
from kamlab.ingest.dates import date_label
from kamlab.ingest.numbers import decimal_label, is_plain, undressed, without_percent
from kamlab.ingest.sources import FILE, LINE, Raw

MIXED, AMBIGUOUS = "KL-E203", "KL-E204"
_WHOLE = r"^[+-]?\d+$"
_AT_ONCE = 200  # columns that are looked at in one query
# What a file holds to in all its columns: the decimal sign; whether the day or the month stands first.
DECIMALS = ({","}, {"."})
ORDERS = ({"dd/mm/yyyy", "dd-mm-yyyy", "dd/mm/yy"}, {"mm/dd/yyyy", "mm-dd-yyyy", "mm/dd/yy"})


@dataclass(frozen=True)
class Decision:
    """What a column shows: its convention, None where it holds nothing that needs one, or why it cannot be told.

    `possible` are the conventions that all its values keep.
    """

    convention: str | None = None
    possible: frozenset[str] = frozenset()
    problem: Problem | None = None


def decide_decimal(raw: Raw, heading: str, text: ibis.Value, currency: str) -> Decision:
    """Decide the decimal sign of a text column; None where every number in it is whole and ungrouped."""
    return _unanimous(raw, heading, text, bare_number(text, currency), decimal_label, "decimal: '{}'")


def decide_date_format(raw: Raw, heading: str, text: ibis.Value) -> Decision:
    """Decide the date format of a text column, one of `dates.DATES`; None where it holds no date at all."""
    return _unanimous(raw, heading, text, text, date_label, "date_format: {}")


def bare_number(text: ibis.Value, currency: str) -> ibis.Value:
    """Take from a number what stands around it."""
    return ibis.ifelse(is_plain(text), text, undressed(without_percent(text), currency))


def voices(
    raw: Raw, texts: Mapping[str, ibis.Value], label: Callable[[ibis.Value], ibis.Value], sides: tuple[set[str], ...]
) -> dict[str, int | None]:
    """Say of every column that takes one of two sides which one; None where it takes both.

    Parameters
    ----------
    texts : heading to column of texts
    sides : two sets of conventions
        `DECIMALS` or `ORDERS`; a column that fits both, or shows neither, has no voice, nor has one of other texts.
    """
    found: dict[str, int | None] = {}
    headings = list(texts)
    for start in range(0, len(headings), _AT_ONCE):
        part = headings[start : start + _AT_ONCE]
        labels = {heading: label(texts[heading]) for heading in part}
        takes = {
            f"{at} {side}": labels[heading].isin(sorted(sides[side])).any()
            for at, heading in enumerate(part)
            for side in (0, 1)
        }
        said = {heading: labels[heading].notnull() for heading in part}
        other = {heading: ~texts[heading].re_search(_WHOLE) & ~said[heading] for heading in part}  # names, say
        speaks = {f"{at} speaks": said[h].sum() >= other[h].sum().fill_null(0) for at, h in enumerate(part)}
        row = raw.table.agg(**takes, **speaks).to_pyarrow().to_pylist()[0]
        for at, heading in enumerate(part):
            taken = [side for side in (0, 1) if row[f"{at} {side}"]]
            if taken and row[f"{at} speaks"]:
                found[heading] = taken[0] if len(taken) == 1 else None
    return found


def of_the_file(possible: Collection[str], voices: Mapping[str, int | None], sides: tuple[set[str], ...]) -> str | None:
    """Return the one of the possible conventions that every column with a voice takes the side of."""
    said = set(voices.values())
    if len(said) != 1 or None in said:
        return None
    (side,) = said
    fitting = sides[side or 0].intersection(possible)
    return fitting.pop() if len(fitting) == 1 else None


def _unanimous(
    raw: Raw,
    heading: str,
    text: ibis.Value,
    bare: ibis.Value,
    label: Callable[[ibis.Value], ibis.Value],
    setting: str,
) -> Decision:
    """Take the one convention that every value keeps; a label names all that a value may be written in."""
    texts = raw.table.select(raw.table[FILE], raw.table[LINE], text=text, bare=bare)
    labelled = texts.mutate(label=label(texts.bare)).filter(ibis._.label.notnull())
    met = sorted(labelled.select("label").distinct().to_pandas()["label"])
    if not met:
        return Decision()
    possible = frozenset.intersection(*(frozenset(label.split("|")) for label in met))
    if len(possible) == 1:
        return Decision(next(iter(possible)), possible)
    values = {
        "file": ", ".join(file.name for file in raw.files),
        "column": heading,
        "examples": _first_of_each(raw, labelled),
        "setting": setting.format(met[0].split("|")[0]),
    }
    return Decision(None, possible, Problem(code=AMBIGUOUS if possible else MIXED, values=values))


def _first_of_each(raw: Raw, labelled: ibis.Table, most: int = 3) -> list[str]:
    """Show the first lines of each convention as the user counts them: `3: '1.234,50'`; of a pivot the column too."""
    order = ibis.window(group_by="label", order_by=[FILE, LINE])
    first = labelled.mutate(at=ibis.row_number().over(order)).filter(ibis._["at"] < most)
    rows = first.order_by(["label", FILE, LINE]).select(file=FILE, line=LINE, text="text").to_pandas()
    prefix = [f"{raw.files[at].name}:" if len(raw.files) > 1 else "" for at in rows["file"]]
    places = [" ".join(str(part) for part in raw.place(line) if part) for line in rows["line"]]
    return [f"{file}{place}: '{text}'" for file, place, text in zip(prefix, places, rows["text"], strict=True)]
