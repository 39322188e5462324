"""Every question that a journey asks of people, with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kizuna.core.conditions import Condition

if TYPE_CHECKING:
    from kizuna.core.journeys.definition import Journey


def conditions_in(journey: Journey) -> Iterator[tuple[str, Condition]]:
    """The conditions of a journey, by their keys: of entry, of exit rules, of branches and gates."""
    asked = [("audience", journey.audience), ("exclude", journey.exclude)]
    asked += [(f"exit_rules.{number}.when", rule.when) for number, rule in enumerate(journey.exit_rules)]
    for step in journey.steps:
        if step.type == "branch":
            asked += [
                (f"steps.{step.id}.cases.{number}.when", case.when) for number, case in enumerate(step.cases)
            ]
        elif step.type == "gate":
            asked.append((f"steps.{step.id}.when", step.when))
    return ((key, condition) for key, condition in asked if condition is not None)
