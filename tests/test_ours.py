"""What others put into a reports folder stays as it is, and a folder with their files under our names is refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kamlab.engagement import Engagement
from kamlab.errors import SettingsError
from kamlab.publish import publish
from kamlab.report.frame import Head, framed
from kamlab.results import to_json
from kamlab.run import holding
from kamlab.run.history import keep, runs
from kamlab.run.manifest import Manifest, ManifestNotebook
from kamlab.text import Words

Opened = Callable[..., Engagement]
START = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = framed("", Head("Beispiel GmbH", "Seite", "Block"), Words("de"))
OURS = ["index.html", "index.en.html", "21_concentration.de.html", "manifest.json", "workbook.xlsx", "rejects.csv"]
OURS += ["rejects.xlsx", "compare.de.html", "compare.xlsx", "results/scoring/result.json", "results/x/result.json"]
OURS += ["figures/concentration.curve.de.svg", "dossiers/index.de.html", "dossiers/maier-1.customer.en.html"]
OURS += ["runs/0123456789ab/manifest.json", "runs", "figures"]  # the last two as files
THEIRS = ["about.html", "21_notes.de.html", "budget.xlsx", "runs/.DS_Store", "runs/notes/n.txt", "results/own.csv"]
THEIRS += ["figures/holiday.de.svg", "dossiers/list.xlsx", "runs/0123456789ab/notes.txt", "data/index.html"]


def manifest(run_id: str = "0123456789ab", day: int = 1, **more: object) -> Manifest:
    moment = START.replace(day=day)
    values = {"engagement": "Beispiel GmbH", "run_id": run_id, "exit_code": 0, "started": moment, "finished": moment}
    values |= {"as_of": None, "currency": "EUR", "inputs": (), "tables": (), "versions": {}}
    values |= {"notebooks": (ManifestNotebook(notebook="21_concentration", status="done", run_id="1"),)}
    return Manifest.model_validate(values | more)


def put(folder: Path, *names: str, content: bytes = b"theirs") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def enter(engagement: Engagement) -> None:
    with holding(engagement):
        pass


@pytest.mark.parametrize("name", OURS)
def test_a_folder_with_others_files_under_our_names_is_refused_before_anything_is_written(
    opened: Opened, name: str
) -> None:
    engagement = opened("reports=../website")
    put(engagement.reports, name, *THEIRS[:3])
    before, home = files(engagement.reports), files(engagement.folder)
    with pytest.raises(SettingsError, match=rf"website: .*{name}.*KL-S357"):
        enter(engagement)
    assert files(engagement.reports) == before
    assert files(engagement.folder) == home
    assert not engagement.workplace.exists()


def test_a_link_under_our_name_is_refused_too(opened: Opened, tmp_path: Path) -> None:
    engagement = opened()
    put(tmp_path, "elsewhere.html")
    engagement.reports.mkdir()
    (engagement.reports / "index.html").symlink_to(tmp_path / "elsewhere.html")
    with pytest.raises(SettingsError, match="KL-S357"):
        enter(engagement)
    assert (tmp_path / "elsewhere.html").read_bytes() == b"theirs"


def test_of_many_files_a_few_are_named(opened: Opened) -> None:
    engagement = opened()
    put(engagement.reports, *OURS[:8])
    with pytest.raises(SettingsError, match="KL-S357") as refused:
        enter(engagement)
    assert len(refused.value.problems[0].values["files"]) == 6  # type: ignore[arg-type]
    assert "index.html" in refused.value.problems[0].message("de")


def test_a_folder_with_files_of_other_names_is_taken_and_they_stay(opened: Opened) -> None:
    engagement = opened()
    put(engagement.reports, *THEIRS)
    before = files(engagement.reports)
    enter(engagement)
    assert files(engagement.reports) == before


def test_reports_of_an_earlier_version_are_known_by_their_manifest(opened: Opened) -> None:
    engagement = opened()
    put(engagement.reports, *OURS[:-2])
    old = to_json(manifest()).replace(b'"currency"', b'"a_field_of_another_version": 1, "currency"')
    put(engagement.reports, "manifest.json", content=old)
    enter(engagement)
    enter(engagement)


def test_reports_of_another_engagement_are_refused(opened: Opened) -> None:
    engagement = opened()
    put(engagement.reports, "manifest.json", content=to_json(manifest(engagement="Anderer Kunde")))
    with pytest.raises(SettingsError, match=r"Anderer Kunde.*KL-S358"):
        enter(engagement)


def test_an_engagement_may_change_its_name(opened: Opened) -> None:
    enter(opened())
    put(opened().reports, "manifest.json", content=to_json(manifest(engagement="Beispiel GmbH")))
    enter(opened("name=Beispiel AG"))


def test_what_an_interrupted_first_run_left_is_ours(opened: Opened) -> None:
    engagement = opened()
    enter(engagement)
    put(engagement.reports, "index.html", "21_concentration.de.html", content=PAGE)
    put(engagement.reports, "results/concentration/accounts.parquet", "rejects.xlsx")
    enter(engagement)


def test_a_website_that_has_taken_the_place_of_our_reports_is_refused(opened: Opened) -> None:
    engagement = opened()
    enter(engagement)
    shutil.rmtree(engagement.reports)
    put(engagement.reports, "index.html")
    with pytest.raises(SettingsError, match=r"index\.html.*KL-S357"):
        enter(engagement)


# The history


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    publish(folder / "results" / "concentration" / "accounts.parquet", b"table")
    publish(folder / "results" / "concentration" / "result.json", b"{}")
    return folder


def test_what_others_put_beside_the_runs_stays_and_stops_nothing(reports: Path, tmp_path: Path) -> None:
    put(reports / "runs", ".DS_Store", "notes/n.txt", "0123456789ab.zip", "abc/manifest.json", "1f/manifest.json/x")
    put(reports / "runs", "foreign/manifest.json", content=to_json(manifest("other")))
    (reports / "runs" / "empty").mkdir()
    put(tmp_path / "elsewhere", "manifest.json", content=to_json(manifest("ffffffffffff")))
    (reports / "runs" / "ffffffffffff").symlink_to(tmp_path / "elsewhere")
    (reports / "runs" / "eeeeeeeeeeee").symlink_to(tmp_path / "nowhere")
    before = files(reports / "runs") | files(tmp_path / "elsewhere")
    for day in range(1, 16):
        keep(reports, manifest(f"{day:012x}", day))
    assert {run.manifest.run_id for run in runs(reports)} == {f"{day:012x}" for day in range(4, 16)}
    after = files(reports / "runs") | files(tmp_path / "elsewhere")
    assert {name: after[name] for name in before} == before
    assert (reports / "runs" / "empty").is_dir()
    assert os.path.lexists(reports / "runs" / "eeeeeeeeeeee")
    assert not (reports / "runs" / f"{1:012x}").exists()


def test_what_others_put_into_a_run_stays_when_it_goes_or_is_made_again(reports: Path) -> None:
    keep(reports, manifest())
    notes = reports / "runs" / "0123456789ab" / "results" / "notes.txt"
    notes.write_bytes(b"theirs")
    (reports / "results" / "concentration" / "accounts.parquet").write_bytes(b"other")
    keep(reports, manifest())
    assert (notes.parent / "concentration" / "accounts.parquet").read_bytes() == b"other"
    for day in range(2, 15):
        keep(reports, manifest(f"{day:012x}", day))
    assert files(reports / "runs" / "0123456789ab") == {"results/notes.txt": b"theirs"}
