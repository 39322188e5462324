"""One-time schedules of EventBridge Scheduler: the port `Schedules`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kizuna.adapters.batches import json_text, refusals_as_unavailable
from kizuna.core.ids import digest

_NAME_MAX = 64


class SchedulerSchedules:
    """Starts the target at an instant, by a schedule in a group of our own for each name and instant.

    The Scheduler deletes a schedule once it has fired, in its own time, and does not promise that one which has
    fired would fire again if it were moved. So none is ever moved: each instant has a schedule under its own name.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html
    """

    def __init__(self, client: Any, *, group: str, role: str, target: str, lost: str = "") -> None:
        """`lost` is the ARN of the queue that gets a start which the Scheduler could not bring about."""
        self._client = client
        self._group = group
        self._role = role
        self._target = target
        self._lost = {"DeadLetterConfig": {"Arn": lost}} if lost else {}

    def arm(self, name: str, *, at: datetime, payload: Mapping[str, Any]) -> None:
        """Raises Unavailable.

        A schedule that exists is left as it is, for it says the same: `payload` follows from name and instant.
        """
        request = self._request(name, at, payload)
        try:
            with refusals_as_unavailable(f"schedule {request['Name']}"):
                self._client.create_schedule(**request)
        except self._client.exceptions.ConflictException:
            return  # armed already

    def disarm(self, name: str, *, at: datetime) -> None:
        """Raises Unavailable."""
        schedule = occurrence_name(name, at)
        try:
            with refusals_as_unavailable(f"schedule {schedule}"):
                self._client.delete_schedule(Name=schedule, GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return

    def _request(self, name: str, at: datetime, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "Name": occurrence_name(name, at),
            "GroupName": self._group,
            "ScheduleExpression": f"at({_whole_seconds(at):%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {"Arn": self._target, "RoleArn": self._role, "Input": json_text(payload), **self._lost},
        }


def occurrence_name(name: str, at: datetime) -> str:
    """The schedule of one instant of a name, such as `win-back-20261125T100000Z`; no two starts share one."""
    utc = at.astimezone(UTC)
    fraction = f".{utc.microsecond:06d}" if utc.microsecond else ""
    return schedule_name(f"{name}-{utc:%Y%m%dT%H%M%S}{fraction}Z")


def schedule_name(name: str) -> str:
    """A name the Scheduler takes: unchanged if it does, else cleaned and told apart by a hash."""
    if re.fullmatch(r"[0-9a-zA-Z_.-]{1,64}", name):
        return name
    tail = "-" + digest("schedule", name, length=16)
    return re.sub(r"[^0-9a-zA-Z_.-]", "-", name)[: _NAME_MAX - len(tail)] + tail


def _whole_seconds(at: datetime) -> datetime:
    """In UTC, and never earlier than asked."""
    utc = at.astimezone(UTC)
    return utc if utc.microsecond == 0 else utc.replace(microsecond=0) + timedelta(seconds=1)
