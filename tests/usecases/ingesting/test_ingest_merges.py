"""When profiles turn out to be one person, and when they must not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import fold, permission
from kizuna.core.events import ConsentProof, Event, Source, SourceKind
from kizuna.core.ids import address_id
from kizuna.core.people import Profile
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import MAILBOX, NOON, SERVER, a_catalog, an_event, some_documents
from tests.support.customers import CATALOG, a_house, identify, order, orders_of
from tests.support.folds import HOUR
from tests.support.house import House

SHOP = replace(SERVER, consent_proof=ConsentProof("v2", "form"))


def says(
    status: str, *, number: int, hours_ago: int, user: str | None = None, anonymous: str | None = None
) -> Event:
    subscription = {"type": "email", "key": MAILBOX, "status": status}
    at = NOON - hours_ago * HOUR
    event = identify(number, user=user, anonymous=anonymous, email=MAILBOX, source=SHOP)
    return replace(event, at=at, received_at=at, context={"messaging_subscriptions": [subscription]})


# ── a shared device ─────────────────────────────────────────────────────────────────────────────


def test_two_who_sign_in_on_one_tablet_stay_two() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="tablet"))
    house.ingest(identify(10, user="mum", anonymous="tablet"), order(2, user="mum", anonymous="tablet"))
    house.ingest(identify(11, user="dad", anonymous="tablet"), order(3, user="dad", anonymous="tablet"))
    house.ingest(order(4, user=None, anonymous="tablet"))
    mum, dad = house.person("user_id", "mum"), house.person("user_id", "dad")
    assert house.person("anonymous_id", "tablet") is mum
    assert (orders_of(mum), orders_of(dad)) == (3, 1)
    assert len(house.living()) == 2


TABLET = [
    *(order(number, user=user, anonymous="tablet") for number, user in enumerate(["mum", "dad", "mum", "dad", None])),
    *(identify(10 + n, user=user, anonymous="tablet", email=MAILBOX) for n, user in enumerate(["mum", "dad"])),
    *(order(20 + n, user=user, anonymous=f"phone-{user}") for n, user in enumerate(["mum", "dad"])),
]  # fmt: skip


@settings(max_examples=60)
@given(st.permutations(TABLET), st.randoms(use_true_random=False))
def test_a_family_is_never_fused_in_whatever_order_its_events_come(
    events: list[Event], chance: random.Random
) -> None:
    """Who owns the tablet depends on the order of receipt; whose signed-in orders are whose does not."""
    house = a_house()
    while events:
        portion = chance.randint(1, len(events))
        reports = house.ingest(*events[:portion]).violations
        assert {one.cause for one in reports} <= {"identifier_demoted"}
        events = events[portion:]
    mum, dad = house.person("user_id", "mum"), house.person("user_id", "dad")
    assert mum.id != dad.id
    assert house.person("anonymous_id", "phone-mum") is mum
    assert house.person("anonymous_id", "phone-dad") is dad
    assert orders_of(mum) + orders_of(dad) == 7
    assert min(orders_of(mum), orders_of(dad)) == 3
    for person in (mum, dad):
        assert sum(kind == "user_id" for kind, _ in person.identities) == 1


# ── a merge ─────────────────────────────────────────────────────────────────────────────────────


def merged_house() -> tuple[House, str, str]:
    """A visitor with two orders and a customer with one, and then it turns out that they are one."""
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"), order(2, user=None, anonymous="a1"))
    house.ingest(order(3, user="u1"))
    visitor, customer = house.person("anonymous_id", "a1").id, house.person("user_id", "u1").id
    house.settle()
    assert house.ingest(identify(user="u1", anonymous="a1")).merged == 1
    return house, visitor, customer


def test_a_merge_keeps_everything_of_both() -> None:
    house, visitor, customer = merged_house()
    person = house.person("anonymous_id", "a1")
    assert person is house.person("user_id", "u1")
    assert (person.id, person.parts) == (customer, (customer, visitor))
    assert orders_of(person) == 3
    assert [entry.event.id for entry in house.people.timeline(person.parts)] == [
        "event-3",
        "event-100",
        "event-2",
        "event-1",
    ]
    gone = house.people.get(visitor)
    assert (gone.merged_into, gone.segments) == (customer, frozenset())


def test_a_repeat_of_either_side_is_known_after_the_merge() -> None:
    house, _, _ = merged_house()
    done = house.ingest(order(1, user=None, anonymous="a1"), order(3, user="u1"), order(2, user="u1"))
    assert (done.counted, done.repeats) == (0, 3)


def test_what_the_merge_alone_leads_into_is_neither_announced_nor_written_about() -> None:
    house, visitor, customer = merged_house()
    assert "loyal" in house.people.get(customer).segments
    facts = house.people.writes[-1].facts
    assert [(fact.kind, fact.name) for fact in facts] == [("merged", visitor)]
    house.settle()
    assert house.states() == {}
    assert house.people.memberships["loyal"] == {customer}
    assert visitor not in house.people.memberships["buyers"]


def test_what_a_live_event_leads_into_after_the_merge_is() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"))
    house.ingest(order(2, user="u1"))
    house.settle()
    house.ingest(order(3, user="u1", anonymous="a1"))
    house.settle()
    assert [(fact.kind, fact.name) for fact in house.people.writes[-1].facts] == [
        ("event", "Order Completed"),  # the goal of a campaign
        ("entered", "loyal"),
        ("merged", house.person("user_id", "u1").parts[1]),
    ]
    assert house.states() == {"no_address": 1}


def test_an_event_by_an_old_profile_id_finds_the_person_it_lives_on_in() -> None:
    house, visitor, customer = merged_house()
    report = an_event(
        "Email Opened", number=50, user_id=None, profile_id=visitor, source=Source("p", SourceKind.PROVIDER)
    )
    assert house.ingest(report).counted == 1
    assert len(house.people.events[customer]) == 3
    house.ingest(order(60, user=None, anonymous="a9"))
    last = house.person("anonymous_id", "a9").id
    both = house.ingest(
        identify(61, user="u1", anonymous="a9"), replace(report, id="event-62", profile_id=last)
    )
    assert (both.merged, both.counted, both.violations) == (1, 2, ())


def test_three_profiles_become_one_at_once() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"))
    house.ingest(identify(2, user=None, anonymous="a2", email=MAILBOX))
    house.ingest(order(3, user="u1"))
    done = house.ingest(identify(4, user="u1", anonymous="a1", email=MAILBOX))
    assert (done.merged, len(house.living())) == (2, 1)
    assert orders_of(house.person("email", MAILBOX)) == 2


def test_somebody_new_may_absorb_somebody_known() -> None:
    """The customer first appears in the same batch that ties them to a visitor we know."""
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"), order(2, user=None, anonymous="a1"))
    done = house.ingest(order(3, user="u1"), identify(user="u1", anonymous="a1"))
    person = house.person("user_id", "u1")
    assert (done.created, done.merged, orders_of(person)) == (1, 1, 3)
    assert house.person("anonymous_id", "a1") is person
    assert len(house.living()) == 1


@pytest.mark.parametrize("visitor_knew", [True, False])
def test_a_side_that_never_heard_of_a_question_is_counted_from_its_timeline(visitor_knew: bool) -> None:
    house = House(a_catalog(some_documents()))
    early, late = (("a1", None), (None, "u1")) if visitor_knew else ((None, "u1"), ("a1", None))
    house.ingest(order(1, anonymous=early[0], user=early[1]), order(2, anonymous=early[0], user=early[1]))
    house.catalog = CATALOG
    house.ingest(order(3, anonymous=late[0], user=late[1]))
    house.ingest(identify(user="u1", anonymous="a1"))
    person = house.person("user_id", "u1")
    assert orders_of(person) == 3
    assert "loyal" in person.segments


def test_nobody_changes_arm_by_a_merge() -> None:
    house, visitor, customer = merged_house()
    older = min((house.people.get(visitor), house.people.get(customer)), key=lambda side: side.created_at)
    assert house.person("user_id", "u1").bucket_id == older.bucket_id


# ── consent ─────────────────────────────────────────────────────────────────────────────────────


def may_be_written_to(house: House, person: Profile) -> bool:
    policy, now = ConsentPolicy(), NOON + timedelta(hours=5)
    found = permission(
        fold(house.ledger.events(person.parts), now=now, policy=policy), channel="email", topic="news",
        endpoint=address_id("email", MAILBOX), country="JP", now=now, policy=policy,
    )  # fmt: skip
    return bool(found.valid) and not found.channel_opt_outs


@pytest.mark.parametrize(
    ("visitor", "customer"), [("SUBSCRIBED", "UNSUBSCRIBED"), ("UNSUBSCRIBED", "SUBSCRIBED")]
)
@pytest.mark.parametrize("visitor_first", [True, False])
def test_whoever_refused_and_whenever_the_person_has_refused(
    visitor: str, customer: str, visitor_first: bool
) -> None:
    house = a_house()
    hours = (9, 8) if visitor_first else (8, 9)
    anonymous = replace(
        says(visitor, number=1, hours_ago=hours[0], anonymous="a1"), source=replace(SHOP, id="app")
    )
    known = says(customer, number=2, hours_ago=hours[1], user="u1")
    house.ingest(replace(anonymous, traits={}))
    house.ingest(known)
    before = [may_be_written_to(house, person) for person in house.living()]
    house.ingest(identify(user="u1", anonymous="a1"))
    person = house.person("user_id", "u1")
    assert len(house.living()) == 1
    assert any(before) is (customer == "SUBSCRIBED")
    assert not may_be_written_to(house, person)
    assert person.ledger_length == len(house.people.consents[person.id])
    later = replace(
        says("SUBSCRIBED", number=5, hours_ago=-1, user="u1"), source=replace(SHOP, id="new-form")
    )
    house.ingest(later, now=NOON + HOUR)
    assert may_be_written_to(house, house.person("user_id", "u1"))


def test_a_merge_makes_every_decision_made_before_it_out_of_date() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"))
    house.ingest(order(2, user="u1"))
    before = house.person("user_id", "u1").reach_version
    visitor = house.person("anonymous_id", "a1")
    house.ingest(identify(user="u1", anonymous="a1"))
    assert house.person("user_id", "u1").reach_version == before + 1
    assert house.people.get(visitor.id).reach_version == visitor.reach_version + 1
