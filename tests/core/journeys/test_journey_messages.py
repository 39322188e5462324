"""A step that speaks is a campaign: its id, what it has of its journey, and when it needs consent to a place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.core.campaigns import OnJourney
from kizuna.core.catalog import build
from kizuna.core.errors import InvalidDefinition
from kizuna.core.journeys.messages import campaigns_of, journey_and_step
from kizuna.core.messages import Message, State
from kizuna.core.restraint.caps import FrequencyCap, Heard, cap_standing
from kizuna.core.restraint.pressure import Pressure, Touch
from tests.support.builders import NOON
from tests.support.clouds import sample_documents
from tests.support.journey_graphs import a_journey, back, document, tell, wait

HERE = {"geo": "event", "within": {"lat": 35.44, "lon": 139.63, "radius_m": 150}}


def test_each_step_that_speaks_is_a_campaign_of_its_journeys_goal_and_card() -> None:
    journey = a_journey(
        tell("hello"),
        wait("w"),
        {"id": "hook", "type": "webhook", "template": "hook"},
        {"id": "call", "type": "task", "template": "call", "topic": "care", "tags": ["staff"]},
        goal={"event": "Order Completed", "within": "90d", "value_of": "revenue"},
        tags=["spring"],
    )
    found = campaigns_of(journey)
    assert {name: (each.channel, each.template, each.topic) for name, each in found.items()} == {
        "welcome.hello": ("email", "hello-email", "news"),
        "welcome.hook": ("webhook", "hook", "news"),
        "welcome.call": ("task", "call", "care"),
    }
    hello, call = found["welcome.hello"], found["welcome.call"]
    assert hello.trigger == OnJourney(journey="welcome", step="hello")
    assert (hello.goal.event, str(hello.goal.within), hello.goal.value_of) == (
        "Order Completed",
        "30d",
        "revenue",
    )
    assert hello.intent_card == journey.intent_card
    assert (hello.tags, call.tags) == (("spring",), ("staff",))


def test_a_step_says_of_itself_what_it_says_and_the_journey_the_rest() -> None:
    own = {"event": "Song Played", "within": "1d"}
    step = tell("a", category="transactional", transactional_basis="they asked", goal=own, expires_after="3h")
    (campaign,) = campaigns_of(a_journey(step, quiet_hours=HOURS, send_windows=HOURS)).values()
    assert (campaign.category, campaign.goal.event, str(campaign.expires_after)) == (
        "transactional", "Song Played", "3h",
    )  # fmt: skip
    assert len(campaign.own_hours) == 2


HOURS = {"windows": {"workdays": [["09:00", "18:00"]]}, "fallback_zone": "UTC"}


def test_a_step_is_heard_at_its_time_and_never_after_the_journey_has_ended() -> None:
    ends_at = "2030-01-01T00:00:00Z"
    step = tell("a", send_time={"mode": "local", "local_time": "18:00"})
    told, at_once = campaigns_of(a_journey(step, tell("b"), ends_at=ends_at)).values()
    assert (told.send_time.mode, at_once.send_time.mode) == ("local", "now")
    assert told.ends_at == at_once.ends_at == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "lasts"),
    [
        ({}, "2d"),
        ({"await": True, "timeout": "5d"}, "5d"),
        ({"await": True, "timeout": "5d", "expires_after": "1d"}, "1d"),
    ],
)
def test_a_task_stays_on_the_list_for_as_long_as_the_walk_waits_for_it(
    said: dict[str, Any], lasts: str
) -> None:
    call = {"id": "call", "type": "task", "template": "call", "topic": "care", **said}
    assert str(campaigns_of(a_journey(call))["welcome.call"].expires_after) == lasts


def test_several_channels_are_tried_in_order_or_all_at_once() -> None:
    several = {
        "id": "a", "type": "message", "channels": {"list": ["push", "email"]}, "fallback_after": "2h",
        "templates": {"push": "p", "email": "e"},
    }  # fmt: skip
    (ordered,) = campaigns_of(a_journey(several)).values()
    assert ordered.channels is not None
    assert (ordered.channels.choose, ordered.reaches_by, str(ordered.channels.fallback_after)) == (
        "first", ("push", "email"), "2h",
    )  # fmt: skip
    at_once = {**several, "channels": {"mode": "all", "list": ["push", "email"]}, "fallback_after": None}
    (all_of_them,) = campaigns_of(a_journey(at_once)).values()
    assert all_of_them.channels is not None
    assert all_of_them.channels.choose == "all"


def test_no_campaign_of_a_workspace_can_have_the_id_or_the_trigger_of_a_step() -> None:
    sample = {key: each for key, each in sample_documents().items() if key[0] != "journey"}
    spring = {**sample["campaign", "win-back"], "id": "spring"}
    spring.pop("audience")
    of_a_step = {
        **spring,
        "id": "spring.one",
        "trigger": {"type": "journey", "journey": "spring", "step": "one"},
    }
    for wanted, told in (
        (
            {**spring, "id": "spring.one"},
            "an id with a dot is that of a step of a journey, and of nothing else",
        ),
        (
            of_a_step,
            "trigger: is what journeys make of their steps",
        ),
    ):
        with pytest.raises(InvalidDefinition, match=told):
            build({**sample, ("campaign", str(wanted["id"])): wanted}, linted=True)


def test_a_catalog_holds_its_journeys_and_their_steps_among_the_campaigns() -> None:
    sample = {key: each for key, each in sample_documents().items() if key[0] != "journey"}
    it = document(
        tell("hello", template="win-back-email"), brand="groove-harbour", topic="new-releases",
        audience={"event": "Song Played", "verb": "count", "op": "gte", "value": 3},
    )  # fmt: skip
    catalog = build({**sample, ("journey", "welcome"): it}, linted=True)
    assert set(catalog.journeys) == {"welcome"}
    assert catalog.campaigns["welcome.hello"].name == "Welcome: hello"
    assert any("Song Played" in need.names for need in catalog.needs.values()), (
        "its questions are kept in mind"
    )
    assert journey_and_step("welcome.hello") == ("welcome", "hello")
    assert journey_and_step("win-back") is None


# ── pressure ────────────────────────────────────────────────────────────────────────────────────


def test_a_cap_of_a_journey_counts_the_messages_of_all_its_steps_and_no_others() -> None:
    journey = a_journey(tell("a"), wait("w"), tell("b"), caps=[{"count": 1, "window": "7d"}])
    campaign = campaigns_of(journey)["welcome.b"]
    (cap,) = campaign.own_caps
    touch = Touch(NOON, "email", "m9", "news", "welcome.b", "shop", ())

    def standing(*told: str) -> int:
        touches = [Touch(NOON, "email", f"m{n}", "news", name, "shop", ()) for n, name in enumerate(told)]
        return cap_standing(
            [cap], Heard(Pressure(touches=tuple(touches))), touch, now=NOON, zone=None
        ).sent_in_window

    assert [standing("welcome.a"), standing("welcome"), standing("welcome-back"), standing("spring")] == [
        1,
        1,
        0,
        0,
    ]


def test_a_cap_of_a_campaign_counts_its_own() -> None:
    sample = sample_documents()
    capped = {**sample["campaign", "win-back"], "caps": [{"count": 1, "window": "30d"}]}
    catalog = build({**sample, ("campaign", "win-back"): capped}, linted=True)
    wanted = FrequencyCap.model_validate({"count": 1, "window": "30d", "campaign": "win-back"})
    assert catalog.campaigns["win-back"].own_caps == (wanted,)
    assert wanted in catalog.counted_caps
    for cap, told in (
        ({"count": 1, "window": "30d", "campaign": "welcome-back"}, "leave out campaign"),
        ({"count": 1, "window": "30d", "on_hit": "digest", "digest": "x"}, "gathered into a digest"),
    ):
        with pytest.raises(InvalidDefinition, match=told):
            build({**sample, ("campaign", "win-back"): {**capped, "caps": [cap]}}, linted=True)


# ── where devices are ───────────────────────────────────────────────────────────────────────────


def by_place(*steps: dict[str, Any], **changes: Any) -> set[str]:
    found = campaigns_of(a_journey(*steps, **changes))
    return {name.partition(".")[2] for name, campaign in found.items() if campaign.acts_on_place}


ARRIVAL = {
    "id": "arrival", "type": "wait_for", "timeout": "1d", "on_timeout": "reminder",
    "events": [{"event": "Store Approached", "where": HERE, "branch": "door"}],
}  # fmt: skip


def test_what_a_place_sets_off_acts_on_it_and_what_a_time_out_does_not() -> None:
    assert by_place(ARRIVAL, tell("door", next="end"), tell("reminder")) == {"door"}


def test_it_goes_on_acting_on_the_place_until_something_else_has_happened() -> None:
    heard = {"id": "heard", "type": "wait_for", "timeout": "1d", "events": [{"event": "Order Picked Up"}],
             "next": "thanks", "on_timeout": "lost"}  # fmt: skip
    steps = (
        ARRIVAL,
        tell("door"),
        wait("w"),
        tell("later"),
        heard,
        tell("lost", next="end"),
        tell("thanks", next="end"),
    )
    assert by_place(*steps, tell("reminder")) == {"door", "later", "lost"}


def test_a_journey_that_begins_at_a_place_acts_on_it() -> None:
    assert by_place(tell("a"), enter={"event": "Store Approached", "where": HERE}) == {"a"}
    assert by_place(wait("w"), tell("a"), back("b", "w")) == set()


def test_a_message_is_found_by_its_step() -> None:
    message = Message(
        id="m", person="p1", campaign="welcome.hello", campaign_version=1, run="r", step="1", topic="news",
        category="marketing", channel="email", address_id="a", address="x@example.com", template="t", language="en",
        state=State.PENDING, created_at=NOON, changed_at=NOON,
    )  # fmt: skip
    assert journey_and_step(message.campaign) == ("welcome", "hello")
