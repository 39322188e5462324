"""The canary: a way out that leads nowhere is noticed within a day, and the bird itself counts nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.canary import canary_id, is_canary
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS, Function
from kizuna.usecases import preferences
from tests.support.clouds import Shop, a_lambda_event, running_shop

DAY = timedelta(days=1)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A cloud of each test's own: they move its clock."""
    with running_shop() as made:
        yield made


def flown(shop: Shop) -> Any:
    told = shop.invoke(Function.CANARY, a_lambda_event("schedule/canary"))["canary"]
    shop.settle()
    return told


def the_canary(shop: Shop) -> Any:
    person = canary_id(shop.now)
    return shop.wired.people.profiles([person])[person]


def test_day_after_day_it_joins_is_allowed_leaves_and_is_withheld(shop: Shop) -> None:
    for _ in range(3):
        assert flown(shop) == "well"
        shop.cloud.advance(DAY)
    messages = shop.wired.messages.of_person(the_canary(shop).parts)
    assert len(messages) == 6
    assert {each.reason for each in messages if each.step == "after"} == {"topic_opt_out"}
    flight = shop.wired.flight_log.last_flight()
    assert flight is not None
    assert flight.is_well


def test_the_next_month_has_a_bird_of_its_own(shop: Shop) -> None:
    assert flown(shop) == "well"
    first = the_canary(shop)
    shop.cloud.advance(10 * DAY)
    assert flown(shop) == "well"
    assert the_canary(shop).id != first.id
    assert shop.wired.people.profiles([first.id])[first.id].id == first.id  # nobody merged them


def test_it_counts_nowhere(shop: Shop) -> None:
    with shop.hearing_the_bus() as heard:
        assert flown(shop) == "well"
    assert heard == []
    members = [
        person for shard in range(SEGMENT_SHARDS) for person in shop.wired.people.members(EVERYONE, shard)[0]
    ]
    assert not any(map(is_canary, members))
    run = next(iter(shop.wired.messages.of_person(the_canary(shop).parts))).run
    assert shop.wired.counters.read("win-back", run) == {}


def test_a_way_out_that_says_yes_and_does_nothing_is_noticed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preferences, "_stopped", lambda *_: True)
    assert flown(shop) == "withheld"
    flight = shop.wired.flight_log.last_flight()
    assert flight is not None
    assert (flight.failed_at, flight.seen) == ("withheld", "consent")


def test_a_way_out_that_cannot_be_reached_is_noticed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.wired, "_post", lambda url, form: 0)
    assert flown(shop) == "left"


@pytest.mark.parametrize("writes", range(8))
def test_killed_after_any_write_it_flies_again(shop: Shop, writes: int) -> None:
    done: list[str] = []

    def too_many(text: str) -> bool:
        done.append(text)
        return len(done) > writes

    with shop.refusing_dynamodb(when=too_many), suppress(Exception):  # whatever it dies of
        flown(shop)
    shop.settle()
    shop.cloud.advance(timedelta(minutes=30))
    assert flown(shop) == "well"


def test_without_a_canary_nothing_is_done(shop: Shop) -> None:
    from tests.support.clouds import sample_documents

    documents = dict(sample_documents())
    policy = {name: value for name, value in documents["policy", "policy"].items() if name != "canary"}
    shop.apply({**documents, ("policy", "policy"): policy})
    shop.settle()
    assert flown(shop) is None
    assert shop.wired.flight_log.last_flight() is None
