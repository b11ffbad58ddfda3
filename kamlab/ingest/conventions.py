"""How a text column writes numbers and dates: decided from all its values together, or not at all.

A convention must be unanimous. `1.234` alone may be a thousand or one and a bit: that is asked, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable

import ibis

from kamlab.errors import Problem
from kamlab.ingest.dates import date_label
from kamlab.ingest.numbers import DecimalSign, decimal_label, is_plain, undressed, without_percent
from kamlab.ingest.sources import FILE, LINE, Raw


def decide_decimal(raw: Raw, heading: str, text: ibis.Value, currency: str) -> tuple[DecimalSign | None, list[Problem]]:
    """Decide the decimal sign of a text column; None where every number in it is whole and ungrouped.

    Returns
    -------
    The sign, and why it cannot be told, if so (KL-E203 mixed, KL-E204 ambiguous).
    """
    bare = ibis.ifelse(is_plain(text), text, undressed(without_percent(text), currency))
    return _unanimous(raw, heading, text, bare, decimal_label, "decimal: '{}'")  # type: ignore[return-value]


def decide_date_format(raw: Raw, heading: str, text: ibis.Value) -> tuple[str | None, list[Problem]]:
    """Decide the date format of a text column; None where it holds no date at all.

    Returns
    -------
    The format, one of `dates.DATES`, and why it cannot be told, if so (KL-E203 mixed, KL-E204 ambiguous).
    """
    return _unanimous(raw, heading, text, text, date_label, "date_format: {}")


def _unanimous(
    raw: Raw,
    heading: str,
    text: ibis.Value,
    bare: ibis.Value,
    label: Callable[[ibis.Value], ibis.Value],
    setting: str,
) -> tuple[str | None, list[Problem]]:
    """Take the one convention that every value keeps; a label names all that a value may be written in."""
    texts = raw.table.select(raw.table[FILE], raw.table[LINE], text=text, bare=bare)
    labelled = texts.mutate(label=label(texts.bare)).filter(ibis._.label.notnull())
    met = sorted(labelled.select("label").distinct().to_pandas()["label"])
    if not met:
        return None, []
    possible = set.intersection(*(set(label.split("|")) for label in met))
    if len(possible) == 1:
        return possible.pop(), []
    values = {
        "file": ", ".join(file.name for file in raw.files),
        "column": heading,
        "examples": _first_of_each(raw, labelled),
        "setting": setting.format(met[0].split("|")[0]),
    }
    return None, [Problem(code="KL-E204" if possible else "KL-E203", values=values)]


def _first_of_each(raw: Raw, labelled: ibis.Table, most: int = 3) -> list[str]:
    """Show the first lines of each convention as the user counts them: `3: '1.234,50'`; of a pivot the column too."""
    order = ibis.window(group_by="label", order_by=[FILE, LINE])
    first = labelled.mutate(at=ibis.row_number().over(order)).filter(ibis._["at"] < most)
    rows = first.order_by(["label", FILE, LINE]).select(file=FILE, line=LINE, text="text").to_pandas()
    prefix = [f"{raw.files[at].name}:" if len(raw.files) > 1 else "" for at in rows["file"]]
    places = [" ".join(str(part) for part in raw.place(line) if part) for line in rows["line"]]
    return [f"{file}{place}: '{text}'" for file, place, text in zip(prefix, places, rows["text"], strict=True)]
