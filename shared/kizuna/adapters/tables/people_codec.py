"""Profiles, events and facts as attributes. What is not asked for by a condition or an index is one JSON text:
it costs less to read than a hundred small attributes, and a write costs by the kilobyte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Item, from_item, to_item
from kizuna.core.consent.summary import ConsentSummary
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.folding import Fact
from kizuna.core.people import Address, AddressStatus, Apart, Identity, Listing, Profile, Trait
from kizuna.core.restraint.exclusions import Exclusion
from kizuna.core.seen import MarkPage, packed, unpacked

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def compact(value: Any) -> str:
    """JSON without blanks, by pydantic's encoder: it takes a seventh of the time of Python's."""
    try:
        return to_json(value).decode()
    except PydanticSerializationError:  # half of a surrogate pair, which it does not write
        return _ENCODER.encode(value)


def uncompacted(text: str) -> Any:
    """The inverse of `compact`, by the same library: Python's takes half as long again."""
    try:
        return from_json(text)
    except (
        ValueError,
        TypeError,
    ):  # half of a surrogate pair; of what is no JSON Python's says where it breaks
        return json.loads(text)


def _millis(instant: datetime | None) -> int | None:
    return None if instant is None else epoch_millis(instant)


def _instant(millis: int | None) -> datetime | None:
    return None if millis is None else from_epoch_millis(millis)


def profile_to_item(profile: Profile, facts: tuple[Fact, ...] = ()) -> Item:
    """The profile's item. `fx` carries the facts of this one write: the stream hands them on."""
    pk = keys.person(profile.id)
    return to_item(
        {
            "pk": pk,
            "sk": keys.PROFILE,
            "v": profile.version,
            "rv": profile.reach_version,
            "sg": compact(sorted(profile.segments)),
            "b": compact(_body(profile)),
            "sn": packed(profile.seen) or None,
            "mi": profile.merged_into,
            "du": _millis(profile.due_at),
            "ds": keys.due_shard(pk) if profile.due_at else None,
            "fx": compact(_facts_body(facts)) if facts else None,
        }
    )


def _body(profile: Profile) -> dict[str, Any]:
    body: dict[str, Any] = {
        "c": _millis(profile.created_at),
        "u": _millis(profile.updated_at),
        "i": [_identity_body(held) for held in profile.identities.values()],
        "t": {name: _trait_body(held) for name, held in profile.traits.items()},
        "a": [_address_body(address) for address in profile.addresses.values()],
        "g": profile.aggregates,
        "p": list(profile.parts),
        "k": profile.bucket_id,
        "st": profile.status,
        "gpc": profile.gpc or None,
        "z": profile.zone,
        "za": _millis(profile.zone_at),
        "l": profile.language,
        "la": _millis(profile.language_at),
        "lh": profile.ledger_head or None,
        "ln": profile.ledger_length or None,
        "cs": profile.consent_scopes or None,
        "le": _millis(profile.last_event_at),
        "pu": _millis(profile.purchased_at),
        "se": profile.evaluated or None,
        "xp": {key: _exclusion_body(each) for key, each in profile.exclusions.items()} or None,
        "ap": [[pair.part, pair.other, _millis(pair.at), *pair.versions] for pair in profile.apart] or None,
        "co": [profile.consents.mark, *profile.consents.rows] if profile.consents else None,
        "mo": profile.moves or None,
        "jo": {name: "".join(sorted(map(_STAND.__getitem__, each))) for name, each in profile.stands.items()}
        or None,
        "li": {name: _listing_body(held) for name, held in profile.lists.items()} or None,
        "x": [[page.part, page.name, page.newest, page.count] for page in profile.seen_pages] or None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _identity_body(held: Identity) -> list[Any]:
    body = [held.type, held.value, held.raw, _millis(held.at), held.source]
    if held.seen is None and held.vouched:
        return body
    return [*body, _millis(held.seen)] if held.vouched else [*body, _millis(held.seen), 0]


def _identity(raw: list[Any]) -> Identity:
    kind, value, told, at, source, *more = raw
    return Identity(
        kind,
        value,
        told,
        _instant(at),
        source,
        seen=_instant(more[0]) if more else None,
        vouched=len(more) < 2,
    )


_AS_A_RULE = (1, None, None, None)  # of a trait: vouched for, as it was told, told once


def _trait_body(trait: Trait) -> list[Any]:
    body = [trait.value, _millis(trait.at), trait.source]
    more = [int(trait.vouched), trait.raw, _millis(trait.since), _millis(trait.differed)]
    while more and more[-1] == _AS_A_RULE[len(more) - 1]:
        more.pop()
    return [*body, *more]


def _trait(
    value: Any,
    at: int,
    source: str,
    vouched: int = 1,
    raw: Any = None,
    since: int | None = None,
    differed: int | None = None,
) -> Trait:
    return Trait(
        value,
        from_epoch_millis(at),
        source,
        vouched=bool(vouched),
        raw=raw,
        since=_instant(since),
        differed=_instant(differed),
    )


def _address_body(address: Address) -> list[Any]:
    body = [
        address.channel,
        address.value,
        _millis(address.at),
        str(address.status),
        _millis(address.status_at),
        address.platform,
        address.zone,
    ]
    bounces = [_millis(at) for at in address.soft_bounces]
    if address.heard_at is not None:
        return [*body, bounces, _millis(address.heard_at)]
    return [*body, bounces] if bounces else body


_STAND = {"in": "i", "completed": "c", "exited": "e"}  # in a journey
_STANDS = {letter: stand for stand, letter in _STAND.items()}


def profile_from_item(item: Mapping[str, Any]) -> Profile:
    """The inverse of `profile_to_item`, for an item as the client (or the stream) gives it."""
    row = from_item(item)
    body = uncompacted(row["b"])
    created = from_epoch_millis(body["c"])
    return Profile(
        id=keys.person_id_of(row["pk"]),
        version=row["v"],
        reach_version=row["rv"],
        created_at=created,
        updated_at=from_epoch_millis(body["u"]),
        identities={(raw[0], raw[1]): _identity(raw) for raw in body["i"]},
        traits={name: _trait(*told) for name, told in body["t"].items()},
        addresses={(raw[0], raw[1]): _address(raw) for raw in body["a"]},
        aggregates=body["g"],
        segments=frozenset(uncompacted(row["sg"])),
        seen=unpacked(row.get("sn", b"")),
        seen_pages=tuple(MarkPage(*page) for page in body.get("x", ())),
        due_at=_instant(row.get("du")),
        parts=tuple(body["p"]),
        bucket_id=body["k"],
        merged_into=row.get("mi"),
        status=body["st"],
        gpc=body.get("gpc", False),
        zone=body.get("z"),
        zone_at=_instant(body.get("za")),
        language=body.get("l"),
        language_at=_instant(body.get("la")),
        ledger_head=body.get("lh", ""),
        ledger_length=body.get("ln", 0),
        consent_scopes=body.get("cs", {}),
        last_event_at=_instant(body.get("le")),
        purchased_at=_instant(body.get("pu")),
        evaluated=body.get("se", ""),
        consents=_consents(body["co"]) if "co" in body else None,
        moves={segment: (entered, left) for segment, (entered, left) in body.get("mo", {}).items()},
        stands={name: frozenset(map(_STANDS.__getitem__, told)) for name, told in body.get("jo", {}).items()},
        lists={name: _listing(*held) for name, held in body.get("li", {}).items()},
        exclusions={key: _exclusion(*told) for key, told in body.get("xp", {}).items()},
        apart=tuple(
            Apart(part, other, from_epoch_millis(at), tuple(versions))
            for part, other, at, *versions in body.get("ap", ())
        ),
    )


def _consents(raw: list[Any]) -> ConsentSummary:
    mark, *rows = raw
    return ConsentSummary(mark, tuple(tuple(map(_frozen, row)) for row in rows))


def _frozen(part: Any) -> Any:
    return tuple(part) if isinstance(part, list) else part


def _listing_body(held: Listing) -> list[Any]:
    body = [int(held.inside), _millis(held.at)]
    if held.until is not None or held.why:
        return [*body, held.by, _millis(held.until), held.why]
    return [*body, held.by] if held.by else body


def _listing(inside: int, at: int, by: str = "", until: int | None = None, why: str = "") -> Listing:
    return Listing(bool(inside), from_epoch_millis(at), by, _instant(until), why)


def _exclusion_body(held: Exclusion) -> list[Any]:
    body = [held.rule, _millis(held.at), held.reason, _millis(held.lifted_at)]
    return body if held.vouched else [*body, 0]


def _exclusion(rule: str, at: int | None, reason: str, lifted_at: int | None, vouched: int = 1) -> Exclusion:
    return Exclusion(rule, _instant(at), reason, _instant(lifted_at), bool(vouched))


def _address(raw: list[Any]) -> Address:
    channel, value, at, status, status_at, platform, zone, *seldom = raw
    bounces, heard_at = seldom[0] if seldom else [], seldom[1] if len(seldom) > 1 else None
    return Address(
        channel,
        value,
        from_epoch_millis(at),
        AddressStatus(status),
        _instant(status_at),
        platform,
        zone,
        tuple(map(from_epoch_millis, bounces)),
        _instant(heard_at),
    )


def _facts_body(facts: tuple[Fact, ...]) -> list[list[Any]]:
    """Facts of one kind and cause share both: an event may move somebody in and out of many segments."""
    shared = groupby(facts, key=lambda fact: (fact.kind, fact.cause, fact.key))
    return [[*about, [fact.name for fact in group]] for about, group in shared]


def facts_from_item(item: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The facts that a profile's item carries from the write that made it."""
    attribute = item.get("fx")
    return tuple(
        Fact(kind, name, cause, key)
        for kind, cause, key, names in (uncompacted(attribute["S"]) if attribute else ())
        for name in names
    )
