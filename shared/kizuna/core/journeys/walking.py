"""The walk itself: from step to step, until one waits, one has to act, or the run is over.

come to a step ─▶ may it? (goal, exit rules, end, pause) ─▶ what does the step say? ─ Go ─▶ the next one
                                                                                     ├ Stay ─▶ waiting, with its alarm
                                                                                     ├ Act ──▶ todo
                                                                                     └ End
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from kizuna.core.durations import epoch_millis
from kizuna.core.journeys.acting import act, speak
from kizuna.core.journeys.choosing import choose_way
from kizuna.core.journeys.effects import Effect
from kizuna.core.journeys.ending import cut, end_before_step, ended
from kizuna.core.journeys.keeping import CUT, with_learned
from kizuna.core.journeys.moves import Act, End, Go, Move, Stay
from kizuna.core.journeys.parts import END, EXIT
from kizuna.core.journeys.pausing import over_at
from kizuna.core.journeys.run import JourneyRun, RunState, Station, Todo, with_station
from kizuna.core.journeys.scene import Scene
from kizuna.core.journeys.steps import (
    Branch,
    EmitEvent,
    Exit,
    ExperimentStep,
    Gate,
    Goto,
    HoldoutStep,
    Join,
    MessageStep,
    SetContext,
    Split,
    StartJourney,
    Step,
    SurveyStep,
    TaskStep,
    Throttle,
    UpdateProfile,
    Wait,
    WaitFor,
    WaitSegment,
    WebhookStep,
)
from kizuna.core.journeys.waiting_for import stand

AT_ONCE = 2_000  # steps that take no time; more than any journey has that is let in (`checking`)


def follow(run: JourneyRun, move: Move, scene: Scene) -> JourneyRun:
    """The run after a step has spoken, and after all that follows from it without anything happening in between."""
    for _ in range(AT_ONCE):
        match move:
            case Stay():
                return _stays(run, move, scene)
            case Act(effect=effect):
                return _asks(run, effect, scene)
            case End():
                return ended(run, move, now=scene.now)
            case Go():
                run = _left(run, move, scene)
                found = _next(run, move.to, scene)
                if isinstance(found, JourneyRun):
                    return found
                run, move = found
            case _:
                assert_never(move)
    return ended(run, End(RunState.FAILED, "endless"), now=scene.now)


def come_to(run: JourneyRun, node: str, scene: Scene) -> JourneyRun:
    """The run on its way from a step on, with nothing left behind: where it begins, or goes on after a pause."""
    found = _next(run, node, scene)
    return found if isinstance(found, JourneyRun) else follow(*found, scene)


def _next(run: JourneyRun, node: str, scene: Scene) -> JourneyRun | tuple[JourneyRun, Move]:
    """What the next step says; or the run, if it ends before, or a pause holds it."""
    if node == END:
        return ended(run, End(RunState.COMPLETED, "end"), now=scene.now)
    if node == EXIT:
        return ended(run, End(RunState.EXITED, "exit"), now=scene.now)
    end = end_before_step(run, scene)
    if end is not None:
        return ended(run, end, now=scene.now)
    if scene.is_paused:
        return _held(run, node, scene)
    step = scene.journey.by_id.get(node)
    if step is None:
        return ended(run, cut(RunState.MIGRATED_OUT, "step_gone"), now=scene.now)
    run = _arrived(run, step, scene)
    return run, what_it_says(step, run, scene)


def what_it_says(step: Step, run: JourneyRun, scene: Scene) -> Move:
    """What a step makes of a run that has just come to it."""
    match step:
        case Wait() | WaitFor() | WaitSegment():
            return stand(step, run, scene)
        case Branch() | Gate() | Split() | ExperimentStep() | HoldoutStep() | Join() | Goto() | Exit():
            return choose_way(step, run, scene)
        case MessageStep() | SurveyStep() | WebhookStep() | TaskStep():
            return speak(step, run, scene)
        case UpdateProfile() | EmitEvent() | StartJourney() | Throttle():
            return act(step, run, scene)
        case SetContext():
            return Go(scene.journey.after(step), "set", scene.values(step.values, run))
        case _:
            assert_never(step)


def _arrived(run: JourneyRun, step: Step, scene: Scene) -> JourneyRun:
    return replace(
        run,
        node=step.id,
        ahead="",
        visits={**run.visits, step.id: run.visits.get(step.id, 0) + 1},
        arrived_at=scene.now,
        told=(),
    )


def _left(run: JourneyRun, move: Go, scene: Scene) -> JourneyRun:
    """The run having left the step where it stood, with what it learned there, as far as there is room."""
    context, whole = with_learned(run.context, move.learned) if move.learned else (run.context, True)
    return replace(
        run,
        context=context,
        held_out=run.held_out or move.holds_out,
        path=with_station(run.path, Station(scene.now, run.node, move.why + ("" if whole else CUT))),
        limit_at=None,
        armed_at=None,
        frozen=False,
        todo=None,
    )


def _stays(run: JourneyRun, stay: Stay, scene: Scene) -> JourneyRun:
    waits = replace(
        run,
        state=RunState.WAITING,
        changed_at=scene.now,
        todo=None,
        frozen=False,
        limit_at=stay.until,
        armed_at=run.arrived_at if stay.runs else None,
        path=with_station(run.path, Station(scene.now, run.node, stay.why)) if stay.why else run.path,
    )
    return with_alarm(waits, scene)


def _asks(run: JourneyRun, effect: Effect, scene: Scene) -> JourneyRun:
    mark = f"{run.node}.{run.visit}.{epoch_millis(scene.now)}"
    return replace(
        run,
        state=RunState.ACTIVE,
        changed_at=scene.now,
        due_at=None,
        limit_at=None,
        armed_at=None,
        frozen=False,
        todo=Todo(mark, run.node, run.visit, effect, scene.now),
    )


def _held(run: JourneyRun, node: str, scene: Scene) -> JourneyRun:
    """The run before a step that a pause keeps it from."""
    return replace(
        run,
        state=RunState.WAITING,
        changed_at=scene.now,
        ahead=node,
        frozen=True,
        due_at=scene.journey.ends_at,
        limit_at=None,
        armed_at=None,
        todo=None,
    )


def held_before(run: JourneyRun, scene: Scene) -> JourneyRun:
    """The run that has come to a step and is not to act there yet; it comes there again, for the same visit."""
    here = {**run.visits, run.node: run.visit - 1}
    return replace(_held(run, run.node, scene), visits=here)


def with_alarm(run: JourneyRun, scene: Scene) -> JourneyRun:
    """The run with its alarm where it belongs: at the end of its time here, pauses left out, or of the journey."""
    limit = time_over_at(run, scene)
    frozen = limit is None and run.limit_at is not None
    alarms = [at for at in (limit, scene.journey.ends_at) if at is not None]
    return replace(run, frozen=frozen, due_at=min(alarms, default=None))


def time_over_at(run: JourneyRun, scene: Scene) -> datetime | None:
    """When the time of a run at its step is over; None if nothing is timed, or time stands still."""
    if run.limit_at is None or run.armed_at is None:
        return run.limit_at
    return over_at(run.limit_at, run.armed_at, scene.pauses)
