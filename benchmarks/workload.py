"""The work, the same for everybody and for every run: segments, people with a past, and events.

A segment is a condition in Kizuna's own form (`core/conditions/`). A person is plain: traits, and the instants
at which each event happened. `members_of` says what the conditions mean, slowly and obviously; every engine's
answers are held against it before anything is timed.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=3)  # when the people's past was told
BATCH = 100  # events of one request
PAST_EVENTS = 20  # of each person, before the run
_DAY = 86_400

TEXTS: Mapping[str, Sequence[str]] = {
    "country": ("US", "DE", "FR", "IN", "BR", "GB", "JP", "AU"),
    "plan": ("free", "trial", "basic", "pro"),
    "tier": ("bronze", "silver", "gold", "platinum"),
}
NUMBERS: Mapping[str, tuple[int, int]] = {
    "points": (0, 20_000),
}
FLAGS = ("has_app",)
EVENTS = (
    "Order Completed", "Product Added", "Product Viewed", "Products Searched", "Cart Viewed",
    "Checkout Started", "Signed In",
)  # fmt: skip
_DAYS = (7, 14, 30, 60, 90)
_KEPT = 90 * _DAY  # no condition looks back further


@dataclass(slots=True)
class Person:
    """Somebody as the workload knows them. `past` holds epoch seconds, ascending, by event."""

    user_id: str
    traits: Json
    past: dict[str, list[int]] = field(default_factory=dict)

    def copy(self) -> Person:
        return Person(self.user_id, dict(self.traits), {name: list(at) for name, at in self.past.items()})


# ── segments ────────────────────────────────────────────────────────────────────────────────────


def segments(count: int, *, seed: int = 7) -> list[Json]:
    """Definitions of `count` segments in the shapes that marketers build, of some 4.5 questions each."""
    generator = random.Random(seed)  # noqa: S311  (a seeded generator is wanted)
    return [
        {"id": f"s{number:03d}", "name": f"Segment {number}", "when": _condition(generator)}
        for number in range(count)
    ]


def _condition(generator: random.Random) -> Json:
    def some(low: int, high: int) -> list[Json]:
        return [_question(generator) for _ in range(generator.randint(low, high))]

    shape = generator.random()
    if shape < 0.35:
        return {"all": [*some(2, 4), {"any": some(2, 3)}]}
    if shape < 0.60:
        return {"all": some(3, 5)}
    if shape < 0.80:
        return {"any": [{"all": some(3, 4)}, {"all": some(3, 4)}]}
    if shape < 0.90:
        return {"any": some(2, 3)}
    return {"all": [*some(2, 3), {"none": some(2, 2)}]}


def _question(generator: random.Random) -> Json:
    kind = generator.random()
    if kind < 0.34:
        name = generator.choice(list(TEXTS))
        values = TEXTS[name]
        if kind < 0.22:
            return {"trait": name, "op": "eq", "value": generator.choice(values)}
        return {"trait": name, "op": "in", "value": sorted(generator.sample(values, 2))}
    if kind < 0.52:
        name = generator.choice(list(NUMBERS))
        low, high = NUMBERS[name]
        cut = low + (high - low) * generator.choice((1, 2, 3, 5, 7, 8)) // 10
        return {"trait": name, "op": generator.choice(("gte", "lt")), "value": cut}
    if kind < 0.58:
        return {"trait": generator.choice(FLAGS), "op": "eq", "value": True}
    event = generator.choice(EVENTS)
    if kind < 0.66:
        return {"event": event, "verb": "count", "op": "gte", "value": generator.choice((2, 5, 10))}
    window = {"last": f"{generator.choice(_DAYS)}d"}
    if kind < 0.80:
        operator = generator.choice(("gte", "gte", "lt"))
        value = generator.choice((1, 2))
        return {"event": event, "verb": "count", "op": operator, "value": value, "window": window}
    return {"event": event, "verb": generator.choice(("did", "did", "did_not")), "window": window}


def members_of(definitions: Sequence[Json], person: Person, *, now: int) -> set[str]:
    """The segments that a person is in: the reference that every engine is checked against."""
    return {each["id"] for each in definitions if holds(each["when"], person, now)}


def holds(condition: Json, person: Person, now: int) -> bool:
    """What a condition means."""
    for name, enough in (("all", all), ("any", any)):
        if name in condition:
            return enough(holds(part, person, now) for part in condition[name])
    if "none" in condition:
        return not any(holds(part, person, now) for part in condition["none"])
    if "trait" in condition:
        return _compared(condition["op"], person.traits[condition["trait"]], condition["value"])
    instants = person.past.get(condition["event"], [])
    if "window" in condition:
        start = now - int(condition["window"]["last"].removesuffix("d")) * _DAY
        instants = [at for at in instants if start < at <= now]
    match condition["verb"]:
        case "did":
            return bool(instants)
        case "did_not":
            return not instants
        case _:
            return _compared(condition["op"], len(instants), condition["value"])


def _compared(operator: str, left: Any, right: Any) -> bool:
    match operator:
        case "eq":
            return bool(left == right)
        case "in":
            return left in right
        case "gte":
            return bool(left >= right)
        case "lt":
            return bool(left < right)
        case _:
            raise ValueError(f"unknown operator {operator!r}")


# ── people and events ───────────────────────────────────────────────────────────────────────────


def people(count: int, *, group: str, seed: int = 11) -> list[Person]:
    """People with traits and a past of `PAST_EVENTS` events in the last 120 days."""
    generator = random.Random(f"{seed} {group}")  # noqa: S311
    return [_person(f"{group}-{number:03d}", generator) for number in range(count)]


def _person(user_id: str, generator: random.Random) -> Person:
    traits: Json = {name: generator.choice(values) for name, values in TEXTS.items()}
    for name, (low, high) in NUMBERS.items():
        traits[name] = int(low + (high - low) * generator.random() ** 2)
    traits |= {name: generator.random() < 0.5 for name in FLAGS}
    past: dict[str, list[int]] = {}
    latest = int(BEFORE.timestamp())
    for _ in range(PAST_EVENTS):
        event = EVENTS[int(len(EVENTS) * generator.random() ** 2)]
        past.setdefault(event, []).append(latest - int(120 * _DAY * generator.random() ** 2))
    return Person(user_id, traits, {name: sorted(at) for name, at in past.items()})


def history(person: Person) -> Iterator[Json]:
    """What made somebody who they are, as calls of a client SDK."""
    first = min(at for instants in person.past.values() for at in instants)
    yield {
        "type": "identify",
        "messageId": f"{person.user_id}-told",
        "userId": person.user_id,
        "timestamp": _text(first),
        "traits": {**person.traits, "email": f"{person.user_id}@people.example"},
    }
    for name, instants in person.past.items():
        for number, at in enumerate(instants):
            yield _track(person.user_id, name, f"{person.user_id}-{name}-{number}", at)


def batch(
    persons: Sequence[Person], *, events: int = BATCH, seed: int = 3, name: str = "new", now: datetime = NOW
) -> list[Json]:
    """`events` calls spread evenly over people, mixed, in the last minutes; one in twenty tells a trait.

    Batches of the same people take different names: what was told before is a repeat.
    """
    generator = random.Random(f"{seed} {len(persons)} {events}")  # noqa: S311
    turns = [persons[number % len(persons)] for number in range(events)]
    generator.shuffle(turns)
    start = int(now.timestamp()) - 10 * events
    return [
        _call(person, f"{person.user_id}-{name}-{number}", start + 5 * number, generator)
        for number, person in enumerate(turns)
    ]


def _call(person: Person, message: str, at: int, generator: random.Random) -> Json:
    if generator.random() < 0.05:
        traits = {"points": generator.randint(0, 20_000), "tier": generator.choice(TEXTS["tier"])}
        return {
            "type": "identify",
            "messageId": message,
            "userId": person.user_id,
            "timestamp": _text(at),
            "traits": traits,
        }
    return _track(person.user_id, generator.choice(EVENTS), message, at)


def _track(user_id: str, name: str, message: str, at: int) -> Json:
    """An event of some 650 bytes, as shops send it."""
    digest = hashlib.sha256(message.encode()).hexdigest()
    product = int(digest[:4], 16)
    return {
        "type": "track",
        "messageId": message,
        "userId": user_id,
        "event": name,
        "timestamp": _text(at),
        "properties": {
            "product_id": f"cd-{product}",
            "sku": digest[:12],
            "name": f"Record number {product}",
            "category": "music/jazz",
            "brand": "Blue Label",
            "price": product % 4000 / 100,
            "quantity": 1 + product % 3,
            "currency": "USD",
            "url": f"https://shop.example/music/jazz/cd-{product}?ref=home",
        },
        "context": {
            "library": {"name": "analytics-python", "version": "2.4.0"},
            "locale": "en-US",
            "timezone": "America/New_York",
            "page": {"path": f"/music/jazz/cd-{product}", "referrer": "https://search.example/"},
        },
    }


def after(persons: Sequence[Person], calls: Sequence[Json]) -> dict[str, Person]:
    """People after these calls: the reference for what an engine stored."""
    changed = {person.user_id: person.copy() for person in persons}
    for call in calls:
        person = changed[call["userId"]]
        if call["type"] == "identify":
            person.traits.update(call["traits"])
        else:
            instants = person.past.setdefault(call["event"], [])
            instants.append(int(datetime.fromisoformat(call["timestamp"]).timestamp()))
            instants.sort()
    return changed


def _text(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def fingerprint() -> str:
    """Equal for equal workloads: figures are comparable only where it is."""
    persons = people(10, group="fingerprint")
    made = [segments(200), batch(persons), [list(history(person)) for person in persons]]
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:12]
