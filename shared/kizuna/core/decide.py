"""What to do for one person now: choose language and address, ask the gate, and write down why.

The result is always a message in a state, silence included: a refusal is a DENIED message with its reason, so
what was intended is the sum of what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kizuna.core.addressing import PREFERRED, chosen_address, is_claimed, language_of
from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.moments import Because, Moment, moment_for
from kizuna.core.campaigns.rhythm import Rhythm
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.decisions.record import ends_choice, of_choice, of_judgement, reason_of
from kizuna.core.decisions.six_keys import Seen, six_keys
from kizuna.core.durations import instant_to_text
from kizuna.core.experiments.holdout import HeldOut
from kizuna.core.gate import Judgement
from kizuna.core.ids import message_id
from kizuna.core.judging import MOMENT, judged, meant_at, state_judged, touch_of
from kizuna.core.messages import Message, State
from kizuna.core.people import Address, Profile
from kizuna.core.ramp import Wave, wave_of
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.caps import (
    Heard,
    are_counted,
    counts_addresses,
    counts_households,
    is_exempt,
    oldest_counted,
)
from kizuna.core.restraint.pressure import NOTHING, promotional, with_touch


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


def with_message(
    heard: Heard, message: Message, judgement: Judgement, catalog: Catalog, *, now: datetime
) -> Heard | None:
    """What person, address and household have heard with a message that is ready to be sent; None where it does not
    count.

    One that waits does not: it is counted when its time comes, or two that wait for each other would never be sent.
    """
    exempt = is_exempt(catalog.policy.cap_exemptions, campaign=message.campaign, topic=message.topic)
    counts = are_counted(catalog.counted_caps, judgement.category)
    ranked = catalog.policy.precedence is not None and judgement.category == "marketing"
    ready = message.state is State.PENDING and (counts or ranked)
    return with_again(heard, message, catalog, now=now) if ready and not exempt else None


def with_again(heard: Heard, message: Message, catalog: Catalog, *, now: datetime) -> Heard | None:
    """The same for a message that counts, whether it is counted already or not; None where there are no caps.

    Where messages of a day are ranked there is a version to guard at least: of two that are decided at one moment the
    second is decided again, and meets the first (`restraint/precedence`).
    """
    caps = catalog.counted_caps
    if not caps:
        ranked = catalog.policy.precedence is not None
        return Heard(replace(heard.person, version=heard.person.version + 1)) if ranked else None
    touch = replace(touch_of(message, catalog, now=now), home=heard.home)
    oldest = oldest_counted(caps, now=now)
    at_home = counts_households(caps) and bool(heard.home)
    return Heard(
        with_touch(heard.person, touch, oldest=oldest),
        with_touch(heard.address, touch, oldest=oldest) if counts_addresses(caps) else NOTHING,
        household=with_touch(heard.household, touch, oldest=oldest) if at_home else NOTHING,
        home=heard.home,
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
        vouched=address is not None and not is_claimed(profile, address),
        preferred=wanted if isinstance(wanted, str) else "",
        speaks=template.content(message.language)[0] if template else "",
        touches=promotional(heard.person),
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
