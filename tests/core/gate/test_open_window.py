"""The hours that a policy tells of a weekday, and the last moments at which a wait can end (consent.md 10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kizuna.core.gate.open_hours import whole_minute
from kizuna.core.gate.quiet_hours import first_open, open_window
from kizuna.core.policy import ConsentPolicy, Window
from tests.support.consents import at

POLICY = ConsentPolicy()
MONDAY, SATURDAY, SUNDAY = 0, 5, 6
NIGHTS = ConsentPolicy(quiet_hours={"JP-13-sunday": ["10:00", "18:00"], "DE": ["09:00", "20:00"]})


@pytest.mark.parametrize(
    ("policy", "country", "region", "day", "hours"),
    [
        (POLICY, "US", None, MONDAY, (8, 21)),
        (POLICY, "US", "NY", SUNDAY, (8, 21)),
        (POLICY, "US", "FL", SUNDAY, (8, 20)),
        (POLICY, "US", "TX", SATURDAY, (9, 21)),
        (POLICY, "US", "TX", SUNDAY, (12, 21)),
        # where a policy says nothing there is no rule, not even for who is nowhere
        (POLICY, "DE", "BE", MONDAY, None),
        (POLICY, None, "TX", SUNDAY, None),
        (POLICY, "", "TX", SUNDAY, None),
        (POLICY, None, None, MONDAY, None),
        # a rule for one weekday leaves the others open all day
        (NIGHTS, "JP", "13", SUNDAY, (10, 18)),
        (NIGHTS, "JP", "13", MONDAY, (0, 24)),
        (NIGHTS, "JP", "27", SUNDAY, None),
        (NIGHTS, "DE", "BE", SUNDAY, (9, 20)),
    ],
)
def test_the_hours_of_a_weekday_are_those_of_its_most_specific_rule(
    policy: ConsentPolicy, country: str | None, region: str | None, day: int, hours: tuple[int, int] | None
) -> None:
    found = open_window(day, country=country, region=region, policy=policy)
    assert found == (hours and Window(60 * hours[0], 60 * hours[1]))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # Mondays from 10:00 in New York: the next one is a week and an hour after this one, for clocks go back.
        ("2026-10-26T15:00:00", "2026-11-02T15:00:00"),
        ("2026-10-26T14:59:30", None),
        ("2026-10-26T14:59:00", None),
        ("2026-10-26T15:00:01", "2026-11-02T15:00:00"),
    ],
)
def test_a_wait_of_exactly_a_week_is_one_and_half_a_minute_more_is_none(
    now: str, expected: str | None
) -> None:
    closed = {
        f"US-NY-{day}": ["00:00", "00:00"]
        for day in ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    }
    mondays = ConsentPolicy(quiet_hours={"US-NY": ["10:00", "10:01"], **closed})
    found = first_open(at(now), country="US", region="NY", zones=["America/New_York"], policy=mondays)
    assert found == (expected and at(expected))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # London is at UTC in winter; on 28 March 2027 its clocks go forward at one
        ("2027-03-27T00:30:00", "2027-03-27T08:00:00"),
        ("2027-03-28T00:30:00", "2027-03-28T07:00:00"),
        ("2027-03-29T00:30:00", "2027-03-29T07:00:00"),
        ("2026-10-25T00:30:00", "2026-10-25T08:00:00"),
    ],
)
def test_a_zone_that_is_at_utc_for_half_of_the_year_is_not_at_utc_for_the_other(
    now: str, expected: str
) -> None:
    policy = ConsentPolicy(quiet_hours={"GB": ["08:00", "20:00"]})
    assert first_open(at(now), country="GB", region=None, zones=["Europe/London"], policy=policy) == at(
        expected
    )


@pytest.mark.parametrize(
    ("past", "minutes"),
    [
        (timedelta(), 0),
        (timedelta(microseconds=1), 1),
        (timedelta(milliseconds=500), 1),
        (timedelta(seconds=1), 1),
        (timedelta(seconds=59, microseconds=999_999), 1),
        (timedelta(seconds=60), 1),
    ],
)
def test_a_part_of_a_minute_is_waited_for_as_a_whole_one(past: timedelta, minutes: int) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert whole_minute(noon + past) == noon + timedelta(minutes=minutes)
