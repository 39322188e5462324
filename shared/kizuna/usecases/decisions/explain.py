"""Why did this person hear from us, or not: from the stored decisions, in a sentence a person can read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kizuna.core.catalog import Catalog
from kizuna.core.decisions.details import detail_of
from kizuna.core.messages import Message, held_because
from kizuna.core.people import Profile
from kizuna.core.ports import Messages
from kizuna.core.sentences import explain


@dataclass(frozen=True, slots=True)
class Explained:
    """One message or non-message with its sentence and the steps of the gate."""

    message: Message
    sentence: str


def explain_person(
    profile: Profile,
    *,
    messages: Messages,
    catalog: Catalog,
    language: Literal["en", "ja"],
    campaign: str | None = None,
) -> tuple[Explained, ...]:
    """Everything intended for a person (or by one campaign or journey), oldest first, each with its sentence."""
    found = sorted(messages.of_person(profile.parts), key=lambda message: (message.created_at, message.id))
    return tuple(
        Explained(message, sentence(message, profile, catalog, language=language))
        for message in found
        if campaign is None or is_of(message, campaign)
    )


def is_of(message: Message, campaign: str) -> bool:
    """Whether a message is one of this campaign, or of a step of this journey."""
    return campaign in (message.campaign, message.campaign.partition(".")[0])


def sentence(
    message: Message, profile: Profile | None, catalog: Catalog, *, language: Literal["en", "ja"]
) -> str:
    """One decision in words. Without a profile its person is named by id, and times are told in UTC."""
    campaign = catalog.campaigns.get(message.campaign)
    return explain(
        person=shown(profile) if profile else message.person,
        campaign=campaign.name if campaign else message.campaign,
        channel=message.channel,
        at=_told_at(message),
        zone=profile.zone_name if profile else None,
        state=str(message.state),
        reason=message.reason,
        not_before=message.not_before,
        language=language,
        detail=detail_of(message.decision, catalog.policy, language),
        held=str(held_because(message) or ""),
    )


def _told_at(message: Message) -> datetime:
    return message.changed_at


def shown(profile: Profile) -> str:
    """A name an operator recognises without showing an address."""
    known = [value for kind, value in profile.identities if kind == "user_id"]
    return known[0] if known else profile.id
