"""How often *set* and *out* hold: the circle is chosen anew by another panel of the same size and other weights.

    python benchmarks/calibration_stability.py

Accounts have true marks from 1 to 5 on six criteria. A panel rates them, each rater at an own level and with errors;
scoring says how firm the circle is. Then another panel rates, weights move in the stated range, and it is counted who
is in the circle. Prints by size of the panel what was said and what came; ends with an error where a bound is not kept.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from kamlab.engagement.choosing import VALUE, Criterion
from kamlab.selection import criteria as judging
from kamlab.selection import smaa
from kamlab.selection.comparing import Comparison, points, ranks, scores
from kamlab.selection.stability import OUT, SET, play

SEED = 7
ACCOUNTS, CRITERIA, PLACES, SPREAD = 40, 6, 12, 0.3
ERROR, LEVEL = 0.7, 0.3  # standard deviations of a mark and of a rater's level, on the scale from 1 to 5
PANELS = (1, 2, 3, 5)
HOLDS = 0.9  # share of those said to be set that have to be in the circle again; of those out, to stay out of it
NAMES = [f"K{at}" for at in range(CRITERIA)]


def rated(rng: np.random.Generator, truth: np.ndarray, raters: int) -> pd.DataFrame:
    """Let a panel rate: account_id, criterion, rater, value."""
    level = rng.normal(0, LEVEL, (raters, 1, 1))
    marks = np.clip(np.rint(truth + level + rng.normal(0, ERROR, (raters, *truth.shape))), 1, 5)
    index = pd.MultiIndex.from_product(
        [range(raters), range(len(truth)), NAMES], names=["rater", "account", "criterion"]
    )
    frame = pd.Series(marks.ravel(), index, name=VALUE).reset_index()
    return frame.assign(account_id=frame["account"].map("{:02d}".format), rater=frame["rater"].map("R{}".format))


def compared(ratings: pd.DataFrame, weights: pd.Series) -> Comparison:
    """Compare the accounts by what a panel says."""
    criteria = {name: Criterion.model_validate({"axis": "attractiveness", "low": "1", "high": "5"}) for name in NAMES}
    ids = sorted(ratings["account_id"].unique())
    values = judging.values(pd.DataFrame({"account_id": ids}), ratings, criteria)
    bounds = dict.fromkeys(NAMES, (1.0, 5.0))
    accounts = pd.DataFrame({"name": ids, "revenue": 1.0, "is_key_account": False}, index=values.index)
    nobody = pd.Series(None, index=values.index, dtype="object")
    utilities = points(values, criteria, bounds)
    return Comparison(accounts, criteria, weights, values, utilities, bounds, ratings, nobody, accounts[:0], {}, {})


def once(rng: np.random.Generator, raters: int) -> pd.DataFrame:
    """Say of every account how firm it is (`said`), and whether another panel with other weights takes it (`came`)."""
    common = rng.normal(0, 0.5, (ACCOUNTS, 1))
    truth = np.clip(3 + common + rng.normal(0, 0.8, (ACCOUNTS, CRITERIA)), 1, 5)
    weights = pd.Series(rng.dirichlet(np.full(CRITERIA, 8.0)), NAMES)
    said = play(compared(rated(rng, truth, raters), weights), PLACES, SPREAD).shares["both"]
    moved = pd.Series(smaa.around(weights.to_numpy(), SPREAD, 1, int(rng.integers(2**31)))[0], NAMES)
    again = compared(rated(rng, truth, raters), moved)
    return pd.DataFrame({"said": said, "came": ranks(scores(again.utilities, moved)) <= PLACES})


def table(worlds: int, panels: tuple[int, ...] = PANELS, seed: int = SEED) -> pd.DataFrame:
    """Play through many worlds.

    Returns
    -------
    DataFrame by raters: for set and out how many accounts, how often they were said to be in the circle and were.
    """
    rows = []
    for raters in panels:
        rng = np.random.default_rng([seed, raters])
        found = pd.concat([once(rng, raters) for _ in range(worlds)])
        row: dict[str, float] = {"raters": raters}
        for name, chosen in (("set", found["said"] >= SET), ("out", found["said"] <= OUT)):
            part = found[chosen]
            row |= {name: len(part) / worlds, f"{name}_said": part["said"].mean(), f"{name}_came": part["came"].mean()}
        rows.append(row)
    return pd.DataFrame(rows).set_index("raters")


def broken(found: pd.DataFrame) -> list[str]:
    """Name the bounds that are not kept."""
    wrong = [f"set, {raters} raters" for raters in found.index[found["set_came"] < HOLDS]]
    wrong += [f"out, {raters} raters" for raters in found.index[found["out_came"] > 1 - HOLDS]]
    if not found["set"].is_monotonic_increasing:
        wrong.append("a smaller panel sets more accounts")
    return wrong


if __name__ == "__main__":
    result = table(100)
    print(f"Stability, seed {SEED}, 100 worlds of {ACCOUNTS} accounts, {PLACES} places, weights within {SPREAD:.0%}")
    print(result.round(3).to_string())
    sys.exit("\n".join(broken(result)))
