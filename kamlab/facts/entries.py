"""What people have entered beside ledger and master data: criteria, decisions, goals, contracts, effort and the like.

In go the typed tables, out come small frames with the corporate group in `account_id` and the number as it was entered,
or the newest in its place, in `site_id`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kamlab.ingest import FILE, LINE, Ingested
from kamlab.tables import TABLES, Kind

OF_THE_FACTS = frozenset({
    *("transactions", "accounts", "products", "account_mapping", "group_reviews", "control_totals", "currency_rates"),
})  # fmt: skip
_NUMBERS = (Kind.MONEY, Kind.NUMBER, Kind.SHARE)
FREE_TEXT = (Kind.TEXT, Kind.CHOICES)


def entries(ingested: Ingested, newest: Mapping[str, str], groups: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Return the entered tables, row by row in the order of the files.

    Parameters
    ----------
    newest : mapping
        Old customer numbers to the newest.
    groups : mapping
        Corporate group by site; a number that is neither site nor group stays as it is.
    """
    found = {}
    for name, table in ingested.tables.items():
        if name in OF_THE_FACTS:
            continue
        frame = table.order_by([FILE, LINE]).drop(FILE, LINE).to_pyarrow().to_pandas()
        numbers = [c.name for c in TABLES[name].columns if c.kind in _NUMBERS and c.name in frame]
        frame = frame.astype(dict.fromkeys(numbers, "float64"))
        if "account_id" in frame:
            sites = frame["account_id"].map(lambda number: newest.get(number, number), na_action="ignore")
            frame["account_id"] = sites.map(lambda site: groups.get(site, site), na_action="ignore")
            frame["site_id"] = sites
        found[name] = frame
    return found
