"""Moments as stories say them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kizuna.local.time_travel.moments import Moment

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "starts", "expected"),
    [
        ("0m", TOKYO, "2026-11-23 00:00", "2026-11-23 00:00"),
        ("90s", TOKYO, "2026-11-23 00:00", "2026-11-23 00:01:30"),
        ("+1d 2h 30m", TOKYO, "2026-11-23 00:00", "2026-11-24 02:30"),
        ("3mo", TOKYO, "2026-11-30 00:00", "2027-02-28 00:00"),
        ("+3d 09:00", TOKYO, "2026-11-23 20:00", "2026-11-27 00:00"),
        ("0d 18:00", TOKYO, "2026-11-23 00:00", "2026-11-23 09:00"),
        ("+1d 02:30", BERLIN, "2026-03-28 09:00", "2026-03-29 01:00"),
        ("2026-11-24 09:00", TOKYO, "2026-11-23 00:00", "2026-11-24 00:00"),
        ("2026-11-24T09:00", TOKYO, "2026-11-23 00:00", "2026-11-24 00:00"),
        ("2026-11-24T09:00:00Z", TOKYO, "2026-11-23 00:00", "2026-11-24 09:00"),
        ("2026-11-24T09:00:00+09:00", TOKYO, "2026-11-23 00:00", "2026-11-24 00:00"),
    ],
)
def test_a_moment_is_an_instant_in_a_story(text: str, zone: ZoneInfo, starts: str, expected: str) -> None:
    assert Moment.parse(text).at(utc(starts), zone) == utc(expected)


@pytest.mark.parametrize("text", ["", "soon", "3 days", "+1d 25:00", "2026-13-01 09:00", 5, None])
def test_what_is_no_moment_is_told_what_one_looks_like(text: object) -> None:
    with pytest.raises(ValueError, match="say 2h 30m"):
        Moment.parse(text)
