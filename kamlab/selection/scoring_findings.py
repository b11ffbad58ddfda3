"""What a scoring says: the findings of the page in the order of their weight, and the choices that it rests on.

In goes a `Scoring`, out come findings: keys and values, no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kamlab.facts.measures import Measures
from kamlab.results import Finding, Value
from kamlab.selection import criteria as judging
from kamlab.selection import smaa, workshop
from kamlab.selection.ahp import limit
from kamlab.selection.comparing import Comparison
from kamlab.selection.stability import Stability
from kamlab.selection.weights import Weights

NAMED = 4  # accounts named in a sentence
CALLED = 8  # those named that are to be decided on


@dataclass(frozen=True)
class Scoring:
    """Everything the findings speak of.

    Attributes
    ----------
    is_default : the settings name no criteria
    way_of_places : where their number comes from: `given`, `today` (as many key accounts as there are) or `default`
    unused : criteria in the table of ratings that are none of the settings'
    strangers : names of rated accounts without positive revenue in the period
    """

    measures: Measures
    is_default: bool
    weights: Weights
    comparison: Comparison
    places: int
    way_of_places: str
    spread: float
    stability: Stability
    unused: tuple[str, ...]
    strangers: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame]

    @property
    def accounts(self) -> pd.DataFrame:
        """The accounts that nothing knocks out."""
        table = self.tables["accounts"]
        return table[table["status"] != "knocked_out"]

    def having(self, status: str) -> pd.DataFrame:
        """The accounts with a status, in the order of their rank."""
        return self.tables["accounts"][self.tables["accounts"]["status"] == status]


def findings(scored: Scoring) -> tuple[Finding, ...]:
    """Say what was found, the message of the page first; keys of three parts belong to sections of their own."""
    if scored.accounts.empty:
        return (_title(scored), *_knocked_out(scored), Finding(key="scoring.do.none"), *_not_judged(scored))
    found = [_title(scored), *_marks(scored), *_today(scored), *_knocked_out(scored), *_do(scored)]
    found += [*_flips(scored), *_decisions(scored), *_weights(scored), *_workshop(scored), *_sure(scored)]
    return tuple(found)


def choices(scored: Scoring) -> tuple[Finding, ...]:
    """Print the conventions that could have been others, and where they mattered."""
    weights, comparison = scored.weights, scored.comparison
    found = [Finding(key=f"scoring.choice.places_{scored.way_of_places}", values={"count": scored.places})]
    way = "default" if scored.is_default else weights.way
    found.append(Finding(key=f"scoring.choice.weights_{way}"))
    if weights.lifted:
        found.append(Finding(key="scoring.choice.lifted", values={"criteria": list(weights.lifted)}))
    if weights.unlinked:
        found.append(Finding(key="scoring.choice.unlinked", values={"criteria": list(weights.unlinked)}))
    if weights.missing_pairs:
        found.append(Finding(key="scoring.choice.missing_pairs", values={"count": weights.missing_pairs}))
    if comparison.unmeasured:
        values: dict[str, Value] = {"criteria": list(comparison.unmeasured), "count": len(comparison.unmeasured)}
        values["weight"] = sum(comparison.unmeasured.values())
        found.append(Finding(key="scoring.choice.unmeasured", values=values))
    if scored.unused:
        found.append(Finding(key="scoring.choice.unused", values={"criteria": list(scored.unused)}))
    if scored.strangers:
        values = {"count": len(scored.strangers), "names": list(scored.strangers[:NAMED])}
        found.append(Finding(key="scoring.choice.strangers", values=values))
    for scale in ("log", "fenced"):
        names = [name for name, chosen in comparison.rescaled.items() if chosen == scale]
        if names:
            found.append(Finding(key=f"scoring.choice.scale_{scale}", values={"criteria": list(names)}))
    found += _gaps(scored)
    found.append(Finding(key="scoring.choice.ties"))
    return tuple(found)


def _gaps(scored: Scoring) -> list[Finding]:
    """Say how gaps and criteria that tell nothing apart were treated, and who stands outside for want of revenue."""
    found = []
    with_gaps = int((scored.accounts["missing"] > 0).sum())
    if with_gaps:
        found.append(Finding(key="scoring.choice.gaps", values={"count": with_gaps}))
    if scored.comparison.levelled:
        found.append(Finding(key="scoring.choice.levelled", values={"count": scored.comparison.levelled}))
    alike = [
        name
        for name, (low, high) in scored.comparison.bounds.items()
        if not low < high and scored.comparison.weights[name] > 0
    ]
    if alike and len(scored.accounts) > 1:
        found.append(Finding(key="scoring.choice.alike", values={"criteria": list(alike)}))
    not_positive = int((scored.measures.accounts["revenue"].round(4) <= 0).sum())
    if not_positive:
        found.append(Finding(key="scoring.choice.not_positive", values={"count": not_positive}))
    return found


def _title(scored: Scoring) -> Finding:
    count, places = len(scored.accounts), scored.places
    firm, borderline = len(scored.having("set")), len(scored.having("borderline"))
    if count == 0:
        return Finding(key="scoring.title_none")
    if count <= places:
        return Finding(key="scoring.title_room", values={"count": count, "places": places})
    if not borderline:
        return Finding(key="scoring.title_firm", values={"count": places, "places": places})
    values: dict[str, Value] = {"firm": firm, "places": places, "count": borderline, "rest": places - firm}
    part = "_full" if firm >= places else {0: "_open", 1: "_one"}.get(firm, "")
    return Finding(key=f"scoring.title{part}", values=values)


def _marks(scored: Scoring) -> list[Finding]:
    """Say first what the result must not be read without."""
    found = []
    if scored.is_default:
        found.append(Finding(key="scoring.default"))
    ratio = scored.weights.consistency_ratio
    if not scored.weights.is_consistent:
        values: dict[str, Value] = {"ratio": ratio, "limit": limit(len(scored.weights.agreed))}
        found.append(Finding(key="scoring.inconsistent", values=values))
    return found


def _today(scored: Scoring) -> list[Finding]:
    """Hold the selection against today's key accounts."""
    accounts = scored.tables["accounts"]
    today = accounts[accounts["today"].notna()]
    if today.empty or len(scored.accounts) <= scored.places:
        return []
    lost = today[today["status"].isin(["out", "knocked_out"])]
    new = accounts[(accounts["status"] == "set") & accounts["today"].isna()]
    counts: dict[str, Value] = {"today": len(today), "firm": int((today["status"] == "set").sum())}
    key = _many("scoring.today", lost) if len(lost) else "scoring.today_kept"
    found = [Finding(key=key, values=counts | _names(lost))]
    if len(new):
        found.append(Finding(key=_many("scoring.new", new), values=_names(new)))
    return found


def _knocked_out(scored: Scoring) -> list[Finding]:
    """Say who was knocked out, the one by name that would stand highest."""
    knocked = scored.tables["knocked_out"]
    if knocked.empty:
        return []
    first: dict[str, Value] = {"name": knocked["name"].iloc[0], "criterion": knocked["criterion"].iloc[0]}
    first |= {"rank": int(knocked["rank_without"].iloc[0]), "count": len(knocked)}
    return [Finding(key="scoring.knocked_out", values=first)]


def _flips(scored: Scoring) -> list[Finding]:
    """Show how to read at which weight a borderline account crosses the line, on the one that is nearest to it."""
    close = scored.tables["borderline"].dropna(subset=["flip_weight"])
    if close.empty:
        return []
    one = close.loc[(close["flip_weight"] - close["weight"]).abs().sort_values(kind="stable").index[0]]
    values: dict[str, Value] = {"name": one["name"], "criterion": one["flip_criterion"]}
    values |= {"weight": float(one["weight"]), "flip_weight": float(one["flip_weight"])}
    inside = one["rank"] <= scored.places
    return [Finding(key=f"scoring.flip.{'leaves' if inside else 'enters'}", values=values)]


def _weights(scored: Scoring) -> list[Finding]:
    """Say which criteria measure the same, and which judgements contradict each other."""
    weights = scored.comparison.weights
    found = []
    for family in judging.families(scored.tables["overlap"]):
        values: dict[str, Value] = {"criteria": family, "weight": float(weights[family].sum())}
        found.append(Finding(key="scoring.weights.overlap", values=values))
    for one in scored.weights.contradictions:
        values = {"criterion": one.criterion, "other": one.other, "stated": one.stated, "implied": one.implied}
        values["inverse"] = 1 / one.implied
        turned = "contradiction" if one.implied >= 1 else "contradiction_turned"
        found.append(Finding(key=f"scoring.weights.{turned}", values=values))
    return found


def _workshop(scored: Scoring) -> list[Finding]:
    found = _disagreements(scored)
    raters = scored.tables.get("raters")
    if raters is None:
        several = scored.comparison.ratings["rater"].nunique() > 1
        return [*found, Finding(key="scoring.raters.hidden")] if several else found
    differences = raters["difference_of_100"]
    notable = (differences.abs() >= workshop.NOTABLE) & (raters["ratings"] >= workshop.FEWEST_COMPARED)
    for rater, difference in zip(raters["rater"][notable], differences[notable], strict=True):
        values: dict[str, Value] = {"rater": rater, "points": abs(float(difference))}
        found.append(Finding(key=f"scoring.raters.{'more' if difference > 0 else 'less'}", values=values))
    return [*found, Finding(key="scoring.raters.meaning" if notable.any() else "scoring.raters.alike")]


def _disagreements(scored: Scoring) -> list[Finding]:
    comparison, table = scored.comparison, scored.tables["disagreements"]
    if not any(criterion.source is None for criterion in comparison.criteria.values()):
        return [Finding(key="scoring.workshop.no_ratings")]
    if comparison.ratings.groupby(["account_id", "criterion"]).size().max() < 2:
        return [Finding(key="scoring.workshop.one_rater")]
    if table.empty:
        return [Finding(key="scoring.workshop.agreed")]
    first = table.iloc[0]
    values: dict[str, Value] = {"name": first["name"], "criterion": first["criterion"], "count": len(table)}
    values |= {"lowest": float(first["lowest"]), "highest": float(first["highest"])}
    return [Finding(key="scoring.workshop.disagreement", values=values)]


def _decisions(scored: Scoring) -> list[Finding]:
    table = scored.tables.get("decisions")
    if table is None or table.empty:
        return []
    against = table[table["against"].notna()]
    if against.empty:
        return [Finding(key="scoring.decisions.same", values={"count": len(table)})]
    return [Finding(key=_many("scoring.decisions.against", against), values=_names(against) | {"all": len(table)})]


def _sure(scored: Scoring) -> list[Finding]:
    """Say what was played through, what was assumed of raters, and what that does not show."""
    stability = scored.stability
    values: dict[str, Value] = {"draws": smaa.DRAWS, "spread": scored.spread}
    found = [Finding(key=f"scoring.sure.played_{stability.moves}", values=values)]
    weighty = scored.comparison.weights.to_numpy() > 0
    alone = int((stability.views.alone[:, weighty] > 0).sum())
    if alone:
        way = "known" if stability.views.is_known else "assumed"
        values = {"count": alone, "points": 100 * stability.views.difference}
        found.append(Finding(key=f"scoring.sure.alone_{way}", values=values))
    for criterion, names in scored.comparison.outlying.items():
        values = {"criterion": criterion, "count": len(names), "names": names[:NAMED] + ["…"] * (len(names) > NAMED)}
        found.append(Finding(key="scoring.sure.outlying", values=values))
    found.append(Finding(key="scoring.sure.stable"))
    ratio = scored.weights.consistency_ratio
    if ratio is not None and scored.weights.is_consistent:
        values = {"ratio": ratio, "limit": limit(len(scored.weights.agreed))}
        found.append(Finding(key="scoring.sure.consistent", values=values))
    table = scored.tables["topsis"]
    if len(table) > scored.places:
        both = int(((table["rank"] <= scored.places) & (table["rank_topsis"] <= scored.places)).sum())
        found.append(Finding(key="scoring.sure.topsis", values={"count": both, "places": scored.places}))
    return found


def _do(scored: Scoring) -> list[Finding]:
    """Say what to decide, whom to talk about and who may be missing, by name."""
    found = [Finding(key="scoring.do.default")] if scored.is_default else []
    found += [] if scored.weights.is_consistent else [Finding(key="scoring.do.inconsistent")]
    found += [*_to_decide(scored), *_to_settle(scored), *_not_judged(scored)]
    return found


def _to_decide(scored: Scoring) -> list[Finding]:
    """Name the borderline accounts on which nothing is decided yet."""
    close = scored.tables["borderline"]
    if close.empty:
        return [Finding(key="scoring.do.firm")] if len(scored.accounts) > scored.places else []
    is_open = close["decision"].isna()
    if not is_open.any():
        return []
    named = close[is_open]
    key = "scoring.do.tied" if (named["made_by"] == "tie").all() else "scoring.do.borderline"
    moves: dict[str, Value] = {"reason": f"value.moves.{scored.stability.moves}"}
    return [Finding(key=_many(key, named, CALLED), values=_names(named, CALLED) | moves)]


def _to_settle(scored: Scoring) -> list[Finding]:
    """Name the largest of the disagreements on which a place in the circle hangs."""
    table = scored.tables["disagreements"]
    crossing = table[(table["rank_lowest"] > scored.places) & (table["rank_highest"] <= scored.places)]
    if crossing.empty:
        return []
    first = crossing.iloc[0]
    values: dict[str, Value] = {"name": first["name"], "criterion": first["criterion"], "count": len(crossing)}
    values |= {name: float(first[name]) for name in ("lowest", "highest")}
    values |= {name: int(first[name]) for name in ("rank_lowest", "rank_highest")}
    return [Finding(key="scoring.do.disagreement", values=values | {"all": len(table)})]


def _not_judged(scored: Scoring) -> list[Finding]:
    """Say who was not compared; the largest by name, since that may be an oversight."""
    found = []
    for reason in ("not_rated", "too_little"):
        left = scored.tables["not_judged"]
        left = left[left["left_out_for"] == reason]
        if len(left):
            largest: dict[str, Value] = {"name": left["name"].iloc[0], "revenue": float(left["revenue"].iloc[0])}
            found.append(Finding(key=f"scoring.do.{reason}", values=largest | {"count": len(left)}))
    return found


def _names(accounts: pd.DataFrame, most: int = NAMED) -> dict[str, Value]:
    return {"count": len(accounts), "names": list(accounts["name"][:most])}


def _many(key: str, accounts: pd.DataFrame, most: int = NAMED) -> str:
    return f"{key}_many" if len(accounts) > most else key
