"""Frequency caps at the local cloud: what is held back, gathered and sent, on a clock that is wound on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.messages import State
from tests.support.clouds import GREETING_WANTED, Shop, a_user, running_shop, sample_documents
from tests.usecases.decisions.test_digests import TEMPLATE

DAY = timedelta(days=1)
WANTED = (GREETING_WANTED, "Jazz Wanted", "Soul Wanted")
GATHERS = {"channel": "email", "count": 1, "window": "2d", "on_hit": "digest", "digest": "round-up"}


def documents() -> dict[Any, Any]:
    sample = dict(sample_documents())
    hello = {**sample["campaign", "hello"], "expires_after": "6d"}
    for name, event in zip(("hello", "jazz", "soul"), WANTED, strict=True):
        trigger = {"type": "event", "event": event}
        sample["campaign", name] = {**hello, "id": name, "name": name.title(), "trigger": trigger}
    round_up = {**hello, "id": "round-up", "name": "Round-up", "template": "round-up"}
    sample["campaign", "round-up"] = {**round_up, "trigger": {"type": "digest"}}
    sample["template", "round-up"] = TEMPLATE
    sample["policy", "policy"] = {**sample["policy", "policy"], "frequency_caps": [GATHERS]}
    return sample


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(documents=documents()) as running:
        yield running


def wish(shop: Shop, user: str, event: str) -> None:
    shop.send({"type": "track", "userId": user, "messageId": f"{user}-{event}", "event": event})
    shop.settle()


def states(shop: Shop, user: str) -> list[tuple[str, State, str]]:
    return [(message.campaign, message.state, message.reason) for message in shop.messages(user)]


def test_what_is_too_much_is_told_in_one_mail_when_there_is_room(shop: Shop) -> None:
    user = a_user()
    shop.greet(user)
    for event in WANTED[1:]:
        wish(shop, user, event)
    assert sorted(state for _, state, _ in states(shop, user)) == [State.DEFERRED, State.DEFERRED, State.SENT]
    assert {reason for _, state, reason in states(shop, user) if state is State.DEFERRED} == {
        "held_for_digest"
    }
    shop.cloud.advance(2 * DAY + timedelta(hours=1))
    shop.settle()
    found = {campaign: (state, reason) for campaign, state, reason in states(shop, user)}
    assert found["round-up"][0] is State.SENT
    assert found["jazz"] == found["soul"] == (State.DENIED, "in_digest")
    first, second = shop.mails(user)
    assert first.id != second.id
    assert len(shop.mails(user)) == 2


def test_who_leaves_while_it_waits_gets_no_digest(shop: Shop) -> None:
    user = a_user()
    shop.greet(user)
    for event in WANTED[1:]:
        wish(shop, user, event)
    said = [{"key": f"{user}@people.example", "type": "EMAIL", "status": "UNSUBSCRIBED"}]
    context = {"messaging_subscriptions": said}
    shop.send({"type": "track", "userId": user, "messageId": f"{user}-no", "event": "X", "context": context})
    shop.settle()
    shop.cloud.advance(2 * DAY + timedelta(hours=1))
    shop.settle()
    assert {reason for _, state, reason in states(shop, user) if state is State.DENIED} == {"channel_opt_out"}
    assert len(shop.mails(user)) == 1
