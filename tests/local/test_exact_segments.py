"""Segments about events are entered and left by the sweep of the minute in which it is due, and others hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tests.support.clouds import NOON, Shop, a_user, running_shop, sample_documents

MINUTE = timedelta(minutes=1)
CART = {
    "sequence": [
        {"event": "Cart Viewed", "as": "cart"},
        {"not": "Order Completed", "within": "1h", "join": {"cart_id": "cart.cart_id"}},
    ],
    "window": {"last": "1d"},
}
SPENT = {
    "event": "Order Completed", "verb": "sum", "of": "revenue", "op": "gte", "value": 100,
    "window": {"last": "2h"},
}  # fmt: skip
TODAY = {"event": "Product Viewed", "window": {"calendar": "day"}}
EARLIER = {"event": "Product Viewed", "window": {"between_ago": {"from": "3h", "to": "90m"}}}
SEGMENTS = {"left-cart": CART, "big-spender": SPENT, "seen-today": TODAY, "seen-earlier": EARLIER}

Moves = list[tuple[str, str, datetime]]


def a_shop() -> Any:
    documents = {
        ("segment", name): {"id": name, "name": name, "when": condition}
        for name, condition in SEGMENTS.items()
    }
    return running_shop(documents={**sample_documents(), **documents})


@contextmanager
def heard(shop: Shop) -> Iterator[Moves]:
    """What the bus tells of these segments: entered or exited, which, and when it was told."""
    moves: Moves = []
    with shop.hearing_the_bus() as told:
        yield moves
    for name, detail, at in told:
        if detail.get("segment") in SEGMENTS:
            moves.append((name.removeprefix("Segment").lower(), detail["segment"], at))


def a_thing(
    user: str, name: str, *, number: int = 1, at: datetime = NOON, **properties: Any
) -> dict[str, Any]:
    return {
        "type": "track",
        "userId": user,
        "event": name,
        "messageId": f"{user}-{name}-{number}",
        "timestamp": at.isoformat(),
        "properties": properties,
    }


def test_each_is_entered_and_left_in_its_minute_and_told_once() -> None:
    with a_shop() as shop:
        with heard(shop) as moves:
            user = a_user()
            told = {"type": "identify", "userId": user, "traits": {"timezone": "Asia/Tokyo"}}
            shop.send(told, a_thing(user, "Product Viewed"), a_thing(user, "Cart Viewed", cart_id="c1"))
            shop.send(
                a_thing(user, "Order Completed", revenue=60, cart_id="c2"),
                a_thing(user, "Order Completed", number=2, revenue=50, at=NOON - 30 * MINUTE, cart_id="c3"),
            )
            shop.settle()
            shop.cloud.advance(timedelta(hours=25))
        assert sorted(moves, key=lambda move: (move[2], move[1])) == [
            ("entered", "big-spender", NOON),
            ("entered", "seen-today", NOON),
            ("entered", "left-cart", NOON + 60 * MINUTE),
            ("exited", "big-spender", NOON + 90 * MINUTE),
            ("entered", "seen-earlier", NOON + 90 * MINUTE),
            ("exited", "seen-earlier", NOON + 180 * MINUTE),
            ("exited", "seen-today", NOON + 180 * MINUTE),  # midnight in Tokyo
            ("exited", "left-cart", NOON + timedelta(days=1)),
        ]


def test_an_order_in_time_keeps_somebody_out_of_those_who_left_their_cart() -> None:
    with a_shop() as shop:
        with heard(shop) as moves:
            user = a_user()
            shop.send(a_thing(user, "Cart Viewed", cart_id="c1"))
            shop.cloud.advance(timedelta(minutes=59))
            shop.send(a_thing(user, "Order Completed", revenue=1, cart_id="c1", at=shop.now))
            shop.settle()
            shop.cloud.advance(timedelta(hours=2))
        assert [move for move in moves if move[1] == "left-cart"] == []
        assert "left-cart" not in shop.person(user).segments
