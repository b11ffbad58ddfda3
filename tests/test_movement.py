"""Movement across a cut: what is usual by hand, who is on the cut, and a simulation in which nothing changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kamlab.facts.sales import Sales
from kamlab.selection import concentration
from kamlab.selection.movement import crossings_by_chance, distances, usual_change
from kamlab.selection.shares import accounts_for
from kamlab.text import LANGUAGES, Words

Sold = Callable[..., Sales]
CHANGES = np.array([-0.3, -0.2, -0.1, -0.1, 0.0, 0.0, 0.1, 0.1, 0.2, 0.3])  # from their median .1 in the middle


def test_usual_change_is_the_robust_spread_of_the_accounts_near_the_cut() -> None:
    before = np.array([9000.0, 8000.0, *(1000.0 - 90 * at for at in range(10))])
    now = before * np.exp(np.array([5.0, 5.0, *(CHANGES + 0.07)]))  # the two largest rank before half of the six
    assert usual_change(now, before, 6) == pytest.approx(1.4826 * 0.1)


def test_accounts_of_one_year_only_say_nothing_of_what_is_usual() -> None:
    before = np.array([1000.0 - 90 * at for at in range(10)])
    now = before * np.exp(CHANGES)
    with_others = (np.append(now, [700.0, 0.0]), np.append(before, [0.0, 650.0]))
    assert usual_change(*with_others, 5) == usual_change(now, before, 5)


def test_too_few_accounts_show_nothing_usual() -> None:
    assert usual_change(np.full(7, 2.0), np.full(7, 1.0), 5) is None


def test_cut_lies_in_the_middle_of_the_last_above_and_the_first_below() -> None:
    assert distances(np.array([8.0, 4.0, 1.0]), 2) == pytest.approx(np.log([4, 2, 0.5]))


@pytest.mark.parametrize("above", [0, 2])
def test_no_cut_without_accounts_on_both_sides(above: int) -> None:
    assert np.isnan(distances(np.array([8.0, 4.0]), above)).all()


def test_chance_moves_an_account_on_the_cut_in_one_of_four_pairs_of_years() -> None:
    assert crossings_by_chance(np.array([0.0, 9.0, -9.0]), 0.2) == pytest.approx(0.25)
    assert crossings_by_chance(np.array([0.0]), 0.0) == 0


@pytest.mark.parametrize("swing", [0.1, 0.2])
def test_where_nothing_changes_crossings_are_expected_and_most_end_on_the_cut(swing: float) -> None:
    rng, accounts, rose, expected, crossed, on_cut = np.random.default_rng(7), 162, 0, 0.0, 0, 0
    for _ in range(150):
        levels = rng.lognormal(0, 1.6, accounts)
        before, now = (levels * np.exp(rng.normal(0, swing, accounts)) for _ in range(2))
        is_a = []
        for revenue in (before, now):
            order = np.argsort(-revenue)
            above = accounts_for(revenue[order], 0.8)
            is_a.append(np.isin(np.arange(accounts), order[:above]))
        usual = usual_change(now, before, above)
        assert usual is not None
        away = np.empty(accounts)
        away[order] = distances(now[order], above)
        crosses = is_a[0] != is_a[1]
        rose += int((is_a[1] & ~is_a[0]).sum())
        expected += crossings_by_chance(away, usual)
        crossed += int(crosses.sum())
        on_cut += int((crosses & (np.abs(away) <= usual)).sum())
    assert rose == pytest.approx(expected, rel=0.08)
    assert on_cut / crossed == pytest.approx(0.78, abs=0.04)  # "just under 80 of 100" on the page


def near_the_cut(sold: Sold, **more: float) -> Sales:
    """Twelve accounts, each four fifths of the one before, a third of them up by a tenth, a third down; and others."""
    before = {f"{at:02d}": 100.0 * 0.8**at for at in range(12)}
    now = {name: value * float(np.exp(0.1 * (at % 3 - 1))) for at, (name, value) in enumerate(before.items())}
    return sold(now | more, before=before)


def test_account_close_to_the_border_of_class_a_is_on_it(sold: Sold) -> None:
    result = concentration(near_the_cut(sold))
    changes = result.tables["changes"].set_index("account_id")
    is_a, revenue = changes["class_now"] == "A", changes["revenue_now"]
    border = float(np.sqrt(revenue[is_a].min() * revenue[~is_a].max()))
    usual = float(result.key_numbers["usual_change"] or 0)
    assert usual == pytest.approx(1.4826 * 0.1)
    assert (changes["on_cut"] == (np.abs(np.log(revenue / border)) <= usual)).all()
    assert result.key_numbers["on_the_cut"] == changes["on_cut"].sum() > 0
    found = result.finding("concentration.cut.on_it")
    assert found is not None
    assert (found.values["less"], found.values["more"]) == (pytest.approx(1 - np.exp(-usual)), np.expm1(usual))


def test_account_far_above_the_border_has_risen_for_good(sold: Sold) -> None:
    sales = near_the_cut(sold, **{"11": 300.0})
    result = concentration(sales)
    row = result.tables["changes"].set_index("account_id").loc["11"]
    assert (row["movement"], bool(row["on_cut"])) == ("rose", False)
    found = result.finding("concentration.head.moved")
    assert found is not None
    assert found.values["rose"] == 1


def test_without_a_year_before_nobody_is_on_the_border(sold: Sold) -> None:
    result = concentration(sold({str(at): 10.0 + at for at in range(12)}))
    assert result.key_numbers["usual_change"] is None
    assert not [f for f in result.findings if f.key.startswith(("concentration.cut", "concentration.sure.swing"))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_border_is_said_for_none_one_and_many(language: str, count: int) -> None:
    words = Words(language)  # type: ignore[arg-type]
    values = {"count": count, "names": ["A"] * count, "rose": count, "fell": 0, "on_cut": count}
    values |= {"less": 0.17, "more": 0.2, "expected": 1.54}
    for key in ("head.moved", "cut.on_it", "cut.on_it_many", "sure.swing"):
        assert "{" not in words(f"concentration.{key}", **values)
