"""What nobody asked for when it happened, read back from what is stored: only where a backfill comes by.

    devices, the last known place   from the contexts of the timeline's events
    messages sent and withheld      from the messages themselves, told as the events that nobody told at the time

Doing it again changes nothing: devices and places are the latest of each, and an event of a message has one id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.conditions.windows import LOOKS_BACK
from kizuna.core.devices import DEVICES, with_devices
from kizuna.core.errors import Unavailable
from kizuna.core.feedback import MESSAGE_SENT, MESSAGE_WITHHELD
from kizuna.core.merges.recounting import is_counted, mine
from kizuna.core.message_events import MESSAGES, message_event
from kizuna.core.people import Profile
from kizuna.core.places import PLACE, with_place
from kizuna.core.ports import Ledger, Messages, People
from kizuna.usecases.ingesting.ingest import ingest

_OF_MESSAGES = frozenset({MESSAGE_SENT, MESSAGE_WITHHELD})
_OF_CONTEXTS = {DEVICES: with_devices, PLACE: with_place}


@dataclass(frozen=True, slots=True)
class Teller:
    """The ports that telling of messages takes."""

    messages: Messages
    ledger: Ledger
    new_id: Callable[[], str]


def with_recalled(profile: Profile, names: Collection[str], people: People) -> Profile:
    """The person with the devices and the place that their events told of, where these are to be recalled.

    Writes nothing. One query, and none where neither is asked for.
    """
    wanted = sorted(_OF_CONTEXTS.keys() & set(names))
    if not wanted:
        return profile
    entries = people.timeline(profile.parts)
    events = [entry.event for entry in entries if mine(entry.part, entry.version, profile)]
    found = {name: _OF_CONTEXTS[name](profile.traits.get(name), events) for name in wanted}
    known = {name: trait for name, trait in found.items() if trait is not None}
    return replace(profile, traits={**profile.traits, **known}) if known else profile


def tell_of_messages(
    profile: Profile, names: Collection[str], people: People, by: Teller, catalog: Catalog, *, now: datetime
) -> bool:
    """Make the events of messages that were sent or withheld before any condition asked. False where none was.

    They are history: counted, and announced to nobody. Guarded by the version of the profile, as any event is; a
    crash leaves some untold, which the next attempt tells. Those that count already are left alone.
    Raises Unavailable where they could not all be stored.
    """
    wanted = _OF_MESSAGES & set(names)
    if not wanted:
        return False
    told = [
        replace(event, triggers=False)
        for message in by.messages.of_person(profile.parts)
        if (event := message_event(message, told=wanted, now=now)) is not None
        if event.at > now - LOOKS_BACK
    ]
    if told:
        known = _counted_of_messages(profile, people, now=now)
        told = [event for event in told if event.id not in known]
    if not told:
        return False
    done = ingest(told, people=people, ledger=by.ledger, catalog=catalog, now=now, new_id=by.new_id)
    if done.left_over or done.violations:
        raise Unavailable(f"messages of {profile.id} could not be told")
    return True


def _counted_of_messages(profile: Profile, people: People, *, now: datetime) -> frozenset[str]:
    """The events of messages that the record counts. One that a crash left uncounted is brought in again."""
    marks = {seen.hash for seen in profile.seen}
    events = (entry.event for entry in people.timeline(profile.parts))
    return frozenset(
        event.id for event in events if event.source.id == MESSAGES.id and is_counted(event, marks, now=now)
    )
