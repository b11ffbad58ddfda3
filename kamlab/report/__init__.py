"""Pages: building blocks, frame, the exporter of notebooks and the index. Opens no input, computes nothing."""

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
from kamlab.report.readiness import against_ledger, possibilities

__all__ = [
    "Html",
    "against_ledger",
    "basis",
    "bottom_line",
    "captions",
    "certainty",
    "figure",
    "folded_table",
    "key_table",
    "paragraph",
    "possibilities",
    "sentence",
    "sentences",
    "table",
]
