"""The planted cases of the demo end where they should, and the page says why."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT

TRUTH = json.loads((ROOT / "data/demo/truth/selection.json").read_text(encoding="utf-8"))
CASES: dict[str, Any] = TRUTH["cases"]


@cache
def accounts(reports: Path, analysis: str, table: str = "accounts") -> pd.DataFrame:
    return pd.read_parquet(reports / "results" / analysis / f"{table}.parquet").set_index("account_id")


def account(case: str) -> str:
    return str(CASES[case]["account_id"])


@pytest.mark.parametrize("case", ["big_simple", "small_complex", "large_by_its_sites"])
def test_each_planted_account_gets_its_coverage_model(demo_reports: Path, case: str) -> None:
    model = accounts(demo_reports, "portfolio").loc[account(case), "coverage_model"]
    assert model == CASES[case]["expected"]["coverage_model"]


def test_a_large_simple_account_is_not_on_the_list_and_the_page_says_why(demo_reports: Path) -> None:
    reasons = accounts(demo_reports, "target_accounts", "why_not").loc[account("big_simple"), "because"]
    assert "other_model" in reasons.split()
    assert "Großkundenmanagement statt Key-Account-Management" in row(demo_reports, "25_target_accounts", "big_simple")


def test_a_small_complex_account_is_watched(demo_reports: Path) -> None:
    assert accounts(demo_reports, "target_accounts").loc[account("small_complex"), "status"] == "watch"
    assert "Potenzial" in row(demo_reports, "25_target_accounts", "small_complex")


def test_a_knock_out_is_named_with_its_criterion(demo_reports: Path) -> None:
    scored = accounts(demo_reports, "scoring").loc[account("knocked_out")]
    assert (scored["status"], scored["knock_out"]) == ("knocked_out", "Zahlungsverhalten")
    assert accounts(demo_reports, "target_accounts").loc[account("knocked_out"), "status"] == "not_selected"
    assert "„Zahlungsverhalten“" in row(demo_reports, "25_target_accounts", "knocked_out")


def test_what_weights_and_what_raters_make_borderline_is_told_apart(demo_reports: Path) -> None:
    """Without the 14 gaps brought to one level it were 14, 6, 19 for raters; weights and both stay as they were."""
    counts = pd.read_parquet(demo_reports / "results/scoring/stability.parquet").set_index("moving")
    assert counts.T.to_dict("list") == {"weights": [15, 3, 21], "raters": [15, 5, 19], "both": [13, 7, 19]}
    made_by = accounts(demo_reports, "scoring", "borderline")["made_by"].value_counts()
    assert made_by.to_dict() == {"raters": 3, "either": 2, "weights": 1, "together": 1}


def test_a_group_whose_sites_are_small_one_by_one_enters(demo_reports: Path) -> None:
    sites = accounts(demo_reports, "concentration", "sites").reset_index()
    largest = sites.sort_values("revenue", ascending=False).head(20)["account_id"]
    assert account("large_by_its_sites") not in largest.tolist()
    assert accounts(demo_reports, "target_accounts").loc[account("large_by_its_sites"), "status"] == "enters"


def test_a_key_account_that_fails_the_own_definition_is_told_so(demo_reports: Path) -> None:
    case = CASES["fails_the_definition"]["expected"]
    found = accounts(demo_reports, "charter").loc[account("fails_the_definition")]
    assert bool(found["is_key_account"])
    assert not bool(found["fits"])
    assert all(rule in found["failing"] for rule in case["failing"])
    said = row(demo_reports, "25_target_accounts", "fails_the_definition")
    assert "Erfüllt die eigene Definition nicht" in said


def test_the_accounts_add_up_to_the_ledger(demo_reports: Path) -> None:
    total = accounts(demo_reports, "target_accounts")["revenue"].sum()
    saved = json.loads((demo_reports / "results/target_accounts/result.json").read_text(encoding="utf-8"))
    assert total == pytest.approx(saved["basis"]["revenue"]["used"])


def row(reports: Path, page: str, case: str) -> str:
    """Return what the rows of a page that name an account say: list, whole reason, or why it is not on the list."""
    name = accounts(reports, "target_accounts").loc[account(case), "name"]
    soup = BeautifulSoup((reports / f"{page}.de.html").read_text(encoding="utf-8"), "html.parser")
    found = [tr.get_text(" ", strip=True) for tr in soup.select("tbody tr") if name in tr.get_text()]
    return " ".join(found).replace("\xa0", " ")
