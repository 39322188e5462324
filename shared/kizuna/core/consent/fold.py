"""The meaning of a consent ledger: one fold over its events (`consent.md` sections 3 to 7).

    events ── deduplicate ── order ── fold(now) ──▶ Standing      what the ledger says at this moment
    Standing ── permission(message) ──▶ Permission                what it says about one message

Nothing here depends on the order in which events are passed in, as long as their ids are unique.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from kizuna.core.consent.events import ANY, MARKETING, Action, ConsentEvent
from kizuna.core.consent.sms_keywords import SmsClass, classify
from kizuna.core.durations import add_months
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import Reason


class Kind(Enum):
    """What an event does to the fold, in the order that settles equal times: an opt-out counts as later."""

    NOTHING = auto()
    UNKNOWN = auto()
    GRANT = auto()
    CONFIRM = auto()
    START = auto()
    REVIEW = auto()
    OPT_OUT = auto()
    STOP = auto()
    OBJECTION = auto()
    DO_NOT_CONTACT = auto()


_KINDS: Mapping[str, Kind] = {
    Action.GRANT: Kind.GRANT,
    Action.CONFIRM: Kind.CONFIRM,
    Action.WITHDRAW: Kind.OPT_OUT,
    Action.LINK_GET: Kind.NOTHING,
    Action.OBJECT: Kind.OBJECTION,
    Action.SUPPRESSION_HASH: Kind.OBJECTION,
    Action.DO_NOT_CONTACT: Kind.DO_NOT_CONTACT,
    Action.MERGE_UNDONE: Kind.NOTHING,  # itself; see `in_force`
    Action.LIFTED: Kind.NOTHING,  # likewise
    Action.REVIEW_DISMISSED: Kind.NOTHING,  # likewise
}
_SMS_KINDS = {SmsClass.STOP: Kind.STOP, SmsClass.START: Kind.START, SmsClass.REVIEW: Kind.REVIEW}
_MAY_UNDO = frozenset({"staff", "system"})
_MAY_LIFT = frozenset({"staff"})
_LIFTED_BY_STAFF = frozenset({Kind.OBJECTION, Kind.DO_NOT_CONTACT})
_ONLY_FROM_THE_PAST = frozenset({Kind.GRANT, Kind.CONFIRM, Kind.START})
# Of a grant that somebody else gave the gate tells a reason of its own.
_ONLY_BY_THEMSELVES = frozenset({Kind.CONFIRM, Kind.START})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ledger says at one moment, before any message is asked about. Each part is in order.

    `opt_outs` holds every withdrawal and one-click, lifted or not: only a message can tell (3.3). `unknown`
    are the ids of events whose action means nothing here.
    """

    stops: tuple[ConsentEvent, ...]
    reviews: tuple[ConsentEvent, ...]
    do_not_contact: tuple[ConsentEvent, ...]
    objections: tuple[ConsentEvent, ...]
    opt_outs: tuple[ConsentEvent, ...]
    grants: tuple[ConsentEvent, ...]
    confirms: tuple[ConsentEvent, ...]
    unknown: tuple[str, ...]


_OF_NOTHING = Standing((), (), (), (), (), (), (), ())


@dataclass(frozen=True, slots=True)
class Permission:
    """What a ledger says about one message: the grants that hold for it and the opt-outs that stand.

    `failure` is the reason of the latest grant in scope when none holds; `other_topic` tells that a grant
    exists for another topic only.
    """

    valid: tuple[ConsentEvent, ...]
    channel_opt_outs: tuple[ConsentEvent, ...]
    topic_opt_outs: tuple[ConsentEvent, ...]
    failure: Reason | None
    other_topic: bool


def kind_of(event: ConsentEvent) -> Kind:
    """What the event does, by its action and, for an inbound text, by its words.

    A click or a START that is known not to be the person's own opens nothing; anybody may leave (`consent.md` 1, 4).
    """
    match event.action:
        case Action.SMS_IN:
            kind = _SMS_KINDS.get(sms_class(event), Kind.NOTHING)
        case Action.ONE_CLICK_POST:
            kind = Kind.NOTHING if event.token_valid is False else Kind.OPT_OUT
        case action:
            kind = _KINDS.get(action, Kind.UNKNOWN)
    return kind if kind not in _ONLY_BY_THEMSELVES or is_verified(event) else Kind.NOTHING


def sms_class(event: ConsentEvent) -> SmsClass:
    """What an inbound text says: by the words of section 9, then as the workspace's words read it when it came.

    That is kept with the text, so no later change of the words lifts a STOP or makes one.
    """
    ours = classify(event.text or "")
    if ours in (SmsClass.OTHER, SmsClass.REVIEW) and event.read_as in _SMS_CLASSES:
        return SmsClass(event.read_as)
    return ours


_SMS_CLASSES = frozenset(SmsClass)


def deduplicated(events: Iterable[ConsentEvent]) -> tuple[ConsentEvent, ...]:
    """The first event of each id, in order of arrival: a later body under the same id never counts."""
    first: dict[str, ConsentEvent] = {}
    for event in events:
        first.setdefault(event.id, event)
    return tuple(first.values())


def in_force(events: Iterable[ConsentEvent]) -> tuple[ConsentEvent, ...]:
    """The events that count: deduplicated, without what an undone merge had brought (`unmerging.py`) and what a
    member of staff took back.

    Of a merge only two things can be taken back: the copies of refusals that it made (their originals stand where
    they were given), and a grant or confirmation that was the other person's. Nobody's own No is ever among them.
    Staff lift an objection or a "do not contact" one by one, and dismiss a reply that waits to be read: each such act
    names the one event that it is about, and nothing else can be lifted so.
    """
    told = deduplicated(events)
    undone = _superseded(told, Action.MERGE_UNDONE, _MAY_UNDO)
    lifted = _superseded(told, Action.LIFTED, _MAY_LIFT)
    dismissed = _superseded(told, Action.REVIEW_DISMISSED, _MAY_LIFT)
    if not (undone or lifted or dismissed):
        return told
    return tuple(
        event
        for event in told
        if not (
            _is_undone(event, undone)
            or (event.id in lifted and kind_of(event) in _LIFTED_BY_STAFF)
            or (event.id in dismissed and kind_of(event) is Kind.REVIEW)
        )
    )


def _superseded(events: Iterable[ConsentEvent], action: Action, actors: frozenset[str]) -> frozenset[str]:
    """The ids of the events that acts of one kind are about, as far as whoever acted may do so."""
    return frozenset(
        event.supersedes
        for event in events
        if event.action == action and event.actor in actors and event.supersedes
    )


def _is_undone(event: ConsentEvent, undone: frozenset[str]) -> bool:
    if event.merged_at is not None and event.supersedes is not None:
        return event.id.removesuffix(f":{event.supersedes}") in undone
    return event.id in undone and kind_of(event) in (Kind.GRANT, Kind.CONFIRM)


def in_order(events: Iterable[ConsentEvent]) -> tuple[ConsentEvent, ...]:
    """Deduplicated and by when it happened; of equal times opt-outs come last, then by id (3.3)."""
    return tuple(event for event, _ in _ordered(events))


def _ordered(events: Iterable[ConsentEvent]) -> Sequence[tuple[ConsentEvent, Kind]]:
    if isinstance(events, tuple) and not events:
        return ()
    kinds = [(event, kind_of(event)) for event in in_force(events)]
    return sorted(kinds, key=lambda pair: (pair[0].at, pair[1].value, pair[0].id))


def fold(events: Iterable[ConsentEvent], *, now: datetime, policy: ConsentPolicy) -> Standing:
    """The state of a ledger at `now`. Grants, confirmations and STARTs from the future are left out."""
    ordered = _ordered(events)
    if not ordered:
        return _OF_NOTHING
    horizon = now + timedelta(minutes=policy.future_grant_skew_minutes)
    by_kind: dict[Kind, list[ConsentEvent]] = {kind: [] for kind in Kind}
    for event, kind in ordered:
        if kind in _ONLY_FROM_THE_PAST and event.at > horizon:
            continue
        by_kind[kind].append(event)
    starts = by_kind[Kind.START]
    return Standing(
        stops=_not_restarted(by_kind[Kind.STOP], starts),
        reviews=_not_restarted(by_kind[Kind.REVIEW], starts),
        do_not_contact=tuple(by_kind[Kind.DO_NOT_CONTACT]),
        objections=tuple(by_kind[Kind.OBJECTION]),
        opt_outs=tuple(by_kind[Kind.OPT_OUT]),
        grants=tuple(by_kind[Kind.GRANT]),
        confirms=tuple(by_kind[Kind.CONFIRM]),
        unknown=tuple(event.id for event in by_kind[Kind.UNKNOWN]),
    )


def _not_restarted(texts: list[ConsentEvent], starts: list[ConsentEvent]) -> tuple[ConsentEvent, ...]:
    return tuple(text for text in texts if not any(restarts(start, text) for start in starts))


def restarts(start: ConsentEvent, text: ConsentEvent) -> bool:
    """Whether a START lifts that STOP or closes that review: same known phone, strictly later."""
    return text.endpoint is not None and start.endpoint == text.endpoint and start.at > text.effective_at


def permission(
    standing: Standing,
    *,
    channel: str,
    topic: str,
    endpoint: str,
    country: str | None,
    now: datetime,
    policy: ConsentPolicy,
    purpose: str = MARKETING,
) -> Permission:
    """What the ledger permits for one message to one address (sections 4, steps 14 to 16, and 6).

    A No to the purpose `*` is one to each; a Yes to it is to none, for consent is given for a purpose that is named
    (GDPR Art. 6(1)(a)). Marketing alone is consented to address by address.
    """
    purposes = {purpose, "ad_audience"} if (channel, purpose) == ("ad_audience", MARKETING) else {purpose}
    confirms = [event for event in standing.confirms if event.purpose in purposes]
    valid: list[ConsentEvent] = []
    failure: Reason | None = None
    other_topic = False
    for grant in standing.grants:  # in order, so the last failure is that of the latest grant
        if grant.purpose not in purposes or grant.channel not in (channel, ANY):
            continue
        if purpose == MARKETING and grant.endpoint != endpoint:
            continue
        if grant.topic not in (topic, ANY):
            other_topic = True
            continue
        failure = why_invalid(
            grant, channel=channel, country=country, now=now, policy=policy, confirms=confirms
        )
        if failure is None:
            valid.append(grant)
    clicks = confirms if _needs_a_click(channel, country, policy) else None
    refused = [event for event in standing.opt_outs if is_about(event.purpose, *purposes)]
    stand = [event for event in refused if _stands(event, valid, clicks)]
    everywhere = [stop for stop in standing.stops if policy.revoke_all and _stands(stop, valid, clicks)]
    here = [event for event in stand if is_about(event.channel, channel)]
    return Permission(
        valid=tuple(valid),
        channel_opt_outs=tuple(event for event in here if is_about(event.topic)) + tuple(everywhere),
        topic_opt_outs=tuple(event for event in here if event.topic == topic),
        failure=failure,
        other_topic=other_topic,
    )


def is_about(named: str | None, *asked: str) -> bool:
    """Whether a refusal that names a channel, topic or purpose concerns one of those asked; without a name, all."""
    return named in asked or named == ANY or not (named and named.strip())


def _stands(opt_out: ConsentEvent, valid: list[ConsentEvent], clicks: list[ConsentEvent] | None) -> bool:
    """Whether no grant lifts it. `clicks` are those that may complete a grant, None where none is needed.

    What a merge carried over is lifted by an older grant of its own side only if that side had the click too, or if
    the click came since.
    """
    return not any(
        grant.at > opt_out.effective_at
        or (
            grant.id in opt_out.lifted_by
            and grant.at > opt_out.at
            and (clicks is None or any(_completes(click, grant, opt_out) for click in clicks))
        )
        for grant in valid
    )


def _completes(click: ConsentEvent, grant: ConsentEvent, opt_out: ConsentEvent) -> bool:
    theirs = click.id in opt_out.lifted_by or click.at > opt_out.effective_at
    return theirs and click.endpoint == grant.endpoint and click.at >= grant.at


def _needs_a_click(channel: str, country: str | None, policy: ConsentPolicy) -> bool:
    return channel == "email" and country in policy.double_opt_in_countries


def why_invalid(
    grant: ConsentEvent,
    *,
    channel: str,
    country: str | None,
    now: datetime,
    policy: ConsentPolicy,
    confirms: Iterable[ConsentEvent],
) -> Reason | None:
    """The first check of section 6 that a grant in scope fails, or None when it is valid."""
    if not is_shown(grant.proof) or not is_shown(grant.wording_version):
        return Reason.CONSENT_WITHOUT_PROOF
    if not is_verified(grant):
        return Reason.UNVERIFIED_SOURCE
    if grant.wording_version in policy.invalid_wording_versions:
        return Reason.CONSENT_WORDING_INVALID
    if grant.expires_at is not None and grant.expires_at <= now:
        return Reason.CONSENT_EXPIRED
    max_age = policy.max_age_months(country)
    if max_age is not None and now >= months_after(grant.at, max_age):
        return Reason.CONSENT_EXPIRED
    if channel == "sms" and country == "US" and grant.basis != "express_written":
        return Reason.CONSENT_NOT_WRITTEN
    if _needs_a_click(channel, country, policy):
        confirmed = any(one.endpoint == grant.endpoint and one.at >= grant.at for one in confirms)
        return None if confirmed else Reason.UNCONFIRMED_OPT_IN
    return None


def is_shown(evidence: str | None) -> bool:
    """Whether there is any evidence at all."""
    return isinstance(evidence, str) and bool(evidence.strip())


def is_verified(grant: ConsentEvent) -> bool:
    """Whether it is known that the person said it; where nobody told, every source but a client SDK is believed."""
    if grant.identity_verified is None:
        return (grant.source or "").partition(":")[0] != "client_sdk"
    return grant.identity_verified is True


def months_after(instant: datetime, months: int) -> datetime:
    """So many calendar months later, counted in UTC; a missing day becomes the last of its month."""
    return add_months(instant.astimezone(UTC), months)
