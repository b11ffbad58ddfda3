"""`kamlab workshop`: sheets that judges fill in blindly, read back without mapping, kept once they are worked on."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from kamlab.engagement import Engagement, open_engagement
from kamlab.engagement.choosing import Criterion
from kamlab.errors import DataRefused, SettingsError
from kamlab.facts import Facts, prepare
from kamlab.report.workshop_sheets import HEADING, decision_sheet, scoring_sheet
from kamlab.results import from_folder, to_files
from kamlab.run.made import claim
from kamlab.run.workshop import Sheets, prepare_workshop, rated_accounts
from kamlab.tables import TABLES
from kamlab.text import LANGUAGES, Language, Words

LEDGER = """Kundennummer;Belegdatum;Nettoumsatz
0001;15.01.2025;1000,00
0002;15.02.2025;500,00
0003;15.03.2025;99,50
0004;15.04.2025;10,00
0005;15.04.2025;-80,00
"""
ACCOUNTS = """Kundennummer;Name;Schlüsselkunde seit
0001;Zander Werke AG;
0002;Ämter & Co;
0003;=HYPERLINK("x");
0004;berg GmbH;01.01.2024
0005;Minus KG;
"""
SETTINGS = """name: Beispiel GmbH
sources:
  transactions: {path: umsatz.csv}
  accounts: {path: kunden.csv}
criteria:
  Umsatz: {from: revenue, axis: attractiveness}
  Referenzwirkung: {axis: attractiveness, low: 1, high: 5}
  Risiko: {axis: position, low: 0, high: 2.5, direction: less, unit: Punkte}
"""
READ_BACK = {
    "de": """  criteria: {path: workshop/bewertung_*.xlsx, layout: wide}
  decisions: {path: workshop/entscheidungen.xlsx, exclude: {offen: "= Entscheidung is missing"}}
""",
    "en": """  criteria: {path: workshop/scoring_*.xlsx, layout: wide}
  decisions: {path: workshop/decisions.xlsx, exclude: {open: "= Decision is missing"}}
""",
}
FILES = {"de": ("bewertung_{}.xlsx", "entscheidungen.xlsx"), "en": ("scoring_{}.xlsx", "decisions.xlsx")}
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
JUDGES = ("R1", "R2")


@pytest.fixture
def client(folder: Path) -> Path:
    (folder / "umsatz.csv").write_text(LEDGER, encoding="utf-8")
    (folder / "kunden.csv").write_text(ACCOUNTS, encoding="utf-8")
    (folder / "engagement.yml").write_text(SETTINGS, encoding="utf-8")
    return folder


def write(client: Path, language: Language = "de", raters: tuple[str, ...] = JUDGES, accounts: int = 40) -> Sheets:
    return prepare_workshop(open_engagement(client), raters, accounts, language)


def reading(client: Path, language: Language = "de") -> Facts:
    settings = SETTINGS.replace("criteria:\n", READ_BACK[language] + "criteria:\n", 1)
    (client / "engagement.yml").write_text(settings, encoding="utf-8")
    return prepare(open_engagement(client))


def fill(file: Path, cells: Mapping[str, float | str]) -> None:
    """Fill cells of a workbook as Excel would: the rest of it stays."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"].decode()
    for place, value in cells.items():
        content = f"<is><t>{value}</t></is>" if isinstance(value, str) else f"<v>{value}</v>"
        kind = ' t="inlineStr"' if isinstance(value, str) else ""
        sheet, times = re.subn(rf'<c r="{place}"( s="\d+")/>', rf'<c r="{place}"\1{kind}>{content}</c>', sheet)
        assert times == 1, place
    members["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content_ in members.items():
            archive.writestr(name, content_)


def rows(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def sheet_xml(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


def criteria(client: Path) -> dict[str, Criterion]:
    settings = open_engagement(client).settings
    return {name: settings.criteria[name] for name in settings.rated}


ONE = pd.DataFrame({"account_id": ["007"], "name": ["Muster"], "proposal": ["watch"], "revenue": [123456.0]})


@LANGUAGE
def test_what_judges_fill_in_is_read_back_without_a_mapping(client: Path, language: Language) -> None:
    write(client, language)
    rating, decisions = FILES[language]
    fill(client / "workshop" / rating.format("R1"), {"C5": 4, "D5": 1.5, "C6": 2})
    fill(client / "workshop" / rating.format("R2"), {"C5": 1})
    decided, reason = ("im Kreis", "Zugang") if language == "de" else ("in", "Access")
    fill(client / "workshop" / decisions, {"C5": decided, "D5": reason, "E5": 45979, "F5": "VL"})
    facts = reading(client, language)
    assert facts.state.problems == ()
    ratings = facts.entries["criteria"].drop(columns="site_id").to_dict("split")["data"]
    assert ratings == [
        ["0003", "Referenzwirkung", 4.0, "R1"],
        ["0003", "Risiko", 1.5, "R1"],
        ["0002", "Referenzwirkung", 2.0, "R1"],
        ["0003", "Referenzwirkung", 1.0, "R2"],
    ]
    (decision,) = facts.entries["decisions"].to_dict("records")
    assert (decision["account_id"], decision["decision"], decision["reason"]) == ("0003", "in", reason)
    assert (str(decision["date"])[:10], decision["by"]) == ("2025-11-18", "VL")


def test_rows_that_nobody_decided_on_are_left_out_by_name_and_are_no_error(client: Path) -> None:
    write(client)
    fill(client / "workshop" / "entscheidungen.xlsx", {"C5": "beobachten", "D5": "abwarten"})
    read = next(read for read in reading(client).state.reads if read.table == "decisions")
    assert (read.rows.read, read.rows.used, read.rows.rejected) == (4, 1, 0)
    assert [(part.reason, part.rows) for part in read.left_out] == [("offen", 3)]


def test_a_decision_without_a_reason_is_refused_with_its_place(client: Path) -> None:
    write(client)
    fill(client / "workshop" / "entscheidungen.xlsx", {"C6": "im Kreis"})
    (problem,) = reading(client).state.problems
    assert (problem.code, problem.values["line"], problem.values["column"]) == ("KL-E217", 6, "Begründung")


@LANGUAGE
def test_sheets_that_nobody_has_filled_in_are_no_tables_and_no_problem(client: Path, language: Language) -> None:
    write(client, language)
    facts = reading(client, language)
    assert facts.state.problems == ()
    assert "criteria" not in facts.entries
    assert facts.entries["decisions"].empty


def test_accounts_are_the_largest_and_todays_key_accounts_by_name(client: Path) -> None:
    facts = prepare(open_engagement(client))
    assert list(rated_accounts(facts, 40)["account_id"]) == ["0003", "0002", "0004", "0001"]
    assert list(rated_accounts(facts, 1)["account_id"]) == ["0004", "0001"]


def test_a_judge_sees_neither_revenue_nor_what_others_gave(client: Path) -> None:
    write(client)
    fill(client / "workshop" / "bewertung_R1.xlsx", {"C5": 5})
    reading(client)
    write(client, raters=("R3",))
    told = rows((client / "workshop" / "bewertung_R3.xlsx").read_bytes())
    assert told[HEADING] == ["Kundennummer", "Name", "Referenzwirkung", "Risiko", "Bewertet von"]
    assert [row[2:] for row in told[HEADING + 1 :]] == [["", "", "R3"]] * 4


def test_every_criterion_offers_its_scale(client: Path) -> None:
    xml = sheet_xml(scoring_sheet(ONE, criteria(client), "R1", Words("de")))
    assert '<formula1>"1,2,3,4,5"</formula1>' in xml.replace("&quot;", '"')
    assert "<formula1>0.0</formula1><formula2>2.5</formula2>" in xml
    scales = rows(scoring_sheet(ONE, criteria(client), "R1", Words("de")))[HEADING - 1]
    assert scales[2:4] == ["1 gering – 5 hoch", "0 gering – 2,5 hoch Punkte · wenig ist besser"]


def test_a_criterion_without_a_scale_goes_from_one_to_five() -> None:
    xml = sheet_xml(scoring_sheet(ONE, {"A": Criterion(axis="position")}, "R1", Words("en")))
    assert '"1,2,3,4,5"' in xml.replace("&quot;", '"')


@LANGUAGE
def test_the_proposal_stands_beside_what_can_be_chosen(language: Language) -> None:
    choices = [getattr(c.label, language) for c in TABLES["decisions"].column("decision").allowed]
    content = decision_sheet(ONE, Words(language))
    assert rows(content)[HEADING + 1][:4] == ["007", "Muster", choices[2], ""]
    assert f'"{",".join(choices)}"' in sheet_xml(content).replace("&quot;", '"')


def test_texts_of_the_data_are_no_formulas(client: Path) -> None:
    write(client)
    files = sorted((client / "workshop").iterdir())
    assert files
    for file in files:
        assert "<f>" not in sheet_xml(file.read_bytes())


def test_sheets_fit_on_a4_and_keep_number_name_and_headings_in_sight() -> None:
    xml = sheet_xml(decision_sheet(ONE, Words("de")))
    assert 'fitToWidth="1"' in xml or 'fitToHeight="0"' in xml
    assert 'orientation="landscape"' in xml
    assert f'xSplit="2" ySplit="{HEADING + 1}"' in xml


def test_what_somebody_worked_on_stays_and_the_rest_is_written_anew(client: Path) -> None:
    write(client)
    file = client / "workshop" / "bewertung_R1.xlsx"
    fill(file, {"C5": 4})
    before = file.read_bytes()
    made = write(client, accounts=1)
    assert (made.kept, made.written) == (("bewertung_R1.xlsx",), ("bewertung_R2.xlsx", "entscheidungen.xlsx"))
    assert file.read_bytes() == before
    assert len(rows((client / "workshop" / "bewertung_R2.xlsx").read_bytes())) == HEADING + 3


def test_a_sheet_that_came_from_elsewhere_is_worked_on(client: Path) -> None:
    (client / "workshop").mkdir()
    (client / "workshop" / "bewertung_R2.xlsx").write_bytes(b"somebody's")
    assert write(client).kept == ("bewertung_R2.xlsx",)


def test_where_all_is_filled_in_the_command_refuses_and_names_the_files(client: Path) -> None:
    write(client, raters=("R1",))
    fill(client / "workshop" / "bewertung_R1.xlsx", {"C5": 4})
    fill(client / "workshop" / "entscheidungen.xlsx", {"D5": "Notiz"})
    with pytest.raises(SettingsError, match=r"bewertung_R1\.xlsx and entscheidungen\.xlsx.*KL-S325"):
        write(client, raters=("R1",))


@pytest.mark.parametrize("raters", [("R1", "Anna Meier"), ("R1", "r1"), ("../x",), ("",)], ids=str)
def test_a_judge_is_a_code_of_its_own(client: Path, raters: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="KL-S323"):
        write(client, raters=raters)


def test_without_a_criterion_to_rate_there_is_nothing_to_write(client: Path) -> None:
    (client / "engagement.yml").write_text(SETTINGS.partition("criteria:")[0], encoding="utf-8")
    with pytest.raises(SettingsError, match="KL-S324"):
        write(client)
    assert not (client / "workshop").exists()


def test_refused_data_make_no_sheets(client: Path) -> None:
    (client / "umsatz.csv").write_text("Kundennummer;Belegdatum;Nettoumsatz\n1;;\n", encoding="utf-8")
    with pytest.raises(DataRefused):
        write(client)


@LANGUAGE
def test_the_lines_for_the_settings_are_told_until_they_are_there(client: Path, language: Language) -> None:
    made = write(client, language)
    told = made.missing.split("\n", 1)[1] + "\n"
    (client / "engagement.yml").write_text(SETTINGS.replace("criteria:\n", told + "criteria:\n", 1), encoding="utf-8")
    assert prepare(open_engagement(client)).state.problems == ()
    assert write(client, language).missing == ""


def proposing(client: Path, table: pd.DataFrame, demo: Path) -> None:
    """Put a result of `target_accounts` into the reports of the client, made from one of the demo."""
    result = from_folder(demo / "results" / "concentration")
    files = to_files(result, lambda language, finding: "")
    target = client / "reports" / "results" / "target_accounts"
    target.mkdir(parents=True)
    for name, content in files.items():
        if not name.endswith(".parquet"):
            (target / name).write_bytes(content)
    table.to_parquet(target / "accounts.parquet")
    claim(open_engagement(client))


def test_decisions_are_prepared_for_whom_the_decision_list_names(client: Path, demo_reports: Path) -> None:
    table = pd.DataFrame({"account_id": ["0002", "0001"], "name": ["Ä", "Z"], "proposal": ["in", "out"]})
    proposing(client, table, demo_reports)
    write(client)
    told = rows((client / "workshop" / "entscheidungen.xlsx").read_bytes())[HEADING + 1 :]
    assert [row[:3] for row in told] == [["0002", "Ä", "im Kreis"], ["0001", "Z", "nicht im Kreis"]]


def test_a_decision_list_of_other_accounts_is_none(client: Path, demo_reports: Path) -> None:
    table = pd.DataFrame({"account_id": ["K-ABCDEF"], "name": ["K-ABCDEF"], "proposal": ["in"]})
    proposing(client, table, demo_reports)
    write(client)
    told = rows((client / "workshop" / "entscheidungen.xlsx").read_bytes())[HEADING + 1 :]
    assert [row[0] for row in told] == ["0003", "0002", "0004", "0001"]


def test_the_command_says_what_it_wrote_and_which_lines_are_missing(
    client: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = kamlab("workshop", "-e", client, "--raters", "A, B", "--accounts", "2")
    assert done.returncode == 0, done.stderr
    assert "3 Kunden zur Bewertung" in done.stdout
    assert "  decisions:\n    path: workshop/entscheidungen.xlsx\n" in done.stdout
    assert sorted(file.name for file in (client / "workshop").iterdir()) == [
        "bewertung_A.xlsx",
        "bewertung_B.xlsx",
        "entscheidungen.xlsx",
    ]
    for name in ("bewertung_A.xlsx", "bewertung_B.xlsx"):
        fill(client / "workshop" / name, {"C5": 3})
    done = kamlab("workshop", "-e", client, "--raters", "A, B", "--lang", "de")
    assert "Unverändert" in done.stdout
    fill(client / "workshop" / "entscheidungen.xlsx", {"D5": "x"})
    done = kamlab("workshop", "-e", client, "--raters", "A,B")
    assert (done.returncode, "KL-S325" in done.stderr) == (2, True)


def test_the_demo_writes_beside_its_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    demo: Engagement = open_engagement("demo")
    made = prepare_workshop(demo, JUDGES, 5, "de")
    assert made.folder == demo.reports / "workshop"
    assert made.missing == ""
    shutil.rmtree(demo.reports)
