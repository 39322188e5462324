"""A hold by staff: until it ends, or until it is released; and the longer of two that come together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.people import Listing
from kizuna.core.restraint.staff_holds import HOLD, NAME, STAFF, held_by_staff
from kizuna.core.segments.lists import hold_event, listed, tells_of_list, united_lists
from tests.support.builders import NOON, a_profile

HOUR = timedelta(hours=1)
OPEN = Listing(True, NOON, "mika", None, "is ill")


@pytest.mark.parametrize(
    ("listing", "holds"),
    [
        (OPEN, True),
        (replace(OPEN, until=NOON + HOUR), True),
        (replace(OPEN, until=NOON), False),
        (replace(OPEN, inside=False), False),
        (None, False),
    ],
)
def test_it_stands_until_it_ends_or_is_released(listing: Listing | None, holds: bool) -> None:
    lists = {} if listing is None else {HOLD: listing}
    found = held_by_staff(a_profile(lists=lists), now=NOON)
    assert found == (listing if holds else None)
    assert (STAFF, set(NAME)) == ("staff", {"en", "ja"})


def test_the_event_says_who_why_and_until_when() -> None:
    event = hold_event("p1", inside=True, by="mika", reason="is ill", at=NOON, request="r", until=NOON + HOUR)
    assert tells_of_list(event)
    assert listed({}, event) == {HOLD: Listing(True, NOON, "mika", NOON + HOUR, "is ill")}
    released = hold_event("p1", inside=False, by="ken", reason="well again", at=NOON + HOUR, request="r")
    assert listed(listed({}, event), released) == {
        HOLD: Listing(False, NOON + HOUR, "ken", None, "well again")
    }
    assert event.id != released.id


def test_of_two_people_who_turn_out_to_be_one_the_longer_hold_stays() -> None:
    short, long = replace(OPEN, until=NOON + HOUR, at=NOON + HOUR), replace(OPEN, until=NOON + 2 * HOUR)
    for one, other, stays in (
        (short, long, long),
        (long, OPEN, OPEN),
        (replace(OPEN, inside=False), short, short),
    ):
        assert (
            united_lists({HOLD: one}, {HOLD: other})
            == united_lists({HOLD: other}, {HOLD: one})
            == {HOLD: stays}
        )
