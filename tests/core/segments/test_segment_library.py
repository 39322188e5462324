"""The ready segments of `shared/library/segments`: they fit the sample workspace, and hold for whom they say."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Catalog, Documents
from kizuna.core.condition_words import in_words
from tests.support.builders import NOON, a_catalog, an_event
from tests.support.customers import identify
from tests.support.house import House

ROOT = Path(__file__).parents[3]
KINDS = {
    "demographic",
    "region",
    "product used",
    "price plan",
    "content interest",
    "behaviour",
    "combination",
}
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@cache
def library() -> Documents:
    return read_workspace(ROOT / "shared" / "library").documents


@cache
def catalog() -> Catalog:
    return a_catalog({**read_workspace(ROOT / "shared" / "workspace").documents, **library()})


def test_there_is_one_of_every_kind_and_each_fits_the_sample_workspace() -> None:
    files = sorted((ROOT / "shared" / "library" / "segments").glob("*.yaml"))
    kinds = [re.match(r"# Kind: ([a-z ]+)", path.read_text(encoding="utf-8")) for path in files]
    assert {kind[1] for kind in kinds if kind} == KINDS
    assert all(kinds)
    assert {segment.id for segment in catalog().segments} >= {name for _, name in library()}
    assert {name for _, name in library()} == {path.stem for path in files}


@pytest.mark.parametrize("name", sorted(name for _, name in library()))
def test_each_is_named_and_told_in_both_languages(name: str) -> None:
    segment = next(each for each in catalog().segments if each.id == name)
    for text in (segment.name, segment.description):
        english, _, japanese = text.partition(" / ")
        assert english
        assert not _JAPANESE.search(english)
        assert _JAPANESE.search(japanese)
    assert in_words(segment.when, "en") != in_words(segment.when, "ja")


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOKYO = {"country": "JP", "region": "JP-13", "city": "Tokyo", "lat": 35.66, "lon": 139.70}
OSAKA = {"country": "JP", "region": "JP-27", "city": "Osaka", "lat": 34.69, "lon": 135.50}
PHONE = {"device": {"type": "ios"}, "os": {"name": "iOS"}, "app": {"version": "2.1.0"}}
JAZZ: dict[str, Any] = {"products": [{"category": "Jazz"}]}
PLAYER: dict[str, Any] = {"products": [{"category": "player"}], "order_id": "o1"}


def did(name: str, ago: timedelta, number: int = 1, *, context: Any = None, **properties: Any) -> Any:
    at = NOON - ago
    return an_event(
        name,
        number=number,
        user_id="u1",
        at=at,
        received_at=NOON,
        properties=properties,
        context=context or {},
    )


PEOPLE: list[tuple[str, list[Any], bool]] = [
    ("twenties", [identify(birthday="2001-03-01")], True),
    ("twenties", [identify(birthday="1990-03-01")], False),
    ("twenties", [identify(birthday="2010-03-01")], False),
    ("birthday-week", [identify(birthday="1990-11-25")], True),
    ("birthday-week", [identify(birthday="1990-11-30")], False),
    ("greater-tokyo", [identify(address=TOKYO)], True),
    ("greater-tokyo", [identify(address=OSAKA)], False),
    ("near-the-store", [identify(address=TOKYO)], True),
    ("near-the-store", [identify(address=OSAKA)], False),
    ("owners-of-a-player", [did("Order Completed", DAY, **PLAYER)], True),
    (
        "owners-of-a-player",
        [did("Order Completed", DAY, **PLAYER), did("Order Refunded", HOUR, 2, order_id="o1")],
        False,
    ),
    (
        "owners-of-a-player",
        [did("Order Completed", DAY, **PLAYER), did("Order Refunded", HOUR, 2, order_id="o2")],
        True,
    ),
    ("app-users", [did("App Opened", DAY, context=PHONE)], True),
    ("app-users", [did("App Opened", 31 * DAY, context=PHONE)], False),
    ("app-users", [did("App Opened", DAY, context=PHONE | {"app": {"version": "1.9.0"}})], False),
    ("paying-plan", [identify(plan="pro")], True),
    ("paying-plan", [identify(plan="free")], False),
    ("renewing-soon", [identify(plan="pro", renews_at="2026-12-01")], False),  # not on it for half a year
    ("drawn-to-jazz", [did("Product Viewed", DAY, each, category="jazz") for each in range(3)], True),
    ("drawn-to-jazz", [did("Product Viewed", DAY, each, category="jazz") for each in range(2)], False),
    ("drawn-to-jazz", [did("Order Completed", 300 * DAY, **JAZZ)], True),
    ("drawn-to-jazz", [identify(favorite_genre="JAZZ")], True),
    ("left-the-checkout", [did("Checkout Started", 2 * HOUR, cart_id="c1")], True),
    ("left-the-checkout", [did("Checkout Started", HOUR / 2, cart_id="c1")], False),
    (
        "left-the-checkout",
        [did("Checkout Started", 2 * HOUR, cart_id="c1"), did("Order Completed", HOUR, 2, cart_id="c1")],
        False,
    ),
]


@pytest.mark.parametrize(("segment", "events", "is_in"), PEOPLE)
def test_it_holds_for_whom_it_says(segment: str, events: list[Any], is_in: bool) -> None:
    house = House(catalog())
    house.ingest(*events)
    assert (segment in house.person("user_id", "u1").segments) is is_in


def test_a_combination_is_not_for_whom_no_mail_may_be_sent_to_though_all_else_holds() -> None:
    house = House(catalog())
    house.ingest(identify(address=TOKYO, plan="pro", favorite_genre="jazz"))
    standing = house.person("user_id", "u1").segments
    assert {"greater-tokyo", "drawn-to-jazz", "paying-plan"} <= standing
    assert "tokyo-jazz-subscribers" not in standing
