"""A journey is paused by hand, and goes on.

    pause ──▶ the row of the halt · runs that want to go on meet it, and freeze
    resume ─▶ the row ──▶ WakeJourney ──▶ the frozen runs, shard by shard ──▶ their alarms ──▶ each goes on
    apply ──▶ FollowJourneys ──▶ pauses as the definitions say · everybody who waits, page by page ──▶ each follows

A crash between the row and the queue leaves runs frozen that nobody rings for: the sweep of each minute looks after
journeys that were resumed of late (`look_after`), and resuming is asked for again as often as one likes. Of a
journey that was changed each page of those inside is one piece of work that ends by asking for the next: at most one
a shard is in hand, and what a crash leaves is taken up where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, HaltJourney, WakeJourney
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.halts import (
    AlreadyPaused,
    Halt,
    PausedByDefinition,
    Timers,
    following,
    moves_people,
    paused,
    resumed,
)
from kizuna.core.ports import Halts, JourneyRuns, Queues
from kizuna.core.refusing.repeating import asked_for
from kizuna.topology import DUE_SHARDS, Queue

PAGE = 100  # alarms that are handed over at once
EVALUATED = 500  # alarms of all kinds that one page of those who wait looks through
LOOKED_AFTER = timedelta(hours=1)  # behind a resumption, in case its word was lost
TRIES = 5


def pause(journey: str, halts: Halts, catalog: Catalog, *, by: str, reason: str, now: datetime) -> Halt:
    """Let a journey stand still: nobody enters, nobody goes on. Raises NotFound, and AlreadyPaused.

    A step that is being done at this moment is done to its end; at most those that are in hand leave after it.
    """
    _known(journey, catalog)
    for _ in range(TRIES):
        halt = paused(halts.current().get(journey), journey, by=by, reason=reason, now=now)
        if halts.save(halt):
            return halt
    raise Conflict(f"halt of journey {journey!r}")


def resume(
    journey: str,
    halts: Halts,
    queues: Queues,
    catalog: Catalog,
    *,
    by: str,
    now: datetime,
    timers: Timers | None = None,
) -> Halt:
    """Let a journey go on. `timers` says whether time stood still for those inside; without it the journey does
    (`on_resume`). Raises NotFound if it is not paused, and PausedByDefinition."""
    _known(journey, catalog)
    if catalog.journeys[journey].paused:
        raise PausedByDefinition(f"journey {journey!r} says paused: true itself: apply it without")
    how = timers or catalog.journeys[journey].on_resume
    for _ in range(TRIES):
        halt = resumed(halts.current().get(journey), journey, by=by, timers=how, now=now)
        if halts.save(halt):
            queues.send(Queue.WAKE, _shards_of(journey))
            return halt
    raise Conflict(f"halt of journey {journey!r}")


def halt(work: HaltJourney, halts: Halts, queues: Queues, catalog: Catalog, *, now: datetime) -> bool:
    """Pause a journey, or have it go on, as somebody asked. False where it stood so already, or is gone."""
    try:
        if work.act == "pause":
            pause(work.journey, halts, catalog, by=work.by, reason=work.reason, now=now)
        else:
            resume(work.journey, halts, queues, catalog, by=work.by, now=now, timers=work.timers)
    except (AlreadyPaused, NotFound, PausedByDefinition):
        return False
    return True


def wake(
    work: WakeJourney, runs: JourneyRuns, halts: Halts, queues: Queues, catalog: Catalog, *, now: datetime
) -> int:
    """Ring for the runs of one shard; returns for how many. Who is rung for twice goes on once, so a crash leaves
    runs that the next attempt finds. Of everybody who waits one page, and the next is put on the queue behind it."""
    if work.everybody:
        page, following = runs.waiting(work.journey, work.shard, after=work.after, limit=EVALUATED)
        _ring(page, queues)
        if following:
            queues.send(Queue.WAKE, [work.model_copy(update={"after": following}).model_dump()])
        return len(page)
    halt, journey = halts.current().get(work.journey), catalog.journeys.get(work.journey)
    stands = (halt is not None and halt.stands) or (journey is not None and journey.paused)
    if stands and not (journey is not None and is_over(journey, now=now)):
        return 0  # paused again meanwhile
    rung = 0
    places = iter(runs.frozen(work.journey, work.shard))
    while page := tuple(islice(places, PAGE)):
        _ring(page, queues)
        rung += len(page)
    return rung


def _ring(places: Sequence[str], queues: Queues) -> None:
    if places:
        queues.send(Queue.WAKE, [AlarmRang(kind="journey", id=place).model_dump() for place in places])


def look_after(halts: Halts, queues: Queues, catalog: Catalog, *, now: datetime) -> int:
    """Once a minute: what a crash may have kept from happening, and who stands still in a journey that has ended.

    Rings for the runs of journeys that were resumed of late, and of paused ones that ended of late; has pauses and
    people follow definitions that were changed. Returns how many journeys stand still.
    """
    if not catalog.journeys:
        return 0
    follow(halts, queues, catalog, at=now)
    standing = 0
    known = halts.current()
    for name, journey in catalog.journeys.items():
        halt = known.get(name)
        stop = halt.latest if halt is not None else None
        stands = stop is not None and stop.until is None
        standing += stands
        resumed_at = stop.until if stop is not None else None
        ended_at = journey.ends_at if stands and is_over(journey, now=now) else None
        if any(at is not None and at > now - LOOKED_AFTER for at in (resumed_at, ended_at)):
            queues.send(Queue.WAKE, _shards_of(name))
    return standing


def follow(halts: Halts, queues: Queues, catalog: Catalog, *, at: datetime) -> None:
    """Have the pauses of journeys, and the people inside, follow definitions that were put in force at an instant.

    People are rung for before it is noted that they were: a crash in between rings again, which changes nothing. The
    alarms of those that a new version takes along are then where that version has them.
    """
    known = halts.current()
    for name, journey in catalog.journeys.items():
        halt = known.get(name)
        after = following(halt, journey, now=at)
        if after is not None:
            if not halts.save(after):
                continue  # somebody else pauses or resumes it at this moment: the next minute looks again
            if not after.stands:
                queues.send(Queue.WAKE, _shards_of(name))
            halt = after
        version = catalog.version_of("journey", name)
        held = halt or Halt(name, version=0)
        if version > max(1, held.followed) and moves_people(journey):
            queues.send(Queue.WAKE, _shards_of(name, everybody=True))
            halts.save(replace(held, followed=version, version=held.version + 1))


def is_over(journey: Journey, *, now: datetime) -> bool:
    """Whether a journey has ended for everybody."""
    return journey.ends_at is not None and now >= journey.ends_at


def _shards_of(journey: str, *, everybody: bool = False) -> list[dict[str, Any]]:
    return [
        WakeJourney(journey=journey, shard=shard, everybody=everybody).model_dump()
        for shard in range(DUE_SHARDS)
    ]


def _known(journey: str, catalog: Catalog) -> None:
    if journey not in catalog.journeys:
        raise NotFound(f"there is no journey {asked_for(journey)} in force")
