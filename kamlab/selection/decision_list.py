"""The decision list: which account is in, enters, waits, leaves or is watched, and what that follows from.

In go measures, scoring and the other procedures with the decisions that people have taken, out comes a frame with a
status and the reasons for every account. A key account leaves only after two years below the line, by knock-out or by
decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamlab.facts.measures import Measures
from kamlab.results import Result
from kamlab.selection.portfolio import utilities_before

SELECTED = ("stays", "probation", "enters")
ORDER = (*SELECTED, "waits", "leaves", "watch", "not_selected")  # of the list
MONTHS_OF_A_YEAR = 12
FEWEST_VOTES = 3  # procedures that vote, from which on their number says something


def latest(decisions: pd.DataFrame | None) -> pd.DataFrame:
    """Return the last decision on every account: decision, reason, decided (the day); by account_id."""
    columns = ["account_id", "decision", "reason", "date"]
    frame = (decisions if decisions is not None else pd.DataFrame()).reindex(columns=columns)
    frame = frame.assign(account_id=frame["account_id"].astype("str"), date=pd.to_datetime(frame["date"]))
    last = frame.sort_values("date", kind="stable", na_position="first").drop_duplicates("account_id", keep="last")
    return last.rename(columns={"date": "decided"}).set_index("account_id").dropna(subset=["decision"])


def pool_of(measured: Measures, scoring: Result, known: Mapping[str, Result], decisions: pd.DataFrame) -> pd.DataFrame:
    """Bring together what is known of the accounts with positive revenue, today's key accounts and those decided on."""
    own = measured.with_silent
    is_wanted = (own["revenue"].round(4) > 0) | own["is_key_account"] | own["account_id"].isin(decisions.index)
    columns = ["account_id", "name", "is_key_account", "key_account_since", "revenue", "contribution_margin", "hours"]
    pool = own.loc[is_wanted, columns].reset_index(drop=True)
    scored = scoring.tables["accounts"].set_index("account_id")
    pool = pool.join(scored[["score", "rank", "status", "in_circle", "knock_out"]], on="account_id")
    pool = pool.rename(columns={"status": "stability"})
    for analysis, names in (
        ("portfolio", ["coverage_model"]),
        ("charter", ["fits", "failing"]),
        ("customer_value", ["value"]),
    ):
        if analysis in known:
            pool = pool.join(known[analysis].tables["accounts"].set_index("account_id")[names], on="account_id")
        else:
            pool = pool.assign(**dict.fromkeys(names))
    return pool.rename(columns={"value": "customer_value"}).join(decisions, on="account_id")


def hours_of(pool: pd.DataFrame, measured: Measures, hours_per_account: float) -> tuple[pd.Series, bool]:
    """Give every account the hours a year that it would take as a key account, and say whether that is known at all."""
    period = measured.sales.basis.period
    months = len(period.months) if period else MONTHS_OF_A_YEAR
    own = (pool["hours"] * MONTHS_OF_A_YEAR / months).where(pool["is_key_account"])
    usual = hours_per_account or own.mean()
    return own.fillna(usual), bool(pd.notna(usual))


def ranks_before(pool: pd.DataFrame, scoring: Result, before: Measures | None) -> pd.Series:
    """Rank those who may be on the list as they stood a year earlier, by account_id; empty where that is not known."""
    if before is None:
        return pd.Series(dtype="float64")
    eligible = _eligible(pool.assign(decision=None))["account_id"]
    then = utilities_before(scoring.tables["utilities"], before.accounts, scoring.tables["criteria"])
    then = then[then["account_id"].isin(eligible)]
    points = (then["utility"] * then["weight"]).groupby(then["account_id"]).sum()
    weights = then["weight"].where(then["utility"].notna()).groupby(then["account_id"]).sum()
    return (points / weights.where(weights > 0)).sort_index().rank(ascending=False, method="first")


def line_of(pool: pd.DataFrame, capacity: float, places: int) -> int:
    """Count how many of the best the hours suffice for, key accounts by decision first; without hours, the places."""
    if not capacity:
        return places
    decided = pool["decision"] == "in"
    left = capacity - pool.loc[decided, "hours"].sum()
    ordered = _eligible(pool[~decided]).sort_values("rank")
    return int((ordered["hours"].cumsum() <= left).sum())


def _eligible(pool: pd.DataFrame) -> pd.DataFrame:
    """Return who may be on the list by its score: scored, not knocked out, not decided against, of a fitting model."""
    fits = pool["coverage_model"].isin(["key_account"]) | pool["coverage_model"].isna() | pool["is_key_account"]
    return pool[pool["rank"].notna() & pool["knock_out"].isna() & pool["decision"].isna() & fits]


def judged(pool: pd.DataFrame, line: int, capacity: float, has_before: bool) -> pd.DataFrame:
    """Give every account its status.

    Returns
    -------
    DataFrame with `status` (see `ORDER`), `computed` (the status without a decision by hand) and `by` (`computed` or
    `decision`), in the order of the list.
    """
    eligible = _eligible(pool.assign(decision=None)).sort_values("rank")
    places_ = pd.Series(np.arange(1, len(eligible) + 1), index=eligible.index)
    above = pool.index.isin(places_.index[places_ <= line])
    was_above = pool["rank_before"] <= line if has_before else pd.Series(data=True, index=pool.index)
    today, is_out = pool["is_key_account"], pool["knock_out"].notna()
    small = pool["coverage_model"] == "watch"
    computed = np.select(
        [
            today & is_out,
            today & above,
            today & (was_above | pool["rank"].isna()),
            today,
            above & ~is_out,
            small & ~is_out,
        ],
        ["leaves", "stays", "probation", "leaves", "enters", "watch"],
        default="not_selected",
    )
    pool = pool.assign(computed=computed, above=above)
    by_hand = {"in": np.where(today, "stays", "enters"), "out": np.where(today, "leaves", "not_selected")}
    status = np.select(
        [pool["decision"] == "in", pool["decision"] == "out", pool["decision"] == "watch"],
        [by_hand["in"], by_hand["out"], "watch"],
        default=computed,
    )
    pool = pool.assign(status=status, by=np.where(pool["decision"].notna(), "decision", "computed"))
    pool["status"] = _within(pool, capacity, line)
    place = pool["status"].map({name: at for at, name in enumerate(ORDER)})
    ordered = pool.assign(place=place).sort_values(["place", "rank", "account_id"], ignore_index=True)
    return ordered.drop(columns=["place", "above", "key_account_since"])


def _within(pool: pd.DataFrame, capacity: float, line: int) -> pd.Series:
    """Let those enter for whom there is room beside who is in already; the others wait."""
    status = pool["status"].copy()
    fixed = status.isin(["stays", "probation"]) | ((status == "enters") & (pool["by"] == "decision"))
    newcomers = pool[(status == "enters") & ~fixed].sort_values("rank")
    if capacity:
        fits = newcomers["hours"].cumsum() <= capacity - pool.loc[fixed, "hours"].sum()
    else:
        fits = pd.Series(np.arange(1, len(newcomers) + 1) <= line - int(fixed.sum()), index=newcomers.index)
    status[fits.index[~fits]] = "waits"
    return status


def because(row: Mapping[str, Any], procedures: int) -> str:
    """Choose the sentences that say why an account has its status, most important first, joined by blanks."""
    codes = []
    if row["by"] == "decision":
        codes.append(f"decided_{row['decision']}")
        codes += ["computed_otherwise"] if row["computed"] != row["status"] else []
    else:
        codes.append("knocked_out" if pd.notna(row["knock_out"]) else _by_computation(row))
    if pd.isna(row["knock_out"]) and row["stability"] in ("set", "borderline"):
        codes.append("sure" if row["stability"] == "set" else "unsure")
    if pd.notna(row["coverage_model"]) and codes[0] != "other_model":
        codes.append(f"model_{row['coverage_model']}")
    if pd.notna(row["fits"]) and not row["fits"]:
        codes.append("fails_definition")
    if procedures >= FEWEST_VOTES and row["status"] in (*SELECTED, "waits"):
        codes.append("votes")
    return " ".join(codes)


def _by_computation(row: Mapping[str, Any]) -> str:
    """Name what the computed status follows from."""
    if row["status"] == "not_selected":
        if pd.isna(row["rank"]):
            return "not_scored"
        return "other_model" if row["coverage_model"] == "large_account" else "below"
    if pd.isna(row["rank"]) and row["status"] in ("probation", "leaves"):
        return "stays_unscored"
    return str(row["status"])
