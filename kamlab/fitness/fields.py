"""Strategic fields: which share of the key accounts' business lies where the strategy wants it.

In go key accounts, their business by product group and the fields as conditions, out come three tables. Fields may
overlap: what lies in several counts in each of them, and once in the total.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kamlab.engagement.choosing import ATTRIBUTES
from kamlab.engagement.expression import Node
from kamlab.facts.conditions import holds

ANY, NONE, UNKNOWN = "(any)", "(none)", "(unknown)"


def fields(
    definitions: Mapping[str, Node], accounts: pd.DataFrame, by_field: pd.DataFrame, money: str
) -> dict[str, pd.DataFrame]:
    """Measure the fields on the business of accounts.

    Parameters
    ----------
    accounts : DataFrame
        account_id, name and the attributes.
    by_field : DataFrame
        account_id, product_group and `money`.

    Returns
    -------
    dict with `fields` (field, accounts with business in it, money, share of all money, NaN where that is not above
    zero; then a row for any field, none, and what cannot be told), `field_accounts` (per account: money, in_fields,
    share_of_account) and `field_shares` (per account and field: in_field, share_of_account).
    """
    known = accounts[["account_id", "name", *(a for a in ATTRIBUTES if a in accounts)]]
    rows = known.merge(by_field[["account_id", "product_group", money]], on="account_id", validate="1:m")
    rows[money] = rows[money].fillna(0.0)
    inside = pd.DataFrame({name: holds(rule, rows) for name, rule in definitions.items()}, index=rows.index)
    in_any = inside.fillna(False).any(axis=1)
    open_ = inside.isna().any(axis=1) & ~in_any
    parts = {name: inside[name].fillna(False).astype(bool) for name in definitions}
    parts |= {ANY: in_any, NONE: ~in_any & ~open_, UNKNOWN: open_}
    total = float(rows[money].sum())
    table = pd.DataFrame(
        [
            (name, rows.loc[part & (rows[money].round(4) != 0), "account_id"].nunique(), rows.loc[part, money].sum())
            for name, part in parts.items()
            if name != UNKNOWN or part.any()
        ],
        columns=["field", "accounts_in", money],
    )
    table["share"] = table[money] / total if total > 0 else float("nan")
    sums = rows.assign(in_fields=rows[money].where(in_any, 0.0)).groupby("account_id")[[money, "in_fields"]].sum()
    per_account = known[["account_id", "name"]].merge(sums, on="account_id", validate="1:1")
    per_account["share_of_account"] = (per_account["in_fields"] / per_account[money]).where(per_account[money] > 0)
    shares = [
        per_account[["account_id", "name"]].assign(field=name, in_field=_sums(rows, parts[name], money, per_account))
        for name in definitions
    ]
    long = pd.concat(shares, ignore_index=True)
    long["share_of_account"] = (long["in_field"] / long["account_id"].map(sums[money])).where(
        long["account_id"].map(sums[money]) > 0
    )
    return {
        "fields": table,
        "field_accounts": per_account.sort_values([money, "account_id"], ascending=[False, True], ignore_index=True),
        "field_shares": long[long["in_field"].round(4) != 0].reset_index(drop=True),
    }


def _sums(rows: pd.DataFrame, part: pd.Series, money: str, accounts: pd.DataFrame) -> list[float]:
    sums = rows[part].groupby("account_id")[money].sum()
    return accounts["account_id"].map(sums).fillna(0.0).tolist()
