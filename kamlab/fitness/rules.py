"""Rules of the charter judged on accounts: who meets which, and by how much who does not falls short.

In go accounts with their measures and rules as conditions, out come frames of states. Knows no settings and no words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from kamlab.engagement.expression import Comparison, Constant, Heading, Junction, Node, Not, headings
from kamlab.facts.conditions import holds
from kamlab.facts.ratings import levelled

STATES = ("met", "not_met", "unknown")
NEAR = 0.05  # of a limit: what a small change of the year could bring
_TURNED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}  # with the sides changed
_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def mean_ratings(criteria: pd.DataFrame | None) -> pd.DataFrame:
    """Return the ratings per account and criterion: the mean over raters, brought to one level where marks are missing.

    Parameters
    ----------
    criteria : DataFrame
        account_id, criterion, value; rater where there are several.

    Returns
    -------
    DataFrame with a row per account (the index) and a column per criterion, NaN where nobody rated.
    """
    if criteria is None or criteria.empty:
        return pd.DataFrame(index=pd.Index([], name="account_id"))
    frame = criteria.reindex(columns=["account_id", "criterion", "rater", "value"])
    by_rater = frame.fillna({"rater": ""}).groupby(["criterion", "account_id", "rater"])["value"].mean()
    names = by_rater.index.unique("criterion")
    return pd.DataFrame({name: levelled(by_rater[name].unstack("rater")).means for name in names})


def judge(rules: Mapping[str, Node], accounts: pd.DataFrame) -> pd.DataFrame:
    """Judge every rule on every account: a column per rule, nullable booleans, NA where it cannot be judged."""
    return pd.DataFrame({name: holds(rule, accounts) for name, rule in rules.items()}, index=accounts.index)


def fits(states: pd.DataFrame, needed: int) -> pd.Series:
    """Say who meets at least so many rules; NA where what cannot be judged would decide."""
    met, unknown = states.fillna(False).sum(axis=1), states.isna().sum(axis=1)
    result = pd.Series(pd.NA, index=states.index, dtype="boolean")
    return result.mask(met >= needed, True).mask(met + unknown < needed, False)


def state_words(states: pd.Series) -> pd.Series:
    """Name states: met, not_met, unknown."""
    return states.map({True: "met", False: "not_met"}).astype("object").where(states.notna(), "unknown")


def names_of(states: pd.DataFrame, state: str) -> pd.Series:
    """Join per account the names of the rules in a state; empty without any."""
    found = states.apply(state_words) == state
    return found.apply(lambda row: "; ".join(row.index[row]), axis=1) if len(found.columns) else _no_text(states)


def _no_text(states: pd.DataFrame) -> pd.Series:
    return pd.Series("", index=states.index, dtype="object")


def verdict(met: int, not_met: int) -> str:
    """Say whether a rule tells accounts apart: separates, everybody, nobody, unmeasured."""
    if met and not_met:
        return "separates"
    return "everybody" if met else "nobody" if not_met else "unmeasured"


def shortfalls(rules: Mapping[str, Node], accounts: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """List where accounts fall short of a rule, or what is missing to judge it.

    Returns
    -------
    DataFrame, one row per account, rule and comparison in it that fails or is unknown: account_id, name, rule, state,
    measure, measured (number) or measured_text, relation and limit or limit_text that were demanded (None where a rule
    does not compare one measure with one value).
    """
    rows: list[dict[str, object]] = []
    for name, rule in rules.items():
        for leaf, wanted in _leaves(rule, True):
            judged = holds(leaf, accounts)
            failing = (states[name] == False) & (judged != wanted)  # noqa: E712  NA is neither
            open_ = states[name].isna() & judged.isna()
            for state, where in (("not_met", failing), ("unknown", open_)):
                for at in states.index[where.fillna(False).astype(bool)]:
                    rows += [
                        {"at": at, "rule": name, "state": state, **demand}
                        | _measured(accounts, at, str(demand["measure"]))
                        for demand in _demands(leaf, wanted)
                    ]
    columns = ["account_id", "name", "rule", "state", "measure", "measured", "measured_text"]
    columns += ["relation", "limit", "limit_text"]
    frame = pd.DataFrame(rows, columns=["at", *columns[2:]])
    frame = frame.astype({"measured": "float64", "limit": "float64"})
    joined = frame.merge(accounts[["account_id", "name"]], left_on="at", right_index=True, how="left")
    order = {at: place for place, at in enumerate(accounts.index)}
    return joined.sort_values("at", key=lambda ats: ats.map(order), kind="stable", ignore_index=True)[columns]


def raters_of(criteria: pd.DataFrame | None) -> pd.Series:
    """Count the raters by account_id and criterion; without a code all count as one."""
    if criteria is None or criteria.empty:
        return pd.Series(dtype="int64")
    frame = criteria.reindex(columns=["account_id", "criterion", "rater", "value"]).dropna(subset=["value"])
    return frame.fillna({"rater": ""}).groupby(["account_id", "criterion"])["rater"].nunique()


def near(short: pd.DataFrame, raters: pd.Series) -> pd.Series:
    """Say of every shortfall whether it is a near miss.

    Parameters
    ----------
    short : DataFrame
        As `shortfalls` returns it.
    raters : Series
        As `raters_of` returns it.

    A measure misses its limit by at most `NEAR` of it; a mean of ratings by at most what one rater would change by one
    point. What is no number, or is to be equal, is never near.
    """
    gap, found = (short["measured"] - short["limit"]).abs(), []
    for at, account, measure in zip(short.index, short["account_id"], short["measure"], strict=True):
        count = raters.get((account, measure)) if len(raters) else None
        allowed = 1 / count if count else NEAR * abs(short["limit"][at])
        found.append(bool(gap[at] <= allowed + 1e-9) and short["relation"][at] in ("<", "<=", ">", ">="))
    return pd.Series(found, index=short.index, dtype=bool) & (short["state"] == "not_met")


def demand_of(rule: Node) -> tuple[str | None, float | None]:
    """Return the measure of a rule that speaks of one only, with the limit of one that compares it once."""
    names = set(headings(rule))
    if len(names) > 1:
        return None, None
    demands = [demand for leaf, wanted in _leaves(rule, True) for demand in _demands(leaf, wanted)]
    return names.pop(), demands[0].get("limit") if len(demands) == 1 else None


def _leaves(rule: Node, wanted: bool) -> Iterator[tuple[Node, bool]]:
    """Yield the comparisons of a rule, and whether they are wanted to hold."""
    match rule:
        case Junction(_, left, right):
            yield from _leaves(left, wanted)
            yield from _leaves(right, wanted)
        case Not(inner):
            yield from _leaves(inner, not wanted)
        case _:
            yield rule, wanted


def _demands(leaf: Node, wanted: bool) -> list[dict[str, Any]]:
    """Say what a comparison demands of which measure."""
    match leaf:
        case Comparison(relation, Heading(name), Constant(value)):
            pass
        case Comparison(relation, Constant(value), Heading(name)):
            relation = _TURNED[relation]  # type: ignore[assignment]
        case _:
            return [{"measure": name} for name in dict.fromkeys(headings(leaf))]
    said = relation if wanted else _OPPOSITE[relation]
    is_text = isinstance(value, str)
    limit = None if is_text or not hasattr(value, "as_tuple") else float(value)  # type: ignore[arg-type]
    return [
        {"measure": name, "relation": said, "limit": limit, "limit_text": None if limit is not None else str(value)}
    ]


def _measured(accounts: pd.DataFrame, at: object, measure: str) -> dict[str, object]:
    value: Any = accounts[measure].to_dict()[at] if measure in accounts else None
    if value is None or pd.isna(value):
        return {}
    return {"measured_text": value} if isinstance(value, str) else {"measured": float(value)}
