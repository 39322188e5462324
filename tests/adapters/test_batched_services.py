"""SQS, Firehose and EventBridge take many at once, and sometimes only some of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from kizuna.adapters.batches import batches
from kizuna.adapters.bus import EventBridgeBus
from kizuna.adapters.lake.firehose import FirehoseLake
from kizuna.adapters.queues import SqsQueues
from kizuna.core.errors import Unavailable

Request = dict[str, Any]


class Service:
    """A service that refuses what its rule says, and remembers every request. Its replies have AWS's form."""

    def __init__(self, refuses: Callable[[int, str], bool] = lambda request, text: False) -> None:
        self._refuses = refuses
        self.requests: list[Request] = []
        self.taken: list[str] = []

    def _take(self, request: Request, texts: list[str]) -> list[bool]:
        number = len(self.requests)
        self.requests.append(request)
        refused = [self._refuses(number, text) for text in texts]
        self.taken += [text for text, no in zip(texts, refused, strict=True) if not no]
        return refused

    def send_message_batch(self, **request: Any) -> Request:
        refused = self._take(request, [entry["MessageBody"] for entry in request["Entries"]])
        entries = zip(request["Entries"], refused, strict=True)
        return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry, no in entries if no]}

    def put_record_batch(self, **request: Any) -> Request:
        refused = self._take(request, [record["Data"].decode() for record in request["Records"]])
        results = [
            {"ErrorCode": "ServiceUnavailableException"} if no else {"RecordId": "r"} for no in refused
        ]
        return {"FailedPutCount": sum(refused), "RequestResponses": results}

    def put_events(self, **request: Any) -> Request:
        refused = self._take(request, [entry["Detail"] for entry in request["Entries"]])
        results = [{"ErrorCode": "ThrottlingException"} if no else {"EventId": "e"} for no in refused]
        return {"FailedEntryCount": sum(refused), "Entries": results}


def _nap(_seconds: float) -> None:
    """No test waits."""


def send_to_queue(service: Any, values: list[Request]) -> None:
    SqsQueues(service, urls={"wake": "https://sqs.example/wake"}, pause=_nap).send("wake", values)


def send_to_lake(service: Any, values: list[Request]) -> None:
    FirehoseLake(service, stream="everything", pause=_nap).put(values)


def send_to_bus(service: Any, values: list[Request]) -> None:
    EventBridgeBus(service, bus="kizuna", pause=_nap).publish([("MessageSent", value) for value in values])


SENDERS = pytest.mark.parametrize(
    ("send", "most"),
    [(send_to_queue, 10), (send_to_lake, 500), (send_to_bus, 10)],
    ids=["queue", "lake", "bus"],
)


def numbered(count: int, filling: str = "") -> list[Request]:
    return [{"number": number, "filling": filling} for number in range(count)]


def numbers(texts: list[str]) -> list[int]:
    return sorted(json.loads(text)["number"] for text in texts)


@SENDERS
def test_many_go_in_calls_of_the_size_the_service_takes(send: Any, most: int) -> None:
    service = Service()
    send(service, numbered(2 * most + 1))
    assert len(service.requests) == 3
    assert numbers(service.taken) == list(range(2 * most + 1))


@SENDERS
def test_nothing_to_send_is_no_call(send: Any, most: int) -> None:
    service = Service()
    send(service, [])
    assert service.requests == []


@SENDERS
def test_what_was_refused_is_sent_again_and_nothing_else(send: Any, most: int) -> None:
    service = Service(lambda request, text: request == 0 and json.loads(text)["number"] % 3 == 0)
    send(service, numbered(10))
    assert numbers(service.taken) == list(range(10))
    assert len(service.requests) == 2


@SENDERS
def test_what_stays_refused_is_counted_and_the_rest_stays_sent(send: Any, most: int) -> None:
    service = Service(lambda request, text: json.loads(text)["number"] in (1, most))
    with pytest.raises(Unavailable, match=f"2 of {most + 2} not taken"):
        send(service, numbered(most + 2))
    assert numbers(service.taken) == [n for n in range(most + 2) if n not in (1, most)]


@SENDERS
@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://aws.example"),
        ClientError(
            {"Error": {"Code": "ServiceUnavailable"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "X"
        ),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "X"),
    ],
    ids=["unreachable", "down", "throttled"],
)
def test_a_service_that_is_down_is_not_asked_on(send: Any, most: int, error: Exception) -> None:
    def refuse(request: int, text: str) -> bool:
        if request == 1:
            raise error
        return False

    service = Service(refuse)
    with pytest.raises(Unavailable, match=f"{2 * most} of {3 * most} not taken"):
        send(service, numbered(3 * most))
    assert numbers(service.taken) == list(range(most))
    assert len(service.requests) == 2


@SENDERS
def test_a_mistake_of_ours_is_not_called_unavailable(send: Any, most: int) -> None:
    denied = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}

    def refuse(request: int, text: str) -> bool:
        raise ClientError(denied, "X")

    with pytest.raises(ClientError):
        send(Service(refuse), numbered(1))


def test_a_call_to_a_queue_stays_under_a_mebibyte() -> None:
    service = Service()
    send_to_queue(service, numbered(5, "絆" * 100_000))
    sizes = [sum(len(entry["MessageBody"].encode()) for entry in r["Entries"]) for r in service.requests]
    assert len(sizes) == 2
    assert max(sizes) <= 1_048_576


def test_a_body_larger_than_a_queue_takes_is_an_error_and_nothing_is_sent() -> None:
    service = Service()
    with pytest.raises(ValueError, match="1048576"):
        send_to_queue(service, [*numbered(1), {"filling": "x" * 1_048_577}])
    assert service.requests == []


def test_the_lake_gets_one_line_a_record() -> None:
    service = Service()
    send_to_lake(service, [{"name": "two\nlines \u2028 絆"}, {"name": "b"}])
    [request] = service.requests
    lines = [record["Data"] for record in request["Records"]]
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    assert request["DeliveryStreamName"] == "everything"
    assert json.loads(lines[0]) == {"name": "two\nlines \u2028 絆"}


def test_an_event_on_the_bus_says_who_speaks_and_of_what() -> None:
    service = Service()
    send_to_bus(service, [{"person": "p1"}])
    [entry] = service.requests[0]["Entries"]
    assert entry == {
        "EventBusName": "kizuna",
        "Source": "kizuna",
        "DetailType": "MessageSent",
        "Detail": '{"person":"p1"}',
    }


def test_groups_keep_the_order_and_both_limits() -> None:
    sizes = [3, 3, 3, 9, 1, 1, 1, 1, 10]
    groups = list(batches(sizes, most=3, most_bytes=10, size=lambda size: size))
    assert groups == [[3, 3, 3], [9, 1], [1, 1, 1], [10]]
