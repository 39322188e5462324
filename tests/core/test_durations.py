"""Lengths of time and instants, at the ends of months and of the calendar too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from kizuna.core.durations import (
    FIRST,
    LAST,
    Duration,
    add_months,
    epoch_millis,
    from_epoch_millis,
    instant_from_text,
    instant_to_text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instants(first_year: int, last_year: int) -> st.SearchStrategy[datetime]:
    """To the microsecond, anywhere between two years."""
    spans = [datetime(year, 1, 1, tzinfo=UTC) - EPOCH for year in (first_year, last_year)]
    microseconds = st.integers(*(span // timedelta(microseconds=1) for span in spans))
    return microseconds.map(lambda since: EPOCH + timedelta(microseconds=since))


INSTANTS = instants(1900, 2200)
DURATIONS = st.one_of(
    st.builds(Duration, seconds=st.integers(0, 10**9)), st.builds(Duration, months=st.integers(1, 1200))
)


class Holder(BaseModel):
    length: Duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", Duration(seconds=90)),
        ("15m", Duration(seconds=900)),
        ("12h", Duration(seconds=43_200)),
        ("7d", Duration(seconds=604_800)),
        ("2w", Duration(seconds=1_209_600)),
        ("3mo", Duration(months=3)),
        ("1y", Duration(months=12)),
        ("0d", Duration()),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: Duration) -> None:
    assert Duration.parse(text) == length


@pytest.mark.parametrize(
    "text", ["", "d", "7", "7 d", "-7d", "1.5h", "7D", "1mo2d", "７d", "1234567s", "7d\n"]
)
def test_anything_else_is_refused_with_the_forms_that_are_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="use a number and s, m, h, d, w, mo or y"):
        Duration.parse(text)


@given(DURATIONS)
def test_a_duration_is_written_as_it_is_read(length: Duration) -> None:
    if length.seconds < 10**6:
        assert Duration.parse(str(length)) == length


def test_a_definition_takes_and_gives_durations_as_text() -> None:
    holder = Holder.model_validate({"length": "90s"})
    assert holder.length == Duration(seconds=90)
    assert holder.model_dump(mode="json") == {"length": "90s"}
    assert Holder.model_validate_json('{"length":"1y"}').length == Duration(months=12)
    assert Holder.model_json_schema()["properties"]["length"]["pattern"]
    with pytest.raises(ValidationError):
        Holder.model_validate({"length": 7})


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2026-01-31T10:00", "1mo", "2026-02-28T10:00"),
        ("2024-01-31T10:00", "1mo", "2024-02-29T10:00"),
        ("2024-02-29T00:00", "1y", "2025-02-28T00:00"),
        ("2026-11-30T00:00", "3mo", "2027-02-28T00:00"),
        ("2026-12-31T23:59", "1d", "2027-01-01T23:59"),
    ],
)
def test_a_missing_day_becomes_the_last_of_the_month(start: str, text: str, end: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert Duration.parse(text).after(at) == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_calendar_months_keep_the_wall_clock_of_their_zone_across_a_change_of_summer_time() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 3, 15, 8, 0, tzinfo=UTC)  # 09:00 in winter
    assert Duration.parse("1mo").after(before, berlin) == datetime(2026, 4, 15, 7, 0, tzinfo=UTC)
    assert Duration.parse("30d").after(before, berlin) == datetime(2026, 4, 14, 8, 0, tzinfo=UTC)


@given(DURATIONS, INSTANTS)
def test_later_is_never_earlier_and_before_undoes_after_but_for_missing_days(
    length: Duration, at: datetime
) -> None:
    later = length.after(at)
    assert at <= later
    assert length.before(at) <= at
    back = length.before(later)
    assert back == at if not length.months or later.day == at.day else back <= at


def test_time_ends_where_the_calendar_does() -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    for text in ("7d", "1mo", "999999y", "999999w"):
        assert Duration.parse(text).after(never) == LAST
        assert Duration.parse(text).before(datetime(1, 1, 2, tzinfo=UTC)) == FIRST
    assert epoch_millis(LAST) < epoch_millis(never)


@given(INSTANTS, st.integers(-2400, 2400))
def test_months_added_and_taken_away_land_within_the_same_month(at: datetime, months: int) -> None:
    if not 1 <= at.year + months // 12 <= 9990:
        return
    there = add_months(at, months)
    assert (there.year * 12 + there.month) - (at.year * 12 + at.month) == months
    assert there.time() == at.time()


def test_an_instant_without_an_offset_is_utc_and_another_offset_is_converted() -> None:
    assert instant_from_text("2026-11-23T12:00:00") == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert instant_from_text("2026-11-23T12:00:00+09:00") == datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert instant_from_text("2026-11-23T12:00:00Z").tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+09:00", "9999-12-31T23:00:00-09:00"]
)
def test_an_unreadable_or_impossible_instant_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        instant_from_text(text)


@given(INSTANTS)
def test_an_instant_is_stored_in_whole_milliseconds_and_never_moves_ahead(at: datetime) -> None:
    stored = from_epoch_millis(epoch_millis(at))
    assert stored <= at < stored + timedelta(milliseconds=1)
    assert epoch_millis(stored) == epoch_millis(at)


@given(instants(1000, 9999))
def test_whole_milliseconds_survive_storage_in_any_century(at: datetime) -> None:
    whole = at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert from_epoch_millis(epoch_millis(whole)) == whole
    assert instant_from_text(instant_to_text(whole)) == whole


@given(INSTANTS, INSTANTS)
def test_written_instants_sort_like_the_instants(one: datetime, other: datetime) -> None:
    if one.replace(microsecond=0) < other.replace(microsecond=0):
        assert instant_to_text(one) < instant_to_text(other)


def test_an_instant_is_written_in_utc_with_milliseconds() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert instant_to_text(datetime(1998, 7, 1, 18, 0, tzinfo=tokyo)) == "1998-07-01T09:00:00.000Z"
