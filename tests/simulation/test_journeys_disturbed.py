"""Journeys whose people, and which themselves, change in the middle, while whoever drives them is killed at writes.

Two turn out to be one and are told apart again, one is erased, the journey stands still for a day, and its later part
is written anew. Whatever the order of all that and of the deaths: each step is done once for each walk, and no walk
is lost.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from kizuna.core.journeys.counting import counted, total
from kizuna.core.journeys.run import RunState
from kizuna.usecases.identity.unmerge import Registry, last_merge_of, undo_merge
from kizuna.usecases.journeys import halting
from tests.simulation.test_journeys_killed import Killed, Killer, go_on
from tests.support.clouds import Shop, _hooked, running_shop
from tests.support.erasing import forget
from tests.support.journeys_running import a_journey, mail, starts, wait, with_journeys

SEEDS = int(os.environ.get("KIZUNA_JOURNEY_SEEDS", "1"))
HOUR = timedelta(hours=1)
STEPS = (
    mail("hello"),
    {"id": "count", "type": "update_profile", "increment": {"greeted": 1}},
    wait("rest", "2d"),
    mail("middle"),
    {"id": "ask", "type": "wait_for", "events": [{"event": "Trial Answered"}], "timeout": "1d"},
    mail("last"),
)
OLD = a_journey(*STEPS)
NEW = a_journey(*STEPS[:-1], wait("breath", "5h"), mail("farewell"))


def insist(shop: Shop, act: Callable[[], object]) -> None:
    """Whoever asks for something asks again until it is done: a queue, a member of staff, a client."""
    for _ in range(200):
        try:
            act()
        except Killed:
            continue
        break
    go_on(shop.cloud, timedelta(minutes=1))


def is_one(shop: Shop, visitor: str, user: str) -> None:
    told = {"type": "identify", "userId": user, "anonymousId": visitor, "messageId": f"{visitor}-is-{user}"}
    assert shop.send(told).status == 200


def begins_unknown(shop: Shop, visitor: str) -> None:
    traits = {"country": "US", "email": f"{visitor}@people.example"}
    told = {"type": "identify", "anonymousId": visitor, "messageId": f"{visitor}-told", "traits": traits}
    does = {
        "type": "track",
        "anonymousId": visitor,
        "event": "Trial Started",
        "messageId": f"{visitor}-starts",
    }
    assert shop.send(told, does).status == 200


def told_apart(shop: Shop, user: str) -> None:
    undo = Registry(shop.wired.people, shop.wired.ledger, shop.wired.merges)
    record = last_merge_of(shop.person(user), undo)
    undo_merge(record.id, undo, shop.wired.catalog.current(), now=shop.now)


def stands_still(shop: Shop) -> None:
    now = shop.now
    halting.pause(
        "trial", shop.wired.halts, shop.wired.catalog.current(), by="mika", reason="simulated", now=now
    )


def goes_on(shop: Shop) -> None:
    wired = shop.wired
    halting.resume("trial", wired.halts, wired.queues, wired.catalog.current(), by="mika", now=shop.now)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_changes_in_the_middle_each_walk_does_each_step_once(seed: int) -> None:
    killer, random = Killer(1_000 + seed, share=0.06), Random(seed)
    with running_shop(around=killer.around, documents=with_journeys(OLD)) as shop:
        client = shop.wired._dynamodb
        with (
            _hooked(client, "before-call.dynamodb", killer.before),
            _hooked(client, "after-call.dynamodb", killer.after),
        ):
            killer.on = True
            visitor, joins, erased, stays, late = (f"d{seed}-{name}" for name in ("v", "j", "e", "s", "l"))
            begins_unknown(shop, visitor)
            go_on(shop.cloud, HOUR)
            for user in (joins, erased, stays):
                starts(shop, user, settle=False)
                go_on(shop.cloud, timedelta(minutes=7))
            person = shop.person(erased).id
            deeds: list[Callable[[], object]] = [
                lambda: insist(shop, lambda: is_one(shop, visitor, joins)),
                lambda: _quietly(killer, lambda: forget(shop, person)),
                lambda: _stops_for_a_day(shop),
                lambda: _quietly(killer, lambda: shop.apply(with_journeys(NEW))),
            ]
            random.shuffle(deeds)
            for deed in deeds:
                deed()
                go_on(shop.cloud, timedelta(hours=random.randrange(1, 9)))
            if random.random() < 0.5:
                insist(shop, lambda: told_apart(shop, joins))
            starts(shop, late, settle=False)
            go_on(shop.cloud, timedelta(days=7))
            killer.on = False
            shop.cloud.advance(HOUR)
        assert killer.kills > 5
        assert verdict(shop, visitor, joins, stays, late) == []
        assert shop.wired.journeys.of_person((person,)) == ()


def _stops_for_a_day(shop: Shop) -> None:
    insist(shop, lambda: stands_still(shop))
    go_on(shop.cloud, timedelta(days=1))
    insist(shop, lambda: goes_on(shop))


def _quietly(killer: Killer, act: Callable[[], object]) -> None:
    """What is done outside of those who drive runs, and has simulations of its own."""
    killer.on = False
    act()
    killer.on = True


def verdict(shop: Shop, visitor: str, joins: str, stays: str, late: str) -> list[str]:
    """What is not as it should be."""
    wrong: list[str] = []
    parts = {part for user in (joins, stays, late) for part in shop.person(user).parts}
    holder = shop.holder("anonymous_id", visitor)
    parts |= set(holder.parts) if holder is not None else set()
    walks = shop.wired.journeys.of_person(sorted(parts))
    messages = {each.id: each for part in parts for each in shop.wired.messages.of_person((part,))}
    said = Counter((each.run, each.campaign) for each in messages.values())
    for (run, campaign), times in said.items():
        if times > 1:
            wrong.append(f"{campaign} was said {times} times by run {run}")
    for walk in walks:
        doubled = {node: times for node, times in walk.visits.items() if times != 1}
        if doubled:
            wrong.append(f"a run came by {doubled}")
        heard = {campaign.partition(".")[2] for run, campaign in said if run == walk.id}
        should = {"hello", "middle", "last", "farewell"} & walk.visits.keys()
        if heard != should:
            wrong.append(f"a run at {walk.node} told {heard}, not {should}")
        whole = walk.visits.keys() in (_nodes(OLD), _nodes(NEW))
        if (walk.state, whole) != (RunState.COMPLETED, True) and walk.reason != "merged":
            wrong.append(f"a run is {walk.state} {walk.reason} at {walk.node}: {dict(walk.visits)}")
    ended_by_merge = sum(walk.reason == "merged" for walk in walks)
    if (len(walks), ended_by_merge) != (4, 1):
        wrong.append(f"{len(walks)} walks, {ended_by_merge} of them ended because two were one")
    for user in (stays, late):
        if len(shop.mails(user)) != len(shop.messages(user)):
            wrong.append(f"{user} has {len(shop.mails(user))} mails of {len(shop.messages(user))} messages")
        if shop.person(user).trait("greeted") != 1:
            wrong.append(f"{user} was greeted {shop.person(user).trait('greeted')} times")
    counts = counted(total(shop.wired.journeys.counts("trial")))
    if (counts.begun, counts.inside) != (5, 0):
        wrong.append(f"counted {counts.begun} begun and {counts.inside} inside")
    return wrong


def _nodes(journey: dict[str, object]) -> set[str]:
    steps = journey["steps"]
    assert isinstance(steps, list)
    return {step["id"] for step in steps}
