"""SES v2 on the loopback double, through the real client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kizuna.local.providers import Channel, Fate, Provider
from tests.support.providers import NOON, Providers, running

HEADERS = [
    {"Name": "List-Unsubscribe", "Value": "<https://shop.example/u/abc>"},
    {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
]


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running() as made:
        yield made


def simple(**more: Any) -> dict[str, Any]:
    content = {
        "Subject": {"Data": "こんにちは"},
        "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<b>rich</b>"}},
    }
    return {"Simple": content | more}


def test_a_simple_mail_is_kept_with_headers_tags_bodies_and_the_request(providers: Providers) -> None:
    sent = providers.mail("Ann <ann@example.com>", Content=simple(Headers=HEADERS))
    (message,) = providers.double.outbox.messages()
    assert message.id == sent
    assert (message.at, message.channel, message.provider) == (NOON, Channel.EMAIL, Provider.SES)
    assert (message.recipient, message.sender) == ("ann@example.com", "Shop <news@shop.example>")
    assert (message.subject, message.text, message.html) == ("こんにちは", "plain", "<b>rich</b>")
    assert message.headers == tuple((h["Name"], h["Value"]) for h in HEADERS)
    assert message.header("list-unsubscribe") == "<https://shop.example/u/abc>"
    assert message.tags == {"send_id": "s-1"}
    assert message.configuration_set == "kizuna"
    assert message.request["Destination"] == {"ToAddresses": ["Ann <ann@example.com>"]}


def test_a_raw_mail_is_read_from_its_mime_parts_and_ses_headers(providers: Providers) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "news@shop.example", "ann@example.com", "Grüße"
    mail["List-Unsubscribe"] = "<https://shop.example/u/abc>"
    mail["X-SES-CONFIGURATION-SET"], mail["X-SES-MESSAGE-TAGS"] = "kizuna", "run=r-1, step=2"
    mail.set_content("plain ö")
    mail.add_alternative("<p>rich ö</p>", subtype="html")
    client = providers.client("sesv2")
    client.send_email(Content={"Raw": {"Data": mail.as_bytes()}}, EmailTags=[{"Name": "a", "Value": "b"}])
    (message,) = providers.double.outbox.messages()
    assert (message.to, message.sender, message.subject) == (
        ("ann@example.com",),
        "news@shop.example",
        "Grüße",
    )
    assert (message.text.strip(), message.html.strip()) == ("plain ö", "<p>rich ö</p>")
    assert message.tags == {"a": "b", "run": "r-1", "step": "2"}
    assert message.configuration_set == "kizuna"
    assert message.header("List-Unsubscribe") == "<https://shop.example/u/abc>"
    assert base64.b64decode(message.request["Content"]["Raw"]["Data"]) == mail.as_bytes()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"EmailTags": [{"Name": "a b", "Value": "x"}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "ok", "Value": "with.dot"}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": f"n{i}", "Value": "x"} for i in range(51)]}, "BadRequestException"),
        ({"Content": simple(Headers=[{"Name": "X-A", "Value": "é"}])}, "BadRequestException"),
        ({"Content": simple(Headers=[{"Name": "X-A", "Value": "x" * 994}])}, "BadRequestException"),
        ({"Content": simple(Headers=[{"Name": "Subject", "Value": "x"}])}, "BadRequestException"),
        (
            {"Content": simple(Headers=[{"Name": f"X-{i}", "Value": "x"} for i in range(16)])},
            "BadRequestException",
        ),
        ({"Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {}}}}, "BadRequestException"),
        ({"Content": {}}, "BadRequestException"),
        ({"Content": {"Template": {"TemplateName": "none"}}}, "NotFoundException"),
        ({"Destination": {}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["nobody"]}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": ["jö@example.com"]}}, "BadRequestException"),
        ({"Destination": {"ToAddresses": [f"a{i}@example.com" for i in range(51)]}}, "BadRequestException"),
        ({"FromEmailAddress": ""}, "BadRequestException"),
    ],
)
def test_what_ses_would_not_take_is_refused_and_not_kept(
    providers: Providers, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        providers.mail(**wrong)
    assert refused.value.response["Error"]["Code"] == code
    assert not providers.double.outbox.messages()
    (call,) = providers.double.log()
    assert (call.fate, call.code, call.messages) == (Fate.REFUSED, code, ())


def test_the_account_counts_what_was_sent(providers: Providers) -> None:
    providers.mail()
    account = providers.client("sesv2").get_account()
    assert account["SendQuota"]["SentLast24Hours"] == 1
    assert account["SendingEnabled"] is True


def test_an_operation_that_is_not_spoken_says_so(providers: Providers) -> None:
    with pytest.raises(ClientError) as refused:
        providers.client("sesv2").list_contact_lists()
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"


def test_ids_are_unique_and_the_same_in_every_run_of_a_seed() -> None:
    def ids(seed: int) -> list[str]:
        with running(seed=seed) as providers:
            return [providers.mail() for _ in range(3)]

    first = ids(1)
    assert len(set(first)) == 3
    assert ids(1) == first
    assert ids(2) != first


@pytest.mark.parametrize(
    ("to", "kinds"),
    [
        ("ann@example.com", ["Send", "Delivery"]),
        ("success@simulator.amazonses.com", ["Send", "Delivery"]),
        ("bounce@simulator.amazonses.com", ["Send", "Bounce"]),
        ("bounce+run7@simulator.amazonses.com", ["Send", "Bounce"]),
        ("ooto@simulator.amazonses.com", ["Send", "Delivery", "Bounce"]),
        ("complaint+a.b@simulator.amazonses.com", ["Send", "Delivery", "Complaint"]),
        ("suppressionlist@simulator.amazonses.com", ["Send", "Bounce"]),
    ],
)
def test_the_simulator_addresses_answer_as_aws_documents(
    providers: Providers, to: str, kinds: list[str]
) -> None:
    sent = providers.mail(to)
    events = providers.double.take_events()
    assert [event.kind for event in events] == kinds
    assert {event.message_id for event in events} == {sent}
    for event in events:
        mail = event.record["mail"]
        assert (mail["messageId"], mail["destination"]) == (sent, [to])
        assert mail["tags"]["send_id"] == ["s-1"]
        assert mail["tags"]["ses:configuration-set"] == ["kizuna"]
    assert not providers.double.take_events()


@pytest.mark.parametrize(
    ("to", "kind", "subtype", "status"),
    [
        ("bounce@simulator.amazonses.com", "Permanent", "General", "5.1.1"),
        ("suppressionlist@simulator.amazonses.com", "Permanent", "Suppressed", "5.1.1"),
        ("ooto@simulator.amazonses.com", "Transient", "General", None),
    ],
)
def test_a_bounce_says_how_hard_it_is(
    providers: Providers, to: str, kind: str, subtype: str, status: str | None
) -> None:
    providers.mail(to)
    bounce = providers.double.take_events()[-1].record["bounce"]
    (person,) = bounce["bouncedRecipients"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == (kind, subtype)
    assert (person["emailAddress"], person.get("status")) == (to, status)


def test_events_come_in_the_envelope_of_eventbridge_and_by_sns(providers: Providers) -> None:
    sent = providers.mail("complaint@simulator.amazonses.com", Content=simple(Headers=HEADERS))
    event = providers.double.take_events()[-1]
    on_the_bus = event.bus_event()
    assert (on_the_bus["source"], on_the_bus["detail-type"]) == ("aws.ses", "Email Complaint Received")
    assert (on_the_bus["time"], on_the_bus["version"]) == ("2026-11-22T12:00:00Z", "0")
    assert on_the_bus["resources"] == ["arn:aws:ses:us-east-1:123456789012:configuration-set/kizuna"]
    detail = on_the_bus["detail"]
    assert detail["eventType"] == "Complaint"
    assert detail["complaint"]["complainedRecipients"] == [
        {"emailAddress": "complaint@simulator.amazonses.com"}
    ]
    assert detail["mail"]["messageId"] == sent
    assert {"name": "List-Unsubscribe", "value": "<https://shop.example/u/abc>"} in detail["mail"]["headers"]
    notification = event.sns_message("ses-feedback")
    assert notification["TopicArn"].endswith(":ses-feedback")
    assert json.loads(notification["Message"]) == detail


def test_aws_reports_nothing_about_mail_without_a_configuration_set(providers: Providers) -> None:
    client = providers.client("sesv2")
    client.send_email(
        FromEmailAddress="news@shop.example",
        Destination={"ToAddresses": ["bounce@simulator.amazonses.com"]},
        Content=simple(),
    )
    assert len(providers.double.outbox) == 1
    assert not providers.double.take_events()
