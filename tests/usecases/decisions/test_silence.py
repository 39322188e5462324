"""Why did somebody hear nothing: what was decided and why not, and what was never asked and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.decisions.silence import WORDS, Unasked
from kizuna.core.journeys.halts import paused, resumed
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.sentences import Language
from kizuna.local.memory.journeys import InMemoryHalts, InMemoryJourneyRuns
from kizuna.usecases.decisions.silence import Unheard, nobody_body, silence_body, silence_lines, why_nothing
from kizuna.usecases.desk import Desk
from tests.support.builders import CAMPAIGN, INTENT, NOON, a_catalog, an_event, some_documents
from tests.support.customers import DAILY, identify, order, subscribe
from tests.support.fakes_of_brakes import InMemoryBrakes
from tests.support.fakes_of_merges import InMemoryMerges
from tests.support.folds import BUYERS
from tests.support.house import House

DAY = timedelta(days=1)
WEEK = 7 * DAY
EVENT: dict[str, Any] = {"type": "event", "event": "Trial Ended"}
PRO = {"id": "pro", "name": "Pro", "when": {"trait": "plan", "op": "eq", "value": "pro"}}


def a_shop(*campaigns: dict[str, Any]) -> Catalog:
    documents = some_documents(*campaigns) if campaigns else some_documents()
    if not campaigns:
        documents = {key: document for key, document in documents.items() if key[0] != "campaign"}
    return a_catalog({**documents, ("segment", "pro"): PRO, ("segment", "buyers"): BUYERS})


def a_house(catalog: Catalog) -> House:
    house = House(catalog)
    house.ingest(subscribe("u1"))
    house.settle()
    return house


def desk(house: House, halts: InMemoryHalts | None = None) -> Desk:
    return Desk(
        house.people,
        house.ledger,
        house.messages,
        house.counters,
        house.runs,
        merges=InMemoryMerges(house.people),
        brakes=InMemoryBrakes(),
        results=house.results,
        journeys=InMemoryJourneyRuns(house.people),
        halts=halts or InMemoryHalts(),
    )


def asked(house: House, *, campaign: str = "", halts: InMemoryHalts | None = None) -> Unheard:
    (person,) = house.living()
    on = desk(house, halts)
    return why_nothing(person, on, house.catalog, since=NOON - WEEK, now=NOON + DAY, campaign=campaign)


def run(house: House, name: str = "spring") -> None:
    house.start(name, NOON)
    house.walk()
    house.settle()


def only(house: House) -> Unasked:
    (found,) = asked(house).unasked
    return found.why


TRIGGERED = CAMPAIGN | {"trigger": EVENT, "audience": None}
CASES: dict[Unasked, dict[str, Any]] = {
    Unasked.OFF: CAMPAIGN | DAILY | {"enabled": False},
    Unasked.NO_RUN: CAMPAIGN | DAILY,
    Unasked.NO_EVENT: TRIGGERED,
    Unasked.NOT_ENTERED: TRIGGERED | {"trigger": {"type": "segment", "segment": "pro"}},
    Unasked.NOT_ASKED: TRIGGERED
    | {
        "trigger": {"type": "asked", "for": "preferences"},
        "category": "transactional",
        "transactional_basis": "they asked for it",
    },
    Unasked.NOTHING_HELD: TRIGGERED | {"trigger": {"type": "digest"}},
}


@pytest.mark.parametrize("why", [why for why in CASES if why is not Unasked.NOT_ASKED])
def test_a_campaign_that_decided_nothing_says_why(why: Unasked) -> None:
    assert only(a_house(a_shop(CASES[why]))) is why


def test_who_is_outside_of_the_audience_is_told_which_condition_failed_and_by_which_value() -> None:
    house = a_house(a_shop(CAMPAIGN | DAILY | {"audience": {"in": ["pro"]}}))
    run(house)
    told = asked(house)
    assert [each.why for each in told.unasked] == [Unasked.OUTSIDE]
    lines = silence_lines(told, house.catalog, "en")
    assert any("✗" in line and "plan" in line for line in lines)
    assert any("They are not in its audience".lower() in line for line in lines)
    (body,) = silence_body(told, house.catalog)["notConsidered"]
    assert body["reason"] == "outside"
    assert any("Pro" in line for line in body["because"]["en"])


def test_who_came_after_the_run_is_told_so() -> None:
    house = House(a_shop(CAMPAIGN | DAILY))
    house.start("spring", NOON)
    house.walk()
    house.ingest(subscribe("u1"))
    house.settle()
    assert only(house) is Unasked.CAME_LATER


def test_an_event_unlike_the_one_that_is_asked_for_is_told_from_none() -> None:
    asks = TRIGGERED | {"trigger": EVENT | {"where": [{"property": "plan", "op": "eq", "value": "pro"}]}}
    house = a_house(a_shop(asks))
    house.ingest(an_event("Trial Ended", number=5, user_id="u1", properties={"plan": "basic"}))
    house.settle()
    assert only(house) is Unasked.OTHER_EVENT


def test_where_it_happened_and_who_told_it_are_seen_as_segments_see_them() -> None:
    in_kyoto = [
        {"context": "page.path", "op": "eq", "value": "/kyoto"},
        {"context": "kizuna.told_by", "op": "eq", "value": "server"},
    ]
    house = a_house(a_shop(TRIGGERED | {"trigger": EVENT | {"where": in_kyoto}}))
    house.ingest(an_event("Trial Ended", number=5, user_id="u1", context={"page": {"path": "/osaka"}}))
    house.settle()
    assert only(house) is Unasked.OTHER_EVENT
    house.ingest(an_event("Trial Ended", number=6, user_id="u1", context={"page": {"path": "/kyoto"}}))
    house.settle()
    assert asked(house).unasked == ()
    assert [message.campaign for message in house.messages.stored.values()] == ["spring"]


def test_an_event_that_was_told_too_late_starts_nothing_and_that_is_said() -> None:
    house = a_house(a_shop(TRIGGERED))
    late = an_event("Trial Ended", number=5, user_id="u1", at=NOON - 3 * DAY, received_at=NOON)
    house.ingest(late)
    house.settle()
    assert only(house) is Unasked.PAST_EVENT


def test_who_is_in_the_segment_since_before_is_told_so() -> None:
    house = a_house(a_shop())
    house.ingest(identify(5, plan="pro"))
    house.settle()
    house.catalog = a_shop(TRIGGERED | {"trigger": {"type": "segment", "segment": "pro"}})
    assert only(house) is Unasked.IN_BEFORE


def test_who_is_in_a_segment_that_is_left_out_is_told_which() -> None:
    house = House(a_shop(CAMPAIGN | DAILY | {"audience": {"in": ["everyone"], "not_in": ["pro"]}}))
    run(house)
    house.ingest(subscribe("u1"), identify(5, plan="pro"))
    house.settle()
    assert only(house) is Unasked.EXCLUDED


def test_what_was_decided_is_told_with_its_reason_and_is_not_asked_about_again() -> None:
    house = a_house(a_shop(CAMPAIGN | DAILY | {"when": {"trait": "plan", "op": "eq", "value": "pro"}}))
    run(house)
    told = asked(house)
    assert [message.reason for message in told.decided] == ["not_in_audience"]
    assert told.unasked == ()
    assert told.complete
    body = silence_body(told, house.catalog)
    assert body["decisions"][0]["sentence"]["en"].endswith("they were not in the audience.")
    assert "1 message;" in body["sentence"]["en"]


def test_where_nothing_is_planned_that_is_the_answer() -> None:
    house = a_house(a_shop())
    lines = silence_lines(asked(house), house.catalog, "en")
    assert lines[-1] == "No campaign is in force, so nothing could be meant for anybody."


def test_about_somebody_unknown_there_is_an_answer_too() -> None:
    body = nobody_body()
    assert body["known"] is False
    assert "Nobody is known" in body["sentence"]["en"]


def test_one_campaign_can_be_asked_about_alone() -> None:
    house = a_house(a_shop(CAMPAIGN | DAILY, TRIGGERED | {"id": "trial", "name": "Trial"}))
    assert [each.campaign.id for each in asked(house, campaign="trial").unasked] == ["trial"]
    assert len(asked(house).unasked) == 2


# ── journeys ────────────────────────────────────────────────────────────────────────────────────

GREETING: dict[str, Any] = {
    "id": "greeting",
    "name": {"en": "Greeting", "ja": "ごあいさつ"},
    "brand": "shop",
    "owner": "crm",
    "intent_card": INTENT,
    "goal": {"event": "Order Completed", "within": "7d"},
    "enter": {"event": "Trial Ended"},
    "topic": "news",
    "steps": [
        {"id": "rest", "type": "wait", "for": "3d"},
        {"id": "hello", "type": "message", "channel": "email", "template": "spring-email"},
    ],
}


def a_house_of_journeys(**changes: Any) -> House:
    documents = {key: each for key, each in some_documents().items() if key[0] != "campaign"}
    return a_house(
        a_catalog({**documents, ("segment", "pro"): PRO, ("journey", "greeting"): GREETING | changes})
    )


def on_the_way(house: House, **changes: Any) -> None:
    (person,) = house.living()
    told: dict[str, Any] = {
        "state": RunState.WAITING,
        "node": "rest",
        "entered_at": NOON - DAY,
        "changed_at": NOON,
        "began_from": NOON - DAY,
        "arrived_at": NOON - DAY,
        "since": NOON - DAY,
        "due_at": NOON + 2 * DAY,
    }
    run = JourneyRun("r1", "greeting", 1, person.id, person.id, "", 1, **(told | changes))
    runs = InMemoryJourneyRuns(house.people)
    assert runs.enter(run, walked=runs.walked((person.id,), "greeting"), has_keys=False) == "entered"


def test_who_waits_in_a_journey_is_told_at_which_step_and_until_when() -> None:
    house = a_house_of_journeys()
    on_the_way(house)
    told = asked(house)
    assert [each.why for each in told.unasked] == [Unasked.ON_THE_WAY]
    english = silence_lines(told, house.catalog, "en")
    assert english[1].startswith("“Greeting” did not consider them: they are on their way")
    assert "the step “rest” since" in english[2]
    assert "They go on by" in english[2]
    japanese = silence_lines(told, house.catalog, "ja")
    assert japanese[1].startswith("「ごあいさつ」")
    assert "ステップ「rest」" in japanese[2]
    (body,) = silence_body(told, house.catalog)["notConsidered"]
    assert (body["campaign"], body["reason"]) == ("greeting", "on_the_way")
    assert body["because"]["en"] == [english[2].strip()]


def test_who_has_been_through_a_journey_is_told_how_it_ended() -> None:
    house = a_house_of_journeys()
    on_the_way(house, state=RunState.CONVERTED, due_at=None)
    assert only(house) is Unasked.WENT_THROUGH
    assert silence_lines(asked(house), house.catalog, "en")[2].endswith(": reached the goal.")


@pytest.mark.parametrize(
    ("changes", "run", "why"),
    [
        ({"paused": True}, None, Unasked.JOURNEY_PAUSED),
        ({}, {"frozen": True}, Unasked.JOURNEY_PAUSED),
        ({}, {"frozen": True, "state": RunState.EXITED, "reason": "left"}, Unasked.WENT_THROUGH),
        ({"ends_at": "2026-11-22T12:00:00Z"}, {}, Unasked.JOURNEY_OVER),
        ({}, None, Unasked.NO_EVENT),
        ({"enter": {"segment": "pro"}}, None, Unasked.NOT_ENTERED),
        ({"enter": {"api": True}}, None, Unasked.NOT_STARTED),
    ],
)
def test_a_journey_that_said_nothing_says_why(
    changes: dict[str, Any], run: dict[str, Any] | None, why: Unasked
) -> None:
    house = a_house_of_journeys(**changes)
    if run is not None:
        on_the_way(house, **run)
    assert only(house) is why


@pytest.mark.parametrize("inside", [False, True])
def test_a_journey_that_somebody_paused_is_told_with_who_and_why_also_to_who_is_not_in_it(
    inside: bool,
) -> None:
    house, halts = a_house_of_journeys(), InMemoryHalts()
    if inside:  # waiting since before, and not rung for yet
        on_the_way(house)
    halts.save(paused(None, "greeting", by="mika", reason="wrong prices.", now=NOON))
    told = asked(house, halts=halts)
    assert [each.why for each in told.unasked] == [Unasked.JOURNEY_PAUSED]
    assert silence_lines(told, house.catalog, "en")[2] == (
        "  It was paused on 23 November 2026 at 12:00 (UTC) by mika: wrong prices."
    )
    (body,) = silence_body(told, house.catalog)["notConsidered"]
    assert body["reason"] == "journey_paused"
    assert "mikaが一時停止しました（理由：wrong prices）。" in body["because"]["ja"][0]
    (halt,) = halts.current().values()
    halts.save(resumed(halt, "greeting", by="mika", timers="freeze", now=NOON + DAY))
    after = asked(house, halts=halts).unasked
    assert [each.why for each in after] == [Unasked.ON_THE_WAY if inside else Unasked.NO_EVENT]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_would_have_begun_it_is_named(language: Language) -> None:
    for house in (a_house(a_shop(TRIGGERED)), a_house_of_journeys()):
        told = asked(house)
        assert "Trial Ended" in silence_lines(told, house.catalog, language)[2]
        (body,) = silence_body(told, house.catalog)["notConsidered"]
        assert "Trial Ended" in body["because"][language][0]


def test_who_was_not_let_into_a_journey_is_told_from_who_did_not_come() -> None:
    house = a_house_of_journeys()
    house.ingest(an_event("Trial Ended", number=5, user_id="u1"))
    assert only(house) is Unasked.OTHER_ENTRY


@pytest.mark.parametrize("name", ["greeting", "greeting.hello"])
def test_a_journey_can_be_asked_about_alone_by_its_name_or_that_of_a_step(name: str) -> None:
    house = a_house_of_journeys()
    assert [each.campaign.id for each in asked(house, campaign=name).unasked] == ["greeting"]
    assert asked(house, campaign="spring").unasked == ()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_reason_for_not_asking_has_words(language: Language) -> None:
    assert set(WORDS) == set(Unasked)
    assert len({getattr(words, language) for words in WORDS.values()}) == len(Unasked)
    assert INTENT  # the campaigns of this page have a card
    house = a_house(a_shop(CAMPAIGN | DAILY))
    house.ingest(order(1))
    lines = silence_lines(asked(house), house.catalog, language)
    assert all(line.strip() for line in lines)
