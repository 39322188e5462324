"""A shop with one journey in force, and people who walk it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from kizuna.core.catalog import Documents
from kizuna.core.journeys.run import JourneyRun
from tests.support.clouds import Shop, sample_documents

STARTED, BOUGHT = "Trial Started", "Order Completed"

_told = count(1)  # events, each with an id of its own


def a_journey(*steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A journey `trial` that everybody enters who does `STARTED`; mail, three days, mail."""
    card = sample_documents()["campaign", "win-back"]["intent_card"]
    told = {
        "id": "trial",
        "name": "Trial",
        "brand": "groove-harbour",
        "owner": "crm",
        "topic": "new-releases",
        "intent_card": card,
        "goal": {"event": BOUGHT, "within": "30d"},
        "enter": {"event": STARTED},
        "steps": list(steps) or [mail("hello"), wait("rest", "3d"), mail("again")],
    }
    return {**told, **more}


def mail(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "message", "channel": "email", "template": "win-back-email", **more}


def wait(name: str, length: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "wait", "for": length, **more}


def with_journeys(*journeys: Mapping[str, Any]) -> Documents:
    """The sample workspace with these journeys, and without its own: they would write to the same people. No caps."""
    sample = {key: document for key, document in sample_documents().items() if key[0] != "journey"}
    policy = {**sample["policy", "policy"], "frequency_caps": [], "quiet_hours": []}
    mine = {("journey", each["id"]): each for each in journeys}
    return {**sample, ("policy", "policy"): policy, **mine}


def starts(shop: Shop, user: str, *, settle: bool = True, event: str = STARTED, **properties: Any) -> None:
    """Somebody in the US with a mailbox does what begins the journey."""
    traits = {"email": f"{user}@people.example", "country": "US", "timezone": "America/New_York"}
    told = {"type": "identify", "userId": user, "messageId": f"{user}-told", "traits": traits}
    does = {"type": "track", "userId": user, "event": event, "properties": properties}
    does["messageId"] = f"{user}-{event}-{next(_told)}"
    reply = shop.send(told, does)
    assert reply.status == 200, reply.text()
    if settle:
        shop.settle()


def does(shop: Shop, user: str, event: str, *, settle: bool = True, **properties: Any) -> None:
    told = {"type": "track", "userId": user, "event": event, "properties": properties}
    told["messageId"] = f"{user}-{event}-{next(_told)}"
    assert shop.send(told).status == 200
    if settle:
        shop.settle()


def runs_of(shop: Shop, user: str) -> tuple[JourneyRun, ...]:
    return shop.wired.journeys.of_person(shop.person(user).parts)


def the_run(shop: Shop, user: str) -> JourneyRun:
    (run,) = runs_of(shop, user)
    return run
