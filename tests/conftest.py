"""What tests share: small engagements made on the spot, the public data sets, the tools a machine may lack."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kamlab.engagement import Engagement, open_engagement

ROOT = Path(__file__).parents[1]
REQUIRED = set(os.environ.get("KAMLAB_REQUIRE", "").replace(",", " ").split())


def missing(tool: str, why: str) -> None:
    """Skip a test for want of a tool; fail it where KAMLAB_REQUIRE names the tool."""
    if tool in REQUIRED:
        pytest.fail(f"{tool} is required: {why}")
    pytest.skip(f"{tool}: {why}")


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Return the path of a file of the public data sets (KAMLAB_DATA, default ../shared/data)."""
    folder = Path(os.environ.get("KAMLAB_DATA", ROOT.parent / "shared" / "data"))

    def find(name: str) -> Path:
        if not (folder / name).is_file():
            missing("data", f"{name} is not in {folder}, set KAMLAB_DATA")
        return (folder / name).resolve()

    return find


@pytest.fixture
def chromium() -> str:
    """Return the path of Debian's chromium."""
    path = shutil.which("chromium")
    if not path:
        missing("chromium", "not installed")
    return str(path)


LEDGER = """Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg
0001;05.01.2024;1.000,00;600,00;A;1
0002;10.02.2024;500,00;300,00;B;2
0001;05.01.2025;1.200,00;700,00;A;3
0002;10.02.2025;400,50;300,00;B;4
0003;15.03.2025;99,50;50,00;A;5
"""

SETTINGS = """name: Beispiel GmbH
sources:
  transactions:
    path: umsatz.csv
    columns:
      account_id: Kundennr
      date: Datum
      revenue: Umsatz
      cost: Kosten
      product_id: Artikel
      document_id: Beleg
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a small engagement with a German CSV; tests overwrite what they want otherwise."""
    home = tmp_path / "auftrag"
    home.mkdir()
    (home / "umsatz.csv").write_text(LEDGER, encoding="utf-8")
    (home / "engagement.yml").write_text(SETTINGS, encoding="utf-8")
    return home


@pytest.fixture
def opened(folder: Path) -> Callable[..., Engagement]:
    """Open the small engagement, with a ledger or settings of the test's own and any `--set`."""

    def make(*assignments: str, ledger: str | bytes | None = None, settings: str | None = None) -> Engagement:
        if ledger is not None:
            (folder / "umsatz.csv").write_bytes(ledger if isinstance(ledger, bytes) else ledger.encode())
        if settings is not None:
            (folder / "engagement.yml").write_text(settings, encoding="utf-8")
        return open_engagement(folder, assignments)

    return make


@pytest.fixture
def kamlab(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line as a user does; German messages."""

    def call(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kamlab.cli", *map(str, arguments)]
        environment = os.environ | {"LC_ALL": "de_DE.UTF-8", "COLUMNS": "200"}
        return subprocess.run(
            command,
            cwd=cwd or tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def demo_reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run the demo once, in both languages, and return its reports folder."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "kamlab.cli", "run", "-e", "demo", "--lang", "both", "--quiet"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    yield folder / "reports" / "demo"
