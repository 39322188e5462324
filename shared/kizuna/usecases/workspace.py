"""Workspace as code: what applying a set of definitions would change, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.campaigns import next_run_as_stored
from kizuna.core.catalog import Catalog, Change, Documents, build, differences
from kizuna.core.contracts import Refresh
from kizuna.core.ports import CatalogStore, Queues, Schedules
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaign import arm

_MOVES_PEOPLE = {"segment", "campaign", "placement"}  # kinds whose conditions decide what profiles remember


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: the changes, the version now in force, and when scheduled campaigns run next."""

    changes: tuple[Change, ...]
    version: int
    next_runs: tuple[tuple[str, datetime], ...]


def plan(wanted: Documents, store: CatalogStore, origin: Callable[[str, str], str]) -> tuple[Change, ...]:
    """What applying would change. Raises InvalidDefinition with every problem of the wanted definitions."""
    build(wanted, origin=origin)
    return differences(store.documents(), wanted)


def apply(
    wanted: Documents,
    store: CatalogStore,
    queues: Queues,
    schedules: Schedules,
    *,
    origin: Callable[[str, str], str],
    now: datetime,
    actor: str,
) -> Applied:
    """Put definitions in force, arm schedules, and have people brought up to date where conditions changed.

    A crash after the definitions are stored leaves schedules or people behind: applying the same again finds
    no changes, and arms and refreshes all the same. What was armed before is disarmed last, so that no campaign
    is ever without its next start; left behind by a crash it comes, starts nothing, and arms the next one.
    """
    build(wanted, origin=origin)
    before = store.documents()
    changes = differences(before, wanted)
    version = store.apply(changes, wanted, now=now, actor=actor) if changes else store.current().version
    catalog = build(wanted, version=version, origin=origin)
    next_runs = _armed(catalog, schedules, now)
    _disarm_replaced(changes, before, dict(next_runs), schedules, now)
    moved = any(change.kind in _MOVES_PEOPLE for change in changes)
    if not changes or moved or build(before, linted=True).kept_out != catalog.kept_out:
        queues.send(
            Queue.WAKE,
            [Refresh(shard=shard, catalog=version).model_dump() for shard in range(SEGMENT_SHARDS)],
        )
    return Applied(changes, version, next_runs)


def _armed(catalog: Catalog, schedules: Schedules, now: datetime) -> tuple[tuple[str, datetime], ...]:
    upcoming = [(campaign.id, arm(campaign, schedules, after=now)) for campaign in catalog.scheduled()]
    return tuple((campaign, at) for campaign, at in upcoming if at is not None)


def _disarm_replaced(
    changes: Sequence[Change],
    before: Documents,
    next_runs: Mapping[str, datetime],
    schedules: Schedules,
    now: datetime,
) -> None:
    """Take back the starts that changed campaigns had been armed for, where they are not their next runs still."""
    for change in changes:
        if change.kind != "campaign" or change.act == "add":
            continue
        at = next_run_as_stored(before[change.kind, change.id], after=now)
        if at is not None and at != next_runs.get(change.id):
            schedules.disarm(change.id, at=at)
