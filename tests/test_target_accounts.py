"""Target accounts: who is in, enters, waits and leaves; the line, two years, decisions by hand, and the draw."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import exp
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from selecting import measured, scored

from kamlab import report
from kamlab.report.decision import _verdict
from kamlab.results import Result
from kamlab.selection import portfolio, target_accounts
from kamlab.selection.fair_start import detectable, draw
from kamlab.selection.procedures import agreement, appraisal, choices
from kamlab.text import LANGUAGES, Words

OF_CHARTER = ["fits", "failing", "rules_met", "rules"]
CRITERIA = [("Wachstum", "attractiveness", 0.5, "growth"), ("Produkte", "complexity", 0.5, None)]
# Ranks by (growth + product complexity): A, B, C, D, E; B and E are key accounts today. Two places.
LEDGER: dict[str, dict[str, Any]] = {
    "A": {"revenue": 500.0, "contribution_margin": 100.0, "growth": 0.9},
    "B": {"revenue": 300.0, "contribution_margin": 60.0, "growth": 0.8, "is_key_account": True, "hours": 100.0},
    "C": {"revenue": 200.0, "contribution_margin": 20.0, "growth": 0.7},
    "D": {"revenue": 100.0, "contribution_margin": 10.0, "growth": 0.6},
    "E": {"revenue": 100.0, "contribution_margin": 10.0, "growth": 0.1, "is_key_account": True, "hours": 300.0},
}
RATED = {name: {"Wachstum": own["growth"], "Produkte": own["growth"]} for name, own in LEDGER.items()}
RATED["E"] = {"Wachstum": 0.1, "Produkte": 0.75}
hours = st.integers(0, 300)
quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def hand(places: int = 2, scoring: Result | None = None, ledger: Any = None, **more: Any) -> Result:
    return target_accounts(measured(ledger or LEDGER), scoring or scored(RATED, CRITERIA, places), **more)


def then(**growth: float) -> Any:
    """Make the measures of a year before, in which some accounts grew otherwise."""
    return measured({name: own | {"growth": growth.get(name, own["growth"])} for name, own in LEDGER.items()}, year=1)


def statuses(result: Result) -> dict[str, str]:
    accounts = result.tables["accounts"]
    return dict(zip(accounts["account_id"], accounts["status"], strict=True))


def decided(*rows: tuple[str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["account_id", "decision", "date"])
    return frame.assign(date=pd.to_datetime(frame["date"]), reason="Beschluss")


def test_hand_case_with_two_places_a_key_account_two_years_below_the_line_leaves() -> None:
    result = hand(before=then())
    assert statuses(result) == {"B": "stays", "A": "enters", "E": "leaves", "C": "not_selected", "D": "not_selected"}
    assert result.tables["accounts"]["proposal"].tolist() == ["in", "in", "out", "out", "out"]
    numbers = result.key_numbers
    assert [numbers[name] for name in ("selected", "entered", "left", "probation")] == [2, 1, 1, 0]
    assert numbers["margin_share"] == pytest.approx(160 / 200)


def test_a_key_account_one_year_below_the_line_stays_on_probation() -> None:
    result = hand(before=then(E=1.0))
    assert statuses(result)["E"] == "probation"
    # it keeps its place: B stays, E too, so that A has to wait
    assert statuses(result)["A"] == "waits"


def test_without_a_year_before_nobody_leaves_for_being_below() -> None:
    result = hand()
    assert statuses(result)["E"] == "probation"
    assert "target_accounts.choice.one_year" in [choice.key for choice in result.basis.choices]


def test_the_line_is_where_the_hours_end() -> None:
    # one key account takes 200 hours on average, B 100: B and A fit into 300
    result = hand(before=then(), capacity_hours=300.0)
    assert statuses(result)["A"] == "enters"
    assert result.key_numbers["hours"] == 300.0
    fewer = statuses(hand(before=then(), capacity_hours=299.0))
    assert (fewer["A"], fewer["B"]) == ("waits", "stays")  # who is not below the line does not leave for a newcomer


def test_more_hours_let_more_in() -> None:
    result = hand(before=then(), capacity_hours=500.0)
    assert [name for name, status in statuses(result).items() if status == "enters"] == ["A", "C"]


def test_hours_nobody_knows_do_not_limit_the_list() -> None:
    ledger = {name: own | {"hours": np.nan} for name, own in LEDGER.items()}
    result = hand(ledger=ledger, before=then(), capacity_hours=300.0)
    assert result.key_numbers["capacity_hours"] is None
    assert "target_accounts.choice.no_hours" in [choice.key for choice in result.basis.choices]


def test_a_knock_out_keeps_out_and_makes_leave() -> None:
    scoring = scored(RATED, CRITERIA, 2, knocked_out={"A": "Zahlung", "B": "Zahlung"})
    found = statuses(hand(scoring=scoring, before=then()))
    assert (found["A"], found["B"], found["C"]) == ("not_selected", "leaves", "enters")


def test_a_decision_by_hand_outranks_and_keeps_what_was_computed() -> None:
    result = hand(before=then(), decisions=decided(("D", "in", "2025-11-01"), ("B", "out", "2025-11-01")))
    accounts = result.tables["accounts"].set_index("account_id")
    assert accounts.loc["D", ["status", "computed", "by"]].tolist() == ["enters", "not_selected", "decision"]
    assert accounts.loc["B", ["status", "computed", "by"]].tolist() == ["leaves", "stays", "decision"]
    assert result.finding("target_accounts.hand.decided").values == {"count": 2, "against": 2}  # type: ignore[union-attr]


def test_of_several_decisions_the_last_one_counts() -> None:
    result = hand(before=then(), decisions=decided(("A", "in", "2025-11-02"), ("A", "watch", "2025-11-01")))
    assert statuses(result)["A"] == "enters"


def test_who_is_taken_in_by_hand_takes_a_place() -> None:
    assert statuses(hand(before=then(), decisions=decided(("D", "in", "2025-11-01"))))["A"] == "waits"


def test_a_large_simple_account_does_not_enter_however_many_points_it_has() -> None:
    rated = {**RATED, "A": {"Wachstum": 1.0, "Produkte": 0.4}, "C": {"Wachstum": 0.1, "Produkte": 0.8}}
    scoring = scored(rated, CRITERIA, 2)
    own = measured(LEDGER)
    others = {"portfolio": portfolio(own, scoring)}
    result = target_accounts(own, scoring, then(), others)
    assert statuses(result)["A"] == "not_selected"
    because = result.tables["accounts"].set_index("account_id")["coverage_model"]
    assert (because["A"], because["C"]) == ("large_account", "key_account")


def test_an_account_that_nobody_scored_stays_for_now() -> None:
    rated = {name: own for name, own in RATED.items() if name != "E"}
    result = hand(scoring=scored(rated, CRITERIA, 2), before=then())
    assert statuses(result)["E"] == "probation"
    assert "stays_unscored" in result.tables["list"].set_index("account_id").loc["E", "because"]


def test_a_key_account_that_bought_nothing_in_the_period_is_still_on_the_list() -> None:
    own = measured(LEDGER)
    silent = own.sales.accounts.tail(1).assign(account_id="S", name="Stumm", lines=0, revenue=0.0)
    everyone = pd.concat([own.sales.accounts.assign(lines=1), silent], ignore_index=True)
    result = target_accounts(
        replace(own, sales=replace(own.sales, accounts=everyone)), scored(RATED, CRITERIA, 2), then()
    )
    assert statuses(result)["S"] == "probation"
    assert result.key_numbers["key_accounts_today"] == 3


def test_accounts_without_positive_revenue_are_counted_out_loud() -> None:
    result = hand(ledger=LEDGER | {"F": {"revenue": -7.5}}, before=then())
    assert "F" not in statuses(result)
    said = next(c for c in result.basis.choices if c.key == "target_accounts.choice.not_positive")
    assert said.values == {"count": 1, "revenue": -7.5}


def test_without_key_accounts_the_list_begins_from_nothing() -> None:
    ledger = {name: own | {"is_key_account": False} for name, own in LEDGER.items()}
    result = hand(ledger=ledger)
    assert result.findings[0].key == "target_accounts.title_first"
    assert result.key_numbers["entered"] == 2
    assert "is_key_account" not in result.tables["lists"]["procedure"].tolist()
    assert result.finding("target_accounts.margin_first")
    assert result.finding("target_accounts.no_key_accounts")


def test_without_margin_revenue_is_told() -> None:
    ledger = {
        name: {key: value for key, value in own.items() if key != "contribution_margin"} for name, own in LEDGER.items()
    }
    result = hand(ledger=ledger)
    assert result.key_numbers["margin_share"] is None
    assert result.finding("target_accounts.revenue")
    assert not result.finding("target_accounts.margin")


def test_nobody_to_select_is_said() -> None:
    ledger = {"X": {"revenue": 5.0}}
    assert hand(ledger=ledger).findings[0].key == "target_accounts.title_none"


@pytest.mark.parametrize("charter", [True, False], ids=["charter", "alone"])
def test_nobody_with_positive_revenue_is_an_empty_list(charter: bool) -> None:
    own = measured({"X": {"revenue": -5.0}})
    none = pd.DataFrame({"account_id": pd.Series(dtype="str"), **{name: [] for name in OF_CHARTER}})
    others = {"charter": Result("charter", None, "EUR", own.sales.basis, tables={"accounts": none})} if charter else {}
    scoring = scored({"X": {"Produkte": 1.0}}, CRITERIA, 2)
    scoring = replace(scoring, tables={name: table.head(0) for name, table in scoring.tables.items()})
    result = target_accounts(own, scoring, None, others)
    assert result.findings[0].key == "target_accounts.title_none"
    assert result.tables["list"].empty


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_account_of_the_list_has_its_reason_in_words(language: Any) -> None:
    from kamlab.report.tables import explained

    result = hand(before=then(), decisions=decided(("D", "watch", "2025-11-01")), capacity_hours=300.0)
    shown = [explained(result.tables[name], Words(language)) for name in ("list", "off_list", "why_not")]
    said = pd.concat(shown).set_index("account_id")["because"]
    assert sorted(said.index) == ["A", "B", "D", "E"]  # no procedure chooses C
    assert all(text.endswith(".") and "{" not in text for text in said)
    assert "Beschluss" in said["D"]


def test_the_definition_is_named_only_where_it_is_not_met() -> None:
    charter = pd.DataFrame({"account_id": ["A", "B"], "fits": [True, False], "failing": ["zwei Länder", "zwei Länder"]})
    charter = charter.assign(rules_met=[2, 1], rules=2)
    met = Result("charter", None, "EUR", measured(LEDGER).sales.basis, tables={"accounts": charter})
    because = hand(before=then(), others={"charter": met}).tables["list"].set_index("account_id")["because"]
    assert ["fails_definition" in because[name] for name in ("A", "B")] == [False, True]


def test_negative_hours_are_refused() -> None:
    with pytest.raises(ValueError, match="hours are not negative"):
        hand(capacity_hours=-1.0)


def test_inputs_stay_as_they_are() -> None:
    own, scoring = measured(LEDGER), scored(RATED, CRITERIA, 2)
    before = own.accounts.copy(), scoring.tables["accounts"].copy()
    target_accounts(own, scoring, then())
    pd.testing.assert_frame_equal(own.accounts, before[0])
    pd.testing.assert_frame_equal(scoring.tables["accounts"], before[1])


# The procedures side by side


def frame(**columns: list[Any]) -> pd.DataFrame:
    length = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{at:02d}" for at in range(length)], name="account_id"))


def test_a_procedure_that_orders_chooses_the_largest_ties_by_account_id() -> None:
    found = choices(frame(revenue=[5.0, 7.0, 5.0, 1.0]), pd.DataFrame(), 2)
    assert found.chosen["revenue"].tolist() == [True, True, False, False]


def test_what_nobody_knows_is_no_procedure() -> None:
    found = choices(frame(revenue=[1.0, 2.0], customer_value=[np.nan, np.nan], fits=[pd.NA, pd.NA]), pd.DataFrame(), 1)
    assert list(found.chosen.columns) == ["revenue"]


def test_rank_correlation_of_opposite_orders_is_minus_one() -> None:
    accounts = frame(revenue=[1.0, 2, 3, 4, 5], score=[9.0, 8, 7, 6, 5])
    pair = agreement(choices(accounts, pd.DataFrame(), 2), accounts).iloc[0]
    assert (pair["rank_correlation"], pair["both"], pair["either"]) == (pytest.approx(-1.0), 0, 4)


def test_too_few_accounts_have_no_rank_correlation() -> None:
    accounts = frame(revenue=[1.0, 2, 3, 4], score=[9.0, 8, 7, 6])
    assert np.isnan(agreement(choices(accounts, pd.DataFrame(), 2), accounts)["rank_correlation"].iloc[0])


def test_procedures_that_order_alike_are_one_opinion_which_half_of_them_speak_for() -> None:
    accounts = frame(
        revenue=[9.0, 8, 7, 6, 5, 4],
        contribution_margin=[9.0, 7, 8, 6, 5, 4],
        customer_value=[9.0, 8, 7, 6, 5, 4],
        score=[1.0, 2, 3, 4, 5, 6],
    )
    found = choices(accounts, pd.DataFrame(), 2)
    # Spearman of one exchange among six: 1 - 6 * 2 / (6 * 35) = 0.943 with revenue; revenue and value order the same
    assert found.opinions == (("revenue", "customer_value"), ("contribution_margin",), ("score",))
    assert found.votes.tolist() == [2, 1, 1, 0, 1, 1]
    assert appraisal(found, accounts["revenue"], accounts["score"] > 4)["opinion"].tolist() == [1, 2, 3, 1]


def test_todays_list_is_no_opinion() -> None:
    accounts = frame(revenue=[2.0, 1.0], is_key_account=[True, False])
    found = choices(accounts, pd.DataFrame(), 1)
    assert (found.count, found.votes.tolist()) == (1, [1, 0])


def test_procedures_without_a_rank_are_one_opinion_where_they_choose_the_same() -> None:
    accounts = frame(fits=[True, True, False], key_account_model=[True, True, False], revenue=[1.0, 2.0, 3.0])
    assert ("key_account_model", "fits") in choices(accounts, pd.DataFrame(), 1).opinions


def test_who_is_knocked_out_is_chosen_by_no_procedure() -> None:
    result = hand(scoring=scored(RATED, CRITERIA, 2, knocked_out={"A": "Zahlung"}), before=then())
    chosen = result.tables["chosen_by"].set_index("account_id")
    assert "A" not in chosen.index
    assert result.tables["accounts"].set_index("account_id").loc["A", "votes"] == 0
    assert chosen.loc["E", "by_is_key_account"]
    # B is the largest that may be chosen: nothing small is chosen by revenue
    assert result.tables["procedures"].set_index("procedure").loc["revenue", "small"] == 0


# What the list brings and costs, and what speaks against it


def test_effect_and_cost_of_the_list_beside_todays_and_a_plain_abc() -> None:
    # 200 of margin; the list is A and B, today's B and E, the two largest A and B; A is the largest newcomer
    ledger = LEDGER | {"A": LEDGER["A"] | {"hours": 40.0, "cost_to_serve": 400.0}}
    result = hand(ledger=ledger, before=then(), hourly_rate=Decimal(10))
    rows = result.tables["lists"].set_index("procedure")
    assert rows["margin_share"][["list", "is_key_account", "contribution_margin"]].tolist() == [0.8, 0.35, 0.8]
    without = rows["margin_share_without"][["list", "is_key_account", "contribution_margin"]]
    assert without.tolist() == [0.3, 0.35, 0.3]
    # hours of key accounts are known, A takes their mean of 200: (200 + 100) * 10 and (100 + 300) * 10
    assert rows["cost"][["list", "is_key_account"]].tolist() == [3000.0, 4000.0]
    said = result.finding("target_accounts.brings.without_less")
    assert said
    assert said.values["name"] == "Kunde A"
    spent = result.finding("target_accounts.brings.spent")
    assert spent
    assert spent.values == {"count": 1, "spent": 400.0}


def test_a_known_cost_stands_before_hours_at_a_rate_and_without_a_rate_nothing_is_made_up() -> None:
    ledger = LEDGER | {"B": LEDGER["B"] | {"cost_to_serve": 1234.0}}
    own = hand(ledger=ledger, before=then(), hourly_rate=Decimal(10)).tables["accounts"].set_index("account_id")
    assert own["cost"][["A", "B"]].tolist() == [2000.0, 1234.0]
    assert np.isnan(hand(ledger=ledger, before=then()).tables["lists"]["cost"].iloc[0])


def test_what_speaks_against_the_proposal_is_listed_by_account() -> None:
    basis = measured(LEDGER).sales.basis

    def other(name: str, **tables: pd.DataFrame) -> Result:
        return Result(name, None, "EUR", basis, tables=tables)

    day = pd.Timestamp(2026, 6, 30)
    ends = {"name": "", "contract_id": "V", "kind": "framework", "annual_value": 1.0, "contribution_margin": 1.0}
    ends |= {"value": 1.0, "tender_date": pd.NaT}
    contracts = [{"account_id": "E", "state": "ends", "end": day}, {"account_id": "C", "state": "ends", "end": day}]
    definition = pd.DataFrame({"account_id": ["A"], "fits": False, "failing": "x", "rules_met": 1, "rules": 2})
    goals = pd.DataFrame({"level": "account", "account_id": ["B", "E"], "standing": ["reached", "open"]})
    others = {
        "charter": other("charter", accounts=definition),
        "portfolio": other(
            "portfolio",
            accounts=pd.DataFrame({"account_id": ["B"], "coverage_model": ["large_account"], "quadrant": ["maintain"]}),
        ),
        "customer_value": other(
            "customer_value",
            accounts=pd.DataFrame({"account_id": ["A"], "value": [1.0]}),
            contract_ends=pd.DataFrame([ends | row for row in contracts]),
        ),
        "kam_goals": other("kam_goals", progress=goals),
    }
    result = hand(before=then(), others=others)
    against = result.tables["conflicts"].set_index("account_id")["because"].to_dict()
    assert against == {
        "B": "conflict_little_effort conflict_simple",
        "A": "conflict_definition conflict_no_goal",
        "E": "conflict_contract conflict_goals",
    }
    # C is neither on the list nor leaves it
    assert result.tables["contracts"]["account_id"].tolist() == ["E"]
    assert hand(before=then()).tables["conflicts"].empty


# The list as it is shown

WORDS = {language: Words(language) for language in LANGUAGES}


def listed(result: Result, language: Any = "de") -> list[list[str]]:
    """Return the rows of the list on the page, as texts."""
    soup = BeautifulSoup(report.decision_list(result, WORDS[language]), "html.parser")
    (table,) = soup.select("table.decision")
    return [[cell.get_text().replace("\xa0", " ") for cell in row.find_all(["th", "td"])] for row in table.select("tr")]


def test_one_list_has_all_that_change_before_those_that_stay_with_their_numbers() -> None:
    definition = pd.DataFrame({"account_id": ["A", "B"], "fits": [False, True], "failing": ["x", ""]})
    definition = definition.assign(rules_met=[1, 2], rules=2)
    charter = Result("charter", None, "EUR", measured(LEDGER).sales.basis, tables={"accounts": definition})
    result = hand(before=then(), others={"charter": charter})
    head, *rows = listed(result)
    assert head == ["Kunde", "Vorschlag", "Rang · Punkte", "stabil", "Definition · Verfahren", "Stunden (KAM)", "DB, €"]
    # opinions: revenue, margin and score agree, the definition is another; nobody knocked out
    assert [row[:2] for row in rows] == [
        ["Kunde A", "neu: Definition verfehlt"],
        ["Kunde E", "scheidet aus: zweimal unter der Linie"],
        ["Kunde B", "bleibt: über der Linie"],
    ]
    assert [row[2][:3] for row in rows] == ["1 ·", "5 ·", "2 ·"]
    assert [row[4].partition(" · ")[0] for row in rows] == ["1/2", "–", "2/2"]
    assert [row[5:] for row in rows] == [["200", "100"], ["300", "10"], ["100", "60"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reason_in_the_list_has_at_most_eight_words(language: Any) -> None:
    against = [f"conflict_{code}" for code in ("definition", "little_effort", "simple", "no_goal")]
    for because in ("stays", "leaves", "probation", "watch", "waits_hours", "decided_in", "stays_unscored"):
        row = {"status": "enters", "because": because, "against": " ".join(against), "knock_out": None}
        said = _verdict(row, WORDS[language]).partition(": ")[2]
        assert 4 <= len(said.split()) <= 8


def test_the_whole_reason_tells_what_speaks_against_it_and_quotes_the_rules_of_the_client() -> None:
    definition = pd.DataFrame({"account_id": ["A"], "fits": False, "failing": "zwei Länder; <b>", "rules_met": 0})
    charter = Result(
        "charter", None, "EUR", measured(LEDGER).sales.basis, tables={"accounts": definition.assign(rules=2)}
    )
    shown = report.decision_list(hand(before=then(), others={"charter": charter}), WORDS["en"])
    fold = BeautifulSoup(shown, "html.parser").details.get_text()
    assert fold.count('Does not meet our own definition: "zwei Länder", "<b>".') == 1


def test_two_accounts_of_one_name_are_told_apart_by_their_number() -> None:
    result = hand(before=then())
    same = {name: result.tables[name].assign(name="Zwilling") for name in ("list", "off_list", "conflicts")}
    rows = listed(replace(result, tables={**result.tables, **same}))[1:]
    assert [row[0] for row in rows] == ["Zwilling (A)", "Zwilling (E)", "Zwilling (B)"]


def test_without_hours_and_margin_the_list_shows_revenue() -> None:
    ledger = {name: {"revenue": own["revenue"], "growth": own["growth"]} for name, own in LEDGER.items()}
    head, *rows = listed(hand(ledger=ledger))
    assert head == ["Kunde", "Vorschlag", "Rang · Punkte", "stabil", "Definition · Verfahren", "Umsatz, €"]
    assert [row[-1] for row in rows] == ["500", "300"]


def test_with_nobody_to_decide_on_there_is_no_list() -> None:
    assert report.decision_list(hand(ledger={"X": {"revenue": 5.0}}), WORDS["de"]) == ""


# A fair start


def test_the_same_number_draws_the_same_waves_whatever_the_order() -> None:
    candidates = pd.DataFrame({"account_id": list("gfedcba")})
    one, other = draw(candidates, 7), draw(candidates.iloc[::-1], 7)
    pd.testing.assert_frame_equal(one, other)
    assert one["wave"].tolist() == [1, 1, 1, 1, 2, 2, 2]
    assert draw(candidates, 8)["account_id"].tolist() != one["account_id"].tolist()


def test_every_candidate_has_the_same_chance() -> None:
    candidates = pd.DataFrame({"account_id": list("abcdef")})
    first = [set(d.loc[d["wave"] == 1, "account_id"]) for d in (draw(candidates, seed) for seed in range(600))]
    counts = [sum(name in wave for wave in first) for name in "abcdef"]
    assert all(240 < count < 360 for count in counts)  # 300 each, give or take five deviations


def test_detectable_effect_of_a_known_spread() -> None:
    # spread 0.2, two waves of 8: (1.28155 + 0.84162) · 0.2 · sqrt(1/8 + 1/8) in log points
    changes = pd.Series([-0.2, 0.2, -0.2, 0.2]) * (0.75**0.5)
    assert changes.std() == pytest.approx(0.2)
    assert detectable(changes, 8, 8) == pytest.approx(exp(2.12317 * 0.2 * 0.5) - 1, abs=1e-5)


@pytest.mark.parametrize(("before", "key"), [((80.0, 125.0), "detectable"), ((1.0, 9000.0), "undetectable")])
def test_an_effect_beyond_all_revenue_is_not_promised(before: tuple[float, float], key: str) -> None:
    ledger = {
        f"{at:02d}": {"revenue": 100.0 - at, "growth": 0.5, "revenue_now": 100.0, "revenue_before": before[at % 2]}
        for at in range(10)
    }
    rated = {name: {"Wachstum": own["growth"], "Produkte": 0.5} for name, own in ledger.items()}
    result = hand(scoring=scored(rated, CRITERIA, 3, in_circle=dict.fromkeys(ledger, 0.5)), ledger=ledger)
    drawn = [finding.key for finding in result.findings if finding.key.startswith("target_accounts.draw.")]
    assert drawn == ["target_accounts.draw.drawn", f"target_accounts.draw.{key}"]


def test_four_borderline_accounts_are_drawn_three_are_not() -> None:
    ledger = {f"{at}": {"revenue": 100.0 - at, "growth": 0.5} for at in range(4)}
    rated = {name: {"Wachstum": own["growth"], "Produkte": 0.5} for name, own in ledger.items()}
    scoring = scored(rated, CRITERIA, 3, in_circle=dict.fromkeys(ledger, 0.5))
    assert sorted(hand(scoring=scoring, ledger=ledger).tables["draw"]["wave"]) == [1, 1, 2, 2]
    scoring = scored(rated, CRITERIA, 3, in_circle=dict.fromkeys(list(ledger)[:3], 0.5) | {"3": 0.0})
    assert "draw" not in hand(scoring=scoring, ledger=ledger).tables


@quick
@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), st.integers(0, 8), st.booleans(), st.integers(0, 300)), min_size=1, max_size=20
    ),
    st.integers(0, 2000),
)
def test_newcomers_never_exceed_the_hours(rows: list[tuple[int, int, bool, int]], capacity: int) -> None:
    ledger = {
        f"{at:03d}": {"revenue": float(r[0]), "growth": r[1] / 8, "is_key_account": r[2], "hours": float(r[3])}
        for at, r in enumerate(rows)
    }
    rated = {name: {"Wachstum": own["growth"], "Produkte": own["growth"]} for name, own in ledger.items()}
    result = hand(
        ledger=ledger, scoring=scored(rated, CRITERIA, 3), capacity_hours=float(capacity), hours_per_account=50.0
    )
    accounts = result.tables["accounts"]
    kept = accounts.loc[accounts["status"].isin(["stays", "probation"]), "hours"].sum()
    new = accounts.loc[accounts["status"] == "enters", "hours"].sum()
    assert not capacity or new == 0 or kept + new <= capacity
    today = accounts["is_key_account"].sum()
    assert result.key_numbers["selected"] == today + result.key_numbers["entered"] - result.key_numbers["left"]
