"""What a publishable key says of consent: a No from anybody, a Yes from nobody (A02, `consent.md` 1.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.durations import instant_to_text
from kizuna.core.sources import KeyKind
from tests.support.clouds import GREETING_WANTED, Shop, a_user

# Everything that a record of consent knows, told by whoever would like it to be so.
FORGED: dict[str, Any] = {
    "identity_verified": True,
    "identityVerified": True,
    "verified": True,
    "source": "web_form",
    "actor": "staff",
    "proof": "signed by hand",
    "wording_version": "newsletter-2026",
    "basis": "express_written",
    "consent_proof": {"wording_version": "newsletter-2026", "shown": "a form"},
    "at": "2030-01-01T00:00:00Z",
    "endpoint": "*",
    "expires_at": None,
    "action": "grant",
    "topic": "*",
    "purpose": "marketing",
}


def saying(user: str, status: str = "SUBSCRIBED", **more: Any) -> dict[str, Any]:
    said = {"key": f"{user}@people.example", "type": "EMAIL", "status": status, **more}
    return {"messaging_subscriptions": [said]}


def tries(shop: Shop, user: str) -> dict[str, dict[str, Any]]:
    """Calls with a client key that would like to be a grant."""
    ago = instant_to_text(shop.now - timedelta(days=300))
    ahead = instant_to_text(shop.now + timedelta(days=3000))
    track: dict[str, Any] = {"type": "track", "userId": user, "event": "X"}
    return {
        "a subscription": track | {"context": saying(user)},
        "forged evidence": track | {"context": saying(user, **FORGED)},
        "forged evidence on the event": track | {"context": saying(user)} | FORGED,
        "forged source and verification": track
        | {"context": {**saying(user), **FORGED, "source": {"kind": "server"}}, "verified": True},
        "as a trait": {"type": "identify", "userId": user, "traits": {**FORGED, "consent": FORGED}},
        "long ago": track | {"timestamp": ago, "context": saying(user)},
        "in the future": track | {"timestamp": ahead, "context": saying(user)},
        "with a clock turned back": track
        | {"timestamp": ahead, "sentAt": "2060-01-01T00:00:00Z", "context": saying(user)},
        "with a clock at the edge of time": track
        | {"timestamp": 253402300799999, "sentAt": 1, "context": saying(user)},
        "by categories": track
        | {"context": {"consent": {"categoryPreferences": {"Advertising": True, "marketing": True}}}},
        "an event of our own": track
        | {"event": "Subscribed", "properties": {"channel": "email", "topic": "*", **FORGED}},
        "a click of our own": track
        | {"event": "Subscription Confirmed", "properties": {"channel": "email", **FORGED}},
        "somebody else's profile": track | {"profileId": "p1", "profile_id": "p1", "context": saying(user)},
    }


def test_whatever_a_client_key_claims_its_grants_are_unverified_and_nothing_is_sent(shop: Shop) -> None:
    key = shop.new_key("web", KeyKind.CLIENT)
    users = {name: a_user() for name in tries(shop, "x")}
    for user in users.values():
        shop.greet(user, country="DE", settle=False)
    for name, user in users.items():
        told = tries(shop, user)[name]
        for reply in (shop.send(told, key=key), shop.post("/v1/batch", {"batch": [told]}, key=key)):
            assert reply.status == 200, name
        shop.send({"type": "track", "userId": user, "event": GREETING_WANTED, "messageId": f"{user}-again"})
    shop.settle()
    for name, user in users.items():
        for event in shop.consents(user):
            assert event.action == "grant", name
            assert (event.identity_verified, event.source, event.actor) == (False, "client_sdk", "self"), name
            assert event.at <= shop.now, name
            assert event.proof is None or not event.proof.startswith("signed by hand"), name
        assert shop.mails(user) == (), name


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_a_call_that_mixes_people_vouches_for_the_one_of_its_token_alone(shop: Shop, token: str) -> None:
    """The token of one visitor lends nothing to the next in the same batch, nor to a call that names nobody."""
    honest, victim = a_user(), a_user()
    for each in (honest, victim):
        shop.greet(each, country="DE", settle=False)
    proof = token or shop.identity_token(honest)
    events = [
        {"type": "track", "userId": victim, "event": "X", "context": saying(victim)},
        {"type": "track", "userId": honest, "event": "X", "context": saying(honest)},
        {"type": "track", "anonymousId": f"a-{victim}", "event": "X", "context": saying(victim)},
        {"type": "track", "userId": f" {honest} ", "event": "Y", "context": saying(victim)},
    ]
    assert shop.send(*events, key=shop.keys.client, x_identity_token=proof).status == 200
    shop.settle()
    assert {event.identity_verified for event in shop.consents(victim)} == {False}
    assert {event.identity_verified for event in shop.consents(honest)} == {not token}


def test_a_stranger_may_silence_promotion_and_nothing_else_and_the_person_takes_it_back(shop: Shop) -> None:
    """Who withdraws for a victim stops what they could stop by any link; it shows as unverified and can be lifted."""
    victim = a_user()
    shop.greet(victim)
    assert len(shop.mails(victim)) == 1
    leaving = {
        "type": "track",
        "userId": victim,
        "event": "X",
        "context": saying(victim, "UNSUBSCRIBED", **FORGED),
    }
    for _ in range(20):
        shop.send(leaving, key=shop.keys.client)
    (refusal,) = shop.consents(victim)
    assert told_of(refusal) == ("withdraw", "email", "*", "marketing", False, "client_sdk")
    assert shop.person(victim).status == "active"
    assert {address.status.value for address in shop.person(victim).addresses.values()} == {"ok"}
    shop.cloud.clock.advance(timedelta(seconds=2))
    shop.send(
        {"type": "track", "userId": victim, "event": "Y", "context": saying(victim)}, key=shop.keys.client
    )
    assert not is_reached(shop, victim), "the same stranger cannot take it back"
    shop.cloud.clock.advance(timedelta(seconds=2))
    shop.send({"type": "track", "userId": victim, "event": "Z", "context": saying(victim)})
    assert is_reached(shop, victim), "the company's own server, which knows who asks, can"


def told_of(event: ConsentEvent) -> tuple[Any, ...]:
    about = (event.action, event.channel, event.topic, event.purpose)
    return (*about, event.identity_verified, event.source)


def is_reached(shop: Shop, user: str) -> bool:
    before = len(shop.mails(user))
    again = f"{user}-{shop.now.isoformat()}"
    shop.send({"type": "track", "userId": user, "event": GREETING_WANTED, "messageId": again})
    shop.settle()
    return len(shop.mails(user)) > before
