"""Where data come from: printed lists, preambles, archives, workbooks, pivots, databases, queries over files."""

from __future__ import annotations

import gzip
import io
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
import xlwt

from kamlab.engagement import Engagement, open_engagement
from kamlab.errors import DataRefused
from kamlab.facts import Facts, prepare
from kamlab.facts.sales import sales
from kamlab.ingest import SourceRead
from kamlab.results import Period

Opened = Callable[..., Engagement]
COLUMNS = "    columns: {account_id: Kunde, date: Tag, revenue: Umsatz}\n"
ROWS = "0001;05.01.2024;1.000,50\n0002;10.02.2024;500,25\n0001;05.03.2024;-100,00\n"
HEAD = "Kunde;Tag;Umsatz\n"
TOTAL = Decimal("1400.75")


def day(month: int, number: int) -> datetime:
    return datetime(2024, month, number)


SHEET: list[list[Any]] = [
    ["Kunde", "Tag", "Umsatz"],
    ["0001", day(1, 5), 1000.5],
    ["0002", day(2, 10), 500.25],
    ["0001", day(3, 5), -100],
]


@pytest.fixture
def facts(folder: Path) -> Callable[..., Facts]:
    """Read a ledger from a file, or from what `source` says."""

    def make(content: bytes | str | None = None, source: str = "", name: str = "umsatz.csv", more: str = "") -> Facts:
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        where = source or f"    path: {name}\n"
        settings = f"name: Probe\nmax_rejected: 1\nsources:\n  transactions:\n{where}{COLUMNS}{more}"
        (folder / "engagement.yml").write_text(settings, encoding="utf-8")
        return prepare(open_engagement(folder))

    return make


def ledger(facts: Facts) -> SourceRead:
    assert not facts.state.problems, [problem.message("de") for problem in facts.state.problems]
    return facts.state.reads[0]


def codes(facts: Facts) -> list[str]:
    return [problem.code for problem in facts.state.problems]


def used(facts: Facts) -> tuple[int, Decimal]:
    read = ledger(facts)
    assert read.revenue is not None
    return read.rows.used, read.revenue.used


def book(rows: list[list[Any]], name: str = "A", options: dict[str, Any] | None = None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, options or {}) as workbook:
        fill(workbook, workbook.add_worksheet(name), rows)
    return out.getvalue()


def fill(workbook: Any, sheet: Any, rows: list[list[Any]]) -> None:
    day = workbook.add_format({"num_format": "dd.mm.yyyy"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(at, column, cell, day)
            elif cell is not None:
                sheet.write(at, column, cell)


# The row of headings


@pytest.mark.parametrize(
    "above", ["Umsatzliste\n", "Umsatzliste 2024;;\nErstellt am: 05.04.2024\n\n;;\n", "\n\nStand;1.4.2024\n"]
)
def test_headings_are_found_below_a_preamble(facts: Callable[..., Facts], above: str) -> None:
    read = facts(above + HEAD + ROWS)
    assert used(read) == (3, TOTAL)
    assert ledger(read).files[0].header_row == above.count("\n") + 1


def test_lines_below_a_preamble_keep_their_number(facts: Callable[..., Facts]) -> None:
    read = facts("Bericht\n\n" + HEAD + "0001;05.01.2024;1,00\n0002;06.01.2024;k.A.\n")
    assert [reject.line for reject in ledger(read).rejects] == [5]


def test_the_row_of_headings_can_be_set(facts: Callable[..., Facts]) -> None:
    twice = HEAD + "alt;alt;alt\n" + HEAD.replace("Kunde", "Kunde")
    read = facts(twice + ROWS, "    path: umsatz.csv\n    header_row: 3\n")
    assert (used(read), ledger(read).files[0].header_row) == ((3, TOTAL), 3)


def test_a_missing_column_below_a_preamble_is_told_with_the_headings_there(facts: Callable[..., Facts]) -> None:
    read = facts("Bericht\n" + HEAD.replace("Umsatz", "Erlös") + ROWS)
    assert codes(read) == ["KL-E213"]
    assert read.state.problems[0].values["headings"] == ["Kunde", "Tag", "Erlös"]


def test_headings_of_the_contract_need_no_mapping(folder: Path) -> None:
    (folder / "umsatz.csv").write_text("Kundennummer;Belegdatum;Nettoumsatz;Variable Kosten\n1;05.01.2024;10,00;4,00\n")
    (folder / "engagement.yml").write_text("name: P\nsources: {transactions: {path: umsatz.csv}}\n")
    read = prepare(open_engagement(folder))
    assert [c.canonical for c in ledger(read).columns] == ["account_id", "date", "revenue", "cost"]


def test_decomposed_umlauts_in_headings_are_the_same_headings(folder: Path) -> None:
    (folder / "umsatz.csv").write_bytes((HEAD.replace("Umsatz", "Erlo\u0308s") + ROWS).encode())
    columns = COLUMNS.replace("Umsatz", "Erl\u00f6s")
    settings = f"name: P\nsources:\n  transactions:\n    path: umsatz.csv\n{columns}"
    (folder / "engagement.yml").write_text(settings, encoding="utf-8")
    assert used(prepare(open_engagement(folder))) == (3, TOTAL)


# Printed lists, other dialects


SAP = """Tabelle:        VBRP
Angezeigte Felder:   3 von   3

-----------------------------------
|  |Kunde     |Tag       |   Umsatz|
-----------------------------------
|  |0001      |05.01.2024| 1.000,50|
|  |0002      |10.02.2024|   500,25|
-----------------------------------
|  |Kunde     |Tag       |   Umsatz|
-----------------------------------
|  |0001      |05.03.2024|  -100,00|
-----------------------------------
|* |          |          | 1.400,75|
-----------------------------------
"""


def test_a_printed_list_is_read_without_its_lines_and_repeated_headings(facts: Callable[..., Facts]) -> None:
    read = facts(SAP)
    assert used(read) == (3, TOTAL)
    reasons = [(part.reason, part.rows, part.revenue) for part in ledger(read).left_out]
    assert reasons == [("total_row", 1, TOTAL), ("heading_again", 1, 0)]
    assert ledger(read).files[0].delimiter == "|"


def test_blanks_can_separate(facts: Callable[..., Facts]) -> None:
    content = " Kunde   Tag  Umsatz\n 00001 20240105  1   \n".replace("  1   ", "  11.77") + " 00002 20240106 2.50\n"
    read = facts(content, "    path: umsatz.csv\n    delimiter: whitespace\n")
    assert used(read) == (2, Decimal("14.27"))


@pytest.mark.parametrize("row", ["Summe;;1400,75", ";Summe;1400,75", "Gesamtergebnis;;1400,75", "*;;1400,75"])
def test_total_rows_are_left_out_by_name(facts: Callable[..., Facts], row: str) -> None:
    read = facts(HEAD + ROWS + row + "\n")
    assert used(read) == (3, TOTAL)
    assert [(part.reason, part.rows) for part in ledger(read).left_out] == [("total_row", 1)]


def test_a_customer_called_total_stays(facts: Callable[..., Facts]) -> None:
    assert used(facts(HEAD + ROWS + "Total;06.03.2024;10,00\n")) == (4, TOTAL + 10)


# Archives


def test_packed_files_are_read_like_others(facts: Callable[..., Facts]) -> None:
    assert used(facts(gzip.compress((HEAD + ROWS).encode("cp1252")), name="umsatz.csv.gz")) == (3, TOTAL)


def test_all_files_of_an_archive_are_one_source_by_what_they_are(facts: Callable[..., Facts]) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("2024/b.csv", HEAD + ROWS)
        archive.writestr("__MACOSX/._b.csv", b"\0\1")
        archive.writestr("a.tsv", (HEAD + ROWS).replace(";", "\t"))
    read = facts(out.getvalue(), name="export.zip")
    assert used(read) == (6, 2 * TOTAL)
    assert [file.name for file in ledger(read).files] == ["export.zip/2024/b.csv", "export.zip/a.tsv"]


def test_a_bomb_is_not_unpacked(facts: Callable[..., Facts], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kamlab.ingest.archives._LARGE", 100_000)
    packed = gzip.compress(b"0" * 10_000_000)
    assert codes(facts(packed, name="bombe.gz")) == ["KL-E222"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 10_000_000)
    assert codes(facts(out.getvalue(), name="bombe.zip")) == ["KL-E222"]


CUT_SHORT = gzip.compress(b"a;b\n1;2\n", mtime=0)[:-9]


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\0broken", b"PK\x03\x04broken", CUT_SHORT])
def test_a_broken_archive_is_refused(facts: Callable[..., Facts], content: bytes) -> None:
    assert codes(facts(content, name="x.gz")) == ["KL-E209"]


def test_an_archive_with_a_workbook_ending_is_what_it_is(facts: Callable[..., Facts]) -> None:
    assert used(facts(book(SHEET), name="umsatz.csv")) == (3, TOTAL)
    assert used(facts(HEAD + ROWS, name="umsatz.xls")) == (3, TOTAL)


@pytest.mark.parametrize("content", [b"%PDF-1.7 x", b"<html><table>", b"  <!DOCTYPE html>", b"MIME-Version: 1.0\n"])
def test_formats_that_are_no_data_are_refused(facts: Callable[..., Facts], content: bytes) -> None:
    assert codes(facts(content, name="umsatz.xls")) == ["KL-E208"]


# Workbooks


def test_headings_of_a_sheet_are_found_below_a_preamble(facts: Callable[..., Facts]) -> None:
    rows = [["Umsatzliste"], [None, "Stand", day(4, 1)], [], [None, *SHEET[0]]]
    read = facts(book([*rows, *([None, *row] for row in SHEET[1:])]), name="umsatz.xlsx")
    assert (used(read), ledger(read).files[0].header_row) == ((3, TOTAL), 4)


def test_several_sheets_are_one_source(facts: Callable[..., Facts]) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        for name in ("2023", "2024"):
            fill(workbook, workbook.add_worksheet(name), SHEET)
    read = facts(out.getvalue(), "    path: umsatz.xlsx\n    sheet: ['2023', '2024']\n", name="umsatz.xlsx")
    assert used(read) == (6, 2 * TOTAL)
    assert [file.sheet for file in ledger(read).files] == ["2023", "2024"]


def test_a_hidden_sheet_is_no_choice(facts: Callable[..., Facts]) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        fill(workbook, workbook.add_worksheet("Daten"), SHEET)
        workbook.add_worksheet("Listen").hide()
    assert used(facts(out.getvalue(), name="umsatz.xlsx")) == (3, TOTAL)


def test_old_workbooks_are_read(facts: Callable[..., Facts], folder: Path) -> None:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("A")
    day = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for at, row in enumerate(SHEET):
        for column, cell in enumerate(row):
            sheet.write(at, column, cell, *([day] if isinstance(cell, datetime) else []))
    workbook.save(str(folder / "umsatz.xls"))
    assert used(facts(source="    path: umsatz.xls\n")) == (3, TOTAL)


def test_days_of_1904_are_the_same_days(facts: Callable[..., Facts]) -> None:
    read = facts(book(SHEET, options={"date_1904": True}), name="umsatz.xlsx")
    assert (read.state.first, read.state.as_of) == (date(2024, 1, 5), date(2024, 3, 5))


def test_hidden_rows_are_read_and_counted(facts: Callable[..., Facts]) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheet = workbook.add_worksheet("A")
        fill(workbook, sheet, SHEET)
        sheet.set_row(2, None, None, {"hidden": True})
    read = facts(out.getvalue(), name="umsatz.xlsx")
    assert (used(read), ledger(read).files[0].hidden_rows) == ((3, TOTAL), 1)


@pytest.mark.parametrize("word", ["#DIV/0!", "#N/A", "#REF!"])
def test_an_error_of_excel_rejects_its_row(facts: Callable[..., Facts], word: str) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheet = workbook.add_worksheet("A")
        fill(workbook, sheet, [*SHEET, ["0003", day(3, 6), None]])
        sheet.write_formula(4, 2, "=1/0", None, word)
    read = facts(out.getvalue(), name="umsatz.xlsx")
    assert used(read) == (3, TOTAL)
    assert [(r.line, r.column, r.value) for r in ledger(read).rejects] == [(5, "Umsatz", word)]


def test_a_formula_that_was_never_calculated_is_refused(facts: Callable[..., Facts]) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheet = workbook.add_worksheet("A")
        fill(workbook, sheet, SHEET)
        sheet.write_formula(3, 2, "=1+1", None, "")
    read = facts(out.getvalue(), name="umsatz.xlsx")
    assert codes(read) == ["KL-E221"]
    assert read.state.problems[0].values["line"] == 4


def test_a_formula_without_result_elsewhere_does_no_harm(facts: Callable[..., Facts]) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheet = workbook.add_worksheet("A")
        fill(workbook, sheet, [[*SHEET[0], "Notiz"], *SHEET[1:]])
        sheet.write_formula(2, 3, "=1+1", None, "")
    assert used(facts(out.getvalue(), name="umsatz.xlsx")) == (3, TOTAL)


def test_long_sheets_are_read_in_pieces_with_one_type(
    facts: Callable[..., Facts], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kamlab.ingest.cells._BATCH", 2)
    rows = [*SHEET, ["0003", day(3, 6), "12,5"], [4, day(3, 7), 1.125]]
    read = facts(book(rows), name="umsatz.xlsx")
    assert used(read) == (5, TOTAL + Decimal("12.5") + Decimal("1.125"))  # numbers are written as the texts beside them


def test_numbers_beside_ambiguous_texts_are_asked_about(facts: Callable[..., Facts]) -> None:
    rows = [*SHEET, ["0003", day(3, 6), "1.234"], ["0004", day(3, 7), 1.125]]
    assert codes(facts(book(rows), name="umsatz.xlsx")) == ["KL-E204"]
    said = facts(book(rows), "    path: umsatz.xlsx\n    decimal: ','\n", name="umsatz.xlsx")
    assert used(said) == (5, TOTAL + 1234 + Decimal("1.125"))  # the setting speaks of texts, not of numbers


def test_files_with_numbers_and_files_with_texts_are_one_source(facts: Callable[..., Facts], folder: Path) -> None:
    (folder / "b.xlsx").write_bytes(book([*SHEET, ["0005", day(3, 8), 1.125]]))
    (folder / "c.csv").write_text(HEAD.replace("Tag", "Tag") + "0006;2024-03-09;1.234,50\n", encoding="utf-8")
    source = "    path: [b.xlsx, c.csv]\n"
    assert used(facts(source=source)) == (5, TOTAL + Decimal("1.125") + Decimal("1234.5"))
    (folder / "c.csv").write_text(HEAD + "0006;2024-03-09;1.234\n", encoding="utf-8")
    assert codes(facts(source=source)) == ["KL-E204"]  # the numbers of the workbook say nothing of the text


def test_numbers_beside_english_texts_stay_what_they_are(facts: Callable[..., Facts]) -> None:
    rows = [*SHEET, ["0003", day(3, 6), "1,234.50"], ["0004", day(3, 7), 1.125]]
    assert used(facts(book(rows), name="umsatz.xlsx")) == (5, TOTAL + Decimal("1235.625"))


# Pivots


PIVOT = "Kunde;Region;2023;2024;Gesamt\n0001;Nord;1.000,50;900,00;1.900,50\n0002;Süd;;500,25;500,25\n"


@pytest.fixture
def pivot(folder: Path) -> Callable[..., Facts]:
    def make(
        content: str | bytes, name: str = "umsatz.csv", columns: str = "{account_id: Kunde}", top: str = ""
    ) -> Facts:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        settings = f"name: P\nmax_rejected: 1\n{top}sources:\n  transactions:\n    path: {name}\n    layout: wide\n"
        (folder / "engagement.yml").write_text(settings + f"    columns: {columns}\n", encoding="utf-8")
        return prepare(open_engagement(folder))

    return make


def by_month(facts: Facts) -> dict[str, Decimal]:
    rows = facts.months.group_by("month").agg(revenue=facts.months.revenue.sum()).to_pyarrow().to_pylist()
    return {f"{row['month']:%Y-%m}": row["revenue"] for row in rows}


def test_a_pivot_of_years_is_read_without_its_sums(pivot: Callable[..., Facts]) -> None:
    read = pivot(PIVOT)
    assert used(read) == (3, Decimal("2400.75"))
    assert by_month(read) == {"2023-12": Decimal("1000.5"), "2024-12": Decimal("1400.25")}
    assert (read.state.first, read.state.as_of) == (date(2023, 1, 1), date(2024, 12, 31))
    assert ledger(read).files[0].sums == ("Gesamt",)


def test_a_pivot_of_months_with_german_names(pivot: Callable[..., Facts]) -> None:
    read = pivot("Kunde;Jan 24;Februar 2024;Mrz. 24;2024 Ergebnis\n1;1,00;2,00;3,00;6,00\n")
    assert by_month(read) == {"2024-01": 1, "2024-02": 2, "2024-03": 3}


def test_a_year_beside_all_its_quarters_is_their_sum(pivot: Callable[..., Facts]) -> None:
    read = pivot("Kunde;Q1 2024;Q2 2024;Q3 2024;Q4 2024;2024\n1;1,00;2,00;3,00;4,00;10,00\n")
    assert (used(read), ledger(read).files[0].sums, ledger(read).grain) == ((4, Decimal(10)), ("2024",), "quarter")


def test_years_above_the_months_are_joined_with_them(pivot: Callable[..., Facts]) -> None:
    rows = [[None, 2023, None, 2024, None], ["Kunde", "Nov", "Dez", "Jan", "Feb"], ["0001", 1, 2, 3, 4.5]]
    assert by_month(pivot(book(rows), name="umsatz.xlsx")) == {
        "2023-11": 1,
        "2023-12": 2,
        "2024-01": 3,
        "2024-02": Decimal("4.5"),
    }


def test_the_last_row_of_a_pivot_is_a_sum_if_it_adds_up(pivot: Callable[..., Facts]) -> None:
    read = pivot(PIVOT + "Gesamtergebnis;;1.000,50;1.400,25;2.400,75\n")
    assert used(read) == (3, Decimal("2400.75"))
    assert [(part.reason, part.rows) for part in ledger(read).left_out] == [("total_row", 2)]


def test_a_row_that_looks_like_a_sum_and_is_none_is_asked_about(pivot: Callable[..., Facts]) -> None:
    read = pivot(PIVOT + "Total;;70,00;80,00;150,00\n")
    assert set(codes(read)) == {"KL-E229"}
    assert read.state.problems[0].values["account"] == "Total"


def test_a_bad_cell_of_a_pivot_is_named_by_line_and_column(pivot: Callable[..., Facts]) -> None:
    read = pivot(PIVOT + "0003;Ost;k.A.;3,00;3,00\n")
    assert [(r.line, r.column, r.value) for r in ledger(read).rejects] == [(4, "2023", "k.A.")]


def test_a_plan_beside_the_years_is_no_revenue(pivot: Callable[..., Facts]) -> None:
    assert by_month(pivot("Kunde;2024;Plan 2025\n1;5,00;7,00\n")) == {"2024-12": 5}


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("Kunde;Januar;Februar", "KL-E227"),
        ("Kunde;A;B", "KL-E227"),
        ("Kunde;2024;Umsatz 2024", "KL-E228"),
        ("Kunde;2023;Jan 2024", "KL-E228"),
        ("Kunde;2024;Jan 2024", "KL-E228"),  # a year of which one month is there is no sum of it
    ],
)
def test_a_pivot_that_can_be_read_in_two_ways_is_refused(pivot: Callable[..., Facts], head: str, code: str) -> None:
    assert codes(pivot(f"{head}\n1;1,00;2,00\n")) == [code]


def test_cells_in_thousands_can_be_told_so(pivot: Callable[..., Facts]) -> None:
    read = pivot(PIVOT, columns="{account_id: Kunde, revenue: '= \"(value)\" * 1000'}")
    assert used(read) == (3, Decimal(2400750))


# Scoring sheets


SCORING = """name: P
max_rejected: {limit}
sources:
  transactions: {{path: umsatz.csv, columns: {{account_id: Kunde, date: Tag, revenue: Betrag}}}}
  criteria: {{path: bewertung_*.csv, layout: wide, columns: {{account_id: Kunde}}}}
criteria:
  Umsatz: {{from: revenue, axis: position}}
  Ruf: {{axis: position}}
  Know-how: {{axis: position}}
"""


@pytest.fixture
def scored(folder: Path) -> Callable[..., Facts]:
    def make(*sheets: str, limit: int = 0) -> Facts:
        (folder / "umsatz.csv").write_text("Kunde;Tag;Betrag\n1;2024-03-08;10\n", encoding="utf-8")
        for at, sheet in enumerate(sheets, 1):
            (folder / f"bewertung_{at}.csv").write_text(sheet, encoding="utf-8")
        (folder / "engagement.yml").write_text(SCORING.format(limit=limit), encoding="utf-8")
        return prepare(open_engagement(folder))

    return make


def ratings(facts: Facts) -> list[tuple[object, ...]]:
    frame = facts.entries["criteria"]
    return list(frame[["account_id", "criterion", "value", "rater"]].itertuples(index=False, name=None))


def test_a_column_per_criterion_is_a_row_per_filled_cell(scored: Callable[..., Facts]) -> None:
    facts = scored("Kunde;Name;Bewertet von;Ruf;Know-how\n1;A;R1;4;2,5\n2;B;R1;;3\n3;C;R1;;\n")
    assert ratings(facts) == [("1", "Ruf", 4.0, "R1"), ("1", "Know-how", 2.5, "R1"), ("2", "Know-how", 3.0, "R1")]


def test_every_judge_has_a_file_of_its_own(scored: Callable[..., Facts]) -> None:
    head = "Kunde;Bewertet von;Ruf\n"
    assert ratings(scored(head + "1;R1;4\n", head + "1;R2;1\n")) == [("1", "Ruf", 4.0, "R1"), ("1", "Ruf", 1.0, "R2")]


def test_a_criterion_is_known_however_its_heading_is_written(scored: Callable[..., Facts]) -> None:
    assert [row[1] for row in ratings(scored("Kunde;Bewertet von;RUF; know-How\n1;R1;4;5\n"))] == ["Ruf", "Know-how"]


def test_what_is_measured_is_not_rated(scored: Callable[..., Facts]) -> None:
    assert [row[1] for row in ratings(scored("Kunde;Bewertet von;Umsatz;Ruf\n1;R1;99;4\n"))] == ["Ruf"]


def test_a_sheet_without_a_criterion_is_refused_with_what_is_there_and_what_was_expected(
    scored: Callable[..., Facts],
) -> None:
    (problem,) = scored("Kunde;Name;Rufe\n1;A;4\n").state.problems
    assert problem.code == "KL-E231"
    assert problem.values == {"file": "bewertung_1.csv", "headings": ["Name", "Rufe"], "known": ["Ruf", "Know-how"]}


def test_a_wrong_mark_is_told_by_line_and_criterion(scored: Callable[..., Facts]) -> None:
    read = scored("Kunde;Bewertet von;Ruf;Know-how\n1;R1;4;2\n2;R1;3;gut\n", limit=1).state.reads[-1]
    (reject,) = read.rejects
    assert (reject.file, reject.line, reject.column, reject.value) == ("bewertung_1.csv", 3, "Know-how", "gut")
    assert (read.rows.used, read.rows.rejected) == (3, 1)


# Databases


def database(path: Path, kind: str) -> None:
    rows = [("0001", "2024-01-05", 1000.5), ("0002", "2024-02-10", 500.25), ("0001", "2024-03-05", -100.0)]
    if kind == "sqlite":
        with sqlite3.connect(path) as base:
            base.execute("create table umsatz (Kunde text, Tag text, Umsatz real)")
            base.executemany("insert into umsatz values (?, ?, ?)", rows)
        base.close()
    else:
        with duckdb.connect(str(path)) as base:
            base.execute("create table umsatz (Kunde varchar, Tag date, Umsatz decimal(12, 2))")
            base.executemany("insert into umsatz values (?, ?, ?)", rows)


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
@pytest.mark.parametrize("what", ["table: umsatz", "query: select * from umsatz where Umsatz > -1000"])
def test_a_database_gives_the_same_facts(facts: Callable[..., Facts], folder: Path, kind: str, what: str) -> None:
    database(folder / "erp.db", kind)
    read = facts(source=f"    database: {kind}://erp.db\n    {what}\n")
    assert used(read) == (3, TOTAL)
    assert ledger(read).files[0].name == f"erp.db: {what.split(':')[0].replace('table', 'umsatz')}"
    assert not (read.engagement.workplace / "drawn").exists()


def test_a_changed_database_is_read_anew_and_an_unchanged_one_is_the_same_state(
    facts: Callable[..., Facts], folder: Path
) -> None:
    database(folder / "erp.db", "sqlite")
    source = "    database: sqlite://erp.db\n    table: umsatz\n"
    first, again = facts(source=source), facts(source=source)
    assert first.state.key == again.state.key
    with sqlite3.connect(folder / "erp.db") as base:
        base.execute("insert into umsatz values ('0003', '2024-03-06', 1)")
    base.close()
    assert used(facts(source=source)) == (4, TOTAL + 1)


@pytest.mark.parametrize(
    "query",
    ["delete from umsatz", "select 1; select 2", "insert into umsatz values (1)", "not sql at all", "attach 'x' as y"],
)
def test_a_query_only_reads(facts: Callable[..., Facts], folder: Path, query: str) -> None:
    database(folder / "erp.db", "sqlite")
    assert codes(facts(source=f'    database: sqlite://erp.db\n    query: "{query}"\n')) == ["KL-E225"]
    with sqlite3.connect(folder / "erp.db") as base:
        assert base.execute("select count(*) from umsatz").fetchone() == (3,)
    base.close()


def test_a_database_that_is_none_or_lacks_the_table_is_told(facts: Callable[..., Facts], folder: Path) -> None:
    assert codes(facts(source="    database: sqlite://erp.db\n    table: umsatz\n")) == ["KL-E202"]
    (folder / "erp.db").write_bytes(b"no database, only some text" * 100)
    for kind in ("sqlite", "duckdb"):
        assert codes(facts(source=f"    database: {kind}://erp.db\n    table: umsatz\n")) == ["KL-E223"]
    (folder / "erp.db").unlink()
    database(folder / "erp.db", "sqlite")
    assert codes(facts(source="    database: sqlite://erp.db\n    table: umsaetze\n")) == ["KL-E223"]


def test_a_database_may_not_read_files(facts: Callable[..., Facts], folder: Path) -> None:
    database(folder / "erp.db", "duckdb")
    query = "select * from read_csv('umsatz.csv')"
    assert codes(facts(source=f'    database: duckdb://erp.db\n    query: "{query}"\n')) == ["KL-E223"]


def test_whole_numbers_of_a_database_keep_every_digit(facts: Callable[..., Facts], folder: Path) -> None:
    with sqlite3.connect(folder / "erp.db") as base:
        base.execute("create table umsatz (Kunde integer, Tag text, Umsatz real)")
        base.execute("insert into umsatz values (9007199254740993, '2024-01-05', 1)")
    base.close()
    read = facts(source="    database: sqlite://erp.db\n    table: umsatz\n")
    assert read.sites["site_id"].tolist() == ["9007199254740993"]


# Queries over files


def joined(folder: Path, query: str, files: str = "{kopf: kopf.csv, zeilen: zeilen.csv}") -> Facts:
    (folder / "kopf.csv").write_text("Beleg;Kunde;Tag\n1;0001;05.01.2024\n2;0002;10.02.2024\n")
    (folder / "zeilen.csv").write_text("Beleg;Menge;Preis\n1;2;500,25\n2;1;500,25\n2;0;9,99\nkaputt\n")
    (folder / "engagement.yml").write_text(
        "name: P\nmax_rejected: 1\nsources:\n  transactions:\n"
        f'    query: "{query}"\n    files: {files}\n'
        "    columns: {account_id: Kunde, date: Tag, revenue: '= Menge * Preis'}\n"
    )
    return prepare(open_engagement(folder))


JOIN = "select k.Kunde, k.Tag, z.Menge, z.Preis from zeilen z join kopf k using (Beleg)"


def test_files_are_joined_by_a_query_and_typed_like_any_other(folder: Path) -> None:
    read = joined(folder, JOIN)
    assert used(read) == (3, Decimal("1500.75"))
    assert [(file.name, file.rows) for file in ledger(read).files] == [("query", 3), ("kopf.csv", 2), ("zeilen.csv", 4)]
    assert [(r.file, r.line) for r in ledger(read).rejects] == [
        ("zeilen.csv", 5)
    ]  # the broken line of a file is not lost


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select * from read_csv('kopf.csv')", "KL-E226"),
        ("select * from andere", "KL-E226"),
        ("select * from 'kopf.csv'", "KL-E226"),
        ("drop table kopf", "KL-E225"),
        ("select Gibtsnicht from kopf", "KL-E225"),
        ("with a as (select * from zeilen) select Beleg from a", "KL-E213"),
    ],
)
def test_a_query_reads_the_named_files_only(folder: Path, query: str, code: str) -> None:
    assert set(codes(joined(folder, query))) <= {code, "KL-E215"}
    assert code in codes(joined(folder, query))


# Doubles and the future


def test_rows_that_stand_there_already_are_left_out(facts: Callable[..., Facts]) -> None:
    read = facts(HEAD + ROWS + ROWS, more="    distinct: [Kunde, Tag, Umsatz]\n")
    assert used(read) == (3, TOTAL)
    assert [(part.reason, part.rows, part.revenue) for part in ledger(read).left_out] == [("double", 3, TOTAL)]


def test_a_double_of_a_row_that_is_left_out_is_used(facts: Callable[..., Facts]) -> None:
    ledger_ = HEAD + "0001;05.01.2024;5,00\n0001;05.01.2024;7,00\n"
    more = "    distinct: [Kunde, Tag]\n    exclude: {muster: '= Umsatz < 6'}\n"
    assert used(facts(ledger_, more=more)) == (1, Decimal(7))


def test_bookings_of_the_future_are_asked_about(facts: Callable[..., Facts]) -> None:
    assert codes(facts(HEAD + ROWS + "0001;05.01.2099;1,00\n")) == ["KL-E260"]


# Reduced mode: account by year alone


def test_account_by_year_alone_carries_a_comparison(pivot: Callable[..., Facts]) -> None:
    read = pivot("Kunde;2023;2024\n1;100,00;120,00\n2;50,00;40,00\n")
    sold = sales(read, "fiscal_year")
    assert sold.comparison == (
        Period(start=date(2024, 1, 1), end=date(2024, 12, 31)),
        Period(start=date(2023, 1, 1), end=date(2023, 12, 31)),
    )
    assert sold.accounts["revenue_now"].tolist() == [120.0, 40.0]
    assert sold.accounts["revenue_before"].tolist() == [100.0, 50.0]


def test_fiscal_years_end_in_the_year_they_are_named_by(pivot: Callable[..., Facts]) -> None:
    read = pivot("Kunde;2023;2024\n1;100,00;120,00\n", top="fiscal_year_start: 10\n")
    assert (read.state.first, read.state.as_of) == (date(2022, 10, 1), date(2024, 9, 30))
    assert sales(read, "fiscal_year").accounts["revenue"].tolist() == [120.0]


@pytest.mark.parametrize("period", ["2024-01-01..2024-06-30", "2023-07-01..2024-06-30", "2024-01-01..2024-12-30"])
def test_a_year_cannot_be_divided(pivot: Callable[..., Facts], period: str) -> None:
    read = pivot("Kunde;2023;2024\n1;100,00;120,00\n")
    with pytest.raises(DataRefused, match="KL-E261"):
        sales(read, period)
    assert sales(read, "2024-01-01..2024-12-31").accounts["revenue"].tolist() == [120.0]


def test_years_in_a_long_table_are_the_same_as_in_a_pivot(
    pivot: Callable[..., Facts], facts: Callable[..., Facts]
) -> None:
    wide = pivot("Kunde;2023;2024\n1;100,00;120,00\n")
    long = facts("Kunde;Tag;Umsatz\n1;2023;100,00\n1;2024;120,00\n")
    assert by_month(wide) == by_month(long)
    assert (long.state.first, long.state.as_of) == (wide.state.first, wide.state.as_of)


def test_figures_of_a_running_year_end_with_the_last_whole_one(pivot: Callable[..., Facts]) -> None:
    read = pivot("Kunde;2023;2024\n1;100,00;120,00\n", top="as_of: 2024-06-30\n")
    assert (read.state.as_of, used(read)) == (date(2023, 12, 31), (1, Decimal(100)))
    assert [part.reason for part in ledger(read).left_out] == ["after_as_of"]


def test_a_reduced_ledger_makes_all_pages(pivot: Callable[..., Facts], kamlab: Any, folder: Path) -> None:
    pivot("Kunde;2022;2023;2024\n1;100,00;120,00;90,00\n2;50,00;40,00;70,00\n")
    done = kamlab("run", "-e", folder, "--lang", "en")
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (folder / "reports").glob("*.html")} >= {
        "01_data_readiness.en.html",
        "21_concentration.en.html",
    }


# What a second pair of eyes found


def test_a_page_is_made_where_one_file_has_a_preamble_and_another_none(
    folder: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (folder / "umsatz.csv").write_text("Liste\n\n" + HEAD + ROWS, encoding="utf-8")
    (folder / "kunden.csv").write_text("Nr;Name\n0001;Alpha\n0002;Beta\n", encoding="utf-8")
    accounts = "  accounts:\n    path: kunden.csv\n    columns: {account_id: Nr, name: Name}\n"
    settings = f"name: P\nsources:\n  transactions:\n    path: umsatz.csv\n{COLUMNS}{accounts}"
    (folder / "engagement.yml").write_text(settings, encoding="utf-8")
    done = kamlab("run", "data_readiness", "-e", folder)
    assert (done.returncode, done.stderr.count("KL-R402")) == (0, 0)


@pytest.mark.parametrize("heading", ["Währg", "Irgendwas"])
def test_currencies_that_nothing_reads_are_never_summed(facts: Callable[..., Facts], heading: str) -> None:
    content = f"Kunde;Tag;Umsatz;{heading}\n1;05.01.2024;1,50;EUR\n1;06.01.2024;2,50;USD\n"
    assert codes(facts(content)) == ["KL-E265"]
    ours = facts(content, more=f"    exclude: {{fremd: \"= {heading} <> 'EUR'\"}}\n")
    assert used(ours) == (1, Decimal("1.5"))
    assert used(facts(content.replace("USD", "EUR"))) == (2, Decimal(4))


@pytest.mark.parametrize("heading", ["Währg", "Irgendwas"])
def test_currencies_that_only_later_rows_tell_are_never_summed(facts: Callable[..., Facts], heading: str) -> None:
    content = f"Kunde;Tag;Umsatz;Notiz;{heading};Leer\n" + "1;05.01.2024;1,50;;;\n" * 1_000
    more = "1;05.01.2024;1,50;eilt;EUR;\n1;06.01.2024;2,50;;USD;\n"
    assert codes(facts(content + more)) == ["KL-E265"]
    assert codes(facts(content + more.replace("USD", "EUR"))) == []


def test_three_letters_that_are_no_currencies_do_no_harm(facts: Callable[..., Facts]) -> None:
    assert used(facts("Kunde;Tag;Umsatz;Land\n1;05.01.2024;1,50;DEU\n1;06.01.2024;2,50;USA\n")) == (2, Decimal(4))


def test_the_full_stop_of_a_heading_does_not_hide_its_row(facts: Callable[..., Facts], folder: Path) -> None:
    (folder / "k.csv").write_text("Verzeichnis\n\nKundennr.;Name 1;Ort\n0001;A;B\n", encoding="utf-8")
    more = "  accounts:\n    path: k.csv\n    columns: {name: Name 1}\n"
    read = facts(HEAD + ROWS, more=more)
    assert read.state.problems[0].values["headings"] == ["Kundennr.", "Name 1", "Ort"]


def test_headings_that_stand_again_are_no_unreadable_revenue(facts: Callable[..., Facts]) -> None:
    read = ledger(facts(HEAD + ROWS + HEAD))
    assert read.revenue is not None
    assert read.revenue.unreadable_rows == 0
