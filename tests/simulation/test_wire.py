"""The wire that is not to be trusted does what it says: the endpoint's own count and the caller's answer tell."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.e2e.callers import CAN_KILL
from tests.e2e.processes import LOOPBACK
from tests.e2e.wire import FAULTS, TOLD_AT, Wire

CALLS = 200


class Counting(ThreadingHTTPServer):
    """An endpoint that counts what reaches it."""

    daemon_threads = True
    served = 0


class _Served(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.served += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def served(server: Any) -> Iterator[int]:
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def call(port: int, path: str = "/v2/email/outbound-emails") -> str:
    """What a caller sees of one call."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("POST", path, body=b"hello")
        answer = connection.getresponse()
        said = answer.read()
    except OSError:
        return "cut"
    finally:
        connection.close()
    return (
        {200: "passed on", 429: "throttled", 400: "throttled", 500: "failed"}[answer.status]
        if said
        else "empty"
    )


def test_each_fault_is_seen_by_the_caller_and_only_a_lost_reply_was_done() -> None:
    with (
        served(Counting((LOOPBACK, 0), _Served)) as upstream,
        served(endpoint := Wire(0, f"http://{LOOPBACK}:{upstream}", share=0.1, seed=1)) as port,
    ):
        seen = Counter(call(port) for _ in range(CALLS))
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
        connection.request("GET", TOLD_AT)
        told = json.loads(connection.getresponse().read())
        connection.close()
    assert set(told) == {*FAULTS, "passed on"}
    assert seen["passed on"] == told["passed on"]
    assert seen["throttled"] == told["throttled"] > 0
    assert seen["failed"] == told["failed"] > 0
    assert seen["cut"] == told["reset"] + told["reply lost"] > 0
    assert sum(told.values()) == CALLS
    assert endpoint.told == told


def test_what_was_refused_or_cut_off_never_arrived() -> None:
    with (
        served(counting := Counting((LOOPBACK, 0), _Served)) as upstream,
        served(wire := Wire(0, f"http://{LOOPBACK}:{upstream}", share=0.2, seed=2)) as port,
    ):
        for _ in range(CALLS):
            call(port)
        assert counting.served == wire.told["passed on"] + wire.told["reply lost"]


@pytest.mark.parametrize("path", ["/health", "/outbox.json?channel=email", "/events.json"])
def test_the_questions_of_a_test_are_spared(path: str) -> None:
    with (
        served(Counting((LOOPBACK, 0), _Served)) as upstream,
        served(wire := Wire(0, f"http://{LOOPBACK}:{upstream}", share=0.25, seed=3)) as port,
    ):
        assert {call(port, path) for _ in range(20)} == {"passed on"}
    assert not wire.told


# ── deaths ──────────────────────────────────────────────────────────────────────────────────────

_CALLER = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
for _ in range(2):
    connection.request("POST", "/v2/email/outbound-emails", body=b"hello")
    connection.getresponse().read()
print("lived", flush=True)
"""


def a_caller(port: int) -> tuple[int, str]:
    """A process that makes two calls on one connection: how it ended, and what it said."""
    done = subprocess.run(  # noqa: S603  this Python, with a text of our own
        [sys.executable, "-c", _CALLER, str(port)], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout.strip()


@pytest.mark.skipif(not CAN_KILL, reason="only Linux tells whose a connection is")
def test_at_every_so_manyth_call_its_caller_is_killed_in_turn_after_it_and_before() -> None:
    counting = Counting((LOOPBACK, 0), _Served)
    with served(counting) as endpoint:
        wire = Wire(0, f"http://{LOOPBACK}:{endpoint}", share=0.0, seed=1)
        wire.turn(0.0, deaths=2)
        with served(wire) as port:
            ended = [a_caller(port) for _ in range(2)]
    assert ended == [(-signal.SIGKILL, "")] * 2
    assert wire.told == Counter({"passed on": 2, "killed after": 1, "killed before": 1})
    assert counting.served == 3


def test_unless_it_is_told_to_nobody_dies_and_never_the_process_that_kills() -> None:
    counting = Counting((LOOPBACK, 0), _Served)
    with served(counting) as endpoint:
        wire = Wire(0, f"http://{LOOPBACK}:{endpoint}", share=0.0, seed=1)
        with served(wire) as port:
            assert a_caller(port) == (0, "lived")
            wire.turn(0.0, deaths=1)
            assert call(port) == "cut"  # by this process, in which the wire is
    assert wire.told["not found"] == 1
