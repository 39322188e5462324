"""Looking as often as one likes: how often what is not there is found, and how often intervals hold the truth."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.experiments.fixed import two_proportions_p
from kizuna.core.experiments.intervals import EVERYTHING, Mean
from kizuna.core.experiments.sequential import (
    UNEVEN_ALPHA,
    always_valid_p,
    difference,
    difference_p,
    log_evidence,
    rate_as_mean,
    relative,
    uneven_p,
)

DEEP = "KIZUNA_EXAMPLES" in os.environ  # as `make deep` sets it
TRIES = 3_000 if DEEP else 200
LOOKS = 40
EACH = 100  # persons between two looks
ALPHA = 0.05
PLANNED = 1_000


def at_most(share: float, tries: int) -> float:
    """What a share is at most, but for the luck of the draw: three standard errors more."""
    return share + 3 * math.sqrt(share * (1 - share) / tries)


# ── the test of rates ───────────────────────────────────────────────────────────────────────────


@given(st.floats(0.05, 0.95), st.integers(0, 60), st.floats(0.01, 2))
def test_the_evidence_is_worth_one_on_average_where_the_arms_do_alike(
    share: float, converters: int, change: float
) -> None:
    """Exactly, for any number of converters and any shares: that is what makes it hold at every look."""
    expected = math.fsum(
        math.comb(converters, did)
        * share**did
        * (1 - share) ** (converters - did)
        * math.exp(log_evidence(did, converters - did, share=share, change=change))
        for did in range(converters + 1)
    )
    assert expected == pytest.approx(1, abs=1e-9)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.1, 0.9), st.floats(0.001, 0.2))
def test_the_interval_leaves_out_no_change_just_when_the_test_decides(
    did: int, other: int, share: float, alpha: float
) -> None:
    p = always_valid_p(did, other, share=share)
    if abs(p - alpha) > 1e-6:
        assert relative(did, other, share=share, alpha=alpha).holds(0) is (p > alpha)


def test_nobody_who_converted_says_nothing() -> None:
    assert relative(0, 0, share=0.5) == EVERYTHING
    assert always_valid_p(0, 0, share=0.5) == pytest.approx(1)
    assert math.isinf(relative(40, 0, share=0.5).high)
    assert relative(0, 40, share=0.5).low == -1


class Crowd:
    """Two arms that people come into one by one, some of whom convert, and not at once."""

    def __init__(self, random: Random, *, rate: float, change: float, share: float, hours: bool) -> None:
        self.random, self.rate, self.change, self.share, self.hours = random, rate, change, share, hours
        self.n, self.did = [0, 0], [0, 0]

    def looks(self) -> Iterator[tuple[list[int], list[int]]]:
        """The persons and converters of both arms at each look."""
        late: list[tuple[int, int]] = []
        for person in range(LOOKS * EACH):
            arm = int(self.random.random() >= self.share)
            rate = self.rate * (1 + self.change if arm == 0 else 1)
            if self.hours:  # by night a third as many as by day
                rate *= 1.5 if (person // 200) % 2 else 0.5
            self.n[arm] += 1
            if self.random.random() < rate:
                late.append((person + self.random.randrange(400), arm))
            if (person + 1) % EACH == 0:
                for _, other in [each for each in late if each[0] <= person]:
                    self.did[other] += 1
                late = [each for each in late if each[0] > person]
                yield self.n, self.did


@pytest.mark.parametrize(
    ("rate", "share", "hours"), [(0.05, 0.5, False), (0.02, 0.8, True), (0.4, 0.5, True), (0.003, 0.3, False)]
)
def test_looking_all_the_time_finds_what_is_not_there_no_more_often_than_alpha(
    rate: float, share: float, hours: bool
) -> None:
    random, found, naive = Random(3), 0, 0
    for _ in range(TRIES):
        crowd, ps, zs = Crowd(random, rate=rate, change=0, share=share, hours=hours), [], []
        for n, did in crowd.looks():
            ps.append(always_valid_p(did[0], did[1], share=share))
            zs.append(two_proportions_p(did[0], n[0], did[1], n[1]))
        found += min(ps) <= ALPHA
        naive += min(zs) <= ALPHA
    assert found / TRIES <= at_most(ALPHA, TRIES)
    assert naive / TRIES > 2 * ALPHA  # what a test that was made for one look does when it is peeked at


@pytest.mark.parametrize(("rate", "change", "share"), [(0.05, 0.0, 0.5), (0.1, 0.3, 0.5), (0.03, -0.4, 0.7)])
def test_intervals_hold_the_truth_at_all_looks_together(rate: float, change: float, share: float) -> None:
    random, ratio_held, difference_held = Random(5), 0, 0
    for _ in range(TRIES):
        crowd = Crowd(random, rate=rate, change=change, share=share, hours=False)
        ratios, differences = [], []
        for n, did in crowd.looks():
            if min(n) < 200:
                continue
            ratios.append(relative(did[0], did[1], share=share).holds(change))
            sides = [rate_as_mean(each, among) for each, among in zip(did, n, strict=True)]
            reached = difference(*sides, planned=PLANNED)
            truth = rate * change  # what was still to come is as much behind on both sides
            differences.append(reached.low - 0.004 <= truth <= reached.high + 0.004)
        ratio_held += all(ratios)
        difference_held += all(differences)
    assert ratio_held / TRIES >= 1 - at_most(ALPHA, TRIES)
    assert difference_held / TRIES >= 1 - at_most(ALPHA, TRIES)


def test_a_change_that_is_there_is_found_sooner_the_larger_it_is() -> None:
    random = Random(9)

    def looks_until_found(change: float) -> float:
        needed = []
        for _ in range(40):
            crowd = Crowd(random, rate=0.1, change=change, share=0.5, hours=False)
            ps = [always_valid_p(did[0], did[1], share=0.5) for _, did in crowd.looks()]
            needed.append(next((look for look, p in enumerate(ps) if p <= ALPHA), LOOKS))
        return sum(needed) / len(needed)

    slow, fast = looks_until_found(0.3), looks_until_found(0.6)
    assert fast < slow < LOOKS
    assert fast < LOOKS / 2


# ── money ───────────────────────────────────────────────────────────────────────────────────────


def test_money_is_not_found_different_by_looking_all_the_time() -> None:
    """Most spend nothing, and few spend much: a log-normal tail."""
    random, found, tries = Random(13), 0, TRIES // 2
    for _ in range(tries):
        totals, squares, n, ps = [0.0, 0.0], [0.0, 0.0], [0, 0], []
        for person in range(LOOKS * EACH):
            arm = int(random.random() < 0.5)
            spent = random.lognormvariate(3, 1) if random.random() < 0.1 else 0.0
            n[arm] += 1
            totals[arm] += spent
            squares[arm] += spent * spent
            if (person + 1) % EACH == 0 and min(n) >= 200:
                one, other = (Mean.of(n[side], totals[side], squares[side]) for side in (0, 1))
                p = difference_p(one, other, planned=PLANNED)
                if abs(p - ALPHA) > 1e-9:
                    assert difference(one, other, planned=PLANNED).holds(0) is (p > ALPHA)
                ps.append(p)
        found += min(ps) <= ALPHA
    assert found / tries <= at_most(ALPHA, tries)


def test_of_fewer_than_two_persons_money_says_nothing() -> None:
    assert difference(Mean.of(1, 3, 9), Mean.of(50, 3, 9), planned=100) == EVERYTHING
    assert difference_p(Mean.of(0, 0, 0), Mean.of(50, 3, 9), planned=100) == 1
    assert difference_p(Mean.of(9, 0, 0), Mean.of(50, 0, 0), planned=100) == 1
    assert rate_as_mean(0, 0) == Mean(0, 0, 0)


# ── the draw ────────────────────────────────────────────────────────────────────────────────────


def test_an_even_draw_is_seldom_called_uneven_however_often_one_looks() -> None:
    random, called = Random(17), 0
    shares = (0.5, 0.3, 0.2)
    for _ in range(TRIES):
        n, worst = [0, 0, 0], 1.0
        for person in range(2_000):
            n[random.choices(range(3), shares)[0]] += 1
            if person % 100 == 99:
                worst = min(worst, uneven_p(n, shares))
        called += worst < UNEVEN_ALPHA
    assert called <= max(2, at_most(UNEVEN_ALPHA, TRIES) * TRIES)


def test_a_draw_that_loses_people_of_one_arm_is_called_uneven() -> None:
    assert uneven_p([50_000, 50_000], (0.5, 0.5)) == 1
    assert uneven_p([50_000, 48_500], (0.5, 0.5)) < UNEVEN_ALPHA
    assert uneven_p([0, 0], (0.5, 0.5)) == pytest.approx(1)


def test_more_evidence_never_makes_an_imbalance_likelier() -> None:
    ps = [uneven_p([510 * scale, 490 * scale], (0.5, 0.5)) for scale in (1, 10, 100, 1_000)]
    assert all(later <= sooner for sooner, later in pairwise(ps))
