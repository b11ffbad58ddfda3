"""Measures and results of scoring made by hand, for the analyses that rest on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from kamlab.facts.measures import Measures
from kamlab.facts.sales import Sales
from kamlab.results import Basis, Period, Result, RevenueTally, RowTally

YEARS = [Period(start=date(year, 1, 1), end=date(year, 12, 31)) for year in (2025, 2024)]


def measured(accounts: Mapping[str, Mapping[str, Any]], has_margin: bool = True, year: int = 0) -> Measures:
    """Make the measures of a year out of what is said of every account; revenue is needed, the rest is optional."""
    frame = pd.DataFrame.from_dict(dict(accounts), orient="index")
    frame = frame.rename_axis("account_id").reset_index().sort_values("account_id", ignore_index=True)
    defaults = {"contribution_margin": np.nan, "hours": np.nan, "cost_to_serve": np.nan, "is_key_account": False}
    defaults |= {"revenue_before": 0.0, "countries": np.nan, "growth": np.nan}
    for name, default in defaults.items():
        frame[name] = frame[name].fillna(default) if name in frame else default
    frame["is_key_account"] = frame["is_key_account"].astype(bool)
    frame["name"] = "Kunde " + frame["account_id"]
    frame["revenue_now"] = frame["revenue"]
    frame["lines"] = 1
    since = [pd.Timestamp(2020, 1, 1) if is_key else pd.NaT for is_key in frame["is_key_account"]]
    frame["key_account_since"] = pd.Series(since, dtype="datetime64[ns]")
    frame["key_account_until"] = pd.Series([pd.NaT] * len(frame), dtype="datetime64[ns]")
    total = Decimal(str(round(float(frame["revenue"].sum()), 2)))
    nothing = Decimal(0)
    basis = Basis(
        period=YEARS[year],
        rows=RowTally(read=len(frame), used=len(frame), left_out=0, rejected=0),
        revenue=RevenueTally(read=total, used=total, left_out=nothing, rejected=nothing),
    )
    sold = Sales(frame, frame, (YEARS[0], YEARS[1]), has_margin, basis, date(2025, 12, 31), "EUR")
    return Measures(sold, frame, pd.DataFrame(columns=["account_id", "product_group", "revenue"]))


def scored(
    utilities: Mapping[str, Mapping[str, float]],
    criteria: Sequence[tuple[str, str, float, str | None]],
    places: int,
    knocked_out: Mapping[str, str] | None = None,
    in_circle: Mapping[str, float] | None = None,
) -> Result:
    """Make a result of scoring: utilities by account and criterion; criteria with axis, weight and source."""
    table = pd.DataFrame(criteria, columns=["criterion", "axis", "weight", "source"])
    table["source"] = table["source"].fillna("rated")
    table = table.assign(low=0.0, high=1.0, scale="linear", direction="more", unit="")
    rows = [(account, name, utility) for account, own in utilities.items() for name, utility in own.items()]
    long = pd.DataFrame(rows, columns=["account_id", "criterion", "utility"]).merge(table, on="criterion")
    points = (long["utility"] * long["weight"]).groupby(long["account_id"]).sum()
    scores = points / long["weight"].where(long["utility"].notna()).groupby(long["account_id"]).sum()
    frame = (100 * scores).rename("score").rename_axis("account_id").reset_index()
    frame = frame.sort_values(["score", "account_id"], ascending=[False, True], ignore_index=True)
    frame["knock_out"] = frame["account_id"].map(knocked_out or {}).astype(object)
    ranks = frame.loc[frame["knock_out"].isna(), "score"].rank(ascending=False, method="first")
    frame["rank"] = ranks.reindex(frame.index)
    frame["in_circle"] = frame["account_id"].map(in_circle or {}).fillna((frame["rank"] <= places).astype(float))
    stability = np.where(frame["in_circle"] >= 0.95, "set", np.where(frame["in_circle"] <= 0.05, "out", "borderline"))
    frame["status"] = np.where(frame["knock_out"].notna(), "knocked_out", stability)
    basis = measured({"1": {"revenue": 1.0}}).sales.basis
    return Result(
        analysis="scoring",
        as_of=date(2025, 12, 31),
        currency="EUR",
        basis=basis,
        key_numbers={"places": places},
        tables={"accounts": frame, "utilities": long, "criteria": table},
    )
