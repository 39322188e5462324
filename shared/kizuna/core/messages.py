"""One intended contact on one address, and the states it may go through (`delivery.md` 2).

             ┌─ deny ───▶ DENIED(reason)
    decided ─┤─ defer ──▶ DEFERRED(not_before) ──due──┐
             └─ allow ──▶ PENDING ◀───────────────────┘
                            │ claim ▶ SENDING ─ one call ─▶ SENT · FAILED · UNKNOWN, or back to PENDING
                            └ too late ▶ EXPIRED, claim refused ▶ DENIED

    UNKNOWN ── any report of the provider ──▶ SENT · FAILED        UNKNOWN ── watched for a day ──▶ UNKNOWN, for good

Nothing leads out of SENT, FAILED, DENIED or EXPIRED. What feedback adds (delivered, bounced, …) are facts. Every step
leaves a line of evidence: into which state, when, and what moved it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, Literal

from kizuna.core.errors import KizunaError
from kizuna.core.reasons import OtherReason, Waits

Category = Literal["marketing", "transactional", "mandatory", "opt_out_confirmation"]

LEASE = timedelta(minutes=2)  # longer than a sender may run
CLOCK_SKEW = timedelta(minutes=1)  # by how much the clocks of two functions may differ
REQUEUE_AFTER = timedelta(minutes=5)  # the queue's own delivery goes first
IN_DOUBT_SINCE = "in_doubt_since"  # in a decision: when a call was made of which nobody knows what became
_EVIDENCE_KEPT = (4, 12)  # lines: the first, and the newest


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
    State.UNKNOWN: frozenset({State.SENT, State.FAILED, State.UNKNOWN}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
    State.DENIED: frozenset(),
    State.EXPIRED: frozenset(),
}

# One that waits to be called again under its key may have gone out already. If it is refused or too late by then,
# nobody may say that it never did (`is_in_doubt`).
IN_DOUBT: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.UNKNOWN}),
    State.DEFERRED: frozenset({State.UNKNOWN}),
}
_NEVER_WENT_OUT = frozenset({State.DENIED, State.EXPIRED, State.FAILED})

# A table that is restored from a backup has forgotten what was sent since: nothing of it may be taken up again.
AFTER_A_RESTORE: Mapping[State, frozenset[State]] = {
    State.PENDING: frozenset({State.UNKNOWN}),
    State.DEFERRED: frozenset({State.UNKNOWN}),
    State.SENDING: frozenset({State.UNKNOWN}),
}

# Facts that a provider may report; a message that was reported on was certainly taken by the provider, also one that
# it then threw away ("rejected"). The last two are told of items of our own inbox: put away by the person, or taken
# back because the person met it on another channel.
FACTS = (
    "sent", "delivered", "bounced", "rejected", "complained", "opened", "clicked", "dismissed", "withdrawn"
)  # fmt: skip


class By(StrEnum):
    """What moved a message."""

    RULES = "rules"  # the gate, or what the campaign and the catalog say
    HOLD = "hold"  # the kill switch, the pace, its wave, or another message that goes first
    BRAKE = "brake"  # its run is paused, or all promotion stands still; it is woken when that is over
    CLAIM = "claim"
    ANSWER = "answer"  # of the provider to the one call
    REPORT = "report"  # of the provider, later
    LEASE = "lease"  # it was over, and nobody had said what became of it
    SWEEP = "sweep"
    RESTORE = "restore"  # of the table from a backup


@dataclass(frozen=True, slots=True)
class Evidence:
    """One step that a message took. `note` is the id of a report, or a provider's error; nothing of the person."""

    state: State
    at: datetime
    by: By
    note: str = ""


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
    throttled: int = 0  # how often a provider put it off
    unknown_since: datetime | None = None
    watched_until: datetime | None = None  # an UNKNOWN message: when to look whether a report has come
    items: tuple[str, ...] = ()  # the messages that a digest tells of
    links: tuple[str, ...] = ()  # where each of our own links in it leads, by its number (`core/clicks`)
    again_of: str = ""  # the message of unknown fate that this one repeats
    parts: int = 0  # a text message: in how many parts it went, as carriers charge it
    country: str = ""  # likewise: where its number is from (ISO 3166-1 alpha-2)
    provider_id: str = ""
    event_key: str = ""  # of the event in the person's timeline that caused this, if one did
    event_part: str = ""  # the partition that event lies in
    variant: str = ""  # the arm it was decided for, and of which experiment (`experiments.variant_of`)
    falls_back_from: str = ""  # the message that went before it on another channel, if it is a fallback
    decision: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, datetime] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()

    @property
    def possible_duplicate(self) -> bool:
        """Whether the person may have had the same before."""
        return bool(self.again_of)

    @property
    def due_at(self) -> datetime | None:
        """When a sweep must look at it, if nothing else happens before."""
        match self.state:
            case State.PENDING:
                return self.not_before or self.changed_at + REQUEUE_AFTER
            case State.DEFERRED:
                return self.not_before
            case State.SENDING:
                return self.lease_until and self.lease_until + CLOCK_SKEW
            case State.UNKNOWN:
                return self.watched_until
            case _:
                return None

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self.state]


def move(
    message: Message,
    to: State,
    *,
    now: datetime,
    reason: str = "",
    by: By = By.RULES,
    note: str = "",
    **changes: Any,
) -> Message:
    """The message one legal step further, with a line of evidence. Raises IllegalTransition for any other step.

    One in doubt that is to end as if it had never gone out ends as UNKNOWN, for good; its evidence says why.
    """
    legal = AFTER_A_RESTORE if by is By.RESTORE else TRANSITIONS
    if to in _NEVER_WENT_OUT and message.state in IN_DOUBT and is_in_doubt(message):
        legal, to = IN_DOUBT, State.UNKNOWN
        note, reason = note or reason, str(OtherReason.UNCONFIRMED)
        changes |= {"not_before": None, "unknown_since": now}
    if to not in legal.get(message.state, frozenset()):
        raise IllegalTransition(f"message {message.id}: {message.state} → {to}")
    evidence = (*message.evidence, Evidence(to, now, by, note))
    first, newest = _EVIDENCE_KEPT
    changes |= {
        "state": to,
        "state_version": message.state_version + 1,
        "changed_at": now,
        "reason": reason,
        "evidence": (
            evidence if len(evidence) <= first + newest else (*evidence[:first], *evidence[-newest:])
        ),
    }
    values = list(_ALL_OF(message))
    for name, value in changes.items():
        values[_PLACES[name]] = value
    return Message(*values)  # as `dataclasses.replace`, which looks at each of its thirty fields


_PLACES = {each.name: place for place, each in enumerate(fields(Message))}
_ALL_OF = attrgetter(*_PLACES)


def held_because(message: Message) -> Waits | None:
    """Why a message that may go waits, where its last step was to be held back; None for any other."""
    last = message.evidence[-1] if message.evidence else None
    if message.state is not State.PENDING or last is None or last.by not in (By.HOLD, By.BRAKE):
        return None
    return Waits(last.note) if last.note in _WAITS else None


_WAITS = frozenset(str(each) for each in Waits)


def is_in_doubt(message: Message) -> bool:
    """Whether an earlier call may have been taken, on a channel whose receivers drop repeats by their key."""
    return bool(message.decision.get(IN_DOUBT_SINCE))


def claimed(
    message: Message,
    *,
    owner: str,
    now: datetime,
    by: By = By.CLAIM,
    reason: str | None = None,
    **changes: Any,
) -> Message:
    """The message taken by one sender, for as long as its lease; `reason` is the one it had, unless told."""
    return move(
        message,
        State.SENDING,
        now=now,
        reason=message.reason if reason is None else reason,
        by=by,
        owner=owner,
        lease_until=now + LEASE,
        not_before=None,
        **changes,
    )


def with_fact(message: Message, fact: str, at: datetime) -> Message:
    """The message with one more thing known about it; the first report of a kind is kept."""
    if fact not in FACTS:
        raise ValueError(f"unknown fact {fact!r}")
    known = message.facts.get(fact)
    if known is not None and known <= at:
        return message
    return replace(message, facts={**message.facts, fact: at})


def held_address(message: Message) -> tuple[str, ...]:
    """What a decided message takes for itself of its address, and no other of its run may have; empty: nothing.

    Somebody held out would have been told, so of two of them at one address one counts, as of two who are told.
    """
    if not message.address_id:
        return ()
    place = (message.campaign, message.run, message.step, message.channel, message.address_id)
    if message.state is State.DENIED and message.reason == OtherReason.HELD_OUT:
        return (*place, "ghost")
    return () if message.state in (State.DENIED, State.EXPIRED) else place


_ARRIVED = frozenset({"delivered", "opened", "clicked", "dismissed"})
_CAME_BACK = frozenset({"bounced", "rejected"})


def never_arrived(message: Message) -> bool:
    """Whether it is known that nobody got a message that went out: it bounced, or its provider threw it away, and it
    shows no sign of having arrived; or a day has passed in which no report came of one whose fate is unknown."""
    lost_sight = message.state is State.UNKNOWN and message.reason == OtherReason.UNCONFIRMED
    return (has_come_back(message) or lost_sight) and _ARRIVED.isdisjoint(message.facts)


def has_come_back(message: Message) -> bool:
    """Whether it bounced, or its provider threw it away."""
    return not _CAME_BACK.isdisjoint(message.facts)


def was_thrown_away(message: Message) -> bool:
    """Whether the provider took a message and threw it away later: nothing leads out of SENT, so a fact tells it.

    One that was thrown away before we knew that it had been taken is FAILED, and is not counted twice.
    """
    return message.state is State.SENT and "rejected" in message.facts


# ── what a provider may answer ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Certainly not taken, and may be tried later: throttled, paused, connection refused.

    `in_doubt`: it may have been taken, and the next call, under the same key, finds out.
    """

    reason: str
    retry_after: timedelta = timedelta(minutes=1)
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly not taken, for good."""

    reason: str
    address_dead: bool = False  # the push token is no longer registered
    opted_out: bool = False  # the number is on the provider's opt-out list
    account: bool = False  # it is not this message: nothing of the whole account is taken any more


@dataclass(frozen=True, slots=True)
class Unclear:
    """May or may not have been taken: timeout, reset, 5xx, anything not known for certain."""

    reason: str


Outcome = Accepted | NotAccepted | Rejected | Unclear
