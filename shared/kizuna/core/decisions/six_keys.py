"""The six keys of a considerate message (K87), 0 to 5 each, with the reason for each: of what is sent and is not.

    relevance     is it about this person            suitability   is it right for them, and are they fine with it
    convenience   is the channel theirs              frequency     how much of the room for messages is left
    timeliness    does it come when it matters       consistency   do we speak with one voice

A total function of what the decision saw. Nothing is guessed: where a workspace keeps nothing that tells, the score
is in the middle and its reason says so. `refreshed` does the same for a message that the gate was asked about again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple, assert_never

from kizuna.core.campaigns import (
    Campaign,
    OnApi,
    OnAsked,
    OnDigest,
    OnEvent,
    OnJourney,
    OnSchedule,
    OnSegment,
)
from kizuna.core.gate import Judgement
from kizuna.core.messages import Message
from kizuna.core.people import Address, AddressStatus
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.restraint.pressure import Touch
from kizuna.core.segments import EVERYONE
from kizuna.core.zones import zone_named

_DAY = timedelta(days=1)
_WAKING = range(8, 21)  # local hours in which hearing from a company disturbs few


class Why(StrEnum):
    """The reason for a score."""

    # relevance
    ASKED_FOR = "asked_for"
    OWN_EVENT = "own_event"
    CAME_TO_FIT = "came_to_fit"
    IS_OVER = "is_over"
    ON_THE_WAY = "on_the_way"
    FITS_AND_MORE = "fits_and_more"
    FITS = "fits"
    GATHERED = "gathered"
    EVERYBODY = "everybody"
    NOT_MEANT = "not_meant"
    # suitability
    SERVICE = "service"
    SAID_YES = "said_yes"
    LAWFUL = "lawful"
    PERMITTED = "permitted"
    OTHER_LANGUAGE = "other_language"
    SAID_NO = "said_no"
    NO_YES = "no_yes"
    TROUBLED = "troubled"
    GAVE_IT_UP = "gave_it_up"
    INCOMPLETE = "incomplete"
    NOT_ASKED = "not_asked"
    # convenience
    PREFERRED = "preferred"
    USABLE = "usable"
    ONLY_CLAIMED = "only_claimed"
    OTHER_PREFERRED = "other_preferred"
    UNUSABLE = "unusable"
    NO_ADDRESS = "no_address"
    # frequency
    NOT_COUNTED = "not_counted"
    NO_LIMIT = "no_limit"
    ROOM = "room"
    LITTLE_ROOM = "little_room"
    FULL = "full"
    # timeliness
    AT_ONCE = "at_once"
    SAME_HOUR = "same_hour"
    SAME_DAY = "same_day"
    LATE = "late"
    WAKING_HOURS = "waking_hours"
    HOUR_UNKNOWN = "hour_unknown"
    ODD_HOUR = "odd_hour"
    BAD_MOMENT = "bad_moment"
    TOO_SOON = "too_soon"
    # consistency
    ALONE = "alone"
    ANOTHER_TODAY = "another_today"
    SEVERAL_TODAY = "several_today"
    SAME_TODAY = "same_today"
    OUT_OF_TUNE = "out_of_tune"
    UNKNOWN = "unknown"


class Key(NamedTuple):
    score: int  # 0 to 5
    why: Why


class SixKeys(NamedTuple):
    relevance: Key
    suitability: Key
    convenience: Key
    frequency: Key
    timeliness: Key
    consistency: Key


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision saw. `judgement` is absent where the gate was not asked, `withheld` is why then."""

    campaign: Campaign
    message: Message
    address: Address | None
    vouched: bool  # that the address is theirs: told by more than a page
    preferred: str  # the channel that the person asked for; empty where they did not say
    speaks: str  # the language of the content
    touches: Sequence[Touch]  # what the person has heard lately, where caps ask for it to be kept
    counted: bool  # whether it is kept
    since: datetime  # when the cause of the message arose
    zone: str | None
    now: datetime
    judgement: Judgement | None = None
    withheld: str = ""


def six_keys(seen: Seen) -> SixKeys:
    """The scores of a decision."""
    return SixKeys(
        relevance=_relevance(seen),
        suitability=_suitability(seen.judgement, _is_told_in_theirs(seen.message.language, seen.speaks)),
        convenience=_convenience(seen),
        frequency=_frequency(seen.judgement),
        timeliness=_timeliness(
            seen.judgement, now=seen.now, since=seen.since, zone=seen.zone, caused=_is_caused(seen.campaign)
        ),
        consistency=_consistency(seen),
    )


def refreshed(before: SixKeys, judgement: Judgement, *, since: datetime) -> SixKeys:
    """The scores after the gate was asked again: what does not follow from its question stays as it was decided."""
    request = judgement.request
    zone = request.subject.timezone or request.endpoint.area_timezone
    again = before._replace(
        suitability=_suitability(judgement, before.suitability.why is not Why.OTHER_LANGUAGE),
        frequency=_frequency(judgement),
        timeliness=_timeliness(
            judgement, now=request.now, since=since, zone=zone, caused=before.relevance.why in _CAUSED
        ),
    )
    return again._replace(consistency=_OUT_OF_TUNE) if judgement.reason is Reason.TONE_HOLD else again


# ── relevance ───────────────────────────────────────────────────────────────────────────────────

_CAUSED = frozenset({Why.ASKED_FOR, Why.OWN_EVENT, Why.CAME_TO_FIT, Why.IS_OVER, Why.ON_THE_WAY})
_NOT_MEANT = frozenset({OtherReason.NOT_IN_AUDIENCE, OtherReason.SUPPRESSION_LIST})


def _relevance(seen: Seen) -> Key:
    if seen.withheld in _NOT_MEANT:
        return Key(0, Why.NOT_MEANT)
    campaign = seen.campaign
    match campaign.trigger:
        case OnAsked() | OnApi():
            return Key(5, Why.ASKED_FOR)
        case OnEvent():
            return Key(5, Why.OWN_EVENT)
        case OnSegment(at=at):
            return Key(4, Why.CAME_TO_FIT if at == "enter" else Why.IS_OVER)
        case OnJourney():
            return Key(4, Why.ON_THE_WAY)
        case OnDigest():
            return Key(3, Why.GATHERED)
        case OnSchedule():
            meant = campaign.audience.segments if campaign.audience else ()
            if campaign.when is not None:
                return Key(4, Why.FITS_AND_MORE)
            return Key(1, Why.EVERYBODY) if set(meant) <= {EVERYONE} else Key(3, Why.FITS)
        case _:
            assert_never(campaign.trigger)


# ── suitability ─────────────────────────────────────────────────────────────────────────────────

_SERVED = frozenset({Reason.TRANSACTIONAL, Reason.MANDATORY, Reason.OPT_OUT_CONFIRMATION})
_LAWFUL = frozenset(
    {Reason.SOFT_OPT_IN, Reason.OPT_OUT_REGIME, Reason.IMPLIED_CONSENT, Reason.BUSINESS_RELATIONSHIP}
)
_NO = frozenset(
    {
        Reason.SMS_STOP,
        Reason.COMPLAINT,
        Reason.GLOBAL_SUPPRESSION,
        Reason.OBJECTION,
        Reason.GPC_OPT_OUT,
        Reason.CHANNEL_OPT_OUT,
        Reason.TOPIC_OPT_OUT,
        Reason.RESTRICTED,
        Reason.ERASED,
    }
)
_INCOMPLETE = frozenset(
    {
        Reason.MISSING_UNSUBSCRIBE,
        Reason.MISSING_SENDER_IDENTITY,
        Reason.MISSING_POSTAL_ADDRESS,
        Reason.INVALID_REQUEST,
    }
)
_BAD_MOMENT = frozenset(
    {
        Reason.QUIET_HOURS,
        Reason.HOUSE_HOURS,
        Reason.HOUSE_HOURS_ELSEWHERE,
        Reason.HOUSE_HOURS_TOO_LONG,
    }
)
_PASSED = _BAD_MOMENT | {Reason.FREQUENCY_CAP}  # come behind every question of permission


def _suitability(judgement: Judgement | None, told_in_theirs: bool) -> Key:
    if judgement is None:
        return Key(0, Why.NOT_ASKED)
    reason = judgement.reason
    if reason in _SERVED:
        found = Key(5, Why.SERVICE)
    elif reason is Reason.CONSENT:
        found = Key(5, Why.SAID_YES)
    elif reason in _LAWFUL:
        found = Key(3, Why.LAWFUL)
    elif reason in _PASSED:
        found = Key(4, Why.PERMITTED)
    elif reason is Reason.TONE_HOLD:
        found = Key(0, Why.TROUBLED)
    elif reason is Reason.PRODUCT_EXCLUDED:
        found = Key(0, Why.GAVE_IT_UP)
    elif reason in _INCOMPLETE:
        found = Key(0, Why.INCOMPLETE)
    elif reason is Reason.ENDPOINT_UNDELIVERABLE:
        found = Key(0, Why.NOT_ASKED)
    else:
        found = Key(0, Why.SAID_NO if reason in _NO else Why.NO_YES)
    return Key(found.score - 1, Why.OTHER_LANGUAGE) if found.score > 0 and not told_in_theirs else found


def _is_told_in_theirs(theirs: str, content: str) -> bool:
    return not content or theirs.partition("-")[0].lower() == content.partition("-")[0].lower()


# ── convenience ─────────────────────────────────────────────────────────────────────────────────


def _convenience(seen: Seen) -> Key:
    if seen.address is None:
        return Key(0, Why.NO_ADDRESS)
    if seen.address.status is not AddressStatus.OK:
        return Key(0, Why.UNUSABLE)
    if seen.preferred:
        is_theirs = seen.preferred == seen.message.channel
        return Key(5, Why.PREFERRED) if is_theirs else Key(2, Why.OTHER_PREFERRED)
    return Key(4, Why.USABLE) if seen.vouched else Key(2, Why.ONLY_CLAIMED)


# ── frequency ───────────────────────────────────────────────────────────────────────────────────


def _frequency(judgement: Judgement | None) -> Key:
    if judgement is None:
        return Key(3, Why.UNKNOWN)
    if judgement.category != "marketing":
        return Key(5, Why.NOT_COUNTED)
    asked = judgement.request.message
    if asked.frequency_cap is None:
        return Key(3, Why.NO_LIMIT)
    left = asked.frequency_cap - (asked.sent_in_window or 0)
    if left <= 0:
        return Key(0, Why.FULL)
    score = ceil(5 * left / asked.frequency_cap)
    return Key(score, Why.ROOM if score >= 3 else Why.LITTLE_ROOM)


# ── timeliness ──────────────────────────────────────────────────────────────────────────────────


def _timeliness(
    judgement: Judgement | None, *, now: datetime, since: datetime, zone: str | None, caused: bool
) -> Key:
    if judgement is not None and judgement.reason in _BAD_MOMENT:
        return Key(0, Why.BAD_MOMENT)
    if judgement is not None and judgement.word == "defer":
        return Key(1, Why.TOO_SOON)
    late = now - since
    if caused:
        if late <= timedelta(minutes=5):
            return Key(5, Why.AT_ONCE)
        if late <= timedelta(hours=1):
            return Key(4, Why.SAME_HOUR)
        return Key(3, Why.SAME_DAY) if late <= _DAY else Key(1, Why.LATE)
    place = zone_named(zone)
    if place is None:
        return Key(3, Why.HOUR_UNKNOWN)
    return Key(4, Why.WAKING_HOURS) if now.astimezone(place).hour in _WAKING else Key(2, Why.ODD_HOUR)


def _is_caused(campaign: Campaign) -> bool:
    """Whether something that the person did chose the moment, and not the sender."""
    return not isinstance(campaign.trigger, OnSchedule | OnDigest)


# ── consistency ─────────────────────────────────────────────────────────────────────────────────

_OUT_OF_TUNE = Key(0, Why.OUT_OF_TUNE)


def _consistency(seen: Seen) -> Key:
    if seen.judgement is not None and seen.judgement.reason is Reason.TONE_HOLD:
        return _OUT_OF_TUNE
    if not seen.counted:
        return Key(3, Why.UNKNOWN)
    lately = [
        touch for touch in seen.touches if touch.at > seen.now - _DAY and touch.message != seen.message.id
    ]
    if any(touch.campaign == seen.message.campaign for touch in lately):
        return Key(1, Why.SAME_TODAY)
    if len(lately) > 1:
        return Key(2, Why.SEVERAL_TODAY)
    return Key(3, Why.ANOTHER_TODAY) if lately else Key(5, Why.ALONE)
