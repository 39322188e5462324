"""Whether somebody enters a journey, and the run with which they do.

    what happened ─▶ does the journey take it? ─▶ is this person meant? ─▶ again? too many? ─▶ run, or why not

How many may enter at all is counted by the store, in the very write that lets somebody in (`limits_of`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kizuna.core.conditions import at_path, evaluate
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event
from kizuna.core.experiments import Asked, Holdout, held_out
from kizuna.core.ids import digest
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.keeping import kept_of
from kizuna.core.journeys.run import KEYLESS, JourneyRun, RunState, run_id
from kizuna.core.journeys.scene import Scene, is_such, key_text
from kizuna.core.journeys.standing import ended_before, stands_of
from kizuna.core.people import GONE
from kizuna.core.ports.journeys import EntryLimit
from kizuna.core.timeline import timeline_key


@dataclass(frozen=True, slots=True)
class Entry:
    """What would begin a run. `cause` makes it this occasion and no other; `entry` are the values that it brings.

    `at` is when it happened. `event` is what the person did, if that is what begins the run, and lies in the
    partition `event_part`; `key` is what a call names itself.
    """

    cause: str
    at: datetime
    entry: Mapping[str, Any] = field(default_factory=dict)
    event: Event | None = None
    event_part: str = ""
    key: str = ""


def by_event(event: Event, *, part: str) -> Entry:
    """The person did something."""
    return Entry(timeline_key(event), event.at, event.properties, event, part)


def by_segment(segment: str, *, cause: str, at: datetime) -> Entry:
    """The person entered a segment, by a change that has this cause."""
    return Entry(f"segment|{segment}|{cause}|{instant_to_text(at)}", at)


def by_schedule(run: str, *, at: datetime) -> Entry:
    """A schedule was due; `run` names the instant."""
    return Entry(f"schedule|{run}", at)


def by_call(cause: str, *, at: datetime, inputs: Mapping[str, Any], key: str = "") -> Entry:
    """A system of the company says so, or another journey; `cause` is its own name for this asking."""
    return Entry(f"call|{cause}", at, inputs, key=key)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody does not enter: a code."""

    reason: str


def entered(entry: Entry, runs: Sequence[JourneyRun], scene: Scene) -> JourneyRun | Refusal:
    """The run of somebody who enters, not walked yet (`occurrences.Began`), or why they do not.

    `runs` are all that is known of the person's runs of this journey, the latest of each key.
    """
    journey, profile = scene.journey, scene.profile
    closed = _closed(entry, scene)
    if closed:
        return Refusal(closed)
    key = _key_of(entry, journey)
    if key is None:
        return Refusal("no_key")
    mine = [run for run in runs if run.key == key]
    again = _again(entry, mine, scene)
    if again:
        return Refusal(again)
    if sum(not run.is_over for run in runs) >= journey.max_concurrent:
        return Refusal("too_many_at_once")
    if not _is_meant(runs, scene):
        return Refusal("not_in_audience")
    bucket_id = profile.bucket_id or profile.id
    number = max((run.entry for run in mine), default=0) + 1
    return JourneyRun(
        id=run_id(journey=journey.id, bucket_id=bucket_id, key=key, entry=number),
        journey=journey.id,
        version=scene.version,
        person=profile.id,
        bucket_id=bucket_id,
        key=key,
        entry=number,
        state=RunState.ACTIVE,
        node=journey.start,
        entered_at=scene.now,
        changed_at=scene.now,
        began_from=min(entry.at, scene.now),
        arrived_at=scene.now,
        since=min(entry.at, scene.now),
        context={"entry": kept_of(entry.entry)},
        applied=(_mark_of(entry),),
        held_out=_is_held_out(bucket_id, scene),
        event_part=entry.event_part if entry.event is not None else "",
        event_key=timeline_key(entry.event) if entry.event is not None else "",
        ended_before=ended_before(mine),
    )


def limits_of(journey: Journey, *, now: datetime) -> tuple[EntryLimit, ...]:
    """What an entry at this moment is counted under."""
    told = journey.entry_limits
    if told is None:
        return ()
    found = []
    if told.total is not None:
        found.append(EntryLimit("total", told.total))
    if told.per_day is not None:
        found.append(EntryLimit(f"{now.astimezone(UTC):%Y-%m-%d}", told.per_day))
    return tuple(found)


def _closed(entry: Entry, scene: Scene) -> str:
    """Why nobody enters by this now; empty if the journey takes it."""
    if scene.profile.status in GONE:
        return "erased"
    if scene.profile.status != "active":
        return "restricted"
    if scene.is_over:
        return "journey_ended"
    if scene.is_paused:
        return "journey_paused"
    enter = scene.journey.enter
    if entry.event is None or enter.type != "event":
        return ""
    return "" if is_such(entry.event, enter.event, enter.where) else "another_event"


def _key_of(entry: Entry, journey: Journey) -> str | None:
    """What the run is about; None where the journey asks for a key and none is told."""
    wanted = journey.reentry.per_key
    if wanted is None:
        return KEYLESS
    return key_text(entry.key) or key_text(at_path(entry.entry, wanted))


def _again(entry: Entry, mine: Sequence[JourneyRun], scene: Scene) -> str:
    """Why somebody who was in it may not enter again; empty if they may, or never were."""
    if any(_mark_of(entry) in run.applied[:1] for run in mine):
        return "repeated"
    if not mine:
        return ""
    if any(not run.is_over for run in mine):
        return "inside"
    after = scene.journey.reentry.after
    if after is None:
        return "was_in_before"
    latest = max(run.entered_at for run in mine)
    if entry.at <= max(run.began_from for run in mine):
        return "repeated"  # an older occasion that is brought again, or comes late
    return "" if after.after(latest) <= scene.now else "too_soon"


def _mark_of(entry: Entry) -> str:
    return digest("entry", entry.cause, length=10)


def _is_meant(runs: Sequence[JourneyRun], scene: Scene) -> bool:
    """Of this very journey the runs tell where the person stands: the record may be some seconds behind them."""
    journey = scene.journey
    if journey.audience is None and journey.exclude is None:
        return True
    view = scene.view_of_stand(journey.id, stands_of(runs))
    if journey.audience is not None and not evaluate(journey.audience, view, now=scene.now).matched:
        return False
    return journey.exclude is None or not evaluate(journey.exclude, view, now=scene.now).matched


def _is_held_out(bucket_id: str, scene: Scene) -> bool:
    """Whether the person walks as a ghost: by the journey's own holdout, or by a wider one."""
    journey, own = scene.journey, scene.journey.holdout
    about = Asked(
        level="journey",
        name=journey.id,
        own=Holdout(percent=own.percent, salt=own.salt) if own is not None else None,
        category=journey.category,
        brand=journey.brand,
        topic=journey.topic or "",
        tags=journey.tags,
    )
    return held_out(bucket_id, about, scene.catalog.policy.holdout, now=scene.now) is not None
