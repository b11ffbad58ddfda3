"""Runs as a user starts them: exit codes, what is left on disk, the same bytes for the same input."""

from __future__ import annotations

import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from commands import inside
from commands import run as kamlab
from conftest import LEDGER, PATIENCE, ROOT, SETTINGS, until
from filelock import FileLock
from python_calamine import CalamineWorkbook

from kamlab.notebooks import discover
from kamlab.results import SavedResult
from kamlab.run.manifest import Manifest

ANALYSES = "analyses:\n  concentration: {cut_a: 0.6, cut_b: 0.9}\n"
# What a ledger alone makes possible: all but goals and dossiers.
STEMS = sorted(n.stem for n in discover() if n.declaration.per == "engagement" and n.name != "kam_goals")
PAGES = [f"{stem}.{language}.html" for stem in STEMS for language in ("de", "en")]
Done = subprocess.CompletedProcess
Here = Callable[..., subprocess.CompletedProcess]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command line in this process: for what starts no notebook, or fails before."""

    def call(*arguments: str | Path, cwd: Path) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        return Done(arguments, inside(*arguments), *capsys.readouterr())

    return call


def engagement(home: Path, settings: str = SETTINGS, ledger: str = LEDGER) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    (home / "umsatz.csv").write_text(ledger, encoding="utf-8")
    (home / "engagement.yml").write_text(settings, encoding="utf-8")
    return home


def manifest(home: Path) -> dict[str, Any]:
    return json.loads((home / "reports" / "manifest.json").read_text(encoding="utf-8"))


def statuses(home: Path) -> dict[str, str]:
    return {notebook["notebook"]: notebook["status"] for notebook in manifest(home)["notebooks"]}


def result(home: Path) -> dict[str, Any]:
    return json.loads((home / "reports" / "results" / "concentration" / "result.json").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def left_behind(home: Path) -> list[Path]:
    return list(home.rglob(".kamlab-part-*"))


# One run in both languages, with settings and -p; and the same again


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return engagement(tmp_path_factory.mktemp("run") / "auftrag", SETTINGS + ANALYSES + "as_of: 2025-03-31\n")


@pytest.fixture(scope="module")
def first(home: Path) -> Done:
    return kamlab("run", "--lang", "both", "-p", "concentration.cut_a=0.7", cwd=home)


@pytest.fixture(scope="module")
def before(home: Path, first: Done) -> dict[str, bytes]:
    """What the first run left, before any later one."""
    assert first.returncode == 0, first.stderr
    return contents(home / "reports")


def test_run_ends_well(first: Done, home: Path) -> None:
    assert first.returncode == 0, first.stderr
    assert "21_concentration: fertig" in first.stdout
    assert str(home / "reports" / "index.html") in first.stdout
    assert first.stderr == ""


def test_run_leaves_what_is_promised(before: dict[str, bytes]) -> None:
    promised = {*PAGES, "index.html", "index.en.html", "manifest.json", "rejects.csv"}
    promised |= {f"results/{name}/result.json" for name in ("concentration", "data_readiness")}
    promised |= {
        f"results/concentration/{name}.parquet" for name in ("accounts", "not_positive", "changes", "by_margin")
    }
    assert promised <= set(before)
    assert not [name for name in before if name.rpartition("/")[2].startswith(".")]


def test_inputs_are_untouched(home: Path, before: dict[str, bytes]) -> None:
    assert (home / "umsatz.csv").read_text(encoding="utf-8") == LEDGER
    assert {path.name for path in home.iterdir()} == {"umsatz.csv", "engagement.yml", "reports", ".kamlab"}


def test_option_outranks_settings_and_they_the_notebook(home: Path, before: dict[str, bytes]) -> None:
    assert json.loads(before["results/concentration/result.json"])["parameters"] == {"cut_a": 0.7, "cut_b": 0.9}


def test_result_matches_its_schema(before: dict[str, bytes]) -> None:
    for name in ("concentration", "data_readiness"):
        saved = json.loads(before[f"results/{name}/result.json"])
        jsonschema.validate(saved, SavedResult.model_json_schema())
        assert set(saved) >= {
            "analysis",
            "as_of",
            "period",
            "currency",
            "parameters",
            "key_numbers",
            "basis",
            "findings",
        }
        assert all(finding["de"] and finding["en"] for finding in saved["findings"])


def test_results_hold_the_hand_counted_numbers(before: dict[str, bytes]) -> None:
    numbers = json.loads(before["results/concentration/result.json"])["key_numbers"]
    assert (numbers["accounts"], numbers["revenue"]) == (3, 3200)
    assert numbers["largest_share"] == pytest.approx(2200 / 3200)


def test_account_results_begin_with_id_and_name(home: Path, before: dict[str, bytes]) -> None:
    accounts = pd.read_parquet(home / "reports" / "results" / "concentration" / "accounts.parquet")
    assert list(accounts.columns[:2]) == ["account_id", "name"]
    assert accounts["account_id"].tolist() == ["0001", "0002", "0003"]


def test_manifest_matches_its_schema(before: dict[str, bytes]) -> None:
    told = json.loads(before["manifest.json"])
    jsonschema.validate(told, Manifest.model_json_schema())
    assert told["exit_code"] == 0
    assert [(file["name"], file["rows"]) for file in told["inputs"]] == [("umsatz.csv", 5)]
    rows = told["tables"][0]["rows"]
    assert rows["read"] == rows["used"] + rows["left_out"] + rows["rejected"]


def test_nothing_tells_user_or_home(home: Path, before: dict[str, bytes]) -> None:
    assert {f"{stem}.de.html" for stem in STEMS} | {"manifest.json"} <= set(before)
    for name, content in before.items():
        for private in (str(home).encode(), str(Path.home()).encode() + b"/", str(ROOT).encode()):
            assert private not in content, name


def test_index_leads_to_the_pages_in_its_language(before: dict[str, bytes]) -> None:
    for index, language in (("index.html", "de"), ("index.en.html", "en")):
        soup = BeautifulSoup(before[index], "html.parser")
        pages = [link.attrs["href"] for link in soup.select("ul.pages a")]
        assert pages == [f"{stem}.{language}.html" for stem in STEMS]
        assert soup.html.attrs["lang"] == language


def test_pages_of_both_languages_link_to_each_other(before: dict[str, bytes]) -> None:
    for stem in STEMS:
        for language, other in (("de", "en"), ("en", "de")):
            soup = BeautifulSoup(before[f"{stem}.{language}.html"], "html.parser")
            assert soup.find("a", hreflang=other).attrs["href"] == f"{stem}.{other}.html"


@pytest.fixture(scope="module")
def again(home: Path, before: dict[str, bytes]) -> dict[str, bytes]:
    done = kamlab("run", "concentration", "--lang", "both", "-p", "cut_a=0.7", "--quiet", cwd=home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return contents(home / "reports")


def test_same_input_gives_the_same_bytes(before: dict[str, bytes], again: dict[str, bytes]) -> None:
    changed = {name for name in before.keys() | again.keys() if before.get(name) != again.get(name)}
    assert {Path(name).name for name in changed} <= {"manifest.json"}  # it has the clock times


def test_run_id_knows_no_clock(before: dict[str, bytes], again: dict[str, bytes]) -> None:
    one, other = (json.loads(run["manifest.json"]) for run in (before, again))
    assert one["started"] != other["started"]
    assert [n["run_id"] for n in one["notebooks"]] == [n["run_id"] for n in other["notebooks"]]


def test_run_of_one_notebook_keeps_the_others_in_the_manifest(again: dict[str, bytes]) -> None:
    kept = json.loads(again["manifest.json"])["notebooks"]
    assert [n["notebook"] for n in kept if n["status"] != "not_possible"] == STEMS


# What is refused before anything is written


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-p", "concentration.cut_x=0.7"], "cut_a"),
        (["-p", "cut_x=0.7"], "cut_a"),
        (["-p", "cut_a=viel"], "0 < cut_a ≤ cut_b"),
        (["-p", "cut_a"], "name=wert"),
        (["-p", "engagement=/etc"], "engagement"),
        (["-p", "language=en"], "language"),
        (["-p", "__import__('os')=1"], "KL-S311"),
        (["konzentration"], "concentration"),
        (["--set", "analyses.concentration.cut_z=1"], "cut_a"),
        (["--set", "sprache=de"], "KL-S30"),
        (["--lang", "fr"], "fr"),
        (["-e", "nirgends"], "nirgends"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_usage_errors_exit_2_and_write_nothing(here: Here, tmp_path: Path, arguments: list[str], said: str) -> None:
    home = engagement(tmp_path / "auftrag")
    done = here("run", *arguments, cwd=home)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in home.iterdir()} == {"umsatz.csv", "engagement.yml"}


def test_all_usage_errors_are_told_at_once(here: Here, tmp_path: Path) -> None:
    done = here("run", "nix", "-p", "cut_x=1", "-p", "cut_a=viel", cwd=engagement(tmp_path / "auftrag"))
    assert done.returncode == 2
    assert all(code in done.stderr for code in ("KL-S310", "KL-S311", "KL-S312"))


def test_no_engagement_hints_at_the_demo(here: Here, tmp_path: Path) -> None:
    done = here("run", cwd=tmp_path)
    assert done.returncode == 2
    assert "-e demo" in done.stderr


def test_run_while_another_holds_the_engagement_exits_7(here: Here, home: Path, before: dict[str, bytes]) -> None:
    with FileLock(home / ".kamlab" / "lock"):
        done = here("run", cwd=home)
    assert done.returncode == 7
    assert "KL-R405" in done.stderr


def test_reports_folder_that_is_a_file_exits_6(here: Here, tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag")
    (home / "reports").write_text("im Weg", encoding="utf-8")
    done = here("run", cwd=home)
    assert done.returncode == 6
    assert "KL-R401" in done.stderr
    assert (home / "reports").read_text(encoding="utf-8") == "im Weg"


# Refused data: readiness page, index, rejects and manifest only


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    ledger = LEDGER.replace("500,00", "k.A.").replace("10.02.2025", "31.02.2025")
    home = engagement(tmp_path_factory.mktemp("refused") / "auftrag", ledger=ledger)
    return kamlab("run", cwd=home), home


def test_refused_data_exit_3_and_say_why(refused: tuple[Done, Path]) -> None:
    done, _ = refused
    assert done.returncode == 3
    assert "KL-E217" in done.stderr
    assert "2 von 5 Zeilen" in done.stderr
    assert "umsatz.csv, Zeile 5" in done.stderr


def test_refused_data_leave_the_readiness_page_only(refused: tuple[Done, Path]) -> None:
    reports = refused[1] / "reports"
    names = {path.name for path in reports.iterdir()}
    assert names == {
        "01_data_readiness.de.html",
        "index.html",
        "manifest.json",
        "rejects.csv",
        "rejects.xlsx",
        "results",
    }
    assert [path.name for path in (reports / "results").iterdir()] == ["data_readiness"]
    assert manifest(refused[1])["exit_code"] == 3


def test_refused_data_list_every_reject(refused: tuple[Done, Path]) -> None:
    lines = (refused[1] / "reports" / "rejects.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "file;line;column;value;code;revenue"
    assert [line.split(";")[:4] for line in lines[1:]] == [
        ["umsatz.csv", "3", "Umsatz", "k.A."],
        ["umsatz.csv", "5", "Datum", "31.02.2025"],
    ]


def test_readiness_page_of_refused_data_names_the_problem(refused: tuple[Done, Path]) -> None:
    page = (refused[1] / "reports" / "01_data_readiness.de.html").read_text(encoding="utf-8")
    shown = BeautifulSoup(page, "html.parser").get_text(" ")
    assert "Nein, die Daten wurden zurückgewiesen" in shown
    assert "31.02.2025" in shown


# Notebooks that do not end well: the others run, the old page stays

OTHER_KERNEL = {"name": "ir", "display_name": "R", "language": "R"}
FAILS = "raise ValueError('<b>ging schief</b>')"
DIES = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"


def notebooks(folder: Path, **inserted: str) -> str:
    """Copy the notebooks, with code inserted into some and a kernel that is not there in all; return what uses them."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata["kernelspec"] = OTHER_KERNEL
        notebook.metadata["language_info"] = {"name": "R"}
        if code := inserted.get(path.stem.partition("_")[2]):
            notebook.cells.insert(4, nbformat.v4.new_code_cell(code))
        folder.mkdir(exist_ok=True)
        nbformat.write(notebook, folder / path.name)
    return f"import pathlib, kamlab.notebooks as n\nn.bundled = lambda _: pathlib.Path({str(folder)!r})"


@pytest.fixture(scope="module")
def failed(home: Path, again: dict[str, bytes]) -> tuple[Done, dict[str, bytes]]:
    script = notebooks(home.parent / "fails", data_readiness=FAILS)
    done = kamlab("run", cwd=home, script=script)
    return done, contents(home / "reports")


def test_failed_notebook_exits_1_and_names_the_cause(failed: tuple[Done, dict[str, bytes]]) -> None:
    assert failed[0].returncode == 1, failed[0].stderr
    assert "KL-R402" in failed[0].stderr
    assert "ging schief" in failed[0].stderr
    assert "Traceback" not in failed[0].stderr


def test_failed_notebook_leaves_the_old_page_and_the_index_says_so(
    again: dict[str, bytes], failed: tuple[Done, dict[str, bytes]]
) -> None:
    assert failed[1]["01_data_readiness.de.html"] == again["01_data_readiness.de.html"]
    assert failed[1]["results/data_readiness/result.json"] == again["results/data_readiness/result.json"]
    soup = BeautifulSoup(failed[1]["index.html"], "html.parser")
    item = soup.find("a", href="01_data_readiness.de.html").find_parent("li")
    assert "fehlgeschlagen" in item.get_text()
    assert "die Seite stammt aus einem früheren Lauf" in item.get_text()
    assert "<b>ging schief</b>" in item.get_text()


def test_the_workbook_has_no_table_of_an_earlier_run(failed: tuple[Done, dict[str, bytes]]) -> None:
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(failed[1]["workbook.xlsx"])).sheet_names
    assert [name for name in sheets if name.startswith("21")]
    assert not [name for name in sheets if name.startswith("01")]


def test_other_notebooks_still_run_whatever_kernel_they_name(failed: tuple[Done, dict[str, bytes]]) -> None:
    told = {n["notebook"]: n["status"] for n in json.loads(failed[1]["manifest.json"])["notebooks"]}
    assert (told["01_data_readiness"], told["21_concentration"]) == ("failed", "done")
    assert json.loads(failed[1]["results/concentration/result.json"])["parameters"]["cut_a"] == 0.6


@pytest.fixture(scope="module")
def killed(home: Path, failed: tuple[Done, dict[str, bytes]]) -> tuple[Done, dict[str, bytes]]:
    script = notebooks(home.parent / "dies", concentration=DIES)
    done = kamlab("run", "concentration", cwd=home, script=script)
    return done, contents(home / "reports")


def test_killed_kernel_exits_4_and_leaves_the_old_page(
    failed: tuple[Done, dict[str, bytes]], killed: tuple[Done, dict[str, bytes]]
) -> None:
    done, after = killed
    assert done.returncode == 4, done.stderr
    assert "KL-R403" in done.stderr
    changed = {name for name in failed[1].keys() | after.keys() if failed[1].get(name) != after.get(name)}
    kept = {name for name in changed if name.startswith("runs/")}
    assert changed - kept <= {"manifest.json", "index.html", "index.en.html", "workbook.xlsx"}  # they name the run
    told = {n["notebook"]: n["status"] for n in json.loads(after["manifest.json"])["notebooks"]}
    assert told["21_concentration"] == "failed"


# A run that is told to stop


def processes(sign: str) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if sign.encode() in (entry / "environ").read_bytes():
                yield int(entry.name)
        except OSError:
            continue


@pytest.mark.skipif(not Path("/proc/self/environ").is_file(), reason="looks for processes under /proc")
@pytest.mark.parametrize("engine", ["fork", "kernel"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_run_leaves_nothing_half_written(
    tmp_path: Path, number: signal.Signals, code: int, engine: str
) -> None:
    home = engagement(tmp_path / "auftrag")
    environment = os.environ | {"KAMLAB_TEST": str(home)}
    command = [sys.executable, "-m", "kamlab.cli", "run", "--engine", engine]
    with subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: any(home.glob(".kamlab/.kamlab-part-*/executed.ipynb")))
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, said
    assert "Traceback" not in said
    if engine == "fork":  # a kernel outlives its run by a second and may write: the next run removes that
        assert not left_behind(home)
    for page in (home / "reports").glob("*.html"):
        assert page.read_text(encoding="utf-8").endswith("</html>\n")
    until(lambda: not any(processes(f"KAMLAB_TEST={home}")))  # no process is left behind


@pytest.mark.skipif(not Path("/proc/self/environ").is_file(), reason="looks for processes under /proc")
def test_killed_at_any_moment_leaves_old_pages_or_new_ones_and_the_next_run_mends(tmp_path: Path) -> None:
    home, run = engagement(tmp_path / "auftrag"), ("run", "data_readiness", "concentration", "--quiet")
    assert kamlab(*run, cwd=home).returncode == 0
    old = contents(home / "reports")
    twin = engagement(tmp_path / "zwilling", ledger=LEDGER + "0009;20.03.2025;7.000,00;50,00;A;7\n")
    assert kamlab(*run, cwd=twin).returncode == 0
    new = contents(twin / "reports")
    (home / "umsatz.csv").write_bytes((twin / "umsatz.csv").read_bytes())
    rng = random.Random(4)
    command = [sys.executable, "-m", "kamlab.cli", *run]
    environment = os.environ | {"KAMLAB_TEST": str(home)}
    for _ in range(100 if os.environ.get("KAMLAB_PROOF") else 4):
        with subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.DEVNULL) as process:
            time.sleep(rng.uniform(0.2, 7))
            process.kill()
        now = contents(home / "reports")
        for page in ("01_data_readiness.de.html", "21_concentration.de.html"):
            assert now[page] in (old[page], new[page])
    until(lambda: not any(processes(f"KAMLAB_TEST={home}")))  # no process is left behind
    assert kamlab(*run, cwd=home).returncode == 0
    now = contents(home / "reports")
    own = ("manifest.json", "index.html")  # a clock, and what changed since the run before
    now, new = (
        {name: files[name] for name in files if not name.endswith(own) and not name.startswith("runs/")}
        for files in (now, new)
    )
    assert now == new
    assert not left_behind(home)


def test_a_notebook_that_takes_too_long_is_stopped_and_the_others_go_on(tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag")
    script, seconds = notebooks(tmp_path / "slow", concentration="import time; time.sleep(3600)"), 6
    named, other = ("data_readiness", "concentration"), "timed_out"
    while other == "timed_out":  # on a busy machine the others take their time, too
        seconds *= 2
        done = kamlab("run", *named, "--timeout", str(seconds), cwd=home, script=script)
        other = statuses(home)["01_data_readiness"]
    assert done.returncode == 5, done.stderr
    assert "KL-R404" in done.stderr
    assert statuses(home)["21_concentration"] == "timed_out"
    assert statuses(home)["01_data_readiness"] == "done"
    assert (home / ".kamlab" / "failed" / "21_concentration.de.ipynb").is_file()


def test_a_notebook_beyond_the_memory_limit_exits_4(tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); x = bytearray(2**33)"
    named = ("data_readiness", "concentration")
    done = kamlab("run", *named, cwd=home, script=notebooks(tmp_path / "greedy", concentration=limit))
    assert done.returncode == 4, done.stderr
    assert "MemoryError" in done.stderr
    assert statuses(home) == {"01_data_readiness": "done", "21_concentration": "failed"}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounts a small disk")
def test_a_full_disk_exits_6_and_leaves_the_old_pages(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        settings = SETTINGS + f"reports: {disk}\n"
        home = engagement(tmp_path / "auftrag", settings)
        assert kamlab("run", "concentration", cwd=home).returncode == 0
        before = contents(disk)
        with suppress(OSError), (disk / "filler").open("wb") as filler:
            while True:
                filler.write(b"x" * 4096)
                filler.flush()
        (home / "umsatz.csv").write_text(LEDGER + "0009;20.03.2025;7.000,00;50,00;A;7\n", encoding="utf-8")
        done = kamlab("run", "concentration", cwd=home)
        assert done.returncode == 6, done.stderr
        assert "KL-R401" in done.stderr
        (disk / "filler").unlink()
        assert contents(disk) == before
    finally:
        subprocess.run(["umount", str(disk)], check=False)


# preliminary


@pytest.fixture(scope="module")
def unexplained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run on a ledger of which 6 % of the general ledger's year are not explained, with a rejected row."""
    columns = "{period: Zeit, measure: Was, value: Betrag, source: Quelle}"
    settings = f"{SETTINGS}  control_totals: {{path: hauptbuch.csv, columns: {columns}}}\nmax_rejected: 0.5\n"
    home = engagement(tmp_path_factory.mktemp("run") / "auftrag", settings, LEDGER + "0004;nie;5,00;1,00;A;6\n")
    (home / "hauptbuch.csv").write_text("Zeit;Was;Betrag;Quelle\n2024;Umsatz;1.600,00;GuV <2024>\n", encoding="utf-8")
    assert kamlab("run", "--lang", "both", "--quiet", cwd=home).returncode == 0
    return home


def test_every_page_of_a_preliminary_study_says_so_and_why(unexplained: Path) -> None:
    pages = sorted((unexplained / "reports").glob("*.html"))
    assert {page.name for page in pages} == {*PAGES, "index.html", "index.en.html"}
    for page in pages:
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        mark = soup.find("p", class_="preliminary").get_text()
        assert ("Vorläufig" if soup.html["lang"] == "de" else "Preliminary") in mark
        assert "GuV <2024>" in mark
        assert re.search(r"6[,.]3", mark)  # 100 of 1600


def test_results_and_manifest_of_a_preliminary_study_say_so(unexplained: Path) -> None:
    assert manifest(unexplained)["preliminary"]
    for name in ("concentration", "data_readiness"):
        result = unexplained / "reports" / "results" / name / "result.json"
        assert json.loads(result.read_text(encoding="utf-8"))["preliminary"]


def test_rejected_rows_are_published_as_a_workbook_and_go_with_the_last(unexplained: Path) -> None:
    reports = unexplained / "reports"
    assert (reports / "rejects.xlsx").read_bytes()[:2] == b"PK"
    (unexplained / "umsatz.csv").write_text(LEDGER, encoding="utf-8")
    (unexplained / "hauptbuch.csv").write_text("Zeit;Was;Betrag;Quelle\n2024;Umsatz;1.500,00;GuV\n", encoding="utf-8")
    assert kamlab("run", "data_readiness", "--quiet", cwd=unexplained).returncode == 0
    assert not (reports / "rejects.xlsx").exists()
    assert not manifest(unexplained)["preliminary"]
    assert 'class="preliminary"' not in (reports / "index.html").read_text(encoding="utf-8")


# check and params


def test_check_tells_what_is_there_and_writes_no_page(here: Here, tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag")
    done = here("check", cwd=home)
    assert done.returncode == 0, done.stderr
    assert re.search(r"Umsätze +5 +5 +0 +0\b", done.stdout)
    assert re.search(r"Konzentration +möglich, mit Lücken", done.stdout)
    assert not list((home / "reports").iterdir())


def test_check_of_refused_data_exits_3(here: Here, tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag", ledger=LEDGER.replace("Umsatz;", "Betrag;"))
    done = here("check", cwd=home)
    assert done.returncode == 3
    assert "KL-E213" in done.stderr
    assert re.search(r"Konzentration +nicht möglich", done.stdout)


def test_check_tells_rejects_with_their_place(here: Here, tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag", ledger=LEDGER.replace("500,00", "k.A."))
    done = here("check", "--set", "max_rejected=0.5", cwd=home)
    assert done.returncode == 0
    assert "umsatz.csv, Zeile 3, Spalte Umsatz: 'k.A.'" in done.stdout
    assert "KL-W104" in done.stdout


def test_params_shows_type_default_meaning_and_range(here: Here, tmp_path: Path) -> None:
    done = here("params", "concentration", cwd=tmp_path)
    assert done.returncode == 0
    line = "  cut_a: float = 0.8  # share of revenue up to which class A reaches [0 < cut_a ≤ cut_b]"
    assert line in done.stdout.splitlines()


def test_params_of_an_unknown_analysis_exits_2(here: Here, tmp_path: Path) -> None:
    done = here("params", "konzentration", cwd=tmp_path)
    assert done.returncode == 2
    assert "concentration" in done.stderr
