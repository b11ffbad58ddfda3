"""Running notebooks: kamlab against a loop over the same notebooks with papermill and nbconvert.

    python benchmarks/execution.py [--dossiers N] [--by-hand M]

Three comparisons in one run, facts cached for all: the whole demo in both languages with three dossiers against the two
commands per page; N dossiers against a loop through the Python APIs, of which M are made and their time is taken per
dossier; and a run in which nothing has changed. What counts are the ratios within one run.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import papermill
from nbconvert.exporters import HTMLExporter

from kamlab.engagement import open_engagement
from kamlab.facts import prepare
from kamlab.facts.account import largest_accounts
from kamlab.notebooks import discover

BIN = Path(sys.executable).parent
LANGUAGES = ("de", "en")
SETTINGS = """name: Many accounts
sources:
  transactions:
    path: ledger.csv
    columns:
      {account_id: Kundennr, date: Datum, revenue: Umsatz, cost: Kosten, product_id: Artikel, product_group: Gruppe}
"""


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def command(*arguments: str | Path, cwd: Path) -> None:
    subprocess.run([str(part) for part in arguments], cwd=cwd, check=True, capture_output=True)


def kamlab(*arguments: str, cwd: Path) -> None:
    command(BIN / "kamlab", *arguments, cwd=cwd)


def notebook(name: str) -> Path:
    return next(found.path for found in discover() if found.name == name)


def pages_of(accounts: Iterable[str]) -> list[tuple[Path, dict[str, str]]]:
    """List the notebooks of the whole demo with their parameters: every one in both languages, dossiers per account."""
    once: list[tuple[Path, dict[str, str]]] = [
        (found.path, {}) for found in discover() if found.declaration.per == "engagement"
    ]
    per_account = [(notebook("account_dossier"), {"account": number}) for number in accounts]
    return [(path, {**more, "language": language}) for path, more in [*once, *per_account] for language in LANGUAGES]


def demo_by_commands(accounts: Iterable[str], cwd: Path) -> None:
    """Make every page with the two commands that one has without kamlab."""
    for path, parameters in pages_of(accounts):
        given = [part for name, value in parameters.items() for part in ("-r", name, value)]
        command(BIN / "papermill", path, "executed.ipynb", *given, "--no-progress-bar", cwd=cwd)
        command(BIN / "jupyter", "nbconvert", "--to", "html", "--no-input", "executed.ipynb", cwd=cwd)


def demo_by_kamlab(cwd: Path) -> None:
    kamlab("run", "-e", "demo", "--lang", "both", "--force", "--quiet", cwd=cwd)
    kamlab("dossier", "-e", "demo", "--lang", "both", "--top", "3", "--force", "--quiet", cwd=cwd)


def dossiers_by_hand(home: Path, accounts: Iterable[str]) -> None:
    """Make dossiers in a loop in one process, the exporter made once."""
    exporter = HTMLExporter(exclude_input=True)
    for number in accounts:
        parameters = {"engagement": str(home), "account": number}
        executed = papermill.execute_notebook(
            notebook("account_dossier"), home / "executed.ipynb", parameters, progress_bar=False
        )
        page, _ = exporter.from_notebook_node(executed)
        (home / f"{number}.html").write_text(page, encoding="utf-8")


def many_accounts(home: Path, count: int) -> None:
    """Make an engagement of many accounts: three years, a few orders a month."""
    rng = random.Random(1)
    lines = ["Kundennr;Datum;Umsatz;Kosten;Artikel;Gruppe"]
    for account in range(count):
        size = rng.paretovariate(1.1) * 300
        for _ in range(rng.randint(60, 140)):
            day = f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.choice((2023, 2024, 2025))}"
            cents, product = int(size * rng.uniform(0.5, 1.5) * 100), rng.randint(1, 60)
            revenue, cost = (f"{part // 100},{part % 100:02d}" for part in (cents, cents * 7 // 10))
            lines.append(f"{account:06d};{day};{revenue};{cost};P{product};Gruppe {product % 8}")
    (home / "ledger.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (home / "engagement.yml").write_text(SETTINGS, encoding="utf-8")


def report(what: str, ours: float, theirs: float, aim: float) -> None:
    print(f"{what}: {ours:.1f} s against {theirs:.1f} s, 1/{theirs / ours:.1f} of the time (aim: at most 1/{aim:.0f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dossiers", type=int, default=200)
    parser.add_argument("--by-hand", type=int, default=10)
    wanted = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} processors")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        print(f"kamlab --help: {min(seconds(lambda: kamlab('--help', cwd=place)) for _ in range(3)):.2f} s (aim: 0.4)")
        kamlab("run", "-e", "demo", "--lang", "both", "--quiet", cwd=place)
        os.chdir(place)
        accounts = largest_accounts(prepare(open_engagement("demo")), count=3)
        ours = seconds(lambda: demo_by_kamlab(place))
        report("the demo with three dossiers", ours, seconds(lambda: demo_by_commands(accounts, place)), 8)
        again = seconds(lambda: kamlab("run", "-e", "demo", "--lang", "both", "--quiet", cwd=place))
        print(f"the same again, unchanged: {again:.1f} s (aim: 2)")
        many = place / "many"
        many.mkdir()
        many_accounts(many, wanted.dossiers)
        kamlab("check", "-e", str(many), cwd=place)
        ours = seconds(lambda: kamlab("dossier", "-e", str(many), "--quiet", cwd=place))
        numbers = [f"{number:06d}" for number in range(wanted.by_hand)]
        theirs = seconds(lambda: dossiers_by_hand(many, numbers)) / wanted.by_hand * wanted.dossiers
        report(f"{wanted.dossiers} dossiers", ours, theirs, 5)


if __name__ == "__main__":
    main()
