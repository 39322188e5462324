"""When people came into segments and went out of them, where some condition asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kizuna.core.durations import instant_to_text
from kizuna.usecases.segments.pages import explanation_page
from tests.support.builders import (
    NOON,
)
from tests.support.customers import identify, order, subscribe
from tests.support.folds import HOUR
from tests.support.house import House
from tests.support.standing import DAY, a_shop

CAME = {"entered_segment": "buyers", "window": {"last": "2d"}}
WENT = {"left_segment": "buyers", "window": {"last": "2d"}}


def test_an_entry_and_an_exit_count_from_their_moment_and_for_their_window() -> None:
    house = House(a_shop(CAME, WENT))
    house.ingest(subscribe("u1"), order(1, at=NOON - HOUR))

    def segments() -> set[str]:
        return set(house.person("user_id", "u1").segments) - {"everyone"}

    assert segments() == {"buyers", "s0"}
    house.ring(now=NOON + 2 * DAY - timedelta(milliseconds=1))
    assert segments() == {"buyers", "s0"}
    house.ring(now=NOON + 2 * DAY)
    assert segments() == {"buyers"}
    over = NOON - HOUR + 7 * DAY
    house.ring(now=over)
    assert segments() == {"s1"}
    house.ring(now=over + 2 * DAY)
    assert segments() == set()


def test_whom_a_definition_or_history_moves_has_not_entered() -> None:
    house = House(a_shop())
    house.ingest(order(1))
    house.settle()
    house.put_in_force(replace(a_shop(CAME), version=2))
    house.fill()
    assert "s0" not in house.person("user_id", "u1").segments
    house.ingest(order(5, user="u2", at=NOON - 3 * DAY, received_at=NOON))
    assert {"buyers"} <= house.person("user_id", "u2").segments
    assert "s0" not in house.person("user_id", "u2").segments


def test_nobody_enters_by_a_merge() -> None:
    house = House(a_shop(CAME))
    house.ingest(order(1, user=None, anonymous="a1", at=NOON - 3 * DAY))
    house.ingest(identify(5, user="u1"))
    house.ingest(identify(6, user="u1", anonymous="a1"))
    person = house.person("user_id", "u1")
    assert "buyers" in person.segments
    assert person.moves == {}


def test_entries_of_segments_that_ask_about_entries_are_entries_too() -> None:
    house = House(
        a_shop(CAME, {"entered_segment": "s0"}, {"entered_segment": "s1", "window": {"last": "1d"}})
    )
    house.ingest(order(1, at=NOON - HOUR))
    assert {"s0", "s1", "s2"} <= house.person("user_id", "u1").segments
    house.ring(now=NOON + DAY)
    assert {"s0", "s1"} <= house.person("user_id", "u1").segments
    assert "s2" not in house.person("user_id", "u1").segments


def test_entries_are_kept_only_of_segments_that_are_asked_about() -> None:
    house = House(a_shop())
    house.ingest(order(1))
    assert house.person("user_id", "u1").moves == {}
    house.catalog = replace(a_shop(CAME), version=2)
    house.ingest(order(7, user="u2"))
    assert set(house.person("user_id", "u2").moves) == {"buyers"}
    house.catalog = replace(a_shop(), version=3)
    house.ingest(order(8, user="u2"))
    assert house.person("user_id", "u2").moves == {}


def test_devices_are_kept_only_while_some_condition_asks_and_survive_a_merge() -> None:
    phone = {"device": {"id": "d1", "type": "ios"}, "app": {"version": "2.0.0"}}
    tablet = {"device": {"id": "d2", "type": "android"}}
    asking = a_shop({"device": "ios", "app_version": {"cmp": "gte", "value": "2.0.0"}}, {"device": "android"})
    house = House(a_shop())
    house.ingest(order(1, context=phone))
    assert "seen_devices" not in house.person("user_id", "u1").traits
    house.catalog = replace(asking, version=2)
    house.ingest(order(2, context=phone), order(3, user=None, anonymous="a1", context=tablet))
    assert {"s0"} <= house.person("user_id", "u1").segments
    house.ingest(identify(5, user="u1", anonymous="a1"))
    assert {"s0", "s1"} <= house.person("user_id", "u1").segments
    house.catalog = replace(a_shop(), version=3)
    house.ingest(order(4, context=phone))
    assert "seen_devices" not in house.person("user_id", "u1").traits


def test_an_explanation_says_since_when_entries_are_kept() -> None:
    house = House(a_shop())
    house.ingest(order(1))
    house.settle()
    always = {"entered_segment": "buyers"}
    house.put_in_force(replace(a_shop(CAME, always), version=2), now=NOON + DAY)
    house.fill(now=NOON + DAY)
    house.put_in_force(replace(a_shop(CAME, always, {"everyone": True}), version=3), now=NOON + 2 * DAY)
    house.fill(now=NOON + 2 * DAY)

    def since(name: str, days: int) -> str | None:
        segment = next(each for each in house.catalog.segments if each.id == name)
        person, now = house.person("user_id", "u1"), NOON + days * DAY
        body = explanation_page(
            segment, person, house.people, house.catalog, now=now, language="en", backfills=house.backfills
        )
        complete_since: str | None = body["when"]["completeSince"]
        return complete_since

    assert [since("s0", days) for days in (2, 4)] == [instant_to_text(NOON + DAY), None]
    assert since("s1", 400) == instant_to_text(NOON + DAY)
