"""Steps that ask the world to do something, and where a run goes on once that is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from kizuna.core.journeys.choosing import branch_of, named, placed
from kizuna.core.journeys.effects import (
    ChangeProfile,
    Done,
    Effect,
    Emit,
    Look,
    NotDone,
    Placed,
    Result,
    SlotGiven,
    StartJourney,
    TakeSlot,
    Tell,
    Told,
)
from kizuna.core.journeys.keeping import RUN_KEPT, size_of
from kizuna.core.journeys.moves import Act, End, Go, Move, Stay
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.journeys.scene import Scene
from kizuna.core.journeys.steps import (
    EmitEvent,
    MessageStep,
    SpeakingStep,
    Split,
    Step,
    SurveyStep,
    TaskStep,
    Throttle,
    UpdateProfile,
    WebhookStep,
)
from kizuna.core.journeys.steps import StartJourney as StartJourneyStep
from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason

_GHOST = "held_out"
_FIRST_LOOK = timedelta(minutes=1)
_ON_THE_WAY = frozenset({State.PENDING, State.SENDING, State.SENT, State.UNKNOWN})
_COUNTS_AS_HEARD = _ON_THE_WAY | {State.DEFERRED}


def speak(step: SpeakingStep, run: JourneyRun, scene: Scene) -> Act:
    """Ask the gate about the message of a step. The visit makes it this message and no other."""
    return Act(
        Tell(
            campaign=named(step.id, scene),
            occasion=str(run.visits.get(step.id, 0)),
            held_out=run.held_out,
            ends_at=scene.journey.ends_at,
        )
    )


def act(step: UpdateProfile | EmitEvent | StartJourneyStep | Throttle, run: JourneyRun, scene: Scene) -> Move:
    """What a step does to the person and their record. A ghost leaves no trace there: to somebody who is held out
    the journey does nothing at all."""
    if isinstance(step, Throttle):
        return Act(TakeSlot(step.rate, step.per))
    if run.held_out:
        return Go(scene.journey.after(step), _GHOST)
    effect: Effect
    match step:
        case UpdateProfile():
            effect = ChangeProfile(
                set=scene.values(step.set, run),
                unset=step.unset,
                increment=dict(step.increment),
                append=dict(step.append),
            )
        case EmitEvent():
            effect = Emit(step.event, scene.values(step.properties, run))
        case StartJourneyStep():
            effect = StartJourney(step.start, scene.values(step.inputs, run))
        case _:
            assert_never(step)
    handed = [getattr(effect, name, {}) for name in ("set", "properties", "inputs")]
    return Go(scene.journey.after(step), "too_large") if size_of(handed) > RUN_KEPT else Act(effect)


def acted(step: Step, result: Result, run: JourneyRun, scene: Scene) -> Move:
    """Where a run goes on after what its step asked for was done, or could not be done."""
    onward = scene.journey.after(step)
    match result:
        case Told():
            return _told(step, result, run, scene)
        case Placed(granted=granted):
            if isinstance(step, Split):
                return placed(step, branch_of(step, run, scene), granted=granted)
            return Go(onward, "done")
        case SlotGiven(at=at):
            return Go(onward, "turn") if at <= scene.now else Stay(at)
        case Done(note=note):
            return Go(onward, note or "done")
        case NotDone(reason=reason):
            if isinstance(step, Split):
                return placed(step, branch_of(step, run, scene), granted=False)
            return Go(onward, reason)
        case _:
            assert_never(result)


def look_again(step: SpeakingStep, run: JourneyRun, scene: Scene) -> Act:
    """What is asked when the time has come to see what became of a message that is waited for."""
    return Act(Look(run.told)) if run.told else speak(step, run, scene)


def heard_with(told: Told, run: JourneyRun) -> bool:
    """Whether a person hears something by this: then the next message keeps its distance from it."""
    return not run.held_out and told.state in _COUNTS_AS_HEARD


def _told(step: Step, told: Told, run: JourneyRun, scene: Scene) -> Move:
    if not isinstance(step, MessageStep | SurveyStep | WebhookStep | TaskStep):
        return Go(scene.journey.after(step), "moved")  # the step was another when it was asked for
    onward = scene.journey.after(step)
    if not told.messages and told.until is not None:
        return Stay(told.until, why=told.reason)  # too soon after another message of the journey
    if told.reason == OtherReason.HELD_OUT or told.state is None:
        return Go(onward, told.reason or "nothing_to_say")
    withheld = told.state not in _COUNTS_AS_HEARD
    match step:
        case MessageStep(on_withheld="continue"):
            return Go(onward, _word_of(told))
        case MessageStep():
            if told.state is State.DEFERRED:
                return Stay(_next_look(told, run, scene), why=_word_of(told))
            leaves = withheld and step.on_withheld == "exit"
            return End(RunState.EXITED, "withheld") if leaves else Go(onward, _word_of(told))
        case WebhookStep(on_failure="continue"):
            return Go(onward, _word_of(told))
        case WebhookStep():
            if withheld:
                return End(RunState.EXITED, "webhook_failed")
            is_out = told.state is State.SENT
            return Go(onward, "sent") if is_out else Stay(_next_look(told, run, scene), why=_word_of(told))
        case TaskStep(timeout=timeout) | SurveyStep(timeout=timeout):
            if withheld or timeout is None:
                return Go(step.on_timeout or onward, _word_of(told))
            return Stay(timeout.after(run.arrived_at), runs=True, why=_word_of(told))
        case _:
            assert_never(step)


def _word_of(told: Told) -> str:
    """What became of a message, for the path: `sent`, or the word of its state and why."""
    if told.state in _ON_THE_WAY:
        return "sent" if told.state is not State.UNKNOWN else "unknown"
    word = str(told.state).lower()
    return f"{word}.{told.reason}" if told.reason else word


def _next_look(told: Told, run: JourneyRun, scene: Scene) -> datetime:
    """When what is waited for may be out; later each time, if it is overdue."""
    if told.until is not None and told.until > scene.now:
        return told.until
    return scene.now + max(_FIRST_LOOK, scene.now - max(run.arrived_at, told.until or run.arrived_at))
