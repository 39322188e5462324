"""What somebody has heard of us lately."""

from __future__ import annotations

from datetime import timedelta

from kizuna.core.restraint.pressure import Pressure, Touch, united, until, with_touch, without
from tests.support.builders import NOON

HOUR = timedelta(hours=1)
LONG_AGO = NOON - timedelta(days=90)


def touches(*hours_ago: int, channel: str = "email") -> tuple[Touch, ...]:
    return tuple(Touch(NOON - hours * HOUR, channel, f"m{number}") for number, hours in enumerate(hours_ago))


def test_a_message_that_is_counted_again_counts_once_at_its_new_instant() -> None:
    once = with_touch(Pressure(), Touch(NOON, "email", "m1"), oldest=LONG_AGO)
    twice = with_touch(once, Touch(NOON + HOUR, "email", "m1"), oldest=LONG_AGO)
    assert twice == Pressure(2, (Touch(NOON + HOUR, "email", "m1"),))


def test_what_is_too_old_for_every_cap_is_forgotten() -> None:
    held = Pressure(3, touches(48, 24, 1))
    after = with_touch(held, Touch(NOON, "email", "m9"), oldest=NOON - 24 * HOUR)
    assert [touch.message for touch in after.touches] == ["m2", "m9"]
    assert after.version == 4


def test_a_message_that_was_never_heard_is_taken_out_and_only_once() -> None:
    held = Pressure(3, touches(2, 1))
    after = without(held, "m0")
    assert after == Pressure(4, held.touches[1:])
    assert without(after, "m0") is None


def test_people_who_turn_out_to_be_one_have_heard_what_both_did() -> None:
    own, other = Pressure(4, touches(5, 1)), Pressure(9, touches(3, channel="sms"))
    together = united(own, [other, Pressure(1, own.touches)])
    assert together.version == 4
    # `m0` of both is one message
    assert [touch.at for touch in together.touches] == [NOON - 5 * HOUR, NOON - HOUR]
    assert united(own, []) == own


def test_what_was_heard_up_to_an_instant_includes_that_instant() -> None:
    assert until(Pressure(7, touches(5, 3, 1)), NOON - 3 * HOUR) == Pressure(7, touches(5, 3))
