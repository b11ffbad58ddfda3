"""Ratings of several people brought to one level: what an account would have on average had everybody rated it.

In go marks, accounts by raters with gaps, out comes their additive fit. Knows no criteria and no weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

DIGITS = 12  # of a correction: what is less is rounding


@dataclass(frozen=True)
class Levelled:
    """Marks as what the account is worth plus the rater's own level plus a rest.

    Attributes
    ----------
    means : by account, what it would have on average had every rater rated it; NaN where nobody did
    levels : by rater, how much more (or less) than the others who can be compared; adds up to zero
    rests : accounts × raters; NaN where a mark is missing
    counts : by account, how many rated it
    freedom : marks less what was estimated from them: with 0 or less nothing can be said of how far raters differ
    """

    means: pd.Series
    levels: pd.Series
    rests: pd.DataFrame
    counts: pd.Series
    freedom: int


def levelled(marks: pd.DataFrame) -> Levelled:
    """Fit marks by least squares as account plus rater.

    Parameters
    ----------
    marks : DataFrame
        Accounts × raters, NaN where somebody has not rated.

    An account that all have rated has exactly their plain mean. No mean leaves the range of the marks that were given.
    Raters whom no account links, over however many others, are not brought to one level: nothing says how they differ.
    """
    known = marks.notna().to_numpy()
    given = np.nan_to_num(marks.to_numpy(dtype=float))
    counts = known.sum(axis=1)
    of_all = np.maximum(counts, 1)[:, None]
    plain = given.sum(axis=1) / of_all[:, 0]
    # The accounts eliminated from the normal equations: what is left is a graph of raters, linked by accounts.
    shared = known.astype(float).T @ (known / of_all)
    joint = np.diag(known.sum(axis=0).astype(float)) - shared
    own = np.where(known, given - plain[:, None], 0.0).sum(axis=0)
    levels = (np.linalg.pinv(joint, hermitian=True) @ own).round(DIGITS) if known.size else np.zeros(marks.shape[1])
    means = plain - (known @ levels / of_all[:, 0]).round(DIGITS)
    rests = np.where(known, given - means[:, None] - levels, np.nan)
    if known.any():
        means = np.clip(means, given[known].min(), given[known].max())
    estimated = int((counts > 0).sum()) + int(np.linalg.matrix_rank(joint, hermitian=True) if known.size else 0)
    return Levelled(
        means=pd.Series(np.where(counts > 0, means, np.nan), index=marks.index),
        levels=pd.Series(levels, index=marks.columns),
        rests=pd.DataFrame(rests, index=marks.index, columns=marks.columns),
        counts=pd.Series(counts, index=marks.index),
        freedom=int(known.sum()) - estimated,
    )
