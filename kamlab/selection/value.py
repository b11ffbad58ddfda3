"""Customer value: what the contribution margin of the coming years is worth today, and whose orders fail to come.

In go the histories of all accounts and what people have entered of contracts and decisions, out comes a `Result`.
Conventions: the last twelve complete months go on; certain is a minimum volume within its term; the rest goes on with
the share of accounts of the class that ordered again in the past, and with as much of the growth of those who stayed as
stands out from chance; each year's amount comes at its end.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from kamlab.facts.histories import Histories
from kamlab.facts.rhythm import is_unusual, rhythms, unusual_from
from kamlab.results import Result
from kamlab.selection import lifetime
from kamlab.selection.calibration import calibration
from kamlab.selection.carrying import outlook
from kamlab.selection.contract_ends import contract_ends
from kamlab.selection.contracted import binding
from kamlab.selection.lifetime_gate import Gate, gate
from kamlab.selection.valuation import FULL_YEAR, PARTS, Book, book, sensitivity, valued
from kamlab.selection.value_backtest import common_error, summed, value_backtest
from kamlab.selection.value_findings import Known, choices_of, findings_of
from kamlab.selection.warning import A_YEAR, warnings

FITTED = {
    "r": "orders",
    "alpha": "orders",
    "a": "orders",
    "b": "orders",
    "p": "amounts",
    "q": "amounts",
    "v": "amounts",
}
RHYTHM = ["orders", "last_order", "days_silent", "usual_gap", "longest_gap"]
LATE = ["usual_gap", "longest_gap", "unusual_from"]


def customer_value(
    histories: Histories,
    contracts: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    discount_rate: float = 0.08,
    years: int = 3,
    days: int = 90,
) -> Result:
    """Value every account by the coming years, and warn of those whose orders fail to come.

    Parameters
    ----------
    contracts, decisions : DataFrame, optional
        As entered; of the decisions, the reason why an account is watched counts.
    discount_rate : float
        A year; 0.08 for 8 %.
    years : int
        Years that are valued.
    days : int
        Days in which the early warning expects an order.

    Returns
    -------
    Result with the tables `accounts`, `not_positive`, `unusual`, `tail`, `retention`, `value_checks`,
    `value_check_days`, `warning_checks`; `contract_ends` where contracts are entered, `sensitivity` where there is a
    value, `calibration` where the order model holds. A value is None where the ledger is shorter than two years: nobody
    has been seen staying.

    Raises
    ------
    ValueError
        A rate below zero, or no year or day.
    """
    if discount_rate < 0 or years < 1 or days < 1:
        raise ValueError(f"nothing to value: discount_rate={discount_rate}, years={years}, days={days}")
    parameters = {"discount_rate": discount_rate, "years": years, "days": days}
    has_days = histories.calendar.grain == "day"
    judged = gate(histories.days, histories.end, has_days)
    ahead = outlook(histories, FULL_YEAR, len(histories.calendar.complete_months))
    checks = value_backtest(histories, judged.amounts is not None, years)
    agreed = binding(contracts, histories.end)
    written, total = book(histories, agreed, years), None
    classes = ahead.classes if ahead else pd.DataFrame({"class": [], "key_account": [], "accounts": []})
    if ahead:
        others = sensitivity(written, ahead, discount_rate)
        written, total = valued(written, ahead, common_error(checks), discount_rate)
    if has_days:
        warned = warnings(histories.days, histories.end, days, judged.orders if judged.holds else None)
        written = replace(written, accounts=_with_rhythm(written.accounts, histories, warned.inactive))
    if judged.amounts:
        lasting = _lifetime_value(written.accounts["account_id"], histories, judged, discount_rate, years)
        written = replace(written, accounts=written.accounts.assign(lifetime_value=lasting))
    accounts = _ordered(written, total is not None)
    tables = {"accounts": accounts, "not_positive": written.not_positive, "retention": classes}
    tables |= {"value_checks": summed(checks), "value_check_days": checks}
    if contracts is not None:
        tables["contract_ends"] = contract_ends(contracts, histories.end, accounts, histories.names)
    if total is not None:
        tables |= {"sensitivity": others, "values": _worth(accounts)}
    if has_days:
        watched = is_watched(accounts)
        tables |= {
            "unusual": _unusual(accounts[watched], decisions),
            "tail": _tail(accounts[~watched], judged.holds, decisions),
        }
        tables["warning_checks"] = warned.checked
    if has_days and len(warned.ranked):
        tables["ranking_checks"] = warned.ranked
    if judged.holds:
        tables["calibration"] = calibration(histories.days, histories.end)
    numbers = _key_numbers(tables, total, written, judged)
    grown = (ahead.first.counted - 1, ahead.first.believed - 1) if ahead else (0.0, 0.0)
    known = Known(histories, tables, numbers, parameters, judged, agreed, written, contracts, grown)
    basis = histories.sales.basis
    return Result(
        analysis="customer_value",
        as_of=histories.calendar.as_of,
        currency=histories.sales.currency,
        basis=basis.model_copy(update={"choices": (*basis.choices, *choices_of(known))}),
        parameters=parameters,
        key_numbers=numbers,
        findings=tuple(findings_of(known)),
        tables=tables,
    )


def is_watched(accounts: pd.DataFrame) -> pd.Series:
    """Say whose rhythm is looked at one by one: the key accounts; where none is known, class A."""
    return accounts["key_account"] if accounts["key_account"].any() else accounts["class"] == "A"


def _with_rhythm(accounts: pd.DataFrame, histories: Histories, inactive: pd.Series) -> pd.DataFrame:
    """Add the rhythm of each account, whether it is unusually silent, and the probability of no order, NaN without."""
    measured = rhythms(histories.days, histories.end)
    measured["unusual"] = is_unusual(measured)
    measured["unusual_from"] = unusual_from(measured[measured["unusual"]])
    joined = accounts.merge(measured[[*RHYTHM, "unusual", "unusual_from"]], on="account_id", how="left", validate="1:1")
    joined["unusual"] = joined["unusual"].eq(True)
    return joined.assign(p_inactive=joined["account_id"].map(inactive).astype("float64"))


def _lifetime_value(
    accounts: pd.Series, histories: Histories, judged: Gate, discount_rate: float, years: int
) -> np.ndarray:
    """Value each account by the order model instead: expected orders of each year × expected amount, discounted."""
    assert judged.orders
    assert judged.amounts
    bought = lifetime.purchases(histories.days, histories.end).reindex(accounts)
    x, tx, span, mean = (bought[name].to_numpy() for name in ("x", "tx", "T", "mean"))
    weeks = [at * 365.25 / lifetime.DAYS_OF_A_WEEK for at in range(years + 1)]
    counts = [lifetime.expected(judged.orders, x, tx, span, ahead) for ahead in weeks]
    worth = sum((later - sooner) / (1 + discount_rate) ** at for at, (sooner, later) in _steps(counts))
    amount = lifetime.mean_amount(judged.amounts, x + 1, np.maximum(mean, 0.0))
    values: np.ndarray = worth * amount
    return values


def _steps(counts: list[np.ndarray]) -> list[tuple[int, tuple[np.ndarray, np.ndarray]]]:
    return list(enumerate(pairwise(counts), start=1))


def _ordered(written: Book, is_valued: bool) -> pd.DataFrame:
    """Bring the accounts into their order and the columns into theirs; without retention there is no value."""
    accounts = written.accounts
    if not is_valued:
        certain = pd.Series(written.contracts["certain"].sum(axis=1), index=accounts.index)
        missing = dict.fromkeys(("value", "value_low", "value_high", "framework", "expected", "retention"), np.nan)
        accounts = accounts.assign(**missing, contracted=certain)
    first = ["account_id", "name", "class", "key_account", "value", "value_low", "value_high", *PARTS]
    first += ["contracted_until", "margin_12", "revenue_12", "retention"]
    columns = [*first, *(name for name in accounts.columns if name not in first)]
    by = ["value", written.base, "account_id"]
    return accounts[columns].sort_values(by, ascending=[False, False, True], ignore_index=True)


def _worth(accounts: pd.DataFrame) -> pd.DataFrame:
    """Take what a reader looks at first: the value with its range and parts."""
    known = ["contracted", "framework"] if accounts["contracted_until"].notna().any() else []
    columns = ["account_id", "name", "class", "value", "value_low", "value_high", *known]
    columns += [*(["expected", "contracted_until"] if known else []), _base(accounts)]
    return accounts[columns].rename(columns=lambda name: name.replace("value", "worth"))


def _base(accounts: pd.DataFrame) -> str:
    """Name the column of what an account brought: margin where the ledger has it."""
    return "margin_12" if accounts["margin_12"].notna().any() else "revenue_12"


def _unusual(watched: pd.DataFrame, decisions: pd.DataFrame | None) -> pd.DataFrame:
    """List the unusually silent ones of those looked at one by one, with what sales knows of it, if anything."""
    found = watched[watched["unusual"]] if "unusual" in watched else watched.head(0)
    columns = ["account_id", "name", "last_order", "days_silent", *LATE, _base(watched)]
    return _with_reasons(found[columns].reset_index(drop=True), decisions)


def _with_reasons(listed: pd.DataFrame, decisions: pd.DataFrame | None) -> pd.DataFrame:
    """Add the newest reason why an account is watched; empty where there is none, to be filled in."""
    entered = (pd.DataFrame() if decisions is None else decisions).reindex(
        columns=["account_id", "decision", "reason", "date"]
    )
    reasons = entered[entered["decision"] == "watch"].sort_values("date", kind="stable", na_position="first")
    known = reasons.drop_duplicates("account_id", keep="last").set_index("account_id")["reason"]
    return listed.assign(known_reason=[str(known.get(number, "")) for number in listed["account_id"]])


def _tail(others: pd.DataFrame, has_model: bool, decisions: pd.DataFrame | None) -> pd.DataFrame:
    """List the others: by probability × amount of twelve months where the model holds, else those unusually silent."""
    base = _base(others)
    columns = ["account_id", "name", "last_order", "days_silent", "usual_gap", base]
    if not has_model:
        unusual = others.loc[others["unusual"], [*columns[:-2], *LATE, base]]
        ordered = unusual.sort_values([base, "account_id"], ascending=[False, True], ignore_index=True)
        return _with_reasons(ordered, decisions)
    customers = others[others["days_silent"] < A_YEAR]
    listed = customers[[*columns, "p_inactive"]].assign(at_stake=customers["p_inactive"] * customers[base])
    return listed.sort_values(["at_stake", "account_id"], ascending=[False, True], ignore_index=True)


def _key_numbers(
    tables: dict[str, pd.DataFrame], total: tuple[float, float] | None, written: Book, judged: Gate
) -> dict[str, int | float | str | None]:
    """Give the key numbers; value and range None where no retention could be measured, fits where the gate fails."""
    accounts = tables["accounts"]
    value = float(accounts["value"].sum()) if total else None
    some, has_contracts = bool(value), bool(accounts["contracted_until"].notna().any())
    shares = {
        f"{part}_share": float(accounts[part].sum()) / value if value and has_contracts else None for part in PARTS
    }
    unusual = len(tables["unusual"]) if "unusual" in tables else None
    fitted = {name: getattr(judged, fit) for name, fit in FITTED.items()}
    return {
        "accounts": len(accounts),
        "accounts_not_positive": len(written.not_positive),
        "accounts_silent": written.silent,
        "value": value,
        "value_low": min(total[0], value) if total and some and value else value,
        "value_high": max(total[1], value) if total and some and value else value,
        **shares,
        "amount_12": float(round(accounts[written.base].sum(), 4)),
        "unusual": unusual,
        "gate": judged.word,
        **{name: fit.parameters[name] if fit else None for name, fit in fitted.items()},
        "ll": judged.orders.ll if judged.orders else None,
    }
