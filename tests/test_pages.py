"""The pages of the demo speak the language of their reader, in words and in numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from conftest import ROOT
from python_calamine import CalamineWorkbook

from kamlab.notebooks import discover

GERMAN = ["01_data_readiness.de", "21_concentration.de", "index"]
ENGLISH = ["01_data_readiness.en", "21_concentration.en", "index.en"]


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{[^}]*\}", " ", text).lower()))


# Words of the English texts that a German page may use: the glossary, names of persons, what is spelled alike.
ALSO_GERMAN = words(
    "account key management controlling kam kamlab english cent code export import index in was name text region"
    " variable system status version person service plus max gini herfindahl hhi hirschman reintgen"
    " excel manifest json sha mm dd csv xlsx utf inputs parameter erp abc so stand"
    " null position rest div orange cp windows definition fit hand workshop portfolio portfolios bloom fiocca fallen"
)
SPOKEN_GERMAN = {"und", "oder", "nicht", "sind", "ist", "mit", "von", "wird", "für", "über"}


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
