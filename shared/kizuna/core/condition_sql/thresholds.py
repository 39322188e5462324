"""Exact edges: where an answer turns, in the whole numbers that a query compares.

The evaluator works out a float (a share of all people, a sum) and compares it. What it works out never falls as
the whole number behind it rises, so there is one at which the answer turns, and a query compares with that.
"""

from __future__ import annotations

from collections.abc import Callable

from kizuna.core.conditions.remembered import DECIMALS

BUCKETS = 2**64


def first_from(reaches: Callable[[int], bool], low: int, high: int) -> int:
    """The first whole number of low … high for which it is true, and high + 1 if there is none."""
    high += 1
    while low < high:
        middle = (low + high) // 2
        if reaches(middle):
            high = middle
        else:
            low = middle + 1
    return low


def bucket_edge(percent: float) -> int:
    """The first of 2^64 buckets that lies at or behind a percentage, as `ids.bucket` is compared with it."""
    return first_from(lambda number: 100 * (number / BUCKETS) >= percent, 0, BUCKETS - 1)


def amount_edge(value: float, *, above: bool) -> int:
    """The first sum, in millionths, that is at least `value`, or with `above` more than that."""
    span = 2 * int(abs(value) + 1) * 10**DECIMALS
    scale = 10**DECIMALS
    if above:
        return first_from(lambda number: number / scale > value, -span, span)
    return first_from(lambda number: number / scale >= value, -span, span)
