"""A small shop's catalog and the events of its customers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.conditions import EventDid, aggregate_key
from kizuna.core.events import ConsentProof, Event, Source, SourceKind
from kizuna.core.messages import State
from kizuna.core.people import Profile
from tests.support.builders import CAMPAIGN, INTENT, NOON, SERVER, a_catalog, an_event, some_documents
from tests.support.folds import BUYERS, HOUR
from tests.support.house import House

DAILY = {"trigger": {"type": "schedule", "cron": "0 12 * * *", "zone": "UTC"}}
PAGE = Source("website", SourceKind.CLIENT)
ORDERS = EventDid(event="Order Completed", verb="count", op="gte", value=3)
SEGMENTS = {"buyers": BUYERS, "loyal": {"id": "loyal", "name": "Loyal", "when": ORDERS.model_dump()}}
TRIGGERED = {
    "id": "welcome", "name": "Welcome", "goal": {"event": "Order Completed"}, "brand": "shop", "topic": "news",
    "channel": "email", "template": "spring-email", "trigger": {"type": "segment", "segment": "loyal"},
    "intent_card": INTENT,
}  # fmt: skip
CATALOG = a_catalog(
    {**some_documents(TRIGGERED), **{("segment", name): document for name, document in SEGMENTS.items()}}
)


def a_house(**more: Any) -> House:
    return House(CATALOG, **more)


def order(number: int = 1, *, user: str | None = "u1", anonymous: str | None = None, **changes: Any) -> Event:
    at = {"at": NOON - number * HOUR, "received_at": NOON}
    return an_event(number=number, user_id=user, anonymous_id=anonymous, **(at | changes))


def identify(
    number: int = 100, *, user: str | None = "u1", anonymous: str | None = None, **traits: Any
) -> Event:
    source = traits.pop("source", SERVER)
    return an_event(
        "", type="identify", number=number, user_id=user, anonymous_id=anonymous, traits=traits, source=source,
        at=NOON - HOUR, received_at=NOON,
    )  # fmt: skip


SHOP = replace(SERVER, consent_proof=ConsentProof("v2", "form"))
A_WEEK_AGO = NOON - timedelta(days=7)


def subscribe(
    user: str,
    email: str = "",
    *,
    number: int = 1,
    status: str = "SUBSCRIBED",
    at: datetime = A_WEEK_AGO,
    **changes: Any,
) -> Event:
    """Somebody gives an address in a form and says Yes (or No) to mail, a week ago unless told."""
    address = email or f"{user}@example.com"
    says = {"messaging_subscriptions": [{"type": "email", "key": address, "status": status}]}
    given: dict[str, Any] = {
        "type": "identify",
        "id": f"form-{user}-{number}",
        "source": SHOP,
        "at": at,
        "received_at": at,
        "user_id": user,
        "traits": {"email": address, "country": "JP", "name": user.title()},
        "context": says,
    }
    return an_event("", **(given | changes))


def orders_of(profile: Profile) -> int:
    return int(profile.aggregates[aggregate_key(ORDERS)].get("n", 0))


def mail_shop(campaign: dict[str, Any] | None = None, **policy: Any) -> Catalog:
    documents = {**some_documents(CAMPAIGN | DAILY | (campaign or {})), ("policy", "policy"): policy}
    return a_catalog(documents)


def decided(catalog: Catalog | None = None, *users: str) -> House:
    """A house in which a message of a campaign waits for its sender, for `u1` or for each of these users."""
    house = House(catalog or mail_shop())
    house.ingest(*(subscribe(user) for user in users or ("u1",)))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    return house


def state_of(house: House) -> tuple[State, str]:
    message = house.only_message()
    return message.state, message.reason
