"""The stories of the library, told twice: by time travel over stores in memory, and through the local cloud.

The same people by the same ids, the same events at the same moments: whoever is told something by one is told it by
the other, in the same minute, and every walk comes by the same steps for the same reasons.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import EnterJourney
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message, State
from kizuna.local.clock import VirtualClock
from kizuna.local.memory.definitions import InMemoryCatalog
from kizuna.local.time_travel.happening import event_of, introduction
from kizuna.local.time_travel.playing import Played, play
from kizuna.local.time_travel.reading import found_in, read_tests
from kizuna.local.time_travel.stories import Story
from kizuna.topology import Queue
from kizuna.usecases.ingesting.ingest import ingest
from tests.support.clouds import ROOT, Shop, running_shop, sample_documents

MOST = int(
    os.environ.get("KIZUNA_JOURNEY_STORIES", "5")
)  # how many are told; each takes seconds in the cloud
FAST = 1  # of these with every run of the tests
LIBRARY = ROOT / "shared" / "workspace" / "journeys"
_OURS = ("event", "page", "traits", "consents", "purposes", "enter")


def stories() -> list[Any]:
    """One of each file, then another: those in which nobody answers, so that no provider has to be played."""
    found: dict[Path, list[Any]] = {}
    for path in found_in([LIBRARY]):
        file = read_tests(path)
        for case in file.tests:
            story = file.story_of(case)
            if story.until is not None and not story.reactions and all(map(_is_ours, story.events)):
                about = pytest.param(story, id=f"{path.name.partition('.')[0]}: {case.name}")
                found.setdefault(path, []).append(about)
    rows = [each for turn in range(max(map(len, found.values()), default=0)) for each in _turn(found, turn)]
    slow = [pytest.param(*each.values, id=each.id, marks=pytest.mark.slow) for each in rows[FAST:MOST]]
    return rows[: min(FAST, MOST)] + slow


def _turn(found: dict[Path, list[Any]], turn: int) -> list[Any]:
    return [told[turn] for told in found.values() if turn < len(told)]


def _is_ours(deed: Any) -> bool:
    return any(getattr(deed, name) is not None for name in _OURS)


@pytest.mark.parametrize("story", stories())
def test_both_worlds_tell_the_same_to_the_minute(story: Story) -> None:
    ids: list[str] = []
    through_cloud = _in_the_cloud(story, ids)
    again = iter(ids)
    played = play(story, _catalog_of_the_cloud(), new_id=lambda: next(again))
    assert _of_time_travel(played) == through_cloud


def _catalog_of_the_cloud() -> Catalog:
    return InMemoryCatalog(sample_documents()).current()


def _in_the_cloud(story: Story, ids: list[str]) -> dict[str, Any]:
    zone = ZoneInfo(story.zone)
    starts = story.starts.at(datetime.fromisoformat("2026-01-01T00:00:00+00:00"), zone)
    told: list[tuple[datetime, Callable[[Shop], None]]] = []
    for name, person in story.people.items():
        at = person.known_for.before(starts, zone)
        told.append(
            (at, _takes(lambda shop, n=name, p=person, t=at: introduction(n, p, _catalog(shop), at=t), ids))
        )
        for number, deed in enumerate(person.history, 1):
            done = deed.at.at(starts, zone)
            told.append((done, _takes(_history(deed, number, name, person, done), ids)))
    for number, deed in enumerate(story.events, 1):
        name = deed.person or next(iter(story.people))
        at = deed.at.at(starts, zone)
        heard = deed.told.at(starts, zone) if deed.told is not None else at
        if deed.enter is not None:
            told.append((heard, _enters(deed, number, name, story)))
        else:
            told.append((heard, _takes(_event(deed, number, name, story, at, heard), ids)))
    told.sort(key=lambda each: each[0])
    begins = min((at for at, _ in told), default=starts) - timedelta(minutes=1)
    assert story.until is not None
    with running_shop(clock=VirtualClock(begins)) as shop:
        for at, happens in told:
            shop.cloud.advance_to(at)
            happens(shop)
            shop.settle()
        shop.cloud.advance_to(story.until.at(starts, zone))
        names: dict[str, str] = {}
        for name, person in story.people.items():
            found = shop.holder("user_id", person.user_id or name)
            if found is not None:
                names |= dict.fromkeys((found.id, *found.parts), name)
        messages = [each for part in names for each in shop.wired.messages.of_person((part,))]
        runs = [each for part in names for each in shop.wired.journeys.of_person((part,))]
        return _told({each.id: each for each in messages}.values(), {each.id: each for each in runs}.values())


def _catalog(shop: Shop) -> Catalog:
    return shop.wired.catalog.current()


def _history(deed: Any, number: int, name: str, person: Any, at: datetime) -> Any:
    def made(shop: Shop) -> Any:
        event = event_of(deed, number, name, person, _catalog(shop), at=at, heard=at)
        return replace(event, id=f"history-{name}-{event.id}", triggers=False) if event else None

    return made


def _event(deed: Any, number: int, name: str, story: Story, at: datetime, heard: datetime) -> Any:
    return lambda shop: event_of(deed, number, name, story.people[name], _catalog(shop), at=at, heard=heard)


def _takes(made: Any, ids: list[str]) -> Callable[[Shop], None]:
    def happens(shop: Shop) -> None:
        event = made(shop)
        wired = shop.wired

        def new_id() -> str:
            ids.append(wired.new_profile_id())
            return ids[-1]

        ingest(
            (event,),
            people=wired.people,
            ledger=wired.ledger,
            catalog=_catalog(shop),
            now=shop.now,
            new_id=new_id,
        )

    return happens


def _enters(deed: Any, number: int, name: str, story: Story) -> Callable[[Shop], None]:
    def happens(shop: Shop) -> None:
        person = shop.holder("user_id", story.people[name].user_id or name)
        assert person is not None
        asked = EnterJourney(
            journey=deed.enter,
            person=person.id,
            request=deed.id or f"story-{number}",
            at=shop.now,
            key=deed.key,
            inputs=deed.inputs,
        )
        shop.wired.queues.send(Queue.WAKE, [asked.model_dump(mode="json")])

    return happens


def _of_time_travel(played: Played) -> dict[str, Any]:
    sent = {each.message.id: each.at for each in played.sent}
    return _told(played.messages, played.runs, sent)


def _told(messages: Any, runs: Any, sent: Any = None) -> dict[str, Any]:
    return {
        "messages": sorted(
            (each.campaign, each.channel, each.person, _outcome(each), _minute(each, sent))
            for each in messages
            if "." in each.campaign
        ),
        "runs": sorted(map(_walk, runs)),
    }


def _outcome(message: Message) -> str:
    if message.channel == "task":
        return "on the list"  # in time travel it is taken at once, and here only when somebody does
    return "sent" if message.state is State.SENT else f"{message.state} {message.reason}"


def _minute(message: Message, sent: Any) -> str:
    at = message.created_at if message.channel == "task" else message.changed_at
    if message.channel != "task" and message.state is State.SENT:
        said = [line.at for line in message.evidence if line.state is State.SENT]
        at = (sent or {}).get(message.id) or (said[0] if said else at)
    return f"{at:%Y-%m-%d %H:%M}"


def _walk(run: JourneyRun) -> tuple[Any, ...]:
    path = tuple((f"{each.at:%Y-%m-%d %H:%M}", each.node, each.why) for each in run.path)
    return (run.journey, run.person, run.key, str(run.state), run.reason, path)
