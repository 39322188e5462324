"""How much one profile may hold, for how long, and which of several keeps its id (`rules-spec.md` 2.1, 2.2, 2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, assert_never

from kizuna.core.durations import FIRST
from kizuna.core.identity.rules import DEFAULT_RULES, IdentifierPolicy, IdentityRules, TieBreaker
from kizuna.core.people import Identity, Profile


def has_lapsed(edge: Identity, holder: Profile, policy: IdentifierPolicy, at: datetime | None) -> bool:
    """Whether nobody used an identifier for as long as it lives, seen from `at`.

    Where no use was noted (the retention was defined later) any event of the person counts as one.
    """
    if policy.retention is None or at is None:
        return False
    active = edge.seen or max(filter(None, (edge.at, holder.last_event_at)), default=None)
    return active is not None and active < policy.retention.before(at)


def too_many_of(
    held: Sequence[Profile], told: Sequence[Identity], rules: IdentityRules, at: datetime | None
) -> str | None:
    """A type of which one person would hold more values than its limit allows, because of this event."""
    if len(held) == 1 and all(identity.key in held[0].identities for identity in told):
        return None  # nothing new: by far the most frequent case
    united = {identity.key: identity for identity in told}
    for profile in held:
        united |= profile.identities
    counts = _counted(united.values(), rules, at)
    before = [_counted(profile.identities.values(), rules, at) for profile in held]
    for kind, count in counts.items():
        grows = all(count > each.get(kind, 0) for each in before)
        if grows and count > rules.policy(kind).limit:
            return kind
    return None


def _counted(identities: Iterable[Identity], rules: IdentityRules, at: datetime | None) -> dict[str, int]:
    """Identifiers by type; where a limit has a window, those that came to be held within it."""
    counts: dict[str, int] = {}
    for identity in identities:
        window = rules.policy(identity.type).window
        if window is None or at is None or identity.at is None or identity.at > window.before(at):
            counts[identity.type] = counts.get(identity.type, 0) + 1
    return counts


def primacy(profile: Profile, rules: IdentityRules = DEFAULT_RULES) -> tuple[Any, ...]:
    """Sorts the profile that keeps its id first: strongest identifier, then the tie breakers, then oldest."""
    strongest = min((rules.policy(kind).priority for kind, _ in profile.identities), default=99)
    ties = tuple(_tie(profile, tie, rules) for tie in rules.tie_breakers)
    return (strongest, *ties, profile.created_at.isoformat(), profile.id)


def _tie(profile: Profile, tie: TieBreaker, rules: IdentityRules) -> float:
    match tie:
        case "most_identifiers":
            return -len(profile.identities)
        case "highest_trust":
            policies = [(held, rules.policy(held.type)) for held in profile.identities.values()]
            return -max((p.trust if held.vouched else p.unverified_trust for held, p in policies), default=0)
        case "newest_event":
            return -(profile.last_event_at or FIRST).timestamp()
        case "oldest_created":
            return profile.created_at.timestamp()
        case "newest_created":
            return -profile.created_at.timestamp()
        case "oldest_updated":
            return profile.updated_at.timestamp()
        case "newest_updated":
            return -profile.updated_at.timestamp()
        case _:
            assert_never(tie)
