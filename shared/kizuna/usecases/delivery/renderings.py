"""One thing told on several channels: what is to be tried next, and what need not be said any more.

    sent, or perhaps sent ─▶ the next channel's message waits (DEFERRED) for its time to be seen
    refused after all     ─▶ the next channel that the gate allows, at once
    seen on one channel   ─▶ what waits on the others is let go (EXPIRED, seen_elsewhere), and an item that lies
                             unread in the inbox is taken back (withdrawn)

All of it is drawn from what the stream tells of messages, and may be drawn again: a message is followed once (the
slot that it leaves is guarded), and a message is let go only in the state that was read. Whether somebody has seen it
is asked again when a fallback's time has come and before a message is claimed (`needless`), so a late stream costs no
second contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.choosing import fallback_at, has_reached, next_channels, with_channels
from kizuna.core.decide import Occasion, put_off
from kizuna.core.errors import AddressTaken
from kizuna.core.messages import Message, State, has_come_back, move
from kizuna.core.own_channels import INBOX
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, People
from kizuna.core.reasons import OtherReason
from kizuna.usecases.decisions.deciding import Decider, decide_first, store
from kizuna.usecases.decisions.needless import campaign_as_told, renderings_of
from kizuna.usecases.decisions.rejudge import is_stopped
from kizuna.usecases.reacting.upkeep import as_defined

TRIES = 3


def follow(
    message: Message,
    *,
    people: People,
    ledger: Ledger,
    messages: Messages,
    catalog: Catalog,
    now: datetime,
) -> None:
    """Put down what follows this state of a message, if anything does: on the next of the campaign's channels.

    Guarded by the slot that the message leaves, in every part of its person. A crash before it leaves nothing, and
    whoever reads the change again finds the same to do. Raises Conflict when the person's pressure keeps changing.
    """
    campaign = campaign_as_told(message, catalog)
    at = fallback_at(message, campaign) if campaign else None
    if campaign is None or at is None or is_stopped(message, catalog):
        return
    stored = people.profiles([message.person]).get(message.person)
    if stored is None:
        return
    profile = as_defined(stored, people, catalog, now=now)
    known = renderings_of(message, profile, campaign, messages)
    if any(has_reached(each, campaign) for each in known):
        return
    order = next_channels(
        catalog.decidable(profile),
        campaign,
        (each.channel for each in known),
        looked_at=_first_order(known, campaign),
        now=now,
    )
    if not order:
        return
    occasion = Occasion(
        campaign,
        message.campaign_version,
        message.run,
        message.step,
        event_part=message.event_part,
        event_key=message.event_key,
        falls_back_from=message,
        variant=message.variant,
    )
    on, slot = Decider(ledger, messages, catalog), f"after {message.id}"
    if at <= now:
        decide_first(profile, occasion, order, on, slot=slot, now=now)
    else:
        _wait(profile, occasion, order, on, slot=slot, until=at, now=now)


def _first_order(known: Sequence[Message], campaign: Campaign) -> tuple[str, ...]:
    """The order in which the campaign's channels were looked at first, where it is one of the person's own."""
    if campaign.channels is None or campaign.channels.choose != "best":
        return ()
    first = next((each for each in known if not each.falls_back_from), None)
    told = tuple(channel for channel, *_ in first.decision.get("channels", ())) if first else ()
    return told if set(told) == set(campaign.reaches_by) else ()


def _wait(
    profile: Profile,
    occasion: Occasion,
    order: tuple[str, ...],
    on: Decider,
    *,
    slot: str,
    until: datetime,
    now: datetime,
) -> None:
    """Let the first of these channels wait on which the person can be reached; where there is none, say so."""
    taken: set[str] = set()
    for _ in order:
        found = []
        for channel in order:
            withheld = OtherReason.ALREADY_ADDRESSED if channel in taken else None
            this = replace(occasion, channel=channel)
            found.append(put_off(profile, this, until=until, catalog=on.catalog, now=now, withheld=withheld))
            if found[-1].message.state is State.DEFERRED:
                break
        chosen = found[-1] if found[-1].message.state is State.DEFERRED else found[0]
        told = [
            [each.message.channel, str(each.message.decision["answer"]), each.message.reason]
            for each in found
        ]
        try:
            store(with_channels(chosen, told), profile, on, slot=slot)
            return
        except AddressTaken:
            taken.add(chosen.message.channel)


def let_go(message: Message, *, people: People, messages: Messages, catalog: Catalog, now: datetime) -> None:
    """Let go of what still waits to tell a person what they have met by this message, and hurry what it made wait if
    it turns out that it reached nobody.

    Each is moved only from the state that was read: one that its sender has claimed by then goes out. A crash leaves
    some of them waiting; they are asked again before they go.
    """
    campaign = campaign_as_told(message, catalog)
    if campaign is None or campaign.channels is None:
        return
    reached, came_back = has_reached(message, campaign), has_come_back(message)
    profile = people.profiles([message.person]).get(message.person) if reached or came_back else None
    if profile is None:
        return
    for other in renderings_of(message, profile, campaign, messages):
        if reached and other.id != message.id:
            _expire(other, messages, now=now)
            if other.channel == INBOX and other.state is State.SENT:
                messages.add_fact(other.id, "withdrawn", now)
        elif came_back and other.falls_back_from == message.id:
            _hurry(other, messages, now=now)


def _expire(message: Message, messages: Messages, *, now: datetime) -> None:
    current: Message | None = message
    for _ in range(TRIES):
        if current is None or current.state not in (State.PENDING, State.DEFERRED):
            return
        gone = move(current, State.EXPIRED, now=now, reason=str(OtherReason.SEEN_ELSEWHERE), not_before=None)
        if messages.save(gone, expected=current.state_version):
            return
        current = messages.get(current.id)


def _hurry(message: Message, messages: Messages, *, now: datetime) -> None:
    """Its time has come: the next sweep takes it. Where somebody moved it on meanwhile there is nothing to hurry."""
    waits = message.state is State.DEFERRED and message.reason == OtherReason.FALLBACK_WAITS
    if waits and message.not_before and message.not_before > now:
        soon = move(message, State.DEFERRED, now=now, reason=message.reason, not_before=now)
        messages.save(soon, expected=message.state_version)
