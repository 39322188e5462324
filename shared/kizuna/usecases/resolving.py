"""Who is meant by each event of a batch: reads who owns the identifiers, and hands every event to one person."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kizuna.core.events import Event, Violation
from kizuna.core.identifiers import identifiers_of, is_unverified
from kizuna.core.identity import attachable, matching_identifiers, resolve, with_identities
from kizuna.core.intake.canonical import canonical_json
from kizuna.core.people import Profile, new_profile
from kizuna.core.ports import IdentityKey, People


@dataclass(slots=True)
class Directory:
    """Who owns what, as far as this batch needs to know; changes as its events are resolved."""

    owners: dict[IdentityKey, str]
    profiles: dict[str, Profile]
    moved: dict[str, str]  # ids of merged profiles, and where these live on

    def copy(self) -> Directory:
        return Directory(dict(self.owners), dict(self.profiles), dict(self.moved))

    def living(self, profile_id: str | None) -> Profile | None:
        """The profile that an id, perhaps an old one, stands for."""
        while profile_id in self.moved:
            profile_id = self.moved[profile_id]
        return self.profiles.get(profile_id) if profile_id else None


@dataclass(slots=True)
class Plan:
    """The events of one person, and whom the person absorbs."""

    events: list[Event] = field(default_factory=list)
    absorbed: list[Profile] = field(default_factory=list)


def resolved(
    events: list[Event],
    directory: Directory,
    *,
    now: datetime,
    new_id: Callable[[], str],
    unites: bool,
) -> tuple[dict[str, Plan], dict[str, Profile], list[Violation]]:
    """Give each event to a person, in order of receipt. `before` holds the profiles as they are stored."""
    before = {profile.id: profile for profile in directory.profiles.values() if profile.version > 0}
    plans: dict[str, Plan] = defaultdict(Plan)
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
    directory: Directory,
    plans: dict[str, Plan],
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


def _absorb(primary: Profile, other: Profile, plans: dict[str, Plan], directory: Directory) -> Profile:
    """`other` turns out to be `primary`: what the batch meant for it is now the primary's."""
    moved = plans.pop(other.id, Plan())
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
    return refused(event, "no_usable_identity", "userId", reason)


def _not_united(event: Event) -> Violation:
    reason = "a client key may not declare two known people one; counted for the stronger identifier"
    return refused(event, "identity_token_required", "anonymousId", reason)


def refused(event: Event, cause: str, path: str, reason: str) -> Violation:
    return Violation(
        cause=cause,
        path=path,
        reason=reason,
        source=event.source.id,
        received_at=event.received_at,
        raw=json.dumps(canonical_json(event), ensure_ascii=False),
        event_name=event.name,
    )


def read_directory(people: People, events: Iterable[Event]) -> Directory:
    keys = {identity.key for event in events for identity in identifiers_of(event)}
    owners = people.owners(keys)
    asked = {*owners.values(), *(event.profile_id for event in events if event.profile_id)}
    found = people.profiles(asked)
    living = {key: found[owner].id for key, owner in owners.items() if owner in found}
    profiles = {profile.id: profile for profile in found.values()}
    moved = {asked_id: profile.id for asked_id, profile in found.items() if asked_id != profile.id}
    return Directory(living, profiles, moved)


def joints(events: Sequence[Event], directory: Directory) -> list[set[IdentityKey]]:
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
