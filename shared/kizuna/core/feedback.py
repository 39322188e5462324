"""What providers report, as events of the person, and what these change on the record.

Feedback is an event like any other, with one difference: only events that came from a provider (or from us)
may change an address. The same name in an event from anyone else is just a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kizuna.core.consent import ConsentEvent
from kizuna.core.events import Event, SourceKind
from kizuna.core.ids import digest
from kizuna.core.people import Address, AddressStatus, Profile

EMAIL_DELIVERED = "Email Delivered"
EMAIL_BOUNCED = "Email Bounced"
EMAIL_COMPLAINED = "Email Complained"
EMAIL_OPENED = "Email Opened"
EMAIL_CLICKED = "Email Clicked"
SMS_DELIVERED = "SMS Delivered"
SMS_FAILED = "SMS Failed"
SMS_RECEIVED = "SMS Received"
SMS_OPTED_OUT = "SMS Opted Out"
PUSH_TOKEN_INVALID = "Push Token Invalid"  # noqa: S105  (an event name)
UNSUBSCRIBED = "Unsubscribed"
# Told of our own messages, and only while some condition asks (`usecases/message_events.py`).
MESSAGE_SENT = "Message Sent"
MESSAGE_WITHHELD = "Message Withheld"

MACHINE = "machine"  # the property of an open or click that no human made

_TRUSTED = (SourceKind.PROVIDER, SourceKind.SYSTEM)
_OF_THE_ADDRESS = {EMAIL_BOUNCED, EMAIL_COMPLAINED, SMS_RECEIVED, SMS_OPTED_OUT, PUSH_TOKEN_INVALID}
_SHARED = "shared_address"  # on an event that came from an address, for somebody else who is reached by it


def _status_of(event: Event) -> AddressStatus | None:
    match event.name:
        case "Email Bounced" if event.properties.get("hard") is True:
            return AddressStatus.HARD_BOUNCED
        case "Email Complained":
            return AddressStatus.COMPLAINED
        case "Push Token Invalid":
            return AddressStatus.INVALID_TOKEN
        case _:
            return None


def tells_of_address(event: Event) -> bool:
    """Whether `address_changes` has anything to look for in an event; most have nothing."""
    return event.source.kind in _TRUSTED and _status_of(event) is not None


def address_changes(profile: Profile, event: Event) -> Mapping[tuple[str, str], Address]:
    """The person's addresses after one event; a worse status is never made better by a report."""
    status = _status_of(event) if event.source.kind in _TRUSTED else None
    if status is None:
        return profile.addresses
    wanted = event.properties.get("address_id")
    addresses = dict(profile.addresses)
    for key, held in profile.addresses.items():
        if held.id == wanted:
            told = replace(held, status=status, status_at=event.at)
            addresses[key] = max(held, told, key=lambda address: address.how_bad)
    return addresses


def address_of_all(event: Event) -> str | None:
    """The id of the address that an event speaks of, if what it says holds for everybody who is reached by it.

    A dead mailbox is dead for the whole family, and a STOP is that of the number: who wrote it, nobody knows.
    """
    address = event.properties.get("address_id")
    holds = event.name in _OF_THE_ADDRESS and (event.name != EMAIL_BOUNCED or event.properties.get("hard"))
    return address if holds and isinstance(address, str) and address else None


def for_others(event: Event, people: Iterable[str]) -> tuple[Event, ...]:
    """The same event for others who are reached by the address it came from."""
    properties = {**event.properties, _SHARED: True}
    return tuple(replace(event, profile_id=person, identities=(), properties=properties) for person in people)


def consent_of_feedback(event: Event, profile: Profile) -> tuple[ConsentEvent, ...]:
    """The consent event in a complaint, a reply, an unsubscribe: leaving is recorded as proof."""
    if event.source.kind not in _TRUSTED:
        return ()
    match event.name:
        case "Email Complained" if event.properties.get(_SHARED):
            return ()  # the mailbox complained; its others did not
        case "Email Complained":
            return (_leaving(event, profile, action="withdraw", channel="email", source="complaint"),)
        case "SMS Received":
            text = str(event.properties.get("text", ""))
            consent = _leaving(event, profile, action="sms_in", channel="sms", source="sms")
            return (replace(consent, text=text, endpoint=_text(event, "address_id")),)
        case "SMS Opted Out":
            consent = _leaving(event, profile, action="sms_in", channel="sms", source="provider_opt_out_list")
            return (replace(consent, text="STOP", endpoint=_text(event, "address_id")),)
        case "Unsubscribed":
            consent = _leaving(event, profile, action="one_click_post", channel="*", source="link")
            return (
                replace(
                    consent,
                    channel=_text(event, "channel") or "*",
                    topic=_text(event, "topic") or "*",
                    token_valid=True,
                    proof=f"link of message {event.properties.get('message_id', '')}",
                ),
            )
        case _:
            return ()


def _leaving(event: Event, profile: Profile, *, action: str, channel: str, source: str) -> ConsentEvent:
    return ConsentEvent(
        id=digest("consent", event.source.id, event.id, action),
        action=action,
        at=event.at,
        received_at=event.received_at,
        subject_ref=profile.id,
        channel=channel,
        topic="*",
        purpose="marketing",
        source=source,
        actor="self",
        proof=f"event {event.id}",
    )


def _text(event: Event, name: str) -> str | None:
    value = event.properties.get(name)
    return value if isinstance(value, str) else None
