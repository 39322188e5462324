"""Steps at which a run stands: until when, and what it goes on at when something happens or the time is over."""

from __future__ import annotations

from typing import Any, assert_never

from kizuna.core.conditions import at_path
from kizuna.core.events import Event
from kizuna.core.feedback import TASK_DONE, TRUSTED
from kizuna.core.journeys.acting import look_again
from kizuna.core.journeys.moments import NoMoment, timer_of, zone_of
from kizuna.core.journeys.moves import End, Go, Move, Stay
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.journeys.scene import Scene, is_about, is_such
from kizuna.core.journeys.steps import (
    MessageStep,
    Step,
    SurveyStep,
    TaskStep,
    Throttle,
    Wait,
    WaitFor,
    WaitSegment,
    WebhookStep,
)

Waiting = Wait | WaitFor | WaitSegment


def stand(step: Waiting, run: JourneyRun, scene: Scene) -> Move:
    """What a step that waits makes of a run that comes to it. The time runs from the arrival."""
    onward, journey = scene.journey.after(step), scene.journey
    match step:
        case Wait():
            timer = timer_of(step, run, scene.profile, zone=journey.default_zone, now=run.arrived_at)
            if isinstance(timer, NoMoment):
                leaves = step.until_trait is not None and step.until_trait.if_missing == "exit"
                return End(RunState.EXITED, "trait_missing") if leaves else Go(onward, "trait_missing")
            return Go(onward, "past") if timer.at <= scene.now else Stay(timer.at, runs=timer.runs)
        case WaitSegment(segment=segment) if segment in scene.profile.segments:
            return Go(onward, "in_segment")
        case WaitFor(timeout=timeout) | WaitSegment(timeout=timeout):
            zone = zone_of(scene.profile, journey.default_zone)
            return Stay(timeout.after(run.arrived_at, zone), runs=True)
        case _:
            assert_never(step)


def met_by(event: Event, step: Step, run: JourneyRun, scene: Scene) -> Go | None:
    """Where an event leads a run that stands at a step; None if it is not one that is waited for."""
    onward = scene.journey.after(step)
    if isinstance(step, WaitFor):
        if event.at < run.since or not is_about(event, run, step.match_key):
            return None
        for number, awaited in enumerate(step.events, 1):
            if is_such(event, awaited.event, awaited.where):
                learned: dict[str, Any] = {step.id: dict(event.properties)}
                return Go(awaited.branch or onward, f"event.{number}", learned)
        return None
    if isinstance(step, TaskStep) and step.await_ and _is_done(event, run):
        outcome = str(event.properties.get("outcome", ""))
        branch = next((to for name, to in step.outcomes.items() if str(name) == outcome), None)
        return Go(branch or onward, f"outcome.{outcome}")
    if isinstance(step, SurveyStep) and _is_answer(event, step, run):
        return Go(onward, "answered", {step.id: dict(event.properties)})
    return None


def _is_answer(event: Event, step: SurveyStep, run: JourneyRun) -> bool:
    """Whether it answers what this run asked, by the link of its own message."""
    asked = event.name == step.event and at_path(event.properties, "survey") == step.survey
    return asked and event.source.kind in TRUSTED and at_path(event.properties, "message_id") in run.told


def _is_done(event: Event, run: JourneyRun) -> bool:
    """Whether the work that this run asked for is done, by the word of whoever may tell."""
    told = event.name == TASK_DONE and event.source.kind in TRUSTED
    return told and at_path(event.properties, "message_id") in run.told


def time_is_over(step: Step, run: JourneyRun, scene: Scene) -> Move:
    """Where a run goes on whose time at a step is over."""
    onward = scene.journey.after(step)
    match step:
        case Wait(until_trait=wanted) if wanted is not None:
            again = timer_of(step, run, scene.profile, zone=scene.journey.default_zone, now=run.arrived_at)
            moved = not isinstance(again, NoMoment) and again.at > scene.now
            return Stay(again.at) if moved and not isinstance(again, NoMoment) else Go(onward, "over")
        case Wait():
            return Go(onward, "over")
        case WaitSegment(segment=segment) if segment in scene.profile.segments:
            return Go(onward, "in_segment")
        case WaitFor(on_timeout=target) | WaitSegment(on_timeout=target):
            return Go(target or onward, "timeout")
        case TaskStep(on_timeout=target) | SurveyStep(on_timeout=target) if run.told:
            return Go(target or onward, "timeout")
        case Throttle():
            return Go(onward, "turn")
        case MessageStep() | SurveyStep() | WebhookStep() | TaskStep():
            return look_again(step, run, scene)
        case _:
            return Go(
                onward, "over"
            )  # a step at which nothing waits: the journey was another when it came here
