"""Whatever order and grouping events arrive in, the person is the same: held against a plain count of everything.

The model knows nothing of profiles: it has the events, and reads off what must be known of whoever did all this.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import Kind, in_force, kind_of
from kizuna.core.events import Event
from kizuna.core.merges.survivorship import survivor
from kizuna.core.people import Profile, Trait
from kizuna.usecases.identity.unmerge import undo_merge
from tests.support.builders import NOON, a_catalog, an_event, some_documents
from tests.support.customers import SEGMENTS, TRIGGERED, orders_of, subscribe
from tests.support.folds import HOUR
from tests.support.house import House
from tests.support.unmerging import LATER, part, registry

TRAITS = [
    {"id": "genres", "meaning": {"en": "?"}, "survivorship": {"rule": "union"}},
    {"id": "first", "meaning": {"en": "?"}, "survivorship": {"rule": "min"}},
    {"id": "limit", "meaning": {"en": "?"}, "survivorship": {"rule": "most_restrictive", "order": [2, 1, 0]}},
]
CATALOG = a_catalog(
    {
        **some_documents(TRIGGERED),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        **{("trait", str(trait["id"])): trait for trait in TRAITS},
    }
)
ANONYMOUS = ["a1", "a2", "a3"]
NAMES = st.sampled_from(["plan", "genres", "first", "limit"])


@st.composite
def histories(draw: st.DrawFn, keys: Sequence[tuple[str | None, str | None]]) -> list[Event]:
    """Orders, traits and refusals by people who are known by these (user id, anonymous id)."""
    events = []
    for number in range(draw(st.integers(1, 8))):
        user, anonymous = draw(st.sampled_from(keys))
        who: dict[str, Any] = {"user_id": user, "anonymous_id": anonymous}
        at = NOON - draw(st.integers(1, 4)) * HOUR
        match draw(st.sampled_from(["order", "traits", "mailbox", "no"])):
            case "order":
                events.append(an_event(number=number, at=at, received_at=NOON, **who))
            case "traits":
                traits: dict[str, Any] = {draw(NAMES): draw(st.integers(0, 3))}
                events.append(
                    an_event(
                        "", type="identify", number=number, at=at, received_at=NOON, traits=traits, **who
                    )
                )
            case "mailbox":
                traits = {"email": f"{user or anonymous}-{draw(st.integers(1, 2))}@example.com"}
                events.append(
                    an_event(
                        "", type="identify", number=number, at=at, received_at=NOON, traits=traits, **who
                    )
                )
            case _:
                said = subscribe("x", email="x@example.com", number=number, status="UNSUBSCRIBED", at=at)
                events.append(replace(said, traits={}, **who))
    return events


def take(house: House, events: Sequence[Event], chance: random.Random) -> None:
    rest = list(events)
    while rest:
        portion = chance.randint(1, len(rest))
        done = house.ingest(*rest[:portion])
        assert done.left_over == ()
        rest = rest[portion:]


# ── the model ───────────────────────────────────────────────────────────────────────────────────


def model_of(events: Sequence[Event]) -> dict[str, Any]:
    traits: dict[str, Trait] = {}
    for event in events:
        for name, value in event.traits.items():
            told = Trait(value, event.at, event.source.id)
            traits[name] = survivor(name, traits.get(name), told, CATALOG.traits)
    return {
        "orders": len({event.id for event in events if event.name == "Order Completed"}),
        "traits": {name: (trait.value, trait.at) for name, trait in traits.items()},
        "mailboxes": {event.traits["email"] for event in events if "email" in event.traits},
        "user_ids": {event.user_id for event in events if event.user_id},
        "refused": any(event.context for event in events),
        "events": {event.id for event in events},
    }


def seen_of(house: House, person: Profile) -> dict[str, Any]:
    ledger = in_force(house.ledger.events(person.parts))
    return {
        "orders": orders_of(person),
        "traits": {name: (trait.value, trait.at) for name, trait in person.traits.items()},
        "mailboxes": {address.value for address in person.addresses_on("email")},
        "user_ids": {value for kind, value in person.identities if kind == "user_id"},
        "refused": any(kind_of(event) is Kind.OPT_OUT for event in ledger),
        "events": {entry.event.id for entry in house.people.timeline(person.parts)},
    }


# ── merging ─────────────────────────────────────────────────────────────────────────────────────

EVERYBODY = [(None, name) for name in ANONYMOUS] + [("u1", None)]
TIES = [
    an_event("Seen", number=90 + number, user_id="u1", anonymous_id=name, at=NOON - HOUR, received_at=NOON)
    for number, name in enumerate(ANONYMOUS)
]


@settings(max_examples=60, deadline=None)
@given(histories(EVERYBODY), st.randoms(use_true_random=False))
def test_one_person_results_in_whatever_order_and_portions_the_events_come(
    events: list[Event], chance: random.Random
) -> None:
    everything = [*events, *TIES]
    chance.shuffle(everything)
    house = House(CATALOG)
    take(house, everything, chance)
    (person,) = house.living()
    assert seen_of(house, person) == model_of(everything)
    assert {value for kind, value in person.identities if kind == "anonymous_id"} == set(ANONYMOUS)


@settings(max_examples=15, deadline=None)
@given(histories(EVERYBODY), st.randoms(use_true_random=False))
def test_so_it_does_when_several_writers_bring_them_at_once(
    events: list[Event], chance: random.Random
) -> None:
    everything = [*events, *TIES, *events[:2]]
    chance.shuffle(everything)
    house = House(CATALOG)
    house.ingest(an_event("Seen", number=80, user_id="u1", at=NOON - HOUR, received_at=NOON))
    gate = Barrier(3)
    left: list[Event] = []

    def writer(mine: list[Event]) -> None:
        gate.wait()
        for event in mine:
            left.extend(house.ingest(event).left_over)

    threads = [Thread(target=writer, args=(everything[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    take(house, left, chance)
    (person,) = house.living()
    found, model = seen_of(house, person), model_of(everything)
    assert {**found, "events": found["events"] - {"event-80"}} == model


# ── and undoing ─────────────────────────────────────────────────────────────────────────────────

CUSTOMER, VISITOR = ("u1", None), (None, "a1")


def is_news(of_customer: bool, before: Sequence[Event], since: Sequence[Event]) -> bool:
    """Whether one of the two said No since, and not before: an app that repeats itself says nothing new."""
    mine = [
        [event for event in each if (event.user_id is not None) == of_customer] for each in (before, since)
    ]
    refused_before, refused_since = (any(event.context for event in each) for each in mine)
    return refused_since and not refused_before


@settings(max_examples=80, deadline=None)
@given(histories([CUSTOMER, VISITOR]), histories([CUSTOMER, VISITOR]), st.randoms(use_true_random=False))
def test_after_an_unmerge_each_side_is_as_if_they_had_never_been_one(
    before: list[Event], since: list[Event], chance: random.Random
) -> None:
    """But for the refusals since, which are those of both."""
    since = [replace(event, id=f"since-{event.id}") for event in since]
    house = House(CATALOG)
    both = [
        an_event("Seen", number=80, user_id="u1"),
        an_event("Seen", number=81, user_id=None, anonymous_id="a1"),
    ]
    for event in both:
        house.ingest(event)
    take(house, before, chance)
    tie = TIES[0]
    house.ingest(tie)
    take(house, since, chance)
    house.settle()
    said = (house.states(), list(house.bus.published))
    part(house)
    assert (house.states(), house.bus.published) == said
    customer, visitor = house.person("user_id", "u1"), house.person("anonymous_id", "a1")
    refused_since = any(is_news(side, before, since) for side in (True, False))
    for side, mine in ((customer, [both[0], tie]), (visitor, [both[1]])):
        own = [event for event in (*before, *since) if (event.user_id is not None) == (side is customer)]
        model = model_of([*mine, *own])
        assert seen_of(house, side) == {**model, "refused": model["refused"] or refused_since}
        repeated = house.ingest(*own)
        assert repeated.counted == 0


@settings(max_examples=10, deadline=None)
@given(histories([CUSTOMER, VISITOR]), st.randoms(use_true_random=False))
def test_so_it_is_when_events_come_at_the_very_moment(since: list[Event], chance: random.Random) -> None:
    house = House(CATALOG)
    both = [
        an_event("Seen", number=80, user_id="u1"),
        an_event("Seen", number=81, user_id=None, anonymous_id="a1"),
    ]
    for event in (*both, TIES[0]):
        house.ingest(event)
    (record,) = house.people.merges.values()
    gate = Barrier(2)
    left: list[Event] = []

    def write() -> None:
        gate.wait()
        for event in since:
            left.extend(house.ingest(event, now=LATER - timedelta(minutes=1)).left_over)

    thread = Thread(target=write)
    thread.start()
    gate.wait()
    undo_merge(record.id, registry(house), CATALOG, now=LATER)
    thread.join()
    take(house, left, chance)
    customer, visitor = house.person("user_id", "u1"), house.person("anonymous_id", "a1")
    for side, mine in ((customer, [both[0], TIES[0]]), (visitor, [both[1]])):
        own = [event for event in since if (event.user_id is not None) == (side is customer)]
        found, model = seen_of(house, side), model_of([*mine, *own])
        assert {**found, "refused": model["refused"]} == model
        assert found["refused"] >= model["refused"]
