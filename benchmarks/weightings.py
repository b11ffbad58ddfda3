"""How long it takes to play 10,000 weightings through: kamlab against the same in plain numpy, draw by draw.

    python benchmarks/weightings.py [--runs N]

500 accounts × 8 criteria, half of them seen by three raters; who is among the first 20. Both get the same weights and
raters and must count the same. Imports are not timed. What counts is the ratio within one run, and that kamlab stays
below `LIMIT` seconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

import numpy as np

from kamlab.selection import smaa

ACCOUNTS, CRITERIA, RATERS, PLACES, SPREAD = 500, 8, 3, 20, 0.3
LIMIT = 0.3  # seconds


def by_hand(views: list[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Do the same draw by draw: choose the raters, add up, sort."""
    generator = np.random.default_rng([smaa.SEED, 1])
    draws, total = len(weights), np.zeros(len(views[0]))
    chosen = [generator.integers(v.shape[1], size=draws) if v.shape[1] > 1 else np.zeros(draws, int) for v in views]
    for draw in range(draws):
        seen = np.column_stack([view[:, chosen[at][draw]] for at, view in enumerate(views)])
        total[np.argsort(-(seen @ weights[draw]), kind="stable")[:PLACES]] += 1
    return total / draws


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs of each, in turn (median counts)")
    options = parser.parse_args()
    generator = np.random.default_rng(7)
    utilities = generator.random((ACCOUNTS, CRITERIA))
    noise = generator.normal(0, 0.1, (ACCOUNTS, CRITERIA, RATERS))
    views = [
        np.clip(utilities[:, at, None] + noise[:, at], 0, 1) if at % 2 else utilities[:, [at]] for at in range(CRITERIA)
    ]
    agreed = np.full(CRITERIA, 1 / CRITERIA)
    taken: dict[str, list[float]] = {"kamlab": [], "draw by draw": []}
    for _ in range(options.runs):
        began = time.perf_counter()
        weights = smaa.around(agreed, SPREAD)
        ours = smaa.acceptability(views, weights, PLACES)
        taken["kamlab"].append(time.perf_counter() - began)
        began = time.perf_counter()
        theirs = by_hand(views, weights)
        taken["draw by draw"].append(time.perf_counter() - began)
        assert np.allclose(ours, theirs, atol=1e-9)
    seconds = {name: statistics.median(runs) for name, runs in taken.items()}
    for name, value in seconds.items():
        print(f"{name:>15}: {value:6.3f} s, kamlab takes {seconds['kamlab'] / value:4.2f} times as long")
    if seconds["kamlab"] > LIMIT:
        sys.exit(f"kamlab takes more than {LIMIT} s")


if __name__ == "__main__":
    main()
