"""The moment at which somebody is to hear a message: chosen once, when it is decided, by their clock and habits.

Whoever asks again gets the same answer: it follows from the person, the definition and the beginning of the run, and
what looks drawn (which hour is tried out, which minute of it) is a hash of campaign, run and person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, assert_never

from kizuna.core.campaigns.definition import Campaign
from kizuna.core.campaigns.rhythm import NONE, Hits, Rhythm, posterior, remembered_hits, slot_of
from kizuna.core.campaigns.schedules import OnSchedule
from kizuna.core.campaigns.send_time import AtBestHour, AtInstant, AtLocalTime, AtOnce
from kizuna.core.durations import instant_to_text
from kizuna.core.ids import bucket
from kizuna.core.people import Profile
from kizuna.core.policy import WEEKDAYS
from kizuna.core.zones import DAY, change_of_offset, day_at, first_instant, offset_at, zone_named

_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)
_AHEAD = 9  # days: each weekday is among them, even where a zone left one out


class Because(StrEnum):
    """Why it is this moment."""

    AT_ONCE = "at_once"
    FIXED = "fixed"
    LOCAL_TIME = "local_time"
    NEXT_DAY = "next_day"  # the time was over where they are
    PASSED = "passed"  # likewise, and so it is now, or never
    OWN_HABIT = "own_habit"
    HABIT_OF_ALL = "habit_of_all"  # nothing is known of them
    NO_HABIT_KNOWN = "no_habit_known"  # of anybody
    TRIED_OUT = "tried_out"


@dataclass(frozen=True, slots=True)
class Moment:
    """When, and why then. `at` is None where the person is left out: their time was over."""

    at: datetime | None
    because: Because
    own_zone: bool = True  # False: no zone of theirs is known, and it is the declared one
    hour: int | None = None  # of the day, local
    rate: float | None = None  # of reactions that is expected
    own: Hits = NONE  # what is known of them at this hour

    def record(self) -> dict[str, Any]:
        """As decision records keep it. It holds no zone."""
        told: dict[str, Any] = {"because": str(self.because)}
        if self.at is not None:
            told["at"] = instant_to_text(self.at)
        if not self.own_zone:
            told["declared_zone"] = True
        if self.rate is not None:
            told |= {"hour": self.hour, "rate": round(self.rate, 4), "own": [self.own.tries, self.own.hits]}
        return told


def moment_for(
    profile: Profile,
    campaign: Campaign,
    *,
    run: str,
    channel: str,
    since: datetime,
    rhythm: Rhythm | None = None,
) -> Moment:
    """When this person hears a message of a run that began at `since` (of a trigger: that arose then).

    Never before `since`. `rhythm` is what is known of everybody on the channel; it matters to `best_hour` alone.
    """
    rule = campaign.send_time
    match rule:
        case AtOnce():
            return Moment(since, Because.AT_ONCE)
        case AtInstant():
            return Moment(max(since, rule.at.astimezone(UTC)), Because.FIXED)
        case AtLocalTime():
            return _at_local_time(rule, campaign, profile, since)
        case AtBestHour():
            salt = f"send-time:{campaign.id}:{run}"
            return _at_best_hour(rule, campaign, profile, since, channel, salt, rhythm or Rhythm())
        case _:
            assert_never(rule)


def last_moment(campaign: Campaign, *, since: datetime) -> datetime:
    """An instant after which nobody's moment comes, wherever they are."""
    rule = campaign.send_time
    match rule:
        case AtOnce():
            return since
        case AtInstant():
            return max(since, rule.at.astimezone(UTC))
        case AtLocalTime():
            lead = rule.lead.seconds if isinstance(campaign.trigger, OnSchedule) else 0
            return since + timedelta(seconds=lead) + (_AHEAD + 3) * DAY
        case AtBestHour():
            return since + timedelta(seconds=rule.horizon.seconds)
        case _:
            assert_never(rule)


def _zone(profile: Profile, campaign: Campaign, default: str | None) -> tuple[tzinfo, bool]:
    """The person's zone, or the declared one; and whether it is their own."""
    own = zone_named(profile.zone_name)
    return (own, True) if own is not None else (zone_named(default) or _planned_in(campaign), False)


def _planned_in(campaign: Campaign) -> tzinfo:
    trigger = campaign.trigger
    return (zone_named(trigger.zone) if isinstance(trigger, OnSchedule) else None) or UTC


# ── local time ──────────────────────────────────────────────────────────────────────────────────


def _at_local_time(rule: AtLocalTime, campaign: Campaign, profile: Profile, since: datetime) -> Moment:
    zone, own = _zone(profile, campaign, rule.default_zone)
    meant = planned_day(rule, campaign, since=since) or day_at(zone, since)
    days = [day for number in range(_AHEAD) if _is_meant(day := meant + number * DAY, rule)]
    moments = [first_instant(zone, datetime.combine(day, rule.local_time)) for day in days]
    if moments[0] >= since:
        return Moment(moments[0], Because.LOCAL_TIME, own)
    match rule.if_passed:
        case "next_day":
            return Moment(next(each for each in moments if each >= since), Because.NEXT_DAY, own)
        case "now":
            return Moment(since, Because.PASSED, own)
        case "skip":
            return Moment(None, Because.PASSED, own)
        case _:
            assert_never(rule.if_passed)


def planned_day(rule: AtLocalTime, campaign: Campaign, *, since: datetime) -> date | None:
    """The day that a run of a planned campaign means, the same for everybody; None where nothing is planned."""
    if not isinstance(campaign.trigger, OnSchedule):
        return None
    zone, earliest = _planned_in(campaign), since + timedelta(seconds=rule.lead.seconds)
    today = day_at(zone, earliest)
    days = (today + number * DAY for number in range(_AHEAD))
    return next(
        day
        for day in days
        if _is_meant(day, rule) and first_instant(zone, datetime.combine(day, rule.local_time)) >= earliest
    )


def _is_meant(day: date, rule: AtLocalTime) -> bool:
    return not rule.weekdays or WEEKDAYS[day.weekday()] in rule.weekdays


# ── best hour ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Slot:
    """A stretch of time within one local hour of the window, start ≤ x < end."""

    start: datetime
    end: datetime
    hour: int

    def at(self, share: float) -> datetime:
        """A whole second of it."""
        return self.start + timedelta(seconds=int(share * (self.end - self.start).total_seconds()))


def _at_best_hour(
    rule: AtBestHour,
    campaign: Campaign,
    profile: Profile,
    since: datetime,
    channel: str,
    salt: str,
    rhythm: Rhythm,
) -> Moment:
    zone, own_zone = _zone(profile, campaign, rule.default_zone)
    slots = list(_slots(rule, zone, since))
    of_week, person = rule.per == "hour_of_week", profile.bucket_id or profile.id
    hits = remembered_hits(profile, rule, channel, zone=zone, now=since)
    rates = [_rate(slot, hits, rhythm, rule, zone) for slot in slots]
    if bucket(f"{salt}:explore", person) < rule.explore / 100:
        place, because = int(bucket(f"{salt}:hour", person) * len(slots)), Because.TRIED_OUT
    elif not hits and not rhythm.is_known:
        usual = [number for number, slot in enumerate(slots) if slot.hour == rule.fallback.hour]
        place, because = usual[0] if usual else 0, Because.NO_HABIT_KNOWN
    else:
        place = max(range(len(slots)), key=lambda number: (rates[number], -number))
        because = Because.OWN_HABIT if hits else Because.HABIT_OF_ALL
    chosen = slots[place]
    return Moment(
        chosen.at(bucket(f"{salt}:minute", person)),
        because,
        own_zone,
        hour=chosen.hour,
        rate=rates[place],
        own=hits.get(slot_of(chosen.start, zone, of_week=of_week), NONE),
    )


def _rate(slot: _Slot, hits: Mapping[int, Hits], rhythm: Rhythm, rule: AtBestHour, zone: tzinfo) -> float:
    of_week = rule.per == "hour_of_week"
    name = slot_of(slot.start, zone, of_week=of_week)
    return posterior(hits.get(name, NONE), rhythm.rate(name, of_week=of_week), shrinkage=rule.shrinkage)


def _slots(rule: AtBestHour, zone: tzinfo, since: datetime) -> Iterator[_Slot]:
    """The local hours within the window from `since` to the horizon, in order. Where clocks change within an hour, it
    is two; an hour of which but some minutes are left is used up to its end."""
    moment, until = since.astimezone(UTC), since.astimezone(UTC) + timedelta(seconds=rule.horizon.seconds)
    while moment < until:
        local = moment.astimezone(zone)
        left = _HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        end = min(moment + left, until)
        if offset_at(zone, end - _SECOND) != offset_at(zone, moment):
            end = change_of_offset(zone, moment, end)
        if rule.window.start <= local.hour * 60 < rule.window.end:
            yield _Slot(moment, end, local.hour)
        moment = end
