"""What the amounts of the coming years are worth today, in their parts and with their range.

Certain is what a contract guarantees; the rest goes on with the chance that the account stays. Pure numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PATHS = 1_000  # futures played through
AT_ONCE = 500  # accounts whose futures are in memory at a time
RANGE = (10, 90)  # percentiles: 80 of 100
SEED = 20_250_101


def closed_form(margin: float, retention: float, discount_rate: float) -> float:
    """Present value of a yearly margin without end: m·r / (1 + d − r); infinite where it does not shrink.

    The first year's margin comes at its end, if the account has stayed. Source: Gupta and Lehmann (2003), Customers as
    assets, Journal of Interactive Marketing 17(1).
    """
    shrinks = 1 + discount_rate - retention
    return margin * retention / shrinks if shrinks > 0 else float("inf")


@dataclass(frozen=True)
class Flows:
    """Amounts by account and coming year, before chance and discount.

    Attributes
    ----------
    certain : guaranteed by contract
    framework : call-offs expected within the term of a framework
    renewed : what goes on after a term with `probability`
    rest : what the account has bought beyond, before the chance that it stays
    """

    certain: np.ndarray
    framework: np.ndarray
    renewed: np.ndarray
    probability: np.ndarray
    rest: np.ndarray


def flows(margin: np.ndarray, contracts: dict[str, np.ndarray]) -> Flows:
    """Divide what an account brings a year: contracts first, each at most what is left but for what is certain.

    Parameters
    ----------
    margin : the last twelve months, by account; below zero counts as nothing
    contracts : certain, framework, renewed and probability by account and year, in the same measure
    """
    left = np.maximum(margin, 0.0)[:, None] - contracts["certain"]
    framework = np.clip(contracts["framework"], 0.0, np.maximum(left, 0.0))
    left = np.maximum(left - framework, 0.0)
    renewed = np.minimum(contracts["renewed"], left)
    return Flows(contracts["certain"], framework, renewed, contracts["probability"], left - renewed)


def present_values(given: Flows, retention: np.ndarray, discount_rate: float) -> dict[str, np.ndarray]:
    """Give what is expected, discounted from the end of each year: contracted, framework, expected, by account."""
    years = np.arange(1, given.certain.shape[1] + 1)
    worth = (1 + discount_rate) ** -years.astype(float)
    stays = retention[:, None] ** years
    return {
        "contracted": given.certain @ worth,
        "framework": (given.framework + given.renewed * given.probability) @ worth,
        "expected": (given.rest * stays) @ worth,
    }


@dataclass(frozen=True)
class Chances:
    """How far the future may be from what is expected, by account.

    Attributes
    ----------
    retention : the chance to stay a year
    rests_on : number of accounts that it was measured on
    spread : of the level of those who stay (standard deviation of the logarithm)
    circle : number of the class, whose retention is uncertain in common
    common : of the level of all accounts together
    """

    retention: np.ndarray
    rests_on: np.ndarray
    spread: np.ndarray
    circle: np.ndarray
    common: float


def ranges(given: Flows, chances: Chances, discount_rate: float) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Play through the futures: low and high of every account, and of the sum.

    In each future an account stays or leaves year by year, goes on at one level above or below that of the last twelve
    months, and keeps a framework after its term or does not; what is certain stays certain. The mean of all futures is
    what is expected.
    """
    rng = np.random.default_rng(SEED)
    count, years = given.certain.shape
    worth = (1 + discount_rate) ** -np.arange(1, years + 1, dtype=float)
    common = _level(rng.standard_normal(PATHS), np.array(chances.common))
    stays = _drawn(chances, rng)
    low, high, total = np.empty(count), np.empty(count), np.zeros(PATHS)
    for start in range(0, count, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        n = len(chances.retention[part])
        luck, renewal = rng.random((n, PATHS)), rng.random((n, PATHS))
        level = _level(rng.standard_normal((n, PATHS)), chances.spread[part][:, None]) * common
        value = np.zeros((n, PATHS))
        for year in range(years):
            is_here = luck <= stays[chances.circle[part]] ** (year + 1)
            is_renewed = renewal <= given.probability[part, year][:, None]
            amount = given.framework[part, year][:, None] + given.renewed[part, year][:, None] * is_renewed
            value += worth[year] * (amount + given.rest[part, year][:, None] * is_here)
        value = value * level + (given.certain[part] @ worth)[:, None]
        low[part], high[part] = np.percentile(value, RANGE, axis=1)
        total += value.sum(axis=0)
    ends = np.percentile(total, RANGE)
    return low, high, (float(ends[0]), float(ends[1]))


def _level(normal: np.ndarray, spread: np.ndarray) -> np.ndarray:
    level: np.ndarray = np.exp(normal * spread - spread**2 / 2)
    return level


def _drawn(chances: Chances, rng: np.random.Generator) -> np.ndarray:
    """Draw the retention of every class in every future, as sure as it was measured (posterior of Jeffreys)."""
    circles, first = np.unique(chances.circle, return_index=True)
    seen = chances.rests_on[first] + 1
    stays = np.ones((int(circles.max(initial=0)) + 1, PATHS))
    a, b = chances.retention[first] * seen, (1 - chances.retention[first]) * seen
    stays[circles] = rng.beta(a[:, None], b[:, None], (len(circles), PATHS))
    return stays
