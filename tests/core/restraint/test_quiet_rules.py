"""Quiet hours as a workspace writes them: which windows a day has, and whose clock counts (rules-spec.md 5.2)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.restraint.house_hours import CLOSED, DAY, HouseHours, open_windows
from kizuna.core.restraint.quiet_rules import QuietHours, ZoneSource, kept_by
from tests.support.consents import NOW

MONDAY = date(2026, 11, 23)
NIGHTS: dict[str, Any] = {"mode": "quiet", "windows": {"every_day": [["22:00", "07:00"]]}}
OFFICE: dict[str, Any] = {
    "windows": {"workdays": [["09:00", "12:00"], ["13:00", "18:00"]], "saturday": [["10:00", "14:00"]]}
}


def rule(**told: Any) -> QuietHours:
    return QuietHours.model_validate(told)


def kept(
    told: dict[str, Any], *, calendars: dict[str, list[date]] | None = None, country: str = "", **zones: Any
) -> HouseHours:
    sources: tuple[ZoneSource, ...] = ("trait", "context", "estimate")
    return kept_by(
        rule(**told),
        known={source: partial(zones.get, source) for source in sources},
        country=country,
        calendars=calendars or {},
        since=NOW,
        now=NOW,
    )


def hours_on(told: dict[str, Any], day: date = MONDAY, **calendars: list[date]) -> list[str]:
    windows = kept(told, calendars=calendars).open_on(day)
    return [f"{at // 60:02}:{at % 60:02}" for window in windows for at in window]


@pytest.mark.parametrize(
    ("told", "day", "hours"),
    [
        (NIGHTS, 0, "07:00 22:00"),
        (OFFICE, 0, "09:00 12:00 13:00 18:00"),
        (OFFICE, 5, "10:00 14:00"),
        (OFFICE, 6, ""),
        ({"windows": {"every_day": [["09:00", "20:00"]], "sunday": []}}, 6, ""),
        ({"windows": {"every_day": [["09:00", "20:00"]], "weekend": [["11:00", "24:00"]]}}, 6, "11:00 24:00"),
        ({"windows": {"friday": [["20:00", "02:00"]]}}, 4, "20:00 24:00"),
        ({"windows": {"friday": [["20:00", "02:00"]]}}, 5, "00:00 02:00"),
        ({"windows": {"sunday": [["20:00", "02:00"]]}}, 0, "00:00 02:00"),  # over the end of the week
        ({"windows": {"monday": [["08:00", "12:00"], ["10:00", "13:00"]]}}, 0, "08:00 13:00"),
        ({"mode": "quiet", "windows": {"monday": [["00:00", "08:00"]]}}, 0, "08:00 24:00"),
        ({"mode": "quiet", "windows": {"monday": [["00:00", "24:00"]]}}, 0, ""),
        ({"mode": "quiet", "windows": {"monday": [["00:00", "24:00"]]}}, 1, "00:00 24:00"),
    ],
)
def test_each_weekday_has_its_windows(told: dict[str, Any], day: int, hours: str) -> None:
    assert " ".join(hours_on(told, MONDAY + timedelta(days=day))) == hours


def test_a_holiday_counts_as_another_weekday_or_is_closed() -> None:
    as_sunday = {**NIGHTS, "windows": {**NIGHTS["windows"], "sunday": [["18:00", "09:00"]]}}
    told = {**as_sunday, "holidays": {"JP": "sunday"}}
    assert hours_on(told, JP=[MONDAY]) == ["09:00", "18:00"]
    assert hours_on(told, MONDAY + timedelta(days=1), JP=[MONDAY]) == ["09:00", "22:00"]  # its evening lasts
    closed = {**told, "holidays": {"JP": "sunday", "stocktaking": "closed"}}
    assert hours_on(closed, JP=[MONDAY], stocktaking=[MONDAY]) == []  # of two words the one that closes
    assert hours_on(closed, MONDAY + timedelta(days=1), stocktaking=[MONDAY]) == ["00:00", "22:00"]


def test_days_too_far_away_to_matter_stand_in_no_record() -> None:
    days = [MONDAY + timedelta(days=day) for day in (-400, -3, 0, 9, 10, 400)]
    found = kept({**OFFICE, "holidays": {"JP": "closed"}}, calendars={"JP": days}).days
    assert found == (("2026-11-23", CLOSED), ("2026-12-02", CLOSED))


ORDER: list[tuple[dict[str, Any], list[str], str]] = [
    ({}, ["trait", "context", "estimate"], "trait"),
    ({}, ["context", "estimate"], "context"),
    ({}, ["estimate"], "estimate"),
    ({"zone": ["estimate", "trait"]}, ["trait", "context", "estimate"], "estimate"),
    ({"zone": ["context"]}, ["trait", "estimate"], ""),
    ({"zone": ["fallback", "trait"], "fallback_zone": "Asia/Tokyo"}, ["trait"], "fallback"),
    ({"fallback_zone": "Asia/Tokyo"}, [], "fallback"),
    ({"fallback_zone": "Asia/Tokyo"}, ["estimate"], "estimate"),
    ({}, [], ""),
]
ZONES = {
    "trait": "Europe/Paris",
    "context": "Europe/Berlin",
    "estimate": "Asia/Seoul",
    "fallback": "Asia/Tokyo",
}


@pytest.mark.parametrize(("told", "known", "which"), ORDER)
def test_the_first_source_that_knows_the_zone_counts(
    told: dict[str, Any], known: list[ZoneSource], which: str
) -> None:
    zones: dict[str, Any] = {source: ZONES[source] for source in known}
    found = kept({**NIGHTS, **told}, country="FR", **zones)
    expected = ((ZONES[which],), "") if which else ((), "FR")
    assert (found.zones, found.country) == expected


def test_a_zone_that_does_not_exist_is_not_known() -> None:
    found = kept(NIGHTS, trait="Mars/Olympus", context="Asia/Tokyo")
    assert found.zones == ("Asia/Tokyo",)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"windows": {}}, "at least 1"),
        ({"windows": {"someday": [["09:00", "20:00"]]}}, "windows.someday"),
        ({"windows": {"monday": [["9:00", "20:00"]]}}, "HH:MM"),
        ({"windows": {"monday": ["09:00", "20:00"]}}, "HH:MM"),
        ({"windows": {"monday": "09:00-20:00"}}, "pairs of local times"),
        ({"windows": {"monday": [["09:00", "09:00"]]}}, "ends at another time"),
        ({"windows": {"monday": [["24:00", "09:00"]]}}, "begins before 24:00"),
        ({"windows": {"every_day": []}}, "no minute of the week"),
        ({"mode": "quiet", "windows": {"every_day": [["00:00", "12:00"], ["12:00", "24:00"]]}}, "no minute"),
        ({**NIGHTS, "fallback_zone": "Mars/Olympus"}, "unknown time zone"),
        ({**NIGHTS, "zone": ["trait"], "fallback_zone": "Asia/Tokyo"}, "does not name fallback"),
        ({**NIGHTS, "zone": ["trait", "trait"]}, "twice"),
        ({**NIGHTS, "max_defer": "8d"}, "1m to 7d"),
        ({**NIGHTS, "max_defer": "30s"}, "1m to 7d"),
        ({**NIGHTS, "fail": "open"}, "'closed'"),
        ({**NIGHTS, "on_hit": "send"}, "on_hit"),
        ({**NIGHTS, "channels": ["fax"]}, "channels"),
        ({**NIGHTS, "holidays": {"JP": "someday"}}, "holidays"),
    ],
)
def test_what_makes_no_sense_is_refused(told: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError) as refused:
        rule(**told)
    assert fault in str(refused.value)


def test_it_is_stored_as_it_is_written() -> None:
    told = rule(**NIGHTS, holidays={"JP": "closed"}, fallback_zone="Asia/Tokyo", max_defer="1d")
    plain = told.model_dump(mode="json")
    assert plain["windows"] == {"every_day": [["22:00", "07:00"]]}
    assert QuietHours.model_validate(plain) == told


@pytest.mark.parametrize(
    ("told", "channel", "category", "keeps"),
    [
        ({}, "email", "marketing", True),
        ({}, "email", "transactional", False),
        ({"applies_to": "all"}, "email", "transactional", True),
        ({"applies_to": "all"}, "email", "mandatory", False),
        ({"applies_to": "all"}, "sms", "opt_out_confirmation", False),
        ({"channels": ["push", "sms"]}, "email", "marketing", False),
        ({"channels": ["push", "sms"]}, "sms", "marketing", True),
    ],
)
def test_who_keeps_them(told: dict[str, Any], channel: str, category: str, keeps: bool) -> None:
    assert rule(**NIGHTS, **told).concerns(channel, category) is keeps


SPANS = st.tuples(st.integers(0, DAY - 1), st.integers(1, DAY)).map(lambda told: (told[0], told[0] + told[1]))
WEEKS = st.lists(st.lists(SPANS, max_size=3).map(tuple), min_size=7, max_size=7).map(tuple)


@given(WEEKS, st.integers(0, 6), st.booleans())
def test_each_minute_is_open_or_quiet_and_never_both(week: Any, day: int, quiet: bool) -> None:
    def told(minute: int) -> bool:
        own = any(start <= minute < end for start, end in week[day])
        return own or any(start <= minute + DAY < end for start, end in week[(day - 1) % 7])

    windows = open_windows(week, day, quiet=quiet)
    opened = {minute for window in windows for minute in range(*window)}
    assert opened == {minute for minute in range(DAY) if told(minute) is not quiet}
    assert all(first.end < second.start for first, second in pairwise(windows))
