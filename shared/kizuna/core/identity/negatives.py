"""What forbids that two are one person, whatever else speaks for it (`rules-spec.md` 2.2, `not_if`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

from kizuna.core.identity.identifiers import comparable, trait_at
from kizuna.core.identity.rules import DEVICES, DifferentIdentifier, DifferentTrait, SharedDevice
from kizuna.core.people import Identity, Profile

Rule = DifferentTrait | DifferentIdentifier | SharedDevice
Leads = Mapping[tuple[str, str], str | None]


@dataclass(frozen=True, slots=True)
class EventSide:
    """What an event says of its person beside identifiers: when it happened, whose word it is, and traits."""

    at: datetime | None = None
    unverified: bool = False
    traits: Mapping[str, Any] = field(default_factory=dict)
    shared_device: bool = False


def forbidden_by(
    rules: Sequence[Rule],
    told: EventSide,
    usable: Sequence[Identity],
    held: Sequence[Profile],
    leads: Leads,
) -> tuple[str, list[Identity], str] | None:
    """The first rule that forbids this match: its id, the identifiers not to use, and the profile that these lead to.

    Of two profiles that may not be one, the event stays with the one that its stronger identifier leads to.
    """
    for rule in rules:
        if isinstance(rule, SharedDevice):
            devices = [identity for identity in usable if identity.type in DEVICES]
            if told.shared_device and devices and len(devices) < len(usable):
                return rule.id, devices, ""
            continue
        for leading, profile, others in _matches(usable, held, leads):
            if _differs_from_event(rule, told, usable, leading, profile) or any(
                _differ(rule, leading, profile, other) for other in others
            ):
                return rule.id, leading, profile.id
    return None


def _matches(
    usable: Sequence[Identity], held: Sequence[Profile], leads: Leads
) -> Iterator[tuple[list[Identity], Profile, list[Profile]]]:
    """Each profile, the one with the weakest evidence first: what leads to it, and those with stronger evidence."""
    rank = {identity.key: index for index, identity in enumerate(usable)}
    by_profile = {
        profile.id: [identity for identity in usable if leads.get(identity.key) == profile.id]
        for profile in held
    }
    found = [profile for profile in held if by_profile[profile.id]]
    found.sort(key=lambda profile: rank[by_profile[profile.id][0].key], reverse=True)
    for index, profile in enumerate(found):
        yield by_profile[profile.id], profile, found[index + 1 :]


def _differs_from_event(
    rule: DifferentTrait | DifferentIdentifier,
    told: EventSide,
    usable: Sequence[Identity],
    leading: list[Identity],
    profile: Profile,
) -> bool:
    match rule:
        case DifferentTrait():
            if not rule.only_by and any(identity.type == "user_id" for identity in leading):
                return False  # somebody who is known for certain corrects a trait
            mine, theirs = trait_at(told.traits, rule.trait), profile.trait(rule.trait)
            return _rests_on(rule, leading) and _unlike(mine, theirs)
        case DifferentIdentifier():
            if any(identity.type == rule.identifier for identity in leading):
                return False
            mine = {
                one.value
                for one in usable
                if one.type == rule.identifier and (one.vouched or not rule.vouched)
            }
            return _disjoint(mine, _values(rule, profile))
        case _:
            assert_never(rule)


def _differ(
    rule: DifferentTrait | DifferentIdentifier, leading: list[Identity], one: Profile, other: Profile
) -> bool:
    match rule:
        case DifferentTrait():
            return _rests_on(rule, leading) and _unlike(one.trait(rule.trait), other.trait(rule.trait))
        case DifferentIdentifier():
            return _disjoint(_values(rule, one), _values(rule, other))
        case _:
            assert_never(rule)


def _rests_on(rule: DifferentTrait, leading: list[Identity]) -> bool:
    return not rule.only_by or all(identity.type in rule.only_by for identity in leading)


def _values(rule: DifferentIdentifier, profile: Profile) -> set[str]:
    return {
        held.value
        for held in profile.identities.values()
        if held.type == rule.identifier and (held.vouched or not rule.vouched)
    }


def _disjoint(mine: set[str], theirs: set[str]) -> bool:
    return bool(mine and theirs and mine.isdisjoint(theirs))


def _unlike(one: Any, other: Any) -> bool:
    """Whether both are told and differ by more than case, width and blanks."""
    mine, theirs = comparable(one), comparable(other)
    return mine is not None and theirs is not None and mine != theirs
