"""Weights of criteria: points and judgements of several judges, whether judgements agree, what is missing."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.engagement.choosing import Criterion, Weighting
from kamlab.selection import ahp
from kamlab.selection.weights import Weights, weigh

quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


def criteria(**weights: str | None) -> dict[str, Criterion]:
    return {name: Criterion.model_validate({"axis": "position", "weight": points}) for name, points in weights.items()}


ABC = criteria(A=None, B=None, C=None)


def weighed(given: dict[str, Criterion] = ABC, **weighting: Any) -> Weights:
    return weigh(given, Weighting.model_validate(weighting))


def shares(found: Weights) -> list[float]:
    return found.agreed.tolist()


# Points


def test_points_of_one_judge_are_shares() -> None:
    found = weighed(points={"J1": {"A": "50", "B": "30", "C": "20"}})
    assert shares(found) == pytest.approx([0.5, 0.3, 0.2])
    assert found.way == "points"


def test_points_of_several_judges_are_put_together_by_the_geometric_mean() -> None:
    found = weighed(points={"J1": {"A": "80", "B": "20", "C": "0"}, "J2": {"A": "20", "B": "80", "C": "0"}})
    assert shares(found) == pytest.approx([0.5, 0.5, 0.0])
    found = weighed(points={"J1": {"A": "90", "B": "10"}, "J2": {"A": "40", "B": "60"}})
    assert shares(found)[0] / shares(found)[1] == pytest.approx((9 * (4 / 6)) ** 0.5)


def test_a_judge_who_gives_more_points_counts_no_more() -> None:
    few = weighed(points={"J1": {"A": "8", "B": "2"}, "J2": {"A": "20", "B": "80"}})
    many = weighed(points={"J1": {"A": "800", "B": "200"}, "J2": {"A": "20", "B": "80"}})
    assert shares(few) == pytest.approx(shares(many))


def test_nobody_strikes_out_a_criterion_alone() -> None:
    found = weighed(points={"J1": {"A": "100"}, "J2": {"A": "50", "B": "50"}})
    assert found.lifted == ("B",)
    assert shares(found)[1] == pytest.approx((0.005 * 0.5) ** 0.5 / ((0.005 * 0.5) ** 0.5 + 0.5**0.5))
    assert shares(found)[2] == 0


def test_a_judge_without_points_is_nobody() -> None:
    found = weighed(points={"J1": {"A": "100"}, "J2": {"A": "0"}})
    assert found.by_judge["judge"].unique().tolist() == ["J1"]


def test_every_judge_is_shown() -> None:
    table = weighed(points={"J1": {"A": "1", "B": "1", "C": "2"}, "J2": {"A": "1"}}).by_judge
    assert table[table["judge"] == "J1"]["weight"].tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert len(table) == 6


# Weights of the criteria themselves


def test_weights_of_the_settings_count_by_their_share() -> None:
    found = weighed(criteria(A="3", B="1", C=None))
    assert shares(found) == pytest.approx([0.75, 0.25, 0])
    assert found.way == "weights"


def test_without_any_word_all_count_alike() -> None:
    assert (weighed().way, shares(weighed())) == ("equal", pytest.approx([1 / 3] * 3))


@quick
@given(st.lists(st.integers(0, 100), min_size=1, max_size=9))
def test_weights_add_up_to_one(points: list[int]) -> None:
    given_ = criteria(**{f"K{at}": str(value) for at, value in enumerate(points)})
    assert weighed(given_).agreed.sum() == pytest.approx(1)


# Judgements in pairs

# Saaty (1980), The Analytic Hierarchy Process: relative consumption of drinks, the upper triangle of 7 × 7.
DRINKS = ["9 5 2 1 1 1/2", "1/3 1/9 1/9 1/9 1/9", "1/3 1/4 1/3 1/9", "1/2 1 1/3", "2 1/2", "1/3"]
NAMES = ["coffee", "wine", "tea", "beer", "sodas", "milk", "water"]
UPPER = [value for row in DRINKS for value in row.split()]
JUDGED = {f"{one} : {other}": value for (one, other), value in zip(combinations(NAMES, 2), UPPER, strict=True)}


def test_drinks_of_saaty() -> None:
    found = ahp.weights(ahp.matrix_of(JUDGED, NAMES))
    assert found.weights == pytest.approx([0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327], abs=6e-4)
    assert found.consistency_ratio == pytest.approx(0.022, abs=5e-4)


def test_judgements_become_weights() -> None:
    found = weighed(criteria(**dict.fromkeys(NAMES)), judgements={"J1": JUDGED})
    assert found.agreed["water"] == pytest.approx(0.327, abs=5e-4)
    assert (found.way, found.is_consistent, found.contradictions) == ("judgements", True, ())


@quick
@given(st.lists(st.integers(1, 30), min_size=2, max_size=8))
def test_judgements_without_contradiction_give_their_ratios(points: list[int]) -> None:
    weights = np.array(points) / sum(points)
    found = ahp.weights(weights[:, None] / weights[None, :])
    assert found.weights == pytest.approx(weights)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-6)


def test_a_pair_is_the_same_in_both_directions() -> None:
    one, other = (ahp.matrix_of({pair: value}, ["A", "B"]) for pair, value in (("A : B", "3"), ("B : A", "1/3")))
    assert one == pytest.approx(other)
    assert one[0, 1] == pytest.approx(3)


def test_judges_are_put_together_pair_by_pair() -> None:
    found = weighed(criteria(A=None, B=None), judgements={"J1": {"A : B": "9"}, "J2": {"A : B": "1"}})
    assert shares(found) == pytest.approx([0.75, 0.25])
    assert found.by_judge["weight"].tolist() == pytest.approx([0.9, 0.5, 0.1, 0.5])


CIRCLE = {"A : B": "5", "B : C": "5", "A : C": "1/5"}  # A over B over C over A


def test_contradicting_judgements_are_marked_and_named() -> None:
    found = weighed(judgements={"J1": CIRCLE})
    assert found.consistency_ratio is not None
    assert found.consistency_ratio > 0.05
    assert not found.is_consistent
    assert {(one.criterion, one.other) for one in found.contradictions} == {("A", "B"), ("B", "C"), ("C", "A")}
    assert shares(found) == pytest.approx([1 / 3] * 3)  # the workshop goes on


def test_the_farthest_judgement_is_named_first() -> None:
    judged = {"A : B": "2", "A : C": "4", "A : D": "1/9", "B : C": "2", "B : D": "4", "C : D": "2"}  # A : D should be 8
    first = weighed(criteria(**dict.fromkeys("ABCD")), judgements={"J1": judged}).contradictions[0]
    assert (first.criterion, first.other, first.stated) == ("D", "A", pytest.approx(9))
    assert first.implied < 2


@pytest.mark.parametrize(("count", "expected"), [(3, 0.05), (4, 0.08), (5, 0.10), (12, 0.10)])
def test_limits_are_those_of_saaty(count: int, expected: float) -> None:
    assert ahp.limit(count) == expected


def test_two_criteria_cannot_contradict() -> None:
    assert ahp.weights(ahp.matrix_of({"A : B": "9"}, ["A", "B"])).consistency_ratio == 0


def test_missing_judgement_counts_as_the_ratio_of_the_weights() -> None:
    found = weighed(judgements={"J1": {"A : B": "2", "B : C": "2"}})
    assert shares(found) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert (found.missing_pairs, found.consistency_ratio) == (1, None)
    assert found.is_consistent


def test_judgements_that_link_nothing_are_not_used() -> None:
    found = weighed(criteria(A="3", B="1", C="1"), judgements={"J1": {"A : B": "2"}})
    assert found.unlinked == ("C",)
    assert (found.way, shares(found)) == ("weights", pytest.approx([0.6, 0.2, 0.2]))


def test_a_judge_alone_may_lack_what_others_have() -> None:
    found = weighed(judgements={"J1": {"A : B": "2"}, "J2": {"B : C": "2"}})
    assert shares(found) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert found.by_judge.empty


def test_unlinked_criteria_have_no_weights() -> None:
    with pytest.raises(ValueError, match="do not link"):
        ahp.weights(ahp.matrix_of({}, ["A", "B"]))


def test_a_single_criterion_has_all_weight() -> None:
    assert shares(weighed(criteria(A=None), judgements={"J1": {}})) == [1]
