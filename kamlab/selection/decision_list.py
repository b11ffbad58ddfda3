"""The decision list: which account is in, enters, waits, leaves or is watched, and what that follows from.

In go measures, scoring and the other procedures with the decisions that people have taken, out comes a frame with a
status and the reasons for every account. A key account leaves only after two years below the line, by knock-out or by
decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from kamlab.facts.measures import Measures
from kamlab.results import Result
from kamlab.selection.portfolio import utilities_before

SELECTED = ("stays", "probation", "enters")
ORDER = (*SELECTED, "waits", "leaves", "watch", "not_selected")  # of the list
MONTHS_OF_A_YEAR = 12
FEWEST_VOTES = 3  # opinions, from which on their number says something


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
    columns = ["account_id", "name", "is_key_account", "key_account_since", "revenue", "contribution_margin"]
    columns += ["hours", "cost_to_serve"]
    pool = own.loc[is_wanted, columns].reset_index(drop=True)
    scored = scoring.tables["accounts"].set_index("account_id")
    pool = pool.join(scored[["score", "rank", "status", "in_circle", "knock_out"]], on="account_id")
    pool = pool.rename(columns={"status": "stability"})
    for analysis, names in (
        ("portfolio", ["coverage_model", "quadrant"]),
        ("charter", ["fits", "failing", "rules_met", "rules"]),
        ("customer_value", ["value"]),
    ):
        if analysis in known:
            pool = pool.join(known[analysis].tables["accounts"].set_index("account_id")[names], on="account_id")
        else:
            pool = pool.assign(**dict.fromkeys(names))
    return pool.rename(columns={"value": "customer_value"}).join(decisions, on="account_id")


def hours_of(
    pool: pd.DataFrame, measured: Measures, hours_per_account: float, rate: Decimal | None
) -> tuple[pd.DataFrame, bool]:
    """Say what every account would take as a key account in a year, and whether the hours of any are known at all.

    Returns
    -------
    DataFrame with `hours` (the known ones of a key account, else the usual ones) and `cost` (the known one of a key
    account, else hours at the rate; NaN where there is none), and `spent`: what is known to be spent on it already.
    """
    period = measured.sales.basis.period
    a_year = MONTHS_OF_A_YEAR / (len(period.months) if period else MONTHS_OF_A_YEAR)
    today, spent = pool["is_key_account"], pool["cost_to_serve"] * a_year
    own = (pool["hours"] * a_year).where(today)
    usual = hours_per_account or own.mean()
    hours = own.fillna(usual)
    cost = spent.where(today).fillna(hours * (np.nan if rate is None else float(rate)))
    return pd.DataFrame({"hours": hours, "cost": cost, "spent": spent}), bool(pd.notna(usual))


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


def _eligible(pool: pd.DataFrame) -> pd.DataFrame:
    """Return who may be on the list by its score: scored, not knocked out, not decided against, of a fitting model."""
    fits = pool["coverage_model"].isin(["key_account"]) | pool["coverage_model"].isna() | pool["is_key_account"]
    return pool[pool["rank"].notna() & pool["knock_out"].isna() & pool["decision"].isna() & fits]


def judged(pool: pd.DataFrame, capacity: float, places: int) -> pd.DataFrame:
    """Give every account its status, in one walk through the order with the hours (or places) there are.

    The hours of accounts decided in come first, then those of key accounts above the line in this year or the last;
    the others follow by rank while the free hours suffice, until one does not fit. Above the line are the first of the
    order, decisions aside: as many as there are places, where hours limit the list as many as there are key accounts.

    Who is kept hangs neither on hours nor on decisions, and the others are a beginning of one order. From that follow:
    nobody leaves or waits while the next in order fits into the free hours, and freeing hours worsens nobody's status.

    Parameters
    ----------
    pool : DataFrame
        As `pool_of` returns it, with hours and rank_before (NaN where not known: no second year below the line).
    capacity : float
        Hours a year; 0: `places` limit the list.

    Returns
    -------
    DataFrame with `status` (see `ORDER`), `computed` (the status if nothing had been decided by hand) and `by`
    (`computed` or `decision`), in the order of the list.
    """
    takes, room = (pool["hours"], capacity) if capacity else (pd.Series(1.0, index=pool.index), float(places))
    today = pool["is_key_account"]
    line = int(today.sum()) if capacity else places
    computed = _walked(pool.assign(decision=None), takes, room, line)
    status = np.select(
        [pool["decision"] == "in", pool["decision"] == "out", pool["decision"] == "watch"],
        [np.where(today, "stays", "enters"), np.where(today, "leaves", "not_selected"), "watch"],
        default=_walked(pool, takes, room, line),
    )
    by = np.where(pool["decision"].notna(), "decision", "computed")
    pool = pool.assign(computed=computed, status=status, by=by)
    place = pool["status"].map({name: at for at, name in enumerate(ORDER)})
    ordered = pool.assign(place=place).sort_values(["place", "rank", "account_id"], ignore_index=True)
    return ordered.drop(columns=["place", "key_account_since"])


def _walked(pool: pd.DataFrame, takes: pd.Series, room: float, line: int) -> pd.Series:
    """Return the status of all accounts on which nothing is decided; of the others it says nothing."""
    order = _eligible(pool.assign(decision=None)).sort_values("rank")
    before = order[order["rank_before"].notna()].sort_values("rank_before")
    above, was_above = (pool.index.isin(rows.index[:line]) for rows in (order, before))
    today, is_out, unscored = pool["is_key_account"], pool["knock_out"].notna(), pool["rank"].isna()
    undecided = pool["decision"].isna()
    kept = today & ~is_out & (above | was_above | pool["rank_before"].isna())
    rest = order[(undecided & ~kept)[order.index]]
    free = room - takes[(pool["decision"] == "in") | (undecided & kept)].sum()
    fits = takes[rest.index].cumsum().round(6) <= round(free, 6)
    alone = order.index[takes[order.index].cumsum().round(6) <= round(room, 6)]  # if nobody were decided in or kept
    end = rest.loc[~fits, "rank"].min()  # the first whom the hours do not suffice for
    is_in = pool.index.isin(rest.index[fits])
    reached = above | ~(pool["rank"] >= end)
    status = np.select(
        [
            today & is_out,
            today & unscored,
            today & (kept | is_in) & reached,
            today & kept,
            today,
            is_in,
            above | pool.index.isin(alone),
            (pool["coverage_model"] == "watch") & ~is_out,
        ],
        ["leaves", "probation", "stays", "probation", "leaves", "enters", "waits", "watch"],
        default="not_selected",
    )
    return pd.Series(status, index=pool.index)


def because(row: Mapping[str, Any], opinions: int, limit: str) -> str:
    """Choose the sentences that say why an account has its status, most important first, joined by blanks.

    Parameters
    ----------
    limit : str
        What ends the list: `hours` or `places`.
    """
    codes = []
    if row["by"] == "decision":
        codes.append(f"decided_{row['decision']}")
        codes += ["computed_otherwise"] if row["computed"] != row["status"] else []
    else:
        codes.append("knocked_out" if pd.notna(row["knock_out"]) else _by_computation(row, limit))
    if pd.isna(row["knock_out"]) and row["stability"] in ("set", "borderline"):
        codes.append("sure" if row["stability"] == "set" else "unsure")
    if pd.notna(row["coverage_model"]) and codes[0] not in ("other_model", "small_model"):
        codes.append(f"model_{row['coverage_model']}")
    if pd.notna(row["fits"]) and not row["fits"]:
        codes.append("fails_definition")
    if opinions >= FEWEST_VOTES and row["status"] in (*SELECTED, "waits"):
        codes.append("votes")
    return " ".join(codes)


def _by_computation(row: Mapping[str, Any], limit: str) -> str:
    """Name what the computed status follows from."""
    if row["status"] == "not_selected":
        if pd.isna(row["rank"]):
            return "not_scored"
        return {"large_account": "other_model", "classical": "small_model"}.get(row["coverage_model"], "below")
    if row["status"] == "waits":
        return f"waits_{limit}"
    return "stays_unscored" if pd.isna(row["rank"]) and row["status"] == "probation" else str(row["status"])
