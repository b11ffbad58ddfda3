"""`rejects.csv`: every bad value with its place, for Excel and for a script."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

HEADER = ("file", "line", "column", "value", "code", "revenue")
_NUMBER = re.compile(r"[+-]?[\d.,]+")


class Rejected(Protocol):
    """What a rejected value must say of itself."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> str: ...
    @property
    def value(self) -> str | None: ...
    @property
    def code(self) -> str: ...
    @property
    def revenue(self) -> Decimal | None: ...


def rejects_csv(rejects: Iterable[Rejected]) -> bytes:
    """Write the file as Excel opens it in German: semicolons, decimal comma, a byte order mark.

    Text that Excel would run as a formula gets a leading apostrophe; numbers stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for reject in rejects:
        revenue = "" if reject.revenue is None else f"{reject.revenue:f}".replace(".", ",")
        cells = (reject.file, str(reject.line), reject.column, reject.value or "", reject.code)
        writer.writerow([*(_harmless(cell) for cell in cells), revenue])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return "'" + cell if cell[:1] in "=+-@\t\r\n" and cell and not _NUMBER.fullmatch(cell) else cell
