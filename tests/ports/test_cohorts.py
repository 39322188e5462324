"""The contract of `Cohorts`: each message counts once where it landed, whatever is told in what order how often."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.messages import Message
from kizuna.core.restraint.cohorts import (
    News,
    Tallies,
    Tally,
    counted,
    matured_at,
    minute_of,
    watched_on,
)
from kizuna.core.restraint.early_warning import Signal
from kizuna.topology import DUE_SHARDS
from tests.support.builders import NOON, a_message, new
from tests.support.stores import Stores

ALL = watched_on("email", reports_complaints=True)
NOW = minute_of(NOON)
_numbers = count(1)


def tell(stores: Stores, message: Message, news: News, *, minutes: int = 0) -> bool:
    before = stores.cohorts.mark(message.id)
    at = NOON + timedelta(minutes=minutes)
    after = counted(before, news, ALL, channel="email", at=at)
    return after != before and stores.cohorts.count(message, before, after)


def stored(stores: Stores, person: str = "p1", **changes: object) -> Message:
    message = a_message(person, address=f"{person}@example.com", **changes)
    stores.messages.create(new(message))
    return message


def sums(stores: Stores, *, cohort: str = "20261123T1200Z", first: int = 0, last: int = NOW + 60) -> Tallies:
    return stores.cohorts.sums("spring", cohort, first=first, last=last)


def test_all_walks_through_a_journey_are_one_cohort_a_day(stores: Stores) -> None:
    for number in range(3):
        message = stored(stores, f"w{number}", campaign="welcome.hello", run=f"walk-{number}")
        assert tell(stores, message, News.LANDED)
    cohort = f"{TRIGGERED}@{NOON:%Y-%m-%d}"
    found = stores.cohorts.sums("welcome.hello", cohort, first=0, last=NOW + 60)
    assert found[Signal.COMPLAINT] == Tally(3, 0)


def test_a_message_lands_once_and_each_of_its_signals_counts_once(stores: Stores) -> None:
    message = stored(stores)
    assert tell(stores, message, News.LANDED)
    assert tell(stores, message, News.COMPLAINED, minutes=3)
    assert not tell(stores, message, News.LANDED, minutes=5)
    assert not tell(stores, message, News.COMPLAINED, minutes=9)
    assert sums(stores) == {
        Signal.BOUNCE: Tally(1, 0),
        Signal.COMPLAINT: Tally(1, 1),
        Signal.UNSUBSCRIBE: Tally(1, 0),
    }
    assert stores.cohorts.hours(first=NOW // 60, last=NOW // 60) == {NOW // 60: sums(stores)}


def test_only_the_minutes_asked_for_are_summed(stores: Stores) -> None:
    for number in range(5):
        tell(stores, stored(stores, f"p{number}"), News.LANDED, minutes=number)
    assert sums(stores, first=NOW + 1, last=NOW + 3)[Signal.BOUNCE] == Tally(3, 0)
    assert sums(stores, last=NOW - 1) == {}
    assert sums(stores, first=9, last=3) == {}


def test_a_triggered_campaign_is_counted_by_the_day(stores: Stores) -> None:
    for number, minutes in enumerate((0, 0, 24 * 60)):
        tell(stores, stored(stores, f"p{number}", run=TRIGGERED), News.LANDED, minutes=minutes)
    later = NOW + 2 * 24 * 60
    assert sums(stores, cohort="triggered@2026-11-23", last=later)[Signal.BOUNCE] == Tally(2, 0)
    assert sums(stores, cohort="triggered@2026-11-24", last=later)[Signal.BOUNCE] == Tally(1, 0)


def test_a_mark_that_has_moved_meanwhile_moves_nothing(stores: Stores) -> None:
    message = stored(stores)
    mine = counted(None, News.LANDED, ALL, channel="email", at=NOON)
    theirs = counted(None, News.BOUNCED, ALL, channel="email", at=NOON)
    assert stores.cohorts.count(message, None, theirs)
    assert not stores.cohorts.count(message, None, mine)
    assert stores.cohorts.mark(message.id) == theirs
    assert sums(stores) == {Signal.BOUNCE: Tally(1, 1)}


def test_a_message_that_is_not_stored_counts_nowhere(stores: Stores) -> None:
    assert not tell(stores, a_message(), News.LANDED)
    assert sums(stores) == {}


def test_a_signal_sets_the_alarm_of_its_message_and_a_look_lets_it_go(stores: Stores) -> None:
    message = stored(stores)
    tell(stores, message, News.COMPLAINED)

    def ringing(minutes: int) -> list[str]:
        now = NOON + timedelta(minutes=minutes)
        return [due.id for shard in range(DUE_SHARDS) for due in stores.people.due(shard, now=now)]

    mark = stores.cohorts.mark(message.id)
    assert mark is not None
    assert mark.look_at == matured_at(NOW) == NOON + timedelta(minutes=31)
    assert message.id not in ringing(30) or message.due_at is not None
    assert message.id in ringing(31)
    assert stores.cohorts.count(message, mark, replace(mark, look_at=None))
    found = stores.cohorts.mark(message.id)
    assert found is not None
    assert found.look_at is None


def test_counting_leaves_the_message_alone(stores: Stores) -> None:
    message = stored(stores)
    tell(stores, message, News.LANDED)
    assert stores.messages.get(message.id) == message


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    told=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(list(News)), st.integers(0, 5)), max_size=12
    )
)
def test_the_sums_are_right_for_any_news_in_any_order(
    stores: Stores, told: list[tuple[str, News, int]]
) -> None:
    run = f"run-{next(_numbers)}"
    made = {name: stored(stores, name, id=f"{run}-{name}", run=run) for name in "abc"}
    for name, news, minutes in told:
        tell(stores, made[name], news, minutes=minutes)
    landed, bad = Counter[Signal](), Counter[Signal]()
    for name in "abc":
        heard = {news for known, news, _ in told if known == name}
        if heard & {News.LANDED, News.COMPLAINED, News.LEFT}:
            landed.update(ALL)
        elif heard:
            landed.update([Signal.BOUNCE])
        bad.update(_SIGNALS[news] for news in heard if news in _SIGNALS)
    expected = {signal: Tally(landed[signal], bad[signal]) for signal in landed}
    assert sums(stores, cohort=run) == expected


_SIGNALS = {
    News.BOUNCED: Signal.BOUNCE,
    News.COMPLAINED: Signal.COMPLAINT,
    News.LEFT: Signal.UNSUBSCRIBE,
}


@pytest.mark.parametrize("day", ["2026-11-23"])
def test_what_went_out_on_a_day_is_counted_while_somebody_asks(stores: Stores, day: str) -> None:
    from kizuna.core.messages import By, State, claimed, move
    from kizuna.core.unconfirmed import lost_sight_of

    first, second, third = (stored(stores, name) for name in ("p1", "p2", "p3"))
    sent = move(claimed(first, owner="w", now=NOON), State.SENT, now=NOON)
    lost = lost_sight_of(claimed(second, owner="w", now=NOON), now=NOON, by=By.LEASE)
    unasked = move(claimed(third, owner="w", now=NOON), State.SENT, now=NOON)
    for message in (first, sent, sent, lost):
        stores.counters.count(message, of_day=True)
    stores.counters.count(unasked)
    assert stores.counters.sent_on(day) == {"email": 2}
    refused = move(lost, State.FAILED, now=NOON + timedelta(days=1), by=By.REPORT)
    stores.counters.count(refused, of_day=True)
    assert stores.counters.sent_on(day) == {"email": 1}
    assert stores.counters.sent_on("2026-11-24") == {}
