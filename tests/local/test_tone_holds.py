"""The holds of the sample workspace as stories: something is unresolved, and promotion is silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.durations import instant_from_text
from kizuna.core.messages import State
from tests.support.clouds import GREETING_WANTED, Shop, a_user, running_shop
from tests.support.kizuna_command import told


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture
def user(shop: Shop) -> str:
    user = a_user()
    email = f"{user}@people.example"
    yes = [{"key": email, "type": "EMAIL", "status": "SUBSCRIBED"}]
    shop.send(
        {
            "type": "identify",
            "userId": user,
            "traits": {"email": email, "country": "Japan"},
            "context": {"messaging_subscriptions": yes},
        }
    )
    shop.settle()
    return user


def answers(user: str) -> dict[str, str]:
    """What the gate says to a mail now, by the kind of mail."""
    (mail,) = told("profile", "show", user)["addresses"]
    return {each["topic"] or each["category"]: each["reason"] for each in mail["reach"]}


def happens(shop: Shop, user: str, event: dict[str, Any]) -> None:
    shop.send({"userId": user, **event})
    shop.settle()


def track(name: str, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "event": name, "properties": properties}


@pytest.mark.parametrize(
    ("event", "hold", "days"),
    [
        (track("Complaint Received", ticket_id="t1"), "complaint", 14),
        (track("NPS Answered", score=6), "low-score", 30),
        (track("Order Refunded", order_id="o1"), "refund", 7),
    ],
)
def test_promotion_is_silent_on_all_channels_for_its_time_and_service_passes(
    shop: Shop, user: str, event: dict[str, Any], hold: str, days: int
) -> None:
    assert answers(user)["new-releases"] == "consent"
    happens(shop, user, event)

    found = answers(user)
    assert (found["new-releases"], found["transactional"], found["mandatory"]) == (
        "tone_hold",
        "transactional",
        "mandatory",
    )
    (standing,) = told("profile", "show", user)["restraint"]["holds"]
    assert (standing["id"], set(standing["name"]) >= {"en", "ja"}) == (hold, True)
    happens(shop, user, track(GREETING_WANTED))
    (message,) = [each for each in shop.messages(user) if each.campaign == "hello"]
    assert (message.state, message.reason, message.decision["hold"]) == (State.DENIED, "tone_hold", hold)

    until = instant_from_text(standing["until"])
    assert until - shop.now == timedelta(days=days)
    if days < 10:  # the longer ones end likewise, and a day of the whole cloud takes its time
        shop.cloud.advance_to(until + timedelta(minutes=1))
        assert answers(user)["new-releases"] == "consent"


def test_a_good_score_holds_nothing_back(shop: Shop, user: str) -> None:
    happens(shop, user, track("NPS Answered", score=9))
    assert answers(user)["new-releases"] == "consent"


def test_a_bereavement_holds_until_it_is_taken_back_and_what_was_on_its_way_is_stopped(
    shop: Shop, user: str
) -> None:
    shop.send({"userId": user, **track(GREETING_WANTED)})
    shop.send({"type": "identify", "userId": user, "traits": {"bereavement": True}})
    shop.settle()
    (message,) = shop.messages(user)
    assert (message.state, message.reason) == (State.DENIED, "tone_hold")

    shop.cloud.advance(timedelta(days=2))
    assert answers(user)["new-releases"] == "tone_hold"
    happens(shop, user, {"type": "identify", "traits": {"bereavement": False}})
    assert answers(user)["new-releases"] == "consent"
