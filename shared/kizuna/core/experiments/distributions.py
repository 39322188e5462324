"""The distributions that comparisons need, by the standard library alone: a bundle without scipy starts faster.

The incomplete beta function by its continued fraction (Lentz; Numerical Recipes 3rd ed., 6.4), to ten digits or more.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_TINY = 1e-300
_CLOSE = 1e-15
_MOST_STEPS = 10_000


def normal_cdf(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))


def normal_quantile(share: float) -> float:
    """Below which value so large a share lies. Raises ValueError outside of (0, 1)."""
    from statistics import NormalDist  # drags in fractions and decimals: only where something is compared

    return NormalDist().inv_cdf(share)


def student_cdf(t: float, freedom: float) -> float:
    """Of Student's t with so many degrees of freedom, which need not be whole."""
    if math.isinf(freedom):
        return normal_cdf(t)
    tail = 0.5 * beta_cdf(freedom / (freedom + t * t), freedom / 2, 0.5)
    return 1 - tail if t > 0 else tail


def student_quantile(share: float, freedom: float) -> float:
    """The inverse of `student_cdf`."""
    if share < 0.5:
        return -student_quantile(1 - share, freedom)
    highest = 2.0
    while student_cdf(highest, freedom) < share:
        highest *= 2
    return root(lambda t: student_cdf(t, freedom) - share, 0.0, highest)


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def log_beta(*parts: float) -> float:
    """The logarithm of the beta function, of two or more parts (the Dirichlet distribution's)."""
    return math.fsum(math.lgamma(part) for part in parts) - math.lgamma(math.fsum(parts))


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function crosses zero, between two places; by halving, so that it always ends."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if function(middle) < 0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _beta_fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _kept_off_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _MOST_STEPS):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _kept_off_zero(1 + part * d)
            c = _kept_off_zero(1 + part / c)
            found *= c * d
        if abs(c * d - 1) < _CLOSE:
            return found
    raise ArithmeticError(f"the incomplete beta function of {a}, {b} does not converge")


def _kept_off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
