"""A changed definition moves everybody, silently, once, whatever dies or comes in meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, BackfillShard
from kizuna.core.errors import Unavailable
from kizuna.core.segments import EVERYONE
from kizuna.core.segments.backfill import is_answerable, is_behind
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.reacting import react
from kizuna.usecases.segments.backfill import Filler, begin, fill, progress_of, watch
from tests.support.builders import NOON, a_catalog, some_documents
from tests.support.customers import (
    CATALOG,
    SEGMENTS,
    TRIGGERED,
    a_house,
    identify,
    mail_shop,
    order,
    orders_of,
)
from tests.support.fakes import InMemoryBackfills
from tests.support.fragile import Crash, FragilePeople, crash, refuse
from tests.support.house import House

DAY = timedelta(days=1)
PEOPLE = 24
BARE = a_catalog(some_documents(TRIGGERED | {"trigger": {"type": "event", "event": "Never"}}))


def catalog_of(version: int, **segments: dict[str, Any]) -> Catalog:
    """The small shop at a later version, with these segments."""
    documents = some_documents(TRIGGERED | {"trigger": {"type": "event", "event": "Never"}})
    named = {("segment", name): {"id": name, "name": name, **segment} for name, segment in segments.items()}
    return a_catalog({**documents, **named}, version=version)


LOYAL_AT_TWO = {"when": {"event": "Order Completed", "verb": "count", "value": 2}}
LOYAL_AT_THREE = {"when": {"event": "Order Completed", "verb": "count", "value": 3}}
GOLD = {"when": {"in_segment": "loyal"}}


def a_crowd(catalog: Catalog = BARE, **more: Any) -> House:
    """People who ordered once, twice or three times, before anybody asked for that."""
    house = House(catalog, **more)
    for number in range(PEOPLE):
        orders = [order(each, user=f"u{number}", id=f"e{number}-{each}") for each in range(number % 3 + 1)]
        house.ingest(*orders)
    house.settle()
    house.taken(Queue.WAKE)
    return house


def members(house: House, segment: str) -> set[str]:
    return {
        person
        for shard in range(SEGMENT_SHARDS)
        for person in house.people.members(segment, shard, limit=1_000)[0]
    }


def who_should(house: House, orders: int) -> set[str]:
    names = (f"u{number}" for number in range(PEOPLE) if number % 3 + 1 >= orders)
    return {house.person("user_id", name).id for name in names}


def test_a_new_segment_is_filled_for_everybody_from_the_timeline_and_nobody_is_told() -> None:
    house = a_crowd()
    house.put_in_force(CATALOG)
    house.fill()
    house.settle()
    assert members(house, "buyers") == members(house, EVERYONE)
    assert members(house, "loyal") == who_should(house, 3)
    assert house.states() == {}  # `welcome` is for those who enter `loyal`
    assert house.bus.published == []
    assert all(not is_behind(person, CATALOG) for person in house.living())
    progress = progress_of(house.backfills)
    assert progress is not None
    assert (progress.is_done, progress.people, progress.changed, progress.total) == (
        True,
        PEOPLE,
        PEOPLE,
        PEOPLE,
    )
    assert (progress.share, progress.waiting_for, progress.finished_at) == (1.0, frozenset(), NOON)


def test_before_it_is_done_it_says_which_segments_are_not_complete_and_how_far_it_has_come() -> None:
    house = a_crowd()
    house.put_in_force(CATALOG)
    first, *others = house.taken(Queue.BACKFILL)
    fill(BackfillShard.model_validate(first), house.filler, now=NOON)
    progress = progress_of(house.backfills)
    assert progress is not None
    assert progress.waiting_for == {"buyers", "loyal"}
    assert progress.total is None  # shards that have not begun have not counted
    assert not progress.is_done
    house.queues.sent[Queue.BACKFILL] = others
    house.fill()
    assert house.taken(Queue.BACKFILL) == []


def test_definitions_that_ask_nothing_else_move_nobody() -> None:
    house = a_crowd(CATALOG)
    renamed = {name: {**segment, "name": "Another name"} for name, segment in SEGMENTS.items()}
    documents = {**some_documents(TRIGGERED), **{("segment", name): each for name, each in renamed.items()}}
    assert begin(house.backfills, house.queues, CATALOG, now=NOON) is None
    another = a_catalog(documents, version=2)
    assert begin(house.backfills, house.queues, another, now=NOON) is None  # a name is no meaning
    assert not any(is_behind(person, another) for person in house.living())


def test_a_dropped_segment_is_forgotten_with_its_memory_and_its_members() -> None:
    house = a_crowd(CATALOG)
    assert orders_of(house.person("user_id", "u2")) == 3
    house.put_in_force(replace(BARE, version=2))
    house.fill()
    house.settle()
    assert {frozenset(person.aggregates) for person in house.living()} == {frozenset()}
    assert {person.segments for person in house.living()} == {frozenset({EVERYONE})}
    assert members(house, "buyers") == members(house, "loyal") == set()
    progress = progress_of(house.backfills)
    assert progress is not None
    assert progress.backfill.dropped == {"buyers", "loyal"}


def test_what_depends_on_a_changed_segment_moves_with_it() -> None:
    house = a_crowd(catalog_of(1, loyal=LOYAL_AT_THREE, gold=GOLD, steady={"when": {"everyone": True}}))
    house.put_in_force(catalog_of(2, loyal=LOYAL_AT_TWO, gold=GOLD, steady={"when": {"everyone": True}}))
    progress = progress_of(house.backfills)
    assert progress is not None
    assert progress.waiting_for == {"loyal", "gold"}
    house.fill()
    house.settle()
    assert members(house, "gold") == members(house, "loyal") == who_should(house, 2)


# ── what dies ───────────────────────────────────────────────────────────────────────────────────


class FragileBackfills(InMemoryBackfills):
    """Each of its writes passes two points: before it is stored, and after."""

    def __init__(self, points: FragilePeople) -> None:
        super().__init__()
        self._points = points

    def begin(self, backfill: Any) -> bool:
        return self._around(lambda: super(FragileBackfills, self).begin(backfill))

    def advance(self, number: int, progress: Any) -> bool:
        return self._around(lambda: super(FragileBackfills, self).advance(number, progress))

    def _around(self, store: Callable[[], bool]) -> bool:
        self._points._point()
        stored = store()
        self._points._point()
        return stored


def a_fragile_crowd() -> tuple[House, FragilePeople]:
    people = FragilePeople()
    house = a_crowd(people=people)
    backfills = FragileBackfills(people)
    backfills.begun.update(house.backfills.begun)
    backfills._shards.update(house.backfills._shards)
    house.backfills = backfills
    people.points = 0
    return house, people


def picture(house: House) -> object:
    people = {
        person: (profile.segments, profile.aggregates, profile.due_at)
        for person, profile in house.people.stored.items()
    }
    return people, {name: set(found) for name, found in house.people.memberships.items() if found}


def undisturbed() -> tuple[object, int]:
    house, people = a_fragile_crowd()
    house.put_in_force(CATALOG)
    house.fill()
    house.settle()
    return picture(house), people.points


PICTURE, POINTS = undisturbed()


def bring_to_an_end(house: House, failed: type[BaseException]) -> int:
    """The queue brings again what was not taken to its end, the sweep what was lost. How often it failed."""
    failures = 0
    for minute in count():
        now = NOON + timedelta(minutes=minute)
        watch(house.backfills, house.queues, house.catalog, now=now)
        for body in house.taken(Queue.BACKFILL):
            try:
                fill(BackfillShard.model_validate(body), house.filler, now=NOON)
            except failed:
                failures += 1
                house.queues.send(Queue.BACKFILL, [body])
        progress = progress_of(house.backfills)
        if progress is not None and progress.is_done and not house.queues.sent[Queue.BACKFILL]:
            house.settle()
            return failures
    raise AssertionError("never")


@pytest.mark.parametrize(("how", "failed"), [(crash, Crash), (refuse, Unavailable)])
@pytest.mark.parametrize("point", range(POINTS))
def test_wherever_it_dies_it_is_taken_up_and_ends_the_same(
    point: int, how: Callable[[], None], failed: type[BaseException]
) -> None:
    house, people = a_fragile_crowd()
    people.fails = {point: how}
    try:
        house.put_in_force(CATALOG)
    except failed:
        assert point < 2
        house.catalog = CATALOG  # the definitions were stored before
    bring_to_an_end(house, failed)
    assert picture(house) == PICTURE
    progress = progress_of(house.backfills)
    assert progress is not None
    assert (progress.people, progress.total) == (PEOPLE, PEOPLE)


def test_a_message_that_comes_twice_does_nothing_twice() -> None:
    house = a_crowd()
    house.put_in_force(CATALOG)
    house.queues.sent[Queue.BACKFILL] *= 2
    house.fill()
    house.settle()
    writes = len(house.people.writes)
    for shard in range(SEGMENT_SHARDS):
        assert fill(BackfillShard(backfill=2, shard=shard), house.filler, now=NOON) is None
    assert (len(house.people.writes), picture(house)) == (writes, PICTURE)


def pages() -> Iterator[bool]:
    """Time is over after every page."""
    while True:
        yield True


def test_when_time_is_short_the_rest_goes_back_on_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kizuna.usecases.segments.backfill.PAGE", 2)
    house = a_crowd()
    house.put_in_force(CATALOG)
    over = pages()
    house.fill(is_over=lambda: next(over))
    house.settle()
    assert picture(house) == PICTURE


def test_two_at_work_on_one_shard_get_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kizuna.usecases.segments.backfill.PAGE", 2)
    house = a_crowd()
    house.put_in_force(CATALOG)
    bodies = [BackfillShard.model_validate(body) for body in house.taken(Queue.BACKFILL)]
    for work in bodies:
        rounds = iter([work])

        def meanwhile(work: BackfillShard = work, rounds: Iterator[BackfillShard] = rounds) -> Catalog:
            for again in rounds:
                fill(again, house.filler, now=NOON)
            return house.catalog

        slow = Filler(house.people, house.backfills, house.queues, meanwhile, house.teller)
        fill(work, slow, now=NOON)
    house.settle()
    progress = progress_of(house.backfills)
    assert progress is not None
    assert (progress.is_done, progress.people) == (True, PEOPLE)
    assert picture(house) == PICTURE


def test_a_shard_that_was_lost_is_handed_out_again_by_the_sweep_and_only_that() -> None:
    house = a_crowd()
    house.put_in_force(CATALOG)
    lost, *others = house.taken(Queue.BACKFILL)
    house.queues.sent[Queue.BACKFILL] = others
    house.fill()
    watch(house.backfills, house.queues, CATALOG, now=NOON + timedelta(minutes=9))
    assert house.taken(Queue.BACKFILL) == []
    watch(house.backfills, house.queues, CATALOG, now=NOON + timedelta(minutes=10))
    assert house.queues.sent[Queue.BACKFILL] == [lost]
    house.fill()
    house.settle()
    assert picture(house) == PICTURE


def test_a_definition_put_in_force_by_somebody_who_died_then_is_found_by_the_sweep() -> None:
    house = a_crowd()
    house.catalog = CATALOG_2
    assert house.backfills.latest() is not None
    watch(house.backfills, house.queues, CATALOG_2, now=NOON)
    house.fill()
    house.settle()
    assert members(house, "loyal") == who_should(house, 3)
    watch(house.backfills, house.queues, CATALOG_2, now=NOON)
    assert house.taken(Queue.BACKFILL) == []


CATALOG_2 = replace(CATALOG, version=2)


# ── what happens meanwhile ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("point", range(0, POINTS, 3))
def test_an_event_that_comes_in_between_wins_and_is_counted_once(point: int) -> None:
    house, people = a_fragile_crowd()
    rival = House(CATALOG, people=people, name="rival")

    def come_in() -> None:
        people.fails = {}
        # Of everybody: so somebody who is just being written is among them.
        for number in range(PEOPLE):
            rival.ingest(order(9, user=f"u{number}", id=f"late-{number}"))

    people.fails = {point: come_in}
    house.put_in_force(CATALOG)
    house.fill()
    house.settle()
    assert [orders_of(house.person("user_id", f"u{number}")) for number in range(PEOPLE)] == [
        number % 3 + 2 for number in range(PEOPLE)
    ]
    assert members(house, "loyal") == {
        house.person("user_id", f"u{number}").id for number in range(PEOPLE) if number % 3 + 2 >= 3
    }


def test_who_still_writes_by_the_definitions_of_before_is_put_right_by_the_stream() -> None:
    house = a_crowd()
    late = House(BARE, people=house.people, name="late")
    house.put_in_force(CATALOG)
    house.fill()
    house.settle()
    late.ingest(order(5, user="u1", id="late"), order(6, user="brand-new", id="new"))
    assert "buyers" not in house.person("user_id", "u1").segments
    house.settle()
    for body in house.taken(Queue.WAKE):
        react.ring(AlarmRang.model_validate(body), house.reactor, house.catalog, now=NOON)
    house.settle()
    for name, orders in (("u1", 3), ("brand-new", 1)):
        person = house.person("user_id", name)
        assert orders_of(person) == orders
        assert person.id in members(house, "buyers")
    assert house.taken(Queue.WAKE) == []


def test_a_second_change_supersedes_the_first_and_takes_over_what_it_left() -> None:
    house = a_crowd(catalog_of(1))
    house.put_in_force(catalog_of(2, loyal=LOYAL_AT_THREE))
    old = [BackfillShard.model_validate(body) for body in house.taken(Queue.BACKFILL)]
    fill(old[0], house.filler, now=NOON)
    house.put_in_force(catalog_of(3, loyal=LOYAL_AT_THREE, early=LOYAL_AT_TWO))
    progress = progress_of(house.backfills)
    assert progress is not None
    assert progress.waiting_for == {"loyal", "early"}
    writes = len(house.people.writes)
    for work in old:
        assert fill(work, house.filler, now=NOON) is None
    assert len(house.people.writes) == writes
    house.fill()
    house.settle()
    assert (members(house, "loyal"), members(house, "early")) == (who_should(house, 3), who_should(house, 2))


def test_a_change_in_the_middle_of_a_shard_stops_it_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kizuna.usecases.segments.backfill.PAGE", 1)
    house = a_crowd(catalog_of(1))
    house.put_in_force(catalog_of(2, loyal=LOYAL_AT_THREE))
    asked = count()

    def definitions() -> Catalog:
        return catalog_of(2, loyal=LOYAL_AT_THREE) if next(asked) < 2 else catalog_of(3, loyal=LOYAL_AT_TWO)

    on = Filler(house.people, house.backfills, house.queues, definitions, house.teller)
    fill(BackfillShard(backfill=2, shard=0), on, now=NOON)
    (told,) = house.backfills.shards(2)
    assert not told.done
    assert told.people <= 2


def test_going_back_to_what_was_before_brings_everybody_back() -> None:
    house = a_crowd(catalog_of(1, loyal=LOYAL_AT_THREE))
    house.put_in_force(catalog_of(2, loyal=LOYAL_AT_TWO))
    house.fill()
    house.put_in_force(catalog_of(3, loyal=LOYAL_AT_THREE))
    house.fill()
    house.settle()
    assert members(house, "loyal") == who_should(house, 3)


def test_somebody_whom_others_keep_writing_holds_up_nobody_and_is_rung_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house, people = a_fragile_crowd()
    busy = house.person("user_id", "u7").id
    commit = people.commit

    def contended(write: Any) -> None:
        if write.folded.profile.id == busy:
            house.change_person(busy)
        commit(write)

    monkeypatch.setattr(people, "commit", contended)
    house.put_in_force(CATALOG)
    house.fill()
    progress = progress_of(house.backfills)
    assert progress is not None
    assert (progress.is_done, progress.apart) == (True, 1)
    monkeypatch.setattr(people, "commit", commit)
    (body,) = house.taken(Queue.WAKE)
    react.ring(AlarmRang.model_validate(body), house.reactor, house.catalog, now=NOON)
    house.settle()
    assert busy in members(house, "buyers")


# ── what is decided meanwhile ───────────────────────────────────────────────────────────────────


def test_whoever_is_decided_for_before_the_backfill_came_by_is_seen_as_defined() -> None:
    quiet = {"when": {"event": "Order Completed", "verb": "did_not", "window": {"last": "7d"}}}
    house = House(mail_shop({"audience": {"in": ["everyone"]}, **quiet}))
    bare = mail_shop({"audience": {"in": ["everyone"]}})
    house.catalog = bare
    house.ingest(order(1), identify(50, email="u1@example.com"))
    house.settle()
    house.catalog = mail_shop({"audience": {"in": ["everyone"]}, **quiet})
    house.start("spring", NOON)
    house.walk()
    assert house.states() == {"not_in_audience": 1}  # an order of an hour ago is no silence of a week


def test_a_run_waits_for_the_segment_of_its_audience_and_begins_when_it_is_filled() -> None:
    house = a_house()
    campaign = {"audience": {"in": ["loyal"]}}
    house.ingest(*(order(number) for number in range(3)))
    house.settle()
    documents_catalog = _with_loyal(campaign)
    house.put_in_force(documents_catalog)
    house.start("spring", NOON, by_hand=False)
    assert house.runs.list("spring") == ()
    assert house.taken(Queue.AUDIENCE) == []
    assert house.schedules.armed["spring.20261123T1200Z", NOON + timedelta(minutes=2)] == {
        "campaign": "spring",
        "at": "2026-11-23T12:00:00.000Z",
    }
    house.fill()
    house.start("spring", NOON, now=NOON + timedelta(minutes=2), by_hand=False)
    assert [run.id for run in house.runs.list("spring")] == ["20261123T1200Z"]
    assert len(house.taken(Queue.AUDIENCE)) == SEGMENT_SHARDS


def test_a_run_whose_messages_are_too_late_begins_all_the_same_so_that_somebody_sees_it() -> None:
    house = a_house()
    house.put_in_force(_with_loyal({"audience": {"in": ["loyal"]}}))
    house.start("spring", NOON, now=NOON + 2 * DAY, by_hand=False)
    assert [run.id for run in house.runs.list("spring")] == ["20261123T1200Z"]


def _with_loyal(campaign: dict[str, Any]) -> Catalog:
    from tests.support.builders import CAMPAIGN
    from tests.support.customers import DAILY

    documents = {
        **some_documents(CAMPAIGN | DAILY | campaign),
        ("segment", "loyal"): {"id": "loyal", "name": "Loyal", **LOYAL_AT_TWO},
    }
    return a_catalog(documents, version=2)


def test_a_placement_offers_nothing_that_cannot_be_told_of_somebody_yet() -> None:
    house = a_crowd()
    new = {"id": "placement", "name": "Placement", "actions": [
        {"id": "come-back", "when": {"event": "Order Completed", "verb": "did_not"}, "rank": 2},
        {"id": "hello", "when": {"everyone": True}, "rank": 1},
    ]}  # fmt: skip
    catalog = a_catalog({**some_documents(), ("placement", "placement"): new}, version=2)
    person = house.person("user_id", "u1")
    actions = catalog.placements["placement"].actions
    assert [is_answerable(action.when, person, catalog) for action in actions] == [False, True]
    house.put_in_force(catalog)
    house.fill()
    filled = house.person("user_id", "u1")
    assert [is_answerable(action.when, filled, catalog) for action in actions] == [True, True]
