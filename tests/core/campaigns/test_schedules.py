"""No run is skipped and none comes twice, whatever the clocks of a zone do: ten years in every zone of the world."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.campaigns import OnSchedule
from kizuna.core.campaigns.schedules import runs_between
from kizuna.core.zones import change_of_offset, first_instant, offset_at

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BEGIN, YEARS = datetime(2026, 1, 1, tzinfo=UTC), 10
END = BEGIN.replace(year=BEGIN.year + YEARS)
ZONES = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})
# Half an hour, at midnight, two hours, with a year's break for Ramadan, south of the equator, and none at all.
ODD = (
    "Australia/Lord_Howe", "America/Havana", "Antarctica/Troll", "Africa/Casablanca", "America/Santiago",
    "Europe/Berlin", "Asia/Beirut", "Asia/Tokyo",
)  # fmt: skip


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    day = BEGIN
    while day < END:
        if offset_at(zone, day) != offset_at(zone, day + DAY):
            yield change_of_offset(zone, day, day + DAY)
        day += DAY


def by_minutes(zone: ZoneInfo, at: time, since: datetime, until: datetime) -> list[datetime]:
    """Runs found by looking at the clock each minute: the first minute of a day at which it is that late or later."""
    found: dict[date, datetime] = {}
    minute = since - 2 * DAY
    started = (minute + offset_at(zone, minute)).date()
    due = started + DAY
    while minute < until:
        wall = (minute + offset_at(zone, minute)).replace(tzinfo=None)
        while wall >= datetime.combine(due, at):
            found[due] = minute
            due += DAY
        minute += MINUTE
    return [run for run in found.values() if since <= run < until]


def schedules(zone: str, at: time) -> tuple[OnSchedule, OnSchedule]:
    rule = f"FREQ=DAILY;BYHOUR={at.hour};BYMINUTE={at.minute}"
    return (
        OnSchedule(cron=f"{at.minute} {at.hour} * * *", zone=zone),
        OnSchedule(rrule=rule, zone=zone, starts_at=BEGIN - 10 * DAY),
    )


def near(zone: str, change: datetime) -> list[time]:
    """Times of day that a change of clocks touches, with those at its edges."""
    here = ZoneInfo(zone)
    walls = [change + offset_at(here, change - MINUTE), change + offset_at(here, change)]
    return [(wall + away * MINUTE).time() for wall in walls for away in (-30, -1, 0, 1, 15, 30)]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(ODD), st.integers(0, 19), st.integers(0, 11))
def test_runs_are_those_that_somebody_finds_who_looks_at_the_clock_each_minute(
    zone: str, which: int, touched: int
) -> None:
    found = list(changes(ZoneInfo(zone))) or [BEGIN + 100 * DAY]
    change = found[which % len(found)]
    at = near(zone, change)[touched]
    span = {"since": change - 2 * DAY, "until": change + 2 * DAY}
    expected = by_minutes(ZoneInfo(zone), at, span["since"], span["until"])
    for schedule in schedules(zone, at):
        assert list(runs_between(schedule, **span)) == expected


def once_a_day(zone: str, at: time, schedule: OnSchedule, *, since: datetime, until: datetime) -> None:
    here = ZoneInfo(zone)
    first, last = (since + offset_at(here, since)).date() - DAY, (until + offset_at(here, until)).date() + DAY
    days = [first + number * DAY for number in range((last - first).days + 1)]
    expected = [
        run for day in days if since <= (run := first_instant(here, datetime.combine(day, at))) < until
    ]
    assert list(runs_between(schedule, since=since, until=until)) == expected


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 20), st.integers(0, 11))
def test_in_no_zone_is_a_run_skipped_or_doubled_around_a_change_of_clocks(
    zone: str, which: int, touched: int
) -> None:
    found = list(changes(ZoneInfo(zone))) or [BEGIN + 100 * DAY]
    change = found[which % len(found)]
    at = near(zone, change)[touched]
    for schedule in schedules(zone, at):
        once_a_day(zone, at, schedule, since=change - 3 * DAY, until=change + 3 * DAY)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_ten_years_in_every_zone_hold_one_run_a_day(part: int) -> None:
    for number, zone in enumerate(ZONES[part::8]):
        change = next(changes(ZoneInfo(zone)), BEGIN)
        at = near(zone, change)[number % 12]
        once_a_day(zone, at, schedules(zone, at)[number % 2], since=BEGIN, until=END)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ODD[:2])
def test_ten_years_minute_by_minute(zone: str) -> None:
    here = ZoneInfo(zone)
    at = near(zone, next(changes(here)))[2]
    expected = by_minutes(here, at, BEGIN, END)
    assert len(expected) in range(3_651, 3_654)
    for schedule in schedules(zone, at):
        assert list(runs_between(schedule, since=BEGIN, until=END)) == expected


def test_a_day_that_a_zone_left_out_starts_its_run_as_the_next_day_begins() -> None:
    samoa = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    schedule = OnSchedule(cron="0 9 * * *", zone="Pacific/Apia")
    runs = list(
        runs_between(
            schedule, since=datetime(2011, 12, 29, tzinfo=samoa), until=datetime(2012, 1, 1, tzinfo=samoa)
        )
    )
    assert [run.astimezone(samoa).strftime("%d %H:%M") for run in runs][-1] == "31 09:00"
    assert first_instant(samoa, datetime(2011, 12, 30, 9)) == datetime(2011, 12, 30, 10, tzinfo=UTC)  # noqa: DTZ001


def by_dateutil(rule: str, start: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
    """The first runs of a daily rule: the days of dateutil, from before the start on, told as instants."""
    days = rrulestr(rule, dtstart=start.astimezone(zone).replace(tzinfo=None, second=0) - 3 * DAY)
    runs = dict.fromkeys(first_instant(zone, wall) for wall in islice(days, 10 * count + 30))
    return [run for run in runs if run >= start][:count]


def counts_each_run(zone: str, change: datetime, away: int, hours: tuple[int, ...], count: int) -> None:
    start = change + away * MINUTE
    rule = f"FREQ=DAILY;BYHOUR={','.join(map(str, hours))};BYMINUTE=0,30"
    plan = OnSchedule(rrule=f"{rule};COUNT={count}", zone=zone, starts_at=start)
    found = list(runs_between(plan, since=start - 3 * DAY, until=start + (count + 5) * DAY))
    assert found == by_dateutil(rule, start, ZoneInfo(zone), count)
    assert len(found) == count
    last = f"{rule};UNTIL={found[-1]:%Y%m%dT%H%M%SZ}"
    until = OnSchedule(rrule=last, zone=zone, starts_at=start)
    assert list(runs_between(until, since=start - 3 * DAY, until=start + (count + 5) * DAY)) == found


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(ODD) | st.sampled_from(ZONES),
    st.integers(0, 20),
    st.integers(-150, 150),
    st.lists(st.integers(0, 3) | st.integers(0, 23), min_size=1, max_size=3, unique=True)
    .map(sorted)
    .map(tuple),
    st.integers(1, 6),
)
def test_count_promises_runs_that_come_wherever_near_a_change_of_clocks_it_begins(
    zone: str, which: int, away: int, hours: tuple[int, ...], count: int
) -> None:
    found = list(changes(ZoneInfo(zone))) or [BEGIN + 100 * DAY]
    counts_each_run(zone, found[which % len(found)], away, hours, count)


def test_a_start_in_the_second_pass_of_an_hour_loses_no_run() -> None:
    start = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # 01:30 in New York, for the second time
    plan = OnSchedule(rrule="FREQ=DAILY;COUNT=3", zone="America/New_York", starts_at=start)
    found = [run.isoformat() for run in runs_between(plan, since=start, until=start + 9 * DAY)]
    assert found == [f"2026-11-0{day}T06:30:00+00:00" for day in (2, 3, 4)]


def test_a_start_with_seconds_costs_no_run_that_count_promises() -> None:
    trigger = {"rrule": "FREQ=DAILY;COUNT=3", "starts_at": "2027-01-31T09:00:30Z"}
    plan = OnSchedule.model_validate(trigger)
    found = runs_between(plan, since=datetime(2027, 1, 1, tzinfo=UTC), until=datetime(2028, 1, 1, tzinfo=UTC))
    assert [run.isoformat() for run in found] == [f"2027-02-0{day}T09:00:00+00:00" for day in (1, 2, 3)]
