"""One-time schedules of EventBridge Scheduler: the port `Schedules`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kizuna.adapters.batches import json_text, refusals_as_unavailable
from kizuna.core.errors import Conflict
from kizuna.core.ids import digest

_NAME_MAX = 64
_TRIES = 3


class SchedulerSchedules:
    """Starts the target at an instant, in a group of our own, one schedule for each name.

    A schedule that has fired stays until it is moved or disarmed. Would it delete itself, that could come a moment
    after its own run has armed the next, and the campaign would end unseen.
    """

    def __init__(self, client: Any, *, group: str, role: str, target: str, lost: str = "") -> None:
        """`lost` is the ARN of the queue that gets a start which the Scheduler could not bring about."""
        self._client = client
        self._group = group
        self._role = role
        self._target = target
        self._lost = {"DeadLetterConfig": {"Arn": lost}} if lost else {}

    def arm(self, name: str, *, at: datetime, payload: Mapping[str, Any]) -> None:
        """Raises Conflict if others keep arming and disarming the same name."""
        request = self._request(name, at, payload)
        for _ in range(_TRIES):
            if self._create(request) or self._update(request):
                return
        raise Conflict(f"schedule {request['Name']}")

    def _create(self, request: Mapping[str, Any]) -> bool:
        try:
            with refusals_as_unavailable(f"schedule {request['Name']}"):
                self._client.create_schedule(**request)
        except self._client.exceptions.ConflictException:
            return False
        return True

    def _update(self, request: Mapping[str, Any]) -> bool:
        try:
            with refusals_as_unavailable(f"schedule {request['Name']}"):
                self._client.update_schedule(**request)
        except self._client.exceptions.ResourceNotFoundException:
            return False  # somebody has just disarmed it
        except self._client.exceptions.ConflictException:
            return False  # somebody else is changing it at this moment
        return True

    def disarm(self, name: str) -> None:
        """Disarming what is not armed changes nothing."""
        try:
            with refusals_as_unavailable(f"schedule {schedule_name(name)}"):
                self._client.delete_schedule(Name=schedule_name(name), GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return

    def _request(self, name: str, at: datetime, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "Name": schedule_name(name),
            "GroupName": self._group,
            "ScheduleExpression": f"at({_whole_seconds(at):%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "NONE",
            "Target": {"Arn": self._target, "RoleArn": self._role, "Input": json_text(payload), **self._lost},
        }


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
