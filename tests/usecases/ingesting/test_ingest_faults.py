"""Each event counts exactly once, for the right person: under repeats, any order, rivals and crashes anywhere."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.events import Event
from kizuna.core.people import Profile
from kizuna.core.timeline import timeline_key
from tests.support.builders import NOON
from tests.support.customers import CATALOG, a_house, identify, order, orders_of
from tests.support.folds import HOUR
from tests.support.fragile import Crash, FragilePeople, crash, refuse
from tests.support.house import House


@st.composite
def visits(draw: st.DrawFn) -> list[Event]:
    """Three people with a user id and two devices each, who sometimes say who they are and sometimes do not."""
    events: list[Event] = []
    for number in range(draw(st.integers(1, 14))):
        who = draw(st.integers(1, 3))
        user, device = f"u{who}", f"a{who}{draw(st.integers(1, 2))}"
        match draw(st.sampled_from(["signed in", "anonymous", "says who"])):
            case "signed in":
                events.append(order(number, user=user))
            case "anonymous":
                events.append(order(number, user=None, anonymous=device))
            case _:
                traits = {"email": f"{user}@example.com", "visit": number}
                event = identify(number, user=user, anonymous=device, **traits)
                events.append(replace_at(event, number))
    known = [
        replace_at(identify(90 + who, user=f"u{who}", anonymous=f"a{who}{n}"), 0)
        for who in (1, 2, 3)
        for n in (1, 2)
    ]
    return events + [event for number, event in enumerate(known) if number % 2 == 0 or draw(st.booleans())]


def replace_at(event: Event, hours_ago: int) -> Event:
    return replace(event, id=f"{event.id}-{event.anonymous_id}", at=NOON - hours_ago * HOUR)


def in_portions(events: Sequence[Event], chance: random.Random) -> list[list[Event]]:
    portions: list[list[Event]] = [[]]
    for event in events:
        if chance.random() < 0.3:
            portions.append([])
        portions[-1].append(event)
    return portions


Group = tuple[tuple[str, ...], int, int]  # identifiers, events, orders


def plainly(events: Sequence[Event]) -> list[Group]:
    """Who is whom by shared identifiers, and how many different events and orders each has."""
    groups: list[tuple[set[str], set[str], set[str]]] = []
    for event in events:
        ids = {value for value in (event.user_id, event.anonymous_id) if value}
        mine = [group for group in groups if group[0] & ids]
        groups = [group for group in groups if not group[0] & ids]
        orders = {event.id} if event.name == "Order Completed" else set()
        groups.append(
            (
                ids.union(*(group[0] for group in mine)),
                {event.id}.union(*(group[1] for group in mine)),
                orders.union(*(group[2] for group in mine)),
            )
        )
    return sorted((tuple(sorted(ids)), len(all_events), len(orders)) for ids, all_events, orders in groups)


def as_stored(house: House) -> list[Group]:
    return sorted(
        (
            tuple(sorted(value for kind, value in person.identities if kind in ("user_id", "anonymous_id"))),
            len(timeline_of(house, person)),
            orders_of(person),
        )
        for person in house.living()
    )


def timeline_of(house: House, person: Profile) -> set[str]:
    """A merge in the middle of a write may leave an event in two parts; it is known by its key."""
    return {entry.key for entry in house.people.timeline(person.parts)}


def assert_sound(house: House, events: Sequence[Event]) -> None:
    assert as_stored(house) == plainly(events)
    assert {key for part in house.people.events.values() for key in part} == set(map(timeline_key, events))
    for key, owner in house.people.identities.items():
        person = house.people.profiles([owner])[owner]
        assert key in person.identities
    for person in house.living():
        assert ("loyal" in person.segments) is (orders_of(person) >= 3)
        seen = [mark.hash for mark in person.seen]
        assert len(seen) == len(set(seen)) == len(timeline_of(house, person))
        newest = max((event for event in events if event.user_id and ("user_id", event.user_id) in person.identities
                      and "visit" in event.traits), key=lambda event: (event.at, event.id), default=None)  # fmt: skip
        assert person.trait("visit") == (newest.traits["visit"] if newest else None)


CHANCE = st.randoms(use_true_random=False)


@settings(max_examples=100)
@given(visits(), CHANCE)
def test_repeats_and_any_order_in_any_portions(events: list[Event], chance: random.Random) -> None:
    house = a_house()
    sent = events + chance.choices(events, k=4)
    chance.shuffle(sent)
    counted = sum(house.ingest(*portion).counted for portion in in_portions(sent, chance))
    assert counted == len(events)
    assert_sound(house, events)


@settings(max_examples=100)
@given(visits(), CHANCE, st.integers(0, 40), st.sampled_from([crash, refuse]))
def test_a_crash_or_a_refusal_between_any_two_writes_and_then_the_same_again(
    events: list[Event], chance: random.Random, point: int, failure: Callable[[], None]
) -> None:
    """What died is sent again as a whole, in whatever order; what was left over is brought again."""
    people = FragilePeople(fails={point: failure, point + 4: failure})
    house = a_house(people=people)
    sent = chance.sample(events, len(events))
    waiting = in_portions(sent, chance)
    while waiting:
        portion = waiting.pop(0)
        try:
            left = house.ingest(*portion).left_over
        except Crash:
            left = tuple(chance.sample(portion, len(portion)))
        if left:
            waiting.insert(chance.randint(0, len(waiting)), list(left))
    assert_sound(house, events)


@settings(max_examples=60)
@given(visits(), CHANCE, st.integers(0, 12))
def test_two_who_bring_the_same_people_at_the_same_time(
    events: list[Event], chance: random.Random, point: int
) -> None:
    """Half of the events come in by somebody else, all at once, in the middle of one of our writes."""
    people = FragilePeople()
    house, rival = a_house(people=people), House(CATALOG, people=people, name="rival")
    ours, theirs = events[::2], events[1::2] + events[:1]

    def be_faster() -> None:
        people.fails = {}
        assert not rival.ingest(*theirs).left_over

    people.fails = {point: be_faster}
    for portion in in_portions(chance.sample(ours, len(ours)), chance):
        left = house.ingest(*portion).left_over
        assert not left
    if people.fails:
        be_faster()
    assert_sound(house, events)
