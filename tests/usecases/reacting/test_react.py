"""What follows from a change, and that it follows once however often the stream tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang
from kizuna.core.errors import Unavailable
from kizuna.core.messages import NotAccepted, Rejected, State
from kizuna.core.people import AddressStatus
from kizuna.core.segments import EVERYONE
from kizuna.topology import Queue
from kizuna.usecases.reacting.react import EventStored, MessageChanged, ProfileChanged, react, ring
from tests.support.builders import CAMPAIGN, NOON, a_catalog, a_message, some_documents
from tests.support.customers import SEGMENTS, SHOP, decided, order, subscribe
from tests.support.folds import HOUR
from tests.support.house import House

DAY = timedelta(days=1)
ON_ORDER: dict[str, Any] = CAMPAIGN | {
    "id": "thanks",
    "trigger": {
        "type": "event",
        "event": "Order Completed",
        "where": [{"property": "total", "op": "gt", "value": 10}],
    },
    "audience": {"in": ["everyone"], "not_in": ["loyal"]},
}
ON_SEGMENT: dict[str, Any] = CAMPAIGN | {
    "id": "welcome", "trigger": {"type": "segment", "segment": "buyers"}, "audience": {"in": [EVERYONE]},
}  # fmt: skip
APP = replace(SHOP, id="app")
PUBLISHED = [
    "SegmentEntered",
    "SegmentExited",
    "ConsentChanged",
    "ProfileMerged",
    "MessageSent",
    "MessageWithheld",
]


def a_shop(*campaigns: dict[str, Any], **policy: Any) -> Catalog:
    documents = {
        **some_documents(*campaigns),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): {"publish": PUBLISHED, **policy},
    }
    return a_catalog(documents)


def a_house(*campaigns: dict[str, Any]) -> House:
    house = House(a_shop(*campaigns))
    house.ingest(subscribe("u1"))
    house.settle()
    house.bus.published.clear()
    return house


def bought(house: House, number: int = 1, **changes: Any) -> None:
    house.ingest(order(number, **({"at": NOON} | changes)))
    house.settle()


def published(house: House) -> list[tuple[str, Any]]:
    return [
        (name, detail.get("segment") or detail.get("reason") or detail.get("act"))
        for name, detail in house.bus.published
    ]


# ── people ──────────────────────────────────────────────────────────────────────────────────────


def test_membership_is_indexed_and_what_was_asked_for_is_published() -> None:
    house = a_house()
    bought(house)
    person = house.person("user_id", "u1").id
    assert house.people.memberships["buyers"] == {person}
    assert published(house) == [("SegmentEntered", "buyers")]
    house.ring(now=NOON + 7 * DAY)
    house.settle(now=NOON + 7 * DAY)
    assert house.people.memberships["buyers"] == set()
    assert published(house) == [("SegmentEntered", "buyers"), ("SegmentExited", "buyers")]
    assert house.people.memberships[EVERYONE] == {person}


def test_nothing_is_published_that_nobody_asked_for() -> None:
    house = a_house()
    house.catalog = a_shop(publish=[])
    bought(house)
    assert house.bus.published == []


def test_consent_is_published_as_the_act_and_never_with_an_address() -> None:
    house = a_house()
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON))
    house.settle()
    assert published(house) == [("ConsentChanged", "withdraw")]
    assert "@" not in str(house.bus.published)


def test_an_old_change_that_is_brought_back_undoes_nothing_newer() -> None:
    house = a_house()
    bought(house)
    (entered,) = [
        change
        for change in house.changes_told
        if isinstance(change, ProfileChanged) and change.after.version == 2
    ]
    house.ring(now=NOON + 7 * DAY)
    house.settle(now=NOON + 7 * DAY)
    react(entered, house.reactor, house.catalog, now=NOON + 8 * DAY)
    assert house.people.memberships["buyers"] == set()
    house.ingest(order(2, at=NOON + 9 * DAY, received_at=NOON + 9 * DAY), now=NOON + 9 * DAY)
    house.settle(now=NOON + 9 * DAY)
    (left,) = [
        change
        for change in house.changes_told
        if isinstance(change, ProfileChanged) and change.after.version == 3
    ]
    react(left, house.reactor, house.catalog, now=NOON + 9 * DAY)
    assert house.people.memberships["buyers"] == {house.person("user_id", "u1").id}


# ── triggers ────────────────────────────────────────────────────────────────────────────────────


def test_an_event_that_fits_sets_off_one_message_on_the_record_as_it_is_now() -> None:
    house = a_house(ON_ORDER)
    bought(house, 1, properties={"total": 12})
    bought(house, 2, name="Product Viewed", properties={"total": 12})
    message = house.only_message()
    assert (message.campaign, message.run, message.state) == ("thanks", "triggered", State.PENDING)
    assert house.people.timeline_event(message.event_part, message.event_key) is not None
    bought(house, 3, properties={"total": 12})
    bought(house, 4, properties={"total": 9})
    assert house.states("thanks") == {"PENDING": 2}


def test_whoever_left_the_audience_meanwhile_is_withheld() -> None:
    house = a_house(ON_ORDER)
    house.ingest(*(order(number, at=NOON) for number in (1, 2, 3)))
    house.settle()
    assert "loyal" in house.person("user_id", "u1").segments
    assert house.states("thanks") == {"not_in_audience": 3}


def test_entering_a_segment_sets_off_a_message_each_time_it_happens() -> None:
    house = a_house(ON_SEGMENT)
    bought(house, 1)
    bought(house, 2)
    house.send()
    assert house.states("welcome") == {"SENT": 1}
    house.ring(now=NOON + 7 * DAY)
    house.settle(now=NOON + 7 * DAY)
    later = NOON + 8 * DAY
    house.ingest(order(3, at=later, received_at=later), now=later)
    house.settle(now=later)
    assert house.states("welcome") == {"SENT": 1, "PENDING": 1}


def test_history_sets_off_nothing() -> None:
    house = a_house(ON_ORDER, ON_SEGMENT)
    bought(house, 1, at=NOON - 2 * DAY)
    bought(house, 2, triggers=False)
    assert "buyers" in house.person("user_id", "u1").segments
    assert house.states() == {}


def test_somebody_who_was_erased_meanwhile_is_left_alone() -> None:
    house = a_house(ON_ORDER)
    house.ingest(order(1, at=NOON))
    changes = list(house.changes())
    del house.people.stored[house.person("user_id", "u1").id]
    for change in changes:
        react(change, house.reactor, house.catalog, now=NOON)
    assert house.states() == {}


def test_the_same_stream_read_again_changes_nothing() -> None:
    house = a_house(ON_ORDER, ON_SEGMENT)
    bought(house)
    house.send()
    house.settle()
    before = (
        dict(house.messages.stored),
        dict(house.people.stored),
        house.counters.read("thanks", "triggered"),
    )
    records = list(house.lake.records)
    for change in house.changes_told:
        house.lake.put(react(change, house.reactor, house.catalog, now=NOON))
    house.settle()
    house.send()
    assert (
        dict(house.messages.stored),
        dict(house.people.stored),
        house.counters.read("thanks", "triggered"),
    ) == before
    assert len(house.email.sent) == 2
    assert {record["id"] for record in house.lake.records} == {record["id"] for record in records}


# ── messages ────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_counted_in_one_state_at_a_time_and_its_states_sum_up() -> None:
    house = decided(None, "u1", "u2")
    house.email.outcomes = [NotAccepted("throttled")]
    seen = []
    for minutes in (0, 1, 2):
        now = NOON + timedelta(minutes=minutes)
        house.send(now=now)
        house.settle(now=now)
        house.ring(now=now)
        house.settle(now=now)
        counts = house.counters.read("spring", "20261123T1200Z")
        assert sum(counts.values()) == 2
        seen.append({(state, reason): count for (_, state, reason), count in counts.items()})
    assert seen[0] == {("PENDING", "throttled"): 1, ("SENT", "consent"): 1}
    assert seen[-1] == {("SENT", "consent"): 2}


def test_only_a_message_that_waits_for_nothing_goes_to_its_channels_queue() -> None:
    house = a_house()
    for channel, queue in (("email", Queue.EMAIL), ("sms", Queue.SMS), ("push", Queue.PUSH)):
        message = a_message(channel=channel, address="x")
        house.messages.stored[message.id] = message
        react(MessageChanged(None, message), house.reactor, house.catalog, now=NOON)
        assert house.taken(queue) == [{"message": message.id}]
        for waiting in (replace(message, not_before=NOON), replace(message, state=State.DEFERRED)):
            react(MessageChanged(None, waiting), house.reactor, house.catalog, now=NOON)
        assert house.taken(queue) == []


def test_a_fact_alone_counts_queues_and_publishes_nothing() -> None:
    house = a_house()
    message = a_message()
    with_fact = replace(message, facts={"opened": NOON})
    assert react(MessageChanged(message, with_fact), house.reactor, house.catalog, now=NOON) == []
    assert house.taken(Queue.EMAIL) == []


def test_a_dead_token_or_an_opted_out_number_is_learnt_from_the_refusal() -> None:
    house = decided()
    house.email.outcomes = [Rejected("token", address_dead=True)]
    house.send()
    for _ in range(2):
        house.settle()
    (held,) = house.person("user_id", "u1").addresses.values()
    assert held.status is AddressStatus.INVALID_TOKEN
    assert house.states() == {"FAILED": 1}


def test_what_a_refusal_taught_is_not_lost_when_the_store_is_down() -> None:
    house = decided()
    house.email.outcomes = [Rejected("token", address_dead=True)]
    house.send()
    house.people.down = True
    with pytest.raises(Unavailable):
        house.settle()


def test_every_event_and_every_state_of_a_message_goes_to_the_lake_under_its_own_id() -> None:
    house = decided()
    house.send()
    house.settle()
    kinds = [(record["kind"], record.get("state") or record["type"]) for record in house.lake.records]
    assert kinds == [("event", "identify"), ("message", "PENDING"), ("message", "SENT")]
    assert len({record["id"] for record in house.lake.records}) == 3


def test_one_event_told_by_two_sources_is_two_records_and_told_twice_is_one() -> None:
    house = a_house()
    event = order(1)
    told = [
        event,
        replace(event, at=event.at + HOUR),
        replace(event, source=SHOP),
        replace(event, source=APP),
    ]
    ids = [
        record["id"]
        for stored in told
        for record in react(EventStored("p1", "key", stored), house.reactor, house.catalog, now=NOON)
    ]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_an_alarm_for_somebody_or_something_that_is_gone_is_over() -> None:
    house = a_house()
    for kind in ("profile", "message"):
        ring(AlarmRang.model_validate({"kind": kind, "id": "gone"}), house.reactor, house.catalog, now=NOON)
