"""Time travel and the local cloud, where the functions of production run over their tables, queues and streams: the
same stories come to the same messages at the same minutes, by the same paths."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kizuna.core.catalog import Documents, build
from kizuna.core.events import Event
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message
from kizuna.local.time_travel.happening import event_of
from kizuna.local.time_travel.playing import Played, play
from kizuna.local.time_travel.stories import Person, Story
from tests.support.clouds import Shop, running_shop
from tests.support.journeys_running import a_journey as a_trial
from tests.support.journeys_running import mail, with_journeys

PEOPLE = 5
_UTC = ZoneInfo("UTC")
NAMES = ("Trial Started", "Liked", "Order Completed", "Left Us", "Rated")
STEPS: tuple[Mapping[str, Any], ...] = (
    mail("hello"),
    {"id": "rest", "type": "wait", "for": "90m"},
    {
        "id": "answer",
        "type": "wait_for",
        "events": [
            {"event": "Liked", "branch": "thanks"},
            {"event": "Rated", "where": [{"property": "stars", "op": "lte", "value": 2}], "branch": "sorry"},
        ],
        "timeout": "2d",
        "on_timeout": "chance",
    },
    {"id": "thanks", "type": "update_profile", "set": {"liked": True}, "next": "chance"},
    {"id": "sorry", "type": "emit_event", "event": "Care Wanted", "next": "chance"},
    {"id": "chance", "type": "split", "weights": {"morning": 50, "again": 50}},
    {"id": "morning", "type": "wait", "until_local": {"time": "09:00"}, "jitter": "30m", "next": "again"},
    mail("again"),
    {"id": "round", "type": "goto", "node": "rest", "max_loops": 1},
)
RULES = [{"event": "Left Us", "reason": "left_us"}]


def a_story_of(seed: int, starts: datetime) -> Story:
    """People who come in one after the other, and do this and that at odd times."""
    random = Random(seed)
    people = {f"s{seed}-u{number}": _person(f"s{seed}-u{number}") for number in range(PEOPLE)}
    events: list[dict[str, Any]] = []
    for number, name in enumerate(people):
        begins = 600 * number
        told = {"traits": people[name]["traits"], "consents": {"email": "granted"}}
        events.append({"at": f"{begins}s", "person": name, "traits": told["traits"]})
        if random.random() < 0.8:
            events.append(
                {"at": f"{begins + 1}s", "person": name, "consents": told["consents"], "traits": {}}
            )
        events.append({"at": f"{begins + 2}s", "person": name, "event": "Trial Started"})
        for _ in range(random.randrange(4)):
            seconds = begins + random.randrange(5 * 86_400)
            stars = {"stars": random.randrange(1, 6)}
            events.append(
                {"at": f"{seconds}s", "person": name, "event": random.choice(NAMES), "properties": stars}
            )
    return Story.model_validate(
        {"starts": starts.isoformat(), "people": people, "events": events, "until": "9d"}
    )


def _person(name: str) -> dict[str, Any]:
    traits = {"email": f"{name}@people.example", "country": "JP", "timezone": "Asia/Tokyo"}
    return {"traits": traits}


# ── in the cloud ────────────────────────────────────────────────────────────────────────────────


def tell_the_cloud(story: Story, shop: Shop, documents: Documents) -> None:
    """The same story by HTTP, each event at its instant on the clock of the cloud."""
    catalog, starts = build(documents), shop.now
    told = []
    for number, deed in enumerate(story.events, 1):
        at = deed.at.at(starts, _UTC)
        person = Person.model_validate({"traits": story.people[deed.person or ""].traits})
        event = event_of(deed, number, deed.person or "", person, catalog, at=at, heard=at)
        assert event is not None
        told.append(event)
    for event in sorted(told, key=lambda each: each.at):
        shop.cloud.advance(event.at - shop.now)
        reply = shop.send(_raw(event))
        assert reply.status == 200, reply.text()
        shop.settle()
    assert story.until is not None
    shop.cloud.advance(story.until.at(starts, _UTC) - shop.now)


def _raw(event: Event) -> dict[str, Any]:
    return {
        "type": event.type,
        "messageId": event.id,
        "userId": event.user_id,
        "event": event.name or None,
        "properties": dict(event.properties),
        "traits": dict(event.traits),
        "context": dict(event.context),
    }


# ── side by side ────────────────────────────────────────────────────────────────────────────────


def minute(at: datetime) -> str:
    return f"{at:%d %H:%M}"


def of_message(message: Message) -> tuple[str, ...]:
    state, reason = str(message.state), message.reason
    return (minute(message.changed_at), message.campaign, message.step, message.channel, state, reason)


def of_run(run: JourneyRun) -> tuple[Any, ...]:
    path = tuple((minute(station.at), station.node, station.why) for station in run.path)
    due = minute(run.due_at) if run.due_at else ""
    return (minute(run.entered_at), run.journey, run.key, str(run.state), run.reason, run.node, due, path)


def in_time_travel(played: Played, name: str) -> tuple[list[Any], list[Any]]:
    messages = [each for each in played.messages if played.name_of(each.person) == name]
    runs = [each for each in played.runs if played.name_of(each.person) == name]
    return sorted(map(of_message, messages)), sorted(map(of_run, runs))


def in_the_cloud(shop: Shop, name: str) -> tuple[list[Any], list[Any]]:
    runs = shop.wired.journeys.of_person(shop.person(name).parts)
    return sorted(map(of_message, shop.messages(name))), sorted(map(of_run, runs))


@pytest.mark.parametrize(
    "seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_the_same_story_comes_to_the_same_in_both_worlds(seed: int) -> None:
    documents = with_journeys(a_trial(*STEPS, exit_rules=RULES, reentry={"after": "3d"}))
    with running_shop() as shop:
        shop.apply(documents)
        shop.settle()
        story = a_story_of(seed, shop.now)
        tell_the_cloud(story, shop, documents)
        versions = {f"{kind}/{name}": 1 for kind, name in documents}
        ids = iter([shop.person(name).id for name in story.people])
        played = play(story, build(documents, version=1, versions=versions), new_id=lambda: next(ids))
        assert len(played.sent) > PEOPLE // 2
        for name in story.people:
            assert in_the_cloud(shop, name) == in_time_travel(played, name), name
