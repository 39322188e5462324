"""What to do for one person now: choose language and address, ask the gate, and write down why.

The result is always a message in a state, silence included: a refusal is a DENIED message with its reason, so
what was intended is the sum of what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.content.rendering import ContentFacts
from kizuna.core.durations import instant_to_text
from kizuna.core.gate import (
    Endpoint,
    Judgement,
    MessageFacts,
    Relationship,
    Request,
    Signals,
    Subject,
    judge,
)
from kizuna.core.ids import message_id
from kizuna.core.messages import Message, State
from kizuna.core.people import GONE, Address, AddressStatus, Profile
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.restraint.caps import (
    CapStanding,
    Heard,
    cap_standing,
    counts_addresses,
    is_exempt,
    oldest_counted,
)
from kizuna.core.restraint.exclusions import standing
from kizuna.core.restraint.holds import About, holding, standing_holds
from kizuna.core.restraint.pressure import NOTHING, Touch, with_touch
from kizuna.core.rights.rights import identifier_of_address
from kizuna.core.segments import view_of
from kizuna.core.zones import zone_named


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why this person is considered at this moment: a campaign's run, and the event behind it if there is one."""

    campaign: Campaign
    campaign_version: int
    run: str
    step: str = "message"  # of a scheduled run, where each person is asked for once
    event_part: str = ""
    event_key: str = ""
    since: datetime | None = (
        None  # when it arose, if that was before now: the message is too late all the sooner
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """A message as decided, and what its person and address have heard with it, if it counts."""

    message: Message
    heard: Heard | None


def decide(
    profile: Profile,
    occasion: Occasion,
    *,
    ledger: Sequence[ConsentEvent],
    heard: Heard,
    catalog: Catalog,
    now: datetime,
    withheld: OtherReason | None = None,
) -> Decided:
    """Decide one message. `withheld` is a reason found before the gate, such as having left the audience."""
    address = chosen_address(profile, occasion.campaign.channel)
    message = _drafted(profile, occasion, address, catalog, now)
    if withheld is None and address is None:
        withheld = OtherReason.NO_ADDRESS
    if withheld is not None or address is None:
        reason = withheld or OtherReason.NO_ADDRESS
        return Decided(
            _with_state(message, State.DENIED, str(reason), None, _record(reason=str(reason))), None
        )
    facts = catalog.template_facts(occasion.campaign.template, occasion.campaign.brand, message.language)
    judgement = judged(message, profile, address, facts, ledger=ledger, heard=heard, catalog=catalog, now=now)
    state = _STATES[judgement.word]
    record = record_of(judgement, profile=profile, occasion=occasion, catalog=catalog)
    decided = _with_state(message, state, str(judgement.reason), judgement.not_before, record)
    return Decided(decided, with_message(heard, decided, judgement, catalog, now=now))


def touch_of(message: Message, catalog: Catalog, *, now: datetime) -> Touch:
    """The message as frequency caps see it."""
    campaign = catalog.campaigns.get(message.campaign)
    brand, tags = (campaign.brand, campaign.tags) if campaign else ("", ())
    return Touch(now, message.channel, message.id, message.topic, message.campaign, brand, tags)


def with_message(
    heard: Heard, message: Message, judgement: Judgement, catalog: Catalog, *, now: datetime
) -> Heard | None:
    """What person and address have heard with a message that is ready to be sent; None where it does not count.

    One that waits does not: it is counted when its time comes, or two that wait for each other would never be sent.
    """
    exempt = is_exempt(catalog.policy.cap_exemptions, campaign=message.campaign, topic=message.topic)
    ready = message.state is State.PENDING and judgement.category == "marketing"
    return with_again(heard, message, catalog, now=now) if ready and not exempt else None


def with_again(heard: Heard, message: Message, catalog: Catalog, *, now: datetime) -> Heard | None:
    """The same for a message that counts, whether it is counted already or not; None where there are no caps."""
    policy = catalog.policy
    if not policy.frequency_caps:
        return None
    touch = touch_of(message, catalog, now=now)
    oldest = oldest_counted(policy.frequency_caps, now=now)
    of_address = (
        with_touch(heard.address, touch, oldest=oldest)
        if counts_addresses(policy.frequency_caps)
        else NOTHING
    )
    return Heard(with_touch(heard.person, touch, oldest=oldest), of_address)


_STATES = {"allow": State.PENDING, "deny": State.DENIED, "defer": State.DEFERRED, "pass": State.DENIED}


def chosen_address(profile: Profile, channel: str) -> Address | None:
    """The newest usable address; where none is usable the newest of all, so that the refusal names its state.

    What a page merely claimed is no choice beside what a back end or an identity token told: somebody may have told
    our pages of a customer's user id, and of their own mailbox, before the customer ever came.
    """
    found = profile.addresses_on(channel)
    addresses = [address for address in found if not _is_claimed(profile, address)] or found
    usable = [address for address in addresses if address.status is AddressStatus.OK]
    return next(iter(usable or addresses), None)


def _is_claimed(profile: Profile, address: Address) -> bool:
    identity = profile.identities.get(identifier_of_address(*address.key))
    return identity is not None and not identity.vouched


def language_of(profile: Profile, catalog: Catalog) -> str:
    """The person's language: told, else last seen, else the workspace's."""
    told = profile.trait("language")
    if isinstance(told, str) and told:
        return told
    return profile.language or catalog.policy.default_language


def judged(
    message: Message,
    profile: Profile,
    address: Address,
    facts: ContentFacts,
    *,
    ledger: Sequence[ConsentEvent],
    heard: Heard,
    catalog: Catalog,
    now: datetime,
) -> Judgement:
    """Ask the gate about one message: when deciding, and again before sending."""
    policy = catalog.policy
    caps = _caps_on(message, profile, heard, catalog, now)
    held_back = restraint(profile, about_of(message, catalog), catalog, now=now)
    request = Request(
        now=now,
        subject=_subject(profile, now),
        endpoint=Endpoint(
            id=address.id, channel=address.channel, status=str(address.status), area_timezone=address.zone
        ),
        ledger=tuple(ledger),
        relationship=_relationship(profile, catalog),
        signals=Signals(
            gpc=profile.gpc, tone_hold=held_back.tone_hold, product_excluded=held_back.product_excluded
        ),
        message=MessageFacts(
            channel=message.channel,
            category=message.category,
            topic=message.topic,
            endpoint=message.address_id,
            has_unsubscribe=facts.has_unsubscribe,
            has_sender_identity=facts.has_sender_identity,
            has_postal_address=facts.has_postal_address,
            sent_in_window=caps.sent_in_window,
            frequency_cap=caps.cap,
            cap_frees_at=caps.frees_at,
        ),
    )
    return judge(request, policy.consent)


@dataclass(frozen=True, slots=True)
class Restraint:
    """What the company holds back from somebody of its own accord; empty where it does not."""

    tone_hold: str = ""  # the id of the longest hold
    product_excluded: str = ""  # the product


def restraint(profile: Profile, about: About, catalog: Catalog, *, now: datetime) -> Restraint:
    """Tone holds and product exclusions on a promotional message about something."""
    policy = catalog.policy
    held = None
    if policy.tone_holds:
        view = view_of(catalog.decidable(profile))
        held = holding(standing_holds(policy.tone_holds, view, now=now), about)
    gone = standing(profile.exclusions, policy.product_exclusions, now=now) if about.products else {}
    product = next((product for product in about.products if product in gone), "")
    return Restraint(held.hold.id if held else "", product)


def about_of(message: Message, catalog: Catalog) -> About:
    campaign = catalog.campaigns.get(message.campaign)
    if campaign is None:
        return About(message.channel, message.topic)
    return About(message.channel, message.topic, campaign.brand, campaign.products)


def _caps_on(
    message: Message, profile: Profile, heard: Heard, catalog: Catalog, now: datetime
) -> CapStanding:
    policy = catalog.policy
    if is_exempt(policy.cap_exemptions, campaign=message.campaign, topic=message.topic):
        return CapStanding(0, None)
    touch = touch_of(message, catalog, now=now)
    zone = _known_zone(profile.zone_name)
    found = cap_standing(policy.frequency_caps, heard, touch, now=now, zone=zone)
    too_late = found.frees_at and message.expires_at and found.frees_at >= message.expires_at
    return replace(found, frees_at=None) if too_late else found


def _subject(profile: Profile, now: datetime) -> Subject:
    return Subject(
        country=_country(profile.trait("country")),
        region=_code(profile.trait("region")),
        timezone=_known_zone(profile.zone_name),
        age=_age(profile, now),
        guardian_consent=_guardian_consents(profile),
        status="erased" if profile.status in GONE else profile.status,
    )


def country_of(profile: Profile) -> str | None:
    """The person's country as an ISO 3166-1 code, None where we cannot read one."""
    return _country(profile.trait("country"))


def _guardian_consents(profile: Profile) -> bool:
    """A consent, so a page's word for it is none."""
    told = profile.traits.get("guardian_consent")
    return told is not None and told.vouched and told.value is True


_CODE = re.compile(r"[A-Z0-9]{1,3}")


def _code(value: Any) -> str | None:
    """An ISO 3166 code as the rules know it. A name such as "Germany" is unknown to them, and unknown is stricter."""
    folded = value.strip().upper() if isinstance(value, str) else ""
    return folded if _CODE.fullmatch(folded) else None


def _country(value: Any) -> str | None:
    code = _code(value)
    return code if code and len(code) == 2 and code.isalpha() else None


def _known_zone(name: str | None) -> str | None:
    """A zone we cannot read is no zone: the quiet hours then fail closed."""
    return name if zone_named(name) else None


def _age(profile: Profile, now: datetime) -> int | float | None:
    born = profile.trait("birthday")
    if isinstance(born, str):
        try:
            day = date.fromisoformat(born[:10])
        except ValueError:
            return _told_age(profile)
        today = now.astimezone(UTC).date()
        return today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    return _told_age(profile)


def _told_age(profile: Profile) -> int | float | None:
    age = profile.trait("age")
    return age if isinstance(age, int | float) and not isinstance(age, bool) else None


def _relationship(profile: Profile, catalog: Catalog) -> Relationship:
    told = catalog.policy.relationship
    return Relationship(
        last_purchase_at=profile.purchased_at,
        similar_products=told.similar_products,
        opt_out_offered_at_collection=told.opt_out_offered_at_collection,
    )


def record_of(
    judgement: Judgement, *, profile: Profile, occasion: Occasion, catalog: Catalog
) -> dict[str, Any]:
    """The decision record: what was asked, in which order, and what decided. No address and no content."""
    card = occasion.campaign.intent_card
    return {
        "answer": judgement.word,
        "reason": str(judgement.reason),
        "trace": [[step.rule_id, step.verdict, str(step.reason or "")] for step in judgement.trace],
        "policy": judgement.policy_version,
        "catalog": catalog.version,
        "reach": profile.reach_version,
        "category": judgement.category,
        "decided_by": list(judgement.decided_by),
        "why_relevant": card.relevant_because,
        "why_channel": card.best_channel_because,
        "why_time": card.best_time_because,
        **_restrained(judgement),
        **({"not_before": instant_to_text(judgement.not_before)} if judgement.not_before else {}),
    }


def _restrained(judgement: Judgement) -> dict[str, str]:
    """The name of what held a message back, where the reason alone does not say it."""
    match judgement.reason:
        case Reason.TONE_HOLD:
            return {"hold": judgement.request.signals.tone_hold}
        case Reason.PRODUCT_EXCLUDED:
            return {"product": judgement.request.signals.product_excluded}
        case _:
            return {}


def _record(*, reason: str) -> dict[str, Any]:
    answer: Literal["deny"] = "deny"
    return {"answer": answer, "reason": reason, "trace": [["choose", "deny", reason]]}


def _drafted(
    profile: Profile, occasion: Occasion, address: Address | None, catalog: Catalog, now: datetime
) -> Message:
    campaign = occasion.campaign
    chosen = address.id if address else ""
    return Message(
        id=message_id(
            campaign=campaign.id,
            run=occasion.run,
            step=occasion.step,
            person=profile.id,
            channel=campaign.channel,
            address=chosen,
        ),
        person=profile.id,
        campaign=campaign.id,
        campaign_version=occasion.campaign_version,
        run=occasion.run,
        step=occasion.step,
        topic=campaign.topic,
        category=campaign.category,
        channel=campaign.channel,
        address_id=chosen,
        address=address.value if address else "",
        template=campaign.template,
        language=language_of(profile, catalog),
        state=State.PENDING,
        created_at=now,
        changed_at=now,
        expires_at=campaign.expires_after.after(occasion.since or now),
        event_part=occasion.event_part,
        event_key=occasion.event_key,
    )


def _with_state(
    message: Message, state: State, reason: str, not_before: datetime | None, record: dict[str, Any]
) -> Message:
    return replace(message, state=state, reason=reason, not_before=not_before, decision=record)
