"""Who is this? Decides, for one event after the other, which profile it belongs to (`rules-spec.md` 2.3).

    none known      → create
    one known       → attach what is new
    several known   → merge, if no limit forbids it
    a limit forbids → the weakest identifier of the event is demoted (kept on the event, not used), again

A shared tablet must not fuse a family: two user ids never come to lie on one profile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kizuna.core.events import Event
from kizuna.core.identifiers import identifiers_of, is_unverified, policy_of
from kizuna.core.people import Identity, Profile

Action = Literal["create", "attach", "merge"]
MAX_MERGED_AT_ONCE = 5  # a value shared by more profiles than this is not a person
_UNVERIFIED_MAY_MATCH = frozenset({"user_id", "anonymous_id", "push_token"})


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where one event goes. `absorbed` are profiles to be merged into `profile_id`."""

    action: Action
    profile_id: str | None  # None: a new profile is needed
    identities: tuple[Identity, ...]
    absorbed: tuple[str, ...] = ()
    demoted: tuple[Identity, ...] = ()
    needs_token: bool = False  # a merge was asked for that takes more than a publishable key


def matching_identifiers(event: Event) -> tuple[Identity, ...]:
    """The identifiers by which an event may find a person.

    An unverified caller's e-mail or phone finds nobody: otherwise anyone who knows an address could
    write into its owner's record.
    """
    found = identifiers_of(event)
    if not is_unverified(event):
        return found
    return tuple(identity for identity in found if identity.type in _UNVERIFIED_MAY_MATCH)


def resolve(
    identities: tuple[Identity, ...],
    owners: Mapping[tuple[str, str], str],
    profiles: Mapping[str, Profile],
    *,
    unverified: bool = False,
) -> Resolution:
    """Find the profile for identifiers (strongest first), given who owns what at this moment.

    An `unverified` caller's word unites nobody who is known with somebody else who is: a stranger's visit, told
    to be a customer's, would bring the stranger's mailbox along (`abuse-cases.md` A03).
    """
    usable = list(identities)
    demoted: list[Identity] = []
    needs_token = False
    while True:
        known = _distinct(owners[identity.key] for identity in usable if identity.key in owners)
        held = [profiles[profile_id] for profile_id in known]
        takes_over = unverified and sum(map(_is_somebody, held)) > 1
        fits = _fits(held, usable) and len(known) <= MAX_MERGED_AT_ONCE
        if len(usable) <= 1 or (fits and not takes_over):
            return replace(_outcome(held, usable, demoted), needs_token=needs_token)
        needs_token = needs_token or (fits and takes_over)
        demoted.append(usable.pop())


def _outcome(held: list[Profile], usable: list[Identity], demoted: list[Identity]) -> Resolution:
    primary, *others = sorted(held, key=primacy) if held else [None]
    if primary is None:
        return Resolution("create", None, tuple(usable), demoted=tuple(demoted))
    absorbed = tuple(profile.id for profile in others if profile is not None)
    return Resolution(
        "merge" if absorbed else "attach", primary.id, tuple(usable), absorbed, demoted=tuple(demoted)
    )


def primacy(profile: Profile) -> tuple[int, str, str]:
    """Sorts the profile that keeps its id first: strongest identifier, then oldest."""
    strongest = min((policy_of(kind).priority for kind, _ in profile.identities), default=99)
    return (strongest, profile.created_at.isoformat(), profile.id)


def _fits(held: list[Profile], usable: list[Identity]) -> bool:
    keys = {key for profile in held for key in profile.identities} | {identity.key for identity in usable}
    counts = Counter(kind for kind, _ in keys)
    return all(count <= policy_of(kind).limit for kind, count in counts.items())


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def attachable(
    event: Event, profile: Profile | None, owners: Mapping[tuple[str, str], str]
) -> tuple[Identity, ...]:
    """Identifiers that an unverified event adds without matching by them (`abuse-cases.md` A03).

    A visitor who is nobody yet may tell us an e-mail or phone that nobody owns. For somebody already known
    it takes an identity token.
    """
    if not is_unverified(event) or (profile is not None and _is_known(profile)):
        return ()
    told = [identity for identity in identifiers_of(event) if identity.type in ("email", "phone")]
    return tuple(identity for identity in told if identity.key not in owners)


def _is_known(profile: Profile) -> bool:
    """Whether this is somebody already: only then can a stranger take something over."""
    return profile.version > 0 and _is_somebody(profile)


def _is_somebody(profile: Profile) -> bool:
    return any(kind in ("user_id", "email", "phone") for kind, _ in profile.identities)


def components(keys_of_event: list[set[tuple[str, str]]]) -> list[list[int]]:
    """Group events (by index, in order) that share identifiers, however indirectly.

    A group is the unit of folding, of retry and of work in parallel.
    """
    parent = list(range(len(keys_of_event)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first_with: dict[tuple[str, str], int] = {}
    for index, keys in enumerate(keys_of_event):
        for key in keys:
            earlier = first_with.setdefault(key, index)
            parent[root(index)] = root(earlier)
    groups: dict[int, list[int]] = {}
    for index in range(len(keys_of_event)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def with_identities(profile: Profile, identities: tuple[Identity, ...]) -> Profile:
    """The profile, holding these identifiers too; the first evidence of one is kept."""
    missing = {identity.key: identity for identity in identities if identity.key not in profile.identities}
    return replace(profile, identities={**profile.identities, **missing}) if missing else profile
