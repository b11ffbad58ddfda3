"""Every page and dossier of the demo and of Online Retail II, in both languages, measured against the rules of a page.

A page is under it by existing: its notebook names it. What a page may have stands in `measuring.MOST`. One page::

    pytest tests/test_measured_pages.py -k "demo and 25_target"

`known_excesses.json` notes what a page has too much of today, and only shrinks: a page that gets worse fails, and so
does one that has got better by more than a tenth, until its note is lowered or gone; the failure says what holds now.
Where a list is the decision itself, its table or an element around it carries the class `decision`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import measuring
import pytest
from measuring import MOST, Measured, measured, words_in_sight
from playwright.sync_api import Page

from kamlab.notebooks import discover

pytestmark = pytest.mark.chromium

DOSSIERS = {notebook.path.stem for notebook in discover() if notebook.declaration.per == "account"}
PAGES = [*sorted(notebook.path.stem for notebook in discover()), "index"]
WORDS = 8_724  # of all German pages of the demo: half of what they had when each page still told everything

KNOWN: dict[str, dict[str, float]] = json.loads(Path(__file__).with_name("known_excesses.json").read_bytes())


@pytest.fixture(scope="module")
def tab(chromium: str) -> Iterator[Page]:
    with measuring.started(chromium) as opened:
        yield opened


@pytest.fixture
def reports(request: pytest.FixtureRequest, engagement: str) -> Path:
    """Return the reports folder of an engagement with its dossiers."""
    return request.getfixturevalue({"demo": "demo_dossiers", "retail": "retail_reports"}[engagement])


def pages_of(reports: Path, page: str) -> list[Path]:
    """Return the files of a page: its languages, and of the dossiers all accounts and editions with their index."""
    return sorted(reports.glob("dossiers/*.html" if page in DOSSIERS else f"{page}.*html"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("engagement", ["demo", "retail"])
def test_a_page_is_within_its_measures(
    tab: Page, reports: Path, engagement: str, page: str, record_property: Callable[[str, object], None]
) -> None:
    seen = [measured(tab, file) for file in pages_of(reports, page)]
    if not seen:
        statuses = json.loads((reports / "manifest.json").read_bytes())["notebooks"]
        assert [one["status"] for one in statuses if one["notebook"] == page] == ["not_possible"]
        return
    beyond = most(one.beyond() for one in seen)
    record_property("measures", (f"{engagement} {page}", most(one.numbers for one in seen), beyond))
    known = KNOWN.get(f"{engagement} {page}", {})
    worse = {name for name, value in beyond.items() if value > known.get(name, 0)}
    better = {name for name, value in known.items() if beyond.get(name, 0) < 0.9 * value}
    changed = f"worse: {', '.join(sorted(worse))}; better: {', '.join(sorted(better))}"
    now = f'now: "{engagement} {page}": {json.dumps(beyond)}' if beyond else "now there is nothing left to note"
    assert not worse | better, "\n".join([changed, *what(seen, worse), now])


def most(numbers: Iterator[dict[str, float]]) -> dict[str, float]:
    """Return the most of every measure over the files of a page; of the printed type the least."""
    found: dict[str, float] = {}
    for one in numbers:
        found |= {name: (min if name == "type" else max)(value, found.get(name, value)) for name, value in one.items()}
    return found


def what(seen: list[Measured], worse: set[str]) -> Iterator[str]:
    """Say per file what is too much: the number and its limit, or the first of what is wrong."""
    for one in seen:
        for name in sorted(worse & one.beyond().keys()):
            told = one.wrong.get(name, [f"{one.numbers[name]:g}, at most {MOST.get(name)}"])
            yield f"{one.file.name}: {name}: {'; '.join(told[:4])}{' …' if len(told) > 4 else ''}"


@pytest.mark.parametrize("engagement", ["demo", "retail"])
def test_every_page_there_is_is_measured(reports: Path, engagement: str) -> None:
    there = {file for file in reports.rglob("*.html") if ".kamlab" not in file.parts}
    assert there == {file for page in PAGES for file in pages_of(reports, page)}
    assert len(there) > 10


def test_the_german_pages_have_half_the_words_they_had(tab: Page, demo_reports: Path) -> None:
    german = [file for file in demo_reports.glob("*.html") if not file.name.endswith(".en.html")]
    assert len(german) == len(PAGES) - len(DOSSIERS)
    words = sum(words_in_sight(tab, file) for file in german)
    known = KNOWN.get("demo words", {}).get("words", WORDS)
    assert 0.9 * known < words <= known or words <= WORDS == known, words


WRONG = """<html><head><style>
html {{ background: white; color: #888 }}
svg {{ width: 300px; height: 60px }} text {{ font-size: 7px }}
.wide {{ width: 900px }} .box {{ width: 200px; overflow-x: auto }}
.clipped {{ width: 3rem; overflow: hidden; white-space: nowrap }}
@page {{ size: A5 }}
</style></head><body>
<nav>Contents</nav><header></header><main><h1>The title of this page</h1>
<h2>Nothing follows</h2><h2>Something follows</h2>
<p>This sentence stands here twice. This sentence stands here twice.</p><p class="clipped">cut at the edge</p>
<div class="box" tabindex="0"><p class="wide">It scrolls</p></div><div tabindex="0">A stop for nothing</div>
<p class="wide" style="font-size: 7px">Wider than a phone</p><img src="picture.png">
<table>{rows}</table><table class="decision">{rows}{rows}</table>{tables}
<figure><svg viewBox="0 0 300 60"><rect width="300" height="60" fill="#333"/>
<text x="5" y="20" fill="#555">first label</text>
<text x="9" y="21">second lab…</text><text x="290" y="20">outside</text></svg></figure>{figures}
<div style="height: 5000px"></div>{weight}</main><script>console.log("loud")</script></body></html>"""


def test_what_is_wrong_with_a_page_is_seen(tab: Page, tmp_path: Path) -> None:
    row = "<tr>" + "<td>cell</td>" * 8 + "</tr>"
    page = WRONG.format(
        rows=row * 13, tables="<table></table>" * 3, figures="<figure>x</figure>" * 3, weight=f"<!--{'x' * 310_000}-->"
    )
    (tmp_path / "page.de.html").write_text(page, encoding="utf-8")
    seen = measured(tab, tmp_path / "page.de.html")
    assert seen.numbers.keys() - seen.beyond().keys() == set(measuring.TOLD)
