"""Nobody gets at another person's messages with a publishable key, however the events are arranged (A02, A03)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.clouds import Shop

ATTACKER = "attacker@evil.example"


def mailboxes(shop: Shop, user: str) -> set[str]:
    return {held.value for held in shop.person(user).addresses.values() if held.channel == "email"}


def a_customer(shop: Shop, user: str) -> str:
    mailbox = f"{user}@people.example"
    shop.send({"type": "identify", "userId": user, "traits": {"email": mailbox}})
    return mailbox


def a_strange_visit(user: str, mailbox: str = ATTACKER) -> tuple[dict[str, Any], dict[str, Any]]:
    """A visitor tells a mailbox, and then claims to be somebody else."""
    visit = f"visit-{user}"
    told = {"type": "identify", "anonymousId": visit, "traits": {"email": mailbox}}
    claimed = {"type": "track", "userId": user, "anonymousId": visit, "event": "Seen"}
    return told, claimed


@pytest.mark.parametrize("together", [True, False])
def test_a_strangers_mailbox_does_not_reach_a_customer_by_way_of_a_merge(
    shop: Shop, user: str, together: bool
) -> None:
    mailbox = a_customer(shop, user)
    told, claimed = a_strange_visit(user, f"{user}-{ATTACKER}")
    with shop.new_violations() as found:
        for batch in [(told, claimed)] if together else [(told,), (claimed,)]:
            assert shop.send(*batch, key=shop.keys.client).status == 200
    assert mailboxes(shop, user) == {mailbox}
    assert "Seen" in shop.names(user)
    assert "identity_token_required" in {each.cause for each in found}


def test_with_an_identity_token_the_visit_and_the_customer_become_one(shop: Shop, user: str) -> None:
    mailbox = a_customer(shop, user)
    told, claimed = a_strange_visit(user, f"{user}@work.example")
    shop.send(told, key=shop.keys.client)
    shop.send(claimed, key=shop.keys.client, x_identity_token=shop.identity_token(user))
    assert mailboxes(shop, user) == {mailbox, f"{user}@work.example"}


def test_a_visit_without_a_mailbox_still_becomes_part_of_the_customer(shop: Shop, user: str) -> None:
    a_customer(shop, user)
    visit = f"visit-{user}"
    shop.send({"type": "track", "anonymousId": visit, "event": "Looked"}, key=shop.keys.client)
    shop.send({"type": "identify", "userId": user, "anonymousId": visit}, key=shop.keys.client)
    assert "Looked" in shop.names(user)


def test_a_visitor_with_a_mailbox_who_signs_up_is_one_person(shop: Shop, user: str) -> None:
    told, claimed = a_strange_visit(user, f"{user}@people.example")
    shop.send(told, key=shop.keys.client)
    shop.send(claimed, key=shop.keys.client)
    assert mailboxes(shop, user) == {f"{user}@people.example"}


def told_of_a_purchase(shop: Shop, user: str, *, key: str, **traits: str) -> set[tuple[str, str]]:
    """Somebody in Japan with a mailbox buys, as the holder of `key` says, and asks for mail; what was decided."""
    mailbox = {"email": f"{user}@people.example", "country": "JP", **traits}
    bought: dict[str, Any] = {"type": "track", "event": "Order Completed", "properties": {"revenue": 40}}
    events: list[dict[str, Any]] = [
        {"type": "identify", "traits": mailbox},
        bought,
        {"type": "track", "event": "Greeting Wanted"},
    ]
    for number, event in enumerate(events):
        shop.send({**event, "userId": user, "messageId": f"{user}-{number}"}, key=key)
    shop.settle()
    return {(each.state, each.reason) for each in shop.messages(user) if each.campaign == "hello"}


def test_a_purchase_that_only_a_page_tells_of_is_no_business_relationship(shop: Shop, user: str) -> None:
    """Or anybody could have us write to any mailbox, in every country where customers may be written to."""
    assert told_of_a_purchase(shop, user, key=shop.keys.client) == {("DENIED", "no_consent")}


def test_a_purchase_that_the_shop_tells_of_is_one(shop: Shop, user: str) -> None:
    assert told_of_a_purchase(shop, user, key=shop.keys.server) == {("SENT", "business_relationship")}


def test_a_relationship_survives_a_merge_whoever_had_it(shop: Shop, user: str) -> None:
    bought: dict[str, Any] = {"type": "track", "event": "Order Completed", "anonymousId": f"visit-{user}"}
    shop.send(bought)
    at = shop.holder("anonymous_id", f"visit-{user}")
    assert at is not None
    shop.send({"type": "identify", "userId": user, "messageId": f"{user}-first"})
    shop.send({"type": "identify", "userId": user, "anonymousId": f"visit-{user}"})
    assert shop.person(user).purchased_at == at.purchased_at == shop.now


# ── what the law asks about a person ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("first", ["shop", "page"])
def test_a_page_does_not_move_a_customer_to_another_country(shop: Shop, user: str, first: str) -> None:
    """In Germany nobody writes without a Yes; in the US anybody may, until there is a No."""
    mailbox = f"{user}@people.example"
    told = {"type": "identify", "userId": user, "traits": {"country": "DE", "email": mailbox}}
    moved = {"type": "identify", "userId": user, "traits": {"country": "US"}}
    for who in (first, "page" if first == "shop" else "shop"):
        shop.send(
            told if who == "shop" else moved, key=shop.keys.server if who == "shop" else shop.keys.client
        )
    assert shop.person(user).trait("country") == "DE"
    shop.send({"type": "track", "userId": user, "event": "Greeting Wanted", "messageId": f"{user}-1"})
    shop.settle()
    assert {(each.state, each.reason) for each in shop.messages(user)} == {("DENIED", "no_consent")}


def test_a_page_may_say_where_a_visitor_lives_until_the_shop_knows_better(shop: Shop, user: str) -> None:
    for minutes, country in ((9, "JP"), (5, "FR")):
        at = (shop.now - timedelta(minutes=minutes)).isoformat()
        told = {"type": "identify", "userId": user, "timestamp": at, "traits": {"country": country}}
        shop.send(told, key=shop.keys.client)
        assert shop.person(user).trait("country") == country


def test_a_plain_trait_is_what_was_told_last_whoever_told_it(shop: Shop, user: str) -> None:
    at = (shop.now - timedelta(minutes=9)).isoformat()
    shop.send({"type": "identify", "userId": user, "timestamp": at, "traits": {"mood": "calm"}})
    shop.send({"type": "identify", "userId": user, "traits": {"mood": "bright"}}, key=shop.keys.client)
    assert shop.person(user).trait("mood") == "bright"


def test_a_page_does_not_speak_for_a_guardian(shop: Shop, user: str) -> None:
    young = {"email": f"{user}@people.example", "country": "US", "age": 9}
    shop.send({"type": "identify", "userId": user, "traits": young})
    agreed = {"type": "identify", "userId": user, "traits": {"guardian_consent": True}}
    for number, key in enumerate((shop.keys.client, shop.keys.server)):
        shop.send(agreed, key=key)
        asked = {"type": "track", "userId": user, "event": "Greeting Wanted", "messageId": f"{user}-{number}"}
        shop.send(asked)
        shop.settle()
    reasons = [
        each.reason
        for each in sorted(shop.messages(user), key=lambda each: each.step)
        if each.campaign == "hello"
    ]
    assert sorted(reasons) == ["minor", "opt_out_regime"]
