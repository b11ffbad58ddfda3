"""How right the early warning is where the truth is known: simulated buyers, with their seeds.

    python benchmarks/calibration_warning.py

Buyers whose gaps are gamma distributed (shape 1: by chance) order for three years; their orders are merged by day. Then
they are looked at once a month for a year. Prints how many healthy ones are flagged, how soon those are who stopped on
the first of these days, and how often buyers are called regular. Ends with an error where a bound is not kept.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

from kamlab.facts.rhythm import is_unusual, rhythms
from kamlab.facts.silence import CHECKS, DAYS, YEARLY
from kamlab.selection.lifetime_gate import REGULAR, SILENT, regularity

SEED = 11
START = pd.Timestamp("2025-01-01")
HISTORY = 3 * DAYS
CHECKED = [START + pd.Timedelta(days=round(at * DAYS / CHECKS)) for at in range(1, CHECKS + 1)]
SHAPES = {"chance": 1.0, "regular": 4.0, "metronome": 16.0}
GAPS = (8.0, 30.0, 45.0, 60.0, 90.0)
BY_CHANCE = (0.05, 0.13)  # share of buyers by chance that may be flagged in a year, for mean gaps of 30 to 60 days
HIGHEST = 0.15  # of any others
IN_TIME = 0.9  # share of regular buyers of a mean gap to 30 days who stopped that is flagged within half a year, least
CALLED = 0.05  # of samples of buyers by chance, the share that may be called regular; of regular ones, that may not


def orders(rng: np.random.Generator, accounts: int, gap: float, shape: float, days: int) -> pd.DataFrame:
    """Simulate days with orders up to one year after `START`; `days` is the length of the history before it."""
    most = int((days + DAYS) / gap * 1.2 + 12 * np.sqrt((days + DAYS) / gap / shape)) + 20
    between = rng.gamma(shape, gap / shape, (accounts, most))
    times = between.cumsum(axis=1) - between[:, :1] * rng.random((accounts, 1))
    day = np.floor(times).astype(int)
    account, at = np.nonzero(times < days + DAYS + 1)
    frame = pd.DataFrame({"account_id": account, "day": day[account, at]}).drop_duplicates()
    return frame.assign(date=START + pd.to_timedelta(frame["day"] - days, unit="D"), amount=1.0)


def flagged(days: pd.DataFrame) -> pd.DataFrame:
    """Look at accounts with a rhythm once a month for a year: days of silence when flagged first, or NaN."""
    measured = pd.concat([rhythms(days, day).assign(check=day) for day in CHECKED])
    known = measured[measured["usual_gap"].notna()]
    first = known[is_unusual(known.reset_index()).to_numpy()].reset_index().drop_duplicates("account_id")
    silent = first.set_index("account_id")["days_silent"]
    return pd.DataFrame({"silent": silent.reindex(known.index.unique())})


def false_alarms(rng: np.random.Generator, accounts: int, gap: float, shape: float) -> float:
    """Give the share of healthy accounts that is flagged within a year."""
    return float(flagged(orders(rng, accounts, gap, shape, HISTORY))["silent"].notna().mean())


def delay(rng: np.random.Generator, accounts: int, gap: float, shape: float) -> tuple[float, float]:
    """Of accounts that stopped, give the share flagged within `SILENT` days after the last order, and their median."""
    days = orders(rng, accounts, gap, shape, HISTORY)
    silent = flagged(days[days["date"] < START])["silent"]
    return float((silent <= SILENT).mean()), float(silent[silent <= SILENT].median())


def called_regular(rng: np.random.Generator, samples: int, accounts: int, gap: float, shape: float) -> float:
    """Give the share of samples of accounts that are called regular."""
    found = [regularity(orders(rng, accounts, gap, shape, DAYS)) for _ in range(samples)]
    return float(np.mean([shape_ is not None and shape_[1] > REGULAR for shape_ in found]))


def main() -> None:
    rng = np.random.default_rng(SEED)
    wrong = []
    print(f"early warning, seed {SEED}; aim {YEARLY:.0%} of healthy accounts in a year of monthly checks at most")
    print("  ordering   mean gap   flagged healthy   stopped: flagged in half a year, after days")
    for name, shape in SHAPES.items():
        for gap in GAPS:
            share, (found, days) = false_alarms(rng, 1_000, gap, shape), delay(rng, 500, gap, shape)
            print(f"  {name:10} {gap:8.1f} {share:17.1%} {found:33.0%} {days:12.0f}")
            low, high = BY_CHANCE if shape == 1 and 30 <= gap <= 60 else (0.0, HIGHEST)
            wrong += [f"{name}, gap {gap}: {share:.1%} flagged"] if not low <= share <= high else []
            late = shape > 1 and gap <= 30 and found < IN_TIME
            wrong += [f"{name}, gap {gap}: {found:.0%} found in time"] if late else []
    print("regularity, 40 samples of 200 accounts in two years; orders merged by day")
    print("  ordering   mean gap   called regular")
    for name, gaps in (("chance", (1.5, 3.0, 8.0, 30.0)), ("regular", (8.0, 30.0))):
        for gap in gaps:
            share = called_regular(rng, 40, 200, gap, SHAPES[name])
            print(f"  {name:10} {gap:8.1f} {share:16.0%}")
            mistaken = share if name == "chance" else 1 - share
            wrong += [f"{name}, gap {gap}: {share:.0%} called regular"] if mistaken > CALLED else []
    if wrong:
        sys.exit("outside the bounds: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
