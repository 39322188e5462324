"""Events in, golden records current: resolve, fold, evaluate, one guarded write a person.

The same for HTTP, queue, bus and file. When it returns, every event is in one of three places: counted on a
profile, among the violations with its cause, or left over for another try (nothing of it was stored then).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from kizuna.core.aggregates import State, counted, empty, stale_keys
from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict, TooLarge, Unavailable
from kizuna.core.events import Event, Violation
from kizuna.core.folding import Fact, Folded, fold, settled
from kizuna.core.identifiers import identifiers_of, is_unverified
from kizuna.core.identity import (
    attachable,
    components,
    matching_identifiers,
    primacy,
    resolve,
    with_identities,
)
from kizuna.core.ids import seen_hash
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.merging import Merge, merge
from kizuna.core.people import Identity, Profile, new_profile
from kizuna.core.ports import IdentityKey, Ledger, People, PersonWrite
from kizuna.core.segments import standing

TRIES = 3
EVENTS_PER_CREATION = 60  # a new person's events are stored in the transaction that creates the person


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a batch."""

    counted: int = 0
    repeats: int = 0
    created: int = 0
    merged: int = 0
    violations: tuple[Violation, ...] = ()
    left_over: tuple[Event, ...] = ()
    cause: str = ""  # why something was left over

    def __add__(self, other: Ingested) -> Ingested:
        return Ingested(
            self.counted + other.counted,
            self.repeats + other.repeats,
            self.created + other.created,
            self.merged + other.merged,
            self.violations + other.violations,
            self.left_over + other.left_over,
            self.cause or other.cause,
        )


@dataclass(slots=True)
class _Directory:
    """Who owns what, as far as this batch needs to know; changes as its events are resolved."""

    owners: dict[IdentityKey, str]
    profiles: dict[str, Profile]
    moved: dict[str, str]  # ids of merged profiles, and where these live on

    def copy(self) -> _Directory:
        return _Directory(dict(self.owners), dict(self.profiles), dict(self.moved))

    def living(self, profile_id: str | None) -> Profile | None:
        """The profile that an id, perhaps an old one, stands for."""
        while profile_id in self.moved:
            profile_id = self.moved[profile_id]
        return self.profiles.get(profile_id) if profile_id else None


@dataclass(slots=True)
class _Plan:
    """The events of one person, and whom the person absorbs."""

    events: list[Event] = field(default_factory=list)
    absorbed: list[Profile] = field(default_factory=list)


def ingest(
    events: Sequence[Event],
    *,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    now: datetime,
    new_id: Callable[[], str],
    is_over: Callable[[int], bool] = lambda people_done: False,
    workers: int = 1,
) -> Ingested:
    """Bring every person in `events` (in order of receipt) up to date.

    `is_over(people_done)` is asked before each person: what is not begun by then is left over.
    """
    if not events:
        return Ingested()
    try:
        directory = _read(people, events)
    except Unavailable as error:
        return Ingested(left_over=tuple(events), cause=str(error))
    groups = [[events[index] for index in group] for group in components(_joints(events, directory))]
    done = 0

    def work(group: list[Event]) -> Ingested:
        return _with_retries(group, directory, people, ledger, catalog, now=now, new_id=new_id)

    def guarded(group: list[Event]) -> Ingested:
        nonlocal done
        if is_over(done):
            return Ingested(left_over=tuple(group), cause="inline_budget")
        done += 1
        return work(group)

    if workers > 1 and len(groups) > 1:
        with ThreadPoolExecutor(max_workers=workers) as pool:
            results = list(pool.map(guarded, groups))
    else:
        results = [guarded(group) for group in groups]
    return sum(results, Ingested())


def _read(people: People, events: Iterable[Event]) -> _Directory:
    keys = {identity.key for event in events for identity in identifiers_of(event)}
    owners = people.owners(keys)
    asked = {*owners.values(), *(event.profile_id for event in events if event.profile_id)}
    found = people.profiles(asked)
    living = {key: found[owner].id for key, owner in owners.items() if owner in found}
    profiles = {profile.id: profile for profile in found.values()}
    moved = {asked_id: profile.id for asked_id, profile in found.items() if asked_id != profile.id}
    return _Directory(living, profiles, moved)


def _joints(events: Sequence[Event], directory: _Directory) -> list[set[IdentityKey]]:
    """What ties events together: identifiers they share, and the profile these lead to."""
    joints: list[set[IdentityKey]] = []
    for event in events:
        keys = {identity.key for identity in identifiers_of(event)}
        owners = {("profile", directory.owners[key]) for key in keys if key in directory.owners}
        told = directory.living(event.profile_id)
        if told is not None:
            owners.add(("profile", told.id))
        joints.append(keys | owners)
    return joints


def _with_retries(
    events: list[Event],
    directory: _Directory,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Ingested:
    """What is stored of a group stays in the result, whatever becomes of the others in it."""
    cause = ""
    done: list[Ingested] = []
    for attempt in range(TRIES):
        try:
            fresh = directory if attempt == 0 else _read(people, events)
            for part in _group(events, fresh.copy(), people, ledger, catalog, now=now, new_id=new_id):
                done.append(part)  # each at once: the next may not come
            return sum(done, Ingested())
        except Conflict as error:
            cause = f"contended: {error}"
        except TooLarge:
            halves = _in_halves(events, people, ledger, catalog, now=now, new_id=new_id)
            return sum(done, Ingested()) + halves
        except Unavailable as error:
            cause = str(error)
            break
    return sum(done, Ingested()) + Ingested(left_over=tuple(events), cause=cause)


def _in_halves(
    events: list[Event],
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Ingested:
    """Together they were too much for one write of a person. A single event that is too much unites nobody; if it
    still is, it goes to quarantine."""
    if len(events) == 1:
        return _alone(events[0], people, ledger, catalog, now=now, new_id=new_id)
    result = Ingested()
    for half in (events[: len(events) // 2], events[len(events) // 2 :]):
        try:
            directory = _read(people, half)
        except Unavailable as error:
            result += Ingested(left_over=tuple(half), cause=str(error))
            continue
        result += _with_retries(half, directory, people, ledger, catalog, now=now, new_id=new_id)
    return result


def _alone(
    event: Event,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Ingested:
    """Count an event for its strongest identifier alone, and report that the others were not used."""
    try:
        directory = _read(people, [event])
        parts = _group([event], directory, people, ledger, catalog, now=now, new_id=new_id, unites=False)
        counted_alone = replace(_unfit(event), reason="counted for its strongest identifier alone: " + _FULL)
        return sum(parts, Ingested()) + Ingested(violations=(counted_alone,))
    except TooLarge:
        return Ingested(violations=(_unfit(event),))
    except (Conflict, Unavailable) as error:
        return Ingested(left_over=(event,), cause=str(error))


def _group(
    events: list[Event],
    directory: _Directory,
    people: People,
    ledger: Ledger,
    catalog: Catalog,
    *,
    now: datetime,
    new_id: Callable[[], str],
    unites: bool = True,
) -> Iterator[Ingested]:
    """Each part when it is stored."""
    plans, before, violations = _resolved(events, directory, now=now, new_id=new_id, unites=unites)
    for person, plan in plans.items():
        profile = directory.profiles[person]
        yield from _write(profile, before.get(person), plan, people, ledger, catalog, now=now)
    yield Ingested(violations=tuple(violations))


def _resolved(
    events: list[Event],
    directory: _Directory,
    *,
    now: datetime,
    new_id: Callable[[], str],
    unites: bool,
) -> tuple[dict[str, _Plan], dict[str, Profile], list[Violation]]:
    """Give each event to a person, in order of receipt. `before` holds the profiles as they are stored."""
    before = {profile.id: profile for profile in directory.profiles.values() if profile.version > 0}
    plans: dict[str, _Plan] = defaultdict(_Plan)
    violations: list[Violation] = []
    for event in events:
        person = _person_of(event, directory, plans, violations, now=now, new_id=new_id, unites=unites)
        if person is None:
            violations.append(_nobody(event))
        else:
            plans[person].events.append(event)
    return dict(plans), before, violations


def _person_of(
    event: Event,
    directory: _Directory,
    plans: dict[str, _Plan],
    violations: list[Violation],
    *,
    now: datetime,
    new_id: Callable[[], str],
    unites: bool,
) -> str | None:
    if event.profile_id is not None:
        known = directory.living(event.profile_id)
        return known.id if known else None
    identifiers = matching_identifiers(event)
    if not identifiers:
        return None
    if not unites:
        identifiers = identifiers[:1]
    found = resolve(identifiers, directory.owners, directory.profiles, unverified=is_unverified(event))
    if found.needs_token:
        violations.append(_not_united(event))
    person = found.profile_id or new_id()
    profile = directory.profiles.get(person) or new_profile(person, now=min(now, event.at))
    for other in found.absorbed:
        profile = _absorb(profile, directory.profiles.pop(other), plans, directory)
    told = attachable(event, profile, directory.owners)
    directory.profiles[person] = with_identities(profile, (*found.identities, *told))
    for identity in (*found.identities, *told):
        directory.owners[identity.key] = person
    return person


def _absorb(primary: Profile, other: Profile, plans: dict[str, _Plan], directory: _Directory) -> Profile:
    """`other` turns out to be `primary`: what the batch meant for it is now the primary's."""
    moved = plans.pop(other.id, _Plan())
    plan = plans[primary.id]
    plan.events += moved.events
    plan.absorbed += moved.absorbed
    if other.version > 0:
        plan.absorbed.append(other)
    directory.moved[other.id] = primary.id
    for key in other.identities:
        directory.owners[key] = primary.id
    return with_identities(primary, tuple(other.identities.values()))


def _nobody(event: Event) -> Violation:
    reason = "no identifier of this event can be used (blocked, malformed, or of an unknown profile)"
    return _violation(event, "no_usable_identity", "userId", reason)


def _not_united(event: Event) -> Violation:
    reason = "a client key may not declare two known people one; counted for the stronger identifier"
    return _violation(event, "identity_token_required", "anonymousId", reason)


_FULL = "with this event the person's record would be larger than the store takes"


def _unfit(event: Event) -> Violation:
    return _violation(event, "record_too_large", "", _FULL)


def _violation(event: Event, cause: str, path: str, reason: str) -> Violation:
    return Violation(
        cause=cause,
        path=path,
        reason=reason,
        source=event.source.id,
        received_at=event.received_at,
        raw=json.dumps(canonical_json(event), ensure_ascii=False),
        event_name=event.name,
    )


def _write(
    profile: Profile,
    stored: Profile | None,
    plan: _Plan,
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
        more = _Plan(events=rest)
        yield from _write(folded.profile, folded.profile, more, people, ledger, catalog, now=now)


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


def _merged(profile: Profile, plan: _Plan, ledger: Ledger, catalog: Catalog, *, now: datetime) -> Merge:
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
