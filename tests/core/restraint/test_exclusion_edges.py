"""Products that were given up: of several rules, at one moment, at the bounds of what is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from kizuna.core.durations import Duration
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.restraint.exclusions import (
    MOST,
    Exclusion,
    Exclusions,
    ProductEvent,
    ProductExclusion,
    ends_at,
    standing,
    united,
    with_events,
)
from tests.support.builders import NOON, an_event

DAY = timedelta(days=1)
STARTED = ProductEvent(event="Started")
CANCELLED = ProductExclusion(
    id="cancelled", event="Cancelled", lasts=Duration.parse("30d"), lifted_by=(STARTED,)
)
REFUNDED = ProductExclusion(id="refunded", event="Refunded")
RULES = (CANCELLED, REFUNDED)


def told(name: str, product: Any = "tea", at: datetime = NOON, **more: Any) -> Event:
    return an_event(name, at=at, properties={"product_id": product, **more})


def held(*events: Event) -> Exclusions:
    return with_events({}, events, RULES)


def newest(exclusions: Iterable[tuple[str, Exclusion]], *, now: datetime = NOON + 10 * DAY) -> str:
    return standing(dict(exclusions), RULES, now=now)["tea"].rule


@pytest.mark.parametrize(
    ("cancelled", "refunded", "expected"),
    [
        (NOON, NOON + DAY, "refunded"),
        (NOON + DAY, NOON, "cancelled"),
        (NOON, NOON, "refunded"),  # of one moment the rule whose name comes last
    ],
)
def test_of_several_rules_the_newest_is_told_in_whatever_order_they_are_kept(
    cancelled: datetime, refunded: datetime, expected: str
) -> None:
    kept = {
        "cancelled/tea": Exclusion("cancelled", cancelled),
        "refunded/tea": Exclusion("refunded", refunded),
    }
    assert {newest(order) for order in permutations(kept.items())} == {expected}


def test_an_exclusion_that_has_ended_hides_none_that_stands() -> None:
    found = held(told("Refunded", at=NOON), told("Cancelled", at=NOON + DAY))
    assert newest(found.items()) == "cancelled"
    assert newest(found.items(), now=NOON + 31 * DAY) == "refunded"
    taken_up = with_events(found, [told("Started", at=NOON + 2 * DAY)], RULES)
    assert newest(taken_up.items()) == "refunded"


def test_what_was_only_taken_up_is_remembered_without_a_reason() -> None:
    assert held(told("Started")) == {"cancelled/tea": Exclusion("cancelled", lifted_at=NOON)}
    assert held(told("Started"), told("Cancelled", at=NOON - DAY, reason="dear")) == {
        "cancelled/tea": Exclusion("cancelled", NOON - DAY, "dear", NOON)
    }


def test_the_reason_is_that_of_the_last_time_and_of_one_moment_the_same_whatever_the_order() -> None:
    first, last = told("Cancelled", reason="dear"), told("Cancelled", at=NOON + DAY, reason="late")
    twin = told("Cancelled", reason="bitter")
    for events in permutations((first, last, twin)):
        assert held(*events)["cancelled/tea"].reason == "late"
    assert held(first, twin)["cancelled/tea"].reason == held(twin, first)["cancelled/tea"].reason == "dear"
    assert held(last, told("Cancelled", at=NOON + 2 * DAY))["cancelled/tea"].reason == ""


def test_an_exclusion_of_a_rule_that_is_gone_or_was_never_given_up_has_no_end() -> None:
    given_up = Exclusion("cancelled", NOON)
    assert ends_at(given_up, RULES) == NOON + 30 * DAY
    assert ends_at(given_up, (REFUNDED,)) is None
    assert ends_at(given_up, ()) is None
    assert ends_at(Exclusion("cancelled", lifted_at=NOON), RULES) is None


def test_events_of_other_kinds_are_passed_over_and_what_follows_them_is_read() -> None:
    page = an_event("Cancelled", type="page", properties={"product_id": "cup"})
    assert list(held(page, told("Cancelled"), page)) == ["cancelled/tea"]


@pytest.mark.parametrize(("length", "is_one"), [(1, True), (100, True), (101, False)])
def test_an_id_of_a_product_has_at_most_a_hundred_characters(length: int, is_one: bool) -> None:
    assert bool(held(told("Cancelled", "x" * length))) is is_one


# ── the bounds of what is remembered ────────────────────────────────────────────────────────────


def many(numbers: range, *, at: datetime = NOON) -> list[Event]:
    return [told("Cancelled", f"p{number:03}", at=at) for number in numbers]


def test_of_more_than_a_hundred_products_of_one_moment_the_same_are_kept_whatever_the_order() -> None:
    events = many(range(MOST + 5))
    kept = held(*events)
    assert kept == held(*reversed(events))
    assert sorted(kept) == [f"cancelled/p{number:03}" for number in range(5, MOST + 5)]


def test_two_records_united_remember_no_more_than_one_does_and_the_newest() -> None:
    old, new = held(*many(range(60))), held(*many(range(60, 120), at=NOON + DAY))
    together = united(old, new)
    assert together == united(new, old)
    assert len(together) == MOST
    assert set(new) <= set(together)
    assert united(old, old) == old


def test_a_hundred_products_are_all_remembered() -> None:
    whole = held(*many(range(MOST)))
    assert len(whole) == MOST
    assert united(whole, {}) == united({}, whole) == united(whole, whole) == whole


def claimed(event: Event) -> bool:
    return event.source.kind is SourceKind.CLIENT


def by_a_page(event: Event) -> Event:
    return replace(event, source=Source("web", SourceKind.CLIENT))


def test_a_page_may_exclude_a_product_and_brings_none_back() -> None:
    rules = [CANCELLED]
    gone = with_events({}, [told("Cancelled")], rules, is_claimed=claimed)
    lifted = by_a_page(replace(told("Started"), at=NOON + DAY))

    assert with_events(gone, [lifted], rules, is_claimed=claimed) == gone
    page = with_events({}, [by_a_page(told("Cancelled"))], rules, is_claimed=claimed)
    assert page == {"cancelled/tea": replace(gone["cancelled/tea"], vouched=False)}
    assert with_events(page, [told("Cancelled")], rules, is_claimed=claimed) == gone


def test_a_page_cannot_push_out_what_a_back_end_told() -> None:
    gone = with_events({}, [told("Cancelled")], [CANCELLED], is_claimed=claimed)
    flood = [
        by_a_page(replace(told("Cancelled"), at=NOON + DAY, properties={"product_id": f"p{number}"}))
        for number in range(3 * MOST)
    ]
    after = with_events(gone, flood, [CANCELLED], is_claimed=claimed)

    assert len(after) == MOST
    assert after["cancelled/tea"] == gone["cancelled/tea"]
    assert united(after, gone)["cancelled/tea"] == gone["cancelled/tea"]
