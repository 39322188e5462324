"""When a planned campaign runs: its schedule, and the instants that follow from it.

    at      one instant
    cron    five fields, on the clocks of `zone`
    rrule   a recurrence rule (RFC 5545, see `recurrence`), on the clocks of `zone`, begun at `starts_at`

A wall-clock time that the clocks skip in spring happens at the first minute that they do show, and one that they show
twice in autumn happens once, at the first. A cron expression for every hour, or every few minutes, is a distance and
no time of day: in the hour that comes twice it goes on. We work out each next run ourselves and have the Scheduler
start it at that instant in UTC: its own cron skips what lies in a gap, and it knows no recurrence rules.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, ValidationError, model_validator

from kizuna.core.campaigns.base import Definition
from kizuna.core.campaigns.recurrence import Recurrence, read_rule
from kizuna.core.zones import DAY, first_instant, zone_named

_TICK = timedelta(seconds=1)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # before the first run of anything


def _known_zone(name: str) -> str:
    if zone_named(name) is None:
        raise ValueError(f"unknown time zone {name!r}: use an IANA name such as Asia/Tokyo")
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


class OnSchedule(Definition):
    """Once at an instant, or again and again by a cron expression or a recurrence rule in a zone.

    Runs lie within starts_at ≤ run < ends_at. A rule needs `starts_at`: it is the time of day, the day and the
    beginning of the counting where the rule itself does not say.
    """

    type: Literal["schedule"] = "schedule"
    cron: str | None = None
    at: AwareDatetime | None = None
    rrule: str | None = None
    zone: Zone = "UTC"
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_when(self) -> OnSchedule:
        if sum(each is not None for each in (self.cron, self.at, self.rrule)) != 1:
            raise ValueError("give either at, cron or rrule")
        if self.at is not None and (self.starts_at is not None or self.ends_at is not None):
            raise ValueError("a run at one instant has neither starts_at nor ends_at")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("ends_at is not after starts_at")
        if self.rrule is not None:
            if self.starts_at is None:
                raise ValueError("rrule needs starts_at: when the rule begins, and its time of day")
            read_rule(self.rrule)
        if next_run(self, after=(self.starts_at or BEGINNING) - _TICK) is None:
            raise ValueError("this never comes: there is no day and time that it names")
        return self


def next_run(schedule: OnSchedule, *, after: datetime) -> datetime | None:
    """The first instant (UTC) later than `after` at which the schedule is due, or None if it is over.

    A local time that does not exist (spring) starts at the first minute that does; one that exists
    twice (autumn) starts once.
    """
    if schedule.at is not None:
        at = schedule.at.astimezone(UTC)
        return at if at > after else None
    if schedule.starts_at is not None:
        after = max(after, schedule.starts_at.astimezone(UTC) - _TICK)
    zone = ZoneInfo(schedule.zone)
    if schedule.cron is not None:
        found = _of_cron(schedule.cron, after.astimezone(zone))
    elif schedule.rrule is not None and schedule.starts_at is not None:
        found = _of_rule(read_rule(schedule.rrule), schedule.starts_at, zone, after)
    else:
        raise ValueError("a schedule has either at, cron or rrule")
    upcoming = next((due for due in found if due > after), None)
    is_over = upcoming is None or (schedule.ends_at is not None and upcoming >= schedule.ends_at)
    return None if is_over else upcoming


def runs_between(schedule: OnSchedule, *, since: datetime, until: datetime) -> Iterator[datetime]:
    """The runs of a span, since ≤ run < until, in order."""
    run = next_run(schedule, after=since.astimezone(UTC) - _TICK)
    while run is not None and run < until:
        yield run
        run = next_run(schedule, after=run)


def next_run_as_stored(document: Mapping[str, Any], *, after: datetime) -> datetime | None:
    """The next run of a campaign's document; None also if its trigger is no schedule that can be read.

    Nothing but the trigger is looked at: what was stored long ago may be no campaign by the rules of today.
    """
    try:
        schedule = OnSchedule.model_validate(document.get("trigger"))
    except ValidationError:
        return None
    return next_run(schedule, after=after)


def _of_rule(rule: Recurrence, start: datetime, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The runs of a rule, some before `after` among them: what was skipped may be shown a day later. A run in the
    minute of a start that has seconds is before it, and so is not one that COUNT counts."""
    begins = start.astimezone(zone).replace(tzinfo=None)  # which of two that look alike stays in its `fold`
    near = after.astimezone(zone).replace(tzinfo=None) - 2 * DAY
    for wall in rule.walls(begins, after=near, zone=zone):
        if wall >= near:
            yield first_instant(zone, wall)


def _of_cron(expression: str, after: datetime) -> Iterator[datetime]:
    """In the second pass of an hour that comes twice the first one found may lie in the first pass."""
    from cronsim import CronSim, CronSimError

    if len(expression.split()) != 5:
        raise ValueError(f"not a cron expression of five fields: {expression!r}")
    try:
        for due in CronSim(expression, after):
            yield due.astimezone(UTC)
    except CronSimError as error:
        raise ValueError(f"not a cron expression: {expression!r}") from error
