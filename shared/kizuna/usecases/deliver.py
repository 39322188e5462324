"""Sends one message: everything that may fail first, then the claim, then one call.

    PENDING ─ render ─ gate ─ claim (with the person's reach version) ─ one call ─▶ SENT · FAILED · UNKNOWN
                                                                            └ certainly not taken ▶ PENDING, later

A crash before the claim leaves PENDING: it is tried again. A crash after it leaves SENDING, which becomes
UNKNOWN when its lease is over and is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.content.rendering import (
    Brand,
    ContentError,
    Links,
    Rendered,
    RenderedEmail,
    RenderedPush,
    RenderedSms,
    TemplateContext,
    content_facts,
    render,
    sender,
)
from kizuna.core.errors import Conflict
from kizuna.core.gate import Approved
from kizuna.core.links import (
    LinkKeys,
    Preferences,
    Unsubscribe,
    issue,
    link_url,
    list_unsubscribe_headers,
)
from kizuna.core.messages import (
    Accepted,
    Message,
    NotAccepted,
    Outcome,
    Rejected,
    State,
    Unclear,
    claimed,
    move,
)
from kizuna.core.people import Address, Profile
from kizuna.core.ports import (
    EmailSender,
    Envelope,
    Ledger,
    Messages,
    People,
    PushSender,
    SmsSender,
)
from kizuna.core.reasons import OtherReason
from kizuna.usecases.deciding import heard_by
from kizuna.usecases.rejudge import address_of, is_stopped, judge_now, record_of_again
from kizuna.usecases.upkeep import as_defined

TRIES = 3
PAUSED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Deliverer:
    """The ports of delivery. `randomness(n)` gives n bytes."""

    people: People
    ledger: Ledger
    messages: Messages
    email: EmailSender
    sms: SmsSender
    push: PushSender
    link_keys: Callable[[], LinkKeys]
    base_url: str
    randomness: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class _Ready:
    """Everything of one message that had to be found before it may be claimed."""

    message: Message
    profile: Profile
    address: Address
    brand: Brand
    content: Rendered
    envelope: Envelope


def deliver(message_id: str, on: Deliverer, catalog: Catalog, *, now: datetime) -> State | None:
    """Send a message if it is still to be sent; returns its state afterwards, None if there is no such message.

    Safe to call again at any time: only a PENDING message is ever claimed, and only one caller gets it.
    Raises Conflict when the person keeps changing; the queue brings the message again.
    """
    for _ in range(TRIES):
        message = on.messages.get(message_id)
        if message is None:
            return None
        if message.state is not State.PENDING or (message.not_before and message.not_before > now):
            return message.state
        stopped = _stopped(message, catalog, now)
        if stopped is not None:
            return _saved(stopped, message, on)
        ready = _prepared(message, on, catalog, now)
        if isinstance(ready, Message):
            return _saved(ready, message, on)
        after = _judged_and_sent(ready, on, catalog, now)
        if after is not None:
            return after
    raise Conflict(f"message {message_id}: the person keeps changing")


def _saved(after: Message, before: Message, on: Deliverer) -> State:
    on.messages.save(after, expected=before.state_version)
    return after.state


def _stopped(message: Message, catalog: Catalog, now: datetime) -> Message | None:
    """The message held, expired or stopped for a reason that needs no person."""
    if message.expires_at is not None and now >= message.expires_at:
        return move(message, State.EXPIRED, now=now, reason=str(OtherReason.EXPIRED))
    if catalog.policy.kill_switch and message.category != "mandatory":
        return move(message, State.PENDING, now=now, reason=message.reason, not_before=now + PAUSED_FOR)
    if is_stopped(message, catalog):
        return move(message, State.EXPIRED, now=now, reason=str(OtherReason.CAMPAIGN_STOPPED))
    return None


def _prepared(message: Message, on: Deliverer, catalog: Catalog, now: datetime) -> _Ready | Message:
    """Everything found and rendered; or the message refused, because something of it is gone or broken."""
    stored = on.people.profiles([message.person]).get(message.person)
    if stored is None:
        return move(message, State.DENIED, now=now, reason="erased")
    profile = as_defined(stored, on.people, catalog, now=now)
    address = address_of(message, profile)
    if address is None:
        return move(message, State.DENIED, now=now, reason=str(OtherReason.NO_ADDRESS))
    campaign = catalog.campaigns[message.campaign]
    brand, template = catalog.brands[campaign.brand], catalog.templates[message.template]
    links = _links(message, on, now)
    try:
        content = render(
            template,
            language=message.language,
            context=_context(message, catalog.decidable(profile), campaign, brand, links, on),
        )
        envelope = _envelope(message, content, address, brand)
    except ContentError as error:
        decision = {**message.decision, "error": f"{type(error).__name__}: {error}"}
        return move(message, State.FAILED, now=now, reason=str(OtherReason.RENDER_FAILED), decision=decision)
    return _Ready(message, profile, address, brand, content, envelope)


def _links(message: Message, on: Deliverer, now: datetime) -> Links:
    keys = on.link_keys()
    leave = Unsubscribe(topic=message.topic, channel=message.channel)

    def url(scope: Unsubscribe | Preferences) -> str:
        token = issue(send_ref=message.id, scope=scope, issued_at=now, nonce=on.randomness(16), keys=keys)
        return link_url(on.base_url, token, scope)

    return Links(unsubscribe=url(leave), preferences=url(Preferences()))


def _context(
    message: Message, profile: Profile, campaign: Campaign, brand: Brand, links: Links, on: Deliverer
) -> TemplateContext:
    event = on.people.timeline_event(message.event_part, message.event_key) if message.event_key else None
    return TemplateContext(
        brand=brand,
        person_language=message.language,
        traits={name: trait.value for name, trait in profile.traits.items()},
        event_name=event.name if event else None,
        event_properties=event.properties if event else {},
        campaign_id=campaign.id,
        campaign_name=campaign.name,
        links=links,
    )


def _judged_and_sent(ready: _Ready, on: Deliverer, catalog: Catalog, now: datetime) -> State | None:
    """Ask the gate about the message as rendered, claim it, send it. None if the claim was lost: look again.

    The profile was read before the ledger: a consent recorded in between has raised the reach version, and
    the claim fails.
    """
    message = ready.message
    judgement = judge_now(
        message,
        ready.profile,
        ready.address,
        content_facts(ready.content, ready.brand),
        ledger=on.ledger,
        heard=heard_by(ready.profile, ready.address, on.messages, catalog),
        catalog=catalog,
        now=now,
    )
    reason, record = str(judgement.reason), record_of_again(message, judgement)
    match judgement.word:
        case "allow":
            approved = judgement.approve(message_id=message.id)
        case "defer":
            later = move(
                message,
                State.DEFERRED,
                now=now,
                reason=reason,
                not_before=judgement.not_before,
                decision=record,
            )
            return _saved(later, message, on)
        case "deny" | "pass":
            return _saved(move(message, State.DENIED, now=now, reason=reason, decision=record), message, on)
        case _:
            assert_never(judgement.word)
    # It goes out for the reason of this moment, not for that of a first decision or of a throttled try.
    mine = claimed(replace(message, reason=reason, decision=record), owner=on.randomness(12).hex(), now=now)
    won = on.messages.claim(
        mine,
        person=ready.profile.id,
        reach_version=ready.profile.reach_version,
        expected=message.state_version,
    )
    if not won:
        return None
    outcome = _send(approved, replace(ready, message=mine), on)
    after = settled(mine, outcome, now=now)
    on.messages.save(after, expected=mine.state_version, owner=mine.owner)
    return after.state


def _send(approved: Approved, ready: _Ready, on: Deliverer) -> Outcome:
    """The one call."""
    envelope = replace(ready.envelope, message=ready.message)
    match ready.content:
        case RenderedEmail():
            return on.email.send_email(approved, envelope, ready.content)
        case RenderedSms():
            return on.sms.send_sms(approved, envelope, ready.content)
        case RenderedPush():
            return on.push.send_push(approved, envelope, ready.content)
        case _:
            assert_never(ready.content)


def _envelope(message: Message, content: Rendered, address: Address, brand: Brand) -> Envelope:
    """What goes beside the content. Raises ContentError, UnusableLink: before the claim, and never after it."""
    if not isinstance(content, RenderedEmail):
        return Envelope(message, sender="", platform=address.platform)
    leave = content.links.unsubscribe
    return Envelope(
        message,
        sender=sender(brand, language=message.language),
        reply_to=brand.reply_to,
        headers=list_unsubscribe_headers(leave) if message.category == "marketing" and leave else {},
    )


def settled(message: Message, outcome: Outcome, *, now: datetime) -> Message:
    """A claimed message after the provider's answer."""
    match outcome:
        case Accepted(provider_id=provider_id):
            return move(
                message, State.SENT, now=now, reason=message.reason, provider_id=provider_id, lease_until=None
            )
        case NotAccepted(reason=reason, retry_after=after):
            return move(
                message,
                State.PENDING,
                now=now,
                reason=reason,
                not_before=now + after,
                throttled=message.throttled + 1,
                owner="",
                lease_until=None,
            )
        case Rejected(reason=reason, address_dead=dead, opted_out=opted_out):
            decision = {**message.decision, "provider": reason, "address_dead": dead, "opted_out": opted_out}
            why = str(OtherReason.PROVIDER_REJECTED)
            return move(message, State.FAILED, now=now, reason=why, decision=decision, lease_until=None)
        case Unclear(reason=reason):
            decision = {**message.decision, "provider": reason}
            why = str(OtherReason.UNKNOWN_OUTCOME)
            return move(message, State.UNKNOWN, now=now, reason=why, decision=decision, lease_until=None)
        case _:
            assert_never(outcome)
