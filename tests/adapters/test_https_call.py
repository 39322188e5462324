"""One POST to a system outside: to the address that was looked at, within one deadline, and to nothing else."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError

from kizuna.adapters.senders import https_call
from kizuna.adapters.senders.callout import LambdaCallout, answered
from kizuna.adapters.senders.https_call import HEAD_MAX, HttpsCall
from kizuna.core.ports.callouts import Barred, Broken, Call, CallResult, Replied
from tests.support.tls import write_certificate

Serve = Callable[[ssl.SSLSocket], None]
NOTHING: list[bytes] = []
LONG = 60.0  # seconds: more than any machine needs, however much else it does


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls"))


class System:
    """A system behind TLS on loopback: answers as told, and keeps every byte that reached it."""

    def __init__(self, certificate: Path, serve: Serve) -> None:
        self.read: list[bytes] = []
        self.connections = 0
        self._serve = serve
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                plain.settimeout(LONG)
                with self._context.wrap_socket(plain, server_side=True) as channel:
                    self.read.append(_request(channel))
                    self._serve(channel)
            except OSError:
                continue

    @contextmanager
    def running(self) -> Iterator[System]:
        self._thread.start()
        try:
            yield self
        finally:
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._thread.join(timeout=LONG)


def _request(channel: ssl.SSLSocket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += channel.recv(4096)
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += channel.recv(4096)
    return head + b"\r\n\r\n" + body


def replies(text: bytes) -> Serve:
    return lambda channel: channel.sendall(text)


def caller(certificate: Path, *addresses: str, seconds: float = LONG) -> HttpsCall:
    """One that may call loopback, by any name, and trusts the certificate of the test."""
    context = ssl.create_default_context(cafile=str(certificate))
    return HttpsCall(
        resolve=lambda host, port: addresses or ("127.0.0.1",),
        is_allowed=lambda address: address == "127.0.0.1",
        fault=lambda url: None,
        context=lambda: context,
        seconds=seconds,
    )


def called(
    certificate: Path, serve: Serve, *, seconds: float = LONG, **headers: str
) -> tuple[CallResult, System]:
    with System(certificate, serve).running() as system:
        call = Call(f"https://localhost:{system.port}/hooks?a=1", {"webhook-id": "m1", **headers}, b'{"a":1}')
        return caller(certificate, seconds=seconds).call(call), system


def test_the_request_is_a_plain_post_with_its_headers_and_body(certificate: Path) -> None:
    result, system = called(certificate, replies(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert result == Replied(204)
    head, _, body = system.read[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /hooks?a=1 HTTP/1.1"
    assert f"Host: localhost:{system.port}".encode() in lines
    assert b"webhook-id: m1" in lines
    assert b"Content-Type: application/json" in lines
    assert body == b'{"a":1}'


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n\r\n", Replied(503, timedelta(seconds=120))),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n", Replied(503)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", Replied(200)),
        (b"HTTP/1.0 410 Gone\r\n\r\n", Replied(410)),
        (b"HTTP/1.1 200\r\n\r\n", Replied(200)),
        (b"HTTP/1.1 302 Found\r\nLocation: https://169.254.169.254/\r\n\r\n", Replied(302)),  # not followed
        (b"SSH-2.0-OpenSSH\r\n\r\n", Broken("no_http")),
        (b"HTTP/1.1 20", Broken("connection_lost")),
        (b"", Broken("connection_lost")),
    ],
)
def test_of_an_answer_the_head_alone_counts(certificate: Path, answer: bytes, wanted: CallResult) -> None:
    result, system = called(certificate, replies(answer))
    assert result == wanted
    assert system.connections == 1


def test_a_body_without_end_is_not_read(certificate: Path) -> None:
    sent: list[int] = []

    def endless(channel: ssl.SSLSocket) -> None:
        channel.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(10_000):
            channel.sendall(b"x" * 100_000)
            sent.append(100_000)

    result, _ = called(certificate, endless)
    assert result == Replied(200)
    assert sum(sent) < 100_000_000  # what buffers on the way hold is a few millions


def test_a_head_without_end_is_cut(certificate: Path) -> None:
    result, _ = called(certificate, replies(b"HTTP/1.1 200 OK\r\nX: " + b"x" * (HEAD_MAX + 20_000)))
    assert result == Broken("head_too_large")


def test_an_answer_that_drips_is_cut_at_the_deadline(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(channel: ssl.SSLSocket) -> None:
        channel.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(2 * HEAD_MAX):
            channel.sendall(b"x")  # a record of its own, so a read of its own

    each_look_takes_a_second = map(float, count())
    clock = SimpleNamespace(monotonic=lambda: next(each_look_takes_a_second))
    monkeypatch.setattr(https_call, "time", clock)
    result, _ = called(certificate, drip)
    assert result == Broken("timeout")
    assert LONG < next(each_look_takes_a_second) < 2 * LONG


def test_a_header_that_would_break_out_of_its_line_is_never_sent(certificate: Path) -> None:
    result, system = called(certificate, replies(b"HTTP/1.1 200 OK\r\n\r\n"), evil="a\r\nX-Other: b")
    assert (result, system.connections) == (Barred("request_not_allowed"), 0)


def test_a_certificate_that_nobody_vouches_for_gets_no_request(certificate: Path) -> None:
    with System(certificate, replies(b"HTTP/1.1 200 OK\r\n\r\n")).running() as system:
        strict = HttpsCall(
            resolve=lambda host, port: ("127.0.0.1",), is_allowed=lambda address: True, fault=lambda url: None
        )
        result = strict.call(Call(f"https://localhost:{system.port}/", {}, b"secret"))
    assert result == Broken("tls_failed")
    assert system.read == []


# ── where a name may lead ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "addresses",
    [("169.254.169.254",), ("10.0.0.1",), ("::ffff:10.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("::1",)],
)
def test_a_name_that_leads_inside_is_barred_before_anything_is_connected(
    addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where only one of its addresses does: which of them is taken must decide nothing."""
    monkeypatch.setattr(socket, "create_connection", _never)
    call = Call("https://crm.example.com/", {}, b"{}")
    result = HttpsCall(resolve=lambda host, port: addresses).call(call)
    assert result == Barred("address_not_allowed")


def test_a_name_that_leads_elsewhere_at_the_second_look_is_never_looked_at_twice(certificate: Path) -> None:
    """DNS rebinding: the look and the connection are about one and the same address."""
    looks = iter([("127.0.0.1",)])
    context = ssl.create_default_context(cafile=str(certificate))
    with System(certificate, replies(b"HTTP/1.1 200 OK\r\n\r\n")).running() as system:
        once = HttpsCall(
            resolve=lambda host, port: next(looks),
            is_allowed=lambda address: address == "127.0.0.1",
            fault=lambda url: None,
            context=lambda: context,
        )
        assert once.call(Call(f"https://localhost:{system.port}/", {}, b"{}")) == Replied(200)


@pytest.mark.parametrize(
    "url", ["http://crm.example.com/", "https://127.0.0.1/", "https://crm.example.com:25/"]
)
def test_a_url_that_may_not_be_called_is_not_even_resolved(url: str) -> None:
    assert HttpsCall(resolve=_never).call(Call(url, {}, b"{}")) == Barred("url_not_allowed")


def test_a_name_server_that_never_answers_ends_with_the_deadline_of_the_call() -> None:
    released = threading.Event()

    def never(host: str, port: int) -> list[str]:
        released.wait(LONG)
        return ["93.184.216.34"]

    found = HttpsCall(resolve=never, seconds=0.2).call(Call("https://crm.example.com/x", {}, b"{}"))
    released.set()
    assert found == Broken("name_timeout")  # and not what comes of a name that was found


def test_a_name_that_nobody_knows_and_a_port_where_nobody_listens(certificate: Path) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    call = Call("https://crm.example.com/", {}, b"{}")
    assert HttpsCall(resolve=unknown).call(call) == Broken("name_not_resolved")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert caller(certificate).call(Call(f"https://localhost:{port}/", {}, b"{}")) == Broken("not_connected")


def _never(*_: object, **__: object) -> list[str]:
    raise AssertionError("nothing may be asked here")


# ── through the function that may do nothing else ───────────────────────────────────────────────


class Calls:
    """A callout with one answer."""

    def __init__(self, result: CallResult) -> None:
        self.result = result
        self.calls: list[Call] = []

    def call(self, call: Call) -> CallResult:
        self.calls.append(call)
        return self.result


class Lambda:
    """Invokes `answered`, as the service in between does."""

    def __init__(self, callout: Calls, *, error: str = "") -> None:
        self.callout, self.error = callout, error

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, object]:  # noqa: N803  (as boto3 has it)
        import io
        import json

        if self.error == "raised":
            raise EndpointConnectionError(endpoint_url="https://lambda.example")
        if self.error:
            return {"FunctionError": self.error, "Payload": io.BytesIO(b"{}")}
        told = json.dumps(answered(json.loads(Payload), self.callout))
        return {"Payload": io.BytesIO(told.encode())}


@pytest.mark.parametrize(
    "result",
    [Replied(200), Replied(503, timedelta(seconds=9)), Barred("address_not_allowed"), Broken("timeout")],
)
def test_what_came_of_a_call_comes_back_as_it_was(result: CallResult) -> None:
    behind = Calls(result)
    call = Call("https://crm.example.com/", {"webhook-id": "m1"}, "絆".encode())
    assert LambdaCallout(Lambda(behind), function="callout").call(call) == result
    assert behind.calls == [call]


@pytest.mark.parametrize("error", ["Unhandled", "raised"])
def test_a_function_that_fails_is_a_call_that_broke(error: str) -> None:
    failing = LambdaCallout(Lambda(Calls(Replied(200)), error=error), function="callout")
    result = failing.call(Call("https://crm.example.com/", {}, b"{}"))
    assert isinstance(result, Broken)
