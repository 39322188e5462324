"""Which of several promotional messages of a day goes to somebody: the contenders, read, and what follows for one."""

from __future__ import annotations

from datetime import UTC, datetime

from kizuna.core.catalog import Catalog
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.ports import Messages
from kizuna.core.restraint.caps import is_exempt
from kizuna.core.restraint.precedence import Contender, is_outranked
from kizuna.core.zones import day_at, zone_named

_USUAL = 50  # of a campaign that is gone
_READ = 50  # messages: more than anybody is told in a few days


def is_too_low(
    message: Message, profile: Profile, catalog: Catalog, messages: Messages, *, now: datetime
) -> bool:
    """Whether others that matter more have taken all places of the day on which a message is heard.

    Costs a read of the person's newest messages, and nothing where the workspace has no such rule.
    """
    rule = catalog.policy.precedence
    if rule is None or message.category != "marketing" or _is_exempt(message, catalog):
        return False
    newest, _ = messages.recent(profile.parts, limit=_READ)
    others = [
        _contender(each, profile, catalog)
        for each in newest
        if each.category == "marketing" and not _is_same_word(each, message) and not _is_exempt(each, catalog)
    ]
    return is_outranked(_contender(message, profile, catalog, now=now), others, rule)


def _is_exempt(message: Message, catalog: Catalog) -> bool:
    """What the caps leave alone is no contender either."""
    return is_exempt(catalog.policy.cap_exemptions, campaign=message.campaign, topic=message.topic)


def _is_same_word(one: Message, other: Message) -> bool:
    """Whether both tell the same thing, be it on several channels."""
    return (one.campaign, one.run, one.step) == (other.campaign, other.run, other.step)


def _contender(
    message: Message, profile: Profile, catalog: Catalog, *, now: datetime | None = None
) -> Contender:
    campaign = catalog.campaigns.get(message.campaign)
    zone = zone_named(profile.zone_name) or UTC
    waits = message.state in (State.PENDING, State.DEFERRED)
    heard = (
        max(filter(None, (message.not_before, now or message.changed_at))) if waits else message.changed_at
    )
    return Contender(
        message.id,
        campaign.priority if campaign else _USUAL,
        message.state,
        day_at(zone, heard),
        message.created_at,
    )
