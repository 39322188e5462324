"""The port `Halts`: which journeys are paused, by the version that was read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kizuna.core.errors import NotFound
from kizuna.core.journeys.halts import AlreadyPaused, Halt, paused, resumed
from kizuna.core.journeys.pausing import Pause, pauses_of
from kizuna.core.ports import Halts

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_halt() -> Halt:
    return paused(None, "welcome", by="mika", reason="the offer is wrong", now=NOW)


def test_nothing_is_paused_at_first(halts: Halts) -> None:
    assert halts.current() == {}


def test_a_pause_is_read_as_it_was_stored_and_so_is_its_end(halts: Halts) -> None:
    halt = a_halt()
    assert halts.save(halt)
    assert halts.current() == {"welcome": halt}
    over = resumed(halt, "welcome", by="jun", timers="catch_up", now=NOW + HOUR)
    assert halts.save(over)
    assert halts.current() == {"welcome": over}
    assert not halts.current()["welcome"].stands


def test_of_two_who_pause_at_once_one_is_first_and_a_lost_answer_is_no_second(halts: Halts) -> None:
    halt = a_halt()
    other = paused(None, "welcome", by="jun", reason="too many complaints", now=NOW)
    assert halts.save(halt)
    assert halts.save(halt)
    assert not halts.save(other)
    assert halts.current() == {"welcome": halt}


def test_what_stands_is_not_paused_again_and_what_goes_is_not_resumed() -> None:
    halt = a_halt()
    with pytest.raises(AlreadyPaused):
        paused(halt, "welcome", by="jun", reason="once more", now=NOW)
    with pytest.raises(NotFound):
        resumed(None, "welcome", by="jun", timers="freeze", now=NOW)


def test_time_stood_still_in_a_pause_unless_whoever_resumed_said_that_it_ran_on() -> None:
    halt = resumed(a_halt(), "welcome", by="jun", timers="freeze", now=NOW + HOUR)
    halt = paused(halt, "welcome", by="jun", reason="again", now=NOW + 2 * HOUR)
    assert pauses_of(halt) == (Pause(NOW, NOW + HOUR), Pause(NOW + 2 * HOUR))
    halt = resumed(halt, "welcome", by="jun", timers="catch_up", now=NOW + 3 * HOUR)
    assert pauses_of(halt) == (Pause(NOW, NOW + HOUR),)
    assert pauses_of(None) == ()
