"""One intended contact on one address, and the states it may go through (`delivery.md` 2).

             ┌─ deny ───▶ DENIED(reason)
    decided ─┤─ defer ──▶ DEFERRED(not_before) ──due──┐
             └─ allow ──▶ PENDING ◀───────────────────┘
                            │ claim ▶ SENDING ─ one call ─▶ SENT · FAILED · UNKNOWN, or back to PENDING
                            └ too late ▶ EXPIRED, claim refused ▶ DENIED

Nothing leads out of SENT, FAILED, DENIED or EXPIRED. What feedback adds (delivered, bounced, …) are facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from kizuna.core.errors import KizunaError

Category = Literal["marketing", "transactional", "mandatory", "opt_out_confirmation"]

LEASE = timedelta(minutes=2)  # longer than a sender may run
REQUEUE_AFTER = timedelta(minutes=5)  # the queue's own delivery goes first


class State(StrEnum):
    PENDING = "PENDING"
    DEFERRED = "DEFERRED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    DENIED = "DENIED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset(
        {State.PENDING, State.SENDING, State.DEFERRED, State.DENIED, State.EXPIRED, State.FAILED}
    ),
    State.DEFERRED: frozenset({State.PENDING, State.DEFERRED, State.DENIED, State.EXPIRED, State.FAILED}),
    State.SENDING: frozenset({State.SENT, State.FAILED, State.UNKNOWN, State.PENDING}),
    State.UNKNOWN: frozenset({State.SENT, State.FAILED}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
    State.DENIED: frozenset(),
    State.EXPIRED: frozenset(),
}

# Facts that a provider may report; a message that was reported on was certainly accepted.
FACTS = ("sent", "delivered", "bounced", "complained", "opened", "clicked")


class IllegalTransition(KizunaError):
    """A message was asked to take a step that the state machine does not have."""


@dataclass(frozen=True, slots=True)
class Message:
    """One intended contact. `address` is where it goes, `address_id` what may be shown of that."""

    id: str
    person: str
    campaign: str
    campaign_version: int
    run: str
    step: str
    topic: str
    category: Category
    channel: str
    address_id: str
    address: str
    template: str
    language: str
    state: State
    created_at: datetime
    changed_at: datetime
    reason: str = ""
    state_version: int = 0
    not_before: datetime | None = None
    expires_at: datetime | None = None
    owner: str = ""
    lease_until: datetime | None = None
    throttled: int = 0
    provider_id: str = ""
    event_key: str = ""  # of the event in the person's timeline that caused this, if one did
    event_part: str = ""  # the partition that event lies in
    decision: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def due_at(self) -> datetime | None:
        """When a sweep must look at it, if nothing else happens before."""
        match self.state:
            case State.PENDING:
                return self.not_before or self.changed_at + REQUEUE_AFTER
            case State.DEFERRED:
                return self.not_before
            case State.SENDING:
                return self.lease_until
            case _:
                return None

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self.state]


def move(message: Message, to: State, *, now: datetime, reason: str = "", **changes: Any) -> Message:
    """The message one legal step further. Raises IllegalTransition for any other."""
    if to not in TRANSITIONS[message.state]:
        raise IllegalTransition(f"message {message.id}: {message.state} → {to}")
    return replace(
        message,
        state=to,
        state_version=message.state_version + 1,
        changed_at=now,
        reason=reason,
        **changes,
    )


def claimed(message: Message, *, owner: str, now: datetime) -> Message:
    """The message taken by one sender, for as long as its lease."""
    return move(message, State.SENDING, now=now, reason=message.reason, owner=owner, lease_until=now + LEASE)


def with_fact(message: Message, fact: str, at: datetime) -> Message:
    """The message with one more thing known about it; the first report of a kind is kept."""
    if fact not in FACTS:
        raise ValueError(f"unknown fact {fact!r}")
    known = message.facts.get(fact)
    if known is not None and known <= at:
        return message
    return replace(message, facts={**message.facts, fact: at})


# ── what a provider may answer ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Certainly not taken, and may be tried later: throttled, paused, connection refused."""

    reason: str
    retry_after: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly not taken, for good."""

    reason: str
    address_dead: bool = False  # the push token is no longer registered
    opted_out: bool = False  # the number is on the provider's opt-out list


@dataclass(frozen=True, slots=True)
class Unclear:
    """May or may not have been taken: timeout, reset, 5xx, anything not known for certain."""

    reason: str


Outcome = Accepted | NotAccepted | Rejected | Unclear
