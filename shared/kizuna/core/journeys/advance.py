"""How a run takes what happens: `advance(run, occurrence)` is all that a journey does, in production and in tests.

    event      the alarm first, if it rang before; then goal and exit rules; then what the step waits for
    alarm      pauses left out, is the time over? then on
    done       on, as the step has it
    pause      whatever wants to go on is held; resumed, it goes on from there

Pure. The same occurrence twice changes nothing more; two in the wrong order come to the same wherever their own times
tell the right one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from kizuna.core.journeys.acting import acted, heard_with
from kizuna.core.journeys.effects import Told
from kizuna.core.journeys.ending import cut, end_before_step, end_by_event, ended
from kizuna.core.journeys.migrating import moved_over
from kizuna.core.journeys.moves import Go
from kizuna.core.journeys.occurrences import (
    Acted,
    Began,
    EventHappened,
    Occurrence,
    Paused,
    PersonChanged,
    Redefined,
    Removed,
    Resumed,
    SegmentChanged,
    TimePassed,
    happened_at,
    mark_of,
)
from kizuna.core.journeys.run import JourneyRun, RunState, with_mark
from kizuna.core.journeys.scene import Scene
from kizuna.core.journeys.steps import WaitSegment
from kizuna.core.journeys.waiting_for import met_by, time_is_over
from kizuna.core.journeys.walking import come_to, follow, held_before, time_over_at, with_alarm
from kizuna.core.timeline import timeline_key


@dataclass(frozen=True, slots=True)
class Advanced:
    """The run as it is now; the very same object if nothing changed.

    `left`: the occurrence has not been applied yet, because something goes before it: what the run has to do
    (`run.todo`), or an alarm that rang earlier. Bring it again once that is stored and done.
    """

    run: JourneyRun
    left: Occurrence | None = None


def advance(run: JourneyRun, occurrence: Occurrence, scene: Scene) -> Advanced:
    """The run after one occurrence. Its `run_version` is one higher if anything changed: store it over the one that
    was read, and only there."""
    if run.is_over or _set_off(run, occurrence):
        return Advanced(run)
    mark = mark_of(occurrence)
    if mark and mark in run.applied:
        return Advanced(run)
    found = _taken(run, occurrence, scene)
    if found.run is run:
        return found
    applied = with_mark(run.applied, mark) if mark and found.left is None else found.run.applied
    return replace(found, run=replace(found.run, applied=applied, run_version=run.run_version + 1))


def _set_off(run: JourneyRun, occurrence: Occurrence) -> bool:
    """Whether it is what began the run, brought again: it is not its goal, no reason to leave, not waited for."""
    return isinstance(occurrence, EventHappened) and timeline_key(occurrence.event) == run.event_key


def _taken(run: JourneyRun, occurrence: Occurrence, scene: Scene) -> Advanced:
    match occurrence:
        case Began():
            begun = run.visits or run.ahead or run.todo
            return Advanced(run) if begun else Advanced(come_to(run, scene.journey.start, scene))
        case EventHappened() | SegmentChanged():
            return _happened(run, occurrence, scene)
        case TimePassed():
            return Advanced(_rung(run, scene))
        case Acted(mark=mark, result=result):
            if run.todo is None or run.todo.mark != mark:
                return Advanced(run)
            if isinstance(result, Told):
                heard = max(scene.now, result.until or scene.now) if heard_with(result, run) else run.heard_at
                run = replace(run, told=result.messages, heard_at=heard)
            step = scene.journey.by_id.get(run.node)
            move = (
                cut(RunState.MIGRATED_OUT, "step_gone") if step is None else acted(step, result, run, scene)
            )
            return Advanced(follow(run, move, scene))
        case PersonChanged(change="looked"):
            return Advanced(_looked_at(run, scene))
        case PersonChanged(change=change):
            return Advanced(ended(run, cut(RunState.EXITED, change), now=scene.now))
        case Removed(reason=reason):
            return Advanced(ended(run, cut(RunState.EXITED, reason), now=scene.now))
        case Paused():
            return Advanced(_paused(run, scene))
        case Resumed():
            return Advanced(_resumed(run, scene))
        case Redefined():
            if scene.version <= run.version:
                return Advanced(run)
            return Advanced(run, left=occurrence) if run.todo else Advanced(moved_over(run, scene))
        case _:
            assert_never(occurrence)


def _looked_at(run: JourneyRun, scene: Scene) -> JourneyRun:
    """The run once exit rules were looked at, and whether the person is where it waits for them to be."""
    end = end_before_step(run, scene)
    if end is not None:
        return ended(run, end, now=scene.now)
    step = scene.journey.by_id.get(run.node)
    waits = isinstance(step, WaitSegment) and run.state is RunState.WAITING and not run.ahead
    if waits and isinstance(step, WaitSegment) and step.segment in scene.profile.segments:
        return follow(replace(run, since=scene.now), Go(scene.journey.after(step), "in_segment"), scene)
    return run


# ── something happens ───────────────────────────────────────────────────────────────────────────


def _happened(run: JourneyRun, occurrence: EventHappened | SegmentChanged, scene: Scene) -> Advanced:
    """An alarm that was due before it happened goes first, whoever comes to hear of it first."""
    at = happened_at(occurrence, now=scene.now)
    if run.todo is None and run.due_at is not None and run.due_at <= at:
        rung = _rung(run, scene)
        if rung is not run:
            return Advanced(rung) if rung.is_over else Advanced(rung, left=occurrence)
    if isinstance(occurrence, EventHappened):
        end = end_by_event(occurrence.event, run, scene)
        if end is not None:
            return Advanced(ended(run, end, now=scene.now))
    if run.todo is not None:
        return Advanced(run, left=occurrence)
    if run.ahead:
        return Advanced(run)  # it has left its step, and is held before the next one
    if not run.visits:  # somebody hears of it who is faster than whoever let them in
        return Advanced(come_to(run, scene.journey.start, scene), left=occurrence)
    move = _met(run, occurrence, scene)
    if move is None:
        return Advanced(run)
    return Advanced(follow(replace(run, since=at), move, scene))


def _met(run: JourneyRun, occurrence: EventHappened | SegmentChanged, scene: Scene) -> Go | None:
    step = scene.journey.by_id.get(run.node)
    if step is None:
        return None
    if isinstance(occurrence, EventHappened):
        return met_by(occurrence.event, step, run, scene)
    if isinstance(step, WaitSegment) and occurrence.entered and occurrence.segment == step.segment:
        return Go(scene.journey.after(step), "in_segment") if occurrence.at >= run.since else None
    return None


# ── time passes ─────────────────────────────────────────────────────────────────────────────────


def _rung(run: JourneyRun, scene: Scene) -> JourneyRun:
    """The run after its alarm; it changes nothing before its time, and moves an alarm that a pause has put off."""
    if scene.is_over:
        return ended(run, cut(RunState.EXITED, "journey_ended"), now=scene.now)
    if run.todo is not None or run.due_at is None:
        return run
    if scene.now < run.due_at:  # too early, unless the journey has come to end before
        ends_at = scene.journey.ends_at
        return _moved_alarm(run, scene) if ends_at is not None and ends_at < run.due_at else run
    if run.ahead:  # its turn has come, unless a pause holds it
        if scene.is_paused:
            return _moved_alarm(run, scene)
        return come_to(replace(run, since=run.due_at), run.ahead, scene)
    over = time_over_at(run, scene)
    if over is None or scene.now < over or scene.is_paused:
        return _moved_alarm(run, scene)
    step = scene.journey.by_id.get(run.node)
    if step is None:
        return ended(run, cut(RunState.MIGRATED_OUT, "step_gone"), now=scene.now)
    end = end_before_step(run, scene)
    if end is not None:
        return ended(run, end, now=scene.now)
    return follow(replace(run, since=over), time_is_over(step, run, scene), scene)


def _moved_alarm(run: JourneyRun, scene: Scene) -> JourneyRun:
    moved = replace(with_alarm(run, scene), changed_at=scene.now)
    if scene.is_paused:
        moved = replace(moved, frozen=True, due_at=scene.journey.ends_at)
    return run if (moved.due_at, moved.frozen) == (run.due_at, run.frozen) else moved


def _paused(run: JourneyRun, scene: Scene) -> JourneyRun:
    """Nothing has to be done to a run that waits: it meets the pause when its alarm rings. One that was about to act
    is held before the step, as if it had not come to it: what it has done there already is known by its visit."""
    if not scene.is_paused:
        return run
    return _rung(run, scene) if run.todo is None else held_before(run, scene)


def _resumed(run: JourneyRun, scene: Scene) -> JourneyRun:
    """What was held goes on, what was frozen gets its alarm again, and rings if that is past."""
    if scene.is_paused or run.todo is not None:
        return run
    if not run.frozen:
        return run
    if run.ahead:
        return come_to(replace(run, frozen=False, since=scene.now), run.ahead, scene)
    woken = replace(with_alarm(run, scene), changed_at=scene.now)
    return _rung(woken, scene)
