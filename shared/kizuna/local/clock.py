"""Two clocks with one face: the wall's, and one that stands still until it is moved."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC, and reaches a later time on request."""

    def now(self) -> datetime: ...

    def advance_to(self, moment: datetime) -> datetime:
        """Returns the time reached, at least `moment`. A moment already past changes nothing: no clock goes back."""
        ...

    def advance(self, delta: timedelta) -> datetime:
        """As `advance_to`, from now on. Raises ValueError for a negative `delta`."""
        ...


class VirtualClock:
    """A clock that moves only when told to. Safe to share between threads."""

    def __init__(self, start: datetime) -> None:
        """Raises ValueError for a `start` without time zone."""
        self._now = _in_utc(start)
        self._lock = Lock()

    def now(self) -> datetime:
        return self._now

    def advance_to(self, moment: datetime) -> datetime:
        reached = _in_utc(moment)
        with self._lock:
            self._now = max(self._now, reached)
            return self._now

    def advance(self, delta: timedelta) -> datetime:
        _refuse_negative(delta)
        with self._lock:
            self._now += delta
            return self._now


class SystemClock:
    """The wall clock: it advances by waiting."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep

    def now(self) -> datetime:
        return datetime.now(UTC)

    def advance_to(self, moment: datetime) -> datetime:
        reached = _in_utc(moment)
        # a sleep may end early, so the clock is asked again
        while (remaining := (reached - self.now()).total_seconds()) > 0:
            self._sleep(remaining)
        return self.now()

    def advance(self, delta: timedelta) -> datetime:
        _refuse_negative(delta)
        return self.advance_to(self.now() + delta)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs a time zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


def _refuse_negative(delta: timedelta) -> None:
    if delta < timedelta(0):
        raise ValueError(f"a clock never goes back: {delta}")
