"""A ledger too large for memory: generated German CSV, read within a limit, every row and every cent accounted for.

    python benchmarks/large_ledger.py [--lines N] [--limit GIB]

Reading runs in a process of its own; its peak memory is what counts. Exit 1 where it passes the limit or a sum differs.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CHUNK = 500_000
SETTINGS = """name: Large
sources:
  transactions:
    path: ledger.csv
    columns:
      account_id: Kundennr
      date: Belegdatum
      revenue: Nettowert
      quantity: Menge
      product_id: Artikelnr
      product_group: Warengruppe
      document_id: Belegnr
    exclude:
      storno: "= Belegart = 'ST'"
"""


def generate(target: Path, lines: int) -> dict[str, int]:
    """Write the ledger; return its sums in cents, by what shall become of them. Every 10,000th amount is unreadable."""
    rng = np.random.default_rng(1)
    sums = {"used": 0, "left_out": 0}
    with target.open("w", encoding="cp1252", newline="") as file:
        file.write("Kundennr;Belegdatum;Belegart;Nettowert;Menge;Artikelnr;Warengruppe;Belegnr\r\n")
        for start in range(0, lines, CHUNK):
            size = min(CHUNK, lines - start)
            account, product = rng.integers(1, 5_000, size), rng.integers(1, 8_000, size)
            year, month, day = rng.integers(2022, 2026, size), rng.integers(1, 13, size), rng.integers(1, 29, size)
            cents, quantity = rng.integers(-50_000, 9_999_999, size), rng.integers(1, 999, size)
            is_storno, is_bad = rng.random(size) < 0.02, np.arange(start, start + size) % 10_000 == 7
            sums["used"] += int(cents[~is_storno & ~is_bad].sum())
            sums["left_out"] += int(cents[is_storno & ~is_bad].sum())
            file.write(
                "".join(
                    f"{account[i]:010d};{day[i]:02d}.{month[i]:02d}.{year[i]};{'ST' if is_storno[i] else 'RE'};"
                    f"{'k.A.' if is_bad[i] else _german(int(cents[i]))};{quantity[i]};A-{product[i]:05d};"
                    f"Größe {product[i] % 20};{start + i}\r\n"
                    for i in range(size)
                )
            )
    return sums


def _german(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


def read(folder: Path) -> None:
    """Ingest the ledger and build its facts; print what came out, and the peak."""
    from kamlab.engagement import open_engagement
    from kamlab.facts import prepare

    began = time.perf_counter()
    facts = prepare(open_engagement(folder))
    seconds = time.perf_counter() - began
    assert not facts.state.problems, facts.state.problems
    ledger = facts.state.reads[0]
    assert ledger.revenue is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # KiB on Linux
    months = facts.months.revenue.sum().to_pyarrow().as_py()
    print(
        json.dumps(
            {
                "rows": ledger.rows.model_dump(),
                "used": int(ledger.revenue.used * 100),
                "left_out": int(ledger.revenue.left_out * 100),
                "months": int(months * 100),
                "seconds": round(seconds, 1),
                "peak_gib": round(peak, 2),
            }
        )
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=30_000_000)
    parser.add_argument("--limit", type=float, default=3.0, help="peak memory in GiB")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.read)
        return 0
    with tempfile.TemporaryDirectory(prefix="kamlab-large-") as name:
        folder = Path(name)
        (folder / "engagement.yml").write_text(SETTINGS, encoding="utf-8")
        expected = generate(folder / "ledger.csv", options.lines)
        size = (folder / "ledger.csv").stat().st_size / 1024**3
        command = [sys.executable, __file__, "--read", name]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    rows = found["rows"]
    is_right = (
        rows["read"] == options.lines == rows["used"] + rows["left_out"] + rows["rejected"]
        and (found["used"], found["left_out"], found["months"])
        == (expected["used"], expected["left_out"], expected["used"])
        and found["peak_gib"] <= options.limit
    )
    word = "as it should be" if is_right else f"NOT as it should be, expected {expected}, found {found}"
    print(f"{options.lines:,} lines ({size:.2f} GiB): {found['seconds']} s, peak {found['peak_gib']} GiB")
    print(f"used {rows['used']:,}, left out {rows['left_out']:,}, rejected {rows['rejected']:,}: {word}")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
