"""What each provider is asked, word for word; `Stubber` holds it against the service's own model."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from kizuna.adapters.clients import sending_client
from kizuna.adapters.senders.push import PinpointPushSender
from kizuna.adapters.senders.ses import SesEmailSender
from kizuna.adapters.senders.sms import SmsVoiceSender
from kizuna.core.content.attachments import RenderedAttachment
from kizuna.core.content.rendering import RenderedEmail, RenderedPush, RenderedSms
from kizuna.core.gate import NotApproved
from kizuna.core.links import list_unsubscribe_headers
from kizuna.core.messages import Accepted, Message, Rejected
from tests.support.builders import (
    NOON,
    a_message,
    an_envelope,
    approved,
    rendered_email,
    rendered_push,
    rendered_sms,
)
from tests.support.service_models import listening

PHONE = "+819012345678"
TOKEN = "token-1"


@contextmanager
def asked(service: str, operation: str, reply: dict[str, Any], request: dict[str, Any]) -> Iterator[Any]:
    """A client that expects this one request and nothing more."""
    client = sending_client(service)
    try:
        with Stubber(client) as stub:
            stub.add_response(operation, reply, request)
            yield client
            stub.assert_no_pending_responses()
    finally:
        client.close()


def an_sms(**changes: Any) -> Message:
    return a_message(channel="sms", address=PHONE, **changes)


def a_push(**changes: Any) -> Message:
    return a_message(channel="push", address=TOKEN, **changes)


# ── e-mail ──────────────────────────────────────────────────────────────────────────────────────


def test_an_email_carries_its_headers_and_its_tags_and_nothing_about_the_person() -> None:
    message = a_message()
    headers = list_unsubscribe_headers("https://api.example.com/u/v1.k1.token.mac")
    request = {
        "FromEmailAddress": "The Shop <hello@shop.example>",
        "Destination": {"ToAddresses": ["ann@example.com"]},
        "ReplyToAddresses": ["care@shop.example"],
        "ConfigurationSetName": "kizuna",
        "EmailTags": [
            {"Name": "send_id", "Value": message.id},
            {"Name": "campaign", "Value": "spring"},
            {"Name": "run", "Value": "20261123T1200Z"},
        ],
        "Content": {
            "Simple": {
                "Subject": {"Data": "Hello", "Charset": "UTF-8"},
                "Body": {
                    "Html": {"Data": "<p>Hello</p>", "Charset": "UTF-8"},
                    "Text": {"Data": "Hello", "Charset": "UTF-8"},
                },
                "Headers": [
                    {"Name": "List-Unsubscribe", "Value": "<https://api.example.com/u/v1.k1.token.mac>"},
                    {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                ],
            }
        },
    }
    envelope = an_envelope(message, reply_to="care@shop.example", headers=headers)
    with asked("sesv2", "send_email", {"MessageId": "ses-1"}, request) as client:
        sender = SesEmailSender(client, configuration_set="kizuna")
        assert sender.send(approved(message), envelope, rendered_email()) == Accepted("ses-1")


def test_an_email_needs_no_configuration_set_and_no_headers() -> None:
    message = a_message(category="transactional")
    with asked("sesv2", "send_email", {"MessageId": "ses-1"}, _least_email(message)) as client:
        outcome = SesEmailSender(client).send(approved(message), an_envelope(message), rendered_email())
        assert outcome == Accepted("ses-1")


def _least_email(message: Message) -> dict[str, Any]:
    tags = {"send_id": message.id, "campaign": message.campaign, "run": message.run}
    text = {name: {"Data": value, "Charset": "UTF-8"} for name, value in _PARTS.items()}
    return {
        "FromEmailAddress": "The Shop <hello@shop.example>",
        "Destination": {"ToAddresses": [message.address]},
        "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items()],
        "Content": {"Simple": {"Subject": text.pop("Subject"), "Body": text}},
    }


_PARTS = {"Subject": "Hello", "Html": "<p>Hello</p>", "Text": "Hello"}


@pytest.mark.parametrize("content", [{}, {"attachments": (RenderedAttachment("a.txt", "text/plain", b"a"),)}])
def test_a_mailbox_at_a_domain_of_other_letters_is_reached_by_its_name_in_punycode(content: Any) -> None:
    message = a_message(address="ann@例え.jp")
    client, asked_ = listening("sesv2", {"MessageId": "ses-1"})
    envelope = an_envelope(message)
    outcome = SesEmailSender(client).send(approved(message), envelope, rendered_email(**content))
    assert outcome == Accepted("ses-1")
    ((_, params),) = asked_
    assert params["Destination"] == {"ToAddresses": ["ann@xn--r8jz45g.jp"]}
    if content:
        assert b"To: ann@xn--r8jz45g.jp\r\n" in params["Content"]["Raw"]["Data"]


@pytest.mark.parametrize(
    "address", ["花子@例え.jp", "花子@shop.example", "a@b.example\r\nBcc: eve@example.com"]
)
def test_a_mailbox_that_ses_cannot_reach_is_not_asked_for(address: str) -> None:
    client, asked_ = listening("sesv2", {"MessageId": "ses-1"})
    message = a_message(address=address)
    outcome = SesEmailSender(client).send(approved(message), an_envelope(message), rendered_email())
    assert (outcome, asked_) == (Rejected("invalid_request"), [])


@pytest.mark.parametrize(
    ("envelope", "content"),
    [
        ({}, {"subject": "Hello\r\nBcc: eve@example.com"}),
        ({"sender": "The Shop\n <hello@shop.example>"}, {}),
        ({"reply_to": "care@shop.example\r\nBcc: eve@example.com"}, {}),
        ({"headers": {"List-Unsubscribe": "<https://x.example>\r\nBcc: eve@example.com"}}, {}),
    ],
)
def test_a_line_break_in_a_header_sends_nothing(envelope: dict[str, Any], content: dict[str, Any]) -> None:
    message = a_message()
    client = sending_client("sesv2")
    with Stubber(client):
        outcome = SesEmailSender(client).send(
            approved(message), an_envelope(message, **envelope), rendered_email(**content)
        )
    client.close()
    assert outcome == Rejected("invalid_request")


def test_a_run_that_is_no_tag_sends_nothing() -> None:
    message = a_message(run="spring 2026!")
    client = sending_client("sesv2")
    with Stubber(client):
        outcome = SesEmailSender(client).send(approved(message), an_envelope(message), rendered_email())
    client.close()
    assert outcome == Rejected("invalid_request")


# ── SMS ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("category", "kind"), [("marketing", "PROMOTIONAL"), ("transactional", "TRANSACTIONAL")]
)
def test_a_text_says_what_kind_it_is_and_which_message(category: str, kind: str) -> None:
    message = an_sms(category=category)
    request = {
        "DestinationPhoneNumber": PHONE,
        "OriginationIdentity": "pool-1",
        "MessageBody": "The Shop: hello",
        "MessageType": kind,
        "ConfigurationSetName": "kizuna-sms",
        "Context": {"send_id": message.id},
        "TimeToLive": 172_800,
    }
    with asked("pinpoint-sms-voice-v2", "send_text_message", {"MessageId": "sms-1"}, request) as client:
        sender = SmsVoiceSender(client, origination="pool-1", configuration_set="kizuna-sms")
        outcome = sender.send(approved(message), an_envelope(message), rendered_sms())
        assert outcome == Accepted("sms-1")


@pytest.mark.parametrize(
    ("useful_for", "seconds"),
    [(timedelta(seconds=1), 5), (timedelta(minutes=3), 180), (timedelta(days=9), 259_200), (None, None)],
)
def test_a_text_lives_as_long_as_it_is_useful_within_what_the_provider_takes(
    useful_for: timedelta | None, seconds: int | None
) -> None:
    message = an_sms(expires_at=NOON + useful_for if useful_for else None)
    request = {
        "DestinationPhoneNumber": PHONE,
        "OriginationIdentity": "SHOP",
        "MessageBody": "The Shop: hello",
        "MessageType": "PROMOTIONAL",
        "Context": {"send_id": message.id},
        **({"TimeToLive": seconds} if seconds else {}),
    }
    with asked("pinpoint-sms-voice-v2", "send_text_message", {"MessageId": "sms-1"}, request) as client:
        envelope = an_envelope(message, sender="SHOP")
        SmsVoiceSender(client, origination="pool-1").send(approved(message), envelope, rendered_sms())


# ── push ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("platform", "channel_type", "part", "collapse"),
    [("ios", "APNS", "APNSMessage", "CollapseId"), ("android", "GCM", "GCMMessage", "CollapseKey")],
)
def test_a_push_goes_to_one_token_and_replaces_its_own_repeat(
    platform: str, channel_type: str, part: str, collapse: str
) -> None:
    message = a_push()
    shown = {
        "Title": "Hello",
        "Body": "Come in",
        "Data": {"open": "shop://home", "kizuna_message": message.id},
        "TimeToLive": 172_800,
        collapse: message.id,
    }
    request = {
        "ApplicationId": "app-1",
        "MessageRequest": {
            "Addresses": {TOKEN: {"ChannelType": channel_type}},
            "MessageConfiguration": {part: shown},
            "Context": {"send_id": message.id},
        },
    }
    result = {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200, "MessageId": "push-1"}
    reply = {"MessageResponse": {"ApplicationId": "app-1", "Result": {TOKEN: result}}}
    with asked("pinpoint", "send_messages", reply, request) as client:
        sender = PinpointPushSender(client, application="app-1")
        envelope = an_envelope(message, platform=platform)
        assert sender.send(approved(message), envelope, rendered_push()) == Accepted("push-1")


@pytest.mark.parametrize("platform", ["", "windows"])
def test_a_push_to_an_unknown_platform_sends_nothing(platform: str) -> None:
    message = a_push()
    client = sending_client("pinpoint")
    with Stubber(client):
        sender = PinpointPushSender(client, application="app-1")
        outcome = sender.send(approved(message), an_envelope(message, platform=platform), rendered_push())
    client.close()
    assert outcome == Rejected("unknown_platform")


# ── leave from the gate ─────────────────────────────────────────────────────────────────────────


def _send(leave: Any, message: Message) -> object:
    """Send with a client that takes no request at all."""
    content: dict[str, RenderedEmail | RenderedSms | RenderedPush] = {
        "email": rendered_email(),
        "sms": rendered_sms(),
        "push": rendered_push(),
    }
    envelope = an_envelope(message, platform="ios")
    match content[message.channel]:
        case RenderedEmail() as email:
            return SesEmailSender(None).send(leave, envelope, email)
        case RenderedSms() as sms:
            return SmsVoiceSender(None).send(leave, envelope, sms)
        case RenderedPush() as push:
            return PinpointPushSender(None).send(leave, envelope, push)


@pytest.mark.parametrize("message", [a_message(), an_sms(), a_push()], ids=lambda message: message.channel)
def test_no_sender_takes_anything_but_the_gates_leave_for_this_message(message: Message) -> None:
    other_message = approved(replace(message, id="another"))
    other_address = approved(replace(message, address_id="aother"))
    for leave in (None, message, "approved", other_message, other_address):
        with pytest.raises(NotApproved):
            _send(leave, message)


def test_leave_for_one_channel_is_none_for_another() -> None:
    sms = an_sms()
    mail = replace(sms, channel="email")
    with pytest.raises(NotApproved):
        SmsVoiceSender(None).send(approved(mail), an_envelope(sms), rendered_sms())


def test_leave_cannot_be_copied_for_later() -> None:
    leave = approved(a_message())
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(NotApproved):
            copied(leave)
