"""What providers report, as events of the person, and what these change on the record.

Feedback is an event like any other, with one difference: only events that came from a provider (or from us)
may change an address. The same name in an event from anyone else is just a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.sms_keywords import NO_WORDS, SmsWords
from kizuna.core.events import Event, SourceKind
from kizuna.core.ids import digest
from kizuna.core.messenger_events import LINE_UNFOLLOWED, WHATSAPP_RECEIVED
from kizuna.core.people import Address, AddressStatus, Profile

EMAIL_DELIVERED = "Email Delivered"
EMAIL_BOUNCED = "Email Bounced"
EMAIL_COMPLAINED = "Email Complained"
EMAIL_REJECTED = (
    "Email Rejected"  # taken by the provider, and thrown away: a virus in it, or it could not be made
)
EMAIL_OPENED = "Email Opened"
EMAIL_CLICKED = "Email Clicked"
LINK_FOLLOWED = (
    "Message Link Followed"  # where we note it ourselves: e-mail and inbox tell of it as their own
)
SMS_DELIVERED = "SMS Delivered"
SMS_FAILED = "SMS Failed"
SMS_RECEIVED = "SMS Received"
SMS_OPTED_OUT = "SMS Opted Out"
PUSH_TOKEN_INVALID = "Push Token Invalid"  # noqa: S105  (an event name)
PUSH_DELIVERED = "Push Message Delivered"  # as the app says; so the next
PUSH_OPENED = "Push Message Opened"
INBOX_READ = "Inbox Message Read"
INBOX_CLICKED = "Inbox Message Clicked"
INBOX_DISMISSED = "Inbox Message Dismissed"
TASK_DONE = "Task Done"  # by a member of staff: somebody was called, visited or written to
DO_NOT_CALL = "do_not_call"  # the property of a task at whose end the person wanted no more of them
UNSUBSCRIBED = "Unsubscribed"
SUBSCRIBED = "Subscribed"  # on the person's own page, by somebody who reads the mailbox
SUBSCRIPTION_CONFIRMED = "Subscription Confirmed"
REASON_FOR_LEAVING = "Reason For Leaving Given"
# Told of our own messages, and only while some condition asks (`usecases/message_events.py`).
MESSAGE_SENT = "Message Sent"
MESSAGE_WITHHELD = "Message Withheld"

MACHINE = "machine"  # the property of an open or click that no human made

# Who may tell what became of a message.
TRUSTED = (SourceKind.PROVIDER, SourceKind.SYSTEM)
_OF_THE_ADDRESS = {
    EMAIL_BOUNCED,
    EMAIL_COMPLAINED,
    SMS_RECEIVED,
    SMS_OPTED_OUT,
    PUSH_TOKEN_INVALID,
    WHATSAPP_RECEIVED,
    LINE_UNFOLLOWED,
}
SHARED = "shared_address"  # on an event that came from an address, for somebody else who is reached by it


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
    return event.source.kind in TRUSTED and (_status_of(event) is not None or _is_soft_bounce(event))


def _is_soft_bounce(event: Event) -> bool:
    return event.name == EMAIL_BOUNCED and event.properties.get("hard") is False


def address_changes(profile: Profile, event: Event) -> Mapping[tuple[str, str], Address]:
    """The person's addresses after one event; a worse status is never made better by a report."""
    if not tells_of_address(event):
        return profile.addresses
    wanted = event.properties.get("address_id")
    return {
        key: _after(held, event) if held.id == wanted else held for key, held in profile.addresses.items()
    }


def _after(held: Address, event: Event) -> Address:
    status = _status_of(event)
    if status is None:
        return held.with_soft_bounces([event.at])
    told = replace(held, status=status, status_at=event.at)
    return max(held, told, key=lambda address: address.how_bad)


def address_of_all(event: Event) -> str | None:
    """The id of the address that an event speaks of, if what it says holds for everybody who is reached by it.

    A dead mailbox is dead for the whole family, and a STOP is that of the number: who wrote it, nobody knows.
    """
    address = event.properties.get("address_id")
    holds = event.name in _OF_THE_ADDRESS and (event.name != EMAIL_BOUNCED or event.properties.get("hard"))
    return address if holds and isinstance(address, str) and address else None


def for_others(event: Event, people: Iterable[str]) -> tuple[Event, ...]:
    """The same event for others who are reached by the address it came from."""
    properties = {**event.properties, SHARED: True}
    return tuple(replace(event, profile_id=person, identities=(), properties=properties) for person in people)


def consent_of_feedback(
    event: Event, profile: Profile, words: SmsWords = NO_WORDS
) -> tuple[ConsentEvent, ...]:
    """The consent event in a complaint, a reply, an unsubscribe: leaving is recorded as proof.

    A reply is read by the `words` of this moment as well, and what they make of it is kept with it.
    """
    if event.source.kind not in TRUSTED:
        return ()
    match event.name:
        case "Email Complained" if event.properties.get(SHARED):
            return ()  # the mailbox complained; its others did not
        case "Email Complained":
            return (_leaving(event, profile, action="withdraw", channel="email", source="complaint"),)
        case "SMS Received":
            text = str(event.properties.get("text", ""))
            consent = _leaving(event, profile, action="sms_in", channel="sms", source="sms")
            told = words.class_of(text)
            return (
                replace(
                    consent,
                    text=text,
                    endpoint=_text(event, "address_id"),
                    read_as=str(told) if told is not None else None,
                ),
            )
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
        case "Task Done" if event.properties.get(DO_NOT_CALL) is True:
            said = _leaving(event, profile, action="withdraw", channel="task", source="staff")
            return (replace(said, identity_verified=True),)
        case "Subscribed":
            return _subscribed(event, profile)
        case "Subscription Confirmed":
            proof = f"link mailed as message {event.properties.get('message_id', '')}, followed at {event.at}"
            return (_click(event, profile, proof),)
        case _:
            return ()


def _subscribed(event: Event, profile: Profile) -> tuple[ConsentEvent, ...]:
    """A grant, and at once what confirms it: the page was opened by a link that was mailed to this very address."""
    proof = f"own page, opened by the link mailed as message {event.properties.get('message_id', '')}"
    grant = replace(
        _leaving(event, profile, action="grant", channel="email", source="link"),
        topic=_text(event, "topic"),
        endpoint=_text(event, "address_id"),
        wording_version=_text(event, "wording_version"),
        basis="express",
        identity_verified=True,
        proof=proof,
    )
    return (grant, _click(event, profile, proof))


def _click(event: Event, profile: Profile, proof: str) -> ConsentEvent:
    click = _leaving(event, profile, action="confirm", channel="email", source="link")
    return replace(click, endpoint=_text(event, "address_id"), identity_verified=True, proof=proof)


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
