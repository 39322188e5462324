"""A wire that is not to be trusted: a proxy before an endpoint that throttles, hangs up, and loses replies.

    a function ── boto3 ──▶ proxy ──▶ endpoint
                              ├ throttled    refused in the endpoint's own words, and not passed on
                              ├ reset        the connection is cut, and nothing is passed on
                              ├ failed       a 500, and nothing is passed on
                              ├ reply lost   passed on and done; then the connection is cut
                              └ killed …     the caller's process is killed, before the call is passed on or after it

`python -m tests.e2e.wire PORT UPSTREAM SHARE SEED`: each fault at that share of all calls, drawn from the seed. GET
/wire.json tells how often each happened; a POST of `{"share": 0.02}` there changes the share from now on. Nobody is
killed unless it says so too (`"deaths": 30`: at every thirtieth call), and who cannot be found lives on
(`tests/e2e/callers.py`).
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import sys
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, local
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.callers import kill_caller
from tests.e2e.processes import LOOPBACK

FAULTS = ("throttled", "reset", "failed", "reply lost")
DEATHS = ("killed before", "killed after")
TOLD_AT = "/wire.json"
_SPARED = ("/health", "/_ministack/", "/outbox.json", "/events.json", "/events/")  # the tests' own questions
_TOO_MANY = ("/v2/email/", "/v1/apps/")  # of SES and of push: they have no ThrottlingException
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade"})
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: hang up at once, without goodbye


class Wire(ThreadingHTTPServer):
    """The proxy, with what it has done so far."""

    daemon_threads = True

    def __init__(self, port: int, upstream: str, *, share: float, seed: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.upstream = urlsplit(upstream)
        self.told: Counter[str] = Counter()
        self.held = local()
        self._share, self._deaths, self._calls = share, 0, 0
        self._chance = random.Random(seed)
        self.lock = Lock()

    def turn(self, share: float, deaths: int = 0) -> None:
        """From now on each fault has this share of all calls, and at every so-manyth call the caller dies, in turn
        before and after it (0: at none)."""
        with self.lock:
            self._share, self._deaths = share, deaths

    def next_fault(self, path: str) -> str:
        """What happens to this call; empty: nothing."""
        if path.startswith(_SPARED):
            return ""
        with self.lock:
            drawn, self._calls = self._chance.random(), self._calls + 1
            fault = next((name for at, name in enumerate(FAULTS, start=1) if drawn < at * self._share), "")
            if self._deaths and self._calls % self._deaths == 0:
                fault = DEATHS[self._calls // self._deaths % 2]
            self.told[fault or "passed on"] += 1
        return fault

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hung up knows it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wire

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == TOLD_AT:
            if self.command == "POST":
                told = json.loads(body)
                self.server.turn(float(told["share"]), int(told.get("deaths", 0)))
            self._reply(200, json.dumps(self.server.told).encode(), {"Content-Type": "application/json"})
            return
        match self.server.next_fault(self.path):
            case "throttled":
                self._throttle()
            case "reset":
                self._hang_up()
            case "failed":
                self._reply(500, b"{}", {"Content-Type": "application/x-amz-json-1.0"})
            case "reply lost":
                self._passed_on(body)
                self._hang_up()
            case "killed before":
                self._kill()
            case "killed after":
                self._passed_on(body)
                self._kill()
            case _:
                self._reply(*self._passed_on(body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _answer  # noqa: N815  (names of the library)

    def _passed_on(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        upstream = self.server.upstream
        connection = http.client.HTTPConnection(str(upstream.hostname), upstream.port, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        try:
            connection.request(self.command, self.path, body=body, headers=headers)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
            return answer.status, answer.read(), kept
        finally:
            connection.close()

    def _throttle(self) -> None:
        """In the words of the service: each has an error of its own for it."""
        if self.path.startswith(_TOO_MANY):
            name, status = "TooManyRequestsException", 429
        else:
            name, status = "ThrottlingException", 400
        body = json.dumps({"__type": name, "message": "told to", "Message": "told to"}).encode()
        self._reply(status, body, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": name})

    def _reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _kill(self) -> None:
        """The caller dies; one that cannot be found hears nothing, which is as good as lost to it."""
        if not kill_caller(self.client_address[1], server=self.server.server_port):
            with self.server.lock:
                self.server.told["not found"] += 1
        self._hang_up()

    def _hang_up(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads a line for each call."""


def main(port: int, upstream: str, share: float, seed: int) -> None:
    Wire(port, upstream, share=share, seed=seed).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
