"""Real purchases of an online music shop (events/purchases), and the people that the demo makes up for them.

The purchases are real; names, addresses, countries and consents are invented by a seeded generator, because
the data holds none. Every made-up address lies in a domain that cannot receive mail, every number in a
range kept for fiction.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

HOUR_OF_DAY = 12  # the data knows days only
SOURCE_NAME = "demo"


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase: the day, how many CDs, what they cost in US dollars."""

    number: int
    day: date
    quantity: int
    amount: float


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person behind a real purchase history."""

    user_id: str
    first_name: str
    last_name: str
    email: str
    phone: str
    country: str
    zone: str
    language: str
    genre: str
    region: str | None
    push_token: str | None
    platform: str
    says_yes_to: tuple[str, ...]  # channels
    purchases: tuple[Purchase, ...]


def read_purchases(path: Path) -> dict[str, list[Purchase]]:
    """All purchases by customer, oldest first. Raises OSError if the file is not there."""
    found: dict[str, list[Purchase]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="ascii") as file:
        for number, row in enumerate(csv.DictReader(file), start=1):
            found[row["sample_id"]].append(
                Purchase(
                    number, date.fromisoformat(row["date"]), int(row["quantity"]), float(row["amount_usd"])
                )
            )
    return {
        customer: sorted(bought, key=lambda one: (one.day, one.number)) for customer, bought in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Place:
    country: str
    zone: str
    language: str
    prefix: str  # of numbers kept for fiction, or not given out at all …
    digits: int  # … and how many digits follow
    share: float
    region: str | None = None


_PLACES = (
    _Place("US", "America/New_York", "en", "+1202555", 4, 0.30, "NY"),
    _Place("US", "America/Los_Angeles", "en", "+1310555", 4, 0.14, "CA"),
    _Place("GB", "Europe/London", "en", "+447700900", 3, 0.16),
    _Place("JP", "Asia/Tokyo", "ja", "+8190000", 5, 0.18),
    _Place("DE", "Europe/Berlin", "en", "+491520000", 4, 0.08),
    _Place("FR", "Europe/Paris", "en", "+3363998", 4, 0.08),
    _Place("CA", "America/Toronto", "en", "+1416555", 4, 0.06),
)
_NAMES = {
    "en": (
        (
            "Ada",
            "Ben",
            "Clara",
            "Dan",
            "Ella",
            "Finn",
            "Grace",
            "Hugo",
            "Iris",
            "Jack",
            "Kate",
            "Leo",
            "Maya",
            "Noah",
        ),
        (
            "Archer",
            "Baker",
            "Clark",
            "Dixon",
            "Ellis",
            "Fisher",
            "Grant",
            "Hayes",
            "Irwin",
            "Jones",
            "Kerr",
            "Lowe",
        ),
    ),
    "ja": (
        ("葵", "陽菜", "結衣", "美咲", "さくら", "蓮", "湊", "大翔", "悠真", "颯太", "凛", "千尋"),
        ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田"),
    ),
}
_GENRES = ("jazz", "soul", "classical", "rock", "folk", "electronic", "city pop")


def make_people(purchases: Mapping[str, list[Purchase]], *, count: int | None, seed: int) -> list[Person]:
    """People for the first `count` customers (all of them for None), the same for the same seed."""
    generator = random.Random(seed)
    customers = sorted(purchases)[:count]
    return [
        _person(index, customer, purchases[customer], generator) for index, customer in enumerate(customers)
    ]


def _person(index: int, customer: str, bought: list[Purchase], generator: random.Random) -> Person:
    place = generator.choices(_PLACES, weights=[place.share for place in _PLACES])[0]
    first, last = (generator.choice(names) for names in _NAMES[place.language])
    yes = tuple(
        channel
        for channel, share in (("email", 0.62), ("sms", 0.35), ("push", 0.7))
        if generator.random() < share
    )
    has_app = generator.random() < 0.45
    return Person(
        user_id=f"customer-{customer}",
        first_name=first,
        last_name=last,
        email=f"customer-{customer}@people.example",
        phone=f"{place.prefix}{index % 10**place.digits:0{place.digits}d}",
        country=place.country,
        zone=place.zone,
        language=place.language,
        genre=generator.choice(_GENRES),
        region=place.region,
        push_token=f"token-{generator.getrandbits(96):024x}" if has_app else None,
        platform=generator.choice(("ios", "android")),
        says_yes_to=yes,
        purchases=tuple(bought),
    )


def identify(person: Person, at: datetime) -> dict[str, Any]:
    """The call by which the shop's back end tells who somebody is, and what they agreed to."""
    device = {"device": {"type": person.platform, "token": person.push_token}} if person.push_token else {}
    addresses = {"email": person.email, "sms": person.phone, "push": person.push_token}
    subscriptions = [
        {"key": addresses[channel], "type": channel.upper(), "status": "SUBSCRIBED"}
        for channel in person.says_yes_to
        if addresses[channel]
    ]
    traits: dict[str, Any] = {
        "email": person.email,
        "phone": person.phone,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "country": person.country,
        "timezone": person.zone,
        "language": person.language,
        "favorite_genre": person.genre,
        "birthday": "1965-05-05",
    }
    if person.region:
        traits["region"] = person.region
    return {
        "type": "identify",
        "messageId": f"identify-{person.user_id}",
        "userId": person.user_id,
        "timestamp": at.isoformat(),
        "traits": traits,
        "context": {
            "timezone": person.zone,
            "locale": person.language,
            "messaging_subscriptions": subscriptions,
            **device,
        },
    }


def order_completed(person: Person, purchase: Purchase) -> dict[str, Any]:
    """A real purchase as the event that shops send."""
    at = datetime.combine(purchase.day, time(HOUR_OF_DAY), UTC) + timedelta(seconds=purchase.number % 3600)
    return order_event(person, f"cdnow-{purchase.number}", purchase.quantity, purchase.amount, at)


def order_event(person: Person, order: str, quantity: int, amount: float, at: datetime) -> dict[str, Any]:
    return {
        "type": "track",
        "messageId": f"order-{order}",
        "userId": person.user_id,
        "event": "Order Completed",
        "timestamp": at.isoformat(),
        "properties": {"order_id": order, "revenue": amount, "currency": "USD", "quantity": quantity},
    }


def history(people: list[Person]) -> Iterator[dict[str, Any]]:
    """Everything the shop's back end has to tell about these people, person by person.

    Told as history (`integrations`): it is stored and counted, and starts no message.
    """
    silent = {"integrations": {"Kizuna": False}}
    for person in people:
        joined = datetime.combine(person.purchases[0].day, time(HOUR_OF_DAY), UTC)
        yield {**identify(person, joined), **silent}
        for purchase in person.purchases:
            yield {**order_completed(person, purchase), **silent}
