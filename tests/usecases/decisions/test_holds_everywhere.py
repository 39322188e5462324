"""While something between us is unresolved promotion is silent, on whichever way it would have gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.decisions.telling import record_body
from kizuna.core.messages import State
from kizuna.usecases.consents import staff_acts
from kizuna.usecases.consents.staff_acts import StaffDesk
from kizuna.usecases.delivery.deliver import deliver
from tests.support.builders import CAMPAIGN, NOON, a_catalog, an_event, some_documents
from tests.support.content import EMAIL, PUSH, SMS
from tests.support.customers import DAILY, identify, mail_shop, subscribe
from tests.support.fakes import InMemorySender
from tests.support.house import House
from tests.usecases.decisions.test_digests import ROOM, held_back, ring

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAYS: dict[
    str, tuple[str, dict[str, Any]]
] = {  # under which key somebody is reached, and what they are shown
    "email": ("u1@example.com", EMAIL),
    "sms": ("+819012345678", SMS),
    "push": ("t" * 64, PUSH),
    "inbox": ("u1", {"title": "Hello", "body": "Come in"}),
    "webhook": ("u1", {"webhook": "crm", "type": "a.b", "data": {"a": "b"}}),
    "task": ("u1", {"queue": "calls", "title": "Call", "script": "Hello"}),
}
LASTS = {"last": "14d"}
RATED = [{"property": "score", "op": "lte", "value": 2}]
HOLDS: dict[str, dict[str, Any]] = {
    "bad-call": {"event": "Support Call Rated", "where": RATED, "window": LASTS},
    "low-score": {"event": "NPS Answered", "where": RATED, "window": LASTS},
    "refund": {"event": "Order Refunded", "window": LASTS},
    "complaint": {"event": "Complaint Received", "window": LASTS},
    "bereavement": {"trait": "bereavement", "op": "eq", "value": True},
}


def a_shop() -> Catalog:
    """A campaign and a service message for each way; all holds in force."""
    documents: dict[tuple[str, str], Any] = {}
    campaigns = []
    for channel, (_, content) in WAYS.items():
        for category in ("marketing", "transactional"):
            name = f"{channel}-{category}"
            service = {"transactional_basis": "asked for in the shop"} if category == "transactional" else {}
            campaigns.append(
                {
                    **CAMPAIGN,
                    **DAILY,
                    "id": name,
                    "name": name,
                    "channel": channel,
                    "template": name,
                    "category": category,
                }
                | service
            )
            documents["template", name] = {
                "id": name,
                "channel": channel,
                "default_language": "en",
                "languages": {"en": content},
                **({"purpose": "transactional"} if service else {}),
            }
    documents["webhook", "crm"] = {"id": "crm", "url": "https://crm.example.com/kizuna"}
    documents["policy", "policy"] = policy()
    return a_catalog({**some_documents(*campaigns), **documents})


def policy() -> dict[str, Any]:
    holds = [{"id": name, "name": {"en": name, "ja": name}, "when": when} for name, when in HOLDS.items()]
    return {"tone_holds": holds}


def a_house() -> House:
    """Somebody who agreed to everything, on every way."""
    house = House(a_shop())
    form = subscribe("u1")
    said = [{"type": channel, "key": key, "status": "SUBSCRIBED"} for channel, (key, _) in WAYS.items()]
    device = {"token": WAYS["push"][0], "type": "android"}
    traits = {**form.traits, "phone": WAYS["sms"][0]}
    house.ingest(replace(form, traits=traits, context={"messaging_subscriptions": said, "device": device}))
    house.settle()
    return house


def happens(house: House, hold: str, at: datetime = NOON, *, user: str = "u1") -> None:
    when = HOLDS[hold]
    if hold == "bereavement":
        house.ingest(replace(identify(900, user=user, bereavement=True), at=at, received_at=at), now=at)
    else:
        given: dict[str, Any] = {"at": at, "received_at": at, "properties": {"score": 1}}
        house.ingest(an_event(when["event"], number=901, user_id=user, **given), now=at)
    house.settle(now=at)


def run_all(house: House, at: datetime = NOON) -> None:
    for name in house.catalog.campaigns:
        house.start(name, at)
    house.walk(now=at)
    house.settle(now=at)


def send_all(house: House, at: datetime = NOON) -> None:
    """What is ready is handed to its sender; a task to whoever claims it."""
    senders = {**house.deliverer.senders, "task": InMemorySender()}
    for message in list(house.messages.stored.values()):
        if message.state is State.PENDING:
            deliver(message.id, replace(house.deliverer, senders=senders), house.catalog, now=at)
    house.settle(now=at)


def ends(house: House, at: datetime = NOON) -> dict[str, str]:
    """What became of what was decided at an instant: the state, and of a refusal the reason."""
    return {
        message.campaign: message.reason if message.state is State.DENIED else str(message.state)
        for message in house.messages.stored.values()
        if message.created_at == at
    }


HELD = {f"{way}-marketing": "tone_hold" for way in WAYS} | {f"{way}-transactional": "SENT" for way in WAYS}
FREE = dict.fromkeys(HELD, "SENT")


@pytest.mark.parametrize("before", [True, False], ids=["before it is decided", "while it waits"])
@pytest.mark.parametrize("hold", HOLDS)
def test_promotion_is_silent_on_every_way_and_service_passes(hold: str, before: bool) -> None:
    house = a_house()
    if before:
        happens(house, hold)
    run_all(house)
    if not before:
        happens(house, hold)
    send_all(house)
    assert ends(house) == HELD
    for message in house.messages.stored.values():
        body = record_body(message)
        assert body["inputsHash"]
        assert body["policy"] == house.catalog.policy.consent.version_id
        assert body["gates"][-1]["verdict"] == ("allow" if message.state is State.SENT else "deny")
        assert message.decision.get("hold") == (None if message.state is State.SENT else hold)


def test_a_bereavement_that_was_noted_by_mistake_is_taken_back() -> None:
    house = a_house()
    happens(house, "bereavement")
    later = NOON + 30 * DAY
    taken_back = identify(902, user="u1", bereavement=False)
    house.ingest(replace(taken_back, at=later - HOUR, received_at=later - HOUR), now=later - HOUR)
    house.settle(now=later - HOUR)
    run_all(house, later)
    send_all(house, later)
    assert ends(house, later) == FREE


@pytest.mark.parametrize("hold", [name for name in HOLDS if name != "bereavement"])
def test_when_its_time_is_over_promotion_goes_again_on_every_way(hold: str) -> None:
    house = a_house()
    happens(house, hold)
    just_before, over = NOON + 14 * DAY - HOUR, NOON + 14 * DAY + HOUR
    for at, ended in ((just_before, HELD), (over, FREE)):
        run_all(house, at)
        send_all(house, at)
        assert ends(house, at) == ended


def test_a_later_wave_of_a_run_meets_a_hold_that_began_since() -> None:
    house = House(mail_shop({"expires_after": "5d"}, ramp={"large": 10, "first_at_most": 10}, **policy()))
    users = [f"u{number}" for number in range(24)]
    house.ingest(*(subscribe(user) for user in users))
    house.settle()
    run_all(house)
    starts = {message.not_before or NOON for message in house.messages.stored.values()}
    waiting = [m for m in house.messages.stored.values() if m.not_before == max(starts)]
    assert len(starts) > 1
    assert len(waiting) > 0
    sad = next(user for user in users if house.person("user_id", user).id == waiting[0].person)
    happens(house, "complaint", NOON + timedelta(minutes=1), user=sad)
    last = max(message.not_before or NOON for message in waiting)
    house.ring(now=last)
    house.settle(now=last)
    send_all(house, last)
    assert house.states() == {"SENT": 23, "tone_hold": 1}
    assert house.messages.stored[waiting[0].id].reason == "tone_hold"


@pytest.mark.parametrize("when", ["while they wait", "after they were gathered"])
def test_a_digest_and_what_it_would_have_told_are_promotion_too(when: str) -> None:
    house = held_back()
    person = house.person("user_id", "u1")
    desk = StaffDesk(house.people, house.ledger, house.new_id)
    if when == "after they were gathered":
        house.ring(now=ROOM)
        house.settle(now=ROOM)
    at = ROOM - HOUR if when == "while they wait" else ROOM
    staff_acts.hold(person, desk, house.catalog, now=at, by="mika", reason="is in hospital")
    house.settle(now=at)
    ring(house, ROOM + HOUR)
    assert len(house.email.sent) == 1, "the one that went before"
    told = {message.campaign: message.reason for message in house.messages.stored.values()}
    if when == "while they wait":
        assert told == {"spring": "consent", "summer": "tone_hold", "autumn": "tone_hold"}
    else:
        refused = {"summer": "in_digest", "autumn": "in_digest", "round-up": "nothing_left"}
        assert told == {"spring": "consent", **refused}
        (digest,) = (each for each in house.messages.stored.values() if each.campaign == "round-up")
        assert set(digest.decision["left_out"].values()) == {"tone_hold"}
        assert record_body(digest)["inputsHash"]
