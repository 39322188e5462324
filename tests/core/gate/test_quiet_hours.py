"""When a promotional message may be heard: consent.md section 10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.gate.quiet_hours import HORIZON, first_open
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import EXAMPLES, at

POLICY = ConsentPolicy()


def opens(
    now: str,
    *zones: str | None,
    country: str | None = "US",
    region: str | None = "NY",
    policy: ConsentPolicy = POLICY,
) -> str | None:
    moment = first_open(at(now), country=country, region=region, zones=zones, policy=policy)
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}"


NEW_YORK, LOS_ANGELES, CHICAGO = "America/New_York", "America/Los_Angeles", "America/Chicago"


@pytest.mark.parametrize(
    ("now", "zones", "region", "expected"),
    [
        # New York is five hours behind UTC in winter: open from 13:00 to 02:00
        ("2026-11-23T13:00:00", (NEW_YORK,), "NY", "2026-11-23T13:00:00"),
        ("2026-11-23T12:59:00", (NEW_YORK,), "NY", "2026-11-23T13:00:00"),
        ("2026-11-23T12:59:59", (NEW_YORK,), "NY", "2026-11-23T13:00:00"),
        ("2026-11-24T01:59:59", (NEW_YORK,), "NY", "2026-11-24T01:59:59"),
        ("2026-11-24T02:00:00", (NEW_YORK,), "NY", "2026-11-24T13:00:00"),
        ("2026-07-24T01:00:00", (NEW_YORK,), "NY", "2026-07-24T12:00:00"),
        # a region's own window
        ("2026-11-24T01:00:00", (NEW_YORK,), "FL", "2026-11-24T13:00:00"),
        ("2026-11-24T00:59:00", (NEW_YORK,), "FL", "2026-11-24T00:59:00"),
        ("2026-11-24T01:00:00", (NEW_YORK,), None, "2026-11-24T01:00:00"),
        # Texas on a Monday, and on Sunday by its local date
        ("2026-11-23T14:59:00", (CHICAGO,), "TX", "2026-11-23T15:00:00"),
        ("2026-11-22T15:00:00", (CHICAGO,), "TX", "2026-11-22T18:00:00"),
        ("2026-11-22T02:59:00", (CHICAGO,), "TX", "2026-11-22T02:59:00"),  # still Saturday there
        ("2026-11-22T03:00:00", (CHICAGO,), "TX", "2026-11-22T18:00:00"),
        # both zones must be open
        ("2026-11-23T13:00:00", (NEW_YORK, LOS_ANGELES), "NY", "2026-11-23T16:00:00"),
        ("2026-11-24T02:30:00", (LOS_ANGELES, NEW_YORK), "NY", "2026-11-24T16:00:00"),
        ("2026-11-23T13:00:00", (NEW_YORK, NEW_YORK), "NY", "2026-11-23T13:00:00"),
        ("2026-11-23T13:00:00", (None, NEW_YORK), "NY", "2026-11-23T13:00:00"),
        # the two sides of the date line see different weekdays
        ("2026-11-22T00:00:00", ("Pacific/Honolulu", CHICAGO), "TX", "2026-11-22T00:00:00"),
        # no zone known: 08:00 Pacific to 20:00 Eastern
        ("2026-11-23T15:00:00", (), None, "2026-11-23T16:00:00"),
        ("2026-11-24T00:59:00", (None, ""), None, "2026-11-24T00:59:00"),
        ("2026-11-24T01:00:00", (None, None), "NY", "2026-11-24T16:00:00"),
        # … and the region's window in both as well: Sunday in Texas, noon on the Pacific coast
        ("2026-11-22T16:00:00", (), "TX", "2026-11-22T20:00:00"),
        ("2026-11-23T16:00:00", (), "TX", "2026-11-23T17:00:00"),
        # a name that the zone database lacks is no knowledge
        ("2026-11-23T15:00:00", ("Mars/Olympus",), None, "2026-11-23T16:00:00"),
        ("2026-11-23T13:00:00", (NEW_YORK, "Mars/Olympus"), None, "2026-11-23T16:00:00"),
        ("2026-11-23T15:00:00", ("../etc/passwd",), None, "2026-11-23T16:00:00"),
        ("2026-11-23T15:00:00", ("America",), None, "2026-11-23T16:00:00"),
        # the nights on which the clocks change
        ("2026-11-01T05:00:00", (NEW_YORK,), "NY", "2026-11-01T13:00:00"),
        ("2027-03-14T05:00:00", (NEW_YORK,), "NY", "2027-03-14T12:00:00"),
    ],
)
def test_the_first_minute_at_which_all_zones_are_open(
    now: str, zones: tuple[str | None, ...], region: str | None, expected: str
) -> None:
    assert opens(now, *zones, region=region) == expected


def test_a_country_without_windows_has_no_quiet_hours() -> None:
    for country in ("DE", "JP", "CA", None):
        assert opens("2026-11-23T03:00:00", country=country, region="TX") == "2026-11-23T03:00:00"


def test_a_window_inside_the_hour_that_the_clocks_skip_opens_when_they_have_jumped() -> None:
    early = ConsentPolicy(quiet_hours={"US": ["02:15", "03:30"]})
    skipped = ConsentPolicy(quiet_hours={"US": ["02:15", "02:45"]})

    assert opens("2027-03-14T06:00:00", NEW_YORK, policy=early) == "2027-03-14T07:00:00"
    assert opens("2027-03-14T06:00:00", NEW_YORK, policy=skipped) == "2027-03-15T06:15:00"


def test_a_window_inside_the_hour_that_the_clocks_repeat_opens_twice() -> None:
    twice = ConsentPolicy(quiet_hours={"US": ["01:15", "01:45"]})

    assert opens("2026-11-01T05:50:00", NEW_YORK, policy=twice) == "2026-11-01T06:15:00"


def test_a_closed_day_is_a_window_of_no_length() -> None:
    closed = ConsentPolicy(quiet_hours={"US": ["08:00", "24:00"], "US-RI-sunday": ["00:00", "00:00"]})

    assert opens("2026-11-22T15:00:00", NEW_YORK, region="RI", policy=closed) == "2026-11-23T13:00:00"
    assert opens("2026-11-23T04:59:00", NEW_YORK, policy=closed) == "2026-11-23T04:59:00"


def test_a_weekday_window_alone_leaves_the_other_days_open() -> None:
    sundays = ConsentPolicy(quiet_hours={"US-RI-sunday": ["12:00", "18:00"]})

    assert opens("2026-11-21T07:00:00", NEW_YORK, region="RI", policy=sundays) == "2026-11-21T07:00:00"
    assert opens("2026-11-21T05:00:00", NEW_YORK, region="RI", policy=sundays) == "2026-11-21T05:00:00"
    assert opens("2026-11-22T04:59:59", NEW_YORK, region="RI", policy=sundays) == "2026-11-22T04:59:59"
    assert opens("2026-11-22T07:00:00", NEW_YORK, region="RI", policy=sundays) == "2026-11-22T17:00:00"
    assert opens("2026-11-22T23:00:00", NEW_YORK, region="RI", policy=sundays) == "2026-11-23T05:00:00"
    assert opens("2026-11-22T07:00:00", NEW_YORK, region="NY", policy=sundays) == "2026-11-22T07:00:00"


def test_zones_that_never_open_together_within_a_week_never_open() -> None:
    hour = ConsentPolicy(quiet_hours={"US": ["08:00", "09:00"]})
    never = ConsentPolicy(quiet_hours={"US": ["08:00", "08:00"]})

    assert opens("2026-11-23T17:00:00", NEW_YORK, LOS_ANGELES, policy=hour) is None
    assert opens("2026-11-23T17:00:00", NEW_YORK, policy=never) is None


def test_the_wait_may_last_a_week_and_no_longer() -> None:
    days = {
        day: ["00:00", "00:00"]
        for day in ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    }
    mondays = ConsentPolicy(
        quiet_hours={"US-NY": ["10:00", "10:01"], **{f"US-NY-{day}": window for day, window in days.items()}}
    )

    assert opens("2026-11-23T15:01:00", NEW_YORK, policy=mondays) == "2026-11-30T15:00:00"
    assert opens("2026-11-23T15:00:30", NEW_YORK, policy=mondays) == "2026-11-23T15:00:30"


@pytest.mark.parametrize(
    ("country", "now", "expected"),
    [
        ("JP", "2026-11-23T12:00:00", "2026-11-24T00:00:00"),
        ("JP", "2026-11-23T00:00:00", "2026-11-23T00:00:00"),
        ("PT", "2026-11-23T09:00:00", "2026-11-23T10:00:00"),  # the Azores are an hour behind Lisbon
    ],
)
def test_elsewhere_an_unknown_zone_means_every_zone_of_the_country(
    country: str, now: str, expected: str
) -> None:
    policy = ConsentPolicy(quiet_hours={country: ["09:00", "20:00"]})

    assert opens(now, None, country=country, region=None, policy=policy) == expected


def test_a_country_that_the_zone_database_lacks_must_be_open_all_over_the_world() -> None:
    policy = ConsentPolicy(quiet_hours={"XX": ["09:00", "20:00"]})

    assert opens("2026-11-23T09:00:00", None, country="XX", region=None, policy=policy) is None


ZONES = st.sampled_from(
    [
        NEW_YORK,
        LOS_ANGELES,
        "Europe/Berlin",
        "Asia/Tokyo",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",  # moves its clocks by half an hour
        "Pacific/Chatham",
        "America/Santiago",
        "Africa/Casablanca",
    ]
)
# Near the changes of clocks of 2026 and 2027, and anywhere.
INSTANTS = st.builds(
    lambda day, seconds: day + timedelta(seconds=seconds),
    st.sampled_from(
        [
            at(day)
            for day in ("2026-10-03", "2026-10-24", "2026-10-31", "2027-03-13", "2027-04-03", "2026-06-01")
        ]
    ),
    st.integers(0, 3 * 86_400),
)


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(INSTANTS, st.lists(ZONES, min_size=1, max_size=2), st.integers(0, 1439), st.integers(1, 900))
def test_jumping_finds_the_minute_that_stepping_finds(
    now: datetime, zones: list[str], start: int, length: int
) -> None:
    end = min(start + length, 1440)
    window = [f"{minute // 60:02}:{minute % 60:02}" for minute in (start, end)]
    policy = ConsentPolicy(quiet_hours={"US": window})

    found = first_open(now, country="US", region=None, zones=zones, policy=policy)

    assert found == _by_stepping(now, [ZoneInfo(zone) for zone in zones], start, end)


def _by_stepping(now: datetime, zones: list[ZoneInfo], start: int, end: int) -> datetime | None:
    """The definition itself: now if open, else the first whole minute of the next week that is."""
    moment, limit = now, now + HORIZON
    while moment <= limit:
        clocks = (moment.astimezone(zone) for zone in zones)
        if all(start <= clock.hour * 60 + clock.minute < end for clock in clocks):
            return moment
        moment = (moment + timedelta(minutes=1)).replace(second=0, microsecond=0).astimezone(UTC)
    return None
