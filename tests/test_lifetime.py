"""BG/NBD and gamma-gamma: published fits, the archived package as oracle, recovery of known truth, and the gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from kamlab.selection.calibration import calibration
from kamlab.selection.lifetime import (
    Fit,
    active,
    dropout_factor,
    expected,
    fit_amounts,
    fit_orders,
    mean_amount,
    purchases,
    silent,
)
from kamlab.selection.lifetime_gate import gate, regularity

END = pd.Timestamp("2025-12-31")
CDNOW = Fit({"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4258}, None, 0.0, True)
Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def one(*values: float) -> Columns:
    x, tx, span = (np.array([value], dtype=float) for value in values)
    return x, tx, span


def lives(truth: Fit, count: int, weeks: float, seed: int) -> list[list[float]]:
    """Simulate the model: of accounts that came in the first third, the weeks from their first order to the others.

    The last entry is the span from the first order to the end.
    """
    rng = np.random.default_rng(seed)
    r, alpha, a, b = (truth.parameters[name] for name in ("r", "alpha", "a", "b"))
    found = []
    for _ in range(count):
        span, rate, stops = weeks - rng.uniform(0, weeks / 3), rng.gamma(r, 1 / alpha), rng.beta(a, b)
        times, now = [], rng.exponential(1 / rate)
        while now <= span:
            times.append(now)
            now = span + 1 if rng.random() < stops else now + rng.exponential(1 / rate)
        found.append([*times, span])
    return found


def bought(truth: Fit, count: int, weeks: float, seed: int) -> Columns:
    """Simulate x, tx and T."""
    known = [(len(own) - 1, own[-2] if len(own) > 1 else 0.0, own[-1]) for own in lives(truth, count, weeks, seed)]
    x, tx, span = np.array(known, dtype=float).T
    return x, tx, span


def days_of(gaps: list[list[int]]) -> pd.DataFrame:
    """Make days with orders: of each account the gaps before the end, the last one up to it."""
    rows = []
    for at, own in enumerate(gaps):
        back = np.cumsum(own[::-1])
        rows += [
            {"account_id": f"{at:04d}", "date": END - pd.Timedelta(days=int(d)), "amount": 50.0} for d in back[::-1]
        ]
    return pd.DataFrame(rows)


def by_chance(count: int, seed: int = 3) -> pd.DataFrame:
    """Make the days of accounts that order at random for three years and stop at random."""
    truth = Fit({"r": 2.0, "alpha": 8.0, "a": 1.0, "b": 12.0}, None, 0.0, True)
    gaps = []
    for own in lives(truth, count, 156.0, seed):
        at = sorted({0, *(round(7 * week) for week in own[:-1])})
        gaps.append([*np.diff(at).tolist(), round(7 * own[-1]) - at[-1]])
    return days_of(gaps)


# Published


@pytest.fixture
def cdnow(real_data: Callable[[str], Path]) -> Columns:
    table = pd.read_csv(real_data("cdnow/cdnow_customers_summary.csv"))
    x, tx, span = (table[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    return x, tx, span


@pytest.mark.real_data
def test_cdnow_gives_the_published_fit(cdnow: Columns) -> None:
    """Fader, Hardie & Lee (2005), table 2: .243 4.414 .793 2.426, LL −9582.4; four digits by the archived package."""
    fit = fit_orders(*cdnow)
    assert fit.holds
    assert [fit.parameters[name] for name in ("r", "alpha", "a", "b")] == [
        pytest.approx(value, abs=5e-5) for value in (0.2426, 4.4135, 0.7929, 2.4257)
    ]
    assert fit.ll == pytest.approx(-9582.4256, abs=5e-5)
    assert dropout_factor(fit) < 3


@pytest.mark.real_data
def test_cdnow_gives_the_published_expectation(cdnow: Columns) -> None:
    """Fader, Hardie & Lee, spreadsheet notes: E[Y(39) | x=2, tx=30.43, T=38.86] = 1.226."""
    assert expected(fit_orders(*cdnow), *one(2, 30.43, 38.86), 39.0)[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.real_data
def test_the_archived_package_agrees(cdnow: Columns) -> None:
    lifetimes = pytest.importorskip("lifetimes", reason="an archived package, an oracle where it is installed")
    oracle = lifetimes.BetaGeoFitter().fit(*cdnow)
    fit = fit_orders(*cdnow)
    assert dict(oracle.params_) == pytest.approx(fit.parameters, rel=1e-4)
    theirs = oracle.conditional_expected_number_of_purchases_up_to_time(39, *cdnow)
    assert expected(fit, *cdnow, 39.0) == pytest.approx(np.asarray(theirs), abs=1e-3)
    assert active(fit, *cdnow) == pytest.approx(np.asarray(oracle.conditional_probability_alive(*cdnow)), abs=1e-4)


def test_gamma_gamma_gives_the_published_fit() -> None:
    """Fader & Hardie (2013): p 6.25, q 3.74, v 15.44 on the CDNOW spend, which the archived package carries."""
    data = pytest.importorskip("lifetimes.datasets", reason="its data set is the reference")
    table = data.load_cdnow_summary_data_with_monetary_value()
    table = table[table["frequency"] > 0]
    fit = fit_amounts(table["frequency"].to_numpy(dtype=float), table["monetary_value"].to_numpy(dtype=float))
    assert fit.parameters == pytest.approx({"p": 6.249, "q": 3.745, "v": 15.448}, abs=1e-3)


# Known truth


def test_orders_give_back_what_they_were_made_with() -> None:
    truth = Fit({"r": 0.6, "alpha": 6.0, "a": 0.5, "b": 3.0}, None, 0.0, True)
    fit = fit_orders(*bought(truth, 6_000, 100.0, seed=1))
    assert fit.holds
    error = np.sqrt(np.diag(fit.covariance))  # type: ignore[arg-type]
    for at, (name, value) in enumerate(truth.parameters.items()):
        assert abs(np.log(fit.parameters[name] / value)) < 3 * error[at], name
        assert error[at] < 0.25


def test_amounts_give_back_what_they_were_made_with() -> None:
    rng = np.random.default_rng(2)
    p, q, v, count = 5.0, 4.0, 600.0, rng.integers(1, 12, 8_000).astype(float)
    mean = rng.gamma(p * count, 1 / rng.gamma(q, 1 / v, len(count))) / count
    fit = fit_amounts(count, mean)
    assert fit.holds
    error = np.sqrt(np.diag(fit.covariance))  # type: ignore[arg-type]
    for at, (name, value) in enumerate({"p": p, "q": q, "v": v}.items()):
        assert abs(np.log(fit.parameters[name] / value)) < 3 * error[at], name
    of_all = fit.parameters["p"] * fit.parameters["v"] / (fit.parameters["q"] - 1)
    assert of_all == pytest.approx(p * v / (q - 1), rel=0.02)  # p and v are known better together than each


def test_amounts_in_another_currency_change_v_only() -> None:
    rng = np.random.default_rng(4)
    count = rng.integers(1, 9, 500).astype(float)
    mean = rng.gamma(3.0, 20.0, 500)
    one_, other = fit_amounts(count, mean), fit_amounts(count, 1_000 * mean)
    for name, factor in (("p", 1), ("q", 1), ("v", 1_000)):
        assert other.parameters[name] == pytest.approx(factor * one_.parameters[name], rel=1e-3)


def test_order_of_the_accounts_changes_nothing() -> None:
    columns = bought(CDNOW, 800, 60.0, seed=5)
    other = fit_orders(*(part[::-1] for part in columns))
    assert other.parameters == pytest.approx(fit_orders(*columns).parameters, rel=1e-4)


# Formulas


@pytest.mark.parametrize(
    ("x", "tx", "span", "weeks"), [(0, 0, 30, 10), (2, 20, 30, 39), (12, 29, 30, 52), (3, 5, 90, 1)]
)
def test_expectation_is_the_published_formula(x: float, tx: float, span: float, weeks: float) -> None:
    """Fader, Hardie & Lee (2005), equation 10, as printed."""
    r, alpha, a, b = CDNOW.parameters.values()
    shape = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + span + weeks))
    left = 1 - ((alpha + span) / (alpha + span + weeks)) ** (r + x) * shape
    odds = 1 + (x > 0) * a / (b + max(x, 1) - 1) * ((alpha + span) / (alpha + tx)) ** (r + x)
    assert expected(CDNOW, *one(x, tx, span), weeks)[0] == pytest.approx((a + b + x - 1) / (a - 1) * left / odds)


def test_hundreds_of_orders_do_not_overflow() -> None:
    value = expected(CDNOW, *one(2_000, 200, 200), 52.0)[0]
    assert 400 < value < 52 * 2_000 / 200
    assert active(CDNOW, *one(2_000, 10, 200))[0] == 0.0


def test_a_single_order_says_nothing_of_a_stop() -> None:
    assert active(CDNOW, *one(0, 0, 300))[0] == 1


def test_silence_grows_likely_with_the_pause_and_unlikely_with_the_window() -> None:
    pauses = [silent(CDNOW, *one(5, 50 - pause, 50), 13.0)[0] for pause in (1, 10, 30)]
    assert pauses == sorted(pauses)
    windows = [silent(CDNOW, *one(5, 45, 50), weeks)[0] for weeks in (1, 13, 52)]
    assert windows == sorted(windows, reverse=True)
    assert silent(CDNOW, *one(5, 45, 50), 0.0)[0] == pytest.approx(1)


def test_the_expected_amount_lies_between_the_own_mean_and_that_of_all() -> None:
    fit = Fit({"p": 6.0, "q": 4.0, "v": 15.0}, None, 0.0, True)
    of_all = 6 * 15 / 3
    few, many = (mean_amount(fit, np.array([count]), np.array([100.0]))[0] for count in (1.0, 50.0))
    assert of_all < few < many < 100


def test_purchases_are_counted_in_weeks_and_nothing_later_is_seen() -> None:
    days = days_of([[7, 14, 21], [70]])
    first = purchases(days, END).loc["0000"]
    assert first.tolist() == pytest.approx([2, 3, 6, 50])
    earlier = purchases(days, END - pd.Timedelta(days=35)).loc["0000"]
    assert earlier[["x", "tx", "T"]].tolist() == pytest.approx([1, 1, 1])


def test_alike_accounts_have_no_fit_to_be_believed() -> None:
    x = np.full(200, 3.0)
    assert not fit_orders(x, np.full(200, 30.0), np.full(200, 40.0)).holds


# The gate


def test_random_buying_with_losses_holds() -> None:
    judged = gate(by_chance(400), END)
    assert (judged.word, judged.failed) == ("holds", ())
    assert judged.orders
    assert judged.orders.holds
    assert judged.shape
    assert judged.shape == pytest.approx((1.0, 0.95), abs=0.1)


def test_too_few_accounts_or_losses_are_named() -> None:
    assert gate(by_chance(99), END).failed == ("accounts",)
    active_only = by_chance(400)
    last = active_only.groupby("account_id")["date"].transform("max")
    assert gate(active_only[last > END - pd.Timedelta(days=182)], END).failed == ("losses",)
    judged = gate(by_chance(12), END)
    assert judged.failed == ("accounts", "losses")
    assert judged.orders is None


def test_a_metronome_is_too_regular() -> None:
    gaps = [[14] * 12 + [5] for _ in range(150)]
    for own in gaps[:30]:
        own[-1] = 300
    assert gate(days_of(gaps), END).failed == ("regular",)


def test_a_ledger_without_days_has_no_gaps() -> None:
    assert gate(by_chance(150), END, has_days=False).failed == ("coarse",)


def test_no_account_at_all_fails() -> None:
    nothing = pd.DataFrame({"account_id": [], "date": pd.to_datetime([]), "amount": []})
    assert gate(nothing, END).failed == ("accounts", "losses")


def test_regularity_knows_chance_and_rhythm() -> None:
    """Wheat & Morrison (1990): shape 1 for exponential gaps, k for Erlang gaps."""
    rng = np.random.default_rng(8)
    for shape in (1, 4):
        gaps = [[*(rng.gamma(shape, 4_000 / shape, 3)).astype(int), 1] for _ in range(3_000)]
        found = regularity(days_of(gaps))
        assert found
        assert found[0] == pytest.approx(shape, rel=0.12)
        assert found[1] < found[0]


def test_few_gaps_say_nothing_of_regularity() -> None:
    assert regularity(days_of([[10, 20, 30]] * 29)) is None


def test_calibration_covers_every_account_once() -> None:
    days = by_chance(500, seed=9)
    compared = calibration(days, END)
    known = days.loc[days["date"] <= END - pd.Timedelta(days=182), "account_id"].nunique()
    assert compared["accounts"].sum() == known
    assert compared["frequency"].iloc[-1] == "7+"
