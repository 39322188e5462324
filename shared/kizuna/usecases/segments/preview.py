"""What a segment would be: its size, ten people with reasons, reach per channel, overlap with other segments.

Reach asks the gate itself, after consent and caps, for at most 200 people drawn from all members; of fewer members it
is exact. That costs some reads a person, which nobody wants to pay for a million.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.addressing import chosen_address
from kizuna.core.catalog import Catalog
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, People
from kizuna.core.reachability import reach_of
from kizuna.core.segments.reasons import Membership, memberships
from kizuna.usecases.decisions.deciding import heard_by, standing_ledger
from kizuna.usecases.reacting.upkeep import with_current_memory
from kizuna.usecases.segments.counts import SAMPLE, Sums

CHANNELS = ("email", "sms", "push", "whatsapp", "line")


@dataclass(frozen=True, slots=True)
class Looker:
    """The ports of looking; nothing is written to."""

    people: People
    ledger: Ledger
    messages: Messages


@dataclass(frozen=True, slots=True)
class Sampled:
    """One member, and what decides that they are one."""

    person: str
    membership: Membership


@dataclass(frozen=True, slots=True)
class Reached:
    """How many of those who were asked about could be written to on a channel, about some topic at least."""

    channel: str
    now: int
    later: int  # quiet hours or a cap put it off


@dataclass(frozen=True, slots=True)
class Reachability:
    """Reach of `of` people, drawn from `members`."""

    of: int
    members: int
    channels: tuple[Reached, ...]


def sample_of(
    segment: str, told: Sums, looker: Looker, catalog: Catalog, *, now: datetime, size: int = SAMPLE
) -> tuple[Sampled, ...]:
    """Some members with their reasons, drawn from all. Who has changed or gone since is left out."""
    chosen = told.sample.people()[:size]
    found = looker.people.profiles(chosen)
    sampled = []
    for person in chosen:
        profile = found.get(person)
        if profile is None or profile.id != person:
            continue
        current = with_current_memory(profile, looker.people, catalog, now=now)
        standing = catalog.segment_index.standing(catalog.decidable(current), now=now).segments
        visible = catalog.decidable(replace(current, segments=standing))
        reasons = {each.segment: each for each in memberships(visible, catalog.segments, now=now)}
        if segment in reasons:
            sampled.append(Sampled(person, reasons[segment]))
    return tuple(sampled)


def reach_of_members(told: Sums, looker: Looker, catalog: Catalog, *, now: datetime) -> Reachability:
    """How many members a promotional message would reach now, and how many a little later, by channel."""
    found = looker.people.profiles(told.sample.people())
    profiles = list({profile.id: profile for profile in found.values()}.values())
    words = [_words(profile, looker, catalog, now) for profile in profiles]
    channels = tuple(
        Reached(
            channel,
            sum(each.get(channel) == "allow" for each in words),
            sum(each.get(channel) == "defer" for each in words),
        )
        for channel in CHANNELS
    )
    return Reachability(len(profiles), told.members, channels)


def _words(profile: Profile, looker: Looker, catalog: Catalog, now: datetime) -> Mapping[str, str]:
    """The gate's best word on a promotional message, by channel."""
    own = looker.ledger.events(profile.parts)
    found: dict[str, str] = {}
    for channel in CHANNELS:
        address = chosen_address(profile, channel)
        if address is None:
            continue
        answers = reach_of(
            profile,
            address,
            topics=catalog.topics,
            ledger=standing_ledger(profile, address, looker.ledger, own=own),
            heard=heard_by(profile, address, looker.messages, catalog),
            catalog=catalog,
            now=now,
        )
        words = {each.answer for each in answers if each.category == "marketing"}
        found[channel] = next((word for word in ("allow", "defer") if word in words), "deny")
    return found
