"""A person whose every value is a canary, sent down every path: seen nowhere on the way, and in no place afterwards.

A25 of the attacks, and S5: 0 places after the erasure, and after a restore and the replay of the log of erasures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from kizuna.core.ids import address_id
from kizuna.core.links import Preferences, Survey, Unsubscribe, Visit
from kizuna.topology import Queue
from kizuna.usecases.rights.asking import replay
from tests.support.clouds import Shop, basic, running_shop, sample_documents
from tests.support.contract import MANAGER
from tests.support.erasing import (
    everything_stored,
    forget,
    is_named,
    places_of,
    registrar,
    restore,
    snapshot,
    work,
)
from tests.support.own_channels import on_channels_of_our_own
from tests.support.own_pages import FORM, a_token

USER = "qxcanary-7041"
EMAIL = f"{USER}@people.example"
SECOND = "other-qxcanary-7041@people.example"
PHONE = "+12025557041"
NAME = "Quxana Canaryqx"
VALUES = (
    USER,
    EMAIL,
    SECOND,
    PHONE,
    NAME,
    "visitor-qxcanary",
    "token-qxcanary-7041",
    "order-qxcanary",
    "card-qxcanary",
)
ADDRESSES = (address_id("email", EMAIL), address_id("email", SECOND), address_id("sms", PHONE))
"""`VALUES` name the person (their id at the company too: a log holds our own ids alone), and from an address anybody
can compute its id."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    claims = {MANAGER: {"sub": "manager", "cognito:groups": "[viewer author approver privacy staff]"}}
    own = {**sample_documents(), **on_channels_of_our_own()}
    item = own["template", "notice-inbox"]
    shown = {"en": {"title": "For {{ person.traits.first_name }}", "body": "x"}}
    own["template", "notice-inbox"] = {**item, "languages": shown}
    with running_shop(documents=own, authorizer=claims.get) as made:
        yield made


def event(name: str, number: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": USER, "event": name, "messageId": f"{name}-{number}-qxcanary", **more}


def lives(shop: Shop) -> list[str]:
    """Everything that a person can do or have done to them; the texts of all answers that they or others got."""
    said = []

    def ask(method: str, path: str, *, body: Any = b"", query: str = "", **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = shop.call(method, path, body=raw, query=query, headers=headers)
        said.append(f"{reply.status} {path.partition('/')[0]} {reply.text()}" if reply.status >= 400 else "")
        return reply

    device = {"device": {"token": "token-qxcanary-7041", "type": "ios"}}
    cards = {"externalIds": [{"type": "loyalty_card", "id": "card-qxcanary"}]}
    shop.send(
        {"type": "track", "anonymousId": "visitor-qxcanary", "event": "Product Viewed", "context": device}
    )
    shop.greet(USER)
    traits = {"phone": PHONE, "first_name": NAME, "last_name": NAME, "country": "US"}
    shop.send(
        {
            "type": "identify",
            "userId": USER,
            "anonymousId": "visitor-qxcanary",
            "traits": traits,
            "context": cards,
        },
        event("Signed Up"),
        event("Order Completed", properties={"order_id": "order-qxcanary", "revenue": 20, "gift_for": NAME}),
        event("Notice Wanted"),
        event("Call Wanted"),
        event("Stock Watched", properties={"for": NAME}),
    )
    shop.settle()
    shop.send({"type": "identify", "userId": USER, "traits": {"email": SECOND}})
    subscriptions = [{"key": key, "type": kind, "status": status} for key, kind, status in (
        (EMAIL, "EMAIL", "SUBSCRIBED"), (PHONE, "SMS", "UNSUBSCRIBED"), (NAME, "EMAIL", "UNSUBSCRIBED"))]  # fmt: skip
    shop.send(event("X", context={"messaging_subscriptions": subscriptions}))
    # What cannot be used, from page, back end and queue.
    shop.send(
        {"type": "track", "event": NAME, "properties": {"email": EMAIL}},
        {"type": "identify", "userId": USER, "traits": {"email": f"{NAME} <{EMAIL}>", "phone": f"x{PHONE}"}},
        event("Y", context=NAME),
        {"userId": USER, "type": NAME},
        key=shop.keys.client,
    )
    ask("POST", "/v1/track", body=b'{"userId": "' + USER.encode(), authorization=basic(shop.keys.server))
    ask(
        "POST",
        "/v1/track",
        body={"userId": USER, "event": 5, "x": NAME},
        authorization=basic(shop.keys.server),
    )
    ask("POST", "/v1/decide", body={"placement": EMAIL, "userId": 7}, authorization=basic(shop.keys.client))
    ask(
        "GET", "/v1/inbox", query=f"userId={quote(EMAIL)}&limit={USER}", authorization=basic(shop.keys.client)
    )
    for path in (
        f"/admin/people/{quote('nobody-' + EMAIL)}",
        f"/admin/segments/{USER}",
        "/admin/campaigns/nothing/report",
    ):
        ask("GET", path, query=f"limit={USER}", authorization=f"Bearer {MANAGER}")
    # Their own side: links, pages, replies, what providers tell.
    for path, scope in (("/preferences/", Preferences()), ("/s/", Survey("nps")), ("/preferences/", Visit())):
        ask("GET", path + a_token(shop, scope, USER))
        ask(
            "POST", path + a_token(shop, scope, USER), body=f"act={quote(NAME)}&score={USER}".encode(), **FORM
        )
    ask("POST", "/preferences", body=f"email={quote(EMAIL)}".encode(), **FORM)
    (message, *_) = shop.messages(USER)
    shop.cloud.providers.opened(shop.mails(USER)[0].id, at=shop.now + timedelta(seconds=15))
    shop.cloud.advance(timedelta(seconds=15))
    shop.cloud.providers.replied(f"please call {NAME}", sender=PHONE)
    shop.cloud.providers.replied("STOP", sender=PHONE)
    shop.settle()
    token = a_token(shop, Unsubscribe("new-releases", "email"), USER)
    ask("POST", f"/u/{token}", body=f"List-Unsubscribe=One-Click&comment={quote(NAME)}".encode(), **FORM)
    shop.settle()
    manager = f"Bearer {MANAGER}"
    for part in ("", "/brief", "/timeline", "/decisions", "/consents"):
        ask("GET", f"/admin/people/{quote(EMAIL)}{part}", authorization=manager)
    ask("POST", f"/admin/people/{USER}/export", authorization=manager)
    shop.settle()
    # On days when nothing works the errors are told of, and name nobody.
    with shop.refusing_dynamodb():
        ask("POST", "/v1/track", body=event("Z"), authorization=basic(shop.keys.server))
        ask("POST", f"/u/{token}", body=b"List-Unsubscribe=One-Click", **FORM)
        ask("GET", f"/admin/people/{quote(EMAIL)}", authorization=manager)
    shop.settle()
    assert message.person == shop.person(USER).id
    return said


def test_it_is_seen_in_no_log_metric_key_queue_url_or_error_and_is_gone_after_the_erasure_and_a_restore(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    with shop.hearing_the_bus() as bus:
        said = lives(shop)
        kinds = {place.split(" ")[2].partition("#")[0] for place in stored_in(shop)}
        assert kinds >= {"b", "e", "identity", "message", "profile", "u"}, "a poor life"
        theirs = [
            place for place, _ in tables(shop) if any(part in place for part in shop.person(USER).parts)
        ]
        lived = {place.split(" ")[2].partition("#")[0] for place in theirs}
        assert lived >= {"j", "t", "pressure"}, "a poor life"
        backup = {table: snapshot(table) for table in ("people", "ledger")}
        named = [key for key, _ in objects(shop) if any(is_named(value, key) for value in VALUES)]
        forget(shop, USER)
        shop.cloud.advance(timedelta(hours=3))
    logged = capfd.readouterr()
    assert found_in(logged.out + logged.err) == [], "logs and metrics"
    assert [each for each in said if found_in(each)] == [], "answers that are errors"
    assert named == [], "names of objects"
    assert found_in(json.dumps([each[1] for each in bus])) == [], "what other systems are told"
    assert found_in(" ".join([*shop.cloud.resources.table_names.values(), *map(str, Queue)])) == []
    assert places_of(shop, (*VALUES, *ADDRESSES)) == []
    restore("people", backup["people"])
    assert places_of(shop, VALUES) != []
    (asked,) = replay(registrar(shop), now=shop.now)
    assert work(shop, asked.person).is_buried
    shop.cloud.advance(timedelta(hours=3))
    assert places_of(shop, (*VALUES, *ADDRESSES)) == []


def test_no_url_that_somebody_gets_holds_a_value_of_theirs(shop: Shop) -> None:
    lives(shop)
    urls = [
        word for mail in shop.cloud.providers.outbox.messages() for word in words_of(mail) if "://" in word
    ]
    assert len(urls) > 3
    assert found_in(" ".join(urlsplit(url.strip('<>"()')).path for url in urls)) == []


def words_of(mail: Any) -> list[str]:
    return f"{mail.text or ''} {mail.html or ''} {mail.header('List-Unsubscribe') or ''}".replace(
        '"', " "
    ).split()


def found_in(text: str) -> list[str]:
    return [value for value in VALUES if is_named(value, text)]


def stored_in(shop: Shop) -> list[str]:
    """The rows of the tables that name the person."""
    return [place for place, text in tables(shop) if any(is_named(value, text) for value in VALUES)]


def tables(shop: Shop) -> list[tuple[str, str]]:
    return [(place, text) for place, text in everything_stored(shop) if place.startswith("kizuna-local-")]


def objects(shop: Shop) -> list[tuple[str, str]]:
    return [(place, text) for place, text in everything_stored(shop) if not place.startswith("kizuna-local-")]
