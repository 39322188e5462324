"""What is planned: when each run begins, on which days it is heard, and where runs meet on the same people.

Two planned promotions collide where somebody is in both audiences and hears both on one day of their own. A frequency
cap bites where more of them reach somebody within its window than it lets through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from kizuna.core.campaigning.guards import Size
from kizuna.core.campaigning.states import has_ended
from kizuna.core.campaigns import AtBestHour, AtInstant, AtLocalTime, AtOnce, Campaign, OnSchedule
from kizuna.core.campaigns.moments import planned_day
from kizuna.core.campaigns.schedules import runs_between
from kizuna.core.durations import FIRST, Duration
from kizuna.core.restraint.caps import FrequencyCap
from kizuna.core.zones import DAY, day_at, first_instant

EARLIEST, LATEST = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")  # of all clocks on earth
MOST_RUNS = 500  # of one campaign: one that runs every minute would fill any page
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Planned:
    """One run to come. `first` and `last` are when the earliest and the latest of its people hear it; `days` are
    those on which they do, each by their own clock."""

    campaign: Campaign
    at: datetime
    first: datetime
    last: datetime
    days: frozenset[date]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two runs that reach the same people on one day: how many, which goes first, and which rules will bite."""

    one: Planned
    other: Planned
    people: Size
    caps: tuple[str, ...] = ()
    ranked: bool = False  # `precedence` lets only one of them through

    @property
    def ahead(self) -> str:
        """The campaign that goes first: of higher priority, else the earlier one."""
        first = max((self.one, self.other), key=lambda each: (each.campaign.priority, -each.at.timestamp()))
        return first.campaign.id


def planned_runs(campaigns: Sequence[Campaign], *, since: datetime, until: datetime) -> tuple[Planned, ...]:
    """All runs of a span, since ≤ at < until, in order; of one campaign at most `MOST_RUNS`."""
    found = [run for campaign in campaigns for run in _runs_of(campaign, since=since, until=until)]
    return tuple(sorted(found, key=lambda run: (run.at, run.campaign.id)))


def _runs_of(campaign: Campaign, *, since: datetime, until: datetime) -> Iterator[Planned]:
    if not campaign.enabled or not isinstance(campaign.trigger, OnSchedule):
        return
    for number, at in enumerate(runs_between(campaign.trigger, since=since, until=until)):
        if number == MOST_RUNS or has_ended(campaign, now=at):
            return
        first, last = heard_between(campaign, at)
        yield Planned(campaign, at, first, last, _days(campaign, at, first, last))


def heard_between(campaign: Campaign, at: datetime) -> tuple[datetime, datetime]:
    """When the first and the last of its people hear a run, wherever on earth they live."""
    rule = campaign.send_time
    match rule:
        case AtOnce():
            return at, at
        case AtInstant():
            meant = max(at, rule.at.astimezone(UTC))
            return meant, meant
        case AtLocalTime():
            wall = datetime.combine(planned_day(rule, campaign, since=at) or day_at(UTC, at), rule.local_time)
            first, last = first_instant(EARLIEST, wall), first_instant(LATEST, wall)
            if first >= at:
                return first, last
            late = last if rule.if_passed != "next_day" else max(last, first_instant(EARLIEST, wall + DAY))
            return at if rule.if_passed == "now" else max(first, at), late
        case AtBestHour():
            return at, at + timedelta(seconds=rule.horizon.seconds)


def late_zones(campaign: Campaign, at: datetime, zones: Sequence[str]) -> tuple[str, ...]:
    """Of these zones those in which the time of day is over when the run begins."""
    rule = campaign.send_time
    meant = planned_day(rule, campaign, since=at) if isinstance(rule, AtLocalTime) else None
    if meant is None or not isinstance(rule, AtLocalTime):
        return ()
    wall = datetime.combine(meant, rule.local_time)
    return tuple(zone for zone in zones if first_instant(ZoneInfo(zone), wall) < at)


def _days(campaign: Campaign, at: datetime, first: datetime, last: datetime) -> frozenset[date]:
    rule = campaign.send_time
    if isinstance(rule, AtLocalTime):
        meant = planned_day(rule, campaign, since=at) or day_at(UTC, at)
        return frozenset({meant}) if first >= at else frozenset({meant, meant + DAY})
    begins, ends = day_at(LATEST, first), day_at(EARLIEST, last)
    return frozenset(begins + number * DAY for number in range((ends - begins).days + 1))


# ── where they meet ─────────────────────────────────────────────────────────────────────────────


def meetings(
    runs: Sequence[Planned],
    shared: Callable[[Campaign, Campaign], Size],
    *,
    caps: Sequence[FrequencyCap],
    ranked: int | None,
) -> tuple[Meeting, ...]:
    """The pairs of promotional runs that reach the same people on one day. `shared` counts the people in both
    audiences; it is asked once a pair of campaigns. `ranked` is how many a day `precedence` lets through."""
    known: dict[tuple[str, str], Size] = {}
    found = []
    for one, other in combinations(runs, 2):
        if not _may_meet(one, other):
            continue
        pair = (one.campaign.id, other.campaign.id)
        if pair not in known:
            known[pair] = shared(one.campaign, other.campaign)
        if known[pair].people:
            bites = tuple(told for cap in caps if (told := _bites(cap, one, other)))
            found.append(Meeting(one, other, known[pair], bites, ranked=ranked is not None and ranked < 2))
    return tuple(found)


def _may_meet(one: Planned, other: Planned) -> bool:
    promotes = one.campaign.category == other.campaign.category == "marketing"
    return promotes and one.campaign.id != other.campaign.id and not one.days.isdisjoint(other.days)


def _bites(cap: FrequencyCap, one: Planned, other: Planned) -> str:
    """A cap that lets one of two runs through, in words; empty where both have room."""
    if cap.count >= 2 or not (_sees(cap, one.campaign) and _sees(cap, other.campaign)):
        return ""
    if isinstance(cap.window, Duration):
        length = cap.window.after(FIRST) - FIRST
        apart = max(one.at, other.at) - min(one.at, other.at)
        if apart >= length:
            return ""
    return f"at most {cap.count} in {cap.window}, then {cap.on_hit}"


def _sees(cap: FrequencyCap, campaign: Campaign) -> bool:
    wanted = (
        (cap.topic, (campaign.topic,)),
        (cap.brand, (campaign.brand,)),
        (cap.tag, campaign.tags),
        (cap.campaign, (campaign.id,)),
        (cap.channel, campaign.reaches_by),
    )
    return all(name is None or name in told for name, told in wanted)
