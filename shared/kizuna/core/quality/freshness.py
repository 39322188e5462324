"""Whether sources speak in the rhythm that is expected of them (K52).

    cadence of the source + when and how much it spoke ─▶ ok · late · quiet · flooding, and since when

An episode begins at an instant that follows from the data alone, so that telling of it twice is known as a repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from kizuna.core.sources import Cadence

HOUR = timedelta(hours=1)
NOTED_EVERY = timedelta(minutes=1)  # how often one function instance writes down that a source spoke
State = Literal["ok", "late", "quiet", "flooding"]


def hour_of(instant: datetime) -> datetime:
    """The hour of the clock (UTC) that an instant lies in."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is known of a source's arrivals: the last one, and how many events by the hour, lately."""

    last_at: datetime | None = None
    by_hour: Mapping[datetime, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watched:
    """How a source stands. `watched_since` is when it was first looked at: before, silence meant nothing."""

    state: State
    since: datetime
    watched_since: datetime

    @property
    def is_episode(self) -> bool:
        """Whether somebody is to be told."""
        return self.state in ("quiet", "flooding")


def judged(cadence: Cadence, arrived: Arrived, before: Watched | None, *, now: datetime) -> Watched:
    """How the source stands now. An episode keeps the instant at which it began until it is over."""
    watched_since = before.watched_since if before else now
    state, since = _state(cadence, arrived, arrived.last_at or watched_since, now)
    if before is not None and before.state == state:
        return before
    return Watched(state, since, watched_since)


def _state(cadence: Cadence, arrived: Arrived, spoke: datetime, now: datetime) -> tuple[State, datetime]:
    if cadence.quiet_after is not None and (quiet_from := cadence.quiet_after.after(spoke)) <= now:
        return "quiet", quiet_from
    if cadence.flood_above is not None:
        # The hour before counts too, so that a flood that goes on is one episode and not one an hour.
        for hour in (hour_of(now) - HOUR, hour_of(now)):
            if arrived.by_hour.get(hour, 0) > cadence.flood_above:
                return "flooding", hour
    if cadence.expect_every is not None and (late_from := cadence.expect_every.after(spoke)) <= now:
        return "late", late_from
    return "ok", spoke


@dataclass(slots=True)
class Tally:
    """Counts arrivals in one function instance, and says when it is time to write them down.

    The first arrival of a source is due at once, then one write a minute. What an instance counted in its last
    minute is lost with it: the count of an hour is a lower bound, the time of the last arrival a minute old at most.
    """

    _pending: dict[str, int] = field(default_factory=dict)
    _next: dict[str, datetime] = field(default_factory=dict)

    def add(self, source: str, count: int, *, now: datetime) -> int:
        """Count arrivals; returns how many to write down now, 0 for none."""
        pending = self._pending.get(source, 0) + count
        due = now >= self._next.get(source, now)
        self._pending[source] = 0 if due else pending
        if due:
            self._next[source] = now + NOTED_EVERY
        return pending if due else 0
