"""What a brand says of its senders is in the request; and the requests of WhatsApp and of push by SNS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import ANY, Stubber

from kizuna.adapters.clients import sending_client
from kizuna.adapters.senders.ses import SesEmailSender
from kizuna.adapters.senders.sms import SmsVoiceSender
from kizuna.adapters.senders.sns_push import SnsPushSender
from kizuna.adapters.senders.whatsapp import META_API_VERSION, WhatsAppSender
from kizuna.core.content.attachments import RenderedAttachment, RenderedCalendar
from kizuna.core.content.brand_senders import BrandSenders, EmailSending, SmsSending, WhatsAppSending
from kizuna.core.content.messengers import RenderedButton, WhatsAppMedia
from kizuna.core.content.rendering import Links, RenderedSms, sms_parts
from kizuna.core.messages import Accepted, NotAccepted, Outcome, Rejected
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

PHONE = "+819012345678"
IDENTITY = "arn:aws:ses:eu-west-1:123456789012:identity/shop.example"
ANDROID = "arn:aws:sns:us-east-1:123456789012:app/GCM/shop"
IPHONE = "arn:aws:sns:us-east-1:123456789012:app/APNS/shop"


@contextmanager
def asked(service: str, operation: str, reply: dict[str, Any], request: dict[str, Any]) -> Iterator[Any]:
    """A client that takes just this request."""
    client = sending_client(service)
    with Stubber(client) as stub:
        stub.add_response(operation, reply, request)
        yield client
        stub.assert_no_pending_responses()
    client.close()


# ── e-mail ──────────────────────────────────────────────────────────────────────────────────────


def test_a_brand_with_an_identity_is_sent_as_it_in_its_region_and_tenant() -> None:
    message = a_message()
    speaks = EmailSending(
        identity=IDENTITY, configuration_set="shop", tenant="shop", complaints_to="postmaster@shop.example"
    )
    request = {
        "FromEmailAddress": ANY,
        "Destination": ANY,
        "Content": {"Simple": ANY},
        "EmailTags": ANY,
        "FromEmailAddressIdentityArn": IDENTITY,
        "TenantName": "shop",
        "FeedbackForwardingEmailAddress": "postmaster@shop.example",
        "FeedbackForwardingEmailAddressIdentityArn": IDENTITY,
        "ConfigurationSetName": "shop",
    }
    regions: list[str] = []
    with asked("sesv2", "send_email", {"MessageId": "ses-1"}, request) as there:

        def client_in(region: str) -> Any:
            regions.append(region)
            return there

        here = boto3.client("sesv2", region_name="us-east-1")
        sender = SesEmailSender(here, configuration_set="kizuna", client_in=client_in)
        envelope = an_envelope(message, brand=BrandSenders(email=speaks))
        assert sender.send(approved(message), envelope, rendered_email()) == Accepted("ses-1")
        here.close()
    assert regions == ["eu-west-1"]


def test_a_mail_with_company_goes_raw_and_keeps_its_tags() -> None:
    message = a_message()
    request = {
        "FromEmailAddress": ANY,
        "Destination": {"ToAddresses": [message.address]},
        "Content": {"Raw": {"Data": ANY}},
        "EmailTags": [
            {"Name": "send_id", "Value": message.id},
            {"Name": "campaign", "Value": message.campaign},
            {"Name": "run", "Value": message.run},
        ],
    }
    content = rendered_email(
        calendar=RenderedCalendar("t", NOON, NOON.replace(hour=13)),
        attachments=(RenderedAttachment("a.txt", "text/plain", b"a"),),
    )
    with asked("sesv2", "send_email", {"MessageId": "ses-1"}, request) as client:
        assert SesEmailSender(client).send(approved(message), an_envelope(message), content) == Accepted(
            "ses-1"
        )


# ── texts ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("country", "origin"), [("JP", "+815012345678"), ("US", "pool-2"), (None, "pool-2")])
def test_a_text_comes_from_the_brands_number_for_the_country(country: str | None, origin: str) -> None:
    message = a_message(channel="sms", address=PHONE)
    speaks = SmsSending(
        origination="pool-2",
        by_country={"JP": "+815012345678"},
        protect_configuration="protect-1",
        max_price="0.10",
    )
    request = {
        "TimeToLive": ANY,
        "DestinationPhoneNumber": PHONE,
        "OriginationIdentity": origin,
        "MessageBody": ANY,
        "MessageType": ANY,
        "Context": {"send_id": message.id},
        "ProtectConfigurationId": "protect-1",
        "MaxPrice": "0.10",
    }
    with asked("pinpoint-sms-voice-v2", "send_text_message", {"MessageId": "sms-1"}, request) as client:
        envelope = an_envelope(message, brand=BrandSenders(sms=speaks), country=country)
        outcome = SmsVoiceSender(client, origination="pool-1").send(
            approved(message), envelope, rendered_sms()
        )
        assert outcome == Accepted("sms-1")


def test_pictures_go_as_a_multimedia_message() -> None:
    message = a_message(channel="sms", address=PHONE)
    picture = "s3://pictures-of-the-shop/mms/a.png"
    request = {
        "TimeToLive": ANY,
        "DestinationPhoneNumber": PHONE,
        "OriginationIdentity": "pool-1",
        "MessageBody": "Look",
        "MediaUrls": [picture],
        "Context": {"send_id": message.id},
    }
    with asked("pinpoint-sms-voice-v2", "send_media_message", {"MessageId": "mms-1"}, request) as client:
        content = RenderedSms("en", "Look", sms_parts("Look"), Links(), (picture,))
        sender = SmsVoiceSender(client, origination="pool-1")
        assert sender.send(approved(message), an_envelope(message), content) == Accepted("mms-1")


# ── WhatsApp ────────────────────────────────────────────────────────────────────────────────────


def whatsapp_request(content: Any, **envelope: Any) -> tuple[str, dict[str, Any], str]:
    """Origin, message and id of the message that the sender asks for."""
    message = a_message(channel="whatsapp", address=PHONE)
    asked_for: list[dict[str, Any]] = []
    client = sending_client("socialmessaging")
    client.meta.events.register(
        "provide-client-params.socialmessaging.SendWhatsAppMessage",
        lambda params, **_: asked_for.append(params),
    )
    with Stubber(client) as stub:
        stub.add_response("send_whatsapp_message", {"messageId": "wa-1"})
        sender = WhatsAppSender(client, phone_number_id="phone-number-id-1")
        assert sender.send(approved(message), an_envelope(message, **envelope), content) == Accepted("wa-1")
    client.close()
    ((params),) = asked_for
    assert params["metaApiVersion"] == META_API_VERSION
    return params["originationPhoneNumberId"], json.loads(params["message"]), message.id


def test_a_message_is_handed_over_in_the_version_that_the_stage_names() -> None:
    message = a_message(channel="whatsapp", address=PHONE)
    client = sending_client("socialmessaging")
    heard: list[str] = []
    client.meta.events.register(
        "provide-client-params.socialmessaging.SendWhatsAppMessage",
        lambda params, **_: heard.append(params["metaApiVersion"]),
    )
    with Stubber(client) as stub:
        stub.add_response("send_whatsapp_message", {"messageId": "wa-1"})
        sender = WhatsAppSender(client, phone_number_id="phone-number-id-1", api_version="v24.0")
        assert sender.send(approved(message), an_envelope(message), rendered_whatsapp()) == Accepted("wa-1")
    client.close()
    assert heard == ["v24.0"]


def test_a_template_carries_each_value_in_its_place() -> None:
    content = rendered_whatsapp(
        media=WhatsAppMedia(kind="image", url="https://shop.example/a.png"),
        body=("花子",),
        buttons=(RenderedButton(0, "url", "A-1"), RenderedButton(1, "quick_reply", "yes")),
    )
    origin, message, send_id = whatsapp_request(content)
    assert (origin, message["biz_opaque_callback_data"]) == ("phone-number-id-1", send_id)
    assert message["template"]["components"] == [
        {
            "type": "header",
            "parameters": [{"type": "image", "image": {"link": "https://shop.example/a.png"}}],
        },
        {"type": "body", "parameters": [{"type": "text", "text": "花子"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "A-1"}]},
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "1",
            "parameters": [{"type": "payload", "payload": "yes"}],
        },
    ]


def test_a_brand_writes_from_its_own_number_and_a_free_text_has_no_template() -> None:
    own = BrandSenders(whatsapp=WhatsAppSending(phone_number_id="phone-number-id-9"))
    origin, message, _ = whatsapp_request(
        rendered_whatsapp(template="", body=(), text="いらっしゃいませ"), brand=own
    )
    assert (origin, message["type"]) == ("phone-number-id-9", "text")
    assert message["text"] == {"body": "いらっしゃいませ", "preview_url": False}


# ── push by SNS ─────────────────────────────────────────────────────────────────────────────────


class Registering:
    """SNS as far as it registers tokens: an endpoint, or an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.asked: list[dict[str, str]] = []

    def create_platform_endpoint(self, **asked_for: str) -> dict[str, str]:
        self.asked.append(asked_for)
        if self._error is not None:
            raise self._error
        return {"EndpointArn": "arn:endpoint"}


def refusing(code: str, message: str = "", status: int = 400) -> ClientError:
    reply: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(reply, "CreatePlatformEndpoint")


def pushed(client: Any, registry: Any, *, platform: str = "android", **message: Any) -> Outcome:
    wanted = a_message(channel="push", address="token-1", **message)
    sender = SnsPushSender(client, registry, applications={"android": ANDROID, "ios": IPHONE})
    return sender.send(approved(wanted), an_envelope(wanted, platform=platform), rendered_push())


@pytest.mark.parametrize(("platform", "application"), [("android", ANDROID), ("ios", IPHONE)])
def test_a_token_is_registered_and_then_published_to(platform: str, application: str) -> None:
    seen: list[dict[str, Any]] = []
    client, registry = sending_client("sns"), Registering()
    client.meta.events.register("provide-client-params.sns.Publish", lambda params, **_: seen.append(params))
    with Stubber(client) as stub:
        stub.add_response("publish", {"MessageId": "sns-1"})
        assert pushed(client, registry, platform=platform) == Accepted("sns-1")
    client.close()
    assert registry.asked == [{"PlatformApplicationArn": application, "Token": "token-1"}]
    message_id = a_message(channel="push", address="token-1").id
    told = json.loads(seen[0]["Message"])
    assert (seen[0]["TargetArn"], told["default"]) == ("arn:endpoint", "Come in")
    if platform == "android":
        payload = json.loads(told["GCM"])["fcmV1Message"]["message"]
        assert payload["notification"] == {"title": "Hello", "body": "Come in"}
        assert payload["android"]["collapse_key"] == message_id
    else:
        assert json.loads(told["APNS"])["aps"] == {"alert": {"title": "Hello", "body": "Come in"}}
        collapse = seen[0]["MessageAttributes"]["AWS.SNS.MOBILE.APNS.COLLAPSE_ID"]
        assert collapse == {"DataType": "String", "StringValue": message_id}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusing("Throttling"), NotAccepted),
        (refusing("InternalError", status=500), NotAccepted),
        (EndpointConnectionError(endpoint_url="https://sns"), NotAccepted),
        (
            refusing("InvalidParameter", "Invalid parameter: Token Reason: iOS device tokens must be hex"),
            Rejected,
        ),
        (refusing("AuthorizationError", status=403), Rejected),
    ],
)
def test_an_error_of_registering_proves_that_nothing_was_sent(error: Exception, expected: type) -> None:
    client = sending_client("sns")
    with Stubber(client):
        assert isinstance(pushed(client, Registering(error)), expected)
    client.close()


def test_a_token_that_is_registered_with_other_attributes_is_used_as_it_is() -> None:
    told = (
        "Invalid parameter: Token Reason: Endpoint arn:held already exists with the same Token, but different"
    )
    request = {"TargetArn": "arn:held", "Message": ANY, "MessageStructure": "json"}
    with asked("sns", "publish", {"MessageId": "sns-1"}, request) as client:
        assert pushed(client, Registering(refusing("InvalidParameter", told)), expires_at=None) == Accepted(
            "sns-1"
        )


def test_a_platform_without_an_application_sends_nothing() -> None:
    assert pushed(None, None, platform="windows") == Rejected("unknown_platform")
