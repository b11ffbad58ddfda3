"""One function per figure: `Result`, words and a width in, `Drawing` out, None where there is nothing to draw.

Knows how things look, not how numbers were made.
"""

from kamlab.figures.charter import charter_rules
from kamlab.figures.choices import choices_by_procedure
from kamlab.figures.concentration import concentration_curve, largest_accounts
from kamlab.figures.data import ledger_bridge, ledger_months
from kamlab.figures.dossier import account_months, account_product_groups
from kamlab.figures.goals import goal_cascade, goal_progress
from kamlab.figures.portfolio import account_portfolio, coverage_models
from kamlab.figures.scoring import criteria_weights, scoring_ranks, variant_ranks
from kamlab.figures.slides import to_file, to_png
from kamlab.figures.theme import NARROW, WIDE, Drawing, to_svg
from kamlab.figures.value import repeat_orders, value_parts

__all__ = [
    "NARROW",
    "WIDE",
    "Drawing",
    "account_months",
    "account_portfolio",
    "account_product_groups",
    "charter_rules",
    "choices_by_procedure",
    "concentration_curve",
    "coverage_models",
    "criteria_weights",
    "goal_cascade",
    "goal_progress",
    "largest_accounts",
    "ledger_bridge",
    "ledger_months",
    "repeat_orders",
    "scoring_ranks",
    "to_file",
    "to_png",
    "to_svg",
    "value_parts",
    "variant_ranks",
]
