"""What was different between two runs besides their numbers: inputs, settings, parameters, versions, analyses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from kamlab.comparison.runs import Run

KINDS = ("input", "setting", "parameter", "version", "analysis", "key_number")
COLUMNS = ("kind", "place", "event", "earlier", "later")


def circumstances(earlier: Run, later: Run) -> pd.DataFrame:
    """List what differs.

    Returns
    -------
    DataFrame: kind (one of KINDS), place (which one), change (`new`, `changed`, `gone`), earlier and later (text; of an
    input the rows read, None where it was not there).
    """
    rows = [
        *_differing("input", *({(i.table, i.name): i.sha256 for i in run.inputs} for run in (earlier, later))),
        *_differing("setting", earlier.settings, later.settings),
        *_differing("parameter", *(_parameters(run) for run in (earlier, later))),
        *_differing("version", earlier.versions, later.versions),
        *_differing("analysis", *(dict.fromkeys(run.results, "") for run in (earlier, later))),
        *_differing("key_number", *(_texts(run) for run in (earlier, later))),
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    inputs = frame["kind"] == "input"
    for column, run in (("earlier", earlier), ("later", later)):
        counts = {(i.table, i.name): i.rows for i in run.inputs}
        found = [counts.get(place) for place in frame.loc[inputs, "place"]]
        frame.loc[inputs, column] = [None if count is None else str(count) for count in found]
    places = [name[1] if isinstance(name, tuple) else name for name in frame["place"]]
    frame["place"] = pd.Series(places, dtype="object")  # texts, even where nothing differs
    return frame.drop_duplicates(ignore_index=True)  # a file that feeds several tables


def changed(frame: pd.DataFrame, kind: str, prefix: str = "") -> bool:
    """Say whether something of a kind (under a place) differs."""
    return bool(((frame["kind"] == kind) & frame["place"].str.startswith(prefix)).any())


def _differing(
    kind: str, earlier: Mapping[Any, str], later: Mapping[Any, str]
) -> Iterable[tuple[str, Any, str, str | None, str | None]]:
    for place in dict.fromkeys([*earlier, *later]):
        before, after = earlier.get(place), later.get(place)
        if before != after:
            change = "new" if before is None else "gone" if after is None else "changed"
            yield kind, place, change, before, after


def _parameters(run: Run) -> dict[str, str]:
    """Name the values that analyses worked with, under `analysis.parameter`: those given, and those they report."""
    return {
        f"{analysis}.{name}": str(value)
        for analysis, result in run.results.items()
        for name, value in {**run.parameters.get(analysis, {}), **result.parameters}.items()
        if value is not None and value != ""
    }


def _texts(run: Run) -> dict[str, str]:
    """Name the key numbers that are texts."""
    return {
        f"{analysis}.{name}": value
        for analysis, result in run.results.items()
        for name, value in result.key_numbers.items()
        if isinstance(value, str)
    }
