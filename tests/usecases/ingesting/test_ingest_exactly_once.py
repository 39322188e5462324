"""Where an event could be counted twice, not at all, or be left with somebody whose it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict, TooLarge
from kizuna.core.events import Event
from kizuna.core.people import Profile
from kizuna.core.ports import PersonWrite
from kizuna.core.seen import INLINE, KNOWN_FOR, LEFT_INLINE
from tests.support.builders import NOON, a_catalog, some_documents
from tests.support.customers import CATALOG, a_house, identify, order, orders_of
from tests.support.fakes import InMemoryPeople
from tests.support.folds import BUYERS, HOUR
from tests.support.fragile import Crash, FragilePeople, crash
from tests.support.house import House

NOBODY_ASKS = a_catalog(some_documents())


def events_in(people: InMemoryPeople, part: str) -> set[str]:
    return {event.id for event in people.events[part].values()}


# ── whose event is it? ──────────────────────────────────────────────────────────────────────────


def a_visitor(people: InMemoryPeople) -> tuple[House, Profile]:
    house = a_house(people=people)
    house.ingest(order(1, user=None, anonymous="tablet"))
    return house, house.person("anonymous_id", "tablet")


def test_an_event_that_turns_out_to_be_somebody_elses_leaves_nothing_behind() -> None:
    """While one customer logs in on the tablet, another does: the tablet is the other's, and the event is not."""
    people = FragilePeople()
    house, visitor = a_visitor(people)
    people.points = 0
    people.fails = {1: lambda: become_somebody(house)}

    def become_somebody(house: House) -> None:
        people.fails = {}
        assert house.ingest(order(2, user="other", anonymous="tablet")).counted == 1

    assert house.ingest(order(3, user="first", anonymous="tablet")).counted == 1
    first = house.person("user_id", "first")
    assert first.id != visitor.id
    assert events_in(people, first.id) == {"event-3"}
    assert events_in(people, visitor.id) == {"event-1", "event-2"}


def test_neither_does_an_attempt_that_died() -> None:
    people = FragilePeople()
    house, visitor = a_visitor(people)
    people.points = 0
    people.fails = {1: crash}
    with pytest.raises(Crash):
        house.ingest(order(3, user="first", anonymous="tablet"))
    house.ingest(order(2, user="other", anonymous="tablet"))
    house.ingest(order(3, user="first", anonymous="tablet"))
    assert events_in(people, visitor.id) == {"event-1", "event-2"}


def test_events_that_come_over_by_a_merge_wait_for_it() -> None:
    """The merge is refused, and by the next try the two may not become one any more."""
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(order(1, user="first"))
    house.ingest(order(2, user=None, anonymous="tablet"))
    house.ingest(order(3, user="other"))
    people.points = 0

    def be_taken() -> None:
        people.fails = {}
        house.ingest(identify(4, user="other", anonymous="tablet"))

    people.fails = {1: be_taken}
    house.ingest(order(5, user=None, anonymous="tablet"), identify(6, user="first", anonymous="tablet"))
    first, other = house.person("user_id", "first"), house.person("user_id", "other")
    assert {event for part in first.parts for event in events_in(people, part)} == {"event-1", "event-6"}
    assert {event for part in other.parts for event in events_in(people, part)} >= {
        "event-2",
        "event-3",
        "event-5",
    }


def test_of_many_events_that_are_only_learnt_to_be_this_persons_all_are_counted() -> None:
    house, _ = a_visitor(InMemoryPeople())
    many = [order(number, user="u9", anonymous="tablet") for number in range(2, 202)]
    assert house.ingest(*many).counted == 200
    person = house.person("user_id", "u9")
    assert orders_of(person) == 201
    assert len(events_in(house.people, person.id)) == 201


def test_what_went_ahead_of_somebody_who_is_erased_meanwhile_is_taken_back() -> None:
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(order(1))
    person = house.person("user_id", "u1").id
    people.points = 0

    def erase() -> None:
        people.fails = {}
        del people.stored[person], people.identities["user_id", "u1"], people.events[person]

    people.fails = {1: erase}
    house.ingest(order(2))
    assert events_in(people, person) == set()
    assert events_in(people, house.person("user_id", "u1").id) == {"event-2"}


# ── is it counted already? ──────────────────────────────────────────────────────────────────────


def test_an_event_that_a_dead_attempt_left_is_not_counted_by_whoever_counts_the_timeline_anew() -> None:
    """It waits in a queue for its next try, and counts then."""
    people = FragilePeople()
    before = House(NOBODY_ASKS, people=people)
    before.ingest(order(1))
    people.points = 0
    people.fails = {1: crash}
    with pytest.raises(Crash):
        before.ingest(order(2))
    asked = House(CATALOG, people=people)
    asked.ingest(order(3))
    assert orders_of(asked.person("user_id", "u1")) == 2
    asked.ingest(order(2))
    assert orders_of(asked.person("user_id", "u1")) == 3


def at(now: datetime, number: int, **more: Any) -> Event:
    return order(number, **{"at": now, "received_at": now} | more)


def test_of_a_hot_person_every_event_of_two_days_is_known_one_by_one() -> None:
    house, now, step = a_house(), NOON, timedelta(minutes=5)
    for number in range(3 * INLINE):
        now += step
        house.ingest(at(now, number), now=now)
    person = house.person("user_id", "u1")
    assert len(person.seen) <= INLINE
    assert 1 <= len(person.seen_pages) <= 8
    first_known = 3 * INLINE - int((KNOWN_FOR - 2 * step) / step)
    done = house.ingest(*(at(now, number) for number in range(first_known, 3 * INLINE)), now=now)
    assert (done.counted, done.repeats) == (0, 3 * INLINE - first_known)


def test_an_ordinary_person_has_no_pages_however_long_they_stay() -> None:
    house, now = a_house(), NOON
    for number in range(2 * INLINE):
        now += timedelta(minutes=20)
        house.ingest(at(now, number), now=now)
    assert house.person("user_id", "u1").seen_pages == ()
    assert house.people.mark_pages == {}


def test_a_merge_of_two_hot_people_knows_the_events_of_both() -> None:
    house = a_house()
    ours = [order(number, user="u1") for number in range(2 * INLINE)]
    theirs = [order(1_000 + number, user=None, anonymous="a1") for number in range(2 * INLINE)]
    house.ingest(*ours)
    house.ingest(*theirs)
    house.ingest(identify(5_000, user="u1", anonymous="a1"))
    person = house.person("user_id", "u1")
    assert len(person.parts) == 2
    assert {page.part for page in person.seen_pages} == set(person.parts)
    assert len(person.seen) <= INLINE
    assert house.ingest(*ours, *theirs).repeats == 4 * INLINE
    assert orders_of(person) == 4 * INLINE


def test_two_who_fill_a_page_at_the_same_time_both_remember() -> None:
    people = FragilePeople()
    house, rival = a_house(people=people), House(CATALOG, people=people, name="rival")
    house.ingest(*(order(number) for number in range(INLINE)))
    people.points = 0

    def be_faster() -> None:
        people.fails = {}
        rival.ingest(*(order(1_000 + number) for number in range(50)))

    people.fails = {1: be_faster}
    mine = [order(2_000 + number) for number in range(50)]
    assert house.ingest(*mine).counted == 50
    all_of_them = [
        *mine,
        *(order(1_000 + number) for number in range(50)),
        *(order(n) for n in range(INLINE)),
    ]
    assert house.ingest(*all_of_them).repeats == INLINE + 100
    assert orders_of(house.person("user_id", "u1")) == INLINE + 100


def test_marks_of_a_page_that_died_with_its_attempt_are_nobodys() -> None:
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(*(order(number) for number in range(INLINE)))
    people.points = 0
    people.fails = {1: crash}
    lost = [order(1_000 + number) for number in range(LEFT_INLINE + 50)]
    with pytest.raises(Crash):
        house.ingest(*lost)
    assert people.mark_pages
    assert house.ingest(*lost).counted == len(lost)


# ── nothing is lost ─────────────────────────────────────────────────────────────────────────────


class Stubborn(InMemoryPeople):
    """Breaks in a way of its own, for one person, at each write."""

    def __init__(self, fault: Callable[[], Exception], person: str) -> None:
        super().__init__()
        self._fault, self._person = fault, person

    def commit(self, write: PersonWrite) -> None:
        if ("user_id", self._person) in write.folded.profile.identities:
            raise self._fault()
        super().commit(write)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_mistake_of_ours_costs_neither_the_others_nor_the_event(workers: int) -> None:
    house = a_house(people=Stubborn(lambda: KeyError("secret@example.com"), "u2"))
    done = house.ingest(*(order(number, user=f"u{number}") for number in range(1, 5)), workers=workers)
    assert (done.counted, [event.id for event in done.left_over]) == (3, ["event-2"])
    assert "KeyError in commit" in done.cause
    assert "secret" not in done.cause


def test_people_who_lead_in_a_circle_hold_up_nobody_else() -> None:
    class Circling(InMemoryPeople):
        def profiles(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
            asked = set(ids)
            if "circle" in asked:
                raise Conflict("profiles circle were merged into each other")
            return super().profiles(asked, consistent=consistent)

    people = Circling()
    people.identities["user_id", "u2"] = "circle"
    house = a_house(people=people)
    done = house.ingest(*(order(number, user=f"u{number}") for number in range(1, 6)))
    assert (done.counted, [event.id for event in done.left_over]) == (4, ["event-2"])


def test_when_time_is_over_nothing_is_tried_again() -> None:
    house = a_house(people=Stubborn(lambda: Conflict("contended"), "u1"))
    asked: list[int] = []

    def is_over(people_done: int) -> bool:
        asked.append(people_done)
        return len(asked) > 1

    done = house.ingest(order(1), is_over=is_over)
    assert (len(done.left_over), asked) == (1, [0, 0])


def test_when_time_is_over_what_is_too_large_is_not_cut_any_further() -> None:
    house = a_house(people=Stubborn(lambda: TooLarge("100 actions"), "u1"))
    asked: list[int] = []

    def is_over(people_done: int) -> bool:
        asked.append(people_done)
        return len(asked) > 1

    done = house.ingest(*(order(number) for number in range(8)), is_over=is_over)
    assert len(done.left_over) == 8
    assert done.cause == "inline_budget"


def test_an_event_that_waited_three_days_and_is_brought_twice_counts_once() -> None:
    """As a queue does that was blocked: its minute of arrival is long past when it is counted at last."""
    house = a_house()
    now = NOON + timedelta(days=3)
    house.ingest(order(1), now=now)
    house.ingest(at(now, 2), now=now)
    assert house.ingest(order(1), now=now + HOUR).repeats == 1
    assert orders_of(house.person("user_id", "u1")) == 2


def test_the_segments_of_a_hot_merge_are_those_of_all_its_events() -> None:
    catalog: Catalog = a_catalog({**some_documents(), ("segment", "buyers"): BUYERS})
    house = House(catalog)
    house.ingest(*(order(number, user="u1") for number in range(INLINE + 5)))
    house.ingest(*(order(9_000 + number, user=None, anonymous="a1") for number in range(INLINE + 5)))
    house.ingest(identify(99, user="u1", anonymous="a1"))
    assert "buyers" in house.person("user_id", "u1").segments


def by_token(number: int) -> Event:
    """An event that names nobody but a device, which is whoever's who logs in on it."""
    return order(number, user=None, anonymous=None, context={"device": {"token": "t1", "type": "ios"}})


def test_what_is_known_by_something_that_people_lose_is_stored_with_them_or_not_at_all() -> None:
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(by_token(1))
    person = house.person("push_token", "t1")
    people.points = 0
    people.fails = {1: crash}
    with pytest.raises(Crash):
        house.ingest(by_token(2))
    assert events_in(people, person.id) == {"event-1"}
    assert house.ingest(by_token(2)).counted == 1


def test_of_many_such_events_those_behind_a_row_of_repeats_are_counted_too() -> None:
    house = a_house()
    many = [by_token(number) for number in range(150)]
    house.ingest(*many[:100])
    assert house.ingest(*many).counted == 50
    assert orders_of(house.person("push_token", "t1")) == 150
