"""When a wait is over: lengths, local times, days that a trait tells, and the spread of people over a while.

Local times are those of the person's own clock, through every change of it: a time that a spring morning leaves out
comes with the first minute after the gap, one that an autumn night has twice comes once, the first time.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from kizuna.core.durations import LAST
from kizuna.core.ids import bucket
from kizuna.core.journeys.parts import LocalMoment, TraitMoment, length_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.journeys.steps import Wait
from kizuna.core.people import Profile
from kizuna.core.zones import DAY, day_at, first_instant, start_of_day, zone_named

_DAYS_AHEAD = 15  # every weekday comes twice, also where a day was left out


@dataclass(frozen=True, slots=True)
class Timer:
    """When a wait is over. `runs`: it is a length of time, which a pause makes longer; else it is a fixed moment."""

    at: datetime
    runs: bool = False


@dataclass(frozen=True, slots=True)
class NoMoment:
    """The trait that is to tell the moment is not there, or tells none."""


def timer_of(wait: Wait, run: JourneyRun, profile: Profile, *, zone: str, now: datetime) -> Timer | NoMoment:
    """When somebody who comes to a wait at `now` goes on; an instant that is not after `now` means at once.

    `zone` is the journey's own, for those whose clock is not known.
    """
    spread = jitter_of(wait, run)
    if wait.for_ is not None:
        return Timer(wait.for_.after(now, zone_of(profile, zone)) + spread, runs=True)
    if wait.until_local is not None:
        local = wait.until_local
        where = zone_named(local.zone) or zone_of(profile, local.default_zone or zone)
        return Timer(next_local(local, where, after=now) + spread)
    if wait.until_trait is not None:
        told = moment_of(wait.until_trait, profile, zone=zone, now=now)
        return NoMoment() if told is None else Timer(_later(told, spread))
    if wait.until is not None:
        return Timer(_later(wait.until, spread))
    raise ValueError(f"step {wait.id} waits for nothing")


def zone_of(profile: Profile, default: str) -> tzinfo:
    """The person's zone, or the one that is named for those who have none."""
    return zone_named(profile.zone_name) or zone_named(default) or UTC


def jitter_of(wait: Wait, run: JourneyRun) -> timedelta:
    """How much longer this run waits here: whole seconds, the same however often it is asked."""
    if wait.jitter is None:
        return timedelta()
    share = bucket(f"jitter|{wait.id}|{run.visits.get(wait.id, 0)}", run.id)
    return timedelta(seconds=int(share * length_of(wait.jitter).total_seconds()))


def next_local(local: LocalMoment, zone: tzinfo, *, after: datetime) -> datetime:
    """The first instant later than `after` at which the clock comes to this time on one of these weekdays."""
    today = day_at(zone, after)
    for ahead in range(_DAYS_AHEAD):
        day = today + ahead * DAY
        if day.weekday() not in local.days:
            continue
        moment = at_local(zone, day, local.minute)
        if moment is not None and moment > after:
            return moment
    return LAST


def at_local(zone: tzinfo, day: date, minute: int) -> datetime | None:
    """The first instant of a day at which its clock shows so many minutes after midnight or, where it never does,
    more. None where the zone left the day out."""
    try:
        moment = first_instant(zone, datetime.combine(day, time(minute // 60, minute % 60)))
    except OverflowError:
        return None
    return moment if day_at(zone, moment) == day else None


def moment_of(wanted: TraitMoment, profile: Profile, *, zone: str, now: datetime) -> datetime | None:
    """The moment that a trait tells, moved by the offset; None where there is no such trait or it tells none, or one
    that no calendar has (some systems write a day of the year 1 for a day that they do not know)."""
    where = zone_of(profile, wanted.default_zone or zone)
    told = _told(profile.trait(wanted.trait), where)
    if told is None:
        return None
    minute = None if wanted.time is None else int(wanted.time[:2]) * 60 + int(wanted.time[3:])
    try:
        if wanted.yearly:
            return _next_yearly(wanted, told, where, minute, now)
        return _shifted(wanted, told, where, minute)
    except OverflowError:
        return None


def _told(value: object, zone: tzinfo) -> date | datetime | None:
    """A day, or an instant with its time; an instant without a zone is by the person's clock."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == len("2026-11-22"):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _day_of(told: date | datetime, zone: tzinfo) -> date:
    return day_at(zone, told) if isinstance(told, datetime) else told


def _shifted(wanted: TraitMoment, told: date | datetime, zone: tzinfo, minute: int | None) -> datetime | None:
    """Whole days, weeks and months are moved by the calendar, so that the time of day stays what it was."""
    if isinstance(told, datetime) and minute is None:
        return wanted.shifted(told, zone)
    return _on_day(wanted, _day_of(told, zone), zone, minute or 0)


def _on_day(wanted: TraitMoment, day: date, zone: tzinfo, minute: int) -> datetime | None:
    """A time of the day that lies the offset away from this one."""
    noon = datetime.combine(day, time(12), UTC)
    moved = wanted.shifted(noon)
    rest = moved - datetime.combine(
        moved.date(), time(12), UTC
    )  # hours and minutes of the offset, if it has any
    begins = at_local(zone, moved.date(), minute) or start_of_day(zone, moved.date())
    return begins + rest


def _next_yearly(
    wanted: TraitMoment, told: date | datetime, zone: tzinfo, minute: int | None, now: datetime
) -> datetime | None:
    """The next time that month and day come, strictly later than now."""
    born = _day_of(told, zone)
    if minute is None and isinstance(told, datetime):
        local = told.astimezone(zone)
        minute = local.hour * 60 + local.minute
    around = now.year - (wanted.shifted(now).year - now.year)  # the year whose day, moved, comes about now
    for year in range(around - 2, around + 3):
        if not 1 < year < LAST.year:
            continue
        moment = _on_day(wanted, _in_year(born, year), zone, minute or 0)
        if moment is not None and moment > now:
            return moment
    return None


def _in_year(day: date, year: int) -> date:
    """The same day of another year; 29 February is the 28th where there is none."""
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def _later(moment: datetime, spread: timedelta) -> datetime:
    try:
        return moment.astimezone(UTC) + spread
    except OverflowError:
        return LAST
