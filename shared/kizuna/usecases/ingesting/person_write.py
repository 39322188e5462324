"""The one guarded write of a person: merge, fold, evaluate, commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from kizuna.core.aggregates import State, empty, stale_keys
from kizuna.core.consent import ConsentEvent
from kizuna.core.events import Event
from kizuna.core.folding import Fact, Folded, fold, needs_recorded, settled
from kizuna.core.identity.resolution import primacy
from kizuna.core.identity.rules import IdentityRules
from kizuna.core.ids import seen_hash
from kizuna.core.merges.recounting import is_counted, mine, recounted, timeline_start
from kizuna.core.people import Identity, Profile, new_profile
from kizuna.core.ports import Ledger, People, PersonWrite
from kizuna.core.seen import Pages
from kizuna.core.segments.stands import unknown_journeys
from kizuna.core.timeline import timeline_key
from kizuna.usecases.identity.handing_over import inherited
from kizuna.usecases.identity.resolving import Plan
from kizuna.usecases.ingesting.ingested import Ingested
from kizuna.usecases.ingesting.stand_memory import with_current_stands

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog
    from kizuna.core.merges.log import MergeRecord
    from kizuna.core.merges.merging import Merge

# Events stored in the transaction with the profile: of a new person, and those that lead to a known one only by
# what this very write adds.
BOUND_EVENTS = 60


def write_person(
    profile: Profile,
    stored: Profile | None,
    plan: Plan,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    marks: Pages = MappingProxyType({}),
) -> Iterator[Ingested]:
    """Store what the plan means for one person, in one write, or in a second for the events that found no room.

    `stored` is the person as stored (None: a new one), `profile` the same with what the plan's events add to it;
    `marks` holds what the pages of everybody involved say. Yields what each write did when it is done.
    """
    merged = _merged(profile, plan, ledger, catalog, now=now) if plan.absorbed else None
    base = merged.profile if merged else profile
    base = with_current_stands(base, people, catalog.asks.journeys)
    base = _with_current_aggregates(base, plan.events, people, catalog, now=now)
    taken_over = inherited(plan.bequests, ledger, now=now)
    draft = _drafted(
        base,
        stored,
        plan,
        merged,
        catalog,
        now=now,
        marks=marks,
        inherits=taken_over,
        read_recorded=lambda: people.recorded_consents(base.parts),
    )
    if draft is None:
        raise AssertionError("what was recorded of consents was at hand")
    if draft.write is not None:
        people.commit(draft.write)
    yield draft.result
    if draft.rest:
        after, more = draft.profile, Plan(events=draft.rest, anchors=plan.anchors)
        known = {**marks, **draft.mark_pages}
        yield from write_person(after, after, more, people, ledger, catalog, now=now, marks=known)


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """A write that is worked out and not done yet. None: every event was a repeat, and nothing is to be stored."""

    write: PersonWrite | None
    result: Ingested  # once it is done
    profile: Profile
    rest: list[Event]  # for which there is no room in it
    mark_pages: Pages


def drafted_alone(
    profile: Profile, stored: Profile | None, plan: Plan, catalog: Catalog, *, now: datetime, marks: Pages
) -> PersonDraft | None:
    """The one write that the plan takes, if it takes one, and nothing has to be read for it; else None."""
    if plan.absorbed or plan.bequests or _has_untold_journeys(profile, catalog):
        return None
    base = _with_known_aggregates(profile, catalog)
    if base is None:
        return None
    draft = _drafted(base, stored, plan, None, catalog, now=now, marks=marks)
    return None if draft is None or draft.rest else draft


def _drafted(
    base: Profile,
    stored: Profile | None,
    plan: Plan,
    merged: Merge | None,
    catalog: Catalog,
    *,
    now: datetime,
    marks: Pages,
    inherits: tuple[ConsentEvent, ...] = (),
    read_recorded: Callable[[], tuple[ConsentEvent, ...]] | None = None,
) -> PersonDraft | None:
    """None where it takes what was recorded of consents before, and that may not be read."""
    settled_ones, unsettled = _by_anchor(plan, stored)
    first, rest = [*settled_ones, *unsettled[:BOUND_EVENTS]], unsettled[BOUND_EVENTS:]
    folded = _folded(base, stored, first, merged, catalog, now=now, marks=marks, inherits=inherits)
    if needs_recorded(folded, catalog):
        if read_recorded is None:
            return None
        told = read_recorded()
        folded = _folded(
            base, stored, first, merged, catalog, now=now, marks=marks, inherits=inherits, recorded=told
        )
    result = Ingested(
        counted=len(folded.counted),
        repeats=folded.repeats,
        created=0 if stored else 1,
        merged=len(plan.absorbed),
        violations=folded.violations,
    )
    write = None
    if folded.profile.version > (stored.version if stored else 0):  # else every event was a repeat
        write = PersonWrite(
            folded,
            stored.version if stored else 0,
            tuple(_fresh_identities(base, stored, plan.absorbed, catalog.identity)),
            merged.absorbed if merged else (),
            tuple(_fresh_addresses(folded.profile, stored, plan.absorbed)),
            merge=_record(merged, stored, plan, catalog, now=now) if merged else None,
            unsettled=frozenset(map(timeline_key, unsettled)),
        )
    return PersonDraft(write, result, folded.profile, rest, folded.mark_pages)


def _by_anchor(plan: Plan, stored: Profile | None) -> tuple[list[Event], list[Event]]:
    """The events that are this person's whatever becomes of this write, and those that are only if it is done.

    An identifier learnt by this write, or brought by a merge in it, may be somebody else's at the next try; so may
    one that people give up. Had the event gone into the timeline ahead of the write, it would stay there.
    """
    if stored is None:
        return [], plan.events
    settled_ones: list[Event] = []
    unsettled: list[Event] = []
    for event in plan.events:
        if event.profile_id is not None:
            is_settled = event.profile_id in stored.parts
        else:
            is_settled = plan.anchors.get(timeline_key(event)) in stored.identities
        (settled_ones if is_settled else unsettled).append(event)
    return settled_ones, unsettled


def _fresh_identities(
    profile: Profile, stored: Profile | None, absorbed: list[Profile], rules: IdentityRules
) -> Iterable[Identity]:
    """Identifiers nobody owned before. Those of an absorbed profile still lead to it, and on to the primary."""
    owned = set(stored.identities) if stored else set()
    owned.update(key for other in absorbed for key in other.identities)
    return (
        identity
        for key, identity in profile.identities.items()
        if key not in owned and rules.policy(identity.type).unique
    )


def _fresh_addresses(profile: Profile, stored: Profile | None, absorbed: list[Profile]) -> Iterable[str]:
    """Addresses that did not lead to this person before; those of an absorbed profile still do, by way of it."""
    known = {key for side in (stored, *absorbed) if side is not None for key in side.addresses}
    return (address.id for key, address in profile.addresses.items() if key not in known)


def _record(
    merged: Merge, stored: Profile | None, plan: Plan, catalog: Catalog, *, now: datetime
) -> MergeRecord:
    """What is kept beside the primary so that the merge can be undone; stored in the merge's own transaction."""
    from kizuna.core.merges.log import Absorbed, MergeRecord, evidence_of  # see `_merged`

    primary = merged.profile
    before = stored or new_profile(primary.id, now=primary.created_at)
    sides = (before, *sorted(plan.absorbed, key=lambda side: primacy(side, catalog.identity)))
    return MergeRecord(
        merged.id,
        now,
        "by_hand" if plan.reason else "identifiers",
        before,
        tuple(Absorbed(side.id, side.version, side.ledger_length) for side in sides[1:]),
        evidence_of(plan.events, sides, catalog.identity),
        plan.reason,
    )


def _merged(profile: Profile, plan: Plan, ledger: Ledger, catalog: Catalog, *, now: datetime) -> Merge:
    from kizuna.core.merges.merging import merge  # rare, and not worth its time at every cold start

    absorbed = sorted(plan.absorbed, key=lambda side: primacy(side, catalog.identity))
    ledgers = {side.id: ledger.events(side.parts) for side in (profile, *absorbed)}
    return merge(profile, absorbed, ledgers, catalog, now=now)


def _folded(
    base: Profile,
    stored: Profile | None,
    events: list[Event],
    merged: Merge | None,
    catalog: Catalog,
    *,
    now: datetime,
    marks: Pages,
    inherits: tuple[ConsentEvent, ...] = (),
    recorded: tuple[ConsentEvent, ...] | None = None,
) -> Folded:
    """Fold the events; a merge, or an identifier learnt from a repeat, makes a write of its own accord."""
    before = stored or replace(base, identities={})
    carried = (*(merged.carried if merged else ()), *inherits)
    absorbed = merged.as_stored if merged else ()
    folded = fold(
        base,
        events,
        catalog,
        now=now,
        before=before,
        carried=carried,
        marks=marks,
        recorded=recorded,
        since=catalog.segment_index.standing(catalog.decidable(base), now=now).segments if merged else None,
        absorbed=absorbed,
    )
    changed = merged is not None or (
        stored is not None and base.identities.keys() != stored.identities.keys()
    )
    if not folded.counted and changed:
        carried = merged.carried if merged else ()
        again = settled(
            before=before,
            after=base,
            catalog=catalog,
            now=now,
            consents=carried,
            announces=False,
            marks=marks,
            recorded=recorded,
            absorbed=absorbed,
        )
        folded = replace(again, repeats=folded.repeats)
    if merged is None:
        return folded
    facts = tuple(Fact("merged", other.id, merged.id) for other in merged.absorbed)
    return replace(folded, facts=(*folded.facts, *facts))


def _has_untold_journeys(profile: Profile, catalog: Catalog) -> bool:
    return profile.version > 0 and bool(unknown_journeys(profile.stands, catalog.asks.journeys))


def _with_current_aggregates(
    profile: Profile, events: list[Event], people: People, catalog: Catalog, *, now: datetime
) -> Profile:
    """The profile remembering what the conditions in force ask for.

    What a new or changed condition needs is rebuilt from the timeline. Events of this very batch that are
    not counted yet are left out, even if a crashed attempt has stored them: folding counts them.
    """
    known = _with_known_aggregates(profile, catalog)
    if known is not None:
        return known
    stale = stale_keys(profile.aggregates, catalog.needs)
    kept = {
        key: state for key, state in profile.aggregates.items() if key in catalog.needs and key not in stale
    }
    states = {**kept, **{key: empty(catalog.needs[key]) for key in stale}}
    states = rebuilt(states, profile, people, catalog, stale=stale, besides=events, now=now)
    return replace(profile, aggregates=states)


def _with_known_aggregates(profile: Profile, catalog: Catalog) -> Profile | None:
    """The same, where it takes no look at the timeline; else None."""
    needs, held = catalog.needs, profile.aggregates
    stale = stale_keys(held, needs)
    if stale and (profile.version > 0 or len(profile.parts) > 1):
        return None
    if not stale and held.keys() == needs.keys():
        return profile
    kept = {key: state for key, state in held.items() if key in needs and key not in stale}
    return replace(profile, aggregates={**kept, **{key: empty(needs[key]) for key in stale}})


def rebuilt(
    states: dict[str, State],
    profile: Profile,
    people: People,
    catalog: Catalog,
    *,
    stale: frozenset[str],
    besides: Sequence[Event] = (),
    now: datetime,
) -> dict[str, State]:
    """The aggregates `stale` (given empty) counted again from what is counted in the person's timeline."""
    known = {seen.hash for seen in profile.seen}
    if profile.seen_pages:
        held = people.marks(profile.seen_pages)
        known.update(seen.hash for marks in held.values() for seen in marks)
    pending = {seen_hash(event.source.id, event.id) for event in besides} - known
    needs = {key: catalog.needs[key] for key in stale}
    entries = people.timeline(profile.parts)
    history = (entry.event for entry in entries if mine(entry.part, entry.version, profile))
    counted_ones = (event for event in history if is_counted(event, known, now=now))
    since = timeline_start(profile, now=now)
    return recounted(states, counted_ones, needs, now=now, besides=pending, since=since)
