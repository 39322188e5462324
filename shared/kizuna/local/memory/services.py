"""Queues, bus, lake, quarantine, schedules and providers, in memory. `down` makes one refuse everything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from kizuna.core.content.rendering import Rendered
from kizuna.core.errors import Unavailable
from kizuna.core.events import Violation
from kizuna.core.gate import Approved, NotApproved
from kizuna.core.ids import digest
from kizuna.core.messages import Accepted, Outcome
from kizuna.core.ports import Envelope, Slots


class InMemoryQueues:
    """The port `Queues`: what was sent, by queue, as the consumer will read it; `later` is not to be seen yet."""

    def __init__(self) -> None:
        self.sent: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.later: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.down = False

    def send(
        self, queue: str, bodies: Sequence[Mapping[str, Any]], *, delay: timedelta = timedelta(0)
    ) -> None:
        if self.down and bodies:
            raise Unavailable(f"queue {queue}: {len(bodies)} of {len(bodies)} not taken")
        place = self.later if delay else self.sent
        place[queue] += [json.loads(json.dumps(body)) for body in bodies]

    def ripen(self) -> None:
        """What was to be seen later is seen now."""
        for queue, bodies in self.later.items():
            self.sent[queue] += bodies
        self.later.clear()


class InMemoryLake:
    """The port `Lake`."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.down = False

    def put(self, records: Sequence[Mapping[str, Any]]) -> None:
        if self.down and records:
            raise Unavailable("lake")
        self.records += [json.loads(json.dumps(record)) for record in records]


class InMemoryBus:
    """The port `Bus`."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.down = False

    def publish(self, events: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        if self.down and events:
            raise Unavailable("bus")
        self.published += [(name, json.loads(json.dumps(detail))) for name, detail in events]


class InMemoryQuarantine:
    """The port `Quarantine`."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Violation, ...], None] = {}
        self.down = False

    def keep(self, violations: Sequence[Violation]) -> None:
        if self.down and violations:
            raise Unavailable("quarantine")
        self._kept.setdefault(tuple(violations))

    def report(self, *, day: str | None = None) -> tuple[Violation, ...]:
        found = [violation for kept in self._kept for violation in kept]
        chosen = [
            one for one in found if day is None or one.received_at.astimezone(UTC).date().isoformat() == day
        ]
        return tuple(sorted(chosen, key=lambda violation: violation.received_at))

    def pages(self, *, day: str | None = None) -> Iterator[tuple[str, tuple[Violation, ...]]]:
        for name, page in [(_page_name(kept), kept) for kept in self._kept]:
            if day is None or any(one.received_at.astimezone(UTC).date().isoformat() == day for one in page):
                yield name, page

    def settle(self, page: str, left: Sequence[Violation]) -> None:
        if left:
            self.keep(left)
        for kept in [kept for kept in self._kept if _page_name(kept) == page and kept != tuple(left)]:
            del self._kept[kept]


def _page_name(violations: Sequence[Violation]) -> str:
    return digest(*(repr(violation) for violation in violations))


class InMemorySchedules:
    """The port `Schedules`: the payload of each armed name and instant. Nothing fires by itself.

    While it is `stuck`, nothing can be disarmed.
    """

    def __init__(self) -> None:
        self.armed: dict[tuple[str, datetime], dict[str, Any]] = {}
        self.stuck = False

    def arm(self, name: str, *, at: datetime, payload: Mapping[str, Any]) -> None:
        self.armed.setdefault((name, at), json.loads(json.dumps(payload)))

    def disarm(self, name: str, *, at: datetime) -> None:
        if self.stuck:
            raise Unavailable(f"schedule {name}")
        self.armed.pop((name, at), None)

    def next_of(self, name: str) -> datetime | None:
        """The earliest instant that a name is armed for."""
        return min((at for armed, at in self.armed if armed == name), default=None)


@dataclass
class InMemorySender:
    """A sender of any channel: keeps what it is given, and answers with `outcomes` in turn, then accepts."""

    outcomes: list[Outcome] = field(default_factory=list)
    sent: list[tuple[Envelope, Rendered]] = field(default_factory=list)

    def send(self, approved: Approved, envelope: Envelope, content: Rendered) -> Outcome:
        if not isinstance(approved, Approved) or approved.message_id != envelope.message.id:
            raise NotApproved(f"message {envelope.message.id}")
        self.sent.append((envelope, content))
        return self.outcomes.pop(0) if self.outcomes else Accepted(f"provider-{len(self.sent)}")


class InMemoryPace:
    """The port `Pace`. `given_out` is up to when the moments of each channel are."""

    def __init__(self) -> None:
        self.given_out: dict[str, datetime] = {}
        self._lock = Lock()

    def reserve(
        self, channel: str, *, every: timedelta, count: int, now: datetime, within: timedelta
    ) -> Slots | None:
        with self._lock:
            first = max(self.given_out.get(channel, now), now)
            if first - now > within:
                return None
            self.given_out[channel] = first + every * count
            return Slots(first, every, count)
