"""A child is one until the day that ends it has begun where they live (consent.md 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.ages import age_of, born_on, of_age_at
from kizuna.core.people import Profile, Trait
from tests.support.builders import a_profile
from tests.support.consents import NOW, at

SECOND = timedelta(seconds=1)


def somebody(zone: str | None = None, **traits: Any) -> Profile:
    told = {name: Trait(value, NOW, "s") for name, value in traits.items()}
    return a_profile(traits=told, zone=zone)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("America/Los_Angeles", "2026-11-23T08:00"),
        ("Asia/Tokyo", "2026-11-22T15:00"),
        ("Asia/Kathmandu", "2026-11-22T18:15"),
        ("Pacific/Kiritimati", "2026-11-22T10:00"),
        ("Pacific/Pago_Pago", "2026-11-23T11:00"),
        (None, "2026-11-23T12:00"),  # when it is that day everywhere
        ("Mars/Olympus", "2026-11-23T12:00"),
    ],
)
def test_a_year_is_over_at_midnight_of_their_own_zone(zone: str | None, begins: str) -> None:
    person = somebody(zone, birthday="2008-11-23")

    assert of_age_at(person, 18) == at(begins)
    assert age_of(person, now=at(begins) - SECOND) == 17
    assert age_of(person, now=at(begins)) == 18


def test_where_clocks_skip_midnight_the_day_begins_when_it_does() -> None:
    """Cairo, 25 April 2025: 00:00 was 01:00."""
    person = somebody("Africa/Cairo", birthday="2009-04-25")
    assert of_age_at(person, 16) == at("2025-04-24T22:00")


def test_what_a_person_told_of_their_zone_goes_before_where_they_were_seen() -> None:
    person = somebody("Asia/Tokyo", birthday="2008-11-23", timezone="America/Los_Angeles")
    assert of_age_at(person, 18) == at("2026-11-23T08:00")


def test_who_was_born_on_a_leap_day_is_older_on_the_first_of_march() -> None:
    person = somebody("UTC", birthday="2012-02-29")

    assert age_of(person, now=at("2025-02-28T23:59")) == 12
    assert age_of(person, now=at("2025-03-01T00:00")) == 13
    assert of_age_at(person, 13) == at("2025-03-01T00:00")
    assert of_age_at(person, 16) == at("2028-02-29T00:00")


@given(
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 30),
    st.sampled_from(["Asia/Tokyo", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", None]),
)
def test_who_is_of_age_was_not_a_second_before(born: date, years: int, zone: str | None) -> None:
    person = somebody(zone, birthday=born.isoformat())
    turns = of_age_at(person, years)

    assert turns is not None
    assert (age_of(person, now=turns - SECOND), age_of(person, now=turns)) == (years - 1, years)


@pytest.mark.parametrize(
    "written",
    [
        "2010-01-31",
        "2010/1/31",
        " 2010/01/31 ",
        "2010.01.31",
        "20100131",
        "2010年1月31日",
        "2010-01-31T00:00:00Z",
    ],
)
def test_a_day_of_birth_is_read_as_people_and_files_write_it(written: str) -> None:
    assert born_on(somebody(birthday=written)) == date(2010, 1, 31)


@pytest.mark.parametrize(
    "written", ["spring", "2010-13-01", "2010-02-30", "2010-01-311", "31.01.2010", "", 2010, None]
)
def test_what_is_no_day_leaves_the_age_to_what_was_told(written: Any) -> None:
    assert born_on(somebody(birthday=written)) is None
    assert age_of(somebody(birthday=written, age=12), now=NOW) == 12
    assert of_age_at(somebody(birthday=written), 18) is None


@pytest.mark.parametrize(
    ("told", "years"),
    [(12, 12), (12.5, 12.5), ("12", 12), (" 15.5 ", 15.5), ("0", 0), ("twelve", None), ("1e3", None), ("-3", None),
     (True, None), (None, None), ([12], None)],
)  # fmt: skip
def test_an_age_is_a_number_also_where_a_file_tells_it_as_text(told: Any, years: float | None) -> None:
    assert age_of(somebody(age=told), now=NOW) == years


def test_the_day_of_birth_goes_before_an_age_that_was_told_once() -> None:
    assert age_of(somebody(birthday="2010-01-31", age=30), now=NOW) == 16


def test_the_end_of_the_calendar_is_no_failure() -> None:
    person = somebody(birthday="9985-02-28")

    assert of_age_at(person, 14) is None
    assert of_age_at(person, 13) == datetime(9998, 2, 28, 12, tzinfo=UTC)
