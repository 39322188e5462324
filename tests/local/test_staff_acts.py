"""What members of staff record for a person, as stories: held and released, objected, silenced, lifted, read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.messages import State
from tests.support.clouds import GREETING_WANTED, Shop, a_user, running_shop
from tests.support.kizuna_command import kizuna, told


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture
def user(shop: Shop) -> str:
    """Somebody to whom mail goes, once a week at most; they have had none yet."""
    user = a_user()
    traits = {"email": f"{user}@people.example", "country": "日本", "phone": f"+81901234{int(user[5:]):04d}"}
    context = {"messaging_subscriptions": [{"key": traits["email"], "type": "EMAIL", "status": "SUBSCRIBED"}]}
    shop.send({"type": "identify", "userId": user, "traits": traits, "context": context})
    shop.settle()
    return user


def promotion(user: str, channel: str = "email") -> str:
    """What the gate says to a promotional message now."""
    shown = told("profile", "show", user)
    (mail,) = [each for each in shown["addresses"] if each["channel"] == channel]
    (reach,) = [each for each in mail["reach"] if each["topic"] == "new-releases"]
    return str(reach["reason"])


def act(*arguments: str) -> Any:
    return told(*arguments, "--reason", "they called us", "--actor", "mika")


def test_a_held_person_hears_no_promotion_until_they_are_released(shop: Shop, user: str) -> None:
    act("hold", f"user_id:{user}")
    shop.send({"type": "track", "userId": user, "event": GREETING_WANTED})
    shop.settle()

    (message,) = shop.messages(user)
    assert (message.state, message.reason, message.decision["hold"]) == (State.DENIED, "tone_hold", "staff")
    (held,) = told("profile", "show", user)["restraint"]["holds"]
    assert (held["id"], held["until"]) == ("staff", None)
    assert "ja" in held["name"]

    act("release", user)
    assert promotion(user) == "consent"
    names = shop.names(user)
    assert names.count("Hold Placed") == names.count("Hold Released") == 1
    (placed,) = [event for event in shop.timeline(user) if event.name == "Hold Placed"]
    assert (placed.properties["by"], placed.properties["reason"]) == ("mika", "they called us")


def test_a_hold_ends_by_itself(shop: Shop, user: str) -> None:
    act("hold", user, "--until", "2h")
    assert promotion(user) == "tone_hold"
    shop.cloud.advance(timedelta(hours=2))
    assert promotion(user) == "consent"


def test_a_hold_stops_what_is_on_its_way(shop: Shop, user: str) -> None:
    shop.send({"type": "track", "userId": user, "event": GREETING_WANTED})
    act("hold", user)
    shop.settle()

    assert [(message.state, message.reason) for message in shop.messages(user)] == [
        (State.DENIED, "tone_hold")
    ]


def test_a_hold_survives_a_merge_with_somebody_who_has_none(shop: Shop, user: str) -> None:
    act("hold", user)
    shop.send({"type": "track", "anonymousId": f"anonymous-{user}", "event": "Product Viewed"})
    shop.settle()
    shop.send({"type": "identify", "userId": user, "anonymousId": f"anonymous-{user}"})
    shop.settle()

    assert len(shop.person(user).parts) == 2
    assert promotion(user) == "tone_hold"


@pytest.mark.parametrize(("command", "reason"), [("object", "objection"), ("silence", "global_suppression")])
def test_what_staff_record_stands_whatever_is_agreed_to_later_until_staff_lift_it(
    shop: Shop, user: str, command: str, reason: str
) -> None:
    act("profile", command, user)
    shop.cloud.advance(timedelta(minutes=1))
    again = [{"key": f"{user}@people.example", "type": "EMAIL", "status": "SUBSCRIBED"}]
    context = {"messaging_subscriptions": again}
    shop.send({"type": "track", "userId": user, "event": "X", "context": context}, key=shop.keys.server)
    shop.settle()
    assert promotion(user) == reason

    lifted = act("profile", "lift", user)

    assert lifted["events"] == 1
    assert promotion(user) == "consent"
    proof = told("profile", "consents", user)
    assert proof["holds"]
    assert proof["consents"][-1]["actor"] == "staff"
    act("profile", command, user)
    assert promotion(user) == reason


@pytest.mark.parametrize(
    ("answer", "promotion_by_text", "act_name"),
    [
        ("--no-revocation", "consent", "Reply Dismissed"),
        ("--revocation", "channel_opt_out", "Reply Taken As Revocation"),
    ],
)
def test_a_reply_that_may_be_a_revocation_waits_until_somebody_has_read_it(
    shop: Shop, user: str, answer: str, promotion_by_text: str, act_name: str
) -> None:
    person = shop.person(user)
    phone = next(held for held in person.addresses.values() if held.channel == "sms")
    yes = [{"key": phone.value, "type": "SMS", "status": "SUBSCRIBED"}]
    shop.send({"type": "track", "userId": user, "event": "X", "context": {"messaging_subscriptions": yes}})
    shop.settle()
    assert promotion(user, "sms") == "consent"
    shop.cloud.providers.replied("when does the bus stop here?", sender=phone.value, at=shop.now)
    shop.settle()
    assert promotion(user, "sms") == "sms_review"

    act("profile", "reply", user, answer)

    assert promotion(user, "sms") == promotion_by_text
    assert shop.names(user).count(act_name) == 1


def test_nothing_that_stands_can_be_lifted_from_somebody_who_refused_nothing(shop: Shop, user: str) -> None:
    for command in (["profile", "lift"], ["release"], ["profile", "reply", "--no-revocation"]):
        code, output = kizuna(*command, user, "--reason", "x")
        assert code == 1
        assert user not in output


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01", "0s"])
def test_a_hold_that_would_be_over_is_refused(shop: Shop, user: str, until: str) -> None:
    assert kizuna("hold", user, "--reason", "x", "--until", until)[0] == 2
    assert "Hold Placed" not in shop.names(user)


@pytest.mark.parametrize("name", ["Hold Released", "Refusal Lifted", "Reply Dismissed"])
@pytest.mark.parametrize("kind", ["server", "client"])
def test_nobody_else_can_tell_what_staff_tell(shop: Shop, user: str, name: str, kind: str) -> None:
    act("profile", "object", user)
    act("hold", user)
    ids = [row["id"] for row in told("profile", "consents", user)["consents"]]
    properties = {"list": "@hold", "about": ids, "by": "mika"}
    shop.send(
        {"type": "track", "userId": user, "event": name, "properties": properties},
        key=getattr(shop.keys, kind),
    )
    shop.settle()

    assert promotion(user) == "objection"
    assert shop.person(user).lists["@hold"].inside
