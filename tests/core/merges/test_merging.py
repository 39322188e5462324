"""Two profiles that turn out to be one person: nothing lost, nothing loosened, nothing announced."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import ConsentEvent, permission
from kizuna.core.consent import fold as fold_consents
from kizuna.core.events import Event
from kizuna.core.folding import fold
from kizuna.core.merges.merging import merge
from kizuna.core.people import Address, AddressStatus, Profile, Trait
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import MAILBOX, NOON, SERVER, a_profile
from tests.support.consents import grant, text, withdraw
from tests.support.examples import examples
from tests.support.folds import CATALOG, HOUR, folded, identify, nobody_yet, order
from tests.support.histories import but_nothing
from tests.support.sides import stored_people


def united(primary: Profile, *others: Profile) -> Profile:
    return merge(primary, others, {}, CATALOG, now=NOON).profile


def substance(profile: Profile) -> Profile:
    """Without what follows from who is the primary: its id, its versions and the order of its parts."""
    return replace(profile, id="", version=0, parts=tuple(sorted(profile.parts)))


@settings(max_examples=examples(40))
@given(stored_people("p1"), stored_people("p2"))
def test_it_makes_no_difference_who_absorbs_whom(one: Profile, other: Profile) -> None:
    assert substance(united(one, other)) == substance(united(other, one))


@settings(max_examples=examples(25))
@given(stored_people("p1"), stored_people("p2"), stored_people("p3"))
def test_three_become_one_in_whatever_grouping(one: Profile, two: Profile, three: Profile) -> None:
    step_by_step = united(united(one, two), three)
    assert substance(step_by_step) == substance(united(one, two, three))
    assert substance(step_by_step) == substance(united(one, united(two, three)))
    assert substance(step_by_step) == substance(united(united(three, one), two))


@settings(max_examples=examples(40))
@given(
    st.lists(st.tuples(st.booleans(), st.integers(-5, 0), st.sampled_from(["pro", "free", 7])), max_size=6)
)
def test_two_records_united_are_the_record_that_one_person_would_have(
    what: list[tuple[bool, int, Any]],
) -> None:
    events: list[tuple[bool, Event]] = [
        (left, identify(number, hour=hour, plan=value) if number % 2 else order(number, hour=hour))
        for number, (left, hour, value) in enumerate(what)
    ]
    everything = nobody_yet(*(event for _, event in events))
    left, right = (
        fold(everything, [event for mine, event in events if mine is side], CATALOG, now=NOON).profile
        for side in (True, False)
    )
    together, alone = (
        united(left, right),
        fold(everything, [event for _, event in events], CATALOG, now=NOON).profile,
    )
    assert together.traits == alone.traits
    assert but_nothing(together.aggregates) == but_nothing(alone.aggregates)
    assert {seen.hash for seen in together.seen} == {seen.hash for seen in alone.seen}
    assert together.last_event_at == alone.last_event_at


def test_the_primary_keeps_its_id_and_the_oldest_its_bucket() -> None:
    primary = a_profile("p3", created_at=NOON, bucket_id="p3")
    oldest = a_profile("p1", created_at=NOON - 3 * HOUR, bucket_id="p0", parts=("p1", "p0"))
    other = a_profile("p2", created_at=NOON - HOUR)
    person = united(primary, other, oldest)
    assert (person.id, person.bucket_id, person.created_at) == ("p3", "p0", oldest.created_at)
    assert person.parts == ("p3", "p2", "p1", "p0")


def test_the_absorbed_is_one_version_on_points_to_the_primary_and_is_in_nothing_any_more() -> None:
    other = a_profile("p2", version=4, reach_version=7, due_at=NOON, segments=frozenset({"everyone", "pros"}))
    found = merge(a_profile("p1"), [other], {}, CATALOG, now=NOON)
    (gone,) = found.absorbed
    assert (gone.version, gone.reach_version, gone.merged_into) == (5, 8, "p1")
    assert (gone.segments, gone.due_at) == (frozenset[str](), None)
    assert gone.identities == other.identities


def test_the_worse_fate_of_an_address_survives_with_the_newest_mention() -> None:
    bounced = Address("push", "t", NOON - HOUR, AddressStatus.INVALID_TOKEN, NOON - HOUR, platform="ios")
    told_again = Address("push", "t", NOON)
    for one, other in ((bounced, told_again), (told_again, bounced)):
        person = united(
            a_profile("p1", addresses={one.key: one}), a_profile("p2", addresses={other.key: other})
        )
        (address,) = person.addresses.values()
        assert (address.at, address.status, address.platform) == (NOON, AddressStatus.INVALID_TOKEN, "ios")
        assert address.status_at == NOON - HOUR


def test_a_side_that_is_not_stored_yet_makes_no_memory_stale() -> None:
    stored = replace(folded(order(1)).profile, id="p2")
    fresh = replace(nobody_yet(), aggregates={})
    assert united(fresh, stored).aggregates == stored.aggregates
    known = a_profile("p1", aggregates={})
    assert united(known, stored).aggregates == {}


# ── consent ─────────────────────────────────────────────────────────────────────────────────────


def may_write(ledger: list[ConsentEvent], *, now: datetime) -> bool:
    policy = ConsentPolicy()
    found = permission(
        fold_consents(ledger, now=now, policy=policy), channel="email", topic="news",
        endpoint="ep1", country="JP", now=now, policy=policy,
    )  # fmt: skip
    return bool(found.valid) and not (found.channel_opt_outs or found.topic_opt_outs)


@pytest.mark.parametrize("primary_refused", [True, False])
def test_a_refusal_of_either_side_outlives_a_later_grant_of_the_other(primary_refused: bool) -> None:
    refusal = withdraw(NOON, endpoint=None)
    yes = grant(NOON + HOUR / 2)
    ledgers = {"p1": [refusal if primary_refused else yes], "p2": [yes if primary_refused else refusal]}
    merged_at = NOON + HOUR
    found = merge(a_profile("p1"), [a_profile("p2")], ledgers, CATALOG, now=merged_at)
    ledger = [refusal, yes, *found.carried]
    assert [(one.supersedes, one.merged_at) for one in found.carried] == [(refusal.id, merged_at)]
    assert may_write([refusal, yes], now=merged_at)
    assert not may_write(ledger, now=merged_at)
    assert may_write([*ledger, grant(NOON + 2 * HOUR)], now=merged_at + 2 * HOUR)


def test_merging_the_same_people_again_carries_the_same_entries() -> None:
    ledgers = {"p2": [withdraw(NOON, endpoint=None)]}
    once, again = (
        merge(a_profile("p1"), [a_profile("p2")], ledgers, CATALOG, now=NOON + hours * HOUR)
        for hours in (1, 2)
    )
    assert once.id == again.id
    assert [consent.id for consent in once.carried] == [consent.id for consent in again.carried]


def test_a_refusal_that_both_sides_hold_is_lifted_only_by_a_grant_that_both_had() -> None:
    """A STOP of a shared phone, after which one of the two allowed something again."""
    stop, yes = text("STOP", NOON, endpoint="t1"), grant(NOON + HOUR / 2, channel="sms", endpoint="t1")
    for ledgers in ({"p1": [stop, yes], "p2": [stop]}, {"p1": [stop], "p2": [stop, yes]}):
        (copy,) = merge(a_profile("p1"), [a_profile("p2")], ledgers, CATALOG, now=NOON + HOUR).carried
        assert copy.lifted_by == ()
    both = {"p1": [stop, yes], "p2": [stop, yes]}
    assert merge(a_profile("p1"), [a_profile("p2")], both, CATALOG, now=NOON + HOUR).carried[0].lifted_by == (
        yes.id,
    )


def test_what_one_side_may_not_do_the_person_may_not_do() -> None:
    restricted = a_profile("p2", status="restricted", gpc=True)
    for person in (united(a_profile("p1"), restricted), united(restricted, a_profile("p1"))):
        assert (person.status, person.gpc) == ("restricted", True)


def test_a_person_is_where_and_speaks_what_was_seen_last_on_either_side() -> None:
    tokyo = a_profile(
        "p1", zone="Asia/Tokyo", zone_at=NOON, language=None, last_event_at=NOON - timedelta(days=9)
    )
    paris = a_profile("p2", zone="Europe/Paris", zone_at=NOON - HOUR, language="fr", last_event_at=NOON)
    for person in (united(tokyo, paris), united(paris, tokyo)):
        assert (person.zone, person.language) == ("Asia/Tokyo", "fr")


def test_the_traits_of_both_are_kept_and_of_a_shared_one_the_newest() -> None:
    old, new = Trait("free", NOON - HOUR, SERVER.id), Trait("pro", NOON, SERVER.id)
    person = united(
        a_profile("p1", traits={"plan": old, "mail": Trait(MAILBOX, NOON, "web")}),
        a_profile("p2", traits={"plan": new, "city": old}),
    )
    assert set(person.traits) == {"plan", "mail", "city"}
    assert person.traits["plan"] == new
