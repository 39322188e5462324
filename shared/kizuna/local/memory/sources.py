"""The port `Arrivals` in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from kizuna.core.quality.freshness import HOUR, Arrived, Watched, hour_of


class InMemoryArrivals:
    """When sources spoke, and how they stand."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}
        self._hours: dict[str, Counter[datetime]] = defaultdict(Counter)
        self._watched: dict[str, Watched] = {}

    def note(self, source: str, count: int, *, at: datetime) -> None:
        self._last[source] = max(self._last.get(source, at), at)
        self._hours[source][hour_of(at)] += count

    def arrived(self, source: str, *, now: datetime) -> Arrived:
        hours = self._hours[source]
        recent = {hour: hours[hour] for hour in (hour_of(now), hour_of(now) - HOUR) if hour in hours}
        return Arrived(self._last.get(source), recent)

    def watched(self, source: str) -> Watched | None:
        return self._watched.get(source)

    def mark(self, source: str, watched: Watched, *, before: Watched | None) -> bool:
        if self._watched.get(source) != before:
            return False
        self._watched[source] = watched
        return True
