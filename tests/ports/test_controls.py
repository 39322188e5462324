"""The contract of `Controls`, and who put a definition in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kizuna.core.campaigning.controls import Approval, Control, Halt
from kizuna.core.catalog import differences
from tests.support.builders import CAMPAIGN, NOON, some_documents
from tests.support.customers import DAILY
from tests.support.stores import Stores

APPROVED = Control("spring", 1, Approval("abc", "bea", NOON, "looked at it"))


def test_what_nobody_decided_about_is_missing(stores: Stores) -> None:
    assert stores.controls.current() == {}


def test_a_control_is_stored_whole_and_replaced_by_its_next_version(stores: Stores) -> None:
    assert stores.controls.save(APPROVED)
    halted = replace(APPROVED, version=2, halt=Halt("ann", NOON, "a wrong price"))
    assert stores.controls.save(halted)
    assert stores.controls.current() == {"spring": halted}


def test_of_two_who_decide_at_once_one_is_first(stores: Stores) -> None:
    assert stores.controls.save(APPROVED)
    assert stores.controls.save(APPROVED), "the reply to the very same write may have been lost"
    other = Control("spring", 1, halt=Halt("ann", NOON, "a wrong price"))
    assert not stores.controls.save(other)
    assert stores.controls.current() == {"spring": APPROVED}


def test_it_is_known_who_changed_a_definition_last(stores: Stores) -> None:
    def apply(name: str, actor: str) -> None:
        wanted = some_documents(CAMPAIGN | DAILY | {"name": name})
        changes = differences(stores.catalog.documents(), wanted)
        stores.catalog.apply(changes, wanted, now=NOON, actor=actor)

    assert stores.catalog.changed_by("campaign", "spring") is None
    apply("Spring", "ann")
    apply("Spring!", "bea")
    assert stores.catalog.changed_by("campaign", "spring") == "bea"
    assert stores.catalog.changed_by("topic", "news") == "ann"
    assert stores.catalog.changed_by("topic", "other") is None
    assert stores.catalog.changed_by("campaign", "spring", since=NOON) == "bea"
    assert stores.catalog.changed_by("campaign", "spring", since=NOON + timedelta(seconds=1)) is None
