"""A run under kills at every write, shards that come twice and in any order, and pauses: by the provider's own log
nobody hears twice, and nobody who was in the audience as it began is passed over."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from kizuna.core.contracts import AudienceShard, StartRun
from kizuna.core.ports import RunState
from kizuna.core.restraint.brakes import NothingToRelease, Pause
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaigning import launching, walking
from kizuna.usecases.campaigning.parts import hand_out_again
from kizuna.usecases.outcomes.braking import in_silence, pause_run, resume_run
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, SEGMENTS, order, subscribe
from tests.support.fragile import Crash
from tests.support.house import House

RUN = "20261123T1200Z"
PEOPLE = 40
WRITES = {"create", "advance", "set_aside", "finish", "end", "start", "send", "arm", "save_run"}


class Dying:
    """A store whose user dies before or after a write, by chance."""

    def __init__(self, base: Any, chance: Random, share: float) -> None:
        self._base, self._chance, self._share = base, chance, share

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._base, name)
        if name not in WRITES:
            return found

        def call(*given: Any, **named: Any) -> Any:
            if self._chance.random() < self._share:
                raise Crash
            done = found(*given, **named)
            if self._chance.random() < self._share:
                raise Crash
            return done

        return call


def a_house() -> House:
    audience = {"audience": {"in": ["buyers", "loyal", "everyone"]}}
    catalog = a_catalog(
        {
            **some_documents(CAMPAIGN | DAILY | audience),
            **{("segment", name): document for name, document in SEGMENTS.items()},
        }
    )
    house = House(catalog)
    for number in range(PEOPLE):
        house.ingest(subscribe(f"u{number}"))
        house.ingest(*(order(10 * number + each, user=f"u{number}") for each in range(number % 5)))
    house.settle()
    return house


def play(seed: int, share: float) -> House:
    """The clock ticks, shards are walked in any order and some of them again, until no work is left."""
    chance, house = Random(seed), a_house()

    def dying(base: Any) -> Any:
        return Dying(base, chance, share)

    def planner() -> launching.Planner:
        return launching.Planner(
            dying(house.runs), dying(house.queues), house.schedules, house.backfills, house.people
        )

    def walker() -> walking.Walker:
        return walking.Walker(
            house.people,
            house.ledger,
            dying(house.messages),
            dying(house.runs),
            dying(house.queues),
            house.brakes,
        )

    start = StartRun(campaign="spring", at=NOON)
    work: list[dict[str, Any]] = []
    ticks, now = 2, NOON
    while ticks or work or house.queues.sent[Queue.AUDIENCE] or house.queues.later[Queue.AUDIENCE]:
        now += timedelta(seconds=1)
        work += house.taken(Queue.AUDIENCE)
        if ticks and (not work or chance.random() < 0.5):
            try:
                launching.start_run(start, planner(), house.catalog, now=now, by_hand=True)
            except Crash:
                continue
            ticks -= 1
            continue
        if not work:
            house.queues.ripen()
            resumed(house, now)
            continue
        body = work.pop(chance.randrange(len(work)))
        if chance.random() < 0.1:
            work.append(body)  # the queue brings it again, whatever becomes of this one
        if chance.random() < 0.03:
            pause_run("spring", RUN, Pause("by_hand", now, "", "wait"), house.brakes, tell=in_silence)
        elif chance.random() < 0.2:
            resumed(house, now)
        try:
            walking.walk(
                AudienceShard.model_validate(body),
                walker(),
                house.catalog,
                now=now,
                is_over=lambda: chance.random() < 0.2,
            )
        except Crash:
            work.append(body)
        house.settle(now=now)
        house.send(now=now)
    resumed(house, now)
    house.settle(now=now)
    house.ring(now=now + timedelta(minutes=20))
    house.settle(now=now + timedelta(minutes=20))
    house.send(now=now + timedelta(minutes=20))
    return house


def resumed(house: House, now: Any) -> None:
    try:
        resume_run("spring", RUN, house.brakes, by="ann", reason="go on", now=now, tell=in_silence)
    except NothingToRelease:
        return
    hand_out_again("spring", RUN, house.runs, house.queues, house.catalog)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("seed", range(8))
def test_by_the_providers_log_everybody_hears_once(
    seed: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "PAGE", 3)
    house = play(seed, share)
    heard = Counter(envelope.message.address for envelope, _ in house.email.sent)
    assert heard == Counter(f"u{number}@example.com" for number in range(PEOPLE))
    (run,) = house.runs.list("spring")
    assert run.state is RunState.DONE
    assert house.runs.parts("spring", RUN).shards == 3 * SEGMENT_SHARDS
    assert sum(house.states().values()) == PEOPLE
