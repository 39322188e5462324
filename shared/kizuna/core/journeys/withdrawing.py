"""What a run still had to say when it was cut: by its goal, an exit rule, a merge, a new version, the journey's end.

A run that comes to an end of its path has said all that it was to say, and what waits goes out. One that is cut has
not: a reminder of a cart that waits for the morning must not go to who bought it in the night.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kizuna.core.journeys.leaving import ERASED
from kizuna.core.journeys.messages import journey_and_step
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message, State, move
from kizuna.core.own_channels import WEBHOOK
from kizuna.core.reasons import OtherReason


def heeds_walk(message: Message) -> bool:
    """Whether a message is a step of a journey that goes no further than its run: not what the law requires, nor what
    a system of the company has to learn."""
    is_step = journey_and_step(message.campaign) is not None
    return is_step and message.channel != WEBHOOK and message.category != "mandatory"


def why_left(message: Message, runs: Iterable[JourneyRun]) -> str | None:
    """How the run of a message was cut, in the words of its path (`exited.merged`); None if the message may go. Of
    who was erased the gate tells more."""
    if not heeds_walk(message):
        return None
    run = next((each for each in runs if each.id == message.run), None)
    is_cut = run is not None and run.is_cut and run.reason != ERASED
    return f"{run.state}.{run.reason}" if run is not None and is_cut else None


def withdrawn(message: Message, left: str, *, now: datetime) -> Message:
    """The message, refused because its run was cut: `left` says how."""
    decision = {**message.decision, "left": left}
    reason = str(OtherReason.LEFT_JOURNEY)
    return move(message, State.DENIED, now=now, reason=reason, not_before=None, decision=decision)
