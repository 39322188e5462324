"""SMS v2 and SNS on the loopback double, through the real clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kizuna.local.providers import Behaviour, Channel, Fate, Source
from kizuna.local.providers.sms_events import country_of, parts_of
from tests.support.providers import NOON, Providers, running


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running() as made:
        yield made


def test_a_text_is_kept_with_its_context(providers: Providers) -> None:
    sent = providers.text()
    (message,) = providers.double.outbox.messages(channel="sms")
    assert (message.id, message.at, message.recipient) == (sent, NOON, "+14155550123")
    assert (message.sender, message.text) == ("+12065550111", "Your parcel is here")
    assert (message.tags, message.configuration_set) == ({"send_id": "s-2"}, "kizuna-sms")
    assert providers.double.log()[0].signed_for == "sms-voice"


def test_a_number_that_opted_out_is_a_conflict_with_that_reason(providers: Providers) -> None:
    client = providers.client("pinpoint-sms-voice-v2")
    with pytest.raises(client.exceptions.ConflictException) as refused:
        providers.text("+12065550191")
    assert refused.value.response["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    assert not providers.double.outbox.messages()
    providers.double.world.opt_out("+4477009")
    with pytest.raises(client.exceptions.ConflictException):
        providers.text("+447700900123")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"to": "+49 30 123"}, "INVALID_PARAMETER"),
        ({"MessageBody": "   "}, "FIELD_VALIDATION_FAILED"),
        ({"MessageBody": "x" * 1601}, "FIELD_VALIDATION_FAILED"),
        ({"Context": {f"k{i}": "v" for i in range(6)}}, "FIELD_VALIDATION_FAILED"),
        ({"TimeToLive": 259_201}, "FIELD_VALIDATION_FAILED"),
        ({"MessageType": "MARKETING"}, "FIELD_VALIDATION_FAILED"),
    ],
)
def test_what_the_api_would_not_take_is_a_validation_error(
    providers: Providers, wrong: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ClientError) as refused:
        providers.text(**wrong)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert refused.value.response["Reason"] == reason


@pytest.mark.parametrize(
    ("to", "behaviour", "last"),
    [
        ("+14155550123", None, "TEXT_DELIVERED"),
        ("+14254147755", None, "TEXT_DELIVERED"),
        ("+14254147167", None, "TEXT_BLOCKED"),
        ("+14155550124", Behaviour.BOUNCES, "TEXT_INVALID"),
        ("+14155550125", Behaviour.SOFT_BOUNCES, "TEXT_UNREACHABLE"),
        ("+14155550126", Behaviour.COMPLAINS, "TEXT_DELIVERED"),
    ],
)
def test_each_text_ends_in_one_final_event(
    providers: Providers, to: str, behaviour: Behaviour | None, last: str
) -> None:
    if behaviour is not None:
        providers.double.world.behave(to, behaviour)
    sent = providers.text(to)
    first, final = (event.record for event in providers.double.take_events())
    assert (first["eventType"], first["isFinal"]) == ("TEXT_PENDING", False)
    assert (final["eventType"], final["isFinal"], final["eventVersion"]) == (last, True, "1.0")
    assert (final["messageId"], final["destinationPhoneNumber"]) == (sent, to)
    assert final["context"] == {"send_id": "s-2"}
    assert (final["isoCountryCode"], final["originationPhoneNumber"]) == ("US", "+12065550111")
    assert final["messageRequestTimestamp"] == int(NOON.timestamp() * 1000)


def test_a_text_event_reaches_sqs_as_an_sns_notification_and_loses_its_context_on_the_bus(
    providers: Providers,
) -> None:
    providers.text()
    event = providers.double.take_events()[-1]
    notification = event.sns_message("sms-events")
    assert notification["Type"] == "Notification"
    assert json.loads(notification["Message"])["context"] == {"send_id": "s-2"}
    on_the_bus = event.bus_event()
    assert (on_the_bus["source"], on_the_bus["detail-type"]) == (
        "aws.sms-voice",
        "Text Message Delivery Status Updated",
    )
    assert "context" not in on_the_bus["detail"]


def test_a_stop_comes_back_as_an_sns_notification_that_names_the_text_it_answers(
    providers: Providers,
) -> None:
    sent = providers.text()
    providers.double.take_events()
    providers.double.replied("Stop please", answers=sent)
    (event,) = providers.double.take_events()
    assert event.source is Source.REPLY
    inbound = json.loads(event.sns_message("sms-replies")["Message"])
    assert inbound.pop("inboundMessageId")
    assert inbound == {
        "originationNumber": "+14155550123",
        "destinationNumber": "+12065550111",
        "messageKeyword": "STOP",
        "messageBody": "Stop please",
        "previousPublishedMessageId": sent,
    }
    with pytest.raises(ValueError, match="SNS only"):
        event.bus_event()


def test_a_reply_may_come_from_any_number_but_needs_one(providers: Providers) -> None:
    event = providers.double.replied("HELP", sender="+447700900123")
    assert event.record["originationNumber"] == "+447700900123"
    assert "previousPublishedMessageId" not in event.record
    with pytest.raises(ValueError, match="sender"):
        providers.double.replied("HELP")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, ("GSM", 1)),
        ("a" * 161, ("GSM", 2)),
        ("a" * 158 + "€", ("GSM", 1)),
        ("a" * 159 + "€", ("GSM", 2)),
        ("絆" * 70, ("Unicode", 1)),
        ("絆" * 71, ("Unicode", 2)),
        ("😀" * 36, ("Unicode", 2)),
    ],
)
def test_parts_are_counted_as_carriers_do(text: str, expected: tuple[str, int]) -> None:
    assert parts_of(text) == expected


def test_a_number_without_a_country_is_zz() -> None:
    assert (country_of("+819012345678"), country_of("+999123"), country_of("12")) == ("JP", "ZZ", "ZZ")


# ── SNS ─────────────────────────────────────────────────────────────────────────────────────────


def test_sns_publishes_to_a_phone_with_its_attributes(providers: Providers) -> None:
    sender = {"AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "SHOP"}}
    sent = providers.publish(Message="5 < 6 & ü", MessageAttributes=sender)
    (message,) = providers.double.outbox.messages()
    assert (message.id, message.channel, message.recipient) == (sent, Channel.SMS, "+14155550123")
    assert (message.text, message.sender) == ("5 < 6 & ü", "SHOP")
    assert message.tags == {"AWS.SNS.SMS.SenderID": "SHOP"}


def test_sns_publishes_to_an_endpoint_or_a_topic(providers: Providers) -> None:
    endpoint = "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/app/abc"
    providers.publish(
        TargetArn=endpoint, MessageStructure="json", Message=json.dumps({"default": "d", "GCM": "{}"})
    )
    providers.publish(TopicArn="arn:aws:sns:us-east-1:123456789012:alerts", Subject="s")
    push, topic = providers.double.outbox.messages()
    assert (push.channel, push.recipient, push.text) == (Channel.PUSH, endpoint, "d")
    assert (topic.channel, topic.subject) == (Channel.TOPIC, "s")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"PhoneNumber": "555"}, "InvalidParameter"),
        ({"PhoneNumber": "+12065550190"}, "InvalidParameter"),
        ({"Message": ""}, "InvalidParameter"),
        ({"Message": "plain", "MessageStructure": "json"}, "InvalidParameter"),
        ({"TargetArn": "arn:aws:sns:us-east-1:1:endpoint/GCM/app/invalid-1"}, "EndpointDisabled"),
    ],
)
def test_sns_refuses_in_its_own_words(providers: Providers, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        providers.publish(**asked)
    assert refused.value.response["Error"]["Code"] == code
    assert providers.double.log()[-1].fate is Fate.REFUSED


def test_an_action_that_is_not_spoken_is_invalid(providers: Providers) -> None:
    with pytest.raises(ClientError, match="InvalidAction"):
        providers.client("sns").list_topics()
