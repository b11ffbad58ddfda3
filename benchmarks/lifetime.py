"""BG/NBD on CDNOW: kamlab against the archived package lifetimes in the same run.

    python benchmarks/lifetime.py

Needs the CDNOW summary (KAMLAB_DATA) and, for the comparison, `pip install lifetimes`; not in CI. What counts are the
ratio of the times (best of several) and the likelihood, which must be at least as high.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from kamlab.selection.lifetime import expected, fit_orders

ROOT = Path(__file__).parents[1]
REPEATS = 7


def best(work: Callable[[], object]) -> float:
    """Return the shortest of several times, after one to warm up."""
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    folder = Path(os.environ.get("KAMLAB_DATA", ROOT.parent / "shared" / "data"))
    table = pd.read_csv(folder / "cdnow" / "cdnow_customers_summary.csv")
    x, tx, span = (table[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    fit = fit_orders(x, tx, span)
    ours = best(lambda: fit_orders(x, tx, span))
    print(f"kamlab     fit {1000 * ours:6.1f} ms   log-likelihood {fit.ll:.6f}")
    ahead = best(lambda: expected(fit, x, tx, span, 39.0))
    print(f"kamlab     expected orders of {len(x):,} accounts {1000 * ahead:6.1f} ms")
    try:
        lifetimes = importlib.import_module("lifetimes")
    except ImportError:
        print("lifetimes  not installed: no comparison")
        return
    oracle = lifetimes.BetaGeoFitter().fit(x, tx, span)
    theirs = best(lambda: lifetimes.BetaGeoFitter().fit(x, tx, span))
    # It scales time: the density of each of the x moments of an order is that much smaller.
    likelihood = -oracle._negative_log_likelihood_ * len(x) + x.sum() * np.log(oracle._scale)
    print(f"lifetimes  fit {1000 * theirs:6.1f} ms   log-likelihood {likelihood:.6f}")
    print(f"ratio {ours / theirs:.2f}, likelihood {fit.ll - likelihood:+.6f}")


if __name__ == "__main__":
    main()
