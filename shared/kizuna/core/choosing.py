"""By which of several channels somebody hears one message, and whether another is still to be tried.

Every channel that is looked at is judged like a message of its own, so the record of the one that counts can tell of
each other why it was passed over: no address, the gate's reason, or simply that it stood behind the one chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, assert_never

from kizuna.core.addressing import PREFERRED
from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.asking import USUAL
from kizuna.core.campaigns.rhythm import Rhythm, hits_on, posterior
from kizuna.core.decide import Decided
from kizuna.core.decisions.record import ends_choice, is_for_another_channel
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.reasons import OtherReason

_BEHIND = "behind_the_chosen"  # in the trace of channels: it was not looked at

# What shows that a person was reached. A text has no other sign than its delivery.
_LOOKED_AT = frozenset({"opened", "clicked", "dismissed"})
_DELIVERED = frozenset({"delivered", *_LOOKED_AT})
_SEEN: Mapping[str, frozenset[str]] = {"sms": _DELIVERED}


_NOTHING_KNOWN: Mapping[str, Rhythm] = MappingProxyType({})


def in_order(
    profile: Profile,
    campaign: Campaign,
    *,
    now: datetime,
    rhythms: Mapping[str, Rhythm] = _NOTHING_KNOWN,
) -> tuple[str, ...]:
    """The campaign's channels in the order in which they are looked at for a person: a choice of their own first.

    With `choose: best` those follow on which they react most: their own messages and reactions, beside as many as
    `rhythms` says of everybody on the channel as a best hour leans on. Equal ones stay in the campaign's order.
    """
    wanted = profile.trait(PREFERRED)
    rates = dict.fromkeys(campaign.reaches_by, 0.0)
    if campaign.channels is not None and campaign.channels.choose == "best":
        rates = {
            channel: _rate_on(channel, profile, rhythms.get(channel, Rhythm()), now=now) for channel in rates
        }
    return tuple(sorted(campaign.reaches_by, key=lambda channel: (channel != wanted, -rates[channel])))


def _rate_on(channel: str, profile: Profile, rhythm: Rhythm, *, now: datetime) -> float:
    prior = rhythm.mean if rhythm.is_known else _RATE_UNKNOWN
    return posterior(hits_on(profile, USUAL, channel, now=now), prior, shrinkage=USUAL.shrinkage)


_RATE_UNKNOWN = (
    0.05  # of a channel of which nothing is known yet: the same for all, so that none is passed over
)


def first_allowed(found: Iterable[Decided], *, order: Sequence[str]) -> Decided:
    """Of one message's decisions, channel by channel in this order, the one that counts; no more are asked for than
    it takes to find it.

    It is the first that the gate allows; where none is, the first that may go later; where none may, the first of
    all, so that the refusal is that of the channel that was wanted most. Behind a channel on which it is too much, by
    a cap that drops what is too much, none is looked at. The record tells of all of them.
    """
    looked_at: list[Decided] = []
    for decided in found:
        looked_at.append(decided)
        if may_go(decided.message) or decided.ends_choice:
            break
    if not looked_at:
        raise ValueError("there is no channel to choose from")
    chosen = next(
        (each for wanted in (may_go, _may_go_later) for each in looked_at if wanted(each.message)),
        looked_at[-1] if looked_at[-1].ends_choice else looked_at[0],
    )
    told = {each.message.channel: each.message.decision for each in looked_at}
    return with_channels(chosen, [_told(channel, told.get(channel)) for channel in order])


def may_go(message: Message) -> bool:
    """Whether the gate let a message through, be it that it waits for the moment that was chosen for the person."""
    return message.state is State.PENDING or message.reason == OtherReason.SEND_TIME


def _may_go_later(message: Message) -> bool:
    return message.state is State.DEFERRED


def _told(channel: str, record: Mapping[str, Any] | None) -> list[str]:
    return [channel, record["answer"], record["reason"]] if record else [channel, "pass", _BEHIND]


def with_channels(decided: Decided, told: Sequence[Sequence[str]]) -> Decided:
    """A decision whose record tells of each channel what was found: `[channel, answer, reason]`."""
    record = {**decided.message.decision, "channels": [list(each) for each in told]}
    return replace(decided, message=replace(decided.message, decision=record))


_NOT_MEANT = frozenset(
    {
        OtherReason.SEEN_ELSEWHERE,
        OtherReason.NOT_IN_AUDIENCE,
        OtherReason.CAMPAIGN_STOPPED,
        OtherReason.LEFT_JOURNEY,
        OtherReason.IN_DIGEST,
    }
)


# ── after it went out ───────────────────────────────────────────────────────────────────────────


def has_reached(message: Message, campaign: Campaign) -> bool:
    """Whether a message shows the sign at which the campaign lets go of what waits on its other channels."""
    sign = campaign.channels.let_go_when if campaign.channels else None
    match sign:
        case None:
            return False
        case "seen":
            wanted = _SEEN.get(message.channel, _LOOKED_AT)
        case "delivered":
            wanted = _DELIVERED
        case _:
            assert_never(sign)
    return not wanted.isdisjoint(message.facts)


def next_channels(
    profile: Profile,
    campaign: Campaign,
    tried: Iterable[str],
    *,
    looked_at: Sequence[str] = (),
    now: datetime,
) -> tuple[str, ...]:
    """The channels that stand behind all that were tried, in the order in which the first was chosen (`looked_at`):
    habits may have changed since, and no channel is to be passed over or tried twice because of that."""
    order = tuple(looked_at) or in_order(profile, campaign, now=now)
    last = max((order.index(channel) for channel in tried if channel in order), default=-1)
    return order[last + 1 :]


def moves_elsewhere(message: Message) -> bool:
    """Whether a message was withheld on its channel alone, by a rule that names the next one in its place."""
    return message.state is State.DENIED and is_for_another_channel(message.decision)


def fallback_at(message: Message, campaign: Campaign) -> datetime | None:
    """When the next channel is to be tried after this state of a message; None if none is to be.

    One that went out (or may have) is given its time to be seen. One that was refused after all, by the gate or by
    the provider, is followed at once. One that came too late, or was let go, is followed by nothing. Without a
    `fallback_after` one thing is followed nevertheless: a rule that sends what is too much to another channel, and
    that came to be full, or shut, only after the message was decided.
    """
    channels = campaign.channels
    if channels is not None and channels.choose != "all" and moves_elsewhere(message):
        return message.changed_at
    after = channels.fallback_after if channels else None
    if after is None:
        return None
    match message.state:
        case State.SENT | State.UNKNOWN:
            return after.after(message.changed_at)
        case State.FAILED | State.DENIED:
            ends = message.reason in _NOT_MEANT or ends_choice(message.decision)
            return None if ends else message.changed_at
        case State.PENDING | State.DEFERRED | State.SENDING | State.EXPIRED:
            return None
        case _:
            assert_never(message.state)
