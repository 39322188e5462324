"""The 360° view: everything that is known of one person on one page, how it is known, and what may be done now.

Reading it costs the profile, the ledger and suppressions, the pressure, the records of merges, one page of messages
and the newest events: bounded, however long somebody has been a customer (docs/costs.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kizuna.core.addressing import chosen_address, country_of
from kizuna.core.brief.making import Brief, Material, brief_of
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.words import ConsentWord, words_on
from kizuna.core.merges.log import MergeRecord
from kizuna.core.messages import Message
from kizuna.core.people import Address, Profile
from kizuna.core.ports import TimelineEntry
from kizuna.core.reachability import Reach, reach_of
from kizuna.core.restraint.cap_use import CapUse, caps_in_use
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import Pressure
from kizuna.core.restraint.wishes import wishes_of
from kizuna.usecases.decisions.deciding import heard_at, pressure_on, standing_ledger
from kizuna.usecases.desk import Desk
from kizuna.usecases.people.pages import newest_events

EVENTS_READ = 200  # of the newest; what is open is looked for in them
MESSAGES_READ = 30
ADDRESSES_ASKED = 10  # of each channel, the one that is used first


@dataclass(frozen=True, slots=True)
class View:
    """What was read of a person at one moment, and what follows from it."""

    profile: Profile
    reach: dict[str, tuple[Reach, ...]]  # by address id; only of those that were asked about
    words: tuple[ConsentWord, ...]
    pressure: Pressure
    caps: tuple[CapUse, ...]
    entries: tuple[TimelineEntry, ...]
    messages: tuple[Message, ...]
    next_message: str | None
    merges: tuple[MergeRecord, ...]
    brief: Brief
    at: datetime


def view_of_person(profile: Profile, on: Desk, catalog: Catalog, *, now: datetime) -> View:
    """Read and judge everything for the page. Writes nothing."""
    own = on.ledger.events(profile.parts)
    pressure = pressure_on(profile, on.messages)
    reach: dict[str, tuple[Reach, ...]] = {}
    words: list[ConsentWord] = []
    said: dict[str, ConsentEvent] = {}
    heard: list[tuple[Address, Heard]] = []
    for address in _asked(profile):
        ledger = standing_ledger(profile, address, on.ledger, own=own)
        said |= {event.id: event for event in ledger}
        heard.append((address, heard_at(profile, address, pressure, on.messages, catalog)))
        reach[address.id] = reach_of(
            profile,
            address,
            topics=catalog.topics,
            ledger=ledger,
            heard=heard[-1][1],
            catalog=catalog,
            now=now,
        )
        words += words_on(
            address,
            topics=catalog.topics,
            ledger=ledger,
            country=country_of(profile),
            policy=catalog.policy.consent,
            now=now,
        )
    entries, since = _newest(profile, on, catalog, now)
    messages, following = on.messages.recent(profile.parts, limit=MESSAGES_READ)
    material = Material(
        profile=profile,
        events=[entry.event for entry in entries],
        messages=messages,
        reach=[one for address in _used(profile) for one in reach.get(address.id, ())],
        words=words,
        pressure=pressure,
        said_at={name: event.at for name, event in said.items()},
        events_since=since,
    )
    return View(
        profile=profile,
        reach=reach,
        words=tuple(words),
        pressure=pressure,
        caps=caps_in_use(
            catalog.policy.frequency_caps,
            campaigns=(cap for campaign in catalog.campaigns.values() for cap in campaign.own_caps),
            wish=wishes_of(profile).cap,
            person=pressure,
            heard=heard,
            now=now,
            zone=profile.zone_name,
        ),
        entries=entries,
        messages=messages,
        next_message=following,
        merges=on.merges.of(profile.parts),
        brief=brief_of(material, catalog, now=now),
        at=now,
    )


def _channels(profile: Profile) -> list[str]:
    return sorted({address.channel for address in profile.addresses.values()})


def _used(profile: Profile) -> list[Address]:
    """The address of each channel that a message would go to."""
    found = [chosen_address(profile, channel) for channel in _channels(profile)]
    return [address for address in found if address is not None]


def _asked(profile: Profile) -> list[Address]:
    """The addresses that the gate is asked about: of each channel the one in use, then the newest."""
    asked: dict[str, Address] = {address.id: address for address in _used(profile)}
    for channel in _channels(profile):
        asked |= {address.id: address for address in profile.addresses_on(channel)[: ADDRESSES_ASKED - 1]}
    return list(asked.values())


def _newest(
    profile: Profile, on: Desk, catalog: Catalog, now: datetime
) -> tuple[tuple[TimelineEntry, ...], datetime | None]:
    """The newest events, as far back as an open problem may lie; and where reading stopped, if it did."""
    start = catalog.policy.brief.look_back.before(now)
    found: list[TimelineEntry] = []
    for entry in newest_events(profile, on.people, page=EVENTS_READ // 2):
        if len(found) == EVENTS_READ or (entry.event.at < start and len(found) > _SHOWN_AT_LEAST):
            return tuple(found), found[-1].event.at
        found.append(entry)
    return tuple(found), None


_SHOWN_AT_LEAST = 100  # a page may be this long, however old its events are
