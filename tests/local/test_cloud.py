"""The local cloud against the topology: everything wired is wired here, and one clock moves it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from kizuna.local.cloud import passes_filter
from kizuna.local.functions import load
from kizuna.local.gateway import find_route
from kizuna.local.resources import REGION, dead_letter_url
from kizuna.topology import (
    BUS_RULES,
    FUNCTIONS,
    QUEUES,
    ROUTES,
    SCHEDULED_FUNCTION,
    STREAM,
    SWEEPS,
    TABLES,
    Queue,
)
from tests.support.clouds import Shop, running_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as made:
        yield made


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


# ── what there is ───────────────────────────────────────────────────────────────────────────────


def test_every_function_of_the_topology_loads_by_the_path_that_is_deployed() -> None:
    for spec in FUNCTIONS:
        assert callable(load(spec.name)), spec.name


def test_every_table_has_its_keys_stream_and_indexes(shop: Shop) -> None:
    for spec in TABLES:
        name = shop.cloud.resources.table_names[spec.name]
        table = client("dynamodb").describe_table(TableName=name)["Table"]
        assert {key["AttributeName"] for key in table["KeySchema"]} == {"pk", "sk"}
        assert bool(table.get("StreamSpecification", {}).get("StreamEnabled")) is spec.stream
        indexes = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())}
        assert indexes == {index.name for index in spec.indexes}


def test_every_queue_has_a_dead_letter_queue_that_takes_over_after_its_receives(shop: Shop) -> None:
    sqs = client("sqs")
    for spec in QUEUES:
        url = shop.cloud.resources.queue_urls[spec.name]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(found["RedrivePolicy"])
        assert int(redrive["maxReceiveCount"]) == spec.receives
        dead = sqs.get_queue_attributes(QueueUrl=dead_letter_url(url), AttributeNames=["QueueArn"])
        assert dead["Attributes"]["QueueArn"] == redrive["deadLetterTargetArn"]


def test_every_rule_of_a_bus_leads_to_its_queue(shop: Shop) -> None:
    events = client("events")
    for rule in BUS_RULES:
        stored = events.describe_rule(Name=rule.name, EventBusName=rule.bus)
        assert json.loads(stored["EventPattern"]) == rule.pattern
        (target,) = events.list_targets_by_rule(Rule=rule.name, EventBusName=rule.bus)["Targets"]
        assert target["Arn"].endswith(shop.cloud.resources.queue_urls[rule.queue].rpartition("/")[2])


def test_every_route_is_found_and_goes_to_its_function() -> None:
    for route in ROUTES:
        path = route.path.replace("{proxy+}", "a/b").replace("{", "").replace("}", "")
        found = find_route("POST", path)
        assert found is not None
        assert found.function is route.function, path


def test_every_sweep_and_the_target_of_campaigns_exist(shop: Shop) -> None:
    scheduler = client("scheduler")
    for sweep in SWEEPS:
        stored = scheduler.get_schedule(Name=sweep.name)
        assert stored["ScheduleExpression"] == sweep.rate
        assert stored["Target"]["Arn"].endswith(sweep.function)
    armed = scheduler.list_schedules(GroupName="kizuna-local")["Schedules"]
    names = sorted(schedule["Name"] for schedule in armed)
    assert names == [
        "journey.win-back-rfm-20261220T100000Z",
        "rfm.orders-20261123T030000Z",
        "win-back-20261125T100000Z",
    ]
    assert all(schedule["Target"]["Arn"].endswith(SCHEDULED_FUNCTION) for schedule in armed)


@pytest.mark.parametrize("spec", [spec for spec in QUEUES if spec.consumer], ids=lambda spec: spec.name)
def test_every_queue_with_a_consumer_is_consumed_by_it(shop: Shop, spec: Any) -> None:
    url = shop.cloud.resources.queue_urls[spec.name]
    client("sqs").send_message(QueueUrl=url, MessageBody="poison")
    before = shop.cloud.calls.get(spec.consumer, 0)
    with shop.new_violations() as found:
        shop.settle()
    assert shop.cloud.calls[spec.consumer] == before + 1
    assert shop.waiting(spec.name) == []
    sources = {"email": "deliver", "sms": "deliver", "push": "deliver"}
    assert {each.source for each in found} <= {sources.get(spec.name, spec.name)}


def test_a_queue_without_a_consumer_keeps_what_it_holds(shop: Shop) -> None:
    shop.wired.queues.send(Queue.LOST_CHANGES, [{"kept": True}])
    shop.settle()
    assert {"kept": True} in shop.waiting(Queue.LOST_CHANGES)


# ── the stream ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "sort", "passes"),
    [
        ("INSERT", "profile", True),
        ("MODIFY", "profile", True),
        ("REMOVE", "profile", False),
        ("INSERT", "message", True),
        ("MODIFY", "message", True),
        ("INSERT", "e#1795348800000#00e0a4bce93c90af", True),
        ("MODIFY", "e#1795348800000#00e0a4bce93c90af", False),
        ("REMOVE", "e#1795348800000#00e0a4bce93c90af", False),
        ("INSERT", "identity", False),
        ("INSERT", "pressure", False),
        ("INSERT", "m#abc", False),
    ],
)
def test_only_changes_that_may_mean_something_reach_the_reader(kind: str, sort: str, passes: bool) -> None:
    keys = {"pk": {"S": "p#1"}, "sk": {"S": sort}}
    assert passes_filter({"eventName": kind, "dynamodb": {"Keys": keys}}) is passes


def test_a_change_that_no_filter_passes_invokes_nobody(shop: Shop) -> None:
    shop.settle()
    before = dict(shop.cloud.calls)
    row = {"pk": {"S": "i#user_id#filtered"}, "sk": {"S": "identity"}, "p": {"S": "p1"}}
    client("dynamodb").put_item(TableName=shop.cloud.resources.table_names["people"], Item=row)
    shop.settle()
    assert shop.cloud.calls == before


def test_the_stream_is_read_by_its_consumer_only(shop: Shop) -> None:
    before = dict(shop.cloud.calls)
    shop.send({"type": "track", "userId": "streamed", "event": "X"})
    shop.settle()
    changed = {name for name, count in shop.cloud.calls.items() if count != before.get(name, 0)}
    assert changed == {STREAM.consumer}


# ── settle and advance ──────────────────────────────────────────────────────────────────────────


def test_settling_twice_does_nothing_more(shop: Shop) -> None:
    shop.greet("settled")
    before = dict(shop.cloud.calls)
    shop.settle()
    assert shop.cloud.calls == before


def test_settling_moves_no_clock_and_advancing_ends_at_the_moment(shop: Shop) -> None:
    begin = shop.now
    shop.settle()
    assert shop.now == begin
    shop.cloud.advance(timedelta(minutes=7, seconds=3))
    assert shop.now == begin + timedelta(minutes=7, seconds=3)
    shop.cloud.advance_to(begin)
    assert shop.now == begin + timedelta(minutes=7, seconds=3)
