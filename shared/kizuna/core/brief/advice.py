"""Do and don't before a contact: what the gate answers, the hour of the day, and what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from kizuna.core.brief.problems import Trouble
from kizuna.core.brief.rules import BriefRules
from kizuna.core.people import AddressStatus, Profile
from kizuna.core.reachability import Reach
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.restraint.exclusions import Exclusion

Scope = Literal["everything", "promotion", "topics", ""]

# What holds for the person, whatever the channel.
_PERSON_WIDE = (
    Reason.ERASED,
    Reason.RESTRICTED,
    Reason.GLOBAL_SUPPRESSION,
    Reason.OBJECTION,
    Reason.MINOR,
)
_OF_THE_ADDRESS = (Reason.ENDPOINT_UNDELIVERABLE, Reason.COMPLAINT)
# A permission would change these; the others are a No, which nobody is to be talked out of.
_FOR_WANT_OF_CONSENT = (
    Reason.NO_CONSENT,
    Reason.CONSENT_OUT_OF_SCOPE,
    Reason.CONSENT_WITHOUT_PROOF,
    Reason.UNVERIFIED_SOURCE,
    Reason.CONSENT_WORDING_INVALID,
    Reason.CONSENT_EXPIRED,
    Reason.CONSENT_NOT_WRITTEN,
    Reason.UNCONFIRMED_OPT_IN,
    Reason.IMPLIED_CONSENT_EXPIRED,
)


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do, or not. `code` is a reason of the gate, or one of:

    do: `write`, `speak_language`, `settle_first`, `ask_consent`, `ask_address`
    don't: `night`, `zone_unknown`, `sell_before_settled`, `campaign_stopped`, `offer_product`
    """

    code: str
    channel: str = ""  # empty: all of them
    scope: Scope = ""
    topics: tuple[str, ...] = ()
    at: datetime | None = None  # since when
    until: datetime | None = None
    what: str = ""  # a language, a problem, a local time


def advice_on(
    profile: Profile,
    *,
    reach: Sequence[Reach],
    said_at: Mapping[str, datetime],
    problems: Sequence[Trouble],
    language: str,
    local: datetime | None,
    rules: BriefRules,
    stopped: bool,
    excluded: Mapping[str, Exclusion] | None = None,
) -> tuple[tuple[Advice, ...], tuple[Advice, ...]]:
    """What to do and what not to, the weightiest first."""
    wide, narrow, writes = _by_the_gate(profile, reach, said_at)
    open_with_them = [one for one in problems if one.code in ("ticket", "complaint", "low_score")]
    donts = [*([Advice(OtherReason.CAMPAIGN_STOPPED)] if stopped else []), *wide, *narrow]
    donts += _at_this_hour(local, rules)
    given_up = sorted((excluded or {}).items())
    donts += [Advice("offer_product", what=product, at=each.at) for product, each in given_up]
    dos: list[Advice] = []
    if open_with_them:
        worst = open_with_them[0]
        dos.append(Advice("settle_first", what=worst.what, at=worst.at))
        donts.append(Advice("sell_before_settled", what=worst.what, at=worst.at))
    if language:
        dos.append(Advice("speak_language", what=language))
    dos += writes
    works = any(address.status is AddressStatus.OK for address in profile.addresses.values())
    if not works:
        dos.append(Advice("ask_address"))
    elif not writes and not wide and any(one.code in _FOR_WANT_OF_CONSENT for one in narrow):
        dos.append(Advice("ask_consent"))
    return tuple(dos), tuple(donts)


def _by_the_gate(
    profile: Profile, reach: Sequence[Reach], said_at: Mapping[str, datetime]
) -> tuple[list[Advice], list[Advice], list[Advice]]:
    """What the gate forbids for the person, what on a channel, and what it allows."""
    status_at = {address.id: address.status_at for address in profile.addresses.values()}
    wide: dict[str, Advice] = {}
    narrow: list[Advice] = []
    writes: list[Advice] = []
    for channel in dict.fromkeys(one.channel for one in reach):
        here = [one for one in reach if one.channel == channel]
        service = [one for one in here if one.category == "transactional" and one.answer == "deny"]
        promotion = [one for one in here if one.category == "marketing"]
        for advice in [_refused(one, "everything", (), said_at, status_at) for one in service] or [
            *_promotion(promotion, said_at, status_at)
        ]:
            if advice.code in _PERSON_WIDE:
                wide.setdefault(advice.code, replace(advice, channel="", topics=()))
            else:
                narrow.append(advice)
        allowed = tuple(one.topic for one in promotion if one.answer == "allow")
        if allowed:
            writes.append(Advice("write", channel, "topics", allowed))
    return list(wide.values()), narrow, writes


def _promotion(
    reach: Sequence[Reach],
    said_at: Mapping[str, datetime],
    status_at: Mapping[str, datetime | None],
) -> list[Advice]:
    """One line for each reason; what is refused for all topics is said of promotion as a whole."""
    by_reason: dict[tuple[str, Reason], list[Reach]] = {}
    for one in reach:
        if one.answer != "allow":
            by_reason.setdefault((one.answer, one.reason), []).append(one)
    found = []
    for same in by_reason.values():
        scope: Scope = "promotion" if len(same) == len(reach) else "topics"
        topics = () if scope == "promotion" else tuple(one.topic for one in same)
        found.append(_refused(same[0], scope, topics, said_at, status_at))
    return found


def _refused(
    one: Reach,
    scope: Scope,
    topics: tuple[str, ...],
    said_at: Mapping[str, datetime],
    status_at: Mapping[str, datetime | None],
) -> Advice:
    said = [said_at[event] for event in one.decided_by if event in said_at]
    at = max(said, default=status_at.get(one.address) if one.reason in _OF_THE_ADDRESS else None)
    return Advice(str(one.reason), one.channel, scope, topics, at, one.not_before)


def _at_this_hour(local: datetime | None, rules: BriefRules) -> list[Advice]:
    if local is None:
        return [Advice("zone_unknown")]
    minute = 60 * local.hour + local.minute
    if rules.call_hours.start <= minute < rules.call_hours.end:
        return []
    return [Advice("night", what=f"{local:%H:%M}")]
