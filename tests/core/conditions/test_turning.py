"""An answer about a trait turns exactly when it says so, whatever the clocks of the person's zone do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.conditions import Condition, View, evaluate
from kizuna.core.durations import Duration, instant_to_text
from kizuna.core.zones import day_at, next_day_change, start_of_day, zone_named
from tests.support.builders import NOON
from tests.support.examples import examples
from tests.support.histories import DAY, HOUR, a_view, the_condition

STEP = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)

# A change of the clocks in each, and what is odd about it.
CHANGES: Mapping[str, str] = {
    "Europe/Berlin": "2027-03-28T01:00",  # forward, at night
    "America/New_York": "2026-11-01T06:00",  # back, at night
    "America/Sao_Paulo": "2018-11-04T03:00",  # forward at midnight: the day begins at one
    "America/Havana": "2026-11-01T05:00",  # back to midnight: it comes twice
    "Australia/Lord_Howe": "2027-04-03T15:00",  # by half an hour
    "Africa/Casablanca": "2027-02-07T02:00",  # back for the month of Ramadan
    "Pacific/Apia": "2011-12-30T10:00",  # a day was left out
    "Asia/Beirut": "2027-03-27T22:00",  # forward at midnight
    "Asia/Tokyo": "2027-03-01T00:00",  # none, but a month ends
    "UTC": "2028-02-29T00:00",
}
LENGTHS = ("15m", "6h", "1d", "2d", "1mo", "2mo", "1y")
WINDOWS = ("within_last", "not_within_last", "before_last", "within_next", "after_next")


def zone_of(name: str) -> Any:
    zone = zone_named(name)
    assert zone is not None
    return zone


def assert_turns_exactly(
    condition: Condition, view: View, *, start: datetime, end: datetime, step: timedelta
) -> None:
    """Only asked at its alarms, the answer is what it is at every step, and at no alarm it is what it was."""
    answer = evaluate(condition, view, now=start)
    now = start
    while now < end:
        if answer.flips_at is not None and answer.flips_at <= now:
            told = evaluate(condition, view, now=answer.flips_at)
            assert told.matched is not answer.matched, ("nothing turned", answer.flips_at)
            answer = told
        else:
            assert evaluate(condition, view, now=now).matched is answer.matched, ("turned unseen", now)
            now += step


@st.composite
def places(draw: st.DrawFn) -> tuple[str, datetime]:
    name = draw(st.sampled_from(sorted(CHANGES)))
    return name, datetime.fromisoformat(CHANGES[name]).replace(tzinfo=UTC)


def near(change: datetime, steps: int) -> datetime:
    return change + steps * STEP


@st.composite
def windows(draw: st.DrawFn) -> tuple[dict[str, Any], Any, str, datetime]:
    """A window, and instants (or days) that come in or go out of it within some hours of a change of the clocks."""
    name, change = draw(places())
    zone, op, text = zone_of(name), draw(st.sampled_from(WINDOWS)), draw(st.sampled_from(LENGTHS))
    by_day = draw(st.booleans()) and text not in ("15m", "6h")
    length = Duration.parse(text)
    instants = []
    for steps in draw(st.lists(st.integers(-60, 60), min_size=1, max_size=3)):
        turn = near(change, steps)
        at = length.after(turn, zone) if op in ("within_next", "after_next") else length.before(turn, zone)
        at = draw(st.sampled_from([at, turn]))
        instants.append(str(day_at(zone, at)) if by_day and draw(st.booleans()) else instant_to_text(at))
    value: Any = instants if len(instants) > 1 else instants[0]
    leaf = {"trait": "at", "op": op, "value": text, "zone": draw(st.sampled_from(["person", name]))}
    return leaf | ({"value_type": "date"} if by_day else {}), value, name, change


@settings(max_examples=examples(60), deadline=None)
@given(windows())
def test_windows_turn_exactly(case: tuple[dict[str, Any], Any, str, datetime]) -> None:
    leaf, value, zone, change = case
    view = a_view(traits={"at": value}, zone=zone)
    start, end = near(change, -100), near(change, 100)
    assert_turns_exactly(the_condition(leaf), view, start=start, end=end, step=STEP)


@st.composite
def days(draw: st.DrawFn) -> tuple[dict[str, Any], Any, str, datetime]:
    """Questions about today, of days around a change of the clocks."""
    name, change = draw(places())
    instants = [near(change, steps) for steps in draw(st.lists(st.integers(-90, 90), min_size=1, max_size=2))]
    texts = [draw(st.sampled_from([str(day_at(zone_of(name), at)), instant_to_text(at)])) for at in instants]
    leaf: dict[str, Any] = {"trait": "at", "op": "same_day", "value": "today"}
    if draw(st.booleans()):
        leaf = {"trait": "at", "op": "anniversary"}
        years = draw(st.integers(-3, 3))
        texts = [_other_year(text, years) for text in texts]
        leaf |= draw(
            st.sampled_from([{}, {"offset": "-1d"}, {"offset": "1d", "window": "2d"}, {"window": "1w"}])
        )
    return leaf, texts, name, change


def _other_year(text: str, years: int) -> str:
    return f"{int(text[:4]) + years:04d}{text[4:]}".replace("-02-29", "-02-28")


@settings(max_examples=examples(60), deadline=None)
@given(days())
def test_days_turn_exactly(case: tuple[dict[str, Any], Any, str, datetime]) -> None:
    leaf, value, zone, change = case
    view = a_view(traits={"at": value}, zone=zone)
    start, end = near(change, -150), near(change, 150)
    assert_turns_exactly(the_condition(leaf), view, start=start, end=end, step=STEP)


@settings(max_examples=examples(40), deadline=None)
@given(
    st.sampled_from(
        [{"for_at_least": "2d"}, {"for_less_than": "2d"}, {"for_at_least": "1mo"}, {"op": "changed"}]
    ),
    places(),
    st.integers(-60, 60),
)
def test_how_long_a_trait_holds_turns_exactly(
    options: dict[str, Any], place: tuple[str, datetime], steps: int
) -> None:
    name, change = place
    told = {"trait": "plan", "op": "has_been", "value": "pro", "zone": "person", **options}
    leaf = {"trait": "plan", "op": "changed_within", "value": "2d"} if "op" in options else told
    length = Duration.parse(str(options.get("for_at_least", "2d")))
    since = length.before(near(change, steps), zone_of(name))
    view = a_view(traits={"plan": "pro"}, since={"plan": since}, zone=name)
    start, end = near(change, -100), near(change, 100)
    assert_turns_exactly(the_condition(leaf), view, start=start, end=end, step=STEP)


# ── by the minute ───────────────────────────────────────────────────────────────────────────────

MINUTES: Mapping[str, tuple[str, dict[str, Any], Any, str]] = {
    "the clock goes back over midnight, a minute after it": (
        "America/St_Johns", {"op": "same_day", "value": "today"}, "2006-10-29", "2006-10-29T02:00",
    ),
    "the day begins at one": (
        "America/Sao_Paulo", {"op": "same_day", "value": "today"}, "2018-11-04", "2018-11-04T02:00",
    ),
    "an hour comes twice": (
        "Europe/Berlin", {"op": "within_last", "value": "1mo"}, "2026-09-25T00:30:00Z", "2026-10-24T22:00",
    ),
    "an hour is left out": (
        "Europe/Berlin", {"op": "before_last", "value": "1mo"}, "2027-02-28T01:30:00Z", "2027-03-27T23:00",
    ),
    "the moment falls into the hour that is left out": (
        "Europe/Berlin", {"op": "within_next", "value": "1mo"}, "2027-04-28T00:30:00Z", "2027-03-27T23:00",
    ),
    "an instant comes": ("UTC", {"op": "within_next", "value": "1h"}, "2026-11-23T12:34:00Z", "2026-11-23T11:00"),
}  # fmt: skip


@pytest.mark.parametrize("case", MINUTES)
def test_it_turns_to_the_minute(case: str) -> None:
    zone, leaf, value, around = MINUTES[case]
    start = datetime.fromisoformat(around).replace(tzinfo=UTC)
    condition = the_condition({"trait": "at", "zone": "person", **leaf})
    view = a_view(traits={"at": value}, zone=zone)
    assert_turns_exactly(condition, view, start=start, end=start + 6 * HOUR, step=MINUTE)


def test_it_turns_to_the_microsecond() -> None:
    leaf = the_condition({"trait": "at", "op": "within_last", "value": "1h"})
    view = a_view(traits={"at": "2026-11-23T12:00:00.000001Z"})
    at = NOON + timedelta(microseconds=1)
    assert [evaluate(leaf, view, now=now).flips_at for now in (NOON, at)] == [at, at + HOUR]


def test_a_date_that_nobody_waits_for_sets_no_alarm() -> None:
    for leaf in (
        {"op": "within_last", "value": "7d"},
        {"op": "before_last", "value": "7d"},
        {"op": "same_day", "value": "today"},
        {"op": "within_next", "value": "7d", "value_type": "date"},
    ):
        condition = the_condition({"trait": "at", **leaf})
        assert evaluate(condition, a_view(traits={"at": "2001-05-01"}), now=NOON).flips_at is None
        assert evaluate(condition, a_view(traits={"at": "soon"}), now=NOON).flips_at is None


def test_a_birthday_wakes_nobody_before_it_comes() -> None:
    leaf = the_condition({"trait": "born", "op": "anniversary"})
    view = a_view(traits={"born": "1990-11-22"}, zone="Asia/Tokyo")
    assert evaluate(leaf, view, now=NOON).flips_at == datetime(2027, 11, 21, 15, tzinfo=UTC)


def test_a_list_of_a_thousand_dates_is_answered_at_once() -> None:
    texts = [instant_to_text(NOON + number * HOUR) for number in range(-500, 500)]
    leaf = the_condition({"trait": "at", "op": "within_next", "value": "1mo", "zone": "Europe/Berlin"})
    answer = evaluate(leaf, a_view(traits={"at": texts}), now=NOON)
    assert answer.matched
    assert answer.flips_at == NOON + 499 * HOUR


EDGES = [
    "0001-01-01",
    "9999-12-31",
    "0001-01-01T00:00:00+09:00",
    "9999-12-31T23:59:59-09:00",
    "0001-01-05T00:00:00Z",
]


@pytest.mark.parametrize("text", EDGES)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_dates_at_the_ends_of_the_calendar_are_answered(text: str, zone: str) -> None:
    leaves: list[dict[str, Any]] = [
        {"op": op, "value": length, **more}
        for op in WINDOWS
        for length in ("0d", "7d", "1mo", "9999y", "999999w")
        for more in ({}, {"value_type": "date"})
    ]
    leaves += [
        {"op": "same_day", "value": "today"},
        {"op": "anniversary", "offset": "-366d", "window": "366d"},
    ]
    leaves += [{"op": "on", "value": "2026-11-23"}, {"op": "before", "value": "2026-11-23"}]
    for leaf in leaves:
        condition = the_condition({"trait": "at", "zone": "person", **leaf})
        answer = evaluate(condition, a_view(traits={"at": text}, zone=zone), now=NOON)
        assert answer.flips_at is None or answer.flips_at > NOON


# ── days of a zone ──────────────────────────────────────────────────────────────────────────────


def hours_around(name: str) -> Iterator[datetime]:
    change = datetime.fromisoformat(CHANGES[name]).replace(tzinfo=UTC)
    return (change + number * 30 * MINUTE for number in range(-120, 120))


@pytest.mark.parametrize("name", CHANGES)
def test_a_day_begins_when_it_is_that_day_and_was_not_a_moment_before(name: str) -> None:
    zone = zone_of(name)
    for now in hours_around(name):
        turn = next_day_change(zone, now)
        assert day_at(zone, turn) != day_at(zone, now) == day_at(zone, turn - timedelta(microseconds=1))
        begin = start_of_day(zone, day_at(zone, now))
        assert begin <= now
        assert day_at(zone, begin) == day_at(zone, now)
        assert day_at(zone, begin - timedelta(microseconds=1)) < day_at(zone, now)


def test_a_day_that_was_left_out_begins_with_the_next() -> None:
    apia = zone_of("Pacific/Apia")
    assert start_of_day(apia, date(2011, 12, 30)) == start_of_day(apia, date(2011, 12, 31))
    assert start_of_day(apia, date(2011, 12, 30)) - start_of_day(apia, date(2011, 12, 29)) == DAY
