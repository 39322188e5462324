"""What an overdue alarm would have announced is announced by whatever write comes before the sweep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kizuna.core.people import Profile
from kizuna.usecases.reacting.upkeep import bring_up_to_date
from tests.support.builders import NOON, a_catalog, some_documents
from tests.support.customers import CATALOG, identify, order
from tests.support.house import House

DAY = timedelta(days=1)
ALARM = NOON - timedelta(hours=1) + 7 * DAY  # an order of one hour ago leaves its window
JUST_AFTER = ALARM + timedelta(seconds=30)
AT_ALARM = "2026-11-30T11:00:00.000Z"

LAPSED = {
    "id": "lapsed",
    "name": "Lapsed",
    "when": {
        "all": [
            {"event": "Order Completed"},
            {"event": "Order Completed", "verb": "did_not", "window": {"last": "7d"}},
        ]
    },
}
LAPSING = a_catalog({**some_documents(), ("segment", "lapsed"): LAPSED})


def moves(house: House) -> list[tuple[str, str, str, str]]:
    return [
        (write.profile.id, fact.kind, fact.name, fact.cause)
        for write in house.people.writes
        for fact in write.facts
        if fact.kind in ("entered", "exited")
    ]


def told(house: House) -> list[tuple[str, str]]:
    return [(kind, name) for _, kind, name, _ in moves(house)]


def late(number: int, **changes: Any) -> Any:
    return identify(number, at=JUST_AFTER, received_at=JUST_AFTER, **changes)


def test_a_merge_does_not_swallow_that_a_window_has_ended() -> None:
    house = House(CATALOG)
    house.ingest(order(1))
    house.ingest(identify(2, user=None, anonymous="tablet"))
    house.ingest(late(3, anonymous="tablet"), now=JUST_AFTER)
    assert told(house)[-1] == ("exited", "buyers")
    assert moves(house)[-1][3] == AT_ALARM
    assert house.ring(now=JUST_AFTER + DAY) == 0
    assert told(house).count(("exited", "buyers")) == 1


def test_nor_that_the_other_side_has_come_into_a_segment_by_time() -> None:
    house = House(LAPSING)
    house.ingest(order(1, user=None, anonymous="tablet"))
    house.ingest(identify(2))
    house.ingest(late(3, anonymous="tablet"), now=JUST_AFTER)
    person = house.person("user_id", "u1")
    assert "lapsed" in person.segments
    assert moves(house) == [(person.id, "entered", "lapsed", AT_ALARM)]


def test_nor_does_a_merge_by_an_event_that_was_counted_before() -> None:
    house = House(CATALOG)
    house.ingest(order(1))
    house.ingest(identify(2, user=None, anonymous="tablet"))
    tie = late(3, anonymous="tablet")
    house.ingest(tie, now=JUST_AFTER)
    house.ingest(tie, now=JUST_AFTER)
    assert told(house).count(("exited", "buyers")) == 1


def test_what_a_merge_alone_brings_is_still_not_announced() -> None:
    house = House(CATALOG)
    house.ingest(order(1, user=None, anonymous="tablet"))
    house.ingest(identify(2))
    house.ingest(identify(3, anonymous="tablet"))
    assert "buyers" in house.person("user_id", "u1").segments
    assert told(house) == [("entered", "buyers")]  # of the visitor


def test_history_that_comes_late_does_not_swallow_it() -> None:
    house = House(CATALOG)
    house.ingest(order(1))
    house.ingest(order(2, at=NOON - 30 * DAY, received_at=JUST_AFTER), now=JUST_AFTER)
    assert told(house)[-1] == ("exited", "buyers")
    assert moves(house)[-1][3] == AT_ALARM


def test_nor_does_a_refresh_after_definitions_have_changed() -> None:
    house = House(CATALOG)
    house.ingest(order(1))
    person: Profile = house.person("user_id", "u1")
    bring_up_to_date(person.id, house.people, house.catalog, now=JUST_AFTER, alarm=False)
    assert told(house)[-1] == ("exited", "buyers")


def test_history_that_comes_in_time_moves_people_silently_as_ever() -> None:
    house = House(CATALOG)
    house.ingest(order(1, at=NOON - 2 * DAY))
    assert "buyers" in house.person("user_id", "u1").segments
    assert told(house) == []
