"""Customer selection: which accounts matter, by which procedure. One public function per analysis."""

from kamlab.selection.concentration import concentration
from kamlab.selection.scoring import scoring

__all__ = ["concentration", "scoring"]
