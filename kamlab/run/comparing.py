"""Comparing two runs: find them, compare, publish page and table. Knows where runs lie, not how they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kamlab.comparison import compare
from kamlab.engagement import Engagement
from kamlab.errors import Problem, SettingsError
from kamlab.publish import publish
from kamlab.report.comparison import comparison_page, comparison_workbook, headlines, page_file
from kamlab.report.frame import Head, Link
from kamlab.results import Result
from kamlab.run import holding
from kamlab.run.history import find, load
from kamlab.run.manifest import Manifest, previous
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
        A run is not there or not told apart (KL-S353, KL-S355), they are not of one engagement (KL-S354), or names and
        pseudonyms would stand side by side (KL-S356).
    """
    reports = engagement.reports
    languages: tuple[Language, ...] = LANGUAGES if language == "both" else (language,)
    with holding(engagement):
        kept = [find(reports, name) for name in (first, second)]
        _refuse_to_tell_who_is_who(reports, [run.manifest for run in kept])
        earlier, later = map(load, kept)
        result = compare(earlier, later)
        pages = [reports / page_file(spoken) for spoken in languages]
        for page, spoken in zip(pages, languages, strict=True):
            words = Words(spoken, later.currency)
            head = _head(engagement, kept[1].manifest, result, languages, words)
            publish(page, comparison_page(result, words, head))
        words = Words(languages[0], later.currency)
        head = _head(engagement, kept[1].manifest, result, languages, words)
        publish(reports / "compare.xlsx", comparison_workbook(result, words, head))
    return Compared(headlines(result, words), pages)


def _refuse_to_tell_who_is_who(reports: Path, manifests: list[Manifest]) -> None:
    """Stop where runs with names and with pseudonyms would stand on one page, or their pages in one folder."""
    there = previous(reports)
    if len({manifest.pseudonyms for manifest in (*manifests, there) if manifest}) > 1:
        raise SettingsError(Problem(code="KL-S356", values={"runs": [manifest.run_id for manifest in manifests]}))


def _head(
    engagement: Engagement, later: Manifest, result: Result, languages: tuple[Language, ...], words: Words
) -> Head:
    """Say what stands around the page of a comparison, with links to the index and to the page in other languages."""
    index = f"index.{words.language}.html"
    links = [Link(words("index.name"), index if (engagement.reports / index).is_file() else "index.html")]
    links += [
        Link(words(f"language.{other}"), page_file(other), other) for other in languages if other != words.language
    ]
    return Head(
        engagement=later.engagement,
        title=words("analysis.comparison"),
        block=words("analysis.comparison"),
        as_of=result.as_of,
        links=links,
        footer=[words("comparison.what", **result.parameters)],
        preliminary=words("comparison.preliminary") if later.preliminary else "",
        status=engagement.settings.status,
        pseudonyms=later.pseudonyms,
    )
