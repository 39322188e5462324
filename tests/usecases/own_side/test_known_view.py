"""What somebody's own page tells of what is known: in words, in their language and zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.pages.own_page import Known
from kizuna.core.pages.texts import PageLanguage
from kizuna.core.people import Trait
from kizuna.usecases.own_side.known_view import known_of
from tests.support.builders import a_catalog, a_profile, some_documents

AT = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # the 23rd in Tokyo
SIZE = {"id": "size", "meaning": {"en": "Size", "ja": "サイズ"}, "purpose": {"ja": "ご案内"}}


def with_size() -> Catalog:
    return a_catalog({**some_documents(), ("trait", "size"): SIZE})


def known(
    traits: dict[str, Any], *, language: PageLanguage = "en", catalog: Catalog | None = None
) -> tuple[Known, ...]:
    told = {name: Trait(value, AT, "somewhere") for name, value in traits.items()}
    return known_of(a_profile(traits=told), catalog or a_catalog(), language, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("value", "english", "japanese"),
    [
        (12000.0, "12000", "12000"),
        (0.5, "0.5", "0.5"),
        (1e300, "1e+300", "1e+300"),
        (True, "yes", "はい"),
        ("2024-03-01", "1 March 2024", "2024年3月1日"),
        ("2024-02-30", "2024-02-30", "2024-02-30"),
        ("2026-11-20T03:04:05Z", "20 November 2026 at 12:04 (Asia/Tokyo)", "2026年11月20日（金）12:04（日本時間）"),
        ("2026-11-20T03:04:05.123+09:00", "20 November 2026 at 03:04 (Asia/Tokyo)",
         "2026年11月20日（金）3:04（日本時間）"),
        ("2026-11-20T25:00:00Z", "2026-11-20T25:00:00Z", "2026-11-20T25:00:00Z"),
        (["a", 2.0], "a, 2", "a、2"),
        ({"city": "横浜市", "postalCode": "231-0002", "x_y": True, "gone": None},
         "City: 横浜市; Postal code: 231-0002; X y: yes", "市区町村：横浜市、郵便番号：231-0002、x y：はい"),
        ("x" * 201, "x" * 199 + "…", "x" * 199 + "…"),
    ],
)  # fmt: skip
def test_a_value_is_told_as_people_write_it(value: Any, english: str, japanese: str) -> None:
    assert [each.value for each in known({"thing": value})] == [english]
    assert [each.value for each in known({"thing": value}, language="ja")] == [japanese]


def test_what_has_a_name_comes_first_and_what_has_none_says_its_key() -> None:
    told = known({"a_thing": 1, "size": "M", "lastOrderTotal": 3}, language="ja", catalog=with_size())
    assert [(each.label, each.key) for each in told] == [
        ("直近のご注文金額", ""),
        ("サイズ", ""),
        ("そのほかの情報", "a thing"),
    ]
    assert [each.label for each in known({"a_thing": 1})] == ["A thing"]


def test_it_says_where_it_is_from_on_the_readers_day_and_what_for() -> None:
    (told,) = known({"size": "M"}, language="ja", catalog=with_size())
    assert told.why == ("入手元：somewhere（2026年11月23日）", "利用目的：ご案内")


def test_empty_values_and_what_the_page_shows_elsewhere_are_left_out() -> None:
    assert known({"a": "", "b": None, "c": [], "d": {}, "email": "a@b.example", "wish_pause": 1}) == ()


def test_a_zone_and_a_country_go_by_their_names() -> None:
    told = known({"timezone": "America/New_York", "country": "DE"}, language="ja")
    assert [each.value for each in told] == ["ドイツ", "ニューヨーク時間"]
