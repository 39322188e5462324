"""Intervals and tests for one look: published values, scipy's, and how often they hold what they should."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.experiments.fixed import sample_size, two_proportions_p
from kizuna.core.experiments.intervals import (
    EVERYTHING,
    Interval,
    Mean,
    bootstrap,
    newcombe,
    relative,
    welch,
    welch_p,
    wilson,
)
from kizuna.core.experiments.multiple import holm
from tests.support.draws import binomial


def test_wilsons_interval_is_that_of_scipy() -> None:
    found = wilson(7, 120)
    assert (found.low, found.high) == pytest.approx((0.028541010000220288, 0.11552592033630112), rel=1e-12)
    assert wilson(0, 0) == Interval(0, 1)
    assert wilson(0, 10).low == 0
    assert wilson(10, 10).high == 1


@pytest.mark.parametrize(  # Newcombe (1998), table II, method 10
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 10), 0.6075, 1.0),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
    ],
)
def test_the_difference_of_rates_is_that_of_newcombes_own_table(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    found = newcombe(*counts)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_welch_is_that_of_scipy() -> None:
    one, other = [1.2, 3.4, 2.2, 5.9, 0, 0, 7.1], [0, 0, 1.1, 2.0, 0.3]
    sides = [Mean.of(len(side), sum(side), sum(each * each for each in side)) for side in (one, other)]
    found = welch(*sides)
    assert welch_p(*sides) == pytest.approx(0.09540380252202332, rel=1e-10)
    assert (found.low, found.high) == pytest.approx((-0.47992290308921337, 4.7770657602320705), rel=1e-10)


def test_of_one_person_no_spread_is_known_and_of_equal_money_there_is_none() -> None:
    assert welch(Mean.of(1, 5, 25), Mean.of(9, 5, 25)) == EVERYTHING
    assert welch_p(Mean.of(1, 5, 25), Mean.of(9, 5, 25)) == 1
    assert welch(Mean.of(3, 6, 12), Mean.of(3, 3, 3)) == Interval(1, 1)
    assert welch_p(Mean.of(3, 6, 12), Mean.of(3, 6, 12)) == 1


def test_the_z_test_is_the_chi_squared_test_of_scipy() -> None:
    assert two_proportions_p(56, 70, 48, 80) == pytest.approx(0.008045081368196585, rel=1e-10)
    assert two_proportions_p(0, 0, 3, 9) == 1
    assert two_proportions_p(0, 9, 0, 9) == 1


@pytest.mark.parametrize(
    ("baseline", "mde", "power", "n"),
    [(0.05, 0.2, 0.8, 8_158), (0.1, 0.1, 0.8, 14_751), (0.05, 0.2, 0.9, 10_921), (0.5, -0.1, 0.8, 1_565)],
)
def test_how_large_a_sample_must_be(baseline: float, mde: float, power: float, n: int) -> None:
    assert sample_size(baseline=baseline, mde=mde, power=power) == pytest.approx(n, rel=0.001)


def test_more_arms_need_more_people_each() -> None:
    assert sample_size(baseline=0.05, mde=0.2, comparisons=3) > sample_size(baseline=0.05, mde=0.2)


@pytest.mark.parametrize(("baseline", "mde"), [(0.5, 1), (0, 0.2), (0.2, -1), (0.2, 0)])
def test_a_change_that_no_rate_can_make_has_no_sample(baseline: float, mde: float) -> None:
    with pytest.raises(ValueError, match="cannot change"):
        sample_size(baseline=baseline, mde=mde)


counts = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_intervals_hold_what_was_seen_and_turn_round_with_the_sides(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    there, back = newcombe(*one, *other), newcombe(*other, *one)
    seen = one[0] / one[1] - other[0] / other[1]
    assert there.low - 1e-9 <= seen <= there.high + 1e-9
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    if other[0]:
        ratio = relative(*one, *other)
        seen = one[0] / one[1] / (other[0] / other[1]) - 1
        assert ratio.low - 1e-9 <= seen <= ratio.high + 1e-9
        assert ratio.low >= -1


def test_of_nothing_no_change_is_known() -> None:
    assert relative(3, 10, 0, 10) == EVERYTHING
    assert math.isinf(relative(3, 10, 1, 10**6, alpha=1e-12).high) or relative(3, 10, 1, 10**6).high > 0


@pytest.mark.parametrize(
    ("n", "p", "other_n", "other_p"),
    [(60, 0.3, 60, 0.3), (400, 0.05, 400, 0.06), (2_000, 0.02, 200, 0.02), (900, 0.5, 100, 0.4)],
)
def test_intervals_of_rates_hold_the_truth_as_often_as_they_say(
    n: int, p: float, other_n: int, other_p: float
) -> None:
    random, held, held_ratio = Random(7), 0, 0
    tries = 1_500
    for _ in range(tries):
        sides = binomial(random, n, p), n, binomial(random, other_n, other_p), other_n
        held += newcombe(*sides).holds(p - other_p)
        held_ratio += relative(*sides).holds(p / other_p - 1)
    assert held / tries > 0.95 - 3 * math.sqrt(0.05 * 0.95 / tries)
    assert held_ratio / tries > 0.95 - 3 * math.sqrt(0.05 * 0.95 / tries)


def test_the_bootstrap_is_the_same_for_a_seed_and_holds_the_truth() -> None:
    random = Random(11)

    def spent(n: int) -> list[float]:
        return [random.lognormvariate(3, 0.6) if random.random() < 0.3 else 0.0 for _ in range(n)]

    one, other = spent(80), spent(80)
    assert bootstrap(one, other, seed=1, draws=200) == bootstrap(one, other, seed=1, draws=200)
    assert bootstrap(one, other, seed=1, draws=200) != bootstrap(one, other, seed=2, draws=200)
    assert bootstrap([], other, seed=1) == EVERYTHING
    tries = 120
    held = sum(bootstrap(spent(100), spent(100), seed=each, draws=300).holds(0) for each in range(tries))
    assert held / tries > 0.87


def test_holm_is_as_in_his_paper_and_never_below_what_it_adjusts() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
