from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.local.clock import VirtualClock
from kizuna.local.schedules import Firing, Schedules, parse_expression
from tests.support.emulated import client, cloud

START = datetime(2055, 3, 1, 12, tzinfo=UTC)  # a Monday
QUEUE = "arn:aws:sqs:us-east-1:123456789012:work"


@pytest.fixture
def scheduler() -> Iterator[Any]:
    with cloud():
        scheduler = client("scheduler")
        scheduler.create_schedule_group(Name="campaigns")
        yield scheduler


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def schedules(scheduler: Any, clock: VirtualClock) -> Schedules:
    return Schedules(scheduler, clock)


def create(scheduler: Any, name: str, expression: str, **more: Any) -> None:
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        **{
            "GroupName": "campaigns",
            "Target": {"Arn": QUEUE, "RoleArn": "arn:aws:iam::123456789012:role/r", "Input": name},
            **more,
        },
    )


def names(scheduler: Any) -> list[str]:
    return [schedule["Name"] for schedule in scheduler.list_schedules()["Schedules"]]


def played(firings: Iterator[Firing]) -> list[tuple[str, str]]:
    return [(firing.schedule.name, firing.due_at.strftime("%d %H:%M")) for firing in firings]


def test_nothing_is_due_without_schedules(schedules: Schedules) -> None:
    assert schedules.next_due(START) is None


def test_the_earliest_schedule_of_all_groups_is_due_next(scheduler: Any, schedules: Schedules) -> None:
    create(scheduler, "later", "at(2055-03-02T09:00:00)")
    create(scheduler, "daily", "cron(0 18 * * ? *)", GroupName="default")

    due = schedules.next_due(START)

    assert due is not None
    assert (due[0], due[1].name, due[1].group) == (START.replace(hour=18), "daily", "default")


def test_a_one_time_schedule_is_in_its_time_zone(scheduler: Any, schedules: Schedules) -> None:
    create(scheduler, "tokyo", "at(2055-03-02T09:00:00)", ScheduleExpressionTimezone="Asia/Tokyo")

    due = schedules.next_due(START)

    assert due is not None
    assert due[0] == datetime(2055, 3, 2, tzinfo=UTC)


def test_a_one_time_schedule_fires_once_and_vanishes_if_it_asked_for_that(
    scheduler: Any, schedules: Schedules
) -> None:
    create(scheduler, "gone", "at(2055-03-01T13:00:00)", ActionAfterCompletion="DELETE")
    create(scheduler, "stays", "at(2055-03-01T14:00:00)", ActionAfterCompletion="NONE")

    fired = played(schedules.run_until(START + timedelta(days=3)))

    assert fired == [("gone", "01 13:00"), ("stays", "01 14:00")]
    assert names(scheduler) == ["stays"]
    assert schedules.next_due(START) is None


def test_a_one_time_schedule_that_is_late_fires_all_the_same(
    scheduler: Any, schedules: Schedules, clock: VirtualClock
) -> None:
    create(scheduler, "late", "at(2055-02-28T09:00:00)")

    [firing] = schedules.run_until(START)

    assert firing.due_at == datetime(2055, 2, 28, 9, tzinfo=UTC)
    assert clock.now() == START


def test_a_changed_one_time_schedule_fires_at_its_new_time(scheduler: Any, schedules: Schedules) -> None:
    create(scheduler, "moved", "at(2055-03-01T13:00:00)")
    assert len(played(schedules.run_until(START + timedelta(hours=2)))) == 1

    stored = scheduler.get_schedule(GroupName="campaigns", Name="moved")
    scheduler.update_schedule(
        GroupName="campaigns",
        Name="moved",
        ScheduleExpression="at(2055-03-01T16:00:00)",
        FlexibleTimeWindow=stored["FlexibleTimeWindow"],
        Target=stored["Target"],
        State="ENABLED",
    )

    assert played(schedules.run_until(START + timedelta(days=1))) == [("moved", "01 16:00")]


def test_a_schedule_made_again_under_its_name_fires_again(scheduler: Any, schedules: Schedules) -> None:
    for _ in range(2):
        create(scheduler, "again", "at(2055-03-01T12:00:00)", ActionAfterCompletion="DELETE")
        assert played(schedules.run_until(START)) == [("again", "01 12:00")]


def test_a_rate_counts_elapsed_time_from_when_it_is_first_seen(scheduler: Any, schedules: Schedules) -> None:
    create(scheduler, "wake", "rate(90 minutes)", ScheduleExpressionTimezone="Europe/Berlin")

    fired = played(schedules.run_until(START + timedelta(hours=4)))

    assert fired == [("wake", "01 12:00"), ("wake", "01 13:30"), ("wake", "01 15:00")]


def test_a_rate_counts_from_its_start_date_to_its_end_date(scheduler: Any, schedules: Schedules) -> None:
    create(
        scheduler,
        "bounded",
        "rate(1 day)",
        StartDate=START + timedelta(hours=3),
        EndDate=START + timedelta(days=2, hours=4),
        ActionAfterCompletion="DELETE",
    )

    fired = played(schedules.run_until(START + timedelta(days=9)))

    assert fired == [("bounded", "01 15:00"), ("bounded", "02 15:00"), ("bounded", "03 15:00")]
    assert names(scheduler) == []


def test_cron_waits_for_its_start_date(scheduler: Any, schedules: Schedules) -> None:
    create(scheduler, "weekdays", "cron(0 9 ? * MON-FRI *)", StartDate=START + timedelta(days=2))

    due = schedules.next_due(START)

    assert due is not None
    assert due[0] == datetime(2055, 3, 4, 9, tzinfo=UTC)


def test_schedules_due_at_one_moment_all_fire_in_the_order_of_their_names(
    scheduler: Any, schedules: Schedules, clock: VirtualClock
) -> None:
    for name in ("b", "a", "c"):
        create(scheduler, name, "cron(0 13 * * ? *)")

    fired = played(schedules.run_until(START + timedelta(hours=1)))

    assert fired == [("a", "01 13:00"), ("b", "01 13:00"), ("c", "01 13:00")]
    assert clock.now() == START + timedelta(hours=1)


def test_the_clock_stands_at_the_time_of_each_firing(
    scheduler: Any, schedules: Schedules, clock: VirtualClock
) -> None:
    create(scheduler, "hourly", "cron(0 * * * ? *)")

    seen = [(clock.now(), firing.due_at) for firing in schedules.run_until(START + timedelta(hours=3))]

    assert [now for now, _ in seen] == [due for _, due in seen]
    assert clock.now() == START + timedelta(hours=3)


def test_occurrences_missed_before_the_moment_asked_about_do_not_come(
    scheduler: Any, schedules: Schedules
) -> None:
    create(scheduler, "wake", "rate(1 minute)")
    schedules.next_due(START)

    due = schedules.next_due(START + timedelta(days=1, seconds=30))

    assert due is not None
    assert due[0] == START + timedelta(days=1, minutes=1)


def test_some_schedules_can_be_left_to_others(scheduler: Any, schedules: Schedules) -> None:
    create(scheduler, "wake", "rate(1 minute)")
    create(scheduler, "daily", "cron(0 18 * * ? *)")

    fired = played(schedules.run_until(START + timedelta(days=1), only=lambda each: each.name != "wake"))

    assert fired == [("daily", "01 18:00")]


def test_a_disabled_schedule_does_not_fire(scheduler: Any, schedules: Schedules) -> None:
    create(scheduler, "off", "rate(1 hour)", State="DISABLED")

    assert schedules.next_due(START) is None


def test_more_schedules_than_fit_a_page_are_all_seen(scheduler: Any, schedules: Schedules) -> None:
    for n in range(60):
        create(scheduler, f"s{n:02}", "at(2055-03-01T13:00:00)")

    assert len(played(schedules.run_until(START + timedelta(days=1)))) == 60


def test_only_what_changed_is_read_again(
    scheduler: Any, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(scheduler, "daily", "cron(0 18 * * ? *)")
    schedules.next_due(START)
    monkeypatch.setattr(scheduler, "get_schedule", None)

    assert schedules.next_due(START) is not None


def test_the_target_receives_its_input_with_the_context_filled_in(
    scheduler: Any, schedules: Schedules
) -> None:
    text = json.dumps(
        {
            "at": "<aws.scheduler.scheduled-time>",
            "by": "<aws.scheduler.schedule-arn>",
            "try": "<aws.scheduler.attempt-number>",
            "run": "<aws.scheduler.execution-id>",
        }
    )
    target = {"Arn": QUEUE, "RoleArn": "arn:aws:iam::123456789012:role/r", "Input": text}
    create(scheduler, "hello", "at(2055-03-01T13:00:00)", Target=target)

    [firing] = schedules.run_until(START + timedelta(days=1))

    payload = json.loads(firing.payload)
    assert firing.target_arn == QUEUE
    assert payload["at"] == "2055-03-01T13:00:00Z"
    assert payload["by"] == "arn:aws:scheduler:us-east-1:123456789012:schedule/campaigns/hello"
    assert payload["try"] == "1"
    assert len(payload["run"]) == 36


def test_a_target_without_input_receives_a_scheduled_event(scheduler: Any, schedules: Schedules) -> None:
    target = {"Arn": QUEUE, "RoleArn": "arn:aws:iam::123456789012:role/r"}
    create(scheduler, "plain", "at(2055-03-01T13:00:00)", Target=target)

    [firing] = schedules.run_until(START + timedelta(days=1))

    event = json.loads(firing.payload)
    assert event["source"] == "aws.scheduler"
    assert event["detail-type"] == "Scheduled Event"
    assert event["time"] == "2055-03-01T13:00:00Z"
    assert event["resources"] == [firing.schedule.arn]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("every(5 minutes)", "neither at"),
        ("at(2055-03-01)", "at takes YYYY-MM-DDTHH:MM:SS"),
        ("at(2055-03-01T13:00:00Z)", "at takes YYYY-MM-DDTHH:MM:SS"),
        ("at(2055-02-30T13:00:00)", "day"),
        ("rate(0 minutes)", "rate takes a number"),
        ("rate(5 seconds)", "rate takes a number"),
        ("cron(0 9 * * *)", "six fields"),
    ],
)
def test_a_bad_expression_is_refused_with_what_was_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_expression(text)
