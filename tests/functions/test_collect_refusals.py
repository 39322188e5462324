"""When stores refuse: 200 is said only of what is durable, and nothing that was answered 200 is ever lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.collect.handler import INLINE_SECONDS
from kizuna.topology import Queue
from tests.support.clouds import WRITES, Shop, a_user


def some_events(user: str, *names: str) -> list[dict[str, Any]]:
    return [{"type": "track", "userId": user, "event": name, "messageId": f"{user}-{name}"} for name in names]


def test_what_dynamodb_refuses_is_answered_200_waits_in_the_queue_and_is_right_after_recovery(
    shop: Shop, user: str
) -> None:
    told = {"type": "identify", "userId": user, "messageId": f"{user}-i", "traits": {"plan": "pro"}}
    with shop.refusing_dynamodb() as refused:
        reply = shop.send(told, *some_events(user, "A", "B"))
        assert (reply.status, reply.text()) == (200, '{"success": true}')
        assert refused
        (waiting,) = shop.waiting(Queue.INGEST)
        assert (waiting["source"], waiting["source_kind"]) == ("shop", "server")
        assert [event["id"] for event in waiting["events"]] == [f"{user}-i", f"{user}-A", f"{user}-B"]
        assert {event["receivedAt"] for event in waiting["events"]} == {shop.now.isoformat()}
        assert shop.holder("user_id", user) is None
    shop.settle()
    assert shop.names(user) == ["", "A", "B"]
    assert shop.person(user).trait("plan") == "pro"
    assert shop.waiting(Queue.INGEST) == []


def test_the_time_of_receipt_outlives_the_wait_in_the_queue(shop: Shop, user: str) -> None:
    received = shop.now
    with shop.refusing_dynamodb():
        shop.send(*some_events(user, "A"))
    shop.cloud.clock.advance_to(received.replace(minute=received.minute + 9))
    shop.settle()
    (event,) = shop.timeline(user)
    assert (event.at, event.received_at) == (received, received)


def test_one_refused_person_does_not_hold_up_the_others_of_the_request(shop: Shop, user: str) -> None:
    others = [a_user(), a_user()]
    with shop.refusing_dynamodb(when=lambda text: f"i#user_id#{user}" in text):
        assert shop.send(*(event for who in (user, *others) for event in some_events(who, "A"))).status == 200
        assert [shop.names(who) for who in others] == [["A"], ["A"]]
        (waiting,) = shop.waiting(Queue.INGEST)
        assert [event["userId"] for event in waiting["events"]] == [user]
    shop.settle()
    assert shop.names(user) == ["A"]


def test_a_batch_that_is_retried_while_it_waits_in_the_queue_counts_once(shop: Shop, user: str) -> None:
    with shop.refusing_dynamodb():
        shop.send(*some_events(user, "A", "B"))
        shop.send(*some_events(user, "A", "B"))
    shop.send(*some_events(user, "B", "C"))
    shop.settle()
    assert shop.names(user) == ["A", "B", "C"]


def test_a_queue_message_that_is_refused_again_comes_again(shop: Shop, user: str) -> None:
    with shop.refusing_dynamodb():
        shop.send(*some_events(user, "A"))
    with shop.refusing_dynamodb() as refused:
        shop.settle()
        shop.cloud.advance(timedelta(seconds=50))
        assert len(refused) == 3
        assert shop.holder("user_id", user) is None
    shop.cloud.advance(timedelta(seconds=20))
    assert shop.names(user) == ["A"]


def test_a_large_batch_waits_in_parts_that_the_queue_takes(shop: Shop, user: str) -> None:
    events = some_events(user, *(f"{n:03}" for n in range(120)))
    for event in events:
        event["properties"] = {"pad": "x" * 28_000}
    with shop.refusing_dynamodb():
        assert shop.send(*events).status == 200
        waiting = shop.waiting(Queue.INGEST)
    assert len(waiting) > 1
    assert all(len(json.dumps(body, ensure_ascii=False).encode()) <= 1_048_576 for body in waiting)
    shop.settle()
    assert len(shop.timeline(user)) == 120


def test_what_neither_table_nor_queue_takes_is_503_with_when_to_come_again(shop: Shop, user: str) -> None:
    with shop.refusing_dynamodb(), shop.refusing_queues():
        reply = shop.send(*some_events(user, "A"))
        assert (reply.status, json.loads(reply.body)["code"]) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) >= 1
    assert shop.send(*some_events(user, "A")).status == 200
    assert shop.names(user) == ["A"]


@contextmanager
def unreachable(shop: Shop) -> Iterator[None]:
    def hang_up(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

    events = shop.wired._dynamodb.meta.events
    for name in WRITES:
        events.register(f"before-call.dynamodb.{name}", hang_up)
    try:
        yield
    finally:
        for name in WRITES:
            events.unregister(f"before-call.dynamodb.{name}", hang_up)


def test_an_unreachable_table_is_like_one_that_refuses(shop: Shop, user: str) -> None:
    with unreachable(shop):
        assert shop.send(*some_events(user, "A")).status == 200
    shop.settle()
    assert shop.names(user) == ["A"]


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "Query"])
def test_a_table_that_cannot_be_read_loses_nothing(shop: Shop, user: str, operation: str) -> None:
    with shop.refusing_dynamodb(operations=frozenset({operation})):
        reply = shop.send(*some_events(user, "A"))
    assert reply.status in (200, 503)
    if reply.status == 503:
        assert json.loads(reply.body)["code"] == "unavailable"
        assert shop.send(*some_events(user, "A")).status == 200
    shop.settle()
    assert shop.names(user) == ["A"]


READS = frozenset({"GetItem", "BatchGetItem", "Query"})


def test_while_nothing_can_be_read_a_known_key_is_taken_into_the_queue(shop: Shop, user: str) -> None:
    """The definitions and the key are those that this instance read a moment ago."""
    assert shop.send(*some_events(user, "A")).status == 200
    with shop.refusing_dynamodb(operations=READS):
        assert shop.send(*some_events(user, "B")).status == 200
        assert len(shop.waiting(Queue.INGEST)) == 1
    shop.settle()
    assert shop.names(user) == ["A", "B"]


def test_junk_that_cannot_be_quarantined_is_503_and_nothing_is_lost_on_the_retry(
    shop: Shop, user: str
) -> None:
    junk = {"type": "track", "event": f"Junk of {user}"}
    with shop.refusing_bucket():
        assert shop.send(*some_events(user, "A"), junk).status == 503
    with shop.new_violations() as found:
        assert shop.send(*some_events(user, "A"), junk).status == 200
    assert [each.event_name for each in found] == [f"Junk of {user}"]
    assert shop.names(user) == ["A"]


def test_more_people_than_one_request_may_take_are_finished_by_the_queue(shop: Shop) -> None:
    users = [a_user() for _ in range(130)]
    assert shop.send(*(event for user in users for event in some_events(user, "A"))).status == 200
    at_once = sum(shop.holder("user_id", user) is not None for user in users)
    assert at_once == 100
    shop.settle()
    assert all(shop.names(user) == ["A"] for user in users)


def test_who_comes_when_the_time_for_a_reply_is_used_up_is_left_to_the_queue(
    shop: Shop, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = a_user()
    looks = iter([0.0, INLINE_SECONDS - 0.1])  # when the function begins, and before the first person
    monkeypatch.setattr(shop.wired, "_stopwatch", lambda: next(looks, INLINE_SECONDS + 0.1))
    assert shop.send(*some_events(user, "A"), *some_events(late, "A")).status == 200
    assert shop.names(user) == ["A"]
    assert shop.holder("user_id", late) is None
    (waiting,) = shop.waiting(Queue.INGEST)
    assert [event["userId"] for event in waiting["events"]] == [late]
    shop.settle()
    assert shop.names(late) == ["A"]


def test_on_a_clock_that_moves_only_when_told_no_machine_is_too_slow(shop: Shop) -> None:
    is_over = shop.wired.over_after(0.0)
    assert not is_over()
    shop.cloud.clock.advance(timedelta(seconds=1))
    assert is_over()
