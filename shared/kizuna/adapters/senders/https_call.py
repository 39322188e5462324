"""One POST to a system that we know nothing of: the port `Callout`, with sockets of our own.

    name ─ resolved once ─▶ addresses, all public? ─▶ connected to one of these very ones ─ TLS by the name ─▶ POST

The name is not resolved again between the look and the connection, so it cannot lead elsewhere by then (DNS
rebinding). No redirect is followed, no proxy asked, no body read: of an answer the head alone counts, up to 64 kB,
and all of it must be there within one deadline, however slowly it drips (`abuse-cases.md` A14, A15).
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from kizuna.core.ports.callouts import Barred, Broken, Call, CallResult, Replied
from kizuna.core.webhooks.addresses import is_public
from kizuna.core.webhooks.definitions import fault_of_url

SECONDS = 15.0  # for everything: name, connection, handshake, request, head of the answer
HEAD_MAX = 65_536
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r\n")
_RETRY_AFTER = re.compile(rb"\r\nretry-after:[ \t]*([0-9]{1,6})[ \t]*\r\n", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_VALUE = re.compile(r"[ -~]*")

Resolve = Callable[[str, int], Iterable[str]]


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, each once. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class HttpsCall:
    """Calls what is public, and nothing else. `is_allowed` says of an address whether it is; tests know better."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolved,
        is_allowed: Callable[[str], bool] = is_public,
        fault: Callable[[str], str | None] = fault_of_url,
        context: Callable[[], ssl.SSLContext] | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._fault = fault
        self._context = context or _context
        self._seconds = seconds

    def call(self, call: Call) -> CallResult:
        fault = self._fault(call.url)
        if fault is not None:
            return Barred("url_not_allowed")
        parts = urlsplit(call.url)
        host, port = parts.hostname or "", parts.port or 443
        deadline = time.monotonic() + self._seconds
        try:
            addresses = self._looked_up(host, port, deadline)
        except TimeoutError:
            return Broken("name_timeout")
        except (OSError, UnicodeError):
            return Broken("name_not_resolved")
        if not addresses:
            return Broken("name_not_resolved")
        if not all(map(self._is_allowed, addresses)):
            return Barred("address_not_allowed")
        try:
            request = _request(call, host if port == 443 else f"{host}:{port}")
        except ValueError:
            return Barred("request_not_allowed")
        return self._sent(request, addresses, host, port, deadline)

    def _looked_up(self, host: str, port: int, deadline: float) -> list[str]:
        """The addresses of a name. The system's resolver takes no deadline, so it is waited for no longer than this
        call has; a name server that never answers keeps a thread, which ends with the resolver's own patience."""
        found: Queue[list[str] | Exception] = Queue()

        def look() -> None:
            try:
                found.put(list(self._resolve(host, port)))
            except (OSError, UnicodeError) as error:
                found.put(error)

        Thread(target=look, daemon=True).start()
        try:
            told = found.get(timeout=_left(deadline))
        except Empty:
            raise TimeoutError from None
        if isinstance(told, Exception):
            raise told
        return told

    def _sent(
        self, request: bytes, addresses: list[str], host: str, port: int, deadline: float
    ) -> CallResult:
        try:
            plain = _connected(addresses, port, deadline)
        except TimeoutError:
            return Broken("connect_timeout")
        except OSError:
            return Broken("not_connected")
        try:
            with plain:
                plain.settimeout(_left(deadline))
                with self._context().wrap_socket(plain, server_hostname=host) as channel:
                    channel.settimeout(_left(deadline))
                    channel.sendall(request)
                    return _answer(channel, deadline)
        except TimeoutError:
            return Broken("timeout")
        except ssl.SSLError:
            return Broken("tls_failed")
        except OSError:
            return Broken("connection_lost")


@cache
def _context() -> ssl.SSLContext:
    """The system's authorities, the name checked, TLS 1.2 at least."""
    made = ssl.create_default_context()
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(addresses: list[str], port: int, deadline: float) -> socket.socket:
    """A connection to the first of the addresses that takes one. Raises OSError if none does."""
    failure: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=_left(deadline))
        except OSError as error:
            failure = error
    raise failure


def _request(call: Call, host: str) -> bytes:
    """The request as it goes over the wire. Raises ValueError for a header that would break out of its line."""
    parts = urlsplit(call.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Host": host,
        "User-Agent": "Kizuna-Webhooks/1.0",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Content-Length": str(len(call.body)),
        "Connection": "close",
        **call.headers,
    }
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"header {name}")
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + call.body


def _answer(channel: Any, deadline: float) -> CallResult:
    """What the head of the answer says; heads of interim answers (1xx) are passed over."""
    read = b""
    while True:
        head, end, rest = read.partition(b"\r\n\r\n")
        if end:
            found = _STATUS.match(head + b"\r\n")
            if found is None:
                return Broken("no_http")
            status = int(found[1])
            if status >= 200:
                asked = _RETRY_AFTER.search(head + b"\r\n")
                return Replied(status, timedelta(seconds=int(asked[1])) if asked else None)
            read = rest
            continue
        if len(read) > HEAD_MAX:
            return Broken("head_too_large")
        channel.settimeout(_left(deadline))
        more = channel.recv(8_192)
        if not more:
            return Broken("connection_lost")
        read += more
