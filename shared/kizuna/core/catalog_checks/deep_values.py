"""Deep traits stay where their depth is asked: no step of a journey carries one on under another name.

A message is told a deep trait only as far as its person allows (`restraint/depth`). What a step copies into an event,
a value of the run, the inputs of another journey or a trait that is not deep would be told to anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.errors import Problem
from kizuna.core.journeys.doing import EmitEvent, SetContext, StartJourney, UpdateProfile
from kizuna.core.journeys.parts import FromTrait


def deep_value_problems(
    parsed: Parsed, origin: Origin, *, of: Collection[str] | None = None
) -> Iterator[Problem]:
    """Each value of a step that carries a deep trait on; with `of` only in what stands at these places."""
    deep = {name for name, trait in parsed["trait"].items() if trait.is_deep}
    for journey in parsed["journey"].values() if deep else ():
        place = origin("journey", journey.id)
        if of is not None and place not in of:
            continue
        for step in journey.steps:
            for key, target, value in _handed_on(step):
                name = value.trait.partition(".")[0] if isinstance(value, FromTrait) else ""
                if name in deep and target not in deep:
                    told = f"carries the deep trait {name!r} on, where nobody asks how deep it goes: leave it out"
                    yield Problem(f"{place}: steps.{step.id}.{key}", told)


def _handed_on(step: Any) -> Iterator[tuple[str, str, Any]]:
    """Each value that a step hands on: its key, the trait that it goes into (empty: none), and the value."""
    found: Mapping[str, Any]
    match step:
        case UpdateProfile(set=found):
            yield from ((f"set.{name}", name, value) for name, value in found.items())
        case SetContext(values=found):
            yield from ((f"values.{name}", "", value) for name, value in found.items())
        case EmitEvent(properties=found):
            yield from ((f"properties.{name}", "", value) for name, value in found.items())
        case StartJourney(inputs=found):
            yield from ((f"inputs.{name}", "", value) for name, value in found.items())
