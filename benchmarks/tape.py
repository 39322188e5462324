"""Replies recorded once and given again: everything boto3 does, except the network.

An emulator answers the first time, so that the answers can be checked; it is far too slow to be timed with.
Afterwards each request, recognised by its operation and its bytes, gets the bytes it got then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint

Asked = tuple[str, bytes]  # operation, body


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: what was asked, as parameters, and what came back."""

    operation: str
    params: Mapping[str, Any]
    reply: Mapping[str, Any]
    body: bytes  # of the reply


@dataclass(slots=True)
class Tape:
    """The replies of one piece of work, by request. Asked the same again, it starts from the beginning."""

    replies: dict[Asked, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    calls: list[Call] = field(default_factory=list)
    _turns: dict[Asked, int] = field(default_factory=lambda: defaultdict(int))

    @contextmanager
    def recording(self, client: Any, *, service: str = "dynamodb") -> Iterator[None]:
        """Remember what is asked and answered inside the block."""

        def params(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
            context["benchmark_params"] = params

        def created(request: Any, operation_name: str, **_: Any) -> None:
            request.context["benchmark_asked"] = (operation_name, _bytes(request.data))

        def reply(response_dict: Mapping[str, Any], context: dict[str, Any], **more: Any) -> None:
            asked = context["benchmark_asked"]
            self.replies[asked].append(response_dict["body"])
            params, reply = context["benchmark_params"], more["parsed_response"]
            self.calls.append(Call(asked[0], params, reply, response_dict["body"]))

        with (
            _by_the_wire(),
            hooked(client, f"provide-client-params.{service}", params),
            hooked(client, f"request-created.{service}", created),
            hooked(client, f"response-received.{service}", reply),
        ):
            yield

    @contextmanager
    def replaying(self, client: Any, *, service: str = "dynamodb") -> Iterator[None]:
        """Answer from the tape inside the block. Raises KeyError for what was never asked before."""
        replies, turns = dict(self.replies), self._turns

        def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
            asked = (event_name.rpartition(".")[2], _bytes(request.body))
            known = replies[asked]
            turn = turns[asked]
            turns[asked] = turn + 1
            return canned(request, known[turn % len(known)])

        with hooked(client, f"before-send.{service}", answer):
            yield


@contextmanager
def answering(client: Any, calls: Sequence[Call], *, service: str = "dynamodb") -> Iterator[None]:
    """Answer these calls inside the block, made in their order, again and again, however the client writes them."""
    replies = cycle([call.body for call in calls])

    def answer(request: Any, **_: Any) -> AWSResponse:
        return canned(request, next(replies))

    with hooked(client, f"before-send.{service}", answer):
        yield


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content


def canned(request: Any, content: bytes) -> AWSResponse:
    headers = {"Content-Type": "application/x-amz-json-1.0", "Content-Length": str(len(content))}
    return AWSResponse(request.url, 200, headers, _Body(content))


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)


@contextmanager
def _by_the_wire() -> Iterator[None]:
    """The local cloud hands calls to its emulator by a shorter way, on which boto3 composes no HTTP request: there
    would be nothing to record."""
    shorter = Endpoint.make_request
    Endpoint.make_request = getattr(shorter, "__wrapped__", shorter)
    try:
        yield
    finally:
        Endpoint.make_request = shorter


@contextmanager
def hooked(client: Any, event: str, handler: Any) -> Iterator[None]:
    events = client.meta.events
    events.register_first(event, handler)
    try:
        yield
    finally:
        events.unregister(event, handler)
