"""A key that floods is slowed down on all instances together, and no other key notices (abuse case A20)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.errors import Unavailable
from kizuna.core.ports import Slots
from kizuna.usecases.collecting.throttling import BURST, EVENTS_A_REQUEST, KEPT, SHUT, Throttle
from tests.support.builders import NOON
from tests.support.fakes_of_services import InMemoryPace

SECOND = timedelta(seconds=1)
RATE = 100


class CountedPace(InMemoryPace):
    def __init__(self, *, is_out: bool = False) -> None:
        super().__init__()
        self.writes = 0
        self._is_out = is_out

    def reserve(
        self, channel: str, *, every: timedelta, count: int, now: datetime, within: timedelta
    ) -> Slots | None:
        self.writes += 1
        if self._is_out:
            raise Unavailable("pace")
        return super().reserve(channel, every=every, count=count, now=now, within=within)


def passed(
    instances: list[Throttle], *, seconds: int, per_second: int, key: str = "k", rate: int = RATE
) -> int:
    """How many of so many requests a second, spread over the instances, pass within some seconds."""
    asked = [NOON + SECOND * number / per_second for number in range(seconds * per_second)]
    return sum(
        instances[number % len(instances)].wait(key, per_second=rate, events=1, now=at) == 0
        for number, at in enumerate(asked)
    )


def test_a_key_that_keeps_to_its_rate_is_never_refused() -> None:
    pace = CountedPace()
    instances = [Throttle(lambda: pace) for _ in range(4)]
    assert passed(instances, seconds=10, per_second=RATE) == 10 * RATE


def test_a_flood_over_many_instances_is_cut_to_the_rate() -> None:
    pace = CountedPace()
    instances = [Throttle(lambda: pace) for _ in range(20)]
    through = passed(instances, seconds=10, per_second=20 * RATE)
    # The rate, one burst, and what each instance lets pass unasked.
    assert 0.9 * 10 * RATE <= through <= 10 * RATE + RATE + 20 * 11


def test_another_key_passes_whatever_the_first_one_does() -> None:
    pace = CountedPace()
    instance = Throttle(lambda: pace)
    for _ in range(10 * RATE):
        instance.wait("flooding", per_second=RATE, events=1, now=NOON)
    assert instance.wait("flooding", per_second=RATE, events=1, now=NOON) == 1
    assert passed([instance], seconds=5, per_second=RATE, key="calm") == 5 * RATE


def test_a_calm_key_costs_no_write_and_a_busy_one_a_write_for_many_requests() -> None:
    pace = CountedPace()
    instance = Throttle(lambda: pace)
    assert passed([instance], seconds=60, per_second=1, rate=500) == 60
    assert pace.writes == 0
    assert passed([instance], seconds=1, per_second=200, key="busy", rate=500) == 200
    assert pace.writes == 20


def test_a_refused_key_is_not_asked_about_again_for_a_second() -> None:
    pace = CountedPace()
    instance = Throttle(lambda: pace)
    while not instance.wait("k", per_second=1, events=1, now=NOON):
        pass
    writes = pace.writes
    waits = {instance.wait("k", per_second=1, events=1, now=NOON + SHUT * 0.9) for _ in range(100)}
    assert (waits, pace.writes) == ({1}, writes)
    assert instance.wait("k", per_second=1, events=1, now=NOON + 5 * SECOND) == 0


def test_a_batch_weighs_as_much_as_the_hundreds_of_events_in_it() -> None:
    def let_in(events: int) -> int:
        pace = CountedPace()
        instance = Throttle(lambda: pace)
        return sum(instance.wait("k", per_second=RATE, events=events, now=NOON) == 0 for _ in range(1000))

    assert let_in(EVENTS_A_REQUEST) == let_in(0) == let_in(1)
    burst = int(BURST / SECOND * RATE)
    assert burst < let_in(1) <= burst + 3
    # One passes unasked, and the batch that begins within the burst may end beyond it.
    assert burst // 25 <= let_in(25 * EVENTS_A_REQUEST) <= burst // 25 + 2


def test_what_an_instance_took_and_did_not_use_is_lost_after_a_while() -> None:
    pace = CountedPace()
    instance = Throttle(lambda: pace)
    for _ in range(2):
        instance.wait("k", per_second=500, events=1, now=NOON)
    assert pace.writes == 1
    later = NOON + KEPT
    for _ in range(2):
        instance.wait("k", per_second=500, events=1, now=later)
    assert pace.writes == 2


def test_everything_passes_while_the_pace_cannot_be_asked() -> None:
    instance = Throttle(lambda: CountedPace(is_out=True))
    assert passed([instance], seconds=1, per_second=50 * RATE) == 50 * RATE


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2500)), max_size=80), st.integers(1, 1000))
def test_the_wait_is_whole_seconds_and_never_long(asked: list[tuple[int, int]], rate: int) -> None:
    pace = CountedPace()
    instance, at = Throttle(lambda: pace), NOON
    for pause, events in asked:
        at += timedelta(milliseconds=pause)
        assert instance.wait("k", per_second=rate, events=events, now=at) in (0, 1)
