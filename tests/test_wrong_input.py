"""Wrong input, as a user meets it: the message names file, column, line and remedy, and nothing is half-written."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import commands
import pytest
from conftest import LEDGER, SETTINGS

Kamlab = Callable[..., subprocess.CompletedProcess[str]]
ENGLISH = ("should be", "Input", "cannot", "expected", "the file", "valid ", " is no ", "missing")


def assert_told(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Hold a message to what was agreed: exit code, place and remedy, German, no traceback."""
    assert done.returncode == code, done.stderr or done.stdout
    assert "Traceback" not in done.stderr
    assert [word for word in words if word not in done.stderr] == [], done.stderr
    assert [word for word in ENGLISH if word in done.stderr] == [], done.stderr


def files(folder: Path) -> set[str]:
    """Name the files of an engagement, its cache and lock aside."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found if ".kamlab" not in path.parts}


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kamlab:
    """Run the command line in this process, which has everything imported already; what it does not catch is raised."""

    def call(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        monkeypatch.chdir(cwd or Path.cwd())
        code = commands.inside(*arguments)
        told = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, told.out, told.err)

    return call


# Settings and options: nothing is read, nothing is written


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            SETTINGS.replace("cost:", "csot:") + "langauge: de\nmax_rejected: viel\n",
            ["engagement.yml:9", "csot", "„cost“", "engagement.yml:12", "„language“", "engagement.yml:13", "viel"],
        ),
        ("name: [", ["engagement.yml:1", "YAML", "KL-S304"]),
    ],
)
def test_wrong_settings_are_told_all_at_once(inside: Kamlab, folder: Path, settings: str, words: list[str]) -> None:
    (folder / "engagement.yml").write_text(settings, encoding="utf-8")
    done = inside("check", cwd=folder)
    assert_told(done, 2, *words)
    assert not (folder / ".kamlab").exists()
    assert files(folder) == {"engagement.yml", "umsatz.csv"}


def test_without_an_engagement_the_demo_is_named(kamlab: Kamlab, tmp_path: Path) -> None:
    assert_told(kamlab("run", cwd=tmp_path), 2, "engagement.yml", "-e demo", "KL-S307")
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["concentratoin"], ["„concentratoin“", "„concentration“", "KL-S310"]),
        (
            ["-p", "cut_aa=0.7", "-p", "cut_b=viel"],
            ["„cut_aa“", "„cut_a“", "KL-S311", "„cut_b“", "„viel“", "keine Zahl", "KL-S312"],
        ),
        (["-p", "cut_a", "--set", "name"], ["--set name", "max_rejected=0.02", "KL-S308"]),
    ],
)
def test_wrong_options_are_told_with_the_nearest_match(
    inside: Kamlab, folder: Path, options: list[str], words: list[str]
) -> None:
    assert_told(inside("run", "-e", folder, *options), 2, *words)
    assert files(folder) == {"engagement.yml", "umsatz.csv"}


# Data: read, judged, refused


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        ("", ["umsatz.csv", "noch keine Daten", "Kopfzeile", "KL-E201"]),
        (LEDGER.partition("\n")[0] + "\n", ["umsatz.csv", "keine Daten", "KL-E201"]),
        (
            LEDGER.replace("Umsatz;", "Umstaz;").replace("Datum", "Tag"),
            ["„Umsatz“", "„Umstaz“", "„Datum“", "columns in engagement.yml", "KL-E213"],
        ),
        (LEDGER.replace("Artikel", "Umsatz"), ["umsatz.csv, Zeile 1", "„Umsatz“", "Spalten 3 und 5", "KL-E205"]),
        (
            LEDGER.replace("400,50", "400.50"),
            ["umsatz.csv, Spalte „Umsatz“", "2: '1.000,00'", "5: '400.50'", "decimal: ','", "KL-E203"],
        ),
        (
            LEDGER.replace("10.02.2024", "31.02.2024"),
            [
                "umsatz.csv",
                "1 von 5 Zeilen (20,0",
                "Zeile 3, Spalte „Datum“: „31.02.2024“",
                "max_rejected",
                "KL-E217",
            ],
        ),
    ],
)
def test_wrong_data_are_told_with_file_column_line_and_remedy(
    inside: Kamlab, folder: Path, ledger: str, words: list[str]
) -> None:
    (folder / "umsatz.csv").write_text(ledger, encoding="utf-8")
    assert_told(inside("check", "-e", folder), 3, *words)
    assert files(folder) == {"engagement.yml", "umsatz.csv"}


def test_a_missing_file_is_told_with_the_place_it_was_looked_for(inside: Kamlab, folder: Path) -> None:
    (folder / "umsatz.csv").unlink()
    assert_told(inside("check", "-e", folder), 3, "umsatz.csv", "auftrag/", "path", "KL-E202")


def test_check_lists_the_rejected_values_it_tolerates(inside: Kamlab, folder: Path) -> None:
    (folder / "umsatz.csv").write_text(LEDGER + "0004;nie;5,00;1,00;A;6\n", encoding="utf-8")
    done = inside("check", "-e", folder, "--set", "max_rejected=0.5", "--set", "as_of=2025-03-31")
    assert (done.returncode, done.stderr) == (0, "")
    assert "umsatz.csv, Zeile 7, Spalte Datum: 'nie', kein Datum [KL-W105]" in done.stdout
    assert_told(inside("check", "-e", folder, "--set", "max_rejected=0.5", "--strict"), 3, "KL-E217")


def test_a_run_with_refused_data_leaves_what_explains_it_and_nothing_else(kamlab: Kamlab, folder: Path) -> None:
    (folder / "umsatz.csv").write_text(LEDGER + "0004;nie;=5+5;1,00;A;6\n;05.01.2025;1,25;1,00;A;7\n", encoding="utf-8")
    done = kamlab("run", "-e", folder, "--quiet")
    assert_told(done, 3, "umsatz.csv", "2 von 7 Zeilen", "KL-E217")
    reports = folder / "reports"
    tables = {name for name in files(reports / "results" / "data_readiness") if name.endswith(".parquet")}
    assert files(reports) == {
        *("01_data_readiness.de.html", "index.html", "manifest.json", "rejects.csv", "rejects.xlsx"),
        "results/data_readiness/result.json",
        *(f"results/data_readiness/{table}" for table in tables),
    }
    manifest = json.loads((reports / "manifest.json").read_text(encoding="utf-8"))
    statuses = {notebook["notebook"]: notebook["status"] for notebook in manifest["notebooks"]}
    assert statuses.pop("01_data_readiness") == "done"
    assert set(statuses.values()) == {"not_possible"}
    assert manifest["exit_code"] == 3
    assert manifest["tables"][0]["rows"] == {"read": 7, "used": 5, "left_out": 0, "rejected": 2}
    with (reports / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rejects = list(csv.reader(file, delimiter=";"))
    assert rejects == [
        ["file", "line", "column", "value", "code", "revenue"],
        ["umsatz.csv", "7", "Datum", "nie", "KL-W105", ""],
        ["umsatz.csv", "7", "Umsatz", "'=5+5", "KL-W104", ""],
        ["umsatz.csv", "8", "Kundennr", "", "KL-W101", "1,2500"],
    ]
    for page in ("01_data_readiness.de.html", "index.html"):
        assert "zurückgewiesen" in (reports / page).read_text(encoding="utf-8")


def test_a_file_in_place_of_the_reports_folder_is_a_storage_failure(inside: Kamlab, folder: Path) -> None:
    (folder / "reports").write_text("busy", encoding="utf-8")
    assert_told(inside("run", "-e", folder), 6, "reports", "KL-R401")
    assert files(folder) == {"engagement.yml", "umsatz.csv", "reports"}
