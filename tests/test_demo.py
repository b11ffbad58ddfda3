"""The demo engagement: what is committed is what its generator writes, and the ledger agrees with the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT

from kamlab.engagement import open_engagement
from kamlab.facts import Facts, prepare

DEMO = ROOT / "data" / "demo"
WRITTEN = sorted(path.relative_to(DEMO) for part in ("inputs", "truth") for path in (DEMO / part).iterdir())


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated")
    command = [sys.executable, DEMO / "generate.py", "--out", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def facts(demo_reports: Path) -> Facts:
    return prepare(open_engagement("demo", [f"reports={demo_reports}"]))  # from the cache of the demo's run


@pytest.fixture(scope="module")
def ledger_truth() -> dict[str, dict[str, float]]:
    return json.loads((DEMO / "truth" / "programme.json").read_text(encoding="utf-8"))["ledger"]


# Byte by byte on Linux, where this is checked; the mathematics library of another system may differ in a last digit.
@pytest.mark.skipif(sys.platform != "linux", reason="the mathematics library may differ in a last digit")
@pytest.mark.parametrize("name", WRITTEN, ids=str)
def test_committed_file_is_what_the_generator_writes(generated: Path, name: Path) -> None:
    assert (generated / name).read_bytes() == (DEMO / name).read_bytes()


def test_generator_writes_nothing_else(generated: Path) -> None:
    assert sorted(path.relative_to(generated) for path in generated.rglob("*") if path.is_file()) == WRITTEN


def test_demo_is_at_most_five_megabytes() -> None:
    committed = subprocess.run(
        ["git", "ls-files", "-z", "data/demo"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    files = [ROOT / name for name in committed if name] or [path for path in DEMO.rglob("*") if path.is_file()]
    assert sum(file.stat().st_size for file in files) <= 5_000_000


def test_groups_agree_with_the_truth_to_the_cent(facts: Facts) -> None:
    orders = facts.orders
    sums = (
        orders.group_by(account_id=orders.account_id, year=orders.date.year())
        .agg(revenue=orders.revenue.sum(), contribution_margin=orders.contribution_margin.sum())
        .to_pandas()
        .set_index(["account_id", "year"])
    )
    truth = pd.read_csv(DEMO / "truth" / "accounts.csv", dtype={"group_id": str}).set_index(["group_id", "year"])
    assert set(sums.index) <= set(truth.index)
    for measure in ("revenue", "contribution_margin"):
        measured = sums[measure].astype(float).reindex(truth.index, fill_value=0.0)
        pd.testing.assert_series_equal(measured.round(2), truth[measure].round(2), check_names=False, atol=0.001)


def test_totals_agree_with_the_truth_by_status(facts: Facts, ledger_truth: dict[str, dict[str, float]]) -> None:
    ledger = next(read for read in facts.state.reads if read.table == "transactions")
    assert ledger.revenue is not None
    found = {part.reason: (part.rows, float(part.revenue)) for part in ledger.left_out}
    found["used"] = (ledger.rows.used, float(ledger.revenue.used))
    assert found.pop("heading_again") == (1, 0.0)  # one of the dirty lines is the heading once more
    found["dirty"] = (ledger.rows.rejected + 1, float(ledger.revenue.rejected))
    found["total"] = (ledger.rows.read, float(ledger.revenue.read))
    statuses = ("used", "dirty", "total", "storniert", "konzernintern", "muster")
    assert found == {name: (ledger_truth[name]["rows"], ledger_truth[name]["revenue"]) for name in statuses}


def test_years_agree_with_the_truth(facts: Facts, ledger_truth: dict[str, dict[str, float]]) -> None:
    rows = {file.name: file.rows for read in facts.state.reads for file in read.files}
    for year in range(2022, 2026):
        assert rows[f"inputs/umsatz_{year}.csv"] == ledger_truth[f"year_{year}"]["rows"]


def test_about_180_groups_with_320_sites_have_sales(facts: Facts) -> None:
    assert facts.orders.account_id.nunique().to_pyarrow().as_py() == pytest.approx(180, abs=5)
    assert len(facts.sites) == pytest.approx(320, abs=15)


def test_period_is_48_complete_months(facts: Facts) -> None:
    assert len(facts.calendar.complete_months) == 48
    assert facts.months.month.nunique().to_pyarrow().as_py() == 48


def test_renumbered_customer_has_its_new_number_only(facts: Facts) -> None:
    old, new, since = (DEMO / "inputs" / "umschluesselung.csv").read_text(encoding="cp1252").split()[1].split(";")
    booked = facts.orders.group_by("site_id").agg(first=facts.orders.date.min(), last=facts.orders.date.max())
    sites = booked.to_pandas().set_index("site_id")
    assert old not in set(facts.sites["site_id"]) | set(facts.accounts["account_id"]) | set(sites.index)
    day = pd.to_datetime(since, dayfirst=True)
    assert pd.Timestamp(sites.loc[new, "first"]) < day <= pd.Timestamp(sites.loc[new, "last"])


def test_old_number_is_really_in_the_export() -> None:
    old = (DEMO / "inputs" / "umschluesselung.csv").read_text(encoding="cp1252").split()[1].split(";")[0]
    lines = (DEMO / "inputs" / "umsatz_2023.csv").read_text(encoding="cp1252").splitlines()
    assert any(line.split(";")[4] == old for line in lines)


def test_every_kind_of_dirt_is_rejected(facts: Facts) -> None:
    values = {reject.value for read in facts.state.reads for reject in read.rejects}
    assert {"k.A.", "00.00.0000", "ca. 20", "folgt", "#NV", "31.02.2024", "15.13.2025", "#DIV/0!"} <= values


def test_demo_says_that_it_is_synthetic() -> None:
    assert "synthetic" in (DEMO / "README.md").read_text(encoding="utf-8")
