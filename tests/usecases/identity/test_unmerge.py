"""Two people who were taken for one are two again, each with what is their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.errors import NotFound
from kizuna.core.people import AddressStatus, Profile
from kizuna.usecases.identity.unmerge import CannotMerge, CannotUnmerge, merge_by_hand, undo_merge
from tests.support.builders import MAILBOX, NOON, a_catalog, some_documents
from tests.support.customers import CATALOG, SEGMENTS, TRIGGERED, a_house, identify, order, orders_of
from tests.support.house import House
from tests.support.unmerging import LATER, part, registry, rows, the_merge, two_people, unite


def both(house: House) -> tuple[Profile, Profile]:
    return house.person("user_id", "u1"), house.person("anonymous_id", "a1")


def united_house() -> House:
    house = a_house()
    two_people(house)
    unite(house)
    return house


def substance(profile: Profile) -> Profile:
    """What is known of a person, without what counts writes and without what an undone merge leaves behind."""
    return replace(
        profile, version=0, reach_version=0, updated_at=NOON, apart=(), evaluated="", due_at=None,
        ledger_head="", ledger_length=0,
    )  # fmt: skip


def test_both_are_who_they_were_before_and_each_has_the_events_of_its_own_identifiers() -> None:
    house = a_house()
    two_people(house)
    before = [substance(side) for side in both(house)]
    unite(house, plan="pro")
    house.ingest(
        order(11, user=None, anonymous="a1"), order(12, user="u1"), order(13, user=None, anonymous="a1")
    )
    house.settle()
    assert [orders_of(side) for side in both(house)] == [6, 6]
    part(house)
    customer, visitor = both(house)
    assert (customer.id, visitor.id) == (before[0].id, before[1].id)
    assert [orders_of(side) for side in (customer, visitor)] == [2, 4]
    assert (customer.trait("plan"), visitor.trait("plan")) == ("pro", None)
    assert rows(house) == {
        customer.id: {"event-3", "event-100", "event-12"},
        visitor.id: {"event-1", "event-2", "event-11", "event-13"},
    }
    for side, was in zip((customer, visitor), before, strict=True):
        assert (side.parts, side.bucket_id, side.created_at) == (was.parts, was.bucket_id, was.created_at)
        assert side.identities == was.identities


def test_with_nothing_since_but_the_event_that_united_them_everything_is_as_it_was() -> None:
    house = a_house()
    two_people(house)
    customer, visitor = (substance(side) for side in both(house))
    unite(house)
    part(house)
    assert substance(both(house)[1]) == visitor
    got = substance(both(house)[0])
    assert replace(got, seen=customer.seen, last_event_at=customer.last_event_at) == customer


def test_neither_a_message_nor_a_segment_is_announced_but_the_parting_is() -> None:
    house = House(a_catalog({**DOCUMENTS, ("policy", "policy"): {"id": "policy", "publish": PUBLISHED}}))
    two_people(house)
    unite(house)
    customer, visitor = house.person("user_id", "u1").parts
    assert "loyal" in house.people.get(customer).segments
    heard = len(house.bus.published)
    part(house)
    assert [(name, detail["person"], detail["restored"]) for name, detail in house.bus.published[heard:]] == [
        ("ProfileUnmerged", customer, visitor)
    ]
    assert house.states() == {}
    assert house.people.memberships["loyal"] == set()
    assert house.people.memberships["buyers"] == {customer, visitor}
    assert house.people.memberships["everyone"] == {customer, visitor}


DOCUMENTS: dict[tuple[str, str], Any] = {
    **some_documents(TRIGGERED),
    **{("segment", name): each for name, each in SEGMENTS.items()},
}
PUBLISHED = ["SegmentEntered", "SegmentExited", "ConsentChanged", "ProfileMerged", "ProfileUnmerged"]


def test_undoing_twice_changes_nothing_more() -> None:
    house = united_house()
    record = the_merge(house)
    first = undo_merge(record.id, registry(house), house.catalog, now=LATER)
    stored = dict(house.people.stored)
    again = undo_merge(record.id, registry(house), house.catalog, now=LATER + timedelta(hours=1))
    assert (first.again, again.again) == (False, True)
    assert again.record.undone_at == LATER
    assert house.people.stored == stored


def test_what_united_them_unites_them_no_more_but_somebody_who_says_so_does() -> None:
    house = united_house()
    part(house)
    unite(house, number=101)
    house.ingest(order(20, user="u1", anonymous="a1"), order(21, user=None, anonymous="a1"))
    customer, visitor = both(house)
    assert customer.id != visitor.id
    assert [orders_of(side) for side in (customer, visitor)] == [2, 3]
    record = merge_by_hand(
        customer.id, visitor.id, registry(house), house.catalog, reason="the customer told us", now=LATER
    )
    assert (record.rule, record.reason) == ("by_hand", "the customer told us")
    customer, visitor = both(house)
    assert customer is visitor
    assert (orders_of(customer), customer.apart) == (5, ())
    house.settle()
    part(house)
    assert [orders_of(side) for side in both(house)] == [2, 3]


def test_two_user_ids_are_not_united_by_hand_either() -> None:
    house = a_house()
    house.ingest(order(1, user="u1"), order(2, user="u2"))
    one, other = house.person("user_id", "u1"), house.person("user_id", "u2")
    on = registry(house)
    with pytest.raises(CannotMerge, match="more of user_id than one person may"):
        merge_by_hand(one.id, other.id, on, house.catalog, reason="twins", now=LATER)
    with pytest.raises(CannotMerge, match="one person already"):
        merge_by_hand(one.id, one.id, on, house.catalog, reason="twins", now=LATER)
    with pytest.raises(CannotMerge, match="needs a reason"):
        merge_by_hand(one.id, other.id, on, house.catalog, reason=" ", now=LATER)
    with pytest.raises(NotFound):
        merge_by_hand(one.id, "nobody", on, house.catalog, reason="twins", now=LATER)


def test_of_several_merges_the_newest_is_undone_first() -> None:
    house = united_house()
    house.ingest(order(5, user=None, anonymous="a2"))
    first = the_merge(house)
    house.ingest(identify(102, user="u1", anonymous="a2"), now=NOON + timedelta(hours=1))
    second = the_merge(house)
    with pytest.raises(CannotUnmerge, match=f"undo {second.id} first"):
        undo_merge(first.id, registry(house), house.catalog, now=LATER)
    part(house)
    assert orders_of(house.person("anonymous_id", "a2")) == 1
    assert orders_of(house.person("user_id", "u1")) == 3
    part(house, now=LATER + timedelta(hours=1))
    assert [orders_of(side) for side in both(house)] == [1, 2]


def test_who_was_merged_away_since_comes_back_first() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"), order(2, user=None, anonymous="a2"))
    house.ingest(identify(3, user=None, anonymous="a1", email=MAILBOX))
    house.ingest(identify(4, user=None, anonymous="a2", email=MAILBOX))
    first = the_merge(house, "email", MAILBOX)
    house.ingest(order(5, user="u1"))
    house.ingest(identify(6, user="u1", anonymous="a1"), now=NOON + timedelta(hours=1))
    second = the_merge(house)
    assert second.primary != first.primary
    with pytest.raises(CannotUnmerge, match=f"was merged away since; undo {second.id} first"):
        undo_merge(first.id, registry(house), house.catalog, now=LATER)
    absorbed_before = first.absorbed[0].id
    part(house)
    assert house.people.profiles([absorbed_before])[absorbed_before].id == first.primary
    part(house, kind="email", value=MAILBOX)
    assert len(house.living()) == 3
    assert {orders_of(each) for each in house.living()} == {1}


def test_a_merge_is_kept_for_ninety_days() -> None:
    house = united_house()
    record = the_merge(house)
    with pytest.raises(CannotUnmerge, match="older than 90 days"):
        undo_merge(record.id, registry(house), house.catalog, now=record.ends_at)
    with pytest.raises(NotFound, match="kept for 90 days"):
        undo_merge("p1.nothing", registry(house), house.catalog, now=LATER)


def test_the_log_says_which_event_united_whom_by_which_identifiers() -> None:
    house = united_house()
    (evidence,) = the_merge(house).evidence
    assert (evidence.source, evidence.event) == ("shop-backend", "event-100")
    assert evidence.identifiers == (("user_id", "u1"), ("anonymous_id", "a1"))


def test_somebody_who_was_created_by_the_merge_itself_lives_on_with_their_own_events() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"), order(2, user=None, anonymous="a1"))
    house.ingest(order(3, user="u1"), identify(user="u1", anonymous="a1"))
    assert the_merge(house).before.version == 0
    part(house)
    assert [orders_of(side) for side in both(house)] == [1, 2]
    assert both(house)[0].identities.keys() == {("user_id", "u1")}


# ── what was learnt since ───────────────────────────────────────────────────────────────────────


def test_an_identifier_and_an_address_learnt_since_go_with_the_event_that_told_them() -> None:
    house = united_house()
    house.ingest(identify(110, user=None, anonymous="a1", email="visitor@example.com"))
    house.ingest(identify(111, user="u1", email="customer@example.com", anonymous="a3"))
    part(house)
    customer, visitor = both(house)
    assert house.person("email", "visitor@example.com") is visitor
    assert house.person("email", "customer@example.com") is customer
    assert house.person("anonymous_id", "a3") is customer
    (mailbox,) = visitor.addresses_on("email")
    assert mailbox.value == "visitor@example.com"
    assert list(house.people.holders(mailbox.id)) == [visitor.id]


def test_a_mailbox_that_died_since_is_dead_for_both_who_have_it() -> None:
    house = a_house()
    two_people(house)
    unite(house)
    house.ingest(identify(110, user=None, anonymous="a1", email=MAILBOX))
    person = house.person("user_id", "u1")
    (mailbox,) = person.addresses_on("email")
    dead = replace(mailbox, status=AddressStatus.HARD_BOUNCED, status_at=LATER)
    house.change_person(person.id, addresses={dead.key: dead})
    part(house)
    (mine,) = both(house)[1].addresses_on("email")
    assert (mine.status, both(house)[0].addresses) == (AddressStatus.HARD_BOUNCED, {})


def test_a_new_question_is_counted_from_the_events_of_each_side_alone() -> None:
    house = House(a_catalog(some_documents()))
    two_people(house)
    unite(house)
    house.ingest(order(11, user=None, anonymous="a1"), order(12, user="u1"))
    part(house)
    house.catalog = CATALOG
    house.ingest(order(13, user="u1"), order(14, user=None, anonymous="a1"))
    assert [orders_of(side) for side in both(house)] == [3, 4]


def test_a_repeat_of_what_came_since_counts_for_nobody_again() -> None:
    house = united_house()
    since = (order(11, user=None, anonymous="a1"), order(12, user="u1"))
    house.ingest(*since)
    part(house)
    done = house.ingest(*since, identify(user="u1", anonymous="a1"), order(1, user=None, anonymous="a1"))
    assert (done.counted, done.repeats) == (0, 4)
    assert [orders_of(side) for side in both(house)] == [2, 3]


def test_an_identifier_that_is_somebody_elses_by_now_stays_theirs() -> None:
    house = united_house()
    person = house.person("user_id", "u1")
    kept = {key: held for key, held in person.identities.items() if key != ("anonymous_id", "a1")}
    house.change_person(person.id, identities=kept)
    house.people.identities["anonymous_id", "a1"] = "p9"
    part(house)
    assert all(("anonymous_id", "a1") not in side.identities for side in house.living())
    assert house.people.identities["anonymous_id", "a1"] == "p9"


def test_an_identifier_that_was_given_up_and_learnt_anew_leads_to_its_side_again() -> None:
    house = united_house()
    person = house.person("user_id", "u1")
    house.people.identities["anonymous_id", "a1"] = person.id
    part(house)
    customer, visitor = both(house)
    assert customer.id != visitor.id
    assert house.people.identities["anonymous_id", "a1"] == visitor.id
