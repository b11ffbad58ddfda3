"""Criteria on accounts: what is known of each, measured or rated, and how many points it is worth.

In go measures, ratings and the settings of the criteria; out come values, utilities from 0 to 1, and knock-outs. Knows
no weights. A value that is not there is NaN throughout, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from kamlab.engagement.choosing import VALUE, Criterion
from kamlab.engagement.expression import parse_condition
from kamlab.facts.conditions import holds
from kamlab.facts.ratings import levelled

ALIKE = 0.5  # what a criterion gives everyone where all have the same value
OVERLAP = 0.8  # rank correlation from which two criteria measure the same
FEWEST = 8  # accounts, below which a correlation says nothing
MOST_APART = 0.5  # of a range that a few accounts may take alone
MOST_OUTLYING = 4  # of so many accounts one at most is an outlier
# What counts where the settings name no criteria: only what the ledger has.
DEFAULTS: dict[str, dict[str, str]] = {
    "revenue": {"axis": "attractiveness", "weight": "30", "scale": "log"},
    "contribution_margin": {"axis": "attractiveness", "weight": "25", "scale": "log"},
    "growth": {"axis": "attractiveness", "weight": "15", "low": "-0.25", "high": "0.5"},
    "regularity": {"axis": "position", "weight": "10", "low": "0", "high": "1"},
    "product_groups": {"axis": "complexity", "weight": "10"},
    "countries": {"axis": "complexity", "weight": "10"},
}


def default_criteria(measured: Iterable[str]) -> dict[str, Criterion]:
    """Return the criteria that count where the settings name none: those of `DEFAULTS` that are measured."""
    known = set(measured)
    return {name: Criterion.model_validate({"from": name} | given) for name, given in DEFAULTS.items() if name in known}


def ratings(entered: pd.DataFrame | None, criteria: Mapping[str, Criterion]) -> pd.DataFrame:
    """Return what people have rated: account_id, criterion, rater, value; one row each, several of a rater averaged.

    Rows of criteria that are not rated by the settings are not in it; without a code all raters count as one.
    """
    columns = ["account_id", "criterion", "rater"]
    if entered is None:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns} | {VALUE: pd.Series(dtype="float64")})
    rated = [name for name, criterion in criteria.items() if criterion.source is None]
    frame = entered.reindex(columns=[*columns, VALUE])
    frame = frame[frame["criterion"].isin(rated) & frame[VALUE].notna() & frame["account_id"].notna()]
    frame = frame.assign(rater=frame["rater"].fillna("").astype(str))
    return frame.groupby(columns)[VALUE].mean().reset_index()


def marks(rated: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the ratings on one criterion as a matrix: accounts × raters, NaN where somebody has not rated."""
    own = rated[rated["criterion"] == name]
    return own.pivot(index="account_id", columns="rater", values=VALUE).astype("float64")


def values(accounts: pd.DataFrame, rated: pd.DataFrame, criteria: Mapping[str, Criterion]) -> pd.DataFrame:
    """Return what every account has on every criterion, by account_id: the measure, or what raters say on average.

    Where somebody has not rated an account that others did, the levels at which each of them rates are taken out.
    """
    ids = accounts["account_id"]
    columns = {}
    for name, criterion in criteria.items():
        if criterion.source is not None:
            columns[name] = accounts[criterion.source].astype("float64").to_numpy()
        else:
            columns[name] = ids.map(levelled(marks(rated, name)).means).astype("float64").to_numpy()
    return pd.DataFrame(columns, index=pd.Index(ids, name="account_id"), dtype="float64")


def scaled(column: pd.Series, criterion: Criterion) -> Criterion:
    """Choose scale and bounds that the settings leave open, so that a few accounts do not take the range.

    Parameters
    ----------
    column : Series
        What is known of the accounts that are compared.

    What people rate, and what the settings give a scale or both bounds, is linear where they name none. A measure grows
    linearly between the least and the largest; where `outlying` accounts then take most of the range, logarithmically;
    where that does not help, or a value is not above zero, linearly up to the outermost of the others, and what lies
    beyond gets what that one gets.
    """
    known = column.dropna()
    linear = criterion.model_copy(update={"scale": criterion.scale or "linear"})
    is_open = criterion.scale is None and (criterion.low is None or criterion.high is None)
    if criterion.source is None or not is_open or not outlying(known, linear):
        return linear
    log = criterion.model_copy(update={"scale": "log"})
    is_above = all(end is None or end > 0 for end in (criterion.low, criterion.high)) and bool((known > 0).all())
    if is_above and not outlying(known, log):
        return log
    drawn = linear
    while far := outlying(known, drawn):
        low, high = bounds(known, drawn)
        others = known.drop(index=far)
        is_above = known[far[0]] > others.max()
        given = criterion.high if is_above else criterion.low
        closer = {"high": others[others <= high].max()} if is_above else {"low": others[others >= low].min()}
        new = drawn.model_copy(update=closer)
        if given is not None or not bounds(known, new)[0] < bounds(known, new)[1]:
            break
        drawn = new
    return drawn


def outlying(column: pd.Series, criterion: Criterion) -> list[str]:
    """Name the accounts, at most a quarter of all, that alone take more than `MOST_APART` of a range, the largest last.

    Fewer than three accounts have none.
    """
    known = column.dropna()
    if len(known) < 3:
        return []
    points = pd.Series(utility(known.to_numpy(), criterion, *bounds(known, criterion)), known.index).sort_values()
    gaps = points.diff().iloc[1:]
    at = int(gaps.to_numpy().argmax()) + 1
    far = min(points.index[:at], points.index[at:], key=len)
    is_far = gaps.max() > MOST_APART and len(far) <= max(1, len(known) // MOST_OUTLYING)
    return far.tolist() if is_far else []


def bounds(column: pd.Series, criterion: Criterion) -> tuple[float, float]:
    """Return the values that get no and all points: those of the settings, else the least and largest that are known.

    On a logarithmic scale only values above zero count; NaN where none is known.
    """
    known = column[column > 0] if criterion.scale == "log" else column
    low = float(known.min()) if criterion.low is None else float(criterion.low)
    high = float(known.max()) if criterion.high is None else float(criterion.high)
    return low, high


def utility(column: np.ndarray, criterion: Criterion, low: float, high: float) -> np.ndarray:
    """Turn values into utilities, 0 to 1; NaN stays NaN.

    What lies beyond the bounds gets what they get; on a logarithmic scale so does what is not above zero. Where the
    bounds are the same, or turned round by the data, the criterion tells nothing apart: all get `ALIKE`.
    """
    numbers = np.asarray(column, dtype=float)
    if not low < high:
        return np.where(np.isnan(numbers), np.nan, ALIKE)
    if criterion.scale == "log":
        low, high = np.log(low), np.log(high)
        numbers = np.log(np.where(numbers <= 0, np.exp(low), numbers))
    points = np.clip((numbers - low) / (high - low), 0.0, 1.0)
    return 1 - points if criterion.direction == "less" else points


def knocked_out(values_: pd.DataFrame, criteria: Mapping[str, Criterion]) -> pd.Series:
    """Name for every account the first criterion whose knock-out it meets, None where there is none.

    A value that is not there knocks nobody out.
    """
    found = pd.Series(None, index=values_.index, dtype="object")
    for name, criterion in criteria.items():
        if criterion.knock_out is not None:
            meets = holds(parse_condition(criterion.knock_out), values_[[name]].rename(columns={name: VALUE}))
            found = found.mask(found.isna() & meets.fillna(False).astype(bool), name)
    return found


def overlaps(utilities: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Find criteria that order the accounts almost alike, so that one thing is counted more than once.

    Returns
    -------
    DataFrame, the most joint weight first: criterion, other, correlation (Spearman's), joint_weight. Pairs
    of which fewer than `FEWEST` accounts have both are not in it.
    """
    names = [str(name) for name in weights.index[weights > 0]]
    rows = []
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            both = utilities[[one, other]].dropna()
            if len(both) < FEWEST or (both.nunique() < 2).any():
                continue
            ranks = both.rank()
            correlation = float(ranks[one].corr(ranks[other]))
            if correlation >= OVERLAP:
                rows.append((one, other, correlation, float(weights[one] + weights[other])))
    found = pd.DataFrame(rows, columns=["criterion", "other", "correlation", "joint_weight"])
    return found.sort_values(["joint_weight", "criterion", "other"], ascending=[False, True, True], ignore_index=True)


def families(overlap: pd.DataFrame) -> list[list[str]]:
    """Put criteria together that overlap, directly or over others; the names in the order of the table."""
    found: list[list[str]] = []
    for one, other in zip(overlap["criterion"], overlap["other"], strict=True):
        touched = [family for family in found if one in family or other in family]
        merged = list(dict.fromkeys([*(name for family in touched for name in family), one, other]))
        found = [family for family in found if family not in touched] + [merged]
    return found
