"""The charter: what a key account is by the company's own definition, and whether today's key accounts meet it.

In go the measures of a period, the definition of the settings and the ratings, out comes a `Result`. A rule is met, not
met or cannot be judged; an account fits where it meets as many rules as are needed. An account without a booking in the
period has bought for nothing; what else there is to measure of it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kamlab.engagement.choosing import Charter
from kamlab.engagement.expression import parse_condition
from kamlab.facts.measures import Measures
from kamlab.fitness.fields import fields
from kamlab.fitness.findings import findings
from kamlab.fitness.rules import (
    demand_of,
    fits,
    judge,
    mean_ratings,
    names_of,
    near,
    raters_of,
    shortfalls,
    state_words,
    verdict,
)
from kamlab.results import Finding, Result, Value

# What a definition could look like, measured where the settings have none: by the name of a text.
EXAMPLE = {
    "example.margin_share": "margin_share >= 0.02",
    "example.countries": "countries >= 2",
    "example.product_groups": "product_groups >= 3",
}
WITHOUT_MARGIN = {"example.revenue_share": "revenue_share >= 0.02"}
KINDS = ("principle", "condition", "delimitation")


def charter(measures: Measures, definition: Charter, criteria: pd.DataFrame | None = None) -> Result:
    """Measure the company's own definition of a key account on every account.

    Parameters
    ----------
    definition : Charter
        Of the settings; without rules, an example is measured and nobody fits or fails.
    criteria : DataFrame, optional
        Ratings as they were entered: account_id, criterion, value, rater. A rule sees the mean over raters,
        whose own levels are taken out where somebody has not rated.

    Returns
    -------
    Result with the tables `accounts` (account_id, name, is_key_account, rules_met, rules, fits, failing: names of
    the rules that are not met, near: whether a key account misses the definition by near misses only),
    `judgements`, `shortfalls` (of key accounts that do not fit; near: by little), `candidates`, `rules`,
    `sensitivity`, or without rules `example`; `principles`, `managers`, `fields`, `field_accounts`, `field_shares`
    where there is anything of them.
    """
    accounts = _accounts(measures, criteria)
    keys = accounts[accounts["is_key_account"]]
    today = bool(measures.sales.accounts["key_account_since"].notna().any())
    rules = {name: parse_condition(text) for name, text in definition.rules.items()}
    needed = definition.needed or len(rules)
    states = judge(rules, accounts)
    table = _judged(accounts, states, needed)
    tables = {"accounts": table}
    if rules:
        tables["judgements"] = _judgements(accounts, states, {name: demand_of(rule) for name, rule in rules.items()})
        missing = keys[~table.loc[keys.index, "fits"].fillna(False).astype(bool)]
        short = shortfalls(rules, missing, states.loc[missing.index])
        short["near"] = near(short, raters_of(criteria))
        tables["shortfalls"] = short
        table["near"] = _near(table, short, needed)
        tables["candidates"] = _candidates(accounts, table)
        tables["rules"] = _rules(definition.rules, accounts, states, today)
        tables["sensitivity"] = _sensitivity(accounts, states, needed, today)
    else:
        example = _example(measures)
        judged = judge({name: parse_condition(text) for name, text in example.items()}, accounts)
        tables["example"] = _rules(example, accounts, judged, today)
    if definition.principles:
        tables["principles"] = _principles(definition)
    if accounts["managers"].notna().any():
        tables["managers"] = _managers(accounts)
    if definition.fields and len(keys):
        named = {name: parse_condition(text) for name, text in definition.fields.items()}
        tables |= fields(named, keys, measures.by_field, _money(measures))
    numbers = _key_numbers(measures, tables, today)
    silent = int((keys["lines"] == 0).sum())
    return Result(
        analysis="charter",
        as_of=measures.sales.as_of,
        currency=measures.sales.currency,
        basis=measures.sales.basis.model_copy(
            update={"choices": measures.sales.basis.choices + _choices(tables, definition, needed, silent)}
        ),
        parameters={},
        key_numbers=numbers,
        findings=tuple(findings(tables, numbers, needed, _money(measures))),
        tables=tables,
    )


def _money(measures: Measures) -> str:
    return "contribution_margin" if measures.sales.has_margin else "revenue"


def _accounts(measures: Measures, criteria: pd.DataFrame | None) -> pd.DataFrame:
    """Join measures and mean ratings; key accounts without a booking follow, with nothing bought."""
    accounts = measures.with_silent
    rated = mean_ratings(criteria)
    rated = rated[[name for name in rated.columns if name not in accounts.columns]]
    joined = accounts.merge(rated, left_on="account_id", right_index=True, how="left", validate="1:1")
    return joined.sort_values(
        ["is_key_account", "revenue", "account_id"], ascending=[False, False, True], ignore_index=True
    ).astype({"is_key_account": bool})


def _judged(accounts: pd.DataFrame, states: pd.DataFrame, needed: int) -> pd.DataFrame:
    """Count the rules that accounts meet; without rules nobody fits and nobody fails."""
    count = len(states.columns)
    met = states.fillna(False).sum(axis=1) if count else pd.Series(pd.NA, index=accounts.index)
    return accounts[["account_id", "name", "is_key_account"]].assign(
        rules_met=met.astype("Int64"),
        rules=count,
        fits=fits(states, needed) if count else pd.Series(pd.NA, index=accounts.index, dtype="boolean"),
        failing=names_of(states, "not_met"),
    )


def _near(table: pd.DataFrame, short: pd.DataFrame, needed: int) -> pd.Series:
    """Say who would meet the definition if it met the rules as well that it nearly meets."""
    by_rule = short[short["state"] == "not_met"].groupby(["account_id", "rule"])["near"].all()
    more = table["account_id"].map(by_rule.groupby("account_id").sum()).fillna(0)
    return (
        table["fits"].eq(other=False).fillna(value=False).astype(bool)
        & (table["rules_met"] + more >= needed)
        & (more > 0)
    )


def _judgements(
    accounts: pd.DataFrame, states: pd.DataFrame, demands: Mapping[str, tuple[str | None, float | None]]
) -> pd.DataFrame:
    """List every rule on every account: state; measure, measured and limit of rules on one number."""
    parts = []
    for rule in states.columns:
        measure, limit = demands[rule]
        is_number = measure in accounts and pd.api.types.is_numeric_dtype(accounts[measure])
        part = accounts[["account_id", "name", "is_key_account"]].assign(rule=rule, state=state_words(states[rule]))
        part["measure"] = measure if is_number else None
        part["measured"] = accounts[measure].astype("float64") if is_number else float("nan")
        part["limit"] = float("nan") if limit is None else limit
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _candidates(accounts: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """List who meets the definition and is no key account, the largest first."""
    found = judged["fits"].fillna(False).astype(bool) & ~judged["is_key_account"]
    columns = ["account_id", "name", "revenue", "contribution_margin"]
    return accounts[columns].assign(rules_met=judged["rules_met"])[found].reset_index(drop=True)


def _rules(texts: Mapping[str, str], accounts: pd.DataFrame, states: pd.DataFrame, today: bool) -> pd.DataFrame:
    """Count per rule who meets it; of key accounts NaN where it is not known who they are.

    verdict: whether it tells accounts apart (separates, everybody, nobody, unmeasured).
    """
    rows = []
    for rule in states.columns:
        of_keys, of_all = states.loc[accounts["is_key_account"], rule], states[rule]
        counted = [int((of_keys == True).sum()), int((of_keys == False).sum()), int(of_keys.isna().sum())]  # noqa: E712
        met, not_met = int((of_all == True).sum()), int((of_all == False).sum())  # noqa: E712
        keys = counted if today else [float("nan")] * 3
        rows.append((rule, texts[rule].lstrip("= "), *keys, met, len(of_all), verdict(met, not_met)))
    columns = ["rule", "condition", "keys_met", "keys_not_met", "keys_unknown", "accounts_met", "accounts_judged"]
    return pd.DataFrame(rows, columns=[*columns, "verdict"])


def _example(measures: Measures) -> dict[str, str]:
    first = EXAMPLE if measures.sales.has_margin else WITHOUT_MARGIN | EXAMPLE
    return {name: text for name, text in first.items() if measures.sales.has_margin or "margin" not in name}


def _sensitivity(accounts: pd.DataFrame, states: pd.DataFrame, needed: int, today: bool) -> pd.DataFrame:
    """Count who would fit with one rule fewer or more: needed, keys_fit, keys_not, keys_unknown, others_fit."""
    is_key = accounts["is_key_account"]
    rows = []
    for count in range(max(1, needed - 1), min(len(states.columns), needed + 1) + 1):
        fitting = fits(states, count)
        keys = fitting[is_key]
        counted = [int((keys == True).sum()), int((keys == False).sum()), int(keys.isna().sum())]  # noqa: E712
        counted_or_none = counted if today else [float("nan")] * 3
        rows.append((count, *counted_or_none, int((fitting[~is_key] == True).sum())))  # noqa: E712
    return pd.DataFrame(rows, columns=["needed", "keys_fit", "keys_not", "keys_unknown", "others_fit"])


def _principles(definition: Charter) -> pd.DataFrame:
    """List principles, rules of conditions and delimitation, in this order: kind, principle, state, note."""
    rows = [(p.kind, name, p.state, p.note or None) for name, p in definition.principles.items()]
    frame = pd.DataFrame(rows, columns=["kind", "principle", "state", "note"])
    return frame.sort_values("kind", key=lambda kinds: kinds.map(KINDS.index), kind="stable", ignore_index=True)


def _managers(accounts: pd.DataFrame) -> pd.DataFrame:
    """List the accounts whose sites have several managers, key accounts first; never who they are."""
    several = accounts[accounts["managers"] > 1].sort_values(
        ["is_key_account", "managers", "revenue"], ascending=False, kind="stable", ignore_index=True
    )
    return several[["account_id", "name", "is_key_account", "managers", "sites", "revenue"]]


def _key_numbers(
    measures: Measures, tables: Mapping[str, pd.DataFrame], today: bool
) -> dict[str, int | float | str | None]:
    """Count; None where there is no definition, no key account is known, or nothing to measure a share on."""
    accounts = tables["accounts"]
    keys = accounts[accounts["is_key_account"]]
    defined = "rules" in tables
    judged = today and defined
    share = _field_share(tables)
    return {
        "rules": len(tables["rules"]) if defined else 0,
        "key_accounts": len(keys) if today else None,
        "failing": int((keys["fits"] == False).sum()) if judged else None,  # noqa: E712
        "unjudged": int(keys["fits"].isna().sum()) if judged else None,
        "candidates": len(tables["candidates"]) if defined else None,
        "several_managers": len(tables["managers"]) if "managers" in tables else None,
        "field_margin_share": share if measures.sales.has_margin else None,
        "field_revenue_share": None if measures.sales.has_margin else share,
    }


def _field_share(tables: Mapping[str, pd.DataFrame]) -> float | None:
    if "fields" not in tables:
        return None
    share = float(tables["fields"].set_index("field")["share"]["(any)"])
    return None if share != share else share


def _choices(tables: Mapping[str, pd.DataFrame], definition: Charter, needed: int, silent: int) -> tuple[Finding, ...]:
    """Print the conventions that could have been others."""
    choices = []
    if "rules" in tables:
        values: dict[str, Value] = {"needed": needed, "rules": len(definition.rules)}
        choices.append(Finding(key="charter.choice.needed", values=values))
    if silent:
        choices.append(Finding(key="charter.choice.silent", values={"count": silent}))
    if "fields" in tables:
        choices.append(Finding(key="charter.choice.fields"))
    return tuple(choices)
