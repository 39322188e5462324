"""R5: what providers report makes certain what was not, in any order, before and after our own write."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Literal

import pytest

from kizuna.core.ids import digest
from kizuna.core.messages import Accepted, By, Message, State, claimed
from kizuna.core.provider_reports import MessageReport
from kizuna.core.settlement import settled
from kizuna.core.unconfirmed import REPORTED_WITHIN, lost_sight_of
from kizuna.usecases.outcomes import feedback
from tests.support.builders import NOON
from tests.support.customers import decided
from tests.support.house import House

PEOPLE = 150
SECOND = timedelta(seconds=1)
KINDS = {"sent": "", "delivered": "Email Delivered"}


def report(message: str, fact: str, *, accepted: bool = True) -> MessageReport:
    proves: Literal["accepted", "failed"] = "accepted" if accepted else "failed"
    return MessageReport(digest("report", message, fact), message, NOON, proves, fact, KINDS.get(fact, ""))


def own_write(house: House, mine: Message) -> Callable[[], None]:
    """The sender's own SENT, by whoever claimed it."""

    def write() -> None:
        after = settled(mine, Accepted(f"provider-{mine.id}"), now=NOON)
        house.messages.save(after, expected=mine.state_version, owner=mine.owner)

    return write


@pytest.mark.parametrize("seed", range(4))
def test_every_message_that_is_reported_within_the_hour_is_sent_whatever_comes_first(seed: int) -> None:
    chance = random.Random(seed)
    house = decided(None, *(f"u{number}" for number in range(PEOPLE)))
    steps: list[Callable[[], None]] = []
    for number, message in enumerate(list(house.messages.stored.values())):
        mine = claimed(message, owner=f"w{number}", now=NOON)
        lost = lost_sight_of(mine, now=NOON, by=By.ANSWER, note="read_timeout")
        house.messages.stored[message.id] = lost if number % 3 == 0 else mine
        if number % 3 == 1:
            steps.append(own_write(house, mine))  # the others died before it
        for fact in KINDS:
            told = report(message.id, fact)
            repeats = 2 if chance.random() < 0.02 else 1
            steps += [partial(house.hear, told, now=NOON + 50 * SECOND)] * repeats
    steps += [partial(ring, house, minute) for minute in range(2, 55, 13)]
    chance.shuffle(steps)
    for step in steps:
        step()
    house.settle(now=NOON + REPORTED_WITHIN)
    found = list(house.messages.stored.values())
    assert {message.state for message in found} == {State.SENT}
    assert len(found) == PEOPLE
    assert all(set(message.facts) == set(KINDS) for message in found)
    (run,) = {message.run for message in found}
    assert house.counters.read("spring", run) == {("email", "SENT", "consent"): PEOPLE}
    house.ring(now=NOON + timedelta(days=2))
    assert house.email.sent == []


def ring(house: House, minute: int) -> None:
    """The sweep of a minute: leases that are over become UNKNOWN."""
    house.ring(now=NOON + timedelta(minutes=minute))


@pytest.mark.parametrize("first", ["report", "own"])
def test_of_a_report_and_our_own_write_either_may_come_first(first: str) -> None:
    house = decided()
    mine = claimed(house.only_message(), owner="w1", now=NOON)
    house.messages.stored[mine.id] = mine
    steps = [lambda: house.hear(report(mine.id, "sent")), own_write(house, mine)]
    for step in steps if first == "report" else reversed(steps):
        step()
    after = house.only_message()
    assert after.state is State.SENT
    assert after.evidence[-1].by is (By.REPORT if first == "report" else By.ANSWER)


def test_a_refusal_that_is_reported_later_fails_what_was_unknown_and_names_the_report() -> None:
    house = decided()
    mine = claimed(house.only_message(), owner="w1", now=NOON)
    house.messages.stored[mine.id] = lost_sight_of(mine, now=NOON, by=By.ANSWER)
    house.hear(report(mine.id, "", accepted=False))
    after = house.only_message()
    assert (after.state, after.watched_until, after.due_at) == (State.FAILED, None, None)
    assert after.evidence[-1].note == report(mine.id, "").id


@pytest.mark.parametrize("state", ["SENDING", "UNKNOWN", "SENT"])
def test_mail_that_is_thrown_away_after_it_was_taken_shows_it_wherever_it_is_looked_for(state: str) -> None:
    house = decided()
    mine = claimed(house.only_message(), owner="w1", now=NOON)
    house.messages.stored[mine.id] = {
        "SENDING": mine,
        "UNKNOWN": lost_sight_of(mine, now=NOON, by=By.ANSWER),
        "SENT": settled(mine, Accepted("p1"), now=NOON),
    }[state]
    thrown_away = replace(
        report(mine.id, "rejected", accepted=False), event="Email Rejected", reason="Bad content"
    )
    for _ in range(3):
        house.hear(thrown_away)
        house.settle()
    after = house.only_message()
    assert after.state is (State.SENT if state == "SENT" else State.FAILED)
    assert after.facts == {"rejected": NOON}
    told = [
        each.event for each in house.people.timeline((after.person,)) if each.event.name == "Email Rejected"
    ]
    assert [event.properties["reason"] for event in told] == ["Bad content"]
    ((_, sums),) = house.results.sums("spring", after.run).items()
    assert sums.get("f_rejected", 0) == int(state == "SENT")
    own_write(house, mine)()
    assert house.only_message().state is after.state


def test_what_waits_though_it_was_thrown_away_already_is_never_sent() -> None:
    house = decided()
    house.hear(report(house.only_message().id, "rejected", accepted=False))
    house.settle()
    assert house.only_message().state is State.FAILED
    assert house.email.sent == []


def test_a_report_about_nothing_we_know_is_kept_as_it_came_to_be_read_again() -> None:
    house = decided()

    listener = feedback.Listener(house.people, house.ledger, house.messages, house.quarantine, house.new_id)
    feedback.take(report("nobody", "sent"), listener, house.catalog, now=NOON, raw='{"as": "it came"}')
    (kept,) = house.quarantine.report()
    assert (kept.cause, kept.raw) == ("unknown_message", '{"as": "it came"}')
