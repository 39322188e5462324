"""A webhook that is an SNS topic: the same message, published once, for whoever subscribed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from pydantic import ValidationError

from kizuna.adapters.clients import sending_client
from kizuna.adapters.senders.topics import TopicPublisher
from kizuna.core.messages import Accepted, NotAccepted, Rejected, State, Unclear
from kizuna.core.webhooks.definitions import Webhook
from kizuna.local.providers.faults import Fault, LoseReply, Throttle
from kizuna.runtime.wiring import installed
from tests.support.clouds import Shop, running_shop, sample_documents
from tests.support.kizuna_command import kizuna

TOPIC = "arn:aws:sns:eu-west-1:123456789012:shop-news"
WANTED = "Topic Wanted"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    sample = dict(sample_documents())
    sample["webhook", "news"] = {"id": "news", "topic": TOPIC}
    content = {"webhook": "news", "type": "shop.news", "data": {"what": "{{ event.properties.what }}"}}
    sample["template", "told"] = {
        "id": "told", "channel": "webhook", "purpose": "transactional", "default_language": "en",
        "languages": {"en": content},
    }  # fmt: skip
    told = {**sample["campaign", "order-thanks"], "id": "told", "channel": "webhook", "template": "told"}
    sample["campaign", "told"] = {**told, "trigger": {"type": "event", "event": WANTED}}
    with running_shop(documents=sample) as made:
        yield made


def tell(shop: Shop, user: str) -> None:
    shop.send({"type": "track", "userId": user, "event": WANTED, "properties": {"what": 'a "quote"\r\nX: y'}})
    shop.settle()


def published(shop: Shop) -> list[Any]:
    return [each for each in shop.cloud.providers.outbox.messages() if each.to == (TOPIC,)]


def test_what_a_topic_gets_is_the_message_of_a_webhook_with_an_id_to_drop_repeats_by(
    shop: Shop, user: str
) -> None:
    tell(shop, user)
    (message,) = shop.messages(user)
    sent = published(shop)[-1]
    assert (message.state, sent.subject) == (State.SENT, "shop.news")
    assert (sent.tags["webhook-id"], sent.tags["type"]) == (message.id, "shop.news")
    assert json.loads(sent.text)["data"] == {"what": 'a "quote"\nX: y'}


@pytest.mark.parametrize("effect", [Throttle(), LoseReply()])
def test_what_was_not_taken_for_certain_is_tried_again_under_the_same_id(
    shop: Shop, user: str, effect: Any
) -> None:
    shop.cloud.providers.faults.add(Fault(effect=effect, to=TOPIC, count=1))
    tell(shop, user)
    assert shop.messages(user)[0].state is State.PENDING
    shop.cloud.advance(timedelta(minutes=10))
    (message,) = shop.messages(user)
    assert message.state is State.SENT
    ids = [each.tags["webhook-id"] for each in published(shop)]
    assert ids.count(message.id) == (2 if isinstance(effect, LoseReply) else 1)


def test_the_command_publishes_a_test_and_has_no_secret_for_a_topic(shop: Shop) -> None:
    with installed(shop.wired):
        assert kizuna("webhooks", "test", "news")[0] == 0
        assert json.loads(published(shop)[-1].text)["type"] == "webhook.test"
        assert kizuna("webhooks", "secret", "news")[0] == 1
        assert TOPIC in kizuna("--json", "webhooks", "list")[1]


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"url": "https://crm.example.com/x", "topic": TOPIC},
        {"topic": f"{TOPIC}.fifo"},
        {"topic": "arn:aws:sqs:eu-west-1:123456789012:q"},
    ],
)
def test_a_webhook_leads_to_one_place_and_to_no_topic_that_keeps_an_order(made: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Webhook(id="news", **made)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("Throttling", NotAccepted),
        ("AuthorizationError", Rejected),
        ("NotFound", Rejected),
        ("InternalError", Unclear),
        ("SomethingNew", Unclear),
    ],
)
def test_what_an_error_of_sns_means(code: str, outcome: type) -> None:
    client = sending_client("sns")
    with Stubber(client) as stub:
        stub.add_client_error("publish", code, http_status_code=400)
        assert isinstance(TopicPublisher(client).publish(TOPIC, "{}", subject="a.b", attributes={}), outcome)
        attribute = {"DataType": "String", "StringValue": "m1"}
        asked = {
            "TopicArn": TOPIC,
            "Subject": "a.b",
            "Message": "{}",
            "MessageAttributes": {"webhook-id": attribute},
        }
        stub.add_response("publish", {"MessageId": "x"}, asked)
        found = TopicPublisher(client).publish(TOPIC, "{}", subject="a.b", attributes={"webhook-id": "m1"})
        assert found == Accepted("x")
    client.close()
