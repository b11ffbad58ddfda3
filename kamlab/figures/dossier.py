"""Figures of an account dossier; none of them shows a margin, so both editions have the same."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlab.figures.amounts import amounts, days_shown
from kamlab.figures.measured import group_names
from kamlab.figures.months import months_beside
from kamlab.figures.ranked import ranked
from kamlab.figures.theme import WIDE, Drawing
from kamlab.results import Result
from kamlab.text import Words

MOST_MONTHS = 12
MOST_GROUPS = 7  # the others are summed up


def account_months(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the months that are compared, each on the same one a year before, and those after; else the last ones."""
    months = result.tables["months"]
    compared = bool(months["before"].notna().any())
    months = months.loc[months["before"].notna().cummax()] if compared else months.tail(MOST_MONTHS)
    months = months.reset_index(drop=True)
    if len(months) < 2 or not months[["revenue", "before"]].fillna(0).any(axis=None):
        return None
    axes, money = months_beside(months, words, size)
    both = months[months["before"].notna()]
    highest = months.iloc[int(months["revenue"].to_numpy(dtype=float).argmax())]
    said: dict[str, Any] = {"account": _name(result), "unit": money, "months": len(both) if compared else len(months)}
    said |= {"start": months["month"].iloc[0].date(), "end": months["month"].iloc[-1].date()}
    said |= {"count": int((both["revenue"] > both["before"]).sum()), "revenue": float(months["revenue"].sum())}
    said |= {"month": highest["month"].date(), "highest": float(highest["revenue"])}
    title = ("title" if said["count"] else "title_no") if compared else _alone(said["highest"])
    columns = ["month", "revenue", *(["before"] if compared else [])]
    return Drawing("account_months", axes, months[columns], said, "caption" if compared else "caption_alone", title)


def account_product_groups(result: Result, words: Words, size: float = WIDE) -> Drawing | None:
    """Draw the revenue of the product groups, largest first, each on the year before where it is compared."""
    frame = result.tables.get("product_groups")
    if frame is None:
        return None
    goods, compared = frame[frame["line_kind"].isna()], "before" in frame.columns
    shown = _largest_groups(frame, words)
    if not shown[["revenue", "before"]].fillna(0).any(axis=None):
        return None
    rows, money = amounts(shown[["product_group", "revenue", "before"]].itertuples(index=False, name=None), words)
    axes = ranked(rows, size, words)
    largest = shown.iloc[0]
    said: dict[str, Any] = {"account": _name(result), "count": len(goods), "unit": money}
    said |= {
        "period": days_shown(result, words),
        "name": largest["product_group"],
        "revenue": float(largest["revenue"]),
    }
    said |= {"up": int((_now(goods) > goods["before"]).sum()) if compared else 0}
    title = "title" if compared and said["revenue"] > 0 else _alone(said["revenue"])
    columns = ["product_group", "revenue", *(["before"] if compared else [])]
    caption = "caption" if compared else "caption_alone"
    return Drawing("account_product_groups", axes, shown[columns], said, caption, title)


def _alone(largest: float) -> str:
    """Choose the message where nothing is compared."""
    return "title_alone" if largest > 0 else "title_not_positive"


def _name(result: Result) -> str:
    return str(result.tables["accounts"]["name"].iloc[0])


def _now(frame: pd.DataFrame) -> pd.Series:
    """Take the revenue of the months compared, where these are others than the period."""
    return frame["compared"] if "compared" in frame.columns else frame["revenue"]


def _largest_groups(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Take the largest groups, sum up the others, put what sells no goods behind: product_group, revenue, before."""
    before = frame["before"] if "before" in frame.columns else float("nan")
    shown = pd.DataFrame({"product_group": group_names(frame, words), "revenue": _now(frame), "before": before})
    is_goods = frame["line_kind"].isna()
    goods = shown[is_goods].sort_values(["revenue", "before"], ascending=False, kind="stable")
    rest = goods.iloc[MOST_GROUPS:]
    if len(rest) >= 2:
        others = {
            "product_group": words("table.others", count=len(rest)),
            **rest[["revenue", "before"]].sum(min_count=1),
        }
        goods = pd.concat([goods.head(MOST_GROUPS), pd.DataFrame([others])])
    return pd.concat([goods, shown[~is_goods]], ignore_index=True)
