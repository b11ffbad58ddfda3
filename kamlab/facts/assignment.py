"""The lines of the ledger as the facts count them: newest numbers, corporate group, product group, margin.

In go the typed tables, out come the ledger with all columns, what is known of the sites, and notes. Knows no analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from kamlab.errors import Problem
from kamlab.facts.groups import resolve
from kamlab.facts.keys import account_notes, product_notes
from kamlab.facts.master import booked_revenue, master_data, renumbered, settlers, site_frame, with_new_numbers
from kamlab.facts.products import Products, read_products, with_products
from kamlab.facts.proposals import central_payers, identities
from kamlab.facts.reviews import merge, read_reviews
from kamlab.ingest import LINE_KIND, Ingested
from kamlab.ingest.reading import MONEY

_OPTIONAL = {
    **dict.fromkeys(("quantity", "cost"), MONEY),
    **dict.fromkeys(("product_id", "product_group", "document_id", LINE_KIND), "string"),
}
NO_PRODUCT = "no_product"  # the kind of a line that names neither product nor product group where others do


@dataclass(frozen=True)
class Sites:
    """What is known of the sites: for analyses, for proposals of groups, and what has been answered to them."""

    described: pd.DataFrame
    identities: pd.DataFrame
    reviews: pd.DataFrame


def with_groups(con: Backend, ingested: Ingested) -> tuple[ibis.Table, Sites, list[Problem]]:
    """Give every used line its site and corporate group, and every column that the facts sum up."""
    newest, circles = renumbered(ingested)
    master = with_new_numbers(master_data(ingested), newest)
    resolved = resolve(master)
    booked = booked_revenue(ingested, newest)
    groups = {site: site for site in booked} | resolved.of
    known = identities(master.assign(group_id=master["account_id"].map(groups)))
    central = central_payers(known)
    reviews = read_reviews(ingested, newest)
    merged, review_notes = merge(groups, reviews, booked, central)
    notes = [
        Problem(code=code, values={"accounts": accounts, "count": len(accounts)})
        for code, accounts in (("KL-W110", resolved.cycles), ("KL-W112", circles))
        if accounts
    ]
    products = read_products(ingested)
    notes += [*review_notes, *settlers(central, booked), *(products.notes if products else ())]
    notes += account_notes(ingested, master, newest, booked) + product_notes(ingested, products)
    ledger = _assigned(_with_all_columns(ingested, products), newest, merged)
    known["master_group"] = known["account_id"]
    known["account_id"] = known["site_id"].map(merged)
    sites = Sites(site_frame(master, booked, merged), known, reviews)
    return con.create_table("ledger", ledger), sites, notes


def _assigned(ledger: ibis.Table, newest: Mapping[str, str], groups: Mapping[str, str]) -> ibis.Table:
    """Put the newest number and the group in the place of the number that a line was booked on."""
    ids = {site: (site, group) for site, group in groups.items()}
    ids |= {old: (new, groups.get(new, new)) for old, new in newest.items()}
    columns = {
        "booked_id": list(ids),
        "site_id": [site for site, _ in ids.values()],
        "group_id": [group for _, group in ids.values()],
    }
    table = ibis.memtable(pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}))
    joined = ledger.left_join(table, ledger.account_id == table.booked_id)
    return joined.select(
        *[name for name in ledger.columns if name != "account_id"],
        site_id=joined.site_id.coalesce(joined.account_id),
        account_id=joined["group_id"].coalesce(joined.account_id),
    )


def _with_all_columns(ingested: Ingested, products: Products | None) -> ibis.Table:
    """Bring the ledger's optional columns to one form: margin from cost, product group from the products, else null."""
    ledger = ingested.tables["transactions"]
    absent = {name: ibis.null(kind) for name, kind in _OPTIONAL.items() if name not in ledger.columns}
    ledger = ledger.mutate(**absent)
    if "contribution_margin" not in ledger.columns:
        ledger = ledger.mutate(contribution_margin=ledger.revenue - ledger.cost)
    ledger = ledger.select("account_id", "date", "revenue", "contribution_margin", *_OPTIONAL)
    ledger = with_products(ledger, products) if products and (products.newest or products.groups) else ledger
    return _by_kind(ledger, has_products="product_id" not in absent)


def _by_kind(ledger: ibis.Table, has_products: bool) -> ibis.Table:
    """Let a line that sells no goods have a kind, and no product or product group."""
    if has_products:
        is_bare = ledger.product_id.isnull() & ledger.product_group.isnull()
        ledger = ledger.mutate(line_kind=ledger.line_kind.coalesce(ibis.cases((is_bare, NO_PRODUCT))))
    goods = ledger.line_kind.isnull()
    return ledger.mutate(**{name: ibis.cases((goods, ledger[name])) for name in ("product_id", "product_group")})
