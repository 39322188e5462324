"""The question that the gate is asked about one message: what is known of person, address, content and pressure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kizuna.core.addressing import country_of
from kizuna.core.ages import age_of
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.content.rendering import ContentFacts
from kizuna.core.durations import instant_from_text
from kizuna.core.gate import Endpoint, Judgement, MessageFacts, Relationship, Request, Signals, Subject, judge
from kizuna.core.gate.quiet_hours import zones_of
from kizuna.core.messages import Message, State
from kizuna.core.people import GONE, Address, AddressStatus, Profile
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import Reason
from kizuna.core.restraint.caps import CapStanding, Heard, cap_standing, is_exempt
from kizuna.core.restraint.exclusions import standing
from kizuna.core.restraint.holds import About, holding, standing_holds
from kizuna.core.restraint.house_hours import HouseHours
from kizuna.core.restraint.pressure import Touch
from kizuna.core.restraint.quiet_rules import ZoneSource, kept_by
from kizuna.core.restraint.staff_holds import STAFF, held_by_staff
from kizuna.core.restraint.wishes import Wishes, wishes_of
from kizuna.core.segments import view_of
from kizuna.core.zones import zone_named

_NUMBERS = frozenset({"sms", "whatsapp"})
MOMENT = "moment"  # in a record: why it is told at this moment, where one was chosen


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
    wishes = wishes_of(profile)
    caps = _caps_on(message, profile, heard, catalog, now)
    held_back = restraint(profile, about_of(message, catalog), catalog, now=now)
    request = Request(
        now=now,
        subject=_subject(profile, wishes, now),
        endpoint=Endpoint(
            id=address.id,
            channel=address.channel,
            status=_status(address, message.category, now),
            area_timezone=_area_zone(address, policy.consent),
        ),
        ledger=tuple(ledger),
        relationship=_relationship(profile, catalog),
        signals=Signals(
            gpc=profile.gpc,
            tone_hold=held_back.tone_hold,
            product_excluded=held_back.product_excluded,
            paused_until=wishes.paused_until,
            place_unconsented=_acts_on_place_unasked(message, profile, ledger, catalog, now),
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
            cap_digest=caps.digest if caps.frees_at and caps.digest != message.campaign else "",
            cap_elsewhere=caps.elsewhere,
            cap_shared=caps.shared if caps.cap is not None and caps.sent_in_window >= caps.cap else "",
            cap_on_service=message.category == "transactional" and caps.cap is not None,
            house_hours=_house_hours(message, profile, address, catalog, now),
        ),
    )
    return judge(request, policy.consent)


def state_judged(judgement: Judgement) -> State:
    """The state of a message that is not claimed yet, after an answer of the gate."""
    if judgement.reason is Reason.HOUSE_HOURS_TOO_LONG:
        return State.EXPIRED
    return _STATES[judgement.word]


_STATES = {"allow": State.PENDING, "deny": State.DENIED, "defer": State.DEFERRED, "pass": State.DENIED}


def meant_at(message: Message) -> datetime:
    """The moment at which a message was to be heard by its plan: that chosen for the person, or its creation."""
    chosen = message.decision.get(MOMENT, {}).get("at")
    return instant_from_text(chosen) if chosen else message.created_at


def touch_of(message: Message, catalog: Catalog, *, now: datetime) -> Touch:
    """The message as frequency caps see it."""
    campaign = catalog.campaigns.get(message.campaign)
    brand, tags = (campaign.brand, campaign.tags) if campaign else ("", ())
    service = message.category == "transactional"
    about = (message.topic, message.campaign, brand, tags)
    return Touch(now, message.channel, message.id, *about, service=service)


def _status(address: Address, category: str, now: datetime) -> str:
    """The address as the gate knows it: one that rests after soft bounces is as good as dead for promotion, and a
    receipt is tried all the same."""
    rests = category == "marketing" and address.status is AddressStatus.OK and address.rests_at(now)
    return str(AddressStatus.HARD_BOUNCED if rests else address.status)


@dataclass(frozen=True, slots=True)
class Restraint:
    """What the company holds back from somebody of its own accord; empty where it does not."""

    tone_hold: str = ""  # the id of the longest hold
    product_excluded: str = ""  # the product


def restraint(profile: Profile, about: About, catalog: Catalog, *, now: datetime) -> Restraint:
    """Tone holds and product exclusions on a promotional message about something."""
    policy = catalog.policy
    held = None
    by_staff = STAFF if held_by_staff(profile, now=now) else ""
    if policy.tone_holds and not by_staff:
        asks_consents = any(hold.asks_consents for hold in policy.tone_holds)
        view = view_of(catalog.decidable(profile) if asks_consents else catalog.without_kept_out(profile))
        held = holding(standing_holds(policy.tone_holds, view, now=now), about)
    gone = standing(profile.exclusions, policy.product_exclusions, now=now) if about.products else {}
    product = next((product for product in about.products if product in gone), "")
    return Restraint(held.hold.id if held else by_staff, product)


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
    own = wishes_of(profile).cap
    campaign = catalog.campaigns.get(message.campaign)
    of_campaign = campaign.own_caps if campaign else ()
    caps = (*policy.frequency_caps, *of_campaign, *((own,) if own else ()))
    found = cap_standing(caps, heard, touch, now=now, zone=zone)
    too_late = found.frees_at and message.expires_at and found.frees_at >= message.expires_at
    return replace(found, frees_at=None) if too_late else found


def _subject(profile: Profile, wishes: Wishes, now: datetime) -> Subject:
    return Subject(
        country=country_of(profile),
        region=_code(profile.trait("region")),
        timezone=_known_zone(profile.zone_name),
        age=age_of(profile, now=now),
        guardian_consent=_guardian_consents(profile),
        status="erased" if profile.status in GONE else profile.status,
        quiet=wishes.quiet,
    )


def _guardian_consents(profile: Profile) -> bool:
    """A consent, so a page's word for it is none."""
    told = profile.traits.get("guardian_consent")
    return told is not None and told.vouched and told.value is True


_CODE = re.compile(r"[A-Z0-9]{1,3}")


def _code(value: Any) -> str | None:
    """A subdivision by its code, as the rules know it; a name is unknown to them, and unknown is stricter."""
    folded = value.strip().upper() if isinstance(value, str) else ""
    return folded if _CODE.fullmatch(folded) else None


def _area_zone(address: Address, policy: ConsentPolicy) -> str | None:
    """The zone that an address implies: told with it, or that of a number's country where that has but one.

    A number of a country with several says nothing of where its owner is; the quiet hours then fail closed.
    """
    if address.zone or address.channel not in policy.quiet_hours_channels:
        return address.zone
    return _zone_of_number(address)


def _zone_of_number(address: Address) -> str | None:
    if address.channel not in _NUMBERS:
        return None
    # Its tables are for who decides on a number.
    from kizuna.core.identity.identifiers import country_of_number

    return _only_zone_of(country_of_number(address.value))


def _only_zone_of(country: str | None) -> str | None:
    """The zone of a country that has but one."""
    zones = zones_of(country) if country else ()
    return zones[0].key if len(zones) == 1 else None


def _acts_on_place_unasked(
    message: Message, profile: Profile, ledger: Sequence[ConsentEvent], catalog: Catalog, now: datetime
) -> bool:
    """Whether where their device is sets the campaign off, and they did not agree to the purpose `location`, as
    segments ask it."""
    campaign = catalog.campaigns.get(message.campaign)
    if campaign is None or not campaign.acts_on_place:
        return False
    from kizuna.core.conditions.locations import LOCATION_CONSENT  # few campaigns go by where a device is
    from kizuna.core.consent.standing import is_allowed

    channel, _, purpose, _ = LOCATION_CONSENT
    country, policy = country_of(profile), catalog.policy.consent
    return not is_allowed(ledger, purpose, channel=channel, country=country, policy=policy, now=now)


def _house_hours(
    message: Message, profile: Profile, address: Address, catalog: Catalog, now: datetime
) -> tuple[HouseHours, ...]:
    """The company's own quiet hours that this message keeps: those of the workspace, and those of its campaign."""
    policy, campaign = catalog.policy, catalog.campaigns.get(message.campaign)
    own = campaign.own_hours if campaign else ()
    rules = [rule for rule in (*policy.quiet_hours, *own) if rule.concerns(message.channel, message.category)]
    if not rules:
        return ()
    country = country_of(profile)
    told = profile.trait("timezone")
    known: Mapping[ZoneSource, Callable[[], str | None]] = {
        "trait": lambda: _known_zone(told) if isinstance(told, str) else None,
        "context": lambda: _known_zone(profile.zone),
        "estimate": lambda: _only_zone_of(country) or address.zone or _zone_of_number(address),
    }
    return tuple(
        kept_by(
            rule,
            known=known,
            country=country,
            calendars={name: policy.days_of(name) or frozenset() for name in rule.holidays},
            since=meant_at(message),
            now=now,
        )
        for rule in rules
    )


def _known_zone(name: str | None) -> str | None:
    """A zone we cannot read is no zone: the quiet hours then fail closed."""
    return name if zone_named(name) else None


def _relationship(profile: Profile, catalog: Catalog) -> Relationship:
    told = catalog.policy.relationship
    return Relationship(
        last_purchase_at=profile.purchased_at,
        similar_products=told.similar_products,
        opt_out_offered_at_collection=told.opt_out_offered_at_collection,
    )
