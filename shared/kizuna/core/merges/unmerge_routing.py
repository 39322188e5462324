"""Whose is what happened since a merge? Each event goes to the side whose identifier it carries, else to the primary.

As if the merge had never been: the events are taken in the order in which they came in, the strongest identifier that
a side is known by decides, and what else an event carries is that side's from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kizuna.core.durations import epoch_millis
from kizuna.core.events import Event
from kizuna.core.identity.identifiers import identifiers_of, is_unverified
from kizuna.core.identity.resolution import matching_identifiers
from kizuna.core.ids import address_id, seen_hash
from kizuna.core.merges.log import MergeRecord
from kizuna.core.merges.recounting import is_left_behind
from kizuna.core.people import CHANNELS_OF, Identity, Profile
from kizuna.core.ports import TimelineEntry

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Routed:
    """Every event since the merge with its side, and whose the identifiers are that were learnt since."""

    primary: str
    order: tuple[Event, ...]
    sides: Mapping[bytes, str]  # by the mark of the event
    learnt: Mapping[tuple[str, str], str]

    def side_of(self, event: Event) -> str | None:
        """The side of an event, or None if it was counted before the merge."""
        return self.sides.get(seen_hash(event.source.id, event.id))

    def events_of(self, side: str) -> tuple[Event, ...]:
        return tuple(event for event in self.order if self.side_of(event) == side)

    def events_not_of(self, side: str) -> tuple[Event, ...]:
        return tuple(event for event in self.order if self.side_of(event) != side)


def is_since(entry: TimelineEntry, record: MergeRecord, person: Profile) -> bool:
    """Whether an event was counted after the merge: by a later version of the primary."""
    if entry.moved_by == record.id:
        return True
    return (
        entry.part == record.primary
        and entry.version > record.before.version
        and not is_left_behind(entry.part, entry.version, person.apart)
    )


def routed(
    record: MergeRecord,
    person: Profile,
    bases: Mapping[str, Profile],
    timeline: Sequence[TimelineEntry],
    catalog: Catalog,
) -> Routed:
    """Give each event since to a side. `bases` are the sides as they were, by id; `timeline` is that of all parts."""
    known = {key: side for side, base in bases.items() for key in base.identities}
    fresh = person.identities.keys() - known.keys()
    reached: dict[str, set[str]] = {}
    for side, base in bases.items():
        for address in base.addresses.values():
            reached.setdefault(address.id, set()).add(side)
    since = {entry.key: entry.event for entry in timeline if is_since(entry, record, person)}
    order = sorted(since.values(), key=lambda event: (event.received_at, event.at, event.source.id, event.id))
    sides: dict[bytes, str] = {}
    for event in order:
        side = _side(event, record, bases, known, reached, catalog)
        sides[seen_hash(event.source.id, event.id)] = side
        for identity in identifiers_of(event, catalog.identity):
            if identity.key in fresh and _taught(event, identity, person):
                known.setdefault(identity.key, side)
            if known.get(identity.key) == side:
                for channel in CHANNELS_OF.get(identity.type, ()):
                    reached.setdefault(address_id(channel, identity.value), set()).add(side)
    learnt = {key: known.get(key, record.primary) for key in fresh}
    return Routed(record.primary, tuple(order), sides, learnt)


def _taught(event: Event, told: Identity, person: Profile) -> bool:
    """Whether an identifier may have come to the person by an event. A page's word about somebody who is known
    attaches nothing: of such events only the one that the identifier is noted from counts."""
    held = person.identities[told.key]
    if not is_unverified(event):
        return True
    noted = held.at is not None and epoch_millis(held.at) == epoch_millis(event.at)  # as instants are stored
    return noted and held.source == event.source.id


def _side(
    event: Event,
    record: MergeRecord,
    bases: Mapping[str, Profile],
    known: Mapping[tuple[str, str], str],
    reached: Mapping[str, set[str]],
    catalog: Catalog,
) -> str:
    if event.profile_id is not None:
        address = event.properties.get("address_id")
        holding = reached.get(address, set()) if isinstance(address, str) else set[str]()
        if len(holding) == 1:
            return next(iter(holding))
        named = (side for side, base in bases.items() if event.profile_id in base.parts)
        return next(named, record.primary)
    told = matching_identifiers(event, catalog.identity)
    return next((known[identity.key] for identity in told if identity.key in known), record.primary)
