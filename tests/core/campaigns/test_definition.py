"""What a campaign must say before it may run, and exactly when it runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.campaigns import OnSchedule, next_run, scheduled_run_id, triggered_step
from kizuna.core.durations import Duration
from tests.support.builders import CAMPAIGN, INTENT, NOON, a_campaign

MINUTE = timedelta(minutes=1)
ZONES = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})


def daily(zone: str, hour: int = 9, minute: int = 0) -> OnSchedule:
    return OnSchedule(cron=f"{minute} {hour} * * *", zone=zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# ── when ────────────────────────────────────────────────────────────────────────────────────────


@cache
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """The minutes (UTC) of 2026 and 2027 at which a zone's clocks are moved."""
    here = ZoneInfo(zone)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=number) for number in range(730)]
    changed = [day for day in days if offset(day, here) != offset(day + timedelta(days=1), here)]
    return tuple(
        next(minute for minute in (day + number * MINUTE for number in range(1, 1_441))
             if offset(minute, here) != offset(day, here))
        for day in changed
    )  # fmt: skip


def offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def realised(wall: datetime, zone: str) -> datetime:
    """When a wall-clock time happens: the first time it does, or the first minute after it was skipped."""
    instant = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
        return instant
    return max(change for change in clock_changes(zone) if change <= instant)


def plainly(zone: str, hour: int, minute: int, after: datetime) -> datetime:
    today = after.astimezone(ZoneInfo(zone)).replace(
        tzinfo=None, hour=hour, minute=minute, second=0, microsecond=0
    )
    return min(
        run
        for days in range(-2, 4)
        if (run := realised(today + timedelta(days=days), zone)) > after
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 3),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(-2_000, 2_000),
)
def test_a_daily_run_starts_once_a_day_in_every_zone_of_the_world(
    zone: str, which: int, hour: int, minute: int, away: int
) -> None:
    changes = clock_changes(zone) or (NOON,)
    after = changes[which % len(changes)] + away * MINUTE
    assert next_run(daily(zone, hour, minute), after=after) == plainly(zone, hour, minute, after)


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Havana",
        "Africa/Cairo",
        "Asia/Gaza",
    ],
)
def test_around_a_change_of_clocks_runs_follow_each_other_one_a_day(zone: str) -> None:
    assert len(clock_changes(zone)) == 4
    for change in clock_changes(zone):
        for hour, minute in [(0, 0), (0, 30), (1, 45), (2, 0), (2, 30), (3, 0)]:
            run = next_run(daily(zone, hour, minute), after=change - timedelta(days=2))
            runs = []
            while run is not None and run < change + timedelta(days=2):
                runs.append(run)
                run = next_run(daily(zone, hour, minute), after=run)
            assert len({moment.astimezone(ZoneInfo(zone)).date() for moment in runs}) == len(runs)
            assert all(timedelta(hours=22) < b - a < timedelta(hours=26) for a, b in pairwise(runs))


CLOCK = [
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00+00:00", "2026-03-29T03:00+02:00"),  # skipped
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00+00:00", "2026-10-25T02:30+02:00"),  # the first of two
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),  # and not the second
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T02:10+01:00", "2026-10-26T02:30+01:00"),  # asked in the second hour
    ("*/30 * * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00"),  # all day long, twice
    ("0 9 * * MON", "Asia/Tokyo", "2026-11-22T12:00+00:00", "2026-11-23T09:00+09:00"),
    ("0 9 1 * *", "Asia/Tokyo", "2026-11-23T12:00+00:00", "2026-12-01T09:00+09:00"),
    ("0 9 L * *", "UTC", "2026-02-01T00:00+00:00", "2026-02-28T09:00+00:00"),
    ("0 0 29 2 *", "UTC", "2026-11-23T12:00+00:00", "2028-02-29T00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("cron", "zone", "after", "run"), CLOCK)
def test_a_schedule_is_due(cron: str, zone: str, after: str, run: str) -> None:
    assert next_run(OnSchedule(cron=cron, zone=zone), after=at(after)) == at(run)


def test_a_run_at_an_instant_happens_once() -> None:
    schedule = OnSchedule(at=NOON)
    assert next_run(schedule, after=NOON - MINUTE) == NOON
    assert next_run(schedule, after=NOON) is None


def test_a_second_tick_of_the_clock_names_the_same_run_whatever_its_zone() -> None:
    campaign = a_campaign()
    assert scheduled_run_id(campaign, NOON) == scheduled_run_id(
        campaign, NOON.astimezone(ZoneInfo("Asia/Tokyo"))
    )
    assert scheduled_run_id(campaign, NOON) != scheduled_run_id(campaign, NOON + MINUTE)
    assert scheduled_run_id(campaign, NOON) == "20261123T1200Z"


def test_one_cause_sets_off_one_step_of_each_campaign() -> None:
    trigger = {"type": "event", "event": "Cart Left"}
    campaign = a_campaign(trigger=trigger, audience=None)
    other = a_campaign(trigger=trigger, audience=None, id="summer")
    assert triggered_step(campaign, "p1|e1") == triggered_step(campaign, "p1|e1")
    assert (
        len(
            {
                triggered_step(campaign, "p1|e1"),
                triggered_step(campaign, "p1|e2"),
                triggered_step(other, "p1|e1"),
            }
        )
        == 3
    )
    with pytest.raises(ValueError, match="spring is not triggered"):
        triggered_step(a_campaign(), "p1|e1")


# ── what it must say ────────────────────────────────────────────────────────────────────────────

REFUSED: dict[str, dict[str, Any]] = {
    "no goal": {"goal": None},
    "a goal without an event": {"goal": {"within": "3d"}},
    "no intent card": {"intent_card": None},
    "an empty intent": {"intent_card": INTENT | {"why": "because"}},
    "an intent of blanks": {"intent_card": INTENT | {"how_to_ask": " " * 40}},
    "a need that nobody told": {"intent_card": {name: INTENT[name] for name in ("why", "how_to_ask")}},
    "a digest for an audience": {"trigger": {"type": "digest"}},
    "a digest that somebody asked for": {
        "trigger": {"type": "digest"}, "audience": None, "category": "transactional", "transactional_basis": "asked",
    },
    "a schedule without an audience": {"audience": None},
    "an audience of nobody": {"audience": {"in": []}},
    "a schedule without a time": {"trigger": {"type": "schedule"}},
    "a schedule with two times": {"trigger": {"type": "schedule", "cron": "0 9 * * *", "at": NOON.isoformat()}},
    "a time without a zone": {"trigger": {"type": "schedule", "at": "2026-11-23T12:00:00"}},
    "an unknown zone": {"trigger": {"type": "schedule", "cron": "0 9 * * *", "zone": "Mars/Olympus"}},
    "a zone outside the folder of zones": {"trigger": {"type": "schedule", "cron": "0 9 * * *", "zone": "../etc"}},
    "no cron expression": {"trigger": {"type": "schedule", "cron": "every day at nine"}},
    "a cron expression with seconds": {"trigger": {"type": "schedule", "cron": "*/5 * * * * *"}},
    "a day that never comes": {"trigger": {"type": "schedule", "cron": "0 0 30 2 *"}},
    "an unknown trigger": {"trigger": {"type": "whim"}},
    "an unknown channel": {"channel": "pigeon"},
    "transactional without a basis": {"category": "transactional"},
    "a confirmation of an opt-out": {"category": "opt_out_confirmation"},
    "an unknown key": {"budget": 5},
    "an id for a path": {"id": "../spring"},
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_campaign_that_is_not_complete_is_refused(case: str) -> None:
    document = {name: value for name, value in (CAMPAIGN | REFUSED[case]).items() if value is not None}
    with pytest.raises(ValidationError):
        a_campaign(**dict.fromkeys(CAMPAIGN) | document)


def test_a_campaign_says_who_is_meant_and_who_is_not_and_for_how_long() -> None:
    campaign = a_campaign(audience={"in": ["loyal"], "not_in": ["sad"]}, expires_after="6h")
    assert campaign.audience is not None
    assert (campaign.audience.segments, campaign.audience.excluded) == (("loyal",), ("sad",))
    assert campaign.expires_after == Duration(seconds=6 * 3600)
    assert campaign.goal.within == Duration(seconds=3 * 86_400)
    assert campaign.category == "marketing"
