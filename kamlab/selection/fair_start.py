"""A fair start: a lot decides who of interchangeable accounts begins, so that the effect can be measured later.

In go the candidates, out come two waves and the effect that such a comparison would detect.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

FEWEST = 4  # candidates: below, two waves would tell nothing
CERTAINTY, POWER = 0.8, 0.8  # 80 of 100, as on all pages


def draw(candidates: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw by lot who starts in the first wave: half of the candidates, one more where they are odd.

    Parameters
    ----------
    candidates : DataFrame
        account_id and whatever else; their order does not matter.
    seed : int
        The same number gives the same draw for the same candidates.

    Returns
    -------
    DataFrame: the candidates with `wave` (1 or 2), first wave first, by account_id.
    """
    ordered = candidates.sort_values("account_id", ignore_index=True)
    lot = np.random.default_rng(seed).permutation(len(ordered))
    first = (len(ordered) + 1) // 2
    return ordered.assign(wave=np.where(lot < first, 1, 2)).sort_values(["wave", "account_id"], ignore_index=True)


def detectable(changes: pd.Series, first: int, second: int) -> float:
    """Return the smallest relative effect that comparing two waves would detect, e.g. 0.15 for 15 %.

    Parameters
    ----------
    changes : Series
        Log changes of yearly revenue of comparable accounts, at least three: their spread is the noise.
    first, second : int
        Accounts in the waves.

    Detected means: with a true effect of this size, in 80 of 100 cases the interval of 80 of 100 leaves zero out. Two
    independent samples with one spread. Source: Bloom (1995), minimum detectable effects.
    """
    spread = float(changes.std(ddof=1))
    normal = NormalDist()
    multiple = normal.inv_cdf(1 - (1 - CERTAINTY) / 2) + normal.inv_cdf(POWER)
    return float(np.expm1(multiple * spread * np.sqrt(1 / first + 1 / second)))
