"""Chances of being the best, and what sending did against silence."""

from __future__ import annotations

import math
from random import Random

import pytest

from kizuna.core.experiments import ArmCounts
from kizuna.core.experiments.lift import lift, lift_of_values
from kizuna.core.experiments.thompson import allocation, chances_of_best
from tests.support.draws import binomial


def test_chances_are_those_that_two_million_draws_of_numpy_gave() -> None:
    found = chances_of_best({"a": (11, 191), "b": (16, 186), "c": (13, 189)})
    assert found == pytest.approx({"a": 0.1027, "b": 0.6531, "c": 0.2442}, abs=0.001)


def test_two_arms_as_a_closed_form_has_them() -> None:
    """Of beta(2, 1) against beta(1, 1) the first is the higher in two of three cases."""
    assert chances_of_best({"a": (2, 1), "b": (1, 1)})["a"] == pytest.approx(2 / 3, abs=0.001)
    even = chances_of_best(dict.fromkeys("abcd", (50, 950)))
    assert even == pytest.approx(dict.fromkeys("abcd", 0.25), abs=1e-9)


def test_chances_of_rates_far_apart_and_of_many_people() -> None:
    found = chances_of_best({"a": (1_001, 99_001), "b": (50_001, 50_001)})
    assert found["b"] == pytest.approx(1)
    assert sum(found.values()) == pytest.approx(1)


def test_an_allocation_leaves_no_arm_without_anybody() -> None:
    counts = {
        "a": ArmCounts("a", 9_000, 9_000, {"click": 10}),
        "b": ArmCounts("b", 9_000, 9_000, {"click": 900}),
    }
    assert allocation(counts, "click") == {"a": 0.05, "b": 0.95}
    assert allocation(counts, "click") == allocation(dict(counts), "click")


def test_a_bandit_loses_less_than_an_even_split() -> None:
    random, rates = Random(31), {"a": 0.05, "b": 0.05, "c": 0.09}
    counts = {name: ArmCounts(name) for name in rates}
    shares = dict.fromkeys(rates, 1 / 3)
    best = 0.0
    for batch in range(20):
        for name, rate in rates.items():
            n = round(600 * shares[name])
            best += n if name == "c" and batch >= 5 else 0
            did = counts[name].did("goal") + binomial(random, n, rate)
            counts[name] = ArmCounts(name, 0, counts[name].exposed + n, {"goal": did})
        shares = allocation(counts, "goal")
    assert best / (600 * 15) > 0.8


# ── lift ────────────────────────────────────────────────────────────────────────────────────────


def side(arm: str, n: int, did: int) -> ArmCounts:
    return ArmCounts(arm, n, n, {"goal": did})


def test_the_lift_is_the_difference_with_newcombes_interval_and_what_it_comes_to() -> None:
    found = lift(side("told", 70, 56), side("held_out", 80, 48))
    assert found is not None
    assert (found.compared.difference.low, found.compared.difference.high) == pytest.approx(
        (0.0524, 0.3339), abs=1e-4
    )
    assert found.more == pytest.approx(70 * 0.2)
    assert found.more_interval.low == pytest.approx(70 * 0.0524, abs=0.01)
    assert found.is_found
    assert found.is_enough
    assert found.compared.change == pytest.approx(1 / 3)


def test_without_a_side_there_is_no_lift_and_of_a_few_people_it_is_no_more_than_an_anecdote() -> None:
    assert lift(side("told", 70, 56), side("held_out", 0, 0)) is None
    assert lift_of_values([1.0], [], seed=1) is None
    few = lift(side("told", 70, 5), side("held_out", 29, 1))
    assert few is not None
    assert not few.is_enough
    assert not few.is_found


def test_the_lift_of_money_holds_the_truth_as_often_as_it_says() -> None:
    random, tries, welch, drawn = Random(37), 200, 0, 0

    def spent(n: int, share: float) -> list[float]:
        return [random.lognormvariate(4, 0.5) if random.random() < share else 0.0 for _ in range(n)]

    truth = (0.25 - 0.2) * math.exp(4 + 0.125)
    for number in range(tries):
        told, held = spent(300, 0.25), spent(150, 0.2)
        sides = [
            ArmCounts(name, len(each), len(each), {}, sum(each), sum(value * value for value in each))
            for name, each in (("told", told), ("held_out", held))
        ]
        by_counts = lift(sides[0], sides[1], "revenue")
        assert by_counts is not None
        welch += by_counts.compared.difference.holds(truth)
        if number < 15:
            by_values = lift_of_values(told, held, seed=number)
            assert by_values is not None
            drawn += by_values.compared.difference.holds(truth)
    assert welch / tries > 0.95 - 3 * math.sqrt(0.05 * 0.95 / tries)
    assert drawn / 15 >= 0.8
