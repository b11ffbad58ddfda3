"""Why an account is in another class: the classes are made again with one thing as it was, the rest as it is.

A thing explains a change if it suffices (the earlier run with just this one renewed gives the later class) or is needed
(the later run with just this one undone gives the earlier class). The one thing that explains most is the cause; where
two explain alike it is `several`, and where the runs do not hold what is needed for this, a cause is named only if
nothing else differs. The rule is the same in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from kamlab.comparison.circumstances import changed
from kamlab.comparison.runs import Run
from kamlab.results import Period, Result
from kamlab.selection.concentration import rank

CAUSES = (
    "merged",
    "split",
    "renumbered",
    "regrouped",
    "came",
    "growth",
    "left",
    "decline",
    "border",
    "corrected",
    "data",
    "period",
    "parameters",
    "settings",
    "version",
    "several",
    "unclear",
)
NOT_POSITIVE = "none"  # the class of an account whose revenue is zero or below
_FACTORS = ("groups", "values", "span", "cuts")
_BEST_FIRST = ("A", "B", "C", NOT_POSITIVE)
_READY, _CLASSED = "data_readiness", "concentration"
_CENT = 0.005


@dataclass(frozen=True)
class Circumstances:
    """Which circumstances differ at all, by the table of circumstances."""

    table: pd.DataFrame

    @property
    def inputs(self) -> bool:
        return changed(self.table, "input")

    @property
    def period(self) -> bool:
        asked = ("period", "fiscal_year_start")
        is_asked = any(changed(self.table, "setting", name) for name in asked)
        return is_asked or changed(self.table, "parameter", f"{_CLASSED}.period")

    @property
    def settings(self) -> bool:
        """Another way of reading: not the period or the reporting date, which have a cause of their own."""
        return changed(self.table, "setting", "sources.") or changed(self.table, "setting", "max_rejected")

    @property
    def version(self) -> bool:
        return changed(self.table, "version")

    def parameters(self, analysis: str) -> bool:
        return changed(self.table, "parameter", f"{analysis}.")


def classes(result: Result) -> pd.Series:
    """Return the class of every account with bookings, by account_id."""
    accounts, not_positive = result.tables["accounts"], result.tables["not_positive"]
    found = dict(zip(accounts["account_id"], accounts["class"], strict=True))
    return pd.Series(found | dict.fromkeys(not_positive["account_id"], NOT_POSITIVE), dtype="object")


def revenues(result: Result) -> pd.Series:
    """Return the revenue of every account with bookings, by account_id."""
    parts = [result.tables[name].set_index("account_id")["revenue"] for name in ("accounts", "not_positive")]
    return pd.concat([part for part in parts if len(part)] or parts)


@dataclass(frozen=True)
class Rebuilding:
    """Two runs whose classes can be made again with single things exchanged.

    A scenario names for every factor whose state counts: 0 the earlier run's, 1 the later one's. `groups`: which
    account a site belongs to; `values`: revenue of the months that are complete in both; `span`: the period and all
    other months; `cuts`: the borders of the classes.
    """

    earlier: Run
    later: Run

    @cached_property
    def is_possible(self) -> bool:
        """Say whether both runs hold what is needed, and their own classes come out of it again."""
        needed = ((_READY, "site_months"), (_READY, "months"), (_CLASSED, "accounts"), (_CLASSED, "not_positive"))
        for run in (self.earlier, self.later):
            if not all(name in run.results and table in run.results[name].tables for name, table in needed):
                return False
            if run.results[_CLASSED].basis.period is None:
                return False
        return all(self._comes_out(state) for state in (0, 1))

    def _comes_out(self, state: int) -> bool:
        result = self._run(state).results[_CLASSED]
        scenario = dict.fromkeys(_FACTORS, state)
        known, made = revenues(result), self._revenue(scenario)
        if set(known.index) != set(made.index) or ((known - made).abs() > _CENT).any():
            return False
        return bool((classes(result).sort_index() == self.classes(scenario).sort_index()).all())

    def _run(self, state: int) -> Run:
        return self.later if state else self.earlier

    def _table(self, state: int, name: str) -> pd.DataFrame:
        return self._run(state).results[_READY].tables[name]

    @cached_property
    def common(self) -> set[pd.Timestamp]:
        """Months that are complete in both runs: what differs in them has been corrected."""
        whole = [self._table(state, "months") for state in (0, 1)]
        first, second = (set(months.loc[months["complete"], "month"]) for months in whole)
        return first & second

    @cached_property
    def _account_of(self) -> tuple[dict[str, str], dict[str, str]]:
        """Say for every site of either run which account it counts for, as each run has it; new sites as the other."""
        known = []
        for state in (0, 1):
            sites = self._table(state, "site_months").drop_duplicates("site_id")
            known.append(dict(zip(sites["site_id"], sites["account_id"], strict=True)))
        return known[1] | known[0], known[0] | known[1]

    @cached_property
    def _parts(self) -> dict[tuple[int, bool], pd.DataFrame]:
        """Revenue by site and month of each run: of the months complete in both (True), and of all others."""
        parts: dict[tuple[int, bool], pd.DataFrame] = {}
        for state in (0, 1):
            rows = self._table(state, "site_months")[["site_id", "month", "revenue"]]
            is_common = rows["month"].isin(self.common)
            parts |= {(state, True): rows[is_common], (state, False): rows[~is_common]}
        return parts

    def _span(self, state: int) -> Period:
        period = self._run(state).results[_CLASSED].basis.period
        assert period is not None  # is_possible
        return period

    def _cuts(self, state: int) -> tuple[float, float]:
        parameters = self._run(state).results[_CLASSED].parameters
        return float(str(parameters["cut_a"])), float(str(parameters["cut_b"]))

    def differs(self, factor: str) -> bool:
        """Say whether the two runs differ in a factor at all."""
        match factor:
            case "groups":
                first, second = self._account_of
                return first != second
            case "values":
                return not _alike(self._parts[0, True], self._parts[1, True])
            case "span":
                return self._span(0) != self._span(1) or self.has_new_months
        return self._cuts(0) != self._cuts(1)

    @cached_property
    def has_new_months(self) -> bool:
        """Say whether months that are not complete in both have other revenue."""
        return not _alike(self._parts[0, False], self._parts[1, False])

    def _revenue(self, scenario: Mapping[str, int]) -> pd.Series:
        rows = pd.concat([self._parts[scenario["values"], True], self._parts[scenario["span"], False]])
        span = self._span(scenario["span"])
        rows = rows[rows["month"].between(span.months[0].start_time, pd.Timestamp(span.end))]
        accounts = rows["site_id"].map(self._account_of[scenario["groups"]])
        return rows.groupby(accounts)["revenue"].sum().round(4)

    def classes(self, scenario: Mapping[str, int]) -> pd.Series:
        """Return the class of every account with bookings, by account_id, as it would be in a scenario."""
        revenue = self._revenue(scenario)
        frame = pd.DataFrame({"account_id": revenue.index, "name": "", "revenue": revenue.to_numpy()})
        ranked = rank(frame, "revenue", *self._cuts(scenario["cuts"])).set_index("account_id")["class"]
        return ranked.reindex(revenue.index).fillna(NOT_POSITIVE).astype("object")

    @cached_property
    def _explained(self) -> dict[str, tuple[pd.Series, pd.Series]]:
        """For every factor that differs: the classes with just this one renewed, and with just this one undone."""
        none, all_ = dict.fromkeys(_FACTORS, 0), dict.fromkeys(_FACTORS, 1)
        return {
            factor: (self.classes(none | {factor: 1}), self.classes(all_ | {factor: 0}))
            for factor in _FACTORS
            if self.differs(factor)
        }

    def factor(self, account: str, before: str | None, after: str | None) -> str:
        """Name the factor that explains most why an account went from a class to another; `several` where none does."""
        scores = {
            factor: (renewed.get(account) == after) + (undone.get(account) == before)
            for factor, (renewed, undone) in self._explained.items()
        }
        best = max(scores.values(), default=0)
        winners = [factor for factor, score in scores.items() if score == best and best > 0]
        if len(winners) == 1:
            return winners[0]
        return "several" if scores else "unclear"

    @cached_property
    def _sites(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Sites of every account, as each run has it, of the sites that both runs know."""
        both = [set(self._table(state, "site_months")["site_id"]) for state in (0, 1)]
        shared = both[0] & both[1]
        held: list[dict[str, set[str]]] = [{}, {}]
        for state in (0, 1):
            for site, account in self._account_of[state].items():
                if site in shared:
                    held[state].setdefault(account, set()).add(site)
        return held[0], held[1]

    def regrouping(self, account: str) -> str:
        """Name what happened to the sites of an account; `border` where nothing did, and others moved."""
        first, second = (held.get(account, set()) for held in self._sites)
        gained, lost = second - first, first - second
        if gained and lost:
            return "regrouped"
        if gained:
            return "merged" if first else self._appearance(second, 0, "merged", "split")
        if lost:
            return "split" if second else self._appearance(first, 1, "split", "merged")
        return "border"

    def _appearance(self, sites: set[str], elsewhere: int, several: str, single: str) -> str:
        """Say how an account came about that one run alone knows, by where its sites are in the other one."""
        others = {self._account_of[elsewhere][site] for site in sites}
        if len(others) > 1:
            return several
        return "renumbered" if self._sites[elsewhere][others.pop()] == sites else single


def _alike(first: pd.DataFrame, second: pd.DataFrame) -> bool:
    sums = [rows.groupby(["site_id", "month"])["revenue"].sum() for rows in (first, second)]
    joined = pd.concat(sums, axis=1)
    return not joined.isna().any(axis=None) and bool(((joined.iloc[:, 0] - joined.iloc[:, 1]).abs() < _CENT).all())


def cause_of_class(
    rebuilding: Rebuilding,
    differing: Circumstances,
    account: str,
    moved: tuple[str | None, str | None],
    revenue: tuple[float | None, float | None],
) -> str:
    """Name the cause of a change of class; only where rebuilding is possible.

    Parameters
    ----------
    moved, revenue : pairs
        Class and revenue in the earlier and in the later run; None where a run does not have the account.
    """
    factor = rebuilding.factor(account, *moved)
    match factor:
        case "groups":
            return rebuilding.regrouping(account)
        case "values":
            return _only({"corrected": differing.inputs, "settings": differing.settings, "version": differing.version})
        case "cuts":
            return "parameters"
        case "span":
            if differing.period or not differing.inputs:
                return "several" if differing.period and rebuilding.has_new_months and differing.inputs else "period"
            return _movement(*moved, *revenue)
    return factor


def _only(candidates: Mapping[str, bool], otherwise: str = "several") -> str:
    """Name the one candidate that differs."""
    found = [name for name, differs in candidates.items() if differs]
    return found[0] if len(found) == 1 else otherwise if found else "unclear"


def _movement(before: str | None, after: str | None, earlier: float | None, later: float | None) -> str:
    """Tell growth and decline from a border that others moved."""
    if before is None or earlier is None:
        return "came"
    if after is None or later is None:
        return "left"
    rose = _BEST_FIRST.index(after) < _BEST_FIRST.index(before)
    if rose and later - earlier > _CENT:
        return "growth"
    return "decline" if not rose and earlier - later > _CENT else "border"


def cause_by_exclusion(analysis: str, differing: Circumstances) -> str:
    """Name the one circumstance that differs, where the classes cannot be made again; `unclear` where several do."""
    candidates = {
        "data": differing.inputs,
        "parameters": differing.parameters(analysis),
        "settings": changed(differing.table, "setting"),
        "version": differing.version,
    }
    return _only(candidates, otherwise="unclear")
