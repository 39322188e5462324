"""The port `Backfills`: one number for one backfill, and a shard that only moves forward, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.ports import Backfills
from kizuna.core.segments.backfill import Backfill, ShardProgress
from tests.support.builders import NOON
from tests.support.stores import Stores

FIRST = Backfill(
    number=1,
    version=3,
    asked="abc",
    started_at=NOON,
    moving=frozenset({"loyal", "gold"}),
    dropped=frozenset({"old"}),
    meanings={"loyal": "m1", "gold": "m2", "steady": "m3"},
)
STEP = ShardProgress(4, NOON, total=120)


@pytest.fixture
def backfills(stores: Stores) -> Backfills:
    return stores.backfills


def test_before_the_first_there_is_none(backfills: Backfills) -> None:
    assert backfills.latest() is None
    assert backfills.shards(1) == ()


def test_the_highest_number_is_the_one_that_counts(backfills: Backfills) -> None:
    tenth = replace(FIRST, number=10)
    assert backfills.begin(replace(FIRST, number=9))
    assert backfills.begin(tenth)
    assert backfills.latest() == tenth


def test_of_two_who_begin_the_same_number_one_is_first(backfills: Backfills) -> None:
    assert backfills.begin(FIRST)
    assert not backfills.begin(replace(FIRST, asked="another"))
    assert backfills.begin(FIRST)  # whose reply was lost asks again
    assert backfills.latest() == FIRST


def test_a_shard_moves_on_from_the_step_that_is_stored_and_from_no_other(backfills: Backfills) -> None:
    second = STEP.further(
        after="p1", people=100, changed=90, apart=1, done=False, at=NOON + timedelta(seconds=9)
    )
    third = second.further(
        after="p2", people=20, changed=0, apart=0, done=True, at=NOON + timedelta(minutes=1)
    )
    assert backfills.advance(1, STEP)
    assert not backfills.advance(1, replace(STEP, total=7))
    assert not backfills.advance(1, third)
    assert backfills.advance(1, second)
    assert backfills.advance(1, second)  # whose reply was lost asks again
    assert not backfills.advance(1, replace(second, people=1))
    assert backfills.advance(1, third)
    assert backfills.shards(1) == (third,)


def test_shards_and_backfills_stand_apart(backfills: Backfills) -> None:
    other = replace(STEP, shard=0)
    assert backfills.advance(1, STEP)
    assert backfills.advance(1, other)
    assert backfills.advance(2, STEP)
    assert backfills.shards(1) == (other, STEP)
    assert backfills.shards(2) == (STEP,)


def test_members_are_counted_without_being_read(stores: Stores) -> None:
    for number in range(30):
        stores.people.index_membership(f"p{number}", ["loyal"], [], at=NOON)
    shards = [stores.people.member_count("loyal", shard) for shard in range(8)]
    assert sum(shards) == 30
    assert shards == [len(stores.people.members("loyal", shard)[0]) for shard in range(8)]
    assert stores.people.member_count("nobody", 0) == 0
