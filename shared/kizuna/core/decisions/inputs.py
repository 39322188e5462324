"""What the gate was asked, kept beside its answer: the same question can be asked again, and must be answered alike.

Kept is what a decision may depend on and nobody else keeps: the person's country, zone, age and status, the state of
the address, the company's own restraint, the facts of the content, how many messages were counted. The ledger is
append-only and is kept by itself; here is how much of it was read, and a hash of that. The policy is named by its
version, which the catalog keeps. What stands on the message (category, channel, topic, address) is not repeated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from types import NoneType
from typing import Any

from pydantic import TypeAdapter

from kizuna.core.consent import ConsentEvent
from kizuna.core.gate import (
    Endpoint,
    Judgement,
    MessageFacts,
    Relationship,
    Request,
    Signals,
    Subject,
    judge,
)
from kizuna.core.ids import digest
from kizuna.core.messages import Message
from kizuna.core.policy import ConsentPolicy

Facts = Mapping[str, Mapping[str, Any]]

_HASH = 16  # characters of a hash: 80 bits

# What each part of a request is when nothing is kept of it: the usual, or what the message itself says.
_USUAL: Mapping[str, Mapping[str, Any]] = {
    "subject": {"country": None, "region": None, "timezone": None, "age": None, "status": "active"},
    "endpoint": {"status": "ok"},
    "relationship": {},
    "signals": {},
    "message": {},
}
_FROM_MESSAGE: Mapping[str, frozenset[str]] = {
    "endpoint": frozenset({"id", "channel"}),
    "message": frozenset({"category", "channel", "endpoint", "topic"}),
}
_TYPES: Mapping[str, type[Any]] = {
    "subject": Subject,
    "endpoint": Endpoint,
    "relationship": Relationship,
    "signals": Signals,
    "message": MessageFacts,
}
_AS_USUAL: Mapping[str, tuple[tuple[str, Any], ...]] = {
    part: tuple(
        (each.name, _USUAL[part].get(each.name, each.default))
        for each in fields(kind)
        if each.name not in _FROM_MESSAGE.get(part, ())
    )
    for part, kind in _TYPES.items()
}
"""Of each part what may be kept, with the value that is not."""
_PLAIN = frozenset({str, int, NoneType})


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """How much of the ledger a decision rests on: so many consent events, and a hash over their ids in order."""

    events: int
    hash: str


def facts_of(request: Request) -> dict[str, dict[str, Any]]:
    """The parts of a request, each without what is as usual or stands on the message. Plain JSON."""
    found = {part: _kept(part, getattr(request, part)) for part in _TYPES}
    return {part: kept for part, kept in found.items() if kept}


def request_of(facts: Facts, message: Message, *, ledger: Sequence[ConsentEvent], at: datetime) -> Request:
    """The request again. `ledger` is as much of it as was read then (`read_then`), `at` when the gate was asked.

    Raises ValueError for facts that this release cannot read.
    """
    about = {
        "endpoint": {"id": message.address_id, "channel": message.channel},
        "message": {
            "category": message.category,
            "channel": message.channel,
            "endpoint": message.address_id,
            "topic": message.topic,
        },
    }
    parts = {
        part: _adapter(part).validate_python({**_USUAL[part], **about.get(part, {}), **facts.get(part, {})})
        for part in _TYPES
    }
    return Request(now=at, ledger=tuple(ledger), **parts)


def hash_of(facts: Facts, mark: LedgerMark, *, policy: str, at: datetime) -> str:
    """One hash over everything that the gate's answer follows from."""
    kept, moment = _CANONICAL.encode(facts), at.astimezone(UTC).isoformat()
    return digest("inputs", kept, str(mark.events), mark.hash, policy, moment, length=_HASH)


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def mark_of(ledger: Sequence[ConsentEvent]) -> LedgerMark:
    if not ledger:
        return _OF_NOTHING
    return LedgerMark(len(ledger), digest("ledger", *(event.id for event in ledger), length=_HASH))


_OF_NOTHING = LedgerMark(0, digest("ledger", length=_HASH))


def read_then(
    mark: LedgerMark,
    chains: Sequence[Sequence[ConsentEvent]],
    suppressions: Sequence[ConsentEvent] = (),
) -> tuple[ConsentEvent, ...] | None:
    """As much of the ledger as a decision read. `chains`: of the parts that the person had then, the own first.

    The own chain grows, those of profiles merged away no longer do; what is kept of erased people for the address may
    have come later, or be lifted. None where no such beginning has the hash: something that was read is gone.
    """
    own, others = chains[0] if chains else (), [event for chain in chains[1:] for event in chain]
    for kept in (tuple(suppressions), ()):
        length = mark.events - len(others) - len(kept)
        if 0 <= length <= len(own):
            read = (*own[:length], *others, *kept)
            if mark_of(read) == mark:
                return read
    return None


def judged_again(
    facts: Facts,
    message: Message,
    *,
    ledger: Sequence[ConsentEvent],
    policy: ConsentPolicy,
    at: datetime,
) -> Judgement:
    """The gate's answer to the question that was kept. The same inputs give the same answer, whenever it is asked."""
    return judge(request_of(facts, message, ledger=ledger, at=at), policy)


def _kept(part: str, value: Any) -> dict[str, Any]:
    told = [
        (name, found, usual) for name, usual in _AS_USUAL[part] if (found := getattr(value, name)) != usual
    ]
    if all(_is_plain(found, usual) for _, found, usual in told):
        return {name: found for name, found, _ in told}  # pydantic would look at each field that is left out
    kept: dict[str, Any] = _adapter(part).dump_python(
        value, mode="json", exclude=set(_FROM_MESSAGE.get(part, ())), exclude_defaults=True, warnings=False
    )
    usual = _USUAL[part]
    return {name: found for name, found in kept.items() if name not in usual or usual[name] != found}


def _is_plain(found: Any, usual: Any) -> bool:
    """Whether a value is itself as JSON, in a field with this for its usual value: a flag is one only among flags."""
    return type(found) in _PLAIN or (type(found) is bool and type(usual) is bool)


@cache
def _adapter(part: str) -> TypeAdapter[Any]:
    return TypeAdapter(_TYPES[part])
