"""`workbook.xlsx`: every table on a sheet, formats by column, nothing in it alive, the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from kamlab.report import workbook as room
from kamlab.report.workbook import tables_workbook
from kamlab.results import Basis, Period, Result, RevenueTally, RowTally, from_folder
from kamlab.sheets import sheet_name
from kamlab.text import LANGUAGES, Language, Words

XML = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
DE = Words("de")
HEADING = 5


def result(**tables: pd.DataFrame) -> Result:
    money = {"read": Decimal(1), "used": Decimal(1), "left_out": Decimal(0), "rejected": Decimal(0)}
    basis = Basis(
        period=Period(start=date(2025, 1, 1), end=date(2025, 12, 31)),
        rows=RowTally(read=9, used=9, left_out=0, rejected=0),
        revenue=RevenueTally(**money),
    )
    return Result("concentration", date(2025, 12, 31), "EUR", basis, tables=tables)


def made(frame: pd.DataFrame, words: Words = DE, preliminary: str = "") -> bytes:
    return tables_workbook({"21_concentration": result(accounts=frame)}, words, "Beispiel GmbH", "abc", preliminary)


def parsed(content: bytes, pattern: str) -> list[ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if re.search(pattern, name)]
        return [ElementTree.fromstring(archive.read(name)) for name in names]


def rows(content: bytes, sheet: int = 1) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(sheet).to_python(skip_empty_area=False)


def number_formats(content: bytes, sheet: int = 2) -> dict[str, str]:
    """Return the number format of every cell of a sheet, by its place."""
    (styles,), (cells,) = parsed(content, r"styles\.xml"), parsed(content, rf"sheet{sheet}\.xml$")
    codes = {one.get("numFmtId"): one.get("formatCode") for one in styles.iterfind(".//numFmt", XML)}
    kinds = [one.get("numFmtId") for one in styles.iterfind("./cellXfs/xf", XML)]
    own = {"49": "@", "14": "day", "3": "#,##0", "4": "#,##0.00", "0": "General"}
    found = {}
    for cell in cells.iterfind(".//c", XML):
        kind = kinds[int(cell.get("s", "0"))]
        found[str(cell.get("r"))] = codes.get(kind) or own[str(kind)]
    return found


def test_every_table_of_the_demo_is_a_sheet_with_all_its_rows(demo_reports: Path) -> None:
    book = CalamineWorkbook.from_path(str(demo_reports / "workbook.xlsx"))
    listed = book.get_sheet_by_index(0).to_python(skip_empty_area=False)[HEADING + 1 :]
    counts = {row[0]: int(row[3]) for row in listed}
    folders = sorted((demo_reports / "results").iterdir())
    tables = [table for folder in folders for table in from_folder(folder).tables.values()]
    assert book.sheet_names == ["Inhalt", *counts]
    assert sorted(counts.values()) == sorted(len(table) for table in tables)
    for name, count in counts.items():
        sheet = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        assert len(sheet) == HEADING + 1 + count
        assert all(sheet[HEADING]), f"{name} has a column without a heading"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_the_demo_has_a_heading_and_every_table_a_caption(
    demo_reports: Path, language: Language
) -> None:
    words = Words(language)
    for file in sorted((demo_reports / "results").glob("*/*.parquet")):
        assert words.knows(f"{file.parent.name}.table.{file.stem}"), file
        unknown = [name for name in pd.read_parquet(file).columns if not words.knows(f"column.{name}")]
        assert not unknown, file


def test_a_sheet_says_what_it_is_and_rests_on() -> None:
    table = rows(made(pd.DataFrame({"account_id": ["1"], "revenue": [5.0]}), preliminary="3 % nicht erklärt"))
    assert table[0][0] == "Kunden mit positivem Umsatz"
    assert table[1][0] == "Beträge in EUR · 2025 · 1 Zeile"
    assert "Auswertung Konzentration, beruht auf 9 von 9 Umsatzzeilen" in table[2][0]
    assert "Lauf abc" in table[2][0]
    assert table[3][0] == "Vorläufig: 3 % nicht erklärt"
    assert table[HEADING] == ["Kundennr.", "Umsatz, €"]


def test_formats_follow_the_column() -> None:
    frame = pd.DataFrame({"account_id": ["007"], "revenue": [1234.5], "share": [0.5], "rank": [1]})
    frame = frame.assign(month=pd.Timestamp(2025, 3, 1), due=date(2025, 3, 4), gini=0.25)
    found = number_formats(made(frame))
    line = HEADING + 2
    assert [found[f"{column}{line}"] for column in "ABCDEFG"] == [
        "@", "#,##0.00", "0.0 %", "#,##0", "mmm yyyy", "day", "#,##0.00"
    ]  # fmt: skip
    assert number_formats(made(frame, Words("en")))[f"C{line}"] == "0.0%"


def test_numbers_of_a_row_follow_its_unit() -> None:
    frame = pd.DataFrame({"unit": ["money", "share 1", "number 0"], "earlier": [1.0, 0.5, 3.0]})
    found = number_formats(made(frame))
    assert [found[f"B{line}"] for line in (7, 8, 9)] == ["#,##0.00", "0.0 %", "#,##0"]


def test_numbers_stay_text_where_they_are_ids_and_days_stay_days() -> None:
    frame = pd.DataFrame({"account_id": ["000123", "1e5"], "due": [date(2025, 3, 4), None]})
    assert rows(made(frame))[HEADING + 1 :] == [["000123", date(2025, 3, 4)], ["1e5", ""]]


def test_what_is_missing_or_no_number_is_an_empty_cell() -> None:
    frame = pd.DataFrame({"a": [None, "x"], "b": [float("nan"), 1.0], "c": [float("inf"), 2.0]})
    frame = frame.assign(d=pd.to_datetime(pd.Series([None, "2025-01-01"])), e=pd.array([pd.NA, 1], dtype="Int64"))
    assert rows(made(frame))[HEADING + 1] == [""] * 5


def test_words_of_ours_are_spoken_and_names_from_data_are_not() -> None:
    frame = pd.DataFrame({"movement": ["rose"], "name": ["rose"], "complete": [True], "table": ["accounts"]})
    assert rows(made(frame))[HEADING + 1] == ["Aufstieg in A", "rose", "ja", "Kunden"]
    assert rows(made(frame, Words("en")))[HEADING + 1][0] != "Aufstieg in A"


def test_headings_are_frozen_filtered_and_printed_on_every_page() -> None:
    content = made(pd.DataFrame({"account_id": ["1"], "revenue": [5.0]}))
    for sheet in parsed(content, r"worksheets/sheet\d\.xml"):
        pane = sheet.find(".//pane", XML)
        assert pane is not None
        assert (pane.get("ySplit"), pane.get("state")) == (str(HEADING + 1), "frozen")
        assert sheet.find("autoFilter", XML) is not None
        set_up = sheet.find("pageSetup", XML)
        assert set_up is not None
        assert (set_up.get("orientation"), set_up.get("fitToHeight")) == ("landscape", "0")
    (book,) = parsed(content, r"xl/workbook\.xml")
    titles = [one.text for one in book.iterfind(".//definedName", XML) if one.get("name") == "_xlnm.Print_Titles"]
    assert all(str(title).endswith(f"${HEADING + 1}:${HEADING + 1}") for title in titles)
    assert len(titles) == 2


def test_the_same_tables_are_the_same_bytes() -> None:
    frame = pd.DataFrame({"account_id": ["1"], "revenue": [5.0], "at": [datetime(2025, 1, 1, 12)]})
    assert made(frame) == made(frame.copy())


def test_more_rows_than_a_sheet_holds_are_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_ROWS", 16)
    table = rows(made(pd.DataFrame({"revenue": [float(at) for at in range(50)]})))
    assert len(table) == 16
    assert "ersten 10 von 50 Zeilen" in table[3][0]


def test_a_table_without_rows_is_a_sheet_of_headings() -> None:
    table = rows(made(pd.DataFrame({"account_id": [], "revenue": []})))
    assert table[HEADING] == ["Kundennr.", "Umsatz, €"]
    assert len(table) == HEADING + 1


def test_the_tables_are_not_changed() -> None:
    frame = pd.DataFrame({"table": ["accounts"], "canonical": ["name"], "revenue": [1.0]})
    before = frame.copy()
    made(frame)
    pd.testing.assert_frame_equal(frame, before)


HOSTILE = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "{=1+1}",
    "https://x.example/a",
    "mailto:a@x.example",
    "internal:Sheet1!A1",
    "external:c:\\a.xlsx",
    "<r><t>x</t></r>",
    "<r>&</r>",
    "<script>alert(1)</script>",
    "]]>&\"'",
    "_x0041_",
    "#REF!",
    "a\x00b\x07c",
    "\ufffe\uffff",
    "x" * 40_000,
    "\u202eabc",
    "0012",
    "1e5",
    "TRUE",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_stands_in_data_is_alive(text: str) -> None:
    frame = pd.DataFrame({"account_id": [text], "name": [text], "class": [text], text or "x": [text]})
    hostile = result(**{"accounts": frame, text or "y": frame})
    content = tables_workbook({"21_concentration": hostile, text: hostile}, DE, text, "abc", text)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = parsed(content, r"worksheets/sheet\d+\.xml")
    assert len(sheets) == 5
    for sheet in sheets:
        assert not sheet.findall(".//f", XML)
        places = [str(link.get("location")) for link in sheet.iterfind(".//hyperlink", XML)]
        names = [place.rpartition("!")[0].strip("'").replace("''", "'") for place in places]
        assert set(names) <= set(book.sheet_names)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "worksheets/_rels" in name]  # links that lead outside
    cell = rows(content)[HEADING + 1][1]
    if len(text) < 32_000 and text.isprintable() and not text.startswith("<r>"):
        assert cell == text
    assert isinstance(cell, str)


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("Kunden", set(), "Kunden"),
        ("a/b:c*d?[e]\\", set(), "a-b-c-d--e--"),
        ("kunden", {"Kunden"}, "kunden (2)"),
        ("x" * 40, set(), "x" * 30 + "…"),
        ("x" * 40, {"x" * 30 + "…"}, "x" * 26 + "… (2)"),
        ("'a'", set(), "a"),
        ("History", set(), "History-"),
        ("", set(), "-"),
    ],
)
def test_names_of_sheets_are_allowed_and_unlike(wanted: str, taken: set[str], name: str) -> None:
    assert sheet_name(wanted, taken) == name
    assert len(name) <= 31
