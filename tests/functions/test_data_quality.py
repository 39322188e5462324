"""The data itself, through the real functions: a plan that holds, a replay, sources that fall silent, the pages."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.core.catalog import Documents
from kizuna.core.intake.causes import Cause
from kizuna.topology import Function, Queue
from kizuna.usecases.authoring.workspace import apply
from tests.support.clouds import Shop, a_lambda_event, a_user, running_shop, sample_documents

CLAIMS = {"sub": "manager-1", "cognito:groups": ["viewer"]}
TOKEN = {"authorization": "Bearer an admin's token"}
STRICT: dict[str, Any] = {
    "id": "cart-viewed",
    "event": "Cart Viewed",
    "on_violation": "quarantine",
    "properties": {
        "items": {"type": "integer", "required": True},
        "card": {"on_violation": "reject", "enum": []},
    },
}


def documents(event: dict[str, Any] | None) -> Documents:
    sample = dict(sample_documents())
    return {**sample, **({("event", event["id"]): event} if event else {})}


def put_in_force(shop: Shop, wanted: Documents) -> None:
    wired = shop.wired
    apply(
        wanted,
        wired.catalog,
        wired.queues,
        wired.schedules,
        wired.backfills,
        origin=lambda kind, name: f"{kind}/{name}",
        now=wired.now(),
        actor="test",
    )
    wired.catalog.current(fresh=True)
    shop.settle()


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop(documents=documents(STRICT), authorizer=lambda token: CLAIMS) as made:
        yield made


def get(shop: Shop, path: str, *, query: str = "") -> tuple[int, Any]:
    reply = shop.call("GET", f"/admin/{path}", headers=TOKEN, query=query)
    return reply.status, json.loads(reply.body)


def kizuna(*words: str) -> Any:
    """A command inside the running cloud, its JSON read."""
    printed = io.StringIO()
    place = Place(installed=True, as_json=True, console=SafeConsole(file=printed, width=200))
    command = typer.main.get_command(app)
    ended = command.main(["--json", *words], standalone_mode=False, obj=place)
    assert not ended, printed.getvalue()
    return json.loads(printed.getvalue())


def cart(user: str, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": "Cart Viewed", "properties": properties}


# ── the plan ────────────────────────────────────────────────────────────────────────────────────


def test_an_event_against_the_plan_is_answered_200_kept_apart_and_brought_back_once(shop: Shop) -> None:
    user = a_user()
    reply = shop.send(cart(user, items="three"), cart(user, items=2))
    assert (reply.status, json.loads(reply.body)) == (200, {"success": True})
    assert shop.names(user) == ["Cart Viewed"]
    row = {
        "source": "shop",
        "event": "Cart Viewed",
        "cause": "plan_wrong_type",
        "field": "properties.items",
        "reason": "must be of the type integer",
        "fate": "quarantined",
        "count": 1,
    }
    assert kizuna("violations") == {"violations": [row]}
    still = {"sent": 0, "stillRefused": 1, "unreadable": 0, "dryRun": False}
    assert kizuna("violations", "replay") == still
    put_in_force(shop, documents({**STRICT, "properties": {}}))
    assert kizuna("violations", "replay", "--dry-run")["sent"] == 1
    assert kizuna("violations", "replay", "--source", "web")["sent"] == 0
    assert kizuna("violations", "replay")["sent"] == 1
    assert len(shop.waiting(Queue.INGEST)) == 1
    shop.settle()
    assert shop.names(user) == ["Cart Viewed"] * 2
    assert kizuna("violations") == {"violations": []}
    assert kizuna("violations", "replay")["sent"] == 0


def test_an_event_from_the_bus_is_held_against_the_plan_too(shop: Shop) -> None:
    user = a_user()
    wrong: tuple[dict[str, Any], ...] = ({"items": 1}, {"items": []})
    for properties in wrong:
        boto3.client("events").put_events(
            Entries=[
                {
                    "EventBusName": "kizuna",
                    "Source": "shop",
                    "DetailType": "Customer Event",
                    "Detail": json.dumps(cart(user, **properties)),
                }
            ]
        )
    shop.settle()
    assert shop.names(user) == ["Cart Viewed"]
    assert [each.cause for each in shop.violations()] == ["plan_wrong_type"]


# ── what is told of a person ────────────────────────────────────────────────────────────────────


def test_a_legacy_mobile_address_is_kept_as_a_trait_reported_and_found_by_a_hygiene_run(
    shop: Shop, tmp_path: Path
) -> None:
    user = a_user()
    traits = {"email": "a..b@docomo.ne.jp", "lastNameKana": "たなか", "lastName": "　田中 "}
    shop.send({"type": "identify", "userId": user, "traits": traits})
    person = shop.person(user)
    held = {name: (trait.value, trait.raw) for name, trait in person.traits.items()}
    assert held == {
        "email": ("a..b@docomo.ne.jp", None),
        "lastNameKana": ("タナカ", "たなか"),
        "lastName": ("田中", "　田中 "),
    }
    assert not person.addresses
    assert shop.timeline(user)[0].traits == traits
    (told,) = shop.violations()
    assert (told.cause, told.fate, "RFC 5321" in told.reason) == ("invalid_email", "stored", True)
    shop.settle()
    ids, progress = tmp_path / "ids.jsonl", tmp_path / "progress.json"
    report = kizuna("hygiene", "--ids", str(ids), "--resume", str(progress))
    assert (report["people"], report["legacyAddresses"], report["unreachable"]) == (1, 1, 1)
    found = [json.loads(line) for line in ids.read_text().splitlines()]
    assert found == [
        {"person": person.id, "findings": ["invalid:email", "legacy_address", "no_usable_address"]}
    ]
    assert not progress.exists()


def test_a_hygiene_run_tells_of_the_silent_and_a_second_one_does_not(shop: Shop) -> None:
    user = a_user()
    long_ago = (shop.now - timedelta(days=380)).isoformat()
    shop.send({"type": "track", "userId": user, "event": "Seen", "timestamp": long_ago})
    shop.settle()
    assert kizuna("hygiene")["sunsetCandidates"] == 1
    shop.settle()
    assert shop.names(user) == ["Seen"]
    for before in (0, 1):
        report = kizuna("hygiene", "--apply")
        assert (report["sunsetCandidates"], report["toldBefore"]) == (1, before)
        shop.settle()
        assert shop.names(user) == ["Seen", "Sunset Candidate"]


# ── sources ─────────────────────────────────────────────────────────────────────────────────────


def test_a_source_that_falls_silent_is_told_of_once_and_shown(shop: Shop) -> None:
    status, before = get(shop, "sources")
    assert status == 200
    states = {row["source"]: row["state"] for row in before["sources"]}
    assert states == {"app": None, "demo": None, "shop": "ok", "web": "ok"}
    shop.send(cart(a_user(), items=1))
    with published(shop) as told:
        for hours in range(1, 9):
            shop.cloud.advance(timedelta(hours=1))
            shop.invoke(Function.WAKE, a_lambda_event("schedule/wake"))
            assert len(told) == (hours >= 6)
    (found,) = told
    assert (found["source"], found["last_at"]) == ("shop", "2026-11-22T12:00:00.000Z")
    _, after = get(shop, "sources")
    (row,) = [row for row in after["sources"] if row["source"] == "shop"]
    assert (row["state"], row["licence"], row["lastAt"]) == ("quiet", "first", found["last_at"])
    checks = {check["name"]: check["ok"] for check in kizuna("doctor")}
    assert (checks["source shop"], checks["source web"]) == (False, True)
    shop.send(cart(a_user(), items=1))
    assert {row["state"] for row in get(shop, "sources")[1]["sources"] if row["source"] == "shop"} == {"ok"}


@contextmanager
def published(shop: Shop) -> Iterator[list[dict[str, Any]]]:
    """What goes on the bus inside the block about sources."""
    seen: list[dict[str, Any]] = []

    def note(params: Any, **_: Any) -> None:
        told = [entry for entry in params["Entries"] if entry["DetailType"].startswith("Source")]
        seen.extend(json.loads(entry["Detail"]) for entry in told)

    events = shop.wired.bus._client.meta.events
    events.register("before-parameter-build.events.PutEvents", note)
    try:
        yield seen
    finally:
        events.unregister("before-parameter-build.events.PutEvents", note)


def test_noting_arrivals_costs_one_write_a_minute_and_never_an_event(shop: Shop) -> None:
    with shop.watching_writes() as writes:
        for _ in range(5):
            shop.send(cart(a_user(), items=1))
    assert writes.count("UpdateItem") == 1
    shop.cloud.advance(timedelta(minutes=2))
    with shop.refusing_dynamodb(operations=frozenset({"UpdateItem"})) as refused:
        user = a_user()
        assert shop.send(cart(user, items=1)).status == 200
    assert refused
    assert shop.names(user) == ["Cart Viewed"]


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


def test_violations_are_counted_by_day(shop: Shop) -> None:
    shop.send(*(cart(a_user()) for _ in range(3)), {"type": "track", "event": "Nobody's"})
    status, body = get(shop, "violations")
    assert (status, body["day"], body["complete"]) == (200, "2026-11-22", True)
    counts = {row["cause"]: row["count"] for row in body["violations"]}
    assert counts == {"plan_missing_property": 3, Cause.MISSING_IDENTITY.value: 1}
    assert get(shop, "violations", query="day=2026-11-21")[1]["violations"] == []
    assert get(shop, "violations", query="day=yesterday")[0] == 400


def test_the_inventory_names_every_field_with_its_use(shop: Shop) -> None:
    status, body = get(shop, "inventory")
    assert status == 200
    fields = {(row["kind"], row["name"]): row for row in body["fields"]}
    items = fields["property", "Cart Viewed: items"]
    assert (items["declared"], items["retention"], items["personal"]) == (
        True,
        "400 days in the timeline",
        False,
    )
    country = fields["trait", "country"]
    assert (country["owner"], country["licences"]) == ("customer-care", ["first"])
    assert [name for (kind, name), row in fields.items() if kind == "trait" and not row["declared"]] == []
    assert "template/win-back-email" in fields["trait", "first_name"]["use"]
    assert kizuna("inventory") == body
