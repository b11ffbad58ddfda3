"""Goals: the cascade by hand, what is missing or contradicts, sums, progress, and what the data cannot say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_figures import misplaced

from kamlab.engagement import Engagement
from kamlab.facts import prepare
from kamlab.facts.measures import Measures, measures
from kamlab.facts.pseudonyms import MASKED
from kamlab.facts.sales import Sales
from kamlab.figures import NARROW, WIDE, goal_cascade, goal_progress
from kamlab.report.blocks import sentence, table
from kamlab.results import Period, Result
from kamlab.selection import kam_goals
from kamlab.selection.goal_cascade import COLUMNS, contradictions, linked, sums, walk
from kamlab.text import LANGUAGES, Language, Words

Sold = Callable[..., Sales]
DE = Words("de")
REVENUE = {"1": 500.0, "2": 300.0, "3": 150.0}
MARGIN = {"1": 100.0, "2": 80.0, "3": 15.0}
KNOWN = pd.DataFrame({"account_id": ["1", "2", "3"], "name": ["Kunde 1", "Kunde 2", "Kunde 3"]})
quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)
both_sizes = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


@pytest.fixture
def measure(sold: Sold) -> Callable[..., Measures]:
    """Make the measures of a year with three accounts, of which 1 and 2 are key accounts."""

    def make(keys: Sequence[str] | None = ("1", "2"), with_margin: bool = True, months: int = 12) -> Measures:
        sales = sold(REVENUE, margin=MARGIN if with_margin else None)
        since = [date(2020, 1, 1) if n in (keys or ()) else None for n in sales.accounts["account_id"]]
        everyone = sales.accounts.assign(key_account_since=since, key_account_until=None)
        basis = sales.basis
        if months < 12:
            period = Period(start=date(2025, 1, 1), end=date(2025, months, 28))
            basis = basis.model_copy(update={"period": period})
        return Measures(replace(sales, accounts=everyone, basis=basis), everyone, pd.DataFrame())

    return make


def goal(number: str, level: str = "account", parent: str | None = None, **more: Any) -> dict[str, Any]:
    """Write a complete goal; anything else is said by name."""
    whole = {
        "goal_id": number,
        "level": level,
        "goal": f"Ziel {number}",
        "parent_goal": parent,
        "due": date(2026, 12, 31),
    }
    whole |= {"account_id": "1" if level == "account" else None, "indicator": "Umsatz", "target_value": 600.0}
    whole |= {"owner_role": "KAM-01", "benefit_for": "both", "start_value": 400.0}
    return whole | more


def written(*goals: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(goals, columns=list(COLUMNS)).astype({"start_value": "float64", "target_value": "float64"})


def links(*goals: dict[str, Any]) -> dict[str, str]:
    frame = linked(written(*goals), KNOWN)
    return dict(zip(frame["goal_id"], frame["link"], strict=True))


CASCADE = (
    goal("U", "company", account_id=None),
    goal("V", "sales", "U"),
    goal("K", "kam", "V", start_value=700.0, target_value=1000.0),
    goal("1", "account", "K"),
    goal("2", "account", "K", account_id="2", start_value=250.0, target_value=300.0),
)


def standings(result: Result) -> dict[str, str]:
    return dict(zip(result.tables["progress"]["goal_id"], result.tables["progress"]["standing"], strict=True))


# The cascade


def test_hand_case(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written(*CASCADE))
    counted = {"goals": 5, "complete": 5, "without_owner": 0, "hanging": 0, "contradictions": 0}
    counted |= {"key_accounts": 2, "key_accounts_without_goal": 0}
    assert {name: result.key_numbers[name] for name in counted} == counted
    cascade = result.tables["cascade"]
    assert cascade["goal_id"].tolist() == ["U", "V", "K", "1", "2"]
    assert cascade["depth"].tolist() == [0, 1, 2, 3, 3]
    assert result.findings[0].key == "kam_goals.title_all"


def test_key_account_without_a_goal_is_named(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written(*CASCADE[:-1]))
    assert result.key_numbers["key_accounts_without_goal"] == 1
    found = result.finding("kam_goals.accounts.without")
    assert found is not None
    assert found.values["names"] == ["Kunde 2"]
    assert result.tables["accounts"]["account_id"].tolist() == ["2", "1"]


def test_goal_of_an_account_that_is_no_key_account_gives_no_key_account_a_goal(
    measure: Callable[..., Measures],
) -> None:
    assert kam_goals(measure(), written(goal("1", account_id="3"))).key_numbers["key_accounts_without_goal"] == 2


@pytest.mark.parametrize(
    ("goals", "expected"),
    [
        ((goal("U", "company"), goal("1")), {"U": "top", "1": "no_parent"}),
        ((goal("U", "company"), goal("1", parent="X")), {"U": "top", "1": "unknown_parent"}),
        ((goal("U", "company", "1"), goal("1", parent="U")), {"U": "circle", "1": "circle"}),
        ((goal("1", parent="1"),), {"1": "circle"}),
        ((goal("K", "kam", "1"), goal("1")), {"K": "order", "1": "no_parent"}),
        ((goal("K", "kam"), goal("1", parent="K")), {"K": "top", "1": "linked"}),
        ((goal("U", "company"), goal("1", parent="U")), {"U": "top", "1": "linked"}),
        ((goal("K", "kam"), goal("L", "kam", "K")), {"K": "top", "L": "linked"}),
    ],
    ids=["alone", "unknown", "circle", "itself", "upside down", "no company", "levels left out", "same level"],
)
def test_how_goals_hang(goals: tuple[dict[str, Any], ...], expected: dict[str, str]) -> None:
    assert links(*goals) == expected


def test_below_a_circle_is_no_circle() -> None:
    found = links(goal("a", "kam", "b"), goal("b", "kam", "a"), goal("c", parent="a"))
    assert found == {"a": "circle", "b": "circle", "c": "linked"}


@quick
@given(st.lists(st.tuples(st.sampled_from(["company", "sales", "kam", "account"]), st.integers(-1, 8)), max_size=8))
def test_the_tree_holds_every_goal_once_below_the_one_it_serves(goals: list[tuple[str, int]]) -> None:
    rows = [goal(str(at), level, str(p) if p >= 0 else None) for at, (level, p) in enumerate(goals)]
    tree = walk(linked(written(*rows), KNOWN))
    assert sorted(tree.index) == list(range(len(goals)))
    depth = dict(zip(tree.index, tree["depth"], strict=True))
    for row, parent in zip(tree.index, tree["parent"], strict=True):
        assert depth[row] == (depth[parent] + 1 if parent >= 0 else 0)


def test_number_that_stands_there_twice_is_told_and_both_are_kept(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written(*CASCADE, goal("1", parent="K", account_id="2")))
    assert result.key_numbers["goals"] == 6
    assert result.tables["issues"]["issue"].tolist() == ["duplicate_id"]


# What is missing


@pytest.mark.parametrize(
    ("column", "issue"),
    [
        ("indicator", "no_indicator"),
        ("target_value", "no_target"),
        ("due", "no_due"),
        ("owner_role", "no_owner"),
        ("account_id", "no_account"),
    ],
)
def test_what_a_goal_lacks_is_listed(measure: Callable[..., Measures], column: str, issue: str) -> None:
    result = kam_goals(measure(), written(*CASCADE[:3], goal("1", parent="K", **{column: None})))
    assert result.tables["issues"][["goal_id", "issue"]].to_numpy().tolist() == [["1", issue]]
    assert result.key_numbers["complete"] == 3


def test_account_nobody_knows_is_told(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written(*CASCADE[:3], goal("1", parent="K", account_id="99")))
    assert result.tables["issues"]["issue"].tolist() == ["unknown_account"]
    assert result.tables["progress"]["why"].tolist()[-1] == "account"


# Contradictions


def conflicts(*goals: dict[str, Any]) -> list[str]:
    return contradictions(linked(written(*goals), KNOWN))["conflict"].tolist()


def test_one_shall_rise_and_the_other_fall() -> None:
    assert conflicts(goal("a"), goal("b", target_value=300.0)) == ["direction"]


def test_other_targets_for_the_same_day() -> None:
    assert conflicts(goal("a"), goal("b", target_value=700.0, indicator=" umsatz ")) == ["target"]


def test_a_higher_target_later_is_no_contradiction() -> None:
    assert conflicts(goal("a"), goal("b", target_value=700.0, due=date(2027, 12, 31))) == []


@pytest.mark.parametrize("more", [{"account_id": "2"}, {"indicator": "Lieferanteil"}, {"target_value": 600.0}])
def test_goals_of_others_or_of_something_else_do_not_contradict(more: dict[str, Any]) -> None:
    assert conflicts(goal("a"), goal("b", **{"target_value": 300.0, **more})) == []


def test_hidden_indicators_are_not_compared(measure: Callable[..., Measures]) -> None:
    hidden = written(goal("a", indicator=MASKED), goal("b", indicator=MASKED, target_value=1.0))
    result = kam_goals(measure(), hidden)
    assert result.key_numbers["contradictions"] is None
    assert "contradictions" not in result.tables
    assert result.finding("kam_goals.gaps.unchecked")


# Sums


def added(*goals: dict[str, Any]) -> dict[str, Any]:
    return sums(linked(written(*goals), KNOWN)).iloc[0].to_dict()


def test_increases_are_compared_where_start_values_are_known() -> None:
    row = added(*CASCADE)  # wanted 300; promised (600 - 400) + (300 - 250)
    assert (row["wanted"], row["promised"], row["rest"], row["compared_by"]) == (300, 250, 50, "increase")


def test_targets_are_compared_where_a_start_value_is_missing() -> None:
    row = added(*CASCADE[:4], goal("2", parent="K", account_id="2", start_value=None, target_value=300.0))
    assert (row["accounts_target"], row["rest"], row["compared_by"]) == (900, 100, "target")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"indicator": "Lieferanteil"}, "not_added"),
        ({"start_value": 0.2, "target_value": 0.3}, "share"),
        ({"target_value": None}, "no_target"),
    ],
)
def test_what_makes_no_sum_is_not_added(more: dict[str, Any], expected: str) -> None:
    assert added(goal("K", "kam", **more), goal("1", parent="K", **({"target_value": 0.5} | more)))["added"] == expected


def test_amount_that_nobody_serves_is_told() -> None:
    assert added(goal("K", "kam"))["added"] == "no_goals"


def test_account_goals_of_another_indicator_are_in_no_sum() -> None:
    assert added(*CASCADE, goal("3", parent="K", account_id="3", indicator="DB"))["accounts_goals"] == 2


# Progress


def test_progress_is_the_share_of_the_way(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written(*CASCADE))
    rows = result.tables["progress"].set_index("goal_id")
    assert rows["now"].to_dict() == {"U": 950, "V": 950, "K": 800, "1": 500, "2": 300}  # all, all, key accounts, own
    assert rows.loc["1", "progress"] == pytest.approx(0.5)  # (500 - 400) / (600 - 400)
    assert standings(result) == {"U": "reached", "V": "reached", "K": "open", "1": "open", "2": "reached"}


@pytest.mark.parametrize(("start", "standing"), [("2025-01-01", "ahead"), ("2023-01-01", "behind")])
def test_progress_is_compared_with_the_time_elapsed(
    measure: Callable[..., Measures], start: str, standing: str
) -> None:
    result = kam_goals(measure(), written(goal("1")), start=start)  # half the way; 364 of 729 days, or 1095 of 1460
    assert standings(result) == {"1": standing}


def test_a_goal_further_from_its_target_than_at_the_start_moves_away(measure: Callable[..., Measures]) -> None:
    rows = [goal("1", start_value=520.0), goal("2", account_id="2", start_value=300.4, target_value=500.0)]
    for start in (None, "2024-12-31"):
        result = kam_goals(measure(), written(*rows), start=start)  # -25 % of the way; -0.2 %, shown as none of it
        assert standings(result) == {"1": "away", "2": "behind" if start else "open"}
        assert result.tables["progress"]["account_id"].tolist() == ["1", "2"]  # whose goals are open, others read here


def test_a_goal_that_shall_fall_moves_away_upwards(measure: Callable[..., Measures]) -> None:
    assert standings(kam_goals(measure(), written(goal("1", start_value=450.0, target_value=300.0)))) == {"1": "away"}


def test_past_due_day_is_missed(measure: Callable[..., Measures]) -> None:
    assert standings(kam_goals(measure(), written(goal("1", due=date(2025, 12, 31))))) == {"1": "missed"}


def test_a_goal_that_shall_fall_is_reached_below(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written(goal("1", start_value=900.0, target_value=500.0)))
    assert standings(result) == {"1": "reached"}


@pytest.mark.parametrize(
    ("more", "made", "why"),
    [
        ({"indicator": "Lieferanteil"}, {}, "indicator"),
        ({"target_value": None}, {}, "no_target"),
        ({"indicator": "Deckungsbeitrag"}, {"with_margin": False}, "no_margin"),
        ({}, {"months": 6}, "period"),
        ({"target_value": 0.6, "start_value": 0.4}, {}, "unit"),
        ({"level": "kam", "account_id": None}, {"keys": None}, "key_accounts"),
    ],
)
def test_what_cannot_be_measured_says_why(
    measure: Callable[..., Measures], more: dict[str, Any], made: dict[str, Any], why: str
) -> None:
    result = kam_goals(measure(**made), written(goal("1", **more)))
    row = result.tables["progress"].iloc[0]
    assert (row["standing"], row["why"]) == ("not_measured", why)
    assert pd.isna(row["now"])
    assert result.key_numbers["reached"] is None
    assert result.finding(f"kam_goals.progress.why_{why}")


@pytest.mark.parametrize("name", ["Umsatz", "nettoumsatz", "Net revenue", "revenue"])
def test_revenue_is_known_by_its_names(name: str) -> None:
    assert linked(written(goal("1", indicator=name)), KNOWN)["measure"].tolist() == ["revenue"]


# Benefits and actions


def test_goals_that_benefit_only_us_are_those_of_accounts(measure: Callable[..., Measures]) -> None:
    goals = written(
        goal("K", "kam", benefit_for="us"), goal("1", parent="K", benefit_for="us"), goal("2", benefit_for=None)
    )
    result = kam_goals(measure(), goals)
    assert result.tables["only_us"]["goal_id"].tolist() == ["1"]
    assert result.tables["benefits"]["goals"].tolist() == [0, 0, 2, 1]


def actions(*rows: tuple[str, str | None, date, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["action_id", "goal_id", "due", "status"])
    return frame.assign(account_id="1", title="tun", owner="KAM-01")


def test_actions_are_counted_by_goal(measure: Callable[..., Measures]) -> None:
    past, later = date(2025, 6, 30), date(2026, 6, 30)
    given_ = actions(("a", "1", past, "running"), ("b", "1", past, "done"), ("c", None, later, "planned"))
    given_ = pd.concat([given_, actions(("d", "2", later, "dropped"), ("e", "X", past, "planned"))], ignore_index=True)
    result = kam_goals(measure(), written(*CASCADE), given_)
    assert (result.key_numbers["actions"], result.key_numbers["actions_overdue"]) == (5, 2)
    assert result.tables["without_action"]["goal_id"].tolist() == ["2"]  # the one dropped does not count
    assert result.tables["levels"].set_index("level")["hanging"]["action"] == 2
    assert "owner" not in result.tables["actions"].columns  # may be somebody's code


def test_without_actions_their_numbers_are_open(measure: Callable[..., Measures]) -> None:
    numbers = kam_goals(measure(), written(*CASCADE)).key_numbers
    assert (numbers["actions"], numbers["actions_overdue"], numbers["goals_without_action"]) == (None, None, None)


# Edges


def test_no_goal_at_all(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written())
    assert [finding.key for finding in result.findings] == ["kam_goals.title_none", "kam_goals.do.write"]
    assert goal_cascade(result, DE) is None
    assert goal_progress(result, DE) is None


def test_only_what_is_required_is_enough(measure: Callable[..., Measures]) -> None:
    bare = pd.DataFrame({"goal_id": ["1"], "level": ["kam"], "goal": ["Wachsen"]})
    assert kam_goals(measure(), bare).key_numbers["complete"] == 0


def test_input_is_not_changed(measure: Callable[..., Measures]) -> None:
    goals, given_ = written(*CASCADE), measure()
    before = goals.copy(deep=True), given_.sales.accounts.copy(deep=True)
    kam_goals(given_, goals)
    pd.testing.assert_frame_equal(goals, before[0])
    pd.testing.assert_frame_equal(given_.sales.accounts, before[1])


def test_key_numbers_are_plain_values(measure: Callable[..., Measures]) -> None:
    result = kam_goals(measure(), written(*CASCADE), actions(("a", "1", date(2025, 1, 1), "running")))
    assert {type(value) for value in result.key_numbers.values()} <= {int, float, str, type(None)}


LOOSE = (*CASCADE, goal("9", indicator=None), goal("8", parent="8", target_value=1.0, benefit_for="us"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("keys", [("1", "2", "3"), ("1", "2"), None], ids=["one without", "all", "unknown"])
@pytest.mark.parametrize("goals", [CASCADE, LOOSE, ()], ids=["closed", "loose", "none"])
@pytest.mark.parametrize("start", [None, date(2024, 12, 31)], ids=["no start", "start"])
def test_every_finding_can_be_phrased(
    measure: Callable[..., Measures],
    language: Language,
    keys: Sequence[str] | None,
    goals: tuple[dict[str, Any], ...],
    start: date | None,
) -> None:
    acting = actions(("a", "1", date(2025, 1, 1), "running"), ("b", None, date(2026, 1, 1), "planned"))
    result, words = kam_goals(measure(keys), written(*goals), acting, start), Words(language)
    for finding in (*result.findings, *result.basis.choices):
        assert "{" not in sentence(finding, words)
    for name in result.tables:
        assert words.knows(f"kam_goals.table.{name}")
        assert bool(table(result, words, name)) == (len(result.tables[name]) > 0)


def test_every_way_to_compare_sums_can_be_said() -> None:
    values = {"goal": "a", "indicator": "b", "count": 2, "wanted": 3.0, "promised": 2.0, "rest": 1.0}
    for way in ("short", "over", "even"):
        for by in ("increase", "target"):
            for section in ("", "sums."):
                for language in LANGUAGES:
                    assert "{" not in Words(language)(f"kam_goals.{section}{way}_{by}", **values)


def test_tree_is_indented_on_the_page(measure: Callable[..., Measures]) -> None:
    shown = table(kam_goals(measure(), written(*CASCADE)), DE, "cascade")
    assert "padding-left: 3.6em" in shown
    assert "Tiefe" not in shown


# The figures


def many(accounts: int, hanging: int = 0) -> pd.DataFrame:
    head = [goal("U", "company"), goal("V", "sales", "U"), goal("K", "kam", "V"), goal("L", "kam", "V", due=None)]
    below = [goal(f"A{at}", parent="KL"[at % 2], account_id=str(at % 3 + 1)) for at in range(accounts)]
    return written(*head, *below, *(goal(f"H{at}") for at in range(hanging)))


@both_sizes
@pytest.mark.parametrize(("accounts", "hanging"), [(0, 0), (1, 0), (20, 3), (60, 5), (300, 0)])
def test_labels_of_the_cascade_do_not_overlap(
    measure: Callable[..., Measures], accounts: int, hanging: int, size: float
) -> None:
    acting = actions(*((f"m{at}", f"A{at}", date(2026, 1, 1), "planned") for at in range(accounts)))
    drawing = goal_cascade(kam_goals(measure(), many(accounts, hanging), acting), DE, size)
    assert drawing is not None
    assert not misplaced(drawing)


@both_sizes
def test_an_account_without_a_goal_is_named_in_bold(measure: Callable[..., Measures], size: float) -> None:
    drawing = goal_cascade(kam_goals(measure(), many(1)), DE, size)
    assert drawing is not None
    assert drawing.title == "title_missing"
    assert drawing.meant == ("Kunde 2",)
    bold = [text.get_text() for text in drawing.axes.texts if text.get_fontweight() == "bold"]
    assert "Kunde 2" in bold
    assert "Kunde 1" not in bold


def test_many_goals_of_an_account_are_counted(measure: Callable[..., Measures]) -> None:
    drawing = goal_cascade(kam_goals(measure(), many(300)), DE, WIDE)
    assert drawing is not None
    assert "100" in [text.get_text() for text in drawing.axes.texts]


@both_sizes
@pytest.mark.parametrize("start", [None, "2024-12-31"])
@pytest.mark.parametrize("factor", [0.001, 1.0, 20.0])
def test_labels_of_the_progress_do_not_overlap(
    measure: Callable[..., Measures], factor: float, start: str | None, size: float
) -> None:
    values = [(400.0, 600.0), (900.0, 1000.0), (100.0, 110.0), (499.0, 500.0 + factor)]
    rows = [goal(str(at), start_value=one, target_value=other) for at, (one, other) in enumerate(values)]
    drawing = goal_progress(kam_goals(measure(), written(*rows), start=start), DE, size)
    assert drawing is not None
    assert not misplaced(drawing)


# Through the settings


GOALS = """Nr;Ebene;Kunde;Ziel;Kennzahl;Ausgang;Soll;Termin
Z1;KAM;;Wachsen;Umsatz;1.000,00;2.000,00;31.12.2026
Z2;Kunde;0001;Ausbauen;Umsatz;1.000,00;1.400,00;31.12.2026
"""
SETTINGS = """name: Beispiel GmbH
sources:
  transactions:
    path: umsatz.csv
    columns: {account_id: Kundennr, date: Datum, revenue: Umsatz, cost: Kosten}
  goals:
    path: ziele.csv
    columns:
      goal_id: Nr
      level: Ebene
      account_id: Kunde
      goal: Ziel
      indicator: Kennzahl
      start_value: Ausgang
      target_value: Soll
      due: Termin
"""


def test_goals_of_a_file_are_measured(opened: Callable[..., Engagement]) -> None:
    engagement = opened(settings=SETTINGS)
    (engagement.folder / "ziele.csv").write_text(GOALS, encoding="utf-8")
    facts = prepare(engagement)
    result = kam_goals(measures(facts, "2025-01-01..2025-12-31"), facts.entries["goals"])
    rows = result.tables["progress"].set_index("goal_id")
    assert rows.loc["Z2", "progress"] == pytest.approx(0.5)  # 1200 of 1000 to 1400
    assert rows.loc["Z1", "why"] == "key_accounts"
