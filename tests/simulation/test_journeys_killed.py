"""Journeys whose workers are killed at their writes, before them and after them: every step once, and none lost.

People walk through mail, waits, an event to be waited for, a counted trait, an event of their own, a split with few
places and another journey. Whoever drives runs is killed again and again. What the provider accepted, what is counted
and what the records say is held against what each person's walk should have come to.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from kizuna.core.journeys.counting import counted, total
from kizuna.core.journeys.run import RunState
from kizuna.local.cloud import LocalCloud
from kizuna.topology import Function
from tests.support.clouds import WRITES, Shop, _hooked, running_shop
from tests.support.journeys_running import a_journey, does, mail, runs_of, starts, wait, with_journeys

SEEDS = int(os.environ.get("KIZUNA_JOURNEY_SEEDS", "3"))
PEOPLE = 6
DRIVES = frozenset({Function.REACT, Function.AUDIENCE, Function.CAMPAIGN, Function.WAKE})

LONG = a_journey(
    mail("hello"),
    {"id": "count", "type": "update_profile", "increment": {"greeted": 1}, "append": {"seen": "hello"}},
    wait("rest", "2d"),
    {"id": "say", "type": "emit_event", "event": "Trial Noted", "properties": {"from": "trial"}},
    {
        "id": "ask",
        "type": "wait_for",
        "events": [{"event": "Trial Answered", "branch": "fork"}],
        "timeout": "3d",
        "on_timeout": "last",
    },
    {
        "id": "fork",
        "type": "split",
        "weights": {"few": 100, "other": 0},
        "branches": {"few": "gift", "other": "last"},
        "limits": {"few": {"count": 2}},
        "overflow": "last",
    },
    mail("gift"),
    {"id": "on", "type": "journey", "start": "second", "next": "last"},
    mail("last"),
)
SECOND = a_journey(wait("breath", "1h"), mail("welcome"), id="second", enter={"api": True})


class Killed(BaseException):
    """The process ended here: nothing after it happens, and nobody is told."""


class Killer:
    """Kills whoever drives runs, at so many of their writes, before it is done or right after."""

    def __init__(self, seed: int, share: float) -> None:
        self._random = Random(seed)
        self._share = share
        self._running: list[Function] = []
        self.kills = 0
        self.on = False

    @contextmanager
    def around(self, name: Function) -> Iterator[None]:
        self._running.append(name)
        try:
            yield
        finally:
            self._running.pop()

    @property
    def strikes(self) -> bool:
        driving = self.on and bool(self._running) and self._running[-1] in DRIVES
        return driving and self._random.random() < self._share

    def before(self, model: Any, **_: Any) -> None:
        self._strike(model)

    def after(self, model: Any, **_: Any) -> None:
        self._strike(model)

    def _strike(self, model: Any) -> None:
        if model.name in WRITES and self.strikes:
            self.kills += 1
            raise Killed


def go_on(cloud: LocalCloud, length: timedelta) -> None:
    """Let time pass, however often somebody dies on the way."""
    until = cloud.clock.now() + length
    for _ in range(5_000):
        try:
            cloud.advance_to(until)
        except Killed:
            continue
        return
    raise AssertionError("the dying never ends")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_whoever_is_killed_no_step_is_done_twice_and_none_is_lost(seed: int) -> None:
    killer = Killer(seed, share=0.08)
    with running_shop(around=killer.around, documents=with_journeys(LONG, SECOND)) as shop:
        client = shop.wired._dynamodb
        with (
            _hooked(client, "before-call.dynamodb", killer.before),
            _hooked(client, "after-call.dynamodb", killer.after),
        ):
            killer.on = True
            users = [f"k{seed}-{number}" for number in range(PEOPLE)]
            for user in users:
                starts(shop, user, settle=False)
                go_on(shop.cloud, timedelta(minutes=7))
            go_on(shop.cloud, timedelta(days=2, hours=1))
            for user in users[:4]:
                does(shop, user, "Trial Answered", settle=False)
                go_on(shop.cloud, timedelta(minutes=7))
            go_on(shop.cloud, timedelta(days=4))
            killer.on = False
            shop.cloud.advance(timedelta(hours=1))
        assert killer.kills > 20
        assert verdict(shop, users) == []


def verdict(shop: Shop, users: list[str]) -> list[str]:
    """What is not as it should be."""
    wrong: list[str] = []
    gifts = 0
    for user in users:
        said = Counter(message.campaign for message in shop.messages(user))
        runs = {run.journey: run for run in runs_of(shop, user)}
        walk = runs["trial"]
        gifts += said["trial.gift"]
        should = {"trial.hello": 1, "trial.last": 1}
        if "gift" in walk.visits:
            should |= {"trial.gift": 1, "second.welcome": 1}
        if said != should:
            wrong.append(f"{user} was told {dict(said)}, not {should}")
        if len(shop.mails(user)) != sum(should.values()):
            wrong.append(f"{user} has {len(shop.mails(user))} mails, not {sum(should.values())}")
        traits = {name: trait.value for name, trait in shop.person(user).traits.items()}
        if (traits.get("greeted"), traits.get("seen")) != (1, ["hello"]):
            wrong.append(f"{user} was greeted {traits.get('greeted')} times: {traits.get('seen')}")
        if shop.names(user).count("Trial Noted") != 1:
            wrong.append(f"{user} has {shop.names(user).count('Trial Noted')} notes")
        if [run.state for run in runs.values()] != [RunState.COMPLETED] * len(runs):
            wrong.append(f"{user} is {[run.state for run in runs.values()]}")
    if gifts != 2:
        wrong.append(f"{gifts} gifts of two places")
    counts = counted(total(shop.wired.journeys.counts("trial")))
    entered = {node: step.entered for node, step in counts.steps.items()}
    walked: Counter[str] = Counter()
    for user in users:
        walked.update(next(run for run in runs_of(shop, user) if run.journey == "trial").visits)
    if (counts.begun, counts.inside, entered) != (PEOPLE, 0, dict(walked)):
        wrong.append(f"counted {counts.begun} begun, {counts.inside} inside, {entered}, not {dict(walked)}")
    return wrong
