"""Whether a message that waited still has something to tell its person."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.campaigns import TRIGGERED, Campaign
from kizuna.core.campaigns.arms import as_varied
from kizuna.core.catalog import Catalog
from kizuna.core.choosing import has_reached
from kizuna.core.decide import Occasion
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.ports import Messages
from kizuna.core.reasons import OtherReason
from kizuna.usecases.decisions.deciding import why_not_meant


def campaign_as_told(message: Message, catalog: Catalog) -> Campaign | None:
    """The campaign as the arm of a message tells it; None if there is none any more."""
    campaign = catalog.campaigns.get(message.campaign)
    return None if campaign is None else as_varied(campaign, message.variant)


def renderings_of(
    message: Message, profile: Profile, campaign: Campaign, on: Messages
) -> tuple[Message, ...]:
    """All messages that tell a person what this one tells, itself among them."""
    return on.renderings(
        profile.parts,
        campaign=message.campaign,
        run=message.run,
        step=message.step,
        channels=campaign.reaches_by,
    )


def why_needless(
    message: Message, profile: Profile, catalog: Catalog, on: Messages, *, now: datetime
) -> OtherReason | None:
    """Why a message that waited need not be sent any more: the person has met it on another channel, where the
    campaign says that one is enough; or it is of a run or a fallback, and they have left those whom the campaign is
    meant for.

    Costs no read for a campaign of one channel.
    """
    campaign = campaign_as_told(message, catalog)
    if campaign is None:
        return None
    if campaign.audience is not None and message.run != TRIGGERED:
        gone = _why_not_meant(message, profile, campaign, catalog, now)
        if gone is not None:
            return gone
    if campaign.channels is None or campaign.channels.let_go_when is None:
        return None
    others = renderings_of(message, profile, campaign, on)
    if any(each.id != message.id and has_reached(each, campaign) for each in others):
        return OtherReason.SEEN_ELSEWHERE
    if not message.falls_back_from:
        return None
    return _why_not_meant(message, profile, campaign, catalog, now)


def _why_not_meant(
    message: Message, profile: Profile, campaign: Campaign, catalog: Catalog, now: datetime
) -> OtherReason | None:
    occasion = Occasion(
        campaign, message.campaign_version, message.run, message.step, channel=message.channel
    )
    return why_not_meant(catalog.decidable(profile), occasion, catalog, now=now)
