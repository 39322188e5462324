"""While definitions and keys cannot be read, what was read last is taken for a quarter of an hour, and said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Unavailable
from kizuna.core.sources import Key
from kizuna.usecases.collecting.last_known import KEPT_FOR, LastKnown, Memory
from tests.support.builders import NOON, a_key, some_documents
from tests.support.fakes import InMemoryCatalog, InMemoryKeys


class Catalogs(InMemoryCatalog):
    down = False

    def current(self, *, fresh: bool = False) -> Catalog:
        if self.down:
            raise Unavailable("catalog: told to")
        return super().current(fresh=fresh)


class Keys(InMemoryKeys):
    down = False

    def find(self, hashed: str) -> Key | None:
        if self.down:
            raise Unavailable("key: told to")
        return super().find(hashed)


class Instance:
    """One function instance, whose tables can go down."""

    def __init__(self) -> None:
        self.memory, self.catalog, self.key = Memory(), Catalogs(some_documents()), a_key()
        self.keys = Keys(self.key)

    def request(self, *, now: datetime = NOON) -> LastKnown:
        return LastKnown(self.memory, self.catalog, lambda: self.keys, now=now)

    def go_down(self) -> None:
        self.catalog.down = self.keys.down = True


@pytest.fixture
def instance() -> Instance:
    made = Instance()
    request = made.request()
    request.current(), request.find(made.key.hash)
    return made


def test_what_can_be_read_is_read(instance: Instance) -> None:
    request = instance.request()
    assert (request.current().version, request.find(instance.key.hash)) == (1, instance.key)
    assert not request.is_out


def test_what_cannot_be_read_is_what_it_was(instance: Instance) -> None:
    instance.go_down()
    request = instance.request(now=NOON + KEPT_FOR)
    assert (request.current().version, request.find(instance.key.hash)) == (1, instance.key)
    assert request.is_out


def test_but_not_for_longer_than_a_quarter_of_an_hour(instance: Instance) -> None:
    instance.go_down()
    request = instance.request(now=NOON + KEPT_FOR + timedelta(seconds=1))
    with pytest.raises(Unavailable):
        request.current()
    with pytest.raises(Unavailable):
        request.find(instance.key.hash)


def test_a_key_that_was_never_read_is_not_guessed_at(instance: Instance) -> None:
    instance.go_down()
    with pytest.raises(Unavailable):
        instance.request().find("another")


def test_a_key_that_does_not_exist_takes_no_room(instance: Instance) -> None:
    assert [instance.request().find(f"wrong-{number}") for number in range(50)] == [None] * 50
    assert instance.memory.keys.keys() == {instance.key.hash}


def test_a_key_that_is_revoked_is_refused_at_once_and_stays_so(instance: Instance) -> None:
    revoked = replace(instance.key, revoked_at=NOON)
    instance.keys.put(revoked)
    assert instance.request().find(revoked.hash) == revoked
    instance.go_down()
    assert instance.request().find(revoked.hash) == revoked


def test_one_thing_out_of_reach_is_enough_to_say_so(instance: Instance) -> None:
    instance.catalog.down = True
    request = instance.request()
    request.current()
    request.find(instance.key.hash)
    assert request.is_out
