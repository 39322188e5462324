"""Room under a frequency cap is neither lost nor had twice: months, merges and partings, pauses of the sending."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.messages import State
from kizuna.core.people import Profile
from kizuna.core.ports import Pressed
from kizuna.core.restraint.caps import FrequencyCap, Heard, cap_standing
from kizuna.core.restraint.pressure import Pressure, Touch
from kizuna.core.sentences import REASONS
from kizuna.usecases.decisions.deciding import pressure_on
from kizuna.usecases.delivery.giving_back import give_back
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.customers import mail_shop, order, subscribe
from tests.support.house import House
from tests.support.unmerging import LATER, part, two_people, unite
from tests.usecases.decisions.test_caps_in_use import a_house, a_shop, message_of, run

DAY = timedelta(days=1)
INSTANTS = st.datetimes(datetime(2023, 1, 1), datetime(2028, 12, 31))  # noqa: DTZ001 made aware below


# ── until when a message waits ──────────────────────────────────────────────────────────────────


@given(sent=INSTANTS, waited=st.integers(0, 100), months=st.integers(1, 3))
def test_there_is_room_at_the_instant_that_a_message_waits_for(
    sent: datetime, waited: int, months: int
) -> None:
    """A message of 31 January leaves a window of one month on 1 March: February has no day like it."""
    cap = FrequencyCap.model_validate({"count": 1, "window": f"{months}mo", "on_hit": "defer"})
    at = sent.replace(tzinfo=NOON.tzinfo)
    heard, asked = Heard(Pressure(1, (Touch(at, "email", "first"),))), Touch(at, "email", "second")
    now = at + waited * DAY
    first = cap_standing([cap], heard, asked, now=now, zone="Asia/Tokyo")
    if first.frees_at is None:
        return
    later = cap_standing([cap], heard, asked, now=first.frees_at, zone="Asia/Tokyo")
    assert later.sent_in_window == 0


# ── who holds a touch ───────────────────────────────────────────────────────────────────────────


def capped_house() -> House:
    """A united person to whom one message waits to be sent."""
    house = House(mail_shop(id="policy", frequency_caps=[{"count": 1, "window": "7d"}]))
    house.ingest(order(1, user=None, anonymous="a1"))
    house.ingest(subscribe("u1"))
    house.settle()
    unite(house)
    house.start("spring", NOON)
    house.walk()
    house.settle()
    return house


def decides_once(house: House, person: Profile) -> None:
    """What any decision about somebody stores beside its own touch: all that counts for them."""
    stored, counted = house.messages.pressure(person.id), pressure_on(person, house.messages)
    house.messages.press(Pressed(person.id, on_person=replace(counted, version=stored.version + 1)))


def deny(house: House, *, at: datetime) -> None:
    waiting = house.only_message()
    house.messages.save(
        replace(waiting, state=State.DENIED, state_version=waiting.state_version + 1, changed_at=at),
        expected=waiting.state_version,
    )
    house.settle(now=at)


def test_what_was_never_heard_leaves_its_room_to_both_after_they_were_taken_apart() -> None:
    house = capped_house()
    part(house)
    customer, visitor = house.person("user_id", "u1"), house.person("anonymous_id", "a1")
    assert len(pressure_on(visitor, house.messages).touches) == 1
    decides_once(house, visitor)
    deny(house, at=LATER)
    assert pressure_on(customer, house.messages).touches == ()
    assert pressure_on(visitor, house.messages).touches == ()


def test_what_was_never_heard_leaves_its_room_in_every_part_of_the_person() -> None:
    """Counted for the first, taken over by the second, who was merged into a third."""
    house = capped_house()
    message = house.only_message()
    person = house.person("user_id", "u1")
    (other,) = [each for each in person.parts if each != person.id]
    touches = house.messages.pressure(person.id).touches
    house.messages.press(Pressed(other, on_person=Pressure(1, touches)))
    deny(house, at=LATER)
    assert pressure_on(house.person("user_id", "u1"), house.messages).touches == ()
    give_back(message, house.catalog, people=house.people, messages=house.messages)
    assert house.messages.pressure(other).version == 2


# ── what goes out later than it was ready ───────────────────────────────────────────────────────


@pytest.mark.parametrize("scope", ["person", "address"])
def test_a_message_that_was_held_up_counts_from_when_it_goes_out(scope: str) -> None:
    """All sending was off for a day: afterwards nobody hears of us twice on the same day."""
    cap = {"scope": scope, "count": 1, "window": "1d"}
    catalog, paused = a_shop(cap), a_shop(cap, kill_switch=True)
    house = a_house(catalog)
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.catalog = paused
    house.send()
    house.settle()
    later = NOON + 26 * timedelta(hours=1)
    house.catalog = catalog
    house.ring(now=later)
    house.settle(now=later)
    house.send(now=later)
    assert message_of(house, "spring", NOON).state is State.SENT
    run(house, "summer", later + timedelta(minutes=1))
    assert message_of(house, "summer", later + timedelta(minutes=1)).reason == "frequency_cap"


# ── products given up, after a parting ──────────────────────────────────────────────────────────


def test_a_product_given_up_while_they_were_one_is_promoted_to_neither_once_its_event_is_gone() -> None:
    rule = {"id": "cancelled", "event": "Subscription Cancelled"}
    documents = dict(some_documents()) | {("policy", "policy"): {"product_exclusions": [rule]}}
    house = House(a_catalog(documents))
    two_people(house)
    unite(house)
    house.ingest(
        an_event("Subscription Cancelled", number=70, user_id="u1", properties={"product_id": "tea"})
    )
    house.settle()
    for events in house.people.events.values():
        for key in [key for key, event in events.items() if event.name == "Subscription Cancelled"]:
            del events[key]
    part(house)
    for side in (house.person("user_id", "u1"), house.person("anonymous_id", "a1")):
        assert "cancelled/tea" in side.exclusions


# ── wording ─────────────────────────────────────────────────────────────────────────────────────


def test_no_japanese_reason_gives_a_reason_of_its_own() -> None:
    """Each of them stands before ため already."""
    assert [reason for reason, words in REASONS.items() if "ため、" in words.ja] == []
