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
        folded_table,
        key_table,
        paragraph,
        sentence,
        sentences,
        table,
    )
    from kamlab.report.dossier import basis_of_account, profile, table_if_any
    from kamlab.report.readiness import against_ledger, possibilities

__all__ = [
    "Html",
    "against_ledger",
    "basis",
    "basis_of_account",
    "bottom_line",
    "captions",
    "certainty",
    "figure",
    "folded_table",
    "key_table",
    "paragraph",
    "possibilities",
    "profile",
    "sentence",
    "sentences",
    "table",
    "table_if_any",
]

_ELSEWHERE = {  # the others are blocks
    "against_ledger": "readiness",
    "basis_of_account": "dossier",
    "possibilities": "readiness",
    "profile": "dossier",
    "table_if_any": "dossier",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'blocks')}"), name)
