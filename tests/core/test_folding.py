"""Events make a golden record, and the same one in whatever order and portions they come."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.applying import TRAITS_LIMIT
from kizuna.core.events import Event
from kizuna.core.folding import Folded, fold
from kizuna.core.identity.resolution import with_identities
from kizuna.core.people import Address, AddressStatus, Identity, Profile
from kizuna.core.seen import INLINE, LEFT_INLINE
from tests.support.builders import MAILBOX, NOON, SERVER, a_profile
from tests.support.folds import CATALOG, HOUR, PAGE, folded, identify, nobody_yet, order

# ── order and portions ──────────────────────────────────────────────────────────────────────────


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """What one person does within a day, with equal times, two sources and repeats."""
    events: list[Event] = []
    for number in range(draw(st.integers(1, 7))):
        hour = draw(st.integers(-5, 0))
        source = draw(st.sampled_from([SERVER, replace(SERVER, id="app")]))
        context: dict[str, Any] = draw(
            st.sampled_from([
                {}, {"timezone": "Asia/Tokyo", "locale": "ja"}, {"timezone": "Europe/Paris"}, {"gpc": True},
                {"device": {"token": "t1", "type": "ios"}}, {"device": {"token": "t1"}},
                {"device": {"token": "null"}},
            ])
        )  # fmt: skip
        if draw(st.booleans()):
            traits = draw(
                st.dictionaries(
                    st.sampled_from(["plan", "email", "phone", "country"]),
                    st.sampled_from(
                        [MAILBOX, "bob@example.com", "+819012345678", "pro", 5, None, {"a": [1]}]
                    ),
                    max_size=3,
                )
            )
            events.append(identify(number, hour=hour, source=source, context=context, **traits))
        else:
            name = draw(st.sampled_from(["Order Completed", "Product Viewed"]))
            total = draw(st.sampled_from([10, 9.99, 0.1, "x"]))
            events.append(
                order(
                    number, hour=hour, name=name, source=source, context=context, properties={"total": total}
                )
            )
    return events + draw(st.lists(st.sampled_from(events), max_size=3))


def portions(events: Sequence[Event], cuts: Sequence[int]) -> Iterator[Sequence[Event]]:
    """The events in consecutive portions, some of them empty."""
    edges = [0, *sorted(cut % (len(events) + 1) for cut in cuts), len(events)]
    for start, end in pairwise(edges):
        yield events[start:end]


def substance(profile: Profile) -> Profile:
    """A profile without what may differ: versions, and the order in which maps and marks were filled."""
    marks = tuple(sorted(profile.seen, key=lambda seen: seen.hash))
    return replace(profile, version=0, reach_version=0, evaluated="", seen=marks, due_at=None)


@settings(max_examples=200)
@given(histories(), st.lists(st.integers(0, 10), max_size=3), st.randoms(use_true_random=False))
def test_neither_the_order_of_arrival_nor_the_portions_leave_a_trace(
    events: list[Event], cuts: list[int], chance: random.Random
) -> None:
    at_once = folded(*events)
    profile = nobody_yet(*events)
    count = repeats = 0
    for portion in portions(chance.sample(events, len(events)), cuts):
        step = fold(profile, portion, CATALOG, now=NOON)
        profile, count, repeats = step.profile, count + len(step.counted), repeats + step.repeats
    assert substance(profile) == substance(at_once.profile)
    assert (count, repeats) == (len(at_once.counted), at_once.repeats)


@given(histories())
def test_what_was_counted_once_changes_nothing_more(events: list[Event]) -> None:
    once = folded(*events)
    again = fold(once.profile, events, CATALOG, now=NOON)
    assert again == Folded(once.profile, repeats=len(events))


def test_a_repeat_is_known_by_source_and_id_and_not_by_its_content() -> None:
    profile = folded(order(1)).profile
    assert folded(order(1, hour=1, properties={}), profile=profile).repeats == 1
    assert len(folded(order(1, source=PAGE), profile=profile).counted) == 1


def test_a_whole_batch_that_is_sent_again_is_known_however_large_it_was() -> None:
    many = [order(number) for number in range(3 * INLINE)]
    once = folded(*many)
    again = fold(once.profile, many, CATALOG, now=NOON, marks=once.mark_pages)
    assert (len(once.counted), again.repeats) == (len(many), len(many))


def test_repeats_are_known_for_two_days() -> None:
    late = NOON + timedelta(hours=49)
    first = folded(order(1)).profile
    moved_on = folded(order(2, at=late, received_at=late), profile=first, now=late).profile
    assert len(moved_on.seen) == 1


def test_an_event_that_waited_for_days_is_known_from_when_it_was_counted() -> None:
    """A queue may bring again, minutes later, what it had kept for long; others count in between."""
    waited = order(1, hour=-100)
    first = folded(waited).profile
    busy = folded(order(2), profile=first).profile
    assert folded(waited, profile=busy).repeats == 1


def test_a_hot_profile_carries_few_marks_and_lists_the_others() -> None:
    busy = folded(*(order(number) for number in range(INLINE + 50)))
    assert len(busy.profile.seen) == LEFT_INLINE
    assert [page.count for page in busy.profile.seen_pages] == [INLINE + 50 - LEFT_INLINE]
    assert set(busy.mark_pages) == set(busy.profile.seen_pages)


# ── traits, addresses, context ──────────────────────────────────────────────────────────────────


def test_the_newest_value_of_a_trait_stays_and_says_where_it_is_from() -> None:
    profile = folded(identify(1, hour=-1, plan="free", city="Kobe"), identify(2, plan="pro")).profile
    assert (profile.trait("plan"), profile.trait("city")) == ("pro", "Kobe")
    assert (profile.traits["plan"].at, profile.traits["plan"].source) == (NOON, SERVER.id)
    assert folded(identify(3, hour=-1, plan="old"), profile=profile).profile.trait("plan") == "pro"


def test_two_values_of_one_millisecond_give_the_same_trait_whichever_is_stored_first() -> None:
    """What is stored has whole milliseconds, so finer ones must not decide while they are still in memory."""
    early, late = (
        replace(identify(number, plan=plan), at=NOON + timedelta(microseconds=number * 100))
        for number, plan in ((1, "z"), (9, "a"))
    )
    for first, second in ((early, late), (late, early)):
        step = folded(second, profile=folded(first).profile).profile
        assert step.traits == folded(early, late).profile.traits
        assert step.traits["plan"].at == NOON


def test_a_profile_holds_a_bounded_number_of_traits_and_says_which_it_refused() -> None:
    full = folded(identify(1, **{f"t{number}": number for number in range(TRAITS_LIMIT)})).profile
    more = folded(identify(2, hour=1, t0="changed", one_more=1), profile=full)
    assert (more.profile.trait("t0"), more.profile.trait("one_more")) == ("changed", None)
    assert [(found.cause, found.path) for found in more.violations] == [
        ("too_many_traits", "traits.one_more")
    ]


def test_a_told_address_becomes_one_that_channels_use() -> None:
    profile = folded(identify(email="Ann@Example.com", phone="090-1234-5678", country="jp")).profile
    assert set(profile.addresses) == {("email", MAILBOX), ("sms", "+819012345678")}
    assert profile.addresses_on("email")[0].at == NOON


def test_an_unusable_address_stays_a_trait_and_is_reported() -> None:
    found = folded(identify(email="ann@", phone="12"))
    assert found.profile.addresses == {}
    assert found.profile.trait("email") == "ann@"
    assert {(one.cause, one.path) for one in found.violations} == {
        ("invalid_email", "traits.email"), ("invalid_phone", "traits.phone"),
    }  # fmt: skip


def test_a_page_changes_no_address_that_was_not_attached_to_the_person() -> None:
    known = a_profile(aggregates=nobody_yet().aggregates)
    found = folded(identify(email="thief@example.com", plan="x", source=PAGE), profile=known)
    assert set(found.profile.addresses) == {("email", MAILBOX)}
    assert found.profile.trait("email") is None
    assert found.profile.trait("plan") == "x"
    assert [one.cause for one in found.violations] == ["identity_token_required"]
    theirs = with_identities(known, (Identity("email", MAILBOX),))
    assert folded(identify(email=MAILBOX, source=PAGE), profile=theirs).violations == ()


def test_an_address_told_again_is_newer_and_keeps_its_fate() -> None:
    dead = Address("email", MAILBOX, NOON - HOUR, status=AddressStatus.HARD_BOUNCED)
    profile = a_profile(addresses={dead.key: dead}, aggregates=nobody_yet().aggregates)
    (again,) = folded(identify(email=MAILBOX), profile=profile).profile.addresses.values()
    assert (again.at, again.status) == (NOON, AddressStatus.HARD_BOUNCED)


@pytest.mark.parametrize("token", ["", "null", "0000", " ", None, 5.5, {"a": 1}])
def test_a_token_that_names_no_device_is_no_address(token: Any) -> None:
    assert folded(order(context={"device": {"token": token}})).profile.addresses == {}


def test_zone_and_language_are_those_seen_last_even_if_other_events_are_newer() -> None:
    profile = folded(order(1)).profile
    late = order(2, hour=-3, context={"timezone": "Asia/Tokyo", "locale": "ja"})
    profile = folded(late, profile=profile).profile
    assert (profile.zone, profile.language) == ("Asia/Tokyo", "ja")
    profile = folded(order(3, hour=-4, context={"timezone": "Europe/Paris"}), profile=profile).profile
    assert profile.zone == "Asia/Tokyo"
    assert (
        folded(order(4, context={"timezone": "Europe/Paris"}), profile=profile).profile.zone == "Europe/Paris"
    )
