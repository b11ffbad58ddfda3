"""Target accounts: from the procedures to one decision list within the hours available, with a reason for each.

In go the measures, the result of scoring and, where they are there, those of charter, portfolio, customer value and
goals, with the decisions that people have taken; out comes a `Result`. What was decided by hand stays apart from what
is computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from kamlab.facts.measures import Measures, is_key_account
from kamlab.results import Finding, Result, Value
from kamlab.selection.conflicts import conflicts, contracts
from kamlab.selection.decision_list import SELECTED, because, hours_of, judged, latest, pool_of, ranks_before
from kamlab.selection.fair_start import FEWEST, detectable, draw
from kamlab.selection.list_effects import lists, on_effects
from kamlab.selection.procedures import Procedures, agreement, allowed, appraisal, choices

LISTED = ["account_id", "name", "status", "because", "hours", "revenue", "contribution_margin"]
REASONS = ["score", "rank", "in_circle", "coverage_model", "rules_met", "rules", "failing", "votes"]
REASONS += ["knock_out", "reason", "computed"]
OFF_LIST = ("waits", "leaves", "watch")
DECIDED = ["account_id", "name", "status", "computed", "reason", "decided"]
NAMED = 4
FEWEST_CHANGES = 10  # accounts whose changes tell how noisy they are


def target_accounts(
    measured: Measures,
    scoring: Result,
    before: Measures | None = None,
    others: Mapping[str, Result] | None = None,
    decisions: pd.DataFrame | None = None,
    capacity_hours: float = 0.0,
    hours_per_account: float = 0.0,
    lot: int = 1,
    hourly_rate: Decimal | None = None,
) -> Result:
    """Make the decision list.

    Parameters
    ----------
    scoring : Result
        Its tables `accounts`, `utilities`, `criteria` and the parameter `places`.
    before : Measures, optional
        The same months a year earlier, where exactly the reported period is compared: a key account leaves only after
        two years below the line.
    others : mapping
        Results by analysis: `charter`, `portfolio`, `customer_value`, `kam_goals`, those that are there.
    decisions : DataFrame, optional
        account_id, decision (in, out, watch), reason, date; of several, the last by date counts.
    capacity_hours : float
        Hours a year that there are for key accounts; 0: as many accounts as scoring has places.
    hours_per_account : float
        Hours a year that a key account takes where its effort is not known; 0: the mean of today's key accounts.
    lot : int
        What the draw of the first wave hangs on.
    hourly_rate : Decimal, optional
        What an hour costs; without it only costs that were entered are known.

    Returns
    -------
    Result with the tables `accounts`, `list`, `off_list`, `why_not`, `decided`, `conflicts`, `contracts`, `procedures`,
    `agreement`, `chosen_by`, `disputed`, `lists`, and `draw` where there are enough borderline accounts.

    Raises
    ------
    ValueError
        Negative hours.
    """
    if capacity_hours < 0 or hours_per_account < 0:
        raise ValueError(f"hours are not negative: {capacity_hours}, {hours_per_account}")
    known = others or {}
    pool = pool_of(measured, scoring, known, latest(decisions))
    yearly, hours_known = hours_of(pool, measured, hours_per_account, hourly_rate)
    pool = pool.drop(columns=["hours", "cost_to_serve"]).join(yearly)
    pool["rank_before"] = pool["account_id"].map(ranks_before(pool, scoring, before))
    capacity, places = capacity_hours if hours_known else 0.0, int(scoring.key_numbers["places"] or 0)
    accounts = judged(pool, capacity, places)
    selected = accounts["status"].isin(SELECTED)
    is_out = accounts.set_index("account_id")["knock_out"].notna()
    by_id = allowed(accounts.assign(key_account_model=_is_model(accounts)).set_index("account_id"), is_out)
    earlier = allowed(_earlier(by_id, measured, before, known), is_out)
    procedures = choices(by_id, earlier, max(int(selected.sum()), 1))
    accounts["votes"] = accounts["account_id"].map(procedures.votes)
    limit = "hours" if capacity else "places"
    accounts["because"] = [because(dict(row), procedures.count, limit) for _, row in accounts.iterrows()]
    tables = _tables(accounts, procedures, by_id, measured, lot)
    tables["contracts"] = contracts(accounts, known)
    tables["conflicts"] = conflicts(accounts, known, tables["contracts"])
    numbers = _key_numbers(accounts, tables, measured, capacity) | {"places": None if capacity else places}
    basis = measured.sales.basis
    said = [
        *_not_positive(measured),
        *_on_hours(accounts, places, capacity_hours, hours_known, hours_per_account),
        *_on_data(known, before),
    ]
    return Result(
        analysis="target_accounts",
        as_of=measured.sales.as_of,
        currency=measured.sales.currency,
        basis=basis.model_copy(update={"choices": (*basis.choices, *said)}),
        parameters={"capacity_hours": capacity_hours, "hours_per_account": hours_per_account, "lot": lot},
        key_numbers=numbers,
        findings=tuple(_findings(accounts, tables, numbers, procedures, limit)),
        tables=tables,
    )


def _is_model(accounts: pd.DataFrame) -> pd.Series:
    model = accounts["coverage_model"]
    return (model == "key_account").astype("boolean").mask(model.isna())


def _earlier(
    by_id: pd.DataFrame, measured: Measures, before: Measures | None, known: Mapping[str, Result]
) -> pd.DataFrame:
    """What the procedures had to go by a year before: revenue, margin, score, coverage model, key accounts."""
    frame = pd.DataFrame(index=by_id.index)
    if before is None:
        return frame
    then = before.accounts.set_index("account_id")
    frame["revenue"] = then["revenue"].where(then["revenue"].round(4) > 0)
    if measured.sales.has_margin:
        frame["contribution_margin"] = then["contribution_margin"]
    frame["score"] = -by_id["rank_before"]
    if "portfolio" in known and "movement" in known["portfolio"].tables:
        model = known["portfolio"].tables["movement"].set_index("account_id")["coverage_model_before"]
        frame["key_account_model"] = (model == "key_account").astype("boolean").mask(model.isna())
    end = before.sales.basis.period
    everyone = measured.accounts.set_index("account_id")
    if end and everyone["is_key_account"].any():
        frame["is_key_account"] = is_key_account(everyone, end.end)
    return frame


def _tables(
    accounts: pd.DataFrame, procedures: Procedures, by_id: pd.DataFrame, measured: Measures, lot: int
) -> dict[str, pd.DataFrame]:
    selected = accounts["status"].isin(SELECTED)
    is_disputed = accounts["account_id"].map(procedures.disputed)
    is_chosen = accounts["votes"].gt(0) | accounts["knock_out"].notna()
    known = [name for name in LISTED if accounts[name].notna().any() or accounts.empty]
    listed = accounts[[*known, *REASONS]].assign(procedures=procedures.count)
    why_not = listed[(accounts["status"] == "not_selected") & is_chosen]
    tables = {
        "accounts": accounts.drop(columns="because").assign(selected=selected, proposal=_proposal(accounts["status"])),
        "list": listed[selected].reset_index(drop=True),
        "off_list": listed[accounts["status"].isin(OFF_LIST)].reset_index(drop=True),
        "why_not": why_not.drop(columns="status").reset_index(drop=True),
        "decided": accounts.loc[accounts["by"] == "decision", DECIDED].rename(columns={"reason": "grounds"}),
        "procedures": appraisal(procedures, by_id["revenue"], by_id["status"].isin(SELECTED)),
        "agreement": agreement(procedures, by_id),
        "chosen_by": _chosen_by(accounts, procedures),
        "disputed": listed[is_disputed].reset_index(drop=True),
        "lists": lists(accounts, procedures, measured),
    }
    candidates = accounts[(accounts["stability"] == "borderline") & ~accounts["is_key_account"]]
    candidates = candidates[candidates["by"] == "computed"]
    candidates = candidates[candidates["status"].isin(["enters", "waits", "watch", "not_selected"])]
    if len(candidates) >= FEWEST:
        tables["draw"] = draw(candidates[["account_id", "name", "in_circle", "revenue"]], lot)
    return tables


def _proposal(status: pd.Series) -> pd.Series:
    """Say it in the words of the table of decisions: in, out or watch."""
    words = np.select([status.isin(SELECTED), status.isin(["waits", "watch"])], ["in", "watch"], default="out")
    return pd.Series(words, index=status.index)


def _chosen_by(accounts: pd.DataFrame, procedures: Procedures) -> pd.DataFrame:
    """Show which procedures choose an account, for those that any chooses: a column each, named by_<procedure>."""
    is_any = procedures.chosen.any(axis="columns")
    frame = accounts.loc[accounts["account_id"].map(is_any), ["account_id", "name", "status", "votes"]]
    chosen = procedures.chosen.add_prefix("by_")
    return frame.join(chosen, on="account_id").reset_index(drop=True)


def _key_numbers(
    accounts: pd.DataFrame, tables: Mapping[str, pd.DataFrame], measured: Measures, capacity: float
) -> dict[str, int | float | str | None]:
    counts = accounts["status"].value_counts()
    ours = tables["lists"].iloc[0]
    enters, leaves = int(counts.get("enters", 0)), int(counts.get("leaves", 0))
    draw_ = tables.get("draw")
    changes = _log_changes(measured)
    halves = draw_["wave"].value_counts() if draw_ is not None else pd.Series(dtype="int64")
    can_tell = len(halves) == 2 and len(changes) >= FEWEST_CHANGES
    return {
        "selected": int(ours["accounts"]),
        "capacity_hours": capacity or None,
        "hours": _number(ours["hours"]),
        "entered": enters,
        "left": leaves,
        "probation": int(counts.get("probation", 0)),
        "waiting": int(counts.get("waits", 0)),
        "watched": int(counts.get("watch", 0)),
        "key_accounts_today": int(accounts["is_key_account"].sum()),
        "disputed": len(tables["disputed"]),
        "revenue_share": _number(ours["share"]),
        "margin_share": _number(ours["margin_share"]),
        "equal_accounts": _number(ours["equal_accounts"]),
        "detectable": detectable(changes, int(halves[1]), int(halves[2])) if can_tell else None,
    }


def _number(value: float) -> float | None:
    return float(value) if pd.notna(value) else None


def _log_changes(measured: Measures) -> pd.Series:
    """Return the log change of revenue of all accounts with revenue now and a year before."""
    frame = measured.accounts
    both = frame[(frame["revenue_now"].round(4) > 0) & (frame["revenue_before"].round(4) > 0)]
    return np.log(both["revenue_now"]) - np.log(both["revenue_before"])


def _on_hours(
    accounts: pd.DataFrame, places: int, capacity: float, hours_known: bool, hours_per_account: float
) -> list[Finding]:
    """Say what ends the list."""
    if not (capacity and hours_known):
        key = "no_hours" if capacity else "places"
        return [Finding(key=f"target_accounts.choice.{key}", values={"count": places, "hours": capacity})]
    is_decided = accounts["by"] == "decision"
    selected = accounts["status"].isin(SELECTED)
    values: dict[str, Value] = {
        "hours": capacity,
        "count": int((selected & ~is_decided).sum()),
        "decided": int((selected & is_decided).sum()),
    }
    usual = float(accounts.loc[~accounts["is_key_account"], "hours"].max()) if len(accounts) else 0.0
    key = "given" if hours_per_account else "mean"
    first = Finding(key="target_accounts.choice.capacity", values=values)
    return [first, Finding(key=f"target_accounts.choice.hours_{key}", values={"hours": usual})]


def _not_positive(measured: Measures) -> list[Finding]:
    """Say whose revenue is not above zero: of them, only key accounts and those decided on are in the list."""
    none = measured.accounts.loc[measured.accounts["revenue"].round(4) <= 0, "revenue"]
    values: dict[str, Value] = {"count": len(none), "revenue": float(round(none.sum(), 4))}
    return [Finding(key="target_accounts.choice.not_positive", values=values)] if len(none) else []


def _on_data(known: Mapping[str, Result], before: Measures | None) -> list[Finding]:
    """Say what the list does without."""
    missing = [name for name in ("charter", "portfolio", "customer_value") if name not in known]
    found = [Finding(key=f"target_accounts.choice.without_{name}") for name in missing]
    return [*found, Finding(key=f"target_accounts.choice.{'two_years' if before else 'one_year'}")]


def _findings(
    accounts: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    numbers: Mapping[str, Any],
    procedures: Procedures,
    limit: str,
) -> list[Finding]:
    """Say what there is to decide, the decision first."""
    if not numbers["selected"] and not numbers["key_accounts_today"]:
        nobody = ("title_none", "hand.none", "do.none")
        return [*(Finding(key=f"target_accounts.{key}") for key in nobody), *_on_draw(tables, numbers)]
    named = {name: numbers[name] for name in ("selected", "entered", "left")}
    findings = [Finding(key=_title(numbers), values={"count": numbers["selected"], **named})]
    findings += on_effects(accounts, tables["lists"])
    findings += _on_limit(numbers)
    findings += _listed("target_accounts.conflicts", tables["conflicts"]["name"])
    for status in ("enters", "leaves", "probation", "waits"):
        key = f"waits_{limit}" if status == "waits" else status
        findings += _listed(f"target_accounts.do.{key}", accounts.loc[accounts["status"] == status, "name"])
    findings += _on_contracts(tables["contracts"])
    findings += _on_draw(tables, numbers)
    findings += _on_procedures(procedures)
    findings.append(Finding(key="target_accounts.sure.stability", values=_stability(accounts)))
    if decided := len(tables["decided"]):
        against = int((tables["decided"]["status"] != tables["decided"]["computed"]).sum())
        findings.append(Finding(key="target_accounts.hand.decided", values={"count": decided, "against": against}))
    else:
        findings.append(Finding(key="target_accounts.hand.none"))
    return findings


def _on_limit(numbers: Mapping[str, Any]) -> list[Finding]:
    """Say how the list stands to the hours or places that there are, and that it begins from nothing where it does."""
    findings = []
    if numbers["capacity_hours"]:
        over = float(numbers["hours"] or 0) > float(numbers["capacity_hours"])
        values: dict[str, Value] = {"hours": numbers["hours"], "capacity": numbers["capacity_hours"]}
        findings.append(Finding(key=f"target_accounts.{'over_' if over else ''}capacity", values=values))
    elif numbers["selected"] > numbers["places"]:
        values = {"count": numbers["selected"], "places": numbers["places"]}
        findings.append(Finding(key="target_accounts.over_places", values=values))
    if numbers["key_accounts_today"] == 0:
        findings.append(Finding(key="target_accounts.no_key_accounts"))
    return findings


def _listed(key: str, names: pd.Series) -> list[Finding]:
    listed = names.head(NAMED).tolist() + ["…"] * (len(names) > NAMED)
    return [Finding(key=key, values={"count": len(names), "names": listed})] if len(names) else []


def _on_contracts(ending: pd.DataFrame) -> list[Finding]:
    """Say whose contract is over, and whose ends or is tendered next."""
    is_over = ending["state"] == "ended"
    following = ending[~is_over].sort_values(["end", "tender_date"], kind="stable")
    return [
        *_listed("target_accounts.contracts.over", ending.loc[is_over, "name"].drop_duplicates()),
        *_listed("target_accounts.contracts.next", following["name"].drop_duplicates()),
    ]


def _title(numbers: Mapping[str, Any]) -> str:
    if not numbers["key_accounts_today"]:
        return "target_accounts.title_first"
    return "target_accounts.title" if numbers["entered"] or numbers["left"] else "target_accounts.title_same"


def _on_procedures(procedures: Procedures) -> list[Finding]:
    """Say how many opinions the procedures are, where there are two to compare."""
    if procedures.count < 2:
        return []
    number = sum(len(names) for names in procedures.opinions)
    values: dict[str, Value] = {
        "procedures": number,
        "count": procedures.count,
        "any": int((procedures.votes > 0).sum()),
    }
    merged = [list(names) for names in procedures.opinions if len(names) > 1]
    return [
        Finding(key="target_accounts.agree.all", values=values),
        *(Finding(key="target_accounts.agree.merged", values={"names": names}) for names in merged),
    ]


def _on_draw(tables: Mapping[str, pd.DataFrame], numbers: Mapping[str, Any]) -> list[Finding]:
    """Say that a lot may decide, and what could be learnt from it; nothing where there are too few to draw."""
    drawn = tables.get("draw")
    if drawn is None:
        return []
    values: dict[str, Value] = {"count": len(drawn), "first": int((drawn["wave"] == 1).sum())}
    findings = [Finding(key="target_accounts.draw.drawn", values=values)]
    if numbers["detectable"] is None:
        return [*findings, Finding(key="target_accounts.draw.unknown")]
    if numbers["detectable"] >= 1:  # more than all revenue: nothing that such accounts could show
        return [*findings, Finding(key="target_accounts.draw.undetectable")]
    return [*findings, Finding(key="target_accounts.draw.detectable", values={"effect": numbers["detectable"]})]


def _stability(accounts: pd.DataFrame) -> dict[str, Value]:
    """Count in the list those that stay in it under nearly all weightings."""
    chosen = accounts[accounts["status"].isin(SELECTED)]
    return {"count": int((chosen["stability"] == "set").sum()), "selected": len(chosen)}
