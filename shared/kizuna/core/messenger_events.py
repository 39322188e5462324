"""What people do in WhatsApp and LINE, as events told by the providers, and what follows from it.

    WhatsApp Received   somebody wrote: the number is reached by WhatsApp, and may be answered freely for 24 hours;
                        a keyword such as STOP withdraws from the channel
    LINE Followed       somebody added the account as a friend, which is how one agrees to hear of it: a grant
    LINE Unfollowed     they blocked it: withdrawn
    LINE Received       somebody wrote

Only events of a provider do this. The same name in an event from anyone else is just a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.sms_keywords import NO_WORDS, SmsClass, SmsWords, classify
from kizuna.core.events import Event, SourceKind
from kizuna.core.ids import digest
from kizuna.core.people import Address

WHATSAPP_RECEIVED = "WhatsApp Received"
WHATSAPP_DELIVERED = "WhatsApp Delivered"
WHATSAPP_READ = "WhatsApp Read"
WHATSAPP_FAILED = "WhatsApp Failed"
LINE_FOLLOWED = "LINE Followed"
LINE_UNFOLLOWED = "LINE Unfollowed"
LINE_RECEIVED = "LINE Received"

CONVERSATION = timedelta(hours=24)
"""For so long after somebody wrote by WhatsApp they may be answered without a template."""

LINE_WORDING = "line-friend"
"""What is shown to whoever adds a friend is LINE's own dialogue, kept in the registry of wordings by this name."""

_MARGIN = timedelta(minutes=5)  # what a message may spend in a queue of the provider's
_CHANNELS = {
    WHATSAPP_RECEIVED: ("whatsapp", "phone"),
    LINE_FOLLOWED: ("line", "line"),
    LINE_RECEIVED: ("line", "line"),
}
_WRITTEN = frozenset({WHATSAPP_RECEIVED, LINE_RECEIVED})


def tells_of_contact(event: Event) -> bool:
    """Whether `contacted` has anything to add for an event; most have nothing."""
    return event.source.kind is SourceKind.PROVIDER and event.name in _CHANNELS


def contacted(addresses: Mapping[tuple[str, str], Address], event: Event) -> dict[tuple[str, str], Address]:
    """The addresses with the one that the person just used."""
    channel, kind = _CHANNELS[event.name]
    after = dict(addresses)
    for value in (value for told, value in event.identities if told == kind):
        held = after.get((channel, value), Address(channel, value, event.at))
        heard = max(filter(None, (held.heard_at, event.at))) if event.name in _WRITTEN else held.heard_at
        after[channel, value] = replace(held, at=max(held.at, event.at), heard_at=heard)
    return after


def may_be_answered(address: Address, *, now: datetime) -> bool:
    """Whether a conversation is open: somebody wrote by WhatsApp within the last 24 hours."""
    return address.heard_at is not None and now < address.heard_at + CONVERSATION - _MARGIN


def consent_of_messenger(
    event: Event, profile_id: str, words: SmsWords = NO_WORDS
) -> tuple[ConsentEvent, ...]:
    """The consent event in a follow, an unfollow, or a keyword."""
    if event.source.kind is not SourceKind.PROVIDER:
        return ()
    match event.name:
        case "LINE Followed":
            return (_said(event, profile_id, "grant", "line", "friend_added"),)
        case "LINE Unfollowed":
            return (_said(event, profile_id, "withdraw", "line", "blocked"),)
        case "WhatsApp Received":
            text = str(event.properties.get("text", ""))
            if classify(text, words) is not SmsClass.STOP:
                return ()
            return (_said(event, profile_id, "withdraw", "whatsapp", "keyword"),)
        case _:
            return ()


def _said(event: Event, profile_id: str, action: str, channel: str, source: str) -> ConsentEvent:
    address = event.properties.get("address_id")
    return ConsentEvent(
        id=digest("consent", event.source.id, event.id, action),
        action=action,
        at=event.at,
        received_at=event.received_at,
        subject_ref=profile_id,
        channel=channel,
        topic="*",
        purpose="marketing",
        endpoint=address if action == "grant" and isinstance(address, str) else None,
        basis="express" if action == "grant" else None,
        wording_version=LINE_WORDING if action == "grant" else None,
        source=source,
        actor="self",
        proof=f"event {event.id}",
        identity_verified=True,
    )
