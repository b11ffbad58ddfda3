"""Every page of the demo as its readers see it: wide, on a phone, in the dark, printed, in both languages."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from conftest import ROOT
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from kamlab.notebooks import discover

pytestmark = pytest.mark.chromium

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--disable-quic"]
GERMAN = ["01_data_readiness.de", "21_concentration.de", "index"]
ENGLISH = ["01_data_readiness.en", "21_concentration.en", "index.en"]


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{[^}]*\}", " ", text).lower()))


# Words of the English texts that a German page may use: the glossary, names of persons, what is spelled alike.
ALSO_GERMAN = words(
    "account key management controlling kam kamlab english cent code export import index in was name text region"
    " variable system status version person service plus max gini herfindahl hhi hirschman reintgen"
    " excel manifest json sha mm dd csv xlsx utf inputs parameter erp abc so stand"
    " null position rest div orange cp windows definition fit hand workshop portfolio portfolios bloom fiocca"
)
SPOKEN_GERMAN = {"und", "oder", "nicht", "sind", "ist", "mit", "von", "wird", "für", "über"}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


def opened(browser: Browser, file: Path, width: int = 1280, scheme: str = "light") -> tuple[Page, list[str]]:
    """Open a page in an empty profile; the list holds everything it asked for or complained about."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page, noise = context.new_page(), []
    page.on("request", lambda request: noise.append(request.url))
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.goto(file.as_uri())
    noise.remove(file.as_uri())
    return page, noise


AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", GERMAN + ENGLISH)
def test_axe_finds_no_violation(browser: Browser, demo_reports: Path, name: str, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        bypass_csp=True,  # for axe alone: the page has no script and lets none in
    )
    page = context.new_page()
    page.goto((demo_reports / f"{name}.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then(found => found.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    context.close()
    assert not found


@pytest.mark.parametrize("name", GERMAN + ENGLISH)
def test_headings_descend_and_landmarks_are_there(demo_reports: Path, name: str) -> None:
    soup = BeautifulSoup((demo_reports / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    assert [heading.name for heading in soup.find_all(re.compile(r"^h\d$"))][:2] == ["h1", "h2"]
    assert {heading.name for heading in soup.find_all(re.compile(r"^h\d$"))} == {"h1", "h2"}
    assert all(len(soup.find_all(landmark)) == 1 for landmark in ("header", "nav", "main", "footer"))


@pytest.mark.parametrize("name", GERMAN + ENGLISH)
def test_every_table_says_what_its_cells_belong_to(demo_reports: Path, name: str) -> None:
    soup = BeautifulSoup((demo_reports / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    for table in soup.find_all("table"):
        assert table.caption.get_text()
        assert all(cell["scope"] == "col" for cell in table.thead.find_all("th"))
        assert all(len(row.find_all("th", scope="row")) == 1 for row in table.tbody.find_all("tr"))


@pytest.mark.parametrize("name", [name for name in GERMAN + ENGLISH if not name.startswith("index")])
def test_text_of_figures_can_be_read_on_a_phone_without_scrolling(
    browser: Browser, demo_reports: Path, name: str
) -> None:
    page, _ = opened(browser, demo_reports / f"{name}.html", 390)
    measure = """[...document.querySelectorAll('figure svg')].filter(svg => svg.checkVisibility())
        .map(svg => [svg.getBoundingClientRect(), [...svg.querySelectorAll('text')].map(t => parseFloat(
            getComputedStyle(t).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)])
        .map(([box, sizes]) => [box.left, box.right, Math.min(...sizes)])"""
    figures = page.evaluate(measure)
    page.context.close()
    assert len(figures) == 2
    assert all(left >= 0 and right <= 390 and smallest >= 11 for left, right, smallest in figures)


@pytest.mark.parametrize("name", [name for name in GERMAN + ENGLISH if not name.startswith("index")])
def test_figures_follow_the_dark(browser: Browser, demo_reports: Path, name: str) -> None:
    page, _ = opened(browser, demo_reports / f"{name}.html", scheme="dark")
    fills = set(page.evaluate("[...document.querySelectorAll('svg.wide text')].map(t => getComputedStyle(t).fill)"))
    page.context.close()
    assert fills
    assert all(max(map(int, re.findall(r"\d+", fill)[:3])) > 150 for fill in fills), fills


def shown(file: Path) -> str:
    """Everything a reader sees or hears: text, also behind folds and in figures, and spoken labels."""
    soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
    for element in soup.find_all("style"):
        element.decompose()
    spoken = [element.attrs["aria-label"] for element in soup.find_all(attrs={"aria-label": True})]
    return " ".join([soup.get_text(" "), *spoken])


def texts(language: str) -> str:
    """The words of a language: catalogue and prose of the notebooks."""
    with (ROOT / "kamlab" / "text" / f"{language}.po").open("rb") as file:
        messages = [message.string for message in read_po(file, locale=language) if message.id]
    spoken = [text for one in messages for text in ([one] if isinstance(one, str) else one)]
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        spoken += ["".join(cell["source"]) for cell in cells if f"lang-{language}" in cell["metadata"].get("tags", [])]
    return " ".join(spoken)


@pytest.fixture(scope="module")
def from_data(demo_reports: Path) -> set[str]:
    """Words that are names from the data: of customers, files, columns and rules."""
    results = demo_reports / "results"
    names = [pd.read_parquet(file) for file in sorted(results.glob("*/*.parquet"))]
    found = [" ".join(frame["name"].dropna().astype(str)) for frame in names if "name" in frame.columns]
    settings = (ROOT / "data" / "demo" / "engagement.yml").read_text(encoding="utf-8")
    rejects = (demo_reports / "rejects.csv").read_text(encoding="utf-8-sig")
    rejects += (ROOT / "data" / "demo" / "inputs" / "hauptbuch.csv").read_text(encoding="cp1252")
    for file in sorted((ROOT / "data" / "demo" / "inputs").glob("*.xlsx")):
        book = CalamineWorkbook.from_path(file)
        found += [f"{name} {book.get_sheet_by_name(name).to_python()[:6]}" for name in book.sheet_names]
    rejects += (ROOT / "data" / "demo" / "inputs" / "entscheidungen.csv").read_text(encoding="cp1252")
    manifest = json.loads((demo_reports / "manifest.json").read_bytes())
    ours = [item["sha256"][:16] for item in manifest["inputs"]] + [manifest["run_id"]]
    ours += [status["run_id"] for status in manifest["notebooks"]]
    ours += [name for notebook in discover() for name in notebook.parameters]
    return words(" ".join([*found, re.sub(r"#.*", "", settings), rejects, *ours, *manifest["versions"]]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", GERMAN + ENGLISH)
def test_page_is_quiet_and_fits(browser: Browser, demo_reports: Path, name: str, width: int, scheme: str) -> None:
    page, noise = opened(browser, demo_reports / f"{name}.html", width, scheme)
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) <= 0
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert page.evaluate(too_wide) <= 0, "with its folds open"
    assert not noise
    page.context.close()


@pytest.mark.parametrize("name", GERMAN + ENGLISH)
def test_dark_page_is_dark(browser: Browser, demo_reports: Path, name: str) -> None:
    look = "(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.documentElement))"
    lightness = {}
    for scheme in ("light", "dark"):
        page, _ = opened(browser, demo_reports / f"{name}.html", scheme=scheme)
        paper, ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) / 765 for colour in page.evaluate(look))
        lightness[scheme] = (paper, ink)
        page.context.close()
    assert lightness["light"][0] > 0.9 > 0.3 > lightness["light"][1]
    assert lightness["dark"][0] < 0.2 < 0.8 < lightness["dark"][1]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["21_concentration.de", "21_concentration.en", "01_data_readiness.de"])
def test_labels_of_figures_do_not_overlap_in_the_browser(
    browser: Browser, demo_reports: Path, name: str, width: int
) -> None:
    page, _ = opened(browser, demo_reports / f"{name}.html", width)
    measure = """[...document.querySelectorAll('figure svg')].map(svg => [...svg.querySelectorAll('text')]
        .map(text => [text.textContent, text.getBoundingClientRect()])
        .map(([text, box]) => [text, box.left, box.top, box.right, box.bottom]))"""
    for figure in page.evaluate(measure):
        assert figure
        for one, other in itertools.combinations(figure, 2):
            across = min(one[3], other[3]) - max(one[1], other[1])
            down = min(one[4], other[4]) - max(one[2], other[2])
            height = min(one[4] - one[2], other[4] - other[2])  # of a line: a good third of it is white
            assert across <= 1 or down <= 0.4 * height, (one[0], other[0])
    page.context.close()


@pytest.mark.parametrize("name", GERMAN + ENGLISH)
def test_keyboard_reaches_the_content_first(browser: Browser, demo_reports: Path, name: str) -> None:
    page, _ = opened(browser, demo_reports / f"{name}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.context.close()


@pytest.mark.parametrize("name", [name for name in GERMAN + ENGLISH if not name.startswith("index")])
def test_printed_page_is_a4_with_the_message_first(
    browser: Browser, demo_reports: Path, name: str, tmp_path: Path
) -> None:
    page, _ = opened(browser, demo_reports / f"{name}.html")
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    message = page.inner_text("h1")
    page.context.close()
    printed = PdfReader(tmp_path / "page.pdf").pages
    sizes = {(round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) for sheet in printed}
    assert sizes <= {(595, 842), (595, 841), (596, 842)}
    first = "".join(printed[0].extract_text().split())
    assert "".join(message.split()) in first
    assert "Entwurf" in first or "Draft" in first
    assert 0 < len(printed) <= 8


@pytest.mark.parametrize("name", GERMAN)
def test_german_page_speaks_german(demo_reports: Path, from_data: set[str], name: str) -> None:
    english = words(texts("en")) - ALSO_GERMAN
    assert not (words(shown(demo_reports / f"{name}.html")) & english) - from_data


@pytest.mark.parametrize("name", ENGLISH)
def test_english_page_speaks_english(demo_reports: Path, from_data: set[str], name: str) -> None:
    found = words(shown(demo_reports / f"{name}.html")) - from_data
    assert not {word for word in found if re.search("[äöüß]", word)}
    assert not found & SPOKEN_GERMAN


@pytest.mark.parametrize("name", GERMAN)
def test_german_page_writes_commas(demo_reports: Path, name: str) -> None:
    text = shown(demo_reports / f"{name}.html")
    assert not re.findall(r"(?<![\d.\w])\d+\.\d{1,2}(?![\d.])", text)
    assert not re.findall(r"\d,\d{3},|\d%|€\d", text)
    assert re.search(r"\d,\d", text) or name == "index"


@pytest.mark.parametrize("name", ENGLISH)
def test_english_page_writes_points(demo_reports: Path, name: str) -> None:
    text = shown(demo_reports / f"{name}.html")
    assert not re.findall(r"(?<![\d,])\d+,\d{1,2}(?![\d,])", text)
    assert not re.findall(r"\d\s%|\d\s€", text)


def test_word_lists_would_notice() -> None:
    assert {"revenue", "accounts", "rejected", "share"} <= words(texts("en")) - ALSO_GERMAN
    assert {"umsatz", "kunden", "abgelehnt"} <= words(texts("de"))
