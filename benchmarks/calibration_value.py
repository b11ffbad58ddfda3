"""Is the value right, and are its ranges? Clients with a known truth are simulated, valued, and held against what came.

Each client has 30 to 300 accounts of lognormal size, four years of history, noise from year to year, accounts that stop
for good at a random moment and some that begin. Their next three years are simulated along, and unknown to the valuing.
Prints a line per yearly retention, and fails where a mean error or a coverage is outside the aim: that of the total,
which each client has once, by more than a standard error of the simulation.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from kamlab.facts.calendar import Calendar
from kamlab.facts.histories import Histories
from kamlab.facts.sales import Sales
from kamlab.selection.carrying import outlook
from kamlab.selection.contracted import binding
from kamlab.selection.valuation import book, valued
from kamlab.selection.value_backtest import common_error, value_backtest

SEED = 20_251_231
RETENTIONS = (0.80, 0.85, 0.90, 0.96)
YEARS, RATE = 3, 0.08
BIAS, COVERED = (
    0.04,
    (0.74, 0.86),
)  # the aims: mean error of each year; ranges of 80 of 100, but for the simulation's own error
AS_OF = date(2025, 12, 31)


@dataclass(frozen=True)
class World:
    """How clients differ from each other.

    Attributes
    ----------
    retention : share of accounts that are still there after a year
    accounts : fewest and most at the start
    sizes : standard deviation of the logarithm of the size of an account
    noise : of what an account brings from year to year, likewise
    common : of what all bring together from year to year, likewise
    wander : of the size of an account from year to year, likewise; what is lost of it does not come back
    new : accounts that begin each year, per account at the start
    orders : share of the months with an order
    season : by how much the best month is above the mean
    growth : of all amounts a year
    history : years before the day of valuation
    """

    retention: float
    accounts: tuple[int, int] = (30, 300)
    sizes: float = 1.2
    noise: float = 0.2
    common: float = 0.0
    wander: float = 0.0
    new: float = 0.05
    orders: float = 0.8
    season: float = 0.0
    growth: float = 0.0
    history: int = 4


def client(world: World, rng: np.random.Generator) -> tuple[Histories, np.ndarray]:
    """Simulate a client: what is known at the day of valuation, and what each account brings in the years after it."""
    years = world.history + YEARS
    start = int(rng.integers(world.accounts[0], world.accounts[1] + 1))
    count = start + int(rng.poisson(world.new * start * years))
    begins = np.where(np.arange(count) < start, 0.0, rng.uniform(0, years, count))
    ends = begins + rng.exponential(-1 / np.log(world.retention), count)
    month = np.arange(12 * years) / 12
    alive = np.clip(12 * (np.minimum(ends[:, None], month + 1 / 12) - np.maximum(begins[:, None], month)), 0, 1)
    size = rng.lognormal(0.0, world.sizes, (count, 1)) * np.exp(
        np.cumsum(_noise(world.wander, (count, years), rng), axis=1) + _noise(world.noise, (count, years), rng)
    )
    trend = np.exp(_noise(world.common, years, rng) + np.log1p(world.growth) * np.arange(years))
    monthly = np.repeat(size * trend, 12, axis=1) * alive * (1 + world.season * np.sin(2 * np.pi * month))
    ordered = rng.random(monthly.shape) < world.orders
    amounts = np.where(ordered, monthly * 1_000 / world.orders, 0.0).round(2)
    past = 12 * world.history
    after = amounts[:, past:].reshape(count, YEARS, 12).sum(axis=2)
    known = amounts[:, :past].any(axis=1)
    return histories(amounts[known, :past]), after[known]


def _noise(spread: float, shape: int | tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    noise: np.ndarray = spread * rng.standard_normal(shape) - spread**2 / 2
    return noise


def histories(amounts: np.ndarray) -> Histories:
    """Write amounts by account and month up to the day of valuation as histories."""
    months = pd.period_range(end=pd.Period(AS_OF, "M"), periods=amounts.shape[1], freq="M")
    rows, columns = np.nonzero(amounts)
    names = np.array([f"{at:04d}" for at in range(len(amounts))])
    accounts = pd.DataFrame(
        {"account_id": names, "name": names, "key_account_since": pd.NaT, "key_account_until": pd.NaT}
    )
    money = amounts[rows, columns]
    known = pd.DataFrame({"account_id": names[rows], "month": months[columns]})
    known = known.assign(revenue=money, contribution_margin=money)
    days = pd.DataFrame({"account_id": names[rows], "date": months.to_timestamp()[columns], "amount": money})
    sold = Sales(accounts, accounts, None, True, None, AS_OF, "EUR")  # type: ignore[arg-type]  # nobody reads the basis
    return Histories(sold, days, known, Calendar(months[0].start_time.date(), AS_OF))


@dataclass(frozen=True)
class Seen:
    """What was predicted of a client, per amount of the last year, what came, and whether it lay in its ranges."""

    predicted: np.ndarray
    came: np.ndarray
    is_total_covered: bool
    accounts_covered: float


def valued_client(world: World, rng: np.random.Generator, with_common: bool = True) -> Seen:
    """Simulate a client, value it as the page does (without the common error of the past if that shall go fast)."""
    known, after = client(world, rng)
    ahead = outlook(known, 12, len(known.calendar.complete_months))
    assert ahead
    common = common_error(value_backtest(known, False)) if with_common else 0.0
    written, total = valued(book(known, binding(None, known.end), YEARS), ahead, common, RATE)
    accounts, last = written.accounts, written.amounts.sum()
    came = after[accounts["account_id"].astype(int)]
    worth = came @ (1 + RATE) ** -np.arange(1.0, YEARS + 1)
    inside = (worth >= accounts["value_low"] - 0.01) & (worth <= accounts["value_high"] + 0.01)
    return Seen(
        (written.amounts @ ahead.kept(accounts.assign(new=written.new), YEARS)) / last,
        came.sum(axis=0) / last,
        bool(total[0] <= worth.sum() <= total[1]),
        float(inside.mean()),
    )


def judged(world: World, clients: int) -> tuple[np.ndarray, float, float]:
    """Give the error of each year's sum over all clients (predicted per actual, less one), and both coverages."""
    seen = [
        valued_client(world, np.random.default_rng([SEED, round(100 * world.retention), at])) for at in range(clients)
    ]
    predicted, came = (np.sum([getattr(one, name) for one in seen], axis=0) for name in ("predicted", "came"))
    total, accounts = (
        np.mean([getattr(one, name) for one in seen]) for name in ("is_total_covered", "accounts_covered")
    )
    return predicted / came - 1, float(total), float(accounts)


WORLDS: dict[str, dict[str, object]] = {
    "as described": {},
    "noise .1": {"noise": 0.1},
    "noise .4": {"noise": 0.4},
    "sizes alike": {"sizes": 0.6},
    "30 to 50 accounts": {"accounts": (30, 50)},
    "many new": {"new": 0.15},
    "season": {"season": 0.5, "orders": 0.4},
    "sizes wander": {"wander": 0.2},
    "growing 4 %": {"growth": 0.04},
    "years differ": {"common": 0.06},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200, help="for each retention")
    parser.add_argument("--retention", type=float, nargs="+", default=RETENTIONS)
    parser.add_argument("--worlds", action="store_true", help="other kinds of clients too, which have no aim")
    options = parser.parse_args()
    print(f"{options.clients} clients each, seed {SEED}")
    print(f"{'world':20} retention   year 1  year 2  year 3   total in range   accounts in range")
    failed = 0
    for name, differs in WORLDS.items() if options.worlds else [("as described", {})]:
        for retention in options.retention:
            bias, total, accounts = judged(replace(World(retention), **differs), options.clients)  # type: ignore[arg-type]
            by_chance = (0.8 * 0.2 / options.clients) ** 0.5
            is_met = (
                bool((np.abs(bias) <= BIAS).all())
                and COVERED[0] - by_chance <= total <= COVERED[1] + by_chance
                and COVERED[0] <= accounts <= COVERED[1]
            )
            failed += not is_met and not differs
            years = "  ".join(f"{100 * error:+5.1f}%" for error in bias)
            said = f"{name:20} {retention:9.2f}   {years}   {total:14.3f}   {accounts:17.3f}"
            print(said if is_met else f"{said}   outside", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
