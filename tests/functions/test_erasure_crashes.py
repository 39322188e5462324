"""An erasure that is killed, or undone by a restore, is ended all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.usecases.rights.asking import replay
from kizuna.usecases.rights.erasing import erase_further
from tests.support.clouds import WRITES, Shop, _hooked, running_shop
from tests.support.erasing import (
    an_event,
    ask,
    eraser,
    forget,
    lived,
    places_of,
    registrar,
    restore,
    snapshot,
    take,
    work,
)


def test_after_a_restore_the_log_erases_everybody_again() -> None:
    with running_shop() as shop:
        gone, other = lived(shop, "user-1"), lived(shop, "user-2")
        backup = snapshot("people")
        forget(shop, "user-1")
        shop.cloud.advance(timedelta(hours=3))
        restore("people", backup)
        assert places_of(shop, gone.values)
        (asked,) = list(replay(registrar(shop), now=shop.now))
        assert asked.status == "begun"
        assert work(shop, asked.person).is_buried
        shop.cloud.advance(timedelta(hours=3))
        assert places_of(shop, gone.values) == []
        assert shop.person("user-2").traits == other.profile.traits
        assert [each.status for each in replay(registrar(shop), now=shop.now)] == ["erased"]
        assert take(shop, an_event(shop, 1, ago=timedelta(days=2), user_id="user-1")).erased == 1


def test_a_backup_laid_over_a_running_erasure_is_erased_again() -> None:
    with running_shop() as shop:
        gone = lived(shop, "user-1")
        backup = snapshot("people")
        forget(shop, "user-1")
        under_way = [item for item in snapshot("people") if item["sk"]["S"] == "erasure"]
        restore("people", [*backup, *under_way])
        (asked,) = list(replay(registrar(shop), now=shop.now))
        work(shop, asked.person)
        assert places_of(shop, gone.values) == []


class Died(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_before_any_write_it_is_ended_by_asking_again(every: int) -> None:
    with running_shop() as shop:
        person = lived(shop, "user-1")
        tables = {name: snapshot(name) for name in ("people", "ledger")}
        crashes = 0
        while True:
            for name, items in tables.items():
                restore(name, items)
            if not dies(shop, at_write=crashes):
                break
            asked = ask(shop, person.profile.id)
            assert asked.status in ("begun", "under_way", "erased")
            work(shop, asked.person)
            assert places_of(shop, person.values) == [], f"killed before write {crashes}"
            lines = list(shop.wired.erasures.entries(kind="erased"))
            assert len(lines) == 1, f"killed before write {crashes}"
            crashes += every
        assert crashes > 20


def dies(shop: Shop, *, at_write: int) -> bool:
    """Whether an erasure came to this write, where it is killed."""
    writes = 0

    def kill(model: Any, **_: Any) -> None:
        nonlocal writes
        if model.name in WRITES:
            if writes == at_write:
                raise Died
            writes += 1

    with _hooked(shop.wired._dynamodb, "before-call.dynamodb", kill):
        try:
            asked = ask(shop, "user-1")
            catalog = shop.wired.catalog.current()
            while not erase_further(asked.person, eraser(shop), catalog, now=shop.now).is_buried:
                pass
        except Died:
            return True
    return False
