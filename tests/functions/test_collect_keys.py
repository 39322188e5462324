"""Who may say what: keys, origins and identity tokens (abuse cases A01 to A06)."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.sources import KeyKind
from tests.support.clouds import GREETING_WANTED, ORIGIN, Shop, a_user, basic


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status, json.loads(reply.body).get("code", "")


def an_identify(user: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "traits": traits}


def a_minute_ago(shop: Shop) -> dict[str, Any]:
    return {"timestamp": (shop.now - timedelta(minutes=1)).isoformat()}


# ── keys ────────────────────────────────────────────────────────────────────────────────────────

CREDENTIALS: list[
    tuple[str, dict[str, str], str, dict[str, Any]]
] = [  # form, headers, query, more of the body
    ("basic", {"authorization": "Basic {basic}"}, "", {}),
    ("basic without a colon", {"authorization": "Basic {bare}"}, "", {}),
    ("basic with a password", {"authorization": "Basic {password}"}, "", {}),
    ("bearer", {"authorization": "Bearer {key}"}, "", {}),
    ("x-write-key", {"x-write-key": "{key}"}, "", {}),
    ("x-write-key of jitsu", {"x-write-key": "id:{key}"}, "", {}),
    ("query", {}, "writeKey={key}", {}),
    ("body", {}, "", {"writeKey": "{key}"}),
    ("body with a newline", {}, "", {"writeKey": "{key}\n"}),
]


def presented(
    shop: Shop, key: str, form: tuple[str, dict[str, str], str, dict[str, Any]], user: str
) -> tuple[int, str]:
    _, headers, query, more = form
    texts = {
        "key": key,
        "basic": base64.b64encode(f"{key}:".encode()).decode(),
        "bare": base64.b64encode(key.encode()).decode(),
        "password": base64.b64encode(f"{key}:secret".encode()).decode(),
    }
    body: dict[str, Any] = {"batch": [{"type": "track", "userId": user, "event": "X"}]}
    body |= {name: str(value).format(**texts) for name, value in more.items()}
    reply = shop.call(
        "POST",
        "/v1/batch",
        body=json.dumps(body).encode(),
        headers={name: value.format(**texts) for name, value in headers.items()},
        query=query.format(**texts),
    )
    return code_of(reply)


@pytest.mark.parametrize("form", CREDENTIALS, ids=lambda form: form[0])
def test_a_key_is_known_in_every_form_in_which_sdks_present_it(shop: Shop, user: str, form: Any) -> None:
    assert presented(shop, shop.keys.server, form, user) == (200, "")
    assert shop.names(user) == ["X"]


@pytest.mark.parametrize("form", CREDENTIALS, ids=lambda form: form[0])
@pytest.mark.parametrize("whose", ["unknown", "revoked", "identity"])
def test_an_unknown_a_revoked_and_an_identity_key_are_refused_alike(
    shop: Shop, user: str, form: Any, whose: str
) -> None:
    key = {
        "unknown": "kzs_0000",
        "revoked": shop.new_key("shop", KeyKind.SERVER, revoked=True),
        "identity": shop.keys.identity,
    }[whose]
    assert presented(shop, key, form, user) == (401, "unauthorized")
    assert shop.holder("user_id", user) is None


def test_no_key_and_an_unreadable_one_are_refused(shop: Shop, user: str) -> None:
    event = {"type": "track", "userId": user, "event": "X"}
    assert code_of(shop.send(event, key=None)) == (401, "unauthorized")
    for value in ("Basic", "Basic ***", "Digest abc", "", "Basic " + base64.b64encode(b"\xff:").decode()):
        assert code_of(shop.send(event, key=None, authorization=value)) == (401, "unauthorized")


def test_a_wrong_key_in_the_first_form_is_not_made_good_by_a_right_one_in_the_next(
    shop: Shop, user: str
) -> None:
    body = {"batch": [{"type": "track", "userId": user, "event": "X"}], "writeKey": shop.keys.server}
    assert code_of(shop.post("/v1/batch", body, key="kzs_wrong")) == (401, "unauthorized")


def test_a_key_is_asked_for_before_the_body_is_judged(shop: Shop) -> None:
    assert code_of(shop.post("/v1/batch", b"{not json", key="kzs_wrong")) == (401, "unauthorized")


def test_a_revoked_key_is_refused_from_the_next_request_on(shop: Shop, user: str) -> None:
    key = shop.new_key("shop", KeyKind.SERVER, text="kzs_soon_revoked")
    event = {"type": "track", "userId": user, "event": "X"}
    assert shop.send(event, key=key).status == 200
    shop.new_key("shop", KeyKind.SERVER, text=key, revoked=True)
    assert code_of(shop.send(event, key=key)) == (401, "unauthorized")


# ── origins ─────────────────────────────────────────────────────────────────────────────────────


def test_a_client_key_works_from_its_own_origin_only(shop: Shop, user: str) -> None:
    event = {"type": "track", "anonymousId": user, "event": "X"}
    assert shop.send(event, key=shop.keys.app, origin=ORIGIN).status == 200
    for origin in (
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "null",
    ):
        refused = shop.send(event, key=shop.keys.app, origin=origin)
        assert code_of(refused) == (403, "forbidden")
        assert refused.headers["Access-Control-Allow-Origin"] == origin


def test_a_client_key_may_not_declare_two_people_one(shop: Shop, user: str) -> None:
    pair = [{"type": "user_id", "value": user}, {"type": "user_id", "value": f"{user}-victim"}]
    assert code_of(shop.post("/v1/merge", {"mergeProperties": pair}, key=shop.keys.client)) == (
        403,
        "forbidden",
    )
    with shop.new_violations() as found:
        reply = shop.send({"type": "merge", "mergeProperties": pair}, key=shop.keys.client)
    assert reply.status == 200
    assert [(each.cause, each.path) for each in found] == [("forbidden", "mergeProperties")]


# ── A01: a write key never reads ────────────────────────────────────────────────────────────────


def reading_attempts(shop: Shop, user: str) -> list[tuple[str, str, bytes]]:
    ask = json.dumps({"placement": "home-hero", "userId": user}).encode()
    return [
        ("POST", "/v1/decide", ask),
        ("GET", f"/admin/people/{user}", b""),
        ("GET", "/admin/segments", b""),
        ("GET", "/v1/identify", b""),
        ("GET", f"/v1/people/{user}", b""),
        ("GET", f"/v1/inbox?userId={user}", b""),
        ("POST", "/v1/inbox/read", json.dumps({"userId": user, "ids": ["any"]}).encode()),
    ]


def test_a_client_key_reads_nothing_of_anybody(shop: Shop, user: str) -> None:
    shop.send(an_identify(user, email=f"{user}@people.example", plan="gold"))
    for key in (shop.keys.client, shop.keys.app, shop.keys.server):
        for method, path, body in reading_attempts(shop, user):
            for headers in ({"authorization": basic(key)}, {"authorization": f"Bearer {key}"}):
                where, _, query = path.partition("?")
                reply = shop.call(method, where, query=query, body=body, headers=headers)
                assert reply.status in (401, 403, 404, 405), (method, path)
                assert user not in reply.text()
                assert "gold" not in reply.text()


# ── A02: unverified grants ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "reason"), [("demo", "unverified_source"), ("web", "consent_without_proof")]
)
def test_a_grant_by_a_client_key_is_in_the_ledger_unverified_and_permits_nothing(
    shop: Shop, user: str, source: str, reason: str
) -> None:
    key = shop.new_key(source, KeyKind.CLIENT)
    subscribed = {"key": f"{user}@people.example", "type": "EMAIL", "status": "SUBSCRIBED"}
    grant = {"type": "track", "userId": user, "event": "X"}
    shop.greet(user, country="DE", settle=False)
    assert shop.send(grant | {"context": {"messaging_subscriptions": [subscribed]}}, key=key).status == 200
    shop.settle()
    (event,) = shop.consents(user)
    assert (event.action, event.identity_verified, event.source) == ("grant", False, "client_sdk")
    (message,) = shop.messages(user)
    assert (message.state, message.reason) == ("DENIED", reason)
    assert shop.mails(user) == ()


def test_a_withdrawal_by_a_client_key_is_honoured(shop: Shop, user: str) -> None:
    shop.greet(user)
    assert len(shop.mails(user)) == 1
    left = {"key": f"{user}@people.example", "type": "EMAIL", "status": "UNSUBSCRIBED"}
    leaving = {"type": "track", "userId": user, "event": "X", "context": {"messaging_subscriptions": [left]}}
    shop.send(leaving, key=shop.keys.client)
    shop.send({"type": "track", "userId": user, "event": GREETING_WANTED, "messageId": f"{user}-again"})
    shop.settle()
    assert len(shop.mails(user)) == 1
    assert [event.action for event in shop.consents(user)] == ["withdraw"]


def test_no_yes_and_no_again_in_the_same_words_end_with_no(shop: Shop, user: str) -> None:
    """Without ids and times, as somebody writes calls by hand."""
    shop.greet(user)
    for status in ("UNSUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED"):
        said = {"key": f"{user}@people.example", "type": "EMAIL", "status": status}
        told = {
            "userId": user,
            "event": "Preferences Changed",
            "context": {"messaging_subscriptions": [said]},
        }
        assert shop.post("/v1/track", told).status == 200
        shop.settle()
        shop.cloud.clock.advance(timedelta(seconds=2))
    assert [event.action for event in shop.consents(user)] == ["withdraw", "grant", "withdraw"]


# ── A03: another's address ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("trait", "value", "own_phone"),
    [("email", "attacker@evil.example", "+12025550101"), ("phone", "+12025550199", "+12025550102")],
)
def test_a_client_key_cannot_change_a_known_persons_address(
    shop: Shop, user: str, trait: str, value: str, own_phone: str
) -> None:
    shop.send(an_identify(user, email=f"{user}@people.example", phone=own_phone))
    before = shop.person(user)
    with shop.new_violations() as found:
        assert shop.send(an_identify(user, plan="gold", **{trait: value}), key=shop.keys.client).status == 200
    after = shop.person(user)
    assert (after.addresses, after.identities) == (before.addresses, before.identities)
    assert after.trait(trait) == before.trait(trait)
    assert after.trait("plan") == "gold"
    assert [(each.cause, each.path) for each in found] == [("identity_token_required", f"traits.{trait}")]


def test_with_an_identity_token_a_person_may_change_their_own_address(shop: Shop, user: str) -> None:
    shop.send(an_identify(user, email=f"{user}@people.example") | a_minute_ago(shop))
    moved = an_identify(user, email=f"{user}@new.example")
    token = shop.identity_token(user)
    assert shop.send(moved, key=shop.keys.client, x_identity_token=token).status == 200
    assert shop.person(user).trait("email") == f"{user}@new.example"


def test_an_identity_token_in_the_context_counts_and_is_not_stored(shop: Shop, user: str) -> None:
    shop.send(an_identify(user, email=f"{user}@people.example") | a_minute_ago(shop))
    token = shop.identity_token(user)
    moved = an_identify(user, email=f"{user}@new.example") | {"context": {"identityToken": token}}
    assert shop.send(moved, key=shop.keys.client).status == 200
    assert shop.person(user).trait("email") == f"{user}@new.example"
    assert all(token not in repr(event) for event in shop.timeline(user))


def test_an_identity_token_vouches_for_nobody_else_in_the_same_batch(shop: Shop, user: str) -> None:
    victim = a_user()
    shop.send(an_identify(victim, email=f"{victim}@people.example"))
    token = shop.identity_token(user)
    shop.send(
        an_identify(user, plan="a"),
        an_identify(victim, email="attacker@evil.example"),
        key=shop.keys.client,
        x_identity_token=token,
    )
    assert shop.person(victim).trait("email") == f"{victim}@people.example"


# ── A05: whoever the call names, the key says who speaks ────────────────────────────────────────

OTHERS = {
    "source": "loyalty",
    "sourceId": "loyalty",
    "workspace": "other",
    "workspaceId": "other",
    "brand": "other",
}


@pytest.mark.parametrize(
    ("path", "query", "headers", "body"),
    [
        ("/v1/track", "", {}, OTHERS),
        ("/v1/track", "", {}, {"context": OTHERS}),
        ("/v1/track", "", {}, {"properties": OTHERS}),
        ("/v1/track", "source=loyalty&workspace=other&brand=other", {}, {}),
        ("/v1/track", "", {"x-source": "loyalty", "x-workspace": "other", "x-forwarded-host": "other"}, {}),
    ],
    ids=["body", "context", "properties", "query", "headers"],
)
def test_an_event_is_its_keys_whatever_else_the_call_names(
    shop: Shop, user: str, path: str, query: str, headers: dict[str, str], body: dict[str, Any]
) -> None:
    shop.send({"type": "track", "event": "Plain", "userId": user})
    told = json.dumps({"event": "Naming", "userId": user, **body}).encode()
    called = {"authorization": basic(shop.keys.server), "content-type": "application/json", **headers}
    reply = shop.call("POST", path, query=query, body=told, headers=called)
    assert reply.status == 200
    shop.settle()
    plain, naming = sorted(shop.timeline(user), key=lambda event: event.name, reverse=True)
    assert (plain.name, naming.name) == ("Plain", "Naming")
    assert naming.source == plain.source


@pytest.mark.parametrize(
    "path", ["/v1/loyalty/track", "/other/v1/track", "/v1/../admin/segments", "/v1//track"]
)
def test_no_path_leads_to_another_workspace(shop: Shop, user: str, path: str) -> None:
    told = json.dumps({"event": "X", "userId": user}).encode()
    with shop.watching_writes() as writes:
        reply = shop.call("POST", path, body=told, headers={"authorization": basic(shop.keys.server)})
    assert reply.status in (400, 401, 403, 404, 405)
    assert writes == []


# ── A06: ids that look like keys of ours ────────────────────────────────────────────────────────

ODD = [
    "#",
    "|",
    "/",
    "..",
    "%23",
    "\\",
    "\u202e",
    "\u200b",
    "\x00",
    "\ud800",
    " ",
    "p#",
    "c#",
    "user_id|",
]


def test_two_different_ids_are_never_one_person(shop: Shop, user: str) -> None:
    ids = [
        user,
        f"{user}x",
        *(f"{user}{odd}x" for odd in ODD),
        *(f"{odd}{user}" for odd in ODD if odd.strip()),
    ]
    for each in ids:
        reply = shop.post("/v1/identify", {"userId": each, "traits": {"plan": each[:80]}})
        assert reply.status in (200, 400), each
    shop.settle()
    people = {each: shop.holder("user_id", each) for each in ids}
    assert people[user] is not None
    for person in filter(None, people.values()):
        told = [value for kind, value in person.identities if kind == "user_id"]
        assert (told, person.trait("plan")) == ([told[0]], told[0][:80])


def test_an_id_of_ten_thousand_characters_is_nobodys(shop: Shop, user: str) -> None:
    with shop.watching_writes() as writes, shop.new_violations() as found:
        shop.send(an_identify(user * 400, plan="gold"))
        shop.settle()
    assert shop.holder("user_id", user * 400) is None
    assert len(found) == 1, (writes, found)
