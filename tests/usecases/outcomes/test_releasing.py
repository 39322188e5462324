"""What a brake holds waits unwritten, and goes on once it is released, whatever dies in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kizuna.core.contracts import WakeHeld
from kizuna.core.errors import Unavailable
from kizuna.core.messages import By, State, move
from kizuna.core.restraint.brakes import Pause, RunBrake, Stop
from kizuna.topology import Queue
from kizuna.usecases.delivery import deliver
from kizuna.usecases.outcomes.braking import (
    Handbrake,
    in_silence,
    pause_run,
    release_marketing,
    resume_run,
    stop_marketing,
)
from kizuna.usecases.outcomes.releasing import PAGE, PAGES, look_after, wake_held
from tests.support.builders import NOON, a_message
from tests.support.customers import decided
from tests.support.fakes_of_brakes import InMemoryBrakes
from tests.support.house import House

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PEOPLE = 4


def a_run() -> tuple[House, str]:
    """A run whose messages wait for their sender."""
    house = decided(None, *(f"u{number}" for number in range(PEOPLE)))
    (run,) = {message.run for message in house.messages.stored.values()}
    return house, run


def pause(house: House, run: str) -> None:
    pause_run("spring", run, Pause("by_hand", NOON, "", "wait", by="ann"), house.brakes, tell=in_silence)


def resume(house: House, run: str, *, now: datetime = NOON + HOUR) -> None:
    resume_run("spring", run, house.brakes, by="ann", reason="fine", now=now, tell=in_silence)


def go_on(house: House, minutes: float) -> int:
    """What one minute does; how many have gone out by then."""
    now = NOON + minutes * MINUTE
    house.ring(now=now)
    house.settle(now=now)
    house.send(now=now)
    house.settle(now=now)
    return len(house.email.sent)


def versions(house: House) -> list[int]:
    return sorted(message.state_version for message in house.messages.stored.values())


def test_who_waits_for_a_brake_is_not_written_however_long_it_stands_and_goes_on_when_it_is_released() -> (
    None
):
    house, run = a_run()
    pause(house, run)
    assert go_on(house, 0) == 0
    before = versions(house)
    for quarter in range(1, 90):
        assert go_on(house, 15 * quarter) == 0
    assert versions(house) == before
    resume(house, run, now=NOON + 22.5 * HOUR)
    assert go_on(house, 22.5 * 60 + 1) == PEOPLE


def test_who_is_missed_by_every_word_looks_again_after_a_day() -> None:
    house, run = a_run()
    pause(house, run)
    go_on(house, 0)
    brake = house.brakes.current().of_run("spring", run)  # released, and nobody was told
    assert house.brakes.save_run(replace(brake, version=brake.version + 1, pause=None))
    assert go_on(house, 24 * 60 - 1) == 0
    assert go_on(house, 24 * 60) == PEOPLE


class Dies(InMemoryBrakes):
    """Stores nothing more about runs from some moment on."""

    dead = False

    def save_run(self, brake: RunBrake) -> bool:
        if self.dead:
            raise Unavailable("brakes")
        return super().save_run(brake)


def test_a_crash_behind_the_word_sends_it_again_and_nobody_is_written_to_twice() -> None:
    house, run = a_run()
    house.brakes = brakes = Dies()
    pause(house, run)
    go_on(house, 0)
    resume(house, run)
    brakes.dead = True
    for minute in (61, 62):
        with pytest.raises(Unavailable):
            look_after(house.brakes, house.queues, house.catalog, now=NOON + minute * MINUTE)
    brakes.dead = False
    assert go_on(house, 63) == PEOPLE
    assert go_on(house, 64) == PEOPLE


def test_who_is_held_by_what_a_sender_had_read_before_is_woken_a_while_later() -> None:
    house, run = a_run()
    pause(house, run)
    go_on(house, 0)
    slow = Handbrake(house.brakes)
    slow.hold_of(next(iter(house.messages.stored.values())), now=NOON)  # it has read the brakes
    resume(house, run)
    house.ring(now=NOON + 61 * MINUTE)
    house.settle(now=NOON + 61 * MINUTE)
    for body in house.taken(Queue.EMAIL):
        late = replace(house.deliverer, brakes=slow)
        deliver.deliver(body["message"], late, house.catalog, now=NOON + 62 * MINUTE)
    assert go_on(house, 79) == 0
    assert go_on(house, 80) == PEOPLE


def test_a_brake_that_is_pulled_again_wakes_nobody() -> None:
    house, run = a_run()
    pause(house, run)
    go_on(house, 0)
    resume(house, run)
    pause(house, run)
    before = versions(house)
    assert go_on(house, 61) == 0
    assert go_on(house, 90) == 0
    assert versions(house) == before


def test_what_is_held_expires_in_its_time() -> None:
    house, run = a_run()
    pause(house, run)
    go_on(house, 0)
    until = {message.expires_at for message in house.messages.stored.values()}
    (expires_at,) = until
    assert expires_at is not None
    days = (expires_at - NOON) / MINUTE
    for at in (24 * 60, days - 1):
        go_on(house, at)
    assert {message.state for message in house.messages.stored.values()} == {State.PENDING}
    go_on(house, days)
    assert {message.state for message in house.messages.stored.values()} == {State.EXPIRED}


def test_all_promotion_is_woken_when_a_person_releases_it() -> None:
    house, _ = a_run()
    stop_marketing(Stop("by_hand", NOON, "", "wait", by="ann"), house.brakes, tell=in_silence)
    assert go_on(house, 0) == 0
    before = versions(house)
    assert go_on(house, 600) == 0
    assert versions(house) == before
    release_marketing(house.brakes, by="ann", reason="fine", now=NOON + 11 * HOUR, tell=in_silence)
    assert go_on(house, 661) == PEOPLE


def test_what_time_alone_stops_waits_until_then() -> None:
    house, _ = a_run()
    until = NOON + 3 * HOUR
    stop_marketing(Stop("budget", NOON, "", "spent", until=until), house.brakes, tell=in_silence)
    assert go_on(house, 0) == 0
    assert {message.not_before for message in house.messages.stored.values()} == {until}
    assert go_on(house, 179) == 0
    assert go_on(house, 180) == PEOPLE


def test_who_waits_for_something_else_than_a_brake_is_left_to_wait() -> None:
    house, run = a_run()
    pause(house, run)
    go_on(house, 0)
    first, second, *_ = house.messages.stored.values()
    for message, by in ((first, By.HOLD), (second, By.ANSWER)):
        house.messages.stored[message.id] = move(
            message, State.PENDING, now=NOON, by=by, not_before=NOON + 5 * HOUR
        )
    resume(house, run)
    assert go_on(house, 61) == PEOPLE - 2
    assert go_on(house, 5 * 60) == PEOPLE


def test_a_large_run_is_woken_part_by_part_and_everybody_once() -> None:
    house, run = a_run()
    house.messages.stored.clear()
    for number in range(PAGE * PAGES + 5):
        held = a_message(f"p{number}", campaign="spring", run=run, created_at=NOON - number * MINUTE)
        house.messages.stored[held.id] = move(held, State.PENDING, now=NOON, by=By.BRAKE)
    words = [WakeHeld(campaign="spring", run=run)]
    rung: list[str] = []
    parts = 0
    while words:
        wake_held(words.pop(), house.messages, house.queues, house.catalog, now=NOON)
        parts += 1
        for body in house.taken(Queue.WAKE):
            if body["type"] == "wake_held":
                words.append(WakeHeld.model_validate(body))
            else:
                rung.append(body["id"])
    assert parts == 2
    assert sorted(rung) == sorted(house.messages.stored)


def test_a_campaign_that_is_gone_and_another_run_are_not_woken() -> None:
    house, run = a_run()
    for message in list(house.messages.stored.values()):
        house.messages.stored[message.id] = move(message, State.PENDING, now=NOON, by=By.BRAKE)
    about = (house.messages, house.queues, house.catalog)
    assert wake_held(WakeHeld(campaign="gone"), *about, now=NOON) == 0
    assert wake_held(WakeHeld(campaign="spring", run="another"), *about, now=NOON) == 0
    assert wake_held(WakeHeld(campaign="spring", run=run), *about, now=NOON) == PEOPLE
