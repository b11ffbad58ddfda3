"""Weightings played through: closed form, hand cases, ties, gaps; the weight at which an account crosses the line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kamlab.selection import smaa
from kamlab.selection.topsis import closeness

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)
# Grid values: scores that differ do so by more than rounding.
utilities = arrays.arrays(
    float, st.tuples(st.integers(2, 7), st.integers(2, 4)), elements=st.integers(0, 8).map(lambda n: n / 8)
)


def columns(matrix: np.ndarray) -> list[np.ndarray]:
    return [matrix[:, [at]] for at in range(matrix.shape[1])]


def inside(matrix: np.ndarray, weights: np.ndarray, account: int, places: int) -> bool:
    """Say by counting whether an account is among the first; NaN counts not, ties go to the one that stands first."""
    known = ~np.isnan(matrix)
    score = (np.nan_to_num(matrix) @ weights) / np.maximum(known @ weights, 1e-300)
    ahead = (score > score[account] + 1e-9) | (
        (np.abs(score - score[account]) <= 1e-9) & (np.arange(len(score)) < account)
    )
    return bool(ahead.sum() < places)


def moved(weights: np.ndarray, criterion: int, to: float) -> np.ndarray:
    others = np.where(np.arange(len(weights)) == criterion, 0.0, weights)
    return others / others.sum() * (1 - to) + to * (np.arange(len(weights)) == criterion)


# How often among the first


def test_closed_form_of_three_accounts() -> None:
    # A (1, 0) is first for w > .6, B (0, 1) for w < .4, C (.6, .6) between: uniform weights give .4, .4, .2.
    found = smaa.acceptability(columns(np.array([[1, 0], [0, 1], [0.6, 0.6]])), smaa.uniform(2), 1)
    assert found == pytest.approx([0.4, 0.4, 0.2], abs=0.015)


def test_weights_drawn_add_up_and_stay_in_their_range() -> None:
    drawn = smaa.around(np.array([0.5, 0.3, 0.2]), 0.3, draws=2000)
    assert drawn.sum(axis=1) == pytest.approx(1)
    assert 0.5 * 0.7 / 1.3 < drawn[:, 0].min() < drawn[:, 0].max() < 0.5 * 1.3 / 0.7


def test_without_spread_nothing_moves() -> None:
    assert np.ptp(smaa.around(np.array([0.5, 0.3, 0.2]), 0.0), axis=0) == pytest.approx(0)


def test_same_seed_same_numbers() -> None:
    assert (smaa.around(np.array([0.5, 0.5]), 0.3) == smaa.around(np.array([0.5, 0.5]), 0.3)).all()


def test_places_are_all_given_away() -> None:
    matrix = np.random.default_rng(3).random((30, 5))
    assert smaa.acceptability(columns(matrix), smaa.uniform(5), 7).sum() == pytest.approx(7)


def test_accounts_that_tie_share_the_last_place() -> None:
    found = smaa.acceptability(columns(np.array([[1, 1], [0.5, 0.5], [0.5, 0.5], [0, 0]])), smaa.uniform(2), 2)
    assert found.tolist() == [1, 0.5, 0.5, 0]


def test_with_room_for_all_everybody_is_in() -> None:
    assert smaa.acceptability(columns(np.eye(3)), smaa.uniform(3), 5).tolist() == [1, 1, 1]


def test_a_rater_counts_as_often_as_another() -> None:
    # The second account is ahead for one of two raters only.
    views = [np.array([[0.5, 0.5], [0.0, 1.0]])]
    assert smaa.acceptability(views, np.ones((10_000, 1)), 1) == pytest.approx([0.5, 0.5], abs=0.02)


def test_one_rater_counts_for_all_accounts_alike() -> None:
    # A strict rater sees everyone lower: that moves nobody.
    views = [np.array([[0.9, 0.5], [0.8, 0.4]])]
    assert smaa.acceptability(views, np.ones((1000, 1)), 1).tolist() == [1, 0]


def test_where_a_value_is_missing_the_others_count() -> None:
    matrix = np.array([[0.6, np.nan], [0.5, 0.6]])
    assert smaa.acceptability(columns(matrix), smaa.uniform(2), 1).tolist() == [1, 0]  # .6 against at most .6


def test_account_without_any_value_is_never_in() -> None:
    assert smaa.acceptability(columns(np.array([[np.nan, np.nan], [0.0, 0.0]])), smaa.uniform(2), 1).tolist() == [0, 1]


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, drawn = np.random.default_rng(1).random((20, 4)), smaa.uniform(4, draws=500)
    whole = smaa.acceptability(columns(matrix), drawn, 6)
    monkeypatch.setattr(smaa, "_CELLS", 60)
    assert smaa.acceptability(columns(matrix), drawn, 6) == pytest.approx(whole)


def test_input_stays_as_it_is() -> None:
    matrix = np.array([[0.6, np.nan], [0.5, 0.6]])
    before = matrix.copy()
    smaa.acceptability(columns(matrix), smaa.uniform(2), 1)
    smaa.flip(matrix, np.array([0.5, 0.5]), 0, 1)
    assert np.array_equal(matrix, before, equal_nan=True)


# The weight at which an account crosses the line


def test_hand_case_of_a_flip() -> None:
    # A (1, 0) against C (.6, .6): A is ahead for a weight of the first criterion above .6.
    matrix = np.array([[1, 0], [0.6, 0.6]])
    assert smaa.flip(matrix, np.array([0.7, 0.3]), 0, 1) == (0, pytest.approx(0.6))
    assert smaa.flip(matrix, np.array([0.5, 0.5]), 0, 1) == (0, pytest.approx(0.6))


def test_account_that_is_better_everywhere_never_flips() -> None:
    assert smaa.flip(np.array([[1, 1], [0.6, 0.6]]), np.array([0.5, 0.5]), 0, 1) is None


def test_a_single_criterion_cannot_change() -> None:
    assert smaa.flip(np.array([[1.0], [0.5]]), np.array([1.0]), 1, 1) is None


def test_equal_accounts_do_not_flip() -> None:
    assert smaa.flip(np.array([[0.5, 0.2], [0.5, 0.2]]), np.array([0.5, 0.5]), 1, 1) is None


def test_tie_that_any_change_breaks_flips_where_it_is() -> None:
    found = smaa.flip(np.array([[1, 0], [0, 1]]), np.array([0.5, 0.5]), 0, 1)
    assert found is not None
    assert found.weight == pytest.approx(0.5)


@quick
@given(utilities, st.integers(0, 2**16), st.booleans())
def test_account_crosses_at_the_flip_and_not_before(matrix: np.ndarray, seed: int, gaps: bool) -> None:
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.ones(matrix.shape[1]))
    if gaps:
        matrix = np.where(generator.random(matrix.shape) < 0.2, np.nan, matrix)
        matrix = matrix[~np.isnan(matrix).any(axis=1) | (generator.random(len(matrix)) < 0.5)]
        matrix = matrix[~np.isnan(matrix).all(axis=1)]
    if len(matrix) < 2:
        return
    account, places = int(generator.integers(len(matrix))), int(generator.integers(1, len(matrix)))
    now, found = inside(matrix, weights, account, places), smaa.flip(matrix, weights, account, places)
    distance = abs(found.weight - weights[found.criterion]) if found else 1.0
    for criterion in range(len(weights)):
        for to in np.linspace(0.002, 0.998, 250):
            if abs(to - weights[criterion]) < distance - 1e-6:
                assert inside(matrix, moved(weights, criterion, to), account, places) == now
    if found:
        beyond = [found.weight + step for step in (1e-5, -1e-5)]
        assert any(inside(matrix, moved(weights, found.criterion, to), account, places) != now for to in beyond)


# TOPSIS


# Hwang & Yoon (1981), Multiple Attribute Decision Making: four fighter aircraft by speed, range, payload, cost,
# reliability and manoeuvrability; closeness .643 .268 .613 .312.
AIRCRAFT = np.array(
    [
        [2.0, 1500, 20000, 5.5, 5, 9],
        [2.5, 2700, 18000, 6.5, 3, 5],
        [1.8, 2000, 21000, 4.5, 7, 7],
        [2.2, 1800, 20000, 5.0, 5, 5],
    ]
)


def test_topsis_of_the_aircraft() -> None:
    more = np.array([True, True, True, False, True, True])
    found = closeness(AIRCRAFT, np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3]), more)
    assert found == pytest.approx([0.643, 0.268, 0.613, 0.312], abs=6e-4)  # theirs: with rounded steps


def test_topsis_of_alternatives_that_are_alike_is_a_half() -> None:
    assert closeness(np.ones((3, 2)), np.array([0.5, 0.5]), np.ones(2, bool)).tolist() == [0.5] * 3


def test_topsis_ignores_a_criterion_that_is_zero_everywhere() -> None:
    assert closeness(np.array([[1.0, 0], [0.5, 0]]), np.array([0.5, 0.5]), np.ones(2, bool)).tolist() == [1, 0]
