"""`/v1/inbox`: what waits for the person whom the token names, told once on whichever channel they look first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.messages import State
from kizuna.core.sources import KeyKind
from kizuna.topology import Function, Queue
from kizuna.usecases.identity.unmerge import Registry, last_merge_of, undo_merge
from kizuna.usecases.rights.exporting import Exporter, export
from tests.support.clouds import (
    ORIGIN,
    Shop,
    a_lambda_event,
    a_user,
    basic,
    running_shop,
    sample_documents,
    with_words,
)
from tests.support.erasing import forget

ITEM = {
    "title": "Hello {{ person.traits.first_name }}",
    "body": "Your order is on its way",
    "link": "shop://orders/1",
    "data": {"order": "1"},
}


def a_workspace() -> dict[tuple[str, str], Any]:
    """What people ask for comes to the inbox; news on the phone, and in the inbox if nobody looks."""
    sample = dict(sample_documents())
    base = {
        name: value
        for name, value in sample["campaign", "hello"].items()
        if name not in ("channel", "template", "trigger", "category")
    }

    def item(name: str, **changes: Any) -> dict[str, Any]:
        shown = {**ITEM, **changes}
        return {"id": name, "channel": "inbox", "default_language": "en", "languages": {"en": shown}}

    notice = {
        **base,
        "id": "notice",
        "trigger": {"type": "event", "event": "Notice Wanted"},
        "category": "transactional",
        "transactional_basis": "asked for in the shop",
        "channel": "inbox",
        "template": "notice-inbox",
    }
    banner = {
        **notice,
        "id": "banner",
        "trigger": {"type": "event", "event": "Banner Wanted"},
        "template": "banner",
    }
    news = {
        **base,
        "id": "news",
        "category": "marketing",
        "trigger": {"type": "event", "event": "News Wanted"},
        "channels": {"choose": "all", "order": ["inbox", "email"], "cancel_when": "seen"},
        "templates": {"inbox": "news-inbox", "email": "win-back-email"},
    }
    return {
        **sample,
        ("template", "notice-inbox"): {**item("notice-inbox"), "purpose": "transactional"},
        ("template", "banner"): {
            **item("banner", placement="home-top", stays="1d"),
            "purpose": "transactional",
        },
        ("template", "news-inbox"): item("news-inbox"),
        ("campaign", "notice"): notice,
        ("campaign", "banner"): banner,
        ("campaign", "news"): news,
    }


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(documents=a_workspace()) as made:
        yield made


def comes(shop: Shop, user: str, *wanted: str, **identity: Any) -> None:
    traits = {"first_name": "Ada", "country": "US", "timezone": "America/New_York"}
    who = identity or {"userId": user}
    events: list[dict[str, Any]] = [
        {"type": "identify", **who, "messageId": f"{user}-told", "traits": traits}
    ]
    events += (
        {"type": "track", **who, "messageId": f"{user}-{name}-{shop.now.isoformat()}", "event": name}
        for name in wanted
    )
    reply = shop.send(*events)
    assert reply.status == 200, reply.text()
    shop.settle()


def look(shop: Shop, user: str, query: str = "", **headers: str) -> Any:
    given = {"authorization": basic(shop.keys.client), "x-identity-token": shop.identity_token(user)}
    return shop.call("GET", "/v1/inbox", query=f"userId={user}{query}", headers={**given, **headers})


def items(shop: Shop, user: str, query: str = "") -> list[dict[str, Any]]:
    reply = look(shop, user, query)
    assert reply.status == 200, reply.text()
    found: list[dict[str, Any]] = json.loads(reply.body)["items"]
    return found


def act(shop: Shop, user: str, deed: str, *ids: str, token: str | None = None) -> tuple[int, dict[str, Any]]:
    reply = shop.post(
        f"/v1/inbox/{deed}",
        {"userId": user, "ids": list(ids)},
        key=shop.keys.client,
        x_identity_token=shop.identity_token(user) if token is None else token,
    )
    shop.settle()
    return reply.status, json.loads(reply.body)


def test_what_was_put_there_waits_with_everything_that_a_client_needs(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    (message,) = shop.messages(user)
    assert message.state is State.SENT
    (item,) = items(shop, user)
    assert item == {
        "id": message.id,
        "placement": "inbox",
        "language": "en",
        "title": "Hello Ada",
        "body": "Your order is on its way",
        "link": "shop://orders/1",
        "data": {"order": "1"},
        "at": item["at"],
        "expiresAt": item["expiresAt"],
        "read": False,
        "clicked": False,
    }


def test_a_recorded_request_of_a_page_is_answered(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    key = basic(shop.keys.client).removeprefix("Basic ")
    event = with_words(
        a_lambda_event("inbox/look"), USER_ID=user, WRITE_KEY=key, IDENTITY_TOKEN=shop.identity_token(user)
    )
    reply = shop.invoke(Function.INBOX, event)
    assert reply["statusCode"] == 200
    assert reply["headers"]["Access-Control-Allow-Origin"] == "https://shop.example"
    assert [each["title"] for each in json.loads(reply["body"])["items"]] == ["Hello Ada"]


def test_a_queue_message_that_comes_twice_puts_one_item(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    (message,) = shop.messages(user)
    shop.wired.queues.send(Queue.INBOX, [{"message": message.id}] * 2)
    shop.settle()
    assert len(items(shop, user)) == 1


def test_looking_writes_nothing_and_an_unchanged_inbox_is_told_in_no_words(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    with shop.watching_writes() as writes:
        tag = look(shop, user).headers["ETag"]
        same = look(shop, user, **{"if-none-match": f'W/"other", {tag}'})
        any_tag = look(shop, user, **{"if-none-match": "*"})
    assert (same.status, same.text(), writes) == (304, "", [])
    assert any_tag.status == 304  # RFC 9110, 13.1.2
    act(shop, user, "read", items(shop, user)[0]["id"])
    assert look(shop, user, **{"if-none-match": tag}).status == 200


def test_a_key_may_stand_in_the_query_as_everywhere_else(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    headers = {"x-identity-token": shop.identity_token(user)}
    query = f"userId={user}&writeKey={shop.keys.client}"
    reply = shop.call("GET", "/v1/inbox", query=query, headers=headers)
    assert (reply.status, len(json.loads(reply.body)["items"])) == (200, 1)


def test_a_key_for_certain_pages_reads_nothing_from_others(shop: Shop, user: str) -> None:
    signing = shop.new_key("app", KeyKind.IDENTITY)
    token = shop.identity_token(user, kid=signing, secret=shop.wired.secrets.identity_secret(signing))
    headers = {"authorization": basic(shop.keys.app), "x-identity-token": token}
    ask = json.dumps({"placement": "home-hero", "userId": user}).encode()
    for origin, status in ((ORIGIN, 200), ("https://evil.example", 403)):
        sent = {**headers, "origin": origin}
        assert shop.call("GET", "/v1/inbox", query=f"userId={user}", headers=sent).status == status
        assert shop.call("POST", "/v1/decide", body=ask, headers=sent).status == status


def test_reading_clicking_and_putting_away_are_events_of_the_person_once(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    (item,) = items(shop, user)
    for _ in range(2):
        assert act(shop, user, "read", item["id"]) == (200, {"success": True, "items": 1})
    assert items(shop, user)[0]["read"]
    assert items(shop, user, "&unread=true") == []
    act(shop, user, "click", item["id"])
    assert items(shop, user)[0]["clicked"]
    act(shop, user, "dismiss", item["id"])
    assert items(shop, user) == []
    ours = [name for name in shop.names(user) if name.startswith("Inbox")]
    assert ours == ["Inbox Message Clicked", "Inbox Message Dismissed", "Inbox Message Read"]


def test_a_placement_shows_what_is_for_it_until_its_time_is_over(shop: Shop, user: str) -> None:
    comes(shop, user, "Banner Wanted")
    assert [each["placement"] for each in items(shop, user, "&placement=home-top")] == ["home-top"]
    assert items(shop, user, "&placement=inbox") == []
    shop.cloud.advance(timedelta(days=1))
    assert items(shop, user) == []


def test_pages_follow_each_other_without_gap_or_repeat(shop: Shop, user: str) -> None:
    for _ in range(7):
        comes(shop, user, "Notice Wanted")
        shop.cloud.advance(timedelta(minutes=1))
    seen: list[str] = []
    query = "&limit=3"
    for _ in range(4):
        body = json.loads(look(shop, user, query).body)
        seen += (each["id"] for each in body["items"])
        if body["next"] is None:
            break
        query = f"&limit=3&after={body['next'].replace('#', '%23')}"
    newest_first = [each.id for each in reversed(shop.messages(user))]
    assert seen == newest_first


def test_nobody_looks_into_or_acts_on_the_inbox_of_another(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    other = a_user()
    comes(shop, other, "Notice Wanted")
    (item,) = items(shop, user)
    foreign = shop.identity_token(other)
    assert look(shop, user, **{"x-identity-token": foreign}).status == 403
    assert look(shop, user, **{"x-identity-token": ""}).status == 403
    assert look(shop, user, authorization=basic("kzc_nobody")).status == 401
    assert act(shop, user, "read", item["id"], token=foreign)[0] == 403
    assert act(shop, other, "dismiss", item["id"]) == (200, {"success": True, "items": 0})
    assert not items(shop, user)[0]["read"]


@pytest.mark.parametrize(
    "query", ["&limit=0", "&limit=51", "&after=x", "&after=b%23zzz", "&unread=perhaps", "&other=1"]
)
def test_a_question_that_makes_no_sense_is_refused_by_name(shop: Shop, user: str, query: str) -> None:
    reply = look(shop, user, query)
    assert reply.status == 400
    assert json.loads(reply.body)["message"].startswith(query[1:].partition("=")[0])


def test_methods_and_paths_that_are_not_there(shop: Shop) -> None:
    assert shop.call("OPTIONS", "/v1/inbox").status == 200
    assert shop.call("DELETE", "/v1/inbox").status == 405
    assert shop.call("GET", "/v1/inbox/read").status == 405
    assert shop.post("/v1/inbox/steal", {}).status == 404


def says_yes(shop: Shop, user: str, *channels: str) -> None:
    keys = {"inbox": user, "email": f"{user}@people.example"}
    yes = [{"type": channel, "key": keys[channel], "status": "SUBSCRIBED"} for channel in channels]
    told = {"messageId": f"{user}-yes", "context": {"messaging_subscriptions": yes}}
    shop.send({"type": "identify", "userId": user, "traits": {"email": keys["email"]}, **told})
    shop.settle()


def test_news_come_to_the_inbox_of_those_alone_who_said_yes_to_it(shop: Shop, user: str) -> None:
    other = a_user()
    says_yes(shop, other, "inbox")
    for each in (user, other):
        comes(shop, each, "News Wanted")
    refused = {each.channel: each.reason for each in shop.messages(user)}
    assert refused == {"inbox": "no_consent", "email": "no_address"}
    assert len(items(shop, other)) == 1


def test_what_was_read_in_a_mail_before_is_taken_back_from_the_inbox(shop: Shop, user: str) -> None:
    says_yes(shop, user, "inbox", "email")
    comes(shop, user, "News Wanted")
    by = {each.channel: each for each in shop.messages(user)}
    assert {each.state for each in by.values()} == {State.SENT}
    shop.wired.messages.add_fact(by["email"].id, "opened", shop.now)
    shop.settle()
    assert items(shop, user) == []
    assert "withdrawn" in {each.channel: each for each in shop.messages(user)}["inbox"].facts


def test_what_was_read_already_stays_in_the_inbox(shop: Shop, user: str) -> None:
    says_yes(shop, user, "inbox", "email")
    comes(shop, user, "News Wanted")
    act(shop, user, "read", items(shop, user)[0]["id"])
    by = {each.channel: each for each in shop.messages(user)}
    shop.wired.messages.add_fact(by["email"].id, "opened", shop.now)
    shop.settle()
    assert [each["read"] for each in items(shop, user)] == [True]


def test_an_item_follows_its_person_into_a_merge_and_out_of_the_house(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    visitor = f"visitor-{user}"
    shop.send({"type": "track", "anonymousId": visitor, "messageId": f"{user}-v", "event": "Seen"})
    shop.send({"type": "identify", "userId": user, "anonymousId": visitor, "messageId": f"{user}-i"})
    shop.settle()
    assert len(shop.person(user).parts) == 2
    assert len(items(shop, user)) == 1


def test_who_is_told_apart_again_keeps_what_was_put_for_them_alone(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    visitor = f"tablet-{user}"
    shop.send({"type": "track", "anonymousId": visitor, "messageId": f"{user}-v", "event": "Seen"})
    shop.send({"type": "identify", "userId": user, "anonymousId": visitor, "messageId": f"{user}-i"})
    shop.settle()
    on = Registry(shop.wired.people, shop.wired.ledger, shop.wired.merges)
    undo_merge(
        last_merge_of(shop.person(user), on).id, on, shop.wired.catalog.current(fresh=True), now=shop.now
    )
    shop.settle()
    (item,) = items(shop, user)
    guest = shop.holder("anonymous_id", visitor)
    assert guest is not None
    assert guest.id != shop.person(user).id
    assert shop.wired.inboxes.page(guest.parts) == ((), None)
    assert act(shop, user, "read", item["id"])[1]["items"] == 1


def test_an_export_tells_what_lies_in_the_inbox_and_an_erasure_takes_it_away(shop: Shop, user: str) -> None:
    comes(shop, user, "Notice Wanted")
    (item,) = items(shop, user)
    person = shop.person(user)
    wired = shop.wired
    exporter = Exporter(wired.people, wired.ledger, wired.messages, wired.erasures, wired.journeys)
    told = json.loads("".join(export(person, exporter, wired.catalog.current(fresh=True), now=shop.now)))
    (kept,) = (each for each in told["records"] if each["key"].startswith("b#"))
    assert item["title"] in json.dumps(kept["content"])
    forget(shop, user)
    shop.settle()
    assert wired.inboxes.page(person.parts) == ((), None)
    assert wired.messages.get(item["id"]) is None
