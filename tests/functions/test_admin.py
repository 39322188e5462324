"""`/admin/*`: behind the authorizer, read only, and complete about one person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from kizuna.topology import Function
from tests.support.clouds import Shop, a_lambda_event, basic, running_shop, with_words

TOKEN, SUPPORT, NOBODYS = "an admin's token", "a token of the support desk", "a token without a role"
CLAIMS = {
    TOKEN: {"sub": "admin-1", "cognito:groups": ["privacy"]},
    SUPPORT: {"sub": "support-1", "cognito:groups": "[viewer]"},
    NOBODYS: {"sub": "guest-1", "cognito:groups": ["somebody"]},
}
PATHS = ["people/x", "people/x/brief", "people/x/timeline", "segments", "campaigns", "catalog", "nothing"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(authorizer=CLAIMS.get) as made:
        yield made


def get(shop: Shop, path: str, *, query: str = "", token: str = TOKEN) -> tuple[int, Any]:
    reply = shop.call("GET", f"/admin/{path}", headers={"authorization": f"Bearer {token}"}, query=query)
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
    (held,) = [each for each in body["identities"] if each["type"] == "user_id"]
    assert (held["value"], held["source"], held["licence"]) == (user, "shop", "first")
    assert body["traits"]["country"]["value"] == "US"


def test_a_recorded_request_for_a_brief_is_answered_with_what_to_know_before_a_call(
    shop: Shop, user: str
) -> None:
    shop.greet(user)
    ticket = {
        "type": "track",
        "userId": user,
        "event": "Support Ticket Opened",
        "properties": {"ticket_id": "T-1"},
    }
    shop.send(ticket)
    shop.settle()
    reply = shop.invoke(Function.ADMIN, with_words(a_lambda_event("admin/brief"), USER_ID=user))
    body = json.loads(reply["body"])
    assert reply["statusCode"] == 200
    assert [each["code"] for each in body["problems"]] == ["ticket"]
    assert body["localTime"] == "2026-11-22T07:00-05:00"
    assert "- Support Ticket Opened on 22 November 2026 (T-1)" in body["text"]["en"].splitlines()
    assert "- 今は電話しない：現地は07:00" in body["text"]["ja"].splitlines()


@pytest.mark.parametrize(
    "reference", ["{0}", "user_id:{0}", "{0}@people.example", "email:{0}@people.example"]
)
def test_a_person_is_found_by_any_identifier(shop: Shop, user: str, reference: str) -> None:
    shop.greet(user)
    status, body = get(shop, f"people/{reference.format(user)}")
    assert (status, body["id"]) == (200, shop.person(user).id)


@pytest.mark.parametrize("path", ["", "/brief", "/timeline", "/decisions", "/consents"])
def test_who_has_none_of_the_roles_sees_nobody(shop: Shop, user: str, path: str) -> None:
    shop.greet(user)
    assert get(shop, f"people/{user}{path}", token=SUPPORT)[0] == 200
    status, body = get(shop, f"people/{user}{path}", token=NOBODYS)
    assert (status, body["code"]) == (403, "forbidden")
    assert get(shop, "segments", token=NOBODYS)[0] == 403


@pytest.mark.parametrize(
    ("reference", "query"),
    [
        ("+81 90-1111-2222", ""),
        ("phone:+819011112222", ""),
        ("090-1111-2222", "country=JP"),
        ("phone:０９０－１１１１－２２２２", "country=jp"),
        ("loyalty:A/42?", ""),
        ("visit-絆", ""),
    ],
)
def test_a_person_is_found_by_what_is_written_in_any_notation(shop: Shop, reference: str, query: str) -> None:
    user = "known-by-much"
    card = {"type": "loyalty", "id": "A/42?", "collection": "users", "encoding": "none"}
    shop.send(
        {
            "type": "identify",
            "userId": user,
            "anonymousId": "visit-絆",
            "traits": {"phone": "090-1111-2222", "country": "JP"},
            "context": {"externalIds": [card]},
        }
    )
    for path in (quote(reference, safe=""), quote(reference, safe="/:")):  # some gateways decode a slash
        for page in ("", "/brief", "/timeline", "/decisions", "/consents"):
            status, body = get(shop, f"people/{path}{page}", query=query)
            assert (status, body["id"]) == (200, shop.person(user).id)


def test_a_reference_that_fits_two_people_lists_both(shop: Shop, user: str) -> None:
    shop.greet(user)
    shop.send(
        {"type": "track", "anonymousId": user, "event": "Seen", "messageId": f"{user}-posing"},
        key=shop.keys.client,
    )
    status, body = get(shop, f"people/{user}")
    assert (status, body["code"]) == (409, "ambiguous")
    assert [each["kind"] for each in body["candidates"]] == ["user_id", "anonymous_id"]
    assert body["candidates"][0]["id"] == shop.person(user).id
    assert get(shop, f"people/user_id:{user}")[1]["id"] == shop.person(user).id


def test_an_old_id_leads_to_the_person_it_was_merged_into(shop: Shop, user: str) -> None:
    shop.send({"type": "track", "anonymousId": f"{user}-visit", "event": "Seen", "messageId": f"{user}-seen"})
    visitor = shop.holder("anonymous_id", f"{user}-visit")
    assert visitor is not None
    shop.greet(user)
    shop.send(
        {"type": "identify", "userId": user, "anonymousId": f"{user}-visit", "messageId": f"{user}-tied"}
    )
    status, body = get(shop, f"people/{visitor.id}")
    assert (status, set(body["parts"])) == (200, {visitor.id, *shop.person(user).parts})
    assert [each["source"] for merge in body["merges"] for each in merge["evidence"]] == ["shop"]


def test_pages_of_events_and_decisions_follow_each_other(shop: Shop, user: str) -> None:
    shop.greet(user)
    for path, key in (("timeline", "events"), ("decisions", "decisions")):
        _, everything = get(shop, f"people/{user}/{path}", query="limit=100")
        seen, query = [], "limit=1"
        while query:
            status, page = get(shop, f"people/{user}/{path}", query=query)
            assert status == 200
            seen += page[key]
            query = f"limit=1&before={page['next']}" if page["next"] else ""
        assert seen == everything[key]
        assert everything["next"] is None
        assert everything[key]


def test_a_view_leaves_nothing_of_a_person_in_the_log(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"email": "canary@people.example", "phone": "+15005550006", "name": "Canary Kanarienvogel"}
    shop.send({"type": "identify", "userId": "canary-1", "traits": told})
    for reference in ("canary-1", "canary%40people.example", "%2B15005550006", "canary-nobody"):
        get(shop, f"people/{reference}")
        get(shop, f"people/{reference}/brief")
    with shop.refusing_dynamodb(operations=frozenset({"Query", "BatchGetItem"})):
        for reference in ("canary-1", "canary%40people.example"):
            assert get(shop, f"people/{reference}")[0] == 503
    said = capsys.readouterr()
    assert "anary" not in said.out + said.err
    assert "5005550006" not in said.out + said.err


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
