"""Ask the gate again about a message that was decided before: nothing is sent on an old answer."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.content import ContentFacts
from kizuna.core.decide import judged
from kizuna.core.gate import Judgement
from kizuna.core.messages import Message
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Ledger, Messages, People
from kizuna.usecases.deciding import pressure_on


def is_stopped(message: Message, catalog: Catalog) -> bool:
    """Whether the campaign that a message was decided for is gone, disabled, or another by now.

    A scheduled run goes by the version that it began with (`abuse-cases.md` A23). A triggered campaign has no end,
    and may change while messages wait; they are sent as long as they can be.
    """
    campaign = catalog.campaigns.get(message.campaign)
    template = catalog.templates.get(message.template)
    if campaign is None or not campaign.enabled or template is None or template.channel != message.channel:
        return True
    version = catalog.version_of("campaign", message.campaign)
    return message.run != TRIGGERED and version != message.campaign_version


def rejudge(
    message: Message, *, people: People, ledger: Ledger, messages: Messages, catalog: Catalog, now: datetime
) -> Judgement | None:
    """The gate's answer of this moment by the template's own facts; None if the person or address is gone."""
    profile = people.profiles([message.person]).get(message.person)
    address = address_of(message, profile) if profile else None
    if profile is None or address is None:
        return None
    return judge_now(
        message, profile, address, None, ledger=ledger, messages=messages, catalog=catalog, now=now
    )


def address_of(message: Message, profile: Profile) -> Address | None:
    """The person's address that a message was decided for, if it is still the person's."""
    return next((held for held in profile.addresses.values() if held.id == message.address_id), None)


def judge_now(
    message: Message,
    profile: Profile,
    address: Address,
    facts: ContentFacts | None,
    *,
    ledger: Ledger,
    messages: Messages,
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
        ledger=ledger.events(profile.parts),
        pressure=pressure_on(profile, messages),
        catalog=catalog,
        now=now,
    )
