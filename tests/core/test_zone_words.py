"""What time zones are called."""

from __future__ import annotations

from zoneinfo import available_timezones

from kizuna.core.zone_words import _JA, zone_words


def test_every_zone_with_a_japanese_name_is_one_and_no_two_times_share_a_name() -> None:
    assert set(_JA) <= available_timezones()
    twins = {"Asia/Calcutta", "Asia/Saigon", "Europe/Kiev", "Japan"}  # older names of the database
    names = [name for zone, name in _JA.items() if zone not in twins]
    assert len(set(names)) == len(names)


def test_a_zone_goes_by_what_people_say_or_by_its_name_without_underscores() -> None:
    assert zone_words("Asia/Tokyo", "ja") == "日本時間"
    assert zone_words("America/New_York", "ja") == "ニューヨーク時間"
    assert zone_words("America/New_York", "en") == "America/New York"
    assert zone_words("America/Port_of_Spain", "ja") == "America/Port of Spain"
    assert zone_words("UTC", "ja") == zone_words("UTC", "en") == "UTC"
