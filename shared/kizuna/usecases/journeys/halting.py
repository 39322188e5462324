"""A journey is paused by hand, and goes on.

    pause ──▶ the row of the halt · runs that want to go on meet it, and freeze
    resume ─▶ the row ──▶ WakeJourney ──▶ the frozen runs, shard by shard ──▶ their alarms ──▶ each goes on

A crash between the row and the queue leaves runs frozen that nobody rings for: the sweep of each minute looks after
journeys that were resumed of late (`look_after`), and resuming is asked for again as often as one likes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from kizuna.core.catalog import Catalog, Documents
from kizuna.core.contracts import AlarmRang, HaltJourney, WakeJourney
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.journeys.halts import AlreadyPaused, Halt, Timers, paused, resumed
from kizuna.core.ports import Halts, JourneyRuns, Queues
from kizuna.topology import DUE_SHARDS, Queue

PAGE = 100  # alarms that are handed over at once
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
    (`on_resume`). Raises NotFound if it is not paused."""
    _known(journey, catalog)
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
    except (AlreadyPaused, NotFound):
        return False
    return True


def wake(
    work: WakeJourney,
    runs: JourneyRuns,
    halts: Halts,
    queues: Queues,
    catalog: Catalog,
) -> int:
    """Ring for the runs of one shard that a pause holds; returns for how many. Who is rung for twice goes on once, so
    a crash leaves runs that the next attempt finds."""
    halt, journey = halts.current().get(work.journey), catalog.journeys.get(work.journey)
    if (halt is not None and halt.stands) or (journey is not None and journey.paused):
        return 0  # paused again meanwhile
    rung = 0
    places = iter(runs.frozen(work.journey, work.shard))
    while page := list(islice(places, PAGE)):
        queues.send(Queue.WAKE, [AlarmRang(kind="journey", id=place).model_dump() for place in page])
        rung += len(page)
    return rung


def look_after(halts: Halts, queues: Queues, catalog: Catalog, *, now: datetime) -> int:
    """Once a minute: have the runs of journeys rung for that were resumed of late, in case that went missing. Returns
    how many stand still."""
    if not catalog.journeys:
        return 0
    known = {name: halt for name, halt in halts.current().items() if name in catalog.journeys}
    for journey, halt in known.items():
        stop = halt.latest
        if stop is not None and stop.until is not None and stop.until > now - LOOKED_AFTER:
            queues.send(Queue.WAKE, _shards_of(journey))
    return sum(halt.stands for halt in known.values())


def wake_unpaused(before: Documents, wanted: Documents, queues: Queues) -> None:
    """Have the runs of journeys rung for that are defined as `paused` no longer."""
    for (kind, journey), document in wanted.items():
        was_paused = kind == "journey" and before.get((kind, journey), {}).get("paused", False)
        if was_paused and not document.get("paused", False):
            queues.send(Queue.WAKE, _shards_of(journey))


def _shards_of(journey: str) -> list[dict[str, Any]]:
    return [WakeJourney(journey=journey, shard=shard).model_dump() for shard in range(DUE_SHARDS)]


def _known(journey: str, catalog: Catalog) -> None:
    if journey not in catalog.journeys:
        raise NotFound(f"there is no journey {journey!r} in force")
