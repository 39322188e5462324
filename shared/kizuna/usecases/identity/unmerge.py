"""Undo a merge, or unite two people by hand.

Undoing is an ordered sequence. Until its last step the merged profiles lead on to the person they live on in, so
whatever is stored before means the same as before, at every point at which it may stop:

    1  events and addresses since go into the partitions of those whose they are   all parts are one timeline
    2  identifiers learnt since lead to the profile whose they are                 which leads on to the person
    3  where it is much: entries for the ledgers of the absorbed                   refusals the person has anyway
    4  one guarded transaction: both sides, their ledgers, the record as undone    from here on they are two

It reads everything anew when somebody wrote in between, and running it twice changes nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict, KizunaError, NotFound
from kizuna.core.folding import Folded
from kizuna.core.identity.limits import primacy, too_many_of
from kizuna.core.journeys.standing import told_by
from kizuna.core.merges.log import MergeRecord
from kizuna.core.merges.recounting import is_counted
from kizuna.core.merges.unmerging import Taken, Unmerge, unmerge
from kizuna.core.people import GONE, Profile
from kizuna.core.ports import Ledger, Merges, People, TimelineEntry
from kizuna.usecases.identity.resolving import Plan
from kizuna.usecases.ingesting.person_write import write_person

TRIES = 5
ENTRIES_AT_ONCE = 50  # of ledgers in one transaction; what is more goes ahead


class CannotUnmerge(KizunaError):
    """This merge cannot be undone (now): the message says why, and what to undo first."""


class CannotMerge(KizunaError):
    """These two cannot be made one."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The ports that merging by hand and undoing merges need."""

    people: People
    ledger: Ledger
    merges: Merges


@dataclass(frozen=True, slots=True)
class Parted:
    """What undoing came to. `again` is True if the merge had been undone before."""

    record: MergeRecord
    again: bool = False


# ── looking ─────────────────────────────────────────────────────────────────────────────────────


def merges_of(person: Profile, on: Registry) -> tuple[MergeRecord, ...]:
    """Every merge that made this person what they are, the newest first; undone ones of the last 90 days too."""
    return on.merges.of(person.parts)


def last_merge_of(person: Profile, on: Registry) -> MergeRecord:
    """The merge that would be undone next. Raises NotFound if there is none."""
    for record in on.merges.of([person.id]):
        if record.undone_at is None:
            return record
    raise NotFound(f"profile {person.id} has no merge of the last 90 days to undo")


# ── undoing ─────────────────────────────────────────────────────────────────────────────────────


def undo_merge(merge_id: str, on: Registry, catalog: Catalog, *, now: datetime) -> Parted:
    """Make the people of a merge two (or more) again.

    Raises NotFound where there is no such merge (any more), CannotUnmerge where something has to be undone before
    it or one side is gone, Conflict when the people keep being written to.
    """
    conflicts = 0
    while conflicts < TRIES:
        record = on.merges.get(merge_id)
        if record is None:
            raise NotFound(f"there is no merge {merge_id!r}; a merge is kept for 90 days")
        if record.undone_at is not None:
            return Parted(record, again=True)
        taken = _read(record, on, catalog, now=now)
        found = unmerge(taken, catalog, now=now)
        try:
            if _store(found, taken, on):
                return Parted(found.parting.record)
        except Conflict:
            conflicts += 1
    raise Conflict(f"merge {merge_id}: the people keep being written to")


def _read(record: MergeRecord, on: Registry, catalog: Catalog, *, now: datetime) -> Taken:
    stored = on.merges.stored(record.sides)
    missing = [side for side in record.sides if side not in stored or stored[side].status in GONE]
    if missing:
        raise CannotUnmerge(f"merge {record.id}: profile {missing[0]} is being or has been erased")
    person = stored[record.primary]
    _check_order(record, person, on, now=now)
    absorbed = tuple(stored[gone.id] for gone in record.absorbed)
    since = on.merges.entries_since(person.id, record.before.ledger_length)
    copied = {
        gone.id: frozenset(entry.event.id for entry in on.merges.entries_since(gone.id, gone.ledger_length))
        for gone in record.absorbed
    }
    owners = on.people.owners(person.identities)
    recorded = {
        side.id: on.people.recorded_consents(side.parts)
        for side in (record.before, *absorbed)
        if catalog.asks_consents
    }
    stands = {
        side.id: told_by(on.people.runs_in(side.parts, catalog.asks.journeys), catalog.asks.journeys)
        for side in (record.before, *absorbed)
    }
    counted = _counted(person, on, now=now)
    return Taken(record, person, absorbed, counted, since, copied, owners, recorded, stands)


def _counted(person: Profile, on: Registry, *, now: datetime) -> tuple[TimelineEntry, ...]:
    """The events that the person's record counts. One that is not counted yet is whoever's its next try finds."""
    marks = {mark.hash for mark in person.seen}
    for page in on.people.marks(person.seen_pages).values():
        marks.update(mark.hash for mark in page)
    entries = on.people.timeline(person.parts)
    return tuple(entry for entry in entries if is_counted(entry.event, marks, now=now))


def _check_order(record: MergeRecord, person: Profile, on: Registry, *, now: datetime) -> None:
    """Only the newest merge of somebody who lives can be undone: an older one is part of what a newer one kept."""
    if now >= record.ends_at:
        raise CannotUnmerge(f"merge {record.id} is older than 90 days")
    if person.merged_into is not None:
        first = _merge_that_took(person.id, on)
        raise CannotUnmerge(f"profile {person.id} was merged away since; undo {first} first")
    newest = last_merge_of(person, on)
    if newest.id != record.id:
        raise CannotUnmerge(
            f"merge {record.id} is not the newest of profile {person.id}; undo {newest.id} first"
        )


def _merge_that_took(profile_id: str, on: Registry) -> str:
    """The newest merge of the person that a merged profile lives on in."""
    living = on.people.profiles([profile_id]).get(profile_id)
    if living is None:
        return "the merge into a person who is erased"
    newest = (record for record in on.merges.of([living.id]) if record.undone_at is None)
    return next((record.id for record in newest), f"the merge into {living.id}, which is no longer kept,")


def _store(found: Unmerge, taken: Taken, on: Registry) -> bool:
    """Whether it is done; else a portion of it is."""
    if found.moved or found.addresses:
        on.merges.move(found.moved, found.addresses)
    if found.claimed:
        on.merges.claim(found.claimed)
    if sum(len(side.consents) for side in found.parting.sides) > ENTRIES_AT_ONCE:
        _append_ahead(found, taken, on)
        return False
    on.merges.part(found.parting)
    return True


def _append_ahead(found: Unmerge, taken: Taken, on: Registry) -> None:
    """Append a portion of what the ledgers get, those of the absorbed first.

    The primary's end comes last of all, with the parting: it takes back what the merge had carried over.
    """
    as_stored = {profile.id: profile for profile in (taken.person, *taken.absorbed)}
    primary, *others = found.parting.sides
    side = next((other for other in others if other.consents), primary)
    portion = side.consents[:ENTRIES_AT_ONCE]
    before, last = as_stored[side.profile.id], portion[-1]
    after = replace(
        before,
        version=before.version + 1,
        reach_version=before.reach_version + 1,
        ledger_head=last.hash,
        ledger_length=last.number,
    )
    on.merges.append(Folded(after, consents=portion))


# ── uniting by hand ─────────────────────────────────────────────────────────────────────────────


def merge_by_hand(
    one: str, other: str, on: Registry, catalog: Catalog, *, reason: str, now: datetime
) -> MergeRecord:
    """Make two people one because somebody says so, also if a merge of them was undone before.

    The same limits hold as for events: two user ids never come to lie on one profile. Raises CannotMerge, NotFound,
    and Conflict when the people keep being written to. Guarded by the versions of both.
    """
    if not reason.strip():
        raise CannotMerge("a merge by hand needs a reason")
    for _ in range(TRIES):
        found = on.people.profiles([one, other])
        for asked in (one, other):
            if asked not in found:
                raise NotFound(f"there is no profile {asked!r}")
        if found[one].id == found[other].id:
            raise CannotMerge(f"{one} and {other} are one person already: {found[one].id}")
        primary, absorbed = sides = sorted(
            (found[one], found[other]), key=lambda side: primacy(side, catalog.identity)
        )
        _check_limits(sides, catalog, now=now)
        joined = replace(primary, identities={**absorbed.identities, **primary.identities})
        plan = Plan(absorbed=[absorbed], reason=reason)
        try:
            for _ in write_person(joined, primary, plan, on.people, on.ledger, catalog, now=now):
                pass
        except Conflict:
            continue
        return last_merge_of(on.people.profiles([primary.id])[primary.id], on)
    raise Conflict(f"profiles {one} and {other}: they keep being written to")


def _check_limits(sides: list[Profile], catalog: Catalog, *, now: datetime) -> None:
    kind = too_many_of(sides, (), catalog.identity, now)
    if kind is not None:
        ids = " and ".join(side.id for side in sides)
        raise CannotMerge(f"{ids} would together hold more of {kind} than one person may")
