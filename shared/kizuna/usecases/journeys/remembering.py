"""Where people stand in journeys, on their record: only of journeys that some condition asks about.

    a run begins or ends ──▶ stream ──▶ the runs are read ──▶ the record, and the segments that look there

Runs are the truth, and what the record keeps is made anew from all of them. So it does not matter in which order
changes come, how often, or which of them were lost for a while.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.core.folding import settled
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.journeys.standing import stand_of, stands_of
from kizuna.core.people import Profile
from kizuna.core.ports import People, PersonWrite
from kizuna.usecases.ingesting.rewriting import rewrite
from kizuna.usecases.reacting.upkeep import with_current_memory

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog


def note_run(
    before: JourneyRun | None, after: JourneyRun, people: People, catalog: Catalog, *, now: datetime
) -> bool:
    """Bring the record of a person in line with a run that began or ended, and announce what that changes.

    Guarded by the version of the profile, which is read before the runs: who loses reads both again, so the last
    write tells of the newest runs. A crash leaves the record as before, and the stream brings the change again;
    brought twice it changes nothing. False where nothing had to be written, and of who was erased, whose runs go
    as well. Raises Conflict if others keep being faster.
    """
    if after.journey not in catalog.asks.journeys or _stand(before) == _stand(after):
        return False
    return rewrite(
        after.person, people, lambda profile: _noted(profile, before, after, people, catalog, now=now)
    )


def _noted(
    profile: Profile,
    before: JourneyRun | None,
    after: JourneyRun,
    people: People,
    catalog: Catalog,
    *,
    now: datetime,
) -> PersonWrite | None:
    journey = after.journey
    runs = people.runs_in(profile.parts, (journey,))
    stand = stands_of(runs)
    if profile.stands.get(journey) == stand:
        return None
    current = with_current_memory(profile, people, catalog, now=now)
    known = profile.stands.get(journey)
    if known is None:  # nobody asked before: what stood there until this very change is no news
        others = [run for run in runs if place_of(run) != place_of(after)]
        known = stands_of([*others, *([before] if before is not None else [])])
    # What comes late, brought back by a repair, is history, as an event is that does.
    is_live = after.changed_at > catalog.policy.live_within.before(now)
    folded = settled(
        before=profile,
        after=replace(current, stands={**current.stands, journey: stand}),
        catalog=catalog,
        now=now,
        alarm=f"run {after.id}.{after.run_version}",
        announces=is_live,
        base=replace(current, stands={**current.stands, journey: known}),
    )
    return PersonWrite(folded, profile.version)


def _stand(run: JourneyRun | None) -> tuple[str, str] | None:
    """Where a run leaves its person; of another run of the same key it is another thing."""
    return None if run is None else (run.id, stand_of(run) or "")
