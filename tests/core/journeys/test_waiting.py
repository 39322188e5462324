"""Waiting: for a time, by the person's own clock, for what they do; and what happens first comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.journeys.advance import advance
from kizuna.core.journeys.moments import at_local, moment_of, next_local
from kizuna.core.journeys.occurrences import EventHappened, SegmentChanged, TimePassed
from kizuna.core.journeys.parts import LocalMoment, TraitMoment
from kizuna.core.journeys.run import RunState
from kizuna.core.people import Trait
from kizuna.core.segments import EVERYONE
from tests.support.builders import NOON, SERVER, a_profile
from tests.support.walks import Walk, leave, say, wait, wait_for

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOKYO, BERLIN, APIA = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ── local times ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("zone", "time", "weekdays", "after", "expected"),
    [
        (TOKYO, "09:00", (), "2026-11-23 12:00", "2026-11-24 00:00"),
        (TOKYO, "09:00", (), "2026-11-23 00:00", "2026-11-24 00:00"),  # strictly later
        (TOKYO, "09:00", (), "2026-11-22 23:59", "2026-11-23 00:00"),
        (TOKYO, "18:00", ("friday",), "2026-11-23 12:00", "2026-11-27 09:00"),
        (TOKYO, "18:00", ("weekend",), "2026-11-23 12:00", "2026-11-28 09:00"),
        (BERLIN, "02:30", (), "2026-03-28 12:00", "2026-03-29 01:00"),  # 02:30 is left out: 03:00 CEST
        (BERLIN, "02:30", (), "2026-10-24 12:00", "2026-10-25 00:30"),  # comes twice: the first time
        (BERLIN, "02:30", (), "2026-10-25 00:30", "2026-10-26 01:30"),  # and not the second
        (BERLIN, "09:00", (), "2026-03-28 12:00", "2026-03-29 07:00"),
        (APIA, "09:00", ("friday",), "2011-12-29 12:00", "2012-01-05 19:00"),  # Friday the 30th was left out
    ],
)
def test_a_local_time_is_that_of_the_clock_through_every_change_of_it(
    zone: ZoneInfo, time: str, weekdays: tuple[str, ...], after: str, expected: str
) -> None:
    local = LocalMoment.model_validate({"time": time, "weekdays": weekdays})
    assert next_local(local, zone, after=utc(after)) == utc(expected)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]
    ),
    st.integers(0, 30 * 365 * 24 * 60),
    st.integers(0, 1439),
)
def test_the_next_local_time_is_later_and_less_than_three_days_away(
    zone: str, minutes: int, minute: int
) -> None:
    local = LocalMoment(time=f"{minute // 60:02}:{minute % 60:02}")
    after, place = utc("2005-01-01") + timedelta(minutes=minutes), ZoneInfo(zone)
    found = next_local(local, place, after=after)
    shown = found.astimezone(place)
    assert after < found <= after + 3 * DAY
    assert shown.hour * 60 + shown.minute >= minute or shown.date() > after.astimezone(place).date()
    assert at_local(place, shown.date(), minute) == found


def test_whoever_has_no_clock_goes_by_the_journeys_own() -> None:
    steps = {"id": "w", "type": "wait", "until_local": {"time": "09:00"}}
    assert Walk(steps, say("m"), default_zone="Asia/Tokyo").run.due_at == utc("2026-11-24 00:00")
    known = a_profile(zone="Europe/Berlin")
    assert Walk(steps, say("m"), default_zone="Asia/Tokyo", profile=known).run.due_at == utc(
        "2026-11-24 08:00"
    )


# ── days that a trait tells ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ("2026-12-24", {}, "2026-12-23 15:00"),
        ("2026-12-24", {"time": "09:00"}, "2026-12-24 00:00"),
        ("2026-12-24", {"offset": "-3d", "time": "09:00"}, "2026-12-21 00:00"),
        ("2026-12-24", {"offset": "2h"}, "2026-12-23 17:00"),
        ("2026-12-31", {"offset": "2mo"}, "2027-02-27 15:00"),
        ("2026-12-24T10:30:00Z", {"offset": "+1d"}, "2026-12-25 10:30"),
        ("2026-12-24T10:30:00", {}, "2026-12-24 01:30"),
        ("1990-11-25", {"yearly": True, "time": "09:00"}, "2026-11-25 00:00"),
        ("1990-11-22", {"yearly": True, "time": "09:00"}, "2027-11-22 00:00"),
        ("1992-02-29", {"yearly": True, "time": "09:00"}, "2027-02-28 00:00"),
        ("1990-11-25", {"yearly": True, "offset": "-7d", "time": "09:00"}, "2027-11-18 00:00"),
        ("soon", {}, None),
        (20261224, {}, None),
    ],
)
def test_a_day_that_a_trait_tells(value: Any, wanted: dict[str, Any], expected: str | None) -> None:
    profile = a_profile(traits={"day": Trait(value, NOON, SERVER.id)}, zone="Asia/Tokyo")
    found = moment_of(TraitMoment(trait="day", **wanted), profile, zone="UTC", now=NOON)
    assert found == (utc(expected) if expected else None)


def test_without_the_trait_a_run_leaves_or_goes_on_as_told() -> None:
    def steps(**more: Any) -> list[dict[str, Any]]:
        return [{"id": "w", "type": "wait", "until_trait": {"trait": "renewal", **more}}, dict(say("m"))]

    assert Walk(*steps()).run.reason == "trait_missing"
    assert Walk(*steps(if_missing="continue")).told == ["spring.m"]


@pytest.mark.parametrize(
    "value", ["0001-01-01", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "0000-00-00"]
)
@pytest.mark.parametrize("zone", [ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Kiritimati"), UTC])
@pytest.mark.parametrize("offset", [None, "-3d", "-3h", "18mo"])
@pytest.mark.parametrize("time", [None, "00:00", "09:00"])
@pytest.mark.parametrize("yearly", [False, True])
def test_a_day_at_the_edge_of_the_calendar_stops_nobody(
    value: str, zone: ZoneInfo, offset: str | None, time: str | None, yearly: bool
) -> None:
    wanted = {"trait": "day", "offset": offset, "time": time, "yearly": yearly, "if_missing": "continue"}
    person = a_profile(traits={"day": Trait(value, NOON, SERVER.id)})
    step = {"id": "d", "type": "wait", "until_trait": wanted, "jitter": "2h"}
    walk = Walk(step, say("m"), profile=person, default_zone=str(zone))
    assert walk.run.is_over or walk.run.due_at is not None


def test_jitter_behind_the_last_moment_of_all_waits_for_that() -> None:
    walk = Walk({"id": "w", "type": "wait", "until": "9999-12-31T23:59:59Z", "jitter": "30d"}, say("m"))
    assert walk.run.due_at is not None


@pytest.mark.parametrize("years", range(-6, 7))
def test_a_yearly_day_comes_each_year_however_far_it_is_moved(years: int) -> None:
    wanted = TraitMoment.model_validate({"trait": "day", "yearly": True, "offset": f"{years:+}y"})
    person = a_profile(traits={"day": Trait("1980-12-01", NOON, SERVER.id)})
    assert moment_of(wanted, person, zone="UTC", now=NOON) == utc("2026-12-01 00:00")


def test_a_day_that_is_put_off_meanwhile_is_waited_for_again() -> None:
    walk = Walk(
        {"id": "w", "type": "wait", "until_trait": {"trait": "renewal"}},
        say("m"),
        profile=a_profile(traits={"renewal": Trait("2026-11-25", NOON, SERVER.id)}),
    )
    walk.change_person(traits={"renewal": Trait("2026-11-30", NOON, SERVER.id)})
    walk.pass_time(days=3)
    assert (walk.told, walk.run.due_at) == ([], utc("2026-11-30 00:00"))
    walk.pass_time(days=5)
    assert walk.told == ["spring.m"]


@pytest.mark.parametrize("until", ["2026-11-23T12:00:00Z", "2026-11-01T00:00:00Z"])
def test_a_moment_that_is_past_continues_at_once(until: str) -> None:
    assert Walk({"id": "w", "type": "wait", "until": until}, say("m")).told == ["spring.m"]


def test_jitter_spreads_people_and_is_the_same_however_often_it_is_asked() -> None:
    def due(person: str) -> timedelta:
        walk = Walk(wait("w", "1h", jitter="30m"), say("m"), profile=a_profile(person))
        assert walk.run.due_at is not None
        return walk.run.due_at - NOON

    found = [due(f"p{number}") for number in range(50)]
    assert found == [due(f"p{number}") for number in range(50)]
    assert HOUR <= min(found) < max(found) <= HOUR + timedelta(minutes=30)
    assert len(set(found)) > 40


# ── what people do ──────────────────────────────────────────────────────────────────────────────


def answering() -> Walk:
    return Walk(
        wait_for(
            "answer",
            {"event": "Liked", "branch": "good"},
            {"event": "Rated", "where": [{"property": "stars", "op": "lte", "value": 2}], "branch": "bad"},
            timeout="2d",
            on_timeout="silent",
        ),
        leave("good", "good"),
        leave("bad", "bad"),
        leave("silent", "silent"),
    )


@pytest.mark.parametrize(
    ("name", "stars", "reason"),
    [("Liked", 5, "good"), ("Rated", 1, "bad"), ("Rated", 5, ""), ("Shared", 1, "")],
)
def test_the_first_of_several_events_decides_where_it_goes(name: str, stars: int, reason: str) -> None:
    walk = answering()
    walk.pass_time(hours=1)
    assert walk.happen(name, stars=stars).reason == reason


def test_if_nothing_comes_in_time_it_goes_on_without() -> None:
    walk = answering()
    walk.pass_time(days=2)
    assert (walk.run.reason, walk.path[0]) == ("silent", "answer timeout")


def test_only_what_is_about_the_same_thing_counts() -> None:
    walk = Walk(
        wait_for("paid", "Paid", match_key="cart"),
        say("thanks"),
        reentry={"per_key": "cart"},
        max_concurrent=5,
    )
    assert walk.run.key == "c1"
    assert not walk.happen("Paid", number=1, cart="c2").is_over
    assert walk.happen("Paid", number=2, cart="c1").is_over


def test_what_happened_before_the_run_came_to_the_step_does_not_count() -> None:
    walk = Walk(wait("w", "1h"), wait_for("answer", "Liked"), say("m"))
    walk.pass_time(hours=2)
    walk.happen("Liked", at=NOON + timedelta(minutes=30))
    assert walk.run.node == "answer"
    walk.happen("Liked", number=2, at=NOON + HOUR)
    assert walk.run.is_over


def test_what_began_a_run_is_not_what_it_waits_for_however_often_it_is_brought() -> None:
    walk = Walk(wait_for("again", "Cart Viewed"), say("m"))
    begun = walk.run
    assert walk.happen("Cart Viewed", number=0, at=NOON, cart="c1") is begun
    assert walk.happen("Cart Viewed", number=7, at=NOON).is_over


def test_a_segment_is_waited_for_unless_they_are_in_it_already() -> None:
    step = {"id": "vip", "type": "wait_segment", "segment": "vip", "timeout": "5d", "on_timeout": "never"}
    inside = a_profile(segments=frozenset({EVERYONE, "vip"}))
    assert Walk(step, say("m", next="end"), say("never"), profile=inside).told == ["spring.m"]
    walk = Walk(step, say("m", next="end"), say("never"))
    walk.bring(SegmentChanged("other", entered=True, cause="e1", at=NOON + HOUR))
    walk.bring(SegmentChanged("vip", entered=False, cause="e1", at=NOON + HOUR))
    assert walk.run.node == "vip"
    walk.now = NOON + 2 * HOUR
    assert walk.bring(SegmentChanged("vip", entered=True, cause="e2", at=walk.now)).is_over
    late = Walk(step, say("m", next="end"), say("never"))
    late.pass_time(days=5)
    assert late.told == ["spring.never"]


# ── order ───────────────────────────────────────────────────────────────────────────────────────


def test_the_same_event_twice_does_nothing_more() -> None:
    walk = Walk(wait_for("a", "Liked"), wait_for("b", "Liked"), say("m"))
    walk.now = NOON + HOUR
    liked = EventHappened(walk.event("Liked"))
    walk.bring(liked)
    assert walk.run.node == "b"
    before = walk.run
    assert walk.bring(liked) is before


def test_an_event_that_happened_after_the_alarm_was_due_does_not_go_before_it() -> None:
    walk = answering()
    walk.now = NOON + 3 * DAY  # the sweep is late, the event is processed first
    walk.happen("Liked", at=NOON + 2 * DAY)
    assert walk.run.reason == "silent"


def test_an_event_that_happened_before_the_alarm_was_due_goes_before_it() -> None:
    walk = answering()
    walk.now = NOON + 3 * DAY
    walk.happen("Liked", at=NOON + 2 * DAY - timedelta(seconds=1))
    assert walk.run.reason == "good"


def test_an_alarm_that_rings_early_or_twice_changes_nothing() -> None:
    walk = Walk(wait("w", "1h"), say("m"), wait("x", "1h"), say("n"))
    before = walk.run
    assert advance(before, TimePassed(), walk.scene).run is before
    walk.pass_time(hours=1)
    middle = walk.run
    assert walk.bring(TimePassed()) is middle
    assert walk.told == ["spring.m"]


def test_what_a_run_has_to_do_goes_before_what_it_waits_for_next() -> None:
    walk = Walk(wait("w", "1h"), say("m"), wait_for("clicked", "Clicked"), say("n"))
    walk.now = NOON + HOUR
    stored = advance(walk.run, TimePassed(), walk.scene).run
    assert (stored.state, stored.todo is not None) == (RunState.ACTIVE, True)
    event = EventHappened(walk.event("Clicked"))
    done = advance(stored, event, walk.scene)
    assert (done.run, done.left) == (stored, event)
