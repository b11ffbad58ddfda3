"""Pages: building blocks, frame, the exporter of notebooks and the index. Opens no input, computes nothing.

What notebooks show is found on first use: whoever only wants a frame does not wait for figures and tables.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kamlab.report.blocks import (
        Html,
        basis,
        bottom_line,
        captions,
        certainty,
        figure,
        heading,
        key_table,
        rows_accounted_for,
        sentence,
        sentences,
        table,
    )
    from kamlab.report.decision import decision_list
    from kamlab.report.dossier import profile
    from kamlab.report.readiness import against_ledger, possibilities

__all__ = [
    "Html",
    "against_ledger",
    "basis",
    "bottom_line",
    "captions",
    "certainty",
    "decision_list",
    "figure",
    "heading",
    "key_table",
    "possibilities",
    "profile",
    "rows_accounted_for",
    "sentence",
    "sentences",
    "table",
]

_ELSEWHERE = {  # the others are blocks
    "against_ledger": "readiness",
    "decision_list": "decision",
    "possibilities": "readiness",
    "profile": "dossier",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'blocks')}"), name)
