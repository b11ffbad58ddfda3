"""Does the order model count right? Without the last months it predicts their orders, by how often one ordered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlab.selection import lifetime

HELD_OUT = 182  # days at most; a third of a short ledger
OFTEN = 7  # orders after the first from which on accounts are one class


def calibration(days: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Compare expected with actual orders of the last months, by the number of orders after the first before them.

    Returns
    -------
    DataFrame: frequency (`0` to `6`, `7+`), accounts, orders_expected, orders_actual (sums); empty where the model does
    not hold without these months.
    """
    length = min(HELD_OUT, (end - days["date"].min()).days // 3)
    cut = end - pd.Timedelta(days=length)
    bought = lifetime.purchases(days, cut)
    x, tx, span = (bought[name].to_numpy() for name in ("x", "tx", "T"))
    fit = lifetime.fit_orders(x, tx, span)
    columns = ["frequency", "accounts", "orders_expected", "orders_actual"]
    if not fit.holds:
        return pd.DataFrame(columns=columns)
    expected = lifetime.expected(fit, x, tx, span, length / lifetime.DAYS_OF_A_WEEK)
    actual = days.loc[days["date"] > cut, "account_id"].value_counts()
    frequency = np.minimum(x, OFTEN).astype(int)
    frame = pd.DataFrame({"at": frequency, "orders_expected": expected}, index=bought.index)
    frame["orders_actual"] = actual.reindex(frame.index).fillna(0).astype("int64")
    sums = frame.groupby("at").agg(
        accounts=("orders_actual", "size"),
        orders_expected=("orders_expected", "sum"),
        orders_actual=("orders_actual", "sum"),
    )
    names = [f"{at}+" if at == OFTEN else f"{at}" for at in sums.index]
    return sums.reset_index(drop=True).assign(frequency=names)[columns]
