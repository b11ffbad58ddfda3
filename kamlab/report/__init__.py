"""Pages: building blocks, frame, the exporter of notebooks and the index. Opens no input, computes nothing."""

from kamlab.report.blocks import (
    Html,
    basis,
    bottom_line,
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
