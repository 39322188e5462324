"""The calendar: what will happen in the days to come, to about how many, on which channel, and where it collides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kizuna.core.campaigning.agenda import Meeting, Planned, late_zones, meetings, planned_runs
from kizuna.core.campaigning.controls import Control
from kizuna.core.campaigning.guards import Size
from kizuna.core.campaigning.states import CampaignState, standing_of
from kizuna.core.campaigns import Campaign, OnSchedule
from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.intake.http import HttpRequest
from kizuna.core.ports import People
from kizuna.core.zones import zone_named
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.campaigning.controlling import ControlDesk
from kizuna.usecases.campaigning.sizes import ENOUGH, size_of
from kizuna.usecases.segments.overlap import members_in_order

DAYS, MOST_DAYS = 7, 62
MOST_ZONES = 12
Body = dict[str, Any]


def calendar_body(
    on: ControlDesk,
    people: People,
    catalog: Catalog,
    *,
    now: datetime,
    days: int = DAYS,
    zones: Sequence[str] = (),
) -> Body:
    """The calendar from `now` on, as JSON; local times in each of `zones`. Reads membership, and writes nothing."""
    until = now + timedelta(days=days)
    runs = planned_runs(tuple(catalog.campaigns.values()), since=now, until=until)
    controls = on.controls.current()
    rule = catalog.policy.precedence
    sizes: dict[str, Size] = {}
    for run in runs:
        if run.campaign.id not in sizes:
            sizes[run.campaign.id] = size_of(_segments(run.campaign), people)
    found = meetings(
        runs,
        lambda one, other: shared_people(_segments(one), _segments(other), people),
        caps=catalog.policy.frequency_caps,
        ranked=rule.at_most if rule else None,
    )
    states = {
        name: standing_of(campaign, controls.get(name, Control(name)), on.runs.list(name), catalog, now=now)
        for name, campaign in catalog.campaigns.items()
        if campaign.enabled
    }
    return {
        "from": instant_to_text(now),
        "to": instant_to_text(until),
        "zones": list(zones),
        "runs": [_run(run, sizes[run.campaign.id], states[run.campaign.id].state, zones) for run in runs],
        "triggered": [
            {
                "campaign": name,
                "name": campaign.name,
                "trigger": campaign.trigger.type,
                "channels": list(campaign.reaches_by),
                "state": str(states[name].state),
            }
            for name, campaign in sorted(catalog.campaigns.items())
            if campaign.enabled and not isinstance(campaign.trigger, OnSchedule) and "." not in name
        ],
        "collisions": [_meeting(meeting) for meeting in found],
    }


def _run(run: Planned, size: Size, state: CampaignState, zones: Sequence[str]) -> Body:
    campaign = run.campaign
    return {
        "campaign": campaign.id,
        "name": campaign.name,
        "at": instant_to_text(run.at),
        "local": {zone: _local(run.at, zone) for zone in zones},
        "people": size.people,
        "peopleExact": size.is_exact,
        "audience": list(_segments(campaign)),
        "channels": list(campaign.reaches_by),
        "category": campaign.category,
        "priority": campaign.priority,
        "state": str(state),
        "sendTime": campaign.send_time.mode,
        "heardFrom": instant_to_text(run.first),
        "heardTo": instant_to_text(run.last),
        "lateIn": list(late_zones(campaign, run.at, zones)),
        "days": sorted(day.isoformat() for day in run.days),
    }


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def _meeting(meeting: Meeting) -> Body:
    return {
        "campaigns": [meeting.one.campaign.id, meeting.other.campaign.id],
        "at": [instant_to_text(meeting.one.at), instant_to_text(meeting.other.at)],
        "days": sorted(day.isoformat() for day in meeting.one.days & meeting.other.days),
        "people": meeting.people.people,
        "peopleExact": meeting.people.is_exact,
        "goesFirst": meeting.ahead,
        "caps": list(meeting.caps),
        "outranks": meeting.ranked,
    }


def _segments(campaign: Campaign) -> tuple[str, ...]:
    return campaign.audience.segments if campaign.audience else ()


def shared_people(one: Sequence[str], other: Sequence[str], people: People) -> Size:
    """How many are in a segment of one audience and in a segment of the other: counted, or where they are many by one
    shard, for all shards are about as full."""
    first = _in_both(one, other, 0, people)
    if first >= ENOUGH:
        return Size(first * SEGMENT_SHARDS, is_exact=False)
    return Size(first + sum(_in_both(one, other, shard, people) for shard in range(1, SEGMENT_SHARDS)))


def _in_both(one: Sequence[str], other: Sequence[str], shard: int, people: People) -> int:
    def members(segments: Sequence[str]) -> set[str]:
        return {person for name in segments for person in members_in_order(name, shard, people)}

    return len(members(one) & members(other))


def answer(
    request: HttpRequest, on: ControlDesk, people: People, catalog: Catalog, *, now: datetime
) -> tuple[int, Body]:
    """`GET /admin/calendar?days=7&zone=Asia/Tokyo,Europe/London`."""
    told, zones = request.query_value("days") or str(DAYS), request.query_value("zone") or ""
    if not (told.isascii() and told.isdigit() and len(told) < 4 and 1 <= int(told) <= MOST_DAYS):
        return 400, {"code": "invalid_parameter", "message": f"days: a whole number from 1 to {MOST_DAYS}"}
    names = [name for name in zones.split(",") if name]
    if len(names) > MOST_ZONES or any(zone_named(name) is None for name in names):
        return 400, {
            "code": "invalid_parameter",
            "message": f"zone: up to {MOST_ZONES} IANA names such as Asia/Tokyo, with commas between them",
        }
    return 200, calendar_body(on, people, catalog, now=now, days=int(told), zones=names)
