"""Pauses of a journey, and what they do to the time that a run has to wait.

A pause freezes time: of a wait of three days that was paused for two, three days pass all the same. Fixed moments
stay where they are; one that passed meanwhile is past. Nobody has to touch the runs for it: each works it out when
its alarm rings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.journeys.halts import Halt


@dataclass(frozen=True, slots=True)
class Pause:
    """From when until when nothing went on; `until` None: it still does not."""

    since: datetime
    until: datetime | None = None


Pauses = Sequence[Pause]  # in order, and apart from each other


def is_paused(pauses: Pauses, *, now: datetime) -> bool:
    """Whether nothing goes on at this moment."""
    return any(pause.since <= now and (pause.until is None or now < pause.until) for pause in pauses)


def over_at(limit: datetime, armed: datetime, pauses: Pauses) -> datetime | None:
    """When a length of time that began at `armed`, and would be over at `limit`, is over if pauses do not count.

    None while it stands still in a pause that has no end yet.
    """
    for pause in pauses:
        if pause.since >= limit:
            break
        if pause.until is None:
            return None
        frozen = pause.until - max(pause.since, armed)
        if pause.until > armed:
            limit += frozen
    return limit


def pauses_of(halt: Halt | None) -> Pauses:
    """The pauses that were made by hand, as far as they froze time: those after which timers were to have run on
    meanwhile froze nothing but what met them."""
    stops = halt.stops if halt is not None else ()
    return tuple(
        Pause(stop.since, stop.until) for stop in stops if stop.until is None or stop.timers == "freeze"
    )
