"""Contracts that ended, end or are tendered: which are listed, with which margin, and how it is said."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from kamlab.report import sentence
from kamlab.results import Finding, from_folder
from kamlab.selection.contract_ends import contract_ends
from kamlab.text import LANGUAGES, Language, Words

DAY = pd.Timestamp("2025-12-31")
ACCOUNTS = pd.DataFrame({"account_id": ["1", "2"], "margin_12": [400.0, 90.0], "revenue_12": [1000.0, 300.0]})
ACCOUNTS = ACCOUNTS.assign(value=[900.0, 200.0])
NAMES = pd.Series({"1": "Eins GmbH", "2": "Zwei AG"})
listed = partial(contract_ends, day=DAY, accounts=ACCOUNTS, names=NAMES)


def entered(*rows: dict[str, object]) -> pd.DataFrame:
    one = {"account_id": "1", "site_id": "1", "kind": "framework", "start": date(2023, 1, 1), "annual_value": 500.0}
    one |= {"end": date(2030, 12, 31), "tender_date": None}
    return pd.DataFrame([one | {"contract_id": f"V{at}"} | row for at, row in enumerate(rows, 1)])


def states(*rows: dict[str, object]) -> dict[str, str]:
    return listed(entered(*rows)).set_index("contract_id")["state"].to_dict()


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"end": date(2024, 12, 31)}, None),  # more than a year ago
        ({"end": date(2025, 1, 1)}, "ended"),
        ({"end": date(2025, 12, 31)}, "ended"),  # on the very day
        ({"end": date(2026, 1, 1)}, "ends"),
        ({"end": date(2026, 12, 31)}, "ends"),
        ({"end": date(2027, 1, 1)}, None),
        ({"tender_date": date(2026, 6, 1)}, "tender"),
        ({"tender_date": date(2025, 12, 31)}, None),  # over
        ({"tender_date": date(2027, 1, 1)}, None),
        ({"tender_date": date(2026, 6, 1), "end": date(2026, 12, 31)}, "ends"),
        ({"kind": "none", "end": date(2025, 12, 31)}, None),  # binds nobody
        ({"kind": "none", "tender_date": date(2026, 6, 1)}, "tender"),
        ({"end": date(2026, 6, 30), "annual_value": None}, "ends"),
    ],
)
def test_twelve_months_back_and_twelve_ahead(changes: dict[str, object], state: str | None) -> None:
    assert states(changes).get("V1") == state


LATER = {"start": date(2026, 1, 1), "end": date(2028, 12, 31)}


@pytest.mark.parametrize(
    ("later", "is_over"),
    [
        (LATER, False),
        (LATER | {"start": date(2025, 7, 1)}, False),  # made anew before the end
        (LATER | {"start": date(2023, 1, 1)}, True),  # beside it, not after it
        (LATER | {"site_id": "7"}, True),  # of another site
        (LATER | {"account_id": "2", "site_id": "2"}, True),
        (LATER | {"kind": "none"}, True),
    ],
)
def test_a_contract_that_a_later_one_goes_on_from_has_not_ended(later: dict[str, object], is_over: bool) -> None:
    assert (states({"end": date(2025, 12, 31)}, later).get("V1") == "ended") is is_over


def test_a_successor_that_is_over_itself_saves_nothing() -> None:
    ended = {"end": date(2025, 6, 30)}, {"start": date(2025, 7, 1), "end": date(2025, 12, 31)}
    assert states(*ended) == {"V1": "ended", "V2": "ended"}


def test_the_margin_is_the_contracts_share_of_what_the_account_brought() -> None:
    soon = {"end": date(2026, 6, 30)}
    rows = [soon, soon | {"annual_value": 2000.0}, soon | {"account_id": "2"}, soon | {"account_id": "9"}]
    found = listed(entered(*rows)).set_index("contract_id")
    assert found.loc["V3", "contribution_margin"] == 90  # 500 agreed, 300 bought: all of it
    assert found["contribution_margin"].round(4).to_dict() | {"V4": None} == {"V1": 80, "V2": 320, "V3": 90, "V4": None}
    assert found.index.tolist() == ["V2", "V3", "V1", "V4"]
    assert (found.loc["V4", "name"], found.loc["V1", "name"]) == ("9", "Eins GmbH")
    assert found["value"].head(3).tolist() == [900, 200, 900]


def test_no_contract_is_an_empty_list_with_its_columns() -> None:
    assert listed(entered({}).head(0)).columns.tolist()[-2:] == ["contribution_margin", "value"]


def test_the_demo_names_what_ends(demo_reports: Path) -> None:
    """2.6 million a year ended on the reporting date; the contracts of twenty accounts end within a year."""
    result = from_folder(demo_reports / "results" / "customer_value")
    found = result.tables["contract_ends"]
    ended, ends = (found[found["state"] == state] for state in ("ended", "ends"))
    assert (len(ended), ended["annual_value"].sum(), set(ended["end"])) == (7, 2_618_000, {DAY})
    assert (ends["account_id"].nunique(), len(ends), set(found["state"])) == (20, 20, {"ended", "ends"})
    said = {finding.key.removeprefix("customer_value."): sentence(finding, Words("de")) for finding in result.findings}
    assert said["title_ends"].startswith(
        "Bis 31.12.2026 enden die Verträge von 20 Kunden, auf die 17\xa0Mio.\xa0€ von 46"
    )
    assert said["contracts_ended"].startswith("7 Verträge über 2,6\xa0Mio.\xa0€ im Jahr sind")
    assert "zuerst bei Fjellvind Lyftteknik ApS, Hallerloh" in said["do.ended"]
    assert said["do.ends"].startswith("Verhandeln Sie mit 20 Kunden")
    assert said["do.tenders"].startswith("Bereiten Sie die Ausschreibungen von 13 Kunden vor")
    assert said["do.unusual"].startswith("Fragen Sie bei 3 Kunden nach")
    assert said["do.unbound"].startswith("Sprechen Sie mit Tannbek Japan K.K., Süderbek Packsysteme AG und")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 2])
def test_one_is_said_as_one(language: Language, count: int) -> None:
    known = {"count": count, "amount": 1e6, "value": 2e6, "at_end": 1e6, "until": date(2026, 12, 31)}
    known |= {"date": date(2026, 6, 1), "names": ["Eins GmbH"]}
    keys = ["contracts_ended", "contracts_ended_bare", "title_ends", "do.ended", "do.ends", "do.tenders"]
    said = [sentence(Finding(key=f"customer_value.{key}", values=known), Words(language)) for key in keys]
    many = re.compile("Verträge|Ausschreibungen|2 Kunden|contracts|tenders|2 customers")
    assert all(bool(many.search(text)) for text in said) is (count == 2)
    assert any(many.search(text) for text in said) is (count == 2)
