"""A company with a stack: its workspace, its `kizuna` command, its way in for SDKs, and what its providers took."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.e2e.deployment import ROOT, Deployed
from tests.e2e.processes import LOOPBACK, Failed, plain_environment

PATIENCE = 120.0  # seconds; the emulator looks at schedules and streams every few seconds
NOTICED_AFTER = 6.0  # seconds; a function that runs looks for changed definitions every five
Json = dict[str, Any]


class Company:
    """Raises `Failed` wherever something does not come about."""

    def __init__(self, stack: Deployed) -> None:
        self.stack = stack
        self._workspace = stack.logs / "workspace"

    def apply(self, *, runs_at: datetime, audience: str, more: Mapping[str, str] | None = None) -> None:
        """The sample workspace by the real command, its scheduled campaign moved to an instant and an audience.
        `more`: further files, by their path in the workspace."""
        shutil.rmtree(self._workspace, ignore_errors=True)
        shutil.copytree(ROOT / "shared" / "workspace", self._workspace)
        for path, text in (more or {}).items():
            (self._workspace / path).write_text(text, encoding="utf-8")
        file = self._workspace / "campaigns" / "win-back.yaml"
        moved = {
            "trigger": f'trigger: {{ type: schedule, at: "{runs_at.isoformat()}" }}',
            "audience": f"audience: {{ in: [{audience}] }}",
        }
        written = file.read_text(encoding="utf-8").splitlines()
        lines = [moved.get(line.partition(":")[0], line) for line in written]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = self.kizuna("apply", str(self._workspace))
        hold(done["nextRuns"].get("win-back") is not None, f"win-back was not armed: {done['nextRuns']}")
        time.sleep(NOTICED_AFTER)

    def kizuna(self, *arguments: str) -> Json:
        """The command line, at the deployed stage; what it prints as JSON."""
        command = [sys.executable, "-m", "kizuna.cli.main", "--stage", "e2e", "--json", *arguments]
        environment = plain_environment(
            AWS_ENDPOINT_URL=self.stack.endpoint,
            AWS_ACCESS_KEY_ID="000000000000",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_REGION="us-east-1",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        )
        done = subprocess.run(  # noqa: S603
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise Failed(
                f"kizuna {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}"
            )
        answer: Json | list[Json] = json.loads(done.stdout)
        return answer if isinstance(answer, dict) else {"rows": answer}

    def outbox(self, channel: str = "", to: str | None = None) -> list[Json]:
        """What the providers took, of a channel or of all, to somebody or to everybody."""
        query = f"?channel={channel}" if channel else ""
        with urllib.request.urlopen(f"{self.stack.providers}/outbox.json{query}", timeout=60) as answer:  # noqa: S310
            messages: list[Json] = json.load(answer)
        return [message for message in messages if to is None or to in message["to"]]

    def until(
        self, holds: Callable[[], bool], what: str, *, within: float = PATIENCE, every: float = 0.5
    ) -> None:
        deadline = time.monotonic() + within
        while not holds():
            if time.monotonic() > deadline:
                raise Failed(f"after {within:.0f} s still waiting for {what}")
            time.sleep(every)


def hold(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Failed(otherwise)


@contextmanager
def front_door(stack: Deployed) -> Iterator[str]:
    """A host for SDKs: the emulator tells its HTTP APIs apart by the Host header, which no SDK lets one set."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            passed = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            status, headers, answer = stack.request("POST", self.path, body, passed)
            self.send_response(status)
            self.send_header("Content-Type", headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with suppress(ConnectionError):  # the SDK has given up waiting, and will come again
                self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            """Nothing: the emulator keeps a log of its own."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
