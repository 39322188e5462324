"""What to know before contacting somebody: who they are, what passed between us, what is open, do and don't.

Everything follows from the record, the ledger, the newest events and messages, and the answers of the gate; which
events mean what, the workspace says (`brief_rules`). `brief_texts` puts it into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.addressing import country_of
from kizuna.core.brief.advice import Advice, advice_on
from kizuna.core.brief.problems import Trouble, is_amount, troubles_of
from kizuna.core.brief.rules import BriefRules
from kizuna.core.catalog import Catalog
from kizuna.core.consent.words import ConsentWord
from kizuna.core.events import Event, SourceKind
from kizuna.core.feedback import SMS_RECEIVED
from kizuna.core.gate.quiet_hours import open_window
from kizuna.core.messages import Message, State
from kizuna.core.people import AddressStatus, Profile
from kizuna.core.reachability import Reach
from kizuna.core.reasons import Reason
from kizuna.core.restraint.caps import room_at
from kizuna.core.restraint.exclusions import standing
from kizuna.core.restraint.pressure import NOTHING, Pressure, promotional
from kizuna.core.zones import zone_named

CONTACTS = 3  # of each side
LATELY = timedelta(days=7)
_NAME_LENGTH = 120
_OURS = (SourceKind.PROVIDER, SourceKind.SYSTEM)
_REACTIONS = ("delivered", "opened", "clicked", "bounced", "rejected", "complained")


@dataclass(frozen=True, slots=True)
class Material:
    """What a brief is made from. `events` and `messages` come newest first; `events_since`: none older were read."""

    profile: Profile
    events: Sequence[Event]
    messages: Sequence[Message]
    reach: Sequence[Reach]  # of the address that each channel uses
    words: Sequence[ConsentWord]  # of every address
    pressure: Pressure = NOTHING  # what they have heard of us lately, over all channels
    said_at: Mapping[str, datetime] = field(default_factory=dict)  # of consent events, by id
    events_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One time that we spoke, or they did."""

    at: datetime
    what: str  # a campaign's name, or what the person did
    channel: str = ""
    state: str = ""  # of our message
    reactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Orders:
    """How often and for how much they bought; `complete`: over all time, not only in the events that were read."""

    count: int
    value: float | None  # None where no amount is known, or amounts of several currencies
    currency: str  # empty where nobody told
    complete: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """The local hours of today in which promotion may be heard on these channels, as minutes of the day."""

    channels: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lately:
    """How many promotional messages they have heard of in the last seven days, over all channels, and from when on
    every cap that is full now has room again (None: there is room)."""

    count: int
    room_at: datetime | None


@dataclass(frozen=True, slots=True)
class Brief:
    """A page to read before a call. Holds a name, but no address."""

    person: str
    known_as: str  # a user id, else the profile's
    name: str
    language: str  # empty where nobody told and none was seen
    country: str
    zone: str
    local_time: datetime | None  # None where no zone is known
    since: datetime
    last_purchase_at: datetime | None
    orders: Orders | None
    last_seen_at: datetime | None
    ours: tuple[Contact, ...]
    theirs: tuple[Contact, ...]
    problems: tuple[Trouble, ...]
    channels: tuple[str, ...]  # with an address that works
    kept: tuple[str, ...]  # topics
    left: tuple[str, ...]
    lately: Lately | None  # None where no cap has it counted
    hours: Hours | None
    dos: tuple[Advice, ...]
    donts: tuple[Advice, ...]
    events_since: datetime | None


def brief_of(material: Material, catalog: Catalog, *, now: datetime) -> Brief:
    """The brief at this moment; never raises on a record that could be stored."""
    profile, rules = material.profile, catalog.policy.brief
    zone = zone_named(profile.zone_name)
    local = now.astimezone(zone) if zone else None
    problems = troubles_of(profile, material.events, material.messages, catalog, now=now)
    language = _language(profile)
    dos, donts = advice_on(
        profile,
        reach=material.reach,
        said_at=material.said_at,
        problems=problems,
        language=language,
        local=local,
        rules=rules,
        stopped=bool(catalog.policy.kill_switch),
        excluded=standing(profile.exclusions, catalog.policy.product_exclusions, now=now),
    )
    left = {word.topic for word in material.words if word.reason is Reason.TOPIC_OPT_OUT}
    kept = {word.topic for word in material.words if word.word == "granted"} - left
    bought = [event for event in material.events if _is_purchase(event, rules)]
    return Brief(
        person=profile.id,
        known_as=_known_as(profile),
        name=_name(profile, catalog),
        language=language,
        country=country_of(profile) or "",
        zone=zone.key if zone else "",
        local_time=local,
        since=min([profile.created_at, *_instants(profile, material.events)]),
        last_purchase_at=profile.purchased_at or max((event.at for event in bought), default=None),
        orders=_orders(profile, bought, catalog, complete=material.events_since is None),
        last_seen_at=profile.last_event_at,
        ours=_ours(material.messages, catalog),
        theirs=_theirs(material.events),
        problems=problems,
        channels=_usable(profile),
        kept=tuple(sorted(kept)),
        left=tuple(sorted(left)),
        lately=_lately(material, catalog, now=now),
        hours=_hours(profile, catalog, local or now),
        dos=dos,
        donts=donts,
        events_since=material.events_since,
    )


# ── who ─────────────────────────────────────────────────────────────────────────────────────────


def _known_as(profile: Profile) -> str:
    return next((value for kind, value in sorted(profile.identities) if kind == "user_id"), profile.id)


def _name(profile: Profile, catalog: Catalog) -> str:
    """As it was told in one piece, else first and last name; empty where it is nobody's to see."""

    def told(*names: str) -> str:
        for name in names:
            declared = catalog.traits.get(name)
            value = profile.trait(name)
            if isinstance(value, str) and value.strip() and not (declared and declared.sensitive):
                return " ".join(value.split())
        return ""

    first, last = told("first_name", "firstName"), told("last_name", "lastName")
    # Where both are written in Chinese characters or kana, the family's name comes first.
    pair = (last, first) if _is_east_asian(first) and _is_east_asian(last) else (first, last)
    whole = told("name") or " ".join(filter(None, pair))
    return whole[:_NAME_LENGTH]


def _language(profile: Profile) -> str:
    """Told, else last seen. The workspace's own is for messages; on the telephone it would be a guess."""
    told = profile.trait("language")
    return told if isinstance(told, str) and told else profile.language or ""


def _is_east_asian(name: str) -> bool:
    return bool(name) and all(character == " " or "\u3005" <= character <= "\u9fff" for character in name)


def _instants(profile: Profile, events: Sequence[Event]) -> list[datetime]:
    """What an import brings may be older than the record."""
    return [
        *(held.at for held in profile.identities.values() if held.at),
        *(event.at for event in events[-1:]),
    ]


# ── what passed between us ──────────────────────────────────────────────────────────────────────


def _lately(material: Material, catalog: Catalog, *, now: datetime) -> Lately | None:
    caps = [cap for cap in catalog.policy.frequency_caps if cap.scope == "person"]
    if not caps:
        return None
    pressure, zone = material.pressure, material.profile.zone_name
    full = [at for cap in caps if (at := room_at(cap, pressure, now=now, zone=zone)) is not None]
    heard = sum(touch.at > now - LATELY for touch in promotional(pressure))
    return Lately(heard, max(full, default=None))


def _is_purchase(event: Event, rules: BriefRules) -> bool:
    return event.type == "track" and event.name in rules.purchases


def _orders(profile: Profile, bought: Sequence[Event], catalog: Catalog, *, complete: bool) -> Orders | None:
    """From what the record remembers of all purchases, if a condition asks for it, else from the events at hand."""
    rules = catalog.policy.brief
    currencies = {
        str(event.properties["currency"])[:8] for event in bought if event.properties.get("currency")
    }
    currency = next(iter(currencies)) if len(currencies) == 1 else ""
    count, value = _remembered(profile, catalog)
    is_all = count is not None or complete
    if count is None:
        count = len(bought)
    if count == len(bought):  # all of them at hand: each with the amount that it names
        amounts = [amount for event in bought if (amount := _amount(event, rules)) is not None]
        value = round(sum(amounts), 2) if amounts else None
    if not count:
        return None
    return Orders(count, value if len(currencies) < 2 else None, currency, is_all)


def _remembered(profile: Profile, catalog: Catalog) -> tuple[int | None, float | None]:
    rules = catalog.policy.brief
    count: int | None = None
    sums: dict[str, float] = {}
    for key, need in catalog.needs.items():
        state: Mapping[str, Any] = profile.aggregates.get(key, {})
        if len(rules.purchases) != 1 or need.event != rules.purchases[0] or need.where:
            continue
        if need.total and state.get("f") == need.form:
            count = int(state.get("n", 0))
            sums = dict(state.get("s", {}))
    value = next((round(float(sums[name]), 2) for name in rules.amounts if is_amount(sums.get(name))), None)
    return count, value


def _amount(event: Event, rules: BriefRules) -> float | None:
    for name in rules.amounts:
        value = event.properties.get(name)
        if is_amount(value):
            return float(value)
    return None


def _ours(messages: Iterable[Message], catalog: Catalog) -> tuple[Contact, ...]:
    """What went out, or may have."""
    gone = [message for message in messages if message.state in (State.SENT, State.UNKNOWN)]
    newest = sorted(gone, key=lambda message: (message.changed_at, message.id), reverse=True)[:CONTACTS]
    return tuple(
        Contact(
            message.changed_at,
            campaign_name(message, catalog),
            message.channel,
            str(message.state),
            tuple(fact for fact in _REACTIONS if fact in message.facts),
        )
        for message in newest
    )


def campaign_name(message: Message, catalog: Catalog) -> str:
    """What a message belongs to, by the name that people know."""
    campaign = catalog.campaigns.get(message.campaign)
    return campaign.name if campaign else message.campaign


def _theirs(events: Iterable[Event]) -> tuple[Contact, ...]:
    """What they did; a reply comes by a provider, everything else of a provider is feedback about us."""
    found = []
    for event in events:
        replied = event.source.kind is SourceKind.PROVIDER and event.name == SMS_RECEIVED
        if replied or (event.source.kind not in _OURS and event.type in ("track", "page", "screen")):
            found.append(Contact(event.at, event.name or event.type, "sms" if replied else ""))
        if len(found) == CONTACTS:
            break
    return tuple(found)


# ── preferences ─────────────────────────────────────────────────────────────────────────────────


def _usable(profile: Profile) -> tuple[str, ...]:
    works = [each.channel for each in profile.addresses.values() if each.status is AddressStatus.OK]
    return tuple(sorted(set(works)))


def _hours(profile: Profile, catalog: Catalog, local: datetime) -> Hours | None:
    policy = catalog.policy.consent
    region = profile.trait("region")
    window = open_window(
        local.weekday(),
        country=country_of(profile),
        region=region.strip().upper() if isinstance(region, str) else None,
        policy=policy,
    )
    channels = sorted(policy.quiet_hours_channels & {each.channel for each in profile.addresses.values()})
    return Hours(tuple(channels), window.start, window.end) if window and channels else None
