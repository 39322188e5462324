"""Messages and pressure as attributes of the people table.

st, sv    state and its version: what writes are guarded by
ow, ex    owner of the claim, and the instant from which the message is too late
cs, ck    where the index of decisions finds it; written once
du, ds    when a sweep must look at it, and the index partition it is found in (absent when nothing is due)
k_<link>  when a link was first followed, by its digest
e_<report>  a reaction that came too soon after the delivery, as one JSON text
f_<fact>  when feedback says that it happened; apart from the rest, so that noting one needs no version
ct        what the counters hold of it (`counters_table`)
b         everything else, as one JSON text
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Item, from_item, to_item
from kizuna.adapters.tables.people_codec import compact, uncompacted
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.ids import digest
from kizuna.core.machine_reactions import Early
from kizuna.core.messages import FACTS, By, Evidence, Message, State
from kizuna.core.restraint.pressure import Pressure, Touch

_PLAIN = {
    "person": "p",
    "campaign": "c",
    "campaign_version": "cv",
    "run": "r",
    "step": "s",
    "topic": "t",
    "category": "k",
    "channel": "ch",
    "address_id": "ai",
    "address": "a",
    "template": "tp",
    "language": "l",
    "reason": "re",
    "throttled": "th",
    "provider_id": "pi",
    "event_key": "ek",
    "event_part": "ep",
    "falls_back_from": "fb",
    "variant": "va",
    "again_of": "ag",
    "parts": "pa",
    "country": "co",
    "decision": "d",
}
_INSTANTS = {
    "created_at": "at",
    "changed_at": "ca",
    "not_before": "nb",
    "lease_until": "lu",
    "unknown_since": "us",
    "watched_until": "wu",
}
_EVIDENCE = "ev"
_ITEMS = "it"
_LINKS = "ln"
_FACT_PREFIX = "f_"
_LINK_PREFIX = "k_"
_EARLY_PREFIX = "e_"
_EARLY = TypeAdapter(Early)


def fact_attribute(fact: str) -> str:
    """Where a fact is kept. Raises ValueError for one that does not exist."""
    if fact not in FACTS:
        raise ValueError(f"unknown fact {fact!r}")
    return _FACT_PREFIX + fact


def link_attribute(link: str) -> str:
    """Where it is kept that a link was followed, by the link's digest."""
    return _LINK_PREFIX + link


def clicks_of(item: Mapping[str, Any]) -> dict[str, datetime]:
    """The links of a message that were followed, with when, from an item as the client gives it."""
    return {
        name.removeprefix(_LINK_PREFIX): from_epoch_millis(int(value["N"]))
        for name, value in item.items()
        if name.startswith(_LINK_PREFIX)
    }


def early_attribute(report: str) -> str:
    """Where a reaction that came too soon is kept, by the report of it."""
    return _EARLY_PREFIX + digest("early", report, length=16)


def early_text(early: Early) -> str:
    return _EARLY.dump_json(early).decode()


def early_of(item: Mapping[str, Any]) -> tuple[Early, ...]:
    """The reactions that came too soon, from an item as the client gives it."""
    return tuple(
        _EARLY.validate_json(value["S"]) for name, value in item.items() if name.startswith(_EARLY_PREFIX)
    )


def delivered_of(item: Mapping[str, Any]) -> datetime | None:
    """When the message of an item arrived, as the client gives it."""
    told = item.get(fact_attribute("delivered"))
    return from_epoch_millis(int(told["N"])) if told else None


def state_row(message: Message) -> dict[str, Any]:
    """What a change of state writes: all of the message but its key and its facts. None: no such attribute."""
    pk = keys.message(message.id)
    return {
        "st": str(message.state),
        "sv": message.state_version,
        "ow": message.owner or None,
        "ex": _millis(message.expires_at),
        "du": _millis(message.due_at),
        "ds": keys.due_shard(pk) if message.due_at else None,
        "b": compact(_body(message)),
    }


def message_to_item(message: Message) -> Item:
    facts = {fact_attribute(fact): epoch_millis(at) for fact, at in message.facts.items()}
    return to_item(
        {
            "pk": keys.message(message.id),
            "sk": keys.MESSAGE,
            **_place(message),
            **state_row(message),
            **facts,
        },
    )


def _place(message: Message) -> dict[str, str]:
    """Where the index of decisions finds the message. It never moves: no change of state writes these again."""
    shard = keys.decided_shard(message.id)
    return {
        "cs": keys.decided_partition(message.campaign, shard),
        "ck": keys.decided_place(epoch_millis(message.created_at), message.run, message.id),
    }


def message_from_item(item: Mapping[str, Any]) -> Message:
    """The inverse of `message_to_item`, for an item as the client (or the stream) gives it."""
    row = from_item(item)
    body = uncompacted(row["b"])
    plain: dict[str, Any] = {name: body[short] for name, short in _PLAIN.items() if short in body}
    plain |= {name: _instant(body[short]) for name, short in _INSTANTS.items() if short in body}
    return Message(
        id=keys.message_id_of(row["pk"]),
        state=State(row["st"]),
        state_version=row["sv"],
        owner=row.get("ow", ""),
        expires_at=_instant(row.get("ex")),
        facts={
            fact: from_epoch_millis(row[_FACT_PREFIX + fact]) for fact in FACTS if _FACT_PREFIX + fact in row
        },
        items=tuple(body.get(_ITEMS, ())),
        links=tuple(body.get(_LINKS, ())),
        evidence=tuple(_evidence(*line) for line in body.get(_EVIDENCE, ())),
        **plain,
    )


_OPTIONAL = frozenset(
    {"th", "pi", "ek", "ep", "fb", "va", "ag", "pa", "co", "d", "re"}
    | {_EVIDENCE, _ITEMS, _LINKS, *_INSTANTS.values()}
)  # absent where there is nothing to say


_plain_of = attrgetter(*_PLAIN)
_instants_of = attrgetter(*_INSTANTS)


def _body(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for short, value in zip(_PLAIN.values(), _plain_of(message), strict=True):
        if value or short not in _OPTIONAL:
            body[short] = value
    for short, at in zip(_INSTANTS.values(), _instants_of(message), strict=True):
        if at is not None:  # each is optional, or always there
            body[short] = epoch_millis(at)
    if message.evidence:
        body[_EVIDENCE] = [_evidence_body(line) for line in message.evidence]
    if message.items:
        body[_ITEMS] = list(message.items)
    if message.links:
        body[_LINKS] = list(message.links)
    return body


def _evidence_body(line: Evidence) -> list[Any]:
    body = [str(line.state), epoch_millis(line.at), str(line.by)]
    return [*body, line.note] if line.note else body


def _evidence(state: str, at: int, by: str, note: str = "") -> Evidence:
    return Evidence(State(state), from_epoch_millis(at), By(by), note)


def pressure_to_item(pk: str, pressure: Pressure, *, ttl: int | None = None) -> Item:
    """`ttl` (seconds) is when an item that nothing else leads to may go."""
    touches = [_touch_body(touch) for touch in pressure.touches]
    row = {"pk": pk, "sk": keys.PRESSURE, "v": pressure.version, "b": compact(touches), "ttl": ttl}
    return to_item(row)


def _touch_body(touch: Touch) -> list[Any]:
    body = [epoch_millis(touch.at), touch.channel, touch.message, touch.topic, touch.campaign, touch.brand]
    more = {"s": int(touch.service), "h": touch.home, "l": int(touch.lost)}
    told = {name: value for name, value in more.items() if value}
    return [*body, *touch.tags, *([told] if told else [])]


def pressure_from_item(item: Mapping[str, Any]) -> Pressure:
    row = from_item(item)
    touches = (_touch(*entry) for entry in uncompacted(row["b"]))
    return Pressure(row["v"], tuple(touches))


def _touch(
    at: int, channel: str, message: str, topic: str, campaign: str, brand: str, *rest: str | Mapping[str, Any]
) -> Touch:
    tags = tuple(tag for tag in rest if isinstance(tag, str))
    more = next((told for told in rest if isinstance(told, Mapping)), {})
    return Touch(
        from_epoch_millis(at),
        channel,
        message,
        topic,
        campaign,
        brand,
        tags,
        service=bool(more.get("s")),
        home=str(more.get("h", "")),
        lost=bool(more.get("l")),
    )


def _millis(instant: datetime | None) -> int | None:
    return None if instant is None else epoch_millis(instant)


def _instant(millis: int | None) -> datetime | None:
    return None if millis is None else from_epoch_millis(millis)
