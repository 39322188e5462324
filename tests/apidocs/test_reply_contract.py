"""What the functions answer is what the document says: examples, pages, refusals, and days when nothing works."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.links import LinkScope, Preferences, Survey, Unsubscribe, issue
from kizuna.local.gateway import LocalReply
from tests.support.clouds import ORIGIN, Shop, basic
from tests.support.contract import (
    MANAGER,
    body_schema,
    contract,
    declared,
    examples,
    followed,
    operation,
    operations,
    unusable_events,
)
from tests.support.json_schemas import is_valid, problems
from tests.support.json_values import ANYTHING, TEXTS, changed, fitting

FORM = {"content-type": "application/x-www-form-urlencoded"}
ADA, NEWCOMER = "ada", "newcomer"  # ada is a customer; the newcomer walks a journey
NAMESAKE = {"last_name_kana": "タナカ", "first_name_kana": "ハナ", "birthday": "1990-01-02"}
thorough = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
OPERATIONS = [pytest.param(method, path, id=f"{method} {path}") for method, path, _ in operations()]


@pytest.fixture(scope="module", autouse=True)
def somebody(shop: Shop) -> str:
    """A person with everything that replies can show; the id of a message that was intended for them."""
    subscription = {"key": "+447700900123", "type": "SMS", "status": "SUBSCRIBED"}
    shop.send(
        {
            "type": "identify",
            "userId": ADA,
            "anonymousId": "browser-7f3a",
            "traits": {"email": "ada@example.com", "phone": "+447700900123", "country": "GB"},
            "context": {"timezone": "Europe/London", "messaging_subscriptions": [subscription]},
        },
        *(
            {
                "type": "track",
                "userId": ADA,
                "event": "Order Completed",
                "properties": {"order_id": str(number), "revenue": 40, "currency": "GBP"},
            }
            for number in range(4)
        ),
        *({"type": "identify", "userId": f"namesake-{number}", "traits": NAMESAKE} for number in range(2)),
    )
    for user, event in (
        (NEWCOMER, "Signed Up"),  # where a journey begins
        ("undecided", "Signed Up"),
        (NEWCOMER, "Order Completed"),  # its goal
    ):
        shop.send({"type": "track", "userId": user, "event": event})
        shop.settle()
    return shop.messages(ADA)[0].id


def link(shop: Shop, send_ref: str, scope: LinkScope) -> str:
    return issue(
        send_ref=send_ref,
        scope=scope,
        issued_at=shop.now,
        nonce=bytes(16),
        keys=shop.wired.secrets.link_keys(),
    )


def manage(shop: Shop, path: str, token: str = MANAGER) -> LocalReply:
    place, _, query = path.partition("?")
    return shop.call("GET", place, headers={"authorization": f"Bearer {token}"}, query=query)


# ── the document itself ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_example_fits_its_schema(method: str, path: str) -> None:
    found = operation(method, path)
    shown = examples(found.get("requestBody", {}))
    for reply in found["responses"].values():
        shown += examples(followed(reply))
    for schema, value in shown:
        assert problems(value, schema, contract()) == [], value


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param(method, path, id=path)
        for method, path, found in operations()
        if "requestBody" in found and found["tags"][0].startswith("Events")
    ],
)
def test_the_examples_of_events_are_taken(shop: Shop, method: str, path: str) -> None:
    for _, value in examples(operation(method, path)["requestBody"]):
        with unusable_events(shop) as kept:
            reply = shop.post(path.replace("{call}", "track"), value)
        assert declared(reply, method, path) == {"success": True}
        assert kept == []


# ── start-up stubs, preflights, other methods ───────────────────────────────────────────────────


def test_stubs_answer_as_declared(shop: Shop) -> None:
    for path, url, query in (
        ("/v1/projects/{key}/settings", "/v1/projects/kzc_any/settings", ""),
        ("/sourceConfig", "/sourceConfig", "writeKey=kzc_any"),
        ("/sourceConfig", "/sourceConfig/", "writeKey=kzc_any"),
        ("/sourceConfig", "/sourceConfig/", ""),
    ):
        assert "kzc_any" in json.dumps(declared(shop.call("GET", url, query=query), "get", path)) or not query


@pytest.mark.parametrize(("method", "path"), [each for each in OPERATIONS if each.values[0] == "options"])
def test_preflights_answer_as_declared(shop: Shop, method: str, path: str) -> None:
    reply = shop.call("OPTIONS", concrete(path), headers={"origin": ORIGIN})
    assert declared(reply, method, path) == {"success": True}


def concrete(path: str) -> str:
    return path.replace("{call}", "track").replace("{key}", "kzc_any")


# Pages answer every method but POST as GET, and of the path of a messenger the gateway lets nothing but POST in.
ANY_METHOD = ("/u/", "/preferences", "/confirm/", "/s/", "/c/", "/hooks/")


@pytest.mark.parametrize("path", [path for path in contract()["paths"] if not path.startswith(ANY_METHOD)])
def test_a_method_that_a_path_does_not_list_is_refused_as_the_document_says(shop: Shop, path: str) -> None:
    url = path.replace("{person}", ADA).replace("{campaign}", "win-back")
    listed = {method.upper() for method in contract()["paths"][path]}
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"} - listed:
        reply = shop.call(method, concrete(url), headers={"authorization": f"Bearer {MANAGER}"})
        assert reply.status == 405
        assert (
            reply.body == b"" if method == "HEAD" else json.loads(reply.body)["code"] == "method_not_allowed"
        )


def test_what_a_key_may_not_do_is_declared(shop: Shop) -> None:
    elsewhere = shop.post(
        "/v1/track", {"userId": "u", "event": "Seen"}, key=shop.keys.app, origin="https://x.example"
    )
    assert declared(elsewhere, "post", "/v1/track")["code"] == "forbidden"
    merge = shop.post("/v1/merge", {"mergeProperties": []}, key=shop.keys.client)
    assert declared(merge, "post", "/v1/merge")["code"] == "forbidden"


def test_too_much_is_declared(shop: Shop) -> None:
    many = shop.send(*[{"type": "track", "userId": "u", "event": "Seen"}] * 2501)
    assert declared(many, "post", "/v1/batch")["code"] == "too_many_events"
    large = shop.call(
        "POST", "/v1/b", body=b" " * (4 * 1024 * 1024 + 1), headers={"authorization": basic(shop.keys.server)}
    )
    assert declared(large, "post", "/v1/b")["code"] == "payload_too_large"
    odd = shop.post("/v1/t", {"userId": "u"}, content_encoding="br")
    assert declared(odd, "post", "/v1/t")["code"] == "unsupported_encoding"


# ── deciding ────────────────────────────────────────────────────────────────────────────────────


@thorough
@given(
    body=fitting({"$ref": "#/components/schemas/Ask"}, contract())
    | changed(st.fixed_dictionaries({"placement": st.just("home-hero"), "userId": st.just(ADA)})),
    token=st.sampled_from(["own", "", "nonsense"]),
)
def test_decisions_are_declared_and_only_for_what_fits(shop: Shop, body: Any, token: str) -> None:
    user = body.get("userId") if isinstance(body, dict) else None
    signed = shop.identity_token(user) if token == "own" and isinstance(user, str) else token
    reply = shop.post(
        "/v1/decide", body, key=shop.keys.client, **({"x_identity_token": signed} if signed else {})
    )
    declared(reply, "post", "/v1/decide")
    assert reply.status < 500
    assert (reply.status == 400) == (not is_valid(body, body_schema("post", "/v1/decide"), contract()))
    assert reply.status in (400, 401, 403) or token == "own"


@pytest.mark.parametrize("user", [ADA, "nobody-we-know"])
def test_a_decision_for_somebody_who_proves_who_they_are(shop: Shop, user: str) -> None:
    ask = {"placement": "home-hero", "userId": user}
    reply = shop.post("/v1/decide", ask, key=shop.keys.client, x_identity_token=shop.identity_token(user))
    assert declared(reply, "post", "/v1/decide")["action"] == ("members-evening" if user == ADA else None)


def test_a_decision_without_a_key_or_for_no_placement_is_declared(shop: Shop) -> None:
    ask = {"placement": "home-hero", "userId": ADA}
    assert declared(shop.post("/v1/decide", ask, key=None), "post", "/v1/decide")["code"] == "unauthorized"
    token = shop.identity_token(ADA)
    asked = shop.post(
        "/v1/decide", {**ask, "placement": "cellar"}, key=shop.keys.client, x_identity_token=token
    )
    assert declared(asked, "post", "/v1/decide")["code"] == "not_found"


# ── signed links ────────────────────────────────────────────────────────────────────────────────

PAGES = ["/u/{token}", "/preferences/{token}"]


def of_page(path: str) -> LinkScope:
    return Unsubscribe("new-releases", "sms") if path.startswith("/u") else Preferences()


@pytest.mark.parametrize("path", PAGES)
def test_links_answer_as_declared(shop: Shop, somebody: str, path: str) -> None:
    own, other = (
        link(shop, somebody, of_page(each)) for each in sorted(PAGES, key=lambda each: each != path)
    )
    for method in ("GET", "POST"):
        for token, status in (
            (own, 200),
            (other, 403),
            (link(shop, somebody, Survey("nps")), 403),
            ("v1.a.b.c", 400),
        ):
            reply = shop.call(method, path.replace("{token}", token), headers=FORM)
            declared(reply, method, path)
            assert reply.status == status


@settings(thorough, max_examples=40)
@given(
    path=st.sampled_from(PAGES),
    method=st.sampled_from(["GET", "POST"]),
    token=st.text("abv1.-_~%", max_size=30).filter(bool),
    body=st.binary(max_size=40)
    | st.dictionaries(TEXTS, TEXTS, max_size=3).map(lambda form: urlencode(form).encode()),
    language=st.sampled_from(["", "lang=ja", "lang=%00", "lang=en&lang=ja"]),
    real=st.booleans(),
)
def test_whatever_is_done_to_a_link_the_answer_is_a_declared_one(
    shop: Shop, somebody: str, path: str, method: str, token: str, body: bytes, language: str, real: bool
) -> None:
    used = link(shop, somebody, of_page(path)) if real else quote(token)
    reply = shop.call(method, path.replace("{token}", used), headers=FORM, body=body, query=language)
    declared(reply, method, path)
    assert reply.status == (200 if real else 400)


# ── management ──────────────────────────────────────────────────────────────────────────────────

RIGHTS = ("/admin/people/{person}/erasure", "/admin/people/{person}/export", "/admin/erasures")
MAY_BE_EMPTY = {
    "next", "eventsSince", "globalPrivacyControl", "merges", "apart", "problems", "left", "hours", "name",
    "exclude", "asksAbout", "usedBy", "until", "lists", "brand", "owner", "waves", "paused", "brake",
    "tasks",  # test_inbox_and_task_contract shows some
    "collisions",  # test_calendar_contract shows one
    "heldOut",  # test_journey_contract shows some
    "proofs", "runs",  # tests/functions/test_template_desk.py and test_brake_desk.py do
    "rows", "lift", "notes",  # tests/local/test_campaign_results.py does
}  # fmt: skip
MANAGED = [
    path for path, item in contract()["paths"].items()
    if path.startswith("/admin") and path not in RIGHTS and "get" in item
]  # fmt: skip
SEGMENT, JOURNEY = "loyal-customers", "welcome"


def filled(path: str, *, person: str = ADA, campaign: str = "win-back") -> str:
    """A path with somebody, a campaign, a segment and a journey in it, and the query that it needs to show all."""
    if "{journey}" in path:
        person = NEWCOMER
    found = path.replace("{person}", person).replace("{campaign}", campaign)
    found = found.replace("{segment}", SEGMENT).replace("{journey}", JOURNEY)
    asks = {
        "/admin/overlap": f"?of={SEGMENT},everyone",
        "/admin/decisions": f"?person={person}&since=30d",
        "/admin/calendar": "?zone=Asia/Tokyo,Europe/London",
    }
    return found + asks.get(path, "")


@pytest.mark.parametrize("path", MANAGED)
def test_managers_get_what_is_declared(shop: Shop, path: str) -> None:
    shop.send({"type": "track", "event": "Nobody's"})  # so that something could not be used
    for campaign in ("win-back", "order-thanks"):
        url = filled(path, campaign=campaign)
        body = declared(manage(shop, url), "get", path)
        empty = {name for name, shown in body.items() if not shown} - MAY_BE_EMPTY
        assert not empty, f"{path} does not show {empty}"


@pytest.mark.parametrize("path", MANAGED)
def test_nobody_manages_without_a_token(shop: Shop, path: str) -> None:
    url = filled(path)
    assert declared(manage(shop, url, "somebody else's"), "get", path) == {"message": "Unauthorized"}


@settings(thorough, max_examples=60)
@given(
    path=st.sampled_from([path for path in MANAGED if "{" in path]),
    reference=(
        ANYTHING.map(str) | st.sampled_from(["email:", ":", "phone:+1", "x" * 3000, "é" * 900, "a/b"])
    ).filter(bool),
)
def test_whoever_is_asked_for_the_answer_is_a_declared_one(shop: Shop, path: str, reference: str) -> None:
    asked = quote(reference, safe="")
    url = path
    for name in ("{person}", "{campaign}", "{segment}", "{journey}"):
        url = url.replace(name, asked)
    reply = manage(shop, url)
    declared(reply, "get", path)
    assert reply.status in (200, 404)


# ── days when nothing works ─────────────────────────────────────────────────────────────────────


def test_stores_that_refuse_are_answered_as_declared(shop: Shop, somebody: str) -> None:
    everything = frozenset(
        {"GetItem", "BatchGetItem", "Query", "PutItem", "TransactWriteItems", "BatchWriteItem"}
    )
    event = {"userId": ADA, "event": "Order Completed", "messageId": "never-stored"}
    leave = "/u/" + link(shop, somebody, Unsubscribe("orders", "sms"))
    shop.call("GET", leave)  # what is cached for some seconds is cached now
    with shop.refusing_queues(), shop.refusing_dynamodb():
        assert declared(shop.post("/v1/track", event), "post", "/v1/track")["code"] == "unavailable"
        assert "Not saved yet" in declared(shop.call("POST", leave, headers=FORM), "post", "/u/{token}")
    with shop.refusing_dynamodb(operations=everything):
        assert declared(shop.call("GET", leave), "get", "/u/{token}")["code"] == "unavailable"
        assert declared(shop.call("POST", leave, headers=FORM), "post", "/u/{token}")["code"] == "unavailable"
        shown = manage(shop, f"/admin/people/{ADA}")
        assert declared(shown, "get", "/admin/people/{person}")["code"] == "unavailable"
        ask = {"placement": "home-hero", "userId": ADA}
        asked = shop.post("/v1/decide", ask, x_identity_token=shop.identity_token(ADA))
        assert declared(asked, "post", "/v1/decide")["code"] == "unavailable"


# ── drafts of segments ──────────────────────────────────────────────────────────────────────────

DRAFTS: dict[str, tuple[object, int]] = {
    "a condition": ({"segment": {"event": "Order Completed"}}, 200),
    "a whole segment": (
        {"segment": {"id": "new", "name": "New", "when": {"everyone": True}}, "sample": 2},
        200,
    ),
    "an unknown operator": ({"segment": {"trait": "plan", "op": "eqq", "value": 1}}, 422),
    "an unknown segment": ({"segment": {"in_segment": "nobody"}}, 422),
    "nothing": ({}, 400),
    "a place that is none": ({"segment": {"everyone": True}, "next": "x"}, 400),
    "no object": ([1], 400),
}


@pytest.mark.parametrize("case", DRAFTS)
def test_a_draft_is_answered_as_declared_and_saved_nowhere(shop: Shop, case: str) -> None:
    body, status = DRAFTS[case]
    headers = {"authorization": f"Bearer {MANAGER}", "content-type": "application/json"}
    with shop.watching_writes() as writes:
        reply = shop.call("POST", "/admin/preview", body=json.dumps(body).encode(), headers=headers)
    told = declared(reply, "post", "/admin/preview")
    assert (reply.status, writes) == (status, [])
    if status == 200:
        assert told["members"] == len(told["sample"]) or told["members"] > len(told["sample"]) > 0
        assert (told["complete"], told["next"]) == (True, None)
