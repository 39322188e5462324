from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from kizuna.local.cron import Cron, parse_cron

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
TICK = timedelta(microseconds=1)


def occurrences(text: str, start: datetime, count: int, zone: str = "UTC") -> list[str]:
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in _moments(parse_cron(text), start, count, zone)]


def _moments(cron: Cron, start: datetime, count: int, zone: str) -> list[datetime]:
    found: list[datetime] = []
    while len(found) < count:
        moment = cron.first_from(found[-1] + TICK if found else start, ZoneInfo(zone))
        if moment is None:
            break
        found.append(moment)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 10 * * ? *", ["2026-11-23 10:00", "2026-11-24 10:00"]),
        ("15 12 * * ? *", ["2026-11-22 12:15", "2026-11-23 12:15"]),
        ("0 18 ? * MON-FRI *", ["2026-11-23 18:00", "2026-11-24 18:00"]),
        ("0 8 1 * ? *", ["2026-12-01 08:00", "2027-01-01 08:00"]),
        ("0/15 * * * ? *", ["2026-11-22 12:00", "2026-11-22 12:15"]),
        ("5,35 14 * * ? *", ["2026-11-22 14:05", "2026-11-22 14:35"]),
        ("10/25 9 * * ? *", ["2026-11-23 09:10", "2026-11-23 09:35"]),
        ("0 9-17/4 * * ? *", ["2026-11-22 13:00", "2026-11-22 17:00"]),
        ("0 9 ? * 1 *", ["2026-11-29 09:00", "2026-12-06 09:00"]),
        ("0 9 ? * 2#1 *", ["2026-12-07 09:00", "2027-01-04 09:00"]),
        ("0 9 ? * SUN#5 *", ["2026-11-29 09:00", "2027-01-31 09:00"]),
        ("0 9 ? * L *", ["2026-11-28 09:00", "2026-12-05 09:00"]),
        ("0 9 ? * 6L *", ["2026-11-27 09:00", "2026-12-25 09:00"]),
        ("0 9 L * ? *", ["2026-11-30 09:00", "2026-12-31 09:00"]),
        ("0 9 LW * ? *", ["2026-11-30 09:00", "2026-12-31 09:00"]),
        ("0 9 LW JAN,FEB ? *", ["2027-01-29 09:00", "2027-02-26 09:00"]),
        ("0 9 1W AUG ? *", ["2027-08-02 09:00", "2028-08-01 09:00"]),
        ("0 9 15W NOV ? *", ["2027-11-15 09:00", "2028-11-15 09:00"]),
        ("0 9 28W NOV ? *", ["2026-11-27 09:00", "2027-11-29 09:00"]),
        ("0 9 31W * ? *", ["2026-12-31 09:00", "2027-01-29 09:00"]),
        ("0 9 29 FEB ? *", ["2028-02-29 09:00", "2032-02-29 09:00"]),
        ("0 9 1 jan ? 2030/100", ["2030-01-01 09:00", "2130-01-01 09:00"]),
        ("0 9 * * ? 2025", []),
        ("0 9 30 FEB ? *", []),
    ],
)
def test_an_expression_falls_on_its_days(text: str, expected: list[str]) -> None:
    assert occurrences(text, NOON, 2) == expected


def test_an_occurrence_at_the_very_moment_counts() -> None:
    assert occurrences("0 12 * * ? *", NOON, 1) == ["2026-11-22 12:00"]
    assert occurrences("0 12 * * ? *", NOON + TICK, 1) == ["2026-11-23 12:00"]


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Tokyo", ["2026-11-23 00:00", "2026-11-24 00:00"]),
        ("America/New_York", ["2026-11-22 14:00", "2026-11-23 14:00"]),
        ("Pacific/Kiritimati", ["2026-11-22 19:00", "2026-11-23 19:00"]),
        ("Pacific/Pago_Pago", ["2026-11-22 20:00", "2026-11-23 20:00"]),
    ],
)
def test_fields_are_local_time(zone: str, expected: list[str]) -> None:
    assert occurrences("0 9 * * ? *", NOON, 2, zone) == expected


def test_a_local_time_that_the_clocks_jump_over_is_left_out() -> None:
    before = datetime(2026, 3, 27, 12, tzinfo=UTC)

    # on 29 March 2026, Berlin has no 02:30
    found = occurrences("30 2 * * ? *", before, 3, "Europe/Berlin")

    assert found == ["2026-03-28 01:30", "2026-03-30 00:30", "2026-03-31 00:30"]


def test_a_local_time_that_the_clocks_repeat_happens_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)

    # on 25 October 2026, Berlin has 02:30 twice: at 00:30 and at 01:30 UTC
    found = occurrences("30 2 * * ? *", before, 2, "Europe/Berlin")

    assert found == ["2026-10-25 00:30", "2026-10-26 01:30"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 9 * * ?", "six fields, not 5"),
        ("0 9 * * * *", "one of day-of-month and day-of-week is '?'"),
        ("0 9 ? * ? *", "one of day-of-month and day-of-week is '?'"),
        ("60 9 * * ? *", "minutes: '60' is not between 0 and 59"),
        ("0 24 * * ? *", "hours: '24'"),
        ("0 9 0 * ? *", "day-of-month: '0'"),
        ("0 9 * 13 ? *", "month: '13'"),
        ("0 9 ? * 0 *", "day-of-week: '0'"),
        ("0 9 ? * FRI-MON *", "day-of-week: 'FRI-MON' ends before it begins"),
        ("0 9 ? * MON#6 *", "no month has a '6'th"),
        ("0 9 * * ? 1969", "year: '1969'"),
        ("0/0 9 * * ? *", "the step of '0/0' is no positive number"),
        ("0,,5 9 * * ? *", "minutes: ''"),
        ("a 9 * * ? *", "minutes: 'A'"),
        ("٣ 9 * * ? *", "minutes: '٣'"),
    ],
)
def test_a_bad_expression_is_refused_with_the_field_and_the_part(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        parse_cron(text)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    spans = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(
        st.just("*"),
        st.lists(st.one_of(numbers.map(str), spans), min_size=1, max_size=3).map(",".join),
        st.tuples(numbers, st.integers(1, high)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )


days_of_month = st.tuples(st.one_of(field(1, 28), st.just("L"), st.just("LW")), st.just("?"))
week = st.sampled_from(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
days_of_week = st.tuples(
    st.just("?"), st.one_of(st.lists(week, min_size=1).map(",".join), week.map(lambda day: f"{day}#2"))
)


@given(
    minutes=field(0, 59),
    hours=field(0, 23),
    days=st.one_of(days_of_month, days_of_week),
    months=field(1, 12),
    start=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 # cronsim takes local time
)
def test_common_expressions_agree_with_another_implementation(
    minutes: str, hours: str, days: tuple[str, str], months: str, start: datetime
) -> None:
    of_month, of_week = days
    theirs = CronSim(f"{minutes} {hours} {of_month} {months} {of_week}".replace("?", "*"), start)
    expected = [moment.replace(tzinfo=UTC) for moment in islice(theirs, 3)]

    cron = parse_cron(f"{minutes} {hours} {of_month} {months} {of_week} *")

    # cronsim looks strictly after its start
    assert _moments(cron, start.replace(tzinfo=UTC) + TICK, 3, "UTC") == expected
