"""Nobody knows whether it went out: marketing is left at that, and what somebody waits for is sent once more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.messages import By, Category, Message, State, claimed, is_in_doubt
from kizuna.core.provider_reports import MessageReport
from kizuna.core.unconfirmed import (
    KEYED_CHANNELS,
    LAST_REPORTS,
    REPORTED_WITHIN,
    after_its_lease,
    lost_sight_of,
    once_more,
    watched_on,
)
from tests.support.builders import NOON, a_message
from tests.support.customers import decided, mail_shop
from tests.support.house import House

MINUTE = timedelta(minutes=1)
SPAN = {"expires_after": "3d"}


def a_house(category: Category = "transactional", **policy: Any) -> tuple[House, Message]:
    """A house whose only message was called for, and nobody heard what became of it."""
    house = decided(mail_shop(SPAN, **policy))
    message = replace(house.only_message(), category=category)
    lost = lost_sight_of(claimed(message, owner="w1", now=NOON), now=NOON, by=By.ANSWER, note="read_timeout")
    house.messages.stored[message.id] = lost
    house.settle()
    house.send()
    return house, lost


def go_on(house: House, *, hours: float) -> None:
    """Let the alarms ring that are due until then, and whatever follows from them happen."""
    now = NOON + timedelta(hours=hours)
    house.ring(now=now)
    house.settle(now=now)
    house.send(now=now)
    house.settle(now=now)


def repeats(house: House) -> list[Message]:
    return [message for message in house.messages.stored.values() if message.possible_duplicate]


def test_marketing_of_unknown_fate_is_never_sent_again_and_is_final_after_a_day() -> None:
    house, lost = a_house("marketing")
    for hours in (1, 2, 23.9):
        go_on(house, hours=hours)
    assert house.messages.stored[lost.id] == lost
    for hours in (24, 25, 60):
        go_on(house, hours=hours)
    found = house.only_message()
    assert (found.state, found.reason, found.due_at) == (State.UNKNOWN, "unconfirmed", None)
    assert house.email.sent == []
    assert house.counters.read("spring", found.run) == {("email", "UNKNOWN", "unconfirmed"): 1}


@pytest.mark.parametrize("category", ["transactional", "mandatory"])
def test_what_somebody_waits_for_is_sent_once_more_after_an_hour_in_a_row_of_its_own(
    category: Category,
) -> None:
    house, lost = a_house(category)
    go_on(house, hours=0.9)
    assert house.email.sent == []
    for hours in (1, 1, 2, 24, 25, 60):
        go_on(house, hours=hours)
    (repeat,) = repeats(house)
    assert (repeat.state, repeat.again_of, repeat.address) == (State.SENT, lost.id, lost.address)
    assert len(house.email.sent) == 1
    first = house.messages.stored[lost.id]
    assert (first.state, first.reason) == (State.UNKNOWN, "unconfirmed")
    assert [line.by for line in first.evidence] == [By.CLAIM, By.ANSWER, By.SWEEP, By.SWEEP]


def test_a_repeat_of_unknown_fate_is_not_repeated() -> None:
    house, _ = a_house()
    go_on(house, hours=1)
    (repeat,) = repeats(house)
    sending = claimed(replace(repeat, state=State.PENDING), owner="w2", now=NOON)
    house.messages.stored[repeat.id] = lost_sight_of(
        sending, now=NOON + timedelta(hours=1), by=By.ANSWER, note="read_timeout"
    )
    for hours in (2.5, 26, 60):
        go_on(house, hours=hours)
    assert len(repeats(house)) == 1
    assert {message.reason for message in house.messages.stored.values()} == {"unconfirmed"}


def test_the_workspace_may_want_no_repeats() -> None:
    house, _ = a_house(repeat_unknown=False)
    for hours in (1, 24):
        go_on(house, hours=hours)
    assert repeats(house) == []
    assert house.only_message().reason == "unconfirmed"


def test_a_report_within_the_hour_makes_a_repeat_needless() -> None:
    house, lost = a_house()
    house.hear(MessageReport("r1", lost.id, NOON, "accepted", "sent"), now=NOON + 30 * MINUTE)
    for hours in (1, 24):
        go_on(house, hours=hours)
    assert house.only_message().state is State.SENT
    assert house.email.sent == []


def test_a_report_that_comes_while_the_repeat_waits_stops_it() -> None:
    house, lost = a_house()
    house.ring(now=NOON + REPORTED_WITHIN)
    house.hear(MessageReport("r1", lost.id, NOON, "accepted", "sent"), now=NOON + REPORTED_WITHIN)
    house.settle(now=NOON + REPORTED_WITHIN)
    house.send(now=NOON + REPORTED_WITHIN)
    (repeat,) = repeats(house)
    assert (repeat.state, repeat.reason) == (State.EXPIRED, "first_arrived")
    assert house.email.sent == []


def test_a_report_after_the_day_is_still_believed() -> None:
    house, lost = a_house("marketing")
    go_on(house, hours=24)
    house.hear(MessageReport("r1", lost.id, NOON, "accepted", "sent"), now=NOON + timedelta(hours=30))
    assert house.only_message().state is State.SENT


def test_nothing_is_repeated_for_whom_the_gate_refuses_by_now_and_the_refusal_is_kept() -> None:
    house, _ = a_house()
    person = house.person("user_id", "u1")
    house.change_person(person.id, status="restricted", reach_version=person.reach_version + 1)
    go_on(house, hours=1)
    (repeat,) = repeats(house)
    assert (repeat.state, repeat.reason) == (State.DENIED, "restricted")
    assert house.email.sent == []


def test_a_message_that_is_too_late_or_whose_campaign_was_stopped_is_not_repeated() -> None:
    house, lost = a_house()
    house.messages.stored[lost.id] = replace(lost, expires_at=NOON + 50 * MINUTE)
    go_on(house, hours=1)
    stopped, _ = a_house()
    off = stopped.catalog.campaigns["spring"].model_copy(update={"enabled": False})
    stopped.catalog = replace(stopped.catalog, campaigns={"spring": off})
    go_on(stopped, hours=1)
    assert repeats(house) == repeats(stopped) == []


def test_an_alarm_that_rings_twice_makes_one_repeat() -> None:
    house, lost = a_house()
    now = NOON + REPORTED_WITHIN
    house.ring(now=now)
    house.messages.stored[lost.id] = lost  # as if the first had died before it moved the watch on
    house.ring(now=now)
    assert len(repeats(house)) == 1


@given(
    st.sampled_from(["marketing", "transactional", "mandatory", "opt_out_confirmation"]),
    st.booleans(),
    st.lists(st.integers(0, 40), min_size=1, max_size=6),
)
@settings(max_examples=200)
def test_a_watch_comes_to_its_end_whenever_it_is_looked_at(
    category: str, repeats_another: bool, hours: list[int]
) -> None:
    message = a_message(category=category, again_of="m1" if repeats_another else "")
    lost = lost_sight_of(claimed(message, owner="w1", now=NOON), now=NOON, by=By.LEASE)
    first = lost.watched_until
    assert first is not None
    again = category in ("transactional", "mandatory") and not repeats_another
    assert first - NOON == (REPORTED_WITHIN if again else LAST_REPORTS)
    for hour in sorted(hours):
        now = NOON + timedelta(hours=hour)
        if lost.watched_until is not None and lost.watched_until <= now:
            lost = watched_on(lost, now=now)
    assert lost.state is State.UNKNOWN
    assert (lost.watched_until is None) == (max(hours) >= 24)
    assert lost.unknown_since == NOON


def test_a_repeat_has_an_id_that_follows_from_the_first_and_nothing_of_its_past() -> None:
    first = replace(a_message(), provider_id="x", throttled=3, facts={"sent": NOON}, state=State.UNKNOWN)
    one, two = once_more(first, now=NOON), once_more(first, now=NOON + MINUTE)
    assert one.id == two.id != first.id
    assert (one.provider_id, one.throttled, one.facts, one.evidence) == ("", 0, {}, ())


@pytest.mark.parametrize("channel", sorted(KEYED_CHANNELS))
def test_where_a_repeat_is_dropped_by_its_key_a_lost_call_is_made_again(channel: str) -> None:
    lost = after_its_lease(claimed(a_message(channel=channel), owner="w1", now=NOON), now=NOON + MINUTE)
    assert (lost.state, lost.owner, lost.lease_until) == (State.PENDING, "", None)
    assert is_in_doubt(lost), "refused or too late by then, it may have gone out all the same"
