"""One person who cannot be decided for does not keep the campaign from everybody behind them."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.contracts import AudienceShard
from kizuna.core.errors import Unavailable
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaigning.walking import PAGE, Walker, walk
from tests.support.builders import NOON, a_catalog, a_profile
from tests.support.fakes import InMemoryLedger
from tests.support.house import House

PEOPLE = 3 * PAGE * SEGMENT_SHARDS
BROKEN = "p0007"


class TornLedger(InMemoryLedger):
    """What is stored of one person cannot be read."""

    error: Exception = ValueError("torn")

    def events(self, parts: Any) -> tuple[ConsentEvent, ...]:
        if BROKEN in parts:
            raise self.error
        return super().events(parts)


def a_house() -> House:
    people = [a_profile(f"p{number:04d}", addresses={}) for number in range(PEOPLE)]
    house = House(a_catalog(), *people)
    house.ledger = TornLedger(house.people)
    house.start("spring", NOON)
    return house


def walker(house: House) -> Walker:
    return Walker(house.people, house.ledger, house.messages, house.runs, house.queues)


def drain(house: House) -> list[AudienceShard]:
    """Walk what waits, over and over; the pieces of work that fail."""
    failed: list[AudienceShard] = []
    while waiting := house.taken(Queue.AUDIENCE):
        for body in waiting:
            work = AudienceShard.model_validate(body)
            try:
                walk(work, walker(house), house.catalog, now=NOON)
            except ValueError:
                failed.append(work)
    return failed


def decided(house: House) -> set[str]:
    return {message.person for message in house.messages.stored.values()}


def test_everybody_else_is_decided_for_and_the_page_in_question_comes_again() -> None:
    house = a_house()
    (failed,) = drain(house)
    everybody = set(house.people.stored)
    assert decided(house) == everybody - {BROKEN}
    house.ledger = InMemoryLedger(house.people)  # mended
    assert walk(failed, walker(house), house.catalog, now=NOON) == 1
    assert decided(house) == everybody


def test_a_page_that_came_again_fails_by_itself_and_goes_no_further() -> None:
    house = a_house()
    (failed,) = drain(house)
    with pytest.raises(ValueError, match="torn"):
        walk(failed, walker(house), house.catalog, now=NOON)
    assert house.taken(Queue.AUDIENCE) == []


def test_a_store_that_refuses_gives_the_whole_shard_back() -> None:
    house = a_house()
    assert isinstance(house.ledger, TornLedger)
    house.ledger.error = Unavailable("ledger")
    refused = 0
    for body in house.taken(Queue.AUDIENCE):
        try:
            walk(AudienceShard.model_validate(body), walker(house), house.catalog, now=NOON)
        except Unavailable:
            refused += 1
    assert refused == 1
    assert house.taken(Queue.AUDIENCE) == []
