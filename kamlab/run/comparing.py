"""Comparing two runs: find them, compare, publish page and table. Knows where runs lie, not how they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kamlab.comparison import compare
from kamlab.engagement import Engagement
from kamlab.publish import publish
from kamlab.report.comparison import comparison_page, comparison_workbook, headlines, page_file
from kamlab.run import holding
from kamlab.run.history import find, load
from kamlab.text import LANGUAGES, Language, Words


@dataclass(frozen=True)
class Compared:
    """What was found, in the first language, and the pages that show it."""

    lines: list[str]
    pages: list[Path]


def compare_runs(engagement: Engagement, first: str, second: str, language: Literal["de", "en", "both"]) -> Compared:
    """Compare two runs, named as on the command line, and publish `compare.<language>.html` and `compare.xlsx`.

    Raises
    ------
    SettingsError
        A run is not there or not told apart (KL-S353, KL-S355), or they are not of one engagement (KL-S354).
    """
    reports = engagement.reports
    languages: tuple[Language, ...] = LANGUAGES if language == "both" else (language,)
    with holding(engagement):
        earlier, later = (load(find(reports, name)) for name in (first, second))
        result = compare(earlier, later)
        pages = [reports / page_file(spoken) for spoken in languages]
        for page, spoken in zip(pages, languages, strict=True):
            publish(page, comparison_page(result, Words(spoken, later.currency), later.engagement, languages))
        words = Words(languages[0], later.currency)
        publish(reports / "compare.xlsx", comparison_workbook(result, words, later.engagement))
    return Compared(headlines(result, words), pages)
