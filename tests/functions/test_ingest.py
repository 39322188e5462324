"""The ingest queue: the rest of large requests, events from the bus, and what nobody can read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3

from kizuna.local.resources import REGION
from kizuna.topology import BUS_NAME, Function, Queue
from tests.support.clouds import Shop, a_lambda_event, a_user, an_sqs_event, failures


def a_left_over(user: str, *names: str, **changes: Any) -> dict[str, Any]:
    events = [
        {
            "type": "track",
            "id": f"{user}-{name}",
            "at": "2026-11-22T11:59:00+00:00",
            "receivedAt": "2026-11-22T11:59:02+00:00",
            "userId": user,
            "name": name,
        }
        for name in names
    ]
    return {"type": "events", "source": "shop", "source_kind": "server", "events": events, **changes}


def test_events_that_were_left_over_become_part_of_the_record(shop: Shop) -> None:
    event = a_lambda_event("sqs/ingest-left-over")
    assert failures(shop.invoke(Function.INGEST, event)) == []
    found = [each for each in shop.timeline("u1") if each.id in ("view-1", "view-2")]
    assert [(each.name, each.source.id, each.source.kind) for each in found] == [
        ("Product Viewed", "web", "client")
    ] * 2


def test_the_same_queue_message_twice_changes_nothing(shop: Shop) -> None:
    event = a_lambda_event("sqs/ingest-left-over")
    shop.invoke(Function.INGEST, event)
    with shop.watching_writes() as writes:
        assert failures(shop.invoke(Function.INGEST, event)) == []
    assert writes == []


def test_an_event_on_the_bus_is_one_of_the_source_that_put_it_there(shop: Shop) -> None:
    assert failures(shop.invoke(Function.INGEST, a_lambda_event("sqs/ingest-bus"))) == []
    (order,) = [each for each in shop.timeline("u1") if each.id == "order-1"]
    assert (order.source.id, order.source.kind, order.properties["revenue"]) == ("shop", "server", 12.5)


def test_a_back_ends_event_reaches_the_record_over_the_bus_itself(shop: Shop, user: str) -> None:
    detail = {"type": "track", "userId": user, "event": "Parcel Shipped"}
    entry = {"EventBusName": BUS_NAME, "Source": "shop", "Detail": json.dumps(detail)}
    bus = boto3.client("events", region_name=REGION)
    bus.put_events(Entries=[{**entry, "DetailType": "Customer Event"}])
    bus.put_events(Entries=[{**entry, "DetailType": "SegmentEntered"}])
    shop.settle()
    assert shop.names(user) == ["Parcel Shipped"]


def test_junk_on_the_bus_is_quarantined_with_its_cause(shop: Shop) -> None:
    body = {"detail-type": "Customer Event", "source": "shop", "detail": {"type": "track", "event": "X"}}
    with shop.new_violations() as found:
        assert failures(shop.invoke(Function.INGEST, an_sqs_event(Queue.INGEST, body))) == []
    assert [(each.cause, each.path, each.source) for each in found] == [
        ("missing_identity", "userId", "shop")
    ]


def test_poisoned_messages_are_quarantined_with_their_cause_and_the_others_are_handled(shop: Shop) -> None:
    event = a_lambda_event("sqs/ingest-poisoned")
    with shop.new_violations() as found:
        assert failures(shop.invoke(Function.INGEST, event)) == []
    assert {"view-1", "view-2", "view-3"} <= {each.id for each in shop.timeline("u1")}
    assert {each.path for each in found if each.cause == "poisoned_message"} == {
        "body",
        "events.source",
        "events[0]",
        "bus.detail",
    }
    bodies = [record["body"] for record in event["Records"]]
    kept = {each.raw for each in found}
    assert {bodies[0], bodies[1], bodies[3]} < kept
    assert '"broken-1"' in next(iter(kept - set(bodies)))


def test_a_record_that_cannot_be_stored_is_given_back_alone(shop: Shop, user: str) -> None:
    other = a_user()
    batch = an_sqs_event(Queue.INGEST, a_left_over(other, "A"), a_left_over(user, "A"), "poison")
    with shop.refusing_dynamodb(when=lambda text: f"i#user_id#{user}" in text):
        assert failures(shop.invoke(Function.INGEST, batch)) == ["message-1"]
    assert shop.names(other) == ["A"]
    assert shop.holder("user_id", user) is None
    assert failures(shop.invoke(Function.INGEST, batch)) == []
    assert shop.names(user) == ["A"]


def test_poison_that_cannot_be_quarantined_stays_on_the_queue(shop: Shop) -> None:
    with shop.refusing_bucket():
        assert failures(shop.invoke(Function.INGEST, an_sqs_event(Queue.INGEST, "poison"))) == ["message-0"]


def test_a_message_that_is_never_taken_ends_in_the_dead_letter_queue_and_nowhere_else(
    shop: Shop, user: str
) -> None:
    with shop.refusing_dynamodb():
        shop.send({"type": "track", "userId": user, "event": "A"})
        shop.cloud.advance(timedelta(minutes=3))
    assert shop.waiting(Queue.INGEST) == []
    (dead,) = shop.waiting(Queue.INGEST, dead=True)
    assert [event["userId"] for event in dead["events"]] == [user]


def test_a_source_that_was_never_declared_has_no_proof_of_consent(shop: Shop, user: str) -> None:
    work = a_left_over(user, "A", source="gone-since")
    assert failures(shop.invoke(Function.INGEST, an_sqs_event(Queue.INGEST, work))) == []
    assert shop.timeline(user)[0].source.consent_proof is None


def test_a_client_that_proved_who_it_is_has_still_proved_it_after_the_queue(shop: Shop, user: str) -> None:
    before = (shop.now - timedelta(minutes=1)).isoformat()
    told = {"type": "identify", "userId": user, "timestamp": before}
    shop.send(told | {"traits": {"email": f"{user}@people.example"}})
    moved = {"type": "identify", "userId": user, "traits": {"email": f"{user}@new.example"}}
    with shop.refusing_dynamodb():
        shop.send(moved, key=shop.keys.client, x_identity_token=shop.identity_token(user))
        shop.send(
            {"type": "identify", "userId": user, "traits": {"email": "attacker@evil.example"}},
            key=shop.keys.client,
        )
    shop.settle()
    assert shop.person(user).trait("email") == f"{user}@new.example"
    assert shop.holder("email", "attacker@evil.example") is None
