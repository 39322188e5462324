"""A file that lands in the bucket becomes golden records, however long it is and whatever is wrong in it."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from kizuna.core.files.jobs import Progress
from kizuna.local.resources import IMPORTS, REGION
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, a_lambda_event, an_sqs_event, failures, with_words
from tests.support.imports import upload

SAMPLES = Path(__file__).parents[2] / "events" / "imports"


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part for each row: files of many megabytes would do it too, only slower."""
    monkeypatch.setattr("kizuna.usecases.ingesting.importing.PART_BYTES", 1)


def progress_of(shop: Shop, import_id: str) -> Progress:
    found = shop.wired.imports.get(import_id)
    assert found is not None
    return found


def rejects_of(shop: Shop, import_id: str) -> list[str]:
    return [line for part in shop.wired.import_bucket.parts(import_id) for line in part.splitlines()]


def test_a_file_that_lands_in_the_bucket_is_brought_in(shop: Shop) -> None:
    found = upload(shop, (SAMPLES / "people.csv").read_bytes(), name="people.csv")
    shop.settle()
    done = progress_of(shop, found)
    assert (done.state, done.name, done.rows) == ("done", "people.csv", 6)
    assert shop.person("c-1001").trait("first_name") == "愛子"
    assert [each.action for each in shop.consents("c-1003")] == ["withdraw"]
    assert rejects_of(shop, found) == [
        '"5","missing_identity","","names nobody: no user id, address or other identifier",'
        '",,,GB,Nobody,2026-05-04,,,,"',
        '"6","unreadable_time","timestamp","is no time that can be read",'
        '"c-1006,dan@people.example,,GB,Dan,in spring,,,,"',
    ]


def test_the_recorded_event_of_s3_starts_the_import(shop: Shop) -> None:
    content = b"user_id,event\ns3-recorded,Order Completed\n"
    client = boto3.client("s3", region_name=REGION)
    client.put_object(Bucket=IMPORTS, Key="imports/shop/people.csv", Body=content)
    etag = client.head_object(Bucket=IMPORTS, Key="imports/shop/people.csv")["ETag"].strip('"')
    event = with_words(a_lambda_event("sqs/importer"), FILE_ETAG=etag)
    assert failures(shop.invoke(Function.IMPORTER, event)) == []
    shop.settle()  # the event of the local cloud itself finds it done
    assert shop.names("s3-recorded") == ["Order Completed"]


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize("form", ["plain", "gzip"])
def test_a_long_file_is_handed_on_from_turn_to_turn(shop: Shop, user: str, form: str) -> None:
    rows = "".join(f"{user},E{number},2026-10-0{number}\n" for number in range(1, 6))
    content = f"user_id,event,timestamp\n{rows}".encode()
    before = shop.cloud.calls.get(Function.IMPORTER, 0)
    found = upload(shop, gzip.compress(content) if form == "gzip" else content)
    shop.settle()
    done = progress_of(shop, found)
    assert (done.state, done.rows, done.counts["counted"]) == ("done", 5, 5)
    assert shop.names(user) == ["E1", "E2", "E3", "E4", "E5"]
    assert shop.cloud.calls[Function.IMPORTER] - before >= 5


@pytest.mark.usefixtures("short_parts")
def test_a_turn_that_fails_is_taken_again_and_counts_once(shop: Shop, user: str) -> None:
    content = f"user_id,event,timestamp\n{user},A,2026-10-01\n{user},B,2026-10-02\n".encode()
    with shop.refusing_dynamodb(when=lambda text: '"st"' in text and '"n"' in text, times=2) as refused:
        found = upload(shop, content)
        shop.cloud.advance(timedelta(minutes=3))
    assert len(refused) == 2
    assert progress_of(shop, found).state == "done"
    assert shop.names(user) == ["A", "B"]


def test_the_news_of_one_file_twice_counts_it_once(shop: Shop, user: str) -> None:
    content = f"user_id,event\n{user},A\n".encode()
    upload(shop, content)
    upload(shop, content)
    shop.settle()
    assert shop.names(user) == ["A"]


def test_a_file_put_there_by_hand_speaks_for_the_source_of_its_folder(shop: Shop, user: str) -> None:
    upload(shop, f"user_id,event\n{user},A\n".encode(), source="web", by_hand=True)
    shop.settle()
    (event,) = shop.timeline(user)
    assert (event.source.id, event.source.kind) == ("web", "import")


def test_a_file_is_one_arrival_of_its_source_however_many_rows_it_has(shop: Shop, user: str) -> None:
    for event in ("A", "B"):  # what others left in the tally goes with the first
        shop.cloud.advance(timedelta(hours=3))
        now = shop.wired.now()
        upload(shop, b"user_id,event\n" + f"{user},{event}\n".encode() * 5)
        shop.settle()
    arrived = shop.wired.arrivals.arrived("shop", now=shop.wired.now())
    assert arrived.last_at is not None
    assert arrived.last_at >= now
    assert arrived.by_hour[arrived.last_at.replace(minute=0, second=0, microsecond=0)] == 1


@pytest.mark.parametrize("key", ["imports/people.csv", "imports/Not A Source/people.csv"])
def test_a_file_in_no_source_s_folder_is_quarantined_with_its_cause(shop: Shop, key: str) -> None:
    with shop.new_violations() as found:
        boto3.client("s3", region_name=REGION).put_object(Bucket=IMPORTS, Key=key, Body=b"user_id\nu1\n")
        shop.settle()
    assert [(each.cause, each.source) for each in found] == [("import_gone", "imports")]


def test_a_file_that_is_gone_when_its_news_come_is_reported_and_holds_up_nothing(shop: Shop) -> None:
    news = {"type": "import", "key": "imports/shop/gone.csv", "etag": "0" * 32, "size": 9}
    with shop.new_violations() as found:
        assert failures(shop.invoke(Function.IMPORTER, an_sqs_event(Queue.IMPORTS, news))) == []
    assert [each.cause for each in found] == ["import_gone"]


def test_a_poisoned_message_is_quarantined(shop: Shop) -> None:
    with shop.new_violations() as found:
        assert (
            failures(shop.invoke(Function.IMPORTER, an_sqs_event(Queue.IMPORTS, "poison", {"key": 1}))) == []
        )
    assert [each.cause for each in found] == ["poisoned_message"] * 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 a spreadsheet", "foreign_format"),
        (gzip.compress(b"h\n" + b"x" * 30_000_000), "gzip_bomb"),
        ("nom\nJürgen\n".encode("cp1252"), "unknown_encoding"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_its_reason(shop: Shop, content: bytes, code: str) -> None:
    found = upload(shop, content)
    shop.settle()
    done = progress_of(shop, found)
    assert (done.state, done.rows) == ("failed", 0)
    assert done.failure.startswith(f"{code}: ")


def test_the_logs_of_an_import_name_nobody(shop: Shop, user: str, capsys: pytest.CaptureFixture[str]) -> None:
    canary = f"canary-{user}@people.example"
    upload(shop, f"user_id,email,timestamp\n{user},{canary},never\n{user},{canary},\n".encode(), name=canary)
    shop.settle()
    told = capsys.readouterr()
    assert "canary" not in told.out + told.err


def test_the_rejects_of_a_file_are_safe_in_a_spreadsheet(shop: Shop) -> None:
    found = upload(shop, b'user_id,traits.x:number\n=cmd|calc,"=1+1"\n')
    shop.settle()
    (line,) = rejects_of(shop, found)
    assert line.endswith('"\'=cmd|calc,""=1+1"""')


def test_endpoints_of_pinpoint_and_messages_of_segment_come_in_by_the_same_door(shop: Shop) -> None:
    imports: dict[str, Any] = {
        name: upload(shop, (SAMPLES / name).read_bytes(), name=name)
        for name in ("pinpoint-endpoints.csv", "pinpoint-endpoints.jsonl", "segment-export.jsonl.gz")
    }
    shop.settle()
    assert {name: progress_of(shop, found).rows for name, found in imports.items()} == {
        "pinpoint-endpoints.csv": 4,
        "pinpoint-endpoints.jsonl": 4,
        "segment-export.jsonl.gz": 3,
    }
    assert {address.channel for address in shop.person("p-1").addresses.values()} == {"email", "sms", "push"}
    assert shop.names("s-1") == ["", "Order Completed", "Product Viewed"]
