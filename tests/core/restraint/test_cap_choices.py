"""What becomes of a message that is too much: which of several full caps decides, and what takes no room."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.restraint.caps import CapStanding, FrequencyCap, Heard, cap_standing, room_at
from kizuna.core.restraint.pressure import Pressure, Touch
from tests.support.builders import NOON

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def a_cap(on_hit: str = "drop", count: int = 1, window: Any = "1d", **more: Any) -> FrequencyCap:
    digest = {"digest": "round-up"} if on_hit == "digest" else {}
    return FrequencyCap.model_validate({"count": count, "window": window, "on_hit": on_hit, **digest, **more})


HEARD = Heard(Pressure(1, (Touch(NOON - HOUR, "email", "m1"),)))


def asked(*caps: FrequencyCap, heard: Heard = HEARD, message: str = "asked") -> CapStanding:
    return cap_standing(caps, heard, Touch(NOON, "email", message), now=NOON, zone="UTC")


FREES = NOON + DAY - HOUR
STANDINGS: dict[str, CapStanding] = {
    "drop": CapStanding(1, 1),
    "next_channel": CapStanding(1, 1, elsewhere=True),
    "digest": CapStanding(1, 1, FREES, "round-up"),
    "defer": CapStanding(1, 1, FREES),
}


@pytest.mark.parametrize("on_hit", STANDINGS)
def test_a_full_cap_says_what_becomes_of_the_message(on_hit: str) -> None:
    assert asked(a_cap(on_hit)) == STANDINGS[on_hit]
    assert asked(a_cap(on_hit, count=2)) == CapStanding(1, 2)


@given(st.permutations(list(STANDINGS)), st.integers(1, 4))
def test_of_several_full_caps_the_strictest_decides(order: list[str], many: int) -> None:
    chosen = order[:many]
    strictest = next(on_hit for on_hit in STANDINGS if on_hit in chosen)
    assert asked(*(a_cap(on_hit) for on_hit in chosen)) == STANDINGS[strictest]


@pytest.mark.parametrize(("first", "second"), list(permutations(STANDINGS, 2)))
def test_of_two_full_caps_the_stricter_decides(first: str, second: str) -> None:
    stricter = min(first, second, key=list(STANDINGS).index)
    assert asked(a_cap(first), a_cap(second)) == STANDINGS[stricter]


def test_a_message_that_waits_for_a_later_room_is_still_gathered() -> None:
    found = asked(a_cap("digest"), a_cap("defer", window="3d"))
    assert (found.frees_at, found.digest) == (NOON + 3 * DAY - HOUR, "round-up")


def test_a_count_of_nothing_waits_for_nothing() -> None:
    assert asked(a_cap("digest", count=0)) == CapStanding(1, 0)
    assert asked(a_cap("next_channel", count=0)) == CapStanding(1, 0, elsewhere=True)


@pytest.mark.parametrize("wrong", [{"on_hit": "digest"}, {"on_hit": "drop", "digest": "round-up"}])
def test_a_digest_is_named_where_there_is_one(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FrequencyCap.model_validate({"count": 1, "window": "1d", **wrong})


# ── whose turn it is ────────────────────────────────────────────────────────────────────────────


def two_counted(own: timedelta) -> Heard:
    touches = (Touch(NOON - own, "email", "own"), Touch(NOON - HOUR, "email", "later"))
    return Heard(Pressure(2, touches), behind=frozenset({"later"}))


def test_what_is_behind_takes_no_room_from_who_has_a_place_already() -> None:
    assert asked(a_cap(), heard=two_counted(2 * HOUR), message="own") == CapStanding(0, 1)


def test_a_place_that_has_left_the_window_is_none() -> None:
    assert asked(a_cap(), heard=two_counted(2 * DAY), message="own") == CapStanding(1, 1)


def test_who_has_no_place_waits_behind_everybody() -> None:
    assert asked(a_cap(), heard=two_counted(2 * HOUR), message="stranger") == CapStanding(2, 1)


@settings(max_examples=150)
@given(
    st.lists(st.integers(1, 60), min_size=2, max_size=7, unique=True),
    st.integers(1, 4),
    st.data(),
)
def test_of_however_many_counted_messages_just_as_many_go_as_there_is_room_for(
    hours: list[int], count: int, data: st.DataObject
) -> None:
    """A merge left more than the cap allows; they are tried in any order, each seeing who was heard so far."""
    cap = a_cap(count=count, window="3d")
    touches = {f"m{hour}": Touch(NOON - hour * HOUR, "email", f"m{hour}") for hour in hours}
    pressure = Pressure(1, tuple(touches.values()))
    heard: set[str] = set()
    refused: set[str] = set()
    for name in data.draw(st.permutations(sorted(touches))):
        own = (touches[name].at, name)
        behind = {
            other
            for other, touch in touches.items()
            if other in refused or (other not in heard and (touch.at, other) > own)
        }
        found = cap_standing(
            [cap], Heard(pressure, behind=frozenset(behind)), touches[name], now=NOON, zone=None
        )
        full = found.cap is not None and found.sent_in_window >= found.cap
        (refused if full else heard).add(name)
    assert len(heard) == min(count, len(touches))


def test_when_there_is_room_again() -> None:
    assert room_at(a_cap(), HEARD.person, now=NOON, zone="UTC") == FREES
    assert room_at(a_cap(count=2), HEARD.person, now=NOON, zone="UTC") is None
    assert room_at(a_cap(count=0), HEARD.person, now=NOON, zone="UTC") is None


@pytest.mark.parametrize(
    ("capped", "heard", "counted"),
    [
        ("spring", "spring", 1),
        ("spring", "autumn", 0),
        ("welcome", "welcome.first", 1),  # a journey is all of its steps
        ("welcome", "welcome.first.again", 1),
        ("welcome.first", "welcome.first", 1),
        ("welcome.first", "welcome.second", 0),
        ("welcome", "welcomes", 0),
        ("first", "welcome.first", 0),
    ],
)
def test_a_cap_of_a_campaign_or_a_journey_counts_what_is_of_it(capped: str, heard: str, counted: int) -> None:
    known = Pressure(1, (Touch(NOON - HOUR, "email", "m1", campaign=heard),))
    own = Touch(NOON, "email", "asked", campaign=capped)
    cap = a_cap(campaign=capped)
    assert cap_standing([cap], Heard(known), own, now=NOON, zone="UTC").sent_in_window == counted
    assert (room_at(cap, known, now=NOON, zone="UTC") is not None) is bool(counted)


def test_a_day_ends_where_the_person_is() -> None:
    """NOON is 21:00 in Tokyo: their day began 21 hours ago and ends in three."""
    cap = a_cap(window={"calendar_local": "day"})
    of_today, of_yesterday = (Pressure(1, (Touch(NOON - hours * HOUR, "email", "m1"),)) for hours in (20, 22))
    assert room_at(cap, of_today, now=NOON, zone="Asia/Tokyo") == NOON + 3 * HOUR
    assert room_at(cap, of_yesterday, now=NOON, zone="Asia/Tokyo") is None
    assert room_at(cap, of_today, now=NOON, zone="UTC") is None


@pytest.mark.parametrize(
    ("counts", "lost", "counted"), [("sent", True, 1), ("delivered", True, 0), ("delivered", False, 1)]
)
def test_what_did_not_arrive_is_left_out_where_a_cap_counts_what_did(
    counts: str, lost: bool, counted: int
) -> None:
    known = Heard(Pressure(1, (Touch(NOON - HOUR, "email", "m1", lost=lost),)))
    assert asked(a_cap(counts=counts), heard=known).sent_in_window == counted
