"""Whether a matter between us and a person is settled: what an event placed was ended, by another event or by staff.

A hold that only ran out settles nothing: it says how long promotion is silent, not that anybody has answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kizuna.core.conditions import Sequence as InOrder
from kizuna.core.conditions.sequences import Step
from kizuna.core.events import Event
from kizuna.core.restraint.holds import ToneHold
from kizuna.core.tallying import passes, value_of


def is_settled(holds: Iterable[ToneHold], event: Event, later: Sequence[Event]) -> bool:
    """Whether the holds that this event placed, one at least, have all been ended by what came after it."""
    placed = [
        hold.stands.sequence
        for hold in holds
        if isinstance(hold.stands, InOrder)
        and hold.release is not None
        and _is_step(hold.stands.sequence[0], event)
    ]
    return bool(placed) and all(
        any(_ends(step, event, each) for step in ends for each in later) for _, *ends in placed
    )


def _is_step(step: Step, event: Event) -> bool:
    return step.name == event.name and passes(step.where, event)


def _ends(step: Step, placed: Event, later: Event) -> bool:
    """As the hold itself asks it: the same kind of event, with the same values where it names any."""
    if not _is_step(step, later):
        return False
    return all(
        (value := value_of(later, own)) is not None and value == value_of(placed, other.partition(".")[2])
        for own, other in step.join.items()
    )
