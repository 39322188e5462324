"""Which profile an event belongs to: found, made, united, and never fused with somebody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.identity.identifiers import policy_of
from kizuna.core.identity.resolution import (
    MAX_MERGED_AT_ONCE,
    attachable,
    components,
    matching_identifiers,
    primacy,
    resolve,
    with_identities,
)
from kizuna.core.people import Identity, Profile, new_profile
from tests.support.builders import NOON, a_profile, an_event

Key = tuple[str, str]
CLIENT = Source("website", SourceKind.CLIENT)
VOUCHED = Source("website", SourceKind.CLIENT, identity_verified=True)


def ids(*keys: str) -> tuple[Identity, ...]:
    """Identities written as `u1 e1 a1`, in this order: user, e-mail, phone, loyalty card, anonymous."""
    kinds = {"u": "user_id", "e": "email", "t": "phone", "l": "loyalty_id", "a": "anonymous_id"}
    return tuple(Identity(kinds[key[0]], key) for key in keys)


def holding(profile_id: str, *keys: str, age: int = 0) -> Profile:
    held = {identity.key: identity for identity in ids(*keys)}
    return a_profile(profile_id, identities=held, created_at=NOON - timedelta(days=age))


def known(*profiles: Profile) -> tuple[dict[Key, str], dict[str, Profile]]:
    owners = {key: profile.id for profile in profiles for key in profile.identities}
    return owners, {profile.id: profile for profile in profiles}


TABLET = holding("p1", "u1", "a1")
CASES = {
    "nobody known": ((), "u1 a1", ("create", None, (), "")),
    "known by the strongest": ((holding("p1", "u1"),), "u1 a9", ("attach", "p1", (), "")),
    "known by the weakest": ((holding("p1", "a1"),), "u1 a1", ("attach", "p1", (), "")),
    "two turn out to be one": (
        (holding("p1", "u1"), holding("p2", "a1")),
        "u1 a1",
        ("merge", "p1", ("p2",), ""),
    ),
    "three at once": (
        (holding("p3", "a1"), holding("p1", "u1"), holding("p2", "e1")),
        "u1 e1 a1",
        ("merge", "p1", ("p2", "p3"), ""),
    ),
    "another person on the same tablet": ((TABLET,), "u2 a1", ("create", None, (), "a1")),
    "both persons known on one tablet": ((TABLET, holding("p2", "u2")), "u2 a1", ("attach", "p2", (), "a1")),
    "somebody else's mailbox": ((holding("p1", "u1", "e1"),), "u2 e1 a2", ("create", None, (), "e1 a2")),
    "a sixth mailbox": (
        (holding("p1", "u1", "e1", "e2", "e3", "e4", "e5"),),
        "u1 e6 a1",
        ("attach", "p1", (), "e6 a1"),
    ),
    "the tablet alone": ((TABLET,), "a1", ("attach", "p1", (), "")),
}


@pytest.mark.parametrize("case", CASES)
def test_an_event_finds_its_person(case: str) -> None:
    profiles, event, (action, person, absorbed, demoted) = CASES[case]
    found = resolve(ids(*event.split()), *known(*profiles))
    assert (found.action, found.profile_id, found.absorbed) == (action, person, absorbed)
    assert {identity.value for identity in found.demoted} == set(demoted.split())
    assert {identity.value for identity in found.identities} == set(event.split()) - set(demoted.split())


def test_the_weakest_identifier_goes_first_and_only_as_many_as_must() -> None:
    found = resolve(ids("u2", "e9", "a1"), *known(TABLET))
    assert [identity.value for identity in found.demoted] == ["a1"]
    assert [identity.value for identity in found.identities] == ["u2", "e9"]


def test_a_value_that_many_profiles_share_is_not_a_person() -> None:
    cards = [holding(f"p{number}", f"e{number}") for number in range(MAX_MERGED_AT_ONCE + 1)]
    event = ids(*(f"e{number}" for number in range(MAX_MERGED_AT_ONCE + 1)))
    found = resolve(event, *known(*cards))
    assert len(found.absorbed) < MAX_MERGED_AT_ONCE
    assert found.demoted


def test_the_strongest_identifier_keeps_its_id_then_the_oldest_profile() -> None:
    user, old, young = holding("p9", "u1"), holding("p5", "e1", age=9), holding("p1", "e2", age=1)
    assert sorted([young, old, user], key=primacy) == [user, old, young]
    assert sorted([user, holding("p0")], key=primacy)[0] is user


@st.composite
def populations(draw: st.DrawFn) -> tuple[tuple[Profile, ...], tuple[Identity, ...]]:
    """A few lawful profiles without an identifier in common, and an event that touches them."""
    pool = [f"{kind}{number}" for kind in "uetla" for number in range(4)]
    owners = draw(st.lists(st.integers(0, 4), min_size=len(pool), max_size=len(pool)))
    profiles = []
    for owner in range(4):
        held = [key for key, mine in zip(pool, owners, strict=True) if mine == owner]
        users = [key for key in held if key[0] == "u"][1:]
        profiles.append(holding(f"p{owner}", *(key for key in held if key not in users), age=owner))
    told = draw(st.lists(st.sampled_from(pool), unique=True, min_size=1, max_size=5))
    return tuple(profiles), tuple(sorted(ids(*told), key=lambda one: (policy_of(one.type).priority, one.key)))


@given(populations())
def test_nobody_ever_holds_two_user_ids_and_what_is_used_and_demoted_is_the_whole_event(
    population: tuple[tuple[Profile, ...], tuple[Identity, ...]],
) -> None:
    profiles, event = population
    owners, by_id = known(*profiles)
    found = resolve(event, owners, by_id)
    held = [by_id[person] for person in (found.profile_id, *found.absorbed) if person]
    keys = {key for profile in held for key in profile.identities} | {one.key for one in found.identities}
    one_user_told = sum(identity.type == "user_id" for identity in event) <= 1
    if one_user_told:
        assert sum(kind == "user_id" for kind, _ in keys) <= 1
    assert (*found.identities, *reversed(found.demoted)) == event
    assert found.identities[0] == event[0]
    assert {owners[one.key] for one in found.identities if one.key in owners} == {one.id for one in held}


def test_a_page_finds_nobody_by_a_mailbox_that_anyone_may_know() -> None:
    event = identify("ann@example.com", source=CLIENT)
    assert [identity.type for identity in matching_identifiers(event)] == ["anonymous_id"]
    for source in (VOUCHED, Source("shop", SourceKind.SERVER)):
        assert "email" in [
            identity.type for identity in matching_identifiers(identify("ann@example.com", source=source))
        ]


def identify(mailbox: str, *, source: Source) -> Event:
    return an_event(
        "", type="identify", user_id=None, anonymous_id="a1", traits={"email": mailbox}, source=source
    )


MAILBOX = ("email", "ann@example.com")
STRANGER = new_profile("p1", now=NOON)
VISITOR = holding("p1", "a1")
TOLD = {
    "a first visitor's own": (None, {}, True),
    "a stored visitor's own": (VISITOR, {}, True),
    "somebody else's": (VISITOR, {MAILBOX: "p2"}, False),
    "for a known customer": (holding("p1", "u1", "a1"), {}, False),
    "beside one that is known": (holding("p1", "e1", "a1"), {}, False),
    "of somebody this request brought": (STRANGER, {}, True),
}


@pytest.mark.parametrize("case", TOLD)
def test_a_page_may_tell_a_mailbox_only_for_somebody_nobody_knows_yet(case: str) -> None:
    profile, owners, is_taken = TOLD[case]
    event = identify("ann@example.com", source=CLIENT)
    assert [one.key for one in attachable(event, profile, owners)] == ([MAILBOX] if is_taken else [])


def test_what_may_match_need_not_be_attached() -> None:
    assert attachable(identify("ann@example.com", source=VOUCHED), None, {}) == ()


def test_the_first_evidence_of_an_identifier_is_kept() -> None:
    first = Identity("email", "ann@example.com", raw="Ann@example.com", at=NOON)
    profile = with_identities(a_profile(identities={}), (first,))
    again = with_identities(profile, (Identity("email", "ann@example.com", raw="ANN@example.com"),))
    assert again is profile
    assert profile.identities == {first.key: first}


EVENTS = st.lists(st.sets(st.tuples(st.just("k"), st.sampled_from("abcdefghij")), max_size=3), max_size=12)


@settings(max_examples=200)
@given(EVENTS)
def test_events_that_share_identifiers_however_indirectly_are_one_group(events: list[set[Key]]) -> None:
    groups = components(events)
    assert sorted(index for group in groups for index in group) == list(range(len(events)))
    assert all(group == sorted(group) for group in groups)
    reached = [reachable_from(index, events) for index in range(len(events))]
    for group in groups:
        assert all(reached[index] == set(group) for index in group)


def reachable_from(start: int, events: list[set[Key]]) -> set[int]:
    """The slow way: walk from event to event as long as they share a key."""
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        near = {other for other, keys in enumerate(events) if keys & events[here]} - seen
        seen |= near
        waiting += near
    return seen
