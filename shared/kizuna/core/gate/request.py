"""What the gate is asked: everything a decision may depend on, gathered before the first guard runs.

Field names are those of the case files (`consent.md` section 2; `endpoint` is the address there). The types
say what a caller should pass; a value that is something else is found by `is_answerable`, never by a crash.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kizuna.core.consent import ANY, MARKETING, ConsentEvent
from kizuna.core.restraint.house_hours import HouseHours
from kizuna.core.restraint.wishes import OwnQuiet

CATEGORIES = frozenset({MARKETING, "transactional", "mandatory", "opt_out_confirmation"})
CHANNELS = frozenset({"email", "sms", "push", "ad_audience", "inbox", "whatsapp", "line", "webhook", "task"})
SUBJECT_STATUSES = frozenset({"active", "restricted", "erased"})
ENDPOINT_STATUSES = frozenset({"ok", "hard_bounced", "invalid_token", "complained"})

_COUNTRY = re.compile(r"[A-Z]{2}", re.IGNORECASE | re.ASCII)
_YEARS = range(2, 9000)  # far enough from both ends of the calendar for months and offsets to be added
_OLDEST = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """The person. `country` is ISO 3166-1 alpha-2, `region` its subdivision (`CA` is California), or None."""

    country: str | None
    region: str | None
    timezone: str | None
    age: int | float | None
    status: str
    guardian_consent: bool = False
    quiet: OwnQuiet | None = None  # hours that they keep quiet themselves


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address: one mailbox, phone number, push token, …"""

    id: str
    channel: str
    status: str
    area_timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """What passed between the person and the sender, where the law asks for it."""

    last_purchase_at: datetime | None = None
    last_inquiry_at: datetime | None = None
    similar_products: bool = False
    opt_out_offered_at_collection: bool = False


@dataclass(frozen=True, slots=True)
class Signals:
    """What the person's browser says (Global Privacy Control), and what the company itself holds back: the id of a
    tone hold that stands, a product of the message that the person gave up. Empty: nothing does. `paused_until` is
    the end of a pause that the person asked for, `place_unconsented` whether the message is set off by where their
    device is, to which they never agreed.
    """

    gpc: bool = False
    tone_hold: str = ""
    product_excluded: str = ""
    paused_until: datetime | None = None
    place_unconsented: bool = False


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """The message as rendered. `sent_in_window` counts against `frequency_cap`, whose None means no cap.

    `cap_frees_at` is when a cap that is reached may have room again, if the message may wait for that; `cap_digest`
    the campaign in which it is told then, `cap_elsewhere` whether its next channel is to be tried instead. The gate
    reads neither. `cap_on_service`: the cap is one that holds service messages too. `cap_shared`: a full cap is one
    over an address or a household.
    """

    category: str
    channel: str
    endpoint: str
    topic: str
    contains_promotion: bool = False
    has_unsubscribe: bool = False
    has_sender_identity: bool = False
    has_postal_address: bool = False
    sent_in_window: int | None = None
    frequency_cap: int | None = None
    cap_frees_at: datetime | None = None
    cap_digest: str = ""
    cap_elsewhere: bool = False
    cap_on_service: bool = False
    cap_shared: str = ""
    house_hours: tuple[
        HouseHours, ...
    ] = ()  # the hours that the company keeps itself, of workspace and campaign
    scheduled_at: datetime | None = None  # informative: `now` decides


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the gate. `ledger` holds the person's consent events in order of arrival."""

    now: datetime
    subject: Subject
    endpoint: Endpoint
    ledger: Sequence[ConsentEvent]
    message: MessageFacts
    relationship: Relationship = field(default_factory=Relationship)
    signals: Signals = field(default_factory=Signals)


def effective_category(message: MessageFacts) -> str:
    """The category by which a message is judged: promotional content makes any message promotional."""
    plain = message.contains_promotion is False or message.contains_promotion is None
    return message.category if plain else MARKETING


def is_answerable(request: Request) -> bool:
    """Whether the request makes sense: step 1, and whether what later steps read can be read.

    Country, age, counts and the like are read for promotional messages only, so an odd one holds up no
    receipt and no mandatory notice.
    """
    if not _is_well_addressed(request) or not isinstance(request.ledger, tuple | list):
        return False
    if not all(isinstance(event, ConsentEvent) for event in request.ledger):
        return False
    return effective_category(request.message) != MARKETING or _has_readable_facts(request)


def _is_well_addressed(request: Request) -> bool:
    subject, endpoint, message = request.subject, request.endpoint, request.message
    return (
        isinstance(subject, Subject)
        and isinstance(endpoint, Endpoint)
        and isinstance(message, MessageFacts)
        and is_instant(request.now)
        and _is_one_of(message.category, CATEGORIES)
        and _is_one_of(message.channel, CHANNELS)
        and message.channel == endpoint.channel
        and _is_name(endpoint.id)
        and message.endpoint == endpoint.id
        and _is_one_of(subject.status, SUBJECT_STATUSES)
        and _is_one_of(endpoint.status, ENDPOINT_STATUSES)
    )


def _has_readable_facts(request: Request) -> bool:
    subject, message, past = request.subject, request.message, request.relationship
    return (
        _is_name(message.topic)
        and message.topic != ANY
        and (subject.country is None or _is_country(subject.country))
        and (subject.region is None or isinstance(subject.region, str))
        and (subject.timezone is None or isinstance(subject.timezone, str))
        and (request.endpoint.area_timezone is None or isinstance(request.endpoint.area_timezone, str))
        and (subject.age is None or _is_age(subject.age))
        and isinstance(request.signals, Signals)
        and (request.signals.paused_until is None or is_instant(request.signals.paused_until))
        and (subject.quiet is None or isinstance(subject.quiet, OwnQuiet))
        and isinstance(past, Relationship)
        and (past.last_purchase_at is None or is_instant(past.last_purchase_at))
        and (past.last_inquiry_at is None or is_instant(past.last_inquiry_at))
        and _is_count(message.sent_in_window)
        and (message.frequency_cap is None or _is_count(message.frequency_cap))
        and (message.cap_frees_at is None or is_instant(message.cap_frees_at))
        and isinstance(message.house_hours, tuple)
        and all(isinstance(hours, HouseHours) and is_instant(hours.until) for hours in message.house_hours)
    )


def _is_one_of(value: Any, known: frozenset[str]) -> bool:
    return isinstance(value, str) and value in known


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_country(value: Any) -> bool:
    return isinstance(value, str) and _COUNTRY.fullmatch(value) is not None


def is_instant(value: Any) -> bool:
    """Whether a value is an instant with an offset, far enough from both ends of the calendar."""
    return isinstance(value, datetime) and value.utcoffset() is not None and value.year in _YEARS


def _is_age(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _OLDEST


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
