"""What campaigns ask to be remembered: when somebody was written to and reacted, while one of them goes by that.

Kept of each person while some enabled campaign sends at the best hour, or on the best channel, and forgotten with
the last one; and of everybody together, by channel and hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kizuna.core.campaigns.arms import arms_as_told
from kizuna.core.campaigns.definition import Campaign
from kizuna.core.campaigns.rhythm import asked_of
from kizuna.core.campaigns.send_time import AtBestHour
from kizuna.core.conditions import EventDid

USUAL = AtBestHour()  # as far back as a choice of channels looks


def questions_of(campaigns: Iterable[Campaign]) -> Iterator[EventDid]:
    """The questions whose answers take what these campaigns need to know of each person."""
    for campaign in campaigns:
        if campaign.enabled:
            for told in _ways(campaign):
                for channel in told.reaches_by:
                    for rule in _rules(told):
                        yield from asked_of(rule, channel)


def learned_channels(campaigns: Iterable[Campaign]) -> frozenset[str]:
    """The channels of which it is counted when people react."""
    return frozenset(
        channel
        for campaign in campaigns
        if campaign.enabled
        for told in _ways(campaign)
        if any(_rules(told))
        for channel in told.reaches_by
    )


def goes_by_habit(campaign: Campaign) -> bool:
    """Whether a campaign, or an arm of it, asks when or where people react."""
    return any(any(_rules(told)) for told in _ways(campaign))


def _ways(campaign: Campaign) -> tuple[Campaign, ...]:
    return (campaign, *(told for _, told in arms_as_told(campaign)))


def _rules(campaign: Campaign) -> Iterator[AtBestHour]:
    if isinstance(campaign.send_time, AtBestHour):
        yield campaign.send_time
    if campaign.channels is not None and campaign.channels.choose == "best":
        yield USUAL
