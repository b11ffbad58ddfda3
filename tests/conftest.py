"""What tests share: small engagements made on the spot, the public data sets, the tools a machine may lack."""

from __future__ import annotations

import functools
import inspect
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import commands
import pandas as pd
import pytest
from filelock import FileLock
from grammar import unsaid

from kamlab.engagement import Engagement, open_engagement
from kamlab.facts.sales import Sales
from kamlab.results import Basis, Period, Result, RevenueTally, RowTally

ROOT = Path(__file__).parents[1]
PATIENCE = 1800  # seconds after which something hangs, however busy the machine is
IN_THE_TABLE = ("screens", "sheets", "tables", "rows", "columns", "figures", "KiB", "type", "words")
REQUIRED = set(os.environ.get("KAMLAB_REQUIRE", "").replace(",", " ").split())


def examples(few: int) -> int:
    """Say how many examples a property gets: a few in CI, at least a thousand under `make proof`."""
    return max(1_000, few) if os.environ.get("KAMLAB_PROOF") else few


def each(names: str, cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hold a test against all cases like `parametrize`, in one item that lists which of them fail.

    For what is quick and many: every key of a catalogue, every column, every hostile text. Fixtures are made once.
    """
    arguments, given = names.split(", "), list(cases)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def all_of_them(**fixtures: Any) -> None:
            failed = []
            for case in given:
                values = dict(zip(arguments, case if len(arguments) > 1 else (case,), strict=True))
                try:
                    test(**values, **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    failed.append(f"{', '.join(map(_short, values.values()))}: {type(error).__name__}: {error}")
            assert given, "there is no case"
            if failed:
                pytest.fail(f"{len(failed)} of {len(given)}:\n" + "\n".join(failed), pytrace=False)

        signature = inspect.signature(test)
        kept = [parameter for name, parameter in signature.parameters.items() if name not in arguments]
        all_of_them.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return all_of_them

    return decorate


def _short(value: Any) -> str:
    text = str(getattr(value, "name", value))
    return text if len(text) < 80 else f"{text[:80]} …"


# Files of tests by the time they take, longest first: the last ones to be handed out are short, and all processes end
# at the same time. Where a file is missing here it comes after them.
LONGEST = (
    "measured_pages",
    "pages",
    "run",
    "pseudonyms",
    "hostile",
    "dossiers",
    "engine",
    "environment",
    "warning",
    "value",
    "work",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; mark what looks at the reports of the demo, to be left out by `-m`."""
    rank = {f"test_{name}": at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))
    for item in items:
        if "demo_reports" in getattr(item, "fixturenames", ()):
            item.add_marker("demo")


def until(condition: Callable[[], object]) -> None:
    """Wait for an event, as long as it takes."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def missing(tool: str, why: str) -> None:
    """Skip a test for want of a tool; fail it where KAMLAB_REQUIRE names the tool."""
    if tool in REQUIRED:
        pytest.fail(f"{tool} is required: {why}")
    pytest.skip(f"{tool}: {why}")


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Return the path of a file of the public data sets (KAMLAB_DATA, default ../shared/data)."""
    folder = Path(os.environ.get("KAMLAB_DATA", ROOT.parent / "shared" / "data"))

    def find(name: str) -> Path:
        if not (folder / name).is_file():
            missing("data", f"{name} is not in {folder}, set KAMLAB_DATA")
        return (folder / name).resolve()

    return find


@pytest.fixture(scope="session")
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

    return lambda *arguments, cwd=None: commands.run(*arguments, cwd=cwd or tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _findings_can_be_said() -> Iterator[None]:
    """See that every finding that any test makes has all the values of its sentence, whatever is counted."""
    made = Result.__init__

    def checked(self: Result, *arguments: Any, **values: Any) -> None:
        made(self, *arguments, **values)
        assert unsaid((*self.findings, *(self.basis.choices if self.basis else ()))) == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Result, "__init__", checked)
        yield


def once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that one test process fills and all use."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():
            make(folder)
            (folder / "done").touch()
    return folder


def succeeds(*arguments: str, cwd: Path, **environment: str) -> None:
    done = commands.run(*arguments, "--lang", "both", "--quiet", cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr


SOMEBODY = "wqyzv0uu"  # whose name no page may tell


def somebody(folder: Path) -> dict[str, str]:
    """Return the environment of a user whose name, home and folder of temporary files would be known again."""
    places = {name: str(folder / f"{SOMEBODY}-{name}") for name in ("home", "tmp")}
    for place in places.values():
        Path(place).mkdir(exist_ok=True)
    names = dict.fromkeys(("USER", "LOGNAME", "USERNAME"), f"{SOMEBODY}-user")
    return names | {"HOME": places["home"], "USERPROFILE": places["home"], "TMPDIR": places["tmp"]}


@pytest.fixture(scope="session")
def demo_reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the demo once for all test processes, in both languages, as somebody; return its reports folder."""
    made = once(tmp_path_factory, SOMEBODY, lambda at: succeeds("run", "-e", "demo", cwd=at, **somebody(at)))
    return made / "reports" / "demo"


@pytest.fixture(scope="session")
def demo_dossiers(tmp_path_factory: pytest.TempPathFactory, demo_reports: Path) -> Path:
    """Return a copy of the demo's reports with the dossiers of the three largest accounts."""

    def make(folder: Path) -> None:
        shutil.copytree(demo_reports, folder / "reports" / "demo")
        succeeds("dossier", "-e", "demo", "--top", "3", cwd=folder)

    return once(tmp_path_factory, "the-dossiers", make) / "reports" / "demo"


@pytest.fixture(scope="session")
def retail_reports(tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]) -> Path:
    """Run Online Retail II once for all test processes, with a dossier, and return its reports folder."""
    ledger = real_data("online_retail_ii/online_retail_II.parquet")

    def make(folder: Path) -> None:
        shutil.copyfile(ROOT / "data" / "online_retail_ii" / "engagement.yml", folder / "engagement.yml")
        for command in (["run"], ["dossier", "--top", "1"]):
            succeeds(*command, "-e", ".", "--set", f"sources.transactions.path={ledger}", cwd=folder)

    return once(tmp_path_factory, "online-retail", make) / "reports"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the measures of the pages, whichever process took them."""
    reports = [report for each in ("passed", "failed") for report in terminalreporter.getreports(each)]
    found = [value for report in reports for name, value in report.user_properties if name == "measures"]
    if found:
        terminalreporter.section("pages: the most of a page in any language, of printed type the least")
        terminalreporter.write_line(f"{'':28}" + "".join(f"{name:>10}" for name in IN_THE_TABLE) + "  too much")
    for page, numbers, beyond in sorted(found):
        measures = "".join(f"{numbers[name]:>10g}" for name in IN_THE_TABLE)
        others = ", ".join(f"{name} {value:g}" for name, value in beyond.items() if name not in IN_THE_TABLE)
        terminalreporter.write_line(f"{page:28}{measures}  {others}")


@pytest.fixture(scope="session")
def sold() -> Callable[..., Sales]:
    """Make the sales of a year out of revenue per account; `before` is that of the year before."""

    def make(
        revenue: Mapping[str, float],
        before: Mapping[str, float] | None = None,
        margin: Mapping[str, float] | None = None,
        without_lines: Sequence[str] = (),
        names: Mapping[str, str] | None = None,
    ) -> Sales:
        ids = sorted({*revenue, *(before or {}), *without_lines})
        empty = dict.fromkeys(ids, float("nan"))
        columns = {
            "lines": {name: int(name in revenue) for name in ids},
            "revenue": dict(revenue),
            "contribution_margin": margin or empty,
            "revenue_now": dict(revenue),
            "contribution_margin_now": margin or empty,
            "revenue_before": before or {},
            "contribution_margin_before": empty,
        }
        accounts = pd.DataFrame({"account_id": ids})
        accounts["in_master"] = [name in without_lines for name in ids]
        accounts["name"] = [(names or {}).get(name, f"Kunde {name}") for name in ids]
        for column, values in columns.items():
            accounts[column] = [values.get(name, 0.0) for name in ids]
        accounts["lines"] = accounts["lines"].astype("int64")
        never = pd.Series(pd.NaT, index=accounts.index, dtype="datetime64[ns]")
        accounts = accounts.assign(key_account_since=never, key_account_until=never)
        total = sum((Decimal(str(value)) for value in revenue.values()), Decimal(0))
        nothing = Decimal(0)
        periods = [Period(start=date(year, 1, 1), end=date(year, 12, 31)) for year in (2025, 2024)]
        booked = accounts[accounts["lines"] > 0]
        return Sales(
            accounts=accounts,
            sites=booked.assign(site_id=booked["account_id"])[
                ["site_id", "account_id", "name", "lines", "revenue", "contribution_margin"]
            ].reset_index(drop=True),
            comparison=None if before is None else (periods[0], periods[1]),
            has_margin=margin is not None,
            basis=Basis(
                period=periods[0],
                rows=RowTally(read=len(revenue), used=len(revenue), left_out=0, rejected=0),
                revenue=RevenueTally(read=total, used=total, left_out=nothing, rejected=nothing),
            ),
            as_of=date(2025, 12, 31),
            currency="EUR",
        )

    return make
