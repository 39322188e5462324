"""A channel's pace is kept by all its workers together: nearly all of the provider's rate, and never more."""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.ports import Slots
from kizuna.usecases.delivery.turns import AT_A_TIME, SHARE, STALE, Turnstile
from tests.support.builders import NOON
from tests.support.fakes_of_services import InMemoryPace

SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Watch:
    """A worker's own clock, which moves when the worker waits."""

    at: datetime = NOON
    waited: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def rest(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += timedelta(seconds=seconds)


def a_worker(pace: InMemoryPace, at: datetime = NOON) -> tuple[Turnstile, Watch]:
    watch = Watch(at)
    return Turnstile(pace, clock=watch.now, rest=watch.rest), watch


@dataclass(slots=True)
class Provider:
    """Takes so many a second, with a second's worth of patience, and says no to the rest."""

    per_second: float
    tokens: float = 1.0
    at: datetime = NOON
    accepted: list[datetime] = field(default_factory=list)
    throttled: int = 0

    def takes(self, now: datetime) -> bool:
        self.tokens += (now - self.at).total_seconds() * self.per_second
        self.tokens, self.at = min(self.tokens, self.per_second), now
        if self.tokens < 1:
            self.throttled += 1
            return False
        self.tokens -= 1
        self.accepted.append(now)
        return True


def deliver_all(offered: int, *, workers: int, provider: Provider, seed: int = 0) -> Counter[int]:
    """Have workers take everything off a queue, in virtual time; how often each message was called for.

    What the provider puts off comes back a minute later, as a new record of the queue.
    """
    chance = random.Random(seed)
    pace = InMemoryPace()
    crew = [a_worker(pace) for _ in range(workers)]
    queue, later = deque(range(offered)), list[tuple[datetime, int]]()
    called: Counter[int] = Counter()
    steps: list[tuple[datetime, int, int | None]] = [(NOON, number, None) for number in range(workers)]
    while steps:
        now, number, message = heapq.heappop(steps)
        turnstile, watch = crew[number]
        watch.at = now
        if message is not None:
            called[message] += 1
            if not provider.takes(now):
                heapq.heappush(later, (now + 60 * SECOND, message))
            heapq.heappush(steps, (now + chance.uniform(0.03, 0.2) * SECOND, number, None))
            continue
        while later and later[0][0] <= now:
            queue.append(heapq.heappop(later)[1])
        if not queue:
            if later:
                heapq.heappush(steps, (later[0][0], number, None))
            continue
        turn = turnstile.wait("email", per_second=provider.per_second, within=30 * SECOND)
        assert turn is not None
        heapq.heappush(steps, (turn, number, queue.popleft()))
    return called


@pytest.mark.parametrize("workers", [3, 10, 40])
def test_ten_times_what_a_provider_takes_uses_95_to_100_percent_of_its_rate_and_nothing_is_lost(
    workers: int,
) -> None:
    provider = Provider(per_second=14)
    called = deliver_all(
        14 * 10 * 60, workers=workers, provider=provider
    )  # R7: a minute's worth of ten times
    assert len(provider.accepted) == len(called) == 8_400
    took = (provider.accepted[-1] - provider.accepted[0]).total_seconds()
    assert 13.3 <= len(provider.accepted) / took <= 14.0
    # Whom it put off all the same came again, and seldom.
    assert provider.throttled == sum(called.values()) - 8_400 <= 84


def test_without_a_pace_the_same_crowd_of_workers_is_mostly_refused() -> None:
    """The control: the provider of the test above does bite."""
    provider = Provider(per_second=14)
    refused = sum(not provider.takes(NOON + number * SECOND / 140) for number in range(8_400))
    assert refused > 7_000


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3_000)), min_size=1, max_size=60))
@settings(max_examples=150)
def test_no_moment_is_given_to_two_and_none_lies_too_close_to_another(asked: list[tuple[int, int]]) -> None:
    pace = InMemoryPace()
    crew = [a_worker(pace) for _ in range(4)]
    turns: list[datetime] = []
    now = NOON
    for number, millis in asked:
        now += timedelta(milliseconds=millis)
        turnstile, watch = crew[number]
        watch.at = max(watch.at, now)
        turn = turnstile.wait("email", per_second=5, within=600 * SECOND)
        assert turn is not None
        assert turn >= now
        turns.append(turn)
    # However they come: in any span no more than its rate and what one of them may hold in advance.
    in_advance = max(1, AT_A_TIME // (SECOND / (5 * SHARE))) * len(crew)
    late = int(5 * STALE.total_seconds()) * len(crew)
    ordered = sorted(turns)
    for first, last in _pairs(ordered):
        within = sum(first <= turn <= last for turn in ordered)
        assert within <= (last - first).total_seconds() * 5 + 1 + in_advance + late


def _pairs(ordered: list[datetime]) -> Iterator[tuple[datetime, datetime]]:
    return ((first, last) for index, first in enumerate(ordered) for last in ordered[index:])


def test_a_turn_that_is_too_far_away_is_not_waited_for_and_takes_nothing_from_others() -> None:
    pace = InMemoryPace()
    hurried, watch = a_worker(pace)
    patient, other = a_worker(pace)
    for _ in range(3):
        assert patient.wait("sms", per_second=1, within=60 * SECOND) is not None
    watch.at = NOON
    assert hurried.wait("sms", per_second=1, within=SECOND) is None
    assert watch.waited == []
    before = dict(pace.given_out)
    assert hurried.wait("sms", per_second=1, within=SECOND) is None
    assert pace.given_out == before
    assert other.at > NOON + 2 * SECOND


def test_each_channel_has_a_pace_of_its_own() -> None:
    pace = InMemoryPace()
    turnstile, watch = a_worker(pace)
    assert turnstile.wait("sms", per_second=0.5, within=SECOND) == NOON
    assert turnstile.wait("email", per_second=14, within=SECOND) == NOON
    assert watch.waited == []


def test_moments_that_were_not_used_in_time_make_no_burst() -> None:
    turnstile, watch = a_worker(InMemoryPace())
    assert turnstile.wait("email", per_second=14, within=SECOND) == NOON
    watch.at = NOON + 60 * SECOND
    turns = [turnstile.wait("email", per_second=14, within=SECOND) for _ in range(6)]
    assert turns[0] == NOON + 60 * SECOND
    assert turns[-1] is not None
    assert turns[-1] >= watch.waited[0] * SECOND + NOON + 60 * SECOND


def test_a_rate_that_changes_counts_at_once() -> None:
    pace = InMemoryPace()
    turnstile, _ = a_worker(pace)
    turnstile.wait("email", per_second=100, within=SECOND)
    turnstile.wait("email", per_second=1, within=60 * SECOND)
    assert pace.given_out["email"] >= NOON + SECOND


def test_the_fake_gives_slots_one_after_the_other() -> None:
    pace = InMemoryPace()
    one = pace.reserve("email", every=SECOND, count=2, now=NOON, within=SECOND)
    assert one == Slots(NOON, SECOND, 2)
