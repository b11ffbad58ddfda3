"""Scoring: who belongs in the circle of key accounts by the company's own criteria, and how firm that is.

In go the measures of accounts, the settings and what people have rated and decided; out comes a `Result`. Conventions:
the score is the weighted mean of the utilities that are known; equal scores are ordered by account_id, and share the
last places when weightings are played through.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamlab.engagement.choosing import VALUE, Criterion
from kamlab.engagement.settings import Settings
from kamlab.facts.measures import Measures
from kamlab.results import Result
from kamlab.selection import criteria as judging
from kamlab.selection import smaa, workshop
from kamlab.selection.comparing import Comparison, compare, ranks, scores
from kamlab.selection.scoring_findings import Scoring, choices, findings
from kamlab.selection.stability import OUT, SET, Stability, play
from kamlab.selection.topsis import closeness
from kamlab.selection.weights import Weights, shares_of, weigh

PLACES = 20  # where nobody is a key account today
FEWEST_RATERS = 5  # without their consent, below that nothing is said of a single rater


def scoring(
    measures: Measures,
    settings: Settings,
    ratings: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    places: int = 0,
    spread: float = 0.3,
) -> Result:
    """Score accounts by criteria, and say of each whether it is set, borderline or out.

    Parameters
    ----------
    ratings, decisions : the tables `criteria` and `decisions`, None where there are none
    places : int
        How many accounts the circle has room for; 0: as many as there are key accounts today, else `PLACES`.
    spread : float
        By how much of itself each weight moves up and down, 0 to 1 (exclusive).

    Returns
    -------
    Result with the tables `accounts`, `borderline` (with what is decided already), `stability`, `utilities`,
    `criteria`, `weights`, `overlap`, `knocked_out`, `not_judged`, `disagreements`, `variants`, `topsis`; `decisions`
    and `raters` where there are some to show.

    Raises
    ------
    ValueError
        Negative places, or a spread out of its range.
    """
    if places < 0 or not 0 <= spread < 1:
        raise ValueError(f"places must not be negative, spread lies in 0 to 1: places={places}, spread={spread}")
    criteria = settings.criteria or judging.default_criteria(measures.known)
    weights = weigh(criteria, settings.weighting if settings.criteria else type(settings.weighting)())
    rated = judging.ratings(ratings, criteria)
    comparison = compare(measures, criteria, weights.agreed, rated)
    key_accounts = int(measures.with_silent["is_key_account"].sum())
    room = places or key_accounts or PLACES
    stability = play(comparison, room, spread)
    tables, decided = _tables(settings, weights, comparison, room, stability), {}
    if decisions is not None:
        names = measures.sales.accounts.set_index("account_id")["name"]
        tables["decisions"] = workshop.decisions(decisions, tables["accounts"], names)
        decided = tables["decisions"].set_index("account_id")["decision"].to_dict()
    tables["borderline"]["decision"] = [decided.get(one) for one in tables["borderline"]["account_id"]]
    scored = Scoring(
        measures=measures,
        is_default=not settings.criteria,
        weights=weights,
        comparison=comparison,
        places=room,
        way_of_places="given" if places else "today" if key_accounts else "default",
        spread=spread,
        stability=stability,
        unused=_unused(ratings, criteria),
        strangers=_strangers(measures, rated),
        tables=tables,
    )
    basis = measures.sales.basis
    return Result(
        analysis="scoring",
        as_of=measures.sales.as_of,
        currency=measures.sales.currency,
        basis=basis.model_copy(update={"choices": basis.choices + choices(scored)}),
        parameters={"places": places, "spread": spread},
        key_numbers=_key_numbers(scored),
        findings=findings(scored),
        tables=tables,
    )


def _tables(
    settings: Settings, weights: Weights, comparison: Comparison, places: int, stability: Stability
) -> dict[str, pd.DataFrame]:
    accounts = _accounts(comparison, places, stability)
    others = {
        name: shares_of(points, list(weights.agreed.index)) for name, points in settings.weighting.variants.items()
    }
    equal = pd.Series(1.0, index=comparison.weights.index).where(comparison.weights > 0, 0.0)
    variants = {workshop.EQUAL: equal} | {name: shares for name, shares in others.items() if shares is not None}
    running = comparison.utilities.loc[comparison.running]
    tables = {
        "accounts": accounts,
        "borderline": _borderline(comparison, accounts, stability),
        "stability": stability.counts(),
        "utilities": _utilities(comparison),
        "criteria": _criteria(comparison),
        "weights": weights.by_judge,
        "overlap": judging.overlaps(running, comparison.weights),
        "knocked_out": _knocked_out(comparison),
        "not_judged": comparison.not_judged,
        "disagreements": workshop.disagreements(comparison),
        "variants": workshop.variants(comparison, variants, places),
        "topsis": _topsis(comparison, accounts),
    }
    codes = comparison.ratings["rater"].nunique()
    if codes >= (2 if settings.personnel.raters_consent else FEWEST_RATERS):
        tables["raters"] = workshop.raters(comparison)
    return tables


def _accounts(comparison: Comparison, places: int, stability: Stability) -> pd.DataFrame:
    """Rank the accounts, those that are knocked out last: the table that later notebooks build on.

    account_id, name, score (0 to 100), rank (NaN where knocked out), status, in_circle (share of the rounds played
    through in which it is among the first), knock_out, missing (number of criteria without value), flip_criterion and
    flip_weight (only where weights make it borderline, None where no single one decides), revenue, today
    (`key_account`).
    """
    weights, utilities = comparison.weights, comparison.utilities
    weighty = weights.index[weights > 0]
    frame = comparison.accounts.copy()
    frame["score"] = scores(utilities, weights) * 100
    running = utilities.loc[comparison.running]
    frame["rank"] = ranks(scores(running, weights)).astype("float64")
    frame["in_circle"] = stability.shares["both"].astype("float64")
    shares = frame["in_circle"]
    found = np.select(
        [shares.isna(), shares >= SET, shares <= OUT], ["knocked_out", "set", "out"], default="borderline"
    )
    frame["status"] = found
    frame["knock_out"] = comparison.knock_out
    frame["missing"] = utilities[weighty].isna().sum(axis=1)
    made_by = stability.made_by
    close = made_by.index[made_by.isin(["weights", "either", "together"])]
    at = dict(zip(close, running.index.get_indexer(close), strict=True))
    flips = {name: smaa.flip(running.to_numpy(), weights.to_numpy(), int(at[name]), places) for name in close}
    found_flips = {name: flip for name, flip in flips.items() if flip}
    frame["flip_criterion"] = frame.index.map(
        {name: running.columns[one.criterion] for name, one in found_flips.items()}
    )
    frame["flip_weight"] = frame.index.map({name: one.weight for name, one in found_flips.items()}).astype("float64")
    frame["today"] = frame["is_key_account"].map({True: "key_account", False: None})
    frame = frame.reset_index().sort_values(["rank", "score", "account_id"], ascending=[True, False, True])
    columns = ["account_id", "name", "score", "rank", "status", "in_circle", "knock_out", "missing"]
    columns += ["flip_criterion", "flip_weight", "revenue", "today"]
    return frame[columns].reset_index(drop=True)


def _borderline(comparison: Comparison, accounts: pd.DataFrame, stability: Stability) -> pd.DataFrame:
    """List the borderline accounts with what makes them so.

    account_id, name, score, rank, in_circle; by_weights and by_raters: how often it is among the first where only the
    one or the other moves, NaN where that does not move; made_by (see `Stability`); flip_criterion, the weight it has,
    and flip_weight, the one at which the account crosses; today.
    """
    close = accounts[accounts["status"] == "borderline"]
    close = close.assign(weight=close["flip_criterion"].map(comparison.weights).astype("float64"))
    for source in ("weights", "raters"):
        moved = stability.moves in (source, "both")
        close[f"by_{source}"] = close["account_id"].map(stability.shares[source]) if moved else np.nan
    close["made_by"] = close["account_id"].map(stability.made_by)
    columns = ["account_id", "name", "score", "rank", "in_circle", "by_weights", "by_raters", "made_by"]
    return close[[*columns, "flip_criterion", "weight", "flip_weight", "today"]].reset_index(drop=True)


def _utilities(comparison: Comparison) -> pd.DataFrame:
    """List every account on every criterion: account_id, criterion, axis, value, utility, weight, raters, spread.

    raters counts who rated it, 0 for a criterion from the ledger; spread is the highest rating less the lowest.
    """
    count, names = len(comparison.values), list(comparison.values.columns)
    long = pd.DataFrame({"account_id": comparison.values.index.repeat(len(names)), "criterion": names * count})
    long["value"] = comparison.values.to_numpy().ravel()
    long["utility"] = comparison.utilities.to_numpy().ravel()
    long["axis"] = long["criterion"].map({name: one.axis for name, one in comparison.criteria.items()})
    long["weight"] = long["criterion"].map(comparison.weights)
    cells = comparison.ratings.groupby(["account_id", "criterion"])[VALUE]
    rated = cells.agg(raters="size", highest="max", lowest="min")
    rated = rated.reindex(pd.MultiIndex.from_frame(long[["account_id", "criterion"]])).reset_index(drop=True)
    long["raters"] = rated["raters"].fillna(0).astype("int64")
    long["spread"] = rated["highest"] - rated["lowest"]
    return long[["account_id", "criterion", "axis", "value", "utility", "weight", "raters", "spread"]]


def _criteria(comparison: Comparison) -> pd.DataFrame:
    """Describe the criteria, the heaviest first: criterion, axis, weight, source, raters, low, high, scale, direction,
    unit. source is a measure, None where people rate; raters counts them. low and high as they were used.
    """
    rows = [
        {
            "criterion": name,
            "axis": criterion.axis,
            "weight": float(comparison.weights[name]),
            "source": criterion.source,
            "raters": _raters_of(comparison, name) if criterion.source is None else np.nan,
            "low": comparison.bounds[name][0],
            "high": comparison.bounds[name][1],
            "scale": criterion.scale,
            "direction": criterion.direction,
            "unit": criterion.unit or None,
        }
        for name, criterion in comparison.criteria.items()
    ]
    columns = ["criterion", "axis", "weight", "source", "raters", "low", "high", "scale", "direction", "unit"]
    return pd.DataFrame(rows, columns=columns).sort_values("weight", ascending=False, kind="stable", ignore_index=True)


def _raters_of(comparison: Comparison, name: str) -> int:
    return int(comparison.ratings.loc[comparison.ratings["criterion"] == name, "rater"].nunique())


def _knocked_out(comparison: Comparison) -> pd.DataFrame:
    """List who is knocked out, by what value, and the rank that the score would have given: rank_without."""
    out = comparison.knock_out.dropna()
    score = scores(comparison.utilities, comparison.weights)
    running = score[comparison.running]
    frame = comparison.accounts.loc[out.index, ["name"]].assign(criterion=out)
    frame["knocking_value"] = [float(comparison.values[name][account]) for account, name in out.items()]
    frame["rank_without"] = [
        1 + int(((running > score[one]) | ((running == score[one]) & (running.index < one))).sum()) for one in out.index
    ]
    frame["revenue"] = comparison.accounts.loc[out.index, "revenue"]
    frame = frame.reset_index(names="account_id").astype({"knocking_value": "float64"})
    return frame.sort_values(["rank_without", "account_id"], ignore_index=True)


def _topsis(comparison: Comparison, accounts: pd.DataFrame) -> pd.DataFrame:
    """Rank by TOPSIS on the same utilities and weights, as a cross-check.

    account_id, name, rank, rank_topsis, closeness; only accounts without a gap in a criterion that has weight.
    """
    weighty = comparison.weights[comparison.weights > 0]
    complete = comparison.utilities.loc[comparison.running, list(weighty.index)].dropna()
    if complete.empty:
        return pd.DataFrame(columns=["account_id", "name", "rank", "rank_topsis", "closeness"])
    close = closeness(complete.to_numpy(), weighty.to_numpy(), np.ones(len(weighty), dtype=bool))
    found = pd.Series(close, index=complete.index).round(9)
    frame = accounts.loc[accounts["account_id"].isin(complete.index), ["account_id", "name", "rank"]]
    frame = frame.assign(rank_topsis=frame["account_id"].map(ranks(found)), closeness=frame["account_id"].map(found))
    return frame.reset_index(drop=True)


def _unused(ratings: pd.DataFrame | None, criteria: Mapping[str, Criterion]) -> tuple[str, ...]:
    """Name what is rated without being a criterion that people rate."""
    if ratings is None:
        return ()
    rated = {name for name, criterion in criteria.items() if criterion.source is None}
    return tuple(sorted(set(ratings["criterion"].dropna()) - rated))


def _strangers(measures: Measures, rated: pd.DataFrame) -> tuple[str, ...]:
    """Name rated accounts that are not compared for want of positive revenue."""
    positive = measures.accounts.loc[measures.accounts["revenue"].round(4) > 0, "account_id"]
    names = measures.sales.accounts.set_index("account_id")["name"]
    return tuple(str(names.get(one, one)) for one in sorted(set(rated["account_id"]) - set(positive)))


def _key_numbers(scored: Scoring) -> dict[str, int | float | str | None]:
    """Give the key numbers; accounts and criteria count what is compared.

    moves says what was played through: weights, raters, both or nothing. consistency_ratio is None without AHP,
    not_judged where all accounts with positive revenue are compared.
    """
    status = scored.tables["accounts"]["status"]
    counts = {name: int((status == name).sum()) for name in ("set", "borderline", "out", "knocked_out")}
    ratio = scored.weights.consistency_ratio
    return {
        "accounts": int((status != "knocked_out").sum()),
        "criteria": int((scored.comparison.weights > 0).sum()),
        **counts,
        "places": scored.places,
        "moves": scored.stability.moves,
        "not_judged": len(scored.tables["not_judged"]) or None,
        "disagreements": len(scored.tables["disagreements"]),
        "consistency_ratio": None if ratio is None else float(ratio),
    }
