"""What somebody's own page shows of them: what comes today, what they wished, what is known and where it is from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from kizuna.core.addressing import country_of, language_of
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent, fold
from kizuna.core.gate import Word
from kizuna.core.gate.quiet_hours import zones_of
from kizuna.core.pages.languages import page_language
from kizuna.core.pages.own_page import ANY, KEEP, OwnChannel, OwnTopic, OwnView
from kizuna.core.pages.texts import PageLanguage
from kizuna.core.people import Address, AddressStatus, Profile, Trait
from kizuna.core.ports import Ledger
from kizuna.core.reachability import promotion_on
from kizuna.core.reasons import Reason
from kizuna.core.restraint.wishes import FREQUENCY, QUIET_HOURS, asks_again, wishes_of
from kizuna.core.sentences import moment
from kizuna.core.wordings import Wording
from kizuna.core.zones import zone_named
from kizuna.usecases.decisions.deciding import standing_ledger
from kizuna.usecases.own_side.front_desk import topic_label
from kizuna.usecases.own_side.known_view import known_of

_FEW_ZONES = 12
# Beside e-mail: where a No may be said here, and a Yes is given elsewhere.
_CHANNELS = ("sms", "push", "whatsapp", "line")
# Found after a legal basis: the person gets the topic, though perhaps not at this moment.
_COMES = frozenset(
    {
        Reason.PAUSED,
        Reason.TONE_HOLD,
        Reason.PRODUCT_EXCLUDED,
        Reason.FREQUENCY_CAP,
        Reason.QUIET_HOURS,
        Reason.HOUSE_HOURS,
        Reason.HOUSE_HOURS_ELSEWHERE,
        Reason.HOUSE_HOURS_TOO_LONG,
    }
)
_STOPPED = frozenset({Reason.SMS_STOP, Reason.CHANNEL_OPT_OUT, Reason.TOPIC_OPT_OUT})
_ZONES = (
    "Pacific/Honolulu", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York",
    "America/Sao_Paulo", "UTC", "Europe/London", "Europe/Berlin", "Europe/Helsinki", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Bangkok", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip


def own_view(
    profile: Profile,
    address_id: str,
    ledger: Ledger,
    catalog: Catalog,
    *,
    language: PageLanguage,
    now: datetime,
) -> OwnView:
    """The view of somebody who reads the mailbox `address_id`. Nothing is changed by it."""
    wishes, center = wishes_of(profile), catalog.policy.preference_center
    wording = wording_on_page(catalog, language)
    zone = wishes.quiet.zone if wishes.quiet else _zone(profile)
    own = ledger.events(profile.parts)
    standing = fold(own, now=now, policy=catalog.policy.consent)
    mailbox = next((held for held in profile.addresses.values() if held.id == address_id), None)
    is_objecting = bool(standing.objections or standing.do_not_contact)
    is_dead = mailbox is not None and mailbox.status is not AddressStatus.OK
    frequency = profile.traits.get(FREQUENCY)
    again = asks_again(frequency)
    quiet = profile.traits[QUIET_HOURS].value if wishes.quiet else {}
    paused = wishes.paused_until is not None and wishes.paused_until > now
    return OwnView(
        topics=tuple(_topics(profile, mailbox, own, ledger, catalog, language, now)),
        channels=tuple(_channels(profile, own, ledger, catalog, now)),
        rhythm=_rhythm(frequency, catalog),
        asks_again=again is not None and again <= now,
        paused_until=moment(wishes.paused_until, zone_named(zone), language)
        if paused and wishes.paused_until
        else "",
        quiet=(quiet["from"], quiet["to"]) if quiet else ("", ""),
        zone=zone,
        zones=_zones(profile, zone),
        language=page_language(person=language_of(profile, catalog), default=catalog.policy.default_language),
        known=known_of(profile, catalog, language, zone),
        addresses=tuple(_masked(address) for address in profile.addresses.values()),
        segments=tuple(_segments(profile, catalog)) if center.shows_segments else (),
        wording=wording.id if wording and mailbox else "",
        wording_text=wording.text if wording else "",
        is_objecting=is_objecting,
        is_dead=is_dead,
    )


def wording_on_page(catalog: Catalog, language: str) -> Wording | None:
    """The text beside the boxes in the language of the page (`<id>-<language>`), else as the policy names it."""
    named_so = catalog.policy.preference_center.wording_version
    return catalog.wordings.get(f"{named_so}-{language}") or catalog.wordings.get(named_so)


# ── what comes ──────────────────────────────────────────────────────────────────────────────────


def promotional_topics(catalog: Catalog) -> tuple[str, ...]:
    """The topics of which there is promotion: all but those that only other messages are about."""
    told = {campaign.topic: campaign.category for campaign in catalog.campaigns.values()}
    marketed = {each.topic for each in catalog.campaigns.values() if each.category == "marketing"}
    return tuple(topic for topic in catalog.topics if topic in marketed or topic not in told)


def _topics(
    profile: Profile,
    mailbox: Address | None,
    own: tuple[ConsentEvent, ...],
    ledger: Ledger,
    catalog: Catalog,
    language: PageLanguage,
    now: datetime,
) -> Iterator[OwnTopic]:
    counts = standing_ledger(profile, mailbox, ledger, own=own)
    for topic in promotional_topics(catalog):
        label = topic_label(topic, catalog, language)
        comes = mailbox is not None and _comes(profile, mailbox, topic, counts, catalog, now)
        yield OwnTopic(topic, label.name, label.description, comes)


def _channels(
    profile: Profile, own: tuple[ConsentEvent, ...], ledger: Ledger, catalog: Catalog, now: datetime
) -> Iterator[OwnChannel]:
    for channel in _CHANNELS:
        address = next(iter(profile.addresses_on(channel)), None)
        if address is None:
            continue
        counts = standing_ledger(profile, address, ledger, own=own)
        found = [
            promotion_on(profile, address, topic, ledger=counts, catalog=catalog, now=now)
            for topic in promotional_topics(catalog)
        ]
        comes = any(_is_coming(word, reason) for word, reason in found)
        yield OwnChannel(channel, comes, not comes and any(reason in _STOPPED for _, reason in found))


def _comes(
    profile: Profile,
    address: Address,
    topic: str,
    ledger: Sequence[ConsentEvent],
    catalog: Catalog,
    now: datetime,
) -> bool:
    word, reason = promotion_on(profile, address, topic, ledger=ledger, catalog=catalog, now=now)
    return _is_coming(word, reason)


def _is_coming(word: Word, reason: Reason) -> bool:
    return word == "allow" or reason in _COMES


def _rhythm(frequency: Trait | None, catalog: Catalog) -> str:
    if frequency is None or not isinstance(frequency.value, Mapping):
        return ANY
    choice = frequency.value.get("choice")
    offered = {each.id for each in catalog.policy.preference_center.frequencies}
    return choice if isinstance(choice, str) and choice in offered else KEEP


# ── where and when ──────────────────────────────────────────────────────────────────────────────


def _zone(profile: Profile) -> str:
    if zone_named(profile.zone_name) and profile.zone_name:
        return profile.zone_name
    country = country_of(profile)
    found = zones_of(country) if country else ()
    return found[0].key if len(found) == 1 else "UTC"


def _zones(profile: Profile, chosen: str) -> tuple[str, ...]:
    country = country_of(profile)
    near = tuple(zone.key for zone in zones_of(country)) if country else ()
    return tuple(dict.fromkeys((chosen, *near[:_FEW_ZONES], *_ZONES)))


# ── what else is shown ──────────────────────────────────────────────────────────────────────────


def _segments(profile: Profile, catalog: Catalog) -> Iterator[str]:
    return (
        segment.description or segment.id for segment in catalog.segments if segment.id in profile.segments
    )


def _masked(address: Address) -> str:
    """Enough to be recognised by whose it is, and no more: pages are printed and forwarded."""
    match address.channel:
        case "email":
            name, _, host = address.value.rpartition("@")
            return f"{name[:1]}•••@{host}"
        case "sms" | "whatsapp":
            return f"{address.value[:3]}•••{address.value[-2:]}"
        case _:
            return f"{address.platform or address.channel} •••"
