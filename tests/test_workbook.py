"""`workbook.xlsx`: accounts first, every table within reach, nothing in it alive, the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from conftest import ROOT
from python_calamine import CalamineWorkbook

from kamlab.report import workbook as room
from kamlab.report.workbook import tables_workbook
from kamlab.results import Basis, Period, Result, RevenueTally, RowTally, from_folder
from kamlab.sheets import sheet_name
from kamlab.text import LANGUAGES, Language, Words, catalogue

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
    """Make the workbook of one table that has a sheet of its own, behind the contents."""
    return book(words, preliminary, concentration=result(sites=frame))


def book(words: Words = DE, preliminary: str = "", **results: Result) -> bytes:
    stems = {name: f"2{at}_{name}" for at, name in enumerate(results, 1)}
    told = {stems[name]: replace(one, analysis=name) for name, one in results.items()}
    return tables_workbook(told, words, "Beispiel GmbH", "abc", preliminary)


def account_rows(content: bytes) -> tuple[list[str], list[str], list[list[Any]]]:
    """Return groups, headings and rows of the first sheet."""
    found = rows(content, 0)
    return found[HEADING - 1], found[HEADING], found[HEADING + 1 :]


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


def results_of(reports: Path) -> dict[str, Result]:
    return {folder.name: from_folder(folder) for folder in sorted((reports / "results").iterdir())}


def test_every_table_of_the_demo_is_within_reach_of_the_contents(demo_reports: Path) -> None:
    content = (demo_reports / "workbook.xlsx").read_bytes()
    file = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = {name: file.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in file.sheet_names}
    listed = sheets["Inhalt"][HEADING + 1 :]
    links = {
        link.get("ref"): link.get("location")
        for link in parsed(content, r"sheet2\.xml$")[0].iterfind(".//hyperlink", XML)
    }
    results = results_of(demo_reports)
    assert len(listed) == sum(len(one.tables) for one in results.values()) > 50
    for line, (analysis, what, sheet, count, _) in enumerate(listed, HEADING + 2):
        key = next(key for key in results if DE.named("analysis", key) == analysis)
        table = next(name for name in results[key].tables if DE(f"{key}.table.{name}") == what)
        assert count == len(results[key].tables[table])
        assert (links.get(f"B{line}") or "").partition("!")[0].strip("'") == (sheet if count else "")
        if sheet in ("Kunden", "–"):
            continue
        top = int(str(links[f"B{line}"]).rpartition("A")[2])
        assert sheets[sheet][top - 1][0] == what
        first = HEADING if top == 1 else top
        assert all(sheets[sheet][first][:2])
        assert any(str(cell) for cell in sheets[sheet][first + int(count)])
        assert not any(str(cell) for row in sheets[sheet][first + int(count) + 1 :][:1] for cell in row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_of_the_demo_are_few_and_their_titles_whole(demo_reports: Path, language: Language) -> None:
    stems = [path.stem for path in (ROOT / "notebooks").glob("*.ipynb")]
    found = results_of(demo_reports)
    results = {stem: found[stem.partition("_")[2]] for stem in sorted(stems) if stem.partition("_")[2] in found}
    assert len(results) == len(found)
    content = tables_workbook(results, Words(language), "x", "abc")
    names = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert names[:2] == (["Kunden", "Inhalt"] if language == "de" else ["Accounts", "Contents"])
    assert len(names) <= 25
    assert [name for name in names if "…" in name or "(" in name] == []
    assert [sheet.get("state") for sheet in parsed(content, r"xl/workbook\.xml")[0].iterfind(".//sheet", XML)] == [
        None
    ] * len(names)
    heads = account_rows(content)[1]
    assert len(heads) == len({head.casefold() for head in heads}) > 50
    assert all(heads)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_with_a_sheet_of_its_own_has_a_title_that_fits(language: Language) -> None:
    titles = {
        key: str(one.string)
        for key, one in ((str(one.id), one) for one in catalogue(language))
        if re.fullmatch(r"\w+\.sheet\.\w+", key)
    }
    assert titles
    assert {key: title for key, title in titles.items() if len(f"00 {title}") > 31} == {}


def test_what_the_demo_tells_of_accounts_stands_in_their_rows(demo_reports: Path) -> None:
    groups, heads, accounts = account_rows((demo_reports / "workbook.xlsx").read_bytes())
    decided = results_of(demo_reports)["target_accounts"].tables["accounts"]
    assert [row[0] for row in accounts][: len(decided)] == list(decided["account_id"])  # the decision list comes first
    assert [group for group in groups if group] == [
        "25 Zielkunden", "22 Nutzwertanalyse", "21 Konzentration", "23 Kundenportfolio", "24 Kundenwert",
        "20 KAM-Ziele", "10 KAM-Charta",
    ]  # fmt: skip
    assert heads[:6] == ["Kundennr.", "Kunde", "Schlüsselkunde", "Status", "Warum", "Stunden als Schlüsselkunde"]
    told = {
        name: results_of(demo_reports)[name].tables["accounts"].set_index("account_id")
        for name in ("scoring", "concentration", "charter")
    }
    for row in accounts[:40]:
        at = dict(zip(heads, row, strict=True))
        if row[0] in told["concentration"].index:
            assert at["Umsatz, €"] == pytest.approx(told["concentration"].loc[row[0], "revenue"])
            assert at["Erfüllte Regeln"] == told["charter"].loc[row[0], "rules_met"]
        if row[0] in told["scoring"].index and pd.notna(told["scoring"].loc[row[0], "rank"]):
            assert at["Rang nach Punkten"] == told["scoring"].loc[row[0], "rank"]
            assert at["Punkte"] == pytest.approx(told["scoring"].loc[row[0], "score"])


def accounts(**columns: list[Any]) -> Result:
    return result(accounts=pd.DataFrame({"account_id": ["1", "2"], "name": ["A", "B"]} | columns))


def test_a_number_that_two_results_tell_stands_once() -> None:
    content = book(concentration=accounts(revenue=[5.0, 3.0]), scoring=accounts(revenue=[5.0, 3.0], score=[70.0, 60.0]))
    groups, heads, found = account_rows(content)
    assert heads == ["Kundennr.", "Kunde", "Punkte", "Umsatz, €"]
    assert groups == ["", "", "22 Nutzwertanalyse", "21 Konzentration"]
    assert found == [["1", "A", 70, 5], ["2", "B", 60, 3]]


def test_accounts_that_only_one_of_two_results_knows_are_filled_in() -> None:
    some = result(accounts=pd.DataFrame({"account_id": ["2", "3"], "name": ["B", "C"], "revenue": [3.0, 1.0]}))
    assert account_rows(book(concentration=accounts(revenue=[5.0, 3.0]), kam_goals=some))[2] == [
        ["1", "A", 5], ["2", "B", 3], ["3", "C", 1],
    ]  # fmt: skip


def test_one_name_for_two_things_says_whose_it_is() -> None:
    content = book(portfolio=accounts(hours=[5.0, 3.0]), kam_goals=accounts(hours=[9.0, 3.0]))
    assert account_rows(content)[1][2:] == ["Stunden (Kundenportfolio)", "Stunden (KAM-Ziele)"]


def test_a_number_taken_over_under_another_name_is_that_of_its_owner() -> None:
    value = result(values=pd.DataFrame({"account_id": ["1", "2"], "name": ["A", "B"], "worth": [7.0, 4.0]}))
    for told, heads in (([7.0, 4.0], ["Wert, €"]), ([7.0, 5.0], ["Kundenwert in €", "Wert, €"])):
        content = book(customer_value=value, target_accounts=accounts(customer_value=told))
        assert sorted(account_rows(content)[1][2:]) == heads


def test_an_account_with_several_contracts_has_one_row_with_the_most_pressing() -> None:
    ends = pd.DataFrame({"account_id": ["1", "1"], "name": ["A", "A"], "contract_id": ["X", "Y"]})
    ends = ends.assign(end=pd.to_datetime(["2026-03-31", "2026-12-31"]), tender_date=pd.NaT, annual_value=[9.0, 1.0])
    content = book(concentration=accounts(revenue=[5.0, 3.0]), customer_value=result(contract_ends=ends))
    _, heads, found = account_rows(content)
    assert [row[heads.index("Vertragsende")] for row in found] == [date(2026, 3, 31), ""]
    assert [row[2] for row in rows(content, 2)[HEADING + 1 :]] == ["X", "Y"]  # all of them on their own sheet


def test_what_is_not_in_sight_is_folded_behind_its_page() -> None:
    told = accounts(status=["stays", "leaves"], hours=[5.0, 3.0], votes=[1, 2], revenue=[5.0, 3.0])
    (sheet,) = parsed(book(target_accounts=told, charter=accounts(rules_met=[1, 2])), r"sheet1\.xml$")
    columns = [
        (one.get("hidden"), one.get("outlineLevel"), one.get("collapsed")) for one in sheet.iterfind(".//col", XML)
    ]
    assert ("1", "1", None) in columns
    assert [fold for fold in columns if fold[2]] == [(None, None, "1")]
    outline = sheet.find(".//outlinePr", XML)
    assert outline is not None
    assert outline.get("summaryRight") == "0"


def test_the_first_sheet_keeps_who_it_is_about_in_sight_and_can_be_read_when_printed() -> None:
    content = book(
        target_accounts=accounts(status=["stays", "leaves"], hours=[5.0, 3.0]), charter=accounts(fits=[True, False])
    )
    (sheet,), (file,) = parsed(content, r"sheet1\.xml$"), parsed(content, r"xl/workbook\.xml")
    pane, scale = sheet.find(".//pane", XML), sheet.find("pageSetup", XML)
    assert pane is not None
    assert (pane.get("xSplit"), pane.get("ySplit")) == ("2", str(HEADING + 1))
    assert scale is not None
    assert (scale.get("orientation"), int(str(scale.get("scale"))) >= 65) == ("landscape", True)
    filtered = sheet.find("autoFilter", XML)
    assert filtered is not None
    assert filtered.get("ref") == f"A{HEADING + 1}:E{HEADING + 3}"
    titles = [one.text for one in file.iterfind(".//definedName", XML) if one.get("name") == "_xlnm.Print_Titles"]
    assert f"Kunden!$A:$B,Kunden!${HEADING}:${HEADING + 1}" in titles


def test_a_table_that_tells_more_than_the_first_sheet_keeps_its_place() -> None:
    more = pd.DataFrame({"account_id": ["1"], "name": ["A"], "revenue": [4.0], "criterion": ["x"]})
    told = accounts(revenue=[5.0, 3.0]).tables | {
        "same": more[["account_id", "revenue"]].assign(revenue=5.0),
        "more": more,
    }
    content = book(concentration=result(**told))
    listed = [(row[1], row[2]) for row in rows(content, 1)[HEADING + 1 :]]
    assert listed == [("Kunden mit positivem Umsatz", "Kunden"), ("same", "Kunden"), ("more", "21 Konzentration")]


def test_without_accounts_the_contents_come_first() -> None:
    content = book(data_readiness=result(months=pd.DataFrame({"month": [date(2025, 1, 1)], "revenue": [1.0]})))
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == ["Inhalt", "21 Datenlage"]
    assert CalamineWorkbook.from_filelike(io.BytesIO(book())).sheet_names == ["Inhalt"]


def test_tables_of_a_page_stand_below_each_other() -> None:
    one, other = pd.DataFrame({"class": ["A"], "empty": [None]}), pd.DataFrame({"cut": [0.8, 0.9]})
    found = rows(book(concentration=result(classes=one, sensitivity=other)), 1)
    assert [row[0] for row in found][HEADING:] == [
        "Die Klassen", "Klasse", "A", "", "Kunden bis zu anderen Grenzen", found[10][0], 0.8, 0.9
    ]  # fmt: skip
    assert "empty" not in found[HEADING + 1]


def test_of_a_long_list_the_first_rows_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_PRINTED", 3)
    content = made(pd.DataFrame({"revenue": [float(at) for at in range(9)]}))
    areas = [
        str(one.text)
        for one in parsed(content, r"xl/workbook\.xml")[0].iterfind(".//definedName", XML)
        if one.get("name") == "_xlnm.Print_Area"
    ]
    assert areas == ["'21 Standorte'!$A$1:$A$9"]
    assert rows(content)[2][0] == "Gedruckt wird der Anfang: 3 Zeilen."
    assert len(rows(content)) == HEADING + 1 + 9


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
    assert table[0][0] == "Standorte mit Umsatz im Zeitraum"
    assert "Auswertung Konzentration, beruht auf 9 von 9 Umsatzzeilen" in table[1][0]
    assert "Lauf abc" in table[1][0]
    assert table[2][0] == "Vorläufig: 3 % nicht erklärt"
    assert table[3][0] == "2025 · 1 Zeile"
    assert table[HEADING] == ["Kundennr.", "Umsatz, €"]


def test_formats_follow_the_column() -> None:
    frame = pd.DataFrame({"account_id": ["007"], "revenue": [1234.5], "share": [0.5], "rank": [1]})
    frame = frame.assign(month=pd.Timestamp(2025, 3, 1), due=date(2025, 3, 4), gini=0.25)
    found = number_formats(made(frame))
    line = HEADING + 2
    assert [found[f"{column}{line}"] for column in "ABCDEFG"] == [
        "@", "#,##0", "0.0 %", "#,##0", "mmm yyyy", "day", "#,##0.00"
    ]  # fmt: skip
    assert number_formats(made(frame, Words("en")))[f"C{line}"] == "0.0%"


def test_numbers_of_a_row_follow_its_unit() -> None:
    frame = pd.DataFrame({"unit": ["money", "share 1", "number 0"], "earlier": [1.0, 0.5, 3.0]})
    found = number_formats(made(frame))
    assert [found[f"B{line}"] for line in (7, 8, 9)] == ["#,##0", "0.0 %", "#,##0"]


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
    assert "ersten 10 von 50 Zeilen" in table[2][0]


def test_a_table_without_rows_is_a_line_of_the_contents_and_no_sheet() -> None:
    content = made(pd.DataFrame({"account_id": [], "revenue": []}))
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == ["Inhalt"]
    assert rows(content, 0)[HEADING + 1][1:4] == ["Standorte mit Umsatz im Zeitraum", "–", 0]


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
    twice = pd.concat([frame, frame], ignore_index=True)  # no table of accounts
    hostile = result(**{"accounts": frame, text or "y": twice, "sites": frame})
    content = tables_workbook({"21_concentration": hostile, text: hostile}, DE, text, "abc", text)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = parsed(content, r"worksheets/sheet\d+\.xml")
    assert len(sheets) == 6
    for sheet in sheets:
        assert not sheet.findall(".//f", XML)
        places = [str(link.get("location")) for link in sheet.iterfind(".//hyperlink", XML)]
        names = [place.rpartition("!")[0].strip("'").replace("''", "'") for place in places]
        assert set(names) <= set(book.sheet_names)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "worksheets/_rels" in name]  # links that lead outside
    cell = rows(content, 3)[HEADING + 1][1]
    assert cell == rows(content, 0)[HEADING + 1][1]
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
