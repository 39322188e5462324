"""Two people whose union does not fit one write: their events still count, each for somebody."""

from __future__ import annotations

from datetime import timedelta

from tests.support.builders import NOON
from tests.support.customers import a_house, order, orders_of, subscribe
from tests.support.fragile import FragilePeople


def test_an_event_that_would_unite_too_much_counts_for_its_strongest_identifier() -> None:
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(order(1))
    for number in range(12):
        status = "SUBSCRIBED" if number % 2 else "UNSUBSCRIBED"
        at = NOON - timedelta(hours=20 - number)
        said = subscribe("u9", number=number, status=status, at=at, user_id=None, anonymous_id="a1")
        house.ingest(said)
    people.room = 6
    done = house.ingest(order(2, anonymous="a1"), order(3))
    assert (done.counted, done.merged, done.left_over) == (2, 0, ())
    assert [one.cause for one in done.violations] == ["record_too_large"]
    assert orders_of(house.person("user_id", "u1")) == 3
    people.room = 100
    assert house.ingest(order(4, anonymous="a1")).merged == 1
    assert orders_of(house.person("anonymous_id", "a1")) == 4
