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

__all__ = [
    "Html",
    "basis",
    "bottom_line",
    "certainty",
    "figure",
    "folded_table",
    "key_table",
    "paragraph",
    "sentence",
    "sentences",
    "table",
]
