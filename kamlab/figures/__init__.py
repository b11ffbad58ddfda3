"""One function per figure: `Result`, words and a width in, `Drawing` out, None where there is nothing to draw.

Knows how things look, not how numbers were made.
"""

from kamlab.figures.concentration import concentration_curve, largest_accounts
from kamlab.figures.data import ledger_bridge, ledger_months
from kamlab.figures.dossier import account_months, account_product_groups
from kamlab.figures.theme import NARROW, WIDE, Drawing, to_file, to_svg
from kamlab.figures.value import repeat_orders, value_parts

__all__ = [
    "NARROW",
    "WIDE",
    "Drawing",
    "account_months",
    "account_product_groups",
    "concentration_curve",
    "largest_accounts",
    "ledger_bridge",
    "ledger_months",
    "repeat_orders",
    "to_file",
    "to_svg",
    "value_parts",
]
