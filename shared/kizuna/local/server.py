"""The local cloud over HTTP, for client SDKs and a browser: `make serve`.

One port serves the API, its documentation and a front page; the provider double serves the outbox on its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from kizuna.local.cloud import LocalCloud
from kizuna.local.gateway import LocalReply, LocalRequest

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Page = Callable[[LocalRequest], LocalReply | None]


class LocalServer:
    """Serves a local cloud on a port, in a thread of its own, and keeps its queues and clock going."""

    def __init__(
        self,
        cloud: LocalCloud,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pages: Page = lambda request: None,
        tick_seconds: float = 0.2,
        on_failure: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        """`on_failure` is told what keeps the cloud from going on, once for each such error."""
        self._cloud = cloud
        self._pages = pages
        self._tick = tick_seconds
        self._on_failure = on_failure
        self._over = threading.Event()
        self._worked = threading.Event()
        config = uvicorn.Config(
            self._app,
            host=host,
            port=port,
            log_level="warning",
            lifespan="off",
            interface="asgi3",
            access_log=False,
        )
        self._server = uvicorn.Server(config)
        self._threads = [
            threading.Thread(target=self._server.run, name="http", daemon=True),
            threading.Thread(target=self._keep_going, name="cloud", daemon=True),
        ]
        self._host = host
        self._port = port
        self.failure: Exception | None = None

    def start(self) -> str:
        """Begin to serve; returns the URL. Raises RuntimeError if the port cannot be had."""
        for thread in self._threads:
            thread.start()
        while not self._server.started:
            if not self._threads[0].is_alive():
                raise RuntimeError(f"the local server could not start: is port {self._port} taken?")
            self._over.wait(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://{self._host}:{port}"

    def stop(self) -> None:
        self._over.set()
        self._worked.set()
        self._server.should_exit = True
        for thread in self._threads:
            thread.join(timeout=10)

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *exc: Any) -> None:
        self.stop()

    def _keep_going(self) -> None:
        """What AWS does between requests: streams, queues, alarms, schedules, at the clock's own pace."""
        while not self._over.is_set():
            try:
                self._cloud.advance_to(self._cloud.clock.now())
            except Exception as error:  # told once, and tried again: what follows it waits behind it
                if str(error) != str(self.failure):
                    self._on_failure(error)
                self.failure = error
            self._worked.wait(self._tick)
            self._worked.clear()

    def _answer(self, request: LocalRequest) -> LocalReply:
        return self._pages(request) or self._cloud.http(_by_http(request))

    async def _app(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = LocalRequest(
            method=scope["method"],
            path=scope.get("raw_path", b"").decode("ascii", "replace") or scope["path"],
            query=scope["query_string"].decode("ascii", "replace"),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=await _body(receive),
            source_ip=(scope.get("client") or ("127.0.0.1", 0))[0],
        )
        # In a thread, because the handlers block: a slow one must not hold up the others' bytes.
        reply = await asyncio.to_thread(self._answer, request)
        self._worked.set()
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body, "more_body": reply.pieces is not None})
        if reply.pieces is not None:
            while (piece := await asyncio.to_thread(next, reply.pieces, None)) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def _by_http(request: LocalRequest) -> LocalRequest:
    """The gateway in AWS is always https; here the stubs for browser SDKs must name plain http."""
    headers = {**request.headers, "x-forwarded-proto": "http"}
    return LocalRequest(request.method, request.path, request.query, headers, request.body, request.source_ip)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body
