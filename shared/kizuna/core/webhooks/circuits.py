"""The circuit breaker of one webhook: a system that is down is left alone, and asked now and then whether it is back.

closed ── 5 failures in a row ──▶ open for 1 min, 2, 4 … 30 min ── over ──▶ one probe ── taken ──▶ closed
                                    ▲──────────────────────────── not taken ────┘
410 Gone ──▶ disabled, until somebody changes its definition
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES = 5
OPEN_FOR = (timedelta(minutes=1), timedelta(minutes=30))  # at first, and at most
PROBE = timedelta(minutes=1)  # how long one caller may take to find out


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of a webhook's health. `definition` is the version of the definition that it is about.

    Guarded by its own `version`. `last` says what the last call came to, such as `http_503`.
    """

    webhook: str
    definition: int
    version: int = 0
    failures: int = 0
    open_until: datetime | None = None
    disabled_at: datetime | None = None
    last: str = ""
    last_at: datetime | None = None

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None


def of_definition(circuit: Circuit, definition: int) -> Circuit:
    """The circuit as it counts for a version of the definition: a changed webhook starts anew."""
    if circuit.definition == definition:
        return circuit
    return Circuit(circuit.webhook, definition, circuit.version)


def closed_until(circuit: Circuit, *, now: datetime) -> datetime | None:
    """Until when nobody may call; None if somebody may."""
    return circuit.open_until if circuit.open_until is not None and now < circuit.open_until else None


def is_probe(circuit: Circuit, *, now: datetime) -> bool:
    """Whether the next call is the one that finds out: it must be reserved (`reserved`), so that it is one."""
    return circuit.open_until is not None and now >= circuit.open_until


def reserved(circuit: Circuit, *, now: datetime) -> Circuit:
    """With the probe in somebody's hands; everybody else waits for it."""
    return replace(circuit, version=circuit.version + 1, open_until=now + PROBE)


def after_success(circuit: Circuit, *, now: datetime, last: str) -> Circuit | None:
    """None where nothing changes: a system that is well costs no write."""
    if circuit.failures == 0 and circuit.open_until is None:
        return None
    return replace(circuit, version=circuit.version + 1, failures=0, open_until=None, last=last, last_at=now)


def after_failure(circuit: Circuit, *, now: datetime, last: str) -> Circuit:
    failures = circuit.failures + 1
    shortest, longest = OPEN_FOR
    doublings = min(max(failures - FAILURES, 0), 10)
    opens = now + min(shortest * 2**doublings, longest) if failures >= FAILURES else None
    return replace(
        circuit, version=circuit.version + 1, failures=failures, open_until=opens, last=last, last_at=now
    )


def after_gone(circuit: Circuit, *, now: datetime) -> Circuit:
    return replace(circuit, version=circuit.version + 1, disabled_at=now, last="http_410", last_at=now)
