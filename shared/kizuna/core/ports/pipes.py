"""What is handed on or set apart: queues, quarantine, lake, bus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.events import Violation


class Queues(Protocol):
    def send(
        self, queue: str, bodies: Sequence[Mapping[str, Any]], *, delay: timedelta = timedelta(0)
    ) -> None:
        """Put messages on a queue, to be seen there after `delay` (at most 15 minutes).

        Raises Unavailable naming how many were not taken; those that were stay.
        """
        ...


class Quarantine(Protocol):
    def keep(self, violations: Sequence[Violation]) -> None:
        """Store what could not be used, with its cause. The same again changes nothing. Raises Unavailable."""
        ...

    def report(self, *, day: str | None = None) -> tuple[Violation, ...]: ...

    def pages(self, *, day: str | None = None) -> Iterable[tuple[str, tuple[Violation, ...]]]:
        """What was kept, one page at a time with its name, the oldest day first."""
        ...

    def settle(self, page: str, left: Sequence[Violation]) -> None:
        """Keep of a page only what is left of it.

        The rest is stored first, then the page goes: a crash in between leaves both, and doing it again ends the
        same. Raises Unavailable.
        """
        ...


class Lake(Protocol):
    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Append records of what happened. At least once: readers drop repeats by `id`. Raises Unavailable."""
        ...


class Bus(Protocol):
    def publish(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Publish (name, detail) to other systems. Raises Unavailable if any was not taken."""
        ...
