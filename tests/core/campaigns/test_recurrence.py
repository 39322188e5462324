"""Recurrence rules against dateutil, which comes with boto3 and is no part of what we run."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.campaigns import OnSchedule, next_run
from kizuna.core.campaigns.recurrence import read_rule
from tests.support.examples import examples

UTC = ZoneInfo("UTC")
START = datetime(2026, 1, 31, 9, 30)  # noqa: DTZ001  (wall-clock time)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def some(values: st.SearchStrategy[int | str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(
        lambda found: ",".join(map(str, found))
    )


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = {"FREQ": frequency}
    if draw(st.booleans()):
        parts["INTERVAL"] = str(draw(st.integers(1, 6)))
    if draw(st.booleans()):
        parts["BYMONTH"] = draw(some(st.integers(1, 12)))
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts["BYMONTHDAY"] = draw(some(st.integers(1, 31) | st.integers(-31, -1)))
    if draw(st.booleans()):
        number = st.integers(1, 5) | st.integers(-5, -1)
        numbered = st.builds(lambda n, day: f"{n}{day}", number, st.sampled_from(DAYS))
        # A list of both, such as MO,1MO, is every Monday to RFC 5545, and only the first to dateutil.
        numbers = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
        parts["BYDAY"] = draw(some(numbered if numbers else st.sampled_from(DAYS)))
    if draw(st.booleans()):
        parts["BYHOUR"] = draw(some(st.integers(0, 23), 2))
    if draw(st.booleans()):
        parts["BYMINUTE"] = draw(some(st.integers(0, 59), 2))
    # dateutil counts places from the start in the first week, and not from the week's own beginning.
    if (
        frequency != "WEEKLY"
        and len(parts) > 2
        and draw(st.booleans())
        and set(parts) & {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYHOUR"}
    ):
        parts["BYSETPOS"] = draw(some(st.integers(1, 3) | st.integers(-3, -1), 2))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(("MO", "SU", "WE")))
    end = draw(st.sampled_from(("", "COUNT", "UNTIL")))
    if end == "COUNT":
        parts["COUNT"] = str(draw(st.integers(1, 12)))
    elif end == "UNTIL":
        parts["UNTIL"] = draw(st.sampled_from(("20270301T000000", "20281231T093000")))
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(max_examples=examples(50), deadline=None)
@given(rules(), st.integers(0, 27), st.integers(0, 1_500))
def test_a_rule_comes_when_dateutil_says_it_does(text: str, later: int, days_on: int) -> None:
    start = START + timedelta(days=later)
    after = start + timedelta(days=days_on)
    horizon = datetime(2036, 1, 1)  # noqa: DTZ001
    oracle = rrulestr(
        text if "UNTIL" in text or "COUNT" in text else f"{text};UNTIL=20360101T000000", dtstart=start
    )
    expected = list(
        islice((wall for wall in takewhile(lambda wall: wall < horizon, oracle) if wall >= after), 40)
    )
    walls = read_rule(text).walls(start, after=after, zone=UTC)
    found = list(
        islice((wall for wall in takewhile(lambda wall: wall < horizon, walls) if wall >= after), 40)
    )
    assert found == expected


NAMED = {
    "the first of two days of each week, whose first week is half over": (
        "FREQ=WEEKLY;BYDAY=MO,SU;BYSETPOS=1", "2026-11-23T08:15+09:00",
    ),
    "each weekday at nine": ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=0", "2026-11-23T09:00+09:00"),
    "the last working day of the month": (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=9;BYMINUTE=0", "2026-11-30T09:00+09:00",
    ),
    "the second Tuesday": ("FREQ=MONTHLY;BYDAY=2TU;BYHOUR=9;BYMINUTE=0", "2026-12-08T09:00+09:00"),
    "the last of the month": ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=0", "2026-11-30T09:00+09:00"),
    "every other week": ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-11-30T08:15+09:00"),
    "29 February": ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29T08:15+09:00"),
    "29 February on a Monday": ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "2044-02-29T08:15+09:00"),
    "with the prefix of calendars": ("RRULE:FREQ=DAILY", "2026-11-23T08:15+09:00"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_rule_is_due_in_its_zone(name: str) -> None:
    rule, run = NAMED[name]
    schedule = OnSchedule.model_validate(
        {"rrule": rule, "zone": "Asia/Tokyo", "starts_at": "2026-11-16T08:15:00+09:00"}
    )
    assert next_run(
        schedule, after=datetime.fromisoformat("2026-11-22T21:00+09:00")
    ) == datetime.fromisoformat(run)


REFUSED = {
    "": "not a recurrence rule",
    "every day": "not a recurrence rule",
    "FREQ=HOURLY": "DAILY, WEEKLY, MONTHLY or YEARLY",
    "FREQ=DAILY;BYSECOND=1": "BYSECOND",
    "FREQ=YEARLY;BYWEEKNO=20": "BYWEEKNO",
    "FREQ=DAILY;DTSTART=20260101T000000": "starts_at",
    "FREQ=DAILY;FREQ=WEEKLY": "twice",
    "FREQ=DAILY;INTERVAL=0": "INTERVAL is a whole number from 1",
    "FREQ=DAILY;COUNT=0": "COUNT is a whole number from 1",
    "FREQ=DAILY;COUNT=3;UNTIL=20270101": "not both",
    "FREQ=DAILY;UNTIL=tomorrow": "UNTIL is",
    "FREQ=DAILY;UNTIL=20270231": "UNTIL is",
    "FREQ=MONTHLY;BYMONTHDAY=0": "BYMONTHDAY is",
    "FREQ=MONTHLY;BYMONTHDAY=32": "BYMONTHDAY is",
    "FREQ=DAILY;BYHOUR=24": "BYHOUR is",
    "FREQ=DAILY;BYDAY=FUNDAY": "BYDAY is",
    "FREQ=WEEKLY;BYDAY=1MO": "MONTHLY and YEARLY",
    "FREQ=WEEKLY;BYMONTHDAY=1": "not for WEEKLY",
    "FREQ=MONTHLY;BYDAY=6MO": "at most 5",
    "FREQ=MONTHLY;BYSETPOS=1": "there is none",
    "FREQ=DAILY;WKST=XX": "a weekday is",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30": "never comes",
    "FREQ=DAILY;UNTIL=20200101": "never comes",
    "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29": "never comes",  # begun in an odd year
}


@pytest.mark.parametrize("rule", REFUSED)
def test_a_rule_that_is_none_or_never_comes_is_refused_with_the_reason(rule: str) -> None:
    document = {"rrule": rule, "starts_at": "2027-01-01T09:00:00Z"}
    with pytest.raises(ValueError, match=REFUSED[rule]):
        OnSchedule.model_validate(document)


def test_a_rule_says_when_it_begins_and_may_say_when_it_ends() -> None:
    with pytest.raises(ValueError, match="rrule needs starts_at"):
        OnSchedule(rrule="FREQ=DAILY")
    document = {"rrule": "FREQ=DAILY", "starts_at": "2026-12-01T09:00:00Z", "ends_at": "2026-12-03T09:00:00Z"}
    schedule = OnSchedule.model_validate(document)
    second = datetime(2026, 12, 2, 9, tzinfo=UTC)
    assert next_run(schedule, after=datetime(2020, 1, 1, tzinfo=UTC)) == second - timedelta(days=1)
    assert next_run(schedule, after=second - timedelta(seconds=1)) == second
    assert next_run(schedule, after=second) is None, "ends_at itself is no run any more"
    with pytest.raises(ValueError, match="ends_at is not after starts_at"):
        OnSchedule.model_validate(document | {"ends_at": "2026-12-01T09:00:00Z"})


def test_a_count_counts_from_the_beginning_of_the_rule() -> None:
    schedule = OnSchedule.model_validate({"rrule": "FREQ=DAILY;COUNT=3", "starts_at": "2026-12-01T09:00:00Z"})
    third = datetime(2026, 12, 3, 9, tzinfo=UTC)
    assert next_run(schedule, after=third - timedelta(hours=1)) == third
    assert next_run(schedule, after=third) is None


def test_until_in_utc_is_an_instant_and_a_plain_day_is_meant_to_its_end_in_the_zone() -> None:
    def last(until: str) -> datetime | None:
        rule = f"FREQ=DAILY;UNTIL={until}"
        schedule = OnSchedule.model_validate(
            {"rrule": rule, "zone": "Asia/Tokyo", "starts_at": "2026-12-01T09:00:00+09:00"}
        )
        runs, run = [], next_run(schedule, after=datetime(2026, 11, 1, tzinfo=UTC))
        while run is not None:
            runs.append(run)
            run = next_run(schedule, after=run)
        return runs[-1]

    assert last("20261203") == datetime(2026, 12, 3, tzinfo=UTC)
    assert last("20261203T000000Z") == datetime(2026, 12, 3, tzinfo=UTC)
    assert last("20261202T235959Z") == datetime(2026, 12, 2, tzinfo=UTC)
    assert last("20261203T085959") == datetime(2026, 12, 2, tzinfo=UTC)
