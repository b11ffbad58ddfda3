"""Corporate groups: proposals out of the master data, the list for review, merging what is answered with yes."""

from __future__ import annotations

import io
import random
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from conftest import SETTINGS
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kamlab.engagement import Engagement
from kamlab.facts import Facts, prepare
from kamlab.facts.names import likeness, mail_domain, read_address, read_name, read_vat_id
from kamlab.facts.proposals import COLUMNS, Proposal, central_payers, propose
from kamlab.facts.review_list import ListedAccount, review_list
from kamlab.facts.reviews import merge
from kamlab.facts.sales import sales
from kamlab.report.group_list import group_list
from kamlab.results import Finding, Period
from kamlab.tables import TABLES
from kamlab.text import Language, Words

Opened = Callable[..., Engagement]


def sites(*described: dict[str, Any]) -> pd.DataFrame:
    """Make identities: a site is its own group and has revenue 1 unless it says otherwise."""
    rows = [{"account_id": site["site_id"], "revenue": 1.0} | site for site in described]
    frame = pd.DataFrame(rows).reindex(columns=[*COLUMNS, "revenue"])
    return frame.astype(dict.fromkeys(COLUMNS, "str")).assign(master_group=frame["account_id"].astype("str"))


def proposed(*described: dict[str, Any]) -> list[set[str]]:
    return [set(proposal.accounts) for proposal in propose(sites(*described))]


def named(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"site_id": str(number), "name": name} | more for number, name in enumerate(names, 1)]


# Names


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Muster GmbH", "Muster AG"),
        ("Muster GmbH & Co. KG", "MUSTER G.m.b.H. und Co KG"),
        ("Müller Söhne KG", "Mueller & Soehne SE"),
        ("Kalinnica Przenośniki Sp. z o.o.", "Kalinnica Przenosniki S.A."),
        ("Torrelunga S.r.l.", "Torrelunga S.p.A."),
        ("Muster Ges.m.b.H.", "Muster Gesellschaft mbH"),
        ("Björknes A/S", "Björknes Oy"),
        ("Muster GmbH, Werk Köln", "Muster GmbH"),
        ("Muster Niederlassung Graz", "Muster Ltd."),
        ("Muster B.V.", "Muster SARL"),
        ("Muster Deutschland GmbH", "Muster Inc."),
    ],
)
def test_names_are_compared_without_legal_form_place_and_spelling_of_umlauts(left: str, right: str) -> None:
    one, other = read_name(left), read_name(right)
    assert one
    assert other
    assert likeness(one, other) == 1


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Bauer AG", "Baur AG"),
        ("Löhnloh Verpackungstechnik", "Röthloh Verpackungstechnik"),
        ("Stahl Nord", "Glas Nord"),
    ],
)
def test_names_that_only_look_alike_are_not_equal(left: str, right: str) -> None:
    one, other = read_name(left), read_name(right)
    assert one
    assert other
    assert likeness(one, other) < 0.9


def test_a_city_counts_only_at_the_beginning_of_a_name() -> None:
    one = read_name("Dresden Papier GmbH", {"dresden"})
    other = read_name("Muster Dresden GmbH", {"dresden"})
    assert one
    assert other
    assert (one.plain, other.plain) == (("dresden", "papier"), ("muster",))


@pytest.mark.parametrize("nothing", [None, "", " - ", "&"])
def test_a_name_without_words_is_none(nothing: str | None) -> None:
    assert read_name(nothing) is None


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("einkauf@Nord.Muster.DE", "muster.de"),
        ("https://www.muster.co.uk/kontakt", "muster.co.uk"),
        ("muster.de", "muster.de"),
        ("a@muster.de; b@gmail.com", "muster.de"),
        ("max@gmail.com", None),
        ("max@web.de", None),
        ("max@t-online.de", None),
        ("max@yahoo.co.uk", None),
        ("max@gmx.at", None),
        ("k.A.", None),
        ("", None),
        (None, None),
    ],
)
def test_the_company_s_domain_is_taken_and_free_mail_is_none(text: str | None, domain: str | None) -> None:
    assert mail_domain(text) == domain


def test_addresses_and_vat_ids_have_one_spelling() -> None:
    assert (
        len({read_address(*a) for a in [("Hauptstraße 5", "01067"), ("HAUPTSTR. 5", "1067"), ("Haupt Str 5", "01067")]})
        == 1
    )
    assert read_address("Postfach 12", "01067") is None
    assert read_vat_id("DE 123 456.789") == read_vat_id("de123456789")
    assert [read_vat_id(text) for text in ("DE000000000", "k.A.", "", None)] == [None] * 4


# Proposals


def test_accounts_with_equal_names_are_proposed_with_the_largest_as_head() -> None:
    (proposal,) = propose(
        sites(*named("Muster GmbH", "Fremd AG"), {"site_id": "3", "name": "MUSTER KG", "revenue": 5.0})
    )
    assert [member.account_id for member in proposal.members] == ["3", "1"]
    assert proposal.members[1].evidence == (Finding(key="groups.like_name", values={"share": 1.0}),)
    assert proposal.revenue == 6


def test_what_is_one_group_already_is_not_proposed() -> None:
    assert proposed(*named("Muster GmbH", "Muster AG", account_id="G")) == []


def test_a_group_counts_as_one_and_brings_all_its_revenue() -> None:
    group = [site | {"account_id": "G"} for site in named("Muster GmbH", "Zweig AG")]
    (proposal,) = propose(sites(*group, {"site_id": "9", "name": "Muster KG", "revenue": 1.5}))
    assert [(m.account_id, m.site_id) for m in proposal.members] == [("G", "1"), ("9", "9")]
    assert proposal.revenue == 3.5


@pytest.mark.parametrize(
    ("shared", "key"),
    [({"vat_id": "DE123456789"}, "same_vat_id"), ({"domain": "konzern.com"}, "same_domain")],
)
def test_a_shared_vat_id_or_mail_domain_is_enough(shared: dict[str, str], key: str) -> None:
    (proposal,) = propose(sites(*named("Alpha GmbH", "Beta AG", **shared)))
    assert [finding.key for finding in proposal.members[1].evidence] == [f"groups.{key}"]


def test_equal_names_with_different_vat_ids_are_still_proposed() -> None:
    one, other = named("Muster Vertriebs GmbH", "Muster Produktions GmbH")
    assert proposed(one | {"vat_id": "DE111222333"}, other | {"vat_id": "DE444555666"}) == [{"1", "2"}]


def test_equal_names_are_not_enough_where_vat_id_and_domain_both_differ() -> None:
    one, other = named("Schmidt GmbH", "Schmidt KG")
    one |= {"vat_id": "DE111222333", "domain": "schmidt-nord.de"}
    assert proposed(one, other | {"vat_id": "DE444555666", "domain": "schmidt-sued.de"}) == []


def test_an_address_alone_is_not_enough_but_supports_a_name() -> None:
    place = {"street": "Werkstr. 1", "postal_code": "01067"}
    assert proposed(*named("Alpha GmbH", "Beta AG", **place)) == []
    assert proposed(*named("Muster Pumpenbau", "Muster Kolbenringe", **place)) == [{"1", "2"}]


def test_a_domain_that_unlike_companies_share_is_a_service_unless_it_bears_the_name_of_one() -> None:
    names = ("Alpha GmbH", "Beta AG", "Gamma KG", "Delta SE")
    assert proposed(*named(*names, domain="rechnungsportal.de")) == []
    assert proposed(*named(*names, domain="alpha.de")) == [{"1", "2", "3", "4"}]


def test_a_rare_leading_word_is_enough_and_a_line_of_business_is_not() -> None:
    assert proposed(*named("Rochelande Emballage", "Rochelande Kartonagen")) == [{"1", "2"}]
    assert proposed(*named("Stadtwerke Aue", "Stadtwerke Bonn")) == []


def test_a_word_that_many_names_have_blocks_nothing() -> None:
    assert (
        proposed(*named(*(f"Wagner {word}" for word in ["Alm", "Bach", "Curt", "Dorn", "Eck", "Fels", "Gau", "Hag"])))
        == []
    )


def test_a_chain_is_not_one_proposal() -> None:
    chain = [
        {"site_id": "1", "name": "Alpha GmbH", "domain": "alpha.de", "revenue": 9.0},
        {"site_id": "2", "name": "Beta AG", "domain": "alpha.de", "vat_id": "DE123456789", "revenue": 5.0},
        {"site_id": "3", "name": "Gamma KG", "vat_id": "DE123456789"},
    ]
    assert proposed(*chain) == [{"1", "2"}, {"2", "3"}]


def test_what_was_seen_side_by_side_is_not_proposed_again_even_over_a_third() -> None:
    frame = sites(*named("Muster GmbH", "Muster AG", "Muster KG"))
    found = [set(proposal.accounts) for proposal in propose(frame, [frozenset({"1", "2"})])]
    assert found == [{"1", "3"}, {"2", "3"}]


def test_without_names_or_with_one_account_there_is_nothing_to_propose() -> None:
    assert proposed({"site_id": "1"}, {"site_id": "2"}) == []
    assert proposed({"site_id": "1", "name": "Muster"}) == []


# Buying associations

ASSOCIATION = [
    {"site_id": "1", "name": "Alpha GmbH", "payer_id": "900", "domain": "verband.de"},
    {"site_id": "2", "name": "Beta AG", "payer_id": "900", "domain": "verband.de"},
    {"site_id": "3", "name": "Gamma KG", "payer_id": "900"},
    {"site_id": "900", "name": "Alpha Einkaufsverband eG", "domain": "verband.de"},
]


def test_a_payer_of_accounts_with_unlike_names_is_central_and_never_proposed() -> None:
    described = [site | {"name": str(site["name"]).replace("Alpha Ein", "Ein")} for site in ASSOCIATION]
    assert central_payers(sites(*described)) == ["900"]
    assert not any("900" in accounts for accounts in proposed(*described))


def test_a_payer_of_its_own_group_or_namesakes_is_not_central() -> None:
    assert central_payers(sites(*named("Muster A", "Muster B", "Fremd", payer_id="900"))) == []
    group = named("Alpha", "Beta", payer_id="900", account_id="900")
    assert central_payers(sites(*group, {"site_id": "900", "name": "Holding"})) == []


def test_a_payer_that_is_paid_by_itself_only_is_not_central() -> None:
    assert central_payers(sites({"site_id": "1", "name": "Alpha", "payer_id": "1"})) == []


def test_a_shared_payer_supports_names_and_is_nothing_without() -> None:
    (proposal,) = propose(sites(*named("Muster A", "Muster B", "Muster C", payer_id="900")))
    assert all(member.evidence[-1].key == "groups.same_payer" for member in proposal.members[1:])
    assert proposed(*named("Alpha", "Beta", payer_id="900")) == []


# Right-sized and independent of the order


def many(count: int) -> pd.DataFrame:
    chance = random.Random(7)
    syllables = [a + b for a in ("ma", "be", "to", "ke", "su", "wa") for b in ("r", "n", "l")]
    stems = ["".join(chance.choices(syllables, k=3)).title() for _ in range(count // 4)]
    lines = ["Maschinenbau", "Logistik", "Elektro", "Pumpen"]
    rows = [
        {
            "site_id": f"{number:06d}",
            "name": f"{chance.choice(stems)} {chance.choice(lines)} {chance.choice(['GmbH', 'AG', 'KG'])}",
            "vat_id": f"DE{chance.randrange(10**9):09d}",
            "postal_code": f"{chance.randrange(50):05d}",
            "street": f"Hauptstr. {chance.randrange(9)}",
            "revenue": float(chance.randrange(10**6)),
        }
        for number in range(count)
    ]
    return sites(*rows)


def test_thousands_of_accounts_fall_into_proposals_tied_to_their_heads() -> None:
    proposals = propose(many(5000))
    assert 500 < len(proposals) < 3000
    assert max(len(proposal.members) for proposal in proposals) < 100
    assert all(member.evidence for proposal in proposals for member in proposal.members[1:])
    assert [p.revenue for p in proposals] == sorted((p.revenue for p in proposals), reverse=True)


@given(seed=st.integers(0, 10**6))
@settings(derandomize=True, max_examples=15, deadline=None)
def test_the_order_of_the_rows_plays_no_part(seed: int) -> None:
    frame = many(120)
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    assert propose(shuffled) == propose(frame)


# The list for review

NONE = pd.DataFrame(columns=["proposal", "account_id", "decision", "note"])


def reviews(*rows: tuple[str, str, str | None] | tuple[str, str, str | None, str]) -> pd.DataFrame:
    return pd.DataFrame([(*row, None)[:4] for row in rows], columns=NONE.columns, dtype=object)


def listed(frame: pd.DataFrame, earlier: pd.DataFrame = NONE) -> list[ListedAccount]:
    return review_list(frame, earlier, lambda number: f"V-{number:03d}")


def shown(rows: list[ListedAccount]) -> list[tuple[str, str, str | None]]:
    return [(row.proposal, row.account_id, row.decision) for row in rows]


TWO_PAIRS = sites(
    *named("Muster GmbH", "Muster AG"),
    {"site_id": "3", "name": "Probe KG", "revenue": 5.0},
    {"site_id": "4", "name": "Probe SE", "revenue": 2.0},
)


def test_the_largest_proposal_stands_first_with_the_revenue_of_the_whole() -> None:
    rows = listed(TWO_PAIRS)
    assert shown(rows) == [("V-001", "3", None), ("V-001", "4", None), ("V-002", "1", None), ("V-002", "2", None)]
    assert [row.at_stake for row in rows] == [7, 7, 2, 2]
    assert [(row.level, row.group, row.sites) for row in rows[:2]] == [(None, None, 1), ("high", None, 1)]


def test_an_answered_proposal_stays_below_as_it_is_and_is_not_proposed_again() -> None:
    rows = listed(TWO_PAIRS, reviews(("X-9", "3", "no"), ("X-9", "4", "no")))
    assert shown(rows) == [("V-010", "1", None), ("V-010", "2", None), ("X-9", "3", "no"), ("X-9", "4", "no")]
    assert [row.is_open for row in rows] == [True, True, False, False]
    assert rows[3].evidence[0].key == "groups.like_name"


def test_later_and_half_answered_proposals_stay_open() -> None:
    rows = listed(
        TWO_PAIRS, reviews(("V-001", "3", "later"), ("V-001", "4", None), ("V-002", "1", "yes"), ("V-002", "2", None))
    )
    assert shown(rows) == [("V-001", "3", "later"), ("V-001", "4", None), ("V-002", "1", "yes"), ("V-002", "2", None)]
    assert all(row.is_open for row in rows)


def test_a_note_is_kept_without_a_decision() -> None:
    rows = listed(TWO_PAIRS, reviews(("V-005", "1", None, "fragen"), ("V-005", "2", None)))
    assert [(row.proposal, row.note) for row in rows[2:]] == [("V-005", "fragen"), ("V-005", None)]


def test_an_unanswered_proposal_keeps_its_number_if_its_accounts_are_the_same() -> None:
    earlier = reviews(("V-001", "1", None), ("V-001", "2", None), ("V-002", "8", None), ("V-002", "9", None))
    assert [row.proposal for row in listed(TWO_PAIRS, earlier)] == ["V-003", "V-003", "V-001", "V-001"]


def test_a_new_account_is_proposed_with_a_group_that_a_yes_has_made() -> None:
    merged = sites(*named("Muster GmbH", "Muster AG"), {"site_id": "3", "name": "Muster KG"})
    merged.loc[[0, 1], "account_id"] = "1"
    rows = listed(merged, reviews(("V-001", "1", "yes"), ("V-001", "2", "yes")))
    assert shown(rows)[:2] == [("V-002", "1", None), ("V-002", "3", None)]
    assert (rows[0].group, rows[0].sites, rows[0].revenue) == ("1", 2, 2)
    assert shown(rows)[2:] == [("V-001", "1", "yes"), ("V-001", "2", "yes")]
    assert [row.group for row in rows[2:]] == [None, None]


def test_an_account_that_is_no_more_keeps_its_row() -> None:
    rows = listed(TWO_PAIRS, reviews(("V-001", "1", "no"), ("V-001", "77", "no")))
    assert ("V-001", "77", "no") in shown(rows)


# The workbook

YEAR = Period(start="2025-01-01", end="2025-12-31")  # type: ignore[arg-type]


def cells(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize(
    ("language", "headings", "answer"),
    [
        ("de", ["Vorschlag", "Entscheidung", "Kundennummer"], "nein"),
        ("en", ["Proposal", "Decision", "Customer number"], "no"),
    ],
)
def test_the_workbook_has_the_headings_and_words_of_the_contract(
    language: Language, headings: list[str], answer: str
) -> None:
    rows = listed(TWO_PAIRS, reviews(("V-001", "1", "no"), ("V-001", "2", None)))
    book = cells(group_list(rows, YEAR, Words(language)))
    assert book[0][:3] == headings
    assert book[0][-1] == getattr(TABLES["group_reviews"].column("note").label, language)
    assert [row[:3] for row in book[3:]] == [["V-001", answer, "1"], ["V-001", "", "2"]]


def test_the_workbook_keeps_zeros_and_runs_no_formula() -> None:
    frame = sites({"site_id": "007", "name": "=cmd|'/c calc'!A1"}, {"site_id": "008", "name": "=cmd|'/c calc'!A1"})
    content = group_list(listed(frame), YEAR, Words("de"))
    assert [row[2:4] for row in cells(content)[1:]] == [["007", "=cmd|'/c calc'!A1"], ["008", "=cmd|'/c calc'!A1"]]
    assert content == group_list(listed(frame), YEAR, Words("de"))


def test_an_empty_list_is_a_workbook_with_headings_only() -> None:
    assert len(cells(group_list([], YEAR, Words("en")))) == 1


# Merging


def merged(
    groups: dict[str, str], *rows: tuple[str, str, str | None], central: tuple[str, ...] = (), **booked: int
) -> Any:
    revenue = {number.removeprefix("n"): Decimal(amount) for number, amount in booked.items()}
    found, notes = merge(groups, reviews(*rows), revenue, central)
    return found, [(note.code, note.values["names"]) for note in notes]


ALONE = {"1": "1", "2": "2", "3": "3"}


def test_yes_in_one_proposal_makes_one_group_under_the_number_of_the_largest() -> None:
    found, notes = merged(ALONE, ("V", "1", "yes"), ("V", "2", "yes"), ("W", "3", "yes"), ("W", "9", None), n1=1, n2=5)
    assert found == {"1": "2", "2": "2", "3": "3"}
    assert notes == [("KL-W126", ["W"])]


def test_two_yes_on_one_account_are_still_alone() -> None:
    found, notes = merged(ALONE, ("V", "1", "yes"), ("V", "1", "yes"), ("V", "2", "no"))
    assert found == ALONE
    assert notes == [("KL-W126", ["V"])]


def test_of_groups_of_one_size_the_smallest_number_stays() -> None:
    assert merged(ALONE, ("V", "3", "yes"), ("V", "2", "yes"), n2=1, n3=1)[0]["3"] == "2"


def test_whole_groups_are_united_by_site_or_by_group_number() -> None:
    groups = {"1": "G", "2": "G", "3": "H", "4": "H"}
    for account in ("4", "H"):
        found, _ = merged(groups, ("V", "1", "yes"), ("V", account, "yes"), n1=1, n2=3, n3=2, n4=1)
        assert set(found.values()) == {"G"}


@pytest.mark.parametrize("decision", ["no", "later", None])
def test_without_a_yes_nothing_is_merged(decision: str | None) -> None:
    assert merged(ALONE, ("V", "1", decision), ("V", "2", decision)) == (ALONE, [])


def test_proposals_that_share_an_account_make_one_group() -> None:
    found, _ = merged(ALONE, ("V", "1", "yes"), ("V", "2", "yes"), ("W", "2", "yes"), ("W", "3", "yes"), n3=1)
    assert set(found.values()) == {"3"}


def test_an_unknown_account_and_a_buying_association_are_noted_and_left_apart() -> None:
    found, notes = merged(
        ALONE, ("V", "1", "yes"), ("V", "3", "yes"), ("V", "88", "yes"), ("V", "2", "yes"), central=("2",)
    )
    assert found == {"1": "1", "2": "2", "3": "1"}
    assert notes == [("KL-W127", ["88"]), ("KL-W128", ["2"])]


def test_a_no_that_other_answers_override_is_noted() -> None:
    rows = [
        ("V", "1", "yes"),
        ("V", "2", "yes"),
        ("W", "2", "yes"),
        ("W", "3", "yes"),
        ("X", "1", "no"),
        ("X", "3", None),
    ]
    assert merged(ALONE, *rows)[1] == [("KL-W123", ["X"])]


@given(
    st.lists(
        st.tuples(st.sampled_from("VWX"), st.sampled_from("123456"), st.sampled_from(["yes", "no", None])), max_size=12
    )
)
@settings(derandomize=True, max_examples=60, deadline=None)
def test_merging_only_ever_unites_and_leaves_no_site_out(rows: list[tuple[str, str, str | None]]) -> None:
    groups = {"1": "1", "2": "G", "3": "G", "4": "4", "5": "4"}
    found, _ = merge(groups, reviews(*rows), {"3": Decimal(2)}, ())
    assert found.keys() == groups.keys()
    assert found["2"] == found["3"]
    assert found["4"] == found["5"]
    assert set(found.values()) <= set(groups.values())


# From the command line and back

ACCOUNTS = """account_id;name;vat_id;payer_id
0001;Muster Pumpen GmbH;DE123456789;
0002;Muster Vertrieb AG;DE123456789;
0003;Fremd KG;;
"""


@pytest.fixture
def client(folder: Path) -> Path:
    (folder / "kunden.csv").write_text(ACCOUNTS, encoding="utf-8")
    (folder / "engagement.yml").write_text(SETTINGS + "  accounts: {path: kunden.csv}\n", encoding="utf-8")
    return folder


def test_the_command_writes_the_list_and_says_which_lines_to_add(
    client: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    before = (client / "engagement.yml").read_bytes()
    done = kamlab("groups", "-e", client)
    assert done.returncode == 0, done.stderr
    assert "1 offener Vorschlag" in done.stdout
    assert "  group_reviews:\n    path: inputs/gruppen.xlsx" in done.stdout
    assert (client / "engagement.yml").read_bytes() == before
    book = cells((client / "inputs" / "gruppen.xlsx").read_bytes())
    assert [row[:4] for row in book[1:]] == [
        ["V-001", "", "0001", "Muster Pumpen GmbH"],
        ["V-001", "", "0002", "Muster Vertrieb AG"],
    ]
    assert book[2][10].startswith("gleiche USt-IdNr.")


def test_the_command_speaks_english(client: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = kamlab("groups", "-e", client, "--lang", "en")
    assert "1 open proposal" in done.stdout
    assert cells((client / "inputs" / "groups.xlsx").read_bytes())[0][0] == "Proposal"


@pytest.mark.parametrize("accounts", [None, "account_id\n0001\n"])
def test_without_names_the_command_says_what_it_needs(
    folder: Path, accounts: str | None, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    if accounts:
        (folder / "kunden.csv").write_text(accounts, encoding="utf-8")
        (folder / "engagement.yml").write_text(SETTINGS + "  accounts: {path: kunden.csv}\n", encoding="utf-8")
    done = kamlab("groups", "-e", folder)
    assert (done.returncode, "KL-S340" in done.stderr) == (2, True)
    assert not (folder / "inputs").exists()


def test_refused_data_leave_no_list(client: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    (client / "kunden.csv").write_text(ACCOUNTS + "0003;Fremd KG;;\n", encoding="utf-8")
    done = kamlab("groups", "-e", client)
    assert (done.returncode, "KL-E218" in done.stderr) == (3, True)
    assert not (client / "inputs").exists()


def answer(
    file: Path, *answers: str, headings: tuple[str, ...] = ("proposal", "account_id", "decision", "note")
) -> None:
    """Write an answered list of one proposal as a user would leave it."""
    file.parent.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        rows = [("V-004", f"000{number}", word, "so") for number, word in enumerate(answers, 1)]
        for line, row in enumerate([headings, *rows]):
            sheet.write_row(line, 0, row)


def answered(client: Path) -> None:
    text = (client / "engagement.yml").read_text(encoding="utf-8")
    (client / "engagement.yml").write_text(text + "  group_reviews: {path: inputs/gruppen.xlsx}\n", encoding="utf-8")


def test_a_yes_of_the_list_merges_and_no_revenue_is_lost_or_doubled(client: Path, opened: Opened) -> None:
    before = sales(prepare(opened())).accounts
    answer(client / "inputs" / "gruppen.xlsx", "ja", "ja")
    answered(client)
    facts = prepare(opened())
    after = sales(facts).accounts
    assert after["account_id"].tolist() == ["0001", "0003"]
    assert after["revenue"].sum() == before["revenue"].sum() == 3200
    for table in (facts.months, facts.orders, facts.items):
        assert table.revenue.sum().to_pyarrow().as_py() == Decimal(3200)


def test_run_again_the_command_keeps_answers_and_the_list_as_it_was(
    client: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    file = client / "inputs" / "gruppen.xlsx"
    answer(file, "nein", "nein")
    left = file.read_bytes()
    done = kamlab("groups", "-e", client)
    assert done.returncode == 0, done.stderr
    assert "Kein offener Vorschlag" in done.stdout
    assert "gruppen_vorher.xlsx" in done.stdout
    assert (file.parent / "gruppen_vorher.xlsx").read_bytes() == left
    written = [(*row[:3], row[-1]) for row in cells(file.read_bytes())[1:]]
    assert written == [("V-004", "nein", "0001", "so"), ("V-004", "nein", "0002", "so")]
    assert kamlab("groups", "-e", client, "--lang", "en").returncode == 0
    assert [row[1] for row in cells(file.read_bytes())[1:]] == ["no", "no"]


def test_a_list_that_the_settings_name_is_written_in_its_place_whatever_the_case_of_its_ending(
    client: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    text = (client / "engagement.yml").read_text(encoding="utf-8")
    (client / "engagement.yml").write_text(text + "  group_reviews: {path: inputs/LISTE.XLSX}\n", encoding="utf-8")
    answer(client / "inputs" / "LISTE.XLSX", "nein", "nein")
    done = kamlab("groups", "-e", client)
    assert done.returncode == 0, done.stderr
    assert "group_reviews" not in done.stdout
    assert sorted(file.name for file in (client / "inputs").iterdir()) == ["LISTE.XLSX", "LISTE_vorher.XLSX"]


def test_a_list_with_a_cell_that_is_no_answer_stays_as_it_is(
    client: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    file = client / "inputs" / "gruppen.xlsx"
    answer(file, "ja", "vielleicht")
    left = file.read_bytes()
    done = kamlab("groups", "-e", client)
    assert done.returncode == 3
    assert file.read_bytes() == left


def prepared(facts: Facts) -> list[Proposal]:
    return propose(facts.identities.assign(revenue=1.0))


def test_of_an_address_only_the_domain_reaches_the_facts(client: Path, opened: Opened) -> None:
    (client / "kunden.csv").write_text("account_id;name;email\n0001;A;max.muster@firma.de\n", encoding="utf-8")
    facts = prepare(opened())
    assert facts.identities["domain"].tolist() == ["firma.de"]
    assert not {"email", "vat_id", "street"} & set(facts.sites.columns)
    assert prepared(facts) == []


def test_a_workbook_that_other_sources_read_is_never_replaced(
    folder: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (folder / "eingaben.xlsx").write_bytes(b"as it was")
    sheets = "  accounts: {path: 'ein*.xlsx', sheet: Kunden}\n  group_reviews: {path: eingaben.xlsx, sheet: Gruppen}\n"
    (folder / "engagement.yml").write_text(SETTINGS + sheets, encoding="utf-8")
    done = kamlab("groups", "-e", folder)
    assert (done.returncode, "KL-S341" in done.stderr, "accounts" in done.stderr) == (2, True, True)
    assert (folder / "eingaben.xlsx").read_bytes() == b"as it was"
