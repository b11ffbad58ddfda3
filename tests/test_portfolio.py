"""Portfolio: the fields of the two pictures, their lines, what moved, and what cannot be judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selecting import measured, scored

from kamlab.report import sentence
from kamlab.results import Result
from kamlab.selection import portfolio
from kamlab.selection.portfolio import axis_scores, utilities_of
from kamlab.text import LANGUAGES, Language, Words

CRITERIA = [
    ("Wachstum", "attractiveness", 0.4, "growth"),
    ("Strategie", "attractiveness", 0.1, None),
    ("Know-how", "position", 0.3, None),
    ("Produkte", "complexity", 0.2, None),
]
# Four accounts, one in each field of both pictures: 800 of 1000 are reached with A and B.
LEDGER = {
    "A": {"revenue": 500.0, "contribution_margin": 100.0, "growth": 0.8, "hours": 50.0, "is_key_account": True},
    "B": {"revenue": 300.0, "contribution_margin": 90.0, "growth": 0.1, "hours": 10.0, "is_key_account": True},
    "C": {"revenue": 150.0, "contribution_margin": 30.0, "growth": 0.9},
    "D": {"revenue": 50.0, "contribution_margin": 10.0, "growth": 0.0},
}
RATED = {
    "A": {"Wachstum": 0.8, "Strategie": 1.0, "Know-how": 0.9, "Produkte": 0.75},
    "B": {"Wachstum": 0.1, "Strategie": 0.0, "Know-how": 0.6, "Produkte": 0.25},
    "C": {"Wachstum": 0.9, "Strategie": 0.5, "Know-how": 0.2, "Produkte": 1.0},
    "D": {"Wachstum": 0.0, "Strategie": 0.0, "Know-how": 0.1, "Produkte": 0.0},
}
quick = settings(max_examples=30, deadline=None, derandomize=True, database=None)


def hand(**more: object) -> Result:
    return portfolio(measured(LEDGER), scored(RATED, CRITERIA, places=2), **more)  # type: ignore[arg-type]


def column(result: Result, name: str, table: str = "accounts") -> dict[str, object]:
    frame = result.tables[table]
    return dict(zip(frame["account_id"], frame[name], strict=True))


def test_an_axis_is_the_mean_of_its_criteria_by_weight() -> None:
    # A: (0.4·0.8 + 0.1·1.0) / 0.5
    assert column(hand(), "attractiveness")["A"] == pytest.approx(0.84)


def test_hand_case_each_account_stands_in_a_field_of_its_own() -> None:
    result = hand()
    assert column(result, "quadrant") == {"A": "develop", "B": "maintain", "C": "build", "D": "rationalise"}
    models = {"A": "key_account", "B": "large_account", "C": "watch", "D": "classical"}
    assert column(result, "coverage_model") == models
    assert [result.key_numbers[model] for model in models.values()] == [1, 1, 1, 1]


def test_the_smallest_of_those_that_bring_80_per_cent_is_still_large() -> None:
    assert hand().key_numbers["large_revenue"] == 300.0


def test_a_line_of_revenue_may_be_set() -> None:
    assert column(hand(large_revenue=100.0), "coverage_model")["C"] == "key_account"


def test_what_lies_on_the_line_is_above_it() -> None:
    assert column(hand(line=0.75), "coverage_model")["A"] == "key_account"
    assert column(hand(line=0.76), "coverage_model")["A"] == "large_account"


def test_margin_per_hour_is_that_of_the_accounts_of_the_model() -> None:
    coverage = hand().tables["coverage"].set_index("coverage_model")
    assert coverage.loc["key_account", "margin_per_hour"] == pytest.approx(2.0)
    assert np.isnan(coverage.loc["watch", "margin_per_hour"])


def test_a_key_account_that_is_large_but_simple_is_named() -> None:
    found = hand().finding("portfolio.large_key_accounts")
    assert found
    assert found.values == {"count": 1, "names": ["Kunde B"]}


def test_less_than_half_of_an_axis_known_gives_no_score() -> None:
    rated = {**RATED, "A": RATED["A"] | {"Wachstum": float("nan")}}
    scores = axis_scores(scored(rated, CRITERIA, places=2).tables["utilities"])
    assert np.isnan(scores.loc["A", "attractiveness"])
    rated["A"] = RATED["A"] | {"Strategie": float("nan")}
    scores = axis_scores(scored(rated, CRITERIA, places=2).tables["utilities"])
    assert scores.loc["A", "attractiveness"] == pytest.approx(0.8)


def test_an_account_without_ratings_stands_apart_with_its_revenue() -> None:
    rated = {name: own for name, own in RATED.items() if name != "D"}
    result = portfolio(measured(LEDGER), scored(rated, CRITERIA, places=2))
    assert result.tables["not_judged"]["account_id"].tolist() == ["D"]
    assert result.tables["accounts"]["revenue"].sum() + result.tables["not_judged"]["revenue"].sum() == 1000.0


def test_without_criteria_of_complexity_no_coverage_model_is_told() -> None:
    criteria = [row for row in CRITERIA if row[1] != "complexity"]
    rated = {name: {key: own[key] for key in own if key != "Produkte"} for name, own in RATED.items()}
    result = portfolio(measured(LEDGER), scored(rated, criteria, places=2))
    assert result.findings[0].key == "portfolio.title_no_complexity"
    assert [result.key_numbers[name] for name in ("key_account", "watch")] == [None, None]


def test_movement_takes_the_ledger_of_then_and_the_ratings_of_now() -> None:
    then = {
        name: own | {"growth": 0.2, "revenue": 400.0 if name == "C" else own["revenue"]} for name, own in LEDGER.items()
    }
    moved = hand(before=measured(then, year=1)).tables["movement"].set_index("account_id")
    # A then: (0.4·0.2 + 0.1·1.0) / 0.5
    assert moved.loc["A", "attractiveness_before"] == pytest.approx(0.36)
    assert moved.loc["A", "quadrant_before"] == "maintain"
    assert (moved.loc["C", "coverage_model_before"], moved.loc["C", "coverage_model"]) == ("key_account", "watch")
    assert moved["moved"].to_dict() == {"A": True, "B": False, "C": True, "D": False}


def test_a_move_by_the_growth_of_one_year_is_told_from_one_by_business() -> None:
    # A and C stood where they stand but for growth; C lost its size as well
    then = {name: own | {"growth": 0.2} for name, own in LEDGER.items()}
    then["C"]["revenue"] = 400.0
    result = hand(before=measured(then, year=1))
    assert column(result, "moved_by", "movement") == {"A": "growth", "B": None, "C": "business", "D": None}
    found = result.finding("portfolio.move.by_growth")
    assert found
    assert found.values == {"count": 1, "names": ["Kunde A"]}


def test_who_is_within_five_points_or_a_tenth_of_the_revenue_stands_on_a_line() -> None:
    rated = RATED | {"D": RATED["D"] | {"Know-how": 0.45}, "C": RATED["C"] | {"Know-how": 0.449}}
    result = portfolio(measured(LEDGER), scored(rated, CRITERIA, places=2))
    # B is the account that makes the line of revenue
    assert column(result, "on_line") == {"A": False, "B": True, "C": False, "D": True}
    assert sentence(result.findings[-1], Words("de")).startswith("2 von 4 Kunden stehen auf einer Grenze")


@pytest.mark.parametrize("accounts", [["A"], ["A", "B", "C", "D"]])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_year_in_which_nobody_moves_is_said(accounts: list[str], language: Language) -> None:
    ledger = {name: LEDGER[name] for name in accounts}
    rated = {name: RATED[name] for name in accounts}
    result = portfolio(measured(ledger), scored(rated, CRITERIA, places=2), before=measured(ledger, year=1))
    assert result.tables["changed"].empty
    assert result.finding("portfolio.move.none")
    assert all(sentence(finding, Words(language)) for finding in result.findings)


def test_an_account_without_revenue_then_is_in_no_movement() -> None:
    then = {name: own for name, own in LEDGER.items() if name != "A"}
    assert "A" not in column(hand(before=measured(then, year=1)), "moved", "movement")


def test_net_negative_accounts_are_in_no_field() -> None:
    result = portfolio(measured({**LEDGER, "E": {"revenue": -5.0}}), scored(RATED, CRITERIA, places=2))
    assert "E" not in column(result, "quadrant")
    assert "E" not in result.tables["not_judged"]["account_id"].tolist()


def test_nobody_judged_is_said() -> None:
    empty = scored({"X": {"Produkte": 1.0}}, CRITERIA, places=1)
    result = portfolio(measured(LEDGER), empty)
    assert result.findings[0].key == "portfolio.title_none"


@pytest.mark.parametrize(("line", "large"), [(0.0, 0.0), (1.0, 0.0), (0.5, -1.0)])
def test_lines_that_cannot_be_meant_are_refused(line: float, large: float) -> None:
    with pytest.raises(ValueError, match="line lies between 0 and 1"):
        hand(line=line, large_revenue=large)


def test_inputs_stay_as_they_are() -> None:
    own, scoring = measured(LEDGER), scored(RATED, CRITERIA, places=2)
    before = own.accounts.copy(), scoring.tables["utilities"].copy()
    portfolio(own, scoring)
    pd.testing.assert_frame_equal(own.accounts, before[0])
    pd.testing.assert_frame_equal(scoring.tables["utilities"], before[1])


def test_a_log_scale_spreads_multiples_evenly() -> None:
    criteria = pd.DataFrame(
        [("Umsatz", "attractiveness", 1.0, "revenue", 1.0, 100.0, "log", "more")],
        columns=["criterion", "axis", "weight", "source", "low", "high", "scale", "direction"],
    )
    own = pd.DataFrame({"account_id": list("abcde"), "revenue": [1.0, 10.0, 100.0, 1000.0, -3.0]})
    assert utilities_of(own, criteria)["utility"].tolist() == pytest.approx([0.0, 0.5, 1.0, 1.0, 0.0])
    less = utilities_of(own, criteria.assign(direction="less"))["utility"]
    assert less.tolist() == pytest.approx([1.0, 0.5, 0.0, 0.0, 1.0])


@quick
@given(st.lists(st.tuples(st.integers(1, 10**6), *[st.integers(0, 8)] * 4), min_size=1, max_size=25))
def test_every_account_stands_in_exactly_one_field_and_the_sums_are_those_of_the_accounts(
    rows: list[tuple[int, ...]],
) -> None:
    ledger = {f"{at:03d}": {"revenue": float(row[0])} for at, row in enumerate(rows)}
    names = [criterion[0] for criterion in CRITERIA]
    rated = {f"{at:03d}": dict(zip(names, [step / 8 for step in row[1:]], strict=True)) for at, row in enumerate(rows)}
    result = portfolio(measured(ledger), scored(rated, CRITERIA, places=3))
    for table in ("coverage", "quadrants"):
        frame = result.tables[table]
        assert frame["accounts"].sum() == len(rows)
        assert frame["revenue"].sum() == pytest.approx(sum(row[0] for row in rows))
