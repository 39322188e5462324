"""A shop behind a port of this machine, for client SDKs.

with served_shop() as served:           the system's clock; served.url takes what SDKs send
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from kizuna.local.clock import SystemClock
from kizuna.local.gateway import LocalReply, LocalRequest
from kizuna.local.server import LocalServer
from tests.support.clouds import Shop, running_shop


@dataclass(slots=True)
class Switchboard:
    """Stands before the gateway: counts what comes in, and answers in its place while it is told to."""

    seen: list[LocalRequest] = field(default_factory=list)
    answers: list[LocalReply] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, request: LocalRequest) -> LocalReply | None:
        with self._lock:
            self.seen.append(request)
            return self.answers.pop(0) if self.answers else None

    def posts(self) -> list[LocalRequest]:
        return [request for request in self.seen if request.method == "POST"]

    def clear(self) -> None:
        with self._lock:
            self.seen.clear()
            self.answers.clear()


@dataclass(frozen=True, slots=True)
class Served:
    """A shop behind a port of this machine."""

    shop: Shop
    url: str
    switchboard: Switchboard


@contextmanager
def served_shop(**settings: Any) -> Iterator[Served]:
    """A shop on the system's clock, served on a free port. Whatever fails behind the port fails the test."""
    with ExitStack() as stack:
        shop = stack.enter_context(running_shop(clock=SystemClock(), **settings))
        switchboard = Switchboard()
        server = LocalServer(shop.cloud, pages=switchboard, tick_seconds=0.05)
        with server as url:
            yield Served(shop, url, switchboard)
        if server.failure is not None:
            raise server.failure


def eventually(holds: Callable[[], object], *, within: float = 120.0) -> None:
    """Wait for what a server does after it has answered. Fails when it takes too long."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "did not come to hold in time"
        time.sleep(0.05)
