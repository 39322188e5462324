"""When everybody reacts: counted from what becomes of messages, and read for campaigns that go by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.asking import goes_by_habit
from kizuna.core.campaigns.rhythm import Rhythm, hour_of_week
from kizuna.core.catalog import Catalog
from kizuna.core.messages import Message, State
from kizuna.core.ports import Rhythms
from kizuna.core.zones import zone_named

_REACTIONS = frozenset({"opened", "clicked"})  # facts are of humans; what machines open is only an event


def note_rhythm(before: Message | None, after: Message, rhythms: Rhythms, catalog: Catalog) -> None:
    """Count a promotional message as it goes out, and again as somebody first reacts to it, in the hour of the week
    in which it went out where they are. Nothing where no zone is known, or no campaign asks."""
    if after.category != "marketing" or after.channel not in catalog.learned_channels:
        return
    sent_at, zone = sent(after), zone_named(_zone_of(after))
    if sent_at is None or zone is None:
        return
    slot = hour_of_week(sent_at, zone)
    if before is not None and before.state is not State.SENT and after.state is State.SENT:
        rhythms.note(after.channel, slot, tries=1, spread=after.id)
    elif before is not None and not _has_reacted(before) and _has_reacted(after):
        rhythms.note(after.channel, slot, hits=1, spread=after.id)


def sent(message: Message) -> datetime | None:
    """When a message went out, by its evidence; None if it did not."""
    return next((line.at for line in message.evidence if line.state is State.SENT), None)


def _has_reacted(message: Message) -> bool:
    return not _REACTIONS.isdisjoint(message.facts)


def _zone_of(message: Message) -> str | None:
    """The zone that the gate was told of when it was asked last."""
    zone = message.decision.get("inputs", {}).get("subject", {}).get("timezone")
    return zone if isinstance(zone, str) else None


def rhythms_for(campaign: Campaign, rhythms: Rhythms | None) -> Mapping[str, Rhythm]:
    """What is known of everybody on the campaign's channels; nothing where it does not ask."""
    if rhythms is None or not goes_by_habit(campaign):
        return {}
    return {channel: rhythms.of(channel) for channel in channels_of(campaign)}


def channels_of(campaign: Campaign) -> tuple[str, ...]:
    """The channels that it may speak on, those of its arms included."""
    of_arms = campaign.experiment.arms if campaign.experiment else ()
    found = (*campaign.reaches_by, *(arm.channel for arm in of_arms if arm.channel))
    return tuple(dict.fromkeys(map(str, found)))
