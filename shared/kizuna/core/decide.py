"""What to do for one person now: choose language and address, ask the gate, and write down why.

The result is always a message in a state, silence included: a refusal is a DENIED message with its reason, so
what was intended is the sum of what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.moments import Because, Moment, moment_for
from kizuna.core.campaigns.rhythm import Rhythm
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.content.rendering import ContentFacts
from kizuna.core.countries import country_code
from kizuna.core.decisions.record import ends_choice, of_choice, of_judgement, reason_of
from kizuna.core.decisions.six_keys import Seen, six_keys
from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.experiments.holdout import HeldOut
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
from kizuna.core.gate.quiet_hours import zones_of
from kizuna.core.ids import message_id
from kizuna.core.messages import Message, State
from kizuna.core.own_channels import OWN_CHANNELS, own_address
from kizuna.core.people import GONE, Address, AddressStatus, Profile
from kizuna.core.policy import ConsentPolicy
from kizuna.core.ramp import Wave, wave_of
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
from kizuna.core.restraint.house_hours import HouseHours
from kizuna.core.restraint.pressure import NOTHING, Touch, with_touch
from kizuna.core.restraint.quiet_rules import ZoneSource, kept_by
from kizuna.core.restraint.staff_holds import STAFF, held_by_staff
from kizuna.core.restraint.wishes import wishes_of
from kizuna.core.rights.rights import identifier_of_address
from kizuna.core.segments import view_of
from kizuna.core.zones import zone_named

_NUMBERS = frozenset({"sms", "whatsapp"})
LOCATION = "location"  # the purpose
MOMENT = "moment"  # in a record: why it is told at this moment, where one was chosen
PREFERRED = "preferred_channel"  # the trait in which a person's own choice of channel stands


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
    channel: str = ""  # on which of the campaign's channels, if it has several
    falls_back_from: Message | None = None  # the message that went before, on another channel
    waves: tuple[Wave, ...] = ()  # of a large run
    to: Address | None = None  # the very address that is meant, where the message is about that
    variant: str = ""  # the arm of an experiment, whose campaign `campaign` is (`experiments.variant_of`)
    held_out: HeldOut | None = None  # the person is sent nothing, to measure the effect
    ends_at: datetime | None = None  # nothing of it goes out from then on, however long the campaign allows
    withheld: OtherReason | None = None  # a reason that was found before anybody was asked about
    rhythms: Mapping[str, Rhythm] = field(
        default_factory=dict
    )  # when everybody reacts, by channel (`best_hour`)

    @property
    def speaks_by(self) -> str:
        """The channel of the message."""
        return self.channel or self.campaign.reaches_by[0]


@dataclass(frozen=True, slots=True)
class Decided:
    """A message as decided, and what its person and address have heard with it, if it counts."""

    message: Message
    heard: Heard | None
    ends_choice: bool = False  # no other channel is to be tried: it is too much, whatever the channel


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
    """Decide one message. `withheld` is a reason found before the gate, such as having left the audience.

    Where a later moment is chosen for the person, the gate is asked as of that moment: what it would say now of hours
    and caps is no answer. It is asked again when the moment has come, and only then the message counts.
    """
    address = occasion.to or chosen_address(profile, occasion.speaks_by)
    moment = _moment_for(profile, occasion, now)
    message = _drafted(profile, occasion, address, catalog, now, moment)
    if withheld is None and address is None:
        withheld = OtherReason.NO_ADDRESS
    if withheld is None and moment.at is None:
        withheld = OtherReason.SEND_TIME_PASSED
    if withheld is not None or address is None:
        reason = withheld or OtherReason.NO_ADDRESS
        return Decided(
            _with_state(
                message,
                State.DENIED,
                str(reason),
                None,
                _choice_record(str(reason), message, address, profile, occasion, catalog),
            ),
            None,
        )
    facts = catalog.template_facts(message.template, occasion.campaign.brand, message.language)
    then = max(now, moment.at or now)
    judgement = judged(
        message, profile, address, facts, ledger=ledger, heard=heard, catalog=catalog, now=then
    )
    state = state_judged(judgement)
    record = _gate_record(judgement, message, address, profile, occasion, heard, catalog)
    decided = _with_state(message, state, reason_of(record), judgement.not_before, record)
    if state is State.PENDING and then > now:
        decided = replace(
            decided, state=State.DEFERRED, reason=str(OtherReason.SEND_TIME), not_before=moment.at
        )
    decided = _in_its_wave(decided, occasion, now=now)
    return Decided(
        decided,
        with_message(heard, decided, judgement, catalog, now=now),
        ends_choice=ends_choice(record),
    )


def _moment_for(profile: Profile, occasion: Occasion, now: datetime) -> Moment:
    """When the person is to hear it. A fallback goes when the channel before it had its time."""
    since, channel = occasion.since or now, occasion.speaks_by
    if occasion.falls_back_from is not None:
        return Moment(now, Because.AT_ONCE)
    return moment_for(
        profile,
        occasion.campaign,
        run=f"{occasion.run}:{occasion.step}",
        channel=channel,
        since=since,
        rhythm=occasion.rhythms.get(channel),
    )


def meant_at(message: Message) -> datetime:
    """The moment at which a message was to be heard by its plan: that chosen for the person, or its creation."""
    chosen = message.decision.get(MOMENT, {}).get("at")
    return instant_from_text(chosen) if chosen else message.created_at


def put_off(
    profile: Profile,
    occasion: Occasion,
    *,
    until: datetime,
    catalog: Catalog,
    now: datetime,
    withheld: OtherReason | None = None,
) -> Decided:
    """A fallback that waits until the channel before it has had its time. The gate is asked when that is over."""
    address = chosen_address(profile, occasion.speaks_by)
    message = _drafted(profile, occasion, address, catalog, now)
    withheld = withheld or (OtherReason.NO_ADDRESS if address is None else None)
    if withheld is not None:
        record = _choice_record(str(withheld), message, address, profile, occasion, catalog)
        return Decided(_with_state(message, State.DENIED, str(withheld), None, record), None)
    reason = str(OtherReason.FALLBACK_WAITS)
    record = _choice_record(reason, message, address, profile, occasion, catalog, until=until)
    return Decided(_with_state(message, State.DEFERRED, reason, until, record), None)


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
    caps = catalog.counted_caps
    if not caps:
        return None
    touch = touch_of(message, catalog, now=now)
    oldest = oldest_counted(caps, now=now)
    of_address = with_touch(heard.address, touch, oldest=oldest) if counts_addresses(caps) else NOTHING
    return Heard(with_touch(heard.person, touch, oldest=oldest), of_address)


def state_judged(judgement: Judgement) -> State:
    """The state of a message that is not claimed yet, after an answer of the gate."""
    if judgement.reason is Reason.HOUSE_HOURS_TOO_LONG:
        return State.EXPIRED
    return _STATES[judgement.word]


_STATES = {"allow": State.PENDING, "deny": State.DENIED, "defer": State.DEFERRED, "pass": State.DENIED}


def chosen_address(profile: Profile, channel: str) -> Address | None:
    """The newest usable address; where none is usable the newest of all, so that the refusal names its state.

    What a page merely claimed is no choice beside what a back end or an identity token told: somebody may have told
    our pages of a customer's user id, and of their own mailbox, before the customer ever came.
    """
    if channel in OWN_CHANNELS:
        return own_address(profile, channel)
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
    wishes = wishes_of(profile)
    caps = _caps_on(message, profile, heard, catalog, now)
    held_back = restraint(profile, about_of(message, catalog), catalog, now=now)
    request = Request(
        now=now,
        subject=replace(_subject(profile, now), quiet=wishes.quiet),
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
            house_hours=_house_hours(message, profile, address, catalog, now),
        ),
    )
    return judge(request, policy.consent)


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
        view = view_of(catalog.decidable(profile))
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


def _subject(profile: Profile, now: datetime) -> Subject:
    return Subject(
        country=country_of(profile),
        region=_code(profile.trait("region")),
        timezone=_known_zone(profile.zone_name),
        age=_age(profile, now),
        guardian_consent=_guardian_consents(profile),
        status="erased" if profile.status in GONE else profile.status,
    )


def country_of(profile: Profile) -> str | None:
    """The person's country as an ISO 3166-1 code, told as a code or by its name; None where we cannot read one."""
    return country_code(profile.trait("country"))


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
    """Whether where their device is sets the campaign off, and they did not agree to the purpose `location`."""
    campaign = catalog.campaigns.get(message.campaign)
    if campaign is None or not campaign.acts_on_place:
        return False
    from kizuna.core.consent.standing import is_allowed  # it asks which address is chosen, by this module

    consent = catalog.policy.consent
    return not is_allowed(ledger, LOCATION, country=country_of(profile), policy=consent, now=now)


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


def _choice_record(
    reason: str,
    message: Message,
    address: Address | None,
    profile: Profile,
    occasion: Occasion,
    catalog: Catalog,
    *,
    until: datetime | None = None,
) -> dict[str, Any]:
    """The record of a message that was withheld, or put off, before the gate was asked."""
    seen = _seen(message, address, profile, occasion, Heard(NOTHING), catalog)
    return of_choice(
        reason,
        profile=profile,
        campaign=occasion.campaign,
        catalog=catalog,
        now=message.created_at,
        keys=six_keys(replace(seen, withheld=reason, counted=False)),
        until=until,
    )


def _gate_record(
    judgement: Judgement,
    message: Message,
    address: Address,
    profile: Profile,
    occasion: Occasion,
    heard: Heard,
    catalog: Catalog,
) -> dict[str, Any]:
    """The record of a message that the gate was asked about."""
    seen = _seen(message, address, profile, occasion, heard, catalog)
    return of_judgement(
        judgement,
        profile=profile,
        campaign=occasion.campaign,
        template=message.template,
        catalog=catalog,
        keys=six_keys(replace(seen, judgement=judgement)),
    )


def _seen(
    message: Message,
    address: Address | None,
    profile: Profile,
    occasion: Occasion,
    heard: Heard,
    catalog: Catalog,
) -> Seen:
    template = catalog.templates.get(message.template)
    wanted = profile.trait(PREFERRED)
    return Seen(
        campaign=occasion.campaign,
        message=message,
        address=address,
        vouched=address is not None and not _is_claimed(profile, address),
        preferred=wanted if isinstance(wanted, str) else "",
        speaks=template.content(message.language)[0] if template else "",
        touches=heard.person.touches,
        counted=bool(catalog.counted_caps),
        since=meant_at(message) if MOMENT in message.decision else occasion.since or message.created_at,
        zone=profile.zone_name,
        now=max(message.created_at, meant_at(message)),
    )


def _drafted(
    profile: Profile,
    occasion: Occasion,
    address: Address | None,
    catalog: Catalog,
    now: datetime,
    moment: Moment | None = None,
) -> Message:
    campaign, channel, before = occasion.campaign, occasion.speaks_by, occasion.falls_back_from
    chosen = address.id if address else ""
    return Message(
        id=message_id(
            campaign=campaign.id,
            run=occasion.run,
            step=occasion.step,
            person=profile.id,
            channel=channel,
            address=chosen,
        ),
        person=profile.id,
        campaign=campaign.id,
        campaign_version=occasion.campaign_version,
        run=occasion.run,
        step=occasion.step,
        topic=campaign.topic,
        category=campaign.category,
        channel=channel,
        address_id=chosen,
        address=address.value if address else "",
        template=campaign.template_on(channel),
        language=language_of(profile, catalog),
        state=State.PENDING,
        created_at=now,
        changed_at=now,
        expires_at=before.expires_at if before else _too_late_at(occasion, now, moment),
        event_part=occasion.event_part,
        event_key=occasion.event_key,
        variant=occasion.variant,
        falls_back_from=before.id if before else "",
        decision={MOMENT: moment.record()} if moment and moment.because is not Because.AT_ONCE else {},
    )


def _too_late_at(occasion: Occasion, now: datetime, moment: Moment | None) -> datetime:
    meant = moment.at if moment and moment.at else occasion.since or now
    ends = (occasion.campaign.expires_after.after(meant), occasion.ends_at, occasion.campaign.ends_at)
    return min(end for end in ends if end is not None)


def _in_its_wave(message: Message, occasion: Occasion, *, now: datetime) -> Message:
    """A message of a large run waits for its wave, whatever else it waits for: its sender looks again."""
    if not occasion.waves or message.state not in (State.PENDING, State.DEFERRED):
        return message
    number = wave_of(occasion.waves, campaign=message.campaign, run=message.run, person=message.person)
    at = occasion.waves[number].at
    record = {**message.decision, "wave": {"number": number + 1, "at": instant_to_text(at)}}
    waits = message.state is State.PENDING and at > now
    return replace(message, decision=record, not_before=at if waits else message.not_before)


def _with_state(
    message: Message, state: State, reason: str, not_before: datetime | None, record: dict[str, Any]
) -> Message:
    decision = {**message.decision, **record}
    return replace(message, state=state, reason=reason, not_before=not_before, decision=decision)
