"""Sends one message: everything that may fail first, then the claim, then one call.

    PENDING ─ render ─ gate ─ turn ─ claim (with the person's reach version) ─ one call ─▶ SENT · FAILED · UNKNOWN
                                                                            └ certainly not taken ▶ PENDING, later

A crash before the claim leaves PENDING: it is tried again. A crash after it leaves SENDING, which becomes
UNKNOWN when its lease is over (`core/unconfirmed.py`). What must wait, for whatever reason, waits in its row and
not in a queue: no record is used up by being brought too early.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from kizuna.core.accounts import pace
from kizuna.core.campaigns import Campaign, OnAsked
from kizuna.core.catalog import Catalog
from kizuna.core.content.rendering import (
    Brand,
    ContentError,
    Links,
    Rendered,
    RenderedEmail,
    RenderedSms,
    RenderedWhatsApp,
    Template,
    TemplateContext,
    content_facts,
    render,
    sender,
)
from kizuna.core.decisions.record import of_judgement_again, reason_of
from kizuna.core.errors import Conflict
from kizuna.core.gate import Approved, Judgement
from kizuna.core.identity.identifiers import country_of_number
from kizuna.core.journeys.withdrawing import withdrawn
from kizuna.core.judging import state_judged
from kizuna.core.links import (
    Confirm,
    LinkKeys,
    LinkScope,
    Preferences,
    Survey,
    Unsubscribe,
    Visit,
    issue,
    link_url,
    list_unsubscribe_headers,
)
from kizuna.core.messages import By, Message, Outcome, State, claimed, move
from kizuna.core.messenger_events import may_be_answered
from kizuna.core.own_channels import WEBHOOK
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Envelope, Ledger, Messages, People, Quotas, Senders, Turns
from kizuna.core.reasons import OtherReason, Waits
from kizuna.core.restraint.caps import Heard
from kizuna.core.rivals import Goes, standing_of
from kizuna.core.settlement import settled
from kizuna.usecases.campaigning.approvals import Approvals
from kizuna.usecases.decisions.deciding import heard_by
from kizuna.usecases.decisions.digests import Gatherer, told_by
from kizuna.usecases.decisions.needless import why_needless
from kizuna.usecases.decisions.rejudge import address_of, is_stopped, judge_now
from kizuna.usecases.decisions.telling import told_of
from kizuna.usecases.delivery.counting import judged_in_turn, not_counted_yet
from kizuna.usecases.delivery.leading import led_links
from kizuna.usecases.journeys.withdrawing import Walks
from kizuna.usecases.outcomes.braking import Handbrake
from kizuna.usecases.reacting.upkeep import as_defined

TRIES = 3
PAUSED_FOR = timedelta(minutes=15)
PUT_OFF_FOR = timedelta(seconds=20)  # until the queue is shorter; the sweep of the next minute brings it


@dataclass(frozen=True, slots=True)
class Deliverer:
    """The ports of delivery. `randomness(n)` gives n bytes. Without `turns` no channel has a pace, without `quotas`
    none but the policy's; `patience` is how long a message may wait for its turn. Without `approvals` nobody is asked
    once more who answers for it, without `walks` no journey whether it still has this to say."""

    people: People
    ledger: Ledger
    messages: Messages
    senders: Senders
    link_keys: Callable[[], LinkKeys]
    base_url: str
    randomness: Callable[[int], bytes]
    turns: Turns | None = None
    quotas: Quotas | None = None
    brakes: Handbrake | None = None
    approvals: Approvals | None = None
    walks: Walks | None = None
    patience: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class _Ready:
    """Everything of one message that had to be found before it may be claimed."""

    message: Message
    profile: Profile
    address: Address
    brand: Brand
    content: Rendered
    envelope: Envelope


def deliver(
    message_id: str, on: Deliverer, catalog: Catalog, *, now: datetime, at_once: bool = False
) -> State | None:
    """Send a message if it is still to be sent; returns its state afterwards, None if there is no such message.

    One that waits in its row until a later moment is left alone, unless `at_once`: somebody came for it. Safe to
    call again at any time: only a PENDING message is ever claimed, and only one caller gets it. Raises Conflict when
    the person keeps changing; the queue brings the message again.
    """
    for _ in range(TRIES):
        message = on.messages.get(message_id)
        if message is None:
            return None
        waits = message.not_before is not None and message.not_before > now and not at_once
        if message.state is not State.PENDING or waits:
            return message.state
        stopped = _stopped(message, on, catalog, now)
        if stopped is not None:
            return _saved(stopped, message, on)
        ready = _prepared(message, on, catalog, now)
        if isinstance(ready, Message):
            return _saved(ready, message, on)
        after = _judged_and_sent(ready, on, catalog, now)
        if after is not None:
            return after
    raise Conflict(f"message {message_id}: the person keeps changing")


def put_off(message_id: str, on: Deliverer, *, now: datetime) -> State | None:
    """Let a message wait that there is no time left for: the sweep brings it back. Its state; None if there is none.

    Guarded by the state's version: whoever else is at it wins.
    """
    message = on.messages.get(message_id)
    if message is None or message.state is not State.PENDING:
        return message.state if message else None
    return _saved(_held(message, now, Waits.PACE, until=now + PUT_OFF_FOR), message, on)


def _saved(after: Message, before: Message, on: Deliverer) -> State:
    on.messages.save(after, expected=before.state_version)
    return after.state


def _held(message: Message, now: datetime, why: Waits, *, until: datetime, by: By = By.HOLD) -> Message:
    kept = message.reason
    return move(message, State.PENDING, now=now, reason=kept, by=by, note=str(why), not_before=until)


def _stopped(message: Message, on: Deliverer, catalog: Catalog, now: datetime) -> Message | None:
    """The message held, expired or stopped for a reason that needs no person."""
    if message.expires_at is not None and now >= message.expires_at:
        return move(message, State.EXPIRED, now=now, reason=str(OtherReason.EXPIRED))
    if catalog.policy.kill_switch and message.category != "mandatory":
        return _held(message, now, Waits.KILL_SWITCH, until=now + PAUSED_FOR)
    if is_stopped(message, catalog):
        return move(message, State.EXPIRED, now=now, reason=str(OtherReason.CAMPAIGN_STOPPED))
    hold = on.brakes.hold_of(message, now=now) if on.brakes is not None else None
    if hold is not None:
        why = Waits.BRAKE if hold.by is By.BRAKE else Waits.WAVE
        until = min(hold.until, message.expires_at or hold.until)
        return _held(message, now, why, until=until, by=hold.by)
    if on.approvals is not None and on.approvals.is_lacking(message, catalog):
        return _held(message, now, Waits.APPROVAL, until=now + PAUSED_FOR)
    if on.walks is not None and on.walks.stands_still(message, catalog):
        return _held(message, now, Waits.JOURNEY_PAUSED, until=now + PAUSED_FOR)
    if message.again_of and not _is_still_unknown(message, on):
        return move(message, State.EXPIRED, now=now, reason=str(OtherReason.FIRST_ARRIVED), by=By.REPORT)
    return None


def _is_still_unknown(message: Message, on: Deliverer) -> bool:
    """Whether the first one did not arrive, as far as is known; a system that refused one may be told once more."""
    first = on.messages.get(message.again_of)
    refused = State.FAILED if message.channel == WEBHOOK else State.UNKNOWN
    return first is not None and first.state in (State.UNKNOWN, refused)


def _prepared(message: Message, on: Deliverer, catalog: Catalog, now: datetime) -> _Ready | Message:
    """Everything found and rendered; or the message refused, because something of it is gone or broken."""
    stored = on.people.profiles([message.person]).get(message.person)
    if stored is None:
        return move(message, State.DENIED, now=now, reason="erased")
    profile = as_defined(stored, on.people, catalog, now=now)
    address = address_of(message, profile)
    if address is None:
        return move(message, State.DENIED, now=now, reason=str(OtherReason.NO_ADDRESS))
    needless = why_needless(message, profile, catalog, on.messages, now=now)
    if needless is not None:
        end = State.EXPIRED if needless is OtherReason.SEEN_ELSEWHERE else State.DENIED
        return move(message, end, now=now, reason=str(needless))
    left = on.walks.why_left(message, profile.parts) if on.walks is not None else None
    if left is not None:
        return withdrawn(message, left, now=now)
    behind = _behind_another(message, profile, on, now)
    if behind is not None:
        return behind
    campaign = catalog.campaigns[message.campaign]
    brand, template = catalog.brands[campaign.brand], catalog.templates[message.template]
    links = _links(message, campaign, template, on, now)
    known = told_of(profile, on.ledger, catalog, language=message.language, now=now)
    context = _context(message, known.traits, campaign, brand, links, on)
    if known.withheld:
        told_less = {"depth": known.depth, "not_told": list(known.withheld)}
        message = replace(message, decision={**message.decision, **told_less})
    if message.items:
        gatherer = Gatherer(on.people, on.ledger, on.messages)
        told = told_by(message, profile, address, gatherer, catalog, now=now, context=context)
        message = replace(message, decision={**message.decision, "left_out": dict(told.left_out)})
        if not told.items:
            return move(message, State.DENIED, now=now, reason=str(OtherReason.NOTHING_LEFT))
        context = replace(context, digest=told.items)
    try:
        content = render(template, language=message.language, context=context)
        content, ours = led_links(
            content, message, profile, base_url=on.base_url, keys=on.link_keys, catalog=catalog
        )
        if (
            isinstance(content, RenderedWhatsApp)
            and content.answers
            and not may_be_answered(address, now=now)
        ):
            return move(message, State.DENIED, now=now, reason=str(OtherReason.CONVERSATION_OVER))
        envelope = _envelope(message, content, address, brand)
    except ContentError as error:
        decision = {**message.decision, "error": f"{type(error).__name__}: {error}"}
        return move(message, State.FAILED, now=now, reason=str(OtherReason.RENDER_FAILED), decision=decision)
    if ours != message.links:
        message = replace(message, links=ours)
    return _Ready(message, profile, address, brand, content, envelope)


def _behind_another(message: Message, profile: Profile, on: Deliverer, now: datetime) -> Message | None:
    """The message held or refused, if the person has another of this run: both were decided before two were one."""
    if len(profile.parts) < 2:
        return None
    about = {"campaign": message.campaign, "run": message.run, "step": message.step}
    decided = on.messages.renderings(profile.parts, **about, channels=(message.channel,))
    standing = standing_of(message, [each for each in decided if each.id != message.id], now=now)
    match standing.goes:
        case Goes.FIRST:
            return None
        case Goes.LATER:
            return _held(message, now, Waits.OTHER_FIRST, until=standing.look_again)
        case Goes.NEVER:
            return move(message, State.DENIED, now=now, reason=str(OtherReason.ALREADY_WRITTEN))
        case _:
            assert_never(standing.goes)


def _links(message: Message, campaign: Campaign, template: Template, on: Deliverer, now: datetime) -> Links:
    """Only who asked for it is sent a link that may do more than reduce: any mail may be forwarded."""
    keys = on.link_keys()
    leave = Unsubscribe(topic=message.topic, channel=message.channel)
    asked_for = campaign.trigger.for_ if isinstance(campaign.trigger, OnAsked) else ""

    def url(scope: LinkScope) -> str:
        token = issue(send_ref=message.id, scope=scope, issued_at=now, nonce=on.randomness(16), keys=keys)
        return link_url(on.base_url, token, scope)

    return Links(
        unsubscribe=url(leave),
        preferences=url(Preferences()),
        visit=url(Visit()) if asked_for == "preferences" else None,
        confirm=url(Confirm()) if asked_for == "opt_in" else None,
        survey=url(Survey(template.survey)) if template.survey else None,
    )


def _context(
    message: Message,
    traits: Mapping[str, Any],
    campaign: Campaign,
    brand: Brand,
    links: Links,
    on: Deliverer,
) -> TemplateContext:
    event = on.people.timeline_event(message.event_part, message.event_key) if message.event_key else None
    return TemplateContext(
        brand=brand,
        person_language=message.language,
        traits=traits,
        event_name=event.name if event else None,
        event_properties=event.properties if event else {},
        campaign_id=campaign.id,
        campaign_name=campaign.name,
        links=links,
        consent=message.decision.get("consent", {}),
    )


def _judged_and_sent(ready: _Ready, on: Deliverer, catalog: Catalog, now: datetime) -> State | None:
    """Ask the gate about the message as rendered, claim it, send it. None if the claim was lost: look again.

    The profile was read before the ledger: a consent recorded in between has raised the reach version, and
    the claim fails.
    """
    message = ready.message
    heard = heard_by(ready.profile, ready.address, on.messages, catalog)

    def judge(heard: Heard) -> Judgement:
        return judge_now(
            message,
            ready.profile,
            ready.address,
            content_facts(ready.content, ready.brand),
            ledger=on.ledger,
            heard=heard,
            catalog=catalog,
            now=now,
        )

    judgement = judged_in_turn(judge, message, heard, on.messages)
    record = of_judgement_again(message, judgement, profile=ready.profile, catalog=catalog)
    reason = reason_of(record)
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
            end = state_judged(judgement)
            return _saved(move(message, end, now=now, reason=reason, decision=record), message, on)
        case _:
            assert_never(judgement.word)
    turn = _turn(message, on, catalog, now)
    if turn is None:
        return _saved(_held(message, now, Waits.PACE, until=now + PUT_OFF_FOR), message, on)
    # It goes out for the reason of this moment, not for that of a first decision or of a throttled try.
    mine = claimed(
        message,
        owner=on.randomness(12).hex(),
        now=turn,
        reason=reason,
        decision=record,
        **_charged_as(ready),
    )
    won = on.messages.claim(
        mine,
        person=ready.profile.id,
        reach_version=ready.profile.reach_version,
        expected=message.state_version,
        pressed=not_counted_yet(message, ready.profile, heard, judgement, catalog, now=now),
    )
    if not won:
        return None
    outcome = _send(approved, mine, ready, on)
    after = settled(mine, outcome, now=turn)
    on.messages.save(after, expected=mine.state_version, owner=mine.owner)
    if on.brakes is not None:
        on.brakes.heed(outcome, mine.channel, catalog.policy, now=turn)
    return after.state


def _turn(message: Message, on: Deliverer, catalog: Catalog, now: datetime) -> datetime | None:
    """When the message may go by the pace of its campaign and its channel, having waited for both; None if that is
    too far away. A turn of the campaign whose channel is not free in time is lost: it goes the slower for that."""
    if on.turns is None:
        return now
    campaign = catalog.campaigns.get(message.campaign)
    paces = (
        (f"campaign/{message.campaign}", campaign.throttle if campaign else None),
        (message.channel, pace_on(message.channel, catalog, on.quotas)),
    )
    turn: datetime | None = now
    for name, per_second in paces:
        if per_second is not None and turn is not None:
            turn = on.turns.wait(name, per_second=per_second, within=on.patience)
    return turn


def pace_on(channel: str, catalog: Catalog, quotas: Quotas | None) -> float | None:
    """How many messages a second go out on a channel: as the policy says, and never more than the provider allows."""
    allowed = quotas.per_second(channel) if quotas is not None else None
    return pace(catalog.policy.pace_of(channel), allowed)


def _send(approved: Approved, mine: Message, ready: _Ready, on: Deliverer) -> Outcome:
    """The one call, for the message as it was claimed."""
    sender_of_channel = on.senders[ready.content.channel]
    return sender_of_channel.send(approved, replace(ready.envelope, message=mine), ready.content)


def _charged_as(ready: _Ready) -> dict[str, Any]:
    """What carriers charge a text message by. One with media is a single message, whatever its length."""
    content = ready.content
    if not isinstance(content, RenderedSms):
        return {}
    parts = 1 if content.media else content.parts.parts
    return {"parts": parts, "country": country_of_number(ready.address.value) or ""}


def _envelope(message: Message, content: Rendered, address: Address, brand: Brand) -> Envelope:
    """What goes beside the content. Raises ContentError, UnusableLink: before the claim, and never after it."""
    if not isinstance(content, RenderedEmail):
        country = country_of_number(address.value) if brand.senders.sms.by_country else None
        return Envelope(message, sender="", platform=address.platform, brand=brand.senders, country=country)
    leave = content.links.unsubscribe
    return Envelope(
        message,
        sender=sender(brand, language=message.language),
        reply_to=brand.reply_to,
        headers=list_unsubscribe_headers(leave) if message.category == "marketing" and leave else {},
        brand=brand.senders,
    )
