"""A run over its audience: who was in it as it began, once each, until it is done; paused, stopped, refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.ports import Run, RunState
from kizuna.core.restraint.brakes import Pause
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaigning import walking
from kizuna.usecases.campaigning.parts import hand_out_again
from kizuna.usecases.decisions.deciding import decide_and_store
from kizuna.usecases.outcomes.braking import in_silence, pause_run, resume_run
from tests.support.builders import CAMPAIGN, NOON, a_catalog, a_profile, some_documents
from tests.support.customers import DAILY, SEGMENTS, order, subscribe
from tests.support.house import House

RUN = "20261123T1200Z"
MINUTE = timedelta(minutes=1)


def a_shop(campaign: dict[str, Any] | None = None, **policy: Any) -> Catalog:
    documents = {
        **some_documents(CAMPAIGN | DAILY | (campaign or {})),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): policy,
    }
    return a_catalog(documents)


def a_house(catalog: Catalog | None = None, *, people: int = 3) -> House:
    house = House(catalog or a_shop())
    house.ingest(*(subscribe(f"u{number}") for number in range(people)))
    house.settle()
    return house


def the_run(house: House) -> Run:
    (run,) = house.runs.list("spring")
    return run


def addressees(house: House) -> list[str]:
    """Who got a mail, by the provider's own log."""
    return sorted(envelope.message.address for envelope, _ in house.email.sent)


# ── who the audience is ─────────────────────────────────────────────────────────────────────────

BUYERS = {"audience": {"in": ["buyers"]}}


def test_who_comes_after_the_start_is_not_in_the_run() -> None:
    house = a_house(a_shop(BUYERS), people=2)
    house.ingest(order(1, user="u0"))
    house.settle()
    house.start("spring", NOON)
    later = NOON + MINUTE
    house.ingest(order(2, user="u1", at=later, received_at=later), now=later)
    house.settle(now=later)
    assert house.walk(now=later) == 1
    assert house.states() == {"PENDING": 1}


def test_who_goes_before_their_page_is_withheld_for_that() -> None:
    house = a_house(a_shop({"audience": {"in": ["buyers"]}}), people=2)
    house.ingest(order(1, user="u0"), order(2, user="u1"))
    house.settle()
    house.start("spring", NOON)
    gone = house.person("user_id", "u0").id
    house.change_person(gone, segments=frozenset({"everyone"}), updated_at=NOON + MINUTE)
    house.settle(now=NOON + MINUTE)
    assert (
        house.people.member_count("buyers", 0)
        + sum(house.people.member_count("buyers", shard) for shard in range(1, SEGMENT_SHARDS))
        == 1
    )
    assert house.walk(now=NOON + MINUTE) == 2
    assert house.states() == {"PENDING": 1, "not_in_audience": 1}


def test_who_goes_between_decision_and_claim_is_withheld_for_that() -> None:
    house = a_house(a_shop(BUYERS), people=1)
    house.ingest(order(1, user="u0"))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.change_person(house.person("user_id", "u0").id, segments=frozenset({"everyone"}))
    house.settle()
    house.send()
    assert house.states() == {"not_in_audience": 1}
    assert house.email.sent == []


def test_who_becomes_somebody_else_in_mid_run_hears_once_though_they_came_later() -> None:
    """The one who was in the audience lives on in somebody who was not."""
    house = a_house(a_shop(BUYERS), people=1)
    house.ingest(subscribe("x", "second@example.com", user_id=None, anonymous_id="a1"))
    house.ingest(order(7, user=None, anonymous="a1"))
    house.settle()
    house.start("spring", NOON)
    later = NOON + MINUTE
    house.ingest(order(8, user="u0", anonymous="a1", at=later, received_at=later), now=later)
    house.settle(now=later)
    assert len(house.living()) == 1
    house.walk(now=later)
    house.settle(now=later)
    house.send(now=later)
    assert len(house.email.sent) == 1


# ── until it is done ────────────────────────────────────────────────────────────────────────────


def test_a_run_is_done_with_its_last_shard_and_not_before() -> None:
    house = a_house(people=40)
    house.start("spring", NOON)
    shards = house.taken(Queue.AUDIENCE)
    for number, shard in enumerate(shards):
        assert the_run(house).state is RunState.RUNNING
        assert house.runs.parts("spring", RUN).shards == number
        for _ in range(2):  # delivered twice
            house.queues.send(Queue.AUDIENCE, [shard])
        house.walk(now=NOON + number * MINUTE)
    ended = the_run(house)
    assert (ended.state, ended.ended_at) == (RunState.DONE, NOON + 7 * MINUTE)
    assert ended.people == 40
    house.queues.send(Queue.AUDIENCE, shards)
    assert house.walk(now=NOON + timedelta(hours=1)) == 0
    assert the_run(house) == ended


def test_a_run_with_a_page_that_breaks_down_is_done_when_that_page_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = a_house(people=9)
    broken = house.person("user_id", "u4").id
    decides = decide_and_store

    def torn(profile: Any, *given: Any, **named: Any) -> Any:
        if profile.id == broken:
            raise ValueError("torn")
        return decides(profile, *given, **named)

    monkeypatch.setattr(walking, "decide_and_store", torn)
    house.start("spring", NOON)
    house.walk()
    (page,) = house.taken(Queue.AUDIENCE)
    assert page["page_alone"]
    assert the_run(house).state is RunState.RUNNING
    assert house.runs.parts("spring", RUN).shards == SEGMENT_SHARDS
    monkeypatch.setattr(walking, "decide_and_store", decides)
    house.queues.send(Queue.AUDIENCE, [page])
    assert house.walk() == 1
    assert the_run(house).state is RunState.DONE


# ── paused, changed ─────────────────────────────────────────────────────────────────────────────


def pause(house: House) -> None:
    pause_run(
        "spring", RUN, Pause("by_hand", NOON, "by_hand", "wait", by="ann"), house.brakes, tell=in_silence
    )


def test_a_pause_stops_the_walk_within_a_page_and_resuming_goes_on_without_repeats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walking, "PAGE", 5)
    house = a_house(people=200)
    house.start("spring", NOON)
    decides = decide_and_store
    seen: list[str] = []

    def counted(profile: Any, *given: Any, **named: Any) -> Any:
        seen.append(profile.id)
        if len(seen) == 12:
            pause(house)
        return decides(profile, *given, **named)

    monkeypatch.setattr(walking, "decide_and_store", counted)
    house.walk()
    assert 12 <= len(seen) <= 15  # the page in hand, and no other
    assert house.queues.sent[Queue.AUDIENCE] == []
    assert len(house.queues.later[Queue.AUDIENCE]) == SEGMENT_SHARDS  # each looks again in a while
    house.queues.ripen()
    assert house.walk() == 0
    resume_run("spring", RUN, house.brakes, by="ann", reason="go on", now=NOON, tell=in_silence)
    hand_out_again("spring", [RUN], house.runs, house.queues, house.catalog)
    house.queues.ripen()  # both ways at once
    house.walk()
    assert sorted(set(seen)) == sorted(house.people.stored)
    assert house.states() == {"PENDING": 200}
    assert the_run(house).state is RunState.DONE


def test_a_campaign_that_is_changed_in_mid_run_stops_it_for_good() -> None:
    house = a_house(people=30)
    house.start("spring", NOON)
    first, *rest = house.taken(Queue.AUDIENCE)
    house.queues.send(Queue.AUDIENCE, [first])
    decided = house.walk()
    versions = {**house.catalog.versions, "campaign/spring": 2}
    house.catalog = replace(a_shop({"name": "Spring again"}), versions=versions)
    house.queues.send(Queue.AUDIENCE, rest)
    assert house.walk(now=NOON + MINUTE) == 0
    stopped = the_run(house)
    assert (stopped.state, stopped.reason) == (RunState.STOPPED, "campaign_changed")
    assert sum(house.states().values()) == decided


def test_other_definitions_that_change_in_mid_run_leave_no_gap_and_repeat_nothing() -> None:
    house = a_house(people=30)
    house.start("spring", NOON)
    first, *rest = house.taken(Queue.AUDIENCE)
    house.queues.send(Queue.AUDIENCE, [first])
    house.walk()
    house.put_in_force(a_shop(kill_switch=False, default_language="ja"))
    house.queues.send(Queue.AUDIENCE, [*rest, first])
    house.walk(now=NOON + MINUTE)
    house.settle(now=NOON + MINUTE)
    house.send(now=NOON + MINUTE)
    assert addressees(house) == sorted(f"u{number}@example.com" for number in range(30))
    assert the_run(house).state is RunState.DONE


# ── refused ─────────────────────────────────────────────────────────────────────────────────────


def test_a_run_for_nobody_is_refused_and_the_schedule_goes_on() -> None:
    house = a_house(a_shop({"audience": {"in": ["loyal"]}}))
    house.start("spring", NOON)
    refused = the_run(house)
    assert (refused.state, refused.people, refused.ended_at) == (RunState.REFUSED, 0, NOON)
    assert refused.reason == "empty_audience: nobody is in the audience"
    assert house.taken(Queue.AUDIENCE) == []
    assert house.schedules.next_of("spring") == NOON + timedelta(days=1)
    house.start("spring", NOON)  # the clock ticks twice
    assert house.taken(Queue.AUDIENCE) == []


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        ({"at_most": 5}, "audience_over_limit: 9 people are in the audience, launch_guard.at_most is 5"),
        ({"at_most": 9}, ""),
    ],
)
def test_an_audience_over_the_limit_is_refused(guard: dict[str, Any], reason: str) -> None:
    house = a_house(a_shop(launch_guard=guard), people=9)
    house.start("spring", NOON)
    assert the_run(house).reason == reason
    assert (the_run(house).state is RunState.REFUSED) is bool(reason)


def test_an_audience_that_grew_too_much_since_the_last_run_is_refused() -> None:
    house = a_house(a_shop(launch_guard={"grows_at_most": 2, "small": 5}), people=4)
    house.start("spring", NOON)
    house.walk()
    house.ingest(*(subscribe(f"n{number}") for number in range(5)))
    house.settle()
    tomorrow = NOON + timedelta(days=1)
    house.start("spring", tomorrow)
    refused = house.runs.list("spring")[-1]
    assert refused.state is RunState.REFUSED
    assert refused.reason.startswith("audience_grew: 9 people are in the audience, 4 were in the last run")
    house.start("spring", tomorrow + timedelta(days=1))  # a refused run is no measure for the next
    assert house.runs.list("spring")[-1].state is RunState.REFUSED


def crowd(count: int, **changes: Any) -> list[Any]:
    return [a_profile(f"p{number:05d}", **changes) for number in range(count)]


def test_a_large_part_of_all_needs_a_reason_at_the_launch() -> None:
    shop = {"audience": {"in": ["buyers"]}, "override_reason": ""}
    guard = {"share": 0.5, "small": 10}
    people = crowd(60, segments=frozenset({"everyone", "buyers"})) + [
        a_profile(f"q{number}") for number in range(20)
    ]
    house = House(a_shop(shop, blast_guard=guard), *people)
    house.start("spring", NOON)
    assert the_run(house).reason == (
        "blast: 60 people are in the audience, 80 can be reached at all;"
        " more than 50% needs override_reason on the campaign"
    )
    answered = House(
        a_shop({**shop, "override_reason": "a recall of the product"}, blast_guard=guard), *people
    )
    answered.start("spring", NOON)
    assert the_run(answered).state is RunState.RUNNING
