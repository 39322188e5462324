"""LINE by its HTTPS API: the request, every answer and what becomes of the message, and the key against repeats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import urllib3

from kizuna.adapters.kept_secret import UnusableSecret
from kizuna.adapters.senders.line import PUSH_PATH, LineSender, retry_key
from kizuna.core.content.messengers import LineImage
from kizuna.core.errors import Unavailable
from kizuna.core.messages import Accepted, By, Evidence, NotAccepted, Outcome, Rejected, State, Unclear
from kizuna.local.providers import Channel, Fail, Fault, GarbleReply, Hang, LoseReply, Reset, Throttle
from kizuna.local.providers.faults import Effect
from tests.support.builders import NOON, a_message, an_envelope, approved, rendered_line
from tests.support.providers import Providers, running
from tests.support.sending import LINE_USER, send_by_line

MINUTE, LONGER = timedelta(minutes=1), timedelta(minutes=15)


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running() as made:
        yield made


def a_line_message(**changes: Any) -> Any:
    return a_message(channel="line", address=LINE_USER, **changes)


class Answering:
    """A pool that gives one answer, or breaks, and keeps what it was asked."""

    def __init__(self, status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> None:
        self._answer = (status, body, headers or {})
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **more: Any) -> urllib3.HTTPResponse:
        self.asked.append((method, url, more))
        status, body, headers = self._answer
        return urllib3.HTTPResponse(BytesIO(body), headers=headers, status=status, preload_content=False)


def told(pool: Any, **changes: Any) -> Outcome:
    message = a_line_message(**changes)
    sender = LineSender({"default": "token-1"}.__getitem__, pool=pool)
    return sender.send(approved(message), an_envelope(message), rendered_line())


def test_a_push_says_who_it_is_for_and_carries_a_key_of_its_own() -> None:
    message = a_line_message()
    pool = Answering(200, b'{"sentMessages": [{"id": "461230966842064897"}]}')
    content = rendered_line("一通目です", LineImage(image="https://shop.example/a.png"), silent=True)
    sender = LineSender({"default": "token-1"}.__getitem__, pool=pool)
    outcome = sender.send(approved(message), an_envelope(message), content)
    assert outcome == Accepted("461230966842064897")
    ((method, url, asked),) = pool.asked
    assert (method, url) == ("POST", "https://api.line.me" + PUSH_PATH)
    assert asked["headers"]["Authorization"] == "Bearer token-1"
    assert asked["headers"]["X-Line-Retry-Key"] == retry_key(an_envelope(message))
    assert json.loads(asked["body"]) == {
        "to": LINE_USER,
        "messages": [
            {"type": "text", "text": "一通目です"},
            {
                "type": "image",
                "originalContentUrl": "https://shop.example/a.png",
                "previewImageUrl": "https://shop.example/a.png",
            },
        ],
        "notificationDisabled": True,
    }


def test_the_key_is_the_same_for_every_attempt_and_for_a_repeat_and_another_for_another_message() -> None:
    first, other = a_line_message(), a_line_message(run="another")
    repeat = replace(other, again_of=first.id)
    keys = [retry_key(an_envelope(message)) for message in (first, first, repeat, other)]
    assert keys[0] == keys[1] == keys[2] != keys[3]


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (200, b'{"sentMessages": [{"id": "1"}]}', {}, Accepted("1")),
        (200, b"{}", {"x-line-request-id": "r-1"}, Accepted("r-1")),
        (409, b'{"message": "already accepted"}', {"X-Line-Accepted-Request-Id": "r-0"}, Accepted("r-0")),
        (
            429,
            b'{"message": "The API rate limit has been exceeded."}',
            {},
            NotAccepted("too_many_requests", MINUTE),
        ),
        (
            429,
            b'{"message": "You have reached your monthly limit."}',
            {},
            NotAccepted("monthly_limit", LONGER),
        ),
        (400, b'{"message": "The request body has 1 error(s)"}', {}, Rejected("http_400")),
        (401, b"{}", {}, Rejected("http_401", account=True)),
        (403, b"{}", {}, Rejected("http_403", account=True)),
        (413, b"", {}, Rejected("http_413")),
    ],
)
def test_an_answer_is_classified(
    status: int, body: bytes, headers: dict[str, str], expected: Outcome
) -> None:
    assert told(Answering(status, body, headers)) == expected


@pytest.mark.parametrize("status", [200, 500, 502, 503, 302, 418])
def test_what_is_unclear_may_be_asked_again_as_long_as_the_key_is_known(status: int) -> None:
    """A 200 without any id, an error from behind the front door, a status that LINE does not have."""
    fresh = told(Answering(status, b"<html>"))
    assert isinstance(fresh, NotAccepted)
    assert fresh.in_doubt, "if it is not to be asked again, its fate is unknown"
    tried = (Evidence(State.SENDING, NOON - timedelta(hours=23), By.CLAIM),)
    assert isinstance(told(Answering(status, b"<html>"), evidence=tried, changed_at=NOON), Unclear)


def test_without_a_token_nothing_is_sent() -> None:
    def unreadable(_: str) -> str:
        raise Unavailable("secret of LINE")

    def mistyped(_: str) -> str:
        raise UnusableSecret("the secret of LINE is not JSON")

    def send(token: Callable[[str], str]) -> Outcome:
        message, pool = a_line_message(), Answering(200)
        outcome = LineSender(token, pool=pool).send(approved(message), an_envelope(message), rendered_line())
        assert pool.asked == []
        return outcome

    nobody: dict[str, str] = {}
    assert send(nobody.__getitem__) == Rejected("unknown_account", account=True)
    assert send(unreadable) == NotAccepted("token_unavailable", MINUTE)
    assert send(mistyped) == NotAccepted("token_unavailable", MINUTE)


# ── over the wire ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "effect",
    [LoseReply(), GarbleReply(), Fail(code="500", status=500, accepts=True), Hang(seconds=0.2)],
    ids=lambda effect: effect.kind,
)
def test_a_thousand_lost_replies_leave_one_message_each(providers: Providers, effect: Effect) -> None:
    """Asked again with the same key, LINE says that it has it: so no message is doubled, and none stays in doubt."""
    providers.double.faults.add(Fault(effect=effect, channel=Channel.LINE, count=1))
    first = send_by_line(providers.double.url)
    second = send_by_line(providers.double.url)
    assert isinstance(first, NotAccepted if not isinstance(effect, Hang) else Accepted)
    assert isinstance(second, Accepted)
    assert len(providers.double.outbox.messages(channel="line")) == 1


@pytest.mark.parametrize("effect", [Reset(), Throttle()], ids=lambda effect: effect.kind)
def test_a_call_that_is_refused_or_cut_off_is_not_repeated_by_itself(
    providers: Providers, effect: Effect
) -> None:
    providers.double.faults.add(Fault(effect=effect))
    assert isinstance(send_by_line(providers.double.url), NotAccepted)
    assert len(providers.double.log()) == 1
    assert providers.double.outbox.messages() == ()


def test_nobody_listening_means_that_nothing_was_taken() -> None:
    assert send_by_line("http://127.0.0.1:9") == NotAccepted("not_connected", MINUTE)


def test_the_double_refuses_what_line_refuses(providers: Providers) -> None:
    url = providers.double.url + PUSH_PATH
    pool = urllib3.PoolManager(retries=False)
    signed = {"Authorization": "Bearer t"}
    text = {"type": "text", "text": "a"}
    whole = {"to": LINE_USER, "messages": [text]}

    def status(body: Any, headers: dict[str, str] = signed) -> int:
        return pool.request("POST", url, body=json.dumps(body), headers=headers).status

    assert status(whole) == 200
    assert status(whole, {}) == 401
    assert status(whole, {**signed, "X-Line-Retry-Key": "no uuid"}) == 400
    assert status({**whole, "to": "somebody"}) == 400
    assert status({**whole, "messages": []}) == 400
    assert status({**whole, "messages": [text] * 6}) == 400
    assert status({**whole, "messages": [{"type": "text", "text": "あ" * 5_001}]}) == 400
    pool.clear()
