"""Customer selection: which accounts matter, by which procedure. One public function per analysis."""

from kamlab.selection.concentration import concentration
from kamlab.selection.portfolio import portfolio

__all__ = ["concentration", "portfolio"]
