"""What a crowd of customers does in a few days, and how their clients tell us of it.

Each person has a user id, some devices and a mailbox; some share a tablet. `Deed` is what happened, in plain words:
from it the request is made, and the plain model reads it. A tenth is told late, a tenth twice, one in a hundred is
rubbish; clocks are wrong.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.builders import NOON

APART = timedelta(seconds=2)  # between the deeds of one person: more than any clock's correction is off
RUBBISH: tuple[dict[str, Any], ...] = (
    {"type": "track", "event": "Nobody Did This"},
    {"type": "track", "userId": "null", "event": "Nobody Did This"},
    {"type": "dance", "userId": "u1"},
    {"type": "track", "userId": "u1"},
    {"type": "track", "userId": "u1", "event": "Too Large", "properties": {"text": "x" * 40_000}},
    {"type": "alias", "userId": "u1"},
)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody did; `bad` ones cannot be used."""

    id: str
    at: datetime
    type: str = "track"
    name: str = ""
    user: str | None = None
    device: str | None = None
    previous: str | None = None
    email: str | None = None
    traits: dict[str, Any] = field(default_factory=dict)
    total: float | None = None
    bad: dict[str, Any] | None = None
    by_back_end: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """Who tells: a browser with its own clock, or a back end with a good one that names no time of sending."""

    key: str
    skew: timedelta = timedelta()
    names_sending: bool = True


@dataclass(frozen=True, slots=True)
class Delivery:
    """Deeds that a client sends together, at an instant of ours."""

    at: datetime
    client: Client
    deeds: tuple[Deed, ...]


BACK_END = Client("kzs_back_end", names_sending=False)
HOT = 3  # people who do more than anybody else
TABLET = "tablet"  # in a shop: no two customers who used it are one


def the_crowd(
    events: int, seed: int, *, span: timedelta, hot_share: float
) -> tuple[list[Deed], list[Delivery]]:
    """So many different deeds, and every delivery of them that is planned: repeats included, crashes not.

    `hot_share` is the part of all that each of the hot people does.
    """
    chance = random.Random(f"crowd {seed}")
    people = max(events // 25, 2 * HOT)
    weights = [chance.paretovariate(1.5) for _ in range(people - HOT)]
    hot = hot_share / (1 - hot_share * HOT) * sum(weights)
    lives: list[list[Deed]] = []
    counts = Counter(chance.choices(range(people), [hot] * HOT + weights, k=events))
    for person in range(people):
        lives.append(list(_life(person, counts[person], span, chance)))
    deliveries = [delivery for life in lives for delivery in _from_a_browser(life, chance)]
    deliveries += _from_the_back_end([deed for life in lives for deed in life], chance)
    deliveries += list(_again(deliveries, chance))
    deeds = [deed for life in lives for deed in life]
    return deeds, sorted(deliveries, key=lambda delivery: delivery.at)


def _life(person: int, count: int, span: timedelta, chance: random.Random) -> Iterator[Deed]:
    """What one person does. The third is a visitor and a customer, both hot, until it turns out that they are one."""
    user, devices = f"u{person}", [f"a{person}.{number}" for number in range(chance.randint(1, 3))]
    known_from = 0.7 if person == 2 else chance.choice([0.0, 0.2, 0.8])
    step = span / max(count, 1)
    at = NOON
    for number in range(count):
        at += max(APART, step * chance.uniform(0.3, 1.5))
        device, is_known = chance.choice(devices), number >= known_from * count
        if is_known:
            who = chance.choice([{"user": user}, {"device": device}, {"user": user, "device": device}])
            if "user" in who and person % 7 == 0 and chance.random() < 0.1:
                who = {"user": user, "device": TABLET}
        else:
            who = {"user": user} if person == 2 and chance.random() < 0.5 else {"device": device}
        if chance.random() < 0.01:
            yield Deed(f"bad-{person}-{number}", at, bad=chance.choice(RUBBISH))
        else:
            yield _deed(f"{person}-{number}", at, who, chance)


def _deed(number: str, at: datetime, who: dict[str, Any], chance: random.Random) -> Deed:
    by_back_end = "user" in who and chance.random() < 0.5
    drawn = chance.random()
    if "user" in who and drawn < 0.15:
        traits = {"plan": chance.choice(["basic", "pro"]), "visit": number}
        email = f"m{who['user']}@example.com" if by_back_end else None
        return Deed(f"i-{number}", at, "identify", email=email, traits=traits, by_back_end=by_back_end, **who)
    if len(who) == 2 and who["device"] != TABLET and drawn < 0.3:
        joined: dict[str, Any] = {"user": who["user"], "previous": who["device"]}
        return Deed(f"l-{number}", at, "alias", by_back_end=by_back_end, **joined)
    if drawn < 0.6:
        total = chance.randint(100, 9900) / 100
        return Deed(f"o-{number}", at, name="Order Completed", total=total, by_back_end=by_back_end, **who)
    return Deed(f"s-{number}", at, name="Product Viewed", by_back_end=by_back_end, **who)


def _from_a_browser(life: list[Deed], chance: random.Random) -> Iterator[Delivery]:
    """The browser sends what happened in a few portions; a tenth only hours later, when it has a network again."""
    client = Client("kzc_browser", skew=timedelta(seconds=chance.randint(-10_000, 10_000)))
    waiting = [deed for deed in life if not deed.by_back_end]
    sizes = [1, 1, 2, 3, 5, 8] if len(life) < 1_000 else [1, 2, 10, 60, 300]
    while waiting:
        size = chance.choice(sizes)
        portion, waiting = waiting[:size], waiting[size:]
        late = {deed.id for deed in portion if chance.random() < 0.1}
        on_time = tuple(deed for deed in portion if deed.id not in late)
        if on_time:
            yield Delivery(on_time[-1].at + timedelta(seconds=chance.uniform(0.1, 30)), client, on_time)
        for deed in portion:
            if deed.id in late:
                yield Delivery(deed.at + timedelta(hours=chance.uniform(1, 20)), client, (deed,))


def _from_the_back_end(deeds: list[Deed], chance: random.Random) -> Iterator[Delivery]:
    """The back end sends what it knows of everybody, in large portions; a tenth waits for a nightly job."""
    told = sorted((deed for deed in deeds if deed.by_back_end), key=lambda deed: deed.at)
    late = [deed for deed in told if chance.random() < 0.1]
    lost = {deed.id for deed in late}
    on_time = [deed for deed in told if deed.id not in lost]
    for waiting, wait in ((on_time, timedelta(seconds=20)), (late, timedelta(hours=9))):
        start = 0
        while start < len(waiting):
            portion = waiting[start : start + chance.randint(1, 60)]
            start += len(portion)
            yield Delivery(portion[-1].at + wait * chance.uniform(0.1, 1), BACK_END, tuple(portion))


def _again(deliveries: list[Delivery], chance: random.Random) -> Iterator[Delivery]:
    """A tenth of all is sent once more within a day, though it was taken: the same deeds in other company."""
    for delivery in deliveries:
        twice = [deed for deed in delivery.deeds if chance.random() < 0.1]
        if twice:
            wait = timedelta(seconds=chance.choice([0.2, 5, 600, 20_000, 80_000]) * chance.uniform(0.5, 1))
            yield Delivery(delivery.at + wait, delivery.client, tuple(chance.sample(twice, len(twice))))


def body_of(deeds: Iterable[Deed], client: Client, *, sent_at: datetime) -> bytes:
    """The body of a batch as an SDK makes it, by the client's own clock."""
    body: dict[str, Any] = {"batch": [_as_told(deed, client) for deed in deeds]}
    if client.names_sending:
        body["sentAt"] = (sent_at + client.skew).isoformat()
    return json.dumps(body).encode()


def _as_told(deed: Deed, client: Client) -> dict[str, Any]:
    common: dict[str, Any] = {"messageId": deed.id, "timestamp": (deed.at + client.skew).isoformat()}
    if deed.bad is not None:
        return common | deed.bad
    told = common | {
        "type": deed.type,
        "event": deed.name,
        "userId": deed.user,
        "anonymousId": deed.device,
        "previousId": deed.previous,
    }
    if deed.type == "identify":
        told["traits"] = deed.traits | ({"email": deed.email} if deed.email else {})
    if deed.total is not None:
        told["properties"] = {"total": deed.total}
    return {name: value for name, value in told.items() if value}
