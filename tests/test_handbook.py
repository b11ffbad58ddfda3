"""The handbook: every example of settings in it can be opened as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

from kamlab.engagement import Engagement
from kamlab.engagement.choosing import MEASURES
from kamlab.ingest.header import pivoted
from kamlab.tables import TABLES

Opened = Callable[..., Engagement]
PAIRS = [(f"docs/{page}.de.md", f"docs/{page}.en.md") for page in ("sources", "selection")]
PAGES = [page for pair in PAIRS for page in pair]


def snippets(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)


EXAMPLES = [
    pytest.param(text, id=f"{Path(page).name} {at}") for page in PAGES for at, text in enumerate(snippets(page))
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_opens_as_settings(opened: Opened, text: str) -> None:
    sources = opened(settings=text).settings.sources
    assert sources
    for table, source in sources.items():
        mapped = source.columns.keys() | (set(pivoted(TABLES[table])) if source.layout == "wide" else set())
        assert set(TABLES[table].required) <= mapped or not source.columns


@pytest.mark.parametrize("pair", PAIRS, ids=["sources", "selection"])
def test_both_languages_show_the_same_settings(opened: Opened, pair: tuple[str, str]) -> None:
    german, english = ([opened(settings=text).settings for text in snippets(page)] for page in pair)
    shapes = [
        [{name: source.model_fields_set for name, source in settings.sources.items()} for settings in page]
        for page in (german, english)
    ]
    assert shapes[0] == shapes[1]
    for one, other in zip(german, english, strict=True):
        assert list(one.criteria.values()) == list(other.criteria.values())
        assert [[*points.values()] for points in one.weighting.points.values()] == [
            [*points.values()] for points in other.weighting.points.values()
        ]
        assert len(one.charter.rules) == len(other.charter.rules)


@pytest.mark.parametrize("page", PAIRS[1])
def test_every_measure_is_named_in_the_handbook(page: str) -> None:
    named = set(re.findall(r"`([a-z_]+)`", (ROOT / page).read_text(encoding="utf-8")))
    assert set(MEASURES) <= named


@pytest.mark.parametrize("page", ["README.md", "README.de.md", *PAGES])
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
