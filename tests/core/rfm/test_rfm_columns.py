"""Quantiles and scores of whole columns, held against sorting."""

from __future__ import annotations

import random
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.rfm.columns import Lanes, column_of

BELOW = {"H": 1 << 15, "I": 1 << 31, "Q": 1 << 63}


def plainly(numbers: Sequence[int], parts: int) -> tuple[int, ...]:
    """By sorting: lower interpolation."""
    ordered = sorted(numbers)
    return tuple(ordered[part * (len(ordered) - 1) // parts] for part in range(1, parts))


def agree(numbers: Sequence[int], parts: int) -> None:
    lanes = Lanes(column_of(numbers))
    cuts = lanes.quantiles(parts)
    assert cuts == plainly(numbers, parts)
    assert lanes.scores(cuts) == bytes(bisect_left(cuts, number) for number in numbers)


NUMBERS = st.one_of(
    *(st.lists(st.integers(0, below - 1), min_size=1, max_size=300) for below in (2, 5, 400, *BELOW.values()))
)


@given(NUMBERS, st.integers(2, 10))
def test_quantiles_and_scores_are_those_of_the_sorted_numbers(numbers: list[int], parts: int) -> None:
    agree(numbers, parts)


def skewed(draw: random.Random) -> int:
    return min(30_000, int(draw.paretovariate(1.2)))


@pytest.mark.parametrize(
    "drawn",
    [
        lambda draw: draw.randrange(365),
        skewed,
        lambda draw: int(100 * draw.lognormvariate(3.5, 1)),
        lambda draw: int(1e8 * draw.lognormvariate(3.5, 1)),
        lambda draw: draw.choice((0, 1, 1_000_000)),
        lambda draw: 7,
    ],
    ids=["days", "counts", "money", "fine money", "three values", "one value"],
)
@pytest.mark.parametrize("size", [1, 2, 16_383, 16_384, 16_385, 60_000])
def test_columns_of_all_sizes_and_shapes_agree(drawn: Callable[[random.Random], int], size: int) -> None:
    draw = random.Random(size)
    agree([drawn(draw) for _ in range(size)], 5)


def test_a_sample_that_deceives_costs_time_and_no_exactness() -> None:
    """The numbers that a look at every sixth finds are the large ones."""
    numbers = [1_000_000 + place if place % 6 == 0 else place % 50 for place in range(60_000)]
    agree(numbers, 5)
    agree([place % 6 * 10 for place in range(60_000)], 5)
    agree(list(range(60_000)), 5)
    agree(list(range(60_000, 0, -1)), 10)


@pytest.mark.parametrize(("code", "below"), BELOW.items())
def test_numbers_take_the_narrowest_lanes_that_leave_a_bit_free(code: str, below: int) -> None:
    assert column_of([0, below - 1]).typecode == code
    agree([0, below - 1, below // 2, below - 1], 3)


def test_numbers_that_no_lane_holds_are_refused() -> None:
    with pytest.raises(OverflowError):
        column_of([1 << 63])
    with pytest.raises(OverflowError):
        column_of([-1, 5])


def test_no_numbers_have_no_quantiles() -> None:
    with pytest.raises(ValueError, match="no numbers"):
        Lanes(array("H")).quantiles(5)
    assert Lanes(array("H")).scores((1, 2)) == b""
