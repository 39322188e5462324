"""Frequency caps over the whole way of a message: what waits, what is given back, and that none is ever exceeded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict
from kizuna.core.messages import Message, State
from kizuna.core.restraint.caps import used
from kizuna.core.restraint.pressure import Pressure
from kizuna.usecases.delivery.giving_back import give_back
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, subscribe
from tests.support.house import House
from tests.support.unmerging import part, unite

DAY = timedelta(days=1)
SECOND = {**CAMPAIGN, "id": "summer", "name": "Summer", "topic": "news"}


def a_shop(*caps: dict[str, Any], **policy: Any) -> Catalog:
    spring, summer = CAMPAIGN | DAILY | {"expires_after": "4d"}, SECOND | DAILY | {"expires_after": "4d"}
    return a_catalog(
        {**some_documents(spring, summer), ("policy", "policy"): {"frequency_caps": caps, **policy}}
    )


def a_house(catalog: Catalog, *users: str, address: str = "") -> House:
    house = House(catalog)
    house.ingest(*(subscribe(user, address) for user in users or ("u1",)))
    house.settle()
    return house


def run(house: House, campaign: str, at: datetime) -> None:
    """A run decides, and its messages go out."""
    house.start(campaign, at)
    house.walk(now=at)
    house.settle(now=at)
    house.send(now=at)
    house.settle(now=at)


def message_of(house: House, campaign: str, at: datetime) -> Message:
    (found,) = [
        message
        for message in house.messages.stored.values()
        if (message.campaign, message.created_at) == (campaign, at)
    ]
    return found


def heard(house: House) -> list[str]:
    """The campaigns that count for the only person."""
    (person,) = house.living()
    return [touch.campaign for touch in house.messages.pressure(person.id).touches]


WAITS = {"count": 1, "window": "2d", "on_hit": "defer"}


def test_a_message_too_many_waits_until_there_is_room_and_counts_from_then() -> None:
    house = a_house(a_shop(WAITS))
    run(house, "spring", NOON)
    run(house, "summer", NOON + DAY)
    waiting = message_of(house, "summer", NOON + DAY)
    assert (waiting.state, waiting.reason) == (State.DEFERRED, "frequency_cap")
    assert waiting.not_before == NOON + 2 * DAY
    assert heard(house) == ["spring"]
    house.ring(now=NOON + 2 * DAY)
    house.settle(now=NOON + 2 * DAY)
    house.send(now=NOON + 2 * DAY)
    assert message_of(house, "summer", NOON + DAY).state is State.SENT
    assert heard(house) == ["summer"]
    (person,) = house.living()
    (touch,) = house.messages.pressure(person.id).touches
    assert touch.at == NOON + 2 * DAY


def test_of_two_that_wait_for_the_same_room_one_gets_it_and_the_other_waits_on() -> None:
    house = a_house(a_shop({**WAITS, "window": "1d"}))
    run(house, "spring", NOON)
    for campaign in ("spring", "summer"):
        run(house, campaign, NOON + DAY / 2)
    house.ring(now=NOON + DAY)
    house.settle(now=NOON + DAY)
    house.send(now=NOON + DAY)
    states = [message_of(house, name, NOON + DAY / 2) for name in ("spring", "summer")]
    assert sorted(message.state for message in states) == [State.DEFERRED, State.SENT]
    (later,) = [message for message in states if message.state is State.DEFERRED]
    assert later.not_before == NOON + 2 * DAY
    house.ring(now=NOON + 2 * DAY)
    house.settle(now=NOON + 2 * DAY)
    house.send(now=NOON + 2 * DAY)
    assert house.messages.stored[later.id].state is State.SENT


def test_a_message_that_would_have_room_only_when_it_is_too_late_is_withheld_at_once() -> None:
    house = a_house(a_shop({**WAITS, "window": "9d"}))
    run(house, "spring", NOON)
    run(house, "summer", NOON + DAY)
    refused = message_of(house, "summer", NOON + DAY)
    assert (refused.state, refused.reason) == (State.DENIED, "frequency_cap")


@pytest.mark.parametrize("end", [State.EXPIRED, State.DENIED, State.FAILED])
def test_what_was_decided_and_never_heard_leaves_its_room_to_others(end: State) -> None:
    house = a_house(a_shop({"count": 1, "window": "7d"}))
    house.start("spring", NOON)
    house.walk()
    house.settle()
    waiting = message_of(house, "spring", NOON)
    ended = replace(waiting, state=end, state_version=1, changed_at=NOON + DAY)
    house.messages.save(ended, expected=0)
    house.settle(now=NOON + DAY)
    assert heard(house) == []
    run(house, "summer", NOON + DAY)
    assert message_of(house, "summer", NOON + DAY).state is State.SENT


@pytest.mark.parametrize("end", [State.SENT, State.UNKNOWN])
def test_what_was_heard_or_may_have_been_keeps_its_room(end: State) -> None:
    house = a_house(a_shop({"count": 1, "window": "7d"}))
    house.start("spring", NOON)
    house.walk()
    house.settle()
    waiting = message_of(house, "spring", NOON)
    house.messages.save(replace(waiting, state=end, state_version=1), expected=0)
    house.settle()
    run(house, "summer", NOON + DAY)
    assert message_of(house, "summer", NOON + DAY).reason == "frequency_cap"


def test_a_mailbox_that_two_people_share_is_spared_where_a_cap_counts_addresses() -> None:
    cap = {"scope": "address", "count": 1, "window": "7d"}
    house = a_house(a_shop(cap), "u1", "u2", address="family@example.com")
    people = house.living()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.send()
    house.settle()
    run(house, "summer", NOON + DAY)
    assert len(house.email.sent) == 1
    address = people[0].addresses_on("email")[0].id
    assert [touch.campaign for touch in house.messages.pressure_at(address).touches] == ["spring"]


def test_an_exempt_campaign_is_neither_held_back_nor_counted() -> None:
    exempt = {"campaigns": ["summer"], "reason": "the recall of a kettle that burns"}
    house = a_house(a_shop({"count": 1, "window": "7d"}, cap_exemptions=[exempt]))
    run(house, "summer", NOON)
    run(house, "summer", NOON + DAY)
    run(house, "spring", NOON + DAY)
    assert [message.state for message in house.messages.stored.values()] == [State.SENT] * 3
    assert heard(house) == ["spring"]


def test_giving_back_twice_changes_nothing_and_others_in_between_do_not_stop_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = a_house(a_shop({"count": 1, "window": "7d"}))
    house.start("spring", NOON)
    house.walk()
    house.settle()
    message = message_of(house, "spring", NOON)
    store, refusals = house.messages.press, iter([True, False, False])

    def contended(pressed: Any) -> None:
        if next(refusals, False):
            raise Conflict("pressure")
        store(pressed)

    monkeypatch.setattr(house.messages, "press", contended)
    for _ in range(2):
        give_back(message, house.catalog, people=house.people, messages=house.messages)
    (person,) = house.living()
    assert house.messages.pressure(person.id) == Pressure(2, ())


def test_who_decides_at_the_same_time_cannot_exceed_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each decision is made on what was read before all others were stored."""
    catalog = a_shop({"count": 2, "window": "7d"})
    house = a_house(catalog)
    for number in range(5):
        house.start("spring", NOON + number * timedelta(minutes=1))
        house.start("summer", NOON + number * timedelta(minutes=1))
    read = house.messages.pressure
    stale = iter([Pressure()] * 4)
    monkeypatch.setattr(house.messages, "pressure", lambda person: next(stale, None) or read(person))
    house.walk()
    monkeypatch.setattr(house.messages, "pressure", read)
    house.settle()
    house.send()
    (person,) = house.living()
    assert used(catalog.policy.frequency_caps[0], read(person.id), now=NOON, zone=None) == 2
    assert len(house.email.sent) == 2
    assert house.states() == {"SENT": 2, "frequency_cap": 8}


def test_what_both_heard_before_they_turned_out_to_be_one_counts_together() -> None:
    """In the middle of the window. When they are taken apart, each has heard what the one they were had heard."""
    house = House(a_shop({"count": 2, "window": "7d"}))
    visitor = replace(subscribe("a1", "visitor@example.com"), user_id=None, anonymous_id="a1")
    house.ingest(subscribe("u1"), visitor)
    house.settle()
    run(house, "spring", NOON)
    assert len(house.email.sent) == 2
    unite(house)
    run(house, "summer", NOON + DAY)
    assert message_of(house, "summer", NOON + DAY).reason == "frequency_cap"
    part(house, now=NOON + DAY)
    for at, ended in ((NOON + 2 * DAY, "frequency_cap"), (NOON + 7 * DAY, "consent")):
        run(house, "summer", at)
        told = [each for each in house.messages.stored.values() if each.created_at == at]
        assert [each.reason for each in told] == [ended, ended]
    assert len(house.email.sent) == 4
