"""The environment: one set of requirements in three files, a lock without addresses, and a wheel that runs alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT, missing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = ("requirements.lock", "boot.lock")

# Packages that conda-forge calls otherwise.
ON_CONDA_FORGE = {
    "duckdb": "python-duckdb",
    "ibis-framework": "ibis-duckdb",
    "matplotlib": "matplotlib-base",
}
TO_INSTALL_KAMLAB = ("hatchling", "editables")  # of the extra dev: what an editable install builds with


def bounds(requirements: list[str]) -> dict[str, str]:
    """Name to version bounds."""
    return {requirement.name: str(requirement.specifier) for requirement in map(Requirement, requirements)}


@pytest.fixture(scope="module")
def conda() -> dict[str, list[str]]:
    return YAML(typ="safe", pure=True).load(ROOT / "environment.yml")


def test_conda_uses_conda_forge_and_nothing_else(conda):
    assert (conda["name"], conda["channels"]) == ("kamlab", ["conda-forge", "nodefaults"])


def test_conda_asks_for_what_pyproject_asks_for(conda):
    required = bounds(PROJECT["dependencies"] + EXTRAS["lab"])
    required |= {name: bounds(EXTRAS["dev"])[name] for name in TO_INSTALL_KAMLAB}
    wanted = {ON_CONDA_FORGE.get(name, name): bound for name, bound in required.items()}
    assert bounds(conda["dependencies"]) == wanted | {"python": PROJECT["requires-python"], "pip": ""}


def pins(lock: str) -> list[list[str]]:
    """The entries of a lock, comments dropped: each the line of its pin, then its hashes."""
    text = re.sub(r"^\s*#.*\n?", "", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [[part.strip() for part in entry.split("\\\n")] for entry in re.split(r"\n(?=\S)", text.strip())]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_the_lock_is_pinned(lock):
    requirements = [Requirement(pin) for pin, *_ in pins(lock)]
    assert [r.name for r in requirements if [s.operator for s in r.specifier] != ["=="]] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_the_lock_has_hashes_and_nothing_else(lock):
    digest = re.compile(r"--hash=sha256:[0-9a-f]{64}")
    assert [pin for pin, *hashes in pins(lock) if not hashes or not all(map(digest.fullmatch, hashes))] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_address_and_no_path(lock):
    address = re.compile(r"://|--(extra-)?index|--find-links|--trusted|^-|\s@\s|\bfile:|^\s*#.*[\\/]\w+[\\/]")
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if address.search(line)] == []


def test_the_lock_covers_dependencies_and_extras():
    locked: dict[str, set[str]] = {}
    for pin, *_ in pins("requirements.lock"):
        requirement = Requirement(pin)
        versions = {specifier.version for specifier in requirement.specifier}
        locked.setdefault(canonicalize_name(requirement.name), set()).update(versions)
    wanted = map(Requirement, PROJECT["dependencies"] + [line for extra in EXTRAS.values() for line in extra])
    unmet = [str(r) for r in wanted if not any(map(r.specifier.contains, locked.get(canonicalize_name(r.name), ())))]
    assert unmet == []


@pytest.mark.parametrize("target", ["demo", "test", "lint", "clean", "lab", "lock", "demo-data", "benchmark"])
def test_make_knows_the_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.fixture
def make(tmp_path):
    """Ask make what it would do in a fresh clone."""
    if not shutil.which("make"):
        missing("make", "not installed")
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, tmp_path)

    def would(target: str) -> str:
        command = ["make", "-n", target, f"PYTHON={sys.executable}"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True).stdout

    return would


def test_make_builds_the_environment_once(make, tmp_path):
    stamp = tmp_path / re.search(r"touch (\S+)", make("demo"))[1]
    stamp.parent.mkdir()
    stamp.touch()
    assert [line.split()[:2] for line in make("demo").splitlines()] == [
        [".venv/bin/kamlab", "run"],
        [".venv/bin/kamlab", "dossier"],
    ]


@pytest.mark.parametrize("changed", ["requirements.lock", "boot.lock", "pyproject.toml"])
def test_make_builds_the_environment_again_when_a_lock_or_pyproject_changes(make, tmp_path, changed):
    before = re.search(r"touch (\S+)", make("test"))[1]
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert re.search(r"touch (\S+)", make("test"))[1] != before


def build(target: str, folder: Path, source: Path = ROOT) -> Path:
    """Build without network: hatchling is installed."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("kamlab-*")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def contents(wheel) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_nothing_at_its_top_but_kamlab(contents):
    assert {name.partition("/")[0] for name in contents} == {"kamlab", f"kamlab-{PROJECT['version']}.dist-info"}


def test_the_wheel_holds_every_file_of_the_package(contents):
    package = {f.relative_to(ROOT).as_posix() for f in (ROOT / "kamlab").rglob("*") if f.is_file()}
    assert {name for name in package if "__pycache__" not in name} <= contents
    assert {"kamlab/text/de.po", "kamlab/text/en.po", "kamlab/report/page.css"} <= contents


def test_the_wheel_holds_the_notebooks_and_the_demo_but_not_its_truth(contents):
    files = [*ROOT.glob("notebooks/*.ipynb"), ROOT / "data/demo/engagement.yml", *ROOT.glob("data/demo/inputs/*")]
    wanted = {f"kamlab/bundled/{file.relative_to(ROOT).as_posix()}" for file in files}
    assert {name for name in contents if name.startswith("kamlab/bundled/")} == wanted


def test_a_wheel_from_the_sdist_is_the_same(contents, tmp_path):
    sdist = build("sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    rebuilt = build("wheel", tmp_path / "wheel", tmp_path / sdist.name.removesuffix(".tar.gz"))
    with zipfile.ZipFile(rebuilt) as archive:
        assert set(archive.namelist()) == contents


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Return the Python of an environment with the wheel, and the packages of this one, but not its kamlab.

    A .pth file lends the packages; those of the lender's own .pth files, the editable kamlab among them, it does not.
    """
    home = tmp_path_factory.mktemp("alone") / "venv"
    venv.create(home, symlinks=os.name != "nt")
    scheme = {"base": str(home), "platbase": str(home)}
    (Path(sysconfig.get_path("purelib", "venv", scheme)) / "lent.pth").write_text(
        "\n".join(sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})), encoding="utf-8"
    )
    python = Path(sysconfig.get_path("scripts", "venv", scheme)) / Path(sys.executable).name
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", wheel]
    subprocess.run(install, check=True, timeout=PATIENCE, env=alone())
    return python


def alone() -> dict[str, str]:
    """The environment variables without any that would lead back to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KAMLAB_"))}


def test_the_demo_runs_from_the_wheel_alone(installed, tmp_path):
    where = [installed, "-c", "import kamlab; print(kamlab.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=alone(), capture_output=True, text=True, check=True).stdout
    package = Path(found.strip()).parent
    assert package.is_relative_to(installed.parents[1])
    before = {file for file in package.rglob("*") if "__pycache__" not in file.parts}
    command = [installed.with_name("kamlab"), "run", "-e", "demo", "--quiet"]
    done = subprocess.run(
        command, cwd=tmp_path, env=alone(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    pages = {file.name for file in (tmp_path / "reports" / "demo").glob("*.html")}
    assert {"index.html", "01_data_readiness.de.html", "21_concentration.de.html"} <= pages
    assert [file.name for file in tmp_path.iterdir()] == ["reports"]
    assert {file for file in package.rglob("*") if "__pycache__" not in file.parts} == before
