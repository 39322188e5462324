"""Journeys that people enter by the clock: a schedule is due, and everybody of an audience enters.

    Scheduler ─▶ campaign: arms the next, hands out shards ─▶ audience: a run for each member, page by page
                                                                  └─ each run's stream record walks it

A second tick, or a page again after a crash, begins nobody's run twice: an entry is known by the schedule's instant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kizuna.core.campaigns import Audience, next_run
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import JourneyShard, StartJourneyRuns
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.journeys.admitting import Refusal, by_schedule
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.entering import EnterBySchedule
from kizuna.core.people import Profile
from kizuna.core.ports import Queues, Runs, Schedules
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaigning.launching import is_due
from kizuna.usecases.journeys.driver import Driver
from kizuna.usecases.journeys.driving import admit
from kizuna.usecases.reacting.upkeep import as_defined

PAGE = 50


def schedule_name(journey: str) -> str:
    """No campaign has such a name: theirs hold no dot, and a run of one that waits is named by an instant."""
    return f"journey.{journey}"


def arm(journey: Journey, schedules: Schedules, *, after: datetime) -> datetime | None:
    """Arm the next entry after an instant, and tell it; None if there is none. Idempotent."""
    if not isinstance(journey.enter, EnterBySchedule):
        return None
    upcoming = next_run(journey.enter.schedule, after=after)
    if upcoming is not None and (journey.ends_at is None or upcoming < journey.ends_at):
        payload = {"journey": journey.id, "at": instant_to_text(upcoming)}
        schedules.arm(schedule_name(journey.id), at=upcoming, payload=payload)
        return upcoming
    return None


def start_entries(
    start: StartJourneyRuns, queues: Queues, schedules: Schedules, catalog: Catalog, *, now: datetime
) -> Sequence[JourneyShard]:
    """Hand out the audience of an instant in shards; none where nothing in force has that instant.

    The next one is armed first, so that the journey goes on whatever becomes of this one. A second tick hands the
    same shards out again, which changes nothing.
    """
    journey = catalog.journeys.get(start.journey)
    if journey is None or not isinstance(journey.enter, EnterBySchedule):
        return ()
    arm(journey, schedules, after=max(now, start.at))
    if not is_due(journey.enter.schedule, start.at):
        return ()  # armed by an older version
    shards = [
        JourneyShard(journey=journey.id, at=start.at, segment=segment, shard=shard)
        for segment in journey.enter.audience.segments
        for shard in range(SEGMENT_SHARDS)
    ]
    queues.send(Queue.AUDIENCE, [shard.model_dump(mode="json") for shard in shards])
    return shards


@dataclass(frozen=True, slots=True)
class Usher:
    """The ports of a walk. `driver` is made anew for each page: a pause is met within one."""

    driver: Callable[[], Driver]
    runs: Runs
    queues: Queues


def walk(
    work: JourneyShard,
    on: Usher,
    catalog: Catalog,
    *,
    now: datetime,
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """Let the people of a shard in, from its checkpoint on; returns how many entered.

    The checkpoint moves after each page. When time is short the rest goes back on the queue. Somebody for whom it
    breaks down is tried again once everybody else is in, by the failure of this piece of work.
    """
    name, run, shard = schedule_name(work.journey), run_of(work.at), f"{work.segment}#{work.shard}"
    after, entered = on.runs.checkpoint(name, run, shard), 0
    failure: Exception | None = None
    while True:
        journey = catalog.journeys.get(work.journey)
        if journey is None or not isinstance(journey.enter, EnterBySchedule):
            return entered
        driver = on.driver()
        page, following = driver.people.members(work.segment, work.shard, after=after, limit=PAGE)
        count, broken = _page(page, journey, journey.enter.audience, work, driver, catalog, now=now)
        entered, failure = entered + count, failure or broken
        if page and failure is None:
            after = page[-1]
            on.runs.advance(name, run, shard, after)
        elif page:
            after = page[-1]  # nothing behind a person who broke down counts as done
        if following is None:
            if failure is not None:
                raise failure
            return entered
        if is_over():
            on.queues.send(Queue.AUDIENCE, [work.model_dump(mode="json")])
            return entered


def run_of(at: datetime) -> str:
    """The name of an instant of a schedule."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _page(
    page: Sequence[str],
    journey: Journey,
    audience: Audience,
    work: JourneyShard,
    on: Driver,
    catalog: Catalog,
    *,
    now: datetime,
) -> tuple[int, Exception | None]:
    """Let everybody on a page in: how many entered, and what broke down, if anything did.

    Raises Conflict and Unavailable: these are nobody's own, and over soon.
    """
    entered, failure = 0, None
    found = on.people.profiles(page)
    for stored in {profile.id: profile for profile in found.values()}.values():
        try:
            profile = as_defined(stored, on.people, catalog, now=now)
            if not is_meant(profile, audience):
                continue
            begun = admit(journey, by_schedule(run_of(work.at), at=work.at), profile, on, catalog, now=now)
        except (Conflict, Unavailable):
            raise
        except Exception as error:  # whatever it is, it must not hold up the people behind it
            failure = error
            continue
        entered += not isinstance(begun, Refusal)
    return entered, failure


def is_meant(profile: Profile, audience: Audience) -> bool:
    """Whether somebody belongs to an audience at this moment; membership is read from the record itself."""
    inside = any(segment in profile.segments or segment == EVERYONE for segment in audience.segments)
    return inside and not any(segment in profile.segments for segment in audience.excluded)
