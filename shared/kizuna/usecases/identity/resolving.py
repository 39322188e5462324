"""Who is meant by each event of a batch: reads who owns the identifiers, and hands every event to one person."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from kizuna.core.events import Event, Violation
from kizuna.core.identity.identifiers import identifiers_of
from kizuna.core.identity.resolution import (
    Resolution,
    Taking,
    attachable,
    known_by_all,
    may_match,
    resolve,
    told_by,
    with_identities,
)
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityRules
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.people import Identity, Profile, new_profile
from kizuna.core.ports import IdentityKey, People, PersonWrite
from kizuna.core.seen import Pages
from kizuna.core.timeline import timeline_key
from kizuna.usecases.identity.handing_over import Bequest, Losses
from kizuna.usecases.identity.reports import path_of, reports_of

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog
    from kizuna.core.identity.reviews import Review


class _Told(NamedTuple):
    event: Event
    identities: tuple[Identity, ...]
    keys: frozenset[IdentityKey]


@dataclass(slots=True)
class Directory:
    """Who owns what, as far as this batch needs to know; changes as its events are resolved."""

    owners: dict[IdentityKey, str]
    profiles: dict[str, Profile]
    moved: dict[str, str]  # ids of merged profiles, and where these live on
    marks: Pages = field(default_factory=dict)  # what the pages of hot profiles hold
    rules: IdentityRules = DEFAULT_RULES
    told: dict[int, _Told] = field(default_factory=dict)

    def part(self, events: Iterable[Event]) -> Directory:
        """What these events lead to, for a try of their own. What they told is shared: it does not change."""
        owners, profiles = {}, {}
        for event in events:
            for key in self.keys(event):
                owner = self.owners.get(key)
                if owner is not None:
                    owners[key] = owner
                    profiles[owner] = self.profiles[owner]
            named = self.living(event.profile_id) if event.profile_id else None
            if named is not None:
                profiles[named.id] = named
        return Directory(owners, profiles, dict(self.moved), self.marks, self.rules, self.told)

    def is_settled(self, event: Event) -> bool:
        """Whether the event leads to one stored person and brings nothing that is not theirs already."""
        if event.profile_id is not None:
            return self.living(event.profile_id) is not None
        identities = self.identifiers(event)
        owner = self.owners.get(identities[0].key) if identities else None
        if owner is None:
            return not identities  # nobody's, whatever is stored
        held = self.profiles[owner].identities
        return all(one.key in held for one in identities) and all(
            self.owners.get(key) == owner for key in self.keys(event)
        )

    def renew(self, events: Iterable[Event], newer: Directory) -> None:
        """Know of these events what a later look has shown."""
        for event in events:
            for key in self.keys(event):
                self.owners.pop(key, None)
        self.owners.update(newer.owners)
        self.profiles.update(newer.profiles)
        self.moved.update(newer.moved)
        self.marks = {**self.marks, **newer.marks}

    def identifiers(self, event: Event) -> tuple[Identity, ...]:
        """What identifies the person of an event, strongest first; worked out once an event."""
        return self._told_by(event).identities

    def keys(self, event: Event) -> frozenset[IdentityKey]:
        """The identifiers of an event that lead to one person each."""
        return self._told_by(event).keys

    def _told_by(self, event: Event) -> _Told:
        known = self.told.get(id(event))
        if known is None or known.event is not event:
            found = identifiers_of(event, self.rules)
            unique = frozenset([one.key for one in found if self.rules.policy(one.type).unique])
            known = self.told[id(event)] = _Told(event, found, unique)
        return known

    def living(self, profile_id: str | None) -> Profile | None:
        """The profile that an id, perhaps an old one, stands for."""
        while profile_id in self.moved:
            profile_id = self.moved[profile_id]
        return self.profiles.get(profile_id) if profile_id else None


@dataclass(slots=True)
class Plan:
    """The events of one person, and whom the person absorbs.

    `anchors` hold, by the key of an event in the timeline, the strongest identifier that it was resolved by: while
    that is the person's, so is the event, however often it is brought again. An identifier that people may lose
    (by a login elsewhere, by disuse) or share is no anchor.
    """

    events: list[Event] = field(default_factory=list)
    absorbed: list[Profile] = field(default_factory=list)
    anchors: dict[str, IdentityKey] = field(default_factory=dict)
    reason: str = ""  # of whoever unites them by hand
    bequests: list[Bequest] = field(
        default_factory=list
    )  # addresses that the person takes from somebody else


@dataclass(frozen=True, slots=True)
class Resolved:
    """To whom the events of a group belong.

    `before` holds the profiles as they are stored once `releases` are: these writes come first, each of a person
    who gives identifiers up. `reviews` are pairs that somebody should look at.

    `is_plain`: nobody was refused anything, gives anything up, is suspected, or is united with somebody stored. What
    was decided then rests on the profiles that are written, at the version that was read, and on identifiers being
    nobody else's: the conditions of these very writes. Had the directory been behind the store, they are refused.
    Anything else rests on more, and may only be decided from a consistent read.
    """

    plans: dict[str, Plan]
    profiles: Mapping[str, Profile]  # with the identifiers that the events bring
    before: dict[str, Profile]
    violations: list[Violation]
    releases: tuple[PersonWrite, ...]
    reviews: tuple[Review, ...]
    is_plain: bool


def resolved(
    events: list[Event],
    directory: Directory,
    *,
    now: datetime,
    new_id: Callable[[], str],
    unites: bool,
    catalog: Catalog,
) -> Resolved:
    """Give each event to a person, in order of receipt."""
    before = {profile.id: profile for profile in directory.profiles.values() if profile.version > 0}
    work = _Work(directory, Losses(before, catalog, now, directory.marks), now, new_id, unites)
    for event in events:
        person = work.person_of(event)
        if person is not None:
            work.plans[person].events.append(event)
    return Resolved(
        dict(work.plans),
        directory.profiles,
        work.losses.before,
        list(dict.fromkeys(work.violations)),
        work.losses.writes,
        tuple(work.reviews()),
        work.is_plain,
    )


@dataclass(slots=True)
class _Work:
    """The events of one group on their way to their people."""

    directory: Directory
    losses: Losses
    now: datetime
    new_id: Callable[[], str]
    unites: bool
    plans: dict[str, Plan] = field(default_factory=lambda: defaultdict(Plan))
    violations: list[Violation] = field(default_factory=list)
    suspected: list[tuple[str, Event, Resolution]] = field(default_factory=list)
    is_plain: bool = True

    def person_of(self, event: Event) -> str | None:
        directory = self.directory
        if event.profile_id is not None:
            named = directory.living(event.profile_id)
            if named is None:
                self.is_plain = False
                self.violations.append(_nobody(event))
            return named.id if named else None
        identifiers = may_match(directory.identifiers(event), event)
        if not identifiers:
            self.violations.append(_nobody(event))
            return None
        identifiers = identifiers if self.unites else identifiers[:1]
        known = known_by_all(identifiers, directory.owners, directory.profiles, directory.rules)
        if known is not None:
            self._attach(known, identifiers, event)
            return known
        found = resolve(
            identifiers,
            directory.owners,
            directory.profiles,
            told=told_by(event),
            rules=directory.rules,
        )
        self.is_plain &= not (found.demoted or found.taken or found.suspicions or self._unites_stored(found))
        if found.action == "refuse":
            self.violations.append(_ruled_out(event, found))
            return None
        self.violations += reports_of(found, event)
        person = found.profile_id or self.new_id()
        self._unite(person, found, event)
        return person

    def _unites_stored(self, found: Resolution) -> bool:
        """Whether somebody stored is united with somebody else, and be it a newcomer of this batch.

        Where an identifier was taken for a newcomer's that is the stored one's, the profile holds it already, and no
        row is put that would be refused.
        """
        return bool(found.absorbed) and any(
            person in self.losses.before for person in (found.profile_id, *found.absorbed)
        )

    def _unite(self, person: str, found: Resolution, event: Event) -> None:
        directory = self.directory
        profile = directory.profiles.get(person) or new_profile(person, now=min(self.now, event.at))
        for other in found.absorbed:
            profile = self._absorb(profile, directory.profiles.pop(other))
        for taking in found.taken:
            self._take(taking, person)
        # What was given up in this batch has made a newer version of whoever gave it.
        directory.profiles[person] = profile
        self._attach(person, found.identities, event)
        if found.suspicions:
            self.suspected.append((person, event, found))

    def _attach(self, person: str, identities: tuple[Identity, ...], event: Event) -> None:
        """The event is this person's, who is known by its identifiers from here on."""
        directory, rules = self.directory, self.directory.rules
        profile = directory.profiles[person]
        told = attachable(event, profile, directory.owners, rules)
        known = with_identities(profile, (*identities, *told) if told else identities)
        if known is not profile:
            directory.profiles[person] = known
            for identity in (*identities, *told):
                if rules.policy(identity.type).unique:
                    directory.owners[identity.key] = person
        strongest = rules.policy(identities[0].type)
        if strongest.unique and not strongest.tracks_activity:
            self.plans[person].anchors[timeline_key(event)] = identities[0].key

    def _absorb(self, primary: Profile, other: Profile) -> Profile:
        """`other` turns out to be `primary`: what the batch meant for it is now the primary's."""
        directory = self.directory
        moved = self.plans.pop(other.id, Plan())
        plan = self.plans[primary.id]
        plan.events += moved.events
        plan.anchors |= moved.anchors
        plan.absorbed += moved.absorbed
        plan.bequests += moved.bequests
        if other.id in self.losses.before:
            plan.absorbed.append(
                self.losses.before[other.id]
            )  # as stored: what it learnt here is new to the store
        directory.moved[other.id] = primary.id
        for kind, value in other.identities:
            if directory.rules.policy(kind).unique:
                directory.owners[kind, value] = primary.id
        return with_identities(primary, tuple(other.identities.values()))

    def _take(self, taking: Taking, person: str) -> None:
        """The holder, and whoever it absorbed in this batch, holds this identifier no more."""
        directory, key = self.directory, taking.identity.key
        holder = directory.living(taking.holder)
        if holder is None or holder.id == person:
            return
        heirs = self.plans[person].bequests
        if holder.id in self.losses.before:
            heirs.append(Bequest(taking.identity, holder.parts))
        plan = self.plans.get(holder.id)
        if plan is not None:
            heirs += [Bequest(taking.identity, side.parts) for side in plan.absorbed]
            plan.absorbed = [self.losses.without(side, key) for side in plan.absorbed]
        directory.profiles[holder.id] = self.losses.without(holder, key)

    def reviews(self) -> Iterator[Review]:
        """Pairs of people who still are two when the whole group is resolved."""
        if not self.suspected:
            return
        from kizuna.core.identity.reviews import review_of  # rare: most batches suspect nobody

        for person, event, found in self.suspected:
            for suspicion in found.suspicions:
                one, other = self.directory.living(person), self.directory.living(suspicion.other)
                if one is not None and other is not None and one.id != other.id:
                    yield review_of(one.id, other.id, suspicion, source=event.source.id, now=self.now)


def _nobody(event: Event) -> Violation:
    reason = "no identifier of this event can be used (blocked, malformed, or of an unknown profile)"
    return refused(event, "no_usable_identity", "userId", reason)


def _ruled_out(event: Event, found: Resolution) -> Violation:
    rules = sorted({act.rule for act in found.acts if act.kind == "demote"})
    reason = f"no identifier is left by which this event may find somebody (rules: {', '.join(rules)})"
    return refused(event, "identity_refused", path_of(found.demoted[0].type) if found.demoted else "", reason)


def refused(event: Event, cause: str, path: str, reason: str) -> Violation:
    return Violation(
        cause=cause,
        path=path,
        reason=reason,
        source=event.source.id,
        received_at=event.received_at,
        raw=json.dumps(canonical_json(event), ensure_ascii=False),
        event_name=event.name,
        source_kind=event.source.kind.value,
    )


def read_directory(
    people: People,
    events: Iterable[Event],
    rules: IdentityRules = DEFAULT_RULES,
    *,
    consistent: bool = True,
) -> Directory:
    """Who holds the identifiers of these events, as it is stored. Raises Unavailable.

    Not `consistent`, it costs half and may be some writes behind the store, in one person and not in another; only
    what is plain (`Resolved.is_plain`) may be done by it. Marks are always read consistently: a page that is stored
    and not seen would have an event counted twice, and no condition would notice.
    """
    events = tuple(events)
    fresh = Directory({}, {}, {}, rules=rules)
    owners = people.owners(
        dict.fromkeys(key for event in events for key in fresh.keys(event)), consistent=consistent
    )
    asked = {*owners.values(), *(event.profile_id for event in events if event.profile_id)}
    found = people.profiles(asked, consistent=consistent)
    living = {key: found[owner].id for key, owner in owners.items() if owner in found}
    profiles = {profile.id: profile for profile in found.values()}
    moved = {asked_id: profile.id for asked_id, profile in found.items() if asked_id != profile.id}
    pages = {page for profile in profiles.values() for page in profile.seen_pages}
    marks = people.marks(pages) if pages else {}
    return Directory(living, profiles, moved, marks, rules, fresh.told)


def joints(events: Sequence[Event], directory: Directory) -> list[set[IdentityKey]]:
    """What ties events together: identifiers they share, and the profile these lead to."""
    joints: list[set[IdentityKey]] = []
    for event in events:
        ties = set(directory.keys(event))
        ties.update([("profile", directory.owners[key]) for key in ties if key in directory.owners])
        told = directory.living(event.profile_id) if event.profile_id else None
        if told is not None:
            ties.add(("profile", told.id))
        joints.append(ties)
    return joints
