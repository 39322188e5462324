"""Waves over the fan-out as it is: nothing goes out before its wave, and a pause puts off all that is to come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kizuna.core.messages import State
from kizuna.core.ramp import wave_of
from kizuna.core.restraint.brakes import Pause
from kizuna.usecases.outcomes.braking import in_silence, pause_run, resume_run
from kizuna.usecases.reports import report_body
from tests.support.builders import NOON
from tests.support.customers import mail_shop, subscribe
from tests.support.house import House

RAMP = {"large": 10, "first": 0.2, "first_at_most": 10_000, "second": 0.3}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PEOPLE = 60


def a_large_run(**campaign: Any) -> tuple[House, str]:
    """Sixty people are a large run here: so many that each wave has somebody."""
    house = House(mail_shop(campaign, ramp=RAMP))
    house.ingest(*(subscribe(f"u{number}") for number in range(PEOPLE)))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    (run,) = {message.run for message in house.messages.stored.values()}
    return house, run


def report(house: House, now: Any) -> Any:
    body = report_body("spring", runs=house.runs, counters=house.counters, brakes=house.brakes, now=now)
    return body["runs"][0]


def go_on(house: House, now: Any) -> int:
    """Sweep, react, deliver; how many have gone out by then."""
    house.ring(now=now)
    house.settle(now=now)
    house.send(now=now)
    house.settle(now=now)
    return len(house.email.sent)


def sizes(house: House, run: str) -> list[int]:
    found = house.runs.get("spring", run)
    assert found is not None
    people = [message.person for message in house.messages.stored.values()]
    drawn = [wave_of(found.waves, campaign="spring", run=run, person=person) for person in people]
    return [drawn.count(number) for number in range(3)]


def test_each_wave_goes_out_in_its_hour_and_everybody_is_in_one() -> None:
    house, run = a_large_run()
    first, second, third = sizes(house, run)
    assert min(first, second, third) > 0
    assert go_on(house, NOON) == first
    assert go_on(house, NOON + 59 * MINUTE) == first
    assert [wave["state"] for wave in report(house, NOON + 59 * MINUTE)["waves"]] == [
        "begun",
        "waits",
        "waits",
    ]
    assert go_on(house, NOON + HOUR) == first + second
    assert go_on(house, NOON + 2 * HOUR - MINUTE) == first + second
    assert go_on(house, NOON + 2 * HOUR) == PEOPLE
    assert {message.state for message in house.messages.stored.values()} == {State.SENT}


def test_a_large_run_whose_messages_do_not_live_for_three_waves_says_that_it_goes_out_at_once() -> None:
    house, _ = a_large_run(expires_after="90m")
    assert go_on(house, NOON) == PEOPLE
    told = report(house, NOON)
    assert (told["waves"], told["unramped"]) == ([], True)


def test_a_run_in_waves_and_a_small_one_say_no_such_thing() -> None:
    assert report(a_large_run()[0], NOON)["unramped"] is False
    small = House(mail_shop({"expires_after": "90m"}, ramp=RAMP | {"large": 1_000}))
    small.ingest(subscribe("u1"))
    small.settle()
    small.start("spring", NOON)
    assert report(small, NOON)["unramped"] is False


def test_a_second_tick_and_a_second_walk_change_no_wave() -> None:
    house, run = a_large_run()
    before = dict(house.messages.stored)
    house.start("spring", NOON, now=NOON + 30 * MINUTE)
    house.walk(now=NOON + 30 * MINUTE)
    assert dict(house.messages.stored) == before
    assert go_on(house, NOON + 30 * MINUTE) == sizes(house, run)[0]


def test_a_message_that_comes_to_its_sender_too_early_waits_for_its_wave() -> None:
    house, run = a_large_run()
    first = sizes(house, run)[0]
    for message_id in list(house.messages.stored):
        house.deliver(message_id, now=NOON)
    assert len(house.email.sent) == first


def test_a_pause_puts_off_every_wave_that_is_still_to_come() -> None:
    house, run = a_large_run()
    first, second, _ = sizes(house, run)
    go_on(house, NOON)
    pause_run(
        "spring", run, Pause("complaint", NOON + 40 * MINUTE, "", "Paused"), house.brakes, tell=in_silence
    )
    assert go_on(house, NOON + 3 * HOUR) == first
    states = [wave["state"] for wave in report(house, NOON + 3 * HOUR)["waves"]]
    assert states == ["begun", "paused", "paused"]
    resumed_at = NOON + 40 * MINUTE + 3 * HOUR
    resume_run("spring", run, house.brakes, by="ann", reason="fine", now=resumed_at, tell=in_silence)
    assert go_on(house, resumed_at + 19 * MINUTE) == first
    go_on(house, resumed_at + 20 * MINUTE)
    assert go_on(house, resumed_at + 40 * MINUTE) == first + second
    assert go_on(house, resumed_at + 79 * MINUTE) == first + second
    go_on(house, resumed_at + 80 * MINUTE)
    assert go_on(house, resumed_at + 100 * MINUTE) == PEOPLE


def test_a_run_that_is_not_large_and_one_that_is_no_promotion_go_out_at_once() -> None:
    house = House(mail_shop())
    house.ingest(*(subscribe(f"u{number}") for number in range(5)))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.settle()
    assert go_on(house, NOON) == 5
    assert report(house, NOON)["waves"] == []
