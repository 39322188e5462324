"""A campaign asked for by a back end or by staff, for one person (`OnApi`): the request is an event of theirs.

    POST /admin/campaigns/{id}/send  ──▶  "Campaign Requested" {campaign, data}  ──▶  its message, like any other

The event's id follows from campaign and key, so the same request again counts once; and the message's id from that of
the event, so even long after it is decided once. What is to be told stands in the event: a template reads it as
`event.properties.data`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.triggers import CAMPAIGN_REQUESTED
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import digest

DESK = Source("campaign-desk", SourceKind.SYSTEM)


def request_event(
    campaign: str, person: str, *, key: str, data: Mapping[str, Any], by: str, now: datetime
) -> Event:
    """The request as an event of the person. `key` is the caller's: the same again is the same event."""
    return Event(
        type="track",
        id=f"request-{digest('campaign request', campaign, person, key)}",
        source=DESK,
        at=now,
        received_at=now,
        name=CAMPAIGN_REQUESTED,
        properties={"campaign": campaign, "data": dict(data), "by": by},
        profile_id=person,
    )


def asks_for(event: Event, campaign: Campaign) -> bool:
    """Whether an event is a request for this campaign. Told by anybody but ourselves, the name is just a name."""
    is_ours = event.source.kind is SourceKind.SYSTEM and event.source.id == DESK.id
    return is_ours and event.properties.get("campaign") == campaign.id
