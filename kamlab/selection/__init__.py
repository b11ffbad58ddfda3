"""Customer selection: which accounts matter, by which procedure. One public function per analysis."""

from kamlab.selection.concentration import concentration
from kamlab.selection.goals import kam_goals
from kamlab.selection.portfolio import portfolio
from kamlab.selection.scoring import scoring
from kamlab.selection.target_accounts import target_accounts
from kamlab.selection.value import customer_value

__all__ = ["concentration", "customer_value", "kam_goals", "portfolio", "scoring", "target_accounts"]
