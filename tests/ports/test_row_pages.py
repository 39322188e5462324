"""Pages of rows: stored before the profile that lists them, read with it, and nobody's if it was not stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.aggregates import needs_of, tallied
from kizuna.core.entry_pages import paged, pages_of
from kizuna.core.errors import Conflict
from kizuna.core.folding import Folded
from kizuna.core.people import Profile
from kizuna.core.ports import People, PersonWrite
from tests.support.builders import NOON, a_profile, a_write, an_event
from tests.support.histories import remembered, the_condition

NEEDS = needs_of(
    [the_condition({"event": "Viewed", "verb": "avg", "of": "total", "value": 3, "window": {"last": "30d"}})]
)


def stored(people: People) -> Profile:
    fresh = a_profile(version=0, identities={}, aggregates=remembered([], NEEDS, now=NOON))
    people.commit(a_write(None, fresh))
    return people.profiles(["p1"])["p1"]


def a_flood(person: Profile, *, first: int = 0, count: int = 600) -> Folded:
    """A write of somebody who did more than a profile's item has room for."""
    events = [
        an_event("Viewed", number=number, at=NOON - timedelta(seconds=number), properties={"total": number})
        for number in range(first, first + count)
    ]
    counted = tallied(person.aggregates, events, NEEDS, now=NOON)
    kept = paged(counted, person.held_rows, NEEDS, part=person.id, now=NOON)
    after = replace(person, version=person.version + 1, aggregates=kept.aggregates, held_rows=kept.held)
    return Folded(after, row_pages=kept.new)


def test_what_a_page_holds_comes_with_the_profile_that_lists_it(people: People) -> None:
    flood = a_flood(stored(people))
    assert flood.row_pages
    people.commit(PersonWrite(flood, 1))
    person = people.profiles(["p1"])["p1"]
    assert person.aggregates == flood.profile.aggregates
    assert {page: list(map(list, rows)) for page, rows in person.held_rows.items()} == {
        page: list(map(list, rows)) for page, rows in flood.row_pages.items()
    }


def test_pages_of_earlier_writes_stay_where_they_are(people: People) -> None:
    people.commit(PersonWrite(a_flood(stored(people)), 1))
    person = people.profiles(["p1"])["p1"]
    people.commit(PersonWrite(a_flood(person, first=600), 2))
    again = people.profiles(["p1"])["p1"]
    assert set(person.held_rows) < set(again.held_rows)
    inline = sum(len(state.get("e", ())) for state in again.aggregates.values())
    assert inline + sum(map(len, again.held_rows.values())) == 1_200


def test_a_page_whose_profile_was_not_stored_is_listed_by_nobody(people: People) -> None:
    first = stored(people)
    people.commit(PersonWrite(Folded(replace(first, version=2, language="ja")), 1))
    with pytest.raises(Conflict):
        people.commit(PersonWrite(a_flood(first), 1))
    person = people.profiles(["p1"])["p1"]
    assert list(pages_of(person.aggregates)) == []
    assert person.held_rows == {}
    people.commit(PersonWrite(a_flood(person), 2))
    assert sum(map(len, people.profiles(["p1"])["p1"].held_rows.values())) > 400


def test_somebody_whose_page_is_gone_is_read_all_the_same(people: People) -> None:
    flood = a_flood(stored(people))
    people.commit(PersonWrite(replace(flood, row_pages={}), 1))
    assert people.profiles(["p1"])["p1"].held_rows == {}
