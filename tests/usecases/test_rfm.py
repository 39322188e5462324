"""A run of RFM scores everybody once, whatever dies, is handed out twice or comes in meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import RfmShard, StartRfm
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import InvalidDefinition, Unavailable
from kizuna.core.people import Profile
from kizuna.core.rfm.runs import Result, RfmRun, standing_now
from kizuna.core.rfm.scores import BUCKETS, RfmDefinition, bucket_segment
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases import rfm
from kizuna.usecases.authoring.workspace import apply
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY as CAMPAIGN_EVERY_DAY
from tests.support.customers import identify, order
from tests.support.fakes import InMemoryBackfills, InMemoryQueues, InMemorySchedules
from tests.support.fakes_of_rfm import InMemoryRfm
from tests.support.fakes_of_the_catalog import InMemoryCatalog
from tests.support.fragile import Crash, FragilePeople, crash, refuse
from tests.support.house import House

DAY = timedelta(days=1)
ORDERS = {"id": "orders", "date_range": "30d"}
PUBLISHED = {"publish": ["SegmentEntered", "SegmentExited"]}
PEOPLE = 30


def a_shop(definition: dict[str, Any] | None = None) -> Catalog:
    documents = {**some_documents(), ("rfm", "orders"): definition or ORDERS, ("policy", "policy"): PUBLISHED}
    return a_catalog(documents)


SHOP = a_shop()


def bought(user: str, *days_ago: float, revenue: float = 10.0) -> list[Any]:
    return [
        order(user=user, id=f"{user}-{ago}", at=NOON - ago * DAY, properties={"revenue": revenue})
        for ago in days_ago
    ]


def a_crowd(catalog: Catalog = SHOP, **more: Any) -> House:
    """Thirty people: number n bought n % 6 times, most recently some n days ago; and so five never did."""
    house = House(catalog, **more)
    for number in range(PEOPLE):
        times = number % 6
        house.ingest(identify(number, user=f"u{number}", name=f"U{number}"))
        house.ingest(
            *bought(f"u{number}", *(number * 0.9 + step * 0.01 for step in range(times)), revenue=number)
        )
    house.settle()
    return house


class Office:
    """What works on runs in a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rfm = InMemoryRfm()

    @property
    def on(self) -> rfm.Scorer:
        return rfm.Scorer(self.house.people, self.rfm, self.house.queues)

    def tick(self, at: Any = NOON) -> RfmRun | None:
        start = StartRfm(rfm="orders", at=at)
        return rfm.start_scheduled(start, self.on, self.house.schedules, self.house.catalog, now=at)

    def begin(self, at: Any = NOON) -> RfmRun:
        run = rfm.start(self.house.catalog.rfm["orders"], self.rfm, at=at, now=at)
        rfm.hand_out(run, rfm.phase_of(run, self.rfm), self.house.queues)
        return run

    def work(self, *, now: Any = NOON, is_over: Callable[[], bool] = lambda: False) -> None:
        """Drain the queue."""
        while waiting := self.house.taken(Queue.AUDIENCE):
            for body in waiting:
                rfm.take(RfmShard.model_validate(body), self.on, self.house.catalog, now=now, is_over=is_over)

    def run(self, at: Any = NOON) -> Result:
        run = self.begin(at)
        self.work(now=at)
        result = self.rfm.result(run)
        assert result is not None
        return result


def scores(house: House) -> dict[str, dict[str, Any]]:
    """By user, what the record holds."""
    found = {}
    for number in range(PEOPLE):
        standing = standing_now(house.person("user_id", f"u{number}"), "orders")
        if standing is not None:
            found[f"u{number}"] = dict(standing)
    return found


def segments_of(profile: Profile) -> set[str]:
    return {name for name in profile.segments if name.startswith("rfm-")}


def plainly(house: House) -> dict[str, tuple[int, int, int]]:
    """The scores by sorting plain lists of the timelines."""
    inputs = {}
    for number in range(PEOPLE):
        person = house.person("user_id", f"u{number}")
        entries = [
            each.event for each in house.people.timeline(person.parts) if each.event.name == "Order Completed"
        ]
        inside = [event for event in entries if NOON - 30 * DAY < event.at <= NOON]
        if inside:
            money = sum(event.properties["revenue"] for event in inside)
            inputs[f"u{number}"] = ((NOON - max(event.at for event in inside)).days, len(inside), money)
    found = {}
    for user, mine in inputs.items():
        beyond = []
        for place in range(3):
            ordered = sorted(each[place] for each in inputs.values())
            cuts = [ordered[part * (len(ordered) - 1) // 5] for part in range(1, 5)]
            beyond.append(sum(cut < mine[place] for cut in cuts))
        found[user] = (5 - beyond[0], 1 + beyond[1], 1 + beyond[2])
    return found


def test_a_run_stores_the_scores_that_a_plain_computation_gives_and_only_of_those_who_bought() -> None:
    office = Office(a_crowd())
    result = office.run()
    found = scores(office.house)
    told = {user: (each["recency"], each["frequency"], each["monetary"]) for user, each in found.items()}
    assert told == plainly(office.house)
    assert len(found) == 25
    assert (result.looked_at, result.scored) == (PEOPLE, 25)
    assert sum(result.cells.values()) == 25
    sizes = Counter(each["bucket"] for each in found.values())
    assert {bucket: each.people for bucket, each in result.buckets.items() if each.people} == sizes
    assert sum(each.money for each in result.buckets.values()) == sum(
        100 * number * (number % 6) for number in range(PEOPLE)
    )
    assert result.moved == {(None, bucket): size for bucket, size in sizes.items()}


def test_each_bucket_is_a_segment_that_is_entered_and_announced_by_the_run() -> None:
    office = Office(a_crowd())
    office.run()
    office.house.settle()
    for number in range(PEOPLE):
        profile = office.house.person("user_id", f"u{number}")
        standing = standing_now(profile, "orders")
        assert segments_of(profile) == ({bucket_segment("orders", standing["bucket"])} if standing else set())
    entered = Counter(
        detail["segment"] for name, detail in office.house.bus.published if name == "SegmentEntered"
    )
    assert sum(entered.values()) == 25
    assert {detail["cause"] for _, detail in office.house.bus.published} == {
        f"rfm orders {office.begin().id}"
    }


def test_a_second_run_writes_only_whose_scores_changed_and_tells_who_moved_where() -> None:
    office = Office(a_crowd())
    office.run()
    before, writes = scores(office.house), len(office.house.people.writes)
    later = NOON + timedelta(minutes=1)
    result = office.run(later)
    assert scores(office.house) == before
    assert len(office.house.people.writes) == writes
    assert all(one == other for one, other in result.moved)
    office.house.ingest(*bought("u26", 0.001, revenue=1_000))
    much_later = NOON + timedelta(minutes=2)
    result = office.run(much_later)
    after = scores(office.house)
    changed = {user for user in {*before, *after} if before.get(user) != after.get(user)}
    assert "u26" in changed
    moved = {pair: size for pair, size in result.moved.items() if pair[0] != pair[1]}
    assert sum(moved.values()) == sum(
        before.get(user, {}).get("bucket") != after.get(user, {}).get("bucket") for user in changed
    )
    assert after["u26"]["since"] == instant_to_text(much_later)
    assert after["u1"]["since"] == before["u1"]["since"]


def test_whoever_buys_no_more_loses_the_scores_and_leaves_the_segment() -> None:
    office = Office(a_crowd())
    office.run()
    office.house.settle()
    office.house.bus.published.clear()
    late = NOON + 31 * DAY
    result = office.run(late)
    office.house.settle(now=late)
    assert scores(office.house) == {}
    assert result.scored == 0
    assert sum(size for (_, after), size in result.moved.items() if after is None) == 25
    assert {name for name, _ in office.house.bus.published} == {"SegmentExited"}
    assert len(office.house.bus.published) == 25
    assert all(not segments_of(profile) for profile in office.house.living())


def test_shards_handed_out_twice_change_nothing_more() -> None:
    once, twice = Office(a_crowd()), Office(a_crowd())
    once.run()
    twice.begin()
    twice.begin()
    twice.work()
    assert scores(twice.house) == scores(once.house)
    assert len(twice.house.people.writes) == len(once.house.people.writes)
    pages = twice.rfm.pages(twice.begin(), "collect")
    assert sum(page.people for page in pages) == PEOPLE


@pytest.mark.parametrize("failure", [crash, refuse], ids=["killed", "refused"])
def test_a_run_that_is_killed_at_any_write_ends_as_one_that_is_not(failure: Callable[[], None]) -> None:
    whole = Office(a_crowd())
    whole.run()
    for point in range(0, 75, 7):
        people = FragilePeople()
        office = Office(a_crowd(people=people))
        people.points, people.fails = 0, {point: failure}
        office.begin()
        while waiting := office.house.taken(Queue.AUDIENCE):
            for number, body in enumerate(waiting):
                try:
                    rfm.take(RfmShard.model_validate(body), office.on, SHOP, now=NOON)
                except (Crash, Unavailable):
                    office.house.queues.sent[Queue.AUDIENCE] += waiting[number:]
                    break
        assert scores(office.house) == scores(whole.house)


def test_a_shard_whose_time_is_over_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rfm, "COLLECTED", 1)
    monkeypatch.setattr(rfm, "WRITTEN", 2)
    whole, office = Office(a_crowd()), Office(a_crowd())
    whole.run()
    run = office.begin()
    office.work(is_over=lambda: True)
    assert scores(office.house) == scores(whole.house)
    assert office.rfm.result(run) == whole.rfm.result(run)
    assert rfm.written_by(run, office.rfm) == 25


def test_whoever_is_written_by_somebody_else_meanwhile_is_read_again() -> None:
    office = Office(a_crowd())
    run = office.begin()
    for body in office.house.taken(Queue.AUDIENCE):
        rfm.take(RfmShard.model_validate(body), office.on, SHOP, now=NOON)
    result = office.rfm.result(run)
    assert result is not None
    stale = office.house.person("user_id", "u11")
    office.house.ingest(identify(900, user="u11", town="Kyoto"))
    assert rfm.write_scores(stale, run, result.cuts, office.house.people, SHOP, now=NOON)
    fresh = office.house.person("user_id", "u11")
    assert fresh.trait("town") == "Kyoto"
    assert standing_now(fresh, "orders") is not None


def test_an_older_run_that_comes_late_does_not_undo_a_newer_one() -> None:
    office = Office(a_crowd())
    old = office.begin(NOON - DAY)
    waiting = office.house.taken(Queue.AUDIENCE)
    office.run()
    newest = scores(office.house)
    office.house.queues.sent[Queue.AUDIENCE] += waiting
    office.work()
    assert rfm.written_by(old, office.rfm) == 0
    assert scores(office.house) == newest


def test_a_run_stops_where_the_definition_means_something_else_by_now() -> None:
    office = Office(a_crowd())
    office.begin()
    office.house.catalog = a_shop({**ORDERS, "date_range": "60d"})
    office.work()
    assert scores(office.house) == {}
    office.house.catalog = a_shop({**ORDERS, "name": "Orders of a month"})
    office.begin()
    office.work()
    assert scores(office.house)


def test_people_whose_processing_is_restricted_are_not_scored() -> None:
    office = Office(a_crowd())
    person = office.house.person("user_id", "u11")
    office.house.change_person(person.id, status="restricted")
    assert office.run().scored == 24
    assert "u11" not in scores(office.house)


def test_nobody_tells_their_own_scores() -> None:
    house = House(SHOP)
    done = house.ingest(identify(1, user="u1", rfm={"orders": {"bucket": "champions"}}, name="Ada"))
    assert [(each.cause, each.path) for each in done.violations] == [("computed_trait", "traits.rfm")]
    assert "rfm" not in house.person("user_id", "u1").traits


# ── schedule ────────────────────────────────────────────────────────────────────────────────────

DAILY = a_shop({**ORDERS, "schedule": {"cron": "0 3 * * *", "zone": "Asia/Tokyo"}})
THREE_IN_TOKYO = NOON.replace(hour=18)


def test_a_tick_arms_the_next_one_and_hands_out_every_shard_once() -> None:
    office = Office(a_crowd(DAILY))
    run = office.tick(THREE_IN_TOKYO)
    assert run is not None
    assert run.at == THREE_IN_TOKYO
    assert ("rfm.orders", THREE_IN_TOKYO + DAY) in office.house.schedules.armed
    assert len(office.house.queues.sent[Queue.AUDIENCE]) == SEGMENT_SHARDS
    office.work(now=THREE_IN_TOKYO)
    assert len(scores(office.house)) == 25
    assert office.tick(THREE_IN_TOKYO) == run
    office.work(now=THREE_IN_TOKYO)
    assert rfm.written_by(run, office.rfm) == 25


def test_a_tick_that_no_definition_in_force_has_starts_nothing() -> None:
    assert Office(House(SHOP)).tick() is None
    disabled = a_shop({**ORDERS, "enabled": False, "schedule": {"cron": "0 3 * * *"}})
    assert Office(House(disabled)).tick() is None
    office = Office(House(DAILY))
    assert office.tick(NOON) is None
    assert not office.house.queues.sent[Queue.AUDIENCE]


# ── definitions ─────────────────────────────────────────────────────────────────────────────────


def test_a_definition_brings_a_segment_for_each_bucket_into_force() -> None:
    names = {segment.id for segment in SHOP.segments}
    assert names >= {bucket_segment("orders", bucket) for bucket in BUCKETS}
    assert isinstance(SHOP.rfm["orders"], RfmDefinition)


def test_a_segment_by_the_name_of_a_bucket_is_refused() -> None:
    mine = {"id": "rfm-orders-loyal", "name": "Mine", "when": {"everyone": True}}
    documents = {**some_documents(), ("rfm", "orders"): ORDERS, ("segment", "rfm-orders-loyal"): mine}
    with pytest.raises(InvalidDefinition, match="made by rfm/orders"):
        a_catalog(documents)


def test_applying_arms_the_schedule_and_a_changed_one_takes_back_what_was_armed() -> None:
    store, schedules, backfills = InMemoryCatalog(), InMemorySchedules(), InMemoryBackfills()

    def put_in_force(definition: dict[str, Any] | None) -> Any:
        campaign = CAMPAIGN | CAMPAIGN_EVERY_DAY  # the usual one is over at noon, and so refused
        wanted = {**some_documents(campaign), **({("rfm", "orders"): definition} if definition else {})}
        queues = InMemoryQueues()
        origin = "{}/{}".format
        return apply(wanted, store, queues, schedules, backfills, origin=origin, now=NOON, actor="test")

    at_three = {**ORDERS, "schedule": {"cron": "0 3 * * *", "zone": "Asia/Tokyo"}}
    assert ("rfm.orders", THREE_IN_TOKYO) in put_in_force(at_three).next_runs
    assert ("rfm.orders", THREE_IN_TOKYO) in schedules.armed
    at_four = {**ORDERS, "schedule": {"cron": "0 4 * * *", "zone": "Asia/Tokyo"}}
    put_in_force(at_four)
    assert {at for name, at in schedules.armed if name == "rfm.orders"} == {
        THREE_IN_TOKYO + timedelta(hours=1)
    }
    put_in_force(None)
    assert {at for name, at in schedules.armed if name == "rfm.orders"} == set()


def test_nothing_is_written_before_everybody_was_weighed() -> None:
    office = Office(a_crowd())
    run = office.begin()
    early = RfmShard(rfm="orders", run=run.id, phase="write", shard=0)
    assert rfm.take(early, office.on, SHOP, now=NOON)
    assert scores(office.house) == {}
    office.work()
    assert len(scores(office.house)) == 25


def test_a_merge_keeps_scores_until_the_next_run_gives_those_of_both_together() -> None:
    office = Office(a_crowd())
    visits = [
        order(user=None, anonymous="v1", id=f"v{ago}", at=NOON - ago * DAY, properties={"revenue": 5})
        for ago in (1, 2)
    ]
    office.house.ingest(*visits)
    office.run()
    office.house.ingest(identify(901, user="u11", anonymous="v1"))
    united = office.house.person("user_id", "u11")
    assert office.house.person("anonymous_id", "v1").id == united.id
    held = standing_now(united, "orders")
    assert held is not None
    office.run(NOON + timedelta(minutes=5))
    after = standing_now(office.house.person("user_id", "u11"), "orders")
    assert after is not None
    assert after["frequency"] == 5  # five orders and two, more than anybody
    assert after["recency"] >= held["recency"]
