"""The ordered checks of the gate (`consent.md` section 4): the first that answers decides.

Each guard is one row of the table, a function of one question that gives a finding or None ("not my case").
Deny beats defer because quiet hours come last but one; a No is found before any permission is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import NamedTuple

from kizuna.core.consent import MARKETING, Action, ConsentEvent, Permission, Standing, fold, permission
from kizuna.core.gate.house_hours import all_open, are_open
from kizuna.core.gate.legal_basis import legal_basis
from kizuna.core.gate.open_hours import whole_minute
from kizuna.core.gate.own_quiet import Moment, both_open, out_of_own_quiet
from kizuna.core.gate.quiet_hours import first_open
from kizuna.core.gate.request import Request, effective_category, is_answerable, is_instant
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import Reason
from kizuna.core.restraint.house_hours import HouseHours

CONFIRMATION_WINDOW = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)


@dataclass(frozen=True, slots=True)
class Allow:
    """A permission, not a duty."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Deny:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now; ask again at `not_before`, a whole UTC minute."""

    reason: Reason
    not_before: datetime


Verdict = Allow | Deny | Defer


class Finding(NamedTuple):
    """A guard's answer and the ids of the consent events that it rests on."""

    verdict: Verdict
    decided_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A request with its policy, and what several guards read, worked out when the first of them asks."""

    request: Request
    policy: ConsentPolicy

    @cached_property
    def category(self) -> str:
        return effective_category(self.request.message)

    @cached_property
    def country(self) -> str | None:
        country = self.request.subject.country
        return None if country is None else country.upper()

    @cached_property
    def region(self) -> str | None:
        return (self.request.subject.region or "").strip().upper() or None

    @cached_property
    def standing(self) -> Standing:
        return fold(self.request.ledger, now=self.request.now, policy=self.policy)

    @cached_property
    def permission(self) -> Permission:
        message = self.request.message
        return permission(
            self.standing,
            channel=message.channel,
            topic=message.topic,
            endpoint=message.endpoint,
            country=self.country,
            now=self.request.now,
            policy=self.policy,
        )

    @cached_property
    def basis(self) -> tuple[bool, Reason]:
        return legal_basis(
            self.permission,
            self.request.relationship,
            channel=self.request.message.channel,
            country=self.country,
            now=self.request.now,
            policy=self.policy,
        )


class Guard(NamedTuple):
    """One row of the table, under the name and version that decision records keep: whoever changes what a guard
    answers raises its version."""

    rule_id: str
    check: Callable[[Question], Finding | None]
    version: int = 1


def _deny(reason: Reason, because: Iterable[ConsentEvent] = ()) -> Finding:
    return Finding(Deny(reason), tuple(event.id for event in because))


def _refuse_nonsense(question: Question) -> Finding | None:
    return None if is_answerable(question.request) else _deny(Reason.INVALID_REQUEST)


def _forget_the_erased(question: Question) -> Finding | None:
    return _deny(Reason.ERASED) if question.request.subject.status == "erased" else None


def _let_the_law_speak(question: Question) -> Finding | None:
    return Finding(Allow(Reason.MANDATORY)) if question.category == "mandatory" else None


def _leave_the_restricted(question: Question) -> Finding | None:
    return _deny(Reason.RESTRICTED) if question.request.subject.status == "restricted" else None


def _spare_dead_addresses(question: Question) -> Finding | None:
    dead = question.request.endpoint.status in ("hard_bounced", "invalid_token")
    return _deny(Reason.ENDPOINT_UNDELIVERABLE) if dead else None


def _confirm_a_stop_once(question: Question) -> Finding | None:
    """Counts from the text itself: a merge that carries a STOP over is no reason to write again."""
    if question.category != "opt_out_confirmation":
        return None
    stops = question.standing.stops
    if not stops:
        return _deny(Reason.INVALID_REQUEST)
    latest = stops[-1]
    if question.request.now - latest.at <= CONFIRMATION_WINDOW:
        return Finding(Allow(Reason.OPT_OUT_CONFIRMATION), (latest.id,))
    return _deny(Reason.SMS_STOP, stops)


def _obey_stop(question: Question) -> Finding | None:
    if question.request.message.channel != "sms":
        return None
    if question.standing.stops:
        return _deny(Reason.SMS_STOP, question.standing.stops)
    waiting = _waiting_reviews(question) if question.category == MARKETING else ()
    return _deny(Reason.SMS_REVIEW, waiting) if waiting else None


def _waiting_reviews(question: Question) -> tuple[ConsentEvent, ...]:
    """Replies nobody has decided on. A later withdrawal decides one where it stands against the message itself, and
    for as long: it would open what the reply holds otherwise, and no No ever opens anything (`consent.md` 13, 1)."""
    reviews = question.standing.reviews
    if not reviews:
        return ()
    refused = (*question.permission.channel_opt_outs, *question.permission.topic_opt_outs)
    decided = [event.at for event in refused if event.action == Action.WITHDRAW]
    return tuple(one for one in reviews if not any(at >= one.effective_at for at in decided))


def _heed_complaints(question: Question) -> Finding | None:
    return _deny(Reason.COMPLAINT) if question.request.endpoint.status == "complained" else None


def _do_not_contact(question: Question) -> Finding | None:
    events = question.standing.do_not_contact
    return _deny(Reason.GLOBAL_SUPPRESSION, events) if events else None


def _keep_out_of_their_whereabouts(question: Question) -> Finding | None:
    """Consent to the purpose `location` is needed to act on a geofence (`consent.md` 16), whatever the message is."""
    acts = question.request.signals.place_unconsented is not False
    return _deny(Reason.NO_LOCATION_CONSENT) if acts else None


def _serve(question: Question) -> Finding | None:
    return Finding(Allow(Reason.TRANSACTIONAL)) if question.category == "transactional" else None


def _heed_objections(question: Question) -> Finding | None:
    events = question.standing.objections
    return _deny(Reason.OBJECTION, events) if events else None


def _heed_privacy_control(question: Question) -> Finding | None:
    gpc = question.request.signals.gpc
    on = gpc is not False and gpc is not None
    return _deny(Reason.GPC_OPT_OUT) if on and question.request.message.channel == "ad_audience" else None


def _protect_minors(question: Question) -> Finding | None:
    subject = question.request.subject
    if subject.age is None or subject.guardian_consent is True:
        return None
    limit = question.policy.minor_age(question.country, question.region, question.request.message.channel)
    return _deny(Reason.MINOR) if subject.age < limit else None


def _honour_channel_opt_outs(question: Question) -> Finding | None:
    events = question.permission.channel_opt_outs
    return _deny(Reason.CHANNEL_OPT_OUT, events) if events else None


def _honour_topic_opt_outs(question: Question) -> Finding | None:
    events = question.permission.topic_opt_outs
    return _deny(Reason.TOPIC_OPT_OUT, events) if events else None


def _require_a_basis(question: Question) -> Finding | None:
    found, reason = question.basis
    return None if found else _deny(reason)


def _require_content(question: Question) -> Finding | None:
    message = question.request.message
    if message.channel not in ("email", "sms"):
        return None
    if message.has_unsubscribe is not True:
        return _deny(Reason.MISSING_UNSUBSCRIBE)
    if message.has_sender_identity is not True:
        return _deny(Reason.MISSING_SENDER_IDENTITY)
    needs_postal = message.channel == "email" and question.country in ("US", "CA")
    if needs_postal and message.has_postal_address is not True:
        return _deny(Reason.MISSING_POSTAL_ADDRESS)
    return None


def _keep_their_pause(question: Question) -> Finding | None:
    until = question.request.signals.paused_until
    return _deny(Reason.PAUSED) if until is not None and question.request.now < until else None


def _respect_the_mood(question: Question) -> Finding | None:
    return _deny(Reason.TONE_HOLD) if question.request.signals.tone_hold != "" else None


def _leave_what_was_given_up(question: Question) -> Finding | None:
    return _deny(Reason.PRODUCT_EXCLUDED) if question.request.signals.product_excluded != "" else None


def _cap_frequency(question: Question) -> Finding | None:
    message = question.request.message
    cap, sent = message.frequency_cap, message.sent_in_window
    if cap is None or (sent is not None and sent < cap):
        return None
    if message.cap_frees_at is None or message.cap_frees_at <= question.request.now:
        return _deny(Reason.FREQUENCY_CAP)
    return Finding(Defer(Reason.FREQUENCY_CAP, whole_minute(message.cap_frees_at)))


def _cap_service(question: Question) -> Finding | None:
    """Service messages keep those caps alone that say so. What cannot be read holds up no receipt."""
    message = question.request.message
    told = message.cap_on_service is True and question.category == "transactional"
    counts = (message.frequency_cap, message.sent_in_window)
    frees_at = message.cap_frees_at
    readable = all(type(count) is int for count in counts) and (frees_at is None or is_instant(frees_at))
    return _cap_frequency(question) if told and readable else None


def _lawful_hours(question: Question) -> Moment:
    request = question.request
    return partial(
        first_open,
        country=question.country,
        region=question.region,
        zones=(request.subject.timezone, request.endpoint.area_timezone),
        policy=question.policy,
    )


def _promotion_may_be_heard(question: Question) -> Moment | None:
    """The first moment from another on that the law and the person leave open; None where neither has hours."""
    request, own = question.request, question.request.subject.quiet
    lawful = (
        _lawful_hours(question) if request.message.channel in question.policy.quiet_hours_channels else None
    )
    if own is None:
        return lawful
    return lambda now: both_open(now, lawful or _any_time, lambda moment: out_of_own_quiet(moment, own))


def _any_time(moment: datetime) -> datetime:
    return moment


def _keep_quiet_hours(question: Question) -> Finding | None:
    may_be_heard, now = _promotion_may_be_heard(question), question.request.now
    if may_be_heard is None:
        return None
    moment = may_be_heard(now)
    if moment is None:
        return _deny(Reason.INVALID_REQUEST)  # there is no moment to defer to
    return None if moment == now else Finding(Defer(Reason.QUIET_HOURS, moment))


def _keep_house_hours(question: Question) -> Finding | None:
    """Asked before the hours of the law and of the person, for deny beats defer: what will be dropped at the moment
    that these leave open need not wait for it. Where it may wait, then until all of them are open."""
    return _in_house_hours(question, _promotion_may_be_heard(question) or _any_time)


def _keep_house_hours_in_service(question: Question) -> Finding | None:
    """Service messages keep those hours that say so, and no others. What cannot be read holds up no receipt."""
    hours = question.request.message.house_hours
    if question.category != "transactional" or not isinstance(hours, tuple):
        return None
    return _in_house_hours(question, _any_time)


def _in_house_hours(question: Question, otherwise: Moment) -> Finding | None:
    serves = question.category == "transactional"
    told = question.request.message.house_hours
    rules = [hours for hours in told if isinstance(hours, HouseHours) and (hours.every or not serves)]
    now = question.request.now
    earliest = otherwise(now) if rules else None
    if earliest is None:
        return None
    shut = [hours for hours in rules if not are_open(hours, earliest)]
    if not shut:
        return None
    if any(hours.on_hit == "drop" for hours in shut):
        return _deny(Reason.HOUSE_HOURS)
    if any(hours.on_hit == "channel_switch" for hours in shut):
        return _deny(Reason.HOUSE_HOURS_ELSEWHERE)
    moment = both_open(now, otherwise, lambda moment: all_open(rules, moment))
    if moment is None or moment > min(hours.until for hours in shut):
        return _deny(Reason.HOUSE_HOURS_TOO_LONG)
    return Finding(Defer(Reason.QUIET_HOURS, moment))


def _allow(question: Question) -> Finding | None:
    _, reason = question.basis
    grants = question.permission.valid[-1:] if reason is Reason.CONSENT else ()
    return Finding(Allow(reason), tuple(grant.id for grant in grants))


# The order is the policy.
GUARDS: tuple[Guard, ...] = (
    Guard("invalid_request", _refuse_nonsense),
    Guard("erased", _forget_the_erased),
    Guard("mandatory", _let_the_law_speak),
    Guard("restricted", _leave_the_restricted),
    Guard("undeliverable", _spare_dead_addresses),
    Guard("stop_confirmation", _confirm_a_stop_once),
    Guard("stop_and_review", _obey_stop, version=3),
    Guard("complaint", _heed_complaints),
    Guard("do_not_contact", _do_not_contact),
    Guard("location", _keep_out_of_their_whereabouts),
    Guard("service_cap", _cap_service),
    Guard("service_hours", _keep_house_hours_in_service),
    Guard("transactional", _serve),
    Guard("objection", _heed_objections),
    Guard("privacy_control", _heed_privacy_control),
    Guard("minor", _protect_minors),
    Guard("channel_opt_out", _honour_channel_opt_outs, version=2),
    Guard("topic_opt_out", _honour_topic_opt_outs, version=2),
    Guard("legal_basis", _require_a_basis, version=2),
    Guard("content_duties", _require_content),
    Guard("own_pause", _keep_their_pause),
    Guard("tone_hold", _respect_the_mood),
    Guard("product_exclusion", _leave_what_was_given_up),
    Guard("frequency_cap", _cap_frequency),
    Guard("house_hours", _keep_house_hours),
    Guard("quiet_hours", _keep_quiet_hours),
    Guard("allow", _allow),
)
