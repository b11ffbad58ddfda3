"""Customer selection: which accounts matter, by which procedure. One public function per analysis."""

from kamlab.selection.concentration import concentration
from kamlab.selection.goals import kam_goals

__all__ = ["concentration", "kam_goals"]
