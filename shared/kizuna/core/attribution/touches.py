"""What somebody did with our messages, and which of it a success may be owed to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.attribution.rules import AttributionRules, Kind


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """What credit is given to."""

    campaign: str
    variant: str
    channel: str


@dataclass(frozen=True, slots=True, order=True)
class Touch:
    """A human click or open, or a message that went out. Machines touch nobody."""

    at: datetime
    message: str
    kind: Kind
    source: Source


@dataclass(frozen=True, slots=True)
class Success:
    """One goal event of somebody; money in the smallest unit of its currency, which is empty where there is none."""

    at: datetime
    event: str
    amount: int = 0
    currency: str = ""


def credited(success: Success, touches: Iterable[Touch], rules: AttributionRules) -> tuple[Touch, ...]:
    """The touches that a success may be owed to, the oldest first: of each message the one that says most.

    A click says more than an open, and that more than a message that went out; of two clicks the later one.
    """
    best: dict[str, Touch] = {}
    for touch in touches:
        age = success.at - touch.at
        if (
            touch.kind not in rules.kinds
            or not 0 <= age.total_seconds() <= rules.window(touch.kind, touch.source.channel).total_seconds()
        ):
            continue
        held = best.get(touch.message)
        if held is None or (_WEIGHT[touch.kind], touch.at) > (_WEIGHT[held.kind], held.at):
            best[touch.message] = touch
    return tuple(sorted(best.values()))


_WEIGHT: dict[Kind, int] = {"sent": 0, "open": 1, "click": 2}


def leftover(touches: Sequence[Touch], paths: Iterable[Sequence[Touch]]) -> tuple[Touch, ...]:
    """The touches that led to no success, the oldest first: one path that ended in nothing."""
    led = {touch for path in paths for touch in path}
    messages = {touch.message for touch in led}
    return tuple(sorted(touch for touch in touches if touch not in led and touch.message not in messages))
