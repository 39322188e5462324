"""Every request that a sender makes, at its largest and its smallest, is one that the service's model allows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.adapters.senders.push import PinpointPushSender
from kizuna.adapters.senders.ses import SesEmailSender
from kizuna.adapters.senders.sms import SmsVoiceSender
from kizuna.adapters.senders.sns_push import SnsPushSender
from kizuna.adapters.senders.topics import TopicPublisher
from kizuna.adapters.senders.whatsapp import WhatsAppSender
from kizuna.core.content.attachments import RenderedAttachment, RenderedCalendar
from kizuna.core.content.brand_senders import BrandSenders, EmailSending, SmsSending, WhatsAppSending
from kizuna.core.content.headers import mailbox
from kizuna.core.content.messengers import RenderedButton, WhatsAppMedia
from kizuna.core.content.own_content import WebhookContent
from kizuna.core.content.rendering import Links, RenderedSms, sms_parts
from kizuna.core.content.templates import SmsContent
from kizuna.core.links import URL_MAX, list_unsubscribe_headers
from kizuna.core.messages import Accepted, Message
from kizuna.core.proofs.marking import HEADER
from tests.support.builders import (
    NOON,
    a_message,
    an_envelope,
    approved,
    rendered_email,
    rendered_push,
    rendered_sms,
    rendered_whatsapp,
)
from tests.support.service_models import Asked, faults, listening

PHONE = "+819012345678"
LONGEST_ID = "a" + "b" * 63
LONGEST_URL = "https://api.example.com/u/".ljust(URL_MAX, "t")
PAIR = list_unsubscribe_headers(LONGEST_URL)
EVERYTHING = EmailSending(
    identity="arn:aws:ses:eu-west-1:123456789012:identity/shop.example",
    configuration_set="s" * 64,
    tenant="t" * 64,
    complaints_to="postmaster@shop.example",
)
ACCOMPANIED = rendered_email(
    subject="ご予約の確認" * 40,
    calendar=RenderedCalendar("試聴会", NOON, NOON + timedelta(hours=1), "店内", "https://shop.example/x"),
    attachments=(RenderedAttachment("領収書.txt", "text/plain", "受け取りました".encode()),),
)
TEXTS = SmsSending(
    origination="arn:aws:sms-voice:eu-central-1:123456789012:pool/pool-1",
    protect_configuration="arn:aws:sms-voice:eu-central-1:123456789012:protect-configuration/p-1",
    max_price="99.12345",
)


@dataclass(frozen=True)
class Case:
    """What a sender is given. `reply` is what the service answers."""

    service: str
    sender: Callable[[Any], Any]
    message: Message
    content: Any
    reply: dict[str, Any]
    envelope: dict[str, Any]


def mail(content: Any, *, message: dict[str, Any] | None = None, **envelope: Any) -> Case:
    def sender(client: Any) -> SesEmailSender:
        return SesEmailSender(client, configuration_set="kizuna", client_in=lambda region: client)

    return Case("sesv2", sender, a_message(**(message or {})), content, {"MessageId": "1"}, envelope)


def text(content: Any, *, message: dict[str, Any] | None = None, **envelope: Any) -> Case:
    made = a_message(channel="sms", address=PHONE, **(message or {}))

    def sender(client: Any) -> SmsVoiceSender:
        return SmsVoiceSender(client, origination="pool-1", configuration_set="kizuna-sms")

    return Case("pinpoint-sms-voice-v2", sender, made, content, {"MessageId": "1"}, envelope)


def push(platform: str, content: Any = None, **message: Any) -> Case:
    made = a_message(channel="push", address="t" * 200, **message)
    reply = {
        "MessageResponse": {"Result": {made.address: {"DeliveryStatus": "SUCCESSFUL", "MessageId": "1"}}}
    }

    def sender(client: Any) -> PinpointPushSender:
        return PinpointPushSender(client, application="a" * 32)

    return Case("pinpoint", sender, made, content or rendered_push(), reply, {"platform": platform})


def sns_push(platform: str, application: str, **message: Any) -> Case:
    made = a_message(channel="push", address="t" * 200, **message)
    reply = {"MessageId": "1", "EndpointArn": "arn:aws:sns:us-east-1:123456789012:endpoint/x/y/z"}

    def sender(client: Any) -> SnsPushSender:
        return SnsPushSender(client, client, applications={platform: application})

    return Case("sns", sender, made, rendered_push(), reply, {"platform": platform})


def whatsapp(content: Any, **envelope: Any) -> Case:
    def sender(client: Any) -> WhatsAppSender:
        return WhatsAppSender(client, phone_number_id="phone-number-id-" + "0" * 32)

    made = a_message(channel="whatsapp", address=PHONE)
    return Case("socialmessaging", sender, made, content, {"messageId": "1"}, envelope)


CASES = {
    "the least mail": mail(rendered_email(), message={"category": "transactional"}),
    "a mail with all that a brand may say": mail(
        rendered_email(subject="今週の新着盤" * 50),
        message={"campaign": f"{LONGEST_ID}.{LONGEST_ID}", "run": "r" * 64},
        sender=mailbox("店" * 200, "hello@shop.example", field="from"),
        reply_to="care@shop.example",
        headers={**PAIR, HEADER: "1"},
        brand=BrandSenders(email=EVERYTHING),
    ),
    "a mail with company": mail(
        ACCOMPANIED,
        sender=mailbox("店" * 200, "hello@shop.example", field="from"),
        headers=PAIR,
        brand=BrandSenders(email=EVERYTHING),
    ),
    "a short text": text(rendered_sms()),
    "the longest text of GSM-7": text(rendered_sms("x" * 1530), brand=BrandSenders(sms=TEXTS)),
    "the longest text of UCS-2": text(rendered_sms("雪" * 670), message={"expires_at": None}),
    "a text that is late already": text(rendered_sms(), message={"expires_at": NOON - timedelta(days=9)}),
    "a text that may be late": text(rendered_sms(), message={"expires_at": NOON + timedelta(days=90)}),
    "pictures": text(
        RenderedSms("en", "x" * 1600, sms_parts("x"), Links(), ("s3://pictures/mms/a.png",)),
        brand=BrandSenders(sms=TEXTS),
    ),
    "a push to APNs": push("ios"),
    "a push to FCM": push("android", expires_at=NOON + timedelta(days=90)),
    "a push without an end": push("ios", expires_at=None),
    "a push by SNS to APNs": sns_push("ios", "arn:aws:sns:us-east-1:123456789012:app/APNS/shop"),
    "a push by SNS to the sandbox": sns_push(
        "ios", "arn:aws:sns:us-east-1:123456789012:app/APNS_SANDBOX/shop"
    ),
    "a push by SNS to FCM": sns_push("android", "arn:aws:sns:us-east-1:123456789012:app/GCM/shop"),
    "a template of WhatsApp": whatsapp(
        rendered_whatsapp(
            media=WhatsAppMedia(kind="image", url="https://shop.example/a.png"),
            body=("花" * 1024,) * 20,
            buttons=tuple(RenderedButton(at, "url", "x" * 1024) for at in range(10)),
        )
    ),
    "an answer by WhatsApp": whatsapp(
        rendered_whatsapp(template="", body=(), text="雪" * 4096),
        brand=BrandSenders(
            whatsapp=WhatsAppSending(
                phone_number_id="arn:aws:social-messaging:eu-west-1:123456789012:phone-number-id/" + "0" * 32
            )
        ),
    ),
}


def requests_of(case: Case) -> list[Asked]:
    """What the service was asked; the message was taken."""
    client, asked = listening(case.service, case.reply)
    envelope = an_envelope(case.message, **case.envelope)
    outcome = case.sender(client).send(approved(case.message), envelope, case.content)
    assert isinstance(outcome, Accepted), outcome
    return asked


@pytest.mark.parametrize("name", CASES)
def test_what_a_sender_asks_is_allowed_by_the_services_own_model(name: str) -> None:
    asked = requests_of(CASES[name])
    assert asked
    for model, params in asked:
        assert list(faults(model.input_shape, params)) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"DestinationPhoneNumber": "0901"}, "is not"),
        ({"MessageBody": "x" * 1601}, "more than 1600"),
        ({"TimeToLive": 4}, "less than 5"),
        ({"MessageType": "NEWS"}, "none of"),
        ({"Context": {f"k{at}": "v" for at in range(6)}}, "more than 5"),
        ({"Colour": "red"}, "unknown"),
        ({"MaxPrice": "1,00"}, "is not"),
    ],
)
def test_the_judge_of_this_page_finds_what_is_wrong(wrong: dict[str, Any], said: str) -> None:
    ((model, params),) = requests_of(CASES["a short text"])
    assert any(said in fault for fault in faults(model.input_shape, {**params, **wrong}))
    least = {name: value for name, value in params.items() if name != "DestinationPhoneNumber"}
    assert list(faults(model.input_shape, least)) == [".DestinationPhoneNumber is missing"]


# ── what the model does not say, and the service's pages do ─────────────────────────────────────


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.service == "sesv2"])
def test_the_tags_of_a_mail_are_of_the_characters_that_ses_takes(name: str) -> None:
    ((_, params),) = requests_of(CASES[name])
    told = {tag["Name"]: tag["Value"] for tag in params["EmailTags"]}
    assert set(told) == {"send_id", "campaign", "run"}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", part) for part in (*told, *told.values()))
    assert params["Destination"] == {"ToAddresses": [CASES[name].message.address]}


@pytest.mark.parametrize("name", ["a push by SNS to APNs", "a push by SNS to FCM"])
def test_a_push_by_sns_is_json_within_json_with_words_for_every_other_platform(name: str) -> None:
    (_, (_, params)) = requests_of(CASES[name])
    told = json.loads(params["Message"])
    assert params["MessageStructure"] == "json"
    assert told.pop("default") == "Come in"
    assert [isinstance(json.loads(payload), dict) for payload in told.values()] == [True]


@pytest.mark.parametrize("days", [1, 28, 90])
def test_a_push_by_sns_lives_no_longer_than_fcm_keeps_one(days: int) -> None:
    case = sns_push(
        "android",
        "arn:aws:sns:us-east-1:123456789012:app/GCM/shop",
        expires_at=NOON + timedelta(days=days),
    )
    (_, (_, params)) = requests_of(case)
    android = json.loads(json.loads(params["Message"])["GCM"])["fcmV1Message"]["message"]["android"]
    assert android["ttl"] == f"{min(days, 28) * 86_400}s"


def test_the_subject_of_a_topic_is_shorter_than_a_hundred_characters() -> None:
    longest = WebhookContent(webhook="crm", type="a" * 99, data={"a": "b"}).type
    client, asked = listening("sns", {"MessageId": "1"})
    TopicPublisher(client).publish(
        "arn:aws:sns:us-east-1:123456789012:t", "{}", subject=longest, attributes={"type": longest}
    )
    ((model, params),) = asked
    assert list(faults(model.input_shape, params)) == []
    assert len(params["Subject"]) < 100
    with pytest.raises(ValidationError):
        WebhookContent(webhook="crm", type="a" * 100, data={"a": "b"})


# ── whatever a workspace may say ────────────────────────────────────────────────────────────────

_RESOURCE = st.text("ABCxyz019_:/+-\\", min_size=1, max_size=260)


def usable(**said: Any) -> SmsSending | None:
    try:
        return SmsSending(**said)
    except ValidationError:
        return None


@settings(max_examples=60)
@given(_RESOURCE, st.from_regex(r"[0-9]{0,3}\.?[0-9]{0,6}", fullmatch=True), _RESOURCE)
def test_whatever_a_brand_may_say_of_its_texts_the_provider_takes(
    origin: str, price: str, protect: str
) -> None:
    given_: dict[str, str] = {"origination": origin, "max_price": price, "protect_configuration": protect}
    for name, value in given_.items():
        if (speaks := usable(**{name: value})) is not None:
            ((model, params),) = requests_of(text(rendered_sms(), brand=BrandSenders(sms=speaks)))
            assert list(faults(model.input_shape, params)) == []


def test_a_template_has_no_more_pictures_than_one_message_carries() -> None:
    one = "s3://pictures/mms/a.png"
    assert SmsContent(body="Look", media=(one,)).media == (one,)
    with pytest.raises(ValidationError, match="media"):
        SmsContent(body="Look", media=(one, one))
