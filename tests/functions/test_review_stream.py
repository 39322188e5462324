"""The stream goes on whatever is wrong with one record, and nothing of it is lost."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.errors import Unavailable
from kizuna.core.messages import State
from kizuna.runtime import wiring
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, an_sqs_event, failures

READS = frozenset({"GetItem"})


def a_birth() -> dict[str, Any]:
    return a_lambda_event("stream/person-created")


def test_without_definitions_the_batch_comes_again(shop: Shop) -> None:
    event = a_birth()
    first = event["Records"][0]["dynamodb"]["SequenceNumber"]
    with shop.refusing_dynamodb(operations=READS):
        assert failures(shop.invoke(Function.REACT, event)) == [first]


def test_a_record_whose_two_images_are_more_than_a_queue_takes_is_kept_by_its_new_one(shop: Shop) -> None:
    event = a_birth()
    (broken,) = copy.deepcopy(event["Records"][:1])
    broken["eventName"] = "MODIFY"
    broken["dynamodb"]["NewImage"]["b"]["S"] = "{" + '"' * 350_000
    broken["dynamodb"]["OldImage"] = copy.deepcopy(broken["dynamodb"]["NewImage"])
    assert failures(shop.invoke(Function.REACT, {"Records": [broken, *event["Records"]]})) == []
    kept = [body["record"]["dynamodb"] for body in shop.waiting(Queue.LOST_CHANGES)]
    assert [broken["dynamodb"]["NewImage"]] == [each["NewImage"] for each in kept]
    assert all("OldImage" not in each for each in kept)


@pytest.mark.parametrize("name", [Function.COLLECT, Function.PREFERENCES, Function.DECIDE])
def test_a_function_that_is_not_wired_still_answers(
    shop: Shop, name: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwired() -> wiring.Services:
        raise Unavailable("no environment")

    monkeypatch.setattr("kizuna.runtime.entrypoints.services", unwired)
    request = {"version": "2.0", "rawPath": "/v1/batch", "requestContext": {"http": {"method": "POST"}}}
    reply = shop.invoke(name, request)
    assert reply["statusCode"] == 503
    assert json.loads(reply["body"])["code"] == "unavailable"


class Hurried:
    """What Lambda tells a function that has a few seconds left."""

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def test_a_sender_with_too_little_time_for_a_call_claims_nothing(shop: Shop, user: str) -> None:
    from functions.deliver.handler import handler

    shop.greet(user, settle=False)
    while not shop.messages(user):
        assert shop.cloud._stream_once()
    (message,) = shop.messages(user)
    event = an_sqs_event(Queue.EMAIL, {"message": message.id}, {"message": message.id})
    assert failures(handler(event, Hurried())) == []
    (waiting,) = shop.messages(user)
    assert (waiting.state, waiting.owner, waiting.lease_until) == (State.PENDING, "", None)
    assert waiting.not_before is not None
    assert not shop.mails(user)
    shop.cloud.advance_to(waiting.not_before + timedelta(minutes=1))
    (sent,) = shop.messages(user)
    assert (sent.state, len(shop.mails(user))) == (State.SENT, 1)
