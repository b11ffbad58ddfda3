"""Batches of dossiers as a user starts them: what is left, what is made again, what a failure stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from commands import run as kamlab
from conftest import LEDGER, ROOT, SETTINGS, until
from test_run import contents, engagement, left_behind, manifest

from kamlab.report.dossier_index import Entry, dossier_index
from kamlab.report.frame import Head
from kamlab.text import Words

MASTER = "Nr;Name;Konzern\n0001;Äpfel & Söhne <GmbH>;\n0002;Birne;\n0003;Filiale Süd;0002\n0004;Ohne Umsatz;\n"
SOURCES = SETTINGS + (
    "  accounts:\n    path: kunden.csv\n    columns: {account_id: Nr, name: Name, group_id: Konzern}\nlanguage: both\n"
)
NAMES = ["Birne", "Äpfel & Söhne <GmbH>"]


def auftrag(home: Path) -> Path:
    (engagement(home, SOURCES) / "kunden.csv").write_text(MASTER, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return auftrag(tmp_path_factory.mktemp("dossiers") / "auftrag")


@pytest.fixture(scope="module")
def made(home: Path) -> dict[str, bytes]:
    done = kamlab("dossier", cwd=home)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert str(home / "reports" / "dossiers" / "index.de.html") in done.stdout
    return contents(home / "reports")


def slugs(files: dict[str, bytes]) -> list[str]:
    ending = ".internal.de.html"
    return sorted(Path(name).name.removesuffix(ending) for name in files if name.endswith(ending))


def listed(files: dict[str, bytes], language: str = "de") -> dict[str, str]:
    rows = BeautifulSoup(files[f"dossiers/index.{language}.html"], "html.parser").select("table.dossiers tbody tr")
    return {row.th.get_text(): row.get_text(" ") for row in rows}


def test_every_account_with_revenue_has_two_editions_in_both_languages(made: dict[str, bytes]) -> None:
    assert [slug.rpartition("-")[0] for slug in slugs(made)] == ["aepfel-soehne-gmbh", "birne"]
    for slug in slugs(made):
        for edition in ("internal", "customer"):
            for language in ("de", "en"):
                page = BeautifulSoup(made[f"dossiers/{slug}.{edition}.{language}.html"], "html.parser")
                assert page.html["lang"] == language
                assert bool(page.select(".mark")) == (edition == "internal")


def test_results_and_figures_of_every_account_have_their_own_place(made: dict[str, bytes]) -> None:
    for slug in slugs(made):
        assert json.loads(made[f"results/account_dossier/{slug}/result.json"])["analysis"] == "account_dossier"
        assert f"results/account_dossier/{slug}/accounts.parquet" in made
    assert "results/account_dossier/result.json" not in made


def test_the_index_lists_them_by_revenue_and_leads_to_both_editions(made: dict[str, bytes]) -> None:
    for language in ("de", "en"):
        page = BeautifulSoup(made[f"dossiers/index.{language}.html"], "html.parser")
        assert list(listed(made, language)) == NAMES[::-1]
        links = {a["href"] for a in page.select("main a")}
        assert links == {f"{s}.{edition}.{language}.html" for s in slugs(made) for edition in ("internal", "customer")}


def test_the_index_tells_the_number_of_an_account_once() -> None:
    names = {"0001": "Birne (0001)", "0002": "Birne (0002)", "0003": "Äpfel", "0004": "0004"}
    entries = [Entry(number, name, {}, None, "", None, is_stale=False) for number, name in names.items()]
    page = BeautifulSoup(dossier_index(Head("A", "B", "C"), entries, Words("de")), "html.parser")
    assert [row.th.get_text() for row in page.select("table.dossiers tbody tr")] == list(names.values())


def test_the_edition_for_the_customer_leads_nowhere(made: dict[str, bytes]) -> None:
    customers = [name for name in made if name.endswith(".html") and ".customer." in name]
    assert len(customers) == 2 * len(NAMES)
    for name in customers:
        links = [a["href"] for a in BeautifulSoup(made[name], "html.parser").find_all("a")]
        assert [link for link in links if not link.startswith("#")] == [], name


def test_the_entrance_and_the_manifest_know_of_them(home: Path, made: dict[str, bytes]) -> None:
    assert {n["notebook"]: n["status"] for n in manifest(home)["notebooks"]} == {"36_account_dossier": "done"}
    hrefs = [a["href"] for a in BeautifulSoup(made["index.html"], "html.parser").find_all("a")]
    assert "dossiers/index.de.html" in hrefs


def test_what_is_unchanged_is_not_made_again(home: Path, made: dict[str, bytes]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (home / "reports" / "dossiers").glob("*.*.*.html")}
    done = kamlab("dossier", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "unverändert" in done.stdout
    assert before == {path: path.stat().st_mtime_ns for path in (home / "reports" / "dossiers").glob("*.*.*.html")}
    now = contents(home / "reports")
    assert {name: now[name] for name in now if "dossiers/" in name} == {
        name: made[name] for name in made if "dossiers/" in name
    }


@pytest.mark.parametrize(
    ("arguments", "count"), [(["--top", "1"], 1), (["0003"], 1), (["0003", "0002"], 1), (["0004", "0001"], 2)]
)
def test_accounts_can_be_chosen(tmp_path: Path, arguments: list[str], count: int) -> None:
    home = auftrag(tmp_path / "auftrag")
    done = kamlab("dossier", *arguments, "--lang", "de", cwd=home)
    assert done.returncode == 0, done.stderr
    assert len(slugs(contents(home / "reports"))) == count


def test_numbers_that_nobody_has_exit_2_and_are_all_told(tmp_path: Path) -> None:
    home = auftrag(tmp_path / "auftrag")
    done = kamlab("dossier", "0005", "0001", "x", cwd=home)
    assert done.returncode == 2
    assert done.stderr.count("KL-S350") == 2
    assert "0005" in done.stderr
    assert contents(home / "reports") == {}


def test_refused_data_exit_3_and_leave_the_old_dossiers(tmp_path: Path) -> None:
    home = auftrag(tmp_path / "auftrag")
    assert kamlab("dossier", "--top", "1", "--lang", "de", cwd=home).returncode == 0
    before = contents(home / "reports")
    (home / "umsatz.csv").write_text(LEDGER.replace("Umsatz", "Ertrag"), encoding="utf-8")
    assert kamlab("dossier", cwd=home).returncode == 3
    assert contents(home / "reports") == before


def altered(folder: Path, code: str) -> str:
    """Copy the notebooks, with code in the dossier; return what makes a run use them."""
    folder.mkdir()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if path.stem.endswith("account_dossier"):
            at = next(i for i, cell in enumerate(notebook.cells) if "setup" in cell.metadata.get("tags", []))
            notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(code, metadata={"tags": ["setup"]}))
        nbformat.write(notebook, folder / path.name)
    return f"import pathlib, kamlab.notebooks as n\nn.bundled = lambda _: pathlib.Path({str(folder)!r})"


FAILS = "import pathlib\nif account == '0001' and not pathlib.Path({!r}).exists(): raise ValueError('<i>schief</i>')"


def test_one_that_fails_stops_no_other_and_is_made_when_it_can_be(tmp_path: Path) -> None:
    home, mended = auftrag(tmp_path / "auftrag"), tmp_path / "mended"
    script = altered(tmp_path / "notebooks", FAILS.format(str(mended)))
    done = kamlab("dossier", "--lang", "de", cwd=home, script=script)
    assert done.returncode == 1, done.stderr
    assert "schief" in done.stderr
    files = contents(home / "reports")
    assert [slug.rpartition("-")[0] for slug in slugs(files)] == ["birne"]
    assert "<i>schief</i>" in listed(files)[NAMES[1]]
    assert list((home / ".kamlab" / "failed" / "dossiers").glob("aepfel*.de.ipynb"))
    mended.touch()
    birne = next((home / "reports" / "dossiers").glob("birne*.internal.de.html"))
    before = birne.stat().st_mtime_ns
    assert kamlab("dossier", "--lang", "de", cwd=home, script=script).returncode == 0
    assert len(slugs(contents(home / "reports"))) == 2
    assert birne.stat().st_mtime_ns == before
    assert not list((home / ".kamlab" / "failed" / "dossiers").glob("*"))


def test_dossiers_of_accounts_that_are_no_more_go(tmp_path: Path) -> None:
    home = auftrag(tmp_path / "auftrag")
    assert kamlab("dossier", "--lang", "de", cwd=home).returncode == 0
    (home / "kunden.csv").write_text(MASTER.replace("<GmbH>;", "<GmbH>;0002"), encoding="utf-8")
    assert kamlab("dossier", "--lang", "de", cwd=home).returncode == 0
    files = contents(home / "reports")
    assert not [name for name in files if "aepfel" in name]
    assert list(listed(files)) == ["Birne"]


def test_dossiers_older_than_the_data_are_marked_in_the_index(tmp_path: Path) -> None:
    home = auftrag(tmp_path / "auftrag")
    assert kamlab("dossier", "--lang", "de", cwd=home).returncode == 0
    (home / "umsatz.csv").write_text(LEDGER + "0001;20.03.2025;7.000,00;50,00;A;7\n", encoding="utf-8")
    assert kamlab("dossier", "0001", "--lang", "de", cwd=home).returncode == 0
    told = listed(contents(home / "reports"))
    assert "Älter als die Daten" in told["Birne"]
    assert "Älter als die Daten" not in told[NAMES[1]]


def test_a_batch_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag")
    lines = [f"{n:04d};05.01.{year};{1000 + n},00;600,00;A;{n}" for n in range(1, 9) for year in (2024, 2025)]
    (home / "umsatz.csv").write_text("\n".join([LEDGER.partition("\n")[0], *lines]) + "\n", encoding="utf-8")
    folder = home / "reports" / "dossiers"
    command = [sys.executable, "-m", "kamlab.cli", "dossier", "--quiet", "--lang", "de"]
    with subprocess.Popen(command, cwd=home, env=os.environ | {"LC_ALL": "de_DE.UTF-8"}) as process:
        until(lambda: len(list(home.glob(".kamlab/made/*/dossiers/*.json"))) >= 2)
        process.send_signal(signal.SIGKILL)
    early = {path: path.stat().st_mtime_ns for path in folder.glob("*.html")}
    recorded = {path.stem for path in home.glob(".kamlab/made/*/dossiers/*.json")}
    assert 2 <= len(recorded) < 8
    assert kamlab("dossier", "--lang", "de", cwd=home).returncode == 0
    assert len(slugs(contents(home / "reports"))) == 8
    assert not left_behind(home)
    kept = [path for path in early if path.name.partition(".")[0] in recorded]
    assert kept
    assert all(path.stat().st_mtime_ns == early[path] for path in kept)


def test_rank_and_class_come_only_from_results_of_the_same_data(tmp_path: Path) -> None:
    home = auftrag(tmp_path / "auftrag")
    assert kamlab("run", "concentration", "--lang", "de", "--quiet", cwd=home).returncode == 0
    assert kamlab("dossier", "0001", "--lang", "de", cwd=home).returncode == 0
    page = home / "reports" / "dossiers" / f"{slugs(contents(home / 'reports'))[0]}.internal.de.html"
    assert "Rang nach Umsatz" in page.read_text(encoding="utf-8")
    (home / "umsatz.csv").write_text(LEDGER.replace("1.200,00", "1.100,00"), encoding="utf-8")
    assert kamlab("dossier", "0001", "--lang", "de", cwd=home).returncode == 0
    assert "Rang nach Umsatz" not in page.read_text(encoding="utf-8")


def test_a_batch_is_no_new_run_for_the_history(tmp_path: Path) -> None:
    home = auftrag(tmp_path / "auftrag")
    assert kamlab("run", "data_readiness", "--lang", "de", "--quiet", cwd=home).returncode == 0
    before = manifest(home)
    assert kamlab("dossier", "0001", "--lang", "de", cwd=home).returncode == 0
    after = manifest(home)
    assert (after["run_id"], after["changes"]) == (before["run_id"], before["changes"])
    assert len(list((home / "reports" / "runs").iterdir())) == 1


def test_a_period_that_cannot_be_is_told_once(tmp_path: Path) -> None:
    home = auftrag(tmp_path / "auftrag")
    done = kamlab("dossier", "0001", "0002", "-p", "period=1999-01-01..1999-12-31", cwd=home)
    assert done.returncode == 3
    assert done.stderr.count("KL-E219") == 1
    assert contents(home / "reports") == {}
