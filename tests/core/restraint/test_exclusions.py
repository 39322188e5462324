"""Products that somebody gave up, and whatever the order in which we hear of it, when they are promoted again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.events import Event
from kizuna.core.restraint.exclusions import (
    MOST,
    Exclusion,
    Exclusions,
    ProductExclusion,
    ends_at,
    product_of,
    standing,
    united,
    with_events,
)
from tests.support.builders import NOON, an_event

DAY = timedelta(days=1)
RULE = ProductExclusion.model_validate(
    {
        "id": "cancelled",
        "event": "Subscription Cancelled",
        "lasts": "30d",
        "lifted_by": [
            {"event": "Subscription Started"},
            {"event": "Order Completed", "product": "products.product_id"},
        ],
    }
)
REFUNDS = ProductExclusion(id="refunded", event="Order Refunded", product="products.product_id")
RULES = (RULE, REFUNDS)


def told(name: str, at: datetime = NOON, **properties: Any) -> Event:
    return an_event(name, at=at, properties=properties)


def cancelled(product: Any = "tea", at: datetime = NOON, **more: Any) -> Event:
    return told("Subscription Cancelled", at, product_id=product, **more)


def started(product: Any = "tea", at: datetime = NOON) -> Event:
    return told("Subscription Started", at, product_id=product)


def excluded(*events: Event, at: datetime = NOON + DAY) -> list[str]:
    return sorted(standing(with_events({}, events, RULES), RULES, now=at))


def test_what_was_cancelled_is_excluded_and_nothing_else_is() -> None:
    assert excluded(cancelled()) == ["tea"]
    assert excluded(told("Order Completed", products=[{"product_id": "tea"}])) == []
    assert excluded(an_event("", type="identify", traits={"product_id": "tea"})) == []


def test_the_reason_is_kept_for_staff_and_only_as_a_short_text() -> None:
    held = with_events({}, [cancelled(reason="too expensive")], RULES)
    assert standing(held, RULES, now=NOON)["tea"].reason == "too expensive"
    assert standing(with_events({}, [cancelled(reason={"a": 1})], RULES), RULES, now=NOON)["tea"].reason == ""
    long = with_events({}, [cancelled(reason="x" * 500)], RULES)
    assert len(standing(long, RULES, now=NOON)["tea"].reason) == 64


def test_an_exclusion_ends_with_its_time_and_without_one_it_lasts() -> None:
    refund = told("Order Refunded", products=[{"product_id": "cup"}, {"product_id": "pot"}])
    events = (cancelled(), refund)
    assert excluded(*events, at=NOON + 30 * DAY - timedelta(milliseconds=1)) == ["cup", "pot", "tea"]
    assert excluded(*events, at=NOON + 30 * DAY) == ["cup", "pot"]
    held = with_events({}, events, RULES)
    assert ends_at(held["cancelled/tea"], RULES) == NOON + 30 * DAY
    assert ends_at(held["refunded/cup"], RULES) is None


def test_taking_a_product_up_again_lifts_its_exclusion_and_no_other() -> None:
    events = (cancelled(), cancelled("cup"), started(at=NOON + timedelta(seconds=1)))
    assert excluded(*events) == ["cup"]
    assert excluded(cancelled(at=NOON), started(at=NOON - DAY)) == ["tea"]


def test_of_giving_up_and_taking_up_at_one_moment_giving_up_counts() -> None:
    assert excluded(started(), cancelled()) == excluded(cancelled(), started()) == ["tea"]


def test_of_a_rule_that_is_gone_nothing_is_left() -> None:
    held = with_events({}, [cancelled()], RULES)
    assert standing(held, (REFUNDS,), now=NOON) == {}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (7, ["7"]),
        (["tea", "cup", "tea"], ["cup", "tea"]),
        (True, []),
        (None, []),
        ("", []),
        ({"id": "tea"}, []),
        ("x" * 101, []),
        (1.5, []),
    ],
)
def test_a_product_is_told_by_one_id_or_by_a_list_of_them(given: Any, found: list[str]) -> None:
    assert excluded(cancelled(given)) == found


def test_a_profile_remembers_the_newest_hundred() -> None:
    events = [cancelled(f"p{number}", NOON + timedelta(seconds=number)) for number in range(MOST + 5)]
    held = with_events({}, events, RULES)
    assert len(held) == MOST
    assert "cancelled/p4" not in held
    assert product_of("cancelled/a/b") == "a/b"


WORDS = st.lists(
    st.builds(
        lambda make, product, hours: make(product, NOON + timedelta(hours=hours)),
        st.sampled_from([cancelled, started]),
        st.sampled_from(["tea", "cup", "pot"]),
        st.integers(0, 24 * 40),
    ),
    max_size=12,
)


def plainly(events: list[Event], now: datetime) -> list[str]:
    """By the last word on each product."""
    found = []
    for product in ("tea", "cup", "pot"):
        about = [event for event in events if event.properties["product_id"] == product]
        gone = max((event.at for event in about if event.name == "Subscription Cancelled"), default=None)
        back = max((event.at for event in about if event.name == "Subscription Started"), default=None)
        if gone and (back is None or back <= gone) and now < gone + 30 * DAY:
            found.append(product)
    return sorted(found)


@settings(max_examples=200)
@given(WORDS, st.randoms(use_true_random=False), st.integers(0, 12), st.integers(0, 24 * 90))
def test_order_repeats_and_merges_change_nothing(
    events: list[Event], random: Any, cut: int, hours: int
) -> None:
    now = NOON + timedelta(hours=hours)
    shuffled = [*events, *events[:3]]
    random.shuffle(shuffled)
    one, other = with_events({}, shuffled[:cut], RULES), with_events({}, shuffled[cut:], RULES)
    at_once: Exclusions = with_events({}, events, RULES)
    assert united(one, other) == united(other, one) == at_once
    assert sorted(standing(at_once, RULES, now=now)) == plainly(events, now)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "a/b", "event": "X"},
        {"id": "a", "event": ""},
        {"id": "a", "event": "X", "lasts": "soon"},
        {"id": "a", "event": "X", "lifted_by": [{"product": "x"}]},
        {"id": "a", "event": "X", "channels": ["email"]},
    ],
)
def test_what_is_no_rule_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProductExclusion.model_validate(wrong)


def test_nothing_is_excluded_by_nothing() -> None:
    assert standing({"cancelled/tea": Exclusion("cancelled", lifted_at=NOON)}, RULES, now=NOON) == {}
