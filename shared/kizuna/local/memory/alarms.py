"""The index of alarms in memory: what is due in a shard is found without looking at everybody.

Whatever is stored tells its alarm when it is put; an alarm that was moved leaves its old place behind, and that is
recognised when it is met.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Generic, TypeVar

from kizuna.core.ids import shard_of
from kizuna.core.ports import Due
from kizuna.topology import DUE_SHARDS

Place = tuple[datetime, str]  # when, and the key of the item

V = TypeVar("V")


class Alarms:
    """When each item is due, by shard."""

    def __init__(self) -> None:
        self._now: dict[str, datetime] = {}
        self._dues: dict[str, Due] = {}
        self._heaps: dict[int, list[Place]] = defaultdict(list)

    def set(self, key: str, due: Due, at: datetime | None) -> None:
        """Set the alarm of an item, or take it back."""
        if at is None:
            self._now.pop(key, None)
            return
        if self._now.get(key) == at:
            return
        self._now[key] = at
        self._dues[key] = due
        heappush(self._heaps[shard_of(key, DUE_SHARDS)], (at, key))

    def due(self, shard: int, *, now: datetime, limit: int) -> tuple[Due, ...]:
        """What is overdue, the longest overdue first. It stays so until somebody moves its alarm."""
        heap = self._heaps[shard]
        found: list[Place] = []
        while heap and heap[0][0] <= now and len(found) < limit:
            place = heappop(heap)
            if self._now.get(place[1]) == place[0] and (not found or found[-1] != place):
                found.append(place)
        for place in found:
            heappush(heap, place)
        return tuple(self._dues[key] for _, key in found)

    def next_at(self) -> datetime | None:
        """The earliest alarm of all; None if nothing waits."""
        earliest: datetime | None = None
        for heap in self._heaps.values():
            while heap and self._now.get(heap[0][1]) != heap[0][0]:
                heappop(heap)
            if heap and (earliest is None or heap[0][0] < earliest):
                earliest = heap[0][0]
        return earliest


class Told(dict[str, V], Generic[V]):
    """A dictionary that tells of every value that is put into it, and of every one that goes."""

    def __init__(self, tell: Callable[[str, V | None], None]) -> None:
        super().__init__()
        self._tell = tell

    def __setitem__(self, key: str, value: V) -> None:
        super().__setitem__(key, value)
        self._tell(key, value)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._tell(key, None)

    def pop(self, key: str, *default: Any) -> Any:
        found = super().pop(key, *default)
        self._tell(key, None)
        return found

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **more: Any) -> None:
        for key, value in dict(*others, **more).items():
            self[key] = value

    def clear(self) -> None:
        for key in list(self):
            del self[key]
