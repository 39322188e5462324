"""EventBridge Scheduler on a clock that we move: which schedule is due next, and what it sends.

moto stores schedules and never fires one.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

from kizuna.local.clock import Clock
from kizuna.local.cron import Cron, parse_cron

_EXPRESSION: Final = re.compile(r"(at|rate|cron)\((.*)\)", re.ASCII)
_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_RATE: Final = re.compile(r"([1-9]\d*) (minute|hour|day)s?", re.ASCII)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class At:
    """Once, at a local time."""

    local: datetime


@dataclass(frozen=True, slots=True)
class Rate:
    """Again and again, in elapsed time: no daylight saving."""

    every: timedelta


Expression = At | Rate | Cron


@dataclass(frozen=True, slots=True)
class Schedule:
    """One stored schedule.

    `known_since` is the clock's time at which it was first seen here; `created_at` is the wall's,
    and tells it from an earlier one of the same name.
    """

    name: str
    group: str
    arn: str
    expression: Expression
    zone: ZoneInfo
    starts_at: datetime | None
    ends_at: datetime | None
    target: Mapping[str, Any]
    vanishes: bool
    created_at: datetime
    known_since: datetime

    def first_from(self, moment: datetime) -> datetime | None:
        """The first occurrence at or after `moment`, in UTC, within the start and end dates.

        For a one-time schedule its only occurrence, even if that is past; start and end dates do
        not concern it. A rate without start date begins when the schedule is first seen.
        """
        match self.expression:
            case At(local):
                return local.replace(tzinfo=self.zone).astimezone(UTC)
            case Rate(every):
                begin = self.starts_at or self.known_since
                passed = max(-((begin - moment) // every), 0)
                found: datetime | None = begin + passed * every
            case Cron() as cron:
                found = cron.first_from(max(moment, self.starts_at or moment), self.zone)
            case _ as never:
                assert_never(never)
        if found is None or (self.ends_at is not None and found > self.ends_at):
            return None
        return found


@dataclass(frozen=True, slots=True)
class Firing:
    """One invocation: when it was due, and the text that its target receives."""

    schedule: Schedule
    due_at: datetime
    target_arn: str
    payload: str


class Schedules:
    """The enabled schedules of all groups, fired by whoever moves the clock.

    Reads what is stored anew at each question, so schedules may come, change and go at any time.
    """

    def __init__(self, client: Any, clock: Clock) -> None:
        """`client` is a boto3 client of EventBridge Scheduler."""
        self._client = client
        self._clock = clock
        self._known: dict[tuple[str, datetime], tuple[datetime, Schedule]] = {}
        self._fired: dict[tuple[str, datetime], datetime] = {}

    def next_due(
        self, after: datetime, *, only: Callable[[Schedule], bool] = lambda _: True
    ) -> tuple[datetime, Schedule] | None:
        """What fires first from `after` on, and when; None if nothing ever does.

        What was fired for an instant does not come again for it. A one-time schedule that was not
        fired yet comes however late it is, with an instant before `after`; occurrences that a
        recurring schedule missed before `after` do not come. Ties go by group and name.
        """
        due = [
            (instant, schedule.group, schedule.name, schedule)
            for schedule in self._stored()
            if only(schedule) and (instant := self._next(schedule, after)) is not None
        ]
        if not due:
            return None
        instant, _, _, schedule = min(due, key=lambda each: each[:3])
        return instant, schedule

    def fire(self, instant: datetime, schedule: Schedule) -> Firing:
        """Marks the occurrence as fired and returns what its target receives.

        Deletes the schedule if this was its last occurrence and it asked for that.
        """
        self._fired[schedule.arn, schedule.created_at] = instant
        if schedule.vanishes and self._next(schedule, instant) is None:
            self._client.delete_schedule(GroupName=schedule.group, Name=schedule.name)
        return Firing(schedule, instant, schedule.target["Arn"], _payload(schedule, instant))

    def run_until(
        self, moment: datetime, *, only: Callable[[Schedule], bool] = lambda _: True
    ) -> Iterator[Firing]:
        """Fires everything due up to `moment`, one after the other, and moves the clock along.

        The clock stands at a firing's time, and at `moment` once all have been taken.
        """
        while (due := self.next_due(self._clock.now(), only=only)) and due[0] <= moment:
            self._clock.advance_to(due[0])
            yield self.fire(*due)
        self._clock.advance_to(moment)

    def _next(self, schedule: Schedule, after: datetime) -> datetime | None:
        last = self._fired.get((schedule.arn, schedule.created_at))
        if last is None:
            return schedule.first_from(after)
        found = schedule.first_from(max(after, last + _TICK))
        return found if found is not None and found > last else None

    def _stored(self) -> Iterator[Schedule]:
        before, self._known = self._known, {}
        for page in self._client.get_paginator("list_schedules").paginate():
            for entry in page["Schedules"]:
                # moto forgets the state with an update that names none; AWS enables it, as when it is created
                if entry.get("State") == "DISABLED":
                    continue
                key, changed_at = (entry["Arn"], entry["CreationDate"]), entry["LastModificationDate"]
                known = before.get(key)
                if known is None or known[0] != changed_at:
                    since = self._clock.now() if known is None else known[1].known_since
                    known = changed_at, self._read(entry, since)
                self._known[key] = known
                yield known[1]

    def _read(self, entry: Mapping[str, Any], known_since: datetime) -> Schedule:
        stored = self._client.get_schedule(GroupName=entry["GroupName"], Name=entry["Name"])
        return Schedule(
            name=stored["Name"],
            group=stored["GroupName"],
            arn=stored["Arn"],
            expression=parse_expression(stored["ScheduleExpression"]),
            zone=ZoneInfo(stored.get("ScheduleExpressionTimezone") or "UTC"),
            starts_at=_utc(stored.get("StartDate")),
            ends_at=_utc(stored.get("EndDate")),
            target=stored["Target"],
            vanishes=stored.get("ActionAfterCompletion") == "DELETE",
            created_at=entry["CreationDate"],
            known_since=known_since,
        )


def parse_expression(text: str) -> Expression:
    """Parses `at(…)`, `rate(…)` or `cron(…)`. Raises ValueError that names what was wrong."""
    found = _EXPRESSION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"neither at(…), rate(…) nor cron(…): {text!r}")
    kind, inner = found.groups()
    if kind == "cron":
        return parse_cron(inner)
    if kind == "at":
        if not _AT.fullmatch(inner):
            raise ValueError(f"at takes YYYY-MM-DDTHH:MM:SS: {text!r}")
        return At(datetime.fromisoformat(inner))
    rate = _RATE.fullmatch(inner)
    if rate is None:
        raise ValueError(f"rate takes a number of minutes, hours or days: {text!r}")
    return Rate(timedelta(**{f"{rate[2]}s": int(rate[1])}))


def _payload(schedule: Schedule, instant: datetime) -> str:
    due = instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    name = f"{schedule.arn} {due}".encode()
    execution_id = str(UUID(hashlib.md5(name, usedforsecurity=False).hexdigest()))
    text: str | None = schedule.target.get("Input")
    if text is None:
        return json.dumps(_default_event(schedule, due, execution_id))
    context = {
        "<aws.scheduler.schedule-arn>": schedule.arn,
        "<aws.scheduler.scheduled-time>": due,
        "<aws.scheduler.execution-id>": execution_id,
        "<aws.scheduler.attempt-number>": "1",
    }
    for keyword, value in context.items():
        text = text.replace(keyword, value)
    return text


def _default_event(schedule: Schedule, due: str, execution_id: str) -> dict[str, Any]:
    """What a target without input receives."""
    region, account = schedule.arn.split(":")[3:5]
    return {
        "version": "0",
        "id": execution_id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": account,
        "time": due,
        "region": region,
        "resources": [schedule.arn],
        "detail": "{}",
    }


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
