"""Customer selection: which accounts matter, by which procedure. One public function per analysis."""

from kamlab.selection.concentration import concentration
from kamlab.selection.portfolio import portfolio
from kamlab.selection.target_accounts import target_accounts

__all__ = ["concentration", "portfolio", "target_accounts"]
