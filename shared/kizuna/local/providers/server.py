"""HTTP/1.1 over threads, with the two things a test wants of a connection: to hold it and to cut it."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kizuna.local.providers.exchange import Answer
from kizuna.local.providers.wire import Reply, Request

MAX_BODY = 42 * 1024 * 1024  # SES takes 40 MB
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no patience: close sends a reset
METHODS = ("GET", "POST", "DELETE", "HEAD", "PUT", "OPTIONS", "PATCH")

Serve = Callable[[Request], Answer]


class DoubleServer:
    """Serves `serve` on loopback until stopped. One thread for each connection, which is kept alive."""

    def __init__(self, serve: Serve, *, host: str, port: int) -> None:
        self._serve = serve
        self._address = (host, port)
        self._http: _Http | None = None
        self._thread: Thread | None = None

    def start(self) -> str:
        """Listen; the URL. Raises `OSError` when the port is taken."""
        if self._http is None:
            self._http = _Http(self._address, self._serve)
            self._thread = Thread(
                target=self._http.serve_forever, args=(0.05,), name="providers", daemon=True
            )
            self._thread.start()
        return self.url

    def stop(self) -> None:
        """Close every connection, the held ones too, and wait for their threads."""
        if self._http is None or self._thread is None:
            return
        self._http.stopping.set()
        self._http.shutdown()
        self._http.cut_all()
        self._http.server_close()
        self._thread.join()
        self._http = self._thread = None

    @property
    def url(self) -> str:
        if self._http is None:
            raise RuntimeError("the provider double is not running: call start() first")
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # joined at the end, so that no thread or socket outlives a test
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], serve: Serve) -> None:
        self.serve = serve
        self.stopping = Event()
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Without the look-up of the host's name that the base class makes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        with self._lock:
            standing = list(self._open)
        for connection in standing:
            with suppress(OSError):  # it may have been closed in this very moment
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is daily business here; anything else is a bug of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def _take(self) -> None:
        body = self._body()
        if body is None:
            return
        url = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=unquote(url.path),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
        )
        answer = self.server.serve(request)
        stopped = bool(answer.delay) and self.server.stopping.wait(answer.delay)
        if stopped or answer.reply is None:
            self._cut()
        else:
            self._reply(answer.reply)

    do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = do_OPTIONS = do_PATCH = _take  # noqa: N815  (as it is called outside)

    def _body(self) -> bytes | None:
        """The whole body; None when the request was answered because it cannot be read."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self._reply(Reply(411, b'{"message": "Content-Length is required"}'))
            return None
        if int(length) > MAX_BODY:
            self.close_connection = True
            self._reply(Reply(413, b'{"message": "the body is too large"}'))
            return None
        return self.rfile.read(int(length)) if int(length) else b""

    def _reply(self, reply: Reply) -> None:
        """In one write: a second small one would wait for the client's acknowledgement."""
        phrase = self.responses.get(reply.status, ("",))[0]
        lines = [
            f"HTTP/1.1 {reply.status} {phrase}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(reply.body)}",
            *(f"{name}: {value}" for name, value in reply.headers),
            *(("Connection: close",) if self.close_connection else ()),
        ]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head if self.command == "HEAD" else head + reply.body)

    def _cut(self) -> None:
        """Close at once and with a reset: the client learns nothing of what became of its request."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the log of calls says more."""
