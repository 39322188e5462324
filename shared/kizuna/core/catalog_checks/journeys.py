"""Journeys among the other definitions: their steps that speak are campaigns, and what they name exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kizuna.core.campaigns import OnJourney
from kizuna.core.catalog_checks.typed import Origin, Parsed, policy_of
from kizuna.core.errors import Problem
from kizuna.core.journeys.checking import journey_problems
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.entering import EnterByEvent, EnterBySchedule, EnterBySegment
from kizuna.core.journeys.messages import campaigns_of, journey_and_step, speaking_problems
from kizuna.core.journeys.steps import (
    EmitEvent,
    StartJourney,
    SurveyStep,
    UpdateProfile,
    WaitFor,
    WaitSegment,
)
from kizuna.core.people import COMPUTED_TRAITS
from kizuna.core.refusing.meant import missing
from kizuna.core.restraint.holds import made_by_a_hold
from kizuna.core.segments import EVERYONE

_LOST = frozenset(
    {"reject", "quarantine"}
)  # what the tracking plan does with events that never reach anybody


def take_in_journeys(parsed: Mapping[str, dict[str, Any]], origin: Origin) -> list[Problem]:
    """Put the steps that speak beside the campaigns, under ids that no campaign of a workspace has. Tells why a
    journey cannot be walked; of such a one nothing is taken in."""
    problems = []
    for campaign in list(parsed["campaign"].values()):
        if isinstance(campaign.trigger, OnJourney):
            why = "is what journeys make of their steps; a campaign of its own is set off by something else"
            problems.append(Problem(f"{origin('campaign', campaign.id)}: trigger", why))
            del parsed["campaign"][campaign.id]
    for journey in parsed["journey"].values():
        place = origin("journey", journey.id)
        found = journey_problems(journey, place) + speaking_problems(journey, place)
        problems += found
        if not found:
            parsed["campaign"].update(campaigns_of(journey))
    return problems


def with_steps(origin: Origin) -> Origin:
    """Where definitions are written; of a campaign that is a step of a journey, there."""

    def place_of(kind: str, definition_id: str) -> str:
        step = journey_and_step(definition_id) if kind == "campaign" else None
        return (
            origin(kind, definition_id) if step is None else f"{origin('journey', step[0])}: steps.{step[1]}"
        )

    return place_of


_OF_A_STEP = re.compile(r"(: steps\.[a-z][a-z0-9-]*): ")


def at_its_step(problem: Problem) -> Problem:
    """A problem of a campaign that is a step, by its key in the journey: `welcome.yaml: steps.hello.template`."""
    return Problem(_OF_A_STEP.sub(r"\1.", problem.path, count=1), problem.reason)


def place_of_step(keys: tuple[int | str, ...], document: Mapping[str, Any]) -> tuple[int | str, ...]:
    """The keys that lead to a place in a journey, its steps by their ids instead of their numbers."""
    match keys:
        case ("steps", int() as number, *rest):
            steps = document.get("steps")
            step = steps[number] if isinstance(steps, list | tuple) and number < len(steps) else None
            named = step.get("id") if isinstance(step, Mapping) else None
            return ("steps", str(named or number), *rest)
        case _:
            return keys


# ── what a journey names ────────────────────────────────────────────────────────────────────────


def journey_reference_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    for journey in parsed["journey"].values():
        place = origin("journey", journey.id)
        for key, reason in (*_missing(journey, parsed), *_misused(journey, parsed)):
            yield Problem(f"{place}: {key}", reason)
    yield from _circles(parsed, origin)


Found = Iterator[tuple[str, str]]


def _missing(journey: Journey, parsed: Parsed) -> Found:
    wanted = [("brand", "brand", journey.brand)]
    if journey.topic is not None:
        wanted.append(("topic", "topic", journey.topic))
    match journey.enter:
        case EnterBySegment(segment=name):
            wanted.append(("enter.segment", "segment", name))
        case EnterBySchedule(audience=audience):
            wanted += [("enter.audience.in", "segment", name) for name in audience.segments]
            wanted += [("enter.audience.not_in", "segment", name) for name in audience.excluded]
        case _:
            pass
    for step in journey.steps:
        if isinstance(step, WaitSegment):
            wanted.append((f"steps.{step.id}.segment", "segment", step.segment))
        if isinstance(step, StartJourney):
            wanted.append((f"steps.{step.id}.start", "journey", step.start))
        if isinstance(step, SurveyStep):
            wanted.append((f"steps.{step.id}.survey", "survey", step.survey))
    for key, kind, name in wanted:
        if name not in parsed[kind] and (kind, name) != ("segment", EVERYONE):
            yield key, missing(kind, name, parsed[kind], because=made_by_a_hold(kind, name))


def _misused(journey: Journey, parsed: Parsed) -> Found:
    # What they are the names of is imported where there are journeys to check.
    from kizuna.core.journeys.own_events import OWN_EVENTS, TELL_OF_OUR_MESSAGES

    for key, name in _events(journey):
        if name in TELL_OF_OUR_MESSAGES:
            yield key, "tells of our own messages, which start no other message"
        elif name not in OWN_EVENTS and not _can_come(name, parsed):
            yield key, f"{name!r} is not in the tracking plan, which lets no other event through"
    for step in journey.steps:
        match step:
            case EmitEvent(event=name) if name in OWN_EVENTS:
                yield f"steps.{step.id}.event", f"{name!r} tells of what only we, or a provider, can know"
            case UpdateProfile():
                named = {*step.set, *step.unset, *step.increment, *step.append}
                for trait in sorted(named & COMPUTED_TRAITS):
                    yield f"steps.{step.id}", f"{trait!r} is worked out by us: nothing sets it"
            case StartJourney(start=name, inputs=inputs):
                started = parsed["journey"].get(name)
                about = started.reentry.per_key if started is not None else None
                if about is not None and about not in inputs:
                    why = f"journey {name!r} has a run for each {about!r}: say which one"
                    yield f"steps.{step.id}.inputs", why
            case SurveyStep():
                yield from _unasked(step, parsed)
            case _:
                pass


def _unasked(step: SurveyStep, parsed: Parsed) -> Found:
    """What keeps the answers of a survey from coming to the step that waits for them."""
    asked = parsed["survey"].get(step.survey)
    if asked is not None and asked.event != step.event:
        yield (
            f"steps.{step.id}.event",
            f"survey {step.survey!r} becomes the event {asked.event!r}: say event: {asked.event}",
        )
    for name in sorted({*step.templates.values(), *([step.template] if step.template else ())}):
        template = parsed["template"].get(name)
        if template is not None and template.survey != step.survey:
            other = f"asks {template.survey!r}" if template.survey else "asks no survey"
            yield (
                f"steps.{step.id}",
                f"template {name!r} {other}: say survey: {step.survey} there, and link to {{{{ links.survey }}}}",
            )


def _events(journey: Journey) -> Found:
    """The events that a journey listens to, and where it says so."""
    if isinstance(journey.enter, EnterByEvent):
        yield "enter.event", journey.enter.event
    yield "goal.event", journey.goal.event
    for number, rule in enumerate(journey.exit_rules):
        if rule.event is not None:
            yield f"exit_rules.{number}.event", rule.event
    for step in journey.steps:
        if isinstance(step, WaitFor):
            for number, awaited in enumerate(step.events):
                yield f"steps.{step.id}.events.{number}.event", awaited.event


def _can_come(name: str, parsed: Parsed) -> bool:
    """Whether an event of this name gets by the tracking plan, from some source at least."""
    if any(each.event == name for each in parsed["event"].values()):
        return True
    policy = policy_of(parsed)
    told = [each.unknown_events or policy.tracking.unknown_event for each in parsed["source"].values()]
    return not _LOST.issuperset(told or [policy.tracking.unknown_event])


def _circles(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    """Journeys that start each other would never come to an end."""
    starts = {
        journey.id: [step.start for step in journey.steps if isinstance(step, StartJourney)]
        for journey in parsed["journey"].values()
    }
    for name in starts:
        circle = sorted(other for other in _begun_by(name, starts) if name in _begun_by(other, starts))
        if circle:
            by = f" by way of other journeys ({', '.join(circle)})" if len(circle) > 1 else ""
            yield Problem(f"{origin('journey', name)}: steps", f"starts itself again{by}")


def _begun_by(journey: str, starts: Mapping[str, list[str]]) -> set[str]:
    """Every journey that it starts, and that those start."""
    found: set[str] = set()
    waiting = [journey]
    while waiting:
        for other in starts.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
