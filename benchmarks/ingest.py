"""Ingest and facts of Online Retail II (1,067,371 lines): kamlab against DuckDB by hand and against pandas.

    python benchmarks/ingest.py [--runs N]

Each contender does the same job in a process of its own: read, type, judge the four rules, account for every row and
all revenue, write the three facts tables. kamlab and DuckDB calculate in exact decimals, pandas in floating point.
Imports are not timed. What counts are the ratios within one run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("KAMLAB_DATA", ROOT.parent / "shared" / "data"))
LEDGER = DATA / "online_retail_ii" / "online_retail_II.parquet"
EXPECTED = (791045, 17431551.178)


def with_kamlab(folder: Path) -> tuple[int, float, float]:
    from kamlab.engagement import open_engagement
    from kamlab.facts import prepare

    settings = (ROOT / "data" / "online_retail_ii" / "engagement.yml").read_text(encoding="utf-8")
    (folder / "engagement.yml").write_text(settings, encoding="utf-8")
    engagement = open_engagement(folder, [f"sources.transactions.path={LEDGER.resolve()}"])
    began = time.perf_counter()
    ledger = prepare(engagement).state.reads[0]
    seconds = time.perf_counter() - began
    assert ledger.revenue is not None
    return ledger.rows.used, float(ledger.revenue.used), seconds


HAND_WRITTEN = """
create table ledger as
select file_row_number + 1 as line, trim(cast("Customer ID" as varchar)) as account, cast(InvoiceDate as date) as day,
       nullif(trim(StockCode), '') as product, nullif(trim(Invoice), '') as document,
       try_cast("Quantity" as decimal(18, 4)) as pieces,
       case when abs(cast(factor as double) * cast(unit as double)) < 1e14
            then cast(factor * unit as decimal(18, 4)) end as revenue,
       case when sheet = '2010-2011' and cast(InvoiceDate as date) < date '2010-12-10' then 'both_sheets'
            when factor <= 0 then 'quantity' when unit <= 0 then 'price'
            when account is null then 'no_customer'
            when day is null or revenue is null then 'rejected' else 'used' end as status
from (select *, try_cast("Quantity" as decimal(26, 12)) as factor,
             try_cast(cast("Price" as varchar) as decimal(26, 12)) as unit
      from read_parquet('{ledger}', file_row_number = true));
copy (select account, date_trunc('month', day) as month, sum(revenue) as revenue, sum(pieces) as quantity,
             count(*) as lines
      from ledger where status = 'used' group by all order by all) to '{folder}/months.parquet';
copy (select account, day, count(distinct document) as documents, count(*) as lines, sum(revenue) as revenue
      from ledger where status = 'used' group by all order by account, day) to '{folder}/orders.parquet';
copy (select account, product, date_trunc('month', day) as month, sum(revenue) as revenue, sum(pieces) as quantity
      from ledger where status = 'used' group by all order by account, product, month) to '{folder}/items.parquet';
copy (select account, sum(revenue) as revenue from ledger where status = 'used' group by all order by account)
      to '{folder}/accounts.parquet';
"""


def with_duckdb(folder: Path) -> tuple[int, float, float]:
    import duckdb

    began = time.perf_counter()
    con = duckdb.connect()
    for statement in HAND_WRITTEN.format(ledger=LEDGER, folder=folder).strip().split(";\n"):
        con.execute(statement)
    tally = con.execute("select status, count(*), sum(revenue) from ledger group by status").fetchall()
    _, rows, revenue = next(part for part in tally if part[0] == "used")
    return rows, float(revenue), time.perf_counter() - began


def with_pandas(folder: Path) -> tuple[int, float, float]:
    import pandas as pd

    began = time.perf_counter()
    frame = pd.read_parquet(LEDGER)
    frame["revenue"] = frame["Quantity"] * frame["Price"]
    frame["day"] = frame["InvoiceDate"].dt.normalize()
    frame["month"] = frame["day"].dt.to_period("M").dt.to_timestamp()
    status = pd.Series("used", index=frame.index)
    status[frame["Customer ID"].isna()] = "no_customer"
    status[frame["Price"] <= 0] = "price"
    status[frame["Quantity"] <= 0] = "quantity"
    status[(frame["sheet"] == "2010-2011") & (frame["day"] < "2010-12-10")] = "both_sheets"
    frame.groupby(status)["revenue"].agg(["size", "sum"])  # the account of every row
    used = frame[status == "used"].copy()
    used["account"] = used["Customer ID"].astype("int64").astype(str)
    sums = {"revenue": ("revenue", "sum"), "quantity": ("Quantity", "sum")}
    lines, documents = ("revenue", "size"), ("Invoice", "nunique")
    for name, keys, more in (
        ("months", ["account", "month"], {"lines": lines}),
        ("orders", ["account", "day"], {"lines": lines, "documents": documents}),
        ("items", ["account", "StockCode", "month"], {}),
        ("accounts", ["account"], {}),
    ):
        used.groupby(keys).agg(**sums, **more).reset_index().to_parquet(folder / f"{name}.parquet")
    return len(used), float(used["revenue"].sum()), time.perf_counter() - began


CONTENDERS = {"kamlab": with_kamlab, "DuckDB by hand": with_duckdb, "pandas": with_pandas}


def contend(name: str) -> None:
    """Run one contender in this process and print what it took."""
    import duckdb
    import pandas

    assert duckdb, pandas
    if name == "kamlab":
        import kamlab.facts

        assert kamlab.facts
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        rows, revenue, seconds = CONTENDERS[name](Path(folder))
    assert (rows, round(revenue, 3)) == EXPECTED, (name, rows, revenue)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak": peak / 1024, "before": before / 1024}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender, in turn (median counts)")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        contend(options.one)
        return
    if not LEDGER.is_file():
        sys.exit(f"{LEDGER} is missing: set KAMLAB_DATA")
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(options.runs):
        for name in CONTENDERS:
            command = [sys.executable, __file__, "--one", name]
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            taken[name].append(json.loads(output))
    seconds = {name: statistics.median(run["seconds"] for run in runs) for name, runs in taken.items()}
    for name, runs in taken.items():
        peak = max(run["peak"] for run in runs)
        ratio = seconds["kamlab"] / seconds[name]
        print(f"{name:>15}: {seconds[name]:6.2f} s, peak {peak:5.0f} MiB, kamlab takes {ratio:4.2f} times as long")


if __name__ == "__main__":
    main()
