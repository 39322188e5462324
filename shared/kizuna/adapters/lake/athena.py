"""Athena over the lake's objects: the ports `LakeQueries` and `LakeRecords`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from sqlglot import exp

from kizuna.adapters.batches import refusals_as_unavailable
from kizuna.core.condition_sql import Columns, NotInLake, Question
from kizuna.core.errors import NotFound
from kizuna.core.ports.lake_queries import LakeAnswer, QueryFailed, Reading

LONGEST = 262_144  # bytes of a query that Athena takes


class AthenaLake:
    """One workgroup, whose own settings bound what a question may read and say where answers are kept."""

    def __init__(self, client: Any, *, workgroup: str, database: str) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database

    def start(self, question: Question, *, snapshot: str) -> str:
        text = self.text(question, snapshot=snapshot)
        if len(text.encode()) > LONGEST:
            raise NotInLake(f"a condition whose query is longer than the {LONGEST} bytes that Athena takes")
        return self._begun(text)

    def start_reading(self, reading: Reading) -> str:
        return self._begun(self.reading_text(reading))

    def records(self, query: str) -> Iterator[Mapping[str, Any]] | None:
        told = self._execution(query)
        if self._is_running(query, told):
            return None
        return (json.loads(line) for line in self._lines(query))

    def _lines(self, query: str) -> Iterator[str]:
        """The first row of the first page names the column."""
        after: dict[str, str] = {}
        first = 1
        while True:
            with refusals_as_unavailable("athena"):
                reply = self._client.get_query_results(QueryExecutionId=query, MaxResults=1_000, **after)
            yield from (str(row["Data"][0]["VarCharValue"]) for row in reply["ResultSet"]["Rows"][first:])
            if "NextToken" not in reply:
                return
            after, first = {"NextToken": reply["NextToken"]}, 0

    def _begun(self, text: str) -> str:
        with refusals_as_unavailable("athena"):
            reply = self._client.start_query_execution(
                QueryString=text,
                QueryExecutionContext={"Database": self._database},
                WorkGroup=self._workgroup,
            )
        return str(reply["QueryExecutionId"])

    def answer(self, query: str) -> LakeAnswer | None:
        told = self._execution(query)
        if self._is_running(query, told):
            return None
        spent = told.get("Statistics", {})
        return LakeAnswer(
            people=self._only_number(query),
            scanned_bytes=spent.get("DataScannedInBytes", 0),
            seconds=spent.get("TotalExecutionTimeInMillis", 0) / 1000,
        )

    def _is_running(self, query: str, told: Mapping[str, Any]) -> bool:
        """False once it has succeeded. Raises QueryFailed."""
        status = told["Status"]
        match status["State"]:
            case "QUEUED" | "RUNNING":
                return True
            case "SUCCEEDED":
                return False
            case "CANCELLED":
                reason = (
                    status.get("StateChangeReason")
                    or "it was stopped, or would have read more than the workgroup allows"
                )
                raise QueryFailed(f"query {query}: {reason}")
            case _:
                raise QueryFailed(f"query {query}: {_reason(status)}")

    def stop(self, query: str) -> None:
        with refusals_as_unavailable("athena"):
            self._client.stop_query_execution(QueryExecutionId=query)

    def reading_text(self, reading: Reading) -> str:
        """The query of a reading. Partitions are named, so that no other objects are read."""
        line = exp.column("record")

        def told(name: str) -> exp.Expr:
            return exp.Anonymous(
                this="JSON_EXTRACT_SCALAR", expressions=[line, exp.Literal.string(f"$.{name}")]
            )

        wanted = told("kind").eq("event").and_(told("name").isin(*reading.names))
        if reading.sent:
            wanted = wanted.or_(told("kind").eq("message").and_(told("state").eq("SENT")))
        days = exp.column("dt") >= reading.first_day
        rows = exp.select("record").from_(exp.table_("events", db=self._database))
        return rows.where(days).where(wanted).limit(reading.most + 1).sql(dialect="athena")

    def text(self, question: Question, *, snapshot: str) -> str:
        """The query with where its rows come from. Partitions are named, so that no other objects are read."""
        first = question.first_day
        people, events = question.columns("lake_people"), question.columns("lake_events")
        sources = {"lake_people": self._rows("people", people, exp.column("dt").eq(snapshot))}
        if events:
            days = exp.column("dt") >= first if first else None
            sources["lake_events"] = self._rows("events", events, days)
        return question.count("athena", sources)

    def _rows(self, table: str, types: Columns, where: exp.Expr | None) -> exp.Select:
        """Each line of JSON as a row of the columns that are asked for. Keys that are not named are passed over."""
        columns = ", ".join(f"{column} {_type(of)}" for column, of in types.items())
        row = exp.DataType.build(f"ROW({columns})", dialect="athena")
        line = exp.Anonymous(this="JSON_PARSE", expressions=[exp.column("record")])
        lines = exp.select(exp.alias_(exp.Cast(this=line, to=row), "line")).from_(
            exp.table_(table, db=self._database)
        )
        lines = lines.where(where) if where is not None else lines
        fields = [
            exp.alias_(exp.Dot(this=exp.column("line", "read"), expression=exp.to_identifier(column)), column)
            for column in types
        ]
        return exp.select(*fields).from_(lines.subquery("read"))

    def _execution(self, query: str) -> Mapping[str, Any]:
        try:
            with refusals_as_unavailable("athena"):
                reply = self._client.get_query_execution(QueryExecutionId=query)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "InvalidRequestException":
                raise NotFound(f"query {query}") from error
            raise
        told: Mapping[str, Any] = reply["QueryExecution"]
        if told.get("WorkGroup", self._workgroup) != self._workgroup:
            raise NotFound(f"query {query}")  # somebody else's
        return told

    def _only_number(self, query: str) -> int:
        """The first row names the columns."""
        with refusals_as_unavailable("athena"):
            reply = self._client.get_query_results(QueryExecutionId=query, MaxResults=2)
        rows = reply["ResultSet"]["Rows"]
        if len(rows) < 2:
            raise QueryFailed(f"query {query}: it ended without an answer")
        return int(rows[1]["Data"][0]["VarCharValue"])


def _reason(status: Mapping[str, Any]) -> str:
    """Why it failed, without the values that Athena may quote: a reason can show a row of somebody."""
    told = status.get("AthenaError", {})
    kind = {1: "the system", 2: "the query", 3: "something else"}.get(
        told.get("ErrorCategory"), "an unknown cause"
    )
    retry = ", and may be asked again" if told.get("Retryable") else ""
    return f"failed by {kind} (type {told.get('ErrorType', '?')}){retry}"


def _type(of: str | Mapping[str, str]) -> str:
    match of:
        case "VARCHAR[]":
            return "ARRAY(VARCHAR)"
        case str():
            return of
        case _:
            fields = ", ".join(f"{field} {inner}" for field, inner in of.items())
            return f"ARRAY(ROW({fields}))"
