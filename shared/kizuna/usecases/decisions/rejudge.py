"""Ask the gate again about a message that was decided before: nothing is sent on an old answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kizuna.core.campaigns import TRIGGERED, OnJourney
from kizuna.core.catalog import Catalog
from kizuna.core.content.rendering import ContentFacts
from kizuna.core.gate import Judgement
from kizuna.core.judging import judged
from kizuna.core.messages import Message
from kizuna.core.own_channels import own_address_of
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Ledger, Messages, People
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.restraint.caps import Heard
from kizuna.usecases.campaigning.ranking import is_too_low
from kizuna.usecases.decisions.deciding import heard_by, standing_ledger
from kizuna.usecases.decisions.needless import why_needless
from kizuna.usecases.delivery.counting import judged_in_turn
from kizuna.usecases.reacting.upkeep import as_defined


def is_stopped(message: Message, catalog: Catalog) -> bool:
    """Whether the campaign that a message was decided for is gone, disabled, or another by now.

    A scheduled run goes by the version that it began with (`abuse-cases.md` A23). A triggered campaign has no end,
    and may change while messages wait; they are sent as long as they can be. So may the step of a journey: people
    keep to the path that they began, and hear the words that are in force.
    """
    campaign = catalog.campaigns.get(message.campaign)
    template = catalog.templates.get(message.template)
    if campaign is None or not campaign.enabled or template is None or template.channel != message.channel:
        return True
    if isinstance(campaign.trigger, OnJourney):
        return False
    version = catalog.version_of("campaign", message.campaign)
    return message.run != TRIGGERED and version != message.campaign_version


@dataclass(frozen=True, slots=True)
class Rejudged:
    """The gate's answer of this moment, and what it was given of person and address."""

    judgement: Judgement
    profile: Profile
    heard: Heard

    @property
    def person(self) -> str:
        return self.profile.id


def rejudge(
    message: Message, *, people: People, ledger: Ledger, messages: Messages, catalog: Catalog, now: datetime
) -> Rejudged | Reason | OtherReason:
    """Judge by the template's own facts; the reason if there is nobody to ask about, or nothing left to tell."""
    stored = people.profiles([message.person]).get(message.person)
    if stored is None:
        return Reason.ERASED
    profile = as_defined(stored, people, catalog, now=now)
    address = address_of(message, profile)
    if address is None:
        return OtherReason.NO_ADDRESS
    needless = why_needless(message, profile, catalog, messages, now=now)
    if needless is not None:
        return needless
    heard = heard_by(profile, address, messages, catalog)  # before it is ranked: its version guards the rank
    if is_too_low(message, profile, catalog, messages, now=now):
        return OtherReason.OUTRANKED

    def judge(heard: Heard) -> Judgement:
        return judge_now(
            message, profile, address, None, ledger=ledger, heard=heard, catalog=catalog, now=now
        )

    return Rejudged(judged_in_turn(judge, message, heard, messages), profile, heard)


def address_of(message: Message, profile: Profile) -> Address | None:
    """The person's address that a message was decided for, if it is still the person's."""
    held = next((held for held in profile.addresses.values() if held.id == message.address_id), None)
    return held or own_address_of(profile, message.channel, message.address_id)


def judge_now(
    message: Message,
    profile: Profile,
    address: Address,
    facts: ContentFacts | None,
    *,
    ledger: Ledger,
    heard: Heard,
    catalog: Catalog,
    now: datetime,
) -> Judgement:
    """Judge with what the content really shows (`facts`), or with what its template promises."""
    campaign = catalog.campaigns.get(message.campaign)
    if facts is None and campaign is not None and message.template in catalog.templates:
        facts = catalog.template_facts(message.template, campaign.brand, message.language)
    return judged(
        message,
        profile,
        address,
        facts or ContentFacts(),
        ledger=standing_ledger(profile, address, ledger),
        heard=heard,
        catalog=catalog,
        now=now,
    )
