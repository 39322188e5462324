"""Intervals for one look at finished counts: rates, their difference and ratio, money.

Wilson (1927) for a rate, Newcombe (1998, method 10) for the difference of two, MOVER (Donner and Zou 2012) for their
ratio, Welch (1947) for means of unlike spread, the percentile bootstrap where every single value is at hand. None is
made for repeated looks: `sequential` has those.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from kizuna.core.experiments.distributions import normal_quantile, student_cdf, student_quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where; infinite where counts say nothing."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


EVERYTHING = Interval(-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Mean:
    """The money of a group: how many persons, its mean, and the variance of persons."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, n: int, total: float, squares: float) -> Mean:
        """From sums over persons. Those who spent nothing are among them."""
        if n < 1:
            return cls(0, 0.0, 0.0)
        mean = total / n
        spread = max(0.0, squares - n * mean * mean)
        return cls(n, mean, spread / (n - 1) if n > 1 else 0.0)


def wilson(did: int, n: int, *, alpha: float = 0.05) -> Interval:
    """Of a rate. Everything from 0 to 1 of nobody."""
    if n == 0:
        return Interval(0.0, 1.0)
    z = normal_quantile(1 - alpha / 2)
    rate, spread = did / n, z * z / n
    middle = (rate + spread / 2) / (1 + spread)
    reach = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    low = 0.0 if did == 0 else middle - reach
    return Interval(low, 1.0 if did == n else middle + reach)


def newcombe(did: int, n: int, other_did: int, other_n: int, *, alpha: float = 0.05) -> Interval:
    """Of a rate minus another."""
    one, other = wilson(did, n, alpha=alpha), wilson(other_did, other_n, alpha=alpha)
    if not n or not other_n:
        return Interval(-1.0, 1.0)
    p, q = did / n, other_did / other_n
    return Interval(
        p - q - math.hypot(p - one.low, other.high - q), p - q + math.hypot(one.high - p, q - other.low)
    )


def relative(did: int, n: int, other_did: int, other_n: int, *, alpha: float = 0.05) -> Interval:
    """Of the relative change from another rate to one: 0.1 is a tenth more."""
    if not n or not other_n or not other_did:
        return EVERYTHING
    p, q = did / n, other_did / other_n
    one, other = wilson(did, n, alpha=alpha), wilson(other_did, other_n, alpha=alpha)
    low = _ratio(p, q, one.low, other.high, -1)
    high = math.inf if other.low <= 0 else _ratio(p, q, one.high, other.low, 1)
    return Interval(low - 1, high - 1)


def _ratio(p: float, q: float, end: float, other_end: float, side: int) -> float:
    below = other_end * (2 * q - other_end)
    inside = (p * q) ** 2 - end * other_end * (2 * p - end) * (2 * q - other_end)
    if abs(below) < 1e-15:
        return end * (2 * p - end) / (2 * p * q) if p else 0.0
    return max(0.0, (p * q + side * math.sqrt(max(0.0, inside))) / below)


def welch(one: Mean, other: Mean, *, alpha: float = 0.05) -> Interval:
    """Of a mean minus another. Says nothing of fewer than two persons a side."""
    if one.n < 2 or other.n < 2:
        return EVERYTHING
    error, freedom = _welch_error(one, other)
    difference = one.mean - other.mean
    if error == 0:
        return Interval(difference, difference)
    reach = student_quantile(1 - alpha / 2, freedom) * error
    return Interval(difference - reach, difference + reach)


def welch_p(one: Mean, other: Mean) -> float:
    """How likely means of equal expectation differ by at least so much."""
    if one.n < 2 or other.n < 2:
        return 1.0
    error, freedom = _welch_error(one, other)
    difference = abs(one.mean - other.mean)
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return 2 * student_cdf(-difference / error, freedom)


def _welch_error(one: Mean, other: Mean) -> tuple[float, float]:
    a, b = one.variance / one.n, other.variance / other.n
    if a + b == 0:
        return 0.0, math.inf
    return math.sqrt(a + b), (a + b) ** 2 / (a * a / (one.n - 1) + b * b / (other.n - 1))


def bootstrap(
    values: Sequence[float], others: Sequence[float], *, seed: int, alpha: float = 0.05, draws: int = 2_000
) -> Interval:
    """Of a mean minus another, by drawing again from the values themselves. Equal seeds give equal intervals."""
    if not values or not others:
        return EVERYTHING
    random = Random(seed)  # noqa: S311  (no secret: the same every time is what is wanted)
    found = sorted(_drawn_mean(values, random) - _drawn_mean(others, random) for _ in range(draws))
    edge = math.floor(alpha / 2 * draws)
    return Interval(found[edge], found[draws - 1 - edge])


def _drawn_mean(values: Sequence[float], random: Random) -> float:
    return math.fsum(random.choices(values, k=len(values))) / len(values)
