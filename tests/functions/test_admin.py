"""`/admin/*`: behind the authorizer, read only, and complete about one person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.topology import Function
from tests.support.clouds import Shop, a_lambda_event, basic, running_shop, with_words

TOKEN = "an admin's token"
PATHS = ["people/x", "people/x/timeline", "segments", "campaigns", "catalog", "nothing"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=lambda token: {"sub": "admin-1"} if token == TOKEN else None) as made:
        yield made


def get(shop: Shop, path: str) -> tuple[int, Any]:
    reply = shop.call("GET", f"/admin/{path}", headers={"authorization": f"Bearer {TOKEN}"})
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_told_without_a_token_of_the_issuer(shop: Shop, path: str) -> None:
    for headers in (
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": basic(shop.keys.server)},
        {"authorization": f"Bearer {shop.keys.server}"},
        {"x-write-key": shop.keys.server},
    ):
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            reply = shop.call(method, f"/admin/{path}", headers=headers)
            assert reply.status == 401
            assert reply.text() == '{"message":"Unauthorized"}'


def test_a_recorded_request_is_answered_with_the_golden_record(shop: Shop, user: str) -> None:
    shop.greet(user)
    event = with_words(a_lambda_event("admin/person"), USER_ID=user)
    reply = shop.invoke(Function.ADMIN, event)
    body = json.loads(reply["body"])
    assert reply["statusCode"] == 200
    assert reply["headers"]["Cache-Control"] == "no-store"
    assert body["id"] == shop.person(user).id
    assert {"type": "user_id", "value": user, "source": "shop"} in body["identities"]
    assert body["traits"]["country"]["value"] == "US"


@pytest.mark.parametrize(
    "reference", ["{0}", "user_id:{0}", "{0}@people.example", "email:{0}@people.example"]
)
def test_a_person_is_found_by_any_identifier(shop: Shop, user: str, reference: str) -> None:
    shop.greet(user)
    status, body = get(shop, f"people/{reference.format(user)}")
    assert (status, body["id"]) == (200, shop.person(user).id)


def test_timeline_decisions_and_consents_tell_what_happened(shop: Shop, user: str) -> None:
    shop.greet(user)
    _, timeline = get(shop, f"people/{user}/timeline")
    assert {event["name"] for event in timeline["events"]} >= {"Greeting Wanted", "Email Delivered"}
    _, decisions = get(shop, f"people/{user}/decisions")
    (decision,) = decisions["decisions"]
    assert (decision["campaign"], decision["state"]) == ("hello", "SENT")
    assert set(decision["sentence"]) == {"en", "ja"}
    assert f"{user}@" not in json.dumps(decisions)
    assert get(shop, f"people/{user}/consents")[1]["consents"] == []


def test_definitions_and_reports_are_shown(shop: Shop, user: str) -> None:
    shop.greet(user)
    assert {each["id"] for each in get(shop, "segments")[1]["segments"]} >= {"lapsing-good-customers"}
    assert {each["id"] for each in get(shop, "campaigns")[1]["campaigns"]} >= {"win-back", "hello"}
    assert get(shop, "catalog")[1]["version"] == 1
    status, report = get(shop, "campaigns/hello/report")
    assert status == 200
    for run in report["runs"]:
        assert run["intended"] == sum(row["count"] for row in run["states"])


@pytest.mark.parametrize(
    "path", ["people/nobody", "campaigns/none/report", "nothing", "people/x/more/than/that"]
)
def test_what_is_not_there_is_404(shop: Shop, path: str) -> None:
    status, body = get(shop, path)
    assert (status, body["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_changes_nothing(shop: Shop, method: str) -> None:
    with shop.watching_writes() as writes:
        reply = shop.call(method, "/admin/people/x", headers={"authorization": f"Bearer {TOKEN}"})
    assert (reply.status, json.loads(reply.body)["code"]) == (405, "method_not_allowed")
    assert writes == []
