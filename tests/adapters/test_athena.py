"""Athena as `AthenaLake` calls it: requests held against the service's own model, replies as it documents them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import sqlglot
from botocore.stub import ANY, Stubber
from moto import mock_aws
from pydantic import TypeAdapter

from kizuna.adapters.lake.athena import LONGEST, AthenaLake
from kizuna.core.condition_sql import NotInLake, Question, compile_condition
from kizuna.core.conditions import Condition
from kizuna.core.errors import NotFound, Unavailable
from kizuna.core.ports.lake_queries import LakeAnswer, QueryFailed, Reading
from kizuna.usecases.segments.lake_counts import lake_count

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SNAPSHOT = "2026-11-22T03-00"
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
QUERY = "0b6d5e4c-1111-2222-3333-444455556666"


def _question(written: Any) -> Question:
    return compile_condition(CONDITION.validate_python(written), now=NOW)


RECENT = _question({"event": "Order Completed", "window": {"last": "7d"}})


@pytest.fixture
def athena() -> Iterator[tuple[AthenaLake, Stubber]]:
    client = boto3.client("athena", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    lake = AthenaLake(client, workgroup="Kizuna-dev-lake", database="kizuna_dev")
    with Stubber(client) as stub:
        yield lake, stub


def _execution(state: str, **more: Any) -> dict[str, Any]:
    told = {
        "WorkGroup": more.pop("workgroup", "Kizuna-dev-lake"),
        "Status": {"State": state, **more.pop("status", {})},
    }
    return {"QueryExecution": {"QueryExecutionId": QUERY, **told, **more}}


def test_a_question_is_asked_in_the_workgroup_and_reads_only_the_partitions_it_needs(
    athena: tuple[AthenaLake, Stubber],
) -> None:
    lake, stub = athena
    sent = {
        "QueryString": ANY,
        "QueryExecutionContext": {"Database": "kizuna_dev"},
        "WorkGroup": "Kizuna-dev-lake",
    }
    stub.add_response("start_query_execution", {"QueryExecutionId": QUERY}, sent)
    assert lake.start(RECENT, snapshot=SNAPSHOT) == QUERY
    text = lake.text(RECENT, snapshot=SNAPSHOT)
    assert f"FROM kizuna_dev.people WHERE dt = '{SNAPSHOT}'" in text
    assert "FROM kizuna_dev.events WHERE dt >= '2026-11-14'" in text
    assert sqlglot.parse_one(text, read="athena").sql(dialect="athena") == text


def test_a_query_longer_than_athena_takes_is_never_sent(athena: tuple[AthenaLake, Stubber]) -> None:
    lake, _ = athena
    values = [f"{number:04}" + "x" * 300 for number in range(1000)]
    long = _question({"trait": "plan", "op": "in", "value": values})
    assert len(lake.text(long, snapshot=SNAPSHOT)) > LONGEST
    with pytest.raises(NotInLake, match="longer than"):
        lake.start(long, snapshot=SNAPSHOT)


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING"])
def test_while_it_runs_there_is_no_answer(athena: tuple[AthenaLake, Stubber], state: str) -> None:
    lake, stub = athena
    stub.add_response("get_query_execution", _execution(state), {"QueryExecutionId": QUERY})
    assert lake.answer(QUERY) is None


def test_the_answer_comes_with_what_was_read_and_how_long_it_took(athena: tuple[AthenaLake, Stubber]) -> None:
    lake, stub = athena
    spent = {"DataScannedInBytes": 123_456_789, "TotalExecutionTimeInMillis": 4_200}
    stub.add_response(
        "get_query_execution", _execution("SUCCEEDED", Statistics=spent), {"QueryExecutionId": QUERY}
    )
    rows = [{"Data": [{"VarCharValue": "matched"}]}, {"Data": [{"VarCharValue": "41823"}]}]
    stub.add_response(
        "get_query_results", {"ResultSet": {"Rows": rows}}, {"QueryExecutionId": QUERY, "MaxResults": 2}
    )
    assert lake.answer(QUERY) == LakeAnswer(people=41_823, scanned_bytes=123_456_789, seconds=4.2)


def test_a_failure_tells_its_kind_and_no_value_that_athena_quotes(athena: tuple[AthenaLake, Stubber]) -> None:
    lake, stub = athena
    status = {
        "StateChangeReason": "Cannot cast 'ada@example.com' to BIGINT",
        "AthenaError": {"ErrorCategory": 2, "ErrorType": 1006, "Retryable": False},
    }
    stub.add_response("get_query_execution", _execution("FAILED", status=status))
    with pytest.raises(QueryFailed, match=r"the query \(type 1006\)") as failed:
        lake.answer(QUERY)
    assert "ada" not in str(failed.value)


def test_a_query_that_read_more_than_the_workgroup_allows_says_so(athena: tuple[AthenaLake, Stubber]) -> None:
    lake, stub = athena
    stub.add_response("get_query_execution", _execution("CANCELLED"))
    with pytest.raises(QueryFailed, match="more than the workgroup allows"):
        lake.answer(QUERY)


def test_a_query_of_another_workgroup_is_not_ours(athena: tuple[AthenaLake, Stubber]) -> None:
    lake, stub = athena
    stub.add_response("get_query_execution", _execution("SUCCEEDED", workgroup="primary"))
    with pytest.raises(NotFound):
        lake.answer(QUERY)


def test_an_unknown_id_and_a_refusal_for_now_are_told_apart(athena: tuple[AthenaLake, Stubber]) -> None:
    lake, stub = athena
    stub.add_client_error("get_query_execution", "InvalidRequestException", http_status_code=400)
    with pytest.raises(NotFound):
        lake.answer(QUERY)
    stub.add_client_error("start_query_execution", "TooManyRequestsException", http_status_code=400)
    with pytest.raises(Unavailable):
        lake.start(RECENT, snapshot=SNAPSHOT)


def test_moto_takes_the_calls_from_the_start_to_the_end() -> None:
    with mock_aws():
        client = boto3.client(
            "athena", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        client.create_work_group(
            Name="lake", Configuration={"ResultConfiguration": {"OutputLocation": "s3://b/a/"}}
        )
        lake = AthenaLake(client, workgroup="lake", database="kizuna_dev")
        query = lake.start(RECENT, snapshot=SNAPSHOT)
        lake.stop(query)
        with pytest.raises(QueryFailed):
            lake.answer(query)


# ── waiting ─────────────────────────────────────────────────────────────────────────────────────


class Slow:
    """Answers after some looks, or never."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.stopped: list[str] = []

    def start(self, question: Question, *, snapshot: str) -> str:
        return "q1"

    def answer(self, query: str) -> LakeAnswer | None:
        self.looks -= 1
        return LakeAnswer(7, 1, 2.0) if self.looks < 0 else None

    def stop(self, query: str) -> None:
        self.stopped.append(query)


class OneRun:
    def list(self, campaign: str) -> tuple[Any, ...]:
        from kizuna.core.ports import Run

        return (Run(campaign, SNAPSHOT, 0, NOW, NOW, shards=1),)

    def checkpoint(self, campaign: str, run: str, shard: str) -> str:
        return "~"


def _wait(queries: Slow, patience: float) -> tuple[int, list[float]]:
    pauses: list[float] = []
    everyone = CONDITION.validate_python({"everyone": True})
    runs: Any = OneRun()
    count = lake_count(everyone, queries, runs, now=NOW, pause=pauses.append, patience=patience)
    return count.people, pauses


def test_waiting_looks_ever_more_seldom() -> None:
    people, pauses = _wait(Slow(8), 60)
    assert people == 7
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_what_takes_too_long_is_stopped() -> None:
    slow = Slow(10_000)
    with pytest.raises(QueryFailed, match="not answered within 10 seconds"):
        _wait(slow, 10)
    assert slow.stopped == ["q1"]


READING = Reading(("Email Clicked", 'Order\'s "odd"'), "2026-11-01", sent=True, most=10)


def test_a_reading_names_its_partitions_and_quotes_what_comes_from_outside(
    athena: tuple[AthenaLake, Stubber],
) -> None:
    lake, stub = athena
    stub.add_response("start_query_execution", {"QueryExecutionId": QUERY})
    assert lake.start_reading(READING) == QUERY
    text = lake.reading_text(READING)
    assert "dt >= '2026-11-01'" in text
    assert "'Order''s \"odd\"'" in text
    assert "LIMIT 11" in text
    assert sqlglot.parse_one(text, read="athena").sql(dialect="athena") == text


def test_a_reading_gives_every_page_without_the_head(athena: tuple[AthenaLake, Stubber]) -> None:
    lake, stub = athena

    def page(*texts: str, **more: str) -> dict[str, Any]:
        rows = [{"Data": [{"VarCharValue": text}]} for text in texts]
        return {"ResultSet": {"Rows": rows}, **more}

    stub.add_response("get_query_execution", _execution("RUNNING"))
    assert lake.records(QUERY) is None
    stub.add_response("get_query_execution", _execution("SUCCEEDED"))
    asked = {"QueryExecutionId": QUERY, "MaxResults": 1_000}
    stub.add_response("get_query_results", page("record", '{"id": "a"}', NextToken="more"), asked)
    stub.add_response("get_query_results", page('{"id": "b"}'), {**asked, "NextToken": "more"})
    assert [row["id"] for row in lake.records(QUERY) or ()] == ["a", "b"]
