"""`kamlab init`: what it makes can be filled in, opened and run as it stands, and nothing is ever overwritten."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import each
from python_calamine import CalamineWorkbook

from kamlab.engagement import Engagement, Settings, Source, open_engagement
from kamlab.errors import SettingsError, StorageFailed
from kamlab.ingest.header import wanted
from kamlab.mapping.currency import chosen_currency
from kamlab.tables import BASICS, TABLES, Kind, Table
from kamlab.templates import begin, input_workbook
from kamlab.templates.beginning import WORKBOOKS, settings_text
from kamlab.templates.workbook import EXAMPLE, HEADING, MEANING
from kamlab.text import LANGUAGES, Language, Words

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SHEETS = {name: table for name, table in TABLES.items() if name != "group_reviews"}
TABLE = each("table", SHEETS.values())
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
TEXT_FORMAT = 49  # Excel's number for '@'
ROWS = {
    "transactions": [
        {"account_id": f"000{at}", "date": date(year, month, 15), "revenue": 1000.25 * at, "cost": 600 * at}
        for at in (1, 2, 3)
        for year in (2024, 2025)
        for month in range(1, 13)
    ],
    "accounts": [{"account_id": f"000{at}", "name": f"Muster {at} GmbH", "employees": 10 * at} for at in (1, 2, 3)],
}

Kamlab = Callable[..., subprocess.CompletedProcess[str]]


@cache
def workbook(language: Language) -> bytes:
    return input_workbook(language)


@cache
def opened(language: Language) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(io.BytesIO(workbook(language)))


def label(of: Any, language: Language) -> str:
    return str(getattr(of.label, language))


def cells(table: Table, language: Language) -> list[list[Any]]:
    return opened(language).get_sheet_by_name(label(table, language)).to_python(skip_empty_area=False)


@cache
def xml(language: Language, member: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(workbook(language))) as archive:
        return ElementTree.fromstring(archive.read(member))


def sheet_xml(table: Table, language: Language) -> ElementTree.Element:
    at = opened(language).sheet_names.index(label(table, language)) + 1
    return xml(language, f"xl/worksheets/sheet{at}.xml")


def validations(table: Table, language: Language) -> list[ElementTree.Element]:
    return sheet_xml(table, language).findall(f".//{MAIN}dataValidation")


def uncommented(text: str) -> list[str]:
    """Return the commented settings of a text, block by block: the lines between explanations, without their mark."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        mark = re.match(r"( *)# ( *(?:[a-z_]+:|select |from ).*| {2,}\S.*)", line)
        if mark:
            blocks[-1].append(mark[1] + mark[2])
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


# The workbook


@LANGUAGE
def test_the_workbook_has_a_sheet_per_table_behind_the_instructions(language: Language) -> None:
    names = opened(language).sheet_names
    assert names[0] == Words(language)("template.howto")
    assert names[1 : 1 + len(BASICS)] == [label(TABLES[name], language) for name in BASICS]
    assert sorted(names[1:]) == sorted(label(table, language) for table in SHEETS.values())


@LANGUAGE
@TABLE
def test_headings_are_the_labels_to_the_letter_and_nothing_stands_below(table: Table, language: Language) -> None:
    rows = cells(table, language)
    assert rows[HEADING] == [label(column, language) for column in table.columns]
    assert len(rows) == HEADING + 1


@LANGUAGE
@TABLE
def test_no_row_above_the_heading_could_be_taken_for_it(table: Table, language: Language) -> None:
    rows = [(line, [str(cell) for cell in row]) for line, row in enumerate(cells(table, language), 1)]
    search = wanted(Source(path=("x.xlsx",)), table)
    assert search.find(rows) == HEADING
    assert max(search.met(row) for _, row in rows[:HEADING]) < len(table.required)


@LANGUAGE
@TABLE
def test_examples_are_values_of_the_columns_kind(table: Table, language: Language) -> None:
    types = {Kind.MONEY: (int, float), Kind.NUMBER: (int, float), Kind.SHARE: (int, float), Kind.DATE: (date, datetime)}
    for column, value in zip(table.columns, cells(table, language)[EXAMPLE], strict=True):
        assert isinstance(value, types.get(column.kind, str)), column.name
        assert value != ""


@LANGUAGE
@TABLE
def test_required_columns_are_marked_by_word_and_colour(table: Table, language: Language) -> None:
    said = [cell.startswith(Words(language)("template.required") + ".") for cell in cells(table, language)[MEANING]]
    assert said == [column.required for column in table.columns]
    heading = sheet_xml(table, language).find(f".//{MAIN}row[@r='{HEADING + 1}']")
    assert heading is not None
    one_of = {name for group in table.either for name in group}
    needs = ["required" if column.required else str(column.name in one_of) for column in table.columns]
    looks = [cell.get("s") for cell in heading]
    assert len(set(zip(needs, looks, strict=True))) == len(set(needs)) == len(set(looks))


@LANGUAGE
@TABLE
def test_every_column_says_what_it_takes_within_excels_limits(table: Table, language: Language) -> None:
    found = validations(table, language)
    assert [v.get("promptTitle") for v in found] == [label(column, language) for column in table.columns]
    for validation in found:
        assert len(validation.get("promptTitle", "")) <= 32
        assert 0 < len(validation.get("prompt", "")) <= 255
        assert len(validation.get("error", "")) <= 255
        assert len(validation.findtext(f"{MAIN}formula1", "")) <= 257
        assert validation.get("errorStyle", "warning") == "warning"


@pytest.mark.parametrize(
    ("place", "type_", "first", "second"),
    [
        ("decisions.decision", "list", '"im Kreis,nicht im Kreis,beobachten"', None),
        ("contacts.mentor", "list", '"ja,nein"', None),
        ("fitness_answers.score", "list", '"1,2,3,4,5,k. A."', None),
        ("contacts.stance", "decimal", "-2", "2"),
        ("conditions.rate", "decimal", "0", "1"),
        ("effort.hours", "decimal", "0", None),
        ("contracts.end", "date", "1", "73415"),
        ("contacts.roles", None, "", None),
    ],
)
def test_excel_checks_what_it_can(place: str, type_: str | None, first: str, second: str | None) -> None:
    table, column = place.split(".")
    validation = validations(TABLES[table], "de")[TABLES[table].names.index(column)]
    assert validation.get("type") == type_
    assert validation.findtext(f"{MAIN}formula1", "") == first
    assert validation.findtext(f"{MAIN}formula2") == second


def test_known_words_of_a_text_are_offered_and_others_allowed() -> None:
    validation = validations(TABLES["service"], "en")[TABLES["service"].names.index("indicator")]
    assert validation.findtext(f"{MAIN}formula1") == '"on time,complaints,response days"'
    assert validation.get("showErrorMessage") is None


@LANGUAGE
@TABLE
def test_numbers_and_periods_keep_their_zeros_and_signs_as_text(table: Table, language: Language) -> None:
    formats = [
        int(xf.get("numFmtId", 0)) for xf in xml(language, "xl/styles.xml").findall(f".//{MAIN}cellXfs/{MAIN}xf")
    ]
    columns = sheet_xml(table, language).findall(f".//{MAIN}col")
    styles = {
        at: formats[int(col.get("style", 0))]
        for col in columns
        for at in range(int(col.get("min", 0)), int(col.get("max", 0)) + 1)
    }
    for at, column in enumerate(table.columns, 1):
        as_text = column.kind in (Kind.ID, Kind.PERIOD, Kind.MONTH, Kind.CURRENCY)
        assert (styles[at] == TEXT_FORMAT) == as_text, column.name


@LANGUAGE
def test_drop_downs_and_formats_reach_to_the_end_of_the_sheet(language: Language) -> None:
    ranges = [validation.get("sqref") for validation in validations(TABLES["transactions"], language)]
    assert ranges[0] == f"A{HEADING + 2}:A1048576"


def test_rows_that_are_known_already_are_filled_in() -> None:
    rows = {"accounts": [{"account_id": "007", "employees": 12, "key_account_since": date(2024, 2, 1)}]}
    book = CalamineWorkbook.from_filelike(io.BytesIO(input_workbook("de", rows)))
    filled = book.get_sheet_by_name("Kunden").to_python(skip_empty_area=False)[HEADING + 1]
    values = dict(zip(TABLES["accounts"].names, filled, strict=True))
    assert (values["account_id"], values["employees"], values["name"]) == ("007", 12, "")
    assert values["key_account_since"] == date(2024, 2, 1)


def test_text_that_looks_like_a_formula_stays_text() -> None:
    book = input_workbook("de", {"accounts": [{"account_id": "1", "name": "=cmd|' /C calc'!A0"}]})
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist() if "worksheets/" in name)


@LANGUAGE
def test_the_same_contracts_give_the_same_bytes(language: Language) -> None:
    assert input_workbook(language) == workbook(language)


def test_the_list_that_kamlab_writes_anew_is_no_sheet_of_the_workbook() -> None:
    """`kamlab groups` replaces the file of its list: it must never be the one that a user has filled in."""
    assert not set(TABLES["group_reviews"].label) & {*opened("de").sheet_names, *opened("en").sheet_names}
    assert "group_reviews" not in settings_text("x", "de") + settings_text("x", "en")


# The settings


@LANGUAGE
def test_settings_open_as_they_stand_and_point_every_table_to_its_sheet(tmp_path: Path, language: Language) -> None:
    begin(tmp_path / "Muster & Söhne: 'Nord'", language)
    settings = open_engagement(tmp_path / "Muster & Söhne: 'Nord'").settings
    assert (settings.name, settings.language) == ("Muster & Söhne: 'Nord'", language)
    assert {name: source.sheet for name, source in settings.sources.items()} == {
        name: (label(table, language),) for name, table in SHEETS.items()
    }
    assert {source.path for source in settings.sources.values()} == {(WORKBOOKS[language],)}
    assert all(not source.exclude for source in settings.sources.values())


def with_excludes(text: str) -> str:
    """Switch on the proposed excludes: the one commented block that stands below a table."""
    lines = text.splitlines(keepends=True)
    return "".join(
        re.sub(r"^    # (exclude:|  [a-z_]+: \"=|not_in_ledger:|line_kinds:)", r"    \1", line) for line in lines
    )


@LANGUAGE
def test_proposed_excludes_hold_once_they_are_switched_on(tmp_path: Path, language: Language) -> None:
    begin(tmp_path, language)
    file = tmp_path / "engagement.yml"
    file.write_text(with_excludes(file.read_text(encoding="utf-8")), encoding="utf-8")
    ledger = open_engagement(tmp_path).settings.sources["transactions"]
    assert len(ledger.exclude) == 7
    assert ledger.not_in_ledger == (next(iter(ledger.exclude)),)
    assert list(ledger.line_kinds) == ["bonus"]


@LANGUAGE
def test_every_pattern_for_other_sources_is_valid(tmp_path: Path, language: Language) -> None:
    blocks = uncommented(settings_text("x", language))
    sources = [block for block in blocks if block.lstrip().startswith("transactions:")]
    assert len(sources) == 4
    found: list[Engagement] = []
    for block in sources:
        (tmp_path / "engagement.yml").write_text(f"name: x\nsources:\n{block}\n", encoding="utf-8")
        found.append(open_engagement(tmp_path))
    text, pivot, database, query = (engagement.settings.sources["transactions"] for engagement in found)
    assert (text.decimal, text.delimiter) == (",", ";")
    assert pivot.layout == "wide"
    assert database.database == "postgresql://" + str(database.database).split("//")[1]
    assert set(query.files) == set(re.findall(r"(?:from|join) (\w+)", str(query.query)))


@LANGUAGE
def test_the_other_possibilities_are_valid_too(tmp_path: Path, language: Language) -> None:
    blocks = uncommented(settings_text("x", language))
    others = [block for block in blocks if block.startswith(("as_of", "analyses", "personnel"))]
    assert len(others) == 3
    body = "\n".join(others)
    (tmp_path / "engagement.yml").write_text(f"{body}\nname: x\nsources: {{transactions: {{path: x.csv}}}}\n", "utf-8")
    settings = open_engagement(tmp_path).settings
    assert (settings.as_of, settings.personnel.level) == (date(2025, 12, 31), "team")
    assert settings.analyses == {"concentration": {"cut_a": "0.8"}}


@LANGUAGE
def test_the_settings_of_customer_selection_are_valid_and_complete(tmp_path: Path, language: Language) -> None:
    groups = ("criteria", "weighting", "charter", "hourly_rate")
    blocks = [block for block in uncommented(settings_text("x", language)) if block.startswith(groups)]
    assert [block.partition(":")[0] for block in blocks] == list(groups)
    body = "\n".join(blocks)
    (tmp_path / "engagement.yml").write_text(f"{body}\nname: x\nsources: {{transactions: {{path: x.csv}}}}\n", "utf-8")
    settings = open_engagement(tmp_path).settings
    assert set(settings.weighting.points["R1"]) == set(settings.criteria)
    assert sum(settings.weighting.points["R1"].values()) == 100
    assert {criterion.axis for criterion in settings.criteria.values()} == {"attractiveness", "position", "complexity"}
    assert 0 < len(settings.rated) < len(settings.criteria)
    assert (len(settings.charter.rules), settings.hourly_rate) == (2, 95)


def test_both_languages_offer_the_same_settings() -> None:
    own = {*Settings.model_fields, *Source.model_fields, *TABLES, *TABLES["transactions"].names}
    keys = [re.findall(r"^[# ]*([a-z_]+):(?: |$)", settings_text("x", of), re.MULTILINE) for of in LANGUAGES]
    german, english = ([key for key in found if key in own] for found in keys)
    assert german == english
    assert german.count("path") == len(SHEETS) + 2


@LANGUAGE
def test_a_new_engagement_looks_at_the_last_twelve_months_in_its_currency(tmp_path: Path, language: Language) -> None:
    begin(tmp_path, language, "CHF")
    settings = open_engagement(tmp_path).settings
    assert (settings.period, settings.currency) == ("last12", "CHF")


# The currency


@pytest.mark.parametrize(
    ("files", "currency"),
    [
        ({}, ("EUR", "assumed")),
        ({"u.csv": "Kunde;Umsatz\n1;5,00\n"}, ("EUR", "assumed")),
        ({"u.csv": "Kunde;Umsatz;Währung\n1;5,00;CHF\n2;7,00;chf\n"}, ("CHF", "found")),
        ({"u.csv": "Kunde;Umsatz in CHF\n1;5,00\n"}, ("CHF", "found")),
        ({"u.csv": "Kunde;Umsatz (£)\n1;5.20\n"}, ("GBP", "found")),
        ({"u.csv": "Kunde;Umsatz\n1;5,00 CHF\n"}, ("CHF", "found")),
        ({"u.csv": "Kunde;Umsatz;Whg\n1;5,00;CHF\n2;7,00;USD\n"}, ("EUR", "assumed")),
        ({"a.csv": "Kunde;Umsatz CHF\n1;5,00\n", "inputs/b.csv": "Kunde;Umsatz USD\n1;5\n"}, ("EUR", "assumed")),
        ({"a.csv": "Kunde;Umsatz CHF\n1;5,00\n", "inputs/b.csv": "", "c.xlsx": "kaputt"}, ("CHF", "found")),
        ({"u.csv": "Kunde;All;EURO\n1;5,00;x\n"}, ("EUR", "assumed")),
    ],
)
def test_the_currency_is_that_which_all_exports_speak_of(
    tmp_path: Path, files: dict[str, str], currency: tuple[str, str]
) -> None:
    (tmp_path / "inputs").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert chosen_currency(tmp_path, None) == currency


def test_a_currency_that_is_given_outranks_the_exports_and_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text("Kunde;Umsatz CHF\n1;5,00\n", encoding="utf-8")
    assert chosen_currency(tmp_path, "usd ") == ("USD", "given")
    with pytest.raises(SettingsError, match=r"'EURO' is no ISO code.*EUR.*KL-S326"):
        chosen_currency(tmp_path, "EURO")


# The command


def test_init_says_what_it_made_and_what_comes_next(kamlab: Kamlab, tmp_path: Path) -> None:
    done = kamlab("init", "neuer auftrag")
    assert done.returncode == 0
    assert "inputs/eingaben.xlsx" in done.stdout
    assert "Währung EUR, angenommen" in done.stdout  # nobody is asked where there is no terminal
    assert 'kamlab check -e "neuer auftrag"' in done.stdout
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == [
        "neuer auftrag/engagement.yml",
        "neuer auftrag/inputs/eingaben.xlsx",
    ]


def test_init_speaks_english_where_asked(kamlab: Kamlab, tmp_path: Path) -> None:
    done = kamlab("init", "new", "--lang", "en", "--currency", "chf")
    assert (done.returncode, "What comes next" in done.stdout, "currency CHF" in done.stdout) == (0, True, True)
    assert (tmp_path / "new" / "inputs" / "input.xlsx").is_file()


@pytest.mark.parametrize("there", ["engagement.yml", "inputs/eingaben.xlsx"])
def test_init_overwrites_nothing(kamlab: Kamlab, tmp_path: Path, there: str) -> None:
    (tmp_path / "alt" / "inputs").mkdir(parents=True)
    (tmp_path / "alt" / there).write_text("wertvoll", encoding="utf-8")
    done = kamlab("init", "alt")
    assert (done.returncode, "KL-S320" in done.stderr, there in done.stderr) == (2, True, True)
    assert [p.name for p in (tmp_path / "alt").rglob("*") if p.is_file()] == [Path(there).name]
    assert (tmp_path / "alt" / there).read_text(encoding="utf-8") == "wertvoll"


def test_exports_that_lie_there_already_stay(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "umsatz.csv").write_text("Kundennr;Umsatz\n", encoding="utf-8")
    begin(tmp_path, "de")
    assert (tmp_path / "inputs" / "umsatz.csv").read_text(encoding="utf-8") == "Kundennr;Umsatz\n"


@pytest.mark.parametrize("place", ["datei", "inputs"])
def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / place).write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="KL-S321"):
        begin(tmp_path if place == "inputs" else tmp_path / place, "en")


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "datei").write_text("", encoding="utf-8")
    with pytest.raises(StorageFailed, match="KL-R401"):
        begin(tmp_path / "datei" / "auftrag", "de")


@LANGUAGE
def test_a_workbook_filled_in_runs_without_any_mapping(kamlab: Kamlab, tmp_path: Path, language: Language) -> None:
    made = begin(tmp_path / "auftrag", language)
    (made.folder / made.workbook).write_bytes(input_workbook(language, ROWS))
    done = kamlab("run", "concentration", "-e", "auftrag")
    assert done.returncode == 0, done.stderr
    assert (made.folder / "reports" / f"21_concentration.{language}.html").is_file()


@LANGUAGE
def test_a_workbook_not_filled_in_is_refused_with_a_message(kamlab: Kamlab, tmp_path: Path, language: Language) -> None:
    begin(tmp_path / "auftrag", language)
    done = kamlab("check", "-e", "auftrag")
    assert done.returncode == 3
    assert label(TABLES["transactions"], language) in done.stderr
    assert label(TABLES["goals"], language) not in done.stderr
