"""What it takes to fold events into a golden record: events of one person, and a catalog that asks about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.aggregates import empty
from kizuna.core.catalog import Catalog
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.folding import Folded, fold
from kizuna.core.identity.identifiers import identifiers_of
from kizuna.core.identity.resolution import with_identities
from kizuna.core.people import Profile, new_profile
from tests.support.builders import CAMPAIGN, NOON, SERVER, a_catalog, an_event, some_documents

HOUR = timedelta(hours=1)
PAGE = Source("website", SourceKind.CLIENT)
BUYERS = {"id": "buyers", "name": "Buyers", "when": {"event": "Order Completed", "window": {"last": "7d"}}}
PROS = {"id": "pros", "name": "Pros", "when": {"trait": "plan", "op": "eq", "value": "pro"}}
SPENDERS = {
    "id": "spenders", "name": "Spenders",
    "when": {"event": "Order Completed", "verb": "sum", "of": "total", "op": "gte", "value": 30},
}  # fmt: skip
CATALOG = a_catalog(
    {
        **some_documents(
            CAMPAIGN
            | {"trigger": {"type": "event", "event": "Order Completed"}, "audience": {"in": ["buyers"]}}
        ),
        **{("segment", str(segment["id"])): segment for segment in (BUYERS, PROS, SPENDERS)},
    }
)


def identify(number: int = 1, *, hour: int = 0, **traits: Any) -> Event:
    context = traits.pop("context", {})
    source = traits.pop("source", SERVER)
    at = NOON + hour * HOUR
    return an_event(
        "", type="identify", number=number, at=at, received_at=at, traits=traits, context=context, source=source
    )  # fmt: skip


def order(number: int = 1, *, hour: int = 0, **changes: Any) -> Event:
    at = NOON + hour * HOUR
    return an_event(number=number, **({"at": at, "received_at": at} | changes))


def nobody_yet(*events: Event) -> Profile:
    """A new person with what the events identify them by, remembering nothing."""
    identities = [identity for event in events for identity in identifiers_of(event)]
    fresh = replace(
        new_profile("p1", now=NOON), aggregates={key: empty(need) for key, need in CATALOG.needs.items()}
    )
    return with_identities(fresh, tuple(identities))


def folded(
    *events: Event, profile: Profile | None = None, now: datetime = NOON, catalog: Catalog = CATALOG
) -> Folded:
    return fold(profile or nobody_yet(*events), events, catalog, now=now)
