"""Digests: what a frequency cap held back (`on_hit: digest`) goes out as one message, once there is room for one.

    too much ─▶ DEFERRED (held_for_digest) ─ its alarm rings ─▶ judged anew: refused · waits on · there is room
                                                                        │
           alone ─▶ it goes by itself                  with others ─▶ the digest PENDING, and each of them
                                                                      DENIED (in_digest), in one transaction

So an item is told once, or by itself, or never with a reason of its own; whoever comes second finds the versions
moved on, and a crash before the write leaves everything as it was. When the digest goes out each item is looked at
again: one whose campaign was stopped, that is too late, or that its person said No to meanwhile is left out, and the
record says so. Where nothing is left, the digest is not sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kizuna.core.addressing import chosen_address
from kizuna.core.campaigns import TRIGGERED, Campaign, OnDigest, triggered_step
from kizuna.core.catalog import Catalog
from kizuna.core.content.digests import told_in_digest
from kizuna.core.content.errors import ContentError
from kizuna.core.content.templates import TemplateContext
from kizuna.core.decide import Occasion, decide
from kizuna.core.decisions.record import held_for
from kizuna.core.errors import AddressTaken
from kizuna.core.messages import Message, State, move
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Gathered, Ledger, Messages, NewMessage, People
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING
from kizuna.usecases.decisions.deciding import heard_by, pressed_by, standing_ledger, why_not_meant
from kizuna.usecases.decisions.rejudge import Rejudged, is_stopped, judge_now, rejudge

MOST = 20  # items of one digest; what is more waits for the next
_LOOKED_AT = 100  # of the person's newest messages


@dataclass(frozen=True, slots=True)
class Gatherer:
    """The ports of gathering."""

    people: People
    ledger: Ledger
    messages: Messages


def goes_in_digest(
    message: Message, again: Rejudged, on: Gatherer, catalog: Catalog, *, now: datetime
) -> bool:
    """Whether a held message for which there is room has been taken care of, with others or by the digest's own wait.

    False where it is to go by itself: nothing else waits, or the digest is gone, or would not be let through.
    Guarded by the versions of the items and of the pressure, and by the digest's own guards. Raises Conflict when
    one of them changed in between: the alarm rings again.
    """
    campaign = catalog.campaigns.get(held_for(message.decision))
    if campaign is None or not campaign.enabled or not isinstance(campaign.trigger, OnDigest):
        return False
    profile = again.profile
    items = [message, *_others(message, profile, on, catalog, now=now)]
    if len(items) < 2:
        return False
    first = min(items, key=lambda item: (item.created_at, item.id))
    occasion = Occasion(
        campaign,
        catalog.version_of("campaign", campaign.id),
        TRIGGERED,
        triggered_step(campaign, first.id),
    )
    address = chosen_address(profile, occasion.speaks_by)
    decided = decide(
        profile,
        occasion,
        ledger=standing_ledger(profile, address, on.ledger),
        heard=heard_by(profile, address, on.messages, catalog),
        catalog=catalog,
        now=now,
        withheld=why_not_meant(catalog.decidable(profile), occasion, catalog, now=now),
    )
    digest = decided.message
    if digest.state is State.DEFERRED and digest.not_before is not None:
        later = move(message, State.DEFERRED, now=now, reason=message.reason, not_before=digest.not_before)
        return on.messages.save(later, expected=message.state_version)
    if digest.state is not State.PENDING:
        return False
    ends = [item.expires_at for item in items if item.expires_at is not None]
    digest = replace(
        digest,
        items=tuple(item.id for item in items),
        expires_at=min(filter(None, (digest.expires_at, max(ends, default=None))), default=None),
    )
    gathered = tuple(Gathered(_told_in(item, digest, now=now), item.state_version) for item in items)
    pressed = pressed_by(profile.id, digest.address_id, decided.heard, catalog)
    try:
        # Not stored: it was, a moment ago, and what it gathered with it.
        on.messages.create(NewMessage(digest, pressed, profile.parts, gathered=gathered))
    except AddressTaken:
        return False
    return True


def _others(
    message: Message, profile: Profile, on: Gatherer, catalog: Catalog, *, now: datetime
) -> list[Message]:
    """What else waits for the same digest and would be let through by now, the oldest first."""
    newest, _ = on.messages.recent(profile.parts, limit=_LOOKED_AT)
    waiting = [
        other
        for other in reversed(newest)
        if other.id != message.id
        and other.state is State.DEFERRED
        and held_for(other.decision) == held_for(message.decision)
        and not _is_over(other, catalog, now)
    ]
    allowed = []
    for other in waiting:
        again = rejudge(
            other, people=on.people, ledger=on.ledger, messages=on.messages, catalog=catalog, now=now
        )
        if isinstance(again, Rejudged) and again.judgement.word == "allow":
            allowed.append(other)
        if len(allowed) == MOST - 1:
            break
    return allowed


def _is_over(message: Message, catalog: Catalog, now: datetime) -> bool:
    too_late = message.expires_at is not None and now >= message.expires_at
    return too_late or is_stopped(message, catalog)


def _told_in(item: Message, digest: Message, *, now: datetime) -> Message:
    return move(
        item,
        State.DENIED,
        now=now,
        reason=str(OtherReason.IN_DIGEST),
        not_before=None,
        decision={**item.decision, "digest": digest.id},
    )


# ── when it goes out ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Told:
    """What a digest tells, and what it leaves out by now: the reason by the id of the message."""

    items: tuple[Mapping[str, Any], ...]
    left_out: Mapping[str, str]


def told_by(
    digest: Message,
    profile: Profile,
    address: Address,
    on: Gatherer,
    catalog: Catalog,
    *,
    now: datetime,
    context: TemplateContext,
) -> Told:
    """The items of a digest as its template sees them. Each is judged as a message about its own subject, on the
    address that the digest goes to, by somebody who has heard nothing: the room is the digest's."""
    told: list[Mapping[str, Any]] = []
    left_out: dict[str, str] = {}
    for item in _items(digest.items, on.messages):
        why = _why_left_out(item, digest, profile, address, on, catalog, now=now)
        if why:
            left_out[item.id] = why
            continue
        campaign = catalog.campaigns[item.campaign]
        try:
            told.append(_as_told(item, campaign, profile, on, catalog, context))
        except ContentError:
            left_out[item.id] = str(OtherReason.RENDER_FAILED)
    return Told(tuple(told), left_out)


def _items(ids: Iterable[str], messages: Messages) -> list[Message]:
    return [item for item in map(messages.get, ids) if item is not None]


def _why_left_out(
    item: Message,
    digest: Message,
    profile: Profile,
    address: Address,
    on: Gatherer,
    catalog: Catalog,
    *,
    now: datetime,
) -> str:
    if item.expires_at is not None and now >= item.expires_at:
        return str(OtherReason.EXPIRED)
    if is_stopped(item, catalog):
        return str(OtherReason.CAMPAIGN_STOPPED)
    about = replace(digest, campaign=item.campaign, topic=item.topic, category=item.category)
    judgement = judge_now(
        about, profile, address, None, ledger=on.ledger, heard=Heard(NOTHING), catalog=catalog, now=now
    )
    return str(judgement.reason) if judgement.word == "deny" else ""


def _as_told(
    item: Message,
    campaign: Campaign,
    profile: Profile,
    on: Gatherer,
    catalog: Catalog,
    context: TemplateContext,
) -> Mapping[str, Any]:
    """One item in the language of the digest. Raises ContentError."""
    event = on.people.timeline_event(item.event_part, item.event_key) if item.event_key else None
    about = replace(
        context,
        brand=catalog.brands[campaign.brand],
        event_name=event.name if event else None,
        event_properties=event.properties if event else {},
        campaign_id=campaign.id,
        campaign_name=campaign.name,
    )
    topic = catalog.topics.get(item.topic)
    names = topic.name if topic else {}
    language = context.person_language
    return {
        "campaign": campaign.id,
        "name": campaign.name,
        "topic": names.get(language.partition("-")[0], next(iter(names.values()), item.topic)),
        **told_in_digest(catalog.templates[item.template], language=language, context=about),
    }
