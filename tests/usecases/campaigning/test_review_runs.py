"""Which instants a schedule has, and how a run survives what happens around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.campaigns import OnSchedule, next_run
from kizuna.core.contracts import StartRun
from kizuna.core.durations import instant_from_text
from kizuna.core.errors import Unavailable
from kizuna.usecases.campaigning.launching import Planner, arm, is_due, start_run
from tests.support.builders import CAMPAIGN, NOON, a_campaign, a_catalog, some_documents
from tests.support.fakes import InMemoryBackfills, InMemoryQueues, InMemoryRuns, InMemorySchedules

ZONES = ["UTC", "Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu"]
WEEKLY = {**CAMPAIGN, "trigger": {"type": "schedule", "cron": "0 12 * * 1"}}


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 59), st.integers(0, 23), st.sampled_from(ZONES),
    st.integers(0, 2 * 365 * 1440),
)  # fmt: skip
def test_every_instant_that_is_armed_is_due_when_it_comes(
    minute: int, hour: int, zone: str, minutes: int
) -> None:
    schedule = OnSchedule(cron=f"{minute} {hour} * * *", zone=zone)
    upcoming = next_run(schedule, after=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
    assert upcoming is not None
    assert is_due(schedule, upcoming)
    assert not is_due(schedule, upcoming + timedelta(minutes=3))


@pytest.mark.parametrize("microseconds", [0, 1, 250_000, 999_999])
def test_a_single_instant_is_due_as_its_schedule_says_it(microseconds: int) -> None:
    """The Scheduler is told whole milliseconds at most; what comes back is still the same instant."""
    campaign = a_campaign(
        trigger={"type": "schedule", "at": NOON.replace(microsecond=microseconds).isoformat()}
    )
    schedules = InMemorySchedules()
    arm(campaign, schedules, after=NOON - timedelta(days=1))
    [told] = [payload["at"] for payload in schedules.armed.values()]
    assert isinstance(campaign.trigger, OnSchedule)
    assert is_due(campaign.trigger, instant_from_text(told))


def planner() -> Planner:
    return Planner(InMemoryRuns(), InMemoryQueues(), InMemorySchedules(), InMemoryBackfills())


def test_a_run_that_cannot_be_handed_out_does_not_end_the_campaign() -> None:
    on, catalog = planner(), a_catalog(some_documents(WEEKLY))
    assert isinstance(on.queues, InMemoryQueues)
    on.queues.down = True
    with pytest.raises(Unavailable):
        start_run(StartRun(campaign="spring", at=NOON), on, catalog, now=NOON)
    assert isinstance(on.schedules, InMemorySchedules)
    assert on.schedules.next_of("spring") == NOON + timedelta(days=7)


def test_an_instant_that_the_schedule_does_not_have_starts_nothing_unless_by_hand() -> None:
    on, catalog = planner(), a_catalog(some_documents(WEEKLY))
    late = StartRun(campaign="spring", at=NOON + timedelta(hours=2))
    assert start_run(late, on, catalog, now=late.at) is None
    assert on.runs.list("spring") == ()
    assert isinstance(on.schedules, InMemorySchedules)
    assert on.schedules.next_of("spring") == NOON + timedelta(days=7)
    assert start_run(late, on, catalog, now=late.at, by_hand=True) is not None
