"""Numbers that do not find each other are noted with their revenue and a remedy; successors count as one product."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from conftest import SETTINGS
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from kamlab.data import readiness
from kamlab.engagement import Engagement
from kamlab.errors import Problem
from kamlab.facts import Facts, prepare
from kamlab.facts.keys import account_notes, loosened
from kamlab.facts.master import follow
from kamlab.facts.sales import sales
from kamlab.ingest import Ingested
from kamlab.report import sentence
from kamlab.text import Words

Opened = Callable[..., Engagement]


@pytest.fixture
def client(folder: Path, opened: Opened) -> Callable[..., Facts]:
    """Prepare a small engagement whose further tables are given as text; the ledger knows 0001, 0002 and 0003."""

    def make(*, columns: str = "", **tables: str) -> Facts:
        settings = SETTINGS.replace("      account_id: Kundennr\n", columns or "      account_id: Kundennr\n")
        ledger = tables.pop("ledger", None)
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
            if f"  {name}:" not in settings:
                settings += f"  {name}: {{path: {name}.csv}}\n"
        return prepare(opened(settings=settings, ledger=ledger))

    return make


def noted(facts: Facts, *codes: str) -> list[Problem]:
    """Return the notes with these codes, or all but that the last month is not over."""
    return [note for note in facts.state.notes if (note.code in codes if codes else note.code != "KL-W114")]


# The same but for their spelling


@pytest.mark.parametrize(
    ("number", "other"),
    [
        ("4711", "0000004711"),
        ("K-17", "k17"),
        ("K 17", "K-17"),
        ("A\u00a01", "a1"),
        ("Straße", "STRASSE"),
        ("0-1", "1"),
    ],
)
def test_zeros_case_blanks_and_hyphens_do_not_tell_numbers_apart(number: str, other: str) -> None:
    assert loosened(number) == loosened(other)


@pytest.mark.parametrize(("number", "other"), [("4711", "47110"), ("1.2", "12"), ("A1", "B1"), ("10", "1")])
def test_everything_else_does(number: str, other: str) -> None:
    assert loosened(number) != loosened(other)


def test_numbers_that_leading_zeros_keep_apart_are_noted_with_their_revenue(client: Callable[..., Facts]) -> None:
    facts = client(accounts="account_id;name\n1;Eins\n2;Zwei\n0003;Drei\n")
    (note,) = noted(facts, "KL-W122")
    assert note.values == {
        "table": "transactions",
        "other": "accounts",
        "column": "account_id",
        "count": 2,
        "examples": ["0001 / 1", "0002 / 2"],
        "revenue": 3100.5,
        "reason": "keys.zeros",
    }
    assert "account_id: {from: Ihre Überschrift, pattern: '^0*(.+)$'}" in note.message("de")
    assert {"0001", "1"} <= set(facts.sites["site_id"])


def test_the_pattern_that_the_note_names_brings_them_together(client: Callable[..., Facts]) -> None:
    pattern = "      account_id: {from: Kundennr, pattern: '^0*(.+)$'}\n"
    facts = client(columns=pattern, accounts="account_id;name\n1;Eins\n2;Zwei\n3;Drei\n")
    assert noted(facts) == []
    assert facts.sites["name"].tolist() == ["Eins", "Zwei", "Drei"]


def test_the_account_mapping_that_the_note_names_brings_them_together(client: Callable[..., Facts]) -> None:
    accounts = "account_id;name\nk-1;Eins\n0002;Zwei\n0003;Drei\n"
    ledger = "Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg\nK1;05.01.2024;10,00;;A;1\n0002;05.01.2024;1,00;;A;1\n"
    (note,) = noted(client(accounts=accounts, ledger=ledger), "KL-W122")
    assert (note.values["reason"], note.values["revenue"]) == ("keys.spelling", 10)
    facts = client(accounts=accounts, ledger=ledger, account_mapping="old_id;account_id\nK1;k-1\n")
    assert noted(facts, "KL-W122", "KL-W124", "KL-W113") == []


def test_two_spellings_within_the_ledger_are_noted_and_counted_apart(client: Callable[..., Facts]) -> None:
    ledger = "Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg\nA 1;05.01.2024;10,00;;A;1\na-1;05.01.2024;4,00;;A;1\n"
    facts = client(ledger=ledger)
    (note,) = noted(facts, "KL-W124")
    assert (note.values["examples"], note.values["count"], note.values["reason"]) == (["A 1 / a-1"], 1, "keys.spelling")
    assert len(sales(facts).accounts) == 2


def test_spellings_of_a_group_or_a_parent_are_noted(client: Callable[..., Facts]) -> None:
    facts = client(accounts="account_id;group_id;parent_id\n0001;K-7;\n0002;k-7;\n0003;;1\n")
    within, parent = noted(facts, "KL-W122", "KL-W124")
    assert (within.values["column"], within.values["examples"]) == ("group_id", ["K-7 / k-7"])
    assert (parent.values["column"], parent.values["examples"], parent.values["revenue"]) == (
        "parent_id",
        ["1 / 0001"],
        2200,
    )


def test_an_old_number_in_another_spelling_is_noted(client: Callable[..., Facts]) -> None:
    (note,) = noted(client(account_mapping="old_id;account_id\n3;0002\n"), "KL-W122")
    assert (note.values["table"], note.values["examples"]) == ("account_mapping", ["3 / 0003"])


def test_clean_numbers_make_no_note(client: Callable[..., Facts]) -> None:
    facts = client(accounts="account_id;name;parent_id\n0001;A;\n0002;B;0001\n0003;C;0001\n0004;D;\n")
    assert noted(facts) == []


def test_the_readiness_page_says_what_is_the_matter(client: Callable[..., Facts]) -> None:
    result = readiness(client(accounts="account_id\n1\n"))
    said = [sentence(finding, Words("en")) for finding in result.findings if finding.key == "error.KL-W122"]
    assert len(said) == 1
    assert "leading zeros only" in said[0]


# Unknown to the other side


def test_products_that_the_master_does_not_know_are_noted_with_their_revenue(client: Callable[..., Facts]) -> None:
    facts = client(products="product_id;product_group\nA;Pumpen\n")
    (note,) = noted(facts)
    assert (note.code, note.values["count"], note.values["examples"]) == ("KL-W120", 1, ["B"])
    assert note.values["revenue"] == 900.5
    assert note.values["share"] == pytest.approx(900.5 / 3200)


def test_products_in_another_spelling_are_noted_as_such_only(client: Callable[..., Facts]) -> None:
    facts = client(products="product_id;product_group\nA;Pumpen\nb;Pumpen\n")
    (note,) = noted(facts)
    assert (note.code, note.values["other"], note.values["revenue"]) == ("KL-W122", "products", 900.5)


def test_accounts_of_a_reviewed_list_are_no_orphans_of_a_table(client: Callable[..., Facts]) -> None:
    facts = client(group_reviews="proposal;account_id\nV-1;77\n")
    assert noted(facts) == []


def test_a_buying_association_with_lines_of_its_own_is_noted(client: Callable[..., Facts]) -> None:
    accounts = "account_id;name;payer_id\n0001;Alpha;0003\n0002;Beta;0003\n0003;Verband eG;\n"
    (note,) = noted(client(accounts=accounts))
    assert (note.code, note.values) == ("KL-W125", {"count": 1, "revenue": 99.5, "examples": ["0003"]})


def test_a_payer_without_lines_is_no_news(client: Callable[..., Facts]) -> None:
    accounts = "account_id;name;payer_id\n0001;Alpha;900\n0002;Beta;900\n0003;Gamma;900\n"
    assert noted(client(accounts=accounts)) == []


# Successors of products


def items(facts: Facts) -> dict[str | None, Decimal]:
    sums = facts.items.group_by("product_id").agg(revenue=facts.items.revenue.sum())
    return {row["product_id"]: row["revenue"] for row in sums.to_pyarrow().to_pylist()}


def groups(facts: Facts) -> set[str | None]:
    return set(facts.months.product_group.to_pyarrow().to_pylist())


def test_items_carry_the_newest_number_of_a_product(client: Callable[..., Facts]) -> None:
    facts = client(products="product_id;successor_id\nA;C\nB;\nC;D\nD;\n")
    assert items(facts) == {"D": Decimal("2299.5"), "B": Decimal("900.5")}
    assert noted(facts) == []


def test_a_successor_that_the_master_does_not_know_is_the_newest_all_the_same(client: Callable[..., Facts]) -> None:
    facts = client(products="product_id;successor_id\nA;X9\nB;B\n")
    assert set(items(facts)) == {"X9", "B"}
    assert noted(facts) == []


def test_products_that_lead_in_a_circle_stay_and_are_noted(client: Callable[..., Facts]) -> None:
    facts = client(products="product_id;successor_id\nA;C\nC;A\nB;A\n")
    assert set(items(facts)) == {"A", "B"}
    (note,) = noted(facts)
    assert (note.code, note.values["products"]) == ("KL-W129", ["A", "B", "C"])


@pytest.mark.parametrize(
    ("products", "found"),
    [
        ("product_id;product_group;successor_id\nA;Alt;C\nB;Rest;\nC;Neu;\n", {"Alt", "Rest"}),
        ("product_id;product_group;successor_id\nA;;C\nB;Rest;\nC;;D\nD;Neu;\n", {"Neu", "Rest"}),
        ("product_id;product_group;successor_id\nA;;C\nB;Rest;\nC;;A\n", {None, "Rest"}),
    ],
)
def test_a_product_group_comes_from_the_product_or_else_its_successors(
    client: Callable[..., Facts], products: str, found: set[Any]
) -> None:
    assert groups(client(products=products)) == found


def test_a_product_group_of_the_line_itself_stays(client: Callable[..., Facts]) -> None:
    ledger = "Kundennr;Datum;Umsatz;Kosten;Artikel;Beleg;product_group\n1;05.01.2024;10,00;;A;1;Eigene\n"
    assert groups(client(ledger=ledger, products="product_id;product_group\nA;Andere\n")) == {"Eigene"}


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEFG"), max_size=6))
@limits(derandomize=True, max_examples=80, deadline=None)
def test_every_chain_ends_or_is_a_circle(direct: dict[str, str]) -> None:
    newest, circles = follow(direct)
    assert newest.keys() | set(circles) == direct.keys()
    assert not newest.keys() & set(circles)
    assert not set(newest.values()) & direct.keys()


def test_numbers_of_another_table_that_nobody_knows_are_noted() -> None:
    tables = {
        "transactions": ibis.memtable({"account_id": ["1", "2"], "revenue": [Decimal(5), Decimal(3)]}),
        "plan": ibis.memtable({"account_id": ["1", "01", "G", "8", "9", "old"]}),
    }
    master = pd.DataFrame({"account_id": ["1"], "group_id": ["G"], "parent_id": [None], "payer_id": [None]})
    ingested = Ingested(tables, (), None)
    unknown, spelled = account_notes(ingested, master, {"old": "2"}, {"1": Decimal(5), "2": Decimal(3)})[::-1]
    assert (unknown.code, unknown.values) == ("KL-W121", {"table": "plan", "count": 2, "examples": ["8", "9"]})
    assert (spelled.code, spelled.values["examples"], spelled.values["revenue"]) == ("KL-W122", ["01 / 1"], 5)
    assert "8 und 9" in unknown.message("de")
