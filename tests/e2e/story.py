"""What a company would do with a stack that has just been deployed: define, send events, be heard, be left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from segment.analytics.client import Client

from tests.e2e.deployment import ROOT, Deployed
from tests.e2e.processes import LOOPBACK, Failed, plain_environment

PATIENCE = 120.0  # seconds; the emulator looks at schedules and streams every few seconds
NOTICED_AFTER = 6.0  # seconds; a function that runs looks for changed definitions every five
EARLY = timedelta(seconds=30)
ADA, BEN = "ada", "ben"
ADDRESSES = {ADA: "ada@people.example", BEN: "ben@people.example"}
Json = dict[str, Any]


def the_story_of_two_customers(stack: Deployed) -> None:
    """Two customers buy and are written to; one leaves by one click; the campaign comes again, to the other only."""
    story = _Story(stack)
    story.apply(runs_at=datetime.now(UTC) + timedelta(days=300))
    story.customers_buy_four_times()
    story.each_gets_texts_and_a_push()
    story.apply(runs_at=datetime.now(UTC) + EARLY)
    first = story.mails_to(ADA, BEN, since=0)
    story.reports_come_back(first)
    story.leaves_by_one_click(first[ADA])
    story.apply(runs_at=datetime.now(UTC) + EARLY)
    story.mails_to(BEN, since=2)
    story.was_not_written_to_again(ADA)


class _Story:
    def __init__(self, stack: Deployed) -> None:
        self._stack = stack
        self._workspace = stack.logs / "workspace"

    # ── the workspace, by the real command ──────────────────────────────────────────────────────

    def apply(self, *, runs_at: datetime) -> None:
        """The sample workspace, with its scheduled campaign moved to an instant and to people we have."""
        shutil.rmtree(self._workspace, ignore_errors=True)
        shutil.copytree(ROOT / "shared" / "workspace", self._workspace)
        file = self._workspace / "campaigns" / "win-back.yaml"
        moved = {
            "trigger": f'trigger: {{ type: schedule, at: "{runs_at.isoformat()}" }}',
            "audience": "audience: { in: [loyal-customers] }",
        }
        written = file.read_text(encoding="utf-8").splitlines()
        lines = [moved.get(line.partition(":")[0], line) for line in written]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = self._kizuna("apply", str(self._workspace))
        _hold(done["nextRuns"].get("win-back") is not None, f"win-back was not armed: {done['nextRuns']}")
        time.sleep(NOTICED_AFTER)

    def _kizuna(self, *arguments: str) -> Json:
        command = [sys.executable, "-m", "kizuna.cli.main", "--stage", "e2e", "--json", *arguments]
        environment = plain_environment(
            AWS_ENDPOINT_URL=self._stack.endpoint,
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

    # ── events, by a real SDK ───────────────────────────────────────────────────────────────────

    def customers_buy_four_times(self) -> None:
        key = self._kizuna("keys", "create", "--source", "shop", "--kind", "server")["key"]
        errors: list[Exception] = []
        with _front_door(self._stack) as host:
            # Not compressed: the emulator reads every JSON body as text, which a compressed one does not survive.
            sdk = Client(key, host=host, gzip=False, on_error=lambda error, batch: errors.append(error))
            for name, address in ADDRESSES.items():
                sdk.identify(name, _traits(name, address), context=_device(name))
                for number in range(1, 5):
                    sdk.track(
                        name,
                        "Order Completed",
                        {"order_id": f"{name}-{number}", "revenue": 20.5, "currency": "USD"},
                    )
            sdk.flush()
            sdk.join()
        _hold(not errors, f"the SDK reported {errors}")

    def each_gets_texts_and_a_push(self) -> None:
        """Four thanks by text, and a welcome on the phone when the fourth order makes them loyal."""
        for name in ADDRESSES:
            self._until(partial(self._got, 4, "sms", _phone(name)), f"four texts to {name}")
            self._until(partial(self._got, 1, "push", _token(name)), f"one push to {name}")

    def _got(self, count: int, channel: str, to: str) -> bool:
        return len(self._outbox(channel, to)) == count

    # ── mail, and what comes back ───────────────────────────────────────────────────────────────

    def mails_to(self, *names: str, since: int) -> dict[str, Json]:
        """The newest mail to each, once all have come; `since` counts the mails of before."""
        wanted = since + len(names)
        self._until(lambda: len(self._outbox("email")) >= wanted, f"{wanted} mails")
        mails = {name: self._outbox("email", ADDRESSES[name])[0] for name in names}
        for mail in mails.values():
            headers = {header["name"].lower(): header["value"] for header in _headers(mail)}
            one_click = headers.get("list-unsubscribe-post")
            _hold(one_click == "List-Unsubscribe=One-Click", f"List-Unsubscribe-Post is {one_click!r}")
            tags = mail["tags"]
            _hold({"send_id", "campaign", "run"} <= set(tags), f"the tags are {sorted(tags)}")
        return mails

    def reports_come_back(self, mails: Mapping[str, Json]) -> None:
        for name in mails:
            self._until(partial(self._was_delivered, name), f"a receipt for {name}'s mail")

    def _was_delivered(self, name: str) -> bool:
        self._stack.carry_feedback()  # each time: a mail is delivered a moment after it was sent
        return "delivered" in self._decision(name)["facts"]

    def leaves_by_one_click(self, mail: Json) -> None:
        headers = {header["name"].lower(): header["value"] for header in _headers(mail)}
        path = urlsplit(headers["list-unsubscribe"].strip("<>")).path
        status, _, _ = self._stack.request("GET", path)
        _hold(status == 200, f"the unsubscribe page answered {status}")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, _ = self._stack.request("POST", path, b"List-Unsubscribe=One-Click", form)
        _hold(status == 200, f"the one-click unsubscribe answered {status}")

    def was_not_written_to_again(self, name: str) -> None:
        self._until(lambda: self._decision(name)["state"] == "DENIED", f"the second mail to {name} withheld")
        reason = self._decision(name)["reason"]
        _hold(reason == "topic_opt_out", f"it was withheld because of {reason}")
        mails = len(self._outbox("email", ADDRESSES[name]))
        _hold(mails == 1, f"{name} got {mails} mails")

    def _decision(self, name: str) -> Json:
        """The newest decision of the scheduled campaign about somebody."""
        found: list[Json] = self._kizuna("explain", name, "win-back")["rows"]
        if not found:
            raise Failed(f"nothing was decided about {name}")
        return found[-1]

    def _outbox(self, channel: str, to: str | None = None) -> list[Json]:
        query = f"?channel={channel}"
        with urllib.request.urlopen(f"{self._stack.providers}/outbox.json{query}", timeout=10) as answer:  # noqa: S310
            messages: list[Json] = json.load(answer)
        return [message for message in messages if to is None or to in message["to"]]

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                raise Failed(f"after {PATIENCE:.0f} s still waiting for {what}")
            time.sleep(0.5)


def _headers(mail: Json) -> Sequence[Mapping[str, str]]:
    return [
        {"name": header[0], "value": header[1]} if isinstance(header, list) else header
        for header in mail["headers"]
    ]


def _traits(name: str, address: str) -> Json:
    return {
        "email": address,
        "phone": _phone(name),
        "first_name": name.title(),
        "country": "US",
        "timezone": "America/New_York",
    }


def _device(name: str) -> Json:
    subscribed = [
        {"key": ADDRESSES[name], "type": "EMAIL", "status": "SUBSCRIBED"},
        {"key": _token(name), "type": "PUSH", "status": "SUBSCRIBED"},
    ]
    return {"device": {"type": "ios", "token": _token(name)}, "messaging_subscriptions": subscribed}


def _phone(name: str) -> str:
    return {ADA: "+12025550101", BEN: "+12025550102"}[name]


def _token(name: str) -> str:
    return f"token-of-{name}"


def _hold(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Failed(otherwise)


@contextmanager
def _front_door(stack: Deployed) -> Iterator[str]:
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
