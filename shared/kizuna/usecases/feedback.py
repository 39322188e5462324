"""The loop closes: what providers report moves messages on, and becomes events of the person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event, Source, SourceKind, Violation
from kizuna.core.ids import address_id
from kizuna.core.messages import Message, State, move
from kizuna.core.ports import Ledger, Messages, People, Quarantine
from kizuna.core.provider_reports import MessageReport, Reply, Report
from kizuna.core.reasons import OtherReason
from kizuna.usecases.ingest import ingest

PROVIDER = Source("provider", SourceKind.PROVIDER)
TRIES = 4


@dataclass(frozen=True, slots=True)
class Listener:
    people: People
    ledger: Ledger
    messages: Messages
    quarantine: Quarantine
    new_id: Callable[[], str]


def take(report: Report, on: Listener, catalog: Catalog, *, now: datetime) -> None:
    """Draw the consequences of one report. In any order, any number of times, before or after our own write.

    Raises Unavailable when it could not be stored; the queue brings it again.
    """
    match report:
        case MessageReport():
            _about_message(report, on, catalog, now=now)
        case Reply():
            _record(_reply_event(report, now), on, catalog, now=now)
        case _:
            assert_never(report)


def _about_message(report: MessageReport, on: Listener, catalog: Catalog, *, now: datetime) -> None:
    message = on.messages.get(report.message)
    if message is None:
        # A report about a message we do not know changes nothing (A12), and is kept to be seen.
        reason = "reports on a message that is not ours"
        on.quarantine.keep(
            [Violation("unknown_message", "send_id", reason, PROVIDER.id, now, report.message)]
        )
        return
    _reconcile(message, report, on, now=now)
    if report.fact:
        on.messages.add_fact(message.id, report.fact, report.at)
    if report.event:
        _record(_report_event(message, report, now), on, catalog, now=now)


def _reconcile(message: Message, report: MessageReport, on: Listener, *, now: datetime) -> None:
    """Whatever carries our id proves what happened, even before our own SENT was written."""
    for _ in range(TRIES):
        if message.state not in (State.SENDING, State.UNKNOWN):
            return
        if report.proves == "accepted":
            after = move(message, State.SENT, now=now, reason=_first_reason(message), lease_until=None)
        elif report.proves == "failed":
            reason = str(OtherReason.PROVIDER_REJECTED)
            after = move(message, State.FAILED, now=now, reason=reason, lease_until=None)
        else:
            return
        if on.messages.save(after, expected=message.state_version):
            return
        again = on.messages.get(message.id)
        if again is None:
            return
        message = again
    raise Unavailable(f"message {message.id} keeps changing")


def _first_reason(message: Message) -> str:
    """Why it was allowed: the reason of an UNKNOWN outcome is over once we know."""
    return str(message.decision.get("reason", message.reason))


def _report_event(message: Message, report: MessageReport, now: datetime) -> Event:
    properties = {
        "message_id": message.id,
        "campaign": message.campaign,
        "channel": message.channel,
        "topic": message.topic,
        "address_id": message.address_id,
        "hard": report.hard,
        "reason": report.reason,
    }
    return Event(
        type="track",
        id=report.id,
        source=PROVIDER,
        at=min(report.at, now),
        received_at=now,
        name=report.event,
        properties={**properties, "link": report.link} if report.link else properties,
        profile_id=message.person,
    )


def _reply_event(reply: Reply, now: datetime) -> Event:
    return Event(
        type="track",
        id=f"reply-{reply.id}",
        source=PROVIDER,
        at=min(reply.at, now),
        received_at=now,
        name=feedback.SMS_RECEIVED,
        properties={"text": reply.text, "address_id": address_id("sms", reply.sender)},
        # Even a number that we do not know yet: its STOP must be there when somebody brings it.
        identities=(("phone", reply.sender),),
    )


def for_everyone_reached(event: Event, people: People) -> tuple[Event, ...]:
    """The event, and once more for everybody else whose address it is about."""
    address = feedback.address_of_all(event)
    others = people.holders(address) if address else {}
    return (event, *feedback.for_others(event, (person for person in others if person != event.profile_id)))


def _record(event: Event, on: Listener, catalog: Catalog, *, now: datetime) -> None:
    events = for_everyone_reached(event, on.people)
    done = ingest(events, people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=on.new_id)
    if done.violations:
        on.quarantine.keep(done.violations)
    if done.left_over:
        raise Unavailable(f"event {event.id}: {done.cause}")


def failed_send_event(message: Message, *, now: datetime) -> Event | None:
    """What a definite refusal by the provider says about the address, as an event of the person."""
    if message.decision.get("address_dead") is True:
        name = feedback.PUSH_TOKEN_INVALID
    elif message.decision.get("opted_out") is True:
        name = feedback.SMS_OPTED_OUT
    else:
        return None
    return Event(
        type="track",
        id=f"refused-{message.id}",
        source=PROVIDER,
        at=message.changed_at,
        received_at=now,
        name=name,
        properties={"message_id": message.id, "address_id": message.address_id, "channel": message.channel},
        profile_id=message.person,
    )
