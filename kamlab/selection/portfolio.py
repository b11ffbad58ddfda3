"""Portfolio: where an account stands by its attractiveness and our position with it, and which coverage fits it.

In go the measures and what scoring found out about every criterion, out comes a `Result`. Two pictures: attractiveness
against own position with a strategy per quadrant, revenue against complexity with a coverage model per quadrant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamlab.engagement.choosing import MEASURES, Criterion
from kamlab.facts.measures import Measures
from kamlab.results import Finding, Result, Value
from kamlab.selection.criteria import utility
from kamlab.selection.shares import accounts_for

AXES = ("attractiveness", "position", "complexity")
OWN = {"position": "own_position"}  # as a column it says whose
# By (is attractive, is our position strong) and by (is large, is complex).
QUADRANTS = {(True, True): "develop", (True, False): "build", (False, True): "maintain", (False, False): "rationalise"}
MODELS = {
    (True, True): "key_account",
    (True, False): "large_account",
    (False, False): "classical",
    (False, True): "watch",
}
CHANGED = ["account_id", "name", "moved_by", "quadrant", "quadrant_before", "coverage_model", "coverage_model_before"]
ENOUGH_WEIGHT = 0.5  # share of an axis' weight that must be known of an account
CLASS_A = 0.8  # share of revenue that the large accounts bring together
NEAR = 0.05  # of an axis, so near a line that a step more or less in one rating may cross it
NEAR_REVENUE = 0.1  # of the revenue from which on an account is large
NAMED = 3


def axis_scores(utilities: pd.DataFrame) -> pd.DataFrame:
    """Weigh the utilities of every axis.

    Parameters
    ----------
    utilities : DataFrame
        account_id, criterion, axis, utility (0 to 1, NaN where unknown), weight.

    Returns
    -------
    DataFrame by account_id with a column per axis, 0 to 1; NaN where less than half of the axis' weight is known.
    """
    frame = utilities.assign(
        known=utilities["weight"].where(utilities["utility"].notna(), 0.0),
        points=(utilities["utility"] * utilities["weight"]).fillna(0.0),
    )
    sums = frame.groupby(["axis", "account_id"])[["weight", "known", "points"]].sum()
    is_enough = (sums["known"] > 0) & (sums["known"] >= ENOUGH_WEIGHT * sums["weight"])
    scores = (sums["points"] / sums["known"]).where(is_enough)
    return scores.unstack("axis").reindex(columns=list(AXES))


def utilities_of(measures: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Turn measures into utilities as scoring did: the same ends, scale and direction; criteria that people rate not.

    Parameters
    ----------
    measures : DataFrame
        account_id and a column per source of the criteria.
    criteria : DataFrame
        criterion, axis, weight, source, low, high, scale, direction.

    Returns
    -------
    DataFrame: account_id, criterion, axis, weight, utility; one row per account and measured criterion.
    """
    parts = []
    for row in criteria[criteria["source"].isin(MEASURES)].to_dict("records"):
        given = {"from": row["source"], **{name: row[name] for name in ("axis", "scale", "direction")}}
        points = utility(measures[row["source"]], Criterion.model_validate(given), row["low"], row["high"])
        named = {name: row[name] for name in ("criterion", "axis", "weight")}
        parts.append(pd.DataFrame({"account_id": measures["account_id"], "utility": points, **named}))
    columns = ["account_id", "criterion", "axis", "weight", "utility"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def utilities_before(utilities: pd.DataFrame, earlier: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Give the utilities of a year earlier: what the ledger says of then, what people rated as now.

    Parameters
    ----------
    utilities : DataFrame
        Those of now; accounts that are not in it are left out.
    earlier : DataFrame
        account_id and the measures of then.
    """
    both = earlier[earlier["account_id"].isin(utilities["account_id"])]
    measured = utilities_of(both, criteria)
    is_rated = ~utilities["criterion"].isin(measured["criterion"]) & utilities["account_id"].isin(both["account_id"])
    return pd.concat([measured, utilities.loc[is_rated, measured.columns]], ignore_index=True)


def portfolio(
    measured: Measures,
    scoring: Result,
    before: Measures | None = None,
    line: float = 0.5,
    large_revenue: float = 0.0,
) -> Result:
    """Place the accounts in the two portfolios.

    Parameters
    ----------
    scoring : Result
        Its tables `utilities` and `criteria`.
    before : Measures, optional
        The same months a year earlier, where exactly the reported period is compared: for the movement.
    line : float
        From which score on an account is attractive, our position strong, or the account complex, 0 to 1.
    large_revenue : float
        From which revenue on an account is large; 0: the smallest of those that together bring 80 % of the revenue.

    Returns
    -------
    Result with the tables `accounts`, `quadrants`, `coverage`, `key_accounts`, `not_judged`; `movement` and `changed`
    where `before` is given.

    Raises
    ------
    ValueError
        A line outside of 0 to 1, a negative revenue.
    """
    if not 0 < line < 1 or large_revenue < 0:
        raise ValueError(f"line lies between 0 and 1, large_revenue is not negative: {line}, {large_revenue}")
    own = measured.accounts
    limit = large_revenue or _smallest_large(own["revenue"])
    utilities = scoring.tables["utilities"]
    scores = axis_scores(utilities)
    columns = ["account_id", "name", "revenue", "contribution_margin", "hours", "cost_to_serve", "is_key_account"]
    accounts = own.loc[own["revenue"].round(4) > 0, columns].join(scores, on="account_id")
    accounts = accounts.rename(columns=OWN)
    accounts["quadrant"] = _placed(accounts["attractiveness"], line, accounts["own_position"], line, QUADRANTS)
    accounts["coverage_model"] = _placed(accounts["revenue"], limit, accounts["complexity"], line, MODELS)
    order = ["account_id", "name", "attractiveness", "own_position", "complexity"]
    order += ["revenue", "contribution_margin", "hours"]
    accounts["on_line"] = _on_line(accounts, line, limit)
    accounts = accounts[[*order, "cost_to_serve", "quadrant", "coverage_model", "on_line", "is_key_account"]]
    accounts = accounts.sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True)
    is_judged = accounts["quadrant"].notna() | accounts["coverage_model"].notna()
    tables = {
        "accounts": accounts[is_judged].reset_index(drop=True),
        "not_judged": accounts.loc[~is_judged, ["account_id", "name", "revenue"]].reset_index(drop=True),
    }
    judged = tables["accounts"]
    tables["quadrants"] = _sums(judged, "quadrant", list(QUADRANTS.values()))
    tables["coverage"] = _sums(judged, "coverage_model", list(MODELS.values()))
    tables["key_accounts"] = judged[judged["is_key_account"]].drop(columns="is_key_account").reset_index(drop=True)
    if before is not None:
        tables["movement"] = _movement(judged, utilities, before, scoring.tables["criteria"], line, limit)
        tables["changed"] = tables["movement"].loc[tables["movement"]["moved"], CHANGED].reset_index(drop=True)
    counts = judged["coverage_model"].value_counts()
    is_complex = bool(judged["coverage_model"].notna().any())
    numbers: dict[str, int | float | str | None] = {
        model: int(counts.get(model, 0)) if is_complex else None for model in MODELS.values()
    }
    numbers |= {"judged": len(judged), "not_judged": len(tables["not_judged"]), "large_revenue": float(limit)}
    basis = measured.sales.basis
    none = own.loc[own["revenue"].round(4) <= 0, "revenue"]
    choices = (*basis.choices, *_choices(scoring, judged, none, line, limit, large_revenue))
    return Result(
        analysis="portfolio",
        as_of=measured.sales.as_of,
        currency=measured.sales.currency,
        basis=basis.model_copy(update={"choices": choices}),
        parameters={"line": line, "large_revenue": large_revenue},
        key_numbers=numbers,
        findings=tuple(_findings(tables, numbers)),
        tables=tables,
    )


def _smallest_large(revenue: pd.Series) -> float:
    """Return the revenue of the smallest account that is needed for 80 % of it; 0 without any."""
    ordered = np.sort(revenue[revenue.round(4) > 0].to_numpy())[::-1]
    return float(ordered[accounts_for(ordered, CLASS_A) - 1]) if len(ordered) else 0.0


def _on_line(accounts: pd.DataFrame, line: float, limit: float) -> pd.Series:
    """Say who stands so near a line of either picture that little would place it elsewhere."""
    scores = accounts[[OWN.get(axis, axis) for axis in AXES]]
    is_near = ((scores - line).abs().round(10) <= NEAR).any(axis="columns")
    return is_near | accounts["revenue"].between((1 - NEAR_REVENUE) * limit, (1 + NEAR_REVENUE) * limit)


def _placed(
    first: pd.Series, first_line: float, second: pd.Series, second_line: float, names: Mapping[tuple[bool, bool], str]
) -> pd.Series:
    """Name the quadrant of every account, None where a score is unknown; what lies on a line is above it."""
    cells = zip(first.round(10), second.round(10), strict=True)
    placed = [names[bool(x >= first_line), bool(y >= second_line)] if x == x and y == y else None for x, y in cells]
    return pd.Series(placed, index=first.index, dtype=object)


def _sums(accounts: pd.DataFrame, by: str, names: list[str]) -> pd.DataFrame:
    """Sum up the accounts of every quadrant or coverage model, those without an account included."""
    groups = accounts.groupby(by)
    sums = groups[["revenue", "contribution_margin", "hours", "cost_to_serve"]].sum(min_count=1).reindex(names)
    sums.insert(0, "accounts", groups.size().reindex(names).fillna(0).astype("int64"))
    sums.insert(1, "key_accounts", groups["is_key_account"].sum().reindex(names).fillna(0).astype("int64"))
    sums["revenue"] = sums["revenue"].fillna(0.0)
    sums["margin_per_hour"] = sums["contribution_margin"] / sums["hours"].where(sums["hours"] > 0)
    return sums.rename_axis(by).reset_index().dropna(axis="columns", how="all")


def _movement(
    accounts: pd.DataFrame,
    utilities: pd.DataFrame,
    before: Measures,
    criteria: pd.DataFrame,
    line: float,
    limit: float,
) -> pd.DataFrame:
    """Place the accounts as they stood a year earlier: what the ledger says of then, what people rated as now.

    Returns
    -------
    DataFrame, one row per account with revenue then: account_id, name, revenue, before; with `_before` attractiveness,
    own_position, quadrant, coverage_model; moved (whether one of both is another); moved_by, None where it is not:
    `growth` (with the growth of then it would stand where it stood: one strong year is seldom followed by another),
    `line` (it stands so near a line that little would take it back), else `business`.
    """
    earlier = before.accounts[before.accounts["revenue"].round(4) > 0]
    then = utilities_before(utilities, earlier, criteria)
    frame = accounts.merge(
        earlier[["account_id", "revenue"]].rename(columns={"revenue": "before"}), on="account_id", validate="1:1"
    )
    frame = frame.join(axis_scores(then).rename(columns=OWN).add_suffix("_before"), on="account_id")
    scores = [frame[f"{OWN.get(axis, axis)}_before"] for axis in AXES]
    frame["quadrant_before"] = _placed(scores[0], line, scores[1], line, QUADRANTS)
    frame["coverage_model_before"] = _placed(frame["before"], limit, scores[2], line, MODELS)
    pairs = [(frame[name], frame[f"{name}_before"]) for name in ("quadrant", "coverage_model")]
    moves = [(now != then) & now.notna() & then.notna() for now, then in pairs]
    frame["moved"] = moves[0] | moves[1]
    frame["moved_by"] = _moved_by(frame, _with_growth_of(then, utilities, criteria), line)
    columns = ["account_id", "name", "revenue", "before", "attractiveness", "attractiveness_before", "own_position"]
    columns += [
        "own_position_before",
        "quadrant",
        "quadrant_before",
        "coverage_model",
        "coverage_model_before",
        "moved",
        "moved_by",
    ]
    return frame[columns]


def _with_growth_of(then: pd.DataFrame, utilities: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Give the utilities of now with the growth of then."""
    growth = set(criteria.loc[criteria["source"] == "growth", "criterion"])
    kept = utilities[utilities["account_id"].isin(then["account_id"]) & ~utilities["criterion"].isin(growth)]
    return pd.concat([kept[then.columns], then[then["criterion"].isin(growth)]], ignore_index=True)


def _moved_by(frame: pd.DataFrame, without_growth: pd.DataFrame, line: float) -> pd.Series:
    scores = axis_scores(without_growth).reindex(frame["account_id"]).reset_index(drop=True)
    quadrant = _placed(scores["attractiveness"], line, scores["position"], line, QUADRANTS)
    is_coverage = (frame["coverage_model"] != frame["coverage_model_before"]) & frame["coverage_model_before"].notna()
    by_growth = ~is_coverage & (quadrant.to_numpy() == frame["quadrant_before"].to_numpy())
    found = pd.Series(np.select([by_growth, frame["on_line"]], ["growth", "line"], default="business"), frame.index)
    return found.astype(object).where(frame["moved"], None)


def _choices(
    scoring: Result, accounts: pd.DataFrame, none: pd.Series, line: float, limit: float, large_revenue: float
) -> list[Finding]:
    key = "set" if large_revenue else "by_revenue"
    choices = [
        Finding(key="portfolio.choice.line", values={"line": line}),
        Finding(key=f"portfolio.choice.large_{key}", values={"revenue": limit}),
    ]
    criteria = scoring.tables["criteria"]
    for axis in AXES:
        names = criteria.loc[(criteria["axis"] == axis) & (criteria["weight"] > 0), "criterion"].tolist()
        values: dict[str, Value] = {"names": names, "reason": f"value.axis.{axis}"}
        choices.append(Finding(key="portfolio.choice.axis" if names else "portfolio.choice.no_axis", values=values))
    if len(none):
        sums: dict[str, Value] = {"count": len(none), "revenue": float(round(none.sum(), 4))}
        choices.append(Finding(key="portfolio.choice.not_positive", values=sums))
    unplaced = int(accounts["coverage_model"].isna().sum())
    if unplaced:
        choices.append(Finding(key="portfolio.choice.unplaced", values={"count": unplaced}))
    return choices


def _findings(tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, Any]) -> list[Finding]:
    accounts = tables["accounts"]
    if accounts.empty:
        return [Finding(key=f"portfolio.{key}") for key in ("title_none", "move.none_compared", "do.none")]
    findings = [_title(tables, numbers)]
    findings += _misplaced(accounts)
    findings += _quadrants_said(tables["quadrants"])
    if len(tables["not_judged"]):
        values: dict[str, Value] = {
            "count": len(tables["not_judged"]),
            "revenue": float(round(tables["not_judged"]["revenue"].sum(), 4)),
        }
        findings.append(Finding(key="portfolio.not_judged", values=values))
    findings += _moved(tables["movement"]) if "movement" in tables else [Finding(key="portfolio.move.none_compared")]
    findings += _effort_said(tables["coverage"])
    findings += [Finding(key=f"portfolio.do.{model}") for model in _with_accounts(tables["coverage"])]
    near: dict[str, Value] = {"count": int(accounts["on_line"].sum()), "accounts": len(accounts)}
    return [*findings, Finding(key="portfolio.sure.lines", values=near)]


def _title(tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, Any]) -> Finding:
    if numbers["key_account"] is None:
        return Finding(key="portfolio.title_no_complexity", values={"count": len(tables["accounts"])})
    chosen = tables["accounts"][tables["accounts"]["coverage_model"] == "key_account"]
    share = chosen["revenue"].sum() / tables["accounts"]["revenue"].sum()
    values: dict[str, Value] = {"count": len(chosen), "accounts": len(tables["accounts"]), "share": float(share)}
    return Finding(key="portfolio.title", values=values)


def _misplaced(accounts: pd.DataFrame) -> list[Finding]:
    """Who is a key account today and belongs elsewhere, who belongs here and is none."""
    findings, model, today = [], accounts["coverage_model"], accounts["is_key_account"]
    if not today.any():
        findings.append(Finding(key="portfolio.no_key_accounts"))
    for key, chosen in (
        ("large_key_accounts", today & (model == "large_account")),
        ("small_key_accounts", today & model.isin(["classical", "watch"])),
        ("not_yet", ~today & (model == "key_account") & bool(today.any())),
        ("watched", ~today & (model == "watch")),
    ):
        if chosen.any():
            values: dict[str, Value] = {"count": int(chosen.sum()), "names": _shown(accounts[chosen])}
            findings.append(Finding(key=f"portfolio.{key}", values=values))
    return findings


def _shown(accounts: pd.DataFrame) -> list[str]:
    """Name a few accounts, and that there are more."""
    return [*accounts["name"].head(NAMED), *(["…"] if len(accounts) > NAMED else [])]


def _quadrants_said(quadrants: pd.DataFrame) -> list[Finding]:
    """Say who is in each quadrant, for the section of the picture."""
    some = quadrants[quadrants["accounts"] > 0]
    total = some["revenue"].sum()
    return [
        Finding(
            key=f"portfolio.quadrant.{row['quadrant']}",
            values={
                "count": int(row["accounts"]),
                "revenue": float(row["revenue"]),
                "share": float(row["revenue"] / total),
            },
        )
        for row in some.to_dict("records")
    ]


def _moved(movement: pd.DataFrame) -> list[Finding]:
    moved = movement[movement["moved"]]
    if moved.empty:
        return [Finding(key="portfolio.move.none", values={"count": len(movement)})]
    findings = [
        Finding(key=f"portfolio.move.by_{way}", values={"count": int(chosen.sum()), "names": _shown(moved[chosen])})
        for way in ("growth", "line")
        if (chosen := moved["moved_by"] == way).any()
    ]
    for key, chosen in (
        ("gained", (moved["quadrant"] == "develop") & (moved["quadrant_before"] != "develop")),
        ("lost", (moved["quadrant"] != "develop") & (moved["quadrant_before"] == "develop")),
        ("large", (moved["coverage_model"] == "key_account") & (moved["coverage_model_before"] != "key_account")),
        ("small", (moved["coverage_model"] != "key_account") & (moved["coverage_model_before"] == "key_account")),
    ):
        if chosen.any():
            values: dict[str, Value] = {"count": int(chosen.sum()), "names": _shown(moved[chosen])}
            findings.append(Finding(key=f"portfolio.move.{key}", values=values))
    moves: dict[str, Value] = {"count": len(moved), "accounts": len(movement)}
    return [Finding(key="portfolio.move.some", values=moves), *findings]


def _effort_said(coverage: pd.DataFrame) -> list[Finding]:
    """Compare margin per hour of key and large accounts, where hours are known of both."""
    if "margin_per_hour" not in coverage:
        return [Finding(key="portfolio.effort.unknown")]
    rates = coverage.set_index("coverage_model")["margin_per_hour"]
    key, large = rates["key_account"], rates["large_account"]
    if pd.isna(key) or pd.isna(large):
        return [Finding(key="portfolio.effort.partly")]
    return [Finding(key="portfolio.effort.compared", values={"margin": float(key), "other": float(large)})]


def _with_accounts(coverage: pd.DataFrame) -> list[str]:
    return coverage.loc[coverage["accounts"] > 0, "coverage_model"].tolist()
