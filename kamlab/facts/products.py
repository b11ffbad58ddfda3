"""Products and their successors: what a line was sold as counts as what it is called today.

In go the product master and the ledger, out comes the ledger with newest product numbers and product groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pyarrow as pa

from kamlab.errors import Problem
from kamlab.facts.master import follow
from kamlab.ingest import Ingested


@dataclass(frozen=True)
class Products:
    """`newest` maps a product to its last successor, `groups` to its product group; `known` are all of the master."""

    newest: dict[str, str]
    groups: dict[str, str]
    known: frozenset[str]
    notes: tuple[Problem, ...] = ()


def read_products(ingested: Ingested) -> Products | None:
    """Follow the successors of the product master; None without one.

    Returns
    -------
    Products. A product without a product group has that of its nearest successor with one. A successor that the master
    does not know is the newest all the same; products that lead in a circle stay as they are and are noted. A product
    that names itself has no successor.
    """
    table = ingested.tables.get("products")
    if table is None:
        return None
    columns = [name for name in ("product_id", "product_group", "successor_id") if name in table.columns]
    rows = table.select(*columns).to_pyarrow().to_pylist()
    own = {row["product_id"]: row.get("product_group") for row in rows}
    direct = {row["product_id"]: successor for row in rows if (successor := row.get("successor_id"))}
    direct = {product: successor for product, successor in direct.items() if product != successor}
    newest, circles = follow(direct)
    groups = {product: group for product in own if (group := _group(product, own, direct))}
    notes = [Problem(code="KL-W129", values={"products": circles[:10], "count": len(circles)})] if circles else []
    return Products(newest, groups, frozenset(own), tuple(notes))


def with_products(ledger: ibis.Table, products: Products) -> ibis.Table:
    """Give every line the newest number of its product, and a product group where it has none."""
    known = sorted({*products.newest, *products.groups})
    lookup = pa.table(
        {
            "sold_as": pa.array(known, pa.string()),
            "newest": pa.array([products.newest.get(product) for product in known], pa.string()),
            "known_group": pa.array([products.groups.get(product) for product in known], pa.string()),
        }
    )
    table = ibis.memtable(lookup)
    joined = ledger.left_join(table, ledger.product_id == table.sold_as)
    return joined.mutate(
        product_group=joined.product_group.coalesce(joined.known_group),
        product_id=joined.newest.coalesce(joined.product_id),
    ).select(*ledger.columns)


def _group(product: str, own: dict[str, str | None], direct: dict[str, str]) -> str | None:
    """Return the product group of a product or of its nearest successor that has one."""
    seen: set[str] = set()
    at: str | None = product
    while at is not None and at not in seen:
        if group := own.get(at):
            return group
        seen.add(at)
        at = direct.get(at)
    return None
