"""Whose turn it is: how fast a channel may send, over all its workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Slots:
    """So many moments to send at, one after the other, that nobody else has."""

    first: datetime
    every: timedelta
    count: int


class Pace(Protocol):
    """The moments of each channel, handed out once each to all who ask, on all machines."""

    def reserve(
        self, channel: str, *, every: timedelta, count: int, now: datetime, within: timedelta
    ) -> Slots | None:
        """The next `count` moments, none before `now`; None, and nothing is taken, if the first is more than
        `within` away. Raises Unavailable. Reserved and never used, they are lost to all.
        """
        ...


class Quotas(Protocol):
    """What the provider of a channel allows, as last read."""

    def per_second(self, channel: str) -> float | None:
        """How many messages a second; None where nobody ever told. Raises nothing: what was last known stands."""
        ...


class Turns(Protocol):
    """What a sender asks before it claims a message."""

    def wait(self, channel: str, *, per_second: float, within: timedelta) -> datetime | None:
        """Wait for the channel's next moment and return the time it is then; None at once if it is more than `within`
        away."""
        ...
