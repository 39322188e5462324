"""The first look at people costs half and may be some writes behind: what comes of it is the same in the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.events import Event, Source
from kizuna.core.people import Profile
from kizuna.core.ports import IdentityKey
from kizuna.core.seen import INLINE, MarkPage, Marks
from kizuna.core.segments import standing
from tests.support.behind import PeopleBehind
from tests.support.builders import NOON, SERVER, an_event
from tests.support.customers import PAGE, a_house, identify, order, orders_of
from tests.support.fakes import InMemoryPeople
from tests.support.folds import HOUR
from tests.support.house import House

MISSING = 1_000  # writes behind: as if nothing had ever been stored


def always(behind: int) -> Callable[[], int]:
    return lambda: behind


class Watched(PeopleBehind):
    """Notes how each look was taken."""

    def __init__(self) -> None:
        super().__init__(behind=always(0))
        self.reads_of_owners: list[tuple[str, bool]] = []

    def owners(self, keys: Iterable[IdentityKey], *, consistent: bool = True) -> dict[IdentityKey, str]:
        self.reads_of_owners.append(("owners", consistent))
        return super().owners(keys, consistent=consistent)

    def profiles(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
        self.reads_of_owners.append(("profiles", consistent))
        return super().profiles(ids, consistent=consistent)


# ── the same in the end ─────────────────────────────────────────────────────────────────────────


def living(house: House) -> list[Profile]:
    return [profile for profile in house.people.stored.values() if not profile.merged_into]


def whole(house: House) -> set[Any]:
    """Everybody who lives, without the ids that they happened to get."""
    people = house.people
    return {
        (
            frozenset(profile.identities),
            frozenset((name, str(trait.value)) for name, trait in profile.traits.items()),
            orders_of(profile),
            profile.segments,
            tuple(sorted({entry.event.id for entry in people.timeline(profile.parts)})),
            frozenset(key for key, owner in people.identities.items() if led_to(people, owner) is profile),
        )
        for profile in living(house)
    }


def led_to(people: InMemoryPeople, owner: str) -> Profile:
    return people.profiles([owner])[owner]


users = st.sampled_from(["u1", "u2", "u3", None])
devices = st.sampled_from(["a1", "a2", "tablet", None])


@st.composite
def batches(draw: st.DrawFn) -> list[list[Event]]:
    """What a few people do, some on one tablet; pages claim addresses, back ends prove them, much comes twice."""
    count = draw(st.integers(1, 12))
    cuts = sorted(draw(st.lists(st.integers(0, count), max_size=5)))
    told: list[list[Event]] = []
    for start, end in pairwise([0, *cuts, count]):
        source = draw(st.sampled_from([PAGE, SERVER]))  # a request has one
        earlier = [event for batch in told for event in batch if event.source is source]
        again = draw(st.lists(st.sampled_from(earlier), max_size=3)) if earlier else []
        told.append([*(draw(events_of(number, source)) for number in range(start, end)), *again])
    return told


@st.composite
def events_of(draw: st.DrawFn, number: int, source: Source) -> Event:
    user, device = draw(users), draw(devices)
    if user is None and device is None:
        user = "u1"
    if draw(st.booleans()):
        return order(number, user=user, anonymous=device, source=source)
    email = draw(st.sampled_from(["one@example.com", "two@example.com"]))
    return identify(100 + number, user=user, anonymous=device, email=email, source=source)


@settings(max_examples=200)
@given(batches(), st.integers(0, 2**32))
def test_whoever_looks_at_what_was_stores_what_is(told: list[list[Event]], seed: int) -> None:
    chance = random.Random(seed)
    plain, behind = (
        a_house(),
        a_house(people=PeopleBehind(behind=lambda: chance.choice([0, 1, 1, 2, MISSING]))),
    )
    for number, batch in enumerate(told):
        now = NOON + number * HOUR
        one, other = plain.ingest(*batch, now=now), behind.ingest(*batch, now=now)
        assert (one.counted, one.repeats, one.left_over) == (other.counted, other.repeats, other.left_over)
        assert set(map(reported, one.violations)) == set(map(reported, other.violations))
    assert whole(plain) == whole(behind)
    # Alarms may differ: one that is still ahead is left standing, and it hangs on who wrote how often. None is late.
    for house in (plain, behind):
        for profile in living(house):
            turn = standing(profile, house.catalog.segments, now=now).flips_at
            assert turn is None or (profile.due_at is not None and profile.due_at <= turn)


def reported(violation: Any) -> tuple[str, str, str]:
    return violation.cause, violation.path, violation.reason


@pytest.mark.parametrize("behind", [1, 2, MISSING])
@pytest.mark.parametrize("workers", [1, 4])
def test_a_profile_that_is_behind_costs_another_try_and_nothing_else(behind: int, workers: int) -> None:
    people = PeopleBehind(behind=always(behind))
    house = a_house(people=people)
    for number in range(1, 6):
        done = house.ingest(*(order(number, user=user) for user in ("u1", "u2")), workers=workers)
        assert (done.counted, done.left_over) == (2, ())
    for user in ("u1", "u2"):
        person = house.person("user_id", user)
        assert (orders_of(person), person.version) == (5, 5)
        assert len(list(people.timeline(person.parts))) == 5
    assert people.told_behind > 0


# ── what no condition of a write would catch is looked at again ─────────────────────────────────


def test_a_report_on_somebody_who_seems_to_be_nobody_is_theirs() -> None:
    house = a_house(people=PeopleBehind(behind=always(MISSING)))
    house.ingest(order(1))
    person = house.person("user_id", "u1")
    report = an_event("Email Opened", number=7, profile_id=person.id, user_id=None)
    done = house.ingest(report)
    assert (done.counted, done.violations) == (1, ())


def test_an_identifier_that_its_holder_gave_up_is_not_refused_to_the_next() -> None:
    people = PeopleBehind(behind=always(0))
    house = a_house(people=people)
    house.ingest(order(1, user="u1"), order(2, user="u2", anonymous="tablet"))
    first = house.person("user_id", "u2")
    left = {key: held for key, held in first.identities.items() if key[0] == "user_id"}
    people.stored[first.id] = replace(first, identities=left, version=first.version + 1)
    del people.identities["anonymous_id", "tablet"]
    people.remember()
    people.behind = always(1)
    done = house.ingest(order(3, user="u1", anonymous="tablet"))
    assert done.violations == ()
    assert house.person("anonymous_id", "tablet") is house.person("user_id", "u1")


def test_who_came_back_after_an_erasure_is_not_taken_for_the_erased() -> None:
    people = PeopleBehind(behind=always(MISSING))
    house = a_house(people=people)
    people.erased_at["user_id", "u1"] = NOON + HOUR
    late = order(1)
    house.ingest(order(2, received_at=NOON + 2 * HOUR), now=NOON + 2 * HOUR)
    done = house.ingest(late, now=NOON + 2 * HOUR)
    assert (done.counted, done.erased) == (1, 0)
    assert orders_of(house.person("user_id", "u1")) == 2


def test_what_is_the_erased_persons_stays_dropped() -> None:
    people = Watched()
    house = a_house(people=people)
    people.erased_at["user_id", "u1"] = NOON + HOUR
    assert house.ingest(order(1), now=NOON + 2 * HOUR).erased == 1
    assert ("owners", True) in people.reads_of_owners
    assert people.stored == {}


def test_somebody_erased_since_is_not_written_to() -> None:
    people = PeopleBehind(behind=always(0))
    house = a_house(people=people)
    house.ingest(order(1))
    person = house.person("user_id", "u1")
    del people.stored[person.id], people.identities["user_id", "u1"], people.events[person.id]
    people.erased_at["user_id", "u1"] = NOON + HOUR
    people.remember()
    people.behind = always(1)
    done = house.ingest(order(2), now=NOON + 2 * HOUR)
    assert (done.counted, done.erased, people.stored) == (0, 1, {})
    assert not people.events[person.id]


def test_people_who_seem_to_lead_in_a_circle_are_looked_at_again() -> None:
    people = PeopleBehind(behind=always(0))
    house = a_house(people=people)
    house.ingest(order(1, user="u1"), order(2, user="u2"))
    one, other = house.person("user_id", "u1"), house.person("user_id", "u2")
    for changed, into in ((one, other.id), (other, one.id), (other, None)):
        people.stored[changed.id] = replace(changed, merged_into=into, version=changed.version + 1)
        people.remember()
    people.behind = always(1)
    done = house.ingest(order(3, user="u2"))
    assert (done.counted, done.left_over) == (1, ())


def test_pages_of_marks_are_never_read_behind() -> None:
    asked: list[int] = []

    class Paged(PeopleBehind):
        def marks(self, pages: Iterable[MarkPage]) -> dict[MarkPage, Marks]:
            asked.append(len(tuple(pages)))
            return super().marks(pages)

    house = a_house(people=Paged(behind=always(0)))
    many = [order(number, at=NOON) for number in range(INLINE + 50)]
    house.ingest(*many)
    assert house.person("user_id", "u1").seen_pages
    assert house.ingest(*many).repeats == len(many)
    assert sum(asked) > 0


# ── and what it is for ──────────────────────────────────────────────────────────────────────────


def looked(
    events: Iterable[Event], *, before: Iterable[Event] = (), now: datetime = NOON
) -> list[tuple[str, bool]]:
    people = Watched()
    house = a_house(people=people)
    house.ingest(*before, now=now)
    people.reads_of_owners.clear()
    house.ingest(*events, now=now)
    return people.reads_of_owners


CHEAP = [("owners", False), ("profiles", False)]
SURE = [("owners", True), ("profiles", True)]


def test_a_known_person_and_a_newcomer_take_one_cheap_look() -> None:
    assert looked([order(1), order(2, user="u2")], before=[order(3)]) == CHEAP


def test_repeats_take_one_cheap_look() -> None:
    assert looked([order(3)], before=[order(3)]) == CHEAP


def test_a_merge_is_decided_from_a_sure_look() -> None:
    before = [order(1), order(2, user=None, anonymous="a1")]
    assert looked([order(3, anonymous="a1")], before=before) == [*CHEAP, *SURE]
