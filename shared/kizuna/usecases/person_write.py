"""The one guarded write of a person: merge, fold, evaluate, commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from kizuna.core.aggregates import State, counted, empty, stale_keys
from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from kizuna.core.folding import Fact, Folded, fold, settled
from kizuna.core.identity import primacy
from kizuna.core.ids import seen_hash
from kizuna.core.merging import Merge, merge
from kizuna.core.people import Identity, Profile
from kizuna.core.ports import Ledger, People, PersonWrite
from kizuna.core.segments import standing
from kizuna.usecases.ingested import Ingested
from kizuna.usecases.resolving import Plan

EVENTS_PER_CREATION = 60  # a new person's events are stored in the transaction that creates the person


def write_person(
    profile: Profile,
    stored: Profile | None,
    plan: Plan,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
) -> Iterator[Ingested]:
    merged = _merged(profile, plan, ledger, catalog, now=now) if plan.absorbed else None
    base = merged.profile if merged else profile
    base = _with_current_aggregates(base, plan.events, people, catalog, now=now)
    first, rest = plan.events, []
    if stored is None:
        first, rest = plan.events[:EVENTS_PER_CREATION], plan.events[EVENTS_PER_CREATION:]
    folded = _folded(base, stored, first, merged, catalog, now=now)
    result = Ingested(
        counted=len(folded.counted),
        repeats=folded.repeats,
        created=0 if stored else 1,
        merged=len(plan.absorbed),
        violations=folded.violations,
    )
    fresh = tuple(_fresh_identities(base, stored, plan.absorbed))
    if folded.profile.version == (stored.version if stored else 0):
        yield result  # every event was a repeat
        return
    people.commit(
        PersonWrite(
            folded,
            stored.version if stored else 0,
            fresh,
            merged.absorbed if merged else (),
            tuple(_fresh_addresses(folded.profile, stored, plan.absorbed)),
        )
    )
    yield result
    if rest:
        more = Plan(events=rest)
        yield from write_person(folded.profile, folded.profile, more, people, ledger, catalog, now=now)


def _fresh_identities(
    profile: Profile, stored: Profile | None, absorbed: list[Profile]
) -> Iterable[Identity]:
    """Identifiers nobody owned before. Those of an absorbed profile still lead to it, and on to the primary."""
    owned = set(stored.identities) if stored else set()
    owned.update(key for other in absorbed for key in other.identities)
    return (identity for key, identity in profile.identities.items() if key not in owned)


def _fresh_addresses(profile: Profile, stored: Profile | None, absorbed: list[Profile]) -> Iterable[str]:
    """Addresses that did not lead to this person before; those of an absorbed profile still do, by way of it."""
    known = {key for side in (stored, *absorbed) if side is not None for key in side.addresses}
    return (address.id for key, address in profile.addresses.items() if key not in known)


def _merged(profile: Profile, plan: Plan, ledger: Ledger, catalog: Catalog, *, now: datetime) -> Merge:
    absorbed = sorted(plan.absorbed, key=primacy)
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
) -> Folded:
    """Fold the events; a merge, or an identifier learnt from a repeat, makes a write of its own accord."""
    before = stored or replace(base, identities={})
    folded = fold(
        base,
        events,
        catalog,
        now=now,
        before=before,
        carried=merged.carried if merged else (),
        since=standing(base, catalog.segments, now=now).segments if merged else None,
    )
    changed = merged is not None or (
        stored is not None and base.identities.keys() != stored.identities.keys()
    )
    if not folded.counted and changed:
        carried = merged.carried if merged else ()
        again = settled(
            before=before, after=base, catalog=catalog, now=now, consents=carried, announces=False
        )
        folded = replace(again, repeats=folded.repeats)
    if merged is None:
        return folded
    facts = tuple(Fact("merged", other.id, merged.id) for other in merged.absorbed)
    return replace(folded, facts=(*folded.facts, *facts))


def _with_current_aggregates(
    profile: Profile, events: list[Event], people: People, catalog: Catalog, *, now: datetime
) -> Profile:
    """The profile remembering what the conditions in force ask for.

    What a new or changed condition needs is rebuilt from the timeline. Events of this very batch that are
    not counted yet are left out, even if a crashed attempt has stored them: folding counts them.
    """
    stale = stale_keys(profile.aggregates, catalog.needs)
    kept = {
        key: state for key, state in profile.aggregates.items() if key in catalog.needs and key not in stale
    }
    states = {**kept, **{key: empty(catalog.needs[key]) for key in stale}}
    if stale and (profile.version > 0 or len(profile.parts) > 1):
        states = rebuilt(states, profile, people, catalog, stale=stale, besides=events, now=now)
    return replace(profile, aggregates=states)


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
    """The aggregates `stale` (given empty) counted again from the person's timeline."""
    known = {seen.hash for seen in profile.seen}
    pending = {seen_hash(event.source.id, event.id) for event in besides} - known
    needs = {key: catalog.needs[key] for key in stale}
    counted_before: set[bytes] = set()
    for entry in people.timeline(profile.parts):
        mark = seen_hash(entry.event.source.id, entry.event.id)
        if mark in pending or mark in counted_before:
            continue
        counted_before.add(mark)
        states = counted(states, entry.event, needs, now=now)
    return states
