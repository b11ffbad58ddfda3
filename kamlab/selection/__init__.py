"""Customer selection: which accounts matter, by which procedure. One public function per analysis."""

from kamlab.selection.concentration import concentration
from kamlab.selection.value import customer_value

__all__ = ["concentration", "customer_value"]
