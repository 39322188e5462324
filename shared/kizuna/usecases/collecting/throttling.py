"""How many requests a second one key may make, over all function instances together (`abuse-cases.md` 1.1, A20).

Instances do not know of each other, so those that are asked much take requests of the key's pace in advance, by one
write for a few. An instance that is asked no more than once a second asks nobody: what that lets pass is small beside
what it could serve, and calm keys cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kizuna.core.errors import Unavailable
from kizuna.core.ports import Pace

BURST = timedelta(seconds=1)  # so much of its rate a key may use up in one moment
AT_A_TIME = 50  # an instance takes this part of a second's requests at once
KEPT = timedelta(minutes=1)  # what was taken and not used by then is lost
SHUT = timedelta(seconds=1)  # for so long an instance that was refused does not ask again
EVENTS_A_REQUEST = 100  # a batch counts as one request for each hundred events that it begins


@dataclass(slots=True)
class _Standing:
    """How one key stands with this instance."""

    free_at: datetime  # from when a request passes without asking
    taken: int = 0
    lost_at: datetime | None = None
    shut_until: datetime | None = None


class Throttle:
    """What one function instance remembers of the keys that it was called with: living ones, so they are few."""

    def __init__(self, pace: Callable[[], Pace]) -> None:
        self._pace = pace
        self._keys: dict[str, _Standing] = {}

    def wait(self, key: str, *, per_second: int, events: int, now: datetime) -> int:
        """Seconds after which a request of the key may come again, 0 for one that may pass. Never raises: while the
        pace cannot be asked, everything passes, for nothing is lost by it."""
        cost = max(1, -(-events // EVENTS_A_REQUEST))
        standing = self._keys.setdefault(key, _Standing(free_at=now))
        if standing.shut_until is not None and now < standing.shut_until:
            return _seconds(standing.shut_until - now)
        if now >= standing.free_at:
            standing.free_at = now + cost * timedelta(seconds=1)
            return 0
        if standing.lost_at is None or now >= standing.lost_at:
            standing.taken = 0
        if standing.taken < cost and not self._take(standing, key, per_second, cost, now):
            standing.shut_until = now + SHUT
            return _seconds(SHUT)
        standing.taken = max(0, standing.taken - cost)
        return 0

    def _take(self, standing: _Standing, key: str, per_second: int, cost: int, now: datetime) -> bool:
        """One write, two and a read after a pause. A crash right after loses what was taken and nothing else."""
        every = timedelta(seconds=1 / per_second)
        count = max(cost, per_second // AT_A_TIME)
        try:
            slots = self._pace().reserve(f"key {key}", every=every, count=count, now=now, within=BURST)
        except Unavailable:
            return True
        if slots is None:
            return False
        standing.taken += slots.count
        standing.lost_at = now + KEPT
        return True


def _seconds(wait: timedelta) -> int:
    return max(1, -(-wait // timedelta(seconds=1)))
