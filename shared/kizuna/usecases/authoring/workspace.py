"""Workspace as code: what applying a set of definitions would change, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.campaigning.past import past_plans
from kizuna.core.campaigns import next_run_as_stored
from kizuna.core.catalog import Catalog, Change, Documents, build, differences
from kizuna.core.contracts import FollowJourneys
from kizuna.core.errors import InvalidDefinition
from kizuna.core.ports import Backfills, CatalogStore, Queues, Schedules
from kizuna.core.segments.backfill import Backfill
from kizuna.core.wordings import altered
from kizuna.topology import Queue
from kizuna.usecases import rfm
from kizuna.usecases.campaigning.launching import arm
from kizuna.usecases.journeys import scheduled
from kizuna.usecases.segments.backfill import begin


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: the changes, the version now in force, when scheduled campaigns run next, and the backfill that
    has begun, if people have to be brought up to date."""

    changes: tuple[Change, ...]
    version: int
    next_runs: tuple[tuple[str, datetime], ...]
    backfill: Backfill | None = None


def plan(
    wanted: Documents, store: CatalogStore, origin: Callable[[str, str], str], *, now: datetime
) -> tuple[Change, ...]:
    """What applying would change. Raises InvalidDefinition with every problem of the wanted definitions."""
    build(wanted, origin=origin)
    stored = store.documents()
    _refuse_what_loses(stored, wanted, origin, now=now)
    return differences(stored, wanted)


def _refuse_what_loses(
    stored: Documents, wanted: Documents, origin: Callable[[str, str], str], *, now: datetime
) -> None:
    """Raises InvalidDefinition where something would be lost that consents rest on, or a plan is over already."""
    problems = (*altered(stored, wanted, origin), *past_plans(stored, wanted, origin, now=now))
    if problems:
        raise InvalidDefinition(problems)


def apply(
    wanted: Documents,
    store: CatalogStore,
    queues: Queues,
    schedules: Schedules,
    backfills: Backfills,
    *,
    origin: Callable[[str, str], str],
    now: datetime,
    actor: str,
) -> Applied:
    """Put definitions in force, arm schedules, and have people brought up to date where conditions changed.

    A crash after the definitions are stored leaves schedules or people behind: applying the same again finds
    no changes, arms and goes on with the backfill all the same (which the minute's sweep does by itself). What was
    armed before is disarmed last, so that no campaign is ever without its next start; left behind by a crash it
    comes, starts nothing, and arms the next one.
    """
    catalog = build(wanted, origin=origin)
    before = store.documents()
    _refuse_what_loses(before, wanted, origin, now=now)
    changes = differences(before, wanted)
    version = store.apply(changes, wanted, now=now, actor=actor) if changes else store.current().version
    next_runs = _armed(catalog, schedules, now)
    _disarm_replaced(changes, before, dict(next_runs), schedules, now)
    backfill = begin(backfills, queues, store.current(fresh=True), now=now)
    if any(change.kind == "journey" for change in changes):
        queues.send(Queue.WAKE, [FollowJourneys(at=now).model_dump(mode="json")])
    return Applied(changes, version, next_runs, backfill)


def _armed(catalog: Catalog, schedules: Schedules, now: datetime) -> tuple[tuple[str, datetime], ...]:
    upcoming = [(campaign.id, arm(campaign, schedules, after=now)) for campaign in catalog.scheduled()]
    upcoming += [
        (rfm.schedule_name(each.id), rfm.arm(each, schedules, after=now)) for each in catalog.rfm.values()
    ]
    upcoming += [
        (scheduled.schedule_name(each.id), scheduled.arm(each, schedules, after=now))
        for each in catalog.journeys.values()
    ]
    return tuple((name, at) for name, at in upcoming if at is not None)


def _disarm_replaced(
    changes: Sequence[Change],
    before: Documents,
    next_runs: Mapping[str, datetime],
    schedules: Schedules,
    now: datetime,
) -> None:
    """Take back the starts that changed definitions had been armed for, where they are not their next runs still."""
    for change in changes:
        if change.kind not in ("campaign", "rfm", "journey") or change.act == "add":
            continue
        name, document = change.id, before[change.kind, change.id]
        if change.kind == "rfm":
            name, document = rfm.schedule_name(change.id), {"trigger": document.get("schedule")}
        if change.kind == "journey":
            enter = document.get("enter")
            schedule = enter.get("schedule") if isinstance(enter, Mapping) else None
            name, document = scheduled.schedule_name(change.id), {"trigger": schedule}
        at = next_run_as_stored(document, after=now)
        if at is not None and at != next_runs.get(name):
            schedules.disarm(name, at=at)
