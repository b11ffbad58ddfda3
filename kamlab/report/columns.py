"""The columns of tables: how each is written, said, summed up and hidden, by its name; for page and workbook alike."""

from __future__ import annotations

from typing import Any

from kamlab.text import Words

# How a column is written, by its name: (method of Words, arguments). Anything else is text.
_WHOLE, _MONEY, _CENTS, _SHARE, _SHARE1 = ("number",), ("number", 0), ("number", 2), ("percent",), ("percent", 1)
_ABOUT = ("about",)  # estimates
_POINTS = ("points",)  # marks from 0 to 1
FORMATS: dict[str, tuple[Any, ...]] = {
    "revenue": _MONEY,
    "revenue_cents": _CENTS,
    "revenue_now": _MONEY,
    "revenue_before": _MONEY,
    "before": _MONEY,
    "compared": _MONEY,
    "change": ("change",),
    "margin_rate": _SHARE1,
    "last_order": ("date",),
    "variance": ("signed",),
    "variance_ratio": ("change",),
    "contribution_margin": _MONEY,
    "ledger": _WHOLE,
    "here": _WHOLE,
    "explained": _WHOLE,
    "unexplained": _WHOLE,
    "unexplained_share": ("percent", 2),
    "amount": _CENTS,
    "share": _SHARE1,
    "share_of_account": _SHARE1,
    "share_of_accounts": _SHARE,
    "cumulative_share": _SHARE1,
    "cut": _SHARE,
    "rank": _WHOLE,
    "rows": _WHOLE,
    "lines": _WHOLE,
    "values": _WHOLE,
    "accounts": _WHOLE,
    "sites": _WHOLE,
    "line": _WHOLE,
    "read": _WHOLE,
    "used": _WHOLE,
    "left_out": _WHOLE,
    "rejected": _WHOLE,
    "hidden_rows": _WHOLE,
    "header_row": _WHOLE,
    "month": ("month",),
    "revenue_earlier": _MONEY,
    "revenue_later": _MONEY,
    "revenue_difference": _MONEY,
    "relative": ("change",),
    "attractiveness": _POINTS,
    "attractiveness_before": _POINTS,
    "own_position": _POINTS,
    "own_position_before": _POINTS,
    "complexity": _POINTS,
    "key_accounts": _WHOLE,
    "hours": _WHOLE,
    "cost_to_serve": _MONEY,
    "margin_per_hour": _WHOLE,
    "score": ("number", 1),
    "votes": _WHOLE,
    "chosen": _WHOLE,
    "in_list": _WHOLE,
    "stable": _SHARE,
    "small": _WHOLE,
    "both": _WHOLE,
    "either": _WHOLE,
    "rank_correlation": ("number", 2),
    "margin_share": _SHARE1,
    "share_without": _SHARE1,
    "margin_share_without": _SHARE1,
    "opinion": _WHOLE,
    "cost": _MONEY,
    "spent": _MONEY,
    "contract_day": ("date",),
    "largest_share": _SHARE1,
    "equal_accounts": ("number", 1),
    "customer_value": _ABOUT,
    "wave": _WHOLE,
    "rank_before": _WHOLE,
    "decided": ("date",),
    "in_circle": ("of_hundred",),
    "by_weights": ("of_hundred",),
    "by_raters": ("of_hundred",),
    "set": _WHOLE,
    "borderline": _WHOLE,
    "out": _WHOLE,
    "missing": _WHOLE,
    "weight": _SHARE,
    "joint_weight": _SHARE,
    "lowest_weight": _SHARE,
    "highest_weight": _SHARE,
    "flip_weight": _SHARE1,
    "utility": _POINTS,
    "low": ("measured",),
    "high": ("measured",),
    "lowest": ("measured",),
    "highest": ("measured",),
    "spread": ("measured",),
    "raters": _WHOLE,
    "ratings": _WHOLE,
    "difference_of_100": ("signed", 1),
    "rank_lowest": _WHOLE,
    "rank_highest": _WHOLE,
    "rank_variant": _WHOLE,
    "rank_without": _WHOLE,
    "rank_topsis": _WHOLE,
    "knocking_value": ("measured",),
    "closeness": ("number", 3),
    "correlation": ("number", 2),
    "date": ("date",),
    "rules_met": _WHOLE,
    "rules": _WHOLE,
    "needed": _WHOLE,
    "keys_met": _WHOLE,
    "keys_not_met": _WHOLE,
    "keys_unknown": _WHOLE,
    "keys_fit": _WHOLE,
    "keys_not": _WHOLE,
    "others_fit": _WHOLE,
    "accounts_met": _WHOLE,
    "accounts_judged": _WHOLE,
    "accounts_in": _WHOLE,
    "managers": _WHOLE,
    "in_field": _MONEY,
    "in_fields": _MONEY,
    "goals": _WHOLE,
    "accounts_goals": _WHOLE,
    "complete_goals": _WHOLE,
    "hanging": _WHOLE,
    "actions": _WHOLE,
    "accounts_target": _MONEY,
    "wanted": _MONEY,
    "promised": _MONEY,
    "still_needed": _MONEY,
    "expected_margin": _MONEY,
    "booked_margin": _MONEY,
    "gap": _MONEY,
    "rest": _MONEY,
    "due": ("date",),
    "progress": _SHARE,
    "elapsed": _SHARE,
    "worth": _ABOUT,
    "worth_low": _ABOUT,
    "worth_high": _ABOUT,
    "contracted": _ABOUT,
    "framework": _ABOUT,
    "expected": _ABOUT,
    "lifetime_value": _ABOUT,
    "at_stake": _ABOUT,
    "predicted": _ABOUT,
    "predicted_low": _ABOUT,
    "predicted_high": _ABOUT,
    "apart": _WHOLE,
    "too_low": _WHOLE,
    "actual": _ABOUT,
    "margin_12": _MONEY,
    "revenue_12": _MONEY,
    "contracted_until": ("date",),
    "end": ("date",),
    "tender_date": ("date",),
    "annual_value": _MONEY,
    "retention": _SHARE1,
    "retention_low": _SHARE1,
    "retention_high": _SHARE1,
    "p_inactive": _SHARE,
    "kept": _SHARE,
    "rests_on": _WHOLE,
    "stayed": _WHOLE,
    "orders": _WHOLE,
    "days_silent": _WHOLE,
    "usual_gap": _WHOLE,
    "longest_gap": _WHOLE,
    "unusual_from": _WHOLE,
    "orders_expected": _WHOLE,
    "orders_actual": _WHOLE,
    "cuts": _WHOLE,
    "months": _WHOLE,
    "inactive": _WHOLE,
    "named": _WHOLE,
    "hits": _WHOLE,
    "silent_from": _WHOLE,
    "active": _WHOLE,
    "false_alarms": _WHOLE,
    "losses": _WHOLE,
    "losses_named": _WHOLE,
    "days_before": _WHOLE,
    "cases": _WHOLE,
    "predicted_inactive": _WHOLE,
    "cut_day": ("date",),
    "error_signed": ("change",),
    "error_accounts": _SHARE1,
    "top_share": _SHARE1,
    "covered": _SHARE,
    "sorted": _SHARE,
}
# Money, which is written in thousands or millions where it is large.
MONEY = {name for name, form in FORMATS.items() if form in (_MONEY, _ABOUT)} | {"variance"}
# Numbers in the unit of their row.
MIXED = {"start_value", "target_value", "now"}
# What the sentences of a decision list are made of.
OF_REASONS = {"score", "rank", "in_circle", "coverage_model", "failing", "votes", "knock_out", "reason", "computed"}
OF_REASONS |= {"procedures", "contract_day", "rules_met", "rules"}
WRITTEN = {
    "number_earlier",
    "number_later",
    "number_difference",
    "place",
    "support",
}  # numbers of several kinds, as text already
# Words that stand in cells: phrased under `value.<column>.<cell>`.
SPOKEN = {"movement", "complete", "file", "mapped", "encoding", "delimiter", "convention", "measure", "comparison"}
SPOKEN |= {"product_movement", "quadrant", "quadrant_before", "coverage_model", "coverage_model_before", "today"}
SPOKEN |= {"status", "computed", "by", "is_key_account", "selected", "fits", "stability", "decision", "against", "why"}
SPOKEN |= {"procedure", "other_procedure", "needs", "workload", "bendable", "variant", "circle", "knock_out"}
SPOKEN |= {
    "made_by",
    "moving",
    "criterion",
    "other",
    "flip_criterion",
    "axis",
    "source",
    "scale",
    "direction",
    "left_out_for",
}
SPOKEN |= {"on_line", "moved_by", "near"}
SPOKEN |= {"state", "verdict", "rule", "field", "kind", "level", "link", "issue", "conflict", "added", "compared_by"}
SPOKEN |= {
    "evidence",
    "standing",
    "benefit_for",
    "overdue",
    "has_goal",
    "key_account",
    "pooled",
    "choice",
    "proposal",
    "on_cut",
}
LIKE = {"other": "criterion", "knock_out": "criterion", "flip_criterion": "criterion"}  # the words of another column
SUMMED = {"revenue", "revenue_now", "revenue_before", "compared", "before", "variance", "contribution_margin", "share"}
SUMMED |= {"lines", "rows", "sites", "accounts", "key_accounts", "hours", "cost_to_serve", "in_fields"}
SUMMED |= {
    "worth",
    "annual_value",
    "contracted",
    "framework",
    "expected",
    "margin_12",
    "revenue_12",
    "at_stake",
    "stayed",
}
# A table with such a column has no row that contains another.
DISJOINT = {"account_id", "class", "product_group", "quadrant", "coverage_model"}
COMPARED = [("revenue_now", "revenue_before"), ("compared", "before"), ("revenue", "before")]
RANGES = [("worth", "worth_low", "worth_high"), ("predicted", "predicted_low", "predicted_high")]
CLASSES = ["class", "class_now", "class_before"]  # shown beside the name: a phone shows the left of a table
HIDDEN = {
    "condition",
    "numeric_id",
    "cumulative_share_now",
    "cumulative_share_before",
    "moved",
    "depth",
    "serves_goal",
    "serves",
}
HIDDEN |= {"link", "is_complete", "has_goal", "compared_by"}


def heading(name: str, words: Words, analysis: str, table: str = "", symbol: str = "") -> str:
    """Head a column: in the words of its table or its analysis, where these have their own, else in those of all.

    `rank` is one thing by revenue and another by points: two numbers never stand under one heading.
    """
    own = [f"{analysis}.{table}.column.{name}", f"{analysis}.column.{name}", f"column.{name}"]
    known = next((key for key in own if words.knows(key)), None)
    return words(known, symbol=symbol or words.symbol()) if known else name.replace("_", " ")
