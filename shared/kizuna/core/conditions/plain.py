"""Convenient questions in terms of the few that carry the language: their plain form.

    {message: opened, campaign: spring}   ▶  the event "Email Opened" with campaign = spring, not by a machine,
                                             told by the provider and by nobody else
    {subscription: news}                  ▶  the word on news is granted on one of the channels
    {holdout: winter, percent: 10}        ▶  a random part of all people

Whatever evaluates, indexes or compiles conditions needs to know the base questions alone. What a condition says in
words is told from what its author wrote.
"""

from __future__ import annotations

from typing import assert_never

from kizuna.core import feedback as names
from kizuna.core.conditions.consent_questions import ConsentIs, ConsentState, Subscription
from kizuna.core.conditions.event_questions import EventDid
from kizuna.core.conditions.language import All, AnyOf, AtLeast, Condition, NoneOf, Score, Scored, Xor
from kizuna.core.conditions.message_questions import Converted, MessageOutcome, Outcome
from kizuna.core.conditions.person_questions import (
    Affinity,
    DeviceIs,
    Holdout,
    RandomBucket,
    RfmIs,
    Variant,
)
from kizuna.core.conditions.properties import ContextIs, PropertyIs, WhereAll
from kizuna.core.conditions.sequences import Sequence, Step
from kizuna.core.conditions.trait_questions import TraitIs
from kizuna.core.events import TOLD_BY
from kizuna.core.messenger_events import WHATSAPP_DELIVERED, WHATSAPP_FAILED, WHATSAPP_READ

CHANNELS = ("email", "sms", "push", "whatsapp", "line")  # on which people subscribe

Convenient = MessageOutcome | Converted | Subscription | Holdout | Variant | Affinity | RfmIs | DeviceIs


def plain(condition: Condition) -> Condition:
    """The same condition of base questions only. It answers the same for everybody at every moment."""
    match condition:
        case All(of=parts):
            return All(of=_plain_of(parts))
        case AnyOf(of=parts):
            return AnyOf(of=_plain_of(parts))
        case NoneOf(of=parts):
            return NoneOf(of=_plain_of(parts))
        case Xor(of=parts):
            return Xor(of=_plain_of(parts))
        case AtLeast(of=parts, n=least):
            return AtLeast(n=least, of=_plain_of(parts))
        case Score(of=scored, op=op, value=value):
            plain_ones = tuple(Scored(when=plain(each.when), points=each.points) for each in scored)
            return Score(of=plain_ones, op=op, value=value)
        case _:
            return plain_leaf(condition) if isinstance(condition, Convenient) else condition


def _plain_of(parts: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return tuple(plain(part) for part in parts)


def plain_leaf(leaf: Convenient) -> Condition:
    """What one convenient question means."""
    match leaf:
        case MessageOutcome():
            return _message(leaf)
        case Subscription():
            return _subscription(leaf)
        case Holdout(holdout=name, percent=percent):
            return _bucket(f"holdout:{name}", 0, percent)
        case Variant():
            return _variant(leaf)
        case Affinity(affinity=kind, key=key, op=op, value=value):
            return TraitIs(trait=f"affinity.{kind}.{key}", op=op, value=value)
        case Converted():
            return _converted(leaf)
        case RfmIs():
            return _rfm(leaf)
        case DeviceIs():
            return _device(leaf)
        case _:
            assert_never(leaf)


# ── messages ────────────────────────────────────────────────────────────────────────────────────

_EVENTS: dict[Outcome, tuple[str, ...]] = {
    "sent": (names.MESSAGE_SENT,),
    "delivered": (names.EMAIL_DELIVERED, names.SMS_DELIVERED, WHATSAPP_DELIVERED, names.PUSH_DELIVERED),
    "opened": (names.EMAIL_OPENED, WHATSAPP_READ, names.INBOX_READ, names.PUSH_OPENED),
    "clicked": (names.EMAIL_CLICKED, names.INBOX_CLICKED, names.LINK_FOLLOWED, names.PUSH_OPENED),
    "bounced": (names.EMAIL_BOUNCED, names.SMS_FAILED, WHATSAPP_FAILED),
    "complained": (names.EMAIL_COMPLAINED,),
    "withheld": (names.MESSAGE_WITHHELD,),
}


def outcome_events(outcome: Outcome) -> tuple[str, ...]:
    """The events that tell of an outcome."""
    return _EVENTS[outcome]


# An event of the same name that a page, an app or a back end sends is just a name.
_TOLD_BY_US = ContextIs(context=TOLD_BY, op="in", value=tuple(map(str, names.TRUSTED)))
_MAY_BE_A_MACHINE = frozenset({"opened", "clicked"})


def _message(leaf: MessageOutcome) -> Condition:
    asked = {name: getattr(leaf, name) for name in ("campaign", "topic", "channel")}
    where: list[PropertyIs | ContextIs] = [
        PropertyIs(property=name, op="eq", value=value) for name, value in asked.items() if value
    ]
    if leaf.journey:  # each of its steps is a campaign of its own: <journey>.<step>
        where.append(PropertyIs(property="campaign", op="starts_with", value=f"{leaf.journey}."))
    if leaf.human_only and leaf.message in _MAY_BE_A_MACHINE:
        where.append(PropertyIs(property=names.MACHINE, op="not_eq", value=True))
    where.append(_TOLD_BY_US)
    events = tuple(
        EventDid(event=name, where=tuple(where), window=leaf.window) for name in _EVENTS[leaf.message]
    )
    return events[0] if len(events) == 1 else AnyOf(of=events)


def _converted(leaf: Converted) -> Condition:
    if leaf.campaign is None:
        return EventDid(event=leaf.converted, where=leaf.where, window=leaf.window)
    message = PropertyIs(property="campaign", op="eq", value=leaf.campaign)
    steps = (
        Step(event=names.MESSAGE_SENT, where=(message, _TOLD_BY_US)),
        Step(event=leaf.converted, where=leaf.where, within=leaf.within),
    )
    return Sequence(sequence=steps, window=leaf.window)


# ── subscriptions ───────────────────────────────────────────────────────────────────────────────


def _subscription(leaf: Subscription) -> Condition:
    channels = (leaf.channel,) if leaf.channel else CHANNELS
    topic = leaf.subscription

    def is_somewhere(state: ConsentState) -> Condition:
        words = tuple(ConsentIs(consent=state, channel=channel, topic=topic) for channel in channels)
        return words[0] if len(words) == 1 else AnyOf(of=words)

    granted = is_somewhere("granted")
    match leaf.state:
        case "subscribed":
            return granted
        case "unsubscribed":
            return All(of=(is_somewhere("withdrawn"), NoneOf(of=(granted,))))
        case "none":
            return NoneOf(of=(granted, is_somewhere("withdrawn")))
        case _:
            assert_never(leaf.state)


# ── random parts ────────────────────────────────────────────────────────────────────────────────


def _variant(leaf: Variant) -> Condition:
    """Each arm has the part of all people that its weight gives it, one after the other."""
    whole = sum(arm.weight for arm in leaf.arms)
    until = 0.0
    edges = [0.0]
    for arm in leaf.arms:
        until += arm.weight
        edges.append(100 * until / whole)
    place = [arm.name for arm in leaf.arms].index(leaf.variant)
    to = 100.0 if place == len(leaf.arms) - 1 else edges[place + 1]
    return _bucket(leaf.salt or f"experiment:{leaf.experiment}", edges[place], to)


def _bucket(salt: str, start: float, to: float) -> RandomBucket:
    return RandomBucket.model_validate({"random_bucket": salt, "from": start, "to": to})


# ── what is worked out ──────────────────────────────────────────────────────────────────────────


def _rfm(leaf: RfmIs) -> Condition:
    asked: list[Condition] = []
    if leaf.bucket:
        asked.append(TraitIs(trait=f"rfm.{leaf.rfm}.bucket", op="in", value=leaf.bucket))
    for name in ("recency", "frequency", "monetary"):
        score = getattr(leaf, name)
        if score is not None:
            asked.append(TraitIs(trait=f"rfm.{leaf.rfm}.{name}", op=score.op, value=score.value))
    return asked[0] if len(asked) == 1 else All(of=tuple(asked))


DEVICES = "seen_devices"  # the trait that Kizuna keeps of a person's devices (`core/devices.py`)


def _device(leaf: DeviceIs) -> Condition:
    where = []
    for name, wanted in (("platform", None if leaf.device == "any" else leaf.device), ("os", leaf.os)):
        if wanted is not None:
            where.append(PropertyIs(property=name, op="eq", value=wanted, case="insensitive"))
    if leaf.app_version is not None:
        version = leaf.app_version
        where.append(PropertyIs(property="app_version", op="semver", cmp=version.cmp, value=version.value))
    if not where:
        return TraitIs(trait=DEVICES, op="exists")
    return TraitIs(trait=DEVICES, op="has_item", where=WhereAll(of=tuple(where)))
