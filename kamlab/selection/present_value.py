"""What the amounts of the coming years are worth today, in their parts and with their range.

Certain is what a contract guarantees; the rest goes on with the chance that the account stays. Pure numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SURELY = 1 - 1e-9  # as good as one, for logarithms
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


def present_values(given: Flows, kept: np.ndarray, discount_rate: float) -> dict[str, np.ndarray]:
    """Give what is expected, discounted from the end of each year: contracted, framework, expected, by account.

    Parameters
    ----------
    kept : what is expected to be left of an amount without contract, account × year
    """
    years = np.arange(1, given.certain.shape[1] + 1)
    worth = (1 + discount_rate) ** -years.astype(float)
    return {
        "contracted": given.certain @ worth,
        "framework": (given.framework + given.renewed * given.probability) @ worth,
        "expected": (given.rest * kept) @ worth,
    }


@dataclass(frozen=True)
class Chances:
    """How far the future may be from what is expected.

    Attributes
    ----------
    stays : chance to stay a year, in every future: class × future
    places : row of that of each account
    brings : growth of those who stay, in the first year and in each later one: by future
    new, brings_new : which accounts are new, and what these bring in the first year per what the others do, by future
    leaning : how far each of them hangs on the last amounts (per cent per per cent)
    middle : of the level of those who stay (median of the logarithm), by account; most are below the mean
    below, above : spread of that level to either side (standard deviation of the logarithm), account × year
    lasting : correlation of that level between two years
    common : spread of the level of all accounts together
    """

    stays: np.ndarray
    places: np.ndarray
    brings: tuple[np.ndarray, np.ndarray]
    new: np.ndarray
    brings_new: np.ndarray
    leaning: tuple[float, float]
    middle: np.ndarray
    below: np.ndarray
    above: np.ndarray
    lasting: float
    common: float


def ranges(given: Flows, chances: Chances, discount_rate: float) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Play through the futures: low and high of every account, and of the sum.

    In each future an account stays or leaves year by year, at a level above or below what is expected, and keeps a
    framework after its term or does not; what is certain stays certain. Where more than one in ten futures bring
    nothing but what is certain, the range begins there and holds 80 of 100 from below. In the sum, an
    account leaves at a random moment of a year.
    """
    rng = np.random.default_rng(SEED)
    count, years = given.certain.shape
    worth = (1 + discount_rate) ** -np.arange(1, years + 1, dtype=float)
    futures = len(chances.brings[0])
    common = _level(rng.standard_normal(futures), np.array(chances.common))
    bases = rng.standard_normal((count, futures), dtype=np.float32)
    brings = [common * grown for grown in _grown(given, chances, bases)]
    low, high, total = np.empty(count), np.empty(count), np.zeros(futures)
    for start in range(0, count, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        n = len(given.rest[part])
        luck, renewal = rng.random((n, futures)), rng.random((n, futures))
        middle = chances.middle[part][:, None]
        of_new = np.where(chances.new[part][:, None], chances.brings_new, 1.0)
        stays, floor = chances.stays[chances.places[part]], (given.certain[part] @ worth)[:, None]
        value, lasts = np.zeros((n, futures)), np.log(luck) / np.log(np.minimum(stays, SURELY))
        for year in range(years):
            own = np.sqrt(chances.lasting) * bases[part] + np.sqrt(1 - chances.lasting) * rng.standard_normal(
                (n, futures)
            )
            is_renewed = renewal <= given.probability[part, year][:, None]
            agreed = given.framework[part, year][:, None] + given.renewed[part, year][:, None] * is_renewed
            rest = given.rest[part, year][:, None] * brings[year] * of_new
            below, above = (side[part, year][:, None] for side in (chances.below, chances.above))
            brought = (agreed * common + rest * (luck <= stays ** (year + 1))) * np.exp(middle)
            value += worth[year] * brought * np.exp(own * np.where(own < 0, below, above))
            there = np.clip(lasts - year, 0.0, 1.0) * _there(stays)
            total += worth[year] * ((agreed * common + rest * there) * _level(own, above)).sum(axis=0)
        low[part], high[part] = _ends(value) + floor[:, 0]
        total += floor.sum()
    ends = np.percentile(total, RANGE)
    return low, high, (float(ends[0]), float(ends[1]))


def _grown(given: Flows, chances: Chances, bases: np.ndarray) -> list[np.ndarray]:
    """Give the growth up to each year, by future: where the last amounts were high by chance, so was the growth."""
    worth = given.rest[:, 0] / max(given.rest[:, 0].sum(), 1e-9)
    spread = np.sqrt(chances.lasting) * chances.above[:, 0]
    chance = sum(
        (share * _level(base, s) for share, base, s in zip(worth, bases, spread, strict=True)), 1 - worth.sum()
    )
    first, later = (brings * chance**leaning for brings, leaning in zip(chances.brings, chances.leaning, strict=True))
    return [first * later**year for year in range(given.rest.shape[1])]


def _ends(value: np.ndarray) -> np.ndarray:
    """Give the ends of 80 of 100 futures by row: the middle ones, or from nothing where that comes more often."""
    low, high, from_below = np.percentile(value, (*RANGE, RANGE[1] - RANGE[0]), axis=1)
    is_nothing = low <= 0
    return np.stack([np.where(is_nothing, 0.0, low), np.where(is_nothing, from_below, high)])


def _there(stays: np.ndarray) -> np.ndarray:
    """Give the factor by which an amount that ends at a random moment of a year comes to the chance of its class.

    Of what was counted as staying, that is the part of the accounts that have not stopped already.
    """
    chance = np.minimum(stays, SURELY)
    factor: np.ndarray = -chance * np.log(chance) / (1 - chance)
    return factor


def _level(normal: np.ndarray, spread: np.ndarray) -> np.ndarray:
    level: np.ndarray = np.exp(normal * spread - spread**2 / 2)
    return level
