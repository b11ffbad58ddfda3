"""Periods as people write them above the columns of a pivot: years, quarters, months in German and English.

In goes a heading, out comes the period in one form: 2025, 2025-Q1 or 2025-01.
"""

from __future__ import annotations

import re

from kamlab.ingest.dates import MONTH_NAMES, MONTHS

# What may stand beside a period without making it another measure. A unit (T€) or a plan is not among them.
_MEASURES = {"umsatz", "nettoumsatz", "netto", "revenue", "net", "sales", "ist", "actual", "jahr", "year", "gj", "fy"}
_TOTALS = {"gesamt", "gesamtsumme", "gesamtergebnis", "summe", "ergebnis", "insgesamt", "total", "sum", "grand"}
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_SHORT = r"(?P<year>(?:19|20)\d\d|\d\d)"
_JOIN = r"[\s./'’-]*"
_FORMS = (
    re.compile(_YEAR),
    re.compile(rf"{_YEAR}[./-](?P<month>0?[1-9]|1[0-2])(?:-01)?"),
    re.compile(rf"(?P<month>0?[1-9]|1[0-2])[./-]{_YEAR}"),
    re.compile(rf"{_YEAR}(?P<month>0[1-9]|1[0-2])"),
    re.compile(rf"(?P<name>[^\W\d]+)\.?{_JOIN}{_SHORT}"),
    re.compile(rf"{_YEAR}{_JOIN}(?P<name>[^\W\d]+)\.?"),
    re.compile(rf"q(?P<quarter>[1-4]){_JOIN}{_SHORT}"),
    re.compile(rf"{_YEAR}{_JOIN}q(?P<quarter>[1-4])"),
    re.compile(rf"(?P<quarter>[1-4])\.?\s*quarta?l?{_JOIN}{_SHORT}"),
)


def _month(name: str) -> int | None:
    """Return the number of a month, named whole or short in German or English."""
    return int(MONTHS[name[:3]]) if re.fullmatch(MONTH_NAMES, name) else None


def is_bare_month(heading: str) -> bool:
    """Say whether a heading is the name of a month without a year."""
    return _month(heading.strip().casefold().rstrip(".")) is not None


def period_of(heading: str) -> str | None:
    """Read a heading as a period; None where it is none, or a period of something else than revenue."""
    words = [word for word in heading.casefold().split() if word.strip(":") not in _MEASURES]
    text = " ".join(words)
    for form in _FORMS:
        if found := form.fullmatch(text):
            parts = found.groupdict()
            year = parts["year"] if len(parts["year"]) == 4 else f"20{parts['year']}"
            if quarter := parts.get("quarter"):
                return f"{year}-Q{quarter}"
            if name := parts.get("name"):
                if (month := _month(name)) is None:
                    continue
                return f"{year}-{month:02d}"
            return f"{year}-{int(parts['month']):02d}" if parts.get("month") else year
    return None


def is_total(heading: str) -> bool:
    """Say whether a heading stands above sums of other columns: Gesamt, Summe 2025, 2025 Ergebnis."""
    words = heading.casefold().split()
    rest = [word for word in words if word.strip(":") not in _TOTALS | _MEASURES]
    return bool(set(words) & _TOTALS) and (not rest or period_of(" ".join(rest)) is not None)
