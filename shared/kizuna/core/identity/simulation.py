"""What changed identity rules would do to people who are stored: whom they would unite, and whom they would not.

Looks at identifiers and evidence only, so it is a forecast: negative rules that ask for traits are asked of the
traits as they stand, and rules that derive identifiers cannot be told for calls of the past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from kizuna.core.identity.identifiers import normalised
from kizuna.core.identity.limits import has_lapsed, too_many_of
from kizuna.core.identity.negatives import EventSide, forbidden_by
from kizuna.core.identity.rules import DERIVED, IdentityRules
from kizuna.core.people import Identity, Profile

SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """One difference, by ids and types alone."""

    profiles: tuple[str, ...]
    types: tuple[str, ...]
    rule: str


@dataclass(slots=True)
class Forecast:
    """How many people would be united, kept apart or lose identifiers, with the first few of each."""

    people: int = 0
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))

    def add(self, what: Literal["merge", "refused", "split", "loss"], sample: Sample) -> None:
        self.counts[what] += 1
        if len(self.samples[what]) < SAMPLES:
            self.samples[what].append(sample)


def forecast(
    profiles: Iterable[Profile], before: IdentityRules, after: IdentityRules, *, now: datetime
) -> Forecast:
    """Compare what `after` would make of stored identifiers with what `before` did.

    merge    profiles that would share an identifier as it is compared now
    refused  the same, but a limit, a negative rule or `max_profiles` would keep them apart
    split    a profile that holds more than the new limits allow: it would not have come to be one
    loss     identifiers that would find nobody any more (blocked, lapsed, not unique, unproven)
    """
    found = Forecast()
    holders: dict[tuple[str, str], list[Profile]] = defaultdict(list)
    for profile in sorted(profiles, key=lambda profile: (profile.created_at, profile.id)):
        found.people += 1
        usable, lost = _read_again(profile, before, after, now)
        for identity in usable:
            holders[identity.key].append(profile)
        if lost:
            found.add("loss", Sample((profile.id,), lost, "no_longer_usable"))
        if kind := _over_its_limit(profile, usable, before, after, now):
            found.add("split", Sample((profile.id,), (kind,), f"limit_of_{kind}"))
    for group, shared in _united(holders):
        rule = _kept_apart(group, shared, after, now)
        sample = Sample(tuple(profile.id for profile in group), tuple(sorted({k for k, _ in shared})), rule)
        found.add("refused" if rule else "merge", sample)
    return found


def forecast_body(found: Forecast) -> dict[str, Any]:
    """A forecast as plain JSON."""
    return {
        "people": found.people,
        **{
            what: {
                "count": found.counts.get(what, 0),
                "samples": [
                    {"people": list(each.profiles), "types": list(each.types), "rule": each.rule}
                    for each in found.samples.get(what, ())
                ],
            }
            for what in ("merge", "refused", "split", "loss")
        },
    }


def _read_again(
    profile: Profile, before: IdentityRules, after: IdentityRules, now: datetime
) -> tuple[list[Identity], tuple[str, ...]]:
    """The identifiers as the new rules compare them, and the types of those that they use no more."""
    usable, lost = [], set()
    for held in profile.identities.values():
        if held.type.startswith(DERIVED):
            continue
        value = _compared(held, after)
        if value is None or not _finds(held, profile, after, now):
            if _finds(held, profile, before, now):
                lost.add(held.type)
            continue
        usable.append(Identity(held.type, value, at=held.at, vouched=held.vouched))
    return usable, tuple(sorted(lost))


def _compared(held: Identity, rules: IdentityRules) -> str | None:
    """The value under these rules, from its raw form where that says as much as the compared one."""
    raw = held.raw if held.raw and held.type not in ("phone", "email") else held.value
    return normalised(held.type, raw, rules)


def _finds(held: Identity, profile: Profile, rules: IdentityRules, now: datetime) -> bool:
    policy = rules.policy(held.type)
    proven = held.vouched or not policy.verified_only
    return policy.unique and proven and not has_lapsed(held, profile, policy, now)


def _over_its_limit(
    profile: Profile, usable: Sequence[Identity], before: IdentityRules, after: IdentityRules, now: datetime
) -> str | None:
    kind = too_many_of([], list(usable), after, now)
    return None if kind is None or too_many_of([], list(profile.identities.values()), before, now) else kind


def _united(
    holders: dict[tuple[str, str], list[Profile]],
) -> Iterable[tuple[list[Profile], list[tuple[str, str]]]]:
    """Profiles that share identifiers, however indirectly, and what they share."""
    leader: dict[str, str] = {}

    def root(person: str) -> str:
        while leader.setdefault(person, person) != person:
            person = leader[person]
        return person

    shared = {key: people for key, people in holders.items() if len({each.id for each in people}) > 1}
    for people in shared.values():
        for other in people[1:]:
            leader[root(other.id)] = root(people[0].id)
    groups: dict[str, dict[str, Profile]] = defaultdict(dict)
    keys: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, people in shared.items():
        keys[root(people[0].id)].append(key)
        groups[root(people[0].id)].update({each.id: each for each in people})
    return [(list(members.values()), keys[top]) for top, members in groups.items()]


def _kept_apart(
    group: list[Profile], shared: Sequence[tuple[str, str]], rules: IdentityRules, now: datetime
) -> str:
    """The rule by which these would stay several, or an empty text."""
    if len(group) > rules.max_profiles:
        return "max_profiles"
    kind = too_many_of(group, [], rules, now)
    if kind is not None:
        return f"limit_of_{kind}"
    evidence = [Identity(kind, f"{value}@{profile.id}") for profile in group for kind, value in shared]
    leads: dict[tuple[str, str], str | None] = {
        identity.key: profile.id
        for profile, start in zip(group, range(0, len(evidence), len(shared)), strict=True)
        for identity in evidence[start : start + len(shared)]
    }
    forbidden = forbidden_by(rules.not_if, EventSide(), evidence, group, leads)
    return f"not_if_{forbidden[0]}" if forbidden else ""
