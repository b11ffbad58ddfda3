"""Hostile texts in every field that takes text, from the inputs to all that is published: nothing of them is alive.

What is published is parsed, not searched: a page by an HTML parser, figures and sheets by an XML parser.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag
from commands import run as kamlab
from hostile import HOSTILE
from python_calamine import CalamineWorkbook

SETTINGS = """name: "<b>Mandant</b> & 'Söhne' \\"GmbH\\" {name} $x$"
language: both
max_rejected: 0.5
sources:
  transactions:
    path: inputs/umsatz.xlsx
    columns:
      {account_id: Nr, date: Datum, revenue: Umsatz, cost: Kosten, product_id: Artikel, product_group: Gruppe,
       document_id: Beleg}
    exclude: {"<i>Regel</i>": "= Art = 'S'"}
  accounts:
    path: inputs/kunden.xlsx
    columns:
      {account_id: Nr, name: Name, sector: Branche, country: Land, region: Region, city: Ort, account_manager: Betreuer}
  products: {path: inputs/artikel.xlsx, columns: {product_id: Nr, name: Name, product_group: Gruppe}}
  control_totals: {path: inputs/haupt.xlsx, columns: {period: Zeit, measure: Was, value: Betrag, source: Quelle}}
"""
# What a page of ours may consist of; anything else came out of the data.
ELEMENTS = set(
    re.findall(
        r"\w+",
        "html head meta title style body a div header span b nav p ol li main section h1 h2 h3 dl dt dd figure table td"
        " figcaption svg g path rect text defs clippath use details summary caption colgroup col thead tbody tfoot tr"
        " th ul footer strong em code pre br pattern tspan",
    )
)
HREF = re.compile(r"#[\w-]+|(\.\./)?[\w.-]+\.(html|xlsx|csv)|dossiers/index\.(de|en)\.html")


def written(path: Path, columns: str, rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": SAFE}) as workbook:
        pd.DataFrame(rows, columns=columns.split()).to_excel(workbook, index=False)


SAFE = {"strings_to_formulas": False, "strings_to_urls": False}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Run an engagement in which every text is hostile, with dossiers of all accounts."""
    home = tmp_path_factory.mktemp("feindlich") / "<auftrag> & $x$"
    texts = [
        re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text) for text in HOSTILE.values()
    ]  # XML's own rule
    ledger: list[list[object]] = []
    for at, text in enumerate(texts):
        for year, value in ((2024, 1000 + at), (2025, 1200 + 10 * at)):
            for month in range(1, 13):
                day = f"{at + 1:02d}.{month:02d}.{year}"
                ledger.append([f"{at:03d}", day, value, value / 2, text[:200], text[:200], f"{text[:30]}{month}", "R"])
    ledger.append(["001", "01.01.2025", 5, 1, "A", "G", "1", "S"])
    ledger += [["002", text[:200], 7, 1, "A", "G", "1", "R"] for text in texts]  # no days: rejected, shown as they are
    written(home / "inputs" / "umsatz.xlsx", "Nr Datum Umsatz Kosten Artikel Gruppe Beleg Art", ledger)
    master = [[f"{at:03d}", *[text[:3000]] * 6] for at, text in enumerate(texts)]
    written(home / "inputs" / "kunden.xlsx", "Nr Name Branche Land Region Ort Betreuer", master)
    names = dict.fromkeys(text[:200].strip() for text in texts)
    written(home / "inputs" / "artikel.xlsx", "Nr Name Gruppe", [[name, name, name] for name in names])
    totals = [["2025", "Umsatz", 400000 + at, text[:200]] for at, text in enumerate(texts)]
    written(home / "inputs" / "haupt.xlsx", "Zeit Was Betrag Quelle", totals)
    (home / "engagement.yml").write_text(SETTINGS, encoding="utf-8")
    for command in ("run", "dossier"):
        done = kamlab(command, "--lang", "de" if command == "run" else "en", "--code", cwd=home)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    files = (path for path in sorted((home / "reports").rglob("*")) if path.is_file())
    return {path.relative_to(home / "reports").as_posix(): path.read_bytes() for path in files}


def of_kind(published: dict[str, bytes], ending: str) -> Iterator[tuple[str, bytes]]:
    found = {name: content for name, content in published.items() if name.endswith(ending)}
    assert found
    yield from found.items()


def test_all_accounts_have_their_dossier(published: dict[str, bytes]) -> None:
    assert len([name for name in published if name.endswith(".internal.en.html")]) == len(HOSTILE)


def test_pages_have_no_element_attribute_or_link_but_ours(published: dict[str, bytes]) -> None:
    for name, content in of_kind(published, ".html"):
        page = BeautifulSoup(content, "html.parser")
        elements: list[Tag] = page.find_all(True)
        assert {element.name.lower() for element in elements} <= ELEMENTS, name
        for element in elements:
            assert not [key for key in element.attrs if key.lower().startswith("on")], (name, element.name)
            assert not {"src", "srcset", "action", "formaction", "srcdoc"} & set(element.attrs), (name, element.name)
            for key in ("href", "xlink:href"):
                if key in element.attrs:
                    assert HREF.fullmatch(str(element[key])), (name, element[key])
        assert Counter(element.name for element in elements)["main"] == 1, name
        assert len(page.select("style")) == 1 + len(page.select("svg style")), name


def test_the_texts_stand_on_the_pages_as_they_are(published: dict[str, bytes]) -> None:
    text = BeautifulSoup(published["21_concentration.de.html"], "html.parser").get_text()
    for shown in (HOSTILE["script"], HOSTILE["attribute"], HOSTILE["template"], HOSTILE["format"], HOSTILE["entities"]):
        assert shown in text


def test_figures_are_pictures_and_nothing_else(published: dict[str, bytes]) -> None:
    allowed = {"svg", "title", "rect", "text", "g", "path", "defs", "clipPath", "use", "style", "pattern", "tspan"}
    for name, content in of_kind(published, ".svg"):
        assert b"<!ENTITY" not in content
        for element in ElementTree.fromstring(content).iter():
            assert element.tag.rpartition("}")[2] in allowed, (name, element.tag)
            for key, value in element.attrib.items():
                assert not key.lower().startswith("on"), (name, key)
                if key.endswith("href"):
                    assert value.startswith("#"), (name, value)


def test_workbooks_have_no_formula_and_no_link_out(published: dict[str, bytes]) -> None:
    for name, content in of_kind(published, ".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            for part in archive.namelist():
                assert not part.startswith("xl/externalLinks"), name
                if part.endswith((".xml", ".rels")):
                    for element in ElementTree.fromstring(archive.read(part)).iter():
                        tag = element.tag.rpartition("}")[2]
                        is_sheet = part.startswith("xl/worksheets/")
                        assert not (is_sheet and tag in ("f", "oleObject")), (name, part, tag)
                        if tag == "Relationship":
                            assert element.get("TargetMode") != "External", (name, part)
        assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names


def test_lists_for_excel_have_no_cell_that_it_would_calculate(published: dict[str, bytes]) -> None:
    for name, content in of_kind(published, ".csv"):
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text), delimiter=";"))
        assert len({len(row) for row in rows}) == 1, name
        risky = [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
        assert not [cell for cell in risky if not re.fullmatch(r"[+-]?[\d.,]+", cell)], name
        assert len(rows) - 1 == len(HOSTILE)


def test_what_machines_read_can_be_read(published: dict[str, bytes]) -> None:
    for name, content in of_kind(published, ".json"):
        assert json.loads(content), name
    for _, content in of_kind(published, ".parquet"):
        pd.read_parquet(io.BytesIO(content))
    accounts = pd.read_parquet(io.BytesIO(published["results/concentration/accounts.parquet"]))
    assert HOSTILE["script"] in set(accounts["name"])


def test_file_names_are_plain(published: dict[str, bytes]) -> None:
    for name in published:
        assert re.fullmatch(r"[a-z0-9_./-]+", name), name
        assert ".." not in name
        assert all(len(part) < 120 for part in name.split("/"))
        assert urlsplit(name).path == name
