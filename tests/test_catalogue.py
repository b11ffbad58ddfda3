"""A catalogue of hostile and dirty inputs: what a tired consultant is sent, and what an attacker would send.

Every case is an engagement of its own, read through the command line. It ends in figures that are right to the cent, or
in a refusal with the named code. For all of them: no traceback, rows and revenue add up, German and English messages
that name the file.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import commands
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

Bytes = bytes | str
HEAD = "Kunde;Tag;Umsatz\n"
ROWS = "0001;05.01.2024;1.000,50\n0002;10.02.2024;500,25\n0001;05.03.2024;-100,00\n"
COLUMNS = "    columns: {account_id: Kunde, date: Tag, revenue: Umsatz}\n"
LEDGER = HEAD + ROWS
BOM = codecs.BOM_UTF8


@dataclass(frozen=True)
class Case:
    """An input and its outcome: figures, and what was rejected and left out, or the codes of a refusal."""

    name: str
    files: Mapping[str, Bytes]
    settings: Bytes
    used: int | None = None
    revenue: float | None = None
    rejected: tuple[tuple[int, str], ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    exit_code: int = 0
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


def settings(source: str, columns: str = COLUMNS, more: str = "", top: str = "", others: str = "") -> str:
    return f"name: Probe\nmax_rejected: 1\n{top}sources:\n  transactions:\n{source}{columns}{more}{others}"


def reads(
    name: str, content: Bytes, used: int = 3, revenue: float = 1400.75, file: str = "umsatz.csv", **more: Any
) -> Case:
    """Make a case that is read: so many rows used, so much revenue; `rejected` names lines and codes."""
    given = {key: more.pop(key) for key in ("columns", "more", "top", "others") if key in more}
    files = {file: content} | more.pop("files", {})
    return Case(name, files, settings(f"    path: {file}\n", **given), used, revenue, **more)


def refuses(name: str, content: Bytes, *codes: str, file: str = "umsatz.csv", **more: Any) -> Case:
    """Make a case that is refused with these codes."""
    given = {key: more.pop(key) for key in ("columns", "more", "top", "others") if key in more}
    files = {file: content} | more.pop("files", {})
    more = {"exit_code": 3} | more
    return Case(name, files, settings(f"    path: {file}\n", **given), refused=codes, **more)


def told(name: str, text: Bytes, *codes: str, exit_code: int = 2, **more: Any) -> Case:
    """Make a case of hostile settings beside a good ledger."""
    return Case(name, {"umsatz.csv": LEDGER}, text, refused=codes, exit_code=exit_code, **more)


def amounts(*values: str) -> str:
    return HEAD + "".join(f"{at:04d};05.01.2024;{value}\n" for at, value in enumerate(values, 1))


def days(*values: str) -> str:
    return HEAD + "".join(f"{at:04d};{value};1,00\n" for at, value in enumerate(values, 1))


def accounts(*values: str) -> str:
    return HEAD + "".join(f"{value};05.01.2024;1,00\n" for value in values)


def headed(*extra: str) -> str:
    quoted = "".join(';"' + heading.replace('"', '""') + '"' for heading in extra)
    return HEAD.strip() + quoted + "\n" + ROWS.replace("\n", ";7" * len(extra) + "\n")


def on(month: int, day: int) -> datetime:
    return datetime(2024, month, day)


SHEET: list[list[Any]] = [
    ["Kunde", "Tag", "Umsatz"],
    ["0001", on(1, 5), 1000.5],
    ["0002", on(2, 10), 500.25],
    ["0001", on(3, 5), -100],
]


def book(
    rows: list[list[Any]], change: Callable[[Any, Any], object] = lambda book, sheet: None, **options: Any
) -> bytes:
    """Write a workbook with one sheet; `change` gets it before it is closed."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet("A")
        as_day = workbook.add_format({"num_format": "dd.mm.yyyy"})
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(at, column, cell, as_day)
                elif cell is not None:
                    sheet.write(at, column, cell)
        change(workbook, sheet)
    return out.getvalue()


def chart(workbook: Any) -> Any:
    drawn = workbook.add_chart({"type": "line"})
    drawn.add_series({"values": "=A!$C$2:$C$4"})
    return drawn


def zipped(files: Mapping[str, Bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def damaged(part: str, content: Callable[[bytes], bytes | None]) -> bytes:
    """Write a workbook one part of which is changed, or gone."""
    with zipfile.ZipFile(
        io.BytesIO(book(SHEET, lambda _, sheet: sheet.set_row(1, None, None, {"hidden": True})))
    ) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    changed = content(parts.pop(part))
    return zipped(parts | ({part: changed} if changed is not None else {}))


def recalculated(change: Callable[[bytes], bytes]) -> bytes:
    """Write a workbook with a formula of the result 0, its sheet changed, that does not ask to be calculated."""
    with zipfile.ZipFile(io.BytesIO(book(SHEET, lambda _, sheet: sheet.write_formula(1, 2, "=2-2")))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    return zipped(parts)


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def sqlite(*rows: tuple[Any, ...]) -> bytes:
    with sqlite3.connect(":memory:") as base:
        base.execute("create table u (Kunde, Tag, Umsatz)")
        base.executemany("insert into u values (?, ?, ?)", rows)
        base.commit()
        return base.serialize()


def nested(depth: int) -> bytes:
    content = LEDGER.encode()
    for _ in range(depth):
        content = gzip.compress(content, 1)
    return content


def corrupt() -> bytes:
    content = bytearray(parquet(Kunde=["x" * 50] * 99, Tag=[date(2024, 1, 5)] * 99, Umsatz=[1.5] * 99))
    content[10:120] = b"\xff" * 110
    return bytes(content)


SAP_EMPTY = days("20240105", "00000000")
KL101, KL103, KL104, KL105 = "KL-W101", "KL-W103", "KL-W104", "KL-W105"

DIALECTS = [
    reads("semicolons and decimal commas", LEDGER),
    reads("tabs", LEDGER.replace(";", "\t")),
    reads("pipes", LEDGER.replace(";", "|")),
    reads("commas with quoted decimal commas", 'Kunde,Tag,Umsatz\n1,05.01.2024,"1.000,50"\n', 1, 1000.5),
    refuses("commas with bare decimal commas", "Kunde,Tag,Umsatz\n1,05.01.2024,10,50\n", "KL-E216"),
    reads("a line that names the separator", "sep=;\n" + LEDGER),
    reads("a separator at every end", LEDGER.replace("\n", ";\n")),
    reads("a quote that never closes", HEAD + '"1;05.01.2024;9,00\n' + ROWS, rejected=((2, KL103),)),
    reads("inches in a name", LEDGER + '12" Rohr;05.01.2024;1,00\n', 4, 1401.75),
    reads("a field too many", LEDGER + "3;05.01.2024;1,00;x\n", rejected=((5, KL103),)),
    reads(
        "lines below a broken field keep their number",
        HEAD + '"1\n2";05.01.2024;1,00\n3;05.01.2024;k.A.\n',
        1,
        1.0,
        rejected=((4, KL104),),
    ),
    refuses("a separator nobody uses", LEDGER.replace(";", "^"), "KL-E213", "KL-E213", "KL-E213"),
]

ENCODINGS = [
    reads("cp1252", (LEDGER + "Müller;05.01.2024;1,00\n").encode("cp1252"), 4, 1401.75),
    refuses(
        "umlauts of DOS that cp1252 does not know", (LEDGER + "Müller;05.01.2024;1,00\n").encode("cp850"), "KL-E206"
    ),
    refuses(
        "umlauts of DOS that cp1252 takes for quotes",
        (LEDGER + "Krämer;05.01.2024;1,00\n").encode("cp850"),
        "KL-E206",
        words=("5", "Kr„mer"),
    ),
    refuses(
        "umlauts of an old Mac", (LEDGER + "Müller;05.01.2024;1,00\n").encode("mac_roman"), "KL-E206", words=("5",)
    ),
    refuses(
        "UTF-8 with one broken byte",
        (LEDGER + "Müller;05.01.2024;1,00\n").encode() + b"Caf\xe9;05.01.2024;1,00\n",
        "KL-E206",
        words=("6", "0xE9"),
    ),
    refuses("umlauts encoded twice", LEDGER + "MÃ¼ller;05.01.2024;1,00\n", "KL-E207", words=("5",)),
    refuses("UTF-16 without a mark", LEDGER.encode("utf-16-le"), "KL-E206"),
    reads("UTF-16 with a mark", LEDGER.encode("utf-16")),
    refuses("UTF-16 cut off", LEDGER.encode("utf-16")[:-1], "KL-E206"),
    refuses("UTF-32", LEDGER.encode("utf-32"), "KL-E206"),
    reads("two marks", BOM + BOM + LEDGER.encode()),
    reads("mixed line ends", LEDGER.replace("\n", "\r\n", 2)),
    reads("carriage returns alone", LEDGER.replace("\n", "\r")),
    reads("a NUL in a row", LEDGER + "3;05.01.2024;1\0,00\n", rejected=((5, KL103),)),
    refuses("nothing but NULs", b"\0" * 100, "KL-E206"),
]

WORKBOOKS = [
    reads("numbers as text", book([SHEET[0], ["1", on(1, 5), "1.000,50"]]), 1, 1000.5, "u.xlsx"),
    reads("numbers and texts with a comma", book([*SHEET, ["3", on(1, 5), "5,25"]]), 4, 1406.0, "u.xlsx"),
    reads(
        "an error of Excel as id",
        book(SHEET, lambda _, sheet: sheet.write_formula(3, 0, "=1/0", None, "#N/A")),
        2,
        1500.75,
        "u.xlsx",
        rejected=((4, "KL-W140"),),
    ),
    reads(
        "an error beside the table",
        book(SHEET, lambda _, sheet: sheet.write_formula(3, 40, "=1/0", None, "#N/A")),
        file="u.xlsx",
    ),
    refuses(
        "a formula that was never calculated",
        book(SHEET, lambda _, sheet: sheet.write_formula(3, 2, "=1+1", None, "")),
        "KL-E221",
        file="u.xlsx",
        words=("4", "Umsatz"),
    ),
    refuses(
        "a formula with a 0 that nobody calculated",
        book(SHEET, lambda _, sheet: sheet.write_formula(1, 2, "=1000+234.5")),
        "KL-E221",
        file="u.xlsx",
        words=("2", "Umsatz", "Excel"),
    ),
    refuses(
        "a number of a customer that nobody put together",
        book(SHEET, lambda _, sheet: [sheet.write_formula(row, 0, f'="00"&{row}') for row in (1, 2, 3)]),
        "KL-E221",
        file="u.xlsx",
        words=("2", "Kunde"),
    ),
    refuses(
        "formulas as Java programs leave them",
        recalculated(lambda part: part.replace(b"<v>0</v>", b"<v>0.0</v>")),
        "KL-E221",
        file="u.xlsx",
    ),
    reads("formulas that Excel calculated", recalculated(lambda part: part), 3, 400.25, "u.xlsx"),
    reads(
        "formulas that are calculated once more on opening, one of them 0",
        book(
            SHEET,
            lambda _, sheet: [sheet.write_formula(1, 2, "=500*2", None, 1000.5), sheet.write_formula(2, 2, "=7-7")],
        ),
        3,
        900.5,
        "u.xlsx",
    ),
    reads(
        "a total that nobody calculated",
        book([*SHEET, ["Summe"]], lambda _, sheet: sheet.write_formula(4, 2, "=SUM(C2:C4)")),
        file="u.xlsx",
        left_out={"total_row": 1},
    ),
    reads(
        "a formula that nobody calculated in a column nobody reads",
        book([[*SHEET[0], "Kommentar"], *SHEET[1:]], lambda _, sheet: sheet.write_formula(1, 3, "=1+1")),
        file="u.xlsx",
    ),
    reads(
        "hidden rows and columns",
        book(
            SHEET,
            lambda _, sheet: (
                sheet.set_row(2, None, None, {"hidden": True}),
                sheet.set_column(2, 2, None, None, {"hidden": True}),
            ),
        ),
        file="u.xlsx",
    ),
    reads("a hidden sheet", book(SHEET, lambda made, _: made.add_worksheet("B").hide()), file="u.xlsx"),
    refuses("two sheets", book(SHEET, lambda made, _: made.add_worksheet("B")), "KL-E211", file="u.xlsx"),
    reads(
        "a chart on a sheet of its own",
        book(SHEET, lambda made, _: made.add_chartsheet("C").set_chart(chart(made))),
        file="u.xlsx",
    ),
    reads(
        "merged ids",
        book([SHEET[0], [None, on(1, 5), 1], [None, on(1, 6), 2]], lambda _, sheet: sheet.merge_range(1, 0, 2, 0, "1")),
        1,
        1.0,
        "u.xlsx",
        rejected=((3, KL101),),
    ),
    reads("days since 1904", book(SHEET, date_1904=True), file="u.xlsx"),
    reads(
        "a preamble and a total",
        book([["Bericht"], ["Stand", on(1, 1)], [], *SHEET, ["Summe", None, 1400.75]]),
        file="u.xlsx",
        left_out={"total_row": 1},
    ),
    reads("days as serial numbers", book([SHEET[0], ["1", 45000, 1]]), 1, 1.0, "u.xlsx"),
    refuses("days and texts mixed", book([*SHEET, ["3", "06.01.2024", 1]]), "KL-E203", file="u.xlsx"),
    reads(
        "ids of sixteen digits",
        book([SHEET[0], [1234567890123456, on(1, 5), 1], [7, on(1, 5), 2]]),
        1,
        2.0,
        "u.xlsx",
        rejected=((2, "KL-W143"),),
    ),
    refuses("an empty sheet", book([]), "KL-E201", file="u.xlsx"),
    refuses(
        "a cell in the last corner",
        book(SHEET, lambda _, sheet: sheet.write(1048575, 16383, "x")),
        "KL-E264",
        file="u.xlsx",
        words=("XFD1048576",),
    ),
    reads("six hundred columns", book([[*SHEET[0], *(f"c{at}" for at in range(600))], *SHEET[1:]]), file="u.xlsx"),
    refuses(
        "two headings that differ in capitals",
        book([[*SHEET[0], "umsatz"], ["1", on(1, 5), 1, 2]]),
        "KL-E205",
        file="u.xlsx",
    ),
    reads(
        "an archive of lists called .xlsx", zipped({"a.csv": LEDGER, "../../etc/passwd": LEDGER}), 6, 2801.5, "u.xlsx"
    ),
    reads("a list called .xls", LEDGER.replace(";", "\t"), file="u.xls"),
    refuses("a page called .xls", BOM + b"<html><table>", "KL-E208", file="u.xls"),
    refuses("XML called .xls", '<?xml version="1.0"?>\n<Workbook/>', "KL-E208", file="u.xls"),
    refuses(
        "a sheet cut off",
        damaged("xl/worksheets/sheet1.xml", lambda part: part[: len(part) // 2]),
        "KL-E209",
        file="u.xlsx",
    ),
    refuses("a sheet that is gone", damaged("xl/worksheets/sheet1.xml", lambda part: None), "KL-E209", file="u.xlsx"),
    refuses("texts that are gone", damaged("xl/sharedStrings.xml", lambda part: None), "KL-E209", file="u.xlsx"),
    refuses("a document that is no workbook", damaged("xl/workbook.xml", lambda part: None), "KL-E208", file="u.xlsx"),
    refuses("what begins like an old workbook", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "KL-E209", file="u.xls"),
    refuses("archives in archives", nested(40), "KL-E263", file="u.gz"),
    refuses("an archive of nothing", b"PK\5\6" + b"\0" * 18, "KL-E208", file="u.zip"),
]

ODD = {"Kunde": ["1", "2"], "Tag": [date(2024, 1, 5)] * 2}
STORED = [
    reads(
        "infinity and not a number",
        parquet(**ODD, Umsatz=[float("inf"), 1.5]),
        1,
        1.5,
        "u.parquet",
        rejected=((1, "KL-W106"),),
    ),
    reads("a column without a name", parquet(**ODD, Umsatz=[1, 2], **{"": [1, 2]}), 2, 3.0, "u.parquet"),
    refuses(
        "our own name in a Parquet file",
        parquet(**ODD, Umsatz=[1, 2], file_row_number=[1, 2]),
        "KL-E262",
        file="u.parquet",
    ),
    refuses("no column at all", parquet(), "KL-E201", file="u.parquet"),
    refuses("a Parquet file cut off", parquet(**ODD, Umsatz=[1, 2])[:-40], "KL-E209", file="u.parquet"),
    refuses("a Parquet file with broken pages", corrupt(), "KL-E209", file="u.parquet"),
    reads(
        "days beyond all calendars",
        parquet(Kunde=["1", "2"], Tag=pa.array([2**31 - 1, 19727], pa.int32()).cast(pa.date32()), Umsatz=[1, 2]),
        1,
        2.0,
        "u.parquet",
        rejected=((1, KL105),),
    ),
    reads(
        "lists instead of amounts",
        parquet(**ODD, Umsatz=[[1], [2]]),
        0,
        0.0,
        "u.parquet",
        refused=("KL-E216",),
        exit_code=3,
        rejected=((1, KL104), (2, KL104)),
    ),
    Case(
        "cells of all kinds in SQLite",
        {"e.db": sqlite(("1", "2024-01-05", 1.5), ("2", "2024-01-05", b"\0"), (3, "2024-01-05", None))},
        settings("    database: sqlite://e.db\n    table: u\n"),
        1,
        1.5,
        ((2, KL104), (3, KL101)),
    ),
    Case(
        "a query that writes",
        {"e.db": sqlite()},
        settings("    database: sqlite://e.db\n    query: with a as (select 1) insert into u select 1,2,3\n"),
        refused=("KL-E225",),
        exit_code=3,
    ),
]

MASTER = "  accounts:\n    path: kunden.csv\n    columns: {account_id: Nr, parent_id: Mutter}\n"
RENUMBERED = "  account_mapping:\n    path: um.csv\n    columns: {old_id: Alt, account_id: Neu}\n"


def master(rows: str) -> dict[str, Any]:
    return {"files": {"kunden.csv": "Nr;Mutter\n" + rows}, "others": MASTER}


KEYS = [
    reads("zeros in front stay", accounts("0001", "1"), 2, 2.0, notes=("KL-W124",)),
    reads("numbers with a needless decimal", accounts("1001.0", "1002.0"), 2, 2.0),
    reads("ids that lost digits", accounts("1,23457E+11", "1E5"), 1, 1.0, rejected=((2, "KL-W143"),)),
    reads("two ways to compose an umlaut are one id", accounts("Mu\u0308ller", "Müller", "M\u200büller"), 3, 3.0),
    reads("capitals are another id, and told", accounts("ab", "AB"), 2, 2.0, notes=("KL-W124",)),
    reads("master data without the zeros", LEDGER, notes=("KL-W122", "KL-W113"), **master("1;\n2;\n")),
    refuses("a key twice", LEDGER, "KL-E218", words=("0001", "2", "3"), **master("0001;\n0001;\n")),
    refuses(
        "a key twice but for a sign without width", LEDGER, "KL-E218", words=("0001",), **master("0001;\n0001\u200b;\n")
    ),
    reads("orphans", LEDGER, notes=("KL-W113",), **master("9;\n")),
    reads("its own parent", LEDGER, **master("0001;0001\n0002;\n")),
    reads("a circle of parents", LEDGER, notes=("KL-W110",), **master("0001;0002\n0002;0001\n")),
    reads(
        "a chain of a thousand parents",
        accounts("1"),
        1,
        1.0,
        **master("".join(f"{at};{at + 1}\n" for at in range(1, 1000))),
    ),
    reads(
        "a circle of renumbering",
        LEDGER,
        notes=("KL-W112",),
        files={"um.csv": "Alt;Neu\n0001;0002\n0002;0001\n"},
        others=RENUMBERED,
    ),
]

VALUES = [
    reads("minus behind, brackets, typographic minus", amounts("1.000,50-", "(2,00)", "−4,00", "–5,00"), 4, -1011.5),
    reads(
        "signs of currencies", amounts("€ 1,00", "2,00 EUR", "-€ 4,00", "5,00 USD"), 3, -1.0, rejected=((5, "KL-W141"),)
    ),
    reads("blanks and apostrophes", amounts("1'234.50", "1’234.50", "1\u00a0234.50", "1\u202f234.50"), 4, 4938.0),
    reads("groups that are none", amounts("12'34.50", "1.50"), 1, 1.5, rejected=((2, KL104),)),
    reads("per cent", amounts("5,00", "5 %"), 1, 5.0, rejected=((3, "KL-W142"),)),
    reads("exponents", amounts("1,50", "1E+05"), 1, 1.5, rejected=((3, "KL-W143"),)),
    reads(
        "errors of programs",
        amounts("1,50", "#NV", "#DIV/0!", "NULL"),
        1,
        1.5,
        rejected=((3, "KL-W140"), (4, "KL-W140"), (5, "KL-W140")),
    ),
    reads(
        "words for nothing",
        amounts("1,50", "k.A.", "NaN", "inf"),
        1,
        1.5,
        rejected=((3, KL104), (4, KL104), (5, KL104)),
    ),
    reads(
        "too large", amounts("1,50", "100000000000000,00", "1" * 400), 1, 1.5, rejected=((3, "KL-W106"), (4, "KL-W106"))
    ),
    reads("too small to count", amounts("0,00004", "-0,00", "5,00"), 3, 5.0),
    reads("two hundred decimals", amounts("1," + "3" * 200), 1, 1.3333),
    refuses("thousand or one and a bit", amounts("1.234", "5"), "KL-E204", words=("2",)),
    refuses("German and English numbers", amounts("1.234,50", "1,234.50"), "KL-E203", words=("2", "3")),
]

DAYS = [
    refuses("years of two and of four digits", days("05.01.24", "06.01.2024"), "KL-E203"),
    reads("names of months", days("5. Januar 2024", "6. März 2024", "7 May 2024"), 3, 3.0),
    reads("zeros for no day", SAP_EMPTY, 1, 1.0, rejected=((3, KL101),)),
    reads(
        "no such day, before 1900, without end",
        days("29.02.2024", "30.02.2024", "31.12.1899", "31.12.9999"),
        1,
        1.0,
        rejected=((3, KL105), (4, KL101), (5, KL105)),
    ),
    refuses("serial numbers beside eight digits", days("45000", "20240105"), "KL-E203"),
    refuses("day first or month first", days("03/04/2024", "05/06/2024"), "KL-E204"),
    refuses("day first and month first", days("13/04/2024", "05/26/2024"), "KL-E203"),
    reads("month first, as one day shows", days("03/04/2024", "05/26/2024"), 2, 2.0),
    reads(
        "time zones and the lost hour",
        days("2024-01-05T23:30:00Z", "2024-03-31 02:30:00", "2024-01-06T00:30:00+01:00"),
        3,
        3.0,
    ),
    refuses("bookings of the future", days("05.01.2024", "05.01.2099"), "KL-E260"),
    reads(
        "after the last day that counts",
        days("05.01.2024", "05.01.2025"),
        1,
        1.0,
        top="as_of: 2024-12-31\n",
        left_out={"after_as_of": 1},
    ),
    refuses("seconds since 1970", days("1704412800"), "KL-E216"),
]

TWO_WAYS = "    columns: {account_id: Kunde, date: Tag, revenue: Umsatz, cost: Kosten}\n"


def costly(*rows: str) -> str:
    return HEAD.strip() + ";Kosten;Rest\n" + "".join(f"{at};05.01.2024;{row}\n" for at, row in enumerate(rows, 1))


def dated(*rows: str) -> str:
    return HEAD.strip() + ";Lieferung\n" + "".join(f"{at};{row}\n" for at, row in enumerate(rows, 1))


CONVENTIONS = [
    reads(
        "thousand or one and a bit, as the rest of the file says",
        costly("46.726,10;26,000;x", "1,50;1,250;y"),
        2,
        46727.6,
        columns=TWO_WAYS,
        notes=("KL-W116",),
    ),
    reads(
        "a column nobody reads says how amounts are written",
        costly("26.000;;46,726.10", "1.250;;1.50"),
        2,
        27.25,
        notes=("KL-W116",),
    ),
    refuses(
        "the rest of the file does not agree with itself", costly("26,000;1,50;1.50"), "KL-E204", words=("26,000",)
    ),
    refuses("the number of a customer is no evidence", "Kunde;Tag;Umsatz\n100.01;05.01.2024;26,000\n", "KL-E204"),
    refuses("a remark is no evidence", costly("26,000;;ab", "1,250;;1,5", "3,125;;cd"), "KL-E204", words=("26,000",)),
    reads("costs that can be read in two ways", costly("5;26,000;x"), 1, 5.0, columns=TWO_WAYS, notes=("KL-W117",)),
    reads(
        "costs that are written in two ways",
        costly("5,50;1.234,50;x", "1,20;1,234.50;y"),
        2,
        6.7,
        columns=TWO_WAYS,
        notes=("KL-W119",),
    ),
    refuses(
        "a rule that judges what can be read in two ways",
        costly("5;26,000;x"),
        "KL-E204",
        columns=TWO_WAYS,
        more="    exclude: {klein: '= Kosten < 100'}\n",
    ),
    refuses(
        "a calculation that needs what can be read in two ways",
        costly("5;26,000;x"),
        "KL-E204",
        columns="    columns: {account_id: Kunde, date: Tag, revenue: '= Umsatz * Kosten', cost: Kosten}\n",
    ),
    reads(
        "day first, as another column shows",
        dated("03/04/2024;1,00;25/04/2024", "05/06/2024;2,00;30/06/2024"),
        2,
        3.0,
        notes=("KL-W116",),
    ),
    reads("month first with dashes and slashes", dated("03-04-2024;1.00;04/25/2024"), 1, 1.0, notes=("KL-W116",)),
    refuses(
        "days of two orders beside it", dated("03/04/2024;1,00;25/04/2024", "05/06/2024;2,00;04/25/2024"), "KL-E204"
    ),
    reads(
        "a day of the master data that can be read in two ways",
        LEDGER,
        notes=("KL-W117",),
        files={"kunden.csv": "Nr;Seit\n0001;03/04/2024\n"},
        others="  accounts:\n    path: kunden.csv\n    columns: {account_id: Nr, key_account_since: Seit}\n",
    ),
]


def margins(
    *rates: str, revenue: tuple[str, ...] = ("10000,00", "11000,00", "12000,00", "13000,00", "10100,00")
) -> str:
    lines = zip(revenue, rates, strict=True)
    return (
        HEAD.strip() + ";Marge\n" + "".join(f"{at};05.01.2024;{one};{rate}\n" for at, (one, rate) in enumerate(lines))
    )


VARIED = ("50,00", "400,00", "90,00", "1500,00", "220,00")
MARGIN = "    columns: {account_id: Kunde, date: Tag, revenue: Umsatz, contribution_margin: %s}\n"
RATE = [[*SHEET[0], "Marge"], *([f"000{at}", on(1, at), 40.0 + at, 0.2 + at / 9] for at in range(1, 4))]


def as_percent(workbook: Any, sheet: Any) -> None:
    for at in range(1, 4):
        sheet.write_number(at, 3, 0.2 + at / 9, workbook.add_format({"num_format": "0.0%"}))


UNITS = [
    refuses(
        "a margin in points of a hundred",
        margins("20,5", "25,5", "30,5", "35,5", "40,5"),
        "KL-E252",
        columns=MARGIN % "Marge",
        words=("'= Umsatz * Marge / 100'", "'= Marge'"),
    ),
    refuses(
        "a margin that is a share",
        margins("0,20", "0,30", "0,40", "0,50", "0,60"),
        "KL-E252",
        columns=MARGIN % "Marge",
        words=("'= Umsatz * Marge'",),
    ),
    refuses(
        "the same rate whatever the revenue",
        margins("30,0", "31,0", "29,0", "30,0", "30,0", revenue=VARIED),
        "KL-E252",
        columns=MARGIN % "Marge",
    ),
    refuses(
        "a margin that Excel shows as per cent",
        book(RATE, as_percent),
        "KL-E252",
        file="u.xlsx",
        columns=MARGIN % "Marge",
        words=("'= Umsatz * Marge'",),
    ),
    reads("the same margin where Excel shows amounts", book(RATE), 3, 126.0, "u.xlsx", columns=MARGIN % "Marge"),
    reads(
        "small margins that grow with the revenue",
        margins("0,30", "2,60", "0,50", "9,00", "1,30", revenue=VARIED),
        5,
        2260.0,
        columns=MARGIN % "Marge",
    ),
    reads(
        "amounts that are said to be amounts",
        margins("20,5", "25,5", "30,5", "35,5", "40,5"),
        5,
        56100.0,
        columns=MARGIN % "'= Marge'",
    ),
    reads(
        "a rate with its sign, calculated with",
        margins("20 %", "25 %", "30 %", "35 %", "40 %"),
        5,
        56100.0,
        columns=MARGIN % "'= Umsatz * Marge'",
    ),
]

CURRENCY = "    columns: {account_id: Kunde, date: Tag, revenue: Umsatz, currency: W}\n"
RATES = "  currency_rates:\n    path: kurse.csv\n    columns: {currency: W, month: M, rate: K}\n"
FOREIGN = "Kunde;Tag;Umsatz;W\n1;05.01.2024;100,00;EUR\n"
FOREIGN += "2;06.01.2024;100,00;USD\n3;06.02.2024;10,00;USD\n4;06.01.2024;7,00;Taler\n"

CURRENCIES = [
    reads(
        "another currency and no rates",
        FOREIGN,
        1,
        100.0,
        columns=CURRENCY,
        rejected=((3, "KL-W108"), (4, "KL-W108"), (5, "KL-W144")),
    ),
    reads(
        "a rate for one of two months",
        FOREIGN,
        2,
        190.0,
        columns=CURRENCY,
        others=RATES,
        files={"kurse.csv": "W;M;K\nUSD;2024-01;0,9\n"},
        rejected=((4, "KL-W148"), (5, "KL-W144")),
        notes=("KL-W149",),
    ),
    refuses(
        "two rates for one month",
        FOREIGN,
        "KL-E218",
        columns=CURRENCY,
        others=RATES,
        files={"kurse.csv": "W;M;K\nUSD;2024-01;0,9\nUSD;2024-01;0,8\n"},
    ),
]

DEGENERATE = [
    refuses("an empty file", "", "KL-E201"),
    refuses("a mark and nothing else", BOM, "KL-E201"),
    refuses("nothing but separators", ";;;\n;;;\n", "KL-E201"),
    refuses("headings alone", HEAD, "KL-E201"),
    reads("one row", amounts("5,00"), 1, 5.0),
    reads("all zero", amounts("0,00", "0,00"), 2, 0.0),
    reads("all negative", amounts("-5,00", "-5,00"), 2, -10.0),
    reads("seventy years of gap", days("05.01.1954", "05.01.2024"), 2, 2.0),
    refuses("all left out", LEDGER, "KL-E216", more="    exclude: {alle: '= Umsatz > -1000'}\n", left_out={"alle": 3}),
    refuses("all rejected", amounts("k.A.", "k.A."), "KL-E216", rejected=((2, KL104), (3, KL104))),
]

WIDE = {"columns": "    columns: {account_id: Kunde}\n", "more": "    layout: wide\n"}


def query(text: str, files: str = "{a: umsatz.csv}") -> str:
    return settings(f"    query: {json.dumps(text)}\n    files: {files}\n")


MONTHS = [f"{year}-{month:02d}" for year in range(2014, 2024) for month in range(1, 13)]
TEN_YEARS = f"Kunde;at;{';'.join(MONTHS)}\n1;x{';1,00' * 120}\n"

PIVOTS = [
    reads(
        "bad cells of a pivot",
        "Kunde;2023;2024\n1;k.A.;#NV\n2;1,00;2,00\n",
        2,
        3.0,
        rejected=((2, KL104), (2, "KL-W140")),
        **WIDE,
    ),
    refuses(
        "a pivot with numbers of two kinds",
        "Kunde;2023;2024\n1;1.234,5;2,345.5\n",
        "KL-E203",
        words=("1.234,5", "2,345.5"),
        **WIDE,
    ),
    refuses("a pivot with a heading of ours", "Kunde;(value);2024\n1;2;3,00\n", "KL-E262", words=("(value)",), **WIDE),
    refuses("the same year twice", "Kunde;2024;2024\n1;2;3,00\n", "KL-E205", **WIDE),
    refuses("a pivot of nothing", "Kunde;2024\n1;\n", "KL-E201", **WIDE),
    reads("ten years of months", TEN_YEARS, 120, 120.0, **WIDE),
    Case("a query with a comment at its end", {"umsatz.csv": LEDGER}, query("select * from a -- weg"), 3, 1400.75),
    told(
        "a query that reads other files",
        query("select (select content from read_text('/etc/hostname')) as Kunde, Tag, Umsatz from a"),
        "KL-E226",
        exit_code=3,
    ),
    told("a query that drops", query("select * from a; drop table a"), "KL-E225", exit_code=3),
    told("a query that breaks out", query("select * from a) , (select 1"), "KL-E225", exit_code=3),
    told(
        "a query that fails on a value",
        query("select Kunde, Tag, cast(Umsatz as double) as Umsatz from a"),
        "KL-E225",
        exit_code=3,
    ),
    Case(
        "a query with values of odd types",
        {"umsatz.csv": LEDGER},
        query("select true as Kunde, Tag, [1] as Umsatz from a"),
        0,
        0.0,
        ((1, KL104), (2, KL104), (3, KL104)),
        refused=("KL-E216",),
        exit_code=3,
    ),
    told("two files under one name", query("select * from a", "{a: umsatz.csv, A: umsatz.csv}"), "KL-S305"),
]

OURS = ("kamlab status", "status", "(value)", "(4)", "file_row_number", "distinct 0", "revenue", "text Umsatz")
NASTY = (
    '"; drop table x; --',
    "it's",
    "<script>alert(1)</script>",
    "=1+1",
    "a\\b",
    "{x}",
    "%s",
    "\u202eabc",
    "😀",
    "h" * 10_000,
)
NAMES = (
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "😀",
    "$x$",
    "_y",
    "{0}",
    "[red]x[/red]",
    "\x1b[31m",
    "Total",
)

HOSTILE = [
    reads("headings named like columns of ours", headed(*OURS)),
    refuses("a heading that is a column of ours", headed("kamlab line"), "KL-E262", words=("kamlab line",)),
    reads("headings full of signs", headed(*NASTY)),
    reads(
        "headings with signs nobody sees",
        "Ku\u200bnde;Tag;Net\u00adto\u00a0 Umsatz\n" + ROWS,
        columns=COLUMNS.replace("Umsatz}", "Netto Umsatz}"),
    ),
    reads(
        "a heading over two lines",
        'Kunde;Tag;"Netto\nUmsatz"\n' + ROWS,
        columns=COLUMNS.replace("Umsatz}", "Netto Umsatz}"),
    ),
    reads("accounts full of signs", accounts(*NAMES), 11, 11.0),
    reads("a cell of a megabyte", LEDGER + "x" * 1_048_576 + ";05.01.2024;1,00\n", rejected=((5, KL103),)),
    reads("two thousand columns of text", headed(*(f"c{at}" for at in range(2000)))),
    reads("a pattern in a file name", LEDGER, file="umsatz[1].csv"),
    Case(
        "reasons named like ours",
        {"umsatz.csv": LEDGER},
        settings("    path: umsatz.csv\n", more="    exclude: {used: '= Umsatz < 0', rejected: '= Umsatz > 900'}\n"),
        1,
        500.25,
        left_out={"used": 1, "rejected": 1},
    ),
    told("a bomb of references", "name: &a [x]\nsources: *a\n", "KL-S304", "KL-S304"),
    told("a thousand brackets", "a: " + "[" * 1000, "KL-S304"),
    told("a tag that would run", "name: !!python/object/apply:os.system ['ls']\n", "KL-S304"),
    told("settings that are no text", b"\xff\xfe\0", "KL-S304"),
    told("a path too long", settings("    path: " + "x" * 5000 + "\n"), "KL-E202", exit_code=3),
    told("a device", settings("    path: /dev/zero\n"), "KL-E202", exit_code=3),
]


CASES = [
    *DIALECTS,
    *ENCODINGS,
    *WORKBOOKS,
    *STORED,
    *KEYS,
    *VALUES,
    *DAYS,
    *CONVENTIONS,
    *UNITS,
    *CURRENCIES,
    *DEGENERATE,
    *PIVOTS,
    *HOSTILE,
]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Check an engagement through the command line, in this process; what it does not catch is raised."""

    def call(case: Case, language: str) -> tuple[int, dict[str, Any]]:
        home = tmp_path / "auftrag"
        for name, content in case.files.items():
            home.mkdir(exist_ok=True)
            (home / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        text = case.settings
        (home / "engagement.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
        code = commands.inside("check", "--json", "-e", home, "--lang", language)
        said = capsys.readouterr()
        assert said.err == ""
        return code, json.loads(said.out)

    return call


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_catalogue(check: Callable[..., Any], case: Case) -> None:
    exit_code, found = check(case, "de")
    assert [problem["code"] for problem in found["problems"]] == list(case.refused)
    assert exit_code == case.exit_code
    assert set(case.notes) <= {note["code"] for note in found["notes"]}
    for source in found["sources"]:
        assert_adds_up(source)
    read = next((source for source in found["sources"] if source["table"] == "transactions"), None)
    if case.used is not None:
        assert read is not None
        assert (read["rows"]["used"], read["revenue"]["used"]) == (case.used, pytest.approx(case.revenue, abs=1e-9))
    if case.used is not None or case.rejected:
        assert read is not None
        assert list(dict.fromkeys((reject["line"], reject["code"]) for reject in read["rejects"])) == list(
            case.rejected
        )
    if case.used is not None or case.left_out:
        assert read is not None
        assert {part["reason"]: part["rows"] for part in read["left_out"]} == dict(case.left_out)

    again, english = check(case, "en")
    assert again == exit_code
    pairs = list(zip(found["problems"] + found["notes"], english["problems"] + english["notes"], strict=True))
    for german, other in pairs:
        assert german["code"] == other["code"]
        assert german["message"] != other["message"]
        assert "{" not in german["message"].replace("{from:", "").replace("{0}", "")
    places = [*(Path(file).stem for file in case.files), "query", "engagement.yml", "/dev/zero", "x" * 99]
    for problem in found["problems"] + english["problems"]:
        assert any(place in problem["message"] for place in places)
    for word in case.words:
        assert any(word in problem["message"] for problem in found["problems"]), word
        assert any(word in problem["message"] for problem in english["problems"]), word


def test_a_run_over_hostile_names_ends_in_pages_without_their_script(
    kamlab: Callable[..., subprocess.CompletedProcess[str]], folder: Path
) -> None:
    (folder / "umsatz.csv").write_text(accounts(*NAMES), encoding="utf-8")
    names = HEAD.partition(";")[0] + ";Name\n" + "".join(f"{name};{name}\n" for name in NAMES)
    (folder / "kunden.csv").write_text(names, encoding="utf-8")
    master = "  accounts:\n    path: kunden.csv\n    columns: {account_id: Kunde, name: Name}\n"
    (folder / "engagement.yml").write_text(settings("    path: umsatz.csv\n", others=master), encoding="utf-8")
    done = kamlab("run", "-e", folder, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    pages = list((folder / "reports").glob("*.html"))
    assert pages
    for page in pages:
        assert "<script" not in page.read_text(encoding="utf-8")
    assert {path.relative_to(folder).parts[0] for path in folder.rglob("*")} == {
        *("umsatz.csv", "kunden.csv", "engagement.yml", "reports", ".kamlab")
    }


@pytest.mark.parametrize("case", [case for case in CASES if case.name in ("a sheet cut off", "a bomb of references")])
def test_a_run_is_refused_like_a_check(
    kamlab: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, case: Case
) -> None:
    for name, content in {**case.files, "engagement.yml": case.settings}.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = kamlab("run", "-e", tmp_path, "--quiet")
    assert done.returncode == case.exit_code
    assert "Traceback" not in done.stderr
    assert case.refused[0] in done.stderr


def assert_adds_up(source: dict[str, Any]) -> None:
    rows, revenue = source["rows"], source["revenue"]
    assert rows["read"] == rows["used"] + rows["left_out"] + rows["rejected"]
    assert rows["left_out"] == sum(part["rows"] for part in source["left_out"])
    if revenue:
        parts = revenue["used"] + revenue["left_out"] + revenue["rejected"]
        assert round(revenue["read"] - parts, 4) == 0


def test_the_catalogue_is_large_and_no_case_stands_there_twice() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 75
