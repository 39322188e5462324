"""What a run may know, by name, and where a journey asks for it.

A run knows `entry`, what came of the steps that waited for an event or for answers, under their ids, and what
`set_context` set. A name that nothing leaves values under is a mistake that would never be seen: a branch by it
always goes the other way, and a value taken from it is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kizuna.core.conditions.properties import PropertyIs, Where, parts_of_where
from kizuna.core.journeys.parts import FromContext, Question
from kizuna.core.journeys.steps import (
    Branch,
    EmitEvent,
    Gate,
    SetContext,
    StartJourney,
    SurveyStep,
    UpdateProfile,
    WaitFor,
)

if TYPE_CHECKING:
    from kizuna.core.journeys.definition import Journey

ENTRY = "entry"


def known_names(journey: Journey) -> frozenset[str]:
    """Names under which a run of this journey may have values."""
    names = {ENTRY}
    for step in journey.steps:
        if isinstance(step, WaitFor | SurveyStep):
            names.add(step.id)
        elif isinstance(step, SetContext):
            names.update(step.values)
    return frozenset(names)


def names_asked(journey: Journey) -> Iterator[tuple[str, str]]:
    """The names of values that a journey asks for, each with the place where it does."""
    for number, rule in enumerate(journey.exit_rules):
        yield from _of_question(rule, f"exit_rules.{number}")
    for step in journey.steps:
        place = f"steps.{step.id}"
        match step:
            case Branch(cases=cases):
                for number, case in enumerate(cases):
                    yield from _of_question(case, f"{place}.cases.{number}")
            case Gate():
                yield from _of_question(step, place)
            case SetContext(values=values):
                yield from _of_values(values, f"{place}.values")
            case EmitEvent(properties=values):
                yield from _of_values(values, f"{place}.properties")
            case StartJourney(inputs=values):
                yield from _of_values(values, f"{place}.inputs")
            case UpdateProfile():
                for key in ("set", "increment", "append"):
                    yield from _of_values(getattr(step, key), f"{place}.{key}")
            case _:
                pass


def _of_question(question: Question, place: str) -> Iterator[tuple[str, str]]:
    if question.context is not None:
        for path in _paths_of(question.context):
            yield f"{place}.context", _name_of(path)


def _paths_of(where: Where) -> Iterator[str]:
    if isinstance(where, PropertyIs):  # what it asks of items inside is about the items
        yield where.property
        return
    for part in parts_of_where(where):
        yield from _paths_of(part)


def _of_values(values: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(values, dict):
        for name, value in values.items():
            if isinstance(value, FromContext):
                yield f"{place}.{name}", _name_of(value.context)


def _name_of(path: str) -> str:
    return path.split(".", 1)[0]
