"""A snapshot that is killed at any moment: the next delivery goes on, and everybody is in it, once for a query."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from kizuna.core.catalog import Catalog
from kizuna.core.condition_sql import compile_condition
from kizuna.core.conditions import Condition
from kizuna.core.contracts import SnapshotShard
from kizuna.core.journeys.run import RunState
from kizuna.core.people import Trait
from kizuna.core.segments import EVERYONE
from kizuna.local.duckdb_lake import DuckDbLake
from kizuna.local.lake import LocalRows
from kizuna.topology import Queue
from kizuna.usecases.segments import snapshot
from kizuna.usecases.segments.snapshot import Photographer, begin, newest, write_shard
from tests.support.builders import NOON, SERVER, a_profile, chained
from tests.support.consents import grant
from tests.support.fakes import InMemoryPeople
from tests.support.fakes_of_services import InMemoryQueues
from tests.support.fakes_of_the_catalog import InMemoryRuns
from tests.support.fragile import Crash
from tests.support.walks import Walk, a_journey, wait

PEOPLE = 48
DAY = timedelta(days=1)
CATALOG = Catalog()
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


class Dying:
    """A port whose every call passes two points, before it and after it; at one of them the process dies."""

    def __init__(self, port: Any, clock: Deaths) -> None:
        self._port = port
        self._deaths = clock

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)

        def call(*given: Any, **more: Any) -> Any:
            self._deaths.point()
            answer = found(*given, **more)
            self._deaths.point()
            return answer

        return call


@dataclass
class Deaths:
    at: int | None = None
    passed: int = 0

    def point(self) -> None:
        number, self.passed = self.passed, self.passed + 1
        if number == self.at:
            raise Crash


@dataclass
class Night:
    """The stores of a snapshot, which outlive the process that writes it."""

    folder: Path
    people: InMemoryPeople = field(default_factory=InMemoryPeople)
    runs: InMemoryRuns = field(default_factory=InMemoryRuns)
    queues: InMemoryQueues = field(default_factory=InMemoryQueues)

    def ports(self, deaths: Deaths) -> Photographer:
        rows = LocalRows(self.folder, lambda: pytest.fail("all of it is the lake's"))
        ports = (self.people, self.runs, rows, self.queues)
        return Photographer(*(Dying(port, deaths) for port in ports))

    def run(
        self,
        deaths: Deaths,
        *,
        at: datetime = NOON,
        catalog: Catalog = CATALOG,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """The sweep, then every delivery of the queue; what dies is delivered once more."""
        on = self.ports(deaths)
        self._lives(lambda: begin(on.runs, on.queues, now=at))
        while self.waiting:
            work = SnapshotShard.model_validate(self.waiting[0])
            if self._lives(partial(write_shard, work, on, catalog, now=at, is_over=is_over)):
                del self.waiting[0]

    @property
    def waiting(self) -> list[dict[str, Any]]:
        return self.queues.sent[Queue.SNAPSHOT]

    @staticmethod
    def _lives(act: Callable[[], Any]) -> bool:
        try:
            act()
        except Crash:
            return False
        return True

    def counted(self, written: Any, *, now: datetime = NOON) -> int:
        found = newest(self.runs, now=now)
        assert found is not None, "the snapshot is not whole"
        question = compile_condition(CONDITION.validate_python(written), now=now)
        lake = DuckDbLake(self.folder, memory="200MB", threads=1)
        answer = lake.answer(lake.start(question, snapshot=found.id))
        assert answer is not None
        return answer.people


def a_night(folder: Path) -> Night:
    night = Night(folder)
    for number in range(PEOPLE):
        plan = "pro" if number % 3 == 0 else "free"
        profile = a_profile(f"p{number:03}", traits={"plan": Trait(plan, NOON, SERVER.id)})
        night.people.stored[profile.id] = profile
        night.people.memberships[EVERYONE].add(profile.id)
    return night


@pytest.fixture(autouse=True)
def small_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "PAGE", 2)
    monkeypatch.setattr(snapshot, "PAGES", 2)


def _points(folder: Path) -> int:
    deaths = Deaths()
    a_night(folder).run(deaths)
    return deaths.passed


def _written(night: Night) -> list[str]:
    """Who is in the objects, as often as they are."""
    rows = LocalRows(night.folder, lambda: pytest.fail("all of it is the lake's"))
    files = night.folder.rglob("*.jsonl.gz")
    keys = (file.relative_to(night.folder).as_posix() for file in files)
    return [json.loads(line)["person"] for key in keys for line in rows.lines(key)]


@pytest.mark.slow
def test_killed_before_or_after_any_call_it_is_whole_after_the_next_delivery(tmp_path: Path) -> None:
    points = _points(tmp_path / "whole")
    assert points > 150
    for at in range(points):
        night = a_night(tmp_path / str(at))
        night.run(Deaths(at))
        if not list(night.runs.list(snapshot.SNAPSHOTS)) or (at < 4 and newest(night.runs, now=NOON) is None):
            continue  # killed before its shards were on the queue: it is never read, and the next night begins anew
        assert newest(night.runs, now=NOON) is not None, at
        assert set(_written(night)) == set(night.people.stored), at


@pytest.mark.parametrize("at", [4, 37, 90, 151])
def test_a_count_of_what_was_killed_and_went_on_is_right(tmp_path: Path, at: int) -> None:
    night = a_night(tmp_path)
    night.run(Deaths(at))
    assert night.counted({"everyone": True}) == PEOPLE
    assert night.counted({"trait": "plan", "op": "eq", "value": "pro"}) == PEOPLE // 3


def test_what_dies_before_its_shards_are_sent_is_never_read_and_the_next_night_is_whole(
    tmp_path: Path,
) -> None:
    night = a_night(tmp_path)
    night.run(Deaths(2))
    assert night.runs.list(snapshot.SNAPSHOTS)
    assert newest(night.runs, now=NOON) is None
    night.run(Deaths(), at=NOON + DAY)
    found = newest(night.runs, now=NOON + DAY)
    assert found is not None
    assert found.taken_at == NOON + DAY
    assert night.counted({"everyone": True}, now=NOON + DAY) == PEOPLE


def test_when_time_is_short_it_goes_on_from_where_it_stopped(tmp_path: Path) -> None:
    night = a_night(tmp_path)
    night.run(Deaths(), is_over=lambda: True)
    assert sorted(_written(night)) == sorted(night.people.stored), "nobody is written twice"
    assert night.counted({"everyone": True}) == PEOPLE


def test_who_was_written_twice_counts_once_by_the_newer_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = a_night(tmp_path)
    night.run(Deaths())
    ann = night.people.stored["p001"]
    changed = replace(ann, version=2, traits={"plan": Trait("pro", NOON, SERVER.id)})
    night.people.stored[ann.id] = changed
    shard = next(shard for shard in range(8) if "p001" in night.people.members(EVERYONE, shard, limit=99)[0])
    night.runs = InMemoryRuns()  # nothing is remembered: the shard is written once more, in other objects
    on = night.ports(Deaths())
    name = begin(on.runs, InMemoryQueues(), now=NOON)
    monkeypatch.setattr(snapshot, "PAGES", 3)
    write_shard(SnapshotShard(snapshot=name, shard=shard), on, CATALOG, now=NOON)
    for number in range(8):
        on.runs.advance(snapshot.SNAPSHOTS, name, str(number), "~")
    assert len(_written(night)) > PEOPLE
    assert night.counted({"everyone": True}) == PEOPLE
    assert night.counted({"trait": "plan", "op": "eq", "value": "pro"}) == PEOPLE // 3 + 1


def test_what_a_killed_process_left_half_written_beside_an_object_is_not_read(tmp_path: Path) -> None:
    night = a_night(tmp_path)
    night.run(Deaths())
    file = next(night.folder.rglob("*.jsonl.gz"))
    file.with_name(f".{file.name}.part").write_bytes(file.read_bytes()[:50])
    assert night.counted({"everyone": True}) == PEOPLE


def test_what_people_have_consented_to_is_in_it_though_no_condition_in_force_asks(tmp_path: Path) -> None:
    night = a_night(tmp_path)
    ann = night.people.stored["p001"]
    mailbox = next(iter(ann.addresses.values()))
    yes = grant(NOON - DAY, id="yes", endpoint=mailbox.id, expires_at=NOON + 2 * DAY)
    night.people.consents[ann.id] += chained(yes)
    night.people.stored[ann.id] = replace(ann, ledger_length=1)
    night.run(Deaths())
    granted = {"consent": "granted", "channel": "email", "topic": "news"}
    assert night.counted(granted) == 1
    assert night.counted(granted, now=NOON + 3 * DAY) == 0, "the grant has expired since"
    assert night.counted({"consent": "none", "channel": "email", "topic": "news"}) == PEOPLE - 1
    assert night.counted({"subscription": "news"}) == 1


def test_what_takes_no_part_in_decisions_is_not_asked_about_in_the_lake(tmp_path: Path) -> None:
    night = a_night(tmp_path)
    ann = night.people.stored["p001"]
    night.people.stored[ann.id] = replace(ann, traits={"plan": Trait("pro", NOON, "bought-data")})
    night.run(Deaths(), catalog=Catalog(kept_out=frozenset({"bought-data"})))
    assert night.counted({"trait": "plan", "op": "exists"}) == PEOPLE - 1


def test_where_people_stand_in_journeys_is_in_it_though_no_condition_in_force_asks(tmp_path: Path) -> None:
    night = a_night(tmp_path)
    run = Walk(wait("w", "2d")).run
    for person, state in (
        ("p001", RunState.WAITING),
        ("p002", RunState.COMPLETED),
        ("p003", RunState.EXITED),
    ):
        night.people.runs[person]["spring", ""] = replace(run, person=person, state=state)
    night.run(Deaths(), catalog=Catalog(journeys={"spring": a_journey(wait("w", "2d"))}))
    states = ("in", "completed", "exited", "never")
    counts = [night.counted({"journey": "spring", "state": state}) for state in states]
    assert counts == [1, 1, 1, PEOPLE - 3]
