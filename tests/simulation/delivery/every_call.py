"""R2: one run for each call of the delivery path and each thing that can go wrong there, and nothing else wrong.

What is enumerated are the calls of a run in which nothing goes wrong; a fault changes only what comes after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.delivery.faults import NOTHING, POSSIBLE, Fault, Faults, Kind, Planned
from tests.simulation.delivery.judge import Verdict, judge
from tests.simulation.delivery.path import Path
from tests.simulation.delivery.records import OURS, Design
from tests.simulation.delivery.staff import Staff
from tests.simulation.delivery.town import ONE_OF_EACH, a_town_of

SEED = 1


@dataclass(slots=True)
class Enumerated:
    """What was tried: by place and fault; what never happened, and what went wrong."""

    calls: int = 0
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


def every_call(
    category: str = "marketing",
    channel: str = "email",
    *,
    part: tuple[int, int] = (0, 1),
    staff: Staff = (),
) -> Enumerated:
    """In a town with one of each kind of people; `part` (number, of how many) plays a share of the points."""
    found = Enumerated()
    for place, number, (where, kind), fault in _points(category, channel, staff, found):
        if place % part[1] != part[0]:
            continue
        plan = Planned(number, fault)
        path = Path(a_town_of(ONE_OF_EACH, channel), Faults(SEED, NOTHING, plan), category, staff=staff)
        path.run()
        verdict = judge(path)
        found.tried[where, fault.value] += 1
        if plan.happened != where:
            found.missed.append(f"call {number} ({where}, {kind}): {fault} did not happen there")
        found.violations += [f"call {number} ({where}): {fault}: {each}" for each in verdict.faults]
    return found


def _points(
    category: str, channel: str, staff: Staff, found: Enumerated
) -> Iterator[tuple[int, int, tuple[str, Kind], Fault]]:
    nothing = Planned(-1, Fault.REFUSED)
    calm = Path(a_town_of(ONE_OF_EACH, channel), Faults(SEED, NOTHING, nothing), category, staff=staff)
    calm.run()
    calls = calm.faults.calls
    found.calls = len(calls)
    found.violations += [f"nothing went wrong, and yet: {each}" for each in judge(calm).faults]
    place = 0
    for number, call in enumerate(calls):
        for fault in POSSIBLE[call[1]]:
            yield place, number, call, fault
            place += 1


def at_the_one_call(fault: Fault, design: Design = OURS) -> Verdict:
    """The first call of the provider, with this fault, and nothing else wrong."""
    town = a_town_of(ONE_OF_EACH)
    calm = Path(town, Faults(SEED, NOTHING, Planned(-1, fault)), design=design)
    calm.run()
    number = next(number for number, (place, _) in enumerate(calm.faults.calls) if place == "provider.send")
    path = Path(town, Faults(SEED, NOTHING, Planned(number, fault)), design=design)
    path.run()
    return judge(path)
