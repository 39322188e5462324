"""Frequency caps: how often somebody may hear of us (`rules-spec.md` 5.1).

Every cap that sees a message holds; the strictest decides. They count what `pressure` keeps, which is written in the
transaction that makes a message ready, under a version: a cap is never exceeded, whoever decides at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal, assert_never

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kizuna.core.durations import FIRST, LAST, Duration
from kizuna.core.restraint.pressure import NOTHING, Pressure, Touch
from kizuna.core.zones import zone_named

LONGEST_WINDOW = timedelta(days=90)
_HOUR = timedelta(hours=1)  # a calendar day, week or month may be that much longer, where clocks are put back


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CalendarWindow(_Definition):
    """The day, week (from Monday) or month of the person's own calendar. Where their zone is not known, as much time
    as such a one may last, which is never less strict."""

    calendar_local: Literal["day", "week", "month"]

    def __str__(self) -> str:
        return f"a {self.calendar_local} of their calendar"


def _in_short(value: Any) -> Any:
    """`7d` as people write it, and `{rolling: 7d}` as the specification does."""
    return value["rolling"] if isinstance(value, dict) and set(value) == {"rolling"} else value


class FrequencyCap(_Definition):
    """At most `count` messages in a window, to one person, to one address or to one household (`households`).

    Channel, topic, brand, tag and campaign say what is counted and capped; each that is absent means all of them. A
    journey's id in the place of a campaign's means all of its steps. A cap is about promotion, unless it `applies_to`
    all; then `purpose` may narrow it to service messages. What the law requires is never counted. `counts:
    delivered` leaves out what is known not to have arrived; until that is known, what is on its way has its place.
    `on_hit` is what becomes of a message that is too much. A count of 0 sends nothing.

    drop           it is withheld, and tried on no other channel
    defer          it waits until the window has room, if it is not too late by then
    digest         it waits like that, and what waits for the same `digest` (a campaign) goes out as one message
    next_channel   it is withheld on this channel, and goes by the next one of its campaign that has room
    """

    scope: Literal["person", "address", "household"] = "person"
    channel: str | None = None
    topic: str | None = None
    brand: str | None = None
    tag: str | None = None
    campaign: str | None = None
    purpose: Literal["promotional", "transactional"] | None = None
    applies_to: Literal["promotional", "all"] = "promotional"
    count: int = Field(ge=0)
    counts: Literal["sent", "delivered"] = "sent"
    window: Annotated[Duration | CalendarWindow, BeforeValidator(_in_short)]
    on_hit: Literal["drop", "defer", "digest", "next_channel"] = "drop"
    digest: str | None = None  # the campaign that tells what was held back

    @model_validator(mode="after")
    def _can_be_counted(self) -> FrequencyCap:
        if isinstance(self.window, Duration):
            length = self.window.after(FIRST) - FIRST
            if not timedelta(minutes=1) <= length <= LONGEST_WINDOW:
                raise ValueError("a rolling window is 1m to 90d long")
        if (self.on_hit == "digest") != (self.digest is not None):
            raise ValueError("digest names a campaign where on_hit is digest, and nowhere else")
        if self.purpose == "transactional" and self.applies_to != "all":
            raise ValueError("a cap on transactional messages says so: applies_to: all")
        if self.counts_service and self.digest is not None:
            raise ValueError("a digest gathers promotion: what somebody asked for is not told in one")
        return self

    @property
    def counts_service(self) -> bool:
        """Whether messages that were asked for are counted, and held back."""
        return self.applies_to == "all" and self.purpose != "promotional"

    @property
    def waits(self) -> bool:
        """Whether what is too much may wait for room."""
        return self.on_hit in ("defer", "digest")


class CapExemption(_Definition):
    """Campaigns and topics that no cap counts or holds back, and why: it is asked for, and told to who reads it."""

    campaigns: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    reason: str = Field(min_length=10)

    @model_validator(mode="after")
    def _names_something(self) -> CapExemption:
        if not self.campaigns and not self.topics:
            raise ValueError("name the campaigns or topics that are exempt")
        return self


@dataclass(frozen=True, slots=True)
class Heard:
    """The pressure on a person, on the address that a message would go to, and on their household. `home` is the
    household's id where it is known and some cap counts it; without one somebody is a household of their own.

    `behind` are messages that were counted after the one that is judged and that nobody has heard yet, or never will:
    of two that are too much together (their people were merged), the one that was ready first goes.
    """

    person: Pressure
    address: Pressure = NOTHING
    behind: frozenset[str] = frozenset()
    household: Pressure = NOTHING
    home: str = ""


@dataclass(frozen=True, slots=True)
class CapStanding:
    """How much of the strictest cap is used. `frees_at`: when there may be room again, where the message may wait.

    `digest` is the campaign that it may be told in then, `elsewhere` whether another channel is to be tried, `shared`
    over whom it is counted where that is not the person alone (`address`, `household`).
    """

    sent_in_window: int
    cap: int | None
    frees_at: datetime | None = None
    digest: str = ""
    elsewhere: bool = False
    shared: str = ""


_UNCAPPED = CapStanding(0, None)


def cap_standing(
    caps: Sequence[FrequencyCap], heard: Heard, message: Touch, *, now: datetime, zone: str | None
) -> CapStanding:
    """The cap that decides about a message: of full ones one that drops, else one that sends it to another channel,
    else the one that frees last, for a digest if any of them wants that; where none is full, the one nearest to its
    limit. The message itself is not counted.
    """
    standings = [_standing_of(cap, heard, message, now=now, zone=zone) for cap in caps if _sees(cap, message)]
    full = [found for found in standings if found.cap is not None and found.sent_in_window >= found.cap]
    dropping = [found for found in full if found.frees_at is None and not found.elsewhere]
    moving = [found for found in full if found.elsewhere]
    if full and not dropping and not moving:
        last = max(full, key=lambda found: found.frees_at or now)
        return replace(last, digest=next((found.digest for found in full if found.digest), ""))
    return min(
        dropping or moving or standings,
        key=lambda found: (found.cap or 0) - found.sent_in_window,
        default=_UNCAPPED,
    )


def used(cap: FrequencyCap, pressure: Pressure, *, now: datetime, zone: str | None) -> int:
    """How many of the touches one cap counts at this moment."""
    return len(_counted(cap, pressure, now=now, zone=zone))


def room_at(cap: FrequencyCap, pressure: Pressure, *, now: datetime, zone: str | None) -> datetime | None:
    """When a cap that is full has room again; None where it has room, and where it never has any (a count of 0)."""
    counted = sorted(touch.at for touch in _counted(cap, pressure, now=now, zone=zone))
    full = 0 < cap.count <= len(counted)
    return _frees_at(cap, counted, now=now, zone=zone) if full else None


def oldest_counted(caps: Iterable[FrequencyCap], *, now: datetime) -> datetime:
    """The instant up to which no cap can see anything any more, whatever the person's zone comes to be."""
    starts = [_start(cap.window, now=now, zone=None) for cap in caps]
    return min(starts, default=now)


def is_exempt(exemptions: Iterable[CapExemption], *, campaign: str, topic: str) -> bool:
    return any(campaign in each.campaigns or topic in each.topics for each in exemptions)


def counts_addresses(caps: Iterable[FrequencyCap]) -> bool:
    return any(cap.scope == "address" for cap in caps)


def counts_households(caps: Iterable[FrequencyCap]) -> bool:
    return any(cap.scope == "household" for cap in caps)


def counts_arrivals(caps: Iterable[FrequencyCap]) -> bool:
    return any(cap.counts == "delivered" for cap in caps)


def are_counted(caps: Iterable[FrequencyCap], category: str) -> bool:
    """Whether messages of this category are counted by any of these caps."""
    match category:
        case "marketing":
            return any(True for _ in caps)
        case "transactional":
            return any(cap.counts_service for cap in caps)
        case _:
            return False


def _standing_of(
    cap: FrequencyCap, heard: Heard, message: Touch, *, now: datetime, zone: str | None
) -> CapStanding:
    inside = _counted(cap, _pressed(cap, heard), now=now, zone=zone)
    counted = [touch for touch in inside if touch.message != message.message]
    if len(counted) < len(inside):
        # It has its place in this window; where that has left, others may have taken the room since.
        counted = [touch for touch in counted if touch.message not in heard.behind]
    shared = "" if cap.scope == "person" else cap.scope
    if len(counted) < cap.count:
        return CapStanding(len(counted), cap.count, shared=shared)
    frees_at = None
    if cap.waits and cap.count:
        frees_at = _frees_at(cap, sorted(touch.at for touch in counted), now=now, zone=zone)
    digest = cap.digest or "" if frees_at else ""
    elsewhere = cap.on_hit == "next_channel"
    return CapStanding(len(counted), cap.count, frees_at, digest, elsewhere=elsewhere, shared=shared)


def _pressed(cap: FrequencyCap, heard: Heard) -> Pressure:
    match cap.scope:
        case "person":
            return heard.person
        case "address":
            return heard.address
        case "household":
            return heard.household if heard.home else heard.person
        case _:
            assert_never(cap.scope)


def _sees(cap: FrequencyCap, touch: Touch) -> bool:
    if touch.service and not cap.counts_service:
        return False
    return (
        (touch.service or cap.purpose != "transactional")
        and cap.channel in (None, touch.channel)
        and cap.topic in (None, touch.topic)
        and cap.brand in (None, touch.brand)
        and (cap.tag is None or cap.tag in touch.tags)
        and (cap.campaign is None or cap.campaign in (touch.campaign, touch.campaign.partition(".")[0]))
    )


def _counted(cap: FrequencyCap, pressure: Pressure, *, now: datetime, zone: str | None) -> list[Touch]:
    start = _start(cap.window, now=now, zone=zone)
    arrived = [touch for touch in pressure.touches if cap.counts == "sent" or not touch.lost]
    return [touch for touch in arrived if touch.at > start and _sees(cap, touch)]


def _start(window: Duration | CalendarWindow, *, now: datetime, zone: str | None) -> datetime:
    """What is not later than this has left the window."""
    if isinstance(window, Duration):
        return window.before(now)
    local = _local(now, zone)
    if local is None:
        return now - _lasts_at_most(window)
    # The first instant of a calendar day belongs to it, and a window does not hold its start.
    return _midnight(_first_day(window, local), local) - timedelta(microseconds=1)


def _frees_at(cap: FrequencyCap, counted: Sequence[datetime], *, now: datetime, zone: str | None) -> datetime:
    """When enough of the counted touches (ascending) have left the window, by what is known now."""
    leaving = counted[len(counted) - cap.count]
    if isinstance(cap.window, Duration):
        frees = _left(cap.window, leaving)
    else:
        local = _local(now, zone)
        if local is None:
            frees = leaving + _lasts_at_most(cap.window)
        else:
            frees = _midnight(_next_day(cap.window, local), local)
    return max(frees, now + timedelta(minutes=1))


def _left(window: Duration, leaving: datetime) -> datetime:
    """When a rolling window holds an instant no more. A month before 28 February is 28 January: what is of the 31st
    leaves a window of a month on 1 March only."""
    left = window.after(leaving)
    while window.before(left) < leaving < window.before(LAST):
        left = datetime.combine(left.date() + timedelta(days=1), time.min, tzinfo=UTC)
    return left


def _local(now: datetime, zone: str | None) -> datetime | None:
    known = zone_named(zone)
    return now.astimezone(known) if known else None


def _first_day(window: CalendarWindow, local: datetime) -> datetime:
    match window.calendar_local:
        case "day":
            return local
        case "week":
            return local - timedelta(days=local.weekday())
        case "month":
            return local.replace(day=1)


def _next_day(window: CalendarWindow, local: datetime) -> datetime:
    first = _first_day(window, local)
    match window.calendar_local:
        case "day":
            return first + timedelta(days=1)
        case "week":
            return first + timedelta(days=7)
        case "month":
            return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _midnight(day: datetime, local: datetime) -> datetime:
    """The first instant of a local day, in UTC. Where clocks skip midnight, reading it by the offset of before gives
    just that (PEP 495, `fold=0`); where it comes twice, the first."""
    return datetime.combine(day.date(), time.min, tzinfo=local.tzinfo).astimezone(UTC)


def _lasts_at_most(window: CalendarWindow) -> timedelta:
    days = {"day": 1, "week": 7, "month": 31}[window.calendar_local]
    return timedelta(days=days) + _HOUR
