"""Unmodified Node and browser SDKs against a running local server. Skipped where node or npm is missing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kizuna.core.events import Event
from kizuna.local.gateway import LocalReply
from tests.support.clouds import JSON, ROOT
from tests.support.served import Served, eventually

pytestmark = pytest.mark.node

FOLDER = Path(__file__).parent / "node"
SERVER_SDKS = ("segment", "rudder", "customerio")
SKEW = timedelta(seconds=5)

Drive = Callable[..., list[str]]


def _programs() -> tuple[str, str] | None:
    """node and npm: of the machine, or of the environment in which CDK runs."""
    places = [os.environ.get("PATH", ""), str(ROOT / ".venv-infra" / "bin")]
    for place in places:
        node, npm = (shutil.which(name, path=place) for name in ("node", "npm"))
        if node and npm:
            return node, npm
    return None


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The SDKs as the lock names them, installed once for each lock into `.local/`."""
    programs = _programs()
    if programs is None:
        pytest.skip("node and npm are needed for these SDKs")
    node, npm = programs
    lock = (FOLDER / "package-lock.json").read_bytes()
    home = ROOT / ".local" / f"contract-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not home.exists():
        making = home.with_name(f"{home.name}.{os.getpid()}")
        making.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(FOLDER / name, making)
        path = os.pathsep.join((str(Path(node).parent), os.environ.get("PATH", "")))
        done = subprocess.run(  # noqa: S603
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=making,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            shutil.rmtree(making)
            pytest.skip(f"npm could not install the SDKs: {done.stderr[-300:]}")
        try:
            making.rename(home)
        except OSError:  # another run of the tests was faster
            shutil.rmtree(making)
    return node, home / "node_modules"


@pytest.fixture
def drive(server: Served, user: str, node_modules: tuple[str, Path]) -> Drive:
    """Runs the calls of one SDK for a user and returns what its error callbacks were told.

    A browser stays open until so many `posts` have come in.
    """
    node, modules = node_modules

    def run(sdk: str, *, key: str = "", posts: int = 0) -> list[str]:
        driving = subprocess.Popen(  # noqa: S603
            [node, str(FOLDER / "drive.js"), sdk, server.url, key or server.shop.keys.server, user],
            env={**os.environ, "NODE_PATH": str(modules)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with driving:
            deadline = time.monotonic() + 120
            while len(server.switchboard.posts()) < posts and time.monotonic() < deadline:
                time.sleep(0.05)
            told, wrong = driving.communicate(timeout=300)  # closes its input: it may end
        assert driving.returncode == 0, wrong
        errors: list[str] = json.loads(told)["errors"]
        return errors

    return run


def by_type(server: Served, user: str) -> dict[str, Event]:
    return {event.type: event for event in server.shop.timeline(user)}


def seen_of(server: Served, user: str) -> set[str]:
    return set(by_type(server, user)) if server.shop.holder("user_id", user) else set()


def assert_person_and_order(server: Served, user: str, since: datetime) -> None:
    found = by_type(server, user)
    traits = found["identify"].traits
    assert {name: traits[name] for name in ("email", "plan")} == {
        "email": f"{user}@people.example",
        "plan": "pro",
    }
    order = found["track"]
    assert order.name == "Order Completed"
    assert {"revenue": 12.5, "order_id": "o-1", "currency": "EUR"}.items() <= order.properties.items()
    now = datetime.now(UTC)
    assert all(since - SKEW <= event.at <= event.received_at <= now for event in found.values())
    assert server.shop.person(user).trait("plan") == "pro"


@pytest.mark.parametrize("sdk", SERVER_SDKS)
def test_every_call_of_a_server_sdk_is_in_the_timeline_and_its_error_callback_is_silent(
    server: Served, user: str, drive: Drive, sdk: str
) -> None:
    since = datetime.now(UTC)
    assert drive(sdk) == []
    assert_person_and_order(server, user, since)
    found = by_type(server, user)
    assert set(found) == {"identify", "track", "page", "screen", "group", "alias"}
    assert len(server.shop.timeline(user)) == 6
    assert (found["page"].name, found["page"].properties["category"]) == ("home", "shop")
    assert (found["group"].group_id, found["group"].traits) == (f"{user}-company", {"seats": 3})
    assert ("anonymous_id", f"{user}-before") in server.shop.person(user).identities


def test_the_calls_of_jitsu_are_in_the_timeline(server: Served, user: str, drive: Drive) -> None:
    since = datetime.now(UTC)
    assert drive("jitsu") == []
    assert_person_and_order(server, user, since)
    assert set(by_type(server, user)) == {"identify", "track", "page"}


@pytest.mark.parametrize(("sdk", "posts"), [("segmentBrowser", 5), ("rudderBrowser", 4)])
def test_the_calls_of_a_browser_sdk_are_in_the_timeline_of_the_person_who_signed_in(
    server: Served, user: str, drive: Drive, sdk: str, posts: int
) -> None:
    since = datetime.now(UTC)
    assert drive(sdk, key=server.shop.keys.client, posts=posts) == []
    eventually(lambda: {"page", "identify", "track", "group"} <= seen_of(server, user))
    assert_person_and_order(server, user, since)
    found = by_type(server, user)
    assert found["page"].user_id is None
    assert found["page"].anonymous_id == found["identify"].anonymous_id
    asked = {request.path.rstrip("/") for request in server.switchboard.seen if request.method == "GET"}
    assert asked & {f"/v1/projects/{server.shop.keys.client}/settings", "/sourceConfig"}
    if sdk == "rudderBrowser":
        assert any(request.method == "OPTIONS" for request in server.switchboard.seen)


@pytest.mark.parametrize(("sdk", "requests"), [("segment", 1), ("rudder", 1), ("customerio", 4)])
def test_an_unknown_key_is_refused_as_often_as_the_sdk_asks(
    server: Served, user: str, drive: Drive, sdk: str, requests: int
) -> None:
    """Customer.io's retries a 401 whatever the reply, three times as it was told; the others never do."""
    assert drive(sdk, key="kzs_unknown") != []
    assert len(server.switchboard.posts()) == requests
    assert server.shop.holder("user_id", user) is None


@pytest.mark.parametrize("sdk", SERVER_SDKS)
def test_what_was_refused_for_a_while_is_sent_again_and_nothing_is_lost(
    server: Served, user: str, drive: Drive, sdk: str
) -> None:
    with server.shop.refusing_dynamodb(), server.shop.refusing_queues():
        reply = server.shop.send({"type": "track", "userId": user, "event": "Probe"})
    assert reply.status == 503
    server.switchboard.answers.append(LocalReply(503, {**JSON, **reply.headers}, reply.body))
    assert drive(sdk) == []
    assert set(by_type(server, user)) == {"identify", "track", "page", "screen", "group", "alias"}
    assert len(server.shop.timeline(user)) == 6
