"""Scoring: hand case, gaps, knock-outs, who is compared, what a workshop talks about, every sentence of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from kamlab.engagement.choosing import MEASURES, Criterion
from kamlab.engagement.settings import Settings
from kamlab.facts.measures import Measures
from kamlab.facts.sales import Sales
from kamlab.figures import (
    NARROW,
    WIDE,
    criteria_weights,
    scoring_ranks,
    variant_ranks,
)
from kamlab.report import basis, bottom_line, sentence, table
from kamlab.report.blocks import captions
from kamlab.results import Result, from_folder, to_files
from kamlab.selection import criteria as judging
from kamlab.selection import scoring
from kamlab.text import Words

Sold = Callable[..., Sales]
Score = Callable[..., Result]
DE, EN = Words("de"), Words("en")

REVENUE = {"1": 400.0, "2": 300.0, "3": 200.0, "4": 100.0}
# Two criteria, one from the ledger and one rated; 60 and 40 points.
CRITERIA: dict[str, dict[str, Any]] = {
    "Umsatz": {"from": "revenue", "axis": "attractiveness", "weight": "60", "low": "0", "high": "400"},
    "Strategie": {"axis": "complexity", "weight": "40", "low": "1", "high": "5"},
}
RATED = {"1": 1, "2": 5, "3": 3, "4": 5}
PROMISED = {"accounts", "criteria", "set", "borderline", "out", "consistency_ratio"}
ACCOUNTS = ["account_id", "name", "score", "rank", "status", "in_circle", "knock_out", "missing"]
ACCOUNTS += ["flip_criterion", "flip_weight", "revenue"]


def ratings(values: Mapping[str, Any], criterion: str = "Strategie", rater: str | None = "R1") -> pd.DataFrame:
    frame = pd.DataFrame({"account_id": list(values), "value": list(values.values())}).astype({"value": "float64"})
    return frame.assign(criterion=criterion, rater=rater)


@pytest.fixture
def score(sold: Sold) -> Score:
    """Score accounts of a year; measures by their name, one value per account in the order of the numbers."""

    def make(
        revenue: Mapping[str, float] = REVENUE,
        criteria: Mapping[str, Any] | None = None,
        rated: pd.DataFrame | None = None,
        decided: pd.DataFrame | None = None,
        key_accounts: tuple[str, ...] = (),
        weighting: Mapping[str, Any] | None = None,
        consent: bool = False,
        names: Mapping[str, str] | None = None,
        places: int = 2,
        spread: float = 0.3,
        **measured: list[float],
    ) -> Result:
        given_ = {"name": "X", "sources": {"transactions": {"path": "x.csv"}}, "criteria": criteria or {}}
        given_ |= {"weighting": weighting or {}, "personnel": {"raters_consent": consent}}
        return scoring(measures(sold, revenue, key_accounts, names, measured), Settings.model_validate(given_),
                       rated, decided, places, spread)  # fmt: skip

    return make


def measures(
    sold: Sold,
    revenue: Mapping[str, float],
    key_accounts: tuple[str, ...] = (),
    names: Mapping[str, str] | None = None,
    measured: Mapping[str, list[float]] | None = None,
) -> Measures:
    sales = sold(revenue, names=names)
    known = {name: np.nan for name in MEASURES if name not in ("revenue", *(measured or {}))}
    accounts = sales.accounts.assign(**known).assign(**(measured or {}))
    accounts["is_key_account"] = accounts["account_id"].isin(key_accounts)
    return Measures(sales, accounts, pd.DataFrame())


def column(result: Result, name: str, of: str = "accounts") -> dict[str, Any]:
    frame = result.tables[of]
    return dict(zip(frame["account_id"], frame[name], strict=True))


def keys(result: Result) -> set[str]:
    return {finding.key for finding in result.findings}


def choices(result: Result) -> dict[str, Mapping[str, Any]]:
    return {choice.key: choice.values for choice in result.basis.choices}


# The hand case: utilities 1, .75, .5, .25 and 0, 1, .5, 1.


def test_hand_case(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=ratings(RATED))
    assert column(result, "score") == pytest.approx({"2": 85, "1": 60, "4": 55, "3": 50})
    assert column(result, "rank") == {"2": 1, "1": 2, "4": 3, "3": 4}
    assert column(result, "status")["2"] == "set"
    assert list(result.tables["accounts"].columns)[: len(ACCOUNTS)] == ACCOUNTS


def test_hand_case_flips_where_two_lines_cross(score: Score) -> None:
    # Account 1 scores w, account 4 scores 1 - .75 w: they meet at w = 4/7.
    result = score(criteria=CRITERIA, rated=ratings(RATED))
    assert column(result, "status")["1"] == "borderline"
    flip = result.tables["borderline"].set_index("account_id").loc["1"]
    assert (flip["flip_criterion"], flip["flip_weight"]) == ("Umsatz", pytest.approx(4 / 7))
    assert flip["weight"] == pytest.approx(0.6)


def test_flips_are_for_borderline_accounts_only(score: Score) -> None:
    accounts = score(criteria=CRITERIA, rated=ratings(RATED)).tables["accounts"]
    assert accounts.loc[accounts["status"] != "borderline", ["flip_criterion", "flip_weight"]].isna().all(axis=None)


def test_utilities_and_criteria_are_handed_on(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=ratings(RATED))
    utilities = result.tables["utilities"]
    assert list(utilities.columns) == [
        *("account_id", "criterion", "axis", "value", "utility", "weight", "raters", "spread")
    ]
    second = utilities[utilities["account_id"] == "2"].set_index("criterion")
    assert second["utility"].to_dict() == pytest.approx({"Umsatz": 0.75, "Strategie": 1})
    assert second["raters"].to_dict() == {"Umsatz": 0, "Strategie": 1}
    described = result.tables["criteria"].set_index("criterion")
    assert described.loc["Umsatz", ["axis", "weight", "source", "low", "high"]].tolist() == [
        *("attractiveness", 0.6, "revenue", 0, 400)
    ]
    assert pd.isna(described.loc["Strategie", "source"])


def test_all_promised_key_numbers_are_plain_values(score: Score) -> None:
    numbers = score(criteria=CRITERIA, rated=ratings(RATED)).key_numbers
    assert numbers.keys() >= PROMISED
    assert {type(value) for value in numbers.values()} <= {int, float, str, type(None)}
    assert numbers["consistency_ratio"] is None


def test_same_input_same_result(score: Score) -> None:
    one, other = (score(criteria=CRITERIA, rated=ratings(RATED)).tables["accounts"] for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_input_stays_as_it_is(sold: Sold) -> None:
    given_, rated = measures(sold, REVENUE), ratings(RATED)
    before = given_.accounts.copy(), rated.copy()
    settings = Settings.model_validate({"name": "X", "sources": {"transactions": {"path": "x"}}, "criteria": CRITERIA})
    scoring(given_, settings, rated)
    pd.testing.assert_frame_equal(given_.accounts, before[0])
    pd.testing.assert_frame_equal(rated, before[1])


def test_result_survives_saving(score: Score, tmp_path: Any) -> None:
    result = score(criteria=CRITERIA, rated=ratings(RATED))
    for name, content in to_files(result, lambda _, finding: finding.key).items():
        (tmp_path / name).write_bytes(content)
    loaded = from_folder(tmp_path)
    assert loaded.key_numbers == result.key_numbers
    assert column(loaded, "rank") == column(result, "rank")


@pytest.mark.parametrize(("places", "spread"), [(-1, 0.3), (2, 1.0), (2, -0.1)])
def test_impossible_parameters_are_refused(score: Score, places: int, spread: float) -> None:
    with pytest.raises(ValueError, match="places must not be negative"):
        score(places=places, spread=spread)


# Utilities


def utility(values: list[float], low: float, high: float, **given_: str) -> list[float]:
    criterion = Criterion.model_validate({"axis": "position", **given_})
    return judging.utility(np.array(values), criterion, low, high).tolist()


def test_points_grow_evenly_and_end_at_the_bounds() -> None:
    assert utility([0, 1, 3, 5, 9], 1, 5) == [0, 0, 0.5, 1, 1]


def test_less_is_better_turned_round() -> None:
    assert utility([1, 2, 5], 1, 5, direction="less") == [1, 0.75, 0]


def test_on_a_logarithmic_scale_each_doubling_is_alike() -> None:
    assert utility([-5, 0, 10, 100, 1000], 10, 1000, scale="log") == pytest.approx([0, 0, 0, 0.5, 1])


def test_what_is_not_known_has_no_points() -> None:
    assert np.isnan(utility([np.nan], 0, 1)[0])
    assert np.isnan(utility([np.nan], 1, 1)[0])


def test_where_all_are_alike_all_get_half() -> None:
    assert utility([3, 3], 3, 3) == [0.5, 0.5]


@limits(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=20), st.sampled_from(["linear", "log"]))
def test_utilities_rise_with_the_value_between_zero_and_one(values: list[float], scale: str) -> None:
    criterion = Criterion.model_validate({"axis": "position", "scale": scale})
    frame = pd.Series(sorted(values), dtype="float64")
    points = judging.utility(frame.to_numpy(), criterion, *judging.bounds(frame, criterion))
    assert ((points >= 0) & (points <= 1)).all()
    assert (np.diff(points) >= -1e-12).all()


def scale_of(values: list[float], **given_: str) -> judging.Criterion:
    one = judging.Criterion.model_validate({"axis": "attractiveness", "from": "revenue"} | given_)
    return judging.scaled(pd.Series(values, [f"{at}" for at in range(len(values))]), one)


def test_a_measure_is_linear_where_nobody_takes_most_of_the_range() -> None:
    one = scale_of([1.0, 2.0, 3.0])
    assert (one.scale, one.low, one.high) == ("linear", None, None)


def test_one_account_eighty_times_the_next_makes_the_scale_logarithmic() -> None:
    assert scale_of([100.0, 40.0, 10.0, 8000.0, 1.0]).scale == "log"


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([-2.0, -1.0, 2.0, 3.0, 800.0], None, 3.0),
        ([-0.1, 0.0, 0.05, 0.1, 0.12, 0.15, 0.2, 39.0, 40.0], None, 0.2),
        ([-90.0, 0.0, 1.0, 2.0, 3.0], 0.0, None),
        ([1.0, 2.0, 160.0], None, 2.0),
    ],
)
def test_where_multiples_do_not_help_the_scale_ends_at_the_outermost_of_the_others(
    values: list[float], low: float | None, high: float | None
) -> None:
    one = scale_of(values)
    assert (one.scale, one.low, one.high) == ("linear", low, high)


def test_two_outliers_make_the_scale_logarithmic_too() -> None:
    values = [1.0, 1.5, 3.0, 6.0, 12.0, 25.0, 50.0, 1580.0, 1600.0]
    assert scale_of(values).scale == "log"


@pytest.mark.parametrize("given_", [{"scale": "linear"}, {"low": "0", "high": "9000"}])
def test_what_the_settings_say_stays(given_: dict[str, str]) -> None:
    one = scale_of([1.0, 10.0, 40.0, 100.0, 8000.0], **given_)
    assert (one.scale, one.low is None) == ("linear", "low" not in given_)


@limits(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(st.floats(1, 1e6), min_size=5, max_size=20, unique=True), st.floats(80, 1e4))
def test_an_outlier_leaves_the_others_apart(values: list[float], times: float) -> None:
    ordered = pd.Series([*sorted(values), max(values) * times], [f"{at}" for at in range(len(values) + 1)])
    one = judging.scaled(ordered, judging.Criterion.model_validate({"axis": "attractiveness", "from": "revenue"}))
    points = judging.utility(ordered.to_numpy(), one, *judging.bounds(ordered, one))
    assert points[:-1].max() - points[0] > 1 / (times - 1)


def test_a_criterion_in_which_one_account_takes_most_of_the_range_is_named(score: Score) -> None:
    given_ = {"Umsatz": CRITERIA["Umsatz"] | {"high": "40000"}}
    result = score({"1": 100.0, "2": 300.0, "3": 200.0, "4": 32000.0}, given_)
    found = result.finding("scoring.sure.outlying")
    assert found
    assert found.values == {"criterion": "Umsatz", "count": 1, "names": ["Kunde 4"]}
    open_ = {"Umsatz": {key: CRITERIA["Umsatz"][key] for key in ("from", "axis", "weight")}}
    result = score({"1": 100.0, "2": 300.0, "3": 2000.0, "4": 32000.0}, open_)
    assert result.finding("scoring.sure.outlying") is None
    assert choices(result)["scoring.choice.scale_log"]["criteria"] == ["Umsatz"]
    assert result.tables["criteria"]["scale"].tolist() == ["log"]


def test_ratings_are_averaged_over_raters_not_over_rows() -> None:
    rows = pd.concat([ratings({"1": 5}), ratings({"1": 1}), ratings({"1": 1}, rater="R2")])
    criteria = {"Strategie": Criterion.model_validate(CRITERIA["Strategie"])}
    found = judging.ratings(rows, criteria)
    assert found["value"].tolist() == [3, 1]
    accounts = pd.DataFrame({"account_id": ["1"]})
    assert judging.values(accounts, found, criteria)["Strategie"].tolist() == [2]


# Gaps


def test_missing_value_is_never_zero(score: Score) -> None:
    criteria = CRITERIA | {"Wachstum": {"from": "growth", "axis": "attractiveness", "weight": "20"}}
    result = score(criteria=criteria, rated=ratings(RATED), growth=[0.1, 0.2, 0.3, np.nan])
    assert column(result, "score")["4"] == pytest.approx(55)  # as without the criterion
    assert column(result, "missing") == {"1": 0, "2": 0, "3": 0, "4": 1}
    assert choices(result)["scoring.choice.gaps"]["count"] == 1


def test_account_with_most_of_the_weight_unknown_is_left_out_with_a_reason(score: Score) -> None:
    criteria = {
        "Wachstum": {"from": "growth", "axis": "attractiveness", "weight": "51"},
        "Umsatz": {"from": "revenue", "axis": "attractiveness", "weight": "49"},
    }
    result = score(criteria=criteria, growth=[0.1, 0.2, 0.3, np.nan])
    left = result.tables["not_judged"]
    assert left[["account_id", "left_out_for"]].values.tolist() == [["4", "too_little"]]
    assert "4" not in column(result, "rank")
    assert "scoring.do.too_little" in keys(result)


def test_half_of_the_weight_is_enough(score: Score) -> None:
    criteria = {
        "Wachstum": {"from": "growth", "axis": "attractiveness", "weight": "50"},
        "Umsatz": {"from": "revenue", "axis": "attractiveness", "weight": "50"},
    }
    assert score(criteria=criteria, growth=[0.1, 0.2, 0.3, np.nan]).tables["not_judged"].empty


def test_criterion_without_any_value_does_not_count(score: Score) -> None:
    criteria = CRITERIA | {"Marge": {"from": "contribution_margin", "axis": "attractiveness", "weight": "100"}}
    result = score(criteria=criteria, rated=ratings(RATED))
    assert column(result, "score") == pytest.approx({"2": 85, "1": 60, "4": 55, "3": 50})
    assert choices(result)["scoring.choice.unmeasured"] == {"criteria": ["Marge"], "count": 1, "weight": 0.5}


def test_criterion_that_tells_nothing_apart_is_named(score: Score) -> None:
    criteria = CRITERIA | {"Länder": {"from": "countries", "axis": "complexity", "weight": "10"}}
    result = score(criteria=criteria, rated=ratings(RATED), countries=[1.0, 1, 1, 1])
    assert choices(result)["scoring.choice.alike"]["criteria"] == ["Länder"]


# Who is compared


def test_only_rated_accounts_are_compared(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=ratings({"2": 5, "3": 3, "4": 4}))
    assert set(column(result, "rank")) == {"2", "3", "4"}
    assert result.tables["not_judged"]["account_id"].tolist() == ["1"]
    left = result.finding("scoring.do.not_rated")
    assert left is not None
    assert (left.values["name"], left.values["revenue"], left.values["count"]) == ("Kunde 1", 400, 1)


def test_without_any_rating_all_are_compared_by_the_rest(score: Score) -> None:
    result = score(criteria=CRITERIA)
    assert column(result, "rank") == {"1": 1, "2": 2, "3": 3, "4": 4}
    assert choices(result)["scoring.choice.unmeasured"]["criteria"] == ["Strategie"]
    assert result.key_numbers["not_judged"] is None


def test_ratings_without_weight_decide_on_nobody(score: Score) -> None:
    criteria = {**CRITERIA, "Strategie": CRITERIA["Strategie"] | {"weight": None}}
    result = score(criteria=criteria, rated=ratings({"2": 5}))
    assert len(result.tables["accounts"]) == 4


def test_account_without_positive_revenue_is_not_compared(score: Score) -> None:
    result = score(REVENUE | {"5": -3.0, "6": 0.0}, CRITERIA, ratings(RATED | {"5": 5}))
    assert set(column(result, "rank")) == set(REVENUE)
    assert choices(result)["scoring.choice.not_positive"]["count"] == 2
    assert choices(result)["scoring.choice.strangers"]["names"] == ["Kunde 5"]


def test_ratings_of_other_criteria_are_named(score: Score) -> None:
    rated = pd.concat([ratings(RATED), ratings({"1": 4}, "Stratgie"), ratings({"1": 4}, "Umsatz")])
    assert choices(score(criteria=CRITERIA, rated=rated))["scoring.choice.unused"]["criteria"] == ["Stratgie", "Umsatz"]


def test_nobody_to_compare(score: Score) -> None:
    result = score({}, CRITERIA)
    assert [finding.key for finding in result.findings] == ["scoring.title_none", "scoring.do.none"]
    assert result.tables["accounts"].empty


def test_one_account(score: Score) -> None:
    result = score({"1": 5.0}, CRITERIA, ratings({"1": 3}))
    assert (result.findings[0].key, column(result, "status")) == ("scoring.title_room", {"1": "set"})


def test_equal_scores_go_by_the_number_and_share_the_last_place(score: Score) -> None:
    revenue = {"c": 10.0, "a": 10.0, "b": 10.0}
    result = score(revenue, {"Umsatz": CRITERIA["Umsatz"]}, places=1)
    assert column(result, "rank") == {"a": 1, "b": 2, "c": 3}
    assert column(result, "in_circle") == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, abs=1e-6)
    assert column(result, "made_by", "borderline") == dict.fromkeys("abc", "tie")  # other weights move none of them
    assert pd.isna(column(result, "flip_criterion")["a"])
    assert result.finding("scoring.do.tied")


def test_accounts_alike_that_weights_do_not_part_are_tied_in_any_case(score: Score) -> None:
    # 2 and 3 have the same in both criteria: of two places, one is theirs whatever weighs more.
    marks = {"1": 5, "2": 3, "3": 3, "4": 1}
    rated = of_raters(R1=marks, R2=marks)
    result = score({"1": 400.0, "2": 200.0, "3": 200.0, "4": 100.0}, CRITERIA, rated)
    assert column(result, "in_circle") == pytest.approx({"1": 1, "2": 0.5, "3": 0.5, "4": 0})
    assert column(result, "made_by", "borderline") == {"2": "tie", "3": "tie"}
    apart = score(
        {"1": 400.0, "2": 200.0, "3": 190.0, "4": 100.0},
        CRITERIA,
        of_raters(R1=marks | {"3": 3.2}, R2=marks | {"3": 3.2}),
    )
    assert set(column(apart, "made_by", "borderline").values()) == {"weights"}


def test_decisions_take_borderline_accounts_off_the_list_of_what_to_do(score: Score) -> None:
    revenue = {"c": 10.0, "a": 10.0, "b": 10.0}
    decided = pd.DataFrame({"account_id": ["a", "z"], "decision": ["in", "out"], "reason": "x", "date": None})
    result = score(revenue, {"Umsatz": CRITERIA["Umsatz"]}, decided=decided, places=1)
    assert result.tables["borderline"].set_index("account_id")["decision"].dropna().to_dict() == {"a": "in"}
    said = result.finding("scoring.do.tied")
    assert said is not None
    assert said.values["names"] == ["Kunde b", "Kunde c"]


def test_what_to_settle_first_is_the_rating_on_which_a_place_hangs(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=APART, places=1)
    said = result.finding("scoring.do.disagreement")
    assert said is not None
    expected = {"name": "Kunde 1", "criterion": "Strategie", "rank_lowest": 2, "rank_highest": 1, "count": 1, "all": 2}
    assert {name: said.values[name] for name in expected} == expected
    assert score(criteria=CRITERIA, rated=APART, places=2).finding("scoring.do.disagreement") is None


# Places


def test_places_are_as_many_as_key_accounts_today(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=ratings(RATED), key_accounts=("1", "2", "3"), places=0)
    assert result.key_numbers["places"] == 3
    assert "scoring.choice.places_today" in choices(result)


def test_without_key_accounts_there_are_twenty_places(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=ratings(RATED), places=0)
    assert result.key_numbers["places"] == 20
    assert "scoring.choice.places_default" in choices(result)


def test_selection_is_held_against_todays_key_accounts(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=of_raters(R1=RATED, R2=RATED), key_accounts=("3",), places=1)
    lost, new = result.finding("scoring.today"), result.finding("scoring.new")
    assert lost is not None
    assert new is not None
    assert (lost.values["names"], new.values["names"]) == (["Kunde 3"], ["Kunde 2"])


# Knock-outs

HARSH = CRITERIA | {"Strategie": CRITERIA["Strategie"] | {"knock_out": "= value >= 5"}}


def test_knock_out_stands_apart_with_the_rank_it_would_have(score: Score) -> None:
    result = score(criteria=HARSH, rated=ratings(RATED))
    assert column(result, "status") == {"1": "set", "3": "set", "2": "knocked_out", "4": "knocked_out"}
    assert column(result, "knock_out")["2"] == "Strategie"
    assert (
        result.tables["accounts"].set_index("account_id").loc[["2", "4"], ["rank", "in_circle"]].isna().all(axis=None)
    )
    out = result.tables["knocked_out"].set_index("account_id")
    assert out["rank_without"].to_dict() == {"2": 1, "4": 2}
    assert out["knocking_value"].tolist() == [5, 5]


def test_knocked_out_accounts_take_no_place(score: Score) -> None:
    numbers = score(criteria=HARSH, rated=ratings(RATED)).key_numbers
    assert (numbers["accounts"], numbers["set"], numbers["knocked_out"]) == (2, 2, 2)


def test_knocked_out_accounts_do_not_stretch_the_scale(score: Score) -> None:
    criteria = {"Umsatz": {"from": "revenue", "axis": "attractiveness", "knock_out": "= value > 300"}}
    result = score(criteria=criteria)
    assert column(result, "score") == pytest.approx({"2": 100, "3": 50, "4": 0, "1": 100})


def test_what_is_not_known_knocks_nobody_out(score: Score) -> None:
    criteria = CRITERIA | {"Wachstum": {"from": "growth", "axis": "position", "knock_out": "= value < 0"}}
    result = score(criteria=criteria, rated=ratings(RATED), growth=[np.nan, 0.1, -0.1, 0.2])
    assert [name for name, status in column(result, "status").items() if status == "knocked_out"] == ["3"]


def test_a_criterion_may_knock_out_without_weight(score: Score) -> None:
    criteria = CRITERIA | {"Wachstum": {"from": "growth", "axis": "position", "knock_out": "= value < 0"}}
    result = score(criteria=criteria, rated=ratings(RATED), growth=[0.1, 0.1, -0.1, 0.2])
    assert result.key_numbers["criteria"] == 2
    assert column(result, "score")["2"] == pytest.approx(85)


# Criteria of our own


def test_without_criteria_the_page_says_they_are_not_the_clients(score: Score) -> None:
    result = score(growth=[0.1, 0.2, 0.3, 0.4])
    assert result.tables["criteria"]["criterion"].tolist() == ["revenue", "growth"]
    assert result.tables["criteria"]["weight"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert "scoring.default" in keys(result)
    assert "scoring.choice.weights_default" in choices(result)


def test_weights_of_judges_need_criteria(score: Score) -> None:
    assert "scoring.choice.weights_points" in choices(
        score(criteria=CRITERIA, rated=ratings(RATED), weighting={"points": {"J1": {"Umsatz": "1", "Strategie": "1"}}})
    )


def test_contradicting_judgements_mark_the_result(score: Score) -> None:
    criteria = CRITERIA | {"Wachstum": {"from": "growth", "axis": "position"}}
    judged = {"Umsatz : Strategie": "5", "Strategie : Wachstum": "5", "Umsatz : Wachstum": "1/5"}
    result = score(
        criteria=criteria, rated=ratings(RATED), growth=[0.0, 0, 0, 1], weighting={"judgements": {"J1": judged}}
    )
    assert float(result.key_numbers["consistency_ratio"] or 0) > 0.05
    assert [finding.key for finding in result.findings][1] == "scoring.inconsistent"
    assert "scoring.weights.contradiction" in keys(result)
    assert not result.tables["accounts"].empty


# Counted more than once

MANY = {f"{at:02d}": float(at * at) for at in range(1, 13)}


def test_criteria_that_order_alike_are_named_with_their_joint_weight(score: Score) -> None:
    criteria = {
        "Umsatz": {"from": "revenue", "axis": "attractiveness", "weight": "40"},
        "Marge": {"from": "contribution_margin", "axis": "attractiveness", "weight": "30"},
        "Länder": {"from": "countries", "axis": "complexity", "weight": "30"},
    }
    result = score(MANY, criteria, contribution_margin=[float(at) for at in range(12)], countries=[1.0, 2, 3] * 4)
    overlap = result.tables["overlap"]
    assert overlap[["criterion", "other"]].values.tolist() == [["Umsatz", "Marge"]]
    assert overlap[["correlation", "joint_weight"]].values.tolist() == [[pytest.approx(1), pytest.approx(0.7)]]
    said = result.finding("scoring.weights.overlap")
    assert said is not None
    assert said.values == {"criteria": ["Umsatz", "Marge"], "weight": pytest.approx(0.7)}


def test_few_accounts_prove_no_overlap(score: Score) -> None:
    criteria = CRITERIA | {"Marge": {"from": "contribution_margin", "axis": "attractiveness", "weight": "30"}}
    assert score(criteria=criteria, rated=ratings(RATED), contribution_margin=[4.0, 3, 2, 1]).tables["overlap"].empty


def test_families_join_what_overlaps_over_others() -> None:
    pairs = pd.DataFrame({"criterion": ["A", "C", "B"], "other": ["B", "D", "C"]})
    assert judging.families(pairs) == [["A", "B", "C", "D"]]


# The workshop


def of_raters(**by_rater: Mapping[str, Any]) -> pd.DataFrame:
    return pd.concat([ratings(values, rater=rater) for rater, values in by_rater.items()])


APART = of_raters(R1={"1": 1, "2": 5, "3": 3, "4": 5}, R2={"1": 5, "2": 5, "3": 4, "4": 5})


def test_largest_disagreement_comes_first_and_shows_what_hangs_on_it(score: Score) -> None:
    table_ = score(criteria=CRITERIA, rated=APART).tables["disagreements"]
    assert table_[["account_id", "lowest", "highest", "spread"]].values.tolist() == [["1", 1, 5, 4], ["3", 3, 4, 1]]
    # Account 1: 60 with a 1, 100 with a 5; the others have 85, 55, 55 (55: account 3 with its mean of 3.5).
    assert table_.iloc[0][["rank", "rank_lowest", "rank_highest"]].tolist() == [2, 2, 1]


def test_raters_who_differ_make_borderline(score: Score) -> None:
    agreed = score(criteria=CRITERIA, rated=APART, places=1, spread=0.0)
    assert column(agreed, "in_circle")["1"] == pytest.approx(0.5, abs=0.02)
    assert column(agreed, "status")["1"] == "borderline"


def test_one_rater_alone_disagrees_with_nobody(score: Score) -> None:
    result = score(criteria=CRITERIA, rated=ratings(RATED))
    assert result.tables["disagreements"].empty
    assert "scoring.workshop.one_rater" in keys(result)


def test_single_raters_are_hidden_below_five_without_consent(score: Score) -> None:
    assert "raters" not in score(criteria=CRITERIA, rated=APART).tables
    assert "scoring.raters.hidden" in keys(score(criteria=CRITERIA, rated=APART))
    assert "raters" in score(criteria=CRITERIA, rated=APART, consent=True).tables


def test_strict_rater_is_told_by_code_in_neutral_words(score: Score) -> None:
    twelve = {f"{at:02d}": 100.0 + at for at in range(12)}
    mild = {name: 2 + at % 3 for at, name in enumerate(twelve)}
    rated = of_raters(R1=mild, R2={name: value - 1 for name, value in mild.items()})
    result = score(twelve, CRITERIA, rated, consent=True)
    assert result.tables["raters"].values.tolist() == [["R1", 12, pytest.approx(25)], ["R2", 12, pytest.approx(-25)]]
    said = result.finding("scoring.raters.less")
    assert said is not None
    assert said.values == {"rater": "R2", "points": pytest.approx(25)}


def test_variants_say_who_comes_and_goes(score: Score) -> None:
    variants = {"Strategie zuerst": {"Umsatz": "10", "Strategie": "90"}}
    result = score(criteria=CRITERIA, rated=ratings(RATED), weighting={"variants": variants})
    table_ = result.tables["variants"]
    own = table_[table_["variant"] == "Strategie zuerst"]
    assert own.set_index("account_id")["circle"].to_dict() == {"2": "stays", "1": "leaves", "4": "enters"}
    assert table_["variant"].unique().tolist() == ["equal", "Strategie zuerst"]


def test_decisions_stand_beside_the_computation(score: Score) -> None:
    decided = pd.DataFrame(
        {
            "account_id": ["3", "2", "2", "9"],
            "decision": ["in", "in", "out", "watch"],
            "reason": ["a", "b", "c", "d"],
            "date": [date(2025, 1, 1), date(2025, 1, 1), date(2025, 2, 1), None],
        }
    )
    rated = of_raters(R1=RATED, R2=RATED)
    table_ = score(criteria=CRITERIA, rated=rated, decided=decided, places=1).tables["decisions"]
    by_id = table_.set_index("account_id")
    assert by_id["decision"].to_dict() == {"2": "out", "3": "in", "9": "watch"}  # the latest counts
    assert by_id["against"].notna().to_dict() == {"2": True, "3": True, "9": False}
    assert by_id["status"].to_dict() == {"2": "set", "3": "out", "9": pytest.approx(float("nan"), nan_ok=True)}


def test_topsis_ranks_those_without_gaps(score: Score) -> None:
    criteria = CRITERIA | {"Wachstum": {"from": "growth", "axis": "attractiveness", "weight": "1"}}
    result = score(criteria=criteria, rated=ratings(RATED), growth=[0.1, 0.2, 0.3, np.nan])
    assert set(result.tables["topsis"]["account_id"]) == {"1", "2", "3"}


# Properties


@limits(max_examples=12, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**16), count=st.integers(1, 15), places=st.integers(1, 8))
def test_ranks_shares_and_statuses_agree(sold: Sold, seed: int, count: int, places: int) -> None:
    generator = np.random.default_rng(seed)
    revenue = {f"{at:02d}": float(generator.integers(1, 50)) for at in range(count)}
    growth = np.where(generator.random(count) < 0.2, np.nan, generator.random(count)).tolist()
    criteria = {name: {"from": name, "axis": "position", "weight": "2"} for name in ("revenue", "growth")}
    settings = Settings.model_validate({"name": "X", "sources": {"transactions": {"path": "x"}}, "criteria": criteria})
    result = scoring(measures(sold, revenue, measured={"growth": growth}), settings, places=places)
    accounts, numbers = result.tables["accounts"], result.key_numbers
    assert accounts["rank"].tolist() == list(range(1, len(accounts) + 1))
    assert accounts["score"].between(0, 100).all()
    assert accounts["score"].is_monotonic_decreasing
    assert accounts["in_circle"].sum() == pytest.approx(min(places, len(accounts)), abs=1e-4)
    assert sum(int(numbers[name] or 0) for name in ("set", "borderline", "out")) == numbers["accounts"]
    assert len(accounts) + len(result.tables["not_judged"]) == count


# Page

CASES: dict[str, dict[str, Any]] = {
    "nobody": {"revenue": {}},
    "default": {"key_accounts": ("1", "4")},
    "rated": {"criteria": CRITERIA, "rated": ratings({"2": 5, "3": 3})},
    "apart": {"criteria": CRITERIA, "rated": APART, "consent": True, "places": 1},
    "knocked out": {"criteria": HARSH, "rated": ratings(RATED), "places": 1, "key_accounts": ("2",)},
    "points": {
        "criteria": CRITERIA,
        "rated": APART,
        "weighting": {"points": {"R1": {"Umsatz": "1"}, "R2": {"Strategie": "9", "Umsatz": "1"}}},
    },
    "unlinked": {
        "criteria": CRITERIA | {"Wachstum": {"from": "growth", "axis": "position"}},
        "weighting": {"judgements": {"R1": {"Umsatz : Strategie": "3"}}},
    },
    "many": {
        "revenue": {f"{at:04d}": float(1 + at % 97) for at in range(120)},
        "names": dict.fromkeys((f"{at:04d}" for at in range(120)), "VEREINIGTE $WERKZEUGMASCHINENFABRIKEN_ GMBH <b>"),
        "growth": [float(at * 7 % 31) / 31 for at in range(120)],
        "places": 40,
        "key_accounts": tuple(f"{at:04d}" for at in range(60)),
    },
}


@pytest.mark.parametrize("words", [DE, EN], ids=["de", "en"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_sentence_and_table_can_be_shown(score: Score, case: dict[str, Any], words: Words) -> None:
    result = score(**case)
    for finding in (*result.findings, *result.basis.choices):
        assert "{" not in sentence(finding, words)
    assert "<h1>" in bottom_line(result, words, "set", "borderline", "out", ("not_judged", "criteria"))
    assert basis(result, words)
    for name in result.tables:
        assert bool(table(result, words, name)) == (len(result.tables[name]) > 0)


@pytest.mark.parametrize("words", [DE, EN], ids=["de", "en"])
@pytest.mark.parametrize("case", ["default", "rated", "apart", "tied"])
def test_where_weights_stay_as_agreed_nothing_speaks_of_weightings(score: Score, case: str, words: Words) -> None:
    tied = {"revenue": {"a": 1.0, "b": 1.0}, "criteria": {"Umsatz": CRITERIA["Umsatz"]}, "places": 1}
    result = score(**{**(CASES | {"tied": tied})[case], "spread": 0.0})
    assert result.key_numbers["moves"] in ("raters", "nothing")
    said = [sentence(finding, words) for finding in result.findings]
    for draw in (scoring_ranks,):
        if drawing := draw(result, words, WIDE):
            found = captions(drawing, result, words)
            said += [found.title, found.measure]
    wrong = [text for text in said if re.search(r"Gewichtung|weighting|\b0\s?%|(?<![\d,.])0 %", text)]
    assert not wrong
    assert result.tables["borderline"]["flip_weight"].isna().all()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_labels_of_the_figures_do_not_overlap(score: Score, case: dict[str, Any], size: float) -> None:
    from test_figures import misplaced

    result = score(**case)
    for draw in (scoring_ranks, criteria_weights, variant_ranks):
        drawing = draw(result, DE, size)
        assert drawing is None or not misplaced(drawing), draw.__name__
