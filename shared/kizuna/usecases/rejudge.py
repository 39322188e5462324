"""Ask the gate again about a message that was decided before: nothing is sent on an old answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.content.rendering import ContentFacts
from kizuna.core.decide import judged
from kizuna.core.durations import instant_to_text
from kizuna.core.gate import Judgement
from kizuna.core.messages import Message
from kizuna.core.people import Address, Profile
from kizuna.core.ports import Ledger, Messages, People
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.restraint.caps import Heard
from kizuna.usecases.deciding import heard_by, standing_ledger
from kizuna.usecases.upkeep import as_defined


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


@dataclass(frozen=True, slots=True)
class Rejudged:
    """The gate's answer of this moment, and what it was given of person and address."""

    judgement: Judgement
    person: str
    heard: Heard


def rejudge(
    message: Message, *, people: People, ledger: Ledger, messages: Messages, catalog: Catalog, now: datetime
) -> Rejudged | Reason | OtherReason:
    """Judge by the template's own facts; the reason if there is nobody to ask about."""
    stored = people.profiles([message.person]).get(message.person)
    if stored is None:
        return Reason.ERASED
    profile = as_defined(stored, people, catalog, now=now)
    address = address_of(message, profile)
    if address is None:
        return OtherReason.NO_ADDRESS
    heard = heard_by(profile, address, messages, catalog)
    judgement = judge_now(
        message, profile, address, None, ledger=ledger, heard=heard, catalog=catalog, now=now
    )
    return Rejudged(judgement, profile.id, heard)


def record_of_again(message: Message, judgement: Judgement) -> dict[str, Any]:
    """The decision record with what the gate says now in the place of what it said before."""
    kept = {name: value for name, value in message.decision.items() if name != "not_before"}
    return {
        **kept,
        "answer": "deny" if judgement.word == "pass" else judgement.word,
        "reason": str(judgement.reason),
        "trace": [[step.rule_id, step.verdict, str(step.reason or "")] for step in judgement.trace],
        "decided_by": list(judgement.decided_by),
        **({"not_before": instant_to_text(judgement.not_before)} if judgement.not_before else {}),
    }


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
