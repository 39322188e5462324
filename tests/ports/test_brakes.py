"""The contract of `BrakeStore`: what is pulled stands for everybody at once, and of two that pull one is first."""

from __future__ import annotations

from datetime import timedelta

from kizuna.core.restraint.brakes import Brakes, Pause, RunBrake, Stop, paused, resumed, stopped, warned
from tests.support.builders import NOON
from tests.support.stores import Stores

PAUSE = Pause("complaint", NOON, "auto_pause.complaint", "Paused: 3 complaints.", 20, 3, 8.25)
STOP = Stop("bounce", NOON, "breakers.bounce", "Too many.", until=NOON + timedelta(hours=1), sent=9, bad=3)


def test_what_was_never_pulled_is_off(stores: Stores) -> None:
    assert stores.brakes.current() == Brakes()
    assert stores.brakes.current().of_run("spring", "r1") == RunBrake("spring", "r1")


def test_brakes_come_back_as_they_were_stored(stores: Stores) -> None:
    run = paused(RunBrake("spring", "r1"), PAUSE)
    again = resumed(run, by="ann", reason="looked at it", now=NOON + timedelta(hours=3))
    other = paused(RunBrake("spring #1", "r1"), PAUSE)
    account = warned(stopped(stores.brakes.current().account, STOP), "budget", "80 %", now=NOON)
    assert stores.brakes.save_run(run)
    assert stores.brakes.save_run(again)
    assert stores.brakes.save_run(other)
    assert stores.brakes.save_account(stopped(stores.brakes.current().account, STOP))
    assert stores.brakes.save_account(account)
    found = stores.brakes.current()
    assert found == Brakes({("spring", "r1"): again, ("spring #1", "r1"): other}, account)
    assert found.paused() == (other,)


def test_of_two_that_read_the_same_one_is_first(stores: Stores) -> None:
    first = paused(RunBrake("spring", "r1"), PAUSE)
    second = paused(RunBrake("spring", "r1"), Pause("by_hand", NOON, "", "stop", by="ann"))
    assert stores.brakes.save_run(first)
    assert stores.brakes.save_run(first)  # the reply to the first try was lost
    assert not stores.brakes.save_run(second)
    assert stores.brakes.current().of_run("spring", "r1") == first
