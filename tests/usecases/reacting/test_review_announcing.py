"""A changed definition moves people silently, whichever write happens to find it first."""

from __future__ import annotations

from datetime import timedelta

from kizuna.core.people import Profile
from kizuna.usecases.reacting.upkeep import bring_up_to_date
from tests.support.builders import NOON, a_catalog, some_documents
from tests.support.customers import CATALOG, identify, order
from tests.support.house import House

BEFORE = a_catalog(some_documents())


def a_customer_of_old(*orders: int) -> tuple[House, Profile]:
    """Somebody who ordered before there were segments; then there are, and a welcome for those who enter one."""
    house = House(BEFORE)
    house.ingest(*(order(number) for number in orders))
    house.settle()
    house.catalog = CATALOG
    return house, house.person("user_id", "u1")


def facts_of_last_write(house: House) -> list[tuple[str, str]]:
    return [(fact.kind, fact.name) for fact in house.people.writes[-1].facts]


def test_an_event_that_changes_nothing_itself_announces_nothing_and_welcomes_nobody() -> None:
    house, _ = a_customer_of_old(1, 2, 3)
    house.ingest(identify(50))
    house.settle()
    assert house.person("user_id", "u1").segments == {"everyone", "buyers", "loyal"}
    assert facts_of_last_write(house) == []
    assert house.messages.stored == {}


def test_what_the_event_itself_brings_about_is_announced() -> None:
    house, _ = a_customer_of_old(1, 2)
    house.ingest(order(4))
    house.settle()
    # The order is announced as well: it is the goal of a campaign, and counted as such by those who hear of it.
    assert facts_of_last_write(house) == [("event", "Order Completed"), ("entered", "loyal")]
    assert [message.campaign for message in house.messages.stored.values()] == ["welcome"]


def test_an_alarm_announces_what_time_brought_about_and_nothing_else() -> None:
    house, person = a_customer_of_old(1, 2, 3)
    house.change_person(person.id, due_at=NOON)
    bring_up_to_date(person.id, house.people, house.catalog, now=NOON, alarm=True)
    assert facts_of_last_write(house) == []
    over = house.person("user_id", "u1").due_at
    assert over is not None
    bring_up_to_date(person.id, house.people, house.catalog, now=over, alarm=True)
    assert facts_of_last_write(house) == [("exited", "buyers")]


def test_a_window_that_ended_before_the_event_came_is_announced_with_it() -> None:
    house = House(CATALOG)
    house.ingest(order(1))
    house.ingest(identify(60), now=NOON + timedelta(days=8))
    assert facts_of_last_write(house) == [("exited", "buyers")]
