"""How a text column writes numbers and dates: decided from all its values together, or not at all.

A convention must be unanimous. `1.234` alone may be a thousand or one and a bit: that is asked, never guessed.
"""

from __future__ import annotations

from typing import Literal

import ibis

from kamlab.engagement.settings import DATE_FORMATS
from kamlab.errors import Problem
from kamlab.ingest.sources import FILE, LINE, Raw

DecimalSign = Literal[",", "."]

# Whole numbers may be grouped by the other sign; a group never begins with zero.
NUMBERS: dict[DecimalSign, str] = {
    ",": r"^[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+)?(,\d+)?$",
    ".": r"^[+-]?(\d+|[1-9]\d{0,2}(,\d{3})+)?(\.\d+)?$",
}
UNDECIDED = "?"
_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$"
DATES = {
    "dd.mm.yyyy": r"^(\d{1,2}\.\d{1,2}\.\d{4})" + _TIME,
    "dd/mm/yyyy": r"^((?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/\d{4})" + _TIME,
    "mm/dd/yyyy": r"^((?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/\d{4})" + _TIME,
    "yyyy-mm-dd": r"^(\d{4}-\d{1,2}-\d{1,2})" + _TIME,
    "yyyymmdd": r"^(\d{8})$",
}
assert DATES.keys() == DATE_FORMATS.keys()


def decide_decimal(raw: Raw, heading: str, text: ibis.Value) -> tuple[DecimalSign | None, list[Problem]]:
    """Decide the decimal sign of a text column; None where every number in it is whole and ungrouped.

    Returns
    -------
    The sign, and why it cannot be told, if so (KL-E203 mixed, KL-E204 ambiguous).
    """
    comma, point = (text.re_search(NUMBERS[sign]) & text.re_search(r"\d") for sign in (",", "."))
    label = ibis.cases(
        (comma & ~point, ibis.literal(",")), (point & ~comma, "."), (comma & point & text.re_search("[.,]"), UNDECIDED)
    )
    return _unanimous(raw, heading, text, label, (",", "."), "decimal: ','")  # type: ignore[return-value]


def decide_date_format(raw: Raw, heading: str, text: ibis.Value) -> tuple[str | None, list[Problem]]:
    """Decide the date format of a text column; None where it holds no date at all.

    Returns
    -------
    The format, a key of `DATES`, and why it cannot be told, if so (KL-E203 mixed, KL-E204 ambiguous).
    """
    day_first, month_first = (text.re_search(DATES[name]) for name in ("dd/mm/yyyy", "mm/dd/yyyy"))
    label = ibis.cases(
        *((text.re_search(DATES[name]), ibis.literal(name)) for name in ("dd.mm.yyyy", "yyyy-mm-dd", "yyyymmdd")),
        (day_first & ~month_first, "dd/mm/yyyy"),
        (month_first & ~day_first, "mm/dd/yyyy"),
        (day_first & month_first, UNDECIDED),
    )
    return _unanimous(raw, heading, text, label, ("dd/mm/yyyy", "mm/dd/yyyy"), "date_format: dd/mm/yyyy")


def _unanimous(
    raw: Raw, heading: str, text: ibis.Value, label: ibis.Value, open_to: tuple[str, ...], setting: str
) -> tuple[str | None, list[Problem]]:
    """Take the one convention that every value keeps; an undecided value fits those in `open_to`."""
    labelled = raw.table.select(raw.table[FILE], raw.table[LINE], label=label, text=text).filter(ibis._.label.notnull())
    met = set(labelled.select("label").distinct().to_pandas()["label"])
    sure = met - {UNDECIDED}
    if not met or (len(sure) == 1 and (UNDECIDED not in met or sure <= set(open_to))):
        return next(iter(sure), None), []
    values = {
        "file": ", ".join(file.name for file in raw.files),
        "column": heading,
        "examples": _first_of_each(raw, labelled),
        "setting": setting,
    }
    return None, [Problem(code="KL-E203" if sure else "KL-E204", values=values)]


def _first_of_each(raw: Raw, labelled: ibis.Table, most: int = 3) -> list[str]:
    """Show the first lines of each convention as the user counts them: `3: '1.234,50'`."""
    order = ibis.window(group_by="label", order_by=[FILE, LINE])
    first = labelled.mutate(at=ibis.row_number().over(order)).filter(ibis._["at"] < most)
    rows = first.order_by(["label", FILE, LINE]).select(file=FILE, line=LINE, text="text").to_pandas()
    prefix = [f"{raw.files[at].name}:" if len(raw.files) > 1 else "" for at in rows["file"]]
    return [f"{file}{line}: '{text}'" for file, line, text in zip(prefix, rows["line"], rows["text"], strict=True)]
