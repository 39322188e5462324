"""What a system did not take for good is told to it once more, because somebody says so.

A failed message stays as it is; another one follows it, of its own row, under the `webhook-id` of the first: a system
that did take it after all drops it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.content.own_content import WebhookContent
from kizuna.core.durations import instant_to_text
from kizuna.core.messages import Message, State
from kizuna.core.own_channels import WEBHOOK
from kizuna.core.people import Profile
from kizuna.core.ports import Messages, NewMessage, People
from kizuna.core.repeats import repeat_of

_PAGE = 100


def failed(
    webhook: str, on: Messages, catalog: Catalog, *, since: datetime, person: Profile | None = None
) -> Iterator[Message]:
    """The messages to one webhook that failed for good since then: of anybody, or of one person."""
    campaigns = [name for name, each in catalog.campaigns.items() if WEBHOOK in each.reaches_by]
    found = on.of_person(person.parts) if person else _decided(campaigns, on, since)
    for message in found:
        if message.channel != WEBHOOK or message.state is not State.FAILED or message.created_at < since:
            continue
        template = catalog.templates.get(message.template)
        told = template.content(message.language)[1] if template else None
        if isinstance(told, WebhookContent) and told.webhook == webhook:
            yield message


def _decided(campaigns: list[str], on: Messages, since: datetime) -> Iterator[Message]:
    for campaign in campaigns:
        before: str | None = ""
        while before is not None:
            page, before = on.decided(campaign, since=since, before=before, limit=_PAGE)
            yield from page


def replay(
    message: Message,
    *,
    people: People,
    messages: Messages,
    catalog: Catalog,
    now: datetime,
    by: str,
    reason: str,
) -> bool:
    """Put one that follows a failed message; the gate is asked anew before it goes. False if one is there already, or
    its campaign or person is gone.

    Guarded by the id, which follows from the first one's: replaying twice is once, until that one has failed too. A
    crash leaves it put or not.
    """
    campaign = catalog.campaigns.get(message.campaign)
    person = people.profiles([message.person]).get(message.person)
    if campaign is None or person is None:
        return False
    happened = message.decision.get("replayed", {}).get("at") or instant_to_text(message.created_at)
    again = replace(
        repeat_of(message, "replay", now=now),
        reason=str(message.decision.get("reason", "")),
        expires_at=campaign.expires_after.after(now),
        decision={**message.decision, "replayed": {"by": by, "reason": reason, "at": happened}},
    )
    return messages.create(NewMessage(again, None, person.parts))
