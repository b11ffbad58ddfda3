"""`kamlab check`: a table for people and one JSON document for scripts, from one judgement of what is possible."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import commands
import jsonschema
import pytest
from conftest import LEDGER, SETTINGS

from kamlab.notebooks import Declaration, Lack, Notebook, Wants, discover, possibilities, possibility
from kamlab.report.readiness import lost, request
from kamlab.run.checked import Checked
from kamlab.templates import begin
from kamlab.text import Words

Here = Callable[..., subprocess.CompletedProcess[str]]
DE, EN = Words("de"), Words("en")
TRANSACTIONS = {"account_id", "date", "revenue"}


@pytest.fixture
def here(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `kamlab check` in this process, in the folder of the small engagement, eighty columns wide."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        monkeypatch.setenv("COLUMNS", "80")
        code = commands.inside("check", *arguments)
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return call


def with_totals(folder: Path, totals: str) -> None:
    (folder / "hauptbuch.csv").write_text("Zeit;Was;Betrag;Quelle\n" + totals, encoding="utf-8")
    columns = "{period: Zeit, measure: Was, value: Betrag, source: Quelle}"
    table = f"  control_totals: {{path: hauptbuch.csv, columns: {columns}}}\n"
    (folder / "engagement.yml").write_text(SETTINGS + table, encoding="utf-8")


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    told = json.loads(done.stdout)
    jsonschema.validate(told, Checked.model_json_schema())
    assert told["exit_code"] == done.returncode
    return told


# The judgement


def notebook(needs: Wants = Wants(), optional: Wants = Wants(), name: str = "concentration") -> Notebook:  # noqa: B008
    return Notebook(Path(f"21_{name}.ipynb"), Declaration(block="selection", needs=needs, optional=optional))


def judged(wants: Notebook, standing: dict[str, Collection[str]], **more: Any) -> tuple[str, list[Lack], list[Lack]]:
    found = possibility(wants, standing, more.pop("results", ()), **more)
    return found.status, list(found.lacking), list(found.gaps)


def test_a_needed_table_that_is_not_there_makes_it_impossible() -> None:
    wants = notebook(Wants(tables=("transactions", "plan")))
    assert judged(wants, {"transactions": TRANSACTIONS}) == ("not_possible", [Lack(table="plan", whole=True)], [])


def test_an_optional_table_that_is_not_there_is_a_gap_with_the_columns_wanted_of_it() -> None:
    wants = notebook(optional=Wants(tables=("accounts",), columns={"accounts": ("name",)}))
    assert judged(wants, {}) == ("with_gaps", [], [Lack(table="accounts", whole=True, columns=("name",))])
    assert judged(wants, {"accounts": {"account_id", "name"}}) == ("possible", [], [])


@pytest.mark.parametrize(
    ("columns", "status"), [({"cost"}, "possible"), ({"contribution_margin"}, "possible"), ({"revenue"}, "with_gaps")]
)
def test_of_joined_columns_one_is_enough(columns: set[str], status: str) -> None:
    wants = notebook(optional=Wants(columns={"transactions": ("cost or contribution_margin",)}))
    assert judged(wants, {"transactions": columns})[0] == status


def test_a_needed_column_that_is_not_there_makes_it_impossible() -> None:
    wants = notebook(Wants(columns={"transactions": ("cost",)}))
    lack = Lack(table="transactions", whole=False, columns=("cost",))
    assert judged(wants, {"transactions": TRANSACTIONS}) == ("not_possible", [lack], [])


def test_columns_of_a_table_that_nobody_asked_for_are_no_gap() -> None:
    wants = notebook(optional=Wants(columns={"accounts": ("name",)}))
    assert judged(wants, {}) == ("possible", [], [])


def test_a_result_counts_once_the_analysis_before_it_can_run() -> None:
    first = notebook(Wants(tables=("transactions",)), name="first")
    second = notebook(Wants(results=("first",)), name="second")
    assert [p.status for p in possibilities([first, second], {"transactions": TRANSACTIONS})] == ["possible"] * 2
    found = possibilities([first, second], {})
    assert [p.status for p in found] == ["not_possible"] * 2
    assert found[1].results == ("first",)


def test_refused_data_stop_whatever_needs_data_and_only_that() -> None:
    refused = ("accounts",)
    found = possibility(notebook(Wants(tables=("transactions",))), {"transactions": TRANSACTIONS}, (), refused)
    assert (found.status, found.refused) == ("not_possible", refused)
    readiness = notebook(optional=Wants(tables=("accounts",)))
    assert judged(readiness, {}, refused=refused) == ("possible", [], [])  # nothing to ask for: it came, and is refused


def test_concentration_of_a_bare_ledger_names_what_it_goes_without() -> None:
    found = {p.name: p for p in possibilities(discover(), {"transactions": TRANSACTIONS})}["concentration"]
    assert [request(gap, DE) for gap in found.gaps] == [
        "Kunden (Kundennummer, Name und Unternehmensgruppe oder Muttergesellschaft)",
        "Variable Kosten oder Deckungsbeitrag je Umsatzzeile",
    ]
    assert [lost(found.name, gap, EN) for gap in found.gaps][1] == "The view by contribution margin is dropped."


def test_columns_of_another_table_are_asked_for_by_its_name() -> None:
    lack = Lack(table="accounts", whole=False, columns=("name",))
    assert request(lack, DE) == "Name in der Tabelle „Kunden“"


# The table


def test_the_table_fits_eighty_columns(here: Here, folder: Path) -> None:
    with_totals(folder, "2024;Umsatz;1.500,00;GuV 2024\n2025;Umsatz;1.800,00;GuV 2025, Umsatzerlöse laut Bericht\n")
    done = here()
    told = [line for line in done.stdout.splitlines() if "abgelehnt:" not in line]
    assert max(len(line) for line in told) <= 80
    for word in ("Umsätze", "Hauptbuch, Umsatz 2025", "1.800,00", "nicht erklärt", "5,56", "→ Kunden"):
        assert word in done.stdout
    assert "KL-W133" in done.stderr  # 2025 ends in March here


def test_the_table_speaks_english(here: Here) -> None:
    done = here("--lang", "en")
    assert done.returncode == 0
    assert "Which analyses are possible?" in done.stdout
    assert "possible, with gaps" in " ".join(done.stdout.split())


def test_names_from_data_are_not_taken_for_markup(here: Here, folder: Path) -> None:
    with_totals(folder, "2025;Umsatz;1.700,00;[red]GuV[/red] :smile:\n")
    shown = here().stdout
    assert "[red]GuV[/red]" in shown
    assert ":smile:" in shown


def test_tables_that_no_analysis_works_on_yet_are_named(here: Here, folder: Path) -> None:
    (folder / "risiken.csv").write_text("Risiko;W;A\nPreisdruck;3;2\n", encoding="utf-8")
    (folder / "kunden.csv").write_text("Nr;Name\n0001;Muster\n", encoding="utf-8")
    tables = "  risks: {path: risiken.csv, columns: {risk: Risiko, probability: W, impact: A}}\n"
    tables += "  accounts: {path: kunden.csv, columns: {account_id: Nr, name: Name}}\n"
    (folder / "engagement.yml").write_text(SETTINGS + tables, encoding="utf-8")
    told = document(here("--json"))
    assert told["unused"] == ["risks"]
    shown = " ".join(here("concentration").stdout.split())
    assert "Gelesen, aber noch von keiner Auswertung verwendet: Risiken" in shown


# The document


def test_the_document_holds_what_the_table_says(here: Here, folder: Path) -> None:
    with_totals(folder, "2025;Umsatz;1.720,00;GuV\n")
    done = here("--json")
    told = document(done)
    assert done.stderr == ""
    assert (told["engagement"], told["currency"], told["as_of"]) == ("Beispiel GmbH", "EUR", "2025-03-15")
    source = told["sources"][0]
    assert source["rows"] == {"read": 5, "used": 5, "left_out": 0, "rejected": 0}
    assert (told["preliminary"], told["problems"], told["exit_code"]) == (False, [], 0)
    analyses = {one["name"]: one for one in told["analyses"]}
    assert analyses["concentration"]["status"] == "with_gaps"
    assert analyses["concentration"]["gaps"][0]["table"] == "accounts"


def test_the_document_has_the_bridge(here: Here, folder: Path) -> None:
    with_totals(folder, "2024;Umsatz;1.600,00;GuV\n")
    told = document(here("--json"))
    bridge = told["reconciliation"][0]
    names = ("period", "ledger", "here", "unexplained", "unexplained_share", "comparison", "preliminary")
    assert [bridge[name] for name in names] == ["2024", 1600, 1500, 100, 0.0625, "whole", True]
    assert told["preliminary"]
    assert "KL-W130" in [note["code"] for note in told["notes"]]


def test_refused_data_are_a_document_too(here: Here, folder: Path) -> None:
    (folder / "umsatz.csv").write_text(LEDGER.replace("Umsatz;", "Betrag;"), encoding="utf-8")
    told = document(here("--json", "--lang", "en"))
    assert told["exit_code"] == 3
    assert [problem["code"] for problem in told["problems"]] == ["KL-E213"]
    assert "Correct columns" in told["problems"][0]["message"]
    assert {one["name"]: one["status"] for one in told["analyses"]}["concentration"] == "not_possible"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--set", "langauge=de"], "KL-S301"),
        (["nichts"], "KL-S310"),
        (["-p", "x=1"], "KL-S311"),
        (["-e", "x"], "KL-S309"),
    ],
)
def test_wrong_settings_are_a_document_too(here: Here, arguments: list[str], code: str) -> None:
    done = here("--json", *arguments)
    told = document(done)
    assert (told["exit_code"], told["engagement"], done.stderr) == (2, None, "")
    assert [problem["code"] for problem in told["problems"]] == [code]


def test_values_of_rejected_rows_are_in_the_document(here: Here, folder: Path) -> None:
    (folder / "umsatz.csv").write_text(LEDGER + "0004;nie;5,00;1,00;A;6\n", encoding="utf-8")
    told = document(here("--json", "--set", "max_rejected=0.5"))
    assert [(r["line"], r["column"], r["value"], r["code"]) for r in told["sources"][0]["rejects"]] == [
        (7, "Datum", "nie", "KL-W105")
    ]


def test_a_period_outside_the_ledger_is_a_problem_of_the_analysis(here: Here) -> None:
    told = document(here("concentration", "--json", "--set", "period=2019-01-01..2019-12-31"))
    assert told["exit_code"] == 3
    assert [problem["code"] for problem in told["problems"]] == ["KL-E219"]
    assert "KL-E219" in told["analyses"][0]["reasons"][0]


def test_a_new_engagement_is_told_what_to_fill_in_first(here: Here, folder: Path) -> None:
    (folder / "engagement.yml").unlink()
    begin(folder, "de")
    done = here()
    assert done.returncode == 3
    assert "inputs/eingaben.xlsx das Blatt „Umsätze“" in done.stdout
    assert "Ziele" not in done.stdout
    assert len(done.stdout.splitlines()) < 8
    assert "inputs/eingaben.xlsx (Umsätze)" in done.stderr
