"""The history of runs: the last twelve, whole or not at all, found by what users call them; the command line."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from bs4 import BeautifulSoup
from conftest import LEDGER, SETTINGS

from kamlab import publish as publishing
from kamlab.engagement import Engagement, open_engagement
from kamlab.errors import SettingsError
from kamlab.publish import publish
from kamlab.results import from_folder, to_files, to_json
from kamlab.run import history
from kamlab.run.comparing import compare_runs
from kamlab.run.history import KEPT, changes, find, keep, load, runs
from kamlab.run.manifest import Manifest, ManifestNotebook, previous, settings_of
from kamlab.text import Words

Kamlab = Callable[..., CompletedProcess[str]]
START = datetime(2026, 1, 1, tzinfo=UTC)
DE = Words("de")


def manifest(run_id: str, day: int = 0, **more: Any) -> Manifest:
    values: dict[str, Any] = {
        "engagement": "Beispiel GmbH",
        "run_id": run_id,
        "exit_code": 0,
        "started": START,
        "finished": START + timedelta(days=day),
        "as_of": "2025-12-31",
        "currency": "EUR",
        "inputs": (),
        "tables": (),
        "notebooks": (ManifestNotebook(notebook="21_concentration", status="done", run_id=run_id),),
        "versions": {},
    }
    return Manifest(**values | more)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports" / "results" / "concentration"
    folder.mkdir(parents=True)
    (folder / "accounts.parquet").write_bytes(b"table")
    (folder / "result.json").write_bytes(b"{}")
    dossier = tmp_path / "reports" / "results" / "account_dossier" / "kunde-1"
    dossier.mkdir(parents=True)
    (dossier / "result.json").write_bytes(b"{}")
    return tmp_path / "reports"


def kept_files(reports: Path, run_id: str) -> set[str]:
    folder = reports / "runs" / run_id
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_a_run_keeps_manifest_and_results_but_none_per_account(reports: Path) -> None:
    keep(reports, manifest("a"))
    names = {"accounts.parquet", "result.json"}
    assert kept_files(reports, "a") == {"manifest.json", *(f"results/concentration/{name}" for name in names)}


def test_the_last_twelve_are_kept_by_when_they_finished(reports: Path) -> None:
    days = [3, 14, 1, 2, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4]
    for day in days:
        keep(reports, manifest(f"run{day:02d}", day))
    assert [run.manifest.run_id for run in runs(reports)] == [f"run{day:02d}" for day in range(14, 14 - KEPT, -1)]
    assert len(list((reports / "runs").iterdir())) == KEPT


def test_the_same_run_again_only_renews_its_manifest(reports: Path) -> None:
    keep(reports, manifest("a", 1))
    table = reports / "runs" / "a" / "results" / "concentration" / "accounts.parquet"
    before = table.stat().st_ino
    keep(reports, manifest("a", 2))
    assert table.stat().st_ino == before
    assert runs(reports)[0].manifest.finished == START + timedelta(days=2)


def test_a_run_of_the_same_id_with_other_results_takes_its_place(reports: Path) -> None:
    keep(reports, manifest("a", 1))
    (reports / "results" / "concentration" / "accounts.parquet").write_bytes(b"other")
    keep(reports, manifest("a", 2))
    assert (reports / "runs" / "a" / "results" / "concentration" / "accounts.parquet").read_bytes() == b"other"


def test_a_folder_without_a_manifest_is_no_run_and_goes(reports: Path) -> None:
    left = reports / "runs" / "0123456789ab" / "results" / "concentration"
    left.mkdir(parents=True)
    assert runs(reports) == []
    keep(reports, manifest("a"))
    assert not left.exists()


@pytest.mark.parametrize("at", range(1, 6))
def test_ended_at_any_step_there_are_only_whole_runs(reports: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The n-th copy, and then the n-th step of publishing, ends the program."""
    keep(reports, manifest("old", 1))
    whole = kept_files(reports, "old")
    for place, name in ((shutil, "copyfile"), (publishing, "_replace")):
        calls, real = [0], getattr(place, name)

        def ended(*arguments: Any, real: Any = real, calls: list[int] = calls) -> Any:
            calls[0] += 1
            if calls[0] == at:
                raise KeyboardInterrupt
            return real(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(place, name, ended)
            with contextlib.suppress(KeyboardInterrupt):
                keep(reports, manifest("new", 2))
        for run in runs(reports):
            assert kept_files(reports, run.manifest.run_id) == whole
        assert "old" in {run.manifest.run_id for run in runs(reports)}


# finding


@pytest.fixture
def three(reports: Path) -> Path:
    for day, run_id in enumerate(("abc1", "abd2", "xyz3")):
        keep(reports, manifest(run_id, day))
    return reports


@pytest.mark.parametrize(("name", "run_id"), [("last", "xyz3"), ("previous", "abd2"), ("abc1", "abc1"), ("x", "xyz3")])
def test_a_run_is_found_by_what_it_is_called(three: Path, name: str, run_id: str) -> None:
    assert find(three, name).manifest.run_id == run_id


def test_a_run_is_found_by_its_folder(three: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(three / "runs" / "abc1", moved)
    assert find(three, str(moved)).manifest.run_id == "abc1"


def test_an_unknown_run_is_answered_with_those_there_are(three: Path) -> None:
    with pytest.raises(SettingsError, match=r"KL-S353") as refused:
        find(three, "nope")
    assert "xyz3" in str(refused.value)


def test_several_runs_that_begin_alike_are_named(three: Path) -> None:
    with pytest.raises(SettingsError, match=r"abd2, abc1|abd2 and abc1.*KL-S355"):
        find(three, "ab")


def test_without_a_run_before_there_is_no_previous(reports: Path) -> None:
    keep(reports, manifest("a"))
    with pytest.raises(SettingsError, match="KL-S353"):
        find(reports, "previous")


# what the index says


def test_no_run_before_says_nothing_and_a_broken_one_never_raises(reports: Path) -> None:
    keep(reports, manifest("a"))
    assert changes(reports, manifest("a"), DE) == []
    (reports / "runs" / "a" / "manifest.json").write_bytes(b"{")
    assert changes(reports, manifest("b", 1), DE) == []
    keep(reports, manifest("c", 2, notebooks=()))
    assert changes(reports, manifest("d", 3), DE) == []


def test_results_that_cannot_be_read_are_left_out(reports: Path) -> None:
    assert history.results(reports / "results", manifest("a")) == {}


# settings in the manifest


def test_settings_of_a_run_name_no_place(tmp_path: Path) -> None:
    settings = SETTINGS + "reports: /home/somebody/reports\nperiod: last12\n"
    settings = settings.replace(
        "path: umsatz.csv", 'path: /home/somebody/umsatz.csv\n    exclude: {alt: "= Umsatz < 0"}'
    )
    (tmp_path / "engagement.yml").write_text(settings, encoding="utf-8")
    found = settings_of(open_engagement(tmp_path).settings)
    assert found["period"] == "last12"
    assert found["sources.transactions.exclude.alt"] == "= Umsatz < 0"
    assert found["sources.transactions.columns.account_id"] == "Kundennr"
    assert "somebody" not in str(found)


# from the command line


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare") / "auftrag"
    folder.mkdir()
    (folder / "umsatz.csv").write_text(LEDGER, encoding="utf-8")
    (folder / "engagement.yml").write_text(SETTINGS, encoding="utf-8")
    return folder


COMPARED = ("data_readiness", "concentration")  # enough to be compared


def test_two_runs_are_compared_from_the_command_line(kamlab: Kamlab, home: Path) -> None:
    assert kamlab("run", *COMPARED, "--quiet", cwd=home).returncode == 0
    first = kamlab("compare", cwd=home)
    assert first.returncode == 2
    assert "KL-S353" in first.stderr
    assert not (home / "reports" / "compare.de.html").exists()

    (home / "umsatz.csv").write_text(LEDGER + "0002;20.04.2025;9.000,00;1,00;A;9\n", encoding="utf-8")
    assert kamlab("run", *COMPARED, "--quiet", cwd=home).returncode == 0
    done = kamlab("compare", "--lang", "both", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "durch" in done.stdout.splitlines()[0]
    reports = home / "reports"
    assert {f"compare.{language}.html" for language in ("de", "en")} <= {file.name for file in reports.iterdir()}
    assert (reports / "compare.xlsx").read_bytes()[:2] == b"PK"
    assert not (reports / "results" / "comparison").exists()
    pages = {file.name: file.read_bytes() for file in reports.glob("compare.*")}
    assert kamlab("compare", "previous", "last", "--lang", "both", cwd=home).returncode == 0
    assert {file.name: file.read_bytes() for file in reports.glob("compare.*")} == pages
    same = kamlab("compare", "last", str(reports), cwd=home)
    assert same.stdout.splitlines()[0] == "Es hat sich nichts geändert."

    made = previous(reports)
    assert made is not None
    assert changes(reports, made, DE) == done.stdout.splitlines()[: len(changes(reports, made, DE))]
    assert len(load(find(reports, "last")).results) == len(list((reports / "results").iterdir()))


def test_results_in_the_history_are_those_of_the_reports(home: Path) -> None:
    last = find(home / "reports", "last").folder
    for folder in sorted((home / "reports" / "results").iterdir()):
        kept, now = (from_folder(place) for place in (last / "results" / folder.name, folder))
        assert to_files(kept, lambda *_: "") == to_files(now, lambda *_: "")
    assert to_json(find(home / "reports", "last").manifest) == (home / "reports" / "manifest.json").read_bytes()


# what stands around the page of a comparison


@pytest.fixture
def kept(opened: Callable[..., Engagement], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Engagement]:
    """Keep two runs, as wanted, beside the manifest of the later one."""

    def make(*assignments: str, earlier: bool = False, there: bool = False, **later: Any) -> Engagement:
        engagement = opened(*assignments)
        keep(engagement.reports, manifest("a" * 12, pseudonyms=earlier))
        keep(engagement.reports, manifest("b" * 12, day=1, **later))
        publish(engagement.reports / "manifest.json", to_json(manifest("b" * 12, pseudonyms=there)))
        return engagement

    return make


@pytest.mark.parametrize(
    ("earlier", "later", "there"),
    [(False, True, True), (True, False, False), (True, True, False), (False, False, True)],
)
def test_names_are_never_compared_with_pseudonyms_nor_beside_them(
    kept: Callable[..., Engagement], earlier: bool, later: bool, there: bool
) -> None:
    engagement = kept(earlier=earlier, there=there, pseudonyms=later)
    with pytest.raises(SettingsError, match="KL-S356"):
        compare_runs(engagement, "previous", "last", "both")
    assert not list(engagement.reports.glob("compare.*"))


def test_the_page_of_a_comparison_carries_the_marks_of_the_later_run(kept: Callable[..., Engagement]) -> None:
    engagement = kept("status=reviewed", earlier=True, there=True, pseudonyms=True, preliminary=True)
    (engagement.reports / "index.de.html").touch()
    (engagement.reports / "index.html").touch()
    compare_runs(engagement, "previous", "last", "both")
    for language, index in (("de", "index.de.html"), ("en", "index.html")):
        page = BeautifulSoup((engagement.reports / f"compare.{language}.html").read_bytes(), "html.parser")
        words = Words(language)
        assert page.find("p", class_="pseudonyms")
        assert words("comparison.preliminary") in page.find("p", class_="preliminary").get_text()
        assert page.find("span", class_="stamp").get_text() == words("page.status.reviewed")
        assert page.header.find("a")["href"] == index


def test_the_page_of_a_comparison_without_marks_has_none(kept: Callable[..., Engagement]) -> None:
    engagement = kept()
    compare_runs(engagement, "previous", "last", "de")
    page = BeautifulSoup((engagement.reports / "compare.de.html").read_bytes(), "html.parser")
    assert not page.find_all(class_=["preliminary", "pseudonyms"])


def test_an_entrance_in_a_language_that_has_another_name_now_goes(kamlab: Kamlab, folder: Path) -> None:
    names = []
    for language in ("de", "en", "de"):
        done = kamlab("run", "data_readiness", "--lang", language, "--quiet", cwd=folder)
        assert done.returncode == 0, done.stderr
        names.append({file.name for file in (folder / "reports").glob("index*.html")})
    assert names == [{"index.html"}, {"index.html", "index.de.html"}, {"index.html", "index.en.html"}]
