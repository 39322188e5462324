"""When people react: what is known of one person and of everybody, by hour of the day or of the week.

    messages that went out ──┐  each reaction counts for the last message before it, once
    human opens and clicks ──┴─▶ tries and hits per hour ─▶ (hits + s · rate of everybody) / (tries + s)

That is the mean of a Beta-binomial with a prior worth `s` messages: nobody's three messages outweigh what everybody
does, and everybody's habit does not outweigh somebody's three hundred. The person's part is read from what profiles
remember of events that a definition asks for (`aggregates`): instants and no more, forgotten after the lookback, gone
with the last campaign that asks, filled from the timeline for a new one. What machines open or follow is left out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from kizuna.core.campaigns.send_time import AtBestHour
from kizuna.core.conditions import EventDid, MessageOutcome, leaves_of, plain
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.entry_pages import whole
from kizuna.core.feedback import LINK_FOLLOWED
from kizuna.core.people import Profile

HOURS_OF_WEEK = 7 * 24
SMOOTHING = 100.0  # messages at the rate of all hours together, beside those that went out in one
CERTAIN = 200  # messages to anybody, before anything is said of when people react
REACTS_WITHIN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Hits:
    """Messages, and how many of them somebody reacted to."""

    tries: int = 0
    hits: int = 0

    def __add__(self, other: Hits) -> Hits:
        return Hits(self.tries + other.tries, self.hits + other.hits)


NONE = Hits()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What everybody does on a channel: by hour of the week in local time, Monday 00:00 first."""

    by_hour: Mapping[int, Hits] = field(default_factory=dict)

    def rate(self, slot: int, *, of_week: bool) -> float:
        """How likely a message of this hour brings a reaction, pulled towards all hours where few went out."""
        whole_rate = self.mean
        return (self._at(slot, of_week).hits + SMOOTHING * whole_rate) / (
            self._at(slot, of_week).tries + SMOOTHING
        )

    @property
    def total(self) -> Hits:
        return sum(self.by_hour.values(), NONE)

    @property
    def mean(self) -> float:
        total = self.total
        return (total.hits + 1) / (total.tries + 2)

    @property
    def is_known(self) -> bool:
        """Whether enough went out to anybody to say at which hours people react."""
        return self.total.tries >= CERTAIN

    def _at(self, slot: int, of_week: bool) -> Hits:
        if of_week:
            return self.by_hour.get(slot, NONE)
        return sum((self.by_hour.get(day * 24 + slot, NONE) for day in range(7)), NONE)


def hour_of_week(at: datetime, zone: tzinfo) -> int:
    """0 is Monday from 00:00 to 01:00, local time."""
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def slot_of(at: datetime, zone: tzinfo, *, of_week: bool) -> int:
    """The hour that a message of this moment is counted in."""
    slot = hour_of_week(at, zone)
    return slot if of_week else slot % 24


def posterior(own: Hits, prior: float, *, shrinkage: float) -> float:
    """The expected rate of reactions, own messages beside `shrinkage` of everybody's."""
    total = own.tries + shrinkage
    return (own.hits + shrinkage * prior) / total if total else prior


# ── one person ──────────────────────────────────────────────────────────────────────────────────


def asked_of(rule: AtBestHour, channel: str) -> tuple[EventDid, ...]:
    """The questions whose answers take what is needed: each message on the channel, each human reaction to one."""
    window = {"between_ago": {"from": str(rule.lookback), "to": "1s"}}
    sent = _leaves({"message": "sent", "channel": channel, "window": window})
    # A provider's reports name no channel: the name of the event tells it. What we note ourselves does.
    told = [leaf for outcome in _REACTIONS for leaf in _leaves({"message": outcome, "window": window})]
    ours = _leaves({"message": "clicked", "channel": channel, "window": window})
    return (
        *sent,
        *(leaf for leaf in told if leaf.event != LINK_FOLLOWED and _channel_of(leaf.event) == channel),
        *(leaf for leaf in ours if leaf.event == LINK_FOLLOWED),
    )


_REACTIONS = ("opened", "clicked")


def _leaves(question: dict[str, Any]) -> tuple[EventDid, ...]:
    asked = plain(MessageOutcome.model_validate(question))
    return tuple(leaf for leaf in leaves_of(asked) if isinstance(leaf, EventDid))


def _channel_of(event: str) -> str:
    return event.partition(" ")[0].lower()


def remembered_hits(
    profile: Profile, rule: AtBestHour, channel: str, *, zone: tzinfo, now: datetime
) -> Mapping[int, Hits]:
    """How often somebody reacted on a channel, by the hour at which the message went out."""
    states = whole(profile.aggregates, profile.held_rows)
    oldest = epoch_millis(rule.lookback.before(now))
    found = [
        sorted(row[0] for row in states.get(leaf.key, {}).get("e", ()) if oldest < row[0])
        for leaf in asked_of(rule, channel)
    ]
    sent, reactions = found[0], sorted(at for rows in found[1:] for at in rows)
    return hits_by_slot(sent, reactions, zone=zone, of_week=rule.per == "hour_of_week")


def hits_on(profile: Profile, rule: AtBestHour, channel: str, *, now: datetime) -> Hits:
    """How often somebody reacted on a channel, at whatever hour."""
    return sum(remembered_hits(profile, rule, channel, zone=UTC, now=now).values(), NONE)


def hits_by_slot(
    sent: Iterable[int], reactions: Iterable[int], *, zone: tzinfo, of_week: bool
) -> dict[int, Hits]:
    """Tries and hits by hour, of instants in milliseconds: a reaction is one to the last message before it, if that
    went out in the last three days; two to one message count once."""
    told = sorted(sent)
    within = REACTS_WITHIN // timedelta(milliseconds=1)
    answered = set()
    for at in reactions:
        place = bisect_left(told, at) - 1
        if place >= 0 and at - told[place] <= within:
            answered.add(place)
    tries: Counter[int] = Counter()
    hits: Counter[int] = Counter()
    for place, at in enumerate(told):
        slot = slot_of(from_epoch_millis(at), zone, of_week=of_week)
        tries[slot] += 1
        hits[slot] += place in answered
    return {slot: Hits(count, hits[slot]) for slot, count in tries.items()}
