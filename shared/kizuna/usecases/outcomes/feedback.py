"""The loop closes: what providers report moves messages on, and becomes events of the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event, Source, SourceKind, Violation
from kizuna.core.ids import address_id, digest
from kizuna.core.machine_reactions import Early, Machine, length_of, machine_of
from kizuna.core.messages import By, Message, State, claimed, move
from kizuna.core.ports import Ledger, Messages, People, Proofs, Quarantine
from kizuna.core.proofs.proof import is_proof
from kizuna.core.provider_reports import Contact, MessageReport, Reply, Report
from kizuna.core.reasons import OtherReason
from kizuna.core.rights.rights import identifier_of_address
from kizuna.usecases.authoring.proofs import note_proof
from kizuna.usecases.ingesting.ingest import ingest

PROVIDER = Source("provider", SourceKind.PROVIDER)
TRIES = 4
DELIVERY_REPORTED = timedelta(minutes=10)  # after it was opened, at the latest


@dataclass(frozen=True, slots=True)
class Listener:
    """The ports of feedback. Without `proofs` what is told of one is told of nothing."""

    people: People
    ledger: Ledger
    messages: Messages
    quarantine: Quarantine
    new_id: Callable[[], str]
    proofs: Proofs | None = None


def take(report: Report, on: Listener, catalog: Catalog, *, now: datetime, raw: str = "") -> None:
    """Draw the consequences of one report. In any order, any number of times, before or after our own write.

    `raw` is the report as it came: one about a message that is not known is kept so, to be read again.
    Raises Unavailable when it could not be stored; the queue brings it again.
    """
    match report:
        case MessageReport() if is_proof(report.message):
            # Of a proof nothing is drawn but what whoever asked for it gets to see. One that is forgotten is over.
            if on.proofs is not None:
                note_proof(report.message, report.fact or report.proves, report.at, on.proofs)
        case MessageReport():
            _about_message(report, on, catalog, now=now, raw=raw)
        case Reply():
            _record(_reply_event(report, now), on, catalog, now=now)
        case Contact():
            _record(_contact_event(report, now), on, catalog, now=now)
        case _:
            assert_never(report)


def _about_message(report: MessageReport, on: Listener, catalog: Catalog, *, now: datetime, raw: str) -> None:
    message = on.messages.get(report.message)
    if message is None:
        # A report about a message we do not know changes nothing (A12), and is kept to be seen.
        reason = "reports on a message that is not ours"
        on.quarantine.keep(
            [Violation("unknown_message", "send_id", reason, PROVIDER.id, now, raw or report.message)]
        )
        return
    reconcile(message, report, on.messages, now=now)
    if report.fact == "delivered":
        _arrived(message, report, on, catalog, now=now)
        return
    machine = _machine(message, report, on, catalog, now=now)
    if machine is Machine.TOO_SOON:
        early = Early(report.id, report.fact, report.event, report.at, report.link)
        _too_soon(message, report, early, on, catalog, now=now)
        return
    if report.fact and machine is None:
        on.messages.add_fact(message.id, report.fact, report.at)
    if report.event:
        _record(_report_event(message, report, machine, now), on, catalog, now=now)


def _arrived(
    message: Message, report: MessageReport, on: Listener, catalog: Catalog, *, now: datetime
) -> None:
    """A message may be told to have arrived more than once. The earliest counts, and what was too soon after a later
    one is judged by it once more: who reacted must not hang on which report came first."""
    for early in on.messages.note_delivery(message.id, report.at):
        _judge_again(message, early, report.at, on, catalog, now=now)
    if report.event:
        _record(_report_event(message, report, None, now), on, catalog, now=now)


def _too_soon(
    message: Message,
    report: MessageReport,
    early: Early,
    on: Listener,
    catalog: Catalog,
    *,
    now: datetime,
) -> None:
    """Kept as a machine's, and noted, so that an earlier delivery that is told of later can make it a human's."""
    delivered_at = on.messages.note_early(message.id, early)
    if report.event:
        _record(_report_event(message, report, Machine.TOO_SOON, now), on, catalog, now=now)
    _judge_again(message, early, delivered_at, on, catalog, now=now)


def _judge_again(
    message: Message,
    early: Early,
    delivered_at: datetime | None,
    on: Listener,
    catalog: Catalog,
    *,
    now: datetime,
) -> None:
    """A human's is told by an event of its own beside the one that says otherwise: history is not rewritten. Whoever
    comes to it, and however often, it is that one event."""
    rules = catalog.policy.bot_filter
    if delivered_at is not None and early.at < delivered_at + length_of(rules.window):
        return
    clicks = on.messages.note_click(message.id, _digest_of(early.link), early.at) if early.link else {}
    # What it called itself and where it came from was looked at the first time, and is not kept.
    again = machine_of(
        rules,
        at=early.at,
        delivered_at=delivered_at,
        user_agent="",
        ip="",
        link=early.link,
        clicks=clicks,
    )
    if again is not None:
        return
    on.messages.add_fact(message.id, early.fact, early.at)
    report = MessageReport(
        digest("judged again", early.report), message.id, early.at, "accepted", early.fact, early.event,
        link=early.link,
    )  # fmt: skip
    if report.event:
        _record(_report_event(message, report, None, now), on, catalog, now=now)


def reconcile(message: Message, report: MessageReport, messages: Messages, *, now: datetime) -> None:
    """Whatever carries our id proves what happened, even before our own SENT was written.

    Each write is guarded by the version that was read; a crash in between leaves a legal state, and the report comes
    again. Raises Unavailable where the message keeps changing.
    """
    for _ in range(TRIES):
        after = _next_step(message, report, now=now)
        if after is None:
            return
        stored = messages.save(after, expected=message.state_version)
        again = after if stored else messages.get(message.id)
        if again is None:
            return
        message = again
    raise Unavailable(f"message {message.id} keeps changing")


def _next_step(message: Message, report: MessageReport, *, now: datetime) -> Message | None:
    """One step towards what a report proves; None where there is none to take.

    That a message waits though it was taken can be only where our table forgot (a restore): it is taken off the
    queue by a claim without a call, so that nobody sends it a second time. Nothing leads out of SENT: of one that is
    thrown away after that, a fact tells.
    """
    told: dict[str, Any] = {"now": now, "by": By.REPORT, "note": report.id}
    match message.state:
        case State.SENDING | State.UNKNOWN if report.proves == "accepted":
            reason = _first_reason(message)
            return move(message, State.SENT, reason=reason, lease_until=None, watched_until=None, **told)
        case State.SENDING | State.UNKNOWN if report.proves == "failed":
            why = str(OtherReason.PROVIDER_REJECTED)
            return move(message, State.FAILED, reason=why, lease_until=None, watched_until=None, **told)
        case State.PENDING:
            return claimed(message, owner=report.id, now=now, by=By.REPORT)
        case State.DEFERRED:
            return move(message, State.PENDING, reason=message.reason, not_before=None, **told)
        case State.SENDING | State.UNKNOWN | State.SENT | State.FAILED | State.DENIED | State.EXPIRED:
            return None
        case _:
            assert_never(message.state)


def _first_reason(message: Message) -> str:
    """Why it was allowed: the reason of an UNKNOWN outcome is over once we know."""
    return str(message.decision.get("reason", message.reason))


def _machine(
    message: Message, report: MessageReport, on: Listener, catalog: Catalog, *, now: datetime
) -> Machine | None:
    """Why an open or click is a machine's, None for a human's and for every other report.

    A machine's makes no fact of the message: whoever waits for it to be seen waits on. Raises Unavailable while it
    may still turn out that the message had only just arrived: whose reaction it is must not hang on which report is
    first.
    """
    ours = report.event == feedback.LINK_FOLLOWED  # messengers look at links for a preview of them
    if report.fact not in ("opened", "clicked") or not (message.channel == "email" or ours):
        return None  # of others only a person's own doing is told
    if not ours and "delivered" not in message.facts and now - report.at < DELIVERY_REPORTED:
        raise Unavailable(f"message {message.id}: {report.fact}, and not known to have arrived")
    return machine_of(
        catalog.policy.bot_filter,
        at=report.at,
        delivered_at=message.facts.get("delivered"),
        user_agent=report.user_agent,
        ip=report.ip,
        link=report.link,
        clicks=_clicks(report, on) if report.link else {},
    )


def _clicks(report: MessageReport, on: Listener) -> Mapping[str, datetime]:
    """The links of the message that were followed, this one included, each by a digest."""
    return on.messages.note_click(report.message, _digest_of(report.link), report.at)


def _digest_of(link: str) -> str:
    return digest("link", link, length=10)


def note_ahead(
    reports: Sequence[Report | None], on: Listener, catalog: Catalog, *, now: datetime
) -> timedelta:
    """Note what links were followed before any of these reports is taken; how long to wait for others.

    Whoever takes others at this moment sees them: of many clicks at once none is taken for a human's because it came
    first. Noting is idempotent; a crash leaves it done. Raises Unavailable.
    """
    burst = catalog.policy.bot_filter.burst.span
    wait = timedelta(0)
    for report in reports:
        if not isinstance(report, MessageReport) or report.fact != "clicked" or not report.link:
            continue
        if on.messages.get(report.message) is not None:
            _clicks(report, on)
            wait = max(wait, min(report.at + burst - now, burst))
    return wait


def _report_event(message: Message, report: MessageReport, machine: Machine | None, now: datetime) -> Event:
    properties = {
        "message_id": message.id,
        "campaign": message.campaign,
        "channel": message.channel,
        "topic": message.topic,
        "address_id": message.address_id,
        "hard": report.hard,
        "reason": report.reason,
        **({"variant": message.variant} if message.variant else {}),
        **({"link": report.link} if report.link else {}),
        **({feedback.MACHINE: True, "machine_because": str(machine)} if machine else {}),
    }
    return Event(
        type="track",
        id=report.id,
        source=PROVIDER,
        at=min(report.at, now),
        received_at=now,
        name=report.event,
        properties=properties,
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


def _contact_event(contact: Contact, now: datetime) -> Event:
    """Also of somebody who is not known yet: whoever writes or follows is a person from then on."""
    address = {"address_id": address_id(contact.channel, contact.value)}
    kind, _ = identifier_of_address(contact.channel, contact.value)
    return Event(
        type="track",
        id=f"{contact.channel}-{contact.id}",
        source=PROVIDER,
        at=min(contact.at, now),
        received_at=now,
        name=contact.event,
        properties=address | ({"text": contact.text} if contact.text else {}),
        identities=((kind, contact.value),),
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
