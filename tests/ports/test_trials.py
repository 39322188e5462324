"""The contract of `Trials`, and of the note by which message somebody came into an experiment."""

from __future__ import annotations

from dataclasses import replace

from kizuna.core.experiments.standing import Outcome, Standing
from tests.support.builders import NOON
from tests.support.stores import Stores

FIRST = Standing("spring", "k3j9dm4a", version=1, began_at=NOON)


def test_of_what_was_never_decided_nothing_stands(stores: Stores) -> None:
    assert stores.trials.current() == {}


def test_standings_come_back_as_they_were_stored(stores: Stores) -> None:
    ended = replace(
        FIRST,
        version=2,
        shares={"a": 0.25, "b": 0.75},
        stopped={"c": NOON},
        outcome=Outcome("winner", "b", NOON, {"en": "b did best.", "ja": "bが最も良い結果でした。"}),
        uneven=True,
    )
    other = replace(FIRST, campaign="journey.step", experiment="x")
    assert stores.trials.save(FIRST)
    assert stores.trials.save(ended)
    assert stores.trials.save(other)
    assert stores.trials.current() == {ended.key: ended, other.key: other}


def test_of_two_who_decide_at_once_one_is_first(stores: Stores) -> None:
    assert stores.trials.save(FIRST)
    assert stores.trials.save(FIRST)  # the reply to the first try was lost
    assert not stores.trials.save(replace(FIRST, uneven=True))
    one, other = replace(FIRST, version=2, uneven=True), replace(FIRST, version=2, stopped={"a": NOON})
    assert stores.trials.save(one)
    assert not stores.trials.save(other)
    assert stores.trials.current()[FIRST.key] == one


def test_somebody_comes_into_an_experiment_by_one_message(stores: Stores) -> None:
    first_of = stores.messages.first_of
    assert first_of("p1", "spring~k3j9", "m1")
    assert first_of("p1", "spring~k3j9", "m1")  # asked again, after a crash
    assert not first_of("p1", "spring~k3j9", "m2")
    assert first_of("p2", "spring~k3j9", "m2")
    assert first_of("p1", "spring~other", "m2")
