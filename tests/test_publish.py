"""Publishing: a reader sees the old content or the new one, never a mixture, and nothing is left lying about."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from kamlab.errors import Exit, StorageFailed
from kamlab.publish import prune, publish, publishing_folder

OLD, NEW = b"old " * 1000, b"new " * 2000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def failing(what: int) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(what, os.strerror(what))

    return fail


@pytest.fixture(params=["fsync", "replace", "write"])
def broken_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one step of writing fail for want of space."""
    fail = failing(errno.ENOSPC)
    if request.param == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif request.param == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(os, "fdopen", fail)


def test_a_file_is_published_with_its_folders(tmp_path: Path) -> None:
    publish(tmp_path / "a" / "b" / "page.html", NEW)
    assert (tmp_path / "a" / "b" / "page.html").read_bytes() == NEW
    assert names(tmp_path) == ["a", "b", "page.html"]


def test_a_published_file_replaces_the_old_one_and_can_be_read_by_all(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    publish(target, OLD)
    publish(target, NEW)
    assert target.read_bytes() == NEW
    assert target.stat().st_mode & 0o777 == 0o644


def test_empty_content_and_odd_names_are_published(tmp_path: Path) -> None:
    publish(tmp_path / "Müller & Söhne #1.html", b"")
    assert names(tmp_path) == ["Müller & Söhne #1.html"]


@pytest.mark.usefixtures("broken_disk")
def test_when_writing_fails_the_old_content_stays_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_bytes(OLD)
    with pytest.raises(StorageFailed, match=r"page\.html.*KL-R401"):
        publish(target, NEW)
    assert (target.read_bytes(), names(tmp_path)) == (OLD, ["page.html"])


@pytest.mark.usefixtures("broken_disk")
def test_when_a_first_writing_fails_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="KL-R401"):
        publish(tmp_path / "page.html", NEW)
    assert names(tmp_path) == []


def test_an_interruption_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt("stop")

    publish(tmp_path / "page.html", OLD)
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt, match="stop"):
        publish(tmp_path / "page.html", NEW)
    assert (names(tmp_path), (tmp_path / "page.html").read_bytes()) == (["page.html"], OLD)


def test_a_file_that_is_held_for_a_moment_is_replaced_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, refused = Path.replace, iter([True, True])

    def held(part: Path, target: Path) -> Path:
        if next(refused, False):
            raise PermissionError(errno.EACCES, "held")
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr("time.sleep", lambda _: None)
    publish(tmp_path / "page.html", NEW)
    assert (tmp_path / "page.html").read_bytes() == NEW


def test_a_file_that_stays_held_is_a_storage_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "replace", failing(errno.EACCES))
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(StorageFailed, match="KL-R401") as error:
        publish(tmp_path / "page.html", NEW)
    assert error.value.exit_code is Exit.STORAGE
    assert names(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "reports").write_bytes(OLD)
    with pytest.raises(StorageFailed, match=r"page\.html.*KL-R401"):
        publish(tmp_path / "reports" / "page.html", NEW)
    with pytest.raises(StorageFailed, match="KL-R401"), publishing_folder(tmp_path / "reports" / "cache"):
        pytest.fail("there is no folder to offer")
    assert (tmp_path / "reports").read_bytes() == OLD


def test_a_folder_in_place_of_the_file_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "page.html" / "inside").mkdir(parents=True)
    with pytest.raises(StorageFailed, match=r"page\.html.*KL-R401"):
        publish(tmp_path / "page.html", NEW)
    assert names(tmp_path) == ["inside", "page.html"]


def test_the_message_names_the_file_and_no_folder(tmp_path: Path) -> None:
    (tmp_path / "reports").write_bytes(OLD)
    with pytest.raises(StorageFailed, match="KL-R401") as error:
        publish(tmp_path / "reports" / "page.html", NEW)
    assert str(tmp_path) not in error.value.problems[0].message("de")


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with publishing_folder(tmp_path / "cache" / "key") as part:
        (part / "a").write_bytes(NEW)
        assert not (tmp_path / "cache" / "key").exists()
    assert names(tmp_path) == ["a", "cache", "key"]


def test_a_folder_whose_making_fails_does_not_appear(tmp_path: Path) -> None:
    def half_way() -> None:
        with publishing_folder(tmp_path / "key") as part:
            (part / "a").write_bytes(NEW)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half_way()
    assert names(tmp_path) == []


def test_a_folder_that_somebody_else_has_made_stays(tmp_path: Path) -> None:
    with publishing_folder(tmp_path / "key") as part:
        (part / "a").write_bytes(NEW)
        (tmp_path / "key").mkdir()
        (tmp_path / "key" / "a").write_bytes(OLD)
    assert (tmp_path / "key" / "a").read_bytes() == OLD
    assert names(tmp_path) == ["a", "key"]


def test_what_an_interrupted_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deep" / ".kamlab-part-dir").mkdir(parents=True)
    (tmp_path / "deep" / ".kamlab-part-dir" / "months.parquet").write_bytes(OLD)
    (tmp_path / ".kamlab-part-abc").write_bytes(OLD)
    publish(tmp_path / "page.html", NEW)
    prune(tmp_path)
    assert names(tmp_path) == ["deep", "page.html"]


def test_pruning_a_folder_that_is_not_there_does_nothing(tmp_path: Path) -> None:
    prune(tmp_path / "nowhere")
    assert names(tmp_path) == []
