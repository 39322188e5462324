"""STOP, START and HELP by text, in the words of the law and of the workspace, and the one answer to each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest

from tests.support.clouds import Shop, running_shop, sample_documents

_numbers = count(1)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A company that confirms a STOP itself."""
    documents = dict(sample_documents())
    for name in ("stop-confirmed", "sms-help"):
        documents["campaign", name] = {**documents["campaign", name], "enabled": True}
    with running_shop(documents=documents) as made:
        yield made


@pytest.fixture
def phone() -> str:
    return f"+1202555{next(_numbers):04}"


def knows(shop: Shop, user: str, phone: str, **traits: str) -> None:
    told = {"phone": phone, "country": "US", **traits}
    assert (
        shop.send({"type": "identify", "userId": user, "messageId": f"{user}-told", "traits": told}).status
        == 200
    )
    shop.settle()


def texts(shop: Shop, phone: str) -> list[str]:
    return [each.text or "" for each in shop.cloud.providers.outbox.messages(channel="sms", to=phone)]


def replies(shop: Shop, phone: str, words: str) -> None:
    shop.cloud.providers.replied(words, sender=phone)
    shop.settle()


@pytest.mark.parametrize("words", ["STOP", "Unsubscribe!", "停止", "配信停止。"])
def test_a_stop_is_confirmed_once_without_advertising(shop: Shop, user: str, phone: str, words: str) -> None:
    knows(shop, user, phone)
    replies(shop, phone, words)
    (told,) = texts(shop, phone)
    assert "unsubscribed" in told
    (message,) = shop.messages(user)
    assert (message.category, message.reason) == ("opt_out_confirmation", "opt_out_confirmation")


def test_the_confirmation_speaks_japanese_to_whom_we_write_in_japanese(
    shop: Shop, user: str, phone: str
) -> None:
    knows(shop, user, phone, language="ja")
    replies(shop, phone, "停止")
    assert "SMSの配信を停止しました" in texts(shop, phone)[0]


def test_the_same_stop_brought_twice_is_confirmed_once_and_another_one_again(
    shop: Shop, user: str, phone: str
) -> None:
    knows(shop, user, phone)
    for _ in range(3):
        replies(shop, phone, "STOP")
    stops = [each for each in shop.consents(user) if each.action == "sms_in"]
    assert len(texts(shop, phone)) == len(stops) == 3


def test_a_phone_that_two_people_share_gets_one_confirmation(shop: Shop, user: str, phone: str) -> None:
    knows(shop, user, phone)
    knows(shop, f"{user}-b", phone)
    replies(shop, phone, "STOP")
    assert len(texts(shop, phone)) == 1


def test_help_is_answered_and_only_so_often(shop: Shop, user: str, phone: str) -> None:
    knows(shop, user, phone)
    for words in ("HELP", "ヘルプ", "help"):
        replies(shop, phone, words)
    (told,) = texts(shop, phone)
    assert "help at" in told


def test_after_a_stop_help_is_not_answered_by_text(shop: Shop, user: str, phone: str) -> None:
    knows(shop, user, phone)
    replies(shop, phone, "STOP")
    replies(shop, phone, "HELP")
    assert len(texts(shop, phone)) == 1
    assert "sms_stop" in {message.reason for message in shop.messages(user)}


@pytest.mark.parametrize("words", ["もうやめてください", "please stop by", "thanks", "再開", "START"])
def test_nothing_else_is_answered(shop: Shop, user: str, phone: str, words: str) -> None:
    knows(shop, user, phone)
    replies(shop, phone, words)
    assert texts(shop, phone) == []


def test_a_restart_in_japanese_lifts_a_stop_in_japanese(shop: Shop, user: str, phone: str) -> None:
    knows(shop, user, phone)
    order = {
        "type": "track",
        "userId": user,
        "event": "Order Completed",
        "properties": {"order_id": "1", "revenue": 9, "currency": "USD"},
    }
    replies(shop, phone, "停止")
    shop.send({**order, "messageId": f"{user}-1"})
    shop.settle()
    assert "sms_stop" in {message.reason for message in shop.messages(user)}
    before = len(texts(shop, phone))
    shop.cloud.advance(timedelta(minutes=1))
    replies(shop, phone, "再開")
    shop.send({**order, "messageId": f"{user}-2"})
    shop.settle()
    assert len(texts(shop, phone)) == before + 1


@pytest.mark.parametrize("name", ["SMS Received", "Unsubscribed", "Subscribed", "Subscription Confirmed"])
@pytest.mark.parametrize("key", ["client", "server"])
def test_a12_nobody_else_can_tell_us_what_only_we_and_providers_know(
    shop: Shop, user: str, phone: str, name: str, key: str
) -> None:
    knows(shop, user, phone)
    told = {
        "text": "STOP",
        "channel": "*",
        "topic": "*",
        "address_id": next(iter(shop.person(user).addresses.values())).id,
        "wording_version": "checkout-2",
    }
    event = {
        "type": "track",
        "userId": user,
        "event": name,
        "messageId": f"{user}-{name}",
        "properties": told,
    }
    assert shop.send(event, key=getattr(shop.keys, key)).status == 200
    shop.settle()
    assert shop.consents(user) == ()
    assert texts(shop, phone) == []


def test_a02_a_client_key_grants_nothing_and_sets_off_no_mail(shop: Shop, user: str) -> None:
    mailbox = f"{user}@people.example"
    shop.send(
        {
            "type": "identify",
            "userId": user,
            "messageId": f"{user}-k",
            "traits": {"email": mailbox, "country": "DE"},
        }
    )
    subscription = {"key": mailbox, "type": "EMAIL", "status": "SUBSCRIBED"}
    claim = {
        "type": "identify",
        "userId": user,
        "messageId": f"{user}-claim",
        "context": {"messaging_subscriptions": [subscription]},
    }
    assert shop.send(claim, key=shop.keys.client).status == 200
    shop.settle()
    (grant,) = shop.consents(user)
    assert grant.identity_verified is False
    assert shop.messages(user) == ()
