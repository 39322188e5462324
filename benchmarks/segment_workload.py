"""Segments as marketers build them, and people with histories, made up with a seed; one form for every engine.

A condition is `("all" | "any" | "not", parts)` or `Ask(field, op, value)`. Opponents read a person as a flat mapping
from fields to values, with every window counted for them beforehand. Ours reads the person as stored, counts the
windows from the instants, and so knows when they end.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from kizuna.core.conditions import EventDid
from kizuna.core.conditions.inputs import Input
from kizuna.core.people import Listing, Profile, Trait
from kizuna.core.segments import Segment

SEED = 20261122
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = 86_400_000  # milliseconds
WINDOWS = (1, 7, 30, 90)  # days
WORDS: Mapping[str, Sequence[str]] = {
    "country": ("JP", "US", "DE", "FR", "GB", "BR", "IN", "KR"),
    "plan": ("free", "trial", "basic", "pro"),
    "language": ("ja", "en", "de", "fr", "pt"),
    "tier": ("bronze", "silver", "gold", "platinum"),
    "store": tuple(f"store-{number}" for number in range(30)),
}
NUMBERS: Mapping[str, int] = {"age": 90, "points": 20_000, "visits": 400, "score": 100}
EVENTS = (
    "Order Completed", "Product Viewed", "Product Added", "Checkout Started", "App Opened", "Signed In", "Searched",
    "Review Written", "Refund Asked", "Coupon Used", "Email Opened", "Email Clicked",
)  # fmt: skip
LISTS = tuple(f"list-{number}" for number in range(12))
CHANGED_BY = {"Order Completed": ("points", "tier"), "Signed In": ("visits",), "App Opened": ("visits",)}


class Ask(NamedTuple):
    field: str
    op: str  # eq, gte, lt, has
    value: Any


class Group(NamedTuple):
    kind: str  # all, any, not
    parts: tuple[Any, ...]


Where = Ask | Group
Person = dict[str, Any]


def segments(count: int, seed: int = SEED) -> list[Where]:
    draw = random.Random(seed)  # noqa: S311  (repeatable)
    return [_where(draw) for _ in range(count)]


def _where(draw: random.Random) -> Where:
    def some(least: int, most: int) -> tuple[Ask, ...]:
        return tuple(_ask(draw) for _ in range(draw.randint(least, most)))

    shape = draw.random()
    if shape < 0.4:
        return Group("all", (*some(2, 3), Group("any", some(2, 3))))
    if shape < 0.7:
        return Group("all", some(2, 4))
    if shape < 0.9:
        return Group("any", (Group("all", some(2, 3)), Group("all", some(2, 3))))
    return Group("all", (*some(1, 3), Group("not", (Group("any", some(2, 2)),))))


def _ask(draw: random.Random) -> Ask:
    kind = draw.random()
    if kind < 0.3:
        name = draw.choice(list(WORDS))
        return Ask(name, "eq", draw.choice(WORDS[name]))
    if kind < 0.5:
        name = draw.choice(list(NUMBERS))
        return Ask(name, draw.choice(("gte", "lt")), NUMBERS[name] * draw.randint(1, 9) // 10)
    if kind < 0.92:
        days = draw.choice(WINDOWS)
        number = draw.choice((1, 1, 2, 3, 5)) if days < 30 else draw.choice((1, 2, 5, 10))
        return Ask(f"{draw.choice(EVENTS)}|{days}", draw.choice(("gte", "gte", "lt")), number)
    return Ask("lists", "has", draw.choice(LISTS))


def people(count: int, seed: int = SEED) -> list[Profile]:
    draw = random.Random(seed + 1)  # noqa: S311
    return [_person(draw, number) for number in range(count)]


def _person(draw: random.Random, number: int) -> Profile:
    long_ago = NOW - timedelta(days=400)
    traits: dict[str, Any] = {name: draw.choice(values) for name, values in WORDS.items()}
    traits |= {name: int(most * draw.random() ** 2) for name, most in NUMBERS.items()}
    now = int(NOW.timestamp() * 1000)
    aggregates = {}
    for event in EVENTS:
        count = int(25 * draw.random() ** 3) if draw.random() < 0.6 else 0
        ages = sorted((int(120 * DAY * draw.random() ** 2) for _ in range(count)), reverse=True)
        aggregates[key_of(event)] = {"f": "", "t": [now - age for age in ages][-11:]} if ages else {"f": ""}
    return Profile(
        id=f"p{number}",
        version=1,
        created_at=long_ago,
        updated_at=long_ago,
        traits={name: Trait(value, long_ago, "shop") for name, value in traits.items()},
        aggregates=aggregates,
        lists={name: Listing(inside=True, at=long_ago) for name in draw.sample(LISTS, draw.randint(0, 3))},
    )


def key_of(event: str) -> str:
    """Of what is remembered of an event."""
    return EventDid(event=event).key


def counted(person: Profile) -> Person:
    """A person as opponents read one."""
    found: Person = {name: trait.value for name, trait in person.traits.items()}
    now = int(NOW.timestamp() * 1000)
    for event in EVENTS:
        instants = person.aggregates[key_of(event)].get("t", ())
        for days in WINDOWS:
            found[f"{event}|{days}"] = sum(now - days * DAY < at <= now for at in instants)
    return found | {"lists": sorted(person.on_lists)}


def definition(number: int, where: Where) -> Segment:
    """A segment as ours reads one."""
    return Segment.model_validate({"id": f"s{number}", "name": f"s{number}", "when": _written(where)})


def _written(where: Where) -> dict[str, Any]:
    match where:
        case Group(kind="not", parts=parts):
            return {"none": [_written(part) for part in parts]}
        case Group(kind=kind, parts=parts):
            return {kind: [_written(part) for part in parts]}
        case Ask(field="lists", value=value):
            return {"static_list": value}
        case Ask(field=field, op=op, value=value) if "|" in field:
            event, days = field.split("|")
            return {"event": event, "verb": "count", "op": op, "value": value, "window": {"last": f"{days}d"}}
        case Ask(field=field, op=op, value=value):
            return {"trait": field, "op": op, "value": value}


def changed_fields(event: str) -> set[str]:
    """The fields that one event changes."""
    return {*(f"{event}|{days}" for days in WINDOWS), *CHANGED_BY.get(event, ())}


def changed_inputs(event: str) -> set[Input]:
    return {
        Input("aggregates", key_of(event)),
        *(Input("traits", name) for name in CHANGED_BY.get(event, ())),
    }


def fields_of(where: Where) -> set[str]:
    if isinstance(where, Ask):
        return {where.field}
    return {field for part in where.parts for field in fields_of(part)}


def fingerprint() -> str:
    """Changes whenever the workload does."""
    text = repr((segments(50), [counted(person) for person in people(50)]))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
