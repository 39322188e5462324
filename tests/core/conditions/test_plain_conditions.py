"""Convenient questions: what they come to, and that their plain form answers the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.conditions import Answer, Convenient, evaluate, leaves_of, plain
from kizuna.core.devices import KEPT, device_of, united_devices, with_devices
from kizuna.core.durations import epoch_millis
from kizuna.core.ids import bucket
from kizuna.core.message_events import MESSAGES
from tests.support.builders import NOON, an_event
from tests.support.histories import a_view, a_view_of, the_condition

DAY = timedelta(days=1)


def holds(document: dict[str, Any], **view: Any) -> bool:
    return evaluate(the_condition(document), a_view(**view), now=NOON).matched


LEAVES: list[dict[str, Any]] = [
    {
        "message": "opened",
        "campaign": "spring",
        "topic": "news",
        "channel": "email",
        "window": {"last": "7d"},
    },
    {"message": "bounced"},
    {"converted": "Order Completed"},
    {"converted": "Order Completed", "campaign": "spring"},
    {"subscription": "news"},
    {"subscription": "news", "state": "unsubscribed", "channel": "sms"},
    {"subscription": "news", "state": "none"},
    {"holdout": "winter", "percent": 10},
    {"variant": "b", "experiment": "e", "arms": [{"name": "a"}, {"name": "b", "weight": 3}]},
    {"affinity": "category", "key": "shoes", "op": "between", "value": [0.2, 0.5]},
    {"rfm": "orders", "bucket": ["loyal", "champions"], "monetary": {"op": "gt", "value": 3}},
    {"device": "ios", "os": "iOS", "app_version": {"cmp": "lt", "value": "2.0.0"}},
    {"device": "any"},
]


@pytest.mark.parametrize("document", LEAVES, ids=lambda document: next(iter(document)))
def test_a_plain_form_asks_base_questions_only(document: dict[str, Any]) -> None:
    leaf = the_condition({"none": [{"score": [{"when": document, "points": 2}], "value": 1}]})
    form = plain(leaf)
    assert not any(isinstance(each, Convenient) for each in leaves_of(form))
    assert plain(form) == form
    assert the_condition(form.model_dump(mode="json", by_alias=True)) == form


@given(st.text(min_size=1), st.lists(st.floats(0.5, 10), min_size=2, max_size=10))
def test_everybody_has_just_one_arm_of_an_experiment(person: str, weights: list[float]) -> None:
    arms = [{"name": f"a{number}", "weight": weight} for number, weight in enumerate(weights)]
    leaves = [{"variant": arm["name"], "experiment": "e", "arms": arms} for arm in arms]
    assert [holds(leaf, bucket_id=person) for leaf in leaves].count(True) == 1


def test_a_holdout_takes_its_share() -> None:
    held = [holds({"holdout": "winter", "percent": 20}, bucket_id=f"p{number}") for number in range(4_000)]
    assert 0.17 < sum(held) / len(held) < 0.23
    assert held[7] is (bucket("holdout:winter", "p7") < 0.2)


RFM = {"rfm": {"orders": {"bucket": "loyal", "recency": 4, "frequency": 5, "monetary": 2}}}
SCORED: list[tuple[dict[str, Any], bool]] = [
    ({"bucket": "loyal"}, True),
    ({"bucket": ["champions", "loyal"]}, True),
    ({"bucket": "champions"}, False),
    ({"recency": {"value": 4}}, True),
    ({"recency": {"op": "between", "value": [1, 3]}}, False),
    ({"bucket": "loyal", "monetary": {"op": "lt", "value": 2}}, False),
]


@pytest.mark.parametrize(("asked", "is_so"), SCORED)
def test_scores_are_read_where_a_run_left_them(asked: dict[str, Any], is_so: bool) -> None:
    assert holds({"rfm": "orders", **asked}, traits=RFM) is is_so
    assert holds({"rfm": "others", **asked}, traits=RFM) is False


def test_affinities_and_model_scores_are_traits() -> None:
    traits = {"affinity": {"category": {"shoes": 0.7}}, "scores": {"churn": 0.2}}
    assert holds({"affinity": "category", "key": "shoes", "value": 0.5}, traits=traits)
    assert not holds({"affinity": "category", "key": "hats", "value": 0.5}, traits=traits)
    assert holds({"trait": "scores.churn", "op": "lt", "value": 0.5}, traits=traits)


# ── goals ───────────────────────────────────────────────────────────────────────────────────────


def converted(sent: int, bought: int, **leaf: Any) -> Answer:
    """`sent` and `bought` are hours before noon."""
    asked = the_condition({"converted": "Order Completed", **leaf})
    events = [
        an_event(
            "Message Sent",
            number=1,
            at=NOON - timedelta(hours=sent),
            properties={"campaign": "spring"},
            source=MESSAGES,
        ),
        an_event(number=2, at=NOON - timedelta(hours=bought)),
    ]
    return evaluate(asked, a_view_of(events, plain(asked), now=NOON), now=NOON)


def test_a_goal_counts_within_its_time_after_a_message_of_the_campaign() -> None:
    assert converted(10, 1, campaign="spring").matched
    assert not converted(10, 11, campaign="spring").matched
    assert not converted(100, 1, campaign="spring").matched
    assert converted(100, 1, campaign="spring", within="5d").matched
    assert not converted(10, 1, campaign="summer").matched
    assert converted(1, 10).matched
    assert converted(10, 1, campaign="spring", window={"last": "20h"}).flips_at is not None


# ── devices ─────────────────────────────────────────────────────────────────────────────────────

IPHONE = {
    "device": {"id": "d1", "type": "iOS"}, "os": {"name": "iOS", "version": "18.1"},
    "app": {"name": "Shop", "version": "2.4.0"},
}  # fmt: skip
BROWSER = {"userAgent": "Mozilla/5.0", "page": {"url": "https://shop.example"}}


def seen(number: int, context: dict[str, Any], *, days_ago: int = 1) -> Any:
    return an_event("Opened", number=number, at=NOON - days_ago * DAY, context=context)


ON_DEVICES: list[tuple[dict[str, Any], bool]] = [
    ({"device": "ios"}, True),
    ({"device": "web"}, True),
    ({"device": "android"}, False),
    ({"device": "any"}, True),
    ({"device": "any", "os": "ios"}, True),
    ({"device": "ios", "app_version": {"cmp": "gte", "value": "2.4.0"}}, True),
    ({"device": "ios", "app_version": {"cmp": "lt", "value": "2.4.0"}}, False),
    ({"device": "web", "app_version": {"cmp": "gte", "value": "1.0.0"}}, False),
]


@pytest.mark.parametrize(("leaf", "is_so"), ON_DEVICES)
def test_one_device_must_be_all_that_is_asked_for(leaf: dict[str, Any], is_so: bool) -> None:
    trait = with_devices(None, [seen(1, IPHONE), seen(2, BROWSER)])
    assert trait is not None
    assert holds(leaf, traits={"seen_devices": trait.value}) is is_so


def test_the_newest_word_of_a_device_stays_whatever_the_order() -> None:
    newer = {**IPHONE, "app": {"name": "Shop", "version": "3.0.0"}}
    events = [seen(1, IPHONE, days_ago=2), seen(2, newer), seen(3, BROWSER, days_ago=3)]
    one, other = with_devices(None, events), with_devices(with_devices(None, events[::-1]), events[:1])
    assert one == other
    assert one is not None
    assert [device.get("app_version") for device in one.value] == ["3.0.0", None]


@given(st.permutations(range(12)), st.integers(0, 12))
def test_the_devices_seen_last_are_kept_whatever_the_order_and_the_merges(order: list[int], cut: int) -> None:
    events = [
        seen(number, {"device": {"id": f"d{number}", "type": "android"}}, days_ago=number)
        for number in range(12)
    ]
    shuffled = [events[number] for number in order]
    whole = with_devices(None, shuffled)
    parts = united_devices(with_devices(None, shuffled[:cut]), with_devices(None, shuffled[cut:]))
    assert whole == parts
    assert whole is not None
    assert [device["seen"] for device in whole.value] == [epoch_millis(event.at) for event in events[:KEPT]]


def test_an_event_that_tells_of_no_device_changes_nothing() -> None:
    assert device_of(an_event(context={"locale": "de"})) is None
    assert device_of(an_event(context={"device": "phone", "os": {"name": 3}})) is None
    assert with_devices(None, [an_event()]) is None
    told = device_of(seen(1, IPHONE))
    assert told is not None
    assert "d1" not in str(told)
