"""How firm a selection is: what weights and raters each make of it, raters' levels, and one rater against several."""

from __future__ import annotations

import runpy
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kamlab.engagement.choosing import Criterion
from kamlab.facts.ratings import levelled
from kamlab.selection import criteria as judging
from kamlab.selection.comparing import Comparison, points
from kamlab.selection.stability import ASSUMED, FEWEST, Stability, play, views

quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)
grids = st.tuples(st.integers(3, 8), st.integers(3, 5))
panels = grids.flatmap(lambda shape: arrays.arrays(float, shape, elements=st.integers(1, 5).map(float)))


def matrix(*rows: tuple[float | None, ...]) -> pd.DataFrame:
    raters = [f"R{at + 1}" for at in range(len(rows[0]))]
    return pd.DataFrame(rows, columns=raters, index=list("abcdefgh")[: len(rows)]).astype("float64")


def compared(
    ledger: Mapping[str, list[float]], marks: Mapping[str, pd.DataFrame], weights: Mapping[str, float] | None = None
) -> Comparison:
    """Compare accounts by measures (their utilities) and by marks from 1 to 5."""
    ids = pd.Index(sorted({*(next(iter(marks.values())).index if marks else range(len(next(iter(ledger.values())))))}))
    criteria = {name: Criterion.model_validate({"from": "revenue", "axis": "position"}) for name in ledger}
    rated = {"axis": "position", "low": "1", "high": "5"}
    criteria |= {name: Criterion.model_validate(rated) for name in marks}
    long = [
        frame.rename_axis("account_id").reset_index().melt("account_id", var_name="rater").assign(criterion=name)
        for name, frame in marks.items()
    ]
    columns = ["account_id", "criterion", "rater", "value"]
    entered = pd.concat(long)[columns].dropna() if long else pd.DataFrame(columns=columns)
    own = judging.values(pd.DataFrame({"account_id": ids}), entered, {name: criteria[name] for name in marks})
    values = pd.DataFrame(ledger, index=ids).join(own) if ledger else own
    bounds = {name: (0.0, 1.0) if name in ledger else (1.0, 5.0) for name in criteria}
    shares = pd.Series(weights or dict.fromkeys(criteria, 1.0)).reindex(list(criteria))
    nobody = pd.Series(None, index=ids, dtype="object")
    return Comparison(
        accounts=pd.DataFrame(index=ids), criteria=criteria, weights=shares / shares.sum(), values=values,
        utilities=points(values, criteria, bounds), bounds=bounds, ratings=entered.reset_index(drop=True),
        knock_out=nobody, not_judged=pd.DataFrame(), unmeasured={}, rescaled={},
    )  # fmt: skip


# Levels: an account as if everybody had rated it


def test_equal_marks_give_equal_results_where_the_strict_rater_is_missing() -> None:
    # R3 gives a point less than the others wherever all have rated: 5, 5 and no mark is 5, 5, 4.
    means = levelled(matrix((5, 5, 4), (5, 5, None), (3, 3, 2))).means
    assert means.tolist() == pytest.approx([14 / 3, 14 / 3, 8 / 3])


def test_hand_case_of_levels() -> None:
    # R1 gives 1 more than R2 on a: half above, half below. Alone, R1's 4 is worth 3.5, R2's 3 is worth 3.5.
    fit = levelled(matrix((4, 3), (4, None), (None, 3)))
    assert fit.levels.tolist() == pytest.approx([0.5, -0.5])
    assert fit.means.tolist() == pytest.approx([3.5, 3.5, 3.5])


def test_no_mean_leaves_the_marks_that_were_given() -> None:
    assert levelled(matrix((1, 3), (1, None), (3, 5))).means.tolist() == pytest.approx([2, 2, 4])
    assert levelled(matrix((3, 1), (1, None), (3, 1))).means["b"] == 1  # not 0


def test_raters_whom_nothing_links_are_left_as_they_are() -> None:
    assert levelled(matrix((5, None), (None, 2))).means.tolist() == [5, 2]


@quick
@given(panels)
def test_what_all_have_rated_has_exactly_its_plain_mean(marks: np.ndarray) -> None:
    fit = levelled(pd.DataFrame(marks))
    assert fit.means.tolist() == (marks.sum(axis=1) / marks.shape[1]).tolist()


@quick
@given(panels, st.integers(0, 2**16))
def test_levels_are_those_of_least_squares(marks: np.ndarray, seed: int) -> None:
    known = np.random.default_rng(seed).random(marks.shape) < 0.7
    known[0] = True  # links all raters
    fit = levelled(pd.DataFrame(np.where(known, marks, np.nan)))
    rows, raters = np.nonzero(known)
    design = np.zeros((len(rows) + 1, sum(marks.shape)))
    design[np.arange(len(rows)), rows] = 1
    design[np.arange(len(rows)), marks.shape[0] + raters] = 1
    design[-1, marks.shape[0] :] = 1  # levels add up to nothing
    found = np.linalg.lstsq(design, np.append(marks[known], 0.0), rcond=None)[0]
    assert fit.levels.tolist() == pytest.approx(found[marks.shape[0] :].tolist(), abs=1e-8)
    clipped = np.clip(found[: marks.shape[0]], marks[known].min(), marks[known].max())
    some = known.any(axis=1)
    assert fit.means[some].tolist() == pytest.approx(clipped[some].tolist(), abs=1e-8)
    assert fit.means[~some].isna().all()


# What moves

CLOSE = {"Umsatz": [0.9, 0.55, 0.45, 0.1]}
APART = {"Strategie": matrix((5, 5, 5), (1, 3, 2), (5, 2, 2), (1, 1, 1))}


def shares(found: Stability) -> list[float]:
    return found.shares["both"].tolist()


def test_what_moves_is_said() -> None:
    agree = {"Strategie": matrix((5, 5), (2, 2), (3, 3), (1, 1))}
    assert play(compared(CLOSE, APART), 2, 0.3).moves == "both"
    assert play(compared(CLOSE, APART), 2, 0.0).moves == "raters"
    assert play(compared(CLOSE, agree), 2, 0.3).moves == "weights"
    assert play(compared(CLOSE, agree), 2, 0.0).moves == "nothing"
    assert play(compared(CLOSE, {}), 2, 0.3).moves == "nothing"  # the weight of a single criterion


def test_ratings_without_weight_move_nothing() -> None:
    assert play(compared(CLOSE, APART, {"Umsatz": 1.0, "Strategie": 0.0}), 2, 0.0).moves == "nothing"


def test_who_is_borderline_by_raters_alone_is_told_so() -> None:
    # b and c have the same mean; who comes second hangs on whose mark counts.
    found = play(compared(CLOSE, APART), 2, 0.0)
    assert found.made_by.to_dict() == {"a": None, "b": "raters", "c": "raters", "d": None}
    assert found.counts().empty


def test_where_nothing_moves_only_a_tie_is_borderline() -> None:
    found = play(compared({"Umsatz": [0.9, 0.5, 0.5, 0.1]}, {}), 2, 0.3)
    assert shares(found) == [1, 0.5, 0.5, 0]
    assert found.made_by.to_dict() == {0: None, 1: "tie", 2: "tie", 3: None}


def test_weights_alone_or_only_both_together() -> None:
    ledger = {"A": [1.0, 0.70, 0.30, 0.0], "B": [1.0, 0.28, 0.72, 0.0]}
    agree = {"C": matrix((5, 5, 5), (3, 3, 3), (3, 3, 3), (1, 1, 1))}
    assert play(compared(ledger, agree), 2, 0.3).made_by.to_dict() == {
        "a": None,
        "b": "weights",
        "c": "weights",
        "d": None,
    }
    both = play(compared(ledger, {"C": matrix((5, 5, 5), (4, 3, 3), (3, 3, 4), (1, 1, 1))}), 2, 0.3)
    assert both.made_by[["b", "c"]].isin(["either", "together"]).all()
    assert both.counts()["moving"].tolist() == ["weights", "raters", "both"]
    assert (both.counts()[["set", "borderline", "out"]].sum(axis=1) == 4).all()


# One rater against several


def test_three_raters_count_as_they_are() -> None:
    marks = matrix((5, 4, 3), (1, 2, 3), (2, 2, 5), (1, 1, 1))
    seen = views(compared({}, {"Strategie": marks}))
    assert seen.seen[0] == pytest.approx((marks.to_numpy() - 1) / 4)
    assert not seen.alone.any()


def test_two_raters_stand_for_another_panel_of_two() -> None:
    # Marks 1 apart: variance .5, means of two panels of two differ by 2 / 2 of it; a drawn rater alone by a quarter.
    seen = views(compared({}, {"Strategie": matrix((3, 2), (2, 3), (4, 3), (3, 4))})).seen[0]
    assert seen.var(axis=1) * 16 == pytest.approx([0.5] * 4)


def test_one_rater_alone_is_assumed_to_be_a_step_off() -> None:
    seen = views(compared({}, {"Strategie": matrix((5,), (3,), (2,), (1,))}))
    assert (seen.difference, seen.is_known) == (ASSUMED, False)
    assert seen.alone[:, 0].tolist() == [ASSUMED] * 4


def test_one_rater_alone_borrows_what_raters_differ_by_elsewhere() -> None:
    # 13 accounts, two raters a point apart, now the one, now the other: 12 degrees of freedom, squares of 1/2 each.
    turns = [(3.0, 4.0), (4.0, 3.0)] * 6 + [(3.0, 3.0)]
    several = pd.DataFrame(turns, columns=["R1", "R2"])
    alone = pd.DataFrame({"R1": [float(1 + at % 5) for at in range(13)]})
    seen = views(compared({}, {"Strategie": several, "Referenz": alone}))
    freedom = 13 - 1
    assert freedom >= FEWEST
    assert seen.difference == pytest.approx((2 * 12 * 0.5 / 16 / freedom) ** 0.5)
    assert seen.alone[:, 1] == pytest.approx([seen.difference] * 13)
    assert not seen.alone[:, 0].any()


def test_a_gap_is_seen_at_the_level_of_the_rater() -> None:
    # R2 is a point stricter throughout: what R2 has not rated is a point below R1's mark, not at the mean.
    seen = views(compared({}, {"Strategie": matrix((5, 4), (3, 2), (4, 3), (3, None))}))
    assert (seen.seen[0] * 4 + 1)[3].tolist() == pytest.approx([3, 2])
    assert seen.alone[3, 0] > 0


@quick
@given(panels)
def test_dropping_a_rater_never_makes_more_certain(marks: np.ndarray) -> None:
    """How far another panel would be from this one: on average over who is dropped, a smaller one is never nearer."""

    def variance(panel: np.ndarray) -> float:
        seen = views(compared({}, {"Strategie": pd.DataFrame(panel)}))
        return float((seen.seen[0] - seen.seen[0].mean(axis=0)).var(axis=1).mean())

    raters = marks.shape[1]
    # That somebody is stricter than the others moves nobody: all marks at one level, and within the scale.
    even = 3 + (marks - marks.mean(axis=0)) / 2
    dropped = [variance(np.delete(even, at, axis=1)) for at in range(raters)]
    assert np.mean(dropped) >= variance(even) - 1e-12


@quick
@given(panels)
def test_one_alone_is_never_more_certain_than_several_a_step_apart(marks: np.ndarray) -> None:
    marks = 2.0 + marks % 2  # all of them 2 or 3
    several = views(compared({}, {"Strategie": pd.DataFrame(marks)})).seen[0]
    one = views(compared({}, {"Strategie": pd.DataFrame(marks[:, :1])}))
    assert (one.alone[:, 0] ** 2 >= several.var(axis=1) - 1e-12).all()


@settings(quick, max_examples=8)
@given(st.lists(st.integers(1, 5).map(float), min_size=2, max_size=8), st.integers(1, 4), st.integers(2, 4))
def test_who_agrees_with_nobody_is_not_firmer_than_who_agrees_with_others(
    marks: list[float], places: int, raters: int
) -> None:
    ledger = {"Umsatz": np.linspace(0, 1, len(marks)).tolist()}
    alone, agreed = (
        play(
            compared(ledger, {"Strategie": pd.DataFrame(dict.fromkeys([f"R{at}" for at in range(count)], marks))}),
            places,
            0.0,
        )
        for count in (1, raters)
    )
    is_set = alone.shares["both"] >= 0.95
    is_out = alone.shares["both"] <= 0.05
    assert (agreed.shares["both"][is_set] >= 0.5).all()
    assert (agreed.shares["both"][is_out] <= 0.5).all()
    assert alone.made_by.notna().sum() >= agreed.made_by.notna().sum()


def test_a_sample_of_what_is_called_set_or_out_holds_with_another_panel() -> None:
    """The whole table is printed by benchmarks/calibration_stability.py."""
    calibration = runpy.run_path(str(ROOT / "benchmarks" / "calibration_stability.py"))
    found = calibration["table"](6, (1, 3), seed=3)
    assert not calibration["broken"](found)
    assert found.loc[1, "set"] < found.loc[3, "set"]
