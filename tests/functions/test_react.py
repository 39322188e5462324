"""What follows from a change: records of the people table's stream, and alarms."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.messages import State
from kizuna.local.lake import FileLake
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, an_sqs_event, failures, with_words


def images(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The new images of stream records as DynamoDB stores them."""
    return [
        {
            name: {"B": base64.b64decode(value["B"])} if "B" in value else value
            for name, value in record["dynamodb"]["NewImage"].items()
        }
        for record in event["Records"]
    ]


def stored(shop: Shop, event: dict[str, Any]) -> dict[str, Any]:
    """The event, with what it tells of in the table and that change of ours out of the way."""
    for item in images(event):
        shop.wired._dynamodb.put_item(TableName=shop.wired.settings.people, Item=item)
    return event


def a_person_created(shop: Shop) -> tuple[dict[str, Any], str]:
    """The recorded birth of somebody who wants to be greeted, and who it is."""
    event = stored(shop, a_lambda_event("stream/person-created"))
    return event, event["Records"][0]["dynamodb"]["NewImage"]["pk"]["S"].removeprefix("p#")


def members_of(shop: Shop, segment: str) -> set[str]:
    return {person for shard in range(8) for person in shop.wired.people.members(segment, shard)[0]}


def test_a_new_person_is_indexed_and_the_event_behind_it_triggers_its_message(shop: Shop) -> None:
    event, person = a_person_created(shop)
    assert failures(shop.invoke(Function.REACT, event)) == []
    assert person in members_of(shop, "everyone")
    messages = shop.wired.messages.of_person([person])
    assert [(message.campaign, message.state) for message in messages] == [("hello", State.PENDING)]


def test_stream_records_may_come_again_and_again(shop: Shop) -> None:
    event, person = a_person_created(shop)
    for _ in range(3):
        assert failures(shop.invoke(Function.REACT, event)) == []
    assert len(shop.wired.messages.of_person([person])) == 1


def test_a_decided_message_is_counted_and_goes_to_the_queue_of_its_channel(shop: Shop) -> None:
    event = stored(shop, a_lambda_event("stream/message-decided"))
    message = event["Records"][0]["dynamodb"]["NewImage"]["pk"]["S"].removeprefix("m#")
    lake = shop.wired.lake
    assert isinstance(lake, FileLake)
    before = lake.count
    assert failures(shop.invoke(Function.REACT, event)) == []
    assert {"message": message} in shop.waiting(Queue.EMAIL)
    assert lake.count == before + 1
    stored_message = shop.wired.messages.get(message)
    assert stored_message is not None
    run = stored_message.run
    assert sum(shop.wired.counters.read("hello", run).values()) == 1
    shop.invoke(Function.REACT, event)
    assert sum(shop.wired.counters.read("hello", run).values()) == 1


def test_a_deletion_means_nothing(shop: Shop) -> None:
    event = a_lambda_event("stream/person-created")
    record = event["Records"][0]
    image = record["dynamodb"].pop("NewImage")
    gone = {**record, "eventName": "REMOVE", "dynamodb": {**record["dynamodb"], "OldImage": image}}
    with shop.watching_writes() as writes:
        assert failures(shop.invoke(Function.REACT, {"Records": [gone]})) == []
    assert writes == []


def test_a_record_that_cannot_be_taken_is_kept_with_its_image_and_the_others_go_on(
    shop: Shop, user: str
) -> None:
    event, person = a_person_created(shop)
    broken = json.loads(json.dumps(event["Records"][0]))
    broken["dynamodb"]["NewImage"]["b"]["S"] = "{"
    assert failures(shop.invoke(Function.REACT, {"Records": [broken, *event["Records"]]})) == []
    assert person in members_of(shop, "everyone")
    lost = [body for body in shop.waiting(Queue.LOST_CHANGES) if body["record"] == broken]
    assert [body["type"] for body in lost] == ["change"]


def test_a_lost_change_that_is_brought_back_has_its_consequences(shop: Shop, user: str) -> None:
    shop.greet(user, settle=False)
    with shop.refusing_dynamodb():
        shop.cloud._stream_once()
    assert shop.messages(user) == ()
    lost = [body for body in shop.waiting(Queue.LOST_CHANGES) if user in json.dumps(body)]
    assert lost
    assert failures(shop.invoke(Function.REACT, an_sqs_event(Queue.WAKE, *lost))) == []
    assert len(shop.messages(user)) == 1


def test_a_batch_whose_losses_cannot_even_be_kept_is_given_back(shop: Shop) -> None:
    event, _ = a_person_created(shop)
    first = event["Records"][0]["dynamodb"]["SequenceNumber"]
    with shop.refusing_dynamodb(), shop.refusing_queues():
        assert failures(shop.invoke(Function.REACT, event)) == [first]


def test_alarms_of_the_wake_queue_are_all_taken(shop: Shop, user: str) -> None:
    shop.greet(user)
    (message,) = shop.messages(user)
    words = {"PROFILE_ID": shop.person(user).id, "MESSAGE_ID": message.id}
    event = with_words(a_lambda_event("sqs/wake"), **words)
    before = shop.person(user)
    for _ in range(2):
        assert failures(shop.invoke(Function.REACT, event)) == []
    assert shop.person(user) == before
    assert shop.messages(user) == (message,)


def test_a_shard_of_a_backfill_that_is_done_means_nothing_any_more(shop: Shop) -> None:
    shop.settle()
    with shop.watching_writes() as writes:
        assert failures(shop.invoke(Function.REACT, a_lambda_event("sqs/backfill"))) == []
    assert writes == []


@pytest.mark.parametrize("kind", ["profile", "message"])
def test_an_alarm_of_somebody_who_is_gone_means_nothing(shop: Shop, kind: str) -> None:
    event = an_sqs_event(Queue.WAKE, {"type": "alarm", "kind": kind, "id": "nobody"})
    with shop.watching_writes() as writes:
        assert failures(shop.invoke(Function.REACT, event)) == []
    assert writes == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("not json", "body"),
        ({"type": "nothing we know"}, "body"),
        ({"type": "alarm", "kind": "segment", "id": "x"}, "alarm.kind"),
        ({"type": "alarm", "kind": "profile"}, "alarm.id"),
        ({"type": "backfill", "shard": "first", "backfill": 1}, "backfill.shard"),
        ({"type": "backfill", "shard": 0, "backfill": 1, "more": True}, "backfill.more"),
    ],
)
def test_a_poisoned_message_is_quarantined_with_the_path_of_its_fault(
    shop: Shop, body: Any, path: str
) -> None:
    with shop.new_violations() as found:
        assert failures(shop.invoke(Function.REACT, an_sqs_event(Queue.WAKE, body))) == []
    assert [(each.cause, each.path, each.source) for each in found] == [("poisoned_message", path, "wake")]


def test_a_window_that_ends_moves_a_person_out_of_a_segment_without_an_event(shop: Shop, user: str) -> None:
    days = (200, 150, 100, 89)
    orders = [
        {
            "type": "track",
            "userId": user,
            "messageId": f"{user}-{day}",
            "event": "Order Completed",
            "timestamp": (shop.now - timedelta(days=day)).isoformat(),
            "properties": {"revenue": 50},
        }
        for day in days
    ]
    shop.send(*orders)
    shop.settle()
    assert "loyal-customers" in shop.person(user).segments
    shop.cloud.advance(timedelta(hours=23, minutes=58))
    assert "loyal-customers" in shop.person(user).segments
    shop.cloud.advance(timedelta(minutes=3))
    segments = shop.person(user).segments
    assert "loyal-customers" not in segments
    assert "lapsing-good-customers" in segments
    assert shop.person(user).id in members_of(shop, "lapsing-good-customers")
