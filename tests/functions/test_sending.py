"""From a due campaign to the provider: campaign, audience, wake and deliver, by what Lambda hands them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.deliver.handler import handler
from kizuna.core.messages import State
from kizuna.local.functions import LocalContext
from kizuna.local.providers.faults import Fail, Fault, LoseReply, Throttle
from kizuna.local.providers.world import Behaviour
from kizuna.local.resources import GROUP, REGION
from kizuna.topology import SEGMENT_SHARDS, Function, Queue
from tests.support.clouds import (
    Shop,
    a_lambda_event,
    a_user,
    an_sqs_event,
    failures,
    with_words,
)

RUN = datetime(2026, 11, 25, 10, tzinfo=UTC)  # Wednesday, ten o'clock in London


def a_lapsing(shop: Shop, *, country: str = "US") -> str:
    """Somebody who bought three times, months ago."""
    user = a_user()
    traits = {"email": f"{user}@people.example", "country": country, "timezone": "America/New_York"}
    orders = [
        {
            "type": "track",
            "userId": user,
            "messageId": f"{user}-{days}",
            "event": "Order Completed",
            "timestamp": (shop.now - timedelta(days=days)).isoformat(),
            "properties": {"revenue": 40},
        }
        for days in (300, 250, 200)
    ]
    shop.send({"type": "identify", "userId": user, "messageId": f"{user}-i", "traits": traits}, *orders)
    return user


def shard_of(shop: Shop, user: str) -> int:
    person = shop.person(user).id
    return next(
        shard
        for shard in range(SEGMENT_SHARDS)
        if person in shop.wired.people.members("lapsing-good-customers", shard)[0]
    )


# ── campaign and audience ───────────────────────────────────────────────────────────────────────


def test_a_due_campaign_starts_one_run_hands_out_its_shards_and_arms_the_next(shop: Shop) -> None:
    a_lapsing(shop)
    shop.settle()
    event = a_lambda_event("schedule/campaign")
    first = shop.invoke(Function.CAMPAIGN, event)
    again = shop.invoke(Function.CAMPAIGN, event)
    assert first == again == {"run": "20261125T1000Z"}
    shards = {(body["segment"], body["shard"]) for body in shop.waiting(Queue.AUDIENCE)}
    assert shards == {("lapsing-good-customers", shard) for shard in range(SEGMENT_SHARDS)}
    assert [run.id for run in shop.wired.runs.list("win-back")] == ["20261125T1000Z"]
    scheduler = boto3.client("scheduler", region_name=REGION)
    schedules = scheduler.list_schedules(GroupName=GROUP, NamePrefix="win-back")["Schedules"]
    armed = {schedule["Name"] for schedule in schedules}
    assert armed == {"win-back-20261125T100000Z", "win-back-20261202T100000Z"}  # its own has not fired yet
    shop.settle()


@pytest.mark.parametrize("campaign", ["no-such-campaign", "order-thanks"])
def test_a_schedule_of_a_campaign_that_is_not_in_force_starts_nothing(shop: Shop, campaign: str) -> None:
    event = a_lambda_event("schedule/campaign") | {"campaign": campaign}
    with shop.watching_writes() as writes:
        assert shop.invoke(Function.CAMPAIGN, event) == {"run": None}
    assert writes == []


def test_a_shard_is_walked_once_however_often_it_is_handed_out(shop: Shop) -> None:
    user = a_lapsing(shop)
    shop.settle()
    start = a_lambda_event("schedule/campaign")
    a_week_on = start | {"at": start["at"].replace("2026-11-25", "2026-12-02")}  # a run of its own
    shop.invoke(Function.CAMPAIGN, a_week_on)
    event = a_lambda_event("sqs/audience")
    body = event["Records"][0]["body"].replace('"shard":0', f'"shard":{shard_of(shop, user)}')
    body = body.replace("20261125", "20261202").replace("2026-11-25", "2026-12-02")
    event["Records"][0]["body"] = body
    for _ in range(2):
        assert failures(shop.invoke(Function.AUDIENCE, event)) == []
    (message,) = shop.messages(user)
    assert (message.campaign, message.run, message.state) == ("win-back", "20261202T1000Z", State.DEFERRED)
    assert message.reason == "send_time"
    assert message.not_before is not None
    shop.cloud.advance_to(message.not_before + timedelta(minutes=5))
    assert len(shop.mails(user)) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [('"shard":"x"', "shard"), ('"shard":0,"more":1', "more"), ('"shrad":0', "shard")],
)
def test_a_poisoned_shard_is_quarantined(shop: Shop, change: str, path: str) -> None:
    event = a_lambda_event("sqs/audience")
    event["Records"][0]["body"] = event["Records"][0]["body"].replace('"shard":0', change)
    with shop.new_violations() as found:
        assert failures(shop.invoke(Function.AUDIENCE, event)) == []
    assert [(each.cause, each.path) for each in found] == [("poisoned_message", path)]


# ── deliver ─────────────────────────────────────────────────────────────────────────────────────


def a_pending(shop: Shop, user: str) -> str:
    """The id of a message that waits for its sender."""
    shop.greet(user, settle=False)
    while not shop.messages(user):
        assert shop.cloud._stream_once()
    (message,) = shop.messages(user)
    return message.id


def deliver(shop: Shop, message: str) -> list[str]:
    event = with_words(a_lambda_event("sqs/deliver"), MESSAGE_ID=message)
    return failures(shop.invoke(Function.DELIVER, event))


def test_a_message_is_given_to_the_provider_once_however_often_the_queue_brings_it(
    shop: Shop, user: str
) -> None:
    message = a_pending(shop, user)
    for _ in range(3):
        assert deliver(shop, message) == []
    shop.settle()
    (mail,) = shop.mails(user)
    assert mail.tags["send_id"] == message
    assert mail.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert (mail.header("List-Unsubscribe") or "").startswith("<http://localhost:8080/u/v1.")


FAULTS: list[tuple[Any, State, str]] = [
    (Throttle(), State.PENDING, "throttled"),
    (Fail(code="MessageRejected"), State.FAILED, "provider_rejected"),
    (Fail(code="InternalFailure", status=500), State.UNKNOWN, "unknown_outcome"),
    (LoseReply(), State.UNKNOWN, "unknown_outcome"),
]


@pytest.mark.parametrize(("effect", "state", "reason"), FAULTS, ids=lambda part: type(part).__name__)
def test_what_the_provider_answers_decides_the_state(
    shop: Shop, user: str, effect: Any, state: State, reason: str
) -> None:
    message = a_pending(shop, user)
    shop.cloud.providers.faults.add(Fault(effect=effect, to=f"{user}@*", count=1))
    assert deliver(shop, message) == []
    (after,) = shop.messages(user)
    assert after.state is state
    if state is not State.PENDING:
        assert after.reason == reason
    assert sum(f"{user}@people.example" in repr(call) for call in shop.cloud.providers.log()) == 1


def test_a_throttled_message_is_sent_when_its_alarm_rings(shop: Shop, user: str) -> None:
    message = a_pending(shop, user)
    shop.cloud.providers.faults.add(Fault(effect=Throttle(), to=f"{user}@*", count=1))
    deliver(shop, message)
    assert shop.mails(user) == ()
    shop.cloud.advance(timedelta(minutes=5))
    assert len(shop.mails(user)) == 1
    (after,) = shop.messages(user)
    assert after.state is State.SENT


class Hurried(LocalContext):
    """A call of the function that is about to end."""

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def test_a_message_that_there_is_no_time_for_waits_in_its_row_and_its_record_is_used_up_by_nothing(
    shop: Shop, user: str
) -> None:
    message = a_pending(shop, user)
    event = with_words(a_lambda_event("sqs/deliver"), MESSAGE_ID=message)
    for _ in range(6):
        assert failures(handler(event, Hurried(Function.DELIVER, "request-1"))) == []
    (waits,) = shop.messages(user)
    assert (waits.state, waits.throttled) == (State.PENDING, 0)
    assert waits.not_before is not None
    assert shop.mails(user) == ()
    shop.cloud.advance(timedelta(minutes=2))
    assert len(shop.mails(user)) == 1


def test_a_message_whose_queue_item_was_lost_is_found_by_the_sweep(shop: Shop, user: str) -> None:
    message = a_pending(shop, user)
    with shop.refusing_queues():
        shop.cloud._stream_once()
    shop.cloud.clock.advance(timedelta(minutes=6))
    assert shop.invoke(Function.WAKE, a_lambda_event("schedule/wake"))["rung"] >= 1
    assert {"type": "alarm", "kind": "message", "id": message} in shop.waiting(Queue.WAKE)
    shop.settle()
    assert len(shop.mails(user)) == 1


def test_a_sweep_that_finds_nothing_writes_and_queues_nothing(shop: Shop) -> None:
    shop.cloud.advance(timedelta(hours=1))
    # The first sweep notes which sources have gone quiet meanwhile.
    shop.invoke(Function.WAKE, a_lambda_event("schedule/wake"))
    with shop.watching_writes() as writes:
        answer = shop.invoke(Function.WAKE, a_lambda_event("schedule/wake"))
    assert (answer, writes, shop.waiting(Queue.WAKE)) == ({"rung": 0}, [], [])


def test_a_person_who_left_between_the_decision_and_the_call_is_not_written_to(shop: Shop, user: str) -> None:
    message = a_pending(shop, user)
    left = {"key": f"{user}@people.example", "type": "EMAIL", "status": "UNSUBSCRIBED"}
    shop.send({"type": "track", "userId": user, "event": "X", "context": {"messaging_subscriptions": [left]}})
    assert deliver(shop, message) == []
    shop.settle()
    assert shop.mails(user) == ()
    (after,) = shop.messages(user)
    assert after.state is State.DENIED


def test_a_mailbox_that_bounces_hard_is_not_written_to_again(shop: Shop, user: str) -> None:
    shop.cloud.providers.world.behave(f"{user}@people.example", Behaviour.BOUNCES)
    shop.greet(user)
    assert len(shop.mails(user)) == 1
    shop.send({"type": "track", "userId": user, "event": "Greeting Wanted", "messageId": f"{user}-2"})
    shop.settle()
    assert len(shop.mails(user)) == 1
    assert [(each.state, each.reason) for each in shop.messages(user)][1:] == [
        ("DENIED", "endpoint_undeliverable")
    ] or {each.reason for each in shop.messages(user)} >= {"endpoint_undeliverable"}


def test_a_sender_that_cannot_reach_the_table_leaves_the_message_on_the_queue(shop: Shop, user: str) -> None:
    message = a_pending(shop, user)
    event = an_sqs_event(Queue.EMAIL, {"message": message})
    with shop.refusing_dynamodb():
        assert failures(shop.invoke(Function.DELIVER, event)) == ["message-0"]
    assert shop.mails(user) == ()
    assert failures(shop.invoke(Function.DELIVER, event)) == []
    assert len(shop.mails(user)) == 1
