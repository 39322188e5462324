"""Takes a merge apart again: what each side was, and what happened since given to whom it belongs.

    record of the merge ──▶ the primary as it was ┐
    absorbed items ───────▶ the others as they were├─ + events since, by whose identifier they carry ──▶ both sides
    timeline since ───────▶ whose is each event?   ┘   opt-outs since: both · grants since: whose address they name

Nothing is announced but the parting itself, and nothing is loosened: what either side refused before stands in its
own ledger, what was refused since stands in both, and what the merge had carried over is taken back by an entry of
its own (`Action.MERGE_UNDONE`). Pure; the order in which `usecases/identity/unmerge.py` stores it is what makes it
safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.core.aggregates import empty, stale_keys
from kizuna.core.consent import ConsentEvent
from kizuna.core.entry_pages import RowPages, pages_of
from kizuna.core.feedback import address_changes, address_of_all
from kizuna.core.folding import Fact, Folded, LedgerEntry, fold, settled
from kizuna.core.ids import seen_hash
from kizuna.core.merges.log import MergeRecord
from kizuna.core.merges.recounting import mine, recounted, timeline_start
from kizuna.core.merges.survivorship import survivor
from kizuna.core.merges.unmerge_consents import Side, consents_of
from kizuna.core.merges.unmerge_routing import Routed, is_since, routed
from kizuna.core.people import Address, Apart, Listing, Profile
from kizuna.core.ports import Claimed, IdentityKey, Moved, Parting, TimelineEntry
from kizuna.core.restraint import exclusions
from kizuna.core.restraint.exclusions import Exclusion
from kizuna.core.restraint.staff_holds import HOLD
from kizuna.core.seen import MarkPage, Seen

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog
    from kizuna.core.segments.stands import Stands


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything that is read to undo one merge, at one moment."""

    record: MergeRecord
    person: Profile  # the living one
    absorbed: tuple[Profile, ...]  # as they are stored
    timeline: tuple[TimelineEntry, ...]
    since: tuple[LedgerEntry, ...]  # entries of the person's own chain since the merge
    copied: Mapping[str, frozenset[str]]  # ids in the chains of the absorbed since the merge
    owners: Mapping[IdentityKey, str]  # whom the person's identifiers lead to first
    # What the chains of each side hold, where some condition asks about consent.
    recorded: Mapping[str, tuple[ConsentEvent, ...]] = field(default_factory=dict)
    stands: Mapping[str, Stands] = field(default_factory=dict)  # of each side in journeys, by its own runs


@dataclass(frozen=True, slots=True)
class Unmerge:
    """What undoing stores: first what is harmless before the parting, then the parting."""

    moved: tuple[Moved, ...]
    addresses: tuple[tuple[str, str], ...]
    claimed: tuple[Claimed, ...]
    parting: Parting


def unmerge(taken: Taken, catalog: Catalog, *, now: datetime) -> Unmerge:
    """Both sides as they were, with what happened since. The same reads give the same result."""
    record, person = taken.record, taken.person
    bases = {base.id: _as_it_was(base, person) for base in (record.before, *taken.absorbed)}
    whose = routed(record, person, bases, taken.timeline, catalog)
    sides = {side: _refolded(base, whose, taken, catalog, now=now) for side, base in bases.items()}
    sides = _with_what_is_unexplained(sides, bases, whose, taken, catalog)
    wanted = consents_of(
        sides,
        bases,
        whose,
        record,
        [entry.event for entry in taken.since],
        taken.copied,
        catalog,
        now=now,
    )
    folded = tuple(
        _settled(sides[side].profile, wanted[side], taken, catalog, now=now) for side in record.sides
    )
    return Unmerge(
        moved=_moves(whose, taken),
        addresses=tuple(
            dict.fromkeys(
                (address.id, gone.id)
                for gone in taken.absorbed
                for key, address in sides[gone.id].profile.addresses.items()
                if key not in gone.addresses
            )
        ),
        claimed=tuple(claim for side in record.sides for claim in _claims(sides[side].profile, taken)),
        parting=Parting(replace(record, undone_at=now), folded),
    )


def _claims(side: Profile, taken: Taken) -> list[Claimed]:
    """The identifiers of a side that lead to the person by way of another one."""
    return [
        Claimed(key, owner, side.id)
        for key in sorted(side.identities)
        if (owner := taken.owners.get(key, "")) in taken.person.parts and owner not in side.parts
    ]


def _as_it_was(side: Profile, person: Profile) -> Profile:
    """A side before the merge, but for what the person has lost since: an identifier that is somebody else's now."""
    return replace(
        side,
        merged_into=None,
        identities={key: held for key, held in side.identities.items() if key in person.identities},
        addresses={key: held for key, held in side.addresses.items() if key in person.addresses},
    )


# ── one side ────────────────────────────────────────────────────────────────────────────────────


def _refolded(base: Profile, whose: Routed, taken: Taken, catalog: Catalog, *, now: datetime) -> Side:
    """A side as it was, after the events since that are its own."""
    known = dict(base.identities)
    known |= {key: taken.person.identities[key] for key, side in whose.learnt.items() if side == base.id}
    stands = taken.stands.get(base.id, {})
    current = replace(base, identities=known, stands=stands)
    current = _with_current_aggregates(current, taken, catalog, now=now)
    folded = fold(current, whose.events_of(base.id), catalog, now=now)
    after = replace(folded.profile, moves=base.moves)  # what a side went through anew it did not enter anew
    for event in whose.events_not_of(base.id):
        if address_of_all(event) is not None:  # a dead mailbox is dead for whoever has it
            after = replace(after, addresses=address_changes(after, event))
    return Side(after, tuple(entry.event for entry in folded.consents))


def _with_current_aggregates(base: Profile, taken: Taken, catalog: Catalog, *, now: datetime) -> Profile:
    """What a condition asks for now and did not then is counted from the side's own older events."""
    stale = stale_keys(base.aggregates, catalog.needs)
    if base.version == 0:
        return replace(base, aggregates={key: empty(need) for key, need in catalog.needs.items()})
    kept = {key: state for key, state in base.aggregates.items() if key in catalog.needs and key not in stale}
    if not stale:
        return replace(base, aggregates=kept)
    since = {
        seen_hash(each.event.source.id, each.event.id)
        for each in taken.timeline
        if is_since(each, taken.record, taken.person)
    }
    older = [each.event for each in taken.timeline if mine(each.part, each.version, base)]
    states = {**kept, **{key: empty(catalog.needs[key]) for key in stale}}
    needs = {key: catalog.needs[key] for key in stale}
    start = timeline_start(base, now=now)
    return replace(base, aggregates=recounted(states, older, needs, now=now, besides=since, since=start))


def _with_what_is_unexplained(
    sides: Mapping[str, Side],
    bases: Mapping[str, Profile],
    whose: Routed,
    taken: Taken,
    catalog: Catalog,
) -> dict[str, Side]:
    """What the person holds and no side explains (its event is no longer in the timeline) is the primary's.

    News that would let us speak less is everybody's: a dead address, a restriction, a signal of privacy.
    """
    person, primary = taken.person, taken.record.primary
    origins = {(trait.source, trait.at) for base in bases.values() for trait in base.traits.values()}
    origins |= {(event.source.id, event.at) for event in whose.order}
    own = sides[primary].profile
    traits = dict(own.traits)
    for name, trait in person.traits.items():
        if (trait.source, trait.at) not in origins:
            traits[name] = survivor(name, traits.get(name), trait, catalog.traits)
    addresses = dict(own.addresses)
    held = {key for side in sides.values() for key in side.profile.addresses}
    addresses |= {key: address for key, address in person.addresses.items() if key not in held}
    found = dict(sides)
    found[primary] = replace(sides[primary], profile=replace(own, traits=traits, addresses=addresses))
    gpc = _is_new("gpc", person, bases) or any(event.context.get("gpc") is True for event in whose.order)
    given_up = _given_up_unexplained(person, sides)
    restricted = person.status == "restricted" and all(base.status == "active" for base in bases.values())
    for name, side in found.items():
        profile = side.profile
        found[name] = replace(
            side,
            profile=replace(
                profile,
                gpc=profile.gpc or gpc,
                status="restricted" if restricted else profile.status,
                addresses=_with_worse_fate(profile.addresses, sides, person),
                lists=_left_in_peace(profile, person, catalog),
                exclusions=exclusions.united(profile.exclusions, given_up),
            ),
        )
    return found


def _left_in_peace(side: Profile, person: Profile, catalog: Catalog) -> dict[str, Listing]:
    """A side's lists; those of people to leave in peace (`suppressions`, a hold) are everybody's."""
    named = {HOLD, *(each.list for each in catalog.suppressions.values())}
    return dict(side.lists) | {
        name: listing for name, listing in person.lists.items() if name in named and listing.inside
    }


def _given_up_unexplained(person: Profile, sides: Mapping[str, Side]) -> dict[str, Exclusion]:
    """What the person gave up and no side is known to have."""
    told = {
        (key, held.at) for side in sides.values() for key, held in side.profile.exclusions.items() if held.at
    }
    return {
        key: each
        for key, each in person.exclusions.items()
        if each.at is not None and (key, each.at) not in told
    }


def _is_new(flag: str, person: Profile, bases: Mapping[str, Profile]) -> bool:
    return bool(getattr(person, flag)) and not any(getattr(base, flag) for base in bases.values())


def _with_worse_fate(
    addresses: Mapping[tuple[str, str], Address], sides: Mapping[str, Side], person: Profile
) -> dict[tuple[str, str], Address]:
    """What became of an address since, and no event in the timeline tells of any more, holds for whoever has it."""
    after = dict(addresses)
    for key, address in addresses.items():
        known = person.addresses.get(key)
        told = [side.profile.addresses[key] for side in sides.values() if key in side.profile.addresses]
        if known is not None and all(known.how_bad > each.how_bad for each in told):
            after[key] = replace(address, status=known.status, status_at=known.status_at)
    return after


# ── the last write ──────────────────────────────────────────────────────────────────────────────


def _settled(
    restored: Profile, consents: Sequence[ConsentEvent], taken: Taken, catalog: Catalog, *, now: datetime
) -> Folded:
    """One side, one version on: silent, but for the parting and what its ledger got."""
    record, person = taken.record, taken.person
    if restored.id == record.primary:
        before = person
        after = replace(restored, seen=_marks(restored, taken), seen_pages=_pages(restored, person))
        versions: tuple[int, ...] = (person.version + 1,)
    else:
        before = next(gone for gone in taken.absorbed if gone.id == restored.id)
        after = restored
        # Who read this side before the merge and wrote after it was refused; its row may have stayed.
        versions = tuple(gone.version + 1 for gone in record.absorbed if gone.id == restored.id)
    others = [side for side in record.sides if side != restored.id]
    pairs = [Apart(restored.id, other, now, versions) for other in others]
    earlier = [*restored.apart, *(pair for pair in before.apart if pair.part in restored.parts)]
    after = replace(
        after,
        apart=tuple(sorted({*earlier, *pairs})),
        reach_version=before.reach_version,
        consents=None,  # the ledger as it was restored is another than the one that was folded along the way
    )
    folded = settled(
        before=before,
        after=after,
        catalog=catalog,
        now=now,
        consents=consents,
        announces=False,
        recorded=taken.recorded.get(restored.id),
    )
    folded = replace(folded, row_pages=_unstored_rows(folded.profile, restored.id, taken))
    parted = tuple(Fact("unmerged", other, record.id) for other in others if restored.id == record.primary)
    return replace(folded, facts=(*folded.facts, *parted))


def _unstored_rows(side: Profile, name: str, taken: Taken) -> RowPages:
    """The pages that a side lists and did not before the merge: those that its events since have made."""
    bases = (taken.record.before, *taken.absorbed)
    known = {page for base in bases if base.id == name for page in pages_of(base.aggregates)}
    return {page: rows for page, rows in side.held_rows.items() if page not in known}


def _marks(restored: Profile, taken: Taken) -> tuple[Seen, ...]:
    """The primary has counted everything since: a repeat of what is now the other's is still one for it."""
    foreign = {mark for gone in taken.absorbed for mark in gone.seen}
    since = [mark for mark in taken.person.seen if mark not in foreign]
    return tuple(dict.fromkeys((*restored.seen, *since)))


def _pages(restored: Profile, person: Profile) -> tuple[MarkPage, ...]:
    return tuple(page for page in person.seen_pages if page.part in restored.parts)


def _moves(whose: Routed, taken: Taken) -> tuple[Moved, ...]:
    """Each event since into the partition of the side whose it is, and out of every other."""
    record, person = taken.record, taken.person
    left_behind = {(gone.id, gone.version + 1) for gone in record.absorbed}
    places: dict[str, list[TimelineEntry]] = {}
    for entry in taken.timeline:
        if is_since(entry, record, person) or (entry.part, entry.version) in left_behind:
            places.setdefault(entry.key, []).append(entry)
    versions = {gone.id: gone.version + 1 for gone in taken.absorbed} | {record.primary: person.version}
    moves = []
    for entries in places.values():
        target = whose.side_of(entries[0].event)
        stale = tuple(each.part for each in entries if each.part != target)
        if target is not None and stale:
            mark = record.id if target != record.primary else ""
            moves.append(Moved(entries[0], target, versions[target], mark, stale))
    return tuple(moves)
