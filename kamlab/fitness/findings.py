"""What the charter page says: findings from the tables, the message first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlab.fitness.fields import ANY, NONE, UNKNOWN
from kamlab.results import Finding, Value

NAMED = 3  # accounts named in a sentence
Numbers = Mapping[str, int | float | str | None]
Tables = Mapping[str, pd.DataFrame]


def findings(tables: Tables, numbers: Numbers, needed: int, money: str) -> list[Finding]:
    """Say what was found; keys with a third part belong to sections of their own."""
    found = [_title(numbers)]
    if "rules" in tables:
        found += [_definition(tables, needed), *_near(tables), *_most_failed(tables), *_candidates(tables)]
        found += [*_unjudged(tables, numbers), *_blunt(tables, numbers)]
        found += [*_sensitivity(tables, needed), Finding(key="charter.sure.counted")]
    else:
        found += [Finding(key="charter.undefined"), Finding(key="charter.example.marked")]
        found.append(Finding(key="charter.sure.undefined"))
    if numbers["key_accounts"] is None:
        found.append(Finding(key="charter.no_key_accounts"))
    return [*found, *_principles(tables), *_fields(tables, money), *_to_do(tables)]


def _title(numbers: Numbers) -> Finding:
    keys, failing, unjudged = (numbers[name] for name in ("key_accounts", "failing", "unjudged"))
    values: dict[str, Value] = {"count": failing, "key_accounts": keys, "candidates": numbers["candidates"]}
    if not numbers["rules"]:
        return Finding(key="charter.title_undefined" if keys else "charter.title_nothing", values={"count": keys})
    if not keys:
        key = "charter.title_unknown" if keys is None else "charter.title_nobody"
        return Finding(key=key, values={"count": numbers["candidates"]})
    if failing:
        return Finding(key="charter.title", values=values)
    return Finding(
        key="charter.title_open" if unjudged else "charter.title_all", values=values | {"count": unjudged or keys}
    )


def _naming(key: str, names: pd.Series) -> list[Finding]:
    """Name accounts, of many the first; none, nothing."""
    values: dict[str, Value] = {"count": len(names), "names": names.head(NAMED).tolist()}
    return [Finding(key=key + ("_many" if len(names) > NAMED else ""), values=values)] if len(names) else []


def _definition(tables: Tables, needed: int) -> Finding:
    """Say the definition as one sentence."""
    rules = tables["rules"]["rule"].tolist()
    key = "charter.definition" + ("_all" if needed == len(rules) else "")
    return Finding(key=key, values={"count": len(rules), "needed": needed, "rules": rules})


def _near(tables: Tables) -> list[Finding]:
    """Name the key accounts that miss the definition by little."""
    accounts = tables["accounts"]
    return _naming("charter.near", accounts.loc[accounts["near"] & accounts["is_key_account"], "name"])


def _most_failed(tables: Tables) -> list[Finding]:
    """Name the rule that most of the key accounts fail which do not meet the definition."""
    short = tables["shortfalls"]
    failing = short[(short["state"] == "not_met") & short["account_id"].isin(_not_fitting(tables))]
    counts = failing.drop_duplicates(["account_id", "rule"])["rule"].value_counts()
    if counts.empty or counts.iloc[0] < 2:
        return []
    return [
        Finding(key="charter.head.most_failed", values={"count": int(counts.iloc[0]), "rule": str(counts.index[0])})
    ]


def _not_fitting(tables: Tables) -> pd.Series:
    accounts = tables["accounts"]
    return accounts.loc[accounts["fits"].eq(other=False).fillna(value=False).astype(bool), "account_id"]


def _candidates(tables: Tables) -> list[Finding]:
    accounts, count = tables["accounts"], len(tables["candidates"])
    found = [Finding(key="charter.head.candidates", values={"count": count})] if count else []
    open_ = int((accounts["fits"].isna() & ~accounts["is_key_account"]).sum())
    return [*found, *([Finding(key="charter.others.open", values={"count": open_})] if open_ else [])]


def _unjudged(tables: Tables, numbers: Numbers) -> list[Finding]:
    """Count the key accounts of which it stays open, and name the rules that could not be judged on anybody."""
    found = []
    if numbers["unjudged"]:
        found.append(Finding(key="charter.judged.open", values={"count": numbers["unjudged"]}))
    unmeasured = tables["rules"].loc[tables["rules"]["verdict"] == "unmeasured", "rule"].tolist()
    if unmeasured:
        found.append(Finding(key="charter.judged.unmeasured", values={"count": len(unmeasured), "rules": unmeasured}))
    return found


def _blunt(tables: Tables, numbers: Numbers) -> list[Finding]:
    """Name the rules that tell nobody apart, among all accounts or among the key accounts."""
    rules, found = tables["rules"], []
    for kind in ("everybody", "nobody"):
        names = rules.loc[rules["verdict"] == kind, "rule"].tolist()
        if names:
            found.append(Finding(key=f"charter.rules.{kind}", values={"count": len(names), "rules": names}))
    if (keys := int(numbers["key_accounts"] or 0)) > 1:
        for key, column in (("all_keys", "keys_met"), ("no_key", "keys_not_met")):
            names = rules.loc[(rules["verdict"] == "separates") & (rules[column] == keys), "rule"].tolist()
            if names:
                values: dict[str, Value] = {"count": len(names), "rules": names, "key_accounts": keys}
                found.append(Finding(key=f"charter.rules.{key}", values=values))
    return found or ([Finding(key="charter.rules.sharp")] if (rules["verdict"] == "separates").all() else [])


def _sensitivity(tables: Tables, needed: int) -> list[Finding]:
    """Say how many would fit with one rule fewer or more."""
    table: dict[Any, dict[Any, Any]] = tables["sensitivity"].set_index("needed").to_dict("index")
    column, found = ("keys_fit" if tables["sensitivity"]["keys_fit"].notna().all() else "others_fit"), []
    for key, count in (("fewer", needed - 1), ("more", needed + 1)):
        if count in table:
            values: dict[str, Value] = {"count": count, "now": int(table[needed][column])}
            values |= {"then": int(table[count][column]), "others": int(table[count]["others_fit"])}
            found.append(Finding(key=f"charter.sure.{key}" + ("" if column == "keys_fit" else "_all"), values=values))
    return found or [Finding(key="charter.sure.single")]


def _principles(tables: Tables) -> list[Finding]:
    if "principles" not in tables:
        return []
    counts = tables["principles"]["state"].value_counts()
    values: dict[str, Value] = {state: int(counts.get(state, 0)) for state in ("kept", "partly", "open")}
    return [Finding(key="charter.principles", values=values | {"count": len(tables["principles"])})]


def _fields(tables: Tables, money: str) -> list[Finding]:
    """Say which share of the key accounts' business lies in the fields, and who has none there."""
    if "fields" not in tables:
        return []
    accounts = tables["field_accounts"]
    table: dict[Any, dict[Any, Any]] = tables["fields"].set_index("field").to_dict("index")
    share = float(table[ANY]["share"])
    if share != share:
        return [Finding(key="charter.fields.no_share")]
    values: dict[str, Value] = {"share": share, "money": float(table[ANY][money]), "measure": money}
    found = [Finding(key="charter.head.fields", values=values)]
    empty = [name for name, row in table.items() if name not in (ANY, NONE, UNKNOWN) and not row["accounts_in"]]
    if empty:
        found.append(Finding(key="charter.fields.empty", values={"count": len(empty), "fields": empty}))
    found += _naming("charter.fields.outside", accounts.loc[accounts["in_fields"].round(4) <= 0, "name"])
    if UNKNOWN in table:
        found.append(Finding(key="charter.assigned.unknown", values={"money": float(table[UNKNOWN][money])}))
    return found


def _to_do(tables: Tables) -> list[Finding]:
    """Advise on accounts and rules by name, those who miss most rules first."""
    if "rules" not in tables:
        return [Finding(key="charter.do.define")]
    accounts, rules = tables["accounts"], tables["rules"]
    failing = accounts[accounts["account_id"].isin(_not_fitting(tables)) & accounts["is_key_account"]]
    several = tables["managers"]["name"] if "managers" in tables else pd.Series(dtype="object")
    blunt = rules.loc[rules["verdict"] != "separates", "rule"].tolist()
    found = _naming("charter.do.failing", failing.sort_values("rules_met", kind="stable")["name"])
    found += _naming("charter.do.candidates", tables["candidates"]["name"])
    if blunt:
        found.append(Finding(key="charter.do.rules", values={"count": len(blunt), "rules": blunt}))
    found += _naming("charter.do.managers", several)
    return found or [Finding(key="charter.do.keep")]
