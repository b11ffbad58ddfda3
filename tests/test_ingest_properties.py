"""Ingest, for any ledger: nothing is lost, and the same facts come out however they were written down."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.engagement import open_engagement
from kamlab.facts import Facts, prepare
from kamlab.ingest import SourceRead, connect, ingest

SETTINGS = """name: Beispiel GmbH
max_rejected: 1
sources:
  transactions:
    path: {path}
    columns: {{account_id: Kunde, date: Tag, revenue: Umsatz, quantity: Menge, product_id: Artikel}}
    exclude:
      storno: "= Art = 'S'"
      klein: "= Umsatz < 0.01 and Umsatz > -0.01"
"""
HEADINGS = ("Kunde", "Tag", "Umsatz", "Menge", "Artikel", "Art")

Row = tuple[str, date, Decimal, int, str, str]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Return fresh folders: hypothesis calls a test many times with one fixture."""
    return lambda: tmp_path_factory.mktemp("ledger")


# Ledgers with dirt

GOOD_DAYS = st.dates(date(2023, 1, 1), date(2024, 12, 31))
AMOUNTS = st.decimals(-(10**9), 10**9, places=2)


def german(amount: Decimal) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


DIRTY_ROWS = st.tuples(
    st.sampled_from(["0001", "0002", "A;B", 'Rohr 5"', "Müller", "NA", "", " "]),
    st.one_of(GOOD_DAYS.map(lambda day: f"{day:%d.%m.%Y}"), st.sampled_from(["", "30.02.2024", "nie", "01.01.1850"])),
    st.one_of(AMOUNTS.map(german), st.sampled_from(["", "k.A.", "0,00", "1e5", "99999999999999999,00"])),
    st.sampled_from(["1", "-2", "x", ""]),
    st.sampled_from(["A", "B\nC", ""]),
    st.sampled_from(["", "S", "X"]),
)
BROKEN = st.sampled_from(["zu;wenig", "viel;zu;viele;Felder;in;dieser;Zeile;hier", '"offen;05.01.2024;1,00;1;A;'])


def written(row: tuple[str, ...]) -> str:
    return ";".join('"{}"'.format(cell.replace('"', '""')) if set(cell) & set(';"\n') else cell for cell in row)


def readable(text: str) -> Decimal | None:
    """Read a German amount without the package; None where it is none or too large."""
    try:
        amount = Decimal(text.replace(".", "").replace(",", ".")) if "e" not in text else None
    except ArithmeticError:
        return None
    return None if amount is None or abs(amount) >= 10**14 else amount


def read_once(folder: Path) -> SourceRead:
    scratch = folder / "scratch"
    scratch.mkdir()
    con = connect(scratch)
    try:
        return ingest(con, open_engagement(folder), scratch).reads[0]
    finally:
        con.disconnect()


@given(lines=st.lists(st.one_of(DIRTY_ROWS, DIRTY_ROWS, DIRTY_ROWS, BROKEN), min_size=1, max_size=30))
@settings(derandomize=True, max_examples=examples(25), deadline=None)
def test_every_row_and_every_cent_is_used_left_out_or_rejected(
    lines: list[tuple[str, ...] | str], folders: Callable[[], Path]
) -> None:
    folder = folders()
    (folder / "engagement.yml").write_text(SETTINGS.format(path="u.csv") + "    decimal: ','\n", encoding="utf-8")
    # An open quote closes at the next one, wherever that is: such lines come last.
    ordered = sorted(lines, key=lambda line: isinstance(line, str) and line.startswith('"'))
    text = [";".join(HEADINGS), *(line if isinstance(line, str) else written(line) for line in ordered)]
    (folder / "u.csv").write_text("\n".join(text) + "\n", encoding="utf-8")

    ledger = read_once(folder)

    rows = [line for line in lines if not isinstance(line, str)]
    amounts = [amount for row in rows if (amount := readable(row[2])) is not None]
    assert ledger.rows.read == len(lines)
    assert ledger.rows.read == ledger.rows.used + ledger.rows.left_out + ledger.rows.rejected
    if ledger.revenue is None:
        pytest.fail(str(ledger.problems))
    assert ledger.revenue.read == sum(amounts, Decimal(0))
    assert ledger.revenue.unreadable_rows == len(lines) - len(amounts)
    assert ledger.revenue.read == ledger.revenue.used + ledger.revenue.left_out + ledger.revenue.rejected
    rejected = {reject.line for reject in ledger.rejects}
    assert len(rejected) == ledger.rows.rejected
    assert sum((r.revenue for r in ledger.rejects if r.revenue is not None), Decimal(0)) == ledger.revenue.rejected


# The same ledger, written down in other ways

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["0001", "0002", "10", "A 7"]),
        GOOD_DAYS,
        AMOUNTS,
        st.integers(-9, 9),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["X", "X", "S"]),
    ),
    min_size=2,
    max_size=25,
).filter(lambda rows: any(row[5] == "X" and abs(row[2]) >= Decimal("0.01") for row in rows))


def text_in_german(rows: list[Row], delimiter: str = ";") -> str:
    lines = [written((k, f"{t:%d.%m.%Y}", german(u), str(m), a, b)) for k, t, u, m, a, b in rows]
    return "\r\n".join([";".join(HEADINGS), *lines]).replace(";", delimiter)


def csv_in_german(path: Path, rows: list[Row]) -> None:
    path.write_bytes(text_in_german(rows).encode("cp1252"))


def packed_in_utf16(path: Path, rows: list[Row]) -> None:
    path.write_bytes(gzip.compress(text_in_german(rows, "\t").encode("utf-16")))


def csv_in_english(path: Path, rows: list[Row]) -> None:
    lines = [f'{k},{t:%Y-%m-%d},"{u:,.2f}",{m},{a},{b}' for k, t, u, m, a, b in rows]
    path.write_text("\n".join([",".join(HEADINGS), *lines]) + "\n", encoding="utf-8-sig")


def printed_list(path: Path, rows: list[Row]) -> None:
    """Write a list as SAP prints it: a preamble, lines drawn, headings on every page, minus behind, a total below."""

    def amount(value: Decimal) -> str:
        return f"{german(abs(value))}{'-' if value < 0 else ''}"

    rule, head = "-" * 80, "|  |" + "|".join(f"{heading:12}" for heading in HEADINGS) + "|"
    lines = ["Umsatzliste", "", rule, head, rule]
    for at, (k, t, u, m, a, b) in enumerate(rows, 1):
        cells = (k, f"{t:%d.%m.%Y}", f"{amount(u):>18}", str(m), a, b)
        lines.append("|  |" + "|".join(f"{cell:12}" for cell in cells) + "|")
        if at % 5 == 0:
            lines += [rule, head, rule]
    total = sum((row[2] for row in rows), Decimal(0))
    lines += [rule, f"|* |            |            |{amount(total):>18}|            |            |            |", rule]
    path.write_text("\n".join(lines), encoding="cp1252")


def parquet(path: Path, rows: list[Row]) -> None:
    frame = pd.DataFrame(rows, columns=list(HEADINGS))
    frame.assign(Tag=pd.to_datetime(frame["Tag"])).to_parquet(path)


def excel(path: Path, rows: list[Row]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Bericht über Umsätze")
        for at, row in enumerate([HEADINGS, *rows], 2):
            for column, cell in enumerate(row):
                sheet.write(at, column, float(cell) if isinstance(cell, Decimal) else cell)


def facts_of(folder: Path, pattern: str) -> list[Any]:
    """Return everything that facts say of a ledger, in a fixed order."""
    (folder / "engagement.yml").write_text(SETTINGS.format(path=pattern), encoding="utf-8")
    facts = prepare(open_engagement(folder))
    ledger = facts.state.reads[0]
    return [ledger.rows, ledger.revenue, ledger.left_out, facts.state.first, facts.state.as_of, *tables(facts)]


def tables(facts: Facts) -> Iterator[list[Any]]:
    for table in (facts.months, facts.orders, facts.items):
        yield sorted((tuple(row.values()) for row in table.to_pyarrow().to_pylist()), key=str)
    yield facts.accounts.to_numpy().astype(str).tolist()


@given(rows=ROWS, seed=st.integers(0, 1000))
@settings(derandomize=True, max_examples=examples(4), deadline=None)
def test_order_and_number_of_files_do_not_matter(rows: list[Row], seed: int, folders: Callable[[], Path]) -> None:
    folder = folders()
    shuffled = random.Random(seed).sample(rows, len(rows))
    half = len(rows) // 2
    csv_in_german(folder / "all.csv", rows)
    csv_in_german(folder / "part1.csv", shuffled[:half])
    csv_in_german(folder / "part2.csv", shuffled[half:])
    assert facts_of(folder, "part*.csv") == facts_of(folder, "all.csv")


@given(rows=ROWS)
@settings(derandomize=True, max_examples=examples(4), deadline=None)
def test_dialect_and_kind_of_file_do_not_matter(rows: list[Row], folders: Callable[[], Path]) -> None:
    folder = folders()
    writers = {
        "de.csv": csv_in_german,
        "en.csv": csv_in_english,
        "u.csv.gz": packed_in_utf16,
        "u.parquet": parquet,
        "u.xlsx": excel,
    }
    for name, write in writers.items():
        write(folder / name, rows)
    german_facts, *others = (facts_of(folder, name) for name in writers)
    assert all(facts == german_facts for facts in others)


@given(rows=ROWS)
@settings(derandomize=True, max_examples=examples(4), deadline=None)
def test_a_printed_list_gives_the_same_facts(rows: list[Row], folders: Callable[[], Path]) -> None:
    folder = folders()
    csv_in_german(folder / "de.csv", rows)
    printed_list(folder / "sap.txt", rows)
    plain, printed = (facts_of(folder, name) for name in ("de.csv", "sap.txt"))
    total_rows = [part for part in printed[2] if part.reason == "total_row"]
    assert [(part.rows, part.revenue) for part in total_rows] == [(1, sum(row[2] for row in rows))]
    assert printed[3:] == plain[3:]
    assert (printed[0].used, printed[1].used) == (plain[0].used, plain[1].used)


@given(rows=ROWS, seed=st.integers(0, 1000))
@settings(derandomize=True, max_examples=examples(4), deadline=None)
def test_other_names_for_accounts_and_products_give_the_same_numbers(
    rows: list[Row], seed: int, folders: Callable[[], Path]
) -> None:
    folder = folders()
    names = random.Random(seed).sample([f"{number:05d}" for number in range(99)], 8)
    new = dict(zip(["0001", "0002", "10", "A 7", "A", "B"], names, strict=False))
    csv_in_german(folder / "old.csv", rows)
    csv_in_german(folder / "new.csv", [(new[k], t, u, m, new[a], b) for k, t, u, m, a, b in rows])
    old, renamed = (facts_of(folder, name) for name in ("old.csv", "new.csv"))
    assert renamed[:5] == old[:5]

    def back(table: list[Any]) -> list[Any]:
        known = {value: key for key, value in new.items()}
        return sorted((tuple(known.get(cell, cell) for cell in row) for row in table), key=str)

    assert [back(table) for table in renamed[5:8]] == [sorted(table, key=str) for table in old[5:8]]
