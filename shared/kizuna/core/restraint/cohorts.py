"""What is counted of each message of a run, so that signals are compared with the messages they belong to.

A message lands in a minute: when it was delivered, where its channel says so, else when the provider took it. Half
an hour after that minute it is matured: people had time to answer. Of a matured minute all messages and all signals
count, whenever a signal came; so the evidence rises only when a signal comes to a matured message, or when a message
matures that had one. A look at these two moments is as good as one after every message.

The mark that is kept on each message says what is counted of it. It moves in one transaction with the counts, so that
reports in any order, repeats and kills leave every sum right.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import median

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.messages import Message, State
from kizuna.core.restraint.early_warning import Signal

MATURES_AFTER = timedelta(minutes=30)
USUAL_DAYS = 28  # what is usual here is the median of so many days …
DAYS_NEEDED = 7  # … of at least so many of them …
MESSAGES_NEEDED = 200  # … on each of which so many messages landed
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


class News(StrEnum):
    """What became known of a message."""

    LANDED = "landed"
    BOUNCED = "bounced"  # for good
    NOT_NOW = "not_now"  # a bounce that may be over tomorrow
    COMPLAINED = "complained"
    LEFT = "left"  # unsubscribed, answered STOP, switched it off: whatever leaving is on the channel


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages, and those of them with the signal."""

    sent: int = 0
    bad: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.sent + other.sent, self.bad + other.bad)


Tallies = Mapping[Signal, Tally]


@dataclass(frozen=True, slots=True)
class Mark:
    """What is counted of one message. `look_at`: when its run is to be looked at because of it, if ever."""

    minute: int  # since 1970
    landed: frozenset[Signal] = frozenset()
    bad: frozenset[Signal] = frozenset()
    look_at: datetime | None = None


LEAVING: Mapping[str, Signal] = {"sms": Signal.SMS_STOP, "push": Signal.PUSH_OFF}  # else it is to unsubscribe


def watched_on(channel: str, *, reports_complaints: bool) -> frozenset[Signal]:
    """The signals that a message of a channel may come back with."""
    leaving = LEAVING.get(channel, Signal.UNSUBSCRIBE)
    if channel != "email":
        return frozenset({leaving})
    return frozenset({leaving, Signal.BOUNCE} | ({Signal.COMPLAINT} if reports_complaints else set()))


def reports_complaints(message: Message, silent_domains: Collection[str]) -> bool:
    """Whether the provider of the mailbox tells senders of complaints; of some nobody ever hears one."""
    return message.address.rpartition("@")[2].lower() not in silent_domains


def landed_at(before: Message | None, after: Message) -> datetime | None:
    """When a message landed, if this change of it says so; it may be told again."""
    if after.category != "marketing":
        return None
    if after.channel == "email":
        is_news = before is None or "delivered" not in before.facts
        return after.facts.get("delivered") if is_news else None
    is_news = before is None or before.state is not State.SENT
    return after.changed_at if after.state is State.SENT and is_news else None


def counted(
    before: Mark | None, news: News, watched: frozenset[Signal], *, channel: str, at: datetime
) -> Mark:
    """The mark with this news. A signal proves that the message landed, though nobody has said so yet.

    A signal that is not watched on this message (a complaint from where none is ever told) counts nowhere. News that
    is known changes nothing.
    """
    mark = before or Mark(minute_of(at))
    match news:
        case News.LANDED:
            return replace(mark, landed=mark.landed | watched)
        case News.NOT_NOW:
            return replace(mark, landed=mark.landed | (watched & {Signal.BOUNCE}))
        case News.BOUNCED:
            signal, proves = Signal.BOUNCE, watched & {Signal.BOUNCE}
        case News.COMPLAINED:
            signal, proves = Signal.COMPLAINT, watched
        case News.LEFT:
            signal, proves = LEAVING.get(channel, Signal.UNSUBSCRIBE), watched
    landed = mark.landed | proves
    if signal not in landed or signal in mark.bad:
        return replace(mark, landed=landed)
    return replace(mark, landed=landed, bad=mark.bad | {signal}, look_at=matured_at(mark.minute))


def gained(before: Mark | None, after: Mark) -> Tallies:
    """What the counts gain when the mark moves."""
    landed = after.landed - (before.landed if before else frozenset())
    bad = after.bad - (before.bad if before else frozenset())
    return {signal: Tally(int(signal in landed), int(signal in bad)) for signal in sorted(landed | bad)}


# ── time ────────────────────────────────────────────────────────────────────────────────────────


def minute_of(at: datetime) -> int:
    return (at - _EPOCH) // _MINUTE


def begin_of(minute: int) -> datetime:
    return _EPOCH + minute * _MINUTE


def matured_at(minute: int) -> datetime:
    """When the last message that landed in this minute had its time."""
    return begin_of(minute + 1) + MATURES_AFTER


def last_matured(now: datetime) -> int:
    """The last minute whose messages are all matured."""
    return minute_of(now - MATURES_AFTER) - 1


def cohort_of(run: str, minute: int) -> str:
    """What is judged together: a scheduled run, or a day (UTC) of a triggered campaign, whose run never ends."""
    return f"{run}@{begin_of(minute):%Y-%m-%d}" if run == TRIGGERED else run


# ── sums ────────────────────────────────────────────────────────────────────────────────────────


def summed(tallies: Collection[Tallies]) -> Tallies:
    total: dict[Signal, Tally] = defaultdict(Tally)
    for each in tallies:
        for signal, tally in each.items():
            total[signal] += tally
    return dict(total)


def usual_rate(signal: Signal, hours: Mapping[int, Tallies]) -> float | None:
    """The median of a signal's daily rates over the last weeks, by what landed in each hour (since 1970) of them.

    None where too few days were busy enough to tell.
    """
    return _median(list(_daily_rates(signal, hours)))


def _daily_rates(signal: Signal, hours: Mapping[int, Tallies]) -> Iterator[float]:
    days: dict[int, Tally] = defaultdict(Tally)
    for hour, tallies in hours.items():
        days[hour // 24] += tallies.get(signal, Tally())
    return (day.bad / day.sent for day in days.values() if day.sent >= MESSAGES_NEEDED)


def _median(rates: list[float]) -> float | None:
    return median(rates) if len(rates) >= DAYS_NEEDED else None


def hours_since(now: datetime, span: timedelta) -> tuple[int, int]:
    """The first and the last hour (since 1970) of a span that ends now."""
    return math.floor((now - span - _EPOCH) / timedelta(hours=1)), (now - _EPOCH) // timedelta(hours=1)
