"""`rejects.xlsx`: the rejected rows whole, the bad cells marked, harmless whatever stands in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from kamlab.engagement import Engagement
from kamlab.facts import prepare
from kamlab.ingest import Reject
from kamlab.report.rejects import MOST_ROWS, rejects_xlsx
from kamlab.text import Language, Words

Opened = Callable[..., Engagement]
HEADER = "Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg\n"
DIRTY = (
    HEADER
    + "0001;05.01.2024;1.000,00;600,00;A;1\n"
    + "0002;nie;k.A.;300,00;B;2\n"
    + "0003;05.01.2025;5,00\n"
    + ";05.01.2025;7,00;1,00;=cmd|' /C calc'!A0;http://x.example\n"
)


def workbook(engagement: Engagement, language: Language = "de") -> bytes:
    facts = prepare(engagement)
    rejects = {read.table: read.rejects for read in facts.state.reads if read.rejects}
    return rejects_xlsx(rejects, facts.rejected, Words(language))


def rows(content: bytes, sheet: int = 0) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python()


def part(content: bytes, pattern: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist() if re.search(pattern, name))


def bad(name: str = "Umsatz", line: int = 2, value: str | None = "k.A.", code: str = "KL-W104") -> Reject:
    return Reject(file="u.csv", line=line, column=name, value=value, code=code)


def frame(*cells: dict[str, str], first: int = 2) -> pd.DataFrame:
    return pd.DataFrame([{"file": "u.csv", "line": first + at, **row} for at, row in enumerate(cells)])


def test_rejected_rows_stand_whole_in_the_order_of_the_file(opened: Opened) -> None:
    table = rows(workbook(opened("max_rejected=1", ledger=DIRTY)))
    at = next(number for number, row in enumerate(table) if row[0] == "Datei")
    assert table[at] == ["Datei", "Zeile", "Kundennr", "Datum", "Umsatz", "Kosten", "Artikel", "Beleg"]
    assert table[at + 1 :] == [
        ["umsatz.csv", 3, "0002", "nie", "k.A.", "300,00", "B", "2"],
        ["umsatz.csv", 4, "0003;05.01.2025;5,00", "", "", "", "", ""],
        ["umsatz.csv", 5, "", "05.01.2025", "7,00", "1,00", "=cmd|' /C calc'!A0", "http://x.example"],
    ]


@pytest.mark.parametrize(("language", "words"), [("de", ["keine Zahl", "Pflichtwert"]), ("en", ["not a number"])])
def test_codes_have_a_legend_in_the_language_of_the_pages(opened: Opened, language: Language, words: list[str]) -> None:
    content = workbook(opened("max_rejected=1", ledger=DIRTY), language)
    top = "\n".join(str(row[0]) for row in rows(content)[:7])
    assert all(word in top for word in [*words, "KL-W101", "KL-W103", "KL-W104", "KL-W105"])
    assert all(word in part(content, "comments") for word in words)


def test_bad_cells_are_marked_and_say_why(opened: Opened) -> None:
    content = workbook(opened("max_rejected=1", ledger=DIRTY))
    places = re.findall(r'<comment ref="([A-Z]+\d+)"', part(content, "comments"))
    table = rows(content)
    at = next(number for number, row in enumerate(table, 1) if row[0] == "Datei")
    assert sorted(places) == sorted([f"D{at + 1}", f"E{at + 1}", f"C{at + 2}", f"C{at + 3}"])
    styles = dict(re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', part(content, "sheet1.xml")))
    assert len({styles[place] for place in places}) == 1
    assert f"F{at + 1}" not in styles


def test_nothing_in_it_is_alive(opened: Opened) -> None:
    sheet = part(workbook(opened("max_rejected=1", ledger=DIRTY)), r"sheet\d|rels")
    assert "<f>" not in sheet
    assert "x.example" not in sheet


def test_the_same_rows_are_the_same_bytes(opened: Opened) -> None:
    engagement = opened("max_rejected=1", ledger=DIRTY)
    assert workbook(engagement) == workbook(engagement)


def test_a_value_of_no_cell_is_told_at_the_line_number() -> None:
    content = rejects_xlsx({"transactions": [bad("revenue", value=None, code="KL-W106")]}, {
        "transactions": frame({"Menge": "1", "Preis": "99"})}, Words("de"))  # fmt: skip
    comments = part(content, "comments")
    assert re.search(r'ref="B\d+"', comments)
    assert "revenue: Ergebnis zu groß" in comments


HOSTILE = {
    "control characters": "a\x00b\x07c\x1f",
    "longest cell": "x" * 40_000,
    "no character": "\ufffe\uffff",
    "markup": "<b>&\"']]>",
    "error": "#REF!",
    "array": "{=1+1}",
    "looks escaped": "_x0041_",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_cells_do_not_break_the_file(text: str) -> None:
    found = {"transactions": [bad(value=text)]}
    content = rejects_xlsx(found, {"transactions": frame({"Umsatz": text, text: text})}, Words("de"))
    cell = rows(content)[-1][2]
    assert len(str(cell)) <= 32_767
    if text in ("#REF!", "{=1+1}", "_x0041_", "<b>&\"']]>"):
        assert cell == text


def test_more_columns_than_excel_has_are_cut_and_said() -> None:
    wide = frame({f"c{at}": "v" for at in range(17_000)})
    content = rejects_xlsx({"transactions": [bad("c16999")]}, {"transactions": wide}, Words("de"))
    table = rows(content)
    assert len(table[-1]) == 502
    assert any("ersten 500 Spalten" in str(row[0]) for row in table)
    assert "c16999: keine Zahl" in part(content, "comments")


def test_at_most_ten_thousand_rows_a_sheet_and_said() -> None:
    found = [bad(line=line) for line in range(2, MOST_ROWS + 52)]
    cells = frame(*({"Umsatz": "k.A."} for _ in range(MOST_ROWS)))
    table = rows(rejects_xlsx({"transactions": found}, {"transactions": cells}, Words("de")))
    assert sum(row[0] == "u.csv" for row in table) == MOST_ROWS
    assert any("ersten 10.000; abgelehnt: 10.050 Zeilen" in str(row[0]) for row in table)


def test_every_source_has_a_sheet_of_its_own(opened: Opened, folder: Path) -> None:
    (folder / "kunden.csv").write_text("Nr;Anteil\n0001;3\n0002;0,5\n", encoding="utf-8")
    columns = "sources.accounts.columns."
    sets = ("max_rejected=1", "sources.accounts.path=kunden.csv", f"{columns}account_id=Nr")
    content = workbook(opened(*sets, f"{columns}max_supplier_share=Anteil", ledger=DIRTY))
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == ["Umsätze", "Kunden"]
    assert rows(content, 1)[-1] == ["kunden.csv", 2, "0001", "3"]


def test_rows_of_a_workbook_stand_as_its_user_wrote_them(opened: Opened, folder: Path) -> None:
    pd.DataFrame({"Kundennr": ["1"], "Datum": ["nie"], "Umsatz": [1.0], "Kosten": [0.5]}).to_parquet(
        folder / "umsatz.parquet"
    )
    sets = [f"sources.transactions.columns.{name}=" for name in ("product_id", "document_id")]
    engagement = opened("sources.transactions.path=umsatz.parquet", "max_rejected=1", *sets)
    assert rows(workbook(engagement))[-1] == ["umsatz.parquet", 1, "1", "nie", "1", "0.5"]


def test_a_line_of_a_pivot_stands_once_as_in_the_file(opened: Opened) -> None:
    settings = "name: P\nmax_rejected: 1\nsources:\n  transactions:\n    path: umsatz.csv\n    layout: wide\n"
    ledger = "Kunde;Region;2023;2024;2025\n1;Nord;1,00;2,00;3,00\n;Ost;k.A.;;5,50\n3;Süd;6,00;x;7,00\n"
    content = workbook(opened(settings=settings + "    columns: {account_id: Kunde}\n", ledger=ledger))
    table = rows(content)
    at = next(number for number, row in enumerate(table, 1) if row[0] == "Datei")
    assert table[at - 1] == ["Datei", "Zeile", "Kunde", "Region", "2023", "2024", "2025"]
    assert table[at:] == [
        ["umsatz.csv", 3, "", "Ost", "k.A.", "", "5,50"],
        ["umsatz.csv", 4, "3", "Süd", "6,00", "x", "7,00"],
    ]
    places = re.findall(r'<comment ref="([A-Z]+\d+)"', part(content, "comments"))
    assert sorted(places) == [f"C{at + 1}", f"E{at + 1}", f"F{at + 2}"]


def test_ways_of_writing_that_disagree_in_a_pivot_are_shown_by_line_and_column(opened: Opened) -> None:
    settings = "name: P\nsources:\n  transactions: {path: umsatz.csv, layout: wide, columns: {account_id: Kunde}}\n"
    found = prepare(opened(settings=settings, ledger='Kunde;2024;2025\n1;"1.000,50";2\n2;3;"1,000.50"\n'))
    (problem,) = found.state.problems
    assert (problem.code, problem.values["column"]) == ("KL-E203", "2024 … 2025")
    assert problem.values["examples"] == ["2 2024: '1.000,50'", "3 2025: '1,000.50'"]
