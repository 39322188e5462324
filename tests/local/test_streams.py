from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.dynamodb.models.table import StreamRecord

from kizuna.local.clock import VirtualClock
from kizuna.local.streams import Change, StreamBatch, StreamReader
from tests.support.emulated import client, cloud, create_counters, create_people, key, stream_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with cloud():
        yield _with_people()


def _with_people() -> Any:
    dynamodb = client("dynamodb")
    create_people(dynamodb)
    return dynamodb


def write(dynamodb: Any, *people: str) -> None:
    for person in people:
        dynamodb.put_item(TableName="people", Item=key(person))


def people_in(batch: StreamBatch | None) -> list[str]:
    assert batch is not None
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in batch.event["Records"]]


def failing(*sequence_numbers: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sequence_numbers]}


def test_a_record_has_the_shape_that_lambda_receives(dynamodb: Any) -> None:
    reader = StreamReader("people", clock=VirtualClock(NOON))
    dynamodb.put_item(TableName="people", Item={**key("ann"), "version": {"N": "1"}})
    dynamodb.put_item(TableName="people", Item={**key("ann"), "version": {"N": "2"}})

    batch = reader.take()

    assert batch is not None
    record = batch.event["Records"][1]
    size, event_id = record["dynamodb"].pop("SizeBytes"), record.pop("eventID")
    assert size > 0
    assert len(event_id) == 32
    assert record == {
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": reader.arn,
        "dynamodb": {
            "ApproximateCreationDateTime": NOON.timestamp(),
            "Keys": key("ann"),
            "NewImage": {**key("ann"), "version": {"N": "2"}},
            "OldImage": {**key("ann"), "version": {"N": "1"}},
            "SequenceNumber": batch.sequence_numbers[1],
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    assert reader.arn.startswith("arn:aws:dynamodb:us-east-1:123456789012:table/people/stream/")


def test_a_record_names_what_happened(dynamodb: Any) -> None:
    reader = StreamReader("people")
    write(dynamodb, "ann")
    dynamodb.update_item(
        TableName="people",
        Key=key("ann"),
        UpdateExpression="SET version = :v",
        ExpressionAttributeValues={":v": {"N": "1"}},
    )
    dynamodb.delete_item(TableName="people", Key=key("ann"))

    batch = reader.take()

    assert batch is not None
    images = [
        (record["eventName"], "NewImage" in record["dynamodb"], "OldImage" in record["dynamodb"])
        for record in batch.event["Records"]
    ]
    assert images == [("INSERT", True, False), ("MODIFY", True, True), ("REMOVE", False, True)]


def test_binary_values_are_in_base64_at_any_depth(dynamodb: Any) -> None:
    reader = StreamReader("people")
    nested = {"M": {"l": {"L": [{"B": b"\x00\x01"}]}, "s": {"BS": [b"\x02"]}}}
    dynamodb.put_item(TableName="people", Item={**key("ann"), "b": {"B": b"\xff"}, "m": nested})

    batch = reader.take()

    assert batch is not None
    image = batch.event["Records"][0]["dynamodb"]["NewImage"]
    assert image["b"] == {"B": "/w=="}
    assert image["m"] == {"M": {"l": {"L": [{"B": "AAE="}]}, "s": {"BS": ["Ag=="]}}}


def test_records_agree_with_those_of_moto() -> None:
    def write_all(to: Any) -> None:
        to.put_item(TableName="people", Item={**key("ann"), "tags": {"SS": ["a"]}, "n": {"N": "1"}})
        to.update_item(
            TableName="people",
            Key=key("ann"),
            UpdateExpression="SET m = :m REMOVE n",
            ExpressionAttributeValues={":m": {"M": {"deep": {"L": [{"BOOL": True}]}}}},
        )
        to.delete_item(TableName="people", Key=key("ann"))

    def essence(record: dict[str, Any]) -> tuple[Any, ...]:
        change = record["dynamodb"]
        return record["eventName"], change["Keys"], change.get("NewImage"), change.get("OldImage")

    with cloud():
        write_all(_with_people())
        batch = StreamReader("people").take()
        assert batch is not None
        ours = [essence(record) for record in batch.event["Records"]]
        listed = [essence(record) for record in stream_of()]
    with cloud(changed=False):
        write_all(_with_people())
        theirs = [essence(record) for record in stream_of()]

    assert ours == theirs
    assert listed == theirs


@pytest.mark.parametrize(
    "again",
    [
        {"n": {"N": "1.0"}, "tags": {"SS": ["b", "a"]}},
        {"n": {"N": "1"}, "tags": {"SS": ["a", "b"]}},
    ],
)
def test_a_write_that_changes_nothing_leaves_no_record(dynamodb: Any, again: dict[str, Any]) -> None:
    reader = StreamReader("people")
    dynamodb.put_item(TableName="people", Item={**key("ann"), "n": {"N": "1"}, "tags": {"SS": ["a", "b"]}})
    dynamodb.put_item(TableName="people", Item={**key("ann"), **again})
    dynamodb.update_item(
        TableName="people",
        Key=key("ann"),
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    dynamodb.delete_item(TableName="people", Key=key("nobody"))

    batch = reader.take()

    assert batch is not None
    assert [record["eventName"] for record in batch.event["Records"]] == ["INSERT"]


def test_an_update_that_makes_an_item_leaves_one_record(dynamodb: Any) -> None:
    reader = StreamReader("people")
    dynamodb.update_item(
        TableName="people",
        Key=key("ann"),
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )

    batch = reader.take()

    assert batch is not None
    [record] = batch.event["Records"]
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {**key("ann"), "n": {"N": "1"}}


def test_an_image_stays_as_it_was_written(dynamodb: Any) -> None:
    reader = StreamReader("people")
    dynamodb.put_item(TableName="people", Item={**key("ann"), "tags": {"SS": ["a"]}})
    dynamodb.update_item(
        TableName="people",
        Key=key("ann"),
        UpdateExpression="ADD tags :b",
        ExpressionAttributeValues={":b": {"SS": ["b"]}},
    )

    batch = reader.take()

    assert batch is not None
    first, second = (record["dynamodb"] for record in batch.event["Records"])
    assert first["NewImage"]["tags"] == second["OldImage"]["tags"] == {"SS": ["a"]}
    assert second["NewImage"]["tags"] == {"SS": ["a", "b"]}


def test_taking_again_gives_the_same_records_until_they_are_settled(dynamodb: Any) -> None:
    reader = StreamReader("people")
    write(dynamodb, "ann", "bob", "eve")

    first = reader.take(limit=2)
    assert first is not None
    assert reader.take(limit=2) == first

    assert reader.settle(first) == 2
    assert reader.checkpoint == first.sequence_numbers[-1]
    second = reader.take(limit=2)
    assert second is not None
    assert people_in(second) == ["eve"]
    assert reader.settle(second) == 1
    assert reader.take() is None


def test_everything_from_the_first_failed_record_on_is_taken_again(dynamodb: Any) -> None:
    reader = StreamReader("people")
    write(dynamodb, "ann", "bob", "eve", "fay")
    batch = reader.take()
    assert batch is not None

    passed = reader.settle(batch, failing(batch.sequence_numbers[2], batch.sequence_numbers[1]))

    assert passed == 1
    assert people_in(reader.take()) == ["bob", "eve", "fay"]


def test_settling_twice_passes_nothing_twice(dynamodb: Any) -> None:
    reader = StreamReader("people")
    write(dynamodb, "ann", "bob", "eve")
    batch = reader.take(limit=2)
    assert batch is not None

    assert reader.settle(batch) == 2
    assert reader.settle(batch) == 0
    assert people_in(reader.take()) == ["eve"]


def test_a_handler_that_raises_leaves_the_checkpoint_where_it_was(dynamodb: Any) -> None:
    reader = StreamReader("people")
    write(dynamodb, "ann")

    def broken(_event: dict[str, Any]) -> None:
        raise LookupError("no")

    with pytest.raises(LookupError):
        reader.deliver(broken)

    assert reader.deliver(lambda _event: None) == 1
    assert reader.deliver(broken) == 0


def test_sequence_numbers_rise_and_go_on_after_records_are_forgotten(dynamodb: Any) -> None:
    reader = StreamReader("people")
    numbers: list[int] = []
    for person in ("ann", "bob", "eve"):
        write(dynamodb, person)
        batch = reader.take()
        assert batch is not None
        numbers.extend(map(int, batch.sequence_numbers))
        reader.settle(batch)

    assert numbers == sorted(set(numbers))


def test_a_reader_can_begin_with_what_comes_next(dynamodb: Any) -> None:
    write(dynamodb, "ann")
    reader = StreamReader("people", start="LATEST")
    write(dynamodb, "bob")

    assert people_in(reader.take()) == ["bob"]


def test_the_api_goes_on_from_the_oldest_record_that_is_left(dynamodb: Any) -> None:
    streams = client("dynamodbstreams")
    reader = StreamReader("people")
    arn = streams.list_streams(TableName="people")["Streams"][0]["StreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    old = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    write(dynamodb, "ann", "bob")
    batch = reader.take(limit=1)
    assert batch is not None
    reader.settle(batch)

    [record] = streams.get_records(ShardIterator=old["ShardIterator"])["Records"]
    assert record["dynamodb"]["Keys"] == key("bob")


def test_what_is_settled_is_kept_nowhere(dynamodb: Any) -> None:
    reader = StreamReader("people")
    for round_ in range(5):
        write(dynamodb, *(f"p{round_}-{n}" for n in range(20)))
        reader.deliver(lambda _event: None)
    gc.collect()

    assert reader.pending == 0
    assert not [each for each in gc.get_objects() if isinstance(each, Change | StreamRecord)]


def test_the_clock_of_the_reader_dates_the_records(dynamodb: Any) -> None:
    clock = VirtualClock(NOON)
    reader = StreamReader("people", clock=clock)
    write(dynamodb, "ann")
    clock.advance(timedelta(hours=1, milliseconds=250))

    batch = reader.take()

    assert batch is not None
    [record] = batch.event["Records"]
    assert record["dynamodb"]["ApproximateCreationDateTime"] == NOON.timestamp() + 3600.25


def test_a_table_without_stream_has_no_reader(dynamodb: Any) -> None:
    create_counters(dynamodb)

    with pytest.raises(ValueError, match="no stream: counters"):
        StreamReader("counters")


def test_moto_as_it_is_has_no_reader() -> None:
    with cloud(changed=False):
        _with_people()
        with pytest.raises(RuntimeError, match="install it first"):
            StreamReader("people")
